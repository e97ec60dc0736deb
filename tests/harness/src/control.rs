//! A client of the control protocol: datagrams over a UNIX socket, commands on one connection and events on another.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use regex_lite::Regex;

use crate::transcript::{self, note};

/// How long a daemon may take to answer a command.
const REPLY_WITHIN: Duration = Duration::from_secs(10);
/// How long a socket may take to appear and to answer.
const OPEN_WITHIN: Duration = Duration::from_secs(20);
/// How often a socket that is not there yet is looked for.
const RETRY: Duration = Duration::from_millis(20);
/// Longest datagram of the protocol, with room to spare.
const DATAGRAM: usize = 65536;
/// Events shown when the awaited one did not come.
const SHOWN: usize = 12;

/// One unsolicited event.
#[derive(Debug, Clone)]
pub struct Event {
    /// Virtual time of its arrival, since the start of the scenario.
    pub at: Duration,
    /// The text, without its level.
    pub text: String,
}

impl Event {
    /// The value after `key=`, up to the next blank.
    pub fn field(&self, key: &str) -> Option<&str> {
        let (_, rest) = self.text.split_once(&format!(" {key}="))?;
        rest.split(' ').next()
    }
}

#[derive(Default)]
struct Events {
    list: Mutex<Vec<Event>>,
    arrived: Condvar,
}

impl Events {
    fn lock(&self) -> MutexGuard<'_, Vec<Event>> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection to one control socket. Events are stamped as they arrive and kept; [`Control::expect`] goes through
/// them in order.
pub struct Control {
    who: String,
    path: PathBuf,
    commands: UnixDatagram,
    events: Arc<Events>,
    /// Events before this one were looked at.
    next: usize,
}

impl Control {
    /// Connects as soon as somebody answers at `path`.
    pub fn open(who: &str, path: &Path) -> Result<Self> {
        let end = Instant::now() + OPEN_WITHIN;
        loop {
            match Self::try_open(who, path) {
                Ok(control) => return Ok(control),
                Err(error) if Instant::now() > end => return Err(error),
                Err(_) => thread::sleep(RETRY),
            }
        }
    }

    /// Connects if somebody answers at `path` now.
    pub fn try_open(who: &str, path: &Path) -> Result<Self> {
        let commands = client(path)?;
        let monitor = client(path)?;
        monitor.send(b"ATTACH")?;
        let mut buffer = vec![0; DATAGRAM];
        let length = monitor.recv(&mut buffer).context("no reply to ATTACH")?;
        ensure!(buffer.get(..length).is_some_and(|reply| reply.starts_with(b"OK")), "ATTACH was refused");
        monitor.set_read_timeout(None)?;

        let events = Arc::new(Events::default());
        let (to, name) = (Arc::clone(&events), who.to_owned());
        thread::Builder::new().name(format!("events of {who}")).spawn(move || {
            while let Ok(length) = monitor.recv(&mut buffer) {
                let text = String::from_utf8_lossy(buffer.get(..length).unwrap_or_default()).into_owned();
                note(&name, &text);
                let text = text.split_once('>').map_or(text.as_str(), |(_, rest)| rest).to_owned();
                to.lock().push(Event { at: transcript::now(), text });
                to.arrived.notify_all();
            }
        })?;
        Ok(Self { who: who.to_owned(), path: path.to_owned(), commands, events, next: 0 })
    }

    /// Where the socket is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Sends a command; its reply without the final newline.
    pub fn request(&self, command: &str) -> Result<String> {
        note(&self.who, &format!("> {command}"));
        self.commands.send(command.as_bytes()).with_context(|| format!("{}: send {command:?}", self.who))?;
        let mut buffer = vec![0; DATAGRAM];
        let length =
            self.commands.recv(&mut buffer).with_context(|| format!("{}: no reply to {command:?}", self.who))?;
        let reply = String::from_utf8_lossy(buffer.get(..length).unwrap_or_default()).into_owned();
        note(&self.who, &format!("< {}", reply.trim_end().replace('\n', " | ")));
        Ok(reply.strip_suffix('\n').unwrap_or(&reply).to_owned())
    }

    /// Sends a command that must be answered with `OK`.
    pub fn ok(&self, command: &str) -> Result<()> {
        let reply = self.request(command)?;
        ensure!(reply == "OK", "{}: {command:?} was answered with {reply:?}", self.who);
        Ok(())
    }

    /// The value of `key` in a reply of `key=value` lines.
    pub fn value(&self, command: &str, key: &str) -> Result<String> {
        let reply = self.request(command)?;
        let value = reply.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
        value.map(str::to_owned).with_context(|| format!("{}: no {key} in the reply to {command:?}", self.who))
    }

    /// Waits for the next event that matches the pattern and goes past it. The error shows the last events.
    pub fn expect(&mut self, pattern: &str, within: Duration) -> Result<Event> {
        match self.wait(pattern, within)? {
            Some(event) => Ok(event),
            None => bail!("{}: no {pattern:?} within {within:?}; last events:{}", self.who, self.last_events()),
        }
    }

    /// Waits for the next event that matches the pattern and goes past it; `None` when it does not come.
    pub fn wait(&mut self, pattern: &str, within: Duration) -> Result<Option<Event>> {
        let pattern = Regex::new(pattern)?;
        let end = Instant::now() + within;
        let mut list = self.events.lock();
        loop {
            let found = list.iter().enumerate().skip(self.next).find(|(_, event)| pattern.is_match(&event.text));
            if let Some((number, event)) = found {
                self.next = number + 1;
                return Ok(Some(event.clone()));
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(None);
            }
            list = self.events.arrived.wait_timeout(list, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Demands that no such event comes in this time; it was not seen since the last [`Control::forget`] either.
    pub fn expect_none(&mut self, pattern: &str, within: Duration) -> Result<()> {
        match self.wait(pattern, within)? {
            None => Ok(()),
            Some(event) => bail!("{}: unexpected event {:?}", self.who, event.text),
        }
    }

    /// Goes past all events that came so far.
    pub fn forget(&mut self) {
        self.next = self.events.lock().len();
    }

    /// The events that came so far, looked at or not.
    pub fn events(&self) -> Vec<Event> {
        self.events.lock().clone()
    }

    fn last_events(&self) -> String {
        let list = self.events.lock();
        let first = list.len().saturating_sub(SHOWN);
        list.iter().skip(first).map(|e| format!("\n    {:10.4} {}", e.at.as_secs_f64(), e.text)).collect()
    }
}

/// Where the client's own sockets stand.
fn clients() -> PathBuf {
    std::env::temp_dir().join(format!("lab-clients-{}", std::process::id()))
}

fn client(server: &Path) -> Result<UnixDatagram> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let directory = clients();
    fs::create_dir_all(&directory)?;
    let own = directory.join(NUMBER.fetch_add(1, Ordering::Relaxed).to_string());
    let socket = UnixDatagram::bind(&own).with_context(|| own.display().to_string())?;
    socket.connect(server).with_context(|| server.display().to_string())?;
    socket.set_read_timeout(Some(REPLY_WITHIN))?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_ends_at_the_next_blank() {
        let event = Event { at: Duration::ZERO, text: "P2P-GROUP-REMOVED p2p-wlan0-0 GO reason=REQUESTED".into() };
        assert_eq!(event.field("reason"), Some("REQUESTED"));
        assert_eq!(event.field("role"), None);
    }

    #[test]
    fn commands_are_answered_and_events_kept_in_order() {
        let directory = std::env::temp_dir().join(format!("lab-control-{}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        let path = directory.join("wlan0");
        let daemon = UnixDatagram::bind(&path).unwrap();
        let served = thread::spawn(move || {
            let mut buffer = [0; 64];
            for reply in ["OK\n", "PONG\n"] {
                let (_, from) = daemon.recv_from(&mut buffer).unwrap();
                daemon.send_to_addr(reply.as_bytes(), &from).unwrap();
                if reply == "OK\n" {
                    daemon.send_to_addr(b"<3>P2P-DEVICE-FOUND one", &from).unwrap();
                    daemon.send_to_addr(b"<3>P2P-DEVICE-FOUND two", &from).unwrap();
                }
            }
        });
        let mut control = Control::try_open("test", &path).unwrap();
        assert_eq!(control.request("PING").unwrap(), "PONG");
        let within = Duration::from_secs(5);
        assert!(control.expect("FOUND two", within).is_ok());
        // The first event stands before the one that was taken.
        assert!(control.wait("FOUND one", Duration::ZERO).unwrap().is_none());
        assert_eq!(control.events().len(), 2);
        served.join().unwrap();
        fs::remove_dir_all(directory).unwrap();
        fs::remove_dir_all(clients()).unwrap();
    }
}

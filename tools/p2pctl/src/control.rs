//! A daemon's control sockets: where they are, how they are spoken to, and what is wrong when they cannot be.

use crate::event::{Event, Told};
use std::cell::Cell;
use std::io::{self, ErrorKind};
use std::os::unix::net::UnixDatagram as StdDatagram;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use thiserror::Error;
use tokio::net::UnixDatagram;
use tokio::time::{Instant, timeout, timeout_at};

/// Where daemons usually put their sockets: p2pd's own examples, then those of wpa_supplicant's users.
pub const USUAL_PLACES: [&str; 4] =
    ["/run/p2pd", "/var/run/p2pd", "/var/run/p2p_supplicant", "/var/run/wpa_supplicant"];
/// How often a daemon whose events are waited for is asked whether it is still there: a datagram socket does not tell.
const ALIVE: Duration = Duration::from_secs(2);
/// Longest that a reply is waited for; daemons answer at once, an added interface takes longest.
const REPLY_WITHIN: Duration = Duration::from_secs(10);
/// Octets of the longest datagram, with room to spare (replies have at most 4096).
const DATAGRAM: usize = 64 * 1024;
/// Events that a monitor is asked to be sent: from level 2 on, where p2pd says more of failures and phases.
const LEVEL: &str = "LEVEL 2";

/// What to do where no daemon is.
const START: &str = "Start one (sudo p2pd -i wlan0 -c p2p.conf), or say where its sockets are with -p DIRECTORY";

/// Why a daemon cannot be spoken to.
#[derive(Debug, Error)]
pub enum ControlError {
    /// Nobody is there.
    #[error("no daemon answers: {0}")]
    NoDaemon(String),
    /// Its socket is not for us.
    #[error(
        "{}: permission denied. Run this as root (sudo p2pctl …), or let a group use the socket: \
         `ctrl_interface=DIR=… GROUP=…` in the daemon's configuration file",
        .0.display()
    )]
    Denied(PathBuf),
    /// There are several interfaces, and none was named.
    #[error("several interfaces have Wi-Fi Direct ({0}): choose one with -i")]
    Ambiguous(String),
    /// The interface that was named has none.
    #[error("no daemon serves {wanted} in {}; there are: {there}. Choose one with -i", directory.display())]
    NoInterface {
        /// The interface.
        wanted: String,
        /// The directory.
        directory: PathBuf,
        /// The interfaces that have a socket there.
        there: String,
    },
    /// It does not answer.
    #[error("the daemon has not answered in {} s. Is it stopped, or very busy? Its log may say why", REPLY_WITHIN.as_secs())]
    Silent,
    /// Something else.
    #[error("{}: {error}", path.display())]
    Io {
        /// The socket.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
}

impl ControlError {
    fn new(path: &Path, error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::PermissionDenied => Self::Denied(path.to_owned()),
            ErrorKind::ConnectionRefused => {
                Self::NoDaemon(format!("{} was left by one that has died. {START}", path.display()))
            }
            ErrorKind::NotFound => Self::NoDaemon(format!("there is no {}. {START}", path.display())),
            _ => Self::Io { path: path.to_owned(), error },
        }
    }
}

/// A daemon's directory of sockets, and the interface that has P2P.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// The directory.
    pub directory: PathBuf,
    /// The interface's name.
    pub interface: String,
}

impl Place {
    /// Finds it: in `directory`, or in the usual places; `interface`, or the only one that has P2P.
    ///
    /// # Errors
    /// When there is none, or several.
    pub fn find(directory: Option<&Path>, interface: Option<&str>) -> Result<Self, ControlError> {
        let places: Vec<PathBuf> = match directory {
            Some(directory) => vec![directory.to_owned()],
            None => USUAL_PLACES.iter().map(PathBuf::from).collect(),
        };
        let mut denied = None;
        let mut elsewhere = None;
        for directory in &places {
            match sockets(directory) {
                Ok(names) => match interface {
                    Some(wanted) if names.iter().any(|n| n == wanted) => {
                        return Ok(Self { directory: directory.clone(), interface: wanted.to_owned() });
                    }
                    Some(wanted) if !names.is_empty() => {
                        let (wanted, directory) = (wanted.to_owned(), directory.clone());
                        elsewhere.get_or_insert(ControlError::NoInterface {
                            wanted,
                            directory,
                            there: names.join(", "),
                        });
                    }
                    Some(_) => {}
                    None => {
                        if let Some(interface) = choose(&names, |name| answers(&directory.join(name)))? {
                            return Ok(Self { directory: directory.clone(), interface });
                        }
                    }
                },
                Err(error) if error.kind() == ErrorKind::PermissionDenied => denied = Some(directory.clone()),
                Err(_) => {}
            }
        }
        if let Some(path) = denied {
            return Err(ControlError::Denied(path));
        }
        if let Some(error) = elsewhere {
            return Err(error);
        }
        let looked: Vec<String> = places.iter().map(|p| p.display().to_string()).collect();
        Err(ControlError::NoDaemon(format!("there is no control socket in {}. {START}", looked.join(", "))))
    }

    /// The socket of an interface.
    pub fn socket(&self, interface: &str) -> PathBuf {
        self.directory.join(interface)
    }

    /// The interfaces that have a socket.
    pub fn interfaces(&self) -> Vec<String> {
        sockets(&self.directory).unwrap_or_default()
    }
}

/// The names of the sockets in a directory, sorted.
fn sockets(directory: &Path) -> io::Result<Vec<String>> {
    let mut names: Vec<String> = std::fs::read_dir(directory)?
        .flatten()
        .filter(|e| e.file_type().is_ok_and(|t| std::os::unix::fs::FileTypeExt::is_socket(&t)))
        .filter_map(|e| e.file_name().into_string().ok())
        .collect();
    names.sort();
    Ok(names)
}

/// Whether somebody listens at a socket, allowed to us or not; a dead daemon leaves its own behind.
fn answers(path: &Path) -> bool {
    let try_it = || StdDatagram::unbound()?.connect(path);
    try_it().map_or_else(|error| error.kind() == ErrorKind::PermissionDenied, |()| true)
}

/// The interface that has P2P: the P2P device where there is one, else the one that belongs to no group. Where there are
/// several, those do not count behind which nobody `answers`.
fn choose(names: &[String], answers: impl Fn(&str) -> bool) -> Result<Option<String>, ControlError> {
    let device: Vec<&String> = names.iter().filter(|n| n.starts_with("p2p-dev-")).collect();
    let plain: Vec<&String> = names.iter().filter(|n| !n.starts_with("p2p-") && *n != "global").collect();
    let all = if device.is_empty() { plain } else { device };
    let alive: Vec<&String> = all.iter().copied().filter(|name| answers(name)).collect();
    match (alive.as_slice(), all.as_slice()) {
        ([only], _) | ([], [only, ..]) => Ok(Some((*only).clone())),
        ([], []) => Ok(None),
        (several, _) => Err(ControlError::Ambiguous(several.iter().map(|n| n.as_str()).collect::<Vec<_>>().join(", "))),
    }
}

/// A socket of ours, connected to one of the daemon's; its file goes with it.
#[derive(Debug)]
struct Client {
    socket: UnixDatagram,
    own: PathBuf,
    to: PathBuf,
}

impl Client {
    fn connect(to: &Path) -> Result<Self, ControlError> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("p2pctl-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let own = std::env::temp_dir().join(name);
        let socket = UnixDatagram::bind(&own).map_err(|error| ControlError::Io { path: own.clone(), error })?;
        let client = Self { socket, own, to: to.to_owned() };
        client.socket.connect(to).map_err(|error| ControlError::new(to, error))?;
        Ok(client)
    }

    async fn send(&self, text: &str) -> Result<(), ControlError> {
        self.socket.send(text.as_bytes()).await.map(drop).map_err(|error| ControlError::new(&self.to, error))
    }

    async fn receive(&self) -> Result<String, ControlError> {
        let mut buffer = vec![0; DATAGRAM];
        let received = self.socket.recv(&mut buffer).await.map_err(|error| ControlError::new(&self.to, error))?;
        Ok(String::from_utf8_lossy(buffer.get(..received).unwrap_or_default()).into_owned())
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // Nothing is left to be done when it cannot be removed.
        let _ = std::fs::remove_file(&self.own);
    }
}

/// A connection for requests.
#[derive(Debug)]
pub struct Control(Client);

impl Control {
    /// Connects to the socket of an interface.
    ///
    /// # Errors
    /// When nobody answers there, or it is not for us.
    pub fn connect(place: &Place, interface: &str) -> Result<Self, ControlError> {
        Client::connect(&place.socket(interface)).map(Self)
    }

    /// Asks, and waits for the reply.
    ///
    /// # Errors
    /// When the daemon has gone or is silent.
    pub async fn ask(&self, request: &str) -> Result<String, ControlError> {
        self.0.send(request).await?;
        timeout(REPLY_WITHIN, self.0.receive()).await.map_err(|_| ControlError::Silent)?
    }

    /// Asks for something that is answered `OK`; the reply without its line feed when it is another.
    ///
    /// # Errors
    /// As [`Control::ask`].
    pub async fn accepts(&self, request: &str) -> Result<Result<(), String>, ControlError> {
        let reply = self.ask(request).await?;
        Ok(if reply == "OK\n" { Ok(()) } else { Err(reply.trim_end().to_owned()) })
    }
}

/// A connection that events come on, and another one that shows whether the daemon still lives.
#[derive(Debug)]
pub struct Monitor {
    events: Client,
    alive: Control,
    /// When it was last known to live.
    seen: Cell<Instant>,
}

impl Monitor {
    /// Attaches to the socket of an interface.
    ///
    /// # Errors
    /// When nobody answers there, or it is not for us.
    pub async fn attach(place: &Place, interface: &str) -> Result<Self, ControlError> {
        let events = Client::connect(&place.socket(interface))?;
        for request in ["ATTACH", LEVEL] {
            events.send(request).await?;
            timeout(REPLY_WITHIN, events.receive()).await.map_err(|_| ControlError::Silent)??;
        }
        Ok(Self { events, alive: Control::connect(place, interface)?, seen: Cell::new(Instant::now()) })
    }

    /// Why the daemon has just refused a request, if it says so; it does before it answers. What came before that is forgotten.
    pub fn refusal(&self) -> Option<String> {
        let mut buffer = vec![0; DATAGRAM];
        let mut last = None;
        while let Ok(received) = self.events.socket.try_recv(&mut buffer) {
            let text = String::from_utf8_lossy(buffer.get(..received).unwrap_or_default());
            if let Some(Told { event: Event::RequestRefused { reason }, .. }) = Told::parse(&text) {
                last = Some(reason);
            }
        }
        last
    }

    /// The next event. Dropping the future loses nothing.
    ///
    /// # Errors
    /// When the daemon has gone.
    pub async fn next(&self) -> Result<Told, ControlError> {
        loop {
            match timeout_at(self.seen.get() + ALIVE, self.events.receive()).await {
                Ok(received) => {
                    if let Some(told) = Told::parse(&received?) {
                        return Ok(told);
                    }
                }
                Err(_) => {
                    self.alive.ask("PING").await?;
                    self.seen.set(Instant::now());
                }
            }
        }
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        // A daemon that is not told notices with its next event.
        let _ = self.events.socket.try_send(b"DETACH");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_p2p_device_comes_first_and_groups_do_not_count() {
        let choose = |names: &[&str], dead: &str| {
            choose(&names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>(), |name| name != dead)
        };
        assert_eq!(choose(&["p2p-dev-wlan0", "p2p-wlan0-0", "wlan0"], "").unwrap().as_deref(), Some("p2p-dev-wlan0"));
        assert_eq!(choose(&["p2p0", "p2p-p2p0-3"], "").unwrap().as_deref(), Some("p2p0"));
        assert_eq!(choose(&["p2p-p2p0-3"], "").unwrap(), None);
        assert!(
            matches!(choose(&["wlan0", "wlan1"], ""), Err(ControlError::Ambiguous(names)) if names == "wlan0, wlan1")
        );
        // What a dead daemon has left is no choice, but it is told of when there is nothing else.
        assert_eq!(choose(&["wlan0", "wlan1"], "wlan0").unwrap().as_deref(), Some("wlan1"));
        assert_eq!(choose(&["wlan0"], "wlan0").unwrap().as_deref(), Some("wlan0"));
    }

    #[test]
    fn where_nobody_is_the_message_says_what_to_do() {
        let nowhere = Path::new("/nonexistent/p2pd");
        let error = Place::find(Some(nowhere), None).expect_err("nobody is there").to_string();
        assert!(error.contains("no control socket in /nonexistent/p2pd") && error.contains("sudo p2pd"), "{error}");
    }
}

//! One control socket: how it comes to stand, who listens on it, how it goes.

use super::Address;
use super::queue::{Attempt, Queue};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::collections::VecDeque;
use std::fs;
use std::io::{self, ErrorKind};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, PermissionsExt};
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::task::{Context, Poll};
use thiserror::Error;
use tokio::io::Interest;

/// Length of a name in the abstract name space, octets: `sun_path` of Linux without the zero in front (unix(7)).
const ABSTRACT_NAME: usize = 107;

/// Longest request, octets; what is longer is dropped without a reply (section 4.2 of the contract).
pub const MAX_REQUEST: usize = 8192;
/// A monitor that more sends in a row fail for is dropped.
const MAX_SEND_ERRORS: u32 = 10;
/// Most monitors of one socket: far more than programs that would listen, and a bound.
const MAX_MONITORS: usize = 64;
/// Most events that wait for one monitor (section 4.2 of the contract).
const MAX_WAITING: usize = 2000;
/// Most replies that wait on one socket: programs ask and wait, so one each is the rule.
const MAX_REPLIES: usize = 64;
/// Most datagrams dropped in one go before others have their turn.
const MAX_AT_ONCE: usize = 64;
/// Level from which events are told to a new monitor.
const DEFAULT_LEVEL: u8 = crate::events::INFO;

/// What a socket speaks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Endpoint {
    /// The whole daemon (`-g`).
    Global,
    /// One interface, by its control name.
    Interface(String),
}

/// Why a socket could not be made.
#[derive(Debug, Error)]
pub enum BindError {
    /// Another process answers on it.
    #[error("{0} is in use by another process (is wpa_supplicant running?)")]
    InUse(String),
    /// There is no such group.
    #[error("no such group: {0}")]
    NoGroup(String),
    /// Something that is no socket stands there.
    #[error("{0} is not a socket and will not be replaced")]
    NotASocket(String),
    /// The system refused.
    #[error("{path}: {error}")]
    Io {
        /// The socket or its directory.
        path: String,
        /// What it said.
        error: io::Error,
    },
}

fn io_error(path: &Path, error: io::Error) -> BindError {
    BindError::Io { path: path.display().to_string(), error }
}

#[derive(Debug)]
struct Monitor {
    address: Address,
    level: u8,
    errors: u32,
    queue: Queue,
    /// Events that it never got since it had room last.
    dropped: u64,
}

/// A control socket; its file is removed when it is dropped.
#[derive(Debug)]
pub struct ControlSocket {
    endpoint: Endpoint,
    /// Sends and receives; unlike tokio's it knows abstract addresses.
    socket: UnixDatagram,
    /// The same socket, to be told when there is something to receive.
    readiness: tokio::net::UnixDatagram,
    path: Option<PathBuf>,
    /// The directory is ours to remove when it is empty.
    directory: Option<PathBuf>,
    monitors: Vec<Monitor>,
    /// Replies whose receivers have no room.
    replies: VecDeque<(Address, Rc<[u8]>)>,
}

impl ControlSocket {
    /// Makes the socket of an interface: `<directory>/<ifname>`, mode 0770, in a directory of mode 0770, or 0750 when
    /// a group is given.
    pub fn bind_interface(directory: &Path, group: Option<&str>, ifname: &str) -> Result<Self, BindError> {
        let gid = group.map(group_id).transpose()?;
        match fs::DirBuilder::new().mode(0o770).create(directory) {
            Ok(()) => {
                let mode = if gid.is_some() { 0o750 } else { 0o770 };
                set_access(directory, mode, gid)?;
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                if let Some(gid) = gid {
                    set_access(directory, 0o750, Some(gid))?;
                }
            }
            Err(error) => return Err(io_error(directory, error)),
        }
        let path = directory.join(ifname);
        let socket = bind_path(&path)?;
        let made = Self::new(Endpoint::Interface(ifname.to_owned()), socket, Some(path.clone()), Some(directory))?;
        set_access(&path, 0o770, gid)?;
        Ok(made)
    }

    /// Makes the global socket: a path, mode 0700, or 0770 for a group; or `@abstract:NAME`.
    pub fn bind_global(name: &str, group: Option<&str>) -> Result<Self, BindError> {
        let gid = group.map(group_id).transpose()?;
        if let Some(name) = name.strip_prefix("@abstract:") {
            let place = Path::new(name);
            // wpa_supplicant and its clients give the whole of `sun_path`: the zeros behind the name are part of it.
            let mut padded = name.as_bytes().to_vec();
            padded.resize(padded.len().max(ABSTRACT_NAME), 0);
            let address = SocketAddr::from_abstract_name(padded).map_err(|e| io_error(place, e))?;
            let socket = UnixDatagram::bind_addr(&address).map_err(|error| match error.kind() {
                ErrorKind::AddrInUse => BindError::InUse(name.to_owned()),
                _ => io_error(place, error),
            })?;
            return Self::new(Endpoint::Global, socket, None, None);
        }
        let path = std::path::absolute(name).map_err(|e| io_error(Path::new(name), e))?;
        let socket = bind_path(&path)?;
        let made = Self::new(Endpoint::Global, socket, Some(path.clone()), None)?;
        set_access(&path, if gid.is_some() { 0o770 } else { 0o700 }, gid)?;
        Ok(made)
    }

    fn new(
        endpoint: Endpoint,
        socket: UnixDatagram,
        path: Option<PathBuf>,
        directory: Option<&Path>,
    ) -> Result<Self, BindError> {
        let place = path.clone().unwrap_or_default();
        socket.set_nonblocking(true).map_err(|e| io_error(&place, e))?;
        let readiness = socket.try_clone().and_then(tokio::net::UnixDatagram::from_std);
        Ok(Self {
            endpoint,
            socket,
            readiness: readiness.map_err(|e| io_error(&place, e))?,
            path,
            directory: directory.map(Path::to_owned),
            monitors: Vec::new(),
            replies: VecDeque::new(),
        })
    }

    /// What it speaks for.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The interface that it speaks for.
    pub fn ifname(&self) -> Option<&str> {
        match &self.endpoint {
            Endpoint::Global => None,
            Endpoint::Interface(name) => Some(name),
        }
    }

    /// Its file.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// The next request and its sender. What is too long, not text, or from nowhere is dropped.
    pub fn poll_receive(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<(String, Address)> {
        for _ in 0..MAX_AT_ONCE {
            if self.readiness.poll_recv_ready(cx).is_pending() {
                return Poll::Pending;
            }
            // Nothing there: readiness is cleared, and pending in the next round. Other errors are those of earlier
            // sends and say nothing about receiving.
            let Ok((length, from)) = self.readiness.try_io(Interest::READABLE, || self.socket.recv_from(buffer)) else {
                continue;
            };
            let Some(from) = Address::new(&from) else { continue };
            let Some(bytes) = buffer.get(..length).filter(|b| b.len() <= MAX_REQUEST) else { continue };
            // Programs may send the terminating zero along.
            let text = bytes.split(|b| *b == 0).next().unwrap_or_default();
            return Poll::Ready((String::from_utf8_lossy(text).into_owned(), from));
        }
        // A flood of such datagrams does not keep the others waiting.
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// ATTACH: the sender is told events from now on; whether there was room.
    pub fn attach(&mut self, from: &Address) -> bool {
        if self.monitors.iter().any(|m| m.address == *from) {
            return true;
        }
        if self.monitors.len() >= MAX_MONITORS {
            return false;
        }
        self.monitors.push(Monitor {
            address: from.clone(),
            level: DEFAULT_LEVEL,
            errors: 0,
            queue: Queue::new(MAX_WAITING),
            dropped: 0,
        });
        true
    }

    /// DETACH; whether it was attached.
    pub fn detach(&mut self, from: &Address) -> bool {
        let before = self.monitors.len();
        self.monitors.retain(|m| m.address != *from);
        self.monitors.len() != before
    }

    /// LEVEL; whether it was attached.
    pub fn set_level(&mut self, from: &Address, level: u8) -> bool {
        match self.monitors.iter_mut().find(|m| m.address == *from) {
            Some(monitor) => {
                monitor.level = level;
                true
            }
            None => false,
        }
    }

    /// Sends a reply; it waits when the receiver has no room, and is lost when there is no receiver.
    pub fn reply(&mut self, to: &Address, text: &str) {
        let datagram: Rc<[u8]> = Rc::from(text.as_bytes());
        if matches!(send(&self.socket, to, &datagram), Err(error) if is_full(&error)) {
            if self.replies.len() >= MAX_REPLIES {
                self.replies.pop_front();
            }
            self.replies.push_back((to.clone(), datagram));
        }
    }

    /// Tells monitors an event.
    pub fn tell(&mut self, level: u8, text: &str) {
        if !self.monitors.iter().any(|m| level >= m.level) {
            return;
        }
        let datagram: Rc<[u8]> = Rc::from(text.as_bytes());
        self.monitors.retain_mut(|monitor| {
            if level < monitor.level {
                return true;
            }
            // What comes later waits behind what waits already.
            let free = monitor.queue.is_empty() && has_room(&self.socket);
            let sent = if free { monitor.send(&self.socket, &datagram) } else { Sent::Full };
            if sent == Sent::Full && monitor.queue.push(datagram.clone()) {
                if monitor.dropped == 0 {
                    tracing::warn!("monitor {}: too slow, the oldest events are dropped", monitor.address);
                }
                monitor.dropped += 1;
            }
            sent != Sent::Gone
        });
    }

    /// Whether something waits for a receiver to have room.
    pub fn is_waiting(&self) -> bool {
        !self.replies.is_empty() || self.monitors.iter().any(|m| !m.queue.is_empty())
    }

    /// Tries to send what waits.
    pub fn flush(&mut self) {
        let socket = &self.socket;
        self.replies.retain(|(to, reply)| matches!(send(socket, to, reply), Err(error) if is_full(&error)));
        self.monitors.retain_mut(|monitor| {
            let mut gone = false;
            let mut queue = std::mem::replace(&mut monitor.queue, Queue::new(MAX_WAITING));
            queue.flush(|datagram| match if has_room(socket) { monitor.send(socket, datagram) } else { Sent::Full } {
                Sent::Full => Attempt::Full,
                sent => {
                    gone |= sent == Sent::Gone;
                    Attempt::Done
                }
            });
            monitor.queue = queue;
            if monitor.queue.is_empty() && monitor.dropped > 0 {
                tracing::warn!("monitor {}: {} events were dropped", monitor.address, monitor.dropped);
                monitor.dropped = 0;
            }
            !gone
        });
    }
}

/// What became of an event on its way to a monitor.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sent {
    /// It went, or failed for once.
    Done,
    /// The monitor has no room.
    Full,
    /// There is no monitor any more.
    Gone,
}

impl Monitor {
    fn send(&mut self, socket: &UnixDatagram, datagram: &[u8]) -> Sent {
        match send(socket, &self.address, datagram) {
            Ok(()) => {
                self.errors = 0;
                Sent::Done
            }
            Err(error) if is_full(&error) => Sent::Full,
            Err(error) => {
                self.errors += 1;
                let gone = matches!(error.kind(), ErrorKind::NotFound | ErrorKind::PermissionDenied);
                if gone || self.errors > MAX_SEND_ERRORS { Sent::Gone } else { Sent::Done }
            }
        }
    }
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            // Whether they can be removed or not: nothing is left to be done about it.
            let _ = fs::remove_file(path);
        }
        if let Some(directory) = &self.directory {
            let _ = fs::remove_dir(directory);
        }
    }
}

fn send(socket: &UnixDatagram, to: &Address, datagram: &[u8]) -> io::Result<()> {
    socket.send_to_addr(datagram, &to.to_socket()?).map(drop)
}

/// Whether events may be sent. What a program has not read counts against our socket, for those that are connected to it without
/// another bound: a monitor that never reads would use up the room for everybody's replies. Linux calls a socket of this kind
/// writable while a quarter of its room is taken at most.
fn has_room(socket: &UnixDatagram) -> bool {
    let mut asked = [PollFd::new(socket, PollFlags::OUT)];
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    // Where that cannot be told the sending itself shows it.
    poll(&mut asked, Some(&now)).map_or(true, |ready| ready > 0)
}

fn is_full(error: &io::Error) -> bool {
    // ENOBUFS has no kind of its own.
    const ENOBUFS: i32 = 105;
    error.kind() == ErrorKind::WouldBlock || error.raw_os_error() == Some(ENOBUFS)
}

/// Binds a socket file. One that nobody answers on is left over from a crash, and replaced.
fn bind_path(path: &Path) -> Result<UnixDatagram, BindError> {
    match UnixDatagram::bind(path) {
        Err(error) if error.kind() == ErrorKind::AddrInUse => {}
        other => return other.map_err(|error| io_error(path, error)),
    }
    remove_dead(path)?;
    UnixDatagram::bind(path).map_err(|e| io_error(path, e))
}

/// Removes a socket file that nobody answers on.
fn remove_dead(path: &Path) -> Result<(), BindError> {
    let metadata = fs::symlink_metadata(path).map_err(|e| io_error(path, e))?;
    if !metadata.file_type().is_socket() {
        return Err(BindError::NotASocket(path.display().to_string()));
    }
    let probe = UnixDatagram::unbound().map_err(|e| io_error(path, e))?;
    match probe.connect(path) {
        Ok(()) => return Err(BindError::InUse(path.display().to_string())),
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => {}
        Err(error) => return Err(io_error(path, error)),
    }
    fs::remove_file(path).map_err(|e| io_error(path, e))
}

/// Removes what a daemon that was killed left in `directory`: the sockets of group interfaces, which are called
/// `prefix` and a number, that nobody answers on.
pub fn remove_leftovers(directory: &Path, prefix: &str) {
    let Ok(entries) = fs::read_dir(directory) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let number = name.to_str().and_then(|n| n.strip_prefix(prefix)).unwrap_or_default();
        if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
            continue;
        }
        match remove_dead(&entry.path()) {
            Ok(()) => tracing::info!("removed {}, which a dead daemon left", entry.path().display()),
            Err(error) => tracing::debug!("{error}"),
        }
    }
}

fn set_access(path: &Path, mode: u32, gid: Option<u32>) -> Result<(), BindError> {
    if gid.is_some() {
        std::os::unix::fs::chown(path, None, gid).map_err(|e| io_error(path, e))?;
    }
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).map_err(|e| io_error(path, e))
}

/// A group's number, by name (from /etc/group) or as it is.
fn group_id(group: &str) -> Result<u32, BindError> {
    let missing = || BindError::NoGroup(group.to_owned());
    let groups = fs::read_to_string("/etc/group").unwrap_or_default();
    let by_name = groups.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next() == Some(group)).then(|| fields.nth(1)?.parse().ok()).flatten()
    });
    by_name.or_else(|| group.parse().ok()).ok_or_else(missing)
}

//! A daemon's control sockets: where they are, how they are spoken to, and what is wrong when they cannot be.

use crate::event::Told;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use thiserror::Error;
use tokio::net::UnixDatagram;

/// Where daemons usually put their sockets: p2pd's own examples, then wpa_supplicant's.
pub const USUAL_PLACES: [&str; 3] = ["/run/p2pd", "/var/run/p2pd", "/var/run/wpa_supplicant"];
/// Longest that a reply is waited for; daemons answer at once, an added interface takes longest.
const REPLY_WITHIN: Duration = Duration::from_secs(10);
/// Octets of the longest datagram, with room to spare (replies have at most 4096).
const DATAGRAM: usize = 64 * 1024;
/// Events that a monitor is asked to be sent: from level 2 on, where p2pd says more of failures and phases.
const LEVEL: &str = "LEVEL 2";

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
    #[error("several interfaces have P2P ({0}): choose one with -i")]
    Ambiguous(String),
    /// It does not answer.
    #[error("the daemon has not answered in {} s", REPLY_WITHIN.as_secs())]
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
            ErrorKind::ConnectionRefused => Self::NoDaemon(format!("{} is left over from a dead one", path.display())),
            ErrorKind::NotFound => Self::NoDaemon(format!("there is no {}", path.display())),
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
        for directory in &places {
            match sockets(directory) {
                Ok(names) => {
                    let chosen = match interface {
                        Some(interface) => Some(interface.to_owned()),
                        None => choose(&names)?,
                    };
                    if let Some(interface) = chosen {
                        return Ok(Self { directory: directory.clone(), interface });
                    }
                }
                Err(error) if error.kind() == ErrorKind::PermissionDenied => denied = Some(directory.clone()),
                Err(_) => {}
            }
        }
        if let Some(path) = denied {
            return Err(ControlError::Denied(path));
        }
        let looked: Vec<String> = places.iter().map(|p| p.display().to_string()).collect();
        Err(ControlError::NoDaemon(format!(
            "there is no control socket in {}. Start one (sudo p2pd -i wlan0 -c p2p.conf), or say where its sockets are \
             with -p DIRECTORY",
            looked.join(", ")
        )))
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

/// The interface that has P2P: the P2P device where there is one, else the one that belongs to no group.
fn choose(names: &[String]) -> Result<Option<String>, ControlError> {
    let device: Vec<&String> = names.iter().filter(|n| n.starts_with("p2p-dev-")).collect();
    let plain: Vec<&String> = names.iter().filter(|n| !n.starts_with("p2p-") && *n != "global").collect();
    let candidates = if device.is_empty() { plain } else { device };
    match candidates.as_slice() {
        [] => Ok(None),
        [only] => Ok(Some((*only).clone())),
        several => Err(ControlError::Ambiguous(several.iter().map(|n| n.as_str()).collect::<Vec<_>>().join(", "))),
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
        tokio::time::timeout(REPLY_WITHIN, self.0.receive()).await.map_err(|_| ControlError::Silent)?
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

/// A connection that events come on.
#[derive(Debug)]
pub struct Monitor(Client);

impl Monitor {
    /// Attaches to the socket of an interface.
    ///
    /// # Errors
    /// When nobody answers there, or it is not for us.
    pub async fn attach(place: &Place, interface: &str) -> Result<Self, ControlError> {
        let client = Client::connect(&place.socket(interface))?;
        for request in ["ATTACH", LEVEL] {
            client.send(request).await?;
            tokio::time::timeout(REPLY_WITHIN, client.receive()).await.map_err(|_| ControlError::Silent)??;
        }
        Ok(Self(client))
    }

    /// The next event. Dropping the future loses nothing.
    ///
    /// # Errors
    /// When the daemon has gone.
    pub async fn next(&self) -> Result<Told, ControlError> {
        loop {
            if let Some(told) = Told::parse(&self.0.receive().await?) {
                return Ok(told);
            }
        }
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        // A daemon that is not told notices with its next event.
        let _ = self.0.socket.try_send(b"DETACH");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_p2p_device_comes_first_and_groups_do_not_count() {
        let choose = |names: &[&str]| choose(&names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>());
        assert_eq!(choose(&["p2p-dev-wlan0", "p2p-wlan0-0", "wlan0"]).unwrap().as_deref(), Some("p2p-dev-wlan0"));
        assert_eq!(choose(&["p2p0", "p2p-p2p0-3"]).unwrap().as_deref(), Some("p2p0"));
        assert_eq!(choose(&["p2p-p2p0-3"]).unwrap(), None);
        assert!(matches!(choose(&["wlan0", "wlan1"]), Err(ControlError::Ambiguous(names)) if names == "wlan0, wlan1"));
    }

    #[test]
    fn where_nobody_is_the_message_says_what_to_do() {
        let nowhere = Path::new("/nonexistent/p2pd");
        let error = Place::find(Some(nowhere), None).expect_err("nobody is there").to_string();
        assert!(error.contains("no control socket in /nonexistent/p2pd") && error.contains("sudo p2pd"), "{error}");
    }
}

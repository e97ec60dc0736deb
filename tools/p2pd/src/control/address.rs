//! Where a client's datagrams come from and go to.

use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::SocketAddr;
use std::path::PathBuf;

/// A client's address. Clients without one cannot be answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Address {
    /// A socket file.
    Path(PathBuf),
    /// A name in the abstract name space (also those that Linux allots by itself).
    Abstract(Vec<u8>),
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Path(path) => write!(f, "{}", path.display()),
            Self::Abstract(name) => write!(f, "@{}", String::from_utf8_lossy(name)),
        }
    }
}

impl Address {
    /// Reads a socket address; `None` when it is unnamed.
    pub fn new(address: &SocketAddr) -> Option<Self> {
        match (address.as_pathname(), address.as_abstract_name()) {
            (Some(path), _) => Some(Self::Path(path.to_owned())),
            (None, Some(name)) => Some(Self::Abstract(name.to_owned())),
            (None, None) => None,
        }
    }

    /// The socket address; an error when the name does not fit into one.
    pub fn to_socket(&self) -> std::io::Result<SocketAddr> {
        match self {
            Self::Path(path) => SocketAddr::from_pathname(path),
            Self::Abstract(name) => SocketAddr::from_abstract_name(name),
        }
    }
}

//! A live monitor interface: what the radio hears, as it hears it.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nix::net::if_::if_nametoindex;
use nix::sys::socket::{self, AddressFamily, LinkAddr, SockFlag, SockProtocol, SockType};

use crate::capture::{LinkType, Packet};

/// The longest packet that is kept: the longest MPDU (IEEE 802.11-2020 §9.2.4.7.1) with a radiotap header.
const LONGEST: usize = 12_000;

/// `ARPHRD_IEEE80211_RADIOTAP` and `ARPHRD_IEEE80211` of Linux' if_arp.h: what interfaces in monitor mode are.
const MONITORS: [(u16, LinkType); 2] = [(803, LinkType::Radiotap), (801, LinkType::Ieee80211)];

/// Why an interface cannot be listened to.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// There is no such interface.
    #[error("there is no interface {0}")]
    NoInterface(String),
    /// The interface is not in monitor mode.
    #[error(
        "{name} is not in monitor mode. Make an interface that is, on a radio whose channel is the one to listen to:\n\
         \x20 iw dev {name} interface add mon0 type monitor && ip link set mon0 up && iw dev mon0 set channel 6"
    )]
    NotMonitor {
        /// The interface.
        name: String,
    },
    /// The caller may not.
    #[error("listening needs the right to open packet sockets (root, or CAP_NET_RAW)")]
    NotAllowed,
    /// The kernel refused.
    #[error("the interface cannot be listened to: {0}")]
    Kernel(#[from] io::Error),
}

impl From<nix::Error> for LiveError {
    fn from(error: nix::Error) -> Self {
        match error {
            nix::Error::EPERM | nix::Error::EACCES => Self::NotAllowed,
            error => Self::Kernel(error.into()),
        }
    }
}

/// An interface in monitor mode.
pub struct Live {
    socket: OwnedFd,
    index: usize,
    link: LinkType,
    buffer: Vec<u8>,
}

impl Live {
    /// Listens to an interface.
    ///
    /// # Errors
    /// No such interface, one that is not in monitor mode, no right to do so.
    pub fn open(name: &str) -> Result<Self, LiveError> {
        let index = if_nametoindex(name).map_err(|_| LiveError::NoInterface(name.to_owned()))? as usize;
        let kind = std::fs::read_to_string(format!("/sys/class/net/{name}/type")).unwrap_or_default();
        let kind = kind.trim().parse().unwrap_or(0_u16);
        let link = MONITORS.into_iter().find(|(number, _)| *number == kind).map(|(_, link)| link);
        let link = link.ok_or_else(|| LiveError::NotMonitor { name: name.to_owned() })?;
        let socket =
            socket::socket(AddressFamily::Packet, SockType::Raw, SockFlag::SOCK_CLOEXEC, SockProtocol::EthAll)?;
        Ok(Self { socket, index, link, buffer: vec![0; LONGEST] })
    }

    /// Waits for the next packet.
    ///
    /// # Errors
    /// The interface has gone.
    pub fn packet(&mut self) -> Result<Packet<'_>, LiveError> {
        loop {
            // The socket hears all interfaces of the namespace.
            let (length, from) = match socket::recvfrom::<LinkAddr>(self.socket.as_raw_fd(), &mut self.buffer) {
                Ok(received) => received,
                Err(nix::Error::EINTR) => continue,
                Err(error) => return Err(error.into()),
            };
            if from.is_some_and(|from| from.ifindex() == self.index) {
                let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
                return Ok(Packet { time, link: self.link, data: self.buffer.get(..length).unwrap_or_default() });
            }
        }
    }
}

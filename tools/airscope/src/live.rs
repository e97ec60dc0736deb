//! A live monitor interface: what the radio hears, as it hears it.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use nix::net::if_::if_nametoindex;
use nix::sys::socket::{self, AddressFamily, LinkAddr, SockFlag, SockProtocol, SockType, sockopt};
use nix::sys::time::TimeVal;

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
    /// The interface is not up.
    #[error("{0} is down: nothing is heard on it until `ip link set {0} up`")]
    Down(String),
    /// The interface is no longer there.
    #[error("{0} has gone away")]
    Gone(String),
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

/// The interface is looked at so often: packet sockets that hear all interfaces are not told when one goes.
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

/// `IFF_UP` of Linux' if.h.
const UP: u32 = 1;

/// What the kernel shows of an interface.
struct Shown {
    name: String,
    folder: PathBuf,
}

impl Shown {
    fn new(root: &Path, name: &str) -> Self {
        Self { name: name.to_owned(), folder: root.join(name) }
    }

    fn read(&self, what: &str) -> Option<String> {
        Some(std::fs::read_to_string(self.folder.join(what)).ok()?.trim().to_owned())
    }

    /// The link type of an interface that is in monitor mode, and up.
    fn look(&self) -> Result<LinkType, LiveError> {
        let kind = self.read("type").ok_or_else(|| LiveError::Gone(self.name.clone()))?;
        let link = MONITORS.into_iter().find(|(number, _)| kind.parse() == Ok(*number)).map(|(_, link)| link);
        let link = link.ok_or_else(|| LiveError::NotMonitor { name: self.name.clone() })?;
        let flags = self.read("flags").ok_or_else(|| LiveError::Gone(self.name.clone()))?;
        let flags = u32::from_str_radix(flags.trim_start_matches("0x"), 16).unwrap_or_default();
        if flags & UP == 0 { Err(LiveError::Down(self.name.clone())) } else { Ok(link) }
    }
}

/// An interface in monitor mode.
pub struct Live {
    socket: OwnedFd,
    shown: Shown,
    index: usize,
    link: LinkType,
    looked: Instant,
    buffer: Vec<u8>,
}

impl Live {
    /// Listens to an interface.
    ///
    /// # Errors
    /// No such interface, one that is not in monitor mode or not up, no right to do so.
    pub fn open(name: &str) -> Result<Self, LiveError> {
        let index = if_nametoindex(name).map_err(|_| LiveError::NoInterface(name.to_owned()))? as usize;
        let shown = Shown::new(Path::new("/sys/class/net"), name);
        let link = shown.look()?;
        let socket =
            socket::socket(AddressFamily::Packet, SockType::Raw, SockFlag::SOCK_CLOEXEC, SockProtocol::EthAll)?;
        socket::setsockopt(&socket, sockopt::ReceiveTimeout, &TimeVal::new(BETWEEN_LOOKS.as_secs() as i64, 0))?;
        Ok(Self { socket, shown, index, link, looked: Instant::now(), buffer: vec![0; LONGEST] })
    }

    /// Waits for the next packet.
    ///
    /// # Errors
    /// The interface has gone down, away, or out of monitor mode, within about a second.
    pub fn packet(&mut self) -> Result<Packet<'_>, LiveError> {
        loop {
            if self.looked.elapsed() >= BETWEEN_LOOKS {
                self.looked = Instant::now();
                let name = &self.shown.name;
                // One of the same name may have come in its place.
                if if_nametoindex(name.as_str()).ok().map(|index| index as usize) != Some(self.index) {
                    return Err(LiveError::Gone(name.clone()));
                }
                self.shown.look()?;
            }
            // The socket hears all interfaces of the namespace.
            let (length, from) = match socket::recvfrom::<LinkAddr>(self.socket.as_raw_fd(), &mut self.buffer) {
                Ok(received) => received,
                Err(nix::Error::EINTR | nix::Error::EAGAIN) => continue,
                Err(error) => return Err(error.into()),
            };
            if from.is_some_and(|from| from.ifindex() == self.index) {
                let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
                return Ok(Packet { time, link: self.link, data: self.buffer.get(..length).unwrap_or_default() });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_shows() {
        let root = std::env::temp_dir().join(format!("airscope-live-{}", std::process::id()));
        let folder = root.join("mon0");
        std::fs::create_dir_all(&folder).unwrap();
        let shown = Shown::new(&root, "mon0");
        let is = |kind: &str, flags: &str| {
            std::fs::write(folder.join("type"), format!("{kind}\n")).unwrap();
            std::fs::write(folder.join("flags"), format!("{flags}\n")).unwrap();
            shown.look()
        };
        assert_eq!(is("803", "0x1003").unwrap(), LinkType::Radiotap);
        assert_eq!(is("801", "0x1").unwrap(), LinkType::Ieee80211);
        assert!(matches!(is("803", "0x1002"), Err(LiveError::Down(_))));
        assert!(matches!(is("1", "0x1003"), Err(LiveError::NotMonitor { .. })));
        std::fs::remove_dir_all(&root).unwrap();
        assert!(matches!(shown.look(), Err(LiveError::Gone(_))));
    }
}

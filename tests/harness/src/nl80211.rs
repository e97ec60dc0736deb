//! The few nl80211 requests that the lab itself makes: moving a radio, listing interfaces, the regulatory domain.

use std::os::fd::{AsRawFd, BorrowedFd};

use anyhow::{Context, Result};
use nix::net::if_::if_nametoindex;

use crate::netlink::{Attrs, Netlink};

const CMD_GET_INTERFACE: u8 = 5;
const CMD_NEW_INTERFACE: u8 = 7;
const CMD_DEL_INTERFACE: u8 = 8;
const CMD_REQ_SET_REG: u8 = 27;
const CMD_SET_WIPHY_NETNS: u8 = 49;
const ATTR_WIPHY: u16 = 1;
const ATTR_IFINDEX: u16 = 3;
const ATTR_IFNAME: u16 = 4;
const ATTR_IFTYPE: u16 = 5;
const ATTR_MAC: u16 = 6;
const ATTR_WDEV: u16 = 153;
const ATTR_REG_ALPHA2: u16 = 33;
const ATTR_WIPHY_FREQ: u16 = 38;
const ATTR_CHANNEL_WIDTH: u16 = 159;
const ATTR_NETNS_FD: u16 = 219;

/// `NL80211_IFTYPE_*` of the interfaces that matter to P2P.
pub mod iftype {
    /// `NL80211_IFTYPE_STATION`.
    pub const STATION: u32 = 2;
    /// `NL80211_IFTYPE_P2P_CLIENT`.
    pub const P2P_CLIENT: u32 = 8;
    /// `NL80211_IFTYPE_P2P_GO`.
    pub const P2P_GO: u32 = 9;
    /// `NL80211_IFTYPE_P2P_DEVICE`.
    pub const P2P_DEVICE: u32 = 10;
}

/// One virtual interface of a radio.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    /// The network device's name; a P2P Device has none.
    pub name: Option<String>,
    /// `NL80211_IFTYPE_*`.
    pub kind: u32,
    /// The interface's address.
    pub address: Vec<u8>,
    /// The kernel's number of it, 8 octets.
    pub wdev: Vec<u8>,
    /// Its channel's centre in MHz, when it has one.
    pub frequency: Option<u32>,
    /// Its channel's width in MHz, when it has one.
    pub width: Option<u32>,
}

impl Interface {
    /// The number of its radio, which is the upper half of its own (`wdev_id` in the kernel's nl80211.c).
    pub fn phy(&self) -> u32 {
        let number = self.wdev.as_slice().try_into().map(u64::from_ne_bytes).unwrap_or_default();
        (number >> 32) as u32
    }
}

/// A connection to nl80211 in the namespace of the thread that opened it.
pub struct Nl80211 {
    socket: Netlink,
    family: u16,
}

impl Nl80211 {
    /// Connects.
    pub fn open() -> Result<Self> {
        let mut socket = Netlink::generic()?;
        let family = socket.family("nl80211")?;
        Ok(Self { socket, family })
    }

    /// Moves the radio with this phy number, and its interfaces, into a network namespace.
    pub fn move_to(&mut self, phy: u32, namespace: BorrowedFd<'_>) -> Result<()> {
        let fd = u32::try_from(namespace.as_raw_fd())?;
        let attrs = Attrs::new().u32(ATTR_WIPHY, phy).u32(ATTR_NETNS_FD, fd);
        self.socket.call(self.family, CMD_SET_WIPHY_NETNS, attrs).with_context(|| format!("move phy {phy}"))?;
        Ok(())
    }

    /// All virtual interfaces of the namespace, those without a network device too.
    pub fn interfaces(&mut self) -> Result<Vec<Interface>> {
        let found = self.socket.dump(self.family, CMD_GET_INTERFACE, Attrs::new()).context("list interfaces")?;
        Ok(found
            .iter()
            .map(|message| Interface {
                name: message.string(ATTR_IFNAME),
                kind: message.u32(ATTR_IFTYPE).unwrap_or(0),
                wdev: message.attr(ATTR_WDEV).unwrap_or_default().to_vec(),
                address: message.attr(ATTR_MAC).unwrap_or_default().to_vec(),
                frequency: message.u32(ATTR_WIPHY_FREQ),
                width: message.u32(ATTR_CHANNEL_WIDTH).and_then(width),
            })
            .collect())
    }

    /// Makes an interface for stations on a radio.
    pub fn add_interface(&mut self, phy: u32, name: &str) -> Result<()> {
        let attrs = Attrs::new().u32(ATTR_WIPHY, phy).string(ATTR_IFNAME, name).u32(ATTR_IFTYPE, iftype::STATION);
        self.socket.call(self.family, CMD_NEW_INTERFACE, attrs).with_context(|| format!("make interface {name}"))?;
        Ok(())
    }

    /// Removes an interface.
    pub fn remove_interface(&mut self, name: &str) -> Result<()> {
        let index = if_nametoindex(name).with_context(|| format!("no interface {name}"))?;
        let attrs = Attrs::new().u32(ATTR_IFINDEX, index);
        self.socket.call(self.family, CMD_DEL_INTERFACE, attrs).with_context(|| format!("remove interface {name}"))?;
        Ok(())
    }

    /// Removes the P2P device of the one radio in this namespace.
    pub fn remove_p2p_device(&mut self) -> Result<()> {
        let device = self.interfaces()?.into_iter().find(|i| i.kind == iftype::P2P_DEVICE).context("no P2P device")?;
        let attrs = Attrs::new().bytes(ATTR_WDEV, &device.wdev);
        self.socket.call(self.family, CMD_DEL_INTERFACE, attrs).context("remove the P2P device")?;
        Ok(())
    }

    /// Hints at the country in which the radios are.
    pub fn set_country(&mut self, alpha2: &str) -> Result<()> {
        self.socket
            .call(self.family, CMD_REQ_SET_REG, Attrs::new().string(ATTR_REG_ALPHA2, alpha2))
            .with_context(|| format!("set country {alpha2}"))?;
        Ok(())
    }
}

/// MHz of an `NL80211_CHAN_WIDTH_*`: 20 without and with HT, 40, 80.
fn width(code: u32) -> Option<u32> {
    [20, 20, 40, 80].get(usize::try_from(code).ok()?).copied()
}

/// The number of a phy of the calling thread's namespace.
pub fn phy_number(name: &str) -> Result<u32> {
    let path = format!("/sys/class/ieee80211/{name}/index");
    let text = std::fs::read_to_string(&path).with_context(|| path.clone())?;
    text.trim().parse().with_context(|| path)
}

//! Interfaces: what they are, making and removing them.

use crate::netlink::Attributes;
use crate::nl80211 as nl;
use crate::request::Request;
use ieee80211_ies::MacAddr;
use radio::{Channel, InterfaceId, InterfaceKind, Width};

/// Longest interface name in octets (`IFNAMSIZ` less the NUL).
pub(crate) const MAX_NAME: usize = 15;

/// An interface as the kernel describes it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct InterfaceInfo {
    pub(crate) wiphy: u32,
    pub(crate) wdev: u64,
    pub(crate) ifindex: Option<u32>,
    pub(crate) name: String,
    pub(crate) address: MacAddr,
    pub(crate) kind: InterfaceKind,
    /// The channel that it is on, MHz.
    pub(crate) frequency: Option<u32>,
    /// Whether it has an SSID: of its access point, or of its connection.
    pub(crate) named: bool,
}

/// Reads `NL80211_CMD_NEW_INTERFACE`.
pub(crate) fn parse(attributes: Attributes<'_>) -> Option<InterfaceInfo> {
    Some(InterfaceInfo {
        wiphy: attributes.u32(nl::NL80211_ATTR_WIPHY)?,
        wdev: attributes.u64(nl::NL80211_ATTR_WDEV)?,
        ifindex: attributes.u32(nl::NL80211_ATTR_IFINDEX),
        name: attributes.text(nl::NL80211_ATTR_IFNAME).unwrap_or_default().to_owned(),
        address: attributes.mac(nl::NL80211_ATTR_MAC).unwrap_or_default(),
        kind: attributes.u32(nl::NL80211_ATTR_IFTYPE).and_then(kind_of).unwrap_or(InterfaceKind::Other),
        frequency: attributes.u32(nl::NL80211_ATTR_WIPHY_FREQ),
        named: attributes.get(nl::NL80211_ATTR_SSID).is_some_and(|ssid| !ssid.is_empty()),
    })
}

/// The kind of interface that an `NL80211_IFTYPE_*` is; `None` for the unspecified one.
pub(crate) fn kind_of(iftype: u32) -> Option<InterfaceKind> {
    Some(match iftype {
        0 => return None,
        nl::NL80211_IFTYPE_STATION => InterfaceKind::Station,
        nl::NL80211_IFTYPE_AP => InterfaceKind::Ap,
        nl::NL80211_IFTYPE_MONITOR => InterfaceKind::Monitor,
        nl::NL80211_IFTYPE_P2P_CLIENT => InterfaceKind::P2pClient,
        nl::NL80211_IFTYPE_P2P_GO => InterfaceKind::P2pGo,
        nl::NL80211_IFTYPE_P2P_DEVICE => InterfaceKind::P2pDevice,
        _ => InterfaceKind::Other,
    })
}

/// The `NL80211_IFTYPE_*` of a kind; `None` when it names no single one.
pub(crate) fn iftype(kind: InterfaceKind) -> Option<u32> {
    Some(match kind {
        InterfaceKind::Station => nl::NL80211_IFTYPE_STATION,
        InterfaceKind::P2pClient => nl::NL80211_IFTYPE_P2P_CLIENT,
        InterfaceKind::P2pGo => nl::NL80211_IFTYPE_P2P_GO,
        InterfaceKind::P2pDevice => nl::NL80211_IFTYPE_P2P_DEVICE,
        InterfaceKind::Ap => nl::NL80211_IFTYPE_AP,
        InterfaceKind::Monitor => nl::NL80211_IFTYPE_MONITOR,
        InterfaceKind::Other => return None,
    })
}

/// Asks for all interfaces.
pub(crate) fn get_all() -> Request {
    Request::plain(nl::NL80211_CMD_GET_INTERFACE).dump()
}

/// Asks about one interface.
pub(crate) fn get(iface: InterfaceId) -> Request {
    Request::interface(nl::NL80211_CMD_GET_INTERFACE, iface)
}

/// Makes an interface. `owned`: it goes when our socket does.
pub(crate) fn new(iftype: u32, name: &str, address: Option<MacAddr>, owned: bool) -> Request {
    Request::wiphy(nl::NL80211_CMD_NEW_INTERFACE).with(|s| {
        let s = s.text(nl::NL80211_ATTR_IFNAME, name).u32(nl::NL80211_ATTR_IFTYPE, iftype);
        let s = match address {
            Some(address) => s.mac(nl::NL80211_ATTR_MAC, address),
            None => s,
        };
        s.flag(nl::NL80211_ATTR_IFACE_SOCKET_OWNER, owned)
    })
}

/// Changes what an interface is.
pub(crate) fn set_kind(iface: InterfaceId, iftype: u32) -> Request {
    Request::interface(nl::NL80211_CMD_SET_INTERFACE, iface).with(|s| s.u32(nl::NL80211_ATTR_IFTYPE, iftype))
}

/// Removes an interface.
pub(crate) fn remove(iface: InterfaceId) -> Request {
    Request::interface(nl::NL80211_CMD_DEL_INTERFACE, iface)
}

/// Starts or stops a P2P device.
pub(crate) fn set_p2p_device_up(iface: InterfaceId, up: bool) -> Request {
    let command = if up { nl::NL80211_CMD_START_P2P_DEVICE } else { nl::NL80211_CMD_STOP_P2P_DEVICE };
    Request::interface(command, iface)
}

/// Turns power save on or off.
pub(crate) fn set_power_save(iface: InterfaceId, on: bool) -> Request {
    Request::interface(nl::NL80211_CMD_SET_POWER_SAVE, iface).with(|s| s.u32(nl::NL80211_ATTR_PS_STATE, u32::from(on)))
}

/// Leaves only the OFDM rates of 2.4 GHz (Wi-Fi P2P v1.7 §2.4.1); HT and the other bands stay as they are.
pub(crate) fn forbid_cck(iface: InterfaceId) -> Request {
    use crate::request::Set;
    Request::interface(nl::NL80211_CMD_SET_TX_BITRATE_MASK, iface).with(|s| {
        let rates = Set::default().bytes(nl::NL80211_TXRATE_LEGACY, &OFDM_RATES);
        s.nest(nl::NL80211_ATTR_TX_RATES, Set::default().nest(nl::NL80211_BAND_2GHZ, rates))
    })
}

/// The OFDM rates, units of 500 kb/s: 6 to 54 Mb/s (IEEE 802.11-2020 Table 17-4).
pub(crate) const OFDM_RATES: [u8; 8] = [12, 18, 24, 36, 48, 72, 96, 108];

/// The beacons until a switch that a message announces; 0 when it does not say.
pub(crate) fn switch_count(attributes: Attributes<'_>) -> u8 {
    let count = attributes.u32(nl::NL80211_ATTR_CH_SWITCH_COUNT).unwrap_or(0);
    u8::try_from(count).unwrap_or(u8::MAX)
}

/// The channel that a message says an interface is on.
pub(crate) fn channel(attributes: Attributes<'_>) -> Option<Channel> {
    let frequency = attributes.u32(nl::NL80211_ATTR_WIPHY_FREQ)?;
    let width = match attributes.u32(nl::NL80211_ATTR_CHANNEL_WIDTH) {
        Some(nl::NL80211_CHAN_WIDTH_20) => Width::Ht20,
        Some(nl::NL80211_CHAN_WIDTH_40) => Width::Mhz40,
        Some(nl::NL80211_CHAN_WIDTH_80) => Width::Mhz80,
        Some(nl::NL80211_CHAN_WIDTH_160) => Width::Mhz160,
        _ => Width::NoHt20,
    };
    let centre = attributes.u32(nl::NL80211_ATTR_CENTER_FREQ1).filter(|_| width >= Width::Mhz40);
    Some(Channel { frequency, width, centre: centre.unwrap_or(frequency) })
}

/// Writes a channel.
pub(crate) fn put_channel(set: crate::request::Set, channel: Channel) -> crate::request::Set {
    let width = match channel.width {
        Width::NoHt20 => nl::NL80211_CHAN_WIDTH_20_NOHT,
        Width::Ht20 => nl::NL80211_CHAN_WIDTH_20,
        Width::Mhz40 => nl::NL80211_CHAN_WIDTH_40,
        Width::Mhz80 => nl::NL80211_CHAN_WIDTH_80,
        Width::Mhz160 => nl::NL80211_CHAN_WIDTH_160,
    };
    set.u32(nl::NL80211_ATTR_WIPHY_FREQ, channel.frequency)
        .u32(nl::NL80211_ATTR_CHANNEL_WIDTH, width)
        .u32(nl::NL80211_ATTR_CENTER_FREQ1, channel.centre)
}

//! The access point: starting, changing and stopping it.

use crate::interface::put_channel;
use crate::nl80211 as nl;
use crate::request::{Request, Set};
use crate::wiphy::Features;
use radio::{AccessPoint, Beacon, Capabilities, ChannelSwitch, Cipher, InterfaceId, InterfaceKind};

/// `NL80211_WPA_VERSION_2`: RSN.
const WPA_VERSION_2: u32 = 2;
/// 00-0F-AC:2, PSK (IEEE 802.11-2020 Table 9-151).
const AKM_PSK: u32 = 0x000f_ac02;
/// `ETH_P_PAE`: EAPOL (IEEE 802.1X-2020 §11.1.4).
pub(crate) const ETHERTYPE_PAE: u16 = 0x888e;

/// WPA2-PSK with CCMP.
pub(crate) fn put_rsn(set: Set) -> Set {
    let ccmp = Cipher::Ccmp128.suite();
    set.u32(nl::NL80211_ATTR_WPA_VERSIONS, WPA_VERSION_2)
        .bytes(nl::NL80211_ATTR_CIPHER_SUITES_PAIRWISE, &ccmp.to_ne_bytes())
        .u32(nl::NL80211_ATTR_CIPHER_SUITE_GROUP, ccmp)
        .bytes(nl::NL80211_ATTR_AKM_SUITES, &AKM_PSK.to_ne_bytes())
}

/// The controlled port is ours: closed until told otherwise, EAPOL over nl80211 where the kernel can.
pub(crate) fn put_control_port(set: Set, c: &Capabilities, f: &Features) -> Set {
    let set = set.flag(nl::NL80211_ATTR_CONTROL_PORT, true);
    let set = if c.control_port {
        set.u16(nl::NL80211_ATTR_CONTROL_PORT_ETHERTYPE, ETHERTYPE_PAE)
            .flag(nl::NL80211_ATTR_CONTROL_PORT_OVER_NL80211, true)
            .flag(nl::NL80211_ATTR_CONTROL_PORT_NO_PREAUTH, f.no_preauth)
    } else {
        set
    };
    set.flag(nl::NL80211_ATTR_SOCKET_OWNER, f.socket_owner)
}

fn put_beacon(set: Set, beacon: &Beacon, c: &Capabilities) -> Set {
    let set = set
        .bytes(nl::NL80211_ATTR_BEACON_HEAD, &beacon.head)
        .bytes(nl::NL80211_ATTR_BEACON_TAIL, &beacon.tail)
        .unless_empty(nl::NL80211_ATTR_IE, &beacon.beacon_elements)
        .unless_empty(nl::NL80211_ATTR_IE_PROBE_RESP, &beacon.probe_response_elements)
        .unless_empty(nl::NL80211_ATTR_IE_ASSOC_RESP, &beacon.association_response_elements);
    if c.probe_response_offload { set.unless_empty(nl::NL80211_ATTR_PROBE_RESP, &beacon.probe_response) } else { set }
}

/// Starts to beacon.
pub(crate) fn start(
    iface: InterfaceId,
    kind: InterfaceKind,
    ap: &AccessPoint,
    c: &Capabilities,
    f: &Features,
) -> Request {
    Request::interface(nl::NL80211_CMD_START_AP, iface).with(|s| {
        let s = put_beacon(s, &ap.beacon, c)
            .u32(nl::NL80211_ATTR_BEACON_INTERVAL, ap.beacon_interval.into())
            .u32(nl::NL80211_ATTR_DTIM_PERIOD, ap.dtim_period.into())
            .bytes(nl::NL80211_ATTR_SSID, &ap.ssid)
            .u32(nl::NL80211_ATTR_HIDDEN_SSID, nl::NL80211_HIDDEN_SSID_NOT_IN_USE)
            .flag(nl::NL80211_ATTR_PRIVACY, true)
            .u32(nl::NL80211_ATTR_AUTH_TYPE, nl::NL80211_AUTHTYPE_OPEN_SYSTEM);
        let s = put_control_port(put_rsn(s), c, f);
        let s = put_channel(s, ap.channel);
        let ctwindow = ap.ctwindow != 0 && c.ctwindow && kind == InterfaceKind::P2pGo;
        if ctwindow { s.u8(nl::NL80211_ATTR_P2P_CTWINDOW, ap.ctwindow) } else { s }
    })
}

/// What of a BSS can only be set once it beacons.
pub(crate) fn set_bss(iface: InterfaceId, ap: &AccessPoint) -> Request {
    Request::interface(nl::NL80211_CMD_SET_BSS, iface).with(|s| {
        s.unless_empty(nl::NL80211_ATTR_BSS_BASIC_RATES, &ap.basic_rates)
            .u8(nl::NL80211_ATTR_AP_ISOLATE, u8::from(ap.isolate))
    })
}

/// Changes the beacon.
pub(crate) fn set_beacon(iface: InterfaceId, beacon: &Beacon, c: &Capabilities) -> Request {
    Request::interface(nl::NL80211_CMD_SET_BEACON, iface).with(|s| put_beacon(s, beacon, c))
}

/// Stops beaconing.
pub(crate) fn stop(iface: InterfaceId) -> Request {
    Request::interface(nl::NL80211_CMD_STOP_AP, iface)
}

/// Announces another channel and goes there.
pub(crate) fn switch_channel(iface: InterfaceId, switch: &ChannelSwitch, c: &Capabilities) -> Request {
    Request::interface(nl::NL80211_CMD_CHANNEL_SWITCH, iface).with(|s| {
        let during = put_beacon(Set::default(), &switch.during, c)
            .bytes(nl::NL80211_ATTR_CNTDWN_OFFS_BEACON, &switch.counter_offset.to_ne_bytes());
        let s = s
            .u32(nl::NL80211_ATTR_CH_SWITCH_COUNT, switch.count.into())
            .flag(nl::NL80211_ATTR_CH_SWITCH_BLOCK_TX, switch.block_transmission)
            .nest(nl::NL80211_ATTR_CSA_IES, during);
        put_channel(put_beacon(s, &switch.after, c), switch.channel)
    })
}

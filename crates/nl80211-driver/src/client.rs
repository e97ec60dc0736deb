//! The client: authentication, association, and their end.

use crate::ap::{put_control_port, put_rsn};
use crate::frames::ManagementFrame;
use crate::netlink::Attributes;
use crate::nl80211 as nl;
use crate::request::{Request, Set};
use crate::wiphy::Features;
use ieee80211_ies::MacAddr;
use radio::{Association, Capabilities, InterfaceId};

/// Sends an Authentication frame.
pub(crate) fn authenticate(iface: InterfaceId, bssid: MacAddr, frequency: u32, ssid: &[u8]) -> Request {
    Request::interface(nl::NL80211_CMD_AUTHENTICATE, iface).with(|s| {
        s.mac(nl::NL80211_ATTR_MAC, bssid)
            .bytes(nl::NL80211_ATTR_SSID, ssid)
            .u32(nl::NL80211_ATTR_WIPHY_FREQ, frequency)
            .u32(nl::NL80211_ATTR_AUTH_TYPE, nl::NL80211_AUTHTYPE_OPEN_SYSTEM)
    })
}

/// Sends an Association Request.
pub(crate) fn associate(iface: InterfaceId, a: &Association, c: &Capabilities, f: &Features) -> Request {
    Request::interface(nl::NL80211_CMD_ASSOCIATE, iface).with(|s| put_association(s, a, c, f))
}

/// Authenticates and associates by the kernel's or the driver's own SME.
pub(crate) fn connect(iface: InterfaceId, a: &Association, c: &Capabilities, f: &Features) -> Request {
    Request::interface(nl::NL80211_CMD_CONNECT, iface).with(|s| {
        put_association(s, a, c, f)
            .u32(nl::NL80211_ATTR_AUTH_TYPE, nl::NL80211_AUTHTYPE_OPEN_SYSTEM)
            // A group is always protected, and cfg80211 passes over a network whose capability says otherwise than
            // this; that is as true of a connection for WSC.
            .flag(nl::NL80211_ATTR_PRIVACY, true)
    })
}

fn put_association(s: Set, a: &Association, c: &Capabilities, f: &Features) -> Set {
    let s = s
        .mac(nl::NL80211_ATTR_MAC, a.bssid)
        .bytes(nl::NL80211_ATTR_SSID, &a.ssid)
        .u32(nl::NL80211_ATTR_WIPHY_FREQ, a.frequency)
        .unless_empty(nl::NL80211_ATTR_IE, &a.elements);
    let s = if a.rsn { put_rsn(s) } else { s };
    put_control_port(s, c, f)
}

/// Ends a connection made by [`authenticate`] and [`associate`], with a Deauthentication frame.
pub(crate) fn deauthenticate(iface: InterfaceId, bssid: MacAddr, reason: u16) -> Request {
    Request::interface(nl::NL80211_CMD_DEAUTHENTICATE, iface)
        .with(|s| s.mac(nl::NL80211_ATTR_MAC, bssid).u16(nl::NL80211_ATTR_REASON_CODE, reason))
}

/// Ends a connection made by [`connect`].
pub(crate) fn disconnect(iface: InterfaceId, reason: u16) -> Request {
    Request::interface(nl::NL80211_CMD_DISCONNECT, iface).with(|s| s.u16(nl::NL80211_ATTR_REASON_CODE, reason))
}

/// An answer of the owner, or its absence.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Response {
    pub(crate) bssid: MacAddr,
    /// Status code; `None` when no answer came.
    pub(crate) status: Option<u16>,
    pub(crate) elements: Vec<u8>,
}

/// Reads `NL80211_CMD_AUTHENTICATE` (status at octet 4 of the body, IEEE 802.11-2020 Table 9-41) or, with
/// `association`, `NL80211_CMD_ASSOCIATE` (status at octet 2, elements from octet 6 on, Tables 9-36 and 9-38).
pub(crate) fn response(attributes: Attributes<'_>, association: bool) -> Option<Response> {
    if attributes.flag(nl::NL80211_ATTR_TIMED_OUT) {
        let bssid = attributes.mac(nl::NL80211_ATTR_MAC)?;
        return Some(Response { bssid, status: None, elements: Vec::new() });
    }
    let frame = ManagementFrame(attributes.get(nl::NL80211_ATTR_FRAME)?);
    let status = Some(frame.field(if association { 2 } else { 4 })?);
    let elements = if association { frame.body(6).to_vec() } else { Vec::new() };
    Some(Response { bssid: frame.bssid()?, status, elements })
}

/// Reads `NL80211_CMD_CONNECT`. The BSSID is missing when nobody answered.
pub(crate) fn connected(attributes: Attributes<'_>) -> (Option<MacAddr>, Option<u16>, Vec<u8>) {
    let timed_out = attributes.flag(nl::NL80211_ATTR_TIMED_OUT);
    let status = attributes.u16(nl::NL80211_ATTR_STATUS_CODE).filter(|_| !timed_out);
    let elements = attributes.get(nl::NL80211_ATTR_RESP_IE).unwrap_or_default().to_vec();
    (attributes.mac(nl::NL80211_ATTR_MAC), status, elements)
}

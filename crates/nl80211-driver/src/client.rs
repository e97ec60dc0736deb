//! The client: authentication, association, and their end.

use crate::ap::{put_control_port, put_rsn};
use crate::frames::ManagementFrame;
use crate::netlink::Attributes;
use crate::nl80211 as nl;
use crate::request::{Request, Set};
use crate::wiphy::Features;
use ieee80211_ies::MacAddr;
use radio::{Association, Capabilities, Connection, InterfaceId};

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
pub(crate) fn connect(iface: InterfaceId, connection: &Connection, c: &Capabilities, f: &Features) -> Request {
    Request::interface(nl::NL80211_CMD_CONNECT, iface).with(|s| {
        put_association(s, &connection.association, c, f)
            .u32(nl::NL80211_ATTR_AUTH_TYPE, nl::NL80211_AUTHTYPE_OPEN_SYSTEM)
            // cfg80211 passes over a network whose capability says otherwise than this; that is as true of a
            // connection for WSC.
            .flag(nl::NL80211_ATTR_PRIVACY, connection.privacy)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::netlink;
    use crate::request::Request;

    const OWNER: MacAddr = MacAddr([2, 0, 0, 0, 0, 9]);

    fn read<T>(set: Set, read: impl Fn(Attributes<'_>) -> T) -> T {
        let bytes = Request::plain(1).encode(28, 1, set).unwrap();
        read(netlink::messages(&bytes).next().unwrap().generic().unwrap().1)
    }

    fn frame(body: &[u8]) -> Set {
        let mut frame = vec![0; 16];
        frame.extend(OWNER.octets());
        frame.extend([0, 0]);
        frame.extend(body);
        Set::default().bytes(nl::NL80211_ATTR_FRAME, &frame)
    }

    #[test]
    fn status_codes_are_where_the_frames_have_them() {
        let authentication = read(frame(&[0, 0, 2, 0, 13, 0]), |a| response(a, false));
        assert_eq!(authentication, Some(Response { bssid: OWNER, status: Some(13), elements: Vec::new() }));
        let association = read(frame(&[0x11, 4, 17, 0, 1, 0xc0, 221, 0]), |a| response(a, true));
        assert_eq!(association, Some(Response { bssid: OWNER, status: Some(17), elements: vec![221, 0] }));
        assert_eq!(read(frame(&[0, 0, 2]), |a| response(a, false)), None);
    }

    #[test]
    fn a_join_for_wsc_names_no_ciphers_but_closes_the_port() {
        let association = |rsn| Association {
            bssid: OWNER,
            frequency: 5180,
            ssid: b"DIRECT-ab".to_vec(),
            elements: vec![221, 0],
            rsn,
        };
        let c = Capabilities { control_port: true, ..Capabilities::default() };
        let f = Features { socket_owner: true, ..Features::default() };
        for rsn in [false, true] {
            let bytes = associate(InterfaceId::BASE, &association(rsn), &c, &f).encode(28, 1, Set::default()).unwrap();
            let (_, a) = netlink::messages(&bytes).next().unwrap().generic().unwrap();
            assert_eq!(a.u32(nl::NL80211_ATTR_WPA_VERSIONS), rsn.then_some(2));
            assert_eq!(a.u32(nl::NL80211_ATTR_AKM_SUITES), rsn.then_some(0x000f_ac02));
            assert_eq!(a.u32(nl::NL80211_ATTR_CIPHER_SUITES_PAIRWISE), rsn.then_some(0x000f_ac04));
            assert!(a.flag(nl::NL80211_ATTR_CONTROL_PORT) && a.flag(nl::NL80211_ATTR_CONTROL_PORT_OVER_NL80211));
            assert!(a.flag(nl::NL80211_ATTR_SOCKET_OWNER));
            assert_eq!(a.get(nl::NL80211_ATTR_IE), Some(&[221, 0][..]));
        }
    }
}

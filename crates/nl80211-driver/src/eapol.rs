//! EAPOL over nl80211 (`NL80211_CMD_CONTROL_PORT_FRAME`).

use crate::ap::ETHERTYPE_PAE;
use crate::netlink::Attributes;
use crate::nl80211 as nl;
use crate::request::Request;
use ieee80211_ies::MacAddr;
use radio::InterfaceId;

/// Longest EAPOL PDU that is sent or delivered: an Ethernet frame's payload.
pub(crate) const MAX_PDU: usize = 1500;

/// An EAPOL PDU that was received.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Pdu {
    pub(crate) source: MacAddr,
    pub(crate) pdu: Vec<u8>,
    pub(crate) encrypted: Option<bool>,
}

/// Sends a PDU.
pub(crate) fn send(iface: InterfaceId, destination: MacAddr, pdu: &[u8], encrypt: bool) -> Request {
    Request::interface(nl::NL80211_CMD_CONTROL_PORT_FRAME, iface).with(|s| {
        s.mac(nl::NL80211_ATTR_MAC, destination)
            .u16(nl::NL80211_ATTR_CONTROL_PORT_ETHERTYPE, ETHERTYPE_PAE)
            .flag(nl::NL80211_ATTR_CONTROL_PORT_NO_ENCRYPT, !encrypt)
            .bytes(nl::NL80211_ATTR_FRAME, pdu)
    })
}

/// By what word of a PDU sent on a packet socket is known, which brings nothing but the frame itself (FNV-1a).
pub(crate) fn cookie(destination: MacAddr, pdu: &[u8]) -> u64 {
    let octets = destination.octets();
    octets
        .iter()
        .chain(pdu)
        .fold(0xcbf2_9ce4_8422_2325, |hash, octet| (hash ^ u64::from(*octet)).wrapping_mul(0x0000_0100_0000_01b3))
}

/// Reads a PDU; `None` when it is not EAPOL.
pub(crate) fn received(attributes: Attributes<'_>) -> Option<Pdu> {
    if attributes.u16(nl::NL80211_ATTR_CONTROL_PORT_ETHERTYPE) != Some(ETHERTYPE_PAE) {
        return None;
    }
    Some(Pdu {
        source: attributes.mac(nl::NL80211_ATTR_MAC)?,
        pdu: attributes.get(nl::NL80211_ATTR_FRAME).filter(|pdu| pdu.len() <= MAX_PDU)?.to_vec(),
        encrypted: Some(!attributes.flag(nl::NL80211_ATTR_CONTROL_PORT_NO_ENCRYPT)),
    })
}

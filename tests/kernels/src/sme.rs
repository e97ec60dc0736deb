//! The SME of a driver that has one: it answers authentications, associations and probe requests of an owner, and makes a
//! client's connection of one command.

use ieee80211_ies::MacAddr;
use radio::{AccessPoint, Association, StationFlags, StationParameters, StationRates};

/// Management frame types, as the first octet of the frame-control field (IEEE 802.11-2020 Table 9-1).
pub(crate) const ASSOCIATION_REQUEST: u8 = 0x00;
pub(crate) const ASSOCIATION_RESPONSE: u8 = 0x10;
pub(crate) const REASSOCIATION_REQUEST: u8 = 0x20;
pub(crate) const REASSOCIATION_RESPONSE: u8 = 0x30;
pub(crate) const PROBE_REQUEST: u8 = 0x40;
pub(crate) const PROBE_RESPONSE: u8 = 0x50;
pub(crate) const DISASSOCIATION: u8 = 0xa0;
pub(crate) const AUTHENTICATION: u8 = 0xb0;
pub(crate) const DEAUTHENTICATION: u8 = 0xc0;
/// Octets of a management frame's header.
const HEADER: usize = 24;

/// The SSID of P2P discovery (Wi-Fi P2P v1.7 §3.1.1).
const WILDCARD: &[u8] = b"DIRECT-";

/// A client's connection under way or standing.
#[derive(Clone, Debug)]
pub(crate) struct Connecting {
    pub(crate) association: Association,
    pub(crate) connected: bool,
}

/// What an owner's SME does with a frame.
#[derive(Clone, Debug, Default)]
pub(crate) struct Deed {
    /// A frame to send.
    pub(crate) answer: Option<Vec<u8>>,
    /// A station that is in, with the elements of its request.
    pub(crate) joined: Option<(StationParameters, Vec<u8>)>,
    /// A station that has left.
    pub(crate) left: Option<MacAddr>,
}

/// A management frame's header.
pub(crate) fn header(kind: u8, to: MacAddr, from: MacAddr, bssid: MacAddr) -> Vec<u8> {
    let mut out = vec![kind, 0, 0, 0];
    for address in [to, from, bssid] {
        out.extend(address.octets());
    }
    out.extend([0, 0]);
    out
}

fn address(frame: &[u8], at: usize) -> MacAddr {
    frame.get(at..).and_then(MacAddr::from_slice).unwrap_or_default()
}

/// The bodies of the elements with this id.
fn elements(mut bytes: &[u8], id: u8) -> Option<&[u8]> {
    while let [kind, length, rest @ ..] = bytes {
        let body = rest.get(..usize::from(*length))?;
        if *kind == id {
            return Some(body);
        }
        bytes = rest.get(usize::from(*length)..)?;
    }
    None
}

/// Whether elements ask for P2P or WSC.
pub(crate) fn is_special(mut bytes: &[u8]) -> bool {
    while let [kind, length, rest @ ..] = bytes {
        let Some(body) = rest.get(..usize::from(*length)) else { return false };
        if *kind == 221 && (body.starts_with(&[0x50, 0x6f, 0x9a, 9]) || body.starts_with(&[0, 0x50, 0xf2, 4])) {
            return true;
        }
        bytes = rest.get(usize::from(*length)..).unwrap_or_default();
    }
    false
}

/// What an owner's SME answers to a frame. `aid` is the next association id.
pub(crate) fn owner(frame: &[u8], own: MacAddr, ap: &AccessPoint, aid: u16) -> Deed {
    let from = address(frame, 10);
    let body = frame.get(HEADER..).unwrap_or_default();
    let mut deed = Deed::default();
    match frame.first() {
        Some(&AUTHENTICATION) => {
            let mut answer = header(AUTHENTICATION, from, own, own);
            // Open system, transaction 2, status 0.
            answer.extend([0, 0, 2, 0, 0, 0]);
            deed.answer = Some(answer);
        }
        Some(kind @ &(ASSOCIATION_REQUEST | REASSOCIATION_REQUEST)) => {
            let fixed = if *kind == ASSOCIATION_REQUEST { 4 } else { 10 };
            let requested = body.get(fixed..).unwrap_or_default();
            let capability =
                u16::from_le_bytes([body.first().copied().unwrap_or(0), body.get(1).copied().unwrap_or(0)]);
            let rates: Vec<u8> = [1, 50].iter().filter_map(|id| elements(requested, *id)).flatten().copied().collect();
            let response = if *kind == ASSOCIATION_REQUEST { ASSOCIATION_RESPONSE } else { REASSOCIATION_RESPONSE };
            let mut answer = header(response, from, own, own);
            answer.extend([0x31, 0x04, 0, 0]);
            answer.extend((aid | 0xc000).to_le_bytes());
            answer.extend([1, 8, 0x8c, 0x12, 0x98, 0x24, 0xb0, 0x48, 0x60, 0x6c]);
            answer.extend(&ap.beacon.association_response_elements);
            deed.answer = Some(answer);
            let flags = StationFlags { authenticated: true, associated: true, wme: true, ..StationFlags::default() };
            let rates = StationRates { aid, listen_interval: 10, capability, rates, ..StationRates::default() };
            deed.joined = Some((StationParameters { address: from, flags, rates: Some(rates) }, requested.to_vec()));
        }
        Some(&(DEAUTHENTICATION | DISASSOCIATION)) => deed.left = Some(from),
        Some(&PROBE_REQUEST) => {
            let ssid = elements(body, 0).unwrap_or_default();
            if ssid.is_empty() || ssid == ap.ssid || ssid == WILDCARD {
                deed.answer = Some(probe_response(ap, from, own));
            }
        }
        _ => {}
    }
    deed
}

/// The probe response that the host has given, or one made of its beacon and the elements for it.
fn probe_response(ap: &AccessPoint, to: MacAddr, own: MacAddr) -> Vec<u8> {
    if let Some(rest) = ap.beacon.probe_response.get(HEADER..) {
        let mut out = header(PROBE_RESPONSE, to, own, own);
        out.extend(rest);
        return out;
    }
    let mut out = header(PROBE_RESPONSE, to, own, own);
    out.extend(ap.beacon.head.get(HEADER..).unwrap_or_default());
    // Vendor elements of beacons are for beacons.
    let mut tail = ap.beacon.tail.as_slice();
    while let [kind, length, rest @ ..] = tail {
        let end = usize::from(*length).min(rest.len());
        if *kind != 221 {
            out.extend([*kind, *length]);
            out.extend(&rest[..end]);
        }
        tail = &rest[end..];
    }
    out.extend(&ap.beacon.probe_response_elements);
    out
}

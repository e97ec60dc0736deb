//! Probe requests and responses of discovery (Wi-Fi P2P v1.7 §3.1.2.1, §4.2.2, §4.2.3).

use crate::api::{FindParameters, Settings};
use crate::frames::{self, Kind, Message};
use crate::wsc_ie;
use alloc::vec::Vec;
use ieee80211_ies::frame::{Body, Frame, Header, capability};
use ieee80211_ies::p2p::{Attribute, WILDCARD_SSID, emit, group_capability};
use ieee80211_ies::{Elements, MacAddr, emit_element, id};
use radio::{channel_to_frequency, frequency_to_channel};

/// The OFDM rates 6 to 54 Mb/s in units of 500 kb/s, the basic ones (6, 12, 24) marked; P2P devices use no 802.11b rates
/// (Wi-Fi P2P v1.7 §2.4.1).
const OFDM_RATES: [u8; 8] = [0x8c, 0x12, 0x98, 0x24, 0xb0, 0x48, 0x60, 0x6c];
/// The 802.11b rates 1, 2, 5.5 and 11 Mb/s.
const B_RATES: [u8; 4] = [2, 4, 11, 22];

/// The RF Bands attribute: 1 for 2.4 GHz, 2 for 5 GHz.
fn rf_bands(settings: &Settings) -> u8 {
    let listen = channel_to_frequency(settings.listen.0, settings.listen.1);
    let all = settings.client_channels.frequencies().chain(listen);
    let bands = all.fold(0, |bands, mhz| {
        bands
            | if mhz < 3000 {
                1
            } else if mhz < 5950 {
                2
            } else {
                0
            }
    });
    if bands == 0 { 1 } else { bands }
}

/// Elements of the probe requests of a search.
pub(crate) fn request_elements(settings: &Settings, timing: Option<(u16, u16)>, find: &FindParameters) -> Vec<u8> {
    let mut attributes = Vec::from([frames::capability(settings, 0)]);
    attributes.extend(find.device.map(Attribute::DeviceId));
    attributes.push(frames::listen_channel(settings));
    attributes.extend(frames::extended_listen(timing));
    let mut out = Vec::new();
    wsc_ie::emit_probe_request(&settings.device, rf_bands(settings), find.device_type, &mut out);
    emit(&attributes, &mut out);
    frames::emit_extra(settings, Kind::ProbeRequest, &mut out);
    out
}

/// The WSC, P2P and extra elements of our probe responses; `owner` if we own a group.
pub(crate) fn response_elements(settings: &Settings, timing: Option<(u16, u16)>, owner: bool) -> Vec<u8> {
    let group = if owner { frames::group_bits(settings, false) | group_capability::GROUP_OWNER } else { 0 };
    let mut attributes = Vec::from([frames::capability(settings, group)]);
    attributes.extend(frames::extended_listen(timing));
    attributes.push(frames::device_info(settings, None));
    let mut out = Vec::new();
    wsc_ie::emit_probe_response(&settings.device, rf_bands(settings), &mut out);
    emit(&attributes, &mut out);
    frames::emit_extra(settings, Kind::ProbeResponse, &mut out);
    out
}

/// A whole probe request with these elements, for everybody who listens.
pub(crate) fn request(settings: &Settings, elements: &[u8]) -> Vec<u8> {
    let mut all = Vec::new();
    emit_element(id::SSID, WILDCARD_SSID, &mut all);
    emit_element(id::SUPPORTED_RATES, &OFDM_RATES, &mut all);
    all.extend_from_slice(elements);
    let body = Body::ProbeRequest { elements: Elements::new(&all) };
    Frame::new(MacAddr::BROADCAST, settings.device.address, MacAddr::BROADCAST, body).to_vec()
}

/// A whole probe response of a listening device.
pub(crate) fn response(settings: &Settings, to: MacAddr, frequency: u32, elements: &[u8]) -> Vec<u8> {
    let mut all = Vec::new();
    emit_element(id::SSID, WILDCARD_SSID, &mut all);
    emit_element(id::SUPPORTED_RATES, &OFDM_RATES, &mut all);
    if frequency < 3000 {
        emit_element(
            id::DSSS_PARAMETER_SET,
            &frequency_to_channel(frequency).map_or([0], |channel| [channel]),
            &mut all,
        );
    }
    all.extend_from_slice(elements);
    let body = Body::ProbeResponse {
        timestamp: 0,
        interval: 100,
        capability: capability::PRIVACY | capability::SHORT_PREAMBLE | capability::SHORT_SLOT_TIME,
        elements: Elements::new(&all),
    };
    Frame::new(to, settings.device.address, settings.device.address, body).to_vec()
}

/// Why a probe request is not answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Unanswered {
    /// It is no P2P probe request.
    NotP2p,
    /// It asks for another device or another kind of device.
    NotForUs,
}

/// Reads a probe request of P2P discovery (Wi-Fi P2P v1.7 §3.1.2.1.2): SSID `DIRECT-`, a P2P element, sent to us or to all,
/// and not with 802.11b rates alone. The second value says whether it asks for a device like us.
pub(crate) fn read_request<'a>(
    settings: &Settings,
    header: &Header,
    elements: Elements<'a>,
) -> Result<(Message<'a>, bool), Unanswered> {
    let own = settings.device.address;
    if !header.destination.is_broadcast() && header.destination != own {
        return Err(Unanswered::NotForUs);
    }
    if !header.bssid.is_broadcast() && header.bssid != own {
        return Err(Unanswered::NotForUs);
    }
    let ssid = elements.ssid().ok().flatten();
    if ssid.is_none_or(|ssid| ssid.as_bytes() != WILDCARD_SSID) || has_only_b_rates(elements) {
        return Err(Unanswered::NotP2p);
    }
    let message = Message::read(elements).ok_or(Unanswered::NotP2p)?;
    let device = &settings.device;
    let kinds = || device.secondary_types.iter().chain([&device.primary_type]);
    let asked = &message.wsc.requested_types;
    let fits = message.p2p.device_id().is_none_or(|id| id == own)
        && (asked.is_empty() || asked.iter().any(|asked| kinds().any(|kind| fits_type(asked, kind))));
    Ok((message, fits))
}

/// A requested device type of subcategory 0 asks for all of its category (WSC 2.0 §12, Requested Device Type).
pub(crate) fn fits_type(asked: &[u8; 8], kind: &[u8; 8]) -> bool {
    asked == kind || (asked[6..] == [0, 0] && asked[..6] == kind[..6])
}

fn has_only_b_rates(elements: Elements<'_>) -> bool {
    let lists = [id::SUPPORTED_RATES, id::EXTENDED_SUPPORTED_RATES];
    let mut rates = lists.into_iter().filter_map(|id| elements.find(id)).flat_map(|element| element.body).peekable();
    rates.peek().is_some() && rates.all(|rate| B_RATES.contains(&(rate & 0x7f)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{address, settings};
    use alloc::vec;

    fn request(find: &FindParameters, rates: &[u8], ssid: &[u8]) -> Vec<u8> {
        let mut all = vec![];
        emit_element(id::SSID, ssid, &mut all);
        emit_element(id::SUPPORTED_RATES, rates, &mut all);
        all.extend(request_elements(&settings(2), None, find));
        all
    }

    fn answered(to: MacAddr, elements: &[u8]) -> Result<bool, Unanswered> {
        let header = Header::new(ieee80211_ies::frame::Subtype::PROBE_REQUEST, to, address(2), MacAddr::BROADCAST);
        read_request(&settings(1), &header, Elements::new(elements)).map(|(_, fits)| fits)
    }

    #[test]
    fn only_p2p_requests_for_us_are_answered() {
        let all = FindParameters::default();
        let to_all = MacAddr::BROADCAST;
        assert_eq!(answered(to_all, &request(&all, &OFDM_RATES, b"DIRECT-")), Ok(true));
        assert_eq!(answered(address(1), &request(&all, &OFDM_RATES, b"DIRECT-")), Ok(true));
        assert_eq!(answered(address(3), &request(&all, &OFDM_RATES, b"DIRECT-")), Err(Unanswered::NotForUs));
        assert_eq!(answered(to_all, &request(&all, &B_RATES, b"DIRECT-")), Err(Unanswered::NotP2p));
        assert_eq!(answered(to_all, &request(&all, &OFDM_RATES, b"DIRECT-xy")), Err(Unanswered::NotP2p));
        assert_eq!(answered(to_all, b"\x00\x07DIRECT-"), Err(Unanswered::NotP2p));
    }

    #[test]
    fn requested_device_and_type_filter() {
        let ask = |device, device_type| {
            let find = FindParameters { device, device_type, ..FindParameters::default() };
            answered(MacAddr::BROADCAST, &request(&find, &OFDM_RATES, b"DIRECT-"))
        };
        assert_eq!(ask(Some(address(1)), None), Ok(true));
        assert_eq!(ask(Some(address(9)), None), Ok(false));
        let mut kind = settings(1).device.primary_type;
        assert_eq!(ask(None, Some(kind)), Ok(true));
        kind[7] = 9;
        assert_eq!(ask(None, Some(kind)), Ok(false));
        kind[7] = 0;
        assert_eq!(ask(None, Some(kind)), Ok(true));
    }

    #[test]
    fn the_response_tells_who_we_are() {
        let settings = settings(1);
        let bytes = response(&settings, address(2), 2437, &response_elements(&settings, Some((100, 500)), false));
        let frame = Frame::parse(&bytes).unwrap();
        assert_eq!((frame.header.source, frame.header.bssid), (address(1), address(1)));
        let elements = frame.body.elements();
        assert_eq!(elements.ssid().unwrap().unwrap().as_bytes(), b"DIRECT-");
        assert_eq!(elements.find(id::DSSS_PARAMETER_SET).unwrap().body, [6]);
        let message = Message::read(elements).unwrap();
        let info = message.p2p.device_info().unwrap();
        assert_eq!((info.address, info.name.as_bytes()), (address(1), &b"d1"[..]));
        assert_eq!(message.p2p.extended_listen_timing().unwrap().interval, 500);
    }
}

//! Whether an association request can be granted, and what it says.

use super::config::{Mode, OwnerConfig};
use super::elements::{self, HT_CAPABILITIES_40};
use alloc::vec::Vec;
use ieee80211_ies::bss::ExtendedCapabilities;
use ieee80211_ies::frame::{StatusCode, capability};
use ieee80211_ies::p2p::ClientInfoBuf;
use ieee80211_ies::rsn::{self, Rsn};
use ieee80211_ies::wmm::Information;
use ieee80211_ies::{Elements, KnownElement, MacAddr, OUI_MICROSOFT, emit_element, ht, id, wsc};
use radio::{Channel, StationRates, Width};

/// The most rates that a station is handed to the kernel with (`NL80211_MAX_SUPP_RATES`).
const MAX_RATES: usize = 32;

/// The most secondary device types that are kept of a client: as many as a P2P Client Info Descriptor of 255 octets has
/// room for beside a name of 32 octets.
const MAX_SECONDARY_TYPES: usize = 24;

/// REFUSED_ROBUST_MANAGEMENT_FRAME_POLICY_VIOLATION (Table 9-50): the station insists on protected management frames.
const MANAGEMENT_FRAME_POLICY_VIOLATION: StatusCode = StatusCode(31);

/// What a request that can be granted says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Request {
    pub(super) mode: Mode,
    /// For the radio; the AID is still to be put in.
    pub(super) rates: StationRates,
    /// The station does QoS (WMM).
    pub(super) qos: bool,
    pub(super) p2p: Option<ClientInfoBuf>,
    /// The station understands an extended channel switch announcement.
    pub(super) extended_switch: bool,
    pub(super) wsc: Vec<u8>,
}

impl Request {
    /// Whether the station has HT, and 40 MHz with it.
    pub(super) fn ht(&self) -> Option<bool> {
        let info = self.rates.ht.as_ref()?.first_chunk().copied().map(u16::from_le_bytes)?;
        Some(info & ht::Capabilities::WIDTH_40 != 0)
    }
}

/// Judges a (re)association request of `station`.
///
/// # Errors
/// The status code to refuse it with.
pub(super) fn judge(
    config: &OwnerConfig,
    channel: &Channel,
    station: MacAddr,
    fixed: (u16, u16),
    request: Elements<'_>,
) -> Result<Request, StatusCode> {
    if !is_whole(request) {
        return Err(StatusCode::UNSPECIFIED_FAILURE);
    }
    match request.ssid() {
        Ok(Some(ssid)) if ssid.as_bytes() == config.ssid => {}
        _ => return Err(StatusCode::UNSPECIFIED_FAILURE),
    }
    let rates = rates(request);
    if !elements::basic_rates().all(|basic| rates.contains(&basic)) {
        return Err(StatusCode::BASIC_RATES_MISMATCH);
    }
    describe(config, channel, station, fixed, request, rates)
}

/// Reads what a driver with its own SME says of an association that it has granted. Nothing is known of the fixed fields.
///
/// # Errors
/// The status code that it should have been refused with.
pub(super) fn judge_granted(
    config: &OwnerConfig,
    channel: &Channel,
    station: MacAddr,
    request: Elements<'_>,
) -> Result<Request, StatusCode> {
    describe(config, channel, station, (0, 0), request, rates(request))
}

fn describe(
    config: &OwnerConfig,
    channel: &Channel,
    station: MacAddr,
    (capability, listen_interval): (u16, u16),
    request: Elements<'_>,
    rates: Vec<u8>,
) -> Result<Request, StatusCode> {
    let wsc_body = request.vendor(OUI_MICROSOFT, wsc::OUI_TYPE).map_err(|_| StatusCode::INVALID_ELEMENT)?;
    let mode = match request.find(id::RSN) {
        Some(rsn) => {
            judge_rsn(config, rsn.body)?;
            let mut element = Vec::new();
            emit_element(id::RSN, rsn.body, &mut element);
            Mode::Rsn { element }
        }
        None if wsc_body.is_some() => Mode::Wsc,
        None => return Err(StatusCode::INVALID_ELEMENT),
    };
    let qos_info = Information::find(request).ok().flatten().map(|information| information.qos_info);
    let (mut ht, mut vht) = (None, None);
    // HT and VHT stations do QoS (IEEE 802.11-2020 §10.2.3); without it they are treated as if they had neither.
    if qos_info.is_some() {
        let body = |id, len| request.find(id).and_then(|element| element.body.get(..len));
        let own = elements::ht_band(&config.bands, channel).map(|band| elements::ht_capabilities(band, channel));
        ht = own.and_then(|own| intersect_ht(own, body(id::HT_CAPABILITIES, 26)?));
        if ht.is_some() && elements::vht_band(&config.bands, channel).is_some() {
            vht = body(id::VHT_CAPABILITIES, 12).map(<[u8]>::to_vec);
        }
    }
    let uapsd = qos_info.filter(|_| config.uapsd).map(|info| (info & 0x0f, info >> 5 & 0x03));
    Ok(Request {
        mode,
        rates: StationRates { aid: 0, listen_interval, capability, rates, ht, vht, uapsd },
        qos: qos_info.is_some(),
        p2p: p2p_client(station, request),
        extended_switch: request.find(id::EXTENDED_CAPABILITIES).is_some_and(|element| {
            ExtendedCapabilities(element.body).has(ExtendedCapabilities::EXTENDED_CHANNEL_SWITCHING)
        }),
        wsc: wsc_body.map(|wsc| wsc.bytes().to_vec()).unwrap_or_default(),
    })
}

/// Whether the station understands short preambles.
pub(super) fn short_preamble(rates: &StationRates) -> bool {
    rates.capability & capability::SHORT_PREAMBLE != 0
}

fn is_whole(request: Elements<'_>) -> bool {
    let mut elements = request.iter();
    elements.by_ref().for_each(drop);
    elements.rest().is_empty()
}

/// The rates of the station in units of 500 kb/s, without those of 802.11b and without membership selectors.
fn rates(request: Elements<'_>) -> Vec<u8> {
    let mut rates = Vec::new();
    for rate in request.rates().filter(|rate| !rate.is_dsss() && !rate.is_selector()) {
        let rate = rate.half_megabits();
        if rate != 0 && !rates.contains(&rate) && rates.len() < MAX_RATES {
            rates.push(rate);
        }
    }
    rates
}

/// Checks the RSN element of a request against what the group has (IEEE 802.11-2020 §12.6.3): the station names the one
/// pairwise cipher and the one AKM that it has chosen.
fn judge_rsn(config: &OwnerConfig, body: &[u8]) -> Result<(), StatusCode> {
    if body.first_chunk().is_some_and(|version| u16::from_le_bytes(*version) != 1) {
        return Err(StatusCode::UNSUPPORTED_RSNE_VERSION);
    }
    let element = Rsn::parse(body).map_err(|_| StatusCode::INVALID_ELEMENT)?;
    if element.group != rsn::cipher::CCMP_128 {
        return Err(StatusCode::INVALID_GROUP_CIPHER);
    }
    if !element.pairwise.iter().eq([rsn::cipher::CCMP_128]) {
        return Err(StatusCode::INVALID_PAIRWISE_CIPHER);
    }
    let psk = element.akms.iter().eq([rsn::akm::PSK]);
    let psk_sha256 = config.psk_sha256 && element.akms.iter().eq([rsn::akm::PSK_SHA256]);
    if !psk && !psk_sha256 {
        return Err(StatusCode::INVALID_AKMP);
    }
    if element.capabilities & rsn::capability::MFP_REQUIRED != 0 {
        return Err(MANAGEMENT_FRAME_POLICY_VIOLATION);
    }
    Ok(())
}

/// A station's HT capabilities, less what the group does not do, so that nobody sends it what only one side has.
fn intersect_ht(own: u16, theirs: &[u8]) -> Option<Vec<u8>> {
    let (info, rest) = theirs.split_first_chunk::<2>()?;
    // Tx STBC of one side meets Rx STBC of the other; SM power save and A-MSDU length are each side's own.
    const SYMMETRIC: u16 = 0x0001 | 0x0010 | 0x0020 | HT_CAPABILITIES_40 | 0x1000;
    let (tx_stbc, rx_stbc) = (0x0080, 0x0300);
    let mut info = u16::from_le_bytes(*info);
    info &= own | !SYMMETRIC;
    if own & rx_stbc == 0 {
        info &= !tx_stbc;
    }
    if own & tx_stbc == 0 {
        info &= !rx_stbc;
    }
    let mut body = info.to_le_bytes().to_vec();
    body.extend_from_slice(rest);
    Some(body)
}

/// What a P2P client says of itself. An element that cannot be read makes it a legacy station.
fn p2p_client(station: MacAddr, request: Elements<'_>) -> Option<ClientInfoBuf> {
    let p2p = request.p2p().ok()??;
    let info = p2p.device_info()?;
    if info.address.is_group() || info.address.is_zero() {
        return None;
    }
    Some(ClientInfoBuf {
        device_address: info.address,
        interface_address: station,
        device_capability: p2p.capability().map_or(0, |capability| capability.device),
        config_methods: info.config_methods,
        primary: info.primary,
        secondary: info.secondary.iter().take(MAX_SECONDARY_TYPES).collect(),
        name: info.name,
    })
}

/// Whether 40 MHz or more are used.
pub(super) fn is_wide(channel: &Channel) -> bool {
    channel.width >= Width::Mhz40
}

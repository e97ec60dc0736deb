//! Whether an association request can be granted, and what it says.

use super::config::{Mode, OwnerConfig};
use super::elements::{self, BASIC_RATES, HT_40_MHZ, HT_CAPABILITIES_40, WMM_INFORMATION, WMM_TYPE, suite};
use alloc::vec::Vec;
use ieee80211_ies::frame::{StatusCode, capability};
use ieee80211_ies::p2p::ClientInfoBuf;
use ieee80211_ies::{Elements, MacAddr, OUI_MICROSOFT, emit_element, id};
use radio::{Channel, StationRates, Width};

/// The most rates that a station is handed to the kernel with (`NL80211_MAX_SUPP_RATES`).
const MAX_RATES: usize = 32;

/// The most secondary device types that are kept of a client: as many as a P2P Client Info Descriptor of 255 octets has
/// room for beside a name of 32 octets.
const MAX_SECONDARY_TYPES: usize = 24;

/// Vendor type of WSC elements under [`OUI_MICROSOFT`].
pub(super) const WSC_TYPE: u8 = 4;

/// Rates of 802.11b, units of 500 kb/s.
const CCK_RATES: [u8; 4] = [2, 4, 11, 22];

/// From here on, what stands among the rates is a BSS membership selector (IEEE 802.11-2020 Table 9-96).
const FIRST_SELECTOR: u8 = 121;

/// REFUSED_ROBUST_MANAGEMENT_FRAME_POLICY_VIOLATION (Table 9-50): the station insists on protected management frames.
const MANAGEMENT_FRAME_POLICY_VIOLATION: StatusCode = StatusCode(31);

/// Management Frame Protection Required, in RSN Capabilities (§9.4.2.24.4).
const MFPR: u16 = 1 << 6;

/// What a request that can be granted says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Request {
    pub(super) mode: Mode,
    /// For the radio; the AID is still to be put in.
    pub(super) rates: StationRates,
    /// The station does QoS (WMM).
    pub(super) qos: bool,
    pub(super) p2p: Option<ClientInfoBuf>,
    pub(super) wsc: Vec<u8>,
}

impl Request {
    /// Whether the station has HT, and 40 MHz with it.
    pub(super) fn ht(&self) -> Option<bool> {
        let info = self.rates.ht.as_ref()?.first_chunk().copied().map(u16::from_le_bytes)?;
        Some(info & HT_40_MHZ != 0)
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
    if !BASIC_RATES.iter().all(|basic| rates.contains(basic)) {
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
    let wsc = request.vendor(OUI_MICROSOFT, WSC_TYPE).map_err(|_| StatusCode::INVALID_ELEMENT)?;
    let mode = match request.find(id::RSN) {
        Some(rsn) => {
            judge_rsn(config, rsn.body)?;
            let mut element = Vec::new();
            emit_element(id::RSN, rsn.body, &mut element);
            Mode::Rsn { element }
        }
        None if wsc.is_some() => Mode::Wsc,
        None => return Err(StatusCode::INVALID_ELEMENT),
    };
    let qos_info = wmm(request);
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
        wsc: wsc.map(|wsc| wsc.bytes().to_vec()).unwrap_or_default(),
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
    let both =
        [id::SUPPORTED_RATES, id::EXTENDED_SUPPORTED_RATES].map(|id| request.find(id).map_or(&[][..], |e| e.body));
    let mut rates = Vec::new();
    for rate in both.into_iter().flatten().map(|rate| rate & 0x7f) {
        let usable = rate != 0 && rate < FIRST_SELECTOR && !CCK_RATES.contains(&rate);
        if usable && !rates.contains(&rate) && rates.len() < MAX_RATES {
            rates.push(rate);
        }
    }
    rates
}

/// Whether only rates of 802.11b are among those in `request`; such a device cannot take part (Wi-Fi P2P v1.7 §2.4.1).
/// Where nothing is said of rates, nothing is known.
pub(super) fn is_only_11b(request: Elements<'_>) -> bool {
    request.find(id::SUPPORTED_RATES).is_some_and(|rates| !rates.body.is_empty()) && rates(request).is_empty()
}

/// Checks the RSN element of a request against what the group has (IEEE 802.11-2020 §12.6.3). What is left out at its end
/// has the values of §9.4.2.24.1.
fn judge_rsn(config: &OwnerConfig, body: &[u8]) -> Result<(), StatusCode> {
    let mut rest = body;
    let version = take::<2>(&mut rest).ok_or(StatusCode::INVALID_ELEMENT)?;
    if u16::from_le_bytes(version) != 1 {
        return Err(StatusCode::UNSUPPORTED_RSNE_VERSION);
    }
    if !rest.is_empty() && take(&mut rest).ok_or(StatusCode::INVALID_ELEMENT)? != suite::CCMP {
        return Err(StatusCode::INVALID_GROUP_CIPHER);
    }
    let akms = if config.psk_sha256 { &[suite::PSK, suite::PSK_SHA256][..] } else { &[suite::PSK] };
    // The station names the one that it has chosen.
    if selected(&mut rest)?.is_some_and(|cipher| cipher != suite::CCMP) {
        return Err(StatusCode::INVALID_PAIRWISE_CIPHER);
    }
    // The default AKM is that of 802.1X, which a group does not have.
    if !selected(&mut rest)?.is_some_and(|akm| akms.contains(&akm)) {
        return Err(StatusCode::INVALID_AKMP);
    }
    if !rest.is_empty() {
        let capabilities = take::<2>(&mut rest).ok_or(StatusCode::INVALID_ELEMENT)?;
        if u16::from_le_bytes(capabilities) & MFPR != 0 {
            return Err(MANAGEMENT_FRAME_POLICY_VIOLATION);
        }
    }
    Ok(())
}

/// The one suite of a counted list; `None` where the element has ended.
fn selected(rest: &mut &[u8]) -> Result<Option<[u8; 4]>, StatusCode> {
    if rest.is_empty() {
        return Ok(None);
    }
    match take::<2>(rest).map(u16::from_le_bytes) {
        Some(1) => take::<4>(rest).map(Some).ok_or(StatusCode::INVALID_ELEMENT),
        _ => Err(StatusCode::INVALID_ELEMENT),
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, after) = rest.split_first_chunk::<N>()?;
    *rest = after;
    Some(*taken)
}

/// QoS Info of the WMM information element that a station with WMM sends.
fn wmm(request: Elements<'_>) -> Option<u8> {
    request.vendor_elements(OUI_MICROSOFT, WMM_TYPE).find_map(|(_, body)| match body {
        [subtype, version, info, ..] if [*subtype, *version] == WMM_INFORMATION => Some(*info),
        _ => None,
    })
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

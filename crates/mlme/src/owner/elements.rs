//! The elements that describe the group's radio: rates, HT, VHT, ERP, WMM, country, RSN, channel switch.

use alloc::vec::Vec;
use ieee80211_ies::{OUI_MICROSOFT, emit_element, emit_vendor_elements, id};
use radio::{Band, Channel, ChannelInfo, Width, frequency_to_channel};

/// The rates of a group, 6 to 54 Mb/s in units of 500 kb/s; 6, 12 and 24 Mb/s are basic (bit 7). There is no 802.11b rate
/// (Wi-Fi P2P v1.7 §2.4.1). They are eight, so that there are no Extended Supported Rates.
pub(super) const RATES: [u8; 8] = [0x8c, 18, 0x98, 36, 0xb0, 72, 96, 108];

/// The basic ones among [`RATES`].
pub(super) const BASIC_RATES: [u8; 3] = [12, 24, 48];

/// Fields of the HT Capability Information that we announce where the radio has them: LDPC, SM power save, short GI, STBC,
/// A-MSDU length (IEEE 802.11-2020 §9.4.2.55.2). Not Greenfield, which stations without it would have to be protected
/// from, nor DSSS/CCK in 40 MHz.
const HT_CAPABILITIES: u16 = 0x0001 | 0x000c | 0x0020 | 0x0080 | 0x0300 | 0x0800;

/// Supported Channel Width Set: 20 and 40 MHz.
pub(super) const HT_40_MHZ: u16 = 0x0002;

/// Of the same fields, those for 40 MHz: the channel width and its short GI.
pub(super) const HT_CAPABILITIES_40: u16 = HT_40_MHZ | 0x0040;

/// Fields of the VHT Capabilities Information that we announce where the radio has them: MPDU length, LDPC, short GI at
/// 80 MHz, STBC, A-MPDU length (§9.4.2.157.2). Not beamforming, whose sounding needs the driver's word.
const VHT_CAPABILITIES: u32 = 0x0000_0003 | 0x0000_0010 | 0x0000_0020 | 0x0000_0080 | 0x0000_0700 | 0x0380_0000;

/// Of the same, those for 160 MHz: the channel width and its short GI.
const VHT_CAPABILITIES_160: u32 = 0x0000_000c | 0x0000_0040;

/// VHT-MCS 0 to 7 with one spatial stream, and no more streams: what every station in a VHT BSS has (§21.1.1).
const BASIC_VHT_MCS: u16 = 0xfffc;

/// The ciphers and AKMs of a group (IEEE 802.11-2020 §9.4.2.24).
pub(super) mod suite {
    /// CCMP-128.
    pub(in crate::owner) const CCMP: [u8; 4] = [0x00, 0x0f, 0xac, 4];
    /// PSK.
    pub(in crate::owner) const PSK: [u8; 4] = [0x00, 0x0f, 0xac, 2];
    /// PSK with SHA-256.
    pub(in crate::owner) const PSK_SHA256: [u8; 4] = [0x00, 0x0f, 0xac, 6];
}

/// WMM parameters of an access category towards stations: ACI, AIFSN, ECWmin, ECWmax, TXOP limit in units of 32 µs
/// (IEEE 802.11-2020 Table 9-155, the defaults).
const WMM_CATEGORIES: [(u8, u8, u8, u8, u16); 4] =
    [(0, 3, 4, 10, 0), (1, 7, 4, 10, 0), (2, 2, 3, 4, 94), (3, 2, 2, 3, 47)];

/// Vendor type and the first two octets (subtype, version) of the WMM elements under [`OUI_MICROSOFT`].
pub(super) const WMM_TYPE: u8 = 2;
pub(super) const WMM_INFORMATION: [u8; 2] = [0, 1];
const WMM_PARAMETER: [u8; 2] = [1, 1];

/// How the rest of the BSS is protected from HT frames (§9.4.2.56, HT Protection).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum HtProtection {
    /// All stations have HT, and 40 MHz where the BSS has it.
    #[default]
    None = 0,
    /// All have HT, one of them only 20 MHz in a wider BSS.
    Mhz20 = 2,
    /// One has no HT.
    NonHtMixed = 3,
}

/// Whether a channel is in the 2.4 GHz band.
pub(super) const fn is_2ghz(channel: &Channel) -> bool {
    channel.frequency < 3000
}

/// The band of `channel`, if it has HT and HT is used.
pub(super) fn ht_band<'a>(bands: &'a [Band], channel: &Channel) -> Option<&'a Band> {
    let band = bands.iter().find(|band| band.channels.iter().any(|c| c.frequency == channel.frequency))?;
    (channel.width != Width::NoHt20 && band.ht_capabilities.is_some()).then_some(band)
}

/// The same for VHT, which groups of 80 MHz and more use.
pub(super) fn vht_band<'a>(bands: &'a [Band], channel: &Channel) -> Option<&'a Band> {
    ht_band(bands, channel).filter(|band| channel.width >= Width::Mhz80 && band.vht_capabilities.is_some())
}

/// The HT Capability Information that we announce.
pub(super) fn ht_capabilities(band: &Band, channel: &Channel) -> u16 {
    let wide = if channel.width >= Width::Mhz40 { HT_CAPABILITIES_40 } else { 0 };
    band.ht_capabilities.unwrap_or(0) & (HT_CAPABILITIES | wide)
}

pub(super) fn emit_ht(band: &Band, channel: &Channel, protection: HtProtection, out: &mut Vec<u8>) {
    let mut capabilities = Vec::with_capacity(26);
    capabilities.extend_from_slice(&ht_capabilities(band, channel).to_le_bytes());
    capabilities.push(band.ht_ampdu);
    capabilities.extend_from_slice(&band.ht_mcs);
    // Extended capabilities, transmit beamforming and antenna selection: none.
    capabilities.extend_from_slice(&[0; 7]);
    emit_element(id::HT_CAPABILITIES, &capabilities, out);

    let mut operation = [0; 22];
    operation[0] = number(channel.frequency);
    operation[1] = secondary_offset(channel) | if channel.width >= Width::Mhz40 { 0x04 } else { 0 };
    operation[2] = protection as u8;
    emit_element(id::HT_OPERATION, &operation, out);
}

pub(super) fn emit_vht(band: &Band, channel: &Channel, out: &mut Vec<u8>) {
    let wide = if channel.width >= Width::Mhz160 { VHT_CAPABILITIES_160 } else { 0 };
    let information = band.vht_capabilities.unwrap_or(0) & (VHT_CAPABILITIES | wide);
    let mut capabilities = information.to_le_bytes().to_vec();
    capabilities.extend_from_slice(&band.vht_mcs);
    emit_element(id::VHT_CAPABILITIES, &capabilities, out);

    let mut operation = vht_operation_information(channel).to_vec();
    operation.extend_from_slice(&BASIC_VHT_MCS.to_le_bytes());
    emit_element(id::VHT_OPERATION, &operation, out);
}

/// Channel Width, Channel Center Frequency Segment 0 and 1 (§9.4.2.158).
fn vht_operation_information(channel: &Channel) -> [u8; 3] {
    match channel.width {
        Width::Mhz160 => {
            // Segment 0 is the 80 MHz that hold the primary channel, segment 1 the whole.
            let lower = channel.frequency < channel.centre;
            let segment = if lower { channel.centre.saturating_sub(40) } else { channel.centre.saturating_add(40) };
            [1, number(segment), number(channel.centre)]
        }
        Width::Mhz80 => [1, number(channel.centre), 0],
        _ => [0; 3],
    }
}

/// Extended Capabilities of a VHT group: bit 62, operating mode notifications are understood (§9.4.2.26).
pub(super) fn emit_extended_capabilities(out: &mut Vec<u8>) {
    emit_element(id::EXTENDED_CAPABILITIES, &[0, 0, 0, 0, 0, 0, 0, 0x40], out);
}

/// ERP without protection: no station without OFDM may associate (§9.4.2.11).
pub(super) fn emit_erp(out: &mut Vec<u8>) {
    emit_element(id::ERP, &[0], out);
}

/// WPA2-PSK with CCMP, without protected management frames.
pub(super) fn emit_rsn(psk_sha256: bool, out: &mut Vec<u8>) {
    let mut body = [1, 0].to_vec();
    body.extend_from_slice(&suite::CCMP);
    body.extend_from_slice(&[1, 0]);
    body.extend_from_slice(&suite::CCMP);
    body.extend_from_slice(&[1 + u8::from(psk_sha256), 0]);
    body.extend_from_slice(&suite::PSK);
    if psk_sha256 {
        body.extend_from_slice(&suite::PSK_SHA256);
    }
    body.extend_from_slice(&[0, 0]);
    emit_element(id::RSN, &body, out);
}

pub(super) fn emit_wmm(uapsd: bool, out: &mut Vec<u8>) {
    let mut body = WMM_PARAMETER.to_vec();
    body.extend_from_slice(&[u8::from(uapsd) << 7, 0]);
    for (aci, aifsn, ecw_min, ecw_max, txop) in WMM_CATEGORIES {
        body.extend_from_slice(&[aci << 5 | aifsn, ecw_max << 4 | ecw_min]);
        body.extend_from_slice(&txop.to_le_bytes());
    }
    emit_vendor_elements(OUI_MICROSOFT, WMM_TYPE, &body, out);
}

/// Country, with a triplet for each run of channels of equal power in the band of `channel` (§9.4.2.8).
pub(super) fn emit_country(country: [u8; 2], bands: &[Band], channel: &Channel, out: &mut Vec<u8>) {
    let step = if is_2ghz(channel) { 5 } else { 20 };
    let band = bands.iter().find(|band| band.channels.iter().any(|c| c.frequency == channel.frequency));
    let mut triplets: Vec<(u8, u8, i8)> = Vec::new();
    let mut previous: Option<&ChannelInfo> = None;
    for info in band.iter().flat_map(|band| &band.channels).filter(|info| !info.disabled) {
        let follows = |p: &ChannelInfo| p.frequency + step == info.frequency && p.max_power_dbm == info.max_power_dbm;
        match triplets.last_mut() {
            Some((_, count, _)) if previous.is_some_and(follows) => *count = count.saturating_add(1),
            _ => triplets.push((number(info.frequency), 1, info.max_power_dbm)),
        }
        previous = Some(info);
    }
    // The third octet: all environments.
    let mut body = [country[0], country[1], b' '].to_vec();
    for (first, count, power) in triplets {
        body.extend_from_slice(&[first, count, power.max(0).unsigned_abs()]);
    }
    if body.len() % 2 == 1 {
        body.push(0);
    }
    emit_element(id::COUNTRY, &body, out);
}

/// Channel Switch Announcement (§9.4.2.18) with its counter last; gives back where the counter is.
pub(super) fn emit_channel_switch(to: &Channel, silent: bool, count: u8, out: &mut Vec<u8>) -> usize {
    emit_element(id::CHANNEL_SWITCH_ANNOUNCEMENT, &[u8::from(silent), number(to.frequency), count], out);
    out.len() - 1
}

/// Secondary Channel Offset (§9.4.2.19), for a switch of an HT group.
pub(super) fn emit_secondary_channel_offset(to: &Channel, out: &mut Vec<u8>) {
    emit_element(id::SECONDARY_CHANNEL_OFFSET, &[secondary_offset(to)], out);
}

/// Channel Switch Wrapper (§9.4.2.161) around Wide Bandwidth Channel Switch, for a switch to 80 MHz or more.
pub(super) fn emit_channel_switch_wrapper(to: &Channel, out: &mut Vec<u8>) {
    let mut inner = Vec::new();
    emit_element(id::WIDE_BANDWIDTH_CHANNEL_SWITCH, &vht_operation_information(to), &mut inner);
    emit_element(CHANNEL_SWITCH_WRAPPER, &inner, out);
}

const CHANNEL_SWITCH_WRAPPER: u8 = 196;

/// The Secondary Channel Offset field: 1 above, 3 below, 0 none.
fn secondary_offset(channel: &Channel) -> u8 {
    match channel.secondary_offset() {
        1 => 1,
        -1 => 3,
        _ => 0,
    }
}

/// The channel number of a frequency; 0 for one that has none.
pub(super) fn number(frequency: u32) -> u8 {
    frequency_to_channel(frequency).unwrap_or(0)
}

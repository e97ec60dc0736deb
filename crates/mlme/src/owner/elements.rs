//! The elements that describe the group's radio: rates, HT, VHT, ERP, WMM, country, RSN, channel switch.

use alloc::vec::Vec;
use ieee80211_ies::bss::{Country, DsssParameterSet, Erp, ExtendedCapabilities};
use ieee80211_ies::channel_switch::{
    ChannelSwitch, ExtendedChannelSwitch, SecondaryChannelOffset, WideBandwidthChannelSwitch,
};
use ieee80211_ies::rates::{P2P_RATES, emit_supported};
use ieee80211_ies::rsn::{self, Rsn, Suites};
use ieee80211_ies::{KnownElement, emit_element, ht, vht, wmm};
use radio::{Band, Channel, ChannelInfo, Width, frequency_to_channel};

/// Fields of the HT Capability Information that we announce where the radio has them: LDPC, SM power save, short GI, STBC,
/// A-MSDU length (IEEE 802.11-2020 §9.4.2.55.2). Not Greenfield, which stations without it would have to be protected
/// from, nor DSSS/CCK in 40 MHz.
const HT_CAPABILITIES: u16 = 0x0001 | 0x000c | 0x0020 | 0x0080 | 0x0300 | 0x0800;

/// Of the same fields, those for 40 MHz: the channel width and its short GI.
pub(super) const HT_CAPABILITIES_40: u16 = ht::Capabilities::WIDTH_40 | ht::Capabilities::SHORT_GI_40;

/// Fields of the VHT Capabilities Information that we announce where the radio has them: MPDU length, LDPC, short GI at
/// 80 MHz, STBC, A-MPDU length (§9.4.2.157.2). Not beamforming, whose sounding needs the driver's word.
const VHT_CAPABILITIES: u32 = 0x0000_0003 | 0x0000_0010 | 0x0000_0020 | 0x0000_0080 | 0x0000_0700 | 0x0380_0000;

/// Of the same, those for 160 MHz: the channel width and its short GI.
const VHT_CAPABILITIES_160: u32 = 0x0000_000c | 0x0000_0040;

/// VHT-MCS 0 to 7 with one spatial stream, and no more streams: what every station in a VHT BSS has (§21.1.1).
const BASIC_VHT_MCS: u16 = 0xfffc;

/// Element ID of Channel Switch Wrapper (§9.4.2.161).
const CHANNEL_SWITCH_WRAPPER: u8 = 196;

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
    let information = ht_capabilities(band, channel);
    let (ampdu, mcs) = (band.ht_ampdu, band.ht_mcs);
    ht::Capabilities { information, ampdu, mcs, ..ht::Capabilities::default() }.emit(out);
    let mut operation = ht::Operation::new(number(channel.frequency), channel.secondary_offset());
    operation.information[1] = protection as u8;
    operation.emit(out);
}

pub(super) fn emit_vht(band: &Band, channel: &Channel, out: &mut Vec<u8>) {
    let wide = if channel.width >= Width::Mhz160 { VHT_CAPABILITIES_160 } else { 0 };
    let information = band.vht_capabilities.unwrap_or(0) & (VHT_CAPABILITIES | wide);
    vht::Capabilities { information, mcs: band.vht_mcs }.emit(out);
    let (width, centre_0, centre_1) = vht_operation_information(channel);
    vht::Operation { width, centre_0, centre_1, basic_mcs: BASIC_VHT_MCS }.emit(out);
}

/// Channel Width, Channel Center Frequency Segment 0 and 1 (§9.4.2.158).
fn vht_operation_information(channel: &Channel) -> (u8, u8, u8) {
    match channel.width {
        Width::Mhz160 => {
            // Segment 0 is the 80 MHz that hold the primary channel, segment 1 the whole.
            let lower = channel.frequency < channel.centre;
            let segment = if lower { channel.centre.saturating_sub(40) } else { channel.centre.saturating_add(40) };
            (1, number(segment), number(channel.centre))
        }
        Width::Mhz80 => (1, number(channel.centre), 0),
        _ => (0, 0, 0),
    }
}

/// Extended Capabilities (§9.4.2.26) with these bits, or nothing without any.
pub(super) fn emit_extended_capabilities(bits: impl IntoIterator<Item = usize>, out: &mut Vec<u8>) {
    let mut octets = Vec::new();
    for bit in bits {
        octets.resize(octets.len().max(bit / 8 + 1), 0u8);
        octets[bit / 8] |= 1 << (bit % 8);
    }
    if !octets.is_empty() {
        ExtendedCapabilities(&octets).emit(out);
    }
}

/// ERP without protection: no station without OFDM may associate (§9.4.2.11).
pub(super) fn emit_erp(out: &mut Vec<u8>) {
    Erp::default().emit(out);
}

/// The rates of a group; they are eight, so that there are no Extended Supported Rates.
pub(super) fn emit_rates(out: &mut Vec<u8>) {
    emit_supported(&P2P_RATES, out);
}

/// The basic ones among [`P2P_RATES`], units of 500 kb/s.
pub(super) fn basic_rates() -> impl Iterator<Item = u8> + Clone {
    P2P_RATES.iter().filter(|rate| rate.is_basic()).map(|rate| rate.half_megabits())
}

/// Where the group is. At 5 GHz too, where a group without HT has no other element that says so.
pub(super) fn emit_dsss(channel: &Channel, out: &mut Vec<u8>) {
    DsssParameterSet { channel: number(channel.frequency) }.emit(out);
}

/// WPA2-PSK with CCMP, without protected management frames.
pub(super) fn emit_rsn(psk_sha256: bool, out: &mut Vec<u8>) {
    let mut element = rsn::wpa2_psk_ccmp();
    if psk_sha256 {
        element = Rsn { akms: Suites::new(&[rsn::akm::PSK.0, rsn::akm::PSK_SHA256.0]), ..element };
    }
    element.emit(out);
}

pub(super) fn emit_wmm(uapsd: bool, out: &mut Vec<u8>) {
    wmm::Parameter { qos_info: u8::from(uapsd) << 7, ..wmm::Parameter::default() }.emit(out);
}

/// Country, with a triplet for each run of channels of equal power in the band of `channel` (§9.4.2.8).
pub(super) fn emit_country(country: [u8; 2], bands: &[Band], channel: &Channel, out: &mut Vec<u8>) {
    let step = if is_2ghz(channel) { 5 } else { 20 };
    let band = bands.iter().find(|band| band.channels.iter().any(|c| c.frequency == channel.frequency));
    let mut triplets: Vec<[u8; 3]> = Vec::new();
    let mut previous: Option<&ChannelInfo> = None;
    for info in band.iter().flat_map(|band| &band.channels).filter(|info| !info.disabled) {
        let follows = |p: &ChannelInfo| p.frequency + step == info.frequency && p.max_power_dbm == info.max_power_dbm;
        match triplets.last_mut() {
            Some([_, count, _]) if previous.is_some_and(follows) => *count = count.saturating_add(1),
            _ => triplets.push([number(info.frequency), 1, info.max_power_dbm.max(0).unsigned_abs()]),
        }
        previous = Some(info);
    }
    // The third octet: all environments.
    Country::new([country[0], country[1], b' '], &triplets).emit(out);
}

/// Channel Switch Announcement (§9.4.2.18); gives back where its counter is.
pub(super) fn emit_channel_switch(to: &Channel, silent: bool, count: u8, out: &mut Vec<u8>) -> usize {
    let counter = out.len() + ChannelSwitch::COUNT_OFFSET;
    ChannelSwitch { block_transmission: silent, channel: number(to.frequency), count }.emit(out);
    counter
}

/// Extended Channel Switch Announcement (§9.4.2.52), which names the band too; gives back where its counter is.
pub(super) fn emit_extended_channel_switch(to: &Channel, silent: bool, count: u8, out: &mut Vec<u8>) -> usize {
    let counter = out.len() + ExtendedChannelSwitch::COUNT_OFFSET;
    let (class, channel) = (to.operating_class().unwrap_or(0), number(to.frequency));
    ExtendedChannelSwitch { block_transmission: silent, class, channel, count }.emit(out);
    counter
}

/// Secondary Channel Offset (§9.4.2.19), for a switch of an HT group.
pub(super) fn emit_secondary_channel_offset(to: &Channel, out: &mut Vec<u8>) {
    let offset = match to.secondary_offset() {
        1 => 1,
        -1 => 3,
        _ => 0,
    };
    SecondaryChannelOffset { offset }.emit(out);
}

/// Channel Switch Wrapper (§9.4.2.161) around Wide Bandwidth Channel Switch, for a switch to 80 MHz or more.
pub(super) fn emit_channel_switch_wrapper(to: &Channel, out: &mut Vec<u8>) {
    let (width, centre_0, centre_1) = vht_operation_information(to);
    let mut inner = Vec::new();
    WideBandwidthChannelSwitch { width, centre_0, centre_1 }.emit(&mut inner);
    emit_element(CHANNEL_SWITCH_WRAPPER, &inner, out);
}

/// The channel number of a frequency; 0 for one that has none.
pub(super) fn number(frequency: u32) -> u8 {
    frequency_to_channel(frequency).unwrap_or(0)
}

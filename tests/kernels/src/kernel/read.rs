//! What requests say, in the words of the air.

use super::Interface;
use crate::nl;
use crate::wire::Attrs;
use ieee80211_ies::MacAddr;
use radio::{
    AccessPoint, Association, Beacon, Channel, ChannelSwitch, FrameKind, ScanRequest, StationFlags, StationParameters,
    StationRates, Width,
};

/// What the air is to deliver when this registration is added.
pub(super) fn filters(i: &Interface, frame_type: u16, start: &[u8]) -> Vec<FrameKind> {
    let all = i.registered.iter().map(|(_, t, s)| (*t, s.as_slice())).chain([(frame_type, start)]);
    let mut kinds = Vec::new();
    for (frame_type, start) in all {
        let kind = match frame_type {
            0xd0 => FrameKind::Action(start.to_vec()),
            0x40 => FrameKind::ProbeRequest,
            _ => FrameKind::ApMlme,
        };
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    kinds
}

pub(super) fn scan(a: Attrs<'_>) -> ScanRequest {
    let list = |kind| a.nest(kind).iter();
    let number = |value: &[u8]| value.try_into().map(u32::from_ne_bytes).unwrap_or_default();
    ScanRequest {
        ssids: list(nl::ATTR_SCAN_SSIDS).map(|(_, ssid)| ssid.to_vec()).collect(),
        frequencies: list(nl::ATTR_SCAN_FREQUENCIES).map(|(_, f)| number(f)).collect(),
        elements: a.bytes(nl::ATTR_IE),
        no_cck: a.has(nl::ATTR_TX_NO_CCK_RATE),
        bssid: a.get(nl::ATTR_BSSID).and_then(MacAddr::from_slice),
        dwell_tu: a.u16(nl::ATTR_MEASUREMENT_DURATION),
        flush: a.u32(nl::ATTR_SCAN_FLAGS).unwrap_or(0) & nl::SCAN_FLAG_FLUSH != 0,
    }
}

pub(super) fn beacon(a: Attrs<'_>) -> Beacon {
    Beacon {
        head: a.bytes(nl::ATTR_BEACON_HEAD),
        tail: a.bytes(nl::ATTR_BEACON_TAIL),
        probe_response: a.bytes(nl::ATTR_PROBE_RESP),
        beacon_elements: a.bytes(nl::ATTR_IE),
        probe_response_elements: a.bytes(nl::ATTR_IE_PROBE_RESP),
        association_response_elements: a.bytes(nl::ATTR_IE_ASSOC_RESP),
    }
}

pub(super) fn channel(a: Attrs<'_>) -> Channel {
    let frequency = a.u32(nl::ATTR_WIPHY_FREQ).unwrap_or_default();
    let width = match a.u32(nl::ATTR_CHANNEL_WIDTH) {
        Some(1) => Width::Ht20,
        Some(2) => Width::Mhz40,
        Some(3) => Width::Mhz80,
        _ => Width::NoHt20,
    };
    Channel { frequency, width, centre: a.u32(nl::ATTR_CENTER_FREQ1).unwrap_or(frequency) }
}

pub(super) fn access_point(a: Attrs<'_>) -> AccessPoint {
    let short = |kind| a.u32(kind).and_then(|n| u16::try_from(n).ok()).unwrap_or_default();
    AccessPoint {
        ssid: a.bytes(nl::ATTR_SSID),
        channel: channel(a),
        beacon_interval: short(nl::ATTR_BEACON_INTERVAL),
        dtim_period: u8::try_from(short(nl::ATTR_DTIM_PERIOD)).unwrap_or_default(),
        beacon: beacon(a),
        ctwindow: a.u8(nl::ATTR_P2P_CTWINDOW).unwrap_or_default(),
        basic_rates: Vec::new(),
        isolate: false,
    }
}

pub(super) fn switch(a: Attrs<'_>) -> ChannelSwitch {
    let during = a.nest(nl::ATTR_CSA_IES);
    ChannelSwitch {
        channel: channel(a),
        count: u8::try_from(a.u32(nl::ATTR_CH_SWITCH_COUNT).unwrap_or_default()).unwrap_or_default(),
        block_transmission: a.has(nl::ATTR_CH_SWITCH_BLOCK_TX),
        during: beacon(during),
        counter_offset: during.u16(nl::ATTR_CNTDWN_OFFS_BEACON).unwrap_or_default(),
        after: beacon(a),
    }
}

/// Mask and values of `struct nl80211_sta_flag_update`.
pub(super) fn flags2(a: Attrs<'_>) -> (u32, u32) {
    let bytes = a.get(nl::ATTR_STA_FLAGS2).unwrap_or_default();
    let number = |at: usize| bytes.get(at..at + 4).and_then(|b| b.try_into().ok()).map_or(0, u32::from_ne_bytes);
    (number(0), number(4))
}

/// What becomes of the controlled port, if nothing else changes.
pub(super) fn port_only(a: Attrs<'_>) -> Option<bool> {
    let (mask, set) = flags2(a);
    let bit = 1 << nl::STA_FLAG_AUTHORIZED;
    (mask == bit && !a.has(nl::ATTR_STA_CAPABILITY)).then_some(set & bit != 0)
}

pub(super) fn station(a: Attrs<'_>) -> StationParameters {
    let (_, set) = flags2(a);
    let on = |flag: u32| set & (1 << flag) != 0;
    let rates = a.u16(nl::ATTR_STA_CAPABILITY).map(|capability| StationRates {
        aid: a.u16(nl::ATTR_STA_AID).unwrap_or_default(),
        listen_interval: a.u16(nl::ATTR_STA_LISTEN_INTERVAL).unwrap_or_default(),
        capability,
        rates: a.bytes(nl::ATTR_STA_SUPPORTED_RATES),
        ht: a.get(nl::ATTR_HT_CAPABILITY).map(<[u8]>::to_vec),
        vht: a.get(nl::ATTR_VHT_CAPABILITY).map(<[u8]>::to_vec),
        uapsd: None,
    });
    StationParameters {
        address: a.get(nl::ATTR_MAC).and_then(MacAddr::from_slice).unwrap_or_default(),
        flags: StationFlags {
            authenticated: on(nl::STA_FLAG_AUTHENTICATED),
            associated: on(nl::STA_FLAG_ASSOCIATED),
            authorized: on(nl::STA_FLAG_AUTHORIZED),
            wme: on(nl::STA_FLAG_WME),
            short_preamble: on(nl::STA_FLAG_SHORT_PREAMBLE),
        },
        rates,
    }
}

pub(super) fn association(a: Attrs<'_>) -> Association {
    Association {
        bssid: a.get(nl::ATTR_MAC).and_then(MacAddr::from_slice).unwrap_or_default(),
        frequency: a.u32(nl::ATTR_WIPHY_FREQ).unwrap_or_default(),
        ssid: a.bytes(nl::ATTR_SSID),
        elements: a.bytes(nl::ATTR_IE),
        rsn: a.has(nl::ATTR_WPA_VERSIONS),
    }
}

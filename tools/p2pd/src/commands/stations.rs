//! A station of a group of ours, in the words of STA.

use crate::config::show_uuid;
use ieee80211_ies::escape;
use ieee80211_ies::p2p::ClientInfoBuf;
use radio::{BitRate, StationInfo, StationRates};
use std::fmt::Write;
use wifi_direct::api::StationView;

/// Capability Information: short preamble (IEEE 802.11-2020 §9.4.1.4).
const SHORT_PREAMBLE: u16 = 0x20;
/// States of hostapd's 4-way handshake that a station of ours can be in: it has begun, it is complete.
const PTK_START: u8 = 7;
const PTK_INIT_DONE: u8 = 11;

/// What is known of a station: its address, then `key=value` lines in hostapd's order.
pub(super) fn show(station: &StationView) -> String {
    let mut out = format!("{}\nflags={}\naid={}\n", station.address, flags(station), station.aid);
    if let Some(rates) = &station.rates {
        write_rates(&mut out, rates);
    }
    out.push_str("timeout_next=NULLFUNC POLL\n");
    if station.keyed {
        write_security(&mut out, station);
    }
    if let Some(enrollee) = &station.enrollee {
        write_enrollee(&mut out, enrollee);
    }
    if let Some(client) = &station.client {
        write_client(&mut out, client);
    }
    if let Some(info) = &station.radio {
        write_counts(&mut out, info);
    }
    write_capabilities(&mut out, station);
    out
}

fn flags(station: &StationView) -> String {
    let rates = station.rates.as_ref();
    let all = [
        ("[AUTH][ASSOC]", true),
        ("[AUTHORIZED]", station.authorized),
        ("[SHORT_PREAMBLE]", rates.is_some_and(|r| r.capability & SHORT_PREAMBLE != 0)),
        ("[WMM]", station.wmm),
        ("[HT]", rates.is_some_and(|r| r.ht.is_some())),
        ("[VHT]", rates.is_some_and(|r| r.vht.is_some())),
    ];
    all.iter().filter(|(_, set)| *set).map(|(word, _)| *word).collect()
}

fn write_rates(out: &mut String, rates: &StationRates) {
    let _ = writeln!(out, "capability={:#x}", rates.capability);
    let _ = writeln!(out, "listen_interval={}", rates.listen_interval);
    let supported: Vec<String> = rates.rates.iter().map(|rate| format!("{rate:02x}")).collect();
    let _ = writeln!(out, "supported_rates={}", supported.join(" "));
}

/// WPA2-PSK with CCMP: there is nothing else in our groups.
fn write_security(out: &mut String, station: &StationView) {
    let state = if station.authorized { PTK_INIT_DONE } else { PTK_START };
    let _ = write!(
        out,
        "dot11RSNAStatsSTAAddress={}\ndot11RSNAStatsVersion=1\n\
         dot11RSNAStatsSelectedPairwiseCipher=00-0f-ac-4\n\
         dot11RSNAStatsTKIPLocalMICFailures=0\ndot11RSNAStatsTKIPRemoteMICFailures=0\n\
         wpa=2\nAKMSuiteSelector=00-0f-ac-2\nhostapdWPAPTKState={state}\nhostapdWPAPTKGroupState=0\n",
        station.address
    );
}

fn write_enrollee(out: &mut String, enrollee: &wsc::Device) {
    let _ = writeln!(out, "wpsUuid={}", show_uuid(&enrollee.uuid));
    let _ = writeln!(out, "wpsPrimaryDeviceType={}", enrollee.primary_device_type);
    let texts = [
        ("DeviceName", enrollee.device_name.as_bytes()),
        ("Manufacturer", enrollee.manufacturer.as_bytes()),
        ("ModelName", enrollee.model_name.as_bytes()),
        ("ModelNumber", enrollee.model_number.as_bytes()),
        ("SerialNumber", enrollee.serial_number.as_bytes()),
    ];
    for (key, text) in texts {
        let _ = writeln!(out, "wps{key}={}", escape::name(text));
    }
}

fn write_client(out: &mut String, client: &ClientInfoBuf) {
    let _ = writeln!(out, "p2p_dev_capab={:#x}", client.device_capability);
    // What a client says of groups has no meaning; it is not kept.
    out.push_str("p2p_group_capab=0x0\n");
    let _ = writeln!(out, "p2p_primary_device_type={}", client.primary);
    let _ = writeln!(out, "p2p_device_name={}", escape::name(client.name.as_bytes()));
    let _ = writeln!(out, "p2p_device_addr={}", client.device_address);
    let _ = writeln!(out, "p2p_config_methods={:#x}", client.config_methods.0);
}

fn write_counts(out: &mut String, info: &StationInfo) {
    let mut line = |key: &str, value: Option<String>| {
        if let Some(value) = value {
            let _ = writeln!(out, "{key}={value}");
        }
    };
    line("rx_packets", info.rx_packets.map(|n| n.to_string()));
    line("tx_packets", info.tx_packets.map(|n| n.to_string()));
    line("rx_bytes", info.rx_bytes.map(|n| n.to_string()));
    line("tx_bytes", info.tx_bytes.map(|n| n.to_string()));
    line("inactive_msec", info.inactive_ms.map(|n| n.to_string()));
    line("signal", info.signal_dbm.map(|n| n.to_string()));
    line("rx_rate_info", info.rx_rate.as_ref().map(rate));
    line("tx_rate_info", info.tx_rate.as_ref().map(rate));
}

fn rate(rate: &BitRate) -> String {
    let mut text = rate.rate.to_string();
    if let Some(mcs) = rate.mcs {
        let _ = write!(text, " mcs {mcs}");
    }
    if let Some((mcs, streams)) = rate.vht {
        let _ = write!(text, " vhtmcs {mcs} vhtnss {streams}");
    }
    text.push_str(if rate.short_gi { " shortGI" } else { "" });
    text
}

fn write_capabilities(out: &mut String, station: &StationView) {
    let rates = station.rates.as_ref();
    let ht = rates.and_then(|r| r.ht.as_deref());
    let vht = rates.and_then(|r| r.vht.as_deref());
    // The Rx MCS bitmask stands behind two octets of information and one of A-MPDU parameters (IEEE 802.11-2020 §9.4.2.55).
    if let Some(mcs) = ht.and_then(|ht| ht.get(3..13)) {
        let _ = writeln!(out, "ht_mcs_bitmask={}", escape::hex(mcs));
    }
    if let Some(seconds) = station.radio.as_ref().and_then(|info| info.connected_s) {
        let _ = writeln!(out, "connected_time={seconds}");
    }
    if let Some(info) = vht.and_then(<[u8]>::first_chunk).map(|info| u32::from_le_bytes(*info)) {
        let _ = writeln!(out, "vht_caps_info={info:#010x}");
    }
    if let Some(info) = ht.and_then(<[u8]>::first_chunk).map(|info| u16::from_le_bytes(*info)) {
        let _ = writeln!(out, "ht_caps_info={info:#06x}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ieee80211_ies::MacAddr;

    #[test]
    fn a_station_in_wsc_and_one_with_everything() {
        let address = MacAddr([2, 0, 0, 0, 1, 0]);
        let mut station = StationView { address, aid: 1, ..StationView::default() };
        assert_eq!(show(&station), "02:00:00:00:01:00\nflags=[AUTH][ASSOC]\naid=1\ntimeout_next=NULLFUNC POLL\n");
        station.authorized = true;
        station.keyed = true;
        station.wmm = true;
        let ht = [&[0x7e, 0x10, 0x1b, 0xff, 0xff][..], &[0; 21]].concat();
        station.rates = Some(StationRates {
            aid: 1,
            listen_interval: 5,
            capability: 0x431,
            rates: vec![0x0c, 0x12, 0x6c],
            ht: Some(ht),
            vht: None,
            uapsd: None,
        });
        let tx_rate = Some(BitRate { rate: 60, ..BitRate::default() });
        let rx_rate = Some(BitRate { rate: 390, mcs: Some(10), vht: None, short_gi: true });
        let connected_s = Some(7);
        station.radio =
            Some(StationInfo { rx_packets: Some(8), tx_rate, rx_rate, connected_s, ..StationInfo::default() });
        let text = show(&station);
        let keys: Vec<&str> = text.lines().skip(1).filter_map(|line| line.split('=').next()).collect();
        // The order of wpa_supplicant 2.10's own answer.
        let expected = [
            "flags",
            "aid",
            "capability",
            "listen_interval",
            "supported_rates",
            "timeout_next",
            "dot11RSNAStatsSTAAddress",
            "dot11RSNAStatsVersion",
            "dot11RSNAStatsSelectedPairwiseCipher",
            "dot11RSNAStatsTKIPLocalMICFailures",
            "dot11RSNAStatsTKIPRemoteMICFailures",
            "wpa",
            "AKMSuiteSelector",
            "hostapdWPAPTKState",
            "hostapdWPAPTKGroupState",
            "rx_packets",
            "rx_rate_info",
            "tx_rate_info",
            "ht_mcs_bitmask",
            "connected_time",
            "ht_caps_info",
        ];
        assert_eq!(keys, expected);
        for line in [
            "flags=[AUTH][ASSOC][AUTHORIZED][SHORT_PREAMBLE][WMM][HT]",
            "capability=0x431",
            "supported_rates=0c 12 6c",
            "hostapdWPAPTKState=11",
            "rx_rate_info=390 mcs 10 shortGI",
            "tx_rate_info=60",
            "ht_mcs_bitmask=ffff0000000000000000",
            "ht_caps_info=0x107e",
        ] {
            assert!(text.lines().any(|l| l == line), "{line} in {text}");
        }
    }
}

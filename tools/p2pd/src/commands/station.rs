//! Stations of our groups, and networks seen by scans.

use super::args::address;
use super::{FAIL, MAX_REPLY, OK, Session, refuse};
use ieee80211_ies::p2p::P2p;
use ieee80211_ies::wsc::Wsc;
use ieee80211_ies::{Elements, MacAddr, escape, id};
use radio::Bss;
use std::fmt::Write;
use wifi_direct::api::{Request, Role, StationView};

pub(super) fn first(session: &mut Session<'_>, _: &str) -> String {
    show(stations(session).into_iter().next())
}

pub(super) fn one(session: &mut Session<'_>, text: &str) -> String {
    let wanted: Option<MacAddr> = text.parse().ok();
    show(stations(session).into_iter().find(|s| Some(s.address) == wanted))
}

pub(super) fn next(session: &mut Session<'_>, text: &str) -> String {
    let Ok(before) = text.parse::<MacAddr>() else {
        return FAIL.to_owned();
    };
    let mut stations = stations(session).into_iter();
    if stations.find(|s| s.address == before).is_none() {
        return FAIL.to_owned();
    }
    // Behind the last one nothing is said; programs stop there.
    stations.next().map_or_else(String::new, |s| show(Some(s)))
}

fn stations(session: &Session<'_>) -> Vec<StationView> {
    session.group().filter(|g| g.role == Role::Owner).map(|g| g.stations).unwrap_or_default()
}

fn show(station: Option<StationView>) -> String {
    let Some(station) = station else {
        return FAIL.to_owned();
    };
    let flags = if station.authorized { "[AUTH][ASSOC][AUTHORIZED]" } else { "[AUTH][ASSOC]" };
    let mut out = format!("{}\nflags={flags}\naid={}\n", station.address, station.aid);
    if let Some(device) = station.device {
        let _ = writeln!(out, "p2p_device_addr={device}");
    }
    out
}

/// Reason code of DEAUTHENTICATE and DISASSOCIATE: previous authentication no longer valid (IEEE 802.11-2020 Table 9-49).
const REASON_NO_LONGER_VALID: u16 = 2;

pub(super) fn deauthenticate(session: &mut Session<'_>, text: &str) -> String {
    let (Some(group), Some((station, rest))) = (session.group(), address(text)) else {
        return refuse(session, "no group here, or no address");
    };
    let reason = match super::args::number(rest, "reason") {
        Ok(reason) => reason.and_then(|r| u16::try_from(r).ok()).unwrap_or(REASON_NO_LONGER_VALID),
        Err(()) => return FAIL.to_owned(),
    };
    session.ask_ok(Request::Deauthenticate { group: group.id, station, reason })
}

pub(super) fn scan_results(session: &mut Session<'_>, _: &str) -> String {
    let mut out = String::from("bssid / frequency / signal level / flags / ssid\n");
    for bss in session.radio.scan_results() {
        let row = format!(
            "{}\t{}\t{}\t{}\t{}\n",
            bss.bssid,
            bss.frequency,
            bss.signal_dbm,
            flags(bss),
            escape::ssid(ssid(bss))
        );
        if out.len() + row.len() > MAX_REPLY {
            break;
        }
        out.push_str(&row);
    }
    out
}

pub(super) fn bss(session: &mut Session<'_>, text: &str) -> String {
    let results = session.radio.scan_results();
    // One address may be there with an old group and a new one: the newest counts.
    let by_address = |address: MacAddr| {
        let all = results.iter().enumerate().filter(|(_, b)| b.bssid == address);
        all.min_by_key(|(_, b)| b.age_ms).map(|(at, _)| at)
    };
    let found = if text == "FIRST" {
        (!results.is_empty()).then_some(0)
    } else if text == "LAST" {
        results.len().checked_sub(1)
    } else if let Some(device) = text.strip_prefix("p2p_dev_addr=") {
        let peer = device.parse().ok().and_then(|device| session.radio.peer(device));
        peer.and_then(|view| by_address(view.peer.interface_address).or_else(|| by_address(view.peer.address)))
    } else if let Some(id) = text.strip_prefix("ID-").or_else(|| text.strip_prefix("NEXT-")) {
        let next = usize::from(text.starts_with("NEXT-"));
        id.parse::<usize>().ok().and_then(|id| id.checked_add(next))
    } else if let Ok(address) = text.parse() {
        by_address(address)
    } else {
        text.parse().ok()
    };
    // Nothing found is an empty reply, not a failure.
    found.and_then(|at| Some((at, results.get(at)?))).map_or_else(String::new, |(at, bss)| show_bss(at, bss))
}

fn show_bss(id: usize, bss: &Bss) -> String {
    let mut out = String::with_capacity(512);
    let _ = writeln!(out, "id={id}");
    let _ = writeln!(out, "bssid={}", bss.bssid);
    let _ = writeln!(out, "freq={}", bss.frequency);
    let _ = writeln!(out, "beacon_int={}", bss.beacon_interval);
    let _ = writeln!(out, "capabilities=0x{:04x}", bss.capability);
    let _ = writeln!(out, "qual=0");
    let _ = writeln!(out, "noise=0");
    let _ = writeln!(out, "level={}", bss.signal_dbm);
    let _ = writeln!(out, "tsf={:016}", bss.tsf);
    let _ = writeln!(out, "age={}", bss.age_ms / 1000);
    let _ = writeln!(out, "ie={}", escape::hex(bss.elements()));
    let _ = writeln!(out, "flags={}", flags(bss));
    let _ = writeln!(out, "ssid={}", escape::ssid(ssid(bss)));
    let elements = Elements::new(bss.elements());
    // Malformed elements say nothing.
    if let Ok(Some(wsc)) = elements.wsc() {
        show_wsc(&wsc, &mut out);
    }
    if let Ok(Some(p2p)) = elements.p2p() {
        show_p2p(&p2p, &mut out);
    }
    out
}

fn show_wsc(wsc: &Wsc<'_>, out: &mut String) {
    if let Some(state) = wsc.wsc_state() {
        let state = if state.0 == WSC_CONFIGURED { "configured" } else { "unconfigured" };
        let _ = writeln!(out, "wps_state={state}");
    }
    if wsc.ap_setup_locked() == Some(true) {
        out.push_str("wps_ap_setup_locked=1\n");
    }
    if wsc.selected_registrar() == Some(true) {
        out.push_str("wps_selected_registrar=1\n");
    }
    if let Some(password) = wsc.device_password_id() {
        let _ = writeln!(out, "wps_device_password_id={}", password.0);
    }
    if let Some(methods) = wsc.selected_registrar_config_methods() {
        let _ = writeln!(out, "wps_selected_registrar_config_methods=0x{:04x}", methods.0);
    }
    if let Some(methods) = wsc.config_methods() {
        let _ = writeln!(out, "wps_config_methods=0x{:04x}", methods.0);
    }
}

/// WSC state of an access point whose security is set up (WSC 2.0 §12, Wi-Fi Simple Configuration State).
const WSC_CONFIGURED: u8 = 2;

fn show_p2p(p2p: &P2p<'_>, out: &mut String) {
    if let Some(capability) = p2p.capability() {
        let _ = writeln!(out, "p2p_dev_capab=0x{:x}", capability.device);
        let _ = writeln!(out, "p2p_group_capab=0x{:x}", capability.group);
    }
    if let Some(device) = p2p.device_info() {
        let _ = writeln!(out, "p2p_primary_device_type={}", device.primary);
        let _ = writeln!(out, "p2p_device_name={}", escape::name(device.name.as_bytes()));
        let _ = writeln!(out, "p2p_config_methods=0x{:x}", device.config_methods.0);
    }
}

/// OUI and type of the vendor elements that the flags tell of.
const WSC: &[u8] = &[0x00, 0x50, 0xf2, 0x04];
const P2P: &[u8] = &[0x50, 0x6f, 0x9a, 0x09];
/// Capability information: ESS and privacy (IEEE 802.11-2020 §9.4.1.4).
const CAPABILITY_ESS: u16 = 0x0001;
const CAPABILITY_PRIVACY: u16 = 0x0010;

fn ssid(bss: &Bss) -> &[u8] {
    Elements::new(bss.elements()).find(id::SSID).map_or(&[], |element| element.body)
}

fn flags(bss: &Bss) -> String {
    let elements = Elements::new(bss.elements());
    let vendor = |oui: &[u8]| elements.iter().any(|e| e.id == id::VENDOR_SPECIFIC && e.body.starts_with(oui));
    let rsn = elements.find(id::RSN).is_some();
    [
        (rsn, "[WPA2-PSK-CCMP]"),
        (!rsn && bss.capability & CAPABILITY_PRIVACY != 0, "[WEP]"),
        (vendor(WSC), "[WPS]"),
        (bss.capability & CAPABILITY_ESS != 0, "[ESS]"),
        (vendor(P2P), "[P2P]"),
    ]
    .iter()
    .filter(|(set, _)| *set)
    .map(|(_, word)| *word)
    .collect()
}

pub(super) fn bss_flush(session: &mut Session<'_>, _: &str) -> String {
    session.radio.flush_scan_results();
    OK.to_owned()
}

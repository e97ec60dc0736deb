//! Scans, and the networks seen by them.

use super::args::{value, words};
use super::{FAIL, MAX_REPLY, OK, Session, refuse};
use crate::bss::{Changes, Entry};
use crate::config::frequency_ranges;
use crate::events::{Line, Scope};
use ieee80211_ies::p2p::P2p;
use ieee80211_ies::wsc::{DevicePasswordId, Wsc};
use ieee80211_ies::{Elements, MacAddr, escape, id};
use radio::Bss;
use std::fmt::Write;
use std::time::{Duration, Instant};
use wifi_direct::api::{Error, Request, UserScan};

pub(super) fn scan(session: &mut Session<'_>, text: &str) -> String {
    let Some(scan) = parse_scan(session, text) else {
        return refuse(session, "SCAN: an argument is wrong");
    };
    match session.ask(Request::Scan(scan)) {
        Ok(()) => OK.to_owned(),
        Err(Error::Busy(_)) => String::from("FAIL-BUSY\n"),
        Err(_) => FAIL.to_owned(),
    }
}

fn parse_scan(session: &Session<'_>, text: &str) -> Option<UserScan> {
    let flag = |key: &str| value(text, key).is_some_and(|v| v != "0");
    let frequencies = match value(text, "freq") {
        None => Vec::new(),
        Some(list) => {
            let ranges = frequency_ranges("freq", list).ok()?;
            let channels = session.radio.capabilities().bands.iter().flat_map(|b| &b.channels);
            let wanted = |f: u32| ranges.iter().any(|(from, to)| (*from..=*to).contains(&f));
            let wanted: Vec<u32> =
                channels.filter(|c| !c.disabled).map(|c| c.frequency).filter(|f| wanted(*f)).collect();
            if wanted.is_empty() {
                return None;
            }
            wanted
        }
    };
    Some(UserScan { frequencies, passive: value(text, "passive").map(|v| v != "0"), flush: flag("only_new") })
}

pub(super) fn abort_scan(session: &mut Session<'_>, _: &str) -> String {
    session.ask_ok(Request::AbortScan)
}

pub(super) fn scan_results(session: &mut Session<'_>, _: &str) -> String {
    let mut out = String::from("bssid / frequency / signal level / flags / ssid\n");
    let own = own_address(session);
    for entry in session.interface.networks.entries() {
        let bss = &entry.bss;
        let row = format!(
            "{}\t{}\t{}\t{}\t{}\n",
            bss.bssid,
            bss.frequency,
            bss.signal_dbm,
            flags(bss, own),
            escape::ssid(entry.ssid())
        );
        if out.len() + row.len() > MAX_REPLY {
            break;
        }
        out.push_str(&row);
    }
    out
}

/// Bits of `MASK=` (wpa_supplicant's `WPA_BSS_MASK_…`): which lines a reply has.
mod mask {
    pub(super) const ID: u32 = 1 << 0;
    pub(super) const BSSID: u32 = 1 << 1;
    pub(super) const FREQ: u32 = 1 << 2;
    pub(super) const BEACON_INT: u32 = 1 << 3;
    pub(super) const CAPABILITIES: u32 = 1 << 4;
    pub(super) const QUAL: u32 = 1 << 5;
    pub(super) const NOISE: u32 = 1 << 6;
    pub(super) const LEVEL: u32 = 1 << 7;
    pub(super) const TSF: u32 = 1 << 8;
    pub(super) const AGE: u32 = 1 << 9;
    pub(super) const IE: u32 = 1 << 10;
    pub(super) const FLAGS: u32 = 1 << 11;
    pub(super) const SSID: u32 = 1 << 12;
    pub(super) const WPS: u32 = 1 << 13;
    pub(super) const P2P: u32 = 1 << 14;
    pub(super) const WIFI_DISPLAY: u32 = 1 << 16;
    pub(super) const DELIMITER: u32 = 1 << 17;
    pub(super) const SNR: u32 = 1 << 19;
    /// Everything but the delimiter.
    pub(super) const ALL: u32 = !DELIMITER;
}

pub(super) fn bss(session: &mut Session<'_>, text: &str) -> String {
    let mask = match value(text, "MASK") {
        None => mask::ALL,
        Some(digits) => match u32::from_str_radix(digits.trim_start_matches("0x"), 16) {
            Ok(mask) => mask,
            Err(_) => return FAIL.to_owned(),
        },
    };
    let which = words(text).find(|w| !w.starts_with("MASK=")).unwrap_or_default();
    let (now, own) = (Instant::now(), own_address(session));
    let mut out = String::new();
    for entry in chosen(session, which) {
        let shown = show(entry, now, mask, own);
        if out.len() + shown.len() > MAX_REPLY && !out.is_empty() {
            break;
        }
        out.push_str(&shown);
    }
    // Nothing found is an empty reply, not a failure.
    out
}

/// The networks that the words of `BSS` mean.
fn chosen<'a>(session: &'a Session<'_>, which: &str) -> Vec<&'a Entry> {
    let networks = &session.interface.networks;
    let all = networks.entries();
    if let Some(range) = which.strip_prefix("RANGE=") {
        let (from, to) = match range.split_once('-') {
            _ if range == "ALL" => (0, u32::MAX),
            Some((from, to)) => (from.parse().unwrap_or(0), to.parse().unwrap_or(u32::MAX)),
            None => return Vec::new(),
        };
        return all.iter().filter(|e| (from..=to).contains(&e.id)).collect();
    }
    let found = if which == "FIRST" {
        all.first()
    } else if which == "LAST" {
        all.last()
    } else if which == "CURRENT" {
        session.group().filter(|g| g.started).and_then(|g| networks.by_address(g.bssid))
    } else if let Some(device) = which.strip_prefix("p2p_dev_addr=") {
        let peer = device.parse().ok().and_then(|device| session.radio.peer(device));
        peer.and_then(|view| {
            networks.by_address(view.peer.interface_address).or_else(|| networks.by_address(view.peer.address))
        })
    } else if let Some(id) = which.strip_prefix("ID-") {
        id.parse().ok().and_then(|id: u32| all.iter().find(|e| e.id == id))
    } else if let Some(id) = which.strip_prefix("NEXT-") {
        id.parse().ok().and_then(|id: u32| all.iter().find(|e| e.id > id))
    } else if let Ok(address) = which.parse::<MacAddr>() {
        networks.by_address(address)
    } else {
        which.parse::<usize>().ok().and_then(|at| all.get(at))
    };
    found.into_iter().collect()
}

/// The address of the addressed interface, by which a registrar may name it.
fn own_address(session: &Session<'_>) -> MacAddr {
    session.group().map_or_else(|| session.radio.base_address(), |group| group.address)
}

/// Noise of a channel where the radio tells none, dBm: wpa_supplicant's guess for each band.
fn noise(frequency: u32) -> i32 {
    if frequency < 4000 { -89 } else { -92 }
}

fn show(entry: &Entry, now: Instant, mask: u32, own: MacAddr) -> String {
    let bss = &entry.bss;
    let mut out = String::with_capacity(512);
    // Writing to a String cannot fail.
    let mut line = |bit: u32, key: &str, value: &dyn std::fmt::Display| {
        if mask & bit != 0 {
            let _ = writeln!(out, "{key}={value}");
        }
    };
    line(mask::ID, "id", &entry.id);
    line(mask::BSSID, "bssid", &bss.bssid);
    line(mask::FREQ, "freq", &bss.frequency);
    line(mask::BEACON_INT, "beacon_int", &bss.beacon_interval);
    line(mask::CAPABILITIES, "capabilities", &format_args!("0x{:04x}", bss.capability));
    line(mask::QUAL, "qual", &0);
    line(mask::NOISE, "noise", &noise(bss.frequency));
    line(mask::LEVEL, "level", &bss.signal_dbm);
    line(mask::TSF, "tsf", &format_args!("{:016}", bss.tsf));
    line(mask::AGE, "age", &entry.age(now).as_secs());
    line(mask::IE, "ie", &escape::hex(bss.elements()));
    line(mask::FLAGS, "flags", &flags(bss, own));
    line(mask::SSID, "ssid", &escape::ssid(entry.ssid()));
    let elements = Elements::new(bss.elements());
    // Malformed elements say nothing.
    if mask & mask::WPS != 0
        && let Ok(Some(wsc)) = elements.wsc()
    {
        show_wsc(&wsc, &mut out);
    }
    if mask & mask::P2P != 0
        && let Ok(Some(p2p)) = elements.p2p()
    {
        show_p2p(&p2p, &mut out);
    }
    if mask & mask::WIFI_DISPLAY != 0 {
        let wfd: Vec<u8> = vendor(&elements, WFD).flatten().copied().collect();
        if !wfd.is_empty() {
            let _ = writeln!(out, "wfd_subelems={}", escape::hex(&wfd));
        }
    }
    if mask & mask::SNR != 0 {
        let _ = writeln!(out, "snr={}", i32::from(bss.signal_dbm) - noise(bss.frequency));
    }
    if mask & mask::DELIMITER != 0 {
        out.push_str("====\n");
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
    if let Some(kind) = wsc.primary_device_type() {
        let _ = writeln!(out, "wps_primary_device_type={kind}");
    }
    if let Some(name) = wsc.device_name() {
        let _ = writeln!(out, "wps_device_name={}", escape::name(name));
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
        let _ = writeln!(out, "p2p_device_addr={}", device.address);
        let _ = writeln!(out, "p2p_config_methods=0x{:x}", device.config_methods.0);
    } else if let Some(device) = p2p.device_id() {
        let _ = writeln!(out, "p2p_device_addr={device}");
    }
}

/// OUI and type of the vendor elements that the flags tell of.
const WSC: &[u8] = &[0x00, 0x50, 0xf2, 0x04];
const P2P: &[u8] = &[0x50, 0x6f, 0x9a, 0x09];
/// Wi-Fi Display (Wi-Fi Display v2.1 §5.1.1).
const WFD: &[u8] = &[0x50, 0x6f, 0x9a, 0x0a];
/// Capability information: ESS and privacy (IEEE 802.11-2020 §9.4.1.4).
const CAPABILITY_ESS: u16 = 0x0001;
const CAPABILITY_PRIVACY: u16 = 0x0010;

/// The bodies of the vendor elements of a kind, behind their OUI and type.
fn vendor<'a>(elements: &Elements<'a>, kind: &'static [u8]) -> impl Iterator<Item = &'a [u8]> {
    elements.iter().filter(|e| e.id == id::VENDOR_SPECIFIC).filter_map(move |e| e.body.strip_prefix(kind))
}

/// What the flags say of a registrar: it waits for a button, for us (or anybody) by name, for a PIN, or for nobody.
fn registrar(wsc: &Wsc<'_>, own: MacAddr) -> &'static str {
    let mut named = wsc.authorized_macs();
    match wsc.device_password_id() {
        _ if wsc.selected_registrar() != Some(true) => "[WPS]",
        Some(DevicePasswordId::PUSH_BUTTON) => "[WPS-PBC]",
        _ if named.any(|mac| mac == own || mac == MacAddr::BROADCAST) => "[WPS-AUTH]",
        _ => "[WPS-PIN]",
    }
}

fn flags(bss: &Bss, own: MacAddr) -> String {
    let elements = Elements::new(bss.elements());
    let vendor = |kind: &'static [u8]| vendor(&elements, kind).next().is_some();
    let rsn = elements.find(id::RSN).is_some();
    let wsc = vendor(WSC).then(|| match elements.wsc() {
        Ok(Some(wsc)) => registrar(&wsc, own),
        _ => "[WPS]",
    });
    [
        (rsn, "[WPA2-PSK-CCMP]"),
        (!rsn && bss.capability & CAPABILITY_PRIVACY != 0, "[WEP]"),
        (wsc.is_some(), wsc.unwrap_or_default()),
        (bss.capability & CAPABILITY_ESS != 0, "[ESS]"),
        (vendor(P2P), "[P2P]"),
    ]
    .iter()
    .filter(|(set, _)| *set)
    .map(|(_, word)| *word)
    .collect()
}

pub(super) fn bss_flush(session: &mut Session<'_>, text: &str) -> String {
    let seconds: u64 = text.trim().parse().unwrap_or(0);
    forget(session, Duration::from_secs(seconds));
    OK.to_owned()
}

/// Forgets networks that were not heard for longer than this (zero: all), and tells so.
pub(super) fn forget(session: &mut Session<'_>, older_than: Duration) {
    if older_than.is_zero() {
        session.radio.flush_scan_results();
    }
    let changes = session.interface.networks.forget(Instant::now(), older_than);
    session.told.extend(lines(&session.interface.ifname, &changes));
}

/// The events of a change of the table. The P2P device's own interface has none.
pub(crate) fn lines(ifname: &str, changes: &Changes) -> Vec<Line> {
    let line = |word: &str, (id, bssid): &(u32, MacAddr)| {
        Line::new(Scope::Interface(ifname.to_owned()), format!("CTRL-EVENT-BSS-{word} {id} {bssid}"))
    };
    let removed = changes.removed.iter().map(|gone| line("REMOVED", gone));
    removed.chain(changes.added.iter().map(|new| line("ADDED", new))).collect()
}

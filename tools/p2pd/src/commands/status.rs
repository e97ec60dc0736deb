//! STATUS and its relatives.

use super::{FAIL, Session, link};
use crate::config::show_uuid;
use ieee80211_ies::{Elements, MacAddr, escape, id};
use radio::{Capabilities, ChannelInfo, InterfaceKind};
use std::fmt::Write;
use wifi_direct::api::{GroupInfo, Role, StationState};

/// Bit of `capa.flags` that tells control programs to address `p2p-dev-<ifname>`.
const CAPA_DEDICATED_P2P_DEVICE: u64 = 0x2000_0000;
/// Bits of `capa.flags`: our own SME, access point, P2P beside a station, P2P, off-channel transmission.
const CAPA_SME: u64 = 0x0020;
const CAPA_AP: u64 = 0x0040;
const CAPA_P2P_CONCURRENT: u64 = 0x0200;
const CAPA_P2P_CAPABLE: u64 = 0x0800;
const CAPA_OFFCHANNEL_TX: u64 = 0x8000;
/// What we can do of key management, ciphers and authentication, in bits of wpa_supplicant's: WPA2-PSK, CCMP, open.
const CAPA_WPA2_PSK: u32 = 0x8;
const CAPA_CCMP: u32 = 0x8;
const CAPA_OPEN: u32 = 0x1;

pub(super) fn ping(_: &mut Session<'_>, _: &str) -> String {
    String::from("PONG\n")
}

pub(super) fn status(session: &mut Session<'_>, _: &str) -> String {
    show(session, false)
}

pub(super) fn status_wps(session: &mut Session<'_>, _: &str) -> String {
    show(session, true)
}

fn show(session: &Session<'_>, with_passphrase: bool) -> String {
    let mut out = String::with_capacity(512);
    // Writing to a String cannot fail.
    let mut line = |key: &str, value: &dyn std::fmt::Display| {
        let _ = writeln!(out, "{key}={value}");
    };
    let group = session.group();
    if let Some(group) = &group {
        show_group(group, with_passphrase, generation(session, group.bssid), &mut line);
    }
    let station = session.station();
    let station_state = station.as_ref().map(|station| link::show(session, station, &mut line));
    line("wpa_state", &wpa_state(session, group.as_ref(), station_state));
    if let Some(ip) = group.as_ref().and_then(|g| g.ip) {
        line("ip_address", &std::net::Ipv4Addr::from(ip.client));
    }
    if let Some(address) = session.p2p_address {
        line("p2p_device_address", &address);
    }
    let address = match &group {
        Some(group) => group.address,
        None if Some(session.on) == session.interface.p2p_device_name.as_deref() => session.radio.address(),
        None => session.radio.base_address(),
    };
    line("address", &address);
    if let Some(uuid) = session.radio.uuid() {
        line("uuid", &show_uuid(&uuid));
    }
    out
}

fn show_group(
    group: &GroupInfo,
    with_passphrase: bool,
    generation: Option<u8>,
    line: &mut dyn FnMut(&str, &dyn std::fmt::Display),
) {
    line("bssid", &group.bssid);
    line("freq", &group.frequency);
    line("ssid", &escape::ssid(&group.ssid));
    line("id", &group.record.map_or(0, |r| r.0));
    if with_passphrase
        && group.role == Role::Owner
        && let Some(passphrase) = &group.passphrase
    {
        line("passphrase", &String::from_utf8_lossy(passphrase.expose()));
    }
    line(
        "mode",
        &match (group.role, group.started) {
            (Role::Client, _) => "station",
            (Role::Owner, true) => "P2P GO",
            (Role::Owner, false) => "P2P GO - group formation",
        },
    );
    if let Some(generation) = generation.filter(|_| group.role == Role::Client && group.started) {
        line("wifi_generation", &generation);
    }
    line("pairwise_cipher", &"CCMP");
    line("group_cipher", &"CCMP");
    line("key_mgmt", &"WPA2-PSK");
}

/// The generation of the standard that the access point is of, from 4 (802.11n), in the Wi-Fi Alliance's counting.
pub(super) fn generation(session: &Session<'_>, bssid: MacAddr) -> Option<u8> {
    let bss = session.radio.scan_results().iter().find(|bss| bss.bssid == bssid)?;
    let elements = Elements::new(bss.elements());
    let has = |id: u8| elements.find(id).is_some();
    let he = elements.iter().any(|e| e.extension == Some(id::extension::HE_CAPABILITIES));
    match (he, has(id::VHT_CAPABILITIES), has(id::HT_CAPABILITIES)) {
        (true, ..) => Some(6),
        (_, true, _) => Some(5),
        (.., true) => Some(4),
        _ => None,
    }
}

fn wpa_state(session: &Session<'_>, group: Option<&GroupInfo>, station: Option<&'static str>) -> &'static str {
    match group {
        _ if !session.interface.up => "INTERFACE_DISABLED",
        Some(group) if !group.on_air => "DISCONNECTED",
        Some(group) if group.started => "COMPLETED",
        Some(group) if group.role == Role::Owner => "COMPLETED",
        Some(_) => "ASSOCIATING",
        None => station.unwrap_or("DISCONNECTED"),
    }
}

pub(super) fn status_driver(session: &mut Session<'_>, _: &str) -> String {
    let capabilities = session.radio.capabilities();
    let mut flags = CAPA_AP | CAPA_P2P_CAPABLE;
    let concurrent = [InterfaceKind::Station, InterfaceKind::P2pGo];
    let channels = capabilities.channels_for(&concurrent);
    if channels.is_some() {
        flags |= CAPA_P2P_CONCURRENT;
    }
    if session.radio.on_p2p_device() {
        flags |= CAPA_DEDICATED_P2P_DEVICE;
    }
    if capabilities.authenticate {
        flags |= CAPA_SME;
    }
    if capabilities.offchannel_transmit {
        flags |= CAPA_OFFCHANNEL_TX;
    }
    let scan_state = match (session.radio.is_scanning(), session.interface.scanned) {
        (true, _) => "SCAN_STARTED",
        (false, true) => "SCAN_COMPLETED",
        (false, false) => "NO_SCAN",
    };
    let group = session.group();
    let own = Some(session.on) == session.interface.p2p_device_name.as_deref();
    let address = match &group {
        Some(group) => group.address,
        None if own => session.radio.address(),
        None => capabilities.address,
    };
    let mut out = String::with_capacity(512);
    // Writing to a String cannot fail.
    let mut line = |key: &str, value: &dyn std::fmt::Display| {
        let _ = writeln!(out, "{key}={value}");
    };
    // A P2P device has no number among the network interfaces.
    let index = if own { Some(0) } else { interface_index(session.on) };
    if let Some(index) = index {
        line("ifindex", &index);
    }
    line("ifname", &session.on);
    line("brname", &"");
    line("addr", &address);
    let frequency = session.station().map_or(0, |station| station.frequency);
    line("freq", &group.as_ref().map_or(frequency, |g| g.frequency));
    if group.as_ref().is_some_and(|g| g.role == Role::Owner && g.started) {
        line("beacon_set", &1);
    }
    if own || group.as_ref().is_some_and(|_| !session.interface.is_base(session.on)) {
        line("if_dynamic", &1);
    }
    line("phyname", &capabilities.name);
    line("perm_addr", &address);
    if let Some(index) = index {
        line("drv_ifindex", &index);
    }
    line("operstate", &u8::from(group.as_ref().is_some_and(|g| g.started)));
    line("scan_state", &scan_state);
    let (bssid, associated) = association(session, group.as_ref());
    line("auth_bssid", &bssid);
    line("auth_attempt_bssid", &MacAddr::ZERO);
    line("bssid", &bssid);
    line("prev_bssid", &bssid);
    line("associated", &u8::from(associated != 0));
    line("assoc_freq", &associated);
    for absent in ["monitor_sock", "monitor_ifidx"] {
        line(absent, &-1);
    }
    line("monitor_refcount", &0);
    line("eapol_tx_sock", &-1);
    if group.is_some() {
        line("disabled_11b_rates", &1);
    }
    for present in ["in_interface_list", "poll_command_supported", "data_tx_status"] {
        line(present, &1);
    }
    line("capa.key_mgmt", &format_args!("{CAPA_WPA2_PSK:#x}"));
    line("capa.enc", &format_args!("{CAPA_CCMP:#x}"));
    line("capa.auth", &format_args!("{CAPA_OPEN:#x}"));
    line("capa.flags", &format_args!("{flags:#x}"));
    line("capa.max_scan_ssids", &capabilities.max_scan_ssids);
    line("capa.max_remain_on_chan", &capabilities.max_remain_ms);
    // As wpa_supplicant counts: zero where all interfaces share one channel.
    line("capa.num_multichan_concurrent", &channels.filter(|c| *c > 1).unwrap_or(0));
    if !capabilities.country.is_empty() {
        line("country", &capabilities.country);
    }
    out
}

/// The access point that a client's or the station's interface is connected to, and its channel (MHz); zero where there is none.
fn association(session: &Session<'_>, group: Option<&GroupInfo>) -> (MacAddr, u32) {
    let client = group.filter(|g| g.role == Role::Client && g.started).map(|g| (g.bssid, g.frequency));
    let station = || session.station().filter(|s| s.state >= StationState::Associated).map(|s| (s.bssid, s.frequency));
    client.or_else(station).unwrap_or((MacAddr::ZERO, 0))
}

/// The kernel's number of a network interface.
fn interface_index(name: &str) -> Option<u32> {
    // The name is one of ours, and no path.
    std::fs::read_to_string(format!("/sys/class/net/{name}/ifindex")).ok()?.trim().parse().ok()
}

pub(super) fn ifname(session: &mut Session<'_>, _: &str) -> String {
    session.on.to_owned()
}

pub(super) fn get_capability(session: &mut Session<'_>, text: &str) -> String {
    let capabilities = session.radio.capabilities();
    match text.split(' ').next().unwrap_or_default() {
        "pairwise" | "group" => String::from("CCMP"),
        "key_mgmt" => String::from("WPA-PSK"),
        "proto" => String::from("RSN"),
        "auth_alg" => String::from("OPEN"),
        "eap" => String::from("WSC"),
        "modes" => String::from("AP"),
        "channels" => {
            let mut out = String::new();
            for (mode, list) in modes(capabilities) {
                let _ = write!(out, "Mode[{mode}] Channels:");
                for channel in list {
                    let _ = write!(out, " {}", radio::frequency_to_channel(channel.frequency).unwrap_or(0));
                }
                out.push('\n');
            }
            out
        }
        "freq" => {
            let mut out = String::new();
            for (mode, list) in modes(capabilities) {
                let _ = writeln!(out, "Mode[{mode}] Channels:");
                for channel in list {
                    let number = radio::frequency_to_channel(channel.frequency).unwrap_or(0);
                    let _ = write!(out, " {number} = {} MHz", channel.frequency);
                    let _ = write!(out, "{}", if channel.no_ir { " (NO_IR)" } else { "" });
                    let _ = writeln!(out, "{}", if channel.radar { " (DFS)" } else { "" });
                }
                out.push('\n');
            }
            out
        }
        _ => FAIL.to_owned(),
    }
}

/// The bands by the letter of their mode (802.11g, 802.11a, and 802.11b once more), each with its usable channels.
fn modes(capabilities: &Capabilities) -> Vec<(char, Vec<&ChannelInfo>)> {
    let band = |from: u32, to: u32| {
        let all = capabilities.bands.iter().flat_map(|b| &b.channels);
        all.filter(|c| !c.disabled && (from..to).contains(&c.frequency)).collect::<Vec<_>>()
    };
    let modes = [('G', band(2400, 2500)), ('A', band(4900, 5925)), ('A', band(5925, 7200)), ('B', band(2400, 2500))];
    modes.into_iter().filter(|(_, channels)| !channels.is_empty()).collect()
}

//! Network blocks: stored persistent groups, and the station's networks.

use super::args::{number, words};
use super::{FAIL, MAX_REPLY, OK, Session, link, refuse};
use crate::config::{Network, network_default, show_string};
use ieee80211_ies::escape;
use std::fmt::Write;
use wifi_direct::api::{GroupInfo, NetworkId, Role};

/// The number of a group's block on its own interface.
const GROUP_BLOCK: u32 = 0;

/// The group whose block a number means: on an interface of its own there is no other; on the base interface one that is not stored
/// comes behind those of the file.
fn group_block(session: &Session<'_>, id: u32) -> Option<GroupInfo> {
    let group = session.group()?;
    let behind = || session.interface.file.networks().map(|n| n.id + 1).max().unwrap_or(GROUP_BLOCK);
    let own =
        if session.interface.is_base(session.on) { group.record.is_none().then(behind) } else { Some(GROUP_BLOCK) };
    (own == Some(id)).then_some(group)
}

pub(super) fn list(session: &mut Session<'_>, text: &str) -> String {
    let after = number(text, "LAST_ID").unwrap_or(None);
    let mut out = String::from("network id / ssid / bssid / flags\n");
    if !session.interface.is_base(session.on) {
        if let Some(group) = session.group() {
            let _ = writeln!(out, "0\t{}\tany\t[CURRENT]", escape::ssid(&group.ssid));
        }
        return out;
    }
    let station = session.radio.station();
    for network in session.interface.file.networks().filter(|n| after.is_none_or(|id| n.id > id)) {
        let bssid = network.bssid().map_or_else(|| String::from("any"), |b| b.to_string());
        let mut row = format!("{}\t{}\t{bssid}\t", network.id, escape::ssid(&network.ssid()));
        if station.network == Some(NetworkId(network.id)) {
            row.push_str("[CURRENT]");
        }
        if network.is_disabled() {
            row.push_str("[DISABLED]");
        }
        if station.disabled.contains(&NetworkId(network.id)) {
            row.push_str("[TEMP-DISABLED]");
        }
        if network.is_persistent() {
            row.push_str("[P2P-PERSISTENT]");
        }
        row.push('\n');
        if out.len() + row.len() > MAX_REPLY {
            break;
        }
        out.push_str(&row);
    }
    out
}

pub(super) fn add(session: &mut Session<'_>, _: &str) -> String {
    if !session.interface.is_base(session.on) {
        return refuse(session, link::ON_GROUP);
    }
    let Some(id) = session.interface.file.add_network() else {
        return refuse(session, "too many network blocks");
    };
    // As in wpa_supplicant a new block is not used until it is enabled.
    if let Some(network) = session.interface.file.network_mut(id) {
        let _ = network.set("disabled", "1");
    }
    session.tell(format!("CTRL-EVENT-NETWORK-ADDED {id}"));
    format!("{id}\n")
}

pub(super) fn set(session: &mut Session<'_>, text: &str) -> String {
    let mut parts = text.splitn(3, ' ');
    let (Some(id), Some(key), Some(value)) = (parts.next().and_then(|id| id.parse().ok()), parts.next(), parts.next())
    else {
        return FAIL.to_owned();
    };
    if group_block(session, id).is_some() {
        // The group runs: a change would count when it begins anew, which it never does.
        return match Network::new(id).set(key, value) {
            Ok(()) => OK.to_owned(),
            Err(reason) => refuse(session, &reason.to_string()),
        };
    }
    let base = session.interface.is_base(session.on);
    let result = match session.interface.file.network_mut(id).filter(|_| base) {
        Some(network) => network.set(key, value),
        None => return refuse(session, "no such network"),
    };
    match result {
        Ok(()) => {
            tell_records(session);
            OK.to_owned()
        }
        Err(reason) => refuse(session, &reason.to_string()),
    }
}

pub(super) fn get(session: &mut Session<'_>, text: &str) -> String {
    let mut arguments = words(text);
    let (Some(id), Some(key)) = (arguments.next().and_then(|id| id.parse().ok()), arguments.next()) else {
        return FAIL.to_owned();
    };
    if let Some(group) = group_block(session, id) {
        return group_variable(&group, key);
    }
    let base = session.interface.is_base(session.on);
    let Some(network) = session.interface.file.network(id).filter(|_| base) else {
        return FAIL.to_owned();
    };
    match (key, network.get(key)) {
        // Keys do not leave the daemon this way.
        (
            "psk" | "psk_list" | "password" | "sae_password" | "wep_key0" | "wep_key1" | "wep_key2" | "wep_key3",
            Some(_),
        ) => String::from("*"),
        (_, Some(value)) => value.to_owned(),
        (_, None) => network_default(key).unwrap_or(FAIL).to_owned(),
    }
}

/// A variable of the one network block that a group's interface shows.
fn group_variable(group: &GroupInfo, key: &str) -> String {
    let known = match key {
        "ssid" => return show_string(&group.ssid),
        "frequency" => return group.frequency.to_string(),
        "psk" => "*",
        "mode" if group.role == Role::Owner => "3",
        "mode" | "disabled" => "0",
        "key_mgmt" => "WPA-PSK",
        "proto" => "RSN",
        "pairwise" | "group" => "CCMP",
        "auth_alg" => "OPEN",
        _ => network_default(key).unwrap_or(FAIL),
    };
    known.to_owned()
}

pub(super) fn remove(session: &mut Session<'_>, text: &str) -> String {
    if !session.interface.is_base(session.on) {
        return refuse(session, link::ON_GROUP);
    }
    let all = text == "all";
    let wanted: Option<u32> = text.parse().ok();
    // Whether a block is stored as a persistent group: these come and go without a word.
    let gone: Vec<(u32, bool)> = session
        .interface
        .file
        .networks()
        .filter(|n| all || Some(n.id) == wanted)
        .map(|n| (n.id, n.is_persistent()))
        .collect();
    if gone.is_empty() && !all {
        return FAIL.to_owned();
    }
    for (id, persistent) in gone {
        session.interface.file.remove_network(id);
        if !persistent {
            session.tell(format!("CTRL-EVENT-NETWORK-REMOVED {id}"));
        }
    }
    tell_records(session);
    OK.to_owned()
}

/// The radio's stored groups and the station's networks follow the network blocks.
pub(super) fn tell_records(session: &mut Session<'_>) {
    let records = session.interface.records();
    session.radio.set_records(records);
    session.tell_networks();
}

/// `DUP_NETWORK from to variable`.
pub(super) fn copy(session: &mut Session<'_>, text: &str) -> String {
    let arguments: Vec<&str> = text.split(' ').collect();
    let [from, to, key] = arguments[..] else { return FAIL.to_owned() };
    let file = &mut session.interface.file;
    let value = from.parse().ok().and_then(|id| file.network(id)?.get(key).map(str::to_owned));
    let done = value.zip(to.parse().ok()).and_then(|(value, id)| file.network_mut(id).map(|n| n.set(key, &value)));
    match done {
        Some(Ok(())) => {
            tell_records(session);
            OK.to_owned()
        }
        _ => FAIL.to_owned(),
    }
}

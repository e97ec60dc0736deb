//! Discovery, connections, groups, invitations.

use super::args::{address, flag, mac, number, value, words};
use super::{Awaited, FAIL, OK, Session, refuse};
use crate::pin;
use ieee80211_ies::MacAddr;
use ieee80211_ies::wsc::DeviceType;
use radio::Secret;
use std::time::Duration;
use wifi_direct::api::{
    AddGroup, ChannelWish, Connect, ConnectHow, Error, Find, FindScope, GroupId, Invite, ProvisionFor, ProvisionMethod,
    RecordId, Request, Role, WpsMethod,
};
use wsc::Pin;

/// What `max_oper_chwidth=` takes, MHz.
const WIDTHS: [u32; 4] = [20, 40, 80, 160];
/// Longest time that a find or listen may be asked for, seconds: what a 32-bit number holds in wpa_supplicant.
const MAX_SECONDS: u32 = i32::MAX as u32;

pub(super) fn find(session: &mut Session<'_>, text: &str) -> String {
    let Ok(request) = parse_find(text) else {
        return refuse(session, "P2P_FIND: an argument is wrong, or seeks a service");
    };
    session.ask_ok(Request::Find(request))
}

fn parse_find(text: &str) -> Result<Find, ()> {
    let timeout = words(text).next().and_then(|w| w.parse::<u32>().ok()).filter(|s| *s > 0);
    // Services are sought with P2PS, which is not there: a search that ignored it would report the wrong devices.
    if value(text, "seek").is_some() {
        return Err(());
    }
    let frequency = number(text, "freq")?;
    let scope = match (value(text, "type"), frequency) {
        (_, Some(0)) => return Err(()),
        (Some("social"), None) => FindScope::Social,
        (_, Some(frequency)) => FindScope::Frequency(frequency),
        (_, None) => FindScope::Progressive,
    };
    let device_type = match value(text, "dev_type") {
        Some(kind) => Some(kind.parse::<DeviceType>().map_err(drop)?.0),
        None => None,
    };
    Ok(Find {
        timeout: timeout.map(|s| Duration::from_secs(s.min(MAX_SECONDS).into())),
        scope,
        device: mac(text, "dev_id")?,
        device_type,
        include_6ghz: flag(text, "include_6ghz"),
    })
}

pub(super) fn stop_find(session: &mut Session<'_>, _: &str) -> String {
    // There is nothing to stop at worst: always OK.
    let _ = session.ask(Request::StopFind);
    OK.to_owned()
}

pub(super) fn listen(session: &mut Session<'_>, text: &str) -> String {
    let seconds = text.trim().parse::<u32>().unwrap_or(0).min(MAX_SECONDS);
    let time = (seconds > 0).then(|| Duration::from_secs(seconds.into()));
    session.ask_ok(Request::Listen(time))
}

pub(super) fn extended_listen(session: &mut Session<'_>, text: &str) -> String {
    let mut numbers = words(text).map(|w| w.parse::<u16>().ok());
    let timing = match (numbers.next(), numbers.next()) {
        (None, None) | (Some(Some(0)), Some(Some(0))) => None,
        (Some(Some(period)), Some(Some(interval))) if period > 0 && period <= interval => Some((period, interval)),
        _ => return refuse(session, "P2P_EXT_LISTEN takes a period and an interval, ms, period ≤ interval ≤ 65535"),
    };
    session.ask_ok(Request::ExtendedListen(timing))
}

pub(super) fn connect(session: &mut Session<'_>, text: &str) -> String {
    let Some((peer, rest)) = address(text) else {
        return refuse(session, "P2P_CONNECT begins with the peer's address");
    };
    if flag(rest, "p2p2") || flag(rest, "p2ps") {
        return refuse(session, "P2P_CONNECT: P2P2 and P2PS are not there");
    }
    if !text.contains(' ') {
        return refuse(session, "P2P_CONNECT: the method is missing");
    }
    let (first, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    // Unknown widths are refused before anything is begun.
    if number(rest, "max_oper_chwidth").is_ok_and(|w| w.is_some_and(|w| !WIDTHS.contains(&w))) {
        return refuse(session, "P2P_CONNECT: no such channel width");
    }
    let (method, shown) = match wps_method(first, rest) {
        Ok(method) => method,
        Err(reply) => return reply.to_owned(),
    };
    let Ok(connect) = parse_connect(session, peer, method, rest) else {
        return refuse(session, "P2P_CONNECT: an argument is wrong");
    };
    match session.ask(Request::Connect(connect)) {
        Ok(()) => shown.unwrap_or_else(|| OK.to_owned()),
        Err(Error::ChannelUnavailable(_) | Error::Beside { .. }) => String::from("FAIL-CHANNEL-UNAVAILABLE\n"),
        Err(Error::ChannelUnsupported(_)) => String::from("FAIL-CHANNEL-UNSUPPORTED\n"),
        Err(_) => FAIL.to_owned(),
    }
}

/// The method that the first word names, and the PIN to be told if it is a new one.
fn wps_method(first: &str, rest: &str) -> Result<(WpsMethod, Option<String>), &'static str> {
    if first.starts_with("pin") {
        let pin = pin::generate().ok_or(FAIL)?;
        return Ok((WpsMethod::Display(secret(&pin)), Some(pin.expose().to_owned())));
    }
    if first.starts_with("pbc") {
        return Ok((WpsMethod::PushButton, None));
    }
    let Ok(pin) = Pin::checked(first) else {
        return Err("FAIL-INVALID-PIN\n");
    };
    let pin = secret(&pin);
    if flag(rest, "display") { Ok((WpsMethod::Display(pin), None)) } else { Ok((WpsMethod::Keypad(pin), None)) }
}

/// A PIN as requests carry it.
pub(super) fn secret(pin: &Pin) -> Secret {
    Secret::new(pin.as_bytes().to_vec())
}

fn parse_connect(session: &Session<'_>, peer: MacAddr, method: WpsMethod, rest: &str) -> Result<Connect, ()> {
    let intent = number(rest, "go_intent")?.map(|i| u8::try_from(i).ok().filter(|i| *i <= 15).ok_or(())).transpose()?;
    let record = number(rest, "persistent")?;
    if let Some(id) = record {
        let stored = session.interface.record(id).ok_or(())?;
        if stored.role != Role::Owner {
            return Err(());
        }
    }
    // `auth` is the beginning of no other flag word, but `auto` and `auth` share theirs: whole words here.
    let word = |wanted| words(rest).any(|w| w == wanted);
    Ok(Connect {
        peer,
        method,
        how: if flag(rest, "join") {
            ConnectHow::Join
        } else if word("auto") {
            ConnectHow::Auto
        } else {
            ConnectHow::Negotiate
        },
        intent,
        authorize_only: word("auth"),
        persistent: flag(rest, "persistent"),
        record: record.map(RecordId),
        channel: channel_wish(rest)?,
        provision_first: flag(rest, "provdisc"),
        ssid: value(rest, "ssid")
            .map(|hex| crate::text::parse_hex(hex).filter(|s| (1..=32).contains(&s.len())).ok_or(()))
            .transpose()?,
    })
}

/// `freq=` (MHz, or for groups the band 2, 5 or 6), `ht40`, `vht`.
fn channel_wish(text: &str) -> Result<ChannelWish, ()> {
    let (frequency, band) = match number(text, "freq")? {
        Some(0) => return Err(()),
        Some(band @ (2 | 5 | 6)) => (None, Some(band as u8)),
        Some(frequency) => (Some(frequency), None),
        None => (None, None),
    };
    let vht = flag(text, "vht");
    let widest = number(text, "max_oper_chwidth")?.filter(|width| *width != 0);
    if widest.is_some_and(|width| !WIDTHS.contains(&width)) {
        return Err(());
    }
    Ok(ChannelWish { frequency, preferred: None, band, ht40: vht || flag(text, "ht40"), vht, widest })
}

/// The same for a group of our own, which may have the channel chosen for it: `freq=acs`, or 0 as no other command takes it.
fn group_channel(text: &str) -> Result<ChannelWish, ()> {
    match value(text, "freq") {
        Some(any @ ("acs" | "0")) => channel_wish(&text.replacen(&format!("freq={any}"), "", 1)),
        _ => channel_wish(text),
    }
}

pub(super) fn provision_discovery(session: &mut Session<'_>, text: &str) -> String {
    let Some((peer, rest)) = address(text) else {
        return refuse(session, "P2P_PROV_DISC begins with the peer's address");
    };
    let (method, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    let method = match method {
        "display" => ProvisionMethod::Display,
        "keypad" => ProvisionMethod::Keypad,
        "pbc" | "pushbutton" => ProvisionMethod::PushButton,
        _ => return refuse(session, "P2P_PROV_DISC: method is display, keypad or pbc"),
    };
    let purpose = match (flag(rest, "join"), flag(rest, "auto")) {
        (true, _) => ProvisionFor::Group,
        (false, true) => ProvisionFor::Either,
        (false, false) => ProvisionFor::Negotiation,
    };
    session.ask_ok(Request::ProvisionDiscovery { peer, method, purpose })
}

pub(super) fn group_add(session: &mut Session<'_>, text: &str) -> String {
    let known = |word: &str| {
        ["persistent", "ht40", "vht", "he", "allow_6ghz"].contains(&word)
            || ["persistent=", "freq=", "freq2=", "max_oper_chwidth=", "go_bssid="]
                .iter()
                .any(|key| word.starts_with(key))
    };
    if let Some(word) = words(text).find(|word| !known(word)) {
        return refuse(session, &format!("P2P_GROUP_ADD: {word:?} is not supported"));
    }
    if !number(text, "max_oper_chwidth").is_ok_and(|width| width.is_none_or(|width| WIDTHS.contains(&width))) {
        return refuse(session, "P2P_GROUP_ADD: no such channel width");
    }
    let (Ok(record), Ok(channel), Ok(bssid)) = (number(text, "persistent"), group_channel(text), mac(text, "go_bssid"))
    else {
        return refuse(session, "P2P_GROUP_ADD: an argument is wrong");
    };
    if let Some(id) = record
        && session.interface.record(id).is_none()
    {
        return refuse(session, "P2P_GROUP_ADD: no such persistent group");
    }
    let persistent = flag(text, "persistent");
    session.ask_ok(Request::AddGroup(AddGroup { persistent, record: record.map(RecordId), channel, bssid }))
}

pub(super) fn group_remove(session: &mut Session<'_>, text: &str) -> String {
    let all = text == "*";
    // On a P2P_DEVICE radio the group may carry the base interface's name.
    let meant = session.radio.groups().into_iter().filter(|g| all || g.interface == text);
    // On its own socket the answer comes first: that goes with the interface.
    let others = meant.map(|g| (g.id, g.interface == session.on && !session.interface.is_base(session.on)));
    let others: Vec<(GroupId, bool)> = others.collect();
    let reply = match others.first() {
        _ if all => {
            let _ = session.ask(Request::RemoveAllGroups);
            OK.to_owned()
        }
        Some((group, _)) => session.ask_ok(Request::RemoveGroup(*group)),
        None => refuse(session, "no group on that interface"),
    };
    if reply == OK && others.iter().all(|(_, own)| !own) {
        session.awaited.extend(others.into_iter().map(|(group, _)| Awaited::Gone(group)));
    }
    reply
}

pub(super) fn group_member(session: &mut Session<'_>, text: &str) -> String {
    let (Some(group), Ok(device)) = (session.group(), text.parse::<MacAddr>()) else {
        return FAIL.to_owned();
    };
    match group.stations.iter().find(|s| s.device == Some(device)) {
        Some(station) if group.role == Role::Owner => station.address.to_string(),
        _ => FAIL.to_owned(),
    }
}

pub(super) fn invite(session: &mut Session<'_>, text: &str) -> String {
    match parse_invite(session, text) {
        Some(invite) => session.ask_ok(Request::Invite(invite)),
        None => refuse(session, "P2P_INVITE: no such group, or an argument is wrong"),
    }
}

fn parse_invite(session: &Session<'_>, text: &str) -> Option<Invite> {
    let peer = mac(text, "peer").ok()?;
    if let Some(name) = text.strip_prefix("group=") {
        let name = name.split(' ').next()?;
        let group = session.radio.groups().into_iter().find(|g| g.interface == name)?;
        return Some(Invite::Active { group: group.id, peer: peer?, owner: mac(text, "go_dev_addr").ok()? });
    }
    if !text.starts_with("persistent=") {
        return None;
    }
    let id = number(text, "persistent").ok()??;
    let stored = session.interface.record(id)?;
    let peer = match stored.role {
        Role::Owner => Some(peer?),
        Role::Client => None,
    };
    let preferred = number(text, "pref").ok()?;
    if preferred == Some(0) {
        return None;
    }
    let channel = ChannelWish { preferred, ..channel_wish(text).ok()? };
    Some(Invite::Persistent { record: RecordId(id), peer, channel })
}

pub(super) fn cancel(session: &mut Session<'_>, _: &str) -> String {
    session.ask_ok(Request::Cancel)
}

pub(super) fn reject(session: &mut Session<'_>, text: &str) -> String {
    match text.parse() {
        Ok(peer) => session.ask_ok(Request::Reject(peer)),
        Err(_) => FAIL.to_owned(),
    }
}

pub(super) fn unauthorize(session: &mut Session<'_>, text: &str) -> String {
    match text.parse() {
        Ok(peer) => session.ask_ok(Request::Unauthorize(peer)),
        Err(_) => FAIL.to_owned(),
    }
}

pub(super) fn flush(session: &mut Session<'_>, _: &str) -> String {
    // With P2P switched off there is nothing to forget: OK all the same.
    let _ = session.ask(Request::ExtendedListen(None));
    let _ = session.ask(Request::Flush);
    OK.to_owned()
}

pub(super) fn get_passphrase(session: &mut Session<'_>, _: &str) -> String {
    let group = session.group().filter(|g| g.role == Role::Owner);
    match group.and_then(|g| g.passphrase) {
        Some(passphrase) => String::from_utf8_lossy(passphrase.expose()).into_owned(),
        None => FAIL.to_owned(),
    }
}

pub(super) fn remove_client(session: &mut Session<'_>, text: &str) -> String {
    let (text, by_interface) = match text.strip_prefix("iface=") {
        Some(rest) => (rest, true),
        None => (text, false),
    };
    let Ok(client) = text.parse::<MacAddr>() else {
        return FAIL.to_owned();
    };
    // A client that is in no group is already removed: OK all the same.
    let _ = session.ask(Request::RemoveClient { address: client, by_interface });
    if !by_interface && session.interface.forget_client(client) {
        session.interface.write_after_change();
        let records = session.interface.records();
        session.radio.set_records(records);
    }
    OK.to_owned()
}

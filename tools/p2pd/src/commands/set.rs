//! SET, GET, P2P_SET and what else changes the configuration.

use super::args::words;
use super::{FAIL, MAX_REPLY, OK, Session, frames, network, refuse, scan, word};
use crate::config::{ConfigFile, Invalid, Known, Settings, frequency_ranges, spec};
use ieee80211_ies::{MacAddr, escape};
use p2p_core::FindListen;
use std::fmt::Write;
use std::time::Duration;
use wifi_direct::api::Request;

/// Longest Vendor-specific elements of one kind of frame: what fits into an association request beside the rest.
const MAX_VENDOR_ELEMENTS: usize = 512;
/// Kinds of frame that VENDOR_ELEM_ADD numbers: 0 to 14.
const VENDOR_FRAMES: u8 = 15;

pub(super) fn set(session: &mut Session<'_>, text: &str) -> String {
    let Some((key, value)) = text.split_once(' ') else {
        return FAIL.to_owned();
    };
    if value.contains(['\n', '\r', '\0']) {
        return refuse(session, "a value may not hold the end of a line");
    }
    if let Some(reply) = set_for_now(session, key, value) {
        return reply;
    }
    let mut settings = session.interface.settings.clone();
    match settings.apply(key, value) {
        Ok(Known::Used) => {}
        Ok(Known::Kept) => tracing::info!("{}: {key} is kept and changes nothing", session.on),
        Err(reason) => return refuse(session, &reason.to_string()),
    }
    let before = std::mem::replace(&mut session.interface.settings, settings);
    if session.configure().is_err() {
        session.interface.settings = before;
        return FAIL.to_owned();
    }
    let value = spec::canonical(key, value);
    session.interface.unwritten.retain(|(other, _)| other != key);
    match session.interface.file.set(key, &value) {
        Ok(()) => {}
        // It is in force; only the file cannot hold it.
        Err(reason @ Invalid::Unwritable(_)) => {
            tracing::warn!("{}: {reason}", session.on);
            session.interface.unwritten.push((key.to_owned(), value));
        }
        Err(reason) => return refuse(session, &reason.to_string()),
    }
    if key == "p2p_disabled" {
        follow_disabled(session);
    }
    OK.to_owned()
}

/// What SET takes beside the keys of the file; `None` for those.
fn set_for_now(session: &mut Session<'_>, key: &str, value: &str) -> Option<String> {
    Some(match (key, value) {
        ("ext_mgmt_frame_handling", "0" | "1") => frames::set_external(session, value == "1"),
        ("ps", "0" | "1") => power_save(session, value == "1"),
        // Off is how they are.
        ("wifi_display" | "ext_eapol_frame_io" | "extra_roc_dur" | "p2p_go_csa_on_inv", "0") => OK.to_owned(),
        ("ext_mgmt_frame_handling" | "ps", _) => FAIL.to_owned(),
        ("wifi_display", _) => refuse(session, "Wi-Fi Display is not there"),
        ("ext_eapol_frame_io" | "extra_roc_dur" | "p2p_go_csa_on_inv", _) => {
            refuse(session, "only in wpa_supplicant's testing builds")
        }
        _ => return None,
    })
}

fn power_save(session: &mut Session<'_>, on: bool) -> String {
    let group = session.group().map(|g| g.id);
    session.ask_ok(Request::PowerSave { group, on })
}

pub(super) fn get(session: &mut Session<'_>, key: &str) -> String {
    if key == "version" {
        return format!("p2pd {}", env!("CARGO_PKG_VERSION"));
    }
    let interface = &session.interface;
    let unwritten = interface.unwritten.iter().find(|(other, _)| other == key).map(|(_, value)| value.as_str());
    match unwritten.or_else(|| interface.file.get(key)).or_else(|| Settings::default_of(key)) {
        Some(value) => spec::canonical(key, value),
        None => FAIL.to_owned(),
    }
}

pub(super) fn dump(session: &mut Session<'_>, _: &str) -> String {
    let mut out = String::new();
    // Device keys of NFC and P2P2 do not leave the daemon this way.
    let open = |key: &str| !key.starts_with("wps_nfc") && key != "dik";
    let file = &session.interface.file;
    for (key, value) in file.settings().filter(|(key, _)| open(key)) {
        let unwritten = session.interface.unwritten.iter().find(|(other, _)| other == key);
        let value = unwritten.map_or(value, |(_, value)| value);
        let _ = writeln!(out, "{key}={}", spec::canonical(key, value));
    }
    for key in spec::KEYS.iter().filter(|k| open(k.name) && file.get(k.name).is_none()) {
        let _ = writeln!(out, "{}={}", key.name, key.default.unwrap_or("null"));
    }
    super::cut(&mut out, MAX_REPLY);
    out
}

pub(super) fn save_config(session: &mut Session<'_>, _: &str) -> String {
    if !session.interface.is_base(session.on) {
        return refuse(session, "a group's interface has no configuration file");
    }
    match session.interface.write() {
        Ok(true) => OK.to_owned(),
        Ok(false) => refuse(session, "SAVE_CONFIG needs a configuration file with update_config=1"),
        Err(error) => refuse(session, &error.to_string()),
    }
}

pub(super) fn p2p_set(session: &mut Session<'_>, text: &str) -> String {
    let Some((key, value)) = text.split_once(' ') else {
        return FAIL.to_owned();
    };
    match (key, value) {
        ("ps", "-1") => return OK.to_owned(),
        ("ps", "0" | "1") => return power_save(session, value == "1"),
        ("peer_filter", _) => return filter_peers(session, value),
        _ => {}
    }
    let before = session.interface.settings.clone();
    if let Err(reason) = p2p_apply(&mut session.interface.settings, key, value) {
        return refuse(session, &reason.to_string());
    }
    if session.configure().is_err() {
        session.interface.settings = before;
        return FAIL.to_owned();
    }
    if key == "disabled" {
        follow_disabled(session);
    }
    OK.to_owned()
}

/// `P2P_SET peer_filter`: only this peer is shown; the zero address shows all.
fn filter_peers(session: &mut Session<'_>, value: &str) -> String {
    match value.parse::<MacAddr>() {
        Ok(only) => {
            session.interface.peer_filter = (!only.is_zero()).then_some(only);
            OK.to_owned()
        }
        Err(_) => FAIL.to_owned(),
    }
}

fn p2p_apply(settings: &mut Settings, key: &str, value: &str) -> Result<(), Invalid> {
    let wrong = |reason: &str| Invalid::value(key, reason);
    let flag = || match value {
        "0" => Ok(false),
        "1" => Ok(true),
        _ => Err(wrong("not 0 or 1")),
    };
    match key {
        "discoverability" => settings.config_mut().discoverability = flag()?,
        "per_sta_psk" => settings.config_mut().per_station_psk = flag()?,
        "disabled" => settings.disabled = flag()?,
        "listen_channel" => {
            let mut numbers = words(value).map(|w| w.parse::<u8>().ok());
            let channel = numbers.next().flatten().ok_or_else(|| wrong("not a channel"))?;
            let class = match numbers.next() {
                None => 81,
                Some(class) => class.ok_or_else(|| wrong("not an operating class"))?,
            };
            radio::channel_to_frequency(class, channel).ok_or_else(|| wrong("no such channel in that class"))?;
            settings.set_listen_channel(class, channel);
        }
        "ssid_postfix" => {
            if value.len() > 23 {
                return Err(wrong("longer than 23 octets"));
            }
            settings.config_mut().ssid_postfix = value.as_bytes().to_vec();
        }
        "disallow_freq" => {
            settings.config_mut().disallowed_frequencies = frequency_ranges(key, value)?;
        }
        "override_pref_op_chan" if value == "0" => settings.prefer_channel(None),
        "override_pref_op_chan" => match crate::config::channels(key, value)?.as_slice() {
            [channel] => settings.prefer_channel(Some(*channel)),
            _ => return Err(wrong("not class:channel")),
        },
        "disable_ip_addr_req" => settings.config_mut().disable_ip_request = flag()?,
        "managed" => settings.config_mut().managed = flag()?,
        "cross_connect" => settings.config_mut().cross_connection = flag()?,
        "force_long_sd" => {
            flag()?;
        }
        "go_apsd" if matches!(value, "disable" | "0" | "1") => settings.config_mut().go_uapsd = value != "0",
        "client_apsd" if value == "disable" || is_client_apsd(value) => {}
        "nfc_tag" => {
            if flag()? {
                return Err(wrong("NFC is not there"));
            }
        }
        "disc_int" => {
            let numbers: Vec<i32> = words(value).map_while(|w| w.parse().ok()).collect();
            match numbers.as_slice() {
                [low, high, limit] if *low >= 0 && low <= high => {
                    let limit_tu = u32::try_from(*limit).ok();
                    let (least, most) = (low.unsigned_abs(), high.unsigned_abs());
                    settings.config_mut().find_listen = Some(FindListen { least, most, limit_tu });
                }
                _ => return Err(wrong("not min max max_tu")),
            }
        }
        "conc_pref" if matches!(value, "sta" | "p2p") => settings.config_mut().groups_before_station = value == "p2p",
        _ => return Err(Invalid::UnknownKey(key.to_owned())),
    }
    Ok(())
}

/// `be,bk,vi,vo;max_sp`.
fn is_client_apsd(value: &str) -> bool {
    let numbers =
        |text: &str, count| text.split(',').count() == count && text.split(',').all(|n| n.parse::<u8>().is_ok());
    value.split_once(';').is_some_and(|(classes, length)| numbers(classes, 4) && numbers(length, 1))
}

/// Switching P2P off ends what it does.
fn follow_disabled(session: &mut Session<'_>) {
    if session.interface.settings.disabled {
        let _ = session.ask(Request::RemoveAllGroups);
        let _ = session.ask(Request::Flush);
    }
}

/// FLUSH: everything back to how it was at the start (section 4.5 of the contract).
pub(super) fn flush(session: &mut Session<'_>, _: &str) -> String {
    // Nothing under way is no failure, and not worth a line in the log.
    for request in [
        Request::AbortScan,
        Request::Cancel,
        Request::RemoveAllGroups,
        Request::ExtendedListen(None),
        Request::Flush,
        Request::EndSending,
        Request::ExternalFrames { group: None, on: false },
    ] {
        let _ = session.radio.request(request);
    }
    scan::forget(session, Duration::ZERO);
    network::remove(session, "all");
    session.interface.peer_filter = None;
    session.interface.settings.disabled = false;
    session.interface.settings.avoid(Vec::new());
    let config = session.interface.settings.config_mut();
    config.per_station_psk = false;
    config.disable_ip_request = false;
    config.secondary_device_types.clear();
    config.vendor_elements.clear();
    word(session.configure())
}

pub(super) fn vendor_elements_add(session: &mut Session<'_>, text: &str) -> String {
    let Some((frame, elements)) = vendor_arguments(text) else {
        return FAIL.to_owned();
    };
    let config = session.interface.settings.config_mut();
    match config.vendor_elements.iter_mut().find(|(f, _)| *f == frame) {
        Some((_, present)) if present.len() + elements.len() > MAX_VENDOR_ELEMENTS => return FAIL.to_owned(),
        Some((_, present)) => present.extend_from_slice(&elements),
        None => config.vendor_elements.push((frame, elements)),
    }
    word(session.configure())
}

pub(super) fn vendor_elements_get(session: &mut Session<'_>, text: &str) -> String {
    let frame: Option<u8> = text.parse().ok().filter(|f| *f < VENDOR_FRAMES);
    let config = session.radio.config();
    match frame {
        Some(frame) => config
            .vendor_elements
            .iter()
            .find(|(f, _)| *f == frame)
            .map_or_else(String::new, |(_, elements)| escape::hex(elements).to_string()),
        None => FAIL.to_owned(),
    }
}

pub(super) fn vendor_elements_remove(session: &mut Session<'_>, text: &str) -> String {
    let (frame, elements) = match text.split_once(' ') {
        Some((frame, "*")) => (frame.parse::<u8>().ok(), None),
        Some(_) => match vendor_arguments(text) {
            Some((frame, elements)) => (Some(frame), Some(elements)),
            None => return FAIL.to_owned(),
        },
        None => return FAIL.to_owned(),
    };
    let Some(frame) = frame.filter(|f| *f < VENDOR_FRAMES) else {
        return FAIL.to_owned();
    };
    let config = session.interface.settings.config_mut();
    let Some((_, present)) = config.vendor_elements.iter_mut().find(|(f, _)| *f == frame) else {
        // "*" on nothing is done already.
        return if elements.is_none() { OK.to_owned() } else { FAIL.to_owned() };
    };
    match elements {
        None => present.clear(),
        Some(elements) => {
            let at = present.windows(elements.len()).position(|window| window == elements);
            match at {
                Some(at) => drop(present.drain(at..at + elements.len())),
                None => return FAIL.to_owned(),
            }
        }
    }
    config.vendor_elements.retain(|(_, elements)| !elements.is_empty());
    word(session.configure())
}

/// Frame number, and whole elements in hexadecimal digits.
fn vendor_arguments(text: &str) -> Option<(u8, Vec<u8>)> {
    let (frame, digits) = text.split_once(' ')?;
    let frame = frame.parse().ok().filter(|f| *f < VENDOR_FRAMES)?;
    let elements = crate::text::parse_hex(digits).filter(|e| !e.is_empty() && e.len() <= MAX_VENDOR_ELEMENTS)?;
    let mut rest = elements.as_slice();
    while !rest.is_empty() {
        let ([_, length], after) = rest.split_first_chunk::<2>()?;
        rest = after.get(usize::from(*length)..)?;
    }
    Some((frame, elements))
}

pub(super) fn note(session: &mut Session<'_>, text: &str) -> String {
    tracing::info!("{}: NOTE: {}", session.on, escape::name(text.as_bytes()));
    OK.to_owned()
}

pub(super) fn accept(_: &mut Session<'_>, _: &str) -> String {
    OK.to_owned()
}

pub(super) fn refused(_: &mut Session<'_>, _: &str) -> String {
    FAIL.to_owned()
}

/// BSS_EXPIRE_AGE: as `SET bss_expiration_age`, from 10 s.
pub(super) fn expire_age(session: &mut Session<'_>, text: &str) -> String {
    match in_range(text, 10, i32::MAX.into()) {
        Some(_) => set(session, &format!("bss_expiration_age {}", text.trim())),
        None => FAIL.to_owned(),
    }
}

/// BSS_EXPIRE_COUNT: as `SET bss_expiration_scan_count`, from 1.
pub(super) fn expire_count(session: &mut Session<'_>, text: &str) -> String {
    match in_range(text, 1, i32::MAX.into()) {
        Some(_) => set(session, &format!("bss_expiration_scan_count {}", text.trim())),
        None => FAIL.to_owned(),
    }
}

/// AP_SCAN: the station scans and chooses by itself whatever is asked for.
pub(super) fn accept_mode(_: &mut Session<'_>, text: &str) -> String {
    if in_range(text, 0, 2).is_some() { OK } else { FAIL }.to_owned()
}

/// SCAN_INTERVAL: seconds between two scans of a station that finds nothing.
pub(super) fn scan_interval(session: &mut Session<'_>, text: &str) -> String {
    let Some(seconds) = in_range(text, 0, i32::MAX.into()).and_then(|n| u32::try_from(n).ok()) else {
        return FAIL.to_owned();
    };
    session.interface.settings.config_mut().scan_interval_s = seconds.max(1);
    word(session.configure())
}

/// STA_AUTOCONNECT: whether the station connects anew by itself.
pub(super) fn auto_connect(session: &mut Session<'_>, text: &str) -> String {
    session.interface.settings.config_mut().auto_reconnect = !matches!(text.trim().parse(), Ok(0) | Err(_));
    word(session.configure())
}

fn in_range(text: &str, low: i64, high: i64) -> Option<i64> {
    text.trim().parse().ok().filter(|n| (low..=high).contains(n))
}

/// AUTOSCAN: the words that wpa_supplicant takes.
pub(super) fn accept_autoscan(_: &mut Session<'_>, text: &str) -> String {
    let number = |text: &str| text.parse::<u32>().is_ok_and(|n| n > 0);
    let fits = match text.split_once(':') {
        None => text.trim().is_empty(),
        Some(("periodic", interval)) => number(interval),
        Some(("exponential", numbers)) => {
            numbers.split_once(':').is_some_and(|(base, limit)| number(base) && number(limit))
        }
        Some(_) => false,
    };
    if fits { OK } else { FAIL }.to_owned()
}

/// What a driver would report: that the interface went down or came up, or channels to be avoided until the next FLUSH.
pub(super) fn driver_event(session: &mut Session<'_>, text: &str) -> String {
    let Some(list) = text.strip_prefix("AVOID_FREQUENCIES") else {
        return match text {
            "INTERFACE_DISABLED" => session.ask_ok(Request::PretendInterface { up: false }),
            "INTERFACE_ENABLED" => session.ask_ok(Request::PretendInterface { up: true }),
            _ => refuse(session, "DRIVER_EVENT: only INTERFACE_DISABLED, INTERFACE_ENABLED and AVOID_FREQUENCIES"),
        };
    };
    let Ok(ranges) = frequency_ranges("AVOID_FREQUENCIES", list.trim()) else {
        return FAIL.to_owned();
    };
    let shown: Vec<String> =
        ranges.iter().map(|(from, to)| if from == to { from.to_string() } else { format!("{from}-{to}") }).collect();
    session.interface.settings.avoid(ranges);
    session.tell(format!("CTRL-EVENT-AVOID-FREQ ranges={}", shown.join(",")));
    word(session.configure())
}

/// RECONFIGURE: the configuration file is read anew.
pub(super) fn reconfigure(session: &mut Session<'_>, _: &str) -> String {
    let Some(path) = session.interface.path.clone() else {
        return refuse(session, "there is no configuration file");
    };
    let read = ConfigFile::read(&path).map_err(|e| e.to_string()).and_then(|file| {
        let settings = Settings::from_file(&file).map_err(|(line, reason)| format!("line {line}: {reason}"))?;
        Ok((file, settings))
    });
    match read {
        Ok((file, mut settings)) => {
            // Where the sockets are does not change while they are there.
            settings.control.clone_from(&session.interface.settings.control);
            settings.control_group.clone_from(&session.interface.settings.control_group);
            session.interface.file = file;
            session.interface.settings = settings;
            session.interface.say_unusable_networks();
            network::tell_records(session);
            let reply = word(session.configure());
            follow_disabled(session);
            reply
        }
        Err(reason) => refuse(session, &reason),
    }
}

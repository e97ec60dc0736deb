//! SET, GET, P2P_SET and what else changes the configuration.

use super::args::words;
use super::{FAIL, MAX_REPLY, OK, Session, network, refuse, word};
use crate::config::{Invalid, Known, Settings};
use ieee80211_ies::escape;
use std::fmt::Write;
use wifi_direct::api::Request;

/// Longest Vendor-specific elements of one kind of frame: what fits into an association request beside the rest.
const MAX_VENDOR_ELEMENTS: usize = 512;
/// Kinds of frame that VENDOR_ELEM_ADD numbers: 0 to 14.
const VENDOR_FRAMES: u8 = 15;

pub(super) fn set(session: &mut Session<'_>, text: &str) -> String {
    let Some((key, value)) = text.split_once(' ') else {
        return FAIL.to_owned();
    };
    if value.chars().any(char::is_control) {
        return refuse(session, "a value may not hold control characters");
    }
    if key == "wifi_display" {
        // No key of the file. Off is how it is.
        return if value == "0" { OK.to_owned() } else { refuse(session, "Wi-Fi Display is not there") };
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
    match session.interface.file.set(key, value) {
        Ok(()) => {}
        // It is in force; only the file cannot hold it.
        Err(reason @ Invalid::Unwritable(_)) => tracing::warn!("{}: {reason}", session.on),
        Err(reason) => return refuse(session, &reason.to_string()),
    }
    if key == "p2p_disabled" {
        follow_disabled(session);
    }
    OK.to_owned()
}

pub(super) fn get(session: &mut Session<'_>, key: &str) -> String {
    if key == "version" {
        return format!("p2pd {}", env!("CARGO_PKG_VERSION"));
    }
    match session.interface.file.get(key).or_else(|| Settings::default_of(key)) {
        Some(value) => value.to_owned(),
        None => FAIL.to_owned(),
    }
}

pub(super) fn dump(session: &mut Session<'_>, _: &str) -> String {
    let mut out = String::new();
    for (key, value) in session.interface.file.settings() {
        // Device keys of NFC and P2P2 do not leave the daemon this way.
        if !key.starts_with("wps_nfc") && key != "dik" {
            let _ = writeln!(out, "{key}={value}");
        }
    }
    super::cut(&mut out, MAX_REPLY);
    out
}

pub(super) fn save_config(session: &mut Session<'_>, _: &str) -> String {
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
                // Zero is wpa_supplicant's default class.
                None | Some(Some(0)) => 81,
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
            settings.config_mut().disallowed_frequencies = crate::config::frequency_ranges(key, value)?;
        }
        // Accepted and without effect here: the search follows its own timing, and there is one answer to each.
        "managed" | "cross_connect" | "force_long_sd" | "disable_ip_addr_req" | "nfc_tag" => {
            if flag()? {
                return Err(wrong("not supported"));
            }
        }
        "disc_int" => {
            let numbers: Vec<i32> = words(value).map_while(|w| w.parse().ok()).collect();
            match numbers.as_slice() {
                [low, high, _] if *low >= 0 && low <= high => {}
                _ => return Err(wrong("not min max max_tu")),
            }
        }
        "conc_pref" if matches!(value, "sta" | "p2p") => {}
        "peer_filter" if value == "00:00:00:00:00:00" => {}
        _ => return Err(Invalid::UnknownKey(key.to_owned())),
    }
    Ok(())
}

/// Switching P2P off ends what it does.
fn follow_disabled(session: &mut Session<'_>) {
    if session.interface.settings.disabled {
        let _ = session.ask(Request::RemoveAllGroups);
        let _ = session.ask(Request::Flush);
    }
}

/// FLUSH: everything back to how it was at the start (section 4.5 of the contract).
pub(super) fn flush(session: &mut Session<'_>, text: &str) -> String {
    for request in [Request::RemoveAllGroups, Request::ExtendedListen(None), Request::Flush] {
        let _ = session.ask(request);
    }
    // Nothing under way is no failure, and not worth a line in the log.
    let _ = session.radio.request(Request::Cancel);
    session.radio.flush_scan_results();
    session.interface.file.remove_networks();
    network::tell_records(session);
    session.interface.settings.disabled = false;
    let config = session.interface.settings.config_mut();
    config.per_station_psk = false;
    config.secondary_device_types.clear();
    config.vendor_elements.clear();
    let _ = text;
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

//! WPS on a group that we own, and for the station.

use super::args::words;
use super::{FAIL, OK, Session, refuse};
use crate::events::{Line, Scope};
use crate::pin;
use ieee80211_ies::MacAddr;
use std::time::Duration;
use wifi_direct::api::{Error, Request, Role, StationRequest, WpsMethod};
use wsc::Pin;

pub(super) fn wps_pin(session: &mut Session<'_>, text: &str) -> String {
    let mut arguments = words(text);
    let station = match arguments.next() {
        Some("get") => return pin::generate_text().unwrap_or_else(|| FAIL.to_owned()),
        Some("any") => None,
        Some(address) => match address.parse::<MacAddr>() {
            Ok(address) => Some(address),
            Err(_) => return FAIL.to_owned(),
        },
        None => return FAIL.to_owned(),
    };
    let pin = match arguments.next().map(Pin::new) {
        Some(Ok(pin)) => pin,
        Some(Err(_)) => return refuse(session, "WPS_PIN: a PIN has 4 or 8 digits"),
        None => match pin::generate() {
            Some(pin) => pin,
            None => return FAIL.to_owned(),
        },
    };
    if session.station().is_some() {
        return match enroll(session, WpsMethod::Display(super::p2p::secret(&pin)), station) {
            true => pin.expose().to_owned(),
            false => FAIL.to_owned(),
        };
    }
    let Some(group) = session.group().filter(|g| g.role == Role::Owner) else {
        return refuse(session, "WPS_PIN: no group of ours runs here (P2P_CONNECT joins one)");
    };
    let timeout = arguments.next().and_then(|s| s.parse().ok()).filter(|s| *s > 0).map(Duration::from_secs);
    let request = Request::GroupPin { group: group.id, only: station, pin: super::p2p::secret(&pin), timeout };
    match session.ask(request) {
        Ok(()) => pin.expose().to_owned(),
        Err(_) => FAIL.to_owned(),
    }
}

/// Has a registrar give the station a network; whether that has begun.
fn enroll(session: &mut Session<'_>, method: WpsMethod, bssid: Option<MacAddr>) -> bool {
    if !session.interface.up {
        refuse(session, "WPS: the interface is down");
        return false;
    }
    session.ask_station(StationRequest::Wps { method, bssid }) == OK
}

pub(super) fn wps_pbc(session: &mut Session<'_>, text: &str) -> String {
    if session.station().is_some() {
        // What wpa_supplicant takes for an access point as well means any registrar to a station.
        let any = |word: &&str| *word != "any" && !word.contains('=');
        let bssid = match words(text).next().filter(any).map(str::parse) {
            Some(Err(_)) => return FAIL.to_owned(),
            Some(Ok(bssid)) => Some(bssid),
            None => None,
        };
        return if enroll(session, WpsMethod::PushButton, bssid) { OK.to_owned() } else { FAIL.to_owned() };
    }
    let named = words(text).next().filter(|word| *word != "any" && !word.contains('='));
    let only = match super::args::mac(text, "p2p_dev_addr") {
        Ok(only) if named.is_none_or(|word| word.parse::<ieee80211_ies::MacAddr>().is_ok()) => only,
        _ => return FAIL.to_owned(),
    };
    let Some(group) = session.group().filter(|g| g.role == Role::Owner) else {
        return refuse(session, "WPS_PBC: no group of ours runs here (P2P_CONNECT joins one)");
    };
    match session.ask(Request::GroupPushButton { group: group.id, only }) {
        Ok(()) => OK.to_owned(),
        Err(Error::Overlap) => String::from("FAIL-PBC-OVERLAP\n"),
        Err(_) => FAIL.to_owned(),
    }
}

pub(super) fn wps_check_pin(_: &mut Session<'_>, text: &str) -> String {
    // Users type PINs as they are printed, with blanks and dashes in between.
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    match (Pin::new(&digits), Pin::checked(&digits)) {
        (_, Ok(_)) => digits,
        (Ok(_), Err(_)) => String::from("FAIL-CHECKSUM\n"),
        (Err(_), Err(_)) => FAIL.to_owned(),
    }
}

pub(super) fn wps_cancel(session: &mut Session<'_>, _: &str) -> String {
    if let Some(group) = session.group().filter(|g| g.role == Role::Owner) {
        let _ = session.ask(Request::GroupCancelWps(group.id));
    } else if session.station().is_some() {
        let reply = session.ask_station(StationRequest::CancelWps);
        if reply == OK {
            let scope = Scope::Interface(session.on.to_owned());
            session.told.push(Line::new(scope, "WPS-CANCEL "));
        }
        return reply;
    }
    OK.to_owned()
}

//! Stations of our groups.

use super::args::address;
use super::{FAIL, Session, refuse, stations};
use ieee80211_ies::MacAddr;
use radio::{Channel, StationInfo, Width};
use std::fmt::Write;
use wifi_direct::api::{PresencePeriod, Request, Role, StationState, StationView};

pub(super) fn first(session: &mut Session<'_>, _: &str) -> String {
    if !owns(session) {
        return FAIL.to_owned();
    }
    // Nobody there is no failure.
    stations(session).into_iter().next().map_or_else(String::new, |s| show(Some(s)))
}

/// Whether the addressed interface is an access point.
fn owns(session: &Session<'_>) -> bool {
    session.group().is_some_and(|g| g.role == Role::Owner)
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
    station.map_or_else(|| FAIL.to_owned(), |station| stations::show(&station))
}

/// The connection of the addressed interface, a group's client's or the station's: the access point, its channel (MHz), and what
/// the radio says of it.
fn connection(session: &Session<'_>) -> Option<(MacAddr, u32, Option<Box<StationInfo>>)> {
    if let Some(station) = session.station() {
        let connected = station.state == StationState::Completed;
        return connected.then_some((station.bssid, station.frequency, station.link));
    }
    let group = session.group().filter(|g| g.role == Role::Client && g.started)?;
    Some((group.bssid, group.frequency, group.link))
}

/// `SIGNAL_POLL`: how a client hears its owner, or the station its access point.
pub(super) fn signal_poll(session: &mut Session<'_>, _: &str) -> String {
    let Some((bssid, frequency, link)) = connection(session) else { return FAIL.to_owned() };
    let link = link.unwrap_or_default();
    let heard = session.radio.scan_results().iter().find(|b| b.bssid == bssid).map(|b| b.signal_dbm);
    let Some(signal) = link.signal_dbm.or(heard) else { return FAIL.to_owned() };
    // The rate is told in units of 100 kb/s; noise is not known to us, which wpa_supplicant says so.
    let speed = link.tx_rate.unwrap_or_default().rate / 10;
    let mut out = format!("RSSI={signal}\nLINKSPEED={speed}\nNOISE=9999\nFREQUENCY={frequency}\n");
    if let Some(average) = link.signal_average_dbm {
        let _ = writeln!(out, "AVG_RSSI={average}");
    }
    out
}

/// `PKTCNT_POLL`: the frames exchanged with the owner.
pub(super) fn packet_counts(session: &mut Session<'_>, _: &str) -> String {
    let Some(link) = connection(session).and_then(|(_, _, link)| link) else { return FAIL.to_owned() };
    let [good, bad, received] = [link.tx_packets, link.tx_failed, link.rx_packets].map(Option::unwrap_or_default);
    format!("TXGOOD={good}\nTXBAD={bad}\nRXGOOD={received}\n")
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

pub(super) fn stop_ap(session: &mut Session<'_>, _: &str) -> String {
    match session.group().filter(|g| g.role == Role::Owner) {
        Some(group) => session.ask_ok(Request::StopAccessPoint(group.id)),
        None => refuse(session, "no group of ours here"),
    }
}

/// `CHAN_SWITCH count MHz [sec_channel_offset=-1|0|1] [center_freq1=MHz] [bandwidth=20|40|80|160] [blocktx] [ht] [vht]`.
pub(super) fn switch_channel(session: &mut Session<'_>, text: &str) -> String {
    let Some(group) = session.group().filter(|g| g.role == Role::Owner) else {
        return refuse(session, "CHAN_SWITCH: no group of ours here");
    };
    match parse_switch(text) {
        Some((count, channel)) => session.ask_ok(Request::SwitchChannel {
            group: group.id,
            channel,
            count,
            block_transmission: super::args::flag(text, "blocktx"),
        }),
        None => refuse(session, "CHAN_SWITCH takes a count, a channel in MHz, and its width"),
    }
}

fn parse_switch(text: &str) -> Option<(u8, Channel)> {
    let mut words = super::args::words(text);
    let count = words.next()?.parse().ok()?;
    let frequency: u32 = words.next()?.parse().ok()?;
    let value = |key| super::args::value(text, key);
    let offset: i32 = value("sec_channel_offset").map_or(Some(0), |v| v.parse().ok())?;
    let bandwidth: u32 = value("bandwidth").map_or(Some(20), |v| v.parse().ok())?;
    let centre: Option<u32> = value("center_freq1").map_or(Some(None), |v| v.parse().ok().map(Some))?;
    let ht = super::args::flag(text, "ht") || super::args::flag(text, "vht");
    let (width, centre) = match (bandwidth, offset) {
        (20, 0) if ht => (Width::Ht20, frequency),
        (20, 0) => (Width::NoHt20, frequency),
        // Forty where the second half is named, as hostapd has it.
        (20 | 40, 1) => (Width::Mhz40, centre.unwrap_or(frequency.checked_add(10)?)),
        (20 | 40, -1) => (Width::Mhz40, centre.unwrap_or(frequency.checked_sub(10)?)),
        (80, _) => (Width::Mhz80, centre?),
        (160, _) => (Width::Mhz160, centre?),
        _ => return None,
    };
    Some((count, Channel { frequency, width, centre }))
}

/// `P2P_PRESENCE_REQ [duration interval [duration interval]]`, microseconds, on a client's group interface.
pub(super) fn presence(session: &mut Session<'_>, text: &str) -> String {
    let Some(group) = session.group().filter(|g| g.role == Role::Client && g.started) else {
        return refuse(session, "P2P_PRESENCE_REQ: no group here that we are a client of");
    };
    let numbers: Option<Vec<u32>> = super::args::words(text).map(|w| w.parse().ok()).collect();
    let (periods, rest) = match numbers.as_deref().map(<[u32]>::as_chunks::<2>) {
        Some(numbers) => numbers,
        None => return FAIL.to_owned(),
    };
    if !rest.is_empty() || periods.len() > 2 {
        return FAIL.to_owned();
    }
    let period =
        |[duration_us, interval_us]: &[u32; 2]| PresencePeriod { duration_us: *duration_us, interval_us: *interval_us };
    let periods = periods.iter().map(period).collect();
    session.ask_ok(Request::Presence { group: group.id, periods })
}

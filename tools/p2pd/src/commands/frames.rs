//! Frames of the user's own: sent, and taken before we act on them.

use super::args::{address, number, value};
use super::{FAIL, Session, refuse};
use std::time::Duration;
use wifi_direct::api::{Request, UserFrame};

/// How long to stay on the channel where the user does not say (wpa_supplicant stays as long as the frame needs).
const NO_WAIT: Duration = Duration::ZERO;
/// Octets of a management frame's header (IEEE 802.11-2020 §9.3.3.1).
const HEADER: usize = 24;

/// `MGMT_TX da bssid [freq=MHz] [wait_time=ms] [no_cck=1] action=hex`. 802.11b rates are never used, as P2P has it.
pub(super) fn send(session: &mut Session<'_>, text: &str) -> String {
    match parse(session, text) {
        Some(frame) => session.ask_ok(Request::SendFrame(frame)),
        None => refuse(session, "MGMT_TX takes two addresses and action= with hexadecimal digits"),
    }
}

fn parse(session: &Session<'_>, text: &str) -> Option<UserFrame> {
    let (destination, rest) = address(text)?;
    let (bssid, rest) = address(rest)?;
    let frequency = number(rest, "freq").ok()?.filter(|f| *f != 0);
    let wait = number(rest, "wait_time").ok()?.map_or(NO_WAIT, |ms| Duration::from_millis(ms.into()));
    let body = crate::text::parse_hex(value(rest, "action")?).filter(|body| !body.is_empty())?;
    Some(UserFrame { group: session.group().map(|g| g.id), frequency, destination, bssid, body, wait })
}

pub(super) fn sending_done(session: &mut Session<'_>, _: &str) -> String {
    session.ask_ok(Request::EndSending)
}

/// `MGMT_RX_PROCESS freq=MHz datarate=… ssi_signal=dBm frame=hex`: a frame that was handed out (`ext_mgmt_frame_handling`)
/// is acted on after all.
pub(super) fn receive(session: &mut Session<'_>, text: &str) -> String {
    let frame = value(text, "frame").and_then(crate::text::parse_hex);
    let frequency = number(text, "freq");
    let signal = value(text, "ssi_signal").map_or(Ok(0), str::parse::<i8>);
    match (frame, frequency, signal) {
        (Some(frame), Ok(frequency), Ok(signal_dbm)) if frame.len() >= HEADER => {
            let (group, frequency) = (session.group().map(|g| g.id), frequency.unwrap_or_default());
            session.ask_ok(Request::InjectFrame { group, frequency, signal_dbm, frame })
        }
        _ => FAIL.to_owned(),
    }
}

/// `SET ext_mgmt_frame_handling 0|1`.
pub(super) fn set_external(session: &mut Session<'_>, on: bool) -> String {
    let group = session.group().map(|g| g.id);
    session.ask_ok(Request::ExternalFrames { group, on })
}

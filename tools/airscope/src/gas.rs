//! Service discovery: questions and answers in GAS frames.

use ieee80211_ies::frame::{Gas, StatusCode};
use ieee80211_ies::p2p::service::{Message, protocol, status};

use crate::conversation::{Mark, Phase};
use crate::talk::{At, Talk};

/// The most services of one frame that are told.
const MAX_TOLD: usize = 8;

fn name(number: u8) -> String {
    match number {
        protocol::ALL => "all services".into(),
        protocol::BONJOUR => "Bonjour".into(),
        protocol::UPNP => "UPnP".into(),
        protocol::WS_DISCOVERY => "WS-Discovery".into(),
        protocol::WIFI_DISPLAY => "Wi-Fi Display".into(),
        protocol::P2PS => "P2PS".into(),
        protocol::VENDOR_SPECIFIC => "vendor specific".into(),
        other => format!("protocol {other}"),
    }
}

/// Tells a GAS frame that is about services of Wi-Fi Direct; `false` for any other.
pub(crate) fn gas(talk: &mut Talk, at: At, gas: &Gas<'_>) -> bool {
    const PHASE: Phase = Phase::ServiceDiscovery;
    match *gas {
        Gas::InitialRequest { query, .. } => {
            let Ok(Some(message)) = Message::find(query) else { return false };
            let asked = message.requests().map_while(Result::ok).take(MAX_TOLD);
            let asked: Vec<_> = asked.map(|request| name(request.protocol)).collect();
            if talk.tell(at, PHASE, "Service Discovery Request", asked.join("; ")) {
                talk.asks(at, PHASE, "Service Discovery Request");
            }
        }
        Gas::InitialResponse { status, comeback_delay, response, .. } => {
            answer(talk, at, "Service Discovery Response", status, comeback_delay, response);
        }
        Gas::ComebackRequest { .. } => {
            talk.tell(at, PHASE, "GAS Comeback Request", "");
        }
        Gas::ComebackResponse { status, comeback_delay, response, fragment, more, .. } => {
            let what = if more || fragment > 0 { format!(" (fragment {fragment})") } else { String::new() };
            answer(talk, at, &format!("GAS Comeback Response{what}"), status, comeback_delay, response);
        }
    }
    true
}

fn answer(talk: &mut Talk, at: At, what: &str, code: StatusCode, delay: u16, response: &[u8]) {
    const PHASE: Phase = Phase::ServiceDiscovery;
    talk.answered();
    if code != StatusCode::SUCCESS {
        talk.tell_marked(at, PHASE, what, code.to_string(), Mark::Bad);
        talk.refuses(at.from, PHASE, &code.to_string());
        return;
    }
    let mut details = Vec::new();
    if delay > 0 {
        details.push(format!("to be fetched in {delay} TU"));
    }
    if let Ok(Some(message)) = Message::find(response) {
        for service in message.responses().map_while(Result::ok).take(MAX_TOLD) {
            let said = match service.status {
                status::SUCCESS => format!("{} octets", service.data.len()),
                status::PROTOCOL_NOT_AVAILABLE => "protocol not supported".into(),
                status::DATA_NOT_AVAILABLE => "no such service".into(),
                status::BAD_REQUEST => "bad request".into(),
                other => format!("status {other}"),
            };
            details.push(format!("{}: {said}", name(service.protocol)));
        }
    } else if !response.is_empty() {
        details.push(format!("{} octets", response.len()));
    }
    talk.tell_marked(at, PHASE, what, details.join("; "), Mark::Good);
    talk.achieved(PHASE);
}

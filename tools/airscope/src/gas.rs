//! Service discovery: questions and answers in GAS frames.

use ieee80211_ies::frame::{Gas, StatusCode};
use ieee80211_ies::p2p::service::{Answer, Message, Query, Request, Response, protocol, status};
use ieee80211_ies::wfd::{Subelements, subelement};

use crate::conversation::{Mark, Phase};
use crate::talk::{At, Talk};
use crate::text::safe;

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

/// The DNS types that Bonjour service discovery asks for.
fn record(kind: u16) -> String {
    match kind {
        12 => "PTR".into(),
        16 => "TXT".into(),
        other => format!("type {other}"),
    }
}

/// What a request asks for.
fn question(request: &Request<'_>) -> String {
    let of = name(request.protocol);
    match request.content() {
        Ok(Query::All) => of,
        Ok(Query::Bonjour { name, kind, .. }) => {
            format!("{of}: {} {}", safe(name.to_string().as_bytes()), record(kind))
        }
        Ok(Query::Upnp { target, .. }) => format!("{of}: {}", safe(target)),
        Ok(Query::WifiDisplay { subelements, .. }) => {
            let names = subelements.iter().take(MAX_TOLD).filter_map(|&id| subelement::name(id));
            format!("{of}: {}", names.collect::<Vec<_>>().join(", "))
        }
        Ok(Query::P2ps { name, .. }) => format!("{of}: {}", safe(name)),
        Ok(Query::WsDiscovery(octets) | Query::Other(octets)) => format!("{of}: {} octets", octets.len()),
        Err(error) => format!("{of}: malformed: {error}"),
    }
}

/// What an answer tells.
fn found(response: &Response<'_>) -> String {
    match response.content() {
        Ok(Answer::Nothing) => "nothing".into(),
        Ok(Answer::Bonjour { name, kind, data, .. }) => {
            format!("{} {}, {} octets", safe(name.to_string().as_bytes()), record(kind), data.len())
        }
        Ok(Answer::Upnp { services, .. }) => safe(services),
        Ok(Answer::WifiDisplay(octets)) => {
            let names = Subelements::new(octets).take(MAX_TOLD).filter_map(|each| subelement::name(each.id));
            names.collect::<Vec<_>>().join(", ")
        }
        Ok(Answer::P2ps(services)) => {
            services.iter().take(MAX_TOLD).map(|service| safe(service.name)).collect::<Vec<_>>().join(", ")
        }
        Ok(Answer::WsDiscovery(octets) | Answer::Other(octets)) => format!("{} octets", octets.len()),
        Err(error) => format!("malformed: {error}"),
    }
}

/// Tells a GAS frame that is about services of Wi-Fi Direct; `false` for any other.
pub(crate) fn gas(talk: &mut Talk, at: At, gas: &Gas<'_>) -> bool {
    const PHASE: Phase = Phase::ServiceDiscovery;
    match *gas {
        Gas::InitialRequest { query, .. } => {
            let Ok(Some(message)) = Message::find(query) else { return false };
            let asked = message.requests().map_while(Result::ok).take(MAX_TOLD);
            let asked: Vec<_> = asked.map(|request| question(&request)).collect();
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
                status::SUCCESS => found(&service),
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

//! Authentication, association and their end.

use ieee80211_ies::frame::{AuthenticationAlgorithm, Body, ReasonCode, StatusCode};
use ieee80211_ies::{Elements, id};

use crate::conversation::{Mark, Phase, Side};
use crate::talk::{At, Stage, Talk};

const PHASE: Phase = Phase::Association;

/// Tells a frame by which a client comes or goes; `owner` is the side whose address is that of the network, where one is.
pub(crate) fn frame(talk: &mut Talk, at: At, body: &Body<'_>, owner: Option<Side>) {
    match *body {
        Body::Authentication { algorithm, status, .. } => authentication(talk, at, algorithm, status, owner),
        Body::AssociationRequest { elements, .. } | Body::ReassociationRequest { elements, .. } => {
            let what = body.subtype().to_string();
            if talk.tell(at, PHASE, &*what, wishes(elements)) {
                talk.asks(at, PHASE, &what);
            }
            talk.stage = Stage::Associating;
            talk.owned_by(at.from.other());
            if let Ok(Some(ssid)) = elements.ssid() {
                talk.in_group(ssid.as_bytes());
                talk.is_p2p |= ssid.as_bytes().starts_with(b"DIRECT-");
            }
            talk.is_p2p |= elements.p2p().is_ok_and(|p2p| p2p.is_some());
        }
        Body::AssociationResponse { status, aid, .. } | Body::ReassociationResponse { status, aid, .. } => {
            let what = body.subtype().to_string();
            talk.answered();
            if status == StatusCode::SUCCESS {
                if talk.tell_marked(at, PHASE, what, format!("accepted, AID {aid}"), Mark::Good) {
                    talk.stage = Stage::Associated;
                    talk.achieved(PHASE);
                }
                if at.frequency.is_some() {
                    talk.agreed.frequency = at.frequency;
                }
            } else {
                talk.tell_marked(at, PHASE, what, status.to_string(), Mark::Bad);
                talk.refuses(at.from, PHASE, &status.to_string());
            }
        }
        Body::Deauthentication { reason, .. } | Body::Disassociation { reason, .. } => {
            goes(talk, at, &body.subtype().to_string(), reason, owner);
        }
        _ => {}
    }
}

fn authentication(
    talk: &mut Talk,
    at: At,
    algorithm: AuthenticationAlgorithm,
    status: StatusCode,
    owner: Option<Side>,
) {
    let name = algorithm.to_string();
    if owner != Some(at.from) {
        if talk.tell(at, PHASE, "Authentication Request", name) {
            talk.asks(at, PHASE, "Authentication Request");
        }
        talk.owned_by(at.from.other());
        talk.stage = Stage::Associating;
        return;
    }
    talk.answered();
    if status == StatusCode::SUCCESS {
        talk.tell_marked(at, PHASE, "Authentication Response", format!("{name}; accepted"), Mark::Good);
    } else {
        talk.tell_marked(at, PHASE, "Authentication Response", format!("{name}; {status}"), Mark::Bad);
        talk.refuses(at.from, PHASE, &status.to_string());
    }
}

/// What a client asks for when it associates.
fn wishes(elements: Elements<'_>) -> String {
    let mut wishes = Vec::new();
    if let Ok(Some(ssid)) = elements.ssid() {
        wishes.push(crate::text::safe(ssid.as_bytes()));
    }
    if elements.wsc().is_ok_and(|wsc| wsc.is_some()) {
        wishes.push("to be provisioned by WSC".into());
    }
    if elements.find(id::RSN).is_some() {
        wishes.push("with RSN".into());
    }
    wishes.join("; ")
}

fn goes(talk: &mut Talk, at: At, what: &str, reason: ReasonCode, owner: Option<Side>) {
    let why = format!("reason {}: {reason}", reason.0);
    let stage = talk.stage;
    let connected = stage == Stage::Connected;
    let phase = match stage {
        Stage::Connected => Phase::Connected,
        Stage::Provisioning | Stage::Provisioned => Phase::Provisioning,
        Stage::Handshake => Phase::Handshake,
        Stage::Outside | Stage::Associating | Stage::Associated => PHASE,
    };
    let mark =
        if matches!(stage, Stage::Outside | Stage::Provisioned | Stage::Connected) { Mark::Plain } else { Mark::Bad };
    talk.tell_marked(at, phase, what, &*why, mark);
    talk.answered();
    match stage {
        Stage::Connected => talk.leaves(at.from, why),
        // The client comes back with what it has got.
        Stage::Provisioned => {}
        Stage::Outside => {}
        Stage::Handshake => {
            let why = match talk.handshake.diagnosis() {
                Some(diagnosis) => format!("{diagnosis} ({why})"),
                None => why,
            };
            talk.fails(phase, why);
        }
        _ => talk.refuses(at.from, phase, &why),
    }
    if let (true, Some(owner)) = (connected, owner) {
        talk.owned_by(owner);
    }
    if talk.stage != Stage::Provisioned {
        talk.stage = Stage::Outside;
    }
    talk.handshake = Default::default();
}

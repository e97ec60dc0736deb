//! Provisioning: EAP-WSC between an owner and a client that has no key yet.

use ieee80211_ies::wsc::{Attributes, ConfigError, DevicePasswordId, MessageType, attr};
use wsc::eap::{Body, Eapol, OpCode, Packet, Type, Wsc};
use wsc::{Incoming, Received};

use crate::conversation::{Mark, Phase};
use crate::talk::{At, Stage, Talk};
use crate::text::safe;

const PHASE: Phase = Phase::Provisioning;

/// How far a registration has come.
#[derive(Debug, Default)]
pub(crate) struct Registration {
    /// The last message of the protocol, 1 for M1 to 8 for M8.
    reached: u8,
    /// What each side is in the midst of saying in several fragments.
    fragments: [Fragments; 2],
    /// One of the two gave up.
    gave_up: bool,
    done: bool,
}

/// The fragments of one side's message.
#[derive(Debug, Default)]
struct Fragments {
    message: Incoming,
    /// How many there were, and the EAP identifier of the last one.
    taken: usize,
    last: Option<u8>,
}

/// Tells an EAPOL PDU that is no EAPOL-Key frame.
pub(crate) fn pdu(talk: &mut Talk, at: At, octets: &[u8]) {
    match Eapol::parse(octets) {
        Err(error) => {
            talk.tell_marked(at, PHASE, "EAPOL PDU", format!("malformed: {error}"), Mark::Bad);
        }
        Ok(Eapol::Other) => {}
        Ok(Eapol::Start) => {
            talk.stage = Stage::Provisioning;
            talk.tell(at, PHASE, "EAPOL-Start", "asks to be provisioned");
        }
        Ok(Eapol::Eap(packet)) => eap(talk, at, &packet),
    }
}

fn eap(talk: &mut Talk, at: At, packet: &Packet<'_>) {
    if talk.stage < Stage::Provisioning {
        talk.stage = Stage::Provisioning;
        talk.registration = Registration::default();
    }
    match packet.body {
        Body::Request(Type::Identity(_)) => {
            if talk.tell(at, PHASE, "EAP Identity Request", "") {
                talk.asks(at, PHASE, "EAP Identity Request");
            }
            talk.owned_by(at.from);
        }
        Body::Response(Type::Identity(identity)) => {
            talk.answered();
            talk.tell(at, PHASE, "EAP Identity Response", safe(identity));
        }
        Body::Request(Type::Wsc(ref wsc)) | Body::Response(Type::Wsc(ref wsc)) => {
            message(talk, at, packet.identifier, wsc);
        }
        Body::Request(Type::Notification) | Body::Response(Type::Notification) => {
            talk.tell(at, PHASE, "EAP Notification", "");
        }
        Body::Request(Type::Nak) | Body::Response(Type::Nak) => {
            talk.answered();
            talk.tell_marked(at, PHASE, "EAP Nak", "the method is not wanted", Mark::Bad);
        }
        Body::Request(Type::Other) | Body::Response(Type::Other) => {
            talk.tell(at, PHASE, "EAP of another method", "");
        }
        Body::Success => {
            talk.tell(at, PHASE, "EAP-Success", "");
        }
        Body::Failure => failure(talk, at),
    }
}

fn failure(talk: &mut Talk, at: At) {
    talk.answered();
    if talk.registration.done {
        talk.tell(at, PHASE, "EAP-Failure", "the end, as WSC has it");
        return;
    }
    talk.tell_marked(at, PHASE, "EAP-Failure", "", Mark::Bad);
    if !talk.registration.gave_up {
        let reached = talk.registration.reached;
        let why = if reached == 0 { "before M1".to_owned() } else { format!("after M{reached}") };
        talk.refuses(at.from, PHASE, &format!("EAP-Failure {why}"));
    }
}

fn message(talk: &mut Talk, at: At, identifier: u8, packet: &Wsc<'_>) {
    if packet.op == OpCode::FragAck {
        talk.tell(at, PHASE, "WSC_FRAG_ACK", "");
        return;
    }
    let side = &mut talk.registration.fragments[at.from.index()];
    if side.taken > 0 && side.last == Some(identifier) {
        talk.tell(at, PHASE, "a fragment again", format!("{} octets", packet.data.len()));
        return;
    }
    if packet.more && packet.total.is_some() {
        // A first fragment, whatever came before.
        *side = Fragments::default();
    }
    side.last = Some(identifier);
    let (op, data) = match side.message.push(packet) {
        Ok(Received::Fragment) => {
            side.taken += 1;
            let of = packet.total.map_or_else(String::new, |total| format!(" of {total}"));
            let what = format!("fragment {}", side.taken);
            talk.answered();
            talk.tell(at, PHASE, &*what, format!("{} octets{of}", packet.data.len()));
            return;
        }
        Ok(Received::Message(op, data)) => (op, data),
        Err(error) => {
            side.taken = 0;
            talk.tell_marked(at, PHASE, "a fragment that does not fit", error.to_string(), Mark::Bad);
            return;
        }
    };
    let fragments = std::mem::take(&mut side.taken) + 1;
    match op {
        OpCode::Start => {
            talk.answered();
            if talk.tell(at, PHASE, "WSC_Start", "") {
                talk.asks(at, PHASE, "WSC_Start");
            }
            talk.owned_by(at.from);
        }
        OpCode::FragAck => {}
        OpCode::Msg => numbered(talk, at, &data, fragments),
        OpCode::Ack => {
            talk.answered();
            talk.tell(at, PHASE, "WSC_ACK", "");
        }
        OpCode::Nack => gives_up(talk, at, &data),
        OpCode::Done => {
            talk.answered();
            talk.tell_marked(at, PHASE, "WSC_Done", "the client has the group's key", Mark::Good);
            talk.registration.done = true;
            talk.stage = Stage::Provisioned;
            talk.achieved(PHASE);
        }
    }
}

/// An attribute's first octets, as a number.
fn number(data: &[u8], kind: u16) -> Option<u16> {
    let attribute = Attributes::new(data).find(|attribute| attribute.kind == kind)?;
    match *attribute.body {
        [one] => Some(one.into()),
        [high, low, ..] => Some(u16::from_be_bytes([high, low])),
        [] => None,
    }
}

/// M1 to M8, M2D.
fn numbered(talk: &mut Talk, at: At, data: &[u8], fragments: usize) {
    let kind = number(data, attr::MESSAGE_TYPE).and_then(|kind| u8::try_from(kind).ok()).map(MessageType);
    let Some(kind) = kind else {
        talk.tell_marked(at, PHASE, "WSC message", "without a message type", Mark::Bad);
        return;
    };
    talk.answered();
    let mut details = Vec::new();
    if let Some(id) = number(data, attr::DEVICE_PASSWORD_ID).map(DevicePasswordId) {
        let method = crate::p2p::method(id);
        details.push(method.clone());
        talk.agreed.method = Some(method);
    }
    let error = number(data, attr::CONFIGURATION_ERROR).map(ConfigError);
    details.extend(error.filter(|error| *error != ConfigError::NO_ERROR).map(|error| error.to_string()));
    if fragments > 1 {
        details.push(format!("in {fragments} fragments"));
    }
    let step = match kind {
        MessageType::M1 => 1,
        MessageType::M2 => 2,
        MessageType::M3 => 3,
        MessageType::M4 => 4,
        MessageType::M5 => 5,
        MessageType::M6 => 6,
        MessageType::M7 => 7,
        MessageType::M8 => 8,
        _ => 0,
    };
    talk.registration.reached = talk.registration.reached.max(step);
    if kind == MessageType::M2D {
        details.push("the owner is not ready for this client".into());
        talk.tell_marked(at, PHASE, "M2D", details.join("; "), Mark::Bad);
        return;
    }
    let what = kind.to_string();
    if talk.tell(at, PHASE, &*what, details.join("; ")) {
        talk.asks(at, PHASE, &what);
    }
}

fn gives_up(talk: &mut Talk, at: At, data: &[u8]) {
    talk.answered();
    let reached = talk.registration.reached;
    let error = number(data, attr::CONFIGURATION_ERROR).map(ConfigError);
    let mut why = error.map_or_else(|| "no reason given".to_owned(), |error| error.to_string());
    if talk.registration.gave_up || talk.registration.done {
        // The other acknowledges.
        talk.tell(at, PHASE, "WSC_NACK", why);
        return;
    }
    // Which half of the PIN is proven in which message: WSC 2.0 §7.4.
    let half = match reached {
        4 => " (the first half of the PIN, or the push button of another)",
        5 => " (the first half of the PIN)",
        6 | 7 => " (the second half of the PIN)",
        _ => "",
    };
    if error.is_some_and(|error| error == ConfigError::DEVICE_PASSWORD_AUTHENTICATION_FAILURE) {
        why.push_str(half);
    }
    talk.tell_marked(at, PHASE, "WSC_NACK", &*why, Mark::Bad);
    if reached > 0 {
        why.push_str(&format!(", after M{reached}"));
    }
    talk.refuses(at.from, PHASE, &why);
    talk.registration.gave_up = true;
}

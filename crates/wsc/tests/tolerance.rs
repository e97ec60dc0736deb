//! What deployed enrollees do and the specification does not have, and what nobody may do, both in M1.

mod common;

use common::*;
use ieee80211_ies::wsc::{Attributes, DevicePasswordId, MessageType, Writer, attr};
use wsc::enrollee::{self, Password};
use wsc::registrar::{Registrar, SessionEvent, SessionInput};
use wsc::{InvalidPublicKey, Reason};

/// Octets of the EAPOL, EAP and EAP-WSC headers in front of an unfragmented message.
const HEADERS: usize = 18;

/// A session that awaits M1, and the M1 that our enrollee would send.
fn before_m1() -> (Pair, Vec<u8>) {
    let mut pair = Pair::new(Some(push_button()), Password::push_button(), 1);
    pair.tell_owner(SessionInput::Start);
    let request = pair.pdus.last().unwrap().1.clone();
    pair.tell_client(enrollee::Input::Start);
    pair.tell_client(enrollee::Input::Pdu(&request));
    let identity = pair.pdus.last().unwrap().1.clone();
    pair.tell_owner(SessionInput::Pdu(&identity));
    let start = pair.pdus.last().unwrap().1.clone();
    pair.tell_client(enrollee::Input::Pdu(&start));
    let m1 = pair.pdus.last().unwrap().1[HEADERS..].to_vec();
    (pair, m1)
}

/// What the owner says to this M1: the type of its message, or `None` for EAP-Failure.
fn answer(pair: &mut Pair, m1: &[u8]) -> Option<MessageType> {
    let mut pdu = pair.pdus.last().unwrap().1[..HEADERS].to_vec();
    let length = ((m1.len() + HEADERS - 4) as u16).to_be_bytes();
    pdu[2..4].copy_from_slice(&length);
    pdu[6..8].copy_from_slice(&length);
    pdu.extend_from_slice(m1);
    pair.tell_owner(SessionInput::Pdu(&pdu));
    let answer = &pair.pdus.last().unwrap().1;
    answer.get(27).map(|kind| MessageType(*kind))
}

fn rewritten(m1: &[u8], mut each: impl FnMut(u16, &[u8]) -> Option<Vec<u8>>) -> Vec<u8> {
    let mut out = Vec::new();
    for attribute in Attributes::new(m1) {
        if let Some(body) = each(attribute.kind, attribute.body) {
            Writer::new(&mut out).attribute(attribute.kind, &body);
        }
    }
    out
}

fn reason(pair: &Pair) -> Option<Reason> {
    pair.owner_events.iter().find_map(|event| match event {
        SessionEvent::Failed { reason, .. } => Some(*reason),
        _ => None,
    })
}

#[test]
fn peculiarities_are_tolerated() {
    let (_, m1) = before_m1();
    let attributes: Vec<_> = Attributes::new(&m1).collect();
    let mut reversed = Vec::new();
    for attribute in attributes.iter().rev() {
        Writer::new(&mut reversed).attribute(attribute.kind, attribute.body);
    }
    let mut unknown = m1.clone();
    Writer::new(&mut unknown).attribute(0x10ff, b"later").vendor_extension([1, 2, 3], b"somebody's");
    let variants = [
        ("WSC 1.0", rewritten(&m1, |kind, body| (kind != attr::VENDOR_EXTENSION).then(|| body.to_vec()))),
        ("another order", reversed),
        ("padding", [&m1[..], &[0; 7]].concat()),
        ("unknown attributes", unknown),
        (
            "no description",
            rewritten(&m1, |kind, body| {
                let kept =
                    ![attr::MANUFACTURER, attr::MODEL_NAME, attr::SERIAL_NUMBER, attr::OS_VERSION].contains(&kind);
                kept.then(|| body.to_vec())
            }),
        ),
        (
            "a name that is too long",
            rewritten(&m1, |kind, body| Some(if kind == attr::DEVICE_NAME { vec![b'x'; 100] } else { body.to_vec() })),
        ),
        (
            "a short public key",
            rewritten(&m1, |kind, body| Some(if kind == attr::PUBLIC_KEY { vec![7; 190] } else { body.to_vec() })),
        ),
    ];
    for (what, m1) in variants {
        let (mut pair, _) = before_m1();
        assert_eq!(answer(&mut pair, &m1), Some(MessageType::M2), "{what}: {:?}", reason(&pair));
    }
}

#[test]
fn an_m1_without_what_the_protocol_needs_is_refused() {
    let (_, m1) = before_m1();
    for kind in [attr::MAC_ADDRESS, attr::UUID_E, attr::ENROLLEE_NONCE, attr::PUBLIC_KEY, attr::DEVICE_PASSWORD_ID] {
        let name = attr::name(kind).unwrap();
        let (mut pair, _) = before_m1();
        assert_eq!(answer(&mut pair, &rewritten(&m1, |each, body| (each != kind).then(|| body.to_vec()))), None);
        assert_eq!(reason(&pair), Some(Reason::Missing(MessageType::M1, name)));
    }
}

#[test]
fn keys_outside_the_group_are_refused() {
    let (_, m1) = before_m1();
    let one = [&[0; 191][..], &[1]].concat();
    for (key, error) in [
        (vec![0; 192], InvalidPublicKey::Range),
        (one, InvalidPublicKey::Range),
        (vec![0xff; 192], InvalidPublicKey::Range),
        (vec![1; 193], InvalidPublicKey::Length(193)),
        (vec![], InvalidPublicKey::Length(0)),
    ] {
        let (mut pair, _) = before_m1();
        let m1 = rewritten(&m1, |kind, body| Some(if kind == attr::PUBLIC_KEY { key.clone() } else { body.to_vec() }));
        assert_eq!(answer(&mut pair, &m1), None);
        assert_eq!(reason(&pair), Some(Reason::PublicKey(error)));
    }
}

#[test]
fn unknown_passwords_are_not_tried() {
    let (_, m1) = before_m1();
    for id in [DevicePasswordId::REKEY, DevicePasswordId::NFC_CONNECTION_HANDOVER, DevicePasswordId(0x1234)] {
        let (mut pair, _) = before_m1();
        let m1 = rewritten(&m1, |kind, body| {
            Some(if kind == attr::DEVICE_PASSWORD_ID { id.0.to_be_bytes().to_vec() } else { body.to_vec() })
        });
        assert_eq!(answer(&mut pair, &m1), Some(MessageType::M2D), "{id:?}");
        assert_eq!(reason(&pair), Some(Reason::NotSelected));
    }
}

#[test]
fn attributes_that_are_cut_off_are_named_with_their_place() {
    let (mut pair, m1) = before_m1();
    assert_eq!(answer(&mut pair, &m1[..m1.len() - 1]), None);
    let Some(Reason::Malformed(error)) = reason(&pair) else { panic!("{:?}", pair.owner_events) };
    assert_eq!(error.offset, m1.len() - 10, "the vendor extension is the last attribute");

    let mut registrar = Registrar::new(device(OWNER, "owner"), false);
    let input = wsc::registrar::Input::ProbeRequest {
        source: CLIENT,
        wsc: &[0x10, 0x4a, 0, 1, 0x10, 0x10],
        p2p_wildcard: false,
    };
    assert_eq!(registrar.handle_input(ms(0), input).unwrap_err().offset, 5);
}

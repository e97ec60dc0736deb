use std::vec;
use std::vec::Vec;

use proptest::collection::vec as vec_of;
use proptest::prelude::*;

use super::*;
use crate::p2p::{self, Attribute, P2p};

/// The layout of Wi-Fi P2P v1.7 §4.2.9: category 4, action 9, OUI 50:6F:9A, type 9, subtype, dialog token, elements.
#[test]
fn a_go_negotiation_request_octet_by_octet() {
    let peer = MacAddr([2, 0, 0, 0, 0, 2]);
    let own = MacAddr([2, 0, 0, 0, 0, 1]);
    let mut elements = Vec::new();
    p2p::emit(&[Attribute::Status(p2p::Status::SUCCESS)], &mut elements);
    let request = Action::P2pPublic {
        subtype: P2pPublicSubtype::GO_NEGOTIATION_REQUEST,
        dialog_token: 1,
        elements: Elements::new(&elements),
    };
    let frame = Frame::new(peer, own, peer, Body::Action(request));
    let bytes = frame.to_vec();
    let mut expected = vec![0xd0, 0, 0, 0, 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0, 0];
    expected.extend_from_slice(&[4, 9, 0x50, 0x6f, 0x9a, 9, 0, 1]);
    expected.extend_from_slice(&[0xdd, 8, 0x50, 0x6f, 0x9a, 9, 0, 1, 0, 0]);
    assert_eq!(bytes, expected);
    assert_eq!(Frame::parse(&bytes), Ok(frame));
    let p2p = P2p::find(frame.body.elements()).unwrap().unwrap();
    assert_eq!(p2p.status(), Some(p2p::Status::SUCCESS));
}

#[test]
fn a_go_discoverability_request() {
    let bytes = [0x7f, 0x50, 0x6f, 0x9a, 9, 3, 0];
    let action = Action::parse(&bytes).unwrap();
    let subtype = P2pSubtype::GO_DISCOVERABILITY_REQUEST;
    assert_eq!(action, Action::P2p { subtype, dialog_token: 0, elements: Elements::default() });
    assert_eq!(action.to_vec(), bytes);
}

#[test]
fn vendor_frames_of_others_stay_opaque() {
    for bytes in [&[4, 9, 0x50, 0x6f, 0x9a, 0x14, 1][..], &[0x7f, 0x00, 0x50, 0xf2, 9, 0, 0], &[4, 9], &[4], &[0x7f]] {
        let action = Action::parse(bytes).unwrap();
        assert!(matches!(action, Action::Other { .. }), "{action:?}");
        assert_eq!(action.to_vec(), bytes);
    }
    assert_eq!(Action::parse(&[4, 9, 0x50, 0x6f, 0x9a, 9, 0]).unwrap_err().offset, 7);
    assert_eq!(Action::parse(&[]).unwrap_err().rule, Rule::TooShort);
}

/// What looks like a GO Negotiation Request under category 9 is none: nobody has said who sent it.
#[test]
fn protected_dual_frames_are_not_read_as_what_they_protect() {
    let bytes = [9, 9, 0x50, 0x6f, 0x9a, 9, 0, 1, 0xdd, 8, 0x50, 0x6f, 0x9a, 9, 0, 1, 0, 0];
    let action = Action::parse(&bytes).unwrap();
    assert_eq!(action, Action::ProtectedDual { body: &bytes[1..] });
    assert!(action.elements().is_empty());
    assert_eq!(action.to_vec(), bytes);
}

/// IEEE 802.11-2020 §9.6.7.12: category, action, dialog token, Advertisement Protocol element, length, query.
#[test]
fn a_gas_initial_request() {
    let bytes = [4, 10, 7, 108, 2, 0, 0, 3, 0, 1, 2, 3];
    let protocol = AdvertisementProtocol::ANQP_REQUEST;
    let gas = Gas::InitialRequest { dialog_token: 7, protocol, query: &[1, 2, 3] };
    assert_eq!(Action::parse(&bytes), Ok(Action::Gas(gas)));
    assert_eq!(Action::Gas(gas).to_vec(), bytes);
    assert_eq!(
        Action::parse(&bytes[..11]).unwrap_err(),
        Malformed { offset: 9, what: "GAS frame", rule: Rule::TooShort }
    );
    assert_eq!(Action::parse(&[4, 10, 7, 107, 2, 0, 0, 0, 0]).unwrap_err().rule, Rule::InvalidValue);
}

#[test]
fn only_management_frames() {
    let mut bytes = [0; 24];
    for control in [0x08, 0x04, 0x01] {
        bytes[0] = control;
        assert_eq!(Frame::parse(&bytes).unwrap_err().rule, Rule::InvalidValue);
    }
}

#[test]
fn an_ht_control_field_is_not_the_body() {
    let mut bytes = vec![0; 24];
    bytes[..2].copy_from_slice(&[0xc0, 0x80]);
    bytes.extend_from_slice(&[1, 2, 3, 4, 7, 0]);
    let frame = Frame::parse(&bytes).unwrap();
    assert_eq!(frame.header.ht_control, Some([1, 2, 3, 4]));
    let reason = ReasonCode::CLASS_3_FRAME_FROM_NONASSOCIATED;
    assert_eq!(frame.body, Body::Deauthentication { reason, elements: Elements::default() });
    assert_eq!(frame.to_vec(), bytes);
}

#[test]
fn a_group_address_sends_nothing() {
    let body = Body::Deauthentication { reason: ReasonCode(1), elements: Elements::default() };
    let group = MacAddr([0x33, 0x33, 0, 0, 0, 1]);
    assert!(Frame::new(MacAddr::ZERO, group, group, body).has_group_source());
    assert!(!Frame::new(group, MacAddr::ZERO, group, body).has_group_source());
}

#[test]
fn fixed_fields_cut_off() {
    for (subtype, len) in
        [(0, 4), (1, 6), (2, 10), (3, 6), (4, 0), (5, 12), (8, 12), (10, 2), (11, 6), (12, 2), (13, 1)]
    {
        let bytes = vec![0; len];
        assert!(Body::parse(Subtype(subtype), &bytes).is_ok(), "{subtype}");
        if let Some(short) = len.checked_sub(1) {
            assert_eq!(Body::parse(Subtype(subtype), &bytes[..short]).unwrap_err().rule, Rule::TooShort);
        }
    }
}

fn action(bytes: &[u8], choice: u8, kind: u8, [a, b]: [u16; 2]) -> Action<'_> {
    let (elements, dialog_token) = (Elements::new(bytes), choice);
    let (protocol, status) = (AdvertisementProtocol { query_response_info: kind, id: choice }, StatusCode(a));
    let (comeback_delay, response) = (b, bytes);
    match choice % 7 {
        0 => Action::P2pPublic { subtype: P2pPublicSubtype(kind), dialog_token, elements },
        1 => Action::P2p { subtype: P2pSubtype(kind), dialog_token, elements },
        2 => Action::Gas(Gas::InitialRequest { dialog_token, protocol, query: bytes }),
        3 => Action::Gas(Gas::InitialResponse { dialog_token, status, comeback_delay, protocol, response }),
        4 => Action::Gas(Gas::ComebackRequest { dialog_token }),
        5 => {
            let (fragment, more) = (kind & 0x7f, kind & 0x80 != 0);
            let gas =
                Gas::ComebackResponse { dialog_token, status, fragment, more, comeback_delay, protocol, response };
            Action::Gas(gas)
        }
        // A category that no other variant claims.
        _ => Action::Other { category: category::SA_QUERY, body: bytes },
    }
}

/// Any body, its bytes being `bytes` from the elements on.
pub(crate) fn body(bytes: &[u8], choice: u8, [a, b, c]: [u16; 3], timestamp: u64) -> Body<'_> {
    let elements = Elements::new(bytes);
    match choice % 13 {
        0 => Body::AssociationRequest { capability: a, listen_interval: b, elements },
        1 => Body::AssociationResponse { capability: a, status: StatusCode(b), aid: c & AID_MASK, elements },
        2 => {
            let current_ap = MacAddr([c as u8; 6]);
            Body::ReassociationRequest { capability: a, listen_interval: b, current_ap, elements }
        }
        3 => Body::ReassociationResponse { capability: a, status: StatusCode(b), aid: c & AID_MASK, elements },
        4 => Body::ProbeRequest { elements },
        5 => Body::ProbeResponse { timestamp, interval: a, capability: b, elements },
        6 => Body::Beacon { timestamp, interval: a, capability: b, elements },
        7 => Body::Disassociation { reason: ReasonCode(a), elements },
        8 => {
            let algorithm = AuthenticationAlgorithm(a);
            Body::Authentication { algorithm, transaction: b, status: StatusCode(c), elements }
        }
        9 => Body::Deauthentication { reason: ReasonCode(a), elements },
        10 => Body::Action(action(bytes, a as u8, b as u8, [b, c])),
        11 => Body::ActionNoAck(action(bytes, a as u8, b as u8, [b, c])),
        _ => Body::Other { subtype: Subtype([6, 7, 9, 15][usize::from(a % 4)]), body: bytes },
    }
}

proptest! {
    #[test]
    fn reading_what_was_written_gives_the_same(
        (addresses, duration, sequence, flags) in any::<([[u8; 6]; 3], u16, u16, u16)>(),
        (choice, numbers, timestamp, ht_control) in any::<(u8, [u16; 3], u64, Option<[u8; 4]>)>(),
        bytes in vec_of(any::<u8>(), 0..300),
    ) {
        let [destination, source, bssid] = addresses.map(MacAddr);
        let mut frame = Frame::new(destination, source, bssid, body(&bytes, choice, numbers, timestamp));
        let order = if ht_control.is_some() { FrameControl::HTC } else { 0 };
        frame.header.frame_control.0 |= flags & 0x7f00 | order;
        (frame.header.duration, frame.header.sequence, frame.header.ht_control) = (duration, sequence, ht_control);
        let bytes = frame.to_vec();
        prop_assert_eq!(Frame::parse(&bytes), Ok(frame));
    }

    #[test]
    fn arbitrary_bytes_do_no_harm(bytes in vec_of(any::<u8>(), 0..200), subtype in 0..16u8) {
        let _ = Frame::parse(&bytes);
        let _ = Body::parse(Subtype(subtype), &bytes).map(|body| std::format!("{body:?}"));
        if let Ok(action) = Action::parse(&bytes) {
            let again = action.to_vec();
            prop_assert_eq!(Action::parse(&again), Ok(action));
        }
    }
}

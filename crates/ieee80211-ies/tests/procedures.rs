//! All procedures of Wi-Fi Direct as Debian's wpa_supplicant does them (`data/procedures.pcapng`): every frame is read, and written again
//! octet by octet.

mod common;

use std::collections::BTreeSet;

use ieee80211_ies::frame::{Action, Body, Frame, Gas};
use ieee80211_ies::p2p::P2p;
use ieee80211_ies::p2p::service::{self, Message, protocol};
use ieee80211_ies::wfd::{self, Wfd};
use ieee80211_ies::wsc::{self, Wsc};
use ieee80211_ies::{Elements, check, emit_element, id, p2p};

/// The frames behind their radiotap headers.
fn frames() -> Vec<&'static [u8]> {
    let packets = common::read_pcapng(include_bytes!("data/procedures.pcapng"), common::LINKTYPE_RADIOTAP);
    let stripped = packets.into_iter().map(|packet| &packet[usize::from(u16::from_le_bytes([packet[2], packet[3]]))..]);
    stripped.collect()
}

fn management() -> Vec<Frame<'static>> {
    let frames = frames().into_iter().filter(|frame| frame[0] & 0x0c == 0);
    frames.map(|frame| Frame::parse(frame).unwrap_or_else(|error| panic!("{error}: {frame:02x?}"))).collect()
}

/// The elements written again, from their typed bodies where there is such a type. wpa_supplicant puts Advertised Service into a P2P element
/// of its own, so that each is read by itself here; that they join to the same attributes is asserted, too.
fn written_again(elements: Elements<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    let mut attributes = 0;
    for element in elements {
        let Some((oui, kind, rest)) = element.vendor() else {
            let mut body = Vec::from_iter(element.extension);
            body.extend_from_slice(element.body);
            emit_element(element.id, &body, &mut out);
            continue;
        };
        match (oui, kind) {
            (ieee80211_ies::OUI_WFA, p2p::OUI_TYPE) => {
                let typed = P2p::parse(rest).unwrap().to_attributes();
                let unknown = typed.iter().find(|each| matches!(each, p2p::Attribute::Unknown { .. }));
                assert_eq!(unknown, None, "an attribute that has no type");
                attributes += typed.len();
                p2p::emit(&typed, &mut out);
            }
            (ieee80211_ies::OUI_MICROSOFT, wsc::OUI_TYPE) => {
                let mut body = Vec::new();
                for attribute in Wsc::parse(rest).unwrap().attributes() {
                    wsc::Writer::new(&mut body).attribute(attribute.kind, attribute.body);
                }
                wsc::emit_element(&body, &mut out);
            }
            (ieee80211_ies::OUI_WFA, wfd::OUI_TYPE) => {
                wfd::emit(&Wfd::parse(rest).unwrap().subelements().collect::<Vec<_>>(), &mut out);
            }
            _ => emit_element(id::VENDOR_SPECIFIC, &[&oui[..], &[kind], rest].concat(), &mut out),
        }
    }
    assert_eq!(elements.p2p().unwrap().map_or(0, |joined| joined.to_attributes().len()), attributes);
    out
}

#[test]
fn every_frame_is_written_as_it_was_read() {
    let mut seen = 0;
    for bytes in frames().into_iter().filter(|frame| frame[0] & 0x0c == 0) {
        let frame = Frame::parse(bytes).unwrap();
        assert_eq!(frame.to_vec(), bytes, "{frame:?}");
        let elements = frame.body.elements();
        assert_eq!(check(elements.bytes()), Ok(()), "{frame:?}");
        assert_eq!(written_again(elements), elements.bytes(), "{frame:?}");
        seen += 1;
    }
    assert!(seen > 150, "{seen}");
}

#[test]
fn every_procedure_is_there() {
    let frames = management();
    let mut public = BTreeSet::new();
    let mut member = BTreeSet::new();
    let mut methods = BTreeSet::new();
    for frame in &frames {
        match frame.body {
            Body::Action(Action::P2pPublic { subtype, elements, .. }) => {
                public.insert(subtype.0);
                let wsc = elements.wsc().unwrap();
                methods.extend(wsc.and_then(|wsc| wsc.device_password_id()).map(|id| id.0));
            }
            Body::Action(Action::P2p { subtype, .. }) => {
                member.insert(subtype.0);
            }
            _ => {}
        }
    }
    // GO negotiation, invitation, provision discovery; presence; push button and both sides of a PIN.
    assert!([0, 1, 2, 3, 4, 7, 8].iter().all(|subtype| public.contains(subtype)), "{public:?}");
    assert!([1, 2].iter().all(|subtype| member.contains(subtype)), "{member:?}");
    assert!([1, 4, 5].iter().all(|id| methods.contains(id)), "{methods:?}");
    let of_wfd = frames.iter().filter(|frame| Wfd::find(frame.body.elements()).unwrap().is_some());
    assert!(of_wfd.count() > 10);
    let p2p = || frames.iter().filter_map(|frame| frame.body.elements().p2p().unwrap());
    assert!(p2p().any(|p2p| p2p.service_hash().is_some()), "a search for a service");
    assert!(p2p().any(|p2p| p2p.advertised_service().is_some()), "a service that was found");
    assert!(p2p().any(|p2p| p2p.session_id().is_some() && p2p.advertisement_id().is_some()), "a session of P2PS");
}

#[test]
fn service_discovery_of_every_kind() {
    let (mut asked, mut answered, mut told) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    for frame in management() {
        match frame.body {
            Body::Action(Action::Gas(Gas::InitialRequest { query, .. })) => {
                let message = Message::find(query).unwrap().unwrap();
                let requests: Vec<_> = message.requests().collect::<Result<_, _>>().unwrap();
                asked.extend(requests.iter().map(|request| request.protocol));
                for request in &requests {
                    assert_eq!(request.content().unwrap().to_bytes(), request.query);
                }
                let mut again = Vec::new();
                service::emit_requests(message.update_indicator, &requests, &mut again);
                assert_eq!(again, query);
            }
            Body::Action(Action::Gas(Gas::InitialResponse { response, .. })) => {
                let message = Message::find(response).unwrap().unwrap();
                let responses: Vec<_> = message.responses().collect::<Result<_, _>>().unwrap();
                answered.extend(responses.iter().filter(|each| each.status == 0).map(|each| each.protocol));
                for response in responses.iter().filter(|each| each.status == 0) {
                    let content = response.content().unwrap();
                    assert_eq!(content.to_bytes(), response.data);
                    told.push(format!("{content:?}"));
                }
                let mut again = Vec::new();
                service::emit_responses(message.update_indicator, &responses, &mut again);
                assert_eq!(again, response);
            }
            _ => {}
        }
    }
    let kinds = [protocol::BONJOUR, protocol::UPNP, protocol::WIFI_DISPLAY, protocol::P2PS];
    assert!(kinds.iter().all(|kind| asked.contains(kind)), "{asked:?}");
    // wpa_supplicant has no WS-Discovery of its own, and says so.
    assert!(asked.contains(&protocol::ALL) && asked.contains(&protocol::WS_DISCOVERY), "{asked:?}");
    assert!(kinds.iter().all(|kind| answered.contains(kind)), "{answered:?}");
    let told = told.join("\n");
    assert!(
        ["_afpovertcp._tcp.local", "Upnp", "WifiDisplay", "P2psService"].iter().all(|each| told.contains(each)),
        "{told}"
    );
}

/// The messages M1 to M8 of every registration, behind LLC/SNAP, EAPOL and EAP headers.
#[test]
fn registrations() {
    let mut kinds = Vec::new();
    for frame in frames().into_iter().filter(|frame| frame[0] & 0x0c == 8 && frame[1] & 0x40 == 0) {
        let header = if frame[0] & 0x80 != 0 { 26 } else { 24 };
        let pdu = &frame[header + 8..];
        if pdu[1] != 0 || pdu.len() < 18 || pdu[8] != 254 || pdu[16] < 2 {
            continue;
        }
        let end = 4 + usize::from(u16::from_be_bytes([pdu[2], pdu[3]]));
        let message = Wsc::parse(&pdu[18..end]).unwrap();
        kinds.extend(message.message_type().map(|kind| kind.to_string()));
        let mut again = Vec::new();
        for attribute in message.attributes() {
            wsc::Writer::new(&mut again).attribute(attribute.kind, attribute.body);
        }
        assert_eq!(again, message.bytes());
    }
    let count = |kind: &str| kinds.iter().filter(|each| *each == kind).count();
    // By push button, by PIN into a running group, by PIN; and one with a PIN that is wrong.
    assert_eq!([count("M1"), count("M8"), count("WSC_Done"), count("WSC_NACK")], [4, 3, 3, 1], "{kinds:?}");
}

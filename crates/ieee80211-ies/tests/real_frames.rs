//! Frames that deployed devices sent: Debian's wpa_supplicant (see `data/README.md`), and what a bug report shows.

mod common;

use ieee80211_ies::bss::{DsssParameterSet, ExtendedCapabilities, Tim};
use ieee80211_ies::channel_switch::{ChannelSwitch, ExtendedChannelSwitch};
use ieee80211_ies::frame::{
    Action, AuthenticationAlgorithm, Body, Frame, Gas, P2pPublicSubtype, P2pSubtype, ReasonCode, StatusCode, capability,
};
use ieee80211_ies::p2p::service::{self, Message};
use ieee80211_ies::p2p::{self, Capability, ClientInfo, GroupOwnerIntent, P2p, Status};
use ieee80211_ies::rsn::Rsn;
use ieee80211_ies::wfd::{DeviceInformation, Wfd};
use ieee80211_ies::wsc::{
    self, ConfigMethods, DevicePasswordId, DeviceType, MessageType, RequestType, ResponseType, Wsc, WscState,
};
use ieee80211_ies::{Elements, MacAddr, check, emit_element, ht, id, rates, wmm};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

const OWNER: MacAddr = MacAddr([2, 0, 0, 0, 0, 0]);
const CLIENT: MacAddr = MacAddr([2, 0, 0, 0, 1, 0]);
const LAPTOP: DeviceType = DeviceType::wfa(1, 1);
const TELEPHONE: DeviceType = DeviceType::wfa(10, 5);

fn capture() -> Vec<&'static [u8]> {
    common::read(include_bytes!("data/formation.pcap"))
}

fn is_management(frame: &[u8]) -> bool {
    frame[0] & 0x0c == 0
}

fn management() -> Vec<Frame<'static>> {
    capture().into_iter().filter(|frame| is_management(frame)).map(|frame| Frame::parse(frame).unwrap()).collect()
}

/// The elements of the first P2P Public Action frame of this kind, and who sent it.
fn public_action(wanted: P2pPublicSubtype, source: MacAddr) -> (u8, Elements<'static>) {
    let all = management();
    let mut found = all.iter().filter(|frame| frame.header.source == source).filter_map(|frame| match frame.body {
        Body::Action(Action::P2pPublic { subtype, dialog_token, elements }) if subtype == wanted => {
            Some((dialog_token, elements))
        }
        _ => None,
    });
    found.next().unwrap()
}

#[test]
fn every_frame_is_written_as_it_was_read() {
    let capture = capture();
    assert_eq!(capture.len(), 56);
    for bytes in capture.into_iter().filter(|frame| is_management(frame)) {
        let frame = Frame::parse(bytes).unwrap();
        assert_eq!(frame.to_vec(), bytes, "{frame:?}");
        assert_eq!(check(frame.body.elements().bytes()), Ok(()), "{frame:?}");
    }
}

#[test]
fn every_p2p_element_is_written_as_it_was_read() {
    let mut attributes = 0;
    for frame in management() {
        let elements = frame.body.elements();
        let Some(p2p) = elements.p2p().unwrap() else { continue };
        let owned = p2p.to_attributes();
        attributes += owned.len();
        let mut bytes = Vec::new();
        p2p::emit_attributes(&owned, &mut bytes);
        assert_eq!(bytes, p2p.bytes(), "{p2p:?}");
        assert!(!owned.iter().any(|attribute| matches!(attribute, p2p::Attribute::Unknown { .. })), "{owned:?}");
    }
    assert!(attributes > 80, "{attributes}");
}

#[test]
fn go_negotiation() {
    let (token, elements) = public_action(P2pPublicSubtype::GO_NEGOTIATION_REQUEST, OWNER);
    let request = elements.p2p().unwrap().unwrap();
    assert_ne!(token, 0);
    let intent = request.group_owner_intent().unwrap();
    assert_eq!(intent.intent, 9);
    let group = p2p::group_capability::PERSISTENT_GROUP
        | p2p::group_capability::PERSISTENT_RECONNECT
        | p2p::group_capability::INTRA_BSS_DISTRIBUTION;
    let device = p2p::device_capability::SERVICE_DISCOVERY
        | p2p::device_capability::CONCURRENT_OPERATION
        | p2p::device_capability::INVITATION_PROCEDURE;
    assert_eq!(request.capability(), Some(Capability { device, group }));
    let timeout = request.configuration_timeout().unwrap();
    assert_eq!((timeout.group_owner, timeout.client), (100, 20));
    assert_eq!(request.intended_interface_address(), Some(OWNER));
    assert_eq!(request.listen_channel().unwrap().class, 81);
    assert_eq!(request.operating_channel().unwrap().country, *b"DE\x04");
    let channels = request.channel_list().unwrap();
    assert!(channels.contains(81, 13) && channels.contains(115, 48) && !channels.contains(81, 14));
    let info = request.device_info().unwrap();
    assert_eq!((info.address, info.primary, info.name.as_bytes()), (OWNER, LAPTOP, &b"Device 0"[..]));
    assert_eq!(info.secondary.len(), 0);
    assert_eq!(info.config_methods, ConfigMethods::PUSH_BUTTON, "the one that was chosen");
    assert_eq!(elements.wsc().unwrap().unwrap().device_password_id(), Some(DevicePasswordId::PUSH_BUTTON));

    let (answered, elements) = public_action(P2pPublicSubtype::GO_NEGOTIATION_RESPONSE, CLIENT);
    let response = elements.p2p().unwrap().unwrap();
    assert_eq!((answered, response.status()), (token, Some(Status::SUCCESS)));
    let tie_breaker = !intent.tie_breaker;
    assert_eq!(response.group_owner_intent(), Some(GroupOwnerIntent { intent: 3, tie_breaker }));
    assert_eq!(response.device_info().unwrap().secondary.iter().collect::<Vec<_>>(), [DeviceType::wfa(8, 2)]);

    let (confirmed, elements) = public_action(P2pPublicSubtype::GO_NEGOTIATION_CONFIRMATION, OWNER);
    let confirmation = elements.p2p().unwrap().unwrap();
    assert_eq!((confirmed, confirmation.status()), (token, Some(Status::SUCCESS)));
    let group = confirmation.group_id().unwrap();
    assert_eq!((group.device_address, group.ssid.as_bytes()), (OWNER, &b"DIRECT-GF"[..]));

    // The first request met a device that was not ready.
    let (_, elements) = public_action(P2pPublicSubtype::GO_NEGOTIATION_RESPONSE, OWNER);
    assert_eq!(elements.p2p().unwrap().unwrap().status(), Some(Status::INFORMATION_UNAVAILABLE));
}

#[test]
fn provision_discovery() {
    let (token, elements) = public_action(P2pPublicSubtype::PROVISION_DISCOVERY_REQUEST, OWNER);
    assert_eq!(elements.p2p().unwrap().unwrap().device_info().unwrap().name.to_string(), "Device 0");
    assert_eq!(elements.wsc().unwrap().unwrap().config_methods(), Some(ConfigMethods::PUSH_BUTTON));
    let wfd = Wfd::find(elements).unwrap().unwrap();
    let information = DeviceInformation { bitmap: 0x0011, control_port: 7236, max_throughput: 50 };
    assert_eq!(wfd.device_information(), Some(information));
    let (answered, elements) = public_action(P2pPublicSubtype::PROVISION_DISCOVERY_RESPONSE, CLIENT);
    assert_eq!(answered, token);
    assert!(elements.p2p().unwrap().is_none());
    assert_eq!(elements.wsc().unwrap().unwrap().config_methods(), Some(ConfigMethods::PUSH_BUTTON));
}

#[test]
fn invitation() {
    let (token, elements) = public_action(P2pPublicSubtype::INVITATION_REQUEST, OWNER);
    let request = elements.p2p().unwrap().unwrap();
    assert_eq!(request.invitation_flags(), Some(p2p::invitation_flags::PERSISTENT));
    assert_eq!(request.group_id().unwrap().ssid.to_string(), "DIRECT-GF");
    assert_eq!(request.group_bssid(), Some(OWNER));
    let (answered, elements) = public_action(P2pPublicSubtype::INVITATION_RESPONSE, CLIENT);
    assert_eq!((answered, elements.p2p().unwrap().unwrap().status()), (token, Some(Status::SUCCESS)));
}

#[test]
fn probes() {
    let mut requests = 0;
    let mut responses = 0;
    for frame in management() {
        match frame.body {
            Body::ProbeRequest { elements } if elements.p2p().unwrap().is_some() => {
                requests += 1;
                let wsc = elements.wsc().unwrap().unwrap();
                let request_type = wsc.request_type().unwrap();
                assert!(matches!(request_type, RequestType::ENROLLEE | RequestType::ENROLLEE_INFO_ONLY));
                assert_eq!((wsc.version(), wsc.version2()), (Some(wsc::VERSION_1_0), Some(wsc::VERSION_2_0)));
                assert!(elements.rates().all(|rate| !rate.is_dsss()));
            }
            Body::ProbeResponse { interval, elements, .. } => {
                let p2p = elements.p2p().unwrap().unwrap();
                let info = p2p.device_info().unwrap();
                assert_eq!((interval, info.address), (100, frame.header.source));
                if elements.ssid().unwrap().unwrap().as_bytes() == p2p::WILDCARD_SSID {
                    responses += 1;
                    let wsc = elements.wsc().unwrap().unwrap();
                    assert_eq!(wsc.device_name(), Some(info.name.as_bytes()));
                    assert_eq!((wsc.manufacturer(), wsc.serial_number()), (Some(&b"Maker"[..]), Some(&b"42"[..])));
                    assert_eq!(wsc.wsc_state(), Some(WscState::NOT_CONFIGURED));
                    assert_eq!(elements.rates().collect::<Vec<_>>(), rates::P2P_RATES);
                }
            }
            _ => {}
        }
    }
    assert!(requests > 3 && responses == 3, "{requests} {responses}");
}

#[test]
fn the_beacon_of_the_group() {
    let frames = management();
    let mut beacons = frames.iter().filter_map(|frame| match frame.body {
        Body::Beacon { capability, elements, .. } => Some((capability, elements)),
        _ => None,
    });
    let (bits, forming) = beacons.next().unwrap();
    assert_eq!(bits & (capability::ESS | capability::PRIVACY), capability::ESS | capability::PRIVACY);
    let rsn = forming.get::<Rsn<'_>>().unwrap().unwrap();
    let canned = ieee80211_ies::rsn::wpa2_psk_ccmp();
    assert_eq!((rsn.group, rsn.pairwise, rsn.akms), (canned.group, canned.pairwise, canned.akms));
    assert_eq!(forming.get::<ht::Operation>().unwrap().unwrap().primary_channel, 153);
    assert!(forming.get::<ht::Capabilities>().unwrap().is_some());
    assert_eq!(forming.get::<DsssParameterSet>(), Ok(Some(DsssParameterSet { channel: 153 })));
    let tim = forming.get::<Tim<'_>>().unwrap().unwrap();
    assert_eq!((tim.dtim_count, tim.dtim_period, tim.bitmap), (0, 2, &[0][..]));
    assert!(forming.get::<ExtendedCapabilities<'_>>().unwrap().is_some());
    let parameter = wmm::Parameter::find(forming).unwrap().unwrap();
    assert_eq!(parameter.categories, wmm::Parameter::default().categories);
    let wsc = forming.wsc().unwrap().unwrap();
    assert_eq!(wsc.selected_registrar(), Some(true));
    assert_eq!(wsc.device_password_id(), Some(DevicePasswordId::PUSH_BUTTON));
    let owner = forming.p2p().unwrap().unwrap();
    assert_eq!(owner.device_id(), Some(OWNER));
    assert_ne!(owner.capability().unwrap().group & p2p::group_capability::GROUP_FORMATION, 0);

    let (_, running) = beacons.next().unwrap();
    assert_eq!(running.p2p().unwrap().unwrap().capability().unwrap().group & p2p::group_capability::GROUP_FORMATION, 0);
    assert_eq!(running.get::<ChannelSwitch>(), Ok(None));
    let (_, moving) = beacons.next().unwrap();
    let switch = ChannelSwitch { block_transmission: false, channel: 44, count: 4 };
    assert_eq!(moving.get::<ChannelSwitch>(), Ok(Some(switch)));
    let switch = moving.get::<ExtendedChannelSwitch>().unwrap().unwrap();
    assert_eq!((switch.class, switch.channel, switch.count), (115, 44, 4));
}

#[test]
fn the_clients_of_the_group() {
    let frames = management();
    let groups: Vec<_> = frames.iter().filter_map(|frame| frame.body.elements().p2p().unwrap()).collect();
    let lists: Vec<_> = groups.iter().filter_map(P2p::group_info).collect();
    let clients: Vec<ClientInfo<'_>> = lists.iter().flat_map(|list| list.clients()).collect();
    let [client] = clients[..] else { panic!("{clients:?}") };
    assert_eq!((client.device_address, client.interface_address), (CLIENT, CLIENT));
    assert_eq!((client.primary, client.name.as_bytes()), (TELEPHONE, &b"Device 1"[..]));
    assert_eq!(client.secondary.iter().collect::<Vec<_>>(), [DeviceType::wfa(8, 2)]);
    assert_ne!(client.device_capability & p2p::device_capability::CLIENT_DISCOVERABILITY, 0);
}

#[test]
fn authentication_association_and_the_end() {
    let frames = management();
    let mut association_requests = 0;
    for frame in &frames {
        match frame.body {
            Body::Authentication { algorithm, transaction, status, elements } => {
                assert_eq!((algorithm, status), (AuthenticationAlgorithm::OPEN_SYSTEM, StatusCode::SUCCESS));
                assert_eq!(transaction, if frame.header.source == CLIENT { 1 } else { 2 });
                assert!(elements.is_empty());
            }
            Body::AssociationRequest { elements, .. } => {
                association_requests += 1;
                // First to be provisioned, then with the key.
                let [rsn, wsc] = [elements.find(id::RSN).is_some(), elements.wsc().unwrap().is_some()];
                assert_eq!((rsn, wsc), (association_requests == 2, association_requests == 1));
                assert_eq!(elements.p2p().unwrap().unwrap().device_info().unwrap().name.to_string(), "Device 1");
            }
            Body::AssociationResponse { status, aid, elements, .. } => {
                assert_eq!((status, aid), (StatusCode::SUCCESS, 1));
                let response_type = elements.wsc().unwrap().and_then(|wsc| wsc.response_type());
                assert!(matches!(response_type, None | Some(ResponseType::AP)));
            }
            Body::Deauthentication { reason, .. } => {
                let reasons = [ReasonCode::INVALID_AUTHENTICATION, ReasonCode::LEAVING_NETWORK_DEAUTH];
                assert!(reasons.contains(&reason), "{reason:?}");
            }
            _ => {}
        }
    }
    assert_eq!(association_requests, 2);
}

#[test]
fn presence() {
    let frames = management();
    let actions: Vec<_> = frames
        .iter()
        .filter_map(|frame| match frame.body {
            Body::Action(Action::P2p { subtype, elements, .. }) => Some((subtype, elements.p2p().unwrap().unwrap())),
            _ => None,
        })
        .collect();
    let [(P2pSubtype::PRESENCE_REQUEST, request), (P2pSubtype::PRESENCE_RESPONSE, response)] = &actions[..] else {
        panic!("{actions:?}")
    };
    let wish = request.notice_of_absence().unwrap().descriptors().next().unwrap();
    assert_eq!((wish.duration, wish.interval), (30_000, 102_400));
    assert_eq!(response.status(), Some(Status::UNABLE_TO_ACCOMMODATE));
    assert_eq!(response.notice_of_absence().unwrap().descriptors().count(), 0);
}

#[test]
fn service_discovery() {
    let frames = management();
    let gas: Vec<_> = frames
        .iter()
        .filter_map(|frame| match frame.body {
            Body::Action(Action::Gas(gas)) => Some(gas),
            _ => None,
        })
        .collect();
    let [Gas::InitialRequest { query, .. }, Gas::InitialResponse { status, response, .. }] = gas[..] else {
        panic!("{gas:?}")
    };
    let question = Message::find(query).unwrap().unwrap();
    let requests: Vec<_> = question.requests().collect::<Result<_, _>>().unwrap();
    assert_eq!(requests, [service::Request { protocol: service::protocol::ALL, transaction: 1, query: &[] }]);
    assert_eq!(status, StatusCode::SUCCESS);
    let answer = Message::find(response).unwrap().unwrap();
    assert_eq!(answer.update_indicator, 2);
    let responses: Vec<_> = answer.responses().collect::<Result<_, _>>().unwrap();
    let [bonjour, upnp] = responses[..] else { panic!("{responses:?}") };
    assert_eq!((bonjour.protocol, bonjour.status), (service::protocol::BONJOUR, service::status::SUCCESS));
    assert!(upnp.protocol == service::protocol::UPNP && upnp.data.ends_with(b"::upnp:rootdevice"));
    // Written anew it is the same.
    let mut again = Vec::new();
    service::emit_responses(answer.update_indicator, &responses, &mut again);
    assert_eq!(again, response);
}

/// Reads everything that there is to read in a frame; what comes out does not matter.
fn exercise(bytes: &[u8]) {
    let _ = check(bytes.get(24..).unwrap_or_default());
    let Ok(frame) = Frame::parse(bytes) else { return };
    let written = frame.to_vec();
    assert_eq!(Frame::parse(&written), Ok(frame));
    let elements = frame.body.elements();
    let _ = (elements.ssid(), elements.rates().count(), elements.has_dsss_rates_only());
    let _ = (elements.get::<Rsn<'_>>(), elements.get::<ht::Operation>(), elements.get::<ChannelSwitch>());
    let _ = elements.get::<Tim<'_>>().map(|tim| tim.map(|tim| tim.holds_for(1)));
    let _ = (wmm::Parameter::find(elements), wmm::Information::find(elements));
    let _ = Wfd::find(elements).map(|wfd| wfd.map(|wfd| (wfd.device_information(), wfd.associated_bssid())));
    if let Ok(Some(p2p)) = elements.p2p() {
        let owned = p2p.to_attributes();
        assert_eq!(owned.len(), p2p.attributes().count());
        let mut again = Vec::new();
        p2p::emit_attributes(&owned, &mut again);
        assert_eq!(P2p::parse(&again).unwrap().to_attributes(), owned);
    }
    if let Ok(Some(wsc)) = elements.wsc() {
        let _ = (wsc.authorized_macs().count(), wsc.credentials().count(), format!("{wsc:?}"));
    }
    if let Body::Action(Action::Gas(
        Gas::InitialRequest { query: data, .. } | Gas::InitialResponse { response: data, .. },
    )) = frame.body
        && let Ok(Some(message)) = Message::find(data)
    {
        let _ = (message.requests().count(), message.responses().count());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]
    #[test]
    fn damaged_frames_do_no_harm(
        frame: Index,
        changes in vec((any::<Index>(), any::<u8>()), 0..6),
        cut in prop::option::of(any::<Index>()),
    ) {
        let capture = capture();
        let mut bytes = capture[frame.index(capture.len())].to_vec();
        for (place, value) in changes {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        exercise(&bytes);
    }
}

/// The WSC messages of the EAP exchange: behind LLC/SNAP, EAPOL header, EAP header with expanded type, opcode and flags.
fn wsc_messages() -> Vec<Wsc<'static>> {
    let mut messages = Vec::new();
    for frame in capture().into_iter().filter(|frame| frame[0] & 0x0c == 8) {
        let header = if frame[0] & 0x80 != 0 { 26 } else { 24 };
        let eap = &frame[header + 8 + 4..];
        if frame[header + 8 + 1] != 0 || eap.len() < 14 || eap[4] != 254 {
            continue;
        }
        let (opcode, flags) = (eap[12], eap[13]);
        if opcode >= 2 {
            assert_eq!(flags, 0, "not fragmented");
            messages.push(Wsc::parse(&eap[14..usize::from(u16::from_be_bytes([eap[2], eap[3]]))]).unwrap());
        }
    }
    messages
}

#[test]
fn the_registration_protocol() {
    let messages = wsc_messages();
    let kinds: Vec<_> = messages.iter().filter_map(Wsc::message_type).map(|kind| kind.to_string()).collect();
    assert_eq!(kinds, ["M1", "M2", "M3", "M4", "M5", "M6", "M7", "M8", "WSC_Done"]);
    let m1 = &messages[0];
    assert_eq!(m1.message_type(), Some(MessageType::M1));
    assert_eq!((m1.mac_address(), m1.primary_device_type()), (Some(CLIENT), Some(TELEPHONE)));
    assert_eq!(m1.public_key().unwrap().len(), 192);
    assert_eq!(m1.device_password_id(), Some(DevicePasswordId::PUSH_BUTTON));
    assert_eq!((m1.model_name(), m1.model_number()), (Some(&b"Model"[..]), Some(&b"7"[..])));
    for message in &messages {
        assert_eq!(message.version2(), Some(wsc::VERSION_2_0));
        // From the enrollee comes the registrar's nonce and the other way round (WSC 2.0 §8.3).
        assert!(message.enrollee_nonce().is_none_or(|nonce| Some(nonce) == m1.enrollee_nonce()));
        assert!(message.registrar_nonce().is_none_or(|nonce| Some(nonce) == messages[1].registrar_nonce()));
        let mut again = Vec::new();
        for attribute in message.attributes() {
            wsc::Writer::new(&mut again).attribute(attribute.kind, attribute.body);
        }
        assert_eq!(again, message.bytes());
    }
    assert!(messages[2].e_hash1().is_some() && messages[2].authenticator().is_some());
    assert!(messages[3].encrypted_settings().is_some() && messages[3].r_hash2().is_some());
}

/// The elements that a Realtek RTL8188EU puts into its probe responses as a group owner with two clients, telephones of
/// Samsung, from a log in <https://github.com/albfan/miraclecast/issues/48>.
#[test]
fn group_info_of_a_realtek_owner() {
    const BYTES: &str = "dd94 0050f204 104a000110 1044000102 1041000101 101200020004 105300022388 103b000103
        1047001032ce5a6a5e775c229b73ceccae508320 102100075265616c74656b 102300075254575f535441 10240007574c414e5f4355
        104200053132333435 1054000800010050f2040001 1011000a52544c383138384553 55 100800022108
        1049000e00372a0001200106ffffffffffff
        dd7b 506f9a09 0202002109 0d1f0000117fc8df46018800010050f204000100 1011000a52544c38313838455355
        0e4d00 2332d6c9fae75f32d6c9fa675f270188000a0050f204000500 10110007534d2d50363030
        28d222beddbafbd222bedd3afb270188000a0050f204000500 1011000c47616c617879204e6f746533";
    let digits: Vec<u8> = BYTES.bytes().filter_map(|digit| char::from(digit).to_digit(16)).map(|d| d as u8).collect();
    let bytes: Vec<u8> = digits.as_chunks().0.iter().map(|[high, low]| high << 4 | low).collect();
    assert_eq!(check(&bytes), Ok(()));
    let elements = Elements::new(&bytes);
    let p2p = elements.p2p().unwrap().unwrap();
    assert_eq!(p2p.device_info().unwrap().name.to_string(), "RTL8188ESU");
    let clients: Vec<_> = p2p.group_info().unwrap().clients().map(|client| client.name.to_string()).collect();
    assert_eq!(clients, ["SM-P600", "Galaxy Note3"]);
    let wsc = elements.wsc().unwrap().unwrap();
    assert_eq!(wsc.authorized_macs().collect::<Vec<_>>(), [MacAddr::BROADCAST]);
    assert_eq!((wsc.model_name(), wsc.manufacturer()), (Some(&b"RTW_STA"[..]), Some(&b"Realtek"[..])));
    let mut again = Vec::new();
    wsc::emit_element(wsc.bytes(), &mut again);
    p2p::emit(&p2p.to_attributes(), &mut again);
    assert_eq!(again, bytes);

    // A P2P element without attributes, as that device answers association requests with, is one nevertheless.
    let mut empty = Vec::new();
    emit_element(id::VENDOR_SPECIFIC, &[0x50, 0x6f, 0x9a, 9], &mut empty);
    assert_eq!(Elements::new(&empty).p2p().unwrap().unwrap().attributes().count(), 0);
}

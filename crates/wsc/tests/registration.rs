//! A registrar and an enrollee against each other.

mod common;

use std::time::Duration;

use common::*;
use ieee80211_ies::MacAddr;
use ieee80211_ies::wsc::{ConfigError, ConfigMethods, DevicePasswordId, MessageType, RequestType};
use ieee80211_ies::{Elements, Ssid};
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use wsc::enrollee::{self, Event, Password, probe_request_element};
use wsc::registrar::{self, Allowed, Method, SessionEvent, SessionInput, Station, WALK_TIME};
use wsc::{Credential, KeyPair, NetworkKey, Pin, Reason, uuid_from_mac};

fn typed(digits: &str) -> Password {
    Password::typed_here(Pin::new(digits).unwrap())
}

type Failure = (MessageType, ConfigError, Reason);

/// The failure that the owner and the client report.
fn failures(pair: &Pair) -> (Option<Failure>, Option<Failure>) {
    let owner = pair.owner_events.iter().find_map(|event| match *event {
        SessionEvent::Failed { message, config_error, reason } => Some((message, config_error, reason)),
        _ => None,
    });
    let client = pair.client_events.iter().find_map(|event| match *event {
        Event::Failed { message, config_error, reason } => Some((message, config_error, reason)),
        _ => None,
    });
    (owner, client)
}

/// A probe request of somebody whose button is pushed.
fn probe(pair: &mut Pair, address: MacAddr) {
    let device = device(address, "somebody");
    let element = probe_request_element(
        &device,
        RequestType::ENROLLEE,
        DevicePasswordId::PUSH_BUTTON,
        device.config_methods,
        &[],
    );
    let wsc = Elements::new(&element).wsc().unwrap().unwrap();
    let input = registrar::Input::ProbeRequest { source: address, wsc: wsc.bytes(), p2p_wildcard: false };
    pair.registrar.handle_input(pair.now, input).unwrap();
}

const SOMEBODY: MacAddr = MacAddr([2, 0, 0, 0, 0, 0x77]);

#[test]
fn push_button_without_loss() {
    let mut pair = Pair::new(Some(push_button()), Password::push_button(), 1);
    pair.start();
    pair.run();
    pair.assert_success();
    assert!(pair.now < ms(100), "only transmission times: {:?}", pair.now);
    assert_eq!(
        pair.registrar_events,
        [
            registrar::Event::PbcActive,
            registrar::Event::ElementsChanged,
            registrar::Event::PbcDisabled,
            registrar::Event::ElementsChanged
        ]
    );
    let SessionEvent::Success { enrollee, password } = &pair.owner_events[0] else { panic!() };
    assert_eq!(**enrollee, device(CLIENT, "client"));
    assert_eq!(*password, DevicePasswordId::PUSH_BUTTON);
    assert!(matches!(pair.client_events[..], [Event::Credential(_), Event::Done]));
    // Identity, WSC_Start, M1 to M8, WSC_Done and EAP-Failure, nothing twice.
    assert_eq!(pair.pdus.len(), 13);
}

#[test]
fn pins_of_four_and_eight_digits_both_ways() {
    for digits in ["1234", "12345670"] {
        for password in [Password::shown_here, Password::typed_here] {
            let mut pair = Pair::new(Some(pin(digits)), password(Pin::new(digits).unwrap()), 2);
            pair.start();
            pair.run();
            pair.assert_success();
        }
    }
}

#[test]
fn a_passphrase_for_those_who_show_it() {
    let key = NetworkKey::Passphrase(b"correct horse".to_vec());
    let given = Credential { ssid: Ssid::new(b"DIRECT-\xf0\x9f\x98\x80").unwrap(), key, address: MacAddr::ZERO };
    let station = Station { address: CLIENT, p2p_device_address: None, credential: given.clone() };
    let mut pair = Pair::with_station(Some(push_button()), Password::push_button(), station, 3);
    pair.start();
    pair.run();
    assert_eq!(pair.credential(), Some(&Credential { address: CLIENT, ..given }));
}

#[test]
fn a_wrong_pin_is_found_half_by_half() {
    let wrong = ConfigError::DEVICE_PASSWORD_AUTHENTICATION_FAILURE;
    let halves = [
        ("12355670", MessageType::M4, Reason::WrongPasswordFirstHalf),
        ("12345671", MessageType::M6, Reason::WrongPasswordSecondHalf),
    ];
    for (digits, message, reason) in halves {
        let mut pair = Pair::new(Some(pin("12345670")), typed(digits), 4);
        pair.start();
        pair.run();
        let (owner, client) = failures(&pair);
        assert_eq!(client, Some((message, wrong, reason)));
        assert_eq!(owner, Some((message, wrong, Reason::PeerGaveUp(wrong))));
        assert_eq!(pair.credential(), None);
        assert_eq!(pair.client_events.last(), Some(&Event::Done));
        assert_eq!(pair.owner_events.last(), Some(&SessionEvent::ProtocolEnded));
        assert!(pair.registrar.method().is_some(), "the user may type it again");
    }
}

#[test]
fn a_pin_is_dropped_when_it_was_given_away_twice() {
    let mut first = Pair::new(Some(pin("12345670")), typed("99999999"), 5);
    first.start();
    first.run();
    let mut second = Pair::new(None, typed("99999999"), 6);
    second.registrar = first.registrar;
    second.start();
    second.run();
    assert!(second.registrar.method().is_some());
    let mut third = Pair::new(None, typed("12345670"), 7);
    third.registrar = second.registrar;
    third.start();
    third.run();
    let (owner, client) = failures(&third);
    assert_eq!(owner, Some((MessageType::M3, ConfigError::SETUP_LOCKED, Reason::PinUsedUp)));
    assert_eq!(client.unwrap().2, Reason::PeerGaveUp(ConfigError::SETUP_LOCKED));
    assert!(third.registrar.method().is_none());
    assert!(third.registrar_events.contains(&registrar::Event::PinUsedUp));
}

#[test]
fn without_an_active_method_the_enrollee_is_told() {
    for password in [Password::push_button(), typed("12345670")] {
        let asks_for_pin = password.id() != DevicePasswordId::PUSH_BUTTON;
        let mut pair = Pair::new(None, password, 8);
        pair.start();
        pair.run();
        let (owner, client) = failures(&pair);
        assert_eq!(owner, Some((MessageType::M1, ConfigError::NO_ERROR, Reason::NotSelected)));
        assert_eq!(client, Some((MessageType::M2D, ConfigError::NO_ERROR, Reason::NotSelected)));
        let Event::M2d { config_error: ConfigError::NO_ERROR, registrar, .. } = &pair.client_events[0] else {
            panic!()
        };
        assert_eq!(registrar.uuid, uuid_from_mac(OWNER));
        let needed = pair.registrar_events.iter().any(|event| matches!(event, registrar::Event::PinNeeded(_)));
        assert_eq!(needed, asks_for_pin);
    }
}

#[test]
fn each_method_takes_only_its_own_kind_of_password() {
    for (method, password) in [(push_button(), typed("12345670")), (pin("12345670"), Password::push_button())] {
        let mut pair = Pair::new(Some(method), password, 9);
        pair.start();
        pair.run();
        assert_eq!(failures(&pair).0.unwrap().2, Reason::NotSelected);
        assert_eq!(pair.credential(), None);
    }
}

#[test]
fn a_pin_for_one_enrollee_is_for_that_one() {
    let allowed = [
        (Allowed::Address(CLIENT), true),
        (Allowed::Address(CLIENT_DEVICE), true),
        (Allowed::Address(SOMEBODY), false),
        (Allowed::Uuid(uuid_from_mac(CLIENT)), true),
        (Allowed::Uuid([0; 16]), false),
    ];
    for (from, success) in allowed {
        let method = Method::Pin { pin: Pin::new("12345670").unwrap(), from };
        let mut pair = Pair::new(Some(method), typed("12345670"), 10);
        pair.start();
        pair.run();
        assert_eq!(pair.registered(), success, "{from:?}");
    }
}

#[test]
fn two_pushed_buttons_are_session_overlap() {
    let mut pair = Pair::new(Some(push_button()), Password::push_button(), 11);
    probe(&mut pair, SOMEBODY);
    probe(&mut pair, CLIENT);
    pair.start();
    pair.run();
    let overlap = ConfigError::MULTIPLE_PBC_SESSIONS_DETECTED;
    let (owner, client) = failures(&pair);
    assert_eq!(owner, Some((MessageType::M1, overlap, Reason::Overlap)));
    assert_eq!(client.unwrap().2, Reason::NotSelected);
    assert!(matches!(pair.client_events[0], Event::M2d { config_error, .. } if config_error == overlap));
    assert!(pair.registrar_events.contains(&registrar::Event::Overlap));

    let again = pair.registrar.activate(pair.now, push_button(), WALK_TIME);
    assert!(again.is_err());
    assert!(pair.registrar.activate(pair.now + WALK_TIME, push_button(), WALK_TIME).is_ok());
}

#[test]
fn overlap_in_the_middle_ends_the_run() {
    let mut pair = Pair::new(Some(push_button()), Password::push_button(), 12);
    pair.start();
    while !pair.pdus.iter().any(|(_, pdu)| pdu.get(27) == Some(&MessageType::M4.0)) {
        assert!(pair.step());
    }
    probe(&mut pair, SOMEBODY);
    pair.run();
    let (owner, client) = failures(&pair);
    let overlap = ConfigError::MULTIPLE_PBC_SESSIONS_DETECTED;
    assert_eq!(owner, Some((MessageType::M5, overlap, Reason::Overlap)));
    assert_eq!(client, Some((MessageType::M5, overlap, Reason::PeerGaveUp(overlap))));
}

#[test]
fn a_chosen_device_is_registered_whoever_else_pushes() {
    let only = |address| Some(Method::PushButton { only: Some(address) });
    let mut pair = Pair::new(only(CLIENT_DEVICE), Password::push_button(), 13);
    probe(&mut pair, SOMEBODY);
    probe(&mut pair, CLIENT);
    pair.start();
    pair.run();
    pair.assert_success();

    let mut pair = Pair::new(only(SOMEBODY), Password::push_button(), 14);
    pair.start();
    pair.run();
    assert_eq!(failures(&pair).0.unwrap().2, Reason::Overlap);
    assert!(pair.registrar.method().is_some(), "the chosen one may still come");
}

#[test]
fn the_walk_time_ends() {
    let mut pair = Pair::new(Some(push_button()), Password::push_button(), 15);
    let selected = pair.registrar.beacon_element();
    assert!(Elements::new(&selected).wsc().unwrap().unwrap().selected_registrar().unwrap());
    assert_eq!(pair.registrar.poll_timeout(), Some(WALK_TIME));
    while pair.step() {}
    assert_eq!(pair.now, WALK_TIME);
    let events = &pair.registrar_events;
    assert!(events.contains(&registrar::Event::Timeout) && events.contains(&registrar::Event::PbcDisabled));
    let beacon = pair.registrar.beacon_element();
    let wsc = Elements::new(&beacon).wsc().unwrap().unwrap();
    assert_eq!((wsc.selected_registrar(), wsc.authorized_macs().len()), (None, 0));
    pair.start();
    pair.run();
    assert_eq!(failures(&pair).0.unwrap().2, Reason::NotSelected);
}

#[test]
fn a_cancelled_method_lets_nobody_in() {
    let mut pair = Pair::new(Some(pin("12345670")), typed("12345670"), 16);
    assert!(pair.registrar.cancel());
    assert!(!pair.registrar.cancel());
    pair.start();
    pair.run();
    assert!(!pair.registered());
}

#[test]
fn an_enrollee_shows_itself_in_probe_requests() {
    let mut pair = Pair::new(None, Password::push_button(), 17);
    probe(&mut pair, SOMEBODY);
    let Some(registrar::Event::EnrolleeSeen(seen)) = pair.registrar.poll_output() else { panic!() };
    assert_eq!((seen.address, seen.uuid), (SOMEBODY, uuid_from_mac(SOMEBODY)));
    assert_eq!(seen.name.as_bytes(), b"somebody");
    assert_eq!(seen.request_type, RequestType::ENROLLEE);
    assert!(seen.config_methods.contains(ConfigMethods::VIRTUAL_PUSH_BUTTON));
}

#[test]
fn messages_in_fragments() {
    for (owner, client) in [(100, 100), (1400, 64), (64, 1400), (0, 0), (33, 200)] {
        let mut pair = Pair::new(Some(pin("12345670")), typed("12345670"), 18).with_fragments(owner, client);
        pair.start();
        pair.run();
        pair.assert_success();
        let longest = pair.pdus.iter().map(|(_, pdu)| pdu.len()).max().unwrap();
        // EAPOL, EAP and EAP-WSC headers have 4, 5 and 13 octets at most.
        assert!(longest <= owner.max(client).max(16) + 22, "{longest}");
    }
}

#[test]
fn every_message_from_m2_on_is_protected() {
    let messages = [
        MessageType::M2,
        MessageType::M3,
        MessageType::M4,
        MessageType::M5,
        MessageType::M6,
        MessageType::M7,
        MessageType::M8,
    ];
    for message in messages {
        let mut pair = Pair::new(Some(push_button()), Password::push_button(), 28).with_change(move |_, pdu| {
            // The octet in front of the Authenticator attribute: the value of Version2.
            if pdu.get(27) == Some(&message.0) {
                let at = pdu.len() - 13;
                pdu[at] ^= 1;
            }
        });
        pair.start();
        pair.run();
        let (owner, client) = failures(&pair);
        let from_client = matches!(message, MessageType::M3 | MessageType::M5 | MessageType::M7);
        let (finder, other) = if from_client { (owner, client) } else { (client, owner) };
        assert_eq!(finder.unwrap().2, Reason::WrongAuthenticator(message));
        assert_eq!(other.unwrap().2, Reason::PeerGaveUp(ConfigError::NO_ERROR));
    }
}

#[test]
fn a_silent_station_is_given_up() {
    let mut pair = Pair::new(Some(push_button()), Password::push_button(), 19);
    pair.tell_owner(SessionInput::Start);
    while !pair.owner.is_finished() && pair.step() {}
    let reason = Reason::TimedOut(None);
    assert_eq!(failures(&pair).0, Some((MessageType::M1, ConfigError::MESSAGE_TIMEOUT, reason)));
    let requests = pair.pdus.iter().filter(|(to_owner, pdu)| !to_owner && pdu[4] == 1).count();
    assert!((5..15).contains(&requests), "{requests} requests");
    assert_eq!(pair.owner_events.last(), Some(&SessionEvent::ProtocolEnded));
    assert!(pair.now < Duration::from_secs(17));
}

#[test]
fn a_silent_owner_is_given_up() {
    let mut pair = Pair::new(None, Password::push_button(), 20).with_link(Link { loss: 100, ..Link::default() });
    pair.tell_client(enrollee::Input::Start);
    while !pair.client.is_finished() && pair.step() {}
    assert_eq!(failures(&pair).1.unwrap().2, Reason::TimedOut(None));
    let starts = pair.pdus.len();
    assert!((5..10).contains(&starts), "{starts} times EAPOL-Start");
    assert!(pair.pdus.iter().all(|(_, pdu)| pdu == &[1, 1, 0, 0]));
}

#[test]
fn what_the_radio_could_not_deliver_is_sent_again_at_once() {
    let link = Link { loss: 30, status: true, ..Link::default() };
    for seed in 0..20 {
        let mut pair = Pair::new(Some(push_button()), Password::push_button(), seed).with_link(link);
        pair.start();
        pair.run();
        assert!(pair.credential().is_some() && pair.registered(), "seed {seed}");
        assert!(pair.now < ms(1500), "seed {seed}: {:?}", pair.now);
    }
}

#[test]
fn eapol_start_that_comes_late_does_not_disturb_the_run() {
    let mut pair = Pair::new(Some(push_button()), Password::push_button(), 21);
    pair.start();
    while pair.step() && !pair.owner.is_finished() {
        if pair.now < ms(8) {
            pair.tell_owner(SessionInput::Pdu(&[2, 1, 0, 0]));
        }
    }
    pair.run();
    pair.assert_success();
}

/// A client that lost its state, such as after a crash, begins anew with EAPOL-Start.
#[test]
fn a_client_that_begins_anew_is_registered() {
    let mut pair = Pair::new(Some(push_button()), Password::push_button(), 22);
    pair.start();
    while pair.pdus.len() < 6 {
        assert!(pair.step());
    }
    pair.now += Duration::from_secs(3);
    let mut rng = ChaCha20Rng::seed_from_u64(1234);
    let key_pair = KeyPair::generate(&mut rng);
    pair.client = enrollee::Session::new(device(CLIENT, "client"), Password::push_button(), key_pair, &mut rng);
    pair.client_events.clear();
    pair.tell_owner(SessionInput::Pdu(&[1, 1, 0, 0]));
    pair.tell_client(enrollee::Input::Start);
    pair.run();
    pair.assert_success();
}

/// A run in which the owner starts over `times` times after M4, asking for the identity again with other identifiers.
fn owner_starts_over(times: u64) -> Pair {
    let mut pair = Pair::new(Some(push_button()), Password::push_button(), 23);
    pair.start();
    for seed in 0..times {
        while pair.pdus.last().unwrap().1.get(27) != Some(&MessageType::M4.0) && pair.step() {}
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let key_pair = KeyPair::generate(&mut rng);
        pair.owner = registrar::Session::new(station(), key_pair, &mut rng);
        pair.tell_owner(SessionInput::Start);
        if pair.client.is_finished() {
            break;
        }
    }
    pair.run();
    pair
}

#[test]
fn an_owner_that_begins_anew_is_followed_but_not_for_ever() {
    owner_starts_over(2).assert_success();
    let pair = owner_starts_over(9);
    assert_eq!(failures(&pair).1.unwrap().2, Reason::TooManyRuns);
    assert_eq!(pair.credential(), None);
}

#[test]
fn other_identities_and_methods_are_not_enrollees() {
    let answer = |pair: &mut Pair, data: &[u8]| {
        let length = [0, data.len() as u8 + 4];
        let (_, request) = pair.pdus.last().unwrap().clone();
        let pdu = [&[1, 0][..], &length, &[2, request[5]], &length, data].concat();
        pair.tell_owner(SessionInput::Pdu(&pdu));
    };
    let mut pair = Pair::new(Some(push_button()), Password::push_button(), 24);
    pair.tell_owner(SessionInput::Start);
    answer(&mut pair, b"\x01WFA-SimpleConfig-Somebody-1-0");
    assert_eq!(failures(&pair).0.unwrap().2, Reason::NotAnEnrollee);
    assert_eq!(pair.pdus.last().unwrap().1[4], 4, "EAP-Failure");

    let mut pair = Pair::new(Some(push_button()), Password::push_button(), 25);
    pair.tell_owner(SessionInput::Start);
    answer(&mut pair, b"\x01WFA-SimpleConfig-Enrollee-1-0");
    answer(&mut pair, &[3, 25]);
    assert_eq!(failures(&pair).0.unwrap().2, Reason::NotAnEnrollee);
}

/// A WSC message of an external registrar: version, type, both nonces.
fn of_external_registrar(kind: MessageType, m1: &[u8]) -> Vec<u8> {
    let nonce = m1.windows(4).position(|w| w == [0x10, 0x1a, 0, 16]).expect("an enrollee nonce");
    let mut message = vec![0x10, 0x4a, 0, 1, 0x10, 0x10, 0x22, 0, 1, kind.0];
    message.extend(&m1[nonce..nonce + 20]);
    message.extend([0x10, 0x39, 0, 16]);
    message.extend([7; 16]);
    message
}

#[test]
fn an_external_registrar_is_shown_who_we_are_and_may_change_nothing() {
    let answer = |pair: &mut Pair, data: &[u8]| {
        let [high, low] = (data.len() as u16 + 4).to_be_bytes();
        let (_, request) = pair.pdus.last().unwrap().clone();
        let pdu = [&[1, 0][..], &[high, low], &[2, request[5]], &[high, low], data].concat();
        pair.tell_owner(SessionInput::Pdu(&pdu));
    };
    // EAP expanded type of WSC: vendor 00:37:2a, type 1; then op code and flags.
    let wsc = |op: u8, message: &[u8]| [&[254, 0, 0x37, 0x2a, 0, 0, 0, 1, op, 0][..], message].concat();
    for (kind, op, error) in [(MessageType::M2D, 2, None), (MessageType::M2, 3, Some(15))] {
        let mut pair = Pair::new(Some(push_button()), Password::push_button(), 27);
        pair.tell_owner(SessionInput::Start);
        answer(&mut pair, b"\x01WFA-SimpleConfig-Registrar-1-0");
        let (_, m1) = pair.pdus.last().unwrap().clone();
        assert_eq!(m1[8..18], [254, 0, 0x37, 0x2a, 0, 0, 0, 1, 4, 0], "a message, not WSC_Start");
        assert_eq!(m1[23..28], [0x10, 0x22, 0, 1, MessageType::M1.0]);
        assert!(m1.windows(5).any(|w| w == [0x10, 0x44, 0, 1, 2]), "configured");
        answer(&mut pair, &wsc(4, &of_external_registrar(kind, &m1)));
        let (_, last) = pair.pdus.last().unwrap().clone();
        assert_eq!(last[16], op, "WSC_ACK or WSC_NACK");
        let failure = failures(&pair).0.map(|f| (f.2, f.2.config_error().0));
        assert_eq!(failure, error.map(|code| (Reason::ExternalRegistrar, code)));
        answer(&mut pair, &wsc(3, &of_external_registrar(MessageType::WSC_NACK, &m1)));
        assert_eq!(pair.pdus.last().unwrap().1[4], 4, "EAP-Failure");
    }
}

#[test]
fn the_enrollee_declines_other_methods_and_goes_on() {
    let mut pair = Pair::new(Some(push_button()), Password::push_button(), 26);
    pair.start();
    // EAP-Request/PEAP and EAP-Request/Notification of somebody who is confused.
    pair.tell_client(enrollee::Input::Pdu(&[1, 0, 0, 6, 1, 200, 0, 6, 25, 0x20]));
    assert_eq!(pair.pdus.last().unwrap().1, [1, 0, 0, 6, 2, 200, 0, 6, 3, 254]);
    pair.tell_client(enrollee::Input::Pdu(&[1, 0, 0, 6, 1, 201, 0, 6, 2, b'!']));
    assert_eq!(pair.pdus.last().unwrap().1, [1, 0, 0, 5, 2, 201, 0, 5, 2]);
    pair.run();
    pair.assert_success();
}

#[test]
fn nothing_printed_shows_a_secret() {
    let mut pair = Pair::new(Some(pin("12345670")), typed("12345670"), 27);
    pair.start();
    pair.run();
    let text =
        format!("{:?} {:?} {:?} {:?} {:?}", pair.owner, pair.client, pair.client_events, pair.registrar, station());
    assert!(!text.contains("1234567") && !text.contains("0, 1, 2, 3"), "{text}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever the link loses, doubles and reorders, both sides agree in the end, and nobody takes harm twice.
    #[test]
    fn a_bad_link_delays_but_does_not_break(
        seed: u64,
        loss in 0u32..40,
        duplicates in 0u32..50,
        jitter in 0u64..120,
        status: bool,
        fragment in prop_oneof![Just(1400usize), Just(200), Just(90)],
    ) {
        let link = Link { loss, duplicates, jitter, status };
        let mut pair = Pair::new(Some(push_button()), Password::push_button(), seed)
            .with_link(link)
            .with_fragments(fragment, fragment);
        pair.start();
        pair.run();
        let credentials = pair.client_events.iter().filter(|event| matches!(event, Event::Credential(_))).count();
        let successes = pair.owner_events.iter().filter(|event| matches!(event, SessionEvent::Success { .. })).count();
        prop_assert!(credentials <= 1 && successes <= 1);
        if loss < 25 {
            prop_assert_eq!(credentials, 1, "{:?} {:?}", pair.client_events, pair.owner_events);
        }
        if successes == 1 {
            prop_assert_eq!(credentials, 1, "success without a credential");
        }
        prop_assert_eq!(pair.client_events.last(), Some(&Event::Done));
        prop_assert_eq!(pair.owner_events.last(), Some(&SessionEvent::ProtocolEnded));
    }

    /// One PDU is changed on its way: both sides end, and nobody gets a wrong credential.
    #[test]
    fn a_changed_pdu_harms_nothing(
        seed in 0u64..8,
        which in 0usize..13,
        position: prop::sample::Index,
        change in 1u8..,
        cut: bool,
    ) {
        let mut pair = Pair::new(Some(pin("12345670")), typed("12345670"), seed).with_change(move |n, pdu| {
            if n == which {
                let at = position.index(pdu.len());
                if cut { pdu.truncate(at) } else { pdu[at] ^= change }
            }
        });
        pair.start();
        pair.run();
        if let Some(received) = pair.credential() {
            prop_assert_eq!(received, &Credential { address: CLIENT, ..credential() });
        }
        prop_assert_eq!(pair.client_events.last(), Some(&Event::Done));
        prop_assert_eq!(pair.owner_events.last(), Some(&SessionEvent::ProtocolEnded));
    }

    /// Every PDU so far is played again to both sides after every step.
    #[test]
    fn replays_change_nothing(seed: u64, fragment in prop_oneof![Just(1400usize), Just(120)]) {
        let mut pair = Pair::new(Some(pin("1234")), typed("1234"), seed).with_fragments(fragment, fragment);
        pair.start();
        let mut fresh = 0;
        while !(pair.owner.is_finished() && pair.client.is_finished()) && pair.step() {
            if pair.pdus.len() > 400 {
                continue;
            }
            let old: Vec<_> = pair.pdus[..pair.pdus.len().saturating_sub(2)].iter().skip(fresh).cloned().collect();
            fresh = pair.pdus.len();
            for (to_owner, pdu) in old {
                if to_owner {
                    pair.tell_owner(SessionInput::Pdu(&pdu));
                } else {
                    pair.tell_client(enrollee::Input::Pdu(&pdu));
                }
            }
        }
        pair.run();
        pair.assert_success();
    }

    /// Garbage in every state.
    #[test]
    fn garbage_changes_nothing(seed: u64, garbage in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..80), 1..40)) {
        let mut pair = Pair::new(Some(push_button()), Password::push_button(), seed);
        pair.start();
        for pdu in garbage.iter().filter(|pdu| pdu.get(1) != Some(&1)) {
            pair.tell_owner(SessionInput::Pdu(pdu));
            pair.tell_client(enrollee::Input::Pdu(pdu));
            pair.step();
        }
        pair.run();
        prop_assert_eq!(pair.client_events.last(), Some(&Event::Done));
        prop_assert_eq!(pair.owner_events.last(), Some(&SessionEvent::ProtocolEnded));
    }
}

//! Authentication and association.

use super::*;
use ieee80211_ies::p2p::{Attribute, Status};
use ieee80211_ies::{emit_element, id};

#[test]
fn a_client_joins_for_wsc_and_again_for_data() {
    let mut world = World::started();
    world.frame(station(1), OPEN);
    assert_eq!(world.said(), [Said::Add(station(1)), Said::Authentication(station(1), 0)]);
    world.frame(station(1), association(&wsc_request(1)));
    // The kernel knows before the answer is sent: the station's first data frame may follow at once.
    assert_eq!(
        world.said(),
        [Said::SetAssociated(station(1), 1), Said::Association(station(1), 0, 1), associated(1, Mode::Wsc)]
    );
    let Body::AssociationResponse { capability: 0x0411, elements, .. } = world.last_frame().body else { panic!() };
    let order: Vec<u8> = elements.iter().map(|element| element.id).collect();
    assert_eq!(order, [1, 45, 61, 221, 221, 221]);
    assert_eq!(elements.vendor([0, 0x50, 0xf2], 4).unwrap().unwrap().bytes(), &WSC[6..]);
    assert_eq!(elements.p2p().unwrap().unwrap().bytes(), b"", "a P2P element without attributes: all is well");

    // After WSC it leaves and comes back.
    world.frame(station(1), Body::Deauthentication { reason: reason(3), elements: Elements::default() });
    assert_eq!(world.said(), [Said::Remove(station(1)), left(1, LeftCause::Deauthenticated(reason(3)))]);
    let said = world.associate(station(1), &rsn_request(1));
    assert_eq!(said.last(), Some(&associated(1, rsn_mode())));
    let elements = world.last_frame().body.elements();
    assert_eq!(elements.vendor([0, 0x50, 0xf2], 4).unwrap(), None, "it has not asked");
    world.owner.authorize(world.now, station(1));
    assert_eq!(world.said(), [Said::Authorize(station(1))]);
    world.owner.authorize(world.now, station(2));
    assert_eq!(world.said(), []);
}

#[test]
fn an_authentication_that_comes_again_is_answered_again() {
    let mut world = World::started();
    let answer = Said::Authentication(station(1), 0);
    world.fate = not_acked;
    world.frame(station(1), OPEN);
    assert_eq!(world.said(), [Said::Add(station(1)), answer.clone(), answer.clone(), answer.clone()], "by us");
    world.now += ms(4000);
    world.fate = acked;
    world.frame(station(1), OPEN);
    assert_eq!(world.said(), [answer], "by it");
    assert_eq!(world.wait(), ms(5000), "its time begins anew");
    assert_eq!(world.said(), [Said::Remove(station(1))]);
}

/// The association requests that Debian's wpa_supplicant 2.10 made mac80211 send, for WSC and for data
/// (`ieee80211-ies/tests/data/formation.pcap`), from the listen interval on; and the elements of its owner's answers.
const WPA_SUPPLICANT: [(&str, &str); 2] = [
    (
        "0500 00094449524543542d4746 01080c1218243048606c
         2d1a7e101bffff0000000000000000000001000000000000000000007f0b04004a0201404040000120 dd070050f202000100
         dd180050f204104a000110103a0001011049000600372a000120
         dd31506f9a0902020027000d25000200000001001188000a0050f20400050100080050f20400021011000844657669636520313b
         167c515354737475767778797a7b7c7d7e7f8081838482",
        "01088c129824b048606c dd180050f2020101810003a4000027a4000042435e0062322f00
         dd180050f204104a000110103b0001031049000600372a000120 dd04506f9a09",
    ),
    (
        "0500 00094449524543542d4746 01080c1218243048606c
         30140100000fac040100000fac040100000fac020000
         2d1a7e101bffff0000000000000000000001000000000000000000007f0b04004a0201404040000120 dd070050f202000100
         dd31506f9a0902020027000d25000200000001001188000a0050f20400050100080050f20400021011000844657669636520313b
         167c515354737475767778797a7b7c7d7e7f8081838482",
        "01088c129824b048606c dd180050f2020101810003a4000027a4000042435e0062322f00 dd04506f9a09",
    ),
];

#[test]
fn the_association_of_wpa_supplicant() {
    let mut world = World::started();
    let wsc_response = hex("dd180050f204104a000110103b0001031049000600372a000120");
    world.owner.set_wsc(Vec::new(), Vec::new(), wsc_response);
    world.said();
    for (request, response) in WPA_SUPPLICANT {
        let (request, response) = (hex(request), hex(response));
        let elements = Elements::new(&request[2..]);
        world.frame(station(1), OPEN);
        world.said();
        world.frame(station(1), Body::AssociationRequest { capability: 0x0011, listen_interval: 5, elements });
        let events = world.events();
        let [Event::Associated(associated)] = &events[..] else { panic!("{events:?}") };
        let client = associated.p2p.as_ref().unwrap();
        assert_eq!((client.device_address, client.device_capability), (MacAddr([2, 0, 0, 0, 1, 0]), 0x27));
        assert_eq!((client.name.as_bytes(), client.secondary.len()), (&b"Device 1"[..], 1));
        match elements.find(id::RSN) {
            Some(_) => assert_eq!(associated.mode, rsn_mode()),
            None => assert_eq!(associated.mode, Mode::Wsc),
        }
        // The answer has what the other owner's had, but for HT operation and the like, which are the channel's, and the
        // number of the WMM parameter set.
        let ours = world.last_frame().body.elements();
        for theirs in Elements::new(&response).iter() {
            let same = ours.iter().any(|element| match (element.vendor(), theirs.vendor()) {
                (Some((_, 2, a)), Some((_, 2, b))) => a[..2] == b[..2] && a[3..] == b[3..],
                _ => (element.id, element.body) == (theirs.id, theirs.body),
            });
            assert!(same, "{theirs:?}");
        }
        let vendor = |elements: Elements<'_>| elements.iter().filter(|element| element.vendor().is_some()).count();
        assert_eq!(vendor(ours), vendor(Elements::new(&response)));
        world.frame(station(1), Body::Deauthentication { reason: reason(3), elements: Elements::default() });
        world.said();
    }
}

#[test]
fn what_the_kernel_is_told_of_a_station() {
    let mut world = World::started();
    world.associate(station(1), &rsn_request(1));
    let StationParameters { flags, rates, .. } = world.parameters.last().unwrap();
    assert!(flags.authenticated && flags.associated && flags.wme && !flags.authorized && !flags.short_preamble);
    let rates = rates.as_ref().unwrap();
    assert_eq!((rates.aid, rates.listen_interval, rates.capability), (1, 5, 1));
    assert_eq!(rates.rates, [12, 18, 24, 36, 48, 72, 96, 108]);
    // Without 40 MHz, its short GI, Greenfield and DSSS at 40 MHz, which the group does not have.
    assert_eq!(rates.ht.as_ref().unwrap()[..3], [0x2c, 0x00, 0x1b]);
    assert_eq!(rates.ht.as_ref().unwrap().len(), 26);
    assert_eq!((&rates.vht, rates.uapsd), (&None, Some((0, 0))));

    // U-APSD on all queues, two frames a service period; CCK rates and selectors left out; a short preamble.
    let mut elements = without(id::SUPPORTED_RATES, &without(id::VENDOR_SPECIFIC, &rsn_request(2)));
    emit_element(id::SUPPORTED_RATES, &[2, 0x84, 0x8c, 0x98, 0xb0, 0xff], &mut elements);
    emit_element(id::EXTENDED_SUPPORTED_RATES, &[108, 12], &mut elements);
    elements.extend_from_slice(b"\xdd\x07\x00\x50\xf2\x02\x00\x01\x2f");
    world.frame(station(2), OPEN);
    world.said();
    world.frame(
        station(2),
        Body::AssociationRequest { capability: 0x0021, listen_interval: 1, elements: Elements::new(&elements) },
    );
    world.said();
    let StationParameters { flags, rates, .. } = world.parameters.last().unwrap();
    assert!(flags.short_preamble);
    let rates = rates.as_ref().unwrap();
    assert_eq!((rates.rates.as_slice(), rates.uapsd), (&[12, 24, 48, 108][..], Some((15, 1))));

    // Without WMM there is no HT.
    world.associate(station(3), &without(id::VENDOR_SPECIFIC, &rsn_request(3)));
    let StationParameters { flags, rates, .. } = world.parameters.last().unwrap();
    assert!(!flags.wme);
    assert_eq!(rates.as_ref().unwrap().ht, None);
    assert!(world.last_frame().body.elements().find(id::HT_CAPABILITIES).is_none());
}

#[test]
fn a_wide_group_gives_vht_to_those_who_have_it() {
    let mut world = World::started_with(config(WIDE));
    let vht = b"\xbf\x0c\xb2\x01\x80\x03\xfa\xff\x00\x00\xfa\xff\x00\x00";
    world.associate(station(1), &[rsn_request(1), vht.to_vec()].concat());
    let rates = world.parameters.last().unwrap().rates.as_ref().unwrap();
    assert_eq!(rates.vht.as_deref(), Some(&vht[2..]));
    assert_eq!(rates.ht.as_ref().unwrap()[..2], [0x6e, 0x00]);
    let elements = world.last_frame().body.elements();
    assert!(elements.find(id::VHT_OPERATION).is_some());

    let mut world = World::started();
    world.associate(station(1), &[rsn_request(1), vht.to_vec()].concat());
    assert_eq!(world.parameters.last().unwrap().rates.as_ref().unwrap().vht, None);
}

#[test]
fn authentications_that_are_refused() {
    let mut world = World::started();
    let authentication = |algorithm, transaction| Body::Authentication {
        algorithm: AuthenticationAlgorithm(algorithm),
        transaction,
        status: StatusCode::SUCCESS,
        elements: Elements::default(),
    };
    for (algorithm, transaction, status) in [(1, 1, 13), (3, 1, 13), (0, 2, 14), (0, 0, 14), (0, 0xffff, 14)] {
        world.frame(station(1), authentication(algorithm, transaction));
        let said = world.said();
        assert_eq!(said, [Said::Authentication(station(1), status)], "{algorithm} {transaction}");
        let Body::Authentication { algorithm: a, transaction: t, .. } = world.last_frame().body else { panic!() };
        assert_eq!((a.0, t), (algorithm, u16::wrapping_add(transaction, 1)));
    }
    world.frame(station(1), association(&rsn_request(1)));
    assert_eq!(world.said(), [Said::Deauthentication(station(1), 9)], "it has not authenticated");
}

/// An RSN element with another version, group cipher, pairwise ciphers, AKMs, capabilities.
fn rsn(version: u8, group: u8, pairwise: &[u8], akms: &[u8], capabilities: u8) -> Vec<u8> {
    let mut body = vec![version, 0, 0, 0x0f, 0xac, group];
    for list in [pairwise, akms] {
        body.extend_from_slice(&[list.len() as u8, 0]);
        list.iter().for_each(|kind| body.extend_from_slice(&[0, 0x0f, 0xac, *kind]));
    }
    body.extend_from_slice(&[capabilities, 0]);
    let mut out = Vec::new();
    emit_element(id::RSN, &body, &mut out);
    out
}

#[test]
fn associations_that_are_refused() {
    let with = |security: &[u8]| [common(), security.to_vec(), p2p_element(1)].concat();
    let rates = |rates: &[u8]| {
        let mut elements = without(id::SUPPORTED_RATES, &rsn_request(1));
        emit_element(id::SUPPORTED_RATES, rates, &mut elements);
        elements
    };
    let named = |ssid: &[u8]| {
        let mut elements = without(id::SSID, &rsn_request(1));
        emit_element(id::SSID, ssid, &mut elements);
        elements
    };
    let cases: [(&str, Vec<u8>, u16); 20] = [
        ("no SSID", without(id::SSID, &rsn_request(1)), 1),
        ("another SSID", named(b"DIRECT-xy"), 1),
        ("no letter of it", named(b""), 1),
        ("cut off", [rsn_request(1), vec![1, 8, 0]].concat(), 1),
        ("no rates", without(id::SUPPORTED_RATES, &rsn_request(1)), 18),
        ("802.11b", rates(&[0x82, 0x84, 0x8b, 0x96]), 18),
        ("a basic rate missing", rates(&[12, 24]), 18),
        ("neither RSN nor WSC", with(b""), 40),
        ("RSN cut off", with(b"\x30\x03\x01\x00\x00"), 40),
        ("RSN empty", with(b"\x30\x00"), 40),
        ("RSN version 2", with(&rsn(2, 4, &[4], &[2], 0)), 44),
        ("group cipher TKIP", with(&rsn(1, 2, &[4], &[2], 0)), 41),
        ("pairwise cipher TKIP", with(&rsn(1, 4, &[2], &[2], 0)), 42),
        ("two pairwise ciphers", with(&rsn(1, 4, &[4, 2], &[2], 0)), 42),
        ("no pairwise cipher", with(&rsn(1, 4, &[], &[2], 0)), 42),
        ("802.1X", with(&rsn(1, 4, &[4], &[1], 0)), 43),
        ("SAE", with(&rsn(1, 4, &[4], &[8], 0)), 43),
        ("PSK with SHA-256 where it is not offered", with(&rsn(1, 4, &[4], &[6], 0)), 43),
        ("802.1X left out, as is the default", with(b"\x30\x02\x01\x00"), 43),
        ("protected management frames demanded", with(&rsn(1, 4, &[4], &[2], 0xc0)), 31),
    ];
    let mut world = World::started();
    for (what, elements, status) in cases {
        let said = world.associate(station(1), &elements);
        assert_eq!(said.last(), Some(&Said::Association(station(1), status, 0)), "{what}");
        let p2p = world.last_frame().body.elements().p2p().unwrap().unwrap();
        assert_eq!(p2p.status(), Some(Status::INVALID_PARAMETERS), "{what}");
        assert_eq!(world.kernel.get(&station(1)), Some(&false), "{what}");
    }
    // It is still authenticated, and may do better.
    world.frame(station(1), association(&rsn_request(1)));
    assert_eq!(world.said().last(), Some(&associated(1, rsn_mode())));
}

#[test]
fn capabilities_of_protected_management_frames_do_no_harm() {
    let mut world = World::started();
    let element = rsn(1, 4, &[4], &[2], 0x80);
    let said = world.associate(station(1), &[common(), element.clone(), p2p_element(1)].concat());
    assert_eq!(said.last(), Some(&associated(1, Mode::Rsn { element })));
}

#[test]
fn psk_with_sha256_where_it_is_offered() {
    let mut c = config(Channel::ht20(2437));
    c.psk_sha256 = true;
    let mut world = World::started_with(c);
    let offered = [&RSN[..14], b"\x02\x00\x00\x0f\xac\x02\x00\x0f\xac\x06\x00\x00"].concat();
    assert_eq!(world.owner.rsn_element()[2..], offered[2..]);
    let element = rsn(1, 4, &[4], &[6], 0);
    let said = world.associate(station(1), &[common(), element.clone(), p2p_element(1)].concat());
    assert_eq!(said.last(), Some(&associated(1, Mode::Rsn { element })));
    let both = rsn(1, 4, &[4], &[2, 6], 0);
    let said = world.associate(station(2), &[common(), both].concat());
    assert_eq!(said.last(), Some(&Said::Association(station(2), 43, 0)), "one is to be chosen");
}

#[test]
fn a_legacy_station_joins_too() {
    let mut world = World::started();
    let told = |p2p: Vec<u8>| {
        let associated = Associated { station: station(1), mode: rsn_mode(), p2p: None, wsc: Vec::new() };
        ([common(), RSN.to_vec(), p2p].concat(), Said::Event(Event::Associated(std::boxed::Box::new(associated))))
    };
    let (request, event) = told(Vec::new());
    assert_eq!(world.associate(station(1), &request).last(), Some(&event));
    assert!(world.last_frame().body.elements().p2p().unwrap().is_none());
    // So does one whose P2P element cannot be read, or names nobody.
    let (request, event) = told(b"\xdd\x06\x50\x6f\x9a\x09\x0d\x09".to_vec());
    assert_eq!(world.associate(station(1), &request).last(), Some(&event));
    let mut nobody = p2p_element(1);
    let at = nobody.windows(6).position(|window| window == device(1).0).unwrap();
    nobody[at..at + 6].copy_from_slice(&[0xff; 6]);
    let (request, event) = told(nobody);
    assert_eq!(world.associate(station(1), &request).last(), Some(&event));
    assert_eq!(world.owner.stations().collect::<Vec<_>>(), [(station(1), None)]);
}

#[test]
fn a_full_group_takes_no_more() {
    let mut c = config(Channel::ht20(2437));
    c.max_stations = 2;
    let mut world = World::started_with(c);
    let group = |world: &World| Elements::new(&world.beacon.tail).p2p().unwrap().unwrap().capability().unwrap().group;
    // One that authenticated while there was room.
    world.frame(station(3), OPEN);
    world.associate(station(1), &rsn_request(1));
    assert_eq!(group(&world) & 4, 0);
    assert!(world.associate(station(2), &rsn_request(2)).contains(&Said::UpdateBeacon));
    assert_eq!(group(&world) & 4, 4, "group limit");
    world.frame(station(3), association(&rsn_request(3)));
    assert_eq!(world.said(), [Said::Association(station(3), 17, 0)]);
    let p2p = world.last_frame().body.elements().p2p().unwrap().unwrap().to_attributes();
    assert_eq!(p2p, [Attribute::Status(Status::LIMIT_REACHED)]);
    world.frame(station(4), OPEN);
    assert_eq!(world.said(), [Said::Authentication(station(4), 17)]);
    // Members may come again.
    assert_eq!(world.associate(station(1), &rsn_request(1)).last(), Some(&Said::UpdateBeacon));
    assert_eq!(world.owner.stations().count(), 2);
    world.owner.deauthenticate(world.now, station(1), reason(3));
    world.said();
    assert_eq!(group(&world) & 4, 0);
    world.frame(station(3), association(&rsn_request(3)));
    assert!(world.said().contains(&associated(3, rsn_mode())));
}

#[test]
fn association_ids_are_the_lowest_that_are_free() {
    let mut world = World::started();
    for n in 1..=12 {
        world.associate(station(n), &rsn_request(n));
    }
    let aids: Vec<u16> = world.parameters.iter().filter_map(|p| p.rates.as_ref()).map(|rates| rates.aid).collect();
    assert_eq!(aids, (1..=12).collect::<Vec<_>>());
    for n in [3, 7] {
        world.frame(station(n), Body::Deauthentication { reason: reason(3), elements: Elements::default() });
    }
    world.said();
    for (n, aid) in [(20, 3), (21, 7), (22, 13)] {
        let said = world.associate(station(n), &rsn_request(n));
        assert!(said.contains(&Said::Association(station(n), 0, aid)), "{said:?}");
    }
    assert_eq!(world.owner.stations().count(), 13);
}

#[test]
fn retransmissions_are_not_answered_twice() {
    let mut world = World::started();
    world.frame(station(1), OPEN);
    world.frame_again(station(1), OPEN);
    assert_eq!(world.said(), [Said::Add(station(1)), Said::Authentication(station(1), 0)]);
    let request = wsc_request(1);
    world.frame(station(1), association(&request));
    let first = world.said();
    world.frame_again(station(1), association(&request));
    assert_eq!((first.len(), world.said()), (3, vec![]));
    assert_eq!(world.owner.dropped().duplicate, 2);
}

#[test]
fn requests_while_the_kernel_is_at_work_are_answered_once() {
    let mut world = World::started();
    // Both come before the kernel's word.
    world.frame(station(1), OPEN);
    world.frame(station(1), OPEN);
    world.frame(station(1), association(&rsn_request(1)));
    assert_eq!(world.said(), [Said::Add(station(1)), Said::Authentication(station(1), 0)]);
    world.frame(station(1), association(&rsn_request(1)));
    world.frame(station(1), association(&rsn_request(1)));
    let said = world.said();
    assert_eq!(said.iter().filter(|said| matches!(said, Said::Association(..))).count(), 1, "{said:?}");
}

#[test]
fn an_answer_that_was_lost_is_given_again() {
    let mut world = World::started();
    let answer = [Said::Association(station(1), 0, 1)];
    world.frame(station(1), OPEN);
    world.said();
    world.fate = not_acked;
    world.frame(station(1), association(&rsn_request(1)));
    assert_eq!(
        world.said(),
        [&[Said::SetAssociated(station(1), 1)][..], &answer, &answer].concat(),
        "once more at once"
    );
    // The same request again: the kernel has all that it needs.
    world.fate = undecided;
    world.frame(station(1), association(&rsn_request(1)));
    assert_eq!(world.said(), answer);
    world.sent(SendStatus::NotAcked);
    assert_eq!(world.said(), answer);
    world.sent(SendStatus::NotAcked);
    assert_eq!(world.said(), []);
    assert_eq!(world.wait(), ms(20));
    assert_eq!(world.said(), answer);
    world.sent(SendStatus::Acked);
    assert_eq!(world.said(), [associated(1, rsn_mode())]);

    // Another request: anew.
    let mut world = World::started();
    world.fate = not_acked;
    world.associate(station(1), &wsc_request(1));
    world.fate = acked;
    world.frame(station(1), association(&rsn_request(1)));
    assert_eq!(
        world.said(),
        [
            Said::Remove(station(1)),
            Said::AddAssociated(station(1), 1),
            Said::Association(station(1), 0, 1),
            associated(1, rsn_mode())
        ]
    );
}

#[test]
fn a_lost_acknowledgement_is_made_good_by_the_first_word() {
    let eapol = radio::Event::Eapol { iface: IFACE, source: station(1), pdu: vec![1, 1, 0, 0], encrypted: None };
    // The fate of the answer is told as not acknowledged, or not told yet.
    for fate in [not_acked as Fate, undecided] {
        let mut world = World::started();
        world.frame(station(1), OPEN);
        world.said();
        world.fate = fate;
        world.frame(station(1), association(&wsc_request(1)));
        assert!(!world.said().contains(&associated(1, Mode::Wsc)));
        assert!(!world.owner.handle_event(world.now, &eapol), "the PDU is somebody else's");
        assert_eq!(world.said(), [associated(1, Mode::Wsc)]);
        // What is told later changes nothing.
        if !world.in_flight.is_empty() {
            world.sent(SendStatus::NotAcked);
        }
        world.owner.heard(world.now, station(1));
        world.owner.heard(world.now, station(2));
        assert_eq!(world.said(), []);
        assert_eq!(world.owner.stations().count(), 1);
    }
}

#[test]
fn a_station_that_never_confirms_is_forgotten() {
    let mut world = World::started();
    world.frame(station(1), OPEN);
    world.said();
    world.fate = not_acked;
    world.frame(station(1), association(&rsn_request(1)));
    world.said();
    let mut pauses = Vec::new();
    let end = loop {
        pauses.push(world.wait().as_millis());
        let said = world.said();
        if said != [Said::Association(station(1), 0, 1)] {
            break said;
        }
    };
    assert_eq!(pauses, [20, 40, 60, 80, 100, 100, 100, 100, 100, 100, 100, 100]);
    // It may believe that it is associated.
    assert_eq!(end, [Said::Deauthentication(station(1), 2), Said::Remove(station(1))]);
    assert_eq!((world.kernel.len(), world.owner.poll_timeout()), (0, None));

    // So is one that does not go on after its authentication.
    world.frame(station(1), OPEN);
    world.said();
    assert_eq!(world.wait(), ms(5000));
    assert_eq!(world.said(), [Said::Remove(station(1))]);
}

/// Drivers that never report an acknowledgement: the handshake, which begins now, shows whether the station is there.
#[test]
fn a_radio_that_knows_of_no_acknowledgement_is_not_believed() {
    let mut world = World::started();
    world.fate = not_acked;
    world.associate(station(1), &rsn_request(1));
    assert_eq!(world.wait(), ms(20));
    assert_eq!(world.said(), [associated(1, rsn_mode())]);
}

#[test]
fn a_radio_that_does_not_say_what_became_of_an_answer_is_not_waited_for() {
    let mut world = World::started();
    world.fate = undecided;
    world.associate(station(1), &rsn_request(1));
    assert_eq!(world.wait(), ms(100));
    assert_eq!(world.said(), [associated(1, rsn_mode())]);
    // What is told later changes nothing.
    world.sent(SendStatus::NotAcked);
    world.sent(SendStatus::NotAcked);
    assert_eq!(world.said(), []);
}

#[test]
fn the_fate_of_an_old_answer_is_not_that_of_a_new_one() {
    let mut world = World::started();
    world.fate = undecided;
    world.associate(station(1), &wsc_request(1));
    // It begins anew before the radio has told what became of our answers.
    world.associate(station(1), &rsn_request(1));
    assert_eq!(world.in_flight.len(), 4);
    world.sent(SendStatus::Acked);
    world.sent(SendStatus::Acked);
    world.sent(SendStatus::Acked);
    world.sent(SendStatus::NotAcked);
    let again = [Said::Association(station(1), 0, 1)];
    assert_eq!(world.said(), again, "two authentications and an old answer; the last one was lost");
    world.owner.heard(world.now, station(1));
    assert_eq!(world.said(), [associated(1, rsn_mode())]);
}

#[test]
fn a_member_that_associates_again_is_told_of_again() {
    let mut world = World::started();
    world.associate(station(1), &wsc_request(1));
    let request = rsn_request(1);
    world.frame(
        station(1),
        Body::ReassociationRequest {
            capability: 1,
            listen_interval: 5,
            current_ap: OWN,
            elements: Elements::new(&request),
        },
    );
    assert_eq!(
        world.said(),
        [
            Said::Remove(station(1)),
            Said::AddAssociated(station(1), 1),
            Said::Association(station(1), 0, 1),
            associated(1, rsn_mode())
        ]
    );
    assert!(matches!(world.last_frame().body, Body::ReassociationResponse { .. }));
    // A request that is refused leaves it as it was.
    world.frame(station(1), association(&common()));
    assert_eq!(world.said(), [Said::Association(station(1), 40, 0)]);
    assert_eq!(world.owner.stations().count(), 1);
    // With a new authentication it has left.
    world.frame(station(1), OPEN);
    assert_eq!(
        world.said(),
        [
            Said::Remove(station(1)),
            left(1, LeftCause::Reauthenticates),
            Said::Add(station(1)),
            Said::Authentication(station(1), 0)
        ]
    );
}

#[test]
fn kernels_that_want_no_entry_before_the_association() {
    let mut c = config(Channel::ht20(2437));
    c.full_ap_client_state = false;
    let mut world = World::started_with(c);
    world.frame(station(1), OPEN);
    assert_eq!(world.said(), [Said::Authentication(station(1), 0)]);
    world.frame(station(1), association(&rsn_request(1)));
    assert_eq!(
        world.said(),
        [Said::AddAssociated(station(1), 1), Said::Association(station(1), 0, 1), associated(1, rsn_mode())]
    );
    let said = world.associate(station(1), &rsn_request(1));
    assert_eq!(
        said[..3],
        [Said::Remove(station(1)), left(1, LeftCause::Reauthenticates), Said::Authentication(station(1), 0)]
    );
}

#[test]
fn a_kernel_that_takes_no_station() {
    let mut world = World::started();
    // It has one of that address, left from somebody else's time.
    world.refuse_add.push_back(errno::EEXIST);
    world.frame(station(1), OPEN);
    let (add, remove) = (Said::Add(station(1)), Said::Remove(station(1)));
    assert_eq!(world.said(), [add.clone(), remove.clone(), add.clone(), Said::Authentication(station(1), 0)]);
    world.refuse_add.extend([errno::EEXIST, errno::EEXIST]);
    world.frame(station(2), OPEN);
    assert_eq!(world.said().last(), Some(&Said::Authentication(station(2), 17)));
    world.refuse_add.push_back(105);
    world.frame(station(3), OPEN);
    assert_eq!(world.said(), [Said::Add(station(3)), Said::Authentication(station(3), 17)]);

    let mut c = config(Channel::ht20(2437));
    c.full_ap_client_state = false;
    let mut world = World::started_with(c);
    world.refuse_add.push_back(105);
    world.frame(station(1), OPEN);
    world.said();
    world.frame(station(1), association(&rsn_request(1)));
    assert_eq!(
        world.said(),
        [Said::AddAssociated(station(1), 1), Said::Remove(station(1)), Said::Association(station(1), 17, 0)]
    );
    assert_eq!(world.associate(station(1), &rsn_request(1)).last(), Some(&associated(1, rsn_mode())));
}

#[test]
fn a_member_whose_new_association_the_kernel_refuses_has_left() {
    let mut world = World::started();
    world.associate(station(1), &rsn_request(1));
    world.refuse_add.push_back(105);
    world.frame(station(1), association(&rsn_request(1)));
    let remove = Said::Remove(station(1));
    assert_eq!(
        world.said(),
        [
            remove.clone(),
            Said::AddAssociated(station(1), 1),
            remove,
            left(1, LeftCause::Radio),
            Said::Association(station(1), 17, 0)
        ]
    );
}

#[test]
fn a_driver_with_its_own_sme() {
    let mut c = config(Channel::ht20(2437));
    c.device_ap_sme = true;
    c.max_stations = 1;
    let mut world = World::started_with(c);
    assert_eq!(elements_len(&world.beacon.association_response_elements), 2, "WSC and P2P");
    assert!(!world.beacon.probe_response_elements.is_empty());
    world.frame(station(1), OPEN);
    assert_eq!(world.said(), [], "the driver's");

    let joined = |world: &mut World, n: u8, elements: Vec<u8>| {
        let event = radio::Event::StationJoined { iface: IFACE, address: station(n), elements };
        assert!(world.owner.handle_event(world.now, &event));
        world.said()
    };
    world.kernel.insert(station(1), true);
    // The probe response that the driver sends names the client now.
    assert_eq!(joined(&mut world, 1, wsc_request(1)), [associated(1, Mode::Wsc), Said::UpdateBeacon]);
    assert_eq!(joined(&mut world, 1, rsn_request(1)), [associated(1, rsn_mode())]);
    world.kernel.insert(station(2), true);
    assert_eq!(joined(&mut world, 2, rsn_request(2)), [Said::Remove(station(2))], "there is no room");
    world.owner.deauthenticate(world.now, station(1), reason(3));
    assert_eq!(world.said()[..2], [Said::Remove(station(1)), left(1, LeftCause::Ours(reason(3)))]);
    world.kernel.insert(station(1), true);
    assert_eq!(joined(&mut world, 1, common()), [Said::Remove(station(1))], "without security");

    world.kernel.insert(station(1), true);
    joined(&mut world, 1, rsn_request(1));
    world.owner.stop(world.now);
    assert_eq!(
        world.said(),
        [Said::Remove(station(1)), left(1, LeftCause::Stopped), Said::StopAp, Said::Event(Event::Stopped)]
    );
    world.owner.start(world.now);
    world.said();
    world.kernel.insert(station(1), true);
    joined(&mut world, 1, rsn_request(1));
    assert!(world.owner.handle_event(world.now, &radio::Event::StationLeft { iface: IFACE, address: station(1) }));
    assert_eq!(world.said()[..1], [left(1, LeftCause::Radio)]);
}

fn elements_len(elements: &[u8]) -> usize {
    Elements::new(elements).iter().count()
}

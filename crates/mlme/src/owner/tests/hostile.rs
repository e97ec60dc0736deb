//! Frames that nobody honest sends, too many of them, and every order of happenings.

use super::*;
use proptest::prelude::*;

#[test]
fn frames_from_nobody_and_for_others_are_dropped() {
    let mut world = World::started();
    for source in [MacAddr::BROADCAST, MacAddr([1, 0, 0x5e, 0, 0, 1]), MacAddr::ZERO, OWN] {
        world.frame(source, OPEN);
        world.frame(source, Body::ProbeRequest { elements: Elements::new(b"\0\0") });
    }
    assert_eq!(world.owner.dropped().bad_source, 8);
    for (to, bssid) in [(station(3), OWN), (OWN, station(3)), (MacAddr::BROADCAST, OWN), (OWN, MacAddr::BROADCAST)] {
        world.receive(&Frame::new(to, station(1), bssid, OPEN));
    }
    assert_eq!(world.owner.dropped().not_for_us, 4);
    for body in [
        Body::Beacon { timestamp: 0, interval: 100, capability: 1, elements: Elements::default() },
        Body::AssociationResponse { capability: 1, status: StatusCode(0), aid: 1, elements: Elements::default() },
    ] {
        world.frame(station(1), body);
    }
    assert_eq!(world.owner.dropped().unexpected, 2);
    assert_eq!(world.said(), []);
}

#[test]
fn a_flood_of_probe_requests_is_answered_as_fast_as_answers_are_sent() {
    let mut world = World::started();
    world.fate = undecided;
    let request = Body::ProbeRequest { elements: Elements::new(b"\0\0\x01\x01\x0c") };
    for n in 0..100 {
        world.frame(station(n), request);
    }
    // Each answer is told of, too.
    assert_eq!((world.said().len(), world.owner.dropped().overload), (2 * 16, 84));
    world.sent(SendStatus::NotAcked);
    world.sent(SendStatus::Unknown);
    for n in 0..100 {
        world.frame(station(n), request);
    }
    assert_eq!(world.said().len(), 2 * 2);
}

#[test]
fn authentications_in_many_names_push_no_member_out() {
    let mut world = World::started();
    world.associate(station(0), &rsn_request(0));
    for n in 0..1000u16 {
        let [a, b] = n.to_be_bytes();
        world.frame(MacAddr([2, 9, 9, 9, a, b]), OPEN);
        world.said();
    }
    assert_eq!(world.kernel.len(), 33, "the member and the last that have authenticated");
    assert_eq!(world.kernel.get(&station(0)), Some(&true));
    assert!(world.kernel.contains_key(&MacAddr([2, 9, 9, 9, 3, 231])));
    assert!(world.associate(station(1), &rsn_request(1)).contains(&associated(1, rsn_mode())));
}

#[test]
fn a_radio_that_never_answers_is_not_asked_for_ever() {
    let mut owner = Owner::new(config(Channel::ht20(2437)));
    owner.start(ms(0));
    for n in 0..20_000u16 {
        let [a, b] = n.to_be_bytes();
        let frame = Frame::new(OWN, MacAddr([2, 9, 9, 9, a, b]), OWN, OPEN);
        owner.handle_frame(ms(1), &frame, 2437, 0);
    }
    let mut commands = 0;
    while owner.poll_output().is_some() {
        commands += 1;
    }
    assert!(commands < 10_000, "{commands}");
    assert!(owner.dropped().overload > 10_000);
}

#[derive(Clone, Debug)]
enum Happening {
    Frame(u8, Vec<u8>),
    Bytes(Vec<u8>),
    Fate(u8),
    Sent,
    Refuse(i32),
    Deauthenticate(u8),
    Heard(u8),
    Unexpected(u8),
    Probed(u8, bool),
    Lost(u8),
    Switch,
    Switched,
    Wsc(bool),
    Time(u64),
}

/// The body of a management frame: of a kind that the owner acts on, with what makes sense there or with anything.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let noise = proptest::collection::vec(any::<u8>(), 0..60);
    let fixed = prop_oneof![
        Just((11u8, vec![0, 0, 1, 0, 0, 0])),
        Just((0, vec![1, 0, 5, 0])),
        Just((2, vec![1, 0, 5, 0, 2, 0, 0, 0, 0, 0])),
        Just((4, vec![])),
        Just((10, vec![8, 0])),
        Just((12, vec![3, 0])),
        Just((13, b"\x7f\x50\x6f\x9a\x09\x01\x07".to_vec())),
    ];
    let elements =
        prop_oneof![Just(Vec::new()), Just(wsc_request(1)), Just(rsn_request(1)), Just(p2p_element(1)), noise,];
    (fixed, elements).prop_map(|((subtype, fixed), elements)| [vec![subtype << 4], fixed, elements].concat())
}

fn happening() -> impl Strategy<Value = Happening> {
    let n = || 0..5u8;
    prop_oneof![
        12 => (n(), body()).prop_map(|(n, body)| Happening::Frame(n, body)),
        2 => proptest::collection::vec(any::<u8>(), 0..200).prop_map(Happening::Bytes),
        2 => (0..3u8).prop_map(Happening::Fate),
        4 => Just(Happening::Sent),
        1 => prop_oneof![Just(17), Just(105)].prop_map(Happening::Refuse),
        1 => n().prop_map(Happening::Deauthenticate),
        1 => n().prop_map(Happening::Heard),
        1 => n().prop_map(Happening::Unexpected),
        1 => (n(), any::<bool>()).prop_map(|(n, acked)| Happening::Probed(n, acked)),
        1 => n().prop_map(Happening::Lost),
        1 => Just(Happening::Switch),
        1 => Just(Happening::Switched),
        1 => any::<bool>().prop_map(Happening::Wsc),
        2 => (0..400_000u64).prop_map(Happening::Time),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever happens in whatever order: the kernel is never asked for what its rules forbid (the world asserts that);
    /// who is told as a member is one in the kernel too, with an association id of its own; who is told as gone was a
    /// member; and in the end everything is taken back.
    #[test]
    fn any_order_of_happenings(happenings in proptest::collection::vec(happening(), 1..120), full_state: bool) {
        let mut c = config(Channel::ht20(2437));
        c.full_ap_client_state = full_state;
        c.max_stations = 3;
        let mut world = World::started_with(c);
        let mut members: BTreeMap<MacAddr, ()> = BTreeMap::new();
        for happening in happenings {
            match happening {
                Happening::Frame(n, bytes) => {
                    let (subtype, body) = bytes.split_first().unwrap();
                    let header = [vec![*subtype, 0, 0, 0], OWN.0.to_vec(), station(n).0.to_vec(), OWN.0.to_vec(), vec![0, 0]];
                    let bytes = [header.concat(), body.to_vec()].concat();
                    let frame = Frame::parse(&bytes).unwrap();
                    world.frame(station(n), frame.body);
                }
                Happening::Bytes(bytes) => if let Ok(frame) = Frame::parse(&bytes) {
                    world.owner.handle_frame(world.now, &frame, 2437, 0);
                },
                Happening::Fate(fate) => world.fate = [acked as Fate, not_acked, undecided][usize::from(fate)],
                Happening::Sent => if !world.in_flight.is_empty() {
                    world.sent(SendStatus::Acked);
                },
                Happening::Refuse(errno) => world.refuse_add.push_back(errno),
                Happening::Deauthenticate(n) => world.owner.deauthenticate(world.now, station(n), reason(3)),
                Happening::Heard(n) => world.owner.heard(world.now, station(n)),
                Happening::Unexpected(n) => world.owner.unexpected_frame(world.now, station(n)),
                Happening::Probed(n, acked) => world.owner.station_probed(world.now, station(n), acked),
                Happening::Lost(n) => if world.kernel.get(&station(n)) == Some(&true) {
                    world.kernel.remove(&station(n));
                },
                Happening::Switch => world.owner.switch_channel(world.now, Channel::ht20(2412), 3, false),
                Happening::Switched => world.owner.channel_switched(world.now, Channel::ht20(2412)),
                Happening::Wsc(on) => {
                    let element = if on { WSC.to_vec() } else { Vec::new() };
                    world.owner.set_wsc(element.clone(), element.clone(), element);
                }
                Happening::Time(step) => {
                    world.now += ms(step);
                    world.owner.handle_timeout(world.now);
                }
            }
            for event in world.events() {
                match event {
                    Event::Associated(associated) => _ = members.insert(associated.station, ()),
                    Event::Left { station, .. } => prop_assert!(members.remove(&station).is_some()),
                    _ => {}
                }
            }
            let stations = &world.owner.stations;
            let announced = stations.iter().filter(|(_, station)| station.announced).map(|(address, _)| address);
            prop_assert!(announced.eq(members.keys().copied()), "the caller knows who is a member");
            let mut aids: Vec<u16> =
                stations.iter().filter(|(_, s)| s.holds_place()).map(|(_, station)| station.aid).collect();
            aids.sort_unstable();
            aids.dedup();
            prop_assert!(aids.len() == stations.places_taken() && aids.len() <= 3 && !aids.contains(&0));
            prop_assert!(world.owner.poll_timeout().is_none_or(|at| at > world.now));
        }
        world.fate = acked;
        world.owner.stop(world.now);
        let mut last = None;
        for event in world.events() {
            if let Event::Left { station, .. } = &event {
                members.remove(station);
            }
            last = Some(event);
        }
        prop_assert_eq!(last, Some(Event::Stopped));
        prop_assert_eq!((world.owner.poll_timeout(), world.kernel.len()), (None, 0));
    }

    /// No frame of any kind makes the owner fail.
    #[test]
    fn any_frame(subtype in 0..16u8, bytes in proptest::collection::vec(any::<u8>(), 0..300), sme: bool) {
        let mut c = config(WIDE);
        c.device_ap_sme = sme;
        let mut world = World::started_with(c);
        if let Ok(body) = Body::parse(ieee80211_ies::frame::Subtype(subtype), &bytes) {
            world.frame(station(1), OPEN);
            world.frame(station(1), body);
        }
        world.owner.station_joined(world.now, station(2), &bytes);
        world.said();
    }
}

//! Whatever comes over the air: no panic, and the machine stays in a state it can leave.

use super::*;
use crate::frames;
use crate::testing::{address, settings};
use ieee80211_ies::frame::{Action, P2pPublicSubtype};
use ieee80211_ies::wsc::ConfigMethods;
use proptest::prelude::*;
use std::{format, vec};

/// A machine in one of its states, with frames that were sent in the meantime.
fn prepared(state: u8, seed: u64) -> (World, Vec<Vec<u8>>) {
    let mut world = World::new(seed, [settings(1), settings(2)]);
    for n in 0..2 {
        world.tell(n, |machine, now, rng| machine.find(now, FindParameters::default(), rng)).unwrap();
    }
    world.run_for(MS * 5000);
    let wish = |peer, own: u8, authorize_only| Negotiate {
        peer: address(peer),
        method: Method::PushButton,
        intent: 7,
        interface_address: address(own),
        ssid: format!("DIRECT-{own}").into_bytes(),
        persistent: true,
        forced_frequency: None,
        preferred_frequency: None,
        authorize_only,
        provision_first: state == 6,
        shared_frequency: None,
        ht40: false,
    };
    let negotiate = |world: &mut World, n: usize, wish: Negotiate| {
        let _ = world.tell(n, |machine, now, rng| machine.negotiate(now, wish, rng));
    };
    match state {
        0 => {}
        1 => world.tell(0, |machine, now, _| machine.stop_find(now)),
        2 => world.tell(0, |machine, now, _| machine.listen(now, None)),
        3 => negotiate(&mut world, 0, wish(2, 1, false)),
        4 => negotiate(&mut world, 0, wish(2, 1, true)),
        5 | 6 => {
            negotiate(&mut world, 1, wish(1, 2, true));
            negotiate(&mut world, 0, wish(2, 1, false));
        }
        7 => {
            let asked = world.tell(0, |machine, now, rng| {
                machine.provision_discovery(now, address(2), Method::Display, ProvisionFor::Group, rng)
            });
            asked.unwrap();
        }
        _ => world.tell(0, |machine, now, rng| {
            let group = StoredGroup { id: 1, owner: true, owner_address: address(1), ssid: b"DIRECT-p".to_vec() };
            machine.set_stored_groups(vec![group]);
            let parameters = InviteParameters {
                peer: address(2),
                persistent: Some(1),
                owner: true,
                ssid: b"DIRECT-p".to_vec(),
                owner_address: address(1),
                bssid: None,
                frequency: None,
                preferred_frequency: None,
            };
            machine.invite(now, parameters, rng).unwrap();
        }),
    }
    world.run_for(MS * (seed % 400) as u32);
    let frames =
        world.devices.iter().flat_map(|device| device.sent.iter().map(|(_, _, frame)| frame.clone())).collect();
    (world, frames)
}

fn check(world: &mut World) {
    let machine = &world.devices[0].machine;
    assert!(machine.peers().count() <= 100);
    assert!(!(machine.formation.is_some() && machine.negotiation.is_some()));
    // Whatever has happened, the user gets out of it.
    world.tell(0, |machine, now, rng| {
        let _ = machine.cancel(now);
        if let Some(peer) = machine.formation.as_ref().map(|formation| formation.negotiated.peer) {
            machine.formation_ended(now, peer, false);
        }
        machine.stop_find(now);
        machine.find(now, FindParameters::default(), rng).unwrap();
    });
    assert_eq!(world.devices[0].machine.state(), State::Search);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn any_action_frame_in_any_state(
        state in 0u8..9,
        seed in 0u64..1000,
        bodies in proptest::collection::vec((0u8..10, any::<u8>(), proptest::collection::vec(any::<u8>(), 0..120), any::<bool>()), 1..12),
    ) {
        let (mut world, _) = prepared(state, seed);
        for (subtype, dialog_token, bytes, wrap) in bodies {
            // Wrapped, the bytes are P2P attributes; otherwise elements.
            let mut elements = vec![];
            if wrap {
                ieee80211_ies::emit_vendor_elements(ieee80211_ies::OUI_WFA, 9, &bytes, &mut elements);
            } else {
                elements = bytes;
            }
            let action = Action::P2pPublic { subtype: P2pPublicSubtype(subtype), dialog_token, elements: Elements::new(&elements) };
            let frame = Frame::new(address(1), address(2), address(1), Body::Action(action));
            let reception = Reception { frequency: 2437, signal_dbm: -40 };
            world.tell(0, |machine, now, rng| machine.handle_frame(now, &frame, reception, rng));
            world.run_for(MS * 7);
        }
        check(&mut world);
    }

    #[test]
    fn true_frames_bent_a_little(
        state in 0u8..9,
        seed in 0u64..1000,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>(), any::<bool>()), 1..20),
    ) {
        let (mut world, frames) = prepared(state, seed);
        for (which, place, value, cut) in changes {
            if frames.is_empty() {
                break;
            }
            let mut bytes = which.get(&frames).clone();
            let place = place.index(bytes.len());
            if cut { bytes.truncate(place.max(24)) } else { bytes[place] = value }
            // From the peer to us, whoever sent it.
            if bytes.len() >= 24 {
                bytes[4..10].copy_from_slice(&address(1).0);
                bytes[10..16].copy_from_slice(&address(2).0);
            }
            if let Ok(frame) = Frame::parse(&bytes) {
                let reception = Reception { frequency: 2437, signal_dbm: -40 };
                world.tell(0, |machine, now, rng| machine.handle_frame(now, &frame, reception, rng));
            }
            world.run_for(MS * 7);
        }
        check(&mut world);
    }

    #[test]
    fn a_radio_gone_mad(
        state in 0u8..9,
        seed in 0u64..1000,
        calls in proptest::collection::vec((0u8..7, any::<u32>(), 0u32..300), 1..60),
    ) {
        let (mut world, _) = prepared(state, seed);
        // From here on the machine is alone with what the radio is said to do.
        let device = &mut world.devices[0];
        let mut now = world.now;
        let mut tokens = vec![SendToken(0)];
        for (call, number, later) in calls {
            now += MS * later;
            let token = tokens[number as usize % tokens.len()];
            let rng = &mut device.rng;
            match call {
                0 => device.machine.search_done(now, number & 1 == 0, rng),
                1 => device.machine.listen_ended(now, rng),
                2 => device.machine.listen_started(now),
                3 => device.machine.sent(now, token, [SendStatus::Acked, SendStatus::NotAcked, SendStatus::Unknown][number as usize % 3]),
                4 => device.machine.send_failed(now, token),
                _ => device.machine.handle_timeout(now, rng),
            }
            let mut outputs = 0;
            while let Some(output) = device.machine.poll_output() {
                outputs += 1;
                prop_assert!(outputs < 200);
                if let Output::Want(Want::Send { token, .. }) = output {
                    tokens.push(token);
                }
            }
            if call > 4 {
                prop_assert!(device.machine.poll_timeout().is_none_or(|at| at > now), "time goes on");
            }
        }
        world.now = now;
        check(&mut world);
    }

    #[test]
    fn any_scan_result(elements in proptest::collection::vec(any::<u8>(), 0..300), p2p in proptest::collection::vec(any::<u8>(), 0..200), age_ms: u32) {
        let (mut world, _) = prepared(0, 1);
        let mut bytes = vec![];
        ieee80211_ies::emit_vendor_elements(ieee80211_ies::OUI_WFA, 9, &p2p, &mut bytes);
        bytes.extend(elements);
        let bss = Bss {
            bssid: address(9), frequency: 2437, signal_dbm: -40, age_ms, tsf: 0, beacon_interval: 100, capability: 0,
            probe_response: bytes, beacon: vec![],
        };
        world.tell(0, |machine, now, _| machine.handle_bss(now, &bss, Duration::ZERO));
        check(&mut world);
    }
}

#[test]
fn frames_that_are_not_for_us_or_from_nobody_are_counted() {
    let mut world = World::new(1, [settings(1)]);
    let action = Action::P2pPublic {
        subtype: P2pPublicSubtype::GO_NEGOTIATION_REQUEST,
        dialog_token: 1,
        elements: Elements::new(&[]),
    };
    let reception = Reception { frequency: 2437, signal_dbm: -40 };
    let mut send = |to, from| {
        let frame = Frame::new(to, from, to, Body::Action(action));
        world.tell(0, |machine, now, rng| machine.handle_frame(now, &frame, reception, rng));
        world.devices[0].machine.dropped()
    };
    assert_eq!(send(address(1), MacAddr::BROADCAST).group_source, 1);
    assert_eq!(send(address(3), address(2)).not_for_us, 1);
    assert_eq!(send(address(1), address(2)).malformed, 1);
    assert_eq!(send(address(1), address(1)).unexpected, 1);
}

#[test]
fn a_radio_that_refuses_everything_is_not_pestered() {
    let machine = &mut P2p::new(settings(1));
    let rng = &mut TestRng::new(1);
    let mut now = MS;
    machine.find(now, FindParameters::default(), rng).unwrap();
    let mut wants = 0;
    while now < MS * 10_000 {
        while let Some(output) = machine.poll_output() {
            match output {
                Output::Want(Want::Search { .. }) => machine.search_done(now, true, rng),
                Output::Want(Want::Listen { .. }) => machine.listen_ended(now, rng),
                _ => continue,
            }
            wants += 1;
        }
        now = machine.poll_timeout().unwrap().max(now);
        machine.handle_timeout(now, rng);
    }
    assert!((50..=400).contains(&wants), "{wants} in ten seconds");
}

#[test]
fn a_flood_of_strangers_does_not_push_out_those_in_use() {
    let (mut world, _) = prepared(3, 1);
    for n in 0..400u32 {
        let [_, _, a, b] = n.to_be_bytes();
        let source = MacAddr([6, 6, 6, 0, a, b]);
        let mut elements = vec![];
        emit_element(id::SSID, b"DIRECT-", &mut elements);
        elements.extend(crate::probe::request_elements(&settings(3), None, &FindParameters::default()));
        let body = Body::ProbeRequest { elements: Elements::new(&elements) };
        let frame = Frame::new(MacAddr::BROADCAST, source, MacAddr::BROADCAST, body);
        let reception = Reception { frequency: 2437, signal_dbm: -40 };
        world.tell(0, |machine, now, rng| machine.handle_frame(now, &frame, reception, rng));
    }
    assert!(world.devices[0].machine.peer(address(2)).is_some());
    check(&mut world);
}

/// CVE-2021-27803: a Provision Discovery Request whose P2P Device Info names another than its sender, with the table full of
/// strangers. The other is neither changed nor entered, and what is kept goes by the sender's address.
#[test]
fn a_device_info_that_names_another_changes_nobody() {
    let mut world = World::new(1, [settings(1)]);
    let known = address(2);
    let request = |from: MacAddr, named: MacAddr, name: &[u8]| {
        let info = frames::device_info(
            &Settings {
                device: DeviceDescription { address: named, name: name.to_vec(), ..settings(2).device },
                ..settings(2)
            },
            None,
        );
        let mut elements = vec![];
        ieee80211_ies::p2p::emit(&[frames::capability(&settings(2), 0), info], &mut elements);
        crate::wsc_ie::emit_config_methods(ConfigMethods::PUSH_BUTTON, &mut elements);
        let action = Action::P2pPublic {
            subtype: P2pPublicSubtype::PROVISION_DISCOVERY_REQUEST,
            dialog_token: 1,
            elements: Elements::new(&elements),
        };
        Frame::new(address(1), from, address(1), Body::Action(action)).to_vec()
    };
    let mut hear = |frame: Vec<u8>| {
        let frame = Frame::parse(&frame).unwrap();
        let reception = Reception { frequency: 2437, signal_dbm: -40 };
        world.tell(0, |machine, now, rng| machine.handle_frame(now, &frame, reception, rng));
        let machine = &world.devices[0].machine;
        (machine.peers().count(), machine.peer(known).map(|peer| peer.name.clone()))
    };
    let alone = hear(request(known, known, b"honest"));
    assert_eq!(alone, (1, Some(b"honest".to_vec())));
    for n in 0..300u32 {
        let [_, _, a, b] = n.to_be_bytes();
        let (count, name) = hear(request(MacAddr([6, 6, 6, 0, a, b]), known, b"evil"));
        assert!(count <= crate::peers::MAX_PEERS, "{count} peers");
        // It may be gone, as the oldest; it is never another.
        assert!(name.is_none_or(|name| name == b"honest"));
    }
    let stranger = MacAddr([6, 6, 6, 9, 9, 9]);
    let named = MacAddr([6, 6, 6, 8, 8, 8]);
    hear(request(stranger, named, b"evil"));
    assert!(world.devices[0].machine.peer(named).is_none());
}

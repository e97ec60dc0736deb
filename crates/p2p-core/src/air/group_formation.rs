//! Provision discovery and GO negotiation between two machines.

use super::*;
use crate::testing::{address, settings};
use ieee80211_ies::frame::{Action, P2pPublicSubtype};
use ieee80211_ies::p2p::Status;
use std::{format, println, vec};

fn wish(peer: u8, own: u8, intent: u8) -> Negotiate {
    Negotiate {
        peer: address(peer),
        method: Method::PushButton,
        intent,
        interface_address: MacAddr([2, 0, 0, 0, 1, own]),
        ssid: format!("DIRECT-{own:02}").into_bytes(),
        persistent: false,
        forced_frequency: None,
        preferred_frequency: None,
        authorize_only: false,
        provision_first: false,
        shared_frequency: None,
        ht40: false,
    }
}

fn negotiate(world: &mut World, n: usize, wish: Negotiate) {
    world.tell(n, |machine, now, rng| machine.negotiate(now, wish, rng)).unwrap();
}

fn succeeded(event: &Event) -> Option<Negotiated> {
    if let Event::NegotiationSucceeded(negotiated) = event { Some(negotiated.clone()) } else { None }
}

fn failed(event: &Event) -> Option<Option<u8>> {
    if let Event::NegotiationFailed { status, .. } = event { Some(*status) } else { None }
}

fn asked(event: &Event) -> Option<(u16, u8)> {
    match event {
        Event::GoNegotiationRequest { device_password_id, intent, .. } => Some((*device_password_id, *intent)),
        _ => None,
    }
}

fn both(world: &World) -> bool {
    (0..2).all(|n| world.event(n, succeeded).is_some())
}

/// Devices that know each other and listen.
fn acquainted<const N: usize>(seed: u64, settings: [Settings; N]) -> World {
    let mut world = World::new(seed, settings);
    for n in 0..N {
        world.tell(n, |machine, now, rng| machine.find(now, FindParameters::default(), rng)).unwrap();
    }
    let until = world.now + MS * 60_000;
    let known = |world: &World, n: usize| world.devices[n].machine.peers().filter(|peer| peer.flags.reported).count();
    assert!(world.run_until(until, |world| (0..N).all(|n| known(world, n) + 1 == N)));
    for n in 0..N {
        world.tell(n, |machine, now, _| machine.stop_find(now));
        world.tell(n, |machine, now, _| machine.listen(now, None));
    }
    world.run_for(MS * 50);
    world.devices.iter_mut().for_each(|device| {
        device.events.clear();
        device.sent.clear();
    });
    world
}

fn pair(seed: u64) -> World {
    acquainted(seed, [settings(1), settings(2)])
}

fn check_agreement(world: &World) -> [Negotiated; 2] {
    let [a, b] = [0, 1].map(|n| world.event(n, succeeded).unwrap().1);
    assert_ne!(a.owner, b.owner);
    assert_eq!((a.frequency, &a.ssid, a.method.counterpart()), (b.frequency, &b.ssid, b.method));
    assert_eq!((a.peer, b.peer), (address(2), address(1)));
    assert_eq!(a.peer_interface, MacAddr([2, 0, 0, 0, 1, 2]));
    assert_eq!(b.peer_interface, MacAddr([2, 0, 0, 0, 1, 1]));
    assert_eq!(a.persistent, b.persistent);
    let owner = if a.owner { &a } else { &b };
    assert_eq!(owner.ssid, if a.owner { b"DIRECT-01" } else { b"DIRECT-02" });
    for n in 0..2 {
        assert_eq!(world.devices[n].machine.state(), State::Provisioning);
        assert_eq!(world.devices[n].events.iter().filter(|(_, event)| succeeded(event).is_some()).count(), 1);
    }
    [a, b]
}

#[test]
fn an_authorized_peer_answers_at_once() {
    let mut times = vec![];
    for seed in 0..60 {
        let mut world = pair(seed);
        negotiate(&mut world, 1, Negotiate { authorize_only: true, ..wish(1, 2, 3) });
        let begin = world.now;
        negotiate(&mut world, 0, wish(2, 1, 10));
        assert!(world.run_until(begin + MS * 5000, both));
        times.push(world.now - begin);
        let [a, b] = check_agreement(&world);
        assert!(a.owner);
        assert_eq!((a.peer_timeout, b.peer_timeout), (MS * 200, MS * 1000));
        world.tell(0, |machine, now, _| machine.formation_ended(now, address(2), true));
        assert_eq!(world.devices[0].machine.state(), State::Idle);
    }
    let (median, p95) = quantiles(&mut times);
    println!("authorised peer: median {median:?}, p95 {p95:?}");
    assert!(median <= 100 * MS && p95 <= 300 * MS);
}

#[test]
fn the_peer_that_is_not_ready_asks_when_its_user_has_agreed() {
    let mut times = vec![];
    for seed in 0..60 {
        let mut world = pair(seed);
        negotiate(&mut world, 0, wish(2, 1, 7));
        world.run_for(MS * 3000);
        assert_eq!(world.event(1, asked).unwrap().1, (4, 7));
        assert_eq!(world.devices[1].events.iter().filter(|(_, event)| asked(event).is_some()).count(), 1);
        assert_eq!(world.devices[0].machine.state(), State::WaitPeerConnect);
        assert!(world.devices[0].machine.peer(address(2)).unwrap().flags.not_yet_ready);
        let begin = world.now;
        negotiate(&mut world, 1, wish(1, 2, 7));
        assert!(world.run_until(begin + MS * 5000, both));
        times.push(world.now - begin);
        check_agreement(&world);
    }
    let (median, p95) = quantiles(&mut times);
    println!("after the user agreed: median {median:?}, p95 {p95:?}");
    assert!(median <= 100 * MS && p95 <= 300 * MS);
}

/// How long two devices take to agree whose users decide within `apart` milliseconds: median and 95th percentile of 200 meetings.
fn decided_at_once(change: impl Fn(Settings) -> Settings, apart: u64) -> (Duration, Duration) {
    let mut times = vec![];
    for seed in 0..200 {
        let mut world = acquainted(seed, [1, 2].map(|n| change(settings(n))));
        let begin = world.now;
        negotiate(&mut world, 0, wish(2, 1, 7));
        world.run_for(MS * (seed % apart) as u32);
        negotiate(&mut world, 1, wish(1, 2, 7));
        assert!(world.run_until(begin + MS * 10_000, both), "seed {seed}");
        times.push(world.now - begin);
        check_agreement(&world);
    }
    quantiles(&mut times)
}

#[test]
fn both_sides_at_once() {
    let (median, p95) = decided_at_once(|settings| settings, 12);
    println!("both at once: median {median:?}, p95 {p95:?}");
    assert!(median <= 200 * MS && p95 <= 600 * MS);
}

/// Firmware takes so long to change channel that two who ask in the same moment are away together, and would stay in step if
/// their pauses were alike.
#[test]
fn both_sides_at_once_where_the_firmware_leaves_the_channel() {
    let (median, p95) = decided_at_once(|settings| Settings { announce: false, ..settings }, 25);
    println!("both at once, firmware: median {median:?}, p95 {p95:?}");
    assert!(median <= 160 * MS && p95 <= 250 * MS);
}

#[test]
fn loss_duplicates_and_reordering_end_well() {
    let mut times = vec![];
    let mut half = 0;
    for seed in 0..300 {
        let mut world = pair(seed);
        world.trouble = Trouble { loss: 60, duplicates: 20, delay: 10 };
        let begin = world.now;
        if seed % 2 == 0 {
            negotiate(&mut world, 1, Negotiate { authorize_only: true, ..wish(1, 2, 7) });
        }
        negotiate(&mut world, 0, wish(2, 1, 7));
        if seed % 2 == 1 {
            negotiate(&mut world, 1, wish(1, 2, 7));
        }
        if world.run_until(begin + MS * 15_000, both) {
            times.push(world.now - begin);
            check_agreement(&world);
        } else {
            half += 1;
        }
    }
    let (median, p95) = quantiles(&mut times);
    println!("60 % loss: {} of 300 agreed, median {median:?}, p95 {p95:?}", times.len());
    assert_eq!(half, 0);
}

/// One side's wish and settings are changed; the status with which both end, initiator first.
fn outcome(change: impl Fn(&mut [Settings; 2], &mut [Negotiate; 2])) -> [Option<Option<u8>>; 2] {
    let mut both = [settings(1), settings(2)];
    let mut wishes = [wish(2, 1, 7), Negotiate { authorize_only: true, ..wish(1, 2, 7) }];
    change(&mut both, &mut wishes);
    let mut world = acquainted(5, both);
    let [first, second] = wishes;
    negotiate(&mut world, 1, second);
    negotiate(&mut world, 0, first);
    world.run_for(MS * 60_000);
    assert_eq!(world.event(0, succeeded), None);
    [0, 1].map(|n| world.event(n, failed).map(|(_, status)| status))
}

#[test]
fn refusals_have_their_status() {
    let both_insist = outcome(|_, wishes| wishes.iter_mut().for_each(|wish| wish.intent = 15));
    assert_eq!(both_insist, [Some(Some(9)), None]);
    let no_channel = outcome(|_, wishes| {
        wishes[0].forced_frequency = Some(2412);
        wishes[1].forced_frequency = Some(2462);
    });
    assert_eq!(no_channel, [Some(Some(7)), None]);
    let methods = outcome(|_, wishes| wishes[1].method = Method::Display);
    assert_eq!(methods, [Some(Some(10)), None]);
    let both_display = outcome(|_, wishes| wishes.iter_mut().for_each(|wish| wish.method = Method::Display));
    assert_eq!(both_display, [Some(Some(10)), None]);
}

#[test]
fn a_request_that_says_nothing_is_told_so() {
    let mut world = pair(9);
    world.tell(0, |machine, now, _| machine.listen(now, None));
    // Category, action, OUI and type, GO Negotiation Request, dialog token 5, and no element.
    let mut request = vec![0xd0, 0, 0, 0];
    for who in [1, 2, 1] {
        request.extend_from_slice(&address(who).0);
    }
    request.extend_from_slice(&[0, 0, 4, 9, 0x50, 0x6f, 0x9a, 9, 0, 5]);
    world.deliver(0, &request, 2412);
    world.run_for(MS * 100);
    let answer = world.devices[0].sent.last().unwrap().2.clone();
    let Ok(Body::Action(Action::P2pPublic { subtype, dialog_token, elements })) = Frame::parse(&answer).map(|f| f.body)
    else {
        panic!("{answer:?}");
    };
    assert_eq!((subtype, dialog_token), (P2pPublicSubtype::GO_NEGOTIATION_RESPONSE, 5));
    assert_eq!(elements.p2p().unwrap().unwrap().status(), Some(Status::INVALID_PARAMETERS));
}

#[test]
fn pin_methods_fit_crosswise() {
    let mut world = pair(3);
    negotiate(&mut world, 1, Negotiate { authorize_only: true, method: Method::Display, ..wish(1, 2, 7) });
    negotiate(&mut world, 0, Negotiate { method: Method::Keypad, ..wish(2, 1, 7) });
    world.run_for(MS * 2000);
    let [a, b] = check_agreement(&world);
    assert_eq!((a.method, b.method), (Method::Keypad, Method::Display));
}

#[test]
fn a_rejected_peer_gets_status_11() {
    let mut world = pair(3);
    world.tell(1, |machine, now, _| machine.reject(now, address(1)));
    negotiate(&mut world, 0, wish(2, 1, 7));
    world.run_for(MS * 2000);
    assert_eq!(world.event(0, failed).unwrap().1, Some(11));
    assert_eq!(world.event(1, asked), None);
}

#[test]
fn somebody_else_gets_status_5_during_a_formation() {
    let mut world = pair(3);
    negotiate(&mut world, 1, Negotiate { authorize_only: true, ..wish(1, 2, 7) });
    world.tell(1, |machine, now, _| {
        // A formation with a third device is under way.
        let negotiated = Negotiated {
            peer: address(7),
            peer_interface: address(7),
            owner: true,
            frequency: 2412,
            ssid: b"DIRECT-x".to_vec(),
            method: Method::PushButton,
            persistent: false,
            peer_timeout: Duration::ZERO,
            channels: ChannelSet::default(),
            ht40: false,
        };
        machine.negotiation_succeeded(negotiated);
        machine.listen_ended(now, &mut TestRng::new(1));
    });
    // Its radio stays where it can hear.
    world.want(1, Want::Listen { frequency: world.devices[1].machine.listen_frequency(), duration: MS * 9000 });
    negotiate(&mut world, 0, wish(2, 1, 7));
    world.run_for(MS * 2000);
    assert_eq!(world.event(0, failed).unwrap().1, Some(5));
}

#[test]
fn nobody_there_ends_after_the_last_attempt() {
    let mut world = pair(3);
    world.tell(1, |machine, now, _| machine.stop_find(now));
    negotiate(&mut world, 0, wish(2, 1, 7));
    let begin = world.now;
    assert!(world.run_until(begin + MS * 120_000, |world| world.event(0, failed).is_some()));
    assert_eq!(world.event(0, failed).unwrap().1, None);
    assert_eq!(world.devices[0].sent.len(), 120);
    assert!(world.now - begin > MS * 10_000 && world.now - begin < MS * 60_000, "{:?}", world.now - begin);
    assert_eq!(world.devices[0].machine.state(), State::Idle);
}

#[test]
fn an_undecided_user_is_waited_for_two_minutes() {
    let mut world = pair(3);
    negotiate(&mut world, 0, wish(2, 1, 7));
    world.run_for(MS * 119_000);
    assert_eq!(world.event(0, failed), None);
    assert!(world.devices[0].sent.len() < 5, "the peer's user is not asked again and again");
    world.run_for(MS * 2_000);
    assert_eq!(world.event(0, failed).unwrap().1, None);
}

#[test]
fn cancel_and_unauthorize() {
    let mut world = pair(3);
    assert_eq!(world.tell(0, |machine, now, _| machine.cancel(now)), Err(Refusal::Nothing));
    negotiate(&mut world, 0, wish(2, 1, 7));
    assert_eq!(world.tell(0, |machine, now, _| machine.cancel(now)), Ok(()));
    assert_eq!(world.devices[0].machine.state(), State::Idle);
    negotiate(&mut world, 1, Negotiate { authorize_only: true, ..wish(1, 2, 7) });
    world.tell(1, |machine, now, _| machine.unauthorize(now, address(1)));
    negotiate(&mut world, 0, wish(2, 1, 7));
    world.run_for(MS * 1000);
    assert!(world.event(1, asked).is_some());
    assert!(world.devices[0].events.iter().all(|(_, event)| succeeded(event).is_none()));
}

#[test]
fn while_one_peers_user_decides_another_peer_is_told_that_we_are_busy() {
    let mut world = acquainted(9, [settings(1), settings(2), settings(3)]);
    negotiate(&mut world, 0, Negotiate { authorize_only: true, ..wish(3, 1, 7) });
    negotiate(&mut world, 0, wish(2, 1, 7));
    world.run_for(MS * 2000);
    negotiate(&mut world, 2, wish(1, 3, 7));
    world.run_for(MS * 8000);
    assert_eq!(world.event(2, failed).unwrap().1, Some(5));
}

#[test]
fn a_peer_told_to_wait_for_our_request_is_not_answered_before_it_insists() {
    let mut world = pair(8);
    negotiate(&mut world, 1, wish(1, 2, 7));
    world.run_for(MS * 1000);
    assert!(world.event(0, asked).is_some(), "status 1: it is to wait");
    let is_request = |frame: &[u8]| matches!(Frame::parse(frame).map(|f| f.body), Ok(Body::Action(Action::P2pPublic { subtype, .. })) if subtype == P2pPublicSubtype::GO_NEGOTIATION_REQUEST);
    let mut late = world.devices[1].sent.iter().find(|(_, _, frame)| is_request(frame)).unwrap().2.clone();
    world.tell(1, |machine, now, _| machine.cancel(now)).unwrap();
    let answers = |world: &World| {
        let answer = |frame: &[u8]| matches!(Frame::parse(frame).map(|f| f.body), Ok(Body::Action(Action::P2pPublic { subtype, .. })) if subtype == P2pPublicSubtype::GO_NEGOTIATION_RESPONSE);
        world.devices[0].sent.iter().filter(|(_, _, frame)| answer(frame)).count()
    };
    let before = answers(&world);
    // The peer listens no more: our request finds nobody.
    negotiate(&mut world, 0, wish(2, 1, 7));
    world.run_for(MS * 1000);
    for (token, answered) in [(101, false), (102, true)] {
        // Header (24), category, action, OUI and type (4), subtype; then the dialog token.
        late[31] = token;
        world.deliver(0, &late, 2412);
        world.run_for(MS * 100);
        assert_eq!(answers(&world) > before, answered, "token {token}");
    }
}

#[test]
fn requests_out_of_place_are_refused() {
    let mut world = pair(3);
    let mut ask = |wish| world.tell(0, |machine, now, rng| machine.negotiate(now, wish, rng));
    assert_eq!(ask(wish(9, 1, 7)), Err(Refusal::UnknownPeer));
    assert_eq!(ask(wish(2, 1, 16)), Err(Refusal::Invalid("group owner intent")));
    assert_eq!(ask(Negotiate { ssid: vec![], ..wish(2, 1, 7) }), Err(Refusal::Invalid("SSID")));
    assert_eq!(ask(Negotiate { forced_frequency: Some(5955), ..wish(2, 1, 7) }), Err(Refusal::NoChannel));
}

#[test]
fn persistence_needs_both() {
    for (ours, theirs) in [(true, true), (true, false), (false, true), (false, false)] {
        for intent in [1, 14] {
            let mut world = pair(3);
            negotiate(&mut world, 1, Negotiate { authorize_only: true, persistent: theirs, ..wish(1, 2, 7) });
            negotiate(&mut world, 0, Negotiate { persistent: ours, ..wish(2, 1, intent) });
            world.run_for(MS * 2000);
            let [a, b] = [0, 1].map(|n| world.event(n, succeeded).unwrap().1);
            let (owner, client) = if a.owner { (a, b) } else { (b, a) };
            let owner_wants = if intent == 14 { ours } else { theirs };
            assert_eq!((owner.persistent, client.persistent), (owner_wants, ours && theirs));
        }
    }
}

#[test]
fn forced_and_preferred_channels_are_kept() {
    let mut world = pair(3);
    negotiate(&mut world, 1, Negotiate { authorize_only: true, ..wish(1, 2, 15) });
    negotiate(&mut world, 0, Negotiate { forced_frequency: Some(5220), ..wish(2, 1, 0) });
    world.run_for(MS * 2000);
    assert_eq!(check_agreement(&world)[0].frequency, 5220);
    let mut world = pair(3);
    negotiate(&mut world, 1, Negotiate { authorize_only: true, ..wish(1, 2, 0) });
    negotiate(&mut world, 0, Negotiate { preferred_frequency: Some(2437), ..wish(2, 1, 15) });
    world.run_for(MS * 2000);
    assert_eq!(check_agreement(&world)[0].frequency, 2437);
}

fn subtypes(device: &Device) -> Vec<P2pPublicSubtype> {
    let read = |(_, _, bytes): &(Duration, u32, Vec<u8>)| match Frame::parse(bytes).unwrap().body {
        Body::Action(Action::P2pPublic { subtype, .. }) => Some(subtype),
        _ => None,
    };
    device.sent.iter().filter_map(read).collect()
}

#[test]
fn provision_discovery_before_negotiation() {
    let mut world = pair(3);
    negotiate(&mut world, 1, Negotiate { authorize_only: true, method: Method::Display, ..wish(1, 2, 7) });
    negotiate(&mut world, 0, Negotiate { method: Method::Keypad, provision_first: true, ..wish(2, 1, 7) });
    world.run_for(MS * 2000);
    check_agreement(&world);
    assert_eq!(subtypes(&world.devices[0])[0], P2pPublicSubtype::PROVISION_DISCOVERY_REQUEST);
    let requested = |event: &Event| match event {
        Event::ProvisionRequested { method, .. } => Some(*method),
        _ => None,
    };
    assert_eq!(world.event(1, requested).unwrap().1, Method::Display);
}

#[test]
fn provision_discovery_tells_both_users() {
    for (method, seen) in
        [(Method::PushButton, Method::PushButton), (Method::Display, Method::Keypad), (Method::Keypad, Method::Display)]
    {
        let mut world = pair(8);
        world.trouble = Trouble { loss: 40, duplicates: 20, delay: 5 };
        world
            .tell(0, |machine, now, rng| {
                machine.provision_discovery(now, address(2), method, ProvisionFor::Negotiation, rng)
            })
            .unwrap();
        assert_eq!(world.devices[0].machine.state(), State::PdDuringFind);
        world.run_for(MS * 5000);
        let answered = |event: &Event| match event {
            Event::ProvisionAnswered { method, peer_is_owner, .. } => Some((*method, *peer_is_owner)),
            _ => None,
        };
        assert_eq!(world.event(0, answered).unwrap().1, (seen, None));
        let requested = |event: &&(Duration, Event)| matches!(&event.1, Event::ProvisionRequested { method: asked, group: None, .. } if *asked == method);
        assert_eq!(world.devices[1].events.iter().filter(requested).count(), 1, "repeats are no new requests");
    }
}

#[test]
fn provision_discovery_for_a_group_that_is_not_ours_is_rejected() {
    let mut world = pair(8);
    world
        .tell(0, |machine, now, rng| {
            machine.provision_discovery(now, address(2), Method::PushButton, ProvisionFor::Group, rng)
        })
        .unwrap();
    world.run_for(MS * 5000);
    let status = |event: &Event| if let Event::ProvisionFailed { status, .. } = event { Some(*status) } else { None };
    assert_eq!(world.event(0, status).unwrap().1, 2);
    world.devices[0].events.clear();
    world.tell(1, |machine, now, _| machine.stop_find(now));
    world
        .tell(0, |machine, now, rng| {
            machine.provision_discovery(now, address(2), Method::PushButton, ProvisionFor::Group, rng)
        })
        .unwrap();
    world.run_for(MS * 90_000);
    assert_eq!(world.event(0, status).unwrap().1, 3);
}

#[test]
fn a_request_met_while_searching_is_answered_and_the_search_ends() {
    let mut world = pair(4);
    negotiate(&mut world, 1, Negotiate { authorize_only: true, ..wish(1, 2, 7) });
    world.tell(1, |machine, now, rng| machine.find(now, FindParameters::default(), rng)).unwrap();
    negotiate(&mut world, 0, wish(2, 1, 7));
    world.run_for(MS * 3000);
    check_agreement(&world);
    assert!(world.event(1, |event| matches!(event, Event::FindStopped).then_some(())).is_some());
}

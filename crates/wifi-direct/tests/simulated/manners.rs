//! What devices do for each other beside making groups, and what they tell of it.

use crate::common::*;
use p2p_core::Event as P2p;
use radio::Secret;
use std::collections::BTreeSet;
use std::time::Duration;
use wifi_direct::api::{Connect, ConnectHow, Event, Find, GroupEvent, PresencePeriod, Request, WpsMethod};
use wifi_direct::simulation::{DeviceId, Fate, Meeting, OnAir, Settings, World};

fn is_p2p_public(frame: &OnAir, subtype: u8) -> bool {
    frame.kind() == 0xd0 && frame.body().starts_with(&[4, 9, 0x50, 0x6f, 0x9a, 9, subtype])
}

#[test]
fn confirms_that_are_lost_are_asked_for() {
    for kind in KINDS {
        for intent in [0, 15] {
            let (mut world, a, b) = pair(51, kind, Settings::default());
            let mut lost = BTreeSet::new();
            world.air_mut().set_hook(move |f| {
                if is_p2p_public(f, 2) && (lost.contains(&f.number) || lost.len() < 6) {
                    lost.insert(f.number);
                    return Fate::Lose;
                }
                Fate::Natural
            });
            let mut meeting = Meeting::push_button(a, b);
            meeting.asks.intent = Some(intent);
            let outcome = meet(&mut world, &meeting);
            let formed = outcome.formed.unwrap_or_else(|| panic!("{kind:?} {intent}: {outcome:?}"));
            assert!(formed < s(3), "{kind:?} {intent}: {formed:?}");
            let (owner, client) = owner_of(&world, a, b);
            check_group(&mut world, owner, &[client]);
        }
    }
}

/// An owner, its client, and somebody else who has heard of the client by its owner.
fn behind_owner(seed: u64) -> (World, DeviceId, DeviceId, DeviceId) {
    let mut world = World::new(seed, Settings::default());
    let owner = add(&mut world, "owner", Kind::P2pDevice, |_| {});
    let client = add(&mut world, "client", Kind::P2pDevice, |_| {});
    let asker = add(&mut world, "asker", Kind::P2pDevice, |_| {});
    autonomous(&mut world, owner);
    enter(&mut world, owner, client);
    let address = world.address(client);
    world.request(asker, Request::Find(Find::default())).expect("accepted");
    let seen = |w: &World| w.device(asker).peer(w.now(), address).is_some_and(|p| p.peer.flags.reported);
    assert!(world.run_until(s(20), seen), "the owner tells of its client");
    (world, owner, client, asker)
}

fn asked_for_a_group(world: &World, client: DeviceId) -> bool {
    told(world, client, |e| matches!(e, Event::P2p(P2p::GoNegotiationRequest { .. })))
}

#[test]
fn a_client_behind_its_owner_can_be_asked_for_a_group() {
    let (mut world, owner, client, asker) = behind_owner(52);
    let connect = push_button(world.address(client), ConnectHow::Negotiate);
    world.request(asker, Request::Connect(connect)).expect("accepted");
    let asked = world.run_until(s(10), |w| asked_for_a_group(w, client));
    assert!(asked, "{:?}", world.told_by(asker).last());
    let sent = |subtype| world.air().recorded().iter().filter(|f| is_p2p_public(f, subtype)).count();
    assert!(sent(5) > 0 && sent(6) > 0, "device discoverability request and response");
    let woken = |f: &&OnAir| f.kind() == 0xd0 && f.body().starts_with(&[0x7f, 0x50, 0x6f, 0x9a, 9, 3]);
    assert!(world.air().recorded().iter().any(|f| woken(&f)), "the owner tells its client");
    check_group(&mut world, owner, &[client]);
}

#[test]
fn a_client_that_is_away_for_a_moment_is_asked_once_it_is_back() {
    let (mut world, owner, client, asker) = behind_owner(59);
    let id = group(&world, client).id;
    world.request(client, Request::Pause(id)).expect("accepted");
    let connect = push_button(world.address(client), ConnectHow::Negotiate);
    world.request(asker, Request::Connect(connect)).expect("accepted");
    world.run_for(s(2));
    assert!(!asked_for_a_group(&world, client));
    assert!(!told(&world, asker, |e| matches!(e, Event::ConnectFailed { .. })), "the owner cannot wake it now");
    world.request(client, Request::ComeBack(id)).expect("accepted");
    assert!(world.run_until(s(10), |w| asked_for_a_group(w, client)), "{:?}", world.told_by(asker).last());
    check_group(&mut world, owner, &[client]);
}

#[test]
fn a_client_that_comes_before_the_owners_user_has_agreed_is_let_in_once_that_is_done() {
    for kind in KINDS {
        let mut world = World::new(60, Settings::default());
        let owner = add(&mut world, "owner", kind, |_| {});
        let client = add(&mut world, "client", kind, |_| {});
        let group = autonomous(&mut world, owner).id;
        let pin = || Secret::new(b"12345670".to_vec());
        let join = push_button(world.address(owner), ConnectHow::Join);
        let join = Connect { method: WpsMethod::Display(pin()), ..join };
        world.request(client, Request::Connect(join)).expect("accepted");
        let turned_away = |w: &World| {
            let refused = |e: &&Event| matches!(e, Event::Group { event: GroupEvent::WpsM2d { .. }, .. });
            w.told_by(client).filter(refused).count()
        };
        assert!(world.run_until(s(20), |w| turned_away(w) > 1), "{kind:?}: it asks again");
        assert!(!told(&world, client, |e| matches!(e, Event::ConnectFailed { .. })), "{kind:?}");
        world.request(owner, Request::GroupPin { group, only: None, pin: pin(), timeout: None }).expect("accepted");
        assert!(world.run_until(s(5), |w| w.group(client).is_some()), "{kind:?}: {:?}", world.told_by(client).last());
        assert!(turned_away(&world) < 10, "{kind:?}: now and then");
        check_group(&mut world, owner, &[client]);
    }
}

#[test]
fn an_owner_answers_a_presence_request() {
    for kind in KINDS {
        let (mut world, owner, client) = formed(53, kind);
        let id = group(&world, client).id;
        let periods = vec![PresencePeriod { duration_us: 30_000, interval_us: 102_400 }];
        world.request(client, Request::Presence { group: id, periods }).expect("accepted");
        world.run_for(s(1));
        let answer = heard(&world, client, |e| match e {
            Event::Group { event: GroupEvent::PresenceResponse { source, status, notice }, .. } => {
                Some((*source, *status, notice.clone()))
            }
            _ => None,
        });
        // Unable to accommodate (5): no absences can be told to the radio; the timing in force is none.
        assert_eq!(answer, Some((group(&world, owner).address, 5, vec![0, 0])), "{kind:?}");
        let not_client = Request::Presence { group: group(&world, owner).id, periods: Vec::new() };
        assert!(world.request(owner, not_client).is_err());
    }
}

#[test]
fn scans_for_peers_are_no_scans_to_the_user_and_those_for_an_owner_are() {
    let (world, owner, client) = formed(54, Kind::P2pDevice);
    for id in [owner, client] {
        assert!(told(&world, id, |e| *e == Event::ScanStarted));
        assert!(!told(&world, id, |e| *e == Event::ScanResults), "results of a search are its own affair");
    }
    let results = |e: &Event| matches!(e, Event::Group { event: GroupEvent::ScanResults, .. });
    assert!(told(&world, client, results) && !told(&world, owner, results));
}

#[test]
fn a_search_that_goes_on_is_told_of_once_a_second_and_a_new_one_at_once() {
    let mut world = World::new(56, Settings::default());
    let id = add(&mut world, "searcher", Kind::P2pDevice, |_| {});
    let started = |world: &World| world.told_by(id).filter(|e| **e == Event::ScanStarted).count();
    assert!(world.get_ready());
    world.request(id, Request::Find(Find::default())).expect("a search");
    world.run_for(Duration::from_secs(10));
    let after_ten = started(&world);
    assert!((8..=10).contains(&after_ten), "{after_ten}");
    world.request(id, Request::StopFind).expect("its end");
    world.request(id, Request::Find(Find::default())).expect("another search");
    world.run_for(Duration::from_millis(300));
    assert_eq!(started(&world), after_ten + 1);
}

#[test]
fn an_enrollee_is_shown_when_it_looks_for_the_group_and_not_when_it_looks_for_anybody() {
    let mut world = World::new(55, Settings::default());
    let owner = add(&mut world, "owner", Kind::P2pDevice, |_| {});
    let client = add(&mut world, "client", Kind::P2pDevice, |_| {});
    autonomous(&mut world, owner);
    world.request(client, Request::Find(Find::default())).expect("accepted");
    world.run_for(s(3));
    let shown = |e: &Event| matches!(e, Event::Group { event: GroupEvent::WpsEnrolleeSeen(_), .. });
    assert!(!told(&world, owner, shown));
    enter(&mut world, owner, client);
    let seen = heard(&world, owner, |e| match e {
        Event::Group { event: GroupEvent::WpsEnrolleeSeen(seen), .. } => Some(seen.clone()),
        _ => None,
    });
    let seen = seen.expect("told");
    // Push button, enrollee.
    assert_eq!((seen.address, seen.device_password_id, seen.request_type), (group(&world, client).address, 4, 1));
}

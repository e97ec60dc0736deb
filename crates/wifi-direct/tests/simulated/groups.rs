//! Groups that run: who comes, who goes, who is told.

use crate::common::*;
use ieee80211_ies::MacAddr;
use wifi_direct::api::{Cause, ConnectHow, Event, Find, GroupEvent, Request, Role};
use wifi_direct::simulation::{DeviceId, Link, Settings, World};

fn join(peer: MacAddr, how: ConnectHow) -> Request {
    Request::Connect(push_button(peer, how))
}

/// A client looks for the owner and joins its group; the owner's user presses the button when asked.
fn joins(world: &mut World, owner: DeviceId, client: DeviceId, how: ConnectHow) {
    world.get_ready();
    let owner_address = world.address(owner);
    world.request(client, Request::Find(Find::default())).expect("accepted");
    let found = world
        .run_until(s(20), |w| w.device(client).peer(w.now(), owner_address).is_some_and(|p| p.peer.flags.reported));
    assert!(found, "the owner is found");
    world.request(client, join(owner_address, how)).expect("accepted");
    let group = group(world, owner).id;
    let until = world.now() + s(60);
    let mut asked = false;
    world.run(until, |world, by, event| {
        if by == owner && !asked && matches!(event, Event::P2p(p2p_core::Event::ProvisionRequested { .. })) {
            asked = true;
            world.request(owner, Request::GroupPushButton { group, only: None }).expect("accepted");
        }
        let done = by == client && matches!(event, Event::GroupStarted(_) | Event::ConnectFailed { .. });
        if done { std::ops::ControlFlow::Break(()) } else { std::ops::ControlFlow::Continue(()) }
    });
    assert!(asked, "the owner's user was asked");
    assert!(world.group(client).is_some(), "joined: {:?}", world.told_by(client).last());
}

#[test]
fn a_device_joins_a_running_group() {
    for kind in KINDS {
        for how in [ConnectHow::Join, ConnectHow::Auto] {
            let mut world = World::new(4, Settings::default());
            let owner = add(&mut world, "owner", kind, |_| {});
            let client = add(&mut world, "client", kind, |_| {});
            let info = autonomous(&mut world, owner);
            assert_eq!((info.role, info.owner), (Role::Owner, world.address(owner)), "{kind:?}");
            joins(&mut world, owner, client, how);
            check_group(&mut world, owner, &[client]);
        }
    }
}

#[test]
fn a_group_has_several_clients_that_come_and_go() {
    let mut world = World::new(6, Settings::default());
    let owner = add(&mut world, "owner", Kind::P2pDevice, |_| {});
    let clients = [Kind::P2pDevice, Kind::OneChannel, Kind::NoP2pDevice, Kind::OneInterface]
        .map(|kind| add(&mut world, "client", kind, |_| {}));
    autonomous(&mut world, owner);
    for client in clients {
        joins(&mut world, owner, client, ConnectHow::Join);
    }
    check_group(&mut world, owner, &clients);

    let (gone, rest) = clients.split_first().expect("some");
    let address = group(&world, *gone).address;
    world.request(*gone, Request::RemoveAllGroups).expect("accepted");
    world.run_for(s(1));
    check_released(&world, *gone);
    assert!(told(&world, owner, |e| station_left(e, address)));
    check_group(&mut world, owner, rest);

    joins(&mut world, owner, *gone, ConnectHow::Join);
    check_group(&mut world, owner, &clients);
}

#[test]
fn who_leaves_is_missed_and_what_it_made_is_given_back() {
    for kind in KINDS {
        let (mut world, owner, client) = formed(1, kind);
        let theirs = group(&world, client);
        world.request(client, Request::RemoveGroup(theirs.id)).expect("accepted");
        world.run_for(s(1));
        check_released(&world, client);
        let ended = |e: &Event| matches!(e, Event::GroupRemoved { role: Role::Client, cause: Cause::Requested, .. });
        assert!(told(&world, client, ended), "{kind:?}");
        assert!(told(&world, owner, |e| station_left(e, theirs.address)), "{kind:?}");
        assert!(group(&world, owner).stations.is_empty(), "{kind:?}");
    }
}

#[test]
fn an_owner_that_ends_its_group_tells_the_client() {
    for kind in KINDS {
        let (mut world, owner, client) = formed(1, kind);
        let info = group(&world, owner);
        world.request(owner, Request::RemoveGroup(info.id)).expect("accepted");
        world.run_for(s(1));
        for (id, expected) in [(owner, Cause::Requested), (client, Cause::OwnerEnded)] {
            let ended = |e: &Event| matches!(e, Event::GroupRemoved { cause, formed: true, .. } if *cause == expected);
            assert!(told(&world, id, ended), "{kind:?}: {:?}", world.told_by(id).last());
            check_released(&world, id);
        }
    }
}

#[test]
fn an_owner_may_send_a_client_away() {
    for kind in KINDS {
        for by_interface in [false, true] {
            let (mut world, owner, client) = formed(8, kind);
            let theirs = group(&world, client);
            let address = if by_interface { theirs.address } else { world.address(client) };
            world.request(owner, Request::RemoveClient { address, by_interface }).expect("accepted");
            world.run_for(s(30));
            assert!(told(&world, owner, |e| station_left(e, theirs.address)), "{kind:?}");
            let sent_away =
                |e: &Event| matches!(e, Event::Group { event: GroupEvent::Disconnected { local: false, .. }, .. });
            assert!(told(&world, client, sent_away), "{kind:?}");
            assert!(group(&world, owner).stations.is_empty(), "{kind:?}");
        }
    }
}

#[test]
fn a_client_that_vanishes_is_removed_after_its_silence() {
    let mut world = World::new(2, Settings::default());
    let owner = add(&mut world, "owner", Kind::P2pDevice, |c| c.max_inactivity_s = 20);
    let client = add(&mut world, "client", Kind::P2pDevice, |_| {});
    autonomous(&mut world, owner);
    joins(&mut world, owner, client, ConnectHow::Join);
    let address = group(&world, client).address;
    let radio = world.radio(client);
    world.air_mut().unplug(radio);
    world.run_for(s(60));
    assert!(told(&world, owner, |e| station_left(e, address)));
    assert!(told(&world, client, |e| matches!(e, Event::RadioGone)));
    assert!(group(&world, owner).stations.is_empty());
}

#[test]
fn an_owner_that_vanishes_is_noticed() {
    for kind in KINDS {
        let (mut world, owner, client) = formed(3, kind);
        let (there, here) = (world.radio(owner), world.radio(client));
        world.air_mut().set_link(there, here, Link::OUT_OF_RANGE);
        world.air_mut().set_link(here, there, Link::OUT_OF_RANGE);
        world.run_for(s(60));
        let ended = |e: &Event| matches!(e, Event::GroupRemoved { role: Role::Client, formed: true, .. });
        assert!(told(&world, client, ended), "{kind:?}: {:?}", world.told_by(client).last());
        check_released(&world, client);
    }
}

#[test]
fn an_idle_group_ends_where_the_user_wants_that() {
    let mut world = World::new(2, Settings::default());
    let owner = add(&mut world, "owner", Kind::P2pDevice, |c| c.group_idle_s = 10);
    autonomous(&mut world, owner);
    world.run_for(s(12));
    assert!(told(&world, owner, |e| matches!(e, Event::GroupRemoved { cause: Cause::Idle, .. })));
    check_released(&world, owner);
}

/// As client: 10 s where nothing is set and at most, at once with a negative number.
#[test]
fn a_client_waits_for_an_owner_that_vanished_as_long_as_its_user_says() {
    for (idle, least, most) in [(0, 9, 12), (60, 9, 12), (4, 3, 6), (-1, 0, 1)] {
        let mut world = World::new(21, Settings::default());
        let owner = add(&mut world, "owner", Kind::P2pDevice, |_| {});
        let client = add(&mut world, "client", Kind::P2pDevice, |c| c.group_idle_s = idle);
        autonomous(&mut world, owner);
        enter(&mut world, owner, client);
        check_group(&mut world, owner, &[client]);
        let (id, station) = (group(&world, owner).id, group(&world, client).address);
        // It is sent away, and its owner is not heard of any more.
        world.request(owner, Request::Deauthenticate { group: id, station, reason: 2 }).expect("accepted");
        world.run_for(std::time::Duration::from_millis(5));
        let (one, other) = (world.radio(owner), world.radio(client));
        world.air_mut().set_link(one, other, Link::OUT_OF_RANGE);
        let from = world.now();
        assert!(world.run_until(s(30), |w| w.group(client).is_none()), "{idle}");
        let took = world.now() - from;
        assert!(took >= s(least) && took <= s(most), "{idle}: {took:?}");
        assert!(
            told(&world, client, |e| matches!(e, Event::GroupRemoved { cause: Cause::Idle | Cause::Timeout(_), .. })),
            "{idle}"
        );
    }
}

#[test]
fn a_device_that_stops_gives_everything_back() {
    for kind in KINDS {
        let (mut world, owner, client) = formed(5, kind);
        world.stop(owner);
        world.run_for(s(2));
        assert!(world.device(owner).is_stopped());
        check_released(&world, owner);
        check_released(&world, client);
    }
}

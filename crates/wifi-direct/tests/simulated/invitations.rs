//! Invitations: into running groups and into stored ones.

use crate::common::*;
use ieee80211_ies::MacAddr;
use p2p_core::Event as P2p;
use std::time::Duration;
use wifi_direct::api::{Cause, ChannelWish, ConnectHow, Event, GroupRecord, Invite, RecordId, Request, Role};
use wifi_direct::simulation::{DeviceId, Link, Meeting, Settings, World};

fn invite_active(world: &mut World, from: DeviceId, to: DeviceId) {
    let invite = Invite::Active { group: group(world, from).id, peer: world.address(to), owner: None };
    world.request(from, Request::Invite(invite)).expect("accepted");
}

fn result(world: &World, id: DeviceId) -> Option<Option<u8>> {
    heard(world, id, |e| match e {
        Event::P2p(P2p::InvitationResult { status, .. }) => Some(*status),
        _ => None,
    })
}

fn received(world: &World, id: DeviceId) -> Option<p2p_core::Invited> {
    heard(world, id, |e| match e {
        Event::P2p(P2p::InvitationReceived { invited, .. }) => Some(invited.clone()),
        _ => None,
    })
}

/// Presses the owner's button when it is asked, until the client is in.
fn let_in(world: &mut World, owner: DeviceId, client: DeviceId) {
    let begun = world.now();
    let group = group(world, owner).id;
    let until = world.now() + s(60);
    world.run(until, |world, by, event| {
        if by == owner && matches!(event, Event::P2p(P2p::ProvisionRequested { .. })) {
            world.request(owner, Request::GroupPushButton { group, only: None }).expect("accepted");
        }
        match world.group(client) {
            Some(_) => std::ops::ControlFlow::Break(()),
            None => std::ops::ControlFlow::Continue(()),
        }
    });
    if world.group(client).is_none() {
        let log = world.told().iter().filter(|t| t.at >= begun);
        panic!(
            "not let in: {:#?}",
            log.map(|t| format!("{:?} {:?} {:.150?}", t.at, t.by, t.event)).collect::<Vec<_>>()
        );
    }
}

#[test]
fn an_owner_invites_and_the_user_joins() {
    for kind in KINDS {
        let mut world = World::new(31, Settings::default());
        let owner = add(&mut world, "owner", kind, |_| {});
        let guest = add(&mut world, "guest", kind, |_| {});
        acquaint(&mut world, owner, guest);
        autonomous(&mut world, owner);
        world.request(guest, Request::Listen(None)).expect("accepted");
        invite_active(&mut world, owner, guest);
        world.run_for(s(3));
        assert_eq!(result(&world, owner), Some(Some(1)), "{kind:?}: its user is asked");
        let invited = received(&world, guest).expect("the user is told");
        assert_eq!((invited.owner_address, invited.persistent), (world.address(owner), None), "{kind:?}");
        assert_eq!(invited.bssid, Some(group(&world, owner).address), "{kind:?}");
        let join = push_button(invited.owner_address, ConnectHow::Join);
        world.request(guest, Request::Connect(join)).expect("accepted");
        let_in(&mut world, owner, guest);
        check_group(&mut world, owner, &[guest]);
    }
}

#[test]
fn an_invitation_agreed_to_beforehand_is_followed() {
    for kind in KINDS {
        let mut world = World::new(32, Settings::default());
        let owner = add(&mut world, "owner", kind, |_| {});
        let guest = add(&mut world, "guest", kind, |_| {});
        acquaint(&mut world, owner, guest);
        autonomous(&mut world, owner);
        let mut agreed = push_button(world.address(owner), ConnectHow::Join);
        agreed.authorize_only = true;
        world.request(guest, Request::Connect(agreed)).expect("accepted");
        world.request(guest, Request::Listen(None)).expect("accepted");
        world.run_for(s(1));
        assert!(world.device(guest).groups().is_empty(), "{kind:?}: nothing happens before the invitation");
        invite_active(&mut world, owner, guest);
        let_in(&mut world, owner, guest);
        assert_eq!(result(&world, owner), Some(Some(0)), "{kind:?}");
        check_group(&mut world, owner, &[guest]);
    }
}

#[test]
fn a_client_invites_into_its_group() {
    for kind in KINDS {
        let mut world = World::new(33, Settings::default());
        let owner = add(&mut world, "owner", kind, |_| {});
        let client = add(&mut world, "client", kind, |_| {});
        let guest = add(&mut world, "guest", kind, |_| {});
        acquaint(&mut world, client, guest);
        world.request(guest, Request::StopFind).expect("accepted");
        autonomous(&mut world, owner);
        enter(&mut world, owner, client);
        world.request(guest, Request::Listen(None)).expect("accepted");
        invite_active(&mut world, client, guest);
        world.run_for(s(3));
        assert_eq!(result(&world, client), Some(Some(1)), "{kind:?}");
        let invited = received(&world, guest).expect("told");
        assert_eq!(invited.owner_address, world.address(owner), "{kind:?}: the owner, whom the guest has not met");
        world.request(guest, Request::Connect(push_button(invited.owner_address, ConnectHow::Join))).expect("accepted");
        let_in(&mut world, owner, guest);
        check_group(&mut world, owner, &[client, guest]);
    }
}

/// What a device was told to store, by id.
fn store(world: &mut World, id: DeviceId) -> Option<GroupRecord> {
    let saved = world.told_by(id).filter_map(|e| if let Event::Save(r) = e { Some(r.clone()) } else { None }).last();
    let record = saved.map(|r| GroupRecord { id: Some(RecordId(7)), ..r });
    world.device_mut(id).set_records(record.iter().cloned().collect());
    record
}

/// A persistent group was formed, stored on both sides, and left.
fn stored_group(kind: Kind, reconnect: bool) -> (World, DeviceId, DeviceId) {
    let mut world = World::new(34, Settings::default());
    let owner = add(&mut world, "owner", kind, |c| c.persistent_reconnect = reconnect);
    let client = add(&mut world, "client", kind, |c| c.persistent_reconnect = reconnect);
    world.get_ready();
    let mut meeting = Meeting::push_button(owner, client);
    (meeting.asks.intent, meeting.asks.persistent, meeting.answers.persistent) = (Some(15), true, true);
    assert!(meet(&mut world, &meeting).formed.is_some());
    world.run_for(s(1));
    let (ours, theirs) = (store(&mut world, owner).expect("stored"), store(&mut world, client).expect("stored"));
    assert_eq!((ours.role, ours.clients.as_slice()), (Role::Owner, &[world.address(client)][..]), "{kind:?}");
    assert_eq!((theirs.role, theirs.owner), (Role::Client, world.address(owner)));
    world.request(owner, Request::RemoveAllGroups).expect("accepted");
    world.run_for(s(2));
    check_released(&world, owner);
    check_released(&world, client);
    for id in [owner, client] {
        world.request(id, Request::Listen(None)).expect("accepted");
    }
    world.run_for(Duration::from_millis(50));
    (world, owner, client)
}

fn invite_stored(world: &mut World, from: DeviceId, to: DeviceId) {
    let peer = Some(world.address(to));
    let invite = Invite::Persistent { record: RecordId(7), peer, channel: ChannelWish::default() };
    world.request(from, Request::Invite(invite)).expect("accepted");
}

#[test]
fn a_stored_group_comes_back_by_invitation_from_either_side() {
    for kind in KINDS {
        for by_owner in [true, false] {
            let (mut world, owner, client) = stored_group(kind, true);
            let (from, to) = if by_owner { (owner, client) } else { (client, owner) };
            invite_stored(&mut world, from, to);
            let both = |w: &World| w.group(owner).is_some() && w.group(client).is_some();
            assert!(world.run_until(s(12), both), "{kind:?} {by_owner}: {:?}", world.told_by(from).last());
            check_group(&mut world, owner, &[client]);
            assert!(group(&world, owner).persistent && group(&world, client).persistent);
            world.run_for(s(20));
            assert!(world.group(owner).is_some(), "it stays");
        }
    }
}

#[test]
fn without_reconnect_the_user_invites_back() {
    let (mut world, owner, client) = stored_group(Kind::P2pDevice, false);
    invite_stored(&mut world, owner, client);
    world.run_for(s(3));
    assert_eq!(result(&world, owner), Some(Some(1)));
    assert_eq!(received(&world, client).expect("told").persistent, Some(7));
    world.request(owner, Request::Listen(None)).expect("accepted");
    invite_stored(&mut world, client, owner);
    let both = |w: &World| w.group(owner).is_some() && w.group(client).is_some();
    assert!(world.run_until(s(12), both));
    check_group(&mut world, owner, &[client]);
}

#[test]
fn a_group_that_the_other_side_has_forgotten_is_forgotten_here() {
    for by_owner in [true, false] {
        let (mut world, owner, client) = stored_group(Kind::P2pDevice, true);
        let (from, to) = if by_owner { (owner, client) } else { (client, owner) };
        world.device_mut(to).set_records(Vec::new());
        invite_stored(&mut world, from, to);
        world.run_for(s(3));
        assert_eq!(result(&world, from), Some(Some(8)));
        if by_owner {
            let saved = world.told_by(owner).filter_map(|e| if let Event::Save(r) = e { Some(r) } else { None }).last();
            let saved = saved.expect("the entry is updated");
            assert_eq!((saved.id, saved.clients.len()), (Some(RecordId(7)), 0));
        } else {
            assert!(told(&world, client, |e| *e == Event::Forget(RecordId(7))));
        }
    }
}

#[test]
fn an_owner_whose_invited_client_does_not_come_gives_up() {
    let (mut world, owner, client) = stored_group(Kind::P2pDevice, true);
    invite_stored(&mut world, owner, client);
    assert!(world.run_until(s(5), |w| w.group(owner).is_some()));
    let (there, here) = (world.radio(owner), world.radio(client));
    world.air_mut().set_link(there, here, Link::OUT_OF_RANGE);
    world.air_mut().set_link(here, there, Link::OUT_OF_RANGE);
    world.run_for(s(20));
    let failed = |e: &Event| matches!(e, Event::GroupRemoved { cause: Cause::Timeout(_), formed: false, .. });
    assert!(told(&world, owner, failed), "{:?}", world.told_by(owner).last());
    assert!(told(&world, owner, |e| matches!(e, Event::FormationFailure { .. })));
    check_released(&world, owner);
}

#[test]
fn who_comes_into_a_persistent_group_later_is_remembered_first() {
    let mut world = World::new(35, Settings::default());
    let owner = add(&mut world, "owner", Kind::P2pDevice, |_| {});
    let guests = ["one", "two"].map(|name| add(&mut world, name, Kind::P2pDevice, |_| {}));
    world.get_ready();
    world
        .request(owner, Request::AddGroup(wifi_direct::api::AddGroup { persistent: true, ..Default::default() }))
        .expect("accepted");
    assert!(world.run_until(s(2), |w| w.group(owner).is_some()));
    store(&mut world, owner);
    for guest in guests {
        enter(&mut world, owner, guest);
        world.run_for(s(1));
    }
    let [one, two] = guests.map(|id| world.address(id));
    let record = store(&mut world, owner).expect("stored");
    assert_eq!(record.clients, [two, one]);
    let gone: MacAddr = two;
    world.request(owner, Request::RemoveClient { address: gone, by_interface: false }).expect("accepted");
    world.run_for(s(1));
    assert_eq!(store(&mut world, owner).expect("stored").clients, [one]);
}

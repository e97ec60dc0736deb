//! Invitations between two machines.

use super::*;
use crate::testing::{address, settings};
use std::vec;

fn world(change: impl Fn(&mut Settings)) -> World {
    let mut invited = settings(2);
    change(&mut invited);
    let mut world = World::new(11, [settings(1), invited]);
    for n in 0..2 {
        world.tell(n, |machine, now, rng| machine.find(now, FindParameters::default(), rng)).unwrap();
    }
    world.run_for(MS * 8000);
    for n in 0..2 {
        world.tell(n, |machine, now, _| machine.stop_find(now));
        world.tell(n, |machine, now, _| machine.listen(now, None));
        world.devices[n].events.clear();
    }
    world.run_for(MS * 50);
    world
}

fn parameters(owner: bool) -> InviteParameters {
    InviteParameters {
        peer: address(2),
        persistent: Some(3),
        owner,
        ssid: b"DIRECT-p".to_vec(),
        owner_address: if owner { address(1) } else { address(2) },
        bssid: None,
        frequency: None,
        preferred_frequency: Some(2437),
    }
}

fn stored(id: u32, ours: bool, owner: u8) -> StoredGroup {
    StoredGroup { id, owner: ours, owner_address: address(owner), ssid: b"DIRECT-p".to_vec() }
}

fn result(event: &Event) -> Option<(Option<u8>, Invited)> {
    if let Event::InvitationResult { status, invited } = event { Some((*status, invited.clone())) } else { None }
}

fn accepted(event: &Event) -> Option<Invited> {
    if let Event::InvitationAccepted { invited, .. } = event { Some(invited.clone()) } else { None }
}

fn received(event: &Event) -> Option<Invited> {
    if let Event::InvitationReceived { invited, .. } = event { Some(invited.clone()) } else { None }
}

fn invite(world: &mut World, parameters: InviteParameters) {
    world.tell(0, |machine, now, rng| machine.invite(now, parameters, rng)).unwrap();
    assert_eq!(world.devices[0].machine.state(), State::Invite);
}

#[test]
fn a_persistent_group_is_taken_up_again_from_either_side() {
    for owner in [true, false] {
        let mut world = world(|settings| settings.persistent_reconnect = true);
        world.trouble = Trouble { loss: 50, duplicates: 10, delay: 5 };
        world.tell(1, |machine, _, _| machine.set_stored_groups(vec![stored(5, !owner, if owner { 1 } else { 2 })]));
        invite(&mut world, parameters(owner));
        world.run_for(MS * 5000);
        let (status, ours) = world.event(0, result).unwrap().1;
        let theirs = world.event(1, accepted).unwrap().1;
        assert_eq!(status, Some(0));
        assert_eq!((ours.persistent, theirs.persistent), (Some(3), Some(5)));
        assert_eq!((ours.owner, theirs.owner), (owner, !owner));
        assert_eq!((ours.frequency, theirs.frequency), (Some(2437), Some(2437)));
        assert_eq!(world.devices[1].events.iter().filter(|(_, event)| accepted(event).is_some()).count(), 1);
    }
}

#[test]
fn without_persistent_reconnect_the_user_decides() {
    let mut world = world(|_| {});
    world.tell(1, |machine, _, _| machine.set_stored_groups(vec![stored(5, false, 1)]));
    invite(&mut world, parameters(true));
    world.run_for(MS * 3000);
    assert_eq!(world.event(0, result).unwrap().1.0, Some(1));
    assert_eq!(world.event(1, received).unwrap().1.persistent, Some(5));
    assert!(world.event(1, accepted).is_none());
}

#[test]
fn an_unknown_persistent_group_gets_status_8() {
    let mut world = world(|settings| settings.persistent_reconnect = true);
    invite(&mut world, parameters(true));
    world.run_for(MS * 3000);
    assert_eq!(world.event(0, result).unwrap().1.0, Some(8));
    assert!(world.event(1, received).is_none() && world.event(1, accepted).is_none());
}

#[test]
fn a_running_group_needs_the_user_whatever_the_setting() {
    let mut world = world(|settings| settings.persistent_reconnect = true);
    let bssid = Some(MacAddr([2, 0, 0, 0, 1, 1]));
    invite(&mut world, InviteParameters { persistent: None, bssid, frequency: Some(2437), ..parameters(true) });
    world.run_for(MS * 3000);
    assert_eq!(world.event(0, result).unwrap().1.0, Some(1));
    let invited = world.event(1, received).unwrap().1;
    assert_eq!((invited.persistent, invited.bssid, invited.frequency), (None, bssid, Some(2437)));
}

#[test]
fn a_running_group_is_entered_where_the_user_has_agreed_to_its_owner_or_to_the_inviter() {
    let bssid = Some(MacAddr([2, 0, 0, 0, 1, 1]));
    for (owner_address, agreed_to) in [(address(1), address(1)), (address(9), address(9)), (address(9), address(1))] {
        let mut world = world(|_| {});
        world.tell(1, |machine, _, _| machine.authorize_invitation(Some(agreed_to)));
        let owner = owner_address == address(1);
        let active =
            InviteParameters { persistent: None, bssid, frequency: Some(2437), owner_address, ..parameters(owner) };
        invite(&mut world, active.clone());
        world.run_for(MS * 3000);
        assert_eq!(world.event(0, result).unwrap().1.0, Some(0));
        let invited = world.event(1, accepted).unwrap().1;
        assert_eq!((invited.owner_address, invited.bssid, invited.frequency), (owner_address, bssid, Some(2437)));
        // The consent was for this time.
        world.devices.iter_mut().for_each(|device| device.events.clear());
        world.tell(1, |machine, now, _| machine.listen(now, None));
        world.run_for(MS * 6000);
        invite(&mut world, active);
        world.run_for(MS * 3000);
        assert_eq!(world.event(0, result).unwrap().1.0, Some(1));
    }
}

#[test]
fn who_has_invited_may_be_invited_back_into_a_stored_group() {
    let mut world = world(|_| {});
    for n in 0..2 {
        world.tell(n, |machine, _, _| machine.set_stored_groups(vec![stored(5, n == 0, 1)]));
    }
    invite(&mut world, InviteParameters { persistent: Some(5), ..parameters(true) });
    world.run_for(MS * 3000);
    assert_eq!(world.event(0, result).unwrap().1.0, Some(1), "its user has not decided");
    world.tell(0, |machine, now, _| machine.listen(now, None));
    let back = InviteParameters { peer: address(1), owner: false, owner_address: address(1), ..parameters(true) };
    world.tell(1, |machine, now, rng| machine.invite(now, back, rng)).unwrap();
    world.run_for(MS * 3000);
    assert_eq!(world.event(1, result).unwrap().1.0, Some(0));
    assert!(world.event(0, accepted).unwrap().1.owner);
}

#[test]
fn a_channel_that_the_invited_cannot_use_is_tried_elsewhere_once() {
    let mut world = world(|settings| {
        settings.persistent_reconnect = true;
        settings.go_channels = ChannelSet(vec![(81, vec![1, 6, 11])]);
        settings.client_channels = settings.go_channels.clone();
    });
    world.tell(1, |machine, _, _| machine.set_stored_groups(vec![stored(5, false, 1)]));
    invite(&mut world, InviteParameters { frequency: Some(5180), ..parameters(true) });
    world.run_for(MS * 3000);
    assert_eq!(world.event(0, result).unwrap().1.0, Some(7), "a demanded channel is not given up");
}

#[test]
fn nobody_answers() {
    let mut world = world(|_| {});
    world.tell(1, |machine, now, _| machine.stop_find(now));
    invite(&mut world, parameters(true));
    world.run_for(MS * 60_000);
    assert_eq!(world.event(0, result).unwrap().1.0, None);
    assert_eq!(world.tell(0, |machine, now, _| machine.cancel(now)), Err(Refusal::Nothing));
}

//! Beside a station's connection that another program holds on the same radio.

use crate::common::*;
use radio::{Channel, InterfaceKind, Neighbour};
use wifi_direct::api::{
    AddGroup, Beside, Cause, ChannelWish, ConnectHow, Error, Event, Find, GroupEvent, Phase, Request, Role,
};
use wifi_direct::simulation::{DeviceId, Meeting, Profile, RadioSettings, Settings, World};

/// Another program's connection of `wlan0`.
fn connected(world: &mut World, id: DeviceId, frequency: u32) {
    let station = Neighbour { name: "wlan0".into(), kind: InterfaceKind::Station, frequency, base: true };
    world.report(id, radio::Event::Neighbours(vec![station]));
}

fn channel(frequency: u32) -> AddGroup {
    AddGroup { channel: ChannelWish { frequency: Some(frequency), ..ChannelWish::default() }, ..AddGroup::default() }
}

fn in_the_way(frequency: u32) -> Beside {
    Beside::Channel { interface: "wlan0".into(), frequency, channels: 1 }
}

/// The cause of a failed connection.
fn failed(world: &World, id: DeviceId) -> Option<(Phase, Cause)> {
    heard(world, id, |e| match e {
        Event::ConnectFailed { phase, cause, .. } => Some((*phase, cause.clone())),
        _ => None,
    })
}

fn removed(world: &World, id: DeviceId) -> Option<Cause> {
    heard(world, id, |e| match e {
        Event::GroupRemoved { cause, .. } => Some(cause.clone()),
        _ => None,
    })
}

#[test]
fn with_one_channel_the_group_lands_on_the_connection_s_in_either_role() {
    for (frequency, intent) in [(2437, 15), (2437, 0), (5180, 15), (5220, 0)] {
        let mut world = World::new(31, Settings::default());
        let bound = add(&mut world, "bound", Kind::OneChannel, |_| {});
        let free = add(&mut world, "free", Kind::P2pDevice, |_| {});
        assert!(world.get_ready());
        connected(&mut world, bound, frequency);
        for (first, second) in [(bound, free), (free, bound)] {
            let mut meeting = Meeting::push_button(first, second);
            let bound_asks = first == bound;
            let (own, other) = (Some(intent), Some(15 - intent));
            (meeting.asks.intent, meeting.answers.intent) = if bound_asks { (own, other) } else { (other, own) };
            let outcome = meet(&mut world, &meeting);
            assert!(outcome.formed.is_some(), "{frequency} {intent}: {outcome:?}");
            let info = group(&world, bound);
            assert_eq!(info.frequency, frequency, "{intent}");
            assert_eq!(info.role, if intent == 15 { Role::Owner } else { Role::Client });
            let (owner, client) = owner_of(&world, bound, free);
            check_group(&mut world, owner, &[client]);
            world.request(owner, Request::RemoveAllGroups).expect("accepted");
            assert!(world.run_until(s(5), |w| [bound, free].iter().all(|id| w.device(*id).groups().is_empty())));
        }
        let info = {
            world.request(bound, Request::AddGroup(AddGroup::default())).expect("accepted");
            assert!(world.run_until(s(2), |w| w.group(bound).is_some()));
            group(&world, bound)
        };
        assert_eq!(info.frequency, frequency, "a group without negotiation");
    }
}

#[test]
fn another_channel_is_refused_with_the_reason() {
    let mut world = World::new(32, Settings::default());
    let bound = add(&mut world, "bound", Kind::OneChannel, |_| {});
    let other = add(&mut world, "other", Kind::OneChannel, |_| {});
    assert!(world.get_ready());
    connected(&mut world, bound, 2437);
    let refused = Error::Beside { wanted: 2412, beside: in_the_way(2437) };
    let words = refused.to_string();
    assert_eq!(world.request(bound, Request::AddGroup(channel(2412))), Err(refused));
    assert!(words.contains("2412 MHz") && words.contains("wlan0 is on 2437 MHz"), "{words}");
    acquaint(&mut world, bound, other);
    let mut asks = push_button(world.address(other), ConnectHow::Negotiate);
    asks.channel.frequency = Some(2462);
    let refused = Err(Error::Beside { wanted: 2462, beside: in_the_way(2437) });
    assert_eq!(world.request(bound, Request::Connect(asks)), refused);
    // Where no group may be begun, none is.
    connected(&mut world, bound, 5260);
    let refused = Err(Error::Beside { wanted: 0, beside: in_the_way(5260) });
    assert_eq!(world.request(bound, Request::AddGroup(AddGroup::default())), refused);
    check_released(&world, bound);
}

#[test]
fn two_that_are_bound_to_different_channels_learn_why_there_is_no_group() {
    let (mut world, a, b) = pair(33, Kind::OneChannel, Settings::default());
    connected(&mut world, a, 2412);
    connected(&mut world, b, 2462);
    let outcome = meet(&mut world, &Meeting::push_button(a, b));
    assert!(outcome.formed.is_none());
    world.run_for(s(5));
    assert_eq!(failed(&world, a), Some((Phase::Negotiation, Cause::Beside(in_the_way(2412)))));
    assert_eq!(failed(&world, b), Some((Phase::Negotiation, Cause::Beside(in_the_way(2462)))));
    check_released(&world, a);
    check_released(&world, b);
}

#[test]
fn a_group_elsewhere_is_not_joined() {
    let mut world = World::new(34, Settings::default());
    let owner = add(&mut world, "owner", Kind::P2pDevice, |_| {});
    let bound = add(&mut world, "bound", Kind::OneChannel, |_| {});
    assert!(world.get_ready());
    connected(&mut world, bound, 2437);
    world.request(owner, Request::AddGroup(channel(2412))).expect("accepted");
    assert!(world.run_until(s(2), |w| w.group(owner).is_some()));
    let (peer, id) = (world.address(owner), group(&world, owner).id);
    world.request(owner, Request::GroupPushButton { group: id, only: None }).expect("accepted");
    let join = |world: &mut World| {
        world.request(bound, Request::Connect(push_button(peer, ConnectHow::Join))).expect("accepted");
    };
    join(&mut world);
    assert!(world.run_until(s(20), |w| failed(w, bound).is_some()));
    assert_eq!(failed(&world, bound), Some((Phase::Search, Cause::Beside(in_the_way(2437)))));
    world.run_for(s(1));
    check_released(&world, bound);
    // The connection is on that channel now: so is the group.
    connected(&mut world, bound, 2412);
    join(&mut world);
    assert!(world.run_until(s(30), |w| w.group(bound).is_some()), "{:?}", world.told_by(bound).last());
    check_group(&mut world, owner, &[bound]);
}

/// A group of two beside the owner's connection on 2437 MHz.
fn beside(seed: u64, announces: bool) -> (World, DeviceId, DeviceId) {
    let mut world = World::new(seed, Settings::default());
    let mut radio = RadioSettings::new(ieee80211_ies::MacAddr([2, 0, 0, 0, 0, 0]), Profile::OneChannel);
    radio.capabilities.channel_switch = announces;
    let owner = world.add_radio(World::config("owner"), radio);
    let client = add(&mut world, "client", Kind::P2pDevice, |_| {});
    assert!(world.get_ready());
    connected(&mut world, owner, 2437);
    world.request(owner, Request::AddGroup(AddGroup::default())).expect("accepted");
    assert!(world.run_until(s(2), |w| w.group(owner).is_some()));
    enter(&mut world, owner, client);
    check_group(&mut world, owner, &[client]);
    assert_eq!(group(&world, owner).frequency, 2437);
    (world, owner, client)
}

#[test]
fn a_group_follows_a_connection_that_roams() {
    let (mut world, owner, client) = beside(35, true);
    connected(&mut world, owner, 5180);
    world.run_for(s(2));
    for id in [owner, client] {
        let moved = |e: &Event| matches!(e, Event::Group { event: GroupEvent::ChannelSwitched { channel }, .. } if channel.frequency == 5180);
        assert!(told(&world, id, moved), "{:?}", world.told_by(id).last());
    }
    check_group(&mut world, owner, &[client]);
    assert_eq!(removed(&world, owner), None);
    // Without announcement it begins anew there.
    let (mut world, owner, client) = beside(36, false);
    connected(&mut world, owner, 2462);
    let back = |w: &World| group(w, owner).stations.iter().any(|s| s.authorized);
    assert!(world.run_until(s(15), back), "{:?}", world.told_by(client).last());
    world.run_for(s(1));
    assert_eq!(group(&world, owner).frequency, 2462);
    check_group(&mut world, owner, &[client]);
}

#[test]
fn a_group_moves_with_the_switch_that_an_access_point_announces() {
    let (mut world, owner, client) = beside(37, true);
    let switch = radio::Event::NeighbourSwitches { name: "wlan0".into(), channel: Channel::ht20(2412), count: 5 };
    world.report(owner, switch);
    let begun = |e: &Event| matches!(e, Event::Group { event: GroupEvent::ChannelSwitchStarted { channel }, .. } if channel.frequency == 2412);
    world.run_for(std::time::Duration::from_millis(5));
    assert!(told(&world, owner, begun), "at once");
    // The connection gets there before the group does.
    connected(&mut world, owner, 2412);
    world.run_for(s(2));
    assert_eq!((group(&world, owner).frequency, group(&world, client).frequency), (2412, 2412));
    check_group(&mut world, owner, &[client]);
}

#[test]
fn a_switch_that_is_called_off_is_not_believed_for_long() {
    let (mut world, owner, client) = beside(43, true);
    let switch = radio::Event::NeighbourSwitches { name: "wlan0".into(), channel: Channel::ht20(2412), count: 5 };
    world.report(owner, switch);
    world.run_for(s(2));
    assert_eq!(group(&world, owner).frequency, 2412);
    // Others' doings meanwhile: the connection is where it was, and still about to move.
    connected(&mut world, owner, 2437);
    world.run_for(s(1));
    assert_eq!(group(&world, owner).frequency, 2412);
    world.run_for(s(5));
    assert_eq!(group(&world, owner).frequency, 2437, "it has not moved: the group goes back to it");
    check_group(&mut world, owner, &[client]);
}

/// With two channels, a station's and that of the group: a second one has to share, until the first has ended.
#[test]
fn what_is_offered_to_peers_follows_from_our_own_groups_too() {
    let mut world = World::new(44, Settings::default());
    let owner = add(&mut world, "owner", Kind::P2pDevice, |_| {});
    let peer = add(&mut world, "peer", Kind::P2pDevice, |_| {});
    assert!(world.get_ready());
    connected(&mut world, owner, 2437);
    world.request(owner, Request::AddGroup(channel(2412))).expect("accepted");
    assert!(world.run_until(s(2), |w| w.group(owner).is_some()));
    let mut meeting = Meeting::push_button(owner, peer);
    (meeting.asks.intent, meeting.answers.intent) = (Some(15), Some(0));
    let outcome = meet(&mut world, &meeting);
    assert!(outcome.formed.is_some(), "{outcome:?}");
    let second = world.device(peer).groups();
    assert!(second.iter().all(|g| [2412, 2437].contains(&g.frequency)), "{second:?}");
    world.request(owner, Request::RemoveAllGroups).expect("accepted");
    assert!(world.run_until(s(5), |w| [owner, peer].iter().all(|id| w.device(*id).groups().is_empty())));
    world.request(owner, Request::AddGroup(channel(2462))).expect("the channel is free again");
    assert!(world.run_until(s(2), |w| w.group(owner).is_some_and(|g| g.frequency == 2462)));
}

#[test]
fn a_group_that_cannot_follow_ends_with_the_reason() {
    // Radar: no group may begin there.
    let (mut world, owner, client) = beside(38, true);
    connected(&mut world, owner, 5260);
    world.run_for(s(3));
    assert_eq!(removed(&world, owner), Some(Cause::Beside(in_the_way(5260))));
    check_released(&world, owner);
    check_released(&world, client);
    // A client cannot take its owner along.
    let mut world = World::new(39, Settings::default());
    let owner = add(&mut world, "owner", Kind::P2pDevice, |_| {});
    let bound = add(&mut world, "bound", Kind::OneChannel, |_| {});
    assert!(world.get_ready());
    world.request(owner, Request::AddGroup(channel(2437))).expect("accepted");
    assert!(world.run_until(s(2), |w| w.group(owner).is_some()));
    connected(&mut world, bound, 2437);
    enter(&mut world, owner, bound);
    check_group(&mut world, owner, &[bound]);
    connected(&mut world, bound, 2462);
    world.run_for(s(3));
    assert_eq!(removed(&world, bound), Some(Cause::Beside(in_the_way(2462))));
    check_released(&world, bound);
    assert!(group(&world, owner).stations.is_empty(), "the owner was told");
}

#[test]
fn with_two_channels_each_stays_where_it_is() {
    let mut world = World::new(40, Settings::default());
    let owner = add(&mut world, "owner", Kind::P2pDevice, |_| {});
    let client = add(&mut world, "client", Kind::P2pDevice, |_| {});
    assert!(world.get_ready());
    connected(&mut world, owner, 2437);
    world.request(owner, Request::AddGroup(channel(2412))).expect("accepted");
    assert!(world.run_until(s(2), |w| w.group(owner).is_some()));
    enter(&mut world, owner, client);
    connected(&mut world, owner, 5180);
    world.run_for(s(3));
    assert_eq!(group(&world, owner).frequency, 2412);
    check_group(&mut world, owner, &[client]);
    // Both channels are taken now: a second group shares one of them.
    assert!(matches!(world.request(owner, Request::AddGroup(channel(2462))), Err(Error::Beside { wanted: 2462, .. })));
}

#[test]
fn a_connected_interface_is_not_taken_for_a_group() {
    let mut world = World::new(41, Settings::default());
    let a = add(&mut world, "a", Kind::OneInterface, |_| {});
    let b = add(&mut world, "b", Kind::OneInterface, |_| {});
    assert!(world.get_ready());
    connected(&mut world, a, 2412);
    acquaint(&mut world, a, b);
    let refused = Err(Error::Beside { wanted: 0, beside: Beside::Interface("wlan0".into()) });
    let asks = push_button(world.address(b), ConnectHow::Negotiate);
    assert_eq!(world.request(a, Request::Connect(asks.clone())), refused);
    assert_eq!(world.request(a, Request::AddGroup(AddGroup::default())), refused);
    world.run_for(s(1));
    check_released(&world, a);
    // The connection has ended.
    world.report(a, radio::Event::Neighbours(Vec::new()));
    world.request(a, Request::Connect(asks)).expect("accepted");
}

#[test]
fn two_that_leave_time_to_their_connections_still_find_each_other() {
    let (mut world, a, b) = pair(42, Kind::OneChannel, Settings::default());
    connected(&mut world, a, 2437);
    connected(&mut world, b, 5180);
    for id in [a, b] {
        world.request(id, Request::Find(Find::default())).expect("accepted");
    }
    let peers = (world.address(a), world.address(b));
    let known = |w: &World, by: DeviceId, whom| w.device(by).peer(w.now(), whom).is_some_and(|p| p.peer.flags.reported);
    assert!(world.run_until(s(60), |w| known(w, a, peers.1) && known(w, b, peers.0)));
    assert_eq!(world.spins(), 0);
}

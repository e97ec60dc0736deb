//! What the scenarios share.

use ieee80211_ies::MacAddr;
use radio::{InterfaceId, InterfaceKind};
use std::fmt::Display;
use std::ops::ControlFlow;
use std::time::Duration;
use wifi_direct::api::{
    ChannelWish, Config, Connect, ConnectHow, Event, Find, GroupEvent, GroupInfo, Request, Role, WpsMethod,
};
use wifi_direct::simulation::{DeviceId, Meeting, OnAir, Outcome, Profile, Settings, World};

/// The radios that devices must work on; the last has neither a P2P device nor an interface for groups.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    P2pDevice,
    NoP2pDevice,
    OneChannel,
    OneInterface,
}

pub(crate) const KINDS: [Kind; 4] = [Kind::P2pDevice, Kind::NoP2pDevice, Kind::OneChannel, Kind::OneInterface];

pub(crate) fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(crate) fn add(world: &mut World, name: &str, kind: Kind, change: impl FnOnce(&mut Config)) -> DeviceId {
    let mut config = World::config(name);
    let profile = match kind {
        Kind::P2pDevice => Profile::P2pDevice,
        Kind::NoP2pDevice => Profile::NoP2pDevice,
        Kind::OneChannel => Profile::OneChannel,
        Kind::OneInterface => {
            config.no_group_interface = true;
            Profile::NoP2pDevice
        }
    };
    change(&mut config);
    world.add(config, profile)
}

/// Two devices of a kind, ready.
pub(crate) fn pair(seed: u64, kind: Kind, settings: Settings) -> (World, DeviceId, DeviceId) {
    let mut world = World::new(seed, settings);
    let a = add(&mut world, "a", kind, |_| {});
    let b = add(&mut world, "b", kind, |_| {});
    assert!(world.get_ready());
    (world, a, b)
}

/// Runs a meeting that nobody watches.
pub(crate) fn meet(world: &mut World, meeting: &Meeting) -> Outcome {
    let outcome = meeting.run(world, |_, _, _| {});
    assert_eq!(world.spins(), 0, "a deadline was not met by what was due");
    outcome
}

/// A meeting that must come to a group, which is checked: its owner and its client. `which` names it where it does not.
pub(crate) fn form(world: &mut World, meeting: &Meeting, which: impl Display) -> (DeviceId, DeviceId) {
    let outcome = meet(world, meeting);
    assert!(outcome.formed.is_some(), "{which}: {outcome:?}");
    let (owner, client) = owner_of(world, meeting.initiator, meeting.responder);
    check_group(world, owner, &[client]);
    (owner, client)
}

/// A group between two quiet devices: world, owner, client.
pub(crate) fn formed(seed: u64, kind: Kind) -> (World, DeviceId, DeviceId) {
    let (mut world, a, b) = pair(seed, kind, Settings::default());
    let mut meeting = Meeting::push_button(a, b);
    meeting.asks.intent = Some(15);
    let (owner, client) = form(&mut world, &meeting, format_args!("{kind:?}"));
    (world, owner, client)
}

pub(crate) fn group(world: &World, id: DeviceId) -> GroupInfo {
    world.group(id).unwrap_or_else(|| panic!("{id:?} has no group"))
}

pub(crate) fn owner_of(world: &World, a: DeviceId, b: DeviceId) -> (DeviceId, DeviceId) {
    match (group(world, a).role, group(world, b).role) {
        (Role::Owner, Role::Client) => (a, b),
        (Role::Client, Role::Owner) => (b, a),
        roles => panic!("roles are {roles:?}"),
    }
}

/// One group, these members, and data goes from each to each.
pub(crate) fn check_group(world: &mut World, owner: DeviceId, clients: &[DeviceId]) {
    let info = group(world, owner);
    assert_eq!(info.role, Role::Owner);
    let all_in =
        world.run_until(s(2), |w| group(w, owner).stations.iter().filter(|s| s.authorized).count() == clients.len());
    assert!(all_in, "stations of the owner: {:?}", group(world, owner).stations);
    for client in clients {
        let theirs = group(world, *client);
        assert_eq!(theirs.role, Role::Client);
        assert_eq!((&theirs.ssid, theirs.frequency), (&info.ssid, info.frequency));
        assert_eq!((theirs.bssid, theirs.owner), (info.address, world.address(owner)));
        let device = world.address(*client);
        let known =
            group(world, owner).stations.iter().any(|s| s.address == theirs.address && s.device == Some(device));
        assert!(known, "the owner knows the client by its device address");
    }
    // The owner's radio opens its port some command after the client has its keys.
    world.run_for(Duration::from_millis(20));
    let members: Vec<DeviceId> = clients.iter().copied().chain([owner]).collect();
    for from in &members {
        for to in members.iter().filter(|to| *to != from) {
            check_data(world, *from, *to);
        }
    }
}

/// Data reaches the other end, and not in the clear.
pub(crate) fn check_data(world: &mut World, from: DeviceId, to: DeviceId) {
    let text = format!("from {} to {} at {:?}", from.0, to.0, world.now());
    let (here, there) = (group(world, from), group(world, to));
    while world.receive(to).is_some() {}
    world.send(from, here.id, there.address, text.as_bytes()).expect("data is taken");
    world.run_for(Duration::from_millis(20));
    let got = world.receive(to).unwrap_or_else(|| {
        let log: Vec<String> = world.air().recorded().iter().rev().take(12).map(|f| f.to_string()).collect();
        panic!("{text}: nothing arrived, {:?} {:?} {log:#?}", world.device(from).state(), world.device(to).state())
    });
    assert_eq!((got.payload.as_slice(), got.source), (text.as_bytes(), here.address));
    let clear = |frame: &OnAir| frame.frame.windows(text.len()).any(|w| w == text.as_bytes());
    assert!(!world.air().recorded().iter().any(clear), "data went through the air in the clear");
}

/// Nothing is left of any group: no group, no interface but those of the start, and those as they were.
pub(crate) fn check_released(world: &World, id: DeviceId) {
    let groups = world.device(id).groups();
    assert!(groups.is_empty(), "{id:?} still has {groups:?}");
    for (iface, kind) in world.air().interfaces(world.radio(id)) {
        let expected = if iface == InterfaceId::BASE { InterfaceKind::Station } else { InterfaceKind::P2pDevice };
        assert_eq!(kind, expected, "{id:?}: {iface:?} is left over");
    }
}

/// Whether a device has told of something.
pub(crate) fn told(world: &World, id: DeviceId, which: impl Fn(&Event) -> bool) -> bool {
    world.told_by(id).any(which)
}

pub(crate) fn station_left(event: &Event, station: MacAddr) -> bool {
    matches!(event, Event::Group { event: GroupEvent::StationDisconnected { address, .. }, .. } if *address == station)
}

/// Starts a group of its own on a device.
pub(crate) fn autonomous(world: &mut World, owner: DeviceId) -> GroupInfo {
    world.get_ready();
    world.request(owner, Request::AddGroup(Default::default())).expect("accepted");
    assert!(world.run_until(s(2), |w| w.group(owner).is_some()), "the group starts");
    group(world, owner)
}

/// Lets time pass while a user does what `user` does.
pub(crate) fn live(world: &mut World, time: Duration, mut user: impl FnMut(&mut World, DeviceId, &Event)) {
    let until = world.now() + time;
    world.run(until, |world, by, event| {
        user(world, by, event);
        ControlFlow::Continue(())
    });
    assert_eq!(world.spins(), 0, "a deadline was not met by what was due");
}

/// The attempts that the air saw, first ones only, to a single station, since `after`.
pub(crate) fn unicast_since(world: &World, after: Duration) -> Vec<OnAir> {
    let to_one = |f: &&OnAir| f.frame.get(4).is_some_and(|b| b & 1 == 0);
    world.air().recorded().iter().filter(|f| f.attempt == 0 && f.at >= after).filter(to_one).cloned().collect()
}

/// The wish to come into a group by push button, and no other.
pub(crate) fn push_button(peer: MacAddr, how: ConnectHow) -> Connect {
    Connect {
        peer,
        method: WpsMethod::PushButton,
        how,
        intent: None,
        authorize_only: false,
        persistent: false,
        record: None,
        channel: ChannelWish::default(),
        provision_first: false,
        ssid: None,
    }
}

/// Two devices search until `finder` has found `other`; then both listen.
pub(crate) fn acquaint(world: &mut World, finder: DeviceId, other: DeviceId) {
    world.get_ready();
    let address = world.address(other);
    for id in [finder, other] {
        world.request(id, Request::Find(Find::default())).expect("accepted");
    }
    let known = |w: &World| w.device(finder).peer(w.now(), address).is_some_and(|p| p.peer.flags.reported);
    assert!(world.run_until(s(20), known), "found");
    for id in [finder, other] {
        world.request(id, Request::Listen(None)).expect("accepted");
    }
    world.run_for(Duration::from_millis(50));
}

/// Lets a device join a group by push button.
pub(crate) fn enter(world: &mut World, owner: DeviceId, client: DeviceId) {
    let (peer, group) = (world.address(owner), group(world, owner).id);
    world.request(owner, Request::GroupPushButton { group, only: None }).expect("accepted");
    world.request(client, Request::Connect(push_button(peer, ConnectHow::Join))).expect("accepted");
    assert!(world.run_until(s(30), |w| w.group(client).is_some()), "joined: {:?}", world.told_by(client).last());
}

/// The first thing of a kind that a device has told.
pub(crate) fn heard<T>(world: &World, id: DeviceId, pick: impl FnMut(&Event) -> Option<T>) -> Option<T> {
    world.told_by(id).find_map(pick)
}

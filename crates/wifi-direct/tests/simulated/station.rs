//! Our own station beside P2P: the access point is a group of another device, which a station with its passphrase may join.

use crate::common::*;
use radio::{Channel, Secret};
use wifi_direct::api::{
    AddGroup, Beside, ChannelWish, Error, Event, FailedBy, GroupEvent, GroupInfo, Network, NetworkId, Protection,
    Request, StationEvent, StationRequest, StationState,
};
use wifi_direct::simulation::{DeviceId, Settings, World};

/// A group on this channel (MHz).
fn group_on(world: &mut World, owner: DeviceId, frequency: u32) -> GroupInfo {
    world.get_ready();
    let channel = ChannelWish { frequency: Some(frequency), ..ChannelWish::default() };
    world.request(owner, Request::AddGroup(AddGroup { channel, ..AddGroup::default() })).expect("accepted");
    assert!(world.run_until(s(3), |w| w.group(owner).is_some()), "the group starts");
    group(world, owner)
}

fn network(id: u32, ap: &GroupInfo) -> Network {
    Network {
        id: NetworkId(id),
        ssid: ap.ssid.clone(),
        bssid: None,
        protection: Protection::Passphrase(ap.passphrase.clone().expect("known to the owner")),
        priority: 0,
        hidden: false,
        enabled: true,
        frequencies: Vec::new(),
    }
}

fn ask(world: &mut World, id: DeviceId, request: StationRequest) {
    world.request(id, Request::Station(request)).expect("accepted");
}

fn state(world: &World, id: DeviceId) -> StationState {
    world.device(id).station().state
}

fn completes(world: &mut World, id: DeviceId) -> bool {
    world.run_until(s(20), |w| state(w, id) == StationState::Completed)
}

/// What the station has told, without the reports of scans.
fn words(world: &World, id: DeviceId) -> Vec<&'static str> {
    let word = |event: &Event| {
        Some(match event {
            Event::Station(StationEvent::Link(event)) => match event {
                GroupEvent::TryingToAuthenticate { .. } => "authenticate",
                GroupEvent::TryingToAssociate { .. } => "associate",
                GroupEvent::Associated { .. } => "associated",
                GroupEvent::KeysNegotiated { .. } => "keys",
                GroupEvent::HandshakeFailed { .. } => "handshake failed",
                GroupEvent::Disconnected { local: true, .. } => "left",
                GroupEvent::Disconnected { .. } => "sent away",
                GroupEvent::ScanStarted | GroupEvent::ScanResults => return None,
                _ => "something else",
            },
            Event::Station(StationEvent::Connected { .. }) => "connected",
            Event::Station(StationEvent::NotFound) => "not found",
            Event::Station(StationEvent::TemporarilyDisabled { .. }) => "left alone",
            Event::Station(StationEvent::Reenabled { .. }) => "tried again",
            _ => return None,
        })
    };
    world.told_by(id).filter_map(word).collect()
}

const CONNECTED: [&str; 5] = ["authenticate", "associate", "associated", "keys", "connected"];

#[test]
fn it_connects_leaves_and_comes_back() {
    for kind in KINDS {
        let mut world = World::new(51, Settings::default());
        let home = add(&mut world, "home", Kind::P2pDevice, |_| {});
        let ours = add(&mut world, "ours", kind, |_| {});
        let ap = group_on(&mut world, home, 2437);
        assert_eq!(state(&world, ours), StationState::Inactive);
        ask(&mut world, ours, StationRequest::Networks(vec![network(3, &ap)]));
        assert!(completes(&mut world, ours), "{kind:?}: {:?}", words(&world, ours));
        let now = world.device(ours).station();
        assert_eq!((now.frequency, now.bssid, now.network), (2437, ap.bssid, Some(NetworkId(3))));
        assert_eq!((now.ssid, now.protected), (ap.ssid.clone(), true));
        assert_eq!(words(&world, ours), CONNECTED, "{kind:?}");
        assert!(group(&world, home).stations.iter().any(|s| s.authorized));
        ask(&mut world, ours, StationRequest::Disconnect);
        world.run_for(s(10));
        assert_eq!(state(&world, ours), StationState::Disconnected);
        assert!(group(&world, home).stations.is_empty());
        ask(&mut world, ours, StationRequest::Connect { network: None, frequencies: Vec::new() });
        assert!(completes(&mut world, ours));
        world.take_told();
        // It is sent away, and comes back by itself.
        let address = group(&world, home).stations[0].address;
        let (group, station) = (ap.id, address);
        world.request(home, Request::Deauthenticate { group, station, reason: 2 }).expect("accepted");
        assert!(world.run_until(s(3), |w| state(w, ours) != StationState::Completed));
        assert!(completes(&mut world, ours));
        assert_eq!(words(&world, ours).split_first(), Some((&"sent away", &CONNECTED[..])));
        // Without its network there is no connection.
        ask(&mut world, ours, StationRequest::Networks(Vec::new()));
        assert!(world.run_until(s(3), |w| state(w, ours) == StationState::Inactive));
        check_released(&world, ours);
    }
}

#[test]
fn a_wrong_key_is_told_and_tried_again_later() {
    let (mut world, home, ours) = pair(52, Kind::P2pDevice, Settings::default());
    let ap = group_on(&mut world, home, 2412);
    let mut wrong = network(0, &ap);
    wrong.protection = Protection::Passphrase(Secret::new(b"not the passphrase".to_vec()));
    ask(&mut world, ours, StationRequest::Networks(vec![wrong]));
    let left_alone = |w: &World| {
        w.told_by(ours).any(|e| {
            matches!(
                e,
                Event::Station(StationEvent::TemporarilyDisabled { reason: FailedBy::WrongKey, seconds: 10, .. })
            )
        })
    };
    assert!(world.run_until(s(20), left_alone), "{:?}", words(&world, ours));
    assert_eq!(world.device(ours).station().disabled, [NetworkId(0)]);
    assert!(world.run_until(s(11), |w| words(w, ours).contains(&"tried again")));
    // The right key is another network: it is tried at once.
    ask(&mut world, ours, StationRequest::Networks(vec![network(0, &ap)]));
    assert!(completes(&mut world, ours), "{:?}", words(&world, ours));
}

#[test]
fn an_access_point_that_vanishes_is_looked_for_until_it_is_back() {
    let (mut world, home, ours) = pair(53, Kind::OneChannel, Settings::default());
    let ap = group_on(&mut world, home, 2462);
    ask(&mut world, ours, StationRequest::Networks(vec![network(0, &ap)]));
    assert!(completes(&mut world, ours));
    world.request(home, Request::RemoveGroup(ap.id)).expect("accepted");
    assert!(world.run_until(s(30), |w| words(w, ours).contains(&"not found")), "{:?}", words(&world, ours));
    let again = group_on(&mut world, home, 2412);
    // The same name and key, as of an access point that was switched off and on.
    let mut same = network(0, &again);
    same.id = NetworkId(0);
    ask(&mut world, ours, StationRequest::Networks(vec![same]));
    assert!(completes(&mut world, ours), "{:?}", words(&world, ours));
    assert_eq!(world.device(ours).station().frequency, 2412);
}

#[test]
fn with_one_channel_groups_live_on_the_station_s() {
    let mut world = World::new(54, Settings::default());
    let home = add(&mut world, "home", Kind::P2pDevice, |_| {});
    let ours = add(&mut world, "ours", Kind::OneChannel, |_| {});
    let ap = group_on(&mut world, home, 2437);
    ask(&mut world, ours, StationRequest::Networks(vec![network(0, &ap)]));
    assert!(completes(&mut world, ours));
    let beside = Beside::Station { interface: "wlan0".into(), frequency: 2437, channels: 1 };
    let channel = ChannelWish { frequency: Some(2412), ..ChannelWish::default() };
    let add_group = Request::AddGroup(AddGroup { channel, ..AddGroup::default() });
    assert_eq!(world.request(ours, add_group.clone()), Err(Error::Beside { wanted: 2412, beside }));
    world.request(ours, Request::AddGroup(AddGroup::default())).expect("accepted");
    assert!(world.run_until(s(3), |w| w.group(ours).is_some()));
    assert_eq!(group(&world, ours).frequency, 2437);
    assert_eq!(state(&world, ours), StationState::Completed);
    // The access point moves; the station and the group move with it.
    let channel = Channel::ht20(2462);
    let switch = Request::SwitchChannel { group: ap.id, channel, count: 7, block_transmission: false };
    world.request(home, switch).expect("accepted");
    let there = |w: &World| w.device(ours).station().frequency == 2462 && group(w, ours).frequency == 2462;
    assert!(world.run_until(s(5), there), "{:?} {:?}", world.device(ours).station(), group(&world, ours));
    assert_eq!(state(&world, ours), StationState::Completed);
    // Without the station the radio is free.
    world.request(ours, Request::RemoveAllGroups).expect("accepted");
    assert!(world.run_until(s(3), |w| w.group(ours).is_none()));
    ask(&mut world, ours, StationRequest::Disconnect);
    assert!(world.run_until(s(3), |w| state(w, ours) == StationState::Disconnected));
    world.run_for(s(1));
    world.request(ours, add_group).expect("accepted");
    assert!(world.run_until(s(3), |w| w.group(ours).is_some()));
    // Back again: the group makes room.
    ask(&mut world, ours, StationRequest::Connect { network: None, frequencies: Vec::new() });
    assert!(completes(&mut world, ours), "{:?}", words(&world, ours));
    assert_eq!(group(&world, ours).frequency, 2462);
}

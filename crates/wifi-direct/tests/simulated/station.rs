//! Our own station beside P2P: the access point is a group of another device, which a station with its passphrase may join.

use crate::common::*;
use radio::{Channel, Secret};
use wifi_direct::api::{
    AddGroup, Beside, ChannelWish, Error, Event, FailedBy, GroupEvent, GroupInfo, Network, NetworkId, Protection,
    Request, StationEvent, StationRequest, StationState, WpsMethod,
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

/// What the station is given by a registrar goes back to it among its networks, as the daemon does.
fn enrolls(world: &mut World, ours: DeviceId, method: WpsMethod, ap: &GroupInfo) -> bool {
    ask(world, ours, StationRequest::Wps { method, bssid: None });
    let given = |w: &World| {
        w.told_by(ours).find_map(|e| match e {
            Event::Station(StationEvent::Credential { ssid, protection }) => Some((ssid.clone(), protection.clone())),
            _ => None,
        })
    };
    if !world.run_until(s(30), |w| given(w).is_some()) {
        return false;
    }
    let Some((ssid, protection)) = given(world) else { return false };
    ask(world, ours, StationRequest::Networks(vec![Network { ssid, protection, ..network(7, ap) }]));
    completes(world, ours)
}

/// Whether the station was told this.
/// Whether a station was told of the credential that it was given.
fn received(world: &World, id: DeviceId) -> bool {
    let credential = |event: &GroupEvent| matches!(event, GroupEvent::WpsCredReceived { attribute } if attribute.expose().starts_with(&[0x10, 0x0e]));
    world.told_by(id).any(|e| matches!(e, Event::Station(StationEvent::Link(event)) if credential(event)))
}

fn told(world: &World, id: DeviceId, wanted: &GroupEvent) -> bool {
    world.told_by(id).any(|e| matches!(e, Event::Station(StationEvent::Link(event)) if event == wanted))
}

#[test]
fn a_registrar_gives_it_a_network() {
    for (kind, method) in KINDS.into_iter().flat_map(|kind| {
        [WpsMethod::PushButton, WpsMethod::Display(Secret::new(b"12345670".to_vec()))].map(|method| (kind, method))
    }) {
        let mut world = World::new(55, Settings::default());
        let home = add(&mut world, "home", Kind::P2pDevice, |_| {});
        let ours = add(&mut world, "ours", kind, |_| {});
        let ap = group_on(&mut world, home, 2437);
        let open = match &method {
            WpsMethod::PushButton => Request::GroupPushButton { group: ap.id, only: None },
            WpsMethod::Display(pin) | WpsMethod::Keypad(pin) => {
                Request::GroupPin { group: ap.id, only: None, pin: pin.clone(), timeout: None }
            }
        };
        world.request(home, open).expect("accepted");
        assert!(enrolls(&mut world, ours, method, &ap), "{kind:?}: {:?}", words(&world, ours));
        assert!(received(&world, ours) && told(&world, ours, &GroupEvent::WpsSuccess));
        assert_eq!(world.device(ours).station().network, Some(NetworkId(7)));
        ask(&mut world, ours, StationRequest::Disconnect);
        world.run_for(s(1));
        check_released(&world, ours);
    }
}

#[test]
fn without_one_registrar_that_waits_it_is_back_where_it_was() {
    let mut world = World::new(56, Settings::default());
    let [one, two, ours] = ["one", "two", "ours"].map(|name| add(&mut world, name, Kind::P2pDevice, |_| {}));
    let aps = [one, two].map(|owner| group_on(&mut world, owner, 2437));
    ask(&mut world, ours, StationRequest::Networks(vec![network(0, &aps[0])]));
    assert!(completes(&mut world, ours));
    let button = |bssid| StationRequest::Wps { method: WpsMethod::PushButton, bssid };
    // Nobody presses.
    ask(&mut world, ours, button(None));
    assert!(world.run_until(s(121), |w| told(w, ours, &GroupEvent::WpsTimeout)));
    assert!(completes(&mut world, ours));
    // The user gives up.
    ask(&mut world, ours, button(None));
    world.run_for(s(10));
    assert_ne!(state(&world, ours), StationState::Completed);
    ask(&mut world, ours, StationRequest::CancelWps);
    assert!(completes(&mut world, ours));
    // Two press at once; an access point that is named is meant.
    for (owner, ap) in [one, two].into_iter().zip(&aps) {
        world.request(owner, Request::GroupPushButton { group: ap.id, only: None }).expect("accepted");
    }
    ask(&mut world, ours, button(None));
    assert!(world.run_until(s(10), |w| told(w, ours, &GroupEvent::WpsOverlap)));
    assert!(completes(&mut world, ours));
    assert!(!told(&world, ours, &GroupEvent::WpsSuccess));
    ask(&mut world, ours, button(Some(aps[1].bssid)));
    assert!(world.run_until(s(10), |w| told(w, ours, &GroupEvent::WpsSuccess)));
    assert!(completes(&mut world, ours));
    // The wrong PIN is told, and changes nothing.
    let pin = |pin: &[u8]| Secret::new(pin.to_vec());
    let group = aps[0].id;
    world
        .request(one, Request::GroupPin { group, only: None, pin: pin(b"12345670"), timeout: None })
        .expect("accepted");
    let bssid = Some(aps[0].bssid);
    ask(&mut world, ours, StationRequest::Wps { method: WpsMethod::Display(pin(b"00000000")), bssid });
    let failed = |w: &World| {
        w.told_by(ours).any(|e| matches!(e, Event::Station(StationEvent::Link(GroupEvent::WpsFail { .. }))))
    };
    assert!(world.run_until(s(20), failed), "{:?}", words(&world, ours));
    assert!(completes(&mut world, ours));
}

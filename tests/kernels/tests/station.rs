//! Our own station on each kind of driver: those whose MLME is ours, and those that connect by themselves. The access point is the
//! group of another device, which a station with its passphrase may join.

use radio::{Placement, Plan};
use scripted_kernel::pair::{config, own_on, profile};
use scripted_kernel::{StationId, World};
use std::time::Duration;
use wifi_direct::api::{
    Event, GroupEvent, Network, NetworkId, Protection, Request, StationEvent, StationRequest, StationState,
};

const WITHIN: Duration = Duration::from_secs(30);

/// An access point on this channel (MHz), a station on a kernel of this profile, and the network that it needs.
fn world(name: &str, frequency: u32) -> (World, StationId, StationId, Network) {
    let mut world = World::new(21);
    let (ap, ours) = (world.add(&profile("hwsim"), config("home")), world.add(&profile(name), config("ours")));
    assert!(world.run_until(WITHIN, |w| w.device(ap).is_ready() && w.device(ours).is_ready()), "{name}");
    world.request(ap, own_on(frequency)).expect("a group begins");
    assert!(world.run_until(WITHIN, |w| w.group(ap).is_some()), "{name}");
    let home = world.group(ap).expect("a group");
    let network = Network {
        id: NetworkId(0),
        ssid: home.ssid,
        bssid: None,
        protection: Protection::Passphrase(home.passphrase.expect("the owner's")),
        priority: 0,
        hidden: false,
        enabled: true,
        frequencies: Vec::new(),
    };
    (world, ap, ours, network)
}

fn ask(world: &mut World, id: StationId, request: StationRequest) {
    world.request(id, Request::Station(request)).expect("accepted");
}

fn reaches(world: &mut World, id: StationId, state: StationState) -> bool {
    world.run_until(WITHIN, |w| w.device(id).station().state == state)
}

#[test]
fn it_connects_leaves_is_sent_away_and_comes_back_on_every_driver() {
    for name in ["ath10k", "qcacld", "brcmfmac", "mwifiex", "mt7921", "hwsim"] {
        let (mut world, ap, ours, network) = world(name, 2437);
        ask(&mut world, ours, StationRequest::Networks(vec![network]));
        assert!(reaches(&mut world, ours, StationState::Completed), "{name}: {:?}", world.told(ours));
        let status = world.device(ours).station();
        let there = world.group(ap).expect("the access point");
        assert_eq!((status.frequency, status.bssid, status.protected), (2437, there.bssid, true), "{name}");
        assert!(there.stations.iter().any(|s| s.authorized), "{name}");
        ask(&mut world, ours, StationRequest::Disconnect);
        assert!(reaches(&mut world, ours, StationState::Disconnected), "{name}");
        assert!(world.run_until(WITHIN, |w| w.group(ap).is_some_and(|g| g.stations.is_empty())), "{name}");
        ask(&mut world, ours, StationRequest::Connect { network: None, frequencies: Vec::new() });
        assert!(reaches(&mut world, ours, StationState::Completed), "{name}");
        let (group, station) = (there.id, world.group(ap).expect("the access point").stations[0].address);
        world.request(ap, Request::Deauthenticate { group, station, reason: 2 }).expect("accepted");
        assert!(world.run_until(WITHIN, |w| w.device(ours).station().state != StationState::Completed), "{name}");
        assert!(reaches(&mut world, ours, StationState::Completed), "{name}: it does not come back");
        assert_eq!(world.wrong(ours), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn a_wrong_passphrase_is_told_on_every_driver() {
    for name in ["ath10k", "qcacld", "brcmfmac", "mwifiex", "mt7921", "hwsim"] {
        let (mut world, _, ours, network) = world(name, 2412);
        let protection = Protection::Passphrase(radio::Secret::new(b"another one".to_vec()));
        ask(&mut world, ours, StationRequest::Networks(vec![Network { protection, ..network }]));
        let told = |w: &World| {
            let failed =
                |e: &Event| matches!(e, Event::Station(StationEvent::Link(GroupEvent::HandshakeFailed { .. })));
            let rests = |e: &Event| matches!(e, Event::Station(StationEvent::TemporarilyDisabled { .. }));
            w.told(ours).iter().any(failed) && w.told(ours).iter().any(rests)
        };
        assert!(world.run_until(WITHIN, told), "{name}: {:?}", world.told(ours));
        assert_eq!(world.wrong(ours), Vec::<String>::new(), "{name}");
    }
}

/// On one channel a group of ours lands where the station is; another channel is refused.
#[test]
fn a_group_lives_beside_it_where_the_driver_has_room() {
    for name in ["ath10k", "qcacld", "brcmfmac", "mwifiex", "hwsim"] {
        let plan = Plan::new(&World::capabilities(&profile(name)), false);
        let (mut world, _, ours, network) = world(name, 2437);
        ask(&mut world, ours, StationRequest::Networks(vec![network]));
        assert!(reaches(&mut world, ours, StationState::Completed), "{name}: {:?}", world.told(ours));
        if plan.group == Placement::Base {
            assert!(world.request(ours, own_on(2437)).is_err(), "{name}: the interface is the station's");
            continue;
        }
        if plan.channels_beside == 1 {
            assert!(world.request(ours, own_on(2412)).is_err(), "{name}: the radio has one channel");
        }
        world.request(ours, own_on(2437)).expect("a group begins");
        assert!(world.run_until(WITHIN, |w| w.group(ours).is_some_and(|g| g.frequency == 2437)), "{name}");
        assert_eq!(world.device(ours).station().state, StationState::Completed, "{name}: the station stays");
        assert_eq!(world.wrong(ours), Vec::<String>::new(), "{name}");
    }
}

//! Finding and being found.

use super::*;
use crate::testing::{address, settings};
use ieee80211_ies::p2p::{Attribute, Capability, ClientInfoBuf, DeviceInfoBuf, DeviceName, emit, group_capability};
use ieee80211_ies::wsc::{ConfigMethods, DeviceType};
use std::{println, vec};

fn found(event: &Event) -> Option<(Peer, bool)> {
    if let Event::DeviceFound { peer, new } = event { Some(((**peer).clone(), *new)) } else { None }
}

fn find(world: &mut World, n: usize) {
    world.tell(n, |machine, now, rng| machine.find(now, FindParameters::default(), rng)).unwrap();
}

fn others(mut settings: Settings) -> Settings {
    settings.other_frequencies = [5180, 5200, 5220, 5240, 2417, 2422, 2427, 2432].to_vec();
    settings
}

#[test]
fn two_searching_devices_find_each_other_soon() {
    let mut times = vec![];
    for seed in 0..300 {
        let mut world =
            World::new(seed, [others(settings(1 + (seed % 3) as u8)), others(settings(4 + (seed / 3 % 3) as u8))]);
        find(&mut world, 0);
        world.run_for(MS * (seed % 20) as u32);
        let begin = world.now;
        find(&mut world, 1);
        let both = |world: &World| (0..2).all(|n| world.event(n, found).is_some());
        assert!(world.run_until(begin + MS * 10_000, both), "seed {seed}");
        times.push(world.now - begin);
        for n in 0..2 {
            let other = world.devices[1 - n].machine.settings().device.clone();
            let (_, (peer, new)) = world.event(n, found).unwrap();
            assert!(new);
            assert_eq!((peer.address, peer.name, peer.manufacturer), (other.address, other.name, other.manufacturer));
            assert_eq!(peer.listen_frequency, world.devices[1 - n].machine.listen_frequency());
        }
    }
    let (median, p95) = quantiles(&mut times);
    println!("both found each other: median {median:?}, p95 {p95:?}, max {:?}", times.last());
    assert!(median <= 400 * MS && p95 <= 1500 * MS);
}

#[test]
fn loss_delays_finding_but_does_not_prevent_it() {
    let mut times = vec![];
    for seed in 0..100 {
        let mut world = World::new(seed, [settings(1), settings(2)]);
        world.trouble = Trouble { loss: 60, duplicates: 10, delay: 5 };
        find(&mut world, 0);
        find(&mut world, 1);
        let begin = world.now;
        let both = |world: &World| (0..2).all(|n| world.event(n, found).is_some());
        assert!(world.run_until(begin + MS * 60_000, both), "seed {seed}");
        times.push(world.now - begin);
    }
    let (median, p95) = quantiles(&mut times);
    println!("with 60 % loss: median {median:?}, p95 {p95:?}");
}

#[test]
fn a_listening_device_is_found_and_learns_of_the_searcher_without_reporting_it() {
    let mut world = World::new(1, [settings(1), settings(2)]);
    world.tell(1, |machine, now, _| machine.listen(now, None));
    assert_eq!(world.devices[1].machine.state(), State::ListenOnly);
    find(&mut world, 0);
    world.run_for(MS * 1000);
    assert!(world.event(0, found).is_some());
    assert!(world.event(1, found).is_none());
    let searcher = world.devices[1].machine.peer(address(1)).unwrap();
    assert!(searcher.flags.probe_request_only);
    assert_eq!(searcher.listen_frequency, world.devices[0].machine.listen_frequency());
}

#[test]
fn every_search_reports_anew_and_silence_is_loss() {
    let mut world = World::new(1, [settings(1), settings(2)]);
    world.tell(1, |machine, now, _| machine.listen(now, None));
    find(&mut world, 0);
    world.run_for(MS * 1000);
    world.tell(0, |machine, now, _| machine.stop_find(now));
    assert_eq!(world.devices[0].events.last().unwrap().1, Event::FindStopped);
    world.devices[0].events.clear();
    find(&mut world, 0);
    world.run_for(MS * 1000);
    assert!(!world.event(0, found).unwrap().1.1, "not new any more");
    world.tell(1, |machine, now, _| machine.stop_find(now));
    world.run_for(MS * 62_000);
    assert!(
        matches!(world.devices[0].events.last().unwrap().1, Event::DeviceLost { address: lost } if lost == address(2))
    );
    assert_eq!(world.devices[0].machine.peers().count(), 0);
}

#[test]
fn flush_forgets_and_a_timeout_ends_the_search() {
    let mut world = World::new(1, [settings(1), settings(2)]);
    world.tell(1, |machine, now, _| machine.listen(now, None));
    let parameters = FindParameters { timeout: Some(MS * 900), ..FindParameters::default() };
    world.tell(0, |machine, now, rng| machine.find(now, parameters, rng)).unwrap();
    assert_eq!(world.devices[0].machine.state(), State::Search);
    world.run_for(MS * 1000);
    assert_eq!(world.devices[0].machine.state(), State::Idle);
    assert!(world.event(0, |event| matches!(event, Event::FindStopped).then_some(())).is_some());
    world.devices[0].events.clear();
    world.tell(0, |machine, now, _| machine.flush(now));
    let events: Vec<_> = world.devices[0].events.iter().map(|(_, event)| event.clone()).collect();
    assert_eq!(events, [Event::DeviceLost { address: address(2) }]);
}

#[test]
fn undiscoverable_devices_do_not_answer() {
    let mut hidden = settings(2);
    hidden.discoverable = false;
    let mut world = World::new(1, [settings(1), hidden]);
    world.tell(1, |machine, now, _| machine.listen(now, None));
    find(&mut world, 0);
    world.run_for(MS * 3000);
    assert!(world.event(0, found).is_none());
}

/// A group owner with one client.
fn owner(frequency: u32) -> Owner {
    let info = |n: u8| DeviceInfoBuf {
        address: address(n),
        config_methods: ConfigMethods(0x80),
        primary: DeviceType::wfa(7, 1),
        secondary: vec![],
        name: DeviceName::new(b"television").unwrap(),
    };
    let client = ClientInfoBuf {
        device_address: address(9),
        interface_address: MacAddr([2, 0, 0, 0, 1, 9]),
        device_capability: 0x20,
        config_methods: ConfigMethods(0x80),
        primary: DeviceType::wfa(10, 5),
        secondary: vec![],
        name: DeviceName::new(b"telephone").unwrap(),
    };
    let capability = Attribute::Capability(Capability { device: 0x20, group: group_capability::GROUP_OWNER });
    let mut probe_response = vec![];
    emit_element(id::SSID, b"DIRECT-tv", &mut probe_response);
    let mut beacon = probe_response.clone();
    emit(
        &[capability.clone(), Attribute::DeviceInfo(info(8)), Attribute::GroupInfo(vec![client])],
        &mut probe_response,
    );
    emit(&[capability, Attribute::DeviceId(address(8))], &mut beacon);
    let bss = Bss {
        bssid: MacAddr([2, 0, 0, 0, 1, 8]),
        frequency,
        signal_dbm: -50,
        age_ms: 0,
        tsf: 0,
        beacon_interval: 100,
        capability: 0x11,
        probe_response: vec![],
        beacon,
    };
    Owner { bss, probe_response }
}

#[test]
fn a_running_owner_is_found_on_any_channel_with_its_clients() {
    for (frequency, limit) in [(2412, 500), (2437, 500), (2427, 1700), (5240, 1700)] {
        let mut times = vec![];
        for seed in 0..60 {
            let mut world = World::new(seed, [others(settings(1))]);
            world.owners.push(owner(frequency));
            find(&mut world, 0);
            let begin = world.now;
            assert!(world.run_until(begin + MS * 5000, |world| world.event(0, found).is_some()));
            times.push(world.now - begin);
            world.run_for(MS * 10);
            let machine = &world.devices[0].machine;
            let tv = machine.peer(address(8)).unwrap();
            assert_eq!(
                (&tv.name[..], &tv.operating_ssid[..], tv.operating_frequency),
                (&b"television"[..], &b"DIRECT-tv"[..], frequency)
            );
            assert_eq!(tv.interface_address, MacAddr([2, 0, 0, 0, 1, 8]));
            let phone = machine.peer(address(9)).unwrap();
            assert!(phone.flags.group_client_only && phone.flags.last_seen_as_group_client);
            assert_eq!((phone.member_in_owner_device, &phone.name[..]), (address(8), &b"telephone"[..]));
        }
        let (median, p95) = quantiles(&mut times);
        println!("owner on {frequency}: median {median:?}, p95 {p95:?}, max {:?}", times.last());
        assert!(p95 <= limit * MS);
    }
}

#[test]
fn a_beacon_is_enough_where_nothing_may_be_sent() {
    let mut settings = settings(1);
    settings.passive_frequencies = vec![5260];
    let mut world = World::new(1, [settings]);
    world.owners.push(owner(5260));
    find(&mut world, 0);
    world.run_for(MS * 10_000);
    let (_, (peer, _)) = world.event(0, found).unwrap();
    assert_eq!((peer.address, peer.operating_frequency), (address(8), 5260));
}

#[test]
fn what_was_seen_before_the_search_is_no_discovery() {
    let mut world = World::new(1, [settings(1)]);
    find(&mut world, 0);
    let Owner { mut bss, probe_response } = owner(2412);
    bss.probe_response = probe_response;
    bss.age_ms = 500;
    world.run_for(MS * 100);
    let began = world.now - MS * 100;
    world.tell(0, |machine, now, _| machine.handle_bss(now, &bss, began));
    assert!(world.event(0, found).is_none());
    bss.age_ms = 50;
    world.tell(0, |machine, now, _| machine.handle_bss(now, &bss, began));
    assert!(world.event(0, found).is_some());
}

#[test]
fn extended_listen_wakes_up_regularly() {
    let mut world = World::new(1, [settings(1), settings(2)]);
    world.tell(1, |machine, now, _| machine.extended_listen(now, Some((200, 1000))));
    find(&mut world, 0);
    world.run_for(MS * 20_000);
    let (_, (peer, _)) = world.event(0, found).expect("found in one of the periods");
    assert_eq!(peer.extended_listen, Some((200, 1000)));
    world.tell(1, |machine, now, _| machine.extended_listen(now, None));
    world.run_for(MS * 300);
    assert_eq!(world.devices[1].machine.poll_timeout().is_some(), world.devices[1].machine.peers().count() > 0);
}

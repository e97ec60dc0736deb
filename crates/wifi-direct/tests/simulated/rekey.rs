//! The group key changes while the group runs.

use crate::common::*;
use ieee80211_ies::MacAddr;
use std::time::Duration;
use wifi_direct::api::Event;
use wifi_direct::simulation::{DeviceId, Link, Settings, World};

const PERIOD: u64 = 20;
const STEP: Duration = Duration::from_millis(50);

/// An owner that changes its group key often, with two clients.
fn group_of_three() -> (World, DeviceId, [DeviceId; 2]) {
    let mut world = World::new(11, Settings::default());
    let owner = add(&mut world, "owner", Kind::P2pDevice, |c| c.group_rekey_s = PERIOD as u32);
    let clients = ["near", "far"].map(|name| add(&mut world, name, Kind::P2pDevice, |_| {}));
    autonomous(&mut world, owner);
    for client in clients {
        enter(&mut world, owner, client);
    }
    check_group(&mut world, owner, &clients);
    (world, owner, clients)
}

/// The owner sends to all; who gets it.
fn broadcast(world: &mut World, owner: DeviceId, clients: &[DeviceId], n: u64) -> Vec<DeviceId> {
    let id = group(world, owner).id;
    world.send(owner, id, MacAddr([0xff; 6]), &n.to_be_bytes()).expect("sent");
    world.run_for(STEP);
    let got = |world: &mut World, c: &DeviceId| {
        std::iter::from_fn(|| world.receive(*c)).any(|d| d.payload == n.to_be_bytes())
    };
    clients.iter().copied().filter(|c| got(world, c)).collect()
}

/// The key ids of the group frames that the owner sent since `after`, each once, in order.
fn key_ids(world: &World, owner: DeviceId, after: Duration) -> Vec<u8> {
    let radio = world.radio(owner);
    let to_all = |f: &&wifi_direct::simulation::OnAir| {
        f.at >= after && f.transmitter == radio && f.kind() & 0x0c == 8 && f.frame.get(4..10) == Some(&[0xff; 6])
    };
    let mut ids: Vec<u8> = world.air().recorded().iter().filter(to_all).map(|f| f.body()[3] >> 6).collect();
    ids.dedup();
    ids
}

#[test]
fn every_frame_to_all_can_be_read_by_all_across_a_change_of_the_group_key() {
    let (mut world, owner, clients) = group_of_three();
    let begun = world.now();
    for n in 0..(3 * PERIOD * 20) {
        let got = broadcast(&mut world, owner, &clients, n);
        assert_eq!(got, clients, "frame {n} at {:?}", world.now());
    }
    assert!(key_ids(&world, owner, begun).len() >= 3, "{:?}", key_ids(&world, owner, begun));
    check_group(&mut world, owner, &clients);
}

#[test]
fn the_old_group_key_is_used_until_the_last_station_has_the_new_one() {
    let (mut world, owner, [near, far]) = group_of_three();
    let started = |t: &&wifi_direct::simulation::Told| t.by == owner && matches!(t.event, Event::GroupStarted(_));
    let change = world.told().iter().find(started).expect("it has started").at + s(PERIOD);
    let begun = world.now();
    // Out of reach only for the change: a client that hears no beacon for long leaves by itself.
    world.run_for(change - begun - STEP);
    let (there, here) = (world.radio(owner), world.radio(far));
    let cut = |world: &mut World, link: Link| {
        world.air_mut().set_link(there, here, link);
        world.air_mut().set_link(here, there, link);
    };
    cut(&mut world, Link::OUT_OF_RANGE);
    // Past the change, which the far one cannot have heard of.
    let change_seen = |w: &World| {
        let eapol = |f: &&wifi_direct::simulation::OnAir| f.transmitter == there && f.at > begun && f.kind() == 0x88;
        w.air().recorded().iter().any(|f| eapol(&f))
    };
    let mut n = 0;
    while !change_seen(&world) {
        assert_eq!(broadcast(&mut world, owner, &[near, far], n), [near], "frame {n}");
        n += 1;
        assert!(n < PERIOD * 30, "the key is changed");
    }
    for _ in 0..20 {
        n += 1;
        assert_eq!(broadcast(&mut world, owner, &[near, far], n), [near], "frame {n}");
    }
    assert_eq!(key_ids(&world, owner, begun).len(), 1, "one key until all have the next");
    cut(&mut world, Link { loss: 0.0, signal_dbm: -40 });
    for _ in 0..40 {
        n += 1;
        assert_eq!(broadcast(&mut world, owner, &[near, far], n), [near, far], "frame {n}");
    }
    assert_eq!(key_ids(&world, owner, begun).len(), 2, "the new key is in use");
}

#[test]
fn a_station_that_does_not_confirm_is_sent_away_and_the_rest_gets_the_new_key() {
    let (mut world, owner, [near, far]) = group_of_three();
    let begun = world.now();
    let address = group(&world, far).address;
    let (there, here) = (world.radio(owner), world.radio(far));
    world.air_mut().set_link(there, here, Link::OUT_OF_RANGE);
    world.air_mut().set_link(here, there, Link::OUT_OF_RANGE);
    let gone = |w: &World| told(w, owner, |e: &Event| station_left(e, address));
    let mut n = 0;
    while !gone(&world) {
        assert_eq!(broadcast(&mut world, owner, &[near, far], n), [near], "frame {n}");
        n += 1;
        assert!(n < (PERIOD + 10) * 20, "it is given up");
    }
    assert_eq!(broadcast(&mut world, owner, &[near, far], n), [near]);
    assert_eq!(key_ids(&world, owner, begun).len(), 2, "the new key is in use");
}

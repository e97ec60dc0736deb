//! What the handshake hands out beside the keys, and keys of single stations.

use crate::common::*;
use wifi_direct::api::{AddGroup, Cause, Event, GroupEvent, GroupRecord, IpAssignment, IpPool, RecordId, Request};
use wifi_direct::simulation::{DeviceId, Settings, World};

#[test]
fn an_owner_hands_out_addresses() {
    for kind in KINDS {
        let mut world = World::new(41, Settings::default());
        let pool = IpPool {
            owner: [192, 168, 42, 1],
            mask: [255, 255, 255, 0],
            first: [192, 168, 42, 10],
            last: [192, 168, 42, 20],
        };
        let owner = add(&mut world, "owner", kind, |c| c.ip_pool = Some(pool));
        let asks = add(&mut world, "asks", kind, |_| {});
        let declines = add(&mut world, "declines", kind, |c| c.disable_ip_request = true);
        autonomous(&mut world, owner);
        enter(&mut world, owner, asks);
        enter(&mut world, owner, declines);
        let given = IpAssignment { client: [192, 168, 42, 10], mask: pool.mask, owner: pool.owner };
        assert_eq!(group(&world, asks).ip, Some(given), "{kind:?}");
        assert_eq!(group(&world, declines).ip, None, "{kind:?}");
        let address = group(&world, asks).address;
        let shown = |e: &Event| matches!(e, Event::Group { event: GroupEvent::StationConnected { address: a, ip, .. }, .. } if *a == address && *ip == Some([192, 168, 42, 10]));
        assert!(told(&world, owner, shown), "{kind:?}");
        check_group(&mut world, owner, &[asks, declines]);
    }
}

#[test]
fn nobody_is_given_an_address_by_an_owner_without_a_pool() {
    let (world, _, client) = formed(42, Kind::P2pDevice);
    assert_eq!(group(&world, client).ip, None);
}

fn last_saved(world: &World, id: DeviceId) -> GroupRecord {
    let saved = world.told_by(id).filter_map(|e| if let Event::Save(r) = e { Some(r.clone()) } else { None });
    GroupRecord { id: Some(RecordId(1)), ..saved.last().expect("saved") }
}

#[test]
fn every_station_has_a_key_of_its_own_where_the_user_wants_that() {
    let mut world = World::new(43, Settings::default());
    let owner = add(&mut world, "owner", Kind::P2pDevice, |c| c.per_station_psk = true);
    let guests = ["one", "two"].map(|name| add(&mut world, name, Kind::P2pDevice, |_| {}));
    world.get_ready();
    world.request(owner, Request::AddGroup(AddGroup { persistent: true, ..Default::default() })).expect("accepted");
    assert!(world.run_until(s(2), |w| w.group(owner).is_some()));
    for guest in guests {
        enter(&mut world, owner, guest);
    }
    check_group(&mut world, owner, &guests);
    let [ours, one, two] = [owner, guests[0], guests[1]].map(|id| group(&world, id).psk.expect("a key"));
    assert!(ours != one && one != two && two != ours);
    let record = last_saved(&world, owner);
    let keys: Vec<_> = record.station_psks.iter().map(|k| (k.address, k.by_device, k.psk.clone())).collect();
    let expected = [(guests[1], two), (guests[0], one)].map(|(id, psk)| (world.address(id), true, psk));
    assert_eq!(keys, expected);

    // The group is brought back with these keys; one of them has been taken away.
    let theirs = guests.map(|id| last_saved_or_described(&world, id));
    world.request(owner, Request::RemoveAllGroups).expect("accepted");
    world.run_for(s(2));
    let kept: Vec<_> = record.station_psks.into_iter().filter(|k| k.address == world.address(guests[0])).collect();
    world.device_mut(owner).set_records(vec![GroupRecord { station_psks: kept, ..record }]);
    let add_group = AddGroup { record: Some(RecordId(1)), ..Default::default() };
    world.request(owner, Request::AddGroup(add_group)).expect("accepted");
    assert!(world.run_until(s(2), |w| w.group(owner).is_some()));
    for (guest, record) in guests.into_iter().zip(theirs) {
        world.device_mut(guest).set_records(vec![record]);
        world
            .request(guest, Request::AddGroup(AddGroup { record: Some(RecordId(1)), ..Default::default() }))
            .expect("accepted");
    }
    world.run_for(s(20));
    check_group(&mut world, owner, &guests[..1]);
    let wrong = |e: &Event| matches!(e, Event::GroupRemoved { cause: Cause::WrongKey, .. });
    assert!(told(&world, guests[1], wrong), "{:?}", world.told_by(guests[1]).last());
    let failed = |e: &Event| matches!(e, Event::Group { event: GroupEvent::PersistentPskFail(RecordId(1)), .. });
    assert!(told(&world, guests[1], failed));
}

/// What a client stores of a group that it was in.
fn last_saved_or_described(world: &World, id: DeviceId) -> GroupRecord {
    let info = group(world, id);
    GroupRecord {
        id: Some(RecordId(1)),
        role: info.role,
        ssid: info.ssid,
        owner: info.owner,
        passphrase: info.passphrase,
        psk: info.psk,
        clients: Vec::new(),
        station_psks: Vec::new(),
    }
}

//! Two devices on the simulated air.

use crate::script::Script;
use ieee80211_ies::MacAddr;
use p2p_core::State;
use std::time::Duration;
use wifi_direct::api::{
    AddGroup, ChannelWish, Connect, ConnectHow, Event, Find, FindScope, GroupId, Invite, ProvisionFor, ProvisionMethod,
    RecordId, Request, WpsMethod,
};
use wifi_direct::simulation::{DeviceId, Fate, Profile, Settings, World};

/// Longest that a formation under way takes to end one way or the other: 120 s for a user's answer, 15 s for the formation,
/// and what peers ask for.
const LIMIT: Duration = Duration::from_secs(150);

/// A group of ours, or one that may not be there.
fn some_group(world: &World, id: DeviceId, octet: u8) -> GroupId {
    let groups = world.device(id).groups();
    groups.get(usize::from(octet) % groups.len().max(1)).map_or(GroupId(u32::from(octet)), |group| group.id)
}

fn method(octet: u8) -> WpsMethod {
    let pin = || radio::Secret::new(b"12345670".to_vec());
    match octet % 4 {
        0 | 1 => WpsMethod::PushButton,
        2 => WpsMethod::Display(pin()),
        _ => WpsMethod::Keypad(pin()),
    }
}

fn wish(octet: u8) -> ChannelWish {
    let frequency = [None, Some(2412), Some(2437), Some(5180), Some(1)][usize::from(octet) % 5];
    ChannelWish { frequency, preferred: None, band: None, ht40: octet & 64 != 0, vht: octet & 128 != 0, widest: None }
}

fn request(world: &World, id: DeviceId, peer: MacAddr, script: &mut Script<'_>) -> Request {
    let (what, more, channel) = (script.octet(), script.octet(), wish(script.octet()));
    match what % 18 {
        0 | 1 => {
            let scope = [FindScope::Progressive, FindScope::Social, FindScope::Frequency(2437)];
            Request::Find(Find {
                timeout: (more & 1 != 0).then_some(Duration::from_secs(3)),
                scope: scope[usize::from(more >> 1) % 3],
                device: (more & 16 != 0).then_some(peer),
                ..Find::default()
            })
        }
        2 => Request::StopFind,
        3 => Request::Listen((more != 0).then(|| Duration::from_millis(u64::from(more) * 20))),
        4 => Request::ExtendedListen((more != 0).then(|| (u16::from(more), 2 * u16::from(more) + 100))),
        5..=8 => Request::Connect(Connect {
            peer,
            method: method(more),
            how: [ConnectHow::Negotiate, ConnectHow::Auto, ConnectHow::Join][usize::from(more >> 2) % 3],
            intent: (more & 16 != 0).then_some(more % 16),
            authorize_only: more & 32 != 0,
            persistent: more & 64 != 0,
            record: None,
            channel,
            provision_first: more & 128 != 0,
            ssid: None,
        }),
        9 => {
            let asked = [ProvisionMethod::PushButton, ProvisionMethod::Display, ProvisionMethod::Keypad];
            let purposes =
                [ProvisionFor::Negotiation, ProvisionFor::Group, ProvisionFor::FormerGroup, ProvisionFor::Either];
            let purpose = purposes[usize::from(more >> 6)];
            Request::ProvisionDiscovery { peer, method: asked[usize::from(more) % 3], purpose }
        }
        10 => Request::Cancel,
        11 => Request::Reject(peer),
        12 => Request::AddGroup(AddGroup {
            persistent: more & 1 != 0,
            record: (more & 2 != 0).then_some(RecordId(1)),
            channel,
            bssid: None,
        }),
        13 => Request::RemoveGroup(some_group(world, id, more)),
        14 => match more & 3 {
            0 => Request::Invite(Invite::Persistent { record: RecordId(1), peer: Some(peer), channel }),
            _ => Request::Invite(Invite::Active { group: some_group(world, id, more), peer, owner: None }),
        },
        15 => Request::GroupPushButton { group: some_group(world, id, more), only: None },
        16 => Request::RemoveClient { address: peer, by_interface: more & 1 != 0 },
        _ => [Request::Flush, Request::RemoveAllGroups][usize::from(more & 1)].clone(),
    }
}

/// Lets time pass; whoever has a stored group to remember is told of it as the daemon would.
fn live(world: &mut World, time: Duration) {
    let until = world.now() + time;
    world.run(until, |world, by, event| {
        if let Event::Save(record) = event {
            let mut record = record.clone();
            record.id = Some(RecordId(1));
            world.device_mut(by).set_records(vec![record]);
        }
        std::ops::ControlFlow::Continue(())
    });
    assert_eq!(world.spins(), 0, "a deadline was not met by what was due");
}

/// Two users do what a script says while the air loses what it likes. In the end each ends everything, and nothing may be
/// left: no group, no interface but those of the start, no connection under way.
pub(crate) fn two_devices(bytes: &[u8]) {
    play(bytes);
}

/// How many times a group was started, on either side.
fn play(bytes: &[u8]) -> usize {
    let mut script = Script::new(bytes);
    let (seed, kind, loss) = (u64::from(script.octet()), script.octet(), script.octet());
    // Up to every fourth frame is lost.
    let mut world = World::new(seed, Settings { loss: f64::from(loss % 64) / 256.0, ..Settings::default() });
    let profiles = [Profile::P2pDevice, Profile::NoP2pDevice, Profile::OneChannel];
    let mut add = |name, kind: u8| {
        let mut config = World::config(name);
        config.no_group_interface = kind & 4 != 0;
        config.persistent_reconnect = kind & 8 != 0;
        world.add(config, profiles[usize::from(kind) % 3])
    };
    let ids = [add("left", kind), add("right", kind >> 4)];
    assert!(world.get_ready(), "devices become ready whatever comes later");
    let mut asked = 0;
    while !script.is_empty() && asked < 24 {
        asked += 1;
        let step = script.octet();
        let [id, other] = if step & 1 == 0 { ids } else { [ids[1], ids[0]] };
        if step & 2 != 0 {
            let peer = world.address(other);
            let request = request(&world, id, peer, &mut script);
            // A refusal is as good as anything else.
            let _ = world.request(id, request);
        }
        if step & 4 != 0 {
            live(&mut world, Duration::from_millis(20) * u32::from(step >> 3 & 15).pow(2));
        }
        if step & 0xf8 == 0xf8 {
            // All is silent for a while.
            world.air_mut().set_hook(|_| Fate::Lose);
            live(&mut world, Duration::from_secs(3));
            world.air_mut().set_hook(|_| Fate::Natural);
        }
    }
    // What is under way may still come to something, such as a group.
    for _ in 0..2 {
        for id in ids {
            for last in [Request::StopFind, Request::ExtendedListen(None), Request::Cancel, Request::RemoveAllGroups] {
                let _ = world.request(id, last);
            }
        }
        rest(&mut world, &ids);
    }
    for id in ids {
        assert!(world.device(id).is_ready() && world.device(id).failure().is_none(), "{id:?} has given up");
        let left = world.air().interfaces(world.radio(id)).count();
        let had = 1 + usize::from(world.device(id).has_discovery_interface());
        assert_eq!(left, had, "{id:?}: interfaces are left over");
    }
    world.told().iter().filter(|told| matches!(told.event, Event::GroupStarted(_))).count()
}

/// Lets time pass until neither device has anything under way, and a while more.
fn rest(world: &mut World, ids: &[DeviceId]) {
    let idle = |world: &World, id: &DeviceId| {
        let device = world.device(*id);
        device.groups().is_empty() && matches!(device.state(), State::Idle)
    };
    let rests = world.run_until(LIMIT, |world| ids.iter().all(|id| idle(world, id)));
    for id in ids.iter().filter(|_| !rests) {
        let device = world.device(*id);
        assert!(idle(world, id), "{id:?} is still in {:?} with {:?}", device.state(), device.groups());
    }
    live(world, Duration::from_secs(1));
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_first_inputs_form_groups() {
        for (target, input) in crate::seeds::scripted() {
            if target == "two_devices" {
                assert!(super::play(&input) > 0, "{input:02x?}");
            }
        }
    }
}

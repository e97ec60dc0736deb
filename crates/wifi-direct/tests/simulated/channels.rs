//! Channels: where a group may be, and what happens when it may not stay there.

use crate::common::*;
use std::time::Duration;
use wifi_direct::api::{AddGroup, Cause, ChannelWish, ConnectHow, Error, Event, Find, GroupEvent, Request, Role};
use wifi_direct::simulation::{DeviceId, Profile, RadioSettings, Settings, World};

/// A group of two on a channel of the test's choice.
fn on(frequency: u32, kind: Kind) -> (World, DeviceId, DeviceId) {
    let mut world = World::new(21, Settings::default());
    let owner = add(&mut world, "owner", kind, |_| {});
    let client = add(&mut world, "client", kind, |_| {});
    world.get_ready();
    let channel = ChannelWish { frequency: Some(frequency), ..ChannelWish::default() };
    world.request(owner, Request::AddGroup(AddGroup { channel, ..AddGroup::default() })).expect("accepted");
    assert!(world.run_until(s(2), |w| w.group(owner).is_some()));
    enter(&mut world, owner, client);
    check_group(&mut world, owner, &[client]);
    (world, owner, client)
}

fn switched_to(frequency: u32) -> impl Fn(&Event) -> bool {
    move |e| matches!(e, Event::Group { event: GroupEvent::ChannelSwitched { channel }, .. } if channel.frequency == frequency)
}

#[test]
fn a_group_moves_with_its_client_when_asked_to() {
    for kind in KINDS {
        let (mut world, owner, client) = on(2412, kind);
        let group = group(&world, owner).id;
        let switch = |frequency| Request::SwitchChannel {
            group,
            channel: radio::Channel::ht20(frequency),
            count: 5,
            block_transmission: false,
        };
        assert_eq!(world.request(owner, switch(5260)), Err(Error::ChannelUnavailable(5260)), "a radar channel");
        assert_eq!(world.request(owner, switch(5181)), Err(Error::ChannelUnsupported(5181)));
        world.request(owner, switch(5180)).expect("accepted");
        world.run_for(s(2));
        let begun = |e: &Event| matches!(e, Event::Group { event: GroupEvent::ChannelSwitchStarted { .. }, .. });
        assert!(told(&world, owner, begun), "{kind:?}");
        for id in [owner, client] {
            assert!(told(&world, id, switched_to(5180)), "{kind:?}: {:?}", world.told_by(id).last());
        }
        check_group(&mut world, owner, &[client]);
    }
}

#[test]
fn a_group_leaves_a_channel_that_becomes_forbidden() {
    let (mut world, owner, client) = on(2412, Kind::P2pDevice);
    let mut config = world.device(owner).config().clone();
    config.disallowed_frequencies = vec![(2400, 2500)];
    world.request(owner, Request::Configure(Box::new(config))).expect("accepted");
    world.run_for(s(3));
    assert!(group(&world, owner).frequency > 5000);
    check_group(&mut world, owner, &[client]);
    assert!(!told(&world, owner, |e| matches!(e, Event::GroupRemoved { .. })));
}

#[test]
fn a_radio_that_cannot_announce_a_switch_begins_anew_and_the_client_comes_after() {
    let mut world = World::new(22, Settings::default());
    let address = ieee80211_ies::MacAddr([2, 0, 0, 0, 0, 0]);
    let mut radio = RadioSettings::new(address, Profile::OneChannel);
    radio.capabilities.channel_switch = false;
    let owner = world.add_radio(World::config("owner"), radio);
    let client = add(&mut world, "client", Kind::OneChannel, |_| {});
    world.get_ready();
    let channel = ChannelWish { frequency: Some(2412), ..ChannelWish::default() };
    world.request(owner, Request::AddGroup(AddGroup { channel, ..AddGroup::default() })).expect("accepted");
    assert!(world.run_until(s(2), |w| w.group(owner).is_some()));
    enter(&mut world, owner, client);
    check_group(&mut world, owner, &[client]);
    let mut config = world.device(owner).config().clone();
    config.disallowed_frequencies = vec![(2400, 2420)];
    world.request(owner, Request::Configure(Box::new(config))).expect("accepted");
    let reformed = |e: &Event| matches!(e, Event::Group { event: GroupEvent::Reformed, .. });
    assert!(told(&world, owner, reformed));
    let back = |w: &World| group(w, owner).stations.iter().any(|s| s.authorized);
    assert!(world.run_until(s(15), back), "{:?}", world.told_by(client).last());
    world.run_for(s(1));
    assert!(group(&world, owner).frequency > 2420);
    check_group(&mut world, owner, &[client]);
}

#[test]
fn a_group_that_has_nowhere_to_go_ends() {
    let (mut world, owner, client) = on(2412, Kind::P2pDevice);
    let mut config = world.device(owner).config().clone();
    config.disallowed_frequencies = vec![(2000, 7000)];
    world.request(owner, Request::Configure(Box::new(config))).expect("accepted");
    world.run_for(s(3));
    let ended = |e: &Event| matches!(e, Event::GroupRemoved { role: Role::Owner, cause: Cause::ChannelConflict, .. });
    assert!(told(&world, owner, ended));
    check_released(&world, owner);
    check_released(&world, client);
}

#[test]
fn a_client_follows_to_channels_on_which_it_may_own_no_group() {
    // The owner's regulatory domain allows 52, the client's does not allow to begin there.
    let mut world = World::new(23, Settings::default());
    let free = |settings: &mut RadioSettings| {
        for channel in settings.capabilities.bands.iter_mut().flat_map(|b| &mut b.channels) {
            (channel.no_ir, channel.radar) = (false, false);
        }
    };
    let radio = |n: u8| {
        let address = ieee80211_ies::MacAddr([2, 0, 0, 0, n, 0]);
        RadioSettings::new(address, Profile::P2pDevice)
    };
    let mut liberal = radio(0);
    free(&mut liberal);
    let owner = world.add_radio(World::config("owner"), liberal);
    let offers_more = wifi_direct::api::Config { client_only_channels: true, ..World::config("client") };
    let client = world.add_radio(offers_more, radio(1));
    acquaint(&mut world, client, owner);
    let mut asks = push_button(world.address(owner), ConnectHow::Negotiate);
    asks.intent = Some(0);
    world.request(client, Request::Connect(asks)).expect("accepted");
    let peer = world.address(client);
    let asked = |w: &World| told(w, owner, |e| matches!(e, Event::P2p(p2p_core::Event::GoNegotiationRequest { .. })));
    assert!(world.run_until(s(10), asked));
    let mut agrees = push_button(peer, ConnectHow::Negotiate);
    agrees.channel.frequency = Some(5260);
    agrees.intent = Some(15);
    world.request(owner, Request::Connect(agrees)).expect("accepted");
    assert!(world.run_until(s(20), |w| w.group(client).is_some() && w.group(owner).is_some()));
    assert_eq!(group(&world, client).frequency, 5260);
    check_group(&mut world, owner, &[client]);
    // It does not come to own one there.
    world.request(client, Request::RemoveAllGroups).expect("accepted");
    world.run_for(s(1));
    let channel = ChannelWish { frequency: Some(5260), ..ChannelWish::default() };
    let refused = world.request(client, Request::AddGroup(AddGroup { channel, ..AddGroup::default() }));
    assert_eq!(refused, Err(Error::ChannelUnavailable(5260)));
    let _ = world.request(client, Request::Find(Find::default()));
}

#[test]
fn a_negotiation_says_what_width_the_user_wanted() {
    let (mut world, a, b) = pair(3, Kind::P2pDevice, Settings::default());
    let mut meeting = wifi_direct::simulation::Meeting::push_button(a, b);
    meeting.asks.channel.ht40 = true;
    assert!(meet(&mut world, &meeting).formed.is_some());
    let ht40 = |id| {
        heard(&world, id, |e| match e {
            Event::P2p(p2p_core::Event::NegotiationSucceeded(n)) => Some(n.ht40),
            _ => None,
        })
    };
    assert_eq!((ht40(a), ht40(b)), (Some(true), Some(false)));
    let _ = Duration::ZERO;
}

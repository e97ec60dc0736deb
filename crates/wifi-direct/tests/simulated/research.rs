//! What a user does with the radio beside P2P: scans and frames of his own.

use crate::common::*;
use ieee80211_ies::MacAddr;
use radio::SendStatus;
use std::time::Duration;
use wifi_direct::api::{Error, Event, Find, Request, UserFrame, UserScan};
use wifi_direct::simulation::{DeviceId, Settings, World};

/// A P2P public action frame of a subtype that nobody knows (Wi-Fi P2P v1.7 Table 54 ends at 8).
const BODY: &[u8] = &[0x04, 0x09, 0x50, 0x6f, 0x9a, 0x09, 0x63, 0x01];

fn scan(frequencies: &[u32]) -> Request {
    Request::Scan(UserScan { frequencies: frequencies.to_vec(), ..UserScan::default() })
}

fn frame(to: MacAddr, frequency: Option<u32>) -> Request {
    Request::SendFrame(UserFrame {
        group: None,
        frequency,
        destination: to,
        bssid: to,
        body: BODY.to_vec(),
        wait: Duration::from_millis(50),
    })
}

fn count(world: &World, id: DeviceId, wanted: impl Fn(&Event) -> bool) -> usize {
    world.told_by(id).filter(|e| wanted(e)).count()
}

#[test]
fn a_users_scan_finds_the_owner() {
    for kind in KINDS {
        let mut world = World::new(6, Settings::default());
        let owner = add(&mut world, "owner", kind, |_| {});
        let other = add(&mut world, "other", kind, |_| {});
        let info = autonomous(&mut world, owner);
        assert!(world.get_ready());
        world.request(other, scan(&[info.frequency])).expect("accepted");
        assert!(matches!(world.request(other, scan(&[])), Err(Error::Busy(_))), "{kind:?}");
        let done = world.run_until(s(3), |w| count(w, other, |e| *e == Event::ScanResults) > 0);
        let seen = world.device(other).scan_results();
        assert!(
            done && seen.iter().any(|b| b.bssid == info.bssid),
            "{kind:?}: {seen:?} {:?}",
            world.told_by(other).collect::<Vec<_>>()
        );
        world.request(other, Request::Find(Find::default())).expect("accepted");
        let address = world.address(owner);
        assert!(world.run_until(s(20), |w| w.device(other).peer(w.now(), address).is_some()), "{kind:?}");
        assert!(matches!(world.request(other, scan(&[1])), Err(Error::ChannelUnsupported(1))));
        assert_eq!(world.request(other, Request::AbortScan), Err(Error::NothingToCancel), "{kind:?}");
    }
}

#[test]
fn a_users_scan_waits_until_a_listen_is_over() {
    for kind in KINDS {
        let (mut world, a, _) = pair(7, kind, Settings::default());
        world.request(a, Request::Listen(Some(s(2)))).expect("accepted");
        world.run_for(Duration::from_millis(100));
        world.request(a, scan(&[2412])).expect("accepted");
        let scanned = |world: &World| count(world, a, |e| *e == Event::ScanResults);
        world.run_for(s(1));
        assert_eq!(scanned(&world), 0, "{kind:?}: it can be found on its channel");
        world.run_for(s(2));
        assert_eq!(scanned(&world), 1, "{kind:?}");
    }
}

#[test]
fn frames_go_out_and_come_in_by_the_users_hand() {
    for kind in KINDS {
        let (mut world, a, b) = pair(8, kind, Settings::default());
        let (to, from) = (world.address(b), world.address(a));
        world.request(b, Request::ExternalFrames { group: None, on: true }).expect("accepted");
        world.request(b, Request::Listen(None)).expect("accepted");
        world.run_for(Duration::from_millis(100));
        assert!(world.request(a, frame(to, None)).is_err(), "a channel is needed outside of groups");
        for channel in [2412, 2437, 2462] {
            world.request(a, frame(to, Some(channel))).expect("accepted");
        }
        world.run_for(s(2));
        let acked = |e: &Event| {
            matches!(e, Event::FrameSent { destination, source, status: Some(SendStatus::Acked), .. }
                if *destination == to && *source == from)
        };
        assert_eq!(count(&world, a, acked), 1, "{kind:?}: on the listen channel");
        assert_eq!(count(&world, a, |e| matches!(e, Event::FrameSent { .. })), 3, "{kind:?}: each has its fate");
        let received: Vec<Vec<u8>> = world
            .told_by(b)
            .filter_map(|e| match e {
                Event::FrameReceived { frame, .. } if frame.ends_with(BODY) => Some(frame.clone()),
                _ => None,
            })
            .collect();
        assert_eq!(received.len(), 1, "{kind:?}");
        assert_eq!(received[0].len(), 24 + BODY.len());
        assert_eq!(received[0][10..16], from.0);
    }
}

#[test]
fn a_frame_given_back_is_acted_on() {
    let (mut world, a, b) = pair(9, Kind::P2pDevice, Settings::default());
    world.request(b, Request::ExternalFrames { group: None, on: true }).expect("accepted");
    world.request(b, Request::Listen(None)).expect("accepted");
    world.request(a, Request::Find(Find::default())).expect("accepted");
    world.run_for(s(5));
    let address = world.address(a);
    assert!(world.device(b).peer(world.now(), address).is_none(), "its probe requests went to the user");
    let heard = world.told_by(b).find_map(|e| match e {
        Event::FrameReceived { frequency, signal_dbm, frame, .. } => Some((*frequency, *signal_dbm, frame.clone())),
        _ => None,
    });
    let (frequency, signal_dbm, frame) = heard.expect("probe requests");
    world.request(b, Request::InjectFrame { group: None, frequency, signal_dbm, frame }).expect("accepted");
    assert!(world.device(b).peer(world.now(), address).is_some());
}

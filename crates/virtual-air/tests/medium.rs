//! Frames between raw radios: who hears what, when, and what senders are told.

mod world;

use ieee80211_ies::MacAddr;
use radio::*;
use std::time::Duration;
use virtual_air::*;
use world::*;

fn pair(seed: u64, settings: Settings) -> (World, RadioId, RadioId) {
    let mut world = World::new(seed, settings);
    let a = world.radio(1, Profile::NoP2pDevice, InterfaceKind::Station);
    let b = world.radio(2, Profile::NoP2pDevice, InterfaceKind::Station);
    let kinds = vec![FrameKind::ProbeRequest, FrameKind::Action(P2P_PREFIX.to_vec())];
    world.ok(a, Command::ReceiveFrames { iface: IFACE, kinds: kinds.clone() });
    world.ok(b, Command::ReceiveFrames { iface: IFACE, kinds });
    (world, a, b)
}

#[test]
fn probe_requests_reach_listeners_and_responses_are_scan_results() {
    let (mut world, a, b) = pair(1, Settings::default());
    world.ok(a, listen(2437, 1000));
    let scan = ScanRequest {
        ssids: vec![b"DIRECT-".to_vec()],
        frequencies: vec![2412, 2437],
        elements: vec![0xdd, 1, 7],
        ..ScanRequest::default()
    };
    let scan_id = world.tell(b, Command::Scan { iface: IFACE, scan });
    let request = world.received(a, 0x40);
    assert_eq!(request[10..16], mac(2).0);
    assert!(request.ends_with(&[0xdd, 1, 7]), "our elements are in it");
    let body = [&[0; 8][..], &[100, 0, 0x20, 0, 0, 7], b"DIRECT-"].concat();
    let answer = management(0x50, mac(2), mac(1), mac(1), &body);
    let sent = world.tell(a, transmit(Some(2437), answer));
    assert_eq!(world.sent(a, sent), SendStatus::Acked);
    let seen = world.wait(b, |event| match event {
        Event::ScanDone { id, seen, aborted: false } if *id == Some(scan_id) => Some(seen.clone()),
        _ => None,
    });
    assert_eq!(seen.len(), 1);
    assert_eq!((seen[0].bssid, seen[0].frequency), (mac(1), 2437));
    assert_eq!(seen[0].elements(), b"\0\x07DIRECT-");
    assert!(!world.events.iter().any(|(_, r, e)| *r == b && matches!(e, Event::Received { .. })));
}

#[test]
fn nobody_hears_probe_requests_who_does_not_listen() {
    let (mut world, a, b) = pair(1, Settings::default());
    let scan = ScanRequest { ssids: vec![vec![]], frequencies: vec![2437], ..ScanRequest::default() };
    for _ in 0..2 {
        world.ok(b, Command::Scan { iface: IFACE, scan: scan.clone() });
        world.wait(b, |e| matches!(e, Event::ScanDone { .. }).then_some(()));
        world.ok(a, listen(2412, 500));
    }
    assert_eq!(world.air.recorded().iter().filter(|f| f.kind() == 0x40).count(), 2);
    assert!(!world.events.iter().any(|(_, _, e)| matches!(e, Event::Received { .. })));
}

#[test]
fn action_frames_are_acknowledged_by_those_on_the_channel() {
    let (mut world, a, b) = pair(1, Settings::default());
    let deaf = world.tell(b, transmit(Some(2437), action(mac(1), mac(2))));
    assert_eq!(world.sent(b, deaf), SendStatus::NotAcked);
    let attempts = world.air.recorded().iter().filter(|f| f.kind() == 0xd0).count();
    assert_eq!(attempts, 5, "one and four retries");

    let remain = world.tell(a, listen(2437, 300));
    world.wait(a, |event| matches!(event, Event::RemainStarted { id } if *id == remain).then_some(()));
    let heard = world.tell(b, transmit(Some(2437), action(mac(1), mac(2))));
    assert_eq!(world.sent(b, heard), SendStatus::Acked);
    let frame = world.received(a, 0xd0);
    assert_eq!(frame[24..30], P2P_PREFIX);
    // A prefix that nobody asked for is acknowledged all the same, and goes no further.
    let other = management(0xd0, mac(1), mac(2), mac(1), &[4, 10, 0]);
    let other = world.tell(b, transmit(Some(2437), other));
    assert_eq!(world.sent(b, other), SendStatus::Acked);
    world.wait(a, |event| matches!(event, Event::RemainEnded { id } if *id == remain).then_some(()));
    assert!(!world.events.iter().any(|(_, _, e)| matches!(e, Event::Received { .. })));
}

#[test]
fn stays_wait_for_each_other_and_for_scans() {
    let (mut world, a, b) = pair(1, Settings::default());
    let first = world.tell(a, listen(2412, 200));
    let second = world.tell(a, listen(2437, 200));
    // On the channel of the present stay: at once. Elsewhere: behind all stays.
    world.wait(a, |e| matches!(e, Event::RemainStarted { id } if *id == first).then_some(()));
    let at = world.air.now();
    let same = world.tell(a, transmit(Some(2412), action(mac(2), mac(1))));
    world.sent(a, same);
    assert!(world.air.now() < at + ms(20));
    let elsewhere = world.tell(a, transmit(Some(2462), action(mac(2), mac(1))));
    let scan = world.tell(
        a,
        Command::Scan { iface: IFACE, scan: ScanRequest { frequencies: vec![2462], ..ScanRequest::default() } },
    );
    world.sent(a, elsewhere);
    assert!(world.air.now() > at + ms(390));
    world.wait(a, |e| matches!(e, Event::ScanDone { id, .. } if *id == Some(scan)).then_some(()));
    let order: Vec<_> = world
        .events
        .iter()
        .filter_map(|(_, _, e)| match e {
            Event::RemainStarted { id } | Event::RemainEnded { id } | Event::WaitEnded { id } => Some(*id),
            _ => None,
        })
        .collect();
    assert_eq!(order, [same, first, second, second, elsewhere]);

    // And a stay waits for a scan.
    let scan = world.tell(
        b,
        Command::Scan { iface: IFACE, scan: ScanRequest { frequencies: vec![2412, 2437], ..ScanRequest::default() } },
    );
    let begun = world.air.now();
    world.done(b, scan).unwrap();
    let stay = world.tell(b, listen(2412, 50));
    world.wait(b, |e| matches!(e, Event::RemainStarted { id } if *id == stay).then_some(()));
    assert!(world.air.now() > begun + ms(220));
}

#[test]
fn a_stay_can_be_cancelled_and_a_frame_that_waits_too() {
    let (mut world, a, _) = pair(1, Settings::default());
    let stay = world.tell(a, listen(2412, 4000));
    world.wait(a, |e| matches!(e, Event::RemainStarted { .. }).then_some(()));
    let waiting = world.tell(a, transmit(Some(2437), action(mac(2), mac(1))));
    world.ok(a, Command::CancelWait { iface: IFACE, transmission: waiting });
    assert_eq!(world.sent(a, waiting), SendStatus::NotAcked);
    world.ok(a, Command::CancelRemain { iface: IFACE, remain: stay });
    world.wait(a, |e| matches!(e, Event::RemainEnded { id } if *id == stay).then_some(()));
    assert!(world.air.now() < ms(200));
    assert!(!world.air.recorded().iter().any(|f| f.kind() == 0xd0));
}

#[test]
fn scans_take_their_time() {
    let (mut world, a, _) = pair(1, Settings { delay: Duration::ZERO, ..Settings::default() });
    let mut time = |scan: ScanRequest| {
        let begun = world.air.now();
        world.ok(a, Command::Scan { iface: IFACE, scan });
        world.wait(a, |e| matches!(e, Event::ScanDone { .. }).then_some(()));
        (world.air.now() - begun).as_millis()
    };
    let social = vec![2412, 2437, 2462];
    let active = ScanRequest { ssids: vec![vec![]], frequencies: social.clone(), ..ScanRequest::default() };
    assert_eq!(time(active.clone()), 3 * (3 + 30 + 30));
    assert_eq!(time(ScanRequest { ssids: vec![], ..active.clone() }), 3 * (3 + 110));
    // 4 of the channels of 5 GHz allow no initiation.
    assert_eq!(time(ScanRequest { frequencies: vec![], ..active }), 22 * 63 + 4 * 113);
}

#[test]
fn loss_is_what_was_set() {
    let settings = Settings { loss: 0.4, retries: 0, ..Settings::default() };
    let (mut world, a, b) = pair(5, settings);
    world.air.set_link(a, b, Link { loss: 0.1, signal_dbm: -71 });
    world.ok(b, listen(2412, 5000));
    world.ok(a, listen(2412, 5000));
    world.wait(b, |e| matches!(e, Event::RemainStarted { .. }).then_some(()));
    let mut count = |from: RadioId, to: u8, own: u8| {
        let mut acked = 0;
        for _ in 0..1000 {
            let sent = world.tell(from, transmit(Some(2412), action(mac(to), mac(own))));
            acked += usize::from(world.sent(from, sent) == SendStatus::Acked);
        }
        acked
    };
    let good = count(a, 2, 1);
    let bad = count(b, 1, 2);
    assert!((870..=930).contains(&good), "{good}");
    assert!((550..=650).contains(&bad), "{bad}");
    let heard = world.events.iter().filter(|(_, r, e)| *r == b && matches!(e, Event::Received { signal_dbm: -71, .. }));
    assert_eq!(heard.count(), good);
}

#[test]
fn a_lost_acknowledgement_delivers_once_and_reports_a_failure() {
    let (mut world, a, b) = pair(1, Settings { ack_loss: 1.0, ..Settings::default() });
    world.ok(b, listen(2412, 1000));
    world.wait(b, |e| matches!(e, Event::RemainStarted { .. }).then_some(()));
    let sent = world.tell(a, transmit(Some(2412), action(mac(2), mac(1))));
    assert_eq!(world.sent(a, sent), SendStatus::NotAcked);
    world.run(ms(50));
    assert_eq!(world.events.iter().filter(|(_, _, e)| matches!(e, Event::Received { .. })).count(), 1);
}

#[test]
fn the_status_of_a_transmission_may_overtake_the_reply_and_no_other_does() {
    let mut overtaken = 0;
    let (mut world, a, b) = pair(3, Settings::default());
    world.ok(b, listen(2412, 5000));
    world.ok(a, listen(2412, 5000));
    world.wait(a, |e| matches!(e, Event::RemainStarted { .. }).then_some(()));
    for _ in 0..300 {
        let sent = world.tell(a, transmit(Some(2412), action(mac(2), mac(1))));
        world.sent(a, sent);
        overtaken +=
            usize::from(!world.events.iter().any(|(_, _, e)| matches!(e, Event::Done { id, .. } if *id == sent)));
        world.done(a, sent).unwrap();
    }
    assert!((5..100).contains(&overtaken), "{overtaken}");
}

#[test]
fn a_test_can_lose_chosen_frames() {
    let (mut world, a, b) = pair(1, Settings::default());
    world.ok(b, listen(2412, 5000));
    world.ok(a, listen(2412, 5000));
    world.wait(a, |e| matches!(e, Event::RemainStarted { .. }).then_some(()));
    world.air.set_hook(losing_nth(1, 2, |f| f.kind() == 0xd0));
    let statuses: Vec<_> = (0..4)
        .map(|_| {
            let sent = world.tell(a, transmit(Some(2412), action(mac(2), mac(1))));
            world.sent(a, sent)
        })
        .collect();
    use SendStatus::{Acked, NotAcked};
    assert_eq!(statuses, [Acked, NotAcked, NotAcked, Acked]);
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let run = |seed| {
        let (mut world, a, b) = pair(seed, Settings::crowded());
        let p = world.radio(3, Profile::P2pDevice, InterfaceKind::P2pGo);
        world.start_ap(p, 2437);
        for i in 0..20 {
            world.tell(a, listen(2412 + 25 * (i % 3), 100));
            world.tell(b, transmit(Some(2437), action(mac(1), mac(2))));
            world.tell(
                b,
                Command::Scan { iface: IFACE, scan: ScanRequest { ssids: vec![vec![]], ..ScanRequest::default() } },
            );
            world.run(ms(333));
        }
        (world.air.recorded().to_vec(), world.events)
    };
    let (first, again, other) = (run(7), run(7), run(8));
    assert!(first.0.len() > 100);
    assert!(first == again);
    assert!(first != other);
}

#[test]
fn out_of_range_is_silence() {
    let (mut world, a, b) = pair(1, Settings::default());
    world.air.set_link(a, b, Link::OUT_OF_RANGE);
    world.ok(b, listen(2412, 1000));
    world.wait(b, |e| matches!(e, Event::RemainStarted { .. }).then_some(()));
    let sent = world.tell(a, transmit(Some(2412), action(mac(2), mac(1))));
    assert_eq!(world.sent(a, sent), SendStatus::NotAcked);
    let broadcast = world.tell(a, transmit(Some(2412), action(MacAddr::BROADCAST, mac(1))));
    world.sent(a, broadcast);
    assert!(!world.events.iter().any(|(_, _, e)| matches!(e, Event::Received { .. })));
}

#[test]
fn a_radio_pulled_out_is_gone() {
    let (mut world, a, b) = pair(1, Settings::default());
    world.ok(a, listen(2412, 1000));
    world.air.unplug(a);
    world.wait(a, |e| matches!(e, Event::Gone).then_some(()));
    assert_eq!(world.errno(a, listen(2412, 100)), 19);
    let sent = world.tell(b, transmit(Some(2412), action(mac(1), mac(2))));
    assert_eq!(world.sent(b, sent), SendStatus::NotAcked);
}

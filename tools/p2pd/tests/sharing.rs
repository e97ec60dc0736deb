//! A radio that is on a channel already: what the settings make of that. The radio can be on two at once, and another program has
//! its station on one.

mod common;

use common::air::{Sky, Station, settle};
use common::run;
use common::table::{OK, Two, check, field, two_on};
use ieee80211_ies::frame::{Action, Body, Frame};
use ieee80211_ies::p2p::group_capability;
use ieee80211_ies::wmm;
use std::rc::Rc;
use std::time::Duration;
use wifi_direct::simulation::{OnAir, Profile};

/// One device, and a monitor of it.
async fn alone(config: &str) -> (Rc<Sky>, Station, common::Client, common::Client) {
    let sky = Sky::new(3);
    let station = Station::start(&sky, Profile::P2pDevice, config).await;
    let (client, monitor) = (station.client("p2p0"), station.client("p2p0"));
    assert_eq!(monitor.ask("ATTACH").await, OK);
    (sky, station, client, monitor)
}

/// Starts a group with these arguments and tells its channel, MHz.
async fn begins(station: &Station, client: &common::Client, monitor: &common::Client, arguments: &str) -> String {
    assert_eq!(client.ask(&format!("P2P_GROUP_ADD{arguments}")).await, OK);
    let started = station.until(monitor, "P2P-GROUP-STARTED").await;
    let frequency = started.split("freq=").nth(1).and_then(|rest| rest.split(' ').next()).expect("a channel");
    frequency.to_owned()
}

/// The channel of the first device's group, MHz, some time from now.
async fn later(sky: &Sky, group: &common::Client, seconds: u64) -> String {
    sky.pass(Duration::from_secs(seconds));
    settle().await;
    field(&group.ask("STATUS").await, "freq").to_owned()
}

#[test]
fn a_group_begins_on_a_channel_in_use_unless_that_counts_for_nothing() {
    run(async {
        let (sky, station, client, monitor) = alone("p2p_oper_reg_class=81\np2p_oper_channel=11\n").await;
        sky.connect(0, Some(2437));
        assert_eq!(begins(&station, &client, &monitor, "").await, "2437");
        assert_eq!(client.ask("P2P_GROUP_REMOVE *").await, OK);
        station.until(&monitor, "P2P-GROUP-REMOVED").await;
        assert_eq!(begins(&station, &client, &monitor, " freq=5").await, "5180", "not in the band that was asked for");
        assert_eq!(client.ask("P2P_GROUP_REMOVE *").await, OK);
        station.until(&monitor, "P2P-GROUP-REMOVED").await;
        assert_eq!(client.ask("SET p2p_ignore_shared_freq 1").await, OK);
        assert_eq!(begins(&station, &client, &monitor, "").await, "2462");
        station.stop().await;
    });
}

#[test]
fn a_negotiated_group_begins_on_a_channel_in_use() {
    run(async {
        for (ignore, frequency) in [(0, "2437"), (1, "2462")] {
            let two = two_on(Profile::P2pDevice, "p2p_oper_reg_class=81\np2p_oper_channel=11\n").await;
            two.sky.connect(0, Some(2437));
            assert_eq!(two.clients[0].ask(&format!("SET p2p_ignore_shared_freq {ignore}")).await, OK);
            let [name, _] = two.grouped().await;
            assert_eq!(later(&two.sky, &two.stations[0].client(&name), 0).await, frequency);
            two.stop().await;
        }
    });
}

/// A group of two whose owner has another program's station elsewhere; its first device's group socket.
async fn apart(policy: &str) -> (Two, common::Client) {
    let config = format!("p2p_oper_reg_class=81\np2p_oper_channel=11\np2p_go_freq_change_policy={policy}\n");
    let two = two_on(Profile::P2pDevice, &config).await;
    let [name, _] = two.grouped().await;
    let group = two.stations[0].client(&name);
    assert_eq!(later(&two.sky, &group, 0).await, "2462");
    (two, group)
}

#[test]
fn a_group_goes_to_the_channel_of_a_connection() {
    run(async {
        // p2p_go_freq_change_policy; the client of the simulated air does not say that it understands extended announcements.
        for (policy, moves) in [("0", true), ("1", true), ("2", false), ("3", false)] {
            let (two, group) = apart(policy).await;
            assert_eq!(group.ask("ATTACH").await, OK);
            two.sky.connect(0, Some(2437));
            two.sky.pass(Duration::from_secs(2));
            settle().await;
            let said = group.rest();
            assert_eq!(group.ask("DETACH").await, OK);
            let frequency = later(&two.sky, &group, 2).await;
            assert_eq!(frequency, if moves { "2437" } else { "2462" }, "policy {policy}");
            let announced = |line: &String| line.starts_with("<3>CTRL-EVENT-CHANNEL-SWITCH freq=2437 ");
            assert_eq!(said.iter().any(announced), moves, "policy {policy}: {said:?}");
            // Its setting takes effect at once.
            check(&two.clients[0], &[("SET p2p_go_freq_change_policy 0", OK)]).await;
            assert_eq!(later(&two.sky, &group, 2).await, "2437", "policy {policy}");
            two.stop().await;
        }
    });
}

#[test]
fn a_group_goes_only_where_its_clients_can() {
    run(async {
        let (two, group) = apart("1").await;
        // 5180 MHz is on both sides' lists.
        two.sky.connect(0, Some(5180));
        assert_eq!(later(&two.sky, &group, 2).await, "5180");
        two.stop().await;
        let config = "p2p_oper_reg_class=81\np2p_oper_channel=11\np2p_go_freq_change_policy=1\n";
        let two = two_on(Profile::P2pDevice, config).await;
        assert_eq!(two.clients[1].ask("P2P_SET disallow_freq 5000-6000").await, OK);
        let [name, _] = two.grouped().await;
        let group = two.stations[0].client(&name);
        two.sky.connect(0, Some(5180));
        assert_eq!(later(&two.sky, &group, 2).await, "2462");
        assert_eq!(two.clients[0].ask("SET p2p_go_freq_change_policy 0").await, OK);
        assert_eq!(later(&two.sky, &group, 2).await, "5180");
        two.stop().await;
    });
}

/// A group that has just begun is looked at after 30 s.
#[test]
fn a_group_that_was_begun_elsewhere_is_moved_later() {
    run(async {
        let (sky, station, client, monitor) = alone("p2p_go_freq_change_policy=0\n").await;
        sky.connect(0, Some(2437));
        assert_eq!(begins(&station, &client, &monitor, " freq=2412").await, "2412");
        let group = station.client("p2p-p2p0-0");
        assert_eq!(later(&sky, &group, 25).await, "2412");
        assert_eq!(later(&sky, &group, 10).await, "2437");
        station.stop().await;
    });
}

#[test]
fn the_listen_channel_is_that_of_a_connection() {
    run(async {
        // 5180 MHz is no social channel.
        for (wanted, station_on, listens) in [(0, 2437, 2412), (1, 2437, 2437), (1, 5180, 2412)] {
            let config = format!("p2p_listen_reg_class=81\np2p_listen_channel=1\np2p_optimize_listen_chan={wanted}\n");
            let sky = Sky::new(4);
            let first = Station::start(&sky, Profile::P2pDevice, &config).await;
            let second = Station::start(&sky, Profile::P2pDevice, "").await;
            let monitor = second.client("p2p0");
            assert_eq!(monitor.ask("ATTACH").await, OK);
            sky.connect(0, Some(station_on));
            assert_eq!(first.client("p2p0").ask("P2P_LISTEN").await, OK);
            assert_eq!(second.client("p2p0").ask("P2P_FIND").await, OK);
            let found = second.until(&monitor, "P2P-DEVICE-FOUND").await;
            let address = found.split(' ').nth(1).expect("an address");
            let peer = second.client("p2p0").ask(&format!("P2P_PEER {address}")).await;
            assert_eq!(field(&peer, "listen_freq"), listens.to_string(), "{wanted}");
            first.stop().await;
            second.stop().await;
        }
    });
}

/// How long a search was away from the radio, and how often: the pauses between probe requests of at least half a second.
fn pauses(frames: &[OnAir]) -> usize {
    let asked: Vec<Duration> = frames.iter().filter(|f| f.kind() == 0x40).map(|f| f.at).collect();
    asked.windows(2).filter(|w| w[1] - w[0] >= Duration::from_millis(900)).count()
}

#[test]
fn a_search_leaves_time_to_a_connection() {
    run(async {
        let mut seen = Vec::new();
        for delay in ["0", "1000"] {
            let (sky, station, client, _) = alone(&format!("p2p_search_delay={delay}\n")).await;
            assert_eq!(client.ask("P2P_FIND").await, OK);
            sky.watch();
            sky.pass(Duration::from_secs(10));
            assert_eq!(pauses(&sky.watched()), 0, "nothing shares the radio");
            sky.connect(0, Some(5180));
            sky.pass(Duration::from_secs(20));
            seen.push(pauses(&sky.watched()));
            station.stop().await;
        }
        assert!(seen[0] == 0 && seen[1] > 5, "{seen:?}");
    });
}

/// The channels that a device with the least intent lists in its GO Negotiation.
fn listed(frames: &[OnAir]) -> Vec<u8> {
    let mut all = Vec::new();
    for frame in frames.iter().filter_map(|f| Frame::parse(&f.frame).ok()) {
        let Body::Action(Action::P2pPublic { elements, .. }) = frame.body else { continue };
        let Some(p2p) = elements.p2p().expect("whole") else { continue };
        if p2p.group_owner_intent().is_some_and(|intent| intent.intent == 0) {
            all.extend(p2p.channel_list().expect("a list").entries().flat_map(|entry| entry.channels.to_vec()));
        }
    }
    all
}

#[test]
fn channels_for_clients_only_are_offered_where_they_are_wanted() {
    run(async {
        // p2p_add_cli_chan. On channels 52 to 64 nobody may begin.
        for (add, offered) in [(0, false), (1, true)] {
            let two = two_on(Profile::P2pDevice, &format!("p2p_add_cli_chan={add}\n")).await;
            two.sky.watch();
            two.grouped().await;
            let channels = listed(&two.sky.watched());
            assert_eq!(channels.contains(&52), offered, "{channels:?}");
            assert!(channels.contains(&36));
            two.stop().await;
        }
    });
}

/// `P2P_SET conc_pref`: who keeps the radio's only channel.
#[test]
fn one_channel_for_the_station_and_a_group() {
    run(async {
        for preference in ["sta", "p2p"] {
            let two = two_on(Profile::OneChannel, "").await;
            for client in &two.clients {
                assert_eq!(client.ask("P2P_STOP_FIND").await, OK);
            }
            let [home, ours] = &two.clients;
            let [_, monitor] = &two.monitors;
            assert_eq!(home.ask("P2P_GROUP_ADD freq=2437").await, OK);
            let started = two.stations[0].until(&two.monitors[0], "P2P-GROUP-STARTED").await;
            let quoted = |key: &str| started.split(&format!("{key}=\"")).nth(1).and_then(|rest| rest.split('"').next());
            let name = format!("SET_NETWORK 0 ssid \"{}\"", quoted("ssid").expect("a name"));
            let key = format!("SET_NETWORK 0 psk \"{}\"", quoted("passphrase").expect("a passphrase"));
            assert_eq!(begins(&two.stations[1], ours, monitor, " freq=2412").await, "2412");
            let group = two.stations[1].client("p2p-p2p0-0");
            let wanted = format!("P2P_SET conc_pref {preference}");
            check(ours, &[(&wanted, OK), ("ADD_NETWORK", "0\n"), (&name, OK), (&key, OK), ("ENABLE_NETWORK 0", OK)])
                .await;
            if preference == "p2p" {
                let told = two.stations[1].until(monitor, "CTRL-EVENT-FREQ-CONFLICT").await;
                assert_eq!(told, "<3>CTRL-EVENT-FREQ-CONFLICT  id=0");
                assert_eq!(later(&two.sky, &group, 20).await, "2412");
                assert!(ours.ask("LIST_NETWORKS").await.ends_with("[DISABLED]\n"));
            } else {
                two.stations[1].until(monitor, "CTRL-EVENT-CONNECTED").await;
                assert_eq!(later(&two.sky, &group, 0).await, "2437");
            }
            two.stop().await;
        }
    });
}

/// `P2P_SET disc_int`, `cross_connect` and `go_apsd`, as others see them.
#[test]
fn what_frames_say_by_p2p_set() {
    run(async {
        let (sky, station, client, monitor) = alone("").await;
        assert_eq!(client.ask("P2P_SET disc_int 10 10 -1").await, OK);
        assert_eq!(client.ask("P2P_FIND").await, OK);
        sky.pass(Duration::from_secs(3));
        sky.watch();
        sky.pass(Duration::from_secs(20));
        // Listening for ten times 100 TU between two bursts.
        assert!(pauses(&sky.watched()) > 10);
        assert_eq!(client.ask("P2P_SET disc_int 1 1 50").await, OK);
        sky.pass(Duration::from_secs(2));
        sky.watch();
        sky.pass(Duration::from_secs(20));
        assert_eq!(pauses(&sky.watched()), 0);
        assert_eq!(client.ask("P2P_STOP_FIND").await, OK);
        for (on, apsd) in [("1", "0"), ("0", "1"), ("0", "disable")] {
            check(&client, &[(&format!("P2P_SET cross_connect {on}"), OK), (&format!("P2P_SET go_apsd {apsd}"), OK)])
                .await;
            begins(&station, &client, &monitor, "").await;
            sky.watch();
            sky.pass(Duration::from_secs(1));
            let beacons = sky.watched();
            let beacon = beacons.iter().find(|f| f.kind() == 0x80).expect("a beacon");
            let Ok(Frame { body: Body::Beacon { elements, .. }, .. }) = Frame::parse(&beacon.frame) else {
                panic!("a beacon")
            };
            let capability = elements.p2p().expect("whole").expect("there").capability().expect("there");
            assert_eq!(capability.group & group_capability::CROSS_CONNECTION != 0, on == "1");
            let wmm = wmm::Parameter::find(elements).expect("whole").expect("there");
            assert_eq!(wmm.qos_info & 0x80 != 0, apsd != "0");
            assert_eq!(client.ask("P2P_GROUP_REMOVE *").await, OK);
            station.until(&monitor, "P2P-GROUP-REMOVED").await;
        }
        station.stop().await;
    });
}

/// `p2p_cli_probe`: a client that does not listen knows of a device that searches on its group's channel.
#[test]
fn a_client_hears_who_searches() {
    run(async {
        for profile in [Profile::P2pDevice, Profile::NoP2pDevice] {
            let two = two_on(profile, "p2p_oper_reg_class=81\np2p_oper_channel=11\n").await;
            two.grouped().await;
            let third = Station::start(&two.sky, profile, "p2p_listen_reg_class=81\np2p_listen_channel=1\n").await;
            let status = third.client("p2p0").ask("STATUS").await;
            let wanted = format!("P2P_PEER {}", field(&status, "p2p_device_address"));
            for (on, hears) in [("0", false), ("1", true)] {
                assert_eq!(two.clients[1].ask(&format!("SET p2p_cli_probe {on}")).await, OK);
                assert_eq!(third.client("p2p0").ask("P2P_FIND 5 type=social").await, OK);
                two.sky.pass(Duration::from_secs(5));
                settle().await;
                let known = two.clients[1].ask(&wanted).await;
                assert_eq!(known.contains("[PROBE_REQ_ONLY]"), hears, "{profile:?} {on}: {known}");
            }
            third.stop().await;
            two.stop().await;
        }
    });
}

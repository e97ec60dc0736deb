//! Scans and the networks that they see, by the settings for them.

mod common;

use common::run;
use common::table::{OK, Two, check, field, two};
use std::time::Duration;
use wifi_direct::simulation::OnAir;

/// Two devices that search no more; the first owns a group, whose SSID and passphrase follow.
async fn owned() -> (Two, String, String) {
    let two = two("").await;
    for client in &two.clients {
        assert_eq!(client.ask("P2P_STOP_FIND").await, OK);
    }
    assert_eq!(two.clients[0].ask("P2P_GROUP_ADD freq=2437").await, OK);
    let started = two.stations[0].until(&two.monitors[0], "P2P-GROUP-STARTED").await;
    let quoted = |key: &str| started.split(&format!("{key}=\"")).nth(1).and_then(|rest| rest.split('"').next());
    let (ssid, passphrase) = (quoted("ssid").expect("a name"), quoted("passphrase").expect("a passphrase"));
    let told = (ssid.to_owned(), passphrase.to_owned());
    (two, told.0, told.1)
}

async fn scan(two: &Two) -> String {
    assert_eq!(two.clients[1].ask("SCAN").await, OK);
    two.stations[1].until(&two.monitors[1], "CTRL-EVENT-SCAN-RESULTS").await;
    two.clients[1].ask("SCAN_RESULTS").await
}

/// `bss_expiration_scan_count`; `ignore_old_scan_res` and the age are units of `bss.rs`, as their clock is the real one.
#[test]
fn networks_go_and_come() {
    run(async {
        let (two, ssid, _) = owned().await;
        let [owner, client] = &two.clients;
        check(
            client,
            &[
                ("BSS_EXPIRE_AGE 170", OK),
                ("GET bss_expiration_age", "170"),
                ("GET bss_expiration_scan_count", "2"),
                ("SET ignore_old_scan_res 1", OK),
                ("SET ignore_old_scan_res 0", OK),
            ],
        )
        .await;
        assert!(scan(&two).await.contains(&ssid));
        assert_eq!(owner.ask("P2P_GROUP_REMOVE *").await, OK);
        two.sky.pass(Duration::from_secs(3));
        assert!(scan(&two).await.contains(&ssid), "missed once");
        assert!(!scan(&two).await.contains(&ssid), "missed twice");
        assert_eq!(client.ask("BSS_EXPIRE_COUNT 1").await, OK);
        assert_eq!(client.ask("GET bss_expiration_scan_count").await, "1");
        assert_eq!(owner.ask("P2P_GROUP_ADD freq=2437").await, OK);
        two.stations[0].until(&two.monitors[0], "P2P-GROUP-STARTED").await;
        assert!(scan(&two).await.contains("DIRECT-"));
        assert_eq!(owner.ask("P2P_GROUP_REMOVE *").await, OK);
        two.sky.pass(Duration::from_secs(3));
        assert_eq!(client.ask("SCAN freq=2412").await, OK);
        two.stations[1].until(&two.monitors[1], "CTRL-EVENT-SCAN-RESULTS").await;
        assert!(client.ask("SCAN_RESULTS").await.contains("DIRECT-"), "its channel was not looked at");
        assert!(!scan(&two).await.contains("DIRECT-"));
        two.stop().await;
    });
}

fn probe_requests(frames: &[OnAir]) -> usize {
    frames.iter().filter(|frame| frame.kind() == 0x40).count()
}

#[test]
fn scans_are_silent_where_that_is_wanted() {
    run(async {
        let (two, ssid, _) = owned().await;
        for (wanted, command, silent) in
            [("0", "SCAN", false), ("1", "SCAN", true), ("1", "SCAN passive=0", false), ("0", "SCAN passive=1", true)]
        {
            assert_eq!(two.clients[1].ask(&format!("SET passive_scan {wanted}")).await, OK);
            two.sky.watch();
            assert_eq!(two.clients[1].ask(command).await, OK);
            two.stations[1].until(&two.monitors[1], "CTRL-EVENT-SCAN-RESULTS").await;
            assert_eq!(probe_requests(&two.sky.watched()) == 0, silent, "{wanted} {command}");
            assert!(two.clients[1].ask("SCAN_RESULTS").await.contains(&ssid), "a beacon is enough");
        }
        two.stop().await;
    });
}

async fn configure(two: &Two, ssid: &str, passphrase: &str) {
    let (name, key) = (format!("SET_NETWORK 0 ssid \"{ssid}\""), format!("SET_NETWORK 0 psk \"{passphrase}\""));
    check(&two.clients[1], &[("ADD_NETWORK", "0\n"), (&name, OK), (&key, OK), ("ENABLE_NETWORK 0", OK)]).await;
}

#[test]
fn a_station_that_finds_nothing() {
    run(async {
        let (two, _, _) = owned().await;
        configure(&two, "nowhere", "12345678").await;
        let mut counts = Vec::new();
        for interval in ["SCAN_INTERVAL 5", "SCAN_INTERVAL 30"] {
            assert_eq!(two.clients[1].ask(interval).await, OK);
            two.stations[1].until(&two.monitors[1], "CTRL-EVENT-NETWORK-NOT-FOUND").await;
            two.monitors[1].rest();
            two.sky.pass(Duration::from_secs(65));
            common::air::settle().await;
            let scans = two.monitors[1].rest();
            counts.push(scans.iter().filter(|line| line.contains("CTRL-EVENT-NETWORK-NOT-FOUND")).count());
        }
        assert!(counts[0] >= 7 && counts[1] <= 3, "{counts:?}");
        two.stop().await;
    });
}

#[test]
fn a_station_that_is_sent_away() {
    run(async {
        let (two, ssid, passphrase) = owned().await;
        configure(&two, &ssid, &passphrase).await;
        let (station, monitor) = (&two.stations[1], &two.monitors[1]);
        station.until(monitor, "CTRL-EVENT-CONNECTED").await;
        let group = two.stations[0].client("p2p-p2p0-0");
        let address = field(&two.clients[1].ask("STATUS").await, "address").to_owned();
        let send_away = format!("DEAUTHENTICATE {address}");
        assert_eq!(group.ask(&send_away).await, OK);
        for event in ["CTRL-EVENT-DISCONNECTED", "CTRL-EVENT-CONNECTED"] {
            station.until(monitor, event).await;
        }
        assert_eq!(two.clients[1].ask("STA_AUTOCONNECT 0").await, OK);
        assert_eq!(group.ask(&send_away).await, OK);
        station.until(monitor, "CTRL-EVENT-DISCONNECTED").await;
        two.sky.pass(Duration::from_secs(20));
        common::air::settle().await;
        assert!(!monitor.rest().iter().any(|line| line.contains("CTRL-EVENT-CONNECTED")));
        assert_eq!(two.clients[1].ask("RECONNECT").await, OK);
        station.until(monitor, "CTRL-EVENT-CONNECTED").await;
        two.stop().await;
    });
}

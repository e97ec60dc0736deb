//! Groups, their stations and their channels.

use crate::common::air::settle;
use crate::common::run;
use crate::common::table::{FAIL, OK, UNKNOWN, alone, check, field, two};
use std::time::Duration;

#[test]
fn groups() {
    run(async {
        let (sky, station, client) = alone("").await;
        let monitor = station.client("p2p0");
        assert_eq!(monitor.ask("ATTACH").await, OK);
        check(
            &client,
            &[
                ("P2P_GROUP_ADD x", FAIL),
                ("P2P_GROUP_ADD persistent=5", FAIL),
                ("P2P_GROUP_ADD persistent=x", FAIL),
                ("P2P_GROUP_ADD freq=1", FAIL),
                ("P2P_GROUP_ADD freq=x", FAIL),
                ("P2P_GROUP_ADD freq=5260", FAIL),
                ("P2P_GROUP_ADD max_oper_chwidth=41", FAIL),
                ("P2P_GROUP_REMOVE", UNKNOWN),
                ("P2P_GROUP_REMOVE p2p0", FAIL),
                ("P2P_GROUP_REMOVE *", OK),
                ("P2P_GET_PASSPHRASE", FAIL),
                ("SIGNAL_POLL", FAIL),
                ("STOP_AP", FAIL),
                ("DISCONNECT", OK),
                ("P2P_GROUP_ADD freq=2437", OK),
            ],
        )
        .await;
        let started = station.until(&monitor, "P2P-GROUP-STARTED").await;
        assert!(started.starts_with("<3>P2P-GROUP-STARTED p2p-p2p0-0 GO ssid=\"DIRECT-"), "{started}");
        let passphrase = started.split("passphrase=\"").nth(1).and_then(|p| p.split('"').next()).expect("a passphrase");
        let own = station.client("p2p-p2p0-0");
        assert_eq!(own.ask("P2P_GET_PASSPHRASE").await, passphrase);
        assert_eq!(client.ask("P2P_GET_PASSPHRASE").await, FAIL);
        let status = own.ask("STATUS-WPS").await;
        let keys: Vec<&str> = status.lines().filter_map(|l| l.split('=').next()).collect();
        assert_eq!(
            keys,
            [
                "bssid",
                "freq",
                "ssid",
                "id",
                "passphrase",
                "mode",
                "pairwise_cipher",
                "group_cipher",
                "key_mgmt",
                "wpa_state",
                "p2p_device_address",
                "address",
                "uuid"
            ]
        );
        for (key, value) in
            [("freq", "2437"), ("mode", "P2P GO"), ("wpa_state", "COMPLETED"), ("passphrase", passphrase)]
        {
            assert_eq!(field(&status, key), value);
        }
        check(&own, &[("IFNAME", "p2p-p2p0-0"), ("SIGNAL_POLL", FAIL), ("PKTCNT_POLL", FAIL)]).await;
        // The one network block of the group.
        let ssid = format!("\"{}\"", field(&status, "ssid"));
        let networks = [
            ("GET_NETWORK 0 ssid", ssid.as_str()),
            ("GET_NETWORK 0 psk", "*"),
            ("GET_NETWORK 0 mode", "3"),
            ("GET_NETWORK 0 disabled", "0"),
            ("GET_NETWORK 0 key_mgmt", "WPA-PSK"),
            ("GET_NETWORK 0 nonsense", FAIL),
            ("GET_NETWORK 1 ssid", FAIL),
        ];
        check(&own, &networks).await;
        check(&own, &[("SAVE_CONFIG", FAIL)]).await;
        // The group is its interface's only network; those of the file are not in reach there.
        check(
            &own,
            &[
                ("GET_NETWORK 0 frequency", "2437"),
                ("GET_NETWORK 0 bssid", FAIL),
                ("SET_NETWORK 0 mode 2", OK),
                ("SET_NETWORK 0 foo 2", FAIL),
                ("SET_NETWORK 1 mode 2", FAIL),
                ("ADD_NETWORK", FAIL),
                ("REMOVE_NETWORK all", FAIL),
                ("SELECT_NETWORK 0", FAIL),
                ("ENABLE_NETWORK all", FAIL),
                ("DISABLE_NETWORK 0", FAIL),
            ],
        )
        .await;
        check(&client, &[("SET_NETWORK 0 mode 2", FAIL)]).await;
        // Without its access point the group stays, until it is removed.
        let events = station.client("p2p-p2p0-0");
        assert_eq!(events.ask("ATTACH").await, OK);
        assert_eq!(own.ask("STOP_AP").await, OK);
        station.until(&events, "AP-DISABLED ").await;
        sky.pass(Duration::from_secs(60));
        settle().await;
        assert!(monitor.rest().is_empty(), "it is not removed");
        assert_eq!(field(&own.ask("STATUS").await, "mode"), "P2P GO");
        check(&own, &[("STOP_AP", OK), ("P2P_GROUP_REMOVE p2p-p2p0-0", OK)]).await;
        let removed = station.until(&monitor, "P2P-GROUP-REMOVED").await;
        assert_eq!(removed, "<3>P2P-GROUP-REMOVED p2p-p2p0-0 GO reason=REQUESTED");
        sky.pass(Duration::from_millis(100));
        settle().await;
        assert!(!station.has("p2p-p2p0-0"), "its socket is gone");
        station.stop().await;

        let two = two("").await;
        let names = two.grouped().await;
        let member = two.stations[1].client(&names[1]);
        let signal = member.ask("SIGNAL_POLL").await;
        assert!(signal.starts_with("RSSI=") && signal.contains("\nFREQUENCY="), "{signal}");
        assert_eq!(field(&signal, "NOISE"), "9999");
        let counts = member.ask("PKTCNT_POLL").await;
        assert!(field(&counts, "TXGOOD") != "0" && field(&counts, "RXGOOD") != "0", "{counts}");
        assert_eq!(field(&member.ask("STATUS").await, "mode"), "station");
        assert_eq!(member.ask("STOP_AP").await, FAIL);
        // A client that has left its owner may come back, or ends as one that has lost it.
        let events = two.stations[1].client(&names[1]);
        assert_eq!(events.ask("ATTACH").await, OK);
        for (back, first) in [("REASSOCIATE", false), ("RECONNECT", true)] {
            if first {
                assert_eq!(member.ask("DISCONNECT").await, OK);
                two.stations[1].until(&events, "CTRL-EVENT-DISCONNECTED").await;
            }
            assert_eq!(member.ask(back).await, OK);
            two.stations[1].until(&events, "CTRL-EVENT-CONNECTED").await;
        }
        assert_eq!(member.ask("DISCONNECT").await, OK);
        let removed = two.stations[1].until(&two.monitors[1], "P2P-GROUP-REMOVED").await;
        assert!(removed.ends_with("client reason=IDLE"), "{removed}");
        two.stop().await;
    });
}

#[test]
fn a_group_without_a_frequency_is_on_any() {
    run(async {
        let (_, station, client) = alone("").await;
        let monitor = station.client("p2p0");
        assert_eq!(monitor.ask("ATTACH").await, OK);
        for wish in ["P2P_GROUP_ADD", "P2P_GROUP_ADD freq=0"] {
            check(&client, &[(wish, OK)]).await;
            station.until(&monitor, "P2P-GROUP-STARTED").await;
            check(&client, &[("P2P_GROUP_REMOVE *", OK)]).await;
            station.until(&monitor, "P2P-GROUP-REMOVED").await;
        }
        station.stop().await;
    });
}

#[test]
fn stations() {
    run(async {
        let (_, station, client) = alone("").await;
        check(
            &client,
            &[
                ("STA-FIRST", FAIL),
                ("STA 02:00:00:00:99:00", FAIL),
                ("STA-NEXT 02:00:00:00:99:00", FAIL),
                ("STA", UNKNOWN),
                ("DEAUTHENTICATE 02:00:00:00:99:00", FAIL),
                ("P2P_GROUP_MEMBER 02:00:00:00:99:00", FAIL),
                ("P2P_REMOVE_CLIENT x", FAIL),
                ("P2P_REMOVE_CLIENT iface=x", FAIL),
                ("P2P_REMOVE_CLIENT 02:00:00:00:99:00", OK),
                ("P2P_REMOVE_CLIENT iface=02:00:00:00:99:00", OK),
            ],
        )
        .await;
        station.stop().await;

        let two = two("").await;
        let names = two.grouped().await;
        let owner = two.stations[0].client(&names[0]);
        let events = two.stations[0].client(&names[0]);
        assert_eq!(events.ask("ATTACH").await, OK);
        let first = owner.ask("STA-FIRST").await;
        let address = first.lines().next().expect("an address").to_owned();
        assert!(first.lines().skip(1).all(|l| l.contains('=')) && first.contains("[AUTHORIZED]"), "{first}");
        assert_eq!(field(&first, "p2p_device_addr"), two.addresses[1].to_string());
        for key in ["listen_interval", "supported_rates", "wpa", "wpsUuid", "rx_bytes", "signal", "connected_time"] {
            assert!(!field(&first, key).is_empty(), "no {key} in {first}");
        }
        let again = owner.ask(&format!("STA {address}")).await;
        assert_eq!(again.lines().take(20).collect::<Vec<_>>(), first.lines().take(20).collect::<Vec<_>>());
        assert_eq!(owner.ask(&format!("STA-NEXT {address}")).await, "");
        assert_eq!(owner.ask(&format!("P2P_GROUP_MEMBER {}", two.addresses[1])).await, address);
        check(
            &owner,
            &[
                ("STA x", FAIL),
                ("STA-NEXT x", FAIL),
                ("DEAUTHENTICATE x", FAIL),
                ("DISASSOCIATE 02:00:00:00:99:00 reason=5", OK),
                ("P2P_GROUP_MEMBER x", FAIL),
            ],
        )
        .await;
        let member = two.stations[1].client(&names[1]);
        assert_eq!(member.ask("ATTACH").await, OK);
        check(&owner, &[("P2P_PRESENCE_REQ", FAIL), ("P2P_PRESENCE_REQ 1 2", FAIL)]).await;
        let asking = two.stations[1].client(&names[1]);
        check(
            &asking,
            &[
                ("P2P_PRESENCE_REQ x", FAIL),
                ("P2P_PRESENCE_REQ 1", FAIL),
                ("P2P_PRESENCE_REQ 1 2 3 4 5 6", FAIL),
                ("P2P_PRESENCE_REQ 10000 102400", OK),
            ],
        )
        .await;
        let answer = two.stations[1].until(&member, "P2P-PRESENCE-RESPONSE").await;
        assert!(answer.contains(" status=5 "), "no radio here tells its absence: {answer}");
        assert_eq!(owner.ask(&format!("DEAUTHENTICATE {address}")).await, OK);
        let left = two.stations[0].until(&events, "AP-STA-DISCONNECTED").await;
        assert_eq!(left, format!("<3>AP-STA-DISCONNECTED {address} p2p_dev_addr={}", two.addresses[1]));
        two.stop().await;
    });
}

#[test]
fn channel_switch() {
    run(async {
        let (_, station, client) = alone("").await;
        let monitor = station.client("p2p0");
        assert_eq!(monitor.ask("ATTACH").await, OK);
        check(&client, &[("CHAN_SWITCH 5 2412", FAIL), ("P2P_GROUP_ADD freq=2412", OK)]).await;
        station.until(&monitor, "P2P-GROUP-STARTED").await;
        let own = station.client("p2p-p2p0-0");
        let events = station.client("p2p-p2p0-0");
        assert_eq!(events.ask("ATTACH").await, OK);
        check(
            &own,
            &[
                ("CHAN_SWITCH", UNKNOWN),
                ("CHAN_SWITCH x", FAIL),
                ("CHAN_SWITCH 5", FAIL),
                ("CHAN_SWITCH 5 1", FAIL),
                ("CHAN_SWITCH 5 5260", FAIL),
                ("CHAN_SWITCH 5 2437 bandwidth=80", FAIL),
                ("CHAN_SWITCH 5 2437 ht", OK),
            ],
        )
        .await;
        let fields = "freq=2437 ht_enabled=1 ch_offset=0 ch_width=20 MHz cf1=2437 cf2=0";
        let began = station.until(&events, "CTRL-EVENT-STARTED-CHANNEL-SWITCH").await;
        assert_eq!(began, format!("<3>CTRL-EVENT-STARTED-CHANNEL-SWITCH {fields}"));
        let done = station.until(&events, "CTRL-EVENT-CHANNEL-SWITCH").await;
        assert_eq!(done, format!("<3>CTRL-EVENT-CHANNEL-SWITCH {fields}"));
        assert_eq!(field(&own.ask("STATUS").await, "freq"), "2437");
        station.stop().await;
    });
}

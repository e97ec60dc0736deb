//! The station's networks and its connection.

use crate::common::run;
use crate::common::table::{FAIL, OK, check, field, two};

/// The access point is a group of the other daemon: its SSID and passphrase are all that a station needs.
#[test]
fn station() {
    run(async {
        let two = two("").await;
        let [owner, client] = &two.clients;
        let monitor = &two.monitors[1];
        assert_eq!(owner.ask("P2P_STOP_FIND").await, OK);
        assert_eq!(client.ask("P2P_STOP_FIND").await, OK);
        assert_eq!(owner.ask("P2P_GROUP_ADD freq=2437").await, OK);
        let started = two.stations[0].until(&two.monitors[0], "P2P-GROUP-STARTED").await;
        let quoted = |key: &str| started.split(&format!("{key}=\"")).nth(1).and_then(|rest| rest.split('"').next());
        let (ssid, passphrase) = (quoted("ssid").expect("a name"), quoted("passphrase").expect("a passphrase"));
        let name = format!("SET_NETWORK 0 ssid \"{ssid}\"");
        let key = format!("SET_NETWORK 0 psk \"{passphrase}\"");
        check(
            client,
            &[
                ("RECONNECT", OK),
                ("REATTACH", FAIL),
                ("SIGNAL_POLL", FAIL),
                ("ENABLE_NETWORK 0", FAIL),
                ("SELECT_NETWORK 0", FAIL),
                ("BSSID 0 any", FAIL),
                ("ADD_NETWORK", "0\n"),
                (&name, OK),
                ("SET_NETWORK 0 psk \"not the passphrase\"", OK),
                ("SET_NETWORK 0 id_str \"upstairs\"", OK),
                ("BSSID 0 02:00:00:00:99:00", OK),
                ("GET_NETWORK 0 bssid", "02:00:00:00:99:00"),
                ("BSSID 0 00:00:00:00:00:00", OK),
                ("GET_NETWORK 0 bssid", FAIL),
                ("SELECT_NETWORK 0 freq=x", FAIL),
                ("SELECT_NETWORK 0 freq=2437,2412", OK),
            ],
        )
        .await;
        let told = two.stations[1].until(monitor, "CTRL-EVENT-SSID-TEMP-DISABLED").await;
        let wanted = format!("id=0 ssid=\"{ssid}\" auth_failures=1 duration=10 reason=WRONG_KEY");
        assert_eq!(told, format!("<3>CTRL-EVENT-SSID-TEMP-DISABLED {wanted}"));
        let row = |flags: &str| format!("network id / ssid / bssid / flags\n0\t{ssid}\tany\t{flags}\n");
        assert_eq!(client.ask("LIST_NETWORKS").await, row("[TEMP-DISABLED]"));
        check(client, &[(&key, OK), ("ENABLE_NETWORK 0", OK)]).await;
        let told = two.stations[1].until(monitor, "CTRL-EVENT-CONNECTED").await;
        assert!(told.ends_with(" completed [id=0 id_str=upstairs]"), "{told}");
        assert_eq!(client.ask("LIST_NETWORKS").await, row("[CURRENT]"));
        let status = client.ask("STATUS").await;
        let head = format!("freq=2437\nssid={ssid}\nid=0\nid_str=upstairs\nmode=station\npairwise_cipher=CCMP\n");
        assert!(status.contains(&head) && status.contains("\nkey_mgmt=WPA2-PSK\nwpa_state=COMPLETED\n"), "{status}");
        assert_eq!(field(&client.ask("SIGNAL_POLL").await, "FREQUENCY"), "2437");
        for command in ["REASSOCIATE", "REATTACH"] {
            assert_eq!(client.ask(command).await, OK);
            two.stations[1].until(monitor, "CTRL-EVENT-CONNECTED").await;
        }
        assert_eq!(client.ask("DISCONNECT").await, OK);
        let told = two.stations[1].until(monitor, "CTRL-EVENT-DISCONNECTED").await;
        assert!(told.ends_with(" reason=3 locally_generated=1"), "{told}");
        assert_eq!(field(&client.ask("STATUS").await, "wpa_state"), "DISCONNECTED");
        assert_eq!(client.ask("RECONNECT").await, OK);
        two.stations[1].until(monitor, "CTRL-EVENT-CONNECTED").await;
        assert_eq!(client.ask("DISABLE_NETWORK 0").await, OK);
        two.stations[1].until(monitor, "CTRL-EVENT-DISCONNECTED").await;
        assert_eq!(client.ask("LIST_NETWORKS").await, row("[DISABLED]"));
        two.stop().await;
    });
}

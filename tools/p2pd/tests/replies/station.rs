//! The station's networks and its connection.

use crate::common::air::settle;
use crate::common::run;
use crate::common::table::{FAIL, OK, UNKNOWN, alone, check, field, two};
use ieee80211_ies::escape;
use std::time::Duration;
use wifi_direct::simulation::OnAir;

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
        let head = format!(
            "freq=2437\nssid={ssid}\nid=0\nid_str=upstairs\nmode=station\nwifi_generation=4\npairwise_cipher=CCMP\n"
        );
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

/// The registrar is that of a group of the other daemon: what it gives becomes a network block, and the station connects to it.
#[test]
fn station_wps() {
    run(async {
        let two = two("").await;
        let [owner, client] = &two.clients;
        let monitor = &two.monitors[1];
        let station = &two.stations[1];
        assert_eq!(owner.ask("P2P_STOP_FIND").await, OK);
        assert_eq!(client.ask("P2P_STOP_FIND").await, OK);
        assert_eq!(owner.ask("P2P_GROUP_ADD freq=2437").await, OK);
        let started = two.stations[0].until(&two.monitors[0], "P2P-GROUP-STARTED").await;
        let ssid = started.split("ssid=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a name");
        let own = two.stations[0].client("p2p-p2p0-0");
        assert_eq!(own.ask("WPS_PBC").await, OK);
        assert_eq!(client.ask("WPS_PBC").await, OK);
        for event in ["WPS-PBC-ACTIVE", "WPS-AP-AVAILABLE-PBC", "WPS-SUCCESS"] {
            station.until(monitor, event).await;
        }
        let told = station.until(monitor, "CTRL-EVENT-CONNECTED").await;
        assert!(told.ends_with(" completed [id=0 id_str=]"), "{told}");
        let row = format!("network id / ssid / bssid / flags\n0\t{ssid}\tany\t[CURRENT]\n");
        assert_eq!(client.ask("LIST_NETWORKS").await, row);
        // Another time by PIN: the same network in the same block.
        let pin = client.ask("WPS_PIN any").await;
        assert!(pin.len() == 8 && wsc::Pin::checked(&pin).is_ok(), "{pin:?}");
        assert_eq!(own.ask(&format!("WPS_PIN any {pin}")).await, pin);
        for event in ["CTRL-EVENT-DISCONNECTED", "WPS-SUCCESS", "CTRL-EVENT-CONNECTED"] {
            station.until(monitor, event).await;
        }
        assert_eq!(client.ask("LIST_NETWORKS").await, row);
        // Given up, it is back where it was.
        assert_eq!(client.ask("WPS_PBC any").await, OK);
        station.until(monitor, "CTRL-EVENT-DISCONNECTED").await;
        assert_eq!(client.ask("WPS_CANCEL").await, OK);
        station.until(monitor, "CTRL-EVENT-CONNECTED").await;
        two.stop().await;
    });
}

/// `wps_cred_processing`: who is told of a credential and who keeps it; and what M1 carries by `wps_vendor_ext_m1`.
#[test]
fn station_credentials() {
    run(async {
        for (processing, told, kept) in [("0", false, true), ("1", true, false), ("2", true, true)] {
            let two = two(&format!("wps_cred_processing={processing}\nwps_vendor_ext_m1=000137100100020001\n")).await;
            let [owner, client] = &two.clients;
            assert_eq!(owner.ask("P2P_STOP_FIND").await, OK);
            assert_eq!(client.ask("P2P_STOP_FIND").await, OK);
            assert_eq!(owner.ask("P2P_GROUP_ADD freq=2437").await, OK);
            let started = two.stations[0].until(&two.monitors[0], "P2P-GROUP-STARTED").await;
            let ssid = started.split("ssid=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a name");
            assert_eq!(two.stations[0].client("p2p-p2p0-0").ask("WPS_PBC").await, OK);
            two.sky.watch();
            assert_eq!(client.ask("WPS_PBC").await, OK);
            let line = two.stations[1].until(&two.monitors[1], "WPS-CRED-RECEIVED").await;
            // Credential (0x100e), Network Index 1, and the SSID in hexadecimal digits.
            let digits = line.strip_prefix("<3>WPS-CRED-RECEIVED ").expect("the whole name");
            let shown = digits.starts_with("100e") && digits.contains(&escape::hex(ssid.as_bytes()).to_string());
            assert_eq!((shown, digits.is_empty()), (told, !told), "{processing}: {digits}");
            two.sky.pass(Duration::from_secs(5));
            settle().await;
            let row = format!("0\t{ssid}\tany\t[CURRENT]\n");
            assert_eq!(client.ask("LIST_NETWORKS").await.contains(&row), kept, "{processing}");
            // M1 with its Vendor Extension (0x1049).
            let extension = [0x10, 0x49, 0, 9, 0, 1, 0x37, 0x10, 1, 0, 2, 0, 1];
            let frames = two.sky.watched();
            let carries = |frame: &OnAir| frame.frame.windows(extension.len()).any(|octets| octets == extension);
            assert_eq!(frames.iter().filter(|f| f.attempt == 0 && carries(f)).count(), 1, "{processing}");
            two.stop().await;
        }
    });
}

#[test]
fn station_wps_alone() {
    run(async {
        let (_, station, client) = alone("").await;
        check(
            &client,
            &[
                ("WPS_PIN any 12345", FAIL),
                ("WPS_PIN any 12345670", "12345670"),
                ("WPS_PIN 02:00:00:00:99:00 1234", "1234"),
                ("WPS_PBC x", FAIL),
                ("WPS_PBC any", OK),
                ("WPS_PBC 02:00:00:00:99:00", OK),
                ("WPS_CANCEL x", UNKNOWN),
                ("WPS_CANCEL", OK),
            ],
        )
        .await;
        station.stop().await;
    });
}

#[test]
fn station_inquiries() {
    run(async {
        let (_, station, client) = alone("").await;
        let header = "Index / AA / PMKID / expiration (in seconds) / opportunistic\n";
        check(&client, &[("PMKSA", header), ("PMKSA_FLUSH", OK), ("MIB x", UNKNOWN)]).await;
        let mib = client.ask("MIB").await;
        assert_eq!(field(&mib, "dot11RSNAAuthenticationSuiteSelected"), "00-00-00-0");
        assert_eq!(field(&mib, "dot1xSuppSuppControlledPortStatus"), "Unauthorized");
        // As in wpa_supplicant, more behind the word changes nothing.
        assert_eq!(client.ask("STATUS-SOMETHING").await, client.ask("STATUS").await);
        station.stop().await;

        let two = two("").await;
        let names = two.grouped().await;
        let member = two.stations[1].client(&names[1]);
        let mib = member.ask("MIB").await;
        assert!(mib.lines().all(|line| line.contains('=')), "{mib}");
        assert_eq!(field(&mib, "dot11RSNAAuthenticationSuiteSelected"), "00-0f-ac-2");
        assert_eq!(field(&mib, "dot1xSuppSuppControlledPortStatus"), "Authorized");
        let driver = member.ask("STATUS-DRIVER").await;
        assert_eq!((field(&driver, "associated"), field(&driver, "operstate")), ("1", "1"));
        assert_eq!(field(&driver, "bssid"), field(&member.ask("STATUS").await, "bssid"));
        two.stop().await;
    });
}

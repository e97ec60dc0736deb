//! Network blocks.

use crate::common::run;
use crate::common::table::{FAIL, OK, UNKNOWN, alone, check};

#[test]
fn networks() {
    run(async {
        let (_, station, client) = alone("# a comment\nupdate_config=1\n").await;
        let monitor = station.client("p2p0");
        assert_eq!(monitor.ask("ATTACH").await, OK);
        const HEAD: &str = "network id / ssid / bssid / flags\n";
        check(
            &client,
            &[
                ("LIST_NETWORKS", HEAD),
                ("ADD_NETWORK", "0\n"),
                ("ADD_NETWORK x", UNKNOWN),
                ("LIST_NETWORKS", "network id / ssid / bssid / flags\n0\t\tany\t[DISABLED]\n"),
                ("SET_NETWORK", UNKNOWN),
                ("SET_NETWORK 0 ssid", FAIL),
                ("SET_NETWORK 0 ssid foo", FAIL),
                ("SET_NETWORK 0 ssid \"DIRECT-ab\"", OK),
                ("SET_NETWORK 0 psk \"1234567\"", FAIL),
                ("SET_NETWORK 0 psk \"12345678\"", OK),
                ("SET_NETWORK 0 xyz 1", FAIL),
                ("SET_NETWORK 9 ssid \"foo\"", FAIL),
                ("SET_NETWORK 0 key_mgmt FOO", FAIL),
                ("SET_NETWORK 0 key_mgmt WPA-PSK", OK),
                ("SET_NETWORK 0 priority x", FAIL),
                ("SET_NETWORK 0 id_str \"x\ny\"", FAIL),
                ("GET_NETWORK 0 ssid", "\"DIRECT-ab\""),
                ("GET_NETWORK 0 psk", "*"),
                ("GET_NETWORK 0 xyz", FAIL),
                ("GET_NETWORK 0", FAIL),
                ("GET_NETWORK 0 mode", "0"),
                ("GET_NETWORK 0 disabled", "1"),
                ("GET_NETWORK 0 pairwise", "CCMP TKIP"),
                ("GET_NETWORK 0 proto", "WPA RSN"),
                ("GET_NETWORK 0 bssid", FAIL),
                ("GET_NETWORK 9 ssid", FAIL),
                ("ADD_NETWORK", "1\n"),
                ("DUP_NETWORK 0 1 ssid", OK),
                ("DUP_NETWORK 0 1", FAIL),
                ("DUP_NETWORK 0 9 ssid", FAIL),
                ("GET_NETWORK 1 ssid", "\"DIRECT-ab\""),
                ("DISABLE_NETWORK 1", OK),
                ("ENABLE_NETWORK 1", OK),
                ("SELECT_NETWORK 1", OK),
                ("REMOVE_NETWORK 1", OK),
                ("REMOVE_NETWORK 1", FAIL),
                ("SET_NETWORK 0 mode 3", OK),
                ("SET_NETWORK 0 bssid 02:00:00:00:00:00", OK),
                ("SET_NETWORK 0 p2p_client_list x 02:00:00:00:05:00", FAIL),
                ("SET_NETWORK 0 scan_ssid 2", FAIL),
                ("SET_NETWORK 0 ht40 -1", OK),
                ("SET_NETWORK 0 ht40 -2", FAIL),
                ("SET_NETWORK 0 frequency 70201", FAIL),
                ("SET_NETWORK 0 ieee80211w 3", FAIL),
                ("SET_NETWORK 0 id_str plain", FAIL),
                // Cut off, as a file may be.
                ("SET_NETWORK 0 p2p_client_list 02:00:00:00:05:00 02:00:00", OK),
                ("SET_NETWORK 0 p2p_client_list 02:00:00:00:05:00 02:00:00:00:06:00", OK),
                ("SET_NETWORK 0 disabled 2", OK),
                ("GET_NETWORK 0 p2p_client_list", "02:00:00:00:05:00 02:00:00:00:06:00"),
                (
                    "LIST_NETWORKS",
                    "network id / ssid / bssid / flags\n0\tDIRECT-ab\t02:00:00:00:00:00\t[DISABLED][P2P-PERSISTENT]\n",
                ),
                ("LIST_NETWORKS LAST_ID=0", HEAD),
                ("ENABLE_NETWORK 0", FAIL),
                ("SELECT_NETWORK 0", FAIL),
                ("DISABLE_NETWORK 0", FAIL),
                ("DISABLE_NETWORK all", OK),
                ("SELECT_NETWORK any", OK),
                ("P2P_GROUP_ADD persistent=0 freq=2412", OK),
                ("SAVE_CONFIG", OK),
            ],
        )
        .await;
        let file = std::fs::read_to_string(station.place.path("p2p.conf")).expect("a file");
        assert!(file.contains("# a comment\n") && file.contains("\tssid=\"DIRECT-ab\"\n"), "{file}");
        let told = station.until(&monitor, "CTRL-EVENT-NETWORK-ADDED").await;
        assert_eq!(told, "<3>CTRL-EVENT-NETWORK-ADDED 0");
        let started = station.until(&monitor, "P2P-GROUP-STARTED").await;
        assert!(started.contains(" ssid=\"DIRECT-ab\" freq=2412 passphrase=\"12345678\" "), "{started}");
        check(
            &station.global(),
            &[
                (
                    "LIST_NETWORKS",
                    "network id / ssid / bssid / flags\n0\tDIRECT-ab\t02:00:00:00:00:00\t[DISABLED][P2P-PERSISTENT]\n",
                ),
                ("GET_NETWORK 0 ssid", "\"DIRECT-ab\""),
                ("LIST_NETWORKS LAST_ID=0", UNKNOWN),
                ("ADD_NETWORK", UNKNOWN),
                ("SAVE_CONFIG", OK),
                ("DUP_NETWORK p2p0 p2p0 0 0 ssid", OK),
                ("DUP_NETWORK p2p0 p2p9 0 0 ssid", FAIL),
                ("REMOVE_NETWORK all", OK),
                ("LIST_NETWORKS", HEAD),
            ],
        )
        .await;
        // The first after all are gone is 0 again.
        assert_eq!(client.ask("ADD_NETWORK").await, "0\n");
        assert_eq!(client.ask("REMOVE_NETWORK 0").await, OK);
        station.until(&monitor, "CTRL-EVENT-NETWORK-REMOVED 0").await;
        station.stop().await;
    });
}

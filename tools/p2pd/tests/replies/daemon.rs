//! The daemon itself and its one interface.

use crate::common::air::settle;
use crate::common::run;
use crate::common::table::{FAIL, OK, UNKNOWN, alone, check, field, two};
use std::time::Duration;

#[test]
fn daemon() {
    run(async {
        let (_, station, client) = alone("").await;
        check(
            &client,
            &[
                ("PING", "PONG\n"),
                ("ping", UNKNOWN),
                ("PING x", UNKNOWN),
                ("IFNAME", "p2p0"),
                ("NOTE hello", OK),
                ("NOTE", UNKNOWN),
                ("RELOG", OK),
                ("LOG_LEVEL", "Current level: ERROR\nTimestamp: 0\n"),
                ("LOG_LEVEL nonsense", FAIL),
                ("SUSPEND", OK),
                ("RESUME", OK),
                ("INTERFACES", "p2p0\n"),
                ("INTERFACE_LIST", ""),
            ],
        )
        .await;
        check(
            &station.global(),
            &[
                ("PING", "PONG\n"),
                ("NOTE hello", OK),
                ("RELOG", OK),
                ("SUSPEND", OK),
                ("RESUME", OK),
                ("INTERFACES", "p2p0\n"),
                ("INTERFACE_LIST", ""),
                (
                    "STATUS",
                    "p2p_device_address=02:00:00:00:00:00\np2p_state=IDLE\nwifi_display=0\nifname=p2p0\n\
                     address=02:00:00:00:00:00\n",
                ),
                ("IFNAME=p2p0 IFNAME", "p2p0"),
                ("IFNAME=p2p1 PING", "FAIL-NO-IFNAME-MATCH\n"),
                ("IFNAME=p2p0", UNKNOWN),
                ("LEVEL 3", UNKNOWN),
                ("GET p2p_go_intent", UNKNOWN),
                ("MODULE_TESTS", FAIL),
                ("P2P_STOP_FIND", OK),
                ("P2P_STOP_FIND x", UNKNOWN),
                ("P2P_SET disabled 1", OK),
                ("STATUS", "p2p_state=DISABLED\nwifi_display=0\nifname=p2p0\naddress=02:00:00:00:00:00\n"),
                ("P2P_FIND", FAIL),
                ("P2P_STOP_FIND", OK),
                ("P2P_FLUSH", OK),
                ("P2P_CANCEL", FAIL),
                ("P2P_SET disabled 0", OK),
                ("P2P_FIND", OK),
            ],
        )
        .await;
        station.stop().await;
    });
}

#[test]
fn status() {
    run(async {
        let (_, station, client) = alone("").await;
        let status = client.ask("STATUS").await;
        assert!(
            status.starts_with("wpa_state=DISCONNECTED\np2p_device_address=02:00:00:00:00:00\naddress="),
            "{status}"
        );
        for same in ["STATUS-VERBOSE", "STATUS-NO_EVENTS", "STATUS-WPS"] {
            assert_eq!(client.ask(same).await, status);
        }
        let driver = client.ask("STATUS-DRIVER").await;
        assert!(driver.lines().all(|line| line.contains('=')), "{driver}");
        for (key, value) in [("ifname", "p2p0"), ("scan_state", "NO_SCAN"), ("capa.num_multichan_concurrent", "2")] {
            assert_eq!(field(&driver, key), value);
        }
        let flags = field(&driver, "capa.flags").trim_start_matches("0x");
        assert_eq!(u64::from_str_radix(flags, 16).expect("hexadecimal") & 0x2000_0000, 0);
        check(
            &client,
            &[
                ("GET_CAPABILITY", UNKNOWN),
                ("GET_CAPABILITY nonsense", FAIL),
                ("GET_CAPABILITY eap", "WSC"),
                ("GET_CAPABILITY pairwise", "CCMP"),
                ("GET_CAPABILITY pairwise strict", "CCMP"),
                ("GET_CAPABILITY key_mgmt", "WPA-PSK"),
                ("GET_CAPABILITY modes", "AP"),
            ],
        )
        .await;
        let channels = client.ask("GET_CAPABILITY channels").await;
        assert!(channels.starts_with("Mode[G] Channels: 1 2 3 "), "{channels}");
        let frequencies = client.ask("GET_CAPABILITY freq").await;
        assert!(frequencies.starts_with("Mode[G] Channels:\n 1 = 2412 MHz\n 2 = 2417 MHz\n"), "{frequencies}");
        station.stop().await;
    });
}

#[test]
fn flush_is_a_fresh_start() {
    run(async {
        let two = two("").await;
        let names = two.grouped().await;
        let first = &two.clients[0];
        check(
            first,
            &[
                ("P2P_SET per_sta_psk 1", OK),
                ("P2P_SET peer_filter 02:00:00:00:99:00", OK),
                ("P2P_SET disallow_freq 2462", OK),
                ("DRIVER_EVENT AVOID_FREQUENCIES 2412", OK),
                ("SET ext_mgmt_frame_handling 1", OK),
                ("ADD_NETWORK", "0\n"),
                ("P2P_EXT_LISTEN 100 200", OK),
                ("FLUSH x", UNKNOWN),
                ("FLUSH", OK),
                ("LIST_NETWORKS", "network id / ssid / bssid / flags\n"),
                ("P2P_PEER FIRST", FAIL),
                ("BSS FIRST", ""),
                ("P2P_CANCEL", FAIL),
                ("MGMT_RX_PROCESS freq=2437 datarate=0 ssi_signal=-30 frame=00", FAIL),
            ],
        )
        .await;
        two.sky.pass(Duration::from_secs(1));
        settle().await;
        assert!(!two.stations[0].has(&names[0]), "the group is gone");
        // What the driver wants avoided is forgotten; what the user forbids is not.
        check(first, &[("P2P_GROUP_ADD freq=2462", FAIL), ("P2P_GROUP_ADD freq=2412", OK)]).await;
        two.stop().await;
    });
}

#[test]
fn the_file_is_read_anew() {
    run(async {
        let (_, station, client) = alone("device_name=old\n").await;
        let path = station.place.path("p2p.conf");
        let text = std::fs::read_to_string(&path).expect("a file");
        std::fs::write(&path, text.replace("old", "new")).expect("written");
        check(&client, &[("GET device_name", "old"), ("RECONFIGURE", OK), ("GET device_name", "new")]).await;
        std::fs::write(&path, "nonsense\n").expect("written");
        check(&client, &[("RECONFIGURE", FAIL), ("GET device_name", "new")]).await;
        station.stop().await;
    });
}

#[test]
fn refused_for_now() {
    run(async {
        let (_, station, client) = alone("").await;
        check(
            &client,
            &[
                ("P2P_SERVICE_UPDATE", FAIL),
                ("P2P_SERVICE_FLUSH", OK),
                ("P2P_SERVICE_ADD upnp 10 uuid:x", FAIL),
                ("P2P_SERV_DISC_REQ 00:00:00:00:00:00 02000001", FAIL),
                ("P2P_LO_START 2412 100 200 1", FAIL),
                ("WFD_SUBELEM_GET 0", FAIL),
                ("WPS_NFC_TOKEN WPS", FAIL),
                ("NONSENSE", UNKNOWN),
                ("", UNKNOWN),
            ],
        )
        .await;
        station.stop().await;
    });
}

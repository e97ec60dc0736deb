//! What can be set.

use crate::common::run;
use crate::common::table::{FAIL, OK, UNKNOWN, alone, check, field};

#[test]
fn p2p_set() {
    run(async {
        let (_, station, client) = alone("").await;
        let table = [
            ("discoverability 0", OK),
            ("discoverability 1", OK),
            ("discoverability 2", FAIL),
            ("managed 1", OK),
            ("managed 0", OK),
            ("listen_channel 1", OK),
            ("listen_channel 36 115", OK),
            ("listen_channel 6 81", OK),
            ("listen_channel 36", FAIL),
            ("listen_channel 15", FAIL),
            ("listen_channel 6 0", FAIL),
            ("listen_channel 0", FAIL),
            ("disc_int 1 3 -1", OK),
            ("disc_int 0 0 10", OK),
            ("disc_int 1 3", FAIL),
            ("disc_int 3 1 100", FAIL),
            ("disc_int -1 3 100", FAIL),
            ("ssid_postfix 12345678901234567890123", OK),
            ("ssid_postfix 123456789012345678901234", FAIL),
            ("ssid_postfix ", OK),
            ("force_long_sd 1", OK),
            ("conc_pref sta", OK),
            ("conc_pref p2p", OK),
            ("conc_pref x", FAIL),
            ("peer_filter 02:00:00:00:99:00", OK),
            ("peer_filter 00:00:00:00:00:00", OK),
            ("peer_filter x", FAIL),
            ("cross_connect 1", OK),
            ("cross_connect x", FAIL),
            ("per_sta_psk 1", OK),
            ("per_sta_psk 0", OK),
            ("disallow_freq 2412-2417,5180", OK),
            ("disallow_freq x", FAIL),
            ("disallow_freq ", OK),
            ("override_pref_op_chan 115:36", OK),
            ("override_pref_op_chan 0", OK),
            ("override_pref_op_chan 115", FAIL),
            ("disable_ip_addr_req 1", OK),
            ("nfc_tag 0", OK),
            ("nfc_tag 1", FAIL),
            ("noa 1,2,3", FAIL),
            ("noa 0,0,1", FAIL),
            ("ps 1", OK),
            ("ps 0", OK),
            ("ps -1", OK),
            ("ps 2", FAIL),
            ("oppps 1", FAIL),
            ("ctwindow 1", FAIL),
            ("go_apsd disable", OK),
            ("go_apsd 1", OK),
            ("go_apsd 2", FAIL),
            ("client_apsd disable", OK),
            ("client_apsd 1,1,1,1;0", OK),
            ("client_apsd 1,1,1", FAIL),
            ("nonsense 1", FAIL),
            ("nonsense", FAIL),
        ];
        for (words, reply) in table {
            assert_eq!(client.ask(&format!("P2P_SET {words}")).await, reply, "{words}");
        }
        assert_eq!(client.ask("P2P_SET").await, UNKNOWN);
        // What is forbidden is not begun, and what runs there ends.
        let monitor = station.client("p2p0");
        assert_eq!(monitor.ask("ATTACH").await, OK);
        assert_eq!(client.ask("P2P_SET disallow_freq 2412").await, OK);
        assert_eq!(client.ask("P2P_GROUP_ADD freq=2412").await, FAIL);
        assert_eq!(client.ask("P2P_GROUP_ADD freq=2462").await, OK);
        station.until(&monitor, "P2P-GROUP-STARTED").await;
        station.stop().await;
    });
}

#[test]
fn settings() {
    run(async {
        let (_, station, client) = alone("").await;
        check(
            &client,
            &[
                ("SET", UNKNOWN),
                ("SET x", FAIL),
                ("SET x 1", FAIL),
                ("SET p2p_go_intent", FAIL),
                ("SET p2p_go_intent 16", FAIL),
                ("GET p2p_go_intent", "7"),
                ("SET p2p_go_intent 3", OK),
                ("GET p2p_go_intent", "3"),
                ("GET", UNKNOWN),
                ("GET x", FAIL),
                ("GET ip_addr_go", "0.0.0.0"),
                ("GET p2p_go_ctwindow", "0"),
                ("GET p2p_go_freq_change_policy", "2"),
                ("GET p2p_group_idle", "0"),
                ("GET wifi_display", "0"),
                ("GET p2p_search_delay", "500"),
                ("GET max_num_sta", "128"),
                ("GET country", FAIL),
                ("SET p2p_go_intent 0x0f", OK),
                ("GET p2p_go_intent", "15"),
                ("SET p2p_go_intent  +2", OK),
                ("GET p2p_go_intent", "2"),
                ("SET p2p_go_intent 3", OK),
                ("SET country USA", OK),
                ("GET country", "US"),
                ("SET device_name a # b", OK),
                ("GET device_name", "a # b"),
                ("SET device_name my name", OK),
                ("GET device_name", "my name"),
                ("SET device_name 123456789012345678901234567890123", FAIL),
                ("SET p2p_passphrase_len 7", FAIL),
                ("SET p2p_passphrase_len 63", OK),
                ("SET p2p_go_freq_change_policy 4", FAIL),
                ("SET p2p_go_freq_change_policy 3", OK),
                ("SET p2p_no_go_freq x", FAIL),
                ("SET p2p_no_go_freq 2412-2432,2462", OK),
                ("SET p2p_pref_chan 81:1,115:36", OK),
                ("SET sec_device_type foo", FAIL),
                ("SET ip_addr_go x", FAIL),
                ("SET wifi_display 0", OK),
                ("SET wifi_display 1", FAIL),
                ("SET ext_mgmt_frame_handling 1", OK),
                ("SET ext_mgmt_frame_handling 0", OK),
                ("SET ext_mgmt_frame_handling x", FAIL),
                ("SET ext_eapol_frame_io 0", OK),
                ("SET ps 1", OK),
                ("SET p2p_disabled 1", OK),
                ("P2P_FIND", FAIL),
                ("SET p2p_disabled 0", OK),
                ("P2P_FIND", OK),
                ("BSS_EXPIRE_AGE 180", OK),
                ("BSS_EXPIRE_AGE 5", FAIL),
                ("BSS_EXPIRE_COUNT 0", FAIL),
                ("GET bss_expiration_age", "180"),
                ("BSS_EXPIRE_COUNT 3", OK),
                ("GET bss_expiration_scan_count", "3"),
                ("AP_SCAN 1", OK),
                ("AP_SCAN 5", FAIL),
                ("SCAN_INTERVAL 5", OK),
                ("SCAN_INTERVAL -1", FAIL),
                ("AUTOSCAN periodic:1", OK),
                ("AUTOSCAN exponential:3:300", OK),
                ("AUTOSCAN ", OK),
                ("AUTOSCAN sometimes:1", FAIL),
                ("STA_AUTOCONNECT 1", OK),
                // Without update_config=1 there is nothing to be written.
                ("SAVE_CONFIG", FAIL),
            ],
        )
        .await;
        let dump = client.ask("DUMP").await;
        assert!(dump.lines().all(|line| line.contains('=')), "{dump}");
        for (key, value) in [("p2p_go_intent", "3"), ("uuid", "null"), ("persistent_reconnect", "0")] {
            assert_eq!(field(&dump, key), value);
        }
        // Where no owner may be, none is.
        assert_eq!(client.ask("P2P_GROUP_ADD freq=2462").await, FAIL);
        station.stop().await;
    });
}

#[test]
fn vendor_elements() {
    run(async {
        let (_, station, client) = alone("").await;
        check(
            &client,
            &[
                ("VENDOR_ELEM_ADD", UNKNOWN),
                ("VENDOR_ELEM_ADD 0", FAIL),
                ("VENDOR_ELEM_ADD 0 dd0411223344", OK),
                ("VENDOR_ELEM_GET 0", "dd0411223344"),
                ("VENDOR_ELEM_ADD 0 dd0411223355", OK),
                ("VENDOR_ELEM_GET 0", "dd0411223344dd0411223355"),
                ("VENDOR_ELEM_GET 1", ""),
                ("VENDOR_ELEM_GET 15", FAIL),
                ("VENDOR_ELEM_ADD 0 dd", FAIL),
                ("VENDOR_ELEM_ADD 0 zz", FAIL),
                ("VENDOR_ELEM_ADD 0 dd0511223344", FAIL),
                ("VENDOR_ELEM_ADD 15 dd0411223344", FAIL),
                ("VENDOR_ELEM_REMOVE 0 dd0499999999", FAIL),
                ("VENDOR_ELEM_REMOVE 0 dd0411223344", OK),
                ("VENDOR_ELEM_GET 0", "dd0411223355"),
                ("VENDOR_ELEM_REMOVE 0 *", OK),
                ("VENDOR_ELEM_GET 0", ""),
                ("VENDOR_ELEM_REMOVE 0", FAIL),
            ],
        )
        .await;
        station.stop().await;
    });
}

//! What is in the air: scans, and frames by hand.

use crate::common::air::{Sky, Station, settle};
use crate::common::run;
use crate::common::table::{FAIL, OK, UNKNOWN, check, field, two};
use std::time::Duration;
use wifi_direct::simulation::Profile;

#[test]
fn scans() {
    run(async {
        let sky = Sky::new(3);
        let owner = Station::start(&sky, Profile::NoP2pDevice, "device_name=owner\n").await;
        let station = Station::start(&sky, Profile::NoP2pDevice, "").await;
        let client = station.client("p2p0");
        let monitor = station.client("p2p0");
        assert_eq!(monitor.ask("ATTACH").await, OK);
        check(
            &client,
            &[
                ("SCAN_RESULTS", "bssid / frequency / signal level / flags / ssid\n"),
                ("BSS FIRST", ""),
                ("BSS 02:00:00:00:99:00", ""),
                ("BSS", UNKNOWN),
                ("ABORT_SCAN", FAIL),
                ("SCAN freq=x", FAIL),
                ("SCAN freq=1", FAIL),
            ],
        )
        .await;
        assert_eq!(owner.client("p2p0").ask("P2P_GROUP_ADD freq=2437").await, OK);
        sky.pass(Duration::from_secs(1));
        settle().await;
        check(&client, &[("SCAN TYPE=ONLY freq=2437", OK), ("SCAN", "FAIL-BUSY\n")]).await;
        assert_eq!(station.until(&monitor, "CTRL-EVENT-SCAN-STARTED").await, "<3>CTRL-EVENT-SCAN-STARTED ");
        let added = station.until(&monitor, "CTRL-EVENT-BSS-ADDED").await;
        let bssid = added.strip_prefix("<3>CTRL-EVENT-BSS-ADDED 0 ").expect("its number and address").to_owned();
        let rows = client.ask("SCAN_RESULTS").await;
        assert!(rows.contains(&format!("\n{bssid}\t2437\t")) && rows.contains("[P2P]\tDIRECT-"), "{rows}");
        let shown = client.ask("BSS FIRST").await;
        assert!(shown.starts_with(&format!("id=0\nbssid={bssid}\nfreq=2437\n")), "{shown}");
        assert!(shown.lines().all(|line| line.contains('=')), "{shown}");
        for question in ["BSS 0", "BSS LAST", "BSS ID-0", "BSS RANGE=ALL", "BSS RANGE=0-5"] {
            assert_eq!(field(&client.ask(question).await, "bssid"), bssid, "{question}");
        }
        check(&client, &[("BSS NEXT-0", ""), ("BSS ID-1", ""), ("BSS FIRST MASK=0x20001", "id=0\n====\n")]).await;
        assert_eq!(client.ask("BSS_FLUSH 0").await, OK);
        station.until(&monitor, &format!("CTRL-EVENT-BSS-REMOVED 0 {bssid}")).await;
        assert_eq!(client.ask("BSS FIRST").await, "");
        // A scan of everything can be broken off, and passive ones send nothing.
        check(&client, &[("SCAN passive=1", OK), ("ABORT_SCAN", OK)]).await;
        station.until(&monitor, "CTRL-EVENT-SCAN-RESULTS").await;
        assert_eq!(client.ask("ABORT_SCAN").await, FAIL);
        station.stop().await;
        owner.stop().await;
    });
}

#[test]
fn frames() {
    run(async {
        let two = two("").await;
        let [first, second] = &two.clients;
        let [one, other] = &two.addresses;
        check(second, &[("P2P_STOP_FIND", OK), ("P2P_SET listen_channel 6", OK), ("P2P_LISTEN 30", OK)]).await;
        assert_eq!(first.ask("P2P_STOP_FIND").await, OK);
        two.sky.pass(Duration::from_secs(1));
        settle().await;
        check(
            second,
            &[
                ("MGMT_RX_PROCESS freq=2437 datarate=0 ssi_signal=-30 frame=00", FAIL),
                ("SET ext_mgmt_frame_handling 1", OK),
                ("MGMT_RX_PROCESS freq=2437 datarate=0 ssi_signal=-30 frame=00", FAIL),
            ],
        )
        .await;
        check(
            first,
            &[
                ("MGMT_TX", UNKNOWN),
                ("MGMT_TX x", FAIL),
                ("MGMT_TX 02:00:00:00:99:00 02:00:00:00:99:00 freq=1 action=04", FAIL),
                ("MGMT_TX 02:00:00:00:99:00 02:00:00:00:99:00 freq=2437 action=0", FAIL),
                ("MGMT_TX_DONE", OK),
            ],
        )
        .await;
        let body = "0409506f9a096301";
        let send = format!("MGMT_TX {other} {other} freq=2437 wait_time=50 no_cck=1 action={body}");
        assert_eq!(first.ask(&send).await, OK);
        let status = two.stations[0].until(&two.monitors[0], "MGMT-TX-STATUS").await;
        assert_eq!(status, format!("<3>MGMT-TX-STATUS freq=2437 dst={other} src={one} bssid={other} result=SUCCESS"));
        let received = two.stations[1].until(&two.monitors[1], body).await;
        let words: Vec<&str> = received.split(' ').collect();
        assert!(
            words[0] == "<3>MGMT-RX"
                && words[1] == "freq=2437"
                && words[2].starts_with("datarate=")
                && words[3].starts_with("ssi_signal=-")
                && words[4].starts_with("d000")
                && words[4].ends_with(body),
            "{received}"
        );
        let given = format!("MGMT_RX_PROCESS freq=2437 datarate=0 ssi_signal=-30 frame={}", words[4]);
        assert_eq!(second.ask(&given).await, OK);
        check(
            second,
            &[
                ("SET ext_mgmt_frame_handling 0", OK),
                ("DRIVER_EVENT nonsense", FAIL),
                ("P2P_FIND", OK),
                ("DRIVER_EVENT INTERFACE_DISABLED", OK),
                ("P2P_FIND", FAIL),
                ("P2P_LISTEN", FAIL),
                ("P2P_GROUP_ADD", FAIL),
                ("SCAN", FAIL),
            ],
        )
        .await;
        let status = second.ask("STATUS").await;
        assert!(status.contains("wpa_state=INTERFACE_DISABLED\n"), "{status}");
        check(
            second,
            &[
                ("DRIVER_EVENT INTERFACE_ENABLED", OK),
                ("P2P_FIND", OK),
                ("P2P_STOP_FIND", OK),
                ("DRIVER_EVENT AVOID_FREQUENCIES x", FAIL),
                ("DRIVER_EVENT AVOID_FREQUENCIES 2412-2422,2462", OK),
                ("P2P_GROUP_ADD freq=2462", FAIL),
            ],
        )
        .await;
        let avoid = two.stations[1].until(&two.monitors[1], "AVOID").await;
        assert_eq!(avoid, "<3>CTRL-EVENT-AVOID-FREQ ranges=2412-2422,2462");
        two.stop().await;
    });
}

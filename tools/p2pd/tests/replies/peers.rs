//! Looking for peers and speaking with them.

use crate::common::run;
use crate::common::table::{FAIL, NOBODY, OK, UNKNOWN, alone, check, field, two};

#[test]
fn discovery() {
    run(async {
        let (_, station, client) = alone("").await;
        check(
            &client,
            &[
                ("P2P_FIND", OK),
                ("P2P_FIND 3 type=social", OK),
                ("P2P_FIND type=progressive", OK),
                ("P2P_FIND freq=2412", OK),
                ("P2P_FIND freq=0", FAIL),
                ("P2P_FIND dev_id=02:00:00:00:00:05 dev_type=1-0050F204-1 delay=100 include_6ghz", OK),
                ("P2P_FIND dev_id=x", FAIL),
                ("P2P_FIND dev_type=x", FAIL),
                ("P2P_FIND seek=org.wi-fi.wfds.print", FAIL),
                ("P2P_FINDX", UNKNOWN),
                ("P2P_STOP_FIND x", UNKNOWN),
                ("P2P_STOP_FIND", OK),
                ("P2P_STOP_FIND", OK),
                ("P2P_LISTEN", OK),
                ("P2P_LISTEN 3", OK),
                ("P2P_STOP_FIND", OK),
                ("P2P_EXT_LISTEN", OK),
                ("P2P_EXT_LISTEN 100 200", OK),
                ("P2P_EXT_LISTEN 200 100", FAIL),
                ("P2P_EXT_LISTEN 100", FAIL),
                ("P2P_EXT_LISTEN 0 1", FAIL),
                ("P2P_EXT_LISTEN 1 0", FAIL),
                ("P2P_EXT_LISTEN 65536 65536", FAIL),
                ("P2P_EXT_LISTEN 0 0", OK),
                ("P2P_PEER FIRST", FAIL),
                ("P2P_PEER 02:00:00:00:00:05", FAIL),
                ("P2P_PEER NEXT-x", FAIL),
                ("P2P_PEER", UNKNOWN),
                ("P2P_FLUSH x", UNKNOWN),
                ("P2P_FLUSH", OK),
            ],
        )
        .await;
        station.stop().await;

        let two = two("").await;
        let [first, second] = &two.clients;
        let peer = first.ask(&format!("P2P_PEER {}", two.addresses[1])).await;
        assert!(peer.starts_with(&format!("{}\npri_dev_type=", two.addresses[1])), "{peer}");
        assert!(peer.lines().skip(1).all(|line| line.contains('=')), "{peer}");
        assert_eq!(field(&peer, "device_name"), "second");
        assert_eq!(first.ask("P2P_PEER FIRST").await.lines().next(), Some(two.addresses[1].as_str()));
        assert_eq!(first.ask(&format!("P2P_PEER NEXT-{}", two.addresses[1])).await, FAIL);
        // Somebody else is looked for: this one is not shown.
        assert_eq!(first.ask(&format!("P2P_SET peer_filter {NOBODY}")).await, OK);
        assert_eq!(first.ask("P2P_PEER FIRST").await, FAIL);
        assert_eq!(first.ask("P2P_SET peer_filter 00:00:00:00:00:00").await, OK);
        assert_eq!(second.ask("P2P_STOP_FIND").await, OK);
        two.stations[1].until(&two.monitors[1], "P2P-FIND-STOPPED ").await;
        assert_eq!(first.ask("P2P_FLUSH").await, OK);
        let lost = two.stations[0].until(&two.monitors[0], "P2P-DEVICE-LOST").await;
        assert_eq!(lost, format!("<3>P2P-DEVICE-LOST p2p_dev_addr={}", two.addresses[1]));
        assert_eq!(first.ask("P2P_PEER FIRST").await, FAIL);
        two.stop().await;
    });
}

#[test]
fn connections() {
    run(async {
        let (_, station, client) = alone("").await;
        let to = |rest: &str| format!("P2P_CONNECT {NOBODY}{rest}");
        for (rest, reply) in [
            ("", FAIL),
            (" pbc", FAIL),
            (" pin", FAIL),
            (" 12345670", FAIL),
            (" 1234", FAIL),
            (" 12345", "FAIL-INVALID-PIN\n"),
            (" 123456789", "FAIL-INVALID-PIN\n"),
            (" 12345678", "FAIL-INVALID-PIN\n"),
            (" abcd", "FAIL-INVALID-PIN\n"),
            (" ", "FAIL-INVALID-PIN\n"),
            (" display", "FAIL-INVALID-PIN\n"),
            (" pbc go_intent=16", FAIL),
            (" pbc go_intent=x", FAIL),
            (" pbc persistent=0", FAIL),
            (" pbc freq=x", FAIL),
            (" pbc freq=1", "FAIL-CHANNEL-UNSUPPORTED\n"),
            (" pbc freq=5260", "FAIL-CHANNEL-UNSUPPORTED\n"),
            (" pbc freq=2412", FAIL),
            (" pbc auth", FAIL),
            (" pbc join ssid=0", FAIL),
            (" pbc join ssid=xx", FAIL),
            (" pbc join max_oper_chwidth=7", FAIL),
            (" pbc p2ps", FAIL),
            (" pair p2p2", FAIL),
        ] {
            assert_eq!(client.ask(&to(rest)).await, reply, "{rest:?}");
        }
        check(
            &client,
            &[
                ("P2P_CONNECT", UNKNOWN),
                ("P2P_CONNECT x pbc", FAIL),
                ("P2P_CANCEL", FAIL),
                ("P2P_CONNECT 02:00:00:00:99:00 pbc join", OK),
                ("P2P_CANCEL", OK),
                ("P2P_CANCEL x", UNKNOWN),
                ("P2P_PROV_DISC", UNKNOWN),
                ("P2P_PROV_DISC x pbc", FAIL),
                ("P2P_PROV_DISC 02:00:00:00:99:00", FAIL),
                ("P2P_PROV_DISC 02:00:00:00:99:00 pbc", FAIL),
                ("P2P_PROV_DISC 02:00:00:00:99:00 label", FAIL),
                ("P2P_REJECT x", FAIL),
                ("P2P_REJECT 02:00:00:00:99:00", FAIL),
                ("P2P_UNAUTHORIZE x", FAIL),
                ("P2P_UNAUTHORIZE 02:00:00:00:99:00", FAIL),
            ],
        )
        .await;
        station.stop().await;

        let two = two("").await;
        let [first, second] = &two.clients;
        let [one, other] = &two.addresses;
        let pin = first.ask(&format!("P2P_CONNECT {other} pin auth")).await;
        assert!(pin.len() == 8 && wsc::Pin::checked(&pin).is_ok(), "{pin:?}");
        assert_eq!(first.ask(&format!("P2P_UNAUTHORIZE {other}")).await, OK);
        assert_eq!(first.ask(&format!("P2P_REJECT {other}")).await, OK);
        assert_eq!(first.ask("P2P_LISTEN 60").await, OK);
        assert_eq!(second.ask(&format!("P2P_CONNECT {one} 12345670 keypad")).await, OK);
        two.stations[1].until(&two.monitors[1], "P2P-GO-NEG-FAILURE status=11").await;
        check(second, &[("P2P_CANCEL", FAIL), ("P2P_LISTEN 60", OK)]).await;
        for (method, answer) in [("pbc", "PBC-RESP"), ("display", "ENTER-PIN"), ("keypad", "SHOW-PIN")] {
            assert_eq!(first.ask(&format!("P2P_PROV_DISC {other} {method}")).await, OK);
            two.stations[0].until(&two.monitors[0], &format!("P2P-PROV-DISC-{answer} {other}")).await;
        }
        two.stop().await;
    });
}

#[test]
fn invitations() {
    run(async {
        let (_, station, client) = alone("").await;
        check(
            &client,
            &[
                ("P2P_INVITE", UNKNOWN),
                ("P2P_INVITE x", FAIL),
                ("P2P_INVITE persistent=0", FAIL),
                ("P2P_INVITE persistent=x peer=02:00:00:00:99:00", FAIL),
                ("P2P_INVITE group=p2p0 peer=02:00:00:00:99:00", FAIL),
                ("P2P_INVITE group=p2p0", FAIL),
            ],
        )
        .await;
        station.stop().await;

        let two = two("persistent_reconnect=1\n").await;
        let [first, second] = &two.clients;
        let [one, other] = &two.addresses;
        assert_eq!(first.ask(&format!("P2P_CONNECT {other} pbc persistent go_intent=15")).await, OK);
        assert_eq!(second.ask(&format!("P2P_CONNECT {one} pbc persistent go_intent=0")).await, OK);
        for n in 0..2 {
            let started = two.stations[n].until(&two.monitors[n], "P2P-GROUP-STARTED").await;
            assert!(started.ends_with(" [PERSISTENT]"), "{started}");
        }
        assert_eq!(first.ask("P2P_GROUP_REMOVE *").await, OK);
        two.stations[1].until(&two.monitors[1], "P2P-GROUP-REMOVED").await;
        let listed = second.ask("LIST_NETWORKS").await;
        assert!(listed.contains(&format!("\t{one}\t[DISABLED][P2P-PERSISTENT]\n")), "{listed}");
        assert_eq!(first.ask("P2P_LISTEN 60").await, OK);
        assert_eq!(second.ask("P2P_INVITE persistent=0").await, OK);
        two.stations[1].until(&two.monitors[1], "P2P-INVITATION-RESULT status=0 ").await;
        for n in 0..2 {
            two.stations[n].until(&two.monitors[n], "P2P-GROUP-STARTED").await;
        }
        assert_eq!(field(&first.ask(&format!("P2P_PEER {other}")).await, "persistent"), "0");
        two.stop().await;
    });
}

#[test]
fn wps() {
    run(async {
        let (_, station, client) = alone("").await;
        let monitor = station.client("p2p0");
        assert_eq!(monitor.ask("ATTACH").await, OK);
        check(
            &client,
            &[
                ("WPS_CHECK_PIN 12345670", "12345670"),
                ("WPS_CHECK_PIN 1234-5670", "12345670"),
                ("WPS_CHECK_PIN 1234", "1234"),
                ("WPS_CHECK_PIN 12345678", "FAIL-CHECKSUM\n"),
                ("WPS_CHECK_PIN 123", FAIL),
                ("WPS_CHECK_PIN", UNKNOWN),
                ("WPS_PIN", UNKNOWN),
                ("WPS_PIN x", FAIL),
                ("WPS_CANCEL", OK),
                ("WPS_CANCEL x", UNKNOWN),
                ("P2P_GROUP_ADD freq=2412", OK),
            ],
        )
        .await;
        let pin = client.ask("WPS_PIN get").await;
        assert!(pin.len() == 8 && wsc::Pin::checked(&pin).is_ok(), "{pin:?}");
        station.until(&monitor, "P2P-GROUP-STARTED").await;
        let own = station.client("p2p-p2p0-0");
        check(
            &own,
            &[
                ("WPS_PBC", OK),
                ("WPS_PBC p2p_dev_addr=02:00:00:00:99:00", OK),
                ("WPS_PBC p2p_dev_addr=x", FAIL),
                ("WPS_PIN any 12345670", "12345670"),
                ("WPS_PIN any 12345670 60", "12345670"),
                ("WPS_PIN 02:00:00:00:99:00 1234", "1234"),
                ("WPS_PIN any 12345", FAIL),
                ("WPS_PIN x 12345670", FAIL),
                ("WPS_CANCEL", OK),
            ],
        )
        .await;
        let pin = own.ask("WPS_PIN any").await;
        assert!(pin.len() == 8 && wsc::Pin::checked(&pin).is_ok(), "{pin:?}");
        station.stop().await;
    });
}

/// wpa_supplicant tells what a command brings about before it answers; programs look for the event behind the reply.
#[test]
fn events_of_a_command_come_before_its_reply() {
    run(async {
        let two = two("").await;
        let client = &two.clients[0];
        assert_eq!(client.ask("ATTACH").await, OK);
        assert_eq!(client.ask("P2P_SET peer_filter 00:00:00:00:00:00").await, OK);
        client.rest();
        client.send(b"P2P_STOP_FIND").await;
        assert_eq!(client.next().await, "<3>P2P-FIND-STOPPED ");
        assert_eq!(client.next().await, OK);
        client.send(b"P2P_FLUSH").await;
        assert_eq!(client.next().await, format!("<3>P2P-DEVICE-LOST p2p_dev_addr={}", two.addresses[1]));
        assert_eq!(client.next().await, OK);
        two.stop().await;
    });
}

#[test]
fn a_refused_peer_and_one_that_has_answered() {
    run(async {
        let two = two("").await;
        let [first, second] = &two.clients;
        let (peer, command) = (&two.addresses[1], format!("P2P_PEER {}", two.addresses[1]));
        let methods = field(&first.ask(&command).await, "config_methods").to_owned();
        assert_eq!(second.ask(&format!("P2P_PROV_DISC {} pbc", two.addresses[0])).await, OK);
        two.stations[1].until(&two.monitors[1], "P2P-PROV-DISC-PBC-RESP").await;
        let asked = second.ask(&format!("P2P_PEER {}", two.addresses[0])).await;
        assert_eq!(field(&asked, "req_config_methods"), "0x0");
        let told = first.ask(&command).await;
        assert_eq!(field(&told, "config_methods"), methods, "what it can do, not what it asked for");
        assert_eq!(first.ask(&format!("P2P_REJECT {peer}")).await, OK);
        let told = first.ask(&command).await;
        assert_eq!(field(&told, "status"), "11");
        assert!(field(&told, "flags").contains("[USER_REJECTED]"), "{told}");
        two.stop().await;
    });
}

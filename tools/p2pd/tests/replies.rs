//! Command in, reply out, on a real device on a simulated air (sections 1 and 4 of the contract).

mod common;

use common::air::{Sky, Station, settle};
use common::{Client, run};
use std::rc::Rc;
use std::time::Duration;
use wifi_direct::simulation::Profile;

const OK: &str = "OK\n";
const FAIL: &str = "FAIL\n";
const UNKNOWN: &str = "UNKNOWN COMMAND\n";
const NOBODY: &str = "02:00:00:00:99:00";

/// Sends each command and compares its reply, octet by octet.
#[track_caller]
fn check<'a>(client: &'a Client, table: &'a [(&'a str, &'a str)]) -> impl Future<Output = ()> + 'a {
    let caller = std::panic::Location::caller();
    async move {
        for (command, reply) in table {
            assert_eq!(client.ask(command).await, *reply, "{command:?}, of the table at {caller}");
        }
    }
}

async fn alone(config: &str) -> (Rc<Sky>, Station, Client) {
    let sky = Sky::new(1);
    let station = Station::start(&sky, Profile::NoP2pDevice, config).await;
    let client = station.client("p2p0");
    (sky, station, client)
}

/// Two devices that have found each other: stations, commands and monitors of each.
struct Two {
    sky: Rc<Sky>,
    stations: [Station; 2],
    clients: [Client; 2],
    monitors: [Client; 2],
    addresses: [String; 2],
}

async fn two(config: &str) -> Two {
    let sky = Sky::new(7);
    let stations = [
        Station::start(&sky, Profile::NoP2pDevice, &format!("device_name=first\n{config}")).await,
        Station::start(&sky, Profile::NoP2pDevice, &format!("device_name=second\n{config}")).await,
    ];
    let clients = [stations[0].client("p2p0"), stations[1].client("p2p0")];
    let monitors = [stations[0].client("p2p0"), stations[1].client("p2p0")];
    let mut addresses = [String::new(), String::new()];
    for n in 0..2 {
        assert_eq!(monitors[n].ask("ATTACH").await, OK);
        assert_eq!(clients[n].ask("P2P_FIND").await, OK);
        let status = clients[n].ask("STATUS").await;
        addresses[n] = field(&status, "p2p_device_address").to_owned();
    }
    for n in 0..2 {
        let wanted = format!("P2P-DEVICE-FOUND {}", addresses[1 - n]);
        stations[n].until(&monitors[n], &wanted).await;
    }
    Two { sky, stations, clients, monitors, addresses }
}

impl Two {
    /// Lets the first own a group and the second join it; the names of their interfaces.
    async fn grouped(&self) -> [String; 2] {
        for (n, intent) in [15, 0].into_iter().enumerate() {
            let command = format!("P2P_CONNECT {} pbc go_intent={intent}", self.addresses[1 - n]);
            assert_eq!(self.clients[n].ask(&command).await, OK);
        }
        let mut names = [String::new(), String::new()];
        // The client last: its group starts last.
        for (n, name) in names.iter_mut().enumerate() {
            let started = self.stations[n].until(&self.monitors[n], "P2P-GROUP-STARTED").await;
            *name = started.split(' ').nth(1).expect("an interface").to_owned();
        }
        self.sky.pass(Duration::from_millis(200));
        settle().await;
        names
    }

    async fn stop(self) {
        for station in self.stations {
            station.stop().await;
        }
    }
}

fn field<'a>(reply: &'a str, key: &str) -> &'a str {
    let found = reply.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    found.unwrap_or_else(|| panic!("no {key} in {reply:?}"))
}

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
        check(&own, &[("IFNAME", "p2p-p2p0-0"), ("SIGNAL_POLL", FAIL), ("SAVE_CONFIG", FAIL), ("STOP_AP", OK)]).await;
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
        assert_eq!(field(&member.ask("STATUS").await, "mode"), "station");
        assert_eq!(member.ask("STOP_AP").await, FAIL);
        assert_eq!(member.ask("DISCONNECT").await, OK);
        two.stations[1].until(&two.monitors[1], "P2P-GROUP-REMOVED").await;
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
        assert_eq!(owner.ask(&format!("STA {address}")).await, first);
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
        assert_eq!(owner.ask("STA-FIRST").await, "");
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
        let fields = "freq=2437 ht_enabled=1 ch_offset=0 ch_width=20 MHz cf1=2437 cf2=0 dfs=0";
        let began = station.until(&events, "CTRL-EVENT-STARTED-CHANNEL-SWITCH").await;
        assert_eq!(began, format!("<3>CTRL-EVENT-STARTED-CHANNEL-SWITCH {fields}"));
        let done = station.until(&events, "CTRL-EVENT-CHANNEL-SWITCH").await;
        assert_eq!(done, format!("<3>CTRL-EVENT-CHANNEL-SWITCH {fields}"));
        assert_eq!(field(&own.ask("STATUS").await, "freq"), "2437");
        station.stop().await;
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
                ("WPS_PIN any", FAIL),
                ("WPS_PBC", FAIL),
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
                ("BSS_EXPIRE_COUNT 2", OK),
                ("AP_SCAN 1", OK),
                ("AP_SCAN 5", FAIL),
                ("SCAN_INTERVAL 5", OK),
                ("SCAN_INTERVAL -1", FAIL),
                ("STA_AUTOCONNECT 1", OK),
                // Without update_config=1 there is nothing to be written.
                ("SAVE_CONFIG", FAIL),
            ],
        )
        .await;
        let dump = client.ask("DUMP").await;
        assert!(dump.lines().all(|line| line.contains('=')), "{dump}");
        for (key, value) in [("p2p_go_intent", "3"), ("country", "null"), ("persistent_reconnect", "0")] {
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
                ("ENABLE_NETWORK 1", FAIL),
                ("SELECT_NETWORK 1", FAIL),
                ("REMOVE_NETWORK 1", OK),
                ("REMOVE_NETWORK 1", FAIL),
                ("SET_NETWORK 0 mode 3", OK),
                ("SET_NETWORK 0 bssid 02:00:00:00:00:00", OK),
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
                ("REASSOCIATE", FAIL),
                ("NONSENSE", UNKNOWN),
                ("", UNKNOWN),
            ],
        )
        .await;
        station.stop().await;
    });
}

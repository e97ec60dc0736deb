//! The sessions of the guide: two devices that find each other and negotiate, and a client that joins an owner.

mod common;

use common::{PEER, capabilities, daemon, daemon_on, found, group, peer, run};
use ieee80211_ies::MacAddr;
use p2p_core::{Event as P2pEvent, Method, Negotiated};
use radio::Secret;
use std::time::Duration;
use wifi_direct::api::{
    Cause, Connect, ConnectHow, EapMethod, Error, Event, Find, FindScope, GroupEvent, GroupId, Request, Role,
    StationView, WpsMethod,
};

const CONFIG: &str = "country=JP\ndevice_name=Test device2\npersistent_reconnect=1\np2p_no_group_iface=1\n";
const FOUND: &str = "P2P-DEVICE-FOUND 11:22:33:44:55:66 p2p_dev_addr=11:22:33:44:55:66 pri_dev_type=10-0050F204-5 \
                     name='Test device2' config_methods=0x1108 dev_capab=0x25 group_capab=0x0 new=1 pcea_cap_info=0x0 \
                     bootstrap_methods=0x0 pasn_type=0x0";
const STARTED: &str = "P2P-GROUP-STARTED p2p0 client ssid=\"DIRECT-Eb\" freq=5240 \
                       psk=5757575757575757575757575757575757575757575757575757575757575757 go_dev_addr=11:22:33:44:55:66";

fn connect(peer: MacAddr, how: ConnectHow) -> Request {
    Request::Connect(Connect {
        peer,
        method: WpsMethod::PushButton,
        how,
        intent: None,
        authorize_only: false,
        persistent: false,
        record: None,
        channel: Default::default(),
        provision_first: false,
        ssid: None,
    })
}

fn negotiated(owner: bool) -> Event {
    Event::P2p(P2pEvent::NegotiationSucceeded(Negotiated {
        peer: PEER,
        peer_interface: PEER,
        owner,
        frequency: 5240,
        ssid: b"DIRECT-Eb".to_vec(),
        method: Method::PushButton,
        persistent: false,
        peer_timeout: Duration::from_secs(1),
        channels: Default::default(),
        ht40: false,
    }))
}

fn in_group(event: GroupEvent) -> Event {
    Event::Group { group: GroupId(1), event }
}

fn interface_added(name: &str, created: bool) -> Event {
    Event::InterfaceAdded { group: GroupId(1), interface: name.to_owned(), created }
}

#[test]
fn find_and_negotiate_as_client() {
    run(async {
        let bench = daemon(CONFIG).await;
        let (cli, monitor) = (bench.client("p2p0"), bench.monitor("p2p0").await);
        let global = bench.global_monitor().await;
        cli.talk(&monitor, "> PING\n< PONG\n> P2P_FIND\n< OK").await;
        assert_eq!(bench.fake.requests(), [Request::Find(Find::default())]);
        bench.fake.emit(Event::ScanStarted);
        bench.fake.emit(found(true));
        cli.talk(&monitor, &format!("! <3>CTRL-EVENT-SCAN-STARTED \n! <3>{FOUND}")).await;
        assert_eq!(global.next().await, "IFNAME=p2p0 <3>CTRL-EVENT-SCAN-STARTED ");
        assert_eq!(global.next().await, format!("<3>{FOUND}"));

        cli.talk(&monitor, "> P2P_CONNECT 11:22:33:44:55:66 pbc\n< OK").await;
        assert_eq!(bench.fake.requests(), [connect(PEER, ConnectHow::Negotiate)]);
        bench.fake.emit(Event::P2p(P2pEvent::FindStopped));
        bench.fake.emit(negotiated(false));
        bench.fake.emit(interface_added("p2p0", false));
        bench.fake.script.borrow_mut().groups = vec![group("p2p0", Role::Client)];
        let (bssid, ssid, frequency) = (PEER, b"DIRECT-Eb".to_vec(), 5240);
        let trying = GroupEvent::TryingToAuthenticate { bssid, ssid: ssid.clone(), frequency };
        bench.fake.emit(in_group(trying));
        bench.fake.emit(in_group(GroupEvent::TryingToAssociate { bssid, ssid, frequency }));
        bench.fake.emit(in_group(GroupEvent::Associated { bssid: PEER, keyed: false }));
        bench.fake.emit(in_group(GroupEvent::EapStarted(None)));
        let proposed = GroupEvent::EapMethodProposed { station: None, method: EapMethod::Wsc };
        bench.fake.emit(in_group(proposed));
        bench.fake.emit(in_group(GroupEvent::WpsCredReceived { attribute: Secret::new(vec![0x10, 0x0e]) }));
        bench.fake.emit(in_group(GroupEvent::WpsSuccess));
        bench.fake.emit(Event::FormationSuccess);
        bench.fake.emit(in_group(GroupEvent::EapFailure(None)));
        bench.fake.emit(in_group(GroupEvent::Disconnected { bssid: PEER, reason: 3, local: true }));
        bench.fake.emit(in_group(GroupEvent::KeysNegotiated { bssid: PEER }));
        bench.fake.emit(in_group(GroupEvent::Connected { bssid: PEER }));
        bench.fake.emit(Event::GroupStarted(group("p2p0", Role::Client)));
        cli.talk(
            &monitor,
            &format!(
                "! <3>P2P-FIND-STOPPED \n\
                 ! <3>P2P-GO-NEG-SUCCESS role=client freq=5240 ht40=0 peer_dev=11:22:33:44:55:66 \
                   peer_iface=11:22:33:44:55:66 wps_method=PBC\n\
                 ! <3>SME: Trying to authenticate with 11:22:33:44:55:66 (SSID='DIRECT-Eb' freq=5240 MHz)\n\
                 ! <3>Trying to associate with 11:22:33:44:55:66 (SSID='DIRECT-Eb' freq=5240 MHz)\n\
                 ! <3>Associated with 11:22:33:44:55:66\n\
                 ! <3>CTRL-EVENT-EAP-STARTED EAP authentication started\n\
                 ! <3>CTRL-EVENT-EAP-STATUS status='started' parameter=''\n\
                 ! <3>CTRL-EVENT-SUBNET-STATUS-UPDATE status=0\n\
                 ! <3>CTRL-EVENT-EAP-PROPOSED-METHOD vendor=14122 method=1\n\
                 ! <3>CTRL-EVENT-EAP-STATUS status='accept proposed method' parameter='WSC'\n\
                 ! <3>CTRL-EVENT-EAP-METHOD EAP vendor 14122 method 1 (WSC) selected\n\
                 ! <3>WPS-CRED-RECEIVED \n\
                 ! <3>WPS-SUCCESS \n\
                 ! <3>P2P-GROUP-FORMATION-SUCCESS \n\
                 ! <3>CTRL-EVENT-EAP-STATUS status='completion' parameter='failure'\n\
                 ! <3>CTRL-EVENT-EAP-FAILURE EAP authentication failed\n\
                 ! <3>CTRL-EVENT-DISCONNECTED bssid=11:22:33:44:55:66 reason=3 locally_generated=1\n\
                 ! <3>WPA: Key negotiation completed with 11:22:33:44:55:66 [PTK=CCMP GTK=CCMP]\n\
                 ! <3>CTRL-EVENT-CONNECTED - Connection to 11:22:33:44:55:66 completed [id=0 id_str=]\n\
                 ! <3>{STARTED}"
            ),
        )
        .await;
        cli.talk(
            &monitor,
            "> P2P_GROUP_REMOVE p2p1\n< FAIL\n> P2P_GROUP_REMOVE p2p0\n< OK\n\
             ! <3>P2P-GROUP-REMOVED p2p0 client reason=REQUESTED\n> PING\n< PONG",
        )
        .await;
        assert_eq!(monitor.rest(), Vec::<String>::new());
        bench.stop().await;
    });
}

#[test]
fn negotiate_as_owner_and_let_a_client_join() {
    run(async {
        let bench = daemon(CONFIG).await;
        let (cli, monitor) = (bench.client("p2p0"), bench.monitor("p2p0").await);
        let global = bench.global_monitor().await;
        let client = MacAddr([0x66, 0x55, 0x44, 0x33, 0x22, 0x11]);
        bench.fake.emit(Event::P2p(P2pEvent::GoNegotiationRequest { peer: client, device_password_id: 4, intent: 7 }));
        cli.talk(&monitor, "! <3>P2P-GO-NEG-REQUEST 66:55:44:33:22:11 dev_passwd_id=4 go_intent=7").await;
        // No group runs here yet.
        cli.talk(&monitor, "> P2P_GET_PASSPHRASE\n< FAIL").await;
        cli.talk(&monitor, "> P2P_CONNECT 66:55:44:33:22:11 pbc go_intent=15\n< OK").await;
        bench.fake.emit(interface_added("p2p0", false));
        bench.fake.script.borrow_mut().groups = vec![group("p2p0", Role::Owner)];
        let own = MacAddr([0x02, 0, 0, 0, 1, 0x01]);
        bench.fake.emit(in_group(GroupEvent::ApEnabled));
        bench.fake.emit(in_group(GroupEvent::Connected { bssid: own }));
        bench.fake.emit(in_group(GroupEvent::WpsPbcActive));
        bench.fake.emit(in_group(GroupEvent::ProbeRequest { source: client, signal_dbm: -50 }));
        bench.fake.emit(in_group(GroupEvent::EapStarted(Some(client))));
        for method in [EapMethod::Identity, EapMethod::Wsc] {
            bench.fake.emit(in_group(GroupEvent::EapMethodProposed { station: Some(client), method }));
        }
        bench.fake.emit(in_group(GroupEvent::WpsRegSuccess { address: client, uuid: [0x8a; 16] }));
        bench.fake.emit(Event::FormationSuccess);
        bench.fake.emit(Event::GroupStarted(group("p2p0", Role::Owner)));
        bench.fake.emit(in_group(GroupEvent::WpsPbcDisabled));
        bench.fake.emit(in_group(GroupEvent::StationConnected { address: client, device: Some(client), ip: None }));
        bench.fake.emit(in_group(GroupEvent::HandshakeCompleted(client)));
        cli.talk(
            &monitor,
            "! <3>AP-ENABLED \n\
             ! <3>CTRL-EVENT-CONNECTED - Connection to 02:00:00:00:01:01 completed [id=0 id_str=]\n\
             ! <3>WPS-PBC-ACTIVE \n\
             ! <3>RX-PROBE-REQUEST sa=66:55:44:33:22:11 signal=-50\n\
             ! <3>CTRL-EVENT-EAP-STARTED 66:55:44:33:22:11\n\
             ! <3>CTRL-EVENT-EAP-PROPOSED-METHOD vendor=0 method=1\n\
             ! <3>CTRL-EVENT-EAP-PROPOSED-METHOD vendor=14122 method=254\n\
             ! <3>WPS-REG-SUCCESS 66:55:44:33:22:11 8a8a8a8a-8a8a-8a8a-8a8a-8a8a8a8a8a8a\n\
             ! <3>P2P-GROUP-FORMATION-SUCCESS \n\
             ! <3>P2P-GROUP-STARTED p2p0 GO ssid=\"DIRECT-Eb\" freq=5240 passphrase=\"CLgJ3w4j\" \
               go_dev_addr=02:00:00:00:00:01\n\
             ! <3>WPS-PBC-DISABLE \n\
             ! <3>AP-STA-CONNECTED 66:55:44:33:22:11 p2p_dev_addr=66:55:44:33:22:11\n\
             ! <3>EAPOL-4WAY-HS-COMPLETED 66:55:44:33:22:11",
        )
        .await;
        assert!(global.rest().iter().all(|e| e.starts_with("<3>P2P-") || e.starts_with("IFNAME=p2p0 <3>")));

        // The second session: a client announces itself, the user presses the button.
        let mut joining = peer();
        joining.address = client;
        bench.fake.emit(Event::P2p(P2pEvent::ProvisionRequested {
            peer: Box::new(joining),
            method: Method::PushButton,
            group: Some(1),
        }));
        bench.fake.requests();
        cli.talk(
            &monitor,
            "! <3>P2P-PROV-DISC-PBC-REQ 66:55:44:33:22:11 p2p_dev_addr=66:55:44:33:22:11 pri_dev_type=10-0050F204-5 \
               name='Test device2' config_methods=0x1108 dev_capab=0x25 group_capab=0x0 group=p2p0\n\
             > WPS_PBC\n< OK\n> WPS_PBC p2p_dev_addr=66:55:44:33:22:11\n< OK\n\
             > P2P_GET_PASSPHRASE\n< CLgJ3w4j\n> WPS_PIN any 12345670\n< 12345670\n> WPS_PIN any 123\n< FAIL",
        )
        .await;
        let requests = bench.fake.requests();
        assert_eq!(requests[0], Request::GroupPushButton { group: GroupId(1), only: None });
        assert_eq!(requests[1], Request::GroupPushButton { group: GroupId(1), only: Some(client) });
        assert!(matches!(&requests[2], Request::GroupPin { only: None, pin, timeout: None, .. }
            if pin.expose() == b"12345670"));
        bench.fake.script.borrow_mut().answers.push_back(Err(Error::Overlap));
        assert_eq!(cli.ask("WPS_PBC").await, "FAIL-PBC-OVERLAP\n");

        bench.fake.script.borrow_mut().groups[0].stations = vec![StationView {
            address: client,
            device: Some(PEER),
            authorized: true,
            aid: 1,
            ..StationView::default()
        }];
        cli.talk(
            &monitor,
            "> P2P_GROUP_MEMBER 11:22:33:44:55:66\n< 66:55:44:33:22:11\n> P2P_GROUP_MEMBER 02:00:00:00:00:09\n< FAIL",
        )
        .await;
        assert_eq!(
            cli.ask("STA-FIRST").await,
            "66:55:44:33:22:11\nflags=[AUTH][ASSOC][AUTHORIZED]\naid=1\ntimeout_next=NULLFUNC POLL\n"
        );
        let status = cli.ask("STATUS").await;
        assert_eq!(
            status,
            "bssid=02:00:00:00:01:01\nfreq=5240\nssid=DIRECT-Eb\nid=0\nmode=P2P GO\npairwise_cipher=CCMP\n\
             group_cipher=CCMP\nkey_mgmt=WPA2-PSK\nwpa_state=COMPLETED\np2p_device_address=02:00:00:00:00:01\n\
             address=02:00:00:00:01:01\nuuid=12121212-1212-1212-1212-121212121212\n"
        );
        bench.stop().await;
    });
}

#[test]
fn join_with_provision_discovery() {
    run(async {
        let bench = daemon(CONFIG).await;
        let (cli, monitor) = (bench.client("p2p0"), bench.monitor("p2p0").await);
        cli.talk(
            &monitor,
            "> P2P_CONNECT 11:22:33:44:55:66 pbc join\n< OK\n> P2P_PROV_DISC 11:22:33:44:55:66 keypad join\n< OK\n\
             > P2P_PROV_DISC 11:22:33:44:55:66 telepathy\n< FAIL",
        )
        .await;
        assert_eq!(bench.fake.requests()[0], connect(PEER, ConnectHow::Join));
        for method in [Method::PushButton, Method::Keypad] {
            bench.fake.emit(Event::P2p(P2pEvent::ProvisionAnswered { peer: PEER, method, peer_is_owner: Some(true) }));
        }
        bench.fake.emit(Event::P2p(P2pEvent::ProvisionFailed { peer: PEER, status: 1 }));
        cli.talk(
            &monitor,
            "! <3>P2P-PROV-DISC-PBC-RESP 11:22:33:44:55:66 peer_go=1\n\
             ! <3>P2P-PROV-DISC-ENTER-PIN 11:22:33:44:55:66 peer_go=1\n\
             ! <3>P2P-PROV-DISC-FAILURE p2p_dev_addr=11:22:33:44:55:66 status=1",
        )
        .await;
        bench.fake.emit(Event::P2p(P2pEvent::ProvisionAnswered {
            peer: PEER,
            method: Method::Display,
            peer_is_owner: None,
        }));
        let shown = monitor.next().await;
        let pin = shown.strip_prefix("<3>P2P-PROV-DISC-SHOW-PIN 11:22:33:44:55:66 ").expect("a PIN to show");
        assert!(pin.len() == 8 && wsc::Pin::checked(pin).is_ok(), "{shown}");
        bench.stop().await;
    });
}

#[test]
fn a_group_on_an_interface_of_its_own() {
    run(async {
        let bench = daemon("").await;
        let (cli, monitor) = (bench.client("p2p0"), bench.monitor("p2p0").await);
        let global = bench.global_monitor().await;
        assert_eq!(bench.fake.script.borrow().config.group_interface_prefix, "p2p-p2p0-");
        cli.talk(&monitor, "> P2P_GROUP_ADD freq=2412\n< OK\n> P2P_GROUP_ADD nonsense\n< FAIL").await;
        bench.fake.script.borrow_mut().groups = vec![group("p2p-p2p0-0", Role::Owner)];
        bench.fake.emit(interface_added("p2p-p2p0-0", true));
        bench.fake.emit(in_group(GroupEvent::ApEnabled));
        bench.fake.emit(Event::GroupStarted(group("p2p-p2p0-0", Role::Owner)));
        // AP-ENABLED belongs to the group's interface; the P2P interface hears of the group alone.
        assert!(monitor.next().await.starts_with("<3>P2P-GROUP-STARTED p2p-p2p0-0 GO "));
        assert_eq!(global.next().await, "IFNAME=p2p-p2p0-0 <3>AP-ENABLED ");
        let own = bench.monitor("p2p-p2p0-0").await;
        bench.fake.emit(in_group(GroupEvent::StationConnected { address: PEER, device: Some(PEER), ip: None }));
        let line = "AP-STA-CONNECTED 11:22:33:44:55:66 p2p_dev_addr=11:22:33:44:55:66";
        assert_eq!(own.next().await, format!("<3>{line}"));
        assert_eq!(monitor.next().await, format!("<3>{line}"));
        assert!(global.next().await.starts_with("<3>P2P-GROUP-STARTED "));
        // The copy for the P2P interface is not for the global socket.
        assert_eq!(global.next().await, format!("IFNAME=p2p-p2p0-0 <3>{line}"));
        let names = global.ask("INTERFACES").await;
        assert_eq!(names, "p2p-p2p0-0\np2p0\n");
        assert_eq!(global.ask("IFNAME=p2p-p2p0-0 P2P_GET_PASSPHRASE").await, "CLgJ3w4j");
        assert_eq!(global.ask("IFNAME=p2p-p2p0-1 PING").await, "FAIL-NO-IFNAME-MATCH\n");

        // Asked on its own socket, the group's end is answered before the socket goes.
        assert_eq!(own.ask("P2P_GROUP_REMOVE p2p-p2p0-0").await, "OK\n");
        assert!(monitor.next().await.starts_with("<3>P2P-GROUP-REMOVED p2p-p2p0-0 GO reason=REQUESTED"));
        assert_eq!(cli.ask("PING").await, "PONG\n");
        assert!(!bench.control("p2p-p2p0-0").exists());
        assert!(bench.control("p2p0").exists());
        bench.stop().await;
    });
}

#[test]
fn what_the_measuring_programs_ask() {
    run(async {
        let bench = daemon("").await;
        let (cli, monitor) = (bench.client("p2p0"), bench.monitor("p2p0").await);
        cli.talk(
            &monitor,
            "> P2P_STOP_FIND\n< OK\n> P2P_FLUSH\n< OK\n> P2P_SET listen_channel 6\n< OK\n> BSS_FLUSH 0\n< OK\n\
             > P2P_SET listen_channel 15\n< FAIL\n> P2P_SET listen_channel 36 115\n< OK\n> P2P_SET nothing 1\n< FAIL\n\
             > P2P_FIND 10 type=social\n< OK\n> P2P_LISTEN 5\n< OK\n> P2P_LISTEN\n< OK\n> P2P_EXT_LISTEN 200 100\n< FAIL\n\
             > P2P_EXT_LISTEN 100 200\n< OK\n> P2P_EXT_LISTEN\n< OK\n> P2P_EXT_LISTEN 0 100\n< FAIL",
        )
        .await;
        assert_eq!(bench.fake.script.borrow().config.listen_channel, Some((115, 36)));
        assert_eq!(
            bench.fake.requests(),
            [
                Request::StopFind,
                Request::ExtendedListen(None),
                Request::Flush,
                Request::Find(Find {
                    timeout: Some(Duration::from_secs(10)),
                    scope: FindScope::Social,
                    ..Find::default()
                }),
                Request::Listen(Some(Duration::from_secs(5))),
                Request::Listen(None),
                Request::ExtendedListen(Some((100, 200))),
                Request::ExtendedListen(None),
            ]
        );
        let pin = cli.ask("P2P_CONNECT 11:22:33:44:55:66 pin go_intent=15").await;
        assert!(pin.len() == 8 && wsc::Pin::checked(&pin).is_ok(), "{pin:?}");
        assert_eq!(cli.ask(&format!("P2P_CONNECT 11:22:33:44:55:66 {pin} keypad go_intent=0")).await, "OK\n");
        assert_eq!(cli.ask(&format!("P2P_CONNECT 11:22:33:44:55:66 {pin} display auth")).await, "OK\n");
        let asked: Vec<_> = bench
            .fake
            .requests()
            .into_iter()
            .map(|r| match r {
                Request::Connect(c) => (c.method, c.intent, c.authorize_only),
                other => panic!("{other:?}"),
            })
            .collect();
        let secret = || radio::Secret::new(pin.clone().into_bytes());
        assert_eq!(
            asked,
            [
                (WpsMethod::Display(secret()), Some(15), false),
                (WpsMethod::Keypad(secret()), Some(0), false),
                (WpsMethod::Display(secret()), None, true),
            ]
        );
        cli.talk(
            &monitor,
            "> P2P_CONNECT 11:22:33:44:55:66 1234567\n< FAIL-INVALID-PIN\n> P2P_CONNECT 11:22:33:44:55 pbc\n< FAIL\n\
             > P2P_CONNECT 11:22:33:44:55:66 pbc go_intent=16\n< FAIL\n> P2P_CONNECT 11:22:33:44:55:66 pbc persistent=0\n< FAIL\n\
             > P2P_CONNECT 11:22:33:44:55:66 pair p2p2\n< FAIL",
        )
        .await;
        for (error, reply) in [
            (Error::ChannelUnavailable(5500), "FAIL-CHANNEL-UNAVAILABLE\n"),
            (Error::ChannelUnsupported(7115), "FAIL-CHANNEL-UNSUPPORTED\n"),
            (Error::UnknownPeer(PEER), "FAIL\n"),
        ] {
            bench.fake.script.borrow_mut().answers.push_back(Err(error));
            assert_eq!(cli.ask("P2P_CONNECT 11:22:33:44:55:66 pbc freq=5500").await, reply);
        }
        bench.fake.script.borrow_mut().answers.push_back(Err(Error::NothingToCancel));
        assert_eq!(cli.ask("P2P_CANCEL").await, "FAIL\n");
        assert_eq!(cli.ask("P2P_CANCEL").await, "OK\n");
        bench.stop().await;
    });
}

#[test]
fn status_before_anything_runs() {
    run(async {
        let fake = common::Fake::default();
        fake.script.borrow_mut().capabilities = capabilities();
        let bench = daemon_on("", fake).await;
        let cli = bench.client("p2p0");
        assert_eq!(
            cli.ask("STATUS").await,
            "wpa_state=DISCONNECTED\np2p_device_address=02:00:00:00:00:01\naddress=02:00:00:00:00:01\n\
             uuid=12121212-1212-1212-1212-121212121212\n"
        );
        let driver = cli.ask("STATUS-DRIVER").await;
        assert!(driver.contains("country=JP\n") && driver.contains("phyname=phy0\n"));
        let flags = driver.lines().find_map(|l| l.strip_prefix("capa.flags=0x")).expect("flags");
        let flags = u64::from_str_radix(flags, 16).expect("hexadecimal");
        assert_eq!(flags & 0x2000_0000, 0);
        assert_eq!(
            bench.global().ask("STATUS").await,
            "p2p_device_address=02:00:00:00:00:01\np2p_state=IDLE\nwifi_display=0\nifname=p2p0\n\
             address=02:00:00:00:00:01\n"
        );
        assert_eq!(
            cli.ask("GET_CAPABILITY channels").await,
            "Mode[G] Channels: 1 2 3 4 5 6 7 8 9 10 11\nMode[B] Channels: 1 2 3 4 5 6 7 8 9 10 11\n"
        );
        assert_eq!(cli.ask("SCAN_RESULTS").await, "bssid / frequency / signal level / flags / ssid\n");
        assert_eq!(cli.ask("P2P_PEER FIRST").await, "FAIL\n");
        bench.stop().await;
    });
}

#[test]
fn networks_seen_by_scans() {
    // A beacon of a group of ours, recorded between two daemons.
    const BEACON: &str = "00094449524543542d686401088c129824b048606c0301012a010030140100000fac040100000fac040100000fac02\
        00002d1a2c001bffff0000000000000000000001000000000000000000003d1601000000000000000000000000000000000000000000dd18\
        0050f2020101800003a4000027a4000042435e0062322f00dd780050f204104a0001101044000102104100010110120002000410530002158\
        8103b00010310470010362db47ba53a519188fb5458b986b2e4102100012010230001201024000120104200012010540008000000000000\
        000010110004646576301008000211081049000e00372a0001200106ffffffffffffdd25506f9a09020200266b0d19000200000000001108\
        0000000000000000001011000464657630";
    run(async {
        let fake = common::Fake::default();
        let seen = |age_ms, frequency| radio::Bss {
            bssid: PEER,
            frequency,
            signal_dbm: -30,
            age_ms,
            tsf: 1_795_366_866_423_410,
            beacon_interval: 100,
            capability: 0x0411,
            probe_response: Vec::new(),
            beacon: p2pd::text::parse_hex(BEACON).expect("hexadecimal"),
        };
        // The same address with an older group of another channel.
        fake.script.borrow_mut().scan_results = vec![seen(3000, 2462), seen(2000, 2412)];
        fake.script.borrow_mut().peers =
            vec![wifi_direct::api::PeerView { peer: common::peer(), age: Duration::from_secs(3) }];
        let bench = daemon_on("", fake).await;
        let (cli, monitor) = (bench.client("p2p0"), bench.monitor("p2p0").await);
        bench.fake.emit(Event::NetworksSeen);
        bench.fake.emit(Event::ScanResults);
        assert_eq!(monitor.next().await, "<3>CTRL-EVENT-BSS-ADDED 0 11:22:33:44:55:66");
        assert_eq!(monitor.next().await, "<3>CTRL-EVENT-SCAN-RESULTS ");
        let rows = cli.ask("SCAN_RESULTS").await;
        assert_eq!(
            rows.lines().nth(1),
            Some("11:22:33:44:55:66\t2412\t-30\t[WPA2-PSK-CCMP][WPS-PBC][ESS][P2P]\tDIRECT-hd")
        );
        let wanted = format!(
            "id=0\nbssid=11:22:33:44:55:66\nfreq=2412\nbeacon_int=100\ncapabilities=0x0411\nqual=0\nnoise=-89\nlevel=-30\n\
             tsf=1795366866423410\nage=2\nie={BEACON}\nflags=[WPA2-PSK-CCMP][WPS-PBC][ESS][P2P]\nssid=DIRECT-hd\n\
             wps_state=configured\nwps_selected_registrar=1\nwps_device_password_id=4\n\
             wps_selected_registrar_config_methods=0x1588\nwps_primary_device_type=0-00000000-0\nwps_device_name=dev0\n\
             wps_config_methods=0x1108\np2p_dev_capab=0x26\np2p_group_capab=0x6b\n\
             p2p_primary_device_type=0-00000000-0\np2p_device_name=dev0\np2p_device_addr=02:00:00:00:00:00\n\
             p2p_config_methods=0x1108\nsnr=59\n"
        );
        for question in
            ["BSS 11:22:33:44:55:66", "BSS p2p_dev_addr=11:22:33:44:55:66", "BSS ID-0", "BSS FIRST", "BSS 0"]
        {
            assert_eq!(cli.ask(question).await, wanted, "{question}");
        }
        assert_eq!(cli.ask("BSS 02:00:00:00:00:09").await, "");
        assert!(cli.ask("P2P_PEER 11:22:33:44:55:66").await.contains("\ngroup_capab=0x0\n"));
        assert_eq!(cli.ask("BSS_FLUSH 0").await, "OK\n");
        assert_eq!(cli.ask("BSS FIRST").await, "");
        bench.stop().await;
    });
}

#[test]
fn a_radio_with_a_p2p_device_interface_has_two_sockets() {
    run(async {
        let fake = common::Fake::default();
        fake.script.borrow_mut().p2p_device = true;
        let bench = daemon_on("", fake).await;
        let (plain, device) = (bench.monitor("p2p0").await, bench.monitor("p2p-dev-p2p0").await);
        let global = bench.global_monitor().await;
        assert_eq!(device.ask("P2P_FIND").await, "OK\n");
        assert_eq!(plain.ask("P2P_STOP_FIND").await, "OK\n");
        bench.fake.emit(Event::ScanStarted);
        bench.fake.emit(Event::P2p(P2pEvent::FindStopped));
        for monitor in [&plain, &device] {
            assert_eq!(monitor.next().await, "<3>CTRL-EVENT-SCAN-STARTED ");
            assert_eq!(monitor.next().await, "<3>P2P-FIND-STOPPED ");
        }
        assert_eq!(global.next().await, "IFNAME=p2p-dev-p2p0 <3>CTRL-EVENT-SCAN-STARTED ");
        assert_eq!(global.next().await, "<3>P2P-FIND-STOPPED ");
        let driver = plain.ask("STATUS-DRIVER").await;
        let flags = driver.lines().find_map(|l| l.strip_prefix("capa.flags=0x")).expect("flags");
        assert_ne!(u64::from_str_radix(flags, 16).expect("hexadecimal") & 0x2000_0000, 0);
        let (place, _) = bench.stop().await;
        assert!(!place.path("ctrl").exists());
    });
}

#[test]
fn failures_say_their_reason() {
    run(async {
        let bench = daemon("").await;
        let (cli, monitor) = (bench.client("p2p0"), bench.monitor("p2p0").await);
        bench.fake.emit(Event::P2p(P2pEvent::NegotiationFailed { peer: PEER, status: None, reason: "no answer" }));
        bench.fake.emit(Event::P2p(P2pEvent::NegotiationFailed { peer: PEER, status: Some(11), reason: "refused" }));
        bench.fake.emit(Event::FormationFailure {
            phase: wifi_direct::api::Phase::Wsc,
            cause: Cause::Wsc { message: 8, config_error: 18 },
        });
        for (cause, formed) in [
            (Cause::Timeout("M2"), false),
            (Cause::OwnerEnded, true),
            (Cause::Idle, true),
            (Cause::WrongKey, true),
            (Cause::ChannelConflict, true),
            (Cause::InterfaceLost, true),
            (Cause::Disconnected(8), true),
        ] {
            bench.fake.emit(Event::GroupRemoved {
                group: GroupId(1),
                interface: String::from("p2p0"),
                role: Role::Client,
                cause,
                formed,
            });
        }
        cli.talk(
            &monitor,
            "! <3>P2P-GO-NEG-FAILURE status=-1\n! <3>P2P-GO-NEG-FAILURE status=11\n! <3>P2P-GROUP-FORMATION-FAILURE \n\
             ! <3>P2P-GROUP-REMOVED p2p0 client reason=FORMATION_FAILED\n\
             ! <3>P2P-GROUP-REMOVED p2p0 client reason=GO_ENDING_SESSION\n\
             ! <3>P2P-GROUP-REMOVED p2p0 client reason=IDLE\n\
             ! <3>P2P-GROUP-REMOVED p2p0 client reason=PSK_FAILURE\n\
             ! <3>P2P-GROUP-REMOVED p2p0 client reason=FREQ_CONFLICT\n\
             ! <3>P2P-GROUP-REMOVED p2p0 client reason=UNAVAILABLE\n\
             ! <3>P2P-GROUP-REMOVED p2p0 client",
        )
        .await;
        bench.stop().await;
    });
}

//! Persistent groups: stored, listed, brought back, forgotten; and the configuration file through all of it.

mod common;

use common::{OWN, PEER, daemon, group, run};
use ieee80211_ies::MacAddr;
use p2p_core::{Event as P2pEvent, Invited};
use radio::Secret;
use wifi_direct::api::{
    AddGroup, ChannelWish, Event, GroupEvent, GroupId, GroupRecord, Invite, RecordId, Request, Role,
};

const STORED: &str = "update_config=1
# the network at home
network={
\tssid=\"home\"
\tkey_mgmt=NONE
}

network={
\tssid=\"DIRECT-v6\"
\tbssid=66:55:44:33:22:11 # the owner
\tpsk=\"43FGe2rD\"
\tproto=RSN
\tkey_mgmt=WPA-PSK
\tpairwise=CCMP
\tauth_alg=OPEN
\tmode=3
\tdisabled=2
\tp2p_client_list=11:22:33:44:55:66
}
";
const OWNER: MacAddr = MacAddr([0x66, 0x55, 0x44, 0x33, 0x22, 0x11]);

fn record() -> GroupRecord {
    GroupRecord {
        id: Some(RecordId(1)),
        role: Role::Owner,
        ssid: b"DIRECT-v6".to_vec(),
        owner: OWNER,
        passphrase: Some(Secret::new(b"43FGe2rD".to_vec())),
        psk: None,
        clients: vec![PEER],
        station_psks: Vec::new(),
    }
}

#[test]
fn the_block_of_the_guide_is_a_group() {
    run(async {
        let bench = daemon(STORED).await;
        let (cli, monitor) = (bench.client("p2p0"), bench.monitor("p2p0").await);
        assert_eq!(bench.fake.script.borrow().records, [record()]);
        assert_eq!(
            cli.ask("LIST_NETWORKS").await,
            "network id / ssid / bssid / flags\n0\thome\tany\t\n\
             1\tDIRECT-v6\t66:55:44:33:22:11\t[DISABLED][P2P-PERSISTENT]\n"
        );
        cli.talk(
            &monitor,
            "> P2P_INVITE persistent=1 peer=11:22:33:44:55:66\n< OK\n> P2P_INVITE persistent=1\n< FAIL\n\
             > P2P_INVITE persistent=0 peer=11:22:33:44:55:66\n< FAIL\n> P2P_INVITE group=none peer=11:22:33:44:55:66\n< FAIL\n\
             > P2P_GROUP_ADD persistent=1 freq=2437\n< OK\n> P2P_GROUP_ADD persistent=7\n< FAIL\n\
             > P2P_CONNECT 11:22:33:44:55:66 pbc persistent=1\n< OK\n> GET_NETWORK 1 psk\n< *\n> GET_NETWORK 1 mode\n< 3\n\
             > GET_NETWORK 0 disabled\n< 0\n> ENABLE_NETWORK 1\n< FAIL",
        )
        .await;
        let requests = bench.fake.requests();
        assert_eq!(
            requests[0],
            Request::Invite(Invite::Persistent {
                record: RecordId(1),
                peer: Some(PEER),
                channel: ChannelWish::default()
            })
        );
        assert_eq!(
            requests[1],
            Request::AddGroup(AddGroup {
                persistent: true,
                record: Some(RecordId(1)),
                channel: ChannelWish { frequency: Some(2437), ..ChannelWish::default() },
                bssid: None
            })
        );
        assert!(matches!(&requests[2], Request::Connect(c) if c.persistent && c.record == Some(RecordId(1))));
        bench.stop().await;
    });
}

#[test]
fn a_new_group_is_written_to_the_file_and_the_rest_of_it_stays() {
    run(async {
        let bench = daemon(STORED).await;
        let monitor = bench.monitor("p2p0").await;
        let file = bench.place.path("p2p.conf");
        let before = std::fs::read_to_string(&file).expect("a file");
        let new = GroupRecord {
            id: None,
            role: Role::Client,
            ssid: b"DIRECT-\x01\"".to_vec(),
            owner: PEER,
            passphrase: None,
            psk: Some(Secret::new(vec![0x57; 32])),
            clients: Vec::new(),
            station_psks: Vec::new(),
        };
        bench.fake.emit(Event::Save(new.clone()));
        let mut info = group("p2p0", Role::Client);
        info.persistent = true;
        info.ip = Some(wifi_direct::api::IpAssignment {
            client: [192, 168, 42, 2],
            mask: [255, 255, 255, 0],
            owner: [192, 168, 42, 1],
        });
        bench.fake.emit(Event::GroupStarted(info));
        let started = monitor.next().await;
        assert!(
            started.ends_with(
                " go_dev_addr=11:22:33:44:55:66 [PERSISTENT] ip_addr=192.168.42.2 ip_mask=255.255.255.0 \
                 go_ip_addr=192.168.42.1"
            ),
            "{started}"
        );
        let after = std::fs::read_to_string(&file).expect("a file");
        let block = "\nnetwork={\n\tssid=4449524543542d0122\n\tbssid=11:22:33:44:55:66\n\
                     \tpsk=5757575757575757575757575757575757575757575757575757575757575757\n\tproto=RSN\n\
                     \tkey_mgmt=WPA-PSK\n\tpairwise=CCMP\n\tgroup=CCMP\n\tauth_alg=OPEN\n\tdisabled=2\n}\n";
        assert_eq!(after, format!("{before}{block}"));
        let mut stored = new;
        stored.id = Some(RecordId(2));
        assert_eq!(bench.fake.script.borrow().records, [record(), stored]);
        assert!(!bench.place.path("p2p.conf.tmp").exists());

        // The same owner and SSID again is the same entry, with what is new.
        let mut grown = record();
        grown.id = None;
        grown.clients = vec![OWN, PEER];
        bench.fake.emit(Event::Save(grown));
        bench.fake.emit(Event::Forget(RecordId(2)));
        bench.fake.emit(Event::ScanStarted);
        monitor.next().await;
        let records = bench.fake.script.borrow().records.clone();
        assert_eq!(records.len(), 1);
        assert_eq!((records[0].id, &records[0].clients), (Some(RecordId(1)), &vec![OWN, PEER]));
        let after = std::fs::read_to_string(&file).expect("a file");
        assert!(after.contains("\tp2p_client_list=02:00:00:00:00:01 11:22:33:44:55:66\n"));
        assert!(after.contains("# the network at home\n") && after.contains("bssid=66:55:44:33:22:11\n"));
        assert_eq!(monitor.ask("P2P_REMOVE_CLIENT 11:22:33:44:55:66").await, "OK\n");
        assert_eq!(bench.fake.script.borrow().records[0].clients, [OWN]);
        bench.stop().await;
    });
}

#[test]
fn without_update_config_the_file_is_left_alone() {
    run(async {
        let bench = daemon("device_name=before # as bought\n").await;
        let cli = bench.client("p2p0");
        let file = bench.place.path("p2p.conf");
        let before = std::fs::read_to_string(&file).expect("a file");
        bench.fake.emit(Event::Save(record()));
        assert_eq!(cli.ask("SET device_name after").await, "OK\n");
        assert_eq!(bench.fake.script.borrow().config.device_name, "after");
        assert_eq!(cli.ask("GET device_name").await, "after");
        assert_eq!(cli.ask("SAVE_CONFIG").await, "FAIL\n");
        assert_eq!(bench.global().ask("SAVE_CONFIG").await, "FAIL\n");
        assert_eq!(std::fs::read_to_string(&file).expect("a file"), before);
        // The group is stored for as long as the daemon runs.
        assert!(cli.ask("LIST_NETWORKS").await.contains("0\tDIRECT-v6\t66:55:44:33:22:11\t[DISABLED][P2P-PERSISTENT]"));
        assert_eq!(cli.ask("SET update_config 1").await, "OK\n");
        assert_eq!(bench.global().ask("SAVE_CONFIG").await, "OK\n");
        let after = std::fs::read_to_string(&file).expect("a file");
        assert!(after.contains("device_name=after\nupdate_config=1\n") && after.contains("p2p_client_list="));
        bench.stop().await;
    });
}

#[test]
fn values_cannot_add_lines_to_the_file() {
    run(async {
        let bench = daemon("update_config=1\n").await;
        let cli = bench.client("p2p0");
        assert_eq!(cli.ask("ADD_NETWORK").await, "0\n");
        for attack in [
            "SET device_name x\nctrl_interface=/tmp/evil",
            "SET device_name x\rctrl_interface=/tmp/evil",
            "SET_NETWORK 0 ssid \"x\"\npsk=\"12345678\"",
            "SET_NETWORK 0 id_str \"x\"\n}\nload_dynamic_eap=/tmp/evil.so",
            "SET_NETWORK 0 id_str \"x\"}#",
        ] {
            assert_eq!(cli.ask(attack).await, "FAIL\n", "{attack:?}");
        }
        // A value may look like an event; a reply may not.
        assert_eq!(cli.ask("SET device_name <3>P2P-FIND-STOPPED").await, "OK\n");
        assert_eq!(cli.ask("GET device_name").await, "FAIL\n");
        // In force for the device, and not written: it would be read back as another name.
        assert_eq!(cli.ask("SET device_name Room #5").await, "OK\n");
        assert_eq!(bench.fake.script.borrow().config.device_name, "Room #5");
        assert_eq!(cli.ask("SAVE_CONFIG").await, "OK\n");
        let text = std::fs::read_to_string(bench.place.path("p2p.conf")).expect("a file");
        assert!(!text.contains("evil") && !text.contains("Room"), "{text}");
        bench.stop().await;
    });
}

#[test]
fn network_blocks_made_by_hand() {
    run(async {
        let bench = daemon("").await;
        let (cli, monitor) = (bench.client("p2p0"), bench.monitor("p2p0").await);
        cli.talk(
            &monitor,
            "> ADD_NETWORK\n< 0\n! <3>CTRL-EVENT-NETWORK-ADDED 0\n> SET_NETWORK 0 ssid \"DIRECT-v6\"\n< OK\n> SET_NETWORK 0 psk \"43FGe2rD\"\n< OK\n\
             > SET_NETWORK 0 mode 3\n< OK\n> SET_NETWORK 0 disabled 2\n< OK\n> SET_NETWORK 0 psk \"short\"\n< FAIL\n\
             > SET_NETWORK 0 nonsense 1\n< FAIL\n> SET_NETWORK 9 mode 3\n< FAIL\n\
             > SET_NETWORK 0 bssid 66:55:44:33:22:11\n< OK\n> SET_NETWORK 0 p2p_client_list 11:22:33:44:55:66\n< OK",
        )
        .await;
        let mut wanted = record();
        wanted.id = Some(RecordId(0));
        assert_eq!(bench.fake.script.borrow().records, [wanted]);
        cli.talk(
            &monitor,
            "> REMOVE_NETWORK 5\n< FAIL\n> ADD_NETWORK\n< 1\n! <3>CTRL-EVENT-NETWORK-ADDED 1\n\
             > REMOVE_NETWORK all\n< OK\n! <3>CTRL-EVENT-NETWORK-REMOVED 1",
        )
        .await;
        assert_eq!(bench.fake.script.borrow().records, []);
        bench.stop().await;
    });
}

#[test]
fn invitations_and_a_wrong_key() {
    run(async {
        let bench = daemon(STORED).await;
        let monitor = bench.monitor("p2p0").await;
        let invited = |persistent, owner, bssid| Invited {
            peer: PEER,
            persistent,
            owner,
            ssid: b"DIRECT-v6".to_vec(),
            owner_address: OWNER,
            bssid,
            frequency: Some(5180),
            channels: Default::default(),
        };
        let received = |invited| Event::P2p(P2pEvent::InvitationReceived { source: PEER, invited });
        let accepted = |invited| Event::P2p(P2pEvent::InvitationAccepted { source: PEER, invited });
        let result = |status, invited| Event::P2p(P2pEvent::InvitationResult { status, invited });
        bench.fake.emit(received(invited(Some(1), true, None)));
        bench.fake.emit(received(invited(None, false, Some(OWNER))));
        bench.fake.emit(accepted(invited(Some(1), true, None)));
        bench.fake.emit(accepted(invited(Some(1), false, None)));
        bench.fake.emit(accepted(invited(None, false, Some(OWNER))));
        bench.fake.emit(result(Some(0), invited(Some(1), true, None)));
        bench.fake.emit(result(Some(0), invited(Some(1), false, Some(PEER))));
        bench.fake.emit(result(Some(7), invited(Some(1), true, None)));
        bench.fake.emit(result(None, invited(Some(1), true, None)));
        bench.fake.emit(Event::Group { group: GroupId(1), event: GroupEvent::PersistentPskFail(RecordId(1)) });
        monitor
            .talk(
                &monitor,
                "! <3>P2P-INVITATION-RECEIVED sa=11:22:33:44:55:66 persistent=1 freq=5180\n\
                 ! <3>P2P-INVITATION-RECEIVED sa=11:22:33:44:55:66 go_dev_addr=66:55:44:33:22:11 \
                   bssid=66:55:44:33:22:11 unknown-network\n\
                 ! <3>P2P-INVITATION-ACCEPTED sa=11:22:33:44:55:66 persistent=1 freq=5180 ssid=\"DIRECT-v6\" \
                   go_dev_addr=66:55:44:33:22:11\n\
                 ! <3>P2P-INVITATION-ACCEPTED sa=11:22:33:44:55:66 persistent=1 ssid=\"DIRECT-v6\" \
                   go_dev_addr=66:55:44:33:22:11\n\
                 ! <3>P2P-INVITATION-ACCEPTED sa=11:22:33:44:55:66 go_dev_addr=66:55:44:33:22:11 \
                   bssid=66:55:44:33:22:11 unknown-network\n\
                 ! <3>P2P-INVITATION-RESULT status=0 ssid=\"DIRECT-v6\" go_dev_addr=66:55:44:33:22:11\n\
                 ! <3>P2P-INVITATION-RESULT status=0 11:22:33:44:55:66 ssid=\"DIRECT-v6\" \
                   go_dev_addr=66:55:44:33:22:11\n\
                 ! <3>P2P-INVITATION-RESULT status=7 \n\
                 ! <3>P2P-INVITATION-RESULT status=-1 \n\
                 ! <3>P2P-PERSISTENT-PSK-FAIL id=1",
            )
            .await;
        bench.stop().await;
    });
}

#[test]
fn flush_puts_everything_back() {
    run(async {
        let bench = daemon(STORED).await;
        let cli = bench.client("p2p0");
        for request in ["P2P_SET per_sta_psk 1", "P2P_SET disabled 1", "SET sec_device_type 1-0050F204-1"] {
            assert_eq!(cli.ask(request).await, "OK\n", "{request}");
        }
        assert_eq!(bench.fake.requests(), [Request::RemoveAllGroups, Request::Flush]);
        assert_eq!(cli.ask("P2P_FIND").await, "FAIL\n");
        assert_eq!(cli.ask("P2P_STOP_FIND").await, "OK\n");
        assert!(bench.global().ask("STATUS").await.contains("p2p_state=DISABLED\n"));
        assert_eq!(cli.ask("FLUSH").await, "OK\n");
        assert_eq!(cli.ask("P2P_FIND").await, "OK\n");
        {
            let script = bench.fake.script.borrow();
            assert!(script.records.is_empty() && !script.config.per_station_psk);
            assert!(script.config.secondary_device_types.is_empty());
        }
        bench.stop().await;
    });
}

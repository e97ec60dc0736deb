//! The transport: monitors, limits, sockets that come and go, the daemon's start and end.

mod common;

use common::{Client, Fake, Place, daemon, group, options, run, start};
use p2p_core::Event as P2pEvent;
use p2pd::cli::Ability;
use p2pd::daemon::StartError;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::{SocketAddr, UnixDatagram};
use wifi_direct::api::{Event, GroupId, Reply, Role, StationState};

fn stopped_find() -> Event {
    Event::P2p(P2pEvent::FindStopped)
}

#[test]
fn monitors_attach_detach_and_choose_a_level() {
    run(async {
        let bench = daemon("").await;
        let cli = bench.client("p2p0");
        cli.talk(
            &cli,
            "> DETACH\n< FAIL\n> LEVEL 3\n< FAIL\n> ATTACH\n< OK\n> ATTACH\n< OK\n> LEVEL 4\n< OK\n> LEVEL x\n< FAIL",
        )
        .await;
        bench.fake.emit(stopped_find());
        let other = bench.monitor("p2p0").await;
        // Both are told of the second, one only from its level on.
        bench.fake.emit(stopped_find());
        assert_eq!(other.next().await, "<3>P2P-FIND-STOPPED ");
        cli.talk(&cli, "> LEVEL 3\n< OK").await;
        bench.fake.emit(stopped_find());
        cli.talk(&cli, "! <3>P2P-FIND-STOPPED \n> DETACH\n< OK").await;
        bench.fake.emit(stopped_find());
        other.next().await;
        other.next().await;
        cli.talk(&cli, "> PING\n< PONG").await;
        assert_eq!(cli.rest(), Vec::<String>::new());
        // On the global socket there is no level.
        assert_eq!(bench.global().ask("LEVEL 3").await, "UNKNOWN COMMAND\n");
        bench.stop().await;
    });
}

#[test]
fn who_asks_for_more_is_told_why_a_request_is_refused() {
    run(async {
        let bench = daemon("").await;
        let (cli, plain) = (bench.client("p2p0"), bench.monitor("p2p0").await);
        cli.talk(
            &cli,
            "> ATTACH\n< OK\n> LEVEL 2\n< OK\n> P2P_GROUP_REMOVE p2p7\n\
             ! <2>CTRL-REQUEST-REFUSED reason=\"no group on that interface\"\n< FAIL",
        )
        .await;
        bench.fake.emit(stopped_find());
        assert_eq!(plain.next().await, "<3>P2P-FIND-STOPPED ");
        bench.stop().await;
    });
}

#[test]
fn requests_have_a_greatest_length() {
    run(async {
        let bench = daemon("").await;
        let cli = bench.client("p2p0");
        let note = |length: usize| format!("NOTE {}", "x".repeat(length - 5));
        cli.send(note(8193).as_bytes()).await;
        assert_eq!(cli.ask(&note(8192)).await, "OK\n");
        // What is not text, or ends in a zero octet, is taken for what it is.
        cli.send(b"PING\0").await;
        assert_eq!(cli.next().await, "PONG\n");
        cli.send(&[0xff, 0xfe]).await;
        assert_eq!(cli.next().await, "UNKNOWN COMMAND\n");
        assert_eq!(cli.ask("").await, "UNKNOWN COMMAND\n");
        for unknown in
            ["ping", " PING", "PING ", "P2P_CANCEL now", "NOTE", "GET", "BSS", "P2P_FINDX", "IFNAME=p2p0 PING"]
        {
            assert_eq!(cli.ask(unknown).await, "UNKNOWN COMMAND\n", "{unknown:?}");
        }
        bench.stop().await;
    });
}

#[test]
fn a_slow_monitor_gets_the_latest_two_thousand_events() {
    run(async {
        let bench = daemon("").await;
        let (slow, quick) = (bench.monitor("p2p0").await, bench.client("p2p0"));
        for number in 0..5000u32 {
            bench.fake.emit(Event::ScanFailed(number as i32));
        }
        // The daemon serves others meanwhile: what the monitor has not read leaves room for their replies.
        for _ in 0..1000 {
            assert_eq!(quick.ask("PING").await, "PONG\n");
        }
        let number = |event: String| -> u32 {
            let text = event.strip_prefix("<3>CTRL-EVENT-SCAN-FAILED ret=-").expect("an event");
            text.parse().expect("a number")
        };
        let mut last = number(slow.next().await);
        assert_eq!(last, 0);
        let (mut received, mut gaps) = (1, 0);
        while last != 4999 {
            let next = number(slow.next().await);
            assert!(next > last, "{next} after {last}");
            gaps += u32::from(next != last + 1);
            last = next;
            received += 1;
        }
        // What the system itself holds came first, then, after one gap, the newest.
        assert!(gaps <= 1 && received >= 2000, "{gaps} gaps, {received} events");
        bench.stop().await;
    });
}

#[test]
fn a_monitor_that_went_away_disturbs_nobody() {
    run(async {
        let bench = daemon("").await;
        let gone = bench.monitor("p2p0").await;
        std::fs::remove_file(&gone.path).expect("its socket");
        drop(gone);
        let other = bench.monitor("p2p0").await;
        bench.fake.emit(stopped_find());
        assert_eq!(other.next().await, "<3>P2P-FIND-STOPPED ");
        // A client without an address cannot be answered; its requests are dropped.
        let nameless = UnixDatagram::unbound().expect("a socket");
        nameless.send_to(b"TERMINATE", bench.control("p2p0")).expect("sent");
        assert_eq!(other.ask("PING").await, "PONG\n");
        // A client in the abstract name space can.
        let address = SocketAddr::from_abstract_name(format!("p2pd-test-{}", std::process::id())).expect("a name");
        let nowhere = UnixDatagram::bind_addr(&address).expect("a socket");
        nowhere.set_nonblocking(true).expect("nonblocking");
        nowhere.send_to(b"PING", bench.control("p2p0")).expect("sent");
        let client = tokio::net::UnixDatagram::from_std(nowhere).expect("a socket");
        let mut buffer = [0; 16];
        let length = client.recv(&mut buffer).await.expect("a reply");
        assert_eq!(&buffer[..length], b"PONG\n");
        bench.stop().await;
    });
}

#[test]
fn the_files_are_there_while_it_runs() {
    run(async {
        let bench = daemon("").await;
        let mode = |path: &std::path::Path| {
            let metadata = std::fs::metadata(path).expect("it is there");
            (metadata.file_type().is_socket(), metadata.permissions().mode() & 0o777)
        };
        assert_eq!(mode(&bench.place.path("ctrl")), (false, 0o770));
        assert_eq!(mode(&bench.control("p2p0")), (true, 0o770));
        assert_eq!(mode(&bench.place.path("global")), (true, 0o700));
        let (place, fake) = bench.stop().await;
        assert!(!place.path("ctrl").exists() && !place.path("global").exists());
        assert_eq!(fake.script.borrow().closed, 1);
    });
}

#[test]
fn a_stale_socket_is_replaced_and_a_live_one_is_not() {
    run(async {
        let place = Place::new();
        std::fs::create_dir_all(place.path("ctrl")).expect("a directory");
        drop(UnixDatagram::bind(place.path("ctrl/p2p0")).expect("a socket"));
        let chosen = options(&place, "");
        let bench = start(place, Fake::default(), chosen.clone()).await.expect("the stale socket is replaced");

        let second = Fake::default();
        let mut others = options(&bench.place, "");
        others.global = None;
        let refused = start(Place::new(), second.clone(), others).await;
        assert!(matches!(refused, Err(StartError::Bind(_))), "a live socket");
        // The radio of the one that runs was not touched, nor was its socket.
        assert_eq!(second.script.borrow().opened, []);
        assert_eq!(bench.client("p2p0").ask("PING").await, "PONG\n");
        let (place, fake) = bench.stop().await;

        // A file that is no socket is left alone.
        std::fs::create_dir_all(place.path("ctrl")).expect("a directory");
        std::fs::write(place.path("ctrl/p2p0"), "precious").expect("a file");
        assert!(start(place, fake, chosen).await.is_err());
    });
}

#[test]
fn a_radio_that_does_not_open_leaves_nothing_behind() {
    run(async {
        let place = Place::new();
        let chosen = options(&place, "");
        let (directory, global) = (place.path("ctrl"), place.path("global"));
        let fake = Fake::default();
        fake.script.borrow_mut().refuse_open = true;
        let kept = place.path("p2p.conf");
        let started = start(place, fake, chosen).await;
        assert!(matches!(&started, Err(StartError::Radio { ifname, .. }) if ifname == "p2p0"));
        assert!(!directory.exists() && !global.exists());
        assert!(!kept.exists(), "the test's own directory is gone with it");
    });
}

#[test]
fn a_wrong_configuration_is_named_by_line() {
    run(async {
        for (config, wanted) in [
            ("country=JP\np2p_go_intend=7\n", "p2p.conf:3: unknown key `p2p_go_intend`"),
            ("p2p_go_intent=77\n", "p2p.conf:2: `p2p_go_intent`: out of range 0 to 15"),
            ("network={\nssid=\"x\"\n", "p2p.conf:2: block without its closing brace"),
            ("network={\npsk=\"short\"\n}\n", "p2p.conf:3: `psk`: not a passphrase of 8 to 63 characters"),
            ("nonsense\n", "p2p.conf:2: not a comment, a `key=value` or a block"),
        ] {
            let place = Place::new();
            let chosen = options(&place, config);
            match start(place, Fake::default(), chosen).await {
                Err(error) => assert!(error.to_string().ends_with(wanted), "{error}"),
                Ok(_) => panic!("taken: {config}"),
            }
        }
    });
}

#[test]
fn a_group_is_promised_only_where_the_radio_has_an_interface_for_it() {
    run(async {
        let bench = daemon("").await;
        let client = bench.client("p2p0");
        let interface = || String::from("p2p-p2p0-0");
        for (there, reply) in [(true, "OK\n"), (false, "FAIL\n")] {
            bench.fake.script.borrow_mut().answers.push_back(Ok(Reply::Interface(GroupId(1))));
            let group = GroupId(1);
            let added = Event::InterfaceAdded { group, interface: interface(), created: true };
            let removed = Event::InterfaceRemoved { group, interface: interface(), created: true };
            bench.fake.script.borrow_mut().following = if there { vec![added, removed] } else { vec![removed] };
            assert_eq!(client.ask("P2P_GROUP_ADD").await, reply);
        }
    });
}

#[test]
fn nothing_is_done_before_the_monitor_that_is_waited_for() {
    run(async {
        let place = Place::new();
        let mut chosen = options(&place, "");
        chosen.wait_for_monitor = true;
        let path = place.path("ctrl").join("p2p0");
        let clients = Place::new();
        let asks = async {
            while !path.exists() {
                tokio::task::yield_now().await;
            }
            let client = Client::connect(&clients, &path);
            assert_eq!(client.ask("P2P_FIND").await, "FAIL\n");
            assert_eq!(client.ask("ATTACH").await, "OK\n");
            client
        };
        let (bench, monitor) = tokio::join!(start(place, Fake::default(), chosen), asks);
        let bench = bench.expect("a daemon");
        bench.fake.emit(stopped_find());
        assert_eq!(monitor.next().await, "<3>P2P-FIND-STOPPED ");
        bench.stop().await;
    });
}

#[test]
fn a_group_and_its_uplink_are_named_as_long_as_both_are_there() {
    run(async {
        let bench = daemon("").await;
        let (client, monitor, global) =
            (bench.client("p2p0"), bench.monitor("p2p0").await, bench.global_monitor().await);
        let owned = || group("p2p-p2p0-0", Role::Owner);
        bench.fake.script.borrow_mut().groups = vec![owned()];
        assert_eq!(client.ask("P2P_SET cross_connect 1").await, "OK\n");
        assert_eq!(monitor.rest(), Vec::<String>::new(), "no station is connected");
        bench.fake.script.borrow_mut().station.state = StationState::Completed;
        bench.fake.emit(stopped_find());
        assert_eq!(monitor.next().await, "<3>P2P-FIND-STOPPED ");
        assert_eq!(monitor.next().await, "<3>P2P-CROSS-CONNECT-ENABLE p2p-p2p0-0 p2p0");
        assert_eq!(client.ask("P2P_SET cross_connect 0").await, "OK\n");
        assert_eq!(monitor.next().await, "<3>P2P-CROSS-CONNECT-DISABLE p2p-p2p0-0 p2p0");
        assert_eq!(client.ask("P2P_SET cross_connect 1").await, "OK\n");
        assert_eq!(monitor.next().await, "<3>P2P-CROSS-CONNECT-ENABLE p2p-p2p0-0 p2p0");
        bench.fake.script.borrow_mut().groups.clear();
        bench.fake.emit(stopped_find());
        assert_eq!(
            monitor.next().await,
            "<3>P2P-CROSS-CONNECT-DISABLE p2p-p2p0-0 p2p0",
            "before what has taken it away"
        );
        assert_eq!(monitor.next().await, "<3>P2P-FIND-STOPPED ");
        assert_eq!(global.next().await, "<3>P2P-FIND-STOPPED ");
        assert_eq!(global.next().await, "<3>P2P-CROSS-CONNECT-ENABLE p2p-p2p0-0 p2p0");
        bench.stop().await;
    });
}

#[test]
fn terminate_ends_groups_first_and_tells_monitors() {
    run(async {
        let bench = daemon("").await;
        let (monitor, global) = (bench.monitor("p2p0").await, bench.global_monitor().await);
        bench.fake.script.borrow_mut().groups = vec![group("p2p-p2p0-0", Role::Owner)];
        bench.fake.emit(Event::InterfaceAdded {
            group: GroupId(1),
            interface: String::from("p2p-p2p0-0"),
            created: true,
        });
        // Its socket is there once the daemon has met the event.
        bench.fake.emit(stopped_find());
        monitor.next().await;
        let own = bench.monitor("p2p-p2p0-0").await;
        assert_eq!(bench.client("p2p0").ask("TERMINATE").await, "OK\n");
        assert_eq!(monitor.next().await, "<3>P2P-GROUP-REMOVED p2p-p2p0-0 GO reason=REQUESTED");
        assert_eq!(monitor.next().await, "<3>CTRL-EVENT-TERMINATING ");
        let events: Vec<String> = [global.next().await, global.next().await, global.next().await].into();
        assert_eq!(events[2], "IFNAME=p2p0 <3>CTRL-EVENT-TERMINATING ");
        let (place, fake) = bench.ended().await;
        assert!(!place.path("ctrl").exists() && !place.path("global").exists());
        assert_eq!(fake.script.borrow().closed, 1);
        drop(own);
    });
}

#[test]
fn interfaces_come_and_go_by_the_global_socket() {
    run(async {
        let place = Place::new();
        let mut chosen = options(&place, "");
        chosen.interfaces.clear();
        chosen.without = vec![Ability::P2pDevice];
        let bench = start(place, Fake::default(), chosen).await.expect("a daemon without interfaces");
        let global = bench.global();
        let directory = bench.place.path("ctrl").display().to_string();
        assert_eq!(global.ask("P2P_FIND").await, "UNKNOWN COMMAND\n");
        assert_eq!(global.ask("INTERFACES").await, "");
        assert_eq!(global.ask("INTERFACE_ADD wlan0\t\tnl80211\tDIR={directory} GROUP=nobody-at-all").await, "FAIL\n");
        assert_eq!(global.ask(&format!("INTERFACE_ADD wlan0\t\tnl80211\t{directory}")).await, "OK\n");
        assert_eq!(global.ask(&format!("INTERFACE_ADD wlan0\t\tnl80211\t{directory}")).await, "FAIL\n");
        assert_eq!(global.ask(&format!("INTERFACE_ADD ../x\t\tnl80211\t{directory}")).await, "FAIL\n");
        assert_eq!(bench.fake.script.borrow().opened, [(String::from("wlan0"), vec![Ability::P2pDevice])]);
        assert_eq!(global.ask("INTERFACES ctrl").await, format!("wlan0 ctrl_iface={directory}\n"));
        let own = bench.client("wlan0");
        assert_eq!(own.ask("P2P_FIND").await, "OK\n");
        assert_eq!(global.ask("P2P_FIND").await, "OK\n");
        assert_eq!(global.ask("SET p2p_go_intent 3").await, "OK\n");
        assert_eq!(global.ask("SET wifi_display 0").await, "OK\n");
        assert_eq!(global.ask("SET wifi_display 1").await, "FAIL\n");
        assert_eq!(bench.fake.script.borrow().config.go_intent, 3);
        assert_eq!(global.ask("IFNAME=wlan0 STATUS-DRIVER").await.lines().next(), Some("ifname=wlan0"));
        for unforwarded in ["GET p2p_go_intent", "LIST_NETWORKS x", "ADD_NETWORK", "SCAN", "WPS_PBC", "P2P_LO_STOP"] {
            assert_eq!(global.ask(unforwarded).await, "UNKNOWN COMMAND\n", "{unforwarded}");
        }
        let monitor = bench.monitor("wlan0").await;
        assert_eq!(global.ask("INTERFACE_REMOVE wlan0").await, "OK\n");
        assert_eq!(global.ask("INTERFACE_REMOVE wlan0").await, "FAIL\n");
        // The interface's end is not the daemon's: nobody is told that it terminates.
        assert_eq!(monitor.rest(), Vec::<String>::new());
        assert_eq!(global.ask("PING").await, "PONG\n");
        assert_eq!(bench.fake.script.borrow().closed, 1);
        bench.stop().await;
    });
}

#[test]
fn the_interface_that_does_p2p_answers_for_one_that_does_not() {
    run(async {
        let bench = daemon("").await;
        let global = bench.global();
        let directory = bench.place.path("ctrl").display().to_string();
        let file = bench.place.path("wlan0.conf");
        std::fs::write(&file, "p2p_disabled=1\n").expect("a file");
        let add = format!("INTERFACE_ADD wlan0\t{}\tnl80211\t{directory}", file.display());
        assert_eq!(global.ask(&add).await, "OK\n");
        let station = bench.client("wlan0");
        let status = station.ask("STATUS").await;
        assert!(status.contains("p2p_device_address="), "{status}");
        assert_eq!(station.ask("P2P_FIND").await, "OK\n");
        assert_eq!(station.ask("P2P_STOP_FIND").await, "OK\n");
        assert_eq!(global.ask("IFNAME=wlan0 P2P_SET ssid_postfix -x").await, "OK\n");
        assert_eq!(bench.fake.script.borrow().config.ssid_postfix, b"-x");
        assert_eq!(global.ask("INTERFACE_REMOVE p2p0").await, "OK\n");
        // Nobody does it now.
        assert_eq!(station.ask("P2P_FIND").await, "FAIL\n");
        assert_eq!(global.ask("P2P_FIND").await, "UNKNOWN COMMAND\n");
        let status = station.ask("STATUS").await;
        assert!(!status.contains("p2p_device_address="), "{status}");
        assert_eq!(
            global.ask("INTERFACE_ADD sta9\t\tnl80211\t\t\t\tcreate\tsta").await,
            "FAIL\n",
            "no radio takes one"
        );
        bench.stop().await;
    });
}

#[test]
fn an_interface_that_was_taken_away_is_served_again_when_it_is_back() {
    run(async {
        let bench = daemon("").await;
        let global = bench.global();
        let (monitor, all) = (bench.monitor("p2p0").await, bench.global_monitor().await);
        // What is there still is tried, fails, and is tried again by itself.
        bench.fake.script.borrow_mut().refuse_open = true;
        bench.fake.arrive(3, Some("p2p0"));
        bench.fake.emit(Event::RadioGone);
        assert_eq!(monitor.next().await, "<3>CTRL-EVENT-TERMINATING ");
        while !bench.fake.script.borrow().arrivals.is_empty() {
            assert_eq!(global.ask("PING").await, "PONG\n");
        }
        assert_eq!(global.ask("INTERFACES").await, "");
        assert!(!bench.control("p2p0").exists());
        assert_eq!(all.rest(), Vec::<String>::new(), "the daemon goes on");
        bench.fake.script.borrow_mut().refuse_open = false;
        while global.ask("INTERFACES").await.is_empty() {
            tokio::task::yield_now().await;
        }
        assert_eq!(bench.fake.script.borrow().opened.len(), 2);

        // A second time: what comes under another name is not taken for it.
        bench.fake.emit(Event::RadioGone);
        while !global.ask("INTERFACES").await.is_empty() {}
        bench.fake.arrive(4, Some("eth0"));
        bench.fake.arrive(3, None);
        while !bench.fake.script.borrow().arrivals.is_empty() {
            assert_eq!(global.ask("PING").await, "PONG\n");
        }
        assert_eq!(bench.fake.script.borrow().opened.len(), 2);
        bench.fake.arrive(5, Some("p2p0"));
        while global.ask("INTERFACES").await.is_empty() {}
        assert_eq!(bench.client("p2p0").ask("P2P_FIND").await, "OK\n");
        assert_eq!(bench.fake.script.borrow().opened.len(), 3);

        bench.fake.emit(Event::RadioGone);
        while !global.ask("INTERFACES").await.is_empty() {}
        assert_eq!(global.ask("INTERFACE_REMOVE p2p0").await, "OK\n");
        assert_eq!(global.ask("INTERFACE_REMOVE p2p0").await, "FAIL\n");
        bench.fake.arrive(6, Some("p2p0"));
        assert_eq!(global.ask("PING").await, "PONG\n");
        assert_eq!(global.ask("INTERFACES").await, "");
        bench.stop().await;
    });
}

#[test]
fn an_abstract_global_socket() {
    run(async {
        let place = Place::new();
        let mut chosen = options(&place, "");
        let name = format!("p2pd-global-{}", std::process::id());
        chosen.global = Some(format!("@abstract:{name}"));
        let bench = start(place, Fake::default(), chosen).await.expect("a daemon");
        // As wpa_cli does it, with the whole of `sun_path`.
        let padded = [name.as_bytes(), &vec![0; 107 - name.len()]].concat();
        let address = SocketAddr::from_abstract_name(&padded).expect("a name");
        let client = UnixDatagram::bind(bench.place.path("client")).expect("a socket");
        client.set_nonblocking(true).expect("nonblocking");
        client.send_to_addr(b"PING", &address).expect("sent");
        let client = tokio::net::UnixDatagram::from_std(client).expect("a socket");
        let mut buffer = [0; 16];
        let length = client.recv(&mut buffer).await.expect("a reply");
        assert_eq!(&buffer[..length], b"PONG\n");
        bench.stop().await;
    });
}

#[test]
fn a_group_may_use_the_sockets() {
    run(async {
        use std::os::unix::fs::MetadataExt;
        let own = rustix::process::getgid().as_raw();
        for form in ["DIR={dir} GROUP={group}", "{dir}\nctrl_interface_group={group}"] {
            let place = Place::new();
            let mut chosen = options(&place, "");
            let directory = place.path("ctrl");
            let text = form.replace("{dir}", &directory.display().to_string()).replace("{group}", &own.to_string());
            std::fs::write(place.path("p2p.conf"), format!("ctrl_interface={text}\n")).expect("a file");
            chosen.global_group = Some(own.to_string());
            let bench = start(place, Fake::default(), chosen).await.expect("a daemon");
            let access = |path: &std::path::Path| {
                let metadata = std::fs::metadata(path).expect("it is there");
                (metadata.gid(), metadata.permissions().mode() & 0o777)
            };
            assert_eq!(access(&directory), (own, 0o750));
            assert_eq!(access(&bench.control("p2p0")), (own, 0o770));
            assert_eq!(access(&bench.place.path("global")), (own, 0o770));
            bench.stop().await;
        }
        let place = Place::new();
        let mut chosen = options(&place, "");
        chosen.global_group = Some(String::from("no such group"));
        assert!(matches!(start(place, Fake::default(), chosen).await, Err(StartError::Bind(_))));
    });
}

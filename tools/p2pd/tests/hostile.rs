//! Nothing that a client sends or a file holds brings the daemon down, and what it writes it can read.

mod common;

use common::words::WORDS;
use common::{Bench, Fake, PEER, daemon_on, group, peer, run};
use p2pd::commands::{COMMANDS, MAX_REPLY, Session, interface_command};
use p2pd::config::{ConfigFile, Settings, parse_string, show_string};
use p2pd::interface::Interface;
use proptest::prelude::*;
use std::time::Duration;
use wifi_direct::api::{PeerView, Role, StationView};

fn interface(text: &str) -> Interface {
    let file = ConfigFile::parse(text).expect("a configuration");
    let settings = Settings::from_file(&file).expect("valid settings");
    Interface::new("p2p0", file, settings)
}

fn busy() -> Fake {
    let fake = Fake::default();
    let mut script = fake.script.borrow_mut();
    let mut owned = group("p2p0", Role::Owner);
    owned.stations =
        vec![StationView { address: PEER, device: Some(PEER), authorized: true, aid: 1, ..StationView::default() }];
    script.groups = vec![owned];
    script.peers = vec![PeerView { peer: peer(), age: Duration::from_secs(3) }];
    drop(script);
    fake
}

/// What might stand behind a command: right words in wrong places, and anything at all.
fn argument() -> impl Strategy<Value = String> {
    prop_oneof![prop::sample::select(WORDS).prop_map(str::to_owned), any::<String>(), "[0-9a-f:=\" ]{0,40}",]
}

fn request() -> impl Strategy<Value = String> {
    let names: Vec<&str> = COMMANDS.iter().map(|c| c.name).collect();
    (prop::sample::select(names), prop::collection::vec(argument(), 0..5)).prop_map(|(name, arguments)| {
        let mut text = name.to_owned();
        for argument in arguments {
            text.push(' ');
            text.push_str(&argument);
        }
        text
    })
}

proptest! {
    #[test]
    fn every_command_answers_whatever_is_behind_it(requests in prop::collection::vec(request(), 1..20)) {
        let mut fake = busy();
        let mut interface = interface("update_config=1\nnetwork={\nssid=\"a\"\ndisabled=2\n}\n");
        for request in requests {
            let (radio, interface) = (&mut fake, &mut interface);
            let mut session = Session { radio, interface, p2p_address: None, on: "p2p0", told: Vec::new(), awaited: Vec::new() };
            let reply = interface_command(&mut session, &request);
            prop_assert!(reply.len() <= MAX_REPLY);
            // Clients that share a socket between replies and events tell them apart by this.
            prop_assert!(!reply.starts_with('<') && !reply.starts_with("IFNAME="), "{request:?} -> {reply:?}");
        }
        // Whatever was set, the file that would be written is read back the same.
        let text = interface.file.show();
        let again = ConfigFile::parse(&text).map_err(|(line, reason)| {
            TestCaseError::fail(format!("line {line}: {reason}\n{text}"))
        })?;
        prop_assert_eq!(again.show(), text);
        prop_assert!(Settings::from_file(&again).is_ok());
    }

    #[test]
    fn any_text_is_read_or_refused_and_what_is_read_is_kept(text in "(([a-z_]{1,20}|network|device_name|ssid|psk)=?[{}\"#a-f0-9 ]{0,20}\n){0,12}") {
        if let Ok(file) = ConfigFile::parse(&text) {
            let shown = file.show();
            prop_assert_eq!(shown.trim_end(), text.trim_end());
        }
    }

    #[test]
    fn any_octets_as_a_file(text in any::<String>()) {
        if let Ok(file) = ConfigFile::parse(&text) {
            prop_assert!(ConfigFile::parse(&file.show()).is_ok());
        }
    }

    #[test]
    fn values_come_back(ssid in prop::collection::vec(any::<u8>(), 0..33), name in "[^\u{0}-\u{1f}\u{7f}-\u{9f}]{0,16}") {
        prop_assert_eq!(parse_string(&show_string(&ssid)), Some(ssid));
        let mut file = ConfigFile::parse("# head\nupdate_config=1\n").expect("a configuration");
        if file.set("device_name", &name).is_ok() {
            let again = ConfigFile::parse(&file.show()).expect("what was written");
            prop_assert_eq!(again.get("device_name"), Some(name.as_str()));
        }
    }
}

#[test]
fn random_datagrams_leave_the_daemon_serving() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    run(async {
        let bench: Bench = daemon_on("", busy()).await;
        let (client, global) = (bench.client("p2p0"), bench.global());
        let mut runner = TestRunner::deterministic();
        let datagram = prop_oneof![
            prop::collection::vec(any::<u8>(), 0..300),
            request().prop_map(String::into_bytes),
            request().prop_map(|r| format!("IFNAME=p2p0 {r}").into_bytes()),
            request().prop_map(|r| format!("INTERFACE_ADD {}", r.replace(' ', "\t")).into_bytes()),
        ];
        for _ in 0..300 {
            let bytes = datagram.new_tree(&mut runner).expect("a value").current();
            if bytes.len() > 8192 || bytes.starts_with(b"TERMINATE") {
                continue;
            }
            for socket in [&client, &global] {
                socket.send(&bytes).await;
                socket.next().await;
            }
        }
        assert_eq!(client.ask("PING").await, "PONG\n");
        assert_eq!(global.ask("PING").await, "PONG\n");
        bench.stop().await;
    });
}

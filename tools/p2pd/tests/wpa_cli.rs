//! wpa_supplicant's own wpa_cli talks to the daemon.

mod common;

use common::{Bench, PEER, capabilities, daemon_on, peer, run};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;
use wifi_direct::api::PeerView;

/// Where it may be: PATH, and where the system keeps programs for administrators.
const SYSTEM_PATH: [&str; 3] = ["/usr/sbin", "/sbin", "/usr/local/sbin"];

fn find_wpa_cli() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let directories = std::env::split_paths(&path).chain(SYSTEM_PATH.iter().map(PathBuf::from));
    let found = directories.map(|directory| directory.join("wpa_cli")).find(|file| file.is_file());
    found.expect(
        "wpa_cli is not installed: `apt-get install wpasupplicant`, or `cargo run -p lab -- test`, which does so",
    )
}

async fn wpa_cli(bench: &Bench, arguments: &str) -> String {
    let mut command = Command::new(find_wpa_cli());
    command.arg("-p").arg(bench.place.path("ctrl")).arg("-i").arg("p2p0").args(arguments.split(' '));
    let run = move || command.stdin(Stdio::null()).output().expect("wpa_cli runs");
    let output = tokio::task::spawn_blocking(run).await.expect("no panic");
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn one_shot_commands() {
    run(async {
        let fake = common::Fake::default();
        fake.script.borrow_mut().capabilities = capabilities();
        fake.script.borrow_mut().peers = vec![PeerView { peer: peer(), age: Duration::from_secs(3) }];
        let bench = daemon_on("device_name=x\n", fake).await;
        for (command, reply) in [
            ("ping", "PONG\n"),
            ("p2p_find", "OK\n"),
            ("p2p_connect 11:22:33:44:55:66 pbc", "OK\n"),
            ("p2p_connect 11:22:33:44:55:66 1234", "OK\n"),
            ("p2p_group_remove p2p0", "FAIL\n"),
            ("p2p_set disc_int 1 3 100", "OK\n"),
            ("p2p_cancel", "OK\n"),
            ("list_networks", "network id / ssid / bssid / flags\n"),
            ("get_capability modes", "AP"),
            ("save_config", "FAIL\n"),
            ("bss_flush", "OK\n"),
            ("note hello", "OK\n"),
        ] {
            assert_eq!(wpa_cli(&bench, command).await, reply, "{command}");
        }
        // wpa_cli walks through the peers with FIRST and NEXT-, and shows those that are known.
        assert_eq!(wpa_cli(&bench, "p2p_peers").await, format!("{PEER}\n"));
        let shown = wpa_cli(&bench, "p2p_peer 11:22:33:44:55:66").await;
        assert_eq!(
            shown,
            "11:22:33:44:55:66\npri_dev_type=10-0050F204-5\ndevice_name=Test device2\nmanufacturer=\nmodel_name=\n\
             model_number=\nserial_number=\nconfig_methods=0x1108\ndev_capab=0x25\ngroup_capab=0x0\nlevel=0\nage=3\n\
             listen_freq=0\nwps_method=not-ready\ninterface_addr=00:00:00:00:00:00\n\
             member_in_go_dev=00:00:00:00:00:00\nmember_in_go_iface=00:00:00:00:00:00\ngo_neg_req_sent=0\n\
             go_state=unknown\ndialog_token=0\nintended_addr=00:00:00:00:00:00\ncountry=__\noper_freq=0\n\
             req_config_methods=0x0\nflags=\nstatus=0\ninvitation_reqs=0\n"
        );
        assert!(wpa_cli(&bench, "status").await.starts_with("wpa_state=DISCONNECTED\n"));
        assert_eq!(wpa_cli(&bench, "terminate").await, "OK\n");
        bench.ended().await;
    });
}

//! The program itself: into the background and out of it, without a radio.

mod common;

use common::{Client, Place, run};
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn p2pd(place: &Place, arguments: &[&str]) -> Output {
    let directory = place.path("");
    Command::new(env!("CARGO_BIN_EXE_p2pd"))
        .args(arguments)
        .current_dir(directory)
        .stdin(Stdio::null())
        .output()
        .expect("the program runs")
}

fn pid(path: &Path) -> i32 {
    std::fs::read_to_string(path).expect("a pid file").trim().parse().expect("a number")
}

/// Waits until a process is gone, as its files tell.
async fn gone(path: &Path) {
    let wait = async {
        while path.exists() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(common::PATIENCE, wait).await.expect("an end in time");
}

#[test]
fn in_the_background_everything_is_there_when_the_command_is_back() {
    run(async {
        let place = Place::new();
        // Paths are as seen from where the command is given.
        let started = p2pd(&place, &["-g", "global", "-B", "-P", "pid", "-f", "log", "-t"]);
        assert!(started.status.success(), "{started:?}");
        let id = pid(&place.path("pid"));
        let client = Client::connect(&place, &place.path("global"));
        assert_eq!(client.ask("PING").await, "PONG\n");
        assert_eq!(client.ask("NOTE before").await, "OK\n");

        // The log goes on in a new file when somebody has moved the old one away.
        std::fs::rename(place.path("log"), place.path("log.old")).expect("moved");
        assert_eq!(client.ask("RELOG").await, "OK\n");
        assert_eq!(client.ask("NOTE after\x1b[2J").await, "OK\n");
        let read = |name: &str| std::fs::read_to_string(place.path(name)).expect("a log");
        assert!(read("log.old").ends_with(": NOTE: before\n"), "{}", read("log.old"));
        assert!(read("log").ends_with(": NOTE: after_[2J\n"), "{}", read("log"));

        // It has left the terminal: a session of its own.
        let status = std::fs::read_to_string(format!("/proc/{id}/stat")).expect("the process");
        let session = status.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(3)).expect("a session");
        assert_eq!(session, id.to_string());

        // A second one does not take the first one's place.
        let second = p2pd(&place, &["-g", "global", "-B"]);
        assert!(!second.status.success());
        assert!(String::from_utf8_lossy(&second.stderr).contains("in use by another process"), "{second:?}");
        assert_eq!(client.ask("PING").await, "PONG\n");

        let term = rustix::process::Pid::from_raw(id).expect("a process id");
        rustix::process::kill_process(term, rustix::process::Signal::TERM).expect("a signal");
        gone(&place.path("pid")).await;
        assert!(!place.path("global").exists());
    });
}

#[test]
fn what_cannot_start_says_why() {
    let place = Place::new();
    std::fs::write(place.path("conf"), "ctrl_interface=ctrl\np2p_go_intent=99\n").expect("a file");
    for (arguments, wanted) in [
        (&["-i", "p2p0", "-c", "conf"][..], "conf:2: `p2p_go_intent`: out of range 0 to 15"),
        (&["-i", "p2p0", "-c", "missing"], "missing: No such file"),
        (&["-B", "-i", "p2p0", "-c", "conf"], "conf:2: `p2p_go_intent`: out of range 0 to 15"),
        (&["-i", "no-such-wlan", "-C", "ctrl"], "no-such-wlan"),
        (&["-x"], "unknown option -x"),
        (&[], "at least one interface"),
    ] {
        let output = p2pd(&place, arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains(wanted), "{arguments:?}: {said}");
    }
    assert!(!place.path("ctrl").exists());
    let version = p2pd(&place, &["-v"]);
    assert!(version.status.success() && version.stdout.starts_with(b"p2pd v"));
}

#[test]
fn terminate_over_the_socket() {
    run(async {
        let place = Place::new();
        // Without a log file the log is for whoever gives the command, until it is back.
        let started = p2pd(&place, &["-g", "global", "-B", "-P", "pid", "-u", "-t"]);
        assert!(started.status.success(), "{started:?}");
        assert!(String::from_utf8_lossy(&started.stdout).contains("option -u is accepted"), "{started:?}");
        let client = Client::connect(&place, &place.path("global"));
        assert_eq!(client.ask("TERMINATE").await, "OK\n");
        gone(&place.path("pid")).await;
        assert!(!place.path("global").exists());
    });
}

//! Two daemons on a simulated air, each with its p2pctl.

mod common;

use common::{Room, pctl, run};

/// The lines of an output without what changes from run to run: addresses, SSIDs, passphrases, PINs.
fn golden(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let words: Vec<String> = line
            .split(' ')
            .map(|word| {
                let bare = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
                if bare.starts_with("DIRECT-") { word.replace(bare, "DIRECT-xy") } else { word.to_owned() }
            })
            .collect();
        out.push_str(&words.join(" "));
        out.push('\n');
    }
    out
}

/// The value of the first `"key":"…"` in JSON text.
fn member<'a>(json: &'a str, key: &str) -> &'a str {
    let (_, rest) = json.split_once(&format!("\"{key}\":\"")).unwrap_or_else(|| panic!("no {key} in {json}"));
    rest.split('"').next().unwrap_or_default()
}

#[test]
fn two_people_find_each_other_connect_and_part() {
    run(async {
        let room = Room::new(["laptop", "television"]).await;
        let (laptop, television) = (room.place(0), room.place(1));

        // A device is found while it searches or listens itself.
        let (found, _) = tokio::join!(pctl(laptop, "find 3"), pctl(television, "find 3"));
        assert_eq!(found.code, 0, "{found:?}");
        let (head, row) = found.out.split_once('\n').expect("a table");
        assert_eq!(head, "NAME        KIND  SIGNAL   OFFERS                        GROUP  ADDRESS");
        assert_eq!(row, "television  PC    -50 dBm  button, shows PIN, takes PIN  -      02:01:00:00:01:00\n");

        // One side accepts whoever asks, the other asks.
        let (accepted, connected) = tokio::join!(
            pctl(television, "accept laptop --client"),
            pctl(laptop, "connect television --go --freq 2437")
        );
        assert_eq!(
            (connected.code, golden(&connected.out).lines().take(5).collect::<Vec<_>>().join("\n")),
            (
                0,
                "Connecting to television by push button: it has to be pressed there, too\n  \
                 starting the group: this device owns the group, channel 6 (2437 MHz)\n  \
                 handing over the key\n  \
                 proving the key\n\
                 Connected: owner DIRECT-xy on channel 6 (2437 MHz), interface p2p-wlan0-0"
                    .to_owned()
            ),
            "{connected:?}"
        );
        assert_eq!(
            (accepted.code, golden(&accepted.out)),
            (
                0,
                "Waiting for a device that asks\n\
                 laptop (PC, 02:01:00:00:00:00) wants to connect by push button\n  \
                 starting the group: the other device owns the group, channel 6 (2437 MHz)\n  \
                 coming to the owner\n  \
                 handing over the key\n  \
                 proving the key\n\
                 Connected: client DIRECT-xy on channel 6 (2437 MHz), interface p2p-wlan0-0\n"
                    .to_owned()
            ),
            "{accepted:?}"
        );

        let groups = pctl(laptop, "groups --json").await;
        assert_eq!((member(&groups.out, "role"), member(&groups.out, "interface")), ("owner", "p2p-wlan0-0"));
        assert!(groups.out.contains("\"members\":[\"02:01:00:00:01:00\"]"), "{groups:?}");
        let theirs = pctl(television, "groups --json").await;
        assert_eq!(member(&theirs.out, "ssid"), member(&groups.out, "ssid"));

        let (left, told) = tokio::join!(pctl(television, "leave"), pctl(laptop, "monitor 2"));
        assert_eq!(
            (left.code, golden(&left.out).as_str()),
            (0, "DIRECT-xy on p2p-wlan0-0 has ended: ended by request\n")
        );
        assert!(told.out.contains("02:01:00:00:01:00 has left\n"), "{told:?}");
        assert_eq!(pctl(television, "groups").await.out, "No group runs here.\n");
        let missing = pctl(television, "leave").await;
        assert_eq!((missing.code, missing.err.as_str()), (5, "p2pctl: no group runs here\n"));
    });
}

#[test]
fn a_shown_pin_is_typed_on_the_other_side_and_the_group_stored() {
    run(async {
        let room = Room::new(["laptop", "camera"]).await;
        tokio::join!(pctl(room.place(0), "find 2"), pctl(room.place(1), "find 2"));
        let shows = common::start(room.place(0), "connect camera --show-pin --persistent --json");
        let pin = shows.line_with("\"show_pin\"").await;
        let pin = member(&pin, "show_pin").to_owned();
        let types = pctl(room.place(1), &format!("connect laptop --pin {pin} --persistent")).await;
        let shows = shows.end().await;
        assert_eq!((shows.code, types.code), (0, 0), "{shows:?} {types:?}");
        let ssid = member(&shows.out, "ssid").to_owned();
        assert!(shows.out.contains("\"persistent\":true"), "{shows:?}");

        for place in [room.place(0), room.place(1)] {
            let saved = pctl(place, "saved --json").await;
            assert_eq!(member(&saved.out, "ssid"), ssid);
        }
        assert_eq!(pctl(room.place(0), "leave --all").await.code, 0);
        let forgotten = pctl(room.place(0), &format!("forget {ssid}")).await;
        assert_eq!(forgotten.code, 0, "{forgotten:?}");
        assert!(forgotten.out.starts_with(&format!("{ssid} is forgotten\n")), "{forgotten:?}");
        assert!(pctl(room.place(0), "saved").await.out.starts_with("No group is stored."));
        assert_eq!(pctl(room.place(0), &format!("forget {ssid}")).await.code, 5);
    });
}

#[test]
fn a_failure_names_the_phase_the_reason_and_what_to_do() {
    run(async {
        let room = Room::new(["laptop", "camera"]).await;
        let (right, wrong) = tokio::join!(
            pctl(room.place(0), "connect camera --pin 12345670"),
            pctl(room.place(1), "connect laptop --pin 00000000")
        );
        // Both type, nobody shows.
        for ended in [right, wrong] {
            assert_eq!(ended.code, 1, "{ended:?}");
            assert!(
                ended.err.starts_with(
                    "p2pctl: failed while agreeing who owns the group: the two devices want to connect in different ways\n"
                ),
                "{ended:?}"
            );
        }
    });
}

#[test]
fn a_device_that_is_not_there_is_looked_for_and_not_found() {
    run(async {
        let room = Room::new(["laptop"]).await;
        let ended = pctl(room.place(0), "connect toaster --timeout 2 --json").await;
        assert_eq!(ended.code, 6, "{ended:?}");
        assert!(ended.out.contains("\"phase\":\"search\""), "{ended:?}");
        assert!(ended.out.contains("no device that is called so was found: toaster (no other was)"), "{ended:?}");
    });
}

#[test]
fn a_group_that_runs_is_shown_and_joined() {
    run(async {
        let room = Room::new(["laptop", "camera"]).await;
        let created = pctl(room.place(0), "create --persistent --freq 2412").await;
        assert_eq!(created.code, 0, "{created:?}");
        assert!(
            golden(&created.out)
                .starts_with("Started: owner DIRECT-xy on channel 1 (2412 MHz), interface p2p-wlan0-0\n")
        );
        // The camera joins the group that it finds.
        let found = pctl(room.place(1), "find 5").await;
        assert!(golden(&found.out).contains("owns DIRECT-xy on channel 1 (2412 MHz)"), "{found:?}");
        let joins = common::start(room.place(1), "connect laptop");
        let accepted = pctl(room.place(0), "accept camera").await;
        let joined = joins.end().await;
        assert_eq!((accepted.code, joined.code), (0, 0), "{accepted:?} {joined:?}");
        assert!(joined.out.contains("Joining the group of laptop by push button"), "{joined:?}");
        assert!(accepted.out.ends_with("camera is in the group\n"), "{accepted:?}");
    });
}

#[test]
fn a_device_that_asks_its_user_is_invited_back_into_a_stored_group() {
    run(async {
        let room = Room::new(["laptop", "camera"]).await;
        let (laptop, camera) = (room.place(0), room.place(1));
        for owner in [laptop, camera] {
            let terms = |place| if place == owner { "--persistent --go" } else { "--persistent --client" };
            let accepts = common::start(camera, &format!("accept laptop {}", terms(camera)));
            let connected = pctl(laptop, &format!("connect camera {}", terms(laptop))).await;
            let accepted = accepts.end().await;
            assert_eq!((connected.code, accepted.code), (0, 0), "{connected:?} {accepted:?}");
            assert_eq!(pctl(laptop, "leave --all").await.code, 0);
            assert_eq!(pctl(camera, "leave --all").await.code, 0);

            let accepts = common::start(camera, "accept --yes");
            let invited = pctl(laptop, "invite camera").await;
            let accepted = accepts.end().await;
            assert_eq!((invited.code, accepted.code), (0, 0), "{invited:?} {accepted:?}");
            assert!(invited.out.contains("  it has the invitation, its user is being asked\n"), "{invited:?}");
            for place in [laptop, camera] {
                assert_eq!(pctl(place, "leave --all").await.code, 0);
                assert_eq!(pctl(place, "forget --all").await.code, 0);
            }
        }
    });
}

#[test]
fn a_daemon_that_dies_and_one_that_refuses_are_told_of() {
    run(async {
        let room = Room::new(["laptop"]).await;
        let refused = pctl(room.place(0), "create --freq 5500").await;
        assert_eq!(refused.code, 7, "{refused:?}");
        let said = refused.err.strip_prefix("p2pctl: the daemon refused: to own a group: ").expect("a refusal");
        assert!(said.contains("5500 MHz"), "p2pd's own reason: {refused:?}");

        let waits = common::start(room.place(0), "accept --yes");
        waits.line_with("Waiting").await;
        room.kill(0);
        let ended = waits.end().await;
        assert_eq!(ended.code, 3, "{ended:?}");
        assert!(ended.err.contains("was left by one that has died. Start one"), "{ended:?}");
        assert_eq!(pctl(room.place(0), "groups").await.code, 3);
    });
}

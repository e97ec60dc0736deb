//! The station: our daemon's own connection to an access point (hostapd), alone and with P2P beside it on the same radio.

use std::net::Ipv4Addr;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::control::Control;
use harness::formation::{Ends, REMOVED_WITHIN, Wish, dissolve};
use harness::{AccessPoint, Hostapd, Kind, Lab, Program, Scenario, Station, rtnetlink, station::WLAN, traffic};
use regex_lite::Regex;

use crate::beside::land;
use crate::join::{autonomous, autonomous_with, join};

const HOME: AccessPoint<'_> =
    AccessPoint { ssid: "home", passphrase: Some("correct horse"), channel: ('g', 6), more: "" };
/// Its channel, MHz.
const THERE: u32 = 2437;
const CAFE: AccessPoint<'_> = AccessPoint { ssid: "cafe", passphrase: None, channel: ('g', 11), more: "" };
/// The first with a registrar.
const REGISTRAR: &str =
    "wps_state=2\neap_server=1\nconfig_methods=push_button virtual_display keypad\ndevice_name=home";
/// What the file says of the first.
const NETWORK: &str = "network={\n  ssid=\"home\"\n  psk=\"correct horse\"\n  id_str=\"at home\"\n}";
/// A scan of all channels and a handshake.
const CONNECTED_WITHIN: Duration = Duration::from_secs(30);
/// How long a group may take to move with its clients.
const MOVED_WITHIN: Duration = Duration::from_secs(10);
/// How long a packet may take while the radio is away from the connection.
const REACHED_WITHIN: Duration = Duration::from_secs(3);
/// The address of the station; those of the access points end in 1, 2, ….
const ADDRESS: Ipv4Addr = Ipv4Addr::new(192, 168, 77, 100);

/// An access point with an address of its own.
fn access_point(lab: &mut Lab, ap: AccessPoint<'_>, last: u8) -> Result<(Hostapd, Ipv4Addr)> {
    let address = Ipv4Addr::new(192, 168, 77, last);
    let hostapd = lab.access_point(ap.ssid, ap)?;
    hostapd.namespace().run(|| rtnetlink::add_address(WLAN, address, 24))?;
    Ok((hostapd, address))
}

/// A station, and the control connection of its `wlan0`.
fn station(lab: &mut Lab, name: &str, program: Program, kind: Kind, config: &str) -> Result<(Station, Control)> {
    let station = lab.station(name, program, kind, &format!("country=US\n{config}"))?;
    station.namespace().run(|| rtnetlink::add_address(WLAN, ADDRESS, 24))?;
    let control = station.other_control(WLAN)?;
    Ok((station, control))
}

/// Writes a network block by commands; its number.
fn add(control: &Control, fields: &[(&str, &str)]) -> Result<String> {
    let id = control.request("ADD_NETWORK")?;
    for (key, value) in fields {
        control.ok(&format!("SET_NETWORK {id} {key} {value}"))?;
    }
    Ok(id)
}

fn connected(control: &mut Control, id: &str) -> Result<()> {
    let pattern = format!("^CTRL-EVENT-CONNECTED - Connection to \\S+ completed \\[id={id} id_str=.*\\]$");
    control.expect(&pattern, CONNECTED_WITHIN)?;
    ensure!(control.value("STATUS", "wpa_state")? == "COMPLETED");
    Ok(())
}

/// A network by commands: connected, left, connected again, sent away and back, forgotten.
fn by_commands(lab: &mut Lab, program: Program, kind: Kind) -> Result<()> {
    let (mut home, address) = access_point(lab, HOME, 1)?;
    let (mut station, mut control) = station(lab, "station", program, kind, "")?;
    let id = add(&control, &[("ssid", "\"home\""), ("psk", "\"correct horse\""), ("scan_ssid", "1")])?;
    control.ok(&format!("SELECT_NETWORK {id}"))?;
    connected(&mut control, &id)?;
    traffic::ping(station.namespace(), address, REACHED_WITHIN)?;
    let status = control.request("STATUS")?;
    let bssid = home.bssid();
    let wanted = format!(
        "bssid={bssid}\nfreq={THERE}\nssid=home\nid={id}\nmode=station\npairwise_cipher=CCMP\ngroup_cipher=CCMP\nkey_mgmt=WPA2-PSK\n"
    );
    for line in wanted.lines() {
        ensure!(status.lines().any(|l| l == line), "{line} is not in {status}");
    }
    ensure!(control.request("LIST_NETWORKS")?.contains(&format!("{id}\thome\tany\t[CURRENT]")));
    ensure!(control.value("SIGNAL_POLL", "FREQUENCY")? == THERE.to_string());
    control.forget();
    control.ok("DISCONNECT")?;
    control.expect(&format!("^CTRL-EVENT-DISCONNECTED bssid={bssid} reason=3 locally_generated=1$"), REMOVED_WITHIN)?;
    control.expect_none("^CTRL-EVENT-CONNECTED", Duration::from_secs(15))?;
    ensure!(control.value("STATUS", "wpa_state")? == "DISCONNECTED");
    control.forget();
    control.ok("RECONNECT")?;
    connected(&mut control, &id)?;
    control.forget();
    let own = control.value("STATUS", "address")?;
    home.control().ok(&format!("DEAUTHENTICATE {own}"))?;
    control.expect(&format!("^CTRL-EVENT-DISCONNECTED bssid={bssid} reason="), REMOVED_WITHIN)?;
    connected(&mut control, &id)?;
    traffic::ping(station.namespace(), address, REACHED_WITHIN)?;
    control.forget();
    control.ok("REASSOCIATE")?;
    connected(&mut control, &id)?;
    control.forget();
    control.ok(&format!("REMOVE_NETWORK {id}"))?;
    control.expect("^CTRL-EVENT-DISCONNECTED ", REMOVED_WITHIN)?;
    station.stop()
}

/// How the user has the access point's registrar give the station a network.
#[derive(Clone, Copy)]
enum Wps {
    Button,
    Pin,
}

/// A network by WPS: by the button, or by the PIN that the station shows; it is in the file. Given up, or with the wrong PIN, the
/// station is back in it.
fn by_wps(lab: &mut Lab, program: Program, kind: Kind, wps: Wps) -> Result<()> {
    let (mut home, address) = access_point(lab, AccessPoint { more: REGISTRAR, ..HOME }, 1)?;
    let (mut station, mut control) = station(lab, "station", program, kind, "update_config=1")?;
    control.forget();
    match wps {
        Wps::Button => {
            control.ok("WPS_PBC")?;
            home.control().ok("WPS_PBC")?;
        }
        Wps::Pin => {
            let pin = control.request("WPS_PIN any")?;
            ensure!(pin.len() == 8, "{pin:?}");
            home.control().ok(&format!("WPS_PIN any {pin}"))?;
        }
    }
    control.expect("^WPS-CRED-RECEIVED", CONNECTED_WITHIN)?;
    control.expect("^WPS-SUCCESS", CONNECTED_WITHIN)?;
    connected(&mut control, "0")?;
    traffic::ping(station.namespace(), address, REACHED_WITHIN)?;
    ensure!(control.request("LIST_NETWORKS")?.contains("0\thome\tany\t[CURRENT]"));
    let file = std::fs::read_to_string(station.config()).context("configuration")?;
    ensure!(file.contains("ssid=\"home\"") && file.contains("psk="), "{file}");
    control.forget();
    let bssid = home.bssid();
    match wps {
        Wps::Button => {
            control.ok("WPS_PBC")?;
            control.expect("^CTRL-EVENT-DISCONNECTED ", REMOVED_WITHIN)?;
            control.ok("WPS_CANCEL")?;
            control.ok("RECONNECT")?;
        }
        Wps::Pin => {
            home.control().ok("WPS_PIN any 12345670")?;
            ensure!(control.request(&format!("WPS_PIN {bssid} 00000000"))? == "00000000");
            control.expect("^WPS-FAIL msg=8 config_error=18", CONNECTED_WITHIN)?;
        }
    }
    connected(&mut control, "0")?;
    traffic::ping(station.namespace(), address, REACHED_WITHIN)?;
    station.stop()
}

/// The configuration file alone: connected at the start, by priority; the other network by SELECT_NETWORK, an open one.
fn by_file(lab: &mut Lab, program: Program) -> Result<()> {
    let (_home, home) = access_point(lab, HOME, 1)?;
    let (_cafe, cafe) = access_point(lab, CAFE, 2)?;
    let config =
        format!("network={{\n  ssid=\"cafe\"\n  key_mgmt=NONE\n}}\n{}", NETWORK.replace('}', "  priority=1\n}"));
    let (mut station, mut control) = station(lab, "station", program, Kind::P2pDevice, &config)?;
    if control.value("STATUS", "wpa_state")? != "COMPLETED" {
        control.expect("^CTRL-EVENT-CONNECTED .* \\[id=1 id_str=at home\\]$", CONNECTED_WITHIN)?;
    }
    traffic::ping(station.namespace(), home, REACHED_WITHIN)?;
    control.forget();
    control.ok("SELECT_NETWORK 0")?;
    connected(&mut control, "0")?;
    traffic::ping(station.namespace(), cafe, REACHED_WITHIN)?;
    let list = control.request("LIST_NETWORKS")?;
    ensure!(list.contains("0\tcafe\tany\t[CURRENT]\n1\thome\tany\t[DISABLED]"), "{list}");
    ensure!(control.value("STATUS", "key_mgmt")? == "NONE");
    station.stop()
}

/// The passphrase is wrong: that is told, the network rests, and comes back with the right one.
fn wrong_key(lab: &mut Lab, program: Program) -> Result<()> {
    let (_home, address) = access_point(lab, HOME, 1)?;
    let config = NETWORK.replace("correct", "wrong");
    let (mut station, mut control) = station(lab, "station", program, Kind::P2pDevice, &config)?;
    let told = "^CTRL-EVENT-SSID-TEMP-DISABLED id=0 ssid=\"home\" auth_failures=1 duration=10 reason=WRONG_KEY$";
    control.expect(told, CONNECTED_WITHIN)?;
    ensure!(control.request("LIST_NETWORKS")?.contains("[TEMP-DISABLED]"));
    control.expect("^CTRL-EVENT-SSID-REENABLED id=0 ssid=\"home\"$", CONNECTED_WITHIN)?;
    control.forget();
    control.ok("SET_NETWORK 0 psk \"correct horse\"")?;
    control.ok("SELECT_NETWORK 0")?;
    connected(&mut control, "0")?;
    traffic::ping(station.namespace(), address, REACHED_WITHIN)?;
    station.stop()
}

/// The access point is switched off, and on again.
fn gone_and_back(lab: &mut Lab, program: Program) -> Result<()> {
    let (mut home, address) = access_point(lab, HOME, 1)?;
    let (mut station, mut control) = station(lab, "station", program, Kind::Plain, NETWORK)?;
    if control.value("STATUS", "wpa_state")? != "COMPLETED" {
        connected(&mut control, "0")?;
    }
    control.forget();
    home.control().ok("DISABLE")?;
    control.expect("^CTRL-EVENT-DISCONNECTED ", CONNECTED_WITHIN)?;
    control.expect("^CTRL-EVENT-NETWORK-NOT-FOUND", CONNECTED_WITHIN)?;
    home.control().ok("ENABLE")?;
    connected(&mut control, "0")?;
    traffic::ping(station.namespace(), address, CONNECTED_WITHIN)?;
    station.stop()
}

/// Event for event what wpa_supplicant says while it connects, is sent away, has a wrong key, and leaves.
fn events(lab: &mut Lab) -> Result<()> {
    let (mut home, _) = access_point(lab, HOME, 1)?;
    let (_cafe, _) = access_point(lab, CAFE, 2)?;
    let mut told = Vec::new();
    for program in [Program::Theirs, Program::Ours] {
        let (mut station, mut control) = station(lab, program.name(), program, Kind::P2pDevice, "")?;
        let right = add(&control, &[("ssid", "\"home\""), ("psk", "\"correct horse\"")])?;
        let open = add(&control, &[("ssid", "\"cafe\""), ("key_mgmt", "NONE")])?;
        let wrong = add(&control, &[("ssid", "\"home\""), ("psk", "\"wrong horse\"")])?;
        control.forget();
        control.ok(&format!("SELECT_NETWORK {right}"))?;
        connected(&mut control, &right)?;
        let own = control.value("STATUS", "address")?;
        home.control().ok(&format!("DEAUTHENTICATE {own} reason=2"))?;
        control.expect("^CTRL-EVENT-DISCONNECTED ", REMOVED_WITHIN)?;
        connected(&mut control, &right)?;
        control.ok(&format!("SELECT_NETWORK {open}"))?;
        connected(&mut control, &open)?;
        control.ok(&format!("SELECT_NETWORK {wrong}"))?;
        control.expect("^CTRL-EVENT-SSID-TEMP-DISABLED ", CONNECTED_WITHIN)?;
        control.ok("DISCONNECT")?;
        told.push(described(&control)?);
        station.stop()?;
    }
    let [theirs, ours] = told.as_slice() else { return Ok(()) };
    ensure!(theirs == ours, "theirs\n  {}\nours\n  {}", theirs.join("\n  "), ours.join("\n  "));
    Ok(())
}

/// What a monitor was told, without scans and what differs from run to run.
fn described(control: &Control) -> Result<Vec<String>> {
    let aside = Regex::new("^(CTRL-EVENT-(SCAN|BSS|REGDOM|DSCP|SUBNET|NETWORK|SIGNAL|BEACON)|WPS-AP-AVAILABLE)")?;
    let address = Regex::new("([0-9a-f]{2}:){5}[0-9a-f]{2}")?;
    let mut lines: Vec<String> = Vec::new();
    for event in control.events() {
        let text = address.replace_all(&event.text, "ADDRESS").into_owned();
        // Told to have been disconnected, wpa_supplicant disconnects once more, and says so.
        let again = |last: &String| [last, &text].iter().all(|line| line.starts_with("CTRL-EVENT-DISCONNECTED "));
        if !aside.is_match(&text) && !lines.last().is_some_and(again) {
            lines.push(text);
        }
    }
    Ok(lines)
}

/// A station of ours that is connected, and its access point.
struct Scene {
    home: Hostapd,
    address: Ipv4Addr,
    ours: Station,
    control: Control,
}

impl Scene {
    fn new(lab: &mut Lab, kind: Kind) -> Result<Self> {
        let (home, address) = access_point(lab, HOME, 1)?;
        let (ours, mut control) = station(lab, "ours", Program::Ours, kind, NETWORK)?;
        if control.value("STATUS", "wpa_state")? != "COMPLETED" {
            connected(&mut control, "0")?;
        }
        control.forget();
        let mut scene = Self { home, address, ours, control };
        scene.check(THERE)?;
        Ok(scene)
    }

    /// Demands that the connection stands on this channel (MHz), was never lost, and carries data.
    fn check(&mut self, frequency: u32) -> Result<()> {
        ensure!(self.control.value("STATUS", "freq")? == frequency.to_string(), "not on {frequency} MHz");
        self.control.expect_none("^CTRL-EVENT-DISCONNECTED", Duration::ZERO)?;
        traffic::ping(self.ours.namespace(), self.address, REACHED_WITHIN)?;
        Ok(())
    }
}

/// On a radio with one channel a group in either role lands on the station's, and leaves it alone; elsewhere it is refused; without
/// the station the radio is free.
fn one_channel(lab: &mut Lab, kind: Kind) -> Result<()> {
    let mut scene = Scene::new(lab, kind)?;
    let mut peer = lab.station("peer", Program::Theirs, Kind::P2pDevice, "country=US")?;
    for (ours, other) in [(Wish::OWNER, Wish::CLIENT), (Wish::CLIENT, Wish::OWNER)] {
        let (one, two) = land(lab, (&mut scene.ours, ours), (&mut peer, other), THERE)?;
        scene.check(THERE)?;
        dissolve((&mut scene.ours, &one), (&mut peer, &two), Ends::Owner)?;
    }
    let said = scene.ours.control().request("P2P_GROUP_ADD freq=2412")?;
    ensure!(said == "FAIL", "{said:?}");
    let log = std::fs::read_to_string(lab.directory().join("ours.log"))?;
    ensure!(log.contains("wlan0 is on 2437 MHz for our own station"), "the log does not say why");
    scene.check(THERE)?;
    scene.control.ok("DISCONNECT")?;
    scene.control.expect("^CTRL-EVENT-DISCONNECTED ", REMOVED_WITHIN)?;
    let (owned, _) = autonomous_with(&mut scene.ours, "freq=2412")?;
    ensure!(owned.frequency == 2412, "{owned:?}");
    // The station is back: the group makes room.
    scene.control.forget();
    scene.control.ok("RECONNECT")?;
    connected(&mut scene.control, "0")?;
    ensure!(scene.ours.group_control(&owned)?.value("STATUS", "freq")? == THERE.to_string());
    scene.check(THERE)
}

/// The group is there first: its interface leaves the radio's own address to the station, which the kernel could not raise beside it.
fn after_a_group(lab: &mut Lab, kind: Kind) -> Result<()> {
    let (_home, address) = access_point(lab, HOME, 1)?;
    let (mut station, mut control) = station(lab, "ours", Program::Ours, kind, "")?;
    let (owned, _) = autonomous_with(&mut station, &format!("freq={THERE}"))?;
    let own = station.group_control(&owned)?.value("STATUS", "address")?;
    ensure!(own != control.value("STATUS", "address")?, "the group has the station's address {own}");
    let id = add(&control, &[("ssid", "\"home\""), ("psk", "\"correct horse\"")])?;
    control.ok(&format!("SELECT_NETWORK {id}"))?;
    connected(&mut control, &id)?;
    traffic::ping(station.namespace(), address, REACHED_WITHIN)?;
    ensure!(station.group_control(&owned)?.value("STATUS", "wpa_state")? == "COMPLETED");
    station.stop()
}

/// The access point moves to another channel: the station and the group move together.
fn follows(lab: &mut Lab) -> Result<()> {
    let mut scene = Scene::new(lab, Kind::P2pDevice)?;
    let mut client = lab.station("client", Program::Theirs, Kind::P2pDevice, "country=US")?;
    let (owned, mut on_group) = autonomous(&mut scene.ours)?;
    let joined = join(&mut scene.ours, &owned, &mut on_group, &mut client)?;
    on_group.forget();
    scene.home.switch(2412)?;
    on_group.expect("^CTRL-EVENT-CHANNEL-SWITCH freq=2412 ", MOVED_WITHIN)?;
    scene.control.expect("^CTRL-EVENT-CHANNEL-SWITCH freq=2412 ", MOVED_WITHIN)?;
    lab.check_traffic(&[(&scene.ours, &owned), (&client, &joined)])?;
    ensure!(on_group.value("STATUS", "freq")? == "2412");
    scene.check(2412)
}

/// With two channels each stays where it is.
fn two_channels(lab: &mut Lab) -> Result<()> {
    let mut scene = Scene::new(lab, Kind::TwoChannels)?;
    let mut client = lab.station("client", Program::Theirs, Kind::P2pDevice, "country=US")?;
    let (owned, mut on_group) = autonomous_with(&mut scene.ours, "freq=2412")?;
    let joined = join(&mut scene.ours, &owned, &mut on_group, &mut client)?;
    lab.check_traffic(&[(&scene.ours, &owned), (&client, &joined)])?;
    scene.check(THERE)?;
    scene.control.ok("DISCONNECT")?;
    scene.control.expect("^CTRL-EVENT-DISCONNECTED ", REMOVED_WITHIN)?;
    lab.check_traffic(&[(&scene.ours, &owned), (&client, &joined)])
}

/// A search and listening leave the connection its time.
fn find_yields(lab: &mut Lab, kind: Kind) -> Result<()> {
    let mut scene = Scene::new(lab, kind)?;
    for command in ["P2P_FIND", "P2P_LISTEN"] {
        scene.ours.ok(command).context(command)?;
        for _ in 0..10 {
            scene.check(THERE)?;
        }
        scene.ours.ok("P2P_STOP_FIND")?;
    }
    scene.check(THERE)
}

pub(crate) fn scenarios() -> Vec<Scenario> {
    let mut list = Vec::new();
    for program in [Program::Ours, Program::Theirs] {
        let name = |what: &str| format!("station::{what}::{}", program.name());
        list.push(Scenario::new(name("commands::p2p-device"), move |lab| by_commands(lab, program, Kind::P2pDevice)));
        list.push(Scenario::new(name("file"), move |lab| by_file(lab, program)));
        list.push(Scenario::new(name("wrong-key"), move |lab| wrong_key(lab, program)));
        for (what, wps) in [("wps-pbc", Wps::Button), ("wps-pin", Wps::Pin)] {
            list.push(Scenario::new(name(what), move |lab| by_wps(lab, program, Kind::P2pDevice, wps)));
        }
        list.push(Scenario::new(name("gone-and-back"), move |lab| gone_and_back(lab, program)));
    }
    for kind in [Kind::Plain, Kind::Qca] {
        let name = format!("station::commands::{}::ours", kind.name());
        list.push(Scenario::new(name, move |lab| by_commands(lab, Program::Ours, kind)));
        let name = format!("station::find-yields::{}::ours", kind.name());
        list.push(Scenario::new(name, move |lab| find_yields(lab, kind)));
    }
    list.push(Scenario::new("station::one-channel::qca::ours", |lab| one_channel(lab, Kind::Qca)));
    list.push(Scenario::new("station::one-channel::p2p-device::ours", |lab| one_channel(lab, Kind::P2pDevice)));
    for kind in [Kind::P2pDevice, Kind::Qca] {
        let name = format!("station::after-a-group::{}::ours", kind.name());
        list.push(Scenario::new(name, move |lab| after_a_group(lab, kind)));
    }
    list.push(Scenario::new("station::follows::ours", follows));
    list.push(Scenario::new("station::two-channels::ours", two_channels));
    list.push(Scenario::new("station::events", events));
    list
}

//! Event for event what wpa_supplicant says: each session is held by two of theirs, then by two of ours, and what the monitors of
//! the global sockets were told is compared line by line.

use anyhow::{Context, Result, ensure};
use harness::control::Control;
use harness::formation::{FORMED_WITHIN, FOUND_WITHIN, REMOVED_WITHIN, discover, found, started};
use harness::transcript::note;
use harness::{Group, Kind, Lab, Program, Scenario, Station};
use regex_lite::Regex;
use std::path::PathBuf;

/// What follows from how a daemon spends its time, or from the networks and the countries that it has seen: when these are told
/// says nothing about a session.
const ASIDE: &str = "^(CTRL-EVENT-(SCAN|BSS|REGDOM|DSCP|SUBNET)-|P2P-DEVICE-|P2P-FIND-STOPPED|RX-PROBE-REQUEST|\
                     WPS-ENROLLEE-SEEN|WPS-AP-AVAILABLE|CTRL-EVENT-BEACON-LOSS)";
/// Of these later versions of wpa_supplicant say more than the one beside us; the fields behind are left out.
const LONGER: [&str; 2] = ["P2P-INVITATION-RESULT", "P2P-INVITATION-ACCEPTED"];
/// What is different each time, or is what a device says of itself, and what it is called in the comparison.
const VARIES: [(&str, &str); 7] = [
    ("name='[^']*' config_methods=0x[0-9a-f]+ dev_capab=0x[0-9a-f]+", "DEVICE"),
    ("([0-9a-f]{2}:){5}[0-9a-f]{2}", "ADDRESS"),
    ("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UUID"),
    ("(?i)ssid=(\"[^\"]*\"|'[^']*')", "SSID"),
    ("(psk=[0-9a-f]{64}|passphrase=\"[^\"]*\")", "KEY"),
    ("(freq|cf1)=[0-9]+", "FREQUENCY"),
    ("(p2p-wlan0-|42:00:)[0-9]+", "INTERFACE"),
];

/// A session: the owner, the client, and what they do.
type Session = fn(&mut Station, &mut Station) -> Result<()>;

pub(crate) fn scenarios() -> Vec<Scenario> {
    let sessions: [(&str, Session); 6] = [
        ("push-button", push_button),
        ("pin", pin),
        ("join", join),
        ("persistent", persistent),
        ("wrong-pin", wrong_pin),
        ("channel-switch", channel_switch),
    ];
    let mut list = Vec::new();
    for kind in [Kind::Plain, Kind::P2pDevice] {
        for (topic, session) in sessions {
            let name = format!("events::{topic}::{}", kind.name());
            list.push(Scenario::new(name, move |lab| compare(lab, kind, session)));
        }
    }
    list
}

fn compare(lab: &mut Lab, kind: Kind, session: Session) -> Result<()> {
    let theirs = record(lab, Program::Theirs, kind, session).context("their session")?;
    let ours = record(lab, Program::Ours, kind, session).context("our session")?;
    for (role, (theirs, ours)) in ["owner", "client"].iter().zip(theirs.iter().zip(&ours)) {
        for line in theirs {
            note(role, line);
        }
        let different = (0..theirs.len().max(ours.len())).find(|n| theirs.get(*n) != ours.get(*n));
        if let Some(n) = different {
            let (from, shown) = (n.saturating_sub(2), |list: &[String], from: usize| {
                list.iter().skip(from).take(6).map(|line| format!("\n    {line}")).collect::<String>()
            });
            anyhow::bail!("the {role}'s events: theirs{}\n  ours{}", shown(theirs, from), shown(ours, from));
        }
    }
    Ok(())
}

/// Holds a session; what the owner's and the client's global monitors were told.
fn record(lab: &mut Lab, program: Program, kind: Kind, session: Session) -> Result<[Vec<String>; 2]> {
    let mut stations = Vec::new();
    for role in ["owner", "client"] {
        let name = format!("{}-{role}", program.name());
        let socket = PathBuf::from(format!("/run/{name}-global"));
        let config = "update_config=1\npersistent_reconnect=1";
        let station = lab.station_with(&name, program, kind, config, &["-g", &socket.to_string_lossy()])?;
        stations.push((station, Control::open(&format!("{name}/global"), &socket)?));
    }
    let [(owner, owner_monitor), (client, client_monitor)] = stations.as_mut_slice() else {
        anyhow::bail!("two stations are a pair")
    };
    session(owner, client)?;
    // What is still to be told is told before the end.
    for station in [&mut *owner, &mut *client] {
        station.ok("P2P_GROUP_REMOVE *")?;
        station.check_nothing_left()?;
    }
    let told = [described(owner_monitor)?, described(client_monitor)?];
    owner.stop()?;
    client.stop()?;
    Ok(told)
}

/// The lines that a monitor was told, without what differs from run to run; since the last negotiation that succeeded, because
/// wpa_supplicant's user may have had to try twice.
fn described(monitor: &Control) -> Result<Vec<String>> {
    let aside = Regex::new(ASIDE)?;
    let varies: Vec<(Regex, &str)> =
        VARIES.iter().map(|(pattern, name)| Ok((Regex::new(pattern)?, *name))).collect::<Result<_>>()?;
    let mut lines: Vec<String> = Vec::new();
    for event in monitor.events() {
        let mut text = event.text;
        if aside.is_match(&text) {
            continue;
        }
        if let Some(name) = LONGER.iter().find(|name| text.starts_with(**name)) {
            text = (*name).to_owned();
        }
        for (pattern, name) in &varies {
            text = pattern.replace_all(&text, *name).into_owned();
        }
        if text.starts_with("P2P-GO-NEG-SUCCESS ") {
            lines.clear();
        }
        // Told to have been disconnected, wpa_supplicant disconnects once more, and says so.
        let again = |last: &String| [last, &text].iter().all(|line| line.starts_with("CTRL-EVENT-DISCONNECTED "));
        if !lines.last().is_some_and(again) {
            lines.push(text);
        }
    }
    Ok(lines)
}

/// The owner asks first, the client's user follows the request.
fn negotiate(owner: &mut Station, client: &mut Station, words: &str) -> Result<(Group, Group)> {
    discover(owner, client)?;
    let (one, two) = (owner.address()?, client.address()?);
    let command = format!("P2P_CONNECT {two} pbc go_intent=15{words}");
    owner.ok(&command)?;
    client.control().expect("^P2P-GO-NEG-REQUEST ", FORMED_WITHIN)?;
    let answer = format!("P2P_CONNECT {one} pbc go_intent=0{words}");
    client.ok(&answer)?;
    let groups = harness::formation::agreed([(&mut *owner, &command), (&mut *client, &answer)])?;
    member(owner, &groups.0)?;
    Ok(groups)
}

/// Waits until the client has the owner's keys.
fn member(owner: &Station, group: &Group) -> Result<()> {
    let mut control = owner.group_control(group)?;
    let known = control.request("STA-FIRST")?;
    if !known.contains("[AUTHORIZED]") {
        control.expect("^AP-STA-CONNECTED ", FORMED_WITHIN)?;
    }
    Ok(())
}

fn removed(station: &mut Station) -> Result<()> {
    station.control().expect("^P2P-GROUP-REMOVED ", REMOVED_WITHIN)?;
    Ok(())
}

/// The client leaves first.
fn push_button(owner: &mut Station, client: &mut Station) -> Result<()> {
    let (group, joined) = negotiate(owner, client, "")?;
    let mut control = owner.group_control(&group)?;
    client.ok(&format!("P2P_GROUP_REMOVE {}", joined.interface))?;
    removed(client)?;
    control.expect("^AP-STA-DISCONNECTED ", REMOVED_WITHIN)?;
    owner.ok(&format!("P2P_GROUP_REMOVE {}", group.interface))?;
    removed(owner)
}

/// The owner shows a PIN; it ends the group.
fn pin(owner: &mut Station, client: &mut Station) -> Result<()> {
    discover(owner, client)?;
    let (one, two) = (owner.address()?, client.address()?);
    let pin = owner.control().request(&format!("P2P_CONNECT {two} pin go_intent=15"))?;
    let command = format!("P2P_CONNECT {two} {pin} display go_intent=15");
    client.control().expect("^P2P-GO-NEG-REQUEST ", FORMED_WITHIN)?;
    let answer = format!("P2P_CONNECT {one} {pin} keypad go_intent=0");
    client.ok(&answer)?;
    let (group, _) = harness::formation::agreed([(&mut *owner, &command), (&mut *client, &answer)])?;
    member(owner, &group)?;
    owner.ok(&format!("P2P_GROUP_REMOVE {}", group.interface))?;
    removed(owner)?;
    removed(client)
}

/// Has the owner own a group, and be found.
fn owned(owner: &mut Station, client: &mut Station) -> Result<Group> {
    owner.ok("P2P_GROUP_ADD freq=2412")?;
    let group = started(owner)?;
    client.ok("P2P_FIND")?;
    let (address, name) = (owner.address()?, owner.name().to_owned());
    found(client, &address, &name)?;
    Ok(group)
}

fn join(owner: &mut Station, client: &mut Station) -> Result<()> {
    let group = owned(owner, client)?;
    let address = owner.address()?;
    client.ok(&format!("P2P_CONNECT {address} pbc join"))?;
    owner.control().expect("^P2P-PROV-DISC-PBC-REQ .* group=", FORMED_WITHIN)?;
    owner.group_control(&group)?.ok("WPS_PBC")?;
    started(client)?;
    member(owner, &group)?;
    owner.ok(&format!("P2P_GROUP_REMOVE {}", group.interface))?;
    removed(owner)?;
    removed(client)
}

/// The group is stored, ends, and comes back by an invitation.
fn persistent(owner: &mut Station, client: &mut Station) -> Result<()> {
    let (group, _) = negotiate(owner, client, " persistent")?;
    owner.ok(&format!("P2P_GROUP_REMOVE {}", group.interface))?;
    removed(owner)?;
    removed(client)?;
    discover(owner, client)?;
    let list = owner.control().request("LIST_NETWORKS")?;
    let id = list.lines().nth(1).and_then(|row| row.split('\t').next()).context("no stored group")?.to_owned();
    let peer = client.address()?;
    owner.ok(&format!("P2P_INVITE persistent={id} peer={peer}"))?;
    let group = started(owner)?;
    started(client)?;
    member(owner, &group)?;
    owner.ok(&format!("P2P_GROUP_REMOVE {}", group.interface))?;
    removed(owner)?;
    removed(client)
}

/// The owner's user types another PIN than the one shown.
fn wrong_pin(owner: &mut Station, client: &mut Station) -> Result<()> {
    let group = owned(owner, client)?;
    let address = owner.address()?;
    let shown = client.control().request(&format!("P2P_CONNECT {address} pin join"))?;
    let typed = if shown == "12345670" { "76543210" } else { "12345670" };
    owner.control().expect("^P2P-PROV-DISC-ENTER-PIN ", FORMED_WITHIN)?;
    let mut control = owner.group_control(&group)?;
    let reply = control.request(&format!("WPS_PIN any {typed}"))?;
    ensure!(reply == typed, "{reply}");
    control.expect("^CTRL-EVENT-EAP-FAILURE ", FORMED_WITHIN)?;
    client.control().expect("^P2P-GROUP-REMOVED .* reason=FORMATION_FAILED", FOUND_WITHIN)?;
    Ok(())
}

fn channel_switch(owner: &mut Station, client: &mut Station) -> Result<()> {
    let (group, joined) = negotiate(owner, client, "")?;
    let (mut one, mut two) = (owner.group_control(&group)?, client.group_control(&joined)?);
    let target = if group.frequency == 2462 { "2412" } else { "2462" };
    one.ok(&format!("CHAN_SWITCH 5 {target} ht"))?;
    one.expect("^AP-CSA-FINISHED ", REMOVED_WITHIN)?;
    two.expect("^CTRL-EVENT-CHANNEL-SWITCH ", REMOVED_WITHIN)?;
    owner.ok(&format!("P2P_GROUP_REMOVE {}", group.interface))?;
    removed(owner)?;
    removed(client)
}

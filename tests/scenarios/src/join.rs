//! Joining a group that runs already, and leaving it.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::control::Control;
use harness::formation::{FORMED_WITHIN, REMOVED_WITHIN, removed, started};
use harness::{Group, Kind, Lab, Program, Role, Scenario, Station};

use crate::pairing;

/// Starts an autonomous group.
pub(crate) fn autonomous(owner: &mut Station) -> Result<(Group, Control)> {
    autonomous_with(owner, "")
}

/// As [`autonomous`], with these words after the command.
pub(crate) fn autonomous_with(owner: &mut Station, words: &str) -> Result<(Group, Control)> {
    owner.control().forget();
    owner.ok(format!("P2P_GROUP_ADD {words}").trim_end())?;
    let group = started(owner)?;
    ensure!(group.role == Role::Owner && group.owner == owner.address()?, "{group:?}");
    let control = owner.group_control(&group)?;
    let passphrase = control.request("P2P_GET_PASSPHRASE")?;
    ensure!(group.passphrase.as_ref() == Some(&passphrase), "passphrase {passphrase:?} in {group:?}");
    Ok((group, control))
}

/// Joins by push button: the client asks, the owner's user consents.
pub(crate) fn join(owner: &mut Station, owned: &Group, on_group: &mut Control, client: &mut Station) -> Result<Group> {
    for control in [&mut *client.control(), &mut *owner.control(), &mut *on_group] {
        control.forget();
    }
    client.ok(&format!("P2P_CONNECT {} pbc join", owned.owner))?;
    let address = client.address()?;
    let asked = format!("^P2P-PROV-DISC-PBC-REQ \\S+ p2p_dev_addr={address} .*group={}$", owned.interface);
    owner.control().expect(&asked, FORMED_WITHIN)?;
    on_group.ok("WPS_PBC")?;
    let joined = started(client)?;
    ensure!(joined.role == Role::Client, "{joined:?}");
    owned.check_same(&joined)?;
    let connected = format!("^AP-STA-CONNECTED \\S+ p2p_dev_addr={address}");
    on_group.expect(&connected, Duration::from_secs(10))?;
    Ok(joined)
}

fn join_and_leave(lab: &mut Lab, mut owner: Station, mut client: Station) -> Result<()> {
    let (owned, mut on_group) = autonomous(&mut owner)?;

    let joined = join(&mut owner, &owned, &mut on_group, &mut client)?;
    lab.check_traffic(&[(&owner, &owned), (&client, &joined)])?;
    client.ok(&format!("P2P_GROUP_REMOVE {}", joined.interface))?;
    removed(&mut client, &joined, "REQUESTED")?;
    on_group.expect("^AP-STA-DISCONNECTED ", REMOVED_WITHIN)?;
    client.check_nothing_left()?;

    let again = join(&mut owner, &owned, &mut on_group, &mut client).context("the second time")?;
    lab.check_traffic(&[(&owner, &owned), (&client, &again)])?;
    owner.ok(&format!("P2P_GROUP_REMOVE {}", owned.interface))?;
    removed(&mut owner, &owned, "REQUESTED")?;
    removed(&mut client, &again, "GO_ENDING_SESSION")?;
    owner.check_nothing_left()?;
    client.check_nothing_left()
}

/// An owner that listens on another channel for minutes is there for its group all the same, on a radio of one channel.
fn owner_that_listens(lab: &mut Lab, mut owner: Station, mut client: Station) -> Result<()> {
    owner.ok("P2P_SET listen_channel 1")?;
    let (owned, mut on_group) = autonomous_with(&mut owner, "freq=2462")?;
    owner.ok("P2P_LISTEN 300")?;
    let joined = join(&mut owner, &owned, &mut on_group, &mut client)?;
    lab.check_traffic(&[(&owner, &owned), (&client, &joined)])?;
    owner.ok(&format!("P2P_GROUP_REMOVE {}", owned.interface))?;
    removed(&mut client, &joined, "GO_ENDING_SESSION")
}

/// Who joins a persistent group by its own wish has it stored, as one who negotiated it; and comes back by what is stored.
fn persistent(lab: &mut Lab, mut owner: Station, mut client: Station) -> Result<()> {
    let (owned, mut on_group) = autonomous_with(&mut owner, "persistent")?;
    let joined = join(&mut owner, &owned, &mut on_group, &mut client)?;
    ensure!(owned.persistent && joined.persistent, "not persistent: {owned:?} {joined:?}");
    client.ok(&format!("P2P_GROUP_REMOVE {}", joined.interface))?;
    removed(&mut client, &joined, "REQUESTED")?;
    client.check_nothing_left()?;
    let id = crate::persistent::number(client.control(), &owned.ssid)?;
    client.control().forget();
    client.ok(&format!("P2P_GROUP_ADD persistent={id}"))?;
    let again = started(&mut client)?;
    owned.check_same(&again)?;
    lab.check_traffic(&[(&owner, &owned), (&client, &again)])
}

/// The owner throws a client out; the group goes on without it.
fn thrown_out(lab: &mut Lab, mut owner: Station, mut client: Station) -> Result<()> {
    let (owned, mut on_group) = autonomous(&mut owner)?;
    let joined = join(&mut owner, &owned, &mut on_group, &mut client)?;
    let address = client.address()?;
    owner.ok(&format!("P2P_REMOVE_CLIENT {address}"))?;
    on_group.expect("^AP-STA-DISCONNECTED ", REMOVED_WITHIN)?;
    client.control().expect(&format!("^P2P-GROUP-REMOVED {} client", joined.interface), Duration::from_secs(30))?;
    client.check_nothing_left()?;
    ensure!(on_group.value("STATUS", "wpa_state")? == "COMPLETED", "the group ended with its client");
    let again = join(&mut owner, &owned, &mut on_group, &mut client).context("after it was thrown out")?;
    lab.check_traffic(&[(&owner, &owned), (&client, &again)])
}

fn four_clients(lab: &mut Lab, owner: Program) -> Result<()> {
    let mut owner = lab.station("owner", owner, Kind::P2pDevice, "")?;
    let mut clients = Vec::new();
    for (name, program) in [("a", Program::Ours), ("b", Program::Theirs), ("c", Program::Ours), ("d", Program::Theirs)]
    {
        clients.push(lab.station(name, program, Kind::P2pDevice, "")?);
    }
    let (owned, mut on_group) = autonomous(&mut owner)?;
    let mut groups = Vec::new();
    for client in &mut clients {
        let group = join(&mut owner, &owned, &mut on_group, client).with_context(|| client.name().to_owned())?;
        groups.push(group);
    }
    let mut members = vec![(&owner, &owned)];
    members.extend(clients.iter().zip(&groups));
    lab.check_traffic(&members)?;
    // The transfer is between the first two of the list: now between two clients, across the owner.
    lab.check_traffic(&[members[1], members[2]])?;
    owner.ok(&format!("P2P_GROUP_REMOVE {}", owned.interface))?;
    removed(&mut owner, &owned, "REQUESTED")?;
    for (client, group) in clients.iter_mut().zip(&groups) {
        removed(client, group, "GO_ENDING_SESSION")?;
        client.check_nothing_left()?;
    }
    owner.check_nothing_left()
}

/// A station that knows nothing of P2P, but the passphrase.
fn legacy_station(lab: &mut Lab, owner: Program) -> Result<()> {
    let mut owner = lab.station("owner", owner, Kind::P2pDevice, "")?;
    let (owned, mut on_group) = autonomous(&mut owner)?;
    let passphrase = owned.passphrase.clone().context("no passphrase")?;
    let network = format!("p2p_disabled=1\nnetwork={{\n  ssid=\"{}\"\n  psk=\"{passphrase}\"\n}}", owned.ssid);
    let mut station = lab.station("laptop", Program::Theirs, Kind::Plain, &network)?;
    on_group.expect("^AP-STA-CONNECTED \\S+$", FORMED_WITHIN)?;
    let group = Group { interface: "wlan0".into(), role: Role::Client, ..owned.clone() };
    lab.check_traffic(&[(&owner, &owned), (&station, &group)])?;
    station.control().forget();
    owner.ok(&format!("P2P_GROUP_REMOVE {}", owned.interface))?;
    removed(&mut owner, &owned, "REQUESTED")?;
    station.control().expect("^CTRL-EVENT-DISCONNECTED bssid=\\S+ reason=3", REMOVED_WITHIN)?;
    owner.check_nothing_left()
}

/// The owner's radio is pulled out: the client notices by itself.
fn owner_vanishes(lab: &mut Lab, mut owner: Station, mut client: Station) -> Result<()> {
    let (owned, mut on_group) = autonomous(&mut owner)?;
    let joined = join(&mut owner, &owned, &mut on_group, &mut client)?;
    lab.unplug(&owner)?;
    let ended = format!("^P2P-GROUP-REMOVED {} client reason=(IDLE|GO_ENDING_SESSION|UNAVAILABLE)$", joined.interface);
    client.control().expect(&ended, Duration::from_secs(60))?;
    client.check_nothing_left()?;
    // What the daemon does without its radio is its own affair, as long as it lives or ends in order.
    owner.kill()
}

pub(crate) fn scenarios() -> Vec<Scenario> {
    let mut list = Vec::new();
    for kind in Kind::ALL {
        list.extend(pairing::each(&format!("join::and-leave::{}", kind.name()), kind, join_and_leave));
    }
    list.extend(pairing::each("join::persistent", Kind::Plain, persistent));
    // wpa_supplicant as the owner is away for five seconds at a time.
    let listens = pairing::each("join::owner-that-listens", Kind::Plain, owner_that_listens);
    list.extend(listens.into_iter().filter(|scenario| scenario.name.contains("::ours-")));
    list.extend(pairing::each("join::thrown-out", Kind::P2pDevice, thrown_out));
    list.extend(pairing::each("join::owner-vanishes", Kind::P2pDevice, owner_vanishes));
    for owner in [Program::Ours, Program::Theirs] {
        let name = owner.name();
        let four =
            Scenario::new(format!("join::four-clients-ours-and-theirs::{name}"), move |lab| four_clients(lab, owner));
        list.push(four.within(Duration::from_secs(300)));
        list.push(Scenario::new(format!("join::legacy-station::{name}"), move |lab| legacy_station(lab, owner)));
    }
    list
}

//! What may happen to a stored group: a restart, a partner who has forgotten it, a key that is wrong, keys of its own for
//! each station.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::formation::{Ends, Wish, check_pair, discover, dissolve, form, started};
use harness::{Group, Kind, Lab, Role, Scenario, Station};

use crate::pairing;
use crate::persistent::{INVITED_WITHIN, form_and_end, number};

/// Groups are stored in the file, and taken up again without asking.
const CONFIG: &str = "update_config=1\npersistent_reconnect=1";

/// `host` invites `guest`, who listens, into the stored group.
fn invite(host: &mut Station, guest: &mut Station, ssid: &str) -> Result<()> {
    discover(host, guest)?;
    let id = number(host.control(), ssid)?;
    let peer = guest.address()?;
    for station in [&mut *host, &mut *guest] {
        station.ok("P2P_STOP_FIND")?;
        station.control().forget();
    }
    guest.ok("P2P_LISTEN 60")?;
    host.ok(&format!("P2P_INVITE persistent={id} peer={peer}"))
}

/// The group of an accepted invitation, and its end.
fn taken_up(lab: &mut Lab, host: &mut Station, guest: &mut Station, old: &Group) -> Result<()> {
    invite(host, guest, &old.ssid)?;
    host.control().expect("^P2P-INVITATION-RESULT status=0( |$)", INVITED_WITHIN)?;
    let (one, two) = (started(host)?, started(guest)?);
    check_pair(host, &one, guest, &two)?;
    ensure!(one.ssid == old.ssid && one.persistent && two.persistent, "{old:?} {one:?} {two:?}");
    lab.check_traffic(&[(host, &one), (guest, &two)])?;
    dissolve((host, &one), (guest, &two), Ends::Owner)
}

/// Both daemons end and start again: the same addresses, the same group, from either side.
fn restarted(lab: &mut Lab, mut a: Station, mut b: Station) -> Result<()> {
    let (old, _) = form_and_end(lab, &mut a, &mut b, true)?;
    for station in [&mut a, &mut b] {
        let address = station.address()?;
        station.stop()?;
        station.start()?;
        let now = station.address()?;
        ensure!(now == address, "{}: {address} before, now {now}", station.name());
    }
    taken_up(lab, &mut a, &mut b, &old)?;
    taken_up(lab, &mut b, &mut a, &old)
}

/// The invited one has forgotten the group: status 8, and the inviting one strikes it from its list.
fn forgotten(lab: &mut Lab, mut a: Station, mut b: Station) -> Result<()> {
    for a_owns in [true, false] {
        let (old, _) = form_and_end(lab, &mut a, &mut b, a_owns)?;
        b.ok("REMOVE_NETWORK all")?;
        invite(&mut a, &mut b, &old.ssid)?;
        a.control().expect("^P2P-INVITATION-RESULT status=8( |$)", INVITED_WITHIN)?;
        let list = a.control().request("LIST_NETWORKS")?;
        if a_owns {
            let id = number(a.control(), &old.ssid)?;
            let clients = a.control().request(&format!("GET_NETWORK {id} p2p_client_list"))?;
            ensure!(!clients.contains(&b.address()?), "still a client: {clients:?}");
        } else {
            ensure!(!list.contains(&old.ssid), "still stored: {list:?}");
        }
        a.check_nothing_left()?;
        b.check_nothing_left()?;
        a.ok("REMOVE_NETWORK all")?;
    }
    Ok(())
}

/// The client's key is not the owner's any more.
fn wrong_key(lab: &mut Lab, mut owner: Station, mut client: Station) -> Result<()> {
    let (old, _) = form_and_end(lab, &mut owner, &mut client, true)?;
    let id = number(client.control(), &old.ssid)?;
    client.ok(&format!("SET_NETWORK {id} psk {}", "0123456789abcdef".repeat(4)))?;
    invite(&mut owner, &mut client, &old.ssid)?;
    client.control().expect(&format!("^P2P-PERSISTENT-PSK-FAIL id={id}$"), INVITED_WITHIN)?;
    client.control().expect("^P2P-GROUP-REMOVED \\S+ client reason=PSK_FAILURE$", INVITED_WITHIN)?;
    client.check_nothing_left()
}

/// Each client has a key of its own; one that is removed has none any more.
fn own_keys(lab: &mut Lab, mut owner: Station, mut client: Station) -> Result<()> {
    owner.ok("P2P_SET per_sta_psk 1")?;
    let (old, _) = form_and_end(lab, &mut owner, &mut client, true)?;
    let address = client.address()?;
    let listed = format!("psk_list=P2P-{address}-");
    let stored = |station: &Station| fs::read_to_string(station.config()).context("configuration");
    ensure!(stored(&owner)?.contains(&listed), "no {listed} in {}", stored(&owner)?);
    taken_up(lab, &mut owner, &mut client, &old)?;
    owner.ok(&format!("P2P_REMOVE_CLIENT {address}"))?;
    ensure!(!stored(&owner)?.contains(&address), "{address} is still in {}", stored(&owner)?);
    Ok(())
}

/// A device that was a client before may own the next group, which is another one.
fn other_way_round(lab: &mut Lab, mut a: Station, mut b: Station) -> Result<()> {
    let (old, _) = form_and_end(lab, &mut a, &mut b, true)?;
    discover(&mut a, &mut b)?;
    let (one, two) = form((&mut a, Wish::CLIENT), (&mut b, Wish::OWNER), Duration::from_millis(300))?;
    ensure!(one.role == Role::Client && one.ssid != old.ssid && !one.persistent, "{old:?} {one:?}");
    dissolve((&mut a, &one), (&mut b, &two), Ends::Owner)
}

pub(crate) fn scenarios() -> Vec<Scenario> {
    let topics: [(&str, pairing::Run); 5] = [
        ("stored::restarted", restarted),
        ("stored::forgotten", forgotten),
        ("stored::wrong-key", wrong_key),
        ("stored::own-keys", own_keys),
        ("stored::other-way-round", other_way_round),
    ];
    let mut list = Vec::new();
    for (topic, run) in topics {
        list.extend(pairing::each_with(topic, Kind::P2pDevice, CONFIG, run));
    }
    list
}

//! Groups that are stored, and brought up again by an invitation.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::control::Control;
use harness::formation::{Ends, Wish, check_pair, discover, dissolve, form, started};
use harness::{Group, Kind, Lab, Role, Scenario, Station};

use crate::pairing;

const OWNER: Wish<'static> = Wish { intent: Some(15), more: "persistent" };
const CLIENT: Wish<'static> = Wish { intent: Some(0), more: "persistent" };
/// How long an invitation may take.
pub(crate) const INVITED_WITHIN: Duration = Duration::from_secs(30);

/// The number of the only stored group.
pub(crate) fn number(control: &Control, ssid: &str) -> Result<String> {
    let list = control.request("LIST_NETWORKS")?;
    let row = list.lines().find(|row| row.contains(&format!("\t{ssid}\t")) && row.contains("[P2P-PERSISTENT]"));
    let id = row.and_then(|row| row.split('\t').next()).with_context(|| format!("no {ssid} in {list:?}"))?;
    Ok(id.to_owned())
}

/// Forms a persistent group and ends it.
pub(crate) fn form_and_end(lab: &mut Lab, a: &mut Station, b: &mut Station, a_owns: bool) -> Result<(Group, Group)> {
    discover(a, b)?;
    let (first, second) = if a_owns { (OWNER, CLIENT) } else { (CLIENT, OWNER) };
    let (one, two) = form((&mut *a, first), (&mut *b, second), Duration::from_millis(300))?;
    ensure!(one.persistent && two.persistent, "not persistent: {one:?} {two:?}");
    lab.check_traffic(&[(a, &one), (b, &two)])?;
    dissolve((a, &one), (b, &two), Ends::Owner)?;
    Ok((one, two))
}

/// `a` invites `b` into the stored group, which `b` accepts by itself; `a` was its owner, or its client.
fn invited_again(lab: &mut Lab, a: &mut Station, b: &mut Station, a_owns: bool) -> Result<()> {
    for station in [&mut *a, &mut *b] {
        station.ok("SET persistent_reconnect 1")?;
    }
    let (old, _) = form_and_end(lab, a, b, a_owns)?;
    discover(a, b)?;
    let peer = b.address()?;
    let id = number(a.control(), &old.ssid)?;
    number(b.control(), &old.ssid)?;
    for station in [&mut *a, &mut *b] {
        station.ok("P2P_STOP_FIND")?;
        station.control().forget();
    }
    b.ok("P2P_LISTEN 60")?;
    a.ok(&format!("P2P_INVITE persistent={id} peer={peer}"))?;
    a.control().expect("^P2P-INVITATION-RESULT status=0", INVITED_WITHIN)?;
    let (one, two) = (started(a)?, started(b)?);
    check_pair(a, &one, b, &two)?;
    ensure!(one.ssid == old.ssid && one.role == old.role, "another group than before: {old:?} {one:?}");
    ensure!(one.persistent && two.persistent, "not persistent: {one:?} {two:?}");
    lab.check_traffic(&[(a, &one), (b, &two)])?;
    dissolve((a, &one), (b, &two), if one.role == Role::Owner { Ends::Owner } else { Ends::Client })
}

/// The owner starts its stored group by itself, and the client is invited by nobody: it has the credentials and joins.
fn owner_starts_again(lab: &mut Lab, mut a: Station, mut b: Station) -> Result<()> {
    let (old, _) = form_and_end(lab, &mut a, &mut b, true)?;
    let id = number(a.control(), &old.ssid)?;
    a.control().forget();
    a.ok(&format!("P2P_GROUP_ADD persistent={id}"))?;
    let group = started(&mut a)?;
    ensure!(group.ssid == old.ssid && group.role == Role::Owner && group.persistent, "{old:?} {group:?}");
    ensure!(group.passphrase == old.passphrase, "another passphrase than before");
    let id = number(b.control(), &old.ssid)?;
    b.control().forget();
    b.ok(&format!("P2P_GROUP_ADD persistent={id}"))?;
    let joined = started(&mut b)?;
    check_pair(&mut a, &group, &mut b, &joined)?;
    lab.check_traffic(&[(&a, &group), (&b, &joined)])?;
    dissolve((&mut a, &group), (&mut b, &joined), Ends::Owner)
}

/// An invitation that nobody accepts is told to its user, and refused.
fn not_accepted(lab: &mut Lab, mut a: Station, mut b: Station) -> Result<()> {
    let (old, _) = form_and_end(lab, &mut a, &mut b, true)?;
    discover(&mut a, &mut b)?;
    let peer = b.address()?;
    let id = number(a.control(), &old.ssid)?;
    for station in [&mut a, &mut b] {
        station.ok("P2P_STOP_FIND")?;
        station.control().forget();
    }
    b.ok("P2P_LISTEN 60")?;
    a.ok(&format!("P2P_INVITE persistent={id} peer={peer}"))?;
    b.control().expect("^P2P-INVITATION-RECEIVED sa=", INVITED_WITHIN)?;
    a.control().expect("^P2P-INVITATION-RESULT status=1", INVITED_WITHIN)?;
    a.check_nothing_left()?;
    b.check_nothing_left()
}

pub(crate) fn scenarios() -> Vec<Scenario> {
    let mut list = Vec::new();
    for kind in Kind::ALL {
        let owner = format!("persistent::owner-invites::{}", kind.name());
        let client = format!("persistent::client-invites::{}", kind.name());
        list.extend(pairing::each(&owner, kind, |lab, mut a, mut b| invited_again(lab, &mut a, &mut b, true)));
        list.extend(pairing::each(&client, kind, |lab, mut a, mut b| invited_again(lab, &mut a, &mut b, false)));
    }
    list.extend(pairing::each("persistent::starts-again", Kind::P2pDevice, owner_starts_again));
    list.extend(pairing::each("persistent::not-accepted", Kind::P2pDevice, not_accepted));
    list
}

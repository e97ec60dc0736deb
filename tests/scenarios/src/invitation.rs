//! Invitations into a group that runs, by its owner and by a client of it.

use std::time::Duration;

use anyhow::{Result, ensure};
use harness::formation::{REMOVED_WITHIN, found, removed, started};
use harness::{Group, Kind, Lab, Program, Scenario, Station};

use crate::join::{autonomous, join};
use crate::pairing;

/// How long an invitation may take.
const INVITED_WITHIN: Duration = Duration::from_secs(30);

/// `host`, a member of the group, finds `guest` and invites it.
fn invite(host: &mut Station, group: &Group, guest: &mut Station) -> Result<()> {
    let address = guest.address()?;
    guest.ok("P2P_LISTEN 120")?;
    host.control().forget();
    guest.control().forget();
    host.ok("P2P_FIND")?;
    found(host, &address, guest.name())?;
    host.ok(&format!("P2P_INVITE group={} peer={address}", group.interface))
}

/// The guest's user is told, and the host that the guest has not agreed yet.
fn told(host: &mut Station, group: &Group, guest: &mut Station) -> Result<()> {
    let told = format!(
        "^P2P-INVITATION-RECEIVED sa={} go_dev_addr={} bssid=\\S+ unknown-network$",
        host.address()?,
        group.owner
    );
    guest.control().expect(&told, INVITED_WITHIN)?;
    host.control().expect("^P2P-INVITATION-RESULT status=1( |$)", INVITED_WITHIN)?;
    Ok(())
}

/// The owner invites; the guest's user joins then.
fn by_owner(lab: &mut Lab, mut owner: Station, mut guest: Station) -> Result<()> {
    let (owned, mut on_group) = autonomous(&mut owner)?;
    invite(&mut owner, &owned, &mut guest)?;
    told(&mut owner, &owned, &mut guest)?;
    let joined = join(&mut owner, &owned, &mut on_group, &mut guest)?;
    lab.check_traffic(&[(&owner, &owned), (&guest, &joined)])
}

/// A client invites a third device into the group that it is in.
fn by_client(lab: &mut Lab, programs: [Program; 3]) -> Result<()> {
    let mut owner = lab.station("owner", programs[0], Kind::P2pDevice, "")?;
    let mut client = lab.station("client", programs[1], Kind::P2pDevice, "")?;
    let mut guest = lab.station("guest", programs[2], Kind::P2pDevice, "")?;
    let (owned, mut on_group) = autonomous(&mut owner)?;
    let joined = join(&mut owner, &owned, &mut on_group, &mut client)?;
    invite(&mut client, &joined, &mut guest)?;
    told(&mut client, &joined, &mut guest)?;
    let third = join(&mut owner, &owned, &mut on_group, &mut guest)?;
    lab.check_traffic(&[(&client, &joined), (&guest, &third), (&owner, &owned)])?;
    owner.ok(&format!("P2P_GROUP_REMOVE {}", owned.interface))?;
    removed(&mut client, &joined, "GO_ENDING_SESSION")?;
    removed(&mut guest, &third, "GO_ENDING_SESSION")
}

/// The guest's user has agreed in advance: the invitation is accepted, and the guest joins by itself.
fn agreed_in_advance(lab: &mut Lab, mut owner: Station, mut guest: Station) -> Result<()> {
    let (owned, mut on_group) = autonomous(&mut owner)?;
    let address = guest.address()?;
    owner.control().forget();
    guest.control().forget();
    guest.ok("P2P_FIND")?;
    owner.ok("P2P_FIND")?;
    found(&mut owner, &address, guest.name())?;
    found(&mut guest, &owned.owner, owner.name())?;
    owner.ok("P2P_STOP_FIND")?;
    guest.ok("P2P_STOP_FIND")?;
    guest.ok(&format!("P2P_CONNECT {} pbc join auth", owned.owner))?;
    guest.ok("P2P_LISTEN 120")?;
    owner.ok(&format!("P2P_INVITE group={} peer={address}", owned.interface))?;
    owner.control().expect("^P2P-INVITATION-RESULT status=0( |$)", INVITED_WITHIN)?;
    guest.control().expect("^P2P-INVITATION-ACCEPTED sa=", INVITED_WITHIN)?;
    on_group.ok("WPS_PBC")?;
    let joined = started(&mut guest)?;
    owned.check_same(&joined)?;
    lab.check_traffic(&[(&owner, &owned), (&guest, &joined)])?;
    guest.ok(&format!("P2P_GROUP_REMOVE {}", joined.interface))?;
    on_group.expect("^AP-STA-DISCONNECTED ", REMOVED_WITHIN)?;
    guest.check_nothing_left()
}

/// What cannot be invited is refused at once.
fn refused(lab: &mut Lab) -> Result<()> {
    let mut a = lab.station("a", Program::Ours, Kind::P2pDevice, "")?;
    let (owned, _) = autonomous(&mut a)?;
    for command in [
        format!("P2P_INVITE group={} peer=02:12:34:56:78:9a", owned.interface),
        format!("P2P_INVITE group={}", owned.interface),
        "P2P_INVITE group=p2p-wlan0-9 peer=02:12:34:56:78:9a".into(),
        "P2P_INVITE persistent=7 peer=02:12:34:56:78:9a".into(),
    ] {
        let said = a.control().request(&command)?;
        ensure!(said == "FAIL", "{command:?} was answered with {said:?}");
    }
    Ok(())
}

pub(crate) fn scenarios() -> Vec<Scenario> {
    use Program::{Ours, Theirs};
    let mut list = pairing::each("invitation::by-owner", Kind::P2pDevice, by_owner);
    list.extend(pairing::each("invitation::by-owner::plain", Kind::Plain, by_owner));
    for programs in [[Ours, Ours, Ours], [Ours, Theirs, Ours], [Theirs, Ours, Theirs], [Ours, Ours, Theirs]] {
        let [owner, client, guest] = programs.map(Program::name);
        let name = format!("invitation::by-client::{owner}-{client}-{guest}");
        list.push(Scenario::new(name, move |lab| by_client(lab, programs)));
    }
    list.extend(pairing::each("invitation::agreed-in-advance", Kind::P2pDevice, agreed_in_advance));
    list.push(Scenario::new("invitation::refused::ours", refused));
    list
}

//! What happens to a group while it runs: another channel, another group key, addresses from its owner.

use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::control::Control;
use harness::formation::{FORMED_WITHIN, removed};
use harness::{Group, Kind, Lab, Program, Scenario, Station};

use crate::join::{autonomous, autonomous_with, join};
use crate::pairing;

/// How long a channel switch may take: its beacons, and the client's way there.
const SWITCHED_WITHIN: Duration = Duration::from_secs(10);
/// The life of a group key, where nobody sets another (section 3 of the contract: 600 s).
const KEY_LIFE: Duration = Duration::from_secs(600);
/// Where addresses come from.
const POOL: &str =
    "ip_addr_go=192.168.42.1\nip_addr_mask=255.255.255.0\nip_addr_start=192.168.42.100\nip_addr_end=192.168.42.199";

/// A group of two on a channel that can be forbidden.
fn forbidden_soon(lab: &mut Lab, owner: &mut Station, client: &mut Station) -> Result<(Group, Control, Group)> {
    let (owned, mut on_group) = autonomous_with(owner, "freq=2412")?;
    let joined = join(owner, &owned, &mut on_group, client)?;
    lab.check_traffic(&[(owner, &owned), (client, &joined)])?;
    Ok((owned, on_group, joined))
}

/// The owner's channel is forbidden: the group goes to another one, with its client.
fn moves(lab: &mut Lab, mut owner: Station, mut client: Station) -> Result<()> {
    let (owned, mut on_group, joined) = forbidden_soon(lab, &mut owner, &mut client)?;
    let mut at_client = client.group_control(&joined)?;
    on_group.forget();
    owner.ok("P2P_SET disallow_freq 2401-2423")?;
    let switched = on_group.expect("^CTRL-EVENT-CHANNEL-SWITCH freq=", SWITCHED_WITHIN)?;
    let frequency = switched.field("freq").context("no channel")?.to_owned();
    on_group.expect(&format!("^AP-CSA-FINISHED freq={frequency}"), SWITCHED_WITHIN)?;
    at_client.expect(&format!("^CTRL-EVENT-CHANNEL-SWITCH freq={frequency}"), SWITCHED_WITHIN)?;
    for control in [&on_group, &at_client] {
        ensure!(control.value("STATUS", "freq")? == frequency, "STATUS tells another channel than {frequency}");
    }
    lab.check_traffic(&[(&owner, &owned), (&client, &joined)])?;
    owner.ok("P2P_SET disallow_freq ")?;
    owner.ok(&format!("P2P_GROUP_REMOVE {}", owned.interface))?;
    removed(&mut owner, &owned, "REQUESTED")?;
    removed(&mut client, &joined, "GO_ENDING_SESSION")
}

/// The owner's channel is forbidden, and its radio cannot announce a switch: the group begins anew elsewhere. What clients do
/// then is their affair; ours comes after.
fn begins_anew(lab: &mut Lab, mut owner: Station, mut client: Station) -> Result<()> {
    let (owned, mut on_group, joined) = forbidden_soon(lab, &mut owner, &mut client)?;
    on_group.forget();
    owner.ok("P2P_SET disallow_freq 2401-2423")?;
    on_group.expect("^P2P-REMOVE-AND-REFORM-GROUP ", SWITCHED_WITHIN)?;
    on_group.expect("^AP-ENABLED ", SWITCHED_WITHIN)?;
    ensure!(on_group.value("STATUS", "freq")? != "2412", "the group is where it was");
    if [owner.program(), client.program()] == [Program::Ours; 2] {
        on_group.expect("^AP-STA-CONNECTED ", FORMED_WITHIN)?;
        lab.check_traffic(&[(&owner, &owned), (&client, &joined)])?;
    }
    owner.ok("P2P_SET disallow_freq ")
}

/// The group key changes, and everybody still hears everybody.
fn group_key(lab: &mut Lab) -> Result<()> {
    let mut owner = lab.station("owner", Program::Ours, Kind::P2pDevice, "")?;
    let mut ours = lab.station("ours", Program::Ours, Kind::P2pDevice, "")?;
    let mut theirs = lab.station("theirs", Program::Theirs, Kind::P2pDevice, "")?;
    let (owned, mut on_group) = autonomous(&mut owner)?;
    let one = join(&mut owner, &owned, &mut on_group, &mut ours)?;
    let two = join(&mut owner, &owned, &mut on_group, &mut theirs)?;
    lab.check_traffic(&[(&owner, &owned), (&ours, &one), (&theirs, &two)])?;
    let mut at_theirs = theirs.group_control(&two)?;
    on_group.forget();
    at_theirs.expect("^WPA: Group rekeying completed with ", KEY_LIFE)?;
    // Nobody has been lost over it, and address resolution, which goes to all, works under the new key.
    thread::sleep(Duration::from_secs(1));
    ensure!(on_group.wait("^AP-STA-DISCONNECTED ", Duration::ZERO)?.is_none(), "a station has left");
    lab.check_traffic(&[(&theirs, &two), (&owner, &owned), (&ours, &one)])
}

/// The owner hands out addresses in the handshake.
fn addresses(lab: &mut Lab, programs: [Program; 2]) -> Result<()> {
    let mut owner = lab.station("a", programs[0], Kind::P2pDevice, POOL)?;
    let mut client = lab.station("b", programs[1], Kind::P2pDevice, "")?;
    let (owned, mut on_group) = autonomous(&mut owner)?;
    on_group.forget();
    client.control().forget();
    let address = client.address()?;
    client.ok(&format!("P2P_CONNECT {} pbc join", owned.owner))?;
    let asked = format!("^P2P-PROV-DISC-PBC-REQ \\S+ p2p_dev_addr={address} ");
    owner.control().expect(&asked, FORMED_WITHIN)?;
    on_group.ok("WPS_PBC")?;
    let started =
        "^P2P-GROUP-STARTED \\S+ client .* ip_addr=192.168.42.100 ip_mask=255.255.255.0 go_ip_addr=192.168.42.1$";
    client.control().expect(started, FORMED_WITHIN)?;
    on_group.expect("^AP-STA-CONNECTED \\S+ p2p_dev_addr=\\S+ ip_addr=192.168.42.100", FORMED_WITHIN)?;
    Ok(())
}

pub(crate) fn scenarios() -> Vec<Scenario> {
    let mut list = Vec::new();
    list.extend(pairing::each("running::begins-anew::qca", Kind::Qca, begins_anew));
    // The simulated radio with channel contexts knows no channel switch (errno ENOTSUPP).
    for kind in [Kind::Plain, Kind::P2pDevice] {
        list.extend(pairing::each(&format!("running::moves::{}", kind.name()), kind, moves));
    }
    for programs in pairing::ALL {
        let name = format!("running::addresses::{}", pairing::name(programs));
        list.push(Scenario::new(name, move |lab| addresses(lab, programs)));
    }
    list.push(Scenario::new("running::group-key", group_key).within(Duration::from_secs(900)));
    list
}

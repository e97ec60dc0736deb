//! Stations that know nothing of P2P and join by WPS; groups that nobody is in.

use std::time::Duration;

use anyhow::{Result, ensure};
use harness::formation::{FORMED_WITHIN, REMOVED_WITHIN, removed};
use harness::{Group, Kind, Lab, Program, Role, Scenario, Station, station};

use crate::join::{autonomous, join};
use crate::pairing;

/// A laptop joins by push button, leaves, and comes back by the PIN that it shows.
fn by_wps(lab: &mut Lab, owner: Program) -> Result<()> {
    let mut owner = lab.station("owner", owner, Kind::P2pDevice, "")?;
    let mut laptop = lab.station("laptop", Program::Theirs, Kind::Plain, "p2p_disabled=1")?;
    let (owned, mut on_group) = autonomous(&mut owner)?;
    let group = Group { interface: station::WLAN.into(), role: Role::Client, ..owned.clone() };
    for method in ["push button", "PIN"] {
        if method == "PIN" {
            let pin = laptop.control().request("WPS_PIN any")?;
            ensure!(on_group.request(&format!("WPS_PIN any {pin}"))? == pin, "the owner does not repeat the PIN");
        } else {
            on_group.ok("WPS_PBC")?;
            laptop.ok("WPS_PBC any")?;
        }
        on_group.expect("^WPS-REG-SUCCESS ", FORMED_WITHIN)?;
        on_group.expect("^AP-STA-CONNECTED \\S+$", FORMED_WITHIN)?;
        laptop.control().expect("^CTRL-EVENT-CONNECTED ", FORMED_WITHIN)?;
        lab.check_traffic(&[(&owner, &owned), (&laptop, &group)])?;
        laptop.ok("REMOVE_NETWORK all")?;
        on_group.expect("^AP-STA-DISCONNECTED ", REMOVED_WITHIN)?;
    }
    owner.ok(&format!("P2P_GROUP_REMOVE {}", owned.interface))?;
    removed(&mut owner, &owned, "REQUESTED")?;
    owner.check_nothing_left()
}

/// A group that its last client has left ends after the time that the user has set.
fn idle(_: &mut Lab, mut owner: Station, mut client: Station) -> Result<()> {
    owner.ok("SET p2p_group_idle 5")?;
    let (owned, mut on_group) = autonomous(&mut owner)?;
    let joined = join(&mut owner, &owned, &mut on_group, &mut client)?;
    ensure!(
        owner.control().wait("^P2P-GROUP-REMOVED ", Duration::from_secs(15))?.is_none(),
        "ended with a client in it"
    );
    client.ok(&format!("P2P_GROUP_REMOVE {}", joined.interface))?;
    removed(&mut client, &joined, "REQUESTED")?;
    let left = on_group.expect("^AP-STA-DISCONNECTED ", REMOVED_WITHIN)?;
    let ended = format!("^P2P-GROUP-REMOVED {} GO reason=IDLE$", owned.interface);
    let ended = owner.control().expect(&ended, Duration::from_secs(20))?;
    let after = ended.at.saturating_sub(left.at);
    ensure!(after >= Duration::from_millis(4900), "ended {after:?} after the last client left");
    owner.check_nothing_left()
}

pub(crate) fn scenarios() -> Vec<Scenario> {
    let mut list = pairing::each("idle::owner", Kind::P2pDevice, idle);
    for owner in [Program::Ours, Program::Theirs] {
        list.push(Scenario::new(format!("legacy::by-wps::{}", owner.name()), move |lab| by_wps(lab, owner)));
    }
    list
}

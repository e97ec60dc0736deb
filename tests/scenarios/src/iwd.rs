//! iwd as the other side.

use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::formation::{FORMED_WITHIN, FOUND_WITHIN, Wish, started};
use harness::{Kind, Lab, Program, Role, Scenario};

/// iwd looks whether the peer announces the method; addresses come in the 4-way handshake, as there is no DHCP here.
const CONFIG: &str = "config_methods=virtual_push_button display keypad
ip_addr_go=192.168.42.1
ip_addr_mask=255.255.255.0
ip_addr_start=192.168.42.2
ip_addr_end=192.168.42.9";

/// How long a client may take to notice that iwd's group is gone, which says no farewell.
const NOTICED_WITHIN: Duration = Duration::from_secs(90);
/// Our user thinks about it.
const CONSIDERS: Duration = Duration::from_secs(1);

/// By push button, ours in this role; either side asks first. Then the group ends, and the next one works.
fn push_button(lab: &mut Lab, kind: Kind, wish: Wish<'_>, first: &[Program]) -> Result<()> {
    let mut ours = lab.station("ours", Program::Ours, kind, CONFIG)?;
    let mut iwd = lab.iwd("iwd", kind)?;
    let own = ours.address()?;
    iwd.discover()?;
    for &first in first {
        ours.control().forget();
        ours.ok("P2P_FIND")?;
        let peer = iwd.found(&own, FOUND_WITHIN)?;
        let event = ours.control().expect("^P2P-DEVICE-FOUND .* name='iwd' ", FOUND_WITHIN)?;
        let address = event.field("p2p_dev_addr").context("no address")?.to_owned();
        let attempt = if first == Program::Theirs {
            let attempt = iwd.push_button(&peer)?;
            ours.control().expect(&format!("^P2P-GO-NEG-REQUEST {address} dev_passwd_id=4 "), FORMED_WITHIN)?;
            thread::sleep(CONSIDERS);
            ours.ok(&wish.push_button(&address))?;
            attempt
        } else {
            ours.ok(&wish.push_button(&address))?;
            iwd.push_button(&peer)?
        };
        let group = started(&mut ours)?;
        wish.check(&group)?;
        let outcome = iwd.outcome(attempt, FORMED_WITHIN)?;
        ensure!(outcome.is_ok(), "iwd: {outcome:?}");
        if group.role == Role::Owner {
            iwd.disconnect(&peer)?;
            ours.ok(&format!("P2P_GROUP_REMOVE {}", group.interface))?;
        } else {
            iwd.disconnect(&peer)?;
        }
        ours.control().expect("^P2P-GROUP-REMOVED ", NOTICED_WITHIN)?;
        ours.check_nothing_left().with_context(|| format!("{first:?} first"))?;
    }
    Ok(())
}

/// What iwd does not do: it declines, and both can go on.
fn method_not_announced(lab: &mut Lab) -> Result<()> {
    let mut ours = lab.station("ours", Program::Ours, Kind::P2pDevice, "config_methods=display keypad")?;
    let mut iwd = lab.iwd("iwd", Kind::P2pDevice)?;
    let own = ours.address()?;
    ours.ok("P2P_FIND")?;
    iwd.discover()?;
    let peer = iwd.found(&own, FOUND_WITHIN)?;
    let attempt = iwd.push_button(&peer)?;
    let outcome = iwd.outcome(attempt, Duration::from_secs(30))?;
    ensure!(outcome == Err("net.connman.iwd.NotSupported".to_owned()), "iwd: {outcome:?}");
    ours.check_nothing_left()
}

pub(crate) fn scenarios() -> Vec<Scenario> {
    let mut list = Vec::new();
    for kind in [Kind::P2pDevice, Kind::Qca] {
        // As an owner that was asked twice iwd 2.3 does not accept the channel of our Confirm.
        let cases: [(&str, Wish<'_>, &[Program]); 2] = [
            ("ours-owns", Wish::OWNER, &[Program::Theirs, Program::Ours]),
            ("iwd-owns", Wish::CLIENT, &[Program::Ours]),
        ];
        for (role, wish, first) in cases {
            let name = format!("iwd::push-button::{role}::{}", kind.name());
            list.push(Scenario::new(name, move |lab| push_button(lab, kind, wish, first)));
        }
    }
    list.push(Scenario::new("iwd::method-not-announced::ours", method_not_announced));
    list
}

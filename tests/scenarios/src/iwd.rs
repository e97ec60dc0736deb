//! iwd as the other side.

use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::formation::{FORMED_WITHIN, FOUND_WITHIN, Wish, started};
use harness::{Iwd, Kind, Lab, Program, Role, Scenario, Station};

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

/// How the users agree: by push button, or by a PIN that ours shows or types.
#[derive(Clone, Copy)]
enum Method {
    PushButton,
    Pin(&'static str),
}

/// The PIN of the PIN scenarios (WSC 2.0 §7.4.1: the last digit is a checksum).
const PIN: &str = "12345670";

impl Method {
    /// Our user's command.
    fn command(self, wish: &Wish<'_>, peer: &str) -> String {
        match self {
            Self::PushButton => wish.push_button(peer),
            Self::Pin(side) => wish.command(peer, &format!("{PIN} {side}")),
        }
    }

    /// iwd's user does the same.
    fn start(self, iwd: &mut Iwd, peer: &str) -> Result<u32> {
        match self {
            Self::PushButton => iwd.push_button(peer),
            Self::Pin(_) => iwd.type_pin(peer, PIN),
        }
    }

    /// The Device Password ID that iwd says: of a PIN only that it is one.
    fn password_id(self) -> u16 {
        match self {
            Self::PushButton => 4,
            Self::Pin(_) => 0,
        }
    }
}

/// Ours in this role; either side asks first. Then the group ends, and the next one works.
fn form(lab: &mut Lab, kind: Kind, method: Method, wish: Wish<'_>) -> Result<()> {
    let (mut ours, mut iwd, own) = neighbours(lab, kind)?;
    for first in [Program::Theirs, Program::Ours] {
        let (peer, address) = found(&mut ours, &mut iwd, &own)?;
        let attempt = if first == Program::Theirs {
            let attempt = method.start(&mut iwd, &peer)?;
            let request = format!("^P2P-GO-NEG-REQUEST {address} dev_passwd_id={} ", method.password_id());
            ours.control().expect(&request, FORMED_WITHIN)?;
            thread::sleep(CONSIDERS);
            ours.ok(&method.command(&wish, &address))?;
            attempt
        } else {
            ours.ok(&method.command(&wish, &address))?;
            method.start(&mut iwd, &peer)?
        };
        let group = started(&mut ours)?;
        wish.check(&group)?;
        let outcome = iwd.outcome(attempt, FORMED_WITHIN)?;
        ensure!(outcome.is_ok(), "iwd: {outcome:?}");
        iwd.disconnect(&peer)?;
        if group.role == Role::Owner {
            ours.ok(&format!("P2P_GROUP_REMOVE {}", group.interface))?;
        }
        ours.control().expect("^P2P-GROUP-REMOVED ", NOTICED_WITHIN)?;
        ours.check_nothing_left().with_context(|| format!("{first:?} first"))?;
    }
    Ok(())
}

/// Ours and iwd, which looks for devices, and our address.
fn neighbours(lab: &mut Lab, kind: Kind) -> Result<(Station, Iwd, String)> {
    let mut ours = lab.station("ours", Program::Ours, kind, CONFIG)?;
    let mut iwd = lab.iwd("iwd", kind)?;
    let own = ours.address()?;
    iwd.discover()?;
    Ok((ours, iwd, own))
}

/// Both find each other: iwd's object for us, and iwd's address.
fn found(ours: &mut Station, iwd: &mut Iwd, own: &str) -> Result<(String, String)> {
    ours.control().forget();
    ours.ok("P2P_FIND")?;
    let peer = iwd.found(own, FOUND_WITHIN)?;
    let event = ours.control().expect("^P2P-DEVICE-FOUND .* name='iwd' ", FOUND_WITHIN)?;
    let address = event.field("p2p_dev_addr").context("no address")?.to_owned();
    Ok((peer, address))
}

/// As an owner iwd opens its registrar for the push button, whatever was agreed: with a PIN nobody can join, and ours gives up.
fn pin_of_an_owner(lab: &mut Lab) -> Result<()> {
    let (mut ours, mut iwd, own) = neighbours(lab, Kind::P2pDevice)?;
    let (peer, address) = found(&mut ours, &mut iwd, &own)?;
    iwd.type_pin(&peer, PIN)?;
    ours.control().expect("^P2P-GO-NEG-REQUEST ", FORMED_WITHIN)?;
    // iwd does not answer a request that follows its own in the same moment.
    thread::sleep(CONSIDERS);
    ours.ok(&Method::Pin("display").command(&Wish::CLIENT, &address))?;
    ours.control().expect("^P2P-GO-NEG-SUCCESS role=client ", FORMED_WITHIN)?;
    ours.control().expect("^P2P-GROUP-FORMATION-FAILURE ", FORMED_WITHIN)?;
    ours.control().expect("^P2P-GROUP-REMOVED .* client reason=FORMATION_FAILED$", FORMED_WITHIN)?;
    ours.check_nothing_left()
}

/// iwd joins no persistent group: our user hears its status, and a group for once is still to be had.
fn persistent(lab: &mut Lab) -> Result<()> {
    let (mut ours, mut iwd, own) = neighbours(lab, Kind::P2pDevice)?;
    let (peer, address) = found(&mut ours, &mut iwd, &own)?;
    let attempt = iwd.push_button(&peer)?;
    ours.control().expect("^P2P-GO-NEG-REQUEST ", FORMED_WITHIN)?;
    ours.ok(&Wish { more: "persistent", ..Wish::OWNER }.push_button(&address))?;
    // iwd says "incompatible parameters" so late that our radio may be elsewhere, and then no more.
    ours.control().expect("^P2P-GO-NEG-FAILURE status=(2|-1)$", FORMED_WITHIN)?;
    let outcome = iwd.outcome(attempt, FORMED_WITHIN)?;
    ensure!(outcome.is_err(), "iwd: {:?}", outcome.map(|_| ()));
    ours.check_nothing_left()?;
    let (peer, address) = found(&mut ours, &mut iwd, &own)?;
    ours.ok(&Wish::OWNER.push_button(&address))?;
    let attempt = iwd.push_button(&peer)?;
    let group = started(&mut ours)?;
    let outcome = iwd.outcome(attempt, FORMED_WITHIN)?;
    ensure!(outcome.is_ok(), "iwd: {outcome:?}");
    ours.ok(&format!("P2P_GROUP_REMOVE {}", group.interface))
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
    let methods = [
        ("push-button", Method::PushButton),
        ("pin-shown", Method::Pin("display")),
        ("pin-typed", Method::Pin("keypad")),
    ];
    for kind in [Kind::P2pDevice, Kind::Qca] {
        for (topic, method) in methods {
            let iwd_owns = matches!(method, Method::PushButton);
            let roles = [("ours-owns", Wish::OWNER, true), ("iwd-owns", Wish::CLIENT, iwd_owns)];
            for (role, wish, _) in roles.into_iter().filter(|(.., possible)| *possible) {
                let name = format!("iwd::{topic}::{role}::{}", kind.name());
                list.push(Scenario::new(name, move |lab| form(lab, kind, method, wish)));
            }
        }
    }
    list.push(Scenario::new("iwd::method-not-announced::ours", method_not_announced));
    list.push(Scenario::new("iwd::persistent::ours", persistent));
    list.push(Scenario::new("iwd::pin-of-an-owner::ours", pin_of_an_owner));
    list
}

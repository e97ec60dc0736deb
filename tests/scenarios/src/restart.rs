//! The end of a daemon, in order and without warning, and the next one's start.

use std::time::Duration;

use anyhow::{Result, ensure};
use harness::formation::{Ends, Wish, discover, form, whole_life};
use harness::{Kind, Lab, Program, Role, Scenario, Station};

use crate::pairing;

/// How long the other side may take to notice that its peer is gone: it saw no deauthentication.
const NOTICED_WITHIN: Duration = Duration::from_secs(120);
/// How long it may take when it was told.
const TOLD_WITHIN: Duration = Duration::from_secs(10);

fn wishes(role: Role) -> (Wish<'static>, Wish<'static>) {
    if role == Role::Owner { (Wish::OWNER, Wish::CLIENT) } else { (Wish::CLIENT, Wish::OWNER) }
}

/// `a` is killed in a group, and starts again: no orphan of the old life, and a new group forms.
fn killed(lab: &mut Lab, mut a: Station, mut b: Station, role: Role) -> Result<()> {
    let (mine, other) = wishes(role);
    discover(&mut a, &mut b)?;
    let (one, two) = form((&mut a, mine), (&mut b, other), Duration::from_millis(300))?;
    lab.check_traffic(&[(&a, &one), (&b, &two)])?;
    a.kill()?;
    a.start()?;
    a.check_nothing_left()?;
    if role == Role::Owner {
        b.control().expect(&format!("^P2P-GROUP-REMOVED {} client", two.interface), NOTICED_WITHIN)?;
    } else {
        b.ok(&format!("P2P_GROUP_REMOVE {}", two.interface))?;
    }
    b.check_nothing_left()?;
    whole_life(lab, (&mut a, mine), (&mut b, other), Duration::from_millis(300), Ends::Owner)
}

/// `a` is told to end in a group: the group, its interface and all sockets are gone when it is, and the peer was told.
fn terminated(lab: &mut Lab, mut a: Station, mut b: Station, role: Role) -> Result<()> {
    let (mine, other) = wishes(role);
    discover(&mut a, &mut b)?;
    let (one, two) = form((&mut a, mine), (&mut b, other), Duration::from_millis(300))?;
    lab.check_traffic(&[(&a, &one), (&b, &two)])?;
    let mut peers_group = b.group_control(&two)?;
    a.stop()?;
    a.check_nothing_left()?;
    ensure!(a.sockets().is_empty(), "sockets without a daemon: {:?}", a.sockets());
    if role == Role::Owner {
        let ended = format!("^P2P-GROUP-REMOVED {} client reason=GO_ENDING_SESSION$", two.interface);
        b.control().expect(&ended, TOLD_WITHIN)?;
        b.check_nothing_left()
    } else {
        peers_group.expect("^AP-STA-DISCONNECTED ", TOLD_WITHIN)?;
        Ok(())
    }
}

/// A daemon that is told to end while it negotiates, and while it searches.
fn terminated_early(_: &mut Lab, mut a: Station, mut b: Station) -> Result<()> {
    discover(&mut a, &mut b)?;
    let peer = b.address()?;
    a.ok(&Wish::OWNER.push_button(&peer))?;
    a.stop()?;
    b.stop()?;
    a.check_nothing_left()?;
    b.check_nothing_left()
}

/// The socket files of a killed daemon do not keep the next one from starting.
fn sockets_of_the_dead(lab: &mut Lab, program: Program) -> Result<()> {
    let mut a = lab.station("a", program, Kind::P2pDevice, "")?;
    a.kill()?;
    ensure!(!a.sockets().is_empty(), "a killed daemon leaves its socket files");
    a.start()?;
    ensure!(a.control().request("PING")? == "PONG", "no PONG after the restart");
    a.stop()?;
    a.check_nothing_left()
}

pub(crate) fn scenarios() -> Vec<Scenario> {
    let mut list = Vec::new();
    for (word, role) in [("owner", Role::Owner), ("client", Role::Client)] {
        for kind in Kind::ALL {
            let topic = |what: &str| format!("restart::{what}-{word}::{}", kind.name());
            let end = pairing::each(&topic("terminated"), kind, move |lab, a, b| terminated(lab, a, b, role));
            list.extend(end);
            // Theirs does not clean up after itself when it was killed.
            let kill = pairing::each(&topic("killed"), kind, move |lab, a, b| killed(lab, a, b, role));
            list.extend(kill.into_iter().filter(|scenario| scenario.name.contains("::ours-")));
        }
    }
    list.extend(pairing::each("restart::terminated-early", Kind::P2pDevice, terminated_early));
    for program in [Program::Ours, Program::Theirs] {
        let name = format!("restart::sockets-of-the-dead::{}", program.name());
        list.push(Scenario::new(name, move |lab| sockets_of_the_dead(lab, program)));
    }
    list
}

//! Users who are late, early, absent, or do not want.

use std::thread;
use std::time::Duration;

use anyhow::{Result, ensure};
use harness::formation::{Ends, FORMED_WITHIN, Wish, agreed, check_pair, discover, dissolve, form, whole_life};
use harness::{Kind, Lab, Program, Role, Scenario, Station};

use crate::pairing;

/// Longer than the negotiation is tried without an answer from the peer's user.
const GIVEN_UP_WITHIN: Duration = Duration::from_secs(180);

/// Both users press at the same moment.
fn at_once(lab: &mut Lab, mut a: Station, mut b: Station) -> Result<()> {
    for (round, wishes) in
        [(Wish::OWNER, Wish::CLIENT), (Wish::CLIENT, Wish::OWNER), (Wish::default(), Wish::default())]
            .into_iter()
            .enumerate()
    {
        let ends = if round == 1 { Ends::Client } else { Ends::Owner };
        whole_life(lab, (&mut a, wishes.0), (&mut b, wishes.1), Duration::ZERO, ends)?;
    }
    Ok(())
}

/// The peer's user is asked, and accepts after a while.
fn late(lab: &mut Lab, mut a: Station, mut b: Station) -> Result<()> {
    for (first, second) in [(Wish::OWNER, Wish::CLIENT), (Wish::CLIENT, Wish::OWNER)] {
        discover(&mut a, &mut b)?;
        let (one, two) = (a.address()?, b.address()?);
        a.control().forget();
        b.control().forget();
        let commands = [first.push_button(&two), second.push_button(&one)];
        a.ok(&commands[0])?;
        let asked = b.control().expect(&format!("^P2P-GO-NEG-REQUEST {one} "), FORMED_WITHIN)?;
        ensure!(asked.field("dev_passwd_id") == Some("4"), "not push button: {:?}", asked.text);
        ensure!(asked.field("go_intent") == first.intent.map(|i| i.to_string()).as_deref(), "{:?}", asked.text);
        thread::sleep(Duration::from_secs(8));
        b.ok(&commands[1])?;
        let (group_a, group_b) = agreed([(&mut a, &commands[0]), (&mut b, &commands[1])])?;
        check_pair(&mut a, &group_a, &mut b, &group_b)?;
        ensure!((group_a.role == Role::Owner) == (first.intent == Some(15)), "{group_a:?}");
        lab.check_traffic(&[(&a, &group_a), (&b, &group_b)])?;
        dissolve((&mut a, &group_a), (&mut b, &group_b), Ends::Owner)?;
    }
    Ok(())
}

/// The peer's user never answers: the negotiation ends with a plain failure, and the next one works.
fn never(lab: &mut Lab, mut a: Station, mut b: Station) -> Result<()> {
    discover(&mut a, &mut b)?;
    let peer = b.address()?;
    a.control().forget();
    a.ok(&Wish::OWNER.push_button(&peer))?;
    b.control().expect("^P2P-GO-NEG-REQUEST ", FORMED_WITHIN)?;
    a.control().expect("^P2P-GO-NEG-FAILURE status=", GIVEN_UP_WITHIN)?;
    a.check_nothing_left()?;
    b.check_nothing_left()?;
    whole_life(lab, (&mut a, Wish::OWNER), (&mut b, Wish::CLIENT), Duration::from_millis(300), Ends::Owner)
}

/// The peer is gone before the first request: the same plain failure.
fn gone(_: &mut Lab, mut a: Station, mut b: Station) -> Result<()> {
    discover(&mut a, &mut b)?;
    let peer = b.address()?;
    b.stop()?;
    a.control().forget();
    a.ok(&Wish::OWNER.push_button(&peer))?;
    a.control().expect("^P2P-GO-NEG-FAILURE status=-1$", GIVEN_UP_WITHIN)?;
    a.check_nothing_left()
}

/// The peer's user declined before the request comes.
fn declined(lab: &mut Lab, mut a: Station, mut b: Station) -> Result<()> {
    discover(&mut a, &mut b)?;
    let (one, two) = (a.address()?, b.address()?);
    a.control().forget();
    b.ok(&format!("P2P_REJECT {one}"))?;
    a.ok(&Wish::OWNER.push_button(&two))?;
    a.control().expect("^P2P-GO-NEG-FAILURE status=11$", GIVEN_UP_WITHIN)?;
    a.check_nothing_left()?;
    b.check_nothing_left()?;
    // A later consent counts.
    let (group_b, group_a) = form((&mut b, Wish::CLIENT), (&mut a, Wish::OWNER), Duration::from_millis(300))?;
    lab.check_traffic(&[(&a, &group_a), (&b, &group_b)])?;
    dissolve((&mut a, &group_a), (&mut b, &group_b), Ends::Owner)
}

/// One user gives up before the other has answered.
fn cancelled(lab: &mut Lab, mut a: Station, mut b: Station) -> Result<()> {
    discover(&mut a, &mut b)?;
    let peer = b.address()?;
    a.ok(&Wish::OWNER.push_button(&peer))?;
    b.control().expect("^P2P-GO-NEG-REQUEST ", FORMED_WITHIN)?;
    a.ok("P2P_CANCEL")?;
    ensure!(a.control().request("P2P_CANCEL")? == "FAIL", "cancelled what was cancelled");
    a.check_nothing_left()?;
    whole_life(lab, (&mut a, Wish::OWNER), (&mut b, Wish::CLIENT), Duration::from_millis(300), Ends::Owner)
}

/// Both insist on being the owner.
fn both_insist(_: &mut Lab, mut a: Station, mut b: Station) -> Result<()> {
    discover(&mut a, &mut b)?;
    let (one, two) = (a.address()?, b.address()?);
    a.control().forget();
    b.control().forget();
    a.ok(&Wish::OWNER.push_button(&two))?;
    b.control().expect("^P2P-GO-NEG-REQUEST ", FORMED_WITHIN)?;
    b.ok(&Wish::OWNER.push_button(&one))?;
    let failures = [a.control(), b.control()].map(|c| c.expect("^P2P-GO-NEG-FAILURE status=", GIVEN_UP_WITHIN));
    let [first, second] = failures;
    let said = [first?.text, second?.text];
    ensure!(said.iter().any(|text| text.ends_with("status=9")), "{said:?}");
    a.check_nothing_left()?;
    b.check_nothing_left()
}

/// Commands that cannot be obeyed are refused at once, in the agreed words.
fn refused(lab: &mut Lab, program: Program) -> Result<()> {
    let mut a = lab.station("a", program, Kind::P2pDevice, "")?;
    let control = a.control();
    for (command, reply) in [
        ("PING", "PONG"),
        ("NONSENSE", "UNKNOWN COMMAND"),
        ("P2P_CONNECT 02:12:34:56:78:9a pbc", "FAIL"),
        ("P2P_CONNECT nonsense pbc", "FAIL"),
        ("P2P_CONNECT 02:12:34:56:78:9a 123", "FAIL-INVALID-PIN"),
        ("P2P_GROUP_REMOVE p2p-wlan0-7", "FAIL"),
        ("P2P_GROUP_REMOVE *", "OK"),
        ("P2P_GROUP_ADD nonsense=1", "FAIL"),
        ("P2P_CANCEL", "FAIL"),
        ("P2P_REJECT nonsense", "FAIL"),
        ("P2P_PEER FIRST", "FAIL"),
        ("P2P_SET nonsense 1", "FAIL"),
        ("P2P_GET_PASSPHRASE", "FAIL"),
        ("P2P_STOP_FIND", "OK"),
        ("P2P_FLUSH", "OK"),
    ] {
        let said = control.request(command)?;
        ensure!(said == reply, "{command:?} was answered with {said:?} instead of {reply:?}");
    }
    a.stop()?;
    a.check_nothing_left()
}

pub(crate) fn scenarios() -> Vec<Scenario> {
    let mut list = Vec::new();
    for kind in Kind::ALL {
        list.extend(pairing::each(&format!("consent::at-once::{}", kind.name()), kind, at_once));
        list.extend(pairing::each(&format!("consent::late::{}", kind.name()), kind, late));
    }
    list.extend(pairing::each("consent::never", Kind::P2pDevice, never));
    list.extend(pairing::each("consent::gone", Kind::P2pDevice, gone));
    list.extend(pairing::each("consent::declined", Kind::P2pDevice, declined));
    list.extend(pairing::each("consent::cancelled", Kind::P2pDevice, cancelled));
    list.extend(pairing::each("consent::both-insist", Kind::P2pDevice, both_insist));
    for program in [Program::Ours, Program::Theirs] {
        list.push(Scenario::new(format!("consent::refused::{}", program.name()), move |lab| refused(lab, program)));
    }
    list
}

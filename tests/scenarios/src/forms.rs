//! The ways in which two users come to an agreement: PINs in every form, consent in advance, provision discovery by
//! itself, `auto`.

use std::thread;
use std::time::Duration;

use anyhow::{Result, ensure};
use harness::formation::{Ends, FORMED_WITHIN, REMOVED_WITHIN, Wish, agreed, check_pair, discover, dissolve, started};
use harness::{Kind, Lab, Program, Role, Scenario, Station};

use crate::join::{autonomous, join};
use crate::pairing;

/// How long a provision discovery may take, to succeed or to fail.
const ANSWERED_WITHIN: Duration = Duration::from_secs(60);

/// `b`'s user tells the other that the device is ready.
const SAYS_SO: Duration = Duration::from_millis(500);

/// Connects `a` by the first command and `b`, once its user was asked, by the second one; data, and the end.
fn connect(lab: &mut Lab, a: &mut Station, b: &mut Station, commands: [String; 2]) -> Result<()> {
    a.control().forget();
    b.control().forget();
    a.ok(&commands[0])?;
    b.control().expect("^P2P-GO-NEG-REQUEST ", FORMED_WITHIN)?;
    b.ok(&commands[1])?;
    conclude(lab, (a, &commands[0]), (b, &commands[1]))
}

/// Waits for the group that both commands lead to; data, and the end.
fn conclude(lab: &mut Lab, a: (&mut Station, &String), b: (&mut Station, &String)) -> Result<()> {
    let (group_a, group_b) = agreed([(&mut *a.0, a.1), (&mut *b.0, b.1)])?;
    check_pair(a.0, &group_a, b.0, &group_b)?;
    lab.check_traffic(&[(a.0, &group_a), (b.0, &group_b)])?;
    dissolve((a.0, &group_a), (b.0, &group_b), Ends::Owner)
}

/// A PIN that both users know already, of eight digits and of four.
fn pins(lab: &mut Lab, mut a: Station, mut b: Station) -> Result<()> {
    let forms =
        [("12345670 display", "12345670"), ("12345670 keypad", "12345670 display"), ("1234 display", "1234 keypad")];
    for (first, second) in forms {
        discover(&mut a, &mut b)?;
        let commands = [Wish::CLIENT.command(&b.address()?, first), Wish::OWNER.command(&a.address()?, second)];
        connect(lab, &mut a, &mut b, commands)?;
    }
    Ok(())
}

/// What is no PIN is refused before anything is sent.
fn no_pins(_: &mut Lab, mut a: Station, mut b: Station) -> Result<()> {
    discover(&mut a, &mut b)?;
    let peer = b.address()?;
    for pin in ["12345678", "123", "123456", "1234567a", "123456700"] {
        let said = a.control().request(&format!("P2P_CONNECT {peer} {pin} display"))?;
        ensure!(said == "FAIL-INVALID-PIN", "{pin:?} was answered with {said:?}");
    }
    ensure!(a.control().request("WPS_CHECK_PIN 12345678")? == "FAIL-CHECKSUM", "a wrong check digit");
    ensure!(a.control().request("WPS_CHECK_PIN 1234-5670")? == "12345670", "a PIN with a dash");
    let made = a.control().request("WPS_PIN get")?;
    ensure!(a.control().request(&format!("WPS_CHECK_PIN {made}"))? == made, "{made:?} is no PIN");
    Ok(())
}

/// `b`'s user has agreed in advance, and is not asked; once that is taken back it is.
fn authorized(lab: &mut Lab, mut a: Station, mut b: Station) -> Result<()> {
    discover(&mut a, &mut b)?;
    let (one, two) = (a.address()?, b.address()?);
    a.control().forget();
    b.control().forget();
    let commands = [Wish::OWNER.push_button(&two), Wish { more: "auth", ..Wish::CLIENT }.push_button(&one)];
    b.ok(&commands[1])?;
    b.ok("P2P_LISTEN 60")?;
    thread::sleep(SAYS_SO);
    a.ok(&commands[0])?;
    conclude(lab, (&mut a, &commands[0]), (&mut b, &commands[1]))?;
    let asked = b.control().events().into_iter().find(|event| event.text.starts_with("P2P-GO-NEG-REQUEST"));
    ensure!(asked.is_none(), "asked in spite of the consent: {asked:?}");

    discover(&mut a, &mut b)?;
    b.ok(&commands[1])?;
    b.ok(&format!("P2P_UNAUTHORIZE {one}"))?;
    connect(lab, &mut a, &mut b, [commands[0].clone(), Wish::CLIENT.push_button(&one)])
}

/// `a` asks `b` how it is to be connected, without connecting.
fn provision_discovery(_: &mut Lab, mut a: Station, mut b: Station) -> Result<()> {
    discover(&mut a, &mut b)?;
    let (one, two) = (a.address()?, b.address()?);
    a.control().forget();
    b.control().forget();
    let tail = format!(
        " p2p_dev_addr={one} pri_dev_type=\\S+ name='a' config_methods=0x\\w+ dev_capab=0x\\w+ group_capab=0x\\w+"
    );
    a.ok(&format!("P2P_PROV_DISC {two} pbc"))?;
    b.control().expect(&format!("^P2P-PROV-DISC-PBC-REQ {one}{tail}"), ANSWERED_WITHIN)?;
    a.control().expect(&format!("^P2P-PROV-DISC-PBC-RESP {two}"), ANSWERED_WITHIN)?;
    a.ok(&format!("P2P_PROV_DISC {two} keypad"))?;
    b.control().expect(&format!("^P2P-PROV-DISC-ENTER-PIN {one}{tail}"), ANSWERED_WITHIN)?;
    a.control().expect(&format!("^P2P-PROV-DISC-SHOW-PIN {two} \\d{{8}}"), ANSWERED_WITHIN)?;
    a.ok(&format!("P2P_PROV_DISC {two} display"))?;
    b.control().expect(&format!("^P2P-PROV-DISC-SHOW-PIN {one} \\d{{8}}{tail}"), ANSWERED_WITHIN)?;
    a.control().expect(&format!("^P2P-PROV-DISC-ENTER-PIN {two}"), ANSWERED_WITHIN)?;
    ensure!(a.control().request(&format!("P2P_PROV_DISC {two} nonsense"))? == "FAIL", "an odd method");
    ensure!(a.control().request("P2P_PROV_DISC 02:12:34:56:78:9a pbc")? == "FAIL", "a stranger");
    a.ok("P2P_STOP_FIND")?;
    b.stop()?;
    a.ok(&format!("P2P_PROV_DISC {two} pbc"))?;
    a.control().expect(&format!("^P2P-PROV-DISC-FAILURE p2p_dev_addr={two} status=1"), ANSWERED_WITHIN)?;
    Ok(())
}

/// `auto` with a device that owns no group: negotiation.
fn auto_negotiates(lab: &mut Lab, mut a: Station, mut b: Station) -> Result<()> {
    discover(&mut a, &mut b)?;
    let (one, two) = (a.address()?, b.address()?);
    let commands = [Wish { more: "auto", ..Wish::CLIENT }.push_button(&two), Wish::OWNER.push_button(&one)];
    connect(lab, &mut a, &mut b, commands)?;
    let fell_back = |text: &str| text.starts_with("P2P-FALLBACK-TO-GO-NEG reason=");
    ensure!(a.control().events().iter().any(|event| fell_back(&event.text)), "the fall-back was not told");
    Ok(())
}

/// `auto` with a running owner: joining.
fn auto_joins(lab: &mut Lab, mut owner: Station, mut client: Station) -> Result<()> {
    let (owned, on_group) = autonomous(&mut owner)?;
    client.ok(&format!("P2P_CONNECT {} pbc auto", owned.owner))?;
    owner.control().expect("^P2P-PROV-DISC-PBC-REQ ", FORMED_WITHIN)?;
    on_group.ok("WPS_PBC")?;
    let joined = started(&mut client)?;
    ensure!(joined.role == Role::Client, "{joined:?}");
    owned.check_same(&joined)?;
    lab.check_traffic(&[(&owner, &owned), (&client, &joined)])?;
    dissolve((&mut owner, &owned), (&mut client, &joined), Ends::Owner)
}

/// The user who wanted to join does not want to wait for the owner's any more; later both agree.
fn join_cancelled(lab: &mut Lab, mut owner: Station, mut client: Station) -> Result<()> {
    let (owned, mut on_group) = autonomous(&mut owner)?;
    client.ok(&format!("P2P_CONNECT {} pbc join", owned.owner))?;
    owner.control().expect("^P2P-PROV-DISC-PBC-REQ ", FORMED_WITHIN)?;
    client.ok("P2P_CANCEL")?;
    client.check_nothing_left()?;
    ensure!(client.control().request("P2P_CANCEL")? == "FAIL", "cancelled what was cancelled");
    let joined = join(&mut owner, &owned, &mut on_group, &mut client)?;
    lab.check_traffic(&[(&owner, &owned), (&client, &joined)])?;
    client.ok(&format!("P2P_GROUP_REMOVE {}", joined.interface))?;
    on_group.expect("^AP-STA-DISCONNECTED ", REMOVED_WITHIN)?;
    client.check_nothing_left()
}

pub(crate) fn scenarios() -> Vec<Scenario> {
    let mut list = Vec::new();
    list.extend(pairing::each("pin::known", Kind::P2pDevice, pins));
    list.push(Scenario::new("pin::none::ours", |lab| {
        let (a, b) = pairing::stations(lab, [Program::Ours; 2], Kind::P2pDevice, "")?;
        no_pins(lab, a, b)
    }));
    list.extend(pairing::each("consent::in-advance", Kind::P2pDevice, authorized));
    list.extend(pairing::each("provision-discovery::all-methods", Kind::P2pDevice, provision_discovery));
    list.extend(pairing::each("auto::negotiates", Kind::P2pDevice, auto_negotiates));
    list.extend(pairing::each("auto::joins", Kind::P2pDevice, auto_joins));
    list.extend(pairing::each("join::cancelled", Kind::P2pDevice, join_cancelled));
    list
}

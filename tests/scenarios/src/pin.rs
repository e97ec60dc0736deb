//! Formation with a PIN: shown by one device and typed into the other.

use std::time::Duration;

use anyhow::{Result, ensure};
use harness::formation::{Ends, FORMED_WITHIN, Wish, agreed, check_pair, discover, dissolve, started};
use harness::{Kind, Lab, Role, Scenario, Station};

use crate::pairing;

/// How long a provision discovery may take.
const ASKED_WITHIN: Duration = Duration::from_secs(20);

/// `a` shows a PIN of its own making, `b`'s user types it. Both as the owner.
fn shown(lab: &mut Lab, mut a: Station, mut b: Station) -> Result<()> {
    for (first, second) in [(Wish::OWNER, Wish::CLIENT), (Wish::CLIENT, Wish::OWNER)] {
        discover(&mut a, &mut b)?;
        let (one, two) = (a.address()?, b.address()?);
        a.control().forget();
        b.control().forget();
        let pin = a.control().request(&first.command(&two, "pin"))?;
        ensure!(pin.len() == 8 && pin.bytes().all(|c| c.is_ascii_digit()), "{pin:?} is no PIN");
        let asked = b.control().expect(&format!("^P2P-GO-NEG-REQUEST {one} "), FORMED_WITHIN)?;
        ensure!(asked.field("dev_passwd_id") == Some("5"), "not a PIN that the sender shows: {:?}", asked.text);
        let typed = second.command(&one, &format!("{pin} keypad"));
        b.ok(&typed)?;
        let again = first.command(&two, &format!("{pin} display"));
        let (group_a, group_b) = agreed([(&mut a, &again), (&mut b, &typed)])?;
        check_pair(&mut a, &group_a, &mut b, &group_b)?;
        first.check(&group_a)?;
        lab.check_traffic(&[(&a, &group_a), (&b, &group_b)])?;
        dissolve((&mut a, &group_a), (&mut b, &group_b), Ends::Owner)?;
    }
    Ok(())
}

/// `a` first asks `b` to show a PIN; `b` is told which, and `a`'s user types it.
fn asked_for(lab: &mut Lab, mut a: Station, mut b: Station) -> Result<()> {
    discover(&mut a, &mut b)?;
    let (one, two) = (a.address()?, b.address()?);
    a.control().forget();
    b.control().forget();
    a.ok(&format!("P2P_PROV_DISC {two} display"))?;
    let shown =
        b.control().expect(&format!("^P2P-PROV-DISC-SHOW-PIN {one} \\d{{8}} p2p_dev_addr={one}"), ASKED_WITHIN)?;
    a.control().expect(&format!("^P2P-PROV-DISC-ENTER-PIN {two}"), ASKED_WITHIN)?;
    let pin = shown.text.split(' ').nth(2).unwrap_or_default();
    let display = Wish::CLIENT.command(&one, &format!("{pin} display"));
    let keypad = Wish::OWNER.command(&two, &format!("{pin} keypad"));
    a.ok(&keypad)?;
    b.ok(&display)?;
    let (group_a, group_b) = agreed([(&mut a, &keypad), (&mut b, &display)])?;
    check_pair(&mut a, &group_a, &mut b, &group_b)?;
    lab.check_traffic(&[(&a, &group_a), (&b, &group_b)])?;
    dissolve((&mut a, &group_a), (&mut b, &group_b), Ends::Client)
}

/// A PIN that was mistyped: both are told, and nothing is left.
fn mistyped(_: &mut Lab, mut a: Station, mut b: Station) -> Result<()> {
    discover(&mut a, &mut b)?;
    let (one, two) = (a.address()?, b.address()?);
    a.control().forget();
    b.control().forget();
    a.ok(&Wish::OWNER.command(&two, "12345670 display"))?;
    b.control().expect("^P2P-GO-NEG-REQUEST ", FORMED_WITHIN)?;
    b.ok(&Wish::CLIENT.command(&one, "12345687 keypad"))?;
    for station in [&mut a, &mut b] {
        station.control().expect("^P2P-GROUP-FORMATION-FAILURE", FORMED_WITHIN)?;
        station.control().expect("^P2P-GROUP-REMOVED \\S+ (GO|client) reason=FORMATION_FAILED$", FORMED_WITHIN)?;
    }
    a.check_nothing_left()?;
    b.check_nothing_left()
}

/// A client joins a running group with a PIN that the owner's user typed.
fn joined(lab: &mut Lab, mut owner: Station, mut client: Station) -> Result<()> {
    owner.ok("P2P_GROUP_ADD")?;
    let owned = started(&mut owner)?;
    let on_group = owner.group_control(&owned)?;
    let pin = client.control().request(&format!("P2P_CONNECT {} pin join", owned.owner))?;
    owner.control().expect("^P2P-PROV-DISC-ENTER-PIN ", FORMED_WITHIN)?;
    on_group.request(&format!("WPS_PIN any {pin}"))?;
    let joined = started(&mut client)?;
    ensure!(joined.role == Role::Client, "{joined:?}");
    owned.check_same(&joined)?;
    lab.check_traffic(&[(&owner, &owned), (&client, &joined)])?;
    dissolve((&mut owner, &owned), (&mut client, &joined), Ends::Owner)
}

pub(crate) fn scenarios() -> Vec<Scenario> {
    let mut list = Vec::new();
    for kind in Kind::ALL {
        list.extend(pairing::each(&format!("pin::shown::{}", kind.name()), kind, shown));
    }
    list.extend(pairing::each("pin::asked-for", Kind::P2pDevice, asked_for));
    list.extend(pairing::each("pin::mistyped", Kind::P2pDevice, mistyped));
    list.extend(pairing::each("pin::joined", Kind::P2pDevice, joined));
    list
}

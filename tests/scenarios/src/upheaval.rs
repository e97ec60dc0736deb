//! What others do to a radio under a running daemon: interfaces lowered, removed and renamed, the radio switched off or taken
//! away, its channel forbidden. A group goes on or ends with its reason, and the next one forms.

use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::formation::{Ends, FORMED_WITHIN, Wish, discover, form, removed, whole_life};
use harness::nl80211::Nl80211;
use harness::station::WLAN;
use harness::{Group, Kind, Lab, Program, Role, Scenario, Station, rtnetlink};

use crate::join::{autonomous_with, join};
use crate::pairing;

/// The pause between the two users' actions.
const PAUSE: Duration = Duration::from_millis(300);
/// How long the other side may take to notice that its peer is gone: it saw no deauthentication.
const NOTICED_WITHIN: Duration = Duration::from_secs(120);
/// How long what is told by the kernel may take.
const TOLD_WITHIN: Duration = Duration::from_secs(10);
/// How long a daemon is watched that has nothing to do.
const WATCHED: Duration = Duration::from_secs(60);
/// How often something may wake it meanwhile: half of what a poll once a second would.
const WAKEUPS: u64 = 30;

fn wishes(role: Role) -> (Wish<'static>, Wish<'static>) {
    if role == Role::Owner { (Wish::OWNER, Wish::CLIENT) } else { (Wish::CLIENT, Wish::OWNER) }
}

/// A group of the two, with traffic; `a` has this role.
fn formed(lab: &mut Lab, a: &mut Station, b: &mut Station, role: Role) -> Result<(Group, Group)> {
    let (mine, other) = wishes(role);
    discover(a, b)?;
    let (one, two) = form((a, mine), (b, other), PAUSE)?;
    lab.check_traffic(&[(a, &one), (b, &two)])?;
    Ok((one, two))
}

/// The peer's group ends, after the other side's has: a client notices, an owner is told by its user.
fn let_go(peer: &mut Station, group: &Group) -> Result<()> {
    if group.role == Role::Owner {
        peer.ok(&format!("P2P_GROUP_REMOVE {}", group.interface))?;
        removed(peer, group, "REQUESTED")?;
    } else {
        peer.control().expect(&format!("^P2P-GROUP-REMOVED {} client ", group.interface), NOTICED_WITHIN)?;
    }
    peer.check_nothing_left()
}

/// A daemon that has nothing to do sleeps.
fn check_quiet(station: &Station) -> Result<()> {
    let before = station.sleeps()?;
    thread::sleep(WATCHED);
    let times = station.sleeps()? - before;
    ensure!(times <= WAKEUPS, "{} was woken {times} times in {WATCHED:?}", station.name());
    Ok(())
}

fn next_life(lab: &mut Lab, a: &mut Station, b: &mut Station, role: Role) -> Result<()> {
    let (mine, other) = wishes(role);
    whole_life(lab, (a, mine), (b, other), PAUSE, Ends::Owner)
}

/// Somebody lowers the group's interface, lowers and renames the next group's, and removes the last one's.
fn group_interface(lab: &mut Lab, mut a: Station, mut b: Station, role: Role) -> Result<()> {
    for deed in ["lowered", "renamed", "removed"] {
        let (one, two) = formed(lab, &mut a, &mut b, role)?;
        let name = one.interface.clone();
        a.namespace().run(|| match deed {
            "removed" => Nl80211::open()?.remove_interface(&name),
            "renamed" => {
                rtnetlink::set_down(&name)?;
                // It may be gone already.
                _ = rtnetlink::rename(&name, "wifi9");
                Ok(())
            }
            _ => rtnetlink::set_down(&name),
        })?;
        removed(&mut a, &one, "UNAVAILABLE").context(deed)?;
        let_go(&mut b, &two)?;
        a.check_nothing_left().context(deed)?;
    }
    check_quiet(&a)?;
    next_life(lab, &mut a, &mut b, role)
}

/// Somebody lowers and renames the interface that the radio was opened on: a group on another one goes on, and the daemon raises
/// what it needs.
fn base_interface(lab: &mut Lab, mut a: Station, mut b: Station, role: Role) -> Result<()> {
    let (one, two) = formed(lab, &mut a, &mut b, role)?;
    a.namespace().run(|| {
        rtnetlink::set_down(WLAN)?;
        rtnetlink::rename(WLAN, "wifi9")?;
        rtnetlink::rename("wifi9", WLAN)
    })?;
    lab.check_traffic(&[(&a, &one), (&b, &two)])?;
    a.ok(&format!("P2P_GROUP_REMOVE {}", one.interface))?;
    removed(&mut a, &one, "REQUESTED")?;
    let_go(&mut b, &two)?;
    check_quiet(&a)?;
    next_life(lab, &mut a, &mut b, role)?;
    a.ok("P2P_FIND")?;
    a.namespace().run(|| rtnetlink::set_down(WLAN))?;
    if !a.uses_p2p_device() {
        a.control().expect("^P2P-FIND-STOPPED", TOLD_WITHIN)?;
    }
    a.ok("P2P_STOP_FIND")?;
    check_quiet(&a)?;
    next_life(lab, &mut a, &mut b, role)
}

/// Somebody removes the interface that the radio was opened on, and makes it again.
fn base_removed(lab: &mut Lab, mut a: Station, mut b: Station, role: Role) -> Result<()> {
    let (one, two) = formed(lab, &mut a, &mut b, role)?;
    a.namespace().run(|| Nl80211::open()?.remove_interface(WLAN))?;
    removed(&mut a, &one, "UNAVAILABLE")?;
    a.control().expect("^CTRL-EVENT-TERMINATING", TOLD_WITHIN)?;
    let_go(&mut b, &two)?;
    check_quiet(&a)?;
    let phy = a.radio().id;
    a.namespace().run(|| Nl80211::open()?.add_interface(phy, WLAN))?;
    a.reconnect()?;
    next_life(lab, &mut a, &mut b, role)
}

/// The radio is taken away and another one of its kind is put in, twice.
fn replugged(lab: &mut Lab, mut a: Station, mut b: Station, role: Role) -> Result<()> {
    for _ in 0..2 {
        let (one, two) = formed(lab, &mut a, &mut b, role)?;
        lab.unplug(&a)?;
        removed(&mut a, &one, "UNAVAILABLE")?;
        a.control().expect("^CTRL-EVENT-TERMINATING", TOLD_WITHIN)?;
        let_go(&mut b, &two)?;
        check_quiet(&a)?;
        lab.plug(&mut a)?;
        a.reconnect()?;
    }
    next_life(lab, &mut a, &mut b, role)
}

/// Somebody removes the P2P device, twice: the base interface is there all the time, and is served again at once.
fn p2p_device_removed(lab: &mut Lab, kind: Kind) -> Result<()> {
    let (mut a, mut b) = pairing::stations(lab, [Program::Ours; 2], kind, "")?;
    for _ in 0..2 {
        a.namespace().run(|| Nl80211::open()?.remove_p2p_device())?;
        a.control().expect("^CTRL-EVENT-TERMINATING", TOLD_WITHIN)?;
        thread::sleep(PAUSE);
        a.reconnect()?;
        next_life(lab, &mut a, &mut b, Role::Owner)?;
    }
    check_quiet(&a)
}

/// The radio is switched off, and on again.
fn rfkill(lab: &mut Lab, mut a: Station, mut b: Station, role: Role) -> Result<()> {
    let (one, two) = formed(lab, &mut a, &mut b, role)?;
    a.rfkill(true)?;
    removed(&mut a, &one, "UNAVAILABLE")?;
    let_go(&mut b, &two)?;
    // Whoever looks for peers meanwhile is told that nothing comes of it.
    a.control().forget();
    a.ok("P2P_FIND")?;
    a.control().expect("^P2P-FIND-STOPPED", TOLD_WITHIN)?;
    check_quiet(&a)?;
    a.rfkill(false)?;
    next_life(lab, &mut a, &mut b, role)
}

/// The country changes, and the group's channel is forbidden in the new one: it moves with its client.
fn other_country(lab: &mut Lab, mut owner: Station, mut client: Station) -> Result<()> {
    let (owned, mut on_group) = autonomous_with(&mut owner, "freq=2472")?;
    let joined = join(&mut owner, &owned, &mut on_group, &mut client)?;
    lab.check_traffic(&[(&owner, &owned), (&client, &joined)])?;
    on_group.forget();
    Nl80211::open()?.set_country("US")?;
    if owner.kind() == Kind::Qca {
        // The simulated radio with channel contexts cannot announce a switch.
        on_group.expect("^P2P-REMOVE-AND-REFORM-GROUP ", TOLD_WITHIN)?;
        on_group.expect("^AP-STA-CONNECTED ", FORMED_WITHIN)?;
    } else {
        on_group.expect("^AP-CSA-FINISHED freq=", TOLD_WITHIN)?;
    }
    let frequency: u32 = on_group.value("STATUS", "freq")?.parse()?;
    ensure!(frequency < 2467, "{frequency} MHz is no channel of this country");
    lab.check_traffic(&[(&owner, &owned), (&client, &joined)])?;
    owner.ok(&format!("P2P_GROUP_REMOVE {}", owned.interface))?;
    removed(&mut owner, &owned, "REQUESTED")?;
    removed(&mut client, &joined, "GO_ENDING_SESSION")
}

/// As before, but there is no other channel left.
fn no_country(lab: &mut Lab, kind: Kind) -> Result<()> {
    let config = "country=JP\np2p_no_go_freq=2400-2463,5000-6000";
    let mut owner = lab.station("owner", Program::Ours, kind, config)?;
    let mut client = lab.station("client", Program::Ours, kind, "country=JP")?;
    let (owned, mut on_group) = autonomous_with(&mut owner, "freq=2472")?;
    let joined = join(&mut owner, &owned, &mut on_group, &mut client)?;
    Nl80211::open()?.set_country("US")?;
    removed(&mut owner, &owned, "FREQ_CONFLICT")?;
    removed(&mut client, &joined, "GO_ENDING_SESSION")?;
    check_quiet(&owner)?;
    owner.check_nothing_left()
}

pub(crate) fn scenarios() -> Vec<Scenario> {
    type Run = fn(&mut Lab, Station, Station, Role) -> Result<()>;
    let topics: [(&str, Run); 5] = [
        ("group-interface", group_interface),
        ("base-interface", base_interface),
        ("base-removed", base_removed),
        ("replugged", replugged),
        ("rfkill", rfkill),
    ];
    let ours = [Program::Ours; 2];
    let mut list = Vec::new();
    for kind in Kind::ALL {
        for (topic, run) in topics {
            for (word, role) in [("owner", Role::Owner), ("client", Role::Client)] {
                list.push(Scenario::new(format!("upheaval::{topic}::{word}::{}", kind.name()), move |lab| {
                    let (a, b) = pairing::stations(lab, ours, kind, "")?;
                    run(lab, a, b, role)
                }));
            }
        }
        if kind.has_p2p_device() {
            let name = format!("upheaval::p2p-device-removed::{}", kind.name());
            list.push(Scenario::new(name, move |lab| p2p_device_removed(lab, kind)));
        }
        list.push(Scenario::new(format!("upheaval::other-country::{}", kind.name()), move |lab| {
            let (a, b) = pairing::stations(lab, ours, kind, "country=JP")?;
            other_country(lab, a, b)
        }));
        list.push(Scenario::new(format!("upheaval::no-country::{}", kind.name()), move |lab| no_country(lab, kind)));
    }
    list
}

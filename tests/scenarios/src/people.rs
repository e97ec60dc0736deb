//! Both ends driven with p2pctl, as people do it; it speaks with wpa_supplicant as with p2pd.

use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::formation::{check_pair, started};
use harness::{Kind, Lab, Role, Scenario, Station};

use crate::pairing;

/// The program beside the daemon under test.
fn program(lab: &Lab) -> PathBuf {
    lab.settings.p2pd.with_file_name("p2pctl")
}

/// Starts p2pctl as a station's user does.
fn start(lab: &Lab, station: &Station, arguments: &[&str]) -> Result<Child> {
    let mut command = Command::new(program(lab));
    command.arg("-p").arg(format!("/run/{}", station.name())).args(arguments);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    station.namespace().spawn(command)
}

/// Waits for its end, which must be a good one; what it has said.
fn end(child: Child) -> Result<String> {
    let Output { status, stdout, stderr } = child.wait_with_output()?;
    let (out, err) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    ensure!(status.success(), "p2pctl: {status}\n{out}{err}");
    Ok(out.into_owned())
}

fn say(lab: &Lab, station: &Station, arguments: &[&str]) -> Result<String> {
    end(start(lab, station, arguments)?).with_context(|| format!("{} {arguments:?}", station.name()))
}

/// Find, connect, look at the group, leave it.
fn meet(lab: &mut Lab, mut a: Station, mut b: Station) -> Result<()> {
    let waiting = start(lab, &b, &["accept", "a", "--client"])?;
    let found = say(lab, &a, &["find", "12"])?;
    ensure!(found.lines().any(|line| line.starts_with("b ")), "not found:\n{found}");
    let connected = say(lab, &a, &["connect", "b", "--go"])?;
    ensure!(connected.contains("Connected: owner DIRECT-"), "{connected}");
    let accepted = end(waiting)?;
    ensure!(
        accepted.contains("wants to connect by push button") && accepted.contains("Connected: client"),
        "{accepted}"
    );

    let (one, two) = (started(&mut a)?, started(&mut b)?);
    ensure!(one.role == Role::Owner, "{one:?}");
    check_pair(&mut a, &one, &mut b, &two)?;
    lab.check_traffic(&[(&a, &one), (&b, &two)])?;
    let groups = say(lab, &a, &["groups", "--json"])?;
    let member = format!("\"members\":[\"{}\"]", b.address()?);
    ensure!(groups.contains(&one.interface) && groups.contains(&member), "{groups}");

    let left = say(lab, &b, &["leave"])?;
    ensure!(left.contains("has ended: ended by request"), "{left}");
    a.control().expect("^AP-STA-DISCONNECTED ", Duration::from_secs(10))?;
    say(lab, &a, &["leave", &one.interface])?;
    ensure!(say(lab, &a, &["groups"])? == "No group runs here.\n", "a group is left");
    a.check_nothing_left()?;
    b.check_nothing_left()
}

/// What the radio can do is said by the kernel, whether a daemon runs or not.
fn radio(lab: &mut Lab) -> Result<()> {
    let wanted = [
        (Kind::Plain, "can find and be found: on wlan0 itself"),
        (Kind::P2pDevice, "can find and be found: on a P2P device interface of its own"),
        (
            Kind::Qca,
            "can hold a group beside a connection of wlan0: on an interface of its own, on the channel of that",
        ),
    ];
    for (number, (kind, words)) in wanted.into_iter().enumerate() {
        let station = lab.idle_station(&format!("r{number}"), harness::Program::Ours, kind, "", &[])?;
        let said = say(lab, &station, &["radio"])?;
        ensure!(said.starts_with("wlan0 (") && said.contains(words), "{kind:?}:\n{said}");
        let file = format!("/lab/{number}.profile");
        say(lab, &station, &["radio", "wlan0", "--record", &file])?;
        let recorded = std::fs::read_to_string(&file)?;
        ensure!(recorded.lines().filter(|line| line.starts_with("wiphy = ")).count() > 3, "{recorded}");
    }
    Ok(())
}

pub(crate) fn scenarios() -> Vec<Scenario> {
    let mut list = pairing::each("people::meet", Kind::P2pDevice, meet);
    list.push(Scenario::new("people::radio", radio));
    list
}

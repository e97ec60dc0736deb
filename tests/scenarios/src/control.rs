//! Commands of the control interface that no session of the other files uses, on the kernel's own radio.

use crate::pairing;
use anyhow::{Result, ensure};
use harness::Program::Ours;
use harness::formation::{Wish, discover, form};
use harness::{Kind, Lab, Scenario, Station};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
/// A scan of one channel, or a channel switch, with room to spare.
const SOON: Duration = Duration::from_secs(5);
/// A Device Discoverability Response with status 0 (Wi-Fi P2P v1.7 §4.2.9.8) that nobody has asked for.
const FRAME: &str = "0409506f9a090601dd08506f9a0900010000";

pub(crate) fn scenarios() -> Vec<Scenario> {
    let mut list = Vec::new();
    for kind in [Kind::Plain, Kind::P2pDevice] {
        let one = |topic: &str, run: fn(&mut Lab, Station, Station) -> Result<()>| {
            Scenario::new(format!("control::{topic}::{}", kind.name()), move |lab| {
                let (a, b) = pairing::stations(lab, [Ours, Ours], kind, "")?;
                run(lab, a, b)
            })
        };
        list.push(one("scan", scan));
        list.push(one("frames", frames));
        list.push(one("channel-switch", channel_switch));
    }
    list
}

/// A scan of the user's finds an owner; its network has a number, and lines.
fn scan(_: &mut Lab, mut a: Station, mut b: Station) -> Result<()> {
    a.ok("P2P_GROUP_ADD freq=2437")?;
    a.control().expect("^P2P-GROUP-STARTED ", SOON)?;
    b.ok("SCAN freq=2437 TYPE=ONLY")?;
    let busy = b.control().request("SCAN")?;
    ensure!(busy == "FAIL-BUSY", "a second scan: {busy}");
    b.control().expect("^CTRL-EVENT-SCAN-STARTED $", SECOND)?;
    b.control().expect("^CTRL-EVENT-SCAN-RESULTS $", SOON)?;
    let rows = b.control().request("SCAN_RESULTS")?;
    ensure!(rows.contains("\t2437\t") && rows.contains("[P2P]\tDIRECT-"), "{rows}");
    let first = b.control().value("BSS FIRST", "freq")?;
    ensure!(first == "2437", "{first}");
    a.ok("P2P_GROUP_REMOVE *")?;
    b.ok("FLUSH")?;
    let left = b.control().request("BSS FIRST")?;
    ensure!(left.is_empty(), "{left}");
    Ok(())
}

/// An action frame of the user's making goes out and is acknowledged; the other side's user gets it, and gives it back.
fn frames(_: &mut Lab, mut a: Station, mut b: Station) -> Result<()> {
    let (to, from) = (b.address()?, a.address()?);
    b.ok("SET ext_mgmt_frame_handling 1")?;
    b.ok("P2P_SET listen_channel 6")?;
    b.ok("P2P_LISTEN 20")?;
    // The other user takes a moment; by then the radio listens.
    std::thread::sleep(SECOND);
    a.ok(&format!("MGMT_TX {to} {to} freq=2437 wait_time=100 no_cck=1 action={FRAME}"))?;
    let status = a.control().expect("^MGMT-TX-STATUS ", SOON)?;
    let fields =
        [("freq", "2437"), ("dst", to.as_str()), ("src", from.as_str()), ("bssid", to.as_str()), ("result", "SUCCESS")];
    for (key, value) in fields {
        ensure!(status.field(key) == Some(value), "{status:?}");
    }
    let received = b.control().expect(&format!("^MGMT-RX freq=2437 .* d000[0-9a-f]*{FRAME}$"), SOON)?;
    let frame = received.text.rsplit(' ').next().unwrap_or_default();
    b.ok(&format!("MGMT_RX_PROCESS freq=2437 datarate=0 ssi_signal=-30 frame={frame}"))?;
    b.ok("SET ext_mgmt_frame_handling 0")?;
    a.ok("MGMT_TX_DONE")
}

/// The owner moves; the client follows, and data goes on passing.
fn channel_switch(lab: &mut Lab, mut a: Station, mut b: Station) -> Result<()> {
    discover(&mut a, &mut b)?;
    let (one, two) = form((&mut a, Wish::OWNER), (&mut b, Wish::CLIENT), Duration::from_millis(300))?;
    lab.check_traffic(&[(&a, &one), (&b, &two)])?;
    let (mut owner, mut client) = (a.group_control(&one)?, b.group_control(&two)?);
    let target = if client.value("STATUS", "freq")? == "2462" { "2412" } else { "2462" };
    owner.ok(&format!("CHAN_SWITCH 5 {target} ht"))?;
    owner.expect(&format!("^CTRL-EVENT-STARTED-CHANNEL-SWITCH freq={target} ht_enabled=1 "), SOON)?;
    owner.expect(&format!("^CTRL-EVENT-CHANNEL-SWITCH freq={target} "), SOON)?;
    client.expect(&format!("^CTRL-EVENT-CHANNEL-SWITCH freq={target} "), SOON)?;
    for control in [&owner, &client] {
        let now = control.value("STATUS", "freq")?;
        ensure!(now == target, "{now} and not {target}");
    }
    lab.check_traffic(&[(&a, &one), (&b, &two)])?;
    a.ok(&format!("P2P_GROUP_REMOVE {}", one.interface))
}

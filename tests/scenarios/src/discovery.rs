//! Finding devices, being found, and losing them.

use std::time::Duration;

use anyhow::{Result, ensure};
use harness::formation::{FOUND_WITHIN, discover, found, started};
use harness::{Kind, Lab, Scenario, Station};

use crate::pairing;

/// How long a device that went away stays in the list, and some.
const LOST_WITHIN: Duration = Duration::from_secs(120);

/// Each finds the other and tells what it is; one goes away and is reported as lost.
fn find_and_lose(_: &mut Lab, mut a: Station, mut b: Station) -> Result<()> {
    discover(&mut a, &mut b)?;
    let address = b.address()?;
    let peer = a.control().request(&format!("P2P_PEER {address}"))?;
    ensure!(peer.lines().next() == Some(address.as_str()), "{peer:?}");
    ensure!(peer.lines().any(|line| line == "device_name=b"), "{peer:?}");
    ensure!(!peer.contains("[PROBE_REQ_ONLY]"), "{peer:?}");
    ensure!(a.control().request("P2P_PEER FIRST")?.starts_with(&address), "b is not the first of one peer");
    ensure!(a.control().request(&format!("P2P_PEER NEXT-{address}"))? == "FAIL", "a peer after the last one");
    ensure!(a.control().request("P2P_PEER 02:12:34:56:78:9a")? == "FAIL", "a peer that is not there");

    b.stop()?;
    a.ok("P2P_FIND")?;
    a.control().expect(&format!("^P2P-DEVICE-LOST p2p_dev_addr={address}$"), LOST_WITHIN)?;
    a.ok("P2P_STOP_FIND")?;
    a.control().expect("^P2P-FIND-STOPPED", Duration::from_secs(5))?;
    ensure!(a.control().request(&format!("P2P_PEER {address}"))? == "FAIL", "a lost peer is still listed");
    Ok(())
}

/// A device that only listens is found by one that searches, and does not itself report.
fn listener_is_found(_: &mut Lab, mut a: Station, mut b: Station) -> Result<()> {
    let address = b.address()?;
    b.ok("P2P_LISTEN 60")?;
    a.ok("P2P_FIND")?;
    found(&mut a, &address, "b")?;
    a.ok("P2P_STOP_FIND")?;
    Ok(())
}

/// A search with a time limit ends by itself.
fn find_ends(_: &mut Lab, mut a: Station, mut b: Station) -> Result<()> {
    for station in [&mut a, &mut b] {
        station.ok("P2P_FIND 5")?;
        let ended = station.control().expect("^P2P-FIND-STOPPED", Duration::from_secs(20))?;
        ensure!(ended.at >= Duration::from_secs(4), "ended at {:?}", ended.at);
    }
    Ok(())
}

/// An owner that runs already is found on each of its possible channels, and is told apart from a lonely device.
fn owner_is_found(_: &mut Lab, mut a: Station, mut b: Station) -> Result<()> {
    let address = b.address()?;
    for frequency in [2412, 2437, 2462] {
        b.ok(&format!("P2P_GROUP_ADD freq={frequency}"))?;
        let group = started(&mut b)?;
        ensure!(group.frequency == frequency, "{frequency} MHz was asked for: {group:?}");
        a.ok("P2P_FLUSH")?;
        a.control().forget();
        a.ok("P2P_FIND")?;
        let event = found(&mut a, &address, "b")?;
        let capability =
            event.field("group_capab").and_then(|hex| u8::from_str_radix(hex.strip_prefix("0x")?, 16).ok());
        ensure!(capability.is_some_and(|bits| bits & 1 == 1), "no group owner: {:?}", event.text);
        a.ok("P2P_STOP_FIND")?;
        b.ok(&format!("P2P_GROUP_REMOVE {}", group.interface))?;
        b.control().expect("^P2P-GROUP-REMOVED", FOUND_WITHIN)?;
    }
    b.check_nothing_left()
}

pub(crate) fn scenarios() -> Vec<Scenario> {
    let mut list = Vec::new();
    for kind in Kind::ALL {
        let topic = |what| format!("discovery::{what}::{}", kind.name());
        list.extend(pairing::each(&topic("find-and-lose"), kind, find_and_lose));
        list.extend(pairing::each(&topic("listener"), kind, listener_is_found));
        list.extend(pairing::each(&topic("owner"), kind, owner_is_found));
    }
    list.extend(pairing::each("discovery::ends", Kind::P2pDevice, find_ends));
    list
}

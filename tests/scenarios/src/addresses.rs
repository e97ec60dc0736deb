//! Addresses other than the radios' own.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::formation::{Ends, Wish, discover, whole_life};
use harness::{Kind, Lab, Program, Scenario, Station};

use crate::pairing;

/// Both the device's address and those of its groups' interfaces are drawn.
const DRAWN: &str = "p2p_device_random_mac_addr=1\np2p_interface_random_mac_addr=1\n";
/// How hwsim's addresses begin.
const OF_RADIO: &str = "02:00:00:00:";

/// Two devices with drawn addresses live a group's whole life; at its end our daemon gives the interface its address back.
fn drawn(lab: &mut Lab, mut a: Station, mut b: Station) -> Result<()> {
    for station in [&mut a, &mut b] {
        let address = station.address()?;
        ensure!(!address.starts_with(OF_RADIO), "{} has the radio's address {address}", station.name());
    }
    discover(&mut a, &mut b)?;
    whole_life(lab, (&mut a, Wish::OWNER), (&mut b, Wish::CLIENT), Duration::from_millis(300), Ends::Owner)?;
    for mut station in [a, b] {
        if station.program() == Program::Ours {
            station.stop()?;
            let interfaces = station.interfaces()?;
            let base = interfaces.iter().find(|each| each.name.is_some()).context("no interface is left")?;
            ensure!(base.address.starts_with(&[2, 0, 0, 0]), "{} keeps {:x?}", station.name(), base.address);
        }
    }
    Ok(())
}

pub(crate) fn scenarios() -> Vec<Scenario> {
    let each = |kind: Kind| pairing::each_with(&format!("addresses::drawn::{}", kind.name()), kind, DRAWN, drawn);
    // wpa_supplicant 2.10 has no P2P device at all with a drawn address and an interface for it.
    let ours = each(Kind::P2pDevice).into_iter().filter(|scenario| scenario.name.ends_with("::ours-ours"));
    each(Kind::Plain).into_iter().chain(ours).collect()
}

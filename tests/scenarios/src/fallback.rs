//! Kernels and drivers that can less: `p2pd` is told not to use what this kernel has.

use std::time::Duration;

use anyhow::Result;
use harness::formation::{Ends, Wish, whole_life};
use harness::{Kind, Lab, Program, Scenario};

use crate::pairing;

/// What older kernels, or other drivers, lack: alone, and all that Linux 4.9 lacks.
const WITHOUT: [&str; 7] = [
    "control-port",
    "socket-owner",
    "offchannel-tx",
    "p2p-device",
    "authenticate",
    "full-ap-client-state",
    "control-port,socket-owner,full-ap-client-state",
];

fn formation(lab: &mut Lab, programs: [Program; 2], without: &str) -> Result<()> {
    let options = |program| match program {
        Program::Ours => vec!["--without", without],
        Program::Theirs => Vec::new(),
    };
    let mut a = lab.station_with("a", programs[0], Kind::P2pDevice, "", &options(programs[0]))?;
    let mut b = lab.station_with("b", programs[1], Kind::P2pDevice, "", &options(programs[1]))?;
    for (first, second) in [(Wish::OWNER, Wish::CLIENT), (Wish::CLIENT, Wish::OWNER)] {
        whole_life(lab, (&mut a, first), (&mut b, second), Duration::from_millis(300), Ends::Owner)?;
    }
    a.stop()?;
    b.stop()?;
    a.check_nothing_left()?;
    b.check_nothing_left()
}

pub(crate) fn scenarios() -> Vec<Scenario> {
    let mut list = Vec::new();
    for without in WITHOUT {
        for programs in [[Program::Ours, Program::Ours], [Program::Ours, Program::Theirs]] {
            let name = format!("fallback::without-{}::{}", without.replace(',', "-"), pairing::name(programs));
            list.push(Scenario::new(name, move |lab| formation(lab, programs, without)));
        }
    }
    list
}

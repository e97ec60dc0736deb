//! What must work on the kernel's own nl80211, and with wpa_supplicant as the peer. Each scenario is one boot of the lab;
//! `lab run --list` names them.
#![forbid(unsafe_code)]

mod pairing;
mod pbc;

use harness::Scenario;

/// All scenarios, in the order in which they are listed.
pub fn all() -> Vec<Scenario> {
    [pbc::scenarios()].into_iter().flatten().collect()
}

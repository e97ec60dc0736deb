//! What must work on the kernel's own nl80211, and with wpa_supplicant as the peer. Each scenario is one boot of the lab;
//! `lab run --list` names them.
#![forbid(unsafe_code)]

mod consent;
mod discovery;
mod dissected;
mod fallback;
mod hostile;
mod join;
mod loss;
mod pairing;
mod pbc;
mod restart;

use harness::Scenario;

/// All scenarios, in the order in which they are listed.
pub fn all() -> Vec<Scenario> {
    [
        pbc::scenarios(),
        join::scenarios(),
        discovery::scenarios(),
        consent::scenarios(),
        loss::scenarios(),
        restart::scenarios(),
        hostile::scenarios(),
        dissected::scenarios(),
        fallback::scenarios(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

//! What must work on the kernel's own nl80211, and with wpa_supplicant as the peer. Each scenario is one boot of the lab;
//! `lab run --list` names them.
#![forbid(unsafe_code)]

mod addresses;
mod bench;
mod beside;
mod channels;
mod consent;
mod control;
mod discovery;
mod dissected;
mod draw;
mod events;
mod fallback;
mod forms;
mod hostile;
mod interfaces;
mod invitation;
mod iwd;
mod join;
mod legacy;
mod loss;
mod pairing;
mod pbc;
mod people;
mod persistent;
mod pin;
mod restart;
mod running;
mod station;
mod stored;
mod unruly;
mod upheaval;
mod walkthrough;

pub use bench::{FAILED, SAMPLES_FILE, benches};
use harness::Scenario;
pub use walkthrough::SCREEN;

/// All scenarios, in the order in which they are listed.
pub fn all() -> Vec<Scenario> {
    [
        pbc::scenarios(),
        join::scenarios(),
        discovery::scenarios(),
        consent::scenarios(),
        control::scenarios(),
        events::scenarios(),
        loss::scenarios(),
        pin::scenarios(),
        forms::scenarios(),
        channels::scenarios(),
        invitation::scenarios(),
        persistent::scenarios(),
        stored::scenarios(),
        legacy::scenarios(),
        addresses::scenarios(),
        beside::scenarios(),
        station::scenarios(),
        interfaces::scenarios(),
        iwd::scenarios(),
        restart::scenarios(),
        running::scenarios(),
        upheaval::scenarios(),
        hostile::scenarios(),
        unruly::scenarios(),
        dissected::scenarios(),
        fallback::scenarios(),
        people::scenarios(),
        walkthrough::scenarios(),
    ]
    .into_iter()
    .flatten()
    .map(dissected::all_frames_of_ours)
    .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    #[test]
    fn names_are_unique_and_fit_a_file_name() {
        let scenarios = super::all();
        let names: HashSet<_> = scenarios.iter().map(|scenario| scenario.name.as_str()).collect();
        assert_eq!(names.len(), scenarios.len());
        let plain = |c: char| c.is_ascii_alphanumeric() || "-:".contains(c);
        let odd: Vec<_> = names.iter().filter(|name| !name.chars().all(plain)).collect();
        assert!(odd.is_empty(), "{odd:?}");
    }
}

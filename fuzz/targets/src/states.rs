//! Targets that other crates bring along: scripts for whole state machines.

use std::sync::LazyLock;

/// p2p-core, and what it has to hear.
pub(crate) fn p2p_machine(script: &[u8]) {
    p2p_core::fuzzing::machine(script);
}

/// p2p-core in the state that the first octet names.
pub(crate) fn p2p_states(script: &[u8]) {
    static STATES: LazyLock<Vec<Vec<u8>>> =
        LazyLock::new(|| p2p_core::fuzzing::states().into_iter().map(|(_, script)| script).collect());
    let (state, script) = script.split_first().unwrap_or((&0, &[]));
    let prologue = STATES.get(usize::from(*state) % STATES.len()).map_or(&[][..], Vec::as_slice);
    p2p_core::fuzzing::machine(&[prologue, script].concat());
}

pub(crate) fn owner(script: &[u8]) {
    mlme::fuzzing::owner(script);
}

pub(crate) fn join(script: &[u8]) {
    mlme::fuzzing::join(script);
}

pub(crate) fn netlink(datagrams: &[u8]) {
    nl80211_driver::fuzzing::machine(datagrams);
}

pub(crate) fn opening(datagrams: &[u8]) {
    nl80211_driver::fuzzing::opening(datagrams);
}

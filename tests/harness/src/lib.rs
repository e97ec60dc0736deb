//! What a scenario needs inside the lab's virtual machine: simulated radios, a network namespace for each, the daemons
//! under test, their control sockets, the air between them, and the traffic that proves that a group works.
//!
//! Everything here runs inside the machine that `tools/lab` boots, as root, in virtual time: waiting costs nothing, and
//! an [`std::time::Instant`] measures radio time.
#![forbid(unsafe_code)]

pub mod capture;
pub mod hwsim;
pub mod namespace;
pub mod netlink;
pub mod nl80211;
pub mod rtnetlink;

//! What a scenario needs inside the lab's virtual machine: simulated radios, a network namespace for each, the daemons
//! under test, their control sockets, the air between them, and the traffic that proves that a group works.
//!
//! Everything here runs inside the machine that `tools/lab` boots, as root, in virtual time: waiting costs nothing, and
//! an [`std::time::Instant`] measures radio time.
#![forbid(unsafe_code)]

pub mod capture;
pub mod control;
pub mod dbus;
pub mod formation;
pub mod frame;
pub mod group;
pub mod holder;
pub mod hostapd;
pub mod hwsim;
pub mod iwd;
pub mod lab;
pub mod medium;
pub mod namespace;
pub mod netlink;
pub mod nl80211;
pub mod rtnetlink;
pub mod scenario;
pub mod station;
pub mod terminal;
pub mod traffic;
pub mod transcript;

pub use group::{Group, Role};
pub use holder::Holder;
pub use hostapd::{AccessPoint, Hostapd};
pub use hwsim::Kind;
pub use iwd::{Iwd, IwdStation};
pub use lab::Lab;
pub use medium::{Fate, Medium};
pub use scenario::Scenario;
pub use station::{Program, Station};
pub use terminal::Terminal;

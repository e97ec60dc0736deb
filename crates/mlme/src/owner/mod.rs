//! The group owner's access point: beacons, probe responses, authentication, association, inactivity, the end.
//!
//! [`Owner`] is told what its interface receives and what becomes of its commands; it says who has associated and who has
//! left. What comes after association (WSC or the 4-way handshake, keys) is the caller's, who then
//! [`authorize`](Owner::authorize)s the station.

mod action;
mod association;
mod beacon;
mod config;
mod elements;
mod inactivity;
mod joining;
mod leaving;
mod machine;
mod probe;
mod stations;
#[cfg(test)]
mod tests;

pub use config::{Associated, Dropped, Event, LeftCause, Mode, OwnerConfig};
pub use machine::Owner;
pub use stations::MAX_AID;

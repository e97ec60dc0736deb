//! A Wi-Fi Direct device: one radio's life, its groups and its airtime.
//!
//! [`Device`] is the whole stack without I/O: it takes what a radio reports ([`radio::Event`]) and what a user asks
//! ([`api::Request`]), and gives what the radio is to do ([`radio::Command`]) and what the user is told ([`api::Event`]). The same
//! code runs on the kernel's nl80211, on a simulated air in virtual time, and under a fuzzer.
#![cfg_attr(not(any(feature = "async", feature = "simulation")), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

#[cfg(feature = "async")]
mod aio;
mod airtime;
pub mod api;
mod device;
mod group;
mod names;
mod plan;
mod route;
#[cfg(feature = "simulation")]
pub mod simulation;
mod station;

#[cfg(feature = "async")]
pub use aio::{AddedInterface, Arrival, Arrivals, Feature, OpenError, OpenOptions, WifiDirect, inspect};
pub use device::{BaseInterface, Device, Output};

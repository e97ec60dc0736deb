//! Command in, reply out, on a real device on a simulated air (sections 1 and 4 of the contract).

#[path = "../common/mod.rs"]
mod common;

mod air;
mod daemon;
mod groups;
mod networks;
mod peers;
mod settings;
mod station;

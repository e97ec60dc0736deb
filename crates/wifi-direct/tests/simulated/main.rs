//! Devices on the simulated air: whole lives of groups, in virtual time.

mod common;
mod formation;
mod groups;
mod links;
mod rekey;
mod vanishing;

//! Devices on the simulated air: whole lives of groups, in virtual time.

mod beside;
mod channels;
mod common;
mod formation;
mod groups;
mod invitations;
mod keys;
mod links;
mod manners;
mod rekey;
mod research;
mod station;
mod vanishing;

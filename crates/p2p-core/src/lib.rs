//! Wi-Fi P2P: find, listen, peers, provision discovery, GO negotiation, invitation.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod api;

pub use api::*;

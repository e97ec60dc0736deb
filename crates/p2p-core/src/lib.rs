//! Wi-Fi P2P: find, listen, peers, provision discovery, GO negotiation, invitation.
//!
//! [`P2p`] is one machine without I/O: it is told what the user wants and what the radio has seen, and says what it wants
//! of the radio ([`Want`]) and what the user is to know ([`Event`]).
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

#[cfg(test)]
mod air;
mod airtime;
mod answers;
mod api;
mod channels;
mod discover;
mod discoverability;
mod exchange;
mod find;
mod frames;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod input;
mod invitation;
mod machine;
mod negotiation;
mod peers;
mod probe;
mod provision;
mod random;
#[cfg(test)]
mod testing;
mod timers;
mod wsc_ie;

pub use api::*;
pub use channels::SOCIAL_FREQUENCIES;
pub use machine::P2p;

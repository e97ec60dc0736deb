//! The IEEE 802.11 MLME of a P2P group: the owner's access point ([`owner::Owner`]) and the client's join
//! ([`client::Join`]), on top of what `radio` can be told.
//!
//! Both machines do no I/O. Time is a [`core::time::Duration`] since an arbitrary start; commands to the radio and events
//! for the caller are drained by `poll_output` after every call, and `handle_timeout` is due when `poll_timeout` says so.
//! What a frame or a radio says is never trusted to be well-formed or to come at the right time.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod client;
mod errno;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod output;
pub mod owner;

pub use output::{Output, Token};

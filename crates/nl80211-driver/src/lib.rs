//! The Linux kernel's nl80211 as a [`radio`].
//!
//! [`Driver`] is what a program uses: it opens a radio, takes commands, and is awaited for events. Underneath, the
//! [`machine`] is the whole driver without its sockets: bytes and commands go in, bytes and events come out. Between
//! the two stands [`NetlinkSockets`], which the kernel ([`KernelSockets`]), a scripted kernel or a fuzzer implement.
#![deny(unsafe_code)]

mod added;
mod ap;
mod arrivals;
mod client;
mod driver;
mod eapol;
mod errno;
mod error;
mod frames;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod interface;
#[expect(unsafe_code, reason = "socket options, and the clock of scan results")]
mod kernel;
mod keys;
mod leftover;
mod link;
pub mod machine;
mod netlink;
mod nl80211;
mod opening;
mod options;
#[expect(unsafe_code, reason = "a packet socket")]
mod packet;
mod quirks;
mod regulatory;
mod request;
mod scan;
mod sockets;
mod station;
mod wiphy;

pub use added::AddedInterface;
pub use arrivals::{Arrival, Arrivals};
pub use driver::{BaseInterface, Driver, Inspection, inspect};
pub use error::Error;
pub use kernel::KernelSockets;
pub use leftover::ExistingInterface;
pub use options::{Feature, Options};
pub use quirks::{Effect, QUIRKS, Quirk, quirks};
pub use sockets::{NetlinkSockets, Received};

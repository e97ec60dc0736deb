//! A test double of the Linux kernel: it speaks netlink on the other end of the driver's sockets, as a radio under a
//! particular driver would, and has a simulated air beneath it.
//!
//! What a radio says of itself comes from a [`Profile`], written from the driver's source or recorded on somebody's machine
//! (`p2pctl radio --record`). What the double does follows from that: it refuses what such a driver has not, answers
//! probe requests and associations by itself where the driver does, and needs an interface to be down where the driver
//! does. [`World`] puts whole devices on top of it, in virtual time.
//!
//! Nothing here uses the driver's own reading and writing of netlink: a mistake in one is not hidden by the same in the other.
#![forbid(unsafe_code)]
#![allow(missing_docs, reason = "nl80211's names are documented by the kernel's header")]

mod kernel;
pub mod nl;
pub mod pair;
mod profile;
mod sme;
pub mod wire;
mod world;

pub use kernel::{Kernel, Sockets};
pub use profile::{Peculiar, Profile, ProfileError, Statuses};
pub use world::{StationId, World};

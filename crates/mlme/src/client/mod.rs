//! The client's association with a group owner: find the BSS, authenticate, associate; again for the data connection
//! once WSC has brought the credential.

mod api;
mod machine;
#[cfg(test)]
mod tests;

pub use api::{Association, Cause, Event, JoinConfig, Mode, Phase, Sme};
pub use machine::Join;

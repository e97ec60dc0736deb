//! The Linux kernel's nl80211 as a [`radio`].
mod driver;
mod error;
mod options;

pub use driver::{BaseInterface, Driver};
pub use error::Error;
pub use options::{Feature, Options};

//! The configuration file: wpa_supplicant's format, read strictly and written back whole.
//!
//! * [`ConfigFile`] is the file as text: every line is kept, also what this daemon has no use for.
//! * [`Settings`] is what the lines mean to a device.
//! * [`Network`] is one `network={…}` block; those of persistent groups are [`wifi_direct::api::GroupRecord`]s.

mod file;
mod keys;
mod network;
mod octets;
mod settings;
pub mod spec;
mod station;
mod value;

pub use file::{ConfigFile, Step, write_atomically, write_in_steps};
pub use keys::{Known, global_key, network_key};
pub use network::{Network, default_of as network_default};
pub use settings::{AddressPolicy, Settings};
pub(crate) use value::{channel_list as channels, frequency_ranges};
pub use value::{parse_country, parse_string, show_string, show_uuid};

use std::path::PathBuf;
use thiserror::Error;

/// What is wrong with a line or a value.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum Invalid {
    /// A line that is neither a comment, a setting nor a block.
    #[error("not a comment, a `key=value` or a block")]
    Syntax,
    /// A key that wpa_supplicant does not know either.
    #[error("unknown key `{0}`")]
    UnknownKey(String),
    /// A value that the key cannot take.
    #[error("`{key}`: {reason}")]
    Value {
        /// The key.
        key: String,
        /// What is wrong with the value.
        reason: String,
    },
    /// A value that would not be read back as it was written: it holds a line feed or another control character,
    /// or begins a comment.
    #[error("`{0}`: this value cannot be written to a configuration file")]
    Unwritable(String),
    /// A block without its closing brace.
    #[error("block without its closing brace")]
    Unclosed,
    /// More than the reader takes.
    #[error("more than {0}")]
    TooMany(&'static str),
}

impl Invalid {
    /// A refused value.
    pub fn value(key: &str, reason: impl Into<String>) -> Self {
        Self::Value { key: key.to_owned(), reason: reason.into() }
    }
}

/// Why a configuration file is not taken.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// A line is wrong.
    #[error("{path}:{line}: {reason}", path = path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line's number, from 1.
        line: usize,
        /// What is wrong with it.
        reason: Invalid,
    },
    /// The file cannot be written; the old one is as it was.
    #[error("{path}: not written, and left as it was: {error}", path = path.display())]
    Unwritten {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// The file cannot be read.
    #[error("{path}: {error}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
}

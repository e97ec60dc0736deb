//! What can go wrong, in words.

use radio::{InterfaceKind, Refused};

/// Why a radio could not be opened, or a request outside of [`radio::Command`] was not met.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A socket could not be made, or broke.
    #[error("{what}: {error}")]
    Socket {
        /// What was being done.
        what: &'static str,
        /// What the operating system said.
        error: std::io::Error,
    },
    /// The kernel has no Wi-Fi stack (cfg80211), or it is not loaded.
    #[error("the kernel has no nl80211")]
    NoNl80211,
    /// No Wi-Fi interface has that name in this network namespace.
    #[error("no Wi-Fi interface is called {0:?}")]
    NoSuchInterface(String),
    /// The interface has a kind that cannot be the base of Wi-Fi Direct.
    #[error("{name} is of kind {kind:?}, not a station")]
    NotAStation {
        /// Its name.
        name: String,
        /// Its kind.
        kind: InterfaceKind,
    },
    /// Another process uses the radio for P2P.
    #[error("{name} ({kind:?}) on this radio belongs to another process that is alive and uses it for P2P")]
    InUse {
        /// The interface that it uses; a P2P device is called by its number.
        name: String,
        /// What that is.
        kind: InterfaceKind,
    },
    /// The interface is an access point that runs: it is another program's, and would end if we took it.
    #[error("{0} is an access point that another program runs")]
    AccessPoint(String),
    /// The kernel refused a request.
    #[error("{what}: {refused}")]
    Refused {
        /// What was asked.
        what: &'static str,
        /// What it said.
        refused: Refused,
    },
    /// The kernel's answer lacks what it must contain.
    #[error("the kernel's answer to {0} is not understood")]
    Answer(&'static str),
}

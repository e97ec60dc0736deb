//! What a join is told and what it says: plain data.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;
use ieee80211_ies::MacAddr;
use ieee80211_ies::frame::{ReasonCode, StatusCode};
use radio::{Bss, InterfaceId, Refused};

/// Whose state machine sends the frames of authentication and association.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Sme {
    /// Ours: `Authenticate`, then `Associate` ([`radio::Capabilities::authenticate`]).
    Userspace,
    /// The driver's own: `Connect`.
    Driver,
}

/// Which group to join, and through what.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JoinConfig {
    /// The client's interface.
    pub iface: InterfaceId,
    /// The owner's interface address, where it is known; else the SSID alone decides.
    pub bssid: Option<MacAddr>,
    /// SSID of the group, 1 to 32 octets; empty where only the BSSID is known, whose SSID is then used.
    pub ssid: Vec<u8>,
    /// The group's channel, MHz.
    pub frequency: u32,
    /// Who sends the frames.
    pub sme: Sme,
}

/// What the association is for. The octets are whole elements.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Mode {
    /// Provisioning: the WSC element of the association request (WSC 2.0 §8.2.3), and no RSN element.
    Wsc(Vec<u8>),
    /// Data: the RSN element with WPA2-PSK and CCMP (IEEE 802.11-2020 §9.4.2.24).
    Rsn(Vec<u8>),
    /// Data in the clear: neither element.
    Open,
}

/// An association that was made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Association {
    /// The owner's interface address.
    pub bssid: MacAddr,
    /// The group's channel, MHz.
    pub frequency: u32,
    /// Elements of the (re)association response.
    pub response: Vec<u8>,
    /// The whole RSN element that the owner's beacon, or else its probe response, carried: what message 3 of the 4-way
    /// handshake must repeat (IEEE 802.11-2020 §12.7.6.4). `None` when it carried none, or none was heard.
    pub rsn: Option<Vec<u8>>,
    /// The elements of the owner's probe response, or else of its beacon.
    pub bss: Vec<u8>,
}

/// How far a join had come when it failed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Phase {
    /// The BSS was looked for.
    Scan,
    /// Authentication.
    Authentication,
    /// Association.
    Association,
    /// Both at once, by the driver's own SME.
    Connection,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scan => "scan",
            Self::Authentication => "authentication",
            Self::Association => "association",
            Self::Connection => "connection",
        })
    }
}

/// What the last try of a failed join met.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Cause {
    /// The owner was not heard.
    #[error("the owner was not found")]
    NotFound,
    /// The owner did not answer.
    #[error("the owner did not answer")]
    NoAnswer,
    /// The owner refused.
    #[error("the owner refused: {0}")]
    Status(StatusCode),
    /// The owner broke it off.
    #[error("the owner deauthenticated us: {0}")]
    Deauthenticated(ReasonCode),
    /// The radio refused.
    #[error("the radio refused: {0}")]
    Radio(Refused),
}

/// What a join says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// The radio knows no fresh entry of the BSS: scan this channel for this SSID, then call
    /// [`bss_found`](super::Join::bss_found) or [`scan_failed`](super::Join::scan_failed).
    NeedScan {
        /// MHz.
        frequency: u32,
        /// The BSSID, where it is known.
        bssid: Option<MacAddr>,
        /// The SSID to probe for; empty for any.
        ssid: Vec<u8>,
    },
    /// We are associated.
    Associated(Box<Association>),
    /// The join was given up.
    Failed {
        /// In this phase,
        phase: Phase,
        /// for this reason.
        cause: Cause,
    },
    /// An association that was reported has ended.
    Disconnected {
        /// Why; 0 when unknown.
        reason: ReasonCode,
        /// Whether our own side ended it: the caller, or the kernel that no longer heard the owner.
        local: bool,
    },
}

/// A BSS that was seen, and when it was last heard.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) bss: Bss,
    pub(super) heard_at: Duration,
}

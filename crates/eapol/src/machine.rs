//! What both handshake machines take and give.

use crate::{Gtk, IpAllocation, Tk};
use alloc::vec::Vec;

/// What happened to a machine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Input<'a> {
    /// The association stands: begin.
    Start,
    /// An EAPOL PDU came from the peer.
    Pdu {
        /// From the protocol version octet on; octets behind the PDU are ignored.
        pdu: &'a [u8],
        /// Whether it came encrypted; `None` when the radio cannot tell.
        encrypted: Option<bool>,
    },
    /// The end of a transmission: exactly one for each [`Output::Send`], in order. A refused one is not acknowledged, one that the
    /// radio cannot tell of counts as acknowledged.
    Sent {
        /// Whether the peer's radio acknowledged it.
        acked: bool,
    },
    /// The time of `poll_timeout` has come; harmless when early.
    Timeout,
}

/// What a machine wants done, in this order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Output {
    /// Send a PDU to the peer.
    Send {
        /// From the protocol version octet on.
        pdu: Vec<u8>,
        /// Whether it is to be encrypted with the pairwise key.
        encrypt: bool,
    },
    /// Install the pairwise key (index 0), for sending and receiving, with packet numbers from zero.
    InstallPairwise {
        /// The temporal key.
        tk: Tk,
    },
    /// Install the owner's group key for receiving.
    InstallGroup {
        /// Key index, 1 to 3.
        index: u8,
        /// The key.
        gtk: Gtk,
        /// The last packet number that the owner sent under it, least significant octet first.
        rsc: [u8; 6],
    },
    /// Something for the user of the machine.
    Event(Event),
}

/// What a machine reports.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Event {
    /// The 4-way handshake is complete and the keys are handed out: open the port.
    Completed {
        /// Which of the configured PSKs the peer has; always 0 at a supplicant.
        psk: usize,
        /// The addresses handed out in the handshake.
        ip: Option<IpAllocation>,
    },
    /// Authenticator: the station has the new group key.
    GroupRekeyed,
    /// Authenticator: message 2 came with a MIC of none of the PSKs. The station may have the wrong passphrase, or somebody
    /// forges; more of them end in [`Failure::PskMismatch`].
    PossiblePskMismatch,
    /// It has failed, and the peer is to be deauthenticated; the machine is silent until the next [`Input::Start`].
    Failed {
        /// Why.
        reason: Failure,
    },
}

/// A message of the handshakes (IEEE 802.11-2020 §12.7.6, §12.7.7).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Message {
    /// Message 1 of the 4-way handshake.
    Pairwise1,
    /// Message 2.
    Pairwise2,
    /// Message 3.
    Pairwise3,
    /// Message 4.
    Pairwise4,
    /// Message 1 of the group-key handshake.
    Group1,
    /// Message 2.
    Group2,
}

impl core::fmt::Display for Message {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Pairwise1 => "message 1 of the 4-way handshake",
            Self::Pairwise2 => "message 2 of the 4-way handshake",
            Self::Pairwise3 => "message 3 of the 4-way handshake",
            Self::Pairwise4 => "message 4 of the 4-way handshake",
            Self::Group1 => "message 1 of the group-key handshake",
            Self::Group2 => "message 2 of the group-key handshake",
        })
    }
}

/// Why a handshake failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, thiserror::Error)]
pub enum Failure {
    /// A message did not come. A supplicant that waits for [`Message::Pairwise3`] in vain often has the wrong passphrase.
    #[error("timed out waiting for {0}")]
    TimedOut(Message),
    /// The station does not know the PSK: its message 2 had the wrong MIC, again and again.
    #[error("the station has another passphrase (MIC of message 2 wrong)")]
    PskMismatch,
    /// The peer's RSN element in the handshake is not the one that it sent before: a downgrade attack, or a broken peer
    /// (IEEE 802.11-2020 §12.7.6.3, §12.7.6.4).
    #[error("the RSN element in {0} differs from the one seen before")]
    RsnElementMismatch(Message),
}

impl Failure {
    /// The reason code to deauthenticate the peer with (IEEE 802.11-2020 Table 9-49).
    pub const fn reason_code(self) -> u16 {
        match self {
            Self::TimedOut(Message::Group1 | Message::Group2) => 16,
            Self::TimedOut(_) | Self::PskMismatch => 15,
            Self::RsnElementMismatch(_) => 17,
        }
    }
}

/// How far a 4-way handshake has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Phase {
    /// Not begun.
    Idle,
    /// Waiting for this message.
    Awaiting(Message),
    /// Complete; group-key handshakes may follow.
    Completed,
    /// Failed.
    Failed,
}

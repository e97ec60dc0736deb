//! The MAC header of management frames (IEEE 802.11-2020 §9.3.3.1).

use core::fmt;

use crate::MacAddr;

/// The Frame Control field (§9.2.4.1): version, type, subtype and flags.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct FrameControl(pub u16);

impl FrameControl {
    /// Retry: the frame was sent before.
    pub const RETRY: u16 = 0x0800;
    /// Power Management: the sender will sleep.
    pub const POWER_MANAGEMENT: u16 = 0x1000;
    /// Protected Frame: the body is encrypted, or was before the receiver decrypted it.
    pub const PROTECTED: u16 = 0x4000;
    /// +HTC: an HT Control field ends the header.
    pub const HTC: u16 = 0x8000;

    /// A management frame of this kind, without flags.
    pub const fn management(subtype: Subtype) -> Self {
        Self((subtype.0 as u16 & 0xf) << 4)
    }

    /// The kind, which is one of management frames where [`is_management`](Self::is_management) holds.
    pub const fn subtype(self) -> Subtype {
        Subtype((self.0 >> 4) as u8 & 0xf)
    }

    /// Whether this is protocol version 0 and a management frame.
    pub const fn is_management(self) -> bool {
        self.0 & 0x000f == 0
    }

    /// Whether the body is, or was, encrypted.
    pub const fn is_protected(self) -> bool {
        self.0 & Self::PROTECTED != 0
    }

    /// Whether the frame was sent before.
    pub const fn is_retry(self) -> bool {
        self.0 & Self::RETRY != 0
    }

    pub(super) const fn has_ht_control(self) -> bool {
        self.0 & Self::HTC != 0
    }
}

impl fmt::Debug for FrameControl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#06x}", self.0)
    }
}

/// A kind of management frame (§9.2.4.1.3, Table 9-1), 0 to 15.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subtype(pub u8);

macro_rules! subtypes {
    ($($value:literal $name:ident $text:literal)*) => {
        impl Subtype {
            $(#[doc = $text] pub const $name: Self = Self($value);)*
        }

        impl fmt::Display for Subtype {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.0 {
                    $($value => f.write_str($text),)*
                    other => write!(f, "management subtype {other}"),
                }
            }
        }
    };
}

subtypes! {
    0 ASSOCIATION_REQUEST "Association Request"
    1 ASSOCIATION_RESPONSE "Association Response"
    2 REASSOCIATION_REQUEST "Reassociation Request"
    3 REASSOCIATION_RESPONSE "Reassociation Response"
    4 PROBE_REQUEST "Probe Request"
    5 PROBE_RESPONSE "Probe Response"
    8 BEACON "Beacon"
    10 DISASSOCIATION "Disassociation"
    11 AUTHENTICATION "Authentication"
    12 DEAUTHENTICATION "Deauthentication"
    13 ACTION "Action"
    14 ACTION_NO_ACK "Action No Ack"
}

impl fmt::Debug for Subtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What stands before the body.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct Header {
    /// Kind and flags.
    pub frame_control: FrameControl,
    /// Duration field in µs; hardware fills it in.
    pub duration: u16,
    /// Address 1: who receives it.
    pub destination: MacAddr,
    /// Address 2: who sent it.
    pub source: MacAddr,
    /// Address 3: the network, or what the rules of the frame put in its place.
    pub bssid: MacAddr,
    /// Sequence Control: the fragment number in the lower four bits, the sequence number above.
    pub sequence: u16,
    /// HT Control, where the +HTC flag says that there is one.
    pub ht_control: Option<[u8; 4]>,
}

impl Header {
    /// Octets of a header without HT Control.
    pub const LEN: usize = 24;

    /// A header without flags; duration and sequence number are left to the hardware.
    pub const fn new(subtype: Subtype, destination: MacAddr, source: MacAddr, bssid: MacAddr) -> Self {
        let frame_control = FrameControl::management(subtype);
        Self { frame_control, duration: 0, destination, source, bssid, sequence: 0, ht_control: None }
    }

    /// The sequence number, 0 to 4095.
    pub const fn sequence_number(&self) -> u16 {
        self.sequence >> 4
    }
}

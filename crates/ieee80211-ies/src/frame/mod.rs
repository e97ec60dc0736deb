//! Management frames (IEEE 802.11-2020 §9.3.3): read and write.
//!
//! A [`Frame`] is a view when [parsed](Frame::parse) and a description when [written](Frame::emit): one type, so that
//! reading what was written gives the same again. Bodies are read leniently as far as their elements go; see
//! [`check`](crate::check) for the strict way.
//!
//! ```
//! use ieee80211_ies::{Elements, MacAddr};
//! use ieee80211_ies::frame::{Body, Frame, capability};
//!
//! // Answer a probe request.
//! # let own = MacAddr([2, 0, 0, 0, 0, 1]);
//! # let received = b"\x40\0\0\0\xff\xff\xff\xff\xff\xff\x02\0\0\0\0\x02\xff\xff\xff\xff\xff\xff\0\0\x00\x07DIRECT-";
//! let request = Frame::parse(received)?;
//! let Body::ProbeRequest { elements } = request.body else { return Ok(()) };
//! if elements.ssid()?.is_some_and(|ssid| ssid.as_bytes() == b"DIRECT-") {
//!     let answer = Body::ProbeResponse {
//!         timestamp: 0,
//!         interval: 100,
//!         capability: capability::ESS | capability::PRIVACY,
//!         elements: Elements::new(b"\x00\x07DIRECT-\x01\x08\x8c\x12\x98\x24\xb0\x48\x60\x6c"),
//!     };
//!     let mut bytes = Vec::new();
//!     Frame::new(request.header.source, own, own, answer).emit(&mut bytes);
//!     assert_eq!(Frame::parse(&bytes)?.body, answer);
//! }
//! # Ok::<_, ieee80211_ies::Malformed>(())
//! ```

mod action;
mod codes;
mod gas;
mod header;
#[cfg(all(test, feature = "alloc"))]
mod tests;
#[cfg(feature = "alloc")]
mod write;

pub use action::{Action, P2pPublicSubtype, P2pSubtype, category, public_action};
pub use codes::{AuthenticationAlgorithm, ReasonCode, StatusCode, capability};
pub use gas::{AdvertisementProtocol, Gas};
pub use header::{FrameControl, Header, Subtype};
#[cfg(feature = "alloc")]
pub use write::emit_beacon_head;

use crate::cursor::Cursor;
use crate::{Elements, MacAddr, Malformed, Rule};

/// A management frame: its header and its body.
///
/// ```
/// use ieee80211_ies::frame::{Body, Frame};
///
/// // A beacon, as a monitor shows it (without radiotap header and FCS).
/// let mut bytes = b"\x80\0\0\0\xff\xff\xff\xff\xff\xff\x02\0\0\0\0\x01\x02\0\0\0\0\x01\x10\0".to_vec();
/// bytes.extend_from_slice(b"\0\x40\0\0\0\0\0\0\x64\0\x11\x04\0\x09DIRECT-ab\x03\x01\x06");
/// let frame = Frame::parse(&bytes)?;
/// let Body::Beacon { interval, elements, .. } = frame.body else { panic!("{:?}", frame.body) };
/// assert_eq!(interval, 100);
/// assert_eq!(elements.ssid()?.unwrap().to_string(), "DIRECT-ab");
/// assert_eq!(frame.header.source.to_string(), "02:00:00:00:00:01");
/// # Ok::<_, ieee80211_ies::Malformed>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Frame<'a> {
    /// Addresses and the like.
    pub header: Header,
    /// What kind it is, and what it says.
    pub body: Body<'a>,
}

/// The body of a management frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Body<'a> {
    /// Association Request (§9.3.3.5).
    AssociationRequest {
        /// Capability Information, see [`capability`].
        capability: u16,
        /// In beacon intervals.
        listen_interval: u16,
        /// What follows.
        elements: Elements<'a>,
    },
    /// Association Response (§9.3.3.6).
    AssociationResponse {
        /// Capability Information, see [`capability`].
        capability: u16,
        /// Whether the association was accepted.
        status: StatusCode,
        /// Association ID, without the two bits that are always set; 1 to 2007.
        aid: u16,
        /// What follows.
        elements: Elements<'a>,
    },
    /// Reassociation Request (§9.3.3.7).
    ReassociationRequest {
        /// Capability Information, see [`capability`].
        capability: u16,
        /// In beacon intervals.
        listen_interval: u16,
        /// The access point with which the station is associated.
        current_ap: MacAddr,
        /// What follows.
        elements: Elements<'a>,
    },
    /// Reassociation Response (§9.3.3.8).
    ReassociationResponse {
        /// Capability Information, see [`capability`].
        capability: u16,
        /// Whether the association was accepted.
        status: StatusCode,
        /// Association ID, without the two bits that are always set; 1 to 2007.
        aid: u16,
        /// What follows.
        elements: Elements<'a>,
    },
    /// Probe Request (§9.3.3.9).
    ProbeRequest {
        /// All of it.
        elements: Elements<'a>,
    },
    /// Probe Response (§9.3.3.10).
    ProbeResponse {
        /// TSF timer in µs; hardware fills it in.
        timestamp: u64,
        /// Beacon interval in TU.
        interval: u16,
        /// Capability Information, see [`capability`].
        capability: u16,
        /// What follows.
        elements: Elements<'a>,
    },
    /// Beacon (§9.3.3.2).
    Beacon {
        /// TSF timer in µs; hardware fills it in.
        timestamp: u64,
        /// Beacon interval in TU.
        interval: u16,
        /// Capability Information, see [`capability`].
        capability: u16,
        /// What follows.
        elements: Elements<'a>,
    },
    /// Disassociation (§9.3.3.4).
    Disassociation {
        /// Why.
        reason: ReasonCode,
        /// What follows, rarely anything.
        elements: Elements<'a>,
    },
    /// Authentication (§9.3.3.11).
    Authentication {
        /// The algorithm.
        algorithm: AuthenticationAlgorithm,
        /// Authentication transaction sequence number, from 1.
        transaction: u16,
        /// Whether this step was accepted.
        status: StatusCode,
        /// What follows: elements with Open System; with SAE fields come first.
        elements: Elements<'a>,
    },
    /// Deauthentication (§9.3.3.12).
    Deauthentication {
        /// Why.
        reason: ReasonCode,
        /// What follows, rarely anything.
        elements: Elements<'a>,
    },
    /// Action (§9.3.3.13).
    Action(Action<'a>),
    /// Action No Ack (§9.3.3.14).
    ActionNoAck(Action<'a>),
    /// A kind that this crate does not know, as it stands.
    Other {
        /// Which kind.
        subtype: Subtype,
        /// The frame body.
        body: &'a [u8],
    },
}

impl<'a> Frame<'a> {
    /// A frame from `source` (Address 2) to `destination` (Address 1) in the network `bssid` (Address 3).
    pub fn new(destination: MacAddr, source: MacAddr, bssid: MacAddr, body: Body<'a>) -> Self {
        Self { header: Header::new(body.subtype(), destination, source, bssid), body }
    }

    /// Reads a management frame that begins with its Frame Control field and has no FCS.
    ///
    /// # Errors
    /// Not a management frame of protocol version 0; a header or fixed fields that are cut off.
    #[inline]
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let mut cursor = Cursor::new(bytes, 0, "MAC header");
        let header = Header::read(&mut cursor)?;
        let body = Body::read(header.frame_control.subtype(), &mut cursor.named("frame body"))?;
        Ok(Self { header, body })
    }

    /// Whether the frame claims to come from a group address, which no station has: such a frame is to be dropped
    /// (CVE-2019-16275).
    pub fn has_group_source(&self) -> bool {
        self.header.source.is_group()
    }
}

impl<'a> Body<'a> {
    /// Reads the body of a frame of this kind, without its header.
    ///
    /// # Errors
    /// Fixed fields that are cut off.
    pub fn parse(subtype: Subtype, bytes: &'a [u8]) -> Result<Self, Malformed> {
        Self::read(subtype, &mut Cursor::new(bytes, 0, "frame body"))
    }

    /// The kind of frame that has this body.
    pub const fn subtype(&self) -> Subtype {
        match self {
            Self::AssociationRequest { .. } => Subtype::ASSOCIATION_REQUEST,
            Self::AssociationResponse { .. } => Subtype::ASSOCIATION_RESPONSE,
            Self::ReassociationRequest { .. } => Subtype::REASSOCIATION_REQUEST,
            Self::ReassociationResponse { .. } => Subtype::REASSOCIATION_RESPONSE,
            Self::ProbeRequest { .. } => Subtype::PROBE_REQUEST,
            Self::ProbeResponse { .. } => Subtype::PROBE_RESPONSE,
            Self::Beacon { .. } => Subtype::BEACON,
            Self::Disassociation { .. } => Subtype::DISASSOCIATION,
            Self::Authentication { .. } => Subtype::AUTHENTICATION,
            Self::Deauthentication { .. } => Subtype::DEAUTHENTICATION,
            Self::Action(_) => Subtype::ACTION,
            Self::ActionNoAck(_) => Subtype::ACTION_NO_ACK,
            Self::Other { subtype, .. } => *subtype,
        }
    }

    /// The elements of the body: those of a P2P frame among action frames, none in what is opaque.
    pub const fn elements(&self) -> Elements<'a> {
        match self {
            Self::AssociationRequest { elements, .. }
            | Self::AssociationResponse { elements, .. }
            | Self::ReassociationRequest { elements, .. }
            | Self::ReassociationResponse { elements, .. }
            | Self::ProbeRequest { elements }
            | Self::ProbeResponse { elements, .. }
            | Self::Beacon { elements, .. }
            | Self::Disassociation { elements, .. }
            | Self::Authentication { elements, .. }
            | Self::Deauthentication { elements, .. } => *elements,
            Self::Action(action) | Self::ActionNoAck(action) => action.elements(),
            Self::Other { .. } => Elements::new(&[]),
        }
    }

    #[inline]
    fn read(subtype: Subtype, c: &mut Cursor<'a>) -> Result<Self, Malformed> {
        Ok(match subtype {
            Subtype::ASSOCIATION_REQUEST => {
                let [capability, listen_interval] = [c.le16()?, c.le16()?];
                Self::AssociationRequest { capability, listen_interval, elements: elements(c) }
            }
            Subtype::ASSOCIATION_RESPONSE => {
                let (capability, status, aid) = (c.le16()?, StatusCode(c.le16()?), c.le16()? & AID_MASK);
                Self::AssociationResponse { capability, status, aid, elements: elements(c) }
            }
            Subtype::REASSOCIATION_REQUEST => {
                let (capability, listen_interval, current_ap) = (c.le16()?, c.le16()?, c.mac()?);
                Self::ReassociationRequest { capability, listen_interval, current_ap, elements: elements(c) }
            }
            Subtype::REASSOCIATION_RESPONSE => {
                let (capability, status, aid) = (c.le16()?, StatusCode(c.le16()?), c.le16()? & AID_MASK);
                Self::ReassociationResponse { capability, status, aid, elements: elements(c) }
            }
            Subtype::PROBE_REQUEST => Self::ProbeRequest { elements: elements(c) },
            Subtype::PROBE_RESPONSE => {
                let (timestamp, interval, capability) = (c.le64()?, c.le16()?, c.le16()?);
                Self::ProbeResponse { timestamp, interval, capability, elements: elements(c) }
            }
            Subtype::BEACON => {
                let (timestamp, interval, capability) = (c.le64()?, c.le16()?, c.le16()?);
                Self::Beacon { timestamp, interval, capability, elements: elements(c) }
            }
            Subtype::DISASSOCIATION => Self::Disassociation { reason: ReasonCode(c.le16()?), elements: elements(c) },
            Subtype::AUTHENTICATION => Self::Authentication {
                algorithm: AuthenticationAlgorithm(c.le16()?),
                transaction: c.le16()?,
                status: StatusCode(c.le16()?),
                elements: elements(c),
            },
            Subtype::DEAUTHENTICATION => {
                Self::Deauthentication { reason: ReasonCode(c.le16()?), elements: elements(c) }
            }
            Subtype::ACTION => Self::Action(Action::read(c)?),
            Subtype::ACTION_NO_ACK => Self::ActionNoAck(Action::read(c)?),
            subtype => Self::Other { subtype, body: c.rest() },
        })
    }
}

/// The bits of an AID field that are the AID (§9.4.1.8).
const AID_MASK: u16 = 0x3fff;

pub(crate) fn elements<'a>(cursor: &mut Cursor<'a>) -> Elements<'a> {
    Elements::new(cursor.rest())
}

impl Header {
    #[inline]
    fn read(cursor: &mut Cursor<'_>) -> Result<Self, Malformed> {
        let not_management = cursor.error(Rule::InvalidValue);
        let frame_control = FrameControl(cursor.le16()?);
        if !frame_control.is_management() {
            return Err(not_management);
        }
        let duration = cursor.le16()?;
        let [destination, source, bssid] = [cursor.mac()?, cursor.mac()?, cursor.mac()?];
        let sequence = cursor.le16()?;
        let ht_control = if frame_control.has_ht_control() { Some(cursor.array()?) } else { None };
        Ok(Self { frame_control, duration, destination, source, bssid, sequence, ht_control })
    }
}

//! Action frames (IEEE 802.11-2020 §9.6) and those of Wi-Fi P2P (Wi-Fi P2P v1.7 §4.2.9, §4.2.10).

use core::fmt;

use super::Gas;
use crate::cursor::Cursor;
use crate::{Elements, Malformed, OUI_WFA, nan, p2p};

/// Categories of action frames (IEEE 802.11-2020 Table 9-51).
pub mod category {
    /// Spectrum Management.
    pub const SPECTRUM_MANAGEMENT: u8 = 0;
    /// Block Ack.
    pub const BLOCK_ACK: u8 = 3;
    /// Public: also between stations that are not in one network.
    pub const PUBLIC: u8 = 4;
    /// SA Query.
    pub const SA_QUERY: u8 = 8;
    /// Protected Dual of Public Action.
    pub const PROTECTED_DUAL: u8 = 9;
    /// Vendor Specific Protected.
    pub const VENDOR_SPECIFIC_PROTECTED: u8 = 126;
    /// Vendor Specific.
    pub const VENDOR_SPECIFIC: u8 = 127;
}

/// Public Action field values (IEEE 802.11-2020 Table 9-364).
pub mod public_action {
    /// Extended channel switch announcement.
    pub const EXTENDED_CHANNEL_SWITCH: u8 = 4;
    /// Vendor Specific: P2P, DPP, NAN.
    pub const VENDOR_SPECIFIC: u8 = 9;
    /// GAS Initial Request.
    pub const GAS_INITIAL_REQUEST: u8 = 10;
    /// GAS Initial Response.
    pub const GAS_INITIAL_RESPONSE: u8 = 11;
    /// GAS Comeback Request.
    pub const GAS_COMEBACK_REQUEST: u8 = 12;
    /// GAS Comeback Response.
    pub const GAS_COMEBACK_RESPONSE: u8 = 13;
}

macro_rules! subtypes {
    ($(#[$doc:meta])* $type:ident $unknown:literal $($value:literal $name:ident $text:literal)*) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        pub struct $type(pub u8);

        impl $type {
            $(#[doc = $text] pub const $name: Self = Self($value);)*
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.0 {
                    $($value => f.write_str($text),)*
                    other => write!(f, concat!($unknown, " {}"), other),
                }
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    };
}

subtypes! {
    /// A kind of P2P Public Action frame (Wi-Fi P2P v1.7 Table 61).
    P2pPublicSubtype "P2P public action"
    0 GO_NEGOTIATION_REQUEST "GO Negotiation Request"
    1 GO_NEGOTIATION_RESPONSE "GO Negotiation Response"
    2 GO_NEGOTIATION_CONFIRMATION "GO Negotiation Confirmation"
    3 INVITATION_REQUEST "P2P Invitation Request"
    4 INVITATION_RESPONSE "P2P Invitation Response"
    5 DEVICE_DISCOVERABILITY_REQUEST "Device Discoverability Request"
    6 DEVICE_DISCOVERABILITY_RESPONSE "Device Discoverability Response"
    7 PROVISION_DISCOVERY_REQUEST "Provision Discovery Request"
    8 PROVISION_DISCOVERY_RESPONSE "Provision Discovery Response"
}

subtypes! {
    /// A kind of P2P Action frame (Wi-Fi P2P v1.7 Table 75).
    P2pSubtype "P2P action"
    0 NOTICE_OF_ABSENCE "Notice of Absence"
    1 PRESENCE_REQUEST "P2P Presence Request"
    2 PRESENCE_RESPONSE "P2P Presence Response"
    3 GO_DISCOVERABILITY_REQUEST "GO Discoverability Request"
}

/// The body of an action frame.
///
/// ```
/// use ieee80211_ies::frame::{Action, Body, Frame, P2pPublicSubtype};
/// use ieee80211_ies::p2p::{self, Attribute, Capability, ConfigurationTimeout, GroupOwnerIntent};
/// use ieee80211_ies::{Elements, MacAddr};
///
/// // Build a GO Negotiation Request; a complete one has the channels, the intended address and the device info too.
/// let (own, peer) = (MacAddr([2, 0, 0, 0, 0, 1]), MacAddr([2, 0, 0, 0, 0, 2]));
/// let mut elements = Vec::new();
/// p2p::emit(
///     &[
///         Attribute::Capability(Capability { device: p2p::device_capability::INVITATION_PROCEDURE, group: 0 }),
///         Attribute::GroupOwnerIntent(GroupOwnerIntent { intent: 7, tie_breaker: false }),
///         Attribute::ConfigurationTimeout(ConfigurationTimeout { group_owner: 100, client: 20 }),
///     ],
///     &mut elements,
/// );
/// let request = Action::P2pPublic {
///     subtype: P2pPublicSubtype::GO_NEGOTIATION_REQUEST,
///     dialog_token: 1,
///     elements: Elements::new(&elements),
/// };
/// // Address 3 is the responder's in all of the exchange (Wi-Fi P2P v1.7 §2.4.3).
/// let bytes = Frame::new(peer, own, peer, Body::Action(request)).to_vec();
///
/// let p2p = Frame::parse(&bytes)?.body.elements().p2p()?.unwrap();
/// assert_eq!(p2p.group_owner_intent().unwrap().intent, 7);
/// # Ok::<_, ieee80211_ies::Malformed>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Action<'a> {
    /// P2P Public Action: between devices, in a group or not.
    P2pPublic {
        /// Which one.
        subtype: P2pPublicSubtype,
        /// Pairs request and response; not 0 in a request.
        dialog_token: u8,
        /// P2P, WSC and WFD elements.
        elements: Elements<'a>,
    },
    /// P2P Action: between the members of a group.
    P2p {
        /// Which one.
        subtype: P2pSubtype,
        /// Pairs request and response; 0 where there is no response.
        dialog_token: u8,
        /// P2P elements.
        elements: Elements<'a>,
    },
    /// Generic Advertisement Service, in the open: it carries service discovery.
    Gas(Gas<'a>),
    /// NAN Service Discovery.
    NanServiceDiscovery {
        /// Its attributes, see [`nan::Attributes`](crate::nan::Attributes).
        attributes: &'a [u8],
    },
    /// A protected dual of a public action (IEEE 802.11-2020 §9.6.10), as it stands: the frame counts only where its sender was
    /// authenticated, which this crate cannot tell, so that it is not read as the public action that it looks like.
    ProtectedDual {
        /// What follows the category.
        body: &'a [u8],
    },
    /// Any other action, as it stands.
    Other {
        /// The category.
        category: u8,
        /// What follows the category.
        body: &'a [u8],
    },
}

impl<'a> Action<'a> {
    /// Reads the body of an action frame, which begins with the category.
    ///
    /// # Errors
    /// Fixed fields that are cut off.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        Self::read(&mut Cursor::new(bytes, 0, "action frame"))
    }

    /// The elements of a P2P frame; none in what is opaque.
    pub const fn elements(&self) -> Elements<'a> {
        match self {
            Self::P2pPublic { elements, .. } | Self::P2p { elements, .. } => *elements,
            Self::Gas(_) | Self::NanServiceDiscovery { .. } | Self::ProtectedDual { .. } | Self::Other { .. } => {
                Elements::new(&[])
            }
        }
    }

    pub(super) fn read(cursor: &mut Cursor<'a>) -> Result<Self, Malformed> {
        let category = cursor.u8()?;
        let opaque = Self::Other { category, body: { *cursor }.rest() };
        match category {
            category::PUBLIC => match cursor.u8() {
                Ok(public_action::VENDOR_SPECIFIC) => match wfa_type(cursor) {
                    Some(p2p::OUI_TYPE) => {
                        let mut cursor = cursor.named("P2P Public Action frame");
                        Ok(Self::P2pPublic {
                            subtype: P2pPublicSubtype(cursor.u8()?),
                            dialog_token: cursor.u8()?,
                            elements: super::elements(&mut cursor),
                        })
                    }
                    Some(nan::OUI_TYPE) => Ok(Self::NanServiceDiscovery { attributes: cursor.rest() }),
                    _ => Ok(opaque),
                },
                Ok(kind @ public_action::GAS_INITIAL_REQUEST..=public_action::GAS_COMEBACK_RESPONSE) => {
                    Gas::read(kind, &mut cursor.named("GAS frame")).map(Self::Gas)
                }
                _ => Ok(opaque),
            },
            category::PROTECTED_DUAL => Ok(Self::ProtectedDual { body: cursor.rest() }),
            category::VENDOR_SPECIFIC if wfa_type(cursor) == Some(p2p::OUI_TYPE) => {
                let mut cursor = cursor.named("P2P Action frame");
                Ok(Self::P2p {
                    subtype: P2pSubtype(cursor.u8()?),
                    dialog_token: cursor.u8()?,
                    elements: super::elements(&mut cursor),
                })
            }
            _ => Ok(opaque),
        }
    }
}

/// Takes OUI and type; the type where the OUI is that of the Wi-Fi Alliance.
fn wfa_type(cursor: &mut Cursor<'_>) -> Option<u8> {
    let oui = cursor.array().ok()?;
    cursor.u8().ok().filter(|_| oui == OUI_WFA)
}

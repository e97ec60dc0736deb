//! Reading the attributes of P2P elements.

use core::fmt;
use core::iter::FusedIterator;

use super::*;
use crate::cursor::Cursor;
use crate::strict::Seen;
use crate::{Elements, Joined, MacAddr, Malformed, OUI_WFA, Rule};

/// One attribute as it stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RawAttribute<'a> {
    /// Attribute ID.
    pub id: AttributeId,
    /// What follows the length field.
    pub body: &'a [u8],
    /// Where the attribute begins, in octets from the start of the attributes.
    pub offset: usize,
}

impl<'a> RawAttribute<'a> {
    pub(super) fn cursor(&self) -> Cursor<'a> {
        Cursor::new(self.body, self.offset + 3, self.id.name().unwrap_or("P2P attribute"))
    }
}

/// Iterates over attributes leniently, known or not: it ends where one is cut off.
#[derive(Clone, Debug)]
pub struct Attributes<'a> {
    rest: &'a [u8],
    offset: usize,
}

impl<'a> Attributes<'a> {
    /// The attributes in the joined bodies of P2P elements.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, offset: 0 }
    }

    /// What has not been read: after the last attribute, a tail that is none.
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = RawAttribute<'a>;

    fn next(&mut self) -> Option<RawAttribute<'a>> {
        let (&[id, low, high], rest) = self.rest.split_first_chunk()?;
        let (body, after) = rest.split_at_checked(u16::from_le_bytes([low, high]).into())?;
        let offset = self.offset;
        self.offset += 3 + body.len();
        self.rest = after;
        Some(RawAttribute { id: AttributeId(id), body, offset })
    }
}

impl FusedIterator for Attributes<'_> {}

/// The attributes of all P2P elements of a frame, checked: every attribute that this crate knows has the form that the
/// specification gives it. Where one occurs several times the last counts, as deployed devices have it; attributes
/// longer than the specification has them are read as far as it goes.
///
/// ```
/// use ieee80211_ies::p2p::{Attributes, P2p, device_capability};
///
/// // P2P Capability, then an attribute that is not known.
/// let p2p = P2p::parse(&[2, 2, 0, 0x25, 0x00, 200, 1, 0, 7])?;
/// let capability = p2p.capability().unwrap();
/// assert!(capability.device & device_capability::INVITATION_PROCEDURE != 0);
/// assert_eq!(p2p.device_id(), None);
/// for attribute in p2p.attributes() {
///     println!("{} at octet {}: {:02x?}", attribute.id, attribute.offset, attribute.body);
/// }
/// # Ok::<_, ieee80211_ies::Malformed>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct P2p<'a>(Joined<'a>);

impl<'a> P2p<'a> {
    /// Checks the joined bodies of P2P elements, that is, what follows OUI and type.
    ///
    /// # Errors
    /// The first attribute that is cut off, or known and not of the form that the specification gives it.
    pub fn parse(attributes: &'a [u8]) -> Result<Self, Malformed> {
        Self::from_joined(Joined::borrowed(attributes))
    }

    /// As [`parse`](Self::parse), of bodies that were joined before.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn from_joined(joined: Joined<'a>) -> Result<Self, Malformed> {
        whole_attributes(&joined, |attribute| check::<false>(attribute.id, &mut attribute.cursor()))?;
        Ok(Self(joined))
    }

    /// The P2P elements of a series, joined and checked, or `None` when there is none.
    ///
    /// # Errors
    /// As [`parse`](Self::parse), with offsets into the series; and more to join than fits.
    pub fn find(elements: Elements<'a>) -> Result<Option<Self>, Malformed> {
        elements.vendor_as(OUI_WFA, OUI_TYPE, Self::from_joined)
    }

    /// The strict reading: no attribute is longer than it is known to be, and none comes twice but those that are lists which
    /// deployed devices spread over several (Advertised Service, Vendor Specific).
    pub(crate) fn check(joined: Joined<'a>) -> Result<(), Malformed> {
        let mut seen = Seen::default();
        whole_attributes(&joined, |attribute| {
            let mut cursor = attribute.cursor();
            check::<true>(attribute.id, &mut cursor)?;
            if !cursor.is_empty() {
                return Err(cursor.error(Rule::TooLong));
            }
            let spread = [AttributeId::ADVERTISED_SERVICE, AttributeId::VENDOR_SPECIFIC].contains(&attribute.id);
            match attribute.id.name().filter(|_| !spread) {
                Some(name) => seen.once(attribute.id.0, name, attribute.offset),
                None => Ok(()),
            }
        })
    }

    /// Every attribute, known or not, in order.
    pub fn attributes(&self) -> Attributes<'_> {
        Attributes::new(&self.0)
    }

    /// The bytes of the attributes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The last attribute of this ID, as it stands.
    pub fn find_attribute(&self, id: AttributeId) -> Option<RawAttribute<'_>> {
        self.attributes().filter(|attribute| attribute.id == id).last()
    }
}

/// Hands out every attribute; the tail behind the last one is a fault.
#[inline]
fn whole_attributes(
    bytes: &[u8],
    mut each: impl FnMut(RawAttribute<'_>) -> Result<(), Malformed>,
) -> Result<(), Malformed> {
    let mut attributes = Attributes::new(bytes);
    for attribute in attributes.by_ref() {
        each(attribute)?;
    }
    if attributes.rest().is_empty() {
        return Ok(());
    }
    Err(Malformed { offset: attributes.offset, what: "P2P attribute", rule: Rule::TooShort })
}

impl fmt::Debug for P2p<'_> {
    /// The IDs only: some attributes hold keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("P2p")?;
        f.debug_list().entries(self.attributes().map(|attribute| attribute.id)).finish()
    }
}

/// A channel attribute without content says that there is no channel (Wi-Fi P2P v1.7 §4.1.8 leaves it out instead; seen
/// from deployed devices).
fn read_channel(cursor: &mut Cursor<'_>) -> Result<Option<ChannelAttr>, Malformed> {
    if cursor.is_empty() { Ok(None) } else { ChannelAttr::read(cursor).map(Some) }
}

macro_rules! accessors {
    ($($(#[$doc:meta])* $name:ident: $type:ty = $id:ident, $read:expr;)*) => {
        impl P2p<'_> {
            $(
                $(#[$doc])*
                pub fn $name(&self) -> Option<$type> {
                    self.find_attribute(AttributeId::$id).and_then(|attribute| $read(&mut attribute.cursor()).ok())
                }
            )*

            /// Listen Channel (§4.1.8): where the device listens.
            pub fn listen_channel(&self) -> Option<ChannelAttr> {
                let attribute = self.find_attribute(AttributeId::LISTEN_CHANNEL)?;
                read_channel(&mut attribute.cursor()).ok().flatten()
            }

            /// Operating Channel (§4.1.19): where the group is, or is wanted.
            pub fn operating_channel(&self) -> Option<ChannelAttr> {
                let attribute = self.find_attribute(AttributeId::OPERATING_CHANNEL)?;
                read_channel(&mut attribute.cursor()).ok().flatten()
            }
        }

        /// Reads an attribute's body as far as the form goes that the specification gives it; a function for each of the two
        /// readings, so that the compiler puts each where it is called.
        fn check<const STRICT: bool>(id: AttributeId, cursor: &mut Cursor<'_>) -> Result<(), Malformed> {
            match id {
                AttributeId::LISTEN_CHANNEL | AttributeId::OPERATING_CHANNEL => read_channel(cursor).map(drop),
                $(AttributeId::$id => $read(cursor).map(drop),)*
                _ => {
                    cursor.rest();
                    Ok(())
                }
            }
        }
    };
}

fn whole<'a>(cursor: &mut Cursor<'a>) -> Result<&'a [u8], Malformed> {
    Ok(cursor.rest())
}

accessors! {
    /// Status (§4.1.2).
    status: Status = STATUS, Status::read;
    /// Minor Reason Code (§4.1.3).
    minor_reason_code: u8 = MINOR_REASON_CODE, Cursor::u8;
    /// P2P Capability (§4.1.4).
    capability: Capability = CAPABILITY, Capability::read;
    /// P2P Device ID (§4.1.5): a P2P Device Address.
    device_id: MacAddr = DEVICE_ID, Cursor::mac;
    /// Group Owner Intent (§4.1.6).
    group_owner_intent: GroupOwnerIntent = GROUP_OWNER_INTENT, GroupOwnerIntent::read;
    /// Configuration Timeout (§4.1.7).
    configuration_timeout: ConfigurationTimeout = CONFIGURATION_TIMEOUT, ConfigurationTimeout::read;
    /// P2P Group BSSID (§4.1.9).
    group_bssid: MacAddr = GROUP_BSSID, Cursor::mac;
    /// Extended Listen Timing (§4.1.10).
    extended_listen_timing: ExtendedListenTiming = EXTENDED_LISTEN_TIMING, ExtendedListenTiming::read;
    /// Intended P2P Interface Address (§4.1.11).
    intended_interface_address: MacAddr = INTENDED_INTERFACE_ADDRESS, Cursor::mac;
    /// P2P Manageability (§4.1.12): a bitmap.
    manageability: u8 = MANAGEABILITY, Cursor::u8;
    /// Channel List (§4.1.13).
    channel_list: ChannelList<'_> = CHANNEL_LIST, ChannelList::read;
    /// Notice of Absence (§4.1.14).
    notice_of_absence: NoticeOfAbsence<'_> = NOTICE_OF_ABSENCE, NoticeOfAbsence::read;
    /// P2P Device Info (§4.1.15).
    device_info: DeviceInfo<'_> = DEVICE_INFO, DeviceInfo::read;
    /// P2P Group Info (§4.1.16): the clients of the group.
    group_info: GroupInfo<'_> = GROUP_INFO, GroupInfo::read;
    /// P2P Group ID (§4.1.17).
    group_id: GroupId = GROUP_ID, GroupId::read;
    /// P2P Interface (§4.1.18).
    interface: Interface<'_> = INTERFACE, Interface::read;
    /// Invitation Flags (§4.1.20), see [`invitation_flags`](super::invitation_flags).
    invitation_flags: u8 = INVITATION_FLAGS, Cursor::u8;
    /// Out-of-Band Group Owner Negotiation Channel (§4.1.21).
    oob_go_neg_channel: OobGoNegChannel = OOB_GO_NEG_CHANNEL, OobGoNegChannel::read;
    /// Service Hash (§4.1.22).
    service_hash: ServiceHashes<'_> = SERVICE_HASH, ServiceHashes::read;
    /// Session Information Data (§4.1.23).
    session_info: &[u8] = SESSION_INFORMATION, whole;
    /// Connection Capability (§4.1.24), see [`connection_capability`](super::connection_capability).
    connection_capability: u8 = CONNECTION_CAPABILITY, Cursor::u8;
    /// Advertisement ID (§4.1.25).
    advertisement_id: ServiceId = ADVERTISEMENT_ID, ServiceId::read;
    /// Advertised Service (§4.1.26).
    advertised_service: AdvertisedServices<'_> = ADVERTISED_SERVICE, AdvertisedServices::read;
    /// Session ID (§4.1.27).
    session_id: ServiceId = SESSION_ID, ServiceId::read;
    /// Feature Capability (§4.1.28): octets of which the first is a bitmap of transports.
    feature_capability: &[u8] = FEATURE_CAPABILITY, whole;
    /// Persistent Group (§4.1.29).
    persistent_group: GroupId = PERSISTENT_GROUP, GroupId::read;
    /// P2P Capability Extension (Wi-Fi P2P v2.0).
    capability_extension: CapabilityExtension<'_> = CAPABILITY_EXTENSION, CapabilityExtension::read;
    /// WLAN AP Information (Wi-Fi P2P v2.0), as it stands.
    wlan_ap_info: &[u8] = WLAN_AP_INFORMATION, whole;
    /// Device Identity Key (Wi-Fi P2P v2.0), as it stands. A secret.
    device_identity_key: &[u8] = DEVICE_IDENTITY_KEY, whole;
    /// Device Identity Resolution (Wi-Fi P2P v2.0).
    device_identity_resolution: DeviceIdentityResolution = DEVICE_IDENTITY_RESOLUTION, DeviceIdentityResolution::read;
    /// Pairing and Bootstrapping Methods (Wi-Fi P2P v2.0).
    pairing_and_bootstrapping: PairingAndBootstrapping<'_> = PAIRING_AND_BOOTSTRAPPING, PairingAndBootstrapping::read;
    /// Password (Wi-Fi P2P v2.0), as it stands. A secret.
    password: &[u8] = PASSWORD, whole;
    /// Action Frame Wrapper (Wi-Fi P2P v2.0): the body of an action frame.
    action_frame_wrapper: &[u8] = ACTION_FRAME_WRAPPER, whole;
}

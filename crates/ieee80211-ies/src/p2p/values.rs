//! Attributes of a fixed form: plain values that are read and written alike.

use core::fmt;
use core::time::Duration;

use crate::cursor::Cursor;
use crate::{MacAddr, Malformed, Octets, Rule, Ssid};

/// A device's name, UTF-8 of at most 32 octets (WSC 2.0 §12, Device Name).
pub type DeviceName = Octets<32>;

/// How a request was received: the Status attribute (Wi-Fi P2P v1.7 §4.1.2).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Status(pub u8);

macro_rules! statuses {
    ($($value:literal $name:ident $text:literal)*) => {
        impl Status {
            $(#[doc = $text] pub const $name: Self = Self($value);)*
        }

        impl fmt::Display for Status {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.0 {
                    $($value => f.write_str($text),)*
                    other => write!(f, "reserved status {other}"),
                }
            }
        }
    };
}

statuses! {
    0 SUCCESS "success"
    1 INFORMATION_UNAVAILABLE "information is currently unavailable"
    2 INCOMPATIBLE_PARAMETERS "incompatible parameters"
    3 LIMIT_REACHED "limit reached"
    4 INVALID_PARAMETERS "invalid parameters"
    5 UNABLE_TO_ACCOMMODATE "unable to accommodate the request"
    6 PREVIOUS_PROTOCOL_ERROR "previous protocol error or disruptive behaviour"
    7 NO_COMMON_CHANNELS "no common channels"
    8 UNKNOWN_GROUP "unknown P2P group"
    9 BOTH_INTENT_15 "both devices insist on being the group owner"
    10 INCOMPATIBLE_PROVISIONING_METHOD "incompatible provisioning method"
    11 REJECTED_BY_USER "rejected by the user"
    12 SUCCESS_ACCEPTED_BY_USER "success, accepted by the user"
    13 COMEBACK "come back later"
}

impl fmt::Debug for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({self})", self.0)
    }
}

/// Bits of the Device Capability Bitmap (Wi-Fi P2P v1.7 Table 12).
pub mod device_capability {
    /// Service discovery is supported.
    pub const SERVICE_DISCOVERY: u8 = 1 << 0;
    /// The device, as a client, answers the discoverability request that its owner passes on.
    pub const CLIENT_DISCOVERABILITY: u8 = 1 << 1;
    /// The device can be in an infrastructure network at the same time.
    pub const CONCURRENT_OPERATION: u8 = 1 << 2;
    /// The interface is managed by a WLAN infrastructure.
    pub const INFRASTRUCTURE_MANAGED: u8 = 1 << 3;
    /// The device cannot join further groups.
    pub const DEVICE_LIMIT: u8 = 1 << 4;
    /// The device understands invitations.
    pub const INVITATION_PROCEDURE: u8 = 1 << 5;
    /// The device can operate on 6 GHz (Wi-Fi P2P v2.0).
    pub const SIX_GHZ: u8 = 1 << 6;
}

/// Bits of the Group Capability Bitmap (Wi-Fi P2P v1.7 Table 13).
pub mod group_capability {
    /// The sender is, or wants to be, a group owner.
    pub const GROUP_OWNER: u8 = 1 << 0;
    /// The group is persistent.
    pub const PERSISTENT_GROUP: u8 = 1 << 1;
    /// The owner takes no more clients.
    pub const GROUP_LIMIT: u8 = 1 << 2;
    /// The owner passes frames on between clients.
    pub const INTRA_BSS_DISTRIBUTION: u8 = 1 << 3;
    /// The owner connects the group with an infrastructure network.
    pub const CROSS_CONNECTION: u8 = 1 << 4;
    /// The persistent group is taken up again without asking the user.
    pub const PERSISTENT_RECONNECT: u8 = 1 << 5;
    /// The group is being formed: the owner provisions a client.
    pub const GROUP_FORMATION: u8 = 1 << 6;
    /// The owner hands out IP addresses in the 4-way handshake.
    pub const IP_ADDRESS_ALLOCATION: u8 = 1 << 7;
}

/// Bits of the Invitation Flags attribute (Wi-Fi P2P v1.7 §4.1.20).
pub mod invitation_flags {
    /// The invitation takes up a persistent group again; clear, it is into a running group.
    pub const PERSISTENT: u8 = 1 << 0;
}

/// Bits of the Connection Capability attribute (Wi-Fi P2P v1.7 §4.1.24).
pub mod connection_capability {
    /// Either role in a new group.
    pub const NEW: u8 = 1 << 0;
    /// Client.
    pub const CLIENT: u8 = 1 << 1;
    /// Group owner.
    pub const GROUP_OWNER: u8 = 1 << 2;
}

/// The P2P Capability attribute (Wi-Fi P2P v1.7 §4.1.4).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Hash)]
pub struct Capability {
    /// Device Capability Bitmap, see [`device_capability`].
    pub device: u8,
    /// Group Capability Bitmap, see [`group_capability`].
    pub group: u8,
}

/// The Group Owner Intent attribute (Wi-Fi P2P v1.7 §4.1.6).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct GroupOwnerIntent {
    /// 0 to 15, the more the better suited; a value from the air may be up to 127 and is then a protocol error.
    pub intent: u8,
    /// Who has it set becomes the owner when both intents are the same.
    pub tie_breaker: bool,
}

/// The Configuration Timeout attribute (Wi-Fi P2P v1.7 §4.1.7): how long the sender may need until it is ready for
/// provisioning.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Hash)]
pub struct ConfigurationTimeout {
    /// As a group owner, in units of 10 ms.
    pub group_owner: u8,
    /// As a client, in units of 10 ms.
    pub client: u8,
}

impl ConfigurationTimeout {
    /// The time as a group owner.
    pub const fn group_owner_time(&self) -> Duration {
        Duration::from_millis(self.group_owner as u64 * 10)
    }

    /// The time as a client.
    pub const fn client_time(&self) -> Duration {
        Duration::from_millis(self.client as u64 * 10)
    }
}

/// The Listen Channel and Operating Channel attributes (Wi-Fi P2P v1.7 §4.1.8, §4.1.19).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct ChannelAttr {
    /// Country String: two letters and an octet that is 4 where the class is a global one (IEEE 802.11-2020 Annex E).
    pub country: [u8; 3],
    /// Operating Class.
    pub class: u8,
    /// Channel Number.
    pub channel: u8,
}

/// The Extended Listen Timing attribute (Wi-Fi P2P v1.7 §4.1.10).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct ExtendedListenTiming {
    /// Availability Period in ms: for how long the sender listens each time.
    pub period: u16,
    /// Availability Interval in ms: from one begin to the next.
    pub interval: u16,
}

/// The P2P Group ID and Persistent Group attributes (Wi-Fi P2P v1.7 §4.1.17, §4.1.29).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct GroupId {
    /// P2P Device Address of the group owner.
    pub device_address: MacAddr,
    /// SSID of the group.
    pub ssid: Ssid,
}

/// The Out-of-Band Group Owner Negotiation Channel attribute (Wi-Fi P2P v1.7 §4.1.21).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct OobGoNegChannel {
    /// Where the sender listens.
    pub channel: ChannelAttr,
    /// 0 not in a group, 1 a client, 2 a group owner.
    pub role: u8,
}

/// The Advertisement ID and Session ID attributes (Wi-Fi P2P v1.7 §4.1.25, §4.1.27).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct ServiceId {
    /// The ID itself.
    pub id: u32,
    /// The MAC address of the service or session.
    pub mac: MacAddr,
}

/// One Notice of Absence Descriptor (Wi-Fi P2P v1.7 §4.1.14).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct AbsenceDescriptor {
    /// How many absences: 255 without end; 1 or 2 in a Presence Request the preference.
    pub count: u8,
    /// Length of each absence, in µs.
    pub duration: u32,
    /// From the begin of one absence to that of the next, in µs.
    pub interval: u32,
    /// The lower four octets of the TSF timer at the begin of the first absence, in µs.
    pub start: u32,
}

/// The P2P Capability Extension attribute (Wi-Fi P2P v2.0), in the layout that deployed devices use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CapabilityExtension<'a> {
    /// Capability information; its lower four bits are the length of the field.
    pub information: u16,
    /// What follows, such as the regulatory information.
    pub extra: &'a [u8],
}

impl CapabilityExtension<'_> {
    /// Bit of `information`: 6 GHz is supported.
    pub const SIX_GHZ: u16 = 1 << 4;
    /// Bit of `information`: regulatory information follows.
    pub const REGULATORY_INFORMATION: u16 = 1 << 5;
    /// Bit of `information`: the device can own a DFS channel.
    pub const DFS_OWNER: u16 = 1 << 6;
    /// Bit of `information`: a client may ask for a channel switch.
    pub const CLIENT_REQUESTED_CHANNEL_SWITCH: u16 = 1 << 7;
    /// Bit of `information`: the device can pair.
    pub const PAIRING_CAPABLE: u16 = 1 << 8;
    /// Bit of `information`: pairing is set up.
    pub const PAIRING_SETUP: u16 = 1 << 9;
    /// Bit of `information`: PMKs of pairings are kept.
    pub const PMK_CACHING: u16 = 1 << 10;
    /// Bit of `information`: kinds of PASN are told.
    pub const PASN_TYPE: u16 = 1 << 11;
    /// Bit of `information`: power is managed by TWT.
    pub const TWT_POWER_MANAGEMENT: u16 = 1 << 12;
}

/// The Device Identity Resolution attribute (Wi-Fi P2P v2.0): recognises a paired device.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct DeviceIdentityResolution {
    /// Which cipher made the tag: 0 for HMAC-SHA-256 with a key of 128 bits.
    pub cipher: u8,
    /// A random number.
    pub nonce: [u8; 8],
    /// The truncated MAC of nonce and address under the Device Identity Key.
    pub tag: [u8; 8],
}

/// The Pairing and Bootstrapping Methods attribute (Wi-Fi P2P v2.0), in the layout that deployed devices use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PairingAndBootstrapping<'a> {
    /// What stands before the methods where the exchange is deferred: the time after which to come back and a cookie.
    pub comeback: &'a [u8],
    /// Bitmap of bootstrapping methods.
    pub methods: u16,
}

impl Status {
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, Malformed> {
        cursor.u8().map(Self)
    }
}

impl Capability {
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, Malformed> {
        Ok(Self { device: cursor.u8()?, group: cursor.u8()? })
    }
}

impl GroupOwnerIntent {
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, Malformed> {
        let octet = cursor.u8()?;
        Ok(Self { intent: octet >> 1, tie_breaker: octet & 1 != 0 })
    }
}

impl ConfigurationTimeout {
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, Malformed> {
        Ok(Self { group_owner: cursor.u8()?, client: cursor.u8()? })
    }
}

impl ChannelAttr {
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, Malformed> {
        Ok(Self { country: cursor.array()?, class: cursor.u8()?, channel: cursor.u8()? })
    }
}

impl ExtendedListenTiming {
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, Malformed> {
        Ok(Self { period: cursor.le16()?, interval: cursor.le16()? })
    }
}

impl GroupId {
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, Malformed> {
        let device_address = cursor.mac()?;
        let too_long = cursor.error(Rule::TooLong);
        Ok(Self { device_address, ssid: Ssid::new(cursor.rest()).map_err(|_| too_long)? })
    }
}

impl OobGoNegChannel {
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, Malformed> {
        Ok(Self { channel: ChannelAttr::read(cursor)?, role: cursor.u8()? })
    }
}

impl ServiceId {
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, Malformed> {
        Ok(Self { id: cursor.le32()?, mac: cursor.mac()? })
    }
}

impl AbsenceDescriptor {
    /// Octets of one descriptor.
    pub(crate) const LEN: usize = 13;

    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, Malformed> {
        Ok(Self { count: cursor.u8()?, duration: cursor.le32()?, interval: cursor.le32()?, start: cursor.le32()? })
    }
}

impl<'a> CapabilityExtension<'a> {
    pub(crate) fn read(cursor: &mut Cursor<'a>) -> Result<Self, Malformed> {
        Ok(Self { information: cursor.le16()?, extra: cursor.rest() })
    }
}

impl DeviceIdentityResolution {
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, Malformed> {
        Ok(Self { cipher: cursor.u8()?, nonce: cursor.array()?, tag: cursor.array()? })
    }
}

impl<'a> PairingAndBootstrapping<'a> {
    pub(crate) fn read(cursor: &mut Cursor<'a>) -> Result<Self, Malformed> {
        let comeback = cursor.take(cursor.left().saturating_sub(2))?;
        Ok(Self { comeback, methods: cursor.le16()? })
    }
}

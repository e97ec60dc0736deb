//! Attribute IDs.

use core::fmt;

/// What an attribute is (Wi-Fi P2P v1.7 Table 6; 29 to 35 Wi-Fi P2P v2.0).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttributeId(pub u8);

macro_rules! ids {
    ($($value:literal $name:ident $text:literal)*) => {
        impl AttributeId {
            $(#[doc = $text] pub const $name: Self = Self($value);)*

            /// The name of the attribute in the specification, or `None` for an ID that it does not define.
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($value => Some($text),)*
                    _ => None,
                }
            }
        }
    };
}

ids! {
    0 STATUS "Status"
    1 MINOR_REASON_CODE "Minor Reason Code"
    2 CAPABILITY "P2P Capability"
    3 DEVICE_ID "P2P Device ID"
    4 GROUP_OWNER_INTENT "Group Owner Intent"
    5 CONFIGURATION_TIMEOUT "Configuration Timeout"
    6 LISTEN_CHANNEL "Listen Channel"
    7 GROUP_BSSID "P2P Group BSSID"
    8 EXTENDED_LISTEN_TIMING "Extended Listen Timing"
    9 INTENDED_INTERFACE_ADDRESS "Intended P2P Interface Address"
    10 MANAGEABILITY "P2P Manageability"
    11 CHANNEL_LIST "Channel List"
    12 NOTICE_OF_ABSENCE "Notice of Absence"
    13 DEVICE_INFO "P2P Device Info"
    14 GROUP_INFO "P2P Group Info"
    15 GROUP_ID "P2P Group ID"
    16 INTERFACE "P2P Interface"
    17 OPERATING_CHANNEL "Operating Channel"
    18 INVITATION_FLAGS "Invitation Flags"
    19 OOB_GO_NEG_CHANNEL "Out-of-Band Group Owner Negotiation Channel"
    21 SERVICE_HASH "Service Hash"
    22 SESSION_INFORMATION "Session Information Data"
    23 CONNECTION_CAPABILITY "Connection Capability"
    24 ADVERTISEMENT_ID "Advertisement ID"
    25 ADVERTISED_SERVICE "Advertised Service"
    26 SESSION_ID "Session ID"
    27 FEATURE_CAPABILITY "Feature Capability"
    28 PERSISTENT_GROUP "Persistent Group"
    29 CAPABILITY_EXTENSION "P2P Capability Extension"
    30 WLAN_AP_INFORMATION "WLAN AP Information"
    31 DEVICE_IDENTITY_KEY "Device Identity Key"
    32 DEVICE_IDENTITY_RESOLUTION "Device Identity Resolution"
    33 PAIRING_AND_BOOTSTRAPPING "Pairing and Bootstrapping Methods"
    34 PASSWORD "Password"
    35 ACTION_FRAME_WRAPPER "Action Frame Wrapper"
    221 VENDOR_SPECIFIC "Vendor Specific"
}

impl fmt::Display for AttributeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "attribute {}", self.0),
        }
    }
}

impl fmt::Debug for AttributeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

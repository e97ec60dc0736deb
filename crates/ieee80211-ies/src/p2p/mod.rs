//! The P2P element (Wi-Fi P2P v1.7 §4.1): vendor specific, OUI 50:6F:9A, type 9, holding attributes.
//!
//! Reading: [`P2p`] is the checked view with one accessor an attribute, [`Attributes`] the plain iterator that keeps
//! what is unknown. Writing: a list of [`Attribute`] and [`emit`].

mod id;
mod lists;
#[cfg(feature = "alloc")]
mod owned;
pub mod service;
#[cfg(all(test, feature = "alloc"))]
pub(crate) mod tests;
mod values;
mod view;

pub use id::AttributeId;
pub use lists::{
    AdvertisedService, AdvertisedServices, ChannelList, ClientInfo, DeviceInfo, GroupInfo, Interface, NoticeOfAbsence,
    OperatingClassChannels, ServiceHashes,
};
#[cfg(feature = "alloc")]
pub use owned::{
    AdvertisedServiceBuf, Attribute, ChannelListBuf, ClientInfoBuf, DeviceInfoBuf, InterfaceBuf, NoticeOfAbsenceBuf,
    OperatingClassChannelsBuf, emit, emit_attributes,
};
pub use values::{
    AbsenceDescriptor, Capability, CapabilityExtension, ChannelAttr, ConfigurationTimeout, DeviceIdentityResolution,
    DeviceName, ExtendedListenTiming, GroupId, GroupOwnerIntent, OobGoNegChannel, PairingAndBootstrapping, ServiceId,
    Status, connection_capability, device_capability, group_capability, invitation_flags,
};
pub use view::{Attributes, P2p, RawAttribute};

/// The vendor type of P2P elements and P2P frames under [`OUI_WFA`](crate::OUI_WFA) (Wi-Fi P2P v1.7 §4.1.1, §4.2.9).
pub const OUI_TYPE: u8 = 9;

/// The SSID in the probe requests and responses of P2P discovery (Wi-Fi P2P v1.7 §3.1.2.1.2); the SSID of every group
/// begins with it (§3.2.1).
pub const WILDCARD_SSID: &[u8; 7] = b"DIRECT-";

/// The greatest Group Owner Intent: the device insists on being the owner (Wi-Fi P2P v1.7 §4.1.6).
pub const MAX_GROUP_OWNER_INTENT: u8 = 15;

//! Wi-Fi Simple Configuration: the attributes of its element (vendor specific, OUI 00:50:F2, type 4) and of its messages
//! M1 to M8 (WSC 2.0 §8, §12).
//!
//! Reading: [`Wsc`] is the checked view with one accessor an attribute, [`Attributes`] the plain iterator that keeps
//! what is unknown. Writing: [`Writer`] and [`emit_element`]. NFC tags carry the attributes in [`ndef`] records.

pub mod attr;
mod config_methods;
mod credential;
mod device_type;
pub mod ndef;
#[cfg(all(test, feature = "alloc"))]
mod tests;
mod values;
mod view;
#[cfg(feature = "alloc")]
mod write;

pub use config_methods::ConfigMethods;
pub use credential::{Credential, OobDevicePassword};
pub use device_type::{DeviceType, DeviceTypes, InvalidDeviceType};
pub use values::{
    AssociationState, ConfigError, DevicePasswordId, MessageType, RequestType, ResponseType, VERSION_1_0, VERSION_2_0,
    WscState, authentication_type, connection_type, encryption_type, rf_band,
};
pub use view::{Attributes, RawAttribute, Wsc};
#[cfg(feature = "alloc")]
pub use write::{Writer, emit_element};

/// The vendor type of WSC elements under [`OUI_MICROSOFT`](crate::OUI_MICROSOFT) (WSC 2.0 §8.2).
pub const OUI_TYPE: u8 = 4;

/// The Vendor ID in the Vendor Extension attribute of the Wi-Fi Alliance (WSC 2.0 §12): SMI number 14122.
pub const VENDOR_ID_WFA: [u8; 3] = [0x00, 0x37, 0x2a];

/// The most addresses that AuthorizedMACs lists (WSC 2.0 §12).
pub const MAX_AUTHORIZED_MACS: usize = 5;

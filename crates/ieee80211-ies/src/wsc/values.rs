//! Numbers that WSC attributes hold (WSC 2.0 §12).

use core::fmt;

macro_rules! numbers {
    ($(#[$doc:meta])* $type:ident($int:ty) $unknown:literal $($value:literal $name:ident $text:literal)*) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        pub struct $type(pub $int);

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
                write!(f, "{} ({self})", self.0)
            }
        }
    };
}

numbers! {
    /// Message Type.
    MessageType(u8) "message type"
    0x01 BEACON "Beacon"
    0x02 PROBE_REQUEST "Probe Request"
    0x03 PROBE_RESPONSE "Probe Response"
    0x04 M1 "M1"
    0x05 M2 "M2"
    0x06 M2D "M2D"
    0x07 M3 "M3"
    0x08 M4 "M4"
    0x09 M5 "M5"
    0x0a M6 "M6"
    0x0b M7 "M7"
    0x0c M8 "M8"
    0x0d WSC_ACK "WSC_ACK"
    0x0e WSC_NACK "WSC_NACK"
    0x0f WSC_DONE "WSC_Done"
}

numbers! {
    /// Device Password ID: which password a device means. From 16 on they are those of NFC tags.
    DevicePasswordId(u16) "device password ID"
    0 DEFAULT "default PIN"
    1 USER_SPECIFIED "user-specified"
    2 MACHINE_SPECIFIED "machine-specified"
    3 REKEY "rekey"
    4 PUSH_BUTTON "push button"
    5 REGISTRAR_SPECIFIED "registrar-specified"
    7 NFC_CONNECTION_HANDOVER "NFC connection handover"
    8 P2PS_DEFAULT "P2PS default"
}

numbers! {
    /// Configuration Error.
    ConfigError(u16) "configuration error"
    0 NO_ERROR "no error"
    1 OOB_INTERFACE_READ_ERROR "out-of-band interface read error"
    2 DECRYPTION_CRC_FAILURE "decryption CRC failure"
    3 CHANNEL_24_NOT_SUPPORTED "2.4 GHz channel not supported"
    4 CHANNEL_50_NOT_SUPPORTED "5 GHz channel not supported"
    5 SIGNAL_TOO_WEAK "signal too weak"
    6 NETWORK_AUTHENTICATION_FAILURE "network authentication failure"
    7 NETWORK_ASSOCIATION_FAILURE "network association failure"
    8 NO_DHCP_RESPONSE "no DHCP response"
    9 FAILED_DHCP_CONFIG "DHCP configuration failed"
    10 IP_ADDRESS_CONFLICT "IP address conflict"
    11 NO_CONNECTION_TO_REGISTRAR "could not connect to the registrar"
    12 MULTIPLE_PBC_SESSIONS_DETECTED "multiple PBC sessions detected"
    13 ROGUE_ACTIVITY_SUSPECTED "rogue activity suspected"
    14 DEVICE_BUSY "device busy"
    15 SETUP_LOCKED "setup locked"
    16 MESSAGE_TIMEOUT "message timeout"
    17 REGISTRATION_SESSION_TIMEOUT "registration session timeout"
    18 DEVICE_PASSWORD_AUTHENTICATION_FAILURE "device password authentication failure"
    19 CHANNEL_60_NOT_SUPPORTED "60 GHz channel not supported"
    20 PUBLIC_KEY_HASH_MISMATCH "public key hash mismatch"
}

numbers! {
    /// Request Type: what the sender of a request wants.
    RequestType(u8) "request type"
    0 ENROLLEE_INFO_ONLY "enrollee, info only"
    1 ENROLLEE "enrollee, open 802.1X"
    2 REGISTRAR "registrar"
    3 WLAN_MANAGER_REGISTRAR "WLAN manager registrar"
}

numbers! {
    /// Response Type: what the sender of a response is.
    ResponseType(u8) "response type"
    0 ENROLLEE_INFO_ONLY "enrollee, info only"
    1 ENROLLEE "enrollee, open 802.1X"
    2 REGISTRAR "registrar"
    3 AP "AP"
}

numbers! {
    /// Wi-Fi Simple Configuration State.
    WscState(u8) "state"
    1 NOT_CONFIGURED "not configured"
    2 CONFIGURED "configured"
}

numbers! {
    /// Association State.
    AssociationState(u16) "association state"
    0 NOT_ASSOCIATED "not associated"
    1 CONNECTION_SUCCESS "connection success"
    2 CONFIGURATION_FAILURE "configuration failure"
    3 ASSOCIATION_FAILURE "association failure"
    4 IP_FAILURE "IP failure"
}

/// Bits of Authentication Type and Authentication Type Flags.
pub mod authentication_type {
    /// Open.
    pub const OPEN: u16 = 0x0001;
    /// WPA-Personal.
    pub const WPA_PSK: u16 = 0x0002;
    /// Shared key.
    pub const SHARED: u16 = 0x0004;
    /// WPA-Enterprise.
    pub const WPA: u16 = 0x0008;
    /// WPA2-Enterprise.
    pub const WPA2: u16 = 0x0010;
    /// WPA2-Personal.
    pub const WPA2_PSK: u16 = 0x0020;
}

/// Bits of Encryption Type and Encryption Type Flags.
pub mod encryption_type {
    /// None.
    pub const NONE: u16 = 0x0001;
    /// WEP, which WSC 2.0 withdrew.
    pub const WEP: u16 = 0x0002;
    /// TKIP.
    pub const TKIP: u16 = 0x0004;
    /// AES: CCMP.
    pub const AES: u16 = 0x0008;
}

/// Bits of Connection Type and Connection Type Flags.
pub mod connection_type {
    /// Infrastructure network.
    pub const ESS: u8 = 0x01;
    /// Independent network.
    pub const IBSS: u8 = 0x02;
}

/// Bits of RF Bands.
pub mod rf_band {
    /// 2.4 GHz.
    pub const GHZ_2_4: u8 = 0x01;
    /// 5 GHz.
    pub const GHZ_5: u8 = 0x02;
    /// 60 GHz.
    pub const GHZ_60: u8 = 0x04;
}

/// The value of the Version attribute that every WSC message has, whatever its version (WSC 2.0 §12, Version).
pub const VERSION_1_0: u8 = 0x10;

/// The value of the Version2 subelement of WSC 2.0.
pub const VERSION_2_0: u8 = 0x20;

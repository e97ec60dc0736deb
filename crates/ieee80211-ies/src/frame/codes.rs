//! Numbers that the fixed fields of management frames hold.

use core::fmt;

/// Bits of the Capability Information field (IEEE 802.11-2020 §9.4.1.4).
pub mod capability {
    /// The sender is an access point.
    pub const ESS: u16 = 0x0001;
    /// The sender is in an independent BSS.
    pub const IBSS: u16 = 0x0002;
    /// Data frames are protected.
    pub const PRIVACY: u16 = 0x0010;
    /// Short preambles may be used.
    pub const SHORT_PREAMBLE: u16 = 0x0020;
    /// Spectrum management is required.
    pub const SPECTRUM_MANAGEMENT: u16 = 0x0100;
    /// QoS is supported.
    pub const QOS: u16 = 0x0200;
    /// The short slot time is used.
    pub const SHORT_SLOT_TIME: u16 = 0x0400;
    /// Automatic power save delivery is supported.
    pub const APSD: u16 = 0x0800;
    /// Radio measurement is supported.
    pub const RADIO_MEASUREMENT: u16 = 0x1000;
}

macro_rules! codes {
    ($(#[$doc:meta])* $type:ident $unknown:literal $($value:literal $name:ident $text:literal)*) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        pub struct $type(pub u16);

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

codes! {
    /// Why a station is deauthenticated or disassociated (IEEE 802.11-2020 §9.4.1.7, Table 9-49).
    ReasonCode "reason"
    1 UNSPECIFIED "unspecified reason"
    2 INVALID_AUTHENTICATION "previous authentication is not valid any more"
    3 LEAVING_NETWORK_DEAUTH "the sender leaves the network"
    4 INACTIVITY "inactivity"
    5 NO_MORE_STATIONS "the access point cannot handle all its stations"
    6 CLASS_2_FRAME_FROM_NONAUTHENTICATED "class 2 frame from a station that is not authenticated"
    7 CLASS_3_FRAME_FROM_NONASSOCIATED "class 3 frame from a station that is not associated"
    8 LEAVING_NETWORK_DISASSOC "the station leaves the network"
    9 NOT_AUTHENTICATED "association requested without authentication"
    13 INVALID_ELEMENT "invalid element"
    14 MIC_FAILURE "message integrity failure"
    15 FOUR_WAY_HANDSHAKE_TIMEOUT "4-way handshake timed out"
    16 GROUP_KEY_HANDSHAKE_TIMEOUT "group key handshake timed out"
    17 HANDSHAKE_ELEMENT_MISMATCH "element in the 4-way handshake differs from that in the association"
    18 INVALID_GROUP_CIPHER "invalid group cipher"
    19 INVALID_PAIRWISE_CIPHER "invalid pairwise cipher"
    20 INVALID_AKMP "invalid AKMP"
    21 UNSUPPORTED_RSNE_VERSION "unsupported RSNE version"
    22 INVALID_RSNE_CAPABILITIES "invalid RSNE capabilities"
    23 AUTHENTICATION_8021X_FAILED "802.1X authentication failed"
    24 CIPHER_REJECTED_PER_POLICY "cipher suite rejected by security policy"
    34 LOW_ACK "too many frames without acknowledgment"
    36 REQUESTED_BY_PEER_LEAVING "the peer leaves the network"
}

codes! {
    /// Whether a request was granted (IEEE 802.11-2020 §9.4.1.9, Table 9-50).
    StatusCode "status"
    0 SUCCESS "success"
    1 UNSPECIFIED_FAILURE "unspecified failure"
    10 CAPABILITIES_MISMATCH "cannot support all requested capabilities"
    11 NO_ASSOCIATION_EXISTS "no association exists"
    12 DENIED_OTHER_REASON "denied for a reason outside the standard"
    13 UNSUPPORTED_AUTHENTICATION_ALGORITHM "unsupported authentication algorithm"
    14 TRANSACTION_SEQUENCE_ERROR "authentication transaction out of sequence"
    15 CHALLENGE_FAILURE "challenge failure"
    16 AUTHENTICATION_TIMEOUT "authentication timed out"
    17 NO_MORE_STATIONS "the access point cannot handle more stations"
    18 BASIC_RATES_MISMATCH "not all basic rates are supported"
    30 REFUSED_TEMPORARILY "refused for now, try again later"
    37 REQUEST_DECLINED "request declined"
    38 INVALID_PARAMETERS "invalid parameters"
    40 INVALID_ELEMENT "invalid element"
    41 INVALID_GROUP_CIPHER "invalid group cipher"
    42 INVALID_PAIRWISE_CIPHER "invalid pairwise cipher"
    43 INVALID_AKMP "invalid AKMP"
    44 UNSUPPORTED_RSNE_VERSION "unsupported RSNE version"
    45 INVALID_RSNE_CAPABILITIES "invalid RSNE capabilities"
    46 CIPHER_REJECTED_PER_POLICY "cipher suite rejected by security policy"
    53 INVALID_PMKID "invalid PMKID"
    59 GAS_ADVERTISEMENT_PROTOCOL_NOT_SUPPORTED "advertisement protocol not supported"
    60 NO_OUTSTANDING_GAS_REQUEST "no outstanding GAS request"
    61 GAS_RESPONSE_NOT_RECEIVED "no response from the advertisement server"
    62 GAS_QUERY_TIMEOUT "the GAS query timed out"
    63 GAS_QUERY_RESPONSE_TOO_LARGE "the GAS query response is too large"
}

codes! {
    /// How stations authenticate (IEEE 802.11-2020 §9.4.1.1).
    AuthenticationAlgorithm "authentication algorithm"
    0 OPEN_SYSTEM "Open System"
    1 SHARED_KEY "Shared Key"
    2 FAST_BSS_TRANSITION "fast BSS transition"
    3 SAE "SAE"
    7 PASN "PASN"
}

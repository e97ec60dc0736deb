//! EAPOL-Key: the 4-way and the group-key handshake of a WPA2-PSK network with CCMP (IEEE 802.11-2020 §12.7), both
//! sides, without I/O.
//!
//! * [`Pdu`], [`KeyFrame`] and [`KeyFrameRepr`], and [`Kdes`] read and write what is on the air.
//! * [`crypto`] holds the functions of keys: PRF, MIC, key wrap, passphrase to PSK.
//! * [`Authenticator`] is the group owner's side, one for each station; [`Supplicant`] is the client's side.
//!
//! Both machines have one shape: [`Authenticator::handle_input`] with the time and an [`Input`], then `poll_output` until it is
//! empty, then sleep until `poll_timeout` or the next input. Time counts from any moment that the caller likes.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod authenticator;
pub mod crypto;
mod drops;
mod kde;
mod key_frame;
mod keys;
mod machine;
mod pdu;
mod retry;
mod supplicant;

pub use authenticator::{Authenticator, AuthenticatorConfig, MAX_PSKS, MESSAGE_LIFETIME};
pub use drops::{DropReason, Drops};
pub use kde::{IpAllocation, Kde, Kdes, KeyDataWriter};
pub use key_frame::{KEY_FRAME_MIN_LEN, KeyFrame, KeyFrameRepr, KeyInformation, MAX_KEY_DATA_LEN};
pub use keys::{GroupKey, Gtk, InvalidPassphrase, Kck, Kek, Nonce, Pmkid, Psk, Ptk, Tk};
pub use machine::{Event, Failure, Input, Message, Output, Phase};
pub use pdu::{ETHERTYPE, Malformed, PacketType, Pdu};
pub use supplicant::{HANDSHAKE_LIFETIME, Supplicant, SupplicantConfig};

/// Authentication and key management suites of a P2P group (IEEE 802.11-2020 Table 9-151).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Akm {
    /// 00-0F-AC:2: PSK, keys by HMAC-SHA1, integrity by HMAC-SHA1-128.
    Psk,
    /// 00-0F-AC:6: PSK, keys by KDF-SHA256, integrity by AES-128-CMAC.
    PskSha256,
}

impl Akm {
    /// The key descriptor version that EAPOL-Key frames carry (IEEE 802.11-2020 §12.7.2 b) 1)).
    pub const fn descriptor_version(self) -> u16 {
        match self {
            Self::Psk => 2,
            Self::PskSha256 => 3,
        }
    }

    /// The suite selector: OUI and type, most significant octet first.
    pub const fn suite(self) -> u32 {
        match self {
            Self::Psk => 0x000f_ac02,
            Self::PskSha256 => 0x000f_ac06,
        }
    }
}

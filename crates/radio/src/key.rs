//! Keys as a radio is given them.

use alloc::vec::Vec;
use core::fmt;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Key material: wiped when dropped, never printed.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// Takes ownership of `bytes`.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The octets; the caller must not log or store them.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// A pairwise or group cipher (IEEE 802.11-2020 Table 9-149).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Cipher {
    /// 00-0F-AC:4, CCMP-128.
    Ccmp128,
    /// 00-0F-AC:8, GCMP-128.
    Gcmp128,
}

impl Cipher {
    /// The suite selector as nl80211 writes it: OUI and type, most significant octet first.
    pub const fn suite(self) -> u32 {
        match self {
            Self::Ccmp128 => 0x000f_ac04,
            Self::Gcmp128 => 0x000f_ac08,
        }
    }
}

/// Whom a key protects.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum KeyKind {
    /// Frames between us and the one station (always key index 0).
    Pairwise(ieee80211_ies::MacAddr),
    /// Group-addressed frames, key index 1 or 2. An owner sends with the last one installed.
    Group,
}

/// A key to install.
#[derive(Clone, Debug)]
pub struct Key {
    /// Whom it protects.
    pub kind: KeyKind,
    /// Key index: 0 for pairwise, 1 to 3 for group keys.
    pub index: u8,
    /// The cipher.
    pub cipher: Cipher,
    /// The temporal key, 16 octets for both ciphers.
    pub material: Secret,
    /// The last packet number received under this key, little endian (RSC of the handshake); zero when it is new.
    pub receive_sequence: [u8; 6],
}

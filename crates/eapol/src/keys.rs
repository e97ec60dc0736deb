//! Keys: wiped when dropped, never printed, compared in constant time.

use core::fmt;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

macro_rules! secret {
    ($(#[$doc:meta])* $name:ident, $len:literal) => {
        $(#[$doc])*
        #[derive(Clone, Zeroize, ZeroizeOnDrop)]
        pub struct $name([u8; $len]);

        impl $name {
            /// Takes the octets; the caller wipes its own copy.
            pub const fn new(octets: [u8; $len]) -> Self {
                Self(octets)
            }

            /// The octets; not to be logged or stored in the clear.
            pub const fn expose(&self) -> &[u8; $len] {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("[redacted]")
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.0.ct_eq(&other.0).into()
            }
        }

        impl Eq for $name {}
    };
}

secret!(
    /// A pre-shared key, which is the PMK (IEEE 802.11-2020 §12.7.1.2). See [`Psk::from_passphrase`].
    Psk, 32
);
secret!(
    /// Key confirmation key: makes the MIC of EAPOL-Key frames.
    Kck, 16
);
secret!(
    /// Key encryption key: wraps key data.
    Kek, 16
);
secret!(
    /// Temporal key: CCMP-128 between two stations.
    Tk, 16
);
secret!(
    /// Group temporal key: CCMP-128 from the owner to all.
    Gtk, 16
);

/// A nonce of the 4-way handshake; public.
pub type Nonce = [u8; 32];

/// A PMKID (IEEE 802.11-2020 §12.7.1.3); public.
pub type Pmkid = [u8; 16];

/// A pairwise transient key (IEEE 802.11-2020 §12.7.1.3) with 128-bit parts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ptk {
    /// Key confirmation key.
    pub kck: Kck,
    /// Key encryption key.
    pub kek: Kek,
    /// Temporal key.
    pub tk: Tk,
}

/// A group key and how far it has been used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GroupKey {
    /// Key index, 1 to 3; owners alternate between 1 and 2.
    pub index: u8,
    /// The key.
    pub key: Gtk,
    /// The last packet number sent under it (RSC), least significant octet first.
    pub rsc: [u8; 6],
}

/// A passphrase that WPA2-PSK does not allow.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a passphrase has 8 to 63 printable ASCII characters and an SSID at most 32 octets")]
pub struct InvalidPassphrase;

impl Psk {
    /// The PSK of a passphrase and an SSID (IEEE 802.11-2020 §J.4.1): 4096 rounds of PBKDF2, which take milliseconds, so that
    /// it is better made ahead of need. A passphrase has 8 to 63 octets, each 32 to 126; an SSID at most 32.
    pub fn from_passphrase(passphrase: &[u8], ssid: &[u8]) -> Result<Self, InvalidPassphrase> {
        crate::crypto::passphrase_to_psk(passphrase, ssid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;

    #[test]
    fn nothing_secret_is_printed() {
        let key = GroupKey { index: 1, key: Gtk::new([0x5a; 16]), rsc: [0; 6] };
        assert_eq!(format!("{key:?}"), "GroupKey { index: 1, key: [redacted], rsc: [0, 0, 0, 0, 0, 0] }");
    }
}

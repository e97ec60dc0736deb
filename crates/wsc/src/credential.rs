//! What a registrar hands out (WSC 2.0 §12, Credential).

use alloc::vec::Vec;
use core::fmt;

use ieee80211_ies::wsc::{self, Writer, attr, authentication_type, encryption_type};
use ieee80211_ies::{MacAddr, Malformed, Ssid};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::message::Checked;

/// Most octets of a passphrase (IEEE 802.11-2020 §J.4.1); the fewest are eight.
const MAX_PASSPHRASE: usize = 63;
/// Fewest octets of a passphrase.
const MIN_PASSPHRASE: usize = 8;

/// The key of a WPA2-Personal network. Wiped when dropped, never printed, compared in constant time.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub enum NetworkKey {
    /// The PSK itself; on the air as 64 hexadecimal digits. Saves the enrollee 4096 rounds of PBKDF2.
    Psk([u8; 32]),
    /// A passphrase of 8 to 63 printable ASCII characters; for enrollees that show it to their user.
    Passphrase(Vec<u8>),
}

impl NetworkKey {
    /// Reads a Network Key attribute. One zero octet behind a passphrase is dropped, as deployed registrars send it.
    fn parse(value: &[u8]) -> Result<Self, InvalidCredential> {
        if value.len() == 64 {
            let mut psk = [0; 32];
            for (slot, digits) in psk.iter_mut().zip(value.as_chunks::<2>().0) {
                let [high, low] = digits.map(|digit| char::from(digit).to_digit(16));
                let (Some(high), Some(low)) = (high, low) else { return Err(InvalidCredential::NetworkKey) };
                *slot = (high << 4 | low) as u8;
            }
            return Ok(Self::Psk(psk));
        }
        let passphrase = match value.split_last() {
            Some((0, rest)) => rest,
            _ => value,
        };
        let printable = passphrase.iter().all(|octet| (0x20..0x7f).contains(octet));
        if !printable || !(MIN_PASSPHRASE..=MAX_PASSPHRASE).contains(&passphrase.len()) {
            return Err(InvalidCredential::NetworkKey);
        }
        Ok(Self::Passphrase(Vec::from(passphrase)))
    }

    /// The octets of a Network Key attribute.
    fn emit(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(match self {
            Self::Psk(psk) => {
                psk.iter().flat_map(|octet| [octet >> 4, octet & 0x0f]).map(hexadecimal_digit).collect::<Vec<u8>>()
            }
            Self::Passphrase(passphrase) => passphrase.clone(),
        })
    }
}

fn hexadecimal_digit(nibble: u8) -> u8 {
    if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 }
}

impl PartialEq for NetworkKey {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Psk(one), Self::Psk(two)) => one.ct_eq(two).into(),
            (Self::Passphrase(one), Self::Passphrase(two)) => one.ct_eq(two).into(),
            _ => false,
        }
    }
}

impl Eq for NetworkKey {}

impl fmt::Debug for NetworkKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Psk(_) => "Psk([redacted])",
            Self::Passphrase(_) => "Passphrase([redacted])",
        })
    }
}

/// A WPA2-Personal network with CCMP, the only kind that P2P groups are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Credential {
    /// The name of the network.
    pub ssid: Ssid,
    /// Its key.
    pub key: NetworkKey,
    /// The address of the enrollee, says the specification; of the access point, say some registrars. Not to be relied
    /// on when received; filled in by the session when sent.
    pub address: MacAddr,
}

/// A credential that cannot be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum InvalidCredential {
    /// There is none in M8.
    #[error("no credential")]
    None,
    /// Its attributes cannot be told apart.
    #[error("malformed: {0}")]
    Malformed(#[from] Malformed),
    /// An attribute that it must have is missing or has the wrong length.
    #[error("no usable {0} attribute")]
    Missing(&'static str),
    /// Not WPA2-Personal; the Authentication Type.
    #[error("authentication type {0:#06x} in place of WPA2-Personal")]
    AuthenticationType(u16),
    /// Not CCMP; the Encryption Type.
    #[error("encryption type {0:#06x} in place of AES")]
    EncryptionType(u16),
    /// Neither 64 hexadecimal digits nor a passphrase.
    #[error("a network key that is neither a PSK nor a passphrase")]
    NetworkKey,
}

impl Credential {
    /// Reads the value of a Credential attribute. Types with more than one bit (a network that is also WPA-Personal)
    /// count as WPA2-Personal with AES when that is among them; zero octets that pad an SSID are dropped.
    pub(crate) fn parse(value: &[u8]) -> Result<Self, InvalidCredential> {
        let attributes = Checked::new(value)?;
        let missing = |kind| InvalidCredential::Missing(attr::name(kind).unwrap_or("unknown"));
        let find = |kind| attributes.find(kind).ok_or(missing(kind));
        let number = |kind| attributes.u16(kind).ok_or(missing(kind));
        let mut ssid = find(attr::SSID)?;
        while let Some((0, rest)) = ssid.split_last() {
            ssid = rest;
        }
        let ssid = Ssid::new(ssid)?;
        let authentication = number(attr::AUTHENTICATION_TYPE)?;
        if authentication & authentication_type::WPA2_PSK == 0 {
            return Err(InvalidCredential::AuthenticationType(authentication));
        }
        let encryption = number(attr::ENCRYPTION_TYPE)?;
        if encryption & encryption_type::AES == 0 {
            return Err(InvalidCredential::EncryptionType(encryption));
        }
        let key = NetworkKey::parse(find(attr::NETWORK_KEY)?)?;
        let address = attributes.array(attr::MAC_ADDRESS).map(MacAddr).unwrap_or_default();
        Ok(Self { ssid, key, address })
    }

    /// The whole Credential attribute, as deployed registrars write it; for programs that take credentials themselves.
    pub fn attribute(&self) -> Zeroizing<Vec<u8>> {
        let mut attribute = Zeroizing::new(Vec::new());
        self.write(self.address, &mut Writer::new(&mut attribute));
        attribute
    }

    /// Writes a Credential attribute for this enrollee.
    pub(crate) fn write(&self, enrollee: MacAddr, writer: &mut Writer<'_>) {
        writer.credential(&wsc::Credential {
            network_index: 1,
            ssid: self.ssid,
            authentication_type: authentication_type::WPA2_PSK,
            encryption_type: encryption_type::AES,
            network_key: &self.key.emit(),
            mac: enrollee,
            key_shareable: None,
        });
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use ieee80211_ies::wsc::attr;
    use proptest::prelude::*;

    use super::*;

    /// The value of a Credential attribute as a registrar might write it.
    fn value(ssid: &[u8], authentication: u16, encryption: u16, key: &[u8]) -> Vec<u8> {
        let mut value = Vec::new();
        Writer::new(&mut value)
            .network_index(1)
            .attribute(attr::SSID, ssid)
            .authentication_type(authentication)
            .encryption_type(encryption)
            .network_key(key)
            .mac_address(MacAddr([2, 0, 0, 0, 0, 9]));
        value
    }

    fn passphrase(text: &[u8]) -> NetworkKey {
        NetworkKey::Passphrase(Vec::from(text))
    }

    #[test]
    fn peculiarities_of_deployed_registrars() {
        let mut padded_ssid = [0; 32];
        padded_ssid[..4].copy_from_slice(b"home");
        // A network that is also WPA-Personal with TKIP; an SSID padded to 32 octets; a passphrase with its NUL.
        let credential = Credential::parse(&value(&padded_ssid, 0x0022, 0x000c, b"passphrase\0")).unwrap();
        assert_eq!(credential.ssid.as_bytes(), b"home");
        assert_eq!(credential.key, passphrase(b"passphrase"));
        let digits = "0123456789ABCDEFabcdef".repeat(3);
        let credential = Credential::parse(&value(b"x", 0x20, 8, &digits.as_bytes()[..64])).unwrap();
        assert!(
            matches!(&credential.key, NetworkKey::Psk(psk) if psk[..11] == [1, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0xab, 0xcd, 0xef])
        );
        // Zero octets behind the last attribute, and the attributes in another order.
        let mut reversed = Vec::new();
        let original = value(b"x", 0x20, 8, b"passphrase");
        let attributes: Vec<_> = wsc::Attributes::new(&original).collect();
        for attribute in attributes.iter().rev() {
            Writer::new(&mut reversed).attribute(attribute.kind, attribute.body);
        }
        reversed.extend_from_slice(&[0; 5]);
        assert_eq!(Credential::parse(&reversed), Credential::parse(&original));
    }

    #[test]
    fn networks_that_are_not_wpa2_personal_with_ccmp() {
        let parse = |authentication, encryption, key| Credential::parse(&value(b"x", authentication, encryption, key));
        assert_eq!(parse(0x0001, 0x0001, b""), Err(InvalidCredential::AuthenticationType(1)));
        assert_eq!(parse(0x0002, 0x0004, b"passphrase"), Err(InvalidCredential::AuthenticationType(2)));
        assert_eq!(parse(0x0020, 0x0004, b"passphrase"), Err(InvalidCredential::EncryptionType(4)));
    }

    #[test]
    fn keys_that_are_none() {
        let parse = |key: &[u8]| Credential::parse(&value(b"x", 0x20, 8, key));
        for bad in [&b""[..], b"7 chars", b"7 chars\0", b"line\nbreak", &[b'x'; 64], &[b'0'; 65], b"nul\0inside"] {
            assert_eq!(parse(bad), Err(InvalidCredential::NetworkKey), "{bad:?}");
        }
        for good in [&b"8 chars!"[..], &[b'~'; 63]] {
            assert_eq!(parse(good).unwrap().key, passphrase(good));
        }
        assert_eq!(Credential::parse(&[]), Err(InvalidCredential::Missing("SSID")));
        assert!(matches!(Credential::parse(&[0x10, 0x45, 0, 9]), Err(InvalidCredential::Malformed(_))));
    }

    #[test]
    fn keys_are_not_printed() {
        assert_eq!(format!("{:?}", passphrase(b"passphrase")), "Passphrase([redacted])");
        assert_eq!(format!("{:?}", NetworkKey::Psk([7; 32])), "Psk([redacted])");
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(ssid in prop::collection::vec(1u8.., 0..=32), psk: [u8; 32], text in "[ -~]{8,63}") {
            for key in [NetworkKey::Psk(psk), passphrase(text.as_bytes())] {
                let enrollee = MacAddr([2, 0, 0, 0, 0, 9]);
                let credential = Credential { ssid: Ssid::new(&ssid).unwrap(), key, address: enrollee };
                let mut settings = Vec::new();
                credential.write(enrollee, &mut Writer::new(&mut settings));
                let attribute = wsc::Attributes::new(&settings).next().unwrap();
                prop_assert_eq!(attribute.kind, attr::CREDENTIAL);
                prop_assert_eq!(Credential::parse(attribute.body), Ok(credential));
            }
        }
    }
}

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

//! What a registrar hands over, and what an NFC tag holds.

use core::fmt;

use super::{DevicePasswordId, Wsc};
use crate::cursor::Cursor;
use crate::{MacAddr, Malformed, Rule, Ssid};

/// The Credential attribute (WSC 2.0 §12): what it takes to join a network. A view when read, a description when
/// written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Credential<'a> {
    /// Network Index, 1 in WSC 2.0.
    pub network_index: u8,
    /// SSID.
    pub ssid: Ssid,
    /// Authentication Type, see [`authentication_type`](super::authentication_type).
    pub authentication_type: u16,
    /// Encryption Type, see [`encryption_type`](super::encryption_type).
    pub encryption_type: u16,
    /// Network Key: a passphrase or 64 hexadecimal digits. A secret.
    pub network_key: &'a [u8],
    /// MAC Address of the enrollee.
    pub mac: MacAddr,
    /// Network Key Shareable, where it is told.
    pub key_shareable: Option<bool>,
}

impl<'a> Credential<'a> {
    /// The most octets of a Network Key (WSC 2.0 §12).
    pub const MAX_KEY_LEN: usize = 64;

    /// Reads the body of a Credential attribute.
    ///
    /// # Errors
    /// Attributes that are malformed or missing; a key of more than 64 octets.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        Self::read(bytes, 0)
    }

    pub(super) fn read(bytes: &'a [u8], base: usize) -> Result<Self, Malformed> {
        let wsc = Wsc::parse(bytes).map_err(|error| Malformed { offset: error.offset + base, ..error })?;
        let fault = |what, rule| Malformed { offset: base, what, rule };
        let missing = |what| fault(what, Rule::Missing);
        // Taken from the bytes themselves, as the accessor of the view here would not outlive it.
        let key = super::Attributes::new(bytes).filter(|attribute| attribute.kind == super::attr::NETWORK_KEY).last();
        let network_key = key.map(|attribute| attribute.body).ok_or(missing("Network Key"))?;
        if network_key.len() > Self::MAX_KEY_LEN {
            return Err(fault("Network Key", Rule::TooLong));
        }
        Ok(Self {
            network_index: wsc.network_index().unwrap_or(1),
            ssid: wsc.ssid().ok_or(missing("SSID"))?,
            authentication_type: wsc.authentication_type().ok_or(missing("Authentication Type"))?,
            encryption_type: wsc.encryption_type().ok_or(missing("Encryption Type"))?,
            network_key,
            mac: wsc.mac_address().ok_or(missing("MAC Address"))?,
            key_shareable: wsc.network_key_shareable(),
        })
    }
}

impl fmt::Debug for Credential<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential")
            .field("ssid", &self.ssid)
            .field("authentication_type", &self.authentication_type)
            .field("encryption_type", &self.encryption_type)
            .field("network_key", &format_args!("[redacted]"))
            .field("mac", &self.mac)
            .field("key_shareable", &self.key_shareable)
            .finish_non_exhaustive()
    }
}

/// The OOB Device Password attribute (WSC 2.0 §12).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct OobDevicePassword<'a> {
    /// The first 160 bits of the SHA-256 of the enrollee's public key.
    pub public_key_hash: [u8; 20],
    /// Device Password ID.
    pub id: DevicePasswordId,
    /// The password, at most 32 octets; none with NFC connection handover. A secret.
    pub password: &'a [u8],
}

impl<'a> OobDevicePassword<'a> {
    /// The most octets of the password (WSC 2.0 §12).
    pub const MAX_PASSWORD_LEN: usize = 32;

    pub(super) fn read(cursor: &mut Cursor<'a>) -> Result<Self, Malformed> {
        let (public_key_hash, id) = (cursor.array()?, DevicePasswordId(cursor.be16()?));
        if cursor.left() > Self::MAX_PASSWORD_LEN {
            return Err(cursor.error(Rule::TooLong));
        }
        Ok(Self { public_key_hash, id, password: cursor.rest() })
    }
}

impl fmt::Debug for OobDevicePassword<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OobDevicePassword {{ id: {:?}, password: [redacted] }}", self.id)
    }
}

//! The passphrase or PSK that a user gives, and the keys of networks made of it.

use std::collections::HashMap;

use eapol::{InvalidPassphrase, Psk};
use ieee80211_ies::Ssid;
use zeroize::Zeroizing;

/// What opens the handshakes of a capture.
pub enum Secret {
    /// A passphrase; the key of a network is made of it and the network's name.
    Passphrase(Zeroizing<Vec<u8>>),
    /// A PSK as it is.
    Psk(Psk),
}

/// A text that is neither a passphrase nor a PSK.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum InvalidSecret {
    /// Not a passphrase.
    #[error(transparent)]
    Passphrase(#[from] InvalidPassphrase),
    /// Not a PSK.
    #[error("a PSK has 64 hexadecimal digits")]
    Psk,
    /// Both in the environment.
    #[error("AIRSCOPE_PASSPHRASE and AIRSCOPE_PSK are both set: give one of them")]
    Two,
}

impl Secret {
    /// A passphrase of 8 to 63 printable characters.
    ///
    /// # Errors
    /// Something that is none.
    pub fn passphrase(text: &str) -> Result<Self, InvalidSecret> {
        let octets = text.as_bytes();
        if !(8..=63).contains(&octets.len()) || !octets.iter().all(|octet| (32..=126).contains(octet)) {
            return Err(InvalidPassphrase.into());
        }
        Ok(Self::Passphrase(Zeroizing::new(octets.to_vec())))
    }

    /// A PSK of 64 hexadecimal digits.
    ///
    /// # Errors
    /// Something that is none.
    pub fn psk(text: &str) -> Result<Self, InvalidSecret> {
        let mut key = Zeroizing::new([0; 32]);
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        if pairs.len() != key.len() || !rest.is_empty() {
            return Err(InvalidSecret::Psk);
        }
        for (octet, pair) in key.iter_mut().zip(pairs) {
            let digit = |at: u8| char::from(at).to_digit(16).ok_or(InvalidSecret::Psk);
            *octet = (digit(pair[0])? << 4 | digit(pair[1])?) as u8;
        }
        Ok(Self::Psk(Psk::new(*key)))
    }
}

/// The most networks for which a key is made of a passphrase: each takes milliseconds.
const MAX_NETWORKS: usize = 64;

/// The keys of networks, made when they are needed.
pub struct Keys {
    secret: Secret,
    made: HashMap<Ssid, Psk>,
}

impl Keys {
    /// Keys of this secret.
    pub fn new(secret: Secret) -> Self {
        Self { secret, made: HashMap::new() }
    }

    /// The key of a network, or `None` where its name is not known (or too many networks have been asked for).
    pub fn of(&mut self, ssid: Option<Ssid>) -> Option<Psk> {
        let passphrase = match &self.secret {
            Secret::Psk(psk) => return Some(psk.clone()),
            Secret::Passphrase(passphrase) => passphrase,
        };
        let ssid = ssid?;
        if let Some(psk) = self.made.get(&ssid) {
            return Some(psk.clone());
        }
        if self.made.len() >= MAX_NETWORKS {
            return None;
        }
        let psk = Psk::from_passphrase(passphrase, ssid.as_bytes()).ok()?;
        self.made.insert(ssid, psk.clone());
        Some(psk)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_checked() {
        assert!(Secret::passphrase("1234567").is_err());
        assert!(Secret::passphrase(&"a".repeat(64)).is_err());
        assert!(Secret::passphrase("pässword").is_err());
        assert!(Secret::psk(&"0".repeat(63)).is_err());
        assert!(Secret::psk(&"g".repeat(64)).is_err());
        let Ok(Secret::Psk(psk)) = Secret::psk(&"0aF1".repeat(16)) else { panic!() };
        assert_eq!(psk.expose()[..2], [0x0a, 0xf1]);
    }

    /// IEEE 802.11-2020 §J.4.2, the first test vector.
    #[test]
    fn the_key_of_a_network() {
        let mut keys = Keys::new(Secret::passphrase("password").unwrap());
        let psk = keys.of(Ssid::new(b"IEEE").ok()).unwrap();
        assert_eq!(psk.expose()[..4], [0xf4, 0x2c, 0x6f, 0xc5]);
        assert!(keys.of(None).is_none());
    }
}

//! What is derived from the shared secret: keys, authenticators, proofs of the password, encrypted settings
//! (WSC 2.0 §7.3 to §7.6).

use alloc::vec::Vec;
use core::fmt;

use aes::Aes128;
use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use hmac::{Hmac, KeyInit, Mac};
use ieee80211_ies::MacAddr;
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::dh::DhKey;
use crate::pin::Pin;

/// Octets of an AES block, and of the IV in front of Encrypted Settings.
pub(crate) const BLOCK: usize = 16;
/// Octets of a nonce, and of the secret nonces E-S1, E-S2, R-S1, R-S2.
pub(crate) const NONCE: usize = 16;
/// The personalization string of the key derivation function.
const PERSONALIZATION: &[u8] = b"Wi-Fi Easy and Secure Key Derivation";
/// Bits that the key derivation function is asked for: AuthKey 256, KeyWrapKey 128, EMSK 256.
const KDF_BITS: u32 = 640;
/// The head of the Key Wrap Authenticator attribute: type 0x101e, eight octets.
const KEY_WRAP_AUTHENTICATOR_HEAD: [u8; 4] = [0x10, 0x1e, 0x00, 0x08];

/// The HMAC-SHA-256 of the concatenation of `parts`.
fn hmac(key: &[u8], parts: &[&[u8]]) -> Zeroizing<[u8; 32]> {
    // HMAC takes keys of every length (RFC 2104 §2), so this never fails.
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC accepts a key of any length");
    for part in parts {
        mac.update(part);
    }
    Zeroizing::new(mac.finalize().into_bytes().into())
}

/// The first `N` octets of a digest; `N` is at most 32.
fn first<const N: usize>(digest: &[u8; 32]) -> [u8; N] {
    let mut out = [0; N];
    for (slot, byte) in out.iter_mut().zip(digest) {
        *slot = *byte;
    }
    out
}

/// PSK1 and PSK2: what the two halves of the device password become under the AuthKey (WSC 2.0 §7.4).
#[derive(Zeroize, ZeroizeOnDrop)]
pub(crate) struct PasswordKeys {
    halves: [[u8; 16]; 2],
}

/// Which half of the device password a proof is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Half {
    First,
    Second,
}

/// Keys of one run of the registration protocol.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(crate) struct SessionKeys {
    auth: [u8; 32],
    key_wrap: [u8; 16],
    emsk: [u8; 32],
}

/// Encrypted Settings that do not open.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DecryptError {
    /// Not an IV and at least one whole block.
    #[error("encrypted settings of {0} octets")]
    Length(usize),
    /// The padding is wrong: another key, or damage.
    #[error("the padding of the encrypted settings is wrong")]
    Padding,
    /// No Key Wrap Authenticator at the end, or it does not match.
    #[error("the key wrap authenticator of the encrypted settings is missing or wrong")]
    Authenticator,
}

impl SessionKeys {
    /// KDK = HMAC(DHKey, N1 ‖ Enrollee MAC ‖ N2), then the key derivation function over it (WSC 2.0 §7.3).
    pub(crate) fn derive(
        key: &DhKey,
        enrollee_nonce: &[u8; NONCE],
        enrollee: MacAddr,
        registrar_nonce: &[u8; NONCE],
    ) -> Self {
        let kdk = hmac(key.as_bytes(), &[enrollee_nonce, enrollee.as_ref(), registrar_nonce]);
        let mut keys = Self { auth: [0; 32], key_wrap: [0; 16], emsk: [0; 32] };
        let block =
            |counter: u32| hmac(kdk.as_slice(), &[&counter.to_be_bytes(), PERSONALIZATION, &KDF_BITS.to_be_bytes()]);
        let (one, two, three) = (block(1), block(2), block(3));
        let stream = one.iter().chain(two.iter()).chain(three.iter());
        let slots = keys.auth.iter_mut().chain(keys.key_wrap.iter_mut()).chain(keys.emsk.iter_mut());
        for (slot, byte) in slots.zip(stream) {
            *slot = *byte;
        }
        keys
    }

    /// The Authenticator of a message: over the whole previous message and the current one without this attribute
    /// (WSC 2.0 §7.3).
    pub(crate) fn authenticator(&self, previous: &[u8], current: &[u8]) -> [u8; 8] {
        first(&hmac(&self.auth, &[previous, current]))
    }

    /// Whether `received` is the Authenticator of these messages; constant time.
    pub(crate) fn authenticates(&self, previous: &[u8], current: &[u8], received: &[u8]) -> bool {
        self.authenticator(previous, current).ct_eq(received).into()
    }

    /// PSK1 and PSK2 of a device password.
    pub(crate) fn password(&self, pin: &Pin) -> PasswordKeys {
        let (one, two) = pin.halves();
        PasswordKeys { halves: [first(&hmac(&self.auth, &[one])), first(&hmac(&self.auth, &[two]))] }
    }

    /// E-Hash1, E-Hash2, R-Hash1 or R-Hash2: a commitment to one half of the password (WSC 2.0 §7.4). The public keys
    /// are as they were on the air.
    pub(crate) fn commitment(
        &self,
        half: Half,
        secret_nonce: &[u8; NONCE],
        password: &PasswordKeys,
        enrollee_key: &[u8],
        registrar_key: &[u8],
    ) -> [u8; 32] {
        let [one, two] = &password.halves;
        let psk = match half {
            Half::First => one,
            Half::Second => two,
        };
        *hmac(&self.auth, &[secret_nonce, psk, enrollee_key, registrar_key])
    }

    /// Encrypted Settings: the IV, then `attributes` and their Key Wrap Authenticator under AES-128-CBC with PKCS#5
    /// padding (WSC 2.0 §7.5).
    pub(crate) fn encrypt(&self, attributes: &[u8], iv: &[u8; BLOCK]) -> Vec<u8> {
        let wrap = first::<8>(&hmac(&self.auth, &[attributes]));
        let length = attributes.len() + KEY_WRAP_AUTHENTICATOR_HEAD.len() + wrap.len();
        let padding = BLOCK - length % BLOCK;
        let mut plain = Zeroizing::new(Vec::with_capacity(length + padding));
        plain.extend_from_slice(attributes);
        plain.extend_from_slice(&KEY_WRAP_AUTHENTICATOR_HEAD);
        plain.extend_from_slice(&wrap);
        plain.resize(length + padding, 0);
        let cipher = cbc::Encryptor::<Aes128>::new((&self.key_wrap).into(), iv.into());
        let mut out = Vec::with_capacity(BLOCK + plain.len());
        out.extend_from_slice(iv);
        if let Ok(encrypted) = cipher.encrypt_padded::<Pkcs7>(&mut plain, length) {
            out.extend_from_slice(encrypted);
        }
        out
    }

    /// Opens Encrypted Settings and gives the attributes in front of the Key Wrap Authenticator. To be called only
    /// for a message whose Authenticator was right, so that no padding oracle arises.
    pub(crate) fn decrypt(&self, settings: &[u8]) -> Result<Zeroizing<Vec<u8>>, DecryptError> {
        let (iv, encrypted) = settings.split_first_chunk::<BLOCK>().ok_or(DecryptError::Length(settings.len()))?;
        if encrypted.is_empty() || encrypted.len() % BLOCK != 0 {
            return Err(DecryptError::Length(settings.len()));
        }
        let mut plain = Zeroizing::new(Vec::from(encrypted));
        let cipher = cbc::Decryptor::<Aes128>::new((&self.key_wrap).into(), iv.into());
        let length = cipher.decrypt_padded::<Pkcs7>(&mut plain).map_err(|_| DecryptError::Padding)?.len();
        plain.truncate(length);
        let (rest, wrap) = plain.split_last_chunk::<8>().ok_or(DecryptError::Authenticator)?;
        let attributes = rest.strip_suffix(&KEY_WRAP_AUTHENTICATOR_HEAD).ok_or(DecryptError::Authenticator)?;
        let expected = first::<8>(&hmac(&self.auth, &[attributes]));
        if !bool::from(expected.ct_eq(wrap)) {
            return Err(DecryptError::Authenticator);
        }
        let length = attributes.len();
        plain.truncate(length);
        Ok(plain)
    }
}

impl fmt::Debug for SessionKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl fmt::Debug for PasswordKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

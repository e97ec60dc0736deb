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
/// Bits that the key derivation function is asked for: AuthKey 256, KeyWrapKey 128, EMSK 256. The EMSK, which is for
/// applications, is used by nobody, so that it is not computed; but the number goes into the other two.
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
        let mut keys = Self { auth: [0; 32], key_wrap: [0; 16] };
        let block =
            |counter: u32| hmac(kdk.as_slice(), &[&counter.to_be_bytes(), PERSONALIZATION, &KDF_BITS.to_be_bytes()]);
        let (one, two) = (block(1), block(2));
        let stream = one.iter().chain(two.iter());
        let slots = keys.auth.iter_mut().chain(keys.key_wrap.iter_mut());
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

#[cfg(test)]
mod tests {
    use core::array::from_fn;

    use proptest::prelude::*;

    use super::*;
    use crate::dh::{KeyPair, PublicKey};

    // Expected values were computed from the formulas of WSC 2.0 §7.3 to §7.5 with Python's `hmac`, `hashlib` and `pow`, and
    // `openssl enc -aes-128-cbc` over a plaintext padded by hand.
    fn keys() -> (SessionKeys, PublicKey, PublicKey) {
        let (enrollee, registrar) =
            (KeyPair::from_exponent(&from_fn(|n| n as u8 + 1)), KeyPair::from_exponent(&from_fn(|n| n as u8 + 0x81)));
        let key = enrollee.agree(registrar.public());
        let keys =
            SessionKeys::derive(&key, &from_fn(|n| n as u8), MacAddr([2, 0, 0, 0, 0, 2]), &from_fn(|n| n as u8 + 16));
        (keys, enrollee.public().clone(), registrar.public().clone())
    }

    fn hex<const N: usize>(text: &str) -> [u8; N] {
        assert_eq!(text.len(), 2 * N);
        from_fn(|n| u8::from_str_radix(&text[2 * n..2 * n + 2], 16).unwrap())
    }

    #[test]
    fn keys_of_a_known_run() {
        let (keys, ..) = keys();
        assert_eq!(keys.auth, hex("468d2db938172d259a7e2e2a44cc49c174d31ef292b7532dd77c4e1273ff162d"));
        assert_eq!(keys.key_wrap, hex("1eb9a48433ad68208a282d863bd5fbe8"));
    }

    #[test]
    fn authenticator_of_a_known_run() {
        let (keys, ..) = keys();
        let authenticator = hex::<8>("98e6efd5c87e5a83");
        assert_eq!(keys.authenticator(b"previous", b"current"), authenticator);
        assert!(keys.authenticates(b"previous", b"current", &authenticator));
        assert!(!keys.authenticates(b"previous", b"currenu", &authenticator));
        assert!(!keys.authenticates(b"previous", b"current", &authenticator[..7]));
    }

    #[test]
    fn commitments_of_a_known_run() {
        let (keys, enrollee, registrar) = keys();
        let password = keys.password(&Pin::new("12345670").unwrap());
        let commit = |half| {
            let secret_nonce = from_fn(|n| n as u8 + 32);
            keys.commitment(half, &secret_nonce, &password, enrollee.as_bytes(), registrar.as_bytes())
        };
        assert_eq!(commit(Half::First), hex("3e4e33d9a2316735fa8e415bb9de91f9e0e562fab77eed693a5ff51c306ef7c5"));
        assert_eq!(commit(Half::Second), hex("455ced0c9496808fe78f965bff306575992f1a6f6cc9d8f2d2b541ba0319839e"));
    }

    #[test]
    fn encrypted_settings_of_a_known_run() {
        let (keys, ..) = keys();
        let attributes: [u8; 20] = hex("10160010202122232425262728292a2b2c2d2e2f");
        let settings: [u8; 64] =
            hex("303132333435363738393a3b3c3d3e3fe5db160a2c923981da6207502deed78f4e28b5312d36de08b6d74bd0aac12da8\
             ffc432784c92448b6ba40d6e9c9d7f7f");
        assert_eq!(keys.encrypt(&attributes, &from_fn(|n| n as u8 + 48)), settings);
        assert_eq!(keys.decrypt(&settings).unwrap().as_slice(), attributes);
    }

    #[test]
    fn settings_that_were_changed_do_not_open() {
        let (keys, ..) = keys();
        let settings = keys.encrypt(&[0x10, 0x16, 0, 0], &[0; BLOCK]);
        assert_eq!(keys.decrypt(&[]), Err(DecryptError::Length(0)));
        assert_eq!(keys.decrypt(&settings[..16]), Err(DecryptError::Length(16)));
        assert_eq!(keys.decrypt(&settings[..33]), Err(DecryptError::Length(33)));
        let mut changed = settings.clone();
        changed[0] ^= 1;
        assert_eq!(keys.decrypt(&changed), Err(DecryptError::Authenticator));
        changed = settings.clone();
        *changed.last_mut().unwrap() ^= 1;
        assert_eq!(keys.decrypt(&changed), Err(DecryptError::Padding));
    }

    proptest! {
        #[test]
        fn what_was_encrypted_opens(attributes in proptest::collection::vec(any::<u8>(), 0..200), iv: [u8; BLOCK]) {
            let keys = SessionKeys { auth: [1; 32], key_wrap: [2; 16] };
            let settings = keys.encrypt(&attributes, &iv);
            let opened = keys.decrypt(&settings).unwrap();
            prop_assert_eq!(opened.as_slice(), attributes.as_slice());
        }

        #[test]
        fn no_settings_make_it_panic(settings in proptest::collection::vec(any::<u8>(), 0..100)) {
            let keys = SessionKeys { auth: [1; 32], key_wrap: [2; 16] };
            prop_assert!(keys.decrypt(&settings).is_err());
        }
    }
}

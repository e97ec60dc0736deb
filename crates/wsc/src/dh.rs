//! Diffie-Hellman key agreement in the 1536-bit MODP group (WSC 2.0 §7.3, group 5 of RFC 3526 §2).

use core::fmt;

use crypto_bigint::modular::{ConstMontyForm, ConstMontyParams};
use crypto_bigint::{U256, U1536, const_monty_params};
use rand_core::CryptoRng;
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

const_monty_params!(
    Group5,
    U1536,
    "ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74\
     020bbea63b139b22514a08798e3404ddef9519b3cd3a431b302b0a6df25f1437\
     4fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7ed\
     ee386bfb5a899fa5ae9f24117c4b1fe649286651ece45b3dc2007cb8a163bf05\
     98da48361c55d39a69163fa8fd24cf5f83655d23dca3ad961c62f356208552bb\
     9ed529077096966d670c354e4abc9804f1746c08ca237327ffffffffffffffff",
    "The 1536-bit MODP group: p = 2^1536 - 2^1472 - 1 + 2^64 * (floor(2^1406 * pi) + 741804), generator 2."
);

type Element = ConstMontyForm<Group5, { U1536::LIMBS }>;

/// Octets of a public key or shared secret: the length of the prime.
pub const PUBLIC_KEY_LENGTH: usize = 192;

/// The public half of a key pair: a big-endian number, zero-padded to the length of the prime.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey([u8; PUBLIC_KEY_LENGTH]);

/// A peer's public key that is no element of the group's usable part.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum InvalidPublicKey {
    /// Empty, or longer than the prime.
    #[error("a Diffie-Hellman public key of {0} octets")]
    Length(usize),
    /// Not between 2 and p - 2: the shared secret would be known to anybody.
    #[error("a Diffie-Hellman public key outside 2..=p-2")]
    Range,
}

impl PublicKey {
    /// Checks a received key: `1 < y < p - 1` (NIST SP 800-56A §5.6.2.3.1). A key whose leading zeroes were left out
    /// is accepted and padded.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, InvalidPublicKey> {
        let mut padded = [0; PUBLIC_KEY_LENGTH];
        let start = PUBLIC_KEY_LENGTH.checked_sub(bytes.len()).filter(|_| !bytes.is_empty());
        let slot = start.and_then(|start| padded.get_mut(start..)).ok_or(InvalidPublicKey::Length(bytes.len()))?;
        slot.copy_from_slice(bytes);
        let number = U1536::from_be_slice(&padded);
        let largest = Group5::PARAMS.modulus().as_ref().wrapping_sub(&U1536::from_u8(2));
        if number < U1536::from_u8(2) || number > largest {
            return Err(InvalidPublicKey::Range);
        }
        Ok(Self(padded))
    }

    /// The 192 octets as they stand in the Public Key attribute.
    pub fn as_bytes(&self) -> &[u8; PUBLIC_KEY_LENGTH] {
        &self.0
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, ..] = self.0;
        write!(f, "PublicKey({a:02x}{b:02x}{c:02x}{d:02x}…)")
    }
}

/// A private key and its public half. Making one is the slow part of a registration, so make it ahead of need.
pub struct KeyPair {
    private: U256,
    public: PublicKey,
}

impl KeyPair {
    /// A fresh pair. The exponent has 256 bits: RFC 3526 §8 asks for 180 to 240 in this group, and the group is that
    /// of a safe prime, where a short exponent gives nothing away.
    pub fn generate<R: CryptoRng + ?Sized>(rng: &mut R) -> Self {
        let mut exponent = Zeroizing::new([0; 32]);
        rng.fill_bytes(exponent.as_mut_slice());
        Self::from_exponent(&exponent)
    }

    /// The pair of a given private exponent; for reproducible tests.
    pub(crate) fn from_exponent(exponent: &[u8; 32]) -> Self {
        let private = U256::from_be_slice(exponent);
        let public = Element::new(&U1536::from_u8(2)).pow(&private).retrieve();
        Self { private, public: PublicKey(octets(&public)) }
    }

    /// The public half.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Agrees with the peer's public key, in constant time: DHKey = SHA-256(g^AB mod p), the secret zero-padded to
    /// 192 octets (WSC 2.0 §7.3).
    pub(crate) fn agree(&self, peer: &PublicKey) -> DhKey {
        let mut power = Element::new(&U1536::from_be_slice(peer.as_bytes())).pow(&self.private);
        let mut shared = power.retrieve();
        let secret = Zeroizing::new(octets(&shared));
        power.zeroize();
        shared.zeroize();
        DhKey(Zeroizing::new(Sha256::digest(secret.as_slice()).into()))
    }
}

impl Drop for KeyPair {
    fn drop(&mut self) {
        self.private.zeroize();
    }
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyPair").field("private", &"[redacted]").field("public", &self.public).finish()
    }
}

/// The hash of the shared secret.
pub(crate) struct DhKey(Zeroizing<[u8; 32]>);

impl DhKey {
    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

fn octets(number: &U1536) -> [u8; PUBLIC_KEY_LENGTH] {
    let mut bytes = [0; PUBLIC_KEY_LENGTH];
    let encoded = number.to_be_bytes();
    for (slot, byte) in bytes.iter_mut().zip(encoded.as_ref()) {
        *slot = *byte;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use core::array::from_fn;

    use super::*;

    fn hex(bytes: &[u8]) -> alloc::string::String {
        bytes.iter().map(|byte| alloc::format!("{byte:02x}")).collect()
    }

    /// p = 2^1536 - 2^1472 - 1 + 2^64 * (floor(2^1406 * pi) + 741804) (RFC 3526 §2), with pi by Machin's formula.
    #[test]
    fn the_prime_is_that_of_rfc_3526() {
        let one = U1536::ONE;
        let prime = *Group5::PARAMS.modulus().as_ref();
        // 64 guard bits above 2^1406.
        let unit = one.shl_vartime(1470);
        let arctan = |x: u16| {
            let divide = |value: U1536, by: u16| {
                value.div_rem_vartime(&crypto_bigint::NonZero::new(U1536::from_u16(by)).unwrap()).0
            };
            let mut term = divide(unit, x);
            let (mut sum, mut n, mut negative) = (term, 3u16, true);
            while term != U1536::ZERO {
                term = divide(divide(term, x), x);
                let part = divide(term, n);
                sum = if negative { sum.wrapping_sub(&part) } else { sum.wrapping_add(&part) };
                negative = !negative;
                n += 2;
            }
            sum
        };
        let pi = arctan(5).shl_vartime(2).wrapping_sub(&arctan(239)).shl_vartime(2);
        let middle = pi.shr_vartime(64).wrapping_add(&U1536::from_u32(741_804)).shl_vartime(64);
        let expected = middle.wrapping_sub(&one).wrapping_sub(&one.shl_vartime(1472));
        assert_eq!(prime, expected);
    }

    #[test]
    fn a_known_exchange() {
        // Computed with Python's `pow` and `hashlib`.
        let one = KeyPair::from_exponent(&from_fn(|n| n as u8 + 1));
        let two = KeyPair::from_exponent(&from_fn(|n| n as u8 + 0x81));
        let digest: [u8; 32] = Sha256::digest(one.public().as_bytes()).into();
        assert_eq!(hex(&digest), "9a5ea5c17387a96223486d00a3d3437a4622bc0c790f48f01a1cebca6ce67221");
        let key = "1d201acd98958a6282c607ad501aa5f73e6d441799998a4c82d5604c36283fa0";
        assert_eq!(hex(one.agree(two.public()).as_bytes()), key);
        assert_eq!(hex(two.agree(one.public()).as_bytes()), key);
    }

    #[test]
    fn keys_that_give_the_secret_away_are_refused() {
        let key = |number: U1536| PublicKey::from_bytes(&octets(&number));
        let prime = *Group5::PARAMS.modulus().as_ref();
        for bad in [U1536::ZERO, U1536::ONE, prime.wrapping_sub(&U1536::ONE), prime, U1536::MAX] {
            assert_eq!(key(bad), Err(InvalidPublicKey::Range));
        }
        assert!(key(U1536::from_u8(2)).is_ok());
        assert!(key(prime.wrapping_sub(&U1536::from_u8(2))).is_ok());
        assert_eq!(PublicKey::from_bytes(&[]), Err(InvalidPublicKey::Length(0)));
        assert_eq!(PublicKey::from_bytes(&[1; 193]), Err(InvalidPublicKey::Length(193)));
    }

    #[test]
    fn a_key_without_its_leading_zeroes_is_the_same_key() {
        let short = PublicKey::from_bytes(&[5, 6, 7]).unwrap();
        assert_eq!(short, PublicKey::from_bytes(&octets(&U1536::from_u32(0x05_0607))).unwrap());
    }

    #[test]
    fn the_private_key_is_not_printed() {
        let text = alloc::format!("{:?}", KeyPair::from_exponent(&[7; 32]));
        assert!(text.contains("[redacted]") && !text.contains("0707"), "{text}");
    }
}

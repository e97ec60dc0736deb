//! Names, addresses and secrets that are drawn.

use alloc::vec::Vec;
use ieee80211_ies::MacAddr;
use radio::Secret;
use rand_core::CryptoRng;

/// The characters of a group's name and passphrase (Wi-Fi P2P v1.7 §3.2.1: upper case, lower case and digits).
const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/// Random characters behind `DIRECT-` (Wi-Fi P2P v1.7 §3.2.1).
const SSID_RANDOM: usize = 2;

/// `DIRECT-` with two random characters and the user's postfix, cut to 32 octets.
pub(crate) fn ssid(postfix: &[u8], rng: &mut dyn CryptoRng) -> Vec<u8> {
    let mut ssid = b"DIRECT-".to_vec();
    ssid.extend((0..SSID_RANDOM).map(|_| letter(rng)));
    ssid.extend_from_slice(postfix);
    ssid.truncate(32);
    ssid
}

/// An address of one device, administered by us (IEEE 802-2014 §8.2.2).
pub(crate) fn address(rng: &mut dyn CryptoRng) -> MacAddr {
    let mut octets = [0; 6];
    rng.fill_bytes(&mut octets);
    octets[0] = octets[0] & 0xfe | 0x02;
    MacAddr(octets)
}

/// A passphrase of `length` random letters and digits, 8 to 63.
pub(crate) fn passphrase(length: u8, rng: &mut dyn CryptoRng) -> Secret {
    Secret::new((0..length.clamp(8, 63)).map(|_| letter(rng)).collect())
}

/// One character of the alphabet, each equally likely.
fn letter(rng: &mut dyn CryptoRng) -> u8 {
    loop {
        // 248 is the greatest multiple of 62 in an octet: above it the draw would favour the first characters.
        let drawn = rng.next_u32() as u8;
        if drawn < 248 {
            return ALPHABET[usize::from(drawn % 62)];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A generator that counts: enough to see which characters come out.
    struct Counter(u32);

    impl rand_core::TryRng for Counter {
        type Error = core::convert::Infallible;
        fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
            self.0 += 1;
            Ok(self.0)
        }
        fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
            self.try_next_u32().map(u64::from)
        }
        fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Self::Error> {
            out.fill(7);
            Ok(())
        }
    }
    impl rand_core::TryCryptoRng for Counter {}

    #[test]
    fn every_character_is_as_likely() {
        let mut counts = [0u32; 256];
        let mut rng = Counter(0);
        for _ in 0..248 {
            counts[usize::from(letter(&mut rng))] += 1;
        }
        assert!(ALPHABET.iter().all(|c| counts[usize::from(*c)] == 4));
    }

    #[test]
    fn ssid_and_passphrase_have_their_form() {
        let mut rng = Counter(0);
        let name = ssid(b"-living-room", &mut rng);
        assert!(name.starts_with(b"DIRECT-") && name.ends_with(b"-living-room") && name.len() == 9 + 12);
        assert_eq!(ssid(&[b'x'; 30], &mut rng).len(), 32);
        assert_eq!(passphrase(3, &mut rng).expose().len(), 8);
        assert_eq!(passphrase(63, &mut rng).expose().len(), 63);
    }
}

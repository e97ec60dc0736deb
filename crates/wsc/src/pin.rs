//! The device password of the PIN method (WSC 2.0 §7.4): four or eight decimal digits.

use core::fmt;
use core::str::FromStr;

use rand_core::CryptoRng;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Longest PIN, in digits.
const MAX_DIGITS: usize = 8;
/// Number of PINs that differ in their first seven digits; the eighth is a checksum.
const SEVEN_DIGITS: u32 = 10_000_000;

/// A PIN: four digits, or eight of which the last is usually a checksum. Wiped when dropped, never printed.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Pin {
    digits: [u8; MAX_DIGITS],
    length: u8,
}

/// A text that is not a PIN.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum InvalidPin {
    /// Neither four nor eight characters long.
    #[error("a PIN has four or eight digits, not {0}")]
    Length(usize),
    /// A character other than `0` to `9`.
    #[error("character {0} of the PIN is not a digit")]
    NotADigit(usize),
    /// The eighth digit is not the checksum of the first seven ([`Pin::checked`] only).
    #[error("the checksum digit of the PIN is wrong")]
    Checksum,
}

impl Pin {
    /// A PIN of four or eight ASCII digits, whatever its last digit: deployed devices accept an eight-digit PIN
    /// without a valid checksum (WSC 2.0 §7.4.1 requires one only of PINs that devices generate).
    pub fn new(text: &str) -> Result<Self, InvalidPin> {
        let length = text.chars().count();
        if length != 4 && length != MAX_DIGITS {
            return Err(InvalidPin::Length(length));
        }
        let mut digits = [0; MAX_DIGITS];
        for (position, (slot, character)) in digits.iter_mut().zip(text.chars()).enumerate() {
            *slot = match character {
                '0'..='9' => character as u8,
                _ => return Err(InvalidPin::NotADigit(position)),
            };
        }
        Ok(Self { digits, length: length as u8 })
    }

    /// As [`Pin::new`], but an eight-digit PIN must carry its checksum. For PINs that a user types.
    pub fn checked(text: &str) -> Result<Self, InvalidPin> {
        let pin = Self::new(text)?;
        if pin.checksum_is_valid() { Ok(pin) } else { Err(InvalidPin::Checksum) }
    }

    /// Eight digits, seven of them uniformly random, the last their checksum.
    pub fn generate<R: CryptoRng + ?Sized>(rng: &mut R) -> Self {
        let seven = loop {
            // 24 bits reach just above ten million; drawing again instead of reducing keeps the choice uniform.
            let draw = rng.next_u32() & 0x00ff_ffff;
            if draw < SEVEN_DIGITS {
                break draw;
            }
        };
        let mut rest = seven * 10 + u32::from(checksum(seven));
        let mut digits = [0; MAX_DIGITS];
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        Self { digits, length: MAX_DIGITS as u8 }
    }

    /// The password of the push-button method, `00000000` (WSC 2.0 §11).
    pub fn push_button() -> Self {
        Self { digits: [b'0'; MAX_DIGITS], length: MAX_DIGITS as u8 }
    }

    /// Whether the eighth digit is the checksum of the others; a four-digit PIN has none and is always valid.
    pub fn checksum_is_valid(&self) -> bool {
        let digits = self.as_bytes();
        if digits.len() != MAX_DIGITS {
            return true;
        }
        let value = digits.iter().fold(0u32, |value, digit| value * 10 + u32::from(digit - b'0'));
        u32::from(checksum(value / 10)) == value % 10
    }

    /// The digits, to be shown to the user; they must not be logged.
    pub fn expose(&self) -> &str {
        core::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    /// The digits as ASCII octets.
    pub fn as_bytes(&self) -> &[u8] {
        self.digits.get(..usize::from(self.length)).unwrap_or_default()
    }

    /// The two halves that are proven one after the other (WSC 2.0 §7.4.2); the first is never the shorter one.
    pub(crate) fn halves(&self) -> (&[u8], &[u8]) {
        let bytes = self.as_bytes();
        bytes.split_at(bytes.len().div_ceil(2))
    }
}

impl FromStr for Pin {
    type Err = InvalidPin;

    fn from_str(text: &str) -> Result<Self, InvalidPin> {
        Self::new(text)
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// The checksum digit of a seven-digit number (WSC 2.0 §7.4.1): digits weighted 3, 1, 3, … from the left.
fn checksum(seven_digits: u32) -> u8 {
    let mut rest = seven_digits;
    let mut sum = 0;
    let mut weight = 3;
    for _ in 0..7 {
        sum += weight * (rest % 10);
        weight = 4 - weight;
        rest /= 10;
    }
    ((10 - sum % 10) % 10) as u8
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::String;

    use proptest::prelude::*;
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;

    #[test]
    fn checksum_of_well_known_pins() {
        // 12345670 is the default PIN of P2PS and of many access points; the others were computed with
        // `hostapd_cli wps_check_pin`.
        for pin in ["12345670", "00000000", "46264848", "99999995"] {
            assert!(Pin::new(pin).unwrap().checksum_is_valid(), "{pin}");
        }
        for pin in ["12345678", "00000001", "46264840"] {
            assert_eq!(Pin::checked(pin).unwrap_err(), InvalidPin::Checksum);
        }
    }

    #[test]
    fn only_four_or_eight_digits_are_a_pin() {
        assert_eq!(Pin::new("").unwrap_err(), InvalidPin::Length(0));
        assert_eq!(Pin::new("1234567").unwrap_err(), InvalidPin::Length(7));
        assert_eq!(Pin::new("12a4").unwrap_err(), InvalidPin::NotADigit(2));
        assert_eq!(Pin::new("12é4").unwrap_err(), InvalidPin::NotADigit(2));
        assert_eq!(Pin::new("1234").unwrap().halves(), (&b"12"[..], &b"34"[..]));
        assert_eq!(Pin::new("12345670").unwrap().halves(), (&b"1234"[..], &b"5670"[..]));
    }

    #[test]
    fn a_pin_is_not_printed() {
        assert_eq!(format!("{:?}", Pin::new("12345670").unwrap()), "[redacted]");
    }

    proptest! {
        #[test]
        fn generated_pins_have_eight_digits_and_a_checksum(seed: [u8; 32]) {
            let pin = Pin::generate(&mut ChaCha20Rng::from_seed(seed));
            let text = String::from(pin.expose());
            prop_assert_eq!(text.len(), 8);
            prop_assert!(Pin::checked(&text).is_ok());
        }

        #[test]
        fn any_text_is_refused_or_kept(text in "\\PC{0,10}") {
            if let Ok(pin) = Pin::new(&text) {
                prop_assert_eq!(pin.expose(), text.as_str());
            }
        }
    }
}

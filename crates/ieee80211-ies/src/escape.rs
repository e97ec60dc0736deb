//! Bytes from the air made safe to print, in the ways that programs written for wpa_supplicant expect.

use core::fmt::{self, Write};

/// Shows an SSID with escapes: `\"`, `\\`, `\e`, `\n`, `\r`, `\t`, and every other octet outside 32 to 126 as `\xNN`.
///
/// ```
/// # use ieee80211_ies::escape;
/// assert_eq!(escape::ssid(b"DIRECT-\"a\\\x1b\xff").to_string(), r#"DIRECT-\"a\\\e\xff"#);
/// ```
pub const fn ssid(bytes: &[u8]) -> EscapedSsid<'_> {
    EscapedSsid(bytes)
}

/// Shows a device's name: it ends at a NUL, control characters become `_`, octets that are not UTF-8 the replacement
/// character, everything else stays.
///
/// ```
/// # use ieee80211_ies::escape;
/// assert_eq!(escape::name("Jörg's\nTV\0x".as_bytes()).to_string(), "Jörg's_TV");
/// ```
pub const fn name(bytes: &[u8]) -> PeerName<'_> {
    PeerName(bytes)
}

/// Shows octets as lower-case hexadecimal digits without blanks.
///
/// ```
/// # use ieee80211_ies::escape;
/// assert_eq!(escape::hex(&[0x50, 0x6f, 0x9a]).to_string(), "506f9a");
/// ```
pub const fn hex(bytes: &[u8]) -> Hex<'_> {
    Hex(bytes)
}

/// See [`ssid`].
#[derive(Clone, Copy)]
pub struct EscapedSsid<'a>(&'a [u8]);

/// See [`name`].
#[derive(Clone, Copy)]
pub struct PeerName<'a>(&'a [u8]);

/// See [`hex`].
#[derive(Clone, Copy)]
pub struct Hex<'a>(&'a [u8]);

impl fmt::Display for EscapedSsid<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for &byte in self.0 {
            match byte {
                b'"' => f.write_str("\\\"")?,
                b'\\' => f.write_str("\\\\")?,
                0x1b => f.write_str("\\e")?,
                b'\n' => f.write_str("\\n")?,
                b'\r' => f.write_str("\\r")?,
                b'\t' => f.write_str("\\t")?,
                32..=126 => f.write_char(char::from(byte))?,
                _ => write!(f, "\\x{byte:02x}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for PeerName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.split(|&byte| byte == 0).next().unwrap_or_default();
        for chunk in text.utf8_chunks() {
            for character in chunk.valid().chars() {
                f.write_char(if character.is_control() { '_' } else { character })?;
            }
            if !chunk.invalid().is_empty() {
                f.write_char(char::REPLACEMENT_CHARACTER)?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_named_escape() {
        assert_eq!(ssid(b"\"\\\x1b\n\r\t\0~\x7f").to_string(), "\\\"\\\\\\e\\n\\r\\t\\x00~\\x7f");
    }

    #[test]
    fn names_keep_quotes_and_lose_controls() {
        assert_eq!(name(b"it's \x01\x1f\x7f\"").to_string(), "it's ___\"");
        assert_eq!(name(b"a\xff\xfeb").to_string(), "a\u{fffd}\u{fffd}b");
        assert_eq!(name("\u{85}x".as_bytes()).to_string(), "_x");
    }

    proptest! {
        #[test]
        fn nothing_printed_can_break_a_line(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            prop_assert!(ssid(&bytes).to_string().bytes().all(|b| (32..=126).contains(&b)));
            prop_assert!(!name(&bytes).to_string().chars().any(char::is_control));
        }
    }
}

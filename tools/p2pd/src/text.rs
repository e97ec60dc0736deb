//! Small forms shared by commands, events and the configuration file.

use std::fmt::Write;

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Reads hexadecimal digits, two an octet; `None` when there is anything else.
pub fn parse_hex(text: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    let digit = |b: u8| char::from(b).to_digit(16).map(|d| d as u8);
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}

/// An SSID (or any octets) as wpa_supplicant prints it on status and event lines: `\" \\ \e \n \r \t`, and `\xNN` for
/// what is not printable ASCII.
pub fn escaped(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for byte in bytes {
        match byte {
            b'"' => text.push_str("\\\""),
            b'\\' => text.push_str("\\\\"),
            0x1b => text.push_str("\\e"),
            b'\n' => text.push_str("\\n"),
            b'\r' => text.push_str("\\r"),
            b'\t' => text.push_str("\\t"),
            0x20..=0x7e => text.push(char::from(*byte)),
            _ => {
                let _ = write!(text, "\\x{byte:02x}");
            }
        }
    }
    text
}

/// A name from a peer, as it may stand on an event line: control characters and octets that are not UTF-8 become `_`,
/// and it ends at the first zero octet.
pub fn peer_name(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
    let mut text = String::with_capacity(end);
    for chunk in bytes.get(..end).unwrap_or_default().utf8_chunks() {
        text.extend(chunk.valid().chars().map(|c| if c.is_control() { '_' } else { c }));
        text.extend(chunk.invalid().iter().map(|_| '_'));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn escapes_of_the_contract() {
        assert_eq!(escaped(b"a\"\\\x1b\n\r\t\x00\x7f\xff~"), "a\\\"\\\\\\e\\n\\r\\t\\x00\\x7f\\xff~");
        assert_eq!(peer_name(b"It's a \ttest\xff\x00hidden"), "It's a _test_");
        assert_eq!(parse_hex("0aFf"), Some(vec![0x0a, 0xff]));
        assert_eq!(parse_hex("0"), None);
    }

    proptest! {
        #[test]
        fn nothing_from_the_air_breaks_a_line(bytes: Vec<u8>) {
            prop_assert!(escaped(&bytes).bytes().all(|b| (0x20..0x7f).contains(&b)));
            prop_assert!(!peer_name(&bytes).chars().any(char::is_control));
            prop_assert_eq!(parse_hex(&hex(&bytes)), Some(bytes));
        }
    }
}

//! The forms that values take.

use super::{Invalid, octets};
use ieee80211_ies::escape;
use std::fmt::Write;

/// Reads a string value: `"text"` (up to the last quote), `P"escaped text"`, or hexadecimal digits. `None` when it is
/// none of these.
pub fn parse_string(value: &str) -> Option<Vec<u8>> {
    if let Some(rest) = value.strip_prefix('"') {
        let (text, after) = rest.rsplit_once('"')?;
        return after.is_empty().then(|| octets::encode(text));
    }
    if let Some(rest) = value.strip_prefix("P\"") {
        let (text, after) = rest.rsplit_once('"')?;
        return after.is_empty().then(|| unescape(&octets::encode(text)));
    }
    crate::text::parse_hex(value)
}

/// The C-like escapes of `P"…"`: `\\ \" \n \r \t \e \xNN \NNN`; an unknown one stands for nothing.
fn unescape(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        match bytes.next() {
            Some(c @ (b'\\' | b'"')) => out.push(c),
            Some(b'n') => out.push(b'\n'),
            Some(b'r') => out.push(b'\r'),
            Some(b't') => out.push(b'\t'),
            Some(b'e') => out.push(0x1b),
            Some(b'x') => {
                let mut code = 0u8;
                let mut digits = 0;
                while digits < 2 {
                    let Some(digit) = bytes.peek().and_then(|b| char::from(*b).to_digit(16)) else { break };
                    code = (code << 4) | digit as u8;
                    digits += 1;
                    bytes.next();
                }
                if digits > 0 {
                    out.push(code);
                }
            }
            Some(c @ b'0'..=b'7') => {
                let mut code = u32::from(c - b'0');
                for _ in 0..2 {
                    let Some(digit) = bytes.peek().and_then(|b| char::from(*b).to_digit(8)) else { break };
                    code = code * 8 + digit;
                    bytes.next();
                }
                out.push(code as u8);
            }
            _ => {}
        }
    }
    out
}

/// Writes a string value: quoted when all of it is printable ASCII, else as hexadecimal digits.
pub fn show_string(bytes: &[u8]) -> String {
    if bytes.iter().all(|b| (0x20..0x7f).contains(b)) {
        return format!("\"{}\"", String::from_utf8_lossy(bytes));
    }
    escape::hex(bytes).to_string()
}

/// Reads a UUID, `01234567-89ab-cdef-0123-456789abcdef`.
pub(super) fn parse_uuid(text: &str) -> Option<[u8; 16]> {
    let lengths = text.split('-').map(str::len);
    if !lengths.eq([8, 4, 4, 4, 12]) {
        return None;
    }
    crate::text::parse_hex(&text.replace('-', ""))?.try_into().ok()
}

/// Writes a UUID as it is read.
pub fn show_uuid(uuid: &[u8; 16]) -> String {
    let mut text = String::with_capacity(36);
    for (i, byte) in uuid.iter().enumerate() {
        if matches!(i, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Reads a country: two letters or digits; what follows them is left aside, as wpa_supplicant does.
pub fn parse_country(text: &str) -> Option<[u8; 2]> {
    let code: [u8; 2] = *text.as_bytes().first_chunk()?;
    code.iter().all(u8::is_ascii_alphanumeric).then_some(code)
}

/// Reads WPS configuration methods by name (WSC 2.0 Table 33). A name that is none stands for nothing, as in
/// wpa_supplicant.
pub(super) fn parse_config_methods(text: &str) -> u16 {
    let mut methods = 0;
    for word in text.split_ascii_whitespace() {
        methods |= match word {
            "usba" => 0x0001,
            "ethernet" => 0x0002,
            "label" => 0x0004,
            "display" => 0x0008,
            "ext_nfc_token" => 0x0010,
            "int_nfc_token" => 0x0020,
            "nfc_interface" => 0x0040,
            "push_button" => 0x0080,
            "keypad" => 0x0100,
            "virtual_push_button" => 0x0280,
            "physical_push_button" => 0x0480,
            "p2ps" => 0x1000,
            "virtual_display" => 0x2008,
            "physical_display" => 0x4008,
            _ => 0,
        };
    }
    methods
}

/// Reads a whole number in a range, as wpa_supplicant does with C's `strtol`: decimal, `0x` or with a leading zero octal; blanks
/// and a sign in front; nothing at all is zero; what is too long for 32 bits loses its upper ones.
pub(super) fn number(key: &str, value: &str, low: i64, high: i64) -> Result<i64, Invalid> {
    let number = whole(value).ok_or_else(|| Invalid::value(key, "not a number"))?;
    if (low..=high).contains(&number) {
        return Ok(number);
    }
    Err(Invalid::value(key, format!("out of range {low} to {high}")))
}

fn whole(value: &str) -> Option<i64> {
    if value.is_empty() {
        return Some(0);
    }
    let text = value.trim_ascii_start();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (digits, radix) = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(rest) => (rest, 16),
        None if digits.len() > 1 && digits.starts_with('0') => (digits, 8),
        None => (digits, 10),
    };
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    let number = i64::from_str_radix(digits, radix).unwrap_or(i64::MAX);
    Some(i64::from((if negative { -number } else { number }) as i32))
}

/// Reads a list of `class:channel`, blank- or comma-separated.
pub(crate) fn channel_list(key: &str, value: &str) -> Result<Vec<(u8, u8)>, Invalid> {
    let mut list = Vec::new();
    for item in value.split([',', ' ']).filter(|i| !i.is_empty()) {
        let pair = item.split_once(':').and_then(|(class, channel)| Some((class.parse().ok()?, channel.parse().ok()?)));
        list.push(pair.ok_or_else(|| Invalid::value(key, "not a list of class:channel"))?);
        if list.len() > MAX_LIST {
            return Err(Invalid::TooMany("100 channels"));
        }
    }
    Ok(list)
}

/// Bound of the lists in values; wpa_supplicant's own bound for P2P frequency lists is the same.
const MAX_LIST: usize = 100;

/// Reads a list of frequencies in MHz, each single or `from-to`.
pub(crate) fn frequency_ranges(key: &str, value: &str) -> Result<Vec<(u32, u32)>, Invalid> {
    let mut list = Vec::new();
    for item in value.split([',', ' ']).filter(|i| !i.is_empty()) {
        let range = match item.split_once('-') {
            Some((from, to)) => from.parse().ok().zip(to.parse().ok()),
            None => item.parse().ok().map(|f: u32| (f, f)),
        };
        match range {
            Some((from, to)) if from <= to => list.push((from, to)),
            _ => return Err(Invalid::value(key, "not a list of frequencies or ranges of them")),
        }
        if list.len() > MAX_LIST {
            return Err(Invalid::TooMany("100 ranges"));
        }
    }
    Ok(list)
}

/// Reads a dotted quad.
pub(super) fn ipv4(key: &str, value: &str) -> Result<[u8; 4], Invalid> {
    let address: std::net::Ipv4Addr = value.parse().map_err(|_| Invalid::value(key, "not an IPv4 address"))?;
    Ok(address.octets())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_in_their_three_forms() {
        assert_eq!(parse_string("\"DIRECT-v6\""), Some(b"DIRECT-v6".to_vec()));
        assert_eq!(parse_string("\"a\"b\""), Some(b"a\"b".to_vec()));
        assert_eq!(parse_string("P\"a\\n\\x41\\101\\e\\\\\""), Some(b"a\nAA\x1b\\".to_vec()));
        assert_eq!(parse_string("4449"), Some(b"DI".to_vec()));
        for wrong in ["\"open", "444", "xyz", "\"a\" b", "P\"a", "plain"] {
            assert_eq!(parse_string(wrong), None, "{wrong}");
        }
        assert_eq!(show_string(b"DIRECT-v6"), "\"DIRECT-v6\"");
        assert_eq!(show_string("é".as_bytes()), "c3a9");
    }

    #[test]
    fn uuids() {
        let text = "12345678-9abc-def0-1234-56789abcdef0";
        assert_eq!(parse_uuid(text).map(|u| show_uuid(&u)).as_deref(), Some(text));
        assert_eq!(parse_uuid("123456789abcdef0123456789abcdef0"), None);
    }

    #[test]
    fn numbers_and_lists() {
        assert_eq!(number("k", "15", 0, 15), Ok(15));
        assert_eq!(number("k", "0x0f", 0, 15), Ok(15));
        assert_eq!(number("k", "-1", -5, 15), Ok(-1));
        for (text, expected) in [("", 0), (" 1", 1), ("+1", 1), ("017", 15), ("4294967297", 1)] {
            assert_eq!(number("k", text, 0, 15), Ok(expected), "{text:?}");
        }
        for wrong in ["16", "a", "1 ", "-", "0x", "08", "1x", "-1", "99999999999999999999"] {
            assert!(number("k", wrong, 0, 15).is_err(), "{wrong}");
        }
        assert_eq!(channel_list("k", "81:1, 115:36"), Ok(vec![(81, 1), (115, 36)]));
        assert_eq!(frequency_ranges("k", "2412,5180-5240"), Ok(vec![(2412, 2412), (5180, 5240)]));
        assert!(frequency_ranges("k", "5240-5180").is_err());
        assert_eq!(parse_config_methods("virtual_push_button physical_display telepathy keypad"), 0x4388);
    }
}

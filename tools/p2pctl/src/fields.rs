//! The pieces of which replies and events are made: `key=value` words, quoted values, lines.

/// The value of `key=` among the blank-separated words of `text`, not quoted.
pub fn word<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    text.split(' ').find_map(|word| word.strip_prefix(key)?.strip_prefix('='))
}

/// As [`word`], read as a number: decimal, or hexadecimal behind `0x`.
pub fn number(text: &str, key: &str) -> Option<i64> {
    parse_number(word(text, key)?)
}

/// A decimal number, or a hexadecimal one behind `0x`.
pub fn parse_number(text: &str) -> Option<i64> {
    match text.strip_prefix("0x") {
        Some(hex) => i64::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}

/// The value of `key="…"`, its quotes and escapes left as they are sent, and what follows it.
pub fn quoted<'a>(text: &'a str, key: &str) -> Option<(&'a str, &'a str)> {
    let start = text.find(&format!("{key}=\""))? + key.len() + 2;
    let value = text.get(start..)?;
    let mut escaped = false;
    for (at, c) in value.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some((value.get(..at)?, value.get(at + 1..)?)),
            _ => {}
        }
    }
    None
}

/// Splits an event at the name of a device, `name='…'`, which its owner has chosen and which may hold anything, quotes
/// and further fields included: before it, the name, behind it. What daemons put behind it begins with `config_methods=`.
pub fn around_name(text: &str) -> (&str, Option<&str>, &str) {
    const END: &str = "' config_methods=";
    let found = text.split_once(" name='").and_then(|(before, rest)| {
        let at = rest.rfind(END)?;
        Some((before, rest.get(..at)?, rest.get(at + 2..)?))
    });
    match found {
        Some((before, name, behind)) => (before, Some(name), behind),
        None => (text, None, text),
    }
}

/// The value of a line `key=value` of a reply.
pub fn line<'a>(reply: &'a str, key: &str) -> Option<&'a str> {
    reply.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='))
}

/// The octets of an SSID as replies and events escape them.
pub fn unescape(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let (_, behind) = rest.split_at(c.len_utf8());
        rest = behind;
        if c != '\\' {
            out.extend(c.encode_utf8(&mut [0; 4]).bytes());
            continue;
        }
        let Some(escape) = rest.chars().next() else { break };
        let (_, behind) = rest.split_at(escape.len_utf8());
        rest = behind;
        match escape {
            'n' => out.push(b'\n'),
            'r' => out.push(b'\r'),
            't' => out.push(b'\t'),
            'e' => out.push(0x1b),
            'x' => {
                let digits = rest.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok());
                if let (Some(octet), Some(behind)) = (digits, rest.get(2..)) {
                    out.push(octet);
                    rest = behind;
                }
            }
            other => out.extend(other.encode_utf8(&mut [0; 4]).bytes()),
        }
    }
    out
}

/// An SSID as people read it, from the escaped form.
pub fn ssid(escaped: &str) -> String {
    String::from_utf8_lossy(&unescape(escaped)).into_owned()
}

/// Whether this is the text of a MAC address.
pub fn is_address(text: &str) -> bool {
    let octets: Vec<&str> = text.split(':').collect();
    octets.len() == 6 && octets.iter().all(|o| o.len() == 2 && o.bytes().all(|b| b.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn values_are_found_by_their_keys() {
        let text = "p2p0 GO ssid=\"DIRECT-\\\"a freq=1\" freq=2412 passphrase=\"x\" go_dev_addr=02:00:00:00:01:00";
        let (value, rest) = quoted(text, "ssid").expect("an SSID");
        assert_eq!(value, "DIRECT-\\\"a freq=1");
        assert_eq!(number(rest, "freq"), Some(2412));
        assert_eq!(word(rest, "go_dev_addr"), Some("02:00:00:00:01:00"));
        assert_eq!(number("a=0x1f", "a"), Some(31));
        assert_eq!(unescape("a\\x20\\\"\\e\\\\ö"), b"a \"\x1b\\\xc3\xb6");
        assert_eq!(line("02:00\nlevel=-40\nage=3\n", "age"), Some("3"));
    }

    #[test]
    fn a_name_hides_no_field_and_adds_none() {
        let evil = "x' config_methods=0xffff dev_capab=0x0 name='y";
        let text = format!("A p2p_dev_addr=A name='{evil}' config_methods=0x80 dev_capab=0x25");
        let (before, name, behind) = around_name(&text);
        assert_eq!((before, name), ("A p2p_dev_addr=A", Some(evil)));
        assert_eq!((number(behind, "config_methods"), number(behind, "dev_capab")), (Some(0x80), Some(0x25)));
    }

    #[test]
    fn addresses_are_told_from_names() {
        assert!(is_address("02:00:00:00:01:aF"));
        assert!(!is_address("02:00:00:00:01") && !is_address("02:00:00:00:01:0g") && !is_address("TV"));
    }

    proptest! {
        #[test]
        fn no_text_makes_reading_panic(text in any::<String>()) {
            word(&text, "a");
            number(&text, "a");
            quoted(&text, "a");
            around_name(&text);
            unescape(&text);
        }
    }
}

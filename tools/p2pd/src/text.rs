//! Hexadecimal digits, read. How octets are shown is `ieee80211_ies::escape`.

/// Reads hexadecimal digits, two an octet; `None` when there is anything else.
pub fn parse_hex(text: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    let digit = |b: u8| char::from(b).to_digit(16).map(|d| d as u8);
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ieee80211_ies::escape;
    use proptest::prelude::*;

    #[test]
    fn what_is_no_octet_is_refused() {
        assert_eq!(parse_hex("0aFf"), Some(vec![0x0a, 0xff]));
        for wrong in ["0", "0g", "+1", "0 1", "é"] {
            assert_eq!(parse_hex(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read(bytes: Vec<u8>) {
            prop_assert_eq!(parse_hex(&escape::hex(&bytes).to_string()), Some(bytes));
        }
    }
}

//! Arguments: `key=value` among blank-separated words.

use ieee80211_ies::MacAddr;

/// The value of ` key=value` anywhere in the text; it ends at the next blank. As wpa_supplicant does, the key is found
/// as text with a blank in front, so that `freq=` is not found in `pref_freq=`.
pub(super) fn value<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    words(text).find_map(|word| word.strip_prefix(key)?.strip_prefix('='))
}

/// Whether the word stands in the text, with or without more behind it (`join`, `joined`): wpa_supplicant looks for
/// flag words as text.
pub(super) fn flag(text: &str, word: &str) -> bool {
    words(text).any(|w| w.starts_with(word))
}

/// The words.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(' ').filter(|w| !w.is_empty())
}

/// The address that the text begins with, and what stands behind it.
pub(super) fn address(text: &str) -> Option<(MacAddr, &str)> {
    let (first, rest) = text.split_once(' ').unwrap_or((text, ""));
    Some((first.parse().ok()?, rest))
}

/// An optional number: `Ok(None)` when the key is not there, `Err` when its value is no number.
pub(super) fn number(text: &str, key: &str) -> Result<Option<u32>, ()> {
    match value(text, key) {
        None => Ok(None),
        Some(digits) => digits.parse().map(Some).map_err(|_| ()),
    }
}

/// An optional address: `Ok(None)` when the key is not there, `Err` when its value is none.
pub(super) fn mac(text: &str, key: &str) -> Result<Option<MacAddr>, ()> {
    match value(text, key) {
        None => Ok(None),
        Some(address) => address.parse().map(Some).map_err(|_| ()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_flags() {
        let text = "pbc persistent=3 freq=2412 join";
        assert_eq!(value(text, "persistent"), Some("3"));
        assert_eq!(number(text, "freq"), Ok(Some(2412)));
        assert_eq!(number(text, "req"), Ok(None));
        assert_eq!(number("freq=x", "freq"), Err(()));
        assert!(flag(text, "join") && flag(text, "persistent") && !flag(text, "auth"));
        assert_eq!(address("02:00:00:00:00:01 x y"), Some((MacAddr([2, 0, 0, 0, 0, 1]), "x y")));
        assert_eq!(address("02:00:00:00:00:01"), Some((MacAddr([2, 0, 0, 0, 0, 1]), "")));
        assert_eq!(address(""), None);
    }
}

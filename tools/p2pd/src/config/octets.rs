//! A file's octets as text, and back: a file may hold what is not UTF-8 (a comment in EUC-JP, an SSID in Latin-1), and keeps it.

/// Octets from 0x80 on stand as the characters from here on where they are no UTF-8: a part of the private use area, whose own
/// characters are taken apart into octets as well, so that none is mistaken for one of these.
const BASE: u32 = 0xf780;
/// The first octet that may need it.
const FIRST: u32 = 0x80;

/// The octet that a character stands for.
fn octet(c: char) -> Option<u8> {
    let above = u32::from(c).checked_sub(BASE)?;
    u8::try_from(above + FIRST).ok()
}

/// The character that stands for an octet.
fn character(octet: u8) -> char {
    u32::from(octet).checked_sub(FIRST).and_then(|above| char::from_u32(BASE + above)).unwrap_or(char::from(octet))
}

/// A file's octets as text.
pub(super) fn decode(octets: &[u8]) -> String {
    let mut text = String::with_capacity(octets.len());
    for chunk in octets.utf8_chunks() {
        for c in chunk.valid().chars() {
            match octet(c) {
                Some(_) => text.extend(c.encode_utf8(&mut [0; 4]).bytes().map(character)),
                None => text.push(c),
            }
        }
        text.extend(chunk.invalid().iter().map(|octet| character(*octet)));
    }
    text
}

/// The octets of such a text.
pub(super) fn encode(text: &str) -> Vec<u8> {
    let mut octets = Vec::with_capacity(text.len());
    for c in text.chars() {
        match octet(c) {
            Some(octet) => octets.push(octet),
            None => octets.extend(c.encode_utf8(&mut [0; 4]).bytes()),
        }
    }
    octets
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_no_utf8_is_kept() {
        assert_eq!(decode("Jörg 東京".as_bytes()), "Jörg 東京");
        let latin = b"J\xf6rg";
        assert_eq!(decode(latin), "J\u{f7f6}rg");
        assert_eq!(encode(&decode(latin)), latin);
        // The character that stands for an octet, in a file: its octets are kept, too.
        let own = "\u{f7f6}".as_bytes();
        assert_eq!(encode(&decode(own)), own);
    }

    proptest! {
        #[test]
        fn any_octets_come_back(octets in any::<Vec<u8>>()) {
            prop_assert_eq!(encode(&decode(&octets)), octets);
        }
    }
}

//! Text that others have chosen, made safe to show.

use std::fmt::Write;

/// Octets from the air as text for a terminal: what has no shape of its own (controls, marks of direction, what has no width)
/// is shown as `\u{…}`, octets that are not UTF-8 as `\xNN`. A NUL ends the text.
pub fn safe(octets: &[u8]) -> String {
    let octets = octets.split(|&octet| octet == 0).next().unwrap_or_default();
    let mut out = String::with_capacity(octets.len());
    for chunk in octets.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '"' | '\'' => out.push(c),
                c => out.extend(c.escape_debug()),
            }
        }
        for octet in chunk.invalid() {
            // Writing to a String cannot fail.
            let _ = write!(out, "\\x{octet:02x}");
        }
    }
    out
}

/// Text within HTML or SVG, as content or within quotes.
pub fn markup(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// Text cut to so many columns, with `…` in place of what is left out.
pub fn cut(text: &str, columns: usize) -> String {
    use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};
    if text.width() <= columns {
        return text.to_owned();
    }
    let (mut out, mut used) = (String::new(), 0);
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used >= columns {
            break;
        }
        out.push(c);
    }
    out.push('…');
    out
}

/// Text filled up with blanks to so many columns.
pub fn fill(text: &str, columns: usize) -> String {
    let used = unicode_width::UnicodeWidthStr::width(text);
    format!("{text}{}", " ".repeat(columns.saturating_sub(used)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_could_steer_a_terminal_is_shown() {
        assert_eq!(safe("Jörg's \"TV\"".as_bytes()), "Jörg's \"TV\"");
        assert_eq!(safe(b"a\x1b[2Jb\n"), "a\\u{1b}[2Jb\\n");
        assert_eq!(safe("abc\u{202e}gpj".as_bytes()), "abc\\u{202e}gpj");
        assert_eq!(safe(b"x\xff\0hidden"), "x\\xff");
        assert_eq!(safe(b"back\\slash"), "back\\\\slash");
    }

    #[test]
    fn wide_characters_take_their_place() {
        assert_eq!(fill("テレビ", 8), "テレビ  ");
        assert_eq!(cut("テレビ", 4), "テ…");
        assert_eq!(cut("abc", 3), "abc");
    }

    proptest! {
        #[test]
        fn nothing_breaks_out(octets in prop::collection::vec(any::<u8>(), 0..64)) {
            let text = safe(&octets);
            prop_assert!(!text.chars().any(char::is_control));
            prop_assert!(!markup(&text).contains(['<', '>', '"', '\'']));
        }
    }
}

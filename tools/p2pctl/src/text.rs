//! Text that others have chosen, made safe to show.

use std::fmt::{self, Write};

/// Whether a character can be shown as it is: it takes a place of its own and does nothing to its neighbours.
fn is_plain(c: char) -> bool {
    // Marks that change the direction of writing, or have no width (Unicode 16, general category Cf).
    let hidden = matches!(
        c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
    );
    !c.is_control() && !hidden
}

/// Shows text from the air or from a daemon: what could steer a terminal or hide is shown as `\u{…}`.
pub fn safe(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_plain(c) {
            out.push(c);
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "{}", c.escape_unicode());
        }
    }
    out
}

/// [`safe`], and for who shows ASCII alone all else as `\u{…}`, too.
pub fn shown(text: &str, ascii: bool) -> String {
    let text = safe(text);
    if !ascii || text.is_ascii() {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() { out.push(c) } else { out.extend(c.escape_unicode()) }
    }
    out
}

/// As much of safe text as so many columns hold.
pub fn cut(text: &str, most: usize) -> &str {
    let mut taken = 0;
    let end = text.char_indices().find(|(at, c)| {
        taken += columns(text.get(*at..*at + c.len_utf8()).unwrap_or_default());
        taken > most
    });
    end.map_or(text, |(at, _)| text.get(..at).unwrap_or_default())
}

/// How many columns safe text takes in a terminal, closely enough for a table: wide characters of East Asian scripts and
/// emoji take two (Unicode Standard Annex 11).
pub fn columns(text: &str) -> usize {
    let wide = |c: char| {
        matches!(u32::from(c),
            0x1100..=0x115f | 0x2e80..=0x303e | 0x3041..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff
            | 0xfe30..=0xfe6f | 0xff00..=0xff60 | 0xffe0..=0xffe6 | 0x1f300..=0x1f64f | 0x1f900..=0x1f9ff)
    };
    let combining = |c: char| matches!(u32::from(c), 0x300..=0x36f | 0xfe00..=0xfe0f);
    text.chars().map(|c| if combining(c) { 0 } else { 1 + usize::from(wide(c)) }).sum()
}

/// A JSON value, written by its `Display`.
#[derive(Clone, PartialEq, Debug)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// An integer.
    Number(i64),
    /// A string.
    Text(String),
    /// An array.
    List(Vec<Json>),
    /// An object, its members in this order.
    Object(Vec<(&'static str, Json)>),
}

impl Json {
    /// A string.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A string, or `null`.
    pub fn maybe(text: Option<impl Into<String>>) -> Self {
        text.map_or(Self::Null, Self::text)
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Number(value) => write!(f, "{value}"),
            Self::Text(text) => quoted(text, f),
            Self::List(all) => {
                f.write_char('[')?;
                for (n, value) in all.iter().enumerate() {
                    if n > 0 {
                        f.write_char(',')?;
                    }
                    write!(f, "{value}")?;
                }
                f.write_char(']')
            }
            Self::Object(all) => {
                f.write_char('{')?;
                for (n, (name, value)) in all.iter().enumerate() {
                    if n > 0 {
                        f.write_char(',')?;
                    }
                    quoted(name, f)?;
                    write!(f, ":{value}")?;
                }
                f.write_char('}')
            }
        }
    }
}

/// A JSON string (RFC 8259 §7).
fn quoted(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_char('"')?;
    for c in text.chars() {
        match c {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            c if is_plain(c) => f.write_char(c)?,
            c => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    write!(f, "\\u{unit:04x}")?;
                }
            }
        }
    }
    f.write_char('"')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_could_steer_a_terminal_is_spelled_out() {
        assert_eq!(safe("Jörg's TV 📺"), "Jörg's TV 📺");
        assert_eq!(safe("a\x1b[2J\nb\u{202e}c"), "a\\u{1b}[2J\\u{a}b\\u{202e}c");
        assert_eq!(columns("Jörg 東京"), 9);
        assert_eq!(
            (cut("Jörg 東京", 8), cut("Jörg 東京", 7), cut("ab", 2), cut("ab", 0)),
            ("Jörg 東", "Jörg 東", "ab", "")
        );
        assert_eq!(shown("J\u{f6}rg\n", true), "J\\u{f6}rg\\u{a}");
    }

    #[test]
    fn json_is_written_as_it_should_be() {
        let value = Json::Object(vec![
            ("name", Json::text("a\"\\\n\u{1f4fa}\u{202e}")),
            ("list", Json::List(vec![Json::Number(-7), Json::Bool(true), Json::Null])),
        ]);
        assert_eq!(value.to_string(), "{\"name\":\"a\\\"\\\\\\u000a\u{1f4fa}\\u202e\",\"list\":[-7,true,null]}");
    }

    proptest! {
        #[test]
        fn nothing_safe_steers_a_terminal(text in any::<String>()) {
            prop_assert!(safe(&text).chars().all(is_plain));
            prop_assert!(Json::text(text).to_string().chars().all(is_plain));
        }
    }
}

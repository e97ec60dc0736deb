//! What is wrong with bytes that could not be read.

use core::fmt;

/// Bytes that break the rules of the format they claim to be in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{what} at octet {offset} {rule}")]
pub struct Malformed {
    /// Where in the bytes handed in the trouble lies, in octets from their start.
    pub offset: usize,
    /// The structure that is at fault, by its name in the standard.
    pub what: &'static str,
    /// The rule it breaks.
    pub rule: Rule,
}

/// The kinds of rules that wire formats have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Rule {
    /// The bytes end before the structure does.
    TooShort,
    /// The structure is longer than the standard allows.
    TooLong,
    /// A list has more entries than its container holds or the standard allows.
    TooMany,
    /// A field has a value that is not allowed there.
    InvalidValue,
    /// A field or attribute that the standard requires is not there.
    Missing,
    /// Octets are left over that belong to nothing.
    Trailing,
    /// Something is there twice that may be there once.
    Repeated,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooShort => "ends too early",
            Self::TooLong => "is longer than allowed",
            Self::TooMany => "has more entries than fit",
            Self::InvalidValue => "has a value that is not allowed",
            Self::Missing => "lacks something that it must have",
            Self::Trailing => "is followed by octets that belong to nothing",
            Self::Repeated => "is there for a second time",
        })
    }
}

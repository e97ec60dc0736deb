//! A position in bytes that are being read, with errors that say where.

use crate::{MacAddr, Malformed, Rule};

/// Reads forward through `bytes`; `base` is where they lie in what the caller was handed.
#[derive(Clone, Copy)]
pub(crate) struct Cursor<'a> {
    rest: &'a [u8],
    offset: usize,
    what: &'static str,
}

impl<'a> Cursor<'a> {
    pub(crate) const fn new(bytes: &'a [u8], base: usize, what: &'static str) -> Self {
        Self { rest: bytes, offset: base, what }
    }

    /// The same position, with another structure to blame.
    pub(crate) const fn named(self, what: &'static str) -> Self {
        Self { what, ..self }
    }

    pub(crate) fn u8(&mut self) -> Result<u8, Malformed> {
        self.array().map(|[octet]| octet)
    }

    pub(crate) fn le16(&mut self) -> Result<u16, Malformed> {
        self.array().map(u16::from_le_bytes)
    }

    pub(crate) fn le32(&mut self) -> Result<u32, Malformed> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn le64(&mut self) -> Result<u64, Malformed> {
        self.array().map(u64::from_le_bytes)
    }

    pub(crate) fn be16(&mut self) -> Result<u16, Malformed> {
        self.array().map(u16::from_be_bytes)
    }

    pub(crate) fn be32(&mut self) -> Result<u32, Malformed> {
        self.array().map(u32::from_be_bytes)
    }

    pub(crate) fn take(&mut self, count: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(self.error(Rule::TooShort))?;
        self.offset += count;
        self.rest = rest;
        Ok(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        match self.rest.split_first_chunk::<N>() {
            Some((array, rest)) => {
                self.offset += N;
                self.rest = rest;
                Ok(*array)
            }
            None => Err(self.error(Rule::TooShort)),
        }
    }

    pub(crate) fn mac(&mut self) -> Result<MacAddr, Malformed> {
        self.array().map(MacAddr)
    }

    /// A cursor over the next `count` octets alone.
    pub(crate) fn sub(&mut self, count: usize, what: &'static str) -> Result<Self, Malformed> {
        let base = self.offset;
        Ok(Self::new(self.take(count)?, base, what))
    }

    /// All that is left, which leaves nothing.
    pub(crate) fn rest(&mut self) -> &'a [u8] {
        let rest = self.rest;
        self.offset += rest.len();
        self.rest = &[];
        rest
    }

    pub(crate) const fn left(&self) -> usize {
        self.rest.len()
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) const fn error(&self, rule: Rule) -> Malformed {
        Malformed { offset: self.offset, what: self.what, rule }
    }
}

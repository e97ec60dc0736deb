//! ANQP elements (IEEE 802.11-2020 §9.4.5), of which Wi-Fi P2P uses the vendor specific one.

#[cfg(feature = "alloc")]
use alloc::vec::Vec;

use nom::multi::length_data;
use nom::number::complete::le_u16;
use nom::{IResult, Parser};

/// Info ID of vendor specific ANQP elements.
pub const VENDOR_SPECIFIC: u16 = 56797;

/// One ANQP element.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AnqpElement<'a> {
    /// Info ID.
    pub id: u16,
    /// Information.
    pub body: &'a [u8],
}

impl<'a> AnqpElement<'a> {
    /// OUI, vendor type and what follows, of a vendor specific element.
    pub fn vendor(&self) -> Option<([u8; 3], u8, &'a [u8])> {
        match (self.id, self.body.split_first_chunk::<4>()) {
            (VENDOR_SPECIFIC, Some((&[a, b, c, kind], rest))) => Some(([a, b, c], kind, rest)),
            _ => None,
        }
    }

    /// Appends the element; one with more than the 65535 octets that its length field can say is left out.
    #[cfg(feature = "alloc")]
    pub fn emit(&self, out: &mut Vec<u8>) {
        if let Ok(len) = u16::try_from(self.body.len()) {
            out.extend_from_slice(&self.id.to_le_bytes());
            out.extend_from_slice(&len.to_le_bytes());
            out.extend_from_slice(self.body);
        }
    }
}

/// Iterates over the ANQP elements of a GAS query or response; ends where one is cut off.
#[derive(Clone, Debug)]
pub struct AnqpElements<'a>(&'a [u8]);

impl<'a> AnqpElements<'a> {
    /// The elements in `bytes`.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }
}

impl<'a> Iterator for AnqpElements<'a> {
    type Item = AnqpElement<'a>;

    fn next(&mut self) -> Option<AnqpElement<'a>> {
        let (rest, (id, body)) = id_and_body(self.0).ok()?;
        self.0 = rest;
        Some(AnqpElement { id, body })
    }
}

impl core::iter::FusedIterator for AnqpElements<'_> {}

fn id_and_body(input: &[u8]) -> IResult<&[u8], (u16, &[u8])> {
    let (input, id) = le_u16(input)?;
    let (input, body) = length_data(le_u16).parse(input)?;
    Ok((input, (id, body)))
}

//! One thing sent as several elements, put together again.

use core::fmt;
use core::ops::Deref;

use crate::{Malformed, Rule};

/// The most octets that the joined bodies of repeated elements have: those of the largest management frame body that
/// every station handles (IEEE 802.11-2020 §9.2.4.8, 2304 octets).
pub const MAX_JOINED: usize = 2304;

/// The bodies of all elements of one kind in a series, in their order, as one piece: attributes of P2P, WSC and WFD may
/// begin in one element and end in the next (Wi-Fi P2P v1.7 §4.1.1, WSC 2.0 §8.2). A single body, which is the common case, is
/// borrowed; several are copied: into one allocation with the feature `alloc`, else into a buffer inside, which makes the value
/// a large one to move. [`Elements::vendor_in`](crate::Elements::vendor_in) copies into a buffer of the caller's instead.
#[derive(Clone)]
pub struct Joined<'a>(Repr<'a>);

#[cfg_attr(not(feature = "alloc"), expect(clippy::large_enum_variant))]
#[derive(Clone)]
enum Repr<'a> {
    One(&'a [u8]),
    Several(Buffer),
}

/// At most [`MAX_JOINED`] octets.
#[cfg(feature = "alloc")]
#[derive(Clone, Default)]
struct Buffer(alloc::vec::Vec<u8>);

#[cfg(feature = "alloc")]
impl Buffer {
    fn push(&mut self, piece: &[u8]) -> Option<()> {
        (self.0.len() + piece.len() <= MAX_JOINED).then(|| self.0.extend_from_slice(piece))
    }

    fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// At most [`MAX_JOINED`] octets.
#[cfg(not(feature = "alloc"))]
#[derive(Clone)]
struct Buffer {
    octets: [u8; MAX_JOINED],
    len: usize,
}

#[cfg(not(feature = "alloc"))]
impl Default for Buffer {
    fn default() -> Self {
        Self { octets: [0; MAX_JOINED], len: 0 }
    }
}

#[cfg(not(feature = "alloc"))]
impl Buffer {
    fn push(&mut self, piece: &[u8]) -> Option<()> {
        self.octets.get_mut(self.len..self.len + piece.len())?.copy_from_slice(piece);
        self.len += piece.len();
        Some(())
    }

    fn bytes(&self) -> &[u8] {
        self.octets.get(..self.len).unwrap_or_default()
    }
}

impl<'a> Joined<'a> {
    /// One body, borrowed.
    pub const fn borrowed(bytes: &'a [u8]) -> Self {
        Self(Repr::One(bytes))
    }

    /// The pieces in their order, or `None` when there is not one; `what` is what an error blames.
    pub(crate) fn from_pieces(
        mut pieces: impl Iterator<Item = (usize, &'a [u8])>,
        what: &'static str,
    ) -> Result<Option<Self>, Malformed> {
        let Some((_, first)) = pieces.next() else { return Ok(None) };
        let Some(second) = pieces.next() else { return Ok(Some(Self::borrowed(first))) };
        let mut buffer = Buffer::default();
        for (offset, piece) in core::iter::once((0, first)).chain(core::iter::once(second)).chain(pieces) {
            buffer.push(piece).ok_or(Malformed { offset, what, rule: Rule::TooLong })?;
        }
        Ok(Some(Self(Repr::Several(buffer))))
    }

    /// As [`from_pieces`](Self::from_pieces), with several pieces put together in `buffer`.
    pub(crate) fn in_buffer(
        mut pieces: impl Iterator<Item = (usize, &'a [u8])>,
        what: &'static str,
        buffer: &'a mut [u8],
    ) -> Result<Option<Self>, Malformed> {
        let Some((_, first)) = pieces.next() else { return Ok(None) };
        let Some(second) = pieces.next() else { return Ok(Some(Self::borrowed(first))) };
        let mut len = 0;
        for (offset, piece) in core::iter::once((0, first)).chain(core::iter::once(second)).chain(pieces) {
            let room = buffer.get_mut(len..len + piece.len());
            room.ok_or(Malformed { offset, what, rule: Rule::TooLong })?.copy_from_slice(piece);
            len += piece.len();
        }
        Ok(Some(Self::borrowed(buffer.get(..len).unwrap_or_default())))
    }

    /// The octets.
    pub fn bytes(&self) -> &[u8] {
        match &self.0 {
            Repr::One(bytes) => bytes,
            Repr::Several(buffer) => buffer.bytes(),
        }
    }
}

impl Deref for Joined<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.bytes()
    }
}

impl AsRef<[u8]> for Joined<'_> {
    fn as_ref(&self) -> &[u8] {
        self.bytes()
    }
}

impl PartialEq for Joined<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.bytes() == other.bytes()
    }
}

impl Eq for Joined<'_> {}

impl fmt::Debug for Joined<'_> {
    /// The number of octets only: WSC attributes can hold keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Joined({} octets)", self.len())
    }
}

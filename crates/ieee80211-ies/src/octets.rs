//! Short octet strings with a bound: SSIDs and names.

use core::fmt;

use crate::{Malformed, Rule, escape};

/// Up to `N` octets, kept in place. Printed as a peer's name is: control characters become `_`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Octets<const N: usize> {
    // Octets behind `len` are zero, so that the derived comparisons hold.
    octets: [u8; N],
    len: usize,
}

impl<const N: usize> Octets<N> {
    /// Nothing.
    pub const EMPTY: Self = Self { octets: [0; N], len: 0 };

    /// A copy of `bytes`.
    ///
    /// # Errors
    /// [`Rule::TooLong`] when there are more than `N`.
    pub fn new(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut octets = [0; N];
        match octets.get_mut(..bytes.len()) {
            Some(place) => place.copy_from_slice(bytes),
            None => return Err(Malformed { offset: 0, what: "octet string", rule: Rule::TooLong }),
        }
        Ok(Self { octets, len: bytes.len() })
    }

    /// A copy of as many of `bytes` as have room, from the first on.
    pub fn truncated(bytes: &[u8]) -> Self {
        Self::new(bytes.get(..N).unwrap_or(bytes)).unwrap_or_default()
    }

    /// The octets.
    pub fn as_bytes(&self) -> &[u8] {
        self.octets.get(..self.len).unwrap_or_default()
    }

    /// How many there are.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }
}

impl<const N: usize> Default for Octets<N> {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl<const N: usize> AsRef<[u8]> for Octets<N> {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl<const N: usize> fmt::Display for Octets<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&escape::name(self.as_bytes()), f)
    }
}

impl<const N: usize> fmt::Debug for Octets<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", escape::ssid(self.as_bytes()))
    }
}

/// The name of a network: 0 to 32 octets of any value (IEEE 802.11-2020 §9.4.2.2). Printed with escapes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Ssid(Octets<{ Ssid::MAX_LEN }>);

impl Ssid {
    /// The most octets an SSID has (IEEE 802.11-2020 §9.4.2.2).
    pub const MAX_LEN: usize = 32;
    /// The SSID of no octets, which in a probe request asks for every network.
    pub const WILDCARD: Self = Self(Octets::EMPTY);

    /// The SSID of these octets.
    ///
    /// # Errors
    /// [`Rule::TooLong`] when there are more than 32.
    pub fn new(bytes: &[u8]) -> Result<Self, Malformed> {
        match Octets::new(bytes) {
            Ok(octets) => Ok(Self(octets)),
            Err(error) => Err(Malformed { what: "SSID", ..error }),
        }
    }

    /// The octets.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// How many there are.
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether this is the wildcard SSID.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl AsRef<[u8]> for Ssid {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl fmt::Display for Ssid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&escape::ssid(self.as_bytes()), f)
    }
}

impl fmt::Debug for Ssid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

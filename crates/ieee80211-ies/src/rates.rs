//! Supported rates (IEEE 802.11-2020 §9.4.2.3, §9.4.2.12).

#[cfg(feature = "alloc")]
use alloc::vec::Vec;
use core::fmt;

use crate::{Elements, id};

/// One rate, or a BSS membership selector, as it stands in the element.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rate(pub u8);

impl Rate {
    /// Membership selector: only stations with HT may join.
    pub const HT_REQUIRED: Self = Self(0x80 | 127);
    /// Membership selector: only stations with VHT may join.
    pub const VHT_REQUIRED: Self = Self(0x80 | 126);
    /// Membership selector: SAE with hash-to-element only.
    pub const SAE_H2E_ONLY: Self = Self(0x80 | 123);

    /// A rate of so many 500 kb/s, such as 12 for 6 Mb/s.
    pub const fn new(half_megabits: u8) -> Self {
        Self(half_megabits & 0x7f)
    }

    /// The same rate, required of whoever joins.
    pub const fn basic(self) -> Self {
        Self(self.0 | 0x80)
    }

    /// Whether it is required of whoever joins.
    pub const fn is_basic(self) -> bool {
        self.0 & 0x80 != 0
    }

    /// The rate in units of 500 kb/s.
    pub const fn half_megabits(self) -> u8 {
        self.0 & 0x7f
    }

    /// Whether this is a rate of IEEE 802.11b: 1, 2, 5.5 or 11 Mb/s, which P2P does not use (Wi-Fi P2P v1.7 §2.4.1).
    pub const fn is_dsss(self) -> bool {
        matches!(self.half_megabits(), 2 | 4 | 11 | 22)
    }

    /// Whether this is a BSS membership selector instead of a rate (§9.4.2.3).
    pub const fn is_selector(self) -> bool {
        matches!(self.half_megabits(), 122..=127)
    }
}

impl fmt::Debug for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let half = self.half_megabits();
        let basic = if self.is_basic() { "*" } else { "" };
        if self.is_selector() {
            return write!(f, "selector {half}");
        }
        write!(f, "{}{}{basic}", half / 2, if half.is_multiple_of(2) { "" } else { ".5" })
    }
}

/// The rates of a P2P group: those of OFDM, of which 6, 12 and 24 Mb/s are basic.
pub const P2P_RATES: [Rate; 8] = [
    Rate::new(12).basic(),
    Rate::new(18),
    Rate::new(24).basic(),
    Rate::new(36),
    Rate::new(48).basic(),
    Rate::new(72),
    Rate::new(96),
    Rate::new(108),
];

impl<'a> Elements<'a> {
    /// The rates of the Supported Rates and the Extended Supported Rates element, in this order.
    pub fn rates(&self) -> impl Iterator<Item = Rate> + Clone + use<'a> {
        let body = |id| self.find(id).map_or(&[][..], |element| element.body);
        body(id::SUPPORTED_RATES).iter().chain(body(id::EXTENDED_SUPPORTED_RATES)).copied().map(Rate)
    }

    /// Whether the sender knows rates of IEEE 802.11b only: a P2P device does not answer its probe requests
    /// (Wi-Fi P2P v1.7 §2.4.1).
    pub fn has_dsss_rates_only(&self) -> bool {
        let mut rates = self.rates().filter(|rate| !rate.is_selector()).peekable();
        rates.peek().is_some() && rates.all(Rate::is_dsss)
    }
}

/// Appends the Supported Rates element with the first eight rates, at least one; see [`emit_extended`].
#[cfg(feature = "alloc")]
pub fn emit_supported(rates: &[Rate], out: &mut Vec<u8>) {
    emit_rates(id::SUPPORTED_RATES, rates.get(..8).unwrap_or(rates), out);
}

/// Appends the Extended Supported Rates element with the rates behind the first eight, and nothing when there are none.
#[cfg(feature = "alloc")]
pub fn emit_extended(rates: &[Rate], out: &mut Vec<u8>) {
    if let Some(rates) = rates.get(8..).filter(|rates| !rates.is_empty()) {
        emit_rates(id::EXTENDED_SUPPORTED_RATES, rates, out);
    }
}

#[cfg(feature = "alloc")]
fn emit_rates(id: u8, rates: &[Rate], out: &mut Vec<u8>) {
    let octets: Vec<u8> = rates.iter().map(|rate| rate.0).collect();
    crate::emit_element(id, &octets, out);
}

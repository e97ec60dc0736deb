//! Channels: centre frequencies in MHz, and how they are numbered.

use core::fmt;

/// The bandwidth of an operating channel (IEEE 802.11-2020 §19, §21; nl80211 `NL80211_CHAN_WIDTH_*`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, PartialOrd, Ord, Default)]
pub enum Width {
    /// 20 MHz without HT.
    #[default]
    NoHt20,
    /// 20 MHz with HT.
    Ht20,
    /// 40 MHz.
    Mhz40,
    /// 80 MHz.
    Mhz80,
    /// 160 MHz.
    Mhz160,
}

/// An operating channel: the primary 20 MHz channel and the whole that it is part of.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct Channel {
    /// Centre of the primary 20 MHz channel, MHz.
    pub frequency: u32,
    /// The width of the whole.
    pub width: Width,
    /// Centre of the whole, MHz; equal to `frequency` at 20 MHz.
    pub centre: u32,
}

impl Channel {
    /// A 20 MHz channel with HT at `frequency` MHz.
    pub const fn ht20(frequency: u32) -> Self {
        Self { frequency, width: Width::Ht20, centre: frequency }
    }

    /// A 20 MHz channel without HT at `frequency` MHz.
    pub const fn no_ht(frequency: u32) -> Self {
        Self { frequency, width: Width::NoHt20, centre: frequency }
    }

    /// The secondary 20 MHz channel's place relative to the primary one: `1` above, `-1` below, `0` none.
    pub fn secondary_offset(&self) -> i8 {
        if self.width < Width::Mhz40 {
            return 0;
        }
        // Of the 40 MHz half that holds the primary channel, the primary is the lower or the upper 20 MHz.
        let lowest = self.centre - self.width.mhz() / 2 + 10;
        if ((self.frequency - lowest) / 20).is_multiple_of(2) { 1 } else { -1 }
    }
}

impl Width {
    /// The width in MHz.
    pub const fn mhz(self) -> u32 {
        match self {
            Self::NoHt20 | Self::Ht20 => 20,
            Self::Mhz40 => 40,
            Self::Mhz80 => 80,
            Self::Mhz160 => 160,
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} MHz", self.frequency)?;
        if self.width >= Width::Mhz40 {
            write!(f, " ({} MHz wide around {} MHz)", self.width.mhz(), self.centre)?;
        }
        Ok(())
    }
}

/// The channel number of a centre frequency in MHz (IEEE 802.11-2020 Annex E), or `None` outside the 2.4, 5, 6 and
/// 60 GHz bands.
pub fn frequency_to_channel(mhz: u32) -> Option<u8> {
    match mhz {
        2484 => Some(14),
        2412..=2472 if (mhz - 2407).is_multiple_of(5) => Some(((mhz - 2407) / 5) as u8),
        5160..=5895 if mhz.is_multiple_of(5) => Some(((mhz - 5000) / 5) as u8),
        5935 => Some(2),
        5955..=7115 if (mhz - 5950).is_multiple_of(5) => Some(((mhz - 5950) / 5) as u8),
        58_320..=70_200 if (mhz - 56_160).is_multiple_of(2160) => Some(((mhz - 56_160) / 2160) as u8),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_frequencies_agree() {
        for (class, channel, mhz) in [
            (81, 1, 2412),
            (81, 13, 2472),
            (82, 14, 2484),
            (115, 36, 5180),
            (121, 100, 5500),
            (124, 149, 5745),
            (125, 165, 5825),
            (131, 1, 5955),
        ] {
            assert_eq!(crate::channel_to_frequency(class, channel), Some(mhz));
            assert_eq!(frequency_to_channel(mhz), Some(channel));
        }
        assert_eq!(frequency_to_channel(2413), None);
    }

    #[test]
    fn secondary_offset_of_wide_channels() {
        let at = |frequency, width, centre| Channel { frequency, width, centre }.secondary_offset();
        assert_eq!(at(5180, Width::Mhz80, 5210), 1);
        assert_eq!(at(5200, Width::Mhz80, 5210), -1);
        assert_eq!(at(5240, Width::Mhz40, 5230), -1);
        assert_eq!(Channel::ht20(5180).secondary_offset(), 0);
    }
}

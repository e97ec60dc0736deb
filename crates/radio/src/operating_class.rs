//! The global operating classes of IEEE 802.11-2020 Table E-4 that Wi-Fi P2P uses, both ways: the frequency of a channel in
//! a class, and the class of an operating channel.

use crate::Channel;

/// A row of Table E-4.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OperatingClass {
    /// Its number.
    pub number: u8,
    /// How wide its channels are, MHz.
    pub width_mhz: u32,
    /// Where the secondary 20 MHz channel of a 40 MHz channel is: `1` above the primary one, `-1` below it, `0` where the
    /// class does not say.
    pub secondary: i8,
    /// Channel starting frequency, MHz.
    start: u32,
    /// MHz from one channel number to the next.
    spacing: u32,
    /// The channel set, as runs: first, last, step.
    channels: &'static [(u8, u8, u8)],
}

const fn at_5ghz(number: u8, width_mhz: u32, secondary: i8, channels: &'static [(u8, u8, u8)]) -> OperatingClass {
    OperatingClass { number, width_mhz, secondary, start: 5000, spacing: 5, channels }
}

const fn at_6ghz(number: u8, width_mhz: u32) -> OperatingClass {
    OperatingClass { number, width_mhz, secondary: 0, start: 5950, spacing: 5, channels: &[(1, 233, 4)] }
}

/// All 20 MHz channels of the 5 GHz band: classes 128 to 130 number the centre of the whole, but P2P deployments list primary
/// channels in them.
const PRIMARY_5GHZ: &[(u8, u8, u8)] = &[(36, 64, 4), (100, 144, 4), (149, 177, 4)];

/// Where two classes fit an operating channel, the first is the one that is named.
const CLASSES: &[OperatingClass] = &[
    OperatingClass { number: 81, width_mhz: 20, secondary: 0, start: 2407, spacing: 5, channels: &[(1, 13, 1)] },
    OperatingClass { number: 82, width_mhz: 20, secondary: 0, start: 2414, spacing: 5, channels: &[(14, 14, 1)] },
    OperatingClass { number: 83, width_mhz: 40, secondary: 1, start: 2407, spacing: 5, channels: &[(1, 9, 1)] },
    OperatingClass { number: 84, width_mhz: 40, secondary: -1, start: 2407, spacing: 5, channels: &[(5, 13, 1)] },
    at_5ghz(115, 20, 0, &[(36, 48, 4)]),
    at_5ghz(116, 40, 1, &[(36, 44, 8)]),
    at_5ghz(117, 40, -1, &[(40, 48, 8)]),
    at_5ghz(118, 20, 0, &[(52, 64, 4)]),
    at_5ghz(119, 40, 1, &[(52, 60, 8)]),
    at_5ghz(120, 40, -1, &[(56, 64, 8)]),
    at_5ghz(121, 20, 0, &[(100, 144, 4)]),
    at_5ghz(122, 40, 1, &[(100, 140, 8)]),
    at_5ghz(123, 40, -1, &[(104, 144, 8)]),
    at_5ghz(124, 20, 0, &[(149, 161, 4)]),
    at_5ghz(125, 20, 0, &[(149, 177, 4)]),
    at_5ghz(126, 40, 1, &[(149, 173, 8)]),
    at_5ghz(127, 40, -1, &[(153, 177, 8)]),
    at_5ghz(128, 80, 0, PRIMARY_5GHZ),
    at_5ghz(129, 160, 0, PRIMARY_5GHZ),
    // Twice 80 MHz.
    at_5ghz(130, 80, 0, PRIMARY_5GHZ),
    at_6ghz(131, 20),
    at_6ghz(132, 40),
    at_6ghz(133, 80),
    at_6ghz(134, 160),
    // Twice 80 MHz.
    at_6ghz(135, 80),
    OperatingClass { number: 136, width_mhz: 20, secondary: 0, start: 5925, spacing: 5, channels: &[(2, 2, 1)] },
    OperatingClass { number: 180, width_mhz: 2160, secondary: 0, start: 56_160, spacing: 2160, channels: &[(1, 6, 1)] },
];

impl OperatingClass {
    /// The class of this number, or `None` when it is not one that Wi-Fi P2P uses.
    pub fn of(number: u8) -> Option<&'static Self> {
        CLASSES.iter().find(|class| class.number == number)
    }

    /// The centre frequency of `channel`, MHz, or `None` when it is not in the class.
    pub fn frequency(&self, channel: u8) -> Option<u32> {
        let within = |(first, last, step): &(u8, u8, u8)| {
            (*first..=*last).contains(&channel) && (channel - first).is_multiple_of(*step)
        };
        self.channels.iter().any(within).then_some(self.start + self.spacing * u32::from(channel))
    }

    fn holds(&self, frequency: u32) -> bool {
        let number = frequency.checked_sub(self.start).and_then(|above| u8::try_from(above / self.spacing).ok());
        number.is_some_and(|channel| self.frequency(channel) == Some(frequency))
    }
}

/// The centre frequency in MHz of `channel` in the global operating class `class`, or `None` when the class is not one that
/// Wi-Fi P2P uses or the channel is not in it.
pub fn channel_to_frequency(class: u8, channel: u8) -> Option<u32> {
    OperatingClass::of(class)?.frequency(channel)
}

impl Channel {
    /// The global operating class of this channel and its width, or `None` for a channel that is in none.
    pub fn operating_class(&self) -> Option<u8> {
        let fits = |class: &&OperatingClass| {
            class.width_mhz == self.width.mhz()
                && (class.secondary == 0 || class.secondary == self.secondary_offset())
                && class.holds(self.frequency)
        };
        CLASSES.iter().find(fits).map(|class| class.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Width, frequency_to_channel};

    /// The operating channel that `channel` of a class stands for.
    fn operating_channel(class: &OperatingClass, channel: u8) -> Option<Channel> {
        let frequency = class.frequency(channel)?;
        let (width, centre) = match (class.width_mhz, class.secondary) {
            (20, _) => (Width::Ht20, frequency),
            (40, -1) => (Width::Mhz40, frequency - 10),
            (40, _) => (Width::Mhz40, frequency + 10),
            (80, _) => (Width::Mhz80, frequency + 30),
            (160, _) => (Width::Mhz160, frequency + 70),
            _ => return None,
        };
        Some(Channel { frequency, width, centre })
    }

    #[test]
    fn classes_and_frequencies_go_both_ways() {
        let mut seen = 0;
        for class in CLASSES {
            for number in 0..=255 {
                let Some(channel) = operating_channel(class, number) else { continue };
                assert_eq!(frequency_to_channel(channel.frequency), Some(number), "class {}", class.number);
                let named = channel.operating_class();
                let expected = match class.number {
                    125 if number <= 161 => 124,
                    // Twice 80 MHz is not a width of ours.
                    130 => 128,
                    135 => 133,
                    other => other,
                };
                assert_eq!(named, Some(expected), "channel {number} of class {}", class.number);
                seen += 1;
            }
        }
        // The channel sets of Table E-4, with primary channels where it has centres.
        assert_eq!(seen, 13 + 1 + 9 + 9 + (4 + 2 + 2) * 2 + 12 + 6 + 6 + 4 + 8 + 4 + 4 + 3 * 28 + 5 * 59 + 1);
    }

    #[test]
    fn what_is_in_no_class() {
        assert_eq!(channel_to_frequency(81, 14), None);
        assert_eq!(channel_to_frequency(115, 37), None);
        assert_eq!(channel_to_frequency(0, 1), None);
        assert_eq!(channel_to_frequency(180, 1), Some(58_320));
        for frequency in [0, 2413, 2406, 5170, 5950, u32::MAX] {
            assert_eq!(Channel::ht20(frequency).operating_class(), None, "{frequency}");
        }
    }
}

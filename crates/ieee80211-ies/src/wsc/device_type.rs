//! Device types (WSC 2.0 §12, Primary Device Type).

use core::fmt;
use core::str::FromStr;

use crate::Malformed;
use crate::cursor::Cursor;

/// What a device is: a category, an OUI with type that defines it, and a subcategory. Written as
/// `category-OUI-subcategory`, such as `10-0050F204-5` for a smartphone.
///
/// ```
/// # use ieee80211_ies::wsc::DeviceType;
/// let television: DeviceType = "7-0050F204-1".parse()?;
/// assert_eq!(television, DeviceType::wfa(7, 1));
/// assert_eq!(television.to_string(), "7-0050F204-1");
/// # Ok::<_, ieee80211_ies::wsc::InvalidDeviceType>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct DeviceType(pub [u8; 8]);

impl DeviceType {
    /// The OUI and type of the categories that WSC itself defines.
    pub const WFA_OUI: [u8; 4] = [0x00, 0x50, 0xf2, 0x04];

    /// A type in the categories that WSC itself defines.
    pub const fn wfa(category: u16, subcategory: u16) -> Self {
        let [[a, b], [y, z]] = [category.to_be_bytes(), subcategory.to_be_bytes()];
        Self([a, b, 0x00, 0x50, 0xf2, 0x04, y, z])
    }

    /// Category, such as 1 for a computer and 10 for a telephone.
    pub const fn category(&self) -> u16 {
        u16::from_be_bytes([self.0[0], self.0[1]])
    }

    /// The OUI and type that define category and subcategory.
    pub const fn oui(&self) -> [u8; 4] {
        [self.0[2], self.0[3], self.0[4], self.0[5]]
    }

    /// Subcategory.
    pub const fn subcategory(&self) -> u16 {
        u16::from_be_bytes([self.0[6], self.0[7]])
    }

    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, Malformed> {
        cursor.array().map(Self)
    }
}

impl fmt::Display for DeviceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:08X}-{}", self.category(), u32::from_be_bytes(self.oui()), self.subcategory())
    }
}

impl fmt::Debug for DeviceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is not a device type.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a device type (expected category-OUI-subcategory, such as 1-0050F204-1)")]
pub struct InvalidDeviceType;

impl FromStr for DeviceType {
    type Err = InvalidDeviceType;

    /// Reads `category-OUI-subcategory`: decimal, eight hexadecimal digits, decimal.
    fn from_str(text: &str) -> Result<Self, InvalidDeviceType> {
        let mut parts = text.split('-');
        let mut next =
            || parts.next().filter(|part| part.bytes().all(|b| b.is_ascii_hexdigit())).ok_or(InvalidDeviceType);
        let [category, oui, subcategory] = [next()?, next()?, next()?];
        if oui.len() != 8 || parts.next().is_some() {
            return Err(InvalidDeviceType);
        }
        let [a, b] = category.parse::<u16>().map_err(|_| InvalidDeviceType)?.to_be_bytes();
        let [c, d, e, f] = u32::from_str_radix(oui, 16).map_err(|_| InvalidDeviceType)?.to_be_bytes();
        let [g, h] = subcategory.parse::<u16>().map_err(|_| InvalidDeviceType)?.to_be_bytes();
        Ok(Self([a, b, c, d, e, f, g, h]))
    }
}

/// Device types one after another.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct DeviceTypes<'a>(&'a [[u8; 8]]);

impl<'a> DeviceTypes<'a> {
    pub(crate) fn read(cursor: &mut Cursor<'a>, count: usize) -> Result<Self, Malformed> {
        Ok(Self(cursor.take(8 * count)?.as_chunks().0))
    }

    /// Each in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = DeviceType> + Clone + use<'a> {
        self.0.iter().copied().map(DeviceType)
    }

    /// How many there are.
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for DeviceTypes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn as_wpa_supplicant_prints_it() {
        assert_eq!(DeviceType::default().to_string(), "0-00000000-0");
        assert_eq!(DeviceType::wfa(10, 5).to_string(), "10-0050F204-5");
        for bad in
            ["", "1-0050F204", "1-0050F204-1-2", "1-0050F20-1", "65536-0050F204-1", "+1-0050F204-1", "a-0050F204-1"]
        {
            assert_eq!(bad.parse::<DeviceType>(), Err(InvalidDeviceType), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn text_round_trip(octets: [u8; 8]) {
            prop_assert_eq!(DeviceType(octets).to_string().parse(), Ok(DeviceType(octets)));
        }
    }
}

//! How a device can be configured (WSC 2.0 §12, Config Methods).

use core::fmt;
use core::ops::{BitAnd, BitOr, BitOrAssign};

/// A set of configuration methods.
///
/// The virtual and physical kinds of WSC 2.0 contain the bit of the kind that WSC 1.0 knew:
///
/// ```
/// # use ieee80211_ies::wsc::ConfigMethods;
/// assert!(ConfigMethods::VIRTUAL_DISPLAY.contains(ConfigMethods::DISPLAY));
/// assert!(!ConfigMethods::DISPLAY.contains(ConfigMethods::VIRTUAL_DISPLAY));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ConfigMethods(pub u16);

impl ConfigMethods {
    /// No method.
    pub const NONE: Self = Self(0);
    /// USB flash drive.
    pub const USBA: Self = Self(0x0001);
    /// Ethernet.
    pub const ETHERNET: Self = Self(0x0002);
    /// A PIN on a label.
    pub const LABEL: Self = Self(0x0004);
    /// A PIN that the device shows.
    pub const DISPLAY: Self = Self(0x0008);
    /// An NFC token apart from the device.
    pub const EXTERNAL_NFC_TOKEN: Self = Self(0x0010);
    /// An NFC token in the device.
    pub const INTEGRATED_NFC_TOKEN: Self = Self(0x0020);
    /// An NFC interface.
    pub const NFC_INTERFACE: Self = Self(0x0040);
    /// A push button.
    pub const PUSH_BUTTON: Self = Self(0x0080);
    /// A keypad on which the PIN of the other is entered.
    pub const KEYPAD: Self = Self(0x0100);
    /// A push button on a screen.
    pub const VIRTUAL_PUSH_BUTTON: Self = Self(0x0280);
    /// A push button to press.
    pub const PHYSICAL_PUSH_BUTTON: Self = Self(0x0480);
    /// The default PIN of Wi-Fi P2P Services (Wi-Fi P2P v1.7 §4.1.14).
    pub const P2PS: Self = Self(0x1000);
    /// A PIN shown in software.
    pub const VIRTUAL_DISPLAY: Self = Self(0x2008);
    /// A PIN shown on a screen of the device.
    pub const PHYSICAL_DISPLAY: Self = Self(0x4008);

    /// Whether all of `other` is in the set.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether there is any method in both.
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether there is no method.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl BitOr for ConfigMethods {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for ConfigMethods {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

impl BitAnd for ConfigMethods {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl fmt::Debug for ConfigMethods {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

impl fmt::LowerHex for ConfigMethods {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::LowerHex::fmt(&self.0, f)
    }
}

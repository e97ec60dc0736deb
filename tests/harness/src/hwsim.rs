//! The simulated radios of `mac80211_hwsim`: making and removing them through its generic netlink family.

use anyhow::{Context, Result};

use crate::netlink::{Attrs, Netlink};

/// Name of the generic netlink family.
pub(crate) const FAMILY: &str = "MAC80211_HWSIM";
const CMD_NEW_RADIO: u8 = 4;
const CMD_DEL_RADIO: u8 = 5;
const ATTR_CHANNELS: u16 = 9;
const ATTR_RADIO_ID: u16 = 10;
const ATTR_SUPPORT_P2P_DEVICE: u16 = 14;
const ATTR_USE_CHANCTX: u16 = 15;
const ATTR_RADIO_NAME: u16 = 17;

/// What a radio's driver offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// No P2P Device interface: discovery runs on `wlan0`; scanning and off-channel work are mac80211's.
    Plain,
    /// A P2P Device interface of its own; scanning and off-channel work are mac80211's.
    P2pDevice,
    /// As a QCA9377 under ath10k: a P2P Device, channel contexts with one channel, and scanning and
    /// remain-on-channel in the device.
    Qca,
    /// As [`Kind::Qca`], with two channels.
    TwoChannels,
}

impl Kind {
    /// All kinds on one channel, the simplest first.
    pub const ALL: [Self; 3] = [Self::Plain, Self::P2pDevice, Self::Qca];

    /// The kind's name on the command line and in the names of scenarios.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::P2pDevice => "p2p-device",
            Self::Qca => "qca",
            Self::TwoChannels => "two-channels",
        }
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().chain([Self::TwoChannels]).find(|kind| kind.name() == name)
    }

    /// Whether the radio has a P2P Device interface.
    pub fn has_p2p_device(self) -> bool {
        self != Self::Plain
    }
}

/// One simulated radio, as the driver knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Radio {
    /// The driver's number of the radio.
    pub id: u32,
}

impl Radio {
    /// The permanent address of the radio: `wlan0`'s.
    pub fn address(self) -> [u8; 6] {
        let [.., high, low] = self.id.to_be_bytes();
        [0x02, 0, 0, high, low, 0]
    }

    /// The second address, by which the driver names the radio to a medium.
    pub fn medium_address(self) -> [u8; 6] {
        let mut address = self.address();
        address[0] |= 0x40;
        address
    }
}

/// The driver's control connection.
pub struct Hwsim {
    socket: Netlink,
    family: u16,
}

impl Hwsim {
    /// Connects to the driver; radios are made in the namespace of the calling thread, and only radios made in one
    /// namespace hear each other.
    pub fn open() -> Result<Self> {
        let mut socket = Netlink::generic()?;
        let family = socket.family(FAMILY)?;
        Ok(Self { socket, family })
    }

    /// Makes a radio; its phy gets `name`.
    pub fn new_radio(&mut self, kind: Kind, name: &str) -> Result<Radio> {
        let attrs = Attrs::new()
            .u32(ATTR_CHANNELS, if kind == Kind::TwoChannels { 2 } else { 1 })
            .string(ATTR_RADIO_NAME, name)
            .flag_if(kind.has_p2p_device(), ATTR_SUPPORT_P2P_DEVICE)
            .flag_if(matches!(kind, Kind::Qca | Kind::TwoChannels), ATTR_USE_CHANCTX);
        // The number of the new radio is the positive "error" of the acknowledgement.
        let (id, _) =
            self.socket.call(self.family, CMD_NEW_RADIO, attrs).with_context(|| format!("new radio {name}"))?;
        Ok(Radio { id: u32::try_from(id)? })
    }

    /// Takes a radio out, as when a stick is unplugged.
    pub fn remove_radio(&mut self, radio: Radio) -> Result<()> {
        self.socket
            .call(self.family, CMD_DEL_RADIO, Attrs::new().u32(ATTR_RADIO_ID, radio.id))
            .with_context(|| format!("remove radio {}", radio.id))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_follow_the_drivers_numbering() {
        let radio = Radio { id: 0x0102 };
        assert_eq!(radio.address(), [0x02, 0, 0, 1, 2, 0]);
        assert_eq!(radio.medium_address(), [0x42, 0, 0, 1, 2, 0]);
    }
}

//! What drivers do otherwise than they say: data, by driver name, each with its reason and where it was learned.

/// Something to be done differently.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Effect {
    /// A frame that is reported as acknowledged may never have left: its report says nothing, and the protocol's timers
    /// decide.
    StatusSaysNothing,
    /// Our own P2P device interface stays when its owner dies, and a second one is refused: the first step is to remove it.
    /// (That is done for all drivers; here it is known to be needed.)
    LeftoverBlocks,
    /// A P2P device has another address at each start, by which peers with a stored group do not know it: it is given the one that
    /// it had.
    DrawsDeviceAddress,
}

/// One peculiarity of a driver.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Quirk {
    /// What the driver's name begins with.
    pub driver: &'static str,
    /// What is done about it.
    pub effect: Effect,
    /// What the driver does, for people.
    pub reason: &'static str,
    /// Where that was reported or read.
    pub source: &'static str,
}

/// All that are known.
pub const QUIRKS: [Quirk; 4] = [
    Quirk {
        driver: "mt7996",
        effect: Effect::StatusSaysNothing,
        reason: "reports action frames for other channels as sent that have never left",
        source: "openwrt/mt76/issues/992 and 993",
    },
    Quirk {
        driver: "brcmfmac",
        effect: Effect::LeftoverBlocks,
        reason: "refuses a second P2P device interface (EBUSY)",
        source: "albfan/miraclecast/issues/216",
    },
    Quirk {
        driver: "brcmfmac",
        effect: Effect::DrawsDeviceAddress,
        reason: "draws the P2P device's address at random, where the base interface has a locally administered one",
        source: "brcm80211/brcmfmac/p2p.c:473 and raspberrypi/firmware/issues/1510",
    },
    Quirk {
        driver: "wilc1000",
        effect: Effect::LeftoverBlocks,
        reason: "is stuck after its user was killed, until the interface is removed",
        source: "linux4wilc/driver/issues/40",
    },
];

/// What is known of a driver.
pub fn quirks(driver: &str) -> impl Iterator<Item = &'static Quirk> {
    QUIRKS.iter().filter(move |quirk| driver.starts_with(quirk.driver))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quirks_go_by_the_beginning_of_a_driver_s_name() {
        let effects = |driver: &str| quirks(driver).map(|q| q.effect).collect::<Vec<_>>();
        assert_eq!(effects("mt7996e"), [Effect::StatusSaysNothing]);
        assert_eq!(effects("brcmfmac"), [Effect::LeftoverBlocks, Effect::DrawsDeviceAddress]);
        assert_eq!(effects("ath10k_pci"), []);
        assert_eq!(effects(""), []);
    }
}

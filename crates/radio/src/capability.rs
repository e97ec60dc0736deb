//! What a radio is able to do, as read from it before anything is started.

use crate::InterfaceKind;
use alloc::string::String;
use alloc::vec::Vec;
use ieee80211_ies::MacAddr;

/// One 20 MHz channel and what the regulatory domain and the radio allow on it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ChannelInfo {
    /// Centre frequency, MHz.
    pub frequency: u32,
    /// Not to be used at all.
    pub disabled: bool,
    /// Nothing may be sent before somebody else was heard (`NL80211_FREQUENCY_ATTR_NO_IR`): no owner, no active scan.
    pub no_ir: bool,
    /// Radar must be looked for first (`NL80211_FREQUENCY_ATTR_RADAR`).
    pub radar: bool,
    /// No 40 MHz with the secondary channel above (`NO_HT40_PLUS`).
    pub no_ht40_plus: bool,
    /// No 40 MHz with the secondary channel below (`NO_HT40_MINUS`).
    pub no_ht40_minus: bool,
    /// No 80 MHz (`NO_80MHZ`).
    pub no_80mhz: bool,
    /// Greatest transmit power, dBm.
    pub max_power_dbm: i8,
}

impl ChannelInfo {
    /// Whether a group owner may start here.
    pub fn may_initiate(&self) -> bool {
        !self.disabled && !self.no_ir && !self.radar
    }
}

/// One band's channels and its HT and VHT abilities.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Band {
    /// The channels, in ascending order of frequency.
    pub channels: Vec<ChannelInfo>,
    /// Legacy rates in units of 100 kb/s, ascending.
    pub rates: Vec<u16>,
    /// HT capability information (IEEE 802.11-2020 §9.4.2.55.2), or `None` without HT.
    pub ht_capabilities: Option<u16>,
    /// A-MPDU parameters octet (§9.4.2.55.3).
    pub ht_ampdu: u8,
    /// Supported HT-MCS set (§9.4.2.55.4).
    pub ht_mcs: [u8; 16],
    /// VHT capabilities information (§9.4.2.157.2), or `None` without VHT.
    pub vht_capabilities: Option<u32>,
    /// Supported VHT-MCS and NSS set (§9.4.2.157.3).
    pub vht_mcs: [u8; 8],
}

/// How many interfaces of some kinds may exist in one [`InterfaceCombination`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InterfaceLimit {
    /// At most this many interfaces
    pub max: u32,
    /// of any of these kinds.
    pub kinds: Vec<InterfaceKind>,
}

/// A set of interfaces that may exist at once (`NL80211_ATTR_INTERFACE_COMBINATIONS`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InterfaceCombination {
    /// The limits by kind; a kind that none of them names may not be in the set.
    pub limits: Vec<InterfaceLimit>,
    /// At most this many interfaces in all.
    pub max_interfaces: u32,
    /// On at most this many channels at once.
    pub channels: u32,
}

/// What one radio can do and is called.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Capabilities {
    /// The radio's name (`phy0`).
    pub name: String,
    /// The driver's name (`ath10k_pci`), empty when unknown.
    pub driver: String,
    /// The radio's permanent address.
    pub address: MacAddr,
    /// The kinds of interface that can be made.
    pub kinds: Vec<InterfaceKind>,
    /// The sets of interfaces that may exist at once.
    pub combinations: Vec<InterfaceCombination>,
    /// The bands and their channels.
    pub bands: Vec<Band>,
    /// The regulatory domain in force: two letters, or `00` for the world domain.
    pub country: String,
    /// A P2P device has another address at each start unless it is given one.
    pub draws_device_address: bool,
    /// `REMAIN_ON_CHANNEL` exists.
    pub remain_on_channel: bool,
    /// Longest remain-on-channel in ms.
    pub max_remain_ms: u32,
    /// A frame may be sent on another channel than the current one in one command.
    pub offchannel_transmit: bool,
    /// `AUTHENTICATE` and `ASSOCIATE` exist: the client's SME is ours.
    pub authenticate: bool,
    /// `CONNECT` exists.
    pub connect: bool,
    /// The access point's SME is in the driver (`NL80211_ATTR_DEVICE_AP_SME`).
    pub device_ap_sme: bool,
    /// The driver answers probe requests of an owner by itself.
    pub probe_response_offload: bool,
    /// A station entry is wanted before the authentication response (`NL80211_FEATURE_FULL_AP_CLIENT_STATE`).
    pub full_ap_client_state: bool,
    /// Octets of elements that a scan may carry.
    pub max_scan_elements: usize,
    /// SSIDs that a scan may probe for.
    pub max_scan_ssids: u8,
    /// The access point can change channel with its stations (`CHANNEL_SWITCH`).
    pub channel_switch: bool,
    /// The owner can be given a CTWindow (`NL80211_FEATURE_P2P_GO_CTWIN`).
    pub ctwindow: bool,
    /// EAPOL goes over the seam without a packet socket: it is encrypted and acknowledged by word of the radio.
    pub control_port: bool,
    /// The access point delivers frames of sleeping stations on their triggers, WMM U-APSD
    /// (`NL80211_ATTR_SUPPORT_AP_UAPSD`).
    pub ap_uapsd: bool,
    /// `PROBE_CLIENT` exists.
    pub probe_client: bool,
    /// Scans, and stays on other channels, are made by the kernel and not by the device's firmware: a frame goes out on another
    /// channel within a few milliseconds.
    pub software_scan: bool,
    /// Which management frames the host can be given, by kind of interface: bit n stands for subtype n (IEEE 802.11-2020
    /// Table 9-1), `NL80211_ATTR_RX_FRAME_TYPES`. Empty when the radio does not say.
    pub delivers: Vec<(InterfaceKind, u16)>,
    /// The dwell time of a scan can be chosen (`NL80211_EXT_FEATURE_SET_SCAN_DWELL`); it is ignored otherwise.
    pub scan_dwell: bool,
}

impl Capabilities {
    /// The channel at `frequency` MHz, if the radio has it.
    pub fn channel(&self, frequency: u32) -> Option<&ChannelInfo> {
        self.bands.iter().flat_map(|b| &b.channels).find(|c| c.frequency == frequency)
    }

    /// The band that holds `frequency` MHz.
    pub fn band(&self, frequency: u32) -> Option<&Band> {
        self.bands.iter().find(|b| b.channels.iter().any(|c| c.frequency == frequency))
    }

    /// Whether interfaces of this kind can be made.
    pub fn supports(&self, kind: InterfaceKind) -> bool {
        self.kinds.contains(&kind)
    }

    /// Whether interfaces of this kind deliver management frames of this subtype; supposed where the radio does not say.
    pub fn delivers(&self, kind: InterfaceKind, subtype: u8) -> bool {
        let said = self.delivers.iter().find(|(of, _)| *of == kind);
        self.delivers.is_empty() || said.is_some_and(|(_, subtypes)| subtypes & (1 << (subtype & 15)) != 0)
    }

    /// Whether all of `wanted` may exist at once, and on how many channels; `None` when they may not.
    pub fn channels_for(&self, wanted: &[InterfaceKind]) -> Option<u32> {
        if let [only] = wanted
            && self.supports(*only)
        {
            return Some(1);
        }
        self.combinations.iter().filter(|c| c.allows(wanted)).map(|c| c.channels).max()
    }
}

impl InterfaceCombination {
    /// Whether `wanted` fits into this set.
    fn allows(&self, wanted: &[InterfaceKind]) -> bool {
        wanted.len() <= self.max_interfaces as usize
            && wanted.iter().all(|k| self.limits.iter().any(|l| l.kinds.contains(k)))
            && self.limits.iter().all(|l| wanted.iter().filter(|k| l.kinds.contains(k)).count() <= l.max as usize)
    }
}

//! What a simulation is like: the medium, the radios, the links between them.

use ieee80211_ies::MacAddr;
use radio::{Band, Capabilities, ChannelInfo, InterfaceCombination, InterfaceKind, InterfaceLimit};
use std::time::Duration;

/// The medium and the habits of the kernels around it. Probabilities are from 0 to 1.
#[derive(Clone, PartialEq, Debug)]
pub struct Settings {
    /// That one attempt to send a frame is not heard, on links without a loss of their own.
    pub loss: f64,
    /// That the acknowledgement of a heard frame is lost: it is sent again, and reported as not acknowledged in the end.
    pub ack_loss: f64,
    /// That a received frame is delivered to its host twice.
    pub duplication: f64,
    /// That a report comes late, behind others that were made after it.
    pub reorder: f64,
    /// Longest of such delays.
    pub reorder_delay: Duration,
    /// That the answer to a command comes after the reports that the command caused.
    pub late_reply: f64,
    /// Longest delay between the air and the host, and between a command and its execution.
    pub delay: Duration,
    /// Attempts to send a unicast frame after the first one.
    pub retries: u32,
    /// Time to change channel for a scan or to remain on it.
    pub switch_delay: Duration,
    /// Commands that change interfaces or start an access point take this long.
    pub slow_command: Duration,
}

impl Default for Settings {
    /// A quiet room: no loss, but hosts with the usual small delays, and a late reply now and then.
    fn default() -> Self {
        Self {
            loss: 0.0,
            ack_loss: 0.0,
            duplication: 0.0,
            reorder: 0.0,
            reorder_delay: Duration::from_millis(5),
            late_reply: 0.1,
            delay: Duration::from_micros(300),
            retries: 4,
            switch_delay: Duration::from_millis(3),
            slow_command: Duration::from_millis(4),
        }
    }
}

impl Settings {
    /// A crowded room: loss of both directions, duplicates, late reports.
    pub fn crowded() -> Self {
        Self { loss: 0.3, ack_loss: 0.05, duplication: 0.02, reorder: 0.1, late_reply: 0.3, ..Self::default() }
    }
}

/// What one radio hears of another.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Link {
    /// That one attempt is not heard; 1 when out of range.
    pub loss: f64,
    /// Signal at the receiver, dBm.
    pub signal_dbm: i8,
}

impl Link {
    /// Nothing is heard.
    pub const OUT_OF_RANGE: Self = Self { loss: 1.0, signal_dbm: -100 };
}

/// A kind of radio.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Profile {
    /// As mac80211_hwsim with two channels: P2P device interfaces, two channels at once.
    P2pDevice,
    /// No P2P device interface: P2P runs on the station interface. Two channels at once.
    NoP2pDevice,
    /// As a QCA9377 under ath10k: P2P device interfaces, all interfaces on one channel.
    OneChannel,
}

impl Profile {
    /// What such a radio says that it can do.
    pub fn capabilities(self, address: MacAddr) -> Capabilities {
        use InterfaceKind::{Ap, P2pClient, P2pDevice, P2pGo, Station};
        let limit = |max, kinds: &[InterfaceKind]| InterfaceLimit { max, kinds: kinds.to_vec() };
        let (kinds, limits, channels) = match self {
            Self::P2pDevice => (
                vec![Station, Ap, P2pClient, P2pGo, P2pDevice],
                vec![limit(4, &[Station, Ap, P2pClient, P2pGo]), limit(1, &[P2pDevice])],
                2,
            ),
            Self::NoP2pDevice => {
                (vec![Station, Ap, P2pClient, P2pGo], vec![limit(4, &[Station, Ap, P2pClient, P2pGo])], 2)
            }
            Self::OneChannel => (
                vec![Station, Ap, P2pClient, P2pGo, P2pDevice],
                vec![limit(2, &[Station]), limit(2, &[Ap, P2pClient, P2pGo]), limit(1, &[P2pDevice])],
                1,
            ),
        };
        Capabilities {
            name: "phy0".into(),
            driver: if self == Self::OneChannel { "ath10k_pci".into() } else { "mac80211_hwsim".into() },
            address,
            kinds,
            combinations: vec![InterfaceCombination { limits, max_interfaces: 5, channels }],
            bands: vec![
                band((1..=13).map(|n| 2407 + 5 * n), &[10, 20, 55, 110, 60, 90, 120, 180, 240, 360, 480, 540]),
                band(
                    [36, 40, 44, 48, 52, 56, 60, 64, 149, 153, 157, 161, 165].into_iter().map(|n| 5000 + 5 * n),
                    &[60, 90, 120, 180, 240, 360, 480, 540],
                ),
            ],
            country: "US".into(),
            remain_on_channel: true,
            max_remain_ms: 5000,
            offchannel_transmit: true,
            authenticate: true,
            full_ap_client_state: true,
            max_scan_elements: 2257,
            max_scan_ssids: 4,
            channel_switch: true,
            control_port: true,
            ap_uapsd: true,
            probe_client: true,
            software_scan: self != Self::OneChannel,
            scan_dwell: self == Self::OneChannel,
            ..Capabilities::default()
        }
    }
}

/// A band with HT and no VHT; channels 52 to 64 need radar detection.
fn band(frequencies: impl Iterator<Item = u32>, rates: &[u16]) -> Band {
    let channel = |frequency| ChannelInfo {
        frequency,
        disabled: false,
        no_ir: (5260..=5320).contains(&frequency),
        radar: (5260..=5320).contains(&frequency),
        no_ht40_plus: false,
        no_ht40_minus: false,
        no_80mhz: true,
        max_power_dbm: 20,
    };
    let mut ht_mcs = [0; 16];
    ht_mcs[0] = 0xff;
    Band {
        channels: frequencies.map(channel).collect(),
        rates: rates.to_vec(),
        ht_capabilities: Some(0x000c),
        ht_ampdu: 0x1b,
        ht_mcs,
        ..Band::default()
    }
}

/// A radio to add.
#[derive(Clone, PartialEq, Debug)]
pub struct RadioSettings {
    /// What it can do; its address is the one of the first interface.
    pub capabilities: Capabilities,
    /// What kind of interface exists from the start, as [`radio::InterfaceId::BASE`]; it is down.
    pub base: InterfaceKind,
    /// Its name.
    pub base_name: String,
}

impl RadioSettings {
    /// A radio with a station interface `wlan0`.
    pub fn new(address: MacAddr, profile: Profile) -> Self {
        let capabilities = profile.capabilities(address);
        Self { capabilities, base: InterfaceKind::Station, base_name: "wlan0".into() }
    }
}

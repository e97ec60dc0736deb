//! What a radio is used for, decided from its [`Capabilities`] before anything is started, and said in words.
//!
//! ```
//! use radio::{Capabilities, Discovery, Plan};
//!
//! let plan = Plan::new(&Capabilities::default(), false);
//! assert_eq!(plan.discovery, Discovery::Impossible);
//! ```

use crate::{Capabilities, InterfaceKind};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Subtypes of the frames that discovery answers (IEEE 802.11-2020 Table 9-1).
const PROBE_REQUEST: u8 = 4;
/// See [`PROBE_REQUEST`].
const ACTION: u8 = 13;

/// Where devices are searched for and listened to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Discovery {
    /// On a P2P device interface, beside whatever the base interface does.
    P2pDevice,
    /// On the base interface.
    Base,
    /// Nowhere.
    Impossible,
}

/// Where a group lives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Placement {
    /// On an interface made for it.
    Own,
    /// On the base interface, which becomes owner or client.
    Base,
}

/// Whose the MLME of an owner or of a client is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sme {
    /// Ours: authentication and association frame by frame.
    Ours,
    /// The driver's: we learn what came of it.
    Drivers,
    /// Nobody's: the radio cannot have this role.
    None,
}

/// How a frame reaches another channel than the current one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OffChannel {
    /// In one command.
    Transmit,
    /// By staying there first.
    Remain,
    /// Not at all.
    Impossible,
}

/// What is to be done with a radio.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Plan {
    /// Where discovery runs.
    pub discovery: Discovery,
    /// Where groups live.
    pub group: Placement,
    /// The owner's MLME.
    pub owner: Sme,
    /// The client's SME.
    pub client: Sme,
    /// How action frames reach their channel.
    pub off_channel: OffChannel,
    /// Whether the radio can stay on a channel to be found there; else it only searches.
    pub listens: bool,
    /// On how many channels a group and a connection of the base interface may be at once; 0 when they cannot be at once.
    pub channels_beside: u32,
}

/// One thing that a radio can or cannot do for P2P, in words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sentence {
    /// Whether it can.
    pub can: bool,
    /// What, and why or how.
    pub text: String,
}

impl Plan {
    /// The plan for a radio. `on_base`: the user wants groups on the base interface.
    pub fn new(radio: &Capabilities, on_base: bool) -> Self {
        use InterfaceKind::{P2pClient, P2pDevice, P2pGo, Station};
        let capable = radio.supports(P2pClient) && radio.supports(P2pGo);
        let off_channel = if radio.offchannel_transmit {
            OffChannel::Transmit
        } else if radio.remain_on_channel {
            OffChannel::Remain
        } else {
            OffChannel::Impossible
        };
        // To be found a device stays on its listen channel (Wi-Fi P2P v1.7 §3.1.2.1.2).
        let hears = |kind| radio.delivers(kind, PROBE_REQUEST) && radio.delivers(kind, ACTION);
        let discovery = if !capable || off_channel == OffChannel::Impossible {
            Discovery::Impossible
        } else if radio.supports(P2pDevice) && hears(P2pDevice) {
            Discovery::P2pDevice
        } else if hears(Station) {
            Discovery::Base
        } else {
            Discovery::Impossible
        };
        let beside = |kind| {
            let device = if discovery == Discovery::P2pDevice { Some(P2pDevice) } else { None };
            let all: Vec<InterfaceKind> = [Station].into_iter().chain(device).chain([kind]).collect();
            radio.channels_for(&all)
        };
        let both = beside(P2pGo).zip(beside(P2pClient)).map(|(owner, client)| owner.min(client));
        let sme = |capable: bool, drivers: bool, ours: bool| match (capable, ours, drivers) {
            (false, _, _) => Sme::None,
            (_, true, _) => Sme::Ours,
            (_, _, true) => Sme::Drivers,
            _ => Sme::None,
        };
        Self {
            discovery,
            group: if both.is_some() && !on_base { Placement::Own } else { Placement::Base },
            owner: sme(radio.supports(P2pGo), radio.device_ap_sme, !radio.device_ap_sme),
            client: sme(radio.supports(P2pClient), radio.connect, radio.authenticate),
            off_channel,
            listens: radio.remain_on_channel,
            channels_beside: both.unwrap_or(0),
        }
    }

    /// Whether a P2P device interface is made.
    pub fn p2p_device(&self) -> bool {
        self.discovery == Discovery::P2pDevice
    }

    /// The channels (MHz) that a group can be on while the base interface is connected on `station`: one, or `None` for
    /// all that are allowed anyway.
    ///
    /// # Errors
    /// Why there is no group beside that connection, in words.
    pub fn beside(&self, radio: &Capabilities, station: u32) -> Result<Option<u32>, String> {
        match (self.group, self.channels_beside) {
            (Placement::Base, _) => Err("the group would take the interface of that connection".to_string()),
            (Placement::Own, 0) => Err("the radio cannot hold a group beside a connection".to_string()),
            (Placement::Own, 1) => match radio.channel(station) {
                Some(channel) if channel.may_initiate() => Ok(Some(station)),
                Some(_) => Err(format!("no group may be started on {station} MHz, where that connection is")),
                None => Err(format!("{station} MHz is none of the radio's channels")),
            },
            (Placement::Own, _) => Ok(None),
        }
    }

    /// The plan in words: what the radio can do for P2P and how, what it cannot and why. `base` is the name of the base
    /// interface.
    pub fn sentences(&self, radio: &Capabilities, base: &str) -> Vec<Sentence> {
        let mut all = Vec::new();
        let mut say = |can: bool, text: String| all.push(Sentence { can, text });
        if self.discovery != Discovery::Impossible && !self.listens {
            let why = "it cannot stay on a channel (REMAIN_ON_CHANNEL is missing), and finds those that listen or own a group";
            say(false, format!("be found unless it owns a group: {why}"));
        }
        match self.discovery {
            Discovery::P2pDevice if !self.listens => {
                say(true, "find: on a P2P device interface of its own".to_string());
            }
            Discovery::Base if !self.listens => say(true, format!("find: on {base} itself")),
            Discovery::P2pDevice => say(true, "find and be found: on a P2P device interface of its own".to_string()),
            Discovery::Base => say(
                true,
                format!(
                    "find and be found: on {base} itself, because the driver has no P2P device interfaces; a search takes \
                     the radio from a connection of {base}"
                ),
            ),
            Discovery::Impossible if self.off_channel == OffChannel::Impossible => {
                say(
                    false,
                    "find and be found: the driver can neither stay on a channel (REMAIN_ON_CHANNEL is missing) nor leave its own for \
                     a frame"
                        .to_string(),
                );
            }
            Discovery::Impossible
                if radio.supports(InterfaceKind::P2pGo) && radio.supports(InterfaceKind::P2pClient) =>
            {
                say(
                    false,
                    "find and be found: the driver delivers no probe requests or action frames to the host".to_string(),
                )
            }
            Discovery::Impossible => {
                say(
                    false,
                    "find and be found: the driver has no interfaces of the kinds P2P client and P2P GO".to_string(),
                );
            }
        }
        match self.owner {
            Sme::Ours => say(true, "own a group: association is done here".to_string()),
            Sme::Drivers => say(
                true,
                "own a group: association is done by the driver, which is given what to say and tells who has come"
                    .to_string(),
            ),
            Sme::None => say(false, "own a group: the driver has no P2P GO interfaces".to_string()),
        }
        match self.client {
            Sme::Ours => say(true, "join a group: authentication and association are done here".to_string()),
            Sme::Drivers => say(true, "join a group: by the driver's own SME (CONNECT)".to_string()),
            Sme::None if radio.supports(InterfaceKind::P2pClient) => {
                say(false, "join a group: the driver has neither AUTHENTICATE nor CONNECT".to_string());
            }
            Sme::None => say(false, "join a group: the driver has no P2P client interfaces".to_string()),
        }
        if self.discovery != Discovery::Impossible {
            self.say_groups(radio, base, &mut say);
        }
        all
    }

    fn say_groups(&self, radio: &Capabilities, base: &str, say: &mut impl FnMut(bool, String)) {
        match (self.group, self.channels_beside) {
            (Placement::Own, 1) => say(
                true,
                format!(
                    "hold a group beside a connection of {base}: on an interface of its own, on the channel of that connection, \
                     because the radio is on one channel at a time"
                ),
            ),
            (Placement::Own, n) => say(
                true,
                format!(
                    "hold a group beside a connection of {base}: on an interface of its own, on one of {n} channels at a time"
                ),
            ),
            (Placement::Base, 0) => say(
                false,
                format!(
                    "hold a group beside a connection of {base}: the driver allows no P2P interface beside a station, so {base} \
                     itself becomes the group's interface"
                ),
            ),
            (Placement::Base, _) => say(
                false,
                format!("hold a group beside a connection of {base}: {base} itself is to be the group's interface"),
            ),
        }
        match self.off_channel {
            OffChannel::Transmit => {}
            OffChannel::Remain => say(
                true,
                "send on other channels: by staying there first, because the driver does not leave its channel for a frame"
                    .to_string(),
            ),
            OffChannel::Impossible => say(false, "send on other channels".to_string()),
        }
        if !radio.control_port {
            say(
                true,
                "do the key handshake: over a packet socket, because the driver does not carry EAPOL over nl80211"
                    .to_string(),
            );
        }
        if !radio.channel_switch {
            say(
                false,
                "move a group to another channel: the driver has no CHANNEL_SWITCH; the group ends instead".to_string(),
            );
        }
        let bands: Vec<String> = radio.bands.iter().filter_map(owned).collect();
        if bands.is_empty() {
            say(false, "start a group anywhere: the regulatory domain allows it on no channel".to_string());
        } else {
            say(true, format!("start a group in: {} (country {})", bands.join(", "), radio.country));
        }
    }
}

/// A band in which a group may be started, and on how many channels.
fn owned(band: &crate::Band) -> Option<String> {
    let count = band.channels.iter().filter(|c| c.may_initiate()).count();
    let name = match band.channels.first()?.frequency {
        0..3000 => "2.4 GHz",
        3000..5950 => "5 GHz",
        5950..10_000 => "6 GHz",
        _ => "60 GHz",
    };
    (count > 0).then(|| format!("{name} ({count} channels)"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Band, ChannelInfo, InterfaceCombination, InterfaceLimit};
    use InterfaceKind::{P2pClient, P2pDevice, P2pGo, Station};

    fn radio(kinds: &[InterfaceKind], channels: Option<u32>) -> Capabilities {
        let limit = |max, kinds: &[InterfaceKind]| InterfaceLimit { max, kinds: kinds.to_vec() };
        let limits = alloc::vec![limit(1, &[Station]), limit(1, &[P2pClient, P2pGo]), limit(1, &[P2pDevice])];
        let channel = |frequency, no_ir| ChannelInfo {
            frequency,
            disabled: false,
            no_ir,
            radar: false,
            no_ht40_plus: true,
            no_ht40_minus: true,
            no_80mhz: true,
            max_power_dbm: 20,
        };
        Capabilities {
            kinds: kinds.to_vec(),
            combinations: channels
                .map(|channels| InterfaceCombination { limits, max_interfaces: 3, channels })
                .into_iter()
                .collect(),
            bands: alloc::vec![Band {
                channels: alloc::vec![channel(2412, false), channel(2467, true)],
                ..Band::default()
            }],
            country: "DE".into(),
            remain_on_channel: true,
            offchannel_transmit: true,
            authenticate: true,
            control_port: true,
            channel_switch: true,
            ..Capabilities::default()
        }
    }

    fn words(plan: &Plan, radio: &Capabilities) -> String {
        let all = plan.sentences(radio, "wlan0");
        all.iter().map(|s| format!("{} {}\n", if s.can { "+" } else { "-" }, s.text)).collect()
    }

    #[test]
    fn one_channel_puts_the_group_beside_a_station_on_its_channel() {
        let radio = radio(&[Station, P2pClient, P2pGo, P2pDevice], Some(1));
        let plan = Plan::new(&radio, false);
        assert_eq!((plan.discovery, plan.group, plan.channels_beside), (Discovery::P2pDevice, Placement::Own, 1));
        assert_eq!(plan.beside(&radio, 2412), Ok(Some(2412)));
        assert!(plan.beside(&radio, 2467).is_err_and(|why| why.contains("2467 MHz")));
        assert!(plan.beside(&radio, 5180).is_err_and(|why| why.contains("none of the radio's channels")));
        assert!(words(&plan, &radio).contains("on the channel of that connection"));
        assert!(words(&plan, &radio).contains("+ start a group in: 2.4 GHz (1 channels) (country DE)"));
        let plan = Plan::new(&radio, true);
        assert_eq!(plan.group, Placement::Base);
        assert!(plan.beside(&radio, 2412).is_err());
    }

    #[test]
    fn two_channels_leave_each_where_it_is() {
        let radio = radio(&[Station, P2pClient, P2pGo, P2pDevice], Some(2));
        let plan = Plan::new(&radio, false);
        assert_eq!(plan.beside(&radio, 2467), Ok(None));
    }

    #[test]
    fn without_combinations_the_base_interface_is_all_there_is() {
        let radio = radio(&[Station, P2pClient, P2pGo], None);
        let plan = Plan::new(&radio, false);
        assert_eq!((plan.discovery, plan.group, plan.channels_beside), (Discovery::Base, Placement::Base, 0));
        assert!(
            words(&plan, &radio)
                .contains("- hold a group beside a connection of wlan0: the driver allows no P2P interface")
        );
    }

    #[test]
    fn what_is_missing_is_named() {
        let mut bare = radio(&[Station], Some(1));
        assert!(
            words(&Plan::new(&bare, false), &bare).starts_with("- find and be found: the driver has no interfaces")
        );
        bare = radio(&[Station, P2pClient, P2pGo], Some(1));
        bare.remain_on_channel = false;
        let searching = Plan::new(&bare, false);
        assert_eq!((searching.discovery, searching.listens), (Discovery::Base, false));
        let said = words(&searching, &bare);
        assert!(said.starts_with("- be found unless it owns a group: it cannot stay on a channel"), "{said}");
        assert!(said.contains("+ find: on wlan0 itself"), "{said}");
        bare.offchannel_transmit = false;
        let mute = words(&Plan::new(&bare, false), &bare);
        assert!(mute.starts_with("- find and be found: the driver can neither stay on a channel"), "{mute}");
        (bare.remain_on_channel, bare.offchannel_transmit) = (true, true);
        bare.delivers = alloc::vec![(Station, 1 << ACTION)];
        let deaf = words(&Plan::new(&bare, false), &bare);
        assert!(deaf.starts_with("- find and be found: the driver delivers no probe requests"), "{deaf}");
        bare.delivers[0].1 |= 1 << PROBE_REQUEST;
        assert_eq!(Plan::new(&bare, false).discovery, Discovery::Base);
        let mut driver = radio(&[Station, P2pClient, P2pGo, P2pDevice], Some(1));
        (driver.authenticate, driver.connect, driver.device_ap_sme) = (false, true, true);
        (driver.offchannel_transmit, driver.control_port, driver.channel_switch) = (false, false, false);
        let plan = Plan::new(&driver, false);
        assert_eq!((plan.owner, plan.client, plan.off_channel), (Sme::Drivers, Sme::Drivers, OffChannel::Remain));
        let text = words(&plan, &driver);
        for part in
            ["(CONNECT)", "by the driver, which is given", "staying there first", "packet socket", "CHANNEL_SWITCH"]
        {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
}

//! What this radio, this regulatory domain and this user's wishes leave possible: pure functions from
//! [`Capabilities`] and [`Config`].

use crate::api::{ChannelWish, Config, Error};
use alloc::vec::Vec;
use ieee80211_ies::MacAddr;
use p2p_core::{ChannelSet, DeviceDescription, Settings};
use radio::{
    Band, Capabilities, Channel, ChannelInfo, Discovery, InterfaceKind, OperatingClass, Placement, Plan, Width,
    channel_to_frequency, frequency_to_channel,
};

/// The social channels, MHz (Wi-Fi P2P v1.7 §3.1.2.1.1).
pub(crate) const SOCIAL: [u32; 3] = [2412, 2437, 2462];

/// Where peers are looked for, MHz: the 2.4 and 5 GHz bands. Radios list channels below 1 GHz too (IEEE 802.11ah), on which
/// nobody speaks P2P, and 6 GHz costs too much time to be searched unasked.
const SEARCHED: core::ops::Range<u32> = 2400..5950;

/// The operating classes that our P2P channel attributes list, with the channels of each: every channel once a width, and
/// 80 MHz only where an owner need not look for radar.
const LISTED: &[(u8, &[u8])] = &[
    (81, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]),
    (115, &[36, 40, 44, 48]),
    (116, &[36, 44]),
    (117, &[40, 48]),
    (118, &[52, 56, 60, 64]),
    (121, &[100, 104, 108, 112, 116, 120, 124, 128, 132, 136, 140, 144]),
    (124, &[149, 153, 157, 161]),
    (125, &[165]),
    (126, &[149, 157]),
    (127, &[153, 161]),
    (128, &[36, 40, 44, 48, 149, 153, 157, 161]),
];

/// The interface that does discovery, and where groups live.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Layout {
    /// The kind of the interface that is made for discovery; `None` where the base interface does that.
    pub(crate) discovery: Option<InterfaceKind>,
    /// Groups get an interface of their own.
    pub(crate) group_interface: bool,
}

/// Chooses the [`Layout`] as [`Plan`] has it: a P2P device interface where the radio has that kind; a group interface
/// unless the user forbids it or the radio cannot hold one beside the base interface. Where the base interface is not to be had, a second
/// station does discovery.
pub(crate) fn layout(config: &Config, radio: &Capabilities) -> Layout {
    if config.station_only {
        return Layout { discovery: None, group_interface: false };
    }
    let plan = Plan::new(radio, config.no_group_interface);
    let second = (config.leave_base && holds_second_station(radio)).then_some(InterfaceKind::Station);
    let discovery = if plan.p2p_device() { Some(InterfaceKind::P2pDevice) } else { second };
    Layout { discovery, group_interface: plan.group == Placement::Own || second.is_some() }
}

/// Whether a radio without P2P device interfaces can hold a second station for discovery, and a group, beside its base interface.
pub(crate) fn holds_second_station(radio: &Capabilities) -> bool {
    use InterfaceKind::{P2pClient, P2pGo, Station};
    let held = |kind| radio.channels_for(&[Station, Station, kind]).is_some();
    Plan::new(radio, false).discovery == Discovery::Base && held(P2pGo) && held(P2pClient)
}

/// Whether `frequency` is forbidden by one of the ranges.
fn within(ranges: &[(u32, u32)], frequency: u32) -> bool {
    ranges.iter().any(|(from, to)| (*from..=*to).contains(&frequency))
}

/// Whether two channels (MHz) are in one band.
pub(crate) fn same_band(one: u32, other: u32) -> bool {
    let band = |f: u32| (f >= 3000, f >= 5950);
    band(one) == band(other)
}

/// Whether a group of ours may be owned on this channel.
pub(crate) fn may_own(config: &Config, channel: &ChannelInfo) -> bool {
    channel.may_initiate()
        && !within(&config.no_go_frequencies, channel.frequency)
        && !within(&config.disallowed_frequencies, channel.frequency)
}

/// Whether we may be a client on this channel: where an owner is heard, its client may send although it may not begin. A radar
/// channel that is not also such a channel is left out, as wpa_supplicant does.
fn may_follow(channel: &ChannelInfo) -> bool {
    !channel.disabled && (channel.no_ir || !channel.radar)
}

/// The channels on which peers are looked for.
pub(crate) fn searched(radio: &Capabilities) -> impl Iterator<Item = &ChannelInfo> {
    radio.bands.iter().flat_map(|b| &b.channels).filter(|c| !c.disabled && SEARCHED.contains(&c.frequency))
}

/// The channels, class by class, for which `allowed` holds.
fn channel_set(radio: &Capabilities, allowed: impl Fn(&ChannelInfo) -> bool) -> ChannelSet {
    let wide_enough = |class: &OperatingClass, info: &ChannelInfo, band: &Band| match (class.width_mhz, class.secondary)
    {
        (40, 1) => band.ht_capabilities.is_some() && !info.no_ht40_plus,
        (40, -1) => band.ht_capabilities.is_some() && !info.no_ht40_minus,
        (80, _) => band.vht_capabilities.is_some() && !info.no_80mhz,
        _ => true,
    };
    let fits = |class: &OperatingClass, number: u8| {
        let info = class.frequency(number).and_then(|f| radio.channel(f));
        let band = info.and_then(|i| radio.band(i.frequency));
        matches!((info, band), (Some(info), Some(band)) if allowed(info) && wide_enough(class, info, band))
    };
    let classes = LISTED.iter().filter_map(|(class, numbers)| {
        let row = OperatingClass::of(*class)?;
        let numbers: Vec<u8> = numbers.iter().copied().filter(|n| fits(row, *n)).collect();
        (!numbers.is_empty()).then_some((*class, numbers))
    });
    ChannelSet(classes.collect())
}

/// What discovery needs to know, from the user's configuration and the radio. `bound`: the channels (MHz) beside which the radio has no
/// other for a group.
pub(crate) fn settings(
    config: &Config,
    radio: &Capabilities,
    address: MacAddr,
    listen: (u8, u8),
    layout: Layout,
    bound: Option<&[u32]>,
) -> Settings {
    let usable = || searched(radio);
    let possible = |c: &ChannelInfo| bound.is_none_or(|bound| bound.contains(&c.frequency));
    let mut country = *b"XX\x04";
    if let Some(letters) = config.country {
        country[..2].copy_from_slice(&letters);
    }
    Settings {
        device: DeviceDescription {
            address,
            name: config.device_name.as_bytes().to_vec(),
            primary_type: config.device_type,
            secondary_types: config.secondary_device_types.clone(),
            config_methods: config.config_methods,
            manufacturer: config.manufacturer.as_bytes().to_vec(),
            model_name: config.model_name.as_bytes().to_vec(),
            model_number: config.model_number.as_bytes().to_vec(),
            serial_number: config.serial_number.as_bytes().to_vec(),
            uuid: config.uuid.unwrap_or_else(|| wsc::uuid_from_mac(address)),
        },
        country,
        listen,
        operating: config.operating_channel,
        go_channels: channel_set(radio, |c| possible(c) && may_own(config, c)),
        client_channels: channel_set(radio, |c| {
            let usable = if config.client_only_channels { may_follow(c) } else { c.may_initiate() };
            possible(c) && usable && !within(&config.disallowed_frequencies, c.frequency)
        }),
        announce: radio.software_scan,
        find_listen: config.find_listen,
        other_frequencies: usable().map(|c| c.frequency).filter(|f| !SOCIAL.contains(f)).collect(),
        passive_frequencies: usable().filter(|c| c.no_ir || c.radar).map(|c| c.frequency).collect(),
        preferred: config.preferred_channels.clone(),
        intent: config.go_intent,
        persistent_reconnect: config.persistent_reconnect,
        concurrent: layout.group_interface,
        intra_bss: config.intra_bss,
        discoverable: true,
        client_discoverable: config.discoverability,
        managed: config.managed,
        vendor_elements: config.vendor_elements.clone(),
    }
}

/// The channel for a group of ours at `frequency`, as wide as the user wants and the radio and its domain allow.
pub(crate) fn operating_channel(config: &Config, wish: &ChannelWish, radio: &Capabilities, frequency: u32) -> Channel {
    let band = radio.band(frequency);
    let ht = band.is_some_and(|b| b.ht_capabilities.is_some());
    let vht = band.is_some_and(|b| b.vht_capabilities.is_some());
    let allowed = |width: Width| wish.widest.is_none_or(|widest| width.mhz() <= widest);
    if (config.go_vht || wish.vht)
        && ht
        && vht
        && allowed(Width::Mhz80)
        && let Some(channel) = wide(radio, frequency, Width::Mhz80)
    {
        return channel;
    }
    if (config.go_ht40 || wish.ht40 || config.go_vht || wish.vht)
        && ht
        && frequency > 5000
        && allowed(Width::Mhz40)
        && let Some(channel) = wide(radio, frequency, Width::Mhz40)
    {
        return channel;
    }
    if ht { Channel::ht20(frequency) } else { Channel::no_ht(frequency) }
}

/// The 40 or 80 MHz channel of the 5 GHz raster (IEEE 802.11-2020 Annex E) around `frequency`, if an owner may start on
/// every part of it.
fn wide(radio: &Capabilities, frequency: u32, width: Width) -> Option<Channel> {
    let number = u32::from(frequency_to_channel(frequency)?);
    let base = if number >= 149 { 149 } else { 36 };
    let parts = width.mhz() / 20;
    let first = base + (number.checked_sub(base)? / 4 / parts) * parts * 4;
    let all_parts = (0..parts).map(|i| 5000 + 5 * (first + 4 * i));
    for part in all_parts {
        let info = radio.channel(part)?;
        let above = part < frequency || frequency == 5000 + 5 * first;
        let refused = match width {
            Width::Mhz80 => info.no_80mhz,
            _ if part != frequency => false,
            _ if above => info.no_ht40_plus,
            _ => info.no_ht40_minus,
        };
        if !info.may_initiate() || refused {
            return None;
        }
    }
    let centre = 5000 + 5 * first + 10 * (parts - 1);
    Some(Channel { frequency, width, centre })
}

/// The channel (MHz) for a group that we own without having negotiated it: section 5.6 of wpa_supplicant's surface.
///
/// `in_use` are the channels that the radio is bound to already, if it is, and `shared` those that it is on anyway, the best first;
/// `random` chooses among the social channels.
pub(crate) fn autonomous_channel(
    config: &Config,
    wish: &ChannelWish,
    radio: &Capabilities,
    in_use: Option<&[u32]>,
    shared: &[u32],
    random: u32,
) -> Result<u32, Error> {
    let usable = |f: u32| radio.channel(f).is_some_and(|c| may_own(config, c));
    if let Some(forced) = wish.frequency {
        return match radio.channel(forced) {
            None => Err(Error::ChannelUnsupported(forced)),
            Some(_) if !usable(forced) => Err(Error::ChannelUnavailable(forced)),
            Some(_) if in_use.is_some_and(|bound| !bound.contains(&forced)) => Err(Error::ChannelUnavailable(forced)),
            Some(_) => Ok(forced),
        };
    }
    if let Some(bound) = in_use {
        let shared = bound.iter().copied().find(|f| usable(*f));
        return shared.ok_or(Error::ChannelUnavailable(bound.first().copied().unwrap_or(0)));
    }
    let in_band = |f: u32| match wish.band {
        Some(2) => f < 3000,
        Some(5) => (4900..5950).contains(&f),
        Some(6) => (5950..7200).contains(&f),
        _ => true,
    };
    let configured = config.operating_channel.and_then(|(class, number)| channel_to_frequency(class, number));
    let preferred = || config.preferred_channels.iter().filter_map(|(c, n)| channel_to_frequency(*c, *n));
    let social = (0..3).map(|i| SOCIAL[((random + i) % 3) as usize]);
    let five = (5180..=5240).step_by(20).chain((5745..=5805).step_by(20));
    // Radios list channels below 1 GHz too, which P2P has no name for.
    let named = |f: &u32| Channel::ht20(*f).operating_class().is_some();
    let rest = radio.bands.iter().flat_map(|b| &b.channels).map(|c| c.frequency).filter(named);
    let order = shared.iter().copied().chain(configured).chain(preferred());
    let found = match wish.band {
        Some(5) => order.chain(five).chain(rest).find(|f| usable(*f) && in_band(*f)),
        _ => order.chain(social).chain(five).chain(rest).find(|f| usable(*f) && in_band(*f)),
    };
    found.ok_or(Error::ChannelUnavailable(wish.band.map_or(0, |b| u32::from(b) * 1000)))
}

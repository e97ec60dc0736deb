//! What P2P frames have in common: writing their attributes, reading those we act on (Wi-Fi P2P v1.7 §4.1, §4.2).

use crate::api::{ChannelSet, Method, Settings};
use crate::channels::Channel;
use crate::wsc_ie::{P2P_METHODS, Wsc};
use alloc::vec::Vec;
use ieee80211_ies::frame::{Action, Body, Frame, P2pPublicSubtype};
use ieee80211_ies::p2p::{
    Attribute, Capability, ChannelAttr, ChannelList, ChannelListBuf, DeviceInfoBuf, DeviceName, ExtendedListenTiming,
    OperatingClassChannelsBuf, P2p, device_capability, group_capability,
};
use ieee80211_ies::wsc::{ConfigMethods, DeviceType};
use ieee80211_ies::{Elements, MacAddr, OUI_WFA, Ssid};
use radio::channel_to_frequency;

/// The vendor type of WFD elements.
const WFD_OUI_TYPE: u8 = 10;
/// Operating classes and channels of a class that are kept of a peer's Channel List.
const MAX_CLASSES: usize = 32;
const MAX_CHANNELS: usize = 64;

/// The frames to which extra elements can be added, by wpa_supplicant's numbers (VENDOR_ELEM_ADD).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    ProbeRequest = 0,
    ProbeResponse = 1,
    ProvisionDiscoveryRequest = 4,
    ProvisionDiscoveryResponse = 5,
    GoNegotiationRequest = 6,
    GoNegotiationResponse = 7,
    GoNegotiationConfirm = 8,
    InvitationRequest = 9,
    InvitationResponse = 10,
    AssociationRequest = 11,
}

/// A P2P public action frame: to whom, under which BSSID (the responder's address throughout an exchange).
pub(crate) fn action(
    settings: &Settings,
    to: MacAddr,
    bssid: MacAddr,
    (subtype, dialog_token): (P2pPublicSubtype, u8),
    elements: &[u8],
) -> Vec<u8> {
    let action = Action::P2pPublic { subtype, dialog_token, elements: Elements::new(elements) };
    Frame::new(to, settings.device.address, bssid, Body::Action(action)).to_vec()
}

/// Appends the extra elements for this kind of frame.
pub(crate) fn emit_extra(settings: &Settings, kind: Kind, out: &mut Vec<u8>) {
    let extra = settings.vendor_elements.iter().filter(|(number, _)| *number == kind as u8);
    extra.for_each(|(_, elements)| out.extend_from_slice(elements));
}

/// P2P Capability.
pub(crate) fn capability(settings: &Settings, group: u8) -> Attribute {
    let concurrent = if settings.concurrent { device_capability::CONCURRENT_OPERATION } else { 0 };
    let managed = if settings.managed { device_capability::INFRASTRUCTURE_MANAGED } else { 0 };
    Attribute::Capability(Capability { device: device_capability::INVITATION_PROCEDURE | concurrent | managed, group })
}

/// P2P Capability of a client, which the owner passes on to others: it can be woken (Wi-Fi P2P v1.7 §3.2.6).
pub(crate) fn client_capability(settings: &Settings) -> Attribute {
    let discoverable = if settings.client_discoverable { device_capability::CLIENT_DISCOVERABILITY } else { 0 };
    match capability(settings, 0) {
        Attribute::Capability(capability) => {
            Attribute::Capability(Capability { device: capability.device | discoverable, ..capability })
        }
        other => other,
    }
}

/// Group capability bits of a group that we own or offer to own.
pub(crate) fn group_bits(settings: &Settings, persistent: bool) -> u8 {
    let intra_bss = if settings.intra_bss { group_capability::INTRA_BSS_DISTRIBUTION } else { 0 };
    let persistent = match (persistent, settings.persistent_reconnect) {
        (true, true) => group_capability::PERSISTENT_GROUP | group_capability::PERSISTENT_RECONNECT,
        (true, false) => group_capability::PERSISTENT_GROUP,
        (false, _) => 0,
    };
    intra_bss | persistent
}

/// P2P Device Info. In a negotiation only the methods of the kind agreed on are named.
pub(crate) fn device_info(settings: &Settings, method: Option<Method>) -> Attribute {
    let device = &settings.device;
    let config_methods = match method {
        Some(Method::PushButton) => ConfigMethods::PUSH_BUTTON,
        Some(Method::Display | Method::Keypad) => ConfigMethods::DISPLAY | ConfigMethods::KEYPAD,
        None => ConfigMethods(device.config_methods) & P2P_METHODS,
    };
    Attribute::DeviceInfo(DeviceInfoBuf {
        address: device.address,
        config_methods,
        primary: DeviceType(device.primary_type),
        secondary: device.secondary_types.iter().copied().map(DeviceType).collect(),
        name: device_name(&device.name),
    })
}

/// A name of at most 32 octets; a longer one is cut.
fn device_name(name: &[u8]) -> DeviceName {
    DeviceName::new(name.get(..32).unwrap_or(name)).unwrap_or_default()
}

/// A channel attribute.
pub(crate) fn channel(settings: &Settings, (class, channel): Channel) -> ChannelAttr {
    ChannelAttr { country: settings.country, class, channel }
}

/// Listen Channel.
pub(crate) fn listen_channel(settings: &Settings) -> Attribute {
    Attribute::ListenChannel(channel(settings, settings.listen))
}

/// Operating Channel.
pub(crate) fn operating_channel(settings: &Settings, operating: Channel) -> Attribute {
    Attribute::OperatingChannel(channel(settings, operating))
}

/// Channel List.
pub(crate) fn channel_list(settings: &Settings, set: &ChannelSet) -> Attribute {
    let entry =
        |(class, channels): &(u8, Vec<u8>)| OperatingClassChannelsBuf { class: *class, channels: channels.clone() };
    Attribute::ChannelList(ChannelListBuf { country: settings.country, entries: set.0.iter().map(entry).collect() })
}

/// Extended Listen Timing, where it is in use.
pub(crate) fn extended_listen(timing: Option<(u16, u16)>) -> Option<Attribute> {
    timing.map(|(period, interval)| Attribute::ExtendedListenTiming(ExtendedListenTiming { period, interval }))
}

/// An SSID; one of more than 32 octets counts as none.
pub(crate) fn ssid(octets: &[u8]) -> Ssid {
    Ssid::new(octets).unwrap_or_default()
}

/// The channels of a Channel List, or `None` where its country string is neither global nor ours (then its classes are
/// numbered by other rules, Wi-Fi P2P v1.7 §4.1.13).
pub(crate) fn channels_of(list: &ChannelList<'_>, settings: &Settings) -> Option<ChannelSet> {
    if list.country[2] != 4 && list.country[..2] != settings.country[..2] {
        return None;
    }
    let entries = list.entries().take(MAX_CLASSES);
    Some(ChannelSet(
        entries.map(|each| (each.class, each.channels.iter().copied().take(MAX_CHANNELS).collect())).collect(),
    ))
}

/// The frequency of a channel attribute, MHz.
pub(crate) fn frequency(attribute: Option<ChannelAttr>) -> Option<u32> {
    attribute.and_then(|it| channel_to_frequency(it.class, it.channel))
}

/// The elements of a received frame that the machine acts on.
pub(crate) struct Message<'a> {
    pub(crate) p2p: P2p<'a>,
    pub(crate) wsc: Wsc,
    pub(crate) wfd: Vec<u8>,
}

impl<'a> Message<'a> {
    /// `None` where there is no P2P element, or one that cannot be read.
    pub(crate) fn read(elements: Elements<'a>) -> Option<Self> {
        let p2p = elements.p2p().ok().flatten()?;
        Some(Self { p2p, wsc: Wsc::read(elements).unwrap_or_default(), wfd: wfd(elements) })
    }
}

/// The WFD subelements, joined.
pub(crate) fn wfd(elements: Elements<'_>) -> Vec<u8> {
    elements.vendor(OUI_WFA, WFD_OUI_TYPE).ok().flatten().map_or_else(Vec::new, |joined| joined.to_vec())
}

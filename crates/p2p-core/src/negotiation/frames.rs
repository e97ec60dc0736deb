//! The three frames of GO negotiation (Wi-Fi P2P v1.7 §4.2.9.2 to §4.2.9.4).

use super::{Agreed, Negotiation};
use crate::api::{ChannelSet, Method, Settings};
use crate::channels::Channel;
use crate::frames::{self, Kind};
use crate::wsc_ie;
use alloc::vec::Vec;
use ieee80211_ies::MacAddr;
use ieee80211_ies::frame::P2pPublicSubtype;
use ieee80211_ies::p2p::{Attribute, ConfigurationTimeout, GroupId, GroupOwnerIntent, Status, emit};

/// How long we may need until we are ready, in units of 10 ms: as owner, as client (as deployed devices have it).
const CONFIGURATION_TIMEOUT: ConfigurationTimeout = ConfigurationTimeout { group_owner: 100, client: 20 };

/// GO Negotiation Request.
pub(super) fn request(settings: &Settings, timing: Option<(u16, u16)>, negotiation: &Negotiation) -> Vec<u8> {
    let Negotiation { wish, offer, dialog_token, tie_breaker, .. } = negotiation;
    let intent = GroupOwnerIntent { intent: wish.intent, tie_breaker: *tie_breaker };
    let mut attributes = Vec::from([
        frames::capability(settings, frames::group_bits(settings, wish.persistent)),
        Attribute::GroupOwnerIntent(intent),
        Attribute::ConfigurationTimeout(CONFIGURATION_TIMEOUT),
        frames::listen_channel(settings),
    ]);
    attributes.extend(frames::extended_listen(timing));
    attributes.extend([
        Attribute::IntendedInterfaceAddress(wish.interface_address),
        frames::channel_list(settings, &offer.channels),
        frames::device_info(settings, Some(wish.method)),
        frames::operating_channel(settings, offer.operating),
    ]);
    let mut elements = Vec::new();
    wsc_ie::emit_password_id(Some(wish.method), &mut elements);
    emit(&attributes, &mut elements);
    frames::emit_extra(settings, Kind::GoNegotiationRequest, &mut elements);
    let what = (P2pPublicSubtype::GO_NEGOTIATION_REQUEST, *dialog_token);
    frames::action(settings, wish.peer, wish.peer, what, &elements)
}

/// What a GO Negotiation Response says.
pub(super) struct Response<'a> {
    pub(super) status: Status,
    /// Our intent, and the inverse of the bit received.
    pub(super) intent: GroupOwnerIntent,
    pub(super) interface: MacAddr,
    pub(super) channels: &'a ChannelSet,
    pub(super) method: Option<Method>,
    /// Where we come to own the group: its channel and SSID, and whether it is persistent.
    pub(super) group: Option<(Channel, &'a [u8], bool)>,
    /// The channel we would like if this fails, or nothing is settled.
    pub(super) operating: Option<Channel>,
}

/// GO Negotiation Response.
pub(super) fn response(settings: &Settings, to: MacAddr, dialog_token: u8, response: &Response<'_>) -> Vec<u8> {
    // A client to be offers no group, and leaves the channel to the owner by naming none.
    let group = response.group.map_or(0, |(_, _, persistent)| frames::group_bits(settings, persistent));
    let operating = response.group.map(|(operating, ..)| operating).or(response.operating);
    let mut attributes = Vec::from([
        Attribute::Status(response.status),
        frames::capability(settings, group),
        Attribute::GroupOwnerIntent(response.intent),
        Attribute::ConfigurationTimeout(CONFIGURATION_TIMEOUT),
    ]);
    attributes.extend(operating.map(|operating| frames::operating_channel(settings, operating)));
    attributes.extend([
        Attribute::IntendedInterfaceAddress(response.interface),
        frames::channel_list(settings, response.channels),
        frames::device_info(settings, response.method),
    ]);
    attributes.extend(response.group.map(|(_, ssid, _)| group_id(settings, ssid)));
    let mut elements = Vec::new();
    wsc_ie::emit_password_id(response.method, &mut elements);
    emit(&attributes, &mut elements);
    frames::emit_extra(settings, Kind::GoNegotiationResponse, &mut elements);
    let what = (P2pPublicSubtype::GO_NEGOTIATION_RESPONSE, dialog_token);
    frames::action(settings, to, settings.device.address, what, &elements)
}

/// GO Negotiation Confirm; `operating` is the owner's channel whoever owns the group.
pub(super) fn confirm(
    settings: &Settings,
    negotiation: &Negotiation,
    status: Status,
    operating: Channel,
    agreed: Option<&Agreed>,
) -> Vec<u8> {
    let wish = &negotiation.wish;
    let owner = agreed.is_some_and(|agreed| agreed.owner);
    let group = if owner { frames::group_bits(settings, wish.persistent) } else { 0 };
    let channels = agreed.map_or(&negotiation.offer.channels, |agreed| &agreed.channels);
    let mut attributes = Vec::from([
        Attribute::Status(status),
        frames::capability(settings, group),
        frames::operating_channel(settings, operating),
        frames::channel_list(settings, channels),
    ]);
    if owner {
        attributes.push(group_id(settings, &wish.ssid));
    }
    let mut elements = Vec::new();
    emit(&attributes, &mut elements);
    frames::emit_extra(settings, Kind::GoNegotiationConfirm, &mut elements);
    let what = (P2pPublicSubtype::GO_NEGOTIATION_CONFIRMATION, negotiation.dialog_token);
    frames::action(settings, wish.peer, wish.peer, what, &elements)
}

fn group_id(settings: &Settings, ssid: &[u8]) -> Attribute {
    Attribute::GroupId(GroupId { device_address: settings.device.address, ssid: frames::ssid(ssid) })
}

//! The three frames of GO negotiation (Wi-Fi P2P v1.7 §4.2.9.2 to §4.2.9.4).

use super::{Agreed, Negotiation};
use crate::api::{ChannelSet, Method, Settings};
use crate::channels::Channel;
use crate::frames::{self, Kind};
use crate::wsc_ie;
use alloc::vec::Vec;
use ieee80211_ies::MacAddr;
use ieee80211_ies::frame::P2pPublicSubtype;
use ieee80211_ies::p2p::{Attribute, ChannelAttr, ConfigurationTimeout, GroupId, GroupOwnerIntent, Status, emit};

/// How long we may need until we are ready, in units of 10 ms: as owner, as client (as deployed devices have it).
const CONFIGURATION_TIMEOUT: ConfigurationTimeout = ConfigurationTimeout { group_owner: 100, client: 20 };

/// GO Negotiation Request; `plain_pin` where the peer says of PINs only that it is one.
pub(super) fn request(
    settings: &Settings,
    timing: Option<(u16, u16)>,
    negotiation: &Negotiation,
    plain_pin: bool,
) -> Vec<u8> {
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
    wsc_ie::emit_password_id(Some(wish.method), plain_pin, &mut elements);
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
    /// The peer says of PINs only that it is one.
    pub(super) plain_pin: bool,
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
    wsc_ie::emit_password_id(response.method, response.plain_pin, &mut elements);
    emit(&attributes, &mut elements);
    frames::emit_extra(settings, Kind::GoNegotiationResponse, &mut elements);
    let what = (P2pPublicSubtype::GO_NEGOTIATION_RESPONSE, dialog_token);
    frames::action(settings, to, settings.device.address, what, &elements)
}

/// GO Negotiation Confirm; `operating` is the owner's channel whoever owns the group, as its owner has written it: some compare
/// its country too.
pub(super) fn confirm(
    settings: &Settings,
    negotiation: &Negotiation,
    status: Status,
    operating: ChannelAttr,
    agreed: Option<&Agreed>,
) -> Vec<u8> {
    let wish = &negotiation.wish;
    let owner = agreed.is_some_and(|agreed| agreed.owner);
    let group = if owner { frames::group_bits(settings, wish.persistent) } else { 0 };
    let channels = agreed.map_or(&negotiation.offer.channels, |agreed| &agreed.channels);
    let mut attributes = Vec::from([
        Attribute::Status(status),
        frames::capability(settings, group),
        Attribute::OperatingChannel(operating),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Negotiate;
    use crate::channels::{Demand, offer};
    use crate::negotiation::Phase;
    use crate::testing::{TestRng, address, settings};
    use core::time::Duration;

    fn negotiation(settings: &Settings) -> Negotiation {
        let wish = Negotiate {
            peer: address(2),
            method: Method::PushButton,
            intent: 7,
            interface_address: MacAddr([2, 0, 0, 0, 1, 1]),
            ssid: b"DIRECT-ab".to_vec(),
            persistent: true,
            forced_frequency: None,
            preferred_frequency: Some(2437),
            authorize_only: false,
            provision_first: false,
            shared_frequency: None,
            ht40: false,
        };
        let demand = Demand { preferred: Some(2437), ..Demand::default() };
        let offer = offer(settings, demand, &mut TestRng::new(1)).unwrap();
        let until = Duration::ZERO;
        Negotiation {
            wish,
            offer,
            dialog_token: 3,
            tie_breaker: true,
            asks: true,
            returns: 0,
            unwoken: 0,
            until,
            phase: Phase::Asking,
        }
    }

    fn narrow() -> Settings {
        let channels = ChannelSet([(81, [1, 6].into())].into());
        Settings { go_channels: channels.clone(), client_channels: channels, ..settings(1) }
    }

    /// Header, category to dialog token, then the WSC element with the Device Password ID as `emit_password_id` is tested for.
    fn head(subtype: u8, to: u8, bssid: u8) -> Vec<u8> {
        let mut head = Vec::from(*b"\xd0\x00\x00\x00");
        head.extend([2, 0, 0, 0, 0, to, 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, bssid, 0, 0]);
        head.extend([0x04, 0x09, 0x50, 0x6f, 0x9a, 0x09, subtype, 3]);
        head
    }

    const DEVICE_INFO: &[u8] =
        b"\x0d\x17\x00\x02\x00\x00\x00\x00\x01\x00\x80\x00\x01\x00\x50\xf2\x04\x00\x01\x00\x10\x11\x00\x02d1";

    #[test]
    fn request_octets() {
        let settings = narrow();
        let bytes = request(&settings, Some((100, 500)), &negotiation(&settings), false);
        let mut expected = head(0, 2, 2);
        wsc_ie::emit_password_id(Some(Method::PushButton), false, &mut expected);
        // Attributes in the order of Wi-Fi P2P v1.7 Table 61: id, length (little endian), body.
        let attributes = [
            &b"\x02\x02\x00\x24\x0a"[..],    // Capability: concurrent, invitation; persistent, intra-BSS
            b"\x04\x01\x00\x0f",             // intent 7, tie breaker 1
            b"\x05\x02\x00\x64\x14",         // 1 s as owner, 200 ms as client
            b"\x06\x05\x00XX\x04\x51\x06",   // listen channel 6 of class 81
            b"\x08\x04\x00\x64\x00\xf4\x01", // extended listen 100 of 500 ms
            b"\x09\x06\x00\x02\x00\x00\x00\x01\x01", // intended interface address
            b"\x0b\x07\x00XX\x04\x51\x02\x01\x06", // channels 1 and 6 of class 81
            DEVICE_INFO,
            b"\x11\x05\x00XX\x04\x51\x06", // operating channel 6
        ]
        .concat();
        expected.extend([0xdd, attributes.len() as u8 + 4, 0x50, 0x6f, 0x9a, 0x09]);
        expected.extend(attributes);
        assert_eq!(bytes, expected);
    }

    #[test]
    fn response_octets_of_an_owner_and_of_a_client() {
        let settings = narrow();
        let channels = settings.go_channels.clone();
        let base = |group| Response {
            status: Status::SUCCESS,
            intent: GroupOwnerIntent { intent: 7, tie_breaker: false },
            interface: MacAddr([2, 0, 0, 0, 1, 1]),
            channels: &channels,
            method: Some(Method::PushButton),
            plain_pin: false,
            group,
            operating: None,
        };
        let owner: &[&[u8]] = &[
            b"\x00\x01\x00\x00",
            b"\x02\x02\x00\x24\x0a",
            b"\x04\x01\x00\x0e",
            b"\x05\x02\x00\x64\x14",
            b"\x11\x05\x00XX\x04\x51\x06",
            b"\x09\x06\x00\x02\x00\x00\x00\x01\x01",
            b"\x0b\x07\x00XX\x04\x51\x02\x01\x06",
            DEVICE_INFO,
            b"\x0f\x0f\x00\x02\x00\x00\x00\x00\x01DIRECT-ab",
        ];
        let client: Vec<&[u8]> = owner
            .iter()
            .copied()
            .filter(|attribute| !matches!(attribute[0], 0x11 | 0x0f))
            .map(|attribute| if attribute[0] == 2 { &b"\x02\x02\x00\x24\x00"[..] } else { attribute })
            .collect();
        for (group, attributes) in [(Some(((81, 6), &b"DIRECT-ab"[..], true)), owner.concat()), (None, client.concat())]
        {
            let mut expected = head(1, 2, 1);
            wsc_ie::emit_password_id(Some(Method::PushButton), false, &mut expected);
            expected.extend([0xdd, attributes.len() as u8 + 4, 0x50, 0x6f, 0x9a, 0x09]);
            expected.extend(attributes);
            assert_eq!(response(&settings, address(2), 3, &base(group)), expected);
        }
    }

    #[test]
    fn confirm_octets() {
        let settings = narrow();
        let agreed = |owner| Agreed {
            owner,
            peer_interface: address(2),
            frequency: Some(2412),
            channels: settings.go_channels.clone(),
            peer_timeout: Duration::ZERO,
            peer_persistent: false,
        };
        for owner in [true, false] {
            let operating = ChannelAttr { country: *b"DE\x04", class: 81, channel: 1 };
            let bytes = confirm(&settings, &negotiation(&settings), Status::SUCCESS, operating, Some(&agreed(owner)));
            let mut attributes = Vec::from(*b"\x00\x01\x00\x00");
            attributes.extend(if owner { b"\x02\x02\x00\x24\x0a" } else { b"\x02\x02\x00\x24\x00" });
            attributes.extend(b"\x11\x05\x00DE\x04\x51\x01\x0b\x07\x00XX\x04\x51\x02\x01\x06");
            if owner {
                attributes.extend(b"\x0f\x0f\x00\x02\x00\x00\x00\x00\x01DIRECT-ab");
            }
            let mut expected = head(2, 2, 2);
            expected.extend([0xdd, attributes.len() as u8 + 4, 0x50, 0x6f, 0x9a, 0x09]);
            expected.extend(attributes);
            assert_eq!(bytes, expected);
        }
    }
}

//! Network interfaces as rtnetlink has them: up and down, address, name.

use crate::netlink::{Attributes, Message};
use ieee80211_ies::MacAddr;
use netlink_packet_core::{NLM_F_ACK, NLM_F_DUMP, NLM_F_REQUEST, NetlinkMessage, NetlinkPayload};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::{LinkAttribute, LinkFlags, LinkHeader, LinkMessage};

/// The multicast group of link changes (`RTNLGRP_LINK`).
pub(crate) const GROUP_LINK: u32 = 1;
/// `RTM_NEWLINK`
const RTM_NEWLINK: u16 = 16;
/// `RTM_DELLINK`
const RTM_DELLINK: u16 = 17;
/// `IFLA_ADDRESS`
const IFLA_ADDRESS: u16 = 1;
/// `IFLA_IFNAME`
const IFLA_IFNAME: u16 = 3;
/// Octets of `struct ifinfomsg`
const HEADER: usize = 16;

/// A change to a link.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Change {
    /// Raise or lower it.
    Up(bool),
    /// Give it an address.
    Address(MacAddr),
}

/// What the kernel says of a link.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Link {
    pub(crate) ifindex: u32,
    /// Whether it is gone.
    pub(crate) gone: bool,
    pub(crate) up: bool,
    pub(crate) name: Option<String>,
    pub(crate) address: Option<MacAddr>,
}

/// The message that asks for a change; an acknowledgement is asked for.
pub(crate) fn change(ifindex: u32, change: Change, sequence: u32) -> Vec<u8> {
    let mut link = LinkMessage::default();
    link.header.index = ifindex;
    match change {
        Change::Up(up) => {
            link.header.change_mask = LinkFlags::Up;
            if up {
                link.header.flags = LinkFlags::Up;
            }
        }
        Change::Address(address) => link.attributes.push(LinkAttribute::Address(address.octets().to_vec())),
    }
    request(RouteNetlinkMessage::SetLink(link), sequence)
}

/// The message that asks about a link.
pub(crate) fn get(ifindex: u32, sequence: u32) -> Vec<u8> {
    let mut link = LinkMessage::default();
    link.header.index = ifindex;
    request(RouteNetlinkMessage::GetLink(link), sequence)
}

/// The message that asks about all links.
pub(crate) fn dump(sequence: u32) -> Vec<u8> {
    let mut message = NetlinkMessage::from(RouteNetlinkMessage::GetLink(LinkMessage::default()));
    message.header.flags = NLM_F_REQUEST | NLM_F_DUMP;
    message.header.sequence_number = sequence;
    serialized(message)
}

fn request(body: RouteNetlinkMessage, sequence: u32) -> Vec<u8> {
    let mut message = NetlinkMessage::from(body);
    message.header.flags = NLM_F_REQUEST | NLM_F_ACK;
    message.header.sequence_number = sequence;
    serialized(message)
}

fn serialized(mut message: NetlinkMessage<RouteNetlinkMessage>) -> Vec<u8> {
    message.finalize();
    debug_assert!(matches!(message.payload, NetlinkPayload::InnerMessage(_)));
    let mut bytes = vec![0; message.buffer_len()];
    message.serialize(&mut bytes);
    bytes
}

/// Reads `RTM_NEWLINK` and `RTM_DELLINK`. Only the attributes that matter are decoded: one that the codec does not
/// know how to read must not cost the others.
pub(crate) fn parse(message: &Message<'_>) -> Option<Link> {
    let gone = match message.kind {
        RTM_NEWLINK => false,
        RTM_DELLINK => true,
        _ => return None,
    };
    let header = LinkHeader::parse(message.payload).ok()?;
    // An AF_BRIDGE or AF_INET6 notice of the same link is about something else.
    if u8::from(header.interface_family) != 0 {
        return None;
    }
    let mut link =
        Link { ifindex: header.index, gone, up: header.flags.contains(LinkFlags::Up), name: None, address: None };
    let attributes = Attributes(message.payload.get(HEADER..)?);
    link.name = attributes.text(IFLA_IFNAME).map(str::to_owned);
    link.address = attributes.mac(IFLA_ADDRESS);
    Some(link)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::netlink::messages;

    #[test]
    fn a_link_is_raised_lowered_and_given_an_address() {
        let raise = change(5, Change::Up(true), 9);
        let expected: [u8; 32] = [
            32, 0, 0, 0, 19, 0, 5, 0, 9, 0, 0, 0, 0, 0, 0, 0, // RTM_SETLINK, REQUEST | ACK
            0, 0, 0, 0, 5, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, // index 5, flags and change mask IFF_UP
        ];
        assert_eq!(raise, expected);
        let lower = change(5, Change::Up(false), 9);
        assert_eq!(lower[24..32], [0, 0, 0, 0, 1, 0, 0, 0]);
        let address = change(5, Change::Address(MacAddr([2, 0, 0, 0, 0, 7])), 9);
        assert_eq!(address[24..44], [0, 0, 0, 0, 0, 0, 0, 0, 10, 0, 1, 0, 2, 0, 0, 0, 0, 7, 0, 0]);
    }

    #[test]
    fn a_report_is_read_with_attributes_that_are_not_known() {
        let mut bytes = vec![0, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        bytes.extend([0, 0, 1, 0, 5, 0, 0, 0, 0x43, 0x10, 1, 0, 0, 0, 0, 0]);
        bytes.extend([6, 0, 0xff, 0x3f, 1, 2, 0, 0]); // none that there is
        bytes.extend([10, 0, 3, 0, b'w', b'l', b'a', b'n', b'7', 0, 0, 0]);
        bytes[0] = bytes.len() as u8;
        let link = parse(&messages(&bytes).next().unwrap()).unwrap();
        let expected = Link { ifindex: 5, gone: false, up: true, name: Some("wlan7".to_owned()), address: None };
        assert_eq!(link, expected);
    }
}

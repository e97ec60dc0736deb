//! Known answers, hostile bytes and round trips.

use std::vec;
use std::vec::Vec;

use proptest::collection::vec as vec_of;
use proptest::prelude::*;

use super::*;
use crate::wsc::{ConfigMethods, DeviceType};
use crate::{Elements, MacAddr, Malformed, OUI_WFA, Rule, Sensitive, Ssid, emit_vendor_elements};

fn group_info(client: &[u8]) -> Vec<u8> {
    let mut bytes = vec![14, client.len() as u8, 0];
    bytes.extend_from_slice(client);
    bytes
}

/// A Client Info Descriptor up to and with the count of secondary device types.
fn client(len: u8, secondary: u8) -> Vec<u8> {
    let mut bytes = vec![len];
    bytes.extend_from_slice(&[2; 6]);
    bytes.extend_from_slice(&[4; 6]);
    bytes.push(0x25);
    bytes.extend_from_slice(&[0x01, 0x88]);
    bytes.extend_from_slice(&DeviceType::wfa(1, 1).0);
    bytes.push(secondary);
    bytes
}

/// The layout of Wi-Fi P2P v1.7 §4.1, byte orders included: little endian lengths, WSC fields big endian.
#[test]
fn device_info_by_hand() {
    let bytes = [
        13, 29, 0, 0x02, 0, 0, 0, 0, 0x01, 0x01, 0x88, 0, 10, 0, 0x50, 0xf2, 4, 0, 5, 1, 0, 1, 0, 0x50, 0xf2, 4, 0, 2,
        0x10, 0x11, 0, 0,
    ];
    let p2p = P2p::parse(&bytes).unwrap();
    let info = p2p.device_info().unwrap();
    assert_eq!(info.address, MacAddr([2, 0, 0, 0, 0, 1]));
    assert_eq!(info.config_methods, ConfigMethods::PUSH_BUTTON | ConfigMethods::KEYPAD | ConfigMethods::DISPLAY);
    assert_eq!(info.primary, DeviceType::wfa(10, 5));
    assert_eq!(info.secondary.iter().collect::<Vec<_>>(), [DeviceType::wfa(1, 2)]);
    assert!(info.name.is_empty());
}

#[test]
fn go_negotiation_attributes_by_hand() {
    let bytes = [
        2, 2, 0, 0x25, 0x0b, // P2P Capability
        4, 1, 0, 0x0f, // Group Owner Intent 7, tie breaker 1
        5, 2, 0, 100, 20, // Configuration Timeout
        6, 5, 0, b'X', b'X', 4, 81, 6, // Listen Channel
        8, 4, 0, 0xf4, 1, 0xe8, 3, // Extended Listen Timing 500 ms every 1000 ms
        9, 6, 0, 2, 0, 0, 0, 1, 0, // Intended P2P Interface Address
        11, 12, 0, b'X', b'X', 4, 81, 3, 1, 6, 11, 115, 2, 36, 40, // Channel List
        12, 15, 0, 3, 0x8a, 255, 0x10, 0x27, 0, 0, 0xa0, 0x86, 1, 0, 1, 2, 3, 4, // Notice of Absence
        17, 0, 0, // Operating Channel: none
    ];
    let p2p = P2p::parse(&bytes).unwrap();
    assert_eq!(p2p.capability(), Some(Capability { device: 0x25, group: 0x0b }));
    assert_eq!(p2p.group_owner_intent(), Some(GroupOwnerIntent { intent: 7, tie_breaker: true }));
    assert_eq!(p2p.configuration_timeout().unwrap().group_owner_time().as_millis(), 1000);
    assert_eq!(p2p.configuration_timeout().unwrap().client_time().as_millis(), 200);
    assert_eq!(p2p.listen_channel(), Some(ChannelAttr { country: *b"XX\x04", class: 81, channel: 6 }));
    assert_eq!(p2p.extended_listen_timing(), Some(ExtendedListenTiming { period: 500, interval: 1000 }));
    assert_eq!(p2p.intended_interface_address(), Some(MacAddr([2, 0, 0, 0, 1, 0])));
    let channels = p2p.channel_list().unwrap();
    assert_eq!(channels.channels().collect::<Vec<_>>(), [(81, 1), (81, 6), (81, 11), (115, 36), (115, 40)]);
    assert!(channels.contains(115, 40) && !channels.contains(81, 40));
    let notice = p2p.notice_of_absence().unwrap();
    assert_eq!((notice.index, notice.opportunistic_power_save, notice.ct_window), (3, true, 10));
    let absence = AbsenceDescriptor { count: 255, duration: 10_000, interval: 100_000, start: 0x0403_0201 };
    assert_eq!(notice.descriptors().collect::<Vec<_>>(), [absence]);
    assert_eq!(p2p.operating_channel(), None);
    assert_eq!(p2p.to_attributes().len(), 9);
}

#[test]
fn the_last_of_several_counts() {
    let p2p = P2p::parse(&[0, 1, 0, 4, 0, 1, 0, 7]).unwrap();
    assert_eq!(p2p.status(), Some(Status::NO_COMMON_CHANNELS));
    assert_eq!(p2p.attributes().count(), 2);
}

#[test]
fn an_attribute_may_begin_in_one_element_and_end_in_the_next() {
    let mut bytes = Vec::new();
    bytes.extend_from_slice(b"\xdd\x07\x50\x6f\x9a\x09\x03\x06\x00");
    bytes.extend_from_slice(b"\xdd\x05\x50\x6f\x9a\x0a\x00");
    bytes.extend_from_slice(b"\xdd\x0a\x50\x6f\x9a\x09\x02\x00\x00\x00\x00\x09");
    let p2p = P2p::find(Elements::new(&bytes)).unwrap().unwrap();
    assert_eq!(p2p.device_id(), Some(MacAddr([2, 0, 0, 0, 0, 9])));
    assert_eq!(P2p::find(Elements::new(&bytes[..0])), Ok(None));
}

/// CVE-2021-0326: more secondary device types than the descriptor has octets.
#[test]
fn group_info_with_more_secondary_types_than_fit() {
    let mut body = client(24 + 4, 200);
    body.extend_from_slice(&[0x10, 0x11, 0, 0]);
    let error = P2p::parse(&group_info(&body)).unwrap_err();
    assert_eq!(error, Malformed { offset: 3 + 25, what: "P2P Client Info Descriptor", rule: Rule::TooMany });
}

#[test]
fn group_info_whose_name_overruns_its_descriptor() {
    let mut body = client(24 + 4 + 2, 0);
    body.extend_from_slice(&[0x10, 0x11, 0, 3, b'a', b'b', b'c']);
    assert_eq!(P2p::parse(&group_info(&body)).unwrap_err().rule, Rule::TooShort);
}

#[test]
fn names_longer_than_32_octets_or_of_another_type() {
    for (header, len, rule) in [([0x10, 0x11, 0, 33], 33, Rule::TooLong), ([0x10, 0x45, 0, 2], 2, Rule::InvalidValue)] {
        let mut body = client(24 + 4 + len, 0);
        body.extend_from_slice(&header);
        body.extend(core::iter::repeat_n(b'x', len.into()));
        assert_eq!(P2p::parse(&group_info(&body)).unwrap_err().rule, rule);
    }
}

/// CVE-2015-1863: an SSID longer than 32 octets.
#[test]
fn group_id_with_too_long_an_ssid() {
    let mut bytes = vec![15, 6 + 33, 0];
    bytes.extend_from_slice(&[b'x'; 6 + 33]);
    let error = Malformed { offset: 9, what: "P2P Group ID", rule: Rule::TooLong };
    assert_eq!(P2p::parse(&bytes).unwrap_err(), error);
    bytes[1] = 6 + 32;
    bytes.pop();
    assert_eq!(P2p::parse(&bytes).unwrap().group_id().unwrap().ssid.len(), 32);
}

#[test]
fn cut_off_attributes() {
    let error = P2p::parse(&[2, 2, 0, 0x25, 0, 3, 6, 0, 1]).unwrap_err();
    assert_eq!(error, Malformed { offset: 5, what: "P2P attribute", rule: Rule::TooShort });
    assert_eq!(P2p::parse(&[2, 1, 0, 0x25]).unwrap_err().what, "P2P Capability");
    assert_eq!(P2p::parse(&[11, 5, 0, b'X', b'X', 4, 81, 3]).unwrap_err().what, "Channel List");
    assert_eq!(P2p::parse(&[12, 4, 0, 0, 0, 1, 2]).unwrap_err().rule, Rule::Trailing);
}

#[test]
fn secrets_are_not_printed() {
    let attribute = Attribute::Password(b"hunter2"[..].into());
    assert_eq!(std::format!("{attribute:?}"), "Password([redacted])");
}

fn mac() -> impl Strategy<Value = MacAddr> {
    any::<[u8; 6]>().prop_map(MacAddr)
}

fn bytes(most: usize) -> impl Strategy<Value = Vec<u8>> {
    vec_of(any::<u8>(), 0..=most)
}

fn channel() -> impl Strategy<Value = ChannelAttr> {
    any::<([u8; 3], u8, u8)>().prop_map(|(country, class, channel)| ChannelAttr { country, class, channel })
}

fn ssid() -> impl Strategy<Value = Ssid> {
    bytes(32).prop_map(|bytes| Ssid::new(&bytes).unwrap())
}

fn name() -> impl Strategy<Value = DeviceName> {
    bytes(32).prop_map(|bytes| DeviceName::new(&bytes).unwrap())
}

fn types(most: usize) -> impl Strategy<Value = Vec<DeviceType>> {
    vec_of(any::<[u8; 8]>().prop_map(DeviceType), 0..=most)
}

fn group() -> impl Strategy<Value = GroupId> {
    (mac(), ssid()).prop_map(|(device_address, ssid)| GroupId { device_address, ssid })
}

fn device_info() -> impl Strategy<Value = DeviceInfoBuf> {
    (mac(), any::<u16>(), any::<[u8; 8]>(), types(6), name()).prop_map(
        |(address, methods, primary, secondary, name)| {
            let (config_methods, primary) = (ConfigMethods(methods), DeviceType(primary));
            DeviceInfoBuf { address, config_methods, primary, secondary, name }
        },
    )
}

fn client_info() -> impl Strategy<Value = ClientInfoBuf> {
    (device_info(), mac(), any::<u8>()).prop_map(|(device, interface_address, device_capability)| ClientInfoBuf {
        device_address: device.address,
        interface_address,
        device_capability,
        config_methods: device.config_methods,
        primary: device.primary,
        secondary: device.secondary,
        name: device.name,
    })
}

fn channel_list() -> impl Strategy<Value = ChannelListBuf> {
    let entry = (any::<u8>(), bytes(20)).prop_map(|(class, channels)| OperatingClassChannelsBuf { class, channels });
    (any::<[u8; 3]>(), vec_of(entry, 0..6)).prop_map(|(country, entries)| ChannelListBuf { country, entries })
}

fn notice() -> impl Strategy<Value = NoticeOfAbsenceBuf> {
    let descriptor = any::<(u8, u32, u32, u32)>().prop_map(|(count, duration, interval, start)| AbsenceDescriptor {
        count,
        duration,
        interval,
        start,
    });
    (any::<(u8, bool)>(), 0..128u8, vec_of(descriptor, 0..4)).prop_map(
        |((index, power_save), ct_window, descriptors)| NoticeOfAbsenceBuf {
            index,
            opportunistic_power_save: power_save,
            ct_window,
            descriptors,
        },
    )
}

fn small() -> impl Strategy<Value = Attribute> {
    prop_oneof![
        any::<u8>().prop_map(|value| Attribute::Status(Status(value))),
        any::<u8>().prop_map(Attribute::MinorReasonCode),
        any::<(u8, u8)>().prop_map(|(device, group)| Attribute::Capability(Capability { device, group })),
        mac().prop_map(Attribute::DeviceId),
        (0..128u8, any::<bool>())
            .prop_map(|(intent, tie_breaker)| Attribute::GroupOwnerIntent(GroupOwnerIntent { intent, tie_breaker })),
        any::<(u8, u8)>().prop_map(|(group_owner, client)| {
            Attribute::ConfigurationTimeout(ConfigurationTimeout { group_owner, client })
        }),
        mac().prop_map(Attribute::GroupBssid),
        any::<(u16, u16)>().prop_map(|(period, interval)| {
            Attribute::ExtendedListenTiming(ExtendedListenTiming { period, interval })
        }),
        mac().prop_map(Attribute::IntendedInterfaceAddress),
        any::<u8>().prop_map(Attribute::Manageability),
        any::<u8>().prop_map(Attribute::InvitationFlags),
        any::<u8>().prop_map(Attribute::ConnectionCapability),
        (channel(), any::<u8>())
            .prop_map(|(channel, role)| Attribute::OobGoNegChannel(OobGoNegChannel { channel, role })),
        (any::<u32>(), mac()).prop_map(|(id, mac)| Attribute::AdvertisementId(ServiceId { id, mac })),
        (any::<u32>(), mac()).prop_map(|(id, mac)| Attribute::SessionId(ServiceId { id, mac })),
    ]
}

fn large() -> impl Strategy<Value = Attribute> {
    let service = (any::<u32>(), any::<u16>(), bytes(40)).prop_map(|(id, methods, name)| AdvertisedServiceBuf {
        id,
        config_methods: ConfigMethods(methods),
        name,
    });
    prop_oneof![
        channel().prop_map(Attribute::ListenChannel),
        channel().prop_map(Attribute::OperatingChannel),
        channel_list().prop_map(Attribute::ChannelList),
        notice().prop_map(Attribute::NoticeOfAbsence),
        device_info().prop_map(Attribute::DeviceInfo),
        vec_of(client_info(), 0..5).prop_map(Attribute::GroupInfo),
        group().prop_map(Attribute::GroupId),
        (mac(), vec_of(mac(), 0..4)).prop_map(|(device_address, addresses)| {
            Attribute::Interface(InterfaceBuf { device_address, addresses })
        }),
        vec_of(any::<[u8; 6]>(), 1..5).prop_map(Attribute::ServiceHash),
        bytes(144).prop_map(Attribute::SessionInformation),
        vec_of(service, 0..4).prop_map(Attribute::AdvertisedService),
        bytes(4).prop_map(Attribute::FeatureCapability),
        group().prop_map(Attribute::PersistentGroup),
    ]
}

fn version_2() -> impl Strategy<Value = Attribute> {
    prop_oneof![
        (any::<u16>(), bytes(3)).prop_map(|(information, extra)| Attribute::CapabilityExtension { information, extra }),
        bytes(20).prop_map(Attribute::WlanApInformation),
        bytes(21).prop_map(|key| Attribute::DeviceIdentityKey(Sensitive::new(key))),
        any::<(u8, [u8; 8], [u8; 8])>().prop_map(|(cipher, nonce, tag)| {
            Attribute::DeviceIdentityResolution(DeviceIdentityResolution { cipher, nonce, tag })
        }),
        (bytes(20), any::<u16>())
            .prop_map(|(comeback, methods)| Attribute::PairingAndBootstrapping { comeback, methods }),
        bytes(63).prop_map(|password| Attribute::Password(Sensitive::new(password))),
        bytes(300).prop_map(Attribute::ActionFrameWrapper),
        (prop_oneof![Just(20u8), 36..=255u8], bytes(300))
            .prop_map(|(id, body)| Attribute::Unknown { id: AttributeId(id), body }),
    ]
}

/// Any attribute.
pub(crate) fn attribute() -> impl Strategy<Value = Attribute> {
    prop_oneof![3 => small(), 3 => large(), 1 => version_2()]
}

/// Reads everything that there is to read.
fn exercise(p2p: &P2p<'_>) {
    let owned = p2p.to_attributes();
    assert_eq!(owned.len(), p2p.attributes().count());
    let _ = std::format!("{p2p:?}");
    let _ = std::format!("{:?}{:?}", p2p.channel_list(), p2p.notice_of_absence());
    let _ = std::format!("{:?}{:?}{:?}", p2p.device_info(), p2p.group_info(), p2p.advertised_service());
    let _ = (p2p.listen_channel(), p2p.operating_channel(), p2p.interface(), p2p.service_hash());
}

proptest! {
    #[test]
    fn reading_what_was_written_gives_the_same(attributes in vec_of(attribute(), 0..5)) {
        let mut elements = Vec::new();
        emit(&attributes, &mut elements);
        let mut ids: Vec<_> = attributes.iter().map(Attribute::id).collect();
        ids.retain(|id| id.name().is_some() && ![AttributeId::ADVERTISED_SERVICE, AttributeId::VENDOR_SPECIFIC].contains(id));
        let twice = ids.iter().enumerate().any(|(at, id)| ids[..at].contains(id));
        prop_assert_eq!(crate::check(&elements).map_err(|error| error.rule), if twice { Err(Rule::Repeated) } else { Ok(()) });
        let p2p = P2p::find(Elements::new(&elements)).unwrap().unwrap();
        exercise(&p2p);
        prop_assert_eq!(p2p.to_attributes(), attributes);
    }

    #[test]
    fn arbitrary_bytes_do_no_harm(bytes in bytes(400)) {
        if let Ok(p2p) = P2p::parse(&bytes) {
            exercise(&p2p);
        }
        for attribute in Attributes::new(&bytes) {
            let _ = Attribute::try_from(attribute);
        }
    }

    #[test]
    fn changed_octets_do_no_harm(
        attributes in vec_of(attribute(), 1..6),
        changes in vec_of((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut: prop::sample::Index,
    ) {
        let mut body = Vec::new();
        emit_attributes(&attributes, &mut body);
        for (place, value) in changes {
            let place = place.index(body.len());
            body[place] = value;
        }
        body.truncate(cut.index(body.len()) + 1);
        if let Ok(p2p) = P2p::parse(&body) {
            exercise(&p2p);
            // What could be read can be written, and reads the same.
            let owned = p2p.to_attributes();
            let mut again = Vec::new();
            emit_attributes(&owned, &mut again);
            prop_assert_eq!(P2p::parse(&again).unwrap().to_attributes(), owned);
        }
    }

    #[test]
    fn joining_does_not_depend_on_where_elements_break(attributes in vec_of(attribute(), 0..4), at: prop::sample::Index) {
        let mut body = Vec::new();
        emit_attributes(&attributes, &mut body);
        let (first, second) = body.split_at(at.index(body.len() + 1));
        let mut elements = Vec::new();
        emit_vendor_elements(OUI_WFA, OUI_TYPE, first, &mut elements);
        emit_vendor_elements(OUI_WFA, OUI_TYPE, second, &mut elements);
        let p2p = P2p::find(Elements::new(&elements)).unwrap().unwrap();
        prop_assert_eq!(p2p.to_attributes(), attributes);
    }
}

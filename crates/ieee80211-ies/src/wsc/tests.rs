use std::vec::Vec;

use proptest::collection::vec as vec_of;
use proptest::prelude::*;

use super::*;
use crate::{Elements, MacAddr, Malformed, Rule, Ssid};

/// The WSC element of a beacon of an access point with an active registrar, laid out by WSC 2.0 §8.2.1.
#[test]
fn a_beacon_of_a_selected_registrar() {
    let mut element = std::vec![0xdd, 0x29, 0x00, 0x50, 0xf2, 0x04];
    element.extend_from_slice(&[0x10, 0x4a, 0, 1, 0x10, 0x10, 0x44, 0, 1, 2, 0x10, 0x41, 0, 1, 1]);
    element.extend_from_slice(&[0x10, 0x12, 0, 2, 0, 4, 0x10, 0x53, 0, 2, 0x02, 0x80]);
    element.extend_from_slice(&[0x10, 0x49, 0, 6, 0x00, 0x37, 0x2a, 0, 1, 0x20]);
    let wsc = Wsc::find(Elements::new(&element)).unwrap().unwrap();
    assert_eq!(wsc.version(), Some(VERSION_1_0));
    assert_eq!(wsc.version2(), Some(VERSION_2_0));
    assert_eq!(wsc.wsc_state(), Some(WscState::CONFIGURED));
    assert_eq!(wsc.selected_registrar(), Some(true));
    assert_eq!(wsc.device_password_id(), Some(DevicePasswordId::PUSH_BUTTON));
    assert_eq!(wsc.selected_registrar_config_methods(), Some(ConfigMethods::VIRTUAL_PUSH_BUTTON));
    assert_eq!(wsc.attributes().count(), 6);
}

#[test]
fn zeros_at_the_end_are_padding_and_nothing_else_is() {
    let wsc = Wsc::parse(&[0x10, 0x4a, 0, 1, 0x10, 0, 0, 0, 0, 0]).unwrap();
    assert_eq!(wsc.attributes().count(), 1);
    let error = Wsc::parse(&[0x10, 0x4a, 0, 1, 0x10, 0, 0, 1]).unwrap_err();
    assert_eq!(error, Malformed { offset: 5, what: "WSC attribute", rule: Rule::TooShort });
}

#[test]
fn fixed_lengths_are_checked() {
    let error = Wsc::parse(&[0x10, 0x12, 0, 1, 4]).unwrap_err();
    assert_eq!(error, Malformed { offset: 4, what: "Device Password ID", rule: Rule::TooShort });
    assert_eq!(Wsc::parse(&[0x10, 0x4a, 0, 2, 0x10, 0]).unwrap_err().rule, Rule::TooLong);
    assert_eq!(Wsc::parse(&[0x10, 0x55, 0, 2, 0, 0]).unwrap_err().rule, Rule::TooLong);
}

#[test]
fn a_credential_and_what_it_must_have() {
    let credential = Credential {
        network_index: 1,
        ssid: Ssid::new(b"DIRECT-ab").unwrap(),
        authentication_type: authentication_type::WPA2_PSK,
        encryption_type: encryption_type::AES,
        network_key: b"passphrase",
        mac: MacAddr([2, 0, 0, 0, 0, 1]),
        key_shareable: Some(false),
    };
    let mut bytes = Vec::new();
    Writer::new(&mut bytes).credential(&credential);
    let wsc = Wsc::parse(&bytes).unwrap();
    assert_eq!(wsc.credentials().collect::<Vec<_>>(), [Ok(credential)]);
    assert!(!std::format!("{credential:?}{wsc:?}").contains("passphrase"));

    let missing = Malformed { offset: 0, what: "Network Key", rule: Rule::Missing };
    assert_eq!(Credential::parse(&[]), Err(missing));
    let mut bytes = Vec::new();
    Writer::new(&mut bytes).credential(&Credential { network_key: &[b'x'; 65], ..credential });
    assert_eq!(Wsc::parse(&bytes).unwrap().credentials().next().unwrap().unwrap_err().rule, Rule::TooLong);
}

#[test]
fn subelements_of_the_wfa_from_several_extensions() {
    let mut bytes = Vec::new();
    let macs = [[2, 0, 0, 0, 0, 1], [0xff; 6]].concat();
    Writer::new(&mut bytes)
        .version2()
        .vendor_extension([0, 0x50, 0xf2], &[1, 6, 9, 9, 9, 9, 9, 9])
        .wfa_extension(&[(attr::wfa::AUTHORIZED_MACS, &macs), (attr::wfa::REGISTRAR_CONFIG_METHODS, &[0x01, 0x88])]);
    let wsc = Wsc::parse(&bytes).unwrap();
    assert_eq!(wsc.version2(), Some(0x20));
    assert_eq!(wsc.authorized_macs().collect::<Vec<_>>(), [MacAddr([2, 0, 0, 0, 0, 1]), MacAddr::BROADCAST]);
    assert_eq!(wsc.registrar_config_methods(), Some(ConfigMethods(0x0188)));
    assert_eq!(wsc.request_to_enroll(), None);
}

#[test]
fn numbers_are_big_endian_and_written_as_they_are_read() {
    let mut bytes = Vec::new();
    Writer::new(&mut bytes)
        .message_type(MessageType::M1)
        .config_error(ConfigError::MULTIPLE_PBC_SESSIONS_DETECTED)
        .association_state(AssociationState::NOT_ASSOCIATED)
        .authentication_type_flags(0x0022)
        .os_version(0x0102_0304)
        .rf_bands(rf_band::GHZ_2_4)
        .e_hash1(&[7; 32])
        .secondary_device_types(&[DeviceType::wfa(1, 2), DeviceType::wfa(3, 4)])
        .requested_device_type(DeviceType::wfa(5, 6))
        .requested_device_type(DeviceType::wfa(7, 8));
    assert_eq!(&bytes[5..11], [0x10, 0x09, 0, 2, 0, 12]);
    let wsc = Wsc::parse(&bytes).unwrap();
    assert_eq!(wsc.message_type(), Some(MessageType::M1));
    assert_eq!(wsc.config_error(), Some(ConfigError::MULTIPLE_PBC_SESSIONS_DETECTED));
    assert_eq!(wsc.association_state(), Some(AssociationState::NOT_ASSOCIATED));
    assert_eq!(wsc.authentication_type_flags(), Some(0x22));
    assert_eq!(wsc.os_version(), Some(0x8102_0304));
    assert_eq!(wsc.rf_bands(), Some(1));
    assert_eq!(wsc.e_hash1(), Some([7; 32]));
    assert_eq!(wsc.secondary_device_types().unwrap().len(), 2);
    assert_eq!(wsc.requested_device_types().collect::<Vec<_>>(), [DeviceType::wfa(5, 6), DeviceType::wfa(7, 8)]);
}

/// Attributes that nothing of ours needs do not keep a message from being read, whatever they hold.
#[test]
fn rarely_used_attributes() {
    let mut bytes = Vec::new();
    Writer::new(&mut bytes)
        .attribute(attr::KEY_LIFETIME, &[0, 0, 0x0e, 0x10])
        .attribute(attr::DOT1X_ENABLED, &[1])
        .attribute(attr::REGISTRAR_MAX, &[])
        .attribute(attr::CONFIRMATION_URL4, b"http://a")
        .wfa_extension(&[(attr::wfa::MULTI_AP_PROFILE, &[2]), (attr::wfa::MULTI_AP_8021Q, &[0, 9])]);
    let wsc = Wsc::parse(&bytes).unwrap();
    assert_eq!((wsc.key_lifetime(), wsc.dot1x_enabled(), wsc.registrar_max()), (Some(3600), Some(true), None));
    assert_eq!(wsc.confirmation_url4(), Some(&b"http://a"[..]));
    assert_eq!((wsc.multi_ap_profile(), wsc.multi_ap_8021q()), (Some(2), Some(9)));
    let mut element = Vec::new();
    emit_element(&bytes, &mut element);
    let error = crate::check(&element).unwrap_err();
    assert_eq!(error, Malformed { offset: 23, what: "Registrar Max", rule: Rule::TooShort });
}

/// What the lenient reading lets pass the strict one names.
#[test]
fn what_only_the_strict_reading_refuses() {
    let strict = |attributes: &[u8]| {
        assert!(Wsc::parse(attributes).is_ok());
        let mut element = Vec::new();
        emit_element(attributes, &mut element);
        crate::check(&element).unwrap_err()
    };
    let padded = strict(&[0x10, 0x4a, 0, 1, 0x10, 0, 0, 0, 0]);
    assert_eq!(padded, Malformed { offset: 11, what: "WSC attribute", rule: Rule::Trailing });
    let twice = strict(&[0x10, 0x4a, 0, 1, 0x10, 0x10, 0x4a, 0, 1, 0x20]);
    assert_eq!(twice, Malformed { offset: 11, what: "Version", rule: Rule::Repeated });
    let cut = strict(&[0x10, 0x49, 0, 5, 0, 0x37, 0x2a, 0, 2]);
    assert_eq!(cut, Malformed { offset: 15, what: "WFA Vendor Extension", rule: Rule::TooShort });
}

/// Attributes that no rule constrains, so that any body is valid.
fn free_attributes() -> impl Strategy<Value = Vec<(u16, Vec<u8>)>> {
    let kind = prop_oneof![Just(attr::MODEL_NAME), Just(attr::PUBLIC_KEY), 0x2000..=0xffffu16];
    vec_of((kind, vec_of(any::<u8>(), 0..300)), 0..6)
}

proptest! {
    #[test]
    fn reading_what_was_written_gives_the_same(attributes in free_attributes()) {
        let mut bytes = Vec::new();
        for (kind, body) in &attributes {
            Writer::new(&mut bytes).attribute(*kind, body);
        }
        let mut elements = Vec::new();
        emit_element(&bytes, &mut elements);
        let mut kinds: Vec<_> = attributes.iter().map(|(kind, _)| *kind).collect();
        kinds.retain(|kind| attr::name(*kind).is_some());
        let twice = kinds.iter().enumerate().any(|(at, kind)| kinds[..at].contains(kind));
        prop_assert_eq!(crate::check(&elements).map_err(|error| error.rule), if twice { Err(Rule::Repeated) } else { Ok(()) });
        let wsc = Wsc::find(Elements::new(&elements)).unwrap().unwrap();
        let read: Vec<_> = wsc.attributes().map(|attribute| (attribute.kind, attribute.body.to_vec())).collect();
        prop_assert_eq!(read, attributes);
    }

    #[test]
    fn credentials_round_trip(
        (ssid, key) in (vec_of(any::<u8>(), 0..=32), vec_of(any::<u8>(), 0..=64)),
        (network_index, authentication_type, encryption_type) in any::<(u8, u16, u16)>(),
        (mac, key_shareable) in any::<([u8; 6], Option<bool>)>(),
    ) {
        let (ssid, network_key, mac) = (Ssid::new(&ssid).unwrap(), &key[..], MacAddr(mac));
        let credential =
            Credential { network_index, ssid, authentication_type, encryption_type, network_key, mac, key_shareable };
        let mut bytes = Vec::new();
        Writer::new(&mut bytes).credential(&credential);
        let wsc = Wsc::parse(&bytes).unwrap();
        prop_assert_eq!(wsc.credentials().next(), Some(Ok(credential)));
    }

    #[test]
    fn arbitrary_bytes_do_no_harm(bytes in vec_of(any::<u8>(), 0..300)) {
        let _ = Wsc::parse(&bytes);
        let _ = Credential::parse(&bytes);
        prop_assert!(Attributes::new(&bytes).count() <= bytes.len() / 4);
    }

    #[test]
    fn changed_octets_do_no_harm(
        changes in vec_of((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut: prop::sample::Index,
    ) {
        let mut bytes = Vec::new();
        let credential = Credential {
            network_index: 1,
            ssid: Ssid::WILDCARD,
            authentication_type: 0x20,
            encryption_type: 8,
            network_key: b"0123456789",
            mac: MacAddr::ZERO,
            key_shareable: Some(true),
        };
        let password = OobDevicePassword { public_key_hash: [1; 20], id: DevicePasswordId(16), password: &[2; 32] };
        Writer::new(&mut bytes)
            .version()
            .version2()
            .wfa_extension(&[(1, &[3; 30]), (6, &[1])])
            .secondary_device_types(&[DeviceType::default(); 2])
            .oob_device_password(&password)
            .credential(&credential);
        for (place, value) in changes {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        bytes.truncate(cut.index(bytes.len()) + 1);
        if let Ok(wsc) = Wsc::parse(&bytes) {
            let _ = std::format!("{wsc:?}{:?}{:?}", wsc.oob_device_password(), wsc.secondary_device_types());
            let _ = (wsc.credentials().count(), wsc.authorized_macs().count(), wsc.wfa_subelements().count());
        }
    }
}

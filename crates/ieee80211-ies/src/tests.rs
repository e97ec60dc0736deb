//! The small elements: known answers and round trips.

use std::vec::Vec;

use proptest::collection::vec as vec_of;
use proptest::prelude::*;

use crate::bss::*;
use crate::channel_switch::*;
use crate::rates::{P2P_RATES, Rate, emit_extended, emit_supported};
use crate::rsn::{self, Rsn, RsnExtension, Suite, Suites};
use crate::{Elements, KnownElement, MacAddr, Rule, check, eht, emit_fragmented, he, ht, id, vht, wmm};

fn emitted<'a>(element: &impl KnownElement<'a>) -> Vec<u8> {
    let mut out = Vec::new();
    element.emit(&mut out);
    out
}

/// The RSN element of WPA2-Personal with CCMP, as IEEE 802.11-2020 §9.4.2.24 lays it out.
#[test]
fn rsn_of_wpa2_personal() {
    let bytes = emitted(&rsn::wpa2_psk_ccmp());
    let mut expected =
        std::vec![48, 20, 1, 0, 0x00, 0x0f, 0xac, 4, 1, 0, 0x00, 0x0f, 0xac, 4, 1, 0, 0x00, 0x0f, 0xac, 2];
    expected.extend_from_slice(&[0, 0]);
    assert_eq!(bytes, expected);
    assert_eq!(Elements::new(&bytes).find_whole(id::RSN), Some(&expected[..]));
    assert_eq!(rsn::cipher::CCMP_128.to_u32(), 0x000f_ac04);
}

#[test]
fn rsn_may_end_early_and_has_defaults() {
    let rsn = Rsn::parse(&[1, 0]).unwrap();
    assert_eq!(rsn.group, rsn::cipher::CCMP_128);
    assert!(rsn.pairwise.contains(rsn::cipher::CCMP_128) && rsn.akms.contains(rsn::akm::DOT1X));
    assert_eq!(Rsn::parse(&[1]).unwrap_err().rule, Rule::TooShort);
    let error = Elements::new(&[48, 8, 1, 0, 0, 0x0f, 0xac, 4, 2, 0]).get::<Rsn<'_>>().unwrap_err();
    assert_eq!((error.offset, error.rule), (10, Rule::TooShort));
}

/// The WMM Parameter element with the default parameters, as access points send it (WMM v1.2 §2.2.2).
#[test]
fn default_wmm_parameters() {
    let mut bytes = Vec::new();
    wmm::Parameter { qos_info: 0x81, ..Default::default() }.emit(&mut bytes);
    let mut expected = std::vec![0xdd, 24, 0x00, 0x50, 0xf2, 2, 1, 1, 0x81, 0];
    expected.extend_from_slice(&[0x03, 0xa4, 0, 0, 0x27, 0xa4, 0, 0, 0x42, 0x43, 0x5e, 0, 0x62, 0x32, 0x2f, 0]);
    assert_eq!(bytes, expected);
    assert_eq!(wmm::Information::find(Elements::new(&bytes)), Ok(None));
    bytes[10] = 0x63;
    assert_eq!(wmm::Parameter::find(Elements::new(&bytes)).unwrap_err().offset, 10);
}

#[test]
fn rates_of_a_group() {
    let mut bytes = Vec::new();
    emit_supported(&P2P_RATES, &mut bytes);
    emit_extended(&P2P_RATES, &mut bytes);
    assert_eq!(bytes, [1, 8, 0x8c, 0x12, 0x98, 0x24, 0xb0, 0x48, 0x60, 0x6c]);
    assert_eq!(Elements::new(&bytes).rates().collect::<Vec<_>>(), P2P_RATES);
    assert!(!Elements::new(&bytes).has_dsss_rates_only());
    assert!(Elements::new(&[1, 4, 0x82, 0x84, 0x8b, 0x96]).has_dsss_rates_only());
    assert!(!Elements::new(&[]).has_dsss_rates_only());
    assert!(!Elements::new(&[1, 4, 0x82, 0x84, 0x8b, 0x96, 50, 1, 12]).has_dsss_rates_only());
    assert_eq!(std::format!("{:?}", [Rate(0x8b), Rate(12), Rate::HT_REQUIRED]), "[5.5*, 6, selector 127]");
}

#[test]
fn the_bitmap_of_a_tim() {
    let tim = Tim { dtim_count: 0, dtim_period: 2, control: 0x03, bitmap: &[0x02, 0x80] };
    assert_eq!(emitted(&tim), [5, 5, 0, 2, 3, 2, 0x80]);
    assert!(tim.holds_group_frames());
    let held: Vec<_> = (0..2008).filter(|&aid| tim.holds_for(aid)).collect();
    assert_eq!(held, [17, 31]);
}

#[test]
fn where_the_counts_of_channel_switches_lie() {
    let bytes = emitted(&ChannelSwitch { block_transmission: true, channel: 11, count: 77 });
    assert_eq!((bytes.as_slice(), bytes[ChannelSwitch::COUNT_OFFSET]), (&[37, 3, 1, 11, 77][..], 77));
    let bytes = emitted(&ExtendedChannelSwitch { block_transmission: false, class: 115, channel: 36, count: 78 });
    assert_eq!((bytes.as_slice(), bytes[ExtendedChannelSwitch::COUNT_OFFSET]), (&[60, 4, 0, 115, 36, 78][..], 78));
}

#[test]
fn country_with_padding() {
    let country = Country::new(*b"DE ", &[[1, 13, 20], [36, 4, 23]]);
    let bytes = emitted(&country);
    assert_eq!(bytes, [7, 10, b'D', b'E', b' ', 1, 13, 20, 36, 4, 23, 0]);
    assert_eq!(Elements::new(&bytes).get(), Ok(Some(country)));
}

#[test]
fn ht_and_vht_operation() {
    assert_eq!(emitted(&ht::Operation::new(36, 1))[..4], [61, 22, 36, 5]);
    assert_eq!(emitted(&ht::Operation::new(40, -1))[..4], [61, 22, 40, 7]);
    let plain = ht::Operation::new(6, 0);
    assert_eq!((plain.secondary_offset(), plain.is_wide(), plain.centre_2()), (0, false, 0));
    let operation = vht::Operation { width: 1, centre_0: 42, centre_1: 0, basic_mcs: vht::Operation::NO_BASIC_MCS };
    assert_eq!(emitted(&operation), [192, 5, 1, 42, 0, 0xff, 0xff]);
}

#[test]
fn extended_capabilities_by_bit() {
    let capabilities = ExtendedCapabilities(&[0x04, 0, 0, 0x80]);
    assert!(capabilities.has(ExtendedCapabilities::EXTENDED_CHANNEL_SWITCHING));
    assert!(capabilities.has(ExtendedCapabilities::INTERWORKING));
    assert!(!capabilities.has(ExtendedCapabilities::BSS_TRANSITION) && !capabilities.has(1000));
}

/// Writes an element among others and reads it back.
#[track_caller]
fn round_trip<'a, T: KnownElement<'a> + PartialEq + core::fmt::Debug>(element: T, bytes: &'a mut Vec<u8>) {
    crate::emit_element(200, b"before", bytes);
    element.emit(bytes);
    crate::emit_element(201, b"after", bytes);
    assert_eq!(crate::check(bytes), Ok(()));
    assert_eq!(Elements::new(bytes).get::<T>(), Ok(Some(element)));
}

proptest! {
    #[test]
    fn fixed_elements_round_trip(octets: [u8; 32], flag: bool, venue: Option<[u8; 2]>, hessid: Option<[u8; 6]>) {
        let [a, b, c, d, ..] = octets;
        let pair = u16::from_le_bytes([a, b]);
        let (mcs, word) = (*octets.last_chunk().unwrap(), u32::from_le_bytes([a, b, c, d]));
        let hessid = hessid.map(MacAddr);
        round_trip(DsssParameterSet { channel: a }, &mut Vec::new());
        round_trip(Erp { parameters: a }, &mut Vec::new());
        round_trip(PowerCapability { min: a.cast_signed(), max: b.cast_signed() }, &mut Vec::new());
        round_trip(Interworking { access_network: a, venue, hessid }, &mut Vec::new());
        round_trip(OperatingModeNotification { mode: a }, &mut Vec::new());
        round_trip(ChannelSwitch { block_transmission: flag, channel: a, count: b }, &mut Vec::new());
        round_trip(
            ExtendedChannelSwitch { block_transmission: flag, class: a, channel: b, count: c },
            &mut Vec::new(),
        );
        round_trip(SecondaryChannelOffset { offset: a }, &mut Vec::new());
        round_trip(WideBandwidthChannelSwitch { width: a, centre_0: b, centre_1: c }, &mut Vec::new());
        round_trip(vht::Capabilities { information: word, mcs: *octets.last_chunk().unwrap() }, &mut Vec::new());
        round_trip(vht::Operation { width: a, centre_0: b, centre_1: c, basic_mcs: pair }, &mut Vec::new());
        round_trip(
            ht::Capabilities {
                information: pair,
                ampdu: c,
                mcs,
                extended: !pair,
                beamforming: word,
                antenna_selection: d,
            },
            &mut Vec::new(),
        );
        round_trip(
            ht::Operation { primary_channel: a, information: *octets.first_chunk().unwrap(), basic_mcs: mcs },
            &mut Vec::new(),
        );
    }

    #[test]
    fn lists_round_trip(
        octets in vec_of(any::<u8>(), 1..200),
        (version, capabilities) in any::<(u16, u16)>(),
        group: [u8; 4],
        (pairwise, akms) in (vec_of(any::<[u8; 4]>(), 0..5), vec_of(any::<[u8; 4]>(), 0..5)),
        pmkids in vec_of(any::<[u8; 16]>(), 0..4),
        group_management: Option<[u8; 4]>,
        triplets in vec_of(any::<[u8; 3]>(), 0..30),
    ) {
        let rsn = Rsn {
            version,
            group: Suite(group),
            pairwise: Suites::new(&pairwise),
            akms: Suites::new(&akms),
            capabilities,
            pmkids: &pmkids,
            group_management: group_management.map(Suite),
        };
        let bytes = emitted(&rsn);
        prop_assert_eq!(Elements::new(&bytes).get(), Ok(Some(rsn)));
        let bytes = emitted(&Country::new(*b"XX\x04", &triplets));
        prop_assert_eq!(Elements::new(&bytes).get(), Ok(Some(Country::new(*b"XX\x04", &triplets))));
        let bytes = emitted(&ExtendedCapabilities(&octets));
        prop_assert_eq!(Elements::new(&bytes).get(), Ok(Some(ExtendedCapabilities(&octets))));
        let tim = Tim { dtim_count: 0, dtim_period: 1, control: 0, bitmap: &octets };
        let bytes = emitted(&tim);
        prop_assert_eq!(Elements::new(&bytes).get(), Ok(Some(tim)));
    }

    #[test]
    fn wmm_round_trip(qos_info: u8, numbers: [(u8, bool, u8, u8, u16); 4]) {
        let categories = numbers.map(|(aifsn, admission_control, ecw_min, ecw_max, txop_limit)| wmm::AccessCategory {
            aifsn: aifsn & 0xf,
            admission_control,
            ecw_min: ecw_min & 0xf,
            ecw_max: ecw_max & 0xf,
            txop_limit,
        });
        let (parameter, information) = (wmm::Parameter { qos_info, categories }, wmm::Information { qos_info });
        let mut bytes = Vec::new();
        parameter.emit(&mut bytes);
        information.emit(&mut bytes);
        prop_assert_eq!(wmm::Parameter::find(Elements::new(&bytes)), Ok(Some(parameter)));
        prop_assert_eq!(wmm::Information::find(Elements::new(&bytes)), Ok(Some(information)));
    }

    #[test]
    fn rates_round_trip(octets in vec_of(any::<u8>(), 1..40)) {
        let rates: Vec<Rate> = octets.iter().copied().map(Rate).collect();
        let mut bytes = Vec::new();
        emit_supported(&rates, &mut bytes);
        emit_extended(&rates, &mut bytes);
        prop_assert_eq!(Elements::new(&bytes).rates().collect::<Vec<_>>(), rates);
    }

    #[test]
    fn arbitrary_bodies_do_no_harm(body in vec_of(any::<u8>(), 0..255)) {
        let _ = (Rsn::parse(&body), Country::parse(&body), Interworking::parse(&body), ht::Capabilities::parse(&body));
        let _ = Tim::parse(&body).map(|tim| (0..2008).filter(|&aid| tim.holds_for(aid)).count());
        for kind in 0..2 {
            let mut bytes = Vec::new();
            let body = [&[kind, 1], &body[..]].concat();
            crate::emit_vendor_elements(crate::OUI_MICROSOFT, wmm::OUI_TYPE, &body, &mut bytes);
            let _ = (wmm::Parameter::find(Elements::new(&bytes)), wmm::Information::find(Elements::new(&bytes)));
        }
    }
}

/// From a beacon of an access point with 802.11ax on 5 GHz: 160 MHz, two streams, PPE thresholds.
#[test]
fn high_efficiency() {
    let mut bytes = std::vec![255, 31, 35, 0x05, 0, 0x18, 0x12, 0, 0x10, 0x0c];
    bytes.extend_from_slice(&[0x20, 0x02, 0xc0, 0x02, 0x1b, 0x95, 0, 0, 0xcc, 0]);
    bytes.extend_from_slice(&[0xfa, 0xff, 0xfa, 0xff, 0xfa, 0xff, 0xfa, 0xff, 0x39, 0x1c, 0xc7, 0x71, 0x1c]);
    let read: he::Capabilities<'_> = Elements::new(&bytes).get().unwrap().unwrap();
    assert!(read.has_160() && read.has_80() && !read.has_80_plus_80() && !read.has_40_at_2ghz());
    assert_eq!((read.mcs.len(), read.ppe_thresholds), (8, &[0x39, 0x1c, 0xc7, 0x71, 0x1c][..]));
    assert_eq!(emitted(&read), bytes);
    // Without the map for 160 MHz that it announces.
    bytes.truncate(26);
    bytes[1] = 24;
    assert_eq!(check(&bytes).unwrap_err().rule, Rule::TooShort);
}

#[test]
fn the_rsn_extension_ends_where_it_says() {
    let bytes = [244, 3, 0x21, 0x01, 0x77];
    let read: RsnExtension<'_> = Elements::new(&bytes).get().unwrap().unwrap();
    assert_eq!(read, RsnExtension(&[0x21, 0x01]));
    assert!(read.has(RsnExtension::SAE_HASH_TO_ELEMENT) && read.has(RsnExtension::SECURE_LTF));
    assert!(!read.has(RsnExtension::PROTECTED_TWT) && !read.has(400));
    assert_eq!(check(&[244, 1, 0x21]).unwrap_err().offset, 2);
}

proptest! {
    #[test]
    fn operation_of_ax_and_be_round_trips(
        (parameters, colour, basic_mcs) in any::<(u32, u8, u16)>(),
        (vht, max_cohosted, six) in any::<(Option<[u8; 3]>, Option<u8>, Option<[u8; 5]>)>(),
        (first, basic, information, disabled) in any::<(u8, [u8; 4], Option<[u8; 3]>, Option<u16>)>(),
    ) {
        let six_ghz = six.map(|[primary_channel, control, centre_0, centre_1, minimum_rate]| he::SixGhzOperation {
            primary_channel, control, centre_0, centre_1, minimum_rate,
        });
        let operation = he::Operation { parameters, colour, basic_mcs, vht, max_cohosted, six_ghz };
        let bytes = emitted(&operation);
        let read: he::Operation = Elements::new(&bytes).get().unwrap().unwrap();
        prop_assert_eq!((read.colour, read.basic_mcs, read.vht), (colour, basic_mcs, vht));
        prop_assert_eq!((read.max_cohosted, read.six_ghz), (max_cohosted, six_ghz));
        prop_assert_eq!(read.parameters & 0x3fff, parameters & 0x3fff);
        prop_assert_eq!(emitted(&read), bytes);

        let information = information.map(|[control, centre_0, centre_1]| eht::OperationInformation {
            control, centre_0, centre_1, disabled_subchannels: disabled,
        });
        let bytes = emitted(&eht::Operation { parameters: first, basic_mcs: basic, information });
        let read: eht::Operation = Elements::new(&bytes).get().unwrap().unwrap();
        prop_assert_eq!((read.basic_mcs, read.information), (basic, information));
        prop_assert_eq!(emitted(&read), bytes);
    }

    #[test]
    fn fragments_are_joined(body in vec_of(any::<u8>(), 0..2000), extension in any::<Option<u8>>()) {
        let id = if extension.is_some() { id::EXTENSION } else { 200 };
        let mut bytes = std::vec![id::FRAGMENT, 1, 0];
        emit_fragmented(id, extension, &body, &mut bytes);
        bytes.extend_from_slice(&[0, 0]);
        let elements = Elements::new(&bytes);
        prop_assert_eq!(elements.iter().last().unwrap().id, id::SSID);
        let element = elements.find(id).unwrap();
        let joined = elements.defragmented(&element).unwrap();
        prop_assert_eq!((element.extension, joined.bytes()), (extension, &body[..]));
    }
}

//! Runs that were recorded against the registrar and the enrollee of wpa_supplicant 2.10 (its `src/wps`, called directly,
//! with the EAP headers put on by a script), played again: this side must say the same octets and come to the same end.
//! Ours are deterministic, since their random values come from a seed.

mod common;

use std::time::Duration;

use common::{CLIENT, OWNER, pin};
use ieee80211_ies::wsc::{ConfigMethods, DeviceType};
use ieee80211_ies::{MacAddr, Octets, Ssid, escape};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use wsc::enrollee::{self, Password};
use wsc::registrar::{self, Method, Output, Registrar, SessionEvent, SessionInput, Station, WALK_TIME};
use wsc::{Credential, Device, KeyPair, NetworkKey, Pin, uuid_from_mac};

/// The PDUs in their order, and whether we sent them.
fn transcript(text: &str) -> Vec<(bool, Vec<u8>)> {
    let octets = |hex: &str| {
        let pairs = (0..hex.len() / 2).map(|n| u8::from_str_radix(&hex[2 * n..2 * n + 2], 16).unwrap());
        pairs.collect::<Vec<u8>>()
    };
    text.lines().map(|line| (line.starts_with('>'), octets(&line[2..]))).collect()
}

fn device(address: MacAddr) -> Device {
    let text = |text: &str| Octets::new(text.as_bytes()).unwrap();
    Device {
        uuid: uuid_from_mac(address),
        address,
        manufacturer: Octets::new(b"Rust").unwrap(),
        model_name: text("m"),
        model_number: text("1"),
        serial_number: text("2"),
        device_name: text("rusty"),
        primary_device_type: DeviceType::wfa(1, 1),
        secondary_device_types: Vec::new(),
        config_methods: ConfigMethods(0x2388),
        rf_bands: 1,
        os_version: 0,
        ..Device::default()
    }
}

fn credential(ssid: &[u8], psk: u8) -> Credential {
    Credential { ssid: Ssid::new(ssid).unwrap(), key: NetworkKey::Psk([psk; 32]), address: CLIENT }
}

#[test]
fn our_registrar_and_the_enrollee_of_wpa_supplicant() {
    let mut rng = ChaCha20Rng::seed_from_u64(7);
    let now = Duration::ZERO;
    let mut registrar = Registrar::new(device(OWNER), false);
    registrar.activate(now, pin("12345670"), WALK_TIME).unwrap();
    let station = Station { address: CLIENT, p2p_device_address: None, credential: credential(b"DIRECT-ab", 0x5a) };
    let key_pair = KeyPair::generate(&mut rng);
    let mut session = registrar::Session::new(station, key_pair, &mut rng);
    session.handle_input(now, SessionInput::Start, &mut registrar);
    let mut events = Vec::new();
    for (ours, pdu) in transcript(include_str!("transcripts/enrollee_of_wpa_supplicant_2_10.txt")) {
        if !ours {
            session.handle_input(now, SessionInput::Pdu(&pdu), &mut registrar);
            continue;
        }
        let sent = loop {
            match session.poll_output().expect("something to say") {
                Output::Send(pdu) => break pdu,
                Output::Event(event) => events.push(event),
            }
        };
        assert_eq!(escape::hex(&sent).to_string(), escape::hex(&pdu).to_string());
    }
    let [SessionEvent::Success { enrollee, .. }] = &events[..] else { panic!("{events:?}") };
    assert_eq!(enrollee.device_name.as_bytes(), b"C enrollee");
    assert!(registrar.method().is_none());
}

#[test]
fn our_enrollee_and_the_registrar_of_hostapd() {
    let mut rng = ChaCha20Rng::seed_from_u64(8);
    let now = Duration::ZERO;
    let password = Password::shown_here(Pin::new("12345670").unwrap());
    let key_pair = KeyPair::generate(&mut rng);
    let mut session = enrollee::Session::new(device(CLIENT), password, key_pair, &mut rng);
    session.handle_input(now, enrollee::Input::Start);
    let mut events = Vec::new();
    let mut drain = |session: &mut enrollee::Session| {
        let mut sent = None;
        while let Some(output) = session.poll_output() {
            match output {
                enrollee::Output::Send(pdu) => sent = Some(pdu),
                enrollee::Output::Event(event) => events.push(event),
            }
        }
        sent
    };
    let mut sent: Option<Vec<u8>> = None;
    for (ours, pdu) in transcript(include_str!("transcripts/registrar_of_hostapd_2_10.txt")) {
        if ours {
            let sent = sent.take().expect("something to say");
            assert_eq!(escape::hex(&sent).to_string(), escape::hex(&pdu).to_string());
        } else {
            session.handle_input(now, enrollee::Input::Pdu(&pdu));
            sent = drain(&mut session);
        }
    }
    let expected = Box::new(credential(b"DIRECT-zz", 0xab));
    assert_eq!(events, [enrollee::Event::Credential(expected), enrollee::Event::Done]);
}

/// What the registrar of hostapd 2.10 built for P2P puts into beacons and probe responses for the same device.
#[test]
fn elements_are_those_of_hostapd() {
    let elements = |registrar: &Registrar| {
        (
            escape::hex(&registrar.beacon_element()).to_string(),
            escape::hex(&registrar.probe_response_element()).to_string(),
        )
    };
    let mut registrar = Registrar::new(
        Device {
            manufacturer: Octets::new(b"hostap").unwrap(),
            model_number: Octets::EMPTY,
            serial_number: Octets::EMPTY,
            device_name: Octets::new(b"C registrar").unwrap(),
            primary_device_type: DeviceType::default(),
            ..device(OWNER)
        },
        false,
    );
    let (beacon, probe_response) = elements(&registrar);
    assert_eq!(
        beacon,
        "dd330050f204104a00011010440001021049000600372a0001201011000b4320726567697374726172105400080000000000000000"
    );
    assert_eq!(
        probe_response,
        "dd6b0050f204104a0001101044000102103b00010310470010d4c484951b465f889df025af35ca35f710210006686f73746170102300016d\
         102400012010420001201054000800000000000000001011000b43207265676973747261721008000221081049000600372a000120"
    );
    registrar.activate(Duration::ZERO, Method::PushButton { only: None }, WALK_TIME).unwrap();
    let (beacon, probe_response) = elements(&registrar);
    assert_eq!(
        beacon,
        "dd4c0050f204104a000110104400010210410001011012000200041053000223881049000e00372a0001200106ffffffffffff1011000b43\
         20726567697374726172105400080000000000000000"
    );
    assert_eq!(
        probe_response,
        "dd840050f204104a00011010440001021041000101101200020004105300022388103b00010310470010d4c484951b465f889df025af35ca\
         35f710210006686f73746170102300016d102400012010420001201054000800000000000000001011000b43207265676973747261721008\
         000221081049000e00372a0001200106ffffffffffff"
    );
}

//! EAPOL-Key frames of random contents, written here and read by Wireshark.

#[path = "../../ieee80211-ies/tests/common/mod.rs"]
mod common;

use std::collections::BTreeSet;

use eapol::{
    ETHERTYPE, GroupKey, Gtk, IpAllocation, KeyDataWriter, KeyFrame, KeyFrameRepr, KeyInformation, PacketType, Pdu,
};
use ieee80211_ies::{KnownElement, MacAddr, escape, rsn};
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

const FRAMES: u64 = 1000;

fn octets<const N: usize>(random: &mut ChaCha8Rng) -> [u8; N] {
    let mut octets = [0; N];
    random.fill_bytes(&mut octets);
    octets
}

/// A data frame from the access point, with LLC and SNAP headers, that carries this PDU.
fn data_frame(random: &mut ChaCha8Rng, pdu: &[u8]) -> Vec<u8> {
    let [high, low] = ETHERTYPE.to_be_bytes();
    let individual = |mut address: [u8; 6]| {
        address[0] &= 0xfe;
        address
    };
    let bssid = individual(octets(random));
    let mut frame = vec![0x08, 0x02, 0, 0];
    frame.extend(individual(octets(random)));
    frame.extend(bssid);
    frame.extend(bssid);
    frame.extend([0x10, 0, 0xaa, 0xaa, 3, 0, 0, 0, high, low]);
    frame.extend(pdu);
    frame
}

type Fields = Vec<(&'static str, String)>;

/// Key data of random KDEs, and what is to be found of them.
fn key_data(random: &mut ChaCha8Rng, fields: &mut Fields) -> Vec<u8> {
    let hex = |octets: &[u8]| escape::hex(octets).to_string();
    let mut writer = KeyDataWriter::new();
    let mut types = Vec::new();
    let which: [u8; 1] = octets(random);
    if which[0] & 1 != 0 {
        let mut element = Vec::new();
        rsn::wpa2_psk_ccmp().emit(&mut element);
        writer = writer.elements(&element);
        fields.push(("wlan.rsn.akms.type", "2".into()));
    }
    if which[0] & 2 != 0 {
        let key: [u8; 16] = octets(random);
        let [index] = octets::<1>(random).map(|octet| octet % 3 + 1);
        writer = writer.gtk(&GroupKey { index, key: Gtk::new(key), rsc: octets(random) });
        types.push("1");
        fields.push(("wlan.rsn.ie.gtk_kde.key_id", format!("{index:#04x}")));
        fields.push(("wlan.rsn.ie.gtk_kde.tx", "0".into()));
        fields.push(("wlan.rsn.ie.gtk_kde.gtk", hex(&key)));
    }
    if which[0] & 4 != 0 {
        let address = MacAddr(octets(random));
        writer = writer.mac_address(address);
        types.push("3");
        fields.push(("wlan.rsn.ie.mac_address_kde.mac_address", address.to_string()));
    }
    if which[0] & 8 != 0 {
        let pmkid = octets(random);
        writer = writer.pmkid(&pmkid);
        types.push("4");
        fields.push(("wlan.rsn.ie.pmkid", hex(&pmkid)));
    }
    // Of these Wireshark shows OUI and type alone.
    if which[0] & 16 != 0 {
        let ip = IpAllocation { client: octets(random), mask: octets(random), go: octets(random) };
        writer = writer.ip_allocation(&ip);
        types.push("5");
    } else if which[0] & 32 != 0 {
        writer = writer.ip_request();
        types.push("4");
    }
    fields.push(("wlan.tag.vendor.oui.type", types.join("|")));
    writer.as_slice().to_vec()
}

#[test]
fn wireshark_finds_what_was_written() {
    let mut cases = Vec::new();
    for seed in 0..FRAMES {
        let random = &mut ChaCha8Rng::seed_from_u64(seed);
        let mut fields = Fields::new();
        let key_data = key_data(random, &mut fields);
        let [a, b] = octets(random);
        // Pairwise, with a key descriptor of AES and key data in the clear.
        let info = u16::from_be_bytes([a, b]) & 0x2fc8 & !KeyInformation::SMK | KeyInformation::PAIRWISE | 2;
        let [high, low, version] = octets(random);
        let repr = KeyFrameRepr {
            protocol_version: version % 3 + 1,
            info: KeyInformation(info),
            key_length: u16::from_be_bytes([high, low]),
            replay_counter: random.next_u64(),
            nonce: octets(random),
            iv: octets(random),
            rsc: octets(random),
            mic: octets(random),
            key_data,
        };
        let hex = |octets: &[u8]| escape::hex(octets).to_string();
        fields.extend([
            ("eapol.version", repr.protocol_version.to_string()),
            ("eapol.type", "3".into()),
            ("wlan_rsna_eapol.keydes.key_info", format!("{info:#06x}")),
            ("eapol.keydes.key_len", repr.key_length.to_string()),
            ("eapol.keydes.replay_counter", repr.replay_counter.to_string()),
            ("wlan_rsna_eapol.keydes.nonce", hex(&repr.nonce)),
            ("eapol.keydes.key_iv", hex(&repr.iv)),
            ("wlan_rsna_eapol.keydes.rsc", hex(&repr.rsc)),
            ("wlan_rsna_eapol.keydes.mic", hex(&repr.mic)),
            ("wlan_rsna_eapol.keydes.data_len", repr.key_data.len().to_string()),
        ]);
        let pdu = repr.emit();
        assert_eq!(KeyFrame::parse(&pdu).unwrap().to_repr(), repr);
        cases.push((data_frame(random, &pdu), fields));
    }
    let start = Pdu { version: 2, kind: PacketType::Start, body: &[] }.emit();
    let frame = data_frame(&mut ChaCha8Rng::seed_from_u64(0), &start);
    cases.push((frame, vec![("eapol.version", "2".into()), ("eapol.type", "1".into())]));

    let fields: BTreeSet<&str> = cases.iter().flat_map(|case| case.1.iter().map(|field| field.0)).collect();
    let fields: Vec<&str> = fields.into_iter().chain(["_ws.malformed"]).collect();
    let frames: Vec<Vec<u8>> = cases.iter().map(|case| case.0.clone()).collect();
    let found = common::tshark(&common::write(&frames), &fields);
    assert_eq!(found.len(), cases.len());
    for ((frame, expected), found) in cases.iter().zip(&found) {
        for (field, value) in expected.iter().chain([&("_ws.malformed", String::new())]) {
            let at = fields.iter().position(|each| each == field).unwrap();
            let read = found.get(at).map_or("", String::as_str);
            assert_eq!(read, value, "{field} in {}", escape::hex(frame));
        }
    }
}

//! What this crate writes, read by Wireshark: frames of every kind with random contents go into one capture file, and
//! `tshark` has to find in each the values that were put in. Without `tshark` the test fails (Debian: `apt-get install
//! tshark`).

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use ieee80211_ies::bss::{
    Country, DsssParameterSet, Erp, ExtendedCapabilities, Interworking, OperatingModeNotification, PowerCapability, Tim,
};
use ieee80211_ies::channel_switch::{
    ChannelSwitch, ExtendedChannelSwitch, SecondaryChannelOffset, WideBandwidthChannelSwitch,
};
use ieee80211_ies::frame::{
    Action, AdvertisementProtocol, AuthenticationAlgorithm, Body, Frame, Gas, P2pPublicSubtype, P2pSubtype, ReasonCode,
    StatusCode, Subtype, category, public_action,
};
use ieee80211_ies::nan::{self, ServiceControl, ServiceDescriptor};
use ieee80211_ies::p2p::{self, Attribute, ChannelAttr, Status, service};
use ieee80211_ies::rates::{self, Rate};
use ieee80211_ies::rsn::{self, Rsn, RsnExtension, Suites};
use ieee80211_ies::wfd::{self, DeviceInformation, Subelement};
use ieee80211_ies::wsc::{self, ConfigMethods, DevicePasswordId, DeviceType, Wsc};
use ieee80211_ies::{Elements, KnownElement, MacAddr, Ssid, emit_element, escape, he, ht, id, vht, wmm};

/// How many frames of each kind.
const ROUNDS: u64 = 120;

/// Numbers that are the same in every run (splitmix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn u8(&mut self) -> u8 {
        self.next() as u8
    }

    fn u16(&mut self) -> u16 {
        self.next() as u16
    }

    fn u32(&mut self) -> u32 {
        self.next() as u32
    }

    /// From `low` to `high`, both included.
    fn range(&mut self, low: u8, high: u8) -> u8 {
        low + (self.next() % (u64::from(high - low) + 1)) as u8
    }

    fn octets<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| self.u8())
    }

    /// An individual address.
    fn mac(&mut self) -> MacAddr {
        let mut octets: [u8; 6] = self.octets();
        octets[0] &= 0xfe;
        MacAddr(octets)
    }

    fn bytes(&mut self, low: u8, high: u8) -> Vec<u8> {
        (0..self.range(low, high)).map(|_| self.u8()).collect()
    }

    /// Letters, so that no question of escapes comes up.
    fn text(&mut self, low: u8, high: u8) -> Vec<u8> {
        (0..self.range(low, high)).map(|_| self.range(b'a', b'z')).collect()
    }
}

/// A frame, and what is to be found in it.
struct Case {
    frame: Vec<u8>,
    fields: Vec<(&'static str, String)>,
}

/// What is to be found in the elements being written.
#[derive(Default)]
struct Elems {
    bytes: Vec<u8>,
    fields: Vec<(&'static str, String)>,
}

impl Elems {
    fn expect(&mut self, field: &'static str, value: impl Display) {
        self.fields.push((field, value.to_string()));
    }
}

fn list(values: impl IntoIterator<Item = impl Display>) -> String {
    values.into_iter().map(|value| value.to_string()).collect::<Vec<_>>().join("|")
}

fn hex8(value: u8) -> String {
    format!("{value:#04x}")
}

fn hex16(value: u16) -> String {
    format!("{value:#06x}")
}

fn hex(bytes: &[u8]) -> String {
    escape::hex(bytes).to_string()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn ssid(r: &mut Random, e: &mut Elems) {
    let octets = r.bytes(1, 32);
    emit_element(id::SSID, &octets, &mut e.bytes);
    e.expect("wlan.ssid", hex(&octets));
}

fn supported_rates(r: &mut Random, e: &mut Elems) {
    let all: Vec<Rate> = (0..r.range(1, 12)).map(|_| Rate(r.u8())).collect();
    rates::emit_supported(&all, &mut e.bytes);
    rates::emit_extended(&all, &mut e.bytes);
    e.expect("wlan.supported_rates", list(all.iter().take(8).map(|rate| hex8(rate.0))));
    if all.len() > 8 {
        e.expect("wlan.extended_supported_rates", list(all.iter().skip(8).map(|rate| hex8(rate.0))));
    }
}

fn network(r: &mut Random, e: &mut Elems) {
    let channel = r.u8();
    DsssParameterSet { channel }.emit(&mut e.bytes);
    e.expect("wlan.ds.current_channel", channel);
    let (dtim_count, dtim_period, control, bitmap) = (r.u8(), r.u8(), r.u8() & 1, r.bytes(1, 20));
    Tim { dtim_count, dtim_period, control, bitmap: &bitmap }.emit(&mut e.bytes);
    e.expect("wlan.tim.dtim_count", dtim_count);
    e.expect("wlan.tim.dtim_period", dtim_period);
    e.expect("wlan.tim.partial_virtual_bitmap", hex(&bitmap));
    let triplets: Vec<[u8; 3]> = (0..r.range(1, 4)).map(|_| [r.range(1, 200), r.u8(), r.u8()]).collect();
    Country::new(*b"DE ", &triplets).emit(&mut e.bytes);
    e.expect("wlan.country_info.code", "DE");
    e.expect("wlan.country_info.fnm.fcn", list(triplets.iter().map(|triplet| triplet[0])));
    e.expect("wlan.country_info.fnm.mtpl", list(triplets.iter().map(|triplet| triplet[2].cast_signed())));
    let parameters = r.u8();
    Erp { parameters }.emit(&mut e.bytes);
    e.expect("wlan.erp_info", hex8(parameters));
}

fn security(r: &mut Random, e: &mut Elems) {
    let suites = |r: &mut Random, high| -> Vec<[u8; 4]> {
        (0..r.range(1, high)).map(|_| [0x00, 0x0f, 0xac, r.range(1, 12)]).collect()
    };
    let (pairwise, akms, capabilities) = (suites(r, 3), suites(r, 4), r.u16());
    let pmkids: Vec<[u8; 16]> = (0..r.range(0, 2)).map(|_| r.octets()).collect();
    let rsn = Rsn {
        pairwise: Suites::new(&pairwise),
        akms: Suites::new(&akms),
        capabilities,
        pmkids: &pmkids,
        group_management: Some(rsn::cipher::BIP_CMAC_128),
        ..rsn::wpa2_psk_ccmp()
    };
    rsn.emit(&mut e.bytes);
    e.expect("wlan.rsn.version", 1);
    e.expect("wlan.rsn.gcs.type", 4);
    e.expect("wlan.rsn.pcs.type", list(pairwise.iter().map(|suite| suite[3])));
    e.expect("wlan.rsn.akms.type", list(akms.iter().map(|suite| suite[3])));
    e.expect("wlan.rsn.capabilities", hex16(capabilities));
    e.expect("wlan.rsn.pmkid.count", pmkids.len());
    e.expect("wlan.rsn.gmcs.type", 6);
}

fn throughput(r: &mut Random, e: &mut Elems) {
    let information = r.u16();
    ht::Capabilities { information, ampdu: r.u8(), mcs: r.octets(), ..Default::default() }.emit(&mut e.bytes);
    e.expect("wlan.ht.capabilities", hex16(information));
    let (channel, offset) = (r.u8(), [0i8, 1, -1][usize::from(r.range(0, 2))]);
    ht::Operation::new(channel, offset).emit(&mut e.bytes);
    e.expect("wlan.ht.info.primarychannel", channel);
    e.expect("wlan.ht.info.secchanoffset", hex8([3, 0, 1][(offset + 1) as usize]));
    let information = r.u32();
    vht::Capabilities { information, mcs: r.octets() }.emit(&mut e.bytes);
    e.expect("wlan.vht.capabilities", format!("{information:#010x}"));
    let [width, centre_0, centre_1] = r.octets();
    vht::Operation { width, centre_0, centre_1, basic_mcs: 0xfffc }.emit(&mut e.bytes);
    e.expect("wlan.vht.op.channelwidth", width);
    e.expect("wlan.vht.op.channelcenter0", centre_0);
    e.expect("wlan.vht.op.channelcenter1", centre_1);
    e.expect("wlan.vht.op.basicmcsmap", "0xfffc");
}

fn efficiency(r: &mut Random, e: &mut Elems) {
    let (mac, mut phy): ([u8; 6], [u8; 11]) = (r.octets(), r.octets());
    // Up to 160 MHz, and no PPE thresholds, which would have to fit the rest.
    (phy[0], phy[6]) = (phy[0] & 0xee, phy[6] & 0x7f);
    let mcs: [u8; 8] = r.octets();
    let mcs = if phy[0] & 0x08 == 0 { &mcs[..4] } else { &mcs };
    he::Capabilities { mac, phy, mcs, ppe_thresholds: &[] }.emit(&mut e.bytes);
    let octets = mac.iter().rev().map(|octet| format!("{octet:02x}")).collect::<String>();
    e.expect("wlan.ext_tag.he_mac_caps", format!("0x0000{octets}"));
    e.expect("wlan.ext_tag.he_phy_cap.fbytes", hex8(phy[0] >> 1));
    let [primary_channel, centre_0, centre_1, minimum_rate, colour] = r.octets();
    let control = r.range(0, 7);
    let six_ghz = he::SixGhzOperation { primary_channel, control, centre_0, centre_1, minimum_rate };
    let operation = he::Operation {
        parameters: 0x3ff0,
        colour,
        basic_mcs: r.u16(),
        vht: Some(r.octets()),
        max_cohosted: Some(r.u8()),
        six_ghz: Some(six_ghz),
    };
    operation.emit(&mut e.bytes);
    // With the three bits that say what follows.
    e.expect("wlan.ext_tag.he_operation.params", "0x02fff0");
    e.expect("wlan.ext_tag.bss_color_information", hex8(colour));
    e.expect("wlan.ext_tag.he_operation.basic_he_mcs_and_nss", hex16(operation.basic_mcs));
    e.expect("wlan.ext_tag.he_operation.6ghz.primary_channel", primary_channel);
    e.expect("wlan.ext_tag.he_operation.6ghz.control", hex8(control));
    let information = r.u16();
    he::SixGhzCapabilities { information }.emit(&mut e.bytes);
    e.expect("wlan.tag.he_6ghz.cap_inf", hex16(information));
}

fn station(r: &mut Random, e: &mut Elems) {
    let [min, max] = [r.u8().cast_signed(), r.u8().cast_signed()];
    PowerCapability { min, max }.emit(&mut e.bytes);
    e.expect("wlan.powercap.min", min);
    e.expect("wlan.powercap.max", max);
    let (access_network, hessid) = (r.u8(), r.mac());
    Interworking { access_network, venue: Some(r.octets()), hessid: Some(hessid) }.emit(&mut e.bytes);
    e.expect("wlan.interworking.access_network_type", access_network & 0x0f);
    e.expect("wlan.interworking.internet", access_network >> 4 & 1);
    e.expect("wlan.interworking.hessid", hessid);
    let bits: [u8; 4] = r.octets();
    ExtendedCapabilities(&bits).emit(&mut e.bytes);
    e.expect("wlan.extcap.b19", bits[2] >> 3 & 1);
    e.expect("wlan.extcap.b31", bits[3] >> 7);
    let mode = r.u8();
    OperatingModeNotification { mode }.emit(&mut e.bytes);
    e.expect("wlan.operat_mode_field.channelwidth", hex8(mode & 3));
    let octet = r.u8() & 0xf0;
    RsnExtension(&[octet]).emit(&mut e.bytes);
    e.expect("wlan.rsnx.sae_hash_to_element", octet >> 5 & 1);
    e.expect("wlan.rsnx.protected_twt_operations_support", octet >> 4 & 1);
}

fn multimedia(r: &mut Random, e: &mut Elems) {
    let categories = std::array::from_fn(|_| wmm::AccessCategory {
        aifsn: r.range(2, 15),
        admission_control: r.u8() & 1 != 0,
        ecw_min: r.range(0, 15),
        ecw_max: r.range(0, 15),
        txop_limit: r.u16(),
    });
    wmm::Parameter { qos_info: 0x80, categories }.emit(&mut e.bytes);
    e.expect("wlan.wfa.ie.wme.qos_info", "0x80");
    e.expect("wlan.wfa.ie.wme.acp.aci", "0|1|2|3");
    e.expect("wlan.wfa.ie.wme.acp.aifsn", list(categories.map(|category| category.aifsn)));
    e.expect("wlan.wfa.ie.wme.acp.ecw.min", list(categories.map(|category| category.ecw_min)));
    e.expect("wlan.wfa.ie.wme.acp.ecw.max", list(categories.map(|category| category.ecw_max)));
    e.expect("wlan.wfa.ie.wme.acp.txop_limit", list(categories.map(|category| category.txop_limit)));
}

fn channel_switch(r: &mut Random, e: &mut Elems) {
    let [channel, count, width, centre_0, centre_1] = r.octets();
    ChannelSwitch { block_transmission: true, channel, count }.emit(&mut e.bytes);
    e.expect("wlan.csa.channel_switch_mode", 1);
    e.expect("wlan.csa.new_channel_number", channel);
    e.expect("wlan.csa.channel_switch.count", count);
    let class = r.u8();
    ExtendedChannelSwitch { block_transmission: false, class, channel, count }.emit(&mut e.bytes);
    e.expect("wlan.fixed.extchansw.new.opeclass", format!("{class:#010x}"));
    e.expect("wlan.extchansw.switchcount", format!("{count:#010x}"));
    SecondaryChannelOffset { offset: 3 }.emit(&mut e.bytes);
    e.expect("wlan.secchanoffset", "0x03");
    WideBandwidthChannelSwitch { width, centre_0, centre_1 }.emit(&mut e.bytes);
    e.expect("wlan.wide_bw.new_channel_width", hex8(width));
}

fn simple_config(r: &mut Random, e: &mut Elems) {
    let (methods, password, selected) = (r.u16(), r.u16(), r.u16());
    let (name, manufacturer, model, number) = (r.text(1, 32), r.text(1, 64), r.text(1, 32), r.text(1, 32));
    let (uuid, secondary, sub) = (r.octets(), DeviceType::wfa(r.u16(), r.u16()), r.u16());
    let macs: [u8; 12] = r.octets();
    let mut attributes = Vec::new();
    wsc::Writer::new(&mut attributes)
        .version()
        .wsc_state(wsc::WscState::CONFIGURED)
        .selected_registrar(true)
        .device_password_id(DevicePasswordId(password))
        .selected_registrar_config_methods(ConfigMethods(selected))
        .response_type(wsc::ResponseType::AP)
        .uuid_e(&uuid)
        .manufacturer(&manufacturer)
        .model_name(&model)
        .model_number(&number)
        .serial_number(&number)
        .primary_device_type(DeviceType::wfa(1, sub))
        .secondary_device_types(&[secondary])
        .device_name(&name)
        .config_methods(ConfigMethods(methods))
        .rf_bands(3)
        .config_error(wsc::ConfigError::DEVICE_BUSY)
        .wfa_extension(&[(wsc::attr::wfa::VERSION2, &[0x20]), (wsc::attr::wfa::AUTHORIZED_MACS, &macs)]);
    // Wireshark does not join the attributes of several elements.
    if attributes.len() > 251 {
        return simple_config(r, e);
    }
    wsc::emit_element(&attributes, &mut e.bytes);
    e.expect("wps.version", "0x10");
    e.expect("wps.wifi_protected_setup_state", "0x02");
    e.expect("wps.selected_registrar", "0x01");
    e.expect("wps.device_password_id", hex16(password));
    e.expect("wps.selected_registrar_config_methods", hex16(selected));
    e.expect("wps.response_type", "0x03");
    e.expect("wps.uuid_e", hex(&uuid));
    e.expect("wps.manufacturer", text(&manufacturer));
    e.expect("wps.model_name", text(&model));
    e.expect("wps.model_number", text(&number));
    e.expect("wps.serial_number", text(&number));
    e.expect("wps.primary_device_type.category", "0x0001");
    e.expect("wps.primary_device_type.subcategory_computer", hex16(sub));
    e.expect("wps.device_name", text(&name));
    e.expect("wps.config_methods", hex16(methods));
    e.expect("wps.rf_bands", "0x03");
    e.expect("wps.configuration_error", "0x000e");
    e.expect("wps.ext.version2", "0x20");
    e.expect("wps.ext.authorizedmacs", hex(&macs));
}

/// How Wireshark shows an attribute's body.
#[derive(Clone, Copy)]
enum Shown {
    /// A number in hexadecimal digits, of so many octets.
    Hex(u8),
    /// A number in decimal digits, of so many octets.
    Number(u8),
    /// Octets, at least and at most so many.
    Octets(u8, u8),
    /// Text of at most so many octets.
    Text(u8),
    /// A MAC address.
    Mac,
}

/// The attributes of WSC 2.0 §12 that [`simple_config`] does not write, but those that hold other attributes.
const WSC_ATTRIBUTES: &[(u16, &str, Shown)] = {
    use Shown::*;
    use wsc::attr;
    &[
        (attr::AP_CHANNEL, "wps.ap_channel", Number(2)),
        (attr::ASSOCIATION_STATE, "wps.association_state", Hex(2)),
        (attr::AUTHENTICATION_TYPE, "wps.authentication_type", Hex(2)),
        (attr::AUTHENTICATION_TYPE_FLAGS, "wps.authentication_type_flags", Hex(2)),
        (attr::AUTHENTICATOR, "wps.authenticator", Octets(8, 8)),
        (attr::CONFIRMATION_URL4, "wps.confirmation_url4", Text(64)),
        (attr::CONFIRMATION_URL6, "wps.confirmation_url6", Text(76)),
        (attr::CONNECTION_TYPE, "wps.connection_type", Hex(1)),
        (attr::CONNECTION_TYPE_FLAGS, "wps.connection_type_flags", Hex(1)),
        (attr::ENCRYPTION_TYPE, "wps.encryption_type", Hex(2)),
        (attr::ENCRYPTION_TYPE_FLAGS, "wps.encryption_type_flags", Hex(2)),
        (attr::E_HASH1, "wps.e_hash1", Octets(32, 32)),
        (attr::E_HASH2, "wps.e_hash2", Octets(32, 32)),
        (attr::E_SNONCE1, "wps.e_snonce1", Octets(16, 16)),
        (attr::E_SNONCE2, "wps.e_snonce2", Octets(16, 16)),
        (attr::ENCRYPTED_SETTINGS, "wps.encrypted_settings", Octets(32, 200)),
        (attr::ENROLLEE_NONCE, "wps.enrollee_nonce", Octets(16, 16)),
        (attr::FEATURE_ID, "wps.feature_id", Hex(4)),
        (attr::IDENTITY, "wps.identity", Text(80)),
        (attr::IDENTITY_PROOF, "wps.identity_proof", Octets(1, 40)),
        (attr::KEY_WRAP_AUTHENTICATOR, "wps.key_wrap_authenticator", Octets(8, 8)),
        (attr::KEY_IDENTIFIER, "wps.key_identifier", Octets(16, 16)),
        (attr::MAC_ADDRESS, "wps.mac_address", Mac),
        (attr::MESSAGE_TYPE, "wps.message_type", Hex(1)),
        (attr::NETWORK_INDEX, "wps.network_index", Hex(1)),
        (attr::NETWORK_KEY, "wps.network_key", Octets(1, 64)),
        (attr::NETWORK_KEY_INDEX, "wps.network_key_index", Hex(1)),
        (attr::NEW_DEVICE_NAME, "wps.new_device_name", Octets(1, 32)),
        (attr::NEW_PASSWORD, "wps.new_password", Octets(1, 64)),
        (attr::OOB_DEVICE_PASSWORD, "wps.oob_device_password", Octets(22, 54)),
        (attr::OS_VERSION, "wps.os_version", Hex(4)),
        (attr::POWER_LEVEL, "wps.power_level", Hex(1)),
        (attr::PSK_CURRENT, "wps.psk_current", Hex(1)),
        (attr::PSK_MAX, "wps.psk_max", Hex(1)),
        (attr::PUBLIC_KEY, "wps.public_key", Octets(192, 192)),
        (attr::RADIO_ENABLED, "wps.radio_enabled", Hex(1)),
        (attr::REBOOT, "wps.reboot", Hex(1)),
        (attr::REGISTRAR_CURRENT, "wps.registrar_current", Hex(1)),
        (attr::REGISTRAR_ESTABLISHED, "wps.registrar_established", Hex(1)),
        (attr::REGISTRAR_LIST, "wps.registrar_list", Octets(17, 100)),
        (attr::REGISTRAR_MAX, "wps.registrar_max", Hex(1)),
        (attr::REGISTRAR_NONCE, "wps.registrar_nonce", Octets(16, 16)),
        (attr::REQUEST_TYPE, "wps.request_type", Hex(1)),
        (attr::R_HASH1, "wps.r_hash1", Octets(32, 32)),
        (attr::R_HASH2, "wps.r_hash2", Octets(32, 32)),
        (attr::R_SNONCE1, "wps.r_snonce1", Octets(16, 16)),
        (attr::R_SNONCE2, "wps.r_snonce2", Octets(16, 16)),
        (attr::SSID, "wps.ssid", Text(32)),
        (attr::TOTAL_NETWORKS, "wps.total_networks", Hex(1)),
        (attr::UUID_R, "wps.uuid_r", Octets(16, 16)),
        (attr::X509_CERTIFICATE_REQUEST, "wps.x509_certificate_request", Octets(1, 100)),
        (attr::X509_CERTIFICATE, "wps.x509_certificate", Octets(1, 100)),
        (attr::EAP_IDENTITY, "wps.eap_identity", Octets(1, 64)),
        (attr::MESSAGE_COUNTER, "wps.message_counter", Hex(8)),
        (attr::PUBLIC_KEY_HASH, "wps.public_key_hash", Octets(20, 20)),
        (attr::REKEY_KEY, "wps.rekey_key", Octets(32, 32)),
        (attr::KEY_LIFETIME, "wps.key_lifetime", Hex(4)),
        (attr::PERMITTED_CONFIG_METHODS, "wps.permitted_config_methods", Hex(2)),
        (attr::PORTABLE_DEVICE, "wps.portable_device", Hex(1)),
        (attr::AP_SETUP_LOCKED, "wps.ap_setup_locked", Hex(1)),
        (attr::APPLICATION_EXTENSION, "wps.application_extension", Octets(16, 100)),
        (attr::EAP_TYPE, "wps.eap_type", Octets(1, 8)),
        (attr::INITIALIZATION_VECTOR, "wps.initialization_vector", Octets(32, 32)),
        (attr::KEY_PROVIDED_AUTOMATICALLY, "wps.key_provided_automatically", Hex(1)),
        (attr::DOT1X_ENABLED, "wps.8021x_enabled", Hex(1)),
        (attr::APPLICATION_SESSION_KEY, "wps.appsessionkey", Octets(1, 128)),
        (attr::WEP_TRANSMIT_KEY, "wps.weptransmitkey", Hex(1)),
        (attr::REQUESTED_DEVICE_TYPE, "wps.requested_dev_type", Octets(8, 8)),
    ]
};

/// A WSC element with a few attributes of any kind, each once.
fn simple_config_attributes(r: &mut Random, e: &mut Elems) {
    let (mut attributes, mut seen) = (Vec::new(), BTreeSet::new());
    for _ in 0..8 {
        let (kind, field, shown) = WSC_ATTRIBUTES[usize::from(r.u16()) % WSC_ATTRIBUTES.len()];
        let (body, value) = match shown {
            Shown::Hex(len) | Shown::Number(len) => {
                let body = r.bytes(len, len);
                let number = body.iter().fold(0u64, |number, &octet| number << 8 | u64::from(octet));
                let hex = matches!(shown, Shown::Hex(_));
                (
                    body,
                    if hex {
                        format!("{number:#0width$x}", width = 2 + 2 * usize::from(len))
                    } else {
                        number.to_string()
                    },
                )
            }
            Shown::Octets(low, high) => {
                let body = r.bytes(low, high);
                let value = hex(&body);
                (body, value)
            }
            Shown::Text(high) => {
                let body = r.text(1, high);
                let value = text(&body);
                (body, value)
            }
            Shown::Mac => {
                let address = r.mac();
                (address.0.to_vec(), address.to_string())
            }
        };
        // Wireshark does not join the attributes of several elements.
        if attributes.len() + 4 + body.len() <= 251 && seen.insert(kind) {
            wsc::Writer::new(&mut attributes).attribute(kind, &body);
            e.expect(field, value);
        }
    }
    wsc::emit_element(&attributes, &mut e.bytes);
}

/// A Credential, and the other subelements of the Wi-Fi Alliance.
fn credential(r: &mut Random, e: &mut Elems) {
    let (ssid, network_key, mac) = (r.text(1, 32), r.text(8, 64), r.mac());
    let credential = wsc::Credential {
        network_index: 1,
        ssid: Ssid::new(&ssid).unwrap(),
        authentication_type: wsc::authentication_type::WPA2_PSK,
        encryption_type: wsc::encryption_type::AES,
        network_key: &network_key,
        mac,
        key_shareable: Some(r.u8() & 1 != 0),
    };
    let (delay, multi_ap) = (r.u8(), r.u8());
    let mut attributes = Vec::new();
    wsc::Writer::new(&mut attributes).credential(&credential).wfa_extension(&[
        (wsc::attr::wfa::REQUEST_TO_ENROLL, &[1]),
        (wsc::attr::wfa::SETTINGS_DELAY_TIME, &[delay]),
        (wsc::attr::wfa::MULTI_AP, &[multi_ap]),
    ]);
    wsc::emit_element(&attributes, &mut e.bytes);
    // Wireshark does not look into a Credential; its attributes are among those of `simple_config_attributes`.
    let body = Wsc::parse(&attributes).unwrap().find_attribute(wsc::attr::CREDENTIAL).unwrap().body.to_vec();
    e.expect("wps.credential", hex(&body));
    e.expect("wps.ext.request_to_enroll", "0x01");
    e.expect("wps.ext.settings_delay_time", hex8(delay));
    e.expect("wps.ext.multi_ap_flags", hex8(multi_ap));
}

fn display(r: &mut Random, e: &mut Elems) {
    let information = DeviceInformation { bitmap: r.u16(), control_port: r.u16(), max_throughput: r.u16() };
    let (bssid, sink, extended, alternative) = (r.mac(), r.mac(), r.u16(), r.mac());
    let devices: Vec<_> = (0..r.range(1, 2))
        .map(|_| wfd::SessionDevice {
            address: r.mac(),
            associated_bssid: r.mac(),
            bitmap: r.u16(),
            max_throughput: r.u16(),
            coupled_sink: wfd::CoupledSink { status: r.range(0, 2), address: r.mac() },
        })
        .collect();
    let coupled_sink = wfd::CoupledSink { status: 1, address: sink };
    wfd::emit(
        &[
            Subelement { id: wfd::subelement::DEVICE_INFORMATION, body: &information.to_bytes() },
            Subelement { id: wfd::subelement::ASSOCIATED_BSSID, body: &bssid.0 },
            Subelement { id: wfd::subelement::COUPLED_SINK_INFORMATION, body: &coupled_sink.to_bytes() },
            Subelement { id: wfd::subelement::EXTENDED_CAPABILITY, body: &extended.to_be_bytes() },
            Subelement { id: wfd::subelement::SESSION_INFORMATION, body: &wfd::session_information(&devices) },
            Subelement { id: wfd::subelement::ALTERNATIVE_MAC_ADDRESS, body: &alternative.0 },
        ],
        &mut e.bytes,
    );
    e.expect("wifi_display.subelem.dev_info.control_port", information.control_port);
    e.expect("wifi_display.subelem.dev_info.max_throughput", information.max_throughput);
    e.expect("wifi_display.subelem.assoc_bssid.bssid", bssid);
    e.expect("wifi_display.subelem.dev_info.type", information.bitmap & 3);
    e.expect("wifi_display.subelem.session.device_address", list(devices.iter().map(|device| device.address)));
    e.expect("wifi_display.subelem.session.associated_bssid", list(devices.iter().map(|each| each.associated_bssid)));
    e.expect("wifi_display.subelem.session.max_throughput", list(devices.iter().map(|each| each.max_throughput)));
    let peers = devices.iter().map(|device| device.coupled_sink.address);
    e.expect("wifi_display.subelem.session.coupled_peer_sink_addr", list(peers));
    e.expect("wifi_display.subelem.coupled_sink.mac_addr", sink);
    e.expect("wifi_display.subelem.ext_capab", hex16(extended));
    e.expect("wifi_display.subelem.alt_mac_addr", alternative);
}

fn channel(r: &mut Random) -> ChannelAttr {
    ChannelAttr { country: *b"DE ", class: r.u8(), channel: r.u8() }
}

fn group(r: &mut Random) -> p2p::GroupId {
    let ssid = Ssid::new(&[b"DIRECT-", &r.text(2, 25)[..]].concat()).unwrap();
    p2p::GroupId { device_address: r.mac(), ssid }
}

fn device_info(r: &mut Random) -> p2p::DeviceInfoBuf {
    p2p::DeviceInfoBuf {
        address: r.mac(),
        config_methods: ConfigMethods(r.u16()),
        primary: DeviceType(r.octets()),
        secondary: (0..r.range(0, 2)).map(|_| DeviceType(r.octets())).collect(),
        name: p2p::DeviceName::new(&r.text(1, 32)).unwrap(),
    }
}

/// Attribute after attribute, of each what Wireshark shows of it.
fn p2p_attribute(r: &mut Random, kind: u8, e: &mut Elems) -> Option<Attribute> {
    Some(match kind {
        0 => {
            let status = r.u8();
            e.expect("wifi_p2p.status", status);
            Attribute::Status(Status(status))
        }
        1 => {
            let reason = r.u8();
            e.expect("wifi_p2p.minor_reason_code", reason);
            Attribute::MinorReasonCode(reason)
        }
        2 => {
            let [device, group] = r.octets();
            e.expect("wifi_p2p.p2p_capability.device_capability", hex8(device));
            e.expect("wifi_p2p.p2p_capability.group_capability", hex8(group));
            Attribute::Capability(p2p::Capability { device, group })
        }
        3 => {
            let address = r.mac();
            e.expect("wifi_p2p.device_id", address);
            Attribute::DeviceId(address)
        }
        4 => {
            let (intent, tie_breaker) = (r.range(0, 15), r.u8() & 1 != 0);
            e.expect("wifi_p2p.go_intent", intent);
            e.expect("wifi_p2p.go_intent_tie_breaker", u8::from(tie_breaker));
            Attribute::GroupOwnerIntent(p2p::GroupOwnerIntent { intent, tie_breaker })
        }
        5 => {
            let [group_owner, client] = r.octets();
            e.expect("wifi_p2p.config_timeout.go", group_owner);
            e.expect("wifi_p2p.config_timeout.client", client);
            Attribute::ConfigurationTimeout(p2p::ConfigurationTimeout { group_owner, client })
        }
        6 => {
            let channel = channel(r);
            e.expect("wifi_p2p.listen_channel.operating_class", channel.class);
            e.expect("wifi_p2p.listen_channel.channel_number", channel.channel);
            Attribute::ListenChannel(channel)
        }
        7 => {
            let address = r.mac();
            e.expect("wifi_p2p.p2p_group_bssid", address);
            Attribute::GroupBssid(address)
        }
        8 => {
            let (period, interval) = (r.u16(), r.u16());
            e.expect("wifi_p2p.extended_listen_timing.period", period);
            e.expect("wifi_p2p.extended_listen_timing.interval", interval);
            Attribute::ExtendedListenTiming(p2p::ExtendedListenTiming { period, interval })
        }
        9 => {
            let address = r.mac();
            e.expect("wifi_p2p.intended_interface_addr", address);
            Attribute::IntendedInterfaceAddress(address)
        }
        10 => {
            let bits = r.u8();
            e.expect("wifi_p2p.manageability.bitmap", hex8(bits));
            Attribute::Manageability(bits)
        }
        11 => {
            let entries: Vec<_> = (0..r.range(1, 3))
                .map(|_| p2p::OperatingClassChannelsBuf { class: r.u8(), channels: r.bytes(1, 8) })
                .collect();
            e.expect("wifi_p2p.channel_list.operating_class", list(entries.iter().map(|entry| entry.class)));
            e.expect("wifi_p2p.channel_list.channel_list", list(entries.iter().map(|entry| hex(&entry.channels))));
            Attribute::ChannelList(p2p::ChannelListBuf { country: *b"DE ", entries })
        }
        12 => {
            let descriptors: Vec<_> = (0..r.range(0, 2))
                .map(|_| {
                    let (count, duration, interval, start) = (r.u8(), r.u32(), r.u32(), r.u32());
                    p2p::AbsenceDescriptor { count, duration, interval, start }
                })
                .collect();
            let (index, opportunistic_power_save, ct_window) = (r.u8(), r.u8() & 1 != 0, r.range(0, 127));
            e.expect("wifi_p2p.noa.index", index);
            e.expect("wifi_p2p.noa.params.opp_ps", u8::from(opportunistic_power_save));
            e.expect("wifi_p2p.noa.params.ctwindow", ct_window);
            e.expect("wifi_p2p.noa.count_type", list(descriptors.iter().map(|each| each.count)));
            e.expect("wifi_p2p.noa.duration", list(descriptors.iter().map(|each| each.duration)));
            e.expect("wifi_p2p.noa.interval", list(descriptors.iter().map(|each| each.interval)));
            e.expect("wifi_p2p.noa.start_time", list(descriptors.iter().map(|each| each.start)));
            Attribute::NoticeOfAbsence(p2p::NoticeOfAbsenceBuf {
                index,
                opportunistic_power_save,
                ct_window,
                descriptors,
            })
        }
        13 => {
            let info = device_info(r);
            e.expect("wifi_p2p.dev_info.p2p_dev_addr", info.address);
            e.expect("wifi_p2p.dev_info.config_methods", hex16(info.config_methods.0));
            e.expect("wifi_p2p.dev_info.pri_dev_type", hex(&info.primary.0));
            e.expect("wifi_p2p.dev_info.num_sec", info.secondary.len());
            e.expect("wifi_p2p.dev_info.sec_dev_type", list(info.secondary.iter().map(|each| hex(&each.0))));
            e.expect("wifi_p2p.dev_info.dev_name", text(info.name.as_bytes()));
            Attribute::DeviceInfo(info)
        }
        14 => {
            let clients: Vec<_> = (0..r.range(1, 2))
                .map(|_| {
                    let info = device_info(r);
                    p2p::ClientInfoBuf {
                        device_address: info.address,
                        interface_address: r.mac(),
                        device_capability: r.u8(),
                        config_methods: info.config_methods,
                        primary: info.primary,
                        secondary: info.secondary,
                        name: info.name,
                    }
                })
                .collect();
            let all = |value: fn(&p2p::ClientInfoBuf) -> String| list(clients.iter().map(value));
            e.expect("wifi_p2p.group_info.p2p_dev_addr", all(|client| client.device_address.to_string()));
            e.expect("wifi_p2p.group_info.p2p_interface_addr", all(|client| client.interface_address.to_string()));
            e.expect("wifi_p2p.group_info.device_capability", all(|client| hex8(client.device_capability)));
            e.expect("wifi_p2p.group_info.config_methods", all(|client| hex16(client.config_methods.0)));
            e.expect("wifi_p2p.group_info.pri_dev_type", all(|client| hex(&client.primary.0)));
            e.expect("wifi_p2p.group_info.num_sec", all(|client| client.secondary.len().to_string()));
            e.expect("wifi_p2p.group_info.dev_name", all(|client| text(client.name.as_bytes())));
            Attribute::GroupInfo(clients)
        }
        15 => {
            let group = group(r);
            e.expect("wifi_p2p.p2p_group_id.p2p_dev_addr", group.device_address);
            e.expect("wifi_p2p.p2p_group_id.ssid", group.ssid);
            Attribute::GroupId(group)
        }
        17 => {
            let channel = channel(r);
            e.expect("wifi_p2p.operating_channel.country_string", "DE ");
            e.expect("wifi_p2p.operating_channel.operating_class", channel.class);
            e.expect("wifi_p2p.operating_channel.channel_number", channel.channel);
            Attribute::OperatingChannel(channel)
        }
        18 => {
            let flags = r.u8();
            e.expect("wifi_p2p.invitation_flags", hex8(flags));
            Attribute::InvitationFlags(flags)
        }
        19 => {
            let value = p2p::OobGoNegChannel { channel: channel(r), role: r.range(0, 2) };
            // Wireshark 4.0 shows the channel number for the role once more.
            let [class, number] = [value.channel.class, value.channel.channel];
            e.expect("wifi_p2p.oob_group_owner_negotiation_channel.operating_class", class);
            e.expect("wifi_p2p.oob_group_owner_negotiation_channel.channel_number", number);
            Attribute::OobGoNegChannel(value)
        }
        21 => {
            let hashes: Vec<[u8; 6]> = (0..r.range(1, 3)).map(|_| r.octets()).collect();
            e.expect("wifi_p2p.service_hash", list(hashes.iter().map(|hash| hex(hash))));
            Attribute::ServiceHash(hashes)
        }
        22 => {
            let session = r.text(1, 60);
            e.expect("wifi_p2p.session_information", text(&session));
            Attribute::SessionInformation(session)
        }
        23 => {
            let bits = r.u8();
            e.expect("wifi_p2p.connection_capability", hex8(bits));
            Attribute::ConnectionCapability(bits)
        }
        24 => {
            let value = p2p::ServiceId { id: r.u32(), mac: r.mac() };
            // Wireshark takes this and the Session ID for big endian, deployed devices (wpa_supplicant) for little endian.
            e.expect("wifi_p2p.advertisement_id", format!("{:#010x}", value.id.swap_bytes()));
            e.expect("wifi_p2p.advertisement_id.service_mac_address", value.mac);
            Attribute::AdvertisementId(value)
        }
        25 => {
            let services: Vec<_> = (0..r.range(1, 2))
                .map(|_| p2p::AdvertisedServiceBuf {
                    id: r.u32(),
                    config_methods: ConfigMethods(r.u16()),
                    name: r.text(1, 20),
                })
                .collect();
            let all = |value: fn(&p2p::AdvertisedServiceBuf) -> String| list(services.iter().map(value));
            // Big endian to Wireshark, as above.
            let id = all(|service| format!("{:#010x}", service.id.swap_bytes()));
            e.expect("wifi_p2p.advertised_service.advertisement_id", id);
            let methods = all(|service| hex16(service.config_methods.0));
            e.expect("wifi_p2p.advertised_service.config_methods", methods);
            e.expect("wifi_p2p.advertised_service.service_name", all(|service| text(&service.name)));
            Attribute::AdvertisedService(services)
        }
        26 => {
            let value = p2p::ServiceId { id: r.u32(), mac: r.mac() };
            e.expect("wifi_p2p.session_id", format!("{:#010x}", value.id.swap_bytes()));
            e.expect("wifi_p2p.session_id.session_mac_address", value.mac);
            Attribute::SessionId(value)
        }
        27 => {
            let octets: [u8; 2] = r.octets();
            e.expect("wifi_p2p.feature_capability", hex(&octets));
            Attribute::FeatureCapability(octets.to_vec())
        }
        _ => return None,
    })
}

/// A P2P element with attributes of random kinds, each at most once, in the order of their IDs; without Persistent Group
/// (28), of which Wireshark 4.0 takes the SSID for longer than it is.
fn p2p_element(r: &mut Random, e: &mut Elems) {
    let kinds: BTreeSet<u8> = (0..4).map(|_| r.range(0, 27)).collect();
    let mut trial = Elems::default();
    let attributes: Vec<_> = kinds.into_iter().filter_map(|kind| p2p_attribute(r, kind, &mut trial)).collect();
    p2p::emit(&attributes, &mut trial.bytes);
    // Wireshark does not join the attributes of several elements.
    if attributes.is_empty() || trial.bytes.len() > 257 {
        return p2p_element(r, e);
    }
    e.bytes.append(&mut trial.bytes);
    e.fields.append(&mut trial.fields);
}

fn case(r: &mut Random, body: Body<'_>, mut fields: Vec<(&'static str, String)>) -> Case {
    let (destination, source, bssid) = (r.mac(), r.mac(), r.mac());
    let mut frame = Frame::new(destination, source, bssid, body);
    frame.header.sequence = r.u16() << 4;
    fields.push(("wlan.fc.type_subtype", hex16(body.subtype().0.into())));
    fields.push(("wlan.da", destination.to_string()));
    fields.push(("wlan.sa", source.to_string()));
    fields.push(("wlan.bssid", bssid.to_string()));
    fields.push(("wlan.seq", frame.header.sequence_number().to_string()));
    Case { frame: frame.to_vec(), fields }
}

fn with(r: &mut Random, writers: &[fn(&mut Random, &mut Elems)]) -> Elems {
    let mut elems = Elems::default();
    writers.iter().for_each(|write| write(r, &mut elems));
    elems
}

fn management(r: &mut Random, cases: &mut Vec<Case>) {
    let elems = with(r, &[ssid, supported_rates, network, security, throughput, multimedia, channel_switch]);
    let (timestamp, interval, capability) = (r.next() >> 1, r.u16(), r.u16());
    let mut fields = elems.fields;
    fields.push(("wlan.fixed.timestamp", timestamp.to_string()));
    fields.push(("wlan.fixed.beacon", interval.to_string()));
    fields.push(("wlan.fixed.capabilities", hex16(capability)));
    let elements = Elements::new(&elems.bytes);
    cases.push(case(r, Body::Beacon { timestamp, interval, capability, elements }, fields));

    let elems = with(r, &[ssid, supported_rates, simple_config, p2p_element, display]);
    let mut fields = elems.fields;
    fields.push(("wlan.fixed.beacon", interval.to_string()));
    let elements = Elements::new(&elems.bytes);
    cases.push(case(r, Body::ProbeResponse { timestamp, interval, capability, elements }, fields));

    let elems = with(r, &[ssid, supported_rates, simple_config, p2p_element, display]);
    let elements = Elements::new(&elems.bytes);
    cases.push(case(r, Body::ProbeRequest { elements }, elems.fields));

    for write in [simple_config_attributes as fn(&mut Random, &mut Elems), credential] {
        let elems = with(r, &[ssid, write]);
        let elements = Elements::new(&elems.bytes);
        cases.push(case(r, Body::ProbeRequest { elements }, elems.fields));
    }

    let (transaction, status) = (r.u16(), StatusCode(r.u16()));
    let fields = vec![
        ("wlan.fixed.auth.alg", "0".into()),
        ("wlan.fixed.auth_seq", hex16(transaction)),
        ("wlan.fixed.status_code", hex16(status.0)),
    ];
    let (algorithm, elements) = (AuthenticationAlgorithm::OPEN_SYSTEM, Elements::default());
    cases.push(case(r, Body::Authentication { algorithm, transaction, status, elements }, fields));

    let elems = with(r, &[ssid, supported_rates, station, efficiency, security, p2p_element]);
    let (listen_interval, elements) = (r.u16(), Elements::new(&elems.bytes));
    let mut fields = elems.fields;
    fields.push(("wlan.fixed.listen_ival", hex16(listen_interval)));
    let body = Body::AssociationRequest { capability, listen_interval, elements };
    cases.push(case(r, body, fields.clone()));
    let current_ap = r.mac();
    fields.push(("wlan.fixed.current_ap", current_ap.to_string()));
    let body = Body::ReassociationRequest { capability, listen_interval, current_ap, elements };
    cases.push(case(r, body, fields));

    let elems = with(r, &[supported_rates, multimedia, p2p_element]);
    let (aid, elements) = (r.u16() & 0x3fff, Elements::new(&elems.bytes));
    let mut fields = elems.fields;
    fields.push(("wlan.fixed.aid", hex16(aid)));
    fields.push(("wlan.fixed.status_code", hex16(status.0)));
    let body = Body::AssociationResponse { capability, status, aid, elements };
    cases.push(case(r, body, fields.clone()));
    cases.push(case(r, Body::ReassociationResponse { capability, status, aid, elements }, fields));

    let elems = with(r, &[p2p_element]);
    let (reason, elements) = (ReasonCode(r.u16()), Elements::new(&elems.bytes));
    let mut fields = elems.fields;
    fields.push(("wlan.fixed.reason_code", hex16(reason.0)));
    cases.push(case(r, Body::Deauthentication { reason, elements }, fields.clone()));
    cases.push(case(r, Body::Disassociation { reason, elements }, fields));
}

fn actions(r: &mut Random, cases: &mut Vec<Case>) {
    for kind in 0..=8 {
        let elems = with(r, &[p2p_element, simple_config, display]);
        let (dialog_token, elements) = (r.u8(), Elements::new(&elems.bytes));
        let mut fields = elems.fields;
        fields.push(("wifi_p2p.public_action.subtype", kind.to_string()));
        fields.push(("wifi_p2p.public_action.dialog_token", dialog_token.to_string()));
        let action = Action::P2pPublic { subtype: P2pPublicSubtype(kind), dialog_token, elements };
        cases.push(case(r, Body::Action(action), fields));
    }
    for kind in 0..=3 {
        let elems = with(r, &[p2p_element]);
        let (dialog_token, elements) = (r.u8(), Elements::new(&elems.bytes));
        let mut fields = elems.fields;
        fields.push(("wifi_p2p.action.subtype", kind.to_string()));
        fields.push(("wifi_p2p.action.dialog_token", dialog_token.to_string()));
        let action = Action::P2p { subtype: P2pSubtype(kind), dialog_token, elements };
        cases.push(case(r, Body::Action(action), fields));
    }
}

/// Frames of which the writer does not know more than the kind.
fn opaque(r: &mut Random, cases: &mut Vec<Case>) {
    // SA Query: action and transaction.
    let body = [0, r.u8(), r.u8()];
    let action = Action::Other { category: category::SA_QUERY, body: &body };
    let transaction = hex16(u16::from_le_bytes([body[1], body[2]]));
    let fields = vec![
        ("wlan.fixed.category_code", "8".into()),
        ("wlan.fixed.action_code", "0".into()),
        ("wlan.fixed.transaction_id", transaction),
    ];
    cases.push(case(r, Body::Action(action), fields));
    let token = r.u8();
    let action = Action::ProtectedDual { body: &[public_action::GAS_COMEBACK_REQUEST, token] };
    cases.push(case(r, Body::Action(action), vec![("wlan.fixed.category_code", "9".into())]));
    let elems = with(r, &[p2p_element]);
    let (dialog_token, elements) = (r.u8(), Elements::new(&elems.bytes));
    let mut fields = elems.fields;
    fields.push(("wifi_p2p.public_action.dialog_token", dialog_token.to_string()));
    let subtype = P2pPublicSubtype::GO_NEGOTIATION_REQUEST;
    let action = Action::P2pPublic { subtype, dialog_token, elements };
    cases.push(case(r, Body::ActionNoAck(action), fields));
    // ATIM, which has no body.
    cases.push(case(r, Body::Other { subtype: Subtype(9), body: &[] }, Vec::new()));
}

fn advertisement(r: &mut Random, cases: &mut Vec<Case>) {
    let (dialog_token, indicator, data) = (r.u8(), r.u16(), r.bytes(1, 100));
    // Not Wi-Fi Display, whose queries Wireshark would want to read.
    let (protocol, transaction) = (r.range(0, 3), r.u8());
    let mut query = Vec::new();
    service::emit_requests(indicator, &[service::Request { protocol, transaction, query: &data }], &mut query);
    let mut fields = vec![
        ("wlan.fixed.publicact", "0x0a".into()),
        ("wlan.fixed.dialog_token", hex8(dialog_token)),
        ("wlan.fixed.query_request_length", query.len().to_string()),
        ("wlan.fixed.anqp.info_id", "56797".into()),
        ("wifi_p2p.anqp.service_update_indicator", indicator.to_string()),
        ("wifi_p2p.anqp.service_protocol_type", protocol.to_string()),
        ("wifi_p2p.anqp.service_transaction_id", transaction.to_string()),
        ("wifi_p2p.anqp.query_data", hex(&data)),
    ];
    let gas = Gas::InitialRequest { dialog_token, protocol: AdvertisementProtocol::ANQP_REQUEST, query: &query };
    cases.push(case(r, Body::Action(Action::Gas(gas)), fields.clone()));

    let (status, mut response) = (r.range(0, 3), Vec::new());
    let answer = service::Response { protocol, transaction, status, data: &data };
    service::emit_responses(indicator, &[answer], &mut response);
    fields.truncate(2);
    fields[0].1 = "0x0b".into();
    fields.extend([
        ("wlan.fixed.status_code", "0x0000".into()),
        ("wlan.fixed.gas_comeback_delay", "0".into()),
        ("wlan.fixed.query_response_length", response.len().to_string()),
        ("wifi_p2p.anqp.status_code", status.to_string()),
        ("wifi_p2p.anqp.response_data", hex(&data)),
    ]);
    let gas = Gas::InitialResponse {
        dialog_token,
        status: StatusCode::SUCCESS,
        comeback_delay: 0,
        protocol: AdvertisementProtocol::ANQP_RESPONSE,
        response: &response,
    };
    cases.push(case(r, Body::Action(Action::Gas(gas)), fields));

    let fields = vec![("wlan.fixed.publicact", "0x0c".into()), ("wlan.fixed.dialog_token", hex8(dialog_token))];
    cases.push(case(r, Body::Action(Action::Gas(Gas::ComebackRequest { dialog_token })), fields));

    let (fragment, comeback_delay) = (r.range(0, 127), r.u16());
    let fields = vec![
        ("wlan.fixed.publicact", "0x0d".into()),
        ("wlan.fixed.gas_fragment_id", fragment.to_string()),
        ("wlan.fixed.more_gas_fragments", "1".into()),
        ("wlan.fixed.gas_comeback_delay", comeback_delay.to_string()),
        ("wlan.fixed.query_response_length", "0".into()),
    ];
    let gas = Gas::ComebackResponse {
        dialog_token,
        status: StatusCode::SUCCESS,
        fragment,
        more: true,
        comeback_delay,
        protocol: AdvertisementProtocol::ANQP_RESPONSE,
        response: &[],
    };
    cases.push(case(r, Body::Action(Action::Gas(gas)), fields));
}

fn separated(octets: &[u8], by: &str) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect::<Vec<_>>().join(by)
}

fn aware(r: &mut Random, cases: &mut Vec<Case>) {
    let (service_id, instance, requestor, binding) = (r.octets(), r.u8(), r.u8(), r.u16());
    let (filter, info) = (r.text(1, 20), r.text(1, 60));
    let kind = ServiceControl(r.range(0, 2));
    // Wireshark takes the filter apart into values with a length each.
    let matching_filter = [&[filter.len() as u8], &filter[..]].concat();
    let descriptor = ServiceDescriptor {
        service_id,
        instance,
        requestor,
        kind,
        range_limited: false,
        binding: Some(binding),
        matching_filter: Some(&matching_filter),
        response_filter: None,
        service_info: Some(&info),
    };
    let mut attributes = Vec::new();
    descriptor.emit(&mut attributes);
    let fields = vec![
        ("nan.attribute.type", nan::attribute::SERVICE_DESCRIPTOR.to_string()),
        ("nan.service_id", separated(&service_id, ":")),
        ("nan.sda.requestor_instance_id", hex8(requestor)),
        ("nan.sda.sc.type", hex8(kind.0)),
        ("nan.sda.binding_bitmap", hex16(binding)),
        ("nan.sda.matching_filter_val", separated(&filter, "-")),
    ];
    cases.push(case(r, Body::Action(Action::NanServiceDiscovery { attributes: &attributes }), fields));
}

#[test]
fn wireshark_finds_what_was_written() {
    let mut cases = Vec::new();
    for seed in 0..ROUNDS {
        let random = &mut Random(seed);
        management(random, &mut cases);
        actions(random, &mut cases);
        opaque(random, &mut cases);
        advertisement(random, &mut cases);
        aware(random, &mut cases);
    }
    let fields: BTreeSet<&str> = cases.iter().flat_map(|case| case.fields.iter().map(|field| field.0)).collect();
    let fields: Vec<&str> = fields.into_iter().chain(["_ws.malformed"]).collect();
    let frames: Vec<Vec<u8>> = cases.iter().map(|case| case.frame.clone()).collect();
    let found = common::tshark(&common::write(&frames), &fields);
    assert_eq!(found.len(), cases.len());
    // Of each field the first frame in which it is not what was written.
    let mut wrong = BTreeMap::new();
    for (case, found) in cases.iter().zip(&found) {
        let value =
            |field| found.get(fields.iter().position(|&each| each == field).unwrap()).map_or("", String::as_str);
        for (field, expected) in case.fields.iter().chain([&("_ws.malformed", String::new())]) {
            if value(*field) != expected {
                wrong.entry(*field).or_insert_with(|| {
                    format!("read {:?}, written {expected:?} in {}", value(*field), hex(&case.frame))
                });
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(cases.len() > 3000 && fields.len() > 220, "{} frames, {} fields", cases.len(), fields.len());
}

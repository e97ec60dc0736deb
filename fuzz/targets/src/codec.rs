//! Targets of `ieee80211-ies`: everything that there is to read is read.

use crate::differential::{attributes_survive, frame_survives};
use ieee80211_ies::bss::{
    Country, DsssParameterSet, Erp, ExtendedCapabilities, Interworking, OperatingModeNotification, PowerCapability, Tim,
};
use ieee80211_ies::channel_switch::{
    ChannelSwitch, ExtendedChannelSwitch, SecondaryChannelOffset, WideBandwidthChannelSwitch,
};
use ieee80211_ies::frame::{Action, Body, Frame, Gas, Subtype};
use ieee80211_ies::p2p::service::Message;
use ieee80211_ies::p2p::{self, P2p};
use ieee80211_ies::rsn::{Rsn, RsnExtension};
use ieee80211_ies::wfd::{self, Wfd};
use ieee80211_ies::wsc::{self, Wsc};
use ieee80211_ies::{Elements, KnownElement, MAX_JOINED, OUI_WFA, anqp, check, eht, escape, he, ht, nan, vht, wmm};
use std::fmt::Debug;
use std::hint::black_box;

/// Reads what an accessor gives, and prints it as a log would.
fn seen(value: impl Debug) {
    black_box(format!("{value:?}"));
}

pub(crate) fn elements(bytes: &[u8]) {
    let elements = Elements::new(bytes);
    for element in elements {
        seen((element, element.vendor()));
        let at = elements.bytes().get(element.offset..).unwrap_or_default();
        assert_eq!(at.first(), Some(&element.id), "an element lies where it says");
        if let Ok(joined) = elements.defragmented(&element) {
            assert!(joined.starts_with(element.body));
        }
    }
    seen(check(bytes));
    seen((elements.ssid(), elements.rates().collect::<Vec<_>>(), elements.has_dsss_rates_only()));
    seen((elements.get::<DsssParameterSet>(), elements.get::<Erp>(), elements.get::<PowerCapability>()));
    seen(elements.get::<Tim<'_>>().map(|tim| tim.map(|tim| (tim.holds_for(2007), tim.holds_group_frames()))));
    seen((elements.get::<Country<'_>>(), elements.get::<Interworking>()));
    seen((elements.get::<ExtendedCapabilities<'_>>(), elements.get::<OperatingModeNotification>()));
    seen((elements.get::<ChannelSwitch>(), elements.get::<ExtendedChannelSwitch>()));
    seen((elements.get::<SecondaryChannelOffset>(), elements.get::<WideBandwidthChannelSwitch>()));
    seen((elements.get::<Rsn<'_>>(), elements.get::<ht::Capabilities>(), elements.get::<ht::Operation>()));
    seen((elements.get::<vht::Capabilities>(), elements.get::<vht::Operation>()));
    seen((elements.get::<he::Capabilities<'_>>(), elements.get::<he::Operation>()));
    seen((elements.get::<he::SixGhzCapabilities>(), elements.get::<RsnExtension<'_>>()));
    seen((elements.get::<eht::Capabilities<'_>>(), elements.get::<eht::Operation>()));
    seen((wmm::Information::find(elements), wmm::Parameter::find(elements)));
    if let Ok(Some(read)) = elements.p2p() {
        let mut buffer = [0; MAX_JOINED];
        let joined = elements.vendor_in(OUI_WFA, p2p::OUI_TYPE, &mut buffer);
        assert_eq!(joined.ok().flatten().as_deref(), Some(read.bytes()), "joined elsewhere it is the same");
        p2p(read.bytes());
    }
    if let Ok(Some(read)) = elements.wsc() {
        wsc(read.bytes());
    }
    if let Ok(Some(read)) = Wfd::find(elements) {
        wfd(read.bytes());
    }
    // What is shown of a peer is text of one line, whatever it sent.
    for element in elements {
        let shown = format!("{}{}", escape::ssid(element.body), escape::name(element.body));
        assert!(shown.bytes().all(|octet| (0x20..0x7f).contains(&octet) || octet >= 0x80), "{shown:?}");
        assert!(!shown.chars().any(char::is_control), "{shown:?}");
    }
}

pub(crate) fn frame(bytes: &[u8]) {
    let Ok(frame) = Frame::parse(bytes) else { return };
    seen(frame);
    seen(frame.has_group_source());
    body(&frame.body);
    frame_survives(&frame);
}

fn body(body: &Body<'_>) {
    elements(body.elements().bytes());
    match body {
        Body::Action(Action::Gas(read)) => gas_contents(read),
        Body::Action(Action::NanServiceDiscovery { attributes }) => nan_attributes(attributes),
        _ => {}
    }
}

fn nan_attributes(bytes: &[u8]) {
    for attribute in nan::Attributes::new(bytes) {
        if let Ok(read) = nan::ServiceDescriptor::parse(attribute.body) {
            let mut written = Vec::new();
            read.emit(&mut written);
            let again = nan::Attributes::new(&written).next().map(|again| nan::ServiceDescriptor::parse(again.body));
            assert_eq!(again, Some(Ok(read)));
        }
    }
}

pub(crate) fn public_action(bytes: &[u8]) {
    for subtype in [Subtype::ACTION, Subtype::ACTION_NO_ACK] {
        if let Ok(read) = Body::parse(subtype, bytes) {
            body(&read);
        }
    }
}

pub(crate) fn p2p(bytes: &[u8]) {
    let Ok(read) = P2p::parse(bytes) else { return };
    seen((&read, read.status(), read.minor_reason_code(), read.capability(), read.device_id()));
    seen((read.group_owner_intent(), read.configuration_timeout(), read.listen_channel(), read.operating_channel()));
    seen((read.group_bssid(), read.extended_listen_timing(), read.intended_interface_address(), read.manageability()));
    if let Some(list) = read.channel_list() {
        seen((list, list.channels().count(), list.contains(81, 6)));
    }
    if let Some(notice) = read.notice_of_absence() {
        seen((notice, notice.descriptors().collect::<Vec<_>>()));
    }
    if let Some(info) = read.device_info() {
        seen((info, info.secondary.iter().count()));
    }
    if let Some(group) = read.group_info() {
        seen((group, group.clients().map(|client| client.secondary.iter().count()).sum::<usize>()));
    }
    seen((read.group_id(), read.interface().map(|interface| interface.addresses().count())));
    seen((read.invitation_flags(), read.oob_go_neg_channel(), read.service_hash().map(|hashes| hashes.iter().len())));
    seen((read.session_info(), read.connection_capability(), read.advertisement_id(), read.advertised_service()));
    seen((read.session_id(), read.feature_capability(), read.persistent_group(), read.capability_extension()));
    seen((read.wlan_ap_info(), read.device_identity_key(), read.device_identity_resolution()));
    seen((read.pairing_and_bootstrapping(), read.password(), read.action_frame_wrapper()));
    attributes_survive(&read);
}

pub(crate) fn wsc(bytes: &[u8]) {
    for media_type in [wsc::ndef::WSC, wsc::ndef::P2P] {
        if let Ok(Some(record)) = wsc::ndef::find(bytes, media_type) {
            seen((record, wsc::ndef::handover(record.payload)));
        }
    }
    let Ok(read) = Wsc::parse(bytes) else { return };
    seen((&read, read.version(), read.version2(), read.message_type(), read.wsc_state(), read.selected_registrar()));
    seen((read.device_password_id(), read.config_methods(), read.request_type(), read.response_type()));
    seen((read.uuid_e(), read.uuid_r(), read.manufacturer(), read.model_name(), read.model_number()));
    seen((read.serial_number(), read.device_name(), read.primary_device_type(), read.rf_bands()));
    seen(read.secondary_device_types().map(|types| types.iter().count()));
    seen((read.requested_device_types().count(), read.vendor_extensions().count(), read.wfa_subelements().count()));
    seen((read.authorized_macs().len(), read.network_key_shareable(), read.request_to_enroll()));
    seen((read.settings_delay_time(), read.registrar_config_methods(), read.multi_ap()));
    seen((read.multi_ap_profile(), read.multi_ap_8021q(), read.key_lifetime(), read.message_counter()));
    seen(read.oob_device_password());
    for credential in read.credentials().flatten() {
        seen(credential);
        let mut written = Vec::new();
        wsc::Writer::new(&mut written).credential(&credential);
        let again = Wsc::parse(&written).expect("what was written can be read");
        assert_eq!(again.credentials().collect::<Vec<_>>(), [Ok(credential)]);
    }
    let mut written = Vec::new();
    for attribute in read.attributes() {
        wsc::Writer::new(&mut written).attribute(attribute.kind, attribute.body);
    }
    assert!(
        read.bytes().starts_with(&written),
        "attributes are written as they stood, without the padding behind them"
    );
}

pub(crate) fn wfd(bytes: &[u8]) {
    let Ok(read) = Wfd::parse(bytes) else { return };
    seen((&read, read.device_information(), read.associated_bssid(), read.audio_formats(), read.video_formats()));
    seen((read.video_formats_3d(), read.content_protection(), read.coupled_sink(), read.extended_capability()));
    seen((read.local_ip_address(), read.session_devices().collect::<Vec<_>>(), read.alternative_mac_address()));
    seen(read.r2_device_information());
    let mut written = Vec::new();
    wfd::emit(&read.subelements().collect::<Vec<_>>(), &mut written);
    let again = Wfd::find(Elements::new(&written));
    // What one input holds may be more than fits in elements joined.
    if let Ok(again) = again {
        assert_eq!(again.as_ref().map(Wfd::bytes), Some(read.bytes()));
    }
}

pub(crate) fn rsn(bytes: &[u8]) {
    if let Ok(read) = RsnExtension::parse(bytes) {
        let mut written = Vec::new();
        read.emit_body(&mut written);
        assert_eq!(RsnExtension::parse(&written), Ok(read));
    }
    let Ok(read) = Rsn::parse(bytes) else { return };
    seen((read, read.pairwise.len(), read.akms.contains(ieee80211_ies::rsn::akm::PSK)));
    let mut written = Vec::new();
    read.emit_body(&mut written);
    assert_eq!(Rsn::parse(&written), Ok(read));
}

pub(crate) fn gas(bytes: &[u8]) {
    if let Ok(Action::Gas(read)) = Action::parse(bytes) {
        gas_contents(&read);
    }
    // Also as what stands in a query or a response that came in pieces.
    service_messages(bytes);
}

fn gas_contents(read: &Gas<'_>) {
    seen((read, read.dialog_token()));
    match read {
        Gas::InitialRequest { query: octets, .. }
        | Gas::InitialResponse { response: octets, .. }
        | Gas::ComebackResponse { response: octets, .. } => service_messages(octets),
        Gas::ComebackRequest { .. } => {}
    }
}

fn service_messages(octets: &[u8]) {
    seen(anqp::AnqpElements::new(octets).map(|element| element.vendor().is_some()).collect::<Vec<_>>());
    let Ok(Some(message)) = Message::find(octets) else { return };
    let requests: Vec<_> = message.requests().map_while(Result::ok).collect();
    let responses: Vec<_> = message.responses().map_while(Result::ok).collect();
    seen((&requests, &responses));
    for request in &requests {
        if let Ok(content) = request.content() {
            seen(content);
            assert_eq!(content.to_bytes(), request.query);
        }
    }
    for response in responses.iter().filter(|response| response.status == p2p::service::status::SUCCESS) {
        if let Ok(content) = response.content() {
            seen(&content);
            assert_eq!(content.to_bytes(), response.data);
        }
    }
    let mut written = Vec::new();
    p2p::service::emit_responses(message.update_indicator, &responses, &mut written);
    if let Ok(Some(again)) = Message::find(&written) {
        assert_eq!(again.responses().collect::<Result<Vec<_>, _>>(), Ok(responses));
    }
}

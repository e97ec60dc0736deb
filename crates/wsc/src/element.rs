//! WSC elements of management frames (WSC 2.0 §8.2), complete from their element ID on; several where one is too short.

use alloc::vec::Vec;

use ieee80211_ies::wsc::{
    AssociationState, ConfigError, ConfigMethods, DevicePasswordId, DeviceType, RequestType, ResponseType, VERSION_2_0,
    Writer, WscState, attr, emit_element,
};

use crate::device::Device;
use crate::message::{put_device, text};

/// Writes attributes, Version first, and makes an element of them.
pub(crate) fn element(write: impl FnOnce(&mut Writer<'_>)) -> Vec<u8> {
    let mut attributes = Vec::new();
    write(Writer::new(&mut attributes).version());
    let mut out = Vec::new();
    emit_element(&attributes, &mut out);
    out
}

/// The element of a probe request (WSC 2.0 §8.2, Wi-Fi P2P v1.7 §4.2.1).
///
/// `password` is [`DevicePasswordId::PUSH_BUTTON`] while the push-button method runs, otherwise
/// [`DevicePasswordId::DEFAULT`]. `config_methods` stands in for those of the device; `requested` limits who answers to
/// devices of these types.
pub fn probe_request_element(
    device: &Device,
    request: RequestType,
    password: DevicePasswordId,
    config_methods: ConfigMethods,
    requested: &[DeviceType],
) -> Vec<u8> {
    element(|writer| {
        writer
            .request_type(request)
            .config_methods(config_methods)
            .uuid_e(&device.uuid)
            .primary_device_type(device.primary_device_type)
            .rf_bands(device.rf_bands)
            .association_state(AssociationState::NOT_ASSOCIATED)
            .config_error(ConfigError::NO_ERROR)
            .device_password_id(password)
            .manufacturer(text(device.manufacturer.as_bytes()))
            .model_name(text(device.model_name.as_bytes()))
            .model_number(text(device.model_number.as_bytes()))
            .device_name(text(device.device_name.as_bytes()));
        if request == RequestType::ENROLLEE {
            writer.wfa_extension(&[(attr::wfa::VERSION2, &[VERSION_2_0]), (attr::wfa::REQUEST_TO_ENROLL, &[1])]);
        } else {
            writer.version2();
        }
        for kind in requested {
            writer.requested_device_type(*kind);
        }
        writer.secondary_device_types(&device.secondary_device_types);
    })
}

/// The element of the probe response of a P2P device that listens (Wi-Fi P2P v1.7 §4.2.3).
pub fn device_probe_response_element(device: &Device, password: DevicePasswordId) -> Vec<u8> {
    element(|writer| {
        writer
            .wsc_state(WscState::NOT_CONFIGURED)
            .device_password_id(password)
            .response_type(ResponseType::ENROLLEE_INFO_ONLY)
            .uuid_e(&device.uuid);
        put_device(writer, device);
        writer.config_methods(device.config_methods).version2().secondary_device_types(&device.secondary_device_types);
    })
}

/// The element of an association request (WSC 2.0 §8.2): this station will not do RSN, but EAP-WSC.
pub fn association_request_element() -> Vec<u8> {
    element(|writer| {
        writer.request_type(RequestType::ENROLLEE).version2();
    })
}

/// The element of GO negotiation frames, with the Device Password ID of the side that sends it
/// (Wi-Fi P2P v1.7 §4.2.9.2).
pub fn negotiation_element(password: DevicePasswordId) -> Vec<u8> {
    element(|writer| {
        writer.device_password_id(password).version2();
    })
}

/// The element of provision discovery frames, with the one method that is asked for or agreed to
/// (Wi-Fi P2P v1.7 §4.2.9.8); deployed devices send nothing else in it.
pub fn provision_discovery_element(config_methods: ConfigMethods) -> Vec<u8> {
    let mut attributes = Vec::new();
    Writer::new(&mut attributes).config_methods(config_methods);
    let mut out = Vec::new();
    emit_element(&attributes, &mut out);
    out
}

//! The WSC element as P2P frames carry it (Wi-Fi P2P v1.7 §4.2, WSC 2.0 §8).

use crate::api::{DeviceDescription, Method};
use alloc::vec::Vec;
use ieee80211_ies::Elements;
use ieee80211_ies::wsc::{
    AssociationState, ConfigError, ConfigMethods, DevicePasswordId, DeviceType, DeviceTypes, RequestType, ResponseType,
    Writer, WscState, emit_element,
};

/// What P2P uses of the configuration methods.
pub(crate) const P2P_METHODS: ConfigMethods =
    ConfigMethods(ConfigMethods::DISPLAY.0 | ConfigMethods::PUSH_BUTTON.0 | ConfigMethods::KEYPAD.0);

impl Method {
    /// The Device Password ID that we send for it.
    pub fn device_password_id(self) -> DevicePasswordId {
        match self {
            Self::PushButton => DevicePasswordId::PUSH_BUTTON,
            Self::Display => DevicePasswordId::REGISTRAR_SPECIFIED,
            Self::Keypad => DevicePasswordId::USER_SPECIFIED,
        }
    }

    /// Our method when the peer sends this Device Password ID: one side shows the PIN that the other types.
    pub fn from_peers_password_id(id: DevicePasswordId) -> Option<Self> {
        match id {
            DevicePasswordId::PUSH_BUTTON => Some(Self::PushButton),
            DevicePasswordId::REGISTRAR_SPECIFIED => Some(Self::Keypad),
            DevicePasswordId::USER_SPECIFIED => Some(Self::Display),
            _ => None,
        }
    }

    /// Whether a peer that sends this Device Password ID does what goes with our method. The default ID says a PIN and leaves open who
    /// shows it, as iwd has it.
    pub fn goes_with(self, id: DevicePasswordId) -> bool {
        if id == DevicePasswordId::DEFAULT {
            self != Self::PushButton
        } else {
            Self::from_peers_password_id(id) == Some(self)
        }
    }

    /// The configuration method of the one who does this.
    pub fn config_methods(self) -> ConfigMethods {
        match self {
            Self::PushButton => ConfigMethods::PUSH_BUTTON,
            Self::Display => ConfigMethods::DISPLAY,
            Self::Keypad => ConfigMethods::KEYPAD,
        }
    }

    /// What is asked of someone by these configuration methods; of several the button goes first, then the keypad.
    pub fn from_config_methods(methods: ConfigMethods) -> Option<Self> {
        [Self::PushButton, Self::Keypad, Self::Display].into_iter().find(|each| methods.contains(each.config_methods()))
    }

    /// What the other side does when this side does this.
    pub fn counterpart(self) -> Self {
        match self {
            Self::PushButton => Self::PushButton,
            Self::Display => Self::Keypad,
            Self::Keypad => Self::Display,
        }
    }
}

/// What the frames of P2P discovery say in their WSC element.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Wsc {
    pub(crate) config_methods: Option<ConfigMethods>,
    pub(crate) device_password_id: Option<DevicePasswordId>,
    pub(crate) device_name: Option<Vec<u8>>,
    pub(crate) manufacturer: Vec<u8>,
    pub(crate) model_name: Vec<u8>,
    pub(crate) model_number: Vec<u8>,
    pub(crate) serial_number: Vec<u8>,
    pub(crate) primary_type: Option<[u8; 8]>,
    pub(crate) secondary_types: Vec<[u8; 8]>,
    pub(crate) requested_types: Vec<[u8; 8]>,
}

impl Wsc {
    /// Reads the WSC elements, or `None` when there is none or it is malformed. Texts are cut to what WSC allows.
    pub(crate) fn read(elements: Elements<'_>) -> Option<Self> {
        let wsc = elements.wsc().ok().flatten()?;
        let text = |text: Option<&[u8]>, most: usize| {
            let text = text.unwrap_or_default();
            text.get(..most).unwrap_or(text).to_vec()
        };
        Some(Self {
            config_methods: wsc.config_methods(),
            device_password_id: wsc.device_password_id(),
            device_name: wsc.device_name().map(|name| text(Some(name), 32)),
            manufacturer: text(wsc.manufacturer(), 64),
            model_name: text(wsc.model_name(), 32),
            model_number: text(wsc.model_number(), 32),
            serial_number: text(wsc.serial_number(), 32),
            primary_type: wsc.primary_device_type().map(|kind| kind.0),
            secondary_types: wsc.secondary_device_types().map_or_else(Vec::new, secondary_types),
            requested_types: wsc.requested_device_types().map(|kind| kind.0).take(MAX_REQUESTED_TYPES).collect(),
        })
    }
}

/// Most secondary device types kept of a peer (WSC 2.0 §12: 16 in the attribute).
const MAX_SECONDARY_TYPES: usize = 16;
/// Most requested device types looked at in a probe request.
const MAX_REQUESTED_TYPES: usize = 16;

/// As many secondary device types as we keep.
pub(crate) fn secondary_types(types: DeviceTypes<'_>) -> Vec<[u8; 8]> {
    types.iter().map(|kind| kind.0).take(MAX_SECONDARY_TYPES).collect()
}

/// A text of at most so many octets; a blank in place of none, since deployed devices trip over empty attributes.
fn text(text: &[u8], most: usize) -> &[u8] {
    let text = text.get(..most).unwrap_or(text);
    if text.is_empty() { b" " } else { text }
}

/// For GO Negotiation Requests and Responses: the Device Password ID; 0 when no method is settled.
pub(crate) fn emit_password_id(method: Option<Method>, plain_pin: bool, out: &mut Vec<u8>) {
    let method = method.filter(|method| !plain_pin || *method == Method::PushButton);
    let id = method.map_or(DevicePasswordId::DEFAULT, Method::device_password_id);
    let mut attributes = Vec::new();
    Writer::new(&mut attributes).version().device_password_id(id).version2();
    emit_element(&attributes, out);
}

/// For provision discovery: the configuration methods asked for, or agreed to.
pub(crate) fn emit_config_methods(methods: ConfigMethods, out: &mut Vec<u8>) {
    let mut attributes = Vec::new();
    Writer::new(&mut attributes).config_methods(methods);
    emit_element(&attributes, out);
}

fn names(writer: &mut Writer<'_>, device: &DeviceDescription) {
    writer.manufacturer(text(&device.manufacturer, 64));
    writer.model_name(text(&device.model_name, 32)).model_number(text(&device.model_number, 32));
}

/// For probe requests (WSC 2.0 §8.2.3).
pub(crate) fn emit_probe_request(
    device: &DeviceDescription,
    rf_bands: u8,
    requested_type: Option<[u8; 8]>,
    out: &mut Vec<u8>,
) {
    let mut attributes = Vec::new();
    let mut writer = Writer::new(&mut attributes);
    writer.version().request_type(RequestType::ENROLLEE).config_methods(ConfigMethods(device.config_methods));
    writer.uuid_e(&device.uuid).primary_device_type(DeviceType(device.primary_type)).rf_bands(rf_bands);
    writer.association_state(AssociationState::NOT_ASSOCIATED).config_error(ConfigError::NO_ERROR);
    writer.device_password_id(DevicePasswordId::DEFAULT);
    names(&mut writer, device);
    writer.device_name(text(&device.name, 32)).version2();
    if let Some(kind) = requested_type {
        writer.requested_device_type(DeviceType(kind));
    }
    emit_element(&attributes, out);
}

/// For probe responses of a device that is in no group (WSC 2.0 §8.2.4).
pub(crate) fn emit_probe_response(device: &DeviceDescription, rf_bands: u8, out: &mut Vec<u8>) {
    let mut attributes = Vec::new();
    let mut writer = Writer::new(&mut attributes);
    writer.version().wsc_state(WscState::NOT_CONFIGURED).device_password_id(DevicePasswordId::DEFAULT);
    writer.response_type(ResponseType::ENROLLEE_INFO_ONLY).uuid_e(&device.uuid);
    names(&mut writer, device);
    writer.serial_number(text(&device.serial_number, 32)).primary_device_type(DeviceType(device.primary_type));
    writer.device_name(text(&device.name, 32)).config_methods(ConfigMethods(device.config_methods));
    writer.rf_bands(rf_bands).version2();
    let secondary: Vec<_> = device.secondary_types.iter().copied().map(DeviceType).collect();
    writer.secondary_device_types(&secondary);
    emit_element(&attributes, out);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::settings;

    #[test]
    fn password_id_element_is_as_deployed() {
        let mut out = Vec::new();
        emit_password_id(Some(Method::PushButton), false, &mut out);
        // Version 1.0, Device Password ID 4, WFA extension with Version2 2.0.
        assert_eq!(
            out,
            b"\xdd\x19\x00\x50\xf2\x04\x10\x4a\x00\x01\x10\x10\x12\x00\x02\x00\x04\x10\x49\x00\x06\x00\x37\x2a\x00\x01\x20"
        );
        assert_eq!(Wsc::read(Elements::new(&out)).unwrap().device_password_id, Some(DevicePasswordId::PUSH_BUTTON));
    }

    #[test]
    fn what_is_written_is_read() {
        let device = settings(3).device;
        let mut out = Vec::new();
        emit_probe_response(&device, 3, &mut out);
        let wsc = Wsc::read(Elements::new(&out)).unwrap();
        assert_eq!(wsc.device_name.as_deref(), Some(&device.name[..]));
        assert_eq!((wsc.manufacturer, wsc.serial_number), (device.manufacturer.clone(), device.serial_number.clone()));
        assert_eq!(wsc.primary_type, Some(device.primary_type));
        out.clear();
        emit_probe_request(&device, 1, Some([7; 8]), &mut out);
        assert_eq!(Wsc::read(Elements::new(&out)).unwrap().requested_types, [[7; 8]]);
        assert_eq!(Wsc::read(Elements::new(&[])), None);
    }

    #[test]
    fn methods_map_both_ways() {
        for method in [Method::PushButton, Method::Display, Method::Keypad] {
            assert_eq!(Method::from_config_methods(method.config_methods()), Some(method));
            assert_eq!(Method::from_peers_password_id(method.device_password_id()), Some(method.counterpart()));
        }
        assert_eq!(Method::from_peers_password_id(DevicePasswordId::DEFAULT), None);
        let any_pin =
            [Method::PushButton, Method::Display, Method::Keypad].map(|m| m.goes_with(DevicePasswordId::DEFAULT));
        assert_eq!(any_pin, [false, true, true]);
        assert!(Method::Keypad.goes_with(DevicePasswordId::REGISTRAR_SPECIFIED));
        assert!(!Method::Display.goes_with(DevicePasswordId::REGISTRAR_SPECIFIED));
        let mut out = Vec::new();
        emit_password_id(Some(Method::Keypad), true, &mut out);
        assert_eq!(Wsc::read(Elements::new(&out)).unwrap().device_password_id, Some(DevicePasswordId::DEFAULT));
    }
}

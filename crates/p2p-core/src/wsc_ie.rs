//! The WSC element as P2P frames carry it (Wi-Fi P2P v1.7 §4.2, WSC 2.0 §8).

use crate::api::{DeviceDescription, Method};
use alloc::vec::Vec;
use ieee80211_ies::{Elements, OUI_MICROSOFT, emit_vendor_elements};

/// The vendor type of WSC elements.
const OUI_TYPE: u8 = 4;

/// Attribute types (WSC 2.0 Table 28).
mod attribute {
    pub(super) const ASSOCIATION_STATE: u16 = 0x1002;
    pub(super) const CONFIG_METHODS: u16 = 0x1008;
    pub(super) const CONFIGURATION_ERROR: u16 = 0x1009;
    pub(super) const DEVICE_NAME: u16 = 0x1011;
    pub(super) const DEVICE_PASSWORD_ID: u16 = 0x1012;
    pub(super) const MANUFACTURER: u16 = 0x1021;
    pub(super) const MODEL_NAME: u16 = 0x1023;
    pub(super) const MODEL_NUMBER: u16 = 0x1024;
    pub(super) const REQUEST_TYPE: u16 = 0x103a;
    pub(super) const RESPONSE_TYPE: u16 = 0x103b;
    pub(super) const RF_BANDS: u16 = 0x103c;
    pub(super) const SERIAL_NUMBER: u16 = 0x1042;
    pub(super) const WSC_STATE: u16 = 0x1044;
    pub(super) const UUID_E: u16 = 0x1047;
    pub(super) const VENDOR_EXTENSION: u16 = 0x1049;
    pub(super) const VERSION: u16 = 0x104a;
    pub(super) const PRIMARY_DEVICE_TYPE: u16 = 0x1054;
    pub(super) const SECONDARY_DEVICE_TYPES: u16 = 0x1055;
    pub(super) const REQUESTED_DEVICE_TYPE: u16 = 0x106a;
}

/// Config Methods bits that say who shows or types a PIN, or presses the button (WSC 2.0 Table 33).
pub(crate) mod methods {
    pub(crate) const DISPLAY: u16 = 0x0008;
    pub(crate) const PUSH_BUTTON: u16 = 0x0080;
    pub(crate) const KEYPAD: u16 = 0x0100;
    /// What P2P uses.
    pub(crate) const ALL: u16 = DISPLAY | PUSH_BUTTON | KEYPAD;
}

/// Device Password IDs (WSC 2.0 Table 37).
mod password_id {
    pub(super) const DEFAULT: u16 = 0;
    pub(super) const USER_SPECIFIED: u16 = 1;
    pub(super) const PUSH_BUTTON: u16 = 4;
    pub(super) const REGISTRAR_SPECIFIED: u16 = 5;
}

impl Method {
    /// The Device Password ID that we send for it.
    pub fn device_password_id(self) -> u16 {
        match self {
            Self::PushButton => password_id::PUSH_BUTTON,
            Self::Display => password_id::REGISTRAR_SPECIFIED,
            Self::Keypad => password_id::USER_SPECIFIED,
        }
    }

    /// Our method when the peer sends this Device Password ID: one side shows the PIN that the other types.
    pub fn from_peers_password_id(id: u16) -> Option<Self> {
        match id {
            password_id::PUSH_BUTTON => Some(Self::PushButton),
            password_id::REGISTRAR_SPECIFIED => Some(Self::Keypad),
            password_id::USER_SPECIFIED => Some(Self::Display),
            _ => None,
        }
    }

    /// The Config Methods bit of the one who does this.
    pub fn config_methods(self) -> u16 {
        match self {
            Self::PushButton => methods::PUSH_BUTTON,
            Self::Display => methods::DISPLAY,
            Self::Keypad => methods::KEYPAD,
        }
    }

    /// What is asked of someone by these Config Methods; the button goes before the keypad, the keypad before the display.
    pub fn from_config_methods(bits: u16) -> Option<Self> {
        if bits & methods::PUSH_BUTTON != 0 {
            Some(Self::PushButton)
        } else if bits & methods::KEYPAD != 0 {
            Some(Self::Keypad)
        } else if bits & methods::DISPLAY != 0 {
            Some(Self::Display)
        } else {
            None
        }
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
    pub(crate) config_methods: Option<u16>,
    pub(crate) device_password_id: Option<u16>,
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
    /// Reads the WSC elements, or `None` when there is none. What is cut off or of a wrong length is left out.
    pub(crate) fn read(elements: Elements<'_>) -> Option<Self> {
        let joined = elements.vendor(OUI_MICROSOFT, OUI_TYPE).ok().flatten()?;
        let mut wsc = Self::default();
        let mut rest: &[u8] = &joined;
        while let Some((&[a, b, c, d], after)) = rest.split_first_chunk::<4>() {
            let Some((body, after)) = after.split_at_checked(u16::from_be_bytes([c, d]).into()) else { break };
            rest = after;
            let text = |most: usize| body.get(..most).unwrap_or(body).to_vec();
            let number = || body.try_into().ok().map(u16::from_be_bytes);
            match u16::from_be_bytes([a, b]) {
                attribute::CONFIG_METHODS => wsc.config_methods = number(),
                attribute::DEVICE_PASSWORD_ID => wsc.device_password_id = number(),
                attribute::DEVICE_NAME => wsc.device_name = Some(text(32)),
                attribute::MANUFACTURER => wsc.manufacturer = text(64),
                attribute::MODEL_NAME => wsc.model_name = text(32),
                attribute::MODEL_NUMBER => wsc.model_number = text(32),
                attribute::SERIAL_NUMBER => wsc.serial_number = text(32),
                attribute::PRIMARY_DEVICE_TYPE => wsc.primary_type = body.try_into().ok(),
                attribute::SECONDARY_DEVICE_TYPES => {
                    wsc.secondary_types = body.as_chunks().0.iter().copied().take(MAX_SECONDARY_TYPES).collect();
                }
                attribute::REQUESTED_DEVICE_TYPE => {
                    let kind =
                        <[u8; 8]>::try_from(body).ok().filter(|_| wsc.requested_types.len() < MAX_REQUESTED_TYPES);
                    wsc.requested_types.extend(kind);
                }
                _ => {}
            }
        }
        Some(wsc)
    }
}

/// Most secondary device types kept of a peer (WSC 2.0 §12: 16 in the attribute).
pub(crate) const MAX_SECONDARY_TYPES: usize = 16;
/// Most requested device types looked at in a probe request.
const MAX_REQUESTED_TYPES: usize = 16;

/// Writes the attributes of a WSC element.
#[derive(Default)]
struct Writer(Vec<u8>);

impl Writer {
    fn put(&mut self, kind: u16, body: &[u8]) -> &mut Self {
        if let Ok(length) = u16::try_from(body.len()) {
            self.0.extend_from_slice(&kind.to_be_bytes());
            self.0.extend_from_slice(&length.to_be_bytes());
            self.0.extend_from_slice(body);
        }
        self
    }

    fn number(&mut self, kind: u16, value: u16) -> &mut Self {
        self.put(kind, &value.to_be_bytes())
    }

    /// A text; a blank in place of none, since deployed devices trip over empty attributes.
    fn text(&mut self, kind: u16, text: &[u8], most: usize) -> &mut Self {
        let text = text.get(..most).unwrap_or(text);
        self.put(kind, if text.is_empty() { b" " } else { text })
    }

    /// Version 1.0, which every device expects to come first.
    fn version(&mut self) -> &mut Self {
        self.put(attribute::VERSION, &[0x10])
    }

    /// Version2 2.0 in the Wi-Fi Alliance vendor extension (WSC 2.0 §12).
    fn version2(&mut self) -> &mut Self {
        self.put(attribute::VENDOR_EXTENSION, &[0x00, 0x37, 0x2a, 0x00, 0x01, 0x20])
    }

    fn names(&mut self, device: &DeviceDescription) -> &mut Self {
        self.text(attribute::MANUFACTURER, &device.manufacturer, 64)
            .text(attribute::MODEL_NAME, &device.model_name, 32)
            .text(attribute::MODEL_NUMBER, &device.model_number, 32)
    }

    fn emit(&self, out: &mut Vec<u8>) {
        emit_vendor_elements(OUI_MICROSOFT, OUI_TYPE, &self.0, out);
    }
}

/// For GO Negotiation Requests and Responses: the Device Password ID; 0 when no method is settled.
pub(crate) fn emit_password_id(method: Option<Method>, out: &mut Vec<u8>) {
    let id = method.map_or(password_id::DEFAULT, Method::device_password_id);
    Writer::default().version().number(attribute::DEVICE_PASSWORD_ID, id).version2().emit(out);
}

/// For provision discovery: the Config Methods asked for, or agreed to.
pub(crate) fn emit_config_methods(bits: u16, out: &mut Vec<u8>) {
    Writer::default().number(attribute::CONFIG_METHODS, bits).emit(out);
}

/// For probe requests (WSC 2.0 §8.2.3).
pub(crate) fn emit_probe_request(
    device: &DeviceDescription,
    rf_bands: u8,
    requested_type: Option<[u8; 8]>,
    out: &mut Vec<u8>,
) {
    let mut writer = Writer::default();
    // Request type 1: enrollee, open 802.1X; association state 0: not associated; no error; default password.
    writer.version().put(attribute::REQUEST_TYPE, &[1]).number(attribute::CONFIG_METHODS, device.config_methods);
    writer.put(attribute::UUID_E, &device.uuid).put(attribute::PRIMARY_DEVICE_TYPE, &device.primary_type);
    writer.put(attribute::RF_BANDS, &[rf_bands]).number(attribute::ASSOCIATION_STATE, 0);
    writer.number(attribute::CONFIGURATION_ERROR, 0).number(attribute::DEVICE_PASSWORD_ID, password_id::DEFAULT);
    writer.names(device).text(attribute::DEVICE_NAME, &device.name, 32).version2();
    if let Some(kind) = requested_type {
        writer.put(attribute::REQUESTED_DEVICE_TYPE, &kind);
    }
    writer.emit(out);
}

/// For probe responses of a device that is in no group (WSC 2.0 §8.2.4).
pub(crate) fn emit_probe_response(device: &DeviceDescription, rf_bands: u8, out: &mut Vec<u8>) {
    let mut writer = Writer::default();
    // State 1: not configured; response type 0: enrollee, information only.
    writer.version().put(attribute::WSC_STATE, &[1]).number(attribute::DEVICE_PASSWORD_ID, password_id::DEFAULT);
    writer.put(attribute::RESPONSE_TYPE, &[0]).put(attribute::UUID_E, &device.uuid);
    writer.names(device).text(attribute::SERIAL_NUMBER, &device.serial_number, 32);
    writer.put(attribute::PRIMARY_DEVICE_TYPE, &device.primary_type);
    writer.text(attribute::DEVICE_NAME, &device.name, 32);
    writer.number(attribute::CONFIG_METHODS, device.config_methods).put(attribute::RF_BANDS, &[rf_bands]).version2();
    if !device.secondary_types.is_empty() {
        writer.put(attribute::SECONDARY_DEVICE_TYPES, device.secondary_types.as_flattened());
    }
    writer.emit(out);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::settings;

    #[test]
    fn password_id_element_is_as_deployed() {
        let mut out = Vec::new();
        emit_password_id(Some(Method::PushButton), &mut out);
        // Version 1.0, Device Password ID 4, WFA extension with Version2 2.0.
        assert_eq!(
            out,
            b"\xdd\x19\x00\x50\xf2\x04\x10\x4a\x00\x01\x10\x10\x12\x00\x02\x00\x04\x10\x49\x00\x06\x00\x37\x2a\x00\x01\x20"
        );
        assert_eq!(Wsc::read(Elements::new(&out)).unwrap().device_password_id, Some(4));
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
        assert_eq!(Method::from_peers_password_id(0), None);
    }
}

//! Writing WSC attributes.

use alloc::vec::Vec;

use super::*;
use crate::{MacAddr, OUI_MICROSOFT, Ssid, emit_vendor_elements};

/// Appends attributes to bytes, in the order of the calls.
///
/// ```
/// use ieee80211_ies::wsc::{self, ConfigMethods, DevicePasswordId, DeviceType, Writer};
///
/// // The WSC element of a P2P device's probe request.
/// let mut attributes = Vec::new();
/// Writer::new(&mut attributes)
///     .version()
///     .config_methods(ConfigMethods::PUSH_BUTTON | ConfigMethods::VIRTUAL_DISPLAY)
///     .device_password_id(DevicePasswordId::DEFAULT)
///     .primary_device_type(DeviceType::wfa(1, 1))
///     .device_name(b"laptop")
///     .wfa_extension(&[(wsc::attr::wfa::VERSION2, &[wsc::VERSION_2_0])]);
/// let mut elements = Vec::new();
/// wsc::emit_element(&attributes, &mut elements);
///
/// let read = ieee80211_ies::Elements::new(&elements).wsc()?.unwrap();
/// assert_eq!(read.device_name(), Some(&b"laptop"[..]));
/// assert_eq!(read.version2(), Some(0x20));
/// # Ok::<_, ieee80211_ies::Malformed>(())
/// ```
#[derive(Debug)]
pub struct Writer<'o>(&'o mut Vec<u8>);

impl<'o> Writer<'o> {
    /// Appends to `out`.
    pub fn new(out: &'o mut Vec<u8>) -> Self {
        Self(out)
    }

    /// Any attribute. One with more than the 65535 octets that its length field can say is left out.
    pub fn attribute(&mut self, kind: u16, body: &[u8]) -> &mut Self {
        if let Ok(len) = u16::try_from(body.len()) {
            self.0.extend_from_slice(&kind.to_be_bytes());
            self.0.extend_from_slice(&len.to_be_bytes());
            self.0.extend_from_slice(body);
        }
        self
    }

    /// Version, which is 0x10 in every message.
    pub fn version(&mut self) -> &mut Self {
        self.attribute(attr::VERSION, &[VERSION_1_0])
    }

    /// Primary Device Type.
    pub fn primary_device_type(&mut self, value: DeviceType) -> &mut Self {
        self.attribute(attr::PRIMARY_DEVICE_TYPE, &value.0)
    }

    /// Secondary Device Type List, unless there are none.
    pub fn secondary_device_types(&mut self, types: &[DeviceType]) -> &mut Self {
        if types.is_empty() {
            return self;
        }
        let octets: Vec<u8> = types.iter().flat_map(|each| each.0).collect();
        self.attribute(attr::SECONDARY_DEVICE_TYPE_LIST, &octets)
    }

    /// Requested Device Type.
    pub fn requested_device_type(&mut self, value: DeviceType) -> &mut Self {
        self.attribute(attr::REQUESTED_DEVICE_TYPE, &value.0)
    }

    /// MAC Address.
    pub fn mac_address(&mut self, value: MacAddr) -> &mut Self {
        self.attribute(attr::MAC_ADDRESS, &value.0)
    }

    /// SSID.
    pub fn ssid(&mut self, value: Ssid) -> &mut Self {
        self.attribute(attr::SSID, value.as_bytes())
    }

    /// Vendor Extension.
    pub fn vendor_extension(&mut self, vendor: [u8; 3], content: &[u8]) -> &mut Self {
        self.attribute(attr::VENDOR_EXTENSION, &[&vendor, content].concat())
    }

    /// The Vendor Extension of the Wi-Fi Alliance with these subelements, see [`attr::wfa`]; of the content of each 255
    /// octets are written.
    pub fn wfa_extension(&mut self, subelements: &[(u8, &[u8])]) -> &mut Self {
        let mut content = Vec::new();
        for &(id, subelement) in subelements {
            let subelement = subelement.get(..255).unwrap_or(subelement);
            content.extend_from_slice(&[id, subelement.len() as u8]);
            content.extend_from_slice(subelement);
        }
        self.vendor_extension(VENDOR_ID_WFA, &content)
    }

    /// The Vendor Extension of the Wi-Fi Alliance with Version2 (2.0), which every message of WSC 2.0 has.
    pub fn version2(&mut self) -> &mut Self {
        self.wfa_extension(&[(attr::wfa::VERSION2, &[VERSION_2_0])])
    }

    /// Credential.
    pub fn credential(&mut self, value: &Credential<'_>) -> &mut Self {
        let mut body = zeroize::Zeroizing::new(Vec::with_capacity(160));
        let mut inner = Writer::new(&mut body);
        inner.attribute(attr::NETWORK_INDEX, &[value.network_index]);
        inner.ssid(value.ssid).authentication_type(value.authentication_type).encryption_type(value.encryption_type);
        inner.attribute(attr::NETWORK_KEY, value.network_key).mac_address(value.mac);
        if let Some(shareable) = value.key_shareable {
            inner.wfa_extension(&[(attr::wfa::NETWORK_KEY_SHAREABLE, &[shareable.into()])]);
        }
        self.attribute(attr::CREDENTIAL, &body)
    }

    /// OOB Device Password.
    pub fn oob_device_password(&mut self, value: &OobDevicePassword<'_>) -> &mut Self {
        let body =
            zeroize::Zeroizing::new([&value.public_key_hash[..], &value.id.0.to_be_bytes(), value.password].concat());
        self.attribute(attr::OOB_DEVICE_PASSWORD, &body)
    }
}

macro_rules! octet {
    ($($(#[$doc:meta])* $name:ident($type:ty) = $kind:ident, $octet:expr;)*) => {
        impl Writer<'_> {
            $($(#[$doc])*
            pub fn $name(&mut self, value: $type) -> &mut Self {
                self.attribute(attr::$kind, &[$octet(value)])
            })*
        }
    };
}

octet! {
    /// Message Type.
    message_type(MessageType) = MESSAGE_TYPE, |value: MessageType| value.0;
    /// Wi-Fi Simple Configuration State.
    wsc_state(WscState) = WSC_STATE, |value: WscState| value.0;
    /// Request Type.
    request_type(RequestType) = REQUEST_TYPE, |value: RequestType| value.0;
    /// Response Type.
    response_type(ResponseType) = RESPONSE_TYPE, |value: ResponseType| value.0;
    /// Selected Registrar.
    selected_registrar(bool) = SELECTED_REGISTRAR, u8::from;
    /// AP Setup Locked.
    ap_setup_locked(bool) = AP_SETUP_LOCKED, u8::from;
    /// RF Bands, see [`rf_band`].
    rf_bands(u8) = RF_BANDS, u8::from;
    /// Connection Type Flags, see [`connection_type`].
    connection_type_flags(u8) = CONNECTION_TYPE_FLAGS, u8::from;
    /// Network Index.
    network_index(u8) = NETWORK_INDEX, u8::from;
}

macro_rules! number {
    ($($(#[$doc:meta])* $name:ident($type:ty) = $kind:ident, $number:expr;)*) => {
        impl Writer<'_> {
            $($(#[$doc])*
            pub fn $name(&mut self, value: $type) -> &mut Self {
                self.attribute(attr::$kind, &$number(value).to_be_bytes())
            })*
        }
    };
}

number! {
    /// Config Methods.
    config_methods(ConfigMethods) = CONFIG_METHODS, |value: ConfigMethods| value.0;
    /// Selected Registrar Config Methods.
    selected_registrar_config_methods(ConfigMethods) = SELECTED_REGISTRAR_CONFIG_METHODS, |value: ConfigMethods| value.0;
    /// Device Password ID.
    device_password_id(DevicePasswordId) = DEVICE_PASSWORD_ID, |value: DevicePasswordId| value.0;
    /// Association State.
    association_state(AssociationState) = ASSOCIATION_STATE, |value: AssociationState| value.0;
    /// Configuration Error.
    config_error(ConfigError) = CONFIGURATION_ERROR, |value: ConfigError| value.0;
    /// Authentication Type Flags, see [`authentication_type`].
    authentication_type_flags(u16) = AUTHENTICATION_TYPE_FLAGS, u16::from;
    /// Encryption Type Flags, see [`encryption_type`].
    encryption_type_flags(u16) = ENCRYPTION_TYPE_FLAGS, u16::from;
    /// Authentication Type, see [`authentication_type`].
    authentication_type(u16) = AUTHENTICATION_TYPE, u16::from;
    /// Encryption Type, see [`encryption_type`].
    encryption_type(u16) = ENCRYPTION_TYPE, u16::from;
    /// AP Channel.
    ap_channel(u16) = AP_CHANNEL, u16::from;
    /// OS Version; the uppermost bit is reserved and set.
    os_version(u32) = OS_VERSION, |value: u32| value | 0x8000_0000;
}

macro_rules! octets {
    ($($(#[$doc:meta])* $name:ident($type:ty) = $kind:ident;)*) => {
        impl Writer<'_> {
            $($(#[$doc])*
            pub fn $name(&mut self, value: $type) -> &mut Self {
                self.attribute(attr::$kind, value)
            })*
        }
    };
}

octets! {
    /// UUID-E.
    uuid_e(&[u8; 16]) = UUID_E;
    /// UUID-R.
    uuid_r(&[u8; 16]) = UUID_R;
    /// Manufacturer.
    manufacturer(&[u8]) = MANUFACTURER;
    /// Model Name.
    model_name(&[u8]) = MODEL_NAME;
    /// Model Number.
    model_number(&[u8]) = MODEL_NUMBER;
    /// Serial Number.
    serial_number(&[u8]) = SERIAL_NUMBER;
    /// Device Name.
    device_name(&[u8]) = DEVICE_NAME;
    /// Enrollee Nonce.
    enrollee_nonce(&[u8; 16]) = ENROLLEE_NONCE;
    /// Registrar Nonce.
    registrar_nonce(&[u8; 16]) = REGISTRAR_NONCE;
    /// Public Key.
    public_key(&[u8]) = PUBLIC_KEY;
    /// Authenticator.
    authenticator(&[u8; 8]) = AUTHENTICATOR;
    /// E-Hash1.
    e_hash1(&[u8; 32]) = E_HASH1;
    /// E-Hash2.
    e_hash2(&[u8; 32]) = E_HASH2;
    /// R-Hash1.
    r_hash1(&[u8; 32]) = R_HASH1;
    /// R-Hash2.
    r_hash2(&[u8; 32]) = R_HASH2;
    /// E-SNonce1.
    e_snonce1(&[u8; 16]) = E_SNONCE1;
    /// E-SNonce2.
    e_snonce2(&[u8; 16]) = E_SNONCE2;
    /// R-SNonce1.
    r_snonce1(&[u8; 16]) = R_SNONCE1;
    /// R-SNonce2.
    r_snonce2(&[u8; 16]) = R_SNONCE2;
    /// Encrypted Settings: initialization vector and cipher text.
    encrypted_settings(&[u8]) = ENCRYPTED_SETTINGS;
    /// Key Wrap Authenticator.
    key_wrap_authenticator(&[u8; 8]) = KEY_WRAP_AUTHENTICATOR;
    /// Network Key. A secret.
    network_key(&[u8]) = NETWORK_KEY;
}

/// Appends a WSC element with these attributes, or several where one cannot hold them.
pub fn emit_element(attributes: &[u8], out: &mut Vec<u8>) {
    emit_vendor_elements(OUI_MICROSOFT, OUI_TYPE, attributes, out);
}

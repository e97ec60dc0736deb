//! The messages of the registration protocol (WSC 2.0 §8.3): written whole, read as checked views.

use alloc::vec::Vec;

use ieee80211_ies::wsc::{
    AssociationState, Attributes, ConfigError, ConfigMethods, DevicePasswordId, DeviceType, MessageType, Writer,
    WscState, attr, authentication_type, connection_type, encryption_type,
};
use ieee80211_ies::{MacAddr, Malformed, Octets, Rule};
use zeroize::Zeroizing;

use crate::credential::{Credential, InvalidCredential};
use crate::device::Device;
use crate::dh::PublicKey;
use crate::error::Reason;
use crate::keys::{BLOCK, NONCE, SessionKeys};
use crate::registrar::PUSH_BUTTON_BITS;

/// The reserved bit of OS Version that is always set.
const OS_VERSION_RESERVED: u32 = 0x8000_0000;
/// The head of the Authenticator attribute, the last of a message that has one.
const AUTHENTICATOR_HEAD: [u8; 4] = [0x10, 0x05, 0x00, 0x08];
/// Octets set aside for settings, so that writing secrets leaves no copies behind in memory that was outgrown.
const SETTINGS_CAPACITY: usize = 512;

/// A nonce, or a secret nonce.
pub(crate) type Nonce = [u8; NONCE];

/// Plaintext of encrypted settings.
pub(crate) type Settings = Zeroizing<Vec<u8>>;

/// The nonces of a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Nonces {
    pub(crate) enrollee: Nonce,
    pub(crate) registrar: Nonce,
}

/// A text attribute's value. An empty one goes out as a blank, since deployed devices fail at attributes without content.
pub(crate) fn text(value: &[u8]) -> &[u8] {
    if value.is_empty() { b" " } else { value }
}

/// The attributes that M1, M2 and M2D have in common (WSC 2.0 §8.3).
fn put_capabilities(writer: &mut Writer<'_>, config_methods: ConfigMethods) {
    writer
        .authentication_type_flags(authentication_type::WPA2_PSK)
        .encryption_type_flags(encryption_type::AES)
        .connection_type_flags(connection_type::ESS)
        .config_methods(config_methods);
}

/// The description of a device, as messages and probe responses carry it.
pub(crate) fn put_device(writer: &mut Writer<'_>, device: &Device) {
    writer
        .manufacturer(text(device.manufacturer.as_bytes()))
        .model_name(text(device.model_name.as_bytes()))
        .model_number(text(device.model_number.as_bytes()))
        .serial_number(text(device.serial_number.as_bytes()))
        .primary_device_type(device.primary_device_type)
        .device_name(text(device.device_name.as_bytes()));
}

/// Appends the Authenticator over the previous message and what is written.
fn authenticated(mut message: Vec<u8>, keys: &SessionKeys, previous: &[u8]) -> Vec<u8> {
    let authenticator = keys.authenticator(previous, &message);
    Writer::new(&mut message).authenticator(&authenticator);
    message
}

/// M1 of an enrollee that is in no network yet.
pub(crate) fn m1(device: &Device, nonce: &Nonce, key: &PublicKey, password: DevicePasswordId) -> Vec<u8> {
    m1_of(device, nonce, key, password, WscState::NOT_CONFIGURED, device.config_methods)
}

/// M1 of an access point that runs: what an external registrar is shown.
pub(crate) fn m1_of_access_point(device: &Device, nonce: &Nonce, key: &PublicKey) -> Vec<u8> {
    let buttons = if device.push_button_in_m1 { 0 } else { PUSH_BUTTON_BITS };
    let methods = ConfigMethods(device.config_methods.0 & !buttons);
    m1_of(device, nonce, key, DevicePasswordId::DEFAULT, WscState::CONFIGURED, methods)
}

fn m1_of(
    device: &Device,
    nonce: &Nonce,
    key: &PublicKey,
    password: DevicePasswordId,
    state: WscState,
    methods: ConfigMethods,
) -> Vec<u8> {
    let mut message = Vec::new();
    let mut writer = Writer::new(&mut message);
    writer
        .version()
        .message_type(MessageType::M1)
        .uuid_e(&device.uuid)
        .mac_address(device.address)
        .enrollee_nonce(nonce)
        .public_key(key.as_bytes());
    put_capabilities(&mut writer, methods);
    writer.wsc_state(state);
    put_device(&mut writer, device);
    writer
        .rf_bands(device.rf_bands)
        .association_state(AssociationState::NOT_ASSOCIATED)
        .device_password_id(password)
        .config_error(ConfigError::NO_ERROR)
        .os_version(device.os_version)
        .version2();
    if !device.vendor_extension.is_empty() {
        writer.attribute(attr::VENDOR_EXTENSION, &device.vendor_extension);
    }
    message
}

/// M2. `password` is the enrollee's Device Password ID, which the registrar agrees to.
pub(crate) fn m2(
    device: &Device,
    nonces: &Nonces,
    key: &PublicKey,
    password: DevicePasswordId,
    keys: &SessionKeys,
    m1: &[u8],
) -> Vec<u8> {
    let mut message = Vec::new();
    let mut writer = Writer::new(&mut message);
    writer
        .version()
        .message_type(MessageType::M2)
        .enrollee_nonce(&nonces.enrollee)
        .registrar_nonce(&nonces.registrar)
        .uuid_r(&device.uuid)
        .public_key(key.as_bytes());
    put_capabilities(&mut writer, device.config_methods);
    put_device(&mut writer, device);
    writer
        .rf_bands(device.rf_bands)
        .association_state(AssociationState::NOT_ASSOCIATED)
        .config_error(ConfigError::NO_ERROR)
        .device_password_id(password)
        .os_version(device.os_version)
        .version2();
    authenticated(message, keys, m1)
}

/// M2D.
pub(crate) fn m2d(device: &Device, nonces: &Nonces, error: ConfigError) -> Vec<u8> {
    let mut message = Vec::new();
    let mut writer = Writer::new(&mut message);
    writer
        .version()
        .message_type(MessageType::M2D)
        .enrollee_nonce(&nonces.enrollee)
        .registrar_nonce(&nonces.registrar)
        .uuid_r(&device.uuid);
    put_capabilities(&mut writer, device.config_methods);
    put_device(&mut writer, device);
    writer
        .rf_bands(device.rf_bands)
        .association_state(AssociationState::NOT_ASSOCIATED)
        .config_error(error)
        .os_version(device.os_version)
        .version2();
    message
}

/// M3: the commitments of the enrollee.
pub(crate) fn m3(nonces: &Nonces, [one, two]: &[[u8; 32]; 2], keys: &SessionKeys, m2: &[u8]) -> Vec<u8> {
    let mut message = Vec::new();
    Writer::new(&mut message)
        .version()
        .message_type(MessageType::M3)
        .registrar_nonce(&nonces.registrar)
        .e_hash1(one)
        .e_hash2(two)
        .version2();
    authenticated(message, keys, m2)
}

/// M4: the commitments of the registrar, and the opening of its first one.
pub(crate) fn m4(
    nonces: &Nonces,
    [one, two]: &[[u8; 32]; 2],
    opening: &Settings,
    iv: &[u8; BLOCK],
    keys: &SessionKeys,
    m3: &[u8],
) -> Vec<u8> {
    let mut message = Vec::new();
    Writer::new(&mut message)
        .version()
        .message_type(MessageType::M4)
        .enrollee_nonce(&nonces.enrollee)
        .r_hash1(one)
        .r_hash2(two)
        .encrypted_settings(&keys.encrypt(opening, iv))
        .version2();
    authenticated(message, keys, m3)
}

/// M5, M6, M7 or M8: encrypted settings alone.
pub(crate) fn with_settings(
    kind: MessageType,
    nonces: &Nonces,
    settings: &Settings,
    iv: &[u8; BLOCK],
    keys: &SessionKeys,
    previous: &[u8],
) -> Vec<u8> {
    let mut message = Vec::new();
    let mut writer = Writer::new(&mut message);
    writer.version().message_type(kind);
    match kind {
        MessageType::M5 | MessageType::M7 => writer.registrar_nonce(&nonces.registrar),
        _ => writer.enrollee_nonce(&nonces.enrollee),
    };
    writer.encrypted_settings(&keys.encrypt(settings, iv)).version2();
    authenticated(message, keys, previous)
}

/// Settings that open one commitment; `kind` is E-SNonce1, E-SNonce2, R-SNonce1 or R-SNonce2.
pub(crate) fn opening(kind: u16, secret_nonce: &Nonce) -> Settings {
    let mut settings = Zeroizing::new(Vec::with_capacity(SETTINGS_CAPACITY));
    Writer::new(&mut settings).attribute(kind, secret_nonce);
    settings
}

/// Settings that hand over a credential.
pub(crate) fn credential(credential: &Credential, enrollee: MacAddr) -> Settings {
    let mut settings = Zeroizing::new(Vec::with_capacity(SETTINGS_CAPACITY));
    credential.write(enrollee, &mut Writer::new(&mut settings));
    settings
}

/// WSC_ACK or WSC_Done.
pub(crate) fn acknowledgement(kind: MessageType, nonces: &Nonces) -> Vec<u8> {
    let mut message = Vec::new();
    Writer::new(&mut message)
        .version()
        .message_type(kind)
        .enrollee_nonce(&nonces.enrollee)
        .registrar_nonce(&nonces.registrar)
        .version2();
    message
}

/// WSC_NACK.
pub(crate) fn nack(nonces: &Nonces, error: ConfigError) -> Vec<u8> {
    let mut message = Vec::new();
    Writer::new(&mut message)
        .version()
        .message_type(MessageType::WSC_NACK)
        .enrollee_nonce(&nonces.enrollee)
        .registrar_nonce(&nonces.registrar)
        .config_error(error)
        .version2();
    message
}

/// The attributes of a message whose lengths were checked. What an attribute holds is looked at only where it matters, so
/// that nothing that a deployed device says of itself ends a registration. Zero octets at the end are padding.
#[derive(Clone, Copy)]
pub(crate) struct Checked<'a>(&'a [u8]);

impl<'a> Checked<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let mut attributes = Attributes::new(bytes);
        attributes.by_ref().for_each(drop);
        if attributes.rest().iter().any(|octet| *octet != 0) {
            let offset = bytes.len() - attributes.rest().len();
            return Err(Malformed { offset, what: "WSC attribute", rule: Rule::TooShort });
        }
        Ok(Self(bytes))
    }

    /// The values of all attributes of one type.
    pub(crate) fn all(&self, kind: u16) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        Attributes::new(self.0).filter(move |attribute| attribute.kind == kind).map(|attribute| attribute.body)
    }

    /// The value of an attribute; of the last one when there are several, as deployed devices read them.
    pub(crate) fn find(&self, kind: u16) -> Option<&'a [u8]> {
        self.all(kind).last()
    }

    /// The value of an attribute of `N` octets.
    pub(crate) fn array<const N: usize>(&self, kind: u16) -> Option<[u8; N]> {
        self.find(kind)?.try_into().ok()
    }

    pub(crate) fn u16(&self, kind: u16) -> Option<u16> {
        self.array(kind).map(u16::from_be_bytes)
    }

    /// A text up to its NUL, if it has one, and cut to `N` octets; a blank alone stands for no text.
    pub(crate) fn text<const N: usize>(&self, kind: u16) -> Octets<N> {
        let text = self.find(kind).unwrap_or_default();
        let text = text.split(|octet| *octet == 0).next().unwrap_or_default();
        let text = if text == b" " { &[] } else { text };
        Octets::new(text.get(..N).unwrap_or(text)).unwrap_or_default()
    }
}

/// A received message.
#[derive(Clone, Copy)]
pub(crate) struct Message<'a> {
    pub(crate) kind: MessageType,
    bytes: &'a [u8],
    attributes: Checked<'a>,
}

impl<'a> Message<'a> {
    /// Checks the attributes' lengths and reads the type.
    pub(crate) fn parse(bytes: &'a [u8], expected: MessageType) -> Result<Self, Reason> {
        let attributes = Checked::new(bytes)?;
        let [kind] = attributes.array(attr::MESSAGE_TYPE).ok_or(Reason::Unexpected { expected, got: None })?;
        Ok(Self { kind: MessageType(kind), bytes, attributes })
    }

    fn missing(&self, kind: u16) -> Reason {
        Reason::Missing(self.kind, attr::name(kind).unwrap_or("unknown"))
    }

    /// The value of an attribute that the message must have.
    pub(crate) fn find(&self, kind: u16) -> Result<&'a [u8], Reason> {
        self.attributes.find(kind).ok_or(self.missing(kind))
    }

    /// The value of an attribute of `N` octets that the message must have.
    pub(crate) fn array<const N: usize>(&self, kind: u16) -> Result<[u8; N], Reason> {
        self.attributes.array(kind).ok_or(self.missing(kind))
    }

    pub(crate) fn u16(&self, kind: u16) -> Result<u16, Reason> {
        self.attributes.u16(kind).ok_or(self.missing(kind))
    }

    /// Checks that the message belongs to the run.
    pub(crate) fn check_nonce(&self, kind: u16, nonce: &Nonce) -> Result<(), Reason> {
        if self.array::<NONCE>(kind)? == *nonce { Ok(()) } else { Err(Reason::WrongNonce(self.kind)) }
    }

    /// Checks the Authenticator, which is the last attribute.
    pub(crate) fn check_authenticator(&self, keys: &SessionKeys, previous: &[u8]) -> Result<(), Reason> {
        let (rest, authenticator) = self.bytes.split_last_chunk::<8>().ok_or(self.missing(attr::AUTHENTICATOR))?;
        let current = rest.strip_suffix(&AUTHENTICATOR_HEAD).ok_or(self.missing(attr::AUTHENTICATOR))?;
        if keys.authenticates(previous, current, authenticator) {
            Ok(())
        } else {
            Err(Reason::WrongAuthenticator(self.kind))
        }
    }

    /// Opens the encrypted settings; the Authenticator was checked before.
    fn settings(&self, keys: &SessionKeys) -> Result<Settings, Reason> {
        Ok(keys.decrypt(self.find(attr::ENCRYPTED_SETTINGS)?)?)
    }

    /// Opens the encrypted settings and reads a secret nonce in them.
    pub(crate) fn opening(&self, keys: &SessionKeys, kind: u16) -> Result<Zeroizing<Nonce>, Reason> {
        let settings = self.settings(keys)?;
        Checked::new(&settings)?.array(kind).map(Zeroizing::new).ok_or(self.missing(kind))
    }

    /// Opens the encrypted settings and reads the first credential that is usable.
    pub(crate) fn credential(&self, keys: &SessionKeys) -> Result<Credential, Reason> {
        let settings = self.settings(keys)?;
        let mut error = InvalidCredential::None;
        for value in Checked::new(&settings)?.all(attr::CREDENTIAL) {
            match Credential::parse(value) {
                Ok(credential) => return Ok(credential),
                Err(why) => error = why,
            }
        }
        Err(error.into())
    }

    /// The Configuration Error, or that there is none.
    pub(crate) fn config_error(&self) -> ConfigError {
        self.attributes.u16(attr::CONFIGURATION_ERROR).map_or(ConfigError::NO_ERROR, ConfigError)
    }

    /// What the sender of M1, M2 or M2D says of itself, of which only the UUID (UUID-E or UUID-R) must be there.
    pub(crate) fn device(&self, uuid: u16, address: MacAddr) -> Result<Device, Reason> {
        let os_version = self.attributes.array(attr::OS_VERSION).map_or(0, u32::from_be_bytes);
        Ok(Device {
            uuid: self.array(uuid)?,
            address,
            manufacturer: self.attributes.text(attr::MANUFACTURER),
            model_name: self.attributes.text(attr::MODEL_NAME),
            model_number: self.attributes.text(attr::MODEL_NUMBER),
            serial_number: self.attributes.text(attr::SERIAL_NUMBER),
            device_name: self.attributes.text(attr::DEVICE_NAME),
            primary_device_type: self.attributes.array(attr::PRIMARY_DEVICE_TYPE).map(DeviceType).unwrap_or_default(),
            secondary_device_types: Vec::new(),
            config_methods: self.attributes.u16(attr::CONFIG_METHODS).map(ConfigMethods).unwrap_or_default(),
            rf_bands: self.attributes.array(attr::RF_BANDS).map_or(0, |[bands]| bands),
            os_version: os_version & !OS_VERSION_RESERVED,
            ..Device::default()
        })
    }
}

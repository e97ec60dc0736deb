//! Reading WSC attributes.

use core::fmt;
use core::iter::FusedIterator;

use super::*;
use crate::cursor::Cursor;
use crate::strict::Seen;
use crate::{Elements, Joined, MacAddr, Malformed, OUI_MICROSOFT, Rule, Ssid};

/// One attribute as it stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RawAttribute<'a> {
    /// Attribute type, see [`attr`].
    pub kind: u16,
    /// What follows the length field.
    pub body: &'a [u8],
    /// Where the attribute begins, in octets from the start of the attributes.
    pub offset: usize,
}

impl<'a> RawAttribute<'a> {
    fn cursor(&self) -> Cursor<'a> {
        Cursor::new(self.body, self.offset + 4, attr::name(self.kind).unwrap_or("WSC attribute"))
    }
}

impl fmt::Debug for RawAttribute<'_> {
    /// Type and length only: some attributes are keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match attr::name(self.kind) {
            Some(name) => write!(f, "{name}"),
            None => write!(f, "attribute {:#06x}", self.kind),
        }?;
        write!(f, " ({} octets)", self.body.len())
    }
}

/// Iterates over attributes leniently, known or not: it ends where one is cut off, and before a padding of zeros, with
/// which some deployed devices end their messages.
#[derive(Clone, Debug)]
pub struct Attributes<'a> {
    rest: &'a [u8],
    offset: usize,
}

impl<'a> Attributes<'a> {
    /// The attributes of a message, or in the joined bodies of WSC elements.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, offset: 0 }
    }

    /// What has not been read: after the last attribute, padding or a tail that is no attribute.
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = RawAttribute<'a>;

    fn next(&mut self) -> Option<RawAttribute<'a>> {
        let (&[a, b, high, low], rest) = self.rest.split_first_chunk()?;
        let kind = u16::from_be_bytes([a, b]);
        let (body, after) = rest.split_at_checked(u16::from_be_bytes([high, low]).into())?;
        if kind == 0 && self.rest.iter().all(|&octet| octet == 0) {
            return None;
        }
        let offset = self.offset;
        self.offset += 4 + body.len();
        self.rest = after;
        Some(RawAttribute { kind, body, offset })
    }
}

impl FusedIterator for Attributes<'_> {}

/// The attributes of a message, or of all WSC elements of a frame, checked: those of a fixed length have it. Where one
/// occurs several times the last counts, as deployed devices have it, but for those that are lists.
///
/// ```
/// use ieee80211_ies::wsc::{DevicePasswordId, Wsc};
///
/// let wsc = Wsc::parse(&[0x10, 0x4a, 0, 1, 0x10, 0x10, 0x12, 0, 2, 0, 4])?;
/// assert_eq!(wsc.version(), Some(0x10));
/// assert_eq!(wsc.device_password_id(), Some(DevicePasswordId::PUSH_BUTTON));
/// assert_eq!(wsc.uuid_e(), None);
/// # Ok::<_, ieee80211_ies::Malformed>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Wsc<'a>(Joined<'a>);

impl<'a> Wsc<'a> {
    /// Checks a message, or the joined bodies of WSC elements (what follows OUI and type).
    ///
    /// # Errors
    /// The first attribute that is cut off, or known and not of the length that the specification gives it.
    pub fn parse(attributes: &'a [u8]) -> Result<Self, Malformed> {
        Self::from_joined(Joined::borrowed(attributes))
    }

    /// As [`parse`](Self::parse), of bodies that were joined before.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn from_joined(joined: Joined<'a>) -> Result<Self, Malformed> {
        whole_attributes(&joined, check::<false>)?;
        Ok(Self(joined))
    }

    /// The WSC elements of a series, joined and checked, or `None` when there is none.
    ///
    /// # Errors
    /// As [`parse`](Self::parse), with offsets into the series; and more to join than fits.
    pub fn find(elements: Elements<'a>) -> Result<Option<Self>, Malformed> {
        elements.vendor_as(OUI_MICROSOFT, OUI_TYPE, Self::from_joined)
    }

    /// The strict reading: of the rarely used attributes, too, those of a fixed length have it, none comes twice that may come
    /// once, subelements of the Wi-Fi Alliance are whole, and no zeros stand behind the last.
    pub(crate) fn check(joined: Joined<'a>) -> Result<(), Malformed> {
        let mut seen = Seen::default();
        let padding = whole_attributes(&joined, |attribute| {
            check::<true>(attribute)?;
            check_rare::<true>(attribute)?;
            if attribute.kind == attr::VENDOR_EXTENSION {
                check_wfa(attribute)?;
            }
            // Attributes of WSC 2.0 have types from 0x1000 on, so that the second octet tells those with a name apart.
            let [_, low] = attribute.kind.to_be_bytes();
            match attr::name(attribute.kind).filter(|_| !REPEATED.contains(&attribute.kind)) {
                Some(name) => seen.once(low, name, attribute.offset),
                None => Ok(()),
            }
        })?;
        if padding == 0 {
            return Ok(());
        }
        Err(Malformed { offset: joined.len() - padding, what: "WSC attribute", rule: Rule::Trailing })
    }

    /// Every attribute, known or not, in order.
    pub fn attributes(&self) -> Attributes<'_> {
        Attributes::new(&self.0)
    }

    /// The bytes of the attributes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// All attributes of this type.
    pub fn all(&self, kind: u16) -> impl Iterator<Item = RawAttribute<'_>> {
        self.attributes().filter(move |attribute| attribute.kind == kind)
    }

    /// The last attribute of this type, as it stands.
    pub fn find_attribute(&self, kind: u16) -> Option<RawAttribute<'_>> {
        self.all(kind).last()
    }

    /// The credentials that a registrar hands over, in decrypted settings.
    pub fn credentials(&self) -> impl Iterator<Item = Result<Credential<'_>, Malformed>> {
        self.all(attr::CREDENTIAL).map(|attribute| Credential::read(attribute.body, attribute.offset + 4))
    }

    /// The device types that the sender of a probe request looks for.
    pub fn requested_device_types(&self) -> impl Iterator<Item = DeviceType> {
        self.all(attr::REQUESTED_DEVICE_TYPE)
            .filter_map(|attribute| attribute.body.first_chunk().copied().map(DeviceType))
    }

    /// Vendor ID and content of every Vendor Extension.
    pub fn vendor_extensions(&self) -> impl Iterator<Item = ([u8; 3], &[u8])> {
        self.all(attr::VENDOR_EXTENSION)
            .filter_map(|attribute| attribute.body.split_first_chunk().map(|(&vendor, content)| (vendor, content)))
    }

    /// ID and content of every subelement in Vendor Extensions of the Wi-Fi Alliance, see [`attr::wfa`].
    pub fn wfa_subelements(&self) -> impl Iterator<Item = (u8, &[u8])> {
        self.vendor_extensions().filter(|&(vendor, _)| vendor == VENDOR_ID_WFA).flat_map(|(_, mut content)| {
            core::iter::from_fn(move || {
                let (&[id, len], rest) = content.split_first_chunk()?;
                let (subelement, rest) = rest.split_at_checked(len.into())?;
                content = rest;
                Some((id, subelement))
            })
        })
    }

    fn wfa(&self, id: u8) -> Option<&[u8]> {
        self.wfa_subelements().filter(|&(each, _)| each == id).last().map(|(_, content)| content)
    }

    /// Version2, such as 0x20; absent before WSC 2.0.
    pub fn version2(&self) -> Option<u8> {
        self.wfa(attr::wfa::VERSION2)?.first().copied()
    }

    /// AuthorizedMACs: the enrollees that the registrar is ready for; the broadcast address stands for all.
    pub fn authorized_macs(&self) -> impl ExactSizeIterator<Item = MacAddr> + '_ {
        let addresses = self.wfa(attr::wfa::AUTHORIZED_MACS).unwrap_or_default();
        addresses.as_chunks().0.iter().copied().map(MacAddr)
    }

    /// Network Key Shareable.
    pub fn network_key_shareable(&self) -> Option<bool> {
        self.wfa(attr::wfa::NETWORK_KEY_SHAREABLE)?.first().map(|&octet| octet != 0)
    }

    /// Request to Enroll.
    pub fn request_to_enroll(&self) -> Option<bool> {
        self.wfa(attr::wfa::REQUEST_TO_ENROLL)?.first().map(|&octet| octet != 0)
    }

    /// Settings Delay Time: how long the enrollee needs to take new settings over, in seconds.
    pub fn settings_delay_time(&self) -> Option<u8> {
        self.wfa(attr::wfa::SETTINGS_DELAY_TIME)?.first().copied()
    }

    /// Registrar Configuration Methods.
    pub fn registrar_config_methods(&self) -> Option<ConfigMethods> {
        let octets = self.wfa(attr::wfa::REGISTRAR_CONFIG_METHODS)?.first_chunk()?;
        Some(ConfigMethods(u16::from_be_bytes(*octets)))
    }

    /// Multi-AP Extension: a bitmap of roles.
    pub fn multi_ap(&self) -> Option<u8> {
        self.wfa(attr::wfa::MULTI_AP)?.first().copied()
    }

    /// Multi-AP Profile.
    pub fn multi_ap_profile(&self) -> Option<u8> {
        self.wfa(attr::wfa::MULTI_AP_PROFILE)?.first().copied()
    }

    /// Multi-AP Default 802.1Q Setting: the primary VLAN ID.
    pub fn multi_ap_8021q(&self) -> Option<u16> {
        self.wfa(attr::wfa::MULTI_AP_8021Q)?.first_chunk().copied().map(u16::from_be_bytes)
    }
}

/// Hands out every attribute; how many zeros stand behind the last one, where anything else is a fault.
#[inline]
fn whole_attributes(
    bytes: &[u8],
    mut each: impl FnMut(RawAttribute<'_>) -> Result<(), Malformed>,
) -> Result<usize, Malformed> {
    let mut attributes = Attributes::new(bytes);
    for attribute in attributes.by_ref() {
        each(attribute)?;
    }
    if attributes.rest().iter().all(|&octet| octet == 0) {
        return Ok(attributes.rest().len());
    }
    Err(Malformed { offset: attributes.offset, what: "WSC attribute", rule: Rule::TooShort })
}

/// Attributes that may come several times: lists (WSC 2.0 §12).
const REPEATED: [u16; 5] = [
    attr::CREDENTIAL,
    attr::VENDOR_EXTENSION,
    attr::REQUESTED_DEVICE_TYPE,
    attr::APPLICATION_EXTENSION,
    attr::OOB_DEVICE_PASSWORD,
];

/// Whether the subelements in a Vendor Extension of the Wi-Fi Alliance are whole.
fn check_wfa(attribute: RawAttribute<'_>) -> Result<(), Malformed> {
    let cursor = &mut attribute.cursor();
    if cursor.array()? != VENDOR_ID_WFA {
        return Ok(());
    }
    let cursor = &mut cursor.named("WFA Vendor Extension");
    while !cursor.is_empty() {
        cursor.u8()?;
        let len = cursor.u8()?;
        cursor.take(len.into())?;
    }
    Ok(())
}

impl fmt::Debug for Wsc<'_> {
    /// Types and lengths only: some attributes are keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wsc")?;
        f.debug_list().entries(self.attributes()).finish()
    }
}

macro_rules! accessors {
    ($check:ident: $($(#[$doc:meta])* $name:ident: $type:ty = $kind:ident, $read:expr;)*) => {
        impl Wsc<'_> {
            $(
                $(#[$doc])*
                pub fn $name(&self) -> Option<$type> {
                    self.find_attribute(attr::$kind).and_then(|attribute| $read(&mut attribute.cursor()).ok())
                }
            )*
        }

        fn $check<const STRICT: bool>(attribute: RawAttribute<'_>) -> Result<(), Malformed> {
            let cursor = &mut attribute.cursor();
            match attribute.kind {
                $(attr::$kind => $read(cursor).map(drop)?,)*
                attr::REQUESTED_DEVICE_TYPE => DeviceType::read(cursor).map(drop)?,
                attr::VENDOR_EXTENSION => cursor.array::<3>().map(|_| cursor.rest()).map(|_| ())?,
                _ => return Ok(()),
            }
            if cursor.is_empty() { Ok(()) } else { Err(cursor.error(Rule::TooLong)) }
        }
    };
}

fn flag(cursor: &mut Cursor<'_>) -> Result<bool, Malformed> {
    Ok(cursor.u8()? != 0)
}

fn whole<'a>(cursor: &mut Cursor<'a>) -> Result<&'a [u8], Malformed> {
    Ok(cursor.rest())
}

fn ssid(cursor: &mut Cursor<'_>) -> Result<Ssid, Malformed> {
    let too_long = cursor.error(Rule::TooLong);
    Ssid::new(cursor.rest()).map_err(|_| too_long)
}

fn device_types<'a>(cursor: &mut Cursor<'a>) -> Result<DeviceTypes<'a>, Malformed> {
    DeviceTypes::read(cursor, cursor.left() / 8)
}

macro_rules! number {
    ($type:ident u8) => {
        |cursor: &mut Cursor<'_>| cursor.u8().map($type)
    };
    ($type:ident u16) => {
        |cursor: &mut Cursor<'_>| cursor.be16().map($type)
    };
}

accessors! { check:
    /// Version, 0x10 in every message; see [`version2`](Self::version2).
    version: u8 = VERSION, Cursor::u8;
    /// Message Type.
    message_type: MessageType = MESSAGE_TYPE, number!(MessageType u8);
    /// Wi-Fi Simple Configuration State.
    wsc_state: WscState = WSC_STATE, number!(WscState u8);
    /// Selected Registrar: a registrar is ready to take an enrollee.
    selected_registrar: bool = SELECTED_REGISTRAR, flag;
    /// AP Setup Locked.
    ap_setup_locked: bool = AP_SETUP_LOCKED, flag;
    /// Device Password ID.
    device_password_id: DevicePasswordId = DEVICE_PASSWORD_ID, number!(DevicePasswordId u16);
    /// Config Methods.
    config_methods: ConfigMethods = CONFIG_METHODS, number!(ConfigMethods u16);
    /// Selected Registrar Config Methods.
    selected_registrar_config_methods: ConfigMethods = SELECTED_REGISTRAR_CONFIG_METHODS, number!(ConfigMethods u16);
    /// Permitted Config Methods.
    permitted_config_methods: ConfigMethods = PERMITTED_CONFIG_METHODS, number!(ConfigMethods u16);
    /// Request Type.
    request_type: RequestType = REQUEST_TYPE, number!(RequestType u8);
    /// Response Type.
    response_type: ResponseType = RESPONSE_TYPE, number!(ResponseType u8);
    /// UUID-E: the enrollee's.
    uuid_e: [u8; 16] = UUID_E, Cursor::array::<16>;
    /// UUID-R: the registrar's.
    uuid_r: [u8; 16] = UUID_R, Cursor::array::<16>;
    /// Manufacturer: UTF-8 of at most 64 octets, which is not enforced.
    manufacturer: &[u8] = MANUFACTURER, whole;
    /// Model Name: UTF-8 of at most 32 octets, which is not enforced.
    model_name: &[u8] = MODEL_NAME, whole;
    /// Model Number: UTF-8 of at most 32 octets, which is not enforced.
    model_number: &[u8] = MODEL_NUMBER, whole;
    /// Serial Number: UTF-8 of at most 32 octets, which is not enforced.
    serial_number: &[u8] = SERIAL_NUMBER, whole;
    /// Device Name: UTF-8 of at most 32 octets, which is not enforced.
    device_name: &[u8] = DEVICE_NAME, whole;
    /// Primary Device Type.
    primary_device_type: DeviceType = PRIMARY_DEVICE_TYPE, DeviceType::read;
    /// Secondary Device Type List.
    secondary_device_types: DeviceTypes<'_> = SECONDARY_DEVICE_TYPE_LIST, device_types;
    /// RF Bands, see [`rf_band`].
    rf_bands: u8 = RF_BANDS, Cursor::u8;
    /// AP Channel.
    ap_channel: u16 = AP_CHANNEL, Cursor::be16;
    /// Association State.
    association_state: AssociationState = ASSOCIATION_STATE, number!(AssociationState u16);
    /// Configuration Error.
    config_error: ConfigError = CONFIGURATION_ERROR, number!(ConfigError u16);
    /// OS Version.
    os_version: u32 = OS_VERSION, Cursor::be32;
    /// Feature ID.
    feature_id: u32 = FEATURE_ID, Cursor::be32;
    /// MAC Address.
    mac_address: MacAddr = MAC_ADDRESS, Cursor::mac;
    /// Enrollee Nonce (N1).
    enrollee_nonce: [u8; 16] = ENROLLEE_NONCE, Cursor::array::<16>;
    /// Registrar Nonce (N2).
    registrar_nonce: [u8; 16] = REGISTRAR_NONCE, Cursor::array::<16>;
    /// Public Key: of Diffie-Hellman, 192 octets.
    public_key: &[u8] = PUBLIC_KEY, whole;
    /// Authentication Type Flags, see [`authentication_type`].
    authentication_type_flags: u16 = AUTHENTICATION_TYPE_FLAGS, Cursor::be16;
    /// Encryption Type Flags, see [`encryption_type`].
    encryption_type_flags: u16 = ENCRYPTION_TYPE_FLAGS, Cursor::be16;
    /// Connection Type Flags, see [`connection_type`].
    connection_type_flags: u8 = CONNECTION_TYPE_FLAGS, Cursor::u8;
    /// Connection Type, see [`connection_type`].
    connection_type: u8 = CONNECTION_TYPE, Cursor::u8;
    /// Authenticator.
    authenticator: [u8; 8] = AUTHENTICATOR, Cursor::array::<8>;
    /// E-Hash1.
    e_hash1: [u8; 32] = E_HASH1, Cursor::array::<32>;
    /// E-Hash2.
    e_hash2: [u8; 32] = E_HASH2, Cursor::array::<32>;
    /// R-Hash1.
    r_hash1: [u8; 32] = R_HASH1, Cursor::array::<32>;
    /// R-Hash2.
    r_hash2: [u8; 32] = R_HASH2, Cursor::array::<32>;
    /// E-SNonce1, in decrypted settings. A secret.
    e_snonce1: [u8; 16] = E_SNONCE1, Cursor::array::<16>;
    /// E-SNonce2, in decrypted settings. A secret.
    e_snonce2: [u8; 16] = E_SNONCE2, Cursor::array::<16>;
    /// R-SNonce1, in decrypted settings. A secret.
    r_snonce1: [u8; 16] = R_SNONCE1, Cursor::array::<16>;
    /// R-SNonce2, in decrypted settings. A secret.
    r_snonce2: [u8; 16] = R_SNONCE2, Cursor::array::<16>;
    /// Encrypted Settings: initialization vector and cipher text.
    encrypted_settings: &[u8] = ENCRYPTED_SETTINGS, whole;
    /// Key Wrap Authenticator, in decrypted settings.
    key_wrap_authenticator: [u8; 8] = KEY_WRAP_AUTHENTICATOR, Cursor::array::<8>;
    /// Network Index.
    network_index: u8 = NETWORK_INDEX, Cursor::u8;
    /// SSID.
    ssid: Ssid = SSID, ssid;
    /// Authentication Type, see [`authentication_type`].
    authentication_type: u16 = AUTHENTICATION_TYPE, Cursor::be16;
    /// Encryption Type, see [`encryption_type`].
    encryption_type: u16 = ENCRYPTION_TYPE, Cursor::be16;
    /// Network Key: passphrase or 64 hexadecimal digits. A secret.
    network_key: &[u8] = NETWORK_KEY, whole;
    /// Network Key Index.
    network_key_index: u8 = NETWORK_KEY_INDEX, Cursor::u8;
    /// Portable Device.
    portable_device: bool = PORTABLE_DEVICE, flag;
    /// OOB Device Password.
    oob_device_password: OobDevicePassword<'_> = OOB_DEVICE_PASSWORD, OobDevicePassword::read;
}

// Attributes that nothing here needs: the lenient reading lets them be whatever they are, and an accessor gives `None` for one
// that is not of its form.
accessors! { check_rare:
    /// Confirmation URL4: UTF-8 of at most 64 octets.
    confirmation_url4: &[u8] = CONFIRMATION_URL4, whole;
    /// Confirmation URL6: UTF-8 of at most 76 octets.
    confirmation_url6: &[u8] = CONFIRMATION_URL6, whole;
    /// Identity: UTF-8 of at most 80 octets.
    identity: &[u8] = IDENTITY, whole;
    /// Identity Proof.
    identity_proof: &[u8] = IDENTITY_PROOF, whole;
    /// Key Identifier.
    key_identifier: [u8; 16] = KEY_IDENTIFIER, Cursor::array::<16>;
    /// New Device Name: UTF-8 of at most 32 octets.
    new_device_name: &[u8] = NEW_DEVICE_NAME, whole;
    /// New Password: at most 64 octets. A secret.
    new_password: &[u8] = NEW_PASSWORD, whole;
    /// Power Level.
    power_level: u8 = POWER_LEVEL, Cursor::u8;
    /// PSK Current: how many of the access point's PSKs are in use.
    psk_current: u8 = PSK_CURRENT, Cursor::u8;
    /// PSK Max.
    psk_max: u8 = PSK_MAX, Cursor::u8;
    /// Radio Enabled.
    radio_enabled: bool = RADIO_ENABLED, flag;
    /// Reboot.
    reboot: bool = REBOOT, flag;
    /// Registrar Current.
    registrar_current: u8 = REGISTRAR_CURRENT, Cursor::u8;
    /// Registrar Established.
    registrar_established: bool = REGISTRAR_ESTABLISHED, flag;
    /// Registrar List: UUIDs, each with a name that ends with a zero octet.
    registrar_list: &[u8] = REGISTRAR_LIST, whole;
    /// Registrar Max.
    registrar_max: u8 = REGISTRAR_MAX, Cursor::u8;
    /// Total Networks.
    total_networks: u8 = TOTAL_NETWORKS, Cursor::u8;
    /// X.509 Certificate Request.
    x509_certificate_request: &[u8] = X509_CERTIFICATE_REQUEST, whole;
    /// X.509 Certificate.
    x509_certificate: &[u8] = X509_CERTIFICATE, whole;
    /// EAP Identity: at most 64 octets.
    eap_identity: &[u8] = EAP_IDENTITY, whole;
    /// Message Counter.
    message_counter: [u8; 8] = MESSAGE_COUNTER, Cursor::array::<8>;
    /// Public Key Hash: the first 160 bits of its SHA-256.
    public_key_hash: [u8; 20] = PUBLIC_KEY_HASH, Cursor::array::<20>;
    /// Rekey Key. A secret.
    rekey_key: [u8; 32] = REKEY_KEY, Cursor::array::<32>;
    /// Key Lifetime in seconds.
    key_lifetime: u32 = KEY_LIFETIME, Cursor::be32;
    /// Application Extension: a UUID and what it stands for.
    application_extension: &[u8] = APPLICATION_EXTENSION, whole;
    /// EAP Type: at most 8 octets.
    eap_type: &[u8] = EAP_TYPE, whole;
    /// Initialization Vector.
    initialization_vector: &[u8] = INITIALIZATION_VECTOR, whole;
    /// Key Provided Automatically.
    key_provided_automatically: bool = KEY_PROVIDED_AUTOMATICALLY, flag;
    /// 802.1X Enabled.
    dot1x_enabled: bool = DOT1X_ENABLED, flag;
    /// AppSessionKey: at most 128 octets. A secret.
    application_session_key: &[u8] = APPLICATION_SESSION_KEY, whole;
    /// WEPTransmitKey: 1 to 4.
    wep_transmit_key: u8 = WEP_TRANSMIT_KEY, Cursor::u8;
}

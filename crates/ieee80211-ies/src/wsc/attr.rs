//! Attribute types (WSC 2.0 §12).

macro_rules! types {
    ($($name:ident = $value:literal, $text:literal;)*) => {
        $(#[doc = $text] pub const $name: u16 = $value;)*

        /// The name of an attribute in the specification, or `None` for a type that it does not define.
        pub const fn name(kind: u16) -> Option<&'static str> {
            match kind {
                $($value => Some($text),)*
                _ => None,
            }
        }
    };
}

types! {
    AP_CHANNEL = 0x1001, "AP Channel";
    ASSOCIATION_STATE = 0x1002, "Association State";
    AUTHENTICATION_TYPE = 0x1003, "Authentication Type";
    AUTHENTICATION_TYPE_FLAGS = 0x1004, "Authentication Type Flags";
    AUTHENTICATOR = 0x1005, "Authenticator";
    CONFIG_METHODS = 0x1008, "Config Methods";
    CONFIGURATION_ERROR = 0x1009, "Configuration Error";
    CONFIRMATION_URL4 = 0x100a, "Confirmation URL4";
    CONFIRMATION_URL6 = 0x100b, "Confirmation URL6";
    CONNECTION_TYPE = 0x100c, "Connection Type";
    CONNECTION_TYPE_FLAGS = 0x100d, "Connection Type Flags";
    CREDENTIAL = 0x100e, "Credential";
    ENCRYPTION_TYPE = 0x100f, "Encryption Type";
    ENCRYPTION_TYPE_FLAGS = 0x1010, "Encryption Type Flags";
    DEVICE_NAME = 0x1011, "Device Name";
    DEVICE_PASSWORD_ID = 0x1012, "Device Password ID";
    E_HASH1 = 0x1014, "E-Hash1";
    E_HASH2 = 0x1015, "E-Hash2";
    E_SNONCE1 = 0x1016, "E-SNonce1";
    E_SNONCE2 = 0x1017, "E-SNonce2";
    ENCRYPTED_SETTINGS = 0x1018, "Encrypted Settings";
    ENROLLEE_NONCE = 0x101a, "Enrollee Nonce";
    FEATURE_ID = 0x101b, "Feature ID";
    IDENTITY = 0x101c, "Identity";
    IDENTITY_PROOF = 0x101d, "Identity Proof";
    KEY_WRAP_AUTHENTICATOR = 0x101e, "Key Wrap Authenticator";
    KEY_IDENTIFIER = 0x101f, "Key Identifier";
    MAC_ADDRESS = 0x1020, "MAC Address";
    MANUFACTURER = 0x1021, "Manufacturer";
    MESSAGE_TYPE = 0x1022, "Message Type";
    MODEL_NAME = 0x1023, "Model Name";
    MODEL_NUMBER = 0x1024, "Model Number";
    NETWORK_INDEX = 0x1026, "Network Index";
    NETWORK_KEY = 0x1027, "Network Key";
    NETWORK_KEY_INDEX = 0x1028, "Network Key Index";
    NEW_DEVICE_NAME = 0x1029, "New Device Name";
    NEW_PASSWORD = 0x102a, "New Password";
    OOB_DEVICE_PASSWORD = 0x102c, "OOB Device Password";
    OS_VERSION = 0x102d, "OS Version";
    POWER_LEVEL = 0x102f, "Power Level";
    PSK_CURRENT = 0x1030, "PSK Current";
    PSK_MAX = 0x1031, "PSK Max";
    PUBLIC_KEY = 0x1032, "Public Key";
    RADIO_ENABLED = 0x1033, "Radio Enabled";
    REBOOT = 0x1034, "Reboot";
    REGISTRAR_CURRENT = 0x1035, "Registrar Current";
    REGISTRAR_ESTABLISHED = 0x1036, "Registrar Established";
    REGISTRAR_LIST = 0x1037, "Registrar List";
    REGISTRAR_MAX = 0x1038, "Registrar Max";
    REGISTRAR_NONCE = 0x1039, "Registrar Nonce";
    REQUEST_TYPE = 0x103a, "Request Type";
    RESPONSE_TYPE = 0x103b, "Response Type";
    RF_BANDS = 0x103c, "RF Bands";
    R_HASH1 = 0x103d, "R-Hash1";
    R_HASH2 = 0x103e, "R-Hash2";
    R_SNONCE1 = 0x103f, "R-SNonce1";
    R_SNONCE2 = 0x1040, "R-SNonce2";
    SELECTED_REGISTRAR = 0x1041, "Selected Registrar";
    SERIAL_NUMBER = 0x1042, "Serial Number";
    WSC_STATE = 0x1044, "Wi-Fi Simple Configuration State";
    SSID = 0x1045, "SSID";
    TOTAL_NETWORKS = 0x1046, "Total Networks";
    UUID_E = 0x1047, "UUID-E";
    UUID_R = 0x1048, "UUID-R";
    VENDOR_EXTENSION = 0x1049, "Vendor Extension";
    VERSION = 0x104a, "Version";
    X509_CERTIFICATE_REQUEST = 0x104b, "X.509 Certificate Request";
    X509_CERTIFICATE = 0x104c, "X.509 Certificate";
    EAP_IDENTITY = 0x104d, "EAP Identity";
    MESSAGE_COUNTER = 0x104e, "Message Counter";
    PUBLIC_KEY_HASH = 0x104f, "Public Key Hash";
    REKEY_KEY = 0x1050, "Rekey Key";
    KEY_LIFETIME = 0x1051, "Key Lifetime";
    PERMITTED_CONFIG_METHODS = 0x1052, "Permitted Config Methods";
    SELECTED_REGISTRAR_CONFIG_METHODS = 0x1053, "Selected Registrar Config Methods";
    PRIMARY_DEVICE_TYPE = 0x1054, "Primary Device Type";
    SECONDARY_DEVICE_TYPE_LIST = 0x1055, "Secondary Device Type List";
    PORTABLE_DEVICE = 0x1056, "Portable Device";
    AP_SETUP_LOCKED = 0x1057, "AP Setup Locked";
    APPLICATION_EXTENSION = 0x1058, "Application Extension";
    EAP_TYPE = 0x1059, "EAP Type";
    INITIALIZATION_VECTOR = 0x1060, "Initialization Vector";
    KEY_PROVIDED_AUTOMATICALLY = 0x1061, "Key Provided Automatically";
    DOT1X_ENABLED = 0x1062, "802.1X Enabled";
    APPLICATION_SESSION_KEY = 0x1063, "AppSessionKey";
    WEP_TRANSMIT_KEY = 0x1064, "WEPTransmitKey";
    REQUESTED_DEVICE_TYPE = 0x106a, "Requested Device Type";
}

/// Subelements of the Vendor Extension attribute of the Wi-Fi Alliance (WSC 2.0 §12).
pub mod wfa {
    /// Version2: one octet, the version in two hexadecimal digits.
    pub const VERSION2: u8 = 0;
    /// AuthorizedMACs: MAC addresses.
    pub const AUTHORIZED_MACS: u8 = 1;
    /// Network Key Shareable: one octet.
    pub const NETWORK_KEY_SHAREABLE: u8 = 2;
    /// Request to Enroll: one octet.
    pub const REQUEST_TO_ENROLL: u8 = 3;
    /// Settings Delay Time: one octet, in seconds.
    pub const SETTINGS_DELAY_TIME: u8 = 4;
    /// Registrar Configuration Methods: two octets.
    pub const REGISTRAR_CONFIG_METHODS: u8 = 5;
    /// Multi-AP Extension: one octet (Multi-AP v2.0 §5.2).
    pub const MULTI_AP: u8 = 6;
    /// Multi-AP Profile: one octet.
    pub const MULTI_AP_PROFILE: u8 = 7;
    /// Multi-AP Default 802.1Q Setting: two octets.
    pub const MULTI_AP_8021Q: u8 = 8;
}

//! The numbers of nl80211 that are used here, named and grouped as in Linux 6.1's `include/uapi/linux/nl80211.h`; they
//! are the kernel's ABI and do not change.

/// The version of the family in a request's header; the kernel does not look at it.
pub(crate) const VERSION: u8 = 1;

// enum nl80211_commands
pub(crate) const NL80211_CMD_GET_WIPHY: u8 = 1;
pub(crate) const NL80211_CMD_DEL_WIPHY: u8 = 4;
pub(crate) const NL80211_CMD_GET_INTERFACE: u8 = 5;
pub(crate) const NL80211_CMD_SET_INTERFACE: u8 = 6;
pub(crate) const NL80211_CMD_NEW_INTERFACE: u8 = 7;
pub(crate) const NL80211_CMD_DEL_INTERFACE: u8 = 8;
pub(crate) const NL80211_CMD_SET_KEY: u8 = 10;
pub(crate) const NL80211_CMD_NEW_KEY: u8 = 11;
pub(crate) const NL80211_CMD_DEL_KEY: u8 = 12;
pub(crate) const NL80211_CMD_SET_BEACON: u8 = 14;
pub(crate) const NL80211_CMD_START_AP: u8 = 15;
pub(crate) const NL80211_CMD_STOP_AP: u8 = 16;
pub(crate) const NL80211_CMD_GET_STATION: u8 = 17;
pub(crate) const NL80211_CMD_SET_STATION: u8 = 18;
pub(crate) const NL80211_CMD_NEW_STATION: u8 = 19;
pub(crate) const NL80211_CMD_DEL_STATION: u8 = 20;
pub(crate) const NL80211_CMD_SET_BSS: u8 = 25;
pub(crate) const NL80211_CMD_REQ_SET_REG: u8 = 27;
pub(crate) const NL80211_CMD_GET_REG: u8 = 31;
pub(crate) const NL80211_CMD_GET_SCAN: u8 = 32;
pub(crate) const NL80211_CMD_TRIGGER_SCAN: u8 = 33;
pub(crate) const NL80211_CMD_NEW_SCAN_RESULTS: u8 = 34;
pub(crate) const NL80211_CMD_SCAN_ABORTED: u8 = 35;
pub(crate) const NL80211_CMD_REG_CHANGE: u8 = 36;
pub(crate) const NL80211_CMD_AUTHENTICATE: u8 = 37;
pub(crate) const NL80211_CMD_ASSOCIATE: u8 = 38;
pub(crate) const NL80211_CMD_DEAUTHENTICATE: u8 = 39;
pub(crate) const NL80211_CMD_DISASSOCIATE: u8 = 40;
pub(crate) const NL80211_CMD_JOIN_IBSS: u8 = 43;
pub(crate) const NL80211_CMD_LEAVE_IBSS: u8 = 44;
pub(crate) const NL80211_CMD_CONNECT: u8 = 46;
pub(crate) const NL80211_CMD_ROAM: u8 = 47;
pub(crate) const NL80211_CMD_DISCONNECT: u8 = 48;
pub(crate) const NL80211_CMD_REMAIN_ON_CHANNEL: u8 = 55;
pub(crate) const NL80211_CMD_CANCEL_REMAIN_ON_CHANNEL: u8 = 56;
pub(crate) const NL80211_CMD_SET_TX_BITRATE_MASK: u8 = 57;
pub(crate) const NL80211_CMD_REGISTER_FRAME: u8 = 58;
pub(crate) const NL80211_CMD_FRAME: u8 = 59;
pub(crate) const NL80211_CMD_FRAME_TX_STATUS: u8 = 60;
pub(crate) const NL80211_CMD_SET_POWER_SAVE: u8 = 61;
pub(crate) const NL80211_CMD_FRAME_WAIT_CANCEL: u8 = 67;
pub(crate) const NL80211_CMD_UNEXPECTED_FRAME: u8 = 83;
pub(crate) const NL80211_CMD_PROBE_CLIENT: u8 = 84;
pub(crate) const NL80211_CMD_CH_SWITCH_NOTIFY: u8 = 88;
pub(crate) const NL80211_CMD_START_P2P_DEVICE: u8 = 89;
pub(crate) const NL80211_CMD_STOP_P2P_DEVICE: u8 = 90;
pub(crate) const NL80211_CMD_GET_PROTOCOL_FEATURES: u8 = 95;
pub(crate) const NL80211_CMD_CHANNEL_SWITCH: u8 = 102;
pub(crate) const NL80211_CMD_CH_SWITCH_STARTED_NOTIFY: u8 = 110;
pub(crate) const NL80211_CMD_WIPHY_REG_CHANGE: u8 = 113;
pub(crate) const NL80211_CMD_ABORT_SCAN: u8 = 114;
pub(crate) const NL80211_CMD_CONTROL_PORT_FRAME: u8 = 129;
pub(crate) const NL80211_CMD_CONTROL_PORT_FRAME_TX_STATUS: u8 = 139;

// enum nl80211_attrs
pub(crate) const NL80211_ATTR_WIPHY: u16 = 1;
pub(crate) const NL80211_ATTR_WIPHY_NAME: u16 = 2;
pub(crate) const NL80211_ATTR_IFINDEX: u16 = 3;
pub(crate) const NL80211_ATTR_IFNAME: u16 = 4;
pub(crate) const NL80211_ATTR_IFTYPE: u16 = 5;
pub(crate) const NL80211_ATTR_MAC: u16 = 6;
pub(crate) const NL80211_ATTR_BEACON_INTERVAL: u16 = 12;
pub(crate) const NL80211_ATTR_DTIM_PERIOD: u16 = 13;
pub(crate) const NL80211_ATTR_BEACON_HEAD: u16 = 14;
pub(crate) const NL80211_ATTR_BEACON_TAIL: u16 = 15;
pub(crate) const NL80211_ATTR_STA_AID: u16 = 16;
pub(crate) const NL80211_ATTR_STA_LISTEN_INTERVAL: u16 = 18;
pub(crate) const NL80211_ATTR_STA_SUPPORTED_RATES: u16 = 19;
pub(crate) const NL80211_ATTR_STA_INFO: u16 = 21;
pub(crate) const NL80211_ATTR_WIPHY_BANDS: u16 = 22;
pub(crate) const NL80211_ATTR_HT_CAPABILITY: u16 = 31;
pub(crate) const NL80211_ATTR_SUPPORTED_IFTYPES: u16 = 32;
pub(crate) const NL80211_ATTR_REG_ALPHA2: u16 = 33;
pub(crate) const NL80211_ATTR_BSS_BASIC_RATES: u16 = 36;
pub(crate) const NL80211_ATTR_WIPHY_FREQ: u16 = 38;
pub(crate) const NL80211_ATTR_MGMT_SUBTYPE: u16 = 41;
pub(crate) const NL80211_ATTR_IE: u16 = 42;
pub(crate) const NL80211_ATTR_MAX_NUM_SCAN_SSIDS: u16 = 43;
pub(crate) const NL80211_ATTR_SCAN_FREQUENCIES: u16 = 44;
pub(crate) const NL80211_ATTR_SCAN_SSIDS: u16 = 45;
pub(crate) const NL80211_ATTR_GENERATION: u16 = 46;
pub(crate) const NL80211_ATTR_BSS: u16 = 47;
pub(crate) const NL80211_ATTR_REG_INITIATOR: u16 = 48;
pub(crate) const NL80211_ATTR_REG_TYPE: u16 = 49;
pub(crate) const NL80211_ATTR_SUPPORTED_COMMANDS: u16 = 50;
pub(crate) const NL80211_ATTR_FRAME: u16 = 51;
pub(crate) const NL80211_ATTR_SSID: u16 = 52;
pub(crate) const NL80211_ATTR_AUTH_TYPE: u16 = 53;
pub(crate) const NL80211_ATTR_REASON_CODE: u16 = 54;
pub(crate) const NL80211_ATTR_MAX_SCAN_IE_LEN: u16 = 56;
pub(crate) const NL80211_ATTR_TIMED_OUT: u16 = 65;
pub(crate) const NL80211_ATTR_STA_FLAGS2: u16 = 67;
pub(crate) const NL80211_ATTR_CONTROL_PORT: u16 = 68;
pub(crate) const NL80211_ATTR_PRIVACY: u16 = 70;
pub(crate) const NL80211_ATTR_DISCONNECTED_BY_AP: u16 = 71;
pub(crate) const NL80211_ATTR_STATUS_CODE: u16 = 72;
pub(crate) const NL80211_ATTR_CIPHER_SUITES_PAIRWISE: u16 = 73;
pub(crate) const NL80211_ATTR_CIPHER_SUITE_GROUP: u16 = 74;
pub(crate) const NL80211_ATTR_WPA_VERSIONS: u16 = 75;
pub(crate) const NL80211_ATTR_AKM_SUITES: u16 = 76;
pub(crate) const NL80211_ATTR_RESP_IE: u16 = 78;
pub(crate) const NL80211_ATTR_KEY: u16 = 80;
pub(crate) const NL80211_ATTR_DURATION: u16 = 87;
pub(crate) const NL80211_ATTR_COOKIE: u16 = 88;
pub(crate) const NL80211_ATTR_TX_RATES: u16 = 90;
pub(crate) const NL80211_ATTR_FRAME_MATCH: u16 = 91;
pub(crate) const NL80211_ATTR_ACK: u16 = 92;
pub(crate) const NL80211_ATTR_PS_STATE: u16 = 93;
pub(crate) const NL80211_ATTR_AP_ISOLATE: u16 = 96;
pub(crate) const NL80211_ATTR_RX_FRAME_TYPES: u16 = 100;
pub(crate) const NL80211_ATTR_FRAME_TYPE: u16 = 101;
pub(crate) const NL80211_ATTR_CONTROL_PORT_ETHERTYPE: u16 = 102;
pub(crate) const NL80211_ATTR_CONTROL_PORT_NO_ENCRYPT: u16 = 103;
pub(crate) const NL80211_ATTR_OFFCHANNEL_TX_OK: u16 = 108;
pub(crate) const NL80211_ATTR_MAX_REMAIN_ON_CHANNEL_DURATION: u16 = 111;
pub(crate) const NL80211_ATTR_INTERFACE_COMBINATIONS: u16 = 120;
pub(crate) const NL80211_ATTR_SCAN_SUPP_RATES: u16 = 125;
pub(crate) const NL80211_ATTR_HIDDEN_SSID: u16 = 126;
pub(crate) const NL80211_ATTR_IE_PROBE_RESP: u16 = 127;
pub(crate) const NL80211_ATTR_IE_ASSOC_RESP: u16 = 128;
pub(crate) const NL80211_ATTR_STA_WME: u16 = 129;
pub(crate) const NL80211_ATTR_SUPPORT_AP_UAPSD: u16 = 130;
pub(crate) const NL80211_ATTR_TX_NO_CCK_RATE: u16 = 135;
pub(crate) const NL80211_ATTR_DEVICE_AP_SME: u16 = 141;
pub(crate) const NL80211_ATTR_DONT_WAIT_FOR_ACK: u16 = 142;
pub(crate) const NL80211_ATTR_FEATURE_FLAGS: u16 = 143;
pub(crate) const NL80211_ATTR_PROBE_RESP_OFFLOAD: u16 = 144;
pub(crate) const NL80211_ATTR_PROBE_RESP: u16 = 145;
pub(crate) const NL80211_ATTR_RX_SIGNAL_DBM: u16 = 151;
pub(crate) const NL80211_ATTR_WDEV: u16 = 153;
pub(crate) const NL80211_ATTR_VHT_CAPABILITY: u16 = 157;
pub(crate) const NL80211_ATTR_SCAN_FLAGS: u16 = 158;
pub(crate) const NL80211_ATTR_CHANNEL_WIDTH: u16 = 159;
pub(crate) const NL80211_ATTR_CENTER_FREQ1: u16 = 160;
pub(crate) const NL80211_ATTR_P2P_CTWINDOW: u16 = 162;
pub(crate) const NL80211_ATTR_MAC_ADDRS: u16 = 166;
pub(crate) const NL80211_ATTR_STA_CAPABILITY: u16 = 171;
pub(crate) const NL80211_ATTR_PROTOCOL_FEATURES: u16 = 173;
pub(crate) const NL80211_ATTR_SPLIT_WIPHY_DUMP: u16 = 174;
pub(crate) const NL80211_ATTR_CH_SWITCH_COUNT: u16 = 183;
pub(crate) const NL80211_ATTR_CH_SWITCH_BLOCK_TX: u16 = 184;
pub(crate) const NL80211_ATTR_CSA_IES: u16 = 185;
pub(crate) const NL80211_ATTR_CNTDWN_OFFS_BEACON: u16 = 186;
pub(crate) const NL80211_ATTR_SOCKET_OWNER: u16 = 204;
pub(crate) const NL80211_ATTR_EXT_FEATURES: u16 = 217;
pub(crate) const NL80211_ATTR_MEASUREMENT_DURATION: u16 = 235;
pub(crate) const NL80211_ATTR_BSSID: u16 = 245;
pub(crate) const NL80211_ATTR_CONTROL_PORT_OVER_NL80211: u16 = 264;
pub(crate) const NL80211_ATTR_CONTROL_PORT_NO_PREAUTH: u16 = 286;

// enum nl80211_iftype
pub(crate) const NL80211_IFTYPE_STATION: u32 = 2;
pub(crate) const NL80211_IFTYPE_AP: u32 = 3;
pub(crate) const NL80211_IFTYPE_MONITOR: u32 = 6;
pub(crate) const NL80211_IFTYPE_P2P_CLIENT: u32 = 8;
pub(crate) const NL80211_IFTYPE_P2P_GO: u32 = 9;
pub(crate) const NL80211_IFTYPE_P2P_DEVICE: u32 = 10;

// enum nl80211_sta_flags
pub(crate) const NL80211_STA_FLAG_AUTHORIZED: u32 = 1;
pub(crate) const NL80211_STA_FLAG_SHORT_PREAMBLE: u32 = 2;
pub(crate) const NL80211_STA_FLAG_WME: u32 = 3;
pub(crate) const NL80211_STA_FLAG_AUTHENTICATED: u32 = 5;
pub(crate) const NL80211_STA_FLAG_ASSOCIATED: u32 = 7;

// enum nl80211_sta_info
pub(crate) const NL80211_STA_INFO_INACTIVE_TIME: u16 = 1;
pub(crate) const NL80211_STA_INFO_RX_BYTES: u16 = 2;
pub(crate) const NL80211_STA_INFO_TX_BYTES: u16 = 3;
pub(crate) const NL80211_STA_INFO_SIGNAL: u16 = 7;
pub(crate) const NL80211_STA_INFO_TX_BITRATE: u16 = 8;
pub(crate) const NL80211_STA_INFO_RX_PACKETS: u16 = 9;
pub(crate) const NL80211_STA_INFO_TX_PACKETS: u16 = 10;
pub(crate) const NL80211_STA_INFO_TX_FAILED: u16 = 12;
pub(crate) const NL80211_STA_INFO_SIGNAL_AVG: u16 = 13;
pub(crate) const NL80211_STA_INFO_RX_BITRATE: u16 = 14;
pub(crate) const NL80211_STA_INFO_CONNECTED_TIME: u16 = 16;
pub(crate) const NL80211_STA_INFO_RX_BYTES64: u16 = 23;
pub(crate) const NL80211_STA_INFO_TX_BYTES64: u16 = 24;

// enum nl80211_rate_info
pub(crate) const NL80211_RATE_INFO_BITRATE: u16 = 1;
pub(crate) const NL80211_RATE_INFO_MCS: u16 = 2;
pub(crate) const NL80211_RATE_INFO_SHORT_GI: u16 = 4;
pub(crate) const NL80211_RATE_INFO_BITRATE32: u16 = 5;
pub(crate) const NL80211_RATE_INFO_VHT_MCS: u16 = 6;
pub(crate) const NL80211_RATE_INFO_VHT_NSS: u16 = 7;

// enum nl80211_band_attr
pub(crate) const NL80211_BAND_ATTR_FREQS: u16 = 1;
pub(crate) const NL80211_BAND_ATTR_RATES: u16 = 2;
pub(crate) const NL80211_BAND_ATTR_HT_MCS_SET: u16 = 3;
pub(crate) const NL80211_BAND_ATTR_HT_CAPA: u16 = 4;
pub(crate) const NL80211_BAND_ATTR_HT_AMPDU_FACTOR: u16 = 5;
pub(crate) const NL80211_BAND_ATTR_HT_AMPDU_DENSITY: u16 = 6;
pub(crate) const NL80211_BAND_ATTR_VHT_MCS_SET: u16 = 7;
pub(crate) const NL80211_BAND_ATTR_VHT_CAPA: u16 = 8;

// enum nl80211_frequency_attr
pub(crate) const NL80211_FREQUENCY_ATTR_FREQ: u16 = 1;
pub(crate) const NL80211_FREQUENCY_ATTR_DISABLED: u16 = 2;
pub(crate) const NL80211_FREQUENCY_ATTR_NO_IR: u16 = 3;
pub(crate) const NL80211_FREQUENCY_ATTR_RADAR: u16 = 5;
pub(crate) const NL80211_FREQUENCY_ATTR_MAX_TX_POWER: u16 = 6;
pub(crate) const NL80211_FREQUENCY_ATTR_NO_HT40_MINUS: u16 = 9;
pub(crate) const NL80211_FREQUENCY_ATTR_NO_HT40_PLUS: u16 = 10;
pub(crate) const NL80211_FREQUENCY_ATTR_NO_80MHZ: u16 = 11;

// enum nl80211_bitrate_attr
pub(crate) const NL80211_BITRATE_ATTR_RATE: u16 = 1;

// enum nl80211_reg_initiator
pub(crate) const NL80211_REGDOM_SET_BY_USER: u8 = 1;
pub(crate) const NL80211_REGDOM_SET_BY_DRIVER: u8 = 2;
pub(crate) const NL80211_REGDOM_SET_BY_COUNTRY_IE: u8 = 3;

// enum nl80211_reg_type
pub(crate) const NL80211_REGDOM_TYPE_COUNTRY: u8 = 0;
pub(crate) const NL80211_REGDOM_TYPE_CUSTOM_WORLD: u8 = 2;
pub(crate) const NL80211_REGDOM_TYPE_INTERSECTION: u8 = 3;

// enum nl80211_chan_width
pub(crate) const NL80211_CHAN_WIDTH_20_NOHT: u32 = 0;
pub(crate) const NL80211_CHAN_WIDTH_20: u32 = 1;
pub(crate) const NL80211_CHAN_WIDTH_40: u32 = 2;
pub(crate) const NL80211_CHAN_WIDTH_80: u32 = 3;
pub(crate) const NL80211_CHAN_WIDTH_160: u32 = 5;

// enum nl80211_bss
pub(crate) const NL80211_BSS_BSSID: u16 = 1;
pub(crate) const NL80211_BSS_FREQUENCY: u16 = 2;
pub(crate) const NL80211_BSS_TSF: u16 = 3;
pub(crate) const NL80211_BSS_BEACON_INTERVAL: u16 = 4;
pub(crate) const NL80211_BSS_CAPABILITY: u16 = 5;
pub(crate) const NL80211_BSS_INFORMATION_ELEMENTS: u16 = 6;
pub(crate) const NL80211_BSS_SIGNAL_MBM: u16 = 7;
pub(crate) const NL80211_BSS_SIGNAL_UNSPEC: u16 = 8;
pub(crate) const NL80211_BSS_SEEN_MS_AGO: u16 = 10;
pub(crate) const NL80211_BSS_BEACON_IES: u16 = 11;
pub(crate) const NL80211_BSS_PRESP_DATA: u16 = 14;
pub(crate) const NL80211_BSS_LAST_SEEN_BOOTTIME: u16 = 15;

// enum nl80211_auth_type
pub(crate) const NL80211_AUTHTYPE_OPEN_SYSTEM: u32 = 0;

// enum nl80211_key_default_types
pub(crate) const NL80211_KEY_DEFAULT_TYPE_MULTICAST: u16 = 2;

// enum nl80211_key_attributes
pub(crate) const NL80211_KEY_DATA: u16 = 1;
pub(crate) const NL80211_KEY_IDX: u16 = 2;
pub(crate) const NL80211_KEY_CIPHER: u16 = 3;
pub(crate) const NL80211_KEY_SEQ: u16 = 4;
pub(crate) const NL80211_KEY_DEFAULT: u16 = 5;
pub(crate) const NL80211_KEY_DEFAULT_TYPES: u16 = 8;

// enum nl80211_tx_rate_attributes
pub(crate) const NL80211_TXRATE_LEGACY: u16 = 1;

// enum nl80211_band
pub(crate) const NL80211_BAND_2GHZ: u16 = 0;

// enum nl80211_iface_limit_attrs
pub(crate) const NL80211_IFACE_LIMIT_MAX: u16 = 1;
pub(crate) const NL80211_IFACE_LIMIT_TYPES: u16 = 2;

// enum nl80211_if_combination_attrs
pub(crate) const NL80211_IFACE_COMB_LIMITS: u16 = 1;
pub(crate) const NL80211_IFACE_COMB_MAXNUM: u16 = 2;
pub(crate) const NL80211_IFACE_COMB_NUM_CHANNELS: u16 = 4;

// enum nl80211_hidden_ssid
pub(crate) const NL80211_HIDDEN_SSID_NOT_IN_USE: u32 = 0;

// enum nl80211_sta_wme_attr
pub(crate) const NL80211_STA_WME_UAPSD_QUEUES: u16 = 1;
pub(crate) const NL80211_STA_WME_MAX_SP: u16 = 2;

// enum nl80211_feature_flags
pub(crate) const NL80211_FEATURE_SK_TX_STATUS: u32 = 0x1;
pub(crate) const NL80211_FEATURE_LOW_PRIORITY_SCAN: u32 = 0x40;
pub(crate) const NL80211_FEATURE_SCAN_FLUSH: u32 = 0x80;
pub(crate) const NL80211_FEATURE_AP_SCAN: u32 = 0x100;
pub(crate) const NL80211_FEATURE_P2P_GO_CTWIN: u32 = 0x800;
pub(crate) const NL80211_FEATURE_FULL_AP_CLIENT_STATE: u32 = 0x8000;
pub(crate) const NL80211_FEATURE_MAC_ON_CREATE: u32 = 0x8000000;

// enum nl80211_ext_feature_index
pub(crate) const NL80211_EXT_FEATURE_SET_SCAN_DWELL: u16 = 5;
pub(crate) const NL80211_EXT_FEATURE_CONTROL_PORT_OVER_NL80211: u16 = 26;
pub(crate) const NL80211_EXT_FEATURE_CONTROL_PORT_NO_PREAUTH: u16 = 42;
pub(crate) const NL80211_EXT_FEATURE_CONTROL_PORT_OVER_NL80211_TX_STATUS: u16 = 48;

// enum nl80211_scan_flags
pub(crate) const NL80211_SCAN_FLAG_FLUSH: u32 = 2;
pub(crate) const NL80211_SCAN_FLAG_AP: u32 = 4;

// enum nl80211_protocol_features
pub(crate) const NL80211_PROTOCOL_FEATURE_SPLIT_WIPHY_DUMP: u32 = 1;

// enum nl80211_attrs
pub(crate) const NL80211_ATTR_IFACE_SOCKET_OWNER: u16 = 204;

//! The settings of a device.

use super::IpPool;
#[cfg(doc)]
use super::Request;
use alloc::string::String;
use alloc::vec::Vec;
use ieee80211_ies::MacAddr;
use ieee80211_ies::bss::Interworking;
use p2p_core::FindListen;

/// Which address a device takes as its P2P device address.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum DeviceAddress {
    /// That of the radio, or what the kernel makes of it.
    #[default]
    OfRadio,
    /// This one, by which stored groups know us, where the radio would draw another at each start
    /// ([`radio::Capabilities::draws_device_address`]).
    Stored(MacAddr),
    /// One drawn at the start.
    Random,
    /// This one.
    Fixed(MacAddr),
}

/// When a group of ours moves to the channel of a station's or a client's connection on the same radio, where it need not
/// (wpa_supplicant's `p2p_go_freq_change_policy`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ChannelSharing {
    /// Whenever the group could be there.
    Always,
    /// If all clients have named that channel as one that they can use, those that have named any.
    IfClientsCan,
    /// Never: it moves only from a channel that it may not use any more.
    #[default]
    Never,
    /// As [`ChannelSharing::IfClientsCan`], within the band, and only if all clients understand an extended channel switch announcement.
    IfAnnounced,
}

/// What a device is and how it behaves. All but its address can be changed while it runs ([`Request::Configure`]).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Config {
    /// Device name, at most 32 octets of UTF-8.
    pub device_name: String,
    /// Manufacturer, at most 64 octets.
    pub manufacturer: String,
    /// Model name, at most 32 octets.
    pub model_name: String,
    /// Model number, at most 32 octets.
    pub model_number: String,
    /// Serial number, at most 32 octets.
    pub serial_number: String,
    /// WSC primary device type.
    pub device_type: [u8; 8],
    /// WSC secondary device types, at most 5.
    pub secondary_device_types: Vec<[u8; 8]>,
    /// WSC UUID; `None` derives it from the address.
    pub uuid: Option<[u8; 16]>,
    /// OS version that WSC messages carry, 31 bits.
    pub os_version: u32,
    /// Vendor Extension in our M1 as enrollee, at most 1024 octets from the vendor's number on; empty for none.
    pub vendor_extension_m1: Vec<u8>,
    /// Our access point's M1 names the push button among its methods (a workaround for some registrars).
    pub push_button_in_m1: bool,
    /// WSC configuration methods (bits of WSC 2.0 Table 33).
    pub config_methods: u16,
    /// Country, two letters; `None` leaves the regulatory domain alone.
    pub country: Option<[u8; 2]>,
    /// Listen channel: operating class and channel; `None` draws one of 1, 6, 11.
    pub listen_channel: Option<(u8, u8)>,
    /// Operating channel: class and channel; `None` chooses when needed.
    pub operating_channel: Option<(u8, u8)>,
    /// Group owner intent, 0 to 15.
    pub go_intent: u8,
    /// Appended to `DIRECT-xy`, at most 23 octets.
    pub ssid_postfix: Vec<u8>,
    /// Length of the passphrases that we make, 8 to 63.
    pub passphrase_length: u8,
    /// Clients may talk to each other.
    pub intra_bss: bool,
    /// Accept invitations into stored groups without asking.
    pub persistent_reconnect: bool,
    /// Seconds without a peer until a group ends, with wpa_supplicant's meaning of 0 and negative values.
    pub group_idle_s: i32,
    /// The P2P device address, taken at the start.
    pub device_address: DeviceAddress,
    /// Draw an address for every interface that is made for a group; else the kernel chooses.
    pub random_group_addresses: bool,
    /// The group runs on the base interface.
    pub no_group_interface: bool,
    /// The base interface is not touched: without P2P device interfaces discovery gets a second station interface, where the radio can
    /// hold that and a group beside it.
    pub leave_base: bool,
    /// The interface is a station's alone: Wi-Fi Direct is another interface's on this radio, or nobody's. Taken at the start.
    pub station_only: bool,
    /// Frequencies (MHz, from–to inclusive) on which we never own a group.
    pub no_go_frequencies: Vec<(u32, u32)>,
    /// Frequencies (MHz) that no group may use.
    pub disallowed_frequencies: Vec<(u32, u32)>,
    /// Preferred operating channels (class, channel), best first.
    pub preferred_channels: Vec<(u8, u8)>,
    /// Offer channels on which we could only be a client (those on which nobody may begin), too.
    pub client_only_channels: bool,
    /// A channel that the radio is on already is nothing better for a group, unless the radio has no other.
    pub ignore_shared_channel: bool,
    /// When a group of ours moves to a channel that the radio is on for something else.
    pub channel_sharing: ChannelSharing,
    /// Listen on the social channel that the radio is on for something else.
    pub optimize_listen_channel: bool,
    /// From a find's listening to its next search while something else shares the radio, ms.
    pub search_delay_ms: u32,
    /// Where the radio can be on one channel only, a group of ours keeps it: the station does not connect on another one.
    pub groups_before_station: bool,
    /// How long a find listens between its searches, where the user says so.
    pub find_listen: Option<FindListen>,
    /// Scans for the station and for the user send no probe requests, unless asked to.
    pub passive_scan: bool,
    /// Frames of sleeping stations are delivered on their triggers, where the radio can (WMM U-APSD).
    pub go_uapsd: bool,
    /// From a scan of the station's that has found nothing to its next one, s.
    pub scan_interval_s: u32,
    /// The station connects anew by itself when its connection has ended.
    pub auto_reconnect: bool,
    /// Our groups say that their clients can be connected on to another network.
    pub cross_connection: bool,
    /// As client of a group we hear who searches on its channel.
    pub client_probe: bool,
    /// 40 MHz as owner.
    pub go_ht40: bool,
    /// 80 MHz as owner.
    pub go_vht: bool,
    /// Client traffic window as owner, TU, 0 (none) to 127; only radios that have it announce one (Wi-Fi P2P v1.7 §3.3.2).
    pub go_ctwindow: u8,
    /// What our groups say of their network (IEEE 802.11-2020 §9.4.2.91).
    pub interworking: Option<Interworking>,
    /// Seconds of silence after which a station is probed and removed.
    pub max_inactivity_s: u32,
    /// Group key lifetime, seconds (0: never changed).
    pub group_rekey_s: u32,
    /// Greatest number of stations of our groups.
    pub max_stations: u16,
    /// As a client of a group we may be woken through its owner.
    pub discoverability: bool,
    /// An infrastructure network manages our use of P2P: said of ourselves, nothing else.
    pub managed: bool,
    /// Extra elements by frame kind, for researchers (VENDOR_ELEM_ADD): index as wpa_supplicant numbers them, elements.
    pub vendor_elements: Vec<(u8, Vec<u8>)>,
    /// Give each client a key of its own.
    pub per_station_psk: bool,
    /// Addresses to hand out in the handshake.
    pub ip_pool: Option<IpPool>,
    /// As client, ask for no address in the handshake.
    pub disable_ip_request: bool,
    /// Prefix of group interface names (`p2p-wlan0-`), a number is appended.
    pub group_interface_prefix: String,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            device_name: String::new(),
            manufacturer: String::new(),
            model_name: String::new(),
            model_number: String::new(),
            serial_number: String::new(),
            device_type: [0; 8],
            secondary_device_types: Vec::new(),
            uuid: None,
            os_version: 0,
            vendor_extension_m1: Vec::new(),
            push_button_in_m1: false,
            // Display, push button, keypad and their virtual forms, as wpa_supplicant's P2P default (0x1108 on the air).
            config_methods: 0x1108,
            country: None,
            listen_channel: None,
            operating_channel: None,
            go_intent: 7,
            ssid_postfix: Vec::new(),
            passphrase_length: 8,
            intra_bss: true,
            persistent_reconnect: false,
            group_idle_s: 0,
            device_address: DeviceAddress::OfRadio,
            random_group_addresses: false,
            no_group_interface: false,
            leave_base: false,
            station_only: false,
            no_go_frequencies: Vec::new(),
            disallowed_frequencies: Vec::new(),
            preferred_channels: Vec::new(),
            client_only_channels: false,
            ignore_shared_channel: false,
            channel_sharing: ChannelSharing::Never,
            optimize_listen_channel: false,
            search_delay_ms: 500,
            groups_before_station: false,
            find_listen: None,
            passive_scan: false,
            go_uapsd: true,
            scan_interval_s: 5,
            auto_reconnect: true,
            cross_connection: false,
            client_probe: false,
            go_ht40: false,
            go_vht: false,
            go_ctwindow: 0,
            interworking: None,
            max_inactivity_s: 300,
            group_rekey_s: 600,
            max_stations: 128,
            discoverability: true,
            managed: false,
            vendor_elements: Vec::new(),
            per_station_psk: false,
            ip_pool: None,
            disable_ip_request: false,
            group_interface_prefix: String::from("p2p-wlan0-"),
        }
    }
}

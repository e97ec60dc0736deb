//! What an owner is set up with and what it says: plain data.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::time::Duration;
use ieee80211_ies::MacAddr;
use ieee80211_ies::bss::Interworking;
use ieee80211_ies::frame::ReasonCode;
use ieee80211_ies::p2p::{ClientInfoBuf, DeviceInfoBuf, Status};
use radio::{Band, Capabilities, Channel, InterfaceId, Refused};

/// How an owner is set up. [`OwnerConfig::new`] fills in what is usual.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OwnerConfig {
    /// The owner's interface, of kind [`radio::InterfaceKind::P2pGo`].
    pub iface: InterfaceId,
    /// Its address: the BSSID, and the P2P Interface Address of the owner.
    pub address: MacAddr,
    /// What the device is, for P2P Device Info; its address is the P2P Device Address.
    pub device: DeviceInfoBuf,
    /// SSID of the group, 1 to 32 octets, beginning with `DIRECT-` (Wi-Fi P2P v1.7 §3.2.1).
    pub ssid: Vec<u8>,
    /// The operating channel.
    pub channel: Channel,
    /// The radio's bands, for HT and VHT elements.
    pub bands: Vec<Band>,
    /// Beacon interval, TU.
    pub beacon_interval: u16,
    /// DTIM period, beacon intervals.
    pub dtim_period: u8,
    /// Group Capability Bitmap, see [`ieee80211_ies::p2p::group_capability`]. Group Owner is always set, Group Limit and
    /// Group Formation follow the group's state.
    pub group_capability: u8,
    /// Device Capability Bitmap, see [`ieee80211_ies::p2p::device_capability`].
    pub device_capability: u8,
    /// The most stations that may be associated, 1 to [`MAX_AID`](super::MAX_AID).
    pub max_stations: u16,
    /// For how long a station may be silent before it is looked after.
    pub max_inactivity: Duration,
    /// Stations may not talk to each other through us.
    pub isolate: bool,
    /// Client traffic window, TU; 0 for none (Wi-Fi P2P v1.7 §3.3.2).
    pub ctwindow: u8,
    /// What the network is, for those who look for one by that (IEEE 802.11-2020 §9.4.2.91), or nothing said of it.
    pub interworking: Option<Interworking>,
    /// Frames of sleeping stations are delivered on their triggers (WMM U-APSD): [`Capabilities::ap_uapsd`].
    pub uapsd: bool,
    /// Stations may choose the AKM 00-0F-AC:6 (PSK with SHA-256) beside 00-0F-AC:2 (PSK).
    pub psk_sha256: bool,
    /// The country to announce: two letters (IEEE 802.11-2020 §9.4.2.8), or none.
    pub country: Option<[u8; 2]>,
    /// [`Capabilities::device_ap_sme`].
    pub device_ap_sme: bool,
    /// [`Capabilities::full_ap_client_state`].
    pub full_ap_client_state: bool,
    /// [`Capabilities::probe_client`].
    pub probe_client: bool,
    /// [`Capabilities::probe_response_offload`].
    pub probe_response_offload: bool,
    /// Whole elements to add to beacons (WFD and vendors' own).
    pub beacon_elements: Vec<u8>,
    /// Whole elements to add to probe responses.
    pub probe_response_elements: Vec<u8>,
    /// Whole elements to add to association responses to P2P clients.
    pub association_response_elements: Vec<u8>,
}

impl OwnerConfig {
    /// A group on `channel` with the usual settings: beacons each 100 TU, a DTIM each second one, 2007 stations, 300 s of
    /// inactivity, no optional element.
    pub fn new(
        iface: InterfaceId,
        address: MacAddr,
        device: DeviceInfoBuf,
        ssid: Vec<u8>,
        channel: Channel,
        radio: &Capabilities,
    ) -> Self {
        Self {
            iface,
            address,
            device,
            ssid,
            channel,
            bands: radio.bands.clone(),
            beacon_interval: 100,
            dtim_period: 2,
            group_capability: 0,
            device_capability: 0,
            max_stations: super::MAX_AID,
            max_inactivity: Duration::from_secs(300),
            isolate: false,
            ctwindow: 0,
            interworking: None,
            uapsd: radio.ap_uapsd,
            psk_sha256: false,
            country: None,
            device_ap_sme: radio.device_ap_sme,
            full_ap_client_state: radio.full_ap_client_state,
            probe_client: radio.probe_client,
            probe_response_offload: radio.probe_response_offload,
            beacon_elements: Vec::new(),
            probe_response_elements: Vec::new(),
            association_response_elements: Vec::new(),
        }
    }
}

/// What an association is for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Mode {
    /// Provisioning: there was a WSC element and no RSN element in the request.
    Wsc,
    /// Data: WPA2-PSK with CCMP.
    Rsn {
        /// The whole RSN element of the request, which message 2 of the 4-way handshake must repeat.
        element: Vec<u8>,
    },
}

/// A station that has associated.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Associated {
    /// Its address: the P2P Interface Address of a client.
    pub station: MacAddr,
    /// What for.
    pub mode: Mode,
    /// What a P2P client said of itself (P2P Device Info and Capability); `None` for a legacy station.
    pub p2p: Option<ClientInfoBuf>,
    /// What its WSC elements held, joined; empty when there was none.
    pub wsc: Vec<u8>,
}

/// Why a station is no longer associated.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LeftCause {
    /// It has deauthenticated.
    Deauthenticated(ReasonCode),
    /// It has disassociated.
    Disassociated(ReasonCode),
    /// It authenticates anew: a new association follows, such as the one for data after that for WSC.
    Reauthenticates,
    /// It was silent for too long.
    Inactive,
    /// The caller has ended it.
    Ours(ReasonCode),
    /// The radio no longer knows it.
    Radio,
    /// The group has ended.
    Stopped,
}

/// What an owner says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// The group is on the air.
    Started,
    /// It could not be started.
    StartFailed(Refused),
    /// Somebody that knows WSC looks for networks; told for every probe request with a WSC element.
    ProbeRequest {
        /// Who.
        source: MacAddr,
        /// dBm; 0 when unknown.
        signal_dbm: i8,
        /// What its WSC elements held, joined.
        wsc: Vec<u8>,
        /// Whether it looks for P2P devices in general, by the SSID `DIRECT-` (Wi-Fi P2P v1.7 §3.1.2.1.3).
        p2p_wildcard: bool,
    },
    /// A probe request that asked for the group is being answered.
    ProbeRequestAnswered {
        /// Who asked.
        source: MacAddr,
        /// dBm; 0 when unknown.
        signal_dbm: i8,
    },
    /// A station has associated, or associated again without having left: what was known of its earlier association, keys
    /// included, is void.
    Associated(Box<Associated>),
    /// A station that was reported has gone.
    Left {
        /// Which.
        station: MacAddr,
        /// Its P2P Device Address, where it was a P2P client.
        device: Option<MacAddr>,
        /// Why.
        cause: LeftCause,
    },
    /// How [`device_discoverability`](super::Owner::device_discoverability) ended.
    Discoverability {
        /// P2P Device Address of the client.
        device: MacAddr,
        /// Status for the Device Discoverability Response.
        status: Status,
    },
    /// The radio announces a switch to this channel.
    ChannelSwitchBegun(Channel),
    /// The group operates on another channel now.
    ChannelSwitched(Channel),
    /// The radio has refused to switch.
    ChannelSwitchFailed(Refused),
    /// The group is off the air, because of [`stop`](super::Owner::stop) or by the radio.
    Stopped,
}

/// Frames that were not acted on, by cause.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Dropped {
    /// The source is a group address, all zero, or our own (CVE-2019-16275).
    pub bad_source: u64,
    /// Meant for somebody else.
    pub not_for_us: u64,
    /// Sent before: a retransmission whose first was received.
    pub duplicate: u64,
    /// No sense in it, in the state that the station or the group is in.
    pub unexpected: u64,
    /// Not answered because too many answers were waiting to be sent.
    pub overload: u64,
}

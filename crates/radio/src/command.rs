//! What a radio can be told.

use crate::{Channel, Key, KeyKind};
use alloc::string::String;
use alloc::vec::Vec;
use ieee80211_ies::MacAddr;

/// Names one command until its end; allotted by the caller, never reused.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct CommandId(pub u64);

/// Names one interface; allotted by the caller. The interface that the radio was opened on is [`InterfaceId::BASE`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct InterfaceId(pub u32);

impl InterfaceId {
    /// The interface that existed when the radio was opened (`wlan0`).
    pub const BASE: Self = Self(0);
}

/// What an interface is (`NL80211_IFTYPE_*`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum InterfaceKind {
    /// A station.
    Station,
    /// A P2P client.
    P2pClient,
    /// A P2P group owner.
    P2pGo,
    /// A P2P device: no network interface, only management frames.
    P2pDevice,
    /// An access point.
    Ap,
    /// A monitor.
    Monitor,
    /// Any other kind that the kernel names.
    Other,
}

/// A command to the radio. Unless it says otherwise, `Done` means that it has been carried out.
#[derive(Clone, Debug)]
pub enum Command {
    /// Makes an interface and raises it. Answered by [`crate::Reply::Interface`].
    CreateInterface {
        /// The id it will have.
        iface: InterfaceId,
        /// What it is.
        kind: InterfaceKind,
        /// Its name, at most 15 octets; a P2P device has none on the host and is only called so.
        name: String,
        /// Its address, or the kernel's choice.
        address: Option<MacAddr>,
    },
    /// Changes what an interface is; it is lowered and raised again where the kernel demands it.
    SetInterfaceKind {
        /// The interface.
        iface: InterfaceId,
        /// What it becomes.
        kind: InterfaceKind,
    },
    /// Changes an interface's address; it is lowered and raised again.
    SetInterfaceAddress {
        /// The interface.
        iface: InterfaceId,
        /// The new address.
        address: MacAddr,
    },
    /// Raises or lowers an interface (for a P2P device: starts or stops it).
    SetInterfaceUp {
        /// The interface.
        iface: InterfaceId,
        /// Whether it is to be up.
        up: bool,
    },
    /// Removes an interface made by [`Command::CreateInterface`].
    RemoveInterface {
        /// The interface.
        iface: InterfaceId,
    },

    /// Starts a scan; `Done` when it has begun, then [`crate::Event::ScanDone`].
    Scan {
        /// The interface.
        iface: InterfaceId,
        /// What to scan.
        scan: ScanRequest,
    },
    /// Ends a scan early; its [`crate::Event::ScanDone`] follows, marked aborted.
    AbortScan {
        /// The interface.
        iface: InterfaceId,
    },
    /// Asks to stay on a channel; `Done` when accepted, then [`crate::Event::RemainStarted`] once there and
    /// [`crate::Event::RemainEnded`].
    RemainOnChannel {
        /// The interface.
        iface: InterfaceId,
        /// The channel, MHz.
        frequency: u32,
        /// How long, ms; at most [`crate::Capabilities::max_remain_ms`].
        duration_ms: u32,
    },
    /// Ends a [`Command::RemainOnChannel`] early.
    CancelRemain {
        /// The interface.
        iface: InterfaceId,
        /// The id that the command had.
        remain: CommandId,
    },

    /// Asks that frames of these kinds be delivered as [`crate::Event::Received`]; a later one for the same interface replaces
    /// the earlier one as far as the radio can (a kernel keeps registrations until a socket closes).
    ReceiveFrames {
        /// The interface.
        iface: InterfaceId,
        /// The kinds wanted.
        kinds: Vec<FrameKind>,
    },
    /// Sends a management frame; `Done` when accepted, then [`crate::Event::Sent`].
    Transmit {
        /// The interface.
        iface: InterfaceId,
        /// What and how.
        transmission: Transmission,
    },
    /// Ends the wait of a [`Transmission`] early: the radio need not stay on that channel.
    CancelWait {
        /// The interface.
        iface: InterfaceId,
        /// The id of the transmission.
        transmission: CommandId,
    },

    /// Starts to beacon.
    StartAp {
        /// The interface, of kind [`InterfaceKind::P2pGo`] or [`InterfaceKind::Ap`].
        iface: InterfaceId,
        /// What to be.
        ap: AccessPoint,
    },
    /// Changes the beacon and the elements that the driver adds to its responses.
    UpdateBeacon {
        /// The interface.
        iface: InterfaceId,
        /// The new contents.
        beacon: Beacon,
    },
    /// Stops beaconing; all stations are gone.
    StopAp {
        /// The interface.
        iface: InterfaceId,
    },
    /// Moves a beaconing interface to another channel with announcement (CSA).
    SwitchChannel {
        /// The interface.
        iface: InterfaceId,
        /// How.
        switch: ChannelSwitch,
    },
    /// Adds a station to an access point.
    AddStation {
        /// The interface.
        iface: InterfaceId,
        /// What is known of it.
        station: StationParameters,
    },
    /// Changes a station: flags always; rates and capabilities where `Some`.
    SetStation {
        /// The interface.
        iface: InterfaceId,
        /// What changes.
        station: StationParameters,
    },
    /// Removes a station; with a driver's own SME this sends the frame too.
    RemoveStation {
        /// The interface.
        iface: InterfaceId,
        /// The station.
        address: MacAddr,
        /// Reason code (IEEE 802.11-2020 Table 9-49).
        reason: u16,
        /// The frame that a driver's SME sends: deauthentication, else disassociation.
        deauthenticate: bool,
    },
    /// Asks about a station. Answered by [`crate::Reply::Station`].
    QueryStation {
        /// The interface.
        iface: InterfaceId,
        /// The station; on a client, its owner.
        address: MacAddr,
    },
    /// Sends a null frame to a silent station; [`crate::Event::StationProbed`] follows.
    ProbeStation {
        /// The interface.
        iface: InterfaceId,
        /// The station.
        address: MacAddr,
    },

    /// Sends an Authentication frame (open system); [`crate::Event::Authenticated`] follows.
    Authenticate {
        /// The interface.
        iface: InterfaceId,
        /// The owner's interface address.
        bssid: MacAddr,
        /// Its channel, MHz.
        frequency: u32,
        /// Its SSID, at most 32 octets.
        ssid: Vec<u8>,
    },
    /// Sends an Association Request; [`crate::Event::Associated`] follows.
    Associate {
        /// The interface.
        iface: InterfaceId,
        /// With what.
        association: Association,
    },
    /// Authenticates and associates by the driver's own SME; [`crate::Event::Connected`] follows.
    Connect {
        /// The interface.
        iface: InterfaceId,
        /// With what.
        connection: Connection,
    },
    /// Ends the connection of a client, sending a Deauthentication frame.
    Disconnect {
        /// The interface.
        iface: InterfaceId,
        /// The owner's interface address.
        bssid: MacAddr,
        /// Reason code.
        reason: u16,
    },

    /// Installs a key.
    InstallKey {
        /// The interface.
        iface: InterfaceId,
        /// The key.
        key: Key,
    },
    /// Removes a key.
    RemoveKey {
        /// The interface.
        iface: InterfaceId,
        /// Whom it protects.
        kind: KeyKind,
        /// Its index.
        index: u8,
    },
    /// Opens or closes the controlled port of a client towards its owner.
    SetAuthorized {
        /// The interface.
        iface: InterfaceId,
        /// The peer: the station of an owner, or the owner of a client.
        address: MacAddr,
        /// Whether data may pass.
        authorized: bool,
    },
    /// Sends an EAPOL PDU (from the protocol version octet on); `Done` when accepted, then [`crate::Event::Sent`].
    SendEapol {
        /// The interface.
        iface: InterfaceId,
        /// To whom.
        destination: MacAddr,
        /// The PDU.
        pdu: Vec<u8>,
        /// Whether it is to be encrypted when a pairwise key is installed; before that it goes in the clear either way.
        encrypt: bool,
    },

    /// Turns power save on or off.
    SetPowerSave {
        /// The interface.
        iface: InterfaceId,
        /// Whether it is on.
        on: bool,
    },
    /// Forbids the 802.11b rates (Wi-Fi P2P v1.7 §2.4.1) on an interface that carries a group.
    ForbidCck {
        /// The interface.
        iface: InterfaceId,
    },
    /// Asks for a regulatory domain: two upper-case letters. [`crate::Event::Regulatory`] follows when it changes.
    SetCountry {
        /// ISO 3166-1 alpha-2.
        country: [u8; 2],
    },
}

impl Command {
    /// The interface it concerns; `None` for the radio as a whole.
    pub fn interface(&self) -> Option<InterfaceId> {
        Some(match self {
            Self::SetCountry { .. } => return None,
            Self::CreateInterface { iface, .. }
            | Self::SetInterfaceKind { iface, .. }
            | Self::SetInterfaceAddress { iface, .. }
            | Self::SetInterfaceUp { iface, .. }
            | Self::RemoveInterface { iface }
            | Self::Scan { iface, .. }
            | Self::AbortScan { iface }
            | Self::RemainOnChannel { iface, .. }
            | Self::CancelRemain { iface, .. }
            | Self::ReceiveFrames { iface, .. }
            | Self::Transmit { iface, .. }
            | Self::CancelWait { iface, .. }
            | Self::StartAp { iface, .. }
            | Self::UpdateBeacon { iface, .. }
            | Self::StopAp { iface }
            | Self::SwitchChannel { iface, .. }
            | Self::AddStation { iface, .. }
            | Self::SetStation { iface, .. }
            | Self::RemoveStation { iface, .. }
            | Self::QueryStation { iface, .. }
            | Self::ProbeStation { iface, .. }
            | Self::Authenticate { iface, .. }
            | Self::Associate { iface, .. }
            | Self::Connect { iface, .. }
            | Self::Disconnect { iface, .. }
            | Self::InstallKey { iface, .. }
            | Self::RemoveKey { iface, .. }
            | Self::SetAuthorized { iface, .. }
            | Self::SendEapol { iface, .. }
            | Self::SetPowerSave { iface, .. }
            | Self::ForbidCck { iface } => *iface,
        })
    }
}

/// A kind of management frame that can be asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FrameKind {
    /// Probe requests.
    ProbeRequest,
    /// Association and reassociation requests, authentication, deauthentication, disassociation: the frames of an
    /// access point's MLME.
    ApMlme,
    /// Action frames whose body (from the category octet on) starts so.
    Action(Vec<u8>),
}

/// A scan.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ScanRequest {
    /// SSIDs to probe for, at most [`crate::Capabilities::max_scan_ssids`]; none makes the scan passive.
    pub ssids: Vec<Vec<u8>>,
    /// Channels, MHz; none means all.
    pub frequencies: Vec<u32>,
    /// Elements to add to the probe requests.
    pub elements: Vec<u8>,
    /// Whether 802.11b rates are to be avoided (Wi-Fi P2P v1.7 §2.4.1).
    pub no_cck: bool,
    /// The BSSID to probe, when only one is of interest.
    pub bssid: Option<MacAddr>,
    /// Time to wait on each channel in TU, where the radio can be told; `None` leaves it to the radio.
    pub dwell_tu: Option<u16>,
    /// Forget results from before this scan (`NL80211_SCAN_FLAG_FLUSH`).
    pub flush: bool,
}

/// A management frame to send.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Transmission {
    /// The channel, MHz; `None` is the interface's own operating channel.
    pub frequency: Option<u32>,
    /// The whole frame from the frame-control field on, without FCS. The radio sets the sequence number.
    pub frame: Vec<u8>,
    /// How long to stay on the channel for an answer, ms.
    pub wait_ms: u32,
    /// Whether 802.11b rates are to be avoided.
    pub no_cck: bool,
    /// Whether no acknowledgement is expected; [`crate::Event::Sent`] then carries [`crate::SendStatus::Unknown`] at best.
    pub no_ack: bool,
}

/// The contents of a beacon and of what goes with it. Each is a series of elements unless it says otherwise.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Beacon {
    /// The beacon frame up to the TIM: header, fixed fields, elements. The radio fills in the timestamp.
    pub head: Vec<u8>,
    /// The elements behind the TIM.
    pub tail: Vec<u8>,
    /// The whole probe response, for a driver that answers by itself ([`crate::Capabilities::probe_response_offload`]).
    pub probe_response: Vec<u8>,
    /// Elements that a driver with its own SME adds to beacons.
    pub beacon_elements: Vec<u8>,
    /// Elements that it adds to probe responses.
    pub probe_response_elements: Vec<u8>,
    /// Elements that it adds to association responses.
    pub association_response_elements: Vec<u8>,
}

/// An access point to start: always WPA2-PSK with CCMP, the only security of a P2P group (Wi-Fi P2P v1.7 §3.2.2).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AccessPoint {
    /// The SSID.
    pub ssid: Vec<u8>,
    /// The operating channel.
    pub channel: Channel,
    /// Beacon interval, TU.
    pub beacon_interval: u16,
    /// DTIM period, beacon intervals.
    pub dtim_period: u8,
    /// The frames.
    pub beacon: Beacon,
    /// Client traffic window in TU (0: none), where [`crate::Capabilities::ctwindow`].
    pub ctwindow: u8,
    /// Basic rates, units of 500 kb/s.
    pub basic_rates: Vec<u8>,
    /// Stations may not talk to each other through us.
    pub isolate: bool,
}

/// A channel switch with announcement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChannelSwitch {
    /// The new channel.
    pub channel: Channel,
    /// Beacons until the switch.
    pub count: u8,
    /// Whether stations must be silent until then.
    pub block_transmission: bool,
    /// The beacon until the switch, with the announcement.
    pub during: Beacon,
    /// Offset of the counter within `during.tail`.
    pub counter_offset: u16,
    /// The beacon after it.
    pub after: Beacon,
}

/// A station's flags (`NL80211_STA_FLAG_*`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct StationFlags {
    /// It has authenticated.
    pub authenticated: bool,
    /// It has associated.
    pub associated: bool,
    /// Data may pass.
    pub authorized: bool,
    /// It does QoS.
    pub wme: bool,
    /// It understands short preambles.
    pub short_preamble: bool,
}

/// What a station said of its rates when it associated.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct StationRates {
    /// Association id, 1 to 2007.
    pub aid: u16,
    /// Listen interval, beacon intervals.
    pub listen_interval: u16,
    /// Capability information.
    pub capability: u16,
    /// Supported rates, units of 500 kb/s.
    pub rates: Vec<u8>,
    /// Body of its HT Capabilities element (26 octets).
    pub ht: Option<Vec<u8>>,
    /// Body of its VHT Capabilities element (12 octets).
    pub vht: Option<Vec<u8>>,
    /// WMM: its U-APSD queues and maximum service period length.
    pub uapsd: Option<(u8, u8)>,
}

/// A station of an access point.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StationParameters {
    /// Its address.
    pub address: MacAddr,
    /// Its flags.
    pub flags: StationFlags,
    /// Its rates, once it has associated.
    pub rates: Option<StationRates>,
}

/// An association of a client.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Association {
    /// The owner's interface address.
    pub bssid: MacAddr,
    /// Its channel, MHz.
    pub frequency: u32,
    /// Its SSID.
    pub ssid: Vec<u8>,
    /// Elements to add to the request, in their order.
    pub elements: Vec<u8>,
    /// Whether the RSN element among them is to be acted on: WPA2-PSK with CCMP. Not set while running WSC.
    pub rsn: bool,
}

/// A connection made by a driver's own SME.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Connection {
    /// With whom, and with which elements.
    pub association: Association,
    /// Whether the network's capability says that it protects its data: a kernel passes over a network of which this is not true.
    pub privacy: bool,
}

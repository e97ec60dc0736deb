//! What a user of a device can ask ([`Request`]), is answered ([`Reply`], [`Error`]) and is told ([`Event`]).
//!
//! These are plain data; the daemon's control protocol and the async API are written on top of them.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;
use ieee80211_ies::MacAddr;
use radio::{Refused, Secret};

/// Names a group for as long as the device lives; never reused.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct GroupId(pub u32);

/// Names a stored persistent group. Allotted by whoever keeps the records (the daemon: its network id).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RecordId(pub u32);

/// Our part in a group.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Role {
    /// Group owner: its access point.
    Owner,
    /// Client.
    Client,
}

/// How the two users prove to each other that they mean this connection (WSC 2.0 §7, Wi-Fi P2P v1.7 §3.1.4.3).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum WpsMethod {
    /// A button is pressed on both sides.
    PushButton,
    /// Our side shows this PIN; the peer's user types it.
    Display(Secret),
    /// The peer shows this PIN; our user typed it.
    Keypad(Secret),
}

/// Which method a provision discovery asks the peer for, in the peer's terms.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ProvisionMethod {
    /// Push button.
    PushButton,
    /// The peer is to show a PIN.
    Display,
    /// The peer is to have a PIN typed.
    Keypad,
}

/// Where a find looks beside the social channels 1, 6 and 11 (Wi-Fi P2P v1.7 §3.1.2.1.1).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum FindScope {
    /// All other channels too, a few at a time.
    #[default]
    Progressive,
    /// Nowhere else.
    Social,
    /// This channel (MHz) first.
    Frequency(u32),
}

/// A search for peers.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Find {
    /// Ends by itself after this long.
    pub timeout: Option<Duration>,
    /// Where to look.
    pub scope: FindScope,
    /// Only this device is asked to answer.
    pub device: Option<MacAddr>,
    /// Only devices of this WSC primary device type are asked to answer.
    pub device_type: Option<[u8; 8]>,
    /// Look at 6 GHz channels too.
    pub include_6ghz: bool,
}

/// Which channel a group is to be on, as far as the user cares.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ChannelWish {
    /// This channel (MHz) and no other.
    pub frequency: Option<u32>,
    /// Only this band: 2 (2.4 GHz), 5 or 6.
    pub band: Option<u8>,
    /// 40 MHz where possible.
    pub ht40: bool,
    /// 80 MHz where possible.
    pub vht: bool,
}

/// How to come to a group with a peer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum ConnectHow {
    /// Negotiate who becomes owner.
    #[default]
    Negotiate,
    /// Join the group that the peer owns or is in.
    Join,
    /// Join if the peer owns a group, else negotiate.
    Auto,
}

/// A connection to a peer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Connect {
    /// The peer's P2P device address (for [`ConnectHow::Join`] also its interface address).
    pub peer: MacAddr,
    /// The method.
    pub method: WpsMethod,
    /// The way.
    pub how: ConnectHow,
    /// Group owner intent, 0 to 15; `None` is [`Config::go_intent`].
    pub intent: Option<u8>,
    /// Do nothing until the peer asks: with [`ConnectHow::Negotiate`] by a GO Negotiation Request, with [`ConnectHow::Join`] by an
    /// invitation into a running group, which is then joined by this method.
    pub authorize_only: bool,
    /// Make the group persistent.
    pub persistent: bool,
    /// Use this stored group if we become its owner.
    pub record: Option<RecordId>,
    /// The channel.
    pub channel: ChannelWish,
    /// Send a Provision Discovery Request before the negotiation.
    pub provision_first: bool,
    /// The SSID of the group to join, where it is known.
    pub ssid: Option<Vec<u8>>,
}

/// A group to own without negotiation.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AddGroup {
    /// Store it when it has started.
    pub persistent: bool,
    /// Bring this stored group back, as owner or as client.
    pub record: Option<RecordId>,
    /// The channel.
    pub channel: ChannelWish,
}

/// An invitation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Invite {
    /// Bring a stored group back with a peer.
    Persistent {
        /// The stored group.
        record: RecordId,
        /// The peer; `None` when we are its client: its owner.
        peer: Option<MacAddr>,
        /// The channel.
        channel: ChannelWish,
    },
    /// Into a group that runs.
    Active {
        /// The group.
        group: GroupId,
        /// The peer.
        peer: MacAddr,
        /// The owner's device address, where we are a client that does not know it.
        owner: Option<MacAddr>,
    },
}

/// A scan that the user wants, beside the searches of P2P.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct UserScan {
    /// Channels, MHz; none means all.
    pub frequencies: Vec<u32>,
    /// Send no probe requests.
    pub passive: bool,
    /// Forget what was seen before.
    pub flush: bool,
}

/// A management frame that the user wants sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UserFrame {
    /// From this group's interface; `None`: from discovery's.
    pub group: Option<GroupId>,
    /// The channel, MHz; `None` is the group's own.
    pub frequency: Option<u32>,
    /// Receiver address.
    pub destination: MacAddr,
    /// BSSID.
    pub bssid: MacAddr,
    /// The body of the action frame, from its category on.
    pub body: Vec<u8>,
    /// How long to stay on the channel for an answer.
    pub wait: Duration,
}

/// What a user can ask of a device.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Request {
    /// Search for peers, and be found.
    Find(Find),
    /// Stop searching and listening.
    StopFind,
    /// Be found only; `None` is for an hour.
    Listen(Option<Duration>),
    /// Be found for `period` in each `interval`, both ms; `None` ends it.
    ExtendedListen(Option<(u16, u16)>),
    /// Connect to a peer.
    Connect(Connect),
    /// Announce to a peer how we would connect.
    ProvisionDiscovery {
        /// The peer.
        peer: MacAddr,
        /// The method, in the peer's terms.
        method: ProvisionMethod,
        /// For joining the group that the peer owns.
        join: bool,
    },
    /// End whatever connection is being made.
    Cancel,
    /// Refuse a peer: its next GO Negotiation Request is answered with status 11.
    Reject(MacAddr),
    /// Take back a [`Connect::authorize_only`].
    Unauthorize(MacAddr),
    /// Own a group, or bring a stored one back.
    AddGroup(AddGroup),
    /// Leave or end a group.
    RemoveGroup(GroupId),
    /// Leave and end all groups.
    RemoveAllGroups,
    /// Invite a peer.
    Invite(Invite),
    /// Forget peers, stop searching.
    Flush,
    /// Remove a client from our groups and from the stored ones, by device or interface address.
    RemoveClient {
        /// Its address.
        address: MacAddr,
        /// Whether that is its interface address.
        by_interface: bool,
    },
    /// As owner: let a station in by push button, for two minutes.
    GroupPushButton {
        /// The group.
        group: GroupId,
        /// Only this P2P device.
        only: Option<MacAddr>,
    },
    /// As owner: let a station in by PIN.
    GroupPin {
        /// The group.
        group: GroupId,
        /// Any station, or only the one with this address.
        only: Option<MacAddr>,
        /// The PIN that it shows.
        pin: Secret,
        /// For how long; `None` until it is used.
        timeout: Option<Duration>,
    },
    /// Ask the radio about the group's stations, as client about the owner: [`GroupEvent::StationsQueried`] follows, and
    /// [`GroupInfo`] has what it said.
    QueryStations(GroupId),
    /// As owner: let nobody in any more.
    GroupCancelWps(GroupId),
    /// As owner: send a station away.
    Deauthenticate {
        /// The group.
        group: GroupId,
        /// The station.
        station: MacAddr,
        /// Reason code.
        reason: u16,
    },
    /// As owner: move the group to another channel, announced to its stations (CSA). [`GroupEvent::ChannelSwitchStarted`] and
    /// [`GroupEvent::ChannelSwitched`] follow; a radio that refuses leaves the group where it is.
    SwitchChannel {
        /// The group.
        group: GroupId,
        /// The new channel; a group may be owned on it ([`Error::ChannelUnavailable`] else).
        channel: radio::Channel,
        /// Beacons that announce it before the switch.
        count: u8,
        /// Stations are to be silent until then.
        block_transmission: bool,
    },
    /// As client: tell the owner when we want to be able to reach it (Wi-Fi P2P v1.7 §3.3.3).
    /// [`GroupEvent::PresenceResponse`] follows, if it answers.
    Presence {
        /// The group.
        group: GroupId,
        /// At most two: preferred, then acceptable; none asks for the owner's timing.
        periods: Vec<PresencePeriod>,
    },
    /// Change the configuration.
    Configure(alloc::boxed::Box<Config>),
    /// Scan for networks; [`Event::ScanStarted`] and [`Event::ScanResults`] follow.
    Scan(UserScan),
    /// End such a scan.
    AbortScan,
    /// Send an action frame; [`Event::FrameSent`] follows.
    SendFrame(UserFrame),
    /// Wait for answers to such frames no longer.
    EndSending,
    /// Hand every management frame to the user ([`Event::FrameReceived`]) instead of acting on it.
    ExternalFrames(bool),
    /// Act on a management frame as if it had just been received.
    InjectFrame {
        /// On this group's interface; `None`: on discovery's.
        group: Option<GroupId>,
        /// MHz.
        frequency: u32,
        /// dBm.
        signal_dbm: i8,
        /// The frame, from its header on.
        frame: Vec<u8>,
    },
    /// Let the radio save power on an interface, or not.
    PowerSave {
        /// This group's interface; `None`: the base interface.
        group: Option<GroupId>,
        /// Whether it may.
        on: bool,
    },
}

/// When a client wants its owner to be present: for `duration_us` in every `interval_us`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PresencePeriod {
    /// Microseconds of presence.
    pub duration_us: u32,
    /// Microseconds from one to the next.
    pub interval_us: u32,
}

/// What a request is answered at once. That it is accepted does not mean that it will succeed: [`Event`]s tell.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reply {
    /// Accepted.
    Ok,
}

/// Why a request was refused at once.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Error {
    /// The device is switched off or its interface is down.
    #[error("P2P is not available: {0}")]
    Unavailable(&'static str),
    /// A find, listen or connection was asked for while something that excludes it is under way.
    #[error("busy: {0}")]
    Busy(&'static str),
    /// The peer is not in the table, or not known well enough.
    #[error("peer {0} is not known")]
    UnknownPeer(MacAddr),
    /// No such group.
    #[error("no such group")]
    UnknownGroup,
    /// No such stored group, or it does not fit.
    #[error("no such stored group")]
    UnknownRecord,
    /// The wanted channel may not be used for a group.
    #[error("channel is not available: {0} MHz")]
    ChannelUnavailable(u32),
    /// The wanted channel (MHz; 0 for any) is another than that which the radio is bound to.
    #[error("{wanted} MHz is not possible: {beside}")]
    Beside {
        /// What was wanted, MHz.
        wanted: u32,
        /// What stands in the way.
        beside: Beside,
    },
    /// The radio does not know this channel.
    #[error("channel is not supported: {0} MHz")]
    ChannelUnsupported(u32),
    /// A value is out of range.
    #[error("invalid: {0}")]
    Invalid(&'static str),
    /// Nothing is under way that could be ended.
    #[error("nothing to cancel")]
    NothingToCancel,
    /// Session overlap: more than one enrollee has its button pressed.
    #[error("push-button session overlap")]
    Overlap,
}

/// A running group as it is shown to the user.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GroupInfo {
    /// Its name here.
    pub id: GroupId,
    /// The name of its network interface.
    pub interface: String,
    /// That interface's address.
    pub address: MacAddr,
    /// Our part.
    pub role: Role,
    /// Its SSID.
    pub ssid: Vec<u8>,
    /// Its channel, MHz.
    pub frequency: u32,
    /// The owner's interface address (our own when we own it).
    pub bssid: MacAddr,
    /// The owner's device address.
    pub owner: MacAddr,
    /// The passphrase, where it is known.
    pub passphrase: Option<Secret>,
    /// The pre-shared key, 32 octets, where it is known.
    pub psk: Option<Secret>,
    /// Whether it is kept as a stored group.
    pub persistent: bool,
    /// The stored group it comes from or was stored as.
    pub record: Option<RecordId>,
    /// Whether it has been reported as started.
    pub started: bool,
    /// Its stations, when we own it.
    pub stations: Vec<StationView>,
    /// Addresses given by the handshake, when we are its client.
    pub ip: Option<IpAssignment>,
    /// What the radio last said of the owner, when we are its client ([`Request::QueryStations`]).
    pub link: Option<alloc::boxed::Box<radio::StationInfo>>,
}

/// IPv4 addresses handed out in the 4-way handshake (Wi-Fi P2P v1.7 §4.2.8).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct IpAssignment {
    /// The client's address.
    pub client: [u8; 4],
    /// The mask.
    pub mask: [u8; 4],
    /// The owner's address.
    pub owner: [u8; 4],
}

/// IPv4 addresses that an owner hands out in the 4-way handshake (Wi-Fi P2P v1.7 §4.2.8).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct IpPool {
    /// The owner's own address.
    pub owner: [u8; 4],
    /// The mask.
    pub mask: [u8; 4],
    /// The first that is handed out.
    pub first: [u8; 4],
    /// The last.
    pub last: [u8; 4],
}

/// A station of a group that we own.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct StationView {
    /// Its interface address.
    pub address: MacAddr,
    /// Its P2P device address, if it is a P2P client.
    pub device: Option<MacAddr>,
    /// Whether it may pass data.
    pub authorized: bool,
    /// Association id, 1 to 2007; 0 while it is being given back.
    pub aid: u16,
    /// It is in the 4-way handshake, or has it behind it: it has come with the group's key, not for WSC.
    pub keyed: bool,
    /// What it said of its rates when it associated, as far as we have the same.
    pub rates: Option<radio::StationRates>,
    /// It does WMM.
    pub wmm: bool,
    /// What it said of itself as a P2P client.
    pub client: Option<ieee80211_ies::p2p::ClientInfoBuf>,
    /// What it said of itself when WSC gave it the credential.
    pub enrollee: Option<wsc::Device>,
    /// What the radio last said of it ([`Request::QueryStations`]).
    pub radio: Option<radio::StationInfo>,
}

/// What the daemon stores of a persistent group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GroupRecord {
    /// Its id, once it has one.
    pub id: Option<RecordId>,
    /// Our part in it.
    pub role: Role,
    /// Its SSID.
    pub ssid: Vec<u8>,
    /// The owner's device address.
    pub owner: MacAddr,
    /// The passphrase, where it is known.
    pub passphrase: Option<Secret>,
    /// The pre-shared key, 32 octets, where it is known.
    pub psk: Option<Secret>,
    /// Device addresses of its clients, when we own it, most recent first; at most [`MAX_CLIENTS`].
    pub clients: Vec<MacAddr>,
    /// Keys of single stations, when we own it ([`Config::per_station_psk`]); at most [`MAX_CLIENTS`].
    pub station_psks: Vec<StationPsk>,
}

impl GroupRecord {
    /// Takes a client out: its key, and (unless `address` is that of its interface only) its place among the clients; whether
    /// something was there to take.
    pub fn forget_client(&mut self, address: MacAddr, by_interface: bool) -> bool {
        let before = (self.clients.len(), self.station_psks.len());
        if !by_interface {
            self.clients.retain(|client| *client != address);
        }
        self.station_psks.retain(|key| key.address != address);
        before != (self.clients.len(), self.station_psks.len())
    }
}

/// Clients that a stored group remembers (wpa_supplicant's bound of `p2p_client_list`).
pub const MAX_CLIENTS: usize = 100;

/// The key that one station of a group of ours was given.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StationPsk {
    /// The station: its P2P device address, or its interface address.
    pub address: MacAddr,
    /// Whether that is its device address.
    pub by_device: bool,
    /// The key, 32 octets.
    pub psk: Secret,
}

/// How a peer was found and what it said, as it is shown to the user.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PeerView {
    /// What the protocol knows of it.
    pub peer: p2p_core::Peer,
    /// Time since it was last heard.
    pub age: Duration,
}

/// In which phase a connection stood when it failed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Phase {
    /// Looking for the peer or its group.
    Search,
    /// Provision discovery.
    ProvisionDiscovery,
    /// GO negotiation.
    Negotiation,
    /// Invitation.
    Invitation,
    /// Making the interface, starting the access point.
    Interface,
    /// Authentication and association.
    Association,
    /// WSC.
    Wsc,
    /// The 4-way handshake.
    Handshake,
    /// The group ran.
    Running,
}

/// Why a connection or a group ended, for people (Rule 7 of the design).
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Cause {
    /// We, or our user, ended it.
    #[error("ended by request")]
    Requested,
    /// Nothing came from the peer in time.
    #[error("timed out waiting for {0}")]
    Timeout(&'static str),
    /// The peer refused with a P2P status code (Wi-Fi P2P v1.7 Table 9).
    #[error("the peer answered status {0}")]
    Status(u8),
    /// The access point refused with an 802.11 status code.
    #[error("the owner refused {0} with status {1}")]
    Refused(&'static str, u16),
    /// WSC failed.
    #[error("WSC failed at message {message}, configuration error {config_error}")]
    Wsc {
        /// Message number as wpa_supplicant counts them.
        message: u8,
        /// WSC configuration error.
        config_error: u16,
    },
    /// The peer broke the protocol.
    #[error("the peer broke the protocol: {0}")]
    Protocol(&'static str),
    /// No channel is allowed on both sides.
    #[error("no common channel")]
    NoCommonChannel,
    /// The handshake failed: wrong key.
    #[error("wrong pre-shared key")]
    WrongKey,
    /// The owner ended the group.
    #[error("the owner ended the group")]
    OwnerEnded,
    /// The peer sent us away.
    #[error("disconnected by the peer, reason {0}")]
    Disconnected(u16),
    /// Nobody was in the group for too long.
    #[error("idle")]
    Idle,
    /// More than one device has its button pressed.
    #[error("push-button session overlap")]
    Overlap,
    /// The radio refused.
    #[error("the radio refused {what}: {refused}")]
    Radio {
        /// What was asked of it.
        what: &'static str,
        /// What it said.
        refused: Refused,
    },
    /// The interface or the radio went away or down.
    #[error("the interface is gone or down")]
    InterfaceLost,
    /// The channel may not be used any more.
    #[error("channel conflict")]
    ChannelConflict,
    /// Somebody else's connection on this radio needs another channel.
    #[error("{0}")]
    Beside(Beside),
}

/// Somebody else on the radio, who leaves no other channel to a group.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Beside {
    /// All channels that the radio can be on at once are in use.
    #[error(
        "{interface} is on {frequency} MHz for another program, and the radio is on {channels} channel(s) at a time"
    )]
    Channel {
        /// The interface that is on it.
        interface: String,
        /// Its channel, MHz.
        frequency: u32,
        /// On how many channels the radio can be.
        channels: u32,
    },
    /// The group would take an interface that another program uses.
    #[error("{0} is connected by another program, and the group would have to take it")]
    Interface(String),
}

/// What a device tells its user. The daemon makes wpa_supplicant's event lines of them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// A scan of ours began, of a search for peers or groups.
    ScanStarted,
    /// A scan ended that was not for a search (of peers, or of a group to join): the user's, or somebody else's.
    ScanResults,
    /// A scan of whatever kind has ended: the networks seen are as they are now.
    NetworksSeen,
    /// A scan could not be started: errno.
    ScanFailed(i32),
    /// What the peer protocol reports: found and lost devices, requests, results.
    P2p(p2p_core::Event),
    /// The connection could not be made; emitted once for each failed [`Request::Connect`] and similar, beside the protocol's own event.
    ConnectFailed {
        /// With whom.
        peer: MacAddr,
        /// In which phase.
        phase: Phase,
        /// Why.
        cause: Cause,
    },
    /// The peer owns no group: it is negotiated with instead ([`ConnectHow::Auto`]).
    FallbackToNegotiation {
        /// wpa_supplicant's word for the reason, such as `GO-not-found`.
        reason: &'static str,
    },
    /// WSC has succeeded and the group is about to start (not for autonomous or re-invoked groups).
    FormationSuccess,
    /// The group could not be formed after negotiation.
    FormationFailure {
        /// In which phase.
        phase: Phase,
        /// Why.
        cause: Cause,
    },
    /// A group interface was made for a group; its control socket can be opened.
    InterfaceAdded {
        /// The group.
        group: GroupId,
        /// The interface's name.
        interface: String,
        /// Whether it was made for the group (else the base interface itself carries it).
        created: bool,
    },
    /// A group's own interface was removed.
    InterfaceRemoved {
        /// The group.
        group: GroupId,
        /// The interface's name.
        interface: String,
        /// Whether it had been made for the group.
        created: bool,
    },
    /// A group runs: as owner it beacons; as client the keys are installed.
    GroupStarted(GroupInfo),
    /// A group has ended.
    GroupRemoved {
        /// The group.
        group: GroupId,
        /// Its interface's name.
        interface: String,
        /// Our part in it.
        role: Role,
        /// Why.
        cause: Cause,
        /// Whether it had started; else it ended while it was being formed.
        formed: bool,
    },
    /// An event of one group's interface.
    Group {
        /// The group.
        group: GroupId,
        /// What happened.
        event: GroupEvent,
    },
    /// A persistent group is to be stored (or its entry updated).
    Save(GroupRecord),
    /// A stored group is not to be kept: its owner has forgotten us.
    Forget(RecordId),
    /// The regulatory domain changed.
    Regulatory {
        /// Two letters, or `00`.
        country: String,
        /// Who asked: `CORE`, `USER`, `DRIVER`, `COUNTRY_IE`.
        initiator: &'static str,
        /// `WORLD`, `COUNTRY`, `CUSTOM_WORLD`, `INTERSECTION`.
        kind: &'static str,
    },
    /// What became of a frame that the user had sent ([`Request::SendFrame`]).
    FrameSent {
        /// From which group's interface.
        group: Option<GroupId>,
        /// The channel, MHz.
        frequency: u32,
        /// Receiver address.
        destination: MacAddr,
        /// Our address.
        source: MacAddr,
        /// BSSID.
        bssid: MacAddr,
        /// Its fate; `None` when the radio did not send it.
        status: Option<radio::SendStatus>,
    },
    /// A management frame was received while the user wants them all ([`Request::ExternalFrames`]).
    FrameReceived {
        /// On which group's interface.
        group: Option<GroupId>,
        /// MHz.
        frequency: u32,
        /// dBm.
        signal_dbm: i8,
        /// The frame, from its header on.
        frame: Vec<u8>,
    },
    /// The base interface was raised or lowered.
    BaseInterface {
        /// Whether it is up.
        up: bool,
    },
    /// The radio is gone; nothing works any more.
    RadioGone,
}

/// What happens on one group's interface.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum GroupEvent {
    /// The owner's access point runs.
    ApEnabled,
    /// The owner's access point has stopped.
    ApDisabled,
    /// Client: connected, keys installed; owner: started (with its own address).
    Connected {
        /// The owner's interface address.
        bssid: MacAddr,
    },
    /// Client: the connection ended.
    Disconnected {
        /// The owner's interface address.
        bssid: MacAddr,
        /// Reason code.
        reason: u16,
        /// Whether our side ended it.
        local: bool,
    },
    /// Owner: a station passes data now.
    StationConnected {
        /// Its interface address.
        address: MacAddr,
        /// Its P2P device address.
        device: Option<MacAddr>,
        /// The address it was given.
        ip: Option<[u8; 4]>,
    },
    /// Owner: a station has left.
    StationDisconnected {
        /// Its interface address.
        address: MacAddr,
        /// Its P2P device address.
        device: Option<MacAddr>,
    },
    /// Owner: the 4-way handshake with a station is complete.
    HandshakeCompleted(MacAddr),
    /// EAP has begun (owner: with this station).
    EapStarted(Option<MacAddr>),
    /// An EAP method was proposed: by us, as owner, to this station; else by the owner, and accepted.
    EapMethodProposed {
        /// The station, as owner.
        station: Option<MacAddr>,
        /// Which.
        method: EapMethod,
    },
    /// EAP ended without success, as WSC always does (owner: with this station).
    EapFailure(Option<MacAddr>),
    /// Client: trying to authenticate; not where the driver does that by itself.
    TryingToAuthenticate {
        /// The owner's interface address.
        bssid: MacAddr,
        /// SSID.
        ssid: Vec<u8>,
        /// MHz.
        frequency: u32,
    },
    /// Client: trying to associate.
    TryingToAssociate {
        /// The owner's interface address.
        bssid: MacAddr,
        /// SSID.
        ssid: Vec<u8>,
        /// MHz.
        frequency: u32,
    },
    /// Client: associated.
    Associated {
        /// The owner's interface address.
        bssid: MacAddr,
    },
    /// Client: the 4-way handshake is complete; [`GroupEvent::Connected`] follows once the radio has the keys.
    KeysNegotiated {
        /// The owner's interface address.
        bssid: MacAddr,
    },
    /// Client: authentication or association was refused or not answered.
    AssociationRejected {
        /// The owner's interface address.
        bssid: MacAddr,
        /// Status code; `None` when not answered.
        status: Option<u16>,
    },
    /// Client: the owner was seen with its registrar ready.
    WpsApAvailable {
        /// For push button, else for a PIN.
        push_button: bool,
    },
    /// Push button pressed (owner: registrar; client: enrollee).
    WpsPbcActive,
    /// Client: looking for an owner that takes our PIN.
    WpsPinActive,
    /// Push-button mode has ended.
    WpsPbcDisabled,
    /// Owner: somebody looks for the group and is answered.
    ProbeRequest {
        /// Who.
        source: MacAddr,
        /// dBm; 0 when unknown.
        signal_dbm: i8,
    },
    /// Owner: an enrollee shows itself in probe requests.
    WpsEnrolleeSeen(EnrolleeSeen),
    /// Owner: an enrollee asks for registration with a PIN, and there is none for it.
    WpsPinNeeded {
        /// Its UUID-E.
        uuid: [u8; 16],
        /// Its address.
        address: MacAddr,
    },
    /// Owner: this enrollee has been given the credential.
    WpsRegSuccess {
        /// The station.
        address: MacAddr,
        /// Its UUID-E.
        uuid: [u8; 16],
    },
    /// Client: a credential was received.
    WpsCredReceived,
    /// WSC has succeeded.
    WpsSuccess,
    /// WSC has failed.
    WpsFail {
        /// Message number as wpa_supplicant counts them (WPS_M1 is 4 … WPS_M8 is 12).
        message: u8,
        /// Configuration error.
        config_error: u16,
    },
    /// M2D was received: the registrar is not ready.
    WpsM2d {
        /// Device Password ID that the registrar would take; 0 when it does not say.
        device_password_id: u16,
        /// Configuration error.
        config_error: u16,
    },
    /// Walk time has run out.
    WpsTimeout,
    /// More than one device has its button pressed.
    WpsOverlap,
    /// Client: a scan for the owner began.
    ScanStarted,
    /// Client: a scan for the owner ended and has results.
    ScanResults,
    /// The group is about to move to another channel.
    ChannelSwitchStarted {
        /// The new channel.
        channel: radio::Channel,
    },
    /// Owner: the group begins anew on another channel, as the one before is forbidden now and the radio cannot announce a
    /// switch; the clients have to come back.
    Reformed,
    /// Client: the owner has answered [`Request::Presence`].
    PresenceResponse {
        /// The owner's interface address.
        source: MacAddr,
        /// P2P status code (Wi-Fi P2P v1.7 Table 9).
        status: u8,
        /// Body of its Notice of Absence attribute; empty when there is none.
        notice: Vec<u8>,
    },
    /// The channel of the group changed.
    ChannelSwitched {
        /// The new channel.
        channel: radio::Channel,
    },
    /// The 4-way handshake failed: the key is probably wrong.
    HandshakeFailed {
        /// The owner, or the station.
        peer: MacAddr,
    },
    /// The radio has answered [`Request::QueryStations`].
    StationsQueried,
    /// The stored group's key is refused by its owner.
    PersistentPskFail(RecordId),
}

/// An EAP method.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum EapMethod {
    /// Identity (RFC 3748 §5.1).
    Identity,
    /// EAP-WSC (WSC 2.0 §7.7).
    Wsc,
}

/// What an enrollee says of itself in a probe request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EnrolleeSeen {
    /// Its address.
    pub address: MacAddr,
    /// Its UUID-E.
    pub uuid: [u8; 16],
    /// Its primary device type.
    pub device_type: [u8; 8],
    /// Its configuration methods.
    pub config_methods: u16,
    /// Device password id.
    pub device_password_id: u16,
    /// WSC request type.
    pub request_type: u8,
    /// Its name, as sent.
    pub name: Vec<u8>,
}

/// What a device is and how it behaves. All can be changed while it runs ([`Request::Configure`]).
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
    /// The group runs on the base interface.
    pub no_group_interface: bool,
    /// Frequencies (MHz, from–to inclusive) on which we never own a group.
    pub no_go_frequencies: Vec<(u32, u32)>,
    /// Frequencies (MHz) that no group may use.
    pub disallowed_frequencies: Vec<(u32, u32)>,
    /// Preferred operating channels (class, channel), best first.
    pub preferred_channels: Vec<(u8, u8)>,
    /// 40 MHz as owner.
    pub go_ht40: bool,
    /// 80 MHz as owner.
    pub go_vht: bool,
    /// Seconds of silence after which a station is probed and removed.
    pub max_inactivity_s: u32,
    /// Group key lifetime, seconds (0: never changed).
    pub group_rekey_s: u32,
    /// Greatest number of stations of our groups.
    pub max_stations: u16,
    /// Discovery is on: probe requests are answered while listening.
    pub discoverability: bool,
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
            no_group_interface: false,
            no_go_frequencies: Vec::new(),
            disallowed_frequencies: Vec::new(),
            preferred_channels: Vec::new(),
            go_ht40: false,
            go_vht: false,
            max_inactivity_s: 300,
            group_rekey_s: 600,
            max_stations: 128,
            discoverability: true,
            vendor_elements: Vec::new(),
            per_station_psk: false,
            ip_pool: None,
            disable_ip_request: false,
            group_interface_prefix: String::from("p2p-wlan0-"),
        }
    }
}

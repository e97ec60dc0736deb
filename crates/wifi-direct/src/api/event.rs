//! What a user of a device is told.

#[cfg(doc)]
use super::{ConnectHow, Request};
use super::{GroupId, GroupInfo, GroupRecord, RecordId, Role, StationEvent};
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;
use ieee80211_ies::MacAddr;
use radio::{Refused, Secret};

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
    /// The same, and the one there is our own station.
    #[error(
        "{interface} is on {frequency} MHz for our own station, and the radio is on {channels} channel(s) at a time"
    )]
    Station {
        /// The interface that is on it.
        interface: String,
        /// Its channel, MHz.
        frequency: u32,
        /// On how many channels the radio can be.
        channels: u32,
    },
    /// The group would take an interface that is connected.
    #[error("{0} is connected, and the group would have to take it")]
    Interface(String),
}

/// What a device tells its user. The daemon makes wpa_supplicant's event lines of them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// A scan of ours began: the first of a search for peers or groups and, while that goes on, one a second.
    ScanStarted,
    /// A scan ended that was not for a search (of peers, or of a group to join): the user's, or somebody else's.
    ScanResults,
    /// A scan of the user's has looked at all of its channels; in front of [`Event::ScanResults`], behind [`Event::NetworksSeen`].
    Scanned {
        /// Its channels, MHz; none means all.
        frequencies: Vec<u32>,
        /// How long it took: what was not heard within this time was not there.
        took: Duration,
    },
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
    /// The peer's group is only known from earlier: its owner is asked, and negotiated with if that leads nowhere
    /// ([`ConnectHow::Auto`]).
    FallbackEnabled,
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
    /// An event of the station's own connection to an access point.
    Station(StationEvent),
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
        /// With a key, so that the 4-way handshake follows; else for WSC, or an open network.
        keyed: bool,
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
    /// Client: the owner was seen, whose registrar waits for nobody now.
    WpsApSeen,
    /// Client: the owner was seen with its registrar ready.
    WpsApAvailable {
        /// For push button, else for a PIN.
        push_button: bool,
        /// It lets us in by name, or any device.
        authorized: bool,
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
    /// Owner: this enrollee asks for registration with a PIN, and there is none for it.
    WpsPinNeeded(alloc::boxed::Box<wsc::Device>),
    /// Owner: this enrollee has been given the credential.
    WpsRegSuccess {
        /// The station.
        address: MacAddr,
        /// Its UUID-E.
        uuid: [u8; 16],
    },
    /// Client: a credential was received.
    WpsCredReceived {
        /// The Credential attribute (WSC 2.0 §12), with the key.
        attribute: Secret,
    },
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

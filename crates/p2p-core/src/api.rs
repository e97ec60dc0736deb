//! What the P2P machine is told and what it says: plain data.

use alloc::vec::Vec;
use core::time::Duration;
use ieee80211_ies::MacAddr;

/// What a device is, as it tells others.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DeviceDescription {
    /// P2P device address.
    pub address: MacAddr,
    /// Device name, at most 32 octets.
    pub name: Vec<u8>,
    /// WSC primary device type.
    pub primary_type: [u8; 8],
    /// WSC secondary device types.
    pub secondary_types: Vec<[u8; 8]>,
    /// WSC configuration methods.
    pub config_methods: u16,
    /// Manufacturer (WSC element of probe responses).
    pub manufacturer: Vec<u8>,
    /// Model name.
    pub model_name: Vec<u8>,
    /// Model number.
    pub model_number: Vec<u8>,
    /// Serial number.
    pub serial_number: Vec<u8>,
    /// WSC UUID.
    pub uuid: [u8; 16],
}

/// Channels by global operating class (Wi-Fi P2P v1.7 §4.1.13).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ChannelSet(pub Vec<(u8, Vec<u8>)>);

/// How long a find listens: a number of discoverable intervals, drawn anew each time (Wi-Fi P2P v1.7 §3.1.2.1.3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FindListen {
    /// Least number of units of 100 TU.
    pub least: u32,
    /// Greatest number of units of 100 TU, not below `least`.
    pub most: u32,
    /// No longer than this, TU.
    pub limit_tu: Option<u32>,
}

/// How the machine is set up; may change at any time ([`crate::P2p::configure`]).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// Ourselves.
    pub device: DeviceDescription,
    /// Country string of P2P attributes: two letters and 0x04, or `XX\x04`.
    pub country: [u8; 3],
    /// Listen channel: operating class, channel.
    pub listen: (u8, u8),
    /// Operating channel that the user wants for groups: class, channel; `None` leaves it to the rules.
    pub operating: Option<(u8, u8)>,
    /// Channels on which a group of ours may be owned (regulatory domain ∩ radio ∩ user's wishes).
    pub go_channels: ChannelSet,
    /// Channels on which we may be a client (a superset).
    pub client_channels: ChannelSet,
    /// A search announces itself by probe requests of its own. They pay where the radio sends a frame on another channel
    /// within a few milliseconds, and not where its firmware makes a stay of it that is as long as a search.
    pub announce: bool,
    /// How long a find listens between its searches; `None` leaves that to the machine.
    pub find_listen: Option<FindListen>,
    /// Channels to search beside the social ones, MHz.
    pub other_frequencies: Vec<u32>,
    /// Channels among `other_frequencies` and the social ones on which nothing may be sent first.
    pub passive_frequencies: Vec<u32>,
    /// Preferred operating channels, best first.
    pub preferred: Vec<(u8, u8)>,
    /// Default group owner intent, 0 to 15.
    pub intent: u8,
    /// Accept invitations into stored groups without asking.
    pub persistent_reconnect: bool,
    /// A group of ours may exist beside what the base interface does (P2P device capability: concurrent operation).
    pub concurrent: bool,
    /// Clients may talk to each other.
    pub intra_bss: bool,
    /// We answer probe requests while listening.
    pub discoverable: bool,
    /// As a client we may be woken through our owner (Wi-Fi P2P v1.7 §3.2.4).
    pub client_discoverable: bool,
    /// An infrastructure network manages our use of P2P (Wi-Fi P2P v1.7 §4.1.4: P2P Infrastructure Managed).
    pub managed: bool,
    /// Extra elements by frame kind (wpa_supplicant's numbering of VENDOR_ELEM_ADD).
    pub vendor_elements: Vec<(u8, Vec<u8>)>,
}

/// A stored persistent group, as far as invitations need it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredGroup {
    /// Its id outside.
    pub id: u32,
    /// Whether we own it.
    pub owner: bool,
    /// Device address of its owner.
    pub owner_address: MacAddr,
    /// Its SSID.
    pub ssid: Vec<u8>,
}

/// A group that we are in, as far as other devices may ask about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OwnGroup {
    /// Its id outside.
    pub id: u32,
    /// Whether we own it.
    pub owner: bool,
    /// Its SSID.
    pub ssid: Vec<u8>,
    /// The owner's device address.
    pub owner_address: MacAddr,
    /// The owner's interface address.
    pub bssid: MacAddr,
    /// Our interface address in it.
    pub interface_address: MacAddr,
    /// Its channel, MHz.
    pub frequency: u32,
    /// Whether it is persistent.
    pub persistent: bool,
    /// Its clients (device address, interface address), when we own it.
    pub clients: Vec<(MacAddr, MacAddr)>,
}

/// What provision discovery is to lead to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ProvisionFor {
    /// Negotiation with the peer.
    Negotiation,
    /// Joining the group that the peer owns.
    Group,
    /// Joining the group that the peer owned when it was last heard: not for long, as it may have ended.
    FormerGroup,
    /// Joining the group that the peer owns, if it does; negotiation otherwise. The answer says which.
    Either,
}

/// Which WPS method was agreed on, seen from us (device password ids of WSC 2.0 Table 37).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Method {
    /// Push button (id 4).
    PushButton,
    /// Our side shows the PIN (id 5, registrar-specified, when we send it).
    Display,
    /// Our user types the PIN that the peer shows (id 1, user-specified, when we send it).
    Keypad,
}

/// A search.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FindParameters {
    /// Ends by itself after this long.
    pub timeout: Option<Duration>,
    /// Never leave the social channels.
    pub social_only: bool,
    /// A channel to look at first, MHz.
    pub frequency: Option<u32>,
    /// Only this device is asked.
    pub device: Option<MacAddr>,
    /// Only devices of this primary type are asked.
    pub device_type: Option<[u8; 8]>,
}

/// A negotiation that our user has agreed to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Negotiate {
    /// The peer's device address.
    pub peer: MacAddr,
    /// The method.
    pub method: Method,
    /// Group owner intent, 0 to 15.
    pub intent: u8,
    /// Our address in the group to be (Intended P2P Interface Address).
    pub interface_address: MacAddr,
    /// SSID of the group if we come to own it.
    pub ssid: Vec<u8>,
    /// The group is to be persistent.
    pub persistent: bool,
    /// Channel demanded, MHz.
    pub forced_frequency: Option<u32>,
    /// Channel preferred, MHz.
    pub preferred_frequency: Option<u32>,
    /// Wait for the peer to ask, never ask first.
    pub authorize_only: bool,
    /// Send a Provision Discovery Request first.
    pub provision_first: bool,
    /// A station of ours or another group already uses this channel, MHz: the only one possible on a one-channel radio.
    pub shared_frequency: Option<u32>,
    /// The user wants a 40 MHz channel; handed through to [`Negotiated::ht40`].
    pub ht40: bool,
}

/// What was negotiated.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Negotiated {
    /// The peer's device address.
    pub peer: MacAddr,
    /// The peer's interface address in the group.
    pub peer_interface: MacAddr,
    /// Whether we are the owner.
    pub owner: bool,
    /// The channel, MHz.
    pub frequency: u32,
    /// The group's SSID.
    pub ssid: Vec<u8>,
    /// The method.
    pub method: Method,
    /// Both sides want it persistent.
    pub persistent: bool,
    /// How long the peer may need to be ready: its configuration timeout as owner or client.
    pub peer_timeout: Duration,
    /// The channels that both sides allow.
    pub channels: ChannelSet,
    /// Whether our user wanted a 40 MHz channel.
    pub ht40: bool,
}

/// An invitation to send.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InviteParameters {
    /// The peer's device address.
    pub peer: MacAddr,
    /// A stored group to bring back, else an active one.
    pub persistent: Option<u32>,
    /// Whether we own (or will own) the group.
    pub owner: bool,
    /// The group's SSID.
    pub ssid: Vec<u8>,
    /// Device address of its owner.
    pub owner_address: MacAddr,
    /// The owner's interface address, where known.
    pub bssid: Option<MacAddr>,
    /// Its channel, MHz: of an active group, or demanded.
    pub frequency: Option<u32>,
    /// Channel preferred for a re-invoked group, MHz.
    pub preferred_frequency: Option<u32>,
}

/// Result of an invitation, or acceptance of one: what is needed to start or join the group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Invited {
    /// Who asked us, or whom we asked.
    pub peer: MacAddr,
    /// The stored group, for a re-invocation.
    pub persistent: Option<u32>,
    /// Whether we own the group.
    pub owner: bool,
    /// SSID.
    pub ssid: Vec<u8>,
    /// Device address of its owner.
    pub owner_address: MacAddr,
    /// The owner's interface address.
    pub bssid: Option<MacAddr>,
    /// Its channel, MHz; `None` when the other side did not say.
    pub frequency: Option<u32>,
    /// Channels that both sides allow.
    pub channels: ChannelSet,
}

/// What is known of a peer.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Peer {
    /// P2P device address.
    pub address: MacAddr,
    /// Source address of the last frame that told of it.
    pub source: MacAddr,
    /// Device name, as sent (not escaped).
    pub name: Vec<u8>,
    /// WSC primary device type.
    pub primary_type: [u8; 8],
    /// WSC secondary device types.
    pub secondary_types: Vec<[u8; 8]>,
    /// WSC configuration methods.
    pub config_methods: u16,
    /// P2P device capability bits.
    pub device_capability: u8,
    /// P2P group capability bits.
    pub group_capability: u8,
    /// Manufacturer, as sent.
    pub manufacturer: Vec<u8>,
    /// Model name, as sent.
    pub model_name: Vec<u8>,
    /// Model number, as sent.
    pub model_number: Vec<u8>,
    /// Serial number, as sent.
    pub serial_number: Vec<u8>,
    /// Signal of the last frame, dBm.
    pub signal_dbm: i8,
    /// Its listen channel, MHz; 0 when unknown.
    pub listen_frequency: u32,
    /// Channel of the group that it owns or is in, MHz; 0 when none is known.
    pub operating_frequency: u32,
    /// Its interface address in the group that it owns.
    pub interface_address: MacAddr,
    /// The owner's device address of the group that it is a client of.
    pub member_in_owner_device: MacAddr,
    /// The owner's interface address of that group.
    pub member_in_owner_interface: MacAddr,
    /// SSID of its group.
    pub operating_ssid: Vec<u8>,
    /// Country string of its channel attributes.
    pub country: [u8; 3],
    /// The channels that it last named as usable, in a negotiation or an invitation.
    pub channels: ChannelSet,
    /// Its intended interface address from a negotiation.
    pub intended_address: MacAddr,
    /// Method it was set up with (by the user or provision discovery).
    pub method: Option<Method>,
    /// Extended listen timing: period and interval, ms.
    pub extended_listen: Option<(u16, u16)>,
    /// Provision discovery: configuration methods that we asked for.
    pub requested_config_methods: u16,
    /// Negotiation requests sent.
    pub negotiation_requests_sent: u32,
    /// Invitation requests sent.
    pub invitation_requests: u32,
    /// Dialog token of the last exchange.
    pub dialog_token: u8,
    /// Who is owner by the negotiation under way.
    pub go_state: GoState,
    /// Status of the last exchange.
    pub status: u8,
    /// WFD sub-elements, joined.
    pub wfd: Vec<u8>,
    /// Other vendor elements of its probe response.
    pub vendor_elements: Vec<u8>,
    /// Flags, as P2P_PEER prints them.
    pub flags: PeerFlags,
}

/// Who owns the group by what has been negotiated so far.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum GoState {
    /// Not known yet.
    #[default]
    Unknown,
    /// We.
    Local,
    /// The peer.
    Remote,
}

/// Flags of a peer (section 1.2 of the control protocol: P2P_PEER `flags=`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[allow(missing_docs)]
pub struct PeerFlags {
    pub probe_request_only: bool,
    pub reported: bool,
    pub not_yet_ready: bool,
    pub pd_peer_display: bool,
    pub pd_peer_keypad: bool,
    pub user_rejected: bool,
    pub peer_waiting_response: bool,
    pub prefer_persistent_group: bool,
    pub wait_go_neg_response: bool,
    pub wait_go_neg_confirm: bool,
    pub group_client_only: bool,
    pub force_freq: bool,
    pub pd_for_join: bool,
    pub last_seen_as_group_client: bool,
}

/// What the machine reports to the user.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// A peer was found, or found again in a new search.
    DeviceFound {
        /// What is known of it.
        peer: alloc::boxed::Box<Peer>,
        /// Whether it had not been reported before.
        new: bool,
    },
    /// A reported peer was not heard for too long, or forgotten.
    DeviceLost {
        /// Its device address.
        address: MacAddr,
    },
    /// The search has ended.
    FindStopped,
    /// A peer wants to negotiate and our user has not agreed yet.
    GoNegotiationRequest {
        /// Its device address.
        peer: MacAddr,
        /// WSC device password id that it wants to use.
        device_password_id: u16,
        /// Its intent, 0 to 15.
        intent: u8,
    },
    /// Negotiation has succeeded.
    NegotiationSucceeded(Negotiated),
    /// Negotiation has failed.
    NegotiationFailed {
        /// The peer.
        peer: MacAddr,
        /// P2P status code; `None` for a time-out or a local reason.
        status: Option<u8>,
        /// For people: what was waited for or what was wrong.
        reason: &'static str,
    },
    /// A peer has announced how it wants to connect.
    ProvisionRequested {
        /// What is known of it.
        peer: alloc::boxed::Box<Peer>,
        /// What it asks of us: to show a PIN, to have one typed, or the button.
        method: Method,
        /// Our group that it wants to join ([`OwnGroup::id`]).
        group: Option<u32>,
    },
    /// A peer has answered our Provision Discovery Request.
    ProvisionAnswered {
        /// The peer.
        peer: MacAddr,
        /// The method agreed on, seen from us.
        method: Method,
        /// Whether the peer owns a group, where that was left open ([`ProvisionFor::Either`]).
        peer_is_owner: Option<bool>,
    },
    /// Provision discovery has failed.
    ProvisionFailed {
        /// The peer.
        peer: MacAddr,
        /// 1 time-out, 2 rejected, 3 join time-out, 4 information unavailable.
        status: u8,
    },
    /// An invitation has come that our user has not agreed to.
    InvitationReceived {
        /// Who sent it.
        source: MacAddr,
        /// The group.
        invited: Invited,
    },
    /// An invitation has been accepted: start or join the group.
    InvitationAccepted {
        /// Who sent it.
        source: MacAddr,
        /// The group.
        invited: Invited,
    },
    /// An invitation of ours was answered, or not.
    InvitationResult {
        /// P2P status code; `None` when nobody answered.
        status: Option<u8>,
        /// The group, to start or join when the status is 0.
        invited: Invited,
    },
}

/// What the machine wants of the radio. One of `Search` and `Listen` is in force at a time; a new one replaces the
/// old one, and either is set aside while a `Send` has the radio.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Want {
    /// Scan these channels, probing for `DIRECT-` with these elements; ended by [`crate::P2p::search_done`].
    Search {
        /// MHz.
        frequencies: Vec<u32>,
        /// Elements of the probe requests (supported rates are the radio's own; P2P, WSC, vendor).
        elements: Vec<u8>,
        /// When it may be ended although the radio would stay longer: by then whoever is there has answered.
        enough: Option<Duration>,
    },
    /// Stay on a channel and answer; ended by [`crate::P2p::listen_ended`].
    Listen {
        /// MHz.
        frequency: u32,
        /// For this long; the airtime repeats it where the radio allows less at a time.
        duration: Duration,
    },
    /// Neither search nor listen any more.
    Rest,
    /// Send a frame; ended by [`crate::P2p::sent`].
    Send {
        /// Names it.
        token: SendToken,
        /// MHz.
        frequency: u32,
        /// The whole frame.
        frame: Vec<u8>,
        /// How long to stay on the channel for the answer; zero for an answer of ours that nothing follows.
        wait: Duration,
        /// Whether it answers a frame just received: it goes at once, before anything else.
        urgent: bool,
    },
    /// The answer has come: the radio need not wait any longer for this one.
    StopWaiting(SendToken),
    /// Whether probe requests are to be delivered.
    ReportProbeRequests(bool),
}

/// Names a frame sent by the machine.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SendToken(pub u32);

/// What [`crate::P2p::poll_output`] yields.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Output {
    /// For the airtime.
    Want(Want),
    /// For the user.
    Event(Event),
    /// Somebody wants to reach a client of a group of ours that may be asleep: the group's owner is to tell it to stay awake, and
    /// [`crate::P2p::client_woken`] how that went (Wi-Fi P2P v1.7 §3.2.6).
    WakeClient {
        /// The group ([`OwnGroup::id`]).
        group: u32,
        /// The client's device address.
        device: MacAddr,
    },
}

/// How and where a frame was received.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reception {
    /// MHz.
    pub frequency: u32,
    /// dBm; 0 when unknown.
    pub signal_dbm: i8,
}

/// Why a request was refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refusal {
    /// The peer is not in the table, or only by its probe requests.
    #[error("peer is not known")]
    UnknownPeer,
    /// Something that excludes it is under way.
    #[error("busy")]
    Busy,
    /// No channel to do it on.
    #[error("no usable channel")]
    NoChannel,
    /// Nothing is under way that could be ended.
    #[error("nothing to cancel")]
    Nothing,
    /// A value is out of range.
    #[error("invalid: {0}")]
    Invalid(&'static str),
}

/// What the device is doing, in wpa_supplicant's words (global STATUS `p2p_state=`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum State {
    Idle,
    Search,
    ListenOnly,
    Connect,
    ConnectListen,
    GoNeg,
    WaitPeerConnect,
    WaitPeerIdle,
    Provisioning,
    PdDuringFind,
    Invite,
    InviteListen,
}

/// Counters of frames that were not acted on, by cause; for logs and people.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[allow(missing_docs)]
pub struct Dropped {
    pub malformed: u64,
    pub not_for_us: u64,
    pub unexpected: u64,
    pub group_source: u64,
    pub table_full: u64,
}

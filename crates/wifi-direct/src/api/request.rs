//! What a user of a device can ask, and how it is answered.

use super::{Beside, Config, GroupId, RecordId, StationRequest};
#[cfg(doc)]
use super::{Event, GroupEvent, GroupInfo};
use alloc::vec::Vec;
use core::time::Duration;
use ieee80211_ies::MacAddr;
pub use p2p_core::ProvisionFor;
use radio::Secret;

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
    /// This channel (MHz) if the peer can use it, for an invitation into a stored group.
    pub preferred: Option<u32>,
    /// Only this band: 2 (2.4 GHz), 5 or 6.
    pub band: Option<u8>,
    /// 40 MHz where possible.
    pub ht40: bool,
    /// 80 MHz where possible.
    pub vht: bool,
    /// No wider than this, MHz.
    pub widest: Option<u32>,
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
    /// As client of a stored group: only by this interface address of its owner.
    pub bssid: Option<MacAddr>,
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
    /// Whether to send no probe requests; `None` as [`Config::passive_scan`](super::Config::passive_scan) has it.
    pub passive: Option<bool>,
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
        /// What it is to lead to.
        purpose: ProvisionFor,
    },
    /// End whatever connection is being made.
    Cancel,
    /// Refuse a peer: its next GO Negotiation Request is answered with status 11.
    Reject(MacAddr),
    /// Take back a [`Connect::authorize_only`].
    Unauthorize(MacAddr),
    /// Own a group, or bring a stored one back.
    AddGroup(AddGroup),
    /// As a client, leave the owner and keep the group for a while: [`Request::ComeBack`] associates anew, else it ends as idle.
    Pause(GroupId),
    /// As a client, associate with the owner anew.
    ComeBack(GroupId),
    /// Leave or end a group.
    RemoveGroup(GroupId),
    /// As owner: take the access point off the air. Its stations are sent away ([`GroupEvent::ApDisabled`]); the group stays,
    /// without one, until it is removed.
    StopAccessPoint(GroupId),
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
    /// Hand every management frame of an interface to the user ([`Event::FrameReceived`]) instead of acting on it, or no longer.
    ExternalFrames {
        /// The interface made for this group; `None`, or a group without one: the base interface and discovery's.
        group: Option<GroupId>,
        /// Whether they are handed over.
        on: bool,
    },
    /// Act on a management frame as if it had just been received on an interface whose frames are the user's
    /// ([`Request::ExternalFrames`]).
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
    /// Act as if the base interface had gone down, or had come up again: until then P2P and scans are refused.
    PretendInterface {
        /// Whether it is up.
        up: bool,
    },
    /// Concerns the station's own connection to an access point.
    Station(StationRequest),
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
    /// Accepted, and the interface of this group to be is being made: [`Event::InterfaceAdded`] follows, or, without it,
    /// [`Event::InterfaceRemoved`] where the radio has none to give.
    Interface(GroupId),
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

//! The station: our own connection to an ordinary access point, beside P2P on the same radio.

use super::{GroupEvent, WpsMethod};
use alloc::boxed::Box;
use alloc::vec::Vec;
use ieee80211_ies::MacAddr;
use radio::Secret;

/// Names a network of the station's. Allotted by whoever keeps them (the daemon: its network id).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NetworkId(pub u32);

/// How a network protects its data.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Protection {
    /// Not at all.
    Open,
    /// WPA2-PSK with CCMP, by a passphrase of 8 to 63 characters.
    Passphrase(Secret),
    /// WPA2-PSK with CCMP, by a key of 32 octets.
    Psk(Secret),
}

/// A network that the station may connect to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Network {
    /// Its name here.
    pub id: NetworkId,
    /// Its SSID, 1 to 32 octets.
    pub ssid: Vec<u8>,
    /// Only this access point.
    pub bssid: Option<MacAddr>,
    /// How it protects its data.
    pub protection: Protection,
    /// Greater goes first; among equals the better signal.
    pub priority: i32,
    /// Its SSID is asked for in scans: it does not show it by itself.
    pub hidden: bool,
    /// Whether it is to be used at all.
    pub enabled: bool,
    /// Only on these channels (MHz); none means all.
    pub frequencies: Vec<u32>,
}

/// Most networks that a station takes.
pub const MAX_NETWORKS: usize = 1000;

/// What a user can ask of the station.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StationRequest {
    /// These are the networks now. A connection to one that is gone or disabled ends.
    Networks(Vec<Network>),
    /// Connect, to whichever enabled network is best. A connection that stands stays, unless it is to another network than
    /// `network`; whatever was temporarily disabled is tried again at once.
    Connect {
        /// Only a connection to this network may stay.
        network: Option<NetworkId>,
        /// Look on these channels (MHz) only, until the next such request; none means all.
        frequencies: Vec<u32>,
    },
    /// Connect anew, also where a connection stands.
    Reassociate,
    /// End the connection, and make none until asked to.
    Disconnect,
    /// Be given a network by an access point's registrar (WSC 2.0 §7). A connection that stands ends first; within 120 s
    /// [`StationEvent::Credential`] follows, or [`GroupEvent::WpsTimeout`], [`GroupEvent::WpsOverlap`] or [`GroupEvent::WpsFail`].
    /// Any request to connect or disconnect ends it too.
    Wps {
        /// The push button, or the PIN that is shown here.
        method: WpsMethod,
        /// Only this access point; one that is named is asked by PIN although its registrar does not show that it waits.
        bssid: Option<MacAddr>,
    },
    /// End that, where it goes on.
    CancelWps,
    /// Ask the radio how the access point is heard: [`StationEvent::Queried`] follows, and [`StationStatus::link`] has it.
    Query,
}

/// How far the station's connection has come.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum StationState {
    /// There is no enabled network.
    #[default]
    Inactive,
    /// Not connected, and not looking for a network just now.
    Disconnected,
    /// Looking for a network.
    Scanning,
    /// Authenticating.
    Authenticating,
    /// Associating.
    Associating,
    /// Associated.
    Associated,
    /// The 4-way handshake runs.
    Handshake,
    /// Connected: data passes.
    Completed,
}

/// The station as it is shown to the user.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct StationStatus {
    /// How far it has come.
    pub state: StationState,
    /// The network that it is, or is being, connected to.
    pub network: Option<NetworkId>,
    /// That network's SSID.
    pub ssid: Vec<u8>,
    /// Its access point.
    pub bssid: MacAddr,
    /// Its channel, MHz; 0 when there is none.
    pub frequency: u32,
    /// Whether its data is protected.
    pub protected: bool,
    /// What the radio last said of the access point ([`StationRequest::Query`]).
    pub link: Option<Box<radio::StationInfo>>,
    /// Networks that are not tried for a while.
    pub disabled: Vec<NetworkId>,
}

/// Why a network is not tried for a while.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FailedBy {
    /// The handshake failed: the key is probably wrong.
    WrongKey,
    /// It could not be connected to, several times.
    Connection,
}

/// What the station tells.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StationEvent {
    /// What happens on its interface while it connects, as on that of a group's client.
    Link(GroupEvent),
    /// Connected: data passes.
    Connected {
        /// To this access point.
        bssid: MacAddr,
        /// Of this network.
        network: Option<NetworkId>,
    },
    /// A scan has found none of the networks.
    NotFound,
    /// A group of ours keeps the radio on another channel, as the user wants it ([`Config::groups_before_station`]): this
    /// network is to be disabled.
    ///
    /// [`Config::groups_before_station`]: super::Config::groups_before_station
    NoRoom {
        /// The network.
        network: NetworkId,
    },
    /// A network is not tried for a while.
    TemporarilyDisabled {
        /// The network.
        network: NetworkId,
        /// Its SSID.
        ssid: Vec<u8>,
        /// How often that has happened since it was last connected to.
        failures: u32,
        /// For how long, s.
        seconds: u64,
        /// Why.
        reason: FailedBy,
    },
    /// A network is tried again.
    Reenabled {
        /// The network.
        network: NetworkId,
        /// Its SSID.
        ssid: Vec<u8>,
    },
    /// A registrar has given us a network ([`StationRequest::Wps`]). It is to be kept, and handed back among
    /// [`StationRequest::Networks`]: the station does not connect to it before.
    Credential {
        /// Its SSID.
        ssid: Vec<u8>,
        /// Its key.
        protection: Protection,
    },
    /// The radio has answered [`StationRequest::Query`].
    Queried,
}

//! What a radio answers and reports.

use crate::{Channel, ChannelInfo, CommandId, InterfaceId, InterfaceKind};
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;
use ieee80211_ies::{Elements, MacAddr, id};

/// A kernel tells the age of a scan result in ticks, of at most 10 ms (100 Hz).
const AGE_SLACK: Duration = Duration::from_millis(20);

/// What a carried-out command brings back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reply {
    /// Nothing but that it was carried out (or begun, see [`crate::Command`]).
    Ok,
    /// The interface that was made.
    Interface {
        /// Its name.
        name: String,
        /// Its address.
        address: MacAddr,
    },
    /// What is known of a station.
    Station(StationInfo),
}

/// A command that was not carried out.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{text} (errno {errno})")]
pub struct Refused {
    /// The kernel's error number, positive.
    pub errno: i32,
    /// Its name and, where the kernel gave one, its explanation.
    pub text: String,
}

/// What became of a transmission.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum SendStatus {
    /// Acknowledged by the receiver.
    Acked,
    /// Sent, perhaps many times, and not acknowledged.
    NotAcked,
    /// The radio cannot tell.
    Unknown,
}

/// What a radio knows of a station.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct StationInfo {
    /// Milliseconds since it was last heard.
    pub inactive_ms: Option<u32>,
    /// Signal of its last frame, dBm.
    pub signal_dbm: Option<i8>,
    /// Octets received from it.
    pub rx_bytes: Option<u64>,
    /// Octets sent to it.
    pub tx_bytes: Option<u64>,
    /// Frames received from it.
    pub rx_packets: Option<u32>,
    /// Frames sent to it.
    pub tx_packets: Option<u32>,
    /// Seconds since it associated.
    pub connected_s: Option<u32>,
    /// Signal of its frames, averaged, dBm.
    pub signal_average_dbm: Option<i8>,
    /// Frames to it that were given up.
    pub tx_failed: Option<u32>,
    /// How the last frame from it was sent.
    pub rx_rate: Option<BitRate>,
    /// How the last frame to it was sent.
    pub tx_rate: Option<BitRate>,
}

/// How a frame was modulated.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct BitRate {
    /// Units of 100 kbit/s.
    pub rate: u32,
    /// HT modulation and coding scheme.
    pub mcs: Option<u8>,
    /// VHT modulation and coding scheme, and number of spatial streams.
    pub vht: Option<(u8, u8)>,
    /// With the short guard interval.
    pub short_gi: bool,
}

/// A network that a scan has seen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bss {
    /// Its BSSID.
    pub bssid: MacAddr,
    /// Its channel, MHz.
    pub frequency: u32,
    /// Signal, dBm.
    pub signal_dbm: i8,
    /// Milliseconds since it was last heard, at the moment of the event.
    pub age_ms: u32,
    /// Timestamp of its last beacon or probe response, µs.
    pub tsf: u64,
    /// Beacon interval, TU.
    pub beacon_interval: u16,
    /// Capability information.
    pub capability: u16,
    /// Elements of its last probe response; empty if none was heard.
    pub probe_response: Vec<u8>,
    /// Elements of its last beacon; empty if none was heard.
    pub beacon: Vec<u8>,
}

impl Bss {
    /// The elements of the probe response if there was one, else of the beacon.
    pub fn elements(&self) -> &[u8] {
        if self.probe_response.is_empty() { &self.beacon } else { &self.probe_response }
    }

    /// Its SSID as it says it: empty or zeroes where the network is hidden, `None` without the element.
    pub fn ssid(&self) -> Option<&[u8]> {
        Elements::new(self.elements()).find(id::SSID).map(|element| element.body)
    }

    /// Whether it was heard since `began`, where it is `now` that its age was told.
    pub fn heard_since(&self, began: Duration, now: Duration) -> bool {
        Duration::from_millis(self.age_ms.into()) <= now.saturating_sub(began) + AGE_SLACK
    }
}

/// An interface of the radio that somebody else has brought onto a channel: a connection or an access point of another
/// program's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Neighbour {
    /// Its name; empty for one that has none.
    pub name: String,
    /// What it is.
    pub kind: InterfaceKind,
    /// Its channel, MHz (the primary one).
    pub frequency: u32,
    /// Whether it is the interface that the radio was opened on.
    pub base: bool,
}

/// What a radio reports.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// The end of a command: carried out, accepted or refused (see [`crate::Command`]).
    Done {
        /// The command.
        id: CommandId,
        /// How it ended.
        result: Result<Reply, Refused>,
    },
    /// The end of a transmission that was accepted. It may overtake the command's own `Done`.
    Sent {
        /// The command.
        id: CommandId,
        /// What became of it.
        status: SendStatus,
    },
    /// The radio no longer stays on the channel of a transmission: its wait is over or was cancelled. Radios that cannot
    /// tell (kernels before 5.11) never report it, and neither does a frame that needed no stay.
    WaitEnded {
        /// The command.
        id: CommandId,
    },
    /// A scan has ended.
    ScanDone {
        /// The command; `None` for a scan that somebody else asked for.
        id: Option<CommandId>,
        /// Whether it was cut short.
        aborted: bool,
        /// All networks that the radio remembers, each with its age.
        seen: Vec<Bss>,
    },
    /// The radio is now on the channel asked for.
    RemainStarted {
        /// The command.
        id: CommandId,
    },
    /// The radio has left the channel.
    RemainEnded {
        /// The command.
        id: CommandId,
    },
    /// A management frame was received.
    Received {
        /// On which interface.
        iface: InterfaceId,
        /// On which channel, MHz.
        frequency: u32,
        /// Signal, dBm; 0 when unknown.
        signal_dbm: i8,
        /// The whole frame from the frame-control field on, without FCS.
        frame: Vec<u8>,
    },
    /// An EAPOL PDU was received.
    Eapol {
        /// On which interface.
        iface: InterfaceId,
        /// From whom.
        source: MacAddr,
        /// The PDU from the protocol version octet on.
        pdu: Vec<u8>,
        /// Whether it came encrypted; `None` when the radio cannot tell.
        encrypted: Option<bool>,
    },
    /// The owner's answer to [`crate::Command::Authenticate`], or its absence.
    Authenticated {
        /// The interface.
        iface: InterfaceId,
        /// The owner.
        bssid: MacAddr,
        /// Status code (IEEE 802.11-2020 Table 9-50); `None` when no answer came.
        status: Option<u16>,
    },
    /// The owner's answer to [`crate::Command::Associate`], or its absence.
    Associated {
        /// The interface.
        iface: InterfaceId,
        /// The owner.
        bssid: MacAddr,
        /// Status code; `None` when no answer came.
        status: Option<u16>,
        /// Elements of the response.
        elements: Vec<u8>,
    },
    /// The end of [`crate::Command::Connect`].
    Connected {
        /// The interface.
        iface: InterfaceId,
        /// The owner.
        bssid: MacAddr,
        /// Status code; `None` when it timed out.
        status: Option<u16>,
        /// Elements of the response.
        elements: Vec<u8>,
    },
    /// A client's connection has ended.
    Disconnected {
        /// The interface.
        iface: InterfaceId,
        /// The owner.
        bssid: MacAddr,
        /// Reason code (IEEE 802.11-2020 Table 9-49); 0 when unknown.
        reason: u16,
        /// Whether it was our own side that ended it.
        local: bool,
    },
    /// A station has associated with an access point whose SME is in the driver.
    StationJoined {
        /// The interface.
        iface: InterfaceId,
        /// The station.
        address: MacAddr,
        /// Elements of its association request.
        elements: Vec<u8>,
    },
    /// A station has left an access point whose SME is in the driver.
    StationLeft {
        /// The interface.
        iface: InterfaceId,
        /// The station.
        address: MacAddr,
    },
    /// A data frame came from a station that has not associated (class 3, IEEE 802.11-2020 §11.3.3): it believes in an
    /// association that no longer exists, and is told so by a deauthentication. Reported while
    /// [`crate::FrameKind::ApMlme`] is asked for.
    UnexpectedFrame {
        /// The interface.
        iface: InterfaceId,
        /// The station.
        address: MacAddr,
    },
    /// The answer to [`crate::Command::ProbeStation`].
    StationProbed {
        /// The interface.
        iface: InterfaceId,
        /// The station.
        address: MacAddr,
        /// Whether it acknowledged.
        acked: bool,
    },
    /// A switch of an interface's channel has begun; [`Event::ChannelSwitched`] follows when it is done.
    ChannelSwitchStarted {
        /// The interface.
        iface: InterfaceId,
        /// The channel to be.
        channel: Channel,
        /// Beacons until then; 0 when the radio does not say.
        count: u8,
    },
    /// An interface operates on another channel now.
    ChannelSwitched {
        /// The interface.
        iface: InterfaceId,
        /// The channel.
        channel: Channel,
    },
    /// The interfaces that others have brought onto a channel, all of them: once if there are any when the radio is opened, then
    /// whenever that changes.
    Neighbours(Vec<Neighbour>),
    /// A neighbour is about to follow its access point to another channel.
    NeighbourSwitches {
        /// Its name.
        name: String,
        /// The new channel.
        channel: Channel,
        /// Beacons until then.
        count: u8,
    },
    /// An access point was stopped by the radio.
    ApStopped {
        /// The interface.
        iface: InterfaceId,
    },
    /// An interface was raised or lowered by somebody else.
    InterfaceUp {
        /// The interface.
        iface: InterfaceId,
        /// Whether it is up.
        up: bool,
    },
    /// An interface was renamed by somebody else.
    InterfaceRenamed {
        /// The interface.
        iface: InterfaceId,
        /// Its new name.
        name: String,
    },
    /// An interface is gone.
    InterfaceGone {
        /// The interface.
        iface: InterfaceId,
    },
    /// The regulatory domain has changed.
    Regulatory {
        /// Two letters, or `00`.
        country: String,
        /// Who asked for it (`NL80211_REGDOM_SET_BY_*`): `CORE`, `USER`, `DRIVER` or `COUNTRY_IE`.
        initiator: &'static str,
        /// The kind of domain: `WORLD`, `COUNTRY`, `CUSTOM_WORLD` or `INTERSECTION`.
        kind: &'static str,
        /// All channels as they are now.
        channels: Vec<ChannelInfo>,
    },
    /// Reports were lost; what the radio could read back has been reported anew.
    Overrun,
    /// The radio itself is gone.
    Gone,
}

//! What the machine remembers of interfaces and of things under way.

use super::jobs::Emulated;
use crate::eapol::Pdu;
use crate::frames::Registration;
use crate::interface::InterfaceInfo;
use ieee80211_ies::MacAddr;
use radio::{Channel, CommandId, FrameKind, InterfaceId, InterfaceKind, SendStatus};
use std::collections::VecDeque;

/// Most EAPOL PDUs that are held until a connection is reported: a handshake begins with one, and it may be repeated.
pub(super) const MAX_HELD: usize = 8;
/// Most transmissions and stays whose end is awaited; a new one then takes the place of the oldest transmission.
pub(super) const MAX_AWAITED: usize = 64;
/// Most EAPOL PDUs on one packet socket of which word is awaited: a handshake has one under way with each station, and few have
/// theirs at the same time.
pub(super) const MAX_PACKETS: usize = 8;
/// Most reports with a cookie that no answer has named yet. One request is under way on each interface.
pub(super) const MAX_EARLY: usize = 32;
/// Most transmissions behind which the radio is taken to stay: kernels before 5.11 do not say when that ends, and a new
/// one then takes the place of the oldest.
pub(super) const MAX_WAITS: usize = 32;

/// One of our interfaces.
#[derive(Debug)]
pub(super) struct Interface {
    pub(super) id: InterfaceId,
    pub(super) wdev: u64,
    pub(super) ifindex: Option<u32>,
    pub(super) name: String,
    pub(super) address: MacAddr,
    pub(super) kind: InterfaceKind,
    /// Whether it is up, as far as we know or have asked.
    pub(super) up: bool,
    /// Whether it was made by us, and can be removed.
    pub(super) made: bool,
    /// Whether it is being removed by us.
    pub(super) removing: bool,
    /// The frames that are to be delivered.
    pub(super) wanted: Vec<FrameKind>,
    /// The frames that the kernel was asked for.
    pub(super) registered: Vec<Registration>,
    /// Whether the socket for probe requests is open.
    pub(super) probes: bool,
    /// Whether the packet socket is open.
    pub(super) packet: bool,
    /// The channel it beacons on.
    pub(super) ap: Option<Channel>,
    pub(super) client: Client,
    /// The scan that we asked for.
    pub(super) scan: Option<CommandId>,
}

/// A client's connection.
#[derive(Debug, Default)]
pub(super) struct Client {
    /// The owner with which a connection stands.
    pub(super) connected: Option<MacAddr>,
    /// The owner that was asked, and how, and has not answered.
    pub(super) asked: Option<(MacAddr, Phase)>,
    /// Whether the connection is made by the kernel's or the driver's own SME.
    pub(super) by_connect: bool,
    /// EAPOL that came before the connection was reported.
    pub(super) held: VecDeque<Pdu>,
}

/// What an owner was asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Phase {
    Authenticate,
    Associate,
    Connect,
}

impl Interface {
    /// The interface that the radio was opened on.
    pub(super) fn base(info: &InterfaceInfo, up: bool) -> Self {
        Self { up, made: false, ..Self::new(InterfaceId::BASE, info) }
    }

    /// An interface that we have made.
    pub(super) fn new(id: InterfaceId, info: &InterfaceInfo) -> Self {
        Self {
            id,
            wdev: info.wdev,
            ifindex: info.ifindex,
            name: info.name.clone(),
            address: info.address,
            kind: info.kind,
            up: false,
            made: true,
            removing: false,
            wanted: Vec::new(),
            registered: Vec::new(),
            probes: false,
            packet: false,
            ap: None,
            client: Client::default(),
            scan: None,
        }
    }

    /// Whether it is (to be) a client of an owner.
    pub(super) fn is_client(&self) -> bool {
        matches!(self.kind, InterfaceKind::Station | InterfaceKind::P2pClient)
    }

    /// Whether it is (to be) an owner.
    pub(super) fn is_ap(&self) -> bool {
        matches!(self.kind, InterfaceKind::Ap | InterfaceKind::P2pGo)
    }
}

/// The families of cookies: a driver may count each by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum CookieKind {
    Frame,
    Eapol,
    /// Ours: a digest of an EAPOL PDU on a packet socket.
    Packet,
    Remain,
    Probe,
}

/// Something that was accepted and whose end will be reported.
#[derive(Debug)]
pub(super) struct Awaited {
    pub(super) iface: InterfaceId,
    pub(super) id: CommandId,
    pub(super) cookie: u64,
    pub(super) kind: Kind,
}

/// What is awaited.
#[derive(Debug)]
pub(super) enum Kind {
    /// The status of a frame.
    Frame,
    /// The status of an EAPOL PDU.
    Eapol,
    /// The same, on a packet socket.
    Packet,
    /// The status of a null frame to a station.
    Probe(MacAddr),
    /// The begin and the end of a stay on a channel, MHz.
    Remain { frequency: u32, here: bool },
    /// The same, for a frame that is sent once there.
    Emulated(Box<Emulated>),
}

impl Kind {
    /// The family of its cookie.
    pub(super) fn cookie_kind(&self) -> CookieKind {
        match self {
            Self::Frame => CookieKind::Frame,
            Self::Eapol => CookieKind::Eapol,
            Self::Packet => CookieKind::Packet,
            Self::Probe(_) => CookieKind::Probe,
            Self::Remain { .. } | Self::Emulated(_) => CookieKind::Remain,
        }
    }
}

/// A report with a cookie.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Report {
    /// What became of a transmission.
    Status(SendStatus),
    /// A stay has begun.
    Started,
    /// A stay has ended.
    Ended,
    /// The stay behind a transmission has ended.
    WaitEnded,
}

/// A report that came before the answer that names its cookie.
#[derive(Debug)]
pub(super) struct Early {
    pub(super) kind: CookieKind,
    pub(super) cookie: u64,
    pub(super) report: Report,
}

/// A transmission for which the radio has left its channel.
#[derive(Debug)]
pub(super) struct Wait {
    pub(super) iface: InterfaceId,
    pub(super) id: CommandId,
    pub(super) cookie: u64,
}

//! The double: requests in, answers and reports out, a simulated radio beneath.

mod describe;
mod events;
mod read;
mod requests;
mod sockets;

pub use sockets::Sockets;

use crate::nl;
use crate::profile::Profile;
use crate::sme::Connecting;
use crate::wire::{self, Attrs, Out};
use ieee80211_ies::MacAddr;
use nl80211_driver::machine::SocketId;
use radio::{AccessPoint, Bss, Command, CommandId, InterfaceId, InterfaceKind, SendStatus, Transmission};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;
use std::time::Duration;
use virtual_air::{Air, RadioId};

/// The number of the family nl80211, as a kernel allots it.
const FAMILY: u16 = 28;
/// `GENL_ID_CTRL`, and its one command that is used
const CTRL: u16 = 16;
const CTRL_GETFAMILY: u8 = 3;
const RTM_NEWLINK: u16 = 16;
const RTM_GETLINK: u16 = 18;
const RTM_SETLINK: u16 = 19;
const IFLA_ADDRESS: u16 = 1;
const IFLA_IFNAME: u16 = 3;
const IFF_UP: u32 = 1;
const NLM_F_DUMP: u16 = 0x300;
const ETHERTYPE_PAE: u16 = 0x888e;
/// The base interface among the machine's.
const BASE_IFINDEX: u32 = 3;
/// This radio among the machine's.
const WIPHY: u32 = 0;
const EBUSY: i32 = 16;
const ENODEV: i32 = 19;
const EINVAL: i32 = 22;
const EOPNOTSUPP: i32 = 95;
const EALREADY: i32 = 114;

/// An interface as the kernel keeps it.
#[derive(Debug)]
struct Interface {
    id: InterfaceId,
    wdev: u64,
    ifindex: Option<u32>,
    name: String,
    kind: InterfaceKind,
    address: MacAddr,
    up: bool,
    /// Who is given which frames.
    registered: Vec<(SocketId, u16, Vec<u8>)>,
    ap: Option<AccessPoint>,
    /// The channel that a client was sent to.
    client: Option<Connecting>,
    /// The channel (MHz) of a connection that another program holds here.
    held: Option<u32>,
    next_aid: u16,
}

impl Interface {
    fn new(id: InterfaceId, ifindex: Option<u32>, name: String, kind: InterfaceKind, address: MacAddr) -> Self {
        Self {
            id,
            wdev: u64::from(id.0) + 1,
            ifindex,
            name,
            kind,
            address,
            up: false,
            registered: Vec::new(),
            ap: None,
            client: None,
            held: None,
            next_aid: 1,
        }
    }
}

/// What an answer of the air is for.
#[derive(Debug)]
enum Then {
    /// The request's acknowledgement.
    Acknowledge,
    /// Its cookie first.
    Cookie,
    /// Its cookie in the acknowledgement.
    AckCookie,
    /// The new interface.
    Made(InterfaceKind),
    Kind(InterfaceKind),
    Up(bool),
    Address(MacAddr),
    Station(MacAddr),
    Started(Box<AccessPoint>),
    Stopped,
    Registered(u16, Vec<u8>),
    /// Nobody has asked: the double's own doing.
    Nothing,
}

#[derive(Debug)]
struct Pending {
    socket: SocketId,
    header: [u8; 16],
    sequence: u32,
    interface: Option<InterfaceId>,
    then: Then,
}

/// EAPOL that a packet socket holds: whose, and the PDU.
type Arrived = VecDeque<(MacAddr, Vec<u8>)>;

/// The kernel of one machine with one radio.
pub struct Kernel {
    profile: Profile,
    air: Rc<RefCell<Air>>,
    radio: RadioId,
    interfaces: Vec<Interface>,
    /// Which sockets are open, and what waits on each.
    open: BTreeMap<SocketId, VecDeque<Vec<u8>>>,
    packets: BTreeMap<SocketId, (u32, Arrived)>,
    pending: BTreeMap<CommandId, Pending>,
    eapol: BTreeSet<CommandId>,
    probes: Vec<(CommandId, InterfaceId, MacAddr)>,
    seen: Vec<Bss>,
    /// The channels that the radio stays on, or is going to.
    stays: BTreeMap<CommandId, u32>,
    last_id: u64,
    last_interface: u32,
    /// On how many channels the radio can be beside a connection.
    channels: u32,
    /// Reports of sent frames that the driver holds back, and until when.
    held_back: VecDeque<(Duration, CommandId, SendStatus)>,
    /// Requests that no driver of this kind should have been sent, in words.
    wrong: Vec<String>,
}

impl Kernel {
    /// A kernel whose radio is this one of the air, with its base interface down.
    pub fn new(profile: Profile, air: Rc<RefCell<Air>>, radio: RadioId, address: MacAddr) -> Self {
        let kind = InterfaceKind::Station;
        let base = Interface::new(InterfaceId::BASE, Some(BASE_IFINDEX), profile.base.clone(), kind, address);
        Self {
            profile,
            air,
            radio,
            interfaces: vec![base],
            open: BTreeMap::new(),
            packets: BTreeMap::new(),
            pending: BTreeMap::new(),
            eapol: BTreeSet::new(),
            probes: Vec::new(),
            seen: Vec::new(),
            stays: BTreeMap::new(),
            last_id: 0,
            last_interface: 0,
            channels: 0,
            held_back: VecDeque::new(),
            wrong: Vec::new(),
        }
    }

    /// What such a driver should never have been asked.
    pub fn wrong(&self) -> &[String] {
        &self.wrong
    }

    /// Another program connects the base interface on this channel (MHz), roams there, or disconnects it; the radio is on `channels` at
    /// once.
    pub fn hold(&mut self, frequency: Option<u32>, channels: u32) {
        self.channels = channels;
        let Some(base) = self.by_id(InterfaceId::BASE) else { return };
        let command = match (std::mem::replace(&mut base.held, frequency), frequency) {
            (_, None) => nl::CMD_DISCONNECT,
            (None, Some(_)) => nl::CMD_CONNECT,
            (Some(_), Some(_)) => nl::CMD_ROAM,
        };
        self.tell(command, InterfaceId::BASE, Out::default());
    }

    /// Somebody renames the latest interface that was made, which kernels since 6.2 allow while it is up.
    pub fn rename(&mut self, to: &str) {
        let Some(i) = self.interfaces.iter_mut().rev().find(|i| i.id != InterfaceId::BASE && i.ifindex.is_some())
        else {
            return;
        };
        to.clone_into(&mut i.name);
        let message = describe::link(i, 0);
        self.put(SocketId::Route, message);
    }

    /// The driver's SME takes a client that it has connected to another BSSID, against what it was told.
    pub fn roam(&mut self, to: MacAddr) {
        let client = self.interfaces.iter().find(|i| i.client.as_ref().is_some_and(|c| c.connected));
        if let Some(iface) = client.map(|i| i.id) {
            let out = Out::default().bytes(nl::ATTR_MAC, &to.octets());
            self.tell(nl::CMD_ROAM, iface, out);
        }
    }

    /// What is wrong with a request that would bring another interface onto this channel.
    fn beside(&self, iface: InterfaceId, frequency: Option<u32>) -> Option<String> {
        let held = self.interfaces.iter().find(|i| i.held.is_some())?;
        if held.id == iface {
            return Some("a connection of another program's is taken away".into());
        }
        let elsewhere = frequency.is_some() && frequency != held.held && self.channels < 2;
        elsewhere.then(|| format!("{frequency:?} MHz beside a connection on {:?} MHz", held.held))
    }

    /// The interfaces there are, by kind.
    pub fn kinds(&self) -> Vec<InterfaceKind> {
        self.interfaces.iter().map(|i| i.kind).collect()
    }

    fn index(&self, attributes: Attrs<'_>) -> Option<usize> {
        let (ifindex, wdev) = (attributes.u32(nl::ATTR_IFINDEX), attributes.u64(nl::ATTR_WDEV));
        self.interfaces.iter().position(|i| match wdev {
            Some(wdev) => i.wdev == wdev,
            None => ifindex.is_some() && i.ifindex == ifindex,
        })
    }

    fn by_id(&mut self, id: InterfaceId) -> Option<&mut Interface> {
        self.interfaces.iter_mut().find(|i| i.id == id)
    }

    fn put(&mut self, socket: SocketId, bytes: Vec<u8>) {
        if let Some(queue) = self.open.get_mut(&socket) {
            queue.push_back(bytes);
        }
    }

    /// A report to everybody who has joined.
    fn tell(&mut self, command: u8, interface: InterfaceId, attributes: Out) {
        let Some(i) = self.by_id(interface) else { return };
        let mut out = Out::default().u32(nl::ATTR_WIPHY, WIPHY);
        if let Some(ifindex) = i.ifindex {
            out = out.u32(nl::ATTR_IFINDEX, ifindex);
        }
        let mut out = out.u64(nl::ATTR_WDEV, i.wdev);
        out.0.extend(attributes.0);
        self.put(SocketId::Control, wire::generic(FAMILY, 0, command, &out));
    }

    /// Has the air do something, and remembers what for.
    fn act(&mut self, command: Command, pending: Pending) -> CommandId {
        self.last_id += 1;
        let id = CommandId(self.last_id);
        self.pending.insert(id, pending);
        self.air.borrow_mut().command(self.radio, id, command);
        id
    }

    /// Something that the double does by itself.
    fn quietly(&mut self, command: Command) {
        let pending = Pending {
            socket: SocketId::Control,
            header: [0; 16],
            sequence: 0,
            interface: command.interface(),
            then: Then::Nothing,
        };
        self.act(command, pending);
    }

    /// Sends a frame of the driver's own.
    fn send(&mut self, iface: InterfaceId, frame: Vec<u8>) {
        let transmission = Transmission { frequency: None, frame, wait_ms: 0, no_cck: true, no_ack: false };
        self.quietly(Command::Transmit { iface, transmission });
    }
}

//! The double: requests in, answers and reports out, a simulated radio beneath.

use crate::nl;
use crate::profile::Profile;
use crate::sme::{self, Connecting};
use crate::wire::{self, Attrs, Out, Request};
use core::task::{Context, Poll};
use core::time::Duration;
use ieee80211_ies::MacAddr;
use nl80211_driver::machine::{Protocol, SocketId};
use nl80211_driver::{NetlinkSockets, Received};
use radio::{
    AccessPoint, Association, Beacon, Bss, Channel, ChannelSwitch, Cipher, Command, CommandId, Event, FrameKind,
    InterfaceId, InterfaceKind, Key, KeyKind, Refused, Reply, ScanRequest, Secret, SendStatus, StationFlags,
    StationInfo, StationParameters, StationRates, Transmission, Width,
};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io;
use std::rc::Rc;
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
    next_aid: u16,
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
    /// Requests that no driver of this kind should have been sent, in words.
    wrong: Vec<String>,
}

impl Kernel {
    /// A kernel whose radio is this one of the air, with its base interface down.
    pub fn new(profile: Profile, air: Rc<RefCell<Air>>, radio: RadioId, address: MacAddr) -> Self {
        let base = Interface {
            id: InterfaceId::BASE,
            wdev: 1,
            ifindex: Some(3),
            name: profile.base.clone(),
            kind: InterfaceKind::Station,
            address,
            up: false,
            registered: Vec::new(),
            ap: None,
            client: None,
            next_aid: 1,
        };
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
            wrong: Vec::new(),
        }
    }

    /// What such a driver should never have been asked.
    pub fn wrong(&self) -> &[String] {
        &self.wrong
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

    /// Takes a request.
    fn request(&mut self, socket: SocketId, bytes: &[u8]) {
        let Some(request) = Request::parse(bytes) else {
            self.wrong.push("a request that is no netlink message".into());
            return;
        };
        let result = match request.kind {
            CTRL => self.control(socket, &request),
            FAMILY => self.nl80211(socket, &request),
            RTM_GETLINK | RTM_SETLINK => self.route(socket, &request),
            other => Err((EOPNOTSUPP, format!("message type {other}"))),
        };
        match result {
            Ok(true) => self.put(socket, wire::acknowledgement(&request.header, request.sequence, 0, None)),
            Ok(false) => {}
            Err((errno, why)) => {
                if !why.is_empty() {
                    self.wrong.push(why);
                }
                self.put(socket, wire::acknowledgement(&request.header, request.sequence, errno, None));
            }
        }
    }

    fn control(&mut self, socket: SocketId, request: &Request<'_>) -> Result<bool, (i32, String)> {
        if request.payload.first() != Some(&CTRL_GETFAMILY) {
            return Err((EOPNOTSUPP, "a command of the control family".into()));
        }
        let group = |name: &str, id| Out::default().text(1, name).u32(2, id);
        let groups = ["config", "scan", "regulatory", "mlme"];
        let groups = groups.iter().zip(1..).fold(Out::default(), |out, (g, n)| out.nest(n, group(g, u32::from(n))));
        let out = Out::default().u16(1, FAMILY).nest(7, groups);
        self.put(socket, wire::generic(CTRL, request.sequence, 1, &out));
        Ok(true)
    }

    fn route(&mut self, socket: SocketId, request: &Request<'_>) -> Result<bool, (i32, String)> {
        let number = |at: usize| {
            let bytes = request.payload.get(at..at + 4).and_then(|b| b.try_into().ok());
            u32::from_ne_bytes(bytes.unwrap_or_default())
        };
        let (index, flags, mask) = (number(4), number(8), number(12));
        let Some(i) = self.interfaces.iter().find(|i| i.ifindex == Some(index)) else {
            return Err((ENODEV, String::new()));
        };
        let id = i.id;
        if request.kind == RTM_GETLINK {
            let message = link(i, request.sequence);
            self.put(socket, message);
            return Ok(true);
        }
        let address = Attrs(request.payload.get(16..).unwrap_or_default()).get(IFLA_ADDRESS);
        let (command, then) = match address.and_then(MacAddr::from_slice) {
            Some(address) if i.up => {
                return Err((EBUSY, format!("the address {address} is given to an interface that is up")));
            }
            Some(address) => (Command::SetInterfaceAddress { iface: id, address }, Then::Address(address)),
            None if mask & IFF_UP != 0 => {
                let up = flags & IFF_UP != 0;
                (Command::SetInterfaceUp { iface: id, up }, Then::Up(up))
            }
            None => return Ok(true),
        };
        self.forward(socket, request, id, command, then)
    }

    /// Hands a request to the air; its answer comes when the air has one.
    fn forward(
        &mut self,
        socket: SocketId,
        request: &Request<'_>,
        id: InterfaceId,
        command: Command,
        then: Then,
    ) -> Result<bool, (i32, String)> {
        let pending = Pending { socket, header: request.header, sequence: request.sequence, interface: Some(id), then };
        self.act(command, pending);
        Ok(false)
    }

    /// Answers a dump at once.
    fn dump(&mut self, socket: SocketId, sequence: u32, command: u8, parts: Vec<Out>) -> Result<bool, (i32, String)> {
        for part in parts {
            self.put(socket, wire::generic(FAMILY, sequence, command, &part));
        }
        self.put(socket, wire::done(sequence));
        Ok(false)
    }

    fn nl80211(&mut self, socket: SocketId, request: &Request<'_>) -> Result<bool, (i32, String)> {
        let command = request.payload.first().copied().unwrap_or_default();
        let a = Attrs(request.payload.get(4..).unwrap_or_default());
        let sequence = request.sequence;
        match command {
            nl::CMD_GET_PROTOCOL_FEATURES => {
                let out = Out::default().u32(nl::ATTR_PROTOCOL_FEATURES, 1);
                self.put(socket, wire::generic(FAMILY, sequence, command, &out));
                return Ok(true);
            }
            nl::CMD_GET_WIPHY => {
                let part = |bytes: &Vec<u8>| {
                    let mut out = Out::default().u32(nl::ATTR_WIPHY, WIPHY);
                    out.0.extend(bytes);
                    out
                };
                let parts = self.profile.wiphy.iter().map(part).collect();
                return self.dump(socket, sequence, nl::CMD_NEW_WIPHY, parts);
            }
            nl::CMD_GET_INTERFACE if request.flags & NLM_F_DUMP == NLM_F_DUMP => {
                let parts = self.interfaces.iter().map(describe).collect();
                return self.dump(socket, sequence, nl::CMD_NEW_INTERFACE, parts);
            }
            nl::CMD_GET_REG => {
                let out = Out::default().bytes(nl::ATTR_REG_ALPHA2, b"US\0");
                self.put(socket, wire::generic(FAMILY, sequence, command, &out));
                return Ok(true);
            }
            nl::CMD_REQ_SET_REG => return Ok(true),
            nl::CMD_GET_SCAN => {
                let parts = self.seen.iter().map(network).collect();
                return self.dump(socket, sequence, nl::CMD_NEW_SCAN_RESULTS, parts);
            }
            nl::CMD_NEW_INTERFACE => return self.new_interface(socket, request, a),
            _ => {}
        }
        let Some(index) = self.index(a) else { return Err((ENODEV, String::new())) };
        self.on_interface(socket, request, command, a, index)
    }

    fn new_interface(&mut self, socket: SocketId, request: &Request<'_>, a: Attrs<'_>) -> Result<bool, (i32, String)> {
        let name = a.text(nl::ATTR_IFNAME);
        let kind = kind_of(a.u32(nl::ATTR_IFTYPE).unwrap_or_default());
        if name.len() > 15 {
            return Err((EINVAL, format!("an interface called {name}")));
        }
        if !self.profile.has(nl::CMD_NEW_INTERFACE) {
            return Err((EOPNOTSUPP, "NEW_INTERFACE to a driver that has none".into()));
        }
        self.last_interface += 1;
        let iface = InterfaceId(self.last_interface);
        let address = a.get(nl::ATTR_MAC).and_then(MacAddr::from_slice);
        let command = Command::CreateInterface { iface, kind, name, address };
        self.forward(socket, request, iface, command, Then::Made(kind))
    }

    fn on_interface(
        &mut self,
        socket: SocketId,
        request: &Request<'_>,
        command: u8,
        a: Attrs<'_>,
        index: usize,
    ) -> Result<bool, (i32, String)> {
        let Some(i) = self.interfaces.get(index) else { return Err((ENODEV, String::new())) };
        let (iface, kind, up) = (i.id, i.kind, i.up);
        let has = |command| self.profile.has(command);
        let missing = |name: &str| Err((EOPNOTSUPP, format!("{name} to a driver that has none")));
        let frequency = a.u32(nl::ATTR_WIPHY_FREQ);
        let mac = a.get(nl::ATTR_MAC).and_then(MacAddr::from_slice);
        let cookie = CommandId(a.u64(nl::ATTR_COOKIE).unwrap_or_default());
        let (command, then) = match command {
            nl::CMD_GET_INTERFACE => {
                let out = describe(i);
                self.put(socket, wire::generic(FAMILY, request.sequence, nl::CMD_NEW_INTERFACE, &out));
                return Ok(true);
            }
            nl::CMD_SET_INTERFACE if up && self.profile.needs_down => return Err((EBUSY, String::new())),
            nl::CMD_SET_INTERFACE => {
                let kind = kind_of(a.u32(nl::ATTR_IFTYPE).unwrap_or_default());
                (Command::SetInterfaceKind { iface, kind }, Then::Kind(kind))
            }
            nl::CMD_DEL_INTERFACE => (Command::RemoveInterface { iface }, Then::Acknowledge),
            nl::CMD_START_P2P_DEVICE | nl::CMD_STOP_P2P_DEVICE if kind != InterfaceKind::P2pDevice => {
                return Err((EOPNOTSUPP, "START_P2P_DEVICE for another kind of interface".into()));
            }
            nl::CMD_START_P2P_DEVICE => (Command::SetInterfaceUp { iface, up: true }, Then::Up(true)),
            nl::CMD_STOP_P2P_DEVICE => (Command::SetInterfaceUp { iface, up: false }, Then::Up(false)),
            nl::CMD_REGISTER_FRAME => {
                let frame_type = a.u16(nl::ATTR_FRAME_TYPE).unwrap_or_default();
                let start = a.bytes(nl::ATTR_FRAME_MATCH);
                if i.registered.iter().any(|(_, t, s)| *t == frame_type && start.starts_with(s)) {
                    return Err((EALREADY, String::new()));
                }
                let kinds = filters(i, frame_type, &start);
                let then = Then::Registered(frame_type, start);
                if self.profile.ap_sme() && is_ap(kind) && frame_type != 0x40 && frame_type != 0xd0 {
                    return Err((EINVAL, format!("frames of type {frame_type:#x} from a driver with its own MLME")));
                }
                (Command::ReceiveFrames { iface, kinds }, then)
            }
            nl::CMD_UNEXPECTED_FRAME | nl::CMD_SET_KEY => return Ok(true),
            nl::CMD_SET_POWER_SAVE => (Command::SetPowerSave { iface, on: true }, Then::Acknowledge),
            nl::CMD_SET_TX_BITRATE_MASK if !has(command) => return Err((EOPNOTSUPP, String::new())),
            nl::CMD_SET_TX_BITRATE_MASK => (Command::ForbidCck { iface }, Then::Acknowledge),
            nl::CMD_SET_BSS if !has(command) => return Err((EOPNOTSUPP, String::new())),
            nl::CMD_SET_BSS => return Ok(true),
            nl::CMD_TRIGGER_SCAN => {
                let limit = self.profile.wiphy.iter().find_map(|p| Attrs(p).u16(nl::ATTR_MAX_SCAN_IE_LEN));
                let length = a.bytes(nl::ATTR_IE).len();
                if limit.is_some_and(|limit| length > usize::from(limit)) {
                    return Err((EINVAL, format!("a scan with {length} octets of elements")));
                }
                (Command::Scan { iface, scan: scan(a) }, Then::Acknowledge)
            }
            nl::CMD_ABORT_SCAN => (Command::AbortScan { iface }, Then::Acknowledge),
            nl::CMD_REMAIN_ON_CHANNEL if !has(command) => return missing("REMAIN_ON_CHANNEL"),
            nl::CMD_REMAIN_ON_CHANNEL => {
                let duration_ms = a.u32(nl::ATTR_DURATION).unwrap_or_default();
                let frequency = frequency.unwrap_or_default();
                self.stays.insert(CommandId(self.last_id + 1), frequency);
                (Command::RemainOnChannel { iface, frequency, duration_ms }, Then::Cookie)
            }
            nl::CMD_CANCEL_REMAIN_ON_CHANNEL => (Command::CancelRemain { iface, remain: cookie }, Then::Acknowledge),
            nl::CMD_FRAME => {
                let off = a.has(nl::ATTR_OFFCHANNEL_TX_OK);
                if (off || a.has(nl::ATTR_DURATION)) && !self.profile.leaves_channel() {
                    return Err((EINVAL, "a frame for another channel to a driver that does not leave its own".into()));
                }
                let own = i.ap.as_ref().map(|ap| ap.channel.frequency);
                let own = own.or(i.client.as_ref().map(|c| c.association.frequency));
                let here =
                    frequency.is_none() || frequency == own || self.stays.values().any(|f| Some(*f) == frequency);
                if !here && !self.profile.leaves_channel() {
                    let mhz = frequency.unwrap_or_default();
                    return Err((EINVAL, format!("a frame for {mhz} MHz, where the radio is not")));
                }
                let transmission = Transmission {
                    frequency,
                    frame: a.bytes(nl::ATTR_FRAME),
                    wait_ms: a.u32(nl::ATTR_DURATION).unwrap_or_default(),
                    no_cck: a.has(nl::ATTR_TX_NO_CCK_RATE),
                    no_ack: a.has(nl::ATTR_DONT_WAIT_FOR_ACK),
                };
                (Command::Transmit { iface, transmission }, Then::Cookie)
            }
            nl::CMD_FRAME_WAIT_CANCEL if !has(command) => return missing("FRAME_WAIT_CANCEL"),
            nl::CMD_FRAME_WAIT_CANCEL => (Command::CancelWait { iface, transmission: cookie }, Then::Acknowledge),
            nl::CMD_START_AP => {
                let ap = access_point(a);
                (Command::StartAp { iface, ap: ap.clone() }, Then::Started(Box::new(ap)))
            }
            nl::CMD_SET_BEACON => {
                let beacon = beacon(a);
                if let Some(ap) = self.interfaces.get_mut(index).and_then(|i| i.ap.as_mut()) {
                    ap.beacon = beacon.clone();
                }
                (Command::UpdateBeacon { iface, beacon }, Then::Acknowledge)
            }
            nl::CMD_STOP_AP => (Command::StopAp { iface }, Then::Stopped),
            nl::CMD_CHANNEL_SWITCH if !has(command) => return missing("CHANNEL_SWITCH"),
            nl::CMD_CHANNEL_SWITCH => (Command::SwitchChannel { iface, switch: switch(a) }, Then::Acknowledge),
            nl::CMD_NEW_STATION if self.profile.ap_sme() => return missing("NEW_STATION"),
            nl::CMD_NEW_STATION => (Command::AddStation { iface, station: station(a) }, Then::Acknowledge),
            nl::CMD_SET_STATION => match (mac, port_only(a)) {
                (Some(address), Some(authorized)) => {
                    (Command::SetAuthorized { iface, address, authorized }, Then::Acknowledge)
                }
                _ if self.profile.ap_sme() => {
                    return Err((EINVAL, "a station's state to a driver with its own MLME".into()));
                }
                _ => (Command::SetStation { iface, station: station(a) }, Then::Acknowledge),
            },
            nl::CMD_DEL_STATION => {
                let address = mac.unwrap_or_default();
                let reason = a.u16(nl::ATTR_REASON_CODE).unwrap_or(1);
                if self.profile.ap_sme() {
                    self.send_away(index, address, reason, a.u8(nl::ATTR_MGMT_SUBTYPE) == Some(12));
                }
                (Command::RemoveStation { iface, address, reason, deauthenticate: true }, Then::Acknowledge)
            }
            nl::CMD_GET_STATION => {
                let address = mac.unwrap_or_default();
                (Command::QueryStation { iface, address }, Then::Station(address))
            }
            nl::CMD_PROBE_CLIENT if !has(command) => return missing("PROBE_CLIENT"),
            nl::CMD_PROBE_CLIENT => {
                let address = mac.unwrap_or_default();
                self.probes.push((CommandId(self.last_id + 1), iface, address));
                (Command::ProbeStation { iface, address }, Then::Cookie)
            }
            nl::CMD_AUTHENTICATE | nl::CMD_ASSOCIATE | nl::CMD_DEAUTHENTICATE if !has(command) => {
                return missing("AUTHENTICATE, ASSOCIATE or DEAUTHENTICATE");
            }
            nl::CMD_AUTHENTICATE => {
                let (bssid, frequency) = (mac.unwrap_or_default(), frequency.unwrap_or_default());
                let ssid = a.bytes(nl::ATTR_SSID);
                (Command::Authenticate { iface, bssid, frequency, ssid }, Then::Acknowledge)
            }
            nl::CMD_ASSOCIATE => (Command::Associate { iface, association: association(a) }, Then::Acknowledge),
            nl::CMD_DEAUTHENTICATE => {
                let reason = a.u16(nl::ATTR_REASON_CODE).unwrap_or(3);
                (Command::Disconnect { iface, bssid: mac.unwrap_or_default(), reason }, Then::Acknowledge)
            }
            nl::CMD_CONNECT if !has(command) => return missing("CONNECT"),
            nl::CMD_CONNECT => {
                let association = association(a);
                let Association { bssid, frequency, ssid, .. } = association.clone();
                if let Some(i) = self.interfaces.get_mut(index) {
                    i.client = Some(Connecting { association, connected: false });
                }
                (Command::Authenticate { iface, bssid, frequency, ssid }, Then::Acknowledge)
            }
            nl::CMD_DISCONNECT => {
                let reason = a.u16(nl::ATTR_REASON_CODE).unwrap_or(3);
                let bssid = i.client.as_ref().map(|c| c.association.bssid).unwrap_or_default();
                (Command::Disconnect { iface, bssid, reason }, Then::Acknowledge)
            }
            nl::CMD_NEW_KEY => {
                let key = a.nest(nl::ATTR_KEY);
                let sequence = key.get(nl::KEY_SEQ).and_then(|s| s.get(..6)?.try_into().ok()).unwrap_or_default();
                let key = Key {
                    kind: mac.map_or(KeyKind::Group, KeyKind::Pairwise),
                    index: key.u8(nl::KEY_IDX).unwrap_or_default(),
                    cipher: Cipher::Ccmp128,
                    material: Secret::new(key.bytes(nl::KEY_DATA)),
                    receive_sequence: sequence,
                };
                (Command::InstallKey { iface, key }, Then::Acknowledge)
            }
            nl::CMD_DEL_KEY => {
                let index = a.nest(nl::ATTR_KEY).u8(nl::KEY_IDX).unwrap_or_default();
                let kind = mac.map_or(KeyKind::Group, KeyKind::Pairwise);
                (Command::RemoveKey { iface, kind, index }, Then::Acknowledge)
            }
            nl::CMD_CONTROL_PORT_FRAME if !self.profile.control_port() => return missing("CONTROL_PORT_FRAME"),
            nl::CMD_CONTROL_PORT_FRAME => {
                self.eapol.insert(CommandId(self.last_id + 1));
                let encrypt = !a.has(nl::ATTR_CONTROL_PORT_NO_ENCRYPT);
                let (destination, pdu) = (mac.unwrap_or_default(), a.bytes(nl::ATTR_FRAME));
                (Command::SendEapol { iface, destination, pdu, encrypt }, Then::AckCookie)
            }
            other => return Err((EOPNOTSUPP, format!("command {other}"))),
        };
        self.forward(socket, request, iface, command, then)
    }

    /// What the SME of a driver does to send a station away.
    fn send_away(&mut self, index: usize, station: MacAddr, reason: u16, deauthenticate: bool) {
        let Some(i) = self.interfaces.get(index) else { return };
        let kind = if deauthenticate { sme::DEAUTHENTICATION } else { sme::DISASSOCIATION };
        let mut frame = sme::header(kind, station, i.address, i.address);
        frame.extend(reason.to_le_bytes());
        let iface = i.id;
        self.send(iface, frame);
        self.tell(nl::CMD_DEL_STATION, iface, Out::default().bytes(nl::ATTR_MAC, &station.octets()));
    }

    /// Sends a frame of the driver's own.
    fn send(&mut self, iface: InterfaceId, frame: Vec<u8>) {
        let transmission = Transmission { frequency: None, frame, wait_ms: 0, no_cck: true, no_ack: false };
        self.quietly(Command::Transmit { iface, transmission });
    }

    /// Takes what the radio reports.
    pub fn event(&mut self, event: Event) {
        match event {
            Event::Done { id, result } => self.done(id, result),
            Event::Sent { id, status } => self.sent(id, status),
            Event::WaitEnded { id } => self.with_cookie(nl::CMD_FRAME_WAIT_CANCEL, id, Out::default()),
            Event::RemainStarted { id } => {
                self.with_cookie(nl::CMD_REMAIN_ON_CHANNEL, id, Out::default());
            }
            Event::RemainEnded { id } => {
                self.stays.remove(&id);
                self.with_cookie(nl::CMD_CANCEL_REMAIN_ON_CHANNEL, id, Out::default());
            }
            Event::ScanDone { id, aborted, seen } => {
                self.seen = seen;
                let iface = id.and_then(|id| self.pending.get(&id)?.interface).unwrap_or(InterfaceId::BASE);
                let command = if aborted { nl::CMD_SCAN_ABORTED } else { nl::CMD_NEW_SCAN_RESULTS };
                self.tell(command, iface, Out::default());
            }
            Event::Received { iface, frequency, signal_dbm, frame } => {
                self.received(iface, frequency, signal_dbm, &frame);
            }
            Event::Eapol { iface, source, pdu, encrypted } => self.eapol(iface, source, pdu, encrypted),
            Event::Authenticated { iface, bssid, status } => self.authenticated(iface, bssid, status),
            Event::Associated { iface, bssid, status, elements } => self.associated(iface, bssid, status, &elements),
            Event::Disconnected { iface, bssid, reason, local } => self.disconnected(iface, bssid, reason, local),
            Event::StationProbed { iface, address, acked } => {
                let at = self.probes.iter().position(|(_, i, station)| *i == iface && *station == address);
                if let Some(at) = at {
                    let (id, ..) = self.probes.remove(at);
                    let out = Out::default()
                        .u64(nl::ATTR_COOKIE, id.0)
                        .bytes(nl::ATTR_MAC, &address.octets())
                        .flag(nl::ATTR_ACK, acked);
                    self.tell(nl::CMD_PROBE_CLIENT, iface, out);
                }
            }
            Event::UnexpectedFrame { iface, address } if !self.profile.ap_sme() => {
                let out = Out::default().bytes(nl::ATTR_MAC, &address.octets());
                self.tell(nl::CMD_UNEXPECTED_FRAME, iface, out);
            }
            Event::ChannelSwitched { iface, channel } => {
                let out = Out::default()
                    .u32(nl::ATTR_WIPHY_FREQ, channel.frequency)
                    .u32(nl::ATTR_CHANNEL_WIDTH, 1)
                    .u32(nl::ATTR_CENTER_FREQ1, channel.centre);
                self.tell(nl::CMD_CH_SWITCH_NOTIFY, iface, out);
            }
            Event::ApStopped { iface } => self.tell(nl::CMD_STOP_AP, iface, Out::default()),
            Event::InterfaceGone { iface } => self.tell(nl::CMD_DEL_INTERFACE, iface, Out::default()),
            // The simulated air reports nothing else, and nobody but us changes its interfaces.
            _ => {}
        }
    }

    fn with_cookie(&mut self, command: u8, id: CommandId, out: Out) {
        let iface = self.pending.get(&id).and_then(|p| p.interface).unwrap_or(InterfaceId::BASE);
        self.tell(command, iface, out.u64(nl::ATTR_COOKIE, id.0));
    }

    fn sent(&mut self, id: CommandId, status: SendStatus) {
        let own = self.pending.get(&id).is_none_or(|p| matches!(p.then, Then::Nothing));
        if own || status == SendStatus::Unknown {
            return;
        }
        let eapol = self.eapol.remove(&id);
        let command = if eapol { nl::CMD_CONTROL_PORT_FRAME_TX_STATUS } else { nl::CMD_FRAME_TX_STATUS };
        self.with_cookie(command, id, Out::default().flag(nl::ATTR_ACK, status == SendStatus::Acked));
    }

    fn done(&mut self, id: CommandId, result: Result<Reply, Refused>) {
        let Some(pending) = self.pending.get_mut(&id) else { return };
        let then = std::mem::replace(&mut pending.then, Then::Acknowledge);
        let (socket, header, sequence) = (pending.socket, pending.header, pending.sequence);
        let iface = pending.interface.unwrap_or(InterfaceId::BASE);
        if matches!(then, Then::Nothing) {
            pending.then = Then::Nothing;
            return;
        }
        let reply = match result {
            Ok(reply) => reply,
            Err(refused) => return self.put(socket, wire::acknowledgement(&header, sequence, refused.errno, None)),
        };
        let mut data = None;
        let mut ack_cookie = None;
        match then {
            Then::Cookie => data = Some((nl::CMD_FRAME, Out::default().u64(nl::ATTR_COOKIE, id.0))),
            Then::AckCookie => ack_cookie = Some(id.0),
            Then::Made(kind) => {
                if let Reply::Interface { name, address } = reply {
                    let netdev = kind != InterfaceKind::P2pDevice;
                    let made = Interface {
                        id: iface,
                        wdev: u64::from(iface.0) + 1,
                        ifindex: netdev.then_some(iface.0 + 10),
                        name,
                        kind,
                        address,
                        up: false,
                        registered: Vec::new(),
                        ap: None,
                        client: None,
                        next_aid: 1,
                    };
                    data = Some((nl::CMD_NEW_INTERFACE, describe(&made)));
                    self.interfaces.push(made);
                }
            }
            Then::Kind(kind) => {
                if let Some(i) = self.by_id(iface) {
                    i.kind = kind;
                    i.registered.clear();
                    (i.ap, i.client) = (None, None);
                }
            }
            Then::Up(up) => {
                if let Some(i) = self.by_id(iface) {
                    i.up = up;
                    let message = link(i, 0);
                    if i.ifindex.is_some() {
                        self.put(SocketId::Route, message);
                    }
                }
            }
            Then::Address(address) => {
                if let Some(i) = self.by_id(iface) {
                    i.address = address;
                }
            }
            Then::Station(address) => {
                if let Reply::Station(info) = reply {
                    data = Some((nl::CMD_NEW_STATION, station_info(address, &info)));
                }
            }
            Then::Started(ap) => {
                if let Some(i) = self.by_id(iface) {
                    i.ap = Some(*ap);
                }
                if self.profile.ap_sme() || self.profile.answers_probes() {
                    let kinds = match self.profile.ap_sme() {
                        true => vec![FrameKind::ApMlme, FrameKind::ProbeRequest],
                        false => vec![FrameKind::ProbeRequest],
                    };
                    self.quietly(Command::ReceiveFrames { iface, kinds });
                }
            }
            Then::Stopped => {
                if let Some(i) = self.by_id(iface) {
                    i.ap = None;
                }
            }
            Then::Registered(frame_type, start) => {
                if let Some(i) = self.by_id(iface) {
                    i.registered.push((socket, frame_type, start));
                }
            }
            Then::Acknowledge | Then::Nothing => {}
        }
        if let Some((command, out)) = data {
            self.put(socket, wire::generic(FAMILY, sequence, command, &out));
        }
        self.put(socket, wire::acknowledgement(&header, sequence, 0, ack_cookie));
        let air = self.air.borrow();
        let still: Vec<InterfaceId> = air.interfaces(self.radio).map(|(id, _)| id).collect();
        drop(air);
        self.interfaces.retain(|i| still.contains(&i.id));
    }

    fn received(&mut self, iface: InterfaceId, frequency: u32, signal_dbm: i8, frame: &[u8]) {
        let (ap_sme, answers) = (self.profile.ap_sme(), self.profile.answers_probes());
        let Some(i) = self.by_id(iface) else { return };
        let kind = frame.first().copied().unwrap_or_default();
        let body = frame.get(24..).unwrap_or_default();
        if let Some(ap) = &i.ap {
            let probe = kind == sme::PROBE_REQUEST;
            // Such as ath10k answers what asks for nothing in particular, and leaves the rest to the host.
            let by_driver = if probe { ap_sme || (answers && !sme::is_special(body)) } else { ap_sme };
            if by_driver && kind != 0xd0 {
                let (own, aid) = (i.address, i.next_aid);
                let deed = sme::owner(frame, own, ap, aid);
                if deed.joined.is_some() {
                    i.next_aid += 1;
                }
                self.carry_out(iface, deed);
                if !probe || !ap_sme {
                    return;
                }
            }
        }
        let Some(i) = self.by_id(iface) else { return };
        let matching = |(_, frame_type, start): &&(SocketId, u16, Vec<u8>)| {
            *frame_type == u16::from(kind) && body.starts_with(start)
        };
        let Some((socket, ..)) = i.registered.iter().find(matching) else { return };
        let socket = *socket;
        let mut out = Out::default().u32(nl::ATTR_WIPHY, WIPHY);
        if let Some(ifindex) = i.ifindex {
            out = out.u32(nl::ATTR_IFINDEX, ifindex);
        }
        let out = out
            .u64(nl::ATTR_WDEV, i.wdev)
            .u32(nl::ATTR_WIPHY_FREQ, frequency)
            .u32(nl::ATTR_RX_SIGNAL_DBM, i32::from(signal_dbm).cast_unsigned())
            .bytes(nl::ATTR_FRAME, frame);
        self.put(socket, wire::generic(FAMILY, 0, nl::CMD_FRAME, &out));
    }

    fn carry_out(&mut self, iface: InterfaceId, deed: sme::Deed) {
        if let Some((station, elements)) = deed.joined {
            let address = station.address;
            self.quietly(Command::RemoveStation { iface, address, reason: 1, deauthenticate: false });
            self.quietly(Command::AddStation { iface, station });
            let out = Out::default().bytes(nl::ATTR_MAC, &address.octets()).bytes(nl::ATTR_IE, &elements);
            self.tell(nl::CMD_NEW_STATION, iface, out);
        }
        if let Some(frame) = deed.answer {
            self.send(iface, frame);
        }
        if let Some(address) = deed.left {
            self.quietly(Command::RemoveStation { iface, address, reason: 1, deauthenticate: false });
            self.tell(nl::CMD_DEL_STATION, iface, Out::default().bytes(nl::ATTR_MAC, &address.octets()));
        }
    }

    fn eapol(&mut self, iface: InterfaceId, source: MacAddr, pdu: Vec<u8>, encrypted: Option<bool>) {
        if self.profile.control_port() {
            let out = Out::default()
                .bytes(nl::ATTR_MAC, &source.octets())
                .u16(nl::ATTR_CONTROL_PORT_ETHERTYPE, ETHERTYPE_PAE)
                .flag(nl::ATTR_CONTROL_PORT_NO_ENCRYPT, encrypted == Some(false))
                .bytes(nl::ATTR_FRAME, &pdu);
            return self.tell(nl::CMD_CONTROL_PORT_FRAME, iface, out);
        }
        let ifindex = self.by_id(iface).and_then(|i| i.ifindex);
        let socket = self.packets.values_mut().find(|(index, _)| Some(*index) == ifindex);
        if let Some((_, queue)) = socket {
            queue.push_back((source, pdu));
        }
    }

    fn authenticated(&mut self, iface: InterfaceId, bssid: MacAddr, status: Option<u16>) {
        let Some(i) = self.by_id(iface) else { return };
        let own = i.address;
        if let Some(connecting) = &i.client {
            let association = connecting.association.clone();
            if status == Some(0) {
                return self.quietly(Command::Associate { iface, association });
            }
            i.client = None;
            return self.tell(nl::CMD_CONNECT, iface, answered(bssid, status));
        }
        let out = match status {
            None => Out::default().flag(nl::ATTR_TIMED_OUT, true).bytes(nl::ATTR_MAC, &bssid.octets()),
            Some(status) => {
                let mut frame = sme::header(sme::AUTHENTICATION, own, bssid, bssid);
                frame.extend([0, 0, 2, 0]);
                frame.extend(status.to_le_bytes());
                Out::default().bytes(nl::ATTR_FRAME, &frame)
            }
        };
        self.tell(nl::CMD_AUTHENTICATE, iface, out);
    }

    fn associated(&mut self, iface: InterfaceId, bssid: MacAddr, status: Option<u16>, elements: &[u8]) {
        let Some(i) = self.by_id(iface) else { return };
        let own = i.address;
        if let Some(connecting) = &mut i.client {
            connecting.connected = status == Some(0);
            if status != Some(0) {
                i.client = None;
            }
            let out = answered(bssid, status).bytes(nl::ATTR_RESP_IE, elements);
            return self.tell(nl::CMD_CONNECT, iface, out);
        }
        let out = match status {
            None => Out::default().flag(nl::ATTR_TIMED_OUT, true).bytes(nl::ATTR_MAC, &bssid.octets()),
            Some(status) => {
                let mut frame = sme::header(sme::ASSOCIATION_RESPONSE, own, bssid, bssid);
                frame.extend([0x31, 0x04]);
                frame.extend(status.to_le_bytes());
                frame.extend([1, 0xc0]);
                frame.extend(elements);
                Out::default().bytes(nl::ATTR_FRAME, &frame)
            }
        };
        self.tell(nl::CMD_ASSOCIATE, iface, out);
        // cfg80211 says it again in its own words (cfg80211_rx_assoc_resp).
        self.tell(nl::CMD_CONNECT, iface, answered(bssid, status));
    }

    fn disconnected(&mut self, iface: InterfaceId, bssid: MacAddr, reason: u16, local: bool) {
        let Some(i) = self.by_id(iface) else { return };
        let own = i.address;
        let by_driver = i.client.take().is_some();
        if !by_driver {
            let (to, from) = if local { (bssid, own) } else { (own, bssid) };
            let mut frame = sme::header(sme::DEAUTHENTICATION, to, from, bssid);
            frame.extend(reason.to_le_bytes());
            self.tell(nl::CMD_DEAUTHENTICATE, iface, Out::default().bytes(nl::ATTR_FRAME, &frame));
        }
        let out = Out::default().u16(nl::ATTR_REASON_CODE, reason).flag(nl::ATTR_DISCONNECTED_BY_AP, !local);
        self.tell(nl::CMD_DISCONNECT, iface, out);
    }
}

/// The attributes of `NL80211_CMD_CONNECT`.
fn answered(bssid: MacAddr, status: Option<u16>) -> Out {
    match status {
        None => Out::default().u16(nl::ATTR_STATUS_CODE, 1).flag(nl::ATTR_TIMED_OUT, true),
        Some(status) => Out::default().bytes(nl::ATTR_MAC, &bssid.octets()).u16(nl::ATTR_STATUS_CODE, status),
    }
}

fn kind_of(iftype: u32) -> InterfaceKind {
    match iftype {
        nl::IFTYPE_STATION => InterfaceKind::Station,
        nl::IFTYPE_AP => InterfaceKind::Ap,
        nl::IFTYPE_P2P_CLIENT => InterfaceKind::P2pClient,
        nl::IFTYPE_P2P_GO => InterfaceKind::P2pGo,
        nl::IFTYPE_P2P_DEVICE => InterfaceKind::P2pDevice,
        _ => InterfaceKind::Other,
    }
}

fn iftype_of(kind: InterfaceKind) -> u32 {
    match kind {
        InterfaceKind::Ap => nl::IFTYPE_AP,
        InterfaceKind::P2pClient => nl::IFTYPE_P2P_CLIENT,
        InterfaceKind::P2pGo => nl::IFTYPE_P2P_GO,
        InterfaceKind::P2pDevice => nl::IFTYPE_P2P_DEVICE,
        _ => nl::IFTYPE_STATION,
    }
}

fn is_ap(kind: InterfaceKind) -> bool {
    matches!(kind, InterfaceKind::Ap | InterfaceKind::P2pGo)
}

fn describe(i: &Interface) -> Out {
    let mut out = Out::default().u32(nl::ATTR_WIPHY, WIPHY);
    if let Some(ifindex) = i.ifindex {
        out = out.u32(nl::ATTR_IFINDEX, ifindex).text(nl::ATTR_IFNAME, &i.name);
    }
    out.u64(nl::ATTR_WDEV, i.wdev).u32(nl::ATTR_IFTYPE, iftype_of(i.kind)).bytes(nl::ATTR_MAC, &i.address.octets())
}

/// `RTM_NEWLINK`
fn link(i: &Interface, sequence: u32) -> Vec<u8> {
    let mut payload = vec![0; 4];
    payload.extend(i.ifindex.unwrap_or_default().to_ne_bytes());
    payload.extend(u32::from(i.up).to_ne_bytes());
    payload.extend([0; 4]);
    payload.extend(Out::default().text(IFLA_IFNAME, &i.name).bytes(IFLA_ADDRESS, &i.address.octets()).0);
    wire::message(RTM_NEWLINK, 0, sequence, &payload)
}

/// What the air is to deliver when this registration is added.
fn filters(i: &Interface, frame_type: u16, start: &[u8]) -> Vec<FrameKind> {
    let all = i.registered.iter().map(|(_, t, s)| (*t, s.as_slice())).chain([(frame_type, start)]);
    let mut kinds = Vec::new();
    for (frame_type, start) in all {
        let kind = match frame_type {
            0xd0 => FrameKind::Action(start.to_vec()),
            0x40 => FrameKind::ProbeRequest,
            _ => FrameKind::ApMlme,
        };
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    kinds
}

fn scan(a: Attrs<'_>) -> ScanRequest {
    let list = |kind| a.nest(kind).iter();
    let number = |value: &[u8]| value.try_into().map(u32::from_ne_bytes).unwrap_or_default();
    ScanRequest {
        ssids: list(nl::ATTR_SCAN_SSIDS).map(|(_, ssid)| ssid.to_vec()).collect(),
        frequencies: list(nl::ATTR_SCAN_FREQUENCIES).map(|(_, f)| number(f)).collect(),
        elements: a.bytes(nl::ATTR_IE),
        no_cck: a.has(nl::ATTR_TX_NO_CCK_RATE),
        bssid: a.get(nl::ATTR_BSSID).and_then(MacAddr::from_slice),
        dwell_tu: a.u16(nl::ATTR_MEASUREMENT_DURATION),
        flush: a.u32(nl::ATTR_SCAN_FLAGS).unwrap_or(0) & nl::SCAN_FLAG_FLUSH != 0,
    }
}

fn beacon(a: Attrs<'_>) -> Beacon {
    Beacon {
        head: a.bytes(nl::ATTR_BEACON_HEAD),
        tail: a.bytes(nl::ATTR_BEACON_TAIL),
        probe_response: a.bytes(nl::ATTR_PROBE_RESP),
        beacon_elements: a.bytes(nl::ATTR_IE),
        probe_response_elements: a.bytes(nl::ATTR_IE_PROBE_RESP),
        association_response_elements: a.bytes(nl::ATTR_IE_ASSOC_RESP),
    }
}

fn channel(a: Attrs<'_>) -> Channel {
    let frequency = a.u32(nl::ATTR_WIPHY_FREQ).unwrap_or_default();
    let width = match a.u32(nl::ATTR_CHANNEL_WIDTH) {
        Some(1) => Width::Ht20,
        Some(2) => Width::Mhz40,
        Some(3) => Width::Mhz80,
        _ => Width::NoHt20,
    };
    Channel { frequency, width, centre: a.u32(nl::ATTR_CENTER_FREQ1).unwrap_or(frequency) }
}

fn access_point(a: Attrs<'_>) -> AccessPoint {
    let short = |kind| a.u32(kind).and_then(|n| u16::try_from(n).ok()).unwrap_or_default();
    AccessPoint {
        ssid: a.bytes(nl::ATTR_SSID),
        channel: channel(a),
        beacon_interval: short(nl::ATTR_BEACON_INTERVAL),
        dtim_period: u8::try_from(short(nl::ATTR_DTIM_PERIOD)).unwrap_or_default(),
        beacon: beacon(a),
        ctwindow: a.u8(nl::ATTR_P2P_CTWINDOW).unwrap_or_default(),
        basic_rates: Vec::new(),
        isolate: false,
    }
}

fn switch(a: Attrs<'_>) -> ChannelSwitch {
    let during = a.nest(nl::ATTR_CSA_IES);
    ChannelSwitch {
        channel: channel(a),
        count: u8::try_from(a.u32(nl::ATTR_CH_SWITCH_COUNT).unwrap_or_default()).unwrap_or_default(),
        block_transmission: a.has(nl::ATTR_CH_SWITCH_BLOCK_TX),
        during: beacon(during),
        counter_offset: during.u16(nl::ATTR_CNTDWN_OFFS_BEACON).unwrap_or_default(),
        after: beacon(a),
    }
}

/// Mask and values of `struct nl80211_sta_flag_update`.
fn flags2(a: Attrs<'_>) -> (u32, u32) {
    let bytes = a.get(nl::ATTR_STA_FLAGS2).unwrap_or_default();
    let number = |at: usize| bytes.get(at..at + 4).and_then(|b| b.try_into().ok()).map_or(0, u32::from_ne_bytes);
    (number(0), number(4))
}

/// What becomes of the controlled port, if nothing else changes.
fn port_only(a: Attrs<'_>) -> Option<bool> {
    let (mask, set) = flags2(a);
    let bit = 1 << nl::STA_FLAG_AUTHORIZED;
    (mask == bit && !a.has(nl::ATTR_STA_CAPABILITY)).then_some(set & bit != 0)
}

fn station(a: Attrs<'_>) -> StationParameters {
    let (_, set) = flags2(a);
    let on = |flag: u32| set & (1 << flag) != 0;
    let rates = a.u16(nl::ATTR_STA_CAPABILITY).map(|capability| StationRates {
        aid: a.u16(nl::ATTR_STA_AID).unwrap_or_default(),
        listen_interval: a.u16(nl::ATTR_STA_LISTEN_INTERVAL).unwrap_or_default(),
        capability,
        rates: a.bytes(nl::ATTR_STA_SUPPORTED_RATES),
        ht: a.get(nl::ATTR_HT_CAPABILITY).map(<[u8]>::to_vec),
        vht: a.get(nl::ATTR_VHT_CAPABILITY).map(<[u8]>::to_vec),
        uapsd: None,
    });
    StationParameters {
        address: a.get(nl::ATTR_MAC).and_then(MacAddr::from_slice).unwrap_or_default(),
        flags: StationFlags {
            authenticated: on(nl::STA_FLAG_AUTHENTICATED),
            associated: on(nl::STA_FLAG_ASSOCIATED),
            authorized: on(nl::STA_FLAG_AUTHORIZED),
            wme: on(nl::STA_FLAG_WME),
            short_preamble: on(nl::STA_FLAG_SHORT_PREAMBLE),
        },
        rates,
    }
}

fn association(a: Attrs<'_>) -> Association {
    Association {
        bssid: a.get(nl::ATTR_MAC).and_then(MacAddr::from_slice).unwrap_or_default(),
        frequency: a.u32(nl::ATTR_WIPHY_FREQ).unwrap_or_default(),
        ssid: a.bytes(nl::ATTR_SSID),
        elements: a.bytes(nl::ATTR_IE),
        rsn: a.has(nl::ATTR_WPA_VERSIONS),
    }
}

fn station_info(address: MacAddr, info: &StationInfo) -> Out {
    let mut out = Out::default();
    if let Some(ms) = info.inactive_ms {
        out = out.u32(nl::STA_INFO_INACTIVE_TIME, ms);
    }
    if let Some(dbm) = info.signal_dbm {
        out = out.u8(nl::STA_INFO_SIGNAL, dbm.cast_unsigned());
    }
    for (kind, value) in [(nl::STA_INFO_RX_BYTES64, info.rx_bytes), (nl::STA_INFO_TX_BYTES64, info.tx_bytes)] {
        if let Some(value) = value {
            out = out.u64(kind, value);
        }
    }
    let numbers = [
        (nl::STA_INFO_RX_PACKETS, info.rx_packets),
        (nl::STA_INFO_TX_PACKETS, info.tx_packets),
        (nl::STA_INFO_CONNECTED_TIME, info.connected_s),
    ];
    for (kind, value) in numbers {
        if let Some(value) = value {
            out = out.u32(kind, value);
        }
    }
    Out::default().bytes(nl::ATTR_MAC, &address.octets()).nest(nl::ATTR_STA_INFO, out)
}

/// One network of the scan results.
fn network(bss: &Bss) -> Out {
    let mut out = Out::default()
        .bytes(nl::BSS_BSSID, &bss.bssid.octets())
        .u32(nl::BSS_FREQUENCY, bss.frequency)
        .u64(nl::BSS_TSF, bss.tsf)
        .u16(nl::BSS_BEACON_INTERVAL, bss.beacon_interval)
        .u16(nl::BSS_CAPABILITY, bss.capability)
        .u32(nl::BSS_SIGNAL_MBM, (i32::from(bss.signal_dbm) * 100).cast_unsigned())
        .u32(nl::BSS_SEEN_MS_AGO, bss.age_ms)
        .bytes(nl::BSS_INFORMATION_ELEMENTS, bss.elements());
    if !bss.beacon.is_empty() {
        out = out.bytes(nl::BSS_BEACON_IES, &bss.beacon);
    }
    let out = out.flag(nl::BSS_PRESP_DATA, !bss.probe_response.is_empty());
    Out::default().u32(nl::ATTR_WIPHY, WIPHY).nest(nl::ATTR_BSS, out)
}

/// The driver's end of the sockets.
#[derive(Clone)]
pub struct Sockets(pub Rc<RefCell<Kernel>>);

impl NetlinkSockets for Sockets {
    fn open(&mut self, socket: SocketId, protocol: &Protocol) -> io::Result<()> {
        let mut kernel = self.0.borrow_mut();
        match protocol {
            Protocol::Eapol(ifindex) => drop(kernel.packets.insert(socket, (*ifindex, VecDeque::new()))),
            _ => drop(kernel.open.insert(socket, VecDeque::new())),
        }
        Ok(())
    }

    fn join(&mut self, _socket: SocketId, _groups: &[u32]) -> io::Result<()> {
        Ok(())
    }

    fn close(&mut self, socket: SocketId) {
        let mut kernel = self.0.borrow_mut();
        kernel.open.remove(&socket);
        kernel.packets.remove(&socket);
        // Registrations end with their socket.
        for i in &mut kernel.interfaces {
            i.registered.retain(|(by, ..)| *by != socket);
        }
    }

    fn send(&mut self, socket: SocketId, message: &[u8]) -> io::Result<()> {
        self.0.borrow_mut().request(socket, message);
        Ok(())
    }

    fn send_packet(&mut self, socket: SocketId, destination: MacAddr, pdu: &[u8]) -> io::Result<()> {
        let mut kernel = self.0.borrow_mut();
        let ifindex = kernel.packets.get(&socket).map(|(index, _)| *index);
        let iface = kernel.interfaces.iter().find(|i| i.ifindex == ifindex).map(|i| i.id);
        let iface = iface.ok_or_else(|| io::Error::from_raw_os_error(ENODEV))?;
        // A packet socket knows nothing of keys: what is sent there is encrypted as soon as there is one.
        kernel.quietly(Command::SendEapol { iface, destination, pdu: pdu.to_vec(), encrypt: true });
        Ok(())
    }

    fn poll_receive(&mut self, _: &mut Context<'_>, buffer: &mut [u8]) -> Poll<Received> {
        let mut kernel = self.0.borrow_mut();
        for (socket, queue) in &mut kernel.open {
            if let Some(bytes) = queue.pop_front() {
                let room = buffer.get_mut(..bytes.len()).expect("the driver's buffer holds any message of ours");
                room.copy_from_slice(&bytes);
                return Poll::Ready(Received::Datagram(*socket, bytes.len()));
            }
        }
        for (socket, (_, queue)) in &mut kernel.packets {
            if let Some((source, pdu)) = queue.pop_front() {
                let room = buffer.get_mut(..pdu.len()).expect("the driver's buffer holds any PDU");
                room.copy_from_slice(&pdu);
                return Poll::Ready(Received::Packet(*socket, source, pdu.len()));
            }
        }
        Poll::Pending
    }

    fn since_boot(&self) -> Duration {
        self.0.borrow().air.borrow().now()
    }
}

//! The driver without its sockets: commands and bytes go in, bytes and events come out.
//!
//! A [`Machine`] is driven like the protocol machines of this workspace: call [`Machine::command`],
//! [`Machine::received`] or one of the other inputs, then drain [`Machine::poll_output`]. It reads no clock and opens
//! nothing, so a scripted kernel or a fuzzer can stand in for the real one.
//!
//! Netlink as it is used here: nl80211 carries out a request while it is being sent, and queues its answer on the
//! socket that it came from. What nobody asked for comes with sequence number 0: received frames to the socket that
//! registered for them, everything else to the sockets that joined a multicast group.

mod commands;
mod events;
mod jobs;
mod neighbours;
mod recovery;
mod table;
#[cfg(test)]
mod tests;
mod under_way;

use crate::errno;
use crate::netlink::{self, Answer};
use crate::opening::Opened;
use crate::quirks::{Effect, quirks};
use crate::wiphy::{Features, Wiphy};
use crate::{interface, link, scan};
use core::time::Duration;
use ieee80211_ies::MacAddr;
use jobs::{Job, Work};
use radio::{Bss, Capabilities, Command, CommandId, Discovery, Event, InterfaceId, Plan, Refused, Reply, SendStatus};
use std::collections::{BTreeMap, VecDeque};
use table::{Awaited, CookieKind, Early, Interface, Report, Wait};
use zeroize::Zeroizing;

/// Octets of an Ethernet header: destination, source, EtherType.
const ETHERNET_HEADER: usize = 14;

/// Most commands that wait for their turn, over all interfaces; more are refused. The caller has a handful under way.
const MAX_QUEUED: usize = 256;

/// One of the driver's sockets, in the order in which they are to be heard: of what the kernel reports on several at
/// once, its answers and its state come before the frames that depend on them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum SocketId {
    /// Requests, their answers, reports to everybody, and what comes to the owner of a connection: EAPOL.
    Control,
    /// rtnetlink: network interfaces up and down, their names and addresses.
    Route,
    /// The removal of what a dead process has left.
    Leftovers,
    /// Received management frames. Apart from the control socket so that a flood of frames costs no answers.
    Frames,
    /// EAPOL of one interface, for a kernel that does not carry it over nl80211.
    Packet(InterfaceId),
    /// Received probe requests of one interface: registrations end only with their socket, and these are worth ending.
    Probes(InterfaceId),
}

/// What a socket is opened with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Protocol {
    /// Generic netlink, joined to these multicast groups.
    Generic(Vec<u32>),
    /// rtnetlink, joined to these multicast groups.
    Route(Vec<u32>),
    /// A datagram packet socket for EAPOL (`ETH_P_PAE`) on the network interface of this index.
    Eapol(u32),
}

/// What the machine wants done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Output {
    /// A socket is to be opened; when that fails, [`Machine::failed`] is to be told.
    Open(SocketId, Protocol),
    /// A socket is to be closed.
    Close(SocketId),
    /// A message is to be sent. When that fails, [`Machine::not_sent`] is to be told.
    Send(SocketId, Outgoing),
    /// An EAPOL PDU is to be sent on a packet socket; then [`Machine::packet_sent`] is to be told.
    SendPacket(SocketId, MacAddr, Vec<u8>),
    /// Something for the caller.
    Event(Event),
}

/// A message for the kernel. It may hold a key: it is wiped when dropped, and its octets are not printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Outgoing(Zeroizing<Vec<u8>>);

impl core::ops::Deref for Outgoing {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl core::fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "[{} octets]", self.0.len())
    }
}

/// The driver's state, see the module's documentation.
#[derive(Debug)]
pub struct Machine {
    family: u16,
    wiphy: u32,
    capabilities: Capabilities,
    features: Features,
    interfaces: Vec<Interface>,
    /// The sequence number of the last request.
    sequence: u32,
    pending: BTreeMap<u32, Pending>,
    queues: BTreeMap<Option<InterfaceId>, VecDeque<Work>>,
    jobs: BTreeMap<u64, Job>,
    last_job: u64,
    /// Dumps that wait: the kernel does one a socket at a time.
    dumps: VecDeque<Dump>,
    awaited: Vec<Awaited>,
    /// Reports with a cookie that no answer has named yet.
    early: VecDeque<Early>,
    /// Transmissions whose wait can still be ended.
    waits: VecDeque<Wait>,
    recovery: recovery::Recovery,
    neighbours: neighbours::Neighbours,
    /// The driver reports frames as acknowledged that have never left.
    status_says_nothing: bool,
    outputs: VecDeque<Output>,
    now: Duration,
}

/// A request that has been sent.
#[derive(Debug)]
struct Pending {
    socket: SocketId,
    purpose: Purpose,
}

/// What an answer is for.
#[derive(Debug)]
enum Purpose {
    /// A step of a job.
    Job(u64),
    /// A dump.
    Dump(Dump),
    /// A marker: when it is answered, what of these is not answered has lost its answer.
    Marker(Vec<u32>),
    /// What became of something while reports were lost.
    Recovery(recovery::Question),
}

/// A dump, and what of it was read.
#[derive(Debug)]
struct Dump {
    what: Dumped,
    /// The tries that are left when what is dumped changes meanwhile.
    tries: u8,
    inconsistent: bool,
}

/// What is dumped.
#[derive(Debug)]
enum Dumped {
    Scan { iface: InterfaceId, id: Option<CommandId>, aborted: bool, seen: Vec<Bss> },
    Channels { change: crate::regulatory::Change, wiphy: Box<Wiphy> },
    Interfaces { seen: Vec<interface::InterfaceInfo> },
    Neighbours { seen: Vec<interface::InterfaceInfo> },
}

/// Tries of a dump that comes out inconsistent.
const DUMP_TRIES: u8 = 3;

impl Machine {
    /// The machine of a radio that has just been opened, on the sockets
    /// [`SocketId::Control`] and [`SocketId::Route`] that the opening used. Its first output opens another.
    pub(crate) fn new(mut opened: Opened) -> Self {
        let interfaces = std::mem::take(&mut opened.interfaces);
        let mut machine = Self {
            family: opened.family,
            wiphy: opened.wiphy,
            capabilities: opened.capabilities,
            features: opened.features,
            interfaces: vec![Interface::base(&opened.base, opened.up)],
            sequence: opened.sequence,
            pending: BTreeMap::new(),
            queues: BTreeMap::new(),
            jobs: BTreeMap::new(),
            last_job: 0,
            dumps: VecDeque::new(),
            awaited: Vec::new(),
            early: VecDeque::new(),
            waits: VecDeque::new(),
            recovery: recovery::Recovery::default(),
            neighbours: neighbours::Neighbours::default(),
            status_says_nothing: false,
            outputs: VecDeque::new(),
            now: Duration::ZERO,
        };
        machine.outputs.push_back(Output::Open(SocketId::Frames, Protocol::Generic(Vec::new())));
        machine.neighbours_seen(&interfaces);
        machine
    }

    /// What the radio can do.
    pub fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// Takes the name of the radio's driver, which nl80211 does not tell, and with it what is known of that driver.
    pub(crate) fn name_driver(&mut self, name: &str) {
        name.clone_into(&mut self.capabilities.driver);
        for quirk in quirks(name) {
            tracing::info!(driver = name, source = quirk.source, "{}", quirk.reason);
            self.status_says_nothing |= quirk.effect == Effect::StatusSaysNothing;
            self.capabilities.draws_device_address |= quirk.effect == Effect::DrawsDeviceAddress;
        }
    }

    /// Which family nl80211 is.
    pub(crate) fn family(&self) -> u16 {
        self.family
    }

    /// The wireless device ids of our interfaces.
    pub(crate) fn wdevs(&self) -> Vec<u64> {
        self.interfaces.iter().map(|i| i.wdev).collect()
    }

    /// The base interface, where discovery is to run on that.
    pub(crate) fn base_for_discovery(&self) -> Option<crate::leftover::ExistingInterface> {
        let base = self.interface(InterfaceId::BASE)?;
        let (name, kind, address, wdev) = (base.name.clone(), base.kind, base.address, base.wdev);
        let wanted = Plan::new(&self.capabilities, false).discovery == Discovery::Base;
        wanted.then_some(crate::leftover::ExistingInterface { name, kind, address, wdev })
    }

    /// Takes a command. It ends in exactly one [`Event::Done`].
    pub fn command(&mut self, id: CommandId, command: Command) {
        let key = command.interface();
        if self.queues.values().map(VecDeque::len).sum::<usize>() >= MAX_QUEUED {
            return self.done(id, Err(errno::refused(libc::ENOBUFS, "too many commands wait")));
        }
        self.queues.entry(key).or_default().push_back(Work::Command(id, Box::new(command)));
        self.advance(key);
    }

    /// The next thing to do; `None` when there is nothing until the next input.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Takes a datagram of a netlink socket. `now` is the time since boot (`CLOCK_BOOTTIME`).
    pub fn received(&mut self, socket: SocketId, now: Duration, datagram: &[u8]) {
        self.now = now;
        for message in netlink::messages(datagram) {
            self.message(socket, &message);
        }
    }

    /// Takes an EAPOL PDU of a packet socket.
    pub fn packet_received(&mut self, socket: SocketId, source: MacAddr, pdu: &[u8]) {
        if let (SocketId::Packet(iface), true) = (socket, pdu.len() <= crate::eapol::MAX_PDU) {
            self.eapol_received(iface, crate::eapol::Pdu { source, pdu: pdu.to_vec(), encrypted: None });
        }
    }

    /// Takes word of an EAPOL PDU that was to be sent: accepted, or refused with an error number.
    pub fn packet_sent(&mut self, socket: SocketId, result: Result<(), i32>) {
        let SocketId::Packet(iface) = socket else { return };
        let job = self.jobs.iter_mut().find(|(_, job)| job.iface == Some(iface) && job.sends_packet());
        if let Some((number, job)) = job {
            let number = *number;
            job.cookie = job.packet_cookie();
            self.step_done(number, result.map(|()| None).map_err(|errno| errno::refused(errno, "")));
        }
    }

    /// Takes word of what became of an EAPOL PDU sent on a packet socket: its Ethernet frame comes back with it.
    pub fn packet_status(&mut self, socket: SocketId, frame: &[u8], acked: bool) {
        let (SocketId::Packet(_), Some((header, pdu))) = (socket, frame.split_first_chunk::<ETHERNET_HEADER>()) else {
            return;
        };
        let Some(destination) = MacAddr::from_slice(header) else { return };
        let status = if acked { SendStatus::Acked } else { SendStatus::NotAcked };
        self.report(CookieKind::Packet, crate::eapol::cookie(destination, pdu), Report::Status(status));
    }

    /// Takes word that a socket could not be opened, or is broken. What was asked on it is refused.
    pub fn failed(&mut self, socket: SocketId, errno: i32) {
        let lost: Vec<u32> = self.pending.iter().filter(|(_, p)| p.socket == socket).map(|(s, _)| *s).collect();
        for sequence in lost {
            if let Some(pending) = self.pending.remove(&sequence) {
                self.answered(pending, Err(errno::refused(errno, "the driver's socket failed")));
            }
        }
        self.recovery.forget(socket);
        if matches!(socket, SocketId::Packet(_)) {
            self.packet_sent(socket, Err(errno));
        }
        if socket == SocketId::Control {
            self.event(Event::Gone);
        }
    }

    /// Takes word that a message could not be sent; what it asked is refused.
    pub fn not_sent(&mut self, message: &[u8], errno: i32) {
        for message in netlink::messages(message) {
            if let Some(pending) = self.pending.remove(&message.sequence) {
                self.answered(pending, Err(errno::refused(errno, "the request could not be sent")));
            }
        }
    }

    fn send(&mut self, socket: SocketId, bytes: Zeroizing<Vec<u8>>) {
        match self.recovery.held(socket) {
            Some(held) => held.push(Outgoing(bytes)),
            None => self.outputs.push_back(Output::Send(socket, Outgoing(bytes))),
        }
    }

    fn event(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }

    fn done(&mut self, id: CommandId, result: Result<Reply, Refused>) {
        self.event(Event::Done { id, result });
    }

    fn next_sequence(&mut self) -> u32 {
        // 0 is what the kernel uses for what nobody asked for.
        self.sequence = self.sequence.checked_add(1).unwrap_or(1);
        self.sequence
    }

    fn interface(&self, id: InterfaceId) -> Option<&Interface> {
        self.interfaces.iter().find(|i| i.id == id)
    }

    fn interface_mut(&mut self, id: InterfaceId) -> Option<&mut Interface> {
        self.interfaces.iter_mut().find(|i| i.id == id)
    }

    /// Gives a message to the request that it answers, or to the stream of events.
    fn message(&mut self, socket: SocketId, message: &netlink::Message<'_>) {
        let asked = message.sequence != 0 && self.pending.get(&message.sequence).is_some_and(|p| p.socket == socket);
        if !asked {
            return match socket {
                SocketId::Route => self.link_changed(message),
                _ if message.kind == self.family => self.reported(socket, message),
                _ => {}
            };
        }
        match message.answer() {
            Answer::Noop => {}
            Answer::Data => self.data(message),
            Answer::Acknowledged { cookie } => {
                if let Some(pending) = self.pending.remove(&message.sequence) {
                    self.answered(pending, Ok(cookie));
                }
            }
            Answer::Refused { errno, text } => {
                let refused = errno::refused(errno, text);
                if let Some(pending) = self.pending.remove(&message.sequence) {
                    self.answered(pending, Err(refused));
                }
            }
        }
    }

    /// Takes the data of an answer, in front of its acknowledgement.
    fn data(&mut self, message: &netlink::Message<'_>) {
        let now = self.now;
        let Some(pending) = self.pending.get_mut(&message.sequence) else { return };
        match &mut pending.purpose {
            Purpose::Job(number) => {
                let number = *number;
                if let (Some((_, attributes)), true) = (message.generic(), message.kind == self.family) {
                    self.step_data(number, attributes);
                }
            }
            Purpose::Dump(dump) => {
                dump.inconsistent |= message.flags & netlink::NLM_F_DUMP_INTR != 0;
                let Some((_, attributes)) = message.generic() else { return };
                match &mut dump.what {
                    Dumped::Scan { seen, .. } => {
                        if let Some(bss) = scan::parse(attributes, now).filter(|_| seen.len() < scan::MAX_BSS) {
                            seen.push(bss);
                        }
                    }
                    Dumped::Channels { wiphy, .. } => wiphy.add(attributes),
                    Dumped::Interfaces { seen } | Dumped::Neighbours { seen } => {
                        let room = seen.len() < crate::opening::MAX_INTERFACES;
                        seen.extend(interface::parse(attributes).filter(|_| room));
                    }
                }
            }
            Purpose::Recovery(recovery::Question::Link) => self.link_changed(message),
            Purpose::Marker(_) | Purpose::Recovery(_) => {}
        }
    }

    /// Takes the end of an answer.
    fn answered(&mut self, pending: Pending, result: Result<Option<u64>, Refused>) {
        match pending.purpose {
            Purpose::Job(number) => self.step_done(number, result),
            Purpose::Dump(dump) => self.dumped(dump, result.err()),
            Purpose::Marker(asked) => self.marker_returned(pending.socket, &asked),
            Purpose::Recovery(question) => self.recovered(question, result.err()),
        }
    }

    /// Asks for a dump as soon as no other runs.
    fn dump(&mut self, what: Dumped) {
        self.dumps.push_back(Dump { what, tries: DUMP_TRIES, inconsistent: false });
        self.next_dump();
    }

    fn next_dump(&mut self) {
        let running = self.pending.values().any(|p| matches!(p.purpose, Purpose::Dump(_)));
        if running {
            return;
        }
        let Some(mut dump) = self.dumps.pop_front() else { return };
        dump.inconsistent = false;
        let request = match &mut dump.what {
            Dumped::Scan { iface, seen, .. } => {
                seen.clear();
                scan::results(*iface)
            }
            Dumped::Channels { wiphy, .. } => {
                **wiphy = Wiphy::new(self.wiphy);
                crate::wiphy::get(self.wiphy, true)
            }
            Dumped::Interfaces { seen } | Dumped::Neighbours { seen } => {
                seen.clear();
                interface::get_all()
            }
        };
        self.ask(SocketId::Control, request, Purpose::Dump(dump));
    }

    /// Takes the end of a dump.
    fn dumped(&mut self, mut dump: Dump, refused: Option<Refused>) {
        if dump.inconsistent && refused.is_none() && dump.tries > 1 {
            dump.tries -= 1;
            self.dumps.push_front(dump);
            return self.next_dump();
        }
        match dump.what {
            Dumped::Scan { id, aborted, seen, .. } => self.event(Event::ScanDone { id, aborted, seen }),
            Dumped::Channels { change, wiphy } => {
                let (mut capabilities, _) = wiphy.finish(&crate::Options::default());
                let channels = capabilities.bands.iter().flat_map(|b| b.channels.iter().copied()).collect();
                if !capabilities.bands.is_empty() {
                    self.capabilities.bands = std::mem::take(&mut capabilities.bands);
                }
                self.capabilities.country = change.country.clone();
                let crate::regulatory::Change { country, initiator, kind } = change;
                self.event(Event::Regulatory { country, initiator, kind, channels });
            }
            Dumped::Interfaces { seen } => {
                if refused.is_none() {
                    self.compare_interfaces(&seen);
                    self.neighbours_seen(&seen);
                }
                self.recovered(recovery::Question::Interfaces, refused);
            }
            Dumped::Neighbours { seen } => {
                if refused.is_none() {
                    self.neighbours_seen(&seen);
                }
            }
        }
        self.next_dump();
    }

    /// Writes a request and sends it.
    fn ask(&mut self, socket: SocketId, request: crate::request::Request, purpose: Purpose) {
        let sequence = self.next_sequence();
        let target = match self.target(request.target()) {
            Ok(target) => target,
            Err(refused) => return self.answered(Pending { socket, purpose }, Err(refused)),
        };
        match request.encode(self.family, sequence, target) {
            Ok(bytes) => {
                self.pending.insert(sequence, Pending { socket, purpose });
                self.send(socket, bytes);
            }
            Err(too_long) => self.answered(Pending { socket, purpose }, Err(too_long.into())),
        }
    }

    /// The attributes that name whom a request concerns.
    fn target(&self, target: crate::request::Target) -> Result<crate::request::Set, Refused> {
        use crate::nl80211 as nl;
        use crate::request::{Set, Target};
        Ok(match target {
            Target::None => Set::default(),
            Target::Wiphy => Set::default().u32(nl::NL80211_ATTR_WIPHY, self.wiphy),
            Target::Interface(id) => {
                let interface = self.interface(id).ok_or_else(no_interface)?;
                match interface.ifindex {
                    Some(ifindex) => Set::default().u32(nl::NL80211_ATTR_IFINDEX, ifindex),
                    None => Set::default().u64(nl::NL80211_ATTR_WDEV, interface.wdev),
                }
            }
        })
    }

    /// Asks rtnetlink for a change to a link.
    fn change_link(&mut self, ifindex: u32, change: link::Change, job: u64) {
        let sequence = self.next_sequence();
        self.pending.insert(sequence, Pending { socket: SocketId::Route, purpose: Purpose::Job(job) });
        self.send(SocketId::Route, Zeroizing::new(link::change(ifindex, change, sequence)));
    }
}

/// The answer to a command about an interface that there is not.
fn no_interface() -> Refused {
    errno::refused(libc::ENODEV, "there is no such interface")
}

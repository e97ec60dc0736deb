//! Commands as they are carried out: a job is a series of requests, and knows what to do when one is refused.

use super::table::{Awaited, Client, Interface, Kind, MAX_WAITS, Wait};
use super::{Machine, Output, Protocol, Purpose, SocketId, no_interface};
use crate::eapol;
use crate::errno;
use crate::frames::{self, Registration};
use crate::netlink::Attributes;
use crate::request::Request;
use crate::{interface, link, nl80211 as nl, station};
use ieee80211_ies::MacAddr;
use radio::{Channel, Command, CommandId, Event, InterfaceId, InterfaceKind, Refused, Reply, SendStatus, StationInfo};
use radio::{FrameKind, Transmission};
use std::collections::VecDeque;

/// What waits for its turn on an interface.
#[derive(Debug)]
pub(super) enum Work {
    /// A command, planned when its turn comes.
    Command(CommandId, Box<Command>),
    /// A job of that number is under way.
    Running(u64),
}

/// A command under way.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) id: Option<CommandId>,
    pub(super) iface: Option<InterfaceId>,
    pub(super) steps: VecDeque<Step>,
    /// The step under way.
    pub(super) current: Option<Step>,
    /// What to make of it when all is done.
    pub(super) finish: Finish,
    /// Why it failed; what remains to be done undoes it.
    pub(super) refused: Option<Refused>,
    pub(super) cookie: Option<u64>,
    pub(super) station: StationInfo,
    pub(super) queue: Option<Option<InterfaceId>>,
}

/// One step of a job.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// A request to nl80211.
    Ask { socket: SocketId, request: Request, take: Take, otherwise: Otherwise },
    /// A change to a network interface.
    Link { change: link::Change, otherwise: Otherwise },
    /// Registers again for all wanted frames; the kernel has forgotten them.
    Reregister,
    /// Opens a socket.
    Open(SocketId),
    /// Closes a socket.
    Close(SocketId),
    /// Sends an EAPOL PDU on the packet socket.
    Packet(MacAddr, Vec<u8>),
}

/// What to take from an answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Take {
    Nothing,
    /// A cookie.
    Cookie,
    /// The interface that was made, called so, with this address if one was asked for.
    Made {
        name: String,
        address: Option<MacAddr>,
    },
    /// The interface as it is now.
    Described,
    /// What is known of a station.
    Station,
    /// The interface is of another kind now.
    Kind(InterfaceKind),
    /// Frames are delivered.
    Registered(Registration),
    /// It is up, or down.
    Up(bool),
}

/// What to do when a step is refused.
#[derive(Clone, Debug)]
pub(super) enum Otherwise {
    /// The command is refused.
    Refuse,
    /// Nothing.
    Ignore,
    /// The frames are delivered already, if the kernel says so.
    HasAlready,
    /// These steps instead, unless it was refused for good.
    Instead(Vec<Step>),
    /// The command is refused, and what it did so far undone.
    Undo(Vec<Step>),
}

/// What a job has brought about when it ends well.
#[derive(Debug)]
pub(super) enum Finish {
    Nothing,
    Created,
    Removed,
    Scan,
    Remain {
        frequency: u32,
    },
    Transmit {
        no_ack: bool,
        leaves: bool,
    },
    /// The stay for a frame that is sent once there.
    Emulate(Transmission),
    /// The frame of an emulated transmission; its command is done already.
    EmulatedFrame(CommandId),
    Eapol {
        status: bool,
    },
    ApStarted(Channel),
    ApStopped,
    Asked,
    Station,
    Probe(MacAddr),
    Wanted(Vec<FrameKind>),
}

/// A transmission that waits for its channel.
#[derive(Debug)]
pub(super) struct Emulated {
    pub(super) transmission: Transmission,
    /// Whether the frame has been handed to the radio.
    pub(super) sent: bool,
}

impl Job {
    pub(super) fn new(id: Option<CommandId>, iface: Option<InterfaceId>, steps: Vec<Step>, finish: Finish) -> Self {
        Self {
            id,
            iface,
            steps: steps.into(),
            current: None,
            finish,
            refused: None,
            cookie: None,
            station: StationInfo::default(),
            queue: None,
        }
    }

    /// Whether its current step waits for word of a packet socket.
    pub(super) fn sends_packet(&self) -> bool {
        matches!(self.current, Some(Step::Packet(..)))
    }

    /// By what word of the PDU that is sent on a packet socket will be known.
    pub(super) fn packet_cookie(&self) -> Option<u64> {
        match &self.current {
            Some(Step::Packet(destination, pdu)) => Some(eapol::cookie(*destination, pdu)),
            _ => None,
        }
    }
}

/// A request whose refusal is the command's.
pub(super) fn ask(request: Request) -> Step {
    ask_for(request, Take::Nothing, Otherwise::Refuse)
}

/// A request on the control socket.
pub(super) fn ask_for(request: Request, take: Take, otherwise: Otherwise) -> Step {
    Step::Ask { socket: SocketId::Control, request, take, otherwise }
}

impl Machine {
    /// Starts what waits on a queue, if nothing runs there.
    pub(super) fn advance(&mut self, key: Option<InterfaceId>) {
        while let Some(queue) = self.queues.get_mut(&key) {
            match queue.pop_front() {
                None => {
                    self.queues.remove(&key);
                }
                Some(Work::Running(number)) => {
                    queue.push_front(Work::Running(number));
                    return;
                }
                Some(Work::Command(id, command)) => match self.plan(id, *command) {
                    Ok(mut job) => {
                        job.queue = Some(key);
                        let number = self.number();
                        self.queues.entry(key).or_default().push_front(Work::Running(number));
                        self.jobs.insert(number, job);
                        self.next_step(number);
                    }
                    Err(refused) => self.done(id, Err(refused)),
                },
            }
        }
    }

    fn number(&mut self) -> u64 {
        self.last_job += 1;
        self.last_job
    }

    /// Starts a job that nobody waits for.
    pub(super) fn start(&mut self, job: Job) {
        let number = self.number();
        self.jobs.insert(number, job);
        self.next_step(number);
    }

    /// Takes the next step of a job, or ends it.
    fn next_step(&mut self, number: u64) {
        loop {
            let Some(job) = self.jobs.get_mut(&number) else { return };
            let iface = job.iface;
            let Some(step) = job.steps.pop_front() else { return self.finish(number) };
            job.current = Some(step.clone());
            match step {
                Step::Ask { socket, request, .. } => return self.ask(socket, request, Purpose::Job(number)),
                Step::Link { change, .. } => {
                    let ifindex = iface.and_then(|i| self.interface(i)).and_then(|i| i.ifindex);
                    let Some(ifindex) = ifindex else { return self.step_done(number, Err(no_interface())) };
                    return self.change_link(ifindex, change, number);
                }
                Step::Packet(destination, pdu) => {
                    let Some(iface) = iface else { return };
                    return self.outputs.push_back(Output::SendPacket(SocketId::Packet(iface), destination, pdu));
                }
                Step::Reregister => {
                    let steps = iface.map(|i| self.reregister(i)).unwrap_or_default();
                    if let Some(job) = self.jobs.get_mut(&number) {
                        steps.into_iter().rev().for_each(|step| job.steps.push_front(step));
                    }
                }
                Step::Open(socket) => self.open(socket),
                Step::Close(socket) => self.close(socket),
            }
        }
    }

    /// The steps that ask again for all frames that are wanted.
    fn reregister(&mut self, id: InterfaceId) -> Vec<Step> {
        let Some(interface) = self.interface_mut(id) else { return Vec::new() };
        let before = std::mem::take(&mut interface.registered);
        let (registrations, probes) = frames::registrations(&interface.wanted);
        let mut steps: Vec<Step> = registrations
            .into_iter()
            .map(|r| Step::Ask {
                socket: SocketId::Frames,
                request: frames::register(id, &r),
                // An interface that was given the kind that it has, or refused another one, may still have its registrations.
                otherwise: if before.contains(&r) { Otherwise::HasAlready } else { Otherwise::Ignore },
                take: Take::Registered(r),
            })
            .collect();
        if interface.wanted.contains(&FrameKind::ApMlme) {
            steps.push(unexpected(id));
        }
        if probes && interface.probes {
            steps.push(Step::Ask {
                socket: SocketId::Probes(id),
                request: frames::register(id, &frames::probe_requests()),
                take: Take::Nothing,
                otherwise: Otherwise::Ignore,
            });
        }
        steps
    }

    fn open(&mut self, socket: SocketId) {
        let protocol = match socket {
            SocketId::Probes(id) => {
                let Some(interface) = self.interface_mut(id) else { return };
                interface.probes = true;
                Protocol::Generic(Vec::new())
            }
            SocketId::Packet(id) => {
                let Some(interface) = self.interface_mut(id) else { return };
                let Some(ifindex) = interface.ifindex.filter(|_| !interface.packet) else { return };
                interface.packet = true;
                Protocol::Eapol(ifindex)
            }
            SocketId::Control | SocketId::Frames | SocketId::Route | SocketId::Leftovers => return,
        };
        self.outputs.push_back(Output::Open(socket, protocol));
    }

    pub(super) fn close(&mut self, socket: SocketId) {
        let open = match socket {
            SocketId::Probes(id) => self.interface_mut(id).is_some_and(|i| std::mem::take(&mut i.probes)),
            SocketId::Packet(id) => self.interface_mut(id).is_some_and(|i| std::mem::take(&mut i.packet)),
            SocketId::Control | SocketId::Frames | SocketId::Route | SocketId::Leftovers => false,
        };
        if open {
            self.outputs.push_back(Output::Close(socket));
        }
    }

    /// Takes data of the current step's answer.
    pub(super) fn step_data(&mut self, number: u64, attributes: Attributes<'_>) {
        let Some(job) = self.jobs.get_mut(&number) else { return };
        let Some(Step::Ask { take, .. }) = &job.current else { return };
        let take = take.clone();
        let iface = job.iface;
        match take {
            Take::Cookie => job.cookie = attributes.u64(nl::NL80211_ATTR_COOKIE).or(job.cookie),
            Take::Station => job.station = station::parse(attributes),
            Take::Made { name, address } => {
                let Some((id, info)) = iface.zip(interface::parse(attributes)) else { return };
                let asked = address.filter(|a| *a != info.address && info.ifindex.is_some());
                let address = asked.or_else(|| self.instead_of(&info).filter(|_| address.is_none()));
                let Some(job) = self.jobs.get_mut(&number) else { return };
                if let Some(to) = address {
                    let undo = vec![ask_for(interface::remove(id), Take::Nothing, Otherwise::Ignore)];
                    // What was asked for has to be; what only we prefer, not every driver can do.
                    let otherwise = if asked.is_some() { Otherwise::Undo(undo) } else { Otherwise::Ignore };
                    job.steps.push_front(Step::Link { change: link::Change::Address(to), otherwise });
                }
                let mut interface = Interface::new(id, &info);
                if interface.ifindex.is_none() {
                    interface.name = name;
                }
                self.interfaces.retain(|i| i.id != id);
                self.interfaces.push(interface);
            }
            Take::Described => {
                let Some((id, info)) = iface.zip(interface::parse(attributes)) else { return };
                let Some(interface) = self.interface_mut(id).filter(|i| i.wdev == info.wdev) else { return };
                interface.address = info.address;
                interface.kind = info.kind;
                if interface.ifindex.is_some() {
                    interface.name = info.name;
                }
            }
            Take::Nothing | Take::Kind(_) | Take::Registered(_) | Take::Up(_) => {}
        }
    }

    /// Takes the end of the current step.
    pub(super) fn step_done(&mut self, number: u64, result: Result<Option<u64>, Refused>) {
        let Some(job) = self.jobs.get_mut(&number) else { return };
        let Some(step) = job.current.take() else { return };
        let iface = job.iface;
        let result = match (&step, result) {
            (Step::Ask { otherwise: Otherwise::HasAlready, .. }, Err(refused)) if refused.errno == libc::EALREADY => {
                Ok(None)
            }
            (_, result) => result,
        };
        match result {
            Ok(cookie) => {
                job.cookie = cookie.or(job.cookie);
                let take = match step {
                    Step::Ask { take, .. } => take,
                    Step::Link { change: link::Change::Up(up), .. } => Take::Up(up),
                    _ => Take::Nothing,
                };
                match (take, iface.and_then(|i| self.interface_mut(i))) {
                    (Take::Kind(kind), Some(interface)) => {
                        interface.kind = kind;
                        interface.ap = None;
                        interface.client = Client::default();
                    }
                    (Take::Registered(registration), Some(interface)) => interface.registered.push(registration),
                    (Take::Up(up), Some(interface)) => interface.up = up,
                    _ => {}
                }
            }
            Err(refused) => {
                let otherwise = match step {
                    Step::Ask { otherwise, take, .. } => {
                        if let Take::Registered(registration) = take {
                            tracing::debug!(%refused, ?registration, "frames not registered");
                        }
                        otherwise
                    }
                    Step::Link { otherwise, .. } => otherwise,
                    _ => Otherwise::Refuse,
                };
                match otherwise {
                    Otherwise::Ignore | Otherwise::HasAlready => {}
                    Otherwise::Instead(steps) if !for_good(refused.errno) => {
                        steps.into_iter().rev().for_each(|step| job.steps.push_front(step));
                    }
                    Otherwise::Undo(steps) if job.refused.is_none() => {
                        job.refused = Some(refused);
                        job.steps = steps.into();
                    }
                    Otherwise::Refuse | Otherwise::Instead(_) | Otherwise::Undo(_) => {
                        job.steps.clear();
                        job.refused.get_or_insert(refused);
                    }
                }
            }
        }
        self.next_step(number);
    }

    /// Ends a job.
    fn finish(&mut self, number: u64) {
        let Some(mut job) = self.jobs.remove(&number) else { return };
        match job.refused.take() {
            Some(refused) => self.failed_job(&job, refused),
            None => self.finished_job(job.id, job.iface, &mut job),
        }
        let cookies = self.jobs.values().any(|job| job.awaits_cookie());
        if !cookies {
            self.early.clear();
        }
        if let Some(key) = job.queue {
            if let Some(queue) = self.queues.get_mut(&key) {
                queue.retain(|work| !matches!(work, Work::Running(n) if *n == number));
            }
            self.advance(key);
        }
    }

    fn failed_job(&mut self, job: &Job, mut refused: Refused) {
        match (&job.finish, job.iface) {
            (Finish::Created, Some(iface)) => {
                let kind = self.interface(iface).map(|i| i.kind);
                if kind == Some(InterfaceKind::P2pDevice) && refused.errno == libc::EBUSY {
                    refused = errno::refused(libc::EBUSY, "the radio has a P2P device already, another process's");
                }
                self.abandon(iface);
                self.interfaces.retain(|i| i.id != iface);
            }
            (Finish::Removed, Some(iface)) => {
                if let Some(interface) = self.interface_mut(iface) {
                    interface.removing = false;
                }
            }
            (Finish::Asked, Some(iface)) => {
                if let Some(interface) = self.interface_mut(iface) {
                    interface.client.asked = None;
                    interface.client.held.clear();
                }
            }
            (Finish::EmulatedFrame(id), _) => {
                return self.event(Event::Sent { id: *id, status: SendStatus::NotAcked });
            }
            _ => {}
        }
        if let Some(id) = job.id {
            self.done(id, Err(refused));
        }
    }

    fn finished_job(&mut self, id: Option<CommandId>, iface: Option<InterfaceId>, job: &mut Job) {
        let finish = std::mem::replace(&mut job.finish, Finish::Nothing);
        let mut reply = Reply::Ok;
        let interface = iface.and_then(|i| self.interface_mut(i));
        match (&finish, interface) {
            (Finish::Created, Some(i)) => {
                reply = Reply::Interface { name: i.name.clone(), address: i.address };
            }
            (Finish::Scan, Some(i)) => i.scan = id,
            (Finish::ApStarted(channel), Some(i)) => i.ap = Some(*channel),
            (Finish::ApStopped, Some(i)) => i.ap = None,
            (Finish::Wanted(kinds), Some(i)) => i.wanted.clone_from(kinds),
            (Finish::Station, _) => reply = Reply::Station(std::mem::take(&mut job.station)),
            _ => {}
        }
        if let (Finish::EmulatedFrame(id), Some(iface)) = (&finish, iface) {
            return match job.cookie {
                Some(cookie) => self.await_report(Awaited { iface, id: *id, cookie, kind: Kind::Frame }),
                None => self.event(Event::Sent { id: *id, status: SendStatus::Unknown }),
            };
        }
        let Some(id) = id else { return };
        self.done(id, Ok(reply));
        let Some(iface) = iface else { return };
        match (finish, job.cookie) {
            (Finish::Removed, _) => self.forget(iface),
            (Finish::ApStopped, _) => self.close(SocketId::Packet(iface)),
            (Finish::Remain { frequency }, Some(cookie)) => {
                self.await_report(Awaited { iface, id, cookie, kind: Kind::Remain { frequency, here: false } });
            }
            (Finish::Remain { .. }, None) => self.event(Event::RemainEnded { id }),
            (Finish::Transmit { no_ack: false, leaves }, Some(cookie)) => {
                if leaves {
                    self.waits.push_back(Wait { iface, id, cookie });
                    if self.waits.len() > MAX_WAITS {
                        self.waits.pop_front();
                    }
                }
                self.await_report(Awaited { iface, id, cookie, kind: Kind::Frame });
            }
            (Finish::Emulate(transmission), Some(cookie)) => {
                let emulated = Box::new(Emulated { transmission, sent: false });
                self.await_report(Awaited { iface, id, cookie, kind: Kind::Emulated(emulated) });
            }
            (Finish::Probe(address), Some(cookie)) => {
                self.await_report(Awaited { iface, id, cookie, kind: Kind::Probe(address) });
            }
            (Finish::Eapol { status: true }, Some(cookie)) if self.capabilities.control_port => {
                self.await_report(Awaited { iface, id, cookie, kind: Kind::Eapol });
            }
            (Finish::Eapol { status: true }, Some(cookie)) => self.await_packet(iface, id, cookie),
            (Finish::Transmit { .. } | Finish::Emulate(_) | Finish::Eapol { .. }, _) => {
                self.event(Event::Sent { id, status: SendStatus::Unknown });
            }
            _ => {}
        }
    }
}

impl Job {
    /// Whether an answer with a cookie is still to come.
    pub(super) fn awaits_cookie(&self) -> bool {
        let takes = |step: &Step| matches!(step, Step::Ask { take: Take::Cookie, .. });
        self.current.iter().chain(&self.steps).any(takes)
    }
}

/// Asks for word of class-3 frames; a kernel that knows it already says so.
pub(super) fn unexpected(id: InterfaceId) -> Step {
    Step::Ask {
        socket: SocketId::Frames,
        request: frames::register_unexpected(id),
        take: Take::Nothing,
        otherwise: Otherwise::Ignore,
    }
}

/// Whether a refusal will not be another when the interface is lowered.
fn for_good(errno: i32) -> bool {
    matches!(errno, libc::EPERM | libc::ENODEV | libc::EOPNOTSUPP)
}

//! Transmissions and stays on a channel from their acceptance to their end, by the cookies that the kernel gives them.

use super::jobs::{Finish, Job, Otherwise, Take, ask_for};
use super::table::{Awaited, CookieKind, Early, Kind, MAX_AWAITED, MAX_EARLY, MAX_PACKETS, Report, Wait};
use super::{Machine, SocketId};
use crate::{errno, frames};
use radio::{CommandId, Event, InterfaceId, Refused, SendStatus};
use std::collections::VecDeque;

impl Machine {
    /// Waits for reports of something; those that came already are its first.
    pub(super) fn await_report(&mut self, awaited: Awaited) {
        let (kind, cookie) = (awaited.kind.cookie_kind(), awaited.cookie);
        self.awaited.push(awaited);
        let early = std::mem::take(&mut self.early);
        let (ours, others): (VecDeque<Early>, _) =
            early.into_iter().partition(|e| e.kind == kind && e.cookie == cookie);
        self.early = others;
        for early in ours {
            self.report(early.kind, early.cookie, early.report);
        }
    }

    /// Waits for word of a PDU on a packet socket. A kernel that drops the PDU never tells, so that only the latest few are waited
    /// for.
    pub(super) fn await_packet(&mut self, iface: InterfaceId, id: CommandId, cookie: u64) {
        let ours = |a: &Awaited| a.iface == iface && matches!(a.kind, Kind::Packet);
        if self.awaited.iter().filter(|a| ours(a)).count() >= MAX_PACKETS
            && let Some(at) = self.awaited.iter().position(ours)
        {
            let oldest = self.awaited.remove(at);
            self.ended(oldest);
        }
        self.await_report(Awaited { iface, id, cookie, kind: Kind::Packet });
    }

    /// Takes a report with a cookie.
    pub(super) fn report(&mut self, kind: CookieKind, cookie: u64, report: Report) {
        let wait = self.waits.iter().position(|wait| report == Report::WaitEnded && wait.cookie == cookie);
        if let Some(wait) = wait.and_then(|at| self.waits.remove(at)) {
            return self.event(Event::WaitEnded { id: wait.id });
        }
        let at = self.awaited.iter().position(|a| a.cookie == cookie && a.kind.cookie_kind() == kind);
        let Some(at) = at.filter(|_| report != Report::WaitEnded) else {
            // A status can overtake the answer with its cookie; it can only be ours while such an answer is awaited.
            if self.jobs.values().any(Job::awaits_cookie) {
                self.early.push_back(Early { kind, cookie, report });
                if self.early.len() > MAX_EARLY {
                    self.early.pop_front();
                }
            }
            return;
        };
        match report {
            Report::Status(status) => {
                let Awaited { iface, id, kind, .. } = self.awaited.remove(at);
                match kind {
                    Kind::Probe(address) => {
                        self.event(Event::StationProbed { iface, address, acked: status == SendStatus::Acked });
                    }
                    _ => self.event(Event::Sent { id, status }),
                }
            }
            Report::Started => self.arrived(at),
            Report::WaitEnded => {}
            Report::Ended => {
                let awaited = self.awaited.remove(at);
                self.ended(awaited);
            }
        }
    }

    /// A stay on a channel has begun.
    fn arrived(&mut self, at: usize) {
        let Some(awaited) = self.awaited.get_mut(at) else { return };
        let (id, iface) = (awaited.id, awaited.iface);
        match &mut awaited.kind {
            Kind::Remain { here, .. } if !*here => {
                *here = true;
                self.event(Event::RemainStarted { id });
            }
            Kind::Emulated(emulated) if !emulated.sent => {
                emulated.sent = true;
                let no_ack = emulated.transmission.no_ack;
                // mac80211 wants the flag even for the channel that it stays on.
                let flag = self.features.offchannel_flag;
                let request = frames::transmit(iface, &emulated.transmission, flag, None);
                let take = if no_ack { Take::Nothing } else { Take::Cookie };
                let step = ask_for(request, take, Otherwise::Refuse);
                self.start(Job::new(None, Some(iface), vec![step], Finish::EmulatedFrame(id)));
            }
            _ => {}
        }
    }

    /// What was awaited has ended, or its end will not be reported any more.
    pub(super) fn ended(&mut self, awaited: Awaited) {
        let id = awaited.id;
        match awaited.kind {
            Kind::Frame | Kind::Eapol | Kind::Packet => self.event(Event::Sent { id, status: SendStatus::Unknown }),
            // Whether the station is there is not known; that it did not answer would be too much said.
            Kind::Probe(_) => {}
            Kind::Remain { .. } => self.event(Event::RemainEnded { id }),
            Kind::Emulated(emulated) => {
                if !emulated.sent {
                    self.event(Event::Sent { id, status: SendStatus::NotAcked });
                }
                self.event(Event::WaitEnded { id });
            }
        }
    }

    /// Ends all that is under way on an interface that is no more.
    pub(super) fn abandon(&mut self, iface: InterfaceId) {
        let (ours, others) = std::mem::take(&mut self.awaited).into_iter().partition(|a: &Awaited| a.iface == iface);
        self.awaited = others;
        let ours: Vec<Awaited> = ours;
        ours.into_iter().for_each(|awaited| self.ended(awaited));
        let (over, waits): (VecDeque<Wait>, _) =
            std::mem::take(&mut self.waits).into_iter().partition(|wait| wait.iface == iface);
        self.waits = waits;
        over.into_iter().for_each(|wait| self.event(Event::WaitEnded { id: wait.id }));
        if let Some(id) = self.interface_mut(iface).and_then(|i| i.scan.take()) {
            self.event(Event::ScanDone { id: Some(id), aborted: true, seen: Vec::new() });
        }
        self.close(SocketId::Probes(iface));
        self.close(SocketId::Packet(iface));
    }

    /// Forgets an interface that is no more.
    pub(super) fn forget(&mut self, iface: InterfaceId) {
        self.abandon(iface);
        self.interfaces.retain(|i| i.id != iface);
    }

    /// Makes room for one more transmission. A driver may never tell what became of some: the oldest is not waited for any more.
    /// Refuses when all that is awaited are stays, which do end.
    pub(super) fn room(&mut self) -> Result<(), Refused> {
        if self.awaited.len() >= MAX_AWAITED {
            let told = |a: &Awaited| matches!(a.kind, Kind::Frame | Kind::Eapol | Kind::Packet | Kind::Probe(_));
            let Some(oldest) = self.awaited.iter().position(told) else {
                return Err(errno::refused(libc::ENOBUFS, "too many transmissions are under way"));
            };
            let oldest = self.awaited.remove(oldest);
            self.ended(oldest);
        }
        Ok(())
    }
}

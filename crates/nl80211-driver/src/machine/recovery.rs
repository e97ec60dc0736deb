//! After reports were lost (`ENOBUFS`): finding out what became of everything under way.
//!
//! A socket that has overflowed takes nothing until it is empty, not even answers; what is to be asked on it waits until
//! then. The kernel answers in order, so a marker is asked for first: when its answer comes, requests that were sent
//! before it and are not answered have lost their answers. (A dump loses none: the kernel goes on with it when there is
//! room.)

use super::table::{Awaited, Interface, Kind, Phase};
use super::{Dumped, Machine, Outgoing, Output, Pending, Purpose, SocketId};
use crate::errno::refused;
use crate::interface::InterfaceInfo;
use crate::{frames, link, netlink, scan, station, wiphy};
use ieee80211_ies::MacAddr;
use radio::{CommandId, Event, InterfaceId, Refused};
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// What is still to be found out.
#[derive(Debug, Default)]
pub(super) struct Recovery {
    /// Questions without an answer yet.
    open: usize,
    /// Whether any was asked since the last [`Event::Overrun`].
    active: bool,
    /// Sockets that have overflowed and are not empty yet, and what waits to be sent on them.
    congested: BTreeMap<SocketId, Vec<Outgoing>>,
}

impl Recovery {
    /// What waits to be sent on a socket; `None` when nothing has to wait.
    pub(super) fn held(&mut self, socket: SocketId) -> Option<&mut Vec<Outgoing>> {
        self.congested.get_mut(&socket)
    }

    /// Forgets a socket that is no more.
    pub(super) fn forget(&mut self, socket: SocketId) {
        self.congested.remove(&socket);
    }
}

/// A question about what was under way.
#[derive(Debug)]
pub(super) enum Question {
    /// Does the radio still stay on a channel? Asked by ending that.
    Remain(Awaited),
    /// Does the radio still stay behind a transmission? Asked by ending that.
    Wait(CommandId),
    /// Does a scan still run? Asked by ending it.
    Scan(InterfaceId, CommandId),
    /// Is a client still connected?
    Connection(InterfaceId, MacAddr),
    /// Which interfaces are there?
    Interfaces,
    /// How is a link? Its answer is taken as a report.
    Link,
}

impl Machine {
    /// Takes word that a socket's receive buffer has overflowed: reports, and perhaps answers, are lost.
    pub fn overrun(&mut self, socket: SocketId) {
        match socket {
            // Probe requests are repeated by nature, and the air loses more of them.
            SocketId::Probes(_) | SocketId::Packet(_) | SocketId::Leftovers => tracing::debug!(?socket, "reports lost"),
            SocketId::Control | SocketId::Frames | SocketId::Route => {
                tracing::warn!(?socket, "reports lost");
                self.recovery.congested.entry(socket).or_default();
            }
        }
    }

    /// Takes word that a socket which has overflowed is empty again.
    pub fn drained(&mut self, socket: SocketId) {
        let Some(held) = self.recovery.congested.remove(&socket) else { return };
        let waits: Vec<u32> = held.iter().filter_map(|m| netlink::messages(m).next()).map(|m| m.sequence).collect();
        let asked = |(sequence, p): (&u32, &Pending)| {
            let lasts = matches!(p.purpose, Purpose::Dump(_));
            (p.socket == socket && !lasts && !waits.contains(sequence)).then_some(*sequence)
        };
        let asked: Vec<u32> = self.pending.iter().filter_map(asked).collect();
        if socket == SocketId::Route {
            // Its links' state is the marker.
            self.fail(&asked);
            self.ask_for_links();
        } else {
            self.ask(socket, wiphy::get_protocol_features(), Purpose::Marker(asked));
        }
        for message in held {
            self.outputs.push_back(Output::Send(socket, message));
        }
    }

    fn ask_for_links(&mut self) {
        self.recovery.active = true;
        // One for the whole, so that it ends also when there is nothing to ask.
        self.recovery.open += 1;
        let links: Vec<u32> = self.interfaces.iter().filter_map(|i| i.ifindex).collect();
        for ifindex in links {
            let sequence = self.next_sequence();
            let pending = Pending { socket: SocketId::Route, purpose: Purpose::Recovery(Question::Link) };
            self.pending.insert(sequence, pending);
            self.recovery.open += 1;
            self.send(SocketId::Route, Zeroizing::new(link::get(ifindex, sequence)));
        }
        self.recovered(Question::Link, None);
    }

    /// Ends requests that have lost their answers.
    fn fail(&mut self, lost: &[u32]) {
        for sequence in lost {
            if let Some(pending) = self.pending.remove(sequence) {
                self.answered(pending, Err(refused(libc::ENOBUFS, "the kernel's answer was lost")));
            }
        }
    }

    /// The marker's answer has come: what is older and unanswered is lost.
    pub(super) fn marker_returned(&mut self, socket: SocketId, asked: &[u32]) {
        self.fail(asked);
        if socket == SocketId::Control {
            self.recover();
        } else {
            self.event(Event::Overrun);
        }
    }

    /// Asks what became of everything under way.
    fn recover(&mut self) {
        self.recovery.active = true;
        // One for the whole, so that nothing ends before all is asked.
        self.recovery.open += 1;
        for awaited in std::mem::take(&mut self.awaited) {
            match awaited.kind {
                Kind::Frame | Kind::Eapol | Kind::Probe(_) => self.ended(awaited),
                // Its word comes another way.
                Kind::Packet => self.awaited.push(awaited),
                Kind::Remain { .. } | Kind::Emulated(_) => {
                    let request = frames::cancel_remain(awaited.iface, awaited.cookie);
                    self.question(request, Question::Remain(awaited));
                }
            }
        }
        for wait in std::mem::take(&mut self.waits) {
            self.question(frames::cancel_wait(wait.iface, wait.cookie), Question::Wait(wait.id));
        }
        let state: Vec<_> =
            self.interfaces.iter_mut().map(|i| (i.id, i.scan, i.client.connected, i.client.asked.take())).collect();
        for (iface, scan, connected, asked) in state {
            if let Some(id) = scan {
                self.question(scan::abort(iface), Question::Scan(iface, id));
            }
            if let Some(bssid) = connected {
                self.question(station::get(iface, bssid), Question::Connection(iface, bssid));
            }
            // The owner's answer may have been among what was lost; for the caller that is as if it had not come.
            match asked {
                Some((bssid, Phase::Authenticate)) => {
                    self.event(Event::Authenticated { iface, bssid, status: None });
                }
                Some((bssid, Phase::Associate)) => {
                    self.event(Event::Associated { iface, bssid, status: None, elements: Vec::new() });
                }
                Some((bssid, Phase::Connect)) => {
                    self.event(Event::Connected { iface, bssid, status: None, elements: Vec::new() });
                }
                None => {}
            }
        }
        self.dump(Dumped::Interfaces { seen: Vec::new() });
    }

    fn question(&mut self, request: crate::request::Request, question: Question) {
        self.recovery.open += 1;
        self.ask(SocketId::Control, request, Purpose::Recovery(question));
    }

    /// Takes the answer to a question.
    pub(super) fn recovered(&mut self, question: Question, refused: Option<Refused>) {
        match (question, refused) {
            // It was there and is being ended: its report follows.
            (Question::Remain(awaited), None) => self.awaited.push(awaited),
            (Question::Remain(awaited), Some(_)) => self.ended(awaited),
            (Question::Wait(id), _) => self.event(Event::WaitEnded { id }),
            (Question::Scan(..), None) => {}
            (Question::Scan(iface, id), Some(_)) => {
                // It may have been reported meanwhile.
                let ours = self.interface_mut(iface).filter(|i| i.scan == Some(id));
                if ours.and_then(|i| i.scan.take()).is_some() {
                    self.dump(Dumped::Scan { iface, id: Some(id), aborted: false, seen: Vec::new() });
                }
            }
            (Question::Connection(iface, bssid), Some(_)) => {
                let stands = self.interface(iface).is_some_and(|i| i.client.connected == Some(bssid));
                if stands {
                    self.disconnected(iface, bssid, 0, false);
                }
            }
            (Question::Connection(..) | Question::Interfaces | Question::Link, _) => {}
        }
        self.recovery.open = self.recovery.open.saturating_sub(1);
        if self.recovery.open == 0 && std::mem::take(&mut self.recovery.active) {
            self.event(Event::Overrun);
        }
    }

    /// Reports interfaces that have gone or are called something else.
    pub(super) fn compare_interfaces(&mut self, seen: &[InterfaceInfo]) {
        let find = |i: &Interface| seen.iter().find(|info| info.wdev == i.wdev && info.wiphy == self.wiphy);
        let gone: Vec<InterfaceId> = self.interfaces.iter().filter(|i| find(i).is_none()).map(|i| i.id).collect();
        for iface in gone {
            self.interface_gone(iface);
        }
        for info in seen {
            let ours = self.interfaces.iter_mut().find(|i| i.wdev == info.wdev && i.ifindex.is_some());
            if let Some(interface) = ours.filter(|i| i.name != info.name) {
                interface.name.clone_from(&info.name);
                let (iface, name) = (interface.id, info.name.clone());
                self.event(Event::InterfaceRenamed { iface, name });
            }
        }
    }
}

//! Answers and reports: what the radio says, in the words of the kernel and its driver.

use super::describe::{describe, link, station_info};
use super::{ETHERTYPE_PAE, FAMILY, Interface, Kernel, Then, WIPHY};
use crate::nl;
use crate::profile::Statuses;
use crate::sme;
use crate::wire::{self, Out};
use ieee80211_ies::MacAddr;
use nl80211_driver::machine::SocketId;
use radio::{Command, CommandId, Event, FrameKind, InterfaceId, InterfaceKind, Refused, Reply, SendStatus};
use std::collections::VecDeque;
use std::time::Duration;

/// How long a status waits for an answer that is to overtake it.
const ANSWERED_WITHIN: Duration = Duration::from_millis(150);
/// An action frame, in the first octet of its frame-control field.
const ACTION: u8 = 0xd0;

impl Kernel {
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
        if !self.eapol.contains(&id) {
            let now = self.air.borrow().now();
            match self.profile.peculiar.statuses {
                Statuses::True => {}
                Statuses::Always(acked) => {
                    let status = if acked { SendStatus::Acked } else { SendStatus::NotAcked };
                    return self.tell_sent(id, status);
                }
                Statuses::Missing => return,
                Statuses::Late(by) => return self.held_back.push_back((now + by, id, status)),
                Statuses::AfterAnswer => return self.held_back.push_back((now + ANSWERED_WITHIN, id, status)),
            }
        }
        self.tell_sent(id, status);
    }

    /// When something that was held back is due.
    pub fn next_deadline(&self) -> Option<Duration> {
        self.held_back.iter().map(|(at, ..)| *at).min()
    }

    /// Reports what was held back until now.
    pub fn handle_timeout(&mut self, now: Duration) {
        let all = std::mem::take(&mut self.held_back).into_iter();
        let (due, later): (VecDeque<_>, VecDeque<_>) = all.partition(|(at, ..)| *at <= now);
        self.held_back = later;
        due.into_iter().for_each(|(_, id, status)| self.tell_sent(id, status));
    }

    fn tell_sent(&mut self, id: CommandId, status: SendStatus) {
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
                    let ifindex = (kind != InterfaceKind::P2pDevice).then_some(iface.0 + 10);
                    let made = Interface::new(iface, ifindex, name, kind, address);
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
        let zero_bssid = self.profile.peculiar.zero_bssid;
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
        let mut frame = frame.to_vec();
        if let (ACTION, true, Some(bssid)) = (kind, zero_bssid, frame.get_mut(16..22)) {
            bssid.fill(0);
        }
        let mut out = Out::default().u32(nl::ATTR_WIPHY, WIPHY);
        if let Some(ifindex) = i.ifindex {
            out = out.u32(nl::ATTR_IFINDEX, ifindex);
        }
        let out = out
            .u64(nl::ATTR_WDEV, i.wdev)
            .u32(nl::ATTR_WIPHY_FREQ, frequency)
            .u32(nl::ATTR_RX_SIGNAL_DBM, i32::from(signal_dbm).cast_unsigned())
            .bytes(nl::ATTR_FRAME, &frame);
        self.put(socket, wire::generic(FAMILY, 0, nl::CMD_FRAME, &out));
        if self.profile.peculiar.statuses == Statuses::AfterAnswer {
            self.handle_timeout(Duration::MAX);
        }
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

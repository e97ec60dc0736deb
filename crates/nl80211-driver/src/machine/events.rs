//! What the kernel reports by itself.

use super::jobs::{Finish, Job, Otherwise, Step, Take, ask_for};
use super::table::{CookieKind, Interface, MAX_HELD, Phase, Report};
use super::{Dumped, Machine, SocketId};
use crate::frames::ManagementFrame;
use crate::netlink::{Attributes, Message};
use crate::wiphy::Wiphy;
use crate::{client, eapol, errno, frames, interface, link, nl80211 as nl, regulatory};
use ieee80211_ies::MacAddr;
use radio::{Event, FrameKind, InterfaceId, SendStatus};

/// Reason 1, unspecified (IEEE 802.11-2020 Table 9-49), is what a report without a reason is not: 0 is.
const NO_REASON: u16 = 0;
/// Reason 3: the station leaves (IEEE 802.11-2020 Table 9-49).
const LEAVING: u16 = 3;

impl Machine {
    /// Takes a message that nobody asked for.
    pub(super) fn reported(&mut self, socket: SocketId, message: &Message<'_>) {
        let Some((command, attributes)) = message.generic() else { return };
        let ours = attributes.u32(nl::NL80211_ATTR_WIPHY).is_none_or(|wiphy| wiphy == self.wiphy);
        if !ours {
            return;
        }
        let iface = self.concerned(attributes);
        self.watch_neighbours(command, iface, attributes);
        match (command, iface) {
            (nl::NL80211_CMD_NEW_SCAN_RESULTS, _) => self.scan_ended(attributes, iface, false),
            (nl::NL80211_CMD_SCAN_ABORTED, _) => self.scan_ended(attributes, iface, true),
            (nl::NL80211_CMD_REG_CHANGE | nl::NL80211_CMD_WIPHY_REG_CHANGE, _) => {
                let change = regulatory::change(attributes);
                self.dump(Dumped::Channels { change, wiphy: Box::new(Wiphy::new(self.wiphy)) });
            }
            (nl::NL80211_CMD_DEL_WIPHY, _) => self.event(Event::Gone),
            (_, None) => {}
            (nl::NL80211_CMD_FRAME, Some(iface)) => self.frame(socket, iface, attributes),
            (nl::NL80211_CMD_FRAME_TX_STATUS, _) => self.status(CookieKind::Frame, attributes),
            (nl::NL80211_CMD_CONTROL_PORT_FRAME_TX_STATUS, _) => self.status(CookieKind::Eapol, attributes),
            (nl::NL80211_CMD_REMAIN_ON_CHANNEL, _) => self.stay(Report::Started, attributes),
            (nl::NL80211_CMD_CANCEL_REMAIN_ON_CHANNEL, _) => self.stay(Report::Ended, attributes),
            (nl::NL80211_CMD_FRAME_WAIT_CANCEL, _) => {
                if let Some(cookie) = attributes.u64(nl::NL80211_ATTR_COOKIE) {
                    self.report(CookieKind::Frame, cookie, Report::WaitEnded);
                }
            }
            (nl::NL80211_CMD_CONTROL_PORT_FRAME, Some(iface)) => {
                if let Some(pdu) = eapol::received(attributes) {
                    self.eapol_received(iface, pdu);
                }
            }
            (nl::NL80211_CMD_AUTHENTICATE, Some(iface)) => self.authenticated(iface, attributes),
            (nl::NL80211_CMD_ASSOCIATE, Some(iface)) => self.associated(iface, attributes),
            (nl::NL80211_CMD_CONNECT, Some(iface)) => self.connected(iface, attributes),
            (nl::NL80211_CMD_ROAM, Some(iface)) => self.roamed(iface, attributes),
            (nl::NL80211_CMD_DEAUTHENTICATE | nl::NL80211_CMD_DISASSOCIATE, Some(iface)) => {
                self.parted(iface, attributes);
            }
            (nl::NL80211_CMD_DISCONNECT, Some(iface)) => {
                let reason = attributes.u16(nl::NL80211_ATTR_REASON_CODE).unwrap_or(NO_REASON);
                let local = !attributes.flag(nl::NL80211_ATTR_DISCONNECTED_BY_AP);
                let connected = self.interface(iface).and_then(|i| i.client.connected);
                if let Some(bssid) = connected {
                    self.disconnected(iface, bssid, reason, local);
                }
            }
            (nl::NL80211_CMD_UNEXPECTED_FRAME, Some(iface)) => {
                if let Some(address) = attributes.mac(nl::NL80211_ATTR_MAC) {
                    self.event(Event::UnexpectedFrame { iface, address });
                }
            }
            (nl::NL80211_CMD_PROBE_CLIENT, _) => self.status(CookieKind::Probe, attributes),
            (nl::NL80211_CMD_NEW_STATION, Some(iface)) => self.station_joined(iface, attributes),
            (nl::NL80211_CMD_DEL_STATION, Some(iface)) => self.station_left(iface, attributes),
            (nl::NL80211_CMD_CH_SWITCH_STARTED_NOTIFY, Some(iface)) => {
                if let Some(channel) = interface::channel(attributes) {
                    let count = interface::switch_count(attributes);
                    self.event(Event::ChannelSwitchStarted { iface, channel, count });
                }
            }
            (nl::NL80211_CMD_CH_SWITCH_NOTIFY, Some(iface)) => {
                if let Some(channel) = interface::channel(attributes) {
                    if let Some(ap) = self.interface_mut(iface).and_then(|i| i.ap.as_mut()) {
                        *ap = channel;
                    }
                    self.event(Event::ChannelSwitched { iface, channel });
                }
            }
            (nl::NL80211_CMD_STOP_AP, Some(iface)) => self.ap_stopped(iface),
            (nl::NL80211_CMD_DEL_INTERFACE, Some(iface)) => self.interface_gone(iface),
            _ => {}
        }
    }

    /// Which of our interfaces a message is about.
    fn concerned(&self, attributes: Attributes<'_>) -> Option<InterfaceId> {
        let wdev = attributes.u64(nl::NL80211_ATTR_WDEV);
        let ifindex = attributes.u32(nl::NL80211_ATTR_IFINDEX);
        let is = |i: &&Interface| match wdev {
            Some(wdev) => i.wdev == wdev,
            None => ifindex.is_some() && i.ifindex == ifindex,
        };
        self.interfaces.iter().find(is).map(|i| i.id)
    }

    fn scan_ended(&mut self, attributes: Attributes<'_>, iface: Option<InterfaceId>, aborted: bool) {
        // Another one's scan is worth reading too, through an interface of ours.
        let (id, iface) = match iface {
            Some(iface) => (self.interface_mut(iface).and_then(|i| i.scan.take()), iface),
            None if attributes.u32(nl::NL80211_ATTR_WIPHY) == Some(self.wiphy) => (None, InterfaceId::BASE),
            None => return,
        };
        self.dump(Dumped::Scan { iface, id, aborted, seen: Vec::new() });
    }

    fn frame(&mut self, socket: SocketId, iface: InterfaceId, attributes: Attributes<'_>) {
        let Some((frequency, signal_dbm, frame)) = frames::received(attributes) else { return };
        let wanted = match socket {
            SocketId::Probes(of) => of == iface,
            // Registrations cannot be taken back one by one, so what is not wanted any more is dropped here.
            _ => self.interface(iface).is_some_and(|i| wanted(&i.wanted, &frame)),
        };
        if wanted {
            self.event(Event::Received { iface, frequency, signal_dbm, frame });
        }
    }

    fn status(&mut self, kind: CookieKind, attributes: Attributes<'_>) {
        let Some(cookie) = attributes.u64(nl::NL80211_ATTR_COOKIE) else { return };
        let status = match attributes.flag(nl::NL80211_ATTR_ACK) {
            true if kind == CookieKind::Frame && self.status_says_nothing => SendStatus::Unknown,
            true => SendStatus::Acked,
            false => SendStatus::NotAcked,
        };
        self.report(kind, cookie, Report::Status(status));
    }

    fn stay(&mut self, report: Report, attributes: Attributes<'_>) {
        if let Some(cookie) = attributes.u64(nl::NL80211_ATTR_COOKIE) {
            self.report(CookieKind::Remain, cookie, report);
        }
    }

    /// Delivers EAPOL; on a client not before the connection was reported, for the caller cannot make sense of it.
    pub(super) fn eapol_received(&mut self, iface: InterfaceId, pdu: eapol::Pdu) {
        let Some(interface) = self.interface_mut(iface) else { return };
        if interface.is_client() && interface.client.connected.is_none() {
            if interface.client.asked.is_some() && interface.client.held.len() < MAX_HELD {
                interface.client.held.push_back(pdu);
            }
            return;
        }
        let eapol::Pdu { source, pdu, encrypted } = pdu;
        self.event(Event::Eapol { iface, source, pdu, encrypted });
    }

    fn authenticated(&mut self, iface: InterfaceId, attributes: Attributes<'_>) {
        let Some(interface) = self.interface_mut(iface) else { return };
        let Some(response) = client::response(attributes, false) else { return };
        if interface.client.asked != Some((response.bssid, Phase::Authenticate)) {
            return;
        }
        interface.client.asked = None;
        let client::Response { bssid, status, .. } = response;
        self.event(Event::Authenticated { iface, bssid, status });
    }

    fn associated(&mut self, iface: InterfaceId, attributes: Attributes<'_>) {
        let Some(interface) = self.interface_mut(iface) else { return };
        let Some(response) = client::response(attributes, true) else { return };
        let client::Response { bssid, status, elements } = response;
        if interface.client.asked != Some((bssid, Phase::Associate)) {
            return;
        }
        self.connection_ended_or_stands(iface, bssid, status);
        self.event(Event::Associated { iface, bssid, status, elements });
        self.release_held(iface);
    }

    fn connected(&mut self, iface: InterfaceId, attributes: Attributes<'_>) {
        let (answered_by, status, elements) = client::connected(attributes);
        let asked = self.interface(iface).and_then(|i| i.client.asked);
        // After an association of ours the kernel says this too.
        let Some((asked, Phase::Connect)) = asked else { return };
        let bssid = answered_by.unwrap_or(asked);
        self.connection_ended_or_stands(iface, bssid, status);
        self.event(Event::Connected { iface, bssid, status, elements });
        self.release_held(iface);
    }

    /// The driver's SME has taken a client elsewhere, or has associated it anew, although it was given the one owner that there is. Its keys
    /// are gone either way: the connection is ended for good, and whoever wants it makes it again.
    fn roamed(&mut self, iface: InterfaceId, attributes: Attributes<'_>) {
        let Some(bssid) = self.interface(iface).and_then(|i| i.client.connected) else { return };
        let to = attributes.mac(nl::NL80211_ATTR_MAC);
        tracing::warn!(%bssid, ?to, "the driver has left the group's owner by itself; the connection is ended");
        let step = ask_for(client::disconnect(iface, LEAVING), Take::Nothing, Otherwise::Ignore);
        self.start(Job::new(None, Some(iface), vec![step], Finish::Nothing));
        self.disconnected(iface, bssid, LEAVING, true);
    }

    /// Takes note of how an attempt to connect ended.
    fn connection_ended_or_stands(&mut self, iface: InterfaceId, bssid: MacAddr, status: Option<u16>) {
        let Some(interface) = self.interface_mut(iface) else { return };
        interface.client.asked = None;
        interface.client.connected = (status == Some(0)).then_some(bssid);
    }

    /// Delivers the EAPOL that came before the connection was reported.
    fn release_held(&mut self, iface: InterfaceId) {
        let Some(interface) = self.interface_mut(iface) else { return };
        let stands = interface.client.connected.is_some();
        let held = std::mem::take(&mut interface.client.held);
        for eapol::Pdu { source, pdu, encrypted } in held.into_iter().filter(|_| stands) {
            self.event(Event::Eapol { iface, source, pdu, encrypted });
        }
    }

    /// A deauthentication or disassociation, sent or received. The kernel follows it with a report that the
    /// connection has ended, if one stood; the frame's says more.
    fn parted(&mut self, iface: InterfaceId, attributes: Attributes<'_>) {
        let Some(frame) = attributes.get(nl::NL80211_ATTR_FRAME).map(ManagementFrame) else { return };
        let Some((bssid, sender)) = frame.bssid().zip(frame.sender()) else { return };
        let reason = frame.field(0).unwrap_or(NO_REASON);
        let Some(interface) = self.interface(iface) else { return };
        let local = sender == interface.address;
        let client = &interface.client;
        let concerns = client.connected == Some(bssid) || client.asked.is_some_and(|(asked, _)| asked == bssid);
        if concerns && !client.by_connect {
            self.disconnected(iface, bssid, reason, local);
        }
    }

    /// Reports the end of a connection or of an attempt at one, once.
    pub(super) fn disconnected(&mut self, iface: InterfaceId, bssid: MacAddr, reason: u16, local: bool) {
        let Some(interface) = self.interface_mut(iface) else { return };
        if interface.client.connected == Some(bssid) {
            interface.client.connected = None;
        }
        interface.client.asked = interface.client.asked.filter(|(asked, _)| *asked != bssid);
        interface.client.held.clear();
        let idle = interface.client.asked.is_none();
        self.event(Event::Disconnected { iface, bssid, reason, local });
        if idle {
            self.close(SocketId::Packet(iface));
        }
    }

    fn station_joined(&mut self, iface: InterfaceId, attributes: Attributes<'_>) {
        // Where the SME is ours this repeats what we have done.
        if !self.capabilities.device_ap_sme || !self.interface(iface).is_some_and(Interface::is_ap) {
            return;
        }
        if let Some(address) = attributes.mac(nl::NL80211_ATTR_MAC) {
            let elements = attributes.get(nl::NL80211_ATTR_IE).unwrap_or_default().to_vec();
            self.event(Event::StationJoined { iface, address, elements });
        }
    }

    fn station_left(&mut self, iface: InterfaceId, attributes: Attributes<'_>) {
        if !self.capabilities.device_ap_sme || !self.interface(iface).is_some_and(Interface::is_ap) {
            return;
        }
        if let Some(address) = attributes.mac(nl::NL80211_ATTR_MAC) {
            self.event(Event::StationLeft { iface, address });
        }
    }

    pub(super) fn ap_stopped(&mut self, iface: InterfaceId) {
        if self.interface_mut(iface).and_then(|i| i.ap.take()).is_some() {
            self.close(SocketId::Packet(iface));
            self.event(Event::ApStopped { iface });
        }
    }

    pub(super) fn interface_gone(&mut self, iface: InterfaceId) {
        let Some(interface) = self.interface(iface) else { return };
        if interface.removing {
            return;
        }
        // One that is being made is removed again by us when that fails; or else by somebody else, and then it fails.
        let being_made = |job: &&mut Job| job.iface == Some(iface) && matches!(job.finish, Finish::Created);
        if let Some(job) = self.jobs.values_mut().find(being_made) {
            if job.refused.is_none() {
                job.steps.clear();
                job.refused = Some(errno::refused(libc::ENODEV, "somebody has removed it meanwhile"));
            }
            return;
        }
        self.forget(iface);
        self.event(Event::InterfaceGone { iface });
    }

    /// Takes what rtnetlink says of a link.
    pub(super) fn link_changed(&mut self, message: &Message<'_>) {
        let Some(link) = link::parse(message) else { return };
        let Some(interface) = self.interfaces.iter_mut().find(|i| i.ifindex == Some(link.ifindex)) else { return };
        let iface = interface.id;
        if link.gone {
            return self.interface_gone(iface);
        }
        if let Some(address) = link.address {
            interface.address = address;
        }
        let renamed = link.name.filter(|name| *name != interface.name);
        if let Some(name) = &renamed {
            interface.name.clone_from(name);
        }
        let up = std::mem::replace(&mut interface.up, link.up);
        // What we are changing ourselves is not news. The kernel reports it before it acknowledges the change.
        let changing = |job: &Job| job.iface == Some(iface) && matches!(job.current, Some(Step::Link { .. }));
        let up = if self.jobs.values().any(changing) { link.up } else { up };
        if let Some(name) = renamed {
            self.event(Event::InterfaceRenamed { iface, name });
        }
        if up != link.up {
            self.event(Event::InterfaceUp { iface, up: link.up });
        }
    }
}

/// Whether a frame is of a kind that was asked for.
fn wanted(kinds: &[FrameKind], frame: &[u8]) -> bool {
    let Some(control) = frame.first_chunk().copied().map(u16::from_le_bytes) else { return false };
    let frame_type = control & 0x00fc;
    let (registrations, _) = frames::registrations(kinds);
    let body = ManagementFrame(frame).body(0);
    registrations.iter().any(|r| r.frame_type == frame_type && body.starts_with(&r.start))
}

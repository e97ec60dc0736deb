//! What comes in from the radio, and whom it concerns.

use super::Device;
use crate::api::{Event, GroupId, Role};
use crate::route::Route;
use core::time::Duration;
use ieee80211_ies::MacAddr;
use ieee80211_ies::frame::{Action, Body, Frame};
use p2p_core::Reception;
use radio::{CommandId, InterfaceId, InterfaceKind, Refused, Reply, SendStatus};

impl Device {
    /// Takes what the radio reports.
    pub fn handle_input(&mut self, now: Duration, event: radio::Event) {
        self.dispatch(now, event);
        self.pump(now);
    }

    /// To be called when [`Device::poll_timeout`] has passed; harmless earlier.
    pub fn handle_timeout(&mut self, now: Duration) {
        if self.p2p.poll_timeout().is_some_and(|t| t <= now) {
            self.p2p.handle_timeout(now, &mut *self.rng);
        }
        if self.airtime.poll_timeout().is_some_and(|t| t <= now) {
            self.airtime.handle_timeout(now, &mut self.ids);
        }
        for group in self.groups.values_mut() {
            if group.poll_timeout().is_some_and(|t| t <= now) {
                group.handle_timeout(now, &mut *self.rng);
            }
        }
        if self.station.poll_timeout().is_some_and(|t| t <= now) {
            self.station.handle_timeout(now, &mut *self.rng);
        }
        self.formation_timeout(now);
        self.idle_timeout(now);
        self.switch_overdue(now);
        if self.reconsider_at.is_some_and(|t| t <= now) {
            self.share_channels(now);
        }
        if self.prepare_at.is_some_and(|t| t <= now) {
            self.prepare_keys();
        }
        self.pump(now);
    }

    fn dispatch(&mut self, now: Duration, event: radio::Event) {
        match event {
            radio::Event::Done { id, result } => self.done(now, id, result),
            radio::Event::Sent { id, status } => self.sent(now, id, status),
            radio::Event::WaitEnded { id } => self.airtime.wait_ended(now, id, &mut self.ids),
            radio::Event::ScanDone { id, aborted, seen } => {
                for bss in &seen {
                    self.p2p.handle_bss(now, bss, self.search_began);
                }
                self.scan_results = seen;
                self.cut_short = aborted;
                self.event(Event::NetworksSeen);
                match id {
                    Some(id) => self.airtime.scan_done(now, id, aborted, &mut self.ids),
                    None => self.event(Event::ScanResults),
                }
            }
            radio::Event::RemainStarted { id } => self.airtime.remain_started(now, id, &mut self.ids),
            radio::Event::RemainEnded { id } => self.airtime.remain_ended(now, id, &mut self.ids),
            radio::Event::Received { iface, frequency, signal_dbm, frame } => {
                self.received(now, iface, Reception { frequency, signal_dbm }, &frame);
            }
            radio::Event::Regulatory { country, initiator, kind, channels } => {
                for known in self.capabilities.bands.iter_mut().flat_map(|b| &mut b.channels) {
                    if let Some(new) = channels.iter().find(|c| c.frequency == known.frequency) {
                        *known = *new;
                    }
                }
                self.capabilities.country.clone_from(&country);
                self.reconfigure(now);
                self.event(Event::Regulatory { country, initiator, kind });
                self.leave_forbidden_channels(now);
            }
            radio::Event::InterfaceRenamed { iface: InterfaceId::BASE, name } => self.base.name = name,
            radio::Event::InterfaceUp { iface: InterfaceId::BASE, up } => {
                self.base.up = up;
                self.event(Event::BaseInterface { up });
                if self.discovery.iface == InterfaceId::BASE {
                    if up {
                        self.discovery.down = false;
                    } else {
                        self.discovery_down(now);
                    }
                }
                self.group_event(now, InterfaceId::BASE, radio::Event::InterfaceUp { iface: InterfaceId::BASE, up });
            }
            radio::Event::Neighbours(neighbours) => self.neighbours_changed(now, neighbours),
            radio::Event::NeighbourSwitches { name, channel, count } => {
                self.neighbour_switches(now, &name, channel, count);
            }
            radio::Event::Overrun => tracing::warn!("messages of the kernel were lost; its state has been read back"),
            radio::Event::Gone => {
                self.discovery.ready = false;
                self.radio_gone(now);
            }
            radio::Event::InterfaceGone { iface } if iface == self.discovery.iface => {
                self.discovery.ready = false;
                self.radio_gone(now);
            }
            // New interfaces are made on it, and it gives them their names.
            radio::Event::InterfaceGone { iface: InterfaceId::BASE } => self.radio_gone(now),
            event => {
                if let Some(iface) = interface_of(&event) {
                    self.group_event(now, iface, event);
                }
            }
        }
    }

    /// Carries a radio's report to the group on that interface, or to the station.
    fn group_event(&mut self, now: Duration, iface: InterfaceId, event: radio::Event) {
        if let Some(group) = self.groups.values_mut().find(|g| g.iface() == iface) {
            group.handle_radio(now, event, &mut *self.rng);
        } else if iface == InterfaceId::BASE {
            if let radio::Event::ChannelSwitchStarted { channel, count, .. } = event {
                self.station_switches(now, channel, count);
            }
            self.station.handle_radio(now, event, &mut *self.rng);
        }
    }

    /// A management frame: the user's where he wants them all, else ours.
    fn received(&mut self, now: Duration, iface: InterfaceId, reception: Reception, bytes: &[u8]) {
        if self.frames_are_taken(iface) {
            let group = self.groups.values().find(|g| g.iface() == iface).map(|g| g.shared.id);
            let Reception { frequency, signal_dbm } = reception;
            self.event(Event::FrameReceived { group, frequency, signal_dbm, frame: bytes.to_vec() });
        } else {
            self.act_on_frame(now, iface, reception, bytes);
        }
    }

    /// A management frame of ours: discovery's where it was received on its interface or is a P2P public action frame; the
    /// group's where it was received on its interface.
    pub(super) fn act_on_frame(&mut self, now: Duration, iface: InterfaceId, reception: Reception, bytes: &[u8]) {
        let frame = match Frame::parse(bytes) {
            Ok(frame) => frame,
            Err(malformed) => {
                tracing::debug!(%malformed, "frame dropped");
                return;
            }
        };
        if let Some(group) = self.groups.values_mut().find(|g| g.iface() == iface && g.is_active()) {
            group.handle_frame(now, &frame, reception, &mut *self.rng);
        }
        let for_discovery =
            iface == self.discovery.iface || matches!(frame.body, Body::Action(Action::P2pPublic { .. }));
        let owns = self.groups.values().any(|g| g.iface() == iface && g.role() == Some(Role::Owner));
        // A kernel may go on delivering probe requests that nobody asks for any more.
        if let Body::ProbeRequest { elements } = &frame.body
            && !(for_discovery && (self.discovery.probe_requests || owns))
        {
            if self.config.client_probe && self.groups.values().any(|g| g.role() == Some(Role::Client)) {
                self.p2p.hear_probe_request(now, &frame.header, *elements, reception);
            }
            return;
        }
        if for_discovery && !self.hold_early_request(&frame, reception, bytes) {
            self.p2p.handle_frame(now, &frame, reception, &mut *self.rng);
        }
    }

    fn done(&mut self, now: Duration, id: CommandId, result: Result<Reply, Refused>) {
        let Some(route) = self.routes.done(id, result.is_ok()) else { return };
        match route {
            Route::Airtime => self.airtime.done(now, id, result.map(|_| ()), &mut self.ids),
            Route::Group(group, token) => {
                if let Some(group) = self.groups.get_mut(&group) {
                    group.handle_done(now, token, result, &mut *self.rng);
                }
            }
            Route::Eapol(group, peer) => {
                if let (Some(group), Err(refused)) = (self.groups.get_mut(&group), result) {
                    tracing::debug!(%refused, "EAPOL frame refused");
                    group.eapol_sent(now, peer, SendStatus::NotAcked, &mut *self.rng);
                }
            }
            Route::Link(token) => self.station.handle_done(now, token, result, &mut *self.rng),
            Route::LinkEapol => {
                if let Err(refused) = result {
                    tracing::debug!(%refused, "EAPOL frame refused");
                    self.station.eapol_sent(now, SendStatus::NotAcked, &mut *self.rng);
                }
            }
            Route::LinkUp => {
                if result.is_ok() {
                    (self.base.up, self.base.kind) = (true, InterfaceKind::Station);
                    self.event(Event::BaseInterface { up: true });
                }
                self.station.raised(now, result.map(drop));
            }
            Route::LinkQuery => self.link_told(result),
            Route::Interface(group) => self.interface_done(now, group, result),
            Route::Release(group) => self.interface_released(now, group, result),
            Route::Discovery => self.discovery_done(now, result),
            Route::InterfaceAddress(id, address) => self.interface_address_done(now, id, address, result),
            Route::DiscoveryAddress(address) => self.discovery_address_done(address, result),
            Route::Raise => match result {
                Ok(_) if self.discovery.iface == InterfaceId::BASE => {
                    self.base.up = true;
                    self.event(Event::BaseInterface { up: true });
                }
                Ok(_) => {}
                Err(refused) => {
                    tracing::warn!(%refused, "the interface of P2P discovery stays down");
                    self.discovery_refused(now, &refused);
                }
            },
            Route::DiscoveryEnd => self.stopping = Some(true),
            Route::User(token) => {
                if let Err(refused) = result {
                    tracing::info!(%refused, "the user's frame was refused");
                    self.user_frame_sent(token, None);
                }
            }
            Route::Station(group, station) => self.station_told(group, station, result),
            Route::Nobody(what) => {
                if let Err(refused) = result {
                    tracing::info!(%refused, "{what} was refused");
                }
            }
        }
    }

    fn sent(&mut self, now: Duration, id: CommandId, status: SendStatus) {
        match self.routes.sent(id) {
            Some(Route::Airtime) => self.airtime.sent(now, id, status, &mut self.ids),
            Some(Route::LinkEapol) => self.station.eapol_sent(now, status, &mut *self.rng),
            Some(Route::User(token)) => self.user_frame_sent(token, Some(status)),
            Some(Route::Group(group, token)) => {
                if let Some(group) = self.groups.get_mut(&group) {
                    group.handle_sent(now, token, status, &mut *self.rng);
                }
            }
            Some(Route::Eapol(group, peer)) => {
                if let Some(group) = self.groups.get_mut(&group) {
                    group.eapol_sent(now, peer, status, &mut *self.rng);
                }
            }
            _ => {}
        }
    }

    fn discovery_done(&mut self, now: Duration, result: Result<Reply, Refused>) {
        match result {
            Ok(reply) => {
                if let Reply::Interface { address, .. } = reply {
                    self.discovery.address = address;
                }
                self.discovery.ready = true;
                self.reconfigure(now);
                self.receive_frames();
            }
            Err(refused) => {
                tracing::error!(%refused, "no interface for P2P discovery");
                self.discovery.failed = Some(refused);
            }
        }
    }

    /// A radio that keeps its address is one to work with.
    fn discovery_address_done(&mut self, address: MacAddr, result: Result<Reply, Refused>) {
        match result {
            Ok(_) => {
                self.discovery.given_back.get_or_insert(self.base.address);
                self.base.address = address;
                self.discovery.address = address;
            }
            Err(refused) => tracing::warn!(%refused, "the radio keeps its address"),
        }
    }

    /// The radio has refused something of discovery because its interface is down (somebody has lowered it, or rfkill has):
    /// what discovery was doing ends, instead of being refused again and again. While a group has the interface it goes up and
    /// down by our own doing.
    pub(super) fn discovery_refused(&mut self, now: Duration, refused: &Refused) {
        if matches!(refused.errno, ENETDOWN | ERFKILL) {
            self.discovery_down(now);
        }
    }

    fn discovery_down(&mut self, now: Duration) {
        let iface = self.discovery.iface;
        if self.formation.is_some() || self.groups.values().any(|g| g.iface() == iface) {
            return;
        }
        if !core::mem::replace(&mut self.discovery.down, true) {
            tracing::warn!("the interface of P2P discovery is down");
        }
        self.p2p.stop_find(now);
    }

    fn radio_gone(&mut self, now: Duration) {
        if core::mem::replace(&mut self.discovery.gone, true) {
            return;
        }
        self.p2p.stop_find(now);
        let ids: alloc::vec::Vec<GroupId> = self.groups.keys().copied().collect();
        for id in ids {
            self.end_group(now, id, crate::api::Cause::InterfaceLost);
        }
        self.event(Event::RadioGone);
    }
}

/// `ENETDOWN`: the interface is down.
const ENETDOWN: i32 = 100;
/// `ERFKILL`: the radio is switched off.
const ERFKILL: i32 = 132;

/// The interface that a report concerns.
fn interface_of(event: &radio::Event) -> Option<InterfaceId> {
    use radio::Event::*;
    match event {
        Eapol { iface, .. }
        | Authenticated { iface, .. }
        | Associated { iface, .. }
        | Connected { iface, .. }
        | Disconnected { iface, .. }
        | StationJoined { iface, .. }
        | StationLeft { iface, .. }
        | StationProbed { iface, .. }
        | ChannelSwitchStarted { iface, .. }
        | ChannelSwitched { iface, .. }
        | ApStopped { iface }
        | InterfaceUp { iface, .. }
        | InterfaceRenamed { iface, .. }
        | InterfaceGone { iface } => Some(*iface),
        _ => None,
    }
}

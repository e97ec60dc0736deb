//! What the user asks: checked, then handed to the machine that does it.

use super::Device;
use super::formation::{Formation, Stage};
use crate::api::{
    AddGroup, Cause, Config, Connect, ConnectHow, Error, Find, FindScope, GroupId, Invite, ProvisionMethod, Reply,
    Request, Role, WpsMethod,
};
use crate::plan;
use crate::route::Route;
use crate::station::Habits;
use alloc::vec::Vec;
use core::time::Duration;
use ieee80211_ies::MacAddr;
use p2p_core::{FindParameters, InviteParameters, Method, Reception, Refusal};
use radio::Command;

/// Reason code: the station leaves, or is sent away, because the owner's user wants it (IEEE 802.11-2020 Table 9-49).
const REMOVED: u16 = 3;

/// Whether a request has discovery do something.
fn needs_discovery(request: &Request) -> bool {
    matches!(
        request,
        Request::Find(_)
            | Request::Listen(_)
            | Request::ExtendedListen(_)
            | Request::Connect(_)
            | Request::ProvisionDiscovery { .. }
            | Request::AddGroup(_)
            | Request::Invite(_)
    )
}

/// What the user wants as soon as the one interface is free.
#[derive(Debug)]
pub(super) enum Waiting {
    Connect(Connect),
    Add(AddGroup),
}

impl Device {
    /// Does what the user asks, or says why not. That it is accepted does not mean that it will succeed.
    pub fn request(&mut self, now: Duration, request: Request) -> Result<Reply, Error> {
        let groups = self.next_group;
        let result = self.carry_out(now, request);
        let reply = if self.next_group == groups { Reply::Ok } else { Reply::Interface(GroupId(self.next_group)) };
        self.pump(now);
        result.map(|()| reply)
    }

    fn carry_out(&mut self, now: Duration, request: Request) -> Result<(), Error> {
        if self.config.station_only && needs_discovery(&request) {
            return Err(Error::Unavailable("this interface is a station's alone"));
        }
        match request {
            Request::Find(find) => {
                self.reaches_channels()?;
                self.search_told = None;
                self.p2p.find(now, find_parameters(find), &mut *self.rng).map_err(|r| refused(r, MacAddr::ZERO))
            }
            Request::StopFind => {
                self.p2p.stop_find(now);
                Ok(())
            }
            Request::Listen(duration) => {
                self.ready()?;
                if !self.capabilities.remain_on_channel {
                    return Err(Error::Unavailable("the radio cannot stay on a channel to be found there"));
                }
                self.p2p.listen(now, duration);
                Ok(())
            }
            Request::ExtendedListen(timing) => {
                self.p2p.extended_listen(now, timing);
                Ok(())
            }
            Request::Connect(connect) => self.connect(now, connect),
            Request::ProvisionDiscovery { peer, method, purpose } => {
                self.reaches_channels()?;
                let method = match method {
                    ProvisionMethod::PushButton => Method::PushButton,
                    ProvisionMethod::Display => Method::Display,
                    ProvisionMethod::Keypad => Method::Keypad,
                };
                self.p2p.provision_discovery(now, peer, method, purpose, &mut *self.rng).map_err(|r| refused(r, peer))
            }
            Request::Cancel => self.cancel(now),
            Request::Reject(peer) => {
                self.p2p.peer(peer).ok_or(Error::UnknownPeer(peer))?;
                self.take_back_wish(now, peer);
                self.p2p.reject(now, peer);
                Ok(())
            }
            Request::Unauthorize(peer) => {
                if self.agreed_join.take_if(|join| join.peer == peer).is_some() {
                    self.p2p.authorize_invitation(None);
                }
                self.p2p.peer(peer).ok_or(Error::UnknownPeer(peer))?;
                if self.formation.as_ref().is_some_and(|f| f.connect.authorize_only) {
                    self.take_back_wish(now, peer);
                }
                self.p2p.unauthorize(now, peer);
                let only_authorized = |f: &&Formation| {
                    f.peer == peer
                        && f.connect.authorize_only
                        && matches!(f.stage, Stage::Interface | Stage::Negotiating)
                };
                if let Some(id) = self.formation.as_ref().filter(only_authorized).map(|f| f.group) {
                    self.end_group(now, id, Cause::Requested);
                }
                Ok(())
            }
            Request::AddGroup(add) => self.add_group_for_user(now, add),
            Request::Pause(group) => {
                let client = self.groups.get_mut(&group).and_then(|g| g.client()).ok_or(Error::UnknownGroup)?;
                if client.pause(now, &mut *self.rng) { Ok(()) } else { Err(Error::Unavailable("not connected")) }
            }
            Request::ComeBack(group) => {
                let element = self.client_p2p_element();
                let client = self.groups.get_mut(&group).and_then(|g| g.client()).ok_or(Error::UnknownGroup)?;
                let back = client.come_back(now, element, &mut *self.rng);
                if back { Ok(()) } else { Err(Error::Unavailable("not connected before")) }
            }
            Request::RemoveGroup(id) => {
                let there = self.groups.get(&id).is_some_and(|g| g.is_active());
                if !there {
                    return Err(Error::UnknownGroup);
                }
                self.end_group(now, id, Cause::Requested);
                Ok(())
            }
            Request::StopAccessPoint(id) => {
                let stopped = self.owner(id)?.stop_access_point(now);
                if stopped { Ok(()) } else { Err(Error::Unavailable("the access point has not begun")) }
            }
            Request::RemoveAllGroups => {
                let ids: Vec<GroupId> = self.groups.keys().copied().collect();
                for id in ids {
                    self.end_group(now, id, Cause::Requested);
                }
                Ok(())
            }
            Request::Invite(invite) => self.invite(now, invite),
            Request::Flush => {
                self.agreed_join = None;
                self.invited_to = None;
                self.p2p.flush(now);
                Ok(())
            }
            Request::RemoveClient { address, by_interface } => {
                self.remove_client(now, address, by_interface);
                Ok(())
            }
            Request::GroupPushButton { group, only } => {
                self.provide_key_pair(group)?;
                let owner = self.owner(group)?;
                owner.enable_wps(now, &WpsMethod::PushButton, only, None)
            }
            Request::GroupPin { group, only, pin, timeout } => {
                self.provide_key_pair(group)?;
                let owner = self.owner(group)?;
                owner.enable_wps(now, &WpsMethod::Keypad(pin), only, timeout)
            }
            Request::QueryStations(group) => self.query_stations(group),
            Request::GroupCancelWps(group) => {
                self.owner(group)?.cancel_wps(now);
                Ok(())
            }
            Request::Deauthenticate { group, station, reason } => {
                self.owner(group)?.deauthenticate(now, station, reason);
                Ok(())
            }
            Request::SwitchChannel { group, channel, count, block_transmission } => {
                self.switch_channel(now, group, channel, count, block_transmission)
            }
            Request::Presence { group, periods } => {
                let client = self.groups.get_mut(&group).and_then(|g| g.client()).ok_or(Error::UnknownGroup)?;
                if client.request_presence(&periods) { Ok(()) } else { Err(Error::Unavailable("not connected")) }
            }
            Request::Configure(config) => {
                self.configure(now, *config);
                Ok(())
            }
            Request::Station(request) => self.station_request(now, request),
            Request::Scan(scan) => self.scan_for_user(now, scan),
            Request::AbortScan => {
                if !self.airtime.scans_for_user() {
                    return Err(Error::NothingToCancel);
                }
                self.airtime.abort_user_scan(&mut self.ids);
                Ok(())
            }
            Request::SendFrame(frame) => self.send_user_frame(now, frame),
            Request::EndSending => {
                self.end_user_frames(now);
                Ok(())
            }
            Request::ExternalFrames { group, on } => self.take_frames(group, on),
            Request::InjectFrame { group, frequency, signal_dbm, frame } => {
                let iface = self.interface_for(group)?;
                if !self.frames_are_taken(iface) {
                    return Err(Error::Unavailable("the frames of this interface are not the user's"));
                }
                self.act_on_frame(now, iface, Reception { frequency, signal_dbm }, &frame);
                Ok(())
            }
            Request::PretendInterface { up } => {
                self.pretend_interface(now, up);
                Ok(())
            }
            Request::PowerSave { group, on } => {
                let iface = match group {
                    Some(_) => self.interface_for(group)?,
                    None => radio::InterfaceId::BASE,
                };
                let route = crate::route::Route::Nobody("changing the radio's power save");
                self.command(Command::SetPowerSave { iface, on }, route);
                Ok(())
            }
        }
    }

    /// Whether discovery can be asked for something; its interface is raised where it was found to be down.
    /// Ready, on a radio that can leave its channel for a frame in one way or another.
    pub(super) fn reaches_channels(&mut self) -> Result<(), Error> {
        self.ready()?;
        if !self.capabilities.remain_on_channel && !self.capabilities.offchannel_transmit {
            return Err(Error::Unavailable("the radio can neither stay on another channel nor send there"));
        }
        Ok(())
    }

    fn ready(&mut self) -> Result<(), Error> {
        if !self.discovery.ready || self.discovery.gone {
            return Err(Error::Unavailable("the radio is not ready for P2P"));
        }
        if self.pretended_down {
            return Err(Error::Unavailable("the interface is said to be down"));
        }
        if core::mem::take(&mut self.discovery.down) {
            let iface = self.discovery.iface;
            self.command(Command::SetInterfaceUp { iface, up: true }, Route::Raise);
        }
        Ok(())
    }

    fn owner(&mut self, id: GroupId) -> Result<&mut crate::group::OwnerGroup, Error> {
        self.groups.get_mut(&id).and_then(|g| g.owner()).ok_or(Error::UnknownGroup)
    }

    /// Gives an owner that has used its Diffie-Hellman pair another one, while the next client's user is still on the way.
    fn provide_key_pair(&mut self, group: GroupId) -> Result<(), Error> {
        if self.owner(group)?.lacks_key_pair() {
            self.prepare_keys();
            let pair = self.key_pair.take();
            self.owner(group)?.provide_key_pair(pair);
        }
        Ok(())
    }

    pub(super) fn connect(&mut self, now: Duration, connect: Connect) -> Result<(), Error> {
        self.reaches_channels()?;
        if connect.intent.is_some_and(|i| i > 15) {
            return Err(Error::Invalid("group owner intent is 0 to 15"));
        }
        if connect.authorize_only && connect.how != ConnectHow::Negotiate {
            self.p2p.authorize_invitation(Some(connect.peer));
            self.agreed_join = Some(connect);
            return Ok(());
        }
        if let Some(wanted) = connect.channel.frequency {
            let info = self.capabilities.channel(wanted);
            if !info.is_some_and(|info| plan::may_own(&self.config, info)) {
                return Err(Error::ChannelUnsupported(wanted));
            }
            self.check_channel(wanted)?;
        }
        if connect.how == ConnectHow::Negotiate {
            let known = self.p2p.peer(connect.peer);
            let enough = known.is_some_and(|p| connect.authorize_only || !p.flags.probe_request_only);
            if !enough {
                return Err(Error::UnknownPeer(connect.peer));
            }
        }
        if let Some(record) = connect.record {
            let owned = |r: &&crate::api::GroupRecord| r.id == Some(record) && r.role == Role::Owner;
            self.records.iter().find(owned).ok_or(Error::UnknownRecord)?;
        }
        match &self.formation {
            Some(formation) if formation.stage == Stage::Starting => {
                return Err(Error::Busy("a group is being formed"));
            }
            Some(formation) => {
                let id = formation.group;
                self.end_group(now, id, Cause::Requested);
            }
            None => {}
        }
        if !self.layout.group_interface && !self.groups.is_empty() {
            // The one interface is taken; a group that is just ending gives it back first.
            if self.groups.values().any(|g| g.is_active()) {
                return Err(Error::Busy("the interface carries a group"));
            }
            self.waiting = Some(Waiting::Connect(connect));
            return Ok(());
        }
        self.check_base()?;
        self.begin_formation(connect);
        Ok(())
    }

    fn add_group_for_user(&mut self, now: Duration, add: AddGroup) -> Result<(), Error> {
        self.ready()?;
        let one_interface = !self.layout.group_interface && !self.groups.is_empty();
        if self.formation.is_some() || (one_interface && self.groups.values().any(|g| g.is_active())) {
            return Err(Error::Busy("another group is there or being formed"));
        }
        self.check_base()?;
        self.p2p.stop_find(now);
        if one_interface {
            // A group that is just ending gives the interface back first.
            self.waiting = Some(Waiting::Add(add));
            return Ok(());
        }
        self.add_group(&add, None)
    }

    /// What waited for the one interface begins.
    pub(super) fn after_release(&mut self, now: Duration) {
        let begun = match self.waiting.take() {
            Some(Waiting::Connect(connect)) => self.connect(now, connect),
            Some(Waiting::Add(add)) => self.add_group_for_user(now, add),
            None => return,
        };
        if let Err(error) = begun {
            tracing::info!(%error, "what waited for the interface cannot begin");
        }
    }

    /// Forgets a connection to a peer that has not come to a group yet: its interface may still be in the making, and would
    /// begin it afterwards.
    fn take_back_wish(&mut self, now: Duration, peer: MacAddr) {
        self.waiting.take_if(|waiting| matches!(waiting, Waiting::Connect(connect) if connect.peer == peer));
        if let Some(formation) = &self.formation
            && formation.peer == peer
            && formation.stage != Stage::Starting
        {
            let id = formation.group;
            self.end_group(now, id, Cause::Requested);
        }
    }

    fn cancel(&mut self, now: Duration) -> Result<(), Error> {
        self.p2p.stop_find(now);
        let waiting = self.waiting.take().is_some();
        if let Some(formation) = &self.formation {
            let id = formation.group;
            self.end_group(now, id, Cause::Requested);
            return Ok(());
        }
        match self.p2p.cancel(now) {
            Ok(()) => Ok(()),
            Err(_) if waiting => Ok(()),
            Err(_) => Err(Error::NothingToCancel),
        }
    }

    fn invite(&mut self, now: Duration, invite: Invite) -> Result<(), Error> {
        self.reaches_channels()?;
        let parameters = match invite {
            Invite::Persistent { record, peer, channel } => {
                let stored = self.records.iter().find(|r| r.id == Some(record)).ok_or(Error::UnknownRecord)?;
                let owner = stored.role == Role::Owner;
                let peer = if owner { peer.ok_or(Error::Invalid("peer is missing"))? } else { stored.owner };
                let address = self.discovery.address;
                InviteParameters {
                    peer,
                    persistent: Some(record.0),
                    owner,
                    ssid: stored.ssid.clone(),
                    owner_address: stored.owner,
                    bssid: owner.then_some(address),
                    frequency: channel.frequency,
                    preferred_frequency: channel.preferred.or_else(|| self.shared_channel()),
                }
            }
            Invite::Active { group, peer, owner: owner_address } => {
                let info = self.groups.get(&group).filter(|g| g.is_started()).ok_or(Error::UnknownGroup)?.info();
                InviteParameters {
                    peer,
                    persistent: None,
                    owner: info.role == Role::Owner,
                    ssid: info.ssid,
                    owner_address: owner_address.unwrap_or(info.owner),
                    bssid: Some(info.bssid),
                    frequency: Some(info.frequency),
                    preferred_frequency: None,
                }
            }
        };
        let peer = parameters.peer;
        self.p2p.invite(now, parameters, &mut *self.rng).map_err(|r| refused(r, peer))
    }

    fn switch_channel(
        &mut self,
        now: Duration,
        id: GroupId,
        channel: radio::Channel,
        count: u8,
        block: bool,
    ) -> Result<(), Error> {
        let (wanted, can_switch) = (channel.frequency, self.capabilities.channel_switch);
        let info = *self.capabilities.channel(wanted).ok_or(Error::ChannelUnsupported(wanted))?;
        let allowed = plan::may_own(&self.config, &info);
        let group = self.groups.get_mut(&id).filter(|g| g.is_started()).and_then(|g| g.owner());
        let owner = group.ok_or(Error::UnknownGroup)?;
        if !allowed {
            return Err(Error::ChannelUnavailable(wanted));
        }
        if !can_switch || count == 0 {
            return Err(Error::Unavailable("the radio cannot announce a channel switch"));
        }
        owner.switch_channel(now, channel, count, block, false);
        Ok(())
    }

    fn remove_client(&mut self, now: Duration, address: MacAddr, by_interface: bool) {
        let mut changed = Vec::new();
        for group in self.groups.values_mut() {
            let id = group.shared.id;
            let known = !by_interface && group.forget_member(address);
            let Some(owner) = group.owner() else { continue };
            if owner.forget_psks(address, by_interface) || known {
                changed.push(id);
            }
            let station = if by_interface { Some(address) } else { owner.station_of(address) };
            if let Some(station) = station {
                owner.deauthenticate(now, station, REMOVED);
            }
        }
        for id in changed {
            self.save_group(id);
        }
        self.change_records(|record| record.forget_client(address, by_interface));
    }

    fn configure(&mut self, now: Duration, config: Config) {
        if let Some(country) = config.country.filter(|c| Some(*c) != self.config.country) {
            self.command(Command::SetCountry { country }, crate::route::Route::Nobody("setting the country"));
        }
        if config.ssid_postfix != self.config.ssid_postfix || config.passphrase_length != self.config.passphrase_length
        {
            self.prepared = None;
        }
        let probes = config.client_probe != self.config.client_probe;
        self.config = config;
        if probes {
            self.receive_clients_frames();
        }
        self.layout = plan::layout(&self.config, &self.capabilities);
        self.prepare_keys();
        self.take_habits();
        self.reconfigure(now);
        self.leave_forbidden_channels(now);
        self.share_channels(now);
    }

    /// Asks anew for the frames of all groups that we are a client of.
    fn receive_clients_frames(&mut self) {
        let joined = |g: &&crate::group::Group| g.is_active() && g.role() == Some(Role::Client);
        let groups: Vec<_> = self.groups.values().filter(joined).map(|g| (g.shared.id, g.shared.created)).collect();
        for (id, created) in groups {
            if created { self.receive_client_frames(id) } else { self.receive_frames() }
        }
    }

    /// Tells the airtime and the station what the configuration wants of them.
    pub(super) fn take_habits(&mut self) {
        let Config { search_delay_ms, scan_interval_s, passive_scan, auto_reconnect, .. } = self.config;
        self.airtime.set_search_delay(Duration::from_millis(search_delay_ms.into()));
        self.station.set_habits(Habits {
            scan_interval: Duration::from_secs(scan_interval_s.into()),
            passive: passive_scan,
            comes_back: auto_reconnect,
        });
    }
}

fn find_parameters(find: Find) -> FindParameters {
    FindParameters {
        timeout: find.timeout,
        social_only: find.scope == FindScope::Social,
        frequency: match find.scope {
            FindScope::Frequency(frequency) => Some(frequency),
            _ => None,
        },
        device: find.device,
        device_type: find.device_type,
    }
}

fn refused(refusal: Refusal, peer: MacAddr) -> Error {
    match refusal {
        Refusal::UnknownPeer => Error::UnknownPeer(peer),
        Refusal::Busy => Error::Busy("P2P is busy"),
        Refusal::NoChannel => Error::ChannelUnavailable(0),
        Refusal::Nothing => Error::NothingToCancel,
        Refusal::Invalid(what) => Error::Invalid(what),
    }
}

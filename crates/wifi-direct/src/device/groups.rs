//! The life of a group's interface: made, given a role, given back; and what a running group reports.

use super::formation::Stage;
use super::{Device, PREPARE_DELAY};
use crate::airtime::{Client, OwnerScan};
use crate::api::{Cause, ChannelWish, ConnectHow, Error, Event, GroupEvent, GroupId, MAX_CLIENTS, Phase, Role};
use crate::group::{self, Group, Shared};
use crate::names;
use crate::plan;
use crate::route::Route;
use alloc::vec::Vec;
use core::time::Duration;
use ieee80211_ies::MacAddr;
use radio::{Command, InterfaceId, InterfaceKind, Refused, Reply};

/// From the end of WSC until the first client passes data (section 5.4 of wpa_supplicant's surface: 10 s).
const FIRST_CLIENT: Duration = Duration::from_secs(10);
/// Beacons that announce a switch of channel (section 5.4: 7).
pub(super) const SWITCH_COUNT: u8 = 7;
/// Names of group interfaces that are tried before a formation fails: as many as a kernel's radio could have.
const MAX_GROUP_NAMES: u32 = 1000;

impl Device {
    /// Makes (or takes) the interface of a group to be; [`Device::interface_done`] goes on.
    pub(super) fn reserve_group(&mut self, kind: InterfaceKind) -> GroupId {
        self.next_group += 1;
        let id = GroupId(self.next_group);
        let own_interface = self.layout.group_interface;
        let (iface, name, address) = if own_interface {
            let iface = InterfaceId(self.next_iface);
            self.next_iface += 1;
            (iface, self.next_interface_name(), self.base.address)
        } else {
            (InterfaceId::BASE, self.base.name.clone(), self.base.address)
        };
        let shared = Shared {
            id,
            iface,
            name: name.clone(),
            address,
            created: own_interface,
            kind,
            persistent: false,
            record: None,
            started: false,
            forming: true,
            connecting: None,
            idle_at: None,
            first_client: None,
            first_client_by: None,
            members: Vec::new(),
            ending: false,
            unanswered: 0,
            names_tried: 0,
            drawn_address: (own_interface && self.config.random_group_addresses)
                .then(|| names::address(&mut *self.rng)),
        };
        let address = shared.drawn_address;
        self.groups.insert(id, Group::reserved(shared));
        let command = if own_interface {
            Command::CreateInterface { iface, kind, name, address }
        } else {
            // Its type is changed once the role is known: until then it may be discovery's too.
            Command::SetInterfaceUp { iface, up: true }
        };
        self.command(command, Route::Interface(id));
        id
    }

    /// `p2p-wlan0-0`, or `p2p-0` where that is too long for the kernel (16 octets with the final zero).
    fn next_interface_name(&mut self) -> alloc::string::String {
        let n = self.next_group_name;
        self.next_group_name += 1;
        let name = alloc::format!("{}{n}", self.config.group_interface_prefix);
        if name.len() < 16 { name } else { alloc::format!("p2p-{n}") }
    }

    /// The interface of a group is there, or has the type that its role needs, or could not be had.
    pub(super) fn interface_done(&mut self, now: Duration, id: GroupId, result: Result<Reply, Refused>) {
        let Some(group) = self.groups.get_mut(&id) else { return };
        match result {
            Ok(reply) => {
                if let Reply::Interface { name, address } = reply {
                    group.shared.name = name;
                    group.shared.address = address;
                    // Some drivers give an address of their own to what they make.
                    if let Some(address) = group.shared.drawn_address.filter(|drawn| *drawn != address) {
                        let iface = group.shared.iface;
                        let change = Command::SetInterfaceAddress { iface, address };
                        self.command(change, Route::InterfaceAddress(id, address));
                        return;
                    }
                }
                self.interface_made(now, id);
            }
            // Another device of ours, or somebody else, has an interface of that name.
            Err(refused) if group.is_reserved() && group.shared.created && name_is_taken(&refused) => {
                self.name_group_anew(now, id, refused);
            }
            Err(refused) => {
                self.group_ended(now, id, Phase::Interface, Cause::Radio { what: "the group's interface", refused });
            }
        }
    }

    /// The interface of a group has the address drawn for it, or keeps the one that it had.
    pub(super) fn interface_address_done(
        &mut self,
        now: Duration,
        id: GroupId,
        address: MacAddr,
        result: Result<Reply, Refused>,
    ) {
        let Some(group) = self.groups.get_mut(&id) else { return };
        match result {
            Ok(_) => group.shared.address = address,
            Err(refused) => tracing::warn!(%refused, "the group's interface keeps the address that the radio gave it"),
        }
        self.interface_made(now, id);
    }

    fn interface_made(&mut self, now: Duration, id: GroupId) {
        let Some(group) = self.groups.get(&id).filter(|group| group.is_reserved()) else { return };
        let (interface, created) = (group.shared.name.clone(), group.shared.created);
        self.event(Event::InterfaceAdded { group: id, interface, created });
        self.interface_ready(now, id);
    }

    /// Tries the next name for a group's interface.
    fn name_group_anew(&mut self, now: Duration, id: GroupId, refused: Refused) {
        let Some(group) = self.groups.get_mut(&id) else { return };
        group.shared.names_tried += 1;
        if group.shared.names_tried > MAX_GROUP_NAMES {
            return self.group_ended(
                now,
                id,
                Phase::Interface,
                Cause::Radio { what: "the group's interface", refused },
            );
        }
        let name = self.next_interface_name();
        let Some(group) = self.groups.get_mut(&id) else { return };
        group.shared.name.clone_from(&name);
        let Shared { iface, kind, drawn_address: address, .. } = group.shared;
        self.command(Command::CreateInterface { iface, kind, name, address }, Route::Interface(id));
    }

    /// What a group says.
    pub(super) fn group_output(&mut self, now: Duration, id: GroupId, output: group::Output) {
        use group::Output;
        match output {
            Output::Command(token, command) => {
                self.command(command, Route::Group(id, token));
            }
            Output::Eapol(peer, command) => {
                self.command(command, Route::Eapol(id, peer));
            }
            Output::Tell(what, command) => {
                self.command(command, Route::Nobody(what));
            }
            Output::Event(event) => {
                if matches!(event, GroupEvent::ChannelSwitched { .. }) {
                    self.reconsider_sharing(now);
                }
                self.event(Event::Group { group: id, event });
            }
            Output::Scan(mut scan) => {
                if scan.frequencies.is_empty() {
                    scan.frequencies = plan::searched(&self.capabilities).map(|c| c.frequency).collect();
                }
                if let Some(iface) = self.groups.get(&id).map(Group::iface) {
                    self.airtime.scan_for_owner(
                        now,
                        OwnerScan { client: Client::Group(id), iface, scan },
                        &mut self.ids,
                    );
                }
            }
            Output::Hold(on) => self.airtime.hold(now, Client::Group(id), on, &mut self.ids),
            Output::WscSucceeded => self.wsc_succeeded(now, id),
            Output::Started => self.group_up(now, id),
            Output::StationsChanged => {
                // It may have moved, while others moved elsewhere.
                self.follow_neighbours(now, SWITCH_COUNT);
                self.tell_own_groups(now);
                self.watch_idle(now, id);
            }
            Output::Member(device) => self.member_connected(id, device),
            Output::HandshakeFailed => self.await_first_client_anew(now, id),
            Output::KeysChanged => self.save_group(id),
            Output::Woken(device, status) => self.p2p.client_woken(now, device, status),
            Output::Ended(phase, cause) => self.group_ended(now, id, phase, cause),
            Output::Stopped => self.release_group(id),
        }
    }

    /// WSC has handed over the credential: the formation has succeeded.
    fn wsc_succeeded(&mut self, now: Duration, id: GroupId) {
        let Some(group) = self.groups.get_mut(&id) else { return };
        if !group.shared.forming {
            return;
        }
        group.shared.forming = false;
        if group.role() == Some(Role::Client) {
            let formation = self.formation.as_ref().filter(|f| f.group == id);
            group.shared.connecting = formation.map(|f| f.peer);
            // Of a group that was negotiated both sides have said whether it persists; one that runs says it itself.
            let joined = formation.is_some_and(|f| f.connect.how != ConnectHow::Negotiate);
            group.shared.persistent |= joined && group.client().is_some_and(|client| client.said_persistent());
        }
        self.event(Event::FormationSuccess);
        self.end_formation(now, id, true);
        let Some(group) = self.groups.get_mut(&id) else { return };
        if let Some(owner) = group.owner() {
            owner.set_forming(now, false);
            group.shared.first_client = Some(FIRST_CLIENT);
            self.report_started(now, id);
        }
    }

    /// The owner's access point runs, or the client has its keys.
    fn group_up(&mut self, now: Duration, id: GroupId) {
        let Some(group) = self.groups.get(&id) else { return };
        match group.role() {
            // A group that is being formed is reported once WSC has succeeded.
            Some(Role::Owner) if group.shared.forming => {}
            _ => self.report_started(now, id),
        }
    }

    fn report_started(&mut self, now: Duration, id: GroupId) {
        let Some(group) = self.groups.get_mut(&id) else { return };
        if core::mem::replace(&mut group.shared.started, true) {
            return;
        }
        group.shared.connecting = None;
        let owned = group.role() == Some(Role::Owner);
        group.shared.first_client_by = group.shared.first_client.filter(|_| owned).map(|wait| now + wait);
        let info = group.info();
        if info.persistent && info.record.is_none() {
            self.save_group(id);
        }
        self.event(Event::GroupStarted(info));
        self.tell_own_groups(now);
        self.watch_idle(now, id);
        if owned {
            self.reconsider_sharing(now);
        } else {
            self.share_channels(now);
        }
        self.prepare_at = Some(now + PREPARE_DELAY);
    }

    /// A group cannot go on, by itself or while it was formed.
    pub(super) fn group_ended(&mut self, now: Duration, id: GroupId, phase: Phase, cause: Cause) {
        let Some(group) = self.groups.get(&id).filter(|g| !g.is_ending()) else { return };
        let (forming, record, connecting) = (group.shared.forming, group.shared.record, group.shared.connecting);
        let forming = forming || matches!((phase, group.shared.first_client_by), (Phase::Handshake, Some(_)));
        if forming {
            self.event(Event::FormationFailure { phase, cause: cause.clone() });
        }
        if let (Some(record), Cause::WrongKey) = (record, &cause) {
            let event = crate::api::GroupEvent::PersistentPskFail(record);
            self.event(Event::Group { group: id, event });
        }
        self.fail_formation(now, id, phase, &cause);
        if let Some(peer) = connecting {
            tracing::info!(%peer, ?phase, %cause, "connection failed after WSC");
            self.event(Event::ConnectFailed { peer, phase, cause: cause.clone() });
        }
        self.end_group(now, id, cause);
    }

    /// Ends a group, whatever it is doing, and gives its interface back.
    pub(super) fn end_group(&mut self, now: Duration, id: GroupId, cause: Cause) {
        let Some(group) = self.groups.get_mut(&id).filter(|g| !g.is_ending()) else { return };
        let role = group.role();
        // A group whose first client never came was not formed.
        let formed = group.shared.started && group.shared.first_client_by.is_none();
        (group.shared.first_client_by, group.shared.idle_at) = (None, None);
        let interface = group.shared.name.clone();
        let others_to_tell = group.stop(now);
        self.additions.remove(&id);
        self.end_formation(now, id, false);
        self.airtime.hold(now, Client::Group(id), false, &mut self.ids);
        let removed = role.map(|role| Event::GroupRemoved { group: id, interface, role, cause, formed });
        // As wpa_supplicant has it: an owner's users hear of the end before its access point stops, a client's after it has left.
        let (before, after) = if role == Some(Role::Owner) { (removed, None) } else { (None, removed) };
        if let Some(event) = before {
            self.event(event);
        }
        while let Some(output) = self.groups.get_mut(&id).and_then(Group::poll_output) {
            self.group_output(now, id, output);
        }
        if let Some(event) = after {
            self.event(event);
        }
        if !others_to_tell {
            self.release_group(id);
        }
        self.tell_own_groups(now);
        self.prepare_at = Some(now + PREPARE_DELAY);
    }

    /// Gives the interface of an ended group back.
    fn release_group(&mut self, id: GroupId) {
        let Some(group) = self.groups.get(&id).filter(|g| g.is_ending()) else { return };
        let iface = group.iface();
        let command = if group.shared.created {
            Command::RemoveInterface { iface }
        } else {
            Command::SetInterfaceKind { iface, kind: InterfaceKind::Station }
        };
        self.command(command, Route::Release(id));
    }

    /// A group's interface has been given back.
    pub(super) fn interface_released(&mut self, now: Duration, id: GroupId, result: Result<Reply, Refused>) {
        if let Err(refused) = result {
            tracing::warn!(%refused, "the group's interface could not be given back");
        }
        let Some(group) = self.groups.remove(&id) else { return };
        self.forget_taken_frames(id);
        let Shared { name: interface, created, iface, .. } = group.shared;
        self.event(Event::InterfaceRemoved { group: id, interface, created });
        if !created && iface == self.discovery.iface {
            // A change of type ended the registrations.
            self.receive_frames();
        }
        self.after_release(now);
    }

    /// After a change of the regulatory domain or of the user's wishes: groups of ours that may not be where they are move to
    /// another channel with their stations, or end where there is none.
    pub(super) fn leave_forbidden_channels(&mut self, now: Duration) {
        let forbidden: Vec<GroupId> = self
            .groups
            .values()
            .filter(|g| g.is_active() && g.role() == Some(Role::Owner))
            .filter(|g| {
                let info = self.capabilities.channel(g.info().frequency);
                info.is_some_and(|c| !plan::may_own(&self.config, c))
            })
            .map(|g| g.shared.id)
            .collect();
        for id in forbidden {
            if !self.move_group(now, id) {
                self.group_ended(now, id, Phase::Running, Cause::ChannelConflict);
            }
        }
    }

    /// Moves a group of ours to the best channel that is left, with its clients where the radio can announce the move; whether
    /// there is one.
    fn move_group(&mut self, now: Duration, id: GroupId) -> bool {
        let random = self.rng.next_u32() % 3;
        let wish = ChannelWish::default();
        let bound = self.bound_by_neighbours();
        let bound = bound.as_deref();
        let shared = self.shared_channels();
        let chosen = plan::autonomous_channel(&self.config, &wish, &self.capabilities, bound, &shared, random);
        let Ok(frequency) = chosen else {
            return false;
        };
        self.move_group_to(now, id, frequency, SWITCH_COUNT)
    }

    /// Moves a group of ours to this channel, as [`Device::move_group`]; whether it can move.
    pub(super) fn move_group_to(&mut self, now: Duration, id: GroupId, frequency: u32, count: u8) -> bool {
        let wish = ChannelWish::default();
        let announced = self.capabilities.channel_switch;
        let channel = plan::operating_channel(&self.config, &wish, &self.capabilities, frequency);
        let Some(owner) = self.groups.get_mut(&id).filter(|g| g.is_started()).and_then(Group::owner) else {
            return false;
        };
        if announced {
            owner.switch_channel(now, channel, count, false, true);
        } else {
            owner.begin_anew(now, channel);
        }
        true
    }

    /// Asks the radio about the stations of a group.
    pub(super) fn query_stations(&mut self, id: GroupId) -> Result<(), Error> {
        let group = self.groups.get_mut(&id).filter(|g| g.is_active()).ok_or(Error::UnknownGroup)?;
        let iface = group.iface();
        let stations = group.peers();
        group.shared.unanswered += stations.len();
        if group.shared.unanswered == 0 {
            self.event(Event::Group { group: id, event: GroupEvent::StationsQueried });
        }
        for address in stations {
            self.command(Command::QueryStation { iface, address }, Route::Station(id, address));
        }
        Ok(())
    }

    /// What the radio knows of a station; nothing when that has just gone.
    pub(super) fn station_told(&mut self, id: GroupId, station: MacAddr, result: Result<Reply, Refused>) {
        let Some(group) = self.groups.get_mut(&id) else { return };
        if let Ok(Reply::Station(info)) = result {
            group.station_told(station, info);
        }
        let last = group.shared.unanswered == 1;
        group.shared.unanswered = group.shared.unanswered.saturating_sub(1);
        if last {
            self.event(Event::Group { group: id, event: GroupEvent::StationsQueried });
        }
    }

    /// A client passes data now: the first one completes a formation, and a persistent group remembers it.
    fn member_connected(&mut self, id: GroupId, device: Option<MacAddr>) {
        let Some(group) = self.groups.get_mut(&id) else { return };
        group.shared.first_client_by = None;
        group.shared.first_client = None;
        let Some(device) = device.filter(|_| group.shared.persistent) else { return };
        if group.shared.members.first() == Some(&device) {
            return;
        }
        group.shared.members.retain(|member| *member != device);
        group.shared.members.insert(0, device);
        group.shared.members.truncate(MAX_CLIENTS);
        if group.shared.started {
            self.save_group(id);
        }
    }

    /// A first client whose message 4 was lost has to come again, and wpa_supplicant looks through all channels before it
    /// does: it gets that time, once.
    fn await_first_client_anew(&mut self, now: Duration, id: GroupId) {
        let Some(group) = self.groups.get_mut(&id).filter(|g| g.shared.first_client_by.is_some()) else { return };
        if let Some(wait) = group.shared.first_client.take() {
            group.shared.first_client_by = Some(now + wait);
        }
    }

    /// Starts or stops the clock of a group in which nobody is.
    fn watch_idle(&mut self, now: Duration, id: GroupId) {
        let limit = self.config.group_idle_s;
        let Some(group) = self.groups.get_mut(&id) else { return };
        let idle = group.is_started() && group.owner().is_some_and(|o| o.is_empty());
        group.shared.idle_at = match (idle && limit > 0, group.shared.idle_at) {
            (true, None) => Some(now + Duration::from_secs(limit.unsigned_abs().into())),
            (true, since) => since,
            (false, _) => None,
        };
    }

    /// Ends groups in which nobody has been for too long.
    pub(super) fn idle_timeout(&mut self, now: Duration) {
        let late = |g: &&Group| g.shared.first_client_by.is_some_and(|t| t <= now);
        let ids: Vec<GroupId> = self.groups.values().filter(late).map(|g| g.shared.id).collect();
        for id in ids {
            self.group_ended(now, id, Phase::Handshake, Cause::Timeout("the group's first client"));
        }
        let idle = |g: &&Group| g.shared.idle_at.is_some_and(|t| t <= now);
        let ids: Vec<GroupId> = self.groups.values().filter(idle).map(|g| g.shared.id).collect();
        for id in ids {
            self.group_ended(now, id, Phase::Running, Cause::Idle);
        }
    }

    /// The formation's stage, if it is this group's.
    pub(super) fn stage_of(&self, id: GroupId) -> Option<Stage> {
        self.formation.as_ref().filter(|f| f.group == id).map(|f| f.stage)
    }
}

/// Whether an interface could not be made because there is one of that name (`EEXIST`, or `ENFILE` as nl80211 has it).
fn name_is_taken(refused: &Refused) -> bool {
    matches!(refused.errno, 17 | 23)
}

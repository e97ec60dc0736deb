//! Beside what others do on the same radio: a station's connection that another program holds leaves a group, where the radio
//! is on one channel at a time, no channel but its own. Our groups give way, for the connection was there first or its program
//! knows nothing of us.

use super::Device;
use super::groups::SWITCH_COUNT;
use crate::api::{Beside, Cause, Error, GroupId, Phase, Role};
use crate::group::Group;
use crate::plan;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;
use radio::{Channel, InterfaceId, InterfaceKind, Neighbour};

/// Fewest beacons in which a move is announced: with fewer a dozing client would hear of it too late (IEEE 802.11-2020 §11.8.8.2
/// leaves the number to the access point).
pub(super) const LEAST_COUNT: u8 = 2;

/// The beacon interval of most access points, 100 TU.
const BEACON_INTERVAL: Duration = Duration::from_micros(102_400);
/// How long after its announced time a switch may be reported: the station has to be heard of on the new channel first.
const ANNOUNCED_SLACK: Duration = Duration::from_secs(5);

/// A switch that a neighbour has announced.
#[derive(Debug)]
pub(super) struct Announced {
    name: String,
    /// Where it was and will be, MHz.
    from: u32,
    to: u32,
    /// When it is no longer expected.
    pub(super) until: Duration,
}

impl Device {
    /// What our groups have to live beside: the station's connection, and those of the neighbours that are really others'. The base
    /// interface that carries a group or the station of ours is not.
    pub(super) fn others(&self) -> impl Iterator<Item = &Neighbour> {
        let carries_group = self.groups.values().any(|g| g.iface() == InterfaceId::BASE);
        let base_is_ours = carries_group || self.station.holds_interface();
        self.own_connection.iter().chain(self.neighbours.iter().filter(move |n| !(n.base && base_is_ours)))
    }

    /// On how many channels the radio can be with one more group beside all that is there.
    pub(super) fn channel_limit(&self) -> u32 {
        let device = self.layout.discovery;
        let others = self.others().filter(|n| !n.base).map(|n| n.kind);
        let base = self.layout.group_interface.then_some(InterfaceKind::Station);
        let mut kinds: Vec<InterfaceKind> = device.into_iter().chain(base).chain(others).collect();
        let both = [InterfaceKind::P2pGo, InterfaceKind::P2pClient].map(|kind| {
            kinds.push(kind);
            let channels = self.capabilities.channels_for(&kinds);
            kinds.pop();
            channels.unwrap_or(1)
        });
        both.into_iter().min().unwrap_or(1)
    }

    /// The channels (MHz) that are in use by others, and by groups of ours: connections of stations first.
    pub(super) fn in_use(&self) -> Vec<u32> {
        let stations = self.others().filter(|n| n.kind == InterfaceKind::Station).map(|n| n.frequency);
        let others = self.others().map(|n| n.frequency);
        let groups = self.groups.values().filter(|g| g.is_active()).map(|g| g.info().frequency);
        let mut all = Vec::new();
        for frequency in stations.chain(others).chain(groups).filter(|f| *f != 0) {
            if !all.contains(&frequency) {
                all.push(frequency);
            }
        }
        all
    }

    /// The channels that the radio is bound to, when all that it can be on are in use.
    pub(super) fn bound_to(&self) -> Option<Vec<u32>> {
        let in_use = self.in_use();
        (!in_use.is_empty() && in_use.len() >= self.channel_limit() as usize).then_some(in_use)
    }

    /// The same, as far as others bind it.
    pub(super) fn bound_by_neighbours(&self) -> Option<Vec<u32>> {
        self.others().next()?;
        self.bound_to()
    }

    /// The neighbour that leaves no other channel, if one does.
    pub(super) fn neighbour_in_the_way(&self) -> Option<Beside> {
        self.bound_by_neighbours()?;
        let neighbour = self.others().next()?;
        Some(self.beside(neighbour))
    }

    fn beside(&self, neighbour: &Neighbour) -> Beside {
        let (interface, frequency, channels) = (neighbour.name.clone(), neighbour.frequency, self.channel_limit());
        match neighbour.base && self.station.holds_interface() {
            true => Beside::Station { interface, frequency, channels },
            false => Beside::Channel { interface, frequency, channels },
        }
    }

    /// What stands in the way of a group on this channel (MHz), if others do.
    pub(super) fn refusal_beside(&self, wanted: u32) -> Option<Beside> {
        let bound = self.bound_by_neighbours()?;
        if bound.contains(&wanted) { None } else { self.neighbour_in_the_way() }
    }

    /// Whether a group may be on this channel (MHz) beside all that is there.
    pub(super) fn check_channel(&self, wanted: u32) -> Result<(), Error> {
        if let Some(beside) = self.refusal_beside(wanted) {
            return Err(Error::Beside { wanted, beside });
        }
        match self.bound_to() {
            Some(bound) if !bound.contains(&wanted) => Err(Error::ChannelUnavailable(wanted)),
            _ => Ok(()),
        }
    }

    /// Whether a group would have to take the interface that another program has connected.
    pub(super) fn check_base(&self) -> Result<(), Error> {
        match self.others().find(|n| n.base && !self.layout.group_interface) {
            Some(base) => Err(Error::Beside { wanted: 0, beside: Beside::Interface(base.name.clone()) }),
            None => Ok(()),
        }
    }

    /// Others have come, gone, or moved to other channels.
    pub(super) fn neighbours_changed(&mut self, now: Duration, neighbours: Vec<Neighbour>) {
        for neighbour in neighbours.iter().filter(|n| !self.neighbours.contains(n)) {
            let (interface, frequency) = (&neighbour.name, neighbour.frequency);
            tracing::info!(%interface, frequency, "another program has brought it onto this channel");
        }
        for gone in self.neighbours.iter().filter(|old| !neighbours.iter().any(|new| new.name == old.name)) {
            tracing::info!(interface = %gone.name, "another program's connection has ended");
        }
        self.neighbours = neighbours;
        // What is told meanwhile of others does not call off what this one has announced.
        if let Some(announced) = self.announced.take()
            && let Some(mover) = self.neighbours.iter_mut().find(|n| n.name == announced.name)
            && mover.frequency == announced.from
        {
            mover.frequency = announced.to;
            self.announced = Some(announced);
        }
        self.adapt(now, SWITCH_COUNT);
    }

    /// The switch that a neighbour has announced has not come about in its time: it is where it was, as far as is known.
    pub(super) fn switch_overdue(&mut self, now: Duration) {
        let Some(announced) = self.announced.take_if(|a| a.until <= now) else { return };
        let Some(mover) = self.neighbours.iter_mut().find(|n| n.name == announced.name) else { return };
        mover.frequency = announced.from;
        tracing::info!(interface = %announced.name, frequency = announced.from, "the announced switch did not come about");
        self.adapt(now, SWITCH_COUNT);
    }

    /// Brings everything into line with where the neighbours are; groups that move announce it in `count` beacons.
    pub(super) fn adapt(&mut self, now: Duration, count: u8) {
        self.own_connection = self.station.frequency().map(|frequency| self.own_neighbour(frequency));
        self.reconfigure(now);
        let channels = self.others().map(|n| n.frequency).collect();
        self.airtime.be_courteous(channels);
        self.follow_neighbours(now, count);
        self.share_channels(now);
    }

    /// Groups that are where the radio cannot be any more follow to a channel that it is on, or end.
    pub(super) fn follow_neighbours(&mut self, now: Duration, count: u8) {
        let limit = self.channel_limit() as usize;
        let Some(first) = self.others().next().cloned() else { return };
        let mut used: Vec<u32> = Vec::new();
        for frequency in self.others().map(|n| n.frequency) {
            if !used.contains(&frequency) {
                used.push(frequency);
            }
        }
        let theirs = used.clone();
        let groups: Vec<(GroupId, u32)> =
            self.groups.values().filter(|g| g.is_active()).map(|g| (g.shared.id, g.info().frequency)).collect();
        for (id, frequency) in groups.into_iter().filter(|(_, frequency)| *frequency != 0) {
            let fits = used.contains(&frequency);
            if !fits && used.len() < limit {
                used.push(frequency);
            } else if !fits {
                self.give_way(now, id, &theirs, count, &first);
            }
        }
    }

    /// A neighbour is about to move: where the radio cannot be on its new channel beside ours, our groups on its old one move with it.
    /// A kernel's radio with one channel moves only with all that are on it (`ieee80211_vif_use_reserved_switch`).
    pub(super) fn neighbour_switches(&mut self, now: Duration, name: &str, to: Channel, count: u8) {
        let Some(mover) = self.neighbours.iter_mut().find(|n| n.name == name) else { return };
        // It counts as there already: what follows is measured against that.
        let from = self.announced.take().filter(|a| a.name == name).map_or(mover.frequency, |a| a.from);
        mover.frequency = to.frequency;
        let until = now + BEACON_INTERVAL.saturating_mul(count.into()) + ANNOUNCED_SLACK;
        self.announced = Some(Announced { name: mover.name.clone(), from, to: to.frequency, until });
        self.adapt(now, count.clamp(LEAST_COUNT, SWITCH_COUNT));
    }

    /// Moves a group of ours to one of these channels, with its clients where the radio can announce it; else ends it, with the reason.
    pub(super) fn give_way(&mut self, now: Duration, id: GroupId, to: &[u32], count: u8, because: &Neighbour) {
        let owns = self.groups.get(&id).is_some_and(|g| g.role() == Some(Role::Owner));
        let possible =
            |f: &u32| self.capabilities.channel(*f).is_some_and(|channel| plan::may_own(&self.config, channel));
        let target = to.iter().copied().find(possible).filter(|_| owns);
        let beside = self.beside(because);
        tracing::info!(group = ?id, %beside, to = target, "the group cannot stay on its channel");
        let moved = target.is_some_and(|frequency| self.move_group_to(now, id, frequency, count));
        if !moved {
            let started = self.groups.get(&id).is_some_and(Group::is_started);
            let phase = if started { Phase::Running } else { Phase::Interface };
            self.group_ended(now, id, phase, Cause::Beside(beside));
        }
    }
}

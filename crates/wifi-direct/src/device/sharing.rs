//! Sharing a channel that the radio is on anyway, where it could be on another one as well: whoever shares is never away from the other
//! (section 5.6 of wpa_supplicant's surface, and its `p2p_go_freq_change_policy`).

use super::Device;
use super::groups::SWITCH_COUNT;
use crate::api::{ChannelSharing, GroupId, Role};
use crate::group::Group;
use crate::plan;
use alloc::vec::Vec;
use core::time::Duration;
use radio::{InterfaceKind, frequency_to_channel};

/// From a group's start or move, or from a formation that was in the way, until it is looked at again (section 5.4: 30 s).
const RECONSIDER: Duration = Duration::from_secs(30);

impl Device {
    /// The channels (MHz) that a group does best to share, the best first; none if the user wants it elsewhere.
    pub(super) fn shared_channels(&self) -> Vec<u32> {
        let free = self.in_use().len() < self.channel_limit() as usize;
        if self.config.ignore_shared_channel && free { Vec::new() } else { self.in_use() }
    }

    /// The best of them on which a group may be owned.
    pub(super) fn shared_channel(&self) -> Option<u32> {
        let usable = |f: &u32| self.capabilities.channel(*f).is_some_and(|c| plan::may_own(&self.config, c));
        self.shared_channels().into_iter().find(usable)
    }

    /// The social channel that the radio is on for a connection, where the user wants us to listen there.
    pub(super) fn shared_listen_channel(&self) -> Option<(u8, u8)> {
        if !self.config.optimize_listen_channel {
            return None;
        }
        let social = self.others().map(|n| n.frequency).filter(|f| plan::SOCIAL.contains(f));
        social.filter_map(frequency_to_channel).map(|channel| (81, channel)).next()
    }

    /// The channels (MHz) of connections that cannot be moved: those of stations, and of groups in which we are clients.
    fn connections(&self) -> Vec<u32> {
        let holds = |kind| matches!(kind, InterfaceKind::Station | InterfaceKind::P2pClient);
        let others = self.others().filter(|n| holds(n.kind)).map(|n| n.frequency);
        let joined = self.groups.values().filter(|g| g.is_active() && g.role() == Some(Role::Client));
        others.chain(joined.map(|g| g.info().frequency)).filter(|f| *f != 0).collect()
    }

    /// Groups are looked at once more later: one has just begun or moved.
    pub(super) fn reconsider_sharing(&mut self, now: Duration) {
        if self.config.channel_sharing != ChannelSharing::Never {
            self.reconsider_at = Some(now + RECONSIDER);
        }
    }

    /// Moves groups of ours to the channel of a connection, as far as the user wants that.
    pub(super) fn share_channels(&mut self, now: Duration) {
        self.reconsider_at = None;
        if self.config.channel_sharing == ChannelSharing::Never {
            return;
        }
        let connections = self.connections();
        let alone =
            |g: &&Group| g.is_started() && g.role() == Some(Role::Owner) && !connections.contains(&g.info().frequency);
        let groups: Vec<GroupId> = self.groups.values().filter(alone).map(|g| g.shared.id).collect();
        for id in groups {
            let Some(frequency) = connections.iter().copied().find(|f| self.may_share(id, *f)) else { continue };
            if self.formation.is_some() {
                self.reconsider_sharing(now);
                continue;
            }
            tracing::info!(group = ?id, frequency, "the group goes to the channel of a connection");
            self.move_group_to(now, id, frequency, SWITCH_COUNT);
        }
    }

    /// Whether a group of ours may go to this channel (MHz) for the sake of sharing it.
    fn may_share(&mut self, id: GroupId, frequency: u32) -> bool {
        if !self.capabilities.channel(frequency).is_some_and(|c| plan::may_own(&self.config, c)) {
            return false;
        }
        let announces = self.capabilities.channel_switch;
        let sharing = self.config.channel_sharing;
        let Some(group) = self.groups.get_mut(&id) else { return false };
        let (from, stations) = (group.info().frequency, group.info().stations);
        let Some(owner) = group.owner() else { return false };
        let understood = announces && owner.all_take_extended_switch();
        let same_band = plan::same_band(from, frequency);
        let can = stations
            .iter()
            .filter_map(|s| self.p2p.peer(s.device?))
            .all(|peer| peer.channels.is_empty() || peer.channels.contains_frequency(frequency));
        match sharing {
            ChannelSharing::Always => true,
            ChannelSharing::IfClientsCan => can,
            ChannelSharing::IfAnnounced => can && (stations.is_empty() || understood && same_band),
            ChannelSharing::Never => false,
        }
    }
}

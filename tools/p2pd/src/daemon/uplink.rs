//! The way from groups that we own to the network beyond the station (`P2P_SET cross_connect 1`): monitors are told which group has which
//! uplink, and a script of theirs forwards between the two interfaces.

use super::{Daemon, publish};
use crate::backend::{Opener, Radio};
use crate::events::{Line, Scope};
use wifi_direct::api::{Role, StationState};

/// The interface of a group, and that of the connection which is its uplink.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Uplink {
    group: String,
    station: String,
}

impl<O: Opener> Daemon<O> {
    /// Tells of uplinks that are no more. It comes before the word that the group, or the connection, has ended.
    pub(super) fn tell_lost_uplinks(&mut self) {
        if self.uplinks.is_empty() {
            return;
        }
        let there = self.uplinks_now();
        let (kept, lost) = std::mem::take(&mut self.uplinks).into_iter().partition(|uplink| there.contains(uplink));
        self.uplinks = kept;
        self.tell_uplinks("P2P-CROSS-CONNECT-DISABLE", &lost);
    }

    /// Tells of uplinks that have come. It comes after the word that the group, or the connection, is there.
    pub(super) fn tell_new_uplinks(&mut self) {
        let new: Vec<Uplink> = self.uplinks_now().into_iter().filter(|uplink| !self.uplinks.contains(uplink)).collect();
        self.tell_uplinks("P2P-CROSS-CONNECT-ENABLE", &new);
        self.uplinks.extend(new);
    }

    fn uplinks_now(&self) -> Vec<Uplink> {
        let wishes = || self.units.iter().filter(|unit| unit.radio.config().cross_connection);
        if wishes().next().is_none() {
            return Vec::new();
        }
        let mut connected = self.units.iter().filter(|unit| unit.radio.station().state == StationState::Completed);
        let Some(station) = connected.next().map(|unit| unit.interface.ifname.clone()) else { return Vec::new() };
        let groups = wishes().flat_map(|unit| unit.radio.groups());
        let owned = groups.filter(|group| group.role == Role::Owner && group.started);
        owned.map(|group| Uplink { group: group.interface, station: station.clone() }).collect()
    }

    fn tell_uplinks(&mut self, event: &str, uplinks: &[Uplink]) {
        let Some(unit) = self.p2p().and_then(|unit| self.units.get(unit)) else { return };
        for Uplink { group, station } in uplinks {
            let line = Line::new(Scope::Device, format!("{event} {group} {station}"));
            publish(&mut self.control, &unit.interface, &line);
        }
    }
}

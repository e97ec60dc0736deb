//! The interfaces of the radio that are not ours, and the channels that they are on.
//!
//! The kernel tells no channel in its reports, so each report after which one may be another leads to one look at all
//! interfaces. An access point's start is not reported at all; its first station is.

use super::{Dumped, Machine};
use crate::interface::{self, InterfaceInfo};
use crate::netlink::Attributes;
use crate::nl80211 as nl;
use radio::{Event, InterfaceId, Neighbour};

/// What is known of them.
#[derive(Debug, Default)]
pub(super) struct Neighbours {
    /// Those that were reported.
    on_channels: Vec<Neighbour>,
    /// The numbers and names of all that were seen, on a channel or not.
    names: Vec<(u64, Option<u32>, String)>,
}

impl Machine {
    /// Looks anew, after a report that may be of others' channels.
    pub(super) fn watch_neighbours(&mut self, command: u8, iface: Option<InterfaceId>, attributes: Attributes<'_>) {
        if iface.is_some_and(|iface| iface != InterfaceId::BASE || self.is_in_use(iface)) {
            return;
        }
        match command {
            nl::NL80211_CMD_CH_SWITCH_STARTED_NOTIFY => self.neighbour_switches(attributes),
            nl::NL80211_CMD_CONNECT
            | nl::NL80211_CMD_ROAM
            | nl::NL80211_CMD_DISCONNECT
            | nl::NL80211_CMD_CH_SWITCH_NOTIFY
            | nl::NL80211_CMD_JOIN_IBSS
            | nl::NL80211_CMD_LEAVE_IBSS
            | nl::NL80211_CMD_NEW_STATION
            | nl::NL80211_CMD_STOP_AP
            | nl::NL80211_CMD_NEW_INTERFACE
            | nl::NL80211_CMD_DEL_INTERFACE => {
                let waits = self.dumps.iter().any(|dump| matches!(dump.what, Dumped::Neighbours { .. }));
                if !waits {
                    self.dump(Dumped::Neighbours { seen: Vec::new() });
                }
            }
            _ => {}
        }
    }

    /// Whether this interface of ours carries something of ours.
    fn is_in_use(&self, iface: InterfaceId) -> bool {
        self.interface(iface)
            .is_some_and(|i| i.ap.is_some() || i.client.connected.is_some() || i.client.asked.is_some())
    }

    fn neighbour_switches(&mut self, attributes: Attributes<'_>) {
        let (wdev, ifindex) = (attributes.u64(nl::NL80211_ATTR_WDEV), attributes.u32(nl::NL80211_ATTR_IFINDEX));
        let is = |(number, index, _): &&(u64, Option<u32>, String)| match wdev {
            Some(wdev) => *number == wdev,
            None => ifindex.is_some() && *index == ifindex,
        };
        let Some((_, _, name)) = self.neighbours.names.iter().find(is) else { return };
        let name = name.clone();
        let count = attributes.u32(nl::NL80211_ATTR_CH_SWITCH_COUNT).unwrap_or(0);
        if let Some(channel) = interface::channel(attributes) {
            self.event(Event::NeighbourSwitches { name, channel, count: u8::try_from(count).unwrap_or(u8::MAX) });
        }
    }

    /// Takes all interfaces as they are now, and reports the others' channels if they are not what they were.
    pub(super) fn neighbours_seen(&mut self, seen: &[InterfaceInfo]) {
        let base = self.interface(InterfaceId::BASE).map(|base| base.wdev);
        let base_in_use = self.is_in_use(InterfaceId::BASE);
        let other = |info: &&InterfaceInfo| {
            let ours = self.interfaces.iter().any(|i| i.wdev == info.wdev);
            info.wiphy == self.wiphy && if Some(info.wdev) == base { !base_in_use } else { !ours }
        };
        let others: Vec<&InterfaceInfo> = seen.iter().filter(other).collect();
        let neighbour = |info: &&InterfaceInfo| {
            let (name, base) = (info.name.clone(), Some(info.wdev) == base);
            info.frequency.map(|frequency| Neighbour { name, kind: info.kind, frequency, base })
        };
        let on_channels: Vec<Neighbour> = others.iter().filter_map(neighbour).collect();
        self.neighbours.names = others.iter().map(|info| (info.wdev, info.ifindex, info.name.clone())).collect();
        if self.neighbours.on_channels != on_channels {
            self.neighbours.on_channels.clone_from(&on_channels);
            self.event(Event::Neighbours(on_channels));
        }
    }
}

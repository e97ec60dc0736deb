//! The interfaces of the radio that are not ours, and the channels that they are on.
//!
//! The kernel tells no channel in its reports, so each report after which one may be another leads to one look at all
//! interfaces. An access point's start is not reported at all; its first station is.

use super::{Dumped, Machine};
use crate::interface::{self, InterfaceInfo};
use crate::netlink::Attributes;
use crate::nl80211 as nl;
use ieee80211_ies::MacAddr;
use radio::{Event, InterfaceId, InterfaceKind, Neighbour};

/// Addresses that are tried for an interface: as many as there are bits above the two that have a meaning.
const TRIES: u8 = 63;

/// An address for an interface of ours that nobody else on the radio has: the kernel raises no two with one address
/// (`ieee80211_check_concurrent_iface`: `ENOTUNIQ`). It is locally administered (IEEE 802-2014 §8.2).
fn distinct(like: MacAddr, taken: impl Fn(MacAddr) -> bool) -> MacAddr {
    let [first, rest @ ..] = like.octets();
    let other = |n: u8| {
        let [b, c, d, e, f] = rest;
        MacAddr([(first | 2) ^ (n << 2), b, c, d, e, f])
    };
    (1..=TRIES).map(other).find(|address| !taken(*address)).unwrap_or(like)
}

/// What is known of them.
#[derive(Debug, Default)]
pub(super) struct Neighbours {
    /// Those that were reported.
    on_channels: Vec<Neighbour>,
    /// All that were seen, on a channel or not.
    all: Vec<InterfaceInfo>,
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
            // A connection that came to nothing leaves its channel without a DISCONNECT.
            | nl::NL80211_CMD_DEL_STATION
            | nl::NL80211_CMD_AUTHENTICATE
            | nl::NL80211_CMD_ASSOCIATE
            | nl::NL80211_CMD_DEAUTHENTICATE
            | nl::NL80211_CMD_DISASSOCIATE
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

    /// The address that a new interface is to have instead of the kernel's choice: one that runs may have that already, or the
    /// base interface, which somebody may want to raise while the group is there.
    pub(super) fn instead_of(&self, chosen: &InterfaceInfo) -> Option<MacAddr> {
        let device = |kind| kind == InterfaceKind::P2pDevice;
        let ours = self
            .interfaces
            .iter()
            .filter(|i| (i.up || i.id == InterfaceId::BASE) && i.wdev != chosen.wdev && !device(i.kind));
        let theirs = self.neighbours.all.iter().filter(|i| i.frequency.is_some() && !device(i.kind));
        let taken: Vec<MacAddr> = ours.map(|i| i.address).chain(theirs.map(|i| i.address)).collect();
        let networked = chosen.ifindex.is_some() && taken.contains(&chosen.address);
        networked.then(|| distinct(chosen.address, |address| taken.contains(&address)))
    }

    fn neighbour_switches(&mut self, attributes: Attributes<'_>) {
        let (wdev, ifindex) = (attributes.u64(nl::NL80211_ATTR_WDEV), attributes.u32(nl::NL80211_ATTR_IFINDEX));
        let is = |info: &&InterfaceInfo| match wdev {
            Some(wdev) => info.wdev == wdev,
            None => ifindex.is_some() && info.ifindex == ifindex,
        };
        let Some(name) = self.neighbours.all.iter().find(is).map(|info| info.name.clone()) else { return };
        let count = interface::switch_count(attributes);
        if let Some(channel) = interface::channel(attributes) {
            self.event(Event::NeighbourSwitches { name, channel, count });
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
        let others: Vec<InterfaceInfo> = seen.iter().filter(other).cloned().collect();
        // Some full-MAC drivers name a channel of an idle interface too (brcmfmac's `get_channel` asks the firmware), but their connections
        // are made by CONNECT and have an SSID; others' have none when the beacon has no Country element
        // (`__cfg80211_connect_result`).
        let channels_are_true = self.capabilities.authenticate;
        let neighbour = |info: &InterfaceInfo| {
            let (name, base) = (info.name.clone(), Some(info.wdev) == base);
            // A monitor follows wherever the others are.
            let bound = info.kind != InterfaceKind::Monitor && (channels_are_true || info.named);
            let frequency = info.frequency.filter(|_| bound);
            frequency.map(|frequency| Neighbour { name, kind: info.kind, frequency, base })
        };
        let on_channels: Vec<Neighbour> = others.iter().filter_map(neighbour).collect();
        self.neighbours.all = others;
        if self.neighbours.on_channels != on_channels {
            self.neighbours.on_channels.clone_from(&on_channels);
            self.event(Event::Neighbours(on_channels));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ieee80211_ies::MacAddr;

    #[test]
    fn an_address_of_our_own_is_like_no_other() {
        let base = MacAddr([0x00, 0x03, 0x7f, 1, 2, 3]);
        let first = distinct(base, |a| a == base);
        assert_eq!(first, MacAddr([0x06, 0x03, 0x7f, 1, 2, 3]));
        assert_eq!(distinct(base, |a| a == base || a == first), MacAddr([0x0a, 0x03, 0x7f, 1, 2, 3]));
        assert_eq!(distinct(first, |_| false).octets()[0] & 3, 2, "locally administered, individual");
    }
}

//! The table of peers (Wi-Fi P2P v1.7 §3.1.2).

use crate::api::{Method, Peer};
use alloc::vec::Vec;
use core::time::Duration;
use ieee80211_ies::MacAddr;
use ieee80211_ies::p2p::group_capability;

/// Entries of the table (as deployed devices have it).
pub(crate) const MAX_PEERS: usize = 100;
/// A peer that is not heard for so long is forgotten.
pub(crate) const EXPIRY: Duration = Duration::from_secs(60);

/// A peer, and what we keep of it for ourselves.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Entry {
    pub(crate) peer: Peer,
    /// When a frame last told of it.
    pub(crate) last_seen: Duration,
    /// The user has been told of it and not yet that it is lost.
    pub(crate) announced: bool,
    /// When a beacon alone first told of it, as long as nothing better has.
    pub(crate) beacon_only_since: Option<Duration>,
    /// When the group that it owns was last heard.
    pub(crate) group_heard: Option<Duration>,
    /// Where it last sent us an action frame that does not say its listen channel, MHz; 0 when it has not.
    pub(crate) asked_on: u32,
    /// Of PINs it has said only that it is one, and expects the same of us (Device Password ID 0).
    pub(crate) plain_pin: bool,
}

/// The table.
#[derive(Clone, Debug, Default)]
pub(crate) struct Peers(Vec<Entry>);

impl Peers {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.0.iter()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Entry> {
        self.0.iter_mut()
    }

    /// The peer of this device address.
    pub(crate) fn get(&self, address: MacAddr) -> Option<&Entry> {
        self.0.iter().find(|entry| entry.peer.address == address)
    }

    /// The peer of this device address.
    pub(crate) fn get_mut(&mut self, address: MacAddr) -> Option<&mut Entry> {
        self.0.iter_mut().find(|entry| entry.peer.address == address)
    }

    /// The entry of this device address, made if need be. Where the table is full the entry least worth keeping goes:
    /// one known by its probe requests alone, else the one not heard for longest, never one in use; it is handed back.
    /// `None` when all are in use.
    pub(crate) fn enter(
        &mut self,
        now: Duration,
        address: MacAddr,
        in_use: impl Fn(MacAddr) -> bool,
    ) -> Option<(&mut Entry, Option<Entry>)> {
        if let Some(place) = self.0.iter().position(|entry| entry.peer.address == address) {
            return self.0.get_mut(place).map(|entry| (entry, None));
        }
        let mut removed = None;
        if self.0.len() >= MAX_PEERS {
            let replaceable = self.0.iter().enumerate().filter(|(_, entry)| !in_use(entry.peer.address));
            let worst = replaceable.min_by_key(|(_, entry)| (!entry.peer.flags.probe_request_only, entry.last_seen));
            let place = worst.map(|(place, _)| place)?;
            removed = Some(self.0.swap_remove(place));
        }
        let peer = Peer { address, ..Peer::default() };
        self.0.push(Entry {
            peer,
            last_seen: now,
            announced: false,
            beacon_only_since: None,
            group_heard: None,
            asked_on: 0,
            plain_pin: false,
        });
        self.0.last_mut().map(|entry| (entry, removed))
    }

    /// Takes out what has not been heard for too long and is not in use.
    pub(crate) fn expire(&mut self, now: Duration, in_use: impl Fn(MacAddr) -> bool) -> Vec<Entry> {
        let stale = |entry: &mut Entry| entry.last_seen + EXPIRY <= now && !in_use(entry.peer.address);
        self.0.extract_if(.., stale).collect()
    }

    /// When the next entry may be due.
    pub(crate) fn next_expiry(&self, in_use: impl Fn(MacAddr) -> bool) -> Option<Duration> {
        let due = self.0.iter().filter(|entry| !in_use(entry.peer.address)).map(|entry| entry.last_seen + EXPIRY);
        due.min()
    }

    /// Takes out everything.
    pub(crate) fn clear(&mut self) -> Vec<Entry> {
        core::mem::take(&mut self.0)
    }
}

impl Entry {
    /// Whether enough is known to talk to it: more than a probe request told.
    pub(crate) fn known(&self) -> bool {
        !self.peer.flags.probe_request_only
    }

    /// Whether it owns a group, as far as we know.
    pub(crate) fn owns_group(&self) -> bool {
        self.peer.operating_frequency != 0 && self.peer.group_capability & group_capability::GROUP_OWNER != 0
    }

    /// Where to send it something: its listen channel, else its group's.
    pub(crate) fn frequency(&self) -> Option<u32> {
        [self.peer.listen_frequency, self.peer.operating_frequency].into_iter().find(|mhz| *mhz != 0)
    }

    /// The same for who has just asked us: where it did, if nothing better is known.
    pub(crate) fn frequency_to_answer_on(&self) -> Option<u32> {
        self.frequency().or(Some(self.asked_on).filter(|mhz| *mhz != 0))
    }

    /// Notes the method it is set up with.
    pub(crate) fn set_method(&mut self, method: Option<Method>) {
        self.peer.method = method;
        self.peer.flags.pd_peer_display = method == Some(Method::Keypad);
        self.peer.flags.pd_peer_keypad = method == Some(Method::Display);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(n: u32) -> MacAddr {
        let [_, a, b, c] = n.to_be_bytes();
        MacAddr([2, 0, 0, a, b, c])
    }

    fn at(s: u64) -> Duration {
        Duration::from_secs(s)
    }

    #[test]
    fn a_full_table_gives_up_the_least_worthy() {
        let mut peers = Peers::default();
        for n in 0..MAX_PEERS as u32 {
            let (entry, removed) = peers.enter(at(n.into()), address(n), |_| false).unwrap();
            entry.last_seen = at(n.into());
            entry.peer.flags.probe_request_only = n == 70;
            assert!(removed.is_none());
        }
        let new = |peers: &mut Peers, n| peers.enter(at(200), address(n), |used| used == address(0)).unwrap().1;
        assert_eq!(new(&mut peers, 1000).unwrap().peer.address, address(70));
        assert_eq!(new(&mut peers, 1001).unwrap().peer.address, address(1));
        assert!(peers.get(address(0)).is_some());
        assert!(peers.enter(at(200), address(2000), |_| true).is_none());
        assert_eq!(peers.iter().count(), MAX_PEERS);
    }

    #[test]
    fn silence_expires_unless_in_use() {
        let mut peers = Peers::default();
        for n in 0..2 {
            peers.enter(at(1), address(n), |_| false).unwrap();
        }
        let in_use = |used| used == address(1);
        assert_eq!(peers.next_expiry(in_use), Some(at(61)));
        assert!(peers.expire(at(60), in_use).is_empty());
        assert_eq!(peers.expire(at(61), in_use).len(), 1);
        assert!(peers.get(address(1)).is_some());
    }
}

//! The stations of a group and their association ids.

use super::association::Request;
use super::elements::HtProtection;
use crate::Token;
use alloc::collections::BTreeMap;
use core::time::Duration;
use ieee80211_ies::MacAddr;
use ieee80211_ies::p2p::ClientInfoBuf;

/// The greatest association id (IEEE 802.11-2020 §9.4.1.8), and so the most stations.
pub const MAX_AID: u16 = 2007;

/// Stations that have authenticated and not associated are remembered beside those that have; of more than so many the
/// oldest is forgotten, so that authentications in somebody else's name push nobody out of the group.
pub(super) const MAX_UNASSOCIATED: usize = 32;

/// What the kernel has, or will have once the commands under way are carried out, of a station.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Installed {
    No,
    Authenticated,
    Associated,
}

/// How far a station is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Phase {
    /// The kernel is to make an entry before the authentication is answered; whether that was refused once because there
    /// was one.
    Adding { token: Token, again: bool },
    /// It has authenticated; how many times our answer was sent again.
    Authenticated { repeats: u32 },
    /// The kernel is to take it as associated before the request is answered.
    Installing { token: Token, reassociation: bool },
    /// The answer is under way; how many times it was sent again.
    Responding { reassociation: bool, repeats: u32 },
    /// The answer was not acknowledged: the station has not received it, or only its acknowledgement was lost.
    Unconfirmed { reassociation: bool, repeats: u32 },
    /// It is associated, and the caller knows.
    Associated(Check),
    /// Our deauthentication or disassociation is under way.
    Leaving { token: Token },
}

/// Whether an associated station is still there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Check {
    /// It was heard lately.
    No,
    /// The radio is asked when it was last heard.
    Asked,
    /// It was sent a null frame.
    Probed,
}

#[derive(Debug)]
pub(super) struct Station {
    pub(super) phase: Phase,
    pub(super) installed: Installed,
    pub(super) aid: u16,
    /// Of its last request that was granted.
    pub(super) request: Option<Request>,
    /// The caller was told that it is associated, and not yet that it has left. So it is while a member associates again.
    pub(super) announced: bool,
    /// The number of its last association request, so that the fate of an answer is that of the request it was to.
    pub(super) attempt: u32,
    /// Subtype and sequence control of its last authentication or association frame.
    pub(super) last_frame: Option<(u8, u16)>,
    /// When something is to be done about it.
    pub(super) deadline: Option<Duration>,
    /// When it was met: the order in which those that do not associate are forgotten.
    since: u64,
}

impl Station {
    pub(super) fn is_associated(&self) -> bool {
        matches!(self.phase, Phase::Associated(_))
    }

    /// Whether it holds one of the places for stations: it is associated or about to be.
    pub(super) fn holds_place(&self) -> bool {
        self.is_associated()
            || matches!(self.phase, Phase::Installing { .. } | Phase::Responding { .. } | Phase::Unconfirmed { .. })
    }

    /// Its P2P Device Address, where it is a P2P client.
    pub(super) fn device(&self) -> Option<MacAddr> {
        self.request.as_ref()?.p2p.as_ref().map(|client| client.device_address)
    }

    pub(super) fn client(&self) -> Option<&ClientInfoBuf> {
        self.request.as_ref()?.p2p.as_ref().filter(|_| self.is_associated())
    }
}

/// All stations by address.
#[derive(Debug, Default)]
pub(super) struct Stations {
    table: BTreeMap<MacAddr, Station>,
    met: u64,
    attempts: u32,
}

impl Stations {
    pub(super) fn get(&self, address: MacAddr) -> Option<&Station> {
        self.table.get(&address)
    }

    pub(super) fn get_mut(&mut self, address: MacAddr) -> Option<&mut Station> {
        self.table.get_mut(&address)
    }

    pub(super) fn remove(&mut self, address: MacAddr) -> Option<Station> {
        self.table.remove(&address)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (MacAddr, &Station)> {
        self.table.iter().map(|(address, station)| (*address, station))
    }

    pub(super) fn addresses(&self) -> alloc::vec::Vec<MacAddr> {
        self.table.keys().copied().collect()
    }

    pub(super) fn clear(&mut self) {
        self.table.clear();
    }

    /// The P2P clients that are associated.
    pub(super) fn clients(&self) -> impl Iterator<Item = &ClientInfoBuf> + Clone {
        self.table.values().filter_map(Station::client)
    }

    /// How many places are taken.
    pub(super) fn places_taken(&self) -> usize {
        self.table.values().filter(|station| station.holds_place()).count()
    }

    /// Whom to forget so that one more that has not associated finds room.
    pub(super) fn to_forget(&self) -> Option<MacAddr> {
        let idle = || self.table.iter().filter(|(_, station)| !station.holds_place());
        if idle().count() < MAX_UNASSOCIATED {
            return None;
        }
        idle().min_by_key(|(_, station)| station.since).map(|(address, _)| *address)
    }

    /// The station of this address, which is made where there is none.
    pub(super) fn entry(&mut self, address: MacAddr) -> &mut Station {
        self.met += 1;
        let since = self.met;
        self.table.entry(address).or_insert(Station {
            phase: Phase::Authenticated { repeats: 0 },
            installed: Installed::No,
            aid: 0,
            request: None,
            announced: false,
            attempt: 0,
            last_frame: None,
            deadline: None,
            since,
        })
    }

    /// A number for an association request, unlike those of all that may still wait for the fate of their answer, also of
    /// stations that were forgotten since.
    pub(super) fn next_attempt(&mut self) -> u32 {
        self.attempts = self.attempts.wrapping_add(1);
        self.attempts
    }

    /// The lowest association id that is free.
    pub(super) fn free_aid(&self) -> Option<u16> {
        let mut taken = [false; MAX_AID as usize];
        for station in self.table.values() {
            if let Some(slot) = usize::from(station.aid).checked_sub(1).and_then(|index| taken.get_mut(index)) {
                *slot = true;
            }
        }
        taken.iter().position(|taken| !taken).map(|index| index as u16 + 1)
    }

    /// How the stations need protection from HT frames, where the group is 40 MHz `wide` or not.
    pub(super) fn ht_protection(&self, wide: bool) -> HtProtection {
        let requests = self.table.values().filter(|s| s.is_associated()).filter_map(|s| s.request.as_ref());
        requests.fold(HtProtection::None, |worst, request| match (worst, request.ht()) {
            (HtProtection::NonHtMixed, _) | (_, None) => HtProtection::NonHtMixed,
            (_, Some(false)) if wide => HtProtection::Mhz20,
            _ => worst,
        })
    }

    /// The next moment at which something is to be done about a station.
    pub(super) fn next_deadline(&self) -> Option<Duration> {
        self.table.values().filter_map(|station| station.deadline).min()
    }

    /// A station about which something is to be done.
    pub(super) fn due(&self, now: Duration) -> Option<MacAddr> {
        let due = |station: &Station| station.deadline.is_some_and(|at| at <= now);
        self.table.iter().find(|(_, station)| due(station)).map(|(address, _)| *address)
    }
}

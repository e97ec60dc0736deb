//! The networks that the station may connect to, and which of them it chooses.

use crate::api::{FailedBy, MAX_NETWORKS, Network, NetworkId, Protection, StationEvent};
use alloc::vec::Vec;
use core::time::Duration;
use eapol::Psk;
use ieee80211_ies::rsn::{Rsn, akm, capability, cipher};
use ieee80211_ies::{Elements, KnownElement, MacAddr, id};
use radio::Bss;

/// Failures to connect in a row after which a network is left alone for a while (wpa_supplicant's `wpas_connection_failed`:
/// more than 3).
const PATIENCE: u32 = 3;
/// For how long, s, after so many failures (wpa_supplicant's `wpas_auth_failed`); beyond the last entry, 300 s.
const LEFT_ALONE: [(u32, u64); 6] = [(1, 10), (2, 20), (3, 30), (5, 60), (10, 90), (50, 120)];
/// Access points whose failures are remembered.
const MAX_SHUNNED: usize = 32;
/// Capability information: the BSS protects its data (IEEE 802.11-2020 §9.4.1.4, Privacy).
const PRIVACY: u16 = 0x0010;

/// A network, and how it has fared.
#[derive(Debug)]
struct Entry {
    network: Network,
    /// The key that follows from its passphrase, once it was needed.
    psk: Option<Psk>,
    /// Times that it was left alone since it was last connected to.
    failures: u32,
    /// Failures to connect since then.
    refusals: u32,
    /// It is not tried before.
    until: Option<Duration>,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Networks {
    entries: Vec<Entry>,
    /// Access points that could not be connected to, and how often.
    shunned: Vec<(MacAddr, u32)>,
}

impl Networks {
    /// Takes the networks as they are now; what is known of those that stay as they were stays.
    pub(super) fn replace(&mut self, networks: Vec<Network>) {
        let mut old = core::mem::take(&mut self.entries);
        for network in networks.into_iter().filter(|n| (1..=32).contains(&n.ssid.len())).take(MAX_NETWORKS) {
            let same = |e: &Entry| {
                e.network.id == network.id
                    && e.network.ssid == network.ssid
                    && e.network.protection == network.protection
                    && e.network.enabled == network.enabled
            };
            let known = old.iter().position(same).map(|at| old.swap_remove(at));
            self.entries.push(match known {
                Some(known) => Entry { network, ..known },
                None => Entry { network, psk: None, failures: 0, refusals: 0, until: None },
            });
        }
    }

    pub(super) fn get(&self, id: NetworkId) -> Option<&Network> {
        self.entries.iter().map(|e| &e.network).find(|n| n.id == id)
    }

    /// Whether any may be used.
    pub(super) fn any_enabled(&self) -> bool {
        self.entries.iter().any(|e| e.network.enabled)
    }

    /// Whether any may be tried now.
    pub(super) fn any_ready(&self, now: Duration) -> bool {
        self.entries.iter().any(|e| e.is_ready(now))
    }

    /// When one that is left alone is to be tried again.
    pub(super) fn next_return(&self) -> Option<Duration> {
        self.entries.iter().filter_map(|e| e.until).min()
    }

    /// Those that are left alone.
    pub(super) fn left_alone(&self) -> impl Iterator<Item = NetworkId> {
        self.entries.iter().filter(|e| e.until.is_some()).map(|e| e.network.id)
    }

    /// The SSIDs that have to be asked for.
    pub(super) fn hidden(&self) -> impl Iterator<Item = &[u8]> {
        self.entries.iter().map(|e| &e.network).filter(|n| n.enabled && n.hidden).map(|n| n.ssid.as_slice())
    }

    /// Lets those be tried again whose time has passed, or all; says which.
    pub(super) fn bring_back(&mut self, now: Option<Duration>) -> Vec<StationEvent> {
        let due = |e: &&mut Entry| e.until.is_some_and(|until| now.is_none_or(|now| until <= now));
        let back = self.entries.iter_mut().filter(due);
        back.map(|entry| {
            entry.until = None;
            entry.reenabled()
        })
        .collect()
    }

    /// The best network in sight: by priority, then those that did not fail, then by signal. `fresh` tells which results count.
    pub(super) fn choose<'a>(
        &self,
        now: Duration,
        seen: &'a [Bss],
        fresh: impl Fn(&Bss) -> bool,
    ) -> Option<(NetworkId, &'a Bss)> {
        let pairs = seen.iter().filter(|bss| fresh(bss)).flat_map(|bss| {
            let fitting = self.entries.iter().filter(move |e| e.is_ready(now) && fits(&e.network, bss));
            fitting.map(move |e| (e, bss))
        });
        let rank = |(entry, bss): &(&Entry, &Bss)| {
            let failures = self.shunned.iter().find(|(bssid, _)| *bssid == bss.bssid).map_or(0, |(_, n)| *n);
            // Of equal ones the first of the list.
            (entry.network.priority, core::cmp::Reverse(failures), bss.signal_dbm, core::cmp::Reverse(entry.network.id))
        };
        pairs.max_by_key(rank).map(|(entry, bss)| (entry.network.id, bss))
    }

    /// The key of a network, `Some(None)` for an open one; `None` when there is none such, or its passphrase is not one.
    pub(super) fn key(&mut self, id: NetworkId) -> Option<Option<Psk>> {
        let entry = self.entries.iter_mut().find(|e| e.network.id == id)?;
        let psk = match (&entry.psk, &entry.network.protection) {
            (_, Protection::Open) => return Some(None),
            (Some(psk), _) => psk.clone(),
            (None, Protection::Psk(key)) => Psk::new(*key.expose().first_chunk()?),
            (None, Protection::Passphrase(passphrase)) => {
                Psk::from_passphrase(passphrase.expose(), &entry.network.ssid).ok()?
            }
        };
        entry.psk = Some(psk.clone());
        Some(Some(psk))
    }

    /// A connection stands: all that went wrong before is forgotten.
    pub(super) fn connected(&mut self, id: NetworkId) -> Option<StationEvent> {
        self.shunned.clear();
        let entry = self.entries.iter_mut().find(|e| e.network.id == id)?;
        (entry.failures, entry.refusals) = (0, 0);
        entry.until.take().map(|_| entry.reenabled())
    }

    /// An access point of a network could not be connected to; how often in a row, and what there is to tell.
    pub(super) fn refused(&mut self, now: Duration, id: NetworkId, bssid: MacAddr) -> (u32, Option<StationEvent>) {
        match self.shunned.iter_mut().find(|(shunned, _)| *shunned == bssid) {
            Some((_, count)) => *count = count.saturating_add(1),
            None => {
                self.shunned.truncate(MAX_SHUNNED - 1);
                self.shunned.push((bssid, 1));
            }
        }
        let Some(entry) = self.entries.iter_mut().find(|e| e.network.id == id) else { return (1, None) };
        entry.refusals = entry.refusals.saturating_add(1);
        let count = entry.refusals;
        (count, (count > PATIENCE).then(|| entry.leave_alone(now, FailedBy::Connection)))
    }

    /// The handshake with a network has failed: its key is probably wrong.
    pub(super) fn wrong_key(&mut self, now: Duration, id: NetworkId) -> Option<StationEvent> {
        let entry = self.entries.iter_mut().find(|e| e.network.id == id)?;
        Some(entry.leave_alone(now, FailedBy::WrongKey))
    }
}

impl Entry {
    fn is_ready(&self, now: Duration) -> bool {
        self.network.enabled && self.until.is_none_or(|until| until <= now)
    }

    fn leave_alone(&mut self, now: Duration, reason: FailedBy) -> StationEvent {
        self.failures = self.failures.saturating_add(1);
        let failures = self.failures;
        let seconds = LEFT_ALONE.iter().find(|(most, _)| failures <= *most).map_or(300, |(_, seconds)| *seconds);
        self.until = Some(now + Duration::from_secs(seconds));
        let (network, ssid) = (self.network.id, self.network.ssid.clone());
        StationEvent::TemporarilyDisabled { network, ssid, failures, seconds, reason }
    }

    fn reenabled(&self) -> StationEvent {
        StationEvent::Reenabled { network: self.network.id, ssid: self.network.ssid.clone() }
    }
}

/// Whether an access point is one of the network that we can connect to.
fn fits(network: &Network, bss: &Bss) -> bool {
    let named = [&bss.probe_response, &bss.beacon]
        .into_iter()
        .any(|elements| Elements::new(elements).find(id::SSID).is_some_and(|e| e.body == network.ssid));
    named
        && network.bssid.is_none_or(|bssid| bssid == bss.bssid)
        && (network.frequencies.is_empty() || network.frequencies.contains(&bss.frequency))
        && match network.protection {
            Protection::Open => bss.capability & PRIVACY == 0,
            Protection::Passphrase(_) | Protection::Psk(_) => offers_wpa2_psk(bss.elements()),
        }
}

/// Whether WPA2-PSK with CCMP for both keys is among what these elements offer, without protection of management frames demanded.
fn offers_wpa2_psk(elements: &[u8]) -> bool {
    let Some(Ok(rsn)) = Elements::new(elements).find(id::RSN).map(|e| Rsn::parse(e.body)) else { return false };
    rsn.group == cipher::CCMP_128
        && rsn.pairwise.contains(cipher::CCMP_128)
        && rsn.akms.contains(akm::PSK)
        && rsn.capabilities & capability::MFP_REQUIRED == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use ieee80211_ies::emit_element;
    use radio::Secret;

    fn network(id: u32, ssid: &str, protected: bool) -> Network {
        let protection = match protected {
            true => Protection::Passphrase(Secret::new(b"correct horse".to_vec())),
            false => Protection::Open,
        };
        Network {
            id: NetworkId(id),
            ssid: ssid.into(),
            bssid: None,
            protection,
            priority: 0,
            hidden: false,
            enabled: true,
            frequencies: Vec::new(),
        }
    }

    fn bss(last: u8, ssid: &str, signal_dbm: i8, protected: bool) -> Bss {
        let mut beacon = Vec::new();
        emit_element(id::SSID, ssid.as_bytes(), &mut beacon);
        if protected {
            ieee80211_ies::rsn::wpa2_psk_ccmp().emit(&mut beacon);
        }
        Bss {
            bssid: MacAddr([2, 0, 0, 0, 0, last]),
            frequency: 2412,
            signal_dbm,
            age_ms: 0,
            tsf: 0,
            beacon_interval: 100,
            capability: if protected { 0x11 } else { 1 },
            probe_response: Vec::new(),
            beacon,
        }
    }

    fn table(networks: &[Network]) -> Networks {
        let mut table = Networks::default();
        table.replace(networks.to_vec());
        table
    }

    fn choice(table: &Networks, now: Duration, seen: &[Bss]) -> Option<(u32, u8)> {
        table.choose(now, seen, |_| true).map(|(id, bss)| (id.0, bss.bssid.octets()[5]))
    }

    const NOW: Duration = Duration::from_secs(100);

    #[test]
    fn priority_goes_before_signal_and_both_before_the_order_of_the_file() {
        let seen = [bss(1, "home", -40, true), bss(2, "home", -30, true), bss(3, "work", -80, true)];
        let mut networks = [network(0, "home", true), network(1, "work", true), network(2, "home", true)];
        assert_eq!(choice(&table(&networks), NOW, &seen), Some((0, 2)));
        networks[1].priority = 1;
        assert_eq!(choice(&table(&networks), NOW, &seen), Some((1, 3)));
        networks[1].enabled = false;
        networks[0].bssid = Some(MacAddr([2, 0, 0, 0, 0, 1]));
        networks[0].priority = 2;
        assert_eq!(choice(&table(&networks), NOW, &seen), Some((0, 1)));
        networks[0].frequencies = alloc::vec![2437];
        assert_eq!(choice(&table(&networks), NOW, &seen), Some((2, 2)));
    }

    #[test]
    fn a_network_is_met_only_with_the_protection_that_it_is_known_with() {
        let seen = [bss(1, "home", -40, false), bss(2, "cafe", -40, true)];
        assert_eq!(choice(&table(&[network(0, "home", true), network(1, "cafe", false)]), NOW, &seen), None);
        let mut wpa3 = bss(3, "home", -40, true);
        // MFPR in the RSN capabilities, the last two octets.
        let at = wpa3.beacon.len() - 2;
        wpa3.beacon[at] |= 0x40;
        assert_eq!(choice(&table(&[network(0, "home", true)]), NOW, &[wpa3]), None);
    }

    #[test]
    fn a_wrong_key_leaves_a_network_alone_for_longer_and_longer() {
        let mut table = table(&[network(7, "home", true), network(8, "cafe", false)]);
        let seen = [bss(1, "home", -40, true)];
        let mut now = NOW;
        let mut told = Vec::new();
        for _ in 0..60 {
            assert_eq!(choice(&table, now, &seen), Some((7, 1)));
            let Some(StationEvent::TemporarilyDisabled { failures, seconds, reason, .. }) =
                table.wrong_key(now, NetworkId(7))
            else {
                panic!("left alone")
            };
            assert_eq!((reason, choice(&table, now, &seen)), (FailedBy::WrongKey, None));
            assert!(table.bring_back(Some(now + Duration::from_secs(seconds - 1))).is_empty());
            now += Duration::from_secs(seconds);
            assert_eq!(table.bring_back(Some(now)).len(), 1);
            told.push((failures, seconds));
        }
        let at = |n: usize| told[n - 1];
        assert_eq!([at(1), at(2), at(3), at(4)], [(1, 10), (2, 20), (3, 30), (4, 60)]);
        assert_eq!([at(6), at(11), at(50), at(51)], [(6, 90), (11, 120), (50, 120), (51, 300)]);
        table.connected(NetworkId(7));
        let event = table.wrong_key(now, NetworkId(7));
        assert!(matches!(event, Some(StationEvent::TemporarilyDisabled { failures: 1, seconds: 10, .. })));
        // Another key is another chance; the other network is left as it was.
        let mut changed = network(7, "home", true);
        changed.protection = Protection::Psk(Secret::new(alloc::vec![1; 32]));
        table.replace(alloc::vec![changed, network(8, "cafe", false)]);
        assert_eq!(choice(&table, now, &seen), Some((7, 1)));
    }

    #[test]
    fn an_access_point_that_refuses_gives_way_to_another_one() {
        let mut table = table(&[network(0, "home", true)]);
        let seen = [bss(1, "home", -40, true), bss(2, "home", -70, true)];
        let (first, second) = (seen[0].bssid, seen[1].bssid);
        assert_eq!(choice(&table, NOW, &seen), Some((0, 1)));
        assert_eq!(table.refused(NOW, NetworkId(0), first), (1, None));
        assert_eq!(choice(&table, NOW, &seen), Some((0, 2)));
        assert_eq!(table.refused(NOW, NetworkId(0), second), (2, None));
        assert_eq!(choice(&table, NOW, &seen), Some((0, 1)));
        assert_eq!(table.refused(NOW, NetworkId(0), first), (3, None));
        assert!(table.refused(NOW, NetworkId(0), second).1.is_some(), "the fourth in a row");
    }
}

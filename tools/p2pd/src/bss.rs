//! The networks that scans have seen, each with a number of its own for as long as it is there.

use ieee80211_ies::MacAddr;
use radio::Bss;
use std::time::{Duration, Instant};

/// How many networks are kept, and for how long.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Most networks that are kept, 1 to 1000; the one heard longest ago goes first (`bss_max_count`).
    pub count: usize,
    /// A network that was not heard for so long is gone (`bss_expiration_age`).
    pub age: Duration,
    /// A network that so many scans of its channel in a row have not heard is gone (`bss_expiration_scan_count`).
    pub misses: u32,
    /// What was not heard since the results before is not taken: a kernel tells of older scans, too (`ignore_old_scan_res`).
    pub fresh_only: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self { count: 200, age: Duration::from_secs(180), misses: 2, fresh_only: false }
    }
}

/// A kernel tells the age of a result in ticks, of at most 10 ms (100 Hz).
const AGE_SLACK: Duration = Duration::from_millis(20);

/// A network.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its number, never given to another one.
    pub id: u32,
    /// What was seen last.
    pub bss: Bss,
    heard: Instant,
    /// Its age in the last results; none where it was not among them.
    told: Option<Duration>,
    /// How many scans of its channel have not heard it since.
    misses: u32,
}

impl Entry {
    /// How long ago it was heard.
    pub fn age(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.heard)
    }

    /// Its SSID.
    pub fn ssid(&self) -> &[u8] {
        ssid(&self.bss)
    }
}

/// What an update has changed: numbers and addresses.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Changes {
    /// Networks that are new.
    pub added: Vec<(u32, MacAddr)>,
    /// Networks that are gone.
    pub removed: Vec<(u32, MacAddr)>,
}

/// The table. A network is one BSSID with one SSID: an owner's address comes back with another group.
#[derive(Clone, Debug, Default)]
pub struct Networks {
    entries: Vec<Entry>,
    next: u32,
    /// When the results before these came.
    updated: Option<Instant>,
}

impl Networks {
    /// Takes what a scan has left in the radio's own table.
    pub fn update(&mut self, now: Instant, seen: &[Bss], limits: Limits) -> Changes {
        let mut changes = Changes::default();
        let before = self.updated.replace(now).filter(|_| limits.fresh_only);
        self.entries.iter_mut().for_each(|entry| entry.told = None);
        for bss in seen {
            let age = Duration::from_millis(bss.age_ms.into());
            let heard = now.checked_sub(age).unwrap_or(now);
            if before.is_some_and(|before| heard < before) {
                continue;
            }
            let known = self.entries.iter_mut().find(|e| e.bss.bssid == bss.bssid && ssid(&e.bss) == ssid(bss));
            match known {
                Some(entry) => {
                    entry.told = Some(age);
                    if entry.heard <= heard {
                        entry.bss = bss.clone();
                        entry.heard = heard;
                    }
                }
                None => {
                    let entry = Entry { id: self.next, bss: bss.clone(), heard, told: Some(age), misses: 0 };
                    changes.added.push((entry.id, bss.bssid));
                    self.next = self.next.wrapping_add(1);
                    self.entries.push(entry);
                }
            }
        }
        changes.removed = self.remove(|e| e.age(now) > limits.age);
        while self.entries.len() > limits.count {
            let oldest = self.entries.iter().map(|e| e.heard).min();
            changes.removed.extend(self.remove(|e| Some(e.heard) == oldest));
        }
        changes
    }

    /// A scan that took this long has looked at these channels (MHz; none means all): what it did not hear again is gone after some.
    pub fn scanned(&mut self, frequencies: &[u32], took: Duration, limits: Limits) -> Changes {
        for entry in &mut self.entries {
            if entry.told.is_some_and(|age| age <= took + AGE_SLACK) {
                entry.misses = 0;
            } else if frequencies.is_empty() || frequencies.contains(&entry.bss.frequency) {
                entry.misses = entry.misses.saturating_add(1);
            }
        }
        Changes { added: Vec::new(), removed: self.remove(|e| e.misses >= limits.misses.max(1)) }
    }

    /// Forgets what was not heard for longer than this; zero forgets everything.
    pub fn forget(&mut self, now: Instant, older_than: Duration) -> Changes {
        let removed = self.remove(|e| older_than.is_zero() || e.age(now) > older_than);
        Changes { added: Vec::new(), removed }
    }

    fn remove(&mut self, gone: impl Fn(&Entry) -> bool) -> Vec<(u32, MacAddr)> {
        let removed = self.entries.iter().filter(|e| gone(e)).map(|e| (e.id, e.bss.bssid)).collect();
        self.entries.retain(|e| !gone(e));
        removed
    }

    /// All of them, in the order of their numbers.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The one with this address that was heard last.
    pub fn by_address(&self, address: MacAddr) -> Option<&Entry> {
        self.entries.iter().filter(|e| e.bss.bssid == address).max_by_key(|e| e.heard)
    }
}

fn ssid(bss: &Bss) -> &[u8] {
    bss.ssid().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { count: 200, age: Duration::from_secs(180), misses: 2, fresh_only: false };

    fn bss(last: u8, name: &str, age_ms: u32) -> Bss {
        let mut elements = vec![0, name.len() as u8];
        elements.extend_from_slice(name.as_bytes());
        Bss {
            bssid: MacAddr([2, 0, 0, 0, 0, last]),
            frequency: 2412,
            signal_dbm: -40,
            age_ms,
            tsf: 0,
            beacon_interval: 100,
            capability: 1,
            probe_response: Vec::new(),
            beacon: elements,
        }
    }

    #[test]
    fn what_a_scan_did_not_hear_again_goes() {
        let mut networks = Networks::default();
        let now = Instant::now();
        networks.update(now, &[bss(1, "one", 0), bss(2, "two", 0)], LIMITS);
        let took = Duration::from_secs(1);
        networks.update(now, &[bss(1, "one", 500), bss(2, "two", 5000)], LIMITS);
        assert_eq!(networks.scanned(&[2437], took, LIMITS), Changes::default(), "another channel");
        assert_eq!(networks.scanned(&[2412], took, LIMITS), Changes::default(), "once");
        assert_eq!(networks.scanned(&[], took, LIMITS).removed.len(), 1, "twice");
    }

    #[test]
    fn old_results_are_not_taken_where_that_is_wanted() {
        let mut networks = Networks::default();
        let limits = Limits { fresh_only: true, ..LIMITS };
        let now = Instant::now();
        networks.update(now, &[bss(1, "one", 0)], limits);
        let later = now + Duration::from_secs(1);
        let changes = networks.update(later, &[bss(2, "two", 1500), bss(3, "three", 500)], limits);
        assert_eq!(changes.added, [(1, MacAddr([2, 0, 0, 0, 0, 3]))]);
        let changes = networks.update(later, &[bss(2, "two", 1500)], LIMITS);
        assert_eq!(changes.added.len(), 1);
    }

    #[test]
    fn numbers_stay_and_are_not_given_twice() {
        let start = Instant::now();
        let mut table = Networks::default();
        let first = table.update(start, &[bss(1, "a", 0), bss(2, "b", 0)], LIMITS);
        assert_eq!(first.added.iter().map(|a| a.0).collect::<Vec<_>>(), [0, 1]);
        // Heard again, another name on an old address, and an older report of the same.
        let second = table.update(
            start + Duration::from_secs(10),
            &[bss(2, "b", 10), bss(2, "c", 500), bss(1, "a", 60_000)],
            LIMITS,
        );
        assert_eq!((second.added.len(), second.removed.len()), (1, 0));
        assert_eq!(table.by_address(MacAddr([2, 0, 0, 0, 0, 2])).map(|e| e.id), Some(1));
        let third = table.update(start + Duration::from_secs(185), &[], LIMITS);
        assert_eq!(third.removed, [(0, MacAddr([2, 0, 0, 0, 0, 1]))]);
        assert_eq!(table.forget(start + Duration::from_secs(185), Duration::ZERO).removed.len(), 2);
        assert_eq!(
            table.update(start + Duration::from_secs(186), &[bss(1, "a", 0)], LIMITS).added,
            [(3, MacAddr([2, 0, 0, 0, 0, 1]))]
        );
    }

    #[test]
    fn the_table_is_bounded() {
        let start = Instant::now();
        let mut table = Networks::default();
        let many: Vec<Bss> = (0..=255).map(|n| bss(n, "x", u32::from(n))).collect();
        let changes = table.update(start + LIMITS.age, &many, LIMITS);
        assert_eq!((changes.added.len(), changes.removed.len(), table.entries().len()), (256, 56, 200));
        assert!(table.entries().iter().all(|e| e.bss.age_ms < 200), "the oldest are gone");
    }

    #[test]
    fn networks_expire() {
        assert_eq!(Limits::default(), LIMITS);
        let start = Instant::now();
        let limits = Limits { count: 2, age: Duration::from_secs(10), ..LIMITS };
        let mut table = Networks::default();
        table.update(start, &[bss(1, "a", 0), bss(2, "b", 0)], limits);
        assert_eq!(table.update(start + Duration::from_secs(9), &[bss(1, "a", 0)], limits), Changes::default());
        let changes = table.update(start + Duration::from_secs(11), &[bss(3, "c", 0), bss(4, "d", 0)], limits);
        // The second is too old, and of the three that are left the first was heard longest ago.
        assert_eq!(changes.removed.iter().map(|r| r.0).collect::<Vec<_>>(), [1, 0]);
    }
}

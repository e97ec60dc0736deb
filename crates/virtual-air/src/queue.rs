//! What is to happen, in order of time.

use crate::data::DataFrame;
use crate::medium::Flight;
use ieee80211_ies::MacAddr;
use radio::{Event, InterfaceId};
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::time::Duration;

/// Something to happen. Radios go by their index.
#[derive(Debug)]
pub(crate) enum Job {
    /// The next command to an interface (or to the radio as a whole) is carried out.
    Execute { radio: usize, lane: Option<InterfaceId> },
    /// A report reaches the host.
    Report { radio: usize, event: Event },
    /// The report of an association reaches the host: from now on the client is connected.
    Connected { radio: usize, iface: InterfaceId, epoch: u64, event: Event },
    /// A data frame reaches the host.
    Data { radio: usize, data: DataFrame },
    /// One attempt of a transmission.
    Attempt(Box<Flight>),
    /// A beacon is due.
    Beacon { radio: usize, iface: InterfaceId, epoch: u64 },
    /// The next step of a scan.
    Scan { radio: usize, epoch: u64 },
    /// A remain-on-channel begins or ends.
    Remain { radio: usize, epoch: u64 },
    /// A client's wait for an answer is over.
    Answer { radio: usize, iface: InterfaceId, epoch: u64 },
    /// Time to see whether beacons still come.
    BeaconWatch { radio: usize, iface: InterfaceId, epoch: u64 },
    /// A client follows its owner to another channel.
    Follow { radio: usize, iface: InterfaceId, epoch: u64, frequency: u32, owner: MacAddr },
}

#[derive(Debug)]
struct Entry {
    at: Duration,
    order: u64,
    job: Job,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}

/// Jobs by time, and among those of one time by the order in which they were made.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    heap: BinaryHeap<Reverse<Entry>>,
    made: u64,
}

impl Queue {
    pub(crate) fn push(&mut self, at: Duration, job: Job) {
        self.made += 1;
        self.heap.push(Reverse(Entry { at, order: self.made, job }));
    }

    pub(crate) fn next_at(&self) -> Option<Duration> {
        self.heap.peek().map(|Reverse(entry)| entry.at)
    }

    /// The earliest job, if it is due at `now`.
    pub(crate) fn pop_due(&mut self, now: Duration) -> Option<(Duration, Job)> {
        self.next_at().filter(|at| *at <= now)?;
        self.heap.pop().map(|Reverse(entry)| (entry.at, entry.job))
    }
}

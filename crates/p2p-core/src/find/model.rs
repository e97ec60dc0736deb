//! A simple model of two devices that look for each other: what the numbers of the schedule were tuned with.
//!
//! Times are in whole milliseconds. A search of a channel takes 50 ms and sends its probe request 30 to 40 ms after its begin
//! (mac80211's software scan, ended when it has lasted long enough); changing what the radio does costs 1 to 6 ms. Firmware
//! takes 32 to 40 ms for a channel, asks at once, and takes 22 to 30 ms to begin to listen. A device that listens on the
//! channel of a probe request answers it, one that searches there hears it. What a search has found is known when it is over.
//! The other side is one of us, or a device that does what wpa_supplicant does: search channels 1, 6, 11 in that
//! order, then listen for 1 to 3 × 100 TU.

use super::*;
use crate::testing::{TestRng, address};
use std::boxed::Box;
use std::{format, println, vec};

const MS: Duration = Duration::from_millis(1);

enum Radio {
    Announce { channels: VecDeque<u32>, at: Duration },
    Search { channels: VecDeque<u32>, begin: Duration, probe: Duration, end: Duration, probed: bool },
    Listen { begin: Duration, end: Duration },
}

enum Brain {
    Ours(Box<Schedule>),
    Alternating,
}

struct Device {
    address: MacAddr,
    listen: u32,
    brain: Brain,
    radio: Radio,
    rng: TestRng,
    firmware: bool,
    answered: bool,
    found: Option<Duration>,
}

impl Device {
    fn new(address: MacAddr, listen: u32, brain: Brain, at: Duration, seed: u64) -> Self {
        let radio = Radio::Listen { begin: at, end: at };
        let firmware = matches!(&brain, Brain::Ours(schedule) if !schedule.scope.announce);
        Self { address, listen, brain, radio, rng: TestRng::new(seed), firmware, answered: false, found: None }
    }

    fn dwell(&mut self, begin: Duration) -> (Duration, Duration) {
        if self.firmware {
            return (begin + MS, begin + random::millis(&mut self.rng, (32, 40)));
        }
        (begin + random::millis(&mut self.rng, (30, 40)), begin + 50 * MS)
    }

    fn begin(&mut self, now: Duration, step: Step) {
        self.radio = match step {
            Step::Announce(channels) => Radio::Announce { channels: channels.into(), at: now + 3 * MS },
            Step::Listen(time) => {
                let begin = now + random::millis(&mut self.rng, if self.firmware { (22, 30) } else { (2, 6) });
                Radio::Listen { begin, end: begin + time }
            }
            Step::Search(channels) => {
                let begin = now + random::millis(&mut self.rng, (1, 4));
                let (probe, end) = self.dwell(begin);
                Radio::Search { channels: channels.into(), begin, probe, end, probed: false }
            }
        };
    }

    fn next(&mut self, now: Duration) {
        let step = match &mut self.brain {
            Brain::Ours(schedule) => schedule.next(now, &mut self.rng),
            Brain::Alternating if matches!(self.radio, Radio::Search { .. }) => {
                Step::Listen(random::between(&mut self.rng, 1, 3) * 102 * MS)
            }
            Brain::Alternating => Step::Search(SOCIAL_FREQUENCIES.to_vec()),
        };
        self.begin(now, step);
    }

    /// When something happens to it next.
    fn next_event(&self) -> Duration {
        match (&self.radio, &self.brain) {
            (Radio::Announce { at, .. }, _) => *at,
            (Radio::Search { probe, probed: false, .. }, _) => *probe,
            (Radio::Search { end, .. }, _) => *end,
            (Radio::Listen { end, .. }, Brain::Ours(schedule)) => schedule.wake().map_or(*end, |wake| wake.min(*end)),
            (Radio::Listen { end, .. }, Brain::Alternating) => *end,
        }
    }

    /// Goes on to `now`; the channel of the probe request sent just then, and whether its answer is received.
    fn advance(&mut self, now: Duration, peer: MacAddr) -> Option<(u32, bool)> {
        let mut sent = None;
        let over = match &mut self.radio {
            Radio::Announce { channels, at } => {
                if now >= *at {
                    sent = channels.pop_front().map(|channel| (channel, false));
                    *at = now + 5 * MS;
                }
                channels.is_empty()
            }
            Radio::Listen { end, .. } => {
                let wake = if let Brain::Ours(schedule) = &self.brain { schedule.wake() } else { None };
                now >= *end || wake.is_some_and(|wake| wake <= now)
            }
            Radio::Search { channels, probe, end, probed, .. } => {
                if now >= *probe && !*probed {
                    *probed = true;
                    sent = channels.front().map(|&channel| (channel, true));
                }
                now >= *end
            }
        };
        if !over {
            return sent;
        }
        if let Radio::Search { channels, .. } = &mut self.radio {
            channels.pop_front();
            if !channels.is_empty() {
                let (next_probe, next_end) = self.dwell(now);
                if let Radio::Search { begin, probe, end, probed, .. } = &mut self.radio {
                    (*begin, *probe, *end, *probed) = (now, next_probe, next_end, false);
                }
                return sent;
            }
            if self.answered && self.found.is_none() {
                self.found = Some(now);
                if let Brain::Ours(schedule) = &mut self.brain {
                    schedule.found(now, peer);
                }
            }
        }
        self.next(now);
        sent
    }

    /// A probe request of the other is in the air; whether it is answered.
    fn hear(&mut self, now: Duration, channel: u32, other: (MacAddr, u32)) -> bool {
        let (listening, searching) = match &self.radio {
            Radio::Listen { begin, end } => (self.listen == channel && (*begin..*end).contains(&now), false),
            Radio::Announce { .. } => (false, false),
            Radio::Search { channels, begin, .. } => (false, now >= *begin && channels.front() == Some(&channel)),
        };
        let Brain::Ours(schedule) = &mut self.brain else { return listening };
        if listening {
            schedule.answered(other.0);
        }
        if (listening || searching) && self.found.is_none() && !self.answered {
            schedule.heard(now, self.address, other, listening, &mut self.rng);
        }
        listening
    }
}

/// Who the two devices are.
#[derive(Clone, Copy, PartialEq)]
enum Pair {
    Software,
    Firmware,
    /// The first is firmware.
    Mixed,
    WithWpaSupplicant,
}

fn schedule(at: Duration, others: &[u32], announce: bool) -> Brain {
    Brain::Ours(Box::new(Schedule::new(at, Scope { others: others.to_vec(), announce, ..Scope::default() })))
}

/// Milliseconds from the begin of the later device until each has found the other.
fn meet(others: &[u32], listen: (u32, u32), offset: Duration, seed: u64, pair: Pair) -> u32 {
    let (low, high) = if seed.is_multiple_of(2) { (address(1), address(2)) } else { (address(2), address(1)) };
    let first = schedule(Duration::ZERO, others, matches!(pair, Pair::Software | Pair::WithWpaSupplicant));
    let mut first = Device::new(low, listen.0, first, Duration::ZERO, seed * 2 + 1);
    let second = match pair {
        Pair::WithWpaSupplicant => Brain::Alternating,
        _ => schedule(offset, others, pair != Pair::Firmware),
    };
    let mut second = Device::new(high, listen.1, second, offset, seed * 2 + 2);
    let mut now = Duration::ZERO;
    while first.found.is_none() || second.found.is_none() {
        assert!(now < 60_000 * MS, "they never meet");
        if let Some((channel, received)) = first.advance(now, second.address) {
            first.answered |= now >= offset && second.hear(now, channel, (first.address, first.listen)) && received;
        }
        if now >= offset
            && let Some((channel, received)) = second.advance(now, first.address)
        {
            second.answered |= first.hear(now, channel, (second.address, second.listen)) && received;
        }
        let second = if now < offset { offset } else { second.next_event() };
        now = first.next_event().min(second).max(now + MS);
    }
    (now - offset).as_millis() as u32
}

struct Figures {
    median: u32,
    p95: u32,
    p99: u32,
}

/// Over the nine pairs of listen channels; the second device begins up to `offset` ms after the first.
fn figures(name: &str, others: &[u32], offset: u32, seeds: u64, pair: Pair) -> Figures {
    let mut times = vec![];
    for seed in 0..seeds {
        for (n, a) in SOCIAL_FREQUENCIES.into_iter().enumerate() {
            for (m, b) in SOCIAL_FREQUENCIES.into_iter().enumerate() {
                let seed = seed * 9 + (n * 3 + m) as u64;
                let offset = random::millis(&mut TestRng::new(seed ^ 0x5555), (0, offset));
                times.push(meet(others, (a, b), offset, seed, pair));
            }
        }
    }
    times.sort();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100];
    let figures = Figures { median: at(50), p95: at(95), p99: at(99) };
    println!("{name}: median {} p95 {} p99 {} max {}", figures.median, figures.p95, figures.p99, at(100));
    figures
}

fn channels(count: usize) -> Vec<u32> {
    (0..count as u32).map(|n| 5180 + 5 * n).collect()
}

#[test]
fn two_of_us_meet_within_the_first_second() {
    for (pair, name) in [(Pair::Software, "software"), (Pair::Firmware, "firmware"), (Pair::Mixed, "mixed")] {
        for count in [0, 8, 17] {
            let it = figures(&format!("{name}, {count} others, together"), &channels(count), 15, 300, pair);
            assert!(it.median <= 700 && it.p95 <= 1200 && it.p99 <= 1600);
        }
    }
}

#[test]
fn a_device_that_begins_later_is_met_soon() {
    for (pair, name) in [(Pair::Software, "software"), (Pair::Firmware, "firmware"), (Pair::Mixed, "mixed")] {
        for (count, offset) in [(0, 2000), (8, 1000), (8, 2000), (17, 1000), (17, 2000)] {
            let name = format!("{name}, {count} others, up to {offset} ms apart");
            let it = figures(&name, &channels(count), offset, 300, pair);
            assert!(it.median <= 700 && it.p95 <= 1500 && it.p99 <= 2200);
        }
    }
}

#[test]
fn wpa_supplicants_rhythm_is_met() {
    let it = figures("wpa_supplicant's rhythm", &channels(8), 2000, 300, Pair::WithWpaSupplicant);
    assert!(it.median <= 800 && it.p95 <= 1800);
}

#[test]
fn an_owner_on_any_channel_is_found_soon() {
    for (announce, count, median, last) in
        [(true, 8, 900, 1300), (true, 17, 1300, 2100), (false, 8, 700, 1200), (false, 17, 1100, 2100)]
    {
        let mut found = vec![];
        for seed in 0..300 {
            let mut left = channels(count);
            let brain = schedule(Duration::ZERO, &left, announce);
            let mut device = Device::new(address(1), 2412, brain, Duration::ZERO, seed);
            let mut now = Duration::ZERO;
            while !left.is_empty() {
                if let Some((channel, _)) = device.advance(now, address(2))
                    && let Some(at) = left.iter().position(|each| *each == channel)
                    && let Radio::Search { end, .. } = &device.radio
                {
                    left.swap_remove(at);
                    found.push(end.as_millis() as u32);
                }
                now = device.next_event().max(now + MS);
            }
        }
        found.sort();
        let at = |percent: usize| found[(found.len() - 1) * percent / 100];
        println!("an owner on one of {count}, {announce}: median {} p95 {} max {}", at(50), at(95), at(100));
        assert!(at(50) <= median && at(100) <= last);
    }
}

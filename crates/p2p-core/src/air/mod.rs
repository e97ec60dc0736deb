//! A tiny air for tests: several machines, each with one radio, in virtual time, with loss, duplicates and reordering.
//!
//! The radio does what an airtime module makes of a kernel: a search takes 61 to 72 ms a channel and has its probe request
//! 30 to 38 ms after the begin; a frame to be sent elsewhere cuts a search short and sets a listen aside, and the radio
//! stays on its channel as long as asked; an answer goes out where the radio is. A unicast frame has four attempts.

use crate::api::*;
use crate::machine::P2p;
use crate::random;
use crate::testing::TestRng;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;
use core::time::Duration;
use ieee80211_ies::frame::{Body, Frame};
use ieee80211_ies::{Elements, MacAddr, emit_element, id};
use radio::{Bss, SendStatus};

mod group_formation;
mod hostile;
mod invitations;
mod searching;

pub(super) const MS: Duration = Duration::from_millis(1);
/// What a change of channel takes where the kernel makes it, and where the firmware does.
const TUNE: Duration = Duration::from_millis(2);
const FIRMWARE_TUNE: Duration = Duration::from_millis(30);
const ATTEMPTS: u32 = 4;

#[derive(Clone, Debug)]
struct Sending {
    token: SendToken,
    frequency: u32,
    frame: Vec<u8>,
    wait: Duration,
}

#[derive(Clone, Debug, PartialEq)]
enum Radio {
    Idle,
    Search {
        left: VecDeque<u32>,
        generation: u32,
    },
    Listen {
        frequency: u32,
        from: Duration,
        until: Duration,
        generation: u32,
    },
    /// Sends, then stays.
    Away {
        frequency: u32,
        token: SendToken,
        generation: u32,
    },
}

/// A machine and its radio.
pub(super) struct Device {
    pub(super) machine: P2p,
    pub(super) rng: TestRng,
    pub(super) events: Vec<(Duration, Event)>,
    radio: Radio,
    generation: u32,
    /// What is to be done when no frame is under way.
    base: Option<Want>,
    base_until: Duration,
    queue: VecDeque<Sending>,
    elements: Vec<u8>,
    seen: Vec<(Duration, Bss)>,
    search_began: Duration,
    reports_probe_requests: bool,
    pub(super) sent: Vec<(Duration, u32, Vec<u8>)>,
}

#[derive(Clone, Debug)]
enum Happening {
    /// A search sends its probe request.
    Probe,
    /// A search leaves its channel.
    DwellOver,
    ListenStarted,
    ListenOver,
    /// The radio is tuned: the frame goes out.
    Transmit(Sending),
    WaitOver,
    Sent(SendToken, SendStatus),
    Received(Vec<u8>, u32),
}

/// What may go wrong.
#[derive(Clone, Copy, Default)]
pub(super) struct Trouble {
    /// Percent of single attempts, and of acknowledgements, that are lost.
    pub(super) loss: u32,
    /// Percent of frames that arrive twice.
    pub(super) duplicates: u32,
    /// Frames arrive up to so many ms late.
    pub(super) delay: u32,
}

/// A group owner that beacons and answers probe requests.
pub(super) struct Owner {
    pub(super) bss: Bss,
    pub(super) probe_response: Vec<u8>,
}

/// The air.
pub(super) struct World {
    pub(super) now: Duration,
    pub(super) devices: Vec<Device>,
    pub(super) trouble: Trouble,
    pub(super) owners: Vec<Owner>,
    rng: TestRng,
    agenda: BTreeMap<(Duration, u64), (usize, u32, Happening)>,
    order: u64,
}

impl World {
    pub(super) fn new(seed: u64, settings: impl IntoIterator<Item = Settings>) -> Self {
        let device = |(n, settings): (usize, Settings)| Device {
            machine: P2p::new(settings),
            rng: TestRng::new(seed * 100 + n as u64),
            events: Vec::new(),
            radio: Radio::Idle,
            generation: 0,
            base: None,
            base_until: Duration::ZERO,
            queue: VecDeque::new(),
            elements: Vec::new(),
            seen: Vec::new(),
            search_began: Duration::ZERO,
            reports_probe_requests: false,
            sent: Vec::new(),
        };
        Self {
            now: Duration::from_secs(100),
            devices: settings.into_iter().enumerate().map(device).collect(),
            trouble: Trouble::default(),
            owners: Vec::new(),
            rng: TestRng::new(seed ^ 0xabcd),
            agenda: BTreeMap::new(),
            order: 0,
        }
    }

    /// Has a machine do something, and its radio what follows from it.
    pub(super) fn tell<T>(&mut self, n: usize, what: impl FnOnce(&mut P2p, Duration, &mut TestRng) -> T) -> T {
        let now = self.now;
        let device = &mut self.devices[n];
        let result = what(&mut device.machine, now, &mut device.rng);
        self.drain(n);
        result
    }

    /// Goes on until nothing happens before `until`, or `stop` is content.
    pub(super) fn run_until(&mut self, until: Duration, mut stop: impl FnMut(&Self) -> bool) -> bool {
        loop {
            if stop(self) {
                return true;
            }
            let timeouts = self.devices.iter().enumerate();
            let timeout = timeouts.filter_map(|(n, device)| Some((device.machine.poll_timeout()?, n))).min();
            let happening = self.agenda.first_key_value().map(|((at, _), _)| *at);
            let next = happening.unwrap_or(Duration::MAX).min(timeout.map_or(Duration::MAX, |(at, _)| at));
            if next > until {
                self.now = until;
                return stop(self);
            }
            self.now = self.now.max(next);
            match timeout {
                Some((at, n)) if at <= next => self.tell(n, |machine, now, rng| machine.handle_timeout(now, rng)),
                _ => {
                    let Some((_, (n, generation, happening))) = self.agenda.pop_first() else { continue };
                    self.happen(n, generation, happening);
                }
            }
        }
    }

    pub(super) fn run_for(&mut self, time: Duration) {
        self.run_until(self.now + time, |_| false);
    }

    /// The first event that `pick` likes, with the time since `begin`.
    pub(super) fn event<T>(&self, n: usize, mut pick: impl FnMut(&Event) -> Option<T>) -> Option<(Duration, T)> {
        self.devices[n].events.iter().find_map(|(at, event)| Some((*at, pick(event)?)))
    }

    fn at(&mut self, at: Duration, n: usize, generation: u32, happening: Happening) {
        self.order += 1;
        self.agenda.insert((at, self.order), (n, generation, happening));
    }

    fn drain(&mut self, n: usize) {
        while let Some(output) = self.devices[n].machine.poll_output() {
            let now = self.now;
            match output {
                Output::Event(event) => self.devices[n].events.push((now, event)),
                Output::Want(want) => self.want(n, want),
                Output::WakeClient { device, .. } => {
                    let now = self.now;
                    self.devices[n].machine.client_woken(now, device, 0);
                }
            }
        }
    }

    fn want(&mut self, n: usize, want: Want) {
        let now = self.now;
        match want {
            Want::Search { ref elements, .. } => {
                self.devices[n].elements = elements.clone();
                self.devices[n].base = Some(want);
                self.take_up(n, false);
            }
            Want::Listen { duration, .. } => {
                self.devices[n].base_until = now + duration;
                self.devices[n].base = Some(want);
                self.take_up(n, false);
            }
            Want::Rest => {
                self.devices[n].base = None;
                self.take_up(n, false);
            }
            Want::Send { token, frequency, frame, wait, urgent } => {
                self.devices[n].sent.push((now, frequency, frame.clone()));
                let sending = Sending { token, frequency, frame, wait };
                let here = match &self.devices[n].radio {
                    Radio::Listen { frequency, .. } | Radio::Away { frequency, .. } => Some(*frequency),
                    _ => None,
                };
                if urgent && here == Some(frequency) {
                    // Answered where we are; a wait prolongs the stay of one that is away.
                    if let Radio::Away { .. } = self.devices[n].radio {
                        self.go_away(n, sending, Duration::ZERO);
                    } else {
                        self.at(now, n, u32::MAX, Happening::Transmit(sending));
                    }
                } else {
                    self.devices[n].queue.push_back(sending);
                    self.take_up(n, true);
                }
            }
            Want::StopWaiting(token) => {
                if matches!(self.devices[n].radio, Radio::Away { token: present, .. } if present == token) {
                    self.devices[n].radio = Radio::Idle;
                    self.take_up(n, true);
                }
                self.devices[n].queue.retain(|sending| sending.token != token);
            }
            Want::ReportProbeRequests(wanted) => self.devices[n].reports_probe_requests = wanted,
        }
    }

    fn go_away(&mut self, n: usize, sending: Sending, delay: Duration) {
        let device = &mut self.devices[n];
        device.generation += 1;
        let generation = device.generation;
        device.radio = Radio::Away { frequency: sending.frequency, token: sending.token, generation };
        self.at(self.now + delay, n, generation, Happening::Transmit(sending));
    }

    /// Begins what is to be done next, unless a frame is under way. `keep` leaves a base activity alone that goes on.
    fn take_up(&mut self, n: usize, keep: bool) {
        if matches!(self.devices[n].radio, Radio::Away { .. }) {
            return;
        }
        let now = self.now;
        if let Some(sending) = self.devices[n].queue.pop_front() {
            let searching = matches!(self.devices[n].radio, Radio::Search { .. });
            let delay = self.tune(n);
            self.go_away(n, sending, delay);
            if searching {
                self.devices[n].base = None;
                self.tell(n, |machine, now, rng| machine.search_done(now, true, rng));
            }
            return;
        }
        let listens_from = now + self.tune(n);
        let device = &mut self.devices[n];
        if keep && device.radio != Radio::Idle {
            return;
        }
        device.generation += 1;
        let generation = device.generation;
        device.radio = Radio::Idle;
        match device.base.clone() {
            None | Some(Want::Rest) => {}
            Some(Want::Listen { frequency, .. }) => {
                let until = device.base_until;
                if until <= now {
                    device.base = None;
                    return self.tell(n, |machine, now, rng| machine.listen_ended(now, rng));
                }
                let (started, over) = (listens_from + TUNE, until + (listens_from - now) + TUNE);
                device.radio = Radio::Listen { frequency, from: listens_from, until: over, generation };
                self.at(started, n, generation, Happening::ListenStarted);
                self.at(over, n, generation, Happening::ListenOver);
            }
            Some(Want::Search { frequencies, .. }) => {
                device.search_began = now;
                device.seen.clear();
                device.radio = Radio::Search { left: frequencies.into(), generation };
                self.dwell(n, generation);
            }
            Some(other) => panic!("{other:?} is no base"),
        }
    }

    /// What a change of channel takes.
    fn tune(&self, n: usize) -> Duration {
        if self.devices[n].machine.settings().announce { TUNE } else { FIRMWARE_TUNE }
    }

    fn dwell(&mut self, n: usize, generation: u32) {
        let begin = self.now + self.tune(n);
        let probe = begin + random::millis(&mut self.rng, (30, 38));
        let end = begin + random::millis(&mut self.rng, (61, 72));
        self.at(probe, n, generation, Happening::Probe);
        self.at(end, n, generation, Happening::DwellOver);
    }

    fn happen(&mut self, n: usize, generation: u32, happening: Happening) {
        let current = generation == self.devices[n].generation || generation == u32::MAX;
        let now = self.now;
        match happening {
            Happening::Probe if current => {
                let Radio::Search { left, .. } = &self.devices[n].radio else { return };
                let Some(frequency) = left.front().copied() else { return };
                let passive = self.devices[n].machine.settings().passive_frequencies.contains(&frequency);
                self.collect_beacons(n, frequency, !passive);
                if !passive {
                    let mut elements = Vec::new();
                    emit_element(id::SSID, b"DIRECT-", &mut elements);
                    emit_element(id::SUPPORTED_RATES, &[0x8c, 0x12, 0x98, 0x24], &mut elements);
                    elements.extend_from_slice(&self.devices[n].elements);
                    let source = self.devices[n].machine.settings().device.address;
                    let body = Body::ProbeRequest { elements: Elements::new(&elements) };
                    let frame = Frame::new(MacAddr::BROADCAST, source, MacAddr::BROADCAST, body).to_vec();
                    self.transmit(n, frequency, &frame);
                }
            }
            Happening::DwellOver if current => {
                let Radio::Search { left, .. } = &mut self.devices[n].radio else { return };
                left.pop_front();
                if !left.is_empty() {
                    return self.dwell(n, generation);
                }
                let device = &mut self.devices[n];
                (device.radio, device.base) = (Radio::Idle, None);
                let began = device.search_began;
                for (heard, mut bss) in core::mem::take(&mut self.devices[n].seen) {
                    bss.age_ms = (now - heard).as_millis() as u32;
                    self.tell(n, |machine, now, _| machine.handle_bss(now, &bss, began));
                }
                self.tell(n, |machine, now, rng| machine.search_done(now, false, rng));
            }
            Happening::ListenStarted if current => {
                self.tell(n, |machine, now, _| machine.listen_started(now));
            }
            Happening::ListenOver if current => {
                let device = &mut self.devices[n];
                (device.radio, device.base) = (Radio::Idle, None);
                self.tell(n, |machine, now, rng| machine.listen_ended(now, rng));
            }
            Happening::Transmit(sending) if current => {
                let acked = self.transmit(n, sending.frequency, &sending.frame);
                let status = if acked { SendStatus::Acked } else { SendStatus::NotAcked };
                self.at(now + 2 * MS, n, u32::MAX, Happening::Sent(sending.token, status));
                if generation != u32::MAX {
                    self.at(now + 2 * MS + sending.wait, n, generation, Happening::WaitOver);
                }
            }
            Happening::WaitOver if current => {
                self.devices[n].radio = Radio::Idle;
                self.take_up(n, true);
            }
            Happening::Sent(token, status) => self.tell(n, |machine, now, _| machine.sent(now, token, status)),
            Happening::Received(frame, frequency) => self.deliver(n, &frame, frequency),
            _ => {}
        }
    }

    fn collect_beacons(&mut self, n: usize, frequency: u32, active: bool) {
        let now = self.now;
        for place in 0..self.owners.len() {
            if self.owners[place].bss.frequency != frequency || random::chance(&mut self.rng, self.trouble.loss) {
                continue;
            }
            let Owner { bss, probe_response } = &self.owners[place];
            let probe_response = if active { probe_response.clone() } else { Vec::new() };
            let bss = Bss { probe_response, ..bss.clone() };
            self.devices[n].seen.push((now, bss));
        }
    }

    fn lost(&mut self) -> bool {
        random::chance(&mut self.rng, self.trouble.loss)
    }

    /// Puts a frame on the air; whether it was acknowledged.
    fn transmit(&mut self, from: usize, frequency: u32, frame: &[u8]) -> bool {
        let parsed = Frame::parse(frame).expect("a machine sends what can be read");
        let destination = parsed.header.destination;
        let is_probe = matches!(parsed.body, Body::ProbeRequest { .. });
        let is_probe_response = matches!(parsed.body, Body::ProbeResponse { .. });
        let mut acked = false;
        for n in 0..self.devices.len() {
            let device = &self.devices[n];
            let (there, searching) = match &device.radio {
                Radio::Listen { frequency: at, from, .. } => (*at == frequency && *from <= self.now, false),
                Radio::Away { frequency: at, .. } => (*at == frequency, false),
                Radio::Search { left, .. } => (left.front() == Some(&frequency), true),
                Radio::Idle => (false, false),
            };
            let own = device.machine.settings().device.address;
            let addressed = destination == own || destination.is_broadcast();
            let wanted = if is_probe { device.reports_probe_requests } else { searching == is_probe_response };
            if n == from || !there || !addressed {
                continue;
            }
            let attempts = if destination.is_broadcast() { 1 } else { ATTEMPTS };
            let mut received = false;
            for _ in 0..attempts {
                if !self.lost() {
                    received = true;
                    if !self.lost() {
                        acked = true;
                        break;
                    }
                }
            }
            if !received || !wanted {
                continue;
            }
            let copies = 1 + u32::from(random::chance(&mut self.rng, self.trouble.duplicates));
            for _ in 0..copies {
                let late = random::millis(&mut self.rng, (1, 1 + self.trouble.delay));
                self.at(self.now + late, n, u32::MAX, Happening::Received(frame.to_vec(), frequency));
            }
        }
        acked
    }

    fn deliver(&mut self, n: usize, bytes: &[u8], frequency: u32) {
        let frame = Frame::parse(bytes).expect("parsed before");
        if let Body::ProbeResponse { interval, capability, elements, .. } = frame.body {
            let bss = Bss {
                bssid: frame.header.bssid,
                frequency,
                signal_dbm: -40,
                age_ms: 0,
                tsf: 0,
                beacon_interval: interval,
                capability,
                probe_response: elements.bytes().to_vec(),
                beacon: Vec::new(),
            };
            self.devices[n].seen.push((self.now, bss));
            return;
        }
        let reception = Reception { frequency, signal_dbm: -40 };
        self.tell(n, |machine, now, rng| machine.handle_frame(now, &frame, reception, rng));
    }
}

/// The middle and the 95th of a hundred.
pub(super) fn quantiles(times: &mut [Duration]) -> (Duration, Duration) {
    times.sort();
    (times[times.len() / 2], times[times.len() * 95 / 100])
}

//! The air: its radios, its time, and the calls of those who use it.

use crate::data::DataFrame;
use crate::queue::{Job, Queue};
use crate::settings::{Link, RadioSettings, Settings};
use crate::state::{Radio, Sort};
use crate::trace::{Fate, OnAir};
use radio::{Capabilities, Command, CommandId, Event, InterfaceId, InterfaceKind, Refused, Reply};
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use std::collections::BTreeMap;
use std::time::Duration;

/// Names a radio of an [`Air`]. One that another air made names nobody, or somebody else.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RadioId(pub usize);

/// How a test interferes with the medium.
type Hook = Box<dyn FnMut(&OnAir) -> Fate + Send>;

/// The medium and all radios in it. See the crate's description.
pub struct Air {
    pub(crate) now: Duration,
    pub(crate) settings: Settings,
    pub(crate) radios: Vec<Radio>,
    pub(crate) queue: Queue,
    pub(crate) links: BTreeMap<(usize, usize), Link>,
    pub(crate) hook: Option<Hook>,
    pub(crate) trace: Option<Vec<OnAir>>,
    /// Frames sent so far.
    pub(crate) frames: u64,
    /// Makes stale jobs known: each begin of something takes a new number.
    epochs: u64,
    rng: ChaCha8Rng,
}

impl Air {
    /// An empty air at time zero.
    pub fn new(seed: u64, settings: Settings) -> Self {
        Self {
            now: Duration::ZERO,
            settings,
            radios: Vec::new(),
            queue: Queue::default(),
            links: BTreeMap::new(),
            hook: None,
            trace: None,
            frames: 0,
            epochs: 0,
            rng: ChaCha8Rng::seed_from_u64(seed),
        }
    }

    /// Adds a radio, its base interface down.
    pub fn add_radio(&mut self, settings: RadioSettings) -> RadioId {
        self.radios.push(Radio::new(settings));
        RadioId(self.radios.len() - 1)
    }

    /// What a radio says that it can do; `None` for a radio that does not exist.
    pub fn capabilities(&self, radio: RadioId) -> Option<&Capabilities> {
        self.radios.get(radio.0).map(|r| &r.settings.capabilities)
    }

    /// The interfaces that a radio has, with their kinds.
    pub fn interfaces(&self, radio: RadioId) -> impl Iterator<Item = (InterfaceId, InterfaceKind)> + '_ {
        self.radios.get(radio.0).into_iter().flat_map(|r| r.interfaces.iter().map(|(id, i)| (*id, i.kind)))
    }

    /// The time now.
    pub fn now(&self) -> Duration {
        self.now
    }

    /// Changes the medium from now on.
    pub fn set_settings(&mut self, settings: Settings) {
        self.settings = settings;
    }

    /// Sets what `receiver` hears of `transmitter`; the other direction stays as it is.
    pub fn set_link(&mut self, transmitter: RadioId, receiver: RadioId, link: Link) {
        self.links.insert((transmitter.0, receiver.0), link);
    }

    /// Has every attempt to send judged by `hook`, which sees it as the dice have fallen.
    pub fn set_hook(&mut self, hook: impl FnMut(&OnAir) -> Fate + Send + 'static) {
        self.hook = Some(Box::new(hook));
    }

    /// Leaves the medium to the dice again.
    pub fn clear_hook(&mut self) {
        self.hook = None;
    }

    /// Begins to remember what goes through the air, from nothing.
    pub fn record(&mut self) {
        self.trace = Some(Vec::new());
    }

    /// What went through the air since [`Air::record`].
    pub fn recorded(&self) -> &[OnAir] {
        self.trace.as_deref().unwrap_or_default()
    }

    /// Tells a radio to do something; its [`Event::Done`] comes in time, exactly one for each command.
    pub fn command(&mut self, radio: RadioId, id: CommandId, command: Command) {
        let Some(r) = self.radios.get_mut(radio.0) else { return };
        let lane = command.interface();
        r.lanes.entry(lane).or_default().waiting.push_back((id, command));
        self.schedule_lane(radio.0, lane);
    }

    /// When something happens next; `None` when nothing will.
    pub fn next_deadline(&self) -> Option<Duration> {
        self.queue.next_at()
    }

    /// Lets all happen that happens until `to`, which becomes the time; earlier times are ignored.
    pub fn advance(&mut self, to: Duration) {
        let to = to.max(self.now);
        while let Some((at, job)) = self.queue.pop_due(to) {
            self.now = self.now.max(at);
            self.run(job);
        }
        self.now = to;
    }

    /// The next report of a radio to its host.
    pub fn poll_event(&mut self, radio: RadioId) -> Option<Event> {
        self.radios.get_mut(radio.0)?.events.pop_front()
    }

    /// The next data frame that a radio's host has received.
    pub fn poll_data(&mut self, radio: RadioId) -> Option<DataFrame> {
        self.radios.get_mut(radio.0)?.data.pop_front()
    }

    /// Pulls a radio out of its host: it reports [`Event::Gone`], refuses what it is told, and is silent.
    pub fn unplug(&mut self, radio: RadioId) {
        if let Some(r) = self.radios.get_mut(radio.0)
            && !r.gone
        {
            r.gone = true;
            r.scan = None;
            r.remains.clear();
            r.held.clear();
            r.interfaces.clear();
            self.report(radio.0, Sort::Control, Event::Gone);
        }
    }

    fn run(&mut self, job: Job) {
        match job {
            Job::Execute { radio, lane } => self.execute_next(radio, lane),
            Job::Report { radio, event } => {
                if let Some(r) = self.radios.get_mut(radio) {
                    r.events.push_back(event);
                }
            }
            Job::Connected { radio, iface, epoch, event } => {
                if let Some(client) = self.client(radio, iface, epoch) {
                    client.connected = true;
                }
                if let Some(r) = self.radios.get_mut(radio) {
                    r.events.push_back(event);
                }
            }
            Job::Data { radio, data } => {
                if let Some(r) = self.radios.get_mut(radio) {
                    r.data.push_back(data);
                }
            }
            Job::Attempt(flight) => self.attempt(*flight),
            Job::Beacon { radio, iface, epoch } => self.beacon(radio, iface, epoch),
            Job::Scan { radio, epoch } => self.scan_step(radio, epoch),
            Job::Remain { radio, epoch } => self.remain_step(radio, epoch),
            Job::Answer { radio, iface, epoch } => self.answer_missing(radio, iface, epoch),
            Job::BeaconWatch { radio, iface, epoch } => self.watch_beacons(radio, iface, epoch),
            Job::Follow { radio, iface, epoch, frequency, owner } => self.follow(radio, iface, epoch, frequency, owner),
        }
    }

    /// Sets the time of the next command of a lane.
    fn schedule_lane(&mut self, radio: usize, lane: Option<InterfaceId>) {
        let jitter = self.jitter(self.settings.delay);
        let slow = self.settings.slow_command;
        let Some(l) = self.radios.get_mut(radio).and_then(|r| r.lanes.get_mut(&lane)) else { return };
        let Some((_, next)) = l.waiting.front().filter(|_| !l.scheduled) else { return };
        let cost = match next {
            Command::CreateInterface { .. }
            | Command::SetInterfaceKind { .. }
            | Command::SetInterfaceAddress { .. }
            | Command::SetInterfaceUp { .. }
            | Command::RemoveInterface { .. }
            | Command::StartAp { .. }
            | Command::StopAp { .. } => slow,
            _ => Duration::ZERO,
        };
        l.scheduled = true;
        let at = self.now.max(l.free_at) + cost + jitter;
        self.queue.push(at, Job::Execute { radio, lane });
    }

    fn execute_next(&mut self, radio: usize, lane: Option<InterfaceId>) {
        let Some(l) = self.radios.get_mut(radio).and_then(|r| r.lanes.get_mut(&lane)) else { return };
        let Some((id, command)) = l.waiting.pop_front() else { return };
        l.scheduled = false;
        let may_be_late = matches!(command, Command::Transmit { .. } | Command::SendEapol { .. });
        let late = may_be_late && self.chance(self.settings.late_reply);
        // The answer gets its place among the reports before those that the command causes.
        let at = if late {
            self.now + self.jitter(self.settings.delay) + self.jitter(self.settings.reorder_delay)
        } else {
            self.report_time(radio, Sort::Control, false)
        };
        let result = self.execute(radio, id, command);
        if let Err(refused) = &result {
            tracing::debug!(radio, ?id, %refused, "refused");
        }
        self.queue.push(at, Job::Report { radio, event: Event::Done { id, result } });
        if let Some(r) = self.radios.get_mut(radio)
            && let Some(l) = r.lanes.get_mut(&lane)
        {
            l.free_at = at;
        }
        self.schedule_lane(radio, lane);
    }

    /// Has an event reach the host of a radio.
    pub(crate) fn report(&mut self, radio: usize, sort: Sort, event: Event) {
        let may_reorder = sort != Sort::Control && self.chance(self.settings.reorder);
        let at = self.report_time(radio, sort, may_reorder);
        self.queue.push(at, Job::Report { radio, event });
    }

    /// When a report made now reaches the host: behind those before it, unless it is `reordered`, and then behind those of its sort.
    pub(crate) fn report_time(&mut self, radio: usize, sort: Sort, reordered: bool) -> Duration {
        let mut at = self.now + self.jitter(self.settings.delay);
        if reordered {
            at += self.jitter(self.settings.reorder_delay);
        }
        let Some(r) = self.radios.get_mut(radio) else { return at };
        if !reordered {
            at = at.max(r.last_report);
            r.last_report = at;
        }
        if let Some(last) = r.last_of_sort.get_mut(sort as usize) {
            at = at.max(*last);
            *last = at;
        }
        at
    }

    pub(crate) fn new_epoch(&mut self) -> u64 {
        self.epochs += 1;
        self.epochs
    }

    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        // No draw is made for a certain outcome, so that a feature that is off leaves the run as it is.
        probability > 0.0 && (probability >= 1.0 || f64::from(self.rng.next_u32()) < probability * 4_294_967_296.0)
    }

    /// Something from zero up to `longest`.
    pub(crate) fn jitter(&mut self, longest: Duration) -> Duration {
        let micros = u64::try_from(longest.as_micros()).unwrap_or(u64::MAX).saturating_add(1);
        Duration::from_micros(self.rng.next_u64() % micros)
    }

    /// What `receiver` hears of `transmitter`.
    pub(crate) fn link(&self, transmitter: usize, receiver: usize) -> Link {
        let default = Link { loss: self.settings.loss, signal_dbm: -50 };
        self.links.get(&(transmitter, receiver)).copied().unwrap_or(default)
    }
}

/// What a command is answered with.
pub(crate) type Answer = Result<Reply, Refused>;

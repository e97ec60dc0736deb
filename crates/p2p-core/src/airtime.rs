//! What the radio is to do at each moment: search, listen or rest.

use crate::api::*;
use crate::find::Step;
use crate::machine::P2p;
use crate::probe;
use crate::timers::Timer;
use core::time::Duration;
use rand_core::CryptoRng;

/// A search that is not reported as over within this time is taken for over (as deployed devices have it).
const SEARCH_WATCHDOG: Duration = Duration::from_secs(35);
/// The same for a listen, beyond its own duration.
pub(crate) const LISTEN_WATCHDOG: Duration = Duration::from_secs(2);
/// A listen that was cut short by less than this is not taken up again.
const LEAST_LISTEN: Duration = Duration::from_millis(5);
/// A search or listen that is over sooner has not taken place; after so many in a row there is a pause.
const LEAST_STEP: Duration = Duration::from_millis(5);
const MAX_HASTY: u32 = 3;
const AIR_PAUSE: Duration = Duration::from_millis(100);

/// How long one channel is searched. mac80211 sends the probe request after 30 ms and ends 30 ms later
/// (`IEEE80211_PROBE_DELAY`, `IEEE80211_CHANNEL_TIME`), which a kernel of 100 Hz draws out to 40 and 80. Firmware stays 10 to
/// 20 ms for the answers, and no more is needed.
const SEARCH_TIME: Duration = Duration::from_millis(50);

/// What a listen is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Purpose {
    /// A search listens between bursts.
    Find,
    /// A request to a deaf peer pauses.
    Pause,
    /// A peer is to ask, or to confirm.
    Peer,
    /// The user wants to be found.
    User,
    /// Extended listen.
    Extended,
}

/// What the radio has been told to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Air {
    Rest,
    Search,
    Listen { purpose: Purpose, until: Duration },
}

/// What the radio is to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Goal {
    /// Frames are under way that need it: no search, and no new listen.
    Hold,
    Rest,
    Find,
    Listen(Purpose, Duration),
}

impl P2p {
    /// A search or a listen is over. A radio that refuses several in a row is left alone for a moment.
    pub(crate) fn air_over(&mut self, now: Duration) {
        self.air = Air::Rest;
        self.timers.clear(Timer::AirWatchdog);
        self.hasty = if now < self.air_since + LEAST_STEP { self.hasty + 1 } else { 0 };
        if self.hasty >= MAX_HASTY {
            self.hasty = 0;
            self.air_not_before = now + AIR_PAUSE;
        }
    }

    pub(crate) fn extended_listen_due(&mut self, now: Duration) {
        let Some((period, interval)) = self.extended else { return };
        self.timers.set(Timer::ExtendedListen, now + Duration::from_millis(interval.into()));
        if self.goal() == Goal::Rest {
            self.extended_until = Some(now + Duration::from_millis(period.into()));
        }
    }

    fn goal(&self) -> Goal {
        if self.formation.is_some() {
            return Goal::Rest;
        }
        if let Some((exchange, _)) = &self.exchange {
            return exchange.paused_until().map_or(Goal::Hold, |until| Goal::Listen(Purpose::Pause, until));
        }
        match &self.negotiation {
            Some(negotiation) if !negotiation.waits() => return Goal::Hold,
            _ if self.find.is_some() => return Goal::Find,
            Some(negotiation) => return Goal::Listen(Purpose::Peer, negotiation.until),
            None => {}
        }
        let user = self.listen_until.map(|until| Goal::Listen(Purpose::User, until));
        let extended = || self.extended_until.map(|until| Goal::Listen(Purpose::Extended, until));
        user.or_else(extended).unwrap_or(Goal::Rest)
    }

    /// Has the radio do what is to be done now.
    pub(crate) fn drive(&mut self, now: Duration, rng: &mut dyn CryptoRng) {
        self.settle(now);
        let busy = matches!(self.air, Air::Search | Air::Listen { purpose: Purpose::Find, .. });
        if self.goal() != Goal::Find || busy || self.air_not_before > now {
            return;
        }
        let Some(find) = &mut self.find else { return };
        let mut step = find.schedule.next(now, rng);
        if let Step::Announce(frequencies) = step {
            step = find.schedule.next(now, rng);
            let elements = probe::request_elements(&self.settings, self.extended, &find.parameters);
            let frame = probe::request(&self.settings, &elements);
            for frequency in frequencies {
                // Nobody waits for what becomes of it.
                self.send(frequency, frame.clone(), Duration::ZERO, false);
            }
        }
        let Some(find) = &mut self.find else { return };
        match step {
            // Two in a row never come.
            Step::Announce(_) => {}
            Step::Search(frequencies) => {
                let elements = probe::request_elements(&self.settings, self.extended, &find.parameters);
                self.air = Air::Search;
                self.air_since = now;
                self.timers.clear(Timer::FindStep);
                self.timers.set(Timer::AirWatchdog, now + SEARCH_WATCHDOG);
                let passive = |mhz: &u32| self.settings.passive_frequencies.contains(mhz);
                let enough = (frequencies.len() == 1 && !frequencies.iter().any(passive)).then_some(SEARCH_TIME);
                self.out(Output::Want(Want::Search { frequencies, elements, enough }));
            }
            Step::Listen(duration) => {
                self.want_listen(now, Purpose::Find, now + duration);
                self.arm_find_step();
            }
        }
    }

    /// While a search listens: the moment at which a chased device is due.
    pub(crate) fn arm_find_step(&mut self) {
        let listening = matches!(self.air, Air::Listen { purpose: Purpose::Find, .. });
        match self.find.as_ref().filter(|_| listening).and_then(|find| find.schedule.wake()) {
            Some(wake) => self.timers.set(Timer::FindStep, wake),
            None => self.timers.clear(Timer::FindStep),
        }
    }

    /// As [`drive`](Self::drive), but for the next step of a search, which needs randomness: that follows at once by a timer.
    pub(crate) fn settle(&mut self, now: Duration) {
        if self.extended_until.is_some_and(|until| until <= now) {
            self.extended_until = None;
        }
        match (self.goal(), self.air) {
            (Goal::Rest, Air::Search | Air::Listen { .. }) | (Goal::Hold, Air::Search) => self.rest(),
            (Goal::Find, Air::Listen { purpose, .. }) if purpose != Purpose::Find => {
                self.timers.set(Timer::FindStep, now.max(self.air_not_before));
            }
            (Goal::Find, Air::Rest) => self.timers.set(Timer::FindStep, now.max(self.air_not_before)),
            (Goal::Listen(purpose, until), Air::Listen { until: present, .. }) if until <= present => {
                self.air = Air::Listen { purpose, until: present };
            }
            (Goal::Listen(..), Air::Rest) if self.air_not_before > now => {
                self.timers.set(Timer::FindStep, self.air_not_before);
            }
            (Goal::Listen(purpose, until), _) if until > now + LEAST_LISTEN => self.want_listen(now, purpose, until),
            _ => {}
        }
        let wanted = self.formation.is_none()
            && (self.find.is_some() || self.listen_until.is_some() || self.extended.is_some())
            || self.exchange.is_some()
            || self.negotiation.is_some();
        if wanted != self.probe_requests_reported {
            self.probe_requests_reported = wanted;
            self.out(Output::Want(Want::ReportProbeRequests(wanted)));
        }
        // One that was in use until now may be overdue: it is not left to another timeout at this very time.
        self.expire_peers(now);
        let in_use = self.in_use();
        match self.peers.next_expiry(|address| in_use.contains(&address)) {
            Some(at) => self.timers.set(Timer::PeerExpiry, at),
            None => self.timers.clear(Timer::PeerExpiry),
        }
    }

    pub(crate) fn rest(&mut self) {
        self.air = Air::Rest;
        self.timers.clear(Timer::AirWatchdog);
        self.timers.clear(Timer::FindStep);
        self.out(Output::Want(Want::Rest));
    }

    pub(crate) fn want_listen(&mut self, now: Duration, purpose: Purpose, until: Duration) {
        let frequency = self.listen_frequency();
        self.air = Air::Listen { purpose, until };
        self.air_since = now;
        self.timers.clear(Timer::FindStep);
        self.timers.set(Timer::AirWatchdog, until + LISTEN_WATCHDOG);
        self.out(Output::Want(Want::Listen { frequency, duration: until.saturating_sub(now) }));
    }

    /// Whether the radio is not searching, so that it may be on our listen channel.
    pub(crate) fn may_listen(&self) -> bool {
        self.air != Air::Search
    }

    /// Ends the user's search, with the event that tells so.
    pub(crate) fn end_find(&mut self) {
        self.timers.clear(Timer::FindTimeout);
        self.timers.clear(Timer::FindStep);
        if self.find.take().is_some() {
            self.event(Event::FindStopped);
        }
    }

    /// Ends search and listen, since a group comes.
    pub(crate) fn end_discovery(&mut self) {
        self.end_find();
        self.listen_until = None;
        self.timers.clear(Timer::ListenOnly);
    }
}

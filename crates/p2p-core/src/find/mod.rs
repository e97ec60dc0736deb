//! When to search where, and when to listen, while looking for peers (Wi-Fi P2P v1.7 §3.1.2.1.3).
//!
//! The specification alternates a search of the social channels with a listen of 1 to 3 × 100 TU. Two devices that do
//! just that meet late, since each must happen to listen while the other happens to ask. The schedule here keeps the
//! alternation and adds what shortens the wait:
//!
//! * **Announce**: a search of one channel takes the kernel 50 ms and more, for it waits for answers; a probe request sent by
//!   itself takes a few. So one goes out on each social channel before every listen. Its answer is not delivered to us,
//!   but it tells who listens there that we search, and where we will listen now. Where the firmware does both, sending a
//!   frame takes as long as searching a channel; there the social channels are searched instead.
//! * **Chase**: who is heard searching will listen on the channel that its probe request names as soon as its search is
//!   over. That channel is searched shortly afterwards, and again after growing, jittered pauses spent listening.
//! * **Await**: a device that has just answered us knows of us and will look for us in the same way, so we stay on our
//!   listen channel for it.
//! * Channels are searched one at a time, so that the answer to each is known when its turn is over. Other channels than the
//!   social ones come a few at a time between listens, quickly in the first round and at leisure afterwards. Their order is
//!   drawn anew for each search, so that no channel is always the last.
//!
//! The numbers were tuned with the model in `model.rs`.

use crate::api::FindListen;
use crate::channels::SOCIAL_FREQUENCIES;
use crate::random;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;
use ieee80211_ies::MacAddr;
use rand_core::CryptoRng;

#[cfg(test)]
mod model;

/// What depends on whether a search announces itself.
struct Rhythm {
    /// How long the first listen is, ms; its spread keeps two that begin together apart.
    first_listen: (u32, u32),
    /// Listening between two bursts while other channels have not all been visited once, ms.
    early_listen: (u32, u32),
    /// Other channels in a burst of the first round.
    early_others: usize,
    /// From hearing a searching device that we have answered to searching its listen channel, ms.
    chase_delay: (u32, u32),
}

/// The first listen is behind the first announcement. The rest of a searching device's stay on our channel is
/// about 30 ms (mac80211's dwell after a probe request), and our own probe request goes out about 30 ms after the search
/// has begun.
const ANNOUNCING: Rhythm =
    Rhythm { first_listen: (20, 120), early_listen: (70, 110), early_others: 4, chase_delay: (10, 20) };
/// The first listen is behind the first search of the social channels. Firmware sends its probe request at the begin of a
/// search.
const SEARCHING: Rhythm =
    Rhythm { first_listen: (70, 170), early_listen: (100, 150), early_others: 5, chase_delay: (60, 80) };

/// The listen behind the second announcement, ms: enough for who has heard it to search our channel.
const SECOND_LISTEN: (u32, u32) = (100, 140);
/// Listening between two bursts later, ms.
const LISTEN: (u32, u32) = (110, 280);
/// Other channels in a burst of later rounds.
const OTHERS: usize = 1;
/// Other channels that follow the first search of the social ones at once.
const FIRST_OTHERS: usize = 1;
/// Bursts of other channels between two of social ones after the first round.
const BURSTS: u32 = 1;
/// Passive channels come after the first round of the others, and are then all visited within this time.
const PASSIVE_DELAY: Duration = Duration::from_secs(2);
const PASSIVE_ROUND: Duration = Duration::from_millis(7500);
/// Passive channels in a burst.
const MAX_PASSIVE: usize = 2;
/// From hearing a device search the channel that we were searching, too, to searching its listen channel, ms, for the one
/// with the higher address.
const MEETING_DELAY: (u32, u32) = (0, 10);
/// The device with the lower address listens for this long first, and chases only then.
const MEETING_LISTEN: (u32, u32) = (120, 200);
/// Pause between two searches for one chased device, ms, and by how much its upper end grows each time.
const CHASE_PAUSE: (u32, u32) = (50, 120);
const CHASE_PAUSE_GROWTH: u32 = 40;
/// Searches for one chased device before it is left to the ordinary rounds.
const CHASE_ATTEMPTS: u32 = 8;
/// Devices chased at a time.
const MAX_CHASES: usize = 8;
/// How long a device that has answered us is awaited: longer than wpa_supplicant listens (3 × 100 TU) before it searches.
const AWAIT: Duration = Duration::from_millis(400);
/// The same where it was heard searching before: it looks for us at once.
const AWAIT_SEARCHER: Duration = Duration::from_millis(250);
/// Devices awaited at a time.
const MAX_AWAITED: usize = 8;

/// After so many steps for the sake of single devices an ordinary one comes: a crowd, or somebody who feigns one, must not
/// keep us from searching.
const MAX_FAVOURS: u32 = 8;

/// Time unit (IEEE 802.11-2020 §3.1).
const TU: Duration = Duration::from_micros(1024);

/// What a search is to cover.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Scope {
    /// Channels on which we may send, beside the social ones, MHz.
    pub(crate) others: Vec<u32>,
    /// Channels on which we may only listen, MHz.
    pub(crate) passive: Vec<u32>,
    /// Looked at before everything else, MHz.
    pub(crate) first: Option<u32>,
    /// Whether the search announces itself.
    pub(crate) announce: bool,
    /// How long the user wants it to listen.
    pub(crate) listen: Option<FindListen>,
}

/// What to do next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Step {
    /// Send a probe request on each of these channels, MHz, without waiting for answers; another step follows at once.
    Announce(Vec<u32>),
    /// Search these channels, MHz.
    Search(Vec<u32>),
    /// Stay on the listen channel.
    Listen(Duration),
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Chase {
    address: MacAddr,
    frequency: u32,
    due: Duration,
    attempts: u32,
    /// It has had an answer from us, so it knows us already.
    answered: bool,
}

/// The schedule of one search.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Schedule {
    scope: Scope,
    begun: bool,
    /// Two devices that begin together announce themselves to nobody; the one that has listened less does it again.
    begun_again: bool,
    /// Channels of the present burst that are still to be searched.
    burst: VecDeque<Vec<u32>>,
    /// Bursts of other channels since the social ones.
    bursts: u32,
    next_other: usize,
    rounds: u32,
    next_passive: usize,
    passive_due: Duration,
    chases: Vec<Chase>,
    /// A pause owed after a search for a chased device.
    owed: Option<Duration>,
    awaited: Vec<(MacAddr, Duration)>,
    /// Steps taken for the sake of single devices since the last ordinary one.
    favours: u32,
}

impl Schedule {
    /// A search that begins now.
    pub(crate) fn new(now: Duration, scope: Scope) -> Self {
        Self {
            scope,
            begun: false,
            begun_again: false,
            burst: VecDeque::new(),
            bursts: 0,
            next_other: 0,
            rounds: 0,
            next_passive: 0,
            passive_due: now + PASSIVE_DELAY,
            chases: Vec::new(),
            owed: None,
            awaited: Vec::new(),
            favours: 0,
        }
    }

    /// What to do now that the step before is over, or was cut short at [`wake`](Self::wake).
    pub(crate) fn next(&mut self, now: Duration, rng: &mut dyn CryptoRng) -> Step {
        if !self.begun {
            self.begun = true;
            random::shuffle(rng, &mut self.scope.others);
            self.social_burst(rng);
            self.other_burst(FIRST_OTHERS);
            if let Some(first) = self.scope.first {
                return Step::Search([first].into());
            }
            if self.scope.announce {
                return self.announce(random::millis(rng, self.rhythm().first_listen));
            }
        }
        if let Some(pause) = self.owed.take() {
            return Step::Listen(pause);
        }
        if self.favours < MAX_FAVOURS {
            if let Some(frequency) = self.chase(now, rng) {
                self.favours += 1;
                return Step::Search([frequency].into());
            }
            self.awaited.retain(|(_, until)| *until > now);
            if let Some(until) = self.awaited.iter().map(|(_, until)| *until).max() {
                self.favours += 1;
                return Step::Listen(until - now);
            }
        }
        self.favours = 0;
        if !self.begun_again && self.scope.announce {
            self.begun_again = true;
            return self.announce(random::millis(rng, SECOND_LISTEN));
        }
        if let Some(frequencies) = self.burst.pop_front() {
            return Step::Search(frequencies);
        }
        if !self.begun_again {
            self.begun_again = true;
            self.next_burst(now, !self.scope.others.is_empty(), rng);
            return Step::Listen(random::millis(rng, self.rhythm().first_listen));
        }
        let early = self.rounds == 0 && !self.scope.others.is_empty();
        self.next_burst(now, early, rng);
        let listen = match self.scope.listen {
            Some(wish) => drawn(wish, rng),
            None => random::millis(rng, if early { self.rhythm().early_listen } else { LISTEN }),
        };
        if listen.is_zero()
            && let Some(frequencies) = self.burst.pop_front()
        {
            return Step::Search(frequencies);
        }
        self.announce(listen)
    }

    /// Listens for as long as this from now on.
    pub(crate) fn set_listen(&mut self, listen: Option<FindListen>) {
        self.scope.listen = listen;
    }

    fn rhythm(&self) -> &'static Rhythm {
        if self.scope.announce { &ANNOUNCING } else { &SEARCHING }
    }

    /// Announces ourselves on the social channels, if we do that, and listens afterwards.
    fn announce(&mut self, listen: Duration) -> Step {
        if !self.scope.announce {
            return Step::Listen(listen);
        }
        self.owed = Some(listen);
        Step::Announce(self.social())
    }

    /// The social channels on which we may send.
    fn social(&self) -> Vec<u32> {
        SOCIAL_FREQUENCIES.into_iter().filter(|each| !self.scope.passive.contains(each)).collect()
    }

    /// Whether we may ask on this channel, MHz: only there a device is chased, whatever it says of itself.
    pub(crate) fn covers(&self, mhz: u32) -> bool {
        !self.scope.passive.contains(&mhz) && (SOCIAL_FREQUENCIES.contains(&mhz) || self.scope.others.contains(&mhz))
    }

    /// When a listen is to be cut short because a chased device is due.
    pub(crate) fn wake(&self) -> Option<Duration> {
        if self.owed.is_some() {
            return None;
        }
        self.chases.iter().map(|chase| chase.due).min()
    }

    /// A device that is not known well was heard searching; `answered` if it was for us to answer, so that it knows us now.
    pub(crate) fn heard(
        &mut self,
        now: Duration,
        own: MacAddr,
        (address, frequency): (MacAddr, u32),
        answered: bool,
        rng: &mut dyn CryptoRng,
    ) {
        if let Some(chase) = self.chases.iter_mut().find(|chase| chase.address == address) {
            chase.answered |= answered;
            return;
        }
        if self.chases.len() >= MAX_CHASES {
            return;
        }
        let delay = if answered {
            self.rhythm().chase_delay
        } else if own > address {
            MEETING_DELAY
        } else {
            self.await_device(address, now + Duration::from_millis(MEETING_LISTEN.0.into()));
            MEETING_LISTEN
        };
        self.chases.push(Chase { address, frequency, due: now + random::millis(rng, delay), attempts: 0, answered });
    }

    /// A device is known now. Unless it knows us already it may be about to look for us, and is awaited.
    pub(crate) fn found(&mut self, now: Duration, address: MacAddr) {
        let chase = self.chases.iter().position(|chase| chase.address == address).map(|n| self.chases.remove(n));
        if chase.is_some() {
            self.owed = None;
        }
        self.awaited.retain(|(each, _)| *each != address);
        // An answer to an announcement does not reach the device that announced itself.
        let searcher = chase.is_some_and(|chase| chase.answered);
        self.await_device(address, now + if searcher { AWAIT_SEARCHER } else { AWAIT });
    }

    /// A device knows us: it was answered.
    pub(crate) fn answered(&mut self, address: MacAddr) {
        self.awaited.retain(|(each, _)| *each != address);
        self.chases.iter_mut().filter(|chase| chase.address == address).for_each(|chase| chase.answered = true);
    }

    /// Looks at a channel once more, soon: something was seen there that we could not make out.
    pub(crate) fn look_at(&mut self, frequency: u32) {
        let planned = |each: &Vec<u32>| each.contains(&frequency);
        if self.burst.len() < MAX_CHASES && !self.burst.iter().any(planned) {
            self.burst.push_front([frequency].into());
        }
    }

    fn await_device(&mut self, address: MacAddr, until: Duration) {
        if !self.awaited.iter().any(|(each, _)| *each == address) && self.awaited.len() < MAX_AWAITED {
            self.awaited.push((address, until));
        }
    }

    /// The listen channel of the chased device that is most overdue, and the pause after it.
    fn chase(&mut self, now: Duration, rng: &mut dyn CryptoRng) -> Option<u32> {
        let chase = self.chases.iter_mut().filter(|chase| chase.due <= now).min_by_key(|chase| chase.due)?;
        let growth = chase.attempts * CHASE_PAUSE_GROWTH;
        let pause = random::millis(rng, (CHASE_PAUSE.0, CHASE_PAUSE.1 + growth));
        let frequency = chase.frequency;
        chase.attempts += 1;
        // The pause begins when the search is over, so that the next one is due at once after it.
        chase.due = now + pause;
        self.chases.retain(|chase| chase.attempts < CHASE_ATTEMPTS);
        self.owed = Some(pause);
        Some(frequency)
    }

    fn social_burst(&mut self, rng: &mut dyn CryptoRng) {
        let mut social = self.social();
        random::shuffle(rng, &mut social);
        self.burst.extend(social.into_iter().map(|frequency| Vec::from([frequency])));
    }

    /// The next other channels, up to the end of their round.
    fn other_burst(&mut self, count: usize) {
        let others = self.scope.others.get(self.next_other..).unwrap_or_default();
        let count = count.min(others.len());
        self.burst.extend(others.iter().take(count).map(|&frequency| Vec::from([frequency])));
        self.next_other += count;
        if self.next_other >= self.scope.others.len() {
            self.next_other = 0;
            self.rounds = self.rounds.saturating_add(1);
        }
    }

    fn next_burst(&mut self, now: Duration, early: bool, rng: &mut dyn CryptoRng) {
        let others = self.scope.others.len();
        if others == 0 || (!early && self.bursts >= BURSTS) {
            self.bursts = 0;
            self.social_burst(rng);
        } else {
            self.bursts += 1;
            if early && !self.scope.announce {
                self.social_burst(rng);
            }
            self.other_burst(if early { self.rhythm().early_others } else { OTHERS });
        }
        let passive = &self.scope.passive;
        for _ in 0..MAX_PASSIVE {
            let Some(&frequency) = passive.get(self.next_passive).filter(|_| self.passive_due <= now) else { break };
            self.burst.push_back([frequency].into());
            self.next_passive = (self.next_passive + 1) % passive.len();
            self.passive_due += PASSIVE_ROUND / passive.len() as u32;
        }
    }
}

/// The length of one listen as the user wants it.
fn drawn(FindListen { least, most, limit_tu }: FindListen, rng: &mut dyn CryptoRng) -> Duration {
    let wanted = random::between(rng, least, most.max(least)).saturating_mul(100);
    TU.saturating_mul(limit_tu.map_or(wanted, |limit| wanted.min(limit)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{TestRng, address};
    use alloc::collections::BTreeMap;
    use alloc::vec;

    const MS: Duration = Duration::from_millis(1);

    /// Runs the schedule with 55 ms for an active channel and 110 ms for a passive one, and says what was done when.
    fn run(schedule: &mut Schedule, until: Duration, rng: &mut TestRng) -> Vec<(Duration, Step)> {
        let mut now = Duration::ZERO;
        let mut done = vec![];
        while now < until {
            let step = schedule.next(now, rng);
            done.push((now, step.clone()));
            now += match step {
                Step::Announce(channels) => 5 * channels.len() as u32 * MS,
                Step::Listen(time) => time,
                Step::Search(channels) => {
                    let time = |each: &u32| if schedule.scope.passive.contains(each) { 110 } else { 55 };
                    channels.iter().map(time).sum::<u32>() * MS
                }
            };
        }
        done
    }

    fn scope() -> Scope {
        let others = (2..=10).filter(|&each| each != 6).map(|each| 2407 + 5 * each);
        let others = [5180, 5200, 5220, 5240, 5745, 5765, 5785, 5805, 5825].into_iter().chain(others);
        Scope {
            others: others.collect(),
            passive: (0..15).map(|n| 5260 + 20 * n).collect(),
            first: None,
            announce: true,
            listen: None,
        }
    }

    #[test]
    fn it_listens_for_as_long_as_the_user_says() {
        for (listen, range) in [
            (FindListen { least: 3, most: 5, limit_tu: None }, 300..=500),
            (FindListen { least: 2, most: 2, limit_tu: Some(50) }, 50..=50),
            (FindListen { least: 0, most: 0, limit_tu: None }, 0..=0),
        ] {
            let rng = &mut TestRng::new(12);
            let mut schedule = Schedule::new(Duration::ZERO, Scope { listen: Some(listen), ..scope() });
            let done = run(&mut schedule, 20_000 * MS, rng);
            let lengths = |(at, step): &(Duration, Step)| match step {
                // The first two are for meeting who begins at the same time.
                Step::Listen(time) if *at > 1000 * MS => Some(time.as_micros() / 1024),
                _ => None,
            };
            let lengths: Vec<u128> = done.iter().filter_map(lengths).collect();
            assert!(lengths.iter().all(|tu| range.contains(tu)), "{listen:?}: {lengths:?}");
            assert_eq!(lengths.is_empty(), listen.most == 0);
            assert!(done.iter().filter(|(_, step)| matches!(step, Step::Search(_))).count() > 20);
        }
    }

    #[test]
    fn social_channels_come_at_once_and_all_others_soon() {
        for seed in 0..200 {
            let mut visits = BTreeMap::<u32, Duration>::new();
            for (at, step) in run(&mut Schedule::new(Duration::ZERO, scope()), 10_000 * MS, &mut TestRng::new(seed)) {
                let Step::Search(channels) = step else { continue };
                for (n, frequency) in channels.into_iter().enumerate() {
                    visits.entry(frequency).or_insert(at + 55 * MS * n as u32);
                }
            }
            assert!(SOCIAL_FREQUENCIES.iter().all(|each| visits[each] < 500 * MS), "{visits:?}");
            assert!(scope().others.iter().all(|each| visits[each] < 2_900 * MS), "{visits:?}");
            assert!(scope().passive.iter().all(|each| visits.contains_key(each)), "{visits:?}");
        }
    }

    #[test]
    fn listening_has_its_share() {
        let listened = |done: &[(Duration, Step)]| -> Duration {
            done.iter().filter_map(|(_, step)| if let Step::Listen(time) = step { Some(*time) } else { None }).sum()
        };
        let rng = &mut TestRng::new(7);
        let done = run(&mut Schedule::new(Duration::ZERO, Scope::default()), 60_000 * MS, rng);
        assert!(listened(&done) > 27_000 * MS, "{:?}", listened(&done));
        let done = run(&mut Schedule::new(Duration::ZERO, Scope { passive: vec![], ..scope() }), 60_000 * MS, rng);
        assert!(listened(&done) > 27_000 * MS, "{:?}", listened(&done));
    }

    #[test]
    fn a_searching_device_is_looked_for_on_its_listen_channel_a_bounded_number_of_times() {
        let rng = &mut TestRng::new(3);
        let mut schedule = Schedule::new(Duration::ZERO, Scope::default());
        schedule.heard(Duration::ZERO, address(1), (address(2), 5955), true, rng);
        assert!(schedule.wake().is_some());
        let done = run(&mut schedule, 20_000 * MS, rng);
        let searches = done.iter().filter(|(_, step)| *step == Step::Search(vec![5955])).count();
        assert_eq!(searches, CHASE_ATTEMPTS as usize);
        assert_eq!(schedule.wake(), None);
    }

    #[test]
    fn a_device_just_found_is_awaited_until_it_was_answered() {
        let rng = &mut TestRng::new(3);
        let mut schedule = Schedule::new(Duration::ZERO, Scope::default());
        (schedule.begun, schedule.begun_again) = (true, true);
        schedule.found(Duration::ZERO, address(2));
        assert_eq!(schedule.next(MS, rng), Step::Listen(AWAIT - MS));
        schedule.answered(address(2));
        schedule.social_burst(rng);
        assert!(matches!(schedule.next(2 * MS, rng), Step::Search(_)));
    }

    #[test]
    fn a_crowd_does_not_keep_us_from_searching() {
        let rng = &mut TestRng::new(9);
        let mut schedule = Schedule::new(Duration::ZERO, Scope::default());
        let (mut now, mut stranger, mut visits) = (Duration::ZERO, 0u8, vec![]);
        while now < 20_000 * MS {
            // Ever new devices are heard searching and found.
            for _ in 0..4 {
                stranger = stranger.wrapping_add(1);
                schedule.heard(now, address(1), (address(stranger), 5955), true, rng);
                schedule.found(now, address(stranger.wrapping_add(128)));
            }
            now += match schedule.next(now, rng) {
                Step::Announce(_) => 15 * MS,
                Step::Listen(time) => time.min(schedule.wake().map_or(time, |wake| wake.saturating_sub(now))).max(MS),
                Step::Search(channels) => {
                    visits.extend(channels.iter().copied().filter(|each| SOCIAL_FREQUENCIES.contains(each)));
                    55 * MS
                }
            };
        }
        assert!(visits.len() >= 10, "{visits:?}");
    }

    #[test]
    fn hostile_numbers_of_devices_are_bounded() {
        let rng = &mut TestRng::new(4);
        let mut schedule = Schedule::new(Duration::ZERO, Scope::default());
        for n in 0..=255 {
            schedule.heard(Duration::ZERO, address(1), (address(n), 2412), true, rng);
            schedule.found(Duration::ZERO, address(n));
            schedule.look_at(5000 + u32::from(n));
        }
        assert!(schedule.chases.len() <= MAX_CHASES);
        assert!(schedule.awaited.len() <= MAX_AWAITED);
        assert!(schedule.burst.len() <= MAX_CHASES);
    }
}

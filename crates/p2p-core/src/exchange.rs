//! Getting one request to a peer that may be deaf at the moment, until it is answered.
//!
//! A peer listens on its listen channel only part of the time. A request that was not acknowledged met it elsewhere: it is
//! repeated after a short, growing, jittered pause spent on our own listen channel, where the peer's request can reach
//! us. One that was acknowledged but not answered may have lost its answer: it is repeated at once, with the same dialog
//! token, to which the peer gives the same answer; after two of these there is a pause too, since a peer may ignore our
//! request in favour of its own (Wi-Fi P2P v1.7 §3.1.4.2).

use crate::airtime::Air;
use crate::api::{Output, SendToken, Settings, Want};
use crate::machine::{P2p, Request};
use crate::random;
use crate::timers::Timer;
use alloc::vec::Vec;
use core::time::Duration;
use ieee80211_ies::MacAddr;
use rand_core::CryptoRng;

/// The answer is expected within this time after the acknowledgement. Most devices take a few milliseconds; wpa_supplicant over
/// firmware up to 130 ms, as its kernel queues the answer until the listen state in which the request came is over. Whoever
/// leaves or asks again before is away when it comes, and such a pair may miss each other until one gives up.
const ANSWER_TIMEOUT: Duration = Duration::from_millis(180);
/// How long the radio is to stay on the peer's channel after sending.
const STAY: Duration = Duration::from_millis(230);
/// A transmission is given up on when its end is not reported within this time.
const SEND_TIMEOUT: Duration = Duration::from_secs(2);
/// Pause after a request that met nobody, ms; its upper end grows with every attempt, up to a limit.
const PAUSE: (u32, u32) = (30, 90);
/// The two pauses of a radio that takes some 30 ms to its listen channel and as long back: the short one is over before it
/// has listened for long, the long one is there throughout the request that follows the peer's short one.
const SHORT_PAUSE: (u32, u32) = (20, 45);
const LONG_PAUSE: (u32, u32) = (120, 160);
const PAUSE_GROWTH: u32 = 15;
const MAX_PAUSE: u32 = 400;
/// Requests sent in a row on acknowledgement without answer.
const REPEATS: u32 = 2;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// Being sent.
    Sending { token: SendToken, until: Duration },
    /// Sent: the answer is awaited.
    Awaiting { token: SendToken, until: Duration },
    /// On our own listen channel.
    Paused { until: Duration },
}

/// How long the pauses between two attempts are.
///
/// Two devices that ask each other in the same moment are both away. What brings them together is that one pauses for longer than
/// the other; by chance that happens soon enough where a change of channel takes a few milliseconds, and not where it takes
/// half of the pause.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Pauses {
    /// Drawn from one range.
    Even,
    /// A short or a long one, as it falls out, but the first is a long one.
    LongFirst,
    /// The same, but the first is a short one.
    ShortFirst,
}

impl Pauses {
    /// The first pause of the two devices differs, as do their addresses.
    fn between(settings: &Settings, peer: MacAddr) -> Self {
        match settings.announce {
            true => Self::Even,
            false if settings.device.address < peer => Self::LongFirst,
            false => Self::ShortFirst,
        }
    }

    /// The pause after so many attempts.
    fn after(self, attempts: u32, rng: &mut dyn CryptoRng) -> Duration {
        let (least, most) = match self {
            Self::Even => PAUSE,
            Self::LongFirst if attempts <= 1 => LONG_PAUSE,
            Self::ShortFirst if attempts <= 1 => SHORT_PAUSE,
            _ => random::pick(rng, &[SHORT_PAUSE, LONG_PAUSE]).unwrap_or(PAUSE),
        };
        random::millis(rng, (least, (most + attempts.saturating_mul(PAUSE_GROWTH)).min(MAX_PAUSE)))
    }
}

/// A request under way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Exchange {
    /// To whom.
    pub(crate) peer: MacAddr,
    /// MHz.
    pub(crate) frequency: u32,
    /// The dialog token of request and answer.
    pub(crate) dialog_token: u8,
    pub(crate) frame: Vec<u8>,
    limit: u32,
    pauses: Pauses,
    attempts: u32,
    repeats: u32,
    state: State,
}

/// What to do after something has happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Next {
    /// Nothing but wait.
    Wait,
    /// Send the request (again).
    Send,
    /// The peer is not there: leave its channel.
    Leave(SendToken),
    /// All attempts are used up.
    GiveUp,
}

impl Exchange {
    /// A request that is to be sent now, at most `limit` times.
    pub(crate) fn new(
        settings: &Settings,
        peer: MacAddr,
        frequency: u32,
        dialog_token: u8,
        frame: Vec<u8>,
        limit: u32,
    ) -> Self {
        let pauses = Pauses::between(settings, peer);
        let state = State::Paused { until: Duration::ZERO };
        Self { peer, frequency, dialog_token, frame, limit, pauses, attempts: 0, repeats: 0, state }
    }

    /// The same, but after a pause.
    pub(crate) fn after_pause(mut self, now: Duration, rng: &mut dyn CryptoRng) -> Self {
        self.pause(now, rng);
        self
    }

    /// It is being sent.
    pub(crate) fn sending(&mut self, now: Duration, token: SendToken) {
        self.attempts += 1;
        self.state = State::Sending { token, until: now + SEND_TIMEOUT };
    }

    /// How often it was sent.
    pub(crate) fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The transmission that the radio is on, or whose answer it awaits.
    pub(crate) fn token(&self) -> Option<SendToken> {
        match self.state {
            State::Sending { token, .. } | State::Awaiting { token, .. } => Some(token),
            State::Paused { .. } => None,
        }
    }

    /// Whether the peer has, or may have, the request and still owes an answer.
    pub(crate) fn outstanding(&self) -> bool {
        self.token().is_some()
    }

    /// The peer is there, and busy with something else of ours first: its answer may take as long as if it had been asked now.
    pub(crate) fn be_patient(&mut self, now: Duration) {
        if let State::Awaiting { until, .. } = &mut self.state {
            *until = (*until).max(now + STAY);
        }
    }

    /// The end of the pause, while there is one.
    pub(crate) fn paused_until(&self) -> Option<Duration> {
        if let State::Paused { until } = self.state { Some(until) } else { None }
    }

    /// When [`timeout`](Self::timeout) is to be called.
    pub(crate) fn deadline(&self) -> Duration {
        match self.state {
            State::Sending { until, .. } | State::Awaiting { until, .. } | State::Paused { until } => until,
        }
    }

    /// The transmission has ended; `reached` if the peer may have it. If not, the deadline is now.
    pub(crate) fn sent(&mut self, now: Duration, token: SendToken, reached: bool) {
        if matches!(self.state, State::Sending { token: sending, .. } if sending == token) {
            self.state = match reached {
                true => State::Awaiting { token, until: now + ANSWER_TIMEOUT },
                false => State::Sending { token, until: now },
            };
        }
    }

    /// A deadline has come.
    pub(crate) fn timeout(&mut self, now: Duration, rng: &mut dyn CryptoRng) -> Next {
        if self.deadline() > now {
            return Next::Wait;
        }
        match self.state {
            _ if self.attempts >= self.limit => Next::GiveUp,
            State::Paused { .. } => Next::Send,
            State::Awaiting { .. } if self.repeats + 1 < REPEATS => {
                self.repeats += 1;
                Next::Send
            }
            State::Awaiting { token, .. } | State::Sending { token, .. } => {
                self.repeats = 0;
                self.pause(now, rng);
                Next::Leave(token)
            }
        }
    }

    fn pause(&mut self, now: Duration, rng: &mut dyn CryptoRng) {
        self.state = State::Paused { until: now + self.pauses.after(self.attempts, rng) };
    }
}

impl P2p {
    /// Sends a request for the first time, at once or after the pause that it is in; search and listen make way.
    pub(crate) fn begin_exchange(&mut self, now: Duration, exchange: Exchange, request: Request) {
        self.end_exchange();
        let later = exchange.paused_until().is_some_and(|until| until > now);
        self.exchange = Some((exchange, request));
        if later { self.arm_exchange() } else { self.send_exchange(now) }
    }

    fn send_exchange(&mut self, now: Duration) {
        let Some((exchange, _)) = &self.exchange else { return };
        let (frequency, frame, old) = (exchange.frequency, exchange.frame.clone(), exchange.token());
        if let Some(token) = old {
            self.out(Output::Want(Want::StopWaiting(token)));
        }
        if self.air == Air::Search {
            self.rest();
        }
        let token = self.send(frequency, frame, STAY, false);
        if let Some((exchange, request)) = &mut self.exchange {
            exchange.sending(now, token);
            let (peer, attempts) = (exchange.peer, exchange.attempts());
            if let Some(entry) = self.peers.get_mut(peer) {
                match request {
                    Request::Negotiation => entry.peer.negotiation_requests_sent = attempts,
                    Request::Invitation(_) => entry.peer.invitation_requests = attempts,
                    Request::Discoverability | Request::Provision(_) => {}
                }
            }
        }
        self.arm_exchange();
    }

    pub(crate) fn exchange_due(&mut self, now: Duration, rng: &mut dyn CryptoRng) {
        let Some((exchange, _)) = &mut self.exchange else { return };
        match exchange.timeout(now, rng) {
            Next::Wait => self.arm_exchange(),
            Next::Send => self.send_exchange(now),
            Next::Leave(token) => {
                self.out(Output::Want(Want::StopWaiting(token)));
                self.arm_exchange();
            }
            Next::GiveUp => {
                let peer = exchange.peer;
                match self.end_exchange() {
                    Some(Request::Negotiation) => self.negotiation_unanswered(),
                    Some(Request::Discoverability) => self.discoverability_unanswered(),
                    Some(Request::Provision(provision)) => self.provision_unanswered(now, peer, &provision),
                    Some(Request::Invitation(inviting)) => self.invitation_unanswered(&inviting),
                    None => {}
                }
            }
        }
    }

    pub(crate) fn arm_exchange(&mut self) {
        match &self.exchange {
            Some((exchange, _)) => self.timers.set(Timer::Exchange, exchange.deadline()),
            None => self.timers.clear(Timer::Exchange),
        }
    }

    /// Ends the request under way: it was answered, or is not wanted any more.
    pub(crate) fn end_exchange(&mut self) -> Option<Request> {
        let (exchange, request) = self.exchange.take()?;
        self.leave(&exchange);
        Some(request)
    }

    pub(crate) fn leave(&mut self, exchange: &Exchange) {
        self.timers.clear(Timer::Exchange);
        if let Some(token) = exchange.token() {
            self.out(Output::Want(Want::StopWaiting(token)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{TestRng, address, settings};

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn a_deaf_peer_is_asked_until_the_limit_with_pauses_to_listen() {
        let rng = &mut TestRng::new(1);
        let mut exchange = Exchange::new(&settings(1), address(2), 2412, 1, Vec::new(), 5);
        let mut now = Duration::ZERO;
        for n in 0..5 {
            assert_eq!(exchange.timeout(now, rng), Next::Send);
            exchange.sending(now, SendToken(n));
            assert!(exchange.outstanding());
            exchange.sent(now, SendToken(n), false);
            assert_eq!(exchange.deadline(), now);
            if n < 4 {
                assert_eq!(exchange.timeout(now, rng), Next::Leave(SendToken(n)));
            } else {
                break;
            }
            assert!(exchange.paused_until().unwrap() >= now + 30 * MS);
            now = exchange.deadline();
        }
        assert_eq!(exchange.timeout(now, rng), Next::GiveUp);
    }

    #[test]
    fn a_lost_answer_is_asked_for_again_at_once_but_not_for_ever() {
        let rng = &mut TestRng::new(1);
        let mut exchange = Exchange::new(&settings(1), address(2), 2412, 1, Vec::new(), 9);
        exchange.sending(Duration::ZERO, SendToken(0));
        exchange.sent(MS, SendToken(0), true);
        assert_eq!(exchange.timeout(50 * MS, rng), Next::Wait);
        let again = MS + ANSWER_TIMEOUT;
        assert_eq!(exchange.timeout(again, rng), Next::Send);
        exchange.sending(again, SendToken(1));
        exchange.sent(again, SendToken(0), false);
        assert_eq!(exchange.timeout(again, rng), Next::Wait, "the end of an older one");
        exchange.sent(again + MS, SendToken(1), true);
        assert_eq!(exchange.timeout(again + MS + ANSWER_TIMEOUT, rng), Next::Leave(SendToken(1)));
        assert!(!exchange.outstanding());
    }

    #[test]
    fn a_radio_that_says_nothing_is_not_waited_for() {
        let rng = &mut TestRng::new(1);
        let mut exchange = Exchange::new(&settings(1), address(2), 2412, 1, Vec::new(), 9);
        exchange.sending(Duration::ZERO, SendToken(0));
        assert_eq!(exchange.timeout(exchange.deadline(), rng), Next::Leave(SendToken(0)));
    }
}

//! When to repeat what may have been lost.

use core::time::Duration;

/// The first repetition of a packet that the peer did not answer; each later wait is twice the one before.
const FIRST: Duration = Duration::from_millis(100);
/// The longest wait between two repetitions.
const LONGEST: Duration = Duration::from_millis(3200);
/// The wait after the radio said that the peer did not acknowledge.
const NOT_ACKED: Duration = Duration::from_millis(20);
/// How often a packet is repeated because the peer did not acknowledge it; after that only the growing timer counts.
const MAX_NOT_ACKED: u8 = 8;

/// How long the peer may take to answer one message: the 15 s that WSC 2.0 gives to its processing.
pub(crate) const MESSAGE_TIMEOUT: Duration = Duration::from_secs(15);
/// How long one run of the registration protocol may take. WSC 2.0 allows 120 s, but a group formation is given up after
/// 15 s and the peer's configuration time.
pub(crate) const SESSION_TIMEOUT: Duration = Duration::from_secs(30);

/// What brings about a repetition.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Mode {
    /// Nothing: there is no packet, or it was answered.
    #[default]
    Idle,
    /// Time without an answer, and a missing acknowledgement.
    Answer { wait: Duration },
    /// A missing acknowledgement only: the peer repeats its own packet if it wants ours again.
    Acknowledgement,
}

/// The repetitions of the packet sent last. It is told of every transmission and how each ended.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Retry {
    mode: Mode,
    /// Transmissions whose end is not known; only the end of the last one says anything about the present packet.
    in_flight: u16,
    not_acked: u8,
    due: Option<Duration>,
}

impl Retry {
    /// A new packet goes out, to be repeated until it is answered.
    pub(crate) fn until_answered(&mut self, now: Duration) {
        self.until_answered_from(now, FIRST);
    }

    /// As [`Self::until_answered`], with another first wait.
    pub(crate) fn until_answered_from(&mut self, now: Duration, wait: Duration) {
        self.begin(Mode::Answer { wait }, Some(now.saturating_add(wait)));
    }

    /// A new packet goes out, to be repeated only while the peer does not acknowledge it.
    pub(crate) fn until_acknowledged(&mut self) {
        self.begin(Mode::Acknowledgement, None);
    }

    /// The packet goes out again.
    pub(crate) fn again(&mut self, now: Duration) {
        self.in_flight = self.in_flight.saturating_add(1);
        self.due = None;
        if let Mode::Answer { wait } = &mut self.mode {
            *wait = wait.saturating_mul(2).min(LONGEST);
            self.due = Some(now.saturating_add(*wait));
        }
    }

    /// Something goes out that is not to be repeated.
    pub(crate) fn aside(&mut self) {
        self.in_flight = self.in_flight.saturating_add(1);
    }

    /// A transmission ended. Says whether it was the last one under way and the peer has it.
    pub(crate) fn sent(&mut self, now: Duration, acked: bool) -> bool {
        self.in_flight = self.in_flight.saturating_sub(1);
        if self.in_flight > 0 {
            return false;
        }
        if !acked && self.mode != Mode::Idle && self.not_acked < MAX_NOT_ACKED {
            self.not_acked += 1;
            let soon = now.saturating_add(NOT_ACKED);
            self.due = Some(self.due.map_or(soon, |due| due.min(soon)));
        }
        acked
    }

    /// The packet was answered, or is given up.
    pub(crate) fn stop(&mut self) {
        self.mode = Mode::Idle;
        self.due = None;
    }

    /// When to repeat.
    pub(crate) fn due(&self) -> Option<Duration> {
        self.due
    }

    fn begin(&mut self, mode: Mode, due: Option<Duration>) {
        *self = Self { mode, in_flight: self.in_flight.saturating_add(1), not_acked: 0, due };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    #[test]
    fn unanswered_packets_are_repeated_ever_more_rarely() {
        let mut retry = Retry::default();
        retry.until_answered(ms(0));
        let mut times = [Duration::ZERO; 7];
        for time in &mut times {
            *time = retry.due().unwrap();
            retry.again(*time);
        }
        assert_eq!(times, [100, 300, 700, 1500, 3100, 6300, 9500].map(ms));
    }

    #[test]
    fn what_was_not_acknowledged_is_repeated_soon_but_not_for_ever() {
        let mut retry = Retry::default();
        retry.until_acknowledged();
        for n in 0..u64::from(MAX_NOT_ACKED) {
            assert!(!retry.sent(ms(100 * n), false));
            assert_eq!(retry.due(), Some(ms(100 * n + 20)));
            retry.again(ms(100 * n + 20));
            assert_eq!(retry.due(), None);
        }
        retry.sent(ms(5000), false);
        assert_eq!(retry.due(), None);
    }

    #[test]
    fn only_the_last_transmission_counts() {
        let mut retry = Retry::default();
        retry.until_answered(ms(0));
        retry.stop();
        retry.until_answered(ms(10));
        assert!(!retry.sent(ms(15), false), "the end of the first packet");
        assert_eq!(retry.due(), Some(ms(110)));
        assert!(retry.sent(ms(16), true));
        retry.stop();
        retry.sent(ms(17), false);
        assert_eq!(retry.due(), None);
    }
}

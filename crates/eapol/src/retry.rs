//! When a message is sent again.

use core::time::Duration;

/// Waits for an answer to a message that the peer's radio has acknowledged, or may have: short at first, since a message 1 often
/// meets a station that has not yet heard of its own association; the last one repeats. Deployed authenticators wait 100 ms and
/// then 1 s.
const WAITS: [Duration; 4] =
    [Duration::from_millis(100), Duration::from_millis(250), Duration::from_millis(500), Duration::from_secs(1)];

/// Waits after a message that the peer's radio did not acknowledge: it is off the channel or far away; the last one repeats.
const UNACKED_WAITS: [Duration; 5] = [
    Duration::from_millis(20),
    Duration::from_millis(40),
    Duration::from_millis(80),
    Duration::from_millis(160),
    Duration::from_millis(250),
];

fn wait(table: &[Duration], n: usize) -> Duration {
    table.get(n).or(table.last()).copied().unwrap_or_default()
}

/// The repetitions of one message until its answer or its end.
#[derive(Clone, Debug)]
pub(crate) struct Retry {
    heard: usize,
    unheard: usize,
    again: Duration,
    end: Duration,
}

/// What a [`Retry`] wants at some time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Due {
    Nothing,
    SendAgain,
    GiveUp,
}

impl Retry {
    /// For a message sent first at `now` that is worth repeating for `lifetime`.
    pub(crate) fn new(now: Duration, lifetime: Duration) -> Self {
        Self { heard: 0, unheard: 0, again: now.saturating_add(wait(&WAITS, 0)), end: now.saturating_add(lifetime) }
    }

    /// It was sent again.
    pub(crate) fn sent(&mut self, now: Duration) {
        self.heard += 1;
        self.again = now.saturating_add(wait(&WAITS, self.heard));
    }

    /// The last transmission was not acknowledged.
    pub(crate) fn unacked(&mut self, now: Duration) {
        self.again = self.again.min(now.saturating_add(wait(&UNACKED_WAITS, self.unheard)));
        self.unheard += 1;
        self.heard = self.heard.saturating_sub(1);
    }

    pub(crate) fn due(&self, now: Duration) -> Due {
        if now >= self.end {
            Due::GiveUp
        } else if now >= self.again {
            Due::SendAgain
        } else {
            Due::Nothing
        }
    }

    pub(crate) fn deadline(&self) -> Duration {
        self.again.min(self.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(acked: bool) -> alloc::vec::Vec<u128> {
        let mut retry = Retry::new(Duration::ZERO, Duration::from_secs(4));
        let mut times = alloc::vec::Vec::new();
        loop {
            if !acked {
                retry.unacked(Duration::from_millis(*times.last().unwrap_or(&0) as u64));
            }
            let now = retry.deadline();
            times.push(now.as_millis());
            match retry.due(now) {
                Due::SendAgain => retry.sent(now),
                Due::GiveUp => return times,
                Due::Nothing => unreachable!("the deadline had come"),
            }
        }
    }

    #[test]
    fn unanswered_messages_are_repeated_with_growing_waits() {
        assert_eq!(times(true), [100, 350, 850, 1850, 2850, 3850, 4000]);
    }

    #[test]
    fn unacknowledged_messages_are_repeated_sooner() {
        assert_eq!(times(false)[..5], [20, 60, 140, 300, 550]);
    }
}

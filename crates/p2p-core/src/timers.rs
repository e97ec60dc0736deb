//! Deadlines of the machine: one small table.

use core::time::Duration;

/// What a deadline is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Timer {
    /// The search that the user asked for ends.
    FindTimeout,
    /// While listening within a search: a device that searches is to be looked for now; at rest: the next search or listen
    /// begins.
    FindStep,
    /// The listening that the user asked for ends.
    ListenOnly,
    /// The radio has not said in time that a search or a listen is over.
    AirWatchdog,
    /// The next extended listen period begins.
    ExtendedListen,
    /// A request under way: the reply is overdue, or the pause before the next attempt is over.
    Exchange,
    /// A response or confirm of ours is to be sent once more.
    Repeat,
    /// A negotiation's phase has lasted too long: no confirm, or the peer's user did not decide.
    Negotiation,
    /// The oldest peer may have to be forgotten.
    PeerExpiry,
}

/// The deadlines, at most one for each [`Timer`].
#[derive(Clone, Debug, Default)]
pub(crate) struct Timers([Option<Duration>; Timer::ALL.len()]);

impl Timer {
    const ALL: [Self; 9] = [
        Self::FindTimeout,
        Self::FindStep,
        Self::ListenOnly,
        Self::AirWatchdog,
        Self::ExtendedListen,
        Self::Exchange,
        Self::Repeat,
        Self::Negotiation,
        Self::PeerExpiry,
    ];
}

impl Timers {
    /// Sets or moves a deadline.
    pub(crate) fn set(&mut self, timer: Timer, at: Duration) {
        if let Some(slot) = self.0.get_mut(timer as usize) {
            *slot = Some(at);
        }
    }

    /// Removes a deadline.
    pub(crate) fn clear(&mut self, timer: Timer) {
        if let Some(slot) = self.0.get_mut(timer as usize) {
            *slot = None;
        }
    }

    /// The earliest deadline.
    pub(crate) fn next(&self) -> Option<Duration> {
        self.0.iter().flatten().min().copied()
    }

    /// Takes the earliest deadline that has come.
    pub(crate) fn pop(&mut self, now: Duration) -> Option<Timer> {
        let due = |timer: &Timer| self.0.get(*timer as usize).copied().flatten().filter(|at| *at <= now);
        let timer = Timer::ALL.into_iter().filter(|timer| due(timer).is_some()).min_by_key(|timer| due(timer))?;
        self.clear(timer);
        Some(timer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deadlines_come_in_order_and_once() {
        let ms = Duration::from_millis;
        let mut timers = Timers::default();
        timers.set(Timer::PeerExpiry, ms(5));
        timers.set(Timer::FindStep, ms(9));
        timers.set(Timer::FindStep, ms(3));
        assert_eq!(timers.next(), Some(ms(3)));
        assert_eq!(timers.pop(ms(2)), None);
        assert_eq!(timers.pop(ms(7)), Some(Timer::FindStep));
        assert_eq!(timers.pop(ms(7)), Some(Timer::PeerExpiry));
        assert_eq!(timers.pop(ms(7)), None);
        assert_eq!(timers.next(), None);
    }
}

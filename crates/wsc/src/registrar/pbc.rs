//! Who is in push-button mode (WSC 2.0 §11): the monitor that finds session overlap.

use alloc::vec::Vec;
use core::time::Duration;

/// How long a pushed button counts, and how far back the monitor looks (WSC 2.0 §11, walk time).
pub const WALK_TIME: Duration = Duration::from_secs(120);
/// How long probe requests of an enrollee that was just registered still say that its button is pushed.
const AFTERGLOW: Duration = Duration::from_secs(5);
/// Enrollees that are kept apart; with two or more there is overlap, so that the oldest may be forgotten.
const MAX_SEEN: usize = 8;

/// The enrollees that were seen in push-button mode.
#[derive(Debug, Default)]
pub(super) struct Monitor {
    seen: Vec<([u8; 16], Duration)>,
    completed: Option<([u8; 16], Duration)>,
}

impl Monitor {
    /// An enrollee shows that its button is pushed.
    pub(super) fn saw(&mut self, now: Duration, uuid: [u8; 16]) {
        if self.completed.is_some_and(|(done, until)| done == uuid && now < until) {
            return;
        }
        self.expire(now);
        self.seen.retain(|(seen, _)| *seen != uuid);
        if self.seen.len() >= MAX_SEEN {
            self.seen.remove(0);
        }
        self.seen.push((uuid, now));
    }

    /// Whether more than one enrollee is in push-button mode, `candidate` among them.
    pub(super) fn overlap(&mut self, now: Duration, candidate: Option<[u8; 16]>) -> bool {
        self.expire(now);
        let others = self.seen.iter().filter(|(seen, _)| Some(*seen) != candidate).count();
        others + usize::from(candidate.is_some()) > 1
    }

    /// An enrollee was registered, and counts no longer.
    pub(super) fn completed(&mut self, now: Duration, uuid: [u8; 16]) {
        self.seen.retain(|(seen, _)| *seen != uuid);
        self.completed = Some((uuid, now.saturating_add(AFTERGLOW)));
    }

    fn expire(&mut self, now: Duration) {
        self.seen.retain(|(_, at)| now.saturating_sub(*at) < WALK_TIME);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: [u8; 16] = [1; 16];
    const B: [u8; 16] = [2; 16];

    fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn two_enrollees_within_the_walk_time_overlap() {
        let mut monitor = Monitor::default();
        monitor.saw(s(0), A);
        monitor.saw(s(10), A);
        assert!(!monitor.overlap(s(10), None));
        assert!(!monitor.overlap(s(10), Some(A)));
        assert!(monitor.overlap(s(10), Some(B)));
        monitor.saw(s(20), B);
        assert!(monitor.overlap(s(129), None));
        assert!(!monitor.overlap(s(130), None), "A was last seen 120 s ago");
    }

    #[test]
    fn a_registered_enrollee_counts_no_longer() {
        let mut monitor = Monitor::default();
        monitor.saw(s(0), A);
        monitor.completed(s(1), A);
        monitor.saw(s(2), A);
        assert!(!monitor.overlap(s(2), Some(B)));
        monitor.saw(s(7), A);
        assert!(monitor.overlap(s(7), Some(B)));
    }

    #[test]
    fn the_table_is_bounded() {
        let mut monitor = Monitor::default();
        for n in 0..=255 {
            monitor.saw(s(1), [n; 16]);
        }
        assert_eq!(monitor.seen.len(), MAX_SEEN);
        assert!(monitor.overlap(s(1), None));
    }
}

//! What waits until a receiver has room. It is bounded: the oldest goes first.

use std::collections::VecDeque;
use std::rc::Rc;

/// Datagrams for one receiver, in the order of sending.
#[derive(Debug)]
pub(super) struct Queue {
    waiting: VecDeque<Rc<[u8]>>,
    bound: usize,
}

/// What became of an attempt to send.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Attempt {
    /// It is gone, one way or the other.
    Done,
    /// The receiver has no room.
    Full,
}

impl Queue {
    pub(super) fn new(bound: usize) -> Self {
        Self { waiting: VecDeque::new(), bound }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Adds a datagram; whether an older one had to go for it.
    pub(super) fn push(&mut self, datagram: Rc<[u8]>) -> bool {
        let full = self.waiting.len() >= self.bound;
        if full {
            self.waiting.pop_front();
        }
        self.waiting.push_back(datagram);
        full
    }

    /// Sends until the receiver has no room or nothing is left.
    pub(super) fn flush(&mut self, mut send: impl FnMut(&[u8]) -> Attempt) {
        while let Some(datagram) = self.waiting.front() {
            if send(datagram) == Attempt::Full {
                return;
            }
            self.waiting.pop_front();
        }
        // A burst is rare: its memory is given back.
        self.waiting = VecDeque::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounded_and_in_order() {
        let mut queue = Queue::new(3);
        for n in 0..5u8 {
            assert_eq!(queue.push(Rc::from([n])), n >= 3);
        }
        let mut room = 2;
        let mut sent = Vec::new();
        queue.flush(|datagram| {
            if room == 0 {
                return Attempt::Full;
            }
            room -= 1;
            sent.extend_from_slice(datagram);
            Attempt::Done
        });
        assert_eq!(sent, [2, 3]);
        assert!(!queue.is_empty());
        queue.flush(|datagram| {
            sent.extend_from_slice(datagram);
            Attempt::Done
        });
        assert_eq!(sent, [2, 3, 4]);
        assert!(queue.is_empty());
    }
}

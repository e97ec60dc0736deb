//! What waits until a receiver has room. Everything is bounded: the oldest goes first.

use super::Address;
use std::collections::VecDeque;
use std::rc::Rc;

/// Most datagrams that wait on one socket (section 4.2 of the contract).
pub(super) const MAX_WAITING: usize = 2000;

/// Datagrams in the order of sending.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: VecDeque<(Address, Rc<[u8]>)>,
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
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Whether something waits for this receiver: what comes later must wait behind it.
    pub(super) fn holds_for(&self, to: &Address) -> bool {
        self.waiting.iter().any(|(address, _)| address == to)
    }

    pub(super) fn push(&mut self, to: Address, datagram: Rc<[u8]>) {
        if self.waiting.len() >= MAX_WAITING {
            self.waiting.pop_front();
        }
        self.waiting.push_back((to, datagram));
    }

    pub(super) fn forget(&mut self, to: &Address) {
        self.waiting.retain(|(address, _)| address != to);
    }

    /// Tries each once; those of a full receiver stay, in order.
    pub(super) fn flush(&mut self, mut send: impl FnMut(&Address, &Rc<[u8]>) -> Attempt) {
        let mut full: Vec<Address> = Vec::new();
        self.waiting.retain(|(to, datagram)| {
            if full.contains(to) {
                return true;
            }
            match send(to, datagram) {
                Attempt::Done => false,
                Attempt::Full => {
                    full.push(to.clone());
                    true
                }
            }
        });
        if self.waiting.is_empty() {
            self.waiting = VecDeque::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounded_and_in_order() {
        let slow = Address::Abstract(b"slow".to_vec());
        let quick = Address::Abstract(b"quick".to_vec());
        let mut queue = Queue::default();
        for n in 0..=MAX_WAITING {
            let to = if n % 2 == 0 { &slow } else { &quick };
            queue.push(to.clone(), Rc::from(n.to_string().into_bytes()));
        }
        assert_eq!(queue.waiting.len(), MAX_WAITING);
        let mut sent = Vec::new();
        queue.flush(|to, datagram| {
            if *to == slow {
                return Attempt::Full;
            }
            sent.push(String::from_utf8_lossy(datagram).into_owned());
            Attempt::Done
        });
        assert_eq!(sent.first().map(String::as_str), Some("1"));
        assert_eq!(sent.last().map(String::as_str), Some("1999"));
        assert!(!queue.holds_for(&quick) && queue.holds_for(&slow));
        // The oldest, number 0, had to go.
        let mut first = None;
        queue.flush(|_, datagram| {
            first.get_or_insert(datagram.to_vec());
            Attempt::Done
        });
        assert_eq!(first.as_deref(), Some(&b"2"[..]));
        assert!(queue.is_empty());
    }
}

//! Messages that do not fit into one EAP packet (WSC 2.0 §7.7).

use alloc::vec::Vec;

use crate::eap::{OpCode, Wsc};

/// The longest message that is put together: four times the longest that the attributes of WSC 2.0 fill.
pub(crate) const MAX_MESSAGE: usize = 4096;
/// Octets of a message in one packet by default: an EAPOL PDU of at most 1,424 octets, for an MTU of 1,500.
pub(crate) const DEFAULT_FRAGMENT: usize = 1400;
/// The smallest fragment that is sent, so that a message has a bounded number of them.
const MIN_FRAGMENT: usize = 16;

/// A message on its way out.
#[derive(Debug)]
pub(crate) struct Outgoing {
    op: OpCode,
    message: Vec<u8>,
    sent: usize,
    size: usize,
}

impl Outgoing {
    /// `size` octets of the message go into one packet.
    pub(crate) fn new(op: OpCode, message: Vec<u8>, size: usize) -> Self {
        Self { op, message, sent: 0, size: size.max(MIN_FRAGMENT) }
    }

    /// The next packet; to be asked for once, then again after each FRAG_ACK while [`Self::is_pending`].
    pub(crate) fn next(&mut self) -> Wsc<'_> {
        let left = self.message.get(self.sent..).unwrap_or_default();
        let (data, rest) = left.split_at_checked(self.size).unwrap_or((left, &[]));
        let more = !rest.is_empty();
        let total = (more && self.sent == 0).then(|| u16::try_from(self.message.len()).unwrap_or(u16::MAX));
        self.sent += data.len();
        Wsc { op: self.op, more, total, data }
    }

    /// Whether there are fragments left to send.
    pub(crate) fn is_pending(&self) -> bool {
        self.sent < self.message.len()
    }
}

/// A message being received, in one packet or in fragments.
#[derive(Debug, Default)]
pub struct Incoming(Option<Partial>);

#[derive(Debug)]
struct Partial {
    op: OpCode,
    total: usize,
    message: Vec<u8>,
}

/// What a packet amounts to.
#[derive(PartialEq, Eq, Debug)]
pub enum Received {
    /// The whole of a message.
    Message(OpCode, Vec<u8>),
    /// A fragment to acknowledge; there is more to come.
    Fragment,
}

/// A fragment that does not fit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FragmentError {
    /// The first of several fragments without the length of the whole.
    #[error("a first fragment without the message length")]
    NoLength,
    /// The message is longer than this side accepts, or than its first fragment said.
    #[error("a message longer than {0} octets")]
    TooLong(usize),
    /// The last fragment came and octets are missing.
    #[error("a message that ends {0} octets early")]
    TooShort(usize),
    /// A fragment of another op-code than the first.
    #[error("a fragment of another message")]
    OtherMessage,
}

impl Incoming {
    /// Takes in a packet. After an error nothing of the message is kept.
    ///
    /// # Errors
    /// A fragment that does not go with those before it, or a message of more than 4096 octets.
    pub fn push(&mut self, packet: &Wsc<'_>) -> Result<Received, FragmentError> {
        let mut partial = match self.0.take() {
            Some(partial) if partial.op == packet.op => partial,
            Some(_) => return Err(FragmentError::OtherMessage),
            None => {
                let total = match packet.total {
                    Some(total) => usize::from(total),
                    None if packet.more => return Err(FragmentError::NoLength),
                    None => packet.data.len(),
                };
                if total > MAX_MESSAGE {
                    return Err(FragmentError::TooLong(MAX_MESSAGE));
                }
                Partial { op: packet.op, total, message: Vec::with_capacity(total) }
            }
        };
        if packet.data.len() > partial.total - partial.message.len() {
            return Err(FragmentError::TooLong(partial.total));
        }
        partial.message.extend_from_slice(packet.data);
        if packet.more {
            self.0 = Some(partial);
            return Ok(Received::Fragment);
        }
        match partial.total - partial.message.len() {
            0 => Ok(Received::Message(partial.op, partial.message)),
            missing => Err(FragmentError::TooShort(missing)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn packet(more: bool, total: Option<u16>, data: &[u8]) -> Wsc<'_> {
        Wsc { op: OpCode::Msg, more, total, data }
    }

    #[test]
    fn fragments_that_make_no_message() {
        let mut incoming = Incoming::default();
        assert_eq!(incoming.push(&packet(true, None, b"a")), Err(FragmentError::NoLength));
        assert_eq!(incoming.push(&packet(true, Some(4097), b"a")), Err(FragmentError::TooLong(MAX_MESSAGE)));
        assert_eq!(incoming.push(&packet(false, Some(1), b"ab")), Err(FragmentError::TooLong(1)));
        assert_eq!(incoming.push(&packet(true, Some(4), b"ab")), Ok(Received::Fragment));
        assert_eq!(incoming.push(&packet(false, None, b"c")), Err(FragmentError::TooShort(1)));
        assert_eq!(incoming.push(&packet(true, Some(4), b"ab")), Ok(Received::Fragment));
        let nack = Wsc { op: OpCode::Nack, ..packet(false, None, b"cd") };
        assert_eq!(incoming.push(&nack), Err(FragmentError::OtherMessage));
        // What failed leaves nothing behind.
        let whole = Ok(Received::Message(OpCode::Msg, Vec::from(b"cd")));
        assert_eq!(incoming.push(&packet(false, None, b"cd")), whole);
    }

    proptest! {
        #[test]
        fn a_message_is_put_together_again(
            message in prop::collection::vec(any::<u8>(), 0..=MAX_MESSAGE),
            size in 0usize..1500,
        ) {
            let mut outgoing = Outgoing::new(OpCode::Msg, message.clone(), size);
            let mut incoming = Incoming::default();
            let mut packets = 0;
            let received = loop {
                packets += 1;
                let packet = outgoing.next();
                prop_assert!(packet.data.len() <= size.max(MIN_FRAGMENT));
                prop_assert_eq!(packet.total.is_some(), packet.more && packets == 1);
                match incoming.push(&packet) {
                    Ok(Received::Fragment) => prop_assert!(outgoing.is_pending()),
                    other => break other,
                }
            };
            prop_assert!(!outgoing.is_pending());
            prop_assert_eq!(received, Ok(Received::Message(OpCode::Msg, message)));
        }
    }
}

//! Requests as they are written, encoded by neli.

use crate::nl80211 as nl;
use ieee80211_ies::MacAddr;
use neli::consts::nl::NlmF;
use neli::genl::{AttrTypeBuilder, Genlmsghdr, GenlmsghdrBuilder, NlattrBuilder};
use neli::nl::{NlPayload, NlmsghdrBuilder};
use neli::types::{Buffer, GenlBuffer};
use neli::{Size, ToBytes};
use radio::{InterfaceId, Refused, Secret};
use std::io::Cursor;
use zeroize::Zeroizing;

/// Octets of one attribute or one nest, and of all attributes of a request: an attribute's length has 16 bits.
const MAX_ATTRIBUTES: usize = 0xf000;

/// A request to nl80211, without the interface that it concerns: that is added when it is sent.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    command: u8,
    dump: bool,
    target: Target,
    attributes: Set,
    secret: Option<Secret>,
}

/// Whom a request concerns.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Target {
    /// Nobody in particular, or the request says so itself.
    None,
    /// The radio (`NL80211_ATTR_WIPHY`).
    Wiphy,
    /// One of our interfaces (`NL80211_ATTR_IFINDEX`, or `NL80211_ATTR_WDEV` where there is no network interface).
    Interface(InterfaceId),
}

/// A request that is too long to be sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct TooLong;

impl From<TooLong> for Refused {
    fn from(_: TooLong) -> Self {
        crate::errno::refused(libc::EMSGSIZE, "the request does not fit into netlink attributes")
    }
}

/// A set of attributes being written.
#[derive(Clone, Debug, Default)]
pub(crate) struct Set {
    attributes: GenlBuffer<u16, Buffer>,
    length: usize,
    overflow: bool,
}

impl Set {
    fn push(&mut self, kind: u16, payload: impl Size + ToBytes, nested: bool) {
        let length = payload.padded_size() + 4;
        self.length = self.length.saturating_add(length);
        if self.length > MAX_ATTRIBUTES {
            self.overflow = true;
            return;
        }
        match AttrTypeBuilder::default().nla_type(kind).nla_nested(nested).build() {
            Ok(kind) => match NlattrBuilder::default().nla_type(kind).nla_payload(payload).build() {
                Ok(attribute) => self.attributes.push(attribute),
                Err(_) => self.overflow = true,
            },
            Err(_) => self.overflow = true,
        }
    }

    /// Adds octets as they are.
    pub(crate) fn bytes(mut self, kind: u16, value: &[u8]) -> Self {
        self.push(kind, Buffer::from(value), false);
        self
    }

    /// Adds an octet.
    pub(crate) fn u8(mut self, kind: u16, value: u8) -> Self {
        self.push(kind, value, false);
        self
    }

    /// Adds a 16-bit number.
    pub(crate) fn u16(mut self, kind: u16, value: u16) -> Self {
        self.push(kind, value, false);
        self
    }

    /// Adds a 32-bit number.
    pub(crate) fn u32(mut self, kind: u16, value: u32) -> Self {
        self.push(kind, value, false);
        self
    }

    /// Adds a 64-bit number.
    pub(crate) fn u64(mut self, kind: u16, value: u64) -> Self {
        self.push(kind, value, false);
        self
    }

    /// Adds an address.
    pub(crate) fn mac(self, kind: u16, value: MacAddr) -> Self {
        self.bytes(kind, value.as_ref())
    }

    /// Adds text, with the NUL that ends it.
    pub(crate) fn text(mut self, kind: u16, value: &str) -> Self {
        self.push(kind, value, false);
        self
    }

    /// Adds a flag, if it is set.
    pub(crate) fn flag(self, kind: u16, value: bool) -> Self {
        if value { self.bytes(kind, &[]) } else { self }
    }

    /// Adds octets, if there are any.
    pub(crate) fn unless_empty(self, kind: u16, value: &[u8]) -> Self {
        if value.is_empty() { self } else { self.bytes(kind, value) }
    }

    /// Adds attributes nested in one.
    pub(crate) fn nest(mut self, kind: u16, inner: Set) -> Self {
        self.overflow |= inner.overflow;
        self.push(kind, inner.attributes, true);
        self
    }
}

impl Request {
    /// A request that concerns one of our interfaces.
    pub(crate) fn interface(command: u8, iface: InterfaceId) -> Self {
        Self { command, dump: false, target: Target::Interface(iface), attributes: Set::default(), secret: None }
    }

    /// A request that concerns the radio.
    pub(crate) fn wiphy(command: u8) -> Self {
        Self { command, dump: false, target: Target::Wiphy, attributes: Set::default(), secret: None }
    }

    /// A request that says itself whom it concerns.
    pub(crate) fn plain(command: u8) -> Self {
        Self { command, dump: false, target: Target::None, attributes: Set::default(), secret: None }
    }

    /// Makes it ask for a dump.
    pub(crate) fn dump(mut self) -> Self {
        self.dump = true;
        self
    }

    /// Whom it concerns.
    pub(crate) fn target(&self) -> Target {
        self.target
    }

    /// Adds attributes.
    pub(crate) fn with(mut self, write: impl FnOnce(Set) -> Set) -> Self {
        self.attributes = write(self.attributes);
        self
    }

    /// Adds a nest whose last attribute is a secret; nothing may be added behind it. The secret is written into the
    /// finished message only, which is wiped: the encoder's own buffers are not.
    pub(crate) fn with_secret(mut self, kind: u16, inner: Set, secret_kind: u16, secret: Secret) -> Self {
        let zeros = vec![0; secret.expose().len()];
        self.attributes = self.attributes.nest(kind, inner.bytes(secret_kind, &zeros));
        self.secret = Some(secret);
        self
    }

    /// The message, for the generic netlink family `family`; an acknowledgement is asked for. `target` are the
    /// attributes that name whom it concerns.
    ///
    /// # Errors
    /// When it is too long.
    pub(crate) fn encode(self, family: u16, sequence: u32, target: Set) -> Result<Zeroizing<Vec<u8>>, TooLong> {
        if self.attributes.overflow || target.overflow || self.attributes.length + target.length > MAX_ATTRIBUTES {
            return Err(TooLong);
        }
        let attributes: GenlBuffer<u16, Buffer> =
            target.attributes.into_iter().chain(self.attributes.attributes).collect();
        let flags = if self.dump { NlmF::DUMP } else { NlmF::ACK };
        let mut bytes = Zeroizing::new(message(family, flags, self.command, sequence, attributes).ok_or(TooLong)?);
        if let Some(secret) = &self.secret {
            // Attributes are padded to four octets; the secret is in front of the padding.
            let secret = secret.expose();
            let at = bytes.len().checked_sub(secret.len().next_multiple_of(4)).ok_or(TooLong)?;
            bytes.get_mut(at..).and_then(|tail| tail.get_mut(..secret.len())).ok_or(TooLong)?.copy_from_slice(secret);
        }
        Ok(bytes)
    }
}

/// A whole generic netlink message; `None` when neli cannot write it.
fn message(
    family: u16,
    flags: NlmF,
    command: u8,
    sequence: u32,
    attributes: GenlBuffer<u16, Buffer>,
) -> Option<Vec<u8>> {
    let generic: Genlmsghdr<u8, u16> =
        GenlmsghdrBuilder::default().cmd(command).version(nl::VERSION).attrs(attributes).build().ok()?;
    let message = NlmsghdrBuilder::default()
        .nl_type(family)
        .nl_flags(NlmF::REQUEST | flags)
        .nl_seq(sequence)
        .nl_payload(NlPayload::Payload(generic))
        .build()
        .ok()?;
    let mut bytes = Cursor::new(Vec::with_capacity(message.padded_size()));
    message.to_bytes(&mut bytes).ok()?;
    Some(bytes.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::netlink;

    #[test]
    fn a_request_is_laid_out_as_netlink_wants_it() {
        let bytes = Request::plain(59)
            .with(|s| s.u32(38, 2412).flag(108, true).nest(45, Set::default().bytes(1, b"ab").u8(2, 9)))
            .encode(28, 5, Set::default().u32(3, 4))
            .unwrap();
        let expected: &[u8] = &[
            72, 0, 0, 0, 28, 0, 5, 0, 5, 0, 0, 0, 0, 0, 0, 0, // nlmsghdr: REQUEST | ACK
            59, 1, 0, 0, // genlmsghdr
            8, 0, 3, 0, 4, 0, 0, 0, // IFINDEX
            8, 0, 38, 0, 0x6c, 9, 0, 0, // WIPHY_FREQ
            4, 0, 108, 0, // a flag
            20, 0, 45, 0x80, // a nest
            6, 0, 1, 0, b'a', b'b', 0, 0, 5, 0, 2, 0, 9, 0, 0, 0,
        ];
        let mut expected = expected.to_vec();
        expected[0] = expected.len() as u8;
        assert_eq!(*bytes, expected);
        let message = netlink::messages(&bytes).next().unwrap();
        let (command, attributes) = message.generic().unwrap();
        assert_eq!((command, attributes.nested(45).get(1)), (59, Some(&b"ab"[..])));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let long = vec![0; 0x1_0000];
        let request = Request::plain(1).with(|s| s.bytes(1, &long));
        assert_eq!(request.encode(1, 1, Set::default()), Err(TooLong));
        let many = (0..40).fold(Set::default(), |s, _| s.bytes(1, &[0; 2000]));
        let nested = Request::plain(1).with(|s| s.nest(2, many));
        assert_eq!(nested.encode(1, 1, Set::default()), Err(TooLong));
    }
}

//! Netlink messages as they are read: checked, borrowed, and panic-free on any bytes.
//!
//! What is written is encoded by neli ([`crate::request`]). What is read is not decoded by it: its `Nlmsghdr` reader
//! underflows on a length below 16, and it drops the attributes of a positive acknowledgement, where the cookie of a
//! control-port frame is.

use ieee80211_ies::MacAddr;

/// `NLMSG_NOOP`
const NLMSG_NOOP: u16 = 1;
/// `NLMSG_ERROR`: an error, or with code 0 an acknowledgement
const NLMSG_ERROR: u16 = 2;
/// `NLMSG_DONE`: the end of a dump
const NLMSG_DONE: u16 = 3;
/// `NLM_F_DUMP_INTR`: what is dumped has changed meanwhile
pub(crate) const NLM_F_DUMP_INTR: u16 = 0x10;
/// `NLM_F_CAPPED`: the request is not repeated in the acknowledgement
const NLM_F_CAPPED: u16 = 0x100;
/// `NLM_F_ACK_TLVS`: the acknowledgement has attributes
const NLM_F_ACK_TLVS: u16 = 0x200;
/// `NLMSGERR_ATTR_MSG`: what went wrong, in words
const NLMSGERR_ATTR_MSG: u16 = 1;
/// `NLMSGERR_ATTR_COOKIE`: a cookie for the request
const NLMSGERR_ATTR_COOKIE: u16 = 3;
/// Octets of `struct nlmsghdr`
const HEADER: usize = 16;
/// Octets of `struct genlmsghdr`
const GENL_HEADER: usize = 4;

/// One netlink message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Message<'a> {
    /// `nlmsg_type`
    pub(crate) kind: u16,
    /// `nlmsg_flags`
    pub(crate) flags: u16,
    /// `nlmsg_seq`: that of the request, or 0 for what nobody asked for
    pub(crate) sequence: u32,
    /// What follows the header.
    pub(crate) payload: &'a [u8],
}

/// What a message means to a request that awaits an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Answer<'a> {
    /// Data; more may follow, then an acknowledgement or the end of the dump.
    Data,
    /// Carried out, or the end of a dump.
    Acknowledged {
        /// A cookie in the acknowledgement itself.
        cookie: Option<u64>,
    },
    /// Refused.
    Refused {
        /// Positive error number.
        errno: i32,
        /// The kernel's explanation; empty when it gave none.
        text: &'a str,
    },
    /// Nothing.
    Noop,
}

/// The messages of one datagram; a malformed one ends it.
pub(crate) fn messages(mut datagram: &[u8]) -> impl Iterator<Item = Message<'_>> {
    std::iter::from_fn(move || {
        let length = usize::try_from(u32_at(datagram, 0)?).ok()?;
        let message = datagram.get(..length).filter(|m| m.len() >= HEADER)?;
        let parsed = Message {
            kind: u16_at(message, 4)?,
            flags: u16_at(message, 6)?,
            sequence: u32_at(message, 8)?,
            payload: message.get(HEADER..)?,
        };
        datagram = datagram.get(align(length)..).unwrap_or_default();
        Some(parsed)
    })
}

impl<'a> Message<'a> {
    /// The generic netlink command and its attributes.
    pub(crate) fn generic(&self) -> Option<(u8, Attributes<'a>)> {
        Some((*self.payload.first()?, Attributes(self.payload.get(GENL_HEADER..)?)))
    }

    /// What it means to the request with its sequence number.
    pub(crate) fn answer(&self) -> Answer<'a> {
        match self.kind {
            NLMSG_NOOP => Answer::Noop,
            NLMSG_ERROR => self.acknowledgement(self.error_attributes()),
            // The code is there since Linux 2.6; its attributes since 4.20, behind it.
            NLMSG_DONE => self.acknowledgement(self.payload.get(4..).filter(|_| self.flags & NLM_F_ACK_TLVS != 0)),
            _ => Answer::Data,
        }
    }

    fn acknowledgement(&self, attributes: Option<&'a [u8]>) -> Answer<'a> {
        let code = u32_at(self.payload, 0).map_or(0, u32::cast_signed);
        let attributes = Attributes(attributes.unwrap_or_default());
        if code < 0 {
            Answer::Refused {
                errno: code.saturating_neg(),
                text: attributes.get(NLMSGERR_ATTR_MSG).and_then(text).unwrap_or_default(),
            }
        } else {
            let cookie = attributes.get(NLMSGERR_ATTR_COOKIE).and_then(|c| c.first_chunk().copied());
            Answer::Acknowledged { cookie: cookie.map(u64::from_ne_bytes) }
        }
    }

    /// The attributes of an `NLMSG_ERROR`: behind the code and the request's header, or the whole request if it is
    /// repeated.
    fn error_attributes(&self) -> Option<&'a [u8]> {
        if self.flags & NLM_F_ACK_TLVS == 0 {
            return None;
        }
        let failed = u32_at(self.payload, 0)? != 0;
        let request = usize::try_from(u32_at(self.payload, 4)?).ok()?;
        let repeated = failed && self.flags & NLM_F_CAPPED == 0;
        let skip = if repeated { align(request.max(HEADER)) } else { HEADER };
        self.payload.get(skip.checked_add(4)?..)
    }
}

/// A series of netlink attributes. Iterating yields type (without the flag bits) and payload; a malformed attribute
/// ends it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Attributes<'a>(pub(crate) &'a [u8]);

impl<'a> Iterator for Attributes<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let length = usize::from(u16_at(self.0, 0)?);
        let kind = u16_at(self.0, 2)? & 0x3fff;
        let payload = self.0.get(4..length)?;
        self.0 = self.0.get(align(length)..).unwrap_or_default();
        Some((kind, payload))
    }
}

impl<'a> Attributes<'a> {
    /// The payload of the first attribute of that type.
    pub(crate) fn get(self, kind: u16) -> Option<&'a [u8]> {
        let mut all = self;
        all.find_map(|(k, payload)| (k == kind).then_some(payload))
    }

    /// Whether it is there.
    pub(crate) fn flag(self, kind: u16) -> bool {
        self.get(kind).is_some()
    }

    /// As an octet.
    pub(crate) fn u8(self, kind: u16) -> Option<u8> {
        self.get(kind)?.first().copied()
    }

    /// As a 16-bit number.
    pub(crate) fn u16(self, kind: u16) -> Option<u16> {
        u16_at(self.get(kind)?, 0)
    }

    /// As a 32-bit number.
    pub(crate) fn u32(self, kind: u16) -> Option<u32> {
        u32_at(self.get(kind)?, 0)
    }

    /// As a signed 32-bit number.
    pub(crate) fn i32(self, kind: u16) -> Option<i32> {
        self.u32(kind).map(u32::cast_signed)
    }

    /// As a 64-bit number.
    pub(crate) fn u64(self, kind: u16) -> Option<u64> {
        self.get(kind)?.first_chunk().copied().map(u64::from_ne_bytes)
    }

    /// As a MAC address.
    pub(crate) fn mac(self, kind: u16) -> Option<MacAddr> {
        self.get(kind).and_then(MacAddr::from_slice)
    }

    /// As text.
    pub(crate) fn text(self, kind: u16) -> Option<&'a str> {
        self.get(kind).and_then(text)
    }

    /// The attributes nested in it; none when it is not there.
    pub(crate) fn nested(self, kind: u16) -> Attributes<'a> {
        Attributes(self.get(kind).unwrap_or_default())
    }
}

/// Text up to the first NUL.
fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes.split(|b| *b == 0).next()?).ok()
}

/// The native 16-bit number at `offset`.
pub(crate) fn u16_at(bytes: &[u8], offset: usize) -> Option<u16> {
    bytes.get(offset..)?.first_chunk().copied().map(u16::from_ne_bytes)
}

/// The native 32-bit number at `offset`.
pub(crate) fn u32_at(bytes: &[u8], offset: usize) -> Option<u32> {
    bytes.get(offset..)?.first_chunk().copied().map(u32::from_ne_bytes)
}

/// `NLMSG_ALIGN`, `NLA_ALIGN`
fn align(length: usize) -> usize {
    length.saturating_add(3) & !3
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn message(kind: u16, flags: u16, payload: &[u8]) -> Vec<u8> {
        let mut bytes = (HEADER + payload.len()).to_le_bytes()[..4].to_vec();
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(flags.to_ne_bytes());
        bytes.extend(7u32.to_ne_bytes());
        bytes.extend(0u32.to_ne_bytes());
        bytes.extend(payload);
        bytes
    }

    fn only(bytes: &[u8]) -> Message<'_> {
        messages(bytes).next().expect("a message")
    }

    #[test]
    fn an_acknowledgement_carries_its_cookie() {
        // code 0, the request's header, then NLMSGERR_ATTR_COOKIE of eight octets
        let mut payload = vec![0; 4 + HEADER];
        payload.extend([12, 0, 3, 0, 1, 2, 0, 0, 0, 0, 0, 0]);
        let bytes = message(NLMSG_ERROR, NLM_F_CAPPED | NLM_F_ACK_TLVS, &payload);
        assert_eq!(only(&bytes).answer(), Answer::Acknowledged { cookie: Some(0x0201) });
    }

    #[test]
    fn a_refusal_carries_its_explanation_behind_the_repeated_request() {
        let mut payload = (-22i32).to_ne_bytes().to_vec();
        payload.extend(20u32.to_ne_bytes());
        payload.extend([0; 16]);
        payload.extend([9, 0, 1, 0, b'n', b'o', b'!', b'!', 0, 0, 0, 0]);
        let bytes = message(NLMSG_ERROR, NLM_F_ACK_TLVS, &payload);
        assert_eq!(only(&bytes).answer(), Answer::Refused { errno: 22, text: "no!!" });
    }

    #[test]
    fn the_end_of_a_dump_may_carry_an_error() {
        let bytes = message(NLMSG_DONE, 0, &(-19i32).to_ne_bytes());
        assert_eq!(only(&bytes).answer(), Answer::Refused { errno: 19, text: "" });
        let bytes = message(NLMSG_DONE, 0, &0i32.to_ne_bytes());
        assert_eq!(only(&bytes).answer(), Answer::Acknowledged { cookie: None });
    }

    #[test]
    fn attributes_are_read_by_type_without_flag_bits() {
        let bytes = [6, 0, 3, 0x80, 0x34, 0x12, 0, 0, 5, 0, 4, 0, 0xff, 0, 0, 0, 4, 0, 5, 0];
        let attributes = Attributes(&bytes);
        assert_eq!(attributes.u16(3), Some(0x1234));
        assert_eq!(attributes.u8(4), Some(0xff));
        assert!(attributes.flag(5));
        assert_eq!(attributes.u32(3), None);
    }

    proptest! {
        #[test]
        fn no_bytes_make_reading_panic(bytes in proptest::collection::vec(any::<u8>(), 0..256)) {
            for message in messages(&bytes) {
                message.answer();
                if let Some((_, attributes)) = message.generic() {
                    for (kind, _) in attributes {
                        attributes.nested(kind).count();
                        attributes.text(kind);
                        attributes.u64(kind);
                    }
                }
            }
        }

        #[test]
        fn reading_ends(length in any::<u32>(), rest in proptest::collection::vec(any::<u8>(), 12..64)) {
            let mut bytes = length.to_ne_bytes().to_vec();
            bytes.extend(rest);
            prop_assert!(messages(&bytes).count() <= bytes.len() / HEADER + 1);
        }
    }
}

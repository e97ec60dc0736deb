//! EAPOL PDUs (IEEE 802.1X-2010 §11.3).

use alloc::vec::Vec;

/// The EtherType of EAPOL (IEEE 802.1X-2010 §11.1.4).
pub const ETHERTYPE: u16 = 0x888e;

/// Octets before the body: protocol version, packet type, body length.
const HEADER_LEN: usize = 4;

/// Octets from a peer that are not what they ought to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("malformed at octet {offset}: {what}")]
pub struct Malformed {
    /// Where, counted from the start of what was parsed.
    pub offset: usize,
    /// What was expected there.
    pub what: &'static str,
}

/// What a PDU carries (IEEE 802.1X-2010 Table 11-3).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum PacketType {
    /// EAPOL-EAP: an EAP packet.
    Eap,
    /// EAPOL-Start: the supplicant asks to begin; no body.
    Start,
    /// EAPOL-Logoff.
    Logoff,
    /// EAPOL-Key.
    Key,
    /// Any other.
    Other(u8),
}

impl From<u8> for PacketType {
    fn from(octet: u8) -> Self {
        match octet {
            0 => Self::Eap,
            1 => Self::Start,
            2 => Self::Logoff,
            3 => Self::Key,
            other => Self::Other(other),
        }
    }
}

impl From<PacketType> for u8 {
    fn from(kind: PacketType) -> Self {
        match kind {
            PacketType::Eap => 0,
            PacketType::Start => 1,
            PacketType::Logoff => 2,
            PacketType::Key => 3,
            PacketType::Other(other) => other,
        }
    }
}

/// An EAPOL PDU, to read or to write.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pdu<'a> {
    /// Protocol version: 1 (802.1X-2001), 2 (-2004), 3 (-2010). A receiver takes any (§11.4).
    pub version: u8,
    /// What it carries.
    pub kind: PacketType,
    /// The packet body.
    pub body: &'a [u8],
}

impl<'a> Pdu<'a> {
    /// Reads a PDU from the protocol version octet on. Octets beyond the body length are padding and ignored (§11.4).
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let Some(([version, kind, high, low], rest)) = bytes.split_first_chunk::<HEADER_LEN>() else {
            return Err(Malformed { offset: bytes.len(), what: "an EAPOL header of 4 octets" });
        };
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let body = rest.get(..length).ok_or(Malformed { offset: 2, what: "a body length within the frame" })?;
        Ok(Self { version: *version, kind: PacketType::from(*kind), body })
    }

    /// The PDU's octets. A body longer than the length field can say (65,535) is cut off there.
    pub fn emit(&self) -> Vec<u8> {
        let length = u16::try_from(self.body.len()).unwrap_or(u16::MAX);
        let mut out = Vec::with_capacity(HEADER_LEN + self.body.len());
        out.extend([self.version, self.kind.into()]);
        out.extend(length.to_be_bytes());
        out.extend(self.body.iter().take(usize::from(length)));
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn trailing_octets_are_padding() {
        let pdu = Pdu::parse(&[1, 0, 0, 2, 0xaa, 0xbb, 0, 0, 0]).unwrap();
        assert_eq!(pdu, Pdu { version: 1, kind: PacketType::Eap, body: &[0xaa, 0xbb] });
    }

    #[test]
    fn short_ones_are_refused_with_the_place() {
        assert_eq!(Pdu::parse(&[2, 3, 0]).unwrap_err().offset, 3);
        assert_eq!(Pdu::parse(&[2, 3, 0, 1]).unwrap_err().offset, 2);
    }

    proptest! {
        #[test]
        fn emitted_is_read_back(version: u8, kind: u8, body: Vec<u8>) {
            let pdu = Pdu { version, kind: kind.into(), body: &body };
            let bytes = pdu.emit();
            prop_assert_eq!(Pdu::parse(&bytes), Ok(pdu));
        }

        #[test]
        fn any_bytes(bytes: Vec<u8>) {
            let _ = Pdu::parse(&bytes);
        }
    }
}

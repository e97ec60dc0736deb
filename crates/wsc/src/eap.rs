//! EAPOL and EAP framing of WSC messages (IEEE 802.1X-2010 §11, RFC 3748 §4 and §5, WSC 2.0 §7.7).

use alloc::vec::Vec;

use ieee80211_ies::{Malformed, Rule};

/// Protocol version in the EAPOL header: that of 802.1X-2001, which every deployed WSC device takes.
const EAPOL_VERSION: u8 = 1;
/// EAPOL packet type: an EAP packet.
const EAPOL_EAP: u8 = 0;
/// EAPOL packet type: EAPOL-Start.
const EAPOL_START: u8 = 1;
/// EAP type Identity (RFC 3748 §5.1).
const TYPE_IDENTITY: u8 = 1;
/// EAP type Notification (RFC 3748 §5.2).
const TYPE_NOTIFICATION: u8 = 2;
/// EAP type legacy Nak (RFC 3748 §5.3.1).
const TYPE_NAK: u8 = 3;
/// EAP type Expanded (RFC 3748 §5.7).
const TYPE_EXPANDED: u8 = 254;
/// Vendor-Id 0x00372a (Wi-Fi Alliance) and Vendor-Type 1 (SimpleConfig).
const WSC_VENDOR: [u8; 7] = [0x00, 0x37, 0x2a, 0x00, 0x00, 0x00, 0x01];
/// Flag of a fragment that is not the last one.
const FLAG_MORE_FRAGMENTS: u8 = 0x01;
/// Flag of a packet with the Message Length field.
const FLAG_LENGTH: u8 = 0x02;

/// The identity of a device that wants to configure others (WSC 2.0 §7.7).
pub(crate) const REGISTRAR_IDENTITY: &[u8] = b"WFA-SimpleConfig-Registrar-1-0";
/// The identity of a device that wants to be configured.
pub(crate) const ENROLLEE_IDENTITY: &[u8] = b"WFA-SimpleConfig-Enrollee-1-0";

/// What an EAP-WSC packet carries (WSC 2.0 §7.7, Op-Code).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OpCode {
    /// WSC_Start: the registrar's side begins.
    Start,
    /// WSC_ACK.
    Ack,
    /// WSC_NACK: the sender gives up.
    Nack,
    /// WSC_MSG: M1 to M8, M2D.
    Msg,
    /// WSC_Done.
    Done,
    /// WSC_FRAG_ACK: asks for the next fragment.
    FragAck,
}

impl OpCode {
    fn from_octet(octet: u8) -> Option<Self> {
        Some(match octet {
            1 => Self::Start,
            2 => Self::Ack,
            3 => Self::Nack,
            4 => Self::Msg,
            5 => Self::Done,
            6 => Self::FragAck,
            _ => return None,
        })
    }

    fn octet(self) -> u8 {
        match self {
            Self::Start => 1,
            Self::Ack => 2,
            Self::Nack => 3,
            Self::Msg => 4,
            Self::Done => 5,
            Self::FragAck => 6,
        }
    }
}

/// An EAPOL PDU of interest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Eapol<'a> {
    /// EAPOL-Start.
    Start,
    /// An EAP packet.
    Eap(Packet<'a>),
    /// EAPOL-Key or another packet type that is none of EAP's business.
    Other,
}

/// An EAP packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Packet<'a> {
    /// Pairs request and response.
    pub identifier: u8,
    /// What it is.
    pub body: Body<'a>,
}

/// The code of an EAP packet, with what it carries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Body<'a> {
    /// From the side of the owner, or access point.
    Request(Type<'a>),
    /// From the side that is being configured.
    Response(Type<'a>),
    /// The owner lets the other in; not used by WSC.
    Success,
    /// The owner ends the exchange, after WSC_Done too (WSC 2.0 §7.7).
    Failure,
}

/// The type of a request or response.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Type<'a> {
    /// Identity: text, such as `WFA-SimpleConfig-Enrollee-1-0` in a response.
    Identity(&'a [u8]),
    /// Notification.
    Notification,
    /// Legacy Nak: the method is not wanted.
    Nak,
    /// EAP-WSC.
    Wsc(Wsc<'a>),
    /// A method that is not ours.
    Other,
}

/// One EAP-WSC packet: a whole message or a fragment of one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Wsc<'a> {
    /// What it carries.
    pub op: OpCode,
    /// Further fragments follow.
    pub more: bool,
    /// The length of the whole message, in the first of its fragments.
    pub total: Option<u16>,
    /// The message or the fragment: attributes.
    pub data: &'a [u8],
}

/// Reads forward through a PDU.
struct Reader<'a> {
    rest: &'a [u8],
    offset: usize,
}

impl<'a> Reader<'a> {
    fn fail<T>(&self, what: &'static str, rule: Rule) -> Result<T, Malformed> {
        Err(Malformed { offset: self.offset, what, rule })
    }

    fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], Malformed> {
        match self.rest.split_first_chunk::<N>() {
            Some((array, rest)) => {
                self.rest = rest;
                self.offset += N;
                Ok(*array)
            }
            None => self.fail(what, Rule::TooShort),
        }
    }

    fn octet(&mut self, what: &'static str) -> Result<u8, Malformed> {
        self.array::<1>(what).map(|[octet]| octet)
    }

    fn u16(&mut self, what: &'static str) -> Result<u16, Malformed> {
        self.array(what).map(u16::from_be_bytes)
    }
}

impl<'a> Eapol<'a> {
    /// Reads a PDU from the protocol version octet on. Octets behind the lengths that the headers state are padding.
    ///
    /// # Errors
    /// Headers that are cut off or state more than there is; an EAP code or op-code that does not exist.
    pub fn parse(pdu: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = Reader { rest: pdu, offset: 0 };
        let [_version, packet_type] = reader.array("EAPOL header")?;
        let length = reader.u16("EAPOL header")?;
        let Some(body) = reader.rest.get(..usize::from(length)) else {
            return reader.fail("EAPOL body", Rule::TooShort);
        };
        reader.rest = body;
        match packet_type {
            EAPOL_START => Ok(Self::Start),
            EAPOL_EAP => Packet::parse(&mut reader).map(Self::Eap),
            _ => Ok(Self::Other),
        }
    }
}

impl<'a> Packet<'a> {
    fn parse(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        let [code, identifier] = reader.array("EAP header")?;
        let length = usize::from(reader.u16("EAP header")?);
        let Some(body) = length.checked_sub(4).and_then(|length| reader.rest.get(..length)) else {
            return reader.fail("EAP body", Rule::TooShort);
        };
        reader.rest = body;
        let body = match code {
            1 => Body::Request(Type::parse(reader)?),
            2 => Body::Response(Type::parse(reader)?),
            3 => Body::Success,
            4 => Body::Failure,
            _ => return reader.fail("EAP code", Rule::InvalidValue),
        };
        Ok(Self { identifier, body })
    }
}

impl<'a> Type<'a> {
    fn parse(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        Ok(match reader.octet("EAP type")? {
            TYPE_IDENTITY => Self::Identity(reader.rest),
            TYPE_NOTIFICATION => Self::Notification,
            TYPE_NAK => Self::Nak,
            TYPE_EXPANDED => {
                if reader.array::<7>("EAP expanded type")? != WSC_VENDOR {
                    return Ok(Self::Other);
                }
                let [op, flags] = reader.array("EAP-WSC header")?;
                let Some(op) = OpCode::from_octet(op) else {
                    return reader.fail("EAP-WSC op-code", Rule::InvalidValue);
                };
                let total = if flags & FLAG_LENGTH == 0 { None } else { Some(reader.u16("EAP-WSC message length")?) };
                Self::Wsc(Wsc { op, more: flags & FLAG_MORE_FRAGMENTS != 0, total, data: reader.rest })
            }
            _ => Self::Other,
        })
    }
}

/// A PDU that was read, without the octets behind it.
pub(crate) fn without_padding(pdu: &[u8]) -> &[u8] {
    match pdu {
        [_, _, high, low, ..] => pdu.get(..4 + usize::from(u16::from_be_bytes([*high, *low]))).unwrap_or(pdu),
        _ => pdu,
    }
}

/// EAPOL-Start.
pub(crate) fn start() -> Vec<u8> {
    Vec::from([EAPOL_VERSION, EAPOL_START, 0, 0])
}

/// An EAP packet in an EAPOL PDU. Messages are far shorter than the 65,531 octets that the length fields can say.
pub(crate) fn emit(packet: &Packet<'_>) -> Vec<u8> {
    let (code, of_type) = match &packet.body {
        Body::Request(of_type) => (1, Some(of_type)),
        Body::Response(of_type) => (2, Some(of_type)),
        Body::Success => (3, None),
        Body::Failure => (4, None),
    };
    let mut data = Vec::new();
    match of_type {
        None => {}
        Some(Type::Identity(identity)) => {
            data.push(TYPE_IDENTITY);
            data.extend_from_slice(identity);
        }
        Some(Type::Notification) => data.push(TYPE_NOTIFICATION),
        // The only use that we have for a Nak: to ask for the Expanded type.
        Some(Type::Nak | Type::Other) => data.extend_from_slice(&[TYPE_NAK, TYPE_EXPANDED]),
        Some(Type::Wsc(wsc)) => {
            data.push(TYPE_EXPANDED);
            data.extend_from_slice(&WSC_VENDOR);
            let more = if wsc.more { FLAG_MORE_FRAGMENTS } else { 0 };
            let length = if wsc.total.is_some() { FLAG_LENGTH } else { 0 };
            data.extend_from_slice(&[wsc.op.octet(), more | length]);
            if let Some(total) = wsc.total {
                data.extend_from_slice(&total.to_be_bytes());
            }
            data.extend_from_slice(wsc.data);
        }
    }
    let length = u16::try_from(data.len() + 4).unwrap_or(u16::MAX).to_be_bytes();
    let mut pdu = Vec::with_capacity(data.len() + 8);
    pdu.extend_from_slice(&[EAPOL_VERSION, EAPOL_EAP]);
    pdu.extend_from_slice(&length);
    pdu.extend_from_slice(&[code, packet.identifier]);
    pdu.extend_from_slice(&length);
    pdu.extend_from_slice(&data);
    pdu
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn error(pdu: &[u8]) -> (usize, &'static str, Rule) {
        let Malformed { offset, what, rule } = Eapol::parse(pdu).unwrap_err();
        (offset, what, rule)
    }

    #[test]
    fn what_is_wrong_and_where() {
        assert_eq!(error(&[]), (0, "EAPOL header", Rule::TooShort));
        assert_eq!(error(&[1, 0, 0]), (2, "EAPOL header", Rule::TooShort));
        assert_eq!(error(&[1, 0, 0, 5, 1, 1, 0, 5]), (4, "EAPOL body", Rule::TooShort));
        assert_eq!(error(&[1, 0, 0, 4, 1, 1, 0, 5]), (8, "EAP body", Rule::TooShort));
        assert_eq!(error(&[1, 0, 0, 4, 1, 1, 0, 3]), (8, "EAP body", Rule::TooShort));
        assert_eq!(error(&[1, 0, 0, 4, 1, 1, 0, 4]), (8, "EAP type", Rule::TooShort));
        assert_eq!(error(&[1, 0, 0, 4, 9, 1, 0, 4]), (8, "EAP code", Rule::InvalidValue));
        let wsc = |tail: &[u8]| {
            let length = [0, 12 + tail.len() as u8];
            let head = [&[1, 0][..], &length, &[1, 1], &length, &[TYPE_EXPANDED], &WSC_VENDOR].concat();
            error(&[&head[..], tail].concat())
        };
        assert_eq!(wsc(&[4]), (16, "EAP-WSC header", Rule::TooShort));
        assert_eq!(wsc(&[7, 0]), (18, "EAP-WSC op-code", Rule::InvalidValue));
        assert_eq!(wsc(&[4, 2, 0]), (18, "EAP-WSC message length", Rule::TooShort));
    }

    #[test]
    fn packets_of_other_protocols_and_methods() {
        assert_eq!(Eapol::parse(&[2, 3, 0, 1, 254]), Ok(Eapol::Other), "EAPOL-Key");
        assert_eq!(Eapol::parse(&[2, 1, 0, 0, 0, 0]), Ok(Eapol::Start), "with padding");
        let peap = Packet { identifier: 3, body: Body::Request(Type::Other) };
        assert_eq!(Eapol::parse(&[1, 0, 0, 6, 1, 3, 0, 6, 25, 0x20]), Ok(Eapol::Eap(peap)));
        // An expanded type of another vendor.
        let other = [1, 0, 0, 12, 1, 3, 0, 12, 254, 0, 0x37, 0x2b, 0, 0, 0, 1];
        assert_eq!(Eapol::parse(&other), Ok(Eapol::Eap(peap)));
    }

    #[test]
    fn padding_is_cut_off() {
        assert_eq!(without_padding(&[1, 0, 0, 2, 5, 6, 0, 0]), [1, 0, 0, 2, 5, 6]);
        assert_eq!(without_padding(&[1, 0, 0, 9, 5]), [1, 0, 0, 9, 5]);
        assert_eq!(without_padding(&[1, 0]), [1, 0]);
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(
            identifier: u8,
            op in 1u8..=6,
            more: bool,
            total: Option<u16>,
            data in prop::collection::vec(any::<u8>(), 0..1400),
            request: bool,
        ) {
            let wsc = Wsc { op: OpCode::from_octet(op).unwrap(), more, total, data: &data };
            let body = if request { Body::Request(Type::Wsc(wsc)) } else { Body::Response(Type::Wsc(wsc)) };
            for body in [body, Body::Response(Type::Identity(&data)), Body::Success, Body::Failure] {
                let packet = Packet { identifier, body };
                let mut pdu = emit(&packet);
                pdu.extend_from_slice(&[0; 3]);
                prop_assert_eq!(Eapol::parse(&pdu), Ok(Eapol::Eap(packet)));
            }
        }

        #[test]
        fn no_octets_make_it_panic(pdu in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = Eapol::parse(&pdu);
            let length = pdu.len() as u8;
            let _ = Eapol::parse(&[&[1, 0, 0, length + 4, 1, 1, 0, length + 4][..], &pdu].concat());
            let _ = without_padding(&pdu);
        }
    }
}

//! Generic Advertisement Service: questions and answers between stations that are not in one network
//! (IEEE 802.11-2020 §9.6.7.12 to §9.6.7.15).

#[cfg(feature = "alloc")]
use alloc::vec::Vec;

use super::{StatusCode, public_action};
use crate::cursor::Cursor;
use crate::{Malformed, Rule, id};

/// The Advertisement Protocol element of a GAS frame (§9.4.2.92), with one protocol.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct AdvertisementProtocol {
    /// Query Response Info: the Query Response Length Limit in units of 256 octets in bits 0 to 6 (127 for none), bit 7
    /// for queries before association.
    pub query_response_info: u8,
    /// Advertisement Protocol ID; 0 for ANQP.
    pub id: u8,
}

impl AdvertisementProtocol {
    /// ANQP, as a request names it.
    pub const ANQP_REQUEST: Self = Self { query_response_info: 0, id: 0 };
    /// ANQP, as a response names it that has no limit of length.
    pub const ANQP_RESPONSE: Self = Self { query_response_info: 0x7f, id: 0 };

    fn read(cursor: &mut Cursor<'_>) -> Result<Self, Malformed> {
        let mut cursor_before = cursor.named("Advertisement Protocol");
        let wrong = cursor_before.error(Rule::InvalidValue);
        if cursor_before.u8()? != id::ADVERTISEMENT_PROTOCOL {
            return Err(wrong);
        }
        let len = cursor_before.u8()?;
        // Of several protocols that a device names the first is the one in use.
        let mut body = cursor_before.sub(len.into(), "Advertisement Protocol")?;
        let protocol = Self { query_response_info: body.u8()?, id: body.u8()? };
        cursor.take(2 + usize::from(len))?;
        Ok(protocol)
    }

    #[cfg(feature = "alloc")]
    fn emit(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[id::ADVERTISEMENT_PROTOCOL, 2, self.query_response_info, self.id]);
    }
}

/// A GAS frame from its dialog token on: a view when read, a description when written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Gas<'a> {
    /// GAS Initial Request.
    InitialRequest {
        /// Pairs request and response.
        dialog_token: u8,
        /// In which language the query is.
        protocol: AdvertisementProtocol,
        /// The query, at most 65535 octets.
        query: &'a [u8],
    },
    /// GAS Initial Response.
    InitialResponse {
        /// Pairs request and response.
        dialog_token: u8,
        /// Whether there is a response.
        status: StatusCode,
        /// In TU: ask again with a comeback request after this time; 0 when the response is here.
        comeback_delay: u16,
        /// In which language the response is.
        protocol: AdvertisementProtocol,
        /// The response, or nothing where it is to be fetched.
        response: &'a [u8],
    },
    /// GAS Comeback Request.
    ComebackRequest {
        /// That of the initial request.
        dialog_token: u8,
    },
    /// GAS Comeback Response.
    ComebackResponse {
        /// That of the initial request.
        dialog_token: u8,
        /// Whether there is a response.
        status: StatusCode,
        /// Number of this fragment of the response, 0 to 127.
        fragment: u8,
        /// Further fragments follow.
        more: bool,
        /// In TU: ask again after this time; 0 when the fragment is here.
        comeback_delay: u16,
        /// In which language the response is.
        protocol: AdvertisementProtocol,
        /// The fragment.
        response: &'a [u8],
    },
}

impl<'a> Gas<'a> {
    /// Pairs request and response.
    pub const fn dialog_token(&self) -> u8 {
        match self {
            Self::InitialRequest { dialog_token, .. }
            | Self::InitialResponse { dialog_token, .. }
            | Self::ComebackRequest { dialog_token }
            | Self::ComebackResponse { dialog_token, .. } => *dialog_token,
        }
    }

    /// Reads what follows the Public Action field, `kind` being its value.
    pub(super) fn read(kind: u8, c: &mut Cursor<'a>) -> Result<Self, Malformed> {
        let dialog_token = c.u8()?;
        Ok(match kind {
            public_action::GAS_INITIAL_REQUEST => {
                let protocol = AdvertisementProtocol::read(c)?;
                Self::InitialRequest { dialog_token, protocol, query: counted(c)? }
            }
            public_action::GAS_INITIAL_RESPONSE => {
                let (status, comeback_delay) = (StatusCode(c.le16()?), c.le16()?);
                let protocol = AdvertisementProtocol::read(c)?;
                Self::InitialResponse { dialog_token, status, comeback_delay, protocol, response: counted(c)? }
            }
            public_action::GAS_COMEBACK_REQUEST => Self::ComebackRequest { dialog_token },
            _ => {
                let (status, fragment, comeback_delay) = (StatusCode(c.le16()?), c.u8()?, c.le16()?);
                let (fragment, more) = (fragment & 0x7f, fragment & 0x80 != 0);
                let protocol = AdvertisementProtocol::read(c)?;
                let response = counted(c)?;
                Self::ComebackResponse { dialog_token, status, fragment, more, comeback_delay, protocol, response }
            }
        })
    }

    /// Appends the frame from its Public Action field on.
    #[cfg(feature = "alloc")]
    pub(super) fn emit(&self, out: &mut Vec<u8>) {
        match *self {
            Self::InitialRequest { dialog_token, protocol, query } => {
                out.extend_from_slice(&[public_action::GAS_INITIAL_REQUEST, dialog_token]);
                protocol.emit(out);
                emit_counted(query, out);
            }
            Self::InitialResponse { dialog_token, status, comeback_delay, protocol, response } => {
                out.extend_from_slice(&[public_action::GAS_INITIAL_RESPONSE, dialog_token]);
                out.extend_from_slice(&status.0.to_le_bytes());
                out.extend_from_slice(&comeback_delay.to_le_bytes());
                protocol.emit(out);
                emit_counted(response, out);
            }
            Self::ComebackRequest { dialog_token } => {
                out.extend_from_slice(&[public_action::GAS_COMEBACK_REQUEST, dialog_token]);
            }
            Self::ComebackResponse { dialog_token, status, fragment, more, comeback_delay, protocol, response } => {
                out.extend_from_slice(&[public_action::GAS_COMEBACK_RESPONSE, dialog_token]);
                out.extend_from_slice(&status.0.to_le_bytes());
                out.push(fragment & 0x7f | u8::from(more) << 7);
                out.extend_from_slice(&comeback_delay.to_le_bytes());
                protocol.emit(out);
                emit_counted(response, out);
            }
        }
    }
}

fn counted<'a>(cursor: &mut Cursor<'a>) -> Result<&'a [u8], Malformed> {
    let len = cursor.le16()?;
    cursor.take(len.into())
}

#[cfg(feature = "alloc")]
fn emit_counted(octets: &[u8], out: &mut Vec<u8>) {
    let octets = octets.get(..usize::from(u16::MAX)).unwrap_or(octets);
    out.extend_from_slice(&(octets.len() as u16).to_le_bytes());
    out.extend_from_slice(octets);
}

//! Service discovery (Wi-Fi P2P v1.7 §3.1.3): what a GAS frame asks of a device's services, and what it answers.
//!
//! ```
//! use ieee80211_ies::p2p::service::{self, Request, Message};
//!
//! let all = Request { protocol: service::protocol::ALL, transaction: 1, query: &[] };
//! let mut query = Vec::new();
//! service::emit_requests(5, &[all], &mut query);
//! let message = Message::find(&query)?.unwrap();
//! assert_eq!(message.update_indicator, 5);
//! assert_eq!(message.requests().collect::<Vec<_>>(), [Ok(all)]);
//! assert_eq!(all.content()?, service::Query::All);
//! # Ok::<_, ieee80211_ies::Malformed>(())
//! ```

#[cfg(feature = "alloc")]
use alloc::vec::Vec;

mod content;

pub use content::{Answer, BonjourName, P2psService, P2psServices, Query};

use super::OUI_TYPE;
use crate::anqp::AnqpElements;
use crate::cursor::Cursor;
use crate::{Malformed, OUI_WFA};

/// Service Protocol Types.
pub mod protocol {
    /// All services, of whichever protocol.
    pub const ALL: u8 = 0;
    /// Bonjour.
    pub const BONJOUR: u8 = 1;
    /// UPnP.
    pub const UPNP: u8 = 2;
    /// WS-Discovery.
    pub const WS_DISCOVERY: u8 = 3;
    /// Wi-Fi Display.
    pub const WIFI_DISPLAY: u8 = 4;
    /// Wi-Fi P2P Services.
    pub const P2PS: u8 = 11;
    /// Vendor specific.
    pub const VENDOR_SPECIFIC: u8 = 255;
}

/// Status codes of a response.
pub mod status {
    /// There is such a service.
    pub const SUCCESS: u8 = 0;
    /// The protocol is not supported.
    pub const PROTOCOL_NOT_AVAILABLE: u8 = 1;
    /// There is no such service.
    pub const DATA_NOT_AVAILABLE: u8 = 2;
    /// The request is malformed.
    pub const BAD_REQUEST: u8 = 3;
}

/// The P2P element of an ANQP query or response.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Message<'a> {
    /// Service Update Indicator: counts up with every change of the sender's services.
    pub update_indicator: u16,
    /// Service request or response TLVs, as they stand.
    pub tlvs: &'a [u8],
}

/// One Service Request TLV.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Request<'a> {
    /// Service Protocol Type, see [`protocol`].
    pub protocol: u8,
    /// Service Transaction ID, not 0.
    pub transaction: u8,
    /// Query Data, at most 65533 octets.
    pub query: &'a [u8],
}

/// One Service Response TLV.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Response<'a> {
    /// Service Protocol Type, see [`protocol`].
    pub protocol: u8,
    /// Service Transaction ID, that of the request.
    pub transaction: u8,
    /// Status Code, see [`status`].
    pub status: u8,
    /// Response Data, at most 65532 octets.
    pub data: &'a [u8],
}

impl<'a> Message<'a> {
    /// The first P2P element among the ANQP elements of a GAS query or response, or `None` when there is none.
    ///
    /// # Errors
    /// An element without a Service Update Indicator.
    pub fn find(anqp: &'a [u8]) -> Result<Option<Self>, Malformed> {
        let vendors = AnqpElements::new(anqp).filter_map(|element| element.vendor());
        let Some((_, _, body)) = { vendors }.find(|&(oui, kind, _)| (oui, kind) == (OUI_WFA, OUI_TYPE)) else {
            return Ok(None);
        };
        let mut cursor = Cursor::new(body, 0, "P2P ANQP element");
        Ok(Some(Self { update_indicator: cursor.le16()?, tlvs: cursor.rest() }))
    }

    /// The TLVs as requests; after the first that is malformed there are no more.
    pub fn requests(&self) -> impl Iterator<Item = Result<Request<'a>, Malformed>> + use<'a> {
        tlvs(self.tlvs, "Service Request TLV", |c| {
            Ok(Request { protocol: c.u8()?, transaction: c.u8()?, query: c.rest() })
        })
    }

    /// The TLVs as responses; after the first that is malformed there are no more.
    pub fn responses(&self) -> impl Iterator<Item = Result<Response<'a>, Malformed>> + use<'a> {
        tlvs(self.tlvs, "Service Response TLV", |c| {
            Ok(Response { protocol: c.u8()?, transaction: c.u8()?, status: c.u8()?, data: c.rest() })
        })
    }
}

fn tlvs<'a, T>(
    bytes: &'a [u8],
    what: &'static str,
    read: fn(&mut Cursor<'a>) -> Result<T, Malformed>,
) -> impl Iterator<Item = Result<T, Malformed>> {
    let mut cursor = Cursor::new(bytes, 0, what);
    core::iter::from_fn(move || {
        if cursor.is_empty() {
            return None;
        }
        let result = cursor.le16().and_then(|len| cursor.sub(len.into(), what)).and_then(|mut tlv| read(&mut tlv));
        if result.is_err() {
            cursor.rest();
        }
        Some(result)
    })
}

/// Appends a query with these requests: an ANQP element.
#[cfg(feature = "alloc")]
pub fn emit_requests(update_indicator: u16, requests: &[Request<'_>], out: &mut Vec<u8>) {
    let mut tlvs = Vec::new();
    for request in requests {
        emit_tlv(&[request.protocol, request.transaction], request.query, &mut tlvs);
    }
    emit_message(update_indicator, &tlvs, out);
}

/// Appends a response with these answers: an ANQP element.
#[cfg(feature = "alloc")]
pub fn emit_responses(update_indicator: u16, responses: &[Response<'_>], out: &mut Vec<u8>) {
    let mut tlvs = Vec::new();
    for response in responses {
        emit_tlv(&[response.protocol, response.transaction, response.status], response.data, &mut tlvs);
    }
    emit_message(update_indicator, &tlvs, out);
}

/// Appends a query or response with these TLVs, as they stand: an ANQP element.
#[cfg(feature = "alloc")]
pub fn emit_message(update_indicator: u16, tlvs: &[u8], out: &mut Vec<u8>) {
    let [a, b, c] = OUI_WFA;
    let body = [&[a, b, c, OUI_TYPE][..], &update_indicator.to_le_bytes(), tlvs].concat();
    crate::anqp::AnqpElement { id: crate::anqp::VENDOR_SPECIFIC, body: &body }.emit(out);
}

/// A TLV longer than its length field can say is left out.
#[cfg(feature = "alloc")]
fn emit_tlv(head: &[u8], data: &[u8], out: &mut Vec<u8>) {
    if let Ok(len) = u16::try_from(head.len() + data.len()) {
        out.extend_from_slice(&len.to_le_bytes());
        out.extend_from_slice(head);
        out.extend_from_slice(data);
    }
}

#[cfg(all(test, feature = "alloc"))]
mod tests {
    use std::vec;

    use proptest::collection::vec as vec_of;
    use proptest::prelude::*;

    use super::*;
    use crate::Rule;

    /// Layout of Wi-Fi P2P v1.7 §3.1.3: Info ID 56797, length, OUI, type, update indicator, TLVs.
    #[test]
    fn a_query_for_all_services() {
        let mut query = Vec::new();
        emit_requests(1, &[Request { protocol: protocol::ALL, transaction: 1, query: &[] }], &mut query);
        assert_eq!(query, [0xdd, 0xdd, 10, 0, 0x50, 0x6f, 0x9a, 9, 1, 0, 2, 0, 0, 1]);
    }

    #[test]
    fn tlvs_that_are_cut_off() {
        let message = Message { update_indicator: 0, tlvs: &[2, 0, 1, 2, 9, 0, 1] };
        let read: Vec<_> = message.requests().collect();
        assert_eq!(read[0], Ok(Request { protocol: 1, transaction: 2, query: &[] }));
        assert_eq!(read[1].unwrap_err(), Malformed { offset: 6, what: "Service Request TLV", rule: Rule::TooShort });
        assert_eq!(read.len(), 2);
        assert_eq!(message.responses().next().unwrap().unwrap_err().rule, Rule::TooShort);
        assert_eq!(Message::find(&[0xdd, 0xdd, 5, 0, 0x50, 0x6f, 0x9a, 9, 1]).unwrap_err().rule, Rule::TooShort);
    }

    proptest! {
        #[test]
        fn messages_round_trip(indicator: u16, tlvs in vec_of((any::<[u8; 3]>(), vec_of(any::<u8>(), 0..300)), 0..5)) {
            let requests: Vec<_> = tlvs
                .iter()
                .map(|([protocol, transaction, _], query)| {
                    Request { protocol: *protocol, transaction: *transaction, query }
                })
                .collect();
            let mut bytes = vec![0, 1, 1, 0, 7];
            emit_requests(indicator, &requests, &mut bytes);
            let message = Message::find(&bytes).unwrap().unwrap();
            prop_assert_eq!(message.update_indicator, indicator);
            prop_assert_eq!(message.requests().collect::<Result<Vec<_>, _>>(), Ok(requests));

            let responses: Vec<_> = tlvs
                .iter()
                .map(|([protocol, transaction, status], data)| {
                    Response { protocol: *protocol, transaction: *transaction, status: *status, data }
                })
                .collect();
            let mut bytes = Vec::new();
            emit_responses(indicator, &responses, &mut bytes);
            let message = Message::find(&bytes).unwrap().unwrap();
            prop_assert_eq!(message.responses().collect::<Result<Vec<_>, _>>(), Ok(responses));
        }

        #[test]
        fn arbitrary_bytes_do_no_harm(bytes in vec_of(any::<u8>(), 0..200)) {
            let _ = Message::find(&bytes);
            let message = Message { update_indicator: 0, tlvs: &bytes };
            let _ = (message.requests().count(), message.responses().count());
        }
    }
}

//! How WSC and P2P attributes lie on an NFC tag: NDEF records of a media type (WSC 2.0 §10, NFC Forum NDEF 1.0 §3).
//!
//! ```
//! use ieee80211_ies::wsc::ndef::{self, Record};
//!
//! let mut tag = Vec::new();
//! ndef::emit(&[Record { media_type: ndef::WSC, payload: &[0x10, 0x4a, 0, 1, 0x10] }], &mut tag);
//! let record = ndef::find(&tag, ndef::WSC)?.unwrap();
//! assert_eq!(ieee80211_ies::wsc::Wsc::parse(record.payload)?.version(), Some(0x10));
//! # Ok::<_, ieee80211_ies::Malformed>(())
//! ```

#[cfg(feature = "alloc")]
use alloc::vec::Vec;

use crate::cursor::Cursor;
use crate::{Malformed, Rule};

/// The media type of a record with WSC attributes: a password token or a configuration token (WSC 2.0 §10.1).
pub const WSC: &[u8] = b"application/vnd.wfa.wsc";
/// The media type of a record with P2P handover information (Wi-Fi P2P v1.7 §3.1.4.1): the lengths of WSC and of P2P
/// attributes, two octets each, before either.
pub const P2P: &[u8] = b"application/vnd.wfa.p2p";

#[cfg(feature = "alloc")]
const MESSAGE_BEGIN: u8 = 0x80;
const MESSAGE_END: u8 = 0x40;
const CHUNK: u8 = 0x20;
const SHORT: u8 = 0x10;
const ID_LENGTH: u8 = 0x08;
/// Type Name Format: a media type (RFC 2046).
const MEDIA_TYPE: u8 = 0x02;

/// One record of a media type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Record<'a> {
    /// Its type, at most 255 octets.
    pub media_type: &'a [u8],
    /// Its payload.
    pub payload: &'a [u8],
}

/// The first record of a media type in an NDEF message, or `None` when there is none. Records of other kinds are passed over.
///
/// # Errors
/// A record that is cut off, its payload length among the reasons (CVE-2015-8041); chunked records
/// ([`Rule::InvalidValue`]), which nobody writes to such tags.
pub fn find<'a>(message: &'a [u8], media_type: &[u8]) -> Result<Option<Record<'a>>, Malformed> {
    let c = &mut Cursor::new(message, 0, "NDEF record");
    while !c.is_empty() {
        let chunked = c.error(Rule::InvalidValue);
        let flags = c.u8()?;
        if flags & CHUNK != 0 {
            return Err(chunked);
        }
        let type_len = c.u8()?;
        let payload_len = if flags & SHORT != 0 { c.u8()?.into() } else { c.be32()? };
        let id_len = if flags & ID_LENGTH != 0 { c.u8()? } else { 0 };
        let record_type = c.take(type_len.into())?;
        c.take(id_len.into())?;
        let too_long = c.error(Rule::TooShort);
        let payload = c.take(usize::try_from(payload_len).map_err(|_| too_long)?)?;
        if flags & 7 == MEDIA_TYPE && record_type == media_type {
            return Ok(Some(Record { media_type: record_type, payload }));
        }
        if flags & MESSAGE_END != 0 {
            break;
        }
    }
    Ok(None)
}

/// Appends an NDEF message of these records. A record with a type or a payload longer than its length field can say is left
/// out.
#[cfg(feature = "alloc")]
pub fn emit(records: &[Record<'_>], out: &mut Vec<u8>) {
    let fits = |record: &&Record<'_>| u32::try_from(record.payload.len()).is_ok() && record.media_type.len() < 256;
    let count = records.iter().filter(fits).count();
    for (index, Record { media_type, payload }) in records.iter().filter(fits).enumerate() {
        let first = if index == 0 { MESSAGE_BEGIN } else { 0 };
        let last = if index + 1 == count { MESSAGE_END } else { 0 };
        let flags = first | last | MEDIA_TYPE;
        match u8::try_from(payload.len()) {
            Ok(len) => out.extend_from_slice(&[flags | SHORT, media_type.len() as u8, len]),
            Err(_) => {
                out.extend_from_slice(&[flags, media_type.len() as u8]);
                out.extend_from_slice(&(payload.len() as u32).to_be_bytes());
            }
        }
        out.extend_from_slice(media_type);
        out.extend_from_slice(payload);
    }
}

/// The WSC and the P2P attributes in the payload of a record of type [`P2P`].
///
/// # Errors
/// Lengths that overrun the payload.
pub fn handover(payload: &[u8]) -> Result<(&[u8], &[u8]), Malformed> {
    let c = &mut Cursor::new(payload, 0, "P2P handover record");
    let wsc_len = c.be16()?;
    let wsc = c.take(wsc_len.into())?;
    let p2p_len = c.be16()?;
    Ok((wsc, c.take(p2p_len.into())?))
}

#[cfg(all(test, feature = "alloc"))]
mod tests {
    use proptest::collection::vec as vec_of;
    use proptest::prelude::*;

    use super::*;

    /// A password token as WSC 2.0 §10.1.2 describes it, behind a record of text.
    #[test]
    fn the_record_of_the_type_is_found_among_others() {
        let mut tag = Vec::from(*b"\x91\x01\x03Tabc\x5a\x17\x04\x02");
        tag.extend_from_slice(WSC);
        tag.extend_from_slice(b"id\x10\x4a\x00\x00");
        let record = find(&tag, WSC).unwrap().unwrap();
        assert_eq!(record.payload, [0x10, 0x4a, 0, 0]);
        assert_eq!(find(&tag, P2P), Ok(None));
    }

    /// CVE-2015-8041: a payload length near 2³² once overran the sum that it was checked by.
    #[test]
    fn a_payload_length_beyond_the_tag_is_refused() {
        for len in [5_u32, 0x7fff_ffff, u32::MAX - 40, u32::MAX] {
            let mut tag = Vec::from([0xc2, WSC.len() as u8]);
            tag.extend_from_slice(&len.to_be_bytes());
            tag.extend_from_slice(WSC);
            tag.extend_from_slice(&[1, 2, 3, 4]);
            let error = find(&tag, WSC).unwrap_err();
            assert_eq!((error.what, error.rule), ("NDEF record", Rule::TooShort), "{len:#x}");
        }
        assert_eq!(find(&[0xf2, 0, 0], WSC).unwrap_err().rule, Rule::InvalidValue);
        assert_eq!(handover(&[0, 9, 1]).unwrap_err().rule, Rule::TooShort);
        assert_eq!(handover(&[0, 1, 7, 0, 2, 8, 9]), Ok((&[7][..], &[8, 9][..])));
    }

    proptest! {
        #[test]
        fn records_round_trip(payloads in vec_of(vec_of(any::<u8>(), 0..400), 1..4)) {
            let mut records: Vec<_> = payloads.iter().map(|payload| Record { media_type: b"x/y", payload }).collect();
            records.push(Record { media_type: WSC, payload: &[1] });
            let mut tag = Vec::new();
            emit(&records, &mut tag);
            prop_assert_eq!(find(&tag, b"x/y"), Ok(records.first().copied()));
            prop_assert_eq!(find(&tag, WSC), Ok(records.last().copied()));
        }

        #[test]
        fn arbitrary_bytes_do_no_harm(bytes in vec_of(any::<u8>(), 0..100)) {
            let _ = (find(&bytes, WSC), handover(&bytes));
        }
    }
}

//! What is in a packet: past radiotap and FCS, a management frame, an EAPOL PDU or an encrypted data frame.

use ieee80211_ies::MacAddr;
use ieee80211_ies::frame::Frame;

use crate::capture::{LinkType, Packet};

/// What of a packet concerns us.
#[derive(Clone, Copy, Debug)]
pub enum Heard<'a> {
    /// A management frame.
    Management {
        /// The frame.
        frame: Frame<'a>,
        /// Whether this says to be sent again.
        retry: bool,
    },
    /// A data frame.
    Data(Data<'a>),
    /// A frame of no interest: a control frame, a data frame without content.
    Nothing,
    /// A frame that cannot be read.
    Malformed,
    /// A frame that its receiver knew to be damaged.
    BadFcs,
    /// A link type that has no 802.11 frames, or has them in another way.
    Foreign(u32),
}

/// A data frame between a station and its access point.
#[derive(Clone, Copy, Debug)]
pub struct Data<'a> {
    /// Who receives it on the air (Address 1).
    pub receiver: MacAddr,
    /// Who sends it on the air (Address 2).
    pub transmitter: MacAddr,
    /// The access point of the two.
    pub bssid: MacAddr,
    /// Retry: sent before.
    pub retry: bool,
    /// The Sequence Control field.
    pub sequence: u16,
    /// What it carries.
    pub content: Content<'a>,
}

/// What a data frame carries.
#[derive(Clone, Copy, Debug)]
pub enum Content<'a> {
    /// An EAPOL PDU in the clear.
    Eapol(&'a [u8]),
    /// Something encrypted: the whole frame.
    Protected(&'a [u8]),
    /// Something else in the clear.
    Other,
}

/// A packet, opened: what it is, and on which frequency in MHz it was heard, where that is known.
pub fn open<'a>(packet: &Packet<'a>) -> (Heard<'a>, Option<u32>) {
    match packet.link {
        LinkType::Ieee80211 => (frame(packet.data), None),
        LinkType::Other(link) => (Heard::Foreign(link), None),
        LinkType::Radiotap => match radiotap(packet.data) {
            None => (Heard::Malformed, None),
            Some(Radiotap { bad_fcs: true, frequency, .. }) => (Heard::BadFcs, frequency),
            Some(radiotap) => (frame(radiotap.frame), radiotap.frequency),
        },
    }
}

struct Radiotap<'a> {
    frequency: Option<u32>,
    bad_fcs: bool,
    frame: &'a [u8],
}

/// Octets of the FCS at the end of a frame (IEEE 802.11-2020 §9.2.4.8).
const FCS_LEN: usize = 4;

/// Reads a radiotap header (radiotap.org) as far as the fields that concern us go, which are the first ones: TSFT, Flags, Rate,
/// Channel. By hand, because the crate `radiotap` 1.3 panics at the length of a vendor's namespace and at ten present words.
fn radiotap(data: &[u8]) -> Option<Radiotap<'_>> {
    const TSFT: u32 = 1 << 0;
    const FLAGS: u32 = 1 << 1;
    const RATE: u32 = 1 << 2;
    const CHANNEL: u32 = 1 << 3;
    const MORE: u32 = 1 << 31;
    const FLAG_FCS_AT_END: u8 = 0x10;
    const FLAG_BAD_FCS: u8 = 0x40;

    let (&[version, _pad, low, high], _) = data.split_first_chunk()?;
    if version != 0 {
        return None;
    }
    let (header, mut frame) = data.split_at_checked(u16::from_le_bytes([low, high]).into())?;
    let word = |at: usize| header.get(at..)?.first_chunk().copied().map(u32::from_le_bytes);
    let present = word(4)?;
    let mut at = 8;
    // Further words of presence follow the first.
    let mut last = present;
    while last & MORE != 0 {
        last = word(at)?;
        at += 4;
    }
    if present & TSFT != 0 {
        at = at.next_multiple_of(8) + 8;
    }
    let mut flags = 0;
    if present & FLAGS != 0 {
        flags = *header.get(at)?;
        at += 1;
    }
    if present & RATE != 0 {
        at += 1;
    }
    let mut frequency = None;
    if present & CHANNEL != 0 {
        at = at.next_multiple_of(2);
        let octets = header.get(at..)?.first_chunk()?;
        frequency = Some(u16::from_le_bytes(*octets).into());
    }
    if flags & FLAG_FCS_AT_END != 0 {
        frame = frame.get(..frame.len().checked_sub(FCS_LEN)?)?;
    }
    Some(Radiotap { frequency, bad_fcs: flags & FLAG_BAD_FCS != 0, frame })
}

/// Bits of Frame Control (IEEE 802.11-2020 §9.2.4.1).
mod control {
    pub(super) const TYPE: u16 = 0x000f;
    pub(super) const MANAGEMENT: u16 = 0x0000;
    pub(super) const DATA: u16 = 0x0008;
    pub(super) const NO_DATA: u16 = 0x0040;
    pub(super) const QOS: u16 = 0x0080;
    pub(super) const TO_DS: u16 = 0x0100;
    pub(super) const FROM_DS: u16 = 0x0200;
    pub(super) const RETRY: u16 = 0x0800;
    pub(super) const PROTECTED: u16 = 0x4000;
    pub(super) const HTC: u16 = 0x8000;
}

fn frame(bytes: &[u8]) -> Heard<'_> {
    let Some(bits) = bytes.first_chunk().copied().map(u16::from_le_bytes) else { return Heard::Malformed };
    match bits & control::TYPE {
        // An encrypted management frame says nothing to those without its keys.
        control::MANAGEMENT if bits & control::PROTECTED != 0 => Heard::Nothing,
        control::MANAGEMENT => match Frame::parse(bytes) {
            Ok(frame) => Heard::Management { frame, retry: frame.header.frame_control.is_retry() },
            Err(_) => Heard::Malformed,
        },
        control::DATA if bits & control::NO_DATA == 0 => data(bits, bytes),
        _ => Heard::Nothing,
    }
}

fn data(bits: u16, bytes: &[u8]) -> Heard<'_> {
    let address = |at: usize| bytes.get(at..).and_then(MacAddr::from_slice);
    let (Some(receiver), Some(transmitter), Some(sequence)) =
        (address(4), address(10), bytes.get(22..).and_then(|rest| rest.first_chunk().copied()))
    else {
        return Heard::Malformed;
    };
    let bssid = match (bits & control::TO_DS != 0, bits & control::FROM_DS != 0) {
        (true, false) => receiver,
        (false, true) => transmitter,
        // Between access points, or without one: there is none such in Wi-Fi Direct.
        _ => return Heard::Nothing,
    };
    let mut header = 24;
    if bits & control::QOS != 0 {
        header += if bits & control::HTC != 0 { 6 } else { 2 };
    }
    let content = if bits & control::PROTECTED != 0 {
        Content::Protected(bytes)
    } else {
        bytes.get(header..).and_then(eapol).map_or(Content::Other, Content::Eapol)
    };
    let sequence = u16::from_le_bytes(sequence);
    Heard::Data(Data { receiver, transmitter, bssid, retry: bits & control::RETRY != 0, sequence, content })
}

/// The EAPOL PDU behind LLC and SNAP headers (IEEE 802.2, RFC 1042).
pub fn eapol(body: &[u8]) -> Option<&[u8]> {
    let [high, low] = eapol::ETHERTYPE.to_be_bytes();
    body.strip_prefix(&[0xaa, 0xaa, 3, 0, 0, 0, high, low])
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    const DEAUTHENTICATION: &[u8] = b"\xc0\0\0\0\x02\0\0\0\0\x01\x02\0\0\0\0\x02\x02\0\0\0\0\x02\x10\0\x03\0";

    fn heard(header: &[u8], frame: &[u8]) -> (String, Option<u32>) {
        let data = [header, frame].concat();
        let (heard, frequency) = open(&Packet { time: Duration::ZERO, link: LinkType::Radiotap, data: &data });
        (format!("{heard:?}").split([' ', '(']).next().unwrap().to_owned(), frequency)
    }

    #[test]
    fn radiotap_headers() {
        let channel = [0, 0, 12, 0, 8, 0, 0, 0, 0x6c, 0x09, 0, 0];
        assert_eq!(heard(&channel, DEAUTHENTICATION), ("Management".into(), Some(2412)));
        // TSFT, Flags (FCS at the end, and wrong), Rate, Channel.
        let mut full = vec![0, 0, 22, 0, 0x0f, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0x50, 2, 0x6c, 0x09, 0, 0];
        assert_eq!(heard(&full, &[DEAUTHENTICATION, &[0; 4]].concat()), ("BadFcs".into(), Some(2412)));
        full[16] = 0x10;
        assert_eq!(heard(&full, &[DEAUTHENTICATION, &[0; 4]].concat()), ("Management".into(), Some(2412)));
        assert_eq!(heard(&full, &[0xc0]), ("Malformed".into(), None), "no room for the FCS");
        // A second word of presence shifts the fields.
        let two = [0, 0, 16, 0, 8, 0, 0, 0x80, 0, 0, 0, 0, 0x6c, 0x09, 0, 0];
        assert_eq!(heard(&two, DEAUTHENTICATION).1, Some(2412));
        // Words of presence without end, and a header longer than the packet.
        assert_eq!(heard(&[[0, 0, 255, 255].as_slice(), &[0xff; 300]].concat(), &[]).0, "Malformed");
        assert_eq!(heard(&[[0, 0, 200, 0].as_slice(), &[0xff; 196]].concat(), DEAUTHENTICATION).0, "Malformed");
    }

    #[test]
    fn data_frames() {
        let mut frame = b"\x88\x01\0\0\x02\0\0\0\0\x01\x02\0\0\0\0\x02\x02\0\0\0\0\x01\x10\0\0\0".to_vec();
        frame.extend(b"\xaa\xaa\x03\0\0\0\x88\x8e\x01\x01\0\0");
        let Heard::Data(data) = super::frame(&frame) else { panic!() };
        assert_eq!((data.bssid, data.transmitter), (MacAddr([2, 0, 0, 0, 0, 1]), MacAddr([2, 0, 0, 0, 0, 2])));
        assert!(matches!(data.content, Content::Eapol([1, 1, 0, 0])));
        frame[1] |= 0x40;
        let Heard::Data(data) = super::frame(&frame) else { panic!() };
        assert!(matches!(data.content, Content::Protected(_)));
        frame[1] = 3;
        assert!(matches!(super::frame(&frame), Heard::Nothing), "four addresses");
    }

    proptest! {
        #[test]
        fn any_octets(data in prop::collection::vec(any::<u8>(), 0..80)) {
            for link in [LinkType::Ieee80211, LinkType::Radiotap, LinkType::Other(1)] {
                open(&Packet { time: Duration::ZERO, link, data: &data });
            }
        }
    }
}

//! Series of elements (IEEE 802.11-2020 §9.4.2).

#[cfg(feature = "alloc")]
use alloc::vec::Vec;
use core::iter::FusedIterator;

use crate::p2p::P2p;
use crate::wsc::Wsc;
use crate::{Joined, Malformed, Ssid};

/// The OUI of the Wi-Fi Alliance, under which P2P (type 9) and WFD (type 10) elements go.
pub const OUI_WFA: [u8; 3] = [0x50, 0x6f, 0x9a];

/// The OUI of Microsoft, under which WPA (type 1), WMM (type 2) and WSC (type 4) elements go.
pub const OUI_MICROSOFT: [u8; 3] = [0x00, 0x50, 0xf2];

/// Element IDs (IEEE 802.11-2020 Table 9-92).
pub mod id {
    /// SSID (§9.4.2.2).
    pub const SSID: u8 = 0;
    /// Supported Rates and BSS Membership Selectors (§9.4.2.3).
    pub const SUPPORTED_RATES: u8 = 1;
    /// DSSS Parameter Set (§9.4.2.4).
    pub const DSSS_PARAMETER_SET: u8 = 3;
    /// TIM (§9.4.2.5).
    pub const TIM: u8 = 5;
    /// Country (§9.4.2.8).
    pub const COUNTRY: u8 = 7;
    /// Power Constraint (§9.4.2.13).
    pub const POWER_CONSTRAINT: u8 = 32;
    /// Power Capability (§9.4.2.14).
    pub const POWER_CAPABILITY: u8 = 33;
    /// Supported Channels (§9.4.2.17).
    pub const SUPPORTED_CHANNELS: u8 = 36;
    /// Channel Switch Announcement (§9.4.2.18).
    pub const CHANNEL_SWITCH_ANNOUNCEMENT: u8 = 37;
    /// ERP (§9.4.2.11).
    pub const ERP: u8 = 42;
    /// HT Capabilities (§9.4.2.55).
    pub const HT_CAPABILITIES: u8 = 45;
    /// QoS Capability (§9.4.2.34).
    pub const QOS_CAPABILITY: u8 = 46;
    /// RSN (§9.4.2.24).
    pub const RSN: u8 = 48;
    /// Extended Supported Rates and BSS Membership Selectors (§9.4.2.12).
    pub const EXTENDED_SUPPORTED_RATES: u8 = 50;
    /// Timeout Interval (§9.4.2.48).
    pub const TIMEOUT_INTERVAL: u8 = 56;
    /// Supported Operating Classes (§9.4.2.53).
    pub const SUPPORTED_OPERATING_CLASSES: u8 = 59;
    /// Extended Channel Switch Announcement (§9.4.2.52).
    pub const EXTENDED_CHANNEL_SWITCH_ANNOUNCEMENT: u8 = 60;
    /// HT Operation (§9.4.2.56).
    pub const HT_OPERATION: u8 = 61;
    /// Secondary Channel Offset (§9.4.2.19).
    pub const SECONDARY_CHANNEL_OFFSET: u8 = 62;
    /// RM Enabled Capabilities (§9.4.2.44).
    pub const RM_ENABLED_CAPABILITIES: u8 = 70;
    /// Management MIC (§9.4.2.54).
    pub const MANAGEMENT_MIC: u8 = 76;
    /// Interworking (§9.4.2.91).
    pub const INTERWORKING: u8 = 107;
    /// Advertisement Protocol (§9.4.2.92).
    pub const ADVERTISEMENT_PROTOCOL: u8 = 108;
    /// Extended Capabilities (§9.4.2.26).
    pub const EXTENDED_CAPABILITIES: u8 = 127;
    /// VHT Capabilities (§9.4.2.157).
    pub const VHT_CAPABILITIES: u8 = 191;
    /// VHT Operation (§9.4.2.158).
    pub const VHT_OPERATION: u8 = 192;
    /// Wide Bandwidth Channel Switch (§9.4.2.160).
    pub const WIDE_BANDWIDTH_CHANNEL_SWITCH: u8 = 194;
    /// Channel Switch Wrapper (§9.4.2.163).
    pub const CHANNEL_SWITCH_WRAPPER: u8 = 196;
    /// Operating Mode Notification (§9.4.2.165).
    pub const OPERATING_MODE_NOTIFICATION: u8 = 199;
    /// Vendor Specific (§9.4.2.25).
    pub const VENDOR_SPECIFIC: u8 = 221;
    /// Fragment (§9.4.2.187).
    pub const FRAGMENT: u8 = 242;
    /// RSN Extension (§9.4.2.241).
    pub const RSN_EXTENSION: u8 = 244;
    /// Those that a further octet, the Element ID Extension, tells apart (§9.4.2.1).
    pub const EXTENSION: u8 = 255;

    /// Element ID Extensions.
    pub mod extension {
        /// HE Capabilities (IEEE 802.11ax-2021 §9.4.2.248).
        pub const HE_CAPABILITIES: u8 = 35;
        /// HE Operation (IEEE 802.11ax-2021 §9.4.2.249).
        pub const HE_OPERATION: u8 = 36;
        /// HE 6 GHz Band Capabilities (IEEE 802.11ax-2021 §9.4.2.263).
        pub const HE_6GHZ_CAPABILITIES: u8 = 59;
        /// EHT Operation (IEEE 802.11be-2024 §9.4.2.321).
        pub const EHT_OPERATION: u8 = 106;
        /// EHT Capabilities (IEEE 802.11be-2024 §9.4.2.323).
        pub const EHT_CAPABILITIES: u8 = 108;
    }
}

/// One element.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Element<'a> {
    /// Element ID, see [`id`].
    pub id: u8,
    /// Element ID Extension, in an element of ID 255 that is not empty.
    pub extension: Option<u8>,
    /// What follows the length octet and, where there is one, the extension octet.
    pub body: &'a [u8],
    /// Where the element begins (its ID octet), in octets from the start of the series.
    pub offset: usize,
}

impl<'a> Element<'a> {
    /// Where [`body`](Self::body) begins, in octets from the start of the series.
    pub const fn body_offset(&self) -> usize {
        self.offset + 2 + self.extension.is_some() as usize
    }

    /// Where the next element begins.
    const fn end(&self) -> usize {
        self.body_offset() + self.body.len()
    }

    /// Whether a Fragment element may go on with this one: its length octet says 255 (IEEE 802.11-2020 §10.28.11).
    const fn is_full(&self) -> bool {
        self.end() - self.offset == 2 + 255
    }

    /// The OUI, vendor type and the rest of a vendor specific element; `None` for other elements and shorter ones.
    pub fn vendor(&self) -> Option<([u8; 3], u8, &'a [u8])> {
        match (self.id, self.body.split_first_chunk::<4>()) {
            (id::VENDOR_SPECIFIC, Some((&[a, b, c, kind], rest))) => Some(([a, b, c], kind, rest)),
            _ => None,
        }
    }
}

/// A series of elements, read leniently: iteration ends where an element is cut off. See [`check`](crate::check) for the
/// strict way.
///
/// ```
/// use ieee80211_ies::{Elements, id};
///
/// let elements = Elements::new(b"\x00\x07DIRECT-\x03\x01\x06");
/// assert_eq!(elements.ssid()?.unwrap().as_bytes(), b"DIRECT-");
/// assert_eq!(elements.find(id::DSSS_PARAMETER_SET).unwrap().body, [6]);
/// assert_eq!(elements.iter().map(|element| element.id).collect::<Vec<_>>(), [0, 3]);
/// # Ok::<_, ieee80211_ies::Malformed>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Elements<'a>(&'a [u8]);

impl<'a> Elements<'a> {
    /// The elements in `bytes`, which begin with an element ID.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The bytes handed in.
    pub const fn bytes(&self) -> &'a [u8] {
        self.0
    }

    /// Whether there are no bytes.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every whole element, in order.
    pub const fn iter(&self) -> ElementIter<'a> {
        ElementIter { rest: self.0, offset: 0 }
    }

    /// The first element of this ID (for 255 see [`find_extension`](Self::find_extension)).
    pub fn find(&self, id: u8) -> Option<Element<'a>> {
        self.iter().find(|element| element.id == id)
    }

    /// The first element of this ID with its ID and length octets, as a message integrity check or a comparison of RSN
    /// elements wants it.
    pub fn find_whole(&self, id: u8) -> Option<&'a [u8]> {
        let element = self.find(id)?;
        self.0.get(element.offset..element.offset + 2 + element.body.len() + usize::from(element.extension.is_some()))
    }

    /// The first element of ID 255 with this Element ID Extension.
    pub fn find_extension(&self, extension: u8) -> Option<Element<'a>> {
        self.iter().find(|element| element.extension == Some(extension))
    }

    /// The body of an element of the series with those of the Fragment elements that go on with it (IEEE 802.11-2020
    /// §10.28.12). An element that is not fragmented is borrowed.
    ///
    /// ```
    /// use ieee80211_ies::{Elements, emit_fragmented, id};
    ///
    /// let mut bytes = Vec::new();
    /// emit_fragmented(id::EXTENSION, Some(108), &[7; 600], &mut bytes);
    /// let elements = Elements::new(&bytes);
    /// assert_eq!(elements.iter().map(|element| element.id).collect::<Vec<_>>(), [255, 242, 242]);
    /// let element = elements.find_extension(108).unwrap();
    /// assert_eq!(elements.defragmented(&element)?.bytes(), [7; 600]);
    /// # Ok::<_, ieee80211_ies::Malformed>(())
    /// ```
    ///
    /// # Errors
    /// [`Rule::TooLong`](crate::Rule::TooLong) when all hold more than [`MAX_JOINED`](crate::MAX_JOINED) octets.
    pub fn defragmented(&self, element: &Element<'a>) -> Result<Joined<'a>, Malformed> {
        let rest = self.0.get(element.end()..).unwrap_or_default();
        let mut whole = element.is_full();
        let fragments = Elements::new(rest).into_iter().take_while(move |fragment| {
            let goes_on = whole && fragment.id == id::FRAGMENT;
            whole = fragment.is_full();
            goes_on
        });
        let fragments = fragments.map(|fragment| (element.end() + fragment.offset, fragment.body));
        let pieces = core::iter::once((element.offset, element.body)).chain(fragments);
        Ok(Joined::from_pieces(pieces, "fragmented element")?.unwrap_or(Joined::borrowed(element.body)))
    }

    /// All vendor specific elements of this OUI and type, each by itself: its whole element and what follows the type.
    pub fn vendor_elements(&self, oui: [u8; 3], kind: u8) -> impl Iterator<Item = (Element<'a>, &'a [u8])> {
        self.iter().filter_map(move |element| match element.vendor() {
            Some((o, k, rest)) if (o, k) == (oui, kind) => Some((element, rest)),
            _ => None,
        })
    }

    /// All vendor specific elements of this OUI and type joined into one, or `None` when there is none.
    ///
    /// # Errors
    /// [`Rule::TooLong`](crate::Rule::TooLong) when several hold more than [`MAX_JOINED`](crate::MAX_JOINED) octets.
    pub fn vendor(&self, oui: [u8; 3], kind: u8) -> Result<Option<Joined<'a>>, Malformed> {
        let pieces = self.vendor_elements(oui, kind).map(|(element, rest)| (element.offset, rest));
        Joined::from_pieces(pieces, "vendor specific elements")
    }

    /// As [`vendor`](Self::vendor), without an allocation in any case: several elements are joined in `buffer`, for which
    /// [`MAX_JOINED`](crate::MAX_JOINED) octets are always enough.
    ///
    /// ```
    /// use ieee80211_ies::p2p::{self, P2p};
    /// use ieee80211_ies::{Elements, MAX_JOINED, OUI_WFA};
    ///
    /// // A P2P Capability that begins in one P2P element and ends in the next.
    /// let elements = Elements::new(b"\xdd\x08\x50\x6f\x9a\x09\x02\x02\x00\x25\xdd\x05\x50\x6f\x9a\x09\x01");
    /// let mut buffer = [0; MAX_JOINED];
    /// let joined = elements.vendor_in(OUI_WFA, p2p::OUI_TYPE, &mut buffer)?.unwrap();
    /// assert_eq!(P2p::from_joined(joined)?.capability().unwrap().group, 1);
    /// # Ok::<_, ieee80211_ies::Malformed>(())
    /// ```
    ///
    /// # Errors
    /// [`Rule::TooLong`](crate::Rule::TooLong) when several hold more than `buffer` has room for.
    pub fn vendor_in<'b>(&self, oui: [u8; 3], kind: u8, buffer: &'b mut [u8]) -> Result<Option<Joined<'b>>, Malformed>
    where
        'a: 'b,
    {
        let pieces = self.vendor_elements(oui, kind).map(|(element, rest)| (element.offset, rest));
        Joined::in_buffer(pieces, "vendor specific elements", buffer)
    }

    /// As [`vendor`](Self::vendor), read by `read`, with the offset of an error put in relation to the series.
    pub(crate) fn vendor_as<T>(
        &self,
        oui: [u8; 3],
        kind: u8,
        read: impl FnOnce(Joined<'a>) -> Result<T, Malformed>,
    ) -> Result<Option<T>, Malformed> {
        let Some(joined) = self.vendor(oui, kind)? else { return Ok(None) };
        read(joined).map(Some).map_err(|error| {
            let mut left = error.offset;
            let mut offset = self.0.len();
            for (element, body) in self.vendor_elements(oui, kind) {
                offset = element.offset + 6 + left.min(body.len());
                if left <= body.len() {
                    break;
                }
                left -= body.len();
            }
            Malformed { offset, ..error }
        })
    }

    /// The SSID element, or `None` when there is none.
    ///
    /// # Errors
    /// [`Rule::TooLong`](crate::Rule::TooLong) for an SSID of more than 32 octets.
    pub fn ssid(&self) -> Result<Option<Ssid>, Malformed> {
        let Some(element) = self.find(id::SSID) else { return Ok(None) };
        match Ssid::new(element.body) {
            Ok(ssid) => Ok(Some(ssid)),
            Err(error) => Err(Malformed { offset: element.offset, ..error }),
        }
    }

    /// The attributes of all P2P elements, or `None` when there is no such element.
    ///
    /// # Errors
    /// What [`P2p::parse`] says.
    pub fn p2p(&self) -> Result<Option<P2p<'a>>, Malformed> {
        P2p::find(*self)
    }

    /// The attributes of all WSC elements, or `None` when there is no such element.
    ///
    /// # Errors
    /// What [`Wsc::parse`] says.
    pub fn wsc(&self) -> Result<Option<Wsc<'a>>, Malformed> {
        Wsc::find(*self)
    }
}

impl<'a> IntoIterator for Elements<'a> {
    type Item = Element<'a>;
    type IntoIter = ElementIter<'a>;

    fn into_iter(self) -> ElementIter<'a> {
        self.iter()
    }
}

impl<'a> From<&'a [u8]> for Elements<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::new(bytes)
    }
}

/// Iterates over the whole elements of a series; made by [`Elements::iter`].
#[derive(Clone, Debug)]
pub struct ElementIter<'a> {
    rest: &'a [u8],
    offset: usize,
}

impl<'a> ElementIter<'a> {
    /// What has not been read: after the last element, a tail that is none.
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }
}

impl<'a> Iterator for ElementIter<'a> {
    type Item = Element<'a>;

    fn next(&mut self) -> Option<Element<'a>> {
        let (&[id, len], rest) = self.rest.split_first_chunk()?;
        let (body, after) = rest.split_at_checked(len.into())?;
        let offset = self.offset;
        self.offset += 2 + body.len();
        self.rest = after;
        Some(match (id, body.split_first()) {
            (id::EXTENSION, Some((&extension, body))) => Element { id, extension: Some(extension), body, offset },
            _ => Element { id, extension: None, body, offset },
        })
    }
}

impl FusedIterator for ElementIter<'_> {}

/// Appends an element. A body has at most 255 octets; what is beyond them is not written.
#[cfg(feature = "alloc")]
pub fn emit_element(id: u8, body: &[u8], out: &mut Vec<u8>) {
    let body = body.get(..255).unwrap_or(body);
    out.extend_from_slice(&[id, body.len() as u8]);
    out.extend_from_slice(body);
}

/// Appends an element and, where its body is longer than the 255 octets that one holds (254 behind an Element ID Extension),
/// Fragment elements with the rest (IEEE 802.11-2020 §10.28.11). Vendor specific elements of Wi-Fi P2P are not fragmented so:
/// see [`emit_vendor_elements`].
#[cfg(feature = "alloc")]
pub fn emit_fragmented(id: u8, extension: Option<u8>, body: &[u8], out: &mut Vec<u8>) {
    let room = 255 - usize::from(extension.is_some());
    let (first, rest) = body.split_at_checked(room).unwrap_or((body, &[]));
    out.extend_from_slice(&[id, first.len() as u8 + u8::from(extension.is_some())]);
    out.extend(extension);
    out.extend_from_slice(first);
    rest.chunks(255).for_each(|fragment| emit_element(id::FRAGMENT, fragment, out));
}

/// Appends `body` as one vendor specific element of this OUI and type, or as several where it has more than the 251
/// octets that one holds. An empty body makes one element.
#[cfg(feature = "alloc")]
pub fn emit_vendor_elements(oui: [u8; 3], kind: u8, body: &[u8], out: &mut Vec<u8>) {
    let mut rest = body;
    loop {
        let (piece, after) = rest.split_at_checked(251).unwrap_or((rest, &[]));
        out.extend_from_slice(&[id::VENDOR_SPECIFIC, piece.len() as u8 + 4, oui[0], oui[1], oui[2], kind]);
        out.extend_from_slice(piece);
        rest = after;
        if rest.is_empty() {
            return;
        }
    }
}

#[cfg(all(test, feature = "alloc"))]
mod tests {
    use std::vec;
    use std::vec::Vec;

    use proptest::prelude::*;

    use super::*;
    use crate::{Rule, check};

    #[test]
    fn a_cut_off_tail_ends_the_lenient_reading_and_fails_the_strict_one() {
        let bytes = [0, 2, b'a', b'b', 5, 9, 0];
        assert_eq!(Elements::new(&bytes).iter().count(), 1);
        assert_eq!(check(&bytes), Err(Malformed { offset: 4, what: "element", rule: Rule::TooShort }));
        assert_eq!(check(&bytes[..4]), Ok(()));
    }

    #[test]
    fn an_ssid_of_33_octets_is_refused() {
        let mut bytes = vec![200, 0];
        emit_element(id::SSID, &[b'x'; 33], &mut bytes);
        let error = Malformed { offset: 2, what: "SSID", rule: Rule::TooLong };
        assert_eq!(Elements::new(&bytes).ssid(), Err(error));
        assert_eq!(check(&bytes), Err(error));
    }

    #[test]
    fn extension_elements() {
        let bytes = [255, 3, 7, 1, 2, 255, 0];
        let elements = Elements::new(&bytes);
        assert_eq!(elements.find_extension(7).unwrap().body, [1, 2]);
        assert_eq!(elements.iter().nth(1).unwrap().extension, None);
        assert_eq!(check(&bytes).unwrap_err().offset, 5);
    }

    #[test]
    fn too_much_to_join_is_an_error() {
        let mut bytes = Vec::new();
        emit_vendor_elements(OUI_WFA, 9, &[7; crate::MAX_JOINED], &mut bytes);
        assert_eq!(Elements::new(&bytes).vendor(OUI_WFA, 9).unwrap().unwrap().len(), crate::MAX_JOINED);
        emit_vendor_elements(OUI_WFA, 9, &[7], &mut bytes);
        assert_eq!(Elements::new(&bytes).vendor(OUI_WFA, 9).unwrap_err().rule, Rule::TooLong);
    }

    proptest! {
        #[test]
        fn vendor_bodies_survive_splitting(body in proptest::collection::vec(any::<u8>(), 0..1200)) {
            let mut bytes = vec![0, 1, b'x'];
            emit_vendor_elements([0, 1, 2], 9, &body, &mut bytes);
            emit_vendor_elements([0, 1, 2], 10, b"other", &mut bytes);
            prop_assert_eq!(check(&bytes), Ok(()));
            let joined = Elements::new(&bytes).vendor([0, 1, 2], 9).unwrap().unwrap();
            prop_assert_eq!(joined.bytes(), &body[..]);
        }

        #[test]
        fn elements_lie_where_they_say(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let _ = check(&bytes);
            for element in Elements::new(&bytes) {
                prop_assert_eq!(bytes[element.offset], element.id);
                let start = element.offset + 2 + usize::from(element.extension.is_some());
                prop_assert_eq!(&bytes[start..start + element.body.len()], element.body);
            }
        }
    }
}

//! The WFD element of Wi-Fi Display: vendor specific, OUI 50:6F:9A, type 10, holding subelements
//! (Wi-Fi Display v2.1 §5.1).

#[cfg(feature = "alloc")]
use alloc::vec::Vec;
use core::iter::FusedIterator;

use nom::multi::length_data;
use nom::number::complete::{be_u16, u8 as octet};
use nom::{IResult, Parser};

use crate::cursor::Cursor;
use crate::{Elements, Joined, MacAddr, Malformed, OUI_WFA, Rule};

/// The vendor type of WFD elements under [`OUI_WFA`].
pub const OUI_TYPE: u8 = 10;

/// Subelement IDs (Wi-Fi Display v2.1 Table 27).
pub mod subelement {
    /// WFD Device Information.
    pub const DEVICE_INFORMATION: u8 = 0;
    /// Associated BSSID.
    pub const ASSOCIATED_BSSID: u8 = 1;
    /// WFD Audio Formats.
    pub const AUDIO_FORMATS: u8 = 2;
    /// WFD Video Formats.
    pub const VIDEO_FORMATS: u8 = 3;
    /// WFD 3D Video Formats.
    pub const VIDEO_FORMATS_3D: u8 = 4;
    /// WFD Content Protection.
    pub const CONTENT_PROTECTION: u8 = 5;
    /// Coupled Sink Information.
    pub const COUPLED_SINK_INFORMATION: u8 = 6;
    /// WFD Extended Capability.
    pub const EXTENDED_CAPABILITY: u8 = 7;
    /// Local IP Address.
    pub const LOCAL_IP_ADDRESS: u8 = 8;
    /// WFD Session Information.
    pub const SESSION_INFORMATION: u8 = 9;
    /// Alternative MAC Address.
    pub const ALTERNATIVE_MAC_ADDRESS: u8 = 10;
    /// WFD R2 Device Information.
    pub const R2_DEVICE_INFORMATION: u8 = 11;
}

/// One subelement as it stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Subelement<'a> {
    /// Subelement ID, see [`subelement`].
    pub id: u8,
    /// What follows the length field.
    pub body: &'a [u8],
}

/// Iterates over subelements leniently, known or not: it ends where one is cut off.
#[derive(Clone, Debug)]
pub struct Subelements<'a>(&'a [u8]);

impl<'a> Subelements<'a> {
    /// The subelements in the joined bodies of WFD elements.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// What has not been read: after the last subelement, a tail that is none.
    pub const fn rest(&self) -> &'a [u8] {
        self.0
    }
}

impl<'a> Iterator for Subelements<'a> {
    type Item = Subelement<'a>;

    fn next(&mut self) -> Option<Subelement<'a>> {
        let (rest, (id, body)) = id_and_body(self.0).ok()?;
        self.0 = rest;
        Some(Subelement { id, body })
    }
}

impl FusedIterator for Subelements<'_> {}

fn id_and_body(input: &[u8]) -> IResult<&[u8], (u8, &[u8])> {
    let (input, id) = octet(input)?;
    let (input, body) = length_data(be_u16).parse(input)?;
    Ok((input, (id, body)))
}

/// WFD Device Information (Wi-Fi Display v2.1 §5.1.2).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct DeviceInformation {
    /// Bitmap: device type in bits 0 and 1 (0 source, 1 primary sink, 2 secondary sink, 3 both), session availability
    /// in bits 4 and 5.
    pub bitmap: u16,
    /// TCP port on which the source listens for RTSP.
    pub control_port: u16,
    /// WFD Device Maximum Throughput in Mb/s.
    pub max_throughput: u16,
}

/// The subelements of all WFD elements of a frame. Where one occurs several times the last counts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wfd<'a>(Joined<'a>);

impl<'a> Wfd<'a> {
    /// Checks the joined bodies of WFD elements, that is, what follows OUI and type.
    ///
    /// # Errors
    /// The first subelement that is cut off.
    pub fn parse(subelements: &'a [u8]) -> Result<Self, Malformed> {
        Self::from_joined(Joined::borrowed(subelements))
    }

    fn from_joined(joined: Joined<'a>) -> Result<Self, Malformed> {
        let mut subelements = Subelements::new(&joined);
        subelements.by_ref().for_each(drop);
        if !subelements.rest().is_empty() {
            let offset = joined.len() - subelements.rest().len();
            return Err(Malformed { offset, what: "WFD subelement", rule: Rule::TooShort });
        }
        Ok(Self(joined))
    }

    /// The WFD elements of a series, joined and checked, or `None` when there is none.
    ///
    /// # Errors
    /// As [`parse`](Self::parse), with offsets into the series; and more to join than fits.
    pub fn find(elements: Elements<'a>) -> Result<Option<Self>, Malformed> {
        elements.vendor_as(OUI_WFA, OUI_TYPE, Self::from_joined)
    }

    /// Every subelement, known or not, in order.
    pub fn subelements(&self) -> Subelements<'_> {
        Subelements::new(&self.0)
    }

    /// The bytes of the subelements.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The last subelement of this ID.
    pub fn subelement(&self, id: u8) -> Option<&[u8]> {
        self.subelements().filter(|subelement| subelement.id == id).last().map(|subelement| subelement.body)
    }

    /// WFD Device Information; `None` also where it is too short.
    pub fn device_information(&self) -> Option<DeviceInformation> {
        let mut cursor = Cursor::new(self.subelement(subelement::DEVICE_INFORMATION)?, 0, "WFD Device Information");
        let [bitmap, control_port, max_throughput] = [cursor.be16().ok()?, cursor.be16().ok()?, cursor.be16().ok()?];
        Some(DeviceInformation { bitmap, control_port, max_throughput })
    }

    /// Associated BSSID: the access point that the device is associated with.
    pub fn associated_bssid(&self) -> Option<MacAddr> {
        MacAddr::from_slice(self.subelement(subelement::ASSOCIATED_BSSID)?)
    }
}

impl DeviceInformation {
    /// The body of the subelement.
    pub const fn to_bytes(&self) -> [u8; 6] {
        let [[a, b], [c, d], [e, f]] =
            [self.bitmap.to_be_bytes(), self.control_port.to_be_bytes(), self.max_throughput.to_be_bytes()];
        [a, b, c, d, e, f]
    }
}

/// Appends a WFD element with these subelements, or several where one cannot hold them. A subelement with more than the
/// 65535 octets that its length field can say is left out.
///
/// ```
/// use ieee80211_ies::{Elements, wfd::{self, DeviceInformation, Subelement, Wfd, subelement}};
///
/// let information = DeviceInformation { bitmap: 0x0011, control_port: 7236, max_throughput: 50 };
/// let mut elements = Vec::new();
/// let body = &information.to_bytes();
/// wfd::emit(&[Subelement { id: subelement::DEVICE_INFORMATION, body }], &mut elements);
/// let read = Wfd::find(Elements::new(&elements))?.unwrap();
/// assert_eq!(read.device_information(), Some(information));
/// # Ok::<_, ieee80211_ies::Malformed>(())
/// ```
#[cfg(feature = "alloc")]
pub fn emit(subelements: &[Subelement<'_>], out: &mut Vec<u8>) {
    let mut bytes = Vec::new();
    for subelement in subelements {
        if let Ok(len) = u16::try_from(subelement.body.len()) {
            bytes.push(subelement.id);
            bytes.extend_from_slice(&len.to_be_bytes());
            bytes.extend_from_slice(subelement.body);
        }
    }
    crate::emit_vendor_elements(OUI_WFA, OUI_TYPE, &bytes, out);
}

#[cfg(all(test, feature = "alloc"))]
mod tests {
    use proptest::collection::vec as vec_of;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn cut_off_subelements() {
        assert_eq!(Wfd::parse(&[0, 0, 6, 0, 0, 0]).unwrap_err().rule, Rule::TooShort);
        assert_eq!(Wfd::parse(&[9, 0, 0, 1, 0, 9]).unwrap_err().offset, 3);
        assert_eq!(Wfd::parse(&[0, 0, 1, 0]).unwrap().device_information(), None);
    }

    proptest! {
        #[test]
        fn subelements_round_trip(bodies in vec_of((any::<u8>(), vec_of(any::<u8>(), 0..200)), 0..6)) {
            let subelements: Vec<_> = bodies.iter().map(|(id, body)| Subelement { id: *id, body }).collect();
            let mut elements = Vec::new();
            emit(&subelements, &mut elements);
            let wfd = Wfd::find(Elements::new(&elements)).unwrap().unwrap();
            prop_assert_eq!(wfd.subelements().collect::<Vec<_>>(), subelements);
        }

        #[test]
        fn arbitrary_bytes_do_no_harm(bytes in vec_of(any::<u8>(), 0..100)) {
            if let Ok(wfd) = Wfd::parse(&bytes) {
                let _ = (wfd.device_information(), wfd.associated_bssid());
            }
        }
    }
}

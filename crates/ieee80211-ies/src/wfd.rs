//! The WFD element of Wi-Fi Display: vendor specific, OUI 50:6F:9A, type 10, holding subelements
//! (Wi-Fi Display v2.1 §5.1).

#[cfg(feature = "alloc")]
use alloc::vec::Vec;
use core::iter::FusedIterator;

use nom::multi::length_data;
use nom::number::complete::{be_u16, u8 as octet};
use nom::{IResult, Parser};

use crate::cursor::Cursor;
use crate::strict::Seen;
use crate::{Elements, Joined, MacAddr, Malformed, OUI_WFA, Rule};

/// The vendor type of WFD elements under [`OUI_WFA`].
pub const OUI_TYPE: u8 = 10;

/// Subelement IDs (Wi-Fi Display v2.1 Table 27).
pub mod subelement {
    macro_rules! ids {
        ($($value:literal $name:ident $text:literal)*) => {
            $(#[doc = $text] pub const $name: u8 = $value;)*

            /// The name of a subelement in the specification, or `None` for an ID that it does not define.
            pub const fn name(id: u8) -> Option<&'static str> {
                match id {
                    $($value => Some($text),)*
                    _ => None,
                }
            }
        };
    }

    ids! {
        0 DEVICE_INFORMATION "WFD Device Information"
        1 ASSOCIATED_BSSID "Associated BSSID"
        2 AUDIO_FORMATS "WFD Audio Formats"
        3 VIDEO_FORMATS "WFD Video Formats"
        4 VIDEO_FORMATS_3D "WFD 3D Video Formats"
        5 CONTENT_PROTECTION "WFD Content Protection"
        6 COUPLED_SINK_INFORMATION "Coupled Sink Information"
        7 EXTENDED_CAPABILITY "WFD Extended Capability"
        8 LOCAL_IP_ADDRESS "Local IP Address"
        9 SESSION_INFORMATION "WFD Session Information"
        10 ALTERNATIVE_MAC_ADDRESS "Alternative MAC Address"
        11 R2_DEVICE_INFORMATION "WFD R2 Device Information"
    }
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

/// WFD Audio Formats (Wi-Fi Display v2.1 §5.1.4): of each codec the modes and the decoder's latency in units of 5 ms.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct AudioFormats {
    /// LPCM: bitmap of modes, latency.
    pub lpcm: (u32, u8),
    /// AAC: bitmap of modes, latency.
    pub aac: (u32, u8),
    /// AC-3: bitmap of modes, latency.
    pub ac3: (u32, u8),
}

/// What WFD Video Formats and WFD 3D Video Formats say alike of H.264.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct H264 {
    /// Native resolution and refresh rate: which table in bits 0 to 2, the index into it in bits 3 to 7.
    pub native: u8,
    /// Bitmap of profiles.
    pub profiles: u8,
    /// Bitmap of levels.
    pub levels: u8,
    /// The decoder's latency in units of 5 ms.
    pub latency: u8,
    /// Minimum Slice Size in macroblocks.
    pub minimum_slice: u16,
    /// Slice Encoding Parameters.
    pub slice_encoding: u16,
    /// Frame Rate Control Support: a bitmap.
    pub frame_rate_control: u8,
}

/// WFD Video Formats (Wi-Fi Display v2.1 §5.1.5).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct VideoFormats {
    /// Bitmap of CEA resolutions and refresh rates.
    pub cea: u32,
    /// Bitmap of VESA resolutions and refresh rates.
    pub vesa: u32,
    /// Bitmap of the resolutions and refresh rates of handheld devices.
    pub handheld: u32,
    /// The rest.
    pub h264: H264,
}

/// WFD 3D Video Formats (Wi-Fi Display v2.1 §5.1.6).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct VideoFormats3d {
    /// Bitmap of 3D resolutions and refresh rates.
    pub capability: u64,
    /// The rest.
    pub h264: H264,
}

/// Coupled Sink Information (Wi-Fi Display v2.1 §5.1.8).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct CoupledSink {
    /// Coupled Sink Status in bits 0 and 1: 0 not coupled, 1 coupled, 2 tearing down.
    pub status: u8,
    /// MAC address of the other sink, zero where there is none.
    pub address: MacAddr,
}

/// One WFD Device Info Descriptor of WFD Session Information (Wi-Fi Display v2.1 §5.1.11): a client of the sender's group.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct SessionDevice {
    /// P2P Device Address.
    pub address: MacAddr,
    /// The access point that the device is associated with, zero where there is none.
    pub associated_bssid: MacAddr,
    /// As [`DeviceInformation::bitmap`].
    pub bitmap: u16,
    /// In Mb/s.
    pub max_throughput: u16,
    /// Its coupled sink.
    pub coupled_sink: CoupledSink,
}

/// What the body of a known subelement has to be.
trait Known: Sized {
    fn read(cursor: &mut Cursor<'_>) -> Result<Self, Malformed>;
}

impl Known for DeviceInformation {
    fn read(c: &mut Cursor<'_>) -> Result<Self, Malformed> {
        Ok(Self { bitmap: c.be16()?, control_port: c.be16()?, max_throughput: c.be16()? })
    }
}

impl Known for MacAddr {
    fn read(c: &mut Cursor<'_>) -> Result<Self, Malformed> {
        c.mac()
    }
}

impl Known for u8 {
    fn read(c: &mut Cursor<'_>) -> Result<Self, Malformed> {
        c.u8()
    }
}

impl Known for u16 {
    fn read(c: &mut Cursor<'_>) -> Result<Self, Malformed> {
        c.be16()
    }
}

impl Known for AudioFormats {
    fn read(c: &mut Cursor<'_>) -> Result<Self, Malformed> {
        Ok(Self { lpcm: (c.be32()?, c.u8()?), aac: (c.be32()?, c.u8()?), ac3: (c.be32()?, c.u8()?) })
    }
}

impl Known for H264 {
    fn read(c: &mut Cursor<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            native: c.u8()?,
            profiles: c.u8()?,
            levels: c.u8()?,
            latency: c.u8()?,
            minimum_slice: c.be16()?,
            slice_encoding: c.be16()?,
            frame_rate_control: c.u8()?,
        })
    }
}

impl Known for VideoFormats {
    fn read(c: &mut Cursor<'_>) -> Result<Self, Malformed> {
        Ok(Self { cea: c.be32()?, vesa: c.be32()?, handheld: c.be32()?, h264: H264::read(c)? })
    }
}

impl Known for VideoFormats3d {
    fn read(c: &mut Cursor<'_>) -> Result<Self, Malformed> {
        Ok(Self { capability: c.array().map(u64::from_be_bytes)?, h264: H264::read(c)? })
    }
}

impl Known for CoupledSink {
    fn read(c: &mut Cursor<'_>) -> Result<Self, Malformed> {
        Ok(Self { status: c.u8()?, address: c.mac()? })
    }
}

/// Version of a Local IP Address that is IPv4.
const IPV4: u8 = 1;

impl Known for [u8; 4] {
    fn read(c: &mut Cursor<'_>) -> Result<Self, Malformed> {
        let unknown = c.error(Rule::InvalidValue);
        if c.u8()? == IPV4 { c.array() } else { Err(unknown) }
    }
}

impl Known for SessionDevice {
    fn read(c: &mut Cursor<'_>) -> Result<Self, Malformed> {
        let len = c.u8()?;
        let c = &mut c.sub(len.into(), "WFD Device Info Descriptor")?;
        Ok(Self {
            address: c.mac()?,
            associated_bssid: c.mac()?,
            bitmap: c.be16()?,
            max_throughput: c.be16()?,
            coupled_sink: CoupledSink::read(c)?,
        })
    }
}

/// Whether a body has the form that the specification gives it: no octet less and none more.
fn check(id: u8, body: &[u8], offset: usize) -> Result<(), Malformed> {
    let Some(name) = subelement::name(id) else { return Ok(()) };
    let c = &mut Cursor::new(body, offset, name);
    match id {
        subelement::DEVICE_INFORMATION => DeviceInformation::read(c).map(drop)?,
        subelement::ASSOCIATED_BSSID | subelement::ALTERNATIVE_MAC_ADDRESS => MacAddr::read(c).map(drop)?,
        subelement::AUDIO_FORMATS => AudioFormats::read(c).map(drop)?,
        subelement::VIDEO_FORMATS => VideoFormats::read(c).map(drop)?,
        subelement::VIDEO_FORMATS_3D => VideoFormats3d::read(c).map(drop)?,
        subelement::CONTENT_PROTECTION => u8::read(c).map(drop)?,
        subelement::COUPLED_SINK_INFORMATION => CoupledSink::read(c).map(drop)?,
        subelement::EXTENDED_CAPABILITY | subelement::R2_DEVICE_INFORMATION => u16::read(c).map(drop)?,
        subelement::LOCAL_IP_ADDRESS => <[u8; 4]>::read(c).map(drop)?,
        _ => {
            while !c.is_empty() {
                SessionDevice::read(c)?;
            }
        }
    }
    if c.is_empty() { Ok(()) } else { Err(c.error(Rule::TooLong)) }
}

/// The subelements of all WFD elements of a frame. Where one occurs several times the last counts; a body that is too short for
/// its kind gives `None`, octets behind it are passed over.
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

    /// As [`parse`](Self::parse), of bodies that were joined before.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn from_joined(joined: Joined<'a>) -> Result<Self, Malformed> {
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

    fn known<T: Known>(&self, id: u8) -> Option<T> {
        T::read(&mut Cursor::new(self.subelement(id)?, 0, "WFD subelement")).ok()
    }

    /// WFD Device Information.
    pub fn device_information(&self) -> Option<DeviceInformation> {
        self.known(subelement::DEVICE_INFORMATION)
    }

    /// Associated BSSID: the access point that the device is associated with.
    pub fn associated_bssid(&self) -> Option<MacAddr> {
        self.known(subelement::ASSOCIATED_BSSID)
    }

    /// WFD Audio Formats.
    pub fn audio_formats(&self) -> Option<AudioFormats> {
        self.known(subelement::AUDIO_FORMATS)
    }

    /// WFD Video Formats.
    pub fn video_formats(&self) -> Option<VideoFormats> {
        self.known(subelement::VIDEO_FORMATS)
    }

    /// WFD 3D Video Formats.
    pub fn video_formats_3d(&self) -> Option<VideoFormats3d> {
        self.known(subelement::VIDEO_FORMATS_3D)
    }

    /// WFD Content Protection: a bitmap, HDCP 2.0 in bit 0, HDCP 2.1 in bit 1.
    pub fn content_protection(&self) -> Option<u8> {
        self.known(subelement::CONTENT_PROTECTION)
    }

    /// Coupled Sink Information.
    pub fn coupled_sink(&self) -> Option<CoupledSink> {
        self.known(subelement::COUPLED_SINK_INFORMATION)
    }

    /// WFD Extended Capability: a bitmap.
    pub fn extended_capability(&self) -> Option<u16> {
        self.known(subelement::EXTENDED_CAPABILITY)
    }

    /// Local IP Address, where it is one of IPv4.
    pub fn local_ip_address(&self) -> Option<[u8; 4]> {
        self.known(subelement::LOCAL_IP_ADDRESS)
    }

    /// WFD Session Information: the devices of the sender's group, up to the first descriptor that is cut off.
    pub fn session_devices(&self) -> impl Iterator<Item = SessionDevice> + '_ {
        let body = self.subelement(subelement::SESSION_INFORMATION).unwrap_or_default();
        let mut cursor = Cursor::new(body, 0, "WFD Session Information");
        core::iter::from_fn(move || if cursor.is_empty() { None } else { SessionDevice::read(&mut cursor).ok() })
    }

    /// Alternative MAC Address.
    pub fn alternative_mac_address(&self) -> Option<MacAddr> {
        self.known(subelement::ALTERNATIVE_MAC_ADDRESS)
    }

    /// WFD R2 Device Information: a bitmap.
    pub fn r2_device_information(&self) -> Option<u16> {
        self.known(subelement::R2_DEVICE_INFORMATION)
    }

    /// The strict reading: bodies have the form that the specification gives them, and none comes twice.
    pub(crate) fn check(joined: Joined<'a>) -> Result<(), Malformed> {
        let read = Self::from_joined(joined)?;
        let (mut seen, mut offset) = (Seen::default(), 0);
        for Subelement { id, body } in read.subelements() {
            check(id, body, offset + 3)?;
            if let Some(what) = subelement::name(id) {
                seen.once(id, what, offset)?;
            }
            offset += 3 + body.len();
        }
        Ok(())
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

impl AudioFormats {
    /// The body of the subelement.
    #[cfg(feature = "alloc")]
    pub fn to_bytes(&self) -> Vec<u8> {
        let codecs = [self.lpcm, self.aac, self.ac3];
        codecs.into_iter().flat_map(|(modes, latency)| modes.to_be_bytes().into_iter().chain([latency])).collect()
    }
}

#[cfg(feature = "alloc")]
impl H264 {
    fn emit(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[self.native, self.profiles, self.levels, self.latency]);
        out.extend_from_slice(&self.minimum_slice.to_be_bytes());
        out.extend_from_slice(&self.slice_encoding.to_be_bytes());
        out.push(self.frame_rate_control);
    }
}

#[cfg(feature = "alloc")]
impl VideoFormats {
    /// The body of the subelement.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out: Vec<u8> = [self.cea, self.vesa, self.handheld].into_iter().flat_map(u32::to_be_bytes).collect();
        self.h264.emit(&mut out);
        out
    }
}

#[cfg(feature = "alloc")]
impl VideoFormats3d {
    /// The body of the subelement.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = self.capability.to_be_bytes().to_vec();
        self.h264.emit(&mut out);
        out
    }
}

impl CoupledSink {
    /// The body of the subelement.
    pub const fn to_bytes(&self) -> [u8; 7] {
        let [a, b, c, d, e, f] = self.address.0;
        [self.status, a, b, c, d, e, f]
    }
}

/// The body of a Local IP Address subelement with an address of IPv4.
pub const fn local_ip_address([a, b, c, d]: [u8; 4]) -> [u8; 5] {
    [IPV4, a, b, c, d]
}

/// The body of a WFD Session Information subelement.
#[cfg(feature = "alloc")]
pub fn session_information(devices: &[SessionDevice]) -> Vec<u8> {
    /// Octets of a descriptor behind its length.
    const LEN: u8 = 23;
    let mut out = Vec::new();
    for device in devices {
        out.push(LEN);
        out.extend_from_slice(&device.address.0);
        out.extend_from_slice(&device.associated_bssid.0);
        out.extend_from_slice(&device.bitmap.to_be_bytes());
        out.extend_from_slice(&device.max_throughput.to_be_bytes());
        out.extend_from_slice(&device.coupled_sink.to_bytes());
    }
    out
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

    /// Layouts of Wi-Fi Display v2.1 §5.1.2 to §5.1.13, each with its length there.
    #[test]
    fn every_subelement() {
        let address = MacAddr([2, 0, 0, 0, 0, 7]);
        let h264 = H264 {
            native: 0x28,
            profiles: 3,
            levels: 4,
            latency: 5,
            minimum_slice: 0x0102,
            slice_encoding: 0x0304,
            frame_rate_control: 0x11,
        };
        let information = DeviceInformation { bitmap: 0x0111, control_port: 7236, max_throughput: 50 };
        let audio = AudioFormats { lpcm: (2, 1), aac: (0x0f, 2), ac3: (0x0102_0304, 0) };
        let video = VideoFormats { cea: 0x0001_ffff, vesa: 0x1fff_ffff, handheld: 0x0fff, h264 };
        let video_3d = VideoFormats3d { capability: 0x0102_0304_0506_0708, h264 };
        let coupled_sink = CoupledSink { status: 1, address };
        let bitmap = information.bitmap;
        let device = SessionDevice { address, associated_bssid: address, bitmap, max_throughput: 300, coupled_sink };
        let bodies: [(u8, Vec<u8>, usize); 12] = [
            (subelement::DEVICE_INFORMATION, information.to_bytes().to_vec(), 6),
            (subelement::ASSOCIATED_BSSID, address.0.to_vec(), 6),
            (subelement::AUDIO_FORMATS, audio.to_bytes(), 15),
            (subelement::VIDEO_FORMATS, video.to_bytes(), 21),
            (subelement::VIDEO_FORMATS_3D, video_3d.to_bytes(), 17),
            (subelement::CONTENT_PROTECTION, Vec::from([1]), 1),
            (subelement::COUPLED_SINK_INFORMATION, coupled_sink.to_bytes().to_vec(), 7),
            (subelement::EXTENDED_CAPABILITY, Vec::from([0, 9]), 2),
            (subelement::LOCAL_IP_ADDRESS, local_ip_address([192, 168, 49, 1]).to_vec(), 5),
            (subelement::SESSION_INFORMATION, session_information(&[device, device]), 48),
            (subelement::ALTERNATIVE_MAC_ADDRESS, address.0.to_vec(), 6),
            (subelement::R2_DEVICE_INFORMATION, Vec::from([0, 3]), 2),
        ];
        let mut elements = Vec::new();
        let subelements: Vec<_> = bodies.iter().map(|(id, body, _)| Subelement { id: *id, body }).collect();
        emit(&subelements, &mut elements);
        assert_eq!(crate::check(&elements), Ok(()));
        let wfd = Wfd::find(Elements::new(&elements)).unwrap().unwrap();
        assert_eq!(wfd.device_information(), Some(information));
        assert_eq!((wfd.associated_bssid(), wfd.alternative_mac_address()), (Some(address), Some(address)));
        assert_eq!((wfd.audio_formats(), wfd.video_formats()), (Some(audio), Some(video)));
        assert_eq!((wfd.video_formats_3d(), wfd.coupled_sink()), (Some(video_3d), Some(coupled_sink)));
        assert_eq!((wfd.content_protection(), wfd.extended_capability()), (Some(1), Some(9)));
        assert_eq!((wfd.local_ip_address(), wfd.r2_device_information()), (Some([192, 168, 49, 1]), Some(3)));
        assert_eq!(wfd.session_devices().collect::<Vec<_>>(), [device, device]);

        for (id, body, len) in &bodies {
            assert_eq!(body.len(), *len, "{:?}", subelement::name(*id));
            // Cut off, and with an octet too many, it is read leniently and named by the strict reading.
            let cut = [&[*id, 0, *len as u8 - 1], &body[..len - 1]].concat();
            let long = [&[*id, 0, *len as u8 + 1], &body[..], &[0]].concat();
            for (bytes, rule) in [(cut, Rule::TooShort), (long, Rule::TooLong)] {
                assert!(Wfd::parse(&bytes).is_ok());
                let error = Wfd::check(Joined::borrowed(&bytes)).unwrap_err();
                // A further descriptor may follow the descriptors of a session.
                let rule = if *id == subelement::SESSION_INFORMATION { Rule::TooShort } else { rule };
                assert_eq!((error.rule, error.offset >= 3), (rule, true), "{error}");
            }
        }
        let twice = Wfd::check(Joined::borrowed(&[5, 0, 1, 0, 5, 0, 1, 0])).unwrap_err();
        assert_eq!(twice, Malformed { offset: 4, what: "WFD Content Protection", rule: Rule::Repeated });
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
                let _ = (wfd.device_information(), wfd.associated_bssid(), wfd.audio_formats(), wfd.video_formats());
                let _ = (wfd.video_formats_3d(), wfd.coupled_sink(), wfd.session_devices().count());
                let _ = Wfd::check(Joined::borrowed(&bytes));
            }
        }
    }
}

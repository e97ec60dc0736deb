//! Capture files: pcap and pcapng, from a file or a pipe.

use std::borrow::Cow;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use pcap_file::pcap::PcapReader;
use pcap_file::pcapng::PcapNgReader;
use pcap_file::{DataLink, Endianness, PcapError, TsResolution};

/// What a packet begins with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LinkType {
    /// LINKTYPE_IEEE802_11: the MAC header.
    Ieee80211,
    /// LINKTYPE_IEEE802_11_RADIOTAP: a radiotap header.
    Radiotap,
    /// Another, by its number in the list of tcpdump.org.
    Other(u32),
}

impl From<DataLink> for LinkType {
    fn from(link: DataLink) -> Self {
        match link {
            DataLink::IEEE802_11 => Self::Ieee80211,
            DataLink::IEEE802_11_RADIOTAP => Self::Radiotap,
            other => Self::Other(other.into()),
        }
    }
}

/// One recorded packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Packet<'a> {
    /// When, since the epoch.
    pub time: Duration,
    /// What `data` begins with.
    pub link: LinkType,
    /// The octets that were kept.
    pub data: &'a [u8],
}

/// Why a capture cannot be read, or not to its end.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file is something else.
    #[error("this is not a capture: it {0}")]
    Foreign(&'static str),
    /// The file ends within a packet.
    #[error("the capture is truncated: it ends within a packet, {0} octets after its beginning")]
    Truncated(u64),
    /// A record that cannot be, so that nobody can tell where the next one begins.
    #[error("the capture is damaged, within the first {at} octets: {what}")]
    Damaged {
        /// Octets read until then.
        at: u64,
        /// What is wrong.
        what: String,
    },
    /// The file cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// How far the reading has come; to be looked at from another thread, too.
#[derive(Debug, Default)]
pub struct Progress {
    read: AtomicU64,
    ended: AtomicBool,
}

impl Progress {
    /// Octets read so far.
    pub fn read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }
}

struct Counted<R> {
    inner: R,
    progress: Arc<Progress>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.progress.read.fetch_add(read as u64, Ordering::Relaxed);
        self.progress.ended.store(read == 0 && !buffer.is_empty(), Ordering::Relaxed);
        Ok(read)
    }
}

type Source<R> = io::Chain<io::Cursor<[u8; 4]>, Counted<R>>;

enum Format<R: Read> {
    Pcap { reader: PcapReader<Source<R>>, link: LinkType, nanoseconds: bool },
    PcapNg { reader: Box<PcapNgReader<Source<R>>>, interfaces: Vec<Interface>, described: usize },
}

/// An interface of a pcapng section.
#[derive(Clone, Copy)]
struct Interface {
    link: LinkType,
    /// `if_tsresol`: the unit of time stamps, 10^-n s, or 2^-n s where the highest bit is set.
    resolution: u8,
}

/// The most interfaces that one section of a pcapng file may have here; programs write a handful.
const MAX_INTERFACES: usize = 4096;

/// The most octets that the descriptions of a section's interfaces have, which the library keeps: 256 for each of the above.
const MAX_DESCRIBED: usize = 256 * MAX_INTERFACES;

/// Block types (draft-ietf-opsawg-pcapng §11.1).
mod block {
    pub(super) const SECTION_HEADER: u32 = 0x0a0d_0d0a;
    pub(super) const INTERFACE_DESCRIPTION: u32 = 1;
    pub(super) const SIMPLE_PACKET: u32 = 3;
    pub(super) const ENHANCED_PACKET: u32 = 6;
}

/// Reads numbers of a block's body in the octet order of its section.
#[derive(Clone, Copy)]
struct Numbers<'a> {
    body: &'a [u8],
    big: bool,
}

impl<'a> Numbers<'a> {
    fn u16(self, at: usize) -> Option<u16> {
        let octets = self.body.get(at..)?.first_chunk().copied()?;
        Some(if self.big { u16::from_be_bytes(octets) } else { u16::from_le_bytes(octets) })
    }

    fn u32(self, at: usize) -> Option<u32> {
        let octets = self.body.get(at..)?.first_chunk().copied()?;
        Some(if self.big { u32::from_be_bytes(octets) } else { u32::from_le_bytes(octets) })
    }

    /// An Interface Description Block (§4.2).
    fn interface(self) -> Option<Interface> {
        const IF_TSRESOL: u16 = 9;
        const OPTIONS: usize = 8;
        let link = DataLink::from(u32::from(self.u16(0)?)).into();
        let (mut at, mut resolution) = (OPTIONS, MICROSECONDS);
        while let (Some(code), Some(len)) = (self.u16(at), self.u16(at + 2)) {
            match (code, self.body.get(at + 4)) {
                (0, _) => break,
                (IF_TSRESOL, Some(&octet)) if len == 1 => resolution = octet,
                _ => {}
            }
            at += 4 + usize::from(len).next_multiple_of(4);
        }
        Some(Interface { link, resolution })
    }

    /// Interface, time stamp and octets of an Enhanced Packet Block (§4.3). Its options, which say nothing here, are not looked at.
    fn enhanced_packet(self) -> Option<(u32, u64, &'a [u8])> {
        let stamp = u64::from(self.u32(4)?) << 32 | u64::from(self.u32(8)?);
        Some((self.u32(0)?, stamp, self.body.get(20..)?.get(..self.u32(12)? as usize)?))
    }

    /// The octets of a Simple Packet Block (§4.4).
    fn simple_packet(self) -> Option<&'a [u8]> {
        let (length, kept) = (self.u32(0)?, self.body.get(4..)?);
        Some(kept.get(..length as usize).unwrap_or(kept))
    }
}

/// What comes next in a capture.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Next<'a> {
    /// A packet.
    Packet(Packet<'a>),
    /// Something that is no packet, such as the description of an interface.
    Other,
    /// Nothing: the capture ends here.
    End,
}

/// Reads the packets of a capture one by one, in the memory of one buffer (8 MB, which is also the longest record).
pub struct CaptureReader<R: Read> {
    format: Format<R>,
    progress: Arc<Progress>,
}

impl<R: Read> CaptureReader<R> {
    /// Reads the head of a capture.
    ///
    /// # Errors
    /// A file that is no capture, or cannot be read.
    pub fn new(mut source: R) -> Result<Self, ReadError> {
        let progress = Arc::new(Progress::default());
        let mut magic = [0; 4];
        match source.read_exact(&mut magic) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Err(ReadError::Foreign("has less than the four octets by which a capture is known"));
            }
            Err(error) => return Err(error.into()),
        }
        progress.read.store(4, Ordering::Relaxed);
        let source = io::Cursor::new(magic).chain(Counted { inner: source, progress: progress.clone() });
        let format = match magic {
            [0x0a, 0x0d, 0x0d, 0x0a] => PcapNgReader::new(source).map(|reader| Format::PcapNg {
                reader: Box::new(reader),
                interfaces: Vec::new(),
                described: 0,
            }),
            [0xa1, 0xb2, 0xc3, 0xd4]
            | [0xd4, 0xc3, 0xb2, 0xa1]
            | [0xa1, 0xb2, 0x3c, 0x4d]
            | [0x4d, 0x3c, 0xb2, 0xa1] => PcapReader::new(source).map(|reader| {
                let header = reader.header();
                let nanoseconds = header.ts_resolution == TsResolution::NanoSecond;
                Format::Pcap { reader, link: header.datalink.into(), nanoseconds }
            }),
            [0x1f, 0x8b, ..] => return Err(ReadError::Foreign("is compressed by gzip; unpack it first (gzip -d)")),
            [0x28, 0xb5, 0x2f, 0xfd] => {
                return Err(ReadError::Foreign("is compressed by zstd; unpack it first (zstd -d)"));
            }
            _ => return Err(ReadError::Foreign("begins neither as a pcap nor as a pcapng file does")),
        };
        let format = format.map_err(|error| explain(&progress, error))?;
        Ok(Self { format, progress })
    }

    /// How far the reading has come.
    pub fn progress(&self) -> Arc<Progress> {
        self.progress.clone()
    }

    /// What comes next.
    ///
    /// # Errors
    /// A file that is cut off or damaged; nothing can be read behind that.
    #[expect(clippy::should_implement_trait, reason = "what it gives borrows from the reader")]
    pub fn next(&mut self) -> Result<Next<'_>, ReadError> {
        let progress = &self.progress;
        match &mut self.format {
            Format::Pcap { reader, link, nanoseconds } => match reader.next_raw_packet() {
                None => Ok(Next::End),
                Some(Err(error)) => Err(explain(progress, error)),
                Some(Ok(packet)) => {
                    let unit = if *nanoseconds { 1 } else { 1000 };
                    let time = Duration::from_secs(packet.ts_sec.into())
                        + Duration::from_nanos(u64::from(packet.ts_frac) * unit);
                    Ok(Next::Packet(Packet { time, link: *link, data: borrowed(packet.data) }))
                }
            },
            Format::PcapNg { reader, interfaces, described } => {
                let big = reader.section().endianness == Endianness::Big;
                let block = match reader.next_raw_block() {
                    None => return Ok(Next::End),
                    Some(block) => block.map_err(|error| explain(progress, error))?,
                };
                let damaged = |what: String| ReadError::Damaged { at: progress.read(), what };
                let numbers = Numbers { body: borrowed(block.body), big };
                match block.type_ {
                    block::ENHANCED_PACKET => {
                        let packet = numbers.enhanced_packet();
                        let (id, stamp, data) =
                            packet.ok_or_else(|| damaged("a packet longer than its block".into()))?;
                        let Interface { link, resolution } = *interfaces
                            .get(id as usize)
                            .ok_or_else(|| damaged(format!("a packet of interface {id}, which is not described")))?;
                        return Ok(Next::Packet(Packet { time: in_units(stamp, resolution), link, data }));
                    }
                    block::SIMPLE_PACKET => {
                        let link = interfaces.first().map_or(LinkType::Other(0), |interface| interface.link);
                        let data = numbers.simple_packet().ok_or_else(|| damaged("a packet without length".into()))?;
                        return Ok(Next::Packet(Packet { time: Duration::ZERO, link, data }));
                    }
                    block::SECTION_HEADER => {
                        interfaces.clear();
                        *described = 0;
                    }
                    block::INTERFACE_DESCRIPTION => {
                        *described += numbers.body.len();
                        if interfaces.len() == MAX_INTERFACES || *described > MAX_DESCRIBED {
                            return Err(damaged(format!(
                                "more than {MAX_INTERFACES} interfaces, or more than {MAX_DESCRIBED} octets about them"
                            )));
                        }
                        let interface = numbers.interface();
                        interfaces.push(interface.ok_or_else(|| damaged("an interface without link type".into()))?);
                    }
                    _ => {}
                }
                Ok(Next::Other)
            }
        }
    }
}

/// `if_tsresol` where a file does not say it.
const MICROSECONDS: u8 = 6;

/// So many units of time.
fn in_units(count: u64, resolution: u8) -> Duration {
    let exponent = u32::from(resolution & 0x7f);
    let units = if resolution & 0x80 == 0 { 10_u128.checked_pow(exponent) } else { 2_u128.checked_pow(exponent) };
    let Some(units) = units else { return Duration::ZERO };
    let nanoseconds = u128::from(count).saturating_mul(1_000_000_000) / units;
    Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX))
}

/// The library hands out what it has in its buffer.
fn borrowed(data: Cow<'_, [u8]>) -> &[u8] {
    match data {
        Cow::Borrowed(data) => data,
        Cow::Owned(_) => &[],
    }
}

fn explain(progress: &Progress, error: PcapError) -> ReadError {
    let read = progress.read();
    match error {
        PcapError::IoError(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            match progress.ended.load(Ordering::Relaxed) {
                true => ReadError::Truncated(read),
                false => ReadError::Damaged { at: read, what: "a record longer than 8 MB".into() },
            }
        }
        PcapError::IoError(error) => ReadError::Io(error),
        PcapError::Utf8Error(_) | PcapError::FromUtf8Error(_) | PcapError::InvalidField("Invalid option") => {
            let what = "the options of a section or an interface are not UTF-8, or have no end (rewriting the file with \
                        `editcap FILE NEW` mends that)";
            ReadError::Damaged { at: read, what: what.into() }
        }
        other => ReadError::Damaged { at: read, what: other.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Old libpcap, little endian, microseconds, with the link type and one packet of three octets at 1.5 s.
    fn pcap(link: u32) -> Vec<u8> {
        let words = [0xa1b2_c3d4, 0x0004_0002, 0, 0, 65535, link, 1, 500_000, 3, 3];
        let mut file: Vec<u8> = words.into_iter().flat_map(u32::to_le_bytes).collect();
        file.extend([7, 8, 9]);
        file
    }

    /// A section of pcapng, big endian, with an interface of this resolution and a packet at the time `stamp`.
    fn pcapng(resolution: Option<u8>, stamp: u64) -> Vec<u8> {
        let block = |kind: u32, body: &[u8]| {
            let length = (body.len() as u32 + 12).to_be_bytes();
            [&kind.to_be_bytes()[..], &length, body, &length].concat()
        };
        let section = [&0x1a2b_3c4d_u32.to_be_bytes()[..], &[0, 1, 0, 0], &[0xff; 8]].concat();
        let mut interface = vec![0, 105, 0, 0, 0, 0, 0, 0];
        if let Some(resolution) = resolution {
            interface.extend([0, 9, 0, 1, resolution, 0, 0, 0, 0, 0, 0, 0]);
        }
        let packet = [&[0; 4][..], &stamp.to_be_bytes(), &[0, 0, 0, 2], &[0, 0, 0, 2], &[5, 6, 0, 0]].concat();
        [block(0x0a0d_0d0a, &section), block(1, &interface), block(6, &packet)].concat()
    }

    /// Time, link type and length of a packet.
    type Seen = (Duration, LinkType, usize);

    /// The packets, and how it ended.
    fn read(file: &[u8]) -> (Vec<Seen>, Result<(), ReadError>) {
        let mut packets = Vec::new();
        let mut reader = match CaptureReader::new(file) {
            Ok(reader) => reader,
            Err(error) => return (packets, Err(error)),
        };
        loop {
            match reader.next() {
                Ok(Next::Packet(packet)) => packets.push((packet.time, packet.link, packet.data.len())),
                Ok(Next::Other) => {}
                Ok(Next::End) => return (packets, Ok(())),
                Err(error) => return (packets, Err(error)),
            }
        }
    }

    #[test]
    fn both_formats() {
        let (packets, end) = read(&pcap(105));
        assert!(end.is_ok());
        assert_eq!(packets, [(Duration::from_millis(1500), LinkType::Ieee80211, 3)]);
        assert_eq!(read(&pcap(1)).0[0].1, LinkType::Other(1));
        for (resolution, stamp) in [(None, 1_500_000), (Some(9), 1_500_000_000), (Some(0x81), 3)] {
            let (packets, end) = read(&pcapng(resolution, stamp));
            assert!(end.is_ok(), "{end:?}");
            assert_eq!(packets, [(Duration::from_millis(1500), LinkType::Ieee80211, 2)]);
        }
    }

    #[test]
    fn cut_off_anywhere_it_says_so() {
        for file in [pcap(105), pcapng(None, 0)] {
            for length in 4..file.len() {
                let (packets, end) = read(&file[..length]);
                assert!(packets.is_empty());
                // Between two blocks a file may end.
                let between = [24, 28, 48].contains(&length);
                match end {
                    Err(ReadError::Truncated(read)) => assert_eq!(read, length as u64),
                    Ok(()) => assert!(between, "{length}"),
                    Err(error) => panic!("{length}: {error}"),
                }
            }
        }
    }

    /// What other programs write and the library takes for damaged: comments that are not UTF-8, options without their end.
    #[test]
    fn odd_options() {
        let block = |kind: u32, body: &[u8]| {
            let length = (body.len() as u32 + 12).to_be_bytes();
            [&kind.to_be_bytes()[..], &length, body, &length].concat()
        };
        let head = pcapng(None, 0);
        let packet = [&[0; 12][..], &[0, 0, 0, 2], &[0, 0, 0, 2], &[5, 6, 0, 0]].concat();
        for comment in [&[0, 1, 0, 2, 0xff, 0xfe, 0, 0, 0, 0, 0, 0][..], &[0, 1, 0, 2, b'h', b'i', 0, 0]] {
            let file = [&head[..], &block(6, &[&packet[..], comment].concat())].concat();
            let (packets, end) = read(&file);
            assert!(end.is_ok() && packets.len() == 2, "{end:?}");
            let interface = [&[0, 105, 0, 0, 0, 0, 0, 0][..], comment].concat();
            let (_, end) = read(&[&head[..28], &block(1, &interface)].concat());
            assert!(end.unwrap_err().to_string().contains("editcap"));
        }
        // A packet longer than its block.
        let mut long = packet;
        long[15] = 200;
        assert!(matches!(read(&[&head[..], &block(6, &long)].concat()).1, Err(ReadError::Damaged { .. })));
    }

    #[test]
    fn descriptions_of_interfaces_are_bounded() {
        let interface = &pcapng(None, 0)[28..48];
        let file = [&pcapng(None, 0)[..28], &interface.repeat(MAX_INTERFACES + 1)].concat();
        assert!(matches!(read(&file).1, Err(ReadError::Damaged { .. })));
        assert!(read(&file[..file.len() - interface.len()]).1.is_ok());
    }

    #[test]
    fn foreign_and_damaged_files() {
        for file in [&b""[..], b"GIF", b"GIF89a....", b"\x1f\x8b\x08\0\0\0"] {
            assert!(matches!(read(file).1, Err(ReadError::Foreign(_))), "{file:?}");
        }
        // A packet of an interface that nobody described.
        let mut file = pcapng(None, 0);
        file.drain(28..48);
        assert!(matches!(read(&file).1, Err(ReadError::Damaged { .. })));
        // A length that no record has, in a file that goes on.
        let mut file = pcap(105);
        file[32..36].copy_from_slice(&u32::MAX.to_le_bytes());
        file.resize(9_000_000, 0);
        assert!(matches!(read(&file).1, Err(ReadError::Damaged { .. })));
    }
}

//! Capture files in the old libpcap format, little endian, as <https://datatracker.ietf.org/doc/draft-ietf-opsawg-pcap/> has
//! it.

/// Link type of frames that begin with their 802.11 header.
const LINKTYPE_IEEE802_11: u32 = 105;

/// A file header and these frames, a millisecond apart.
#[allow(dead_code)]
pub(crate) fn write(frames: &[Vec<u8>]) -> Vec<u8> {
    let mut out = Vec::new();
    for word in [0xa1b2_c3d4, 0x0004_0002, 0, 0, 65535, LINKTYPE_IEEE802_11] {
        out.extend_from_slice(&u32::to_le_bytes(word));
    }
    for (index, frame) in frames.iter().enumerate() {
        let len = frame.len() as u32;
        for word in [index as u32 / 1000, index as u32 % 1000 * 1000, len, len] {
            out.extend_from_slice(&word.to_le_bytes());
        }
        out.extend_from_slice(frame);
    }
    out
}

/// Link type of frames that begin with a radiotap header.
#[allow(dead_code)]
pub(crate) const LINKTYPE_RADIOTAP: u32 = 127;

/// The frames of a file.
#[allow(dead_code)]
pub(crate) fn read(file: &[u8]) -> Vec<&[u8]> {
    read_of_link(file, LINKTYPE_IEEE802_11)
}

/// The packets of a file of this link type.
#[allow(dead_code)]
pub(crate) fn read_of_link(file: &[u8], link: u32) -> Vec<&[u8]> {
    let word = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap());
    assert_eq!((word(0), word(20)), (0xa1b2_c3d4, link));
    let (mut frames, mut at) = (Vec::new(), 24);
    while at < file.len() {
        let len = word(at + 8) as usize;
        frames.push(&file[at + 16..at + 16 + len]);
        at += 16 + len;
    }
    frames
}

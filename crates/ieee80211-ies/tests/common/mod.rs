//! Capture files in the old libpcap format, little endian, as <https://datatracker.ietf.org/doc/draft-ietf-opsawg-pcap/> has
//! it, and in pcapng; and what tshark reads in them.

use std::process::Command;

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
pub(crate) const LINKTYPE_RADIOTAP: u16 = 127;

/// The frames of a file.
#[allow(dead_code)]
pub(crate) fn read(file: &[u8]) -> Vec<&[u8]> {
    let word = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap());
    assert_eq!((word(0), word(20)), (0xa1b2_c3d4, LINKTYPE_IEEE802_11));
    let (mut frames, mut at) = (Vec::new(), 24);
    while at < file.len() {
        let len = word(at + 8) as usize;
        frames.push(&file[at + 16..at + 16 + len]);
        at += 16 + len;
    }
    frames
}

/// The packets of a pcapng file, little endian, of this link type
/// (<https://datatracker.ietf.org/doc/draft-ietf-opsawg-pcapng/>).
#[allow(dead_code)]
pub(crate) fn read_pcapng(file: &[u8], link: u16) -> Vec<&[u8]> {
    const INTERFACE_DESCRIPTION: u32 = 1;
    const ENHANCED_PACKET: u32 = 6;
    const SECTION_HEADER: u32 = 0x0a0d_0d0a;
    let word = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap());
    assert_eq!((word(0), word(8)), (SECTION_HEADER, 0x1a2b_3c4d));
    let (mut packets, mut at) = (Vec::new(), 0);
    while at < file.len() {
        match word(at) {
            INTERFACE_DESCRIPTION => assert_eq!(file[at + 8..at + 10], link.to_le_bytes()),
            ENHANCED_PACKET => packets.push(&file[at + 28..at + 28 + word(at + 20) as usize]),
            _ => {}
        }
        at += word(at + 4) as usize;
    }
    packets
}

/// The values of `fields` in each frame; several of one field are joined by `|`.
#[allow(dead_code)]
pub(crate) fn tshark(capture: &[u8], fields: &[&str]) -> Vec<Vec<String>> {
    let file = std::env::temp_dir().join(format!("ieee80211-ies-{}.pcap", std::process::id()));
    std::fs::write(&file, capture).unwrap();
    let mut command = Command::new("tshark");
    command.arg("-n").arg("-r").arg(&file).args(["-T", "fields", "-E", "separator=/t", "-E", "aggregator=|"]);
    command.args(fields.iter().flat_map(|field| ["-e", field]));
    let output = command.output();
    std::fs::remove_file(&file).unwrap();
    let output = output.expect("tshark is needed (Debian: apt-get install tshark)");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let lines = String::from_utf8(output.stdout).unwrap();
    lines.lines().map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

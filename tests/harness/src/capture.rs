//! The air, recorded as a pcapng file with radiotap headers: what `hwsim0` shows of every transmission, or what the
//! lab's own medium carries.

use std::fs::File;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use nix::net::if_::if_nametoindex;
use nix::sys::socket::{self, AddressFamily, LinkAddr, SockFlag, SockProtocol, SockType, setsockopt, sockopt};
use pcap_file::DataLink;
use pcap_file::pcapng::PcapNgWriter;
use pcap_file::pcapng::blocks::enhanced_packet::EnhancedPacketBlock;
use pcap_file::pcapng::blocks::interface_description::{InterfaceDescriptionBlock, InterfaceDescriptionOption};

use crate::rtnetlink;

/// The interface on which `mac80211_hwsim` shows what its radios transmit.
const MONITOR: &str = "hwsim0";
/// Longest frame kept, with its radiotap header.
const SNAP_LENGTH: usize = 8192;
/// `if_tsresol`: nanoseconds.
const NANOSECONDS: u8 = 9;
/// Radiotap channel flags: 2.4 GHz with CCK and OFDM, 5 GHz with OFDM.
const CHANNEL_2GHZ: u16 = 0x0080 | 0x0400;
const CHANNEL_5GHZ: u16 = 0x0100 | 0x0040;
/// Room for the frames of a burst.
const RECEIVE_BUFFER: usize = 8 << 20;

/// A recording under way. Every frame is in the file as soon as it was sent, so a machine that is killed leaves a
/// readable file.
#[derive(Clone)]
pub struct Capture {
    writer: Arc<Mutex<PcapNgWriter<File>>>,
}

impl Capture {
    /// Starts recording; call it in the namespace in which the radios are made.
    pub fn start(path: &Path) -> Result<Self> {
        let file = File::create(path).with_context(|| path.display().to_string())?;
        let mut writer = PcapNgWriter::new(file).context("pcapng header")?;
        let mut interface = InterfaceDescriptionBlock::new(DataLink::IEEE802_11_RADIOTAP, SNAP_LENGTH as u32);
        interface.options.push(InterfaceDescriptionOption::IfName(MONITOR.into()));
        interface.options.push(InterfaceDescriptionOption::IfTsResol(NANOSECONDS));
        writer.write_pcapng_block(interface).context("pcapng interface")?;
        let capture = Self { writer: Arc::new(Mutex::new(writer)) };

        rtnetlink::set_up(MONITOR)?;
        let index = if_nametoindex(MONITOR)? as usize;
        let fd = socket::socket(AddressFamily::Packet, SockType::Raw, SockFlag::SOCK_CLOEXEC, SockProtocol::EthAll)
            .context("packet socket")?;
        setsockopt(&fd, sockopt::RcvBufForce, &RECEIVE_BUFFER)?;
        let recorder = capture.clone();
        thread::Builder::new().name("capture".into()).spawn(move || {
            let mut buffer = vec![0; SNAP_LENGTH];
            while let Ok((length, from)) = socket::recvfrom::<LinkAddr>(fd.as_raw_fd(), &mut buffer) {
                if from.is_some_and(|from| from.ifindex() == index) {
                    recorder.frame(buffer.get(..length).unwrap_or_default());
                }
            }
        })?;
        Ok(capture)
    }

    /// From now on only [`Capture::transmission`] records.
    ///
    /// Linux 6.1 dereferences a null pointer when a medium acknowledges a frame of a radio with channel contexts while
    /// the driver's monitor is up.
    pub fn leave_to_medium(&self) -> Result<()> {
        rtnetlink::set_down(MONITOR)
    }

    /// Records a frame that was sent on this channel.
    pub fn transmission(&self, frequency: u32, frame: &[u8]) {
        // A radiotap header with one field: the channel, frequency and flags.
        let mut recorded = vec![0, 0, 12, 0, 8, 0, 0, 0];
        recorded.extend_from_slice(&(frequency as u16).to_le_bytes());
        recorded.extend_from_slice(&if frequency < 3000 { CHANNEL_2GHZ } else { CHANNEL_5GHZ }.to_le_bytes());
        recorded.extend_from_slice(frame);
        self.frame(&recorded);
    }

    /// Records one frame with its radiotap header. A full disk loses the recording, not the scenario.
    fn frame(&self, frame: &[u8]) {
        let timestamp = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let block = EnhancedPacketBlock {
            interface_id: 0,
            timestamp,
            original_len: frame.len() as u32,
            data: frame.into(),
            options: Vec::new(),
        };
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = writer.write_pcapng_block(block) {
            eprintln!("capture: {error}");
        }
    }
}

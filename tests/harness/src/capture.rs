//! The air, recorded as a pcapng file with radiotap headers: what `hwsim0` shows of every transmission, or what the
//! lab's own medium carries.

use std::fs::File;
use std::io::{BufWriter, IoSliceMut, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::net::if_::if_nametoindex;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{
    self, AddressFamily, ControlMessageOwned, LinkAddr, MsgFlags, SockFlag, SockProtocol, SockType, setsockopt, sockopt,
};
use nix::sys::time::TimeSpec;
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

/// How long frames gather before they are written: waking up for each one is much of what a transfer costs the machine.
const GATHER: Duration = Duration::from_millis(20);

/// A recording under way. Every frame is in the file 20 ms after it was sent at the latest, so a machine that is killed
/// leaves a readable file.
#[derive(Clone)]
pub struct Capture {
    writer: Arc<Mutex<PcapNgWriter<BufWriter<File>>>>,
}

impl Capture {
    /// Starts recording; call it in the namespace in which the radios are made.
    pub fn start(path: &Path) -> Result<Self> {
        let file = File::create(path).with_context(|| path.display().to_string())?;
        let mut writer = PcapNgWriter::new(BufWriter::new(file)).context("pcapng header")?;
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
        setsockopt(&fd, sockopt::ReceiveTimestampns, &true)?;
        let recorder = capture.clone();
        thread::Builder::new().name("capture".into()).spawn(move || {
            let mut ready = [PollFd::new(fd.as_fd(), PollFlags::POLLIN)];
            while matches!(poll(&mut ready, PollTimeout::NONE), Ok(_) | Err(Errno::EINTR)) {
                thread::sleep(GATHER);
                recorder.gathered(&fd, index);
            }
        })?;
        Ok(capture)
    }

    /// Waits until every frame is in the file.
    pub fn settle(&self) {
        thread::sleep(2 * GATHER);
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
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        record(&mut writer, SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(), &recorded);
        flush(&mut writer);
    }

    /// Records what has come from the interface with this number.
    fn gathered(&self, fd: &OwnedFd, index: usize) {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let mut buffer = vec![0; SNAP_LENGTH];
        let mut control = nix::cmsg_space!(TimeSpec);
        loop {
            let mut parts = [IoSliceMut::new(&mut buffer)];
            let received =
                socket::recvmsg::<LinkAddr>(fd.as_raw_fd(), &mut parts, Some(&mut control), MsgFlags::MSG_DONTWAIT);
            let Ok(received) = received else { break };
            let at = received.cmsgs().into_iter().flatten().find_map(|message| match message {
                ControlMessageOwned::ScmTimestampns(time) => Some(Duration::from(time)),
                _ => None,
            });
            let from = received.address.is_some_and(|from| from.ifindex() == index);
            let length = received.bytes;
            if from {
                record(&mut writer, at.unwrap_or_default(), buffer.get(..length).unwrap_or_default());
            }
        }
        flush(&mut writer);
    }
}

/// Records one frame with its radiotap header. A full disk loses the recording, not the scenario.
fn record(writer: &mut PcapNgWriter<BufWriter<File>>, timestamp: Duration, frame: &[u8]) {
    let block = EnhancedPacketBlock {
        interface_id: 0,
        timestamp,
        original_len: frame.len() as u32,
        data: frame.into(),
        options: Vec::new(),
    };
    if let Err(error) = writer.write_pcapng_block(block) {
        eprintln!("capture: {error}");
    }
}

/// Hands to the file what was recorded.
fn flush(writer: &mut PcapNgWriter<BufWriter<File>>) {
    if let Err(error) = writer.get_mut().flush() {
        eprintln!("capture: {error}");
    }
}

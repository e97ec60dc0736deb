//! What went through the air, and how a test interferes.

use crate::RadioId;
use crate::frame::{self, Frame};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// One attempt to send a frame.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OnAir {
    /// When.
    pub at: Duration,
    /// Channel, MHz.
    pub frequency: u32,
    /// Who sent it.
    pub transmitter: RadioId,
    /// Counts the frames of the whole air, from 0; repetitions of a frame have its number.
    pub number: u64,
    /// 0 at the first attempt.
    pub attempt: u32,
    /// The frame from the frame-control field on, without FCS. The retry bit is not set at repetitions.
    pub frame: Arc<[u8]>,
    /// The radios that got it.
    pub delivered: Vec<RadioId>,
    /// The radios that it was meant for and that were on the channel, but did not get it.
    pub lost: Vec<RadioId>,
    /// Whether the transmitter got an acknowledgement.
    pub acked: bool,
}

impl OnAir {
    /// The subtype and type bits of the frame-control field: `0x00d0` for an action frame, `0x0008` for data.
    pub fn kind(&self) -> u16 {
        self.frame.first().map_or(0, |b| u16::from(*b) & 0xfc)
    }

    /// The body behind the 24 octets of a management frame's header.
    pub fn body(&self) -> &[u8] {
        self.frame.get(24..).unwrap_or_default()
    }
}

impl fmt::Display for OnAir {
    /// One line of a sequence chart.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.kind() {
            frame::ASSOCIATION_REQUEST => "Association Request",
            frame::ASSOCIATION_RESPONSE => "Association Response",
            frame::REASSOCIATION_REQUEST => "Reassociation Request",
            frame::REASSOCIATION_RESPONSE => "Reassociation Response",
            frame::PROBE_REQUEST => "Probe Request",
            frame::PROBE_RESPONSE => "Probe Response",
            frame::BEACON => "Beacon",
            frame::DISASSOCIATION => "Disassociation",
            frame::AUTHENTICATION => "Authentication",
            frame::DEAUTHENTICATION => "Deauthentication",
            frame::ACTION => "Action",
            frame::DATA | frame::QOS_DATA => "Data",
            frame::NULL => "Null",
            _ => "other",
        };
        write!(f, "{:>12.6} s {} MHz #{}", self.at.as_secs_f64(), self.frequency, self.number)?;
        if let Some(frame) = Frame::parse(&self.frame) {
            write!(f, " {} > {}", frame.address2, frame.address1)?;
        }
        write!(f, " {name}, {} octets, attempt {}", self.frame.len(), self.attempt)?;
        match (self.delivered.is_empty(), self.lost.is_empty(), self.acked) {
            (true, true, _) => f.write_str(", nobody there"),
            (true, false, _) => f.write_str(", lost"),
            (false, _, true) => f.write_str(", acknowledged"),
            (false, _, false) => f.write_str(", heard"),
        }
    }
}

/// What a test makes of an attempt.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Fate {
    /// As the dice of the medium fall.
    #[default]
    Natural,
    /// Nobody hears it.
    Lose,
    /// All who are on the channel and in range hear it, and it is acknowledged.
    Keep,
}

/// A hook for [`crate::Air::set_hook`] that loses the `n`th (from 0) of the frames that `which` picks, with all its attempts, and
/// `count` frames in all.
pub fn losing_nth(
    n: usize,
    count: usize,
    mut which: impl FnMut(&OnAir) -> bool + Send + 'static,
) -> impl FnMut(&OnAir) -> Fate + Send + 'static {
    let mut numbers: Vec<u64> = Vec::new();
    move |on_air| {
        if !which(on_air) {
            return Fate::Natural;
        }
        let index = numbers.iter().position(|number| *number == on_air.number).unwrap_or_else(|| {
            numbers.push(on_air.number);
            numbers.len() - 1
        });
        if (n..n + count).contains(&index) { Fate::Lose } else { Fate::Natural }
    }
}

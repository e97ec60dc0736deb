//! Text for a terminal.

use std::fmt::Write;

use super::{clock, remarks};
use crate::conversation::{Conversation, Side, Step};
use crate::devices::{Device, DeviceSummary};
use crate::text::{cut, fill};

/// Columns for a device's name.
const NAME: usize = 18;
/// Columns for a frame's name.
const WHAT: usize = 30;

fn device(device: &DeviceSummary) -> String {
    let mut out = String::new();
    if !device.name.is_empty() {
        out.push_str(&device.name);
        out.push(' ');
    }
    let _ = write!(out, "[{}", device.address);
    for interface in &device.interfaces {
        let _ = write!(out, " {interface}");
    }
    out.push(']');
    out
}

/// One step as a line.
pub fn step(conversation: &Conversation, step: &Step) -> String {
    let (from, to) = (conversation.name(step.from), conversation.name(step.from.other()));
    // The first device is always on the left, so that the arrows show who speaks.
    let (left, arrow, right) = match step.from {
        Side::First => (from, "-->", to),
        Side::Second => (to, "<--", from),
    };
    let (left, right) = (fill(&cut(&left, NAME), NAME), fill(&cut(&right, NAME), NAME));
    let line =
        format!("{:>10}  {left} {arrow} {right}  {}  {}", clock(step.time), fill(&step.what, WHAT), remarks(step));
    line.trim_end().to_owned()
}

/// A conversation: who, what came of it, and every step.
pub fn conversation(conversation: &Conversation) -> String {
    let mut out = String::new();
    let [first, second] = conversation.devices.each_ref().map(device);
    // Writing to a String cannot fail.
    let _ = writeln!(out, "Conversation {}: {first} and {second}", conversation.number);
    let agreement = conversation.agreement();
    if !agreement.is_empty() {
        let _ = writeln!(out, "  Agreed: {agreement}");
    }
    let _ = writeln!(out, "  Result: {}", conversation.verdict());
    let mut phase = None;
    for each in &conversation.steps {
        if phase != Some(each.phase) {
            phase = Some(each.phase);
            let _ = writeln!(out, "  {}", each.phase.name());
        }
        let _ = writeln!(out, "{}", step(conversation, each));
    }
    if conversation.left_out > 0 {
        let _ = writeln!(out, "  ({} further steps left out)", conversation.left_out);
    }
    if conversation.data_frames != [0, 0] {
        let [first, second] = conversation.data_frames;
        let _ = writeln!(
            out,
            "  Encrypted data: {first} frames from {}, {second} from {}",
            conversation.name(Side::First),
            conversation.name(Side::Second)
        );
    }
    out
}

/// A device that spoke with nobody, or with somebody.
pub fn heard(device: &Device) -> String {
    let name = if device.name.is_empty() { "(no name)" } else { &device.name };
    let kind = device.device_type.map(|kind| format!("  {kind}")).unwrap_or_default();
    format!("{:>10}  {}  {}{kind}", clock(device.first_heard), device.address, fill(name, NAME)).trim_end().to_owned()
}

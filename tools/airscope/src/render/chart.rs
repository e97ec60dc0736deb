//! A conversation as a sequence chart in SVG.

use std::fmt::Write;

use super::{clock, remarks};
use crate::conversation::{Conversation, Mark, Side};
use crate::text::{cut, markup};

const WIDTH: u32 = 1000;
/// Where the two lines of life stand.
const LINES: [u32; 2] = [170, 830];
/// From one step to the next.
const STEP: u32 = 42;
/// From the band of a part to its first step.
const PHASE: u32 = 22;
/// Title and names.
const HEAD: u32 = 110;
/// Columns that fit between the lines.
const COLUMNS: usize = 96;
/// Columns of a device's name.
const NAME: usize = 34;

/// The styles of all charts, to be put once where they are.
pub const STYLE: &str = "text{font-family:system-ui,sans-serif;font-size:13px;fill:#222}.t{fill:#777;font-size:11px;text-anchor:end}\
.n{font-weight:600;text-anchor:middle}.a{font-size:11px;fill:#777;text-anchor:middle}.d{font-size:11px;fill:#555;text-anchor:middle}\
.w{text-anchor:middle}.p{font-size:12px;font-weight:600;fill:#446}.life{stroke:#bbb;stroke-dasharray:4 4}.arrow{stroke-width:1.5}\
.plain{stroke:#447;fill:#447}.good{stroke:#272;fill:#272}.bad{stroke:#b22;fill:#b22}text.plain{stroke:none;fill:#222}\
text.good{stroke:none;fill:#262}text.bad{stroke:none;fill:#b22}.band{fill:#eef}";

const fn class(mark: Mark) -> &'static str {
    match mark {
        Mark::Plain => "plain",
        Mark::Good => "good",
        Mark::Bad => "bad",
    }
}

/// The chart and its height: a group of elements from the origin on.
fn body(conversation: &Conversation) -> (String, u32) {
    let mut out = String::new();
    let mut y = HEAD;
    let mut phase = None;
    for step in &conversation.steps {
        if phase != Some(step.phase) {
            // The last step's detail stands below its arrow.
            y += if phase.is_some() { 8 } else { 0 };
            phase = Some(step.phase);
            let _ = write!(
                out,
                "<rect class=\"band\" x=\"10\" y=\"{}\" width=\"{}\" height=\"20\" rx=\"4\"/>\
                 <text class=\"p\" x=\"20\" y=\"{}\">{}</text>",
                y,
                WIDTH - 20,
                y + 15,
                markup(step.phase.name())
            );
            y += PHASE;
        }
        let [left, right] = LINES;
        let class = class(step.mark);
        let (from, to, tip) = match step.from {
            Side::First => (left, right, right - 8),
            Side::Second => (right, left, left + 8),
        };
        let line = y + 24;
        let _ = write!(
            out,
            "<text class=\"t\" x=\"{}\" y=\"{}\">{} s</text><text class=\"w {class}\" x=\"{}\" y=\"{}\">{}</text>\
             <line class=\"arrow {class}\" x1=\"{from}\" y1=\"{line}\" x2=\"{to}\" y2=\"{line}\"/>\
             <path class=\"{class}\" d=\"M{to} {line}L{tip} {}L{tip} {}z\"/>",
            left - 12,
            line + 4,
            clock(step.time),
            WIDTH / 2,
            line - 5,
            markup(&step.what),
            line - 4,
            line + 4,
        );
        let remarks = remarks(step);
        if !remarks.is_empty() {
            let shown = cut(&remarks, COLUMNS);
            // What does not fit is shown where the pointer rests.
            let whole = if shown == remarks { String::new() } else { format!("<title>{}</title>", markup(&remarks)) };
            let _ = write!(
                out,
                "<text class=\"d\" x=\"{}\" y=\"{}\">{whole}{}</text>",
                WIDTH / 2,
                line + 13,
                markup(&shown)
            );
        }
        y += STEP;
    }
    y += 20;
    let mut head = String::new();
    let title = format!("Conversation {}: {}", conversation.number, conversation.verdict());
    let _ = write!(head, "<text class=\"n\" x=\"{}\" y=\"24\">{}</text>", WIDTH / 2, markup(&cut(&title, 120)));
    let _ = write!(
        head,
        "<text class=\"a\" x=\"{}\" y=\"44\">{}</text>",
        WIDTH / 2,
        markup(&cut(&conversation.agreement(), 140))
    );
    for (side, x) in [Side::First, Side::Second].into_iter().zip(LINES) {
        let device = &conversation.devices[side.index()];
        let _ = write!(
            head,
            "<text class=\"n\" x=\"{x}\" y=\"74\">{}</text><text class=\"a\" x=\"{x}\" y=\"90\">{}</text>\
             <line class=\"life\" x1=\"{x}\" y1=\"98\" x2=\"{x}\" y2=\"{y}\"/>",
            markup(&cut(&conversation.name(side), NAME)),
            device.address,
        );
    }
    (head + &out, y)
}

/// One conversation as an SVG element, for use within HTML.
pub fn inline(conversation: &Conversation) -> String {
    let (body, height) = body(conversation);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" role=\"img\">{body}</svg>\n"
    )
}

/// Conversations below each other in one SVG file that needs nothing else.
pub fn file(conversations: &[Conversation]) -> String {
    let (mut inner, mut y) = (String::new(), 0);
    for conversation in conversations {
        let (body, height) = body(conversation);
        let _ = write!(inner, "<g transform=\"translate(0 {y})\">{body}</g>");
        y += height + 20;
    }
    if conversations.is_empty() {
        y = 60;
        inner.push_str("<text class=\"n\" x=\"500\" y=\"30\">No Wi-Fi Direct conversation</text>");
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {y}\" width=\"{WIDTH}\" height=\"{y}\">\
         <style>{STYLE}</style><rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>{inner}</svg>\n"
    )
}

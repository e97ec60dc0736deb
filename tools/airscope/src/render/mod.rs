//! Conversations for people and programs.

pub mod chart;
pub mod html;
pub mod json;
pub mod text;

use std::time::Duration;

/// A time in a table: seconds with milliseconds.
pub(crate) fn clock(time: Duration) -> String {
    format!("{:.3}", time.as_secs_f64())
}

/// What follows a step's words: how often, and whether its MIC is right.
pub(crate) fn remarks(step: &crate::conversation::Step) -> String {
    let mut out = step.detail.clone();
    let mut add = |text: &str| {
        if !out.is_empty() {
            out.push_str("; ");
        }
        out.push_str(text);
    };
    match step.mic_right {
        Some(true) => add("MIC right"),
        Some(false) => add("MIC WRONG"),
        None => {}
    }
    if step.times > 1 {
        add(&format!("{} times", step.times));
    }
    out
}

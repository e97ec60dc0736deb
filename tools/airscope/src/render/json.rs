//! JSON: one conversation a line, then one line with what was read.

use serde::Serialize;

use crate::conversation::{Conversation, Step};
use crate::follow::Counts;

#[derive(Serialize)]
#[serde(untagged)]
enum Line<'a> {
    Conversation {
        conversation: &'a Conversation,
        result: String,
    },
    Step {
        conversation: u64,
        step: &'a Step,
    },
    End {
        read: Counts,
        #[serde(skip_serializing_if = "Option::is_none")]
        trouble: Option<&'a str>,
    },
}

fn line(line: &Line<'_>) -> String {
    // Numbers and text always have a JSON form.
    serde_json::to_string(line).unwrap_or_default()
}

/// A conversation that has ended.
pub fn conversation(conversation: &Conversation) -> String {
    line(&Line::Conversation { conversation, result: conversation.verdict() })
}

/// One step of a conversation that goes on.
pub fn step(conversation: u64, step: &Step) -> String {
    line(&Line::Step { conversation, step })
}

/// What was read, and what kept it from being all.
pub fn end(read: Counts, trouble: Option<&str>) -> String {
    line(&Line::End { read, trouble })
}

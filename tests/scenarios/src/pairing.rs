//! Who meets whom.

use harness::Program::{self, Ours, Theirs};

/// Every pairing; the first of a pair acts first. The last one checks the harness itself.
pub(crate) const ALL: [[Program; 2]; 4] = [[Ours, Ours], [Ours, Theirs], [Theirs, Ours], [Theirs, Theirs]];

/// The pairing's name in the name of a scenario.
pub(crate) fn name([first, second]: [Program; 2]) -> String {
    format!("{}-{}", first.name(), second.name())
}

//! What a machine puts out, and how it names its commands.

use alloc::collections::VecDeque;
use radio::Command;

/// Names a command of one machine until its `Done`, or for a transmission until its `Sent`. Counts up; two machines
/// may use the same numbers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Token(pub u32);

/// One thing that a machine wants done or known.
#[derive(Clone, Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "lives from one call to the next; a box would cost every command an allocation"
)]
pub enum Output<E> {
    /// A command for the radio. Commands are to reach the radio in the order in which they are put out.
    Command(Token, Command),
    /// Something that the caller is to know.
    Event(E),
}

/// Outputs that wait to be fetched.
#[derive(Debug)]
pub(crate) struct Outputs<E> {
    queue: VecDeque<Output<E>>,
    last: u32,
}

impl<E> Outputs<E> {
    pub(crate) const fn new() -> Self {
        Self { queue: VecDeque::new(), last: 0 }
    }

    pub(crate) fn command(&mut self, command: Command) -> Token {
        self.last = self.last.wrapping_add(1);
        let token = Token(self.last);
        self.queue.push_back(Output::Command(token, command));
        token
    }

    pub(crate) fn event(&mut self, event: E) {
        self.queue.push_back(Output::Event(event));
    }

    pub(crate) fn poll(&mut self) -> Option<Output<E>> {
        self.queue.pop_front()
    }
}

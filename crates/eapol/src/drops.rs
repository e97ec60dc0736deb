//! Why received frames went no further, counted.

/// Why a received frame was dropped without effect.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum DropReason {
    /// Not an EAPOL-Key frame with an RSN descriptor, or key data that cannot be read.
    Malformed,
    /// A message of the other side's role, or with flags that no message has.
    WrongMessage,
    /// Another key descriptor version than the AKM's.
    WrongVersion,
    /// A valid message that does not belong to the present state.
    OutOfOrder,
    /// A replay counter that was used before, or that answers nothing of ours.
    Replay,
    /// Something answered already.
    Duplicate,
    /// The MIC is wrong.
    BadMic,
    /// Key data that do not unwrap, or that should have been encrypted.
    BadKeyData,
    /// In the clear although keys are in use.
    Unprotected,
}

/// Dropped frames, counted by reason.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Drops([u32; 9]);

impl Drops {
    /// How many were dropped for `reason`.
    pub fn count(&self, reason: DropReason) -> u32 {
        self.0.get(reason as usize).copied().unwrap_or(0)
    }

    /// How many were dropped in all.
    pub fn total(&self) -> u32 {
        self.0.iter().fold(0, |sum, n| sum.saturating_add(*n))
    }

    pub(crate) fn add(&mut self, reason: DropReason) {
        if let Some(n) = self.0.get_mut(reason as usize) {
            *n = n.saturating_add(1);
        }
    }
}

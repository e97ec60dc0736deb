//! Small numbers from the generator handed in.

use core::time::Duration;
use rand_core::CryptoRng;

/// A number from `low` to `high`, both included; `low` when they are the wrong way round. The bias is below 2⁻³² times the range.
pub(crate) fn between(rng: &mut dyn CryptoRng, low: u32, high: u32) -> u32 {
    let span = u64::from(high.saturating_sub(low)) + 1;
    low + ((u64::from(rng.next_u32()) * span) >> 32) as u32
}

/// A time from `low` to `high` milliseconds.
pub(crate) fn millis(rng: &mut dyn CryptoRng, (low, high): (u32, u32)) -> Duration {
    Duration::from_millis(between(rng, low, high).into())
}

/// Whether an event of this probability in percent happens.
#[cfg(test)]
pub(crate) fn chance(rng: &mut dyn CryptoRng, percent: u32) -> bool {
    between(rng, 0, 99) < percent
}

/// One of the items, or `None` when there is none.
pub(crate) fn pick<T: Copy>(rng: &mut dyn CryptoRng, items: &[T]) -> Option<T> {
    let last = u32::try_from(items.len()).ok()?.checked_sub(1)?;
    items.get(between(rng, 0, last) as usize).copied()
}

/// Puts the items into a random order (Fisher–Yates).
pub(crate) fn shuffle<T>(rng: &mut dyn CryptoRng, items: &mut [T]) {
    for last in (1..items.len()).rev() {
        items.swap(last, between(rng, 0, last as u32) as usize);
    }
}

/// A dialog token: any but zero, which the frames reserve (Wi-Fi P2P v1.7 §4.2.8.1).
pub(crate) fn dialog_token(rng: &mut dyn CryptoRng) -> u8 {
    between(rng, 1, 255) as u8
}

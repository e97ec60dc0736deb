//! A PIN to be shown to the user.

use rand_chacha::ChaCha12Rng;
use rand_core::SeedableRng;
use wsc::Pin;

/// A new PIN of eight digits; `None` when the system has no randomness to give.
pub fn generate() -> Option<Pin> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).ok()?;
    Some(Pin::generate(&mut ChaCha12Rng::from_seed(seed)))
}

/// A new PIN as text.
pub fn generate_text() -> Option<String> {
    generate().map(|pin| pin.expose().to_owned())
}

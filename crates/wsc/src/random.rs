//! The random values of a session, drawn when it is made so that it needs no generator later.

use rand_core::CryptoRng;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::keys::BLOCK;
use crate::message::Nonce;

/// How often a peer may begin the registration protocol anew in one session. A peer that restarts after a loss does so
/// once; each further start would give an attacker another guess at a PIN.
const MAX_RUNS: usize = 4;
/// Messages with encrypted settings that one side sends in a run: M4, M6, M8 or M5, M7.
const IVS: usize = 3;

/// The random values of one run.
#[derive(Clone, Default, Zeroize, ZeroizeOnDrop)]
pub(crate) struct RunRandom {
    /// N1 or N2.
    pub(crate) nonce: Nonce,
    /// E-S1 and E-S2, or R-S1 and R-S2.
    pub(crate) secret_nonces: [Nonce; 2],
    ivs: [[u8; BLOCK]; IVS],
    used_ivs: u8,
}

impl RunRandom {
    /// An IV that was not used before.
    pub(crate) fn iv(&mut self) -> [u8; BLOCK] {
        let iv = self.ivs.get(usize::from(self.used_ivs)).copied().unwrap_or_default();
        self.used_ivs = self.used_ivs.saturating_add(1);
        iv
    }
}

/// The random values of all runs that a session may have.
pub(crate) struct SessionRandom {
    /// The first EAP identifier.
    pub(crate) identifier: u8,
    runs: [RunRandom; MAX_RUNS],
    used: usize,
}

impl SessionRandom {
    pub(crate) fn draw<R: CryptoRng + ?Sized>(rng: &mut R) -> Self {
        let mut runs: [RunRandom; MAX_RUNS] = Default::default();
        for run in &mut runs {
            rng.fill_bytes(&mut run.nonce);
            run.secret_nonces.iter_mut().for_each(|nonce| rng.fill_bytes(nonce));
            run.ivs.iter_mut().for_each(|iv| rng.fill_bytes(iv));
        }
        let [identifier, ..] = rng.next_u32().to_be_bytes();
        Self { identifier, runs, used: 0 }
    }

    /// The values of the next run, or `None` when the peer has started over too often.
    pub(crate) fn next_run(&mut self) -> Option<RunRandom> {
        let run = self.runs.get_mut(self.used)?;
        self.used += 1;
        Some(core::mem::take(run))
    }
}

//! `p2pd demo`: two devices form a group on a simulated medium.

use std::process::ExitCode;

/// Runs it with everything random drawn from `seed`.
pub fn run(seed: u64) -> ExitCode {
    eprintln!("p2pd: this build has no simulated medium (seed {seed})");
    ExitCode::FAILURE
}

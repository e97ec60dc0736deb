//! What happened in a scenario, in order and in virtual time: commands, replies, events, and the lab's own steps.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

struct Transcript {
    start: Instant,
    file: Mutex<File>,
}

static TRANSCRIPT: OnceLock<Transcript> = OnceLock::new();

/// Starts the transcript of this process, and its clock.
pub fn start(path: &Path) -> Result<()> {
    let file = File::create(path).with_context(|| path.display().to_string())?;
    _ = TRANSCRIPT.set(Transcript { start: Instant::now(), file: Mutex::new(file) });
    Ok(())
}

/// Virtual time since the transcript was started.
pub fn now() -> Duration {
    TRANSCRIPT.get().map(|t| t.start.elapsed()).unwrap_or_default()
}

/// Writes one line: who, and what was said or done.
pub fn note(who: &str, what: &str) {
    if let Some(transcript) = TRANSCRIPT.get() {
        let mut file = transcript.file.lock().unwrap_or_else(PoisonError::into_inner);
        let line = format!("{:10.4} {who:<12} {}\n", now().as_secs_f64(), what.trim_end());
        // In one write: the formatter would make one of each part.
        _ = file.write_all(line.as_bytes());
    }
}

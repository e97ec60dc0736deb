//! The log: standard output or a file, in wpa_supplicant's style.

use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicI8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// Where the log goes and how much of it; all copies are of one log.
#[derive(Clone, Debug)]
pub struct Log(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    path: Option<PathBuf>,
    file: Mutex<Option<File>>,
    verbosity: AtomicI8,
    timestamps: AtomicBool,
}

impl Log {
    /// A log to a file, or to standard output; `verbosity` 0 is INFO, one more each for `-d`, one less for `-q`.
    pub fn open(path: Option<PathBuf>, verbosity: i8, timestamps: bool) -> std::io::Result<Self> {
        let log = Self(Arc::new(Inner {
            path,
            file: Mutex::new(None),
            verbosity: AtomicI8::new(verbosity),
            timestamps: AtomicBool::new(timestamps),
        }));
        log.reopen()?;
        Ok(log)
    }

    /// Opens the file anew (RELOG), after somebody has moved it away.
    pub fn reopen(&self) -> std::io::Result<()> {
        let Some(path) = &self.0.path else { return Ok(()) };
        let file = OpenOptions::new().append(true).create(true).mode(0o640).open(path)?;
        *self.0.file.lock().unwrap_or_else(PoisonError::into_inner) = Some(file);
        Ok(())
    }

    /// The level in force, and whether lines carry a time, as LOG_LEVEL shows them.
    pub fn show_level(&self) -> String {
        let name = LEVELS.iter().find(|(_, v)| *v == self.0.verbosity.load(Ordering::Relaxed).clamp(-2, 3));
        let timestamps = u8::from(self.0.timestamps.load(Ordering::Relaxed));
        format!("Current level: {}\nTimestamp: {timestamps}\n", name.map_or("INFO", |(n, _)| n))
    }

    /// Changes the level by its name, and whether lines carry a time; `false` for an unknown name.
    pub fn set_level(&self, name: &str, timestamps: Option<bool>) -> bool {
        let Some((_, verbosity)) = LEVELS.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)) else {
            return false;
        };
        self.0.verbosity.store(*verbosity, Ordering::Relaxed);
        if let Some(timestamps) = timestamps {
            self.0.timestamps.store(timestamps, Ordering::Relaxed);
        }
        true
    }

    /// Writes one line.
    fn write(&self, text: &str) {
        let mut line = String::with_capacity(text.len() + 24);
        if self.0.timestamps.load(Ordering::Relaxed) {
            let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
            // Writing to a String cannot fail.
            let _ = write!(line, "{}.{:06}: ", since.as_secs(), since.subsec_micros());
        }
        // One message is one line, whatever is in it.
        line.extend(text.chars().map(|c| if c.is_control() { ' ' } else { c }));
        line.push('\n');
        // A log that cannot be written is no reason to stop.
        let _ = match self.0.file.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            Some(file) => file.write_all(line.as_bytes()),
            None => std::io::stdout().write_all(line.as_bytes()),
        };
    }
}

/// LOG_LEVEL's names, and how many `-d` they are.
const LEVELS: &[(&str, i8)] =
    &[("ERROR", -2), ("WARNING", -1), ("INFO", 0), ("DEBUG", 1), ("MSGDUMP", 2), ("EXCESSIVE", 3)];

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let least = match *metadata.level() {
            Level::ERROR => -2,
            Level::WARN => -1,
            Level::INFO => 0,
            Level::DEBUG => 1,
            Level::TRACE => 2,
        };
        self.0.verbosity.load(Ordering::Relaxed) >= least
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        // Spans are not shown; all are the same one.
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Fields(String::new());
        event.record(&mut line);
        self.write(&line.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// Message first, then `field=value`.
struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "message" {
            let rest = std::mem::take(&mut self.0);
            // Writing to a String cannot fail.
            let _ = write!(self.0, "{value:?}{rest}");
        } else {
            let _ = write!(self.0, " {}={value:?}", field.name());
        }
    }
}

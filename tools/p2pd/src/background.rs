//! `-B`: into the background once everything stands, and the pid file.
//!
//! A process cannot be split in two safely once it is a Rust program, so the first process starts itself anew and waits
//! until the second says that it is ready, or ends.

use crate::cli::ANNOUNCE;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

/// What the second process writes when all its sockets are there.
const READY: &[u8] = b"ready\n";

/// The first process: starts the second with the same arguments and is back when that is ready or has failed.
pub fn launch(arguments: impl Iterator<Item = OsString>) -> io::Result<ExitCode> {
    // The standard output is the log's, until the second process has left it; its input is where it says that it is ready.
    let (ours, theirs) = UnixStream::pair()?;
    let mut child = Command::new(std::env::current_exe()?)
        .args(arguments)
        .arg(ANNOUNCE)
        .stdin(Stdio::from(OwnedFd::from(theirs)))
        .spawn()?;
    let mut said = Vec::new();
    // The second process closes its end when it is ready, and the system does when it ends.
    ours.take(READY.len() as u64).read_to_end(&mut said)?;
    if said == READY {
        return Ok(ExitCode::SUCCESS);
    }
    let status = child.wait()?;
    Ok(status.code().and_then(|c| u8::try_from(c).ok()).filter(|c| *c != 0).map_or(ExitCode::FAILURE, ExitCode::from))
}

/// The second process, at its start: leaves the terminal.
pub fn detach() -> io::Result<()> {
    rustix::process::setsid()?;
    Ok(())
}

/// The second process, when all its sockets are there: says so and closes what it has of the first one's files.
pub fn announce() -> io::Result<()> {
    io::stdout().flush()?;
    let mut first = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    first.write_all(READY)?;
    // No file system is kept busy. Paths have been made absolute by now.
    std::env::set_current_dir("/")?;
    let null = OpenOptions::new().read(true).write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdin(&null)?;
    rustix::stdio::dup2_stdout(&null)?;
    rustix::stdio::dup2_stderr(&null)?;
    Ok(())
}

/// A file with our process id; removed when it is dropped.
#[derive(Debug)]
pub struct PidFile(PathBuf);

impl PidFile {
    /// Writes it.
    pub fn write(path: &Path) -> io::Result<Self> {
        let mut file = File::create(path)?;
        writeln!(file, "{}", std::process::id())?;
        Ok(Self(path.to_owned()))
    }
}

impl Drop for PidFile {
    fn drop(&mut self) {
        // Whether it can be removed or not: nothing is left to be done about it.
        let _ = fs::remove_file(&self.0);
    }
}

//! One virtual machine: the user-mode kernel as a process of ours, and its end.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{SigSet, Signal, kill, killpg};
use nix::unistd::Pid;

use crate::job::Job;

/// Memory of a machine; taken from the host only as it is touched.
const MEMORY: &str = "512M";
/// How often the host looks whether a machine has halted.
const POLL: Duration = Duration::from_millis(20);
/// The file in which the machine leaves the job's exit code.
pub(crate) const STATUS_FILE: &str = "status";
/// The word with which this program becomes the machine's first process.
pub(crate) const INIT: &str = "init";
/// The word with which this program stands between the lab and one kernel.
pub(crate) const GUARD: &str = "guard";

/// Machines that run now, by the processes that guard them.
static RUNNING: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

/// How a machine ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// It halted by itself, and its job left this exit code.
    Exited(i32),
    /// It was stopped at the limit.
    TimedOut,
    /// It halted without an exit code: its kernel or its first process died.
    Died,
}

/// A machine to boot.
pub(crate) struct Machine<'a> {
    /// The user-mode kernel.
    pub(crate) kernel: &'a Path,
    /// The directory that the machine sees as `/lab`: the job, its results and its logs.
    pub(crate) shared: &'a Path,
    /// Real time after which the machine is stopped.
    pub(crate) limit: Duration,
    /// Where the machine's console goes.
    pub(crate) console: Stdio,
}

impl Machine<'_> {
    /// Boots, waits for the end and says what it was.
    pub(crate) fn run(self, job: &Job) -> Result<End> {
        job.write(self.shared)?;
        let own = std::env::current_exe().context("path of this program")?;
        for path in [&own, self.shared] {
            ensure!(!path.to_string_lossy().contains([' ', '"']), "the kernel takes no blanks in {}", path.display());
        }
        let mut command = Command::new(&own);
        command
            .arg(GUARD)
            .arg(self.kernel)
            .arg(format!("mem={MEMORY}"))
            .arg(format!("uml_dir={}/", self.shared.display()))
            .args(["umid=machine", "time-travel=inf-cpu", "mac80211_hwsim.radios=0"])
            .args(["root=none", "hostfs=/", "rootfstype=hostfs", "rootflags=/", "ro"])
            .args(["con0=fd:0,fd:1", "con=null", "ssl=null", "quiet", "panic=-1"])
            .arg(format!("init={}", own.display()))
            .args(["--", INIT])
            .arg(self.shared)
            .stdin(Stdio::null())
            .stdout(self.console)
            .stderr(Stdio::null())
            .process_group(0);
        let mut child = command.spawn().with_context(|| self.kernel.display().to_string())?;
        let guard = Pid::from_raw(i32::try_from(child.id())?);
        running().push(guard);
        let started = Instant::now();
        let ended = loop {
            if child.try_wait()?.is_some() {
                break true;
            }
            if started.elapsed() > self.limit {
                break false;
            }
            thread::sleep(POLL);
        };
        if !ended {
            _ = kill(guard, Signal::SIGTERM);
            child.wait()?;
        }
        running().retain(|other| *other != guard);
        if !ended {
            return Ok(End::TimedOut);
        }
        let code = fs::read_to_string(self.shared.join(STATUS_FILE)).unwrap_or_default();
        Ok(code.trim().parse().map_or(End::Died, End::Exited))
    }
}

fn running() -> std::sync::MutexGuard<'static, Vec<Pid>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes an interrupted lab stop its machines. To be called before any other thread starts.
pub(crate) fn stop_machines_when_interrupted() -> Result<()> {
    let mut signals = SigSet::empty();
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        signals.add(signal);
    }
    signals.thread_block()?;
    thread::spawn(move || {
        let signal = signals.wait().unwrap_or(Signal::SIGTERM);
        // The lock is kept, so that no further machine starts.
        let machines = running();
        for guard in machines.iter() {
            _ = kill(*guard, Signal::SIGTERM);
        }
        std::process::exit(128 + signal as i32);
    });
    Ok(())
}

/// Runs a kernel and ends all its processes with it: when it halts, when this process is told to, or when the thread
/// that started this process ends.
pub(crate) fn guard_machine(command: &[String]) -> Result<()> {
    let mut told = SigSet::empty();
    told.add(Signal::SIGTERM);
    told.thread_block()?;
    set_pdeathsig(Signal::SIGTERM)?;
    let Some((kernel, arguments)) = command.split_first() else { bail!("no kernel given") };
    let mut child = Command::new(kernel).args(arguments).process_group(0).spawn().with_context(|| kernel.clone())?;
    let group = Pid::from_raw(i32::try_from(child.id())?);
    thread::spawn(move || {
        _ = told.wait();
        _ = killpg(group, Signal::SIGKILL);
    });
    child.wait()?;
    // The kernel's helper processes would outlive it.
    _ = killpg(group, Signal::SIGKILL);
    Ok(())
}

/// A directory that is removed at its end, unless it is kept.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    /// Makes an empty directory under `parent`.
    pub(crate) fn new(parent: &Path, name: &str) -> Result<Self> {
        let path = parent.join(name);
        if path.exists() {
            fs::remove_dir_all(&path).with_context(|| path.display().to_string())?;
        }
        fs::create_dir_all(&path).with_context(|| path.display().to_string())?;
        Ok(Self(path))
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Leaves the directory where it is.
    pub(crate) fn keep(mut self) -> PathBuf {
        std::mem::take(&mut self.0)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if !self.0.as_os_str().is_empty() {
            _ = fs::remove_dir_all(&self.0);
        }
    }
}

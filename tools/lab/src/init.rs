//! The first process inside a machine: builds the root that the job sees, runs the job and halts.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use nix::mount::{MsFlags, mount};
use nix::sys::reboot::{RebootMode, reboot};
use nix::sys::termios::{OutputFlags, SetArg, tcgetattr, tcsetattr};
use nix::unistd::{chroot, sync};

use crate::vm::STATUS_FILE;

/// The word with which this program runs the job.
pub(crate) const GUEST: &str = "guest";
/// Where the machine sees the directory that it shares with the host.
pub(crate) const SHARED: &str = "/lab";
/// Where the new root is put together.
const STAGE: &str = "/tmp";
/// What the job finds as `PATH`.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Runs as the machine's first process; returns only when the machine cannot be halted.
pub(crate) fn run(shared: &Path) -> Result<()> {
    let code = prepare(shared).and_then(|console| job(&console));
    if let Err(error) = &code {
        eprintln!("lab: {error:#}");
    }
    // Without this file the host reports that the machine died.
    if let Ok(code) = code {
        fs::write(Path::new(SHARED).join(STATUS_FILE), code.to_string())?;
    }
    sync();
    // The console is the job's output: "System halted" does not belong there.
    _ = fs::write("/proc/sys/kernel/printk", "0");
    reboot(RebootMode::RB_POWER_OFF).map(|_| ()).context("power off")
}

/// Puts a throw-away overlay over the host's root and enters it. The host's files are seen, none is changed but in the
/// shared directory.
fn prepare(shared: &Path) -> Result<File> {
    let root = format!("{STAGE}/root");
    attach("tmpfs", STAGE, "")?;
    for directory in ["upper", "work", "root"] {
        fs::create_dir(format!("{STAGE}/{directory}"))?;
    }
    attach("overlay", &root, &format!("lowerdir=/,upperdir={STAGE}/upper,workdir={STAGE}/work"))?;
    for (kind, place) in
        [("proc", "proc"), ("sysfs", "sys"), ("devtmpfs", "dev"), ("devpts", "dev/pts"), ("tmpfs", "run")]
    {
        let path = format!("{root}/{place}");
        fs::create_dir_all(&path)?;
        attach(kind, &path, "")?;
    }
    fs::create_dir_all(format!("{root}/dev/shm"))?;
    fs::create_dir_all(format!("{root}{SHARED}"))?;
    attach("hostfs", &format!("{root}{SHARED}"), &shared.display().to_string())?;
    chroot(root.as_str()).context("enter the overlay")?;
    std::env::set_current_dir("/")?;
    harness::rtnetlink::set_up("lo")?;

    let console = File::options().read(true).write(true).open("/dev/console").context("/dev/console")?;
    // The console is no terminal to the host: no carriage returns in what goes there.
    let mut mode = tcgetattr(&console)?;
    mode.output_flags.remove(OutputFlags::OPOST);
    tcsetattr(&console, SetArg::TCSANOW, &mode)?;
    Ok(console)
}

fn job(console: &File) -> Result<i32> {
    let status = Command::new("/proc/self/exe")
        .arg(GUEST)
        .env_clear()
        .env("PATH", PATH)
        .env("HOME", "/root")
        .env("TMPDIR", "/run")
        .env("RUST_BACKTRACE", "1")
        .stdin(Stdio::null())
        .stdout(console.try_clone()?)
        .stderr(console.try_clone()?)
        .status()
        .context("start the job")?;
    Ok(status.code().unwrap_or(255))
}

fn attach(kind: &str, place: &str, options: &str) -> Result<()> {
    mount(Some(kind), place, Some(kind), MsFlags::empty(), Some(options))
        .with_context(|| format!("mount {kind} on {place}"))
}

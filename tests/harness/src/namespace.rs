//! Network namespaces: one for each radio, so that what two of them say to each other really crosses the air.

use std::fs::{self, File};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;
use std::process::{Child, Command};
use std::thread;

use anyhow::{Context, Result, anyhow};
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, setns, unshare};

use crate::rtnetlink;

/// Where `ip netns` looks for namespaces by name.
const BY_NAME: &str = "/run/netns";

/// A network namespace, also reachable as `ip netns exec NAME`.
pub struct Namespace {
    name: String,
    handle: File,
}

impl Namespace {
    /// Makes a namespace with its loopback interface up.
    pub fn new(name: &str) -> Result<Self> {
        let path = format!("{BY_NAME}/{name}");
        fs::create_dir_all(BY_NAME)?;
        File::create(&path).with_context(|| path.clone())?;
        let handle = in_thread(|| {
            unshare(CloneFlags::CLONE_NEWNET).context("new network namespace")?;
            mount(Some("/proc/thread-self/ns/net"), path.as_str(), None::<&str>, MsFlags::MS_BIND, None::<&str>)
                .with_context(|| path.clone())?;
            rtnetlink::set_up("lo")?;
            File::open(&path).with_context(|| path.clone())
        })?;
        Ok(Self { name: name.to_owned(), handle })
    }

    /// The namespace's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A descriptor of the namespace.
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.handle.as_fd()
    }

    /// Runs a function inside; sockets that it opens stay there.
    pub fn run<T: Send>(&self, work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
        in_thread(|| {
            setns(&self.handle, CloneFlags::CLONE_NEWNET).with_context(|| format!("enter namespace {}", self.name))?;
            work()
        })
    }

    /// Starts a program inside, with a `/sys` that shows this namespace's devices.
    pub fn spawn(&self, command: Command) -> Result<Child> {
        self.spawn_seeing(command, None)
    }

    /// As [`Namespace::spawn`]; to the program this directory is `/run`.
    pub fn spawn_with_run(&self, command: Command, run: &Path) -> Result<Child> {
        self.spawn_seeing(command, Some(run))
    }

    fn spawn_seeing(&self, mut command: Command, run: Option<&Path>) -> Result<Child> {
        self.run(move || {
            unshare(CloneFlags::CLONE_NEWNS).context("new mount namespace")?;
            mount(None::<&str>, "/", None::<&str>, MsFlags::MS_REC | MsFlags::MS_SLAVE, None::<&str>)
                .context("detach mounts")?;
            mount(Some("sysfs"), "/sys", Some("sysfs"), MsFlags::empty(), None::<&str>).context("mount /sys")?;
            if let Some(own) = run {
                mount(Some(own), "/run", None::<&str>, MsFlags::MS_BIND, None::<&str>).context("mount /run")?;
            }
            command.spawn().with_context(|| format!("start {}", command.get_program().to_string_lossy()))
        })
    }
}

/// Runs a function in a thread of its own, whose namespaces may change without touching the caller's.
fn in_thread<T: Send>(work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    thread::scope(|scope| scope.spawn(work).join()).unwrap_or_else(|_| Err(anyhow!("a thread of the lab panicked")))
}

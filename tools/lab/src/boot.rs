//! `lab boot`: one machine with radios, for a program of the user's.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use harness::capture::Capture;
use harness::hwsim::{Hwsim, Kind};
use harness::namespace::Namespace;
use harness::nl80211::Nl80211;

use crate::init::SHARED;
use crate::job::{CommandJob, Job};
use crate::vm::{End, Machine, Scratch};

/// Name of the recording in the shared directory.
pub(crate) const CAPTURE_FILE: &str = "air.pcapng";

/// Boot a machine with radios and run a program in it.
#[derive(Args)]
pub(crate) struct Boot {
    /// How many radios: wlan0, wlan1, …
    #[arg(long, default_value_t = 2)]
    radios: usize,
    /// What the radios are: plain, p2p-device or qca
    #[arg(long, default_value = "plain", value_parser = |name: &str| Kind::from_name(name).ok_or("no such kind"))]
    kind: Kind,
    /// Give each radio a network namespace r0, r1, … (reached by `ip netns exec`), in which it is wlan0
    #[arg(long)]
    netns: bool,
    /// Record the air into this pcapng file
    #[arg(long, value_name = "FILE")]
    capture: Option<PathBuf>,
    /// Stop the machine after so many seconds of real time
    #[arg(long, default_value_t = 300)]
    limit: u64,
    /// The program and its arguments; the host's files are there, changes to them are thrown away
    #[arg(last = true, required = true)]
    command: Vec<String>,
}

impl Boot {
    /// Runs the machine; the exit code of the program.
    pub(crate) fn run(self, kernel: &Path) -> Result<i32> {
        let scratch = Scratch::new(&std::env::temp_dir(), &format!("lab-{}", std::process::id()))?;
        let job = Job::Command(CommandJob {
            radios: vec![self.kind; self.radios],
            namespaces: self.netns,
            capture: self.capture.is_some(),
            directory: std::env::current_dir()?,
            arguments: self.command,
        });
        let machine = Machine {
            kernel,
            shared: scratch.path(),
            limit: Duration::from_secs(self.limit),
            console: Stdio::inherit(),
        };
        let end = machine.run(&job)?;
        let recorded = scratch.path().join(CAPTURE_FILE);
        if let Some(file) = self.capture.filter(|_| recorded.exists()) {
            fs::copy(&recorded, &file).with_context(|| file.display().to_string())?;
        }
        match end {
            End::Exited(code) => Ok(code),
            End::TimedOut => bail!("stopped after {} s: does something inside spin without sleeping?", self.limit),
            End::Died => bail!("the machine died"),
        }
    }
}

/// Inside the machine: makes the radios and runs the program.
pub(crate) fn inside(job: &CommandJob) -> Result<i32> {
    let mut hwsim = Hwsim::open()?;
    let mut namespaces = Vec::new();
    for (number, kind) in job.radios.iter().enumerate() {
        let phy = format!("phy{number}");
        hwsim.new_radio(*kind, &phy)?;
        if job.namespaces {
            let namespace = Namespace::new(&format!("r{number}"))?;
            Nl80211::open()?.move_to(harness::nl80211::phy_number(&phy)?, namespace.fd())?;
            namespaces.push(namespace);
        }
    }
    let capture = job.capture.then(|| Capture::start(&Path::new(SHARED).join(CAPTURE_FILE))).transpose()?;
    let Some((program, arguments)) = job.arguments.split_first() else { bail!("no program given") };
    let status =
        Command::new(program).args(arguments).current_dir(&job.directory).status().with_context(|| program.clone())?;
    if let Some(capture) = capture {
        capture.settle();
    }
    Ok(status.code().unwrap_or(255))
}

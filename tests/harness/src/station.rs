//! A device of a scenario: a radio in a network namespace, and a daemon that drives it.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::control::Control;
use crate::group::Group;
use crate::hwsim::{Kind, Radio};
use crate::namespace::Namespace;
use crate::nl80211::{Interface, Nl80211, iftype};
use crate::transcript::note;

/// The interface that a radio has from the start.
pub const WLAN: &str = "wlan0";
/// How long a daemon may take to answer after its start.
const ANSWERS_WITHIN: Duration = Duration::from_secs(20);
/// How long a daemon may take to end.
const END_WITHIN: Duration = Duration::from_secs(10);
/// How long the kernel may take to remove what a group used.
const CLEAN_WITHIN: Duration = Duration::from_secs(3);
/// How often a condition without an event is looked at.
const LOOK: Duration = Duration::from_millis(10);

/// Which daemon drives a radio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// This project's `p2pd`.
    Ours,
    /// The distribution's `wpa_supplicant`.
    Theirs,
}

impl Program {
    /// The name in the names of scenarios.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Theirs => "theirs",
        }
    }
}

/// Faults that show outside of a scenario's own steps, as a daemon that died.
pub type Complaints = Arc<Mutex<Vec<String>>>;

/// A radio with its daemon.
pub struct Station {
    name: String,
    /// Its daemon does discovery on a second station interface.
    second: bool,
    /// The interface that P2P was started on.
    p2p_on: String,
    kind: Kind,
    radio: Radio,
    namespace: Namespace,
    program: Program,
    file: PathBuf,
    arguments: Vec<OsString>,
    /// Directory of the daemon's sockets.
    sockets: PathBuf,
    /// Directory of the logs.
    logs: PathBuf,
    daemon: Option<Child>,
    starts: u32,
    control: Option<Control>,
    complaints: Complaints,
}

/// What a station is made of.
pub(crate) struct Parts {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) radio: Radio,
    pub(crate) namespace: Namespace,
    pub(crate) program: Program,
    pub(crate) file: PathBuf,
    pub(crate) options: Vec<String>,
    pub(crate) config: String,
    pub(crate) logs: PathBuf,
    pub(crate) complaints: Complaints,
}

impl Station {
    /// Writes the configuration; the daemon does not run yet.
    pub(crate) fn new(parts: Parts) -> Result<Self> {
        let Parts { name, kind, radio, namespace, program, file, options, config, logs, complaints } = parts;
        let sockets = PathBuf::from(format!("/run/{name}"));
        let text = format!("ctrl_interface={}\ndevice_name={name}\n{config}\n", sockets.display());
        let config = logs.join(format!("{name}.conf"));
        fs::write(&config, text).with_context(|| config.display().to_string())?;
        let mut arguments: Vec<OsString> =
            ["-Dnl80211", "-i", WLAN, "-dd", "-t", "-c"].into_iter().map(OsString::from).collect();
        arguments.push(config.into());
        arguments.extend(options.into_iter().map(OsString::from));
        Ok(Self {
            name,
            kind,
            radio,
            namespace,
            program,
            file,
            arguments,
            sockets,
            logs,
            daemon: None,
            starts: 0,
            control: None,
            second: false,
            p2p_on: WLAN.to_owned(),
            complaints,
        })
    }

    /// Starts the daemon and waits until it answers.
    pub fn start(&mut self) -> Result<()> {
        ensure!(self.daemon.is_none(), "{} runs already", self.name);
        let suffix = if self.starts == 0 { String::new() } else { format!("-{}", self.starts) };
        self.starts += 1;
        let log_path = self.logs.join(format!("{}{suffix}.log", self.name));
        let log = File::create(&log_path)?;
        let mut command = Command::new(&self.file);
        command.args(&self.arguments).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        note(&self.name, &format!("start {}", self.file.display()));
        let mut daemon = self.namespace.spawn(command)?;
        let path = self.sockets.join(self.control_name());
        let end = Instant::now() + ANSWERS_WITHIN;
        self.control = loop {
            match Control::try_open(&self.name, &path) {
                Ok(control) => break Some(control),
                Err(error) => {
                    if let Some(status) = daemon.try_wait()? {
                        let log = fs::read_to_string(&log_path).unwrap_or_default();
                        bail!("{} ended at once, {status}: {}", self.name, log.lines().last().unwrap_or_default());
                    }
                    if Instant::now() > end {
                        _ = daemon.kill();
                        return Err(error.context(format!("{} does not answer", self.name)));
                    }
                }
            }
            thread::sleep(LOOK);
        };
        self.daemon = Some(daemon);
        Ok(())
    }

    /// The station's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Which daemon drives it.
    pub fn program(&self) -> Program {
        self.program
    }

    /// What its radio is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Its radio.
    pub fn radio(&self) -> Radio {
        self.radio
    }

    /// It has this radio now.
    pub(crate) fn has_radio(&mut self, radio: Radio) {
        self.radio = radio;
    }

    /// Switches its radio off, or on again, as `rfkill block` does.
    pub fn rfkill(&self, blocked: bool) -> Result<()> {
        note(&self.name, if blocked { "rfkill: block" } else { "rfkill: unblock" });
        // Only the switches of this namespace's radios can be followed in its `/sys`.
        let script = format!(
            "for file in /sys/class/ieee80211/*/rfkill*/soft; do echo {} > $file || exit 1; done",
            u8::from(blocked)
        );
        let mut command = Command::new("/bin/sh");
        command.args(["-c", &script]).stdin(Stdio::null());
        let status = self.namespace.spawn(command)?.wait()?;
        ensure!(status.success(), "{}: no rfkill: {status}", self.name);
        Ok(())
    }

    /// How often its daemon has gone to sleep until now: once for each time that something woke it.
    pub fn sleeps(&self) -> Result<u64> {
        let daemon = self.daemon.as_ref().with_context(|| format!("{} does not run", self.name))?;
        let status = fs::read_to_string(format!("/proc/{}/status", daemon.id()))?;
        let count = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        Ok(count.context("no count of context switches")?.trim().parse()?)
    }

    /// Its network namespace.
    pub fn namespace(&self) -> &Namespace {
        &self.namespace
    }

    /// Its daemon will find `wlan0` taken, and do discovery on a second station interface, where the radio has no P2P device.
    pub fn expect_second_station(&mut self) {
        self.second = self.kind == Kind::Plain;
    }

    /// Makes a second station interface, on which P2P will be started instead of `wlan0`.
    pub fn add_p2p_interface(&mut self, name: &str) -> Result<()> {
        self.namespace.run(|| {
            let mut nl80211 = Nl80211::open()?;
            let phy = nl80211.interfaces()?.first().context("no interface")?.phy();
            nl80211.add_interface(phy, name)
        })?;
        self.p2p_on = name.to_owned();
        Ok(())
    }

    /// Whether the daemon uses a P2P Device interface.
    pub fn uses_p2p_device(&self) -> bool {
        let told_not_to = self.arguments.iter().any(|argument| argument.to_string_lossy().contains("p2p-device"));
        self.kind.has_p2p_device() && !told_not_to
    }

    /// The file name of the control socket that takes P2P commands.
    pub fn control_name(&self) -> String {
        let own = &self.p2p_on;
        if self.uses_p2p_device() || self.second { format!("p2p-dev-{own}") } else { own.clone() }
    }

    /// The connection that takes P2P commands and tells P2P events.
    pub fn control(&mut self) -> &mut Control {
        self.control.as_mut().expect("a station whose daemon was started has a control connection")
    }

    /// Connects to the control socket of a group's interface.
    pub fn group_control(&self, group: &Group) -> Result<Control> {
        self.other_control(&group.interface)
    }

    /// Connects to the control socket of any interface of this daemon.
    pub fn other_control(&self, interface: &str) -> Result<Control> {
        Control::open(&format!("{}/{interface}", self.name), &self.sockets.join(interface))
    }

    /// Its P2P Device Address.
    pub fn address(&mut self) -> Result<String> {
        self.control().value("STATUS", "p2p_device_address")
    }

    /// Sends a P2P command that must be answered with `OK`.
    pub fn ok(&mut self, command: &str) -> Result<()> {
        self.control().ok(command)
    }

    /// Its configuration file.
    pub fn config(&self) -> PathBuf {
        self.logs.join(format!("{}.conf", self.name))
    }

    /// Ends the daemon in the ordinary way and checks that it ended well.
    pub fn stop(&mut self) -> Result<()> {
        let status = self.end(Signal::SIGTERM)?;
        ensure!(status.success(), "{}: {status} after SIGTERM", self.name);
        Ok(())
    }

    /// Ends the daemon without warning.
    pub fn kill(&mut self) -> Result<()> {
        self.end(Signal::SIGKILL).map(|_| ())
    }

    /// Connects anew to a daemon that has removed its sockets and makes them again.
    pub fn reconnect(&mut self) -> Result<()> {
        let path = self.sockets.join(self.control_name());
        let end = Instant::now() + ANSWERS_WITHIN;
        self.control = loop {
            match Control::try_open(&self.name, &path) {
                Ok(control) => break Some(control),
                Err(error) if Instant::now() > end => return Err(error.context(format!("{} is not back", self.name))),
                Err(_not_yet) => thread::sleep(LOOK),
            }
        };
        Ok(())
    }

    fn end(&mut self, signal: Signal) -> Result<ExitStatus> {
        let mut daemon = self.daemon.take().with_context(|| format!("{} does not run", self.name))?;
        note(&self.name, signal.as_str());
        self.control = None;
        kill(Pid::from_raw(i32::try_from(daemon.id())?), signal)?;
        let end = Instant::now() + END_WITHIN;
        while Instant::now() < end {
            if let Some(status) = daemon.try_wait()? {
                return Ok(status);
            }
            thread::sleep(LOOK);
        }
        daemon.kill()?;
        bail!("{} still ran {END_WITHIN:?} after {signal}", self.name)
    }

    /// All interfaces of the station's radio.
    pub fn interfaces(&self) -> Result<Vec<Interface>> {
        self.namespace.run(|| Nl80211::open()?.interfaces())
    }

    /// The control sockets that stand now.
    pub fn sockets(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.sockets).into_iter().flatten().flatten();
        let mut names: Vec<_> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// Demands that no group of the past left anything: interfaces and sockets are those of a daemon without a group,
    /// or none but the radio's own when the daemon does not run.
    pub fn check_nothing_left(&self) -> Result<()> {
        let runs = self.daemon.is_some();
        let end = Instant::now() + CLEAN_WITHIN;
        loop {
            let leftovers = self.leftovers(runs)?;
            if leftovers.is_empty() {
                return Ok(());
            }
            ensure!(Instant::now() < end, "{}: left behind: {}", self.name, leftovers.join(", "));
            thread::sleep(LOOK);
        }
    }

    fn leftovers(&self, runs: bool) -> Result<Vec<String>> {
        let mut found = Vec::new();
        let mut devices = 0;
        for interface in self.interfaces()? {
            match (interface.name.as_deref(), interface.kind) {
                (Some(name), iftype::STATION) if name == WLAN || name == self.p2p_on => {}
                (Some(name), iftype::STATION) if runs && self.second && name == self.control_name() => {}
                (None, iftype::P2P_DEVICE) if runs && self.uses_p2p_device() && devices == 0 => devices += 1,
                (name, kind) => found.push(format!("interface {} of type {kind}", name.unwrap_or("without name"))),
            }
        }
        let expected = [WLAN.to_owned(), self.p2p_on.clone(), self.control_name()];
        let sockets = self.sockets();
        found.extend(sockets.iter().filter(|s| !runs || !expected.contains(s)).map(|s| format!("socket {s}")));
        Ok(found)
    }

    /// Whether the daemon still runs.
    pub fn runs(&mut self) -> Result<bool> {
        match &mut self.daemon {
            Some(daemon) => Ok(daemon.try_wait()?.is_none()),
            None => Ok(false),
        }
    }
}

impl Drop for Station {
    fn drop(&mut self) {
        if let Some(mut daemon) = self.daemon.take() {
            if let Ok(Some(status)) = daemon.try_wait() {
                let complaint = format!("{} had ended by itself: {status}", self.name);
                self.complaints.lock().unwrap_or_else(PoisonError::into_inner).push(complaint);
            }
            _ = daemon.kill();
            _ = daemon.wait();
        }
    }
}

/// The program file called `name` in one of the directories of `PATH`.
pub(crate) fn find_program(name: &str) -> Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|directory| directory.join(name))
        .find(|file| Path::is_file(file))
        .with_context(|| format!("no program {name}"))
}

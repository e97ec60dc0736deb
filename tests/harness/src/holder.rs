//! Another program that holds a station's connection on a radio of ours: wpa_supplicant on `wlan0`, as NetworkManager has it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::control::Control;
use crate::namespace::Namespace;
use crate::station::{WLAN, find_program};
use crate::transcript::note;

/// How long it may take to answer.
const ANSWERS_WITHIN: Duration = Duration::from_secs(20);
/// How long it may take to connect: a scan of all channels and a handshake.
const CONNECTED_WITHIN: Duration = Duration::from_secs(30);
/// How often a condition without an event is looked at.
const LOOK: Duration = Duration::from_millis(10);

/// A running wpa_supplicant beside our daemon.
pub struct Holder {
    control: Control,
    daemon: Child,
}

impl Holder {
    /// Starts it in a station's namespace with these lines of configuration.
    pub fn start(name: &str, namespace: &Namespace, logs: &Path, config: &str) -> Result<Self> {
        let sockets = PathBuf::from(format!("/run/{name}"));
        let file = logs.join(format!("{name}.conf"));
        fs::write(&file, format!("ctrl_interface={}\n{config}\n", sockets.display()))?;
        let log = File::create(logs.join(format!("{name}.log")))?;
        let mut command = Command::new(find_program("wpa_supplicant")?);
        command.args(["-Dnl80211", "-i", WLAN, "-dd", "-t", "-c"]).arg(&file);
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        note(name, "start wpa_supplicant");
        let mut daemon = namespace.spawn(command)?;
        let end = Instant::now() + ANSWERS_WITHIN;
        loop {
            if let Ok(control) = Control::try_open(name, &sockets.join(WLAN)) {
                return Ok(Self { control, daemon });
            }
            if daemon.try_wait()?.is_some() || Instant::now() > end {
                _ = daemon.kill();
                bail!("{name} does not answer");
            }
            std::thread::sleep(LOOK);
        }
    }

    /// Its control connection.
    pub fn control(&mut self) -> &mut Control {
        &mut self.control
    }

    /// Waits until it is connected.
    pub fn connected(&mut self) -> Result<()> {
        let end = Instant::now() + CONNECTED_WITHIN;
        while self.control.value("STATUS", "wpa_state").is_ok_and(|state| state != "COMPLETED") {
            if Instant::now() > end {
                bail!("the station did not connect");
            }
            std::thread::sleep(LOOK);
        }
        Ok(())
    }

    /// The channel of its connection, MHz; `None` while there is none.
    pub fn frequency(&self) -> Result<Option<u32>> {
        if self.control.value("STATUS", "wpa_state")? != "COMPLETED" {
            return Ok(None);
        }
        Ok(Some(self.control.value("STATUS", "freq")?.parse().context("freq")?))
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        _ = self.daemon.kill();
        _ = self.daemon.wait();
    }
}

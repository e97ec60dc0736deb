//! An ordinary access point: the distribution's hostapd on a radio of its own.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::control::Control;
use crate::namespace::Namespace;
use crate::station::{WLAN, find_program};
use crate::transcript::note;

/// How long hostapd may take until its access point runs.
const READY_WITHIN: Duration = Duration::from_secs(20);
/// How often a condition without an event is looked at.
const LOOK: Duration = Duration::from_millis(10);

/// What an access point is to be.
#[derive(Debug, Clone, Copy)]
pub struct AccessPoint<'a> {
    /// Its SSID.
    pub ssid: &'a str,
    /// Its passphrase; an open network without.
    pub passphrase: Option<&'a str>,
    /// Its channel: `g` or `a`, and the number.
    pub channel: (char, u8),
    /// More lines of the configuration.
    pub more: &'a str,
}

/// A running hostapd.
pub struct Hostapd {
    namespace: Namespace,
    bssid: String,
    control: Control,
    daemon: Child,
}

impl Hostapd {
    /// Starts it and waits until it beacons.
    pub(crate) fn start(name: &str, namespace: Namespace, logs: &Path, ap: AccessPoint<'_>) -> Result<Self> {
        let sockets = PathBuf::from(format!("/run/{name}"));
        let AccessPoint { ssid, passphrase, channel: (mode, number), more } = ap;
        let security = passphrase.map_or_else(String::new, |passphrase| {
            format!("wpa=2\nwpa_key_mgmt=WPA-PSK\nrsn_pairwise=CCMP\nwpa_passphrase={passphrase}\n")
        });
        let text = format!(
            "interface={WLAN}\ndriver=nl80211\nctrl_interface={}\nssid={ssid}\nhw_mode={mode}\nchannel={number}\n\
             country_code=US\nieee80211n=1\n{security}{more}\n",
            sockets.display()
        );
        let config = logs.join(format!("{name}.conf"));
        fs::write(&config, text)?;
        let log = File::create(logs.join(format!("{name}.log")))?;
        let mut command = Command::new(find_program("hostapd")?);
        command.args(["-d", "-t"]).arg(&config).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        note(name, "start hostapd");
        let mut daemon = namespace.spawn(command)?;
        let end = Instant::now() + READY_WITHIN;
        loop {
            let ready = Control::try_open(name, &sockets.join(WLAN))
                .and_then(|control| Ok((control.value("STATUS", "state")? == "ENABLED", control)));
            if let Ok((true, control)) = ready {
                let bssid = control.value("STATUS", "bssid[0]")?;
                return Ok(Self { namespace, bssid, control, daemon });
            }
            if daemon.try_wait()?.is_some() || Instant::now() > end {
                _ = daemon.kill();
                bail!("{name}: no access point");
            }
            std::thread::sleep(LOOK);
        }
    }

    /// Its network namespace.
    pub fn namespace(&self) -> &Namespace {
        &self.namespace
    }

    /// Its BSSID.
    pub fn bssid(&self) -> String {
        self.bssid.clone()
    }

    /// Its control connection.
    pub fn control(&mut self) -> &mut Control {
        &mut self.control
    }

    /// Announces a switch to another channel (MHz) in 5 beacons.
    pub fn switch(&mut self, frequency: u32) -> Result<()> {
        self.control.ok(&format!("CHAN_SWITCH 5 {frequency} ht")).context("hostapd does not switch")
    }
}

impl Drop for Hostapd {
    fn drop(&mut self) {
        _ = self.daemon.kill();
        _ = self.daemon.wait();
    }
}

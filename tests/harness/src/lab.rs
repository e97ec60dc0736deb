//! The lab as a scenario sees it: makes stations, the medium, and traffic between them.

use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::capture::Capture;
use crate::group::Group;
use crate::hostapd::{AccessPoint, Hostapd};
use crate::hwsim::{Hwsim, Kind, Radio};
use crate::iwd::Iwd;
use crate::medium::Medium;
use crate::namespace::Namespace;
use crate::nl80211::{self, Nl80211};
use crate::station::{Complaints, Parts, Program, Station, find_program};
use crate::transcript::{self, note};
use crate::{rtnetlink, traffic};

/// Name of the recording of the air.
pub const CAPTURE_FILE: &str = "air.pcapng";
/// Name of the transcript.
pub const TRANSCRIPT_FILE: &str = "transcript.log";
/// Octets of the bulk transfer that proves a group.
const BULK: usize = 1 << 20;

/// What the command line of the lab says about all scenarios.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The daemon under test.
    pub p2pd: PathBuf,
    /// How often a scenario repeats what it repeats.
    pub rounds: u32,
    /// What varies between runs of one scenario.
    pub seed: u64,
}

/// The lab inside its machine.
pub struct Lab {
    /// What the command line said.
    pub settings: Settings,
    directory: PathBuf,
    hwsim: Hwsim,
    radios: Arc<Mutex<Vec<Radio>>>,
    capture: Capture,
    complaints: Complaints,
    subnets: u8,
}

impl Lab {
    /// Prepares the lab; logs and the recording go to `directory`.
    pub fn new(directory: &Path, settings: Settings) -> Result<Self> {
        transcript::start(&directory.join(TRANSCRIPT_FILE))?;
        Ok(Self {
            settings,
            directory: directory.to_owned(),
            hwsim: Hwsim::open()?,
            radios: Arc::default(),
            capture: Capture::start(&directory.join(CAPTURE_FILE))?,
            complaints: Complaints::default(),
            subnets: 0,
        })
    }

    /// A new radio with a daemon that runs; `config` is added to its configuration file.
    pub fn station(&mut self, name: &str, program: Program, kind: Kind, config: &str) -> Result<Station> {
        self.station_with(name, program, kind, config, &[])
    }

    /// As [`Lab::station`], with further command-line options.
    pub fn station_with(
        &mut self,
        name: &str,
        program: Program,
        kind: Kind,
        config: &str,
        options: &[&str],
    ) -> Result<Station> {
        let mut station = self.idle_station(name, program, kind, config, options)?;
        station.start()?;
        Ok(station)
    }

    /// A new radio whose daemon does not run yet.
    pub fn idle_station(
        &mut self,
        name: &str,
        program: Program,
        kind: Kind,
        config: &str,
        options: &[&str],
    ) -> Result<Station> {
        let (radio, namespace) = self.radio(name, kind)?;
        let file = match program {
            Program::Ours => self.settings.p2pd.clone(),
            Program::Theirs => find_program("wpa_supplicant")?,
        };
        ensure!(file.is_file(), "no program {}", file.display());
        Station::new(Parts {
            name: name.to_owned(),
            kind,
            radio,
            namespace,
            program,
            file,
            options: options.iter().map(|option| (*option).to_owned()).collect(),
            config: config.to_owned(),
            logs: self.directory.clone(),
            complaints: Arc::clone(&self.complaints),
        })
    }

    /// A new radio with iwd.
    pub fn iwd(&mut self, name: &str, kind: Kind) -> Result<Iwd> {
        let (radio, namespace) = self.radio(name, kind)?;
        // The kernel counts its phys as the driver counts the radios.
        Iwd::start(name, radio.id, namespace, &self.directory)
    }

    /// A new radio with an access point.
    pub fn access_point(&mut self, name: &str, ap: AccessPoint<'_>) -> Result<Hostapd> {
        let (_, namespace) = self.radio(name, Kind::Plain)?;
        Hostapd::start(name, namespace, &self.directory, ap)
    }

    /// A new radio in a namespace of its own, in which its interface is `wlan0`.
    pub fn radio(&mut self, name: &str, kind: Kind) -> Result<(Radio, Namespace)> {
        let radio = self.hwsim.new_radio(kind, name)?;
        self.radios.lock().unwrap_or_else(PoisonError::into_inner).push(radio);
        let namespace = Namespace::new(name)?;
        Nl80211::open()?.move_to(nl80211::phy_number(name)?, namespace.fd())?;
        note(name, &format!("radio {} ({})", radio.id, kind.name()));
        Ok((radio, namespace))
    }

    /// Takes a station's radio out of the air and of the kernel, as when a stick is unplugged.
    pub fn unplug(&mut self, station: &Station) -> Result<()> {
        note(station.name(), "unplug its radio");
        self.radios.lock().unwrap_or_else(PoisonError::into_inner).retain(|other| *other != station.radio());
        // The driver removes a radio only for its own namespace.
        station.namespace().run(|| Hwsim::open()?.remove_radio(station.radio()))
    }

    /// Puts a radio of its kind into a station whose own was unplugged; it has other addresses.
    pub fn plug(&mut self, station: &mut Station) -> Result<()> {
        let name = station.name().to_owned();
        let radio = self.hwsim.new_radio(station.kind(), &name)?;
        self.radios.lock().unwrap_or_else(PoisonError::into_inner).push(radio);
        Nl80211::open()?.move_to(nl80211::phy_number(&name)?, station.namespace().fd())?;
        note(&name, &format!("plug in radio {}", radio.id));
        station.has_radio(radio);
        Ok(())
    }

    /// Puts a programmable medium between the radios.
    pub fn medium(&self) -> Result<Medium> {
        Medium::start(Arc::clone(&self.radios), self.capture.clone())
    }

    /// The directory of this run's logs.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Gives the members of a group addresses in a new network; they are in the members' order.
    pub fn number(&mut self, members: &[(&Station, &Group)]) -> Result<Vec<Ipv4Addr>> {
        self.subnets = self.subnets.checked_add(1).context("out of networks")?;
        let mut addresses = Vec::new();
        for (host, (station, group)) in (1..).zip(members) {
            let address = Ipv4Addr::new(10, 0, self.subnets, host);
            station.namespace().run(|| rtnetlink::add_address(&group.interface, address, 24))?;
            addresses.push(address);
        }
        Ok(addresses)
    }

    /// Demands that every member reaches every other one, and that the first two can move a mebibyte.
    pub fn check_traffic(&mut self, members: &[(&Station, &Group)]) -> Result<()> {
        self.check_traffic_within(members, traffic::REACHED_WITHIN)
    }

    /// As [`Lab::check_traffic`], where a member may take this long to be reached for the first time.
    pub fn check_traffic_within(&mut self, members: &[(&Station, &Group)], within: Duration) -> Result<()> {
        let addresses = self.number(members)?;
        for (from, (station, _)) in members.iter().enumerate() {
            for (to, address) in addresses.iter().enumerate() {
                if from != to {
                    traffic::ping(station.namespace(), *address, within)?;
                }
            }
        }
        let ([(first, _), (second, _), ..], [_, address, ..]) = (members, addresses.as_slice()) else {
            bail!("traffic needs two members");
        };
        traffic::transfer(first.namespace(), second.namespace(), *address, BULK)?;
        Ok(())
    }

    /// What went wrong outside of the scenario's own steps: daemons that died, panics in their logs.
    pub fn complaints(&self) -> Vec<String> {
        let mut found = self.complaints.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for entry in fs::read_dir(&self.directory).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.extension().is_some_and(|extension| extension == "log") {
                let text = fs::read(&path).map(|t| String::from_utf8_lossy(&t).into_owned()).unwrap_or_default();
                found.extend(
                    text.lines()
                        .filter(|line| line.contains("panicked at"))
                        .map(|line| format!("{}: {line}", path.display())),
                );
            }
        }
        found
    }

    /// Lets the recording be written to its end.
    pub fn settle(&self) {
        self.capture.settle();
    }

    /// Virtual time since the scenario began.
    pub fn now(&self) -> Duration {
        transcript::now()
    }
}

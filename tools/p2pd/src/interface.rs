//! One interface as its control sockets see it: its names, its configuration file, its stored groups.

use crate::bss::Networks;
use crate::config::{AddressPolicy, ConfigError, ConfigFile, Settings, write_atomically};
use ieee80211_ies::MacAddr;
use std::path::PathBuf;
use wifi_direct::api::{Config, DeviceAddress, GroupRecord, Network, Protection, RecordId, Role};

/// Default control directory, as wpa_supplicant's own example has it.
pub const DEFAULT_CONTROL_DIR: &str = "/var/run/wpa_supplicant";

/// Where an interface's control sockets stand and who may use them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ControlPlace {
    /// The directory.
    pub directory: PathBuf,
    /// The group's name or number.
    pub group: Option<String>,
}

impl ControlPlace {
    /// Reads `DIR=/path GROUP=name`, or a path alone.
    pub fn parse(text: &str) -> Self {
        let (directory, group) = match text.strip_prefix("DIR=") {
            None => (text, None),
            Some(rest) => match rest.split_once(" GROUP=") {
                Some((directory, group)) => (directory.trim_end(), Some(group.trim().to_owned())),
                None => (rest, None),
            },
        };
        // The background process leaves the directory that a relative path is as seen from.
        let directory = std::path::absolute(directory).unwrap_or_else(|_| PathBuf::from(directory));
        Self { directory, group }
    }
}

/// An interface of the daemon, without its radio.
#[derive(Debug)]
pub struct Interface {
    /// The network interface it was started on.
    pub ifname: String,
    /// `p2p-dev-…`, when discovery runs on a P2P_DEVICE interface.
    pub p2p_device_name: Option<String>,
    /// Its configuration file's text, with changes made since.
    pub file: ConfigFile,
    /// Settings in force that the file cannot hold (a name with `#` in it), and their values.
    pub unwritten: Vec<(String, String)>,
    /// Where that came from and goes back to.
    pub path: Option<PathBuf>,
    /// What the configuration means.
    pub settings: Settings,
    /// Where its control sockets stand; `None`: it has none.
    pub control: Option<ControlPlace>,
    /// P2P is another interface's on its radio, or nobody's.
    pub station_only: bool,
    /// A scan has ended since the start.
    pub scanned: bool,
    /// The interface is up.
    pub up: bool,
    /// The networks seen by scans.
    pub networks: Networks,
    /// Only this peer is shown (`P2P_SET peer_filter`).
    pub peer_filter: Option<MacAddr>,
}

impl Interface {
    /// An interface with this configuration file and the settings that it means.
    pub fn new(ifname: &str, file: ConfigFile, settings: Settings) -> Self {
        Self {
            ifname: ifname.to_owned(),
            p2p_device_name: None,
            file,
            unwritten: Vec::new(),
            path: None,
            settings,
            control: None,
            station_only: false,
            scanned: false,
            up: true,
            networks: Networks::default(),
            peer_filter: None,
        }
    }

    /// Whether the user wants to see this peer.
    pub fn shows(&self, peer: MacAddr) -> bool {
        self.peer_filter.is_none_or(|only| only == peer)
    }

    /// The interface that P2P events carry as theirs.
    pub fn p2p_name(&self) -> &str {
        self.p2p_device_name.as_deref().unwrap_or(&self.ifname)
    }

    /// Whether `name` is one of the interface's own names (not of a group's interface).
    pub fn is_base(&self, name: &str) -> bool {
        name == self.ifname || Some(name) == self.p2p_device_name.as_deref()
    }

    /// The device's configuration that follows from the settings.
    pub fn device_config(&self) -> Config {
        let mut config = self.settings.config();
        config.group_interface_prefix = group_prefix(&self.ifname);
        config.device_address = self.device_address();
        config.station_only = self.station_only;
        config
    }

    /// Which P2P device address to start with.
    fn device_address(&self) -> DeviceAddress {
        let kept = self.settings.kept_address.map_or(DeviceAddress::OfRadio, DeviceAddress::Fixed);
        match self.settings.device_address {
            AddressPolicy::OfRadio => {
                // One that users have made may not say whose it is.
                let known = |record: &GroupRecord| record.role == Role::Owner && !record.owner.is_zero();
                let owned = self.records().into_iter().find(known);
                owned.map_or(DeviceAddress::OfRadio, |record| DeviceAddress::Stored(record.owner))
            }
            AddressPolicy::Random if self.records().is_empty() => DeviceAddress::Random,
            AddressPolicy::Random | AddressPolicy::Kept => kept,
        }
    }

    /// Keeps the P2P device address for later starts, where that is wanted.
    pub fn keep_address(&mut self, address: MacAddr) {
        if self.settings.device_address == AddressPolicy::OfRadio || self.settings.kept_address == Some(address) {
            return;
        }
        self.settings.kept_address = Some(address);
        if let Err(reason) = self.file.set("p2p_device_persistent_mac_addr", &address.to_string()) {
            tracing::warn!("{}: {reason}", self.ifname);
        }
        self.write_after_change();
    }

    /// The stored persistent groups.
    pub fn records(&self) -> Vec<GroupRecord> {
        self.file.networks().filter_map(|network| network.record()).collect()
    }

    /// The networks that the station may connect to.
    pub fn station_networks(&self) -> Vec<Network> {
        self.file.networks().filter_map(|network| network.station_network()?.ok()).collect()
    }

    /// Logs which network blocks are kept and cannot be used, and why.
    pub fn say_unusable_networks(&self) {
        for network in self.file.networks() {
            if let Some(Err(reason)) = network.station_network() {
                tracing::warn!("{}: network {} is kept and cannot be used: {reason}", self.ifname, network.id);
            }
        }
    }

    /// One stored persistent group.
    pub fn record(&self, id: u32) -> Option<GroupRecord> {
        self.file.network(id)?.record()
    }

    /// Stores a persistent group: over the entry with its id, or with the same owner and SSID, or as a new one. Tells
    /// the id; `None` when there is no room or the group cannot be written down.
    pub fn store(&mut self, record: &GroupRecord) -> Option<RecordId> {
        let same = |id: &u32| {
            self.file
                .network(*id)
                .is_some_and(|n| n.is_persistent() && n.bssid() == Some(record.owner) && n.ssid() == record.ssid)
        };
        let by_id = record.id.map(|RecordId(id)| id).filter(same);
        let found = by_id.or_else(|| self.file.networks().map(|n| n.id).find(same));
        let (id, new) = match found {
            Some(id) => (id, false),
            None => (self.file.add_network()?, true),
        };
        let stored = self.file.network_mut(id).map(|network| network.store(record));
        match stored {
            Some(Ok(())) => Some(RecordId(id)),
            Some(Err(reason)) => {
                tracing::warn!("{}: the persistent group cannot be stored: {reason}", self.ifname);
                if new {
                    self.file.remove_network(id);
                }
                None
            }
            None => None,
        }
    }

    /// Keeps the network that a registrar has given to the station: in the block with its SSID, or in a new one. Writes
    /// the file where that is wanted; what fails is logged.
    pub fn keep_network(&mut self, ssid: &[u8], protection: &Protection) {
        let found = self.file.networks().find(|n| !n.is_persistent() && n.ssid() == ssid).map(|n| n.id);
        let Some(id) = found.or_else(|| self.file.add_network()) else {
            return tracing::warn!("{}: too many network blocks for one more", self.ifname);
        };
        match self.file.network_mut(id).map(|network| network.store_station(ssid, protection)) {
            Some(Err(reason)) => {
                tracing::warn!("{}: the network cannot be kept: {reason}", self.ifname);
                if found.is_none() {
                    self.file.remove_network(id);
                }
            }
            _ => self.write_after_change(),
        }
    }

    /// Takes a client out of all stored groups; whether one of them changed. The device does the same and says so in events, but
    /// the file is to be written before its user is answered.
    pub fn forget_client(&mut self, client: MacAddr) -> bool {
        let mut changed = false;
        for mut record in self.records() {
            if record.forget_client(client, false) {
                changed |= self.store(&record).is_some();
            }
        }
        changed
    }

    /// Writes the file if that is wanted (`update_config=1`); whether it was written.
    pub fn write(&self) -> Result<bool, ConfigError> {
        match &self.path {
            Some(path) if self.settings.update_config => {
                write_atomically(path, &self.file.show())?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// Writes the file after a change of its own accord; a failure is logged.
    pub fn write_after_change(&self) {
        if let Err(error) = self.write() {
            tracing::error!("{}: {error}", self.ifname);
        }
    }
}

/// Prefix of group interface names. A number follows; where the whole would be longer than Linux allows, the
/// interface's name is left out, as wpa_supplicant does.
fn group_prefix(ifname: &str) -> String {
    let prefix = format!("p2p-{ifname}-");
    if prefix.len() < crate::cli::MAX_IFNAME { prefix } else { String::from("p2p-") }
}

/// Control name of a P2P_DEVICE interface.
pub fn p2p_device_name(ifname: &str) -> String {
    let mut name = format!("p2p-dev-{ifname}");
    let cut = (0..=crate::cli::MAX_IFNAME).rev().find(|at| name.is_char_boundary(*at)).unwrap_or(0);
    name.truncate(cut);
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_groups_know_us_by_an_address_only_where_they_say_it() {
        let interface = |bssid: &str| {
            let text =
                format!("network={{\n\tssid=\"DIRECT-ab\"\n{bssid}\tpsk=\"12345678\"\n\tmode=3\n\tdisabled=2\n}}\n");
            Interface::new("wlan0", ConfigFile::parse(&text).expect("well-formed"), Settings::default())
        };
        let known = interface("\tbssid=02:00:00:00:99:00\n").device_config().device_address;
        assert_eq!(known, DeviceAddress::Stored(MacAddr([2, 0, 0, 0, 0x99, 0])));
        let unknown = interface("");
        assert_eq!(unknown.records().len(), 1);
        assert_eq!(unknown.device_config().device_address, DeviceAddress::OfRadio);
    }

    #[test]
    fn names() {
        assert_eq!(group_prefix("p2p0"), "p2p-p2p0-");
        assert_eq!(group_prefix("wlxabcdef012345"), "p2p-");
        assert_eq!(p2p_device_name("wlan0"), "p2p-dev-wlan0");
        assert_eq!(p2p_device_name("wlxabcdef012345"), "p2p-dev-wlxabcd");
    }

    #[test]
    fn control_places() {
        let place = ControlPlace::parse("DIR=/var/run/wpa_supplicant GROUP=adm");
        assert_eq!(place.directory, PathBuf::from("/var/run/wpa_supplicant"));
        assert_eq!(place.group.as_deref(), Some("adm"));
        assert_eq!(ControlPlace::parse("/x y").directory, PathBuf::from("/x y"));
    }
}

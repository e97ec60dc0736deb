//! A group that runs, and one that is stored.

use crate::fields::{is_address, line, parse_number, ssid};
use crate::peer::channel;
use crate::text::Json;

/// Our part in a group.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// Its owner.
    Owner,
    /// One of its clients.
    Client,
}

impl Role {
    /// In a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Client => "client",
        }
    }
}

/// A group that runs.
#[derive(Clone, PartialEq, Eq)]
pub struct Group {
    /// Its network interface.
    pub interface: String,
    /// Our part in it.
    pub role: Role,
    /// Its SSID.
    pub ssid: String,
    /// Its channel, MHz.
    pub frequency: i64,
    /// The passphrase for those who know nothing of Wi-Fi Direct, where we own the group.
    pub passphrase: Option<String>,
    /// The owner's device address.
    pub owner: Option<String>,
    /// It is stored.
    pub persistent: bool,
    /// The address that the owner has given us.
    pub ip: Option<String>,
    /// Its clients, where we own it: their device address, or that of their interface.
    pub members: Vec<String>,
}

impl std::fmt::Debug for Group {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let passphrase = self.passphrase.as_ref().map(|_| "[redacted]");
        f.debug_struct("Group")
            .field("interface", &self.interface)
            .field("role", &self.role)
            .field("ssid", &self.ssid)
            .field("frequency", &self.frequency)
            .field("passphrase", &passphrase)
            .field("members", &self.members)
            .finish_non_exhaustive()
    }
}

impl Group {
    /// Reads the reply to `STATUS` on the socket of `interface`; `None` when no group runs there.
    pub fn from_status(interface: &str, reply: &str) -> Option<Self> {
        let role = match line(reply, "mode")? {
            "P2P GO" => Role::Owner,
            "station" if line(reply, "wpa_state") == Some("COMPLETED") => Role::Client,
            _ => return None,
        };
        Some(Self {
            interface: interface.to_owned(),
            role,
            ssid: line(reply, "ssid").map(ssid).unwrap_or_default(),
            frequency: line(reply, "freq").and_then(parse_number).unwrap_or_default(),
            passphrase: None,
            owner: None,
            persistent: false,
            ip: line(reply, "ip_address").map(str::to_owned),
            members: Vec::new(),
        })
    }

    /// In a sentence.
    pub fn in_words(&self) -> String {
        format!("{} {} on {}, interface {}", self.role.word(), self.ssid, channel(self.frequency), self.interface)
    }

    /// All of it for programs, its passphrase included.
    pub fn json(&self) -> Json {
        Json::Object(vec![
            ("interface", Json::text(&*self.interface)),
            ("role", Json::text(self.role.word())),
            ("ssid", Json::text(&*self.ssid)),
            ("frequency_mhz", Json::Number(self.frequency)),
            ("passphrase", Json::maybe(self.passphrase.as_deref())),
            ("owner", Json::maybe(self.owner.as_deref())),
            ("persistent", Json::Bool(self.persistent)),
            ("ip_address", Json::maybe(self.ip.as_deref())),
            ("members", Json::List(self.members.iter().map(|m| Json::text(&**m)).collect())),
        ])
    }
}

/// The station that a reply to `STA-FIRST` or `STA-NEXT` is about: its interface address and its device address.
pub fn station(reply: &str) -> Option<(&str, Option<&str>)> {
    let address = reply.lines().next().filter(|first| is_address(first))?;
    Some((address, line(reply, "p2p_device_addr").or_else(|| line(reply, "p2p_dev_addr"))))
}

/// A stored group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Saved {
    /// Its number.
    pub id: i64,
    /// Its SSID.
    pub ssid: String,
    /// Our part in it, once asked for.
    pub role: Option<Role>,
    /// Device addresses of its clients, or its owner's.
    pub devices: Vec<String>,
}

impl Saved {
    /// Reads the reply to `LIST_NETWORKS`: the persistent groups in it.
    pub fn list(reply: &str) -> Vec<Self> {
        let row = |line: &str| {
            let mut columns = line.split('\t');
            let (id, name) = (columns.next()?.parse().ok()?, columns.next()?);
            let bssid = columns.next().filter(|b| is_address(b));
            let persistent = columns.next()?.contains("[P2P-PERSISTENT]");
            let devices = bssid.map(str::to_owned).into_iter().collect();
            persistent.then(|| Self { id, ssid: ssid(name), role: None, devices })
        };
        reply.lines().filter_map(row).collect()
    }

    /// All of it for programs.
    pub fn json(&self) -> Json {
        Json::Object(vec![
            ("id", Json::Number(self.id)),
            ("ssid", Json::text(&*self.ssid)),
            ("role", Json::maybe(self.role.map(Role::word))),
            ("devices", Json::List(self.devices.iter().map(|d| Json::text(&**d)).collect())),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_read_from_its_status() {
        let owner = "bssid=02:00:00:00:01:01\nfreq=2437\nssid=DIRECT-Eb\nid=0\nmode=P2P GO\nwpa_state=COMPLETED\n";
        let group = Group::from_status("p2p0", owner).expect("a group");
        assert_eq!(group.in_words(), "owner DIRECT-Eb on channel 6 (2437 MHz), interface p2p0");
        assert_eq!(Group::from_status("wlan0", "wpa_state=DISCONNECTED\np2p_device_address=02:00\n"), None);
        let forming = owner.replace("P2P GO", "P2P GO - group formation");
        assert_eq!(Group::from_status("p2p0", &forming), None);
        let joining = owner.replace("P2P GO", "station").replace("COMPLETED", "SCANNING");
        assert_eq!(Group::from_status("p2p0", &joining), None);
    }

    #[test]
    fn stored_groups_are_told_from_other_networks() {
        let reply = "network id / ssid / bssid / flags\n0\tHome\tany\t\n3\tDIRECT-\\x09a\t02:00:00:00:01:00\t\
                     [DISABLED][P2P-PERSISTENT]\n";
        let all = Saved::list(reply);
        assert_eq!(all.len(), 1);
        assert_eq!((all[0].id, all[0].ssid.as_str()), (3, "DIRECT-\ta"));
        assert_eq!(all[0].devices, ["02:00:00:00:01:00"]);
    }

    #[test]
    fn no_log_holds_a_passphrase() {
        let mut group = Group::from_status("p2p0", "mode=P2P GO\n").expect("a group");
        group.passphrase = Some("secret12".into());
        assert!(!format!("{group:?}").contains("secret12"));
    }
}

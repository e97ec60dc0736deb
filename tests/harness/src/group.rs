//! A group as `P2P-GROUP-STARTED` tells of it, read as strictly as the programs that parse this event do.

use anyhow::{Context, Result, ensure};
use regex_lite::Regex;

use crate::control::Event;

/// A device's part in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The group owner.
    Owner,
    /// A client.
    Client,
}

/// A started group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The group's network interface.
    pub interface: String,
    /// Our part.
    pub role: Role,
    /// The SSID, escaped as in the event.
    pub ssid: String,
    /// The operating channel's centre, in MHz.
    pub frequency: u32,
    /// The passphrase, where the event gives it.
    pub passphrase: Option<String>,
    /// The PSK as 64 hexadecimal digits, where the event gives it.
    pub psk: Option<String>,
    /// The owner's P2P Device Address.
    pub owner: String,
    /// Whether the group is stored.
    pub persistent: bool,
}

impl Group {
    /// Reads the event.
    pub fn from_event(event: &Event) -> Result<Self> {
        let form = Regex::new(concat!(
            r#"^P2P-GROUP-STARTED (\S{1,15}) (GO|client) ssid="([^"]*)" freq=(\d+) "#,
            r#"(?:psk=([0-9a-f]{64})|passphrase="([^"]{8,63})") go_dev_addr=((?:[0-9a-f]{2}:){5}[0-9a-f]{2})( \[PERSISTENT\])?"#,
            r"(?: ip_addr=[\d.]+ ip_mask=[\d.]+ go_ip_addr=[\d.]+)?$"
        ))?;
        let found = form.captures(&event.text).with_context(|| format!("not of the agreed form: {:?}", event.text))?;
        let text = |number| found.get(number).map(|part| part.as_str().to_owned());
        let word = |number| text(number).unwrap_or_default();
        Ok(Self {
            interface: word(1),
            role: if word(2) == "GO" { Role::Owner } else { Role::Client },
            ssid: word(3),
            frequency: word(4).parse()?,
            psk: text(5),
            passphrase: text(6),
            owner: word(7),
            persistent: text(8).is_some(),
        })
    }

    /// Demands that two members speak of one group: one of them, or neither, is its owner.
    pub fn check_same(&self, other: &Self) -> Result<()> {
        ensure!(
            self.ssid == other.ssid && self.frequency == other.frequency && self.owner == other.owner,
            "two members disagree about their group:\n    {self:?}\n    {other:?}"
        );
        ensure!(self.ssid.starts_with("DIRECT-"), "{:?} is not the SSID of a P2P group", self.ssid);
        let both_own = self.role == Role::Owner && other.role == Role::Owner;
        ensure!(!both_own, "both are owners of {:?}", self.ssid);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn read(text: &str) -> Result<Group> {
        Group::from_event(&Event { at: Duration::ZERO, text: text.into() })
    }

    #[test]
    fn owner_and_client_are_read() {
        let owner = r#"P2P-GROUP-STARTED p2p-wlan0-0 GO ssid="DIRECT-ab" freq=2412 passphrase="12345678" go_dev_addr=02:00:00:00:00:00"#;
        let group = read(owner).unwrap();
        assert_eq!((group.role, group.frequency, group.passphrase.as_deref()), (Role::Owner, 2412, Some("12345678")));
        let psk = "0123456789abcdef".repeat(4);
        let client = format!(
            r#"P2P-GROUP-STARTED wlan0 client ssid="DIRECT-ab" freq=2412 psk={psk} go_dev_addr=02:00:00:00:00:00 [PERSISTENT]"#
        );
        let client = read(&client).unwrap();
        assert!(client.persistent && client.psk == Some(psk));
        assert!(group.check_same(&client).is_ok());
    }

    #[test]
    fn other_forms_are_refused() {
        for text in [
            "P2P-GROUP-STARTED p2p-wlan0-0 GO",
            r#"P2P-GROUP-STARTED p2p-wlan0-0 go ssid="DIRECT-ab" freq=2412 passphrase="12345678" go_dev_addr=02:00:00:00:00:00"#,
            r#"P2P-GROUP-STARTED p2p-wlan0-0 GO ssid="DIRECT-ab" freq=2412 passphrase="12345678" go_dev_addr=02:00:00:00:00:0A"#,
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}

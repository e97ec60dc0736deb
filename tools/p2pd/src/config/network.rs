//! One `network={…}` block, and the persistent group that it may hold.

use super::value::{parse_string, show_string};
use super::{Invalid, network_key};
use ieee80211_ies::{MacAddr, escape};
use radio::Secret;
use wifi_direct::api::{GroupRecord, RecordId, Role, StationPsk};
use zeroize::Zeroize;

/// Most clients that a stored group remembers (wpa_supplicant's bound of `p2p_client_list`).
const MAX_CLIENTS: usize = 100;
/// `mode=` of a stored group that we own.
const MODE_P2P_GO: &str = "3";
/// `disabled=` of a persistent group.
const DISABLED_PERSISTENT: &str = "2";

/// A network block. Its keys and their values are kept as they were written.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Network {
    /// Its id in the control protocol.
    pub id: u32,
    lines: Vec<Line>,
}

/// A line of a block. Values can be keys and passphrases: they are wiped, and there is no `Debug`.
#[derive(Clone, PartialEq, Eq)]
enum Line {
    /// A comment or an empty line.
    Plain(String),
    /// A setting; `text` is the whole line as read, until the value is changed.
    Field { key: String, value: String, text: Option<String> },
}

impl Drop for Line {
    fn drop(&mut self) {
        if let Self::Field { value, text, .. } = self {
            value.zeroize();
            text.zeroize();
        }
    }
}

impl std::fmt::Debug for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Network {} ({} lines)", self.id, self.lines.len())
    }
}

impl Network {
    /// An empty block.
    pub fn new(id: u32) -> Self {
        Self { id, lines: Vec::new() }
    }

    /// Takes one line from a file: `text` is the whole line, `meaning` what is left of it without blanks and comment.
    pub(super) fn read_line(&mut self, text: &str, meaning: &str) -> Result<(), Invalid> {
        if meaning.is_empty() {
            self.lines.push(Line::Plain(text.to_owned()));
            return Ok(());
        }
        let (key, value) = meaning.split_once('=').ok_or(Invalid::Syntax)?;
        check(key, value)?;
        self.lines.push(Line::Field { key: key.to_owned(), value: value.to_owned(), text: Some(text.to_owned()) });
        Ok(())
    }

    /// The value of a key, as written.
    pub fn get(&self, wanted: &str) -> Option<&str> {
        self.lines.iter().rev().find_map(|line| match line {
            Line::Field { key, value, .. } if key == wanted => Some(value.as_str()),
            _ => None,
        })
    }

    /// All values of a key that may stand more than once.
    fn all<'a>(&'a self, wanted: &'a str) -> impl Iterator<Item = &'a str> {
        self.lines.iter().filter_map(move |line| match line {
            Line::Field { key, value, .. } if key == wanted => Some(value.as_str()),
            _ => None,
        })
    }

    /// Gives a key its value, in its old place if it has one.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), Invalid> {
        check(key, value)?;
        if !super::file::survives(value) {
            return Err(Invalid::Unwritable(key.to_owned()));
        }
        for line in self.lines.iter_mut().rev() {
            match line {
                Line::Field { key: old, value: slot, text } if old == key => {
                    slot.zeroize();
                    value.clone_into(slot);
                    *text = None;
                    return Ok(());
                }
                _ => {}
            }
        }
        self.lines.push(Line::Field { key: key.to_owned(), value: value.to_owned(), text: None });
        Ok(())
    }

    /// Takes a key away.
    pub fn unset(&mut self, unwanted: &str) {
        self.lines.retain(|line| !matches!(line, Line::Field { key, .. } if key == unwanted));
    }

    /// Writes the block.
    pub(super) fn show(&self, out: &mut String) {
        out.push_str("network={\n");
        for line in &self.lines {
            match line {
                Line::Plain(text) | Line::Field { text: Some(text), .. } => out.push_str(text),
                Line::Field { key, value, text: None } => {
                    out.push('\t');
                    out.push_str(key);
                    out.push('=');
                    out.push_str(value);
                }
            }
            out.push('\n');
        }
        out.push_str("}\n");
    }

    /// The SSID; empty when there is none.
    pub fn ssid(&self) -> Vec<u8> {
        self.get("ssid").and_then(parse_string).unwrap_or_default()
    }

    /// The value of a key that is text, without its quotes.
    pub fn text(&self, key: &str) -> Option<Vec<u8>> {
        self.get(key).and_then(parse_string)
    }

    /// `bssid=`, which for a persistent group is its owner's device address.
    pub fn bssid(&self) -> Option<MacAddr> {
        self.get("bssid").and_then(|v| v.parse().ok())
    }

    /// Whether this is a stored persistent group.
    pub fn is_persistent(&self) -> bool {
        self.get("disabled") == Some(DISABLED_PERSISTENT)
    }

    /// Whether the block is not to be used by itself.
    pub fn is_disabled(&self) -> bool {
        self.get("disabled").is_some_and(|d| d != "0")
    }

    /// The persistent group, if the block holds a whole one.
    pub fn record(&self) -> Option<GroupRecord> {
        if !self.is_persistent() {
            return None;
        }
        let (passphrase, psk) = match self.get("psk") {
            Some(value) if value.starts_with('"') => (parse_string(value).map(Secret::new), None),
            Some(value) => (None, parse_string(value).map(Secret::new)),
            None => (None, None),
        };
        let ssid = self.ssid();
        if ssid.is_empty() || (passphrase.is_none() && psk.is_none()) {
            return None;
        }
        let clients = self.get("p2p_client_list").unwrap_or_default();
        let role = if self.get("mode") == Some(MODE_P2P_GO) { Role::Owner } else { Role::Client };
        let owner = match role {
            // One that users have made may leave out that it is us.
            Role::Owner => self.bssid().unwrap_or_default(),
            Role::Client => self.bssid()?,
        };
        Some(GroupRecord {
            id: Some(RecordId(self.id)),
            role,
            ssid,
            owner,
            passphrase,
            psk,
            station_psks: self.all("psk_list").filter_map(read_station_psk).take(MAX_CLIENTS).collect(),
            clients: clients.split_ascii_whitespace().filter_map(|c| c.parse().ok()).take(MAX_CLIENTS).collect(),
        })
    }

    /// Puts a persistent group into the block; what else stands in it stays.
    pub fn store(&mut self, record: &GroupRecord) -> Result<(), Invalid> {
        self.set("ssid", &show_string(&record.ssid))?;
        self.set("bssid", &record.owner.to_string())?;
        let passphrase = record.passphrase.as_ref().and_then(|p| std::str::from_utf8(p.expose()).ok());
        let mut key = match (passphrase, &record.psk) {
            (Some(passphrase), _) => format!("\"{passphrase}\""),
            (None, Some(psk)) => escape::hex(psk.expose()).to_string(),
            (None, None) => return Err(Invalid::value("psk", "the group has no key")),
        };
        let stored = self.set("psk", &key);
        key.zeroize();
        stored?;
        for (key, value) in
            [("proto", "RSN"), ("key_mgmt", "WPA-PSK"), ("pairwise", "CCMP"), ("group", "CCMP"), ("auth_alg", "OPEN")]
        {
            if self.get(key).is_none() {
                self.set(key, value)?;
            }
        }
        match record.role {
            Role::Owner => self.set("mode", MODE_P2P_GO)?,
            Role::Client => self.unset("mode"),
        }
        self.set("disabled", DISABLED_PERSISTENT)?;
        self.unset("psk_list");
        for station in record.station_psks.iter().take(MAX_CLIENTS) {
            let value = show_station_psk(station);
            self.lines.push(Line::Field { key: String::from("psk_list"), value, text: None });
        }
        if record.clients.is_empty() {
            self.unset("p2p_client_list");
            return Ok(());
        }
        let clients: Vec<String> = record.clients.iter().take(MAX_CLIENTS).map(MacAddr::to_string).collect();
        self.set("p2p_client_list", &clients.join(" "))
    }
}

/// Reads `MAC-key` or, by its device address, `P2P-MAC-key`.
fn read_station_psk(value: &str) -> Option<StationPsk> {
    let (value, by_device) = match value.strip_prefix(BY_DEVICE) {
        Some(rest) => (rest, true),
        None => (value, false),
    };
    let (address, key) = value.split_once('-')?;
    let psk = crate::text::parse_hex(key).filter(|key| key.len() == 32)?;
    Some(StationPsk { address: address.parse().ok()?, by_device, psk: Secret::new(psk) })
}

fn show_station_psk(station: &StationPsk) -> String {
    let prefix = if station.by_device { BY_DEVICE } else { "" };
    format!("{prefix}{}-{}", station.address, escape::hex(station.psk.expose()))
}

/// What stands before a device address in `psk_list=`.
const BY_DEVICE: &str = "P2P-";

/// Whether a key is one of a network block and can take the value.
fn check(key: &str, value: &str) -> Result<(), Invalid> {
    network_key(key).ok_or_else(|| Invalid::UnknownKey(key.to_owned()))?;
    let wrong = |reason: &str| Err(Invalid::value(key, reason));
    match key {
        "ssid" => match parse_string(value) {
            Some(ssid) if ssid.len() <= 32 => Ok(()),
            _ => wrong("not an SSID of at most 32 octets"),
        },
        "psk" if value.starts_with('"') => match parse_string(value) {
            Some(text) if (8..=63).contains(&text.len()) => Ok(()),
            _ => wrong("not a passphrase of 8 to 63 characters"),
        },
        "psk" if value.starts_with("ext:") => Ok(()),
        "psk" => match crate::text::parse_hex(value) {
            Some(key) if key.len() == 32 => Ok(()),
            _ => wrong("not 64 hexadecimal digits"),
        },
        "bssid" if value.is_empty() || value == "any" => Ok(()),
        "bssid" if value.parse::<MacAddr>().is_err() => wrong("not a MAC address"),
        "mode" if !matches!(value, "0" | "1" | "2" | "3" | "4" | "5") => wrong("not 0 to 5"),
        "disabled" if !matches!(value, "0" | "1" | "2") => wrong("not 0 to 2"),
        "psk_list" if read_station_psk(value).is_none() => wrong("not an address and 64 hexadecimal digits"),
        "p2p_client_list" => {
            // A list that was cut off in the middle of an address is taken up to there, as wpa_supplicant does.
            let first = value.split_ascii_whitespace().next();
            let bad = first.is_some_and(|client| client.parse::<MacAddr>().is_err());
            if bad { wrong("not a list of MAC addresses") } else { Ok(()) }
        }
        _ if value.is_empty() => wrong("empty"),
        _ => match (SETS.iter().find(|(name, _)| *name == key), NUMBERS.contains(&key)) {
            (Some((_, words)), _) if !value.split_ascii_whitespace().all(|w| words.contains(&w)) => {
                wrong("an unknown word")
            }
            (None, true) => {
                let (_, low, high) = range_of(key).unwrap_or(&(&[], i32::MIN as i64, i32::MAX as i64));
                super::value::number(key, value, *low, *high).map(drop)
            }
            (None, false) => match range_of(key) {
                Some((_, low, high)) => super::value::number(key, value, *low, *high).map(drop),
                None if key == "id_str" && parse_string(value).is_none() => wrong("not a string in quotation marks"),
                None => Ok(()),
            },
            _ => Ok(()),
        },
    }
}

fn range_of(key: &str) -> Option<&'static (&'static [&'static str], i64, i64)> {
    RANGES.iter().find(|(keys, ..)| keys.contains(&key))
}

/// The ranges that wpa_supplicant 2.10 checks. Of 2.11's wider ones the wider.
const RANGES: &[(&[&str], i64, i64)] = &[
    (
        &[
            "acs",
            "beacon_prot",
            "disable_he",
            "disable_ht",
            "disable_ldpc",
            "disable_sgi",
            "disable_vht",
            "enable_edmg",
            "fixed_freq",
            "ft_eap_pmksa_caching",
            "ht",
            "ht40_intolerant",
            "mixed_cell",
            "multi_ap_backhaul_sta",
            "no_auto_peer",
            "owe_only",
            "owe_ptk_workaround",
            "proactive_key_caching",
            "scan_ssid",
            "vht",
            "wps_disabled",
        ],
        0,
        1,
    ),
    (&["dpp_pfs", "ignore_broadcast_ssid", "pbss", "sae_pk", "wpa_deny_ptk0_rekey"], 0, 2),
    (&["ieee80211w"], 0, 2),
    (&["disable_ht40", "disable_max_amsdu", "ht40", "tx_stbc"], -1, 1),
    (&["rx_stbc", "ampdu_factor"], -1, 3),
    (&["ampdu_density"], -1, 7),
    (&["edmg_channel"], 9, 13),
    (&["transition_disable", "mka_priority"], 0, 255),
    (&["fils_dh_group", "owe_group"], 0, 65535),
    (&["frequency"], 0, 70200),
    (&["macsec_port"], 1, 65534),
    (&["max_oper_chwidth"], 0, 9),
];

/// Keys whose value is a set of words, and the words that wpa_supplicant knows.
const SETS: &[(&str, &[&str])] = &[
    ("proto", &["WPA", "RSN", "WPA2", "OSEN"]),
    (
        "key_mgmt",
        &[
            "NONE",
            "WPA-NONE",
            "WPA-PSK",
            "WPA-PSK-SHA256",
            "WPA-EAP",
            "WPA-EAP-SHA256",
            "WPA-EAP-SHA384",
            "WPA-EAP-SUITE-B",
            "WPA-EAP-SUITE-B-192",
            "IEEE8021X",
            "FT-PSK",
            "FT-EAP",
            "FT-EAP-SHA384",
            "FT-SAE",
            "FT-SAE-EXT-KEY",
            "FILS-SHA256",
            "FILS-SHA384",
            "FT-FILS-SHA256",
            "FT-FILS-SHA384",
            "SAE",
            "SAE-EXT-KEY",
            "OWE",
            "DPP",
            "OSEN",
            "WPS",
        ],
    ),
    ("pairwise", &["CCMP", "CCMP-256", "GCMP", "GCMP-256", "TKIP", "NONE"]),
    ("group", &["CCMP", "CCMP-256", "GCMP", "GCMP-256", "TKIP", "WEP104", "WEP40", "GTK_NOT_USED"]),
    ("auth_alg", &["OPEN", "SHARED", "LEAP", "SAE"]),
];

/// Keys whose value is a number.
const NUMBERS: &[&str] = &[
    "ap_max_inactivity",
    "beacon_int",
    "dtim_period",
    "frequency",
    "group_rekey",
    "ieee80211w",
    "max_oper_chwidth",
    "mixed_cell",
    "peerkey",
    "priority",
    "proactive_key_caching",
    "scan_ssid",
    "wpa_ptk_rekey",
    "wps_disabled",
];

/// What GET_NETWORK says of a key that the block does not have: wpa_supplicant's default.
pub fn default_of(key: &str) -> Option<&'static str> {
    Some(match key {
        "proto" => "WPA RSN",
        "key_mgmt" => "WPA-PSK WPA-EAP",
        "pairwise" => "CCMP TKIP",
        "group" => "CCMP TKIP",
        "mode" | "disabled" => "0",
        _ if NUMBERS.contains(&key) => "0",
        _ => return None,
    })
}

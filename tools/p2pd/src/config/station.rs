//! A network block as the station's network.

use super::value::{parse_string, show_string};
use super::{Invalid, Network};
use ieee80211_ies::escape;
use radio::Secret;
use wifi_direct::api::{Network as StationNetwork, NetworkId, Protection};
use zeroize::Zeroize;

impl Network {
    /// The network of an access point that the block describes; for people why the station cannot use it. `None` for a persistent
    /// group, which is no network of the station's.
    pub fn station_network(&self) -> Option<Result<StationNetwork, String>> {
        (!self.is_persistent()).then(|| self.read_station_network())
    }

    /// Puts an access point's network into the block, to be used; what else stands in it stays.
    pub fn store_station(&mut self, ssid: &[u8], protection: &Protection) -> Result<(), Invalid> {
        self.set("ssid", &show_string(ssid))?;
        let mut key = match protection {
            Protection::Open => return self.set("key_mgmt", "NONE"),
            Protection::Psk(psk) => escape::hex(psk.expose()).to_string(),
            Protection::Passphrase(passphrase) => {
                let text = std::str::from_utf8(passphrase.expose());
                format!("\"{}\"", text.map_err(|_| Invalid::value("psk", "the passphrase is not text"))?)
            }
        };
        let stored = self.set("psk", &key);
        key.zeroize();
        stored?;
        for (key, value) in [("proto", "RSN"), ("key_mgmt", "WPA-PSK"), ("pairwise", "CCMP"), ("auth_alg", "OPEN")] {
            self.set(key, value)?;
        }
        self.unset("disabled");
        Ok(())
    }

    fn read_station_network(&self) -> Result<StationNetwork, String> {
        let said = |key: &'static str| self.get(key).filter(|value| !value.is_empty());
        let lists = |key: &'static str, words: &[&str]| {
            said(key).is_none_or(|list| list.split_ascii_whitespace().any(|word| words.contains(&word)))
        };
        if said("mode").is_some_and(|mode| mode != "0") {
            return Err(String::from("it is no network to connect to: mode is not 0"));
        }
        let ssid = self.ssid();
        if ssid.is_empty() {
            return Err(String::from("it has no ssid"));
        }
        let asked = |key: &'static str| said(key).unwrap_or_default();
        if !lists("auth_alg", &["OPEN"]) {
            return Err(format!("auth_alg={}: only OPEN", asked("auth_alg")));
        }
        if said("ieee80211w") == Some("2") {
            return Err(String::from("ieee80211w=2: there is no protection of management frames"));
        }
        let protection = if lists("key_mgmt", &["WPA-PSK"]) {
            for (key, words) in [("proto", &["RSN", "WPA2"][..]), ("pairwise", &["CCMP"][..]), ("group", &["CCMP"][..])]
            {
                if !lists(key, words) {
                    return Err(format!("{key}={}: only WPA2 with CCMP", asked(key)));
                }
            }
            self.read_key()?
        } else if lists("key_mgmt", &["NONE"]) {
            if ["wep_key0", "wep_key1", "wep_key2", "wep_key3"].into_iter().any(|key| said(key).is_some()) {
                return Err(String::from("WEP is not there"));
            }
            Protection::Open
        } else {
            return Err(format!("key_mgmt={}: only WPA-PSK and NONE", asked("key_mgmt")));
        };
        let list = said("freq_list").unwrap_or_default();
        let frequencies: Result<Vec<u32>, _> = list.split_ascii_whitespace().map(str::parse).collect();
        Ok(StationNetwork {
            id: NetworkId(self.id),
            ssid,
            bssid: self.bssid().filter(|bssid| !bssid.is_zero()),
            protection,
            priority: said("priority").and_then(|n| n.parse().ok()).unwrap_or(0),
            hidden: said("scan_ssid") == Some("1"),
            enabled: !self.is_disabled(),
            frequencies: frequencies.map_err(|_| format!("freq_list={list}: not a list of MHz"))?,
        })
    }

    fn read_key(&self) -> Result<Protection, String> {
        match self.get("psk") {
            Some(text) if text.starts_with('"') => {
                parse_string(text).map(|text| Protection::Passphrase(Secret::new(text)))
            }
            Some(text) if text.starts_with("ext:") => {
                return Err(String::from("psk=ext: there is no other store of keys"));
            }
            Some(text) => crate::text::parse_hex(text).map(|key| Protection::Psk(Secret::new(key))),
            None if self.get("sae_password").is_some() => {
                return Err(String::from("SAE is not there, and it has no psk"));
            }
            None => None,
        }
        .ok_or_else(|| String::from("it has no psk"))
    }
}

#[cfg(test)]
mod tests {
    use crate::config::ConfigFile;
    use wifi_direct::api::{Network, NetworkId, Protection};

    /// What becomes of a block with these lines.
    fn read(lines: &str) -> Option<Result<Network, String>> {
        let file = ConfigFile::parse(&format!("network={{\n{lines}\n}}\n")).expect("well-formed");
        file.networks().next().expect("one").station_network()
    }

    #[test]
    fn what_a_station_can_use() {
        let Some(Ok(home)) = read(
            "ssid=\"home\"\npsk=\"correct horse\"\nproto=RSN\nkey_mgmt=WPA-PSK SAE\npairwise=CCMP TKIP\ngroup=CCMP\n\
             priority=5\nscan_ssid=1\nbssid=02:00:00:00:00:01\nid_str=\"x\"\nfreq_list=2412 2437\nieee80211w=1",
        ) else {
            panic!("usable")
        };
        assert_eq!((home.id, home.ssid.as_slice(), home.priority, home.hidden), (NetworkId(0), &b"home"[..], 5, true));
        assert!(home.enabled && home.bssid.is_some() && home.frequencies == [2412, 2437]);
        assert!(matches!(&home.protection, Protection::Passphrase(p) if p.expose() == b"correct horse"));
        let digits = "5a".repeat(32);
        let key = read(&format!("ssid=636166c3a9\npsk={digits}\ndisabled=1"));
        let Some(Ok(key)) = key else { panic!("usable") };
        assert!(!key.enabled && matches!(&key.protection, Protection::Psk(p) if p.expose() == [0x5a; 32]));
        assert_eq!(read("ssid=\"cafe\"\nkey_mgmt=NONE").map(|n| n.map(|n| n.protection)), Some(Ok(Protection::Open)));
    }

    #[test]
    fn what_it_cannot_is_said() {
        assert_eq!(read("ssid=\"DIRECT-ab\"\npsk=\"12345678\"\ndisabled=2"), None);
        for (lines, word) in [
            ("psk=\"12345678\"", "ssid"),
            ("ssid=\"a\"", "psk"),
            ("ssid=\"a\"\nkey_mgmt=NONE\nwep_key0=\"abcde\"", "WEP"),
            ("ssid=\"a\"\nkey_mgmt=WPA-EAP", "WPA-EAP"),
            ("ssid=\"a\"\nkey_mgmt=SAE\nsae_password=\"x\"", "SAE"),
            ("ssid=\"a\"\nkey_mgmt=FT-PSK\npsk=\"12345678\"", "FT-PSK"),
            ("ssid=\"a\"\nproto=WPA\npsk=\"12345678\"", "proto=WPA"),
            ("ssid=\"a\"\npairwise=TKIP\npsk=\"12345678\"", "pairwise=TKIP"),
            ("ssid=\"a\"\npsk=ext:name", "ext"),
            ("ssid=\"a\"\nmode=1\nkey_mgmt=NONE", "mode"),
            ("ssid=\"a\"\npsk=\"12345678\"\nieee80211w=2", "ieee80211w"),
        ] {
            let Some(Err(reason)) = read(lines) else { panic!("{lines}: usable") };
            assert!(reason.contains(word), "{reason}");
        }
    }
}

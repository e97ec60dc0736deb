//! What the settings mean to a device.

use super::value::{channel_list, frequency_ranges, ipv4, number, parse_config_methods, parse_uuid};
use super::{ConfigFile, Invalid, Known, global_key, octets, parse_country, spec};
use crate::bss::Limits;
use ieee80211_ies::MacAddr;
use ieee80211_ies::bss::Interworking;
use ieee80211_ies::wsc::DeviceType;
use std::time::Duration;
use wifi_direct::api::{ChannelSharing, Config, IpPool};

/// Most secondary device types (wpa_supplicant's `MAX_SEC_DEVICE_TYPES`).
const MAX_SECONDARY_TYPES: usize = 5;
/// Longest Vendor Extension (wpa_supplicant's `WPS_MAX_VENDOR_EXT_LEN`).
const MAX_VENDOR_EXTENSION: usize = 1024;

/// Settings in force: a device's [`Config`] under way, with the pairs of keys that make up one of its fields.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Settings {
    config: Config,
    listen: Pair,
    operating: Pair,
    ip_pool: [Option<[u8; 4]>; 4],
    network: Network,
    /// Whether the P2P device address is another one than the radio's.
    pub device_address: AddressPolicy,
    /// The P2P device address that is kept for that (`p2p_device_persistent_mac_addr`).
    pub kept_address: Option<MacAddr>,
    /// How long and how many networks that scans have seen are kept (`bss_max_count`, `bss_expiration_age`).
    pub seen: Limits,
    /// Operating class and channel above all preferences (`P2P_SET override_pref_op_chan`).
    preferred: Option<(u8, u8)>,
    /// What becomes of a network that a registrar gives to the station (`wps_cred_processing`).
    pub credentials: Credentials,
    /// The UUID is drawn at random where none is given (`auto_uuid`): this one.
    drawn_uuid: Option<[u8; 16]>,
    /// Channels that the driver asks to be avoided (`DRIVER_EVENT AVOID_FREQUENCIES`).
    avoided: Vec<(u32, u32)>,
    /// P2P is switched off (`p2p_disabled`).
    pub disabled: bool,
    /// The file may be rewritten (`update_config`).
    pub update_config: bool,
    /// Where the control socket is (`ctrl_interface`), as written.
    pub control: Option<String>,
    /// Who may use it (`ctrl_interface_group`).
    pub control_group: Option<String>,
}

/// What becomes of a network that a registrar gives to the station (`wps_cred_processing`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Credentials {
    /// It becomes a network block.
    #[default]
    Kept,
    /// Its user is told all of it, and it is forgotten.
    Told,
    /// Both.
    KeptAndTold,
}

impl Credentials {
    /// Whether it becomes a network block.
    pub fn kept(self) -> bool {
        self != Self::Told
    }

    /// Whether WPS-CRED-RECEIVED shows it.
    pub fn shown(self) -> bool {
        self != Self::Kept
    }
}

/// Where the P2P device address comes from (`p2p_device_random_mac_addr`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum AddressPolicy {
    /// From the radio.
    #[default]
    OfRadio,
    /// Drawn at the start; kept while there are persistent groups, as their members know us by it.
    Random,
    /// The one that we had at the first start, whatever the radio has now.
    Kept,
}

/// What groups say of their network, each field a key of its own (`go_interworking` and its like).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Network {
    told: bool,
    kind: u8,
    internet: bool,
    venue: [u8; 2],
}

impl Network {
    /// The venue is told with its group only, as wpa_supplicant does it.
    fn get(self) -> Option<Interworking> {
        let venue = (self.venue[0] != 0).then_some(self.venue);
        let access_network = self.kind | u8::from(self.internet) << 4;
        self.told.then_some(Interworking { access_network, venue, hessid: None })
    }
}

/// An operating class and a channel, each set by a key of its own. Zero is unset.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Pair {
    class: u8,
    channel: u8,
}

impl Pair {
    /// Class 81 (2.4 GHz) where only the channel is given, as wpa_supplicant takes it.
    fn get(self) -> Option<(u8, u8)> {
        if self.channel == 0 {
            return None;
        }
        Some((if self.class == 0 { 81 } else { self.class }, self.channel))
    }
}

impl Settings {
    /// The settings of a file, over the defaults. On an error the line's number comes with it.
    pub fn from_file(file: &ConfigFile) -> Result<Self, (usize, Invalid)> {
        let mut settings = Self::default();
        settings.overlay(file)?;
        Ok(settings)
    }

    /// Puts the settings of a file over those in force.
    pub fn overlay(&mut self, file: &ConfigFile) -> Result<(), (usize, Invalid)> {
        for (line, key, value) in file.numbered_settings() {
            self.apply(key, value).map_err(|reason| (line, reason))?;
        }
        Ok(())
    }

    /// The device's configuration that follows from the settings.
    pub fn config(&self) -> Config {
        let mut config = self.config.clone();
        config.listen_channel = self.listen.get();
        config.operating_channel = self.operating.get();
        config.interworking = self.network.get();
        config.uuid = config.uuid.or(self.drawn_uuid);
        config.ip_pool = match self.ip_pool {
            [Some(owner), Some(mask), Some(first), Some(last)] => Some(IpPool { owner, mask, first, last }),
            _ => None,
        };
        if let Some(preferred) = self.preferred {
            config.preferred_channels.insert(0, preferred);
        }
        config.disallowed_frequencies.extend_from_slice(&self.avoided);
        config
    }

    /// The part of the device's configuration that no key of the file covers, to be changed in place.
    pub fn config_mut(&mut self) -> &mut Config {
        &mut self.config
    }

    /// Sets the listen channel for as long as the daemon runs (`P2P_SET listen_channel`).
    pub fn set_listen_channel(&mut self, class: u8, channel: u8) {
        self.listen = Pair { class, channel };
    }

    /// Prefers one channel to all others, or no longer.
    pub fn prefer_channel(&mut self, channel: Option<(u8, u8)>) {
        self.preferred = channel;
    }

    /// Keeps groups off these channels beside those that the user forbids.
    pub fn avoid(&mut self, ranges: Vec<(u32, u32)>) {
        self.avoided = ranges;
    }

    /// Gives one key its value; whether it is one that changes what we do.
    pub fn apply(&mut self, key: &str, value: &str) -> Result<Known, Invalid> {
        let known = global_key(key).ok_or_else(|| Invalid::UnknownKey(key.to_owned()))?;
        if known == Known::Kept {
            match spec::find(key) {
                Some(spec) => spec::check(spec, value)?,
                None => super::keys::check_other(key, value)?,
            }
            return Ok(known);
        }
        let c = &mut self.config;
        let int = |low, high| number(key, value, low, high);
        let flag = || int(0, 1).map(|n| n == 1);
        // Of these wpa_supplicant checks no range.
        let any = || int(i32::MIN.into(), i32::MAX.into());
        let on = || any().map(|n| n != 0);
        let byte = |low, high| int(low, high).map(|n| n as u8);
        let text = |longest: usize| {
            let octets = octets::encode(value);
            if octets.len() > longest {
                return Err(Invalid::value(key, format!("longer than {longest} octets")));
            }
            // What is no UTF-8 stands for itself as a replacement character, which is longer than what it stands for.
            let mut text = String::from_utf8_lossy(&octets).into_owned();
            text.truncate((0..=longest).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default());
            Ok(text)
        };
        let wrong = |reason: &str| Invalid::value(key, reason);
        match key {
            "device_name" => c.device_name = text(32)?,
            "manufacturer" => c.manufacturer = text(64)?,
            "model_name" => c.model_name = text(32)?,
            "model_number" => c.model_number = text(32)?,
            "serial_number" => c.serial_number = text(32)?,
            "device_type" => {
                c.device_type = device_type(value).ok_or_else(|| wrong("not category-OUI-subcategory"))?;
            }
            "sec_device_type" => {
                let kind = device_type(value).ok_or_else(|| wrong("not category-OUI-subcategory"))?;
                if c.secondary_device_types.len() >= MAX_SECONDARY_TYPES {
                    return Err(Invalid::TooMany("5 secondary device types"));
                }
                c.secondary_device_types.push(kind);
            }
            "uuid" => c.uuid = Some(parse_uuid(value).ok_or_else(|| wrong("not a UUID"))?),
            "config_methods" => {
                c.config_methods = parse_config_methods(value);
            }
            "country" => c.country = Some(parse_country(value).ok_or_else(|| wrong("not two letters"))?),
            "p2p_listen_reg_class" => self.listen.class = u8::try_from(any()?).unwrap_or(0),
            "p2p_listen_channel" => self.listen.channel = u8::try_from(any()?).unwrap_or(0),
            "p2p_oper_reg_class" => self.operating.class = u8::try_from(any()?).unwrap_or(0),
            "p2p_oper_channel" => self.operating.channel = u8::try_from(any()?).unwrap_or(0),
            "p2p_go_intent" => c.go_intent = byte(0, 15)?,
            "p2p_ssid_postfix" => c.ssid_postfix = text(23)?.into_bytes(),
            "p2p_passphrase_len" => c.passphrase_length = byte(8, 63)?,
            "p2p_intra_bss" => c.intra_bss = flag()?,
            "persistent_reconnect" => c.persistent_reconnect = flag()?,
            "p2p_group_idle" => c.group_idle_s = any()? as i32,
            "p2p_no_group_iface" => c.no_group_interface = on()?,
            "p2p_no_go_freq" => c.no_go_frequencies = frequency_ranges(key, value)?,
            "p2p_pref_chan" => c.preferred_channels = channel_list(key, value)?,
            "p2p_go_freq_change_policy" => {
                c.channel_sharing = match int(0, 3)? {
                    0 => ChannelSharing::Always,
                    1 => ChannelSharing::IfClientsCan,
                    2 => ChannelSharing::Never,
                    _ => ChannelSharing::IfAnnounced,
                };
            }
            "p2p_add_cli_chan" => c.client_only_channels = flag()?,
            "p2p_ignore_shared_freq" => c.ignore_shared_channel = flag()?,
            "p2p_optimize_listen_chan" => c.optimize_listen_channel = flag()?,
            "p2p_search_delay" => c.search_delay_ms = any()?.max(0) as u32,
            "wps_cred_processing" => {
                self.credentials = match int(0, 2)? {
                    0 => Credentials::Kept,
                    1 => Credentials::Told,
                    _ => Credentials::KeptAndTold,
                };
            }
            "auto_uuid" => self.drawn_uuid = flag()?.then(random_uuid).flatten(),
            "pbc_in_m1" => c.push_button_in_m1 = flag()?,
            "wps_vendor_ext_m1" => {
                let octets = crate::text::parse_hex(value).filter(|o| (1..=MAX_VENDOR_EXTENSION).contains(&o.len()));
                c.vendor_extension_m1 = octets.ok_or_else(|| wrong("not 1 to 1024 octets in hexadecimal digits"))?;
            }
            "passive_scan" => c.passive_scan = on()?,
            "p2p_cli_probe" => c.client_probe = flag()?,
            "p2p_go_ht40" => c.go_ht40 = on()?,
            "p2p_go_vht" => c.go_vht = on()?,
            "p2p_go_ctwindow" => c.go_ctwindow = byte(0, 127)?,
            "os_version" => c.os_version = os_version(value).ok_or_else(|| wrong("not 8 hexadecimal digits"))?,
            "go_interworking" => self.network.told = flag()?,
            "go_access_network_type" => self.network.kind = byte(0, 15)?,
            "go_internet" => self.network.internet = flag()?,
            "go_venue_group" => self.network.venue[0] = byte(0, 255)?,
            "go_venue_type" => self.network.venue[1] = byte(0, 255)?,
            "bss_max_count" => self.seen.count = any()?.clamp(1, 1000) as usize,
            "bss_expiration_age" => self.seen.age = Duration::from_secs(any()?.max(1).unsigned_abs()),
            "bss_expiration_scan_count" => self.seen.misses = any()?.max(1) as u32,
            "ignore_old_scan_res" => self.seen.fresh_only = flag()?,
            "p2p_go_max_inactivity" => c.max_inactivity_s = any()?.max(0) as u32,
            "max_num_sta" => c.max_stations = any()?.clamp(0, u16::MAX.into()) as u16,
            "ip_addr_go" => self.ip_pool[0] = Some(ipv4(key, value)?),
            "ip_addr_mask" => self.ip_pool[1] = Some(ipv4(key, value)?),
            "ip_addr_start" => self.ip_pool[2] = Some(ipv4(key, value)?),
            "ip_addr_end" => self.ip_pool[3] = Some(ipv4(key, value)?),
            "p2p_device_random_mac_addr" => {
                self.device_address = match int(0, 2)? {
                    0 => AddressPolicy::OfRadio,
                    1 => AddressPolicy::Random,
                    _ => AddressPolicy::Kept,
                };
            }
            "p2p_device_persistent_mac_addr" => {
                let address: MacAddr = value.parse().map_err(|_| wrong("not a MAC address"))?;
                if address.is_group() {
                    return Err(wrong("not the address of one device"));
                }
                self.kept_address = Some(address).filter(|address| !address.is_zero());
            }
            "p2p_interface_random_mac_addr" => c.random_group_addresses = int(0, 2)? != 0,
            "p2p_disabled" => self.disabled = on()?,
            "update_config" => self.update_config = on()?,
            "ctrl_interface" => self.control = Some(value.to_owned()),
            "ctrl_interface_group" => self.control_group = Some(value.to_owned()),
            // The table and this match name the same keys; a test holds them together.
            _ => return Ok(Known::Kept),
        }
        Ok(known)
    }

    /// A setting's value in force where no file gives one: wpa_supplicant's default as GET prints it.
    pub fn default_of(key: &str) -> Option<&'static str> {
        match key {
            // No key of the file.
            "wifi_display" => Some("0"),
            _ => spec::find(key)?.default,
        }
    }
}

/// A UUID of random bits (RFC 9562 §5.4); `None` when the system has no randomness.
fn random_uuid() -> Option<[u8; 16]> {
    let mut uuid = [0; 16];
    getrandom::fill(&mut uuid).ok()?;
    uuid[6] = uuid[6] & 0x0f | 0x40;
    uuid[8] = uuid[8] & 0x3f | 0x80;
    Some(uuid)
}

/// Reads an OS version, 4 octets; bit 31 is always set on the air.
fn os_version(text: &str) -> Option<u32> {
    let octets: [u8; 4] = crate::text::parse_hex(text)?.try_into().ok()?;
    Some(u32::from_be_bytes(octets) & !(1 << 31))
}

/// Reads a WSC device type, `category-OUI-subcategory`.
fn device_type(text: &str) -> Option<[u8; 8]> {
    text.parse().ok().map(|DeviceType(octets)| octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(text: &str) -> Result<Settings, (usize, Invalid)> {
        Settings::from_file(&ConfigFile::parse(text).expect("well-formed"))
    }

    #[test]
    fn the_configuration_of_the_guide() {
        let text = "ctrl_interface=/var/run/p2p_supplicant\ncountry=JP\ndevice_name=Test device2 # a comment\n\
                    persistent_reconnect=1\np2p_no_group_iface=1\n";
        let s = settings(text).expect("valid");
        let c = s.config();
        assert_eq!(c.device_name, "Test device2");
        assert_eq!(c.country, Some(*b"JP"));
        assert!(c.persistent_reconnect && c.no_group_interface);
        assert_eq!(s.control.as_deref(), Some("/var/run/p2p_supplicant"));
        assert_eq!((c.go_intent, c.listen_channel, c.operating_channel), (7, None, None));
    }

    #[test]
    fn a_comment_begins_where_wpa_supplicant_has_it_begin() {
        let text = "persistent_reconnect=1 # \"persistent\"の招待時に自動で接続します。\n# \"\nserial_number=\"a#b\" # c \"d\n\
                    model_number=1\"2#3\n";
        let s = settings(text).expect("valid");
        let c = s.config();
        assert!(c.persistent_reconnect);
        let name = |octets: &[u8]| {
            let line = [b"device_name=", octets, b"\n"].concat();
            settings(&octets::decode(&line)).map(|s| s.config().device_name)
        };
        assert_eq!(name(b"K\xfcche"), Ok(String::from("K\u{fffd}che")));
        assert_eq!(name(&[0xfc; 32]), Ok("\u{fffd}".repeat(10)));
        assert!(name(&[0xfc; 33]).is_err());
        assert_eq!((c.serial_number.as_str(), c.model_number.as_str()), ("\"a#b\"", "1\"2"));
    }

    #[test]
    fn ranges() {
        for wrong in [
            "p2p_go_intent=16",
            "p2p_passphrase_len=7",
            "p2p_passphrase_len=64",
            "p2p_ssid_postfix=123456789012345678901234",
            "device_name=123456789012345678901234567890123",
            "country=J",
            "p2p_intra_bss=2",
            "ip_addr_go=1.2.3",
            "p2p_group_idle=x",
            "device_type=1-2",
            "filter_rssi=1",
            "hessid=x",
            "ap_vendor_elements=x",
            "wps_vendor_ext_m1=",
            "wps_nfc_dev_pw_id=15",
        ] {
            assert!(settings(wrong).is_err(), "{wrong}");
        }
        let c =
            settings("p2p_listen_channel=6\np2p_oper_reg_class=115\np2p_oper_channel=36\n").expect("valid").config();
        assert_eq!((c.listen_channel, c.operating_channel), (Some((81, 6)), Some((115, 36))));
        let c = settings("ip_addr_go=10.0.0.1\nip_addr_mask=255.255.255.0\nip_addr_start=10.0.0.2\n").expect("valid");
        assert_eq!(c.config().ip_pool, None);
    }

    /// What wpa_supplicant 2.10 takes although it looks wrong.
    #[test]
    fn lenience() {
        for taken in [
            "p2p_go_intent= 7",
            "p2p_go_intent=+7",
            "p2p_go_intent=07",
            "p2p_go_intent=",
            "p2p_go_ht40=2",
            "p2p_disabled=",
            "p2p_listen_channel=256",
            "max_num_sta=65536",
            "bss_max_count=0",
            "ap_scan=3",
            "config_methods=telepathy keypad",
            "country=USA",
            "update_config=2",
        ] {
            assert!(settings(taken).is_ok(), "{taken}");
        }
        let c =
            settings("p2p_go_ht40=2\nconfig_methods=telepathy keypad\nmax_num_sta=65536\n").expect("valid").config();
        assert_eq!((c.go_ht40, c.config_methods, c.max_stations), (true, 0x0100, u16::MAX));
    }

    #[test]
    fn what_goes_into_frames() {
        let text =
            "p2p_go_ctwindow=20\nos_version=81020304\ngo_interworking=1\ngo_access_network_type=3\ngo_internet=1\n";
        let c = settings(text).expect("valid").config();
        assert_eq!((c.go_ctwindow, c.os_version), (20, 0x0102_0304));
        let said = Interworking { access_network: 0x13, venue: None, hessid: None };
        assert_eq!(c.interworking, Some(said));
        let c = settings(&format!("{text}go_venue_group=2\ngo_venue_type=8\n")).expect("valid").config();
        assert_eq!(c.interworking, Some(Interworking { venue: Some([2, 8]), ..said }));
        assert_eq!(settings("go_internet=1\ngo_venue_group=2\n").expect("valid").config().interworking, None);
        for wrong in ["p2p_go_ctwindow=128", "os_version=8", "go_access_network_type=16"] {
            assert!(settings(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_uuid_is_drawn_where_that_is_wanted_and_none_is_given() {
        let s = settings("auto_uuid=1\n").expect("valid");
        let uuid = s.config().uuid.expect("drawn");
        assert_eq!((uuid[6] >> 4, uuid[8] >> 6), (4, 2));
        assert_eq!(s.config().uuid, Some(uuid), "and stays");
        assert_ne!(settings("auto_uuid=1\n").expect("valid").config().uuid, Some(uuid));
        assert_eq!(settings("auto_uuid=0\n").expect("valid").config().uuid, None, "that of the address");
        let given = settings("uuid=12345678-9abc-def0-1234-56789abcdef0\nauto_uuid=1\n").expect("valid");
        assert_eq!(given.config().uuid.map(|u| u[0]), Some(0x12));
    }

    #[test]
    fn what_is_kept_of_scans() {
        let seen = settings("bss_max_count=2\nbss_expiration_age=10\n").expect("valid").seen;
        assert_eq!(seen, Limits { count: 2, age: Duration::from_secs(10), ..Limits::default() });
        let seen = settings("bss_expiration_scan_count=3\nignore_old_scan_res=1\n").expect("valid").seen;
        assert_eq!(seen, Limits { misses: 3, fresh_only: true, ..Limits::default() });
        let seen = settings("").expect("valid").seen;
        assert_eq!(seen, Limits { count: 200, age: Duration::from_secs(180), misses: 2, fresh_only: false });
    }

    #[test]
    fn all_used_keys_are_applied() {
        // A used key that `apply` did not know would be reported as kept.
        for (key, value) in [
            ("config_methods", "keypad"),
            ("country", "JP"),
            ("ctrl_interface", "/x"),
            ("ctrl_interface_group", "adm"),
            ("device_type", "1-0050F204-1"),
            ("sec_device_type", "1-0050F204-1"),
            ("uuid", "12345678-9abc-def0-1234-56789abcdef0"),
            ("ip_addr_go", "1.2.3.4"),
            ("ip_addr_mask", "1.2.3.4"),
            ("ip_addr_start", "1.2.3.4"),
            ("ip_addr_end", "1.2.3.4"),
            ("p2p_no_go_freq", "2412"),
            ("p2p_pref_chan", "81:1"),
            ("p2p_passphrase_len", "8"),
            ("device_name", "1"),
            ("manufacturer", "1"),
            ("model_name", "1"),
            ("model_number", "1"),
            ("serial_number", "1"),
            ("max_num_sta", "1"),
            ("p2p_disabled", "1"),
            ("p2p_go_freq_change_policy", "0"),
            ("p2p_add_cli_chan", "1"),
            ("p2p_ignore_shared_freq", "1"),
            ("p2p_optimize_listen_chan", "1"),
            ("p2p_search_delay", "0"),
            ("passive_scan", "1"),
            ("wps_cred_processing", "1"),
            ("auto_uuid", "1"),
            ("pbc_in_m1", "1"),
            ("wps_vendor_ext_m1", "000137100100020001"),
            ("p2p_cli_probe", "1"),
            ("p2p_go_ht40", "1"),
            ("p2p_go_intent", "1"),
            ("p2p_go_ctwindow", "10"),
            ("p2p_device_random_mac_addr", "1"),
            ("p2p_device_persistent_mac_addr", "02:00:00:00:00:01"),
            ("p2p_interface_random_mac_addr", "1"),
            ("os_version", "01020304"),
            ("go_interworking", "1"),
            ("go_access_network_type", "2"),
            ("go_internet", "1"),
            ("go_venue_group", "2"),
            ("go_venue_type", "8"),
            ("bss_max_count", "1"),
            ("bss_expiration_age", "10"),
            ("bss_expiration_scan_count", "1"),
            ("ignore_old_scan_res", "1"),
            ("p2p_go_max_inactivity", "1"),
            ("p2p_go_vht", "1"),
            ("p2p_group_idle", "1"),
            ("p2p_intra_bss", "1"),
            ("p2p_listen_channel", "1"),
            ("p2p_listen_reg_class", "1"),
            ("p2p_no_group_iface", "1"),
            ("p2p_oper_channel", "1"),
            ("p2p_oper_reg_class", "1"),
            ("p2p_ssid_postfix", "1"),
            ("persistent_reconnect", "1"),
            ("update_config", "1"),
        ] {
            assert_eq!(Settings::default().apply(key, value), Ok(Known::Used), "{key}");
        }
    }
}

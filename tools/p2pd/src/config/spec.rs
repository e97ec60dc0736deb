//! The keys of the configuration file that concern P2P: their defaults, ranges, and what becomes of them here
//! (section 3.1 of the contract). `docs/control-interface.md` is made of this table.

use super::Invalid;
use super::value::{channel_list, frequency_ranges, ipv4, number, parse_uuid};
use ieee80211_ies::MacAddr;
use ieee80211_ies::wsc::DeviceType;

/// What a value may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// At most this many octets.
    Text(usize),
    /// A whole number in this range.
    Number(i64, i64),
    /// Zero is off, every other number on.
    Switch,
    /// `category-OUI-subcategory`.
    DeviceType,
    /// A UUID.
    Uuid,
    /// WPS configuration methods by name.
    Methods,
    /// Two letters.
    Country,
    /// `class:channel` in a list.
    Channels,
    /// Frequencies and ranges of them, MHz, in a list.
    Frequencies,
    /// A dotted quad.
    Ipv4,
    /// A MAC address.
    Address,
    /// Hexadecimal digits.
    Hex,
}

/// A key.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// Its default as GET prints it; `None`: it has none, and GET answers FAIL.
    pub default: Option<&'static str>,
    /// What it takes.
    pub form: Form,
    /// Why it changes nothing here; empty when it works.
    pub kept: &'static str,
    /// The tests and scenarios that show that it works.
    pub shown: &'static str,
}

const fn works(name: &'static str, default: Option<&'static str>, form: Form, shown: &'static str) -> Key {
    Key { name, default, form, kept: "", shown }
}

const fn kept(name: &'static str, default: Option<&'static str>, form: Form, why: &'static str) -> Key {
    Key { name, default, form, kept: why, shown: "" }
}

const ZERO: Option<&str> = Some("0");
const SWITCH: Form = Form::Switch;
const FLAG: Form = Form::Number(0, 1);
/// A number whose range wpa_supplicant does not check either.
const ANY: Form = Form::Number(i32::MIN as i64, i32::MAX as i64);
const BYTE: Form = Form::Number(0, 255);
const NFC: &str = "NFC is not there";
const P2P2: &str = "P2P2 (R2) is not there";
const TRANSLATED: &str = "settings::tests::all_used_keys_are_applied";

/// All of them.
pub const KEYS: &[Key] = &[
    works("device_name", None, Form::Text(32), "replies::settings, lab pbc::"),
    works("manufacturer", None, Form::Text(64), TRANSLATED),
    works("model_name", None, Form::Text(32), TRANSLATED),
    works("model_number", None, Form::Text(32), TRANSLATED),
    works("serial_number", None, Form::Text(32), TRANSLATED),
    works("device_type", None, Form::DeviceType, TRANSLATED),
    works("sec_device_type", None, Form::DeviceType, TRANSLATED),
    works("uuid", None, Form::Uuid, TRANSLATED),
    works("auto_uuid", ZERO, FLAG, "settings::tests::a_uuid_is_drawn_where_that_is_wanted_and_none_is_given"),
    works("os_version", None, Form::Hex, "settings::tests::what_goes_into_frames"),
    works("config_methods", None, Form::Methods, TRANSLATED),
    works("wps_cred_processing", ZERO, Form::Number(0, 2), "replies::station_credentials"),
    works("wps_vendor_ext_m1", None, Form::Hex, "replies::station_credentials"),
    works("pbc_in_m1", ZERO, FLAG, TRANSLATED),
    kept("wps_nfc_dev_pw_id", ZERO, Form::Number(0x10, 0xffff), NFC),
    kept("wps_nfc_dh_pubkey", None, Form::Hex, NFC),
    kept("wps_nfc_dh_privkey", None, Form::Hex, NFC),
    kept("wps_nfc_dev_pw", None, Form::Hex, NFC),
    works("country", None, Form::Country, TRANSLATED),
    works("p2p_listen_reg_class", ZERO, ANY, TRANSLATED),
    works("p2p_listen_channel", ZERO, ANY, TRANSLATED),
    works("p2p_oper_reg_class", ZERO, ANY, TRANSLATED),
    works("p2p_oper_channel", ZERO, ANY, TRANSLATED),
    works("p2p_go_intent", Some("7"), Form::Number(0, 15), "replies::settings"),
    works("p2p_ssid_postfix", None, Form::Text(23), TRANSLATED),
    works("p2p_intra_bss", Some("1"), FLAG, TRANSLATED),
    works("p2p_passphrase_len", ZERO, Form::Number(8, 63), "replies::settings"),
    works("persistent_reconnect", ZERO, FLAG, "lab persistent::"),
    works("p2p_group_idle", ZERO, ANY, TRANSLATED),
    works(
        "p2p_go_freq_change_policy",
        Some("2"),
        Form::Number(0, 3),
        "sharing::a_group_goes_to_the_channel_of_a_connection, lab beside::",
    ),
    works("p2p_pref_chan", None, Form::Channels, TRANSLATED),
    works("p2p_no_go_freq", None, Form::Frequencies, "replies::settings"),
    works("p2p_add_cli_chan", ZERO, FLAG, "sharing::channels_for_clients_only_are_offered_where_they_are_wanted"),
    works("p2p_optimize_listen_chan", ZERO, FLAG, "sharing::the_listen_channel_is_that_of_a_connection"),
    works(
        "p2p_ignore_shared_freq",
        ZERO,
        FLAG,
        "sharing::a_group_begins_on_a_channel_in_use_unless_that_counts_for_nothing",
    ),
    works("p2p_go_ht40", ZERO, SWITCH, TRANSLATED),
    works("p2p_go_vht", ZERO, SWITCH, TRANSLATED),
    kept("p2p_go_he", ZERO, SWITCH, "HE elements are not there: groups are HT or VHT"),
    kept("p2p_go_edmg", ZERO, SWITCH, "60 GHz is not there"),
    works("p2p_go_ctwindow", ZERO, Form::Number(0, 127), "settings::tests::what_goes_into_frames"),
    kept("p2p_6ghz_disable", ZERO, SWITCH, "no group of ours is on 6 GHz"),
    works("p2p_disabled", ZERO, SWITCH, "replies::settings"),
    works("p2p_no_group_iface", ZERO, SWITCH, TRANSLATED),
    works("p2p_cli_probe", ZERO, FLAG, "sharing::a_client_hears_who_searches"),
    works(
        "p2p_device_random_mac_addr",
        ZERO,
        Form::Number(0, 2),
        "addresses::a_drawn_device_address_is_kept_while_there_are_stored_groups",
    ),
    works(
        "p2p_device_persistent_mac_addr",
        None,
        Form::Address,
        "addresses::a_drawn_device_address_is_kept_while_there_are_stored_groups",
    ),
    works(
        "p2p_interface_random_mac_addr",
        ZERO,
        Form::Number(0, 2),
        "addresses::each_group_has_an_address_of_its_own, lab addresses::",
    ),
    works("ip_addr_go", Some("0.0.0.0"), Form::Ipv4, TRANSLATED),
    works("ip_addr_mask", Some("0.0.0.0"), Form::Ipv4, TRANSLATED),
    works("ip_addr_start", Some("0.0.0.0"), Form::Ipv4, TRANSLATED),
    works("ip_addr_end", Some("0.0.0.0"), Form::Ipv4, TRANSLATED),
    works("p2p_go_max_inactivity", Some("300"), ANY, TRANSLATED),
    works(
        "p2p_search_delay",
        Some("500"),
        Form::Number(0, i32::MAX as i64),
        "sharing::a_search_leaves_time_to_a_connection",
    ),
    works("max_num_sta", Some("128"), ANY, TRANSLATED),
    works("go_interworking", ZERO, FLAG, "settings::tests::what_goes_into_frames"),
    works("go_access_network_type", ZERO, Form::Number(0, 15), "settings::tests::what_goes_into_frames"),
    works("go_internet", ZERO, FLAG, "settings::tests::what_goes_into_frames"),
    works("go_venue_group", ZERO, BYTE, "settings::tests::what_goes_into_frames"),
    works("go_venue_type", ZERO, BYTE, "settings::tests::what_goes_into_frames"),
    kept("p2p_bootstrap_methods", ZERO, Form::Number(0, 0xffff), P2P2),
    kept("p2p_pasn_type", ZERO, BYTE, P2P2),
    kept("p2p_comeback_after", Some("977"), Form::Number(0, 0xffff), P2P2),
    kept("p2p_twt_power_mgmt", ZERO, FLAG, P2P2),
    kept("p2p_chan_switch_req_enable", ZERO, FLAG, P2P2),
    kept("p2p_reg_info", ZERO, BYTE, P2P2),
    kept("p2p_assisted_dfs_chan_enable", ZERO, FLAG, P2P2),
    kept("dik", None, Form::Hex, P2P2),
    kept("dik_cipher", ZERO, Form::Number(0, i32::MAX as i64), P2P2),
    works("update_config", ZERO, SWITCH, "replies::networks, lab persistent::"),
    works("ctrl_interface", None, Form::Text(4096), "sockets::a_group_may_use_the_sockets"),
    works("ctrl_interface_group", None, Form::Text(255), "sockets::a_group_may_use_the_sockets"),
    works("passive_scan", ZERO, SWITCH, "scanning::scans_are_silent_where_that_is_wanted"),
    works("ignore_old_scan_res", ZERO, FLAG, "scanning::networks_go_and_come"),
    works("bss_max_count", Some("200"), ANY, "settings::tests::what_is_kept_of_scans"),
    works("bss_expiration_age", Some("180"), ANY, "settings::tests::what_is_kept_of_scans"),
    works("bss_expiration_scan_count", Some("2"), ANY, "scanning::networks_go_and_come"),
    kept("ap_scan", Some("1"), ANY, "the station always scans and chooses by itself"),
    kept("eapol_version", Some("1"), Form::Number(1, 3), "EAPOL is sent as the access point sends it"),
    kept("fast_reauth", Some("1"), SWITCH, "there is no EAP but WPS"),
];

/// A key of the table.
pub fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|k| k.name == name)
}

/// A value as GET, DUMP and the file show it once it was set: numbers in their decimal form, a country without what follows it.
pub fn canonical(name: &str, value: &str) -> String {
    let whole = |low, high| number(name, value, low, high).map(|n| n.to_string()).ok();
    let shown = match find(name).map(|key| key.form) {
        Some(Form::Number(low, high)) => whole(low, high),
        Some(Form::Switch) => whole(i32::MIN.into(), i32::MAX.into()),
        Some(Form::Country) => value.get(..2).map(str::to_owned),
        _ => None,
    };
    shown.unwrap_or_else(|| value.to_owned())
}

/// Whether a key can take a value.
pub(super) fn check(key: &Key, value: &str) -> Result<(), Invalid> {
    let name = key.name;
    let wrong = |reason: &str| Err(Invalid::value(name, reason));
    match key.form {
        Form::Text(longest) if value.len() > longest => wrong(&format!("longer than {longest} octets")),
        Form::Text(_) => Ok(()),
        Form::Number(low, high) => number(name, value, low, high).map(drop),
        Form::Switch => number(name, value, i32::MIN.into(), i32::MAX.into()).map(drop),
        Form::DeviceType if value.parse::<DeviceType>().is_err() => wrong("not category-OUI-subcategory"),
        Form::Uuid if parse_uuid(value).is_none() => wrong("not a UUID"),
        Form::Country if super::parse_country(value).is_none() => wrong("not two letters"),
        Form::Channels => channel_list(name, value).map(drop),
        Form::Frequencies => frequency_ranges(name, value).map(drop),
        Form::Ipv4 => ipv4(name, value).map(drop),
        Form::Address if value.parse::<MacAddr>().is_err() => wrong("not a MAC address"),
        Form::Hex if crate::text::parse_hex(value).is_none() => wrong("not hexadecimal digits"),
        _ => Ok(()),
    }
}

/// How a form reads in the documentation.
pub fn describe(form: Form) -> String {
    match form {
        Form::Text(longest) => format!("at most {longest} octets"),
        Form::Number(0, 1) => String::from("0 or 1"),
        Form::Number(low, high) if high >= i32::MAX.into() => {
            if low < 0 {
                String::from("a number")
            } else {
                format!("from {low}")
            }
        }
        Form::Number(low, high) => format!("{low} to {high}"),
        Form::Switch => String::from("0, or another number for 1"),
        Form::DeviceType => String::from("category-OUI-subcategory"),
        Form::Uuid => String::from("a UUID"),
        Form::Methods => String::from("WPS methods by name"),
        Form::Country => String::from("two letters"),
        Form::Channels => String::from("a list of class:channel"),
        Form::Frequencies => String::from("a list of MHz, single or from-to"),
        Form::Ipv4 => String::from("an IPv4 address"),
        Form::Address => String::from("a MAC address"),
        Form::Hex => String::from("hexadecimal digits"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Known, Settings};

    #[test]
    fn the_table_is_in_itself_consistent() {
        for key in KEYS {
            assert_eq!(key.kept.is_empty(), !key.shown.is_empty(), "{}", key.name);
            if let (Some(default), Form::Number(low, high)) = (key.default, key.form) {
                let default: i64 = default.parse().expect("a number");
                // Zero stands for "not set".
                assert!(default == 0 || (low..=high).contains(&default), "{}", key.name);
            }
        }
    }

    #[test]
    fn ranges_hold_for_keys_that_are_only_kept() {
        for (key, good, bad) in
            [("p2p_go_edmg", "2", "x"), ("p2p_comeback_after", "977", "-1"), ("p2p_reg_info", "255", "256")]
        {
            assert_eq!(Settings::default().apply(key, good), Ok(Known::Kept), "{key}");
            assert!(Settings::default().apply(key, bad).is_err(), "{key}={bad}");
        }
    }
}

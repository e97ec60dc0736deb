//! Which keys there are. What is not listed here wpa_supplicant does not know either (2.10 to August 2026).

use super::value::{number, parse_string};
use super::{Invalid, spec};
use ieee80211_ies::MacAddr;

/// What a key is to this daemon.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Known {
    /// It changes what we do.
    Used,
    /// It is kept in the file and changes nothing: station mode, offload, or not implemented.
    Kept,
}

/// Global keys that have nothing to do with P2P and are kept; [`spec::KEYS`] has the others.
const GLOBAL_OTHERS: &[&str] = &[
    "access_network_type",
    "ap_assocresp_elements",
    "ap_isolate",
    "ap_vendor_elements",
    "auto_interworking",
    "autoscan",
    "beacon_int",
    "bgscan",
    "bss_no_flush_when_down",
    "cert_in_cb",
    "coloc_intf_reporting",
    "disable_btm",
    "disable_scan_offload",
    "disassoc_imminent_rssi_threshold",
    "disassoc_low_ack",
    "dot11RSNAConfigPMKLifetime",
    "dot11RSNAConfigPMKReauthThreshold",
    "dot11RSNAConfigSATimeout",
    "dot11RSNASAERetransPeriod",
    "dpp_config_processing",
    "dpp_connector_privacy",
    "dpp_extra_conf_req_name",
    "dpp_extra_conf_req_value",
    "dpp_mud_url",
    "dpp_name",
    "driver_param",
    "dtim_period",
    "ext_password_backend",
    "extended_key_id",
    "external_sim",
    "filter_rssi",
    "filter_ssids",
    "freq_list",
    "fst_group_id",
    "fst_llt",
    "fst_priority",
    "ftm_initiator",
    "ftm_responder",
    "gas_address3",
    "gas_rand_addr_lifetime",
    "gas_rand_mac_addr",
    "hessid",
    "hs20",
    "initial_freq_list",
    "interworking",
    "key_mgmt_offload",
    "load_dynamic_eap",
    "mac_addr",
    "max_peer_links",
    "mbo_cell_capa",
    "mesh_fwding",
    "mesh_max_inactivity",
    "mld_connect_band_pref",
    "mld_connect_bssid_pref",
    "mld_force_single_link",
    "no_ctrl_interface",
    "non_pref_chan",
    "oce",
    "okc",
    "openssl_ciphers",
    "opensc_engine_path",
    "osu_dir",
    "pcsc_pin",
    "pcsc_reader",
    "pkcs11_engine_path",
    "pkcs11_module_path",
    "pmf",
    "preassoc_mac_addr",
    "rand_addr_lifetime",
    "reassoc_same_bss_optim",
    "rsn_overriding",
    "sae_check_mfp",
    "sae_groups",
    "sae_pmkid_in_assoc",
    "sae_pwe",
    "scan_cur_freq",
    "scan_res_valid_for_connect",
    "sched_scan_interval",
    "sched_scan_plans",
    "sched_scan_start_delay",
    "tdls_external_control",
    "twt_requester",
    "user_mpm",
    "wfa_gen_capa",
    "wfa_gen_capa_cert",
    "wfa_gen_capa_supp",
    "wowlan_disconnect_on_deinit",
    "wowlan_triggers",
    "wpa_rsc_relaxation",
    "wps_cred_add_sae",
    "wps_fragment_size",
    "wps_priority",
];

/// The ranges of those among them that are numbers; `i32`'s own where wpa_supplicant checks none.
const GLOBAL_RANGES: &[(&[&str], i64, i64)] = &[
    (
        &[
            "ap_isolate",
            "auto_interworking",
            "cert_in_cb",
            "coloc_intf_reporting",
            "disable_btm",
            "disassoc_low_ack",
            "extended_key_id",
            "filter_ssids",
            "ftm_initiator",
            "ftm_responder",
            "hs20",
            "interworking",
            "mesh_fwding",
            "sae_pmkid_in_assoc",
            "wowlan_disconnect_on_deinit",
            "wpa_rsc_relaxation",
            "wps_cred_add_sae",
        ],
        0,
        1,
    ),
    (&["gas_rand_mac_addr", "dpp_config_processing"], 0, 2),
    (&["oce", "sae_pwe"], 0, 3),
    (&["access_network_type"], 0, 15),
    (&["max_peer_links"], 0, 255),
    (&["filter_rssi"], -100, 0),
    (&["disassoc_imminent_rssi_threshold"], -120, 0),
    (
        &[
            "beacon_int",
            "disable_scan_offload",
            "dot11RSNAConfigPMKLifetime",
            "dot11RSNAConfigPMKReauthThreshold",
            "dot11RSNAConfigSATimeout",
            "dot11RSNASAERetransPeriod",
            "dtim_period",
            "external_sim",
            "gas_address3",
            "gas_rand_addr_lifetime",
            "key_mgmt_offload",
            "mac_addr",
            "mesh_max_inactivity",
            "okc",
            "pmf",
            "preassoc_mac_addr",
            "rand_addr_lifetime",
            "reassoc_same_bss_optim",
            "scan_cur_freq",
            "scan_res_valid_for_connect",
            "sched_scan_interval",
            "sched_scan_start_delay",
            "tdls_external_control",
            "user_mpm",
            "wps_priority",
        ],
        i32::MIN as i64,
        i32::MAX as i64,
    ),
];

/// Whether a key that is kept and is not in [`spec::KEYS`] can take a value: what wpa_supplicant refuses is refused.
pub(super) fn check_other(key: &str, value: &str) -> Result<(), Invalid> {
    if let Some((_, low, high)) = GLOBAL_RANGES.iter().find(|(keys, ..)| keys.contains(&key)) {
        return number(key, value, *low, *high).map(drop);
    }
    match key {
        "hessid" if value.parse::<MacAddr>().is_err() => Err(Invalid::value(key, "not a MAC address")),
        "ap_vendor_elements" | "ap_assocresp_elements" if crate::text::parse_hex(value).is_none() => {
            Err(Invalid::value(key, "not hexadecimal digits"))
        }
        "bgscan" if parse_string(value).is_none() => Err(Invalid::value(key, "not a string in quotation marks")),
        _ => Ok(()),
    }
}

/// Keys of a network block that make up a persistent group.
const NETWORK_USED: &[&str] = &["bssid", "disabled", "mode", "p2p_client_list", "psk", "psk_list", "ssid"];

/// Keys of a network block that are kept.
const NETWORK_KEPT: &[&str] = &[
    "acs",
    "altsubject_match",
    "ampdu_density",
    "ampdu_factor",
    "anonymous_identity",
    "ap_max_inactivity",
    "auth_alg",
    "beacon_int",
    "beacon_prot",
    "beacon_tx_mode",
    "bg_scan_period",
    "bgscan",
    "bssid_accept",
    "bssid_blacklist",
    "bssid_hint",
    "bssid_ignore",
    "bssid_whitelist",
    "ca_cert",
    "ca_cert_id",
    "ca_path",
    "cert_id",
    "check_cert_subject",
    "client_cert",
    "dh_file",
    "disable_eht",
    "disable_he",
    "disable_ht",
    "disable_ht40",
    "disable_ldpc",
    "disable_max_amsdu",
    "disable_sgi",
    "disable_vht",
    "domain_match",
    "domain_suffix_match",
    "dot11MeshConfirmTimeout",
    "dot11MeshHoldingTimeout",
    "dot11MeshMaxRetries",
    "dot11MeshRetryTimeout",
    "dpp_connector",
    "dpp_csign",
    "dpp_netaccesskey",
    "dpp_netaccesskey_expiry",
    "dpp_pfs",
    "dpp_pp_key",
    "dtim_period",
    "eap",
    "eap_workaround",
    "eapol_flags",
    "edmg_channel",
    "enable_4addr_mode",
    "enable_edmg",
    "engine",
    "engine_id",
    "erp",
    "fils_dh_group",
    "fixed_freq",
    "fragment_size",
    "freq_list",
    "frequency",
    "ft_eap_pmksa_caching",
    "go_dik_id",
    "go_p2p_dev_addr",
    "group",
    "group_mgmt",
    "group_rekey",
    "he",
    "ht",
    "ht40",
    "ht40_intolerant",
    "ht_mcs",
    "id_str",
    "identity",
    "ieee80211w",
    "ignore_broadcast_ssid",
    "imsi_identity",
    "imsi_privacy_attr",
    "imsi_privacy_cert",
    "key_id",
    "key_mgmt",
    "mac_addr",
    "mac_value",
    "machine_altsubject_match",
    "machine_ca_cert",
    "machine_ca_cert_id",
    "machine_ca_path",
    "machine_cert_id",
    "machine_check_cert_subject",
    "machine_client_cert",
    "machine_dh_file",
    "machine_domain_match",
    "machine_domain_suffix_match",
    "machine_engine",
    "machine_engine_id",
    "machine_identity",
    "machine_key_id",
    "machine_ocsp",
    "machine_password",
    "machine_phase2",
    "machine_pin",
    "machine_private_key",
    "machine_private_key_passwd",
    "machine_subject_match",
    "macsec_csindex",
    "macsec_icv_indicator",
    "macsec_include_sci",
    "macsec_integ_only",
    "macsec_offload",
    "macsec_policy",
    "macsec_port",
    "macsec_replay_protect",
    "macsec_replay_window",
    "max_idle",
    "max_oper_chwidth",
    "mem_only_psk",
    "mesh_basic_rates",
    "mesh_fwding",
    "mesh_rssi_threshold",
    "mixed_cell",
    "mka_cak",
    "mka_ckn",
    "mka_priority",
    "multi_ap_backhaul_sta",
    "multi_ap_profile",
    "no_auto_peer",
    "ocsp",
    "ocv",
    "openssl_ciphers",
    "owe_group",
    "owe_only",
    "owe_ptk_workaround",
    "owe_transition_bss_select_count",
    "p2p2_client_list",
    "pac_file",
    "pairwise",
    "password",
    "pbss",
    "pcsc",
    "peerkey",
    "phase1",
    "phase2",
    "pin",
    "priority",
    "private_key",
    "private_key_passwd",
    "proactive_key_caching",
    "proto",
    "rekey_gtk_on_sta_leave",
    "roaming_consortium_selection",
    "rsn_overriding",
    "rx_stbc",
    "sae_password",
    "sae_password_id",
    "sae_password_id_change",
    "sae_pk",
    "sae_pwe",
    "scan_freq",
    "scan_ssid",
    "sim_num",
    "ssid_protection",
    "subject_match",
    "transition_disable",
    "tx_stbc",
    "update_identifier",
    "vht",
    "vht_capa",
    "vht_capa_mask",
    "vht_center_freq1",
    "vht_center_freq2",
    "wep_key0",
    "wep_key1",
    "wep_key2",
    "wep_key3",
    "wep_tx_keyidx",
    "wpa_deny_ptk0_rekey",
    "wpa_ptk_rekey",
    "wps_disabled",
];

/// Keys of phase-2 EAP that end in `2`.
const PHASE2: &[&str] = &[
    "altsubject_match2",
    "ca_cert2",
    "ca_cert_id2",
    "ca_path2",
    "cert_id2",
    "check_cert_subject2",
    "client_cert2",
    "dh_file2",
    "domain_match2",
    "domain_suffix_match2",
    "engine2",
    "engine_id2",
    "key_id2",
    "ocsp2",
    "pin2",
    "private_key2",
    "private_key2_passwd",
    "subject_match2",
];

/// What `key` outside of blocks is to us; `None` when nobody knows it.
pub fn global_key(key: &str) -> Option<Known> {
    if let Some(key) = spec::find(key) {
        return Some(if key.kept.is_empty() { Known::Used } else { Known::Kept });
    }
    // Queue and access-category parameters carry a number and a name in their key.
    let numbered = key.starts_with("tx_queue_") || key.starts_with("wmm_ac_");
    (numbered || GLOBAL_OTHERS.contains(&key)).then_some(Known::Kept)
}

/// What `key` of a network block is to us; `None` when nobody knows it.
pub fn network_key(key: &str) -> Option<Known> {
    if NETWORK_USED.contains(&key) {
        return Some(Known::Used);
    }
    let mcs = ["vht_rx_mcs_nss_", "vht_tx_mcs_nss_"]
        .iter()
        .filter_map(|prefix| key.strip_prefix(prefix))
        .any(|n| matches!(n.as_bytes(), [b'1'..=b'8']));
    (mcs || NETWORK_KEPT.contains(&key) || PHASE2.contains(&key)).then_some(Known::Kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted_into_one_class_each() {
        assert!(GLOBAL_OTHERS.iter().all(|k| spec::find(k).is_none()));
        assert!(GLOBAL_RANGES.iter().flat_map(|(keys, ..)| *keys).all(|k| GLOBAL_OTHERS.contains(k)));
        assert!(NETWORK_USED.iter().all(|k| !NETWORK_KEPT.contains(k) && !PHASE2.contains(k)));
        assert_eq!(global_key("p2p_go_intent"), Some(Known::Used));
        assert_eq!(global_key("tx_queue_data0_aifs"), Some(Known::Kept));
        assert_eq!(global_key("p2p_go_intend"), None);
        assert_eq!(network_key("vht_rx_mcs_nss_8"), Some(Known::Kept));
        assert_eq!(network_key("vht_rx_mcs_nss_9"), None);
    }
}

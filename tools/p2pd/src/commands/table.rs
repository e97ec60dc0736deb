//! The commands of an interface, one line each. `docs/control-interface.md` is made of this table.

use super::Arguments::{None as Bare, Optional, Required};
use super::Forwarded::{Both, No, Prefix, Word};
use super::Support::{Refused, Works};
use super::{
    Arguments, Command, Forwarded, Run, Support, frames, link, mib, network, p2p, peer, scan, set, station, status, wps,
};
use crate::config::spec;

const fn entry(name: &'static str, arguments: Arguments, forwarded: Forwarded, support: Support, run: Run) -> Command {
    Command { name, arguments, forwarded, support, run, shown: "" }
}

impl Command {
    /// Names the tests and scenarios that show that it works.
    const fn shown(mut self, by: &'static str) -> Self {
        self.shown = by;
        self
    }
}

const fn no(name: &'static str, arguments: Arguments, forwarded: Forwarded, reason: &'static str) -> Command {
    Command { name, arguments, forwarded, support: Refused(reason), run: set::refused, shown: "" }
}

const FULL: Support = Works("");
const SERVICE_DISCOVERY: &str = "service discovery is not there";
const P2PS: &str = "P2PS (application service platform) is not there";
const P2P2: &str = "P2P2 (pairing, R2) is not there";
const NFC: &str = "NFC is not there";
const WFD: &str = "Wi-Fi Display is not there";
const NAN: &str = "USD (NAN) is not there";
const STATION: &str = "the station is open or WPA2-PSK only";
const TESTING: &str = "only in wpa_supplicant's testing builds";

/// All commands of an interface's socket.
pub const COMMANDS: &[Command] = &[
    entry("PING", Bare, No, FULL, status::ping).shown("replies::daemon"),
    entry("IFNAME", Bare, No, FULL, status::ifname).shown("replies::daemon"),
    entry("NOTE", Required, No, FULL, set::note).shown("replies::daemon"),
    entry("STATUS", Bare, No, FULL, status::status)
        .shown("guide::negotiate_as_owner_and_let_a_client_join, replies::status"),
    entry("STATUS-NO_EVENTS", Bare, No, Works("as STATUS"), status::status).shown("replies::status"),
    entry("STATUS-VERBOSE", Bare, No, Works("as STATUS"), status::status).shown("replies::status"),
    entry("STATUS-WPS", Bare, No, FULL, status::status_wps).shown("replies::groups"),
    entry(
        "STATUS-DRIVER",
        Bare,
        No,
        Works("without wdev_id and what we do not know of the driver"),
        status::status_driver,
    )
    .shown("replies::status"),
    entry("GET_CAPABILITY", Required, Prefix, Works("what P2P uses"), status::get_capability).shown("replies::status"),
    entry("SIGNAL_POLL", Bare, No, Works("on a client's group interface and the station's"), station::signal_poll)
        .shown("replies::groups, lab station::"),
    entry("PKTCNT_POLL", Bare, No, Works("on a client's group interface and the station's"), station::packet_counts)
        .shown("replies::groups"),
    entry("FLUSH", Bare, No, FULL, set::flush).shown("replies::flush_is_a_fresh_start"),
    // Discovery, connections, groups.
    entry("P2P_FIND", Optional, Both, Works("without seek="), p2p::find).shown("replies::discovery, lab discovery::"),
    entry("P2P_STOP_FIND", Bare, Word, FULL, p2p::stop_find).shown("replies::discovery"),
    entry("P2P_LISTEN", Optional, Both, FULL, p2p::listen).shown("replies::discovery"),
    entry("P2P_EXT_LISTEN", Optional, Both, FULL, p2p::extended_listen).shown("replies::discovery"),
    entry("P2P_CONNECT", Required, Prefix, Works("without pair, p2ps, p2p2"), p2p::connect)
        .shown("replies::connections, lab pbc::, lab pin::"),
    entry("P2P_PROV_DISC", Required, Prefix, Works("without bstrapmethod="), p2p::provision_discovery)
        .shown("replies::connections, guide::join_with_provision_discovery"),
    entry("P2P_GROUP_ADD", Optional, Both, Works("without edmg, p2p2"), p2p::group_add)
        .shown("replies::groups, lab join::"),
    entry("P2P_GROUP_REMOVE", Required, Prefix, FULL, p2p::group_remove).shown("replies::groups, lab pbc::"),
    entry("P2P_GROUP_MEMBER", Required, Prefix, FULL, p2p::group_member).shown("replies::stations"),
    entry("P2P_INVITE", Required, Prefix, FULL, p2p::invite).shown("replies::invitations, lab persistent::"),
    entry("P2P_CANCEL", Bare, Word, FULL, p2p::cancel).shown("replies::connections"),
    entry("P2P_REJECT", Required, Prefix, FULL, p2p::reject).shown("replies::connections, lab consent::"),
    entry("P2P_UNAUTHORIZE", Required, Prefix, FULL, p2p::unauthorize).shown("replies::connections, lab consent::"),
    entry("P2P_PEER", Required, Prefix, FULL, peer::peer).shown("replies::discovery, wpa_cli::one_shot_commands"),
    entry("P2P_FLUSH", Bare, Word, FULL, p2p::flush).shown("replies::discovery"),
    entry("P2P_GET_PASSPHRASE", Bare, Word, FULL, p2p::get_passphrase).shown("replies::groups"),
    entry("P2P_REMOVE_CLIENT", Required, Prefix, FULL, p2p::remove_client).shown("replies::stations"),
    entry("P2P_SET", Required, Prefix, Works("see below"), set::p2p_set).shown("replies::p2p_set"),
    entry("P2P_PRESENCE_REQ", Optional, Both, FULL, station::presence).shown("replies::stations"),
    no("P2P_LO_START", Required, No, "needs a vendor driver"),
    no("P2P_LO_STOP", Bare, No, "needs a vendor driver"),
    no("P2P_SERVICE_UPDATE", Bare, Word, SERVICE_DISCOVERY),
    entry("P2P_SERVICE_FLUSH", Bare, Word, Works("there are none"), set::accept).shown("replies::refused_for_now"),
    no("P2P_SERVICE_ADD", Required, Prefix, SERVICE_DISCOVERY),
    no("P2P_SERVICE_DEL", Required, Prefix, SERVICE_DISCOVERY),
    no("P2P_SERVICE_REP", Required, Prefix, SERVICE_DISCOVERY),
    no("P2P_SERV_DISC_REQ", Required, Prefix, SERVICE_DISCOVERY),
    no("P2P_SERV_DISC_CANCEL_REQ", Required, Prefix, SERVICE_DISCOVERY),
    no("P2P_SERV_DISC_RESP", Required, Prefix, SERVICE_DISCOVERY),
    no("P2P_SERV_DISC_EXTERNAL", Required, Prefix, SERVICE_DISCOVERY),
    no("P2P_ASP_PROVISION", Required, Prefix, P2PS),
    no("P2P_ASP_PROVISION_RESP", Required, Prefix, P2PS),
    no("P2P_GET_DIRA", Bare, Word, P2P2),
    no("P2P_VALIDATE_DIRA", Optional, Word, P2P2),
    no("P2P_REMOVE_IDENTITY", Bare, No, P2P2),
    no("P2P_PMK_GET", Bare, No, TESTING),
    no("P2P_GET_PASNPTK", Bare, No, TESTING),
    no("NAN_PUBLISH", Required, Prefix, NAN),
    no("NAN_SUBSCRIBE", Required, Prefix, NAN),
    no("NAN_UPDATE_PUBLISH", Required, Prefix, NAN),
    no("NAN_CANCEL_PUBLISH", Required, Prefix, NAN),
    no("NAN_CANCEL_SUBSCRIBE", Required, Prefix, NAN),
    // WPS, NFC, WFD.
    entry("WPS_PIN", Required, No, FULL, wps::wps_pin)
        .shown("replies::wps, replies::station_wps, lab pin::, lab station::"),
    entry("WPS_PBC", Optional, No, FULL, wps::wps_pbc)
        .shown("replies::wps, replies::station_wps, lab join::, lab station::"),
    entry("WPS_CHECK_PIN", Required, No, FULL, wps::wps_check_pin).shown("replies::wps"),
    entry("WPS_CANCEL", Bare, No, FULL, wps::wps_cancel).shown("replies::wps, replies::station_wps"),
    no("WPS_NFC", Optional, No, NFC),
    no("WPS_NFC_TOKEN", Required, Prefix, NFC),
    no("WPS_NFC_CONFIG_TOKEN", Required, No, NFC),
    no("WPS_NFC_TAG_READ", Required, Prefix, NFC),
    no("NFC_GET_HANDOVER_REQ", Required, Prefix, NFC),
    no("NFC_GET_HANDOVER_SEL", Required, Prefix, NFC),
    no("NFC_REPORT_HANDOVER", Required, Prefix, NFC),
    no("WPS_REG", Required, No, STATION),
    no("WPS_AP_PIN", Required, No, "our groups take no external registrar"),
    no("WFD_SUBELEM_SET", Required, No, WFD),
    no("WFD_SUBELEM_GET", Required, No, WFD),
    // Stations and networks.
    entry("STA-FIRST", Bare, Word, FULL, station::first).shown("replies::stations"),
    entry("STA", Required, Prefix, FULL, station::one).shown("replies::stations"),
    entry("STA-NEXT", Required, Prefix, FULL, station::next).shown("replies::stations"),
    entry("DEAUTHENTICATE", Required, No, FULL, station::deauthenticate).shown("replies::stations"),
    entry("DISASSOCIATE", Required, No, Works("as DEAUTHENTICATE"), station::deauthenticate).shown("replies::stations"),
    entry("CHAN_SWITCH", Required, No, FULL, station::switch_channel).shown("replies::channel_switch, lab control::"),
    entry("SCAN_RESULTS", Bare, No, FULL, scan::scan_results).shown("replies::scans, guide::networks_seen_by_scans"),
    entry("BSS", Required, No, FULL, scan::bss).shown("replies::scans, guide::networks_seen_by_scans"),
    entry("BSS_FLUSH", Required, No, FULL, scan::bss_flush).shown("replies::scans"),
    entry("LIST_NETWORKS", Optional, Word, FULL, network::list).shown("replies::networks"),
    entry("ADD_NETWORK", Bare, No, FULL, network::add).shown("replies::networks, lab station::"),
    entry(
        "SET_NETWORK",
        Required,
        No,
        Works("persistent groups; the station's networks that are open or WPA2-PSK with CCMP, others are kept"),
        network::set,
    )
    .shown("replies::networks, replies::station, lab station::"),
    entry("GET_NETWORK", Required, Prefix, FULL, network::get).shown("replies::networks"),
    entry("REMOVE_NETWORK", Required, Prefix, FULL, network::remove).shown("replies::networks"),
    entry("SELECT_NETWORK", Required, No, FULL, link::select).shown("replies::station, lab station::"),
    entry("ENABLE_NETWORK", Required, No, Works("persistent groups are refused, as in wpa_supplicant"), link::enable)
        .shown("replies::networks, replies::station, lab station::"),
    entry("DISABLE_NETWORK", Required, No, FULL, link::disable).shown("replies::networks, replies::station"),
    entry("BSSID", Required, No, FULL, link::only_access_point).shown("replies::station"),
    entry("DUP_NETWORK", Required, No, FULL, network::copy).shown("replies::networks"),
    entry("SCAN", Optional, No, Works("TYPE=ONLY, freq=, passive=, only_new="), scan::scan)
        .shown("replies::scans, lab control::"),
    entry("ABORT_SCAN", Bare, No, FULL, scan::abort_scan).shown("replies::scans"),
    entry(
        "DISCONNECT",
        Bare,
        No,
        Works(
            "a group's client leaves its owner; the group ends after 10 s without it. One that we own is without its access point \
             until it is removed",
        ),
        link::disconnect,
    )
    .shown("replies::groups, replies::station, lab station::"),
    entry("STOP_AP", Bare, No, Works("on a group that we own, which stays until it is removed"), station::stop_ap).shown("replies::groups"),
    entry("REASSOCIATE", Bare, No, FULL, link::reassociate).shown("replies::groups, replies::station, lab station::"),
    entry("RECONNECT", Bare, No, FULL, link::reconnect).shown("replies::groups, replies::station, lab station::"),
    entry("REATTACH", Bare, No, Works("as REASSOCIATE"), link::reattach).shown("replies::station"),
    no("FETCH_ANQP", Bare, No, STATION),
    entry("PMKSA", Bare, No, Works("there are none"), mib::pmksa).shown("replies::station_inquiries"),
    entry("PMKSA_FLUSH", Bare, No, Works("there are none"), set::accept).shown("replies::station_inquiries"),
    entry("MIB", Bare, No, Works("without counters"), mib::mib).shown("replies::station_inquiries"),
    // Configuration.
    entry(
        "SET",
        Required,
        No,
        Works("keys of the configuration file, ext_mgmt_frame_handling, ps; wifi_display only 0"),
        set::set,
    )
    .shown("replies::settings"),
    entry("GET", Required, No, Works("keys of the configuration file, version"), set::get).shown("replies::settings"),
    entry("DUMP", Bare, No, Works("settings of the configuration file"), set::dump).shown("replies::settings"),
    entry("SAVE_CONFIG", Bare, No, FULL, set::save_config)
        .shown("replies::networks, persistent::a_new_group_is_written_to_the_file_and_the_rest_of_it_stays"),
    entry("VENDOR_ELEM_ADD", Required, No, FULL, set::vendor_elements_add).shown("replies::vendor_elements"),
    entry("VENDOR_ELEM_GET", Required, No, FULL, set::vendor_elements_get).shown("replies::vendor_elements"),
    entry("VENDOR_ELEM_REMOVE", Required, No, FULL, set::vendor_elements_remove).shown("replies::vendor_elements"),
    entry("BSS_EXPIRE_AGE", Required, No, FULL, set::expire_age).shown("scanning::networks_go_and_come"),
    entry("BSS_EXPIRE_COUNT", Required, No, FULL, set::expire_count).shown("scanning::networks_go_and_come"),
    entry("AP_SCAN", Required, No, Works("accepted; the station scans and chooses by itself"), set::accept_mode)
        .shown("replies::settings"),
    entry("SCAN_INTERVAL", Required, No, FULL, set::scan_interval).shown("scanning::a_station_that_finds_nothing"),
    entry("AUTOSCAN", Required, No, Works("accepted, without effect"), set::accept_autoscan).shown("replies::settings"),
    entry("STA_AUTOCONNECT", Required, No, FULL, set::auto_connect).shown("scanning::a_station_that_is_sent_away"),
    entry("RECONFIGURE", Bare, No, FULL, set::reconfigure).shown("replies::the_file_is_read_anew"),
    entry("DRIVER_EVENT", Required, No, Works("INTERFACE_ENABLED, INTERFACE_DISABLED, AVOID_FREQUENCIES"), set::driver_event).shown("replies::frames"),
    entry("MGMT_TX", Required, No, FULL, frames::send).shown("replies::frames, lab control::"),
    entry("MGMT_TX_DONE", Bare, No, FULL, frames::sending_done).shown("replies::frames"),
    entry("MGMT_RX_PROCESS", Required, No, FULL, frames::receive).shown("replies::frames"),
    no("EAPOL_RX", Required, No, TESTING),
    no("DRIVER", Required, No, "private commands of vendor drivers"),
];

/// Commands that the daemon itself answers, on sockets of either kind: name, socket, state, what shows it.
const DAEMON: &[(&str, &str, &str, &str)] = &[
    ("ATTACH", "both", "works", "sockets::monitors_attach_detach_and_choose_a_level"),
    ("DETACH", "both", "works", "sockets::monitors_attach_detach_and_choose_a_level"),
    ("LEVEL", "interface", "works", "sockets::monitors_attach_detach_and_choose_a_level"),
    ("LOG_LEVEL", "interface", "works: shows and sets the level", "replies::daemon"),
    ("RELOG", "both", "works", "replies::daemon"),
    ("TERMINATE", "both", "works", "sockets::terminate_ends_groups_first_and_tells_monitors"),
    ("INTERFACES", "both", "works", "sockets::interfaces_come_and_go_by_the_global_socket"),
    ("INTERFACE_LIST", "both", "works: an empty list, as with every nl80211 driver", "replies::daemon"),
    (
        "INTERFACE_ADD",
        "global",
        "works: also with create, for station interfaces; a bridge is of no use",
        "sockets::interfaces_come_and_go_by_the_global_socket, lab interfaces::",
    ),
    ("INTERFACE_REMOVE", "global", "works", "sockets::interfaces_come_and_go_by_the_global_socket"),
    ("STATUS", "global", "works", "replies::daemon"),
    ("SAVE_CONFIG", "global", "works", "replies::networks"),
    ("PING", "global", "works", "replies::daemon"),
    ("IFNAME=x …", "global", "works: hands the rest to interface x", "replies::daemon"),
    ("SET", "global", "works: goes to the P2P interface", "sockets::interfaces_come_and_go_by_the_global_socket"),
    ("SUSPEND", "both", "works: accepted, without effect", "replies::daemon"),
    ("RESUME", "both", "works: accepted, without effect", "replies::daemon"),
    ("NOTE", "global", "works", "replies::daemon"),
    ("DUP_NETWORK", "global", "works: between interfaces, not groups", "replies::networks"),
    ("MODULE_TESTS", "global", "refused: only in wpa_supplicant's testing builds", ""),
    ("WFD_SUBELEM_SET, WFD_SUBELEM_GET", "global", "refused: Wi-Fi Display is not there", ""),
];

/// Events: name, scope (G: without a name, to the global socket and the P2P interface; I: of an interface), state, what
/// shows it.
const EVENTS: &[(&str, &str, &str, &str)] = &[
    (
        "P2P-DEVICE-FOUND",
        "G",
        "works: without the P2PS form",
        "event_lines::a_found_device_with_everything, lab discovery::",
    ),
    ("P2P-DEVICE-LOST", "G", "works", "replies::discovery"),
    ("P2P-FIND-STOPPED", "G", "works", "replies::discovery"),
    ("P2P-GO-NEG-REQUEST", "G", "works", "guide::negotiate_as_owner_and_let_a_client_join, lab consent::"),
    ("P2P-GO-NEG-SUCCESS", "G", "works", "guide::find_and_negotiate_as_client, lab pbc::"),
    ("P2P-GO-NEG-FAILURE", "G", "works", "guide::failures_say_their_reason, lab consent::"),
    ("P2P-GROUP-FORMATION-SUCCESS", "G", "works", "guide::find_and_negotiate_as_client, lab pbc::"),
    ("P2P-GROUP-FORMATION-FAILURE", "G", "works", "guide::failures_say_their_reason"),
    ("P2P-GROUP-STARTED", "G", "works", "guide::find_and_negotiate_as_client, lab pbc::"),
    ("P2P-GROUP-REMOVED", "G", "works", "guide::failures_say_their_reason, lab pbc::"),
    ("P2P-PROV-DISC-SHOW-PIN", "G", "works", "guide::join_with_provision_discovery, lab pin::"),
    ("P2P-PROV-DISC-ENTER-PIN", "G", "works", "guide::join_with_provision_discovery"),
    ("P2P-PROV-DISC-PBC-REQ", "G", "works", "guide::negotiate_as_owner_and_let_a_client_join, lab join::"),
    ("P2P-PROV-DISC-PBC-RESP", "G", "works", "guide::join_with_provision_discovery"),
    ("P2P-PROV-DISC-FAILURE", "G", "works: without P2PS fields", "guide::join_with_provision_discovery"),
    ("P2P-INVITATION-RECEIVED", "G", "works", "persistent::invitations_and_a_wrong_key"),
    ("P2P-INVITATION-ACCEPTED", "G", "works", "persistent::invitations_and_a_wrong_key"),
    ("P2P-INVITATION-RESULT", "G", "works", "persistent::invitations_and_a_wrong_key, lab persistent::"),
    ("P2P-PERSISTENT-PSK-FAIL", "G", "works", "persistent::invitations_and_a_wrong_key"),
    ("P2P-FALLBACK-TO-GO-NEG", "G", "works", "event_lines::words_that_nothing_else_shows, lab fallback::"),
    ("P2P-FALLBACK-TO-GO-NEG-ENABLED", "G", "works", "event_lines::words_that_nothing_else_shows, lab fallback::"),
    ("P2P-PRESENCE-RESPONSE", "I", "works", "event_lines::words_that_nothing_else_shows, replies::stations"),
    ("P2P-SERV-DISC-REQ, P2P-SERV-DISC-RESP, P2P-SERV-ASP-RESP", "I", "absent: service discovery is not there", ""),
    ("P2PS-PROV-START, P2PS-PROV-DONE", "G", "absent: P2PS is not there", ""),
    (
        "P2P-CROSS-CONNECT-ENABLE, P2P-CROSS-CONNECT-DISABLE",
        "G",
        "works",
        "sockets::a_group_and_its_uplink_are_named_as_long_as_both_are_there",
    ),
    ("P2P-REMOVE-AND-REFORM-GROUP", "G", "works", "lab running::"),
    ("P2P-NFC-BOTH-GO, P2P-NFC-PEER-CLIENT, P2P-NFC-WHILE-CLIENT", "I", "absent: NFC is not there", ""),
    ("P2P-LISTEN-OFFLOAD-STOPPED", "I", "absent: needs a vendor driver", ""),
    ("P2P-BOOTSTRAP-REQUEST, -SUCCESS, -FAILURE", "G", "absent: P2P2 is not there", ""),
    ("NAN-…", "G", "absent: USD (NAN) is not there", ""),
    ("WPS-SUCCESS", "I", "works", "guide::find_and_negotiate_as_client"),
    ("WPS-REG-SUCCESS", "I", "works", "guide::negotiate_as_owner_and_let_a_client_join"),
    ("WPS-FAIL", "I", "works", "event_lines::a_failure_of_wps_is_told_on_the_p2p_interface_too, lab pin::"),
    ("WPS-M2D", "I", "works", "event_lines::words_that_nothing_else_shows"),
    (
        "WPS-AP-AVAILABLE, WPS-AP-AVAILABLE-PBC, -PIN, -AUTH",
        "I",
        "works: on a client's group interface and the station's, of the owner it looks for",
        "event_lines::an_association_with_a_key_and_one_for_wps",
    ),
    ("WPS-OVERLAP-DETECTED", "I", "works", "event_lines::wps_and_channels"),
    ("WPS-PIN-NEEDED", "I", "works: the name and its like are empty", "event_lines::words_that_nothing_else_shows"),
    ("WPS-CRED-RECEIVED", "I", "works", "guide::find_and_negotiate_as_client, replies::station_credentials"),
    ("WPS-TIMEOUT", "I", "works", "event_lines::wps_and_channels"),
    ("WPS-PBC-ACTIVE, WPS-PBC-DISABLE", "I", "works", "guide::negotiate_as_owner_and_let_a_client_join"),
    ("WPS-PIN-ACTIVE", "I", "works", "event_lines::wps_and_channels, lab events::"),
    ("WPS-ENROLLEE-SEEN", "I", "works", "event_lines::wps_and_channels"),
    ("AP-STA-CONNECTED, AP-STA-DISCONNECTED", "I", "works", "guide::a_group_on_an_interface_of_its_own, lab join::"),
    ("AP-ENABLED, AP-DISABLED", "I", "works", "guide::a_group_on_an_interface_of_its_own"),
    ("AP-CSA-FINISHED", "I", "works", "event_lines::wps_and_channels"),
    ("EAPOL-4WAY-HS-COMPLETED", "I", "works", "guide::negotiate_as_owner_and_let_a_client_join"),
    ("EAPOL-TX", "I", "absent: only in wpa_supplicant's testing builds", ""),
    ("CTRL-EVENT-CONNECTED, CTRL-EVENT-DISCONNECTED", "I", "works", "guide::find_and_negotiate_as_client"),
    ("CTRL-EVENT-SCAN-STARTED, CTRL-EVENT-SCAN-RESULTS", "I", "works", "replies::scans"),
    ("CTRL-EVENT-SCAN-FAILED", "I", "works", "sockets::a_slow_monitor_gets_the_latest_two_thousand_events"),
    ("CTRL-EVENT-TERMINATING", "I", "works", "sockets::terminate_ends_groups_first_and_tells_monitors"),
    ("CTRL-EVENT-BSS-ADDED, CTRL-EVENT-BSS-REMOVED", "I", "works", "replies::scans"),
    ("CTRL-EVENT-NETWORK-ADDED, CTRL-EVENT-NETWORK-REMOVED", "I", "works", "replies::networks"),
    (
        "CTRL-EVENT-EAP-STARTED, CTRL-EVENT-EAP-STATUS, CTRL-EVENT-EAP-PROPOSED-METHOD, CTRL-EVENT-EAP-METHOD, \
         CTRL-EVENT-EAP-FAILURE",
        "I",
        "works",
        "guide::find_and_negotiate_as_client, lab events::",
    ),
    ("CTRL-EVENT-NETWORK-NOT-FOUND", "I", "works", "lab station::"),
    ("CTRL-EVENT-SSID-TEMP-DISABLED, CTRL-EVENT-SSID-REENABLED", "I", "works", "replies::station, lab station::"),
    (
        "SME: Trying to authenticate, Trying to associate, Associated, WPA: Key negotiation completed",
        "I",
        "works: on a client's group interface and the station's",
        "guide::find_and_negotiate_as_client, lab events::",
    ),
    ("RX-PROBE-REQUEST", "I", "works: on a group that we own", "guide::negotiate_as_owner_and_let_a_client_join"),
    ("CTRL-EVENT-STARTED-CHANNEL-SWITCH", "I", "works", "replies::channel_switch"),
    ("CTRL-EVENT-CHANNEL-SWITCH", "I", "works", "replies::channel_switch"),
    ("CTRL-EVENT-REGDOM-CHANGE", "I", "works", "event_lines::causes_that_have_a_word_and_those_that_have_none"),
    ("CTRL-EVENT-AVOID-FREQ", "I", "works", "replies::frames"),
    ("MGMT-RX, MGMT-TX-STATUS", "I", "works", "replies::frames"),
    ("WPA: 4-Way Handshake failed", "I", "works", "event_lines::wps_and_channels"),
];

const HEAD: &str = "\
# The control interface, command by command

wpa_supplicant's control protocol as p2pd speaks it. This file is made from the command table of `tools/p2pd`
(`src/commands/table.rs`) and a test compares the two: `P2PD_WRITE_DOCS=1 cargo test -p p2pd --test documentation`
writes it anew. A command that is not listed is answered `UNKNOWN COMMAND`, a refused one `FAIL`.

## On the sockets of interfaces

The third column says whether the global socket hands the command on: the bare word, with arguments, both, or not
(then `IFNAME=` in front of it, or the interface's own socket). The last one names what shows that it works:
`replies::discovery` is the test `discovery` in `tools/p2pd/tests/replies`, `lab pbc::` are the scenarios of that
name (`cargo run -p lab -- run pbc::`).

| Command | State | Global socket | Shown by |
|---|---|---|---|
";

const TAIL: &str = "
## P2P_SET

Shown by `replies::p2p_set`. discoverability, per_sta_psk, disabled, listen_channel, ssid_postfix, disallow_freq,
override_pref_op_chan, peer_filter, disable_ip_addr_req, managed and ps work; disc_int (the listening of a find), conc_pref
(where the radio has one channel: `p2p` keeps the station off another one than a group's, with CTRL-EVENT-FREQ-CONFLICT; else the
group makes room) and cross_connect (a bit of our groups' capability, and events that name a group's uplink) too: `sharing::one_channel_for_the_station_and_a_group`,
`sharing::what_frames_say_by_p2p_set`. go_apsd sets U-APSD of our groups where the driver has it; client_apsd is accepted and
changes nothing, because nl80211 gives no say in a client's; force_long_sd nothing, because service discovery is not there. nfc_tag
takes 0; noa, oppps, ctwindow and the P2P2 keys are refused, as with every nl80211 driver.

## Under load

`P2PD_STRESS_SECONDS=60 cargo test --release -p p2pd --test stress -- --nocapture` sends 200 random commands a second for a
minute from four clients, well-formed and broken, while groups form and end on the simulated air: replies are checked, a
reader that keeps up must miss no event, memory must stay flat. The ordinary tests run fifteen seconds of it.

A monitor that does not read keeps its newest 2000 events; what had to go is counted in the log. A request may have 8192
octets, longer ones are dropped; a reply has at most 4096.

## A radio with a P2P_DEVICE interface

Its control sockets are `<ifname>` and `p2p-dev-<ifname>`; both take all commands, and P2P events reach the monitors of
both. On the global socket these events carry `IFNAME=p2p-dev-<ifname>` where they carry a name.

## Several interfaces

`-i wlan0 -c a.conf -N -i p2p0 -c b.conf`, or INTERFACE_ADD. A radio's P2P is done on the first of its interfaces whose file does
not say `p2p_disabled=1`; the others are stations alone. Their sockets hand `P2P_…` commands on to it, its events do not reach their monitors,
and the global socket speaks for it (`sockets::the_interface_that_does_p2p_answers_for_one_that_does_not`, `lab interfaces::`).

## Lines that wpa_supplicant does not have

They have level 2, so that only a monitor hears them that asks with `LEVEL 2`: `P2P-CONNECT-FAILED phase=… reason=\"…\"` in
front of the event that ends a connection, `CTRL-REQUEST-REFUSED reason=\"…\"` in front of the reply to a request that is
refused, to that socket's monitors, and on the P2P interface's sockets copies of a group interface's lines about
association, EAP and WPS. `p2pctl` shows its phases and reasons from these.

## What a program may notice beside

- A number below 0 is refused where the range begins at 0 (wpa_supplicant takes it and uses what comes of that), and so are lists of
  channels that are none (`p2p_pref_chan=81:`), `p2p_ssid_postfix` over 23 octets, and addresses in forms other than `a.b.c.d` and
  `aa:bb:cc:dd:ee:ff`.
- SCAN during P2P_LISTEN begins when the stay on the listen channel ends (after 5 s at most), and the listen goes on after it.
- While P2P_FIND goes on, CTRL-EVENT-SCAN-STARTED comes once a second. There are more scans than that, and shorter ones.
- STOP_AP tells AP-DISABLED and CTRL-EVENT-DISCONNECTED at once; wpa_supplicant tells them when the group is removed.
- A group's network interface is removed within milliseconds after P2P-GROUP-REMOVED, not always before it.
- What is no number where a number belongs is refused; wpa_supplicant reads it as 0. A PIN of 8 digits whose checksum is wrong is
  FAIL-INVALID-PIN in P2P_CONNECT; wpa_supplicant 2.10 takes it.
- Without `config_methods` devices are told 0x108 (display and keypad), without wpa_supplicant's bit for P2PS; the device capability
  lacks the bit for service discovery.
- A peer that was only heard asking (`[PROBE_REQ_ONLY]`) can be sent P2P_PROV_DISC; its config_methods are those of its probe request.
- The table of networks is one for all interfaces of a radio: SCAN_RESULTS and BSS on a group's interface show what wlan0 saw.
- WPS_PIN and WPS_PBC on a client's group interface are refused; wpa_supplicant leaves the group and looks for another registrar.
- A socket takes 64 monitors.
";

/// The text of `docs/control-interface.md`.
pub fn documentation() -> String {
    let mut out = String::from(HEAD);
    let mut row = |cells: &[&str]| {
        out.push_str(&format!("| {} |\n", cells.join(" | ")));
    };
    for command in COMMANDS {
        let state = match command.support {
            Works("") => String::from("works"),
            Works(how_far) => format!("works: {how_far}"),
            Refused(why) => format!("refused: {why}"),
        };
        let forwarded = match command.forwarded {
            No => "no",
            Word => "the bare word",
            Prefix => "with arguments",
            Both => "both",
        };
        row(&[command.name, &state, forwarded, command.shown]);
    }
    out.push_str("\n## Answered by the daemon itself\n\n| Command | Socket | State | Shown by |\n|---|---|---|---|\n");
    for (name, socket, state, shown) in DAEMON {
        out.push_str(&format!("| {name} | {socket} | {state} | {shown} |\n"));
    }
    out.push_str(EVENTS_HEAD);
    for (name, scope, state, shown) in EVENTS {
        out.push_str(&format!("| {name} | {scope} | {state} | {shown} |\n"));
    }
    out.push_str(KEYS_HEAD);
    for key in spec::KEYS {
        let state = if key.kept.is_empty() { String::from("works") } else { format!("kept: {}", key.kept) };
        let default = key.default.unwrap_or("none");
        out.push_str(&format!(
            "| {} | {} | {default} | {state} | {} |\n",
            key.name,
            spec::describe(key.form),
            key.shown
        ));
    }
    out.push_str(BLOCKS);
    out.push_str(TAIL);
    out
}

/// What is claimed to work, and the tests and scenarios said to show it.
pub fn claims() -> Vec<(String, &'static str)> {
    let commands = COMMANDS.iter().filter(|c| matches!(c.support, Works(_))).map(|c| (c.name.to_owned(), c.shown));
    let works = |(_, _, state, _): &&(&str, &str, &str, &str)| state.starts_with("works");
    let rows = DAEMON.iter().chain(EVENTS).filter(works).map(|(name, _, _, shown)| ((*name).to_owned(), *shown));
    let keys = spec::KEYS.iter().filter(|k| k.kept.is_empty()).map(|k| (k.name.to_owned(), k.shown));
    commands.chain(rows).chain(keys).collect()
}

const EVENTS_HEAD: &str = "
## Events

G: to monitors of the global socket without a name, and to those of the P2P interface. I: to monitors of that interface,
and to those of the global socket with `IFNAME=` in front.

| Event | Scope | State | Shown by |
|---|---|---|---|
";

const KEYS_HEAD: &str = "
## Keys of the configuration file

A key that wpa_supplicant knows and that is not listed (station mode, offload) is kept in the file and changes nothing; one
that it does not know either is refused with its line.

| Key | Takes | Default | State | Shown by |
|---|---|---|---|---|
";

const BLOCKS: &str = "
A network block with `disabled=2` is a persistent group: ssid, psk, bssid (the owner's device address), mode,
p2p_client_list and psk_list are read and written (`persistent::the_block_of_the_guide_is_a_group`, `lab persistent::`). Other blocks,
comments and all keys are kept as they are (`persistent::a_new_group_is_written_to_the_file_and_the_rest_of_it_stays`), and a power cut at any moment
leaves the old or the new file whole (`power_cut::every_step_of_writing`).
";

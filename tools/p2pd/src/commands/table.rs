//! The commands of an interface, one line each. `docs/control-interface.md` is made of this table.

use super::Arguments::{None as Bare, Optional, Required};
use super::Forwarded::{Both, No, Prefix, Word};
use super::Support::{Refused, Works};
use super::{Arguments, Command, Forwarded, Run, Support, network, p2p, peer, set, station, status, wps};

const fn entry(name: &'static str, arguments: Arguments, forwarded: Forwarded, support: Support, run: Run) -> Command {
    Command { name, arguments, forwarded, support, run }
}

const fn no(name: &'static str, arguments: Arguments, forwarded: Forwarded, reason: &'static str) -> Command {
    Command { name, arguments, forwarded, support: Refused(reason), run: set::refused }
}

const FULL: Support = Works("");
const SERVICE_DISCOVERY: &str = "service discovery is not there";
const P2PS: &str = "P2PS (application service platform) is not there";
const P2P2: &str = "P2P2 (pairing, R2) is not there";
const NFC: &str = "NFC is not there";
const WFD: &str = "Wi-Fi Display is not there";
const NAN: &str = "USD (NAN) is not there";
const STATION: &str = "this daemon runs no station beside P2P";
const TESTING: &str = "only in wpa_supplicant's testing builds";

/// All commands of an interface's socket.
pub const COMMANDS: &[Command] = &[
    entry("PING", Bare, No, FULL, status::ping),
    entry("IFNAME", Bare, No, FULL, status::ifname),
    entry("NOTE", Required, No, FULL, set::note),
    entry("STATUS", Bare, No, FULL, status::status),
    entry("STATUS-VERBOSE", Bare, No, Works("as STATUS"), status::status),
    entry("STATUS-WPS", Bare, No, FULL, status::status_wps),
    entry("STATUS-DRIVER", Bare, No, Works("ifname, phyname, addr, scan_state, country, capa"), status::status_driver),
    entry("GET_CAPABILITY", Required, Prefix, Works("what P2P uses"), status::get_capability),
    entry("SIGNAL_POLL", Bare, No, Works("on a client's group interface"), status::signal_poll),
    entry("FLUSH", Bare, No, FULL, set::flush),
    // Discovery, connections, groups.
    entry("P2P_FIND", Optional, Both, Works("without seek="), p2p::find),
    entry("P2P_STOP_FIND", Bare, Word, FULL, p2p::stop_find),
    entry("P2P_LISTEN", Optional, Both, FULL, p2p::listen),
    entry("P2P_EXT_LISTEN", Optional, Both, FULL, p2p::extended_listen),
    entry("P2P_CONNECT", Required, Prefix, Works("without pair, p2ps, p2p2"), p2p::connect),
    entry("P2P_PROV_DISC", Required, Prefix, Works("without bstrapmethod="), p2p::provision_discovery),
    entry("P2P_GROUP_ADD", Optional, Both, Works("without acs, edmg, go_bssid=, p2p2"), p2p::group_add),
    entry("P2P_GROUP_REMOVE", Required, Prefix, FULL, p2p::group_remove),
    entry("P2P_GROUP_MEMBER", Required, Prefix, FULL, p2p::group_member),
    entry("P2P_INVITE", Required, Prefix, Works("without pref="), p2p::invite),
    entry("P2P_CANCEL", Bare, Word, FULL, p2p::cancel),
    entry("P2P_REJECT", Required, Prefix, FULL, p2p::reject),
    entry("P2P_UNAUTHORIZE", Required, Prefix, FULL, p2p::unauthorize),
    entry("P2P_PEER", Required, Prefix, FULL, peer::peer),
    entry("P2P_FLUSH", Bare, Word, FULL, p2p::flush),
    entry("P2P_GET_PASSPHRASE", Bare, Word, FULL, p2p::get_passphrase),
    entry("P2P_REMOVE_CLIENT", Required, Prefix, FULL, p2p::remove_client),
    entry("P2P_SET", Required, Prefix, Works("see below"), set::p2p_set),
    no("P2P_PRESENCE_REQ", Optional, Both, "presence requests are not there"),
    no("P2P_LO_START", Required, No, "needs a vendor driver"),
    no("P2P_LO_STOP", Bare, No, "needs a vendor driver"),
    no("P2P_SERVICE_UPDATE", Bare, Word, SERVICE_DISCOVERY),
    entry("P2P_SERVICE_FLUSH", Bare, Word, Works("there are none"), set::accept),
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
    entry("WPS_PIN", Required, No, Works("`get`, and on a group that we own"), wps::wps_pin),
    entry("WPS_PBC", Optional, No, Works("on a group that we own"), wps::wps_pbc),
    entry("WPS_CHECK_PIN", Required, No, FULL, wps::wps_check_pin),
    entry("WPS_CANCEL", Bare, No, FULL, wps::wps_cancel),
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
    entry("STA-FIRST", Bare, Word, FULL, station::first),
    entry("STA", Required, Prefix, FULL, station::one),
    entry("STA-NEXT", Required, Prefix, FULL, station::next),
    entry("DEAUTHENTICATE", Required, No, FULL, station::deauthenticate),
    entry("DISASSOCIATE", Required, No, Works("as DEAUTHENTICATE"), station::deauthenticate),
    no("CHAN_SWITCH", Required, No, "a group keeps its channel"),
    entry("SCAN_RESULTS", Bare, No, Works("what P2P scans have seen"), station::scan_results),
    entry("BSS", Required, No, Works("without wfd_* lines"), station::bss),
    entry("BSS_FLUSH", Required, No, FULL, station::bss_flush),
    entry("LIST_NETWORKS", Optional, Word, FULL, network::list),
    entry("ADD_NETWORK", Bare, No, Works("for persistent groups"), network::add),
    entry("SET_NETWORK", Required, No, Works("for persistent groups"), network::set),
    entry("GET_NETWORK", Required, Prefix, FULL, network::get),
    entry("REMOVE_NETWORK", Required, Prefix, FULL, network::remove),
    no("SELECT_NETWORK", Required, No, STATION),
    entry("ENABLE_NETWORK", Required, No, Refused(STATION), network::station_only),
    no("DISABLE_NETWORK", Required, No, STATION),
    no("SCAN", Optional, No, STATION),
    no("ABORT_SCAN", Bare, No, STATION),
    no("REASSOCIATE", Bare, No, STATION),
    no("RECONNECT", Bare, No, STATION),
    no("DISCONNECT", Bare, No, STATION),
    no("FETCH_ANQP", Bare, No, STATION),
    no("PMKSA", Bare, No, STATION),
    no("MIB", Bare, No, STATION),
    // Configuration.
    entry("SET", Required, No, Works("keys of the configuration file; wifi_display only 0"), set::set),
    entry("GET", Required, No, Works("keys of the configuration file, version"), set::get),
    entry("DUMP", Bare, No, Works("settings of the configuration file"), set::dump),
    entry("SAVE_CONFIG", Bare, No, FULL, set::save_config),
    entry("VENDOR_ELEM_ADD", Required, No, FULL, set::vendor_elements_add),
    entry("VENDOR_ELEM_GET", Required, No, FULL, set::vendor_elements_get),
    entry("VENDOR_ELEM_REMOVE", Required, No, FULL, set::vendor_elements_remove),
    entry("BSS_EXPIRE_AGE", Required, No, Works("accepted, without effect"), set::accept),
    entry("BSS_EXPIRE_COUNT", Required, No, Works("accepted, without effect"), set::accept),
    entry("AP_SCAN", Required, No, Works("accepted, without effect"), set::accept),
    entry("SCAN_INTERVAL", Required, No, Works("accepted, without effect"), set::accept),
    entry("STA_AUTOCONNECT", Required, No, Works("accepted, without effect"), set::accept),
    no("RECONFIGURE", Bare, No, "restart the daemon instead"),
    no("DRIVER_EVENT", Required, No, TESTING),
    no("MGMT_TX", Required, No, TESTING),
    no("MGMT_TX_DONE", Bare, No, TESTING),
    no("MGMT_RX_PROCESS", Required, No, TESTING),
    no("EAPOL_RX", Required, No, TESTING),
    no("DRIVER", Required, No, "private commands of vendor drivers"),
];

/// Commands that the daemon itself answers, on sockets of either kind.
const DAEMON: &[(&str, &str, &str)] = &[
    ("ATTACH", "both", "works"),
    ("DETACH", "both", "works"),
    ("LEVEL", "interface", "works"),
    ("LOG_LEVEL", "interface", "works: shows and sets the level"),
    ("RELOG", "both", "works"),
    ("TERMINATE", "both", "works"),
    ("INTERFACES", "both", "works"),
    ("INTERFACE_LIST", "both", "works: an empty list"),
    ("INTERFACE_ADD", "global", "works: ifname, config, driver, ctrl_interface; no bridge, no creation of interfaces"),
    ("INTERFACE_REMOVE", "global", "works"),
    ("STATUS", "global", "works"),
    ("SAVE_CONFIG", "global", "works"),
    ("PING", "global", "works"),
    ("IFNAME=x …", "global", "works: hands the rest to interface x"),
    ("SET", "global", "works: goes to the P2P interface"),
    ("SUSPEND", "both", "accepted, without effect"),
    ("RESUME", "both", "accepted, without effect"),
    ("NOTE", "global", "works"),
    ("DUP_NETWORK", "global", "refused: groups hold no networks of their own"),
    ("MODULE_TESTS", "global", "refused: only in wpa_supplicant's testing builds"),
    ("WFD_SUBELEM_SET, WFD_SUBELEM_GET", "global", "refused: Wi-Fi Display is not there"),
];

const HEAD: &str = "\
# The control interface, command by command

wpa_supplicant's control protocol as p2pd speaks it. This file is made from the command table of `tools/p2pd`
(`src/commands/table.rs`) and a test compares the two: `P2PD_WRITE_DOCS=1 cargo test -p p2pd --test documentation`
writes it anew. A command that is not listed is answered `UNKNOWN COMMAND`, a refused one `FAIL`.

## On the sockets of interfaces

The last column says whether the global socket hands the command on: the bare word, with arguments, both, or not
(then `IFNAME=` in front of it, or the interface's own socket).

| Command | State | Global socket |
|---|---|---|
";

const TAIL: &str = "
## P2P_SET

discoverability, per_sta_psk, disabled, listen_channel, ssid_postfix, disallow_freq work; disc_int, conc_pref are accepted
and change nothing; managed, cross_connect, force_long_sd, disable_ip_addr_req, nfc_tag and peer_filter are accepted with
the value that turns them off; noa, ps, oppps, ctwindow, go_apsd, client_apsd and the P2P2 keys are refused.

## A radio with a P2P_DEVICE interface

Its control sockets are `<ifname>` and `p2p-dev-<ifname>`; both take all commands, and P2P events reach the monitors of
both. On the global socket these events carry `IFNAME=p2p-dev-<ifname>` where they carry a name.
";

/// The text of `docs/control-interface.md`.
pub fn documentation() -> String {
    let mut out = String::from(HEAD);
    let mut row = |name: &str, second: &str, third: &str| {
        out.push_str(&format!("| {name} | {second} | {third} |\n"));
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
        row(command.name, &state, forwarded);
    }
    out.push_str("\n## Answered by the daemon itself\n\n| Command | Socket | State |\n|---|---|---|\n");
    for (name, socket, state) in DAEMON {
        out.push_str(&format!("| {name} | {socket} | {state} |\n"));
    }
    out.push_str(TAIL);
    out
}

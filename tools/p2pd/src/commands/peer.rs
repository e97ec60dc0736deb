//! P2P_PEER: what is known of a peer.

use super::{FAIL, Session, cut};
use crate::words::method_name;
use ieee80211_ies::wsc::DeviceType;
use ieee80211_ies::{MacAddr, escape};
use p2p_core::{GoState, Peer, PeerFlags};
use std::fmt::Write;
use wifi_direct::api::PeerView;

pub(super) fn peer(session: &mut Session<'_>, text: &str) -> String {
    match chosen(session, text) {
        Some(view) => {
            let stored = session
                .interface
                .records()
                .into_iter()
                .find(|r| r.owner == view.peer.address || r.clients.contains(&view.peer.address));
            let known_bss = view.peer.interface_address;
            let on_air = session.radio.scan_results().iter().any(|b| !known_bss.is_zero() && b.bssid == known_bss);
            let mut reply = show(&view, stored.and_then(|r| r.id).map(|id| id.0), on_air);
            cut(&mut reply, super::MAX_REPLY);
            reply
        }
        None => FAIL.to_owned(),
    }
}

fn chosen(session: &Session<'_>, text: &str) -> Option<PeerView> {
    let wanted = |view: &PeerView| session.interface.shows(view.peer.address);
    if text == "FIRST" {
        return session.radio.peers().into_iter().find(wanted);
    }
    if let Some(before) = text.strip_prefix("NEXT-") {
        let before: MacAddr = before.parse().ok()?;
        let mut peers = session.radio.peers().into_iter().filter(wanted);
        peers.find(|p| p.peer.address == before)?;
        return peers.next();
    }
    session.radio.peer(text.parse().ok()?).filter(wanted)
}

/// The reply, lines in the order of section 1.2 of the contract.
fn show(view: &PeerView, persistent: Option<u32>, on_air: bool) -> String {
    let p: &Peer = &view.peer;
    let mut out = String::with_capacity(1024);
    // Writing to a String cannot fail.
    let mut line = |key: &str, value: &dyn std::fmt::Display| {
        let _ = writeln!(out, "{key}={value}");
    };
    line("pri_dev_type", &DeviceType(p.primary_type));
    line("device_name", &escape::name(&p.name));
    line("manufacturer", &escape::name(&p.manufacturer));
    line("model_name", &escape::name(&p.model_name));
    line("model_number", &escape::name(&p.model_number));
    line("serial_number", &escape::name(&p.serial_number));
    line("config_methods", &format_args!("{:#x}", p.config_methods));
    line("dev_capab", &format_args!("{:#x}", p.device_capability));
    // A group capability that no beacon stands behind any more says nothing.
    let group_capability = if on_air { p.group_capability } else { 0 };
    line("group_capab", &format_args!("{group_capability:#x}"));
    line("level", &p.signal_dbm);
    for kind in &p.secondary_types {
        line("sec_dev_type", &DeviceType(*kind));
    }
    if let Some(id) = persistent {
        line("persistent", &id);
    }
    line("age", &view.age.as_secs());
    line("listen_freq", &p.listen_frequency);
    line("wps_method", &p.method.map_or("not-ready", method_name));
    line("interface_addr", &p.interface_address);
    line("member_in_go_dev", &p.member_in_owner_device);
    line("member_in_go_iface", &p.member_in_owner_interface);
    line("go_neg_req_sent", &p.negotiation_requests_sent);
    line(
        "go_state",
        &match p.go_state {
            GoState::Unknown => "unknown",
            GoState::Local => "local",
            GoState::Remote => "remote",
        },
    );
    line("dialog_token", &p.dialog_token);
    line("intended_addr", &p.intended_address);
    line("country", &country(p.country));
    line("oper_freq", &p.operating_frequency);
    line("req_config_methods", &format_args!("{:#x}", p.requested_config_methods));
    line("flags", &flags(&p.flags));
    line("status", &p.status);
    line("invitation_reqs", &p.invitation_requests);
    if let Some((period, interval)) = p.extended_listen {
        line("ext_listen_period", &period);
        line("ext_listen_interval", &interval);
    }
    if !p.operating_ssid.is_empty() {
        line("oper_ssid", &escape::ssid(&p.operating_ssid));
    }
    if !p.wfd.is_empty() {
        line("wfd_subelems", &escape::hex(&p.wfd));
    }
    if !p.vendor_elements.is_empty() {
        line("vendor_elems", &escape::hex(&p.vendor_elements));
    }
    format!("{}\n{out}", p.address)
}

fn country(country: [u8; 3]) -> String {
    let [first, second, _] = country;
    let shown = |b: u8| if b.is_ascii_alphanumeric() { char::from(b) } else { '_' };
    [shown(first), shown(second)].iter().collect()
}

fn flags(flags: &PeerFlags) -> String {
    [
        (flags.probe_request_only, "[PROBE_REQ_ONLY]"),
        (flags.reported, "[REPORTED]"),
        (flags.not_yet_ready, "[NOT_YET_READY]"),
        (flags.pd_peer_display, "[PD_PEER_DISPLAY]"),
        (flags.pd_peer_keypad, "[PD_PEER_KEYPAD]"),
        (flags.user_rejected, "[USER_REJECTED]"),
        (flags.peer_waiting_response, "[PEER_WAITING_RESPONSE]"),
        (flags.prefer_persistent_group, "[PREFER_PERSISTENT_GROUP]"),
        (flags.wait_go_neg_response, "[WAIT_GO_NEG_RESPONSE]"),
        (flags.wait_go_neg_confirm, "[WAIT_GO_NEG_CONFIRM]"),
        (flags.group_client_only, "[GROUP_CLIENT_ONLY]"),
        (flags.force_freq, "[FORCE_FREQ]"),
        (flags.pd_for_join, "[PD_FOR_JOIN]"),
        (flags.last_seen_as_group_client, "[LAST_SEEN_AS_GROUP_CLIENT]"),
    ]
    .iter()
    .filter(|(set, _)| *set)
    .map(|(_, word)| *word)
    .collect()
}

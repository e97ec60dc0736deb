//! The station's own connection: RECONNECT, DISCONNECT, SELECT_NETWORK and their like.

use super::args::{address, value, words};
use super::{FAIL, OK, Session, refuse};
use ieee80211_ies::MacAddr;
use wifi_direct::api::{NetworkId, Request, Role, StationRequest, StationState, StationStatus};

/// What stands for all blocks in ENABLE_NETWORK and its like.
const ALL: [&str; 2] = ["all", "any"];

impl Session<'_> {
    /// The station, where the addressed interface is its own.
    pub(super) fn station(&self) -> Option<StationStatus> {
        let own = self.on == self.interface.ifname && self.group().is_none();
        own.then(|| self.radio.station())
    }

    pub(super) fn ask_station(&mut self, request: StationRequest) -> String {
        self.ask_ok(Request::Station(request))
    }

    /// The networks of the file are the station's.
    pub(super) fn tell_networks(&mut self) {
        let networks = self.interface.station_networks();
        // It is taken whatever the station does just now.
        let _ = self.ask(Request::Station(StationRequest::Networks(networks)));
    }
}

/// Why the interface of a group takes no command that chooses among networks.
pub(super) const ON_GROUP: &str = "a group's interface holds its group only, which ends by P2P_GROUP_REMOVE";

/// Which network blocks a word means: one by its number, or all that are the station's.
fn meant(session: &Session<'_>, word: &str) -> Vec<u32> {
    let wanted: Option<u32> = word.parse().ok();
    let networks = session.interface.file.networks();
    networks.filter(|n| (ALL.contains(&word) || Some(n.id) == wanted) && !n.is_persistent()).map(|n| n.id).collect()
}

/// Marks network blocks as used by themselves, or not.
fn mark(session: &mut Session<'_>, ids: &[u32], disabled: bool) {
    for id in ids {
        if let Some(network) = session.interface.file.network_mut(*id) {
            match disabled {
                // It can always be written.
                true => drop(network.set("disabled", "1")),
                false => network.unset("disabled"),
            }
        }
    }
}

/// Tells the log of those blocks that the station cannot use.
fn say_unusable(session: &Session<'_>, ids: &[u32]) {
    for id in ids {
        if let Some(Err(reason)) = session.interface.file.network(*id).and_then(|n| n.station_network()) {
            tracing::warn!("{}: network {id} cannot be used: {reason}", session.on);
        }
    }
}

/// `ENABLE_NETWORK id|all`. A persistent group is started by P2P_GROUP_ADD or P2P_INVITE instead.
pub(super) fn enable(session: &mut Session<'_>, text: &str) -> String {
    if !session.interface.is_base(session.on) {
        return refuse(session, ON_GROUP);
    }
    let word = words(text).next().unwrap_or_default();
    let ids = meant(session, word);
    if ids.is_empty() && !ALL.contains(&word) {
        return refuse(session, "ENABLE_NETWORK: no such network, or a persistent group (P2P_GROUP_ADD persistent=id)");
    }
    say_unusable(session, &ids);
    mark(session, &ids, false);
    session.tell_networks();
    OK.to_owned()
}

/// `DISABLE_NETWORK id|all`: a persistent group's block cannot be.
pub(super) fn disable(session: &mut Session<'_>, text: &str) -> String {
    if !session.interface.is_base(session.on) {
        return refuse(session, ON_GROUP);
    }
    let word = words(text).next().unwrap_or_default();
    let ids = meant(session, word);
    if ids.is_empty() && !ALL.contains(&word) {
        return refuse(session, "DISABLE_NETWORK: no such network, or a persistent group");
    }
    mark(session, &ids, true);
    session.tell_networks();
    OK.to_owned()
}

/// `SELECT_NETWORK id|any [freq=MHz,…]`: this one and no other.
pub(super) fn select(session: &mut Session<'_>, text: &str) -> String {
    if !session.interface.is_base(session.on) {
        return refuse(session, ON_GROUP);
    }
    let word = words(text).next().unwrap_or_default();
    let chosen = meant(session, word);
    let frequencies: Result<Vec<u32>, _> =
        value(text, "freq").map_or(Ok(Vec::new()), |list| list.split(',').map(str::parse).collect());
    let Ok(frequencies) = frequencies else { return FAIL.to_owned() };
    if chosen.is_empty() && !ALL.contains(&word) {
        return refuse(session, "SELECT_NETWORK: no such network, or a persistent group (P2P_GROUP_ADD persistent=id)");
    }
    say_unusable(session, &chosen);
    let others: Vec<u32> = meant(session, "all").into_iter().filter(|id| !chosen.contains(id)).collect();
    mark(session, &others, true);
    mark(session, &chosen, false);
    session.tell_networks();
    let network = word.parse().ok().map(NetworkId);
    session.ask_station(StationRequest::Connect { network, frequencies })
}

pub(super) fn reconnect(session: &mut Session<'_>, _: &str) -> String {
    let request = StationRequest::Connect { network: None, frequencies: Vec::new() };
    connect_again(session, "RECONNECT", request)
}

pub(super) fn reassociate(session: &mut Session<'_>, _: &str) -> String {
    connect_again(session, "REASSOCIATE", StationRequest::Reassociate)
}

/// A group's client comes back to its owner, where the addressed interface is one's; else the station does as asked.
fn connect_again(session: &mut Session<'_>, command: &str, request: StationRequest) -> String {
    match session.group() {
        Some(group) if group.role == Role::Client => session.ask_ok(Request::ComeBack(group.id)),
        Some(_) => refuse(session, &format!("{command}: no client's group here")),
        None if !session.interface.up => refuse(session, &format!("{command}: the interface is down")),
        None => session.ask_station(request),
    }
}

/// REATTACH: anew to the network that there is a connection to.
pub(super) fn reattach(session: &mut Session<'_>, _: &str) -> String {
    match session.station().and_then(|s| s.network) {
        Some(_) => session.ask_station(StationRequest::Reassociate),
        None => refuse(session, "REATTACH: the station is not connected"),
    }
}

/// The station's connection ends; a group's interface leaves its group.
pub(super) fn disconnect(session: &mut Session<'_>, _: &str) -> String {
    match session.group() {
        // As in wpa_supplicant a group of ours stays, without its access point, until it is removed.
        Some(group) if group.started && group.role == Role::Owner => session.ask_ok(Request::StopAccessPoint(group.id)),
        // What is not connected yet just ends.
        Some(group) if group.role == Role::Client && session.ask(Request::Pause(group.id)).is_ok() => OK.to_owned(),
        Some(group) => session.ask_ok(Request::RemoveGroup(group.id)),
        None if !session.interface.is_base(session.on) => OK.to_owned(),
        None => session.ask_station(StationRequest::Disconnect),
    }
}

/// `BSSID id address`: the block is for this access point only; for any with the zero address.
pub(super) fn only_access_point(session: &mut Session<'_>, text: &str) -> String {
    let parsed = text.split_once(' ').and_then(|(id, rest)| Some((id.parse::<u32>().ok()?, address(rest)?.0)));
    let Some((id, bssid)) = parsed else { return FAIL.to_owned() };
    if !meant(session, &id.to_string()).contains(&id) {
        return refuse(session, "BSSID: no such network");
    }
    if let Some(network) = session.interface.file.network_mut(id) {
        match bssid.is_zero() {
            true => network.unset("bssid"),
            false => drop(network.set("bssid", &bssid.to_string())),
        }
    }
    session.tell_networks();
    OK.to_owned()
}

/// The lines of STATUS for the station's connection, and its state.
pub(super) fn show(
    session: &Session<'_>,
    station: &StationStatus,
    line: &mut dyn FnMut(&str, &dyn std::fmt::Display),
) -> &'static str {
    let file = &session.interface.file;
    if let Some(NetworkId(id)) = station.network {
        if station.state >= StationState::Associated && station.bssid != MacAddr::ZERO {
            line("bssid", &station.bssid);
            line("freq", &station.frequency);
        }
        line("ssid", &ieee80211_ies::escape::ssid(&station.ssid));
        line("id", &id);
        if let Some(text) = file.network(id).and_then(|n| n.text("id_str")) {
            line("id_str", &ieee80211_ies::escape::ssid(&text));
        }
        line("mode", &"station");
        let connected = station.state == StationState::Completed;
        if let Some(generation) = super::status::generation(session, station.bssid).filter(|_| connected) {
            line("wifi_generation", &generation);
        }
        let (cipher, key_mgmt) = if station.protected { ("CCMP", "WPA2-PSK") } else { ("NONE", "NONE") };
        line("pairwise_cipher", &cipher);
        line("group_cipher", &cipher);
        line("key_mgmt", &key_mgmt);
    }
    match station.state {
        // As the P2P interface says where there is nothing.
        StationState::Inactive | StationState::Disconnected => "DISCONNECTED",
        StationState::Scanning => "SCANNING",
        StationState::Authenticating => "AUTHENTICATING",
        StationState::Associating => "ASSOCIATING",
        StationState::Associated => "ASSOCIATED",
        StationState::Handshake => "4WAY_HANDSHAKE",
        StationState::Completed => "COMPLETED",
    }
}

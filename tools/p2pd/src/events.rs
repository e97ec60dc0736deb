//! Events as wpa_supplicant's event lines: names, fields, their order, levels and scopes (section 2 of the contract).

use crate::config::show_uuid;
use crate::interface::Interface;
use crate::pin;
use crate::words::{method_name, role_name};
use ieee80211_ies::escape;
use ieee80211_ies::wsc::DeviceType;
use p2p_core::{Event as P2pEvent, Invited, Method, Peer};
use radio::{Channel, SendStatus, Width};
use std::fmt::Write;
use wifi_direct::api::{
    Cause, EapMethod, Event, FailedBy, GroupEvent, GroupId, GroupInfo, NetworkId, Phase, Role, StationEvent,
};

/// Level of most events (wpa_supplicant's MSG_INFO).
pub const INFO: u8 = 3;
/// Level of what only those monitors are told that ask for it with `LEVEL 2` (MSG_DEBUG): lines that wpa_supplicant does
/// not have.
pub const DEBUG: u8 = 2;
/// Level of warnings (MSG_WARNING).
pub const WARNING: u8 = 4;

/// EAP types and the Wi-Fi Alliance's vendor id in EAP-WSC, decimal as events have them (RFC 3748 §5.1 and §5.7, WSC 2.0 §7.7).
const EAP_IDENTITY: u32 = 1;
const EAP_EXPANDED: u32 = 254;
const EAP_VENDOR_WFA: u32 = 0x00_372a;
const EAP_WSC: u32 = 1;
/// Reason code: disassociated due to inactivity (IEEE 802.11-2020 Table 9-49); radios give it when an access point falls silent.
const DISASSOCIATED_INACTIVE: u16 = 4;
/// Ends the report of an association: what follows within it, EAP's start or an open network's connection, comes first.
const SUBNET_STATUS: &str = "CTRL-EVENT-SUBNET-STATUS-UPDATE status=0";

/// Who is told of an event.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Scope {
    /// Monitors of the global socket, without a name, and of the P2P interface's sockets.
    Device,
    /// Monitors of the global socket, with the interface's name in front, and of that interface's socket.
    Interface(String),
    /// Only monitors of this interface's socket.
    Socket(String),
    /// Only monitors of the P2P interface's sockets.
    DeviceCopy,
}

/// An event line.
#[derive(Clone, PartialEq, Eq)]
pub struct Line {
    /// Who is told.
    pub scope: Scope,
    /// Its level.
    pub level: u8,
    /// The text, without level and interface.
    pub text: String,
    /// What the log says instead: the text has secrets, which no log holds.
    pub logged: Option<String>,
}

impl Line {
    /// A line of level INFO that may be logged.
    pub fn new(scope: Scope, text: impl Into<String>) -> Self {
        Self { scope, level: INFO, text: text.into(), logged: None }
    }
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = self.logged.as_ref().unwrap_or(&self.text);
        write!(f, "{:?} <{}>{text:?}", self.scope, self.level)
    }
}

/// What the wording of events needs to know beside them.
pub struct Context<'a> {
    /// The interface that they come from.
    pub interface: &'a Interface,
    /// The groups there are, and those just gone: their interfaces and our part.
    pub groups: &'a [Known],
    /// Makes a PIN to be shown to the user.
    pub pin: fn() -> Option<String>,
}

/// A group as far as its events' wording needs it; kept until its interface is gone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Known {
    /// The group.
    pub id: GroupId,
    /// Its interface's name.
    pub interface: String,
    /// Our part, once it is known.
    pub role: Option<Role>,
    /// It was told that it has started.
    pub started: bool,
}

impl Context<'_> {
    /// A context that draws PINs from the system.
    pub fn new<'a>(interface: &'a Interface, groups: &'a [Known]) -> Context<'a> {
        Context { interface, groups, pin: pin::generate_text }
    }

    fn group(&self, id: GroupId) -> Option<&Known> {
        self.groups.iter().find(|g| g.id == id)
    }

    fn group_interface(&self, id: GroupId) -> &str {
        self.group(id).map_or(self.interface.p2p_name(), |g| &g.interface)
    }

    fn scope_of(&self, group: Option<GroupId>) -> Scope {
        Scope::Interface(group.map_or(self.interface.p2p_name(), |id| self.group_interface(id)).to_owned())
    }

    fn own(&self) -> Scope {
        Scope::Interface(self.interface.p2p_name().to_owned())
    }
}

/// The lines of an event, in order.
pub fn lines(context: &Context<'_>, event: &Event) -> Vec<Line> {
    let own = |text: String| vec![Line::new(context.own(), text)];
    let device = |text: String| vec![Line::new(Scope::Device, text)];
    match event {
        Event::ScanStarted => own(String::from("CTRL-EVENT-SCAN-STARTED ")),
        Event::ScanResults => own(String::from("CTRL-EVENT-SCAN-RESULTS ")),
        Event::ScanFailed(errno) => own(format!("CTRL-EVENT-SCAN-FAILED ret=-{}", errno.unsigned_abs())),
        Event::P2p(P2pEvent::DeviceFound { peer, .. }) if !context.interface.shows(peer.address) => Vec::new(),
        Event::P2p(P2pEvent::DeviceLost { address }) if !context.interface.shows(*address) => Vec::new(),
        Event::P2p(event) => p2p_line(context, event).map(device).unwrap_or_default(),
        Event::ConnectFailed { phase, cause, .. } => vec![failed(*phase, cause)],
        Event::Save(_) | Event::Forget(_) => Vec::new(),
        Event::FallbackEnabled => device(String::from("P2P-FALLBACK-TO-GO-NEG-ENABLED ")),
        Event::FallbackToNegotiation { reason } => device(format!("P2P-FALLBACK-TO-GO-NEG reason={reason}")),
        Event::FormationSuccess => device(String::from("P2P-GROUP-FORMATION-SUCCESS ")),
        Event::FormationFailure { phase, cause } => {
            let conflict = matches!(cause, Cause::ChannelConflict | Cause::Beside(_));
            let reason = if conflict { "reason=FREQ_CONFLICT" } else { "" };
            let line = Line::new(Scope::Device, format!("P2P-GROUP-FORMATION-FAILURE {reason}"));
            vec![failed(*phase, cause), line]
        }
        Event::InterfaceAdded { .. }
        | Event::InterfaceRemoved { .. }
        | Event::BaseInterface { .. }
        | Event::NetworksSeen
        | Event::Scanned { .. }
        | Event::RadioGone => Vec::new(),
        Event::GroupStarted(info) => vec![group_started(info)],
        Event::GroupRemoved { interface, role, cause, formed, .. } => {
            let reason = removal_reason(cause, !*formed).map(|r| format!(" reason={r}")).unwrap_or_default();
            device(format!("P2P-GROUP-REMOVED {interface} {}{reason}", role_name(*role)))
        }
        Event::Group { group, event } => group_lines(context, *group, event),
        Event::Station(event) => station_lines(context, event),
        Event::FrameReceived { group, frequency, signal_dbm, frame } => {
            let text = format!("MGMT-RX freq={frequency} datarate=0 ssi_signal={signal_dbm} {}", escape::hex(frame));
            vec![Line::new(context.scope_of(*group), text)]
        }
        Event::FrameSent { group, frequency, destination, source, bssid, status } => {
            let result = match status {
                Some(SendStatus::Acked) => "SUCCESS",
                // A driver that does not tell is taken at its word that it has sent.
                Some(SendStatus::Unknown) => "SUCCESS",
                Some(SendStatus::NotAcked) => "NO_ACK",
                None => "FAILED",
            };
            let text =
                format!("MGMT-TX-STATUS freq={frequency} dst={destination} src={source} bssid={bssid} result={result}");
            vec![Line::new(context.scope_of(*group), text)]
        }
        Event::Regulatory { country, initiator, kind } => {
            let alpha2 = if *kind == "COUNTRY" { format!(" alpha2={country}") } else { String::new() };
            own(format!("CTRL-EVENT-REGDOM-CHANGE init={initiator} type={kind}{alpha2}"))
        }
    }
}

/// Where and why a connection has failed, in full: a line of ours, for those who ask for more ([`DEBUG`]).
fn failed(phase: Phase, cause: &Cause) -> Line {
    let phase = match phase {
        Phase::Search => "search",
        Phase::ProvisionDiscovery => "provision-discovery",
        Phase::Negotiation => "negotiation",
        Phase::Invitation => "invitation",
        Phase::Interface => "interface",
        Phase::Association => "association",
        Phase::Wsc => "wsc",
        Phase::Handshake => "handshake",
        Phase::Running => "running",
    };
    let reason = escape::ssid(cause.to_string().as_bytes()).to_string();
    let text = format!("P2P-CONNECT-FAILED phase={phase} reason=\"{reason}\"");
    Line { level: DEBUG, ..Line::new(Scope::Device, text) }
}

fn p2p_line(context: &Context<'_>, event: &P2pEvent) -> Option<String> {
    Some(match event {
        P2pEvent::DeviceFound { peer, new } => device_found(peer, *new),
        P2pEvent::DeviceLost { address } => format!("P2P-DEVICE-LOST p2p_dev_addr={address}"),
        P2pEvent::FindStopped => String::from("P2P-FIND-STOPPED "),
        P2pEvent::GoNegotiationRequest { peer, device_password_id, intent } => {
            format!("P2P-GO-NEG-REQUEST {peer} dev_passwd_id={device_password_id} go_intent={intent}")
        }
        P2pEvent::NegotiationSucceeded(n) => format!(
            "P2P-GO-NEG-SUCCESS role={} freq={} ht40={} peer_dev={} peer_iface={} wps_method={}",
            if n.owner { "GO" } else { "client" },
            n.frequency,
            u8::from(n.ht40),
            n.peer,
            n.peer_interface,
            method_name(n.method)
        ),
        P2pEvent::NegotiationFailed { status, .. } => {
            format!("P2P-GO-NEG-FAILURE status={}", status.map_or(-1, i16::from))
        }
        P2pEvent::ProvisionRequested { peer, method, group } => {
            let tail = device_tail(peer);
            let group = group.map(|id| format!(" group={}", context.group_interface(GroupId(id)))).unwrap_or_default();
            match method {
                Method::Display => {
                    let pin = (context.pin)()?;
                    format!("P2P-PROV-DISC-SHOW-PIN {} {pin} {tail}{group}", peer.address)
                }
                Method::Keypad => format!("P2P-PROV-DISC-ENTER-PIN {} {tail}{group}", peer.address),
                Method::PushButton => format!("P2P-PROV-DISC-PBC-REQ {} {tail}{group}", peer.address),
            }
        }
        P2pEvent::ProvisionAnswered { peer, method, peer_is_owner } => {
            let owner = peer_is_owner.map(|is| format!(" peer_go={}", u8::from(is))).unwrap_or_default();
            match method {
                Method::Display => format!("P2P-PROV-DISC-SHOW-PIN {peer} {}{owner}", (context.pin)()?),
                Method::Keypad => format!("P2P-PROV-DISC-ENTER-PIN {peer}{owner}"),
                Method::PushButton => format!("P2P-PROV-DISC-PBC-RESP {peer}{owner}"),
            }
        }
        P2pEvent::ProvisionFailed { peer, status } => {
            format!("P2P-PROV-DISC-FAILURE p2p_dev_addr={peer} status={status}")
        }
        P2pEvent::InvitationReceived { source, invited } => match invited.persistent {
            Some(id) => format!("P2P-INVITATION-RECEIVED sa={source} persistent={id}{}", freq(invited)),
            None => format!(
                "P2P-INVITATION-RECEIVED sa={source} go_dev_addr={}{} unknown-network",
                invited.owner_address,
                bssid(invited)
            ),
        },
        P2pEvent::InvitationAccepted { source, invited } => match invited.persistent {
            Some(id) => format!(
                "P2P-INVITATION-ACCEPTED sa={source} persistent={id}{} ssid=\"{}\" go_dev_addr={}",
                if invited.owner { freq(invited) } else { String::new() },
                escape::ssid(&invited.ssid),
                invited.owner_address
            ),
            None => format!(
                "P2P-INVITATION-ACCEPTED sa={source} go_dev_addr={}{} unknown-network",
                invited.owner_address,
                bssid(invited)
            ),
        },
        P2pEvent::InvitationResult { status, invited } => {
            let mut text = format!("P2P-INVITATION-RESULT status={} ", status.map_or(-1, i16::from));
            // The BSSID of the response: an owner names it, and we know that of a group of ours anyway.
            let bssid = invited.bssid.filter(|_| status.is_some() && !invited.owner && invited.persistent.is_some());
            if let Some(bssid) = bssid {
                let _ = write!(text, "{bssid}");
            }
            if *status == Some(0) {
                let gap = if bssid.is_some() { " " } else { "" };
                let _ =
                    write!(text, "{gap}ssid=\"{}\" go_dev_addr={}", escape::ssid(&invited.ssid), invited.owner_address);
            }
            text
        }
    })
}

fn freq(invited: &Invited) -> String {
    invited.frequency.map(|f| format!(" freq={f}")).unwrap_or_default()
}

fn bssid(invited: &Invited) -> String {
    invited.bssid.map(|b| format!(" bssid={b}")).unwrap_or_default()
}

/// WFD sub-element 0, device information, has a body of 6 octets (Wi-Fi Display v2.1 §5.1.2).
fn wfd_device_info(subelements: &[u8]) -> Option<&[u8]> {
    let mut rest = subelements;
    loop {
        let ([id, high, low], after) = rest.split_first_chunk::<3>()?;
        let (body, next) = after.split_at_checked(usize::from(u16::from_be_bytes([*high, *low])))?;
        if *id == 0 {
            return (body.len() == 6).then_some(body);
        }
        rest = next;
    }
}

fn device_tail(peer: &Peer) -> String {
    format!(
        "p2p_dev_addr={} pri_dev_type={} name='{}' config_methods={:#x} dev_capab={:#x} group_capab={:#x}",
        peer.address,
        DeviceType(peer.primary_type),
        escape::name(&peer.name),
        peer.config_methods,
        peer.device_capability,
        peer.group_capability
    )
}

fn device_found(peer: &Peer, new: bool) -> String {
    let wfd =
        wfd_device_info(&peer.wfd).map(|info| format!(" wfd_dev_info=0x{}", escape::hex(info))).unwrap_or_default();
    let vendor = if peer.vendor_elements.is_empty() { "" } else { " vendor_elems=1" };
    format!(
        "P2P-DEVICE-FOUND {} {}{wfd}{vendor} new={} pcea_cap_info=0x0 bootstrap_methods=0x0 pasn_type=0x0",
        peer.source,
        device_tail(peer),
        u8::from(new)
    )
}

fn group_started(info: &GroupInfo) -> Line {
    let head = format!(
        "P2P-GROUP-STARTED {} {} ssid=\"{}\" freq={}",
        info.interface,
        role_name(info.role),
        escape::ssid(&info.ssid),
        info.frequency
    );
    let key = match (&info.passphrase, &info.psk) {
        (Some(passphrase), _) => format!(" passphrase=\"{}\"", String::from_utf8_lossy(passphrase.expose())),
        (None, Some(psk)) => format!(" psk={}", escape::hex(psk.expose())),
        (None, None) => String::new(),
    };
    let mut tail = format!(" go_dev_addr={}", info.owner);
    if info.persistent {
        tail.push_str(" [PERSISTENT]");
    }
    if let Some(ip) = info.ip {
        let quad = std::net::Ipv4Addr::from;
        let _ = write!(tail, " ip_addr={} ip_mask={} go_ip_addr={}", quad(ip.client), quad(ip.mask), quad(ip.owner));
    }
    Line {
        scope: Scope::Device,
        level: INFO,
        text: format!("{head}{key}{tail}"),
        logged: Some(format!("{head}{tail}")),
    }
}

/// `reason=` of P2P-GROUP-REMOVED; `None` for causes that wpa_supplicant gives none for.
fn removal_reason(cause: &Cause, while_forming: bool) -> Option<&'static str> {
    Some(match cause {
        Cause::Requested => "REQUESTED",
        Cause::ChannelConflict | Cause::Beside(_) => "FREQ_CONFLICT",
        Cause::InterfaceLost => "UNAVAILABLE",
        Cause::WrongKey => "PSK_FAILURE",
        _ if while_forming => "FORMATION_FAILED",
        Cause::OwnerEnded => "GO_ENDING_SESSION",
        Cause::Idle | Cause::Timeout(_) => "IDLE",
        Cause::Radio { .. } => "UNAVAILABLE",
        _ => return None,
    })
}

fn channel_fields(channel: &Channel) -> String {
    let width = match channel.width {
        Width::NoHt20 => "20 MHz (no HT)",
        Width::Ht20 => "20 MHz",
        Width::Mhz40 => "40 MHz",
        Width::Mhz80 => "80 MHz",
        Width::Mhz160 => "160 MHz",
    };
    format!(
        "freq={} ht_enabled={} ch_offset={} ch_width={width} cf1={} cf2=0",
        channel.frequency,
        u8::from(channel.width != Width::NoHt20),
        channel.secondary_offset(),
        channel.centre
    )
}

fn group_lines(context: &Context<'_>, id: GroupId, event: &GroupEvent) -> Vec<Line> {
    let interface = context.group_interface(id).to_owned();
    let apart = !context.interface.is_base(&interface);
    let owner = context.group(id).and_then(|g| g.role) == Some(Role::Owner);
    interface_lines(context, interface, apart, owner, event)
}

/// What the station tells: on its own interface.
fn station_lines(context: &Context<'_>, event: &StationEvent) -> Vec<Line> {
    let interface = context.interface.ifname.clone();
    let scope = Scope::Interface(interface.clone());
    let text = match event {
        StationEvent::Link(event) => return interface_lines(context, interface, false, false, event),
        StationEvent::Connected { bssid, network } => {
            let id = network.map(|NetworkId(id)| id);
            let block = id.and_then(|id| context.interface.file.network(id));
            let name = block.and_then(|n| n.text("id_str")).unwrap_or_default();
            let (id, name) = (id.unwrap_or(0), escape::ssid(&name));
            let text = format!("CTRL-EVENT-CONNECTED - Connection to {bssid} completed [id={id} id_str={name}]");
            let open = block.is_some_and(|n| n.get("key_mgmt") == Some("NONE"));
            let after = open.then(|| Line::new(scope.clone(), SUBNET_STATUS));
            return [Line::new(scope, text)].into_iter().chain(after).collect();
        }
        StationEvent::NotFound => String::from("CTRL-EVENT-NETWORK-NOT-FOUND "),
        StationEvent::NoRoom { network } => format!("CTRL-EVENT-FREQ-CONFLICT  id={}", network.0),
        StationEvent::TemporarilyDisabled { network, ssid, failures, seconds, reason } => {
            let reason = match reason {
                FailedBy::WrongKey => "WRONG_KEY",
                FailedBy::Connection => "CONN_FAILED",
            };
            let (id, ssid) = (network.0, escape::ssid(ssid));
            format!(
                "CTRL-EVENT-SSID-TEMP-DISABLED id={id} ssid=\"{ssid}\" auth_failures={failures} duration={seconds} \
                 reason={reason}"
            )
        }
        StationEvent::Reenabled { network, ssid } => {
            format!("CTRL-EVENT-SSID-REENABLED id={} ssid=\"{}\"", network.0, escape::ssid(ssid))
        }
        StationEvent::Credential { .. } | StationEvent::Queried => return Vec::new(),
    };
    vec![Line::new(scope, text)]
}

/// What happens on an interface, a group's or the station's; `apart` from the P2P interface, of an `owner`.
fn interface_lines(
    context: &Context<'_>,
    interface: String,
    apart: bool,
    owner: bool,
    event: &GroupEvent,
) -> Vec<Line> {
    let scope = Scope::Interface(interface.clone());
    let with_copy = |text: String| {
        let mut lines = vec![Line::new(scope.clone(), text.clone())];
        if apart {
            lines.push(Line::new(Scope::DeviceCopy, text));
        }
        lines
    };
    // Why WPS has failed the P2P interface reports too, as an event of its own; for an owner only while its group forms.
    let runs = owner && context.groups.iter().any(|g| g.started && g.interface == interface);
    let repeated = |text: String| {
        let mut lines = vec![Line::new(scope.clone(), text.clone())];
        if apart && !runs {
            lines.push(Line::new(context.own(), text));
        }
        lines
    };
    // Those who ask for more see how a client gets on without knowing its interface.
    let traced = |text: String| {
        let mut lines = vec![Line::new(scope.clone(), text.clone())];
        if apart {
            lines.push(Line { level: DEBUG, ..Line::new(Scope::DeviceCopy, text) });
        }
        lines
    };
    let text = match event {
        GroupEvent::ApEnabled => String::from("AP-ENABLED "),
        GroupEvent::ApDisabled => String::from("AP-DISABLED "),
        GroupEvent::Connected { bssid } => {
            format!("CTRL-EVENT-CONNECTED - Connection to {bssid} completed [id=0 id_str=]")
        }
        GroupEvent::Disconnected { bssid, reason, local } => {
            let lost = *local && *reason == DISASSOCIATED_INACTIVE && !owner;
            let local = if *local { " locally_generated=1" } else { "" };
            let text = format!("CTRL-EVENT-DISCONNECTED bssid={bssid} reason={reason}{local}");
            let mut lines = vec![Line::new(scope.clone(), text)];
            if lost {
                // The radio gives a connection up for want of beacons.
                lines.insert(0, Line::new(scope, "CTRL-EVENT-BEACON-LOSS "));
            }
            return lines;
        }
        GroupEvent::StationConnected { address, device, ip } => {
            let device = device.map(|d| format!(" p2p_dev_addr={d}")).unwrap_or_default();
            let ip = ip.map(|ip| format!(" ip_addr={}", std::net::Ipv4Addr::from(ip))).unwrap_or_default();
            return with_copy(format!("AP-STA-CONNECTED {address}{device}{ip}"));
        }
        GroupEvent::StationDisconnected { address, device } => {
            let device = device.map(|d| format!(" p2p_dev_addr={d}")).unwrap_or_default();
            return with_copy(format!("AP-STA-DISCONNECTED {address}{device}"));
        }
        GroupEvent::HandshakeCompleted(station) => format!("EAPOL-4WAY-HS-COMPLETED {station}"),
        GroupEvent::EapStarted(Some(station)) => return traced(format!("CTRL-EVENT-EAP-STARTED {station}")),
        GroupEvent::EapStarted(None) => {
            let mut lines = traced(String::from("CTRL-EVENT-EAP-STARTED EAP authentication started"));
            lines.push(Line::new(scope.clone(), "CTRL-EVENT-EAP-STATUS status='started' parameter=''"));
            // EAP begins within the report of an association for WPS, which this line ends.
            lines.push(Line::new(scope, SUBNET_STATUS));
            return lines;
        }
        GroupEvent::EapMethodProposed { station: Some(_), method } => {
            let (vendor, method) = match method {
                EapMethod::Identity => (0, EAP_IDENTITY),
                EapMethod::Wsc => (EAP_VENDOR_WFA, EAP_EXPANDED),
            };
            format!("CTRL-EVENT-EAP-PROPOSED-METHOD vendor={vendor} method={method}")
        }
        GroupEvent::EapMethodProposed { station: None, .. } => {
            return vec![
                Line::new(
                    scope.clone(),
                    format!("CTRL-EVENT-EAP-PROPOSED-METHOD vendor={EAP_VENDOR_WFA} method={EAP_WSC}"),
                ),
                Line::new(scope.clone(), "CTRL-EVENT-EAP-STATUS status='accept proposed method' parameter='WSC'"),
                Line::new(
                    scope,
                    format!("CTRL-EVENT-EAP-METHOD EAP vendor {EAP_VENDOR_WFA} method {EAP_WSC} (WSC) selected"),
                ),
            ];
        }
        GroupEvent::EapFailure(Some(station)) => format!("CTRL-EVENT-EAP-FAILURE {station}"),
        GroupEvent::EapFailure(None) => {
            return vec![
                Line::new(scope.clone(), "CTRL-EVENT-EAP-STATUS status='completion' parameter='failure'"),
                Line::new(scope, "CTRL-EVENT-EAP-FAILURE EAP authentication failed"),
            ];
        }
        GroupEvent::TryingToAuthenticate { bssid, ssid, frequency } => {
            let ssid = escape::ssid(ssid);
            format!("SME: Trying to authenticate with {bssid} (SSID='{ssid}' freq={frequency} MHz)")
        }
        GroupEvent::TryingToAssociate { bssid, ssid, frequency } => {
            let ssid = escape::ssid(ssid);
            return traced(format!("Trying to associate with {bssid} (SSID='{ssid}' freq={frequency} MHz)"));
        }
        GroupEvent::Associated { bssid, keyed } => {
            let mut lines = traced(format!("Associated with {bssid}"));
            if *keyed {
                lines.push(Line::new(scope, SUBNET_STATUS));
            }
            return lines;
        }
        GroupEvent::KeysNegotiated { bssid } => {
            format!("WPA: Key negotiation completed with {bssid} [PTK=CCMP GTK=CCMP]")
        }
        GroupEvent::AssociationRejected { bssid, status: Some(status) } => {
            format!("CTRL-EVENT-ASSOC-REJECT bssid={bssid} status_code={status}")
        }
        // Status 1 (unspecified failure) stands for "no answer", as in wpa_supplicant.
        GroupEvent::AssociationRejected { bssid, status: None } => {
            format!("CTRL-EVENT-ASSOC-REJECT bssid={bssid} status_code=1 timeout")
        }
        GroupEvent::WpsApSeen => String::from("WPS-AP-AVAILABLE "),
        GroupEvent::WpsApAvailable { push_button: true, .. } => String::from("WPS-AP-AVAILABLE-PBC "),
        GroupEvent::WpsApAvailable { authorized: true, .. } => String::from("WPS-AP-AVAILABLE-AUTH "),
        GroupEvent::WpsApAvailable { .. } => String::from("WPS-AP-AVAILABLE-PIN "),
        GroupEvent::WpsPbcActive => String::from("WPS-PBC-ACTIVE "),
        GroupEvent::WpsPinActive => String::from("WPS-PIN-ACTIVE "),
        GroupEvent::ProbeRequest { source, signal_dbm } => {
            format!("RX-PROBE-REQUEST sa={source} signal={signal_dbm}")
        }
        GroupEvent::WpsPbcDisabled => String::from("WPS-PBC-DISABLE "),
        GroupEvent::WpsEnrolleeSeen(seen) => format!(
            "WPS-ENROLLEE-SEEN {} {} {} {:#x} {} {} [{}]",
            seen.address,
            show_uuid(&seen.uuid),
            DeviceType(seen.device_type),
            seen.config_methods,
            seen.device_password_id,
            seen.request_type,
            escape::name(&seen.name)
        ),
        GroupEvent::WpsPinNeeded(enrollee) => {
            let texts = [
                enrollee.device_name.as_bytes(),
                enrollee.manufacturer.as_bytes(),
                enrollee.model_name.as_bytes(),
                enrollee.model_number.as_bytes(),
                enrollee.serial_number.as_bytes(),
            ];
            let texts = texts.map(|text| escape::name(text).to_string()).join("|");
            let kind = enrollee.primary_device_type;
            format!("WPS-PIN-NEEDED {} {} [{texts}|{kind}]", show_uuid(&enrollee.uuid), enrollee.address)
        }
        GroupEvent::WpsRegSuccess { address, uuid } => format!("WPS-REG-SUCCESS {address} {}", show_uuid(uuid)),
        GroupEvent::WpsCredReceived { attribute } => {
            // On a group's interface of its own the setting is not in force, as in wpa_supplicant.
            let ours = matches!(&scope, Scope::Interface(name) if context.interface.is_base(name));
            let shown = ours && context.interface.settings.credentials.shown();
            let text = if shown { escape::hex(attribute.expose()).to_string() } else { String::new() };
            let line = Line::new(scope, format!("WPS-CRED-RECEIVED {text}"));
            return vec![Line { logged: Some(String::from("WPS-CRED-RECEIVED ")), ..line }];
        }
        GroupEvent::WpsSuccess => return traced(String::from("WPS-SUCCESS ")),
        GroupEvent::WpsFail { message, config_error } => {
            return repeated(format!("WPS-FAIL msg={message} config_error={config_error}"));
        }
        GroupEvent::Reformed => String::from("P2P-REMOVE-AND-REFORM-GROUP "),
        GroupEvent::ScanStarted => String::from("CTRL-EVENT-SCAN-STARTED "),
        GroupEvent::ScanResults => String::from("CTRL-EVENT-SCAN-RESULTS "),
        GroupEvent::PresenceResponse { source, status, notice } => {
            format!("P2P-PRESENCE-RESPONSE src={source} status={status} noa={}", escape::hex(notice))
        }
        GroupEvent::WpsM2d { device_password_id, config_error } => {
            return repeated(format!("WPS-M2D dev_password_id={device_password_id} config_error={config_error}"));
        }
        GroupEvent::WpsTimeout if owner => String::from("WPS-TIMEOUT "),
        GroupEvent::WpsTimeout => String::from("WPS-TIMEOUT Requested operation timed out"),
        GroupEvent::WpsOverlap => String::from("WPS-OVERLAP-DETECTED "),
        GroupEvent::ChannelSwitchStarted { channel } => {
            format!("CTRL-EVENT-STARTED-CHANNEL-SWITCH {}", channel_fields(channel))
        }
        GroupEvent::ChannelSwitched { channel } => {
            let text = format!("CTRL-EVENT-CHANNEL-SWITCH {}", channel_fields(channel));
            let mut lines = vec![Line::new(scope.clone(), text.clone())];
            if owner {
                // The access point says it once more than the interface does, with what it knows of radar.
                lines.push(Line::new(scope.clone(), format!("{text} dfs=0")));
                lines.push(Line::new(scope, format!("AP-CSA-FINISHED freq={} dfs=0", channel.frequency)));
            }
            return lines;
        }
        GroupEvent::HandshakeFailed { .. } => {
            let text = "WPA: 4-Way Handshake failed - pre-shared key may be incorrect";
            return vec![Line { level: WARNING, ..Line::new(scope, text) }];
        }
        GroupEvent::StationsQueried => return Vec::new(),
        GroupEvent::PersistentPskFail(record) => {
            return vec![Line::new(Scope::Device, format!("P2P-PERSISTENT-PSK-FAIL id={}", record.0))];
        }
    };
    vec![Line::new(scope, text)]
}

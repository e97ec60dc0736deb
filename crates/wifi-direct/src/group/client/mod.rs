//! A group that we are a client of: the join, WSC as enrollee, the 4-way handshake as supplicant, carried together.
//!
//! The station's connection to an ordinary access point is the same, but for a few things ([`Towards`]).

mod handshake;
mod presence;
mod wps;

pub(crate) use wps::{LOOKS, has_registrar, registrar_is_selected, registrar_lets_in, wps_active, wsc_probe_element};

use super::{Credentials, Output};
use crate::api::{Cause, EapMethod, GroupEvent, GroupInfo, IpAssignment, Phase, WpsMethod};
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;
use eapol::{Psk, Supplicant};
use handshake::rsn_element;
use ieee80211_ies::frame::ReasonCode;
use ieee80211_ies::p2p::group_capability;
use ieee80211_ies::{Elements, MacAddr};
use mlme::client::{self as join, Event as MlmeEvent, Join, JoinConfig, Mode};
use radio::{
    Bss, Command, Connection, InterfaceId, KeyKind, Refused, Reply, ScanRequest, Secret, SendStatus, StationInfo,
};
use rand_core::CryptoRng;
use wsc::enrollee;

/// Reason code: we leave the group (IEEE 802.11-2020 Table 9-49, code 3).
const LEAVING: u16 = 3;
/// A registrar whose user has not yet agreed is looked at again after this long, growing up to the second value: its
/// user may take two minutes, and until then every look costs airtime.
const REGISTRAR_PAUSE: (Duration, Duration) = (Duration::from_millis(50), Duration::from_millis(500));
/// A connection for which nobody has set a time (section 5.4: 10 s).
const RECONNECT: Duration = Duration::from_secs(10);

/// What is needed to become a client.
#[derive(Debug)]
pub(crate) struct ClientParameters {
    pub(crate) iface: InterfaceId,
    pub(crate) address: MacAddr,
    pub(crate) join: JoinConfig,
    /// The owner's device address.
    pub(crate) owner: MacAddr,
    /// P2P element of the association request.
    pub(crate) p2p_element: Vec<u8>,
    pub(crate) wsc: wsc::Device,
    pub(crate) start: Start,
    pub(crate) key_pair: Option<wsc::KeyPair>,
    /// When it is to be connected at the latest.
    pub(crate) deadline: Duration,
    /// How long the owner is given until it is looked for.
    pub(crate) head_start: Duration,
    /// An address is asked for in the handshake where the owner hands them out.
    pub(crate) want_ip: bool,
    /// When the owner is gone, we look for it for so long; zero leaves the group at once.
    pub(crate) reconnect: Duration,
    pub(crate) towards: Towards,
}

/// Whose client we are.
#[derive(Debug)]
pub(crate) enum Towards {
    /// A group owner's. A connection that is lost comes back by itself, and 802.11b rates are avoided.
    GroupOwner,
    /// An ordinary access point's, as the scan just made has seen it. When the connection ends, the station chooses anew.
    AccessPoint(Box<Bss>),
}

/// What the client begins with.
#[derive(Debug)]
pub(crate) enum Start {
    /// Nothing: WSC is to bring the credential.
    Wsc(WpsMethod),
    /// The credential of a stored group.
    Stored(Psk),
    /// Nothing, as the network protects nothing.
    Open,
}

/// How far it has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stage {
    /// Joining in order to run WSC.
    JoinForWsc,
    /// WSC runs.
    Wsc,
    /// Joining with the credential.
    JoinWithKey,
    /// The 4-way handshake runs.
    Handshake,
    /// The keys are being installed, and the port opened.
    Keys,
    /// Connected.
    Connected,
    /// The user has left the owner for now.
    Paused,
    /// Over.
    Ended,
}

/// A group that we are a client of.
#[derive(Debug)]
pub(crate) struct ClientGroup {
    iface: InterfaceId,
    address: MacAddr,
    owner: MacAddr,
    bssid: Option<MacAddr>,
    ssid: Vec<u8>,
    frequency: u32,
    join: Join,
    p2p_element: Vec<u8>,
    device: wsc::Device,
    method: Option<WpsMethod>,
    key_pair: Option<wsc::KeyPair>,
    enrollee: Option<enrollee::Session>,
    /// The owner has proposed EAP-WSC, and that was told.
    proposed: bool,
    /// Why WSC has failed: told when the owner has ended EAP.
    failure: Option<Cause>,
    /// Its registrar has answered that nobody there expects us: it is asked again until the deadline.
    unexpected: Option<Cause>,
    supplicant: Option<Supplicant>,
    in_flight: VecDeque<Speaker>,
    credentials: Option<Credentials>,
    rsn: Vec<u8>,
    stage: Stage,
    ip: Option<IpAssignment>,
    want_ip: bool,
    /// How long an owner that is gone is looked for.
    reconnect: Duration,
    /// The owner hands out addresses.
    ip_offered: bool,
    /// The owner says that the group is persistent.
    said_persistent: bool,
    /// Dialog token of the last Presence Request; 0 before the first.
    presence_token: u8,
    /// Keys that the radio has not yet confirmed.
    unconfirmed: Vec<mlme::Token>,
    next_token: u32,
    look_again: Option<Duration>,
    /// When the last scan was asked for: what was heard before is not what the owner sends now.
    scan_began: Duration,
    pause: Duration,
    /// How often the owner was seen without a registrar that waits for us, since it last was asked.
    looks: u32,
    /// For how long the first scan waits.
    head_start: Option<Duration>,
    deadline: Option<Duration>,
    wrong_keys: u32,
    /// An ordinary access point's client.
    infrastructure: bool,
    /// What the radio last said of the owner.
    link: Option<Box<StationInfo>>,
    /// Looks for the owner since the connection was lost: it may be on another channel now.
    lost_looks: Option<u32>,
    outputs: VecDeque<Output>,
}

/// Which machine sent an EAPOL frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Speaker {
    Wsc,
    Handshake,
}

/// Tokens of our own commands start here, above those of the join machine.
const OWN_TOKENS: u32 = 1 << 31;

impl ClientGroup {
    pub(crate) fn new(now: Duration, parameters: ClientParameters) -> Self {
        let ClientParameters { iface, address, join, owner, p2p_element, wsc, start, key_pair, .. } = parameters;
        let ClientParameters { deadline, head_start, want_ip, reconnect, towards, .. } = parameters;
        let infrastructure = matches!(towards, Towards::AccessPoint(_));
        let (method, credentials, stage) = match start {
            Start::Open => (None, None, Stage::JoinWithKey),
            Start::Wsc(method) => (Some(method), None, Stage::JoinForWsc),
            Start::Stored(psk) => {
                (None, Some(Credentials { ssid: join.ssid.clone(), passphrase: None, psk }), Stage::JoinWithKey)
            }
        };
        let mut client = Self {
            iface,
            address,
            owner,
            bssid: join.bssid,
            ssid: join.ssid.clone(),
            frequency: join.frequency,
            join: Join::new(join),
            p2p_element,
            device: wsc,
            method,
            key_pair,
            enrollee: None,
            proposed: false,
            failure: None,
            unexpected: None,
            supplicant: None,
            in_flight: VecDeque::new(),
            credentials,
            rsn: rsn_element(),
            stage,
            ip: None,
            want_ip,
            reconnect,
            ip_offered: false,
            said_persistent: false,
            presence_token: 0,
            unconfirmed: Vec::new(),
            next_token: OWN_TOKENS,
            look_again: None,
            scan_began: Duration::ZERO,
            pause: REGISTRAR_PAUSE.0,
            looks: 0,
            head_start: Some(head_start).filter(|time| !time.is_zero()),
            deadline: Some(deadline),
            wrong_keys: 0,
            infrastructure,
            link: None,
            lost_looks: None,
            outputs: VecDeque::new(),
        };
        if let Towards::AccessPoint(bss) = towards {
            client.found(now, &bss);
        }
        client
    }

    pub(crate) fn start(&mut self, now: Duration, rng: &mut dyn CryptoRng) {
        self.outputs.push_back(Output::Hold(true));
        // The station has told when its user asked.
        let method = self.method.as_ref().filter(|_| !self.infrastructure);
        self.outputs.extend(method.map(|method| Output::Event(wps_active(method))));
        self.begin_join(now, rng);
    }

    pub(crate) fn stop(&mut self, now: Duration) {
        let was_associated = self.is_associated() || self.failure.is_some();
        self.stage = Stage::Ended;
        self.deadline = None;
        self.look_again = None;
        self.enrollee = None;
        self.supplicant = None;
        self.outputs.push_back(Output::Hold(false));
        self.join.leave(now, ReasonCode(LEAVING));
        let mut commands = false;
        while let Some(output) = self.join.poll_output() {
            if let mlme::Output::Command(token, command) = output {
                commands = true;
                self.outputs.push_back(Output::Command(token, command));
            }
        }
        if let (true, Some(bssid)) = (was_associated, self.bssid) {
            self.tell_left(bssid);
        }
        if !commands {
            self.outputs.push_back(Output::Stopped);
        }
    }

    pub(crate) fn describe(&self, info: &mut GroupInfo) {
        info.ssid.clone_from(&self.ssid);
        info.frequency = self.frequency;
        info.bssid = self.bssid.unwrap_or_default();
        info.owner = self.owner;
        info.ip = self.ip;
        info.link.clone_from(&self.link);
        if let Some(credentials) = &self.credentials {
            info.passphrase.clone_from(&credentials.passphrase);
            info.psk = Some(Secret::new(credentials.psk.expose().to_vec()));
        }
    }

    pub(crate) fn handle_radio(&mut self, now: Duration, event: radio::Event, rng: &mut dyn CryptoRng) {
        use radio::Event;
        match event {
            Event::Eapol { source, pdu, encrypted, .. } if Some(source) == self.bssid => {
                self.eapol(now, &pdu, encrypted, rng);
            }
            Event::ChannelSwitchStarted { channel, .. } => {
                self.outputs.push_back(Output::Event(GroupEvent::ChannelSwitchStarted { channel }));
            }
            Event::ChannelSwitched { channel, .. } => {
                self.join.handle_event(now, &event);
                self.frequency = channel.frequency;
                self.outputs.push_back(Output::Event(GroupEvent::ChannelSwitched { channel }));
                self.outputs.push_back(Output::StationsChanged);
            }
            Event::InterfaceGone { .. } | Event::InterfaceUp { up: false, .. } => {
                self.end(Phase::Running, Cause::InterfaceLost);
            }
            event => {
                self.join.handle_event(now, &event);
            }
        }
        self.drain_join(now, rng);
    }

    pub(crate) fn handle_done(
        &mut self,
        now: Duration,
        token: mlme::Token,
        result: Result<Reply, Refused>,
        rng: &mut dyn CryptoRng,
    ) {
        if token.0 >= OWN_TOKENS {
            self.key_installed(token, result);
        } else {
            self.join.handle_done(now, token, result);
            self.drain_join(now, rng);
        }
    }

    /// The directed scan has ended: hands the owner's entry to the join once its registrar is ready for us.
    pub(crate) fn scan_done(&mut self, now: Duration, seen: &[Bss], rng: &mut dyn CryptoRng) {
        self.outputs.push_back(Output::Event(GroupEvent::ScanResults));
        let ours = |bss: &&Bss| {
            let named = self.ssid.is_empty() || bss.ssid() == Some(&self.ssid);
            bss.heard_since(self.scan_began, now) && named && self.bssid.is_none_or(|b| b == bss.bssid)
        };
        match seen.iter().filter(ours).min_by_key(|b| b.age_ms) {
            Some(bss) if self.registrar_is_ready(bss) => {
                if matches!(self.stage, Stage::JoinForWsc) {
                    let push_button = matches!(self.method, Some(WpsMethod::PushButton));
                    let authorized = registrar_lets_in(bss.elements(), self.address);
                    self.outputs.push_back(Output::Event(GroupEvent::WpsApAvailable { push_button, authorized }));
                } else if has_registrar(bss.elements()) {
                    self.outputs.push_back(Output::Event(GroupEvent::WpsApSeen));
                }
                self.found(now, bss);
            }
            Some(bss) => {
                if has_registrar(bss.elements()) {
                    self.outputs.push_back(Output::Event(GroupEvent::WpsApSeen));
                }
                self.looks += 1;
                self.look_again = Some(now + self.pause);
                self.pause = (self.pause * 2).min(REGISTRAR_PAUSE.1);
            }
            None => self.join.scan_failed(now),
        }
        self.drain_join(now, rng);
    }

    /// The owner's access point was seen.
    fn found(&mut self, now: Duration, bss: &Bss) {
        self.bssid = Some(bss.bssid);
        self.frequency = bss.frequency;
        self.ip_offered = group_says(bss.elements(), group_capability::IP_ADDRESS_ALLOCATION);
        self.said_persistent = group_says(bss.elements(), group_capability::PERSISTENT_GROUP);
        // A hidden network's beacon has none.
        if let Some(ssid) = bss.ssid().filter(|ssid| ssid.iter().any(|octet| *octet != 0)) {
            self.ssid = ssid.to_vec();
        }
        self.join.bss_found(now, bss);
    }

    pub(crate) fn eapol_sent(&mut self, now: Duration, status: SendStatus, rng: &mut dyn CryptoRng) {
        let acked = status != SendStatus::NotAcked;
        match self.in_flight.pop_front() {
            Some(Speaker::Wsc) => {
                if let Some(session) = &mut self.enrollee {
                    session.handle_input(now, enrollee::Input::Sent { acked });
                }
            }
            Some(Speaker::Handshake) => {
                if let Some(supplicant) = &mut self.supplicant {
                    supplicant.handle_input(now, eapol::Input::Sent { acked });
                }
            }
            None => {}
        }
        self.drain_machines(now, rng);
    }

    fn eapol(&mut self, now: Duration, pdu: &[u8], encrypted: Option<bool>, rng: &mut dyn CryptoRng) {
        match eapol::Pdu::parse(pdu).map(|p| p.kind) {
            Ok(eapol::PacketType::Key) => {
                if let Some(supplicant) = &mut self.supplicant {
                    supplicant.handle_input(now, eapol::Input::Pdu { pdu, encrypted });
                }
            }
            Ok(_) => {
                if let Some(session) = &mut self.enrollee {
                    session.handle_input(now, enrollee::Input::Pdu(pdu));
                }
            }
            Err(malformed) => tracing::debug!(%malformed, "EAPOL frame dropped"),
        }
        self.drain_machines(now, rng);
    }

    pub(crate) fn handle_timeout(&mut self, now: Duration, rng: &mut dyn CryptoRng) {
        if self.deadline.is_some_and(|t| t <= now) {
            let (phase, what) = match self.stage {
                Stage::JoinForWsc => (Phase::Association, Cause::Timeout("the owner's access point and its registrar")),
                Stage::Wsc => (Phase::Wsc, Cause::Timeout("the registrar")),
                Stage::JoinWithKey => (Phase::Association, Cause::Timeout("the owner's access point")),
                Stage::Handshake | Stage::Keys => (Phase::Handshake, Cause::Timeout("the handshake")),
                Stage::Paused => (Phase::Running, Cause::Idle),
                Stage::Connected | Stage::Ended => return self.deadline = None,
            };
            let cause = self.failure.take().or(self.unexpected.take()).unwrap_or(what);
            return self.end(phase, cause);
        }
        if self.look_again.is_some_and(|t| t <= now) {
            self.look_again = None;
            self.request_scan(now);
        }
        if self.join.poll_timeout().is_some_and(|t| t <= now) {
            self.join.handle_timeout(now);
        }
        if let Some(session) = self.enrollee.as_mut().filter(|s| s.poll_timeout().is_some_and(|t| t <= now)) {
            session.handle_input(now, enrollee::Input::Timeout);
        }
        if let Some(supplicant) = self.supplicant.as_mut().filter(|s| s.poll_timeout().is_some_and(|t| t <= now)) {
            supplicant.handle_input(now, eapol::Input::Timeout);
        }
        self.drain_machines(now, rng);
        self.drain_join(now, rng);
    }

    pub(crate) fn poll_timeout(&self) -> Option<Duration> {
        let machines = [
            self.enrollee.as_ref().and_then(enrollee::Session::poll_timeout),
            self.supplicant.as_ref().and_then(Supplicant::poll_timeout),
            self.join.poll_timeout(),
            self.look_again,
            self.deadline,
        ];
        machines.into_iter().flatten().min()
    }

    pub(crate) fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Joins for what the stage needs.
    fn begin_join(&mut self, now: Duration, rng: &mut dyn CryptoRng) {
        let mode = match self.stage {
            Stage::JoinForWsc => Mode::Wsc(enrollee::association_request_element()),
            _ if self.is_open() => Mode::Open,
            _ => Mode::Rsn(self.rsn.clone()),
        };
        let deadline = self.deadline.unwrap_or(now + RECONNECT);
        self.join.join(now, mode, self.p2p_element.clone(), Vec::new(), deadline);
        self.drain_join(now, rng);
    }

    fn request_scan(&mut self, now: Duration) {
        self.scan_began = now;
        self.outputs.push_back(Output::Event(GroupEvent::ScanStarted));
        // Where it was, then everywhere, in turn.
        let everywhere = self.lost_looks.as_mut().is_some_and(|looks| {
            *looks += 1;
            looks.is_multiple_of(2)
        });
        let scan = ScanRequest {
            ssids: alloc::vec![if self.ssid.is_empty() { b"DIRECT-".to_vec() } else { self.ssid.clone() }],
            frequencies: if self.frequency == 0 || everywhere { Vec::new() } else { alloc::vec![self.frequency] },
            elements: self.probe_elements(),
            no_cck: !self.infrastructure,
            bssid: self.bssid,
            dwell_tu: None,
            flush: false,
        };
        self.outputs.push_back(Output::Scan(scan));
    }

    fn drain_join(&mut self, now: Duration, rng: &mut dyn CryptoRng) {
        while let Some(output) = self.join.poll_output() {
            match output {
                mlme::Output::Command(token, command) => {
                    self.outputs.extend(trying(&command).map(Output::Event));
                    self.outputs.push_back(Output::Command(token, command));
                }
                mlme::Output::Event(event) => self.join_event(now, event, rng),
            }
        }
    }

    fn join_event(&mut self, now: Duration, event: MlmeEvent, rng: &mut dyn CryptoRng) {
        match event {
            MlmeEvent::NeedScan { .. } => match self.head_start.take() {
                Some(time) => self.look_again = Some(now + time),
                None => self.request_scan(now),
            },
            MlmeEvent::Associated(association) => {
                self.bssid = Some(association.bssid);
                let keyed = !matches!(self.stage, Stage::JoinForWsc) && !self.is_open();
                self.outputs.push_back(Output::Event(GroupEvent::Associated { bssid: association.bssid, keyed }));
                match self.stage {
                    Stage::JoinForWsc => self.begin_wsc(now, rng),
                    _ if self.is_open() => self.open_port(),
                    _ => self.begin_handshake(now, association.bssid, association.rsn.unwrap_or_default(), rng),
                }
            }
            MlmeEvent::Failed { .. } if self.stage == Stage::Paused => {}
            MlmeEvent::Failed { phase, cause } => {
                let status = match cause {
                    join::Cause::Status(status) => Some(status.0),
                    _ => None,
                };
                if let Some(bssid) = self.bssid {
                    self.outputs.push_back(Output::Event(GroupEvent::AssociationRejected { bssid, status }));
                }
                let what = match phase {
                    join::Phase::Scan => "the owner's beacon",
                    join::Phase::Authentication => "authentication",
                    join::Phase::Association => "association",
                    join::Phase::Connection => "connection",
                };
                let cause = match cause {
                    join::Cause::NotFound | join::Cause::NoAnswer => Cause::Timeout(what),
                    join::Cause::Status(status) => Cause::Refused(what, status.0),
                    join::Cause::Deauthenticated(reason) => Cause::Disconnected(reason.0),
                    join::Cause::Radio(refused) => Cause::Radio { what, refused },
                };
                self.end(Phase::Association, cause);
            }
            MlmeEvent::Disconnected { .. } if self.stage == Stage::Ended => self.outputs.push_back(Output::Stopped),
            MlmeEvent::Disconnected { reason, local } => {
                if let Some(bssid) = self.bssid {
                    self.disconnected(now, bssid, reason.0, local, rng);
                }
            }
        }
    }

    fn drain_machines(&mut self, now: Duration, rng: &mut dyn CryptoRng) {
        if !self.proposed && self.enrollee.as_ref().is_some_and(enrollee::Session::is_registering) {
            self.proposed = true;
            let event = GroupEvent::EapMethodProposed { station: None, method: EapMethod::Wsc };
            self.outputs.push_back(Output::Event(event));
        }
        while let Some(output) = self.enrollee.as_mut().and_then(enrollee::Session::poll_output) {
            match output {
                enrollee::Output::Send(pdu) => self.send_eapol(Speaker::Wsc, pdu, false),
                enrollee::Output::Event(event) => self.enrollee_event(now, event, rng),
            }
        }
        while let Some(output) = self.supplicant.as_mut().and_then(Supplicant::poll_output) {
            match output {
                eapol::Output::Send { pdu, encrypt } => self.send_eapol(Speaker::Handshake, pdu, encrypt),
                eapol::Output::InstallPairwise { tk } => {
                    let Some(bssid) = self.bssid else { continue };
                    self.install(KeyKind::Pairwise(bssid), 0, tk.expose(), [0; 6]);
                }
                eapol::Output::InstallGroup { index, gtk, rsc } => {
                    self.install(KeyKind::Group, index, gtk.expose(), rsc);
                }
                eapol::Output::Event(event) => self.handshake_event(now, event, rng),
            }
        }
    }

    fn disconnected(&mut self, now: Duration, bssid: MacAddr, reason: u16, local: bool, rng: &mut dyn CryptoRng) {
        // What becomes of keys on their way is of no matter any more; without a connection they are refused.
        self.unconfirmed.clear();
        match self.stage {
            // The owner ends WSC's association; the next one is on its way.
            Stage::Wsc if self.credentials.is_some() => self.rejoin_with_key(now, rng),
            Stage::JoinForWsc | Stage::JoinWithKey | Stage::Paused | Stage::Ended => {}
            Stage::Wsc if self.failure.is_some() => {
                if let Some(cause) = self.failure.clone() {
                    self.end(Phase::Wsc, cause);
                }
            }
            Stage::Wsc => {
                self.enrollee = None;
                self.stage = Stage::JoinForWsc;
                self.looks = 0;
                self.begin_join(now, rng);
            }
            Stage::Handshake | Stage::Keys => {
                self.outputs.push_back(Output::Event(GroupEvent::Disconnected { bssid, reason, local }));
                if self.infrastructure && self.stage == Stage::Keys {
                    return self.end(Phase::Running, Cause::Disconnected(reason));
                }
                // An owner that knows another key gives up before we do.
                self.outputs.push_back(Output::Event(GroupEvent::HandshakeFailed { peer: bssid }));
                self.handshake_failed(now, rng);
            }
            Stage::Connected => {
                self.outputs.push_back(Output::Event(GroupEvent::Disconnected { bssid, reason, local }));
                if self.infrastructure {
                    self.end(Phase::Running, Cause::Disconnected(reason));
                } else if reason == LEAVING && !local {
                    self.end(Phase::Running, Cause::OwnerEnded);
                } else if self.reconnect.is_zero() {
                    self.end(Phase::Running, Cause::Idle);
                } else {
                    self.join_anew(now, rng);
                }
            }
        }
    }

    fn send_eapol(&mut self, speaker: Speaker, pdu: Vec<u8>, encrypt: bool) {
        let Some(destination) = self.bssid else { return };
        self.in_flight.push_back(speaker);
        let command = Command::SendEapol { iface: self.iface, destination, pdu, encrypt };
        self.outputs.push_back(Output::Eapol(destination, command));
    }

    /// Whether the owner has said that the group is persistent.
    pub(crate) fn said_persistent(&self) -> bool {
        self.said_persistent
    }

    /// Leaves the owner, but not the group: [`ClientGroup::come_back`] associates anew. Whether that was possible.
    pub(crate) fn pause(&mut self, now: Duration, rng: &mut dyn CryptoRng) -> bool {
        if !self.part() {
            return false;
        }
        self.stage = Stage::Paused;
        self.supplicant = None;
        self.look_again = None;
        self.deadline = Some(now + self.reconnect);
        self.outputs.push_back(Output::Hold(false));
        self.join.leave(now, ReasonCode(LEAVING));
        self.drain_join(now, rng);
        true
    }

    /// Associates anew with the key of the group, from a pause or at once, with this P2P element. Whether there is one.
    pub(crate) fn come_back(&mut self, now: Duration, p2p_element: Vec<u8>, rng: &mut dyn CryptoRng) -> bool {
        if !self.part() {
            return false;
        }
        self.p2p_element = p2p_element;
        self.join_anew(now, rng);
        true
    }

    /// Tells that an association which stands is left, where there is a key to come back with; whether there is one.
    fn part(&mut self) -> bool {
        if self.credentials.is_none() || matches!(self.stage, Stage::Wsc | Stage::JoinForWsc | Stage::Ended) {
            return false;
        }
        if let (true, Some(bssid)) = (self.is_associated(), self.bssid) {
            self.tell_left(bssid);
        }
        true
    }

    fn tell_left(&mut self, bssid: MacAddr) {
        self.outputs.push_back(Output::Event(GroupEvent::Disconnected { bssid, reason: LEAVING, local: true }));
    }

    /// Looks for the owner and associates with the key of the group.
    fn join_anew(&mut self, now: Duration, rng: &mut dyn CryptoRng) {
        self.supplicant = None;
        self.stage = Stage::JoinWithKey;
        self.lost_looks = Some(0);
        self.deadline = Some(now + self.reconnect);
        self.outputs.push_back(Output::Hold(true));
        self.begin_join(now, rng);
    }

    /// The owner's interface address, once connected.
    pub(crate) fn connected_to(&self) -> Option<MacAddr> {
        self.bssid.filter(|_| self.stage == Stage::Connected)
    }

    /// What the radio says of the owner.
    pub(crate) fn owner_told(&mut self, info: StationInfo) {
        self.link = Some(Box::new(info));
    }

    /// Its channel, MHz; 0 when unknown.
    pub(crate) fn frequency(&self) -> u32 {
        self.frequency
    }

    /// The owner is about to be on this channel (MHz): it counts as there already.
    pub(crate) fn moves_to(&mut self, frequency: u32) {
        self.frequency = frequency;
    }

    /// The name of the group or network.
    pub(crate) fn ssid(&self) -> &[u8] {
        &self.ssid
    }

    /// The owner's interface address, once it is known.
    pub(crate) fn bssid(&self) -> Option<MacAddr> {
        self.bssid
    }

    /// Whether its data is protected.
    pub(crate) fn is_protected(&self) -> bool {
        !self.is_open()
    }

    /// What the radio last said of the owner.
    pub(crate) fn link(&self) -> Option<&StationInfo> {
        self.link.as_deref()
    }

    fn is_associated(&self) -> bool {
        matches!(self.stage, Stage::Wsc | Stage::Handshake | Stage::Keys | Stage::Connected)
    }

    fn token(&mut self) -> mlme::Token {
        self.next_token = self.next_token.wrapping_add(1).max(OWN_TOKENS);
        mlme::Token(self.next_token)
    }

    fn end(&mut self, phase: Phase, cause: Cause) {
        if self.stage != Stage::Ended {
            self.stage = Stage::Ended;
            self.deadline = None;
            self.outputs.push_back(Output::Ended(phase, cause));
        }
    }
}

/// What users are told of a command of the join.
fn trying(command: &Command) -> Option<GroupEvent> {
    match command {
        Command::Authenticate { bssid, ssid, frequency, .. } => {
            Some(GroupEvent::TryingToAuthenticate { bssid: *bssid, ssid: ssid.clone(), frequency: *frequency })
        }
        Command::Associate { association, .. }
        | Command::Connect { connection: Connection { association, .. }, .. } => Some(GroupEvent::TryingToAssociate {
            bssid: association.bssid,
            ssid: association.ssid.clone(),
            frequency: association.frequency,
        }),
        _ => None,
    }
}

/// Whether an owner's P2P element has this bit of the group capability (Wi-Fi P2P v1.7 §4.1.4).
fn group_says(elements: &[u8], bit: u8) -> bool {
    let Ok(Some(p2p)) = Elements::new(elements).p2p() else { return false };
    p2p.capability().is_some_and(|capability| capability.group & bit != 0)
}

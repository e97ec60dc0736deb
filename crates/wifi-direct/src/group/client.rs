//! A group that we are a client of: the join, WSC as enrollee, the 4-way handshake as supplicant, carried together.
//!
//! The station's connection to an ordinary access point is the same, but for a few things ([`Towards`]).

use super::{Credentials, Output, ip_assignment, read_pin};
use crate::api::{Cause, EapMethod, GroupEvent, GroupInfo, IpAssignment, Phase, PresencePeriod, Protection, WpsMethod};
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;
use eapol::{Akm, Psk, Supplicant, SupplicantConfig};
use ieee80211_ies::frame::{Action, Body, Frame, P2pSubtype, ReasonCode};
use ieee80211_ies::p2p::{self, AbsenceDescriptor, Attribute, AttributeId, NoticeOfAbsenceBuf, group_capability};
use ieee80211_ies::wsc::{DevicePasswordId, RequestType};
use ieee80211_ies::{Elements, KnownElement, MacAddr};
use mlme::client::{self as join, Event as MlmeEvent, Join, JoinConfig, Mode};
use radio::{
    Bss, Cipher, Command, Connection, InterfaceId, Key, KeyKind, Refused, Reply, ScanRequest, Secret, SendStatus,
    StationInfo, Transmission,
};
use rand_core::CryptoRng;
use wsc::NetworkKey;
use wsc::enrollee::{self, Password};

/// Reason code: we leave the group (IEEE 802.11-2020 Table 9-49, code 3).
const LEAVING: u16 = 3;
/// So often an owner is looked at before a PIN is tried that it has not shown to wait for.
pub(crate) const LOOKS: u32 = 4;
/// A registrar whose user has not yet agreed is looked at again after this long, growing up to the second value: its
/// user may take two minutes, and until then every look costs airtime.
const REGISTRAR_PAUSE: (Duration, Duration) = (Duration::from_millis(50), Duration::from_millis(500));
/// A kernel tells the age of a scan result in ticks, of at most 10 ms (100 Hz).
pub(crate) const AGE_SLACK: Duration = Duration::from_millis(20);
/// From the credential to the keys (section 5.4 of wpa_supplicant's surface: 10 s).
const AFTER_WSC: Duration = Duration::from_secs(10);
/// What the owner is given to end a registration that failed.
const FAREWELL: Duration = Duration::from_secs(1);
/// Failed handshakes until the key counts as wrong (section 5.4: the second).
const WRONG_KEY_FAILURES: u32 = 2;
/// A client whose owner is gone tries to come back for so long (section 5.4: 10 s), unless the user set another time.
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
    supplicant: Option<Supplicant>,
    in_flight: VecDeque<Speaker>,
    credentials: Option<Credentials>,
    rsn: Vec<u8>,
    stage: Stage,
    ip: Option<IpAssignment>,
    want_ip: bool,
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
        let ClientParameters { deadline, head_start, want_ip, towards, .. } = parameters;
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
            supplicant: None,
            in_flight: VecDeque::new(),
            credentials,
            rsn: rsn_element(),
            stage,
            ip: None,
            want_ip,
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
            self.outputs.push_back(Output::Event(GroupEvent::Disconnected { bssid, reason: LEAVING, local: true }));
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

    /// A management frame for us: of those only the answer to a Presence Request is not the radio's or discovery's.
    pub(crate) fn handle_frame(&mut self, frame: &Frame<'_>) {
        let Body::Action(Action::P2p { subtype: P2pSubtype::PRESENCE_RESPONSE, dialog_token, elements }) = frame.body
        else {
            return;
        };
        let source = frame.header.source;
        if self.stage != Stage::Connected || Some(source) != self.bssid || dialog_token != self.presence_token {
            return;
        }
        let Ok(Some(p2p)) = elements.p2p() else { return };
        let Some(status) = p2p.status() else { return };
        let notice = p2p.attributes().find(|attribute| attribute.id == AttributeId::NOTICE_OF_ABSENCE);
        let notice = notice.map(|attribute| attribute.body.to_vec()).unwrap_or_default();
        let event = GroupEvent::PresenceResponse { source, status: status.0, notice };
        self.outputs.push_back(Output::Event(event));
    }

    /// Tells the owner when we want it to be present (Wi-Fi P2P v1.7 §3.3.3); whether we are connected.
    pub(crate) fn request_presence(&mut self, periods: &[PresencePeriod]) -> bool {
        let (Stage::Connected, Some(bssid)) = (self.stage, self.bssid) else { return false };
        self.presence_token = self.presence_token.checked_add(1).unwrap_or(1);
        let descriptor = |n: usize, period: &PresencePeriod| AbsenceDescriptor {
            // Preferred is 1, acceptable 2 (Wi-Fi P2P v1.7 §4.1.14).
            count: if n == 0 { 1 } else { 2 },
            duration: period.duration_us,
            interval: period.interval_us,
            start: 0,
        };
        let descriptors = periods.iter().take(2).enumerate().map(|(n, period)| descriptor(n, period)).collect();
        let notice = NoticeOfAbsenceBuf { descriptors, ..Default::default() };
        let mut elements = Vec::new();
        p2p::emit(&[Attribute::NoticeOfAbsence(notice)], &mut elements);
        let action = Action::P2p {
            subtype: P2pSubtype::PRESENCE_REQUEST,
            dialog_token: self.presence_token,
            elements: Elements::new(&elements),
        };
        let frame = Frame::new(bssid, self.address, bssid, Body::Action(action)).to_vec();
        let transmission = Transmission { frequency: None, frame, wait_ms: 0, no_cck: true, no_ack: false };
        self.outputs
            .push_back(Output::Tell("a Presence Request", Command::Transmit { iface: self.iface, transmission }));
        true
    }

    /// The directed scan has ended: hands the owner's entry to the join once its registrar is ready for us.
    pub(crate) fn scan_done(&mut self, now: Duration, seen: &[Bss], rng: &mut dyn CryptoRng) {
        self.outputs.push_back(Output::Event(GroupEvent::ScanResults));
        let since = u32::try_from((now.saturating_sub(self.scan_began) + AGE_SLACK).as_millis()).unwrap_or(u32::MAX);
        let ours = |bss: &&Bss| {
            let named = self.ssid.is_empty() || ssid_of(bss) == Some(&self.ssid);
            bss.age_ms <= since && named && self.bssid.is_none_or(|b| b == bss.bssid)
        };
        match seen.iter().filter(ours).min_by_key(|b| b.age_ms) {
            Some(bss) if self.registrar_is_ready(bss) => {
                if matches!(self.stage, Stage::JoinForWsc) {
                    let push_button = matches!(self.method, Some(WpsMethod::PushButton));
                    self.outputs.push_back(Output::Event(GroupEvent::WpsApAvailable { push_button }));
                }
                self.found(now, bss);
            }
            Some(_) => {
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
        if let Some(ssid) = ssid_of(bss).filter(|ssid| ssid.iter().any(|octet| *octet != 0)) {
            self.ssid = ssid.to_vec();
        }
        self.join.bss_found(now, bss);
    }

    /// Whether the owner's user has agreed: its registrar is selected, for the method that we use (WSC 2.0 §7.6, §10.4).
    /// Another registrar in push-button mode is no session overlap for us: the user has named the owner. With a PIN an owner is
    /// asked all the same after a while: its user hears of us by that (`WPS-PIN-NEEDED`), and some never show that they wait.
    fn registrar_is_ready(&self, bss: &Bss) -> bool {
        match (&self.stage, &self.method) {
            (Stage::JoinForWsc, Some(method)) => {
                let push_button = matches!(method, WpsMethod::PushButton);
                registrar_is_selected(bss.elements(), push_button) || (!push_button && self.looks >= LOOKS)
            }
            _ => true,
        }
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
            let cause = self.failure.take().unwrap_or(what);
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

    /// Elements of the directed probe request: WSC while it is to run, and the P2P element by which an owner knows us.
    fn probe_elements(&self) -> Vec<u8> {
        let mut elements = self.p2p_element.clone();
        if let Some(method) = &self.method {
            elements.extend(wsc_probe_element(&self.device, method));
        }
        elements
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
                self.outputs.push_back(Output::Event(GroupEvent::Associated { bssid: association.bssid }));
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

    fn begin_wsc(&mut self, now: Duration, rng: &mut dyn CryptoRng) {
        let Some(method) = &self.method else { return };
        let Some(password) = password(method) else {
            return self.end(Phase::Wsc, Cause::Protocol("the PIN is not a WSC PIN"));
        };
        let key_pair = self.key_pair.take().unwrap_or_else(|| wsc::KeyPair::generate(rng));
        self.stage = Stage::Wsc;
        self.in_flight.clear();
        let device = wsc::Device { address: self.address, ..self.device.clone() };
        let mut session = enrollee::Session::new(device, password, key_pair, rng);
        session.handle_input(now, enrollee::Input::Start);
        self.enrollee = Some(session);
        self.proposed = false;
        self.outputs.push_back(Output::Event(GroupEvent::EapStarted(None)));
        self.drain_machines(now, rng);
    }

    fn begin_handshake(&mut self, now: Duration, bssid: MacAddr, owner_rsn_element: Vec<u8>, rng: &mut dyn CryptoRng) {
        let Some(credentials) = &self.credentials else { return };
        let config = SupplicantConfig {
            supplicant: self.address,
            authenticator: bssid,
            psk: credentials.psk.clone(),
            akm: Akm::Psk,
            rsn_element: self.rsn.clone(),
            owner_rsn_element,
            want_ip: self.want_ip && self.ip_offered,
        };
        self.stage = Stage::Handshake;
        self.enrollee = None;
        self.in_flight.clear();
        let mut supplicant = Supplicant::new(config, rng);
        supplicant.handle_input(now, eapol::Input::Start);
        self.supplicant = Some(supplicant);
        self.drain_machines(now, rng);
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

    fn enrollee_event(&mut self, now: Duration, event: enrollee::Event, rng: &mut dyn CryptoRng) {
        match event {
            enrollee::Event::Credential(credential) => match read_credential(*credential) {
                Some(credentials) => {
                    self.ssid.clone_from(&credentials.ssid);
                    self.credentials = Some(credentials);
                    self.outputs.push_back(Output::Event(GroupEvent::WpsCredReceived));
                    self.outputs.push_back(Output::Event(GroupEvent::WpsSuccess));
                    self.outputs.push_back(Output::WscSucceeded);
                }
                None => self.end(Phase::Wsc, Cause::Protocol("the passphrase of the credential is not one")),
            },
            enrollee::Event::M2d { password, config_error, .. } => {
                let (device_password_id, config_error) = (password.0, config_error.0);
                self.outputs.push_back(Output::Event(GroupEvent::WpsM2d { device_password_id, config_error }));
            }
            enrollee::Event::Failed { message, config_error, reason } => {
                tracing::info!(%reason, "WSC failed");
                let (message, config_error) = (message.0, config_error.0);
                self.outputs.push_back(Output::Event(GroupEvent::WpsFail { message, config_error }));
                // The owner is told before we leave.
                self.failure = Some(Cause::Wsc { message, config_error });
                self.deadline = self.deadline.map(|deadline| deadline.min(now + FAREWELL));
            }
            enrollee::Event::Done => {
                self.outputs.push_back(Output::Event(GroupEvent::EapFailure(None)));
                match self.failure.clone() {
                    Some(cause) => self.end(Phase::Wsc, cause),
                    None => self.rejoin_with_key(now, rng),
                }
            }
        }
    }

    /// WSC is over: associates anew with what it brought, at once. The station's network is kept first.
    fn rejoin_with_key(&mut self, now: Duration, rng: &mut dyn CryptoRng) {
        if self.credentials.is_none() || self.stage == Stage::Ended {
            return;
        }
        self.enrollee = None;
        if let Some(bssid) = self.bssid {
            let event = GroupEvent::Disconnected { bssid, reason: LEAVING, local: true };
            self.outputs.push_back(Output::Event(event));
        }
        if self.infrastructure {
            return self.end(Phase::Wsc, Cause::Requested);
        }
        self.stage = Stage::JoinWithKey;
        self.deadline = Some(now + AFTER_WSC);
        self.begin_join(now, rng);
    }

    fn handshake_event(&mut self, now: Duration, event: eapol::Event, rng: &mut dyn CryptoRng) {
        match event {
            eapol::Event::Completed { ip, .. } => {
                self.ip = ip.map(ip_assignment);
                if let Some(address) = self.bssid {
                    self.outputs.push_back(Output::Event(GroupEvent::KeysNegotiated { bssid: address }));
                    self.open_port();
                }
            }
            eapol::Event::Failed { reason } => {
                tracing::info!(%reason, "handshake failed");
                if let Some(peer) = self.bssid {
                    self.outputs.push_back(Output::Event(GroupEvent::HandshakeFailed { peer }));
                }
                self.handshake_failed(now, rng);
            }
            eapol::Event::GroupRekeyed | eapol::Event::PossiblePskMismatch => {}
        }
    }

    /// Whether the network protects nothing.
    fn is_open(&self) -> bool {
        self.method.is_none() && self.credentials.is_none()
    }

    /// Data may pass: tells the radio so.
    fn open_port(&mut self) {
        let Some(address) = self.bssid else { return };
        self.stage = Stage::Keys;
        let token = self.token();
        self.unconfirmed.push(token);
        let command = Command::SetAuthorized { iface: self.iface, address, authorized: true };
        self.outputs.push_back(Output::Command(token, command));
    }

    fn handshake_failed(&mut self, now: Duration, rng: &mut dyn CryptoRng) {
        self.wrong_keys += 1;
        self.supplicant = None;
        if self.wrong_keys >= WRONG_KEY_FAILURES || self.infrastructure {
            self.end(Phase::Handshake, Cause::WrongKey);
        } else {
            self.stage = Stage::JoinWithKey;
            self.begin_join(now, rng);
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
                } else {
                    self.supplicant = None;
                    self.stage = Stage::JoinWithKey;
                    self.lost_looks = Some(0);
                    self.deadline = Some(now + RECONNECT);
                    self.outputs.push_back(Output::Hold(true));
                    self.begin_join(now, rng);
                }
            }
        }
    }

    fn key_installed(&mut self, token: mlme::Token, result: Result<Reply, Refused>) {
        let Some(at) = self.unconfirmed.iter().position(|t| *t == token) else { return };
        self.unconfirmed.swap_remove(at);
        if let Err(refused) = result {
            self.end(Phase::Handshake, Cause::Radio { what: "to install a key", refused });
        } else if self.unconfirmed.is_empty() && self.stage == Stage::Keys {
            self.stage = Stage::Connected;
            self.deadline = None;
            self.lost_looks = None;
            self.wrong_keys = 0;
            if let Some(bssid) = self.bssid {
                self.outputs.push_back(Output::Event(GroupEvent::Connected { bssid }));
            }
            self.outputs.push_back(Output::Hold(false));
            self.outputs.push_back(Output::Started);
        }
    }

    fn install(&mut self, kind: KeyKind, index: u8, material: &[u8; 16], receive_sequence: [u8; 6]) {
        let material = Secret::new(material.to_vec());
        let key = Key { kind, index, cipher: Cipher::Ccmp128, material, receive_sequence };
        let token = self.token();
        self.unconfirmed.push(token);
        self.outputs.push_back(Output::Command(token, Command::InstallKey { iface: self.iface, key }));
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
        if self.credentials.is_none() || matches!(self.stage, Stage::Wsc | Stage::JoinForWsc | Stage::Ended) {
            return false;
        }
        if let (true, Some(bssid)) = (self.is_associated(), self.bssid) {
            let event = GroupEvent::Disconnected { bssid, reason: LEAVING, local: true };
            self.outputs.push_back(Output::Event(event));
        }
        self.stage = Stage::Paused;
        self.supplicant = None;
        self.look_again = None;
        self.deadline = Some(now + RECONNECT);
        self.outputs.push_back(Output::Hold(false));
        self.join.leave(now, ReasonCode(LEAVING));
        self.drain_join(now, rng);
        true
    }

    /// Associates anew with the key of the group, from a pause or at once, with this P2P element. Whether there is one.
    pub(crate) fn come_back(&mut self, now: Duration, p2p_element: Vec<u8>, rng: &mut dyn CryptoRng) -> bool {
        if self.credentials.is_none() || matches!(self.stage, Stage::Wsc | Stage::JoinForWsc | Stage::Ended) {
            return false;
        }
        if let (true, Some(bssid)) = (self.is_associated(), self.bssid) {
            let event = GroupEvent::Disconnected { bssid, reason: LEAVING, local: true };
            self.outputs.push_back(Output::Event(event));
        }
        self.p2p_element = p2p_element;
        self.supplicant = None;
        self.stage = Stage::JoinWithKey;
        self.lost_looks = Some(0);
        self.deadline = Some(now + RECONNECT);
        self.outputs.push_back(Output::Hold(true));
        self.begin_join(now, rng);
        true
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

    /// The network's SSID and key, once they are known.
    pub(crate) fn credential(&self) -> Option<(Vec<u8>, Protection)> {
        let Credentials { ssid, passphrase, psk } = self.credentials.as_ref()?;
        let key = || Protection::Psk(Secret::new(psk.expose().to_vec()));
        Some((ssid.clone(), passphrase.clone().map_or_else(key, Protection::Passphrase)))
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

/// The RSN element that we ask for: WPA2-PSK with CCMP, with its id and length octets.
fn rsn_element() -> Vec<u8> {
    let mut element = Vec::new();
    ieee80211_ies::rsn::wpa2_psk_ccmp().emit(&mut element);
    element
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

/// The SSID of a scan result.
fn ssid_of(bss: &Bss) -> Option<&[u8]> {
    Elements::new(bss.elements()).find(0).map(|e| e.body)
}

/// The password of a method, as the enrollee uses it; `None` when the PIN is no PIN.
fn password(method: &WpsMethod) -> Option<Password> {
    Some(match method {
        WpsMethod::PushButton => Password::push_button(),
        WpsMethod::Display(pin) => Password::shown_here(read_pin(pin)?),
        WpsMethod::Keypad(pin) => Password::typed_here(read_pin(pin)?),
    })
}

/// The element by which a probe request tells that WSC is to run.
pub(crate) fn wsc_probe_element(device: &wsc::Device, method: &WpsMethod) -> Vec<u8> {
    let id = match method {
        WpsMethod::PushButton => DevicePasswordId::PUSH_BUTTON,
        _ => DevicePasswordId::DEFAULT,
    };
    enrollee::probe_request_element(device, RequestType::ENROLLEE, id, device.config_methods, &[])
}

/// What users are told when WSC is to run.
pub(crate) fn wps_active(method: &WpsMethod) -> GroupEvent {
    match method {
        WpsMethod::PushButton => GroupEvent::WpsPbcActive,
        _ => GroupEvent::WpsPinActive,
    }
}

/// Whether the registrar in these elements is selected, and for the push button where that is ours.
pub(crate) fn registrar_is_selected(elements: &[u8], push_button: bool) -> bool {
    let Ok(Some(wsc)) = Elements::new(elements).wsc() else { return false };
    let button = wsc.device_password_id() == Some(DevicePasswordId::PUSH_BUTTON);
    wsc.selected_registrar() == Some(true) && button == push_button
}

/// Whether an owner's P2P element has this bit of the group capability (Wi-Fi P2P v1.7 §4.1.4).
fn group_says(elements: &[u8], bit: u8) -> bool {
    let Ok(Some(p2p)) = Elements::new(elements).p2p() else { return false };
    p2p.capability().is_some_and(|capability| capability.group & bit != 0)
}

/// A credential's name and keys; `None` when the passphrase is not one.
fn read_credential(credential: wsc::Credential) -> Option<Credentials> {
    let ssid = credential.ssid.as_bytes().to_vec();
    Some(match &credential.key {
        NetworkKey::Psk(psk) => Credentials { ssid, passphrase: None, psk: Psk::new(*psk) },
        NetworkKey::Passphrase(passphrase) => {
            let psk = Psk::from_passphrase(passphrase, &ssid).ok()?;
            Credentials { ssid, passphrase: Some(Secret::new(passphrase.clone())), psk }
        }
    })
}

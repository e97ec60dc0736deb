//! The machine: its life, its beacon, and who gets which input. What happens to stations is in the modules beside.

use super::association::is_wide;
use super::beacon::{Description, WscElements};
use super::config::{Dropped, Event, LeftCause, OwnerConfig};
use super::elements;
use super::stations::{MAX_AID, Stations};
use crate::output::Outputs;
use crate::{Output, Token};
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::time::Duration;
use ieee80211_ies::frame::{Body, Frame, ReasonCode};
use ieee80211_ies::p2p::ClientInfoBuf;
use ieee80211_ies::{Elements, MacAddr, OUI_WFA, p2p};
use radio::{AccessPoint, Beacon, Channel, Command, FrameKind, Refused, Reply, SendStatus, Transmission};

/// Answers to strangers (probe responses, refusals) that may wait to be sent. What a flood of requests asks for beyond
/// them is dropped, as the air would not carry it in time.
const MAX_ANSWERS: usize = 16;

/// Commands whose end is awaited; a radio that lets more pile up is not given more work by frames from the air. Two for
/// each station, and some for the rest.
const MAX_PENDING: usize = 2 * MAX_AID as usize + 64;

/// For how long a channel switch that the radio has accepted may take beyond its count of beacons.
const SWITCH_GRACE: Duration = Duration::from_secs(1);

/// Length of a TU (IEEE 802.11-2020 §3.1).
const TU: Duration = Duration::from_micros(1024);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Idle,
    Starting,
    Running,
    /// The stations are being told.
    Leaving,
    /// The radio is being told.
    Stopping,
}

/// What a command, once it has ended, is the end of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Pending {
    Receive,
    Start,
    Stop,
    Switch,
    /// A station is put into the kernel.
    Install(MacAddr),
    /// An answer to a stranger.
    Answer,
    /// The answer to an authentication that was accepted.
    AuthenticationResponse(MacAddr),
    /// The answer to this association request of the station.
    AssociationResponse {
        station: MacAddr,
        attempt: u32,
    },
    /// A deauthentication or disassociation after which the station is forgotten.
    Leave(MacAddr),
    /// A deauthentication with which the group ends.
    Farewell,
    Query(MacAddr),
    Probe(MacAddr),
    /// A GO Discoverability Request to the client with this P2P Device Address.
    Discoverability(MacAddr),
}

/// The access point of one group.
///
/// Inputs are frames ([`handle_frame`](Self::handle_frame)), the ends of commands ([`handle_done`](Self::handle_done),
/// [`handle_sent`](Self::handle_sent)), other reports of the radio ([`handle_event`](Self::handle_event)) and time
/// ([`handle_timeout`](Self::handle_timeout)); after each, [`poll_output`](Self::poll_output) is drained.
#[derive(Debug)]
pub struct Owner {
    pub(super) config: OwnerConfig,
    pub(super) stations: Stations,
    pub(super) out: Outputs<Event>,
    pub(super) dropped: Dropped,
    state: State,
    wsc: WscElements,
    forming: bool,
    /// The beacon that the radio was told last.
    beacon: Beacon,
    pending: BTreeMap<Token, Pending>,
    answers: usize,
    farewells: usize,
    /// Why frames are not delivered.
    deaf: Option<Refused>,
    /// Where a switch under way leads to, and the beacon that the radio will send there.
    switching: Option<(Channel, Beacon)>,
    /// The radio has once said that a frame was acknowledged: that it says of another that it was not is worth something.
    pub(super) tells_acks: bool,
    /// When a state that waits for the radio is ended.
    deadline: Option<Duration>,
}

impl Owner {
    /// An owner that is not on the air yet.
    pub fn new(mut config: OwnerConfig) -> Self {
        config.max_stations = config.max_stations.clamp(1, MAX_AID);
        Self {
            config,
            stations: Stations::default(),
            out: Outputs::new(),
            dropped: Dropped::default(),
            state: State::Idle,
            wsc: WscElements::default(),
            forming: false,
            beacon: Beacon::default(),
            pending: BTreeMap::new(),
            answers: 0,
            farewells: 0,
            deaf: None,
            switching: None,
            tells_acks: false,
            deadline: None,
        }
    }

    /// What the owner was set up with; the channel is the current one.
    pub fn config(&self) -> &OwnerConfig {
        &self.config
    }

    /// Whether the group is on the air.
    pub fn is_running(&self) -> bool {
        self.state == State::Running
    }

    /// The whole RSN element of the beacon, which message 3 of the 4-way handshake repeats.
    pub fn rsn_element(&self) -> Vec<u8> {
        let mut element = Vec::new();
        elements::emit_rsn(self.config.psk_sha256, &mut element);
        element
    }

    /// The stations that are associated, with what the P2P clients among them said of themselves.
    pub fn stations(&self) -> impl Iterator<Item = (MacAddr, Option<&ClientInfoBuf>)> {
        self.stations.iter().filter(|(_, s)| s.is_associated()).map(|(address, station)| (address, station.client()))
    }

    /// The association id of a station that is associated.
    pub fn association_id(&self, station: MacAddr) -> Option<u16> {
        let mut stations = self.stations.iter().filter(|(_, s)| s.is_associated());
        stations.find(|(address, _)| *address == station).map(|(_, s)| s.aid)
    }

    /// Whether every associated station understands an extended channel switch announcement (IEEE 802.11-2020 §9.4.2.26).
    pub fn all_take_extended_switch(&self) -> bool {
        let associated = self.stations.iter().filter(|(_, station)| station.is_associated());
        associated.filter_map(|(_, station)| station.request.as_ref()).all(|request| request.extended_switch)
    }

    /// What a station that is associated said of its rates when it did, as far as we have the same, and whether it does WMM.
    pub fn station_rates(&self, station: MacAddr) -> Option<(&radio::StationRates, bool)> {
        let station = self.stations.get(station).filter(|s| s.is_associated())?;
        station.request.as_ref().map(|request| (&request.rates, request.qos))
    }

    /// Frames that were not acted on.
    pub fn dropped(&self) -> Dropped {
        self.dropped
    }

    /// Goes on the air; [`Event::Started`] or [`Event::StartFailed`] follows.
    pub fn start(&mut self, _now: Duration) {
        if self.state != State::Idle {
            return;
        }
        let iface = self.config.iface;
        let mut kinds = [FrameKind::ProbeRequest].to_vec();
        if !self.config.device_ap_sme {
            kinds.push(FrameKind::ApMlme);
        }
        kinds.extend(action_prefixes().map(FrameKind::Action));
        self.deaf = None;
        self.command(Command::ReceiveFrames { iface, kinds }, Pending::Receive);
        // Before the first beacon. A radio that cannot be told is only less polite; beacons name no 802.11b rate.
        self.out.command(Command::ForbidCck { iface });
        self.beacon = self.describe().beacon();
        let ap = AccessPoint {
            ssid: self.config.ssid.clone(),
            channel: self.config.channel,
            beacon_interval: self.config.beacon_interval,
            dtim_period: self.config.dtim_period,
            beacon: self.beacon.clone(),
            ctwindow: self.config.ctwindow,
            basic_rates: elements::basic_rates().collect(),
            isolate: self.config.isolate,
        };
        self.command(Command::StartAp { iface, ap }, Pending::Start);
        self.state = State::Starting;
    }

    /// Ends the group: the stations are deauthenticated, then the radio stops; [`Event::Stopped`] follows.
    pub fn stop(&mut self, now: Duration) {
        match self.state {
            State::Idle => self.out.event(Event::Stopped),
            State::Starting => self.stop_ap(),
            State::Running => {
                self.forget_all(LeftCause::Stopped, true);
                self.state = State::Leaving;
                // Frames to all wait for the next DTIM while a station sleeps.
                let dtim = TU * u32::from(self.config.beacon_interval) * u32::from(self.config.dtim_period);
                self.deadline = Some(now + dtim.saturating_mul(2));
                if self.farewells == 0 {
                    self.stop_ap();
                }
            }
            State::Leaving | State::Stopping => {}
        }
    }

    /// Sets the whole WSC elements of beacons, probe responses and association responses, such as those that say whether a
    /// registrar is active; empty ones are left out.
    pub fn set_wsc(&mut self, beacon: Vec<u8>, probe_response: Vec<u8>, association_response: Vec<u8>) {
        self.wsc = WscElements { beacon, probe_response, association_response };
        self.refresh_beacon();
    }

    /// Sets the Group Formation bit of the P2P Capability: a client is being provisioned.
    pub fn set_group_formation(&mut self, forming: bool) {
        self.forming = forming;
        self.refresh_beacon();
    }

    /// Moves the group to `to` after `count` beacons that announce it, in which stations are to be silent if
    /// `block_transmission` says so; [`Event::ChannelSwitchBegun`], then [`Event::ChannelSwitched`] or
    /// [`Event::ChannelSwitchFailed`] follows. Does nothing when the group is not on the air or already moving.
    pub fn switch_channel(&mut self, now: Duration, to: Channel, count: u8, block_transmission: bool) {
        if self.state != State::Running || self.switching.is_some() {
            return;
        }
        let switch = self.describe().channel_switch(to, count, block_transmission);
        self.switching = Some((to, switch.after.clone()));
        self.command(Command::SwitchChannel { iface: self.config.iface, switch }, Pending::Switch);
        self.deadline = Some(now + TU * u32::from(self.config.beacon_interval) * u32::from(count) + SWITCH_GRACE);
    }

    /// Moves the group to `to` by beginning anew there, for a radio that cannot announce a switch: the stations are forgotten
    /// without a word, miss the beacons and look for the group. [`Event::Started`] follows, or [`Event::StartFailed`].
    pub fn restart(&mut self, now: Duration, to: Channel) {
        if self.state != State::Running {
            return;
        }
        self.switching = None;
        self.deadline = None;
        self.forget_all(LeftCause::Stopped, false);
        self.out.command(Command::StopAp { iface: self.config.iface });
        self.state = State::Idle;
        self.config.channel = to;
        self.start(now);
    }

    /// The radio has moved the group.
    pub fn channel_switched(&mut self, _now: Duration, channel: Channel) {
        if self.state != State::Running {
            return;
        }
        self.config.channel = channel;
        if let Some((_, after)) = self.switching.take_if(|(to, _)| *to == channel) {
            self.beacon = after;
            self.deadline = None;
        }
        self.out.event(Event::ChannelSwitched(channel));
        self.refresh_beacon();
    }

    /// The radio has stopped the access point.
    pub fn ap_stopped(&mut self, _now: Duration) {
        if matches!(self.state, State::Starting | State::Running | State::Leaving) {
            self.forget_all(LeftCause::Stopped, false);
            self.stopped();
        }
    }

    /// A frame was received on the owner's interface, on `frequency` MHz with `signal_dbm` (0 when unknown).
    pub fn handle_frame(&mut self, now: Duration, frame: &Frame<'_>, _frequency: u32, signal_dbm: i8) {
        if !matches!(self.state, State::Starting | State::Running) {
            return;
        }
        if self.pending.len() >= MAX_PENDING {
            self.dropped.overload += 1;
            return;
        }
        let header = &frame.header;
        let source = header.source;
        if source.is_group() || source.is_zero() || source == self.config.address {
            self.dropped.bad_source += 1;
            return;
        }
        let (to_us, ours) = (header.destination == self.config.address, header.bssid == self.config.address);
        if let Body::ProbeRequest { elements } = frame.body {
            if (to_us || header.destination.is_broadcast()) && (ours || header.bssid.is_broadcast()) {
                self.on_probe_request(source, header.destination.is_broadcast(), elements, signal_dbm);
            } else {
                self.dropped.not_for_us += 1;
            }
            return;
        }
        if !to_us || !ours {
            self.dropped.not_for_us += 1;
            return;
        }
        match frame.body {
            Body::Action(action) => self.on_action(source, action),
            _ if self.config.device_ap_sme => self.dropped.unexpected += 1,
            Body::Authentication { algorithm, transaction, .. } if self.is_new(frame) => {
                self.on_authentication(now, source, algorithm, transaction);
                self.remember(frame);
            }
            Body::AssociationRequest { capability, listen_interval, elements } if self.is_new(frame) => {
                self.on_association(now, source, false, (capability, listen_interval), elements);
                self.remember(frame);
            }
            Body::ReassociationRequest { capability, listen_interval, elements, .. } if self.is_new(frame) => {
                self.on_association(now, source, true, (capability, listen_interval), elements);
                self.remember(frame);
            }
            Body::Deauthentication { reason, .. } => self.on_deauthentication(source, reason),
            Body::Disassociation { reason, .. } => self.on_disassociation(now, source, reason),
            _ => self.dropped.unexpected += 1,
        }
    }

    /// A command of this machine has ended.
    pub fn handle_done(&mut self, now: Duration, token: Token, result: Result<Reply, Refused>) {
        // A transmission that was accepted ends with `Sent`.
        let sent_later = matches!(
            self.pending.get(&token),
            Some(
                Pending::Answer
                    | Pending::AuthenticationResponse(_)
                    | Pending::AssociationResponse { .. }
                    | Pending::Leave(_)
                    | Pending::Farewell
                    | Pending::Discoverability(_)
            )
        );
        if sent_later {
            if result.is_err() {
                self.handle_sent(now, token, SendStatus::NotAcked);
            }
            return;
        }
        match (self.pending.remove(&token), result) {
            (Some(Pending::Receive), Err(refused)) => self.deaf = Some(refused),
            (Some(Pending::Start), result) => self.on_started(result),
            (Some(Pending::Stop), _) if self.state == State::Stopping => self.stopped(),
            (Some(Pending::Switch), Ok(_)) => {
                if let Some((to, _)) = &self.switching {
                    self.out.event(Event::ChannelSwitchBegun(*to));
                }
            }
            (Some(Pending::Switch), Err(refused)) if self.switching.take().is_some() => {
                self.deadline = None;
                self.out.event(Event::ChannelSwitchFailed(refused));
                self.refresh_beacon();
            }
            (Some(Pending::Install(station)), result) => self.on_installed(now, station, token, result.err()),
            (Some(Pending::Query(station)), result) => self.on_queried(now, station, result),
            (Some(Pending::Probe(station)), Err(refused)) => self.on_probe_refused(now, station, &refused),
            (_, Err(refused)) => tracing::debug!(%refused, "command of the owner refused"),
            (_, Ok(_)) => {}
        }
    }

    /// A transmission of this machine has ended.
    pub fn handle_sent(&mut self, now: Duration, token: Token, status: SendStatus) {
        self.tells_acks |= status == SendStatus::Acked;
        match self.pending.remove(&token) {
            Some(Pending::Answer) => self.answers = self.answers.saturating_sub(1),
            Some(Pending::AuthenticationResponse(station)) => {
                self.answers = self.answers.saturating_sub(1);
                self.on_authentication_response_sent(station, status);
            }
            Some(Pending::AssociationResponse { station, attempt }) => {
                self.on_association_response_sent(now, station, attempt, status);
            }
            Some(Pending::Leave(station)) => self.on_leave_sent(station, token),
            Some(Pending::Farewell) => {
                self.farewells = self.farewells.saturating_sub(1);
                if self.farewells == 0 && self.state == State::Leaving {
                    self.stop_ap();
                }
            }
            Some(Pending::Discoverability(device)) => self.on_discoverability_sent(device, status),
            _ => {}
        }
    }

    /// Takes what else concerns this machine out of what a radio reports; says whether it did. Frames, and the ends of
    /// commands, are handed in by their own functions.
    pub fn handle_event(&mut self, now: Duration, event: &radio::Event) -> bool {
        use radio::Event as E;
        let own = self.config.iface;
        match event {
            E::StationJoined { iface, address, elements } if *iface == own => {
                self.station_joined(now, *address, elements);
            }
            E::StationLeft { iface, address } if *iface == own => self.station_left(now, *address),
            E::StationProbed { iface, address, acked } if *iface == own => self.station_probed(now, *address, *acked),
            E::UnexpectedFrame { iface, address } if *iface == own => self.unexpected_frame(now, *address),
            E::Eapol { iface, source, .. } if *iface == own => {
                self.heard(now, *source);
                // The PDU itself is the caller's.
                return false;
            }
            E::ChannelSwitched { iface, channel } if *iface == own => self.channel_switched(now, *channel),
            E::ApStopped { iface } if *iface == own => self.ap_stopped(now),
            _ => return false,
        }
        true
    }

    /// When [`handle_timeout`](Self::handle_timeout) is due.
    pub fn poll_timeout(&self) -> Option<Duration> {
        self.stations.next_deadline().into_iter().chain(self.deadline).min()
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: Duration) {
        if self.deadline.take_if(|at| *at <= now).is_some() {
            match self.state {
                State::Leaving => self.stop_ap(),
                _ if self.switching.take().is_some() => self.refresh_beacon(),
                _ => {}
            }
        }
        while let Some(station) = self.stations.due(now) {
            self.on_due(now, station);
        }
    }

    /// The next output.
    pub fn poll_output(&mut self) -> Option<Output<Event>> {
        self.out.poll()
    }

    /// The group as it is now.
    pub(super) fn describe(&self) -> Description<'_> {
        Description {
            config: &self.config,
            channel: self.config.channel,
            wsc: &self.wsc,
            forming: self.forming,
            full: self.is_full(),
            protection: self.stations.ht_protection(is_wide(&self.config.channel)),
            clients: self.stations.clients().cloned().collect(),
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.stations.places_taken() >= usize::from(self.config.max_stations)
    }

    /// Tells the radio of the beacon when it has changed. While a switch is under way it takes none.
    pub(super) fn refresh_beacon(&mut self) {
        if self.switching.is_some() || !matches!(self.state, State::Starting | State::Running) {
            return;
        }
        let beacon = self.describe().beacon();
        if beacon != self.beacon {
            self.beacon = beacon.clone();
            self.out.command(Command::UpdateBeacon { iface: self.config.iface, beacon });
        }
    }

    /// Puts a command out and remembers what its end is the end of.
    pub(super) fn command(&mut self, command: Command, pending: Pending) -> Token {
        let token = self.out.command(command);
        self.pending.insert(token, pending);
        token
    }

    /// Sends a frame on the group's channel.
    pub(super) fn transmit(&mut self, frame: Vec<u8>, no_ack: bool, pending: Pending) -> Token {
        let no_cck = elements::is_2ghz(&self.config.channel);
        let transmission = Transmission { frequency: None, frame, wait_ms: 0, no_cck, no_ack };
        self.command(Command::Transmit { iface: self.config.iface, transmission }, pending)
    }

    /// Sends an answer to a stranger, unless too many wait already.
    pub(super) fn answer(&mut self, frame: Vec<u8>, no_ack: bool) -> bool {
        self.answer_as(frame, no_ack, Pending::Answer)
    }

    /// The same, of which the end matters.
    pub(super) fn answer_as(&mut self, frame: Vec<u8>, no_ack: bool, pending: Pending) -> bool {
        if self.answers >= MAX_ANSWERS {
            self.dropped.overload += 1;
            return false;
        }
        self.answers += 1;
        self.transmit(frame, no_ack, pending);
        true
    }

    /// Sends a deauthentication with which the group ends.
    pub(super) fn farewell(&mut self, to: MacAddr) {
        let own = self.config.address;
        let body = Body::Deauthentication { reason: ReasonCode::LEAVING_NETWORK_DEAUTH, elements: Elements::default() };
        self.farewells += 1;
        self.transmit(Frame::new(to, own, own, body).to_vec(), false, Pending::Farewell);
    }

    fn on_started(&mut self, result: Result<Reply, Refused>) {
        if self.state != State::Starting {
            return;
        }
        match (result, self.deaf.take()) {
            (Ok(_), None) => {
                self.state = State::Running;
                self.out.event(Event::Started);
            }
            (Ok(_), Some(refused)) => {
                self.out.command(Command::StopAp { iface: self.config.iface });
                self.state = State::Idle;
                self.out.event(Event::StartFailed(refused));
            }
            (Err(refused), _) => {
                self.state = State::Idle;
                self.out.event(Event::StartFailed(refused));
            }
        }
    }

    fn stop_ap(&mut self) {
        self.state = State::Stopping;
        self.deadline = None;
        self.command(Command::StopAp { iface: self.config.iface }, Pending::Stop);
    }

    fn stopped(&mut self) {
        self.state = State::Idle;
        self.deadline = None;
        self.switching = None;
        self.pending.clear();
        self.answers = 0;
        self.farewells = 0;
        self.stations.clear();
        self.out.event(Event::Stopped);
    }
}

/// How the action frames begin that an owner takes: P2P Public Action, P2P Action (Wi-Fi P2P v1.7 §4.2.9, §4.2.10), and the
/// four of GAS, which carry service discovery (IEEE 802.11-2020 §9.6.7).
fn action_prefixes() -> impl Iterator<Item = Vec<u8>> {
    use ieee80211_ies::frame::{category, public_action};
    let [a, b, c] = OUI_WFA;
    let p2p = [
        [category::PUBLIC, public_action::VENDOR_SPECIFIC, a, b, c, p2p::OUI_TYPE].to_vec(),
        [category::VENDOR_SPECIFIC, a, b, c, p2p::OUI_TYPE].to_vec(),
    ];
    let gas = public_action::GAS_INITIAL_REQUEST..=public_action::GAS_COMEBACK_RESPONSE;
    p2p.into_iter().chain(gas.map(|action| [category::PUBLIC, action].to_vec()))
}

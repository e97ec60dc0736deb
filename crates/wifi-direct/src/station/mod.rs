//! The station: which network it connects to, and what it does when that ends. The connection itself is that of a group's client
//! ([`ClientGroup`]).
//!
//! ```text
//!          ┌──────────── nothing found, or given up: after a while ◀───────────┐
//!          ▼                                                                   │
//! idle ─▶ scan ─▶ choose ─▶ connect (authenticate, associate, handshake) ─▶ connected
//! ```
//!
//! While it is to be given a network ([`Enrollment`]) it scans for a registrar that waits for it, and a connection carries WSC.

mod enrollment;
mod networks;

use crate::api::{
    Cause, GroupEvent, Network, NetworkId, Phase, StationEvent, StationRequest, StationState, StationStatus, WpsMethod,
};
use crate::group::{self, ClientGroup, Start, registrar_lets_in, wps_active};
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;
use enrollment::{Enrollment, Outlook};
use ieee80211_ies::MacAddr;
use networks::Networks;
use radio::{Bss, Refused, Reply, ScanRequest, SendStatus, StationInfo};
use rand_core::CryptoRng;

/// From a scan that has found nothing to the next (wpa_supplicant's `scan_interval`: 5 s).
const SCAN_INTERVAL: Duration = Duration::from_secs(5);
/// From the end of a connection to the next scan (wpa_supplicant: 100 ms).
const AFTER_LOSS: Duration = Duration::from_millis(100);
/// From a failure to connect to the next scan, by how many there were in a row (wpa_supplicant's `wpas_connection_failed`: 0.1,
/// 0.5, 1, 5 and 10 s).
const AFTER_FAILURE: [Duration; 5] = [
    Duration::from_millis(100),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(5),
    Duration::from_secs(10),
];
/// Time for a group to make room: a switch announced in seven beacons takes 0.7 s.
const ROOM_WITHIN: Duration = Duration::from_secs(1);
/// From the choice of an access point until data passes, at the latest (wpa_supplicant's authentication timeout: 10 s).
const CONNECT: Duration = Duration::from_secs(10);

/// What the station wants done or tells.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "lives until the queue is drained, a moment later")]
pub(crate) enum Output {
    /// The interface is to be a station's and up; [`Station::raised`] follows.
    Raise,
    /// A scan; without channels, of all.
    Scan(ScanRequest),
    /// A connection is to be made: [`Station::begin`] or [`Station::postpone`] follows.
    Connect(Choice),
    /// What the connection wants.
    Connection(group::Output),
    /// Its channel is another now, or it is on none.
    ChannelChanged,
    /// To the user.
    Event(StationEvent),
}

/// What to connect to, and with what.
#[derive(Debug)]
pub(crate) struct Choice {
    pub(crate) bss: Box<Bss>,
    pub(crate) ssid: Vec<u8>,
    pub(crate) start: Start,
    pub(crate) deadline: Duration,
    /// None while the station is to be given one.
    pub(crate) network: Option<NetworkId>,
}

/// What it is doing.
#[derive(Debug)]
enum Activity {
    Nothing,
    /// A scan for all networks; it began then.
    Scanning(Duration),
    Connection(Box<Connection>),
}

#[derive(Debug)]
struct Connection {
    client: ClientGroup,
    /// None: it is for WSC.
    network: Option<NetworkId>,
    state: StationState,
    /// It is being ended; nothing follows before the radio has confirmed that.
    leaving: bool,
}

/// Whether the interface can be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Interface {
    /// Nobody has needed it.
    Untouched,
    /// It is being raised.
    Rising,
    Up,
    /// It was lowered, or could not be raised: until it is up again there is no station.
    Down,
}

/// What the user wants of it beside networks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Habits {
    /// From a scan that has found nothing to the next.
    pub(crate) scan_interval: Duration,
    /// Its scans send no probe requests, but for hidden networks.
    pub(crate) passive: bool,
    /// It connects anew by itself when its connection has ended.
    pub(crate) comes_back: bool,
}

/// The station of the interface that the radio was opened on.
#[derive(Debug)]
pub(crate) struct Station {
    networks: Networks,
    /// The user wants a connection.
    wanted: bool,
    /// It looks on these channels only.
    frequencies: Vec<u32>,
    interface: Interface,
    /// Something else has the interface or needs the radio: no scan and no connection begins.
    blocked: bool,
    activity: Activity,
    /// It is to be given a network; until then it connects to none.
    enrollment: Option<Enrollment>,
    /// The channel, MHz, of the access point that has just given it a network: looked at first.
    given_on: Option<u32>,
    /// When to scan.
    scan_at: Option<Duration>,
    habits: Habits,
    /// Greatest number of SSIDs that a scan asks for.
    max_ssids: usize,
    outputs: VecDeque<Output>,
}

impl Station {
    /// One without networks, on a radio that asks for so many SSIDs in a scan.
    pub(crate) fn new(max_ssids: usize) -> Self {
        Self {
            networks: Networks::default(),
            wanted: true,
            frequencies: Vec::new(),
            interface: Interface::Untouched,
            blocked: false,
            activity: Activity::Nothing,
            enrollment: None,
            given_on: None,
            scan_at: None,
            habits: Habits { scan_interval: SCAN_INTERVAL, passive: false, comes_back: true },
            max_ssids,
            outputs: VecDeque::new(),
        }
    }

    /// What it does from now on.
    pub(crate) fn set_habits(&mut self, habits: Habits) {
        self.habits = habits;
    }

    /// What the user asks, but for [`StationRequest::Query`] and [`StationRequest::Wps`].
    pub(crate) fn request(&mut self, now: Duration, request: StationRequest) {
        if !matches!(request, StationRequest::Networks(_) | StationRequest::Query) {
            self.end_enrollment(now);
        }
        match request {
            StationRequest::Networks(networks) => self.set_networks(now, networks),
            StationRequest::Connect { network, frequencies } => {
                self.frequencies = frequencies;
                self.want(now);
                let current = self.current().map(|(network, _)| network);
                if network.is_some() && current.is_some_and(|current| current != network) {
                    self.leave(now);
                }
            }
            StationRequest::Reassociate => {
                self.want(now);
                self.leave(now);
            }
            StationRequest::Disconnect => {
                self.wanted = false;
                self.scan_at = None;
                self.leave(now);
            }
            StationRequest::CancelWps | StationRequest::Wps { .. } | StationRequest::Query => {}
        }
        self.step(now);
    }

    /// Looks for a registrar, with this element in probe requests.
    pub(crate) fn enroll(&mut self, now: Duration, method: WpsMethod, bssid: Option<MacAddr>, element: Vec<u8>) {
        self.link(wps_active(&method));
        self.enrollment = Some(Enrollment::new(now, method, bssid, element));
        self.leave(now);
        self.scan_at = Some(now);
        self.step(now);
    }

    /// What was begun by [`Station::enroll`] is over: back to the networks that there are.
    fn end_enrollment(&mut self, now: Duration) {
        if self.enrollment.take().is_none() {
            return;
        }
        self.scan_at = self.wanted.then_some(now);
        if let Some((None, _)) = self.current() {
            self.leave(now);
        }
    }

    fn want(&mut self, now: Duration) {
        self.wanted = true;
        let back = self.networks.bring_back(None);
        self.outputs.extend(back.into_iter().map(Output::Event));
        self.scan_at = Some(now);
    }

    fn set_networks(&mut self, now: Duration, networks: Vec<Network>) {
        let enabled = |n: &Network| n.enabled;
        let fresh = |n: &&Network| enabled(n) && self.networks.get(n.id).is_none_or(|old| !enabled(old) || old != *n);
        let more = networks.iter().any(|n| fresh(&n));
        self.networks.replace(networks);
        if let Some((Some(id), _)) = self.current()
            && !self.networks.get(id).is_some_and(enabled)
        {
            self.leave(now);
        }
        if more && self.current().is_none() && self.wanted {
            self.scan_at = Some(now);
        }
    }

    /// Whether something else has the interface or needs the radio.
    pub(crate) fn set_blocked(&mut self, now: Duration, blocked: bool) {
        if core::mem::replace(&mut self.blocked, blocked) && !blocked {
            self.step(now);
        }
    }

    /// The interface is up, or could not be raised.
    pub(crate) fn raised(&mut self, now: Duration, result: Result<(), Refused>) {
        match result {
            Ok(()) => self.interface = Interface::Up,
            Err(refused) => {
                tracing::warn!(%refused, "the station's interface cannot be raised");
                self.interface = Interface::Down;
            }
        }
        self.step(now);
    }

    /// The radio's report about the interface.
    pub(crate) fn handle_radio(&mut self, now: Duration, event: radio::Event, rng: &mut dyn CryptoRng) {
        if let radio::Event::InterfaceUp { up, .. } = event {
            match (up, self.interface) {
                (true, Interface::Down) => {
                    self.interface = Interface::Up;
                    self.scan_at = Some(now);
                }
                (false, Interface::Up) => self.interface = Interface::Down,
                _ => {}
            }
        }
        if let Activity::Connection(connection) = &mut self.activity {
            connection.client.handle_radio(now, event, rng);
        }
        self.drain(now);
        self.step(now);
    }

    pub(crate) fn handle_done(
        &mut self,
        now: Duration,
        token: mlme::Token,
        result: Result<Reply, Refused>,
        rng: &mut dyn CryptoRng,
    ) {
        if let Activity::Connection(connection) = &mut self.activity {
            connection.client.handle_done(now, token, result, rng);
        }
        self.drain(now);
    }

    pub(crate) fn eapol_sent(&mut self, now: Duration, status: SendStatus, rng: &mut dyn CryptoRng) {
        if let Activity::Connection(connection) = &mut self.activity {
            connection.client.eapol_sent(now, status, rng);
        }
        self.drain(now);
    }

    /// A scan of the station's, or of its connection's, has ended.
    pub(crate) fn scan_done(&mut self, now: Duration, seen: &[Bss], rng: &mut dyn CryptoRng) {
        match &mut self.activity {
            Activity::Connection(connection) => {
                connection.client.scan_done(now, seen, rng);
                self.drain(now);
            }
            Activity::Scanning(began) => {
                let began = *began;
                self.activity = Activity::Nothing;
                self.link(GroupEvent::ScanResults);
                if self.enrollment.is_some() {
                    self.choose_registrar(now, began, seen);
                } else if self.wanted {
                    self.choose(now, began, seen);
                }
                self.step(now);
            }
            Activity::Nothing => {}
        }
    }

    fn choose_registrar(&mut self, now: Duration, began: Duration, seen: &[Bss]) {
        let Some(enrollment) = &mut self.enrollment else { return };
        match enrollment.look(seen.iter().filter(|bss| bss.heard_since(began, now))) {
            Outlook::Nobody => self.scan_at = Some(now + self.habits.scan_interval),
            Outlook::Overlap => {
                self.link(GroupEvent::WpsOverlap);
                self.end_enrollment(now);
            }
            Outlook::Found(bss) => {
                let (start, deadline) = (Start::Wsc(enrollment.method.clone()), enrollment.until);
                let push_button = matches!(enrollment.method, WpsMethod::PushButton);
                let authorized = registrar_lets_in(bss.elements(), MacAddr::BROADCAST);
                self.link(GroupEvent::WpsApAvailable { push_button, authorized });
                self.scan_at = None;
                let bss = Box::new(bss.clone());
                self.outputs.push_back(Output::Connect(Choice {
                    ssid: bss.ssid().unwrap_or_default().to_vec(),
                    bss,
                    start,
                    deadline,
                    network: None,
                }));
            }
        }
    }

    fn choose(&mut self, now: Duration, began: Duration, seen: &[Bss]) {
        let allowed = |bss: &Bss| self.frequencies.is_empty() || self.frequencies.contains(&bss.frequency);
        let found = self.networks.choose(now, seen, |bss| bss.heard_since(began, now) && allowed(bss));
        let Some((network, bss)) = found.map(|(network, bss)| (network, Box::new(bss.clone()))) else {
            self.scan_at = Some(now + self.habits.scan_interval);
            if self.networks.any_ready(now) {
                self.outputs.push_back(Output::Event(StationEvent::NotFound));
            }
            return;
        };
        let ssid = self.networks.get(network).map(|n| n.ssid.clone()).unwrap_or_default();
        let start = match self.networks.key(network) {
            Some(Some(psk)) => Start::Stored(psk),
            Some(None) => Start::Open,
            None => {
                tracing::warn!(network = network.0, "its passphrase is not one");
                self.outputs.extend(self.networks.wrong_key(now, network).map(Output::Event));
                self.scan_at = Some(now + self.habits.scan_interval);
                return;
            }
        };
        self.scan_at = None;
        self.outputs.push_back(Output::Connect(Choice {
            bss,
            ssid,
            start,
            deadline: now + CONNECT,
            network: Some(network),
        }));
    }

    /// The connection that was chosen can be made.
    pub(crate) fn begin(
        &mut self,
        now: Duration,
        network: Option<NetworkId>,
        mut client: ClientGroup,
        rng: &mut dyn CryptoRng,
    ) {
        client.start(now, rng);
        let state = StationState::Scanning;
        self.activity = Activity::Connection(Box::new(Connection { client, network, state, leaving: false }));
        self.outputs.push_back(Output::ChannelChanged);
        self.drain(now);
    }

    /// It cannot be made yet: a group has to leave its channel first.
    pub(crate) fn postpone(&mut self, now: Duration) {
        self.scan_at = Some(now + ROOM_WITHIN);
    }

    pub(crate) fn handle_timeout(&mut self, now: Duration, rng: &mut dyn CryptoRng) {
        let back = self.networks.bring_back(Some(now));
        if !back.is_empty() && self.scan_at.is_some() {
            self.scan_at = Some(now);
        }
        self.outputs.extend(back.into_iter().map(Output::Event));
        if self.enrollment.as_ref().is_some_and(|enrollment| enrollment.until <= now) {
            self.link(GroupEvent::WpsTimeout);
            self.end_enrollment(now);
        }
        if let Activity::Connection(connection) = &mut self.activity
            && connection.client.poll_timeout().is_some_and(|at| at <= now)
        {
            connection.client.handle_timeout(now, rng);
            self.drain(now);
        }
        self.step(now);
    }

    pub(crate) fn poll_timeout(&self) -> Option<Duration> {
        let connection = match &self.activity {
            Activity::Connection(connection) => connection.client.poll_timeout(),
            _ => None,
        };
        let scan = self.scan_at.filter(|_| self.may_scan());
        let patience = self.enrollment.as_ref().map(|enrollment| enrollment.until);
        [connection, scan, patience, self.networks.next_return()].into_iter().flatten().min()
    }

    pub(crate) fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// The network of the connection that is there or being made (none for WSC), and how far that has come.
    fn current(&self) -> Option<(Option<NetworkId>, StationState)> {
        match &self.activity {
            Activity::Connection(connection) if !connection.leaving => Some((connection.network, connection.state)),
            _ => None,
        }
    }

    /// Whether the interface is the station's: it is connected, or about to be.
    pub(crate) fn holds_interface(&self) -> bool {
        matches!(self.activity, Activity::Connection(_))
    }

    /// The channel of its connection, MHz.
    pub(crate) fn frequency(&self) -> Option<u32> {
        match &self.activity {
            Activity::Connection(connection) if !connection.leaving => Some(connection.client.frequency()),
            _ => None,
        }
    }

    /// The access point is about to move to this channel (MHz).
    pub(crate) fn moves_to(&mut self, frequency: u32) {
        if let Activity::Connection(connection) = &mut self.activity {
            connection.client.moves_to(frequency);
        }
    }

    /// The access point, once connected.
    pub(crate) fn connected_to(&self) -> Option<MacAddr> {
        match &self.activity {
            Activity::Connection(connection) => connection.client.connected_to(),
            _ => None,
        }
    }

    /// What the radio says of the access point.
    pub(crate) fn told(&mut self, info: StationInfo) {
        if let Activity::Connection(connection) = &mut self.activity {
            connection.client.owner_told(info);
        }
    }

    /// As it is shown to the user.
    pub(crate) fn view(&self) -> StationStatus {
        let disabled = self.networks.left_alone().collect();
        match &self.activity {
            Activity::Connection(connection) if !connection.leaving => {
                let client = &connection.client;
                StationStatus {
                    state: connection.state,
                    network: connection.network,
                    ssid: client.ssid().to_vec(),
                    bssid: client.bssid().unwrap_or_default(),
                    frequency: client.frequency(),
                    protected: client.is_protected(),
                    link: client.link().cloned().map(Box::new),
                    disabled,
                }
            }
            activity => {
                let state = match activity {
                    Activity::Scanning(_) => StationState::Scanning,
                    _ if self.networks.any_enabled() || !self.wanted => StationState::Disconnected,
                    _ => StationState::Inactive,
                };
                StationStatus { state, disabled, ..StationStatus::default() }
            }
        }
    }

    /// Ends everything, for good.
    pub(crate) fn stop(&mut self, now: Duration) {
        self.wanted = false;
        self.enrollment = None;
        self.networks.replace(Vec::new());
        self.leave(now);
    }

    /// Ends the connection, or the attempt at one.
    fn leave(&mut self, now: Duration) {
        if let Activity::Connection(connection) = &mut self.activity
            && !connection.leaving
        {
            connection.leaving = true;
            connection.client.stop(now);
            self.outputs.push_back(Output::ChannelChanged);
            self.drain(now);
        }
    }

    fn link(&mut self, event: GroupEvent) {
        self.outputs.push_back(Output::Event(StationEvent::Link(event)));
    }

    /// Carries on what the connection says.
    fn drain(&mut self, now: Duration) {
        loop {
            let Activity::Connection(connection) = &mut self.activity else { return };
            let Some(output) = connection.client.poll_output() else { return };
            let network = connection.network;
            match output {
                group::Output::Event(GroupEvent::Connected { bssid }) => {
                    connection.state = StationState::Completed;
                    let back = network.and_then(|network| self.networks.connected(network));
                    self.outputs.extend(back.map(Output::Event));
                    let event = StationEvent::Connected { bssid, network };
                    self.outputs.push_back(Output::Event(event));
                }
                group::Output::Event(event) => {
                    if let Some(state) = state_after(&event, network.is_some() && connection.client.is_protected()) {
                        connection.state = state;
                    }
                    self.link(event);
                }
                group::Output::WscSucceeded => {
                    self.enrollment = None;
                    self.wanted = true;
                    self.given_on = Some(connection.client.frequency());
                    let credential = connection.client.credential();
                    let event = credential.map(|(ssid, protection)| StationEvent::Credential { ssid, protection });
                    self.outputs.extend(event.map(Output::Event));
                }
                group::Output::Ended(phase, cause) => self.ended(now, phase, &cause),
                group::Output::Stopped => {
                    self.activity = Activity::Nothing;
                    self.outputs.push_back(Output::ChannelChanged);
                    self.step(now);
                    return;
                }
                group::Output::StationsChanged => self.outputs.push_back(Output::ChannelChanged),
                output => self.outputs.push_back(Output::Connection(output)),
            }
        }
    }

    /// The connection, or the attempt at one, is over.
    fn ended(&mut self, now: Duration, phase: Phase, cause: &Cause) {
        let Activity::Connection(connection) = &mut self.activity else { return };
        let (network, bssid) = (connection.network, connection.client.bssid().unwrap_or_default());
        tracing::info!(%bssid, ?phase, %cause, "the station's connection has ended");
        let pause = match (phase, cause, network) {
            (Phase::Wsc, _, None) => {
                self.enrollment = None;
                AFTER_LOSS
            }
            (_, _, None) => self.habits.scan_interval,
            (_, Cause::WrongKey, Some(network)) => {
                self.outputs.extend(self.networks.wrong_key(now, network).map(Output::Event));
                AFTER_LOSS
            }
            (Phase::Running, ..) => AFTER_LOSS,
            (_, _, Some(network)) => {
                let (count, event) = self.networks.refused(now, network, bssid);
                self.outputs.extend(event.map(Output::Event));
                let place = usize::try_from(count).unwrap_or(usize::MAX).saturating_sub(1);
                AFTER_FAILURE.get(place).or(AFTER_FAILURE.last()).copied().unwrap_or(SCAN_INTERVAL)
            }
        };
        if phase == Phase::Running && network.is_some() && !self.habits.comes_back {
            self.wanted = false;
        }
        if self.wanted || self.enrollment.is_some() {
            self.scan_at = Some(now + pause);
        }
        let Activity::Connection(connection) = &mut self.activity else { return };
        if !core::mem::replace(&mut connection.leaving, true) {
            connection.client.stop(now);
            self.outputs.push_back(Output::ChannelChanged);
        }
    }

    fn may_scan(&self) -> bool {
        let free = matches!(self.activity, Activity::Nothing) && !self.blocked;
        let something = self.enrollment.is_some() || (self.wanted && self.networks.any_enabled());
        free && something && !matches!(self.interface, Interface::Rising | Interface::Down)
    }

    /// Begins what is due.
    fn step(&mut self, now: Duration) {
        if !self.may_scan() || self.scan_at.is_none_or(|at| at > now) {
            return;
        }
        if self.interface == Interface::Untouched {
            self.interface = Interface::Rising;
            return self.outputs.push_back(Output::Raise);
        }
        self.scan_at = None;
        if self.enrollment.is_none() && !self.networks.any_ready(now) {
            // What is left alone says by itself when it is back.
            self.scan_at = self.networks.next_return();
            return;
        }
        self.activity = Activity::Scanning(now);
        // The wildcard first, then the hidden ones, as many as fit.
        let wildcard = core::iter::once(Vec::new()).filter(|_| !self.habits.passive);
        let ssids = wildcard.chain(self.networks.hidden().map(<[u8]>::to_vec)).take(self.max_ssids.max(1)).collect();
        let scan = match &self.enrollment {
            Some(enrollment) => enrollment.scan(),
            None => {
                let there = self.given_on.take().map(|frequency| alloc::vec![frequency]);
                let frequencies = there.unwrap_or_else(|| self.frequencies.clone());
                ScanRequest { ssids, frequencies, ..ScanRequest::default() }
            }
        };
        self.link(GroupEvent::ScanStarted);
        self.outputs.push_back(Output::Scan(scan));
    }
}

/// How far the connection has come when this happens to it.
fn state_after(event: &GroupEvent, protected: bool) -> Option<StationState> {
    Some(match event {
        GroupEvent::ScanStarted => StationState::Scanning,
        GroupEvent::TryingToAuthenticate { .. } => StationState::Authenticating,
        GroupEvent::TryingToAssociate { .. } => StationState::Associating,
        GroupEvent::Associated { .. } if protected => StationState::Handshake,
        GroupEvent::Associated { .. } => StationState::Associated,
        GroupEvent::Disconnected { .. } => StationState::Disconnected,
        _ => return None,
    })
}

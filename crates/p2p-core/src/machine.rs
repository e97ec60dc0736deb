//! The machine: what it holds, what can be asked of it, and what it wants of the radio next.

use crate::airtime::{Air, Purpose};
use crate::answers::{Answer, Repeat};
use crate::api::*;
use crate::discoverability::Waking;
use crate::exchange::Exchange;
use crate::find::{Schedule, Scope};
use crate::frames::{self, Kind};
use crate::invitation::Inviting;
use crate::negotiation::{Confirm, Formation, Negotiation};
use crate::peers::{Entry, Peers};
use crate::probe;
use crate::provision::Provision;
use crate::timers::{Timer, Timers};
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;
use ieee80211_ies::MacAddr;
use ieee80211_ies::p2p::emit;
use radio::channel_to_frequency;
use rand_core::CryptoRng;

/// A listen without end, in wpa_supplicant's terms.
const LISTEN_FOR_EVER: Duration = Duration::from_secs(3600);
/// Most outputs that wait to be taken. A caller that drains after every input never gets near it.
const MAX_OUTPUTS: usize = 4096;
/// Peers that the user has agreed to and that are to ask first.
const MAX_AUTHORIZED: usize = 16;

/// A search that the user has asked for.
#[derive(Clone, Debug)]
pub(crate) struct Find {
    pub(crate) parameters: FindParameters,
    pub(crate) schedule: Schedule,
    pub(crate) began: Duration,
}

/// What the request under way is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Request {
    /// [`P2p::negotiation`] tells.
    Negotiation,
    /// The owner of the group that the negotiation's peer is in is to wake it.
    Discoverability,
    Provision(Provision),
    Invitation(Box<Inviting>),
}

/// The P2P machine: find, listen, peers, provision discovery, GO negotiation, invitation.
///
/// It does no I/O. After every call take [`poll_output`](Self::poll_output) until it is empty, and call
/// [`handle_timeout`](Self::handle_timeout) at [`poll_timeout`](Self::poll_timeout). All times are since one arbitrary start.
#[derive(Clone, Debug)]
pub struct P2p {
    pub(crate) settings: Settings,
    pub(crate) groups: Vec<OwnGroup>,
    pub(crate) stored: Vec<StoredGroup>,
    pub(crate) peers: Peers,
    pub(crate) timers: Timers,
    pub(crate) dropped: Dropped,
    pub(crate) find: Option<Find>,
    pub(crate) extended: Option<(u16, u16)>,
    /// The request under way, and what it is about.
    pub(crate) exchange: Option<(Exchange, Request)>,
    pub(crate) negotiation: Option<Negotiation>,
    /// Peers that may ask, and what the user has agreed to.
    pub(crate) authorized: Vec<Negotiate>,
    /// A negotiation that has succeeded; the group is being formed.
    pub(crate) formation: Option<Formation>,
    /// Probe responses that the radio still has.
    pub(crate) probe_responses: Vec<(SendToken, MacAddr, Duration)>,
    /// Our tie breaker bit in the next negotiation.
    pub(crate) tie_breaker: Option<bool>,
    /// The answer that is sent until it has arrived.
    pub(crate) repeat: Option<Repeat>,
    pub(crate) confirm: Option<Confirm>,
    pub(crate) answers: VecDeque<Answer>,
    /// Whose invitation into a running group, or into a stored one that we have offered ourselves, our user has agreed to.
    pub(crate) invitation_from: Option<MacAddr>,
    /// Requests to wake a client of ours that are not answered yet.
    pub(crate) wakings: Vec<Waking>,
    pub(crate) listen_until: Option<Duration>,
    pub(crate) extended_until: Option<Duration>,
    pub(crate) air: Air,
    pub(crate) air_since: Duration,
    pub(crate) hasty: u32,
    pub(crate) air_not_before: Duration,
    pub(crate) probe_requests_reported: bool,
    next_send: u32,
    /// The GO Negotiation Response whose Confirm the radio waits for.
    pub(crate) awaiting_confirm: Option<SendToken>,
    out: VecDeque<Output>,
}

impl P2p {
    /// A machine that does nothing yet.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            groups: Vec::new(),
            stored: Vec::new(),
            peers: Peers::default(),
            timers: Timers::default(),
            dropped: Dropped::default(),
            find: None,
            extended: None,
            exchange: None,
            negotiation: None,
            authorized: Vec::new(),
            formation: None,
            probe_responses: Vec::new(),
            tie_breaker: None,
            repeat: None,
            confirm: None,
            answers: VecDeque::new(),
            invitation_from: None,
            wakings: Vec::new(),
            listen_until: None,
            extended_until: None,
            air: Air::Rest,
            air_since: Duration::ZERO,
            hasty: 0,
            air_not_before: Duration::ZERO,
            probe_requests_reported: false,
            next_send: 0,
            awaiting_confirm: None,
            out: VecDeque::new(),
        }
    }

    /// Changes the settings. A search under way goes on with the new channels from its next step; a listen moves at once.
    pub fn configure(&mut self, now: Duration, settings: Settings) {
        let moved = settings.listen != self.settings.listen;
        self.settings = settings;
        if let Some(find) = &mut self.find {
            find.schedule.set_listen(self.settings.find_listen);
        }
        if moved && let Air::Listen { purpose, until } = self.air {
            self.want_listen(now, purpose, until);
        }
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Tells which groups we are in; replaces what was told before.
    pub fn set_own_groups(&mut self, _now: Duration, groups: Vec<OwnGroup>) {
        self.groups = groups;
    }

    /// Tells which persistent groups are stored; replaces what was told before.
    pub fn set_stored_groups(&mut self, groups: Vec<StoredGroup>) {
        self.stored = groups;
    }

    /// Searches for peers and is found by them; replaces a search under way. Every peer is reported anew.
    ///
    /// # Errors
    /// [`Refusal::Busy`] while a group is being formed.
    pub fn find(&mut self, now: Duration, parameters: FindParameters, rng: &mut dyn CryptoRng) -> Result<(), Refusal> {
        if self.formation.is_some() {
            return Err(Refusal::Busy);
        }
        self.peers.iter_mut().for_each(|entry| entry.peer.flags.reported = false);
        self.listen_until = None;
        self.timers.clear(Timer::ListenOnly);
        match parameters.timeout {
            Some(timeout) => self.timers.set(Timer::FindTimeout, now + timeout),
            None => self.timers.clear(Timer::FindTimeout),
        }
        let schedule = Schedule::new(now, self.scope(&parameters));
        self.find = Some(Find { parameters, schedule, began: now });
        if matches!(self.air, Air::Search | Air::Listen { purpose: Purpose::Find, .. }) {
            self.rest();
        }
        self.drive(now, rng);
        Ok(())
    }

    fn scope(&self, parameters: &FindParameters) -> Scope {
        let &Settings { ref other_frequencies, ref passive_frequencies, announce, find_listen: listen, .. } =
            &self.settings;
        let is_passive = |mhz: &u32| passive_frequencies.contains(mhz);
        match parameters.frequency {
            Some(mhz) => Scope {
                others: [mhz].into_iter().filter(|mhz| !crate::SOCIAL_FREQUENCIES.contains(mhz)).collect(),
                passive: passive_frequencies.iter().copied().filter(|each| *each == mhz).collect(),
                first: Some(mhz),
                announce,
                listen,
            },
            None if parameters.social_only => Scope {
                others: Vec::new(),
                passive: crate::SOCIAL_FREQUENCIES.into_iter().filter(is_passive).collect(),
                first: None,
                announce,
                listen,
            },
            None => Scope {
                others: other_frequencies.iter().copied().filter(|mhz| !is_passive(mhz)).collect(),
                passive: passive_frequencies.clone(),
                first: None,
                announce,
                listen,
            },
        }
    }

    /// Ends a search and a listen that the user has asked for.
    pub fn stop_find(&mut self, now: Duration) {
        self.end_find();
        self.listen_until = None;
        self.timers.clear(Timer::ListenOnly);
        self.settle(now);
    }

    /// Is found by others, for this long or (`None`) for an hour; ends a search.
    pub fn listen(&mut self, now: Duration, duration: Option<Duration>) {
        self.end_find();
        let until = now + duration.unwrap_or(LISTEN_FOR_EVER);
        self.listen_until = Some(until);
        self.timers.set(Timer::ListenOnly, until);
        self.settle(now);
    }

    /// While idle, is found for `period` in every `interval`, both ms; `None` ends it.
    pub fn extended_listen(&mut self, now: Duration, timing: Option<(u16, u16)>) {
        self.extended = timing.filter(|(period, interval)| *period > 0 && period <= interval);
        self.extended_until = None;
        match self.extended {
            Some((_, interval)) => self.timers.set(Timer::ExtendedListen, now + Duration::from_millis(interval.into())),
            None => self.timers.clear(Timer::ExtendedListen),
        }
        self.settle(now);
    }

    /// Forgets all peers and ends search, listen and requests that no negotiation needs.
    pub fn flush(&mut self, now: Duration) {
        self.end_find();
        self.listen_until = None;
        self.timers.clear(Timer::ListenOnly);
        self.extended = None;
        self.extended_until = None;
        self.timers.clear(Timer::ExtendedListen);
        self.end_negotiation();
        if let Some((exchange, _)) = self.exchange.take() {
            self.leave(&exchange);
        }
        self.authorized.clear();
        self.invitation_from = None;
        self.answers.clear();
        for entry in self.peers.clear() {
            self.lost(&entry);
        }
        self.settle(now);
    }

    /// The next output, in order.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    /// When [`handle_timeout`](Self::handle_timeout) is to be called.
    pub fn poll_timeout(&self) -> Option<Duration> {
        self.timers.next()
    }

    /// The peers, in no order.
    pub fn peers(&self) -> impl Iterator<Item = &Peer> {
        self.peers.iter().map(|entry| &entry.peer)
    }

    /// The peer of this device address.
    pub fn peer(&self, address: MacAddr) -> Option<&Peer> {
        self.peers.get(address).map(|entry| &entry.peer)
    }

    /// When a frame last told of this peer.
    pub fn last_seen(&self, address: MacAddr) -> Option<Duration> {
        self.peers.get(address).map(|entry| entry.last_seen)
    }

    /// Counters of what was not acted on.
    pub fn dropped(&self) -> Dropped {
        self.dropped
    }

    /// Our listen channel, MHz; 0 where the settings name none that exists.
    pub fn listen_frequency(&self) -> u32 {
        channel_to_frequency(self.settings.listen.0, self.settings.listen.1).unwrap_or(0)
    }

    /// What the machine is doing.
    pub fn state(&self) -> State {
        if self.formation.is_some() {
            return State::Provisioning;
        }
        let listening = matches!(self.air, Air::Listen { .. });
        if let Some((exchange, request)) = &self.exchange {
            let paused = exchange.paused_until().is_some();
            return match request {
                Request::Provision(_) if self.negotiation.is_none() => State::PdDuringFind,
                Request::Negotiation | Request::Discoverability | Request::Provision(_) if paused => {
                    State::ConnectListen
                }
                Request::Negotiation | Request::Discoverability | Request::Provision(_) => State::Connect,
                Request::Invitation(_) if paused => State::InviteListen,
                Request::Invitation(_) => State::Invite,
            };
        }
        match &self.negotiation {
            Some(negotiation) if !negotiation.waits() => return State::GoNeg,
            _ if self.find.is_some() => return State::Search,
            Some(_) if listening => return State::WaitPeerConnect,
            Some(_) => return State::WaitPeerIdle,
            None => {}
        }
        if self.listen_until.is_some() { State::ListenOnly } else { State::Idle }
    }

    /// The WSC, P2P and extra elements of our probe responses, for those that an access point of ours sends.
    pub fn probe_response_elements(&self) -> Vec<u8> {
        probe::response_elements(&self.settings, self.extended, self.groups.iter().any(|group| group.owner))
    }

    /// The WSC, P2P and extra elements of our probe requests.
    pub fn probe_request_elements(&self) -> Vec<u8> {
        probe::request_elements(&self.settings, self.extended, &FindParameters::default())
    }

    /// The P2P element and the extra elements of an association request into a group (Wi-Fi P2P v1.7 §4.2.4).
    pub fn p2p_element_for_association_request(&self) -> Vec<u8> {
        let mut attributes = Vec::from([frames::client_capability(&self.settings)]);
        attributes.extend(frames::extended_listen(self.extended));
        attributes.push(frames::device_info(&self.settings, None));
        let mut out = Vec::new();
        emit(&attributes, &mut out);
        frames::emit_extra(&self.settings, Kind::AssociationRequest, &mut out);
        out
    }
}

/// What the parts of the machine use.
impl P2p {
    pub(crate) fn out(&mut self, output: Output) {
        if self.out.len() < MAX_OUTPUTS {
            self.out.push_back(output);
        }
    }

    pub(crate) fn event(&mut self, event: Event) {
        self.out(Output::Event(event));
    }

    /// Has a frame sent.
    pub(crate) fn send(&mut self, frequency: u32, frame: Vec<u8>, wait: Duration, urgent: bool) -> SendToken {
        let token = SendToken(self.next_send);
        self.next_send = self.next_send.wrapping_add(1);
        self.out(Output::Want(Want::Send { token, frequency, frame, wait, urgent }));
        token
    }

    /// Makes room for one more peer that the user has agreed to.
    pub(crate) fn authorize(&mut self, wish: Negotiate) {
        self.authorized.retain(|each| each.peer != wish.peer);
        if self.authorized.len() >= MAX_AUTHORIZED {
            self.authorized.remove(0);
        }
        self.authorized.push(wish);
    }

    /// Those that must not be forgotten now.
    pub(crate) fn in_use(&self) -> Vec<MacAddr> {
        let negotiating = self.negotiation.as_ref().map(|it| it.wish.peer);
        let forming = self.formation.as_ref().map(|it| it.negotiated.peer);
        let asked = self.exchange.as_ref().map(|(exchange, _)| exchange.peer);
        let owners = self.groups.iter().map(|group| group.owner_address);
        let clients = self.groups.iter().flat_map(|group| group.clients.iter().map(|(device, _)| *device));
        let authorized = self.authorized.iter().map(|wish| wish.peer);
        negotiating.into_iter().chain(forming).chain(asked).chain(authorized).chain(owners).chain(clients).collect()
    }

    pub(crate) fn lost(&mut self, entry: &Entry) {
        if entry.announced {
            self.event(Event::DeviceLost { address: entry.peer.address });
        }
    }

    pub(crate) fn expire_peers(&mut self, now: Duration) {
        let in_use = self.in_use();
        for entry in self.peers.expire(now, |address| in_use.contains(&address)) {
            self.lost(&entry);
        }
    }
}

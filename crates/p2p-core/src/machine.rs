//! The machine: what it holds, what can be asked of it, and what it wants of the radio next.

use crate::api::*;
use crate::exchange::{Exchange, Next};
use crate::find::{Schedule, Scope, Step};
use crate::frames::{self, Kind};
use crate::invitation::Inviting;
use crate::negotiation::{Confirm, Formation, Negotiation};
use crate::peers::{Entry, Peers};
use crate::probe;
use crate::provision::Provision;
use crate::repeat::Repeat;
use crate::timers::{Timer, Timers};
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;
use ieee80211_ies::MacAddr;
use ieee80211_ies::frame::{Action, Body, Frame, P2pPublicSubtype};
use ieee80211_ies::p2p::emit;
use radio::{SendStatus, channel_to_frequency};
use rand_core::CryptoRng;

/// A listen without end, in wpa_supplicant's terms.
const LISTEN_FOR_EVER: Duration = Duration::from_secs(3600);
/// A search that is not reported as over within this time is taken for over (as deployed devices have it).
const SEARCH_WATCHDOG: Duration = Duration::from_secs(35);
/// The same for a listen, beyond its own duration.
const LISTEN_WATCHDOG: Duration = Duration::from_secs(2);
/// A listen that was cut short by less than this is not taken up again.
const LEAST_LISTEN: Duration = Duration::from_millis(5);
/// A search or listen that is over sooner has not taken place; after so many in a row there is a pause.
const LEAST_STEP: Duration = Duration::from_millis(5);
const MAX_HASTY: u32 = 3;
const AIR_PAUSE: Duration = Duration::from_millis(100);
/// Most outputs that wait to be taken. A caller that drains after every input never gets near it.
const MAX_OUTPUTS: usize = 4096;
/// Answers of ours that are kept for repeated requests.
const MAX_ANSWERS: usize = 8;
/// For how long a repeated request gets the same answer: longer than any exchange of deployed devices lasts.
const ANSWER_LIFETIME: Duration = Duration::from_secs(5);
/// Peers that the user has agreed to and that are to ask first.
const MAX_AUTHORIZED: usize = 16;

/// What a listen is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Purpose {
    /// A search listens between bursts.
    Find,
    /// A request to a deaf peer pauses.
    Pause,
    /// A peer is to ask, or to confirm.
    Peer,
    /// The user wants to be found.
    User,
    /// Extended listen.
    Extended,
}

/// What the radio has been told to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Air {
    Rest,
    Search,
    Listen { purpose: Purpose, until: Duration },
}

/// What the radio is to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Goal {
    /// Frames are under way that need it: no search, and no new listen.
    Hold,
    Rest,
    Find,
    Listen(Purpose, Duration),
}

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
    Provision(Provision),
    Invitation(Box<Inviting>),
}

/// An answer of ours, kept in case its request comes again.
#[derive(Clone, Debug)]
struct Answer {
    peer: MacAddr,
    subtype: P2pPublicSubtype,
    dialog_token: u8,
    frame: Vec<u8>,
    at: Duration,
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
    answers: VecDeque<Answer>,
    listen_until: Option<Duration>,
    extended_until: Option<Duration>,
    air: Air,
    air_since: Duration,
    hasty: u32,
    air_not_before: Duration,
    probe_requests_reported: bool,
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
        let Settings { other_frequencies, passive_frequencies, .. } = &self.settings;
        let is_passive = |mhz: &u32| passive_frequencies.contains(mhz);
        match parameters.frequency {
            Some(mhz) => Scope {
                others: [mhz].into_iter().filter(|mhz| !crate::SOCIAL_FREQUENCIES.contains(mhz)).collect(),
                passive: passive_frequencies.iter().copied().filter(|each| *each == mhz).collect(),
                first: Some(mhz),
            },
            None if parameters.social_only => Scope {
                others: Vec::new(),
                passive: crate::SOCIAL_FREQUENCIES.into_iter().filter(is_passive).collect(),
                first: None,
            },
            None => Scope {
                others: other_frequencies.iter().copied().filter(|mhz| !is_passive(mhz)).collect(),
                passive: passive_frequencies.clone(),
                first: None,
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
        self.answers.clear();
        for entry in self.peers.clear() {
            self.lost(&entry);
        }
        self.settle(now);
    }

    /// A search has ended, or could not begin (`aborted`): all that it found was handed in before.
    pub fn search_done(&mut self, now: Duration, aborted: bool, rng: &mut dyn CryptoRng) {
        if self.air == Air::Search {
            tracing::trace!(aborted, "search is over");
            self.air_over(now);
            self.drive(now, rng);
        }
    }

    /// The radio is on the listen channel now.
    pub fn listen_started(&mut self, now: Duration) {
        // The time spent on getting there is added, so that the peers have the whole of it.
        if let Air::Listen { purpose: Purpose::Find, until } = self.air {
            self.timers.set(Timer::AirWatchdog, until.max(now) + LISTEN_WATCHDOG);
        }
    }

    /// The radio has left the listen channel.
    pub fn listen_ended(&mut self, now: Duration, rng: &mut dyn CryptoRng) {
        if let Air::Listen { .. } = self.air {
            self.air_over(now);
            self.drive(now, rng);
        }
    }

    /// A search or a listen is over. A radio that refuses several in a row is left alone for a moment.
    fn air_over(&mut self, now: Duration) {
        self.air = Air::Rest;
        self.timers.clear(Timer::AirWatchdog);
        self.hasty = if now < self.air_since + LEAST_STEP { self.hasty + 1 } else { 0 };
        if self.hasty >= MAX_HASTY {
            self.hasty = 0;
            self.air_not_before = now + AIR_PAUSE;
        }
    }

    /// A frame of ours was sent, and this became of it.
    pub fn sent(&mut self, now: Duration, token: SendToken, status: SendStatus) {
        let reached = status != SendStatus::NotAcked;
        self.transmission_over(now, token, reached);
    }

    /// The radio has refused to send a frame of ours.
    pub fn send_failed(&mut self, now: Duration, token: SendToken) {
        self.transmission_over(now, token, false);
    }

    fn transmission_over(&mut self, now: Duration, token: SendToken, reached: bool) {
        if let Some(place) = self.probe_responses.iter().position(|(each, ..)| *each == token) {
            self.probe_responses.swap_remove(place);
            return;
        }
        if self.answer_over(now, token, reached) {
            return;
        }
        if let Some((exchange, _)) = &mut self.exchange {
            exchange.sent(now, token, reached);
            self.arm_exchange();
        }
    }

    /// Something is due.
    pub fn handle_timeout(&mut self, now: Duration, rng: &mut dyn CryptoRng) {
        while let Some(timer) = self.timers.pop(now) {
            match timer {
                Timer::FindTimeout => self.end_find(),
                Timer::FindStep => {
                    if let Air::Listen { purpose: Purpose::Find, .. } = self.air {
                        self.air = Air::Rest;
                    }
                }
                Timer::ListenOnly => self.listen_until = None,
                Timer::AirWatchdog => {
                    tracing::debug!(air = ?self.air, "the radio has not told the end");
                    self.air = Air::Rest;
                }
                Timer::ExtendedListen => self.extended_listen_due(now),
                Timer::Exchange => self.exchange_due(now, rng),
                Timer::Repeat => self.repeat_due(now),
                Timer::Negotiation => self.negotiation_due(now, rng),
                Timer::PeerExpiry => self.expire_peers(now),
            }
        }
        self.drive(now, rng);
    }

    /// The next output, in order.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    /// When [`handle_timeout`](Self::handle_timeout) is to be called.
    pub fn poll_timeout(&self) -> Option<Duration> {
        self.timers.next()
    }

    /// A management frame was received: probe requests and P2P public action frames are of interest.
    pub fn handle_frame(&mut self, now: Duration, frame: &Frame<'_>, reception: Reception, rng: &mut dyn CryptoRng) {
        let header = &frame.header;
        if header.source.is_group() {
            self.dropped.group_source += 1;
            return;
        }
        if header.source == self.settings.device.address || header.source.is_zero() {
            self.dropped.unexpected += 1;
            return;
        }
        match frame.body {
            Body::ProbeRequest { elements } => self.probe_request(now, header, elements, reception, rng),
            Body::Action(Action::P2pPublic { subtype, dialog_token, elements }) => {
                let own = |address| {
                    address == self.settings.device.address
                        || self.groups.iter().any(|group| group.interface_address == address)
                };
                if !own(header.destination) {
                    self.dropped.not_for_us += 1;
                    return;
                }
                let Some(message) = frames::Message::read(elements) else {
                    // A response to a Provision Discovery Request carries a WSC element alone.
                    if subtype == P2pPublicSubtype::PROVISION_DISCOVERY_RESPONSE {
                        self.provision_discovery_response(now, header.source, dialog_token, elements, rng);
                        self.drive(now, rng);
                    } else {
                        self.dropped.malformed += 1;
                    }
                    return;
                };
                let source = header.source;
                match subtype {
                    P2pPublicSubtype::GO_NEGOTIATION_REQUEST => {
                        self.go_negotiation_request(now, source, dialog_token, &message, reception, rng);
                    }
                    P2pPublicSubtype::GO_NEGOTIATION_RESPONSE => {
                        self.go_negotiation_response(now, source, dialog_token, &message, reception, rng);
                    }
                    P2pPublicSubtype::GO_NEGOTIATION_CONFIRMATION => {
                        self.go_negotiation_confirm(source, dialog_token, &message);
                    }
                    P2pPublicSubtype::PROVISION_DISCOVERY_REQUEST => {
                        self.provision_discovery_request(now, source, dialog_token, &message, reception);
                    }
                    P2pPublicSubtype::PROVISION_DISCOVERY_RESPONSE => {
                        self.provision_discovery_response(now, source, dialog_token, elements, rng);
                    }
                    P2pPublicSubtype::INVITATION_REQUEST => {
                        self.invitation_request(now, source, dialog_token, &message, reception, rng);
                    }
                    P2pPublicSubtype::INVITATION_RESPONSE => {
                        self.invitation_response(now, source, dialog_token, &message, rng);
                    }
                    _ => self.dropped.unexpected += 1,
                }
                self.drive(now, rng);
            }
            _ => self.dropped.unexpected += 1,
        }
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
                Request::Negotiation | Request::Provision(_) if paused => State::ConnectListen,
                Request::Negotiation | Request::Provision(_) => State::Connect,
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
        let mut attributes = Vec::from([frames::capability(&self.settings, 0)]);
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

    /// Has an answer sent and keeps it, in case its request comes again.
    pub(crate) fn answer(
        &mut self,
        now: Duration,
        (peer, frequency): (MacAddr, u32),
        (subtype, dialog_token): (P2pPublicSubtype, u8),
        frame: Vec<u8>,
        wait: Duration,
    ) -> SendToken {
        self.answers.retain(|answer| (answer.peer, answer.subtype) != (peer, subtype));
        if self.answers.len() >= MAX_ANSWERS {
            self.answers.pop_front();
        }
        self.answers.push_back(Answer { peer, subtype, dialog_token, frame: frame.clone(), at: now });
        self.send(frequency, frame, wait, true)
    }

    /// Gives a repeated request the answer that it has had; whether it was one.
    pub(crate) fn answer_again(
        &mut self,
        now: Duration,
        (peer, frequency): (MacAddr, u32),
        (subtype, dialog_token): (P2pPublicSubtype, u8),
        wait: Duration,
    ) -> bool {
        let same = |answer: &&Answer| {
            (answer.peer, answer.subtype, answer.dialog_token) == (peer, subtype, dialog_token)
                && answer.at + ANSWER_LIFETIME > now
        };
        let Some(frame) = self.answers.iter().find(same).map(|answer| answer.frame.clone()) else { return false };
        self.send(frequency, frame, wait, true);
        true
    }

    /// Forgets the answers to a peer: something has changed that they would not tell.
    pub(crate) fn forget_answers(&mut self, peer: MacAddr) {
        self.answers.retain(|answer| answer.peer != peer);
    }

    /// Sends a request for the first time, at once or after the pause that it is in; search and listen make way.
    pub(crate) fn begin_exchange(&mut self, now: Duration, exchange: Exchange, request: Request) {
        self.end_exchange();
        let later = exchange.paused_until().is_some_and(|until| until > now);
        self.exchange = Some((exchange, request));
        if later { self.arm_exchange() } else { self.send_exchange(now) }
    }

    fn send_exchange(&mut self, now: Duration) {
        let Some((exchange, _)) = &self.exchange else { return };
        let (frequency, frame, old) = (exchange.frequency, exchange.frame.clone(), exchange.token());
        if let Some(token) = old {
            self.out(Output::Want(Want::StopWaiting(token)));
        }
        if self.air == Air::Search {
            self.rest();
        }
        let token = self.send(frequency, frame, crate::exchange::STAY, false);
        if let Some((exchange, request)) = &mut self.exchange {
            exchange.sending(now, token);
            let (peer, attempts) = (exchange.peer, exchange.attempts());
            if let Some(entry) = self.peers.get_mut(peer) {
                match request {
                    Request::Negotiation => entry.peer.negotiation_requests_sent = attempts,
                    Request::Invitation(_) => entry.peer.invitation_requests = attempts,
                    Request::Provision(_) => {}
                }
            }
        }
        self.arm_exchange();
    }

    fn exchange_due(&mut self, now: Duration, rng: &mut dyn CryptoRng) {
        let Some((exchange, _)) = &mut self.exchange else { return };
        match exchange.timeout(now, rng) {
            Next::Wait => self.arm_exchange(),
            Next::Send => self.send_exchange(now),
            Next::Leave(token) => {
                self.out(Output::Want(Want::StopWaiting(token)));
                self.arm_exchange();
            }
            Next::GiveUp => {
                let peer = exchange.peer;
                match self.end_exchange() {
                    Some(Request::Negotiation) => self.negotiation_unanswered(),
                    Some(Request::Provision(provision)) => self.provision_unanswered(now, peer, &provision),
                    Some(Request::Invitation(inviting)) => self.invitation_unanswered(&inviting),
                    None => {}
                }
            }
        }
    }

    fn arm_exchange(&mut self) {
        match &self.exchange {
            Some((exchange, _)) => self.timers.set(Timer::Exchange, exchange.deadline()),
            None => self.timers.clear(Timer::Exchange),
        }
    }

    /// Ends the request under way: it was answered, or is not wanted any more.
    pub(crate) fn end_exchange(&mut self) -> Option<Request> {
        let (exchange, request) = self.exchange.take()?;
        self.leave(&exchange);
        Some(request)
    }

    fn leave(&mut self, exchange: &Exchange) {
        self.timers.clear(Timer::Exchange);
        if let Some(token) = exchange.token() {
            self.out(Output::Want(Want::StopWaiting(token)));
        }
    }

    /// Ends the user's search, with the event that tells so.
    pub(crate) fn end_find(&mut self) {
        self.timers.clear(Timer::FindTimeout);
        self.timers.clear(Timer::FindStep);
        if self.find.take().is_some() {
            self.event(Event::FindStopped);
        }
    }

    /// Ends search and listen, since a group comes.
    pub(crate) fn end_discovery(&mut self) {
        self.end_find();
        self.listen_until = None;
        self.timers.clear(Timer::ListenOnly);
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

    fn expire_peers(&mut self, now: Duration) {
        let in_use = self.in_use();
        for entry in self.peers.expire(now, |address| in_use.contains(&address)) {
            self.lost(&entry);
        }
    }

    fn extended_listen_due(&mut self, now: Duration) {
        let Some((period, interval)) = self.extended else { return };
        self.timers.set(Timer::ExtendedListen, now + Duration::from_millis(interval.into()));
        if self.goal() == Goal::Rest {
            self.extended_until = Some(now + Duration::from_millis(period.into()));
        }
    }

    fn goal(&self) -> Goal {
        if self.formation.is_some() {
            return Goal::Rest;
        }
        if let Some((exchange, _)) = &self.exchange {
            return exchange.paused_until().map_or(Goal::Hold, |until| Goal::Listen(Purpose::Pause, until));
        }
        match &self.negotiation {
            Some(negotiation) if !negotiation.waits() => return Goal::Hold,
            _ if self.find.is_some() => return Goal::Find,
            Some(negotiation) => return Goal::Listen(Purpose::Peer, negotiation.until),
            None => {}
        }
        let user = self.listen_until.map(|until| Goal::Listen(Purpose::User, until));
        let extended = || self.extended_until.map(|until| Goal::Listen(Purpose::Extended, until));
        user.or_else(extended).unwrap_or(Goal::Rest)
    }

    /// Has the radio do what is to be done now.
    pub(crate) fn drive(&mut self, now: Duration, rng: &mut dyn CryptoRng) {
        self.settle(now);
        let busy = matches!(self.air, Air::Search | Air::Listen { purpose: Purpose::Find, .. });
        if self.goal() != Goal::Find || busy || self.air_not_before > now {
            return;
        }
        let Some(find) = &mut self.find else { return };
        match find.schedule.next(now, rng) {
            Step::Search(frequencies) => {
                let elements = probe::request_elements(&self.settings, self.extended, &find.parameters);
                self.air = Air::Search;
                self.air_since = now;
                self.timers.clear(Timer::FindStep);
                self.timers.set(Timer::AirWatchdog, now + SEARCH_WATCHDOG);
                self.out(Output::Want(Want::Search { frequencies, elements, dwell_tu: None }));
            }
            Step::Listen(duration) => {
                self.want_listen(now, Purpose::Find, now + duration);
                self.arm_find_step();
            }
        }
    }

    /// While a search listens: the moment at which a chased device is due.
    pub(crate) fn arm_find_step(&mut self) {
        let listening = matches!(self.air, Air::Listen { purpose: Purpose::Find, .. });
        match self.find.as_ref().filter(|_| listening).and_then(|find| find.schedule.wake()) {
            Some(wake) => self.timers.set(Timer::FindStep, wake),
            None => self.timers.clear(Timer::FindStep),
        }
    }

    /// As [`drive`](Self::drive), but for the next step of a search, which needs randomness: that follows at once by a timer.
    pub(crate) fn settle(&mut self, now: Duration) {
        if self.extended_until.is_some_and(|until| until <= now) {
            self.extended_until = None;
        }
        match (self.goal(), self.air) {
            (Goal::Rest, Air::Search | Air::Listen { .. }) | (Goal::Hold, Air::Search) => self.rest(),
            (Goal::Find, Air::Listen { purpose, .. }) if purpose != Purpose::Find => {
                self.timers.set(Timer::FindStep, now.max(self.air_not_before));
            }
            (Goal::Find, Air::Rest) => self.timers.set(Timer::FindStep, now.max(self.air_not_before)),
            (Goal::Listen(purpose, until), Air::Listen { until: present, .. }) if until <= present => {
                self.air = Air::Listen { purpose, until: present };
            }
            (Goal::Listen(..), Air::Rest) if self.air_not_before > now => {
                self.timers.set(Timer::FindStep, self.air_not_before);
            }
            (Goal::Listen(purpose, until), _) if until > now + LEAST_LISTEN => self.want_listen(now, purpose, until),
            _ => {}
        }
        let wanted = self.formation.is_none()
            && (self.find.is_some() || self.listen_until.is_some() || self.extended.is_some())
            || self.exchange.is_some()
            || self.negotiation.is_some();
        if wanted != self.probe_requests_reported {
            self.probe_requests_reported = wanted;
            self.out(Output::Want(Want::ReportProbeRequests(wanted)));
        }
        let in_use = self.in_use();
        match self.peers.next_expiry(|address| in_use.contains(&address)) {
            Some(at) => self.timers.set(Timer::PeerExpiry, at.max(now)),
            None => self.timers.clear(Timer::PeerExpiry),
        }
    }

    fn rest(&mut self) {
        self.air = Air::Rest;
        self.timers.clear(Timer::AirWatchdog);
        self.timers.clear(Timer::FindStep);
        self.out(Output::Want(Want::Rest));
    }

    fn want_listen(&mut self, now: Duration, purpose: Purpose, until: Duration) {
        let frequency = self.listen_frequency();
        self.air = Air::Listen { purpose, until };
        self.air_since = now;
        self.timers.clear(Timer::FindStep);
        self.timers.set(Timer::AirWatchdog, until + LISTEN_WATCHDOG);
        self.out(Output::Want(Want::Listen { frequency, duration: until.saturating_sub(now) }));
    }

    /// Whether the radio is not searching, so that it may be on our listen channel.
    pub(crate) fn may_listen(&self) -> bool {
        self.air != Air::Search
    }
}

//! GO negotiation (Wi-Fi P2P v1.7 §3.1.4.2): what both roles share.

mod frames;
mod initiator;
mod responder;

use crate::api::*;
use crate::channels::{self, Demand, Offer};
use crate::exchange::Exchange;
use crate::machine::{P2p, Request};
use crate::random;
use crate::timers::Timer;
use alloc::vec::Vec;
use core::time::Duration;
use ieee80211_ies::MacAddr;
use ieee80211_ies::p2p::{GroupOwnerIntent, MAX_GROUP_OWNER_INTENT, Status};
use rand_core::CryptoRng;

/// Most GO Negotiation Requests of one negotiation (as deployed devices have it).
const MAX_REQUESTS: u32 = 120;
/// How long a peer whose user has not decided is waited for (Wi-Fi P2P v1.7 §3.1.4.2.2).
const PEER_DECISION: Duration = Duration::from_secs(120);
/// How long the Confirm is waited for after the Response (as deployed devices have it).
const CONFIRM_TIMEOUT: Duration = Duration::from_millis(500);
/// The same where we have asked, too: then we ask again instead of giving up. Each side may have answered the other's
/// request where that one no longer was.
const CONFIRM_TIMEOUT_IF_ASKING: Duration = Duration::from_millis(250);
/// While the Confirm is missing the Response is sent again this often: who has confirmed in vain confirms again then.
const ASK_FOR_CONFIRM: Duration = Duration::from_millis(100);
/// How often we go back to asking.
const MAX_RETURNS: u32 = 8;
/// How long the radio stays for the Confirm after each Response.
const RESPONSE_STAY: Duration = Duration::from_millis(250);
/// How long it stays after a Confirm: the peer repeats its Response when the Confirm was lost.
const CONFIRM_STAY: Duration = Duration::from_millis(50);

/// A negotiation that the user has agreed to and that is not over.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Negotiation {
    pub(crate) wish: Negotiate,
    offer: Offer,
    /// The token of our request.
    dialog_token: u8,
    /// Our tie breaker in it.
    tie_breaker: bool,
    /// We ask; otherwise the user has only authorised the peer to ask.
    asks: bool,
    /// How often we have gone back from answering to asking.
    returns: u32,
    /// How often the owner of the peer's group could not wake it.
    unwoken: u32,
    /// When the phase has lasted too long.
    pub(crate) until: Duration,
    phase: Phase,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Phase {
    /// We ask: the request is under way.
    Asking,
    /// The peer's user has to decide; then the peer asks.
    PeerDecides,
    /// The owner of the peer's group could not wake it: it is asked again.
    Asleep,
    /// We have answered the peer's request of this token and await its Confirm.
    Answered { dialog_token: u8, frequency: u32, agreed: Agreed },
    /// We have accepted the peer's answer; our Confirm is on its way.
    Confirming,
}

/// What request and response have settled.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Agreed {
    owner: bool,
    peer_interface: MacAddr,
    /// MHz; `None` while the owner to be has not said.
    frequency: Option<u32>,
    channels: ChannelSet,
    peer_timeout: Duration,
    /// The peer wants the group to be persistent, as its owner.
    peer_persistent: bool,
}

/// A negotiation that has succeeded, until the group stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Formation {
    pub(crate) negotiated: Negotiated,
}

/// A Confirm of ours, in case the peer repeats its Response.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Confirm {
    peer: MacAddr,
    dialog_token: u8,
    frequency: u32,
    frame: Vec<u8>,
}

impl Negotiation {
    /// Whether the peer is waited for, for long.
    pub(crate) fn waits(&self) -> bool {
        matches!(self.phase, Phase::PeerDecides | Phase::Asleep)
    }

    /// Waits until then to have the peer woken again; false when that was tried often enough.
    pub(crate) fn sleeps_on(&mut self, until: Duration) -> bool {
        self.unwoken += 1;
        (self.phase, self.until) = (Phase::Asleep, until);
        self.unwoken < MAX_REQUESTS
    }

    fn confirm_timeout(&self) -> Duration {
        if self.asks { CONFIRM_TIMEOUT_IF_ASKING } else { CONFIRM_TIMEOUT }
    }
}

/// Who is the owner, given our intent and the peer's value (Wi-Fi P2P v1.7 §3.1.4.2, Figure 6).
///
/// # Errors
/// Status 9 when both insist.
fn we_own(own_intent: u8, peer: GroupOwnerIntent) -> Result<bool, Status> {
    if own_intent != peer.intent {
        return Ok(own_intent > peer.intent);
    }
    if own_intent == MAX_GROUP_OWNER_INTENT { Err(Status::BOTH_INTENT_15) } else { Ok(!peer.tie_breaker) }
}

impl P2p {
    /// Negotiates with a peer, as the user has agreed to. Ends a search.
    ///
    /// # Errors
    /// [`Refusal::UnknownPeer`] for a peer that is not in the table, or not known well enough to be asked;
    /// [`Refusal::Busy`] during another negotiation or group formation; [`Refusal::NoChannel`]; [`Refusal::Invalid`].
    pub fn negotiate(&mut self, now: Duration, wish: Negotiate, rng: &mut dyn CryptoRng) -> Result<(), Refusal> {
        if wish.intent > MAX_GROUP_OWNER_INTENT {
            return Err(Refusal::Invalid("group owner intent"));
        }
        if wish.ssid.is_empty() || wish.ssid.len() > 32 {
            return Err(Refusal::Invalid("SSID"));
        }
        let entry = self.peers.get(wish.peer).ok_or(Refusal::UnknownPeer)?;
        let behind_owner = entry.peer.flags.group_client_only;
        let reachable = entry.known() && entry.frequency_to_answer_on().is_some();
        let helper = if behind_owner { self.helper_for(wish.peer) } else { None };
        if !wish.authorize_only && (!reachable || behind_owner != helper.is_some()) {
            return Err(Refusal::UnknownPeer);
        }
        if self.formation.is_some()
            || self.negotiation.as_ref().is_some_and(|it| it.wish.peer != wish.peer && !it.waits())
        {
            return Err(Refusal::Busy);
        }
        let offer = channels::offer(&self.settings, demand(&wish), rng).ok_or(Refusal::NoChannel)?;
        self.forget_answers(wish.peer);
        if let Some(entry) = self.peers.get_mut(wish.peer) {
            entry.set_method(Some(wish.method));
            entry.peer.flags.user_rejected = false;
            entry.peer.flags.prefer_persistent_group = wish.persistent;
            entry.peer.flags.force_freq = offer.forced;
            entry.peer.go_state = GoState::Unknown;
            entry.peer.status = 0;
        }
        let (peer, provision_first) = (wish.peer, wish.provision_first);
        if wish.authorize_only {
            self.authorize(wish);
            return Ok(());
        }
        self.authorized.retain(|each| each.peer != peer);
        self.end_negotiation();
        self.end_discovery();
        let tie_breaker = self.tie_breaker.unwrap_or_else(|| rng.next_u32() & 1 != 0);
        self.tie_breaker = Some(!tie_breaker);
        let dialog_token = self.next_dialog_token(peer, rng);
        let until = Duration::MAX;
        let phase = Phase::Asking;
        self.negotiation = Some(Negotiation {
            wish,
            offer,
            dialog_token,
            tie_breaker,
            asks: true,
            returns: 0,
            unwoken: 0,
            until,
            phase,
        });
        if let Some(helper) = helper {
            self.wake_peer(now, peer, helper, rng);
        } else if !provision_first || !self.provision_before_negotiation(now, rng) {
            self.ask(now, None);
        }
        self.drive(now, rng);
        Ok(())
    }

    /// Sends the GO Negotiation Request of the negotiation in hand; after a random pause where a generator is given.
    pub(crate) fn ask(&mut self, now: Duration, pause: Option<&mut dyn CryptoRng>) {
        let Some(negotiation) = &mut self.negotiation else { return };
        let peer = negotiation.wish.peer;
        negotiation.phase = Phase::Asking;
        let entry = self.peers.get(peer);
        let plain_pin = entry.is_some_and(|entry| entry.plain_pin);
        let Some(frequency) = entry.and_then(|entry| entry.frequency_to_answer_on()) else {
            return self.negotiation_failed(None, "the peer's listen channel is not known");
        };
        let frame = frames::request(&self.settings, self.extended, negotiation, plain_pin);
        let exchange = Exchange::new(&self.settings, peer, frequency, negotiation.dialog_token, frame, MAX_REQUESTS);
        let exchange = match pause {
            Some(rng) => exchange.after_pause(now, rng),
            None => exchange,
        };
        if let Some(entry) = self.peers.get_mut(peer) {
            entry.peer.flags.wait_go_neg_response = true;
        }
        self.begin_exchange(now, exchange, Request::Negotiation);
    }

    /// A token for the next exchange with this peer.
    pub(crate) fn next_dialog_token(&mut self, peer: MacAddr, rng: &mut dyn CryptoRng) -> u8 {
        let Some(entry) = self.peers.get_mut(peer) else { return random::dialog_token(rng) };
        let token = &mut entry.peer.dialog_token;
        *token = if *token == 0 { random::dialog_token(rng) } else { token.checked_add(1).unwrap_or(1) };
        *token
    }

    /// Ends whatever is being set up: a negotiation, provision discovery or invitation; and a search.
    ///
    /// # Errors
    /// [`Refusal::Nothing`] when none of the former is under way.
    pub fn cancel(&mut self, now: Duration) -> Result<(), Refusal> {
        let something = self.negotiation.is_some() || self.exchange.is_some();
        self.end_negotiation();
        self.end_exchange();
        self.end_find();
        self.settle(now);
        if something { Ok(()) } else { Err(Refusal::Nothing) }
    }

    /// Ends a negotiation, provision discovery or invitation, if one is under way; a search goes on.
    pub fn give_up(&mut self, now: Duration) {
        self.end_negotiation();
        self.end_exchange();
        self.settle(now);
    }

    /// Refuses a peer: its next GO Negotiation Request is answered with status 11. A negotiation with it ends.
    pub fn reject(&mut self, now: Duration, peer: MacAddr) {
        self.unauthorize(now, peer);
        if self.negotiation.as_ref().is_some_and(|it| it.wish.peer == peer) {
            self.end_negotiation();
        }
        if let Some(entry) = self.peers.get_mut(peer) {
            entry.peer.flags.user_rejected = true;
            entry.peer.status = Status::REJECTED_BY_USER.0;
            entry.set_method(None);
        }
        self.forget_answers(peer);
        self.settle(now);
    }

    /// Takes back what the user has agreed to beforehand ([`Negotiate::authorize_only`]).
    pub fn unauthorize(&mut self, now: Duration, peer: MacAddr) {
        self.authorized.retain(|wish| wish.peer != peer);
        self.forget_answers(peer);
        if self.negotiation.as_ref().is_none_or(|it| it.wish.peer != peer)
            && let Some(entry) = self.peers.get_mut(peer)
        {
            entry.set_method(None);
        }
        self.settle(now);
    }

    /// The group formation that followed [`Event::NegotiationSucceeded`] is over: the machine may use the radio again.
    pub fn formation_ended(&mut self, now: Duration, peer: MacAddr, success: bool) {
        if self.formation.take_if(|formation| formation.negotiated.peer == peer).is_none() {
            return;
        }
        tracing::debug!(%peer, success, "group formation is over");
        if let Some(entry) = self.peers.get_mut(peer) {
            entry.set_method(None);
            if !success {
                entry.peer.go_state = GoState::Unknown;
            }
            entry.last_seen = now;
        }
        self.forget_answers(peer);
        self.settle(now);
    }

    /// Forgets the negotiation in hand, without an event.
    pub(crate) fn end_negotiation(&mut self) {
        // The radio need not stay for a Confirm that has come, or will not.
        if let Some(token) = self.awaiting_confirm.take() {
            self.out(Output::Want(Want::StopWaiting(token)));
        }
        self.timers.clear(Timer::Negotiation);
        let Some(negotiation) = self.negotiation.take() else { return };
        self.drop_repeat();
        let peer = negotiation.wish.peer;
        if self.exchange.as_ref().is_some_and(|(exchange, request)| match request {
            Request::Invitation(_) => false,
            Request::Discoverability => true,
            Request::Negotiation | Request::Provision(_) => exchange.peer == peer,
        }) {
            self.end_exchange();
        }
        if let Some(entry) = self.peers.get_mut(peer) {
            entry.set_method(None);
            entry.peer.flags.wait_go_neg_response = false;
            entry.peer.flags.wait_go_neg_confirm = false;
            entry.peer.flags.not_yet_ready = false;
            entry.peer.negotiation_requests_sent = 0;
        }
    }

    pub(crate) fn negotiation_failed(&mut self, status: Option<Status>, reason: &'static str) {
        let Some(peer) = self.negotiation.as_ref().map(|it| it.wish.peer) else { return };
        self.end_negotiation();
        self.forget_answers(peer);
        if let Some(entry) = self.peers.get_mut(peer) {
            entry.peer.status = status.map_or(0, |status| status.0);
        }
        tracing::debug!(%peer, ?status, reason, "GO negotiation has failed");
        self.event(Event::NegotiationFailed { peer, status: status.map(|status| status.0), reason });
    }

    pub(crate) fn negotiation_unanswered(&mut self) {
        self.negotiation_failed(None, "no answer to the GO Negotiation Request");
    }

    pub(crate) fn negotiation_due(&mut self, now: Duration, rng: &mut dyn CryptoRng) {
        let Some(negotiation) = &mut self.negotiation else { return };
        match negotiation.phase {
            Phase::Answered { dialog_token, frequency, .. } if now < negotiation.until => {
                self.ask_for_confirm(now, frequency, dialog_token);
            }
            Phase::Asleep => self.wake_again(now, rng),
            Phase::PeerDecides => self.negotiation_failed(None, "the peer's user did not agree in time"),
            Phase::Answered { .. } if negotiation.asks && negotiation.returns < MAX_RETURNS => {
                negotiation.returns += 1;
                self.drop_repeat();
                self.ask(now, Some(rng));
            }
            Phase::Answered { .. } => self.negotiation_failed(None, "no GO Negotiation Confirm"),
            Phase::Asking | Phase::Confirming => {}
        }
    }

    /// The group is to be formed now.
    pub(crate) fn negotiation_succeeded(&mut self, negotiated: Negotiated) {
        let peer = negotiated.peer;
        let method = negotiated.method;
        self.end_negotiation();
        self.end_discovery();
        self.authorized.retain(|wish| wish.peer != peer);
        if let Some(entry) = self.peers.get_mut(peer) {
            entry.set_method(Some(method));
            entry.peer.go_state = if negotiated.owner { GoState::Local } else { GoState::Remote };
            entry.peer.status = 0;
        }
        self.formation = Some(Formation { negotiated: negotiated.clone() });
        self.event(Event::NegotiationSucceeded(negotiated));
    }
}

/// What binds the channel of this negotiation.
fn demand(wish: &Negotiate) -> Demand {
    Demand {
        forced: wish.forced_frequency.or(wish.shared_frequency),
        preferred: wish.preferred_frequency,
        client: wish.intent < MAX_GROUP_OWNER_INTENT,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_owner_is_decided_alike_on_both_sides() {
        let value = |intent, tie_breaker| GroupOwnerIntent { intent, tie_breaker };
        for ours in 0..=15 {
            for theirs in 0..=15 {
                for bit in [false, true] {
                    // We ask with `bit`, so the answer has the other one.
                    let we = we_own(ours, value(theirs, !bit));
                    let they = we_own(theirs, value(ours, bit));
                    match (we, they) {
                        (Ok(we), Ok(they)) => assert_ne!(we, they),
                        (Err(status), Err(_)) => assert_eq!((status, ours, theirs), (Status::BOTH_INTENT_15, 15, 15)),
                        mixed => panic!("{mixed:?}"),
                    }
                }
            }
        }
        assert_eq!(we_own(7, value(7, false)), Ok(true), "the sender of bit 1 is the owner");
    }
}

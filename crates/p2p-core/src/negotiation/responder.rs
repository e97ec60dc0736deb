//! The peer asks: its request, our Response, its Confirm.

use super::frames::{Response, response};
use super::{ASK_FOR_CONFIRM, Agreed, Negotiation, Phase, RESPONSE_STAY, demand, we_own};
use crate::answers::Then;
use crate::api::*;
use crate::channels;
use crate::frames::{Message, channels_of, frequency};
use crate::machine::{P2p, Request};
use crate::peers::Entry;
use crate::timers::Timer;
use core::time::Duration;
use ieee80211_ies::MacAddr;
use ieee80211_ies::frame::P2pPublicSubtype;
use ieee80211_ies::p2p::{GroupOwnerIntent, MAX_GROUP_OWNER_INTENT, Status, group_capability};
use ieee80211_ies::wsc::DevicePasswordId;
use radio::channel_to_frequency;
use rand_core::CryptoRng;

/// What a request without our user's consent, or one that cannot be read, is answered from.
const NO_INTENT: GroupOwnerIntent = GroupOwnerIntent { intent: 0, tie_breaker: false };

impl P2p {
    pub(crate) fn go_negotiation_request(
        &mut self,
        now: Duration,
        source: MacAddr,
        dialog_token: u8,
        message: &Message<'_>,
        reception: Reception,
        rng: &mut dyn CryptoRng,
    ) {
        let Message { p2p, wsc, .. } = message;
        let at = (source, reception.frequency);
        let what = (P2pPublicSubtype::GO_NEGOTIATION_REQUEST, dialog_token);
        // Some deployed devices decline after their status 1 by a request that carries a status.
        let status = p2p.status().filter(|status| *status != Status::SUCCESS);
        let waited = self.negotiation.as_ref().is_some_and(|it| it.wish.peer == source && it.waits());
        if status == Some(Status::REJECTED_BY_USER) && waited {
            return self.negotiation_failed(status, "the peer's user has refused");
        }
        if dialog_token == 0 || status.is_some() || !is_complete(message, source) {
            self.dropped.malformed += 1;
            return self.refuse(now, at, what, Status::INVALID_PARAMETERS, message, rng);
        }
        if self.repeated_request(now, at, what) {
            return;
        }
        self.learn_from_action(now, source, message, reception, true);
        if let Some(entry) = self.peers.get_mut(source) {
            entry.plain_pin = plain_pin(message);
        }
        let rejected = self.peers.get(source).is_some_and(|entry| entry.peer.flags.user_rejected);
        if rejected {
            return self.refuse(now, at, what, Status::REJECTED_BY_USER, message, rng);
        }
        let with_peer = self.negotiation.as_ref().is_some_and(|it| it.wish.peer == source);
        if !with_peer && !self.authorized.iter().any(|wish| wish.peer == source) {
            if let Some(entry) = self.peers.get_mut(source) {
                entry.peer.flags.peer_waiting_response = true;
            }
            self.refuse(now, at, what, Status::INFORMATION_UNAVAILABLE, message, rng);
            let device_password_id = wsc.device_password_id.map_or(0, |id| id.0);
            let intent = p2p.group_owner_intent().map_or(0, |value| value.intent);
            return self.event(Event::GoNegotiationRequest { peer: source, device_password_id, intent });
        }
        // While another peer's user decides we are not free either: what was begun with it still holds.
        if self.formation.is_some() || (self.negotiation.is_some() && !with_peer) {
            return self.refuse(now, at, what, Status::UNABLE_TO_ACCOMMODATE, message, rng);
        }
        // Both ask at once: the higher address has to answer, unless it cannot have heard the other.
        let outstanding = self.exchange.as_ref().is_some_and(|(exchange, _)| exchange.outstanding());
        let confirming = self.negotiation.as_ref().is_some_and(|it| it.phase == Phase::Confirming);
        if with_peer && (confirming || (outstanding && source > self.settings.device.address)) {
            return;
        }
        // One that was told to wait for our request and has not heard it yet: it answers that, rather than we this. But one that
        // insists has gone back to asking.
        let asked = matches!(&self.exchange, Some((exchange, Request::Negotiation)) if exchange.attempts() > 0);
        let told_to_wait = |entry: &mut Entry| core::mem::take(&mut entry.peer.flags.peer_waiting_response);
        if with_peer && asked && self.peers.get_mut(source).is_some_and(told_to_wait) {
            if let Some((exchange, _)) = &mut self.exchange {
                exchange.be_patient(now);
                self.timers.set(Timer::Exchange, exchange.deadline());
            }
            return;
        }
        match self.settle_request(source, message, rng) {
            Ok((negotiation, agreed)) => self.agree(now, at, dialog_token, message, negotiation, agreed),
            Err(status) => {
                self.refuse(now, at, what, status, message, rng);
                if with_peer {
                    self.negotiation_failed(Some(status), "the peer's request cannot be accepted");
                }
            }
        }
    }

    /// The same request again: our Response was lost.
    fn repeated_request(&mut self, now: Duration, at: (MacAddr, u32), what: (P2pPublicSubtype, u8)) -> bool {
        let Some(negotiation) = self.negotiation.as_ref().filter(|it| it.wish.peer == at.0) else {
            return self.answer_again(now, at, what, Duration::ZERO).is_some();
        };
        match negotiation.phase {
            Phase::Answered { dialog_token, .. } if dialog_token == what.1 => {
                let until = now + negotiation.confirm_timeout();
                if let Some(negotiation) = &mut self.negotiation {
                    negotiation.until = until;
                }
                self.drop_repeat();
                self.timers.set(Timer::Negotiation, until.min(now + ASK_FOR_CONFIRM));
                let token = self.answer_again(now, at, what, RESPONSE_STAY);
                if let Some(old) = core::mem::replace(&mut self.awaiting_confirm, token) {
                    self.out(Output::Want(Want::StopWaiting(old)));
                }
                token.is_some()
            }
            // What we have answered before does not count any more when we ask ourselves.
            _ => false,
        }
    }

    /// The Confirm has not come, and may have been lost for good: whoever sent it sends it again on a repeated Response.
    pub(super) fn ask_for_confirm(&mut self, now: Duration, frequency: u32, dialog_token: u8) {
        let Some(negotiation) = &self.negotiation else { return };
        let (peer, until) = (negotiation.wish.peer, negotiation.until);
        self.timers.set(Timer::Negotiation, until.min(now + ASK_FOR_CONFIRM));
        // While the Response is repeated for want of an acknowledgement that is all that can be done.
        if self.repeat.is_none() {
            let what = (P2pPublicSubtype::GO_NEGOTIATION_REQUEST, dialog_token);
            let token = self.answer_again(now, (peer, frequency), what, RESPONSE_STAY);
            if let Some(old) = core::mem::replace(&mut self.awaiting_confirm, token) {
                self.out(Output::Want(Want::StopWaiting(old)));
            }
        }
    }

    /// Checks a request that the user has agreed to; the error is the status of our Response.
    fn settle_request(
        &self,
        source: MacAddr,
        message: &Message<'_>,
        rng: &mut dyn CryptoRng,
    ) -> Result<(Negotiation, Agreed), Status> {
        let Message { p2p, wsc, .. } = message;
        let authorized = self.authorized.iter().find(|wish| wish.peer == source);
        let present = self.negotiation.as_ref().filter(|it| it.wish.peer == source);
        let wish = present.map(|it| &it.wish).or(authorized).ok_or(Status::INFORMATION_UNAVAILABLE)?.clone();
        let offer = match present {
            Some(negotiation) => negotiation.offer.clone(),
            None => channels::offer(&self.settings, demand(&wish), rng).ok_or(Status::NO_COMMON_CHANNELS)?,
        };
        let intent = p2p.group_owner_intent().ok_or(Status::INVALID_PARAMETERS)?;
        if intent.intent > MAX_GROUP_OWNER_INTENT {
            return Err(Status::INVALID_PARAMETERS);
        }
        let owner = we_own(wish.intent, intent)?;
        let theirs = p2p.channel_list().and_then(|list| channels_of(&list, &self.settings));
        let theirs = theirs.ok_or(Status::NO_COMMON_CHANNELS)?;
        let common = offer.channels.intersection(&theirs);
        if common.is_empty() {
            return Err(Status::NO_COMMON_CHANNELS);
        }
        if !wish.method.goes_with(wsc.device_password_id.unwrap_or(DevicePasswordId::DEFAULT)) {
            return Err(Status::INCOMPATIBLE_PROVISIONING_METHOD);
        }
        let timeout = p2p.configuration_timeout().unwrap_or_default();
        let group = p2p.capability().unwrap_or_default().group;
        let mut agreed = Agreed {
            owner,
            peer_interface: p2p.intended_interface_address().ok_or(Status::INVALID_PARAMETERS)?,
            frequency: None,
            channels: common,
            peer_timeout: if owner { timeout.client_time() } else { timeout.group_owner_time() },
            peer_persistent: group & group_capability::PERSISTENT_GROUP != 0,
        };
        let mut offer = offer;
        if owner {
            let settled = channels::settle(&offer, &theirs, &self.settings, rng);
            let (operating, common) = settled.ok_or(Status::NO_COMMON_CHANNELS)?;
            agreed.frequency = channel_to_frequency(operating.0, operating.1);
            agreed.channels = common;
            offer.operating = operating;
        }
        let (until, phase) = (Duration::MAX, Phase::Asking);
        let negotiation = match present {
            Some(present) => Negotiation { offer, until, phase, ..present.clone() },
            None => {
                let (dialog_token, tie_breaker, asks) = (0, false, false);
                Negotiation { wish, offer, dialog_token, tie_breaker, asks, returns: 0, unwoken: 0, until, phase }
            }
        };
        Ok((negotiation, agreed))
    }

    /// Answers with success; the Confirm is awaited.
    fn agree(
        &mut self,
        now: Duration,
        (source, frequency): (MacAddr, u32),
        dialog_token: u8,
        message: &Message<'_>,
        mut negotiation: Negotiation,
        agreed: Agreed,
    ) {
        self.end_exchange();
        self.end_discovery();
        let wish = &negotiation.wish;
        let channels = if agreed.owner { &agreed.channels } else { &negotiation.offer.channels };
        let frame = response(
            &self.settings,
            source,
            dialog_token,
            &Response {
                status: Status::SUCCESS,
                intent: GroupOwnerIntent { intent: wish.intent, tie_breaker: inverse_bit(message) },
                interface: wish.interface_address,
                channels,
                method: Some(wish.method),
                plain_pin: plain_pin(message),
                group: agreed.owner.then_some((negotiation.offer.operating, &wish.ssid[..], wish.persistent)),
                operating: None,
            },
        );
        if let Some(entry) = self.peers.get_mut(source) {
            entry.set_method(Some(wish.method));
            entry.peer.intended_address = agreed.peer_interface;
            entry.peer.go_state = if agreed.owner { GoState::Local } else { GoState::Remote };
            entry.peer.status = 0;
            entry.peer.flags.wait_go_neg_confirm = true;
            entry.peer.flags.wait_go_neg_response = false;
            entry.peer.flags.not_yet_ready = false;
            entry.peer.flags.peer_waiting_response = false;
        }
        negotiation.until = now + negotiation.confirm_timeout();
        negotiation.phase = Phase::Answered { dialog_token, frequency, agreed };
        self.timers.set(Timer::Negotiation, negotiation.until.min(now + ASK_FOR_CONFIRM));
        self.negotiation = Some(negotiation);
        let what = (P2pPublicSubtype::GO_NEGOTIATION_REQUEST, dialog_token);
        let token = self.answer(now, (source, frequency), what, frame.clone(), RESPONSE_STAY);
        self.repeat_until_received(now, (token, frequency), frame, RESPONSE_STAY, Then::AwaitConfirm);
    }

    /// Answers with a status other than success.
    fn refuse(
        &mut self,
        now: Duration,
        at: (MacAddr, u32),
        what: (P2pPublicSubtype, u8),
        status: Status,
        message: &Message<'_>,
        rng: &mut dyn CryptoRng,
    ) {
        let (peer, dialog_token) = (at.0, what.1);
        let present = self.negotiation.as_ref().filter(|it| it.wish.peer == peer).map(|it| &it.wish);
        let wish = present.or_else(|| self.authorized.iter().find(|wish| wish.peer == peer));
        let offer = channels::offer(&self.settings, wish.map(demand).unwrap_or_default(), rng);
        let channels = offer.as_ref().map(|offer| &offer.channels).unwrap_or(&self.settings.go_channels);
        let own_intent = wish.map_or(self.settings.intent, |wish| wish.intent);
        let frame = response(
            &self.settings,
            peer,
            dialog_token,
            &Response {
                status,
                intent: GroupOwnerIntent { intent: own_intent, tie_breaker: inverse_bit(message) },
                interface: wish.map_or(self.settings.device.address, |wish| wish.interface_address),
                channels,
                method: wish.map(|wish| wish.method),
                plain_pin: plain_pin(message),
                group: None,
                operating: offer.as_ref().map(|offer| offer.operating),
            },
        );
        if let Some(entry) = self.peers.get_mut(peer) {
            entry.peer.status = status.0;
        }
        self.answer(now, at, what, frame, Duration::ZERO);
    }

    pub(crate) fn go_negotiation_confirm(&mut self, source: MacAddr, dialog_token: u8, message: &Message<'_>) {
        let Message { p2p, .. } = message;
        let negotiation = self.negotiation.as_ref().filter(|it| it.wish.peer == source);
        let answered = negotiation.and_then(|it| match &it.phase {
            Phase::Answered { dialog_token: token, agreed, .. } if *token == dialog_token => Some((it, agreed)),
            _ => None,
        });
        let Some((negotiation, agreed)) = answered else {
            self.dropped.unexpected += 1;
            return;
        };
        let Some(status) = p2p.status() else {
            self.dropped.malformed += 1;
            return;
        };
        if status != Status::SUCCESS {
            return self.negotiation_failed(Some(status), "the peer does not confirm");
        }
        let wish = &negotiation.wish;
        let (frequency, ssid, persistent) = if agreed.owner {
            (agreed.frequency, wish.ssid.clone(), wish.persistent)
        } else {
            let mhz = frequency(p2p.operating_channel()).filter(|mhz| self.client_may_use(*mhz, negotiation));
            let ssid = p2p.group_id().map(|id| id.ssid.as_bytes().to_vec()).unwrap_or_default();
            let group = p2p.capability().map_or(0, |capability| capability.group);
            let offered = agreed.peer_persistent || group & group_capability::PERSISTENT_GROUP != 0;
            (mhz, ssid, wish.persistent && offered)
        };
        let Some(frequency) = frequency.filter(|_| !ssid.is_empty()) else {
            self.dropped.malformed += 1;
            return self.negotiation_failed(Some(Status::INVALID_PARAMETERS), "the Confirm names no usable group");
        };
        let negotiated = Negotiated {
            peer: source,
            peer_interface: agreed.peer_interface,
            owner: agreed.owner,
            frequency,
            ssid,
            method: wish.method,
            persistent,
            peer_timeout: agreed.peer_timeout,
            channels: agreed.channels.clone(),
            ht40: wish.ht40,
        };
        self.drop_repeat();
        self.negotiation_succeeded(negotiated);
    }
}

/// Whether a request has what it cannot do without, and comes from whom it says (Wi-Fi P2P v1.7 §4.2.9.2). Deployed
/// devices leave out the Capability and Configuration Timeout attributes.
fn is_complete(message: &Message<'_>, source: MacAddr) -> bool {
    let p2p = &message.p2p;
    p2p.listen_channel().is_some()
        && p2p.operating_channel().is_some()
        && p2p.channel_list().is_some()
        && p2p.intended_interface_address().is_some_and(|address| !address.is_group())
        && p2p.device_info().is_some_and(|info| info.address == source)
}

/// Whether the peer says of its PIN only that it is one: by the default ID, or by none, as iwd does.
fn plain_pin(message: &Message<'_>) -> bool {
    message.wsc.device_password_id.unwrap_or(DevicePasswordId::DEFAULT) == DevicePasswordId::DEFAULT
}

/// The tie breaker bit of a Response: the inverse of the one received (Wi-Fi P2P v1.7 §4.1.6).
fn inverse_bit(message: &Message<'_>) -> bool {
    !message.p2p.group_owner_intent().unwrap_or(NO_INTENT).tie_breaker
}

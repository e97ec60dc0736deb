//! Provision discovery (Wi-Fi P2P v1.7 §3.1.4.3): how the users are going to prove that they mean each other.

use crate::api::*;
use crate::exchange::Exchange;
use crate::frames::{self, Kind, Message};
use crate::machine::{P2p, Request};
use crate::peers::Entry;
use crate::wsc_ie::{self, P2P_METHODS, Wsc};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::time::Duration;
use ieee80211_ies::frame::P2pPublicSubtype;
use ieee80211_ies::p2p::{Attribute, GroupId, Status, emit};
use ieee80211_ies::wsc::ConfigMethods;
use ieee80211_ies::{Elements, MacAddr};
use rand_core::CryptoRng;

/// Most Provision Discovery Requests in a row (as deployed devices have it).
const MAX_REQUESTS: u32 = 120;
/// The same where something follows that does not depend on the answer, or that does without it.
const FEW_REQUESTS: u32 = 10;

/// Values of [`Event::ProvisionFailed`].
mod failure {
    pub(super) const TIMEOUT: u8 = 1;
    pub(super) const REJECTED: u8 = 2;
    pub(super) const JOIN_TIMEOUT: u8 = 3;
    pub(super) const INFORMATION_UNAVAILABLE: u8 = 4;
}

/// A Provision Discovery Request of ours.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Provision {
    /// What the peer is to do.
    asked: Method,
    join: bool,
    /// The answer says whether it was for joining.
    says_which: bool,
    /// The GO negotiation follows, whatever the answer.
    before_negotiation: bool,
}

impl P2p {
    /// Tells a peer how we want to connect: what it is asked to do (show a PIN, have one typed, have the button pressed),
    /// and what for. A search pauses meanwhile.
    ///
    /// # Errors
    /// [`Refusal::UnknownPeer`] for a peer whose channel is not known; [`Refusal::Busy`] during another exchange.
    pub fn provision_discovery(
        &mut self,
        now: Duration,
        peer: MacAddr,
        method: Method,
        purpose: ProvisionFor,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), Refusal> {
        if self.formation.is_some() || self.negotiation.is_some() {
            return Err(Refusal::Busy);
        }
        if self.exchange.as_ref().is_some_and(|(_, request)| !matches!(request, Request::Provision(_))) {
            return Err(Refusal::Busy);
        }
        let (join, says_which) = match purpose {
            ProvisionFor::Negotiation => (false, false),
            ProvisionFor::Group | ProvisionFor::FormerGroup => (true, false),
            ProvisionFor::Either => (self.peers.get(peer).is_some_and(Entry::owns_group), true),
        };
        let limit = if purpose == ProvisionFor::FormerGroup { FEW_REQUESTS } else { MAX_REQUESTS };
        let provision = Provision { asked: method, join, says_which, before_negotiation: false };
        if !self.send_provision_discovery(now, peer, provision, limit, rng) {
            return Err(Refusal::UnknownPeer);
        }
        self.drive(now, rng);
        Ok(())
    }

    /// Announces the method of the negotiation in hand; whether that was possible.
    pub(crate) fn provision_before_negotiation(&mut self, now: Duration, rng: &mut dyn CryptoRng) -> bool {
        let Some(wish) = self.negotiation.as_ref().map(|it| &it.wish) else { return false };
        let (peer, asked) = (wish.peer, wish.method.counterpart());
        let provision = Provision { asked, join: false, says_which: false, before_negotiation: true };
        self.send_provision_discovery(now, peer, provision, FEW_REQUESTS, rng)
    }

    fn send_provision_discovery(
        &mut self,
        now: Duration,
        peer: MacAddr,
        provision: Provision,
        limit: u32,
        rng: &mut dyn CryptoRng,
    ) -> bool {
        let Some(entry) = self.peers.get(peer) else { return false };
        let group = Some(entry.peer.operating_frequency).filter(|mhz| provision.join && *mhz != 0);
        let Some(frequency) = group.or_else(|| entry.frequency()) else { return false };
        let dialog_token = self.next_dialog_token(peer, rng);
        let Some(entry) = self.peers.get_mut(peer) else { return false };
        entry.peer.requested_config_methods = provision.asked.config_methods().0;
        entry.peer.flags.pd_for_join = provision.join;
        let mut attributes =
            Vec::from([frames::capability(&self.settings, 0), frames::device_info(&self.settings, None)]);
        if provision.join {
            let ssid = frames::ssid(&entry.peer.operating_ssid);
            attributes.push(Attribute::GroupId(GroupId { device_address: peer, ssid }));
        }
        let mut elements = Vec::new();
        emit(&attributes, &mut elements);
        wsc_ie::emit_config_methods(provision.asked.config_methods(), &mut elements);
        frames::emit_extra(&self.settings, Kind::ProvisionDiscoveryRequest, &mut elements);
        let what = (P2pPublicSubtype::PROVISION_DISCOVERY_REQUEST, dialog_token);
        let frame = frames::action(&self.settings, peer, peer, what, &elements);
        let exchange = Exchange::new(&self.settings, peer, frequency, dialog_token, frame, limit);
        self.begin_exchange(now, exchange, Request::Provision(provision));
        true
    }

    pub(crate) fn provision_discovery_response(
        &mut self,
        now: Duration,
        source: MacAddr,
        dialog_token: u8,
        elements: Elements<'_>,
        rng: &mut dyn CryptoRng,
    ) {
        let expected = match &self.exchange {
            Some((exchange, Request::Provision(provision)))
                if (exchange.peer, exchange.dialog_token) == (source, dialog_token) =>
            {
                Some(provision.clone())
            }
            _ => None,
        };
        let Some(provision) = expected else {
            self.dropped.unexpected += 1;
            return;
        };
        self.end_exchange();
        let agreed = Wsc::read(elements).and_then(|wsc| wsc.config_methods).unwrap_or_default();
        let success = agreed == provision.asked.config_methods();
        let method = provision.asked.counterpart();
        if let Some(entry) = self.peers.get_mut(source) {
            entry.last_seen = now;
            entry.peer.flags.pd_for_join = false;
            entry.peer.requested_config_methods = 0;
            if success && !provision.before_negotiation {
                entry.peer.flags.pd_peer_display = provision.asked == Method::Display;
                entry.peer.flags.pd_peer_keypad = provision.asked == Method::Keypad;
            }
        }
        if provision.before_negotiation {
            if self.negotiation.is_some() {
                self.ask(now, None);
            }
        } else if success {
            let peer_is_owner = provision.says_which.then_some(provision.join);
            self.event(Event::ProvisionAnswered { peer: source, method, peer_is_owner });
        } else {
            let status = frames::Message::read(elements).and_then(|message| message.p2p.status());
            let status = match status {
                Some(Status::INFORMATION_UNAVAILABLE) => failure::INFORMATION_UNAVAILABLE,
                _ => failure::REJECTED,
            };
            self.event(Event::ProvisionFailed { peer: source, status });
        }
        self.drive(now, rng);
    }

    pub(crate) fn provision_unanswered(&mut self, now: Duration, peer: MacAddr, provision: &Provision) {
        if provision.before_negotiation {
            return self.ask(now, None);
        }
        if let Some(entry) = self.peers.get_mut(peer) {
            entry.peer.flags.pd_for_join = false;
            entry.peer.requested_config_methods = 0;
        }
        let status = if provision.join { failure::JOIN_TIMEOUT } else { failure::TIMEOUT };
        self.event(Event::ProvisionFailed { peer, status });
    }

    pub(crate) fn provision_discovery_request(
        &mut self,
        now: Duration,
        source: MacAddr,
        dialog_token: u8,
        message: &Message<'_>,
        reception: Reception,
    ) {
        let Message { p2p, wsc, .. } = message;
        let at = (source, reception.frequency);
        let what = (P2pPublicSubtype::PROVISION_DISCOVERY_REQUEST, dialog_token);
        if p2p.device_info().is_some_and(|info| info.address != source) {
            self.dropped.malformed += 1;
            return;
        }
        if self.answer_again(now, at, what, Duration::ZERO).is_some() {
            return;
        }
        self.learn_from_action(now, source, message, reception, true);
        let asked = wsc.config_methods.unwrap_or_default();
        let group = p2p.group_id();
        let ours = group.and_then(|id| {
            let matches =
                |own: &&OwnGroup| own.owner && own.ssid == id.ssid.as_bytes() && own.owner_address == id.device_address;
            self.groups.iter().find(matches).map(|own| own.id)
        });
        let rejected = self.peers.get(source).is_some_and(|entry| entry.peer.flags.user_rejected);
        let method = Method::from_config_methods(asked & P2P_METHODS)
            .filter(|_| !rejected && (group.is_none() || ours.is_some()));
        let mut elements = Vec::new();
        wsc_ie::emit_config_methods(if method.is_some() { asked } else { ConfigMethods::NONE }, &mut elements);
        frames::emit_extra(&self.settings, Kind::ProvisionDiscoveryResponse, &mut elements);
        let what_back = (P2pPublicSubtype::PROVISION_DISCOVERY_RESPONSE, dialog_token);
        let frame = frames::action(&self.settings, source, self.settings.device.address, what_back, &elements);
        self.answer(now, at, what, frame, Duration::ZERO);
        let Some(method) = method else {
            self.dropped.unexpected += 1;
            return;
        };
        let Some(entry) = self.peers.get_mut(source) else { return };
        // Who asks us to show a PIN is going to type it, and the other way round.
        entry.peer.flags.pd_peer_keypad = method == Method::Display;
        entry.peer.flags.pd_peer_display = method == Method::Keypad;
        entry.peer.dialog_token = dialog_token;
        let peer = Box::new(entry.peer.clone());
        self.event(Event::ProvisionRequested { peer, method, group: ours });
    }
}

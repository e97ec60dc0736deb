//! Device discoverability (Wi-Fi P2P v1.7 §3.2.6): reaching a client of a group, which may be asleep, with the help of the
//! group's owner.

use crate::api::*;
use crate::exchange::Exchange;
use crate::frames::{self, Message};
use crate::machine::{P2p, Request};
use crate::timers::Timer;
use alloc::vec::Vec;
use core::time::Duration;
use ieee80211_ies::MacAddr;
use ieee80211_ies::frame::P2pPublicSubtype;
use ieee80211_ies::p2p::{Attribute, GroupId, Status, device_capability, emit};
use rand_core::CryptoRng;

/// Most Device Discoverability Requests to an owner that does not answer: it is on its channel all the time.
const MAX_REQUESTS: u32 = 10;
/// From an owner's answer that it could not wake its client to the next request (as deployed devices have it).
const WAKE_AGAIN: Duration = Duration::from_millis(500);
/// Requests for clients of ours that may be open at a time.
const MAX_WAKINGS: usize = 4;

/// A request of somebody who wants to reach a client of ours.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Waking {
    source: MacAddr,
    frequency: u32,
    dialog_token: u8,
    device: MacAddr,
}

/// The owner to be asked for a client: its device address, its channel (MHz), and the SSID of its group.
pub(crate) struct Helper {
    owner: MacAddr,
    frequency: u32,
    ssid: Vec<u8>,
}

impl P2p {
    /// Who can wake this peer, if it is a client of a group and can be woken.
    pub(crate) fn helper_for(&self, peer: MacAddr) -> Option<Helper> {
        let client = &self.peers.get(peer)?.peer;
        if client.device_capability & device_capability::CLIENT_DISCOVERABILITY == 0 {
            return None;
        }
        let owner = &self.peers.get(client.member_in_owner_device)?.peer;
        let frequency = Some(owner.operating_frequency).filter(|mhz| *mhz != 0)?;
        Some(Helper { owner: owner.address, frequency, ssid: owner.operating_ssid.clone() })
    }

    /// Has the peer of the negotiation in hand woken; the negotiation goes on when its owner says so.
    pub(crate) fn wake_peer(&mut self, now: Duration, peer: MacAddr, helper: Helper, rng: &mut dyn CryptoRng) {
        let Helper { owner, frequency, ssid } = helper;
        let dialog_token = self.next_dialog_token(owner, rng);
        let id = GroupId { device_address: owner, ssid: frames::ssid(&ssid) };
        let mut elements = Vec::new();
        emit(&[Attribute::DeviceId(peer), Attribute::GroupId(id)], &mut elements);
        let what = (P2pPublicSubtype::DEVICE_DISCOVERABILITY_REQUEST, dialog_token);
        let frame = frames::action(&self.settings, owner, owner, what, &elements);
        let exchange = Exchange::new(&self.settings, owner, frequency, dialog_token, frame, MAX_REQUESTS);
        self.begin_exchange(now, exchange, Request::Discoverability);
    }

    pub(crate) fn discoverability_unanswered(&mut self) {
        self.negotiation_failed(None, "the owner of the peer's group did not answer");
    }

    pub(crate) fn device_discoverability_response(
        &mut self,
        now: Duration,
        source: MacAddr,
        dialog_token: u8,
        message: &Message<'_>,
    ) {
        let expected = matches!(&self.exchange, Some((exchange, Request::Discoverability))
            if (exchange.peer, exchange.dialog_token) == (source, dialog_token));
        let Some(status) = message.p2p.status().filter(|_| expected) else {
            self.dropped.unexpected += 1;
            return;
        };
        self.end_exchange();
        if status == Status::SUCCESS {
            self.ask(now, None);
        } else {
            self.not_woken(now, status);
        }
    }

    /// The peer may have left its owner for a moment.
    fn not_woken(&mut self, now: Duration, status: Status) {
        let Some(negotiation) = self.negotiation.as_mut() else { return };
        if !negotiation.sleeps_on(now + WAKE_AGAIN) {
            return self.negotiation_failed(Some(status), "the owner of the peer's group cannot wake it");
        }
        self.timers.set(Timer::Negotiation, now + WAKE_AGAIN);
    }

    /// Has the peer of the negotiation in hand woken once more, or asks it where it is in no group any more.
    pub(crate) fn wake_again(&mut self, now: Duration, rng: &mut dyn CryptoRng) {
        let Some(peer) = self.negotiation.as_ref().map(|negotiation| negotiation.wish.peer) else { return };
        let in_group = self.peers.get(peer).is_some_and(|entry| entry.peer.flags.group_client_only);
        match self.helper_for(peer).filter(|_| in_group) {
            Some(helper) => self.wake_peer(now, peer, helper, rng),
            None => self.ask(now, None),
        }
    }

    pub(crate) fn device_discoverability_request(
        &mut self,
        now: Duration,
        source: MacAddr,
        dialog_token: u8,
        message: &Message<'_>,
        reception: Reception,
    ) {
        let at = (source, reception.frequency);
        let what = (P2pPublicSubtype::DEVICE_DISCOVERABILITY_REQUEST, dialog_token);
        if self.answer_again(now, at, what, Duration::ZERO).is_some() {
            return;
        }
        if self.wakings.iter().any(|waking| (waking.source, waking.dialog_token) == (source, dialog_token)) {
            return;
        }
        let p2p = &message.p2p;
        let device = p2p.device_id().filter(|_| dialog_token != 0);
        let named = p2p.group_id();
        let of_group = |group: &&OwnGroup| {
            let named = named
                .as_ref()
                .is_none_or(|id| id.device_address == self.settings.device.address && id.ssid.as_bytes() == group.ssid);
            group.owner && named && group.clients.iter().any(|(client, _)| Some(*client) == device)
        };
        let group = self.groups.iter().find(of_group).map(|group| group.id);
        match (device, group) {
            (Some(device), Some(group)) if self.wakings.len() < MAX_WAKINGS => {
                self.wakings.push(Waking { source, frequency: reception.frequency, dialog_token, device });
                self.out(Output::WakeClient { group, device });
            }
            (Some(_), _) => self.answer_discoverability(now, at, dialog_token, Status::UNABLE_TO_ACCOMMODATE),
            (None, _) => self.answer_discoverability(now, at, dialog_token, Status::INVALID_PARAMETERS),
        }
    }

    /// How [`Output::WakeClient`] went, as the status for whoever has asked (Wi-Fi P2P v1.7 Table 9).
    pub fn client_woken(&mut self, now: Duration, device: MacAddr, status: u8) {
        let asked: Vec<Waking> = self.wakings.extract_if(.., |waking| waking.device == device).collect();
        for Waking { source, frequency, dialog_token, .. } in asked {
            self.answer_discoverability(now, (source, frequency), dialog_token, Status(status));
        }
    }

    fn answer_discoverability(&mut self, now: Duration, at: (MacAddr, u32), dialog_token: u8, status: Status) {
        let mut elements = Vec::new();
        emit(&[Attribute::Status(status)], &mut elements);
        let back = (P2pPublicSubtype::DEVICE_DISCOVERABILITY_RESPONSE, dialog_token);
        let frame = frames::action(&self.settings, at.0, self.settings.device.address, back, &elements);
        let what = (P2pPublicSubtype::DEVICE_DISCOVERABILITY_REQUEST, dialog_token);
        self.answer(now, at, what, frame, Duration::ZERO);
    }
}

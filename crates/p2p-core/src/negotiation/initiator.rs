//! We ask: the peer's Response and our Confirm.

use super::{Agreed, CONFIRM_STAY, Confirm, PEER_DECISION, Phase, frames, we_own};
use crate::answers::Then;
use crate::api::*;
use crate::channels;
use crate::frames::{Message, channel, channels_of, frequency};
use crate::machine::{P2p, Request};
use crate::timers::Timer;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::time::Duration;
use ieee80211_ies::MacAddr;
use ieee80211_ies::p2p::{ChannelAttr, MAX_GROUP_OWNER_INTENT, Status, group_capability};
use ieee80211_ies::wsc::DevicePasswordId;
use radio::channel_to_frequency;
use rand_core::CryptoRng;

/// What the Response settles: the owner's channel, the group's SSID, the rest.
struct Settled {
    operating: ChannelAttr,
    ssid: Vec<u8>,
    agreed: Agreed,
}

impl P2p {
    pub(crate) fn go_negotiation_response(
        &mut self,
        now: Duration,
        source: MacAddr,
        dialog_token: u8,
        message: &Message<'_>,
        reception: Reception,
        rng: &mut dyn CryptoRng,
    ) {
        if self.confirm_again(now, source, dialog_token) {
            return;
        }
        let Some(negotiation) = self.negotiation.as_ref().filter(|it| it.wish.peer == source) else {
            self.dropped.unexpected += 1;
            return;
        };
        // The Response to our request may come although we have answered the peer's meanwhile: of the two, the one to the
        // request of the lower address counts (both sides see it so), and with it our role changes back.
        let crossed = matches!(negotiation.phase, Phase::Answered { .. }) && source > self.settings.device.address;
        let asked = negotiation.phase == Phase::Asking
            && matches!(&self.exchange, Some((exchange, Request::Negotiation)) if exchange.attempts() > 0);
        let status = message.p2p.status();
        // iwd forgets the token of a request that it refuses.
        let refused = status.is_some_and(|s| s != Status::SUCCESS && s != Status::INFORMATION_UNAVAILABLE);
        let ours = negotiation.dialog_token == dialog_token || (asked && refused && dialog_token == 0);
        if !ours || !(asked || crossed) {
            self.dropped.unexpected += 1;
            return;
        }
        let Some(status) = status else {
            self.dropped.malformed += 1;
            return;
        };
        if status == Status::INFORMATION_UNAVAILABLE {
            return self.peer_decides(now, source);
        }
        if status != Status::SUCCESS {
            self.end_exchange();
            return self.negotiation_failed(Some(status), "the peer has refused");
        }
        let settled = self.settle_response(message, rng);
        let channels = message.p2p.channel_list().and_then(|list| channels_of(&list, &self.settings));
        if let (Some(entry), Some(channels)) = (self.peers.get_mut(source), channels) {
            entry.peer.channels = channels;
        }
        self.end_exchange();
        self.drop_repeat();
        let Some(negotiation) = &mut self.negotiation else { return };
        match settled {
            Ok(Settled { operating, ssid, agreed }) => {
                negotiation.phase = Phase::Confirming;
                self.timers.clear(Timer::Negotiation);
                let frame = frames::confirm(&self.settings, negotiation, Status::SUCCESS, operating, Some(&agreed));
                let wish = &negotiation.wish;
                let persistent = wish.persistent && (agreed.owner || agreed.peer_persistent);
                let negotiated = Box::new(Negotiated {
                    peer: source,
                    peer_interface: agreed.peer_interface,
                    owner: agreed.owner,
                    frequency: agreed.frequency.unwrap_or_default(),
                    ssid,
                    method: wish.method,
                    persistent,
                    peer_timeout: agreed.peer_timeout,
                    channels: agreed.channels,
                    ht40: wish.ht40,
                });
                if let Some(entry) = self.peers.get_mut(source) {
                    entry.peer.intended_address = agreed.peer_interface;
                    entry.peer.flags.wait_go_neg_response = false;
                    entry.last_seen = now;
                }
                self.confirm =
                    Some(Confirm { peer: source, dialog_token, frequency: reception.frequency, frame: frame.clone() });
                let token = self.send(reception.frequency, frame.clone(), CONFIRM_STAY, true);
                let then = Then::Succeed(negotiated);
                self.repeat_until_received(now, (token, reception.frequency), frame, CONFIRM_STAY, then);
            }
            Err(status) => {
                let operating = channel(&self.settings, negotiation.offer.operating);
                let frame = frames::confirm(&self.settings, negotiation, status, operating, None);
                self.send(reception.frequency, frame, Duration::ZERO, true);
                self.negotiation_failed(Some(status), "the peer's answer cannot be accepted");
            }
        }
    }

    /// The peer has the request, but its user has not decided: it will ask us.
    fn peer_decides(&mut self, now: Duration, peer: MacAddr) {
        self.end_exchange();
        let Some(negotiation) = &mut self.negotiation else { return };
        negotiation.phase = Phase::PeerDecides;
        negotiation.until = now + PEER_DECISION;
        self.timers.set(Timer::Negotiation, negotiation.until);
        if let Some(entry) = self.peers.get_mut(peer) {
            entry.peer.flags.not_yet_ready = true;
            entry.peer.flags.wait_go_neg_response = false;
            entry.peer.status = Status::INFORMATION_UNAVAILABLE.0;
            entry.last_seen = now;
        }
    }

    /// Checks a successful Response; the error is the status of our Confirm.
    fn settle_response(&self, message: &Message<'_>, rng: &mut dyn CryptoRng) -> Result<Settled, Status> {
        let Message { p2p, wsc, .. } = message;
        let negotiation = self.negotiation.as_ref().ok_or(Status::INFORMATION_UNAVAILABLE)?;
        let wish = &negotiation.wish;
        let peer_interface = p2p.intended_interface_address().ok_or(Status::INVALID_PARAMETERS)?;
        let intent = p2p.group_owner_intent().ok_or(Status::INVALID_PARAMETERS)?;
        if intent.intent > MAX_GROUP_OWNER_INTENT || peer_interface.is_group() {
            return Err(Status::INVALID_PARAMETERS);
        }
        let owner = we_own(wish.intent, intent)?;
        let list = p2p.channel_list().ok_or(Status::INVALID_PARAMETERS)?;
        let theirs = channels_of(&list, &self.settings).ok_or(Status::NO_COMMON_CHANNELS)?;
        if !wish.method.goes_with(wsc.device_password_id.unwrap_or(DevicePasswordId::DEFAULT)) {
            return Err(Status::INCOMPATIBLE_PROVISIONING_METHOD);
        }
        let timeout = p2p.configuration_timeout().unwrap_or_default();
        let group = p2p.capability().unwrap_or_default().group;
        let mut agreed = Agreed {
            owner,
            peer_interface,
            frequency: None,
            channels: ChannelSet::default(),
            peer_timeout: if owner { timeout.client_time() } else { timeout.group_owner_time() },
            peer_persistent: group & group_capability::PERSISTENT_GROUP != 0,
        };
        if owner {
            let settled = channels::settle(&negotiation.offer, &theirs, &self.settings, rng);
            let (operating, common) = settled.ok_or(Status::NO_COMMON_CHANNELS)?;
            agreed.frequency = channel_to_frequency(operating.0, operating.1);
            agreed.channels = common;
            let operating = channel(&self.settings, operating);
            return Ok(Settled { operating, ssid: wish.ssid.clone(), agreed });
        }
        let id = p2p.group_id().ok_or(Status::INVALID_PARAMETERS)?;
        let operating = p2p.operating_channel().ok_or(Status::INVALID_PARAMETERS)?;
        let mhz = frequency(Some(operating)).ok_or(Status::NO_COMMON_CHANNELS)?;
        if !self.client_may_use(mhz, negotiation) {
            return Err(Status::NO_COMMON_CHANNELS);
        }
        agreed.frequency = Some(mhz);
        agreed.channels = negotiation.offer.channels.intersection(&theirs);
        Ok(Settled { operating, ssid: id.ssid.as_bytes().to_vec(), agreed })
    }

    /// Whether an owner's choice of channel is one that we can follow.
    pub(super) fn client_may_use(&self, mhz: u32, negotiation: &super::Negotiation) -> bool {
        if negotiation.offer.forced {
            return negotiation.offer.channels.contains_frequency(mhz);
        }
        self.settings.go_channels.contains_frequency(mhz) || self.settings.client_channels.contains_frequency(mhz)
    }

    /// A Response that comes again shows that our Confirm was lost.
    fn confirm_again(&mut self, now: Duration, source: MacAddr, dialog_token: u8) -> bool {
        let Some(confirm) = self.confirm.as_ref().filter(|it| (it.peer, it.dialog_token) == (source, dialog_token))
        else {
            return false;
        };
        if self.negotiation.as_ref().is_some_and(|it| it.phase == Phase::Confirming) {
            self.repeat_now(now);
            return true;
        }
        if self.formation.as_ref().is_some_and(|formation| formation.negotiated.peer == source) {
            let (frequency, frame) = (confirm.frequency, confirm.frame.clone());
            self.send(frequency, frame, Duration::ZERO, true);
            return true;
        }
        false
    }
}

//! Invitation (Wi-Fi P2P v1.7 §3.1.5): into a running group, or to take up a persistent one again.

use crate::answers::Then;
use crate::api::*;
use crate::channels::{self, Channel, Demand};
use crate::exchange::Exchange;
use crate::frames::{self, Kind, Message, channels_of, frequency};
use crate::machine::{P2p, Request};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::time::Duration;
use ieee80211_ies::MacAddr;
use ieee80211_ies::frame::P2pPublicSubtype;
use ieee80211_ies::p2p::{Attribute, ConfigurationTimeout, GroupId, Status, emit, invitation_flags};
use radio::channel_to_frequency;
use rand_core::CryptoRng;

/// Most Invitation Requests in a row (as deployed devices have it).
const MAX_REQUESTS: u32 = 100;
/// How long we may need until a persistent group is up again, in units of 10 ms: as owner, as client.
const CONFIGURATION_TIMEOUT: ConfigurationTimeout = ConfigurationTimeout { group_owner: 100, client: 20 };
/// How long the radio stays after a response that accepts: the inviter repeats its request when it was lost.
const RESPONSE_STAY: Duration = Duration::from_millis(50);

/// An invitation of ours.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Inviting {
    parameters: InviteParameters,
    operating: Option<Channel>,
    /// A status 7 may be met by one more attempt on a social channel.
    may_retry: bool,
}

/// What an invitation is answered.
struct Verdict {
    status: Status,
    /// The group, as far as it is ours to name.
    invited: Invited,
    operating: Option<Channel>,
}

impl P2p {
    /// Invites a peer into a group; a search or listening ends.
    ///
    /// # Errors
    /// [`Refusal::UnknownPeer`] for a peer that is not in the table or whose channel is not known; [`Refusal::Busy`]
    /// during another exchange; [`Refusal::NoChannel`]; [`Refusal::Invalid`].
    pub fn invite(
        &mut self,
        now: Duration,
        parameters: InviteParameters,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), Refusal> {
        if parameters.ssid.is_empty() || parameters.ssid.len() > 32 {
            return Err(Refusal::Invalid("SSID"));
        }
        let known = self.peers.get(parameters.peer).filter(|entry| entry.known() && entry.frequency().is_some());
        known.ok_or(Refusal::UnknownPeer)?;
        if self.formation.is_some() || self.negotiation.is_some() || self.exchange.is_some() {
            return Err(Refusal::Busy);
        }
        let demand = Demand { forced: parameters.frequency, preferred: parameters.preferred_frequency, client: false };
        let operating = match channels::offer(&self.settings, demand, rng) {
            Some(offer) => Some(offer.operating),
            // Somebody else's group may be where we must not own one.
            None if !parameters.owner => {
                parameters.frequency.and_then(|mhz| self.settings.client_channels.channel_at(mhz))
            }
            None => return Err(Refusal::NoChannel),
        };
        if parameters.persistent.is_some() {
            // Whom we have asked may ask us back: its user decides later.
            self.invitation_from = Some(parameters.peer);
        }
        let may_retry = parameters.owner && parameters.persistent.is_some() && parameters.frequency.is_none();
        self.stop_find(now);
        self.send_invitation(now, Inviting { parameters, operating, may_retry }, rng);
        self.drive(now, rng);
        Ok(())
    }

    /// Accepts the next invitation that comes from this device, or into the group that it owns; `None` takes that back.
    pub fn authorize_invitation(&mut self, peer: Option<MacAddr>) {
        self.invitation_from = peer;
    }

    fn send_invitation(&mut self, now: Duration, inviting: Inviting, rng: &mut dyn CryptoRng) {
        let InviteParameters { peer, persistent, owner, ssid, owner_address, bssid, frequency, .. } =
            &inviting.parameters;
        let Some(at) = self.peers.get(*peer).and_then(|entry| entry.frequency()) else { return };
        let dialog_token = self.next_dialog_token(*peer, rng);
        let timeout = persistent.map_or(ConfigurationTimeout::default(), |_| CONFIGURATION_TIMEOUT);
        let flags = persistent.map_or(0, |_| invitation_flags::PERSISTENT);
        let mut attributes = Vec::from([Attribute::ConfigurationTimeout(timeout), Attribute::InvitationFlags(flags)]);
        attributes.extend(inviting.operating.map(|operating| frames::operating_channel(&self.settings, operating)));
        attributes.extend(bssid.map(Attribute::GroupBssid));
        let mut channels = self.invitation_channels(*owner);
        if let Some(mhz) = frequency {
            channels = channels.only(*mhz);
        }
        attributes.push(frames::channel_list(&self.settings, &channels));
        attributes.push(Attribute::GroupId(GroupId { device_address: *owner_address, ssid: frames::ssid(ssid) }));
        attributes.push(frames::device_info(&self.settings, None));
        let mut elements = Vec::new();
        emit(&attributes, &mut elements);
        frames::emit_extra(&self.settings, Kind::InvitationRequest, &mut elements);
        let what = (P2pPublicSubtype::INVITATION_REQUEST, dialog_token);
        let frame = frames::action(&self.settings, *peer, *peer, what, &elements);
        let exchange = Exchange::new(&self.settings, *peer, at, dialog_token, frame, MAX_REQUESTS);
        self.begin_exchange(now, exchange, Request::Invitation(Box::new(inviting)));
    }

    /// The channels that we can use in a group that we own, or that we can be a client of.
    fn invitation_channels(&self, owner: bool) -> ChannelSet {
        let Settings { go_channels, client_channels, .. } = &self.settings;
        if owner { go_channels.clone() } else { go_channels.union(client_channels) }
    }

    pub(crate) fn invitation_response(
        &mut self,
        now: Duration,
        source: MacAddr,
        dialog_token: u8,
        message: &Message<'_>,
        rng: &mut dyn CryptoRng,
    ) {
        let Message { p2p, .. } = message;
        let expected = matches!(&self.exchange, Some((exchange, Request::Invitation(_)))
            if (exchange.peer, exchange.dialog_token) == (source, dialog_token));
        let Some(status) = p2p.status().filter(|_| expected) else {
            self.dropped.unexpected += 1;
            return;
        };
        let Some(Request::Invitation(mut inviting)) = self.end_exchange() else { return };
        if let Some(entry) = self.peers.get_mut(source) {
            entry.last_seen = now;
            entry.peer.status = status.0;
        }
        if status == Status::NO_COMMON_CHANNELS && inviting.may_retry {
            inviting.may_retry = false;
            if let Some(social) = channels::random_social(&self.settings.go_channels, rng) {
                inviting.operating = Some(social);
                return self.send_invitation(now, *inviting, rng);
            }
        }
        let theirs = p2p.channel_list().and_then(|list| channels_of(&list, &self.settings));
        let mut invited = inviting.invited();
        let ours = self.invitation_channels(invited.owner);
        invited.channels = theirs.map_or(ours.clone(), |theirs| ours.intersection(&theirs));
        if !invited.owner {
            invited.bssid = p2p.group_bssid().or(invited.bssid);
            invited.frequency = frequency(p2p.operating_channel()).or(invited.frequency);
        } else if status == Status::SUCCESS && inviting.parameters.frequency.is_none() {
            // The owner decides, among what the invited one can use.
            let current = inviting.operating.filter(|&(class, channel)| invited.channels.contains(class, channel));
            let chosen = current.or_else(|| channels::random_social(&invited.channels, rng));
            let chosen = chosen.or_else(|| invited.channels.iter().next());
            invited.frequency = chosen.and_then(|(class, channel)| channel_to_frequency(class, channel));
        }
        if status == Status::SUCCESS {
            self.end_discovery();
        }
        self.event(Event::InvitationResult { status: Some(status.0), invited });
    }

    pub(crate) fn invitation_unanswered(&mut self, inviting: &Inviting) {
        self.event(Event::InvitationResult { status: None, invited: inviting.invited() });
    }

    pub(crate) fn invitation_request(
        &mut self,
        now: Duration,
        source: MacAddr,
        dialog_token: u8,
        message: &Message<'_>,
        reception: Reception,
        rng: &mut dyn CryptoRng,
    ) {
        let at = (source, reception.frequency);
        let what = (P2pPublicSubtype::INVITATION_REQUEST, dialog_token);
        if message.p2p.device_info().is_some_and(|info| info.address != source) {
            self.dropped.malformed += 1;
            return;
        }
        if self.answer_again(now, at, what, Duration::ZERO).is_some() {
            return;
        }
        self.learn_from_action(now, source, message, reception, true);
        let verdict = self.judge_invitation(source, message, rng);
        let frame = self.invitation_answer(source, dialog_token, &verdict);
        let Verdict { status, invited, .. } = verdict;
        if let Some(entry) = self.peers.get_mut(source) {
            entry.peer.status = status.0;
        }
        if status == Status::SUCCESS {
            self.invitation_from = None;
            // Both have invited each other: theirs is accepted, ours is not needed any more.
            if self.exchange.as_ref().is_some_and(|(exchange, _)| exchange.peer == source) {
                self.end_exchange();
            }
            let token = self.answer(now, at, what, frame.clone(), RESPONSE_STAY);
            let then = Then::Accept(source, Box::new(invited));
            return self.repeat_until_received(now, (token, reception.frequency), frame, RESPONSE_STAY, then);
        }
        self.answer(now, at, what, frame, Duration::ZERO);
        if status == Status::INFORMATION_UNAVAILABLE {
            let mut invited = invited;
            // A group that runs may be one that we have stored, too: its user need not introduce us anew.
            let same =
                |stored: &&StoredGroup| stored.ssid == invited.ssid && stored.owner_address == invited.owner_address;
            invited.persistent = invited.persistent.or(self.stored.iter().find(same).map(|stored| stored.id));
            self.event(Event::InvitationReceived { source, invited });
        }
    }

    fn judge_invitation(&self, source: MacAddr, message: &Message<'_>, rng: &mut dyn CryptoRng) -> Verdict {
        let p2p = &message.p2p;
        let mut verdict = Verdict {
            status: Status::INVALID_PARAMETERS,
            invited: Invited {
                peer: source,
                persistent: None,
                owner: false,
                ssid: Vec::new(),
                owner_address: MacAddr::ZERO,
                bssid: p2p.group_bssid(),
                frequency: frequency(p2p.operating_channel()),
                channels: ChannelSet::default(),
            },
            operating: None,
        };
        let (Some(id), Some(list)) = (p2p.group_id(), p2p.channel_list()) else { return verdict };
        let invited = &mut verdict.invited;
        (invited.ssid, invited.owner_address) = (id.ssid.as_bytes().to_vec(), id.device_address);
        // Without the attribute (devices older than Wi-Fi P2P v1.06) a persistent group is meant.
        let persistent = p2p.invitation_flags().is_none_or(|flags| flags & invitation_flags::PERSISTENT != 0);
        let same = |ssid: &[u8], owner| ssid == id.ssid.as_bytes() && owner == id.device_address;
        let stored = self.stored.iter().find(|group| persistent && same(&group.ssid, group.owner_address));
        let running = self.groups.iter().find(|group| same(&group.ssid, group.owner_address));
        invited.owner = persistent && id.device_address == self.settings.device.address;
        invited.persistent = stored.map(|group| group.id);
        let theirs = channels_of(&list, &self.settings);
        let ours = self.invitation_channels(invited.owner);
        invited.channels = theirs.map(|theirs| ours.intersection(&theirs)).unwrap_or_default();
        if invited.channels.is_empty() {
            verdict.status = Status::NO_COMMON_CHANNELS;
            return verdict;
        }
        let mutual = matches!(&self.exchange, Some((exchange, Request::Invitation(inviting)))
            if exchange.peer == source && same(&inviting.parameters.ssid, inviting.parameters.owner_address));
        let agreed =
            |address| self.invitation_from == Some(address) || self.authorized.iter().any(|wish| wish.peer == address);
        verdict.status = if !persistent {
            // Whatever the settings, the user has to want this (Wi-Fi P2P v1.7 §3.1.5.1).
            let wanted = mutual || agreed(source) || agreed(id.device_address);
            if wanted { Status::SUCCESS } else { Status::INFORMATION_UNAVAILABLE }
        } else if running.is_some() {
            Status::SUCCESS
        } else if !(mutual || agreed(source) || self.settings.persistent_reconnect) {
            // Nobody learns which groups are stored here without the user's consent.
            Status::INFORMATION_UNAVAILABLE
        } else if stored.is_some() {
            Status::SUCCESS
        } else {
            Status::UNKNOWN_GROUP
        };
        if verdict.status == Status::SUCCESS {
            self.place_group(&mut verdict, running, rng);
        }
        verdict
    }

    /// Chooses the channel of a group that we own and are invited to take up, or are in already.
    fn place_group(&self, verdict: &mut Verdict, running: Option<&OwnGroup>, rng: &mut dyn CryptoRng) {
        let invited = &mut verdict.invited;
        if let Some(group) = running {
            invited.bssid = Some(group.bssid);
            invited.frequency = Some(group.frequency);
            verdict.operating = invited.channels.channel_at(group.frequency);
            if verdict.operating.is_none() {
                verdict.status = Status::NO_COMMON_CHANNELS;
            }
            return;
        }
        let wished = invited.frequency.and_then(|mhz| invited.channels.channel_at(mhz));
        if !invited.owner {
            verdict.operating = wished;
            // The owner means to be there; told so it may invite once more, to a channel that we can follow it to.
            if wished.is_none() && invited.frequency.is_some() {
                verdict.status = Status::NO_COMMON_CHANNELS;
            }
            return;
        }
        let offer = channels::offer(&self.settings, Demand { preferred: invited.frequency, ..Demand::default() }, rng);
        let settled = offer.and_then(|offer| channels::settle(&offer, &invited.channels, &self.settings, rng));
        verdict.operating = wished.or(settled.map(|(operating, _)| operating));
        invited.frequency = verdict.operating.and_then(|(class, channel)| channel_to_frequency(class, channel));
        if invited.frequency.is_none() {
            verdict.status = Status::NO_COMMON_CHANNELS;
        }
    }

    /// P2P Invitation Response (Wi-Fi P2P v1.7 §4.2.9.6).
    fn invitation_answer(&self, to: MacAddr, dialog_token: u8, verdict: &Verdict) -> Vec<u8> {
        let accepted = verdict.status == Status::SUCCESS;
        let mut attributes = Vec::from([
            Attribute::Status(verdict.status),
            Attribute::ConfigurationTimeout(ConfigurationTimeout::default()),
        ]);
        if accepted {
            attributes.extend(verdict.operating.map(|operating| frames::operating_channel(&self.settings, operating)));
            let bssid = verdict.invited.bssid.filter(|_| verdict.invited.owner);
            attributes.extend(bssid.map(Attribute::GroupBssid));
            attributes.push(frames::channel_list(&self.settings, &verdict.invited.channels));
        }
        let mut elements = Vec::new();
        emit(&attributes, &mut elements);
        frames::emit_extra(&self.settings, Kind::InvitationResponse, &mut elements);
        let what = (P2pPublicSubtype::INVITATION_RESPONSE, dialog_token);
        frames::action(&self.settings, to, self.settings.device.address, what, &elements)
    }
}

impl Inviting {
    fn invited(&self) -> Invited {
        let InviteParameters { peer, persistent, owner, ssid, owner_address, bssid, frequency, .. } = &self.parameters;
        let operating = self.operating.and_then(|(class, channel)| channel_to_frequency(class, channel));
        Invited {
            peer: *peer,
            persistent: *persistent,
            owner: *owner,
            ssid: ssid.clone(),
            owner_address: *owner_address,
            bssid: *bssid,
            frequency: frequency.or(operating.filter(|_| *owner)),
            channels: ChannelSet::default(),
        }
    }
}

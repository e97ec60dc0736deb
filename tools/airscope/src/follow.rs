//! Puts packets together to conversations: without I/O, in bounded memory, whatever the packets are.

use std::collections::{BTreeMap, HashMap};
use std::mem;
use std::time::Duration;

use eapol::{KeyFrame, PacketType, Pdu};
use ieee80211_ies::MacAddr;
use ieee80211_ies::frame::{Action, Body, Frame, Gas, P2pPublicSubtype};
use serde::Serialize;

use crate::air::{self, Content, Data, Heard};
use crate::capture::Packet;
use crate::conversation::{Conversation, MAX_STEPS, Mark, Phase, Side, Step};
use crate::devices::{DeviceId, Devices, Networks};
use crate::handshake::{self, Ends};
use crate::keys::Keys;
use crate::talk::{At, Stage, Talk};
use crate::{gas, group, p2p, wps};

/// The most conversations that go on at a time; where there are more, the one that was silent longest is taken for ended.
pub const MAX_OPEN: usize = 256;

/// The most conversations that are held back until those that began before have ended.
const MAX_HELD: usize = 256;

/// A conversation without a connection that is silent for so long has ended: users have 120 s to agree (Wi-Fi P2P v1.7
/// §3.1.4.2.1).
pub const SILENCE: Duration = Duration::from_secs(120);

/// An encrypted frame longer than this is no EAPOL-Key frame of a handshake, and not decrypted.
const MAX_KEY_FRAME: usize = 512;

/// What a follower has to say.
#[derive(Clone, PartialEq, Debug)]
pub enum News {
    /// Something was said in the conversation of this number; the conversation as it stands, with that as its last step.
    Said(u64, Step),
    /// A conversation has ended.
    Ended(Box<Conversation>),
}

/// What was read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Counts {
    /// Packets.
    pub packets: u64,
    /// Packets that were damaged on the air.
    pub bad_fcs: u64,
    /// Packets that are no 802.11 frames, or broken ones.
    pub malformed: u64,
    /// Packets of a link type without 802.11 frames.
    pub foreign: u64,
    /// Conversations.
    pub conversations: u64,
}

/// Follows the conversations of a capture.
pub struct Follower {
    devices: Devices,
    networks: Networks,
    keys: Option<Keys>,
    everything: bool,
    open: HashMap<[DeviceId; 2], Talk>,
    began: Option<Duration>,
    now: Duration,
    swept: Duration,
    counts: Counts,
    foreign: Option<u32>,
    live: bool,
    /// Conversations that have ended, while one that began before goes on.
    held: BTreeMap<u64, Box<Conversation>>,
    news: Vec<News>,
}

impl Follower {
    /// Follows Wi-Fi Direct; `keys` open the handshakes. With `everything`, stations and access points that are not of Wi-Fi
    /// Direct are told, too. With `live`, every step is told at once.
    pub fn new(keys: Option<Keys>, everything: bool, live: bool) -> Self {
        Self {
            devices: Devices::default(),
            networks: Networks::default(),
            keys,
            everything,
            open: HashMap::new(),
            began: None,
            now: Duration::ZERO,
            swept: Duration::ZERO,
            counts: Counts::default(),
            foreign: None,
            live,
            held: BTreeMap::new(),
            news: Vec::new(),
        }
    }

    /// The devices heard so far.
    pub fn devices(&self) -> &Devices {
        &self.devices
    }

    /// What was read so far.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// The last link type that has no 802.11 frames, where there was one.
    pub fn foreign_link(&self) -> Option<u32> {
        self.foreign
    }

    /// The conversation of this number, while it goes on.
    pub fn conversation(&self, number: u64) -> Option<Conversation> {
        self.open.values().find(|talk| talk.number == number).map(|talk| talk.conversation(&self.devices))
    }

    /// What there is to say since the last time.
    pub fn news(&mut self) -> Vec<News> {
        mem::take(&mut self.news)
    }

    /// Ends all conversations, in the order in which they began.
    pub fn finish(&mut self) {
        mem::take(&mut self.open).into_values().for_each(|talk| self.hold(talk));
        self.news.extend(mem::take(&mut self.held).into_values().map(News::Ended));
    }

    /// Takes one packet.
    pub fn packet(&mut self, packet: &Packet<'_>) {
        self.counts.packets += 1;
        let began = *self.began.get_or_insert(packet.time);
        self.now = packet.time.saturating_sub(began);
        let (heard, frequency) = air::open(packet);
        match heard {
            Heard::Nothing => {}
            Heard::BadFcs => self.counts.bad_fcs += 1,
            Heard::Malformed => self.counts.malformed += 1,
            Heard::Foreign(link) => {
                self.counts.foreign += 1;
                self.foreign = Some(link);
            }
            Heard::Management { frame, retry } => self.management(&frame, retry, frequency),
            Heard::Data(data) => self.data(&data, frequency),
        }
        if self.now.saturating_sub(self.swept) > Duration::from_secs(1) || self.now < self.swept {
            self.sweep();
        }
    }

    fn management(&mut self, frame: &Frame<'_>, retry: bool, frequency: Option<u32>) {
        if frame.has_group_source() {
            return;
        }
        let header = frame.header;
        let elements = frame.body.elements();
        if let Ok(Some(p2p)) = elements.p2p() {
            self.make_room();
            for merged in self.devices.learn(frame, &p2p, self.now) {
                self.rename(merged.0, merged.1);
            }
        }
        match frame.body {
            Body::Beacon { elements, .. } | Body::ProbeResponse { elements, .. } => {
                if let Ok(Some(ssid)) = elements.ssid() {
                    self.networks.learn(header.bssid, ssid);
                }
                return;
            }
            Body::AssociationRequest { elements, .. } | Body::ReassociationRequest { elements, .. } => {
                if let Ok(Some(ssid)) = elements.ssid() {
                    self.networks.learn(header.bssid, ssid);
                }
            }
            _ => {}
        }
        let opens = match frame.body {
            Body::Action(Action::P2pPublic { subtype: P2pPublicSubtype::GO_NEGOTIATION_REQUEST, .. }) => {
                Some(Phase::GoNegotiation)
            }
            Body::Action(Action::P2pPublic { subtype: P2pPublicSubtype::INVITATION_REQUEST, .. }) => {
                Some(Phase::Invitation)
            }
            Body::Action(Action::P2pPublic { subtype: P2pPublicSubtype::PROVISION_DISCOVERY_REQUEST, .. }) => {
                Some(Phase::ProvisionDiscovery)
            }
            Body::Action(Action::Gas(Gas::InitialRequest { .. })) => Some(Phase::ServiceDiscovery),
            Body::Authentication { transaction: 1, .. } => Some(Phase::Association),
            Body::Action(Action::P2pPublic { .. } | Action::P2p { .. } | Action::Gas(_))
            | Body::Authentication { .. }
            | Body::AssociationRequest { .. }
            | Body::AssociationResponse { .. }
            | Body::ReassociationRequest { .. }
            | Body::ReassociationResponse { .. }
            | Body::Deauthentication { .. }
            | Body::Disassociation { .. } => None,
            _ => return,
        };
        if header.destination.is_group() {
            self.goodbye(frame, frequency);
            return;
        }
        let is_p2p = matches!(frame.body, Body::Action(Action::P2pPublic { .. } | Action::P2p { .. }));
        let key = self.talk(header.source, header.destination, opens, is_p2p);
        let (devices, now, packet) = (&self.devices, self.now, self.counts.packets);
        let Some(talk) = key.and_then(|key| self.open.get_mut(&key)) else { return };
        let Some(from) = talk.side_of(devices, header.source) else { return };
        talk.last_heard = now;
        if talk.is_repetition(from, header.sequence, retry) {
            return;
        }
        let at = At { time: now, packet, from, frequency };
        let steps = talk.steps();
        match frame.body {
            Body::Action(Action::P2pPublic { subtype, elements, .. }) => {
                p2p::public(talk, devices, at, subtype, elements);
            }
            Body::Action(Action::P2p { subtype, elements, .. }) => p2p::member(talk, at, subtype, elements),
            Body::Action(Action::Gas(ref gas)) => talk.is_p2p |= gas::gas(talk, at, gas),
            ref body => {
                let owner = talk.side_of(devices, header.bssid);
                group::frame(talk, at, body, owner);
            }
        }
        self.said(header.source, header.destination, steps);
    }

    /// A frame to everybody: an owner that closes its group says goodbye so.
    fn goodbye(&mut self, frame: &Frame<'_>, frequency: Option<u32>) {
        if !matches!(frame.body, Body::Deauthentication { .. } | Body::Disassociation { .. }) {
            return;
        }
        let Some(source) = self.devices.known(frame.header.source) else { return };
        let (now, packet, live, everything) = (self.now, self.counts.packets, self.live, self.everything);
        for talk in self.open.values_mut().filter(|talk| talk.stage == Stage::Connected) {
            let Some(from) = [Side::First, Side::Second].into_iter().find(|side| talk.devices[side.index()] == source)
            else {
                continue;
            };
            let steps = talk.steps();
            group::frame(talk, At { time: now, packet, from, frequency }, &frame.body, Some(from));
            if live {
                self.news.extend(added(talk, steps, everything));
            }
        }
    }

    fn data(&mut self, data: &Data<'_>, frequency: Option<u32>) {
        if data.receiver.is_group() || data.transmitter.is_group() {
            return;
        }
        let (now, packet) = (self.now, self.counts.packets);
        let ssid = self.networks.ssid(data.bssid);
        let key = match data.content {
            Content::Other => return,
            // EAPOL may be all that was recorded of two devices.
            Content::Eapol(_) => self.talk(data.transmitter, data.receiver, None, false),
            Content::Protected(_) => self.existing(data.transmitter, data.receiver),
        };
        let devices = &self.devices;
        let Some(talk) = key.and_then(|key| self.open.get_mut(&key)) else { return };
        let Some(from) = talk.side_of(devices, data.transmitter) else { return };
        let at = At { time: now, packet, from, frequency };
        let steps = talk.steps();
        match data.content {
            Content::Eapol(pdu) => {
                talk.last_heard = now;
                if talk.is_repetition(from, data.sequence, data.retry) {
                    return;
                }
                eapol_pdu(talk, at, data, pdu, &mut self.keys, ssid, false);
            }
            Content::Protected(frame) => {
                if talk.stage != Stage::Connected {
                    return;
                }
                talk.last_heard = now;
                talk.data_frames[from.index()] += 1;
                let key = talk.handshake.temporal_key().filter(|_| frame.len() <= MAX_KEY_FRAME);
                let plain = key.and_then(|key| virtual_air::open_ccmp(key, frame));
                if let Some(pdu) = plain.as_deref().and_then(air::eapol)
                    && !talk.is_repetition(from, data.sequence, data.retry)
                {
                    eapol_pdu(talk, at, data, pdu, &mut self.keys, ssid, true);
                }
            }
            Content::Other => {}
        }
        self.said(data.transmitter, data.receiver, steps);
    }

    /// The conversation between these two addresses; a new one where there is none, or where it has ended and this frame
    /// `opens` one.
    fn talk(&mut self, one: MacAddr, other: MacAddr, opens: Option<Phase>, is_p2p: bool) -> Option<[DeviceId; 2]> {
        if one == other || one.is_zero() || other.is_zero() {
            return None;
        }
        self.make_room();
        let (one, other) = (self.devices.at(one, self.now), self.devices.at(other, self.now));
        if one == other {
            return None;
        }
        let key = pair(one, other);
        if let Some(phase) = opens
            && let Some(talk) = self.open.get_mut(&key)
            && talk.has_ended()
            && !talk.tries_again(phase, self.now)
        {
            let talk = self.open.remove(&key)?;
            self.end(talk);
        }
        if !self.open.contains_key(&key) {
            if self.open.len() >= MAX_OPEN {
                // Stations of ordinary networks first: they are not what is looked at.
                let least = |(_, talk): &(&_, &Talk)| (talk.is_p2p, talk.last_heard);
                let silent = self.open.iter().min_by_key(least).map(|(key, _)| *key)?;
                let talk = self.open.remove(&silent)?;
                self.end(talk);
            }
            self.counts.conversations += 1;
            let mut talk = Talk::new(self.counts.conversations, [one, other], self.now);
            talk.is_p2p = [one, other].iter().any(|id| self.devices.get(*id).is_some_and(|device| device.is_p2p));
            self.open.insert(key, talk);
        }
        self.open.get_mut(&key)?.is_p2p |= is_p2p;
        Some(key)
    }

    /// The conversation between these two addresses, where there is one.
    fn existing(&self, one: MacAddr, other: MacAddr) -> Option<[DeviceId; 2]> {
        Some(pair(self.devices.known(one)?, self.devices.known(other)?))
    }

    /// Tells the step that was added, to those who look on.
    fn said(&mut self, one: MacAddr, other: MacAddr, steps: usize) {
        if !self.live {
            return;
        }
        if let Some(talk) = self.existing(one, other).and_then(|key| self.open.get(&key)) {
            self.news.extend(added(talk, steps, self.everything));
        }
    }

    /// Ends what has been silent for too long.
    fn sweep(&mut self) {
        self.swept = self.now;
        let silent = |talk: &Talk| {
            let silence = self.now.saturating_sub(talk.last_heard);
            silence > SILENCE && (talk.stage != Stage::Connected || talk.has_ended())
        };
        let mut over: Vec<_> = self.open.iter().filter(|(_, talk)| silent(talk)).map(|(key, _)| *key).collect();
        over.sort_unstable();
        for key in over {
            if let Some(talk) = self.open.remove(&key) {
                self.end(talk);
            }
        }
    }

    fn end(&mut self, talk: Talk) {
        self.hold(talk);
        let first = self.open.values().map(|talk| talk.number).min().unwrap_or(u64::MAX);
        // They are told in the order in which they began; those who look on are told at once.
        while let Some((number, _)) = self.held.first_key_value() {
            if !self.live && *number > first && self.held.len() <= MAX_HELD {
                return;
            }
            self.news.extend(self.held.pop_first().map(|(_, conversation)| News::Ended(conversation)));
        }
    }

    fn hold(&mut self, talk: Talk) {
        if !talk.is_empty() && (talk.is_p2p || self.everything) {
            self.held.insert(talk.number, Box::new(talk.conversation(&self.devices)));
        }
    }

    fn make_room(&mut self) {
        let open = &self.open;
        self.devices.make_room(|id| open.keys().any(|pair| pair.contains(&id)));
    }

    /// A device was found to be another one.
    fn rename(&mut self, old: DeviceId, new: DeviceId) {
        let affected: Vec<_> = self.open.keys().filter(|pair| pair.contains(&old)).copied().collect();
        for key in affected {
            let Some(mut talk) = self.open.remove(&key) else { continue };
            talk.devices = talk.devices.map(|id| if id == old { new } else { id });
            let [one, other] = talk.devices;
            match self.open.remove(&pair(one, other)) {
                Some(before) if one != other => {
                    let (first, mut last) = if before.number <= talk.number { (before, talk) } else { (talk, before) };
                    if first.has_ended() || first.steps() + last.steps() > MAX_STEPS {
                        self.end(first);
                    } else {
                        last.continues(first);
                    }
                    self.open.insert(pair(one, other), last);
                }
                _ if one != other => {
                    self.open.insert(pair(one, other), talk);
                }
                _ => self.end(talk),
            }
        }
    }
}

fn pair(one: DeviceId, other: DeviceId) -> [DeviceId; 2] {
    if one <= other { [one, other] } else { [other, one] }
}

fn eapol_pdu(
    talk: &mut Talk,
    at: At,
    data: &Data<'_>,
    pdu: &[u8],
    keys: &mut Option<Keys>,
    ssid: Option<ieee80211_ies::Ssid>,
    encrypted: bool,
) {
    if !Pdu::parse(pdu).is_ok_and(|pdu| pdu.kind == PacketType::Key) {
        wps::pdu(talk, at, pdu);
        return;
    }
    match KeyFrame::parse(pdu) {
        Ok(frame) => {
            let supplicant = if data.bssid == data.transmitter { data.receiver } else { data.transmitter };
            let psk = keys.as_mut().and_then(|keys| keys.of(ssid));
            let ends = Ends { authenticator: data.bssid, supplicant, psk };
            handshake::key_frame(talk, at, &frame, &ends, encrypted);
        }
        Err(error) => {
            talk.tell_marked(at, Phase::Handshake, "EAPOL-Key", format!("malformed: {error}"), Mark::Bad);
        }
    }
}

/// What to tell those who look on, when a conversation has more steps than it had.
fn added(talk: &Talk, had: usize, everything: bool) -> Option<News> {
    let told = talk.steps() > had && (talk.is_p2p || everything);
    talk.last_step().filter(|_| told).map(|step| News::Said(talk.number, step.clone()))
}

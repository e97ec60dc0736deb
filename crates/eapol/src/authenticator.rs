//! The authenticator: the group owner's side of the handshakes with one station (IEEE 802.11-2020 §12.7.6, §12.7.7, §12.7.10).

use crate::crypto::{self, NonceSource};
use crate::drops::{DropReason, Drops};
use crate::kde::{KeyData, KeyDataWriter};
use crate::key_frame::{KeyFrame, KeyFrameRepr, KeyInformation};
use crate::machine::{Event, Failure, Input, Message, Output, Phase};
use crate::retry::{Due, Retry};
use crate::{Akm, GroupKey, IpAllocation, Nonce, Psk, Ptk};
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::ops::RangeInclusive;
use core::time::Duration;
use ieee80211_ies::MacAddr;
use rand_core::CryptoRng;

/// How long one message is repeated before the handshake fails: a formation's own limit is 15 s (Wi-Fi P2P v1.7 §3.1.4.3) and
/// two messages have to fit, with at least 8 transmissions each.
pub const MESSAGE_LIFETIME: Duration = Duration::from_secs(6);

/// Most PSKs to try on one station: the group's own and those of the station's earlier visits.
pub const MAX_PSKS: usize = 64;

/// Answers to different messages 1 whose MIC is wrong before the station is believed to have another passphrase.
const MAX_MIC_FAILURES: u32 = 4;

/// EAPOL version of what we send: 802.1X-2004, as access points do.
const PROTOCOL_VERSION: u8 = 2;

/// What an [`Authenticator`] has to know.
#[derive(Clone, Debug)]
pub struct AuthenticatorConfig {
    /// Our own address (AA), the BSSID.
    pub authenticator: MacAddr,
    /// The station's address (SPA).
    pub supplicant: MacAddr,
    /// The PSKs to try, in this order; those beyond [`MAX_PSKS`] are not.
    pub psks: Vec<Psk>,
    /// The AKM that the station chose.
    pub akm: Akm,
    /// Our RSN element as in the beacon, with id and length octets.
    pub rsn_element: Vec<u8>,
    /// The RSN element of the station's (re)association request, with id and length octets.
    pub station_rsn_element: Vec<u8>,
    /// The group key now in use.
    pub group: GroupKey,
    /// Addresses for the station, should it ask for one.
    pub ip: Option<IpAllocation>,
    /// The radio sends EAPOL in the clear when it is told to, also when the pairwise key is installed. Then the key is installed
    /// when message 3 is repeated: its first copy may have come and only message 4 been lost, and clients that encrypt whatever
    /// they send once they have the key (wpa_supplicant up to 2.10) would not be heard again without it.
    pub clear_beside_key: bool,
}

/// A PTK that the station may have: message 2 is bound to it by its MIC.
#[derive(Clone, Debug)]
struct Candidate {
    snonce: Nonce,
    psk: usize,
    ptk: Ptk,
}

/// The 4-way handshake. Counters are those of the messages sent, which rise by one, so that a range says all.
#[derive(Clone, Debug)]
enum Pairwise {
    Idle,
    AwaitMessage2 {
        anonce: Nonce,
        message1: RangeInclusive<u64>,
        mic_failures: u32,
        last_failure: Option<u64>,
        retry: Retry,
    },
    AwaitMessage4 {
        anonce: Nonce,
        message1: RangeInclusive<u64>,
        message3: RangeInclusive<u64>,
        /// The newest first. There is a second one after a station answered two messages 1 with different nonces; it may go
        /// on with either.
        candidates: Vec<Candidate>,
        ip: Option<IpAllocation>,
        /// The group key in the messages 3 sent.
        group: GroupKey,
        /// The nonce of the candidate whose key has been installed ahead of message 4.
        ahead: Option<Nonce>,
        retry: Retry,
    },
    Completed,
    Failed,
}

/// A group-key handshake under way.
#[derive(Clone, Debug)]
struct Rekey {
    counters: RangeInclusive<u64>,
    retry: Retry,
}

/// The authenticator of one station. See the crate's description for how it is driven.
///
/// A handshake begins at [`Input::Start`]; another [`Input::Start`] begins anew with a new nonce, protected by the keys in use if
/// there are any.
#[derive(Clone, Debug)]
pub struct Authenticator {
    config: AuthenticatorConfig,
    nonces: NonceSource,
    counter: u64,
    pairwise: Pairwise,
    installed: Option<Ptk>,
    protected_seen: bool,
    rekey: Option<Rekey>,
    /// Transmissions whose end has not been reported.
    in_flight: u32,
    outputs: VecDeque<Output>,
    drops: Drops,
}

impl Authenticator {
    /// For one association; the next association of the station takes a new one. `rng` makes the nonces.
    pub fn new(mut config: AuthenticatorConfig, rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        config.psks.truncate(MAX_PSKS);
        Self {
            nonces: NonceSource::new(config.authenticator, rng),
            config,
            counter: 0,
            pairwise: Pairwise::Idle,
            installed: None,
            protected_seen: false,
            rekey: None,
            in_flight: 0,
            outputs: VecDeque::new(),
            drops: Drops::default(),
        }
    }

    /// Takes what happened at `now`; then `poll_output` is to be drained.
    pub fn handle_input(&mut self, now: Duration, input: Input<'_>) {
        match input {
            Input::Start => self.start(now),
            Input::Pdu { pdu, encrypted } => {
                if let Err(reason) = self.receive(now, pdu, encrypted) {
                    tracing::debug!(station = %self.config.supplicant, ?reason, "EAPOL-Key dropped");
                    self.drops.add(reason);
                }
            }
            Input::Sent { acked } => {
                self.in_flight = self.in_flight.saturating_sub(1);
                // Only the end of the latest transmission says something of the message that is waited upon.
                if !acked
                    && self.in_flight == 0
                    && let Some(retry) = self.retry_mut()
                {
                    retry.unacked(now);
                }
            }
            Input::Timeout => self.timeout(now),
        }
    }

    /// Makes `group` the group key: for message 3 if that is still to come, else by a group-key handshake, which ends in
    /// [`Event::GroupRekeyed`] or [`Event::Failed`].
    pub fn rekey_group(&mut self, now: Duration, group: GroupKey) {
        self.config.group = group;
        if matches!(self.pairwise, Pairwise::Completed) {
            self.start_group(now);
        }
    }

    /// The next thing to do, in order; `None` when there is nothing until the next input.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`Input::Timeout`] is due.
    pub fn poll_timeout(&self) -> Option<Duration> {
        self.retry().map(Retry::deadline)
    }

    /// How far the 4-way handshake has come.
    pub fn phase(&self) -> Phase {
        match self.pairwise {
            Pairwise::Idle => Phase::Idle,
            Pairwise::AwaitMessage2 { .. } => Phase::Awaiting(Message::Pairwise2),
            Pairwise::AwaitMessage4 { .. } => Phase::Awaiting(Message::Pairwise4),
            Pairwise::Completed => Phase::Completed,
            Pairwise::Failed => Phase::Failed,
        }
    }

    /// What was dropped, and why.
    pub fn drops(&self) -> &Drops {
        &self.drops
    }

    fn retry(&self) -> Option<&Retry> {
        match &self.pairwise {
            Pairwise::AwaitMessage2 { retry, .. } | Pairwise::AwaitMessage4 { retry, .. } => Some(retry),
            Pairwise::Completed => self.rekey.as_ref().map(|r| &r.retry),
            Pairwise::Idle | Pairwise::Failed => None,
        }
    }

    fn retry_mut(&mut self) -> Option<&mut Retry> {
        match &mut self.pairwise {
            Pairwise::AwaitMessage2 { retry, .. } | Pairwise::AwaitMessage4 { retry, .. } => Some(retry),
            Pairwise::Completed => self.rekey.as_mut().map(|r| &mut r.retry),
            Pairwise::Idle | Pairwise::Failed => None,
        }
    }

    fn start(&mut self, now: Duration) {
        let anonce = self.nonces.next();
        self.rekey = None;
        let counter = self.send_message1(&anonce);
        self.pairwise = Pairwise::AwaitMessage2 {
            anonce,
            message1: counter..=counter,
            mic_failures: 0,
            last_failure: None,
            retry: Retry::new(now, MESSAGE_LIFETIME),
        };
    }

    fn timeout(&mut self, now: Duration) {
        match self.retry().map(|r| r.due(now)) {
            None | Some(Due::Nothing) => return,
            Some(Due::GiveUp) => {
                let reason = match &self.pairwise {
                    Pairwise::AwaitMessage2 { mic_failures: 1.., .. } => Failure::PskMismatch,
                    Pairwise::AwaitMessage2 { .. } => Failure::TimedOut(Message::Pairwise2),
                    Pairwise::AwaitMessage4 { .. } => Failure::TimedOut(Message::Pairwise4),
                    _ => Failure::TimedOut(Message::Group2),
                };
                return self.fail(reason);
            }
            Some(Due::SendAgain) => {}
        }
        let mut pairwise = core::mem::replace(&mut self.pairwise, Pairwise::Idle);
        match &mut pairwise {
            Pairwise::AwaitMessage2 { anonce, message1, retry, .. } => {
                *message1 = *message1.start()..=self.send_message1(anonce);
                retry.sent(now);
            }
            Pairwise::AwaitMessage4 { anonce, message3, candidates, ip, group, ahead, retry, .. } => {
                if let Some(newest) = candidates.first() {
                    // Never while an older key is in use: the station still sends under that one if it has not heard message 3.
                    if self.config.clear_beside_key && self.installed.is_none() && ahead.is_none() {
                        *ahead = Some(newest.snonce);
                        self.outputs.push_back(Output::InstallPairwise { tk: newest.ptk.tk.clone() });
                    }
                    *message3 = *message3.start()..=self.send_message3(anonce, newest, *ip, group);
                }
                retry.sent(now);
            }
            Pairwise::Completed => {
                let counter = self.send_group1();
                if let Some(rekey) = &mut self.rekey {
                    rekey.counters = *rekey.counters.start()..=counter;
                    rekey.retry.sent(now);
                }
            }
            Pairwise::Idle | Pairwise::Failed => {}
        }
        self.pairwise = pairwise;
    }

    fn fail(&mut self, reason: Failure) {
        self.pairwise = Pairwise::Failed;
        self.rekey = None;
        self.outputs.push_back(Output::Event(Event::Failed { reason }));
    }

    fn receive(&mut self, now: Duration, pdu: &[u8], encrypted: Option<bool>) -> Result<(), DropReason> {
        let frame = KeyFrame::parse(pdu).map_err(|_| DropReason::Malformed)?;
        if encrypted == Some(true) {
            self.protected_seen = true;
        } else if encrypted == Some(false) && self.protected_seen {
            return Err(DropReason::Unprotected);
        }
        let refused = KeyInformation::ACK | KeyInformation::ERROR | KeyInformation::REQUEST | KeyInformation::SMK;
        if !frame.info.has(KeyInformation::MIC) || frame.info.has_any(refused | KeyInformation::ENCRYPTED) {
            return Err(DropReason::WrongMessage);
        }
        if frame.info.version() != self.config.akm.descriptor_version() {
            return Err(DropReason::WrongVersion);
        }
        if !frame.info.has(KeyInformation::PAIRWISE) {
            return self.receive_group2(&frame, encrypted);
        }
        // The counter says which of our messages it answers, and so which message it is.
        let counter = frame.replay_counter;
        match &self.pairwise {
            Pairwise::AwaitMessage2 { message1, .. } if message1.contains(&counter) => {
                self.receive_message2(now, &frame)
            }
            Pairwise::AwaitMessage4 { message1, .. } if message1.contains(&counter) => {
                self.receive_late_message2(now, &frame)
            }
            Pairwise::AwaitMessage4 { message3, .. } if message3.contains(&counter) => {
                self.receive_message4(now, &frame)
            }
            Pairwise::AwaitMessage2 { .. } | Pairwise::AwaitMessage4 { .. } => Err(DropReason::Replay),
            Pairwise::Completed => Err(DropReason::Duplicate),
            Pairwise::Idle | Pairwise::Failed => Err(DropReason::OutOfOrder),
        }
    }

    /// The PTK whose KCK made the frame's MIC, of those that our PSKs lead to.
    fn find_ptk(&self, anonce: &Nonce, frame: &KeyFrame<'_>) -> Option<Candidate> {
        let AuthenticatorConfig { akm, authenticator, supplicant, psks, .. } = &self.config;
        psks.iter().enumerate().find_map(|(psk, key)| {
            let ptk = crypto::derive_ptk(*akm, key, *authenticator, *supplicant, anonce, frame.nonce);
            frame.verify(*akm, &ptk.kck).then(|| Candidate { snonce: *frame.nonce, psk, ptk })
        })
    }

    fn receive_message2(&mut self, now: Duration, frame: &KeyFrame<'_>) -> Result<(), DropReason> {
        let Pairwise::AwaitMessage2 { anonce, message1, .. } = &self.pairwise else {
            return Err(DropReason::OutOfOrder);
        };
        let (anonce, message1) = (*anonce, message1.clone());
        let Some(candidate) = self.find_ptk(&anonce, frame) else {
            self.count_mic_failure(frame.replay_counter);
            return Err(DropReason::BadMic);
        };
        let data = KeyData::parse(frame.key_data).map_err(|_| DropReason::Malformed)?;
        // Not constant time: the element has been on the air in the clear.
        if data.rsn != Some(&self.config.station_rsn_element) {
            self.fail(Failure::RsnElementMismatch(Message::Pairwise2));
            return Ok(());
        }
        let ip = self.config.ip.filter(|_| data.ip_wanted);
        let group = self.config.group.clone();
        let counter = self.send_message3(&anonce, &candidate, ip, &group);
        self.pairwise = Pairwise::AwaitMessage4 {
            anonce,
            message1,
            message3: counter..=counter,
            candidates: alloc::vec![candidate],
            ip,
            group,
            ahead: None,
            retry: Retry::new(now, MESSAGE_LIFETIME),
        };
        Ok(())
    }

    fn count_mic_failure(&mut self, counter: u64) {
        let Pairwise::AwaitMessage2 { mic_failures, last_failure, .. } = &mut self.pairwise else { return };
        if *last_failure == Some(counter) {
            return;
        }
        *last_failure = Some(counter);
        *mic_failures += 1;
        match *mic_failures {
            1 => self.outputs.push_back(Output::Event(Event::PossiblePskMismatch)),
            MAX_MIC_FAILURES.. => self.fail(Failure::PskMismatch),
            _ => {}
        }
    }

    /// A message 2 while message 4 is expected: the answer to an earlier message 1, which had crossed with a later one. A station
    /// that made a new nonce for it holds another PTK now.
    fn receive_late_message2(&mut self, now: Duration, frame: &KeyFrame<'_>) -> Result<(), DropReason> {
        let Pairwise::AwaitMessage4 { anonce, candidates, ip, group, .. } = &self.pairwise else {
            return Err(DropReason::OutOfOrder);
        };
        if candidates.iter().any(|c| c.snonce == *frame.nonce) {
            return Err(DropReason::Duplicate);
        }
        let candidate = self.find_ptk(anonce, frame).ok_or(DropReason::BadMic)?;
        let data = KeyData::parse(frame.key_data).map_err(|_| DropReason::Malformed)?;
        if data.rsn != Some(&self.config.station_rsn_element) {
            return Err(DropReason::Malformed);
        }
        let (anonce, ip, group) = (*anonce, *ip, group.clone());
        let counter = self.send_message3(&anonce, &candidate, ip, &group);
        if let Pairwise::AwaitMessage4 { candidates, message3, retry, .. } = &mut self.pairwise {
            candidates.truncate(1);
            candidates.insert(0, candidate);
            *message3 = *message3.start()..=counter;
            retry.sent(now);
        }
        Ok(())
    }

    fn receive_message4(&mut self, now: Duration, frame: &KeyFrame<'_>) -> Result<(), DropReason> {
        let Pairwise::AwaitMessage4 { candidates, ip, group, ahead, .. } = &self.pairwise else {
            return Err(DropReason::OutOfOrder);
        };
        // Message 4 has no key data, message 2 has: who forges a message 1 with the counter of message 3 has the station sign
        // a message 2 with that counter, which says nothing of whether it has installed the key.
        if !frame.key_data.is_empty() {
            return Err(DropReason::WrongMessage);
        }
        let Candidate { ptk, psk, snonce } =
            candidates.iter().find(|c| frame.verify(self.config.akm, &c.ptk.kck)).ok_or(DropReason::BadMic)?;
        // A key is installed once: again would begin its packet numbers anew.
        let tk = (*ahead != Some(*snonce)).then(|| ptk.tk.clone());
        let event = Event::Completed { psk: *psk, ip: *ip };
        let stale = *group != self.config.group;
        self.installed = Some(ptk.clone());
        self.protected_seen = false;
        self.pairwise = Pairwise::Completed;
        self.outputs.extend(tk.map(|tk| Output::InstallPairwise { tk }));
        self.outputs.push_back(Output::Event(event));
        if stale {
            self.start_group(now);
        }
        Ok(())
    }

    fn start_group(&mut self, now: Duration) {
        let counter = self.send_group1();
        self.rekey = Some(Rekey { counters: counter..=counter, retry: Retry::new(now, MESSAGE_LIFETIME) });
    }

    fn receive_group2(&mut self, frame: &KeyFrame<'_>, encrypted: Option<bool>) -> Result<(), DropReason> {
        let (Some(ptk), Some(rekey)) = (&self.installed, &self.rekey) else { return Err(DropReason::OutOfOrder) };
        if encrypted == Some(false) {
            return Err(DropReason::Unprotected);
        }
        if !rekey.counters.contains(&frame.replay_counter) {
            return Err(DropReason::Replay);
        }
        if !frame.verify(self.config.akm, &ptk.kck) {
            return Err(DropReason::BadMic);
        }
        self.rekey = None;
        self.outputs.push_back(Output::Event(Event::GroupRekeyed));
        Ok(())
    }

    fn next_counter(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    fn info(&self, flags: u16) -> KeyInformation {
        KeyInformation(self.config.akm.descriptor_version() | flags)
    }

    fn send(&mut self, pdu: Vec<u8>) {
        self.in_flight = self.in_flight.saturating_add(1);
        self.outputs.push_back(Output::Send { pdu, encrypt: self.installed.is_some() });
    }

    /// Sends message 1; returns its replay counter, as do the next two.
    fn send_message1(&mut self, anonce: &Nonce) -> u64 {
        let secure = if self.installed.is_some() { KeyInformation::SECURE } else { 0 };
        let replay_counter = self.next_counter();
        let frame = KeyFrameRepr {
            protocol_version: PROTOCOL_VERSION,
            info: self.info(KeyInformation::PAIRWISE | KeyInformation::ACK | secure),
            key_length: 16,
            replay_counter,
            nonce: *anonce,
            ..KeyFrameRepr::default()
        };
        self.send(frame.emit());
        replay_counter
    }

    fn send_message3(&mut self, anonce: &Nonce, to: &Candidate, ip: Option<IpAllocation>, group: &GroupKey) -> u64 {
        let mut data = KeyDataWriter::new().elements(&self.config.rsn_element).gtk(group);
        if let Some(ip) = ip {
            data = data.ip_allocation(&ip);
        }
        let flags = KeyInformation::PAIRWISE
            | KeyInformation::INSTALL
            | KeyInformation::ACK
            | KeyInformation::MIC
            | KeyInformation::SECURE
            | KeyInformation::ENCRYPTED;
        let replay_counter = self.next_counter();
        let frame = KeyFrameRepr {
            protocol_version: PROTOCOL_VERSION,
            info: self.info(flags),
            key_length: 16,
            replay_counter,
            nonce: *anonce,
            rsc: rsc_field(group.rsc),
            key_data: crypto::wrap_key_data(&to.ptk.kek, data.as_slice()),
            ..KeyFrameRepr::default()
        };
        self.send(frame.emit_signed(self.config.akm, &to.ptk.kck));
        replay_counter
    }

    fn send_group1(&mut self) -> u64 {
        let replay_counter = self.next_counter();
        let Some(ptk) = self.installed.clone() else { return replay_counter };
        let group = &self.config.group;
        let data = KeyDataWriter::new().gtk(group);
        let frame = KeyFrameRepr {
            protocol_version: PROTOCOL_VERSION,
            info: self
                .info(KeyInformation::ACK | KeyInformation::MIC | KeyInformation::SECURE | KeyInformation::ENCRYPTED),
            replay_counter,
            rsc: rsc_field(group.rsc),
            key_data: crypto::wrap_key_data(&ptk.kek, data.as_slice()),
            ..KeyFrameRepr::default()
        };
        self.send(frame.emit_signed(self.config.akm, &ptk.kck));
        replay_counter
    }
}

/// The Key RSC field of a 48-bit packet number (IEEE 802.11-2020 Table 12-5).
fn rsc_field(rsc: [u8; 6]) -> [u8; 8] {
    let [a, b, c, d, e, f] = rsc;
    [a, b, c, d, e, f, 0, 0]
}

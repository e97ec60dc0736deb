//! The supplicant: the client's side of the handshakes (IEEE 802.11-2020 §12.7.6, §12.7.7, §12.7.9).

use crate::crypto::{self, NonceSource};
use crate::drops::{DropReason, Drops};
use crate::kde::{KeyData, KeyDataWriter};
use crate::key_frame::{KeyFrame, KeyFrameRepr, KeyInformation};
use crate::machine::{Event, Failure, Input, Message, Output, Phase};
use crate::{Akm, Gtk, Nonce, Psk, Ptk};
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;
use ieee80211_ies::MacAddr;
use rand_core::CryptoRng;

/// How long after [`Input::Start`] the handshake may take: twice [`crate::MESSAGE_LIFETIME`], so that an owner of our own kind is not
/// left before it has tried all; less than the 15 s of a formation (Wi-Fi P2P v1.7 §3.1.4.3).
pub const HANDSHAKE_LIFETIME: Duration = Duration::from_secs(12);

/// Repetitions of an answer that the owner's radio did not acknowledge; after them the owner's own repetition is waited for.
const MAX_REPEATS: u32 = 3;

/// The wait before such a repetition.
const REPEAT_WAIT: Duration = Duration::from_millis(20);

/// EAPOL version of what we send: 802.1X-2001. Old authenticators take no other, and new ones take all.
const PROTOCOL_VERSION: u8 = 1;

/// What a [`Supplicant`] has to know.
#[derive(Clone, Debug)]
pub struct SupplicantConfig {
    /// Our own address (SPA).
    pub supplicant: MacAddr,
    /// The owner's interface address (AA), the BSSID.
    pub authenticator: MacAddr,
    /// The PSK.
    pub psk: Psk,
    /// The AKM that we asked for.
    pub akm: Akm,
    /// Our RSN element as in the (re)association request, with id and length octets.
    pub rsn_element: Vec<u8>,
    /// The owner's RSN element as in its beacon or probe response, with id and length octets.
    pub owner_rsn_element: Vec<u8>,
    /// Whether to ask for an IP address in message 2 (Wi-Fi P2P v1.7 §4.2.8); only where the owner offers it.
    pub want_ip: bool,
}

/// A pairwise key in use, and the owner's nonce in it.
#[derive(Clone, Debug)]
struct Installed {
    anonce: Nonce,
    ptk: Ptk,
}

/// The last answer, until its transmission was acknowledged.
#[derive(Clone, Debug)]
struct Answer {
    pdu: Vec<u8>,
    encrypt: bool,
    repeats: u32,
    again: Option<Duration>,
}

/// The supplicant of one association. See the crate's description for how it is driven.
///
/// A key once installed is not installed again, whatever is repeated or replayed (CVE-2017-13077 to 13088), and key data are not
/// decrypted before their MIC was right (CVE-2018-14526).
#[derive(Clone, Debug)]
pub struct Supplicant {
    config: SupplicantConfig,
    nonces: NonceSource,
    /// Our nonce of the handshake under way, from its first message 1 until its message 3.
    snonce: Option<Nonce>,
    installed: Option<Installed>,
    /// Group keys by index less one.
    gtks: [Option<Gtk>; 3],
    /// The counter of the last frame with a right MIC.
    counter: Option<u64>,
    protected_seen: bool,
    failed: bool,
    deadline: Option<Duration>,
    answer: Option<Answer>,
    /// Transmissions whose end has not been reported.
    in_flight: u32,
    outputs: VecDeque<Output>,
    drops: Drops,
}

impl Supplicant {
    /// For one association; the next one takes a new supplicant. `rng` makes the nonces.
    pub fn new(config: SupplicantConfig, rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        Self {
            nonces: NonceSource::new(config.supplicant, rng),
            config,
            snonce: None,
            installed: None,
            gtks: [None, None, None],
            counter: None,
            protected_seen: false,
            failed: false,
            deadline: None,
            answer: None,
            in_flight: 0,
            outputs: VecDeque::new(),
            drops: Drops::default(),
        }
    }

    /// Takes what happened at `now`; then `poll_output` is to be drained.
    pub fn handle_input(&mut self, now: Duration, input: Input<'_>) {
        match input {
            Input::Start => {
                self.failed = false;
                self.deadline = self.installed.is_none().then(|| now.saturating_add(HANDSHAKE_LIFETIME));
            }
            Input::Pdu { pdu, encrypted } => {
                if let Err(reason) = self.receive(pdu, encrypted) {
                    tracing::debug!(owner = %self.config.authenticator, ?reason, "EAPOL-Key dropped");
                    self.drops.add(reason);
                }
            }
            Input::Sent { acked } => self.sent(now, acked),
            Input::Timeout => self.timeout(now),
        }
    }

    /// The next thing to do, in order; `None` when there is nothing until the next input.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`Input::Timeout`] is due.
    pub fn poll_timeout(&self) -> Option<Duration> {
        let again = self.answer.as_ref().and_then(|a| a.again);
        self.deadline.into_iter().chain(again).min()
    }

    /// How far the 4-way handshake has come.
    pub fn phase(&self) -> Phase {
        match (self.failed, &self.installed, &self.snonce, self.deadline) {
            (true, ..) => Phase::Failed,
            (_, Some(_), ..) => Phase::Completed,
            (_, _, Some(_), _) => Phase::Awaiting(Message::Pairwise3),
            (_, _, _, Some(_)) => Phase::Awaiting(Message::Pairwise1),
            _ => Phase::Idle,
        }
    }

    /// What was dropped, and why.
    pub fn drops(&self) -> &Drops {
        &self.drops
    }

    fn sent(&mut self, now: Duration, acked: bool) {
        self.in_flight = self.in_flight.saturating_sub(1);
        if self.in_flight != 0 {
            return;
        }
        match &mut self.answer {
            Some(answer) if !acked && answer.repeats < MAX_REPEATS => {
                answer.again = Some(now.saturating_add(REPEAT_WAIT))
            }
            _ => self.answer = None,
        }
    }

    fn timeout(&mut self, now: Duration) {
        if self.deadline.is_some_and(|at| now >= at) {
            let awaited = if self.snonce.is_some() { Message::Pairwise3 } else { Message::Pairwise1 };
            return self.fail(Failure::TimedOut(awaited));
        }
        if let Some(answer) = &mut self.answer
            && answer.again.is_some_and(|at| now >= at)
        {
            answer.again = None;
            answer.repeats += 1;
            self.in_flight = self.in_flight.saturating_add(1);
            self.outputs.push_back(Output::Send { pdu: answer.pdu.clone(), encrypt: answer.encrypt });
        }
    }

    fn fail(&mut self, reason: Failure) {
        self.failed = true;
        self.deadline = None;
        self.answer = None;
        self.snonce = None;
        self.outputs.push_back(Output::Event(Event::Failed { reason }));
    }

    fn receive(&mut self, pdu: &[u8], encrypted: Option<bool>) -> Result<(), DropReason> {
        if self.failed {
            return Err(DropReason::OutOfOrder);
        }
        let frame = KeyFrame::parse(pdu).map_err(|_| DropReason::Malformed)?;
        if encrypted == Some(true) {
            self.protected_seen = true;
        } else if encrypted == Some(false) && self.protected_seen {
            return Err(DropReason::Unprotected);
        }
        let refused = KeyInformation::ERROR | KeyInformation::REQUEST | KeyInformation::SMK;
        if !frame.info.has(KeyInformation::ACK) || frame.info.has_any(refused) {
            return Err(DropReason::WrongMessage);
        }
        if frame.info.version() != self.config.akm.descriptor_version() {
            return Err(DropReason::WrongVersion);
        }
        if self.counter.is_some_and(|last| frame.replay_counter <= last) {
            return Err(DropReason::Replay);
        }
        match (frame.info.has(KeyInformation::PAIRWISE), frame.info.has(KeyInformation::MIC)) {
            (true, false) => self.receive_message1(&frame, encrypted),
            (true, true) => self.receive_message3(&frame, encrypted),
            (false, true) => self.receive_group1(&frame, encrypted),
            (false, false) => Err(DropReason::WrongMessage),
        }
    }

    /// Message 1 has no MIC, so nothing is believed of it but that it wants an answer: a forged one changes neither the key in use
    /// nor the handshake under way, since our nonce stays the same until a message 3 proves its sender.
    fn receive_message1(&mut self, frame: &KeyFrame<'_>, encrypted: Option<bool>) -> Result<(), DropReason> {
        if frame.info.has_any(KeyInformation::ENCRYPTED | KeyInformation::INSTALL) {
            return Err(DropReason::WrongMessage);
        }
        let snonce = match self.snonce {
            Some(nonce) => nonce,
            None => *self.snonce.insert(self.nonces.next()),
        };
        let ptk = self.ptk(frame.nonce, &snonce);
        let mut data = KeyDataWriter::new().elements(&self.config.rsn_element);
        if self.config.want_ip {
            data = data.ip_request();
        }
        let answer = self.answer_to(frame, KeyInformation::PAIRWISE, snonce, data.as_slice().to_vec());
        self.send(answer.emit_signed(self.config.akm, &ptk.kck), encrypted == Some(true));
        Ok(())
    }

    fn ptk(&self, anonce: &Nonce, snonce: &Nonce) -> Ptk {
        let SupplicantConfig { akm, psk, authenticator, supplicant, .. } = &self.config;
        crypto::derive_ptk(*akm, psk, *authenticator, *supplicant, anonce, snonce)
    }

    /// Message 3 names the nonce that its key is made of. It is taken from there and not from a message 1, which anybody could
    /// have sent; the MIC then proves that the sender knows the PSK and has our nonce.
    fn receive_message3(&mut self, frame: &KeyFrame<'_>, encrypted: Option<bool>) -> Result<(), DropReason> {
        if !frame.info.has(KeyInformation::INSTALL | KeyInformation::SECURE | KeyInformation::ENCRYPTED) {
            return Err(DropReason::WrongMessage);
        }
        let akm = self.config.akm;
        let repeated = self.installed.as_ref().filter(|i| i.anonce == *frame.nonce && frame.verify(akm, &i.ptk.kck));
        let (ptk, new) = match (repeated, &self.snonce) {
            (Some(installed), _) => (installed.ptk.clone(), false),
            (None, Some(snonce)) => {
                let ptk = self.ptk(frame.nonce, snonce);
                if !frame.verify(akm, &ptk.kck) {
                    return Err(DropReason::BadMic);
                }
                (ptk, true)
            }
            (None, None) => return Err(DropReason::OutOfOrder),
        };
        self.counter = Some(frame.replay_counter);
        let data = crypto::unwrap_key_data(&ptk.kek, frame.key_data).ok_or(DropReason::BadKeyData)?;
        let data = KeyData::parse(&data).map_err(|_| DropReason::BadKeyData)?;
        if data.rsn != Some(&self.config.owner_rsn_element) {
            self.fail(Failure::RsnElementMismatch(Message::Pairwise3));
            return Ok(());
        }
        let (index, gtk) = data.gtk.ok_or(DropReason::BadKeyData)?;

        let secure = KeyInformation::PAIRWISE | KeyInformation::SECURE;
        let answer = self.answer_to(frame, secure, [0; 32], Vec::new());
        // A repeated message 3 in the clear comes from an owner that has no key yet, since message 4 was lost: it is answered
        // in the clear, although our key is in place.
        self.send(answer.emit_signed(akm, &ptk.kck), encrypted == Some(true));
        if new {
            self.outputs.push_back(Output::InstallPairwise { tk: ptk.tk.clone() });
            self.installed = Some(Installed { anonce: *frame.nonce, ptk });
            self.snonce = None;
            self.deadline = None;
            self.protected_seen = false;
        }
        self.install_group(index, gtk, frame.rsc);
        if new {
            self.outputs
                .push_back(Output::Event(Event::Completed { psk: 0, ip: data.ip.filter(|_| self.config.want_ip) }));
        }
        Ok(())
    }

    fn receive_group1(&mut self, frame: &KeyFrame<'_>, encrypted: Option<bool>) -> Result<(), DropReason> {
        let Some(Installed { ptk, .. }) = &self.installed else { return Err(DropReason::OutOfOrder) };
        // An owner begins this only after message 4, and then it has the pairwise key.
        if encrypted == Some(false) {
            return Err(DropReason::Unprotected);
        }
        if !frame.info.has(KeyInformation::SECURE | KeyInformation::ENCRYPTED) {
            return Err(DropReason::WrongMessage);
        }
        let akm = self.config.akm;
        if !frame.verify(akm, &ptk.kck) {
            return Err(DropReason::BadMic);
        }
        let ptk = ptk.clone();
        self.counter = Some(frame.replay_counter);
        let data = crypto::unwrap_key_data(&ptk.kek, frame.key_data).ok_or(DropReason::BadKeyData)?;
        let (index, gtk) = KeyData::parse(&data).ok().and_then(|data| data.gtk).ok_or(DropReason::BadKeyData)?;
        self.install_group(index, gtk, frame.rsc);
        let answer = self.answer_to(frame, KeyInformation::SECURE, [0; 32], Vec::new());
        self.send(answer.emit_signed(akm, &ptk.kck), true);
        Ok(())
    }

    /// Hands out a group key unless it is in use under any index: installing it again would set its packet numbers back.
    fn install_group(&mut self, index: u8, gtk: Gtk, rsc: &[u8; 8]) {
        if self.gtks.iter().flatten().any(|known| *known == gtk) {
            return;
        }
        let Some(slot) = self.gtks.get_mut(usize::from(index).wrapping_sub(1)) else { return };
        *slot = Some(gtk.clone());
        let [a, b, c, d, e, f, _, _] = *rsc;
        self.outputs.push_back(Output::InstallGroup { index, gtk, rsc: [a, b, c, d, e, f] });
    }

    /// An answer to `frame`; its secure bit is that of the frame or among `flags`.
    fn answer_to(&self, frame: &KeyFrame<'_>, flags: u16, nonce: Nonce, key_data: Vec<u8>) -> KeyFrameRepr {
        let secure = frame.info.0 & KeyInformation::SECURE;
        let version = self.config.akm.descriptor_version();
        KeyFrameRepr {
            protocol_version: PROTOCOL_VERSION,
            info: KeyInformation(version | KeyInformation::MIC | flags | secure),
            replay_counter: frame.replay_counter,
            nonce,
            key_data,
            ..KeyFrameRepr::default()
        }
    }

    fn send(&mut self, pdu: Vec<u8>, encrypt: bool) {
        self.in_flight = self.in_flight.saturating_add(1);
        self.answer = Some(Answer { pdu: pdu.clone(), encrypt, repeats: 0, again: None });
        self.outputs.push_back(Output::Send { pdu, encrypt });
    }
}

//! The registration of one station: EAP authenticator and registrar (WSC 2.0 §7.7, §8.3).

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;

use ieee80211_ies::MacAddr;
use ieee80211_ies::wsc::{ConfigError, DevicePasswordId, MessageType, attr};
use rand_core::CryptoRng;
use subtle::ConstantTimeEq;

use super::Registrar;
use crate::credential::Credential;
use crate::device::Device;
use crate::dh::{KeyPair, PublicKey};
use crate::eap::{self, Body, ENROLLEE_IDENTITY, Eapol, OpCode, Packet, REGISTRAR_IDENTITY, Type, Wsc};
use crate::error::Reason;
use crate::fragment::{DEFAULT_FRAGMENT, Incoming, Outgoing, Received};
use crate::keys::{Half, NONCE, PasswordKeys, SessionKeys};
use crate::message::{self, Message, Nonce, Nonces};
use crate::random::{RunRandom, SessionRandom};
use crate::retry::{MESSAGE_TIMEOUT, Retry, SESSION_TIMEOUT};

/// EAPOL-Start within this time after the station last answered is a straggler, and the present request is repeated;
/// later the station has begun anew. A new identity request in the middle of a run would end it at deployed enrollees.
const STRAGGLER: Duration = Duration::from_secs(1);
/// How long EAP-Failure is given to arrive before the session ends.
const LINGER: Duration = Duration::from_millis(200);

/// The station to register.
#[derive(Clone, Debug)]
pub struct Station {
    /// The address with which it has associated.
    pub address: MacAddr,
    /// Its P2P Device Address, from the P2P element of its association request.
    pub p2p_device_address: Option<MacAddr>,
    /// What it is given: for a P2P client with the PSK, for others with the passphrase. Its `address` is not used.
    pub credential: Credential,
}

/// What is told to a [`Session`].
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// The station has associated with a WSC element in its request: begin.
    Start,
    /// An EAPOL PDU came from the station, from the protocol version octet on.
    Pdu(&'a [u8]),
    /// The end of a transmission: exactly one for each [`Output::Send`], in order. A refused one is not acknowledged; one
    /// that the radio cannot tell of counts as acknowledged.
    Sent {
        /// Whether the station acknowledged it.
        acked: bool,
    },
    /// The time of [`Session::poll_timeout`] has come; harmless when early.
    Timeout,
}

/// What a [`Session`] wants done, in this order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Output {
    /// Send this EAPOL PDU to the station, unencrypted.
    Send(Vec<u8>),
    /// Something for the user of the session.
    Event(SessionEvent),
}

/// What a [`Session`] reports.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SessionEvent {
    /// The station has its credential (`WPS-REG-SUCCESS`, `WPS-SUCCESS`).
    Success {
        /// What it said of itself; `uuid` is its UUID-E.
        enrollee: Box<Device>,
        /// Which kind of password it used.
        password: DevicePasswordId,
    },
    /// The station was not registered (`WPS-FAIL`).
    Failed {
        /// The message at which it failed: the one that was wrong; the one that the station did not accept; the one that
        /// was awaited.
        message: MessageType,
        /// What was or would be told to the peer.
        config_error: ConfigError,
        /// Why.
        reason: Reason,
    },
    /// Always the last: nothing more will be sent. A station that stays is to be disassociated.
    ProtocolEnded,
}

/// How far a session has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    Idle,
    /// The identity was asked for.
    Identity,
    /// A message is awaited: M1 after WSC_Start, M3, M5, M7, WSC_Done, WSC_ACK after M2D, WSC_NACK after our own.
    Awaiting(MessageType),
    /// EAP-Failure was sent.
    Ending,
    Finished,
}

/// One run of the registration protocol, from M1 on.
struct Run {
    random: RunRandom,
    nonces: Nonces,
    enrollee: Device,
    enrollee_key: Vec<u8>,
    password: DevicePasswordId,
    /// The message of either side that the next Authenticator covers.
    last: Vec<u8>,
    secured: Option<Secured>,
}

/// What an admitted enrollee shares with us.
struct Secured {
    admission: u32,
    keys: SessionKeys,
    password: PasswordKeys,
    enrollee_hashes: [[u8; 32]; 2],
}

/// Registers one station.
pub struct Session {
    station: Station,
    key_pair: KeyPair,
    random: SessionRandom,
    fragment: usize,
    phase: Phase,
    identifier: u8,
    run: Option<Run>,
    /// The enrollee nonce of the M1 that an external registrar was shown.
    shown: Option<Nonce>,
    outgoing: Option<Outgoing>,
    incoming: Incoming,
    /// The EAPOL PDU that is repeated.
    pdu: Vec<u8>,
    retry: Retry,
    /// When the station is given up.
    deadline: Option<Duration>,
    /// When the whole session is given up.
    end: Duration,
    heard: Duration,
    outputs: VecDeque<Output>,
}

impl Session {
    /// A session that waits for [`Input::Start`]. The key pair is for this session alone.
    pub fn new<R: CryptoRng + ?Sized>(station: Station, key_pair: KeyPair, rng: &mut R) -> Self {
        let random = SessionRandom::draw(rng);
        Self {
            station,
            key_pair,
            identifier: random.identifier,
            random,
            fragment: DEFAULT_FRAGMENT,
            phase: Phase::Idle,
            run: None,
            shown: None,
            outgoing: None,
            incoming: Incoming::default(),
            pdu: Vec::new(),
            retry: Retry::default(),
            deadline: None,
            end: Duration::MAX,
            heard: Duration::ZERO,
            outputs: VecDeque::new(),
        }
    }

    /// Puts at most `octets` of a message into one packet (1400 by default, 16 at least).
    pub fn with_fragment_size(mut self, octets: usize) -> Self {
        self.fragment = octets;
        self
    }

    /// The station that this session registers.
    pub fn station(&self) -> &Station {
        &self.station
    }

    /// Whether EAP-WSC has been proposed to the station (WSC_Start was sent), and the session is not over.
    pub fn is_registering(&self) -> bool {
        matches!(self.phase, Phase::Awaiting(_))
    }

    /// Whether the session is over.
    pub fn is_finished(&self) -> bool {
        self.phase == Phase::Finished
    }

    /// Takes in what happened. The registrar says whether the enrollee may be registered, and is told when it was.
    pub fn handle_input(&mut self, now: Duration, input: Input<'_>, registrar: &mut Registrar) {
        match input {
            Input::Start => self.begin(now),
            Input::Pdu(pdu) => match Eapol::parse(pdu) {
                Ok(Eapol::Start) => self.on_start(now),
                Ok(Eapol::Eap(Packet { identifier, body: Body::Response(response) })) => {
                    self.on_response(now, identifier, response, registrar);
                }
                Ok(_) => {}
                // Nothing in it is of this run, so that it is not the station's last word.
                Err(error) => tracing::debug!(station = %self.station.address, %error, "dropping an EAPOL PDU"),
            },
            Input::Sent { acked } => {
                if self.retry.sent(now, acked) && self.phase == Phase::Ending {
                    self.finish();
                }
            }
            Input::Timeout => {}
        }
        self.on_time(now);
    }

    /// The next thing to do.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`Input::Timeout`] is due.
    pub fn poll_timeout(&self) -> Option<Duration> {
        self.deadline.into_iter().chain(self.retry.due()).min()
    }

    fn begin(&mut self, now: Duration) {
        if self.phase == Phase::Finished {
            return;
        }
        self.run = None;
        self.shown = None;
        self.outgoing = None;
        self.incoming = Incoming::default();
        self.heard = now;
        self.end = now.saturating_add(SESSION_TIMEOUT);
        self.phase = Phase::Identity;
        self.request(now, Type::Identity(&[]));
    }

    fn on_start(&mut self, now: Duration) {
        match self.phase {
            Phase::Idle => self.begin(now),
            Phase::Ending | Phase::Finished => {}
            Phase::Identity => self.repeat(now),
            Phase::Awaiting(_) if now.saturating_sub(self.heard) < STRAGGLER => self.repeat(now),
            Phase::Awaiting(_) => self.begin(now),
        }
    }

    fn on_time(&mut self, now: Duration) {
        if self.deadline.is_some_and(|deadline| deadline <= now) {
            match self.phase {
                Phase::Identity => self.time_out(now, None),
                Phase::Awaiting(MessageType::WSC_NACK | MessageType::WSC_ACK) => self.end(now),
                Phase::Awaiting(message) => self.time_out(now, Some(message)),
                Phase::Ending => self.finish(),
                Phase::Idle | Phase::Finished => self.deadline = None,
            }
        } else if self.retry.due().is_some_and(|due| due <= now) {
            self.repeat(now);
        }
    }

    fn time_out(&mut self, now: Duration, message: Option<MessageType>) {
        self.fail(message.unwrap_or(MessageType::M1), Reason::TimedOut(message));
        self.end(now);
    }

    fn on_response(&mut self, now: Duration, identifier: u8, response: Type<'_>, registrar: &mut Registrar) {
        if identifier != self.identifier {
            return;
        }
        match (self.phase, response) {
            (Phase::Idle | Phase::Ending | Phase::Finished, _) => {}
            (Phase::Identity, Type::Identity(identity)) => {
                self.heard = now;
                if identity == ENROLLEE_IDENTITY {
                    self.phase = Phase::Awaiting(MessageType::M1);
                    self.request(now, Type::Wsc(Wsc { op: OpCode::Start, more: false, total: None, data: &[] }));
                } else if identity == REGISTRAR_IDENTITY {
                    self.show_ourselves(now, registrar);
                } else {
                    self.fail(MessageType::M1, Reason::NotAnEnrollee);
                    self.end(now);
                }
            }
            (Phase::Identity, _) => {}
            (Phase::Awaiting(expected), Type::Wsc(packet)) => {
                self.heard = now;
                self.on_packet(now, expected, &packet, registrar);
            }
            (Phase::Awaiting(expected), Type::Nak | Type::Other) => {
                self.fail(expected, Reason::NotAnEnrollee);
                self.end(now);
            }
            (Phase::Awaiting(_), Type::Identity(_) | Type::Notification) => {}
        }
    }

    fn on_packet(&mut self, now: Duration, expected: MessageType, packet: &Wsc<'_>, registrar: &mut Registrar) {
        let pending = self.outgoing.as_ref().is_some_and(Outgoing::is_pending);
        match (packet.op, pending) {
            (OpCode::FragAck, true) => self.send_fragment(now),
            (OpCode::FragAck | OpCode::Start, _) => {
                self.reject(now, expected, Reason::Unexpected { expected, got: None })
            }
            // The station has not had the whole of our message: only a refusal makes sense.
            (OpCode::Nack, true) => self.on_nack(now, expected, packet.data),
            (_, true) => self.reject(now, expected, Reason::Unexpected { expected, got: None }),
            (_, false) => match self.incoming.push(packet) {
                Ok(Received::Fragment) => {
                    self.request(now, Type::Wsc(Wsc { op: OpCode::FragAck, more: false, total: None, data: &[] }));
                }
                Ok(Received::Message(OpCode::Nack, message)) => self.on_nack(now, expected, &message),
                Ok(Received::Message(_, message)) => {
                    if let Err(reason) = self.on_message(now, expected, &message, registrar) {
                        self.reject(now, expected, reason);
                    }
                }
                Err(error) => self.reject(now, expected, error.into()),
            },
        }
    }

    fn on_message(
        &mut self,
        now: Duration,
        expected: MessageType,
        bytes: &[u8],
        registrar: &mut Registrar,
    ) -> Result<(), Reason> {
        let message = Message::parse(bytes, expected)?;
        if let Some(enrollee) = self.shown.filter(|_| expected == MessageType::M2) {
            return self.on_external(now, &message, enrollee);
        }
        if message.kind != expected {
            return Err(Reason::Unexpected { expected, got: Some(message.kind) });
        }
        match expected {
            MessageType::M1 => self.on_m1(now, &message, bytes, registrar),
            MessageType::M3 => self.on_m3(now, &message, bytes, registrar),
            MessageType::M5 => self.on_m5(now, &message, bytes, registrar),
            MessageType::M7 => self.on_m7(now, &message, bytes, registrar),
            MessageType::WSC_DONE => self.on_done(now, &message, registrar),
            // WSC_ACK to M2D: nobody else could register the enrollee either.
            _ => {
                self.end(now);
                Ok(())
            }
        }
    }

    /// The station is an external registrar. Some (Windows 7) only look which access points there are and what they say of
    /// themselves, and take an access point that does not show its M1 for a broken one.
    fn show_ourselves(&mut self, now: Duration, registrar: &Registrar) {
        let Some(random) = self.random.next_run() else {
            self.fail(MessageType::M1, Reason::TooManyRuns);
            return self.end(now);
        };
        self.shown = Some(random.nonce);
        let m1 = message::m1_of_access_point(registrar.device(), &random.nonce, self.key_pair.public());
        self.send_message(now, OpCode::Msg, m1, MessageType::M2);
    }

    /// The external registrar answers: with M2D it has nothing for us, with M2 it would configure us, which nobody may (WSC 2.0
    /// §7.4: AP setup locked).
    fn on_external(&mut self, now: Duration, message: &Message<'_>, enrollee: Nonce) -> Result<(), Reason> {
        let registrar = message.array::<NONCE>(attr::REGISTRAR_NONCE)?;
        let nonces = Nonces { enrollee, registrar };
        match message.kind {
            MessageType::M2D => {
                let ack = message::acknowledgement(MessageType::WSC_ACK, &nonces);
                self.send_message(now, OpCode::Ack, ack, MessageType::WSC_ACK);
            }
            MessageType::M2 => {
                let nack = message::nack(&nonces, Reason::ExternalRegistrar.config_error());
                self.fail(MessageType::M2, Reason::ExternalRegistrar);
                self.send_message(now, OpCode::Nack, nack, MessageType::WSC_NACK);
            }
            got => return Err(Reason::Unexpected { expected: MessageType::M2, got: Some(got) }),
        }
        Ok(())
    }

    fn on_m1(
        &mut self,
        now: Duration,
        m1: &Message<'_>,
        bytes: &[u8],
        registrar: &mut Registrar,
    ) -> Result<(), Reason> {
        let address = MacAddr(m1.array(attr::MAC_ADDRESS)?);
        let enrollee = m1.device(attr::UUID_E, address)?;
        let enrollee_nonce = m1.array::<NONCE>(attr::ENROLLEE_NONCE)?;
        let enrollee_key = m1.find(attr::PUBLIC_KEY)?;
        let public = PublicKey::from_bytes(enrollee_key)?;
        let password = DevicePasswordId(m1.u16(attr::DEVICE_PASSWORD_ID)?);
        let random = self.random.next_run().ok_or(Reason::TooManyRuns)?;
        let nonces = Nonces { enrollee: enrollee_nonce, registrar: random.nonce };
        let admission = registrar.admit(now, &self.station, &enrollee, password);
        let mut run = Run {
            random,
            nonces,
            enrollee,
            enrollee_key: Vec::from(enrollee_key),
            password,
            last: Vec::new(),
            secured: None,
        };
        match admission {
            Ok(admission) => {
                let keys =
                    SessionKeys::derive(&self.key_pair.agree(&public), &nonces.enrollee, address, &nonces.registrar);
                run.last = message::m2(registrar.device(), &nonces, self.key_pair.public(), password, &keys, bytes);
                let m2 = run.last.clone();
                run.secured = Some(Secured {
                    admission: admission.number,
                    password: keys.password(&admission.pin),
                    keys,
                    enrollee_hashes: [[0; 32]; 2],
                });
                self.run = Some(run);
                self.send_message(now, OpCode::Msg, m2, MessageType::M3);
            }
            Err(reason) => {
                let m2d = message::m2d(registrar.device(), &nonces, reason.config_error());
                self.run = Some(run);
                self.fail(MessageType::M1, reason);
                self.send_message(now, OpCode::Msg, m2d, MessageType::WSC_ACK);
            }
        }
        Ok(())
    }

    /// What M3, M5 and M7 have in common: they belong to this run, and the enrollee is still welcome.
    fn check<'r>(
        run: &'r mut Option<Run>,
        message: &Message<'_>,
        registrar: &mut Registrar,
    ) -> Result<(&'r mut Run, Secured), Reason> {
        let unexpected = Reason::Unexpected { expected: MessageType::M1, got: Some(message.kind) };
        let run = run.as_mut().ok_or(unexpected)?;
        // Taken out, so that a message that fails leaves nothing with which the run could go on.
        let secured = run.secured.take().ok_or(unexpected)?;
        message.check_nonce(attr::REGISTRAR_NONCE, &run.nonces.registrar)?;
        message.check_authenticator(&secured.keys, &run.last)?;
        registrar.confirm(secured.admission, message.kind == MessageType::M3)?;
        Ok((run, secured))
    }

    fn on_m3(
        &mut self,
        now: Duration,
        m3: &Message<'_>,
        bytes: &[u8],
        registrar: &mut Registrar,
    ) -> Result<(), Reason> {
        let (run, mut secured) = Self::check(&mut self.run, m3, registrar)?;
        secured.enrollee_hashes = [m3.array(attr::E_HASH1)?, m3.array(attr::E_HASH2)?];
        let [one, two] = &run.random.secret_nonces;
        let hash = |half, secret_nonce| {
            let own = self.key_pair.public().as_bytes();
            secured.keys.commitment(half, secret_nonce, &secured.password, &run.enrollee_key, own)
        };
        let hashes = [hash(Half::First, one), hash(Half::Second, two)];
        let opening = message::opening(attr::R_SNONCE1, one);
        let iv = run.random.iv();
        run.last = message::m4(&run.nonces, &hashes, &opening, &iv, &secured.keys, bytes);
        let m4 = run.last.clone();
        run.secured = Some(secured);
        self.send_message(now, OpCode::Msg, m4, MessageType::M5);
        Ok(())
    }

    /// Whether what the enrollee opened is what it had committed itself to.
    fn verify(&self, run: &Run, secured: &Secured, half: Half, secret_nonce: &[u8; NONCE]) -> bool {
        let own = self.key_pair.public().as_bytes();
        let hash = secured.keys.commitment(half, secret_nonce, &secured.password, &run.enrollee_key, own);
        let [one, two] = &secured.enrollee_hashes;
        let committed = match half {
            Half::First => one,
            Half::Second => two,
        };
        hash.ct_eq(committed).into()
    }

    fn on_m5(
        &mut self,
        now: Duration,
        m5: &Message<'_>,
        bytes: &[u8],
        registrar: &mut Registrar,
    ) -> Result<(), Reason> {
        let (_, secured) = Self::check(&mut self.run, m5, registrar)?;
        let opened = m5.opening(&secured.keys, attr::E_SNONCE1)?;
        let right = self.run.as_ref().is_some_and(|run| self.verify(run, &secured, Half::First, &opened));
        let Some(run) = self.run.as_mut().filter(|_| right) else { return Err(Reason::WrongPasswordFirstHalf) };
        let [_, two] = &run.random.secret_nonces;
        let settings = message::opening(attr::R_SNONCE2, two);
        let iv = run.random.iv();
        run.last = message::with_settings(MessageType::M6, &run.nonces, &settings, &iv, &secured.keys, bytes);
        let m6 = run.last.clone();
        run.secured = Some(secured);
        self.send_message(now, OpCode::Msg, m6, MessageType::M7);
        Ok(())
    }

    fn on_m7(
        &mut self,
        now: Duration,
        m7: &Message<'_>,
        bytes: &[u8],
        registrar: &mut Registrar,
    ) -> Result<(), Reason> {
        let (_, secured) = Self::check(&mut self.run, m7, registrar)?;
        let opened = m7.opening(&secured.keys, attr::E_SNONCE2)?;
        let right = self.run.as_ref().is_some_and(|run| self.verify(run, &secured, Half::Second, &opened));
        let Some(run) = self.run.as_mut().filter(|_| right) else { return Err(Reason::WrongPasswordSecondHalf) };
        let settings = message::credential(&self.station.credential, run.enrollee.address);
        let iv = run.random.iv();
        run.last = message::with_settings(MessageType::M8, &run.nonces, &settings, &iv, &secured.keys, bytes);
        let m8 = run.last.clone();
        run.secured = Some(secured);
        self.send_message(now, OpCode::Msg, m8, MessageType::WSC_DONE);
        Ok(())
    }

    fn on_done(&mut self, now: Duration, done: &Message<'_>, registrar: &mut Registrar) -> Result<(), Reason> {
        let unexpected = Reason::Unexpected { expected: MessageType::M1, got: Some(done.kind) };
        let run = self.run.as_ref().ok_or(unexpected)?;
        done.check_nonce(attr::REGISTRAR_NONCE, &run.nonces.registrar)?;
        done.check_nonce(attr::ENROLLEE_NONCE, &run.nonces.enrollee)?;
        if let Some(secured) = &run.secured {
            registrar.complete(now, secured.admission, run.enrollee.uuid);
        }
        let success = SessionEvent::Success { enrollee: Box::new(run.enrollee.clone()), password: run.password };
        self.outputs.push_back(Output::Event(success));
        self.end(now);
        Ok(())
    }

    /// The enrollee gave up. `expected` is what it should have sent instead.
    fn on_nack(&mut self, now: Duration, expected: MessageType, bytes: &[u8]) {
        let refused = match expected {
            MessageType::M3 => MessageType::M2,
            MessageType::M5 => MessageType::M4,
            MessageType::M7 => MessageType::M6,
            MessageType::WSC_DONE => MessageType::M8,
            // After M2D or our own refusal its WSC_NACK is an answer, and the failure was reported.
            MessageType::WSC_ACK | MessageType::WSC_NACK => return self.end(now),
            other => other,
        };
        let error = Message::parse(bytes, expected).map(|nack| nack.config_error()).unwrap_or(ConfigError::NO_ERROR);
        self.fail(refused, Reason::PeerGaveUp(error));
        self.end(now);
    }

    /// Reports what is wrong with the station's answer, and ends the run with WSC_NACK where there is one.
    fn reject(&mut self, now: Duration, expected: MessageType, reason: Reason) {
        match (&self.run, expected) {
            (_, MessageType::WSC_NACK | MessageType::WSC_ACK) => self.end(now),
            (Some(run), _) => {
                let nack = message::nack(&run.nonces, reason.config_error());
                self.fail(expected, reason);
                self.send_message(now, OpCode::Nack, nack, MessageType::WSC_NACK);
            }
            (None, _) => {
                self.fail(expected, reason);
                self.end(now);
            }
        }
    }

    fn fail(&mut self, message: MessageType, reason: Reason) {
        let config_error = reason.config_error();
        self.outputs.push_back(Output::Event(SessionEvent::Failed { message, config_error, reason }));
    }

    fn end(&mut self, now: Duration) {
        self.run = None;
        self.outgoing = None;
        self.phase = Phase::Ending;
        self.deadline = Some(now.saturating_add(LINGER));
        self.pdu = eap::emit(&Packet { identifier: self.identifier, body: Body::Failure });
        self.retry.until_acknowledged();
        self.outputs.push_back(Output::Send(self.pdu.clone()));
    }

    fn finish(&mut self) {
        self.phase = Phase::Finished;
        self.deadline = None;
        self.retry.stop();
        self.outputs.push_back(Output::Event(SessionEvent::ProtocolEnded));
    }

    fn send_message(&mut self, now: Duration, op: OpCode, message: Vec<u8>, awaited: MessageType) {
        self.phase = Phase::Awaiting(awaited);
        self.incoming = Incoming::default();
        self.outgoing = Some(Outgoing::new(op, message, self.fragment));
        self.send_fragment(now);
    }

    fn send_fragment(&mut self, now: Duration) {
        if let Some(mut outgoing) = self.outgoing.take() {
            self.request(now, Type::Wsc(outgoing.next()));
            self.outgoing = Some(outgoing);
        }
    }

    fn request(&mut self, now: Duration, request: Type<'_>) {
        self.identifier = self.identifier.wrapping_add(1);
        self.pdu = eap::emit(&Packet { identifier: self.identifier, body: Body::Request(request) });
        self.retry.until_answered(now);
        self.deadline = Some(now.saturating_add(MESSAGE_TIMEOUT).min(self.end));
        self.outputs.push_back(Output::Send(self.pdu.clone()));
    }

    fn repeat(&mut self, now: Duration) {
        self.retry.again(now);
        self.outputs.push_back(Output::Send(self.pdu.clone()));
    }
}

impl core::fmt::Debug for Session {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Session").field("station", &self.station.address).field("phase", &self.phase).finish()
    }
}

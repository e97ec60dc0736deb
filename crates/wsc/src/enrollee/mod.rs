//! The enrollee of a client: EAP peer and enrollee (WSC 2.0 §7.7, §8.3).

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;

use ieee80211_ies::wsc::{ConfigError, DevicePasswordId, MessageType, attr};
use rand_core::CryptoRng;
use subtle::ConstantTimeEq;

use crate::credential::Credential;
use crate::device::Device;
use crate::dh::{KeyPair, PublicKey};
use crate::eap::{self, Body, ENROLLEE_IDENTITY, Eapol, OpCode, Packet, Type, Wsc};
use crate::error::Reason;
use crate::fragment::{DEFAULT_FRAGMENT, Incoming, Outgoing, Received};
use crate::keys::{Half, NONCE, PasswordKeys, SessionKeys};
use crate::message::{self, Message, Nonces};
use crate::pin::Pin;
use crate::random::{RunRandom, SessionRandom};
use crate::retry::{MESSAGE_TIMEOUT, Retry, SESSION_TIMEOUT};

pub use crate::element::{
    association_request_element, device_probe_response_element, negotiation_element, probe_request_element,
    provision_discovery_element,
};

/// How long the owner is given to ask for our identity by itself, as deployed ones do at once. EAPOL-Start in between would
/// make it start over.
const GRACE: Duration = Duration::from_millis(20);
/// The first repetition of EAPOL-Start. An owner that is slow to ask must not be made to start over either.
const START_AGAIN: Duration = Duration::from_millis(500);
/// How long EAP-Failure may take after WSC_Done or WSC_NACK; the registrar has nothing to compute for it.
const LAST_WORD: Duration = Duration::from_millis(500);

/// The password of the method in use.
#[derive(Clone, Debug)]
pub struct Password {
    pin: Pin,
    id: DevicePasswordId,
}

impl Password {
    /// The push button.
    pub fn push_button() -> Self {
        Self { pin: Pin::push_button(), id: DevicePasswordId::PUSH_BUTTON }
    }

    /// A PIN that this device shows or has on its label, for the user to type at the registrar.
    pub fn shown_here(pin: Pin) -> Self {
        Self { pin, id: DevicePasswordId::DEFAULT }
    }

    /// A PIN that the registrar shows and the user typed here.
    pub fn typed_here(pin: Pin) -> Self {
        Self { pin, id: DevicePasswordId::REGISTRAR_SPECIFIED }
    }

    /// A PIN with another Device Password ID.
    pub fn new(pin: Pin, id: DevicePasswordId) -> Self {
        Self { pin, id }
    }

    /// The Device Password ID that goes into M1.
    pub fn id(&self) -> DevicePasswordId {
        self.id
    }
}

/// What is told to a [`Session`].
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// We have associated with a WSC element in our request: begin.
    Start,
    /// An EAPOL PDU came from the owner, from the protocol version octet on.
    Pdu(&'a [u8]),
    /// The end of a transmission: exactly one for each [`Output::Send`], in order. A refused one is not acknowledged; one
    /// that the radio cannot tell of counts as acknowledged.
    Sent {
        /// Whether the owner acknowledged it.
        acked: bool,
    },
    /// The time of [`Session::poll_timeout`] has come; harmless when early.
    Timeout,
}

/// What a [`Session`] wants done, in this order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Output {
    /// Send this EAPOL PDU to the owner, unencrypted.
    Send(Vec<u8>),
    /// Something for the user of the session.
    Event(Event),
}

/// What a [`Session`] reports.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// The registrar does not, or not yet, register us (`WPS-M2D`). It may change its mind within this session; usually
    /// [`Event::Failed`] follows.
    M2d {
        /// Device Password ID that the registrar would take, 0 when it does not say.
        password: DevicePasswordId,
        /// Why, in its words.
        config_error: ConfigError,
        /// What it says of itself.
        registrar: Box<Device>,
    },
    /// The credential; WSC_Done is on its way (`WPS-CRED-RECEIVED`, `WPS-SUCCESS`).
    Credential(Box<Credential>),
    /// We were not registered (`WPS-FAIL`).
    Failed {
        /// The message at which it failed: the one that was wrong; the one that the registrar did not accept; the one that
        /// was awaited.
        message: MessageType,
        /// What was or would be told to the peer.
        config_error: ConfigError,
        /// Why.
        reason: Reason,
    },
    /// Always the last: nothing more will be sent, leave the network and come back with the credential.
    Done,
}

/// How far a session has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    Idle,
    /// EAPOL-Start was sent, or the identity.
    Starting,
    /// A message is awaited: M2, M4, M6 or M8.
    Awaiting(MessageType),
    /// WSC_Done or WSC_NACK was sent, EAP-Failure is awaited.
    Ending,
    Finished,
}

/// One run of the registration protocol, from M1 on.
struct Run {
    random: RunRandom,
    /// The EAP identifier of WSC_Start.
    start: u8,
    nonces: Nonces,
    last: Vec<u8>,
    secured: Option<Secured>,
}

/// What we share with a registrar that sent M2.
struct Secured {
    keys: SessionKeys,
    password: PasswordKeys,
    registrar_key: Vec<u8>,
    registrar_hashes: [[u8; 32]; 2],
}

/// The EAP identifiers of requests that were answered.
#[derive(Clone, Copy, Default)]
struct Seen([u32; 8]);

impl Seen {
    /// Notes an identifier; says whether it is new.
    fn insert(&mut self, identifier: u8) -> bool {
        let bit = 1 << (identifier % 32);
        let Some(word) = self.0.get_mut(usize::from(identifier / 32)) else { return false };
        let new = *word & bit == 0;
        *word |= bit;
        new
    }
}

/// Has this device registered by the owner that it is associated with.
pub struct Session {
    device: Device,
    password: Password,
    key_pair: KeyPair,
    random: SessionRandom,
    fragment: usize,
    phase: Phase,
    run: Option<Run>,
    outgoing: Option<Outgoing>,
    incoming: Incoming,
    refused: bool,
    /// The request that was answered last, and the PDU that did.
    request: Vec<u8>,
    pdu: Vec<u8>,
    seen: Seen,
    retry: Retry,
    /// When EAPOL-Start is due.
    start_at: Option<Duration>,
    /// When the owner is given up.
    deadline: Option<Duration>,
    /// When the whole session is given up.
    end: Duration,
    outputs: VecDeque<Output>,
}

impl Session {
    /// A session that waits for [`Input::Start`]. `device.address` is the address with which we have associated. The key
    /// pair is for this session alone.
    pub fn new<R: CryptoRng + ?Sized>(device: Device, password: Password, key_pair: KeyPair, rng: &mut R) -> Self {
        Self {
            device,
            password,
            key_pair,
            random: SessionRandom::draw(rng),
            fragment: DEFAULT_FRAGMENT,
            phase: Phase::Idle,
            run: None,
            outgoing: None,
            incoming: Incoming::default(),
            refused: false,
            request: Vec::new(),
            pdu: Vec::new(),
            seen: Seen::default(),
            retry: Retry::default(),
            start_at: None,
            deadline: None,
            end: Duration::MAX,
            outputs: VecDeque::new(),
        }
    }

    /// Puts at most `octets` of a message into one packet (1400 by default, 16 at least).
    pub fn with_fragment_size(mut self, octets: usize) -> Self {
        self.fragment = octets;
        self
    }

    /// Whether the owner has proposed EAP-WSC (its WSC_Start was answered by M1), and the session is not over.
    pub fn is_registering(&self) -> bool {
        self.run.is_some()
    }

    /// Whether the session is over.
    pub fn is_finished(&self) -> bool {
        self.phase == Phase::Finished
    }

    /// Takes in what happened.
    pub fn handle_input(&mut self, now: Duration, input: Input<'_>) {
        match input {
            Input::Start => self.begin(now),
            Input::Pdu(pdu) => match Eapol::parse(pdu) {
                Ok(Eapol::Eap(packet)) => self.on_eap(now, packet, eap::without_padding(pdu)),
                Ok(_) => {}
                // Nothing in it is of this run, so that it is not the owner's last word.
                Err(error) => tracing::debug!(%error, "dropping an EAPOL PDU"),
            },
            Input::Sent { acked } => {
                self.retry.sent(now, acked);
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
        self.deadline.into_iter().chain(self.start_at).chain(self.retry.due()).min()
    }

    fn begin(&mut self, now: Duration) {
        if self.phase != Phase::Idle {
            return;
        }
        self.phase = Phase::Starting;
        self.end = now.saturating_add(SESSION_TIMEOUT);
        self.deadline = Some(now.saturating_add(MESSAGE_TIMEOUT));
        self.start_at = Some(now.saturating_add(GRACE));
    }

    fn send_start(&mut self, now: Duration) {
        self.start_at = None;
        self.pdu = eap::start();
        self.retry.until_answered_from(now, START_AGAIN);
        self.outputs.push_back(Output::Send(self.pdu.clone()));
    }

    fn on_time(&mut self, now: Duration) {
        if self.deadline.is_some_and(|deadline| deadline <= now) {
            match self.phase {
                Phase::Starting => self.fail(MessageType::M1, Reason::TimedOut(None)),
                Phase::Awaiting(message) => self.fail(message, Reason::TimedOut(Some(message))),
                Phase::Idle | Phase::Ending | Phase::Finished => {}
            }
            self.finish();
        } else if self.start_at.is_some_and(|at| at <= now) {
            self.send_start(now);
        } else if self.retry.due().is_some_and(|due| due <= now) {
            self.repeat(now);
        }
    }

    fn on_eap(&mut self, now: Duration, packet: Packet<'_>, pdu: &[u8]) {
        if matches!(self.phase, Phase::Idle | Phase::Finished) {
            return;
        }
        match packet.body {
            Body::Request(_) if self.request == pdu => self.repeat(now),
            Body::Request(request) => self.on_request(now, packet.identifier, request, pdu),
            Body::Failure => self.on_failure(),
            Body::Response(_) | Body::Success => {}
        }
    }

    fn on_request(&mut self, now: Duration, identifier: u8, request: Type<'_>, pdu: &[u8]) {
        match request {
            Type::Identity(_) => {
                let answer = Type::Identity(ENROLLEE_IDENTITY);
                if self.phase == Phase::Starting {
                    self.seen = Seen::default();
                    self.respond(now, identifier, pdu, answer);
                } else {
                    // A straggler, or the owner starts over and WSC_Start comes next; until then the run stands.
                    self.send_aside(identifier, answer);
                }
            }
            Type::Notification => self.send_aside(identifier, Type::Notification),
            Type::Wsc(Wsc { op: OpCode::Start, .. }) => self.on_wsc_start(now, identifier, pdu),
            // A straggler: it was answered, and a later one too.
            Type::Wsc(_) if !self.seen.insert(identifier) => {}
            Type::Wsc(packet) => self.on_packet(now, identifier, pdu, &packet),
            Type::Nak | Type::Other => self.send_aside(identifier, Type::Nak),
        }
    }

    fn on_wsc_start(&mut self, now: Duration, identifier: u8, pdu: &[u8]) {
        if self.phase == Phase::Ending || self.run.as_ref().is_some_and(|run| run.start == identifier) {
            return;
        }
        let Some(random) = self.random.next_run() else {
            self.fail(MessageType::M1, Reason::TooManyRuns);
            return self.finish();
        };
        let m1 = message::m1(&self.device, &random.nonce, self.key_pair.public(), self.password.id);
        let nonces = Nonces { enrollee: random.nonce, registrar: [0; NONCE] };
        self.run = Some(Run { random, start: identifier, nonces, last: m1.clone(), secured: None });
        self.seen = Seen::default();
        self.seen.insert(identifier);
        self.send_message(now, identifier, pdu, OpCode::Msg, m1, MessageType::M2);
    }

    fn on_packet(&mut self, now: Duration, identifier: u8, pdu: &[u8], packet: &Wsc<'_>) {
        let pending = self.outgoing.as_ref().is_some_and(Outgoing::is_pending);
        if packet.op == OpCode::FragAck && pending {
            return self.send_fragment(now, identifier, pdu);
        }
        let Phase::Awaiting(expected) = self.phase else { return };
        let reason = match (packet.op, pending) {
            (OpCode::Nack, true) => return self.on_nack(now, identifier, pdu, expected, packet.data),
            (OpCode::FragAck, _) | (_, true) => Reason::Unexpected { expected, got: None },
            (_, false) => match self.incoming.push(packet) {
                Ok(Received::Fragment) => {
                    let ack = Wsc { op: OpCode::FragAck, more: false, total: None, data: &[] };
                    return self.respond(now, identifier, pdu, Type::Wsc(ack));
                }
                Ok(Received::Message(OpCode::Nack, message)) => {
                    return self.on_nack(now, identifier, pdu, expected, &message);
                }
                Ok(Received::Message(_, message)) => match self.on_message(expected, &message) {
                    Ok((op, answer, phase)) => return self.answer(now, identifier, pdu, op, answer, phase),
                    Err(reason) => reason,
                },
                Err(error) => error.into(),
            },
        };
        self.refuse(now, identifier, pdu, expected, reason);
    }

    /// Gives the answer to a message, and what comes next.
    fn on_message(&mut self, expected: MessageType, bytes: &[u8]) -> Result<(OpCode, Vec<u8>, Phase), Reason> {
        let message = Message::parse(bytes, expected)?;
        let next = |answer, awaited| Ok((OpCode::Msg, answer, Phase::Awaiting(awaited)));
        match (message.kind, expected) {
            (MessageType::M2, MessageType::M2) => next(self.on_m2(&message, bytes)?, MessageType::M4),
            (MessageType::M4, MessageType::M4) => next(self.on_m4(&message, bytes)?, MessageType::M6),
            (MessageType::M6, MessageType::M6) => next(self.on_m6(&message, bytes)?, MessageType::M8),
            (MessageType::M8, MessageType::M8) => Ok((OpCode::Done, self.on_m8(&message)?, Phase::Ending)),
            (MessageType::M2D, MessageType::M2) => {
                Ok((OpCode::Ack, self.on_m2d(&message)?, Phase::Awaiting(MessageType::M2)))
            }
            (got, _) => Err(Reason::Unexpected { expected, got: Some(got) }),
        }
    }

    fn run(&mut self) -> Result<&mut Run, Reason> {
        self.run.as_mut().ok_or(Reason::Unexpected { expected: MessageType::M2, got: None })
    }

    fn on_m2(&mut self, m2: &Message<'_>, bytes: &[u8]) -> Result<Vec<u8>, Reason> {
        let run = self.run.as_mut().ok_or(Reason::Unexpected { expected: MessageType::M2, got: None })?;
        m2.check_nonce(attr::ENROLLEE_NONCE, &run.nonces.enrollee)?;
        run.nonces.registrar = m2.array(attr::REGISTRAR_NONCE)?;
        let registrar_key = m2.find(attr::PUBLIC_KEY)?;
        let public = PublicKey::from_bytes(registrar_key)?;
        let key = self.key_pair.agree(&public);
        let keys = SessionKeys::derive(&key, &run.nonces.enrollee, self.device.address, &run.nonces.registrar);
        m2.check_authenticator(&keys, &run.last)?;
        let password = keys.password(&self.password.pin);
        let [one, two] = &run.random.secret_nonces;
        let own = self.key_pair.public().as_bytes();
        let hash = |half, secret_nonce| keys.commitment(half, secret_nonce, &password, own, registrar_key);
        let hashes = [hash(Half::First, one), hash(Half::Second, two)];
        run.last = message::m3(&run.nonces, &hashes, &keys, bytes);
        let registrar_key = Vec::from(registrar_key);
        run.secured = Some(Secured { keys, password, registrar_key, registrar_hashes: [[0; 32]; 2] });
        Ok(run.last.clone())
    }

    fn on_m2d(&mut self, m2d: &Message<'_>) -> Result<Vec<u8>, Reason> {
        let run = self.run()?;
        m2d.check_nonce(attr::ENROLLEE_NONCE, &run.nonces.enrollee)?;
        let nonces = Nonces { registrar: m2d.array(attr::REGISTRAR_NONCE)?, ..run.nonces };
        run.nonces = nonces;
        let password = DevicePasswordId(m2d.u16(attr::DEVICE_PASSWORD_ID).unwrap_or(0));
        let registrar = Box::new(m2d.device(attr::UUID_R, Default::default())?);
        self.refused = true;
        let config_error = m2d.config_error();
        self.outputs.push_back(Output::Event(Event::M2d { password, config_error, registrar }));
        Ok(message::acknowledgement(MessageType::WSC_ACK, &nonces))
    }

    /// What M4, M6 and M8 have in common: they belong to this run.
    fn check(&mut self, message: &Message<'_>) -> Result<(&mut Run, Secured), Reason> {
        let unexpected = Reason::Unexpected { expected: MessageType::M2, got: Some(message.kind) };
        let run = self.run.as_mut().ok_or(unexpected)?;
        // Taken out, so that a message that fails leaves nothing with which the run could go on.
        let secured = run.secured.take().ok_or(unexpected)?;
        message.check_nonce(attr::ENROLLEE_NONCE, &run.nonces.enrollee)?;
        message.check_authenticator(&secured.keys, &run.last)?;
        Ok((run, secured))
    }

    /// Whether what the registrar opened is what it had committed itself to.
    fn verify(&self, secured: &Secured, half: Half, secret_nonce: &[u8; NONCE]) -> bool {
        let own = self.key_pair.public().as_bytes();
        let hash = secured.keys.commitment(half, secret_nonce, &secured.password, own, &secured.registrar_key);
        let [one, two] = &secured.registrar_hashes;
        let committed = match half {
            Half::First => one,
            Half::Second => two,
        };
        hash.ct_eq(committed).into()
    }

    fn on_m4(&mut self, m4: &Message<'_>, bytes: &[u8]) -> Result<Vec<u8>, Reason> {
        let (_, mut secured) = self.check(m4)?;
        secured.registrar_hashes = [m4.array(attr::R_HASH1)?, m4.array(attr::R_HASH2)?];
        let opened = m4.opening(&secured.keys, attr::R_SNONCE1)?;
        if !self.verify(&secured, Half::First, &opened) {
            return Err(Reason::WrongPasswordFirstHalf);
        }
        let run = self.run()?;
        let [one, _] = &run.random.secret_nonces;
        let settings = message::opening(attr::E_SNONCE1, one);
        let iv = run.random.iv();
        run.last = message::with_settings(MessageType::M5, &run.nonces, &settings, &iv, &secured.keys, bytes);
        run.secured = Some(secured);
        Ok(run.last.clone())
    }

    fn on_m6(&mut self, m6: &Message<'_>, bytes: &[u8]) -> Result<Vec<u8>, Reason> {
        let (_, secured) = self.check(m6)?;
        let opened = m6.opening(&secured.keys, attr::R_SNONCE2)?;
        if !self.verify(&secured, Half::Second, &opened) {
            return Err(Reason::WrongPasswordSecondHalf);
        }
        let run = self.run()?;
        let [_, two] = &run.random.secret_nonces;
        let settings = message::opening(attr::E_SNONCE2, two);
        let iv = run.random.iv();
        run.last = message::with_settings(MessageType::M7, &run.nonces, &settings, &iv, &secured.keys, bytes);
        run.secured = Some(secured);
        Ok(run.last.clone())
    }

    fn on_m8(&mut self, m8: &Message<'_>) -> Result<Vec<u8>, Reason> {
        let (run, secured) = self.check(m8)?;
        let credential = m8.credential(&secured.keys)?;
        let nonces = run.nonces;
        self.outputs.push_back(Output::Event(Event::Credential(Box::new(credential))));
        Ok(message::acknowledgement(MessageType::WSC_DONE, &nonces))
    }

    fn on_nack(&mut self, now: Duration, identifier: u8, pdu: &[u8], expected: MessageType, bytes: &[u8]) {
        let refused = match expected {
            MessageType::M4 => MessageType::M3,
            MessageType::M6 => MessageType::M5,
            MessageType::M8 => MessageType::M7,
            _ => MessageType::M1,
        };
        let error = Message::parse(bytes, expected).map(|nack| nack.config_error()).unwrap_or(ConfigError::NO_ERROR);
        self.refuse_with(now, identifier, pdu, refused, Reason::PeerGaveUp(error), ConfigError::NO_ERROR);
    }

    /// Reports what is wrong with the registrar's message, and ends the run with WSC_NACK.
    fn refuse(&mut self, now: Duration, identifier: u8, pdu: &[u8], expected: MessageType, reason: Reason) {
        self.refuse_with(now, identifier, pdu, expected, reason, reason.config_error());
    }

    fn refuse_with(
        &mut self,
        now: Duration,
        identifier: u8,
        pdu: &[u8],
        message: MessageType,
        reason: Reason,
        error: ConfigError,
    ) {
        let nonces = self.run.as_ref().map(|run| run.nonces);
        let nonces = nonces.unwrap_or(Nonces { enrollee: [0; NONCE], registrar: [0; NONCE] });
        self.fail(message, reason);
        self.answer(now, identifier, pdu, OpCode::Nack, message::nack(&nonces, error), Phase::Ending);
    }

    fn on_failure(&mut self) {
        match self.phase {
            Phase::Starting => self.fail(MessageType::M1, Reason::PeerEnded),
            Phase::Awaiting(MessageType::M2) if self.refused => self.fail(MessageType::M2D, Reason::NotSelected),
            Phase::Awaiting(message) => self.fail(message, Reason::PeerEnded),
            Phase::Idle | Phase::Ending | Phase::Finished => {}
        }
        self.finish();
    }

    fn fail(&mut self, message: MessageType, reason: Reason) {
        let config_error = reason.config_error();
        self.outputs.push_back(Output::Event(Event::Failed { message, config_error, reason }));
    }

    fn finish(&mut self) {
        self.phase = Phase::Finished;
        self.run = None;
        self.outgoing = None;
        self.start_at = None;
        self.deadline = None;
        self.retry.stop();
        self.outputs.push_back(Output::Event(Event::Done));
    }

    fn answer(&mut self, now: Duration, identifier: u8, pdu: &[u8], op: OpCode, message: Vec<u8>, phase: Phase) {
        self.phase = phase;
        self.incoming = Incoming::default();
        self.outgoing = Some(Outgoing::new(op, message, self.fragment));
        self.send_fragment(now, identifier, pdu);
    }

    fn send_message(
        &mut self,
        now: Duration,
        identifier: u8,
        pdu: &[u8],
        op: OpCode,
        message: Vec<u8>,
        awaited: MessageType,
    ) {
        self.answer(now, identifier, pdu, op, message, Phase::Awaiting(awaited));
    }

    fn send_fragment(&mut self, now: Duration, identifier: u8, pdu: &[u8]) {
        if let Some(mut outgoing) = self.outgoing.take() {
            self.respond(now, identifier, pdu, Type::Wsc(outgoing.next()));
            self.outgoing = Some(outgoing);
        }
    }

    fn respond(&mut self, now: Duration, identifier: u8, request: &[u8], response: Type<'_>) {
        self.request = Vec::from(request);
        self.start_at = None;
        self.pdu = eap::emit(&Packet { identifier, body: Body::Response(response) });
        self.retry.until_acknowledged();
        let patience = if self.phase == Phase::Ending { LAST_WORD } else { MESSAGE_TIMEOUT };
        self.deadline = Some(now.saturating_add(patience).min(self.end));
        self.outputs.push_back(Output::Send(self.pdu.clone()));
    }

    /// Answers a request that does not concern the run.
    fn send_aside(&mut self, identifier: u8, response: Type<'_>) {
        self.retry.aside();
        let pdu = eap::emit(&Packet { identifier, body: Body::Response(response) });
        self.outputs.push_back(Output::Send(pdu));
    }

    fn repeat(&mut self, now: Duration) {
        self.retry.again(now);
        self.outputs.push_back(Output::Send(self.pdu.clone()));
    }
}

impl core::fmt::Debug for Session {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Session").field("device", &self.device.address).field("phase", &self.phase).finish()
    }
}

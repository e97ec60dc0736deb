//! The machine.

use super::api::{Association, Cause, Event, JoinConfig, Mode, Phase, Seen, Sme};
use crate::errno;
use crate::output::Outputs;
use crate::{Output, Token};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::time::Duration;
use ieee80211_ies::frame::{ReasonCode, StatusCode};
use ieee80211_ies::{Elements, MacAddr, Ssid, emit_element, id};
use radio::{Bss, Command, Connection, Refused, Reply};

/// How old an entry of the BSS may be to be used without a new scan. The kernel forgets an entry 30 s after it was last
/// heard (`IEEE80211_SCAN_RESULT_EXPIRE`); a third of that leaves room for both clocks.
const BSS_FRESH: Duration = Duration::from_secs(10);

/// How many times the owner, or the radio, may refuse. The owner may be starting its access point or dropping our
/// earlier association, which is over within the pauses of so many tries.
const MAX_REFUSALS: u32 = 8;

/// How many times authentication or association may end without an answer; each of them stands for three transmissions
/// by the kernel (`IEEE80211_AUTH_MAX_TRIES`, `IEEE80211_ASSOC_MAX_TRIES`).
const MAX_SILENCES: u32 = 10;

/// The pause before the second scan or try; every further one is longer by as much, up to [`MAX_PAUSE`]. A directed scan
/// takes the radio for some 30 to 100 ms: the pause leaves as much to others without costing the formation much.
const FIRST_PAUSE: Duration = Duration::from_millis(20);

/// The longest pause between scans or tries.
const MAX_PAUSE: Duration = Duration::from_millis(100);

/// For how long a radio may say nothing of a try that it has begun. The kernel's own limit is 3 × 500 ms
/// (`IEEE80211_AUTH_TIMEOUT_LONG`); a driver's own SME may scan before.
const RADIO_SILENCE: Duration = Duration::from_secs(5);

/// Capability information: the BSS protects its data (IEEE 802.11-2020 §9.4.1.4, Privacy).
const CAPABILITY_PRIVACY: u16 = 0x0010;

/// Reason code of the deauthentication with which an earlier association, or a join given up, is ended.
const LEAVING: ReasonCode = ReasonCode::LEAVING_NETWORK_DEAUTH;

/// The one thing that is under way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Idle,
    /// `NeedScan` was said.
    Scanning,
    /// A pause, then another scan or, where the BSS is known, another try.
    Pausing,
    Authenticating(Token),
    Associating(Token),
    Connecting(Token),
    Associated,
    /// Our own disconnection.
    Leaving(Token, ReasonCode),
}

#[derive(Clone, Copy)]
enum Timer {
    /// The whole join.
    Deadline,
    /// The state: a pause, or a radio that says nothing.
    Step,
}

/// The join of one client interface.
///
/// ```text
/// join ─▶ (NeedScan ─▶ bss_found) ─▶ Authenticate ─▶ Associate ─▶ Event::Associated
///              ▲  pause ◀─ scan_failed │                  │
///              └──── no answer, refusal ──────────────────┘   until the deadline: Event::Failed
/// ```
#[derive(Debug)]
pub struct Join {
    config: JoinConfig,
    state: State,
    timers: [Option<Duration>; 2],
    out: Outputs<Event>,
    /// The elements of the association request, and whether the RSN element is among them.
    elements: Vec<u8>,
    rsn: bool,
    seen: Option<Seen>,
    /// With whom we are, or are about to be, associated.
    bssid: MacAddr,
    pauses: u32,
    refusals: u32,
    silences: u32,
    phase: Phase,
    /// What the last try met that failed, and how far it had come.
    failure: Option<(Phase, Cause)>,
}

impl Join {
    /// A machine that does nothing yet.
    pub fn new(config: JoinConfig) -> Self {
        Self {
            bssid: config.bssid.unwrap_or(MacAddr::ZERO),
            config,
            state: State::Idle,
            timers: [None; 2],
            out: Outputs::new(),
            elements: Vec::new(),
            rsn: false,
            seen: None,
            pauses: 0,
            refusals: 0,
            silences: 0,
            phase: Phase::Scan,
            failure: None,
        }
    }

    /// What the machine was set up with; the channel follows the owner.
    pub fn config(&self) -> &JoinConfig {
        &self.config
    }

    /// Whether there is an association.
    pub fn is_associated(&self) -> bool {
        self.state == State::Associated
    }

    /// The owner's interface address, once it is known.
    pub fn bssid(&self) -> Option<MacAddr> {
        (!self.bssid.is_zero()).then_some(self.bssid)
    }

    /// Begins to associate, and ends in [`Event::Associated`], or in [`Event::Failed`] at `deadline` (same clock as `now`)
    /// at the latest. An association that exists is given up first, without [`Event::Disconnected`]. The element in `mode`,
    /// then `p2p` (whole P2P elements) and `extra` (whole elements) go into the association request.
    pub fn join(&mut self, now: Duration, mode: Mode, p2p: Vec<u8>, extra: Vec<u8>, deadline: Duration) {
        self.rsn = matches!(mode, Mode::Rsn(_));
        let mut elements = match mode {
            Mode::Wsc(elements) | Mode::Rsn(elements) => elements,
            Mode::Open => Vec::new(),
        };
        elements.extend_from_slice(&p2p);
        elements.extend_from_slice(&extra);
        self.elements = elements;
        self.pauses = 0;
        self.refusals = 0;
        self.silences = 0;
        self.failure = None;
        self.abandon(now);
        self.set(Timer::Deadline, Some(deadline));
        self.attempt(now);
    }

    /// Ends the association or the join, whichever there is; [`Event::Disconnected`] follows.
    pub fn leave(&mut self, _now: Duration, reason: ReasonCode) {
        if self.state == State::Idle || matches!(self.state, State::Leaving(..)) {
            return;
        }
        let token = self.disconnect(reason);
        self.timers = [None; 2];
        self.state = State::Leaving(token, reason);
    }

    /// Opens the controlled port: data may pass.
    pub fn authorize(&mut self, _now: Duration) {
        if self.state == State::Associated {
            let (iface, address) = (self.config.iface, self.bssid);
            self.out.command(Command::SetAuthorized { iface, address, authorized: true });
        }
    }

    /// The group is on another channel now (MHz).
    pub fn channel_switched(&mut self, _now: Duration, frequency: u32) {
        self.config.frequency = frequency;
        if let Some(seen) = &mut self.seen {
            seen.bss.frequency = frequency;
        }
    }

    /// A BSS was seen, by the scan asked for or any other; it may be handed in before [`join`](Self::join) too. Others than
    /// the owner's are ignored.
    pub fn bss_found(&mut self, now: Duration, bss: &Bss) {
        let heard_at = now.saturating_sub(Duration::from_millis(bss.age_ms.into()));
        if !self.is_ours(bss) || now.saturating_sub(heard_at) > BSS_FRESH {
            return;
        }
        if self.seen.as_ref().is_some_and(|seen| seen.bss.bssid != bss.bssid && seen.heard_at > heard_at) {
            return;
        }
        self.seen = Some(Seen { bss: bss.clone(), heard_at });
        if self.state == State::Scanning || (self.state == State::Pausing && self.phase == Phase::Scan) {
            self.attempt(now);
        }
    }

    /// Forgets where the owner was seen: the next join begins with a scan.
    pub fn forget(&mut self) {
        self.seen = None;
    }

    /// The scan asked for was not made, or has not found the owner.
    pub fn scan_failed(&mut self, now: Duration) {
        if self.state == State::Scanning {
            self.failure = Some((Phase::Scan, Cause::NotFound));
            self.pause(now);
        }
    }

    /// A command of this machine has ended.
    pub fn handle_done(&mut self, now: Duration, token: Token, result: Result<Reply, Refused>) {
        let refused = match (self.state, result) {
            (State::Leaving(of, reason), _) if of == token => {
                self.state = State::Idle;
                return self.out.event(Event::Disconnected { reason, local: true });
            }
            (State::Authenticating(of) | State::Associating(of) | State::Connecting(of), Err(refused))
                if of == token =>
            {
                refused
            }
            _ => return,
        };
        match (refused.errno, self.state) {
            // The kernel has forgotten the BSS, however fresh it seemed; or the owner cannot be on that channel any more.
            (errno::ENOENT | errno::EINVAL, State::Authenticating(_) | State::Associating(_)) => {
                self.seen = None;
                self.refused(now, Cause::Radio(refused));
            }
            // The kernel is still, or again, connected.
            (errno::EALREADY, _) => {
                self.disconnect(LEAVING);
                self.refused(now, Cause::Radio(refused));
            }
            _ => self.refused(now, Cause::Radio(refused)),
        }
    }

    /// [`radio::Event::Authenticated`].
    pub fn authenticated(&mut self, now: Duration, bssid: MacAddr, status: Option<u16>) {
        if !matches!(self.state, State::Authenticating(_)) || bssid != self.bssid {
            return;
        }
        match status {
            Some(status) if status == StatusCode::SUCCESS.0 => self.associate(now),
            Some(status) => self.refused(now, Cause::Status(StatusCode(status))),
            None => self.silence(now),
        }
    }

    /// [`radio::Event::Associated`], or [`radio::Event::Connected`]; `elements` are those of the response.
    pub fn associated(&mut self, now: Duration, bssid: MacAddr, status: Option<u16>, elements: &[u8]) {
        let driver = matches!(self.state, State::Connecting(_));
        if !driver && !matches!(self.state, State::Associating(_)) {
            return;
        }
        // A driver that was not told the BSSID, or was not told back by it, may leave it out when it fails.
        if bssid != self.bssid && !(driver && bssid.is_zero()) {
            return;
        }
        match status {
            Some(status) if status == StatusCode::SUCCESS.0 => self.succeed(elements),
            Some(status) => self.refused(now, Cause::Status(StatusCode(status))),
            None => self.silence(now),
        }
    }

    /// [`radio::Event::Disconnected`].
    pub fn disconnected(&mut self, now: Duration, bssid: MacAddr, reason: u16, local: bool) {
        if bssid != self.bssid {
            return;
        }
        match self.state {
            State::Associated => {
                self.state = State::Idle;
                self.heard(now);
                self.out.event(Event::Disconnected { reason: ReasonCode(reason), local });
            }
            // The kernel gives the association up without another word; a local one is the end of the association before.
            State::Associating(_) if !local => self.refused(now, Cause::Deauthenticated(ReasonCode(reason))),
            _ => {}
        }
    }

    /// Takes what concerns this machine out of what a radio reports; says whether it did.
    pub fn handle_event(&mut self, now: Duration, event: &radio::Event) -> bool {
        use radio::Event as E;
        match event {
            E::Authenticated { iface, bssid, status } if *iface == self.config.iface => {
                self.authenticated(now, *bssid, *status);
            }
            E::Associated { iface, bssid, status, elements } | E::Connected { iface, bssid, status, elements }
                if *iface == self.config.iface =>
            {
                self.associated(now, *bssid, *status, elements);
            }
            E::Disconnected { iface, bssid, reason, local } if *iface == self.config.iface => {
                self.disconnected(now, *bssid, *reason, *local);
            }
            E::ChannelSwitched { iface, channel } if *iface == self.config.iface => {
                self.channel_switched(now, channel.frequency);
            }
            _ => return false,
        }
        true
    }

    /// When [`handle_timeout`](Self::handle_timeout) is due.
    pub fn poll_timeout(&self) -> Option<Duration> {
        self.timers.iter().flatten().min().copied()
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: Duration) {
        if self.expired(now, Timer::Deadline) {
            return self.fail(now);
        }
        if self.expired(now, Timer::Step) {
            match self.state {
                State::Pausing => self.attempt(now),
                State::Authenticating(_) | State::Associating(_) | State::Connecting(_) => {
                    self.abandon(now);
                    self.silence(now);
                }
                _ => {}
            }
        }
    }

    /// The next output.
    pub fn poll_output(&mut self) -> Option<Output<Event>> {
        self.out.poll()
    }

    /// Tries to get on with what is known of the BSS: authenticates, or asks for a scan.
    fn attempt(&mut self, now: Duration) {
        self.set(Timer::Step, None);
        let Some(seen) = self.seen.as_ref().filter(|seen| now.saturating_sub(seen.heard_at) <= BSS_FRESH) else {
            self.phase = Phase::Scan;
            self.state = State::Scanning;
            let JoinConfig { frequency, bssid, ssid, .. } = &self.config;
            let (frequency, bssid, ssid) = (*frequency, *bssid, ssid.clone());
            return self.out.event(Event::NeedScan { frequency, bssid, ssid });
        };
        self.bssid = seen.bss.bssid;
        let iface = self.config.iface;
        match self.config.sme {
            Sme::Userspace => {
                self.phase = Phase::Authentication;
                let (bssid, frequency, ssid) = (self.bssid, seen.bss.frequency, self.ssid(&seen.bss));
                let token = self.out.command(Command::Authenticate { iface, bssid, frequency, ssid });
                self.state = State::Authenticating(token);
            }
            Sme::Driver => {
                self.phase = Phase::Connection;
                let privacy = seen.bss.capability & CAPABILITY_PRIVACY != 0;
                let connection = Connection { association: self.association(seen), privacy };
                self.state = State::Connecting(self.out.command(Command::Connect { iface, connection }));
            }
        }
        self.set(Timer::Step, Some(now + RADIO_SILENCE));
    }

    fn associate(&mut self, now: Duration) {
        let Some(seen) = &self.seen else { return self.attempt(now) };
        self.phase = Phase::Association;
        let association = self.association(seen);
        let token = self.out.command(Command::Associate { iface: self.config.iface, association });
        self.state = State::Associating(token);
        self.set(Timer::Step, Some(now + RADIO_SILENCE));
    }

    fn association(&self, seen: &Seen) -> radio::Association {
        radio::Association {
            bssid: seen.bss.bssid,
            frequency: seen.bss.frequency,
            ssid: self.ssid(&seen.bss),
            elements: self.elements.clone(),
            rsn: self.rsn,
        }
    }

    fn succeed(&mut self, response: &[u8]) {
        self.state = State::Associated;
        self.timers = [None; 2];
        let bss = self.seen.as_ref().map(|seen| &seen.bss);
        let association = Association {
            bssid: self.bssid,
            frequency: bss.map_or(self.config.frequency, |bss| bss.frequency),
            response: response.to_vec(),
            rsn: bss.and_then(|bss| rsn_element(&bss.beacon).or_else(|| rsn_element(&bss.probe_response))),
            bss: bss.map(|bss| bss.elements().to_vec()).unwrap_or_default(),
        };
        self.out.event(Event::Associated(Box::new(association)));
    }

    /// The owner or the radio has said no.
    fn refused(&mut self, now: Duration, cause: Cause) {
        self.state = State::Idle;
        self.failure = Some((self.phase, cause));
        self.refusals += 1;
        if self.refusals >= MAX_REFUSALS {
            return self.fail(now);
        }
        // A BSS that the kernel has forgotten is looked for at once: the scan is pause enough.
        if self.seen.is_none() { self.attempt(now) } else { self.pause(now) }
    }

    /// The owner has not answered: the kernel has dropped its entry of the BSS, so that only a scan can go on.
    fn silence(&mut self, now: Duration) {
        self.state = State::Idle;
        self.failure = Some((self.phase, Cause::NoAnswer));
        self.silences += 1;
        if self.silences >= MAX_SILENCES {
            return self.fail(now);
        }
        self.seen = None;
        self.attempt(now);
    }

    fn pause(&mut self, now: Duration) {
        self.pauses = self.pauses.saturating_add(1);
        self.state = State::Pausing;
        self.set(Timer::Step, Some(now + FIRST_PAUSE.saturating_mul(self.pauses).min(MAX_PAUSE)));
    }

    fn fail(&mut self, now: Duration) {
        self.abandon(now);
        self.timers = [None; 2];
        // The deadline may come before anything else has failed.
        let (phase, cause) = self.failure.take().unwrap_or(match self.phase {
            Phase::Scan => (Phase::Scan, Cause::NotFound),
            phase => (phase, Cause::NoAnswer),
        });
        self.out.event(Event::Failed { phase, cause });
    }

    /// Becomes idle, telling the radio where it has to stop something.
    fn abandon(&mut self, now: Duration) {
        match self.state {
            State::Associated => {
                self.disconnect(LEAVING);
                self.heard(now);
            }
            State::Authenticating(_) | State::Associating(_) | State::Connecting(_) => {
                self.disconnect(LEAVING);
            }
            // The radio has been told, the caller not yet.
            State::Leaving(_, reason) => self.out.event(Event::Disconnected { reason, local: true }),
            State::Idle | State::Scanning | State::Pausing => {}
        }
        self.state = State::Idle;
    }

    /// The kernel kept its entry of the BSS for as long as the association stood.
    fn heard(&mut self, now: Duration) {
        if let Some(seen) = &mut self.seen {
            seen.heard_at = now;
        }
    }

    fn disconnect(&mut self, reason: ReasonCode) -> Token {
        self.out.command(Command::Disconnect { iface: self.config.iface, bssid: self.bssid, reason: reason.0 })
    }

    fn is_ours(&self, bss: &Bss) -> bool {
        let (wanted, ssid) = (&self.config, self.ssid(bss));
        let named = match wanted.bssid {
            Some(bssid) => bssid == bss.bssid && (wanted.ssid.is_empty() || says(bss, &wanted.ssid)),
            None => says(bss, &wanted.ssid),
        };
        named && !ssid.is_empty() && !bss.bssid.is_group()
    }

    /// The SSID to associate with: the one set, else that of the BSS.
    fn ssid(&self, bss: &Bss) -> Vec<u8> {
        if self.config.ssid.is_empty() {
            ssids(bss).next().unwrap_or_default().to_vec()
        } else {
            self.config.ssid.clone()
        }
    }

    fn set(&mut self, timer: Timer, at: Option<Duration>) {
        if let Some(slot) = self.timers.get_mut(timer as usize) {
            *slot = at;
        }
    }

    /// Whether this timer has run out; it is stopped then.
    fn expired(&mut self, now: Duration, timer: Timer) -> bool {
        let slot = self.timers.get_mut(timer as usize);
        slot.is_some_and(|slot| slot.take_if(|at| *at <= now).is_some())
    }
}

/// The SSIDs, other than hidden ones, that a BSS has told in its probe response and its beacon.
fn ssids(bss: &Bss) -> impl Iterator<Item = &[u8]> {
    let of = |elements| Elements::new(elements).find(id::SSID).map(|element| element.body);
    let told = [of(&bss.probe_response), of(&bss.beacon)];
    told.into_iter().flatten().filter(|ssid| (1..=Ssid::MAX_LEN).contains(&ssid.len()))
}

/// Whether this is an SSID of the BSS.
fn says(bss: &Bss, ssid: &[u8]) -> bool {
    ssids(bss).any(|told| told == ssid)
}

/// The whole RSN element among `elements`.
fn rsn_element(elements: &[u8]) -> Option<Vec<u8>> {
    let element = Elements::new(elements).find(id::RSN)?;
    let mut whole = Vec::new();
    emit_element(id::RSN, element.body, &mut whole);
    Some(whole)
}

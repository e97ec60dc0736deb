//! Authentication and association: from the first frame of a station until it is a member.

use super::association::{self, judge, judge_granted, short_preamble};
use super::beacon::Answer;
use super::config::{Associated, Event, LeftCause};
use super::machine::{Owner, Pending};
use super::stations::{Check, Installed, Phase};
use crate::{Token, errno};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::time::Duration;
use ieee80211_ies::frame::{AuthenticationAlgorithm, Body, Frame, ReasonCode, StatusCode};
use ieee80211_ies::{Elements, MacAddr, OUI_MICROSOFT, OUI_WFA, p2p, wsc};
use radio::{Command, Refused, SendStatus, StationFlags, StationParameters, StationRates};

/// For how long a station that has authenticated may take to associate; the kernel's client gives up after the same time
/// (`IEEE80211_AUTH_WAIT_ASSOC`).
pub(super) const ASSOCIATION_WAIT: Duration = Duration::from_secs(5);

/// How many times an answer to an authentication that was not acknowledged is sent again at once. The station asks again
/// by itself, the kernel's client after 100 ms (`IEEE80211_AUTH_TIMEOUT_SHORT`): too late for a quick formation.
const MAX_AUTHENTICATION_REPEATS: u32 = 2;

/// How many times an association response is sent again that was not acknowledged. With the pauses between, this is a
/// second, by which the kernel's client has made the last of its three tries (`IEEE80211_ASSOC_MAX_TRIES`).
const MAX_RESPONSE_REPEATS: u32 = 12;

/// The pause before the second repetition of an association response; every further one is longer by as much, up to
/// [`MAX_REPEAT_PAUSE`]. Interference that has outlasted the radio's own repetitions is given time to pass.
const REPEAT_PAUSE: Duration = Duration::from_millis(20);

/// The longest pause between repetitions of an association response.
const MAX_REPEAT_PAUSE: Duration = Duration::from_millis(100);

/// A radio that has not said by then what became of an association response does not say it: a station asks again after 200 ms
/// (`IEEE80211_ASSOC_TIMEOUT`), the radio's own repetitions take a few.
const STATUS_WITHIN: Duration = Duration::from_millis(100);

impl Owner {
    /// A data frame or EAPOL PDU came from `station`: it has received our association response, even if its acknowledgement
    /// was lost or is not reported yet.
    pub fn heard(&mut self, now: Duration, station: MacAddr) {
        let phase = self.stations.get(station).map(|station| station.phase);
        if matches!(phase, Some(Phase::Responding { .. } | Phase::Unconfirmed { .. })) {
            self.confirm(now, station);
        }
    }

    /// Opens the controlled port of a station: data may pass.
    pub fn authorize(&mut self, _now: Duration, station: MacAddr) {
        if self.stations.get(station).is_some_and(|station| station.is_associated()) {
            let iface = self.config.iface;
            self.out.command(Command::SetAuthorized { iface, address: station, authorized: true });
        }
    }

    /// A driver with its own SME has associated a station; `elements` are those of its request.
    pub fn station_joined(&mut self, now: Duration, station: MacAddr, elements: &[u8]) {
        if !self.is_running() || !self.config.device_ap_sme || station.is_group() {
            return;
        }
        let full = self.is_full() && !self.stations.get(station).is_some_and(|station| station.holds_place());
        match judge_granted(&self.config, &self.config.channel, station, Elements::new(elements)) {
            Ok(request) if !full => {
                let entry = self.stations.entry(station);
                entry.request = Some(request);
                entry.installed = Installed::Associated;
                self.confirm(now, station);
            }
            Ok(_) => self.remove_from_radio(station, ReasonCode::NO_MORE_STATIONS, true),
            Err(_) => self.remove_from_radio(station, ReasonCode::INVALID_ELEMENT, true),
        }
    }

    /// Whether a frame is not the retransmission of one that was received.
    pub(super) fn is_new(&mut self, frame: &Frame<'_>) -> bool {
        let header = &frame.header;
        let this = Some((frame.body.subtype().0, header.sequence));
        let last = self.stations.get(header.source).and_then(|station| station.last_frame);
        let duplicate = header.frame_control.is_retry() && last == this;
        self.dropped.duplicate += u64::from(duplicate);
        !duplicate
    }

    pub(super) fn remember(&mut self, frame: &Frame<'_>) {
        if let Some(station) = self.stations.get_mut(frame.header.source) {
            station.last_frame = Some((frame.body.subtype().0, frame.header.sequence));
        }
    }

    pub(super) fn on_authentication(
        &mut self,
        now: Duration,
        source: MacAddr,
        algorithm: AuthenticationAlgorithm,
        transaction: u16,
    ) {
        let next = transaction.wrapping_add(1);
        if algorithm != AuthenticationAlgorithm::OPEN_SYSTEM {
            let status = StatusCode::UNSUPPORTED_AUTHENTICATION_ALGORITHM;
            return self.answer_authentication(source, algorithm, next, status);
        }
        if transaction != 1 {
            return self.answer_authentication(source, algorithm, next, StatusCode::TRANSACTION_SEQUENCE_ERROR);
        }
        let known = self.stations.get(source);
        match known.map(|station| station.phase) {
            Some(Phase::Adding { .. }) => {
                // It will be answered.
                self.dropped.unexpected += 1;
                return;
            }
            // Our answer was lost or comes late; the entry is as it was.
            Some(Phase::Authenticated { .. }) => return self.on_authenticated(now, source),
            _ => {}
        }
        if self.is_full() && !known.is_some_and(|station| station.holds_place()) {
            return self.answer_authentication(source, algorithm, next, StatusCode::NO_MORE_STATIONS);
        }
        // Whatever it was, it begins anew: the kernel's entry goes with its keys and its sleep.
        self.forget(source, LeftCause::Reauthenticates);
        if let Some(oldest) = self.stations.to_forget() {
            self.forget(oldest, LeftCause::Inactive);
        }
        self.stations.entry(source);
        if self.config.full_ap_client_state {
            self.add_authenticated(source, false);
        } else {
            self.on_authenticated(now, source);
        }
    }

    pub(super) fn on_association(
        &mut self,
        now: Duration,
        source: MacAddr,
        reassociation: bool,
        fixed: (u16, u16),
        elements: Elements<'_>,
    ) {
        let Some(station) = self.stations.get(source) else {
            return self.answer_deauthentication(source, ReasonCode::NOT_AUTHENTICATED);
        };
        if matches!(station.phase, Phase::Adding { .. } | Phase::Installing { .. } | Phase::Leaving { .. }) {
            // What is under way will be answered.
            self.dropped.unexpected += 1;
            return;
        }
        let full = self.is_full() && !station.holds_place();
        let answer = Answer {
            reassociation,
            status: StatusCode::SUCCESS,
            aid: 0,
            qos: false,
            wsc: elements.vendor_elements(OUI_MICROSOFT, wsc::OUI_TYPE).next().is_some(),
            p2p: elements.vendor_elements(OUI_WFA, p2p::OUI_TYPE).next().is_some(),
        };
        let judged = judge(&self.config, &self.config.channel, source, fixed, elements);
        let request = match judged {
            Ok(_) if full => return self.refuse_association(source, &answer, StatusCode::NO_MORE_STATIONS),
            Ok(request) => request,
            Err(status) => return self.refuse_association(source, &answer, status),
        };
        let again = matches!(station.phase, Phase::Responding { .. } | Phase::Unconfirmed { .. });
        if again && station.request.as_ref() == Some(&request) {
            // Our answer was lost; the kernel has all that it needs.
            return self.respond(now, source, reassociation, 0);
        }
        let aid = match station.aid {
            0 => self.stations.free_aid(),
            aid => Some(aid),
        };
        let attempt = self.stations.next_attempt();
        let (Some(aid), Some(station)) = (aid, self.stations.get_mut(source)) else {
            return self.refuse_association(source, &answer, StatusCode::NO_MORE_STATIONS);
        };
        station.aid = aid;
        station.request = Some(request);
        station.attempt = attempt;
        station.deadline = None;
        self.install(source, reassociation);
    }

    /// The kernel has made, or refused, an entry.
    pub(super) fn on_installed(&mut self, now: Duration, address: MacAddr, of: Token, refused: Option<Refused>) {
        let Some(station) = self.stations.get_mut(address) else { return };
        match (station.phase, refused) {
            (Phase::Adding { token, .. }, None) if token == of => {
                self.on_authenticated(now, address);
            }
            (Phase::Adding { token, again: false }, Some(refused)) if token == of && refused.errno == errno::EEXIST => {
                // Left over from somebody else's time.
                self.remove_from_radio(address, ReasonCode::UNSPECIFIED, true);
                self.add_authenticated(address, true);
            }
            (Phase::Adding { token, .. }, Some(refused)) if token == of => {
                tracing::debug!(%refused, station = %address, "station refused");
                self.stations.remove(address);
                let algorithm = AuthenticationAlgorithm::OPEN_SYSTEM;
                self.answer_authentication(address, algorithm, 2, StatusCode::NO_MORE_STATIONS);
            }
            (Phase::Installing { token, reassociation }, None) if token == of => {
                self.respond(now, address, reassociation, 0);
            }
            (Phase::Installing { token, reassociation }, Some(refused)) if token == of => {
                tracing::debug!(%refused, station = %address, "station refused");
                let wanted = station.request.as_ref();
                let (wsc, p2p) = (wanted.is_some_and(|r| !r.wsc.is_empty()), wanted.is_some_and(|r| r.p2p.is_some()));
                let answer = Answer { reassociation, status: StatusCode::SUCCESS, aid: 0, qos: false, wsc, p2p };
                self.forget(address, LeftCause::Radio);
                self.refuse_association(address, &answer, StatusCode::NO_MORE_STATIONS);
            }
            _ => {}
        }
    }

    pub(super) fn on_association_response_sent(
        &mut self,
        now: Duration,
        address: MacAddr,
        attempt: u32,
        status: SendStatus,
    ) {
        let Some(station) = self.stations.get_mut(address).filter(|station| station.attempt == attempt) else { return };
        match (station.phase, status) {
            (Phase::Responding { .. } | Phase::Unconfirmed { .. }, SendStatus::Acked | SendStatus::Unknown) => {
                self.confirm(now, address);
            }
            (Phase::Responding { reassociation, repeats }, SendStatus::NotAcked) => {
                station.phase = Phase::Unconfirmed { reassociation, repeats };
                station.deadline = Some(now + REPEAT_PAUSE.saturating_mul(repeats).min(MAX_REPEAT_PAUSE));
                if repeats == 0 {
                    self.repeat_response(now, address);
                }
            }
            _ => {}
        }
    }

    /// The association response was not acknowledged, and nothing was heard of the station since. If it is lost, the station
    /// wants it; if only the acknowledgement is, the repetition brings another one.
    pub(super) fn repeat_response(&mut self, now: Duration, address: MacAddr) {
        match self.stations.get(address).map(|station| station.phase) {
            // A radio that has never said otherwise: whether the station is there is for its handshake to show.
            Some(Phase::Unconfirmed { repeats: 1.., .. }) if !self.tells_acks => self.confirm(now, address),
            Some(Phase::Unconfirmed { reassociation, repeats }) if repeats < MAX_RESPONSE_REPEATS => {
                self.respond(now, address, reassociation, repeats + 1);
            }
            // It may believe that it is associated.
            Some(Phase::Unconfirmed { .. }) => {
                self.send_away(now, address, ReasonCode::INVALID_AUTHENTICATION, true, LeftCause::Inactive);
            }
            _ => {}
        }
    }

    /// The radio has not said what became of the association response: the handshake will show it.
    pub(super) fn response_untold(&mut self, now: Duration, address: MacAddr) {
        self.confirm(now, address);
    }

    /// The answer to an authentication was sent.
    pub(super) fn on_authentication_response_sent(&mut self, address: MacAddr, status: SendStatus) {
        let Some(station) = self.stations.get_mut(address) else { return };
        if let (Phase::Authenticated { repeats }, SendStatus::NotAcked) = (station.phase, status)
            && repeats < MAX_AUTHENTICATION_REPEATS
        {
            station.phase = Phase::Authenticated { repeats: repeats + 1 };
            self.accept_authentication(address);
        }
    }

    /// The station is associated, beyond doubt.
    fn confirm(&mut self, now: Duration, address: MacAddr) {
        let inactive_at = now.saturating_add(self.config.max_inactivity);
        let Some(station) = self.stations.get_mut(address) else { return };
        station.phase = Phase::Associated(Check::No);
        station.deadline = Some(inactive_at);
        station.announced = true;
        if let Some(association::Request { mode, p2p, wsc, .. }) = station.request.clone() {
            self.out.event(Event::Associated(Box::new(Associated { station: address, mode, p2p, wsc })));
        }
        self.refresh_beacon();
    }

    fn add_authenticated(&mut self, address: MacAddr, again: bool) {
        let flags = StationFlags { authenticated: true, ..StationFlags::default() };
        let station = StationParameters { address, flags, rates: None };
        let add = Command::AddStation { iface: self.config.iface, station };
        let token = self.command(add, Pending::Install(address));
        let station = self.stations.entry(address);
        station.phase = Phase::Adding { token, again };
        station.installed = Installed::Authenticated;
    }

    fn on_authenticated(&mut self, now: Duration, address: MacAddr) {
        let station = self.stations.entry(address);
        station.phase = Phase::Authenticated { repeats: 0 };
        station.deadline = Some(now + ASSOCIATION_WAIT);
        self.accept_authentication(address);
    }

    fn accept_authentication(&mut self, to: MacAddr) {
        let frame = self.authentication(to, AuthenticationAlgorithm::OPEN_SYSTEM, 2, StatusCode::SUCCESS);
        self.answer_as(frame, false, Pending::AuthenticationResponse(to));
    }

    /// Has the kernel take a station as associated. This precedes the answer: the station may send data as soon as it has
    /// it, which the kernel would drop otherwise.
    fn install(&mut self, address: MacAddr, reassociation: bool) {
        let Some(station) = self.stations.get_mut(address) else { return };
        let (installed, aid) = (station.installed, station.aid);
        let Some(request) = &station.request else { return };
        let parameters = StationParameters {
            address,
            flags: StationFlags {
                authenticated: true,
                associated: true,
                authorized: false,
                wme: request.qos,
                short_preamble: short_preamble(&request.rates),
            },
            rates: Some(StationRates { aid, ..request.rates.clone() }),
        };
        let was_associated = station.is_associated();
        let iface = self.config.iface;
        let command = match installed {
            Installed::Authenticated => Command::SetStation { iface, station: parameters },
            Installed::No => Command::AddStation { iface, station: parameters },
            Installed::Associated => {
                // The kernel takes no other rates for a station that is associated.
                self.remove_from_radio(address, ReasonCode::UNSPECIFIED, true);
                Command::AddStation { iface, station: parameters }
            }
        };
        let token = self.command(command, Pending::Install(address));
        let station = self.stations.entry(address);
        station.phase = Phase::Installing { token, reassociation };
        station.installed = Installed::Associated;
        if was_associated {
            self.refresh_beacon();
        }
    }

    fn respond(&mut self, now: Duration, address: MacAddr, reassociation: bool, repeats: u32) {
        let Some(station) = self.stations.get_mut(address) else { return };
        station.phase = Phase::Responding { reassociation, repeats };
        station.deadline = Some(now + STATUS_WITHIN);
        let (aid, attempt) = (station.aid, station.attempt);
        let Some(request) = &station.request else { return };
        let answer = Answer {
            reassociation,
            status: StatusCode::SUCCESS,
            aid,
            qos: request.qos,
            wsc: !request.wsc.is_empty(),
            p2p: request.p2p.is_some(),
        };
        let frame = self.describe().association_response(address, &answer);
        self.transmit(frame, false, Pending::AssociationResponse { station: address, attempt });
    }

    fn refuse_association(&mut self, to: MacAddr, answer: &Answer, status: StatusCode) {
        let frame = self.describe().association_response(to, &Answer { status, ..*answer });
        self.answer(frame, false);
    }

    fn answer_authentication(
        &mut self,
        to: MacAddr,
        algorithm: AuthenticationAlgorithm,
        transaction: u16,
        status: StatusCode,
    ) {
        let frame = self.authentication(to, algorithm, transaction, status);
        self.answer(frame, false);
    }

    fn authentication(
        &self,
        to: MacAddr,
        algorithm: AuthenticationAlgorithm,
        transaction: u16,
        status: StatusCode,
    ) -> Vec<u8> {
        let own = self.config.address;
        let body = Body::Authentication { algorithm, transaction, status, elements: Elements::default() };
        Frame::new(to, own, own, body).to_vec()
    }
}

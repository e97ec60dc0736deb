//! What stations ask for: probe responses, authentication, association; and how they leave.

use super::association::{self, judge, judge_granted, short_preamble};
use super::beacon::Answer;
use super::config::{Associated, Event, LeftCause};
use super::machine::{Owner, Pending};
use super::probe::asks_for_us;
use super::stations::{Check, Installed, Phase};
use crate::errno;
use alloc::boxed::Box;
use core::time::Duration;
use ieee80211_ies::frame::{AuthenticationAlgorithm, Body, Frame, ReasonCode, StatusCode};
use ieee80211_ies::{Elements, MacAddr, OUI_MICROSOFT, OUI_WFA, id, p2p, wsc};
use radio::{Command, Refused, SendStatus, StationFlags, StationParameters, StationRates};

use crate::Token;

/// For how long a station that has authenticated may take to associate; the kernel's client gives up after the same time
/// (`IEEE80211_AUTH_WAIT_ASSOC`).
const ASSOCIATION_WAIT: Duration = Duration::from_secs(5);

/// For how long an association response that was not acknowledged leaves the station time to ask again or to be heard: more
/// than the three tries of 500 ms that the kernel's client makes (`IEEE80211_ASSOC_TIMEOUT_LONG`).
const CONFIRMATION_WAIT: Duration = Duration::from_secs(2);

/// For how long a deauthentication may be under way before the station is forgotten all the same.
const LEAVE_WAIT: Duration = Duration::from_millis(500);

impl Owner {
    /// A data frame or EAPOL PDU came from `station`: it has received our association response, even if its acknowledgement
    /// was lost or is not reported yet.
    pub fn heard(&mut self, now: Duration, station: MacAddr) {
        let phase = self.stations.get(station).map(|station| station.phase);
        if matches!(phase, Some(Phase::Responding | Phase::Unconfirmed)) {
            self.confirm(now, station);
        }
    }

    /// A data frame came from a station that the kernel does not have as associated: it is told so.
    pub fn unexpected_frame(&mut self, now: Duration, station: MacAddr) {
        if !self.is_running() || station.is_group() || self.config.device_ap_sme {
            return;
        }
        match self.stations.get_mut(station) {
            None => self.answer_deauthentication(station, ReasonCode::CLASS_2_FRAME_FROM_NONAUTHENTICATED),
            Some(entry) if entry.phase == Phase::Authenticated => {
                self.answer_deauthentication(station, ReasonCode::CLASS_3_FRAME_FROM_NONASSOCIATED);
            }
            // The report may be older than the association; whether the kernel has lost it is asked.
            Some(entry) if entry.phase == Phase::Associated(Check::No) => {
                entry.deadline = Some(now);
                self.on_due(now, station);
            }
            Some(_) => {}
        }
    }

    /// Opens the controlled port of a station: data may pass.
    pub fn authorize(&mut self, _now: Duration, station: MacAddr) {
        if self.stations.get(station).is_some_and(|station| station.is_associated()) {
            let iface = self.config.iface;
            self.out.command(Command::SetAuthorized { iface, address: station, authorized: true });
        }
    }

    /// Sends a station away; it has to authenticate anew. [`Event::Left`] follows when it was associated.
    pub fn deauthenticate(&mut self, now: Duration, station: MacAddr, reason: ReasonCode) {
        self.send_away(now, station, reason, true, LeftCause::Ours(reason));
    }

    /// Ends the association of a station. [`Event::Left`] follows when it was associated.
    pub fn disassociate(&mut self, now: Duration, station: MacAddr, reason: ReasonCode) {
        self.send_away(now, station, reason, false, LeftCause::Ours(reason));
    }

    /// Sends all stations away.
    pub fn deauthenticate_all(&mut self, now: Duration, reason: ReasonCode) {
        for station in self.stations.addresses() {
            self.deauthenticate(now, station, reason);
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

    /// A driver with its own SME no longer has a station.
    pub fn station_left(&mut self, _now: Duration, station: MacAddr) {
        if self.config.device_ap_sme {
            self.forget(station, LeftCause::Radio);
        }
    }

    pub(super) fn on_probe_request(&mut self, source: MacAddr, broadcast: bool, request: Elements<'_>, signal_dbm: i8) {
        if let Ok(Some(wsc)) = request.vendor(OUI_MICROSOFT, wsc::OUI_TYPE) {
            self.out.event(Event::ProbeRequest { source, signal_dbm, wsc: wsc.bytes().to_vec() });
        }
        if self.config.probe_response_offload || self.config.device_ap_sme {
            return;
        }
        if !asks_for_us(&self.config, self.stations.clients(), request) {
            self.dropped.not_for_us += 1;
            return;
        }
        // Who looks for any network at all is often gone by the time of the answer: no retransmissions for it.
        let wildcard = request.find(id::SSID).is_some_and(|ssid| ssid.body.is_empty());
        let frame = self.describe().probe_response(source);
        self.answer(frame, broadcast && wildcard);
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
            Some(Phase::Authenticated) => return self.on_authenticated(now, source),
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
        let again = matches!(station.phase, Phase::Responding | Phase::Unconfirmed);
        if again && station.request.as_ref() == Some(&request) {
            // Our answer was lost; the kernel has all that it needs.
            return self.respond(source, reassociation);
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

    pub(super) fn on_deauthentication(&mut self, source: MacAddr, reason: ReasonCode) {
        if self.stations.get(source).is_none() {
            self.dropped.unexpected += 1;
        }
        self.forget(source, LeftCause::Deauthenticated(reason));
    }

    pub(super) fn on_disassociation(&mut self, now: Duration, source: MacAddr, reason: ReasonCode) {
        if !self.stations.get(source).is_some_and(|station| station.holds_place()) {
            self.dropped.unexpected += 1;
            return;
        }
        self.forget(source, LeftCause::Disassociated(reason));
        // It is still authenticated, and may associate again.
        self.stations.entry(source).deadline = Some(now + ASSOCIATION_WAIT);
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
                self.respond(address, reassociation);
            }
            (Phase::Installing { token, reassociation }, Some(refused)) if token == of => {
                tracing::debug!(%refused, station = %address, "station refused");
                let request = station.request.take();
                let answer = Answer {
                    reassociation,
                    status: StatusCode::SUCCESS,
                    aid: 0,
                    qos: false,
                    wsc: request.as_ref().is_some_and(|request| !request.wsc.is_empty()),
                    p2p: request.is_some_and(|request| request.p2p.is_some()),
                };
                self.remove_from_radio(address, ReasonCode::UNSPECIFIED, true);
                self.stations.remove(address);
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
            (Phase::Responding | Phase::Unconfirmed, SendStatus::Acked | SendStatus::Unknown) => {
                self.confirm(now, address);
            }
            (Phase::Responding, SendStatus::NotAcked) => {
                station.phase = Phase::Unconfirmed;
                station.deadline = Some(now + CONFIRMATION_WAIT);
            }
            _ => {}
        }
    }

    pub(super) fn on_leave_sent(&mut self, address: MacAddr, of: Token) {
        let phase = self.stations.get(address).map(|station| station.phase);
        if phase == Some(Phase::Leaving { token: of }) {
            self.forget(address, LeftCause::Radio);
        }
    }

    /// Forgets a station, in the kernel too; says so where it was associated.
    pub(super) fn forget(&mut self, address: MacAddr, cause: LeftCause) {
        let Some(station) = self.stations.remove(address) else { return };
        let left_by_itself = self.config.device_ap_sme && cause == LeftCause::Radio;
        if station.installed != Installed::No && !left_by_itself {
            self.remove_from_radio(address, ReasonCode::UNSPECIFIED, true);
        }
        if station.is_associated() {
            let device = station.client().map(|client| client.device_address);
            self.out.event(Event::Left { station: address, device, cause });
        }
        if station.holds_place() {
            self.refresh_beacon();
        }
    }

    /// Forgets all stations, of which the radio need not be told one by one since it is stopped; with `farewell` they are.
    pub(super) fn forget_all(&mut self, cause: LeftCause, farewell: bool) {
        for address in self.stations.addresses() {
            let Some(station) = self.stations.remove(address) else { continue };
            if !station.holds_place() {
                continue;
            }
            if farewell && self.config.device_ap_sme {
                self.remove_from_radio(address, ReasonCode::LEAVING_NETWORK_DEAUTH, true);
            } else if farewell {
                // One by one, since what goes to a single station is repeated until it is acknowledged.
                self.farewell(address);
            }
            if station.is_associated() {
                let device = station.client().map(|client| client.device_address);
                self.out.event(Event::Left { station: address, device, cause });
            }
        }
        if farewell && !self.config.device_ap_sme {
            self.farewell(MacAddr::BROADCAST);
        }
    }

    /// Sends a frame that ends what a station has with us, and forgets the station once it is sent.
    pub(super) fn send_away(
        &mut self,
        now: Duration,
        address: MacAddr,
        reason: ReasonCode,
        deauthenticate: bool,
        cause: LeftCause,
    ) {
        let Some(station) = self.stations.get(address) else { return };
        if matches!(station.phase, Phase::Leaving { .. }) {
            return;
        }
        let (associated, held_place) = (station.is_associated(), station.holds_place());
        let device = station.client().map(|client| client.device_address);
        if self.config.device_ap_sme {
            self.remove_from_radio(address, reason, deauthenticate);
            self.stations.remove(address);
        } else {
            let own = self.config.address;
            let elements = Elements::default();
            let body = if deauthenticate {
                Body::Deauthentication { reason, elements }
            } else {
                Body::Disassociation { reason, elements }
            };
            let frame = Frame::new(address, own, own, body).to_vec();
            let token = self.transmit(frame, false, Pending::Leave(address));
            if let Some(station) = self.stations.get_mut(address) {
                station.phase = Phase::Leaving { token };
                station.deadline = Some(now + LEAVE_WAIT);
            }
        }
        if associated {
            self.out.event(Event::Left { station: address, device, cause });
        }
        if held_place {
            self.refresh_beacon();
        }
    }

    /// The station is associated, beyond doubt.
    fn confirm(&mut self, now: Duration, address: MacAddr) {
        let inactive_at = now.saturating_add(self.config.max_inactivity);
        let Some(station) = self.stations.get_mut(address) else { return };
        station.phase = Phase::Associated(Check::No);
        station.deadline = Some(inactive_at);
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
        station.phase = Phase::Authenticated;
        station.deadline = Some(now + ASSOCIATION_WAIT);
        self.answer_authentication(address, AuthenticationAlgorithm::OPEN_SYSTEM, 2, StatusCode::SUCCESS);
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

    fn respond(&mut self, address: MacAddr, reassociation: bool) {
        let Some(station) = self.stations.get_mut(address) else { return };
        station.phase = Phase::Responding;
        station.deadline = None;
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
        let own = self.config.address;
        let body = Body::Authentication { algorithm, transaction, status, elements: Elements::default() };
        self.answer(Frame::new(to, own, own, body).to_vec(), false);
    }

    fn answer_deauthentication(&mut self, to: MacAddr, reason: ReasonCode) {
        let own = self.config.address;
        let body = Body::Deauthentication { reason, elements: Elements::default() };
        self.answer(Frame::new(to, own, own, body).to_vec(), false);
    }

    fn remove_from_radio(&mut self, address: MacAddr, reason: ReasonCode, deauthenticate: bool) {
        let iface = self.config.iface;
        self.out.command(Command::RemoveStation { iface, address, reason: reason.0, deauthenticate });
    }
}

//! How stations leave, or are sent away.

use super::config::{Event, LeftCause};
use super::joining::ASSOCIATION_WAIT;
use super::machine::{Owner, Pending};
use super::stations::{Check, Installed, Phase};
use crate::Token;
use core::time::Duration;
use ieee80211_ies::frame::{Body, Frame, ReasonCode};
use ieee80211_ies::{Elements, MacAddr};
use radio::Command;

/// For how long a deauthentication may be under way before the station is forgotten all the same.
const LEAVE_WAIT: Duration = Duration::from_millis(500);

impl Owner {
    /// A data frame came from a station that the kernel does not have as associated: it is told so.
    pub fn unexpected_frame(&mut self, now: Duration, station: MacAddr) {
        if !self.is_running() || station.is_group() || self.config.device_ap_sme {
            return;
        }
        match self.stations.get_mut(station) {
            None => self.answer_deauthentication(station, ReasonCode::CLASS_2_FRAME_FROM_NONAUTHENTICATED),
            Some(entry) if matches!(entry.phase, Phase::Authenticated { .. }) => {
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

    /// A driver with its own SME no longer has a station.
    pub fn station_left(&mut self, _now: Duration, station: MacAddr) {
        if self.config.device_ap_sme {
            self.forget(station, LeftCause::Radio);
        }
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

    pub(super) fn on_leave_sent(&mut self, address: MacAddr, of: Token) {
        let phase = self.stations.get(address).map(|station| station.phase);
        if phase == Some(Phase::Leaving { token: of }) {
            self.forget(address, LeftCause::Radio);
        }
    }

    /// Forgets a station, in the kernel too; says so where the caller knows of it.
    pub(super) fn forget(&mut self, address: MacAddr, cause: LeftCause) {
        let Some(station) = self.stations.remove(address) else { return };
        let left_by_itself = self.config.device_ap_sme && cause == LeftCause::Radio;
        if station.installed != Installed::No && !left_by_itself {
            self.remove_from_radio(address, ReasonCode::UNSPECIFIED, true);
        }
        if station.announced {
            self.out.event(Event::Left { station: address, device: station.device(), cause });
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
            if station.announced {
                self.out.event(Event::Left { station: address, device: station.device(), cause });
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
        let (announced, held_place, device) = (station.announced, station.holds_place(), station.device());
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
                station.announced = false;
                station.deadline = Some(now + LEAVE_WAIT);
            }
        }
        if announced {
            self.out.event(Event::Left { station: address, device, cause });
        }
        if held_place {
            self.refresh_beacon();
        }
    }

    pub(super) fn answer_deauthentication(&mut self, to: MacAddr, reason: ReasonCode) {
        let own = self.config.address;
        let body = Body::Deauthentication { reason, elements: Elements::default() };
        self.answer(Frame::new(to, own, own, body).to_vec(), false);
    }

    pub(super) fn remove_from_radio(&mut self, address: MacAddr, reason: ReasonCode, deauthenticate: bool) {
        let iface = self.config.iface;
        self.out.command(Command::RemoveStation { iface, address, reason: reason.0, deauthenticate });
    }
}

//! Stations that are silent: asked after, probed, and sent away.

use super::config::LeftCause;
use super::machine::{Owner, Pending};
use super::stations::{Check, Phase};
use crate::errno;
use core::time::Duration;
use ieee80211_ies::MacAddr;
use ieee80211_ies::frame::ReasonCode;
use radio::{Command, Refused, Reply};

/// For how long the answer to a null frame may take. A sleeping station gets it at the latest after its listen interval,
/// for which the usual 10 beacon intervals are 1 s.
const PROBE_WAIT: Duration = Duration::from_secs(3);

impl Owner {
    /// The radio has sent a null frame to a station.
    pub fn station_probed(&mut self, now: Duration, station: MacAddr, acked: bool) {
        if self.check(station) != Some(Check::Probed) {
            return;
        }
        if acked {
            self.rest(now, station, self.config.max_inactivity);
        } else {
            self.send_away(now, station, ReasonCode::INACTIVITY, true, LeftCause::Inactive);
        }
    }

    /// The deadline of a station has come.
    pub(super) fn on_due(&mut self, now: Duration, address: MacAddr) {
        let Some(station) = self.stations.get_mut(address) else { return };
        station.deadline = None;
        match &mut station.phase {
            Phase::Associated(check @ Check::No) => {
                *check = Check::Asked;
                let query = Command::QueryStation { iface: self.config.iface, address };
                self.command(query, Pending::Query(address));
            }
            Phase::Associated(Check::Probed) => {
                self.send_away(now, address, ReasonCode::INACTIVITY, true, LeftCause::Inactive);
            }
            Phase::Associated(Check::Asked) => {}
            Phase::Unconfirmed { .. } => self.repeat_response(now, address),
            Phase::Responding { .. } => self.response_untold(now, address),
            Phase::Adding { .. } | Phase::Authenticated { .. } | Phase::Installing { .. } | Phase::Leaving { .. } => {
                self.forget(address, LeftCause::Inactive)
            }
        }
    }

    /// The radio has said when a station was last heard.
    pub(super) fn on_queried(&mut self, now: Duration, address: MacAddr, result: Result<Reply, Refused>) {
        if self.check(address) != Some(Check::Asked) {
            return;
        }
        let limit = self.config.max_inactivity;
        let inactive = match result {
            Ok(Reply::Station(info)) => info.inactive_ms.map(|ms| Duration::from_millis(ms.into())),
            Err(refused) if refused.errno == errno::ENOENT => return self.forget(address, LeftCause::Radio),
            Ok(_) | Err(_) => None,
        };
        match inactive {
            Some(inactive) if inactive < limit => self.rest(now, address, limit - inactive),
            _ if self.config.probe_client => {
                let probe = Command::ProbeStation { iface: self.config.iface, address };
                self.command(probe, Pending::Probe(address));
                if let Some(station) = self.stations.get_mut(address) {
                    station.phase = Phase::Associated(Check::Probed);
                    station.deadline = Some(now.saturating_add(PROBE_WAIT));
                }
            }
            Some(_) => self.send_away(now, address, ReasonCode::INACTIVITY, true, LeftCause::Inactive),
            // Neither knows the radio, nor can it find out: the station stays.
            None => self.rest(now, address, limit),
        }
    }

    /// The radio has not sent the null frame.
    pub(super) fn on_probe_refused(&mut self, now: Duration, address: MacAddr, refused: &Refused) {
        if self.check(address) != Some(Check::Probed) {
            return;
        }
        if refused.errno == errno::ENOENT {
            self.forget(address, LeftCause::Radio);
        } else {
            self.rest(now, address, self.config.max_inactivity);
        }
    }

    fn check(&self, address: MacAddr) -> Option<Check> {
        match self.stations.get(address)?.phase {
            Phase::Associated(check) => Some(check),
            _ => None,
        }
    }

    /// Leaves a station in peace for a while.
    fn rest(&mut self, now: Duration, address: MacAddr, time: Duration) {
        if let Some(station) = self.stations.get_mut(address) {
            station.phase = Phase::Associated(Check::No);
            station.deadline = Some(now.saturating_add(time));
        }
    }
}

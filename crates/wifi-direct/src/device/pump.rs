//! Carries what each machine says to the one it concerns, until none has anything left to say.

use super::{Device, Output};
use crate::airtime;
use crate::api::{Event, GroupId};
use crate::group;
use crate::route::Route;
use alloc::vec::Vec;
use core::time::Duration;
use ieee80211_ies::p2p::Status;
use p2p_core::Want;
use radio::{Command, CommandId};

/// How often a search that goes on is told of. It is made of many scans, each a fraction of a second long, and who types commands
/// meanwhile has to be able to read what else happens.
const SEARCH_TOLD_EVERY: Duration = Duration::from_secs(1);

impl Device {
    pub(super) fn pump(&mut self, now: Duration) {
        self.airtime.serve_groups(self.groups.values().filter_map(group::Group::frequency));
        while self.pump_discovery(now) | self.pump_airtime(now) | self.pump_groups(now) | self.pump_station(now) {}
    }

    fn pump_discovery(&mut self, now: Duration) -> bool {
        let mut moved = false;
        while let Some(output) = self.p2p.poll_output() {
            moved = true;
            match output {
                p2p_core::Output::Want(Want::ReportProbeRequests(on)) => {
                    if self.discovery.probe_requests != on {
                        self.discovery.probe_requests = on;
                        self.receive_frames();
                    }
                }
                p2p_core::Output::Want(want) => self.airtime.want(now, want),
                p2p_core::Output::Event(event) => self.p2p_event(now, event),
                p2p_core::Output::WakeClient { group, device } => {
                    match self.groups.get_mut(&GroupId(group)).and_then(group::Group::owner) {
                        Some(owner) => owner.wake(now, device),
                        None => self.p2p.client_woken(now, device, Status::UNABLE_TO_ACCOMMODATE.0),
                    }
                }
            }
        }
        if moved {
            self.airtime.settle(now, &mut self.ids);
        }
        moved
    }

    fn pump_airtime(&mut self, now: Duration) -> bool {
        let mut moved = false;
        while let Some(output) = self.airtime.poll_output() {
            moved = true;
            match output {
                airtime::Output::Command(id, command) => self.pass_on(id, command, Route::Airtime),
                airtime::Output::SearchStarted => {
                    self.search_began = now;
                    if self.search_told.is_none_or(|told| now.saturating_sub(told) >= SEARCH_TOLD_EVERY) {
                        self.search_told = Some(now);
                        self.event(Event::ScanStarted);
                    }
                }
                airtime::Output::SearchDone { aborted } => self.p2p.search_done(now, aborted, &mut *self.rng),
                airtime::Output::ScanRefused { discovery, refused } => {
                    self.event(Event::ScanFailed(refused.errno));
                    if discovery {
                        self.discovery_refused(now, &refused);
                    }
                }
                airtime::Output::StayRefused(refused) => self.discovery_refused(now, &refused),
                airtime::Output::UserScanStarted => {
                    self.user_scan.0 = now;
                    self.event(Event::ScanStarted);
                }
                airtime::Output::UserScanDone => {
                    let (began, frequencies) = self.user_scan.clone();
                    if !self.cut_short {
                        self.event(Event::Scanned { frequencies, took: now.saturating_sub(began) });
                    }
                    self.event(Event::ScanResults);
                }
                airtime::Output::ListenStarted => self.p2p.listen_started(now),
                airtime::Output::ListenEnded => self.p2p.listen_ended(now, &mut *self.rng),
                airtime::Output::Sent(token, status) if self.user_frames.is_ours(token) => {
                    self.user_frame_sent(token, Some(status));
                }
                airtime::Output::Sent(token, status) => self.p2p.sent(now, token, status),
                airtime::Output::SendFailed(token) if self.user_frames.is_ours(token) => {
                    self.user_frame_sent(token, None);
                }
                airtime::Output::SendFailed(token) => self.p2p.send_failed(now, token),
                airtime::Output::OwnerScanDone(airtime::Client::Station) => {
                    self.station.scan_done(now, &self.scan_results, &mut *self.rng);
                }
                airtime::Output::OwnerScanDone(airtime::Client::Group(id)) => {
                    if let Some(group) = self.groups.get_mut(&id) {
                        group.scan_done(now, &self.scan_results, &mut *self.rng);
                    }
                    self.group_search_done(now, id);
                }
            }
        }
        moved
    }

    fn pump_groups(&mut self, now: Duration) -> bool {
        let ids: Vec<GroupId> = self.groups.keys().copied().collect();
        let mut moved = false;
        for id in ids {
            while let Some(output) = self.groups.get_mut(&id).and_then(group::Group::poll_output) {
                moved = true;
                self.group_output(now, id, output);
            }
        }
        moved
    }

    pub(super) fn pass_on(&mut self, id: CommandId, command: Command, route: Route) {
        self.routes.insert(id, route, &command);
        self.outputs.push_back(Output::Command(id, command));
    }
}

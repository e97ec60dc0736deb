//! The station among the device's machines: its interface is the base one, its channel binds groups as a neighbour's does.

use super::Device;
use super::formation::wsc_device;
use super::groups::SWITCH_COUNT;
use super::neighbours::LEAST_COUNT;
use crate::airtime::{Client, OwnerScan};
use crate::api::{Error, Event, StationEvent, StationRequest, StationStatus};
use crate::group::{self, ClientGroup, ClientParameters, Group, Towards, wsc_probe_element};
use crate::plan;
use crate::route::Route;
use crate::station::{Choice, Output};
use alloc::vec::Vec;
use core::time::Duration;
use ieee80211_ies::MacAddr;
use mlme::client::{JoinConfig, Sme};
use radio::{Channel, Command, InterfaceId, InterfaceKind, Neighbour, Refused, Reply};

impl Device {
    /// The station as it is now.
    pub fn station(&self) -> StationStatus {
        self.station.view()
    }

    pub(super) fn station_request(&mut self, now: Duration, request: StationRequest) -> Result<(), Error> {
        if request == StationRequest::Query {
            let address = self.station.connected_to().ok_or(Error::Unavailable("the station is not connected"))?;
            self.command(Command::QueryStation { iface: InterfaceId::BASE, address }, Route::LinkQuery);
            return Ok(());
        }
        match request {
            StationRequest::Wps { method, bssid } => {
                let element = wsc_probe_element(&wsc_device(&self.config, self.p2p.settings()), &method);
                self.station.enroll(now, method, bssid, element);
            }
            request => self.station.request(now, request),
        }
        Ok(())
    }

    /// The radio has said how it hears the access point.
    pub(super) fn link_told(&mut self, result: Result<Reply, Refused>) {
        if let Ok(Reply::Station(info)) = result {
            self.station.told(info);
        }
        self.event(Event::Station(StationEvent::Queried));
    }

    pub(super) fn pump_station(&mut self, now: Duration) -> bool {
        let taken = self.groups.values().any(|g| g.iface() == InterfaceId::BASE);
        let theirs = self.neighbours.iter().any(|n| n.base) && !self.station.holds_interface();
        // Discovery has a second station only where the base interface is to be left to another program.
        let left = self.layout.discovery == Some(InterfaceKind::Station);
        let gone = self.stopping.is_some() || self.discovery.gone;
        self.station.set_blocked(now, taken || theirs || left || gone || self.formation.is_some());
        let mut moved = false;
        while let Some(output) = self.station.poll_output() {
            moved = true;
            self.station_output(now, output);
        }
        moved
    }

    fn station_output(&mut self, now: Duration, output: Output) {
        let iface = InterfaceId::BASE;
        match output {
            Output::Raise => {
                if self.base.kind != InterfaceKind::Station {
                    let kind = InterfaceKind::Station;
                    self.command(Command::SetInterfaceKind { iface, kind }, Route::Nobody("making the base a station"));
                }
                self.command(Command::SetInterfaceUp { iface, up: true }, Route::LinkUp);
            }
            Output::Scan(scan) | Output::Connection(group::Output::Scan(scan)) => self.scan_for_station(now, scan),
            Output::Connect(choice) => self.connect_station(now, choice),
            Output::Connection(group::Output::Command(token, command)) => {
                self.command(command, Route::Link(token));
            }
            Output::Connection(group::Output::Eapol(_, command)) => {
                self.command(command, Route::LinkEapol);
            }
            Output::Connection(group::Output::Tell(what, command)) => {
                self.command(command, Route::Nobody(what));
            }
            Output::Connection(group::Output::Hold(on)) => {
                self.airtime.hold(now, Client::Station, on, &mut self.ids);
            }
            // What concerns a group only.
            Output::Connection(_) => {}
            Output::ChannelChanged => self.adapt(now, SWITCH_COUNT),
            Output::Event(event) => self.event(Event::Station(event)),
        }
    }

    fn scan_for_station(&mut self, now: Duration, mut scan: radio::ScanRequest) {
        if scan.frequencies.is_empty() {
            scan.frequencies = plan::searched(&self.capabilities).map(|c| c.frequency).collect();
        }
        let scan = OwnerScan { client: Client::Station, iface: InterfaceId::BASE, scan };
        self.airtime.scan_for_owner(now, scan, &mut self.ids);
    }

    /// Connects the station, once the radio can be on that channel beside our groups.
    fn connect_station(&mut self, now: Duration, choice: Choice) {
        let frequency = choice.bss.frequency;
        if let Some(network) =
            choice.network.filter(|_| self.config.groups_before_station && self.lacks_room(frequency))
        {
            tracing::info!(frequency, "the station leaves the radio to a group");
            self.event(Event::Station(StationEvent::NoRoom { network }));
            return self.station.postpone(now);
        }
        if self.make_room(now, frequency) {
            tracing::info!(frequency, "the station waits for a group to make room");
            return self.station.postpone(now);
        }
        let network = choice.network;
        let parameters = ClientParameters {
            iface: InterfaceId::BASE,
            address: if self.discovery.iface == InterfaceId::BASE { self.discovery.address } else { self.base.address },
            join: JoinConfig {
                iface: InterfaceId::BASE,
                bssid: Some(choice.bss.bssid),
                ssid: choice.ssid,
                frequency,
                sme: if self.capabilities.authenticate { Sme::Userspace } else { Sme::Driver },
            },
            owner: MacAddr::ZERO,
            p2p_element: Vec::new(),
            wsc: wsc_device(&self.config, self.p2p.settings()),
            start: choice.start,
            key_pair: None,
            deadline: choice.deadline,
            head_start: Duration::ZERO,
            want_ip: false,
            reconnect: Duration::ZERO,
            towards: Towards::AccessPoint(choice.bss),
        };
        self.station.begin(now, network, ClientGroup::new(now, parameters), &mut *self.rng);
    }

    /// Whether all channels that the radio can be on are others than this one (MHz).
    fn lacks_room(&self, frequency: u32) -> bool {
        let mut used: Vec<u32> = self.in_use();
        used.retain(|other| *other != frequency);
        used.len() >= self.channel_limit() as usize
    }

    /// Groups that leave the radio no room for this channel (MHz) go there too, or end; whether there were any.
    fn make_room(&mut self, now: Duration, frequency: u32) -> bool {
        if !self.lacks_room(frequency) {
            return false;
        }
        let wanted = self.own_neighbour(frequency);
        let on_others =
            |g: &&Group| g.is_active() && !matches!(g.info().frequency, 0) && g.info().frequency != frequency;
        let groups: Vec<_> = self.groups.values().filter(on_others).map(|g| g.shared.id).collect();
        for id in &groups {
            self.give_way(now, *id, &[frequency], SWITCH_COUNT, &wanted);
        }
        !groups.is_empty()
    }

    /// The station's connection as another program's would be known.
    pub(super) fn own_neighbour(&self, frequency: u32) -> Neighbour {
        Neighbour { name: self.base.name.clone(), kind: InterfaceKind::Station, frequency, base: true }
    }

    /// The access point of the station's connection is about to move.
    pub(super) fn station_switches(&mut self, now: Duration, channel: Channel, count: u8) {
        if self.station.frequency().is_some() {
            self.station.moves_to(channel.frequency);
            self.adapt(now, count.clamp(LEAST_COUNT, SWITCH_COUNT));
        }
    }
}

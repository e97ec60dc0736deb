//! A group that we own: the access-point MLME, the WPS registrar with a session for each enrollee, the 4-way handshake
//! with each station, and the group key, carried together.

mod addresses;
mod group_keys;
mod handshake;
mod wps;

use super::{Credentials, Output};
use crate::api::{Cause, EapMethod, GroupEvent, GroupInfo, IpPool, Phase, StationPsk, StationView};
use addresses::Addresses;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;
use core::time::Duration;
use eapol::{Akm, Authenticator, AuthenticatorConfig};
use group_keys::GroupKeys;
use ieee80211_ies::MacAddr;
use ieee80211_ies::frame::{Frame, ReasonCode};
use ieee80211_ies::p2p::ClientInfoBuf;
use mlme::owner::{Associated, Event as MlmeEvent, Mode, Owner, OwnerConfig};
use p2p_core::Reception;
use radio::{Channel, Cipher, Command, InterfaceId, Key, KeyKind, Refused, Reply, Secret, SendStatus, StationInfo};
use rand_core::CryptoRng;
use wsc::registrar::{self, Registrar, Session, SessionInput};

/// Reason code: the owner ends the group or leaves (IEEE 802.11-2020 Table 9-49, code 3).
const LEAVING: u16 = 3;

/// What a group needs to be owned.
#[derive(Debug)]
pub(crate) struct OwnerParameters {
    pub(crate) iface: InterfaceId,
    pub(crate) address: MacAddr,
    /// Our P2P device address.
    pub(crate) device_address: MacAddr,
    pub(crate) mlme: OwnerConfig,
    pub(crate) wsc: wsc::Device,
    pub(crate) credentials: Credentials,
    /// Change the group key this often; zero never does.
    pub(crate) rekey: Duration,
    /// The Diffie-Hellman pair for the first enrollee.
    pub(crate) key_pair: Option<wsc::KeyPair>,
    /// Addresses to hand out in the handshake.
    pub(crate) ip_pool: Option<IpPool>,
    /// Whether each station is given a key of its own, and those that were.
    pub(crate) per_station_psk: bool,
    pub(crate) station_psks: Vec<StationPsk>,
    /// What [`AuthenticatorConfig::clear_beside_key`] asks of the radio.
    pub(crate) clear_beside_key: bool,
}

/// A station of ours.
#[derive(Debug)]
struct Station {
    device: Option<MacAddr>,
    /// What it said of itself as a P2P client.
    client: Option<ClientInfoBuf>,
    /// What the radio last said of it.
    radio: Option<StationInfo>,
    wsc: Option<Session>,
    /// EAP-WSC was proposed to it, and that was told.
    proposed: bool,
    handshake: Option<Authenticator>,
    authorized: bool,
    /// Which machine each EAPOL frame under way belongs to, in order.
    in_flight: VecDeque<Speaker>,
    /// When a station that is through with WSC is sent away at the latest.
    leave_by: Option<Duration>,
}

/// Which machine sent an EAPOL frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Speaker {
    Wsc,
    Handshake,
}

/// A group that we own.
#[derive(Debug)]
pub(crate) struct OwnerGroup {
    iface: InterfaceId,
    address: MacAddr,
    device_address: MacAddr,
    frequency: u32,
    credentials: Credentials,
    mlme: Owner,
    registrar: Registrar,
    stations: BTreeMap<MacAddr, Station>,
    /// What those said of themselves that were given the credential; at most [`MAX_CLIENTS`].
    enrollees: BTreeMap<MacAddr, wsc::Device>,
    keys: GroupKeys,
    rekey: Duration,
    rekey_at: Option<Duration>,
    key_pair: Option<wsc::KeyPair>,
    addresses: Option<Addresses>,
    per_station_psk: bool,
    station_psks: Vec<StationPsk>,
    clear_beside_key: bool,
    /// Where the group has to go, as it may not stay where it is: it begins anew there when the radio does not switch.
    must_go_to: Option<Channel>,
    /// The group is being formed: with one station, by one WPS exchange.
    forming: bool,
    /// That exchange has failed, and how; the group ends once the station has been told.
    formation_failed: Option<(Duration, Cause)>,
    /// The access point is on the air.
    running: bool,
    /// It was at some time.
    began: bool,
    stopping: bool,
    /// What the registrar had to tell before the access point ran: users are told of the access point first.
    early: Vec<GroupEvent>,
    outputs: VecDeque<Output>,
}

impl OwnerGroup {
    pub(crate) fn new(parameters: OwnerParameters, rng: &mut dyn CryptoRng) -> Self {
        let OwnerParameters { iface, address, device_address, mlme, wsc, credentials, rekey, key_pair, .. } =
            parameters;
        let OwnerParameters { ip_pool, per_station_psk, station_psks, clear_beside_key, .. } = parameters;
        Self {
            iface,
            address,
            device_address,
            frequency: mlme.channel.frequency,
            credentials,
            registrar: Registrar::new(wsc, false),
            mlme: Owner::new(mlme),
            stations: BTreeMap::new(),
            enrollees: BTreeMap::new(),
            keys: GroupKeys::new(rng),
            rekey,
            rekey_at: None,
            key_pair,
            addresses: ip_pool.map(Addresses::new),
            per_station_psk,
            station_psks,
            clear_beside_key,
            must_go_to: None,
            forming: false,
            formation_failed: None,
            running: false,
            began: false,
            stopping: false,
            early: Vec::new(),
            outputs: VecDeque::new(),
        }
    }

    pub(crate) fn start(&mut self, now: Duration) {
        self.show_registrar(now);
        self.mlme.start(now);
        self.drain_mlme(now, None);
    }

    /// Ends the group: all stations are told, the access point stops.
    pub(crate) fn stop(&mut self, now: Duration) {
        self.stopping = true;
        self.leave_air(now);
    }

    /// Takes the access point off the air, all stations are told; the group stays. Not before it has begun, unless the group is
    /// being formed and has its end set.
    pub(crate) fn stop_access_point(&mut self, now: Duration) -> bool {
        let stops = self.began || self.forming;
        if stops {
            self.outputs.push_back(Output::StationsChanged);
            self.leave_air(now);
        }
        stops
    }

    fn leave_air(&mut self, now: Duration) {
        for (address, station) in core::mem::take(&mut self.stations) {
            if station.authorized {
                self.outputs
                    .push_back(Output::Event(GroupEvent::StationDisconnected { address, device: station.device }));
            }
        }
        self.mlme.stop(now);
        if core::mem::take(&mut self.running) {
            self.outputs.push_back(Output::Event(GroupEvent::ApDisabled));
            let bssid = self.address;
            self.outputs.push_back(Output::Event(GroupEvent::Disconnected { bssid, reason: LEAVING, local: true }));
        }
        self.drain_mlme(now, None);
    }

    /// Whether the next enrollee would have to wait for a Diffie-Hellman pair to be made.
    pub(crate) fn lacks_key_pair(&self) -> bool {
        self.key_pair.is_none()
    }

    /// A pair for the next enrollee.
    pub(crate) fn provide_key_pair(&mut self, pair: Option<wsc::KeyPair>) {
        self.key_pair = pair;
    }

    /// Sends a station away.
    pub(crate) fn deauthenticate(&mut self, now: Duration, station: MacAddr, reason: u16) {
        self.mlme.deauthenticate(now, station, ReasonCode(reason));
        self.forget(station);
        self.drain_mlme(now, None);
    }

    /// Forgets the keys of its own that a station was given, by its device or interface address; whether there were any.
    pub(crate) fn forget_psks(&mut self, station: MacAddr, by_interface: bool) -> bool {
        let before = self.station_psks.len();
        self.station_psks.retain(|key| key.address != station || key.by_device == by_interface);
        self.station_psks.len() != before
    }

    /// The keys that single stations were given.
    pub(crate) fn station_psks(&self) -> &[StationPsk] {
        &self.station_psks
    }

    /// Ends the access point and begins anew on another channel, where the clients have to find it.
    pub(crate) fn begin_anew(&mut self, now: Duration, to: Channel) {
        if !self.running {
            return;
        }
        self.frequency = to.frequency;
        self.outputs.push_back(Output::Event(GroupEvent::Reformed));
        self.mlme.restart(now, to);
        self.drain_mlme(now, None);
    }

    /// Moves the group to another channel; `forced` when it cannot stay: it begins anew there if the radio does not switch.
    pub(crate) fn switch_channel(&mut self, now: Duration, to: Channel, count: u8, block: bool, forced: bool) {
        if forced {
            self.must_go_to = Some(to);
        }
        self.mlme.switch_channel(now, to, count, block);
        self.drain_mlme(now, None);
    }

    /// Has a client woken for somebody who wants to reach it; [`Output::Woken`] follows.
    pub(crate) fn wake(&mut self, now: Duration, device: MacAddr) {
        self.mlme.device_discoverability(now, device);
        self.drain_mlme(now, None);
    }

    /// Whether every station understands an extended channel switch announcement.
    pub(crate) fn all_take_extended_switch(&self) -> bool {
        self.mlme.all_take_extended_switch()
    }

    /// The interface address of the client with this device address.
    pub(crate) fn station_of(&self, device: MacAddr) -> Option<MacAddr> {
        self.stations.iter().find(|(_, s)| s.device == Some(device)).map(|(address, _)| *address)
    }

    /// Whether nobody is in the group.
    pub(crate) fn is_empty(&self) -> bool {
        self.stations.is_empty()
    }

    /// Tells stations and those who look whether the group is still being formed (Wi-Fi P2P v1.7 §4.1.4: Group Formation).
    pub(crate) fn set_forming(&mut self, now: Duration, forming: bool) {
        self.forming = forming;
        self.mlme.set_group_formation(forming);
        self.drain_mlme(now, None);
    }

    /// Its channel, MHz.
    pub(crate) fn frequency(&self) -> u32 {
        self.frequency
    }

    pub(crate) fn describe(&self, info: &mut GroupInfo) {
        info.ssid.clone_from(&self.credentials.ssid);
        info.frequency = self.frequency;
        info.on_air = self.running || !self.began;
        info.bssid = self.address;
        info.owner = self.device_address;
        info.passphrase.clone_from(&self.credentials.passphrase);
        info.psk = Some(Secret::new(self.credentials.psk.expose().to_vec()));
        let view = |(address, station): (&MacAddr, &Station)| {
            let rates = self.mlme.station_rates(*address);
            StationView {
                address: *address,
                device: station.device,
                authorized: station.authorized,
                aid: self.mlme.association_id(*address).unwrap_or(0),
                keyed: station.handshake.is_some(),
                rates: rates.map(|(rates, _)| rates.clone()),
                wmm: rates.is_some_and(|(_, wmm)| wmm),
                client: station.client.clone(),
                enrollee: self.enrollees.get(address).cloned(),
                radio: station.radio.clone(),
            }
        };
        info.stations = self.stations.iter().map(view).collect();
    }

    /// The addresses of the stations.
    pub(crate) fn stations(&self) -> Vec<MacAddr> {
        self.stations.keys().copied().collect()
    }

    /// What the radio says of a station.
    pub(crate) fn station_told(&mut self, station: MacAddr, info: StationInfo) {
        if let Some(station) = self.stations.get_mut(&station) {
            station.radio = Some(info);
        }
    }

    pub(crate) fn handle_frame(
        &mut self,
        now: Duration,
        frame: &Frame<'_>,
        reception: Reception,
        rng: &mut dyn CryptoRng,
    ) {
        self.mlme.handle_frame(now, frame, reception.frequency, reception.signal_dbm);
        self.drain_mlme(now, Some(rng));
    }

    pub(crate) fn handle_radio(&mut self, now: Duration, event: radio::Event, rng: &mut dyn CryptoRng) {
        use radio::Event;
        self.mlme.handle_event(now, &event);
        match event {
            Event::Eapol { source, pdu, encrypted, .. } => self.eapol(now, source, &pdu, encrypted),
            Event::InterfaceGone { .. } | Event::InterfaceUp { up: false, .. } => {
                self.outputs.push_back(Output::Ended(Phase::Running, Cause::InterfaceLost));
            }
            _ => {}
        }
        self.drain_mlme(now, Some(rng));
    }

    pub(crate) fn handle_done(
        &mut self,
        now: Duration,
        token: mlme::Token,
        result: Result<Reply, Refused>,
        rng: &mut dyn CryptoRng,
    ) {
        self.mlme.handle_done(now, token, result);
        self.drain_mlme(now, Some(rng));
    }

    pub(crate) fn handle_sent(
        &mut self,
        now: Duration,
        token: mlme::Token,
        status: SendStatus,
        rng: &mut dyn CryptoRng,
    ) {
        self.mlme.handle_sent(now, token, status);
        self.drain_mlme(now, Some(rng));
    }

    /// An EAPOL frame of ours has met its fate.
    pub(crate) fn eapol_sent(&mut self, now: Duration, peer: MacAddr, status: SendStatus) {
        let acked = status != SendStatus::NotAcked;
        let Some(station) = self.stations.get_mut(&peer) else { return };
        match station.in_flight.pop_front() {
            Some(Speaker::Wsc) => {
                if let Some(session) = &mut station.wsc {
                    session.handle_input(now, SessionInput::Sent { acked }, &mut self.registrar);
                }
            }
            Some(Speaker::Handshake) => {
                if let Some(handshake) = &mut station.handshake {
                    handshake.handle_input(now, eapol::Input::Sent { acked });
                }
            }
            None => {}
        }
        self.drain_station(now, peer);
    }

    fn eapol(&mut self, now: Duration, source: MacAddr, pdu: &[u8], encrypted: Option<bool>) {
        let Some(station) = self.stations.get_mut(&source) else {
            tracing::debug!(%source, "EAPOL from a station that is not associated");
            return;
        };
        match eapol::Pdu::parse(pdu).map(|p| p.kind) {
            Ok(eapol::PacketType::Key) => {
                if let Some(handshake) = &mut station.handshake {
                    handshake.handle_input(now, eapol::Input::Pdu { pdu, encrypted });
                }
            }
            Ok(_) => {
                if let Some(session) = &mut station.wsc {
                    session.handle_input(now, SessionInput::Pdu(pdu), &mut self.registrar);
                }
            }
            Err(malformed) => tracing::debug!(%source, %malformed, "EAPOL frame dropped"),
        }
        self.drain_station(now, source);
    }

    pub(crate) fn handle_timeout(&mut self, now: Duration, rng: &mut dyn CryptoRng) {
        if self.mlme.poll_timeout().is_some_and(|t| t <= now) {
            self.mlme.handle_timeout(now);
        }
        if self.registrar.poll_timeout().is_some_and(|t| t <= now) {
            self.tell_registrar(now, registrar::Input::Timeout);
        }
        if self.rekey_at.is_some_and(|t| t <= now) {
            self.change_group_key(now, rng);
        }
        if let Some((_, cause)) = self.formation_failed.take_if(|(t, _)| *t <= now) {
            return self.outputs.push_back(Output::Ended(Phase::Wsc, cause));
        }
        let addresses: Vec<MacAddr> = self.stations.keys().copied().collect();
        for address in addresses {
            let Some(station) = self.stations.get_mut(&address) else { continue };
            if let Some(session) = station.wsc.as_mut().filter(|s| s.poll_timeout().is_some_and(|t| t <= now)) {
                session.handle_input(now, SessionInput::Timeout, &mut self.registrar);
            }
            if let Some(auth) = station.handshake.as_mut().filter(|h| h.poll_timeout().is_some_and(|t| t <= now)) {
                auth.handle_input(now, eapol::Input::Timeout);
            }
            if station.leave_by.is_some_and(|t| t <= now) {
                self.deauthenticate(now, address, LEAVING);
            }
            self.drain_station(now, address);
        }
        self.use_next_group_key(now);
        self.drain_mlme(now, Some(rng));
    }

    pub(crate) fn poll_timeout(&self) -> Option<Duration> {
        let stations = self.stations.values().flat_map(|s| {
            let session = s.wsc.as_ref().and_then(Session::poll_timeout);
            let handshake = s.handshake.as_ref().and_then(Authenticator::poll_timeout);
            [session, handshake, s.leave_by]
        });
        let failed = self.formation_failed.as_ref().map(|(t, _)| *t);
        stations.chain([self.mlme.poll_timeout(), self.registrar.poll_timeout(), self.rekey_at, failed]).flatten().min()
    }

    pub(crate) fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Carries what the MLME says further. Without a generator (nothing was received) no association can be among it.
    fn drain_mlme(&mut self, now: Duration, mut rng: Option<&mut dyn CryptoRng>) {
        while let Some(output) = self.mlme.poll_output() {
            match output {
                mlme::Output::Command(token, command) => self.outputs.push_back(Output::Command(token, command)),
                mlme::Output::Event(event) => self.mlme_event(now, event, &mut rng),
            }
        }
    }

    fn mlme_event(&mut self, now: Duration, event: MlmeEvent, rng: &mut Option<&mut dyn CryptoRng>) {
        match event {
            MlmeEvent::Started => {
                (self.running, self.began) = (true, true);
                self.install_group_key();
                self.rekey_at = (!self.rekey.is_zero()).then_some(now + self.rekey);
                self.outputs.push_back(Output::Event(GroupEvent::ApEnabled));
                self.outputs.push_back(Output::Event(GroupEvent::Connected { bssid: self.address }));
                self.outputs.extend(self.early.drain(..).map(Output::Event));
                self.outputs.push_back(Output::Started);
            }
            MlmeEvent::StartFailed(refused) => {
                let cause = Cause::Radio { what: "to start the access point", refused };
                self.outputs.push_back(Output::Ended(Phase::Interface, cause));
            }
            MlmeEvent::ProbeRequest { source, wsc, p2p_wildcard, .. } => {
                self.tell_registrar(now, registrar::Input::ProbeRequest { source, wsc: &wsc, p2p_wildcard });
            }
            MlmeEvent::ProbeRequestAnswered { source, signal_dbm } => {
                self.outputs.push_back(Output::Event(GroupEvent::ProbeRequest { source, signal_dbm }));
            }
            MlmeEvent::Associated(association) => {
                if let Some(rng) = rng {
                    self.associated(now, *association, &mut **rng);
                }
            }
            MlmeEvent::Left { station, .. } => self.forget(station),
            MlmeEvent::ChannelSwitchBegun(channel) => {
                self.outputs.push_back(Output::Event(GroupEvent::ChannelSwitchStarted { channel }));
            }
            MlmeEvent::ChannelSwitched(channel) => {
                self.must_go_to = None;
                self.frequency = channel.frequency;
                self.outputs.push_back(Output::Event(GroupEvent::ChannelSwitched { channel }));
                self.outputs.push_back(Output::StationsChanged);
            }
            MlmeEvent::ChannelSwitchFailed(refused) => {
                tracing::info!(%refused, "the radio does not switch the group's channel");
                if let Some(to) = self.must_go_to.take() {
                    self.begin_anew(now, to);
                }
            }
            MlmeEvent::Stopped if self.stopping => self.outputs.push_back(Output::Stopped),
            MlmeEvent::Stopped if self.running => {
                self.outputs.push_back(Output::Ended(Phase::Running, Cause::InterfaceLost));
            }
            MlmeEvent::Discoverability { device, status } => self.outputs.push_back(Output::Woken(device, status.0)),
            MlmeEvent::Stopped => {}
        }
    }

    /// A station has associated: either it wants the credential, or it has it.
    fn associated(&mut self, now: Duration, association: Associated, rng: &mut dyn CryptoRng) {
        let address = association.station;
        // What was with this station before is over; a new association means new keys.
        self.forget(address);
        let mut station = Station {
            device: association.p2p.as_ref().map(|p| p.device_address),
            client: association.p2p.clone(),
            radio: None,
            wsc: None,
            proposed: false,
            handshake: None,
            authorized: false,
            in_flight: VecDeque::new(),
            leave_by: None,
        };
        match association.mode {
            Mode::Wsc => {
                let key_pair = self.key_pair.take().unwrap_or_else(|| wsc::KeyPair::generate(rng));
                let credential = self.credential_for(address, station.device, rng);
                let of = registrar::Station { address, p2p_device_address: station.device, credential };
                let mut session = Session::new(of, key_pair, rng);
                session.handle_input(now, SessionInput::Start, &mut self.registrar);
                station.wsc = Some(session);
                self.outputs.push_back(Output::Event(GroupEvent::EapStarted(Some(address))));
                self.outputs.push_back(proposed(address, EapMethod::Identity));
            }
            Mode::Rsn { element } => {
                let config = AuthenticatorConfig {
                    authenticator: self.address,
                    supplicant: address,
                    psks: self.psks_of(address, station.device),
                    akm: Akm::Psk,
                    rsn_element: self.mlme.rsn_element(),
                    station_rsn_element: element,
                    group: self.keys.in_use().clone(),
                    ip: self.addresses.as_mut().and_then(|addresses| addresses.give(address)),
                    clear_beside_key: self.clear_beside_key,
                };
                let mut handshake = Authenticator::new(config, rng);
                handshake.handle_input(now, eapol::Input::Start);
                station.handshake = Some(handshake);
            }
        }
        self.stations.insert(address, station);
        self.drain_station(now, address);
        self.outputs.push_back(Output::StationsChanged);
    }

    /// Carries further what WSC and the handshake with one station say.
    fn drain_station(&mut self, now: Duration, address: MacAddr) {
        if let Some(station) = self.stations.get_mut(&address)
            && !station.proposed
            && station.wsc.as_ref().is_some_and(Session::is_registering)
        {
            station.proposed = true;
            self.outputs.push_back(proposed(address, EapMethod::Wsc));
        }
        while let Some(output) = self.stations.get_mut(&address).and_then(|s| s.wsc.as_mut()?.poll_output()) {
            match output {
                registrar::Output::Send(pdu) => self.send_eapol(address, Speaker::Wsc, pdu, false),
                registrar::Output::Event(event) => self.wsc_event(now, address, event),
            }
        }
        while let Some(output) = self.stations.get_mut(&address).and_then(|s| s.handshake.as_mut()?.poll_output()) {
            match output {
                eapol::Output::Send { pdu, encrypt } => self.send_eapol(address, Speaker::Handshake, pdu, encrypt),
                eapol::Output::InstallPairwise { tk } => {
                    let key = Key {
                        kind: KeyKind::Pairwise(address),
                        index: 0,
                        cipher: Cipher::Ccmp128,
                        material: Secret::new(tk.expose().to_vec()),
                        receive_sequence: [0; 6],
                    };
                    self.tell("installing a pairwise key", Command::InstallKey { iface: self.iface, key });
                }
                eapol::Output::InstallGroup { .. } => {}
                eapol::Output::Event(event) => self.handshake_event(now, address, event),
            }
        }
    }

    fn send_eapol(&mut self, destination: MacAddr, speaker: Speaker, pdu: Vec<u8>, encrypt: bool) {
        if let Some(station) = self.stations.get_mut(&destination) {
            station.in_flight.push_back(speaker);
        }
        let command = Command::SendEapol { iface: self.iface, destination, pdu, encrypt };
        self.outputs.push_back(Output::Eapol(destination, command));
    }

    fn tell(&mut self, what: &'static str, command: Command) {
        self.outputs.push_back(Output::Tell(what, command));
    }

    fn forget(&mut self, address: MacAddr) {
        let Some(station) = self.stations.remove(&address) else { return };
        self.keys.settled(address);
        if station.authorized {
            let event = GroupEvent::StationDisconnected { address, device: station.device };
            self.outputs.push_back(Output::Event(event));
        }
        self.outputs.push_back(Output::StationsChanged);
    }
}

/// Tells users that an EAP method was proposed to a station.
fn proposed(station: MacAddr, method: EapMethod) -> Output {
    Output::Event(GroupEvent::EapMethodProposed { station: Some(station), method })
}

//! The owner against a radio that keeps stations as the kernel does, and stations that write frames as Linux does.

mod group;
mod hostile;
mod joining;
mod leaving;

use super::*;
use crate::{Output, Token, errno};
use core::time::Duration;
use ieee80211_ies::frame::{
    Action, AuthenticationAlgorithm, Body, Frame, FrameControl, P2pSubtype, ReasonCode, StatusCode,
};
use ieee80211_ies::p2p::{DeviceInfoBuf, DeviceName};
use ieee80211_ies::wsc::{ConfigMethods, DeviceType};
use ieee80211_ies::{Elements, MacAddr};
use radio::{
    Band, Beacon, Capabilities, Channel, ChannelInfo, Command, InterfaceId, Refused, Reply, SendStatus, StationInfo,
    StationParameters, Width,
};
use std::collections::{BTreeMap, VecDeque};
use std::string::String;
use std::vec;
use std::vec::Vec;

pub(super) const IFACE: InterfaceId = InterfaceId(4);
pub(super) const OWN: MacAddr = MacAddr([2, 0, 0, 0, 0, 0]);
pub(super) const SSID: &[u8] = b"DIRECT-GF";
pub(super) const RSN: &[u8] =
    b"\x30\x14\x01\x00\x00\x0f\xac\x04\x01\x00\x00\x0f\xac\x04\x01\x00\x00\x0f\xac\x02\x00\x00";
pub(super) const WSC: &[u8] = b"\xdd\x0e\x00\x50\xf2\x04\x10\x4a\x00\x01\x10\x10\x3a\x00\x01\x01";

pub(super) const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

pub(super) const fn station(n: u8) -> MacAddr {
    MacAddr([2, 0, 0, 0, 1, n])
}

/// The device address of the client behind [`station`].
pub(super) const fn device(n: u8) -> MacAddr {
    MacAddr([2, 0, 0, 0, 2, n])
}

/// mac80211_hwsim as its wiphy describes itself, less the bits that do not matter.
pub(super) fn capabilities() -> Capabilities {
    let channel = |frequency| ChannelInfo {
        frequency,
        disabled: false,
        no_ir: false,
        radar: false,
        no_ht40_plus: false,
        no_ht40_minus: false,
        no_80mhz: false,
        max_power_dbm: 20,
    };
    let mut mcs = [0; 16];
    mcs[..2].copy_from_slice(&[0xff, 0xff]);
    mcs[12] = 1;
    let band = |frequencies: &[u32]| Band {
        channels: frequencies.iter().copied().map(channel).collect(),
        rates: vec![60, 90, 120, 180, 240, 360, 480, 540],
        ht_capabilities: Some(0x107e),
        ht_ampdu: 0x1b,
        ht_mcs: mcs,
        vht_capabilities: None,
        vht_mcs: [0; 8],
    };
    let vht = Band {
        vht_capabilities: Some(0x0380_04fa),
        vht_mcs: [0xfa, 0xff, 0, 0, 0xfa, 0xff, 0, 0],
        ..band(&[5180, 5200, 5220, 5240, 5745, 5765])
    };
    Capabilities {
        bands: vec![band(&[2412, 2437, 2462]), vht],
        full_ap_client_state: true,
        probe_client: true,
        ap_uapsd: true,
        ..Capabilities::default()
    }
}

pub(super) fn config(channel: Channel) -> OwnerConfig {
    let device = DeviceInfoBuf {
        address: OWN,
        config_methods: ConfigMethods(0x0188),
        primary: DeviceType::wfa(1, 1),
        secondary: Vec::new(),
        name: DeviceName::new(b"Device 0").unwrap(),
    };
    OwnerConfig {
        group_capability: 0x2b,
        device_capability: 0x25,
        ..OwnerConfig::new(IFACE, OWN, device, SSID.to_vec(), channel, &capabilities())
    }
}

/// What a command or an event was, short enough to be compared.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Said {
    Add(MacAddr),
    /// With its association id.
    AddAssociated(MacAddr, u16),
    SetAssociated(MacAddr, u16),
    Remove(MacAddr),
    Authorize(MacAddr),
    Query(MacAddr),
    Probe(MacAddr),
    StartAp,
    StopAp,
    UpdateBeacon,
    Switch,
    Authentication(MacAddr, u16),
    /// Status and association id.
    Association(MacAddr, u16, u16),
    Deauthentication(MacAddr, u16),
    Disassociation(MacAddr, u16),
    ProbeResponse(MacAddr),
    Action(MacAddr, P2pSubtype),
    Event(Event),
}

/// What the radio does with a frame that it sends.
pub(super) type Fate = fn(MacAddr) -> Option<SendStatus>;

pub(super) struct World {
    pub(super) owner: Owner,
    pub(super) now: Duration,
    /// The kernel's stations, and whether each is associated.
    pub(super) kernel: BTreeMap<MacAddr, bool>,
    /// What the kernel has refused, against its rules.
    pub(super) mistakes: Vec<String>,
    /// Errors for the next commands of a kind.
    pub(super) refuse_add: VecDeque<i32>,
    pub(super) fate: Fate,
    /// Frames whose fate is still open.
    pub(super) in_flight: Vec<Token>,
    /// What was sent last: elements of beacons, bytes of frames.
    pub(super) frames: Vec<Vec<u8>>,
    pub(super) parameters: Vec<StationParameters>,
    pub(super) beacon: Beacon,
    pub(super) inactive_ms: Option<u32>,
    sequence: u16,
}

pub(super) fn acked(_: MacAddr) -> Option<SendStatus> {
    Some(SendStatus::Acked)
}

pub(super) fn not_acked(_: MacAddr) -> Option<SendStatus> {
    Some(SendStatus::NotAcked)
}

pub(super) fn undecided(_: MacAddr) -> Option<SendStatus> {
    None
}

impl World {
    pub(super) fn new(config: OwnerConfig) -> Self {
        Self {
            owner: Owner::new(config),
            now: ms(1000),
            kernel: BTreeMap::new(),
            mistakes: Vec::new(),
            refuse_add: VecDeque::new(),
            fate: acked,
            in_flight: Vec::new(),
            frames: Vec::new(),
            parameters: Vec::new(),
            beacon: Beacon::default(),
            inactive_ms: Some(0),
            sequence: 0,
        }
    }

    /// A group on channel 6 that is on the air, with a registrar.
    pub(super) fn started() -> Self {
        Self::started_with(config(Channel::ht20(2437)))
    }

    pub(super) fn started_with(config: OwnerConfig) -> Self {
        let mut world = Self::new(config);
        world.owner.set_wsc(WSC.to_vec(), WSC.to_vec(), WSC.to_vec());
        world.owner.start(world.now);
        assert_eq!(world.said(), [Said::StartAp, Said::Event(Event::Started)]);
        world
    }

    /// Drains the owner; each command is carried out at once, and each frame meets its fate.
    pub(super) fn said(&mut self) -> Vec<Said> {
        let mut said = Vec::new();
        while let Some(output) = self.owner.poll_output() {
            match output {
                Output::Event(event) => said.push(Said::Event(event)),
                Output::Command(token, command) => {
                    assert_eq!(command.interface(), Some(IFACE));
                    let result = self.carry_out(token, command, &mut said);
                    let accepted = result.is_ok();
                    self.owner.handle_done(self.now, token, result);
                    if accepted && let Some(at) = self.in_flight.iter().position(|open| *open == token) {
                        let to = Frame::parse(self.frames.last().unwrap()).unwrap().header.destination;
                        if let Some(status) = (self.fate)(to) {
                            self.in_flight.remove(at);
                            self.owner.handle_sent(self.now, token, status);
                        }
                    }
                }
            }
        }
        assert_eq!(self.mistakes, Vec::<String>::new());
        said
    }

    /// The fate of the frame that has waited longest for it.
    pub(super) fn sent(&mut self, status: SendStatus) {
        let token = self.in_flight.remove(0);
        self.owner.handle_sent(self.now, token, status);
    }

    fn carry_out(&mut self, token: Token, command: Command, said: &mut Vec<Said>) -> Result<Reply, Refused> {
        match command {
            Command::AddStation { station, .. } => {
                let StationParameters { address, flags, rates } = &station;
                assert!(flags.authenticated && !flags.authorized);
                assert_eq!(flags.associated, rates.is_some());
                said.push(match rates {
                    Some(rates) => Said::AddAssociated(*address, rates.aid),
                    None => Said::Add(*address),
                });
                if let Some(errno) = self.refuse_add.pop_front() {
                    return Err(refused(errno));
                }
                if self.kernel.contains_key(address) {
                    self.mistakes.push(std::format!("{address} is there"));
                    return Err(refused(errno::EEXIST));
                }
                self.kernel.insert(*address, rates.is_some());
                self.parameters.push(station);
            }
            Command::SetStation { station, .. } => {
                let rates = station.rates.as_ref().expect("rates");
                said.push(Said::SetAssociated(station.address, rates.aid));
                // cfg80211_check_station_change: no rates for a station that is associated.
                if self.kernel.insert(station.address, true) != Some(false) {
                    self.mistakes.push(std::format!("{} is not to be changed", station.address));
                }
                self.parameters.push(station);
            }
            Command::RemoveStation { address, .. } => {
                said.push(Said::Remove(address));
                self.kernel.remove(&address).ok_or_else(|| refused(errno::ENOENT))?;
            }
            Command::SetAuthorized { address, authorized, .. } => {
                assert!(authorized);
                assert_eq!(self.kernel.get(&address), Some(&true));
                said.push(Said::Authorize(address));
            }
            Command::QueryStation { address, .. } => {
                said.push(Said::Query(address));
                self.kernel.get(&address).ok_or_else(|| refused(errno::ENOENT))?;
                let info = StationInfo { inactive_ms: self.inactive_ms, ..StationInfo::default() };
                return Ok(Reply::Station(info));
            }
            Command::ProbeStation { address, .. } => said.push(Said::Probe(address)),
            Command::StartAp { ap, .. } => {
                assert_eq!(ap.basic_rates, [12, 24, 48]);
                self.beacon = ap.beacon;
                said.push(Said::StartAp);
            }
            Command::UpdateBeacon { beacon, .. } => {
                assert_ne!(beacon, self.beacon);
                self.beacon = beacon;
                said.push(Said::UpdateBeacon);
            }
            Command::StopAp { .. } => {
                self.kernel.clear();
                said.push(Said::StopAp);
            }
            Command::SwitchChannel { switch, .. } => {
                self.beacon = switch.during;
                self.frames.push(self.beacon.tail.clone());
                self.frames.push(switch.after.tail);
                said.push(Said::Switch);
            }
            Command::Transmit { transmission, .. } => {
                assert_eq!((transmission.frequency, transmission.wait_ms), (None, 0));
                let frame = Frame::parse(&transmission.frame).unwrap();
                assert_eq!((frame.header.source, frame.header.bssid), (OWN, OWN));
                let to = frame.header.destination;
                said.push(match frame.body {
                    Body::Authentication { status, transaction, .. } => {
                        assert!(transaction != 1 || status == StatusCode::TRANSACTION_SEQUENCE_ERROR);
                        Said::Authentication(to, status.0)
                    }
                    Body::AssociationResponse { status, aid, .. } | Body::ReassociationResponse { status, aid, .. } => {
                        Said::Association(to, status.0, aid)
                    }
                    Body::Deauthentication { reason, .. } => Said::Deauthentication(to, reason.0),
                    Body::Disassociation { reason, .. } => Said::Disassociation(to, reason.0),
                    Body::ProbeResponse { .. } => Said::ProbeResponse(to),
                    Body::Action(Action::P2p { subtype, .. }) => Said::Action(to, subtype),
                    other => panic!("{other:?}"),
                });
                self.frames.push(transmission.frame);
                self.in_flight.push(token);
            }
            Command::ReceiveFrames { .. } | Command::ForbidCck { .. } => {}
            other => panic!("{other:?}"),
        }
        Ok(Reply::Ok)
    }

    /// A frame from a station to the owner, as it is received for the first time.
    pub(super) fn frame(&mut self, from: MacAddr, body: Body<'_>) {
        self.sequence += 1;
        let mut frame = Frame::new(OWN, from, OWN, body);
        frame.header.sequence = self.sequence << 4;
        self.receive(&frame);
    }

    pub(super) fn receive(&mut self, frame: &Frame<'_>) {
        let bytes = frame.to_vec();
        self.owner.handle_frame(self.now, &Frame::parse(&bytes).unwrap(), 2437, -40);
    }

    /// The same frame again, as its sender repeats it when it hears no acknowledgement.
    pub(super) fn frame_again(&mut self, from: MacAddr, body: Body<'_>) {
        let mut frame = Frame::new(OWN, from, OWN, body);
        frame.header.sequence = self.sequence << 4;
        frame.header.frame_control = FrameControl(frame.header.frame_control.0 | FrameControl::RETRY);
        self.receive(&frame);
    }

    /// A whole association; what came out of it.
    pub(super) fn associate(&mut self, from: MacAddr, elements: &[u8]) -> Vec<Said> {
        self.frame(from, OPEN);
        let mut said = self.said();
        self.frame(from, association(elements));
        said.extend(self.said());
        said
    }

    pub(super) fn events(&mut self) -> Vec<Event> {
        self.said()
            .into_iter()
            .filter_map(|said| match said {
                Said::Event(event) => Some(event),
                _ => None,
            })
            .collect()
    }

    /// Lets the next timer run out; says after how long.
    pub(super) fn wait(&mut self) -> Duration {
        let at = self.owner.poll_timeout().expect("a timer");
        let waited = at.saturating_sub(self.now);
        self.now = at;
        self.owner.handle_timeout(at);
        waited
    }

    pub(super) fn last_frame(&self) -> Frame<'_> {
        Frame::parse(self.frames.last().unwrap()).unwrap()
    }
}

pub(super) fn refused(errno: i32) -> Refused {
    Refused { errno, text: String::from("refused") }
}

pub(super) const OPEN: Body<'static> = Body::Authentication {
    algorithm: AuthenticationAlgorithm::OPEN_SYSTEM,
    transaction: 1,
    status: StatusCode::SUCCESS,
    elements: Elements::new(&[]),
};

pub(super) fn association(elements: &[u8]) -> Body<'_> {
    Body::AssociationRequest { capability: 0x0001, listen_interval: 5, elements: Elements::new(elements) }
}

/// What Linux puts first into each association request: SSID, rates, HT capabilities, WMM.
pub(super) fn common() -> Vec<u8> {
    let mut elements = vec![0, SSID.len() as u8];
    elements.extend_from_slice(SSID);
    elements.extend_from_slice(b"\x01\x08\x0c\x12\x18\x24\x30\x48\x60\x6c");
    elements.extend_from_slice(b"\x2d\x1a\x7e\x10\x1b\xff\xff\0\0\0\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\0\0\0");
    elements.extend_from_slice(b"\xdd\x07\x00\x50\xf2\x02\x00\x01\x00");
    elements
}

/// The P2P element of a client: capability and device info.
pub(super) fn p2p_element(n: u8) -> Vec<u8> {
    let mut out = Vec::new();
    let info = DeviceInfoBuf {
        address: device(n),
        config_methods: ConfigMethods(0x0188),
        primary: DeviceType::wfa(10, 5),
        secondary: vec![DeviceType::wfa(8, 2)],
        name: DeviceName::new(b"Telephone").unwrap(),
    };
    let capability = ieee80211_ies::p2p::Capability { device: 0x27, group: 0 };
    let attributes =
        [ieee80211_ies::p2p::Attribute::Capability(capability), ieee80211_ies::p2p::Attribute::DeviceInfo(info)];
    ieee80211_ies::p2p::emit(&attributes, &mut out);
    out
}

pub(super) fn wsc_request(n: u8) -> Vec<u8> {
    [common(), WSC.to_vec(), p2p_element(n)].concat()
}

pub(super) fn rsn_request(n: u8) -> Vec<u8> {
    [common(), RSN.to_vec(), p2p_element(n)].concat()
}

/// The event that an association of client `n` is told with.
pub(super) fn associated(n: u8, mode: Mode) -> Said {
    let wsc = if mode == Mode::Wsc { WSC[6..].to_vec() } else { Vec::new() };
    let p2p = ieee80211_ies::p2p::ClientInfoBuf {
        device_address: device(n),
        interface_address: station(n),
        device_capability: 0x27,
        config_methods: ConfigMethods(0x0188),
        primary: DeviceType::wfa(10, 5),
        secondary: vec![DeviceType::wfa(8, 2)],
        name: DeviceName::new(b"Telephone").unwrap(),
    };
    let associated = Associated { station: station(n), mode, p2p: Some(p2p), wsc };
    Said::Event(Event::Associated(std::boxed::Box::new(associated)))
}

pub(super) fn rsn_mode() -> Mode {
    Mode::Rsn { element: RSN.to_vec() }
}

pub(super) fn left(n: u8, cause: LeftCause) -> Said {
    Said::Event(Event::Left { station: station(n), device: Some(device(n)), cause })
}

/// A channel of 80 MHz.
pub(super) const WIDE: Channel = Channel { frequency: 5200, width: Width::Mhz80, centre: 5210 };

/// Removes an element from a series.
pub(super) fn without(id: u8, elements: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for element in Elements::new(elements).iter().filter(|element| element.id != id) {
        ieee80211_ies::emit_element(element.id, element.body, &mut out);
    }
    out
}

/// All of the frame's elements.
pub(super) fn elements_of(frame: &[u8]) -> Elements<'_> {
    Frame::parse(frame).unwrap().body.elements()
}

pub(super) fn reason(code: u16) -> ReasonCode {
    ReasonCode(code)
}

/// Octets from hexadecimal digits.
pub(super) fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.chars().filter_map(|c| c.to_digit(16)).map(|digit| digit as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

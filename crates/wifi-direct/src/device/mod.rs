//! The device: one radio's life. It carries what the machines say from one to the other and owns their ids.
//!
//! A frame comes in as [`radio::Event::Received`] (see [`inputs`]), is parsed once, and goes to the one machine that it
//! concerns: discovery ([`p2p_core::P2p`]) or a group. After every input [`Device::pump`] carries on until no machine
//! has anything left to say; what is left over is drained by [`Device::poll_output`].

mod formation;
mod groups;
mod inputs;
mod neighbours;
mod pump;
mod records;
mod requests;
mod research;
mod sharing;
mod station;

use crate::airtime::Airtime;
use crate::api::{Config, Connect, DeviceAddress, Event, GroupId, GroupInfo, GroupRecord, PeerView, Role};
use crate::group::Group;
use crate::names;
use crate::plan::{self, Layout};
use crate::route::{CommandIds, Route, Routes};
use crate::station::Station;
use alloc::boxed::Box;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;
use formation::{Addition, Formation, Target};
use ieee80211_ies::MacAddr;
use p2p_core::P2p;
use radio::{Bss, Capabilities, Command, CommandId, FrameKind, InterfaceId, InterfaceKind, Neighbour};
use rand_core::CryptoRng;

/// P2P public action frames: category 4, vendor specific, 50:6F:9A type 9 (Wi-Fi P2P v1.7 §4.2.8.1).
const P2P_PUBLIC_ACTION: &[u8] = &[0x04, 0x09, 0x50, 0x6f, 0x9a, 0x09];
/// P2P action frames: category 127, 50:6F:9A type 9 (§4.2.9.1).
const P2P_ACTION: &[u8] = &[0x7f, 0x50, 0x6f, 0x9a, 0x09];

/// From the begin or the end of a group until the next one's keys are made, which takes tens of millions of instructions: a
/// new owner's first client is about to begin its handshake.
const PREPARE_DELAY: Duration = Duration::from_secs(2);

/// The interface that the radio was opened on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BaseInterface {
    /// Its name (`wlan0`).
    pub name: String,
    /// Its address.
    pub address: MacAddr,
    /// What it is now.
    pub kind: InterfaceKind,
    /// Whether it is up.
    pub up: bool,
}

/// What the device wants done or says.
#[derive(Clone, Debug)]
pub enum Output {
    /// To the radio.
    Command(CommandId, Command),
    /// To the user.
    Event(Event),
}

/// Where discovery happens.
#[derive(Debug)]
struct Discovery {
    iface: InterfaceId,
    address: MacAddr,
    /// The address that the interface had before we gave it another one.
    given_back: Option<MacAddr>,
    /// Set once the interface is there and frames are delivered.
    ready: bool,
    /// Why there is none.
    failed: Option<radio::Refused>,
    /// Whether probe requests are delivered.
    probe_requests: bool,
    /// The interface was found to be down: whatever needs it next raises it first.
    down: bool,
    /// The interface, the base interface or the radio is gone, and the user was told.
    gone: bool,
}

/// A Wi-Fi Direct device on one radio.
pub struct Device {
    config: Config,
    capabilities: Capabilities,
    base: BaseInterface,
    layout: Layout,
    /// What others have brought onto a channel.
    neighbours: Vec<Neighbour>,
    /// Of the neighbour that is taken to be where it has announced to go.
    announced: Option<neighbours::Announced>,
    /// The channels (MHz) beside which there was no other when discovery was told.
    told_bound: Option<Vec<u32>>,
    station: Station,
    /// The station's connection as a neighbour of our groups.
    own_connection: Option<Neighbour>,
    discovery: Discovery,
    listen: (u8, u8),
    p2p: P2p,
    airtime: Airtime,
    ids: CommandIds,
    routes: Routes,
    formation: Option<Formation>,
    /// A connection that waits until the one interface is given back.
    waiting: Option<requests::Waiting>,
    /// The user agrees to be invited into a running group, and joins it like this.
    agreed_join: Option<Connect>,
    /// The group that the last invitation into a running one was for.
    invited_to: Option<Target>,
    /// Groups without negotiation whose interface is being made.
    additions: BTreeMap<GroupId, Addition>,
    groups: BTreeMap<GroupId, Group>,
    next_group: u32,
    next_iface: u32,
    next_group_name: u32,
    records: Vec<GroupRecord>,
    scan_results: Vec<Bss>,
    search_began: Duration,
    /// When the user's last scan began, and its channels (MHz; none means all).
    user_scan: (Duration, Vec<u32>),
    /// The last scan was cut short.
    cut_short: bool,
    /// When the user was last told of a search that goes on.
    search_told: Option<Duration>,
    user_frames: research::UserFrames,
    /// The user has said that the base interface is down.
    pretended_down: bool,
    /// What a coming owner's group will be called, with its keys: made before it is needed.
    prepared: Option<crate::group::Credentials>,
    /// A Diffie-Hellman key pair for the next WSC exchange: made before it is needed.
    key_pair: Option<wsc::KeyPair>,
    /// When groups of ours are looked at again that might share a channel with something else.
    reconsider_at: Option<Duration>,
    /// When what was used of them is made anew.
    prepare_at: Option<Duration>,
    rng: Box<dyn CryptoRng + Send>,
    /// Set once everything is being ended: whether the discovery interface has been given back.
    stopping: Option<bool>,
    outputs: VecDeque<Output>,
}

impl Device {
    /// A device on the radio that `capabilities` describes, opened on the interface `base`. [`Device::start`] comes next.
    pub fn new(
        config: Config,
        capabilities: Capabilities,
        base: BaseInterface,
        mut rng: Box<dyn CryptoRng + Send>,
    ) -> Self {
        let layout = plan::layout(&config, &capabilities);
        let iface = if layout.discovery.is_some() { InterfaceId(1) } else { InterfaceId::BASE };
        let social = [(81, 1), (81, 6), (81, 11)];
        let drawn = social[(rng.next_u32() % 3) as usize];
        let listen = config.listen_channel.unwrap_or(drawn);
        let settings = plan::settings(&config, &capabilities, base.address, listen, layout, None);
        let station = Station::new(usize::from(capabilities.max_scan_ssids));
        let stay = capabilities.remain_on_channel.then_some(capabilities.max_remain_ms);
        let mut device = Self {
            p2p: P2p::new(settings),
            airtime: Airtime::new(iface, stay, capabilities.software_scan),
            discovery: Discovery {
                iface,
                address: base.address,
                given_back: None,
                ready: false,
                failed: None,
                probe_requests: false,
                down: false,
                gone: false,
            },
            config,
            capabilities,
            base,
            layout,
            neighbours: Vec::new(),
            announced: None,
            told_bound: None,
            station,
            own_connection: None,
            listen,
            ids: CommandIds::default(),
            routes: Routes::default(),
            formation: None,
            waiting: None,
            agreed_join: None,
            invited_to: None,
            additions: BTreeMap::new(),
            groups: BTreeMap::new(),
            next_group: 0,
            next_iface: 2,
            next_group_name: 0,
            records: Vec::new(),
            scan_results: Vec::new(),
            search_began: Duration::ZERO,
            user_scan: (Duration::ZERO, Vec::new()),
            cut_short: false,
            search_told: None,
            user_frames: research::UserFrames::default(),
            pretended_down: false,
            prepared: None,
            key_pair: None,
            reconsider_at: None,
            prepare_at: None,
            rng,
            stopping: None,
            outputs: VecDeque::new(),
        };
        device.take_habits();
        device
    }

    /// Makes the interface for discovery (or raises the base interface for it) and asks for the frames.
    pub fn start(&mut self, now: Duration) {
        if let Some(country) = self.config.country {
            self.command(Command::SetCountry { country }, Route::Nobody("setting the country"));
        }
        let iface = self.discovery.iface;
        let address = match self.config.device_address {
            DeviceAddress::OfRadio => None,
            DeviceAddress::Stored(address) => {
                let device = self.layout.discovery == Some(InterfaceKind::P2pDevice);
                Some(address).filter(|_| device && self.capabilities.draws_device_address)
            }
            DeviceAddress::Random => Some(names::address(&mut *self.rng)),
            DeviceAddress::Fixed(address) => Some(address),
        };
        if let Some(kind) = self.layout.discovery {
            let mut name = alloc::format!("p2p-dev-{}", self.base.name);
            name.truncate(15);
            let create = Command::CreateInterface { iface, kind, name, address };
            self.command(create, Route::Discovery);
        } else {
            if self.base.kind != InterfaceKind::Station {
                let kind = InterfaceKind::Station;
                self.command(Command::SetInterfaceKind { iface, kind }, Route::Nobody("making the base a station"));
            }
            if let Some(address) = address.filter(|address| *address != self.base.address) {
                self.command(Command::SetInterfaceAddress { iface, address }, Route::DiscoveryAddress(address));
            }
            self.command(Command::SetInterfaceUp { iface, up: true }, Route::Discovery);
        }
        self.prepare_keys();
        self.pump(now);
    }

    /// Ends everything and gives back what was made; done when [`Device::is_stopped`].
    pub fn stop(&mut self, now: Duration) {
        self.p2p.stop_find(now);
        let ids: Vec<GroupId> = self.groups.keys().copied().collect();
        for id in ids {
            self.end_group(now, id, crate::api::Cause::Requested);
        }
        self.station.stop(now);
        // What the radio still does on the discovery interface ends before that goes.
        self.pump(now);
        let iface = self.discovery.iface;
        let ready = core::mem::take(&mut self.discovery.ready);
        let last = match self.discovery.given_back.take() {
            _ if self.layout.discovery.is_some() && ready => Some(Command::RemoveInterface { iface }),
            Some(address) => Some(Command::SetInterfaceAddress { iface, address }),
            None => None,
        };
        self.stopping = Some(last.is_none());
        if let Some(command) = last {
            self.command(command, Route::DiscoveryEnd);
        }
        self.pump(now);
    }

    /// Whether all interfaces that were made have been given back after [`Device::stop`].
    pub fn is_stopped(&self) -> bool {
        self.stopping == Some(true) && self.groups.is_empty() && !self.station.holds_interface()
    }

    /// The next command or event, until there is none.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`Device::handle_timeout`] is to be called, at the latest.
    pub fn poll_timeout(&self) -> Option<Duration> {
        let formation = self.formation.as_ref().and_then(|f| f.deadline);
        let groups = self.groups.values().filter_map(Group::poll_timeout).min();
        let own = [
            self.p2p.poll_timeout(),
            self.airtime.poll_timeout(),
            formation,
            groups,
            self.prepare_at,
            self.reconsider_at,
            self.announced.as_ref().map(|a| a.until),
            self.station.poll_timeout(),
        ];
        own.into_iter().flatten().min()
    }

    /// The configuration in force.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Our P2P device address.
    pub fn address(&self) -> MacAddr {
        self.discovery.address
    }

    /// The UUID by which WSC knows us.
    pub fn uuid(&self) -> [u8; 16] {
        self.p2p.settings().device.uuid
    }

    /// What the radio can do.
    pub fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// The name of the interface that the radio was opened on.
    pub fn base_interface(&self) -> &str {
        &self.base.name
    }

    /// The address of that interface.
    pub fn base_address(&self) -> MacAddr {
        self.base.address
    }

    /// Whether discovery has an interface of its own (a P2P device, or a second station).
    pub fn has_discovery_interface(&self) -> bool {
        self.layout.discovery.is_some()
    }

    /// Whether discovery is ready.
    pub fn is_ready(&self) -> bool {
        self.discovery.ready
    }

    /// Why discovery is not possible, if it is not.
    pub fn failure(&self) -> Option<&radio::Refused> {
        self.discovery.failed.as_ref()
    }

    /// All peers, those known only by their probe requests too.
    pub fn peers(&self, now: Duration) -> impl Iterator<Item = PeerView> + '_ {
        self.p2p.peers().map(move |peer| {
            let seen = self.p2p.last_seen(peer.address).unwrap_or(now);
            PeerView { peer: peer.clone(), age: now.saturating_sub(seen) }
        })
    }

    /// One peer, by its device address.
    pub fn peer(&self, now: Duration, address: MacAddr) -> Option<PeerView> {
        self.peers(now).find(|v| v.peer.address == address)
    }

    /// What discovery is doing.
    pub fn state(&self) -> p2p_core::State {
        self.p2p.state()
    }

    /// Whether a scan of ours runs.
    pub fn is_scanning(&self) -> bool {
        self.airtime.scanning()
    }

    /// The groups that we are in or that are being formed.
    pub fn groups(&self) -> Vec<GroupInfo> {
        self.groups.values().map(Group::info).collect()
    }

    /// The interface of a group.
    #[cfg(feature = "simulation")]
    pub(crate) fn interface_of_group(&self, id: GroupId) -> Option<InterfaceId> {
        self.groups.get(&id).map(Group::iface)
    }

    /// The interfaces of the radio that others have brought onto a channel.
    pub fn neighbours(&self) -> &[Neighbour] {
        &self.neighbours
    }

    /// What the last scan has seen.
    pub fn scan_results(&self) -> &[Bss] {
        &self.scan_results
    }

    /// Forgets what scans have seen.
    pub fn forget_scan_results(&mut self) {
        self.scan_results.clear();
    }

    /// Frames that discovery did not act on, by cause.
    pub fn dropped(&self) -> p2p_core::Dropped {
        self.p2p.dropped()
    }

    /// Sends a command on its way.
    fn command(&mut self, command: Command, route: Route) -> CommandId {
        let id = self.ids.next();
        self.pass_on(id, command, route);
        id
    }

    fn event(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }

    /// Asks for the frames that discovery needs just now.
    fn receive_frames(&mut self) {
        if self.config.station_only {
            return;
        }
        let mut kinds =
            alloc::vec![FrameKind::Action(P2P_PUBLIC_ACTION.to_vec()), FrameKind::Action(P2P_ACTION.to_vec())];
        let iface = self.discovery.iface;
        let owns = self.groups.values().any(|g| g.iface() == iface && g.role() == Some(Role::Owner) && g.is_active());
        if owns {
            kinds.push(FrameKind::ApMlme);
        }
        let joined =
            self.groups.values().any(|g| g.iface() == iface && g.role() == Some(Role::Client) && g.is_active());
        if owns || self.discovery.probe_requests || (joined && self.config.client_probe) {
            kinds.push(FrameKind::ProbeRequest);
        }
        let command = Command::ReceiveFrames { iface, kinds };
        self.command(command, Route::Nobody("asking for frames"));
    }

    /// Asks for the frames that an owner sends to its client's interface, where that is not discovery's.
    fn receive_client_frames(&mut self, id: GroupId) {
        let Some(iface) = self.groups.get(&id).map(Group::iface) else { return };
        let mut kinds =
            alloc::vec![FrameKind::Action(P2P_PUBLIC_ACTION.to_vec()), FrameKind::Action(P2P_ACTION.to_vec())];
        if self.config.client_probe {
            kinds.push(FrameKind::ProbeRequest);
        }
        self.command(Command::ReceiveFrames { iface, kinds }, Route::Nobody("asking for a client's frames"));
    }

    /// Makes what takes long to compute before anybody waits for it: the next group's keys, a Diffie-Hellman pair.
    fn prepare_keys(&mut self) {
        self.prepare_at = None;
        if self.prepared.is_none() {
            self.prepared = Some(crate::group::Credentials::generate(&self.config, &mut *self.rng));
        }
        if self.key_pair.is_none() {
            self.key_pair = Some(wsc::KeyPair::generate(&mut *self.rng));
        }
    }

    /// Brings discovery's view of the configuration and the radio up to date.
    fn reconfigure(&mut self, now: Duration) {
        if let Some(listen) = self.config.listen_channel {
            self.listen = listen;
        }
        let listen = self.shared_listen_channel().unwrap_or(self.listen);
        let address = self.discovery.address;
        let bound = self.bound_by_neighbours();
        let settings = plan::settings(&self.config, &self.capabilities, address, listen, self.layout, bound.as_deref());
        self.told_bound = bound;
        self.p2p.configure(now, settings);
    }

    /// Brings discovery's view of our groups up to date.
    fn tell_own_groups(&mut self, now: Duration) {
        let own = self.groups.values().filter(|g| g.is_started()).map(Group::as_own_group).collect();
        self.p2p.set_own_groups(now, own);
        // Beside others a group of ours takes the channel that was left, or leaves it to the next one.
        if self.bound_by_neighbours() != self.told_bound {
            self.reconfigure(now);
        }
    }
}

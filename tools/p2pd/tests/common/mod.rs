//! A scripted device behind a real daemon on real sockets.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

pub mod air;
pub mod table;
pub mod words;

use ieee80211_ies::MacAddr;
use p2p_core::{Event as P2pEvent, Peer, State};
use p2pd::backend::{Backend, Opener, Radio};
use p2pd::cli::{Ability, InterfaceOptions, Options};
use p2pd::daemon::{Daemon, StartError};
use p2pd::log::Log;
use radio::{Band, Bss, Capabilities, ChannelInfo, Secret};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::net::UnixDatagram;
use tokio::sync::{Notify, oneshot};
use tokio::task::LocalSet;
use wifi_direct::Arrival;
use wifi_direct::api::{
    Cause, Config, Error, Event, GroupEvent, GroupId, GroupInfo, GroupRecord, PeerView, Reply, Request, Role,
    StationRequest, StationStatus,
};

pub const OWN: MacAddr = MacAddr([0x02, 0, 0, 0, 0, 0x01]);
pub const PEER: MacAddr = MacAddr([0x11, 0x22, 0x33, 0x44, 0x55, 0x66]);

/// So long nothing that should come may take; only so that a wrong test ends.
pub const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Default)]
pub struct Script {
    pub config: Config,
    pub peers: Vec<PeerView>,
    pub groups: Vec<GroupInfo>,
    pub scan_results: Vec<Bss>,
    pub records: Vec<GroupRecord>,
    pub station: StationStatus,
    pub capabilities: Capabilities,
    pub p2p_device: bool,
    /// All requests so far; `Configure` is taken and not listed.
    pub requests: Vec<Request>,
    /// What the next requests are answered; `Ok` when there is nothing.
    pub answers: VecDeque<Result<Reply, Error>>,
    pub events: VecDeque<Event>,
    pub arrivals: VecDeque<Arrival>,
    pub opened: Vec<(String, Vec<Ability>)>,
    pub closed: u32,
    pub refuse_open: bool,
    /// Events that the next of the answers is followed by.
    pub following: Vec<Event>,
}

/// The scripted device; all copies are one.
#[derive(Clone, Default)]
pub struct Fake {
    pub script: Rc<RefCell<Script>>,
    wake: Rc<Notify>,
    arrives: Rc<Notify>,
    config: Config,
    capabilities: Capabilities,
    scan_results: Vec<Bss>,
}

impl Fake {
    pub fn emit(&self, event: Event) {
        self.script.borrow_mut().events.push_back(event);
        self.wake.notify_one();
    }

    /// An interface comes, or (without a name) goes.
    pub fn arrive(&self, ifindex: u32, name: Option<&str>) {
        self.script.borrow_mut().arrivals.push_back(Arrival { ifindex, name: name.map(str::to_owned) });
        self.arrives.notify_one();
    }

    pub fn requests(&self) -> Vec<Request> {
        std::mem::take(&mut self.script.borrow_mut().requests)
    }

    fn remove(&self, id: GroupId) {
        let mut script = self.script.borrow_mut();
        let Some(at) = script.groups.iter().position(|g| g.id == id) else { return };
        let group = script.groups.remove(at);
        script.events.push_back(Event::GroupRemoved {
            group: id,
            interface: group.interface.clone(),
            role: group.role,
            cause: Cause::Requested,
            formed: true,
        });
        script.events.push_back(Event::InterfaceRemoved { group: id, interface: group.interface, created: true });
        self.wake.notify_one();
    }
}

impl Radio for Fake {
    fn request(&mut self, request: Request) -> Result<Reply, Error> {
        if let Request::Configure(config) = request {
            self.script.borrow_mut().config = (*config).clone();
            self.config = *config;
            return Ok(Reply::Ok);
        }
        if matches!(request, Request::Station(StationRequest::Networks(_))) {
            return Ok(Reply::Ok);
        }
        self.script.borrow_mut().requests.push(request.clone());
        let answer = self.script.borrow_mut().answers.pop_front();
        if let Some(answer) = answer {
            let mut script = self.script.borrow_mut();
            let following = std::mem::take(&mut script.following);
            script.events.extend(following);
            return answer;
        }
        match request {
            Request::RemoveGroup(id) => self.remove(id),
            Request::RemoveAllGroups => {
                let groups: Vec<GroupId> = self.script.borrow().groups.iter().map(|g| g.id).collect();
                groups.into_iter().for_each(|id| self.remove(id));
            }
            Request::QueryStations(group) => {
                self.script.borrow_mut().events.push_back(Event::Group { group, event: GroupEvent::StationsQueried });
                self.wake.notify_one();
            }
            _ => {}
        }
        Ok(Reply::Ok)
    }

    fn config(&self) -> &Config {
        &self.config
    }

    fn address(&self) -> MacAddr {
        OWN
    }

    fn base_address(&self) -> MacAddr {
        self.capabilities().address
    }

    fn peers(&self) -> Vec<PeerView> {
        self.script.borrow().peers.clone()
    }

    fn peer(&self, address: MacAddr) -> Option<PeerView> {
        self.peers().into_iter().find(|p| p.peer.address == address)
    }

    fn groups(&self) -> Vec<GroupInfo> {
        self.script.borrow().groups.clone()
    }

    fn station(&self) -> StationStatus {
        self.script.borrow().station.clone()
    }

    fn state(&self) -> State {
        State::Idle
    }

    fn is_scanning(&self) -> bool {
        false
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn on_p2p_device(&self) -> bool {
        self.script.borrow().p2p_device
    }

    fn uuid(&self) -> Option<[u8; 16]> {
        Some([0x12; 16])
    }

    fn scan_results(&self) -> &[Bss] {
        &self.scan_results
    }

    fn flush_scan_results(&mut self) {
        self.scan_results.clear();
    }

    fn set_records(&mut self, records: Vec<GroupRecord>) {
        self.script.borrow_mut().records = records;
    }
}

impl Backend for Fake {
    async fn event(&mut self) -> Event {
        loop {
            if let Some(event) = self.script.borrow_mut().events.pop_front() {
                return event;
            }
            self.wake.notified().await;
        }
    }

    async fn close(self) {
        self.script.borrow_mut().closed += 1;
    }
}

impl Opener for Fake {
    type Backend = Self;

    async fn arrival(&mut self) -> Arrival {
        loop {
            if let Some(arrival) = self.script.borrow_mut().arrivals.pop_front() {
                return arrival;
            }
            self.arrives.notified().await;
        }
    }

    async fn open(&mut self, ifname: &str, config: Config, without: &[Ability]) -> Result<Self, String> {
        let mut script = self.script.borrow_mut();
        if script.refuse_open {
            return Err(String::from("no such device"));
        }
        script.opened.push((ifname.to_owned(), without.to_vec()));
        script.config = config.clone();
        let (capabilities, scan_results) = (script.capabilities.clone(), script.scan_results.clone());
        drop(script);
        Ok(Self { config, capabilities, scan_results, ..self.clone() })
    }
}

/// A fresh directory, removed at the end.
pub struct Place(PathBuf);

impl Place {
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("p2pd-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).expect("a directory for the test");
        Self(path)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A client of a control socket.
pub struct Client {
    socket: UnixDatagram,
    pub path: PathBuf,
}

impl Client {
    pub fn connect(place: &Place, to: &Path) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let path = place.path(&format!("client-{}", COUNT.fetch_add(1, Ordering::Relaxed)));
        let socket = UnixDatagram::bind(&path).expect("a client's socket");
        socket.connect(to).unwrap_or_else(|e| panic!("{}: {e}", to.display()));
        Self { socket, path }
    }

    pub async fn send(&self, bytes: &[u8]) {
        self.socket.send(bytes).await.expect("the daemon's socket is there");
    }

    pub async fn next(&self) -> String {
        let mut buffer = vec![0; 65536];
        let length = tokio::time::timeout(PATIENCE, self.socket.recv(&mut buffer))
            .await
            .expect("a datagram in time")
            .expect("a datagram");
        String::from_utf8(buffer[..length].to_vec()).expect("text")
    }

    pub async fn ask(&self, request: &str) -> String {
        self.send(request.as_bytes()).await;
        self.next().await
    }

    /// What has come and nobody has read. The daemon handles events in order, so after a later answer of its own this
    /// is all there is.
    pub fn rest(&self) -> Vec<String> {
        let mut buffer = vec![0; 65536];
        let mut all = Vec::new();
        while let Ok(length) = self.socket.try_recv(&mut buffer) {
            all.push(String::from_utf8(buffer[..length].to_vec()).expect("text"));
        }
        all
    }

    /// Asks and compares, line by line of `> request`, `< reply` (without its line feed) and `! event` of a monitor.
    pub async fn talk(&self, monitor: &Client, transcript: &str) {
        for (number, line) in transcript.lines().map(str::trim_start).enumerate() {
            let (kind, text) = line.split_at_checked(2).unwrap_or((line, ""));
            match kind {
                "> " => self.send(text.as_bytes()).await,
                "< " => {
                    let reply = self.next().await;
                    assert_eq!(reply.strip_suffix('\n').unwrap_or(&reply), text, "line {number}");
                }
                "! " => assert_eq!(monitor.next().await, text, "line {number}"),
                "" => {}
                other => panic!("transcript: {other:?}"),
            }
        }
    }
}

/// A running daemon.
pub struct Bench {
    pub place: Place,
    pub fake: Fake,
    stop: Option<oneshot::Sender<()>>,
    running: tokio::task::JoinHandle<()>,
}

impl Bench {
    pub fn control(&self, ifname: &str) -> PathBuf {
        self.place.path("ctrl").join(ifname)
    }

    pub fn client(&self, ifname: &str) -> Client {
        Client::connect(&self.place, &self.control(ifname))
    }

    /// A client that is told events.
    pub async fn monitor(&self, ifname: &str) -> Client {
        let client = self.client(ifname);
        assert_eq!(client.ask("ATTACH").await, "OK\n");
        client
    }

    pub fn global(&self) -> Client {
        Client::connect(&self.place, &self.place.path("global"))
    }

    pub async fn global_monitor(&self) -> Client {
        let client = self.global();
        assert_eq!(client.ask("ATTACH").await, "OK\n");
        client
    }

    /// Ends it as SIGTERM does, and waits for the end.
    pub async fn stop(mut self) -> (Place, Fake) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        self.ended().await
    }

    /// Waits for an end that is under way.
    pub async fn ended(self) -> (Place, Fake) {
        tokio::time::timeout(PATIENCE, self.running).await.expect("an end in time").expect("no panic");
        (self.place, self.fake)
    }
}

/// Options for one interface, p2p0, with this configuration file, and a global socket.
pub fn options(place: &Place, config: &str) -> Options {
    let path = place.path("p2p.conf");
    let text = format!("ctrl_interface={}\n{config}", place.path("ctrl").display());
    std::fs::write(&path, text).expect("a configuration file");
    Options {
        interfaces: vec![InterfaceOptions {
            ifname: String::from("p2p0"),
            config: Some(path),
            ..InterfaceOptions::default()
        }],
        global: Some(place.path("global").display().to_string()),
        ..Options::default()
    }
}

pub async fn start(place: Place, fake: Fake, options: Options) -> Result<Bench, StartError> {
    let log = Log::open(None, -9, false).expect("standard output");
    let daemon = Daemon::start(options, fake.clone(), log).await?;
    let (stop, stopped) = oneshot::channel();
    let running = tokio::task::spawn_local(daemon.run(async {
        let _ = stopped.await;
    }));
    Ok(Bench { place, fake, stop: Some(stop), running })
}

/// Runs a test on one thread, as the daemon runs.
pub fn run<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    LocalSet::new().block_on(&runtime, test)
}

/// A daemon on p2p0 with this configuration.
pub async fn daemon(config: &str) -> Bench {
    daemon_on(config, Fake::default()).await
}

pub async fn daemon_on(config: &str, fake: Fake) -> Bench {
    let place = Place::new();
    let options = options(&place, config);
    start(place, fake, options).await.expect("a daemon")
}

/// A radio with the 2.4 GHz channels 1 to 11.
pub fn capabilities() -> Capabilities {
    let channel = |n: u32| ChannelInfo {
        frequency: 2407 + 5 * n,
        disabled: false,
        no_ir: false,
        radar: false,
        no_ht40_plus: false,
        no_ht40_minus: false,
        no_80mhz: false,
        max_power_dbm: 20,
    };
    Capabilities {
        name: String::from("phy0"),
        address: OWN,
        bands: vec![Band { channels: (1..=11).map(channel).collect(), ..Band::default() }],
        country: String::from("JP"),
        offchannel_transmit: true,
        authenticate: true,
        ..Capabilities::default()
    }
}

pub fn peer() -> Peer {
    Peer {
        address: PEER,
        source: PEER,
        name: b"Test device2".to_vec(),
        primary_type: [0, 10, 0, 0x50, 0xf2, 4, 0, 5],
        config_methods: 0x1108,
        device_capability: 0x25,
        ..Peer::default()
    }
}

pub fn found(new: bool) -> Event {
    Event::P2p(P2pEvent::DeviceFound { peer: Box::new(peer()), new })
}

pub fn group(interface: &str, role: Role) -> GroupInfo {
    let secret = |text: &str| Some(Secret::new(text.as_bytes().to_vec()));
    GroupInfo {
        id: GroupId(1),
        interface: interface.to_owned(),
        address: MacAddr([0x02, 0, 0, 0, 1, 0x01]),
        role,
        ssid: b"DIRECT-Eb".to_vec(),
        frequency: 5240,
        bssid: if role == Role::Owner { MacAddr([0x02, 0, 0, 0, 1, 0x01]) } else { PEER },
        owner: if role == Role::Owner { OWN } else { PEER },
        passphrase: if role == Role::Owner { secret("CLgJ3w4j") } else { None },
        psk: Some(Secret::new(vec![0x57; 32])),
        persistent: false,
        record: None,
        started: true,
        on_air: true,
        stations: Vec::new(),
        ip: None,
        link: None,
    }
}

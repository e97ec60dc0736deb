//! Daemons whose radios are on one simulated air. Its time is virtual and passes only when a test lets it.

use super::{Client, PATIENCE, Place, options};
use ieee80211_ies::MacAddr;
use p2p_core::State;
use p2pd::backend::{Backend, Opener, Radio};
use p2pd::cli::Ability;
use p2pd::daemon::Daemon;
use p2pd::log::Log;
use radio::{Bss, Capabilities, InterfaceKind, Neighbour};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::{Notify, oneshot};
use wifi_direct::api::{
    Config, Error, Event, GroupId, GroupInfo, GroupRecord, PeerView, Reply, Request, StationStatus,
};
use wifi_direct::simulation::{DeviceId, OnAir, Profile, RadioSettings, Settings, World};

/// How much time passes at once while a daemon ends and nobody else lets it pass.
const STRIDE: Duration = Duration::from_millis(10);

/// Longest that a radio takes for what a daemon waits for.
const ANSWERS_WITHIN: Duration = Duration::from_millis(500);

struct Inbox {
    events: VecDeque<Event>,
    wake: Rc<Notify>,
}

/// The air and the devices on it.
pub struct Sky {
    world: RefCell<World>,
    inboxes: RefCell<Vec<Inbox>>,
    /// Time passes by itself whenever a daemon waits.
    free: Cell<bool>,
    /// The frames since [`Sky::watch`].
    watched: RefCell<Option<Vec<OnAir>>>,
}

impl Sky {
    pub fn new(seed: u64) -> Rc<Self> {
        Rc::new(Self {
            world: RefCell::new(World::new(seed, Settings::default())),
            inboxes: RefCell::default(),
            free: Cell::new(false),
            watched: RefCell::new(None),
        })
    }

    /// Keeps the frames on the air from now on, for [`Sky::watched`].
    pub fn watch(&self) {
        *self.watched.borrow_mut() = Some(Vec::new());
    }

    /// What was on the air since [`Sky::watch`]; it begins anew.
    pub fn watched(&self) -> Vec<OnAir> {
        self.watched.borrow_mut().replace(Vec::new()).unwrap_or_default()
    }

    /// Another program's station on the n-th device's `p2p0` is on this channel (MHz), or on none.
    pub fn connect(&self, n: usize, frequency: Option<u32>) {
        let station =
            |frequency| Neighbour { name: "p2p0".into(), kind: InterfaceKind::Station, frequency, base: true };
        let event = radio::Event::Neighbours(frequency.map(station).into_iter().collect());
        self.world.borrow_mut().report(DeviceId(n), event);
        self.carry();
    }

    /// Lets this much time pass, and carries what was told to the daemons.
    pub fn pass(&self, time: Duration) {
        self.world.borrow_mut().run_for(time);
        self.carry();
    }

    /// Lets time pass until the radio of this device has told it something.
    fn pass_until(&self, id: DeviceId, wanted: impl Fn(&Event) -> bool) {
        let told = || self.inboxes.borrow().get(id.0).is_some_and(|inbox| inbox.events.iter().any(&wanted));
        for _ in 0..ANSWERS_WITHIN.as_millis() {
            if told() {
                return;
            }
            self.pass(Duration::from_millis(1));
        }
    }

    fn carry(&self) {
        let mut world = self.world.borrow_mut();
        let mut inboxes = self.inboxes.borrow_mut();
        for told in world.take_told() {
            if let Some(inbox) = inboxes.get_mut(told.by.0) {
                inbox.events.push_back(told.event);
                inbox.wake.notify_one();
            }
        }
        if let Some(watched) = self.watched.borrow_mut().as_mut() {
            watched.extend_from_slice(world.air().recorded());
        }
        // A long life is not to be remembered frame by frame.
        world.air_mut().record();
    }
}

/// Opens radios of one sky.
pub struct Radios {
    pub sky: Rc<Sky>,
    pub profile: Profile,
}

/// One device on the air.
pub struct Simulated {
    sky: Rc<Sky>,
    id: DeviceId,
    wake: Rc<Notify>,
    config: Config,
    capabilities: Capabilities,
    scan_results: Vec<Bss>,
}

impl Radio for Simulated {
    fn request(&mut self, request: Request) -> Result<Reply, Error> {
        if let Request::Configure(config) = &request {
            self.config = (**config).clone();
        }
        let asks = matches!(request, Request::QueryStations(_));
        let ends: Vec<GroupId> = match request {
            Request::RemoveGroup(group) => vec![group],
            Request::RemoveAllGroups => self.groups().iter().map(|group| group.id).collect(),
            _ => Vec::new(),
        };
        let result = self.sky.world.borrow_mut().request(self.id, request);
        self.sky.carry();
        // The daemon waits for the radio's answer.
        if asks {
            self.sky.pass(STRIDE);
        }
        for group in ends {
            let gone = |event: &Event| matches!(event, Event::InterfaceRemoved { group: of, .. } if *of == group);
            self.sky.pass_until(self.id, gone);
        }
        if let Ok(Reply::Interface(group)) = result {
            self.sky.pass_until(self.id, |event| {
                matches!(event, Event::InterfaceAdded { group: of, .. } | Event::InterfaceRemoved { group: of, .. } if *of == group)
            });
        }
        result
    }

    fn config(&self) -> &Config {
        &self.config
    }

    fn address(&self) -> MacAddr {
        self.sky.world.borrow().address(self.id)
    }

    fn base_address(&self) -> MacAddr {
        self.sky.world.borrow().device(self.id).base_address()
    }

    fn peers(&self) -> Vec<PeerView> {
        let world = self.sky.world.borrow();
        world.device(self.id).peers(world.now()).collect()
    }

    fn peer(&self, address: MacAddr) -> Option<PeerView> {
        let world = self.sky.world.borrow();
        world.device(self.id).peer(world.now(), address)
    }

    fn groups(&self) -> Vec<GroupInfo> {
        self.sky.world.borrow().device(self.id).groups()
    }

    fn station(&self) -> StationStatus {
        self.sky.world.borrow().device(self.id).station()
    }

    fn state(&self) -> State {
        self.sky.world.borrow().device(self.id).state()
    }

    fn is_scanning(&self) -> bool {
        self.sky.world.borrow().device(self.id).is_scanning()
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn on_p2p_device(&self) -> bool {
        self.sky.world.borrow().device(self.id).has_discovery_interface()
    }

    fn uuid(&self) -> Option<[u8; 16]> {
        Some(self.sky.world.borrow().device(self.id).uuid())
    }

    fn scan_results(&self) -> &[Bss] {
        &self.scan_results
    }

    fn flush_scan_results(&mut self) {
        self.scan_results.clear();
        self.sky.world.borrow_mut().device_mut(self.id).forget_scan_results();
    }

    fn set_records(&mut self, records: Vec<GroupRecord>) {
        self.sky.world.borrow_mut().device_mut(self.id).set_records(records);
    }
}

impl Backend for Simulated {
    async fn event(&mut self) -> Event {
        loop {
            let event = self.sky.inboxes.borrow_mut().get_mut(self.id.0).and_then(|inbox| inbox.events.pop_front());
            if let Some(event) = event {
                if event == Event::NetworksSeen {
                    self.scan_results = self.sky.world.borrow().device(self.id).scan_results().to_vec();
                }
                return event;
            }
            if self.sky.free.get() {
                self.sky.pass(STRIDE);
                tokio::task::yield_now().await;
            } else {
                self.wake.notified().await;
            }
        }
    }

    async fn close(self) {
        self.sky.world.borrow_mut().stop(self.id);
        self.sky.pass(Duration::from_secs(1));
    }
}

impl Opener for Radios {
    type Backend = Simulated;

    async fn open(&mut self, ifname: &str, config: Config, _: &[Ability]) -> Result<Simulated, String> {
        let mut inboxes = self.sky.inboxes.borrow_mut();
        let n = u8::try_from(inboxes.len()).map_err(|e| e.to_string())?;
        let mut settings = RadioSettings::new(MacAddr([2, 0, 0, 0, n, 0]), self.profile);
        settings.base_name = ifname.to_owned();
        let capabilities = settings.capabilities.clone();
        let mut world = self.sky.world.borrow_mut();
        let id = world.add_radio(config.clone(), settings);
        if !world.get_ready() {
            return Err(String::from("the device does not become ready"));
        }
        let wake = Rc::new(Notify::new());
        inboxes.push(Inbox { events: VecDeque::new(), wake: wake.clone() });
        Ok(Simulated { sky: self.sky.clone(), id, wake, config, capabilities, scan_results: Vec::new() })
    }
}

/// A running daemon on the sky; its interface is called p2p0.
pub struct Station {
    pub place: Place,
    pub sky: Rc<Sky>,
    stop: oneshot::Sender<()>,
    running: tokio::task::JoinHandle<()>,
}

impl Station {
    pub async fn start(sky: &Rc<Sky>, profile: Profile, config: &str) -> Self {
        let place = Place::new();
        let options = options(&place, config);
        let log = Log::open(None, -9, false).expect("standard output");
        let opener = Radios { sky: sky.clone(), profile };
        let daemon = Daemon::start(options, opener, log).await.expect("a daemon");
        let (stop, stopped) = oneshot::channel();
        let running = tokio::task::spawn_local(daemon.run(async {
            let _ = stopped.await;
        }));
        Self { place, sky: sky.clone(), stop, running }
    }

    pub fn client(&self, ifname: &str) -> Client {
        Client::connect(&self.place, &self.place.path("ctrl").join(ifname))
    }

    pub fn global(&self) -> Client {
        Client::connect(&self.place, &self.place.path("global"))
    }

    /// Whether a control socket of this name is there.
    pub fn has(&self, ifname: &str) -> bool {
        self.place.path("ctrl").join(ifname).exists()
    }

    /// Lets time pass until a monitor has an event that holds this, and tells it; those before it are gone.
    pub async fn until(&self, monitor: &Client, wanted: &str) -> String {
        let mut others = Vec::new();
        for _ in 0..3000 {
            for event in monitor.rest() {
                if event.contains(wanted) {
                    return event;
                }
                others.push(event);
            }
            self.sky.pass(STRIDE);
            settle().await;
        }
        panic!("no {wanted} within 30 s, but {others:#?}");
    }

    pub async fn stop(self) -> Place {
        self.sky.free.set(true);
        let _ = self.stop.send(());
        tokio::time::timeout(PATIENCE, self.running).await.expect("an end in time").expect("no panic");
        self.sky.free.set(false);
        self.place
    }
}

/// Lets the daemons handle what has come.
pub async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

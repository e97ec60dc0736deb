//! Daemons on one simulated air, and p2pctl beside them in the same process.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use clap::Parser;
use ieee80211_ies::MacAddr;
use p2p_core::State;
use p2pctl::args::Cli;
use p2pctl::shell::Shell;
use p2pd::backend::{Backend, Opener, Radio};
use p2pd::cli::{Ability, InterfaceOptions, Options};
use p2pd::daemon::Daemon;
use p2pd::log::Log;
use radio::{Bss, Capabilities};
use std::cell::RefCell;
use std::future::Future;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tokio::task::{JoinHandle, LocalSet};
use tokio::time::timeout_at;
use wifi_direct::api::{Config, Error, Event, GroupInfo, GroupRecord, PeerView, Reply, Request, StationStatus};
use wifi_direct::simulation::{DeviceId, Profile, Settings, World};

/// So much faster than ours is the time of the air; what people do takes no time at all, so that nothing depends on it.
const HASTE: u32 = 4;
/// So long nothing that should come may take; only so that a wrong test ends.
const PATIENCE: Duration = Duration::from_secs(60);

/// The air that all daemons of a test share.
struct Air {
    world: World,
    begun: Instant,
    /// Rung when something may have been told to a device, or the next thing may happen sooner than thought.
    bells: Vec<Rc<Notify>>,
}

impl Air {
    /// Lets the time pass that has passed.
    fn catch_up(&mut self) {
        let due = self.begun.elapsed() * HASTE;
        let before = self.world.told().len();
        if let Some(time) = due.checked_sub(self.world.now()) {
            self.world.run_for(time);
        }
        if self.world.told().len() > before {
            self.ring();
        }
    }

    fn ring(&self) {
        self.bells.iter().for_each(|bell| bell.notify_one());
    }

    /// When the next thing happens.
    fn next(&self) -> Option<Instant> {
        self.world.next_deadline().map(|at| self.begun + at / HASTE)
    }
}

/// One device of it, as a daemon's radio.
struct Simulated {
    air: Rc<RefCell<Air>>,
    id: DeviceId,
    bell: Rc<Notify>,
    /// How many of the world's events were looked at.
    seen: usize,
    config: Config,
    capabilities: Capabilities,
    networks: Vec<Bss>,
}

impl Radio for Simulated {
    fn request(&mut self, request: Request) -> Result<Reply, Error> {
        if let Request::Configure(config) = &request {
            self.config = (**config).clone();
        }
        let mut air = self.air.borrow_mut();
        air.catch_up();
        let result = air.world.request(self.id, request);
        air.ring();
        result
    }

    fn config(&self) -> &Config {
        &self.config
    }

    fn address(&self) -> MacAddr {
        self.air.borrow().world.address(self.id)
    }

    fn base_address(&self) -> MacAddr {
        self.air.borrow().world.device(self.id).base_address()
    }

    fn peers(&self) -> Vec<PeerView> {
        let air = self.air.borrow();
        air.world.device(self.id).peers(air.world.now()).collect()
    }

    fn peer(&self, address: MacAddr) -> Option<PeerView> {
        let air = self.air.borrow();
        air.world.device(self.id).peer(air.world.now(), address)
    }

    fn groups(&self) -> Vec<GroupInfo> {
        self.air.borrow().world.device(self.id).groups()
    }

    fn station(&self) -> StationStatus {
        self.air.borrow().world.device(self.id).station()
    }

    fn state(&self) -> State {
        self.air.borrow().world.device(self.id).state()
    }

    fn is_scanning(&self) -> bool {
        self.air.borrow().world.device(self.id).is_scanning()
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn on_p2p_device(&self) -> bool {
        true
    }

    fn uuid(&self) -> Option<[u8; 16]> {
        None
    }

    fn scan_results(&self) -> &[Bss] {
        &self.networks
    }

    fn flush_scan_results(&mut self) {
        self.air.borrow_mut().world.device_mut(self.id).forget_scan_results();
    }

    fn set_records(&mut self, records: Vec<GroupRecord>) {
        self.air.borrow_mut().world.device_mut(self.id).set_records(records);
    }
}

impl Backend for Simulated {
    async fn event(&mut self) -> Event {
        loop {
            let next = {
                let mut air = self.air.borrow_mut();
                air.catch_up();
                self.networks = air.world.device(self.id).scan_results().to_vec();
                while let Some(told) = air.world.told().get(self.seen) {
                    self.seen += 1;
                    if told.by == self.id {
                        return told.event.clone();
                    }
                }
                air.next()
            };
            match next {
                Some(next) => drop(timeout_at(next.into(), self.bell.notified()).await),
                None => self.bell.notified().await,
            }
        }
    }

    async fn close(self) {
        self.air.borrow_mut().world.stop(self.id);
    }
}

struct Radios(Rc<RefCell<Air>>);

impl Opener for Radios {
    type Backend = Simulated;

    async fn open(&mut self, _ifname: &str, config: Config, _without: &[Ability]) -> Result<Simulated, String> {
        let mut air = self.0.borrow_mut();
        air.catch_up();
        let id = air.world.add(config.clone(), Profile::P2pDevice);
        let bell = Rc::new(Notify::new());
        air.bells.push(bell.clone());
        let capabilities = air.world.device(id).capabilities().clone();
        drop(air);
        Ok(Simulated { air: self.0.clone(), id, bell, seen: 0, config, capabilities, networks: Vec::new() })
    }
}

/// Daemons that hear each other.
pub struct Room {
    directory: PathBuf,
    places: Vec<PathBuf>,
    daemons: Vec<JoinHandle<()>>,
}

impl Room {
    /// One daemon for each of these device names.
    pub async fn new<const N: usize>(names: [&str; N]) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("p2pctl-test-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let directory = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&directory).expect("a directory for the test");
        let air = Air { world: World::new(7, Settings::default()), begun: Instant::now(), bells: Vec::new() };
        let air = Rc::new(RefCell::new(air));
        let mut room = Self { directory: directory.clone(), places: Vec::new(), daemons: Vec::new() };
        for name in names {
            let place = directory.join(name);
            let config = directory.join(format!("{name}.conf"));
            let text = format!(
                "ctrl_interface={}\ndevice_name={name}\ndevice_type=1-0050F204-1\nconfig_methods=virtual_push_button \
                 physical_display keypad\nupdate_config=1\n",
                place.display()
            );
            std::fs::write(&config, text).expect("a configuration file");
            let interface =
                InterfaceOptions { ifname: "wlan0".into(), config: Some(config), ..InterfaceOptions::default() };
            let options = Options { interfaces: vec![interface], ..Options::default() };
            let log = Log::open(None, -9, false).expect("standard output");
            let daemon = Daemon::start(options, Radios(air.clone()), log).await.expect("a daemon");
            room.daemons.push(tokio::task::spawn_local(daemon.run(std::future::pending())));
            room.places.push(place);
        }
        room
    }

    /// Ends the n-th daemon without a word, and leaves its sockets lying about.
    pub fn kill(&self, n: usize) {
        self.daemons[n].abort();
    }

    /// Where the sockets of the n-th daemon are.
    pub fn place(&self, n: usize) -> &Path {
        &self.places[n]
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.daemons.iter().for_each(JoinHandle::abort);
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// How a p2pctl has ended.
#[derive(Debug)]
pub struct Ended {
    pub code: u8,
    pub out: String,
    pub err: String,
}

/// An output that can be read while it is written.
#[derive(Clone, Default)]
struct Shared {
    octets: Rc<RefCell<Vec<u8>>>,
    grown: Rc<Notify>,
}

impl Shared {
    fn text(&self) -> String {
        String::from_utf8(self.octets.borrow().clone()).expect("text")
    }
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.octets.borrow_mut().extend_from_slice(bytes);
        self.grown.notify_one();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A p2pctl that runs.
pub struct Running {
    task: JoinHandle<u8>,
    out: Shared,
    err: Shared,
}

impl Running {
    /// Waits for a line of its output that contains `part`.
    pub async fn line_with(&self, part: &str) -> String {
        let wait = async {
            loop {
                if let Some(line) = self.out.text().lines().find(|l| l.contains(part)) {
                    return line.to_owned();
                }
                assert!(!self.task.is_finished(), "no {part}: {}{}", self.out.text(), self.err.text());
                self.out.grown.notified().await;
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.expect("a line in time")
    }

    /// Waits for its end.
    pub async fn end(self) -> Ended {
        let code = tokio::time::timeout(PATIENCE, self.task).await.expect("an end in time").expect("no panic");
        Ended { code, out: self.out.text(), err: self.err.text() }
    }
}

/// Starts a p2pctl on the daemon whose sockets are there.
pub fn start(place: &Path, line: &str) -> Running {
    let arguments = ["p2pctl", "-p", place.to_str().expect("text")];
    let cli = Cli::try_parse_from(arguments.into_iter().chain(line.split(' '))).expect("a command line");
    let (out, err) = (Shared::default(), Shared::default());
    let (mut to, mut errors, ended) = (out.clone(), err.clone(), out.grown.clone());
    let task = tokio::task::spawn_local(async move {
        let mut shell =
            Shell { out: &mut to, err: &mut errors, json: cli.global.json, ascii: false, live: None, ask: None };
        let code = p2pctl::commands::run(&cli, &mut shell, std::future::pending()).await;
        // Who waits for a line waits in vain.
        ended.notify_one();
        code
    });
    Running { task, out, err }
}

/// Runs a p2pctl to its end.
pub async fn pctl(place: &Path, line: &str) -> Ended {
    start(place, line).end().await
}

/// Runs a test on one thread.
pub fn run<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    LocalSet::new().block_on(&runtime, test)
}

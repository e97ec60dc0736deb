//! Whole devices on scripted kernels, in virtual time.

use crate::kernel::{Kernel, Sockets};
use crate::profile::Profile;
use ieee80211_ies::MacAddr;
use nl80211_driver::{Driver, Options};
use radio::{Capabilities, InterfaceKind, Plan};
use rand_chacha::ChaCha12Rng;
use rand_core::SeedableRng;
use std::cell::RefCell;
use std::future::Future;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use virtual_air::{Air, RadioId, RadioSettings, Settings};
use wifi_direct::api::{Config, Error, Event, GroupInfo, GroupRecord, Request};
use wifi_direct::{BaseInterface, Device, Output};

/// Steps without the time going on, after which something spins.
const SPINS: usize = 10_000;

/// Names a station of a [`World`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StationId(pub usize);

struct Station {
    radio: RadioId,
    kernel: Rc<RefCell<Kernel>>,
    driver: Driver<Sockets>,
    device: Device,
    told: Vec<Event>,
}

/// Stations that hear each other.
pub struct World {
    air: Rc<RefCell<Air>>,
    stations: Vec<Station>,
}

/// What a future says at once; these never wait for anything but the sockets.
fn now<F: Future>(future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

impl World {
    /// An empty world; all that is random comes from `seed`.
    pub fn new(seed: u64) -> Self {
        Self { air: Rc::new(RefCell::new(Air::new(seed, Settings::default()))), stations: Vec::new() }
    }

    /// What the driver reads of such a radio.
    pub fn capabilities(profile: &Profile) -> Capabilities {
        let air = Rc::new(RefCell::new(Air::new(0, Settings::default())));
        let address = MacAddr([2, 0, 0, 0, 0, 0]);
        let kernel = Kernel::new(profile.clone(), air, RadioId(usize::MAX), address);
        let (_, (_, capabilities, _)) = Self::open(kernel, profile);
        capabilities
    }

    fn open(
        kernel: Kernel,
        profile: &Profile,
    ) -> (Rc<RefCell<Kernel>>, (Driver<Sockets>, Capabilities, nl80211_driver::BaseInterface)) {
        let kernel = Rc::new(RefCell::new(kernel));
        let base = &profile.base;
        let opened = now(Driver::open_with(Sockets(kernel.clone()), base, Options::default()));
        let opened = opened.expect("the double answers at once").unwrap_or_else(|e| panic!("opening {base}: {e}"));
        let (mut driver, _, base) = opened;
        driver.name(&profile.driver);
        let capabilities = driver.capabilities().clone();
        (kernel, (driver, capabilities, base))
    }

    /// Adds a station whose radio is as the profile says.
    pub fn add(&mut self, profile: &Profile, config: Config) -> StationId {
        let n = self.stations.len();
        let octet = u8::try_from(n).expect("few stations");
        let address = MacAddr([2, 0, 0, 0, octet, profile.peculiar.boot]);
        let mut on_air = Self::capabilities(profile);
        on_air.address = address;
        // The medium beneath knows only radios whose MLME is the host's: where it is the driver's, the double is the host.
        (on_air.authenticate, on_air.full_ap_client_state, on_air.control_port) = (true, true, true);
        on_air.probe_client = true;
        // Nor radios that do not leave their channel: the double sees to it that they are not asked to.
        on_air.offchannel_transmit = true;
        let settings =
            RadioSettings { capabilities: on_air, base: InterfaceKind::Station, base_name: profile.base.clone() };
        let radio = self.air.borrow_mut().add_radio(settings);
        let kernel = Kernel::new(profile.clone(), self.air.clone(), radio, address);
        let (kernel, (driver, capabilities, base)) = Self::open(kernel, profile);
        let base = BaseInterface { name: base.name, address: base.address, kind: base.kind, up: base.up };
        let rng = Box::new(ChaCha12Rng::from_seed([octet + 1; 32]));
        let mut device = Device::new(config, capabilities, base, rng);
        device.start(self.now());
        let mut station = Station { radio, kernel, driver, device, told: Vec::new() };
        station.settle(self.now());
        self.stations.push(station);
        StationId(n)
    }

    /// The time.
    pub fn now(&self) -> Duration {
        self.air.borrow().now()
    }

    /// A station's device.
    pub fn device(&self, id: StationId) -> &Device {
        &self.stations[id.0].device
    }

    /// A station's device address.
    pub fn address(&self, id: StationId) -> MacAddr {
        self.device(id).address()
    }

    /// The group that runs on a station.
    pub fn group(&self, id: StationId) -> Option<GroupInfo> {
        self.device(id).groups().into_iter().find(|g| g.started)
    }

    /// Gives a station its stored groups.
    pub fn set_records(&mut self, id: StationId, records: Vec<GroupRecord>) {
        self.stations[id.0].device.set_records(records);
    }

    /// What a station has told its user.
    pub fn told(&self, id: StationId) -> &[Event] {
        &self.stations[id.0].told
    }

    /// What a station's kernel should not have been asked.
    pub fn wrong(&self, id: StationId) -> Vec<String> {
        self.stations[id.0].kernel.borrow().wrong().to_vec()
    }

    /// The kinds of the interfaces that a station has.
    pub fn interfaces(&self, id: StationId) -> Vec<InterfaceKind> {
        self.stations[id.0].kernel.borrow().kinds()
    }

    /// Another program connects a station's base interface on this channel (MHz), roams there, or disconnects it.
    pub fn hold(&mut self, id: StationId, frequency: Option<u32>) {
        let now = self.now();
        let station = &mut self.stations[id.0];
        let channels = Plan::new(station.device.capabilities(), false).channels_beside;
        station.kernel.borrow_mut().hold(frequency, channels);
        station.settle(now);
    }

    /// Somebody renames the interface of a station's group while it is up.
    pub fn rename(&mut self, id: StationId, to: &str) {
        let now = self.now();
        let station = &mut self.stations[id.0];
        station.kernel.borrow_mut().rename(to);
        station.settle(now);
    }

    /// A station's driver takes its client elsewhere by itself.
    pub fn roam(&mut self, id: StationId, to: MacAddr) {
        let now = self.now();
        let station = &mut self.stations[id.0];
        station.kernel.borrow_mut().roam(to);
        station.settle(now);
    }

    /// Asks a station for something.
    pub fn request(&mut self, id: StationId, request: Request) -> Result<(), Error> {
        let now = self.now();
        let station = &mut self.stations[id.0];
        station.device.request(now, request)?;
        station.settle(now);
        Ok(())
    }

    /// Lets time pass until `done`, for this long at most. Returns whether `done`.
    pub fn run_until(&mut self, within: Duration, done: impl Fn(&Self) -> bool) -> bool {
        let end = self.now() + within;
        let (mut spins, mut last) = (0, self.now());
        while !done(self) {
            if !self.step(end) {
                return done(self);
            }
            spins = if self.now() == last { spins + 1 } else { 0 };
            last = self.now();
            assert!(spins < SPINS, "something spins at {last:?}");
        }
        true
    }

    /// Lets the next thing happen, unless that is after `end`.
    fn step(&mut self, end: Duration) -> bool {
        let deadlines = |s: &Station| [s.device.poll_timeout(), s.kernel.borrow().next_deadline()];
        let wakes = self.stations.iter().flat_map(deadlines).flatten();
        let next = wakes.chain(self.air.borrow().next_deadline()).min().filter(|at| *at <= end);
        self.air.borrow_mut().advance(next.unwrap_or(end));
        let now = self.now();
        for station in &mut self.stations {
            loop {
                let event = self.air.borrow_mut().poll_event(station.radio);
                let Some(event) = event else { break };
                station.kernel.borrow_mut().event(event);
            }
            station.kernel.borrow_mut().handle_timeout(now);
            station.settle(now);
            if station.device.poll_timeout().is_some_and(|at| at <= now) {
                station.device.handle_timeout(now);
                station.settle(now);
            }
        }
        next.is_some()
    }
}

impl Station {
    /// Carries everything up and down until nothing is left to be carried.
    fn settle(&mut self, at: Duration) {
        loop {
            let mut moved = false;
            while let Some(output) = self.device.poll_output() {
                moved = true;
                match output {
                    Output::Command(id, command) => self.driver.command(id, command),
                    Output::Event(event) => self.told.push(event),
                }
            }
            while let Some(event) = now(self.driver.event()) {
                moved = true;
                self.device.handle_input(at, event);
            }
            if !moved {
                return;
            }
        }
    }
}

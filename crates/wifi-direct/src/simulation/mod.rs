//! Devices on a simulated air, in virtual time: for tests, measurements and the demo (feature `simulation`).
//!
//! A [`World`] holds an [`Air`] and a [`Device`] on each of its radios, and carries commands down and reports up as the kernel's
//! driver does. Nothing waits: [`World::run`] lets the time pass that a scenario takes, and the same seed and the same calls
//! give the same run, frame by frame.
//!
//! ```
//! use wifi_direct::simulation::{Meeting, Profile, Settings, World};
//!
//! let mut world = World::new(1, Settings::default());
//! let left = world.add(World::config("left"), Profile::P2pDevice);
//! let right = world.add(World::config("right"), Profile::P2pDevice);
//! let outcome = Meeting::push_button(left, right).run(&mut world, |_, _, _| {});
//! assert!(outcome.formed.is_some());
//! ```

mod meeting;

pub use meeting::{Meeting, Outcome};
pub use virtual_air::{Air, DataFrame, Fate, Link, OnAir, Profile, RadioId, RadioSettings, Settings, losing_nth};

use crate::api::{Config, Error, Event, GroupId, GroupInfo, Reply, Request};
use crate::device::{BaseInterface, Device, Output};
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::ControlFlow;
use core::time::Duration;
use ieee80211_ies::MacAddr;
use radio::Refused;
use rand_chacha::ChaCha12Rng;
use rand_core::SeedableRng;

/// Names a device of a [`World`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct DeviceId(pub usize);

/// What a device has told its user.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Told {
    /// When.
    pub at: Duration,
    /// Which device.
    pub by: DeviceId,
    /// What.
    pub event: Event,
}

/// A device whose deadline stays in the past after this many calls rests for a while; it is counted in [`World::spins`].
const SPINS: usize = 8;
/// That while.
const REST: Duration = Duration::from_millis(1);

/// Time for all devices to become ready, far more than making an interface takes.
const READY: Duration = Duration::from_secs(1);

struct Member {
    radio: RadioId,
    device: Device,
    /// Not asked for its deadline before.
    resting_until: Duration,
    data: VecDeque<DataFrame>,
}

/// Devices, each on a radio of one air.
pub struct World {
    air: Air,
    seed: u64,
    members: Vec<Member>,
    told: Vec<Told>,
    /// How many of `told` have been shown to [`World::run`]'s caller.
    shown: usize,
    spins: u64,
}

impl World {
    /// An empty world; all that is random comes from `seed`. Frames are recorded from the start ([`Air::recorded`]).
    pub fn new(seed: u64, settings: Settings) -> Self {
        let mut air = Air::new(seed, settings);
        air.record();
        Self { air, seed, members: Vec::new(), told: Vec::new(), shown: 0, spins: 0 }
    }

    /// The configuration of a device called `name`; the rest is as by default.
    pub fn config(name: &str) -> Config {
        // A computer (WSC 2.0 Table 41: category 1, sub-category 1).
        Config { device_name: String::from(name), device_type: [0, 1, 0, 0x50, 0xf2, 4, 0, 1], ..Config::default() }
    }

    /// Adds a radio with a device, and starts that.
    pub fn add(&mut self, config: Config, profile: Profile) -> DeviceId {
        let n = u8::try_from(self.members.len()).unwrap_or(u8::MAX);
        self.add_radio(config, RadioSettings::new(MacAddr([2, 0, 0, 0, n, 0]), profile))
    }

    /// Adds a radio of a particular kind with a device, and starts that.
    pub fn add_radio(&mut self, config: Config, settings: RadioSettings) -> DeviceId {
        let id = DeviceId(self.members.len());
        let capabilities = settings.capabilities.clone();
        let base = BaseInterface {
            name: settings.base_name.clone(),
            address: capabilities.address,
            kind: settings.base,
            up: false,
        };
        let radio = self.air.add_radio(settings);
        let mut seed = [0; 32];
        let (first, second) = seed.split_at_mut(16);
        first.fill(id.0 as u8 + 1);
        second.iter_mut().zip(self.seed.to_le_bytes()).for_each(|(to, from)| *to = from);
        let rng = Box::new(ChaCha12Rng::from_seed(seed));
        let mut device = Device::new(config, capabilities, base, rng);
        device.start(self.now());
        self.members.push(Member { radio, device, resting_until: Duration::ZERO, data: VecDeque::new() });
        self.drain(id.0);
        id
    }

    /// The time.
    pub fn now(&self) -> Duration {
        self.air.now()
    }

    /// The medium.
    pub fn air(&self) -> &Air {
        &self.air
    }

    /// The medium, to change it or to interfere.
    pub fn air_mut(&mut self) -> &mut Air {
        &mut self.air
    }

    /// All devices.
    pub fn ids(&self) -> impl Iterator<Item = DeviceId> + use<> {
        (0..self.members.len()).map(DeviceId)
    }

    /// A device. Panics for one of another world.
    pub fn device(&self, id: DeviceId) -> &Device {
        &self.members[id.0].device
    }

    /// A device, to tell it of stored groups. Panics for one of another world.
    pub fn device_mut(&mut self, id: DeviceId) -> &mut Device {
        &mut self.members[id.0].device
    }

    /// Its radio. Panics for a device of another world.
    pub fn radio(&self, id: DeviceId) -> RadioId {
        self.members[id.0].radio
    }

    /// Its P2P device address. Panics for a device of another world.
    pub fn address(&self, id: DeviceId) -> MacAddr {
        self.device(id).address()
    }

    /// The group that runs on a device, if one does.
    pub fn group(&self, id: DeviceId) -> Option<GroupInfo> {
        self.device(id).groups().into_iter().find(|g| g.started)
    }

    /// Everything that devices have told, in order.
    pub fn told(&self) -> &[Told] {
        &self.told
    }

    /// What one device has told, in order.
    pub fn told_by(&self, id: DeviceId) -> impl Iterator<Item = &Event> {
        self.told.iter().filter(move |t| t.by == id).map(|t| &t.event)
    }

    /// Takes everything that devices have told, in order, for worlds that live long: nothing of it is kept.
    pub fn take_told(&mut self) -> Vec<Told> {
        self.shown = 0;
        core::mem::take(&mut self.told)
    }

    /// How often a device, asked at its deadline again and again, left that in the past: 0 unless it has a fault.
    pub fn spins(&self) -> u64 {
        self.spins
    }

    /// Asks a device for something.
    ///
    /// # Errors
    /// As [`Device::request`].
    pub fn request(&mut self, id: DeviceId, request: Request) -> Result<Reply, Error> {
        let now = self.now();
        let result = self.device_mut(id).request(now, request);
        self.drain(id.0);
        result
    }

    /// Has a device's radio report something of itself that this air knows nothing of: what others do on the same radio.
    pub fn report(&mut self, id: DeviceId, event: radio::Event) {
        let now = self.now();
        self.device_mut(id).handle_input(now, event);
        self.drain(id.0);
    }

    /// Ends a device: its groups and their interfaces are given back.
    pub fn stop(&mut self, id: DeviceId) {
        let now = self.now();
        self.device_mut(id).stop(now);
        self.drain(id.0);
    }

    /// Sends data through a group's network interface.
    ///
    /// # Errors
    /// As [`Air::send_data`]; `ENODEV` (19) for a group that is not there.
    pub fn send(&mut self, id: DeviceId, group: GroupId, to: MacAddr, payload: &[u8]) -> Result<(), Refused> {
        /// EtherType for local experiments (IEEE 802-2014 §9.2.3).
        const EXPERIMENT: u16 = 0x88b5;
        let no_group = Refused { errno: 19, text: "no such group".into() };
        let iface = self.device(id).interface_of_group(group).ok_or(no_group)?;
        let radio = self.radio(id);
        self.air.send_data(radio, iface, to, EXPERIMENT, payload)
    }

    /// The next data frame that has reached a device's host.
    pub fn receive(&mut self, id: DeviceId) -> Option<DataFrame> {
        self.members.get_mut(id.0)?.data.pop_front()
    }

    /// Lets time pass until `until`, or until `user`, who is shown each event as it comes and may make requests, breaks off.
    /// Returns whether that happened. Events that came in the meantime are shown first.
    pub fn run(
        &mut self,
        until: Duration,
        mut user: impl FnMut(&mut Self, DeviceId, &Event) -> ControlFlow<()>,
    ) -> bool {
        loop {
            while let Some(told) = self.told.get(self.shown).cloned() {
                self.shown += 1;
                if user(self, told.by, &told.event).is_break() {
                    return true;
                }
            }
            if !self.step(until) {
                return false;
            }
        }
    }

    /// Lets this much time pass.
    pub fn run_for(&mut self, time: Duration) {
        self.run(self.now() + time, |_, _, _| ControlFlow::Continue(()));
    }

    /// Lets time pass until `done`, asked after each event, or until this much has passed. Returns whether `done`.
    pub fn run_until(&mut self, within: Duration, mut done: impl FnMut(&Self) -> bool) -> bool {
        let until = self.now() + within;
        done(self)
            || self
                .run(until, |world, _, _| if done(world) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
            || done(self)
    }

    /// Lets time pass until every device is ready, which takes some milliseconds. Returns whether all are.
    pub fn get_ready(&mut self) -> bool {
        let until = self.now() + READY;
        while !self.members.iter().all(|m| m.device.is_ready()) {
            if !self.step(until) {
                return false;
            }
        }
        true
    }

    /// When the next thing happens, if nobody makes a request before.
    pub fn next_deadline(&self) -> Option<Duration> {
        let wakes = self.members.iter().filter_map(|m| m.device.poll_timeout().map(|at| at.max(m.resting_until)));
        wakes.chain(self.air.next_deadline()).min()
    }

    /// Lets the next thing happen, if that is not after `until`, which else becomes the time.
    fn step(&mut self, until: Duration) -> bool {
        let next = self.next_deadline().filter(|at| *at <= until);
        self.air.advance(next.unwrap_or(until));
        let now = self.now();
        for index in 0..self.members.len() {
            self.carry_up(index, now);
        }
        next.is_some()
    }

    /// Gives a device what its radio reports, and the time.
    fn carry_up(&mut self, index: usize, now: Duration) {
        let Some(member) = self.members.get_mut(index) else { return };
        while let Some(event) = self.air.poll_event(member.radio) {
            member.device.handle_input(now, event);
        }
        while let Some(data) = self.air.poll_data(member.radio) {
            member.data.push_back(data);
        }
        let due = |device: &Device| device.poll_timeout().is_some_and(|at| at <= now);
        if member.resting_until <= now {
            for _ in 0..SPINS {
                if due(&member.device) {
                    member.device.handle_timeout(now);
                }
            }
            if due(&member.device) {
                member.resting_until = now + REST;
                self.spins += 1;
            }
        }
        self.drain(index);
    }

    /// Carries down what a device wants, and notes what it says.
    fn drain(&mut self, index: usize) {
        let Some(member) = self.members.get_mut(index) else { return };
        let at = self.air.now();
        while let Some(output) = member.device.poll_output() {
            match output {
                Output::Command(id, command) => self.air.command(member.radio, id, command),
                Output::Event(event) => self.told.push(Told { at, by: DeviceId(index), event }),
            }
        }
    }
}

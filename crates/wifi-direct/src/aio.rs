//! The device on the kernel's nl80211, for async programs: [`WifiDirect`].

use crate::api::{Config, Error, Event, Reply, Request};
use crate::device::{BaseInterface, Device, Output};
use crate::plan;
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use core::time::Duration;
use nl80211_driver::Driver;
pub use nl80211_driver::{
    AddedInterface, Arrival, Arrivals, Error as OpenError, Feature, Options as OpenOptions, inspect,
};
use rand_chacha::ChaCha12Rng;
use rand_core::SeedableRng;
use std::time::Instant;

/// How long [`WifiDirect::close`] waits for the kernel to take groups and interfaces away; what is left by then goes with
/// the sockets.
const CLOSE: Duration = Duration::from_secs(2);

/// A Wi-Fi Direct device on a Wi-Fi card. Needs a tokio runtime with timers and I/O.
///
/// Nothing happens unless [`WifiDirect::event`] is awaited: it drives sockets and timers and is cancel-safe, so it can stand in
/// a `select!` beside the program's other work.
pub struct WifiDirect {
    device: Device,
    driver: Driver,
    started: Instant,
    events: VecDeque<Event>,
}

impl WifiDirect {
    /// Opens the radio that carries `ifname` and makes what discovery needs.
    ///
    /// # Errors
    /// When there is no such interface, it is no Wi-Fi interface, another process uses the radio for P2P, or the kernel
    /// refuses (see [`OpenError`]).
    pub async fn open(ifname: &str, mut config: Config, options: OpenOptions) -> Result<Self, OpenError> {
        let (mut driver, capabilities, base) = Driver::open(ifname, options).await?;
        let cleared = if config.station_only { Ok(Vec::new()) } else { driver.clear_leftovers().await };
        match cleared {
            Ok(removed) => {
                for name in removed {
                    tracing::info!(interface = %name, "removed an interface that a dead process left behind");
                }
            }
            // Whoever has it registers for P2P frames there whether it speaks P2P or not, as wpa_supplicant does.
            Err(OpenError::InUse { name, .. }) if name == base.name && plan::holds_second_station(&capabilities) => {
                tracing::warn!("{name} is another process's: P2P gets an interface of its own");
                config.leave_base = true;
            }
            Err(error) => return Err(error),
        }
        let base = BaseInterface { name: base.name, address: base.address, kind: base.kind, up: base.up };
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|e| OpenError::Socket {
            what: "drawing randomness",
            error: std::io::Error::other(e.to_string()),
        })?;
        let rng = Box::new(ChaCha12Rng::from_seed(seed));
        let device = Device::new(config, capabilities, base, rng);
        let mut this = Self { device, driver, started: Instant::now(), events: VecDeque::new() };
        let now = this.now();
        this.device.start(now);
        while !this.device.is_ready() && this.device.failure().is_none() {
            this.step().await;
        }
        match this.device.failure() {
            Some(refused) => {
                Err(OpenError::Refused { what: "the interface for P2P discovery", refused: refused.clone() })
            }
            None => Ok(this),
        }
    }

    /// Asks the device for something; the answer is at once, the outcome comes as events.
    ///
    /// # Errors
    /// When the request cannot be begun; see [`Error`].
    pub fn request(&mut self, request: Request) -> Result<Reply, Error> {
        let now = self.now();
        let result = self.device.request(now, request);
        self.drain();
        result
    }

    /// The next thing that the device has to tell.
    pub async fn event(&mut self) -> Event {
        loop {
            self.drain();
            if let Some(event) = self.events.pop_front() {
                return event;
            }
            self.step().await;
        }
    }

    /// The device, for its queries.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The device, to tell it of stored groups.
    pub fn device_mut(&mut self) -> &mut Device {
        &mut self.device
    }

    /// Time since the device was opened, on the clock that its queries take.
    pub fn now(&self) -> Duration {
        self.started.elapsed()
    }

    /// Ends all groups, tells their members, and gives back what was made.
    pub async fn close(mut self) {
        let _ = self.request(Request::RemoveAllGroups);
        let now = self.now();
        self.device.stop(now);
        self.drain();
        let _ = tokio::time::timeout(CLOSE, async {
            while !self.device.is_stopped() {
                self.step().await;
            }
        })
        .await;
    }

    /// Waits for the radio or the clock once, whether or not events are there to be taken.
    async fn step(&mut self) {
        self.drain();
        let deadline = self.device.poll_timeout().map(|at| self.started + at);
        let clock = async {
            match deadline {
                Some(at) => tokio::time::sleep_until(at.into()).await,
                None => core::future::pending().await,
            }
        };
        let input = tokio::select! {
            event = self.driver.event() => Some(event),
            () = clock => None,
        };
        let now = self.now();
        match input {
            Some(event) => {
                tracing::trace!(?event, "radio");
                self.device.handle_input(now, event);
            }
            None => self.device.handle_timeout(now),
        }
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.device.poll_output() {
            match output {
                Output::Command(id, command) => {
                    tracing::trace!(?id, ?command, "to the radio");
                    self.driver.command(id, command);
                }
                Output::Event(event) => self.events.push_back(event),
            }
        }
    }
}

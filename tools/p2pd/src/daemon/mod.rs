//! The daemon: its interfaces and sockets, and the loop that serves them.

mod configuration;
mod global;
mod requests;
mod unit;
mod uplink;

use crate::backend::{Backend, Opener, Radio};
use crate::cli::{InterfaceOptions, Options, valid_ifname};
use crate::commands;
use crate::config::ConfigError;
use crate::control::{BindError, Control, ControlSocket, MAX_REQUEST, RETRY, Received, remove_leftovers};
use crate::events::{self, Context, Known, Line, Scope};
use crate::interface::{Interface, p2p_device_name};
use crate::log::Log;
use configuration::{read_configuration, say_plan};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};
use thiserror::Error;
use unit::{Unit, next_event};
use uplink::Uplink;
use wifi_direct::Arrival;
use wifi_direct::api::{Event, GroupEvent, Request, StationEvent, StationRequest};

/// Longest that an end waits for its groups to be removed: the kernel answers at once, a dead driver never does.
const STOP_PATIENCE: Duration = Duration::from_secs(5);

/// The word for monitors that their socket goes.
const TERMINATING: &str = "CTRL-EVENT-TERMINATING ";

/// The pause before an interface that is back, but could not be started, is tried again; twice as long each time, …
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// … at most so many times (a minute in all).
const MAX_TRIES: u32 = 6;

/// Why an interface or the daemon could not be started.
#[derive(Debug, Error)]
pub enum StartError {
    /// Its configuration file.
    #[error("{0}")]
    Config(#[from] ConfigError),
    /// A control socket.
    #[error("control socket: {0}")]
    Bind(#[from] BindError),
    /// The radio.
    #[error("{ifname}: {reason}")]
    Radio {
        /// The interface.
        ifname: String,
        /// Why, for people.
        reason: String,
    },
    /// It is there already, or no name of an interface.
    #[error("{0}: not an interface name, or started already")]
    Name(String),
}

/// An interface that was served until it, or its radio, was taken away.
struct Lost {
    options: InterfaceOptions,
    /// The number of an interface of this name that could not be started.
    tried: Option<u32>,
    /// How often it was tried.
    tries: u32,
    /// When it is tried again although nothing has come anew.
    again: Option<tokio::time::Instant>,
}

impl Lost {
    fn new(options: InterfaceOptions) -> Self {
        Self { options, tried: None, tries: 0, again: None }
    }

    /// It could not be started: a radio that has just come may not be ready, so that it is tried again, later each time.
    fn failed(&mut self, ifindex: u32) {
        if self.tried.replace(ifindex) != Some(ifindex) {
            self.tries = 0;
        }
        let pause = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(self.tries));
        self.again = (self.tries < MAX_TRIES).then(|| tokio::time::Instant::now() + pause);
        self.tries += 1;
    }
}

/// What the loop met.
enum Step {
    Request(Received),
    Event(usize, Event),
    Arrival(Arrival),
    TryAgain,
    Retry,
    Stop,
}

/// The daemon.
pub struct Daemon<O: Opener> {
    opener: O,
    options: Options,
    log: Log,
    control: Control,
    units: Vec<Unit<O::Backend>>,
    /// Those that are served again when they are back.
    lost: Vec<Lost>,
    /// The uplinks of groups that monitors know of.
    uplinks: Vec<Uplink>,
    stopping: bool,
}

impl<O: Opener> Daemon<O> {
    /// Starts what the options ask for. When it is back, all sockets are there.
    pub async fn start(options: Options, opener: O, log: Log) -> Result<Self, StartError> {
        let (control, units, lost) = (Control::default(), Vec::new(), Vec::new());
        let uplinks = Vec::new();
        let mut daemon = Self { opener, log, control, units, lost, uplinks, stopping: false, options };
        for word in &daemon.options.without_effect {
            tracing::info!("option {word} is accepted and changes nothing");
        }
        if let Some(name) = daemon.options.global.clone() {
            let group = daemon.options.global_group.clone();
            daemon.control.add(ControlSocket::bind_global(&name, group.as_deref())?);
        }
        for interface in daemon.options.interfaces.clone() {
            if let Err(error) = daemon.add_interface(&interface).await {
                daemon.stop().await;
                return Err(error);
            }
            if daemon.options.wait_for_monitor {
                daemon.await_monitor(&interface.ifname).await;
            }
        }
        Ok(daemon)
    }

    /// Serves until `stop` is there or TERMINATE comes; then ends everything in order. An interface whose radio is taken away
    /// is served again when one of its name is back.
    pub async fn run(mut self, stop: impl Future<Output = ()>) {
        let mut stop = pin!(stop);
        // One octet more than a request may have, to see which are too long.
        let mut buffer = vec![0; MAX_REQUEST + 1];
        while !self.stopping {
            // A flood on one side lets the runtime look at the others.
            tokio::task::consume_budget().await;
            let waiting = self.control.is_waiting();
            let again = self.lost.iter().filter_map(|lost| lost.again).min();
            let again_at = again.unwrap_or_else(tokio::time::Instant::now);
            let step = tokio::select! {
                () = &mut stop => Step::Stop,
                request = self.control.receive(&mut buffer) => Step::Request(request),
                (unit, event) = next_event(&mut self.units) => Step::Event(unit, event),
                arrival = self.opener.arrival(), if !self.lost.is_empty() => Step::Arrival(arrival),
                () = tokio::time::sleep_until(again_at), if again.is_some() => Step::TryAgain,
                () = tokio::time::sleep(RETRY), if waiting => Step::Retry,
            };
            match step {
                Step::Stop => break,
                Step::Retry => self.control.flush(),
                Step::Request(request) => self.answer(request).await,
                Step::Event(unit, Event::RadioGone) => self.lose(unit).await,
                Step::Arrival(arrival) => self.arrived(arrival).await,
                Step::TryAgain => self.try_again().await,
                Step::Event(unit, event) => self.handle(unit, &event),
            }
        }
        self.stop().await;
    }

    async fn lose(&mut self, unit: usize) {
        self.handle(unit, &Event::RadioGone);
        if unit < self.units.len() {
            let unit = self.units.remove(unit);
            tracing::error!("{}: the radio is gone; waiting for its return", unit.interface.ifname);
            // Clients that hold the socket try to come back when they hear this.
            // The daemon goes on: its global socket's monitors are told nothing of the kind.
            for name in unit.names() {
                publish(&mut self.control, &unit.interface, &Line::new(Scope::Socket(name), TERMINATING));
            }
            self.control.flush();
            let options = unit.options.clone();
            self.close(unit).await;
            // It may be there still, or again: what there is is told anew.
            self.opener.listen_anew();
            self.lost.push(Lost::new(options));
        }
    }

    /// Serves an interface again that was lost, in its state after a start.
    async fn arrived(&mut self, arrival: Arrival) {
        let Arrival { ifindex, name } = arrival;
        let Some(name) = name else {
            for lost in self.lost.iter_mut().filter(|lost| lost.tried == Some(ifindex)) {
                (lost.tried, lost.again) = (None, None);
            }
            return;
        };
        let back = |lost: &Lost| lost.options.ifname == name && lost.tried != Some(ifindex);
        if let Some(at) = self.lost.iter().position(back) {
            self.serve_again(at, ifindex).await;
        }
    }

    /// Tries those again whose time has come.
    async fn try_again(&mut self) {
        let now = tokio::time::Instant::now();
        let due = |lost: &Lost| lost.again.is_some_and(|at| at <= now);
        while let Some(at) = self.lost.iter().position(due) {
            let ifindex = self.lost.get(at).and_then(|lost| lost.tried).unwrap_or_default();
            self.serve_again(at, ifindex).await;
        }
    }

    async fn serve_again(&mut self, at: usize, ifindex: u32) {
        let mut lost = self.lost.remove(at);
        let name = lost.options.ifname.clone();
        match self.add_interface(&lost.options).await {
            Ok(()) => tracing::info!("{name}: the radio is back"),
            Err(error) => {
                lost.failed(ifindex);
                match lost.again {
                    Some(_) => tracing::warn!("{error}; {name} is tried again"),
                    None => tracing::error!("{error}; {name} is tried again when it comes anew, or by INTERFACE_ADD"),
                }
                self.lost.push(lost);
            }
        }
    }

    /// Ends all groups and interfaces, tells monitors, and removes the sockets.
    async fn stop(&mut self) {
        for unit in 0..self.units.len() {
            self.remove_groups(unit).await;
        }
        for unit in &self.units {
            for name in unit.names() {
                publish(&mut self.control, &unit.interface, &Line::new(Scope::Interface(name), TERMINATING));
            }
        }
        self.control.flush();
        while let Some(unit) = self.units.pop() {
            self.close(unit).await;
        }
        self.control.clear();
    }

    async fn remove_groups(&mut self, unit: usize) {
        let busy = |daemon: &Self| {
            daemon.units.get(unit).is_some_and(|u| !u.groups.is_empty() || !u.radio.groups().is_empty())
        };
        if let Some(unit) = self.units.get_mut(unit) {
            // A refusal shows below: nothing is removed.
            let _ = unit.radio.request(Request::RemoveAllGroups);
        }
        let patience = tokio::time::sleep(STOP_PATIENCE);
        let mut patience = pin!(patience);
        while busy(self) {
            let Some(removing) = self.units.get_mut(unit) else { return };
            let event = tokio::select! {
                event = removing.radio.event() => event,
                () = &mut patience => {
                    tracing::error!("{}: its groups were not removed in time", removing.interface.ifname);
                    return;
                }
            };
            let gone = event == Event::RadioGone;
            self.handle(unit, &event);
            if gone {
                return;
            }
        }
        // What had been queued behind the last removal.
        while let Some(event) = self.ready_event(unit).await {
            let gone = event == Event::RadioGone;
            self.handle(unit, &event);
            if gone {
                return;
            }
        }
    }

    /// An event that is there already.
    async fn ready_event(&mut self, unit: usize) -> Option<Event> {
        let unit = self.units.get_mut(unit)?;
        let mut event = pin!(unit.radio.event());
        poll_fn(|cx| match event.as_mut().poll(cx) {
            Poll::Ready(event) => Poll::Ready(Some(event)),
            Poll::Pending => Poll::Ready(None),
        })
        .await
    }

    async fn close(&mut self, unit: Unit<O::Backend>) {
        for name in unit.names() {
            self.control.remove(&name);
        }
        unit.radio.close().await;
    }

    /// Whether this can be the name of an interface that is not served yet.
    fn is_new(&self, ifname: &str) -> bool {
        valid_ifname(ifname) && !self.units.iter().any(|u| u.owns(ifname))
    }

    /// Starts an interface.
    async fn add_interface(&mut self, options: &InterfaceOptions) -> Result<(), StartError> {
        let ifname = options.ifname.clone();
        if !self.is_new(&ifname) {
            return Err(StartError::Name(ifname));
        }
        let mut interface = read_configuration(options, self.options.override_control.as_deref())?;
        // The socket first: where another daemon answers, its radio is not touched.
        if let Some(place) = &interface.control {
            self.control.add(ControlSocket::bind_interface(&place.directory, place.group.as_deref(), &ifname)?);
        }
        let taken: Vec<String> = self.units.iter().filter(|u| u.has_p2p()).map(Unit::radio_name).collect();
        interface.station_only =
            interface.settings.disabled || (!taken.is_empty() && self.opener.is_on(&ifname, &taken).await);
        let config = interface.device_config();
        if let Some(place) = &interface.control {
            remove_leftovers(&place.directory, &config.group_interface_prefix);
        }
        let opened = self.opener.open(&ifname, config, &self.options.without).await;
        let mut radio = match opened {
            Ok(radio) => radio,
            Err(reason) => {
                self.control.remove(&ifname);
                return Err(StartError::Radio { ifname, reason });
            }
        };
        interface.keep_address(radio.address());
        radio.set_records(interface.records());
        if interface.station_only {
            tracing::info!("{ifname}: a station alone, P2P is not its own");
        } else {
            say_plan(&ifname, radio.capabilities(), interface.settings.config().no_group_interface);
        }
        if radio.on_p2p_device() {
            let name = p2p_device_name(&ifname);
            if let Some(place) = &interface.control {
                match ControlSocket::bind_interface(&place.directory, place.group.as_deref(), &name) {
                    Ok(socket) => self.control.add(socket),
                    Err(error) => {
                        self.control.remove(&ifname);
                        radio.close().await;
                        return Err(error.into());
                    }
                }
            }
            interface.p2p_device_name = Some(name);
        }
        interface.say_unusable_networks();
        let networks = interface.station_networks();
        if !networks.is_empty() {
            // A refusal would show as no connection.
            let _ = radio.request(Request::Station(StationRequest::Networks(networks)));
        }
        self.lost.retain(|lost| lost.options.ifname != ifname);
        self.units.push(Unit { options: options.clone(), interface, radio, groups: Vec::new(), awaited: Vec::new() });
        Ok(())
    }

    /// Waits until a monitor is attached to the interface's socket; whatever else is asked meanwhile is refused.
    async fn await_monitor(&mut self, ifname: &str) {
        let mut buffer = vec![0; MAX_REQUEST + 1];
        tracing::info!("{ifname}: waiting for a monitor");
        loop {
            let Received { endpoint, from, text } = self.control.receive(&mut buffer).await;
            let Some(socket) = self.control.get_mut(&endpoint) else { continue };
            let attached = text == "ATTACH" && socket.attach(&from);
            socket.reply(&from, if attached { commands::OK } else { commands::FAIL });
            if attached && socket.ifname() == Some(ifname) {
                return;
            }
        }
    }

    /// Follows an event and tells it.
    fn handle(&mut self, index: usize, event: &Event) {
        let Some(unit) = self.units.get_mut(index) else { return };
        let interface = &mut unit.interface;
        match event {
            Event::InterfaceAdded { group, interface: name, .. } => {
                unit.groups.push(Known { id: *group, interface: name.clone(), role: None, started: false });
                if !self.control.has(name)
                    && !interface.is_base(name)
                    && let Some(place) = &interface.control
                {
                    match ControlSocket::bind_interface(&place.directory, place.group.as_deref(), name) {
                        Ok(socket) => self.control.add(socket),
                        Err(error) => tracing::error!("{name}: no control socket: {error}"),
                    }
                }
            }
            Event::InterfaceRemoved { group, interface: name, .. } => {
                unit.groups.retain(|g| g.id != *group);
                if !interface.is_base(name) {
                    self.control.remove(name);
                }
            }
            Event::GroupStarted(info) => {
                unit.groups.iter_mut().filter(|g| g.id == info.id).for_each(|g| g.started = true);
            }
            Event::ScanStarted | Event::ScanResults => interface.scanned = true,
            Event::NetworksSeen => {
                let seen = unit.radio.scan_results();
                let changes = interface.networks.update(Instant::now(), seen, interface.settings.seen);
                for line in commands::scan::lines(&interface.ifname, &changes) {
                    publish(&mut self.control, interface, &line);
                }
            }
            Event::Scanned { frequencies, took } => {
                let changes = interface.networks.scanned(frequencies, *took, interface.settings.seen);
                for line in commands::scan::lines(&interface.ifname, &changes) {
                    publish(&mut self.control, interface, &line);
                }
            }
            Event::BaseInterface { up } => interface.up = *up,
            Event::Station(StationEvent::Link(GroupEvent::ScanResults)) => interface.scanned = true,
            Event::Station(StationEvent::NoRoom { network }) => {
                if let Some(block) = interface.file.network_mut(network.0) {
                    // A number is a value of that key.
                    let _ = block.set("disabled", "1");
                }
                let _ = unit.radio.request(Request::Station(StationRequest::Networks(interface.station_networks())));
            }
            Event::Station(StationEvent::Credential { .. }) if !interface.settings.credentials.kept() => {}
            Event::Station(StationEvent::Credential { ssid, protection }) => {
                interface.keep_network(ssid, protection);
                let networks = StationRequest::Networks(interface.station_networks());
                // It is taken whatever the station does just now.
                let _ = unit.radio.request(Request::Station(networks));
            }
            Event::Save(record) => {
                let changed = interface.store(record).is_some();
                records_changed(changed, interface, &mut unit.radio);
            }
            Event::Forget(record) => {
                let changed = interface.file.remove_network(record.0);
                records_changed(changed, interface, &mut unit.radio);
            }
            Event::ConnectFailed { peer, phase, cause } => {
                tracing::info!("{}: connection to {peer} failed in {phase:?}: {cause}", interface.ifname);
            }
            Event::FormationFailure { phase, cause } => {
                tracing::info!("{}: group formation failed in {phase:?}: {cause}", interface.ifname);
            }
            _ => {}
        }
        unit.refresh_roles();
        self.tell_lost_uplinks();
        let Some(unit) = self.units.get(index) else { return };
        for line in events::lines(&Context::new(&unit.interface, &unit.groups), event) {
            publish(&mut self.control, &unit.interface, &line);
        }
        self.tell_new_uplinks();
    }
}

/// After a stored group came, changed or went: the file and the radio follow.
fn records_changed(changed: bool, interface: &Interface, radio: &mut impl Radio) {
    if changed {
        interface.write_after_change();
        radio.set_records(interface.records());
    }
}

/// Tells an event line to monitors and the log.
fn publish(control: &mut Control, interface: &Interface, line: &Line) {
    control.publish(interface, line);
    let text = line.logged.as_ref().unwrap_or(&line.text);
    match &line.scope {
        _ if line.level < events::INFO => tracing::debug!("{text}"),
        // These come many times a minute, or as often as strangers like.
        Scope::Interface(name) if text.starts_with("CTRL-EVENT-SCAN-") || text.starts_with("RX-PROBE-REQUEST") => {
            tracing::debug!("{name}: {text}");
        }
        Scope::Interface(name) | Scope::Socket(name) => tracing::info!("{name}: {text}"),
        Scope::Device | Scope::DeviceCopy => tracing::info!("{text}"),
    }
}

//! The daemon: its interfaces and sockets, and the loop that serves them.

use crate::backend::{Backend, Opener, Radio};
use crate::cli::{InterfaceOptions, Options, valid_ifname};
use crate::commands::{self, FAIL, OK, Session, UNKNOWN};
use crate::config::{ConfigError, ConfigFile, Settings};
use crate::control::{
    Address, BindError, Control, ControlSocket, Endpoint, MAX_REQUEST, RETRY, Received, remove_leftovers,
};
use crate::events::{self, Context, Known, Line, Scope};
use crate::interface::{ControlPlace, Interface, p2p_device_name};
use crate::log::Log;
use crate::words::state_name;
use std::future::{Future, poll_fn};
use std::path::PathBuf;
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};
use thiserror::Error;
use wifi_direct::Arrival;
use wifi_direct::api::{Event, GroupEvent, Request};

/// Longest that an end waits for its groups to be removed: the kernel answers at once, a dead driver never does.
const STOP_PATIENCE: Duration = Duration::from_secs(5);
/// Longest wait for what the radio knows of stations: the kernel answers at once.
const RADIO_PATIENCE: Duration = Duration::from_secs(1);
/// Longest reply of the global socket's own commands, octets (section 4.2 of the contract).
const MAX_GLOBAL_REPLY: usize = 2048;
/// What a global request for an unknown interface is answered.
const NO_INTERFACE: &str = "FAIL-NO-IFNAME-MATCH\n";

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
}

/// An interface with its radio.
struct Unit<B> {
    options: InterfaceOptions,
    interface: Interface,
    radio: B,
    groups: Vec<Known>,
}

impl<B: Backend> Unit<B> {
    /// Whether `name` is one of its interfaces.
    fn owns(&self, name: &str) -> bool {
        self.interface.is_base(name) || self.groups.iter().any(|g| g.interface == name)
    }

    /// The names of its interfaces, the latest first, as wpa_supplicant lists them.
    fn names(&self) -> Vec<String> {
        let groups = self.groups.iter().rev().map(|g| g.interface.clone());
        let mut names: Vec<String> = groups.filter(|n| !self.interface.is_base(n)).collect();
        names.extend(self.interface.p2p_device_name.clone());
        names.push(self.interface.ifname.clone());
        names
    }

    /// Answers a request to one of its interfaces.
    fn command(&mut self, control: &mut Control, on: &str, text: &str) -> String {
        let mut session = Session { radio: &mut self.radio, interface: &mut self.interface, on, told: Vec::new() };
        let reply = commands::interface_command(&mut session, text);
        for line in std::mem::take(&mut session.told) {
            publish(control, &self.interface, &line);
        }
        reply
    }

    /// Groups whose part was not known when their interface was made have one now.
    fn refresh_roles(&mut self) {
        if self.groups.iter().all(|g| g.role.is_some()) {
            return;
        }
        for info in self.radio.groups() {
            // One that is not decided yet has neither.
            let decided = info.frequency != 0 || !info.ssid.is_empty();
            if let Some(known) = self.groups.iter_mut().find(|g| g.id == info.id && decided) {
                known.role = Some(info.role);
            }
        }
    }
}

/// A request without the `IFNAME=` in front of it.
fn without_interface(text: &str) -> &str {
    let rest = text.strip_prefix("IFNAME=").and_then(|rest| rest.split_once(' '));
    rest.map_or(text, |(_, command)| command)
}

/// What the loop met.
enum Step {
    Request(Received),
    Event(usize, Event),
    Arrival(Arrival),
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
    stopping: bool,
}

impl<O: Opener> Daemon<O> {
    /// Starts what the options ask for. When it is back, all sockets are there.
    pub async fn start(options: Options, opener: O, log: Log) -> Result<Self, StartError> {
        let (control, units, lost) = (Control::default(), Vec::new(), Vec::new());
        let mut daemon = Self { opener, log, control, units, lost, stopping: false, options };
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
            let step = tokio::select! {
                () = &mut stop => Step::Stop,
                request = self.control.receive(&mut buffer) => Step::Request(request),
                (unit, event) = next_event(&mut self.units) => Step::Event(unit, event),
                arrival = self.opener.arrival(), if !self.lost.is_empty() => Step::Arrival(arrival),
                () = tokio::time::sleep(RETRY), if waiting => Step::Retry,
            };
            match step {
                Step::Stop => break,
                Step::Retry => self.control.flush(),
                Step::Request(request) => self.answer(request).await,
                Step::Event(unit, Event::RadioGone) => self.lose(unit).await,
                Step::Arrival(arrival) => self.arrived(arrival).await,
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
            for name in unit.names() {
                publish(&mut self.control, &unit.interface, &terminating(name));
            }
            self.control.flush();
            let options = unit.options.clone();
            self.close(unit).await;
            self.lost.push(Lost { options, tried: None });
        }
    }

    /// Serves an interface again that was lost, in its state after a start.
    async fn arrived(&mut self, arrival: Arrival) {
        let Arrival { ifindex, name } = arrival;
        let Some(name) = name else {
            self.lost.iter_mut().filter(|lost| lost.tried == Some(ifindex)).for_each(|lost| lost.tried = None);
            return;
        };
        let back = |lost: &Lost| lost.options.ifname == name && lost.tried != Some(ifindex);
        let Some(at) = self.lost.iter().position(back) else { return };
        let mut lost = self.lost.remove(at);
        match self.add_interface(&lost.options).await {
            Ok(()) => tracing::info!("{name}: the radio is back"),
            Err(error) => {
                tracing::error!("{error}; {name} is tried again when it comes anew, or by INTERFACE_ADD");
                lost.tried = Some(ifindex);
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
                publish(&mut self.control, &unit.interface, &terminating(name));
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

    /// Starts an interface.
    async fn add_interface(&mut self, options: &InterfaceOptions) -> Result<(), StartError> {
        let ifname = options.ifname.clone();
        if !valid_ifname(&ifname) || self.units.iter().any(|u| u.owns(&ifname)) {
            return Err(StartError::Name(ifname));
        }
        let mut interface = read_configuration(options, self.options.override_control.as_deref())?;
        // The socket first: where another daemon answers, its radio is not touched.
        if let Some(place) = &interface.control {
            self.control.add(ControlSocket::bind_interface(&place.directory, place.group.as_deref(), &ifname)?);
        }
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
        radio.set_records(interface.records());
        say_plan(&ifname, radio.capabilities(), interface.settings.config().no_group_interface);
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
        self.lost.retain(|lost| lost.options.ifname != ifname);
        self.units.push(Unit { options: options.clone(), interface, radio, groups: Vec::new() });
        Ok(())
    }

    /// Follows an event and tells it.
    fn handle(&mut self, index: usize, event: &Event) {
        let Some(unit) = self.units.get_mut(index) else { return };
        let interface = &mut unit.interface;
        match event {
            Event::InterfaceAdded { group, interface: name, .. } => {
                unit.groups.push(Known { id: *group, interface: name.clone(), role: None });
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
            Event::ScanStarted | Event::ScanResults => interface.scanned = true,
            Event::NetworksSeen => {
                let changes = interface.networks.update(Instant::now(), unit.radio.scan_results());
                for line in commands::scan::lines(&interface.ifname, &changes) {
                    publish(&mut self.control, interface, &line);
                }
            }
            Event::BaseInterface { up } => interface.up = *up,
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
        for line in events::lines(&Context::new(&unit.interface, &unit.groups), event) {
            publish(&mut self.control, &unit.interface, &line);
        }
    }

    async fn answer(&mut self, received: Received) {
        let Received { socket, from, text } = received;
        let Some(endpoint) = self.control.get_mut(socket).map(|s| s.endpoint().clone()) else { return };
        tracing::debug!("control request {:?}", text.split(' ').next().unwrap_or_default());
        if commands::shows_stations(without_interface(&text)) {
            self.query_stations(&endpoint, &text).await;
        }
        // A group may have ended meanwhile, and its socket's end changes the places of others.
        let Some(socket) = self.control.place(&endpoint) else { return };
        let reply = match self.attachment(socket, &from, &text, &endpoint) {
            Some(reply) => reply,
            None => match &endpoint {
                Endpoint::Global => self.global_request(&text).await,
                Endpoint::Interface(name) => self.interface_request(name, &text),
            },
        };
        self.control.reply(socket, &from, &reply);
    }

    /// Has the radio say what it knows of the stations of the interface that a request is for.
    async fn query_stations(&mut self, endpoint: &Endpoint, text: &str) {
        let named = text.strip_prefix("IFNAME=").and_then(|rest| rest.split(' ').next());
        let name = match (endpoint, named) {
            (Endpoint::Interface(name), _) => Some(name.as_str()),
            (Endpoint::Global, Some(name)) => Some(name),
            (Endpoint::Global, None) => None,
        };
        let index = name.map_or(Some(0), |name| self.units.iter().position(|unit| unit.owns(name)));
        let Some((index, unit)) = index.and_then(|index| Some((index, self.units.get_mut(index)?))) else { return };
        let name = name.unwrap_or(unit.interface.p2p_name());
        let Some(group) = unit.radio.groups().into_iter().find(|group| group.interface == name) else { return };
        if unit.radio.request(Request::QueryStations(group.id)).is_err() {
            return;
        }
        let patience = tokio::time::sleep(RADIO_PATIENCE);
        let mut patience = pin!(patience);
        while let Some(unit) = self.units.get_mut(index) {
            let event = tokio::select! {
                event = unit.radio.event() => event,
                () = &mut patience => return tracing::warn!("the radio does not answer for its stations"),
            };
            let answered = matches!(
                &event,
                Event::Group { group: of, event: GroupEvent::StationsQueried } if *of == group.id
            );
            if event == Event::RadioGone {
                return self.lose(index).await;
            }
            self.handle(index, &event);
            if answered || matches!(event, Event::InterfaceRemoved { group: of, .. } if of == group.id) {
                return;
            }
        }
    }

    /// ATTACH, DETACH and LEVEL, which concern a socket and its client.
    fn attachment(&mut self, socket: usize, from: &Address, text: &str, endpoint: &Endpoint) -> Option<String> {
        let socket = self.control.get_mut(socket)?;
        let done = match text {
            "ATTACH" => socket.attach(from),
            "DETACH" => socket.detach(from),
            _ => {
                let level = text.strip_prefix("LEVEL ").filter(|_| *endpoint != Endpoint::Global)?;
                level.trim().parse().is_ok_and(|level| socket.set_level(from, level))
            }
        };
        Some(if done { OK } else { FAIL }.to_owned())
    }

    /// A request to an interface, by its socket or by `IFNAME=`.
    fn interface_request(&mut self, name: &str, text: &str) -> String {
        if let Some(reply) = self.common_request(text) {
            return reply;
        }
        match self.units.iter_mut().find(|u| u.owns(name)) {
            Some(unit) => unit.command(&mut self.control, name, text),
            None => FAIL.to_owned(),
        }
    }

    /// What sockets of both kinds answer alike.
    fn common_request(&mut self, text: &str) -> Option<String> {
        Some(match text {
            "TERMINATE" => {
                self.stopping = true;
                OK.to_owned()
            }
            "RELOG" => match self.log.reopen() {
                Ok(()) => OK.to_owned(),
                Err(_) => FAIL.to_owned(),
            },
            "SUSPEND" | "RESUME" => OK.to_owned(),
            "INTERFACES" => self.list_interfaces(false),
            // Interfaces that could be added: wpa_supplicant lists them only for drivers other than nl80211.
            "INTERFACE_LIST" => String::new(),
            "LOG_LEVEL" => self.log.show_level(),
            _ => {
                let arguments = text.strip_prefix("LOG_LEVEL ")?;
                let (level, timestamps) = arguments.split_once(' ').unwrap_or((arguments, ""));
                let timestamps = match timestamps {
                    "0" => Some(false),
                    "1" => Some(true),
                    _ => None,
                };
                if self.log.set_level(level, timestamps) { OK } else { FAIL }.to_owned()
            }
        })
    }

    async fn global_request(&mut self, text: &str) -> String {
        let mut reply = match text {
            "PING" => String::from("PONG\n"),
            "STATUS" => self.global_status(),
            "SAVE_CONFIG" => self.save_all(),
            "INTERFACES ctrl" => self.list_interfaces(true),
            // Belongs to the sockets of interfaces alone.
            "LOG_LEVEL" => UNKNOWN.to_owned(),
            _ => match self.common_request(text) {
                Some(reply) => reply,
                None => return self.global_with_arguments(text).await,
            },
        };
        commands::cut(&mut reply, MAX_GLOBAL_REPLY);
        reply
    }

    async fn global_with_arguments(&mut self, text: &str) -> String {
        if let Some(rest) = text.strip_prefix("IFNAME=") {
            let Some((name, command)) = rest.split_once(' ') else {
                return UNKNOWN.to_owned();
            };
            if !self.units.iter().any(|u| u.owns(name)) {
                return NO_INTERFACE.to_owned();
            }
            return self.interface_request(name, command);
        }
        match text.split_once(' ') {
            Some(("INTERFACE_ADD", arguments)) => self.interface_add(arguments).await,
            Some(("INTERFACE_REMOVE", name)) => self.interface_remove(name).await,
            Some(("NOTE", note)) => {
                tracing::info!("NOTE: {}", ieee80211_ies::escape::name(note.as_bytes()));
                OK.to_owned()
            }
            Some(("SET", _)) => self.forward(text).unwrap_or_else(|| FAIL.to_owned()),
            Some(("DUP_NETWORK", arguments)) => self.copy_network(arguments),
            Some(("WFD_SUBELEM_SET" | "WFD_SUBELEM_GET", _)) => FAIL.to_owned(),
            None if text == "MODULE_TESTS" => FAIL.to_owned(),
            _ if commands::is_forwarded(text) => self.forward(text).unwrap_or_else(|| UNKNOWN.to_owned()),
            _ => UNKNOWN.to_owned(),
        }
    }

    /// Hands a request to the interface that has P2P: the first one. `None` when there is none.
    fn forward(&mut self, text: &str) -> Option<String> {
        let unit = self.units.first_mut()?;
        let name = unit.interface.p2p_name().to_owned();
        Some(unit.command(&mut self.control, &name, text))
    }

    fn global_status(&self) -> String {
        let mut out = String::new();
        match self.units.first() {
            Some(unit) if unit.interface.settings.disabled => out.push_str("p2p_state=DISABLED\n"),
            Some(unit) => {
                let state = state_name(unit.radio.state());
                out.push_str(&format!("p2p_device_address={}\np2p_state={state}\n", unit.radio.address()));
            }
            None => {}
        }
        out.push_str("wifi_display=0\n");
        for unit in self.units.iter().rev() {
            let groups = unit.radio.groups();
            for name in unit.names() {
                let address = match groups.iter().find(|g| g.interface == name) {
                    Some(group) => group.address,
                    None if Some(&name) == unit.interface.p2p_device_name.as_ref() => unit.radio.address(),
                    None => unit.radio.capabilities().address,
                };
                out.push_str(&format!("ifname={name}\naddress={address}\n"));
            }
        }
        out
    }

    fn list_interfaces(&self, with_directory: bool) -> String {
        let mut out = String::new();
        for name in self.units.iter().rev().flat_map(Unit::names) {
            out.push_str(&name);
            if with_directory && let Some(directory) = self.control.directory_of(&name) {
                out.push_str(" ctrl_iface=");
                out.push_str(&directory);
            }
            out.push('\n');
        }
        out
    }

    fn save_all(&self) -> String {
        let mut saved = false;
        for unit in &self.units {
            match unit.interface.write() {
                Ok(written) => saved |= written,
                Err(error) => {
                    tracing::error!("{error}");
                    return FAIL.to_owned();
                }
            }
        }
        if saved { OK } else { FAIL }.to_owned()
    }

    /// `DUP_NETWORK from to from-id to-id variable`: copies one variable of a network block to another interface's.
    fn copy_network(&mut self, arguments: &str) -> String {
        let words: Vec<&str> = arguments.split(' ').collect();
        let [from, to, from_id, to_id, key] = words[..] else { return FAIL.to_owned() };
        let unit = |name: &str| self.units.iter().position(|u| u.interface.is_base(name));
        let (Some(from), Some(to)) = (unit(from), unit(to)) else { return FAIL.to_owned() };
        let value = self.units.get(from).and_then(|u| {
            let network = u.interface.file.network(from_id.parse().ok()?)?;
            network.get(key).map(str::to_owned)
        });
        let (Some(value), Some(unit)) = (value, self.units.get_mut(to)) else { return FAIL.to_owned() };
        let network = to_id.parse().ok().and_then(|id| unit.interface.file.network_mut(id));
        match network.map(|network| network.set(key, &value)) {
            Some(Ok(())) => {
                unit.radio.set_records(unit.interface.records());
                OK.to_owned()
            }
            _ => FAIL.to_owned(),
        }
    }

    async fn interface_add(&mut self, arguments: &str) -> String {
        let mut fields = arguments.split('\t').map(|f| (!f.is_empty()).then(|| f.to_owned()));
        let mut next = || fields.next().flatten();
        let (ifname, config, driver, control) = (next(), next(), next(), next());
        let (_parameters, bridge, create) = (next(), next(), next());
        if bridge.is_some() || create.is_some() || driver.is_some_and(|d| !d.split(',').any(|d| d == "nl80211")) {
            tracing::info!("INTERFACE_ADD: bridges, other drivers and making interfaces are not supported");
            return FAIL.to_owned();
        }
        let options = InterfaceOptions {
            ifname: ifname.unwrap_or_default(),
            config: config.map(PathBuf::from),
            control,
            ..InterfaceOptions::default()
        };
        match self.add_interface(&options).await {
            Ok(()) => OK.to_owned(),
            Err(error) => {
                tracing::error!("{error}");
                FAIL.to_owned()
            }
        }
    }

    async fn interface_remove(&mut self, name: &str) -> String {
        let Some(unit) = self.units.iter().position(|u| u.interface.ifname == name) else {
            let before = self.lost.len();
            self.lost.retain(|lost| lost.options.ifname != name);
            return if self.lost.len() < before { OK } else { FAIL }.to_owned();
        };
        self.remove_groups(unit).await;
        let unit = self.units.remove(unit);
        self.close(unit).await;
        OK.to_owned()
    }
}

/// After a stored group came, changed or went: the file and the radio follow.
fn records_changed(changed: bool, interface: &Interface, radio: &mut impl Radio) {
    if changed {
        interface.write_after_change();
        radio.set_records(interface.records());
    }
}

/// The next event of any interface. Dropping the future loses nothing.
async fn next_event<B: Backend>(units: &mut [Unit<B>]) -> (usize, Event) {
    let mut events: Vec<_> = units.iter_mut().map(|unit| Box::pin(unit.radio.event())).collect();
    poll_fn(|cx| {
        for (index, event) in events.iter_mut().enumerate() {
            if let Poll::Ready(event) = event.as_mut().poll(cx) {
                return Poll::Ready((index, event));
            }
        }
        Poll::Pending
    })
    .await
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
        Scope::Interface(name) => tracing::info!("{name}: {text}"),
        Scope::Device | Scope::DeviceCopy => tracing::info!("{text}"),
    }
}

/// Logs what the radio can do for P2P and what it cannot, and why.
fn say_plan(ifname: &str, radio: &radio::Capabilities, on_base: bool) {
    let driver = if radio.driver.is_empty() { "an unnamed driver" } else { &radio.driver };
    tracing::info!("{ifname}: {} under {driver}", radio.name);
    for sentence in radio::Plan::new(radio, on_base).sentences(radio, ifname) {
        tracing::info!("{ifname}: {} {}", if sentence.can { "can" } else { "cannot" }, sentence.text);
    }
}

fn terminating(name: String) -> Line {
    Line::new(Scope::Interface(name), "CTRL-EVENT-TERMINATING ")
}

/// Reads the configuration files of an interface.
fn read_configuration(options: &InterfaceOptions, override_control: Option<&str>) -> Result<Interface, StartError> {
    let path = options.p2p_config.as_ref().or(options.config.as_ref());
    let file = path.map(|p| ConfigFile::read(p)).transpose()?.unwrap_or_default();
    let at_line = |path: &PathBuf, (line, reason)| ConfigError::Line { path: path.clone(), line, reason };
    let mut settings = Settings::default();
    if let Some(path) = path {
        settings.overlay(&file).map_err(|e| at_line(path, e))?;
    }
    if let Some(extra) = &options.extra_config {
        settings.overlay(&ConfigFile::read(extra)?).map_err(|e| at_line(extra, e))?;
    }
    if settings.control.is_none()
        && let (Some(_), Some(station)) = (&options.p2p_config, &options.config)
    {
        // The station's file says where the sockets are when the P2P device's does not.
        settings.control = ConfigFile::read(station)?.get("ctrl_interface").map(str::to_owned);
    }
    let kept: Vec<&str> = file.kept_keys().collect();
    if !kept.is_empty() {
        tracing::info!("{}: kept and without effect: {}", options.ifname, kept.join(" "));
    }
    let written = override_control.or(settings.control.as_deref()).or(options.control.as_deref());
    let control = written.filter(|text| !text.is_empty()).map(|text| {
        let mut place = ControlPlace::parse(text);
        if place.group.is_none() {
            place.group.clone_from(&settings.control_group);
        }
        place
    });
    let mut interface = Interface::new(&options.ifname, file, settings);
    interface.path = path.cloned();
    interface.control = control;
    Ok(interface)
}

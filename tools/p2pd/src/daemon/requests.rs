//! How a request on any socket is answered.

use super::{Daemon, Unit};
use crate::backend::{Backend, Opener, Radio};
use crate::commands::{self, Awaited, FAIL, OK};
use crate::control::{Address, Endpoint, Received};
use std::pin::pin;
use std::time::Duration;
use wifi_direct::api::{Event, GroupEvent, Request, StationEvent, StationRequest};

/// Most events that a request is followed by before its reply: more than any request brings about, so that a flood from the
/// air does not hold a reply up.
const MAX_AT_ONCE: usize = 256;
/// Longest wait for what the radio knows of stations, or for a group's interface: the kernel answers at once.
const RADIO_PATIENCE: Duration = Duration::from_secs(1);

impl<O: Opener> Daemon<O> {
    pub(super) async fn answer(&mut self, received: Received) {
        let Received { endpoint, from, text } = received;
        tracing::debug!("control request {:?}", text.split(' ').next().unwrap_or_default());
        if commands::shows_stations(without_interface(&text)) {
            self.query_stations(&endpoint, &text).await;
        }
        let mut reply = match self.attachment(&endpoint, &from, &text) {
            Some(reply) => reply,
            None => match &endpoint {
                Endpoint::Global => self.global_request(&text).await,
                Endpoint::Interface(name) => self.interface_request(name, &text),
            },
        };
        if !self.interfaces_are_settled().await {
            reply = FAIL.to_owned();
        }
        self.tell_lost_uplinks();
        self.tell_new_uplinks();
        // What the request has brought about at once is told before its reply, as in wpa_supplicant: a program that has the
        // reply of P2P_STOP_FIND or P2P_FLUSH has the events behind it, too.
        let (closing, gone) = self.tell_at_once().await;
        // Its group may have ended meanwhile, and its socket with it.
        if let Some(socket) = self.control.get_mut(&endpoint) {
            socket.reply(&from, &reply);
        }
        if let Some((unit, event)) = closing {
            self.handle(unit, &event);
        }
        if let Some(unit) = gone {
            self.lose(unit).await;
        }
    }

    /// Tells the events that are there already. One that takes a socket away is kept for after the reply, which may be that
    /// socket's, and so is the word that a radio is gone.
    async fn tell_at_once(&mut self) -> (Option<(usize, Event)>, Option<usize>) {
        for unit in 0..self.units.len() {
            for _ in 0..MAX_AT_ONCE {
                let Some(event) = self.ready_event(unit).await else { break };
                match event {
                    Event::RadioGone => return (None, Some(unit)),
                    Event::InterfaceRemoved { .. } => return (Some((unit, event)), None),
                    event => self.handle(unit, &event),
                }
            }
        }
        (None, None)
    }

    /// Has the radio say what it knows of the stations of the interface that a request is for.
    async fn query_stations(&mut self, endpoint: &Endpoint, text: &str) {
        let named = text.strip_prefix("IFNAME=").and_then(|rest| rest.split(' ').next());
        let name = match (endpoint, named) {
            (Endpoint::Interface(name), _) => Some(name.as_str()),
            (Endpoint::Global, Some(name)) => Some(name),
            (Endpoint::Global, None) => None,
        };
        let index = name.map_or_else(|| self.p2p(), |name| self.units.iter().position(|unit| unit.owns(name)));
        let Some((index, unit)) = index.and_then(|index| Some((index, self.units.get_mut(index)?))) else { return };
        let name = name.unwrap_or(unit.interface.p2p_name());
        let group = unit.radio.groups().into_iter().find(|group| group.interface == name).map(|group| group.id);
        let request = match group {
            Some(group) => Request::QueryStations(group),
            None if name == unit.interface.ifname => Request::Station(StationRequest::Query),
            None => return,
        };
        if unit.radio.request(request).is_err() {
            return;
        }
        let answered = |event: &Event| match event {
            Event::Group { group: of, event: GroupEvent::StationsQueried } => Some(*of) == group,
            Event::Station(StationEvent::Queried) => group.is_none(),
            Event::InterfaceRemoved { group: of, .. } => Some(*of) == group,
            _ => false,
        };
        self.handle_until(index, |event| answered(event).then_some(())).await;
    }

    /// Waits until the interfaces that a command has to do with are there, or gone; false where one is not to be had.
    async fn interfaces_are_settled(&mut self) -> bool {
        let awaited = |(index, unit): (usize, &mut Unit<O::Backend>)| {
            (!unit.awaited.is_empty()).then(|| (index, std::mem::take(&mut unit.awaited)))
        };
        let Some((index, awaited)) = self.units.iter_mut().enumerate().find_map(awaited) else { return true };
        let mut settled = true;
        for interface in awaited {
            let (Awaited::Made(group) | Awaited::Gone(group)) = interface;
            // One may be gone by the time that another one is.
            let there = self.units.get(index).is_some_and(|unit| unit.groups.iter().any(|known| known.id == group));
            if matches!(interface, Awaited::Gone(_)) && !there {
                continue;
            }
            let done = |event: &Event| match event {
                Event::InterfaceAdded { group: of, .. } => (*of == group).then_some(true),
                Event::InterfaceRemoved { group: of, .. } => (*of == group).then_some(false),
                _ => None,
            };
            // What a silent radio makes of it shows in events.
            let is_there = self.handle_until(index, done).await.unwrap_or(true);
            settled &= is_there || matches!(interface, Awaited::Gone(_));
        }
        settled
    }

    /// Handles events of an interface until the one that is waited for; `None` where the radio does not answer or is gone.
    async fn handle_until<T>(&mut self, index: usize, wanted: impl Fn(&Event) -> Option<T>) -> Option<T> {
        let patience = tokio::time::sleep(RADIO_PATIENCE);
        let mut patience = pin!(patience);
        loop {
            let unit = self.units.get_mut(index)?;
            let event = tokio::select! {
                event = unit.radio.event() => event,
                () = &mut patience => {
                    tracing::warn!("{}: the radio does not answer", unit.interface.ifname);
                    return None;
                }
            };
            if event == Event::RadioGone {
                self.lose(index).await;
                return None;
            }
            let answer = wanted(&event);
            self.handle(index, &event);
            if answer.is_some() {
                return answer;
            }
        }
    }

    /// ATTACH, DETACH and LEVEL, which concern a socket and its client.
    fn attachment(&mut self, endpoint: &Endpoint, from: &Address, text: &str) -> Option<String> {
        let socket = self.control.get_mut(endpoint)?;
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
    pub(super) fn interface_request(&mut self, name: &str, text: &str) -> String {
        if let Some(reply) = self.common_request(text) {
            return reply;
        }
        let Some(addressed) = self.units.iter().position(|unit| unit.owns(name)) else { return FAIL.to_owned() };
        let p2p = self.p2p();
        let of_another = self.units.get(addressed).is_some_and(|unit| !unit.has_p2p());
        let (index, name) = match p2p.and_then(|index| Some((index, self.units.get(index)?))) {
            Some((index, unit)) if of_another && commands::is_for_p2p(text) => {
                (index, unit.interface.p2p_name().to_owned())
            }
            _ => (addressed, name.to_owned()),
        };
        let own = self.units.get(index).filter(|unit| unit.has_p2p());
        let address = own.or(p2p.and_then(|p2p| self.units.get(p2p))).map(|unit| unit.radio.address());
        match self.units.get_mut(index) {
            Some(unit) => unit.command(&mut self.control, address, &name, text),
            None => FAIL.to_owned(),
        }
    }

    /// The unit that does P2P for the whole daemon: the first that can.
    pub(super) fn p2p(&self) -> Option<usize> {
        self.units.iter().position(Unit::has_p2p)
    }

    /// What sockets of both kinds answer alike.
    pub(super) fn common_request(&mut self, text: &str) -> Option<String> {
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
}

/// A request without the `IFNAME=` in front of it.
fn without_interface(text: &str) -> &str {
    let rest = text.strip_prefix("IFNAME=").and_then(|rest| rest.split_once(' '));
    rest.map_or(text, |(_, command)| command)
}

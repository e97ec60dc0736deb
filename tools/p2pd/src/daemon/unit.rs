//! An interface with its radio, as the daemon serves it.

use super::publish;
use crate::backend::Backend;
use crate::cli::InterfaceOptions;
use crate::commands::{self, Awaited, Session};
use crate::control::Control;
use crate::events::Known;
use crate::interface::Interface;
use ieee80211_ies::MacAddr;
use std::future::poll_fn;
use std::task::Poll;
use wifi_direct::api::Event;

/// An interface with its radio.
pub(super) struct Unit<B> {
    pub(super) options: InterfaceOptions,
    pub(super) interface: Interface,
    pub(super) radio: B,
    pub(super) groups: Vec<Known>,
    /// What the answer to the last command waits for.
    pub(super) awaited: Vec<Awaited>,
}

impl<B: Backend> Unit<B> {
    /// Whether `name` is one of its interfaces.
    pub(super) fn owns(&self, name: &str) -> bool {
        self.interface.is_base(name) || self.groups.iter().any(|g| g.interface == name)
    }

    /// The names of its interfaces, the latest first, as wpa_supplicant lists them.
    pub(super) fn names(&self) -> Vec<String> {
        let groups = self.groups.iter().rev().map(|g| g.interface.clone());
        let mut names: Vec<String> = groups.filter(|n| !self.interface.is_base(n)).collect();
        names.extend(self.interface.p2p_device_name.clone());
        names.push(self.interface.ifname.clone());
        names
    }

    /// Whether it does P2P.
    pub(super) fn has_p2p(&self) -> bool {
        !self.interface.station_only
    }

    /// What its radio is called.
    pub(super) fn radio_name(&self) -> String {
        self.radio.capabilities().name.clone()
    }

    /// Answers a request to one of its interfaces; `p2p_address` is the daemon's P2P device address.
    pub(super) fn command(
        &mut self,
        control: &mut Control,
        p2p_address: Option<MacAddr>,
        on: &str,
        text: &str,
    ) -> String {
        let Self { radio, interface, .. } = self;
        let mut session = Session { radio, interface, p2p_address, on, told: Vec::new(), awaited: Vec::new() };
        let reply = commands::interface_command(&mut session, text);
        self.awaited = std::mem::take(&mut session.awaited);
        for line in std::mem::take(&mut session.told) {
            publish(control, &self.interface, &line);
        }
        reply
    }

    /// Groups whose part was not known when their interface was made have one now.
    pub(super) fn refresh_roles(&mut self) {
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

/// The next event of any interface. Dropping the future loses nothing.
pub(super) async fn next_event<B: Backend>(units: &mut [Unit<B>]) -> (usize, Event) {
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

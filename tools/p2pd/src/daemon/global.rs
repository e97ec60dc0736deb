//! The global socket's own commands: what concerns all interfaces, or none.

use super::{Daemon, StartError, Unit};
use crate::backend::{Opener, Radio};
use crate::cli::InterfaceOptions;
use crate::commands::{self, FAIL, OK, UNKNOWN};
use crate::words::state_name;
use ieee80211_ies::MacAddr;
use std::path::PathBuf;
use std::str::FromStr as _;
use wifi_direct::api::{Request, StationRequest};

/// Longest reply of the global socket's own commands, octets (section 4.2 of the contract).
const MAX_GLOBAL_REPLY: usize = 2048;
/// What a global request for an unknown interface is answered.
const NO_INTERFACE: &str = "FAIL-NO-IFNAME-MATCH\n";

impl<O: Opener> Daemon<O> {
    pub(super) async fn global_request(&mut self, text: &str) -> String {
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
            // Of the daemon, not of an interface: there is no Wi-Fi Display to switch off.
            Some(("SET", "wifi_display 0")) => OK.to_owned(),
            Some(("SET", _)) => self.forward(text).unwrap_or_else(|| FAIL.to_owned()),
            Some(("DUP_NETWORK", arguments)) => self.copy_network(arguments),
            Some(("WFD_SUBELEM_SET" | "WFD_SUBELEM_GET", _)) => FAIL.to_owned(),
            None if text == "MODULE_TESTS" => FAIL.to_owned(),
            _ if commands::is_forwarded(text) => self.forward(text).unwrap_or_else(|| UNKNOWN.to_owned()),
            _ => UNKNOWN.to_owned(),
        }
    }

    /// Hands a request to the interface that has P2P. `None` when there is none.
    fn forward(&mut self, text: &str) -> Option<String> {
        let name = self.units.get(self.p2p()?)?.interface.p2p_name().to_owned();
        Some(self.interface_request(&name, text))
    }

    fn global_status(&self) -> String {
        let mut out = String::new();
        match self.p2p().and_then(|unit| self.units.get(unit)) {
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
                    None => unit.radio.base_address(),
                };
                out.push_str(&format!("ifname={name}\naddress={address}\n"));
            }
        }
        out
    }

    pub(super) fn list_interfaces(&self, with_directory: bool) -> String {
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
                let networks = StationRequest::Networks(unit.interface.station_networks());
                // It is taken whatever the station does just now.
                let _ = unit.radio.request(Request::Station(networks));
                OK.to_owned()
            }
            _ => FAIL.to_owned(),
        }
    }

    async fn interface_add(&mut self, arguments: &str) -> String {
        let mut fields = arguments.split('\t').map(|f| (!f.is_empty()).then(|| f.to_owned()));
        let mut next = || fields.next().flatten();
        let (ifname, config, driver, control) = (next(), next(), next(), next());
        let (_parameters, bridge, create, kind, address) = (next(), next(), next(), next(), next());
        if driver.is_some_and(|d| !d.split(',').any(|d| d == "nl80211")) {
            tracing::error!("INTERFACE_ADD: nl80211 is the only driver");
            return FAIL.to_owned();
        }
        if let Some(bridge) = bridge {
            tracing::info!("INTERFACE_ADD: the bridge {bridge} is of no use here");
        }
        let options = InterfaceOptions {
            ifname: ifname.unwrap_or_default(),
            config: config.map(PathBuf::from),
            control,
            ..InterfaceOptions::default()
        };
        let added = match create.as_deref() {
            None => self.add_interface(&options).await.map_err(|error| error.to_string()),
            Some("create") if matches!(kind.as_deref(), None | Some("sta")) => {
                match address.as_deref().map(MacAddr::from_str).transpose() {
                    Ok(address) => self.make_and_add_interface(&options, address).await,
                    Err(_) => Err("the address is none".to_owned()),
                }
            }
            Some(_) => Err(format!("{}: only station interfaces are made", options.ifname)),
        };
        match added {
            Ok(()) => OK.to_owned(),
            Err(error) => {
                tracing::error!("INTERFACE_ADD: {error}");
                FAIL.to_owned()
            }
        }
    }

    /// Makes a station interface on the radio of the first interface, and starts it.
    async fn make_and_add_interface(
        &mut self,
        options: &InterfaceOptions,
        address: Option<MacAddr>,
    ) -> Result<(), String> {
        let name = &options.ifname;
        if !self.is_new(name) {
            return Err(StartError::Name(name.clone()).to_string());
        }
        let first = self.units.first().ok_or("there is no radio to make it on")?;
        self.opener.make(&first.interface.ifname, name, address).await?;
        self.add_interface(options).await.map_err(|error| {
            self.opener.unmake(name);
            error.to_string()
        })
    }

    async fn interface_remove(&mut self, name: &str) -> String {
        let Some(unit) = self.units.iter().position(|u| u.interface.ifname == name) else {
            self.opener.unmake(name);
            let before = self.lost.len();
            self.lost.retain(|lost| lost.options.ifname != name);
            return if self.lost.len() < before { OK } else { FAIL }.to_owned();
        };
        self.remove_groups(unit).await;
        let unit = self.units.remove(unit);
        self.close(unit).await;
        self.opener.unmake(name);
        OK.to_owned()
    }
}

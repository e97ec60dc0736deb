//! Who is on the air: devices, known by all their addresses.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use ieee80211_ies::frame::{Body, Frame};
use ieee80211_ies::p2p::{DeviceInfo, P2p};
use ieee80211_ies::wsc::DeviceType;
use ieee80211_ies::{MacAddr, Ssid};
use serde::{Serialize, Serializer};

use crate::text::safe;

/// The most devices that are known at a time; those heard longest ago are forgotten first.
pub const MAX_DEVICES: usize = 4096;

/// The most addresses of one device beside its device address; Wi-Fi Direct knows one for each group.
pub const MAX_INTERFACES: usize = 16;

/// Names a device for as long as it is known.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct DeviceId(u64);

/// A device.
#[derive(Clone, Debug)]
pub struct Device {
    /// Its P2P Device Address, or else the address by which it was heard first.
    pub address: MacAddr,
    /// Whether `address` is a P2P Device Address.
    pub is_p2p: bool,
    /// Its name; safe to print; empty where it is not known.
    pub name: String,
    /// What it is.
    pub device_type: Option<DeviceType>,
    /// Its other addresses.
    pub interfaces: Vec<MacAddr>,
    /// When it was first heard, since the first packet.
    pub first_heard: Duration,
    /// When it was last heard, since the first packet.
    pub last_heard: Duration,
}

/// A device as a conversation shows it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct DeviceSummary {
    /// Its name; safe to print; empty where it is not known.
    pub name: String,
    /// Its P2P Device Address, or else the address by which it was heard first.
    #[serde(serialize_with = "as_text")]
    pub address: MacAddr,
    /// Its other addresses.
    #[serde(serialize_with = "each_as_text")]
    pub interfaces: Vec<MacAddr>,
    /// What it is, such as `10-0050F204-5`.
    #[serde(rename = "type", serialize_with = "optional_text")]
    pub device_type: Option<DeviceType>,
}

fn as_text<T: fmt::Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

fn each_as_text<T: fmt::Display, S: Serializer>(values: &[T], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(values.iter().map(T::to_string))
}

fn optional_text<T: fmt::Display, S: Serializer>(value: &Option<T>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => serializer.collect_str(value),
        None => serializer.serialize_none(),
    }
}

impl DeviceSummary {
    /// Its name, or its address where it has none.
    pub fn label(&self) -> String {
        if self.name.is_empty() { self.address.to_string() } else { self.name.clone() }
    }

    /// Whether `wanted` is one of its addresses, or in its name (upper or lower case).
    pub fn is(&self, wanted: &str) -> bool {
        match wanted.parse::<MacAddr>() {
            Ok(address) => self.address == address || self.interfaces.contains(&address),
            Err(_) => !wanted.is_empty() && self.name.to_lowercase().contains(&wanted.to_lowercase()),
        }
    }
}

/// All devices.
#[derive(Debug, Default)]
pub struct Devices {
    by_address: HashMap<MacAddr, DeviceId>,
    devices: HashMap<DeviceId, Device>,
    next: u64,
    /// Devices that had to be forgotten for want of room.
    pub forgotten: u64,
}

/// A device was found to be the same as another: the first is now the second.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Merged(pub DeviceId, pub DeviceId);

impl Devices {
    /// How many are known.
    pub fn len(&self) -> usize {
        self.devices.len()
    }

    /// Whether none is known.
    pub fn is_empty(&self) -> bool {
        self.devices.is_empty()
    }

    /// The devices with a P2P Device Address.
    pub fn p2p(&self) -> impl Iterator<Item = &Device> {
        self.devices.values().filter(|device| device.is_p2p)
    }

    /// A device.
    pub fn get(&self, id: DeviceId) -> Option<&Device> {
        self.devices.get(&id)
    }

    /// How a conversation shows it.
    pub fn summary(&self, id: DeviceId) -> DeviceSummary {
        match self.get(id) {
            Some(device) => DeviceSummary {
                name: device.name.clone(),
                address: device.address,
                interfaces: device.interfaces.clone(),
                device_type: device.device_type,
            },
            None => {
                DeviceSummary { name: String::new(), address: MacAddr::ZERO, interfaces: Vec::new(), device_type: None }
            }
        }
    }

    /// Who has this address, if it is known.
    pub fn known(&self, address: MacAddr) -> Option<DeviceId> {
        self.by_address.get(&address).copied()
    }

    /// Who has this address; a new device where nobody does.
    pub fn at(&mut self, address: MacAddr, now: Duration) -> DeviceId {
        if let Some(id) = self.known(address) {
            if let Some(device) = self.devices.get_mut(&id) {
                device.last_heard = now;
            }
            return id;
        }
        let id = DeviceId(self.next);
        self.next += 1;
        let device = Device {
            address,
            is_p2p: false,
            name: String::new(),
            device_type: None,
            interfaces: Vec::new(),
            first_heard: now,
            last_heard: now,
        };
        self.devices.insert(id, device);
        self.by_address.insert(address, id);
        id
    }

    /// Makes room where there is none: the quarter that was heard longest ago goes, but for those who are `needed`.
    pub fn make_room(&mut self, needed: impl Fn(DeviceId) -> bool) {
        if self.devices.len() < MAX_DEVICES {
            return;
        }
        let mut old: Vec<_> = self.devices.iter().map(|(id, device)| (device.last_heard, *id)).collect();
        old.sort_unstable();
        for (_, id) in old.into_iter().filter(|(_, id)| !needed(*id)).take(MAX_DEVICES / 4) {
            if let Some(device) = self.devices.remove(&id) {
                self.forgotten += 1;
                for address in device.interfaces.iter().chain([&device.address]) {
                    if self.by_address.get(address) == Some(&id) {
                        self.by_address.remove(address);
                    }
                }
            }
        }
    }

    /// Says that `interface` belongs to the device with this P2P Device Address.
    pub fn link(&mut self, interface: MacAddr, device_address: MacAddr, now: Duration) -> Option<Merged> {
        if interface.is_group() || interface.is_zero() || device_address.is_group() || device_address.is_zero() {
            return None;
        }
        let id = self.at(device_address, now);
        if let Some(device) = self.devices.get_mut(&id)
            && device.address != device_address
        {
            // It was taken for an interface address until now.
            device.interfaces.retain(|each| *each != device_address);
            let interface = std::mem::replace(&mut device.address, device_address);
            device.interfaces.push(interface);
        }
        self.devices.get_mut(&id)?.is_p2p = true;
        if interface == device_address {
            return None;
        }
        let before = self.by_address.get(&interface).copied();
        if before == Some(id) {
            return None;
        }
        let device = self.devices.get_mut(&id)?;
        if device.interfaces.len() >= MAX_INTERFACES {
            let oldest = device.interfaces.remove(0);
            self.by_address.remove(&oldest);
        }
        let device = self.devices.get_mut(&id)?;
        device.interfaces.push(interface);
        self.by_address.insert(interface, id);
        let before = before?;
        match self.devices.get_mut(&before) {
            // Another device had this address for one of its groups, and may have others.
            Some(other) if other.address != interface => {
                other.interfaces.retain(|each| *each != interface);
                None
            }
            // It is a device of its own by what it says.
            Some(other) if other.is_p2p => None,
            _ => {
                let gone = self.devices.remove(&before)?;
                let device = self.devices.get_mut(&id)?;
                device.first_heard = device.first_heard.min(gone.first_heard);
                Some(Merged(before, id))
            }
        }
    }

    /// Notes what a device says of itself.
    fn describe(&mut self, address: MacAddr, name: &[u8], device_type: DeviceType) {
        let Some(device) = self.known(address).and_then(|id| self.devices.get_mut(&id)) else { return };
        device.device_type = Some(device_type);
        let name = safe(name);
        if !name.is_empty() && name != device.name {
            device.name = name;
        }
    }

    /// Learns from a management frame with a P2P element who is who.
    pub fn learn(&mut self, frame: &Frame<'_>, p2p: &P2p<'_>, now: Duration) -> Vec<Merged> {
        let source = frame.header.source;
        let mut merged = Vec::new();
        if let Some(DeviceInfo { address, primary, name, .. }) = p2p.device_info() {
            merged.extend(self.link(source, address, now));
            self.describe(address, name.as_bytes(), primary);
        }
        if let (Body::Beacon { .. }, Some(owner)) = (frame.body, p2p.device_id()) {
            merged.extend(self.link(source, owner, now));
        }
        if let Some(intended) = p2p.intended_interface_address()
            && let Some(device) = self.known(source).and_then(|id| self.get(id))
            && device.is_p2p
            // What a frame says of an address other than its own counts only while nobody has that address.
            && self.known(intended).is_none()
        {
            let device = device.address;
            merged.extend(self.link(intended, device, now));
        }
        if let (Some(bssid), Some(group)) = (p2p.group_bssid(), p2p.group_id())
            && self.known(bssid).is_none()
        {
            merged.extend(self.link(bssid, group.device_address, now));
        }
        if let (Body::ProbeResponse { .. }, Some(group)) = (frame.body, p2p.group_info()) {
            for client in group.clients().take(MAX_INTERFACES) {
                if self.known(client.interface_address).is_none() {
                    merged.extend(self.link(client.interface_address, client.device_address, now));
                    self.describe(client.device_address, client.name.as_bytes(), client.primary);
                }
            }
        }
        merged
    }
}

/// The names of networks, by the addresses of their access points.
#[derive(Debug, Default)]
pub struct Networks {
    by_bssid: HashMap<MacAddr, Ssid>,
}

/// The most networks whose name is remembered; who is not among them has no name here.
const MAX_NETWORKS: usize = 4096;

impl Networks {
    /// Notes a network's name.
    pub fn learn(&mut self, bssid: MacAddr, ssid: Ssid) {
        if ssid.is_empty() || ssid.as_bytes().iter().all(|&octet| octet == 0) {
            return;
        }
        if self.by_bssid.len() < MAX_NETWORKS || self.by_bssid.contains_key(&bssid) {
            self.by_bssid.insert(bssid, ssid);
        }
    }

    /// The name of the network of this access point.
    pub fn ssid(&self, bssid: MacAddr) -> Option<Ssid> {
        self.by_bssid.get(&bssid).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::ZERO;

    fn address(last: u8) -> MacAddr {
        MacAddr([2, 0, 0, 0, 0, last])
    }

    #[test]
    fn an_interface_is_found_to_belong_to_a_device() {
        let mut devices = Devices::default();
        let interface = devices.at(address(0x11), NOW);
        let device = devices.at(address(1), NOW);
        assert_eq!(devices.link(address(0x11), address(1), NOW), Some(Merged(interface, device)));
        assert_eq!(devices.known(address(0x11)), Some(device));
        assert_eq!(devices.len(), 1);
        // The same interface in another device's group later: it has moved, nothing is merged.
        assert_eq!(devices.link(address(0x11), address(2), NOW), None);
        assert_ne!(devices.known(address(0x11)), Some(device));
        assert_eq!(devices.get(device).unwrap().interfaces, []);
    }

    #[test]
    fn devices_that_name_each_other_stay_two() {
        let mut devices = Devices::default();
        devices.link(address(1), address(1), NOW);
        devices.link(address(2), address(2), NOW);
        assert_eq!(devices.link(address(2), address(1), NOW), None);
        assert_eq!(devices.len(), 2);
    }

    #[test]
    fn memory_is_bounded() {
        let mut devices = Devices::default();
        let kept = devices.at(address(0), NOW);
        for number in 0..20_000_u32 {
            let [_, b, c, d] = number.to_be_bytes();
            devices.make_room(|id| id == kept);
            devices.at(MacAddr([6, 0, 0, b, c, d]), Duration::from_secs(number.into()));
            devices.link(MacAddr([10, 0, 0, b, c, d]), address(0), Duration::from_secs(number.into()));
        }
        assert!(devices.len() <= MAX_DEVICES && devices.by_address.len() <= MAX_DEVICES + MAX_INTERFACES);
        assert!(devices.get(kept).is_some() && devices.forgotten > 0);
    }
}

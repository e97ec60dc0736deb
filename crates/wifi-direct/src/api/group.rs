//! What there is to see of groups, stations, peers and kept persistent groups.

#[cfg(doc)]
use super::{Config, Request};
use super::{GroupId, RecordId, Role};
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;
use ieee80211_ies::MacAddr;
use radio::Secret;

/// A running group as it is shown to the user.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GroupInfo {
    /// Its name here.
    pub id: GroupId,
    /// The name of its network interface.
    pub interface: String,
    /// That interface's address.
    pub address: MacAddr,
    /// Our part.
    pub role: Role,
    /// Its SSID.
    pub ssid: Vec<u8>,
    /// Its channel, MHz.
    pub frequency: u32,
    /// The owner's interface address (our own when we own it).
    pub bssid: MacAddr,
    /// The owner's device address.
    pub owner: MacAddr,
    /// The passphrase, where it is known.
    pub passphrase: Option<Secret>,
    /// The pre-shared key, 32 octets, where it is known.
    pub psk: Option<Secret>,
    /// Whether it is kept as a stored group.
    pub persistent: bool,
    /// The stored group it comes from or was stored as.
    pub record: Option<RecordId>,
    /// Whether it has been reported as started.
    pub started: bool,
    /// False for a group of ours whose access point was taken off the air ([`Request::StopAccessPoint`]).
    pub on_air: bool,
    /// Its stations, when we own it.
    pub stations: Vec<StationView>,
    /// Addresses given by the handshake, when we are its client.
    pub ip: Option<IpAssignment>,
    /// What the radio last said of the owner, when we are its client ([`Request::QueryStations`]).
    pub link: Option<alloc::boxed::Box<radio::StationInfo>>,
}

/// IPv4 addresses handed out in the 4-way handshake (Wi-Fi P2P v1.7 §4.2.8).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct IpAssignment {
    /// The client's address.
    pub client: [u8; 4],
    /// The mask.
    pub mask: [u8; 4],
    /// The owner's address.
    pub owner: [u8; 4],
}

/// IPv4 addresses that an owner hands out in the 4-way handshake (Wi-Fi P2P v1.7 §4.2.8).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct IpPool {
    /// The owner's own address.
    pub owner: [u8; 4],
    /// The mask.
    pub mask: [u8; 4],
    /// The first that is handed out.
    pub first: [u8; 4],
    /// The last.
    pub last: [u8; 4],
}

/// A station of a group that we own.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct StationView {
    /// Its interface address.
    pub address: MacAddr,
    /// Its P2P device address, if it is a P2P client.
    pub device: Option<MacAddr>,
    /// Whether it may pass data.
    pub authorized: bool,
    /// Association id, 1 to 2007; 0 while it is being given back.
    pub aid: u16,
    /// It is in the 4-way handshake, or has it behind it: it has come with the group's key, not for WSC.
    pub keyed: bool,
    /// What it said of its rates when it associated, as far as we have the same.
    pub rates: Option<radio::StationRates>,
    /// It does WMM.
    pub wmm: bool,
    /// What it said of itself as a P2P client.
    pub client: Option<ieee80211_ies::p2p::ClientInfoBuf>,
    /// What it said of itself when WSC gave it the credential.
    pub enrollee: Option<wsc::Device>,
    /// What the radio last said of it ([`Request::QueryStations`]).
    pub radio: Option<radio::StationInfo>,
}

/// What the daemon stores of a persistent group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GroupRecord {
    /// Its id, once it has one.
    pub id: Option<RecordId>,
    /// Our part in it.
    pub role: Role,
    /// Its SSID.
    pub ssid: Vec<u8>,
    /// The owner's device address.
    pub owner: MacAddr,
    /// The passphrase, where it is known.
    pub passphrase: Option<Secret>,
    /// The pre-shared key, 32 octets, where it is known.
    pub psk: Option<Secret>,
    /// Device addresses of its clients, when we own it, most recent first; at most [`MAX_CLIENTS`].
    pub clients: Vec<MacAddr>,
    /// Keys of single stations, when we own it ([`Config::per_station_psk`]); at most [`MAX_CLIENTS`].
    pub station_psks: Vec<StationPsk>,
}

impl GroupRecord {
    /// Takes a client out: its key, and (unless `address` is that of its interface only) its place among the clients; whether
    /// something was there to take.
    pub fn forget_client(&mut self, address: MacAddr, by_interface: bool) -> bool {
        let before = (self.clients.len(), self.station_psks.len());
        if !by_interface {
            self.clients.retain(|client| *client != address);
        }
        self.station_psks.retain(|key| key.address != address || key.by_device == by_interface);
        before != (self.clients.len(), self.station_psks.len())
    }
}

/// Clients that a stored group remembers (wpa_supplicant's bound of `p2p_client_list`).
pub const MAX_CLIENTS: usize = 100;

/// The key that one station of a group of ours was given.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StationPsk {
    /// The station: its P2P device address, or its interface address.
    pub address: MacAddr,
    /// Whether that is its device address.
    pub by_device: bool,
    /// The key, 32 octets.
    pub psk: Secret,
}

/// How a peer was found and what it said, as it is shown to the user.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PeerView {
    /// What the protocol knows of it.
    pub peer: p2p_core::Peer,
    /// Time since it was last heard.
    pub age: Duration,
}

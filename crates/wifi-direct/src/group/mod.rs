//! A group that we are in: what owner and client have in common, and the seam to the device.

mod client;
mod owner;

pub(crate) use client::{
    ClientGroup, ClientParameters, LOOKS, Start, Towards, has_registrar, registrar_is_selected, registrar_lets_in,
    wps_active, wsc_probe_element,
};
pub(crate) use owner::{OwnerGroup, OwnerParameters};

use crate::api::{Cause, Config, GroupEvent, GroupId, GroupInfo, IpAssignment, Phase, RecordId, Role, StationView};
use crate::names;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;
use eapol::Psk;
use ieee80211_ies::MacAddr;
use ieee80211_ies::frame::Frame;
use p2p_core::Reception;
use radio::{Bss, Command, InterfaceId, InterfaceKind, Refused, Reply, ScanRequest, Secret, SendStatus, StationInfo};
use rand_core::CryptoRng;

/// A group's name and keys.
#[derive(Clone, Debug)]
pub(crate) struct Credentials {
    pub(crate) ssid: Vec<u8>,
    /// Unknown to a client that was given the PSK.
    pub(crate) passphrase: Option<Secret>,
    pub(crate) psk: Psk,
}

impl Credentials {
    /// Draws a name and a passphrase for a group of ours and computes its PSK, which takes some milliseconds.
    pub(crate) fn generate(config: &Config, rng: &mut dyn CryptoRng) -> Self {
        let ssid = names::ssid(&config.ssid_postfix, rng);
        loop {
            let passphrase = names::passphrase(config.passphrase_length, rng);
            // Letters and digits of the right number always make a valid passphrase; the loop states it without a panic.
            if let Ok(psk) = Psk::from_passphrase(passphrase.expose(), &ssid) {
                return Self { ssid, passphrase: Some(passphrase), psk };
            }
        }
    }
}

/// What a group wants done or reports.
#[derive(Debug)]
pub(crate) enum Output {
    /// To the radio; the answer goes to the group's machine under this token.
    Command(mlme::Token, Command),
    /// To the radio; its fate goes to the handshake or WSC with this peer.
    Eapol(MacAddr, Command),
    /// To the radio; nobody waits.
    Tell(&'static str, Command),
    /// To the user.
    Event(GroupEvent),
    /// A directed scan for the owner is needed.
    Scan(ScanRequest),
    /// The radio is to stay with this group (a client is being connected), or no longer.
    Hold(bool),
    /// WSC has handed over the credential.
    WscSucceeded,
    /// The group runs: the owner's access point is up; the client has its keys.
    Started,
    /// Stations have come or gone.
    StationsChanged,
    /// Owner: this P2P device passes data now.
    Member(Option<MacAddr>),
    /// Owner: a station has the key but could not end its handshake; it will come again.
    HandshakeFailed,
    /// Owner: a station has a key of its own now, or has lost it.
    KeysChanged,
    /// Owner: a client was to be woken; the status for whoever asked.
    Woken(MacAddr, u8),
    /// It cannot go on.
    Ended(Phase, Cause),
    /// After [`Group::stop`]: everybody has been told, the interface can be given back.
    Stopped,
}

/// What is known of a group in either role.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) id: GroupId,
    pub(crate) iface: InterfaceId,
    pub(crate) name: String,
    pub(crate) address: MacAddr,
    /// Whether the interface was made for the group.
    pub(crate) created: bool,
    /// What the interface is.
    pub(crate) kind: InterfaceKind,
    pub(crate) persistent: bool,
    pub(crate) record: Option<RecordId>,
    /// Reported as started.
    pub(crate) started: bool,
    /// Came out of a negotiation or a join: its end before the start is a failed formation.
    pub(crate) forming: bool,
    /// As client, from the end of WSC to the start: the peer of the connection that still can fail.
    pub(crate) connecting: Option<MacAddr>,
    /// When it ends because nobody is in it.
    pub(crate) idle_at: Option<Duration>,
    /// As owner: the first client is expected within this time after the start.
    pub(crate) first_client: Option<Duration>,
    /// When it ends because that has not come.
    pub(crate) first_client_by: Option<Duration>,
    /// As owner of a persistent group: its clients, most recent first.
    pub(crate) members: Vec<MacAddr>,
    /// It is being ended.
    pub(crate) ending: bool,
    /// Stations that the radio was asked about and has not answered for.
    pub(crate) unanswered: usize,
    /// Names for the interface that were taken.
    pub(crate) names_tried: u32,
    /// The address that was drawn for its interface, if one was.
    pub(crate) drawn_address: Option<MacAddr>,
}

/// Our part in the group.
#[derive(Debug)]
enum Part {
    /// The interface is there, the role is not known yet.
    Reserved,
    Owner(Box<OwnerGroup>),
    Client(Box<ClientGroup>),
}

/// One group.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) shared: Shared,
    part: Part,
}

impl Group {
    /// A group whose role is not known yet.
    pub(crate) fn reserved(shared: Shared) -> Self {
        Self { shared, part: Part::Reserved }
    }

    pub(crate) fn iface(&self) -> InterfaceId {
        self.shared.iface
    }

    pub(crate) fn is_started(&self) -> bool {
        self.shared.started && self.is_active()
    }

    /// Whether it has a role and is not ending.
    pub(crate) fn is_active(&self) -> bool {
        !self.shared.ending && matches!(self.part, Part::Owner(_) | Part::Client(_))
    }

    pub(crate) fn is_reserved(&self) -> bool {
        !self.shared.ending && matches!(self.part, Part::Reserved)
    }

    pub(crate) fn is_ending(&self) -> bool {
        self.shared.ending
    }

    pub(crate) fn role(&self) -> Option<Role> {
        match self.part {
            Part::Reserved => None,
            Part::Owner(_) => Some(Role::Owner),
            Part::Client(_) => Some(Role::Client),
        }
    }

    /// The channel that it is on (MHz), if it has a role and is not ending.
    pub(crate) fn frequency(&self) -> Option<u32> {
        match &self.part {
            _ if self.shared.ending => None,
            Part::Reserved => None,
            Part::Owner(owner) => Some(owner.frequency()),
            Part::Client(client) => Some(client.frequency()),
        }
    }

    pub(crate) fn owner(&mut self) -> Option<&mut OwnerGroup> {
        match &mut self.part {
            Part::Owner(owner) => Some(owner),
            _ => None,
        }
    }

    pub(crate) fn client(&mut self) -> Option<&mut ClientGroup> {
        match &mut self.part {
            Part::Client(client) => Some(client),
            _ => None,
        }
    }

    pub(crate) fn become_owner(&mut self, now: Duration, owner: OwnerGroup) {
        let mut owner = Box::new(owner);
        owner.start(now);
        self.part = Part::Owner(owner);
    }

    pub(crate) fn become_client(&mut self, now: Duration, client: ClientGroup, rng: &mut dyn CryptoRng) {
        let mut client = Box::new(client);
        client.start(now, rng);
        self.part = Part::Client(client);
    }

    /// Leaves or ends the group; [`Output::Stopped`] follows, at once where there is nobody to tell.
    pub(crate) fn stop(&mut self, now: Duration) -> bool {
        self.shared.ending = true;
        match &mut self.part {
            Part::Owner(owner) => owner.stop(now),
            Part::Client(client) => client.stop(now),
            Part::Reserved => return false,
        }
        true
    }

    pub(crate) fn handle_frame(
        &mut self,
        now: Duration,
        frame: &Frame<'_>,
        reception: Reception,
        rng: &mut dyn CryptoRng,
    ) {
        match &mut self.part {
            Part::Owner(owner) => owner.handle_frame(now, frame, reception, rng),
            Part::Client(client) => client.handle_frame(frame),
            Part::Reserved => {}
        }
    }

    pub(crate) fn handle_radio(&mut self, now: Duration, event: radio::Event, rng: &mut dyn CryptoRng) {
        match &mut self.part {
            Part::Owner(owner) => owner.handle_radio(now, event, rng),
            Part::Client(client) => client.handle_radio(now, event, rng),
            Part::Reserved => {}
        }
    }

    pub(crate) fn handle_done(
        &mut self,
        now: Duration,
        token: mlme::Token,
        result: Result<Reply, Refused>,
        rng: &mut dyn CryptoRng,
    ) {
        match &mut self.part {
            Part::Owner(owner) => owner.handle_done(now, token, result, rng),
            Part::Client(client) => client.handle_done(now, token, result, rng),
            Part::Reserved => {}
        }
    }

    pub(crate) fn handle_sent(
        &mut self,
        now: Duration,
        token: mlme::Token,
        status: SendStatus,
        rng: &mut dyn CryptoRng,
    ) {
        if let Part::Owner(owner) = &mut self.part {
            owner.handle_sent(now, token, status, rng);
        }
    }

    pub(crate) fn eapol_sent(&mut self, now: Duration, peer: MacAddr, status: SendStatus, rng: &mut dyn CryptoRng) {
        match &mut self.part {
            Part::Owner(owner) => owner.eapol_sent(now, peer, status),
            Part::Client(client) => client.eapol_sent(now, status, rng),
            Part::Reserved => {}
        }
    }

    /// The directed scan has ended.
    pub(crate) fn scan_done(&mut self, now: Duration, seen: &[Bss], rng: &mut dyn CryptoRng) {
        if let Part::Client(client) = &mut self.part {
            client.scan_done(now, seen, rng);
        }
    }

    pub(crate) fn handle_timeout(&mut self, now: Duration, rng: &mut dyn CryptoRng) {
        match &mut self.part {
            Part::Owner(owner) => owner.handle_timeout(now, rng),
            Part::Client(client) => client.handle_timeout(now, rng),
            Part::Reserved => {}
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<Duration> {
        let part = match &self.part {
            Part::Owner(owner) => owner.poll_timeout(),
            Part::Client(client) => client.poll_timeout(),
            Part::Reserved => return None,
        };
        [part, self.shared.idle_at, self.shared.first_client_by].into_iter().flatten().min()
    }

    pub(crate) fn poll_output(&mut self) -> Option<Output> {
        match &mut self.part {
            Part::Owner(owner) => owner.poll_output(),
            Part::Client(client) => client.poll_output(),
            Part::Reserved => None,
        }
    }

    /// Those whom the radio knows here: the owner's stations, the client's owner.
    pub(crate) fn peers(&self) -> Vec<MacAddr> {
        match &self.part {
            Part::Owner(owner) => owner.stations(),
            Part::Client(client) => client.connected_to().into_iter().collect(),
            Part::Reserved => Vec::new(),
        }
    }

    /// What the radio says of one of them.
    pub(crate) fn station_told(&mut self, station: MacAddr, info: StationInfo) {
        match &mut self.part {
            Part::Owner(owner) => owner.station_told(station, info),
            Part::Client(client) => client.owner_told(info),
            Part::Reserved => {}
        }
    }

    /// Takes a device out of the clients of a persistent group of ours; whether it was one.
    pub(crate) fn forget_member(&mut self, device: MacAddr) -> bool {
        let before = self.shared.members.len();
        self.shared.members.retain(|member| *member != device);
        self.shared.members.len() != before
    }

    /// As it is shown to the user.
    pub(crate) fn info(&self) -> GroupInfo {
        let shared = &self.shared;
        let mut info = GroupInfo {
            id: shared.id,
            interface: shared.name.clone(),
            address: shared.address,
            role: self.role().unwrap_or(Role::Client),
            ssid: Vec::new(),
            frequency: 0,
            bssid: MacAddr::ZERO,
            owner: MacAddr::ZERO,
            passphrase: None,
            psk: None,
            persistent: shared.persistent,
            record: shared.record,
            started: shared.started,
            on_air: true,
            stations: Vec::new(),
            ip: None,
            link: None,
        };
        match &self.part {
            Part::Owner(owner) => owner.describe(&mut info),
            Part::Client(client) => client.describe(&mut info),
            Part::Reserved => {}
        }
        info
    }

    /// As other devices may ask about it.
    pub(crate) fn as_own_group(&self) -> p2p_core::OwnGroup {
        let info = self.info();
        p2p_core::OwnGroup {
            id: info.id.0,
            owner: info.role == Role::Owner,
            ssid: info.ssid,
            owner_address: info.owner,
            bssid: info.bssid,
            interface_address: info.address,
            frequency: info.frequency,
            persistent: info.persistent,
            clients: info.stations.iter().filter_map(|s: &StationView| Some((s.device?, s.address))).collect(),
        }
    }
}

/// The addresses of the handshake in the words of the API.
fn ip_assignment(ip: eapol::IpAllocation) -> IpAssignment {
    IpAssignment { client: ip.client, mask: ip.mask, owner: ip.go }
}

/// A PIN as WSC takes it: 4 or 8 digits.
fn read_pin(pin: &Secret) -> Option<wsc::Pin> {
    core::str::from_utf8(pin.expose()).ok().and_then(|p| wsc::Pin::new(p).ok())
}

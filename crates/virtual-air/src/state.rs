//! What a radio remembers: interfaces, access points, stations, clients, scan results, stays on other channels.

use crate::ccmp::CcmpKey;
use crate::data::DataFrame;
use crate::errno::{EBUSY, ENETDOWN, ENODEV};
use crate::medium::Flight;
use crate::settings::RadioSettings;
use ieee80211_ies::MacAddr;
use radio::{
    AccessPoint, Bss, Command, CommandId, Event, FrameKind, InterfaceId, InterfaceKind, Refused, ScanRequest,
    StationParameters, Transmission,
};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// How long a scan result can be used (cfg80211, `IEEE80211_SCAN_RESULT_EXPIRE`).
pub(crate) const BSS_LIFETIME: Duration = Duration::from_secs(30);

/// Most scan results that are remembered (cfg80211, `bss_entries_limit`).
pub(crate) const MAX_BSS: usize = 1000;

/// A channel switch under way.
pub(crate) struct Switching {
    pub(crate) switch: radio::ChannelSwitch,
    pub(crate) left: u8,
}

/// A running access point.
pub(crate) struct Ap {
    pub(crate) config: AccessPoint,
    pub(crate) epoch: u64,
    pub(crate) started: Duration,
    pub(crate) stations: BTreeMap<MacAddr, Station>,
    pub(crate) switching: Option<Switching>,
}

/// A station of an access point.
pub(crate) struct Station {
    pub(crate) parameters: StationParameters,
    pub(crate) key: Option<CcmpKey>,
    pub(crate) added: Duration,
    pub(crate) heard: Duration,
    pub(crate) signal_dbm: i8,
    pub(crate) received: (u64, u32),
    pub(crate) sent: (u64, u32),
}

/// How far a client has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Stage {
    Authenticating,
    Authenticated,
    Associating,
    Associated,
    /// The deauthentication is being sent.
    Leaving,
}

/// A client's connection, finished or not.
pub(crate) struct Client {
    pub(crate) bssid: MacAddr,
    pub(crate) frequency: u32,
    pub(crate) stage: Stage,
    /// Whether the host has been told of the association.
    pub(crate) connected: bool,
    pub(crate) authorized: bool,
    pub(crate) qos: bool,
    pub(crate) tries: u32,
    /// The request under way.
    pub(crate) request: Arc<[u8]>,
    pub(crate) epoch: u64,
    pub(crate) since: Duration,
    pub(crate) last_beacon: Duration,
    pub(crate) beacon_interval: Duration,
    pub(crate) probes: u32,
    pub(crate) following: bool,
    pub(crate) key: Option<CcmpKey>,
    pub(crate) received: (u64, u32),
    pub(crate) sent: (u64, u32),
    pub(crate) signal_dbm: i8,
}

/// An interface.
pub(crate) struct Interface {
    pub(crate) name: String,
    pub(crate) kind: InterfaceKind,
    pub(crate) address: MacAddr,
    pub(crate) up: bool,
    pub(crate) filters: Vec<FrameKind>,
    pub(crate) ap: Option<Ap>,
    pub(crate) client: Option<Client>,
    /// Group keys by index; an access point may have them before it starts.
    pub(crate) groups: [Option<CcmpKey>; 4],
    /// The group key to send with: the one installed last.
    pub(crate) group: Option<usize>,
}

impl Interface {
    pub(crate) fn new(name: String, kind: InterfaceKind, address: MacAddr) -> Self {
        let groups = [const { None }; 4];
        Self { name, kind, address, up: false, filters: Vec::new(), ap: None, client: None, groups, group: None }
    }

    /// Forgets the connection, or the access point, and all keys; gives back the client that it was.
    pub(crate) fn clear(&mut self) -> Option<Client> {
        self.ap = None;
        self.groups = [const { None }; 4];
        self.group = None;
        self.client.take()
    }

    pub(crate) fn is_ap(&self) -> bool {
        matches!(self.kind, InterfaceKind::Ap | InterfaceKind::P2pGo)
    }

    pub(crate) fn is_client(&self) -> bool {
        matches!(self.kind, InterfaceKind::Station | InterfaceKind::P2pClient)
    }

    /// The channel that it works on, MHz.
    pub(crate) fn operating(&self) -> Option<u32> {
        let ap = self.ap.as_ref().map(|ap| ap.config.channel.frequency);
        ap.or_else(|| self.client.as_ref().map(|client| client.frequency))
    }

    pub(crate) fn wants(&self, wanted: &FrameKind) -> bool {
        self.up && self.filters.contains(wanted)
    }

    pub(crate) fn wants_action(&self, body: &[u8]) -> bool {
        let matches = |kind: &FrameKind| matches!(kind, FrameKind::Action(prefix) if body.starts_with(prefix));
        self.up && self.filters.iter().any(matches)
    }
}

/// Commands to one interface, which wait for each other.
#[derive(Default)]
pub(crate) struct Lane {
    pub(crate) waiting: VecDeque<(CommandId, Command)>,
    /// Whether the next one's time is set.
    pub(crate) scheduled: bool,
    /// When the last one was answered.
    pub(crate) free_at: Duration,
}

/// Reports keep their order among those of one sort, and normally all.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Sort {
    Control,
    Mlme,
    Frame,
    Eapol,
    Sent,
}

/// A scan.
pub(crate) struct Scan {
    pub(crate) id: CommandId,
    pub(crate) iface: InterfaceId,
    pub(crate) request: ScanRequest,
    pub(crate) channels: VecDeque<u32>,
    pub(crate) step: ScanStep,
    pub(crate) began: Duration,
    /// When the operating channel was left.
    pub(crate) left: Duration,
}

/// Where a scan stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ScanStep {
    /// Waits for stays on other channels to end.
    Pending,
    /// Back on the operating channel for a while.
    Suspended,
    /// Changing to a channel.
    Tuning(u32),
    /// On the channel, before the probe requests.
    Settling(u32),
    /// On the channel, listening.
    Dwelling(u32),
}

impl Scan {
    /// The channel that the scan holds the radio on, MHz.
    pub(crate) fn on(&self) -> Option<u32> {
        match self.step {
            ScanStep::Settling(frequency) | ScanStep::Dwelling(frequency) => Some(frequency),
            ScanStep::Pending | ScanStep::Suspended | ScanStep::Tuning(_) => None,
        }
    }

    /// Whether it keeps the radio from other business.
    pub(crate) fn active(&self) -> bool {
        self.step != ScanStep::Pending
    }
}

/// A stay on another channel: a remain-on-channel, or a transmission with its wait.
pub(crate) struct Remain {
    pub(crate) id: CommandId,
    pub(crate) iface: InterfaceId,
    pub(crate) frequency: u32,
    pub(crate) duration: Duration,
    /// A frame to send once there; `None` once it was sent.
    pub(crate) frame: Option<Transmission>,
    pub(crate) is_transmission: bool,
    pub(crate) started: Option<Duration>,
}

/// A scan result.
pub(crate) struct BssEntry {
    pub(crate) bss: Bss,
    pub(crate) heard: Duration,
}

/// A radio.
pub(crate) struct Radio {
    pub(crate) settings: RadioSettings,
    pub(crate) interfaces: BTreeMap<InterfaceId, Interface>,
    pub(crate) lanes: BTreeMap<Option<InterfaceId>, Lane>,
    pub(crate) events: VecDeque<Event>,
    pub(crate) data: VecDeque<DataFrame>,
    /// When the last report reached the host, of all and of each [`Sort`].
    pub(crate) last_report: Duration,
    pub(crate) last_of_sort: [Duration; 5],
    pub(crate) sequence: u16,
    pub(crate) scan: Option<Scan>,
    pub(crate) scan_epoch: u64,
    pub(crate) remains: Vec<Remain>,
    pub(crate) remain_epoch: u64,
    /// The channel of the stay that goes on now.
    pub(crate) remaining_on: Option<u32>,
    /// Changing to the channel of the next stay.
    pub(crate) tuning: bool,
    pub(crate) results: BTreeMap<(MacAddr, u32), BssEntry>,
    /// Transmissions that wait for the radio to come back to their channel.
    pub(crate) held: Vec<Flight>,
    pub(crate) addresses: u8,
    pub(crate) gone: bool,
}

impl Radio {
    pub(crate) fn new(settings: RadioSettings) -> Self {
        let base = Interface::new(settings.base_name.clone(), settings.base, settings.capabilities.address);
        Self {
            settings,
            interfaces: BTreeMap::from([(InterfaceId::BASE, base)]),
            lanes: BTreeMap::new(),
            events: VecDeque::new(),
            data: VecDeque::new(),
            last_report: Duration::ZERO,
            last_of_sort: [Duration::ZERO; 5],
            sequence: 0,
            scan: None,
            scan_epoch: 0,
            remains: Vec::new(),
            remain_epoch: 0,
            remaining_on: None,
            tuning: false,
            results: BTreeMap::new(),
            held: Vec::new(),
            addresses: 0,
            gone: false,
        }
    }

    pub(crate) fn interface(&mut self, iface: InterfaceId) -> Result<&mut Interface, Refused> {
        self.interfaces.get_mut(&iface).ok_or(ENODEV.into())
    }

    /// An interface that is up.
    pub(crate) fn running(&mut self, iface: InterfaceId) -> Result<&mut Interface, Refused> {
        self.interface(iface).and_then(|i| if i.up { Ok(i) } else { Err(ENETDOWN.into()) })
    }

    /// How many channels the radio can work on at once.
    pub(crate) fn channels(&self) -> u32 {
        self.settings.capabilities.combinations.iter().map(|c| c.channels).max().unwrap_or(1)
    }

    /// Refuses to work on one more channel than the radio can.
    pub(crate) fn check_channel(&self, iface: InterfaceId, frequency: u32) -> Result<(), Refused> {
        let others = self.interfaces.iter().filter(|(id, _)| **id != iface).filter_map(|(_, i)| i.operating());
        let mut channels: Vec<u32> = others.chain([frequency]).collect();
        channels.sort_unstable();
        channels.dedup();
        if channels.len() > self.channels() as usize {
            return Err(EBUSY.because("no further channel at the same time"));
        }
        Ok(())
    }

    /// Whether the radio is away from its operating channels, or about to be.
    fn away(&self) -> bool {
        let scanning = self.scan.as_ref().is_some_and(|s| s.active() && s.step != ScanStep::Suspended);
        self.channels() < 2 && (self.remaining_on.is_some() || self.tuning || scanning)
    }

    fn works_on(&self, frequency: u32) -> bool {
        self.interfaces.values().any(|i| i.up && i.operating() == Some(frequency))
    }

    /// Whether the radio hears frames on a channel, or can send on it.
    pub(crate) fn is_on(&self, frequency: u32) -> bool {
        self.listens_on(frequency) || self.scan.as_ref().and_then(Scan::on) == Some(frequency)
    }

    /// The same without scans.
    pub(crate) fn listens_on(&self, frequency: u32) -> bool {
        if self.gone {
            return false;
        }
        let scanned = self.scan.as_ref().and_then(Scan::on);
        self.remaining_on == Some(frequency)
            || (self.works_on(frequency) && (!self.away() || scanned == Some(frequency)))
    }

    /// Whether it answers to an address.
    pub(crate) fn owns(&self, address: MacAddr) -> bool {
        self.interfaces.values().any(|i| i.up && i.address == address)
    }

    /// A result that is still good.
    pub(crate) fn result(&self, bssid: MacAddr, frequency: u32, ssid: &[u8], now: Duration) -> Option<&BssEntry> {
        self.results.get(&(bssid, frequency)).filter(|entry| {
            let found = ieee80211_ies::Elements::new(entry.bss.elements()).find(ieee80211_ies::id::SSID);
            now.saturating_sub(entry.heard) <= BSS_LIFETIME && found.is_some_and(|element| element.body == ssid)
        })
    }
}

//! Owners and clients on a simulated medium: joins end to end, with loss, late owners, and owners that vanish.

use ieee80211_ies::frame::{Frame, ReasonCode};
use ieee80211_ies::p2p::{Attribute, Capability, DeviceInfoBuf, DeviceName, emit};
use ieee80211_ies::wsc::{ConfigMethods, DeviceType};
use ieee80211_ies::{Elements, KnownElement};
use ieee80211_ies::{MacAddr, rsn};
use mlme::client::{self, Join, JoinConfig, Sme};
use mlme::owner::{self, LeftCause, Owner, OwnerConfig};
use mlme::{Output, Token};
use radio::{Channel, Command, CommandId, Event, InterfaceId, InterfaceKind, ScanRequest};
use std::collections::HashMap;
use std::time::Duration;
use virtual_air::{Air, Profile, RadioId, RadioSettings, Settings};

const IFACE: InterfaceId = InterfaceId::BASE;
const FREQUENCY: u32 = 2437;
const SSID: &[u8] = b"DIRECT-ab";
const WSC: &[u8] = b"\xdd\x0e\x00\x50\xf2\x04\x10\x4a\x00\x01\x10\x10\x3a\x00\x01\x01";

const fn mac(n: u8) -> MacAddr {
    MacAddr([2, 0, 0, 0, 0, n])
}

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn rsn_element() -> Vec<u8> {
    let mut out = Vec::new();
    rsn::wpa2_psk_ccmp().emit(&mut out);
    out
}

fn describe(n: u8) -> DeviceInfoBuf {
    DeviceInfoBuf {
        address: mac(100 + n),
        config_methods: ConfigMethods::PUSH_BUTTON,
        primary: DeviceType::wfa(10, 5),
        secondary: Vec::new(),
        name: DeviceName::new(b"device").unwrap(),
    }
}

fn p2p_element(n: u8) -> Vec<u8> {
    let mut out = Vec::new();
    emit(&[Attribute::Capability(Capability { device: 0x27, group: 0 }), Attribute::DeviceInfo(describe(n))], &mut out);
    out
}

enum Machine {
    Owner(Box<Owner>),
    Client(Box<Join>),
}

struct Host {
    radio: RadioId,
    machine: Machine,
    /// The commands of the machine by their names on the radio.
    tokens: HashMap<CommandId, Token>,
    scans: u32,
    heard: Vec<Said>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Said {
    Owner(owner::Event),
    Client(client::Event),
}

struct World {
    air: Air,
    hosts: Vec<Host>,
    next: u64,
}

impl World {
    fn new(seed: u64, settings: Settings) -> Self {
        Self { air: Air::new(seed, settings), hosts: Vec::new(), next: 0 }
    }

    fn host(&mut self, n: u8, kind: InterfaceKind, machine: Machine) -> usize {
        let mut settings = RadioSettings::new(mac(n), Profile::P2pDevice);
        settings.base = kind;
        let radio = self.air.add_radio(settings);
        self.hosts.push(Host { radio, machine, tokens: HashMap::new(), scans: 0, heard: Vec::new() });
        let host = self.hosts.len() - 1;
        self.command(host, Command::SetInterfaceUp { iface: IFACE, up: true });
        host
    }

    fn owner(&mut self) -> usize {
        let capabilities = Profile::P2pDevice.capabilities(mac(1));
        let channel = Channel::ht20(FREQUENCY);
        let config = OwnerConfig::new(IFACE, mac(1), describe(1), SSID.to_vec(), channel, &capabilities);
        let mut owner = Owner::new(config);
        owner.set_wsc(WSC.to_vec(), WSC.to_vec(), WSC.to_vec());
        self.host(1, InterfaceKind::P2pGo, Machine::Owner(Box::new(owner)))
    }

    fn client(&mut self, n: u8) -> usize {
        let bssid = Some(mac(1));
        let config = JoinConfig { iface: IFACE, bssid, ssid: SSID.to_vec(), frequency: FREQUENCY, sme: Sme::Userspace };
        self.host(n, InterfaceKind::P2pClient, Machine::Client(Box::new(Join::new(config))))
    }

    fn command(&mut self, host: usize, command: Command) -> CommandId {
        self.next += 1;
        self.air.command(self.hosts[host].radio, CommandId(self.next), command);
        CommandId(self.next)
    }

    fn as_owner(&mut self, host: usize, act: impl FnOnce(&mut Owner, Duration)) {
        let now = self.air.now();
        match &mut self.hosts[host].machine {
            Machine::Owner(owner) => act(owner, now),
            Machine::Client(_) => panic!("host {host} is a client"),
        }
    }

    fn join(&mut self, host: usize, mode: client::Mode, limit: Duration) {
        let now = self.air.now();
        let p2p = p2p_element(host as u8);
        match &mut self.hosts[host].machine {
            Machine::Client(join) => join.join(now, mode, p2p, Vec::new(), now + limit),
            Machine::Owner(_) => panic!("host {host} is an owner"),
        }
    }

    /// Lets everything happen that happens until `until`, or until `done`.
    fn run(&mut self, until: Duration, mut done: impl FnMut(&Self) -> bool) -> bool {
        loop {
            self.settle();
            if done(self) {
                return true;
            }
            let timers = self.hosts.iter().filter_map(|host| match &host.machine {
                Machine::Owner(owner) => owner.poll_timeout(),
                Machine::Client(join) => join.poll_timeout(),
            });
            let next = timers.chain(self.air.next_deadline()).min().unwrap_or(until).max(self.air.now());
            if next >= until {
                return false;
            }
            self.air.advance(next);
            for host in &mut self.hosts {
                match &mut host.machine {
                    Machine::Owner(owner) => owner.handle_timeout(next),
                    Machine::Client(join) => join.handle_timeout(next),
                }
            }
        }
    }

    /// Carries outputs to the radios and events to the machines until nobody says anything more.
    fn settle(&mut self) {
        loop {
            let mut quiet = true;
            for host in 0..self.hosts.len() {
                while let Some(output) = self.poll(host) {
                    quiet = false;
                    match output {
                        Output::Command(token, command) => {
                            let id = self.command(host, command);
                            self.hosts[host].tokens.insert(id, token);
                        }
                        Output::Event(said) => {
                            if let Said::Client(client::Event::NeedScan { frequency, bssid, ssid }) = &said {
                                let scan = ScanRequest {
                                    ssids: vec![ssid.clone()],
                                    frequencies: vec![*frequency],
                                    bssid: *bssid,
                                    no_cck: true,
                                    ..ScanRequest::default()
                                };
                                self.hosts[host].scans += 1;
                                self.command(host, Command::Scan { iface: IFACE, scan });
                            }
                            self.hosts[host].heard.push(said);
                        }
                    }
                }
                let radio = self.hosts[host].radio;
                while let Some(event) = self.air.poll_event(radio) {
                    quiet = false;
                    self.event(host, event);
                }
            }
            if quiet {
                return;
            }
        }
    }

    fn poll(&mut self, host: usize) -> Option<Output<Said>> {
        Some(match &mut self.hosts[host].machine {
            Machine::Owner(owner) => match owner.poll_output()? {
                Output::Command(token, command) => Output::Command(token, command),
                Output::Event(event) => Output::Event(Said::Owner(event)),
            },
            Machine::Client(join) => match join.poll_output()? {
                Output::Command(token, command) => Output::Command(token, command),
                Output::Event(event) => Output::Event(Said::Client(event)),
            },
        })
    }

    fn event(&mut self, host: usize, event: Event) {
        let now = self.air.now();
        let Host { machine, tokens, .. } = &mut self.hosts[host];
        match (machine, event) {
            (Machine::Owner(owner), Event::Done { id, result }) => {
                if let Some(token) = tokens.get(&id) {
                    owner.handle_done(now, *token, result);
                }
            }
            (Machine::Owner(owner), Event::Sent { id, status }) => {
                if let Some(token) = tokens.get(&id) {
                    owner.handle_sent(now, *token, status);
                }
            }
            (Machine::Owner(owner), Event::Received { frequency, signal_dbm, frame, .. }) => {
                owner.handle_frame(now, &Frame::parse(&frame).unwrap(), frequency, signal_dbm);
            }
            (Machine::Owner(owner), event) => _ = owner.handle_event(now, &event),
            (Machine::Client(join), Event::Done { id, result }) => {
                if let Some(token) = tokens.get(&id) {
                    join.handle_done(now, *token, result);
                }
            }
            (Machine::Client(join), Event::ScanDone { seen, .. }) => {
                match seen.iter().find(|bss| bss.bssid == mac(1)) {
                    Some(bss) => join.bss_found(now, bss),
                    None => join.scan_failed(now),
                }
            }
            (Machine::Client(join), event) => _ = join.handle_event(now, &event),
        }
    }

    /// What a host has said since the last time.
    fn heard(&mut self, host: usize) -> Vec<Said> {
        std::mem::take(&mut self.hosts[host].heard)
    }

    fn is_associated(&self, host: usize) -> bool {
        match &self.hosts[host].machine {
            Machine::Client(join) => join.is_associated(),
            Machine::Owner(_) => false,
        }
    }

    /// Whether the owner has this client as a member, provisioned or not.
    fn is_member(&self, owner: usize, n: u8) -> bool {
        match &self.hosts[owner].machine {
            Machine::Owner(owner) => owner.stations().any(|(address, _)| address == mac(n)),
            Machine::Client(_) => false,
        }
    }

    fn start(&mut self, owner: usize) {
        self.as_owner(owner, |owner, now| owner.start(now));
        let limit = self.air.now() + ms(1000);
        assert!(self.run(limit, |world| world.hosts[owner].heard.contains(&Said::Owner(owner::Event::Started))));
    }

    /// Joins for WSC, then for data, as a formation does; within how long.
    fn form(&mut self, owner: usize, client: usize, n: u8) -> Duration {
        let begin = self.air.now();
        for mode in [client::Mode::Wsc(WSC.to_vec()), client::Mode::Rsn(rsn_element())] {
            self.heard(owner);
            self.join(client, mode, ms(15_000));
            let end = begin + ms(15_000);
            // Both have to say so: the owner may learn later that its answer was received.
            let told = |world: &Self| {
                let associated =
                    |said: &Said| matches!(said, Said::Owner(owner::Event::Associated(a)) if a.station == mac(n));
                world.is_associated(client) && world.hosts[owner].heard.iter().any(associated)
            };
            let done = self.run(end, told);
            assert!(done, "{:?} {:?}", self.hosts[client].heard, self.hosts[owner].heard);
        }
        assert!(self.is_member(owner, n));
        self.air.now() - begin
    }
}

fn associations(heard: &[Said]) -> Vec<&owner::Associated> {
    heard
        .iter()
        .filter_map(|said| match said {
            Said::Owner(owner::Event::Associated(associated)) => Some(&**associated),
            _ => None,
        })
        .collect()
}

#[test]
fn a_client_joins_with_one_scan() {
    let mut world = World::new(1, Settings::default());
    let owner = world.owner();
    let client = world.client(2);
    world.start(owner);
    let time = world.form(owner, client, 2);
    assert_eq!(world.hosts[client].scans, 1);
    assert!(time < ms(200), "{time:?}");
    let heard = world.heard(owner);
    let [associated] = associations(&heard)[..] else { panic!("{heard:?}") };
    assert_eq!(associated.p2p.as_ref().unwrap().device_address, mac(101));
    assert_eq!(associated.mode, owner::Mode::Rsn { element: rsn_element() });
    let heard = world.heard(client);
    let Some(Said::Client(client::Event::Associated(association))) = heard.last() else { panic!("{heard:?}") };
    assert_eq!((association.bssid, association.frequency), (mac(1), FREQUENCY));
    assert_eq!(association.rsn, Some(rsn_element()));
    assert!(Elements::new(&association.response).p2p().unwrap().is_some());
}

#[test]
fn joins_survive_the_loss_of_six_frames_in_ten() {
    let mut times = Vec::new();
    for seed in 0..40 {
        let settings = Settings { loss: 0.6, ack_loss: 0.2, reorder: 0.1, late_reply: 0.3, ..Settings::default() };
        let mut world = World::new(seed, settings);
        let owner = world.owner();
        let client = world.client(2);
        world.start(owner);
        times.push(world.form(owner, client, 2));
    }
    times.sort();
    assert!(times[20] < ms(200), "{times:?}");
}

#[test]
fn an_owner_that_comes_late_is_met_at_once() {
    let mut world = World::new(7, Settings::default());
    let owner = world.owner();
    let client = world.client(2);
    world.join(client, client::Mode::Wsc(WSC.to_vec()), ms(15_000));
    world.run(ms(3000), |_| false);
    assert!(!world.is_associated(client));
    world.start(owner);
    let begin = world.air.now();
    assert!(world.run(begin + ms(15_000), |world| world.is_associated(client)));
    let time = world.air.now() - begin;
    assert!(time < ms(400), "{time:?}");
}

#[test]
fn a_join_ends_at_its_deadline() {
    let mut world = World::new(7, Settings::default());
    let client = world.client(2);
    world.join(client, client::Mode::Wsc(WSC.to_vec()), ms(2000));
    world.run(ms(10_000), |_| false);
    let failed = client::Event::Failed { phase: client::Phase::Scan, cause: client::Cause::NotFound };
    assert_eq!(world.heard(client).last(), Some(&Said::Client(failed)));
}

#[test]
fn a_group_of_ten_and_its_end() {
    let mut world = World::new(3, Settings { loss: 0.1, ..Settings::default() });
    let owner = world.owner();
    let clients: Vec<usize> = (2..12).map(|n| world.client(n)).collect();
    world.start(owner);
    for &client in &clients {
        world.join(client, client::Mode::Rsn(rsn_element()), ms(15_000));
    }
    let end = world.air.now() + ms(15_000);
    assert!(world.run(end, |world| clients.iter().all(|&client| world.is_associated(client))));
    world.run(end, |world| (2..12).all(|n| world.is_member(owner, n)));
    clients.iter().for_each(|&client| _ = world.heard(client));
    world.as_owner(owner, |owner, now| owner.stop(now));
    let end = world.air.now() + ms(2000);
    assert!(world.run(end, |world| world.hosts[owner].heard.contains(&Said::Owner(owner::Event::Stopped))));
    let stopped = |said: &&Said| matches!(said, Said::Owner(owner::Event::Left { cause: LeftCause::Stopped, .. }));
    assert_eq!(world.heard(owner).iter().filter(stopped).count(), 10);
    world.run(end, |_| false);
    let gone = client::Event::Disconnected { reason: ReasonCode::LEAVING_NETWORK_DEAUTH, local: false };
    for client in clients {
        assert_eq!(world.heard(client), [Said::Client(gone.clone())]);
    }
}

#[test]
fn a_client_leaves_and_the_owner_knows() {
    let mut world = World::new(5, Settings::default());
    let owner = world.owner();
    let client = world.client(2);
    world.start(owner);
    world.form(owner, client, 2);
    world.heard(owner);
    let now = world.air.now();
    if let Machine::Client(join) = &mut world.hosts[client].machine {
        join.leave(now, ReasonCode::LEAVING_NETWORK_DEAUTH);
    }
    world.run(now + ms(500), |_| false);
    let reason = ReasonCode::LEAVING_NETWORK_DEAUTH;
    let left = client::Event::Disconnected { reason, local: true };
    assert_eq!(world.heard(client).last(), Some(&Said::Client(left)));
    let left =
        owner::Event::Left { station: mac(2), device: Some(mac(101)), cause: LeftCause::Deauthenticated(reason) };
    assert_eq!(world.heard(owner), [Said::Owner(left)]);
}

#[test]
fn a_client_that_is_sent_away_comes_again() {
    let mut world = World::new(6, Settings::default());
    let owner = world.owner();
    let client = world.client(2);
    world.start(owner);
    world.form(owner, client, 2);
    world.as_owner(owner, |owner, now| owner.deauthenticate(now, mac(2), ReasonCode(23)));
    let now = world.air.now();
    assert!(world.run(now + ms(500), |world| !world.is_associated(client)));
    let gone = client::Event::Disconnected { reason: ReasonCode(23), local: false };
    assert_eq!(world.heard(client).last(), Some(&Said::Client(gone)));
    world.form(owner, client, 2);
    assert_eq!(world.hosts[client].scans, 1, "the kernel still knows the owner");
}

#[test]
fn a_silent_station_is_found_out() {
    let mut world = World::new(8, Settings::default());
    let owner = world.owner();
    let client = world.client(2);
    world.start(owner);
    world.form(owner, client, 2);
    world.heard(owner);
    let (a, b) = (world.hosts[owner].radio, world.hosts[client].radio);
    // It answers null frames for as long as it is near.
    let near = world.air.now() + Duration::from_secs(900);
    world.run(near, |_| false);
    assert_eq!(world.heard(owner), []);
    world.air.set_link(a, b, virtual_air::Link::OUT_OF_RANGE);
    world.air.set_link(b, a, virtual_air::Link::OUT_OF_RANGE);
    let gone = world.air.now() + Duration::from_secs(610);
    world.run(gone, |_| false);
    let left = owner::Event::Left { station: mac(2), device: Some(mac(101)), cause: LeftCause::Inactive };
    assert_eq!(world.heard(owner), [Said::Owner(left)]);
}

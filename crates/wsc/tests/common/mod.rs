//! An owner and a client with a lossy link between them, in virtual time.

#![allow(dead_code, reason = "each test binary uses its own part")]

use std::collections::BTreeMap;
use std::time::Duration;

use ieee80211_ies::wsc::{ConfigMethods, DeviceType};
use ieee80211_ies::{MacAddr, Octets, Ssid};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use wsc::enrollee::{self, Password};
use wsc::registrar::{self, Allowed, Method, Registrar, SessionEvent, SessionInput, Station, WALK_TIME};
use wsc::{Credential, Device, KeyPair, NetworkKey, Pin, uuid_from_mac};

pub const OWNER: MacAddr = MacAddr([0x02, 0, 0, 0, 0, 0x01]);
pub const CLIENT: MacAddr = MacAddr([0x02, 0, 0, 0, 0, 0x02]);
pub const CLIENT_DEVICE: MacAddr = MacAddr([0x00, 0, 0, 0, 0, 0x02]);

pub fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

pub fn device(address: MacAddr, name: &str) -> Device {
    Device {
        uuid: uuid_from_mac(address),
        address,
        manufacturer: Octets::new(b"Acme").unwrap(),
        model_name: Octets::new(b"Model").unwrap(),
        model_number: Octets::EMPTY,
        serial_number: Octets::new(b"12345").unwrap(),
        device_name: Octets::new(name.as_bytes()).unwrap(),
        primary_device_type: DeviceType::wfa(1, 1),
        secondary_device_types: Vec::new(),
        config_methods: ConfigMethods::VIRTUAL_PUSH_BUTTON | ConfigMethods::VIRTUAL_DISPLAY | ConfigMethods::KEYPAD,
        rf_bands: 3,
        os_version: 0,
    }
}

pub fn credential() -> Credential {
    Credential {
        ssid: Ssid::new(b"DIRECT-xy").unwrap(),
        key: NetworkKey::Psk(std::array::from_fn(|n| n as u8)),
        address: MacAddr::ZERO,
    }
}

pub fn station() -> Station {
    Station { address: CLIENT, p2p_device_address: Some(CLIENT_DEVICE), credential: credential() }
}

pub fn push_button() -> Method {
    Method::PushButton { only: None }
}

pub fn pin(digits: &str) -> Method {
    Method::Pin { pin: Pin::new(digits).unwrap(), from: Allowed::Anyone }
}

/// What a link does to each PDU, in percent.
#[derive(Clone, Copy, Debug, Default)]
pub struct Link {
    pub loss: u32,
    pub duplicates: u32,
    /// Up to how much longer than 1 ms a PDU takes.
    pub jitter: u64,
    /// Whether the sender hears of a loss.
    pub status: bool,
}

/// Both sides and what is under way between them.
pub struct Pair {
    pub now: Duration,
    pub registrar: Registrar,
    pub owner: registrar::Session,
    pub client: enrollee::Session,
    pub owner_events: Vec<SessionEvent>,
    pub client_events: Vec<enrollee::Event>,
    pub registrar_events: Vec<registrar::Event>,
    pub pdus: Vec<(bool, Vec<u8>)>,
    link: Link,
    rng: ChaCha20Rng,
    /// By time and order of sending: to the owner?, and what; `Err` is the end of a transmission.
    under_way: BTreeMap<(Duration, u64), (bool, Result<Vec<u8>, bool>)>,
    sent: u64,
}

impl Pair {
    pub fn new(method: Option<Method>, password: Password, seed: u64) -> Self {
        Self::with_station(method, password, station(), seed)
    }

    pub fn with_station(method: Option<Method>, password: Password, station: Station, seed: u64) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let mut registrar = Registrar::new(device(OWNER, "owner"), false);
        if let Some(method) = method {
            registrar.activate(Duration::ZERO, method, WALK_TIME).unwrap();
        }
        let owner = registrar::Session::new(station, KeyPair::generate(&mut rng), &mut rng);
        let client = enrollee::Session::new(device(CLIENT, "client"), password, KeyPair::generate(&mut rng), &mut rng);
        Self {
            now: Duration::ZERO,
            registrar,
            owner,
            client,
            owner_events: Vec::new(),
            client_events: Vec::new(),
            registrar_events: Vec::new(),
            pdus: Vec::new(),
            link: Link { status: true, ..Link::default() },
            rng,
            under_way: BTreeMap::new(),
            sent: 0,
        }
    }

    pub fn with_link(mut self, link: Link) -> Self {
        self.link = link;
        self
    }

    pub fn with_fragments(mut self, owner: usize, client: usize) -> Self {
        self.owner = self.owner.with_fragment_size(owner);
        self.client = self.client.with_fragment_size(client);
        self
    }

    fn percent(&mut self, chance: u32) -> bool {
        self.rng.next_u32() % 100 < chance
    }

    fn send(&mut self, to_owner: bool, pdu: Vec<u8>) {
        self.pdus.push((to_owner, pdu.clone()));
        let lost = self.percent(self.link.loss);
        let copies = if lost { 0 } else { 1 + u32::from(self.percent(self.link.duplicates)) };
        for _ in 0..copies {
            let delay = 1 + self.rng.next_u64() % (self.link.jitter + 1);
            self.put(ms(delay), to_owner, Ok(pdu.clone()));
        }
        self.put(ms(1), !to_owner, Err(!lost || !self.link.status));
    }

    fn put(&mut self, delay: Duration, to_owner: bool, what: Result<Vec<u8>, bool>) {
        self.sent += 1;
        self.under_way.insert((self.now + delay, self.sent), (to_owner, what));
    }

    fn drain(&mut self) {
        while let Some(output) = self.owner.poll_output() {
            match output {
                registrar::Output::Send(pdu) => self.send(false, pdu),
                registrar::Output::Event(event) => self.owner_events.push(event),
            }
        }
        while let Some(output) = self.client.poll_output() {
            match output {
                enrollee::Output::Send(pdu) => self.send(true, pdu),
                enrollee::Output::Event(event) => self.client_events.push(event),
            }
        }
        while let Some(event) = self.registrar.poll_output() {
            self.registrar_events.push(event);
        }
    }

    pub fn to_owner(&mut self, input: SessionInput<'_>) {
        self.owner.handle_input(self.now, input, &mut self.registrar);
        self.drain();
    }

    pub fn to_client(&mut self, input: enrollee::Input<'_>) {
        self.client.handle_input(self.now, input);
        self.drain();
    }

    pub fn start(&mut self) {
        self.to_owner(SessionInput::Start);
        self.to_client(enrollee::Input::Start);
    }

    /// Goes to the next thing that happens; `false` when nothing does any more.
    pub fn step(&mut self) -> bool {
        let arrival = self.under_way.first_key_value().map(|((at, _), _)| *at);
        let timers = [self.owner.poll_timeout(), self.client.poll_timeout(), self.registrar.poll_timeout()];
        let timer = timers.into_iter().flatten().min();
        let Some(next) = arrival.into_iter().chain(timer).min() else { return false };
        self.now = self.now.max(next);
        if arrival == Some(next) {
            let (_, (to_owner, what)) = self.under_way.pop_first().unwrap();
            match (to_owner, &what) {
                (true, Ok(pdu)) => self.to_owner(SessionInput::Pdu(pdu)),
                (true, Err(acked)) => self.to_owner(SessionInput::Sent { acked: *acked }),
                (false, Ok(pdu)) => self.to_client(enrollee::Input::Pdu(pdu)),
                (false, Err(acked)) => self.to_client(enrollee::Input::Sent { acked: *acked }),
            }
        } else {
            self.to_owner(SessionInput::Timeout);
            self.to_client(enrollee::Input::Timeout);
            self.registrar.handle_input(self.now, registrar::Input::Timeout).unwrap();
            self.drain();
        }
        true
    }

    /// Runs until both sessions are over.
    pub fn run(&mut self) {
        let mut steps = 0;
        while !(self.owner.is_finished() && self.client.is_finished()) && self.step() {
            steps += 1;
            assert!(steps < 20_000, "no end");
        }
        self.drain();
    }

    pub fn credential(&self) -> Option<&Credential> {
        self.client_events.iter().find_map(|event| match event {
            enrollee::Event::Credential(credential) => Some(&**credential),
            _ => None,
        })
    }

    pub fn registered(&self) -> bool {
        self.owner_events.iter().any(|event| matches!(event, SessionEvent::Success { .. }))
    }

    pub fn assert_success(&self) {
        let expected = Credential { address: CLIENT, ..credential() };
        assert_eq!(self.credential(), Some(&expected), "{:?} {:?}", self.client_events, self.owner_events);
        assert!(self.registered(), "{:?}", self.owner_events);
        assert_eq!(self.client_events.last(), Some(&enrollee::Event::Done));
        assert_eq!(self.owner_events.last(), Some(&SessionEvent::ProtocolEnded));
    }
}

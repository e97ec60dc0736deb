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

pub(crate) const OWNER: MacAddr = MacAddr([0x02, 0, 0, 0, 0, 0x01]);
pub(crate) const CLIENT: MacAddr = MacAddr([0x02, 0, 0, 0, 0, 0x02]);
pub(crate) const CLIENT_DEVICE: MacAddr = MacAddr([0x00, 0, 0, 0, 0, 0x02]);

pub(crate) fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

pub(crate) fn device(address: MacAddr, name: &str) -> Device {
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
        ..Device::default()
    }
}

pub(crate) fn credential() -> Credential {
    Credential {
        ssid: Ssid::new(b"DIRECT-xy").unwrap(),
        key: NetworkKey::Psk(std::array::from_fn(|n| n as u8)),
        address: MacAddr::ZERO,
    }
}

pub(crate) fn station() -> Station {
    Station { address: CLIENT, p2p_device_address: Some(CLIENT_DEVICE), credential: credential() }
}

pub(crate) fn push_button() -> Method {
    Method::PushButton { only: None }
}

pub(crate) fn pin(digits: &str) -> Method {
    Method::Pin { pin: Pin::new(digits).unwrap(), from: Allowed::Anyone }
}

/// What a link does to each PDU, in percent.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Link {
    pub(crate) loss: u32,
    pub(crate) duplicates: u32,
    /// Up to how much longer than 1 ms a PDU takes.
    pub(crate) jitter: u64,
    /// Whether the sender hears of a loss.
    pub(crate) status: bool,
}

/// Under way to the owner (`true`) or the client: a PDU, or the end of a transmission and whether it was acknowledged.
type UnderWay = (bool, Result<Vec<u8>, bool>);

/// What is done to the n-th PDU on its way.
type Change = Box<dyn FnMut(usize, &mut Vec<u8>)>;

/// Both sides and what is under way between them.
pub(crate) struct Pair {
    pub(crate) now: Duration,
    pub(crate) registrar: Registrar,
    pub(crate) owner: registrar::Session,
    pub(crate) client: enrollee::Session,
    pub(crate) owner_events: Vec<SessionEvent>,
    pub(crate) client_events: Vec<enrollee::Event>,
    pub(crate) registrar_events: Vec<registrar::Event>,
    pub(crate) pdus: Vec<(bool, Vec<u8>)>,
    link: Link,
    change: Option<Change>,
    rng: ChaCha20Rng,
    /// By time and order of sending.
    under_way: BTreeMap<(Duration, u64), UnderWay>,
    sent: u64,
}

impl Pair {
    pub(crate) fn new(method: Option<Method>, password: Password, seed: u64) -> Self {
        Self::with_station(method, password, station(), seed)
    }

    pub(crate) fn with_station(method: Option<Method>, password: Password, station: Station, seed: u64) -> Self {
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
            change: None,
            rng,
            under_way: BTreeMap::new(),
            sent: 0,
        }
    }

    pub(crate) fn with_link(mut self, link: Link) -> Self {
        self.link = link;
        self
    }

    pub(crate) fn with_change(mut self, change: impl FnMut(usize, &mut Vec<u8>) + 'static) -> Self {
        self.change = Some(Box::new(change));
        self
    }

    pub(crate) fn with_fragments(mut self, owner: usize, client: usize) -> Self {
        self.owner = self.owner.with_fragment_size(owner);
        self.client = self.client.with_fragment_size(client);
        self
    }

    fn percent(&mut self, chance: u32) -> bool {
        self.rng.next_u32() % 100 < chance
    }

    fn send(&mut self, to_owner: bool, mut pdu: Vec<u8>) {
        if let Some(change) = &mut self.change {
            change(self.pdus.len(), &mut pdu);
        }
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

    pub(crate) fn tell_owner(&mut self, input: SessionInput<'_>) {
        self.owner.handle_input(self.now, input, &mut self.registrar);
        self.drain();
    }

    pub(crate) fn tell_client(&mut self, input: enrollee::Input<'_>) {
        self.client.handle_input(self.now, input);
        self.drain();
    }

    pub(crate) fn start(&mut self) {
        self.tell_owner(SessionInput::Start);
        self.tell_client(enrollee::Input::Start);
    }

    /// Goes to the next thing that happens; `false` when nothing does any more.
    pub(crate) fn step(&mut self) -> bool {
        let arrival = self.under_way.first_key_value().map(|((at, _), _)| *at);
        let timers = [self.owner.poll_timeout(), self.client.poll_timeout(), self.registrar.poll_timeout()];
        let timer = timers.into_iter().flatten().min();
        let Some(next) = arrival.into_iter().chain(timer).min() else { return false };
        self.now = self.now.max(next);
        if arrival == Some(next) {
            let (_, (to_owner, what)) = self.under_way.pop_first().unwrap();
            match (to_owner, &what) {
                (true, Ok(pdu)) => self.tell_owner(SessionInput::Pdu(pdu)),
                (true, Err(acked)) => self.tell_owner(SessionInput::Sent { acked: *acked }),
                (false, Ok(pdu)) => self.tell_client(enrollee::Input::Pdu(pdu)),
                (false, Err(acked)) => self.tell_client(enrollee::Input::Sent { acked: *acked }),
            }
        } else {
            self.tell_owner(SessionInput::Timeout);
            self.tell_client(enrollee::Input::Timeout);
            self.registrar.handle_input(self.now, registrar::Input::Timeout).unwrap();
            self.drain();
        }
        true
    }

    /// Runs until both sessions are over.
    pub(crate) fn run(&mut self) {
        let mut steps = 0;
        while !(self.owner.is_finished() && self.client.is_finished()) && self.step() {
            steps += 1;
            assert!(steps < 20_000, "no end");
        }
        self.drain();
    }

    pub(crate) fn credential(&self) -> Option<&Credential> {
        self.client_events.iter().find_map(|event| match event {
            enrollee::Event::Credential(credential) => Some(&**credential),
            _ => None,
        })
    }

    pub(crate) fn registered(&self) -> bool {
        self.owner_events.iter().any(|event| matches!(event, SessionEvent::Success { .. }))
    }

    pub(crate) fn assert_success(&self) {
        let expected = Credential { address: CLIENT, ..credential() };
        assert_eq!(self.credential(), Some(&expected), "{:?} {:?}", self.client_events, self.owner_events);
        assert!(self.registered(), "{:?}", self.owner_events);
        assert_eq!(self.client_events.last(), Some(&enrollee::Event::Done));
        assert_eq!(self.owner_events.last(), Some(&SessionEvent::ProtocolEnded));
    }
}

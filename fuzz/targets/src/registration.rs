//! Targets of `wsc`.

use crate::script::Script;
use ieee80211_ies::{MacAddr, Ssid};
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;
use std::time::Duration;
use wsc::enrollee::{self, Password};
use wsc::registrar::{self, Method, Registrar, SessionInput, Station, WALK_TIME};
use wsc::{Credential, Device, KeyPair, NetworkKey};

/// EAP framing and a WSC message.
pub(crate) fn eap(bytes: &[u8]) {
    wsc::fuzzing::eapol(bytes);
    wsc::fuzzing::message(bytes);
}

/// Registrar and enrollee with a bad link between them.
pub(crate) fn both(script: &[u8]) {
    wsc::fuzzing::conversation(script);
}

fn device(last: u8) -> Device {
    Device { address: MacAddr([2, 0, 0, 0, 0, last]), ..Device::default() }
}

/// A registrar and an enrollee, and their messages to each other.
struct Registration {
    now: Duration,
    registrar: Registrar,
    owner: registrar::Session,
    client: enrollee::Session,
    to_owner: Vec<Vec<u8>>,
    to_client: Vec<Vec<u8>>,
    given: Credential,
    taken: Vec<Credential>,
}

impl Registration {
    /// A registration in which each side has heard this many messages of the other.
    fn after(messages: u8) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let given = Credential {
            ssid: Ssid::new(b"DIRECT-ab").unwrap_or_default(),
            key: NetworkKey::Psk([1; 32]),
            address: device(2).address,
        };
        let mut registrar = Registrar::new(device(1), false);
        let now = Duration::ZERO;
        // Nothing else is active that could be in the way.
        let _ = registrar.activate(now, Method::PushButton { only: None }, WALK_TIME);
        let station = Station { address: device(2).address, p2p_device_address: None, credential: given.clone() };
        let mut it = Self {
            now,
            registrar,
            owner: registrar::Session::new(station, KeyPair::generate(&mut rng), &mut rng),
            client: enrollee::Session::new(device(2), Password::push_button(), KeyPair::generate(&mut rng), &mut rng),
            to_owner: Vec::new(),
            to_client: Vec::new(),
            given,
            taken: Vec::new(),
        };
        it.owner.handle_input(it.now, SessionInput::Start, &mut it.registrar);
        it.client.handle_input(it.now, enrollee::Input::Start);
        for _ in 0..messages {
            it.drain();
            if let Some(pdu) = it.to_client.pop() {
                it.hear_client(&pdu);
            }
            it.drain();
            if let Some(pdu) = it.to_owner.pop() {
                it.hear_owner(&pdu);
            }
        }
        it.drain();
        it
    }

    fn hear_owner(&mut self, pdu: &[u8]) {
        self.owner.handle_input(self.now, SessionInput::Sent { acked: true }, &mut self.registrar);
        self.owner.handle_input(self.now, SessionInput::Pdu(pdu), &mut self.registrar);
    }

    fn hear_client(&mut self, pdu: &[u8]) {
        self.client.handle_input(self.now, enrollee::Input::Sent { acked: true });
        self.client.handle_input(self.now, enrollee::Input::Pdu(pdu));
    }

    fn drain(&mut self) {
        while let Some(output) = self.owner.poll_output() {
            if let registrar::Output::Send(pdu) = output {
                self.to_client.push(pdu);
            }
        }
        while let Some(output) = self.client.poll_output() {
            match output {
                enrollee::Output::Send(pdu) => self.to_owner.push(pdu),
                enrollee::Output::Event(enrollee::Event::Credential(credential)) => self.taken.push(*credential),
                enrollee::Output::Event(_) => {}
            }
        }
    }
}

/// What is heard at some point of a registration, in pieces: any octets, or the last message with some of them changed.
fn hears(bytes: &[u8], mut hear: impl FnMut(&mut Registration, &[u8])) {
    let mut script = Script::new(bytes);
    let mut it = Registration::after(script.octet() % 10);
    while !script.is_empty() {
        let how = script.octet();
        match how & 3 {
            0 => it.now += Duration::from_millis(u64::from(how) * 40),
            1 => {
                let from = if how & 4 == 0 { &it.to_owner } else { &it.to_client };
                let mut pdu = from.last().cloned().unwrap_or_default();
                let at = usize::from(script.word());
                for (octet, new) in pdu.iter_mut().skip(at).zip(script.octets()) {
                    *octet = *new;
                }
                hear(&mut it, &pdu);
            }
            _ => hear(&mut it, script.octets()),
        }
        it.drain();
    }
    // Only the owner's own words carry a credential that is taken.
    assert!(it.taken.iter().all(|credential| *credential == it.given), "a credential of nobody's was taken");
}

pub(crate) fn registrar(bytes: &[u8]) {
    hears(bytes, |it, pdu| {
        it.hear_owner(pdu);
        it.owner.handle_input(it.now, SessionInput::Timeout, &mut it.registrar);
    });
}

pub(crate) fn enrollee(bytes: &[u8]) {
    hears(bytes, |it, pdu| {
        it.hear_client(pdu);
        it.client.handle_input(it.now, enrollee::Input::Timeout);
    });
}

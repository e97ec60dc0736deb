//! Entry points for fuzzers: none may panic, whatever the octets.

use alloc::vec::Vec;
use core::time::Duration;

use ieee80211_ies::wsc::MessageType;
use ieee80211_ies::{MacAddr, Ssid};
use rand_core::{TryCryptoRng, TryRng};

use crate::credential::{Credential, NetworkKey};
use crate::device::Device;
use crate::dh::{KeyPair, PublicKey};
use crate::eap::Eapol;
use crate::enrollee::{self, Password};
use crate::message::{Checked, Message};
use crate::pin::Pin;
use crate::registrar::{self, Allowed, Method, Registrar, SessionInput, Station, WALK_TIME};

/// EAPOL and EAP framing.
pub fn eapol(pdu: &[u8]) {
    let _ = Eapol::parse(pdu);
}

/// A message, what it says of a device, a public key, a credential.
pub fn message(bytes: &[u8]) {
    if let Ok(message) = Message::parse(bytes, MessageType::M1) {
        let _ = message.device(ieee80211_ies::wsc::attr::UUID_E, MacAddr::ZERO);
        let _ = message.config_error();
        let _ = message.find(ieee80211_ies::wsc::attr::PUBLIC_KEY).map(PublicKey::from_bytes);
    }
    let _ = Credential::parse(bytes);
    let _ = Checked::new(bytes).map(|attributes| attributes.all(0x100e).count());
}

/// A generator that counts: runs must be the same every time.
struct Counter(u64);

impl TryRng for Counter {
    type Error = core::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        self.try_next_u64().map(|number| number as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Ok(self.0)
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Self::Error> {
        for octet in out {
            *octet = (self.try_next_u64()? >> 32) as u8;
        }
        Ok(())
    }
}

impl TryCryptoRng for Counter {}

/// A registrar and an enrollee between which `script` loses, repeats, changes and reorders PDUs, and lets time pass. Panics
/// when the enrollee takes a credential that the registrar did not give; says whether it took one.
pub fn conversation(script: &[u8]) -> bool {
    let mut rng = Counter(1);
    let mut now = Duration::ZERO;
    let mut script = script.iter().copied();
    let start = script.next().unwrap_or_default();
    let device = |last| Device { address: MacAddr([2, 0, 0, 0, 0, last]), ..Device::default() };
    let given = Credential {
        ssid: Ssid::new(b"DIRECT-").unwrap_or_default(),
        key: NetworkKey::Psk([1; 32]),
        address: MacAddr([2, 0, 0, 0, 0, 2]),
    };
    let mut registrar = Registrar::new(device(1), false);
    let (method, password) = if start & 1 == 0 {
        (Method::PushButton { only: None }, Password::push_button())
    } else {
        (Method::Pin { pin: Pin::push_button(), from: Allowed::Anyone }, Password::typed_here(Pin::push_button()))
    };
    let _ = registrar.activate(now, method, WALK_TIME);
    let fragment = if start & 2 == 0 { 1400 } else { 100 };
    let station = Station { address: device(2).address, p2p_device_address: None, credential: given.clone() };
    let mut owner =
        registrar::Session::new(station, KeyPair::generate(&mut rng), &mut rng).with_fragment_size(fragment);
    let mut client =
        enrollee::Session::new(device(2), password, KeyPair::generate(&mut rng), &mut rng).with_fragment_size(fragment);
    owner.handle_input(now, SessionInput::Start, &mut registrar);
    client.handle_input(now, enrollee::Input::Start);
    let mut registered = false;
    let mut to_owner: Vec<Vec<u8>> = Vec::new();
    let mut to_client: Vec<Vec<u8>> = Vec::new();
    while let Some(step) = script.next() {
        while let Some(output) = owner.poll_output() {
            if let registrar::Output::Send(pdu) = output {
                to_client.push(pdu);
            }
        }
        while let Some(output) = client.poll_output() {
            match output {
                enrollee::Output::Send(pdu) => to_owner.push(pdu),
                enrollee::Output::Event(enrollee::Event::Credential(credential)) => {
                    assert_eq!(*credential, given);
                    registered = true;
                }
                enrollee::Output::Event(_) => {}
            }
        }
        let queue = if step & 1 == 0 { &mut to_owner } else { &mut to_client };
        // Mostly the newest, sometimes an older one.
        let position = queue.len().saturating_sub(1 + usize::from(step >> 6));
        let mut pdu = queue.get(position).cloned().unwrap_or_default();
        match step >> 1 & 7 {
            0 => now += Duration::from_millis(10 << (step >> 4)),
            1 => {
                let (at, change) = (script.next().unwrap_or_default(), script.next().unwrap_or_default());
                if let Some(octet) = pdu.get_mut(usize::from(at)) {
                    *octet ^= change;
                }
            }
            2 => pdu.truncate(usize::from(script.next().unwrap_or_default())),
            _ => {}
        }
        if step & 1 == 0 {
            owner.handle_input(now, SessionInput::Sent { acked: step & 0x10 == 0 }, &mut registrar);
            owner.handle_input(now, SessionInput::Pdu(&pdu), &mut registrar);
            client.handle_input(now, enrollee::Input::Timeout);
        } else {
            client.handle_input(now, enrollee::Input::Sent { acked: step & 0x10 == 0 });
            client.handle_input(now, enrollee::Input::Pdu(&pdu));
            owner.handle_input(now, SessionInput::Timeout, &mut registrar);
        }
    }
    registered
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_conversation_without_trouble_reaches_the_credential() {
        // Alternately to the client and to the owner.
        for start in 0..4 {
            let script: Vec<u8> = [start].into_iter().chain([7, 6].into_iter().cycle().take(120)).collect();
            assert!(conversation(&script), "{start}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn conversations(script in prop::collection::vec(any::<u8>(), 0..120)) {
            conversation(&script);
        }

        #[test]
        fn messages(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            eapol(&bytes);
            message(&bytes);
        }
    }
}

//! Targets of `eapol`.

use crate::script::Script;
use eapol::{
    Akm, Authenticator, AuthenticatorConfig, Event, GroupKey, Gtk, Input, IpAllocation, Kdes, KeyFrame, KeyFrameRepr,
    KeyInformation, Output, Pdu, Psk, Ptk, Supplicant, SupplicantConfig, Tk, crypto,
};
use ieee80211_ies::MacAddr;
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;
use std::time::Duration;

const OWNER: MacAddr = MacAddr([2, 0, 0, 0, 0, 1]);
const CLIENT: MacAddr = MacAddr([2, 0, 0, 0, 0, 2]);
const RSNE: [u8; 22] = [48, 20, 1, 0, 0, 0x0f, 0xac, 4, 1, 0, 0, 0x0f, 0xac, 4, 1, 0, 0, 0x0f, 0xac, 2, 0, 0];
const ADDRESSES: IpAllocation = IpAllocation { client: [10, 0, 0, 9], mask: [255, 255, 255, 0], go: [10, 0, 0, 1] };

fn psk() -> Psk {
    Psk::new([1; 32])
}

fn akm(octet: u8) -> Akm {
    if octet & 1 == 0 { Akm::Psk } else { Akm::PskSha256 }
}

fn rng(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

fn new_owner(akm: Akm) -> Authenticator {
    let config = AuthenticatorConfig {
        authenticator: OWNER,
        supplicant: CLIENT,
        psks: vec![psk()],
        akm,
        rsn_element: RSNE.to_vec(),
        station_rsn_element: RSNE.to_vec(),
        group: GroupKey { index: 1, key: Gtk::new([0x11; 16]), rsc: [0; 6] },
        ip: Some(ADDRESSES),
        clear_beside_key: true,
    };
    Authenticator::new(config, &mut rng(1))
}

fn new_client(akm: Akm) -> Supplicant {
    let config = SupplicantConfig {
        supplicant: CLIENT,
        authenticator: OWNER,
        psk: psk(),
        akm,
        rsn_element: RSNE.to_vec(),
        owner_rsn_element: RSNE.to_vec(),
        want_ip: true,
    };
    Supplicant::new(config, &mut rng(2))
}

/// An EAPOL-Key frame and its key data.
pub(crate) fn key_frame(bytes: &[u8]) {
    let _ = Pdu::parse(bytes);
    kdes(bytes);
    let Ok(frame) = KeyFrame::parse(bytes) else { return };
    kdes(frame.key_data);
    let _ = (format!("{frame:?}"), frame.verify(Akm::Psk, &eapol::Kck::new([0; 16])));
    let written = frame.to_repr().emit();
    let again = KeyFrame::parse(&written).expect("what was written can be read");
    assert_eq!(again.to_repr(), frame.to_repr());
}

fn kdes(key_data: &[u8]) {
    for kde in Kdes::new(key_data) {
        if let Err(error) = kde {
            assert!(error.offset <= key_data.len(), "{error}");
        }
    }
}

/// What a machine's radio and user have got.
#[derive(Default)]
struct Got {
    sent: Vec<Vec<u8>>,
    pairwise: Vec<Tk>,
    /// The keys under which a handshake was completed.
    in_use: Vec<Tk>,
}

impl Got {
    fn take(&mut self, mut next: impl FnMut() -> Option<Output>) {
        let mut outputs = 0;
        while let Some(output) = next() {
            outputs += 1;
            assert!(outputs < 100, "too many outputs to one input");
            match output {
                Output::Send { pdu, .. } => self.sent.push(pdu),
                Output::InstallPairwise { tk } => {
                    // A key put in a second time begins its packet numbers anew (CVE-2017-13077).
                    assert!(!self.pairwise.contains(&tk), "a pairwise key is installed again");
                    self.pairwise.push(tk);
                }
                Output::InstallGroup { index, .. } => assert!((1..=3).contains(&index), "group key index {index}"),
                Output::Event(Event::Completed { .. }) => self.in_use.extend(self.pairwise.last().cloned()),
                Output::Event(_) => {}
            }
        }
    }
}

/// Key information, key data and whatever else a peer that has the PSK may sign.
fn forged(script: &mut Script<'_>, nonce: [u8; 32]) -> KeyFrameRepr {
    KeyFrameRepr {
        protocol_version: 2,
        info: KeyInformation(script.word()),
        key_length: u16::from(script.octet()),
        replay_counter: u64::from(script.octet()),
        nonce: if script.octet() & 1 == 0 { nonce } else { [script.octet(); 32] },
        rsc: [script.octet(), 0, 0, 0, 0, 0, 0, 0],
        ..KeyFrameRepr::default()
    }
}

/// Makes a PDU as a script says: raw, or with the right MIC, the key data encrypted where the flags say so.
fn pdu(script: &mut Script<'_>, nonce: [u8; 32], ptk: Option<&Ptk>, akm: Akm) -> Vec<u8> {
    let how = script.octet();
    let Some(ptk) = ptk.filter(|_| how & 1 == 0) else { return script.octets().to_vec() };
    let mut frame = forged(script, nonce);
    if how & 2 == 0 {
        frame.info.0 = frame.info.0 & !7 | akm.descriptor_version();
    }
    let key_data = script.octets();
    frame.key_data = if frame.info.has(KeyInformation::ENCRYPTED) {
        crypto::wrap_key_data(&ptk.kek, key_data)
    } else {
        key_data.to_vec()
    };
    frame.emit_signed(akm, &ptk.kck)
}

/// A client at some point of the handshake hears what an owner with the right PSK makes up.
pub(crate) fn supplicant(bytes: &[u8]) {
    let mut script = Script::new(bytes);
    let start = script.octet();
    let akm = akm(start);
    let (mut client, mut got, mut now) = (new_client(akm), Got::default(), Duration::ZERO);
    client.handle_input(now, Input::Start);
    let anonce = [7; 32];
    let mut ptk = None;
    if start & 2 == 0 {
        let info = KeyInformation::PAIRWISE | KeyInformation::ACK | akm.descriptor_version();
        let message1 = KeyFrameRepr {
            protocol_version: 2,
            info: KeyInformation(info),
            key_length: 16,
            nonce: anonce,
            ..KeyFrameRepr::default()
        };
        client.handle_input(now, Input::Pdu { pdu: &message1.emit(), encrypted: Some(false) });
        got.take(|| client.poll_output());
        ptk = got
            .sent
            .last()
            .and_then(|pdu| KeyFrame::parse(pdu).ok())
            .map(|message2| crypto::derive_ptk(akm, &psk(), OWNER, CLIENT, &anonce, message2.nonce));
    }
    while !script.is_empty() {
        let step = script.octet();
        match step & 7 {
            0 => now += Duration::from_millis(u64::from(step) * 8),
            1 => client.handle_input(now, Input::Sent { acked: step & 8 == 0 }),
            2 => client.handle_input(now, Input::Timeout),
            _ => {
                let pdu = pdu(&mut script, anonce, ptk.as_ref(), akm);
                let encrypted = [None, Some(false), Some(true)][usize::from(step >> 3) % 3];
                client.handle_input(now, Input::Pdu { pdu: &pdu, encrypted });
            }
        }
        got.take(|| client.poll_output());
        if client.poll_timeout().is_some_and(|at| at <= now) {
            client.handle_input(now, Input::Timeout);
            got.take(|| client.poll_output());
            assert!(client.poll_timeout().is_none_or(|at| at > now), "a timer remains in the past");
        }
        let _ = (client.phase(), client.drops().total());
    }
}

/// An owner at some point of the handshake hears what a client with the right PSK makes up.
pub(crate) fn authenticator(bytes: &[u8]) {
    let mut script = Script::new(bytes);
    let start = script.octet();
    let akm = akm(start);
    let (mut owner, mut got, mut now) = (new_owner(akm), Got::default(), Duration::ZERO);
    owner.handle_input(now, Input::Start);
    got.take(|| owner.poll_output());
    let snonce = [9; 32];
    let ptk = got
        .sent
        .last()
        .and_then(|pdu| KeyFrame::parse(pdu).ok())
        .map(|message1| crypto::derive_ptk(akm, &psk(), OWNER, CLIENT, message1.nonce, &snonce));
    while !script.is_empty() {
        let step = script.octet();
        match step & 15 {
            0 => now += Duration::from_millis(u64::from(step) * 8),
            1 => owner.handle_input(now, Input::Sent { acked: step & 16 == 0 }),
            2 => owner.handle_input(now, Input::Timeout),
            3 => {
                let group = GroupKey { index: 1 + (step >> 4) % 3, key: Gtk::new([step; 16]), rsc: [0; 6] };
                owner.rekey_group(now, group);
            }
            _ => {
                let pdu = pdu(&mut script, snonce, ptk.as_ref(), akm);
                let encrypted = [None, Some(false), Some(true)][usize::from(step >> 4) % 3];
                owner.handle_input(now, Input::Pdu { pdu: &pdu, encrypted });
            }
        }
        got.take(|| owner.poll_output());
        if owner.poll_timeout().is_some_and(|at| at <= now) {
            owner.handle_input(now, Input::Timeout);
            got.take(|| owner.poll_output());
            assert!(owner.poll_timeout().is_none_or(|at| at > now), "a timer remains in the past");
        }
        let _ = (owner.phase(), owner.drops().total());
    }
}

/// Both sides, and a link that does with their frames what a script says. Nobody on it has the PSK.
pub(crate) fn both(bytes: &[u8]) {
    let mut script = Script::new(bytes);
    let akm = akm(script.octet());
    let (mut owner, mut client) = (new_owner(akm), new_client(akm));
    let (mut at_owner, mut at_client) = (Got::default(), Got::default());
    let mut now = Duration::ZERO;
    client.handle_input(now, Input::Start);
    owner.handle_input(now, Input::Start);
    while !script.is_empty() {
        at_owner.take(|| owner.poll_output());
        at_client.take(|| client.poll_output());
        let step = script.octet();
        let to_owner = step & 1 == 0;
        let from = if to_owner { &at_client.sent } else { &at_owner.sent };
        // Mostly the newest, sometimes an older one, any number of times.
        let position = from.len().checked_sub(1 + usize::from(step >> 6));
        let mut frame = position.and_then(|at| from.get(at)).cloned().unwrap_or_default();
        match step >> 1 & 7 {
            0 => now += Duration::from_millis(u64::from(script.octet()) * 10),
            1 => {
                let (at, change) = (usize::from(script.octet()), script.octet());
                if let Some(octet) = frame.get_mut(at) {
                    *octet ^= change;
                }
            }
            2 => frame = script.octets().to_vec(),
            3 => {
                let group = GroupKey { index: 1 + (step >> 4) % 3, key: Gtk::new([step; 16]), rsc: [0; 6] };
                owner.rekey_group(now, group);
            }
            _ => {}
        }
        let encrypted = [None, Some(false), Some(true)][usize::from(step >> 4) % 3];
        let input = Input::Pdu { pdu: &frame, encrypted };
        if to_owner {
            owner.handle_input(now, input);
            client.handle_input(now, Input::Sent { acked: step & 16 == 0 });
        } else {
            client.handle_input(now, input);
            owner.handle_input(now, Input::Sent { acked: step & 16 == 0 });
        }
        owner.handle_input(now, Input::Timeout);
        client.handle_input(now, Input::Timeout);
    }
    at_owner.take(|| owner.poll_output());
    at_client.take(|| client.poll_output());
    // Whatever was done on the way, what the owner holds is what the client has or has had.
    for tk in &at_owner.in_use {
        assert!(at_client.pairwise.contains(tk), "the owner goes on with a key that the client does not have");
    }
}

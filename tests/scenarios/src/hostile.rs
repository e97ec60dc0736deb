//! A third transmitter that sends what no honest device sends, while two devices find each other and form a group.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::Result;
use harness::formation::{Ends, Wish, whole_life};
use harness::{Kind, Lab, Medium, Program, Scenario, Station};

use crate::pairing;

/// Time between two rounds of hostile frames.
const PERIOD: Duration = Duration::from_millis(20);
/// The channels of discovery: 1, 6 and 11.
const SOCIAL: [u32; 3] = [2412, 2437, 2462];
const BROADCAST: [u8; 6] = [0xff; 6];
/// Source address of frames that are nobody's.
const STRANGER: [u8; 6] = [0x02, 0xbb, 0xcc, 0xdd, 0xee, 0x01];
/// Longest body that fits the driver's limit of a frame.
const LONGEST: usize = 2200;

const BEACON: u8 = 0x80;
const PROBE_REQUEST: u8 = 0x40;
const PROBE_RESPONSE: u8 = 0x50;
const ACTION: u8 = 0xd0;
const AUTHENTICATION: u8 = 0xb0;
const ASSOCIATION_REQUEST: u8 = 0x00;

/// A management frame.
fn management(kind: u8, to: [u8; 6], from: [u8; 6], bssid: [u8; 6], body: &[u8]) -> Vec<u8> {
    [&[kind, 0, 0, 0], &to[..], &from[..], &bssid[..], &[0, 0], body].concat()
}

/// A P2P public action frame around these octets.
fn action(to: [u8; 6], subtype: u8, dialog: u8, elements: &[u8]) -> Vec<u8> {
    let body = [&[4, 9, 0x50, 0x6f, 0x9a, 9, subtype, dialog], elements].concat();
    management(ACTION, to, STRANGER, to, &body)
}

/// A vendor element of the Wi-Fi Alliance's P2P around these attributes; its length may be a lie.
fn p2p_element(length: u8, attributes: &[u8]) -> Vec<u8> {
    [&[0xdd, length, 0x50, 0x6f, 0x9a, 9], attributes].concat()
}

/// A P2P attribute; its length may be a lie.
fn attribute(id: u8, length: u16, value: &[u8]) -> Vec<u8> {
    [&[id][..], &length.to_le_bytes(), value].concat()
}

/// Frames that are wrong in one way each, for a victim.
fn malformed(victim: [u8; 6]) -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    for subtype in 0..=9 {
        frames.push(action(victim, subtype, 0, &[]));
        frames.push(action(victim, subtype, 1, &[0xdd]));
        frames.push(action(victim, subtype, 1, &p2p_element(255, &[])));
        frames.push(action(victim, subtype, 1, &p2p_element(4, &attribute(2, 2, &[0x25, 0])[..1])));
        for id in 0..=31 {
            frames.push(action(victim, subtype, 2, &p2p_element(9, &attribute(id, 0xffff, &[1, 2]))));
            frames.push(action(victim, subtype, 3, &p2p_element(7, &attribute(id, 0, &[]))));
        }
        // Many elements, and one attribute many times.
        let many: Vec<u8> = (0..80).flat_map(|n| p2p_element(9, &attribute(n, 2, &[n, n]))).collect();
        frames.push(action(victim, subtype, 4, &many));
        let long = vec![0x41; LONGEST];
        frames.push(action(victim, subtype, 5, &long));
    }
    // An action frame that ends inside its header, and one of no category.
    frames.push(management(ACTION, victim, STRANGER, victim, &[4, 9, 0x50]));
    frames.push(management(ACTION, victim, STRANGER, victim, &[]));
    // Group information whose descriptors claim more secondary device types than there are octets (CVE-2021-0326).
    let descriptor = [&[200][..], &STRANGER, &STRANGER, &[0x25, 1, 0x88], &[0; 8], &[255]].concat();
    let info = p2p_element(60, &attribute(14, 40, &descriptor));
    let ssid = [&[0, 9][..], b"DIRECT-zz"].concat();
    let fixed = [0, 0, 0, 0, 0, 0, 0, 0, 100, 0, 0x11, 4];
    for kind in [BEACON, PROBE_RESPONSE] {
        frames.push(management(kind, BROADCAST, STRANGER, STRANGER, &[&fixed[..], &ssid, &info].concat()));
        frames.push(management(kind, BROADCAST, STRANGER, STRANGER, &[&fixed[..], &[0, 255], &[0x44; 40]].concat()));
        frames.push(management(kind, victim, STRANGER, STRANGER, &fixed[..5]));
    }
    // A probe request that asks for P2P, with a name that would break a line.
    let evil = [&[0x10, 0x11, 0, 12][..], b"a\nP2P-FIND-S'"].concat();
    let wsc = [&[0xdd, 4 + evil.len() as u8, 0x00, 0x50, 0xf2, 0x04][..], &evil].concat();
    let p2p = p2p_element(9, &attribute(2, 2, &[0x25, 0]));
    let wildcard = [&[0, 7][..], b"DIRECT-", &[1, 4, 0x8c, 0x12, 0x98, 0x24]].concat();
    frames.push(management(PROBE_REQUEST, BROADCAST, STRANGER, BROADCAST, &[wildcard, wsc, p2p].concat()));
    // To an owner: authentication and association that are cut short, from a group address, and from itself.
    for from in [STRANGER, BROADCAST, victim] {
        frames.push(management(AUTHENTICATION, victim, from, victim, &[0, 0, 1]));
        frames.push(management(AUTHENTICATION, victim, from, victim, &[0, 0, 1, 0, 0, 0]));
        frames.push(management(ASSOCIATION_REQUEST, victim, from, victim, &[0x11]));
        frames.push(management(ASSOCIATION_REQUEST, victim, from, victim, &[0x11, 4, 5, 0, 0, 32, 0x41]));
    }
    // EAPOL in the clear: cut short, with lengths that lie, and for a handshake that nobody began.
    for payload in
        [&[][..], &[2], &[2, 3, 0xff, 0xff, 2], &[1, 0, 0, 4, 2, 1, 0xff, 0xff], &[2, 3, 0, 95, 2, 0x13, 0xca]]
    {
        for (control, addresses) in [(0x01, [victim, STRANGER, victim]), (0x02, [victim, STRANGER, STRANGER])] {
            let snap = [0xaa, 0xaa, 3, 0, 0, 0, 0x88, 0x8e];
            frames.push([&[0x08, control, 0, 0], addresses.concat().as_slice(), &[0, 0], &snap, payload].concat());
        }
    }
    frames
}

/// Sends the frames round after round until it is told to stop.
struct Attacker {
    stop: Arc<AtomicBool>,
    thread: Option<thread::JoinHandle<Result<()>>>,
}

impl Attacker {
    fn start(medium: Medium, frames: Vec<Vec<u8>>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stop);
        let thread = thread::spawn(move || {
            // A few at a time, as fast as a sender could.
            for (turn, group) in frames.chunks(8).cycle().enumerate() {
                if told.load(Ordering::Relaxed) {
                    break;
                }
                for frame in group {
                    medium.inject(SOCIAL[turn % SOCIAL.len()], frame)?;
                }
                thread::sleep(PERIOD);
            }
            Ok(())
        });
        Self { stop, thread: Some(thread) }
    }

    fn stop(mut self) -> Result<()> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread
            .take()
            .map_or(Ok(()), |thread| thread.join().unwrap_or_else(|_| anyhow::bail!("the attacker panicked")))
    }
}

fn address(text: &str) -> Result<[u8; 6]> {
    let octets: Vec<u8> = text.split(':').map(|part| u8::from_str_radix(part, 16)).collect::<Result<_, _>>()?;
    octets.try_into().map_err(|_| anyhow::anyhow!("{text} is no address"))
}

/// Malformed frames to our devices all the time. (wpa_supplicant, when it is told so much, hears nothing else.)
fn malformed_frames(lab: &mut Lab, mut a: Station, mut b: Station) -> Result<()> {
    let medium = lab.medium()?;
    let mut frames = Vec::new();
    for station in [&mut a, &mut b] {
        if station.program() == Program::Ours {
            frames.extend(malformed(address(&station.address()?)?));
        }
    }
    let attacker = Attacker::start(medium, frames);
    for (first, second) in [(Wish::OWNER, Wish::CLIENT), (Wish::CLIENT, Wish::OWNER)] {
        whole_life(lab, (&mut a, first), (&mut b, second), Duration::from_millis(300), Ends::Owner)?;
    }
    attacker.stop()
}

/// Every action and EAPOL frame of the formation is heard a second time, by its own sender too, and a third time later.
/// (Without protected management frames, whoever replays authentication or deauthentication does end a connection.)
fn replayed_frames(lab: &mut Lab, mut a: Station, mut b: Station) -> Result<()> {
    let medium = Arc::new(lab.medium()?);
    let (sender, receiver) = std::sync::mpsc::channel::<(u32, Vec<u8>)>();
    medium.rule(move |transmission| {
        let replayed = ["go-", "provision-", "eap-identity", "eap-failure", "wsc-", "4way-"];
        if transmission.name.is_some_and(|name| replayed.iter().any(|start| name.starts_with(start))) {
            // The receiver ends with the scenario.
            _ = sender.send((transmission.frequency, transmission.frame.to_vec()));
        }
        None
    });
    let replayer = Arc::clone(&medium);
    thread::spawn(move || -> Result<()> {
        let mut old = Vec::new();
        for (frequency, frame) in receiver {
            replayer.inject(frequency, &frame)?;
            old.push((frequency, frame));
            if let Some((frequency, frame)) = old.len().checked_sub(12).and_then(|n| old.get(n)) {
                replayer.inject(*frequency, frame)?;
            }
        }
        Ok(())
    });
    for (first, second) in [(Wish::OWNER, Wish::CLIENT), (Wish::CLIENT, Wish::OWNER)] {
        whole_life(lab, (&mut a, first), (&mut b, second), Duration::from_millis(300), Ends::Owner)?;
    }
    Ok(())
}

pub(crate) fn scenarios() -> Vec<Scenario> {
    let mut list = Vec::new();
    for kind in Kind::ALL {
        for scenario in pairing::each(&format!("hostile::malformed::{}", kind.name()), kind, malformed_frames) {
            list.push(scenario.within(Duration::from_secs(600)));
        }
    }
    // wpa_supplicant does not survive either, not even with its like.
    list.extend(pairing::each("hostile::replayed", Kind::P2pDevice, replayed_frames));
    list.retain(|scenario| !scenario.name.ends_with("::theirs-theirs"));
    list
}

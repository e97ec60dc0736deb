//! A programmable medium: carries every frame between the radios, loses what it is told to lose, and acknowledges
//! truthfully.
//!
//! Without a medium the driver carries every frame itself and loses none.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use anyhow::{Context, Result};

use crate::capture::Capture;
use crate::frame;
use crate::hwsim::{FAMILY, Radio};
use crate::netlink::{Attrs, Message, Netlink, Sender};
use crate::transcript::note;

const CMD_REGISTER: u8 = 1;
const CMD_FRAME: u8 = 2;
const CMD_TX_INFO: u8 = 3;
const CMD_ADD_ADDRESS: u8 = 7;
const CMD_DEL_ADDRESS: u8 = 8;
const ATTR_RECEIVER: u16 = 1;
const ATTR_TRANSMITTER: u16 = 2;
const ATTR_FRAME: u16 = 3;
const ATTR_FLAGS: u16 = 4;
const ATTR_RX_RATE: u16 = 5;
const ATTR_SIGNAL: u16 = 6;
const ATTR_TX_INFO: u16 = 7;
const ATTR_COOKIE: u16 = 8;
const ATTR_FREQUENCY: u16 = 19;
/// `HWSIM_TX_STAT_ACK`.
const FLAG_ACKED: u32 = 1 << 2;
/// Signal strength of everything, in dBm.
const SIGNAL: i32 = -50;
/// How often a radio tries a unicast frame.
const ATTEMPTS: u32 = 4;

/// What becomes of a transmission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It arrives, and its acknowledgement too.
    Delivered,
    /// No attempt arrives; the sender sees no acknowledgement.
    Lost,
    /// It arrives, its acknowledgement does not.
    AcknowledgementLost,
    /// It is acknowledged and then lost, as by a receiver out of memory.
    Swallowed,
}

/// One frame as it is sent, before anybody receives it.
#[derive(Debug)]
pub struct Transmission<'a> {
    /// The sending radio's address at the medium.
    pub from: [u8; 6],
    /// Its channel's centre, in MHz.
    pub frequency: u32,
    /// The frame, from its first header octet to the end of its body.
    pub frame: &'a [u8],
    /// The frame's name, if it has one ([`frame::name`]).
    pub name: Option<&'static str>,
}

type Rule = Box<dyn FnMut(&Transmission<'_>) -> Option<Fate> + Send>;

#[derive(Default)]
struct State {
    loss: f64,
    random: u64,
    rules: Vec<Rule>,
    sent: HashMap<&'static str, u32>,
    lost: u32,
}

impl State {
    /// SplitMix64, as a number in 0..1.
    fn draw(&mut self) -> f64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.random;
        word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((word ^ word >> 31) >> 11) as f64 / (1u64 << 53) as f64
    }

    fn fate(&mut self, transmission: &Transmission<'_>) -> Fate {
        if let Some(name) = transmission.name {
            *self.sent.entry(name).or_default() += 1;
        }
        let fate = self.rules.iter_mut().find_map(|rule| rule(transmission)).unwrap_or(Fate::Delivered);
        if fate != Fate::Delivered {
            self.lost += 1;
            note("medium", &format!("{fate:?}: {}", transmission.name.unwrap_or("a frame")));
        }
        fate
    }
}

/// The medium of all radios made in its namespace. It carries until the machine ends.
pub struct Medium {
    state: Arc<Mutex<State>>,
    sender: Sender,
    family: u16,
    radios: Arc<Mutex<Vec<Radio>>>,
    capture: Capture,
}

impl Medium {
    /// Takes the air over from the driver.
    pub fn start(radios: Arc<Mutex<Vec<Radio>>>, capture: Capture) -> Result<Self> {
        capture.leave_to_medium()?;
        let mut socket = Netlink::generic()?;
        let family = socket.family(FAMILY)?;
        socket.call(family, CMD_REGISTER, Attrs::new()).context("register as the medium")?;
        let state = Arc::new(Mutex::new(State { random: 1, ..State::default() }));
        let sender = socket.sender();
        let mut carrier = Carrier {
            socket,
            family,
            state: Arc::clone(&state),
            radios: Arc::clone(&radios),
            capture: capture.clone(),
            addresses: HashMap::new(),
        };
        thread::Builder::new().name("medium".into()).spawn(move || {
            loop {
                if let Err(error) = carrier.step() {
                    note("medium", &format!("stopped: {error:#}"));
                    return;
                }
            }
        })?;
        Ok(Self { state, sender, family, radios, capture })
    }

    /// From now on every attempt of every transmission is lost with this chance at each receiver, independently. A
    /// unicast frame is tried four times, a group-addressed one once.
    pub fn lose_at_random(&self, chance: f64, seed: u64) {
        let mut state = lock(&self.state);
        state.loss = chance;
        state.random = seed;
    }

    /// Asks `rule` about every transmission from now on; the first rule with an opinion decides.
    pub fn rule(&self, rule: impl FnMut(&Transmission<'_>) -> Option<Fate> + Send + 'static) {
        lock(&self.state).rules.push(Box::new(rule));
    }

    /// Lets the next so many frames of this name meet this fate.
    pub fn spoil(&self, name: &'static str, mut times: u32, fate: Fate) {
        self.rule(move |transmission| {
            if times == 0 || transmission.name != Some(name) {
                return None;
            }
            times -= 1;
            Some(fate)
        });
    }

    /// Carries everything again from now on.
    pub fn heal(&self) {
        let mut state = lock(&self.state);
        state.rules.clear();
        state.loss = 0.0;
    }

    /// How many frames of this name were sent since the medium started, lost ones and retries by the sender's software
    /// included.
    pub fn sent(&self, name: &str) -> u32 {
        lock(&self.state).sent.get(name).copied().unwrap_or(0)
    }

    /// How many transmissions met another fate than to be delivered, by rule.
    pub fn spoiled(&self) -> u32 {
        lock(&self.state).lost
    }

    /// Lets all radios on this channel hear a frame that no radio sent.
    pub fn inject(&self, frequency: u32, frame: &[u8]) -> Result<()> {
        let radios = self.radios.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for radio in radios {
            self.sender.tell(self.family, CMD_FRAME, reception(radio.medium_address(), frequency, frame))?;
        }
        self.capture.transmission(frequency, frame);
        Ok(())
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn reception(receiver: [u8; 6], frequency: u32, frame: &[u8]) -> Attrs {
    Attrs::new()
        .bytes(ATTR_RECEIVER, &receiver)
        .bytes(ATTR_FRAME, frame)
        .u32(ATTR_RX_RATE, 0)
        .bytes(ATTR_SIGNAL, &SIGNAL.to_ne_bytes())
        .u32(ATTR_FREQUENCY, frequency)
}

struct Carrier {
    socket: Netlink,
    family: u16,
    state: Arc<Mutex<State>>,
    radios: Arc<Mutex<Vec<Radio>>>,
    capture: Capture,
    /// Which radio has an interface with this address, as the driver reports.
    addresses: HashMap<[u8; 6], [u8; 6]>,
}

impl Carrier {
    fn step(&mut self) -> Result<()> {
        let message = self.socket.next_unsolicited()?;
        if message.kind != self.family {
            return Ok(());
        }
        match message.command() {
            CMD_FRAME => self.carry(&message),
            CMD_ADD_ADDRESS => {
                if let (Some(address), Some(radio)) = (six(&message, ATTR_RECEIVER), six(&message, ATTR_TRANSMITTER)) {
                    self.addresses.insert(address, radio);
                }
                Ok(())
            }
            CMD_DEL_ADDRESS => {
                if let Some(address) = six(&message, ATTR_RECEIVER) {
                    self.addresses.remove(&address);
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn carry(&mut self, message: &Message) -> Result<()> {
        let (Some(from), Some(octets), Some(frequency)) =
            (six(message, ATTR_TRANSMITTER), message.attr(ATTR_FRAME), message.u32(ATTR_FREQUENCY))
        else {
            return Ok(());
        };
        self.capture.transmission(frequency, octets);
        let transmission = Transmission { from, frequency, frame: octets, name: frame::name(octets) };
        let fate = lock(&self.state).fate(&transmission);
        let target: Option<[u8; 6]> = octets.get(4..10).and_then(|address| address.try_into().ok());
        let unicast = target.filter(|address| address[0] & 1 == 0);
        let mut acknowledged = fate == Fate::Swallowed;
        if matches!(fate, Fate::Delivered | Fate::AcknowledgementLost) {
            let radios = self.radios.lock().unwrap_or_else(PoisonError::into_inner).clone();
            for radio in radios.into_iter().map(Radio::medium_address).filter(|radio| *radio != from) {
                if self.arrives(if unicast.is_some() { ATTEMPTS } else { 1 }) {
                    let attrs = reception(radio, frequency, octets);
                    // The driver refuses what the radio could not hear: asleep, or on another channel.
                    let taken = self.socket.call(self.family, CMD_FRAME, attrs).is_ok();
                    acknowledged |= taken && unicast.is_some_and(|address| self.belongs(address, radio));
                }
            }
            acknowledged &= fate == Fate::Delivered;
        }
        let flags = message.u32(ATTR_FLAGS).unwrap_or(0);
        let flags = if acknowledged { flags | FLAG_ACKED } else { flags };
        let copied = |attrs: Attrs, kind| attrs.bytes(kind, message.attr(kind).unwrap_or_default());
        let status = Attrs::new().bytes(ATTR_TRANSMITTER, &from).u32(ATTR_FLAGS, flags);
        let status = copied(copied(status, ATTR_COOKIE), ATTR_TX_INFO).bytes(ATTR_SIGNAL, &SIGNAL.to_ne_bytes());
        self.socket.tell(self.family, CMD_TX_INFO, status)
    }

    /// Whether one of so many attempts arrives.
    fn arrives(&self, attempts: u32) -> bool {
        let mut state = lock(&self.state);
        let loss = state.loss;
        loss <= 0.0 || (0..attempts).any(|_| state.draw() >= loss)
    }

    /// Whether the address is one of the radio's. An interface that was there before the medium is told by its last
    /// five octets, which the driver's addresses share.
    fn belongs(&self, address: [u8; 6], radio: [u8; 6]) -> bool {
        self.addresses.get(&address).map_or(address[1..] == radio[1..], |owner| *owner == radio)
    }
}

fn six(message: &Message, kind: u16) -> Option<[u8; 6]> {
    message.attr(kind)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_spoils_as_often_as_it_was_told() {
        let mut state = State::default();
        let mut left = 2;
        state.rules.push(Box::new(move |t: &Transmission<'_>| {
            (t.name == Some("4way-4") && left > 0).then(|| {
                left -= 1;
                Fate::Lost
            })
        }));
        let sent = |name| Transmission { from: [0; 6], frequency: 2412, frame: &[], name };
        assert_eq!(state.fate(&sent(Some("4way-3"))), Fate::Delivered);
        assert_eq!(state.fate(&sent(Some("4way-4"))), Fate::Lost);
        assert_eq!(state.fate(&sent(Some("4way-4"))), Fate::Lost);
        assert_eq!(state.fate(&sent(Some("4way-4"))), Fate::Delivered);
        assert_eq!((state.sent["4way-4"], state.lost), (3, 2));
    }

    #[test]
    fn draws_are_even_and_repeat_with_the_seed() {
        let draws = |seed| {
            let mut state = State { random: seed, ..State::default() };
            (0..1000).map(|_| state.draw()).collect::<Vec<_>>()
        };
        assert_eq!(draws(7), draws(7));
        let below = draws(7).into_iter().filter(|draw| *draw < 0.3).count();
        assert!((250..350).contains(&below), "{below}");
    }
}

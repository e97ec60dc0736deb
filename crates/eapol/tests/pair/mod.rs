//! An authenticator and a supplicant with a bad link between them, in virtual time.
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]

use eapol::*;
use ieee80211_ies::MacAddr;
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;
use std::time::Duration;

pub const OWNER: MacAddr = MacAddr([2, 0, 0, 0, 0, 1]);
pub const CLIENT: MacAddr = MacAddr([2, 0, 0, 0, 0, 2]);
pub const RSNE: [u8; 22] = [48, 20, 1, 0, 0, 0x0f, 0xac, 4, 1, 0, 0, 0x0f, 0xac, 4, 1, 0, 0, 0x0f, 0xac, 2, 0, 0];
pub const IP: IpAllocation = IpAllocation { client: [10, 0, 0, 9], mask: [255, 255, 255, 0], go: [10, 0, 0, 1] };

pub fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

pub fn psk(n: u8) -> Psk {
    Psk::new([n; 32])
}

pub fn group(index: u8, n: u8) -> GroupKey {
    GroupKey { index, key: Gtk::new([n; 16]), rsc: [n, 0, 0, 0, 0, 0] }
}

pub fn owner_config(akm: Akm) -> AuthenticatorConfig {
    AuthenticatorConfig {
        authenticator: OWNER,
        supplicant: CLIENT,
        psks: vec![psk(1)],
        akm,
        rsn_element: RSNE.to_vec(),
        station_rsn_element: RSNE.to_vec(),
        group: group(1, 0x11),
        ip: Some(IP),
        clear_beside_key: false,
    }
}

pub fn client_config(akm: Akm) -> SupplicantConfig {
    SupplicantConfig {
        supplicant: CLIENT,
        authenticator: OWNER,
        psk: psk(1),
        akm,
        rsn_element: RSNE.to_vec(),
        owner_rsn_element: RSNE.to_vec(),
        want_ip: true,
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    Owner,
    Client,
}

impl Side {
    pub fn other(self) -> Self {
        if self == Self::Owner { Self::Client } else { Self::Owner }
    }
}

/// A frame in the air.
#[derive(Clone, PartialEq, Debug)]
pub struct Frame {
    pub from: Side,
    pub pdu: Vec<u8>,
    /// The key that it is encrypted with.
    pub key: Option<Tk>,
}

/// What one side's radio and user have got.
#[derive(Clone, Default, Debug)]
pub struct Station {
    pub tks: Vec<Tk>,
    pub groups: Vec<(u8, Gtk, [u8; 6])>,
    pub events: Vec<Event>,
}

enum Due {
    Arrive(Frame),
    Sent(Side, bool),
}

pub struct Pair {
    pub now: Duration,
    pub owner: Authenticator,
    pub client: Supplicant,
    pub at_owner: Station,
    pub at_client: Station,
    /// All frames sent so far.
    pub sent: Vec<Frame>,
    /// The client's kernel or program encrypts whatever it sends once it has the key, as wpa_supplicant does.
    pub client_encrypts_all: bool,
    queue: Vec<(Duration, u64, Due)>,
    next: u64,
}

/// When copies of a frame arrive, counted from its sending; none means that it is lost.
pub type Fate = Vec<Duration>;

/// A good link.
pub fn good(_: &Frame) -> Fate {
    vec![ms(1)]
}

impl Pair {
    pub fn new(owner: AuthenticatorConfig, client: SupplicantConfig) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        Self {
            now: Duration::ZERO,
            owner: Authenticator::new(owner, &mut rng),
            client: Supplicant::new(client, &mut rng),
            at_owner: Station::default(),
            at_client: Station::default(),
            sent: Vec::new(),
            client_encrypts_all: false,
            queue: Vec::new(),
            next: 0,
        }
    }

    pub fn ordinary() -> Self {
        Self::new(owner_config(Akm::Psk), client_config(Akm::Psk))
    }

    pub fn start(&mut self, fate: impl FnMut(&Frame) -> Fate) {
        self.client.handle_input(self.now, Input::Start);
        self.owner.handle_input(self.now, Input::Start);
        self.run(fate);
    }

    /// Gives a frame to a side as its radio would.
    pub fn deliver(&mut self, frame: &Frame) {
        let station = if frame.from == Side::Owner { &self.at_client } else { &self.at_owner };
        if frame.key.is_some() && frame.key.as_ref() != station.tks.last() {
            return;
        }
        let input = Input::Pdu { pdu: &frame.pdu, encrypted: Some(frame.key.is_some()) };
        match frame.from {
            Side::Owner => self.client.handle_input(self.now, input),
            Side::Client => self.owner.handle_input(self.now, input),
        }
    }

    /// Runs until nothing is left to do.
    pub fn run(&mut self, mut fate: impl FnMut(&Frame) -> Fate) {
        loop {
            self.drain(&mut fate);
            let queued = self.queue.iter().map(|(at, ..)| *at);
            let timers = self.owner.poll_timeout().into_iter().chain(self.client.poll_timeout());
            let Some(next) = queued.chain(timers).min() else { return };
            assert!(next >= self.now && next < Duration::from_secs(100), "the machines come to an end");
            self.now = next;
            self.owner.handle_input(next, Input::Timeout);
            self.client.handle_input(next, Input::Timeout);
            self.drain(&mut fate);
            self.queue.sort_by_key(|(at, order, _)| (*at, *order));
            if self.queue.first().is_some_and(|(at, ..)| *at <= next) {
                match self.queue.remove(0).2 {
                    Due::Arrive(frame) => self.deliver(&frame),
                    Due::Sent(Side::Owner, acked) => self.owner.handle_input(next, Input::Sent { acked }),
                    Due::Sent(Side::Client, acked) => self.client.handle_input(next, Input::Sent { acked }),
                }
            }
        }
    }

    pub fn drain(&mut self, fate: &mut impl FnMut(&Frame) -> Fate) {
        for side in [Side::Owner, Side::Client] {
            loop {
                let output = match side {
                    Side::Owner => self.owner.poll_output(),
                    Side::Client => self.client.poll_output(),
                };
                let Some(output) = output else { break };
                let station = if side == Side::Owner { &mut self.at_owner } else { &mut self.at_client };
                match output {
                    Output::InstallPairwise { tk } => station.tks.push(tk),
                    Output::InstallGroup { index, gtk, rsc } => station.groups.push((index, gtk, rsc)),
                    Output::Event(event) => station.events.push(event),
                    Output::Send { pdu, encrypt } => {
                        let encrypt = encrypt || side == Side::Client && self.client_encrypts_all;
                        let key = station.tks.last().filter(|_| encrypt).cloned();
                        let frame = Frame { from: side, pdu, key };
                        self.sent.push(frame.clone());
                        let fate = fate(&frame);
                        let acked = !fate.is_empty();
                        for delay in fate {
                            self.push(delay, Due::Arrive(frame.clone()));
                        }
                        self.push(ms(2), Due::Sent(side, acked));
                    }
                }
            }
        }
    }

    fn push(&mut self, delay: Duration, due: Due) {
        self.next += 1;
        self.queue.push((self.now + delay, self.next, due));
    }

    pub fn completed(&self) -> (bool, bool) {
        let completed = |s: &Station| s.events.iter().any(|e| matches!(e, Event::Completed { .. }));
        (completed(&self.at_owner), completed(&self.at_client))
    }
}

/// Which message a frame is, by its flags and the direction.
pub fn message(frame: &Frame) -> Message {
    let key_frame = KeyFrame::parse(&frame.pdu).unwrap();
    match (frame.from, key_frame.info.has(KeyInformation::PAIRWISE)) {
        (Side::Owner, true) if key_frame.info.has(KeyInformation::MIC) => Message::Pairwise3,
        (Side::Owner, true) => Message::Pairwise1,
        (Side::Client, true) if key_frame.key_data.is_empty() => Message::Pairwise4,
        (Side::Client, true) => Message::Pairwise2,
        (Side::Owner, false) => Message::Group1,
        (Side::Client, false) => Message::Group2,
    }
}

/// A link that loses the first `n` frames that carry `which`.
pub fn losing(which: Message, mut n: usize) -> impl FnMut(&Frame) -> Fate {
    move |frame| {
        if message(frame) == which && n > 0 {
            n -= 1;
            return vec![];
        }
        good(frame)
    }
}

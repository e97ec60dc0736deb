//! A host for the radios of an air: gives commands, collects reports.
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]

use ieee80211_ies::{MacAddr, emit_element, id};
use radio::*;
use std::time::Duration;
use virtual_air::*;

pub const SSID: &[u8] = b"DIRECT-xy-test";
pub const IFACE: InterfaceId = InterfaceId::BASE;
pub const RSNE: [u8; 22] = [48, 20, 1, 0, 0, 0x0f, 0xac, 4, 1, 0, 0, 0x0f, 0xac, 4, 1, 0, 0, 0x0f, 0xac, 2, 0, 0];

pub fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

pub fn mac(n: u8) -> MacAddr {
    MacAddr([2, 0, 0, 0, 0, n])
}

pub struct World {
    pub air: Air,
    pub events: Vec<(Duration, RadioId, Event)>,
    pub data: Vec<(RadioId, DataFrame)>,
    next: u64,
}

impl World {
    pub fn new(seed: u64, settings: Settings) -> Self {
        let mut air = Air::new(seed, settings);
        air.record();
        Self { air, events: Vec::new(), data: Vec::new(), next: 0 }
    }

    /// A radio with its base interface of `kind`, up.
    pub fn radio(&mut self, n: u8, profile: Profile, kind: InterfaceKind) -> RadioId {
        let radio = self.air.add_radio(RadioSettings::new(mac(n), profile));
        self.ok(radio, Command::SetInterfaceKind { iface: IFACE, kind });
        self.ok(radio, Command::SetInterfaceUp { iface: IFACE, up: true });
        radio
    }

    pub fn tell(&mut self, radio: RadioId, command: Command) -> CommandId {
        self.next += 1;
        self.air.command(radio, CommandId(self.next), command);
        CommandId(self.next)
    }

    /// Lets the next thing happen.
    pub fn step(&mut self) -> bool {
        let Some(at) = self.air.next_deadline() else { return false };
        self.air.advance(at);
        self.collect();
        true
    }

    fn collect(&mut self) {
        for n in 0.. {
            let radio = RadioId(n);
            if self.air.capabilities(radio).is_none() {
                return;
            }
            while let Some(event) = self.air.poll_event(radio) {
                self.events.push((self.air.now(), radio, event));
            }
            while let Some(data) = self.air.poll_data(radio) {
                self.data.push((radio, data));
            }
        }
    }

    pub fn run(&mut self, how_long: Duration) {
        let end = self.air.now() + how_long;
        while self.air.next_deadline().is_some_and(|at| at <= end) {
            self.step();
        }
        self.air.advance(end);
    }

    /// Runs until a report that `wanted` picks, and takes it and all before it away.
    pub fn wait<T>(&mut self, radio: RadioId, mut wanted: impl FnMut(&Event) -> Option<T>) -> T {
        let limit = self.air.now() + Duration::from_secs(60);
        let mut seen = 0;
        loop {
            while let Some((_, from, event)) = self.events.get(seen) {
                seen += 1;
                if *from == radio
                    && let Some(found) = wanted(event)
                {
                    self.events.remove(seen - 1);
                    return found;
                }
            }
            assert!(self.step() && self.air.now() < limit, "it never came; {:#?}", self.events);
        }
    }

    pub fn call(&mut self, radio: RadioId, command: Command) -> Result<Reply, Refused> {
        let wanted = self.tell(radio, command);
        self.done(radio, wanted)
    }

    pub fn done(&mut self, radio: RadioId, wanted: CommandId) -> Result<Reply, Refused> {
        self.wait(radio, |event| match event {
            Event::Done { id, result } if *id == wanted => Some(result.clone()),
            _ => None,
        })
    }

    #[track_caller]
    pub fn ok(&mut self, radio: RadioId, command: Command) -> Reply {
        let text = format!("{command:?}");
        self.call(radio, command).unwrap_or_else(|refused| panic!("{text}: {refused}"))
    }

    #[track_caller]
    pub fn errno(&mut self, radio: RadioId, command: Command) -> i32 {
        self.call(radio, command).expect_err("it is refused").errno
    }

    pub fn sent(&mut self, radio: RadioId, wanted: CommandId) -> SendStatus {
        self.wait(radio, |event| match event {
            Event::Sent { id, status } if *id == wanted => Some(*status),
            _ => None,
        })
    }

    pub fn received(&mut self, radio: RadioId, kind: u8) -> Vec<u8> {
        self.wait(radio, |event| match event {
            Event::Received { frame, .. } if frame[0] == kind => Some(frame.clone()),
            _ => None,
        })
    }

    /// Scans one channel for beacons; no host here answers probe requests by itself.
    pub fn scan(&mut self, radio: RadioId, frequency: u32) -> Vec<Bss> {
        let scan = ScanRequest { frequencies: vec![frequency], ..ScanRequest::default() };
        let wanted = self.tell(radio, Command::Scan { iface: IFACE, scan });
        self.done(radio, wanted).expect("a scan");
        self.wait(radio, |event| match event {
            Event::ScanDone { id, seen, .. } if *id == Some(wanted) => Some(seen.clone()),
            _ => None,
        })
    }

    /// Starts an access point whose MLME is this host.
    pub fn start_ap(&mut self, radio: RadioId, frequency: u32) {
        self.ok(
            radio,
            Command::ReceiveFrames { iface: IFACE, kinds: vec![FrameKind::ApMlme, FrameKind::ProbeRequest] },
        );
        let address = self.air.capabilities(radio).unwrap().address;
        self.ok(radio, Command::StartAp { iface: IFACE, ap: access_point(address, frequency) });
    }

    /// Takes a client through scan, authentication and association.
    pub fn associate(&mut self, owner: RadioId, client: RadioId, frequency: u32) {
        self.associate_with(owner, client, frequency, None);
    }

    /// The same, with an EAPOL PDU of the owner right behind the association response.
    pub fn associate_with(&mut self, owner: RadioId, client: RadioId, frequency: u32, pdu: Option<Vec<u8>>) {
        let bssid = self.air.capabilities(owner).unwrap().address;
        let station = self.air.capabilities(client).unwrap().address;
        assert!(self.scan(client, frequency).iter().any(|bss| bss.bssid == bssid));
        self.ok(client, Command::Authenticate { iface: IFACE, bssid, frequency, ssid: SSID.to_vec() });
        self.received(owner, 0xb0);
        let flags = StationFlags { authenticated: true, ..StationFlags::default() };
        let parameters = StationParameters { address: station, flags, rates: None };
        self.ok(owner, Command::AddStation { iface: IFACE, station: parameters.clone() });
        self.tell(owner, transmit(None, management(0xb0, station, bssid, bssid, &[0, 0, 2, 0, 0, 0])));
        self.wait(client, |event| matches!(event, Event::Authenticated { status: Some(0), .. }).then_some(()));
        let association = Association { bssid, frequency, ssid: SSID.to_vec(), elements: RSNE.to_vec(), rsn: true };
        self.ok(client, Command::Associate { iface: IFACE, association });
        let request = self.received(owner, 0x00);
        assert!(request.windows(RSNE.len()).any(|w| w == RSNE));
        let flags = StationFlags { authenticated: true, associated: true, ..StationFlags::default() };
        let rates = StationRates { aid: 1, rates: vec![12, 24, 48], ..StationRates::default() };
        let station_parameters = StationParameters { flags, rates: Some(rates), ..parameters };
        self.ok(owner, Command::SetStation { iface: IFACE, station: station_parameters });
        let answer = management(0x10, station, bssid, bssid, &[0x11, 0, 0, 0, 1, 0xc0, 1, 1, 0x8c]);
        self.tell(owner, transmit(None, answer));
        if let Some(pdu) = pdu {
            self.tell(owner, Command::SendEapol { iface: IFACE, destination: station, pdu, encrypt: false });
        }
        self.wait(client, |event| matches!(event, Event::Associated { status: Some(0), .. }).then_some(()));
    }
}

pub fn management(kind: u8, to: MacAddr, from: MacAddr, bssid: MacAddr, body: &[u8]) -> Vec<u8> {
    [&[kind, 0, 0, 0][..], &to.0, &from.0, &bssid.0, &[0, 0], body].concat()
}

/// A public action frame of P2P.
pub fn action(to: MacAddr, from: MacAddr) -> Vec<u8> {
    management(0xd0, to, from, to, &[4, 9, 0x50, 0x6f, 0x9a, 9, 0, 1])
}

pub const P2P_PREFIX: [u8; 6] = [4, 9, 0x50, 0x6f, 0x9a, 9];

pub fn transmit(frequency: Option<u32>, frame: Vec<u8>) -> Command {
    let transmission = Transmission { frequency, frame, wait_ms: 0, no_cck: true, no_ack: false };
    Command::Transmit { iface: IFACE, transmission }
}

pub fn listen(frequency: u32, duration_ms: u32) -> Command {
    Command::RemainOnChannel { iface: IFACE, frequency, duration_ms }
}

pub fn access_point(address: MacAddr, frequency: u32) -> AccessPoint {
    let mut head = management(0x80, MacAddr::BROADCAST, address, address, &[0, 0, 0, 0, 0, 0, 0, 0, 100, 0, 0x11, 0]);
    emit_element(id::SSID, SSID, &mut head);
    emit_element(id::SUPPORTED_RATES, &[0x8c, 0x98, 0xb0], &mut head);
    AccessPoint {
        ssid: SSID.to_vec(),
        channel: Channel::ht20(frequency),
        beacon_interval: 100,
        dtim_period: 2,
        beacon: Beacon { head, tail: RSNE.to_vec(), ..Beacon::default() },
        ctwindow: 0,
        basic_rates: vec![12, 24, 48],
        isolate: false,
    }
}

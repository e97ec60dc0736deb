//! The promises of the seam, under commands at random: every command gets one `Done`, and what was accepted comes to its one end.

mod world;

use radio::*;
use rand_core::{Rng, SeedableRng};
use std::collections::BTreeMap;
use virtual_air::*;
use world::*;

struct Dice(rand_chacha::ChaCha8Rng);

impl Dice {
    fn below(&mut self, n: u32) -> u32 {
        self.0.next_u32() % n
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u32) as usize]
    }

    fn bytes(&mut self) -> Vec<u8> {
        let mut bytes = vec![0; self.below(60) as usize];
        self.0.fill_bytes(&mut bytes);
        bytes
    }

    fn command(&mut self, radio: RadioId, given: u64) -> Command {
        use InterfaceKind::{P2pClient, P2pDevice, P2pGo, Station};
        let iface = InterfaceId(self.pick(&[0, 0, 0, 1, 2, 3]));
        let kind = self.pick(&[Station, P2pClient, P2pGo, P2pDevice]);
        let frequency = self.pick(&[2412, 2437, 2462, 5180, 5260, 7]);
        let peer = mac(self.pick(&[1, 2, 3, 9]));
        let own = mac(radio.0 as u8 + 1);
        let earlier = CommandId(u64::from(self.below(given as u32 + 1)));
        match self.below(24) {
            0 => {
                let address = Some(own).filter(|_| self.below(2) == 0);
                Command::CreateInterface { iface, kind, name: format!("if{}", iface.0), address }
            }
            1 => Command::SetInterfaceKind { iface, kind },
            2 => Command::SetInterfaceUp { iface, up: self.below(4) != 0 },
            3 => Command::RemoveInterface { iface },
            4 | 5 => {
                let ssids = vec![SSID.to_vec(); self.below(3) as usize];
                let flush = self.below(2) == 0;
                let scan = ScanRequest { ssids, frequencies: vec![frequency], flush, ..ScanRequest::default() };
                Command::Scan { iface, scan }
            }
            6 => Command::AbortScan { iface },
            7 | 8 => Command::RemainOnChannel { iface, frequency, duration_ms: self.below(400) },
            9 => Command::CancelRemain { iface, remain: earlier },
            10 => {
                let kinds = vec![FrameKind::ProbeRequest, FrameKind::ApMlme, FrameKind::Action(vec![])];
                Command::ReceiveFrames { iface, kinds }
            }
            11..=13 => {
                let frame = match self.below(4) {
                    0 => self.bytes(),
                    1 => management(self.pick(&[0, 0x10, 0x50, 0x80, 0xb0, 0xc0]), peer, own, peer, &self.bytes()),
                    _ => action(peer, own),
                };
                let frequency = Some(frequency).filter(|_| self.below(3) != 0);
                let (wait_ms, no_ack) = (self.below(3) * 70, self.below(5) == 0);
                Command::Transmit {
                    iface,
                    transmission: Transmission { frequency, frame, wait_ms, no_cck: true, no_ack },
                }
            }
            14 => Command::CancelWait { iface, transmission: earlier },
            15 => Command::StartAp { iface, ap: access_point(own, frequency) },
            16 => Command::StopAp { iface },
            17 => {
                let flags = StationFlags { authenticated: true, associated: true, ..StationFlags::default() };
                Command::AddStation { iface, station: StationParameters { address: peer, flags, rates: None } }
            }
            18 => Command::Authenticate { iface, bssid: peer, frequency, ssid: SSID.to_vec() },
            19 => {
                let association =
                    Association { bssid: peer, frequency, ssid: SSID.to_vec(), elements: self.bytes(), rsn: true };
                Command::Associate { iface, association }
            }
            20 => Command::SendEapol { iface, destination: peer, pdu: self.bytes(), encrypt: self.below(2) == 0 },
            21 => {
                let (kind, index) = self.pick(&[(KeyKind::Pairwise(peer), 0), (KeyKind::Group, 1)]);
                let material = Secret::new(vec![7; 16]);
                let key = Key { kind, index, cipher: Cipher::Ccmp128, material, receive_sequence: [0; 6] };
                Command::InstallKey { iface, key }
            }
            22 => Command::SetAuthorized { iface, address: peer, authorized: true },
            _ => Command::Disconnect { iface, bssid: peer, reason: 3 },
        }
    }
}

/// What a command that was accepted still owes.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Owes {
    Sent,
    ScanDone,
    RemainEnded,
}

#[test]
fn every_command_comes_to_its_end() {
    let mut accepted = 0;
    for seed in 0..150 {
        let mut dice = Dice(rand_chacha::ChaCha8Rng::seed_from_u64(seed));
        let settings = if seed % 2 == 0 { Settings::crowded() } else { Settings::default() };
        let mut world = World::new(seed, settings);
        for (n, profile) in [(1, Profile::P2pDevice), (2, Profile::NoP2pDevice), (3, Profile::OneChannel)] {
            world.radio(n, profile, InterfaceKind::Station);
        }
        let mut given = BTreeMap::new();
        for n in 0..120 {
            let radio = RadioId(dice.below(3) as usize);
            let command = dice.command(radio, n);
            let owes = match &command {
                Command::Transmit { .. } | Command::SendEapol { .. } => Some(Owes::Sent),
                Command::Scan { .. } => Some(Owes::ScanDone),
                Command::RemainOnChannel { .. } => Some(Owes::RemainEnded),
                _ => None,
            };
            given.insert(world.tell(radio, command), owes);
            if dice.below(3) == 0 {
                world.run(ms(u64::from(dice.below(200))));
            }
            let _ = world.air.send_data(radio, IFACE, mac(2), 0x0800, &dice.bytes());
        }
        world.run(ms(30_000));

        let mut ends: BTreeMap<(CommandId, &str), usize> = BTreeMap::new();
        for (_, _, event) in &world.events {
            let end = match event {
                Event::Done { id, result: Ok(_) } => (*id, "done"),
                Event::Done { id, result: Err(_) } => (*id, "refused"),
                Event::Sent { id, .. } => (*id, "sent"),
                Event::ScanDone { id: Some(id), .. } => (*id, "scan"),
                Event::RemainEnded { id } => (*id, "remain"),
                _ => continue,
            };
            *ends.entry(end).or_default() += 1;
        }
        for (id, owes) in given {
            let count = |what| ends.get(&(id, what)).copied().unwrap_or(0);
            assert_eq!(count("done") + count("refused"), 1, "seed {seed}: {id:?}");
            let owed = |what| usize::from(owes == Some(what) && count("done") == 1);
            accepted += owed(Owes::Sent) + owed(Owes::ScanDone) + owed(Owes::RemainEnded);
            let got = (count("sent"), count("scan"), count("remain"));
            assert_eq!(got, (owed(Owes::Sent), owed(Owes::ScanDone), owed(Owes::RemainEnded)), "seed {seed}: {id:?}");
        }
    }
    assert!(accepted > 1000, "{accepted}");
}

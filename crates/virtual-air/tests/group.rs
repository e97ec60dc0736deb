//! A group from beacon to encrypted data, with the real handshake machines on both hosts.

mod world;

use eapol::{Akm, AuthenticatorConfig, GroupKey, Gtk, Psk, SupplicantConfig};
use ieee80211_ies::MacAddr;
use radio::*;
use rand_core_seed::rng;
use std::time::Duration;
use virtual_air::*;
use world::*;

mod rand_core_seed {
    use rand_core::SeedableRng;
    pub(crate) fn rng() -> rand_chacha::ChaCha8Rng {
        rand_chacha::ChaCha8Rng::seed_from_u64(3)
    }
}

const IPV4: u16 = 0x0800;

fn group(seed: u64, settings: Settings) -> (World, RadioId, RadioId) {
    let mut world = World::new(seed, settings);
    let owner = world.radio(1, Profile::P2pDevice, InterfaceKind::P2pGo);
    let client = world.radio(2, Profile::NoP2pDevice, InterfaceKind::P2pClient);
    world.start_ap(owner, 2437);
    (world, owner, client)
}

fn key(kind: KeyKind, index: u8, material: &[u8; 16], receive_sequence: [u8; 6]) -> Command {
    let material = Secret::new(material.to_vec());
    Command::InstallKey { iface: IFACE, key: Key { kind, index, cipher: Cipher::Ccmp128, material, receive_sequence } }
}

/// Runs the 4-way handshake between the two hosts until both ports are open.
fn handshake(world: &mut World, owner: RadioId, client: RadioId) {
    let (aa, spa) = (mac(1), mac(2));
    let gtk = GroupKey { index: 1, key: Gtk::new([0x61; 16]), rsc: [0; 6] };
    world.ok(owner, key(KeyKind::Group, 1, &[0x61; 16], [0; 6]));
    let config = AuthenticatorConfig {
        authenticator: aa,
        supplicant: spa,
        psks: vec![Psk::new([1; 32])],
        akm: Akm::Psk,
        rsn_element: RSNE.to_vec(),
        station_rsn_element: RSNE.to_vec(),
        group: gtk,
        ip: None,
        clear_beside_key: true,
    };
    let mut authenticator = eapol::Authenticator::new(config, &mut rng());
    let config = SupplicantConfig {
        supplicant: spa,
        authenticator: aa,
        psk: Psk::new([1; 32]),
        akm: Akm::Psk,
        rsn_element: RSNE.to_vec(),
        owner_rsn_element: RSNE.to_vec(),
        want_ip: false,
    };
    let mut supplicant = eapol::Supplicant::new(config, &mut rng());
    authenticator.handle_input(world.air.now(), eapol::Input::Start);
    supplicant.handle_input(world.air.now(), eapol::Input::Start);
    let mut open = 0;
    while open < 2 {
        for (radio, peer) in [(owner, spa), (client, aa)] {
            loop {
                let output = if radio == owner { authenticator.poll_output() } else { supplicant.poll_output() };
                let Some(output) = output else { break };
                let command = match output {
                    eapol::Output::Send { pdu, encrypt } => {
                        Command::SendEapol { iface: IFACE, destination: peer, pdu, encrypt }
                    }
                    eapol::Output::InstallPairwise { tk } => key(KeyKind::Pairwise(peer), 0, tk.expose(), [0; 6]),
                    eapol::Output::InstallGroup { index, gtk, rsc } => key(KeyKind::Group, index, gtk.expose(), rsc),
                    eapol::Output::Event(eapol::Event::Completed { .. }) => {
                        open += 1;
                        Command::SetAuthorized { iface: IFACE, address: peer, authorized: true }
                    }
                    eapol::Output::Event(event) => panic!("{event:?}"),
                };
                world.tell(radio, command);
            }
        }
        assert!(world.step() && world.air.now() < Duration::from_secs(30));
        let now = world.air.now();
        for (_, radio, event) in std::mem::take(&mut world.events) {
            let mut input = |input: eapol::Input<'_>| match radio == owner {
                true => authenticator.handle_input(now, input),
                false => supplicant.handle_input(now, input),
            };
            match event {
                Event::Eapol { pdu, encrypted, .. } => input(eapol::Input::Pdu { pdu: &pdu, encrypted }),
                Event::Sent { status, .. } => input(eapol::Input::Sent { acked: status != SendStatus::NotAcked }),
                Event::Done { result, .. } => _ = result.expect("no command is refused"),
                _ => {}
            }
        }
        if authenticator.poll_timeout().is_some_and(|at| at <= now) {
            authenticator.handle_input(now, eapol::Input::Timeout);
        }
        if supplicant.poll_timeout().is_some_and(|at| at <= now) {
            supplicant.handle_input(now, eapol::Input::Timeout);
        }
    }
    world.run(ms(20));
}

#[test]
fn data_pass_encrypted_after_the_handshake_and_not_before() {
    let (mut world, owner, client) = group(1, Settings::default());
    world.associate(owner, client, 2437);
    assert_eq!(world.air.send_data(client, IFACE, mac(1), IPV4, b"too early").unwrap_err().errno, 107);
    handshake(&mut world, owner, client);

    world.air.record();
    let secret = b"nobody else reads this";
    world.air.send_data(client, IFACE, mac(1), IPV4, secret).unwrap();
    world.air.send_data(owner, IFACE, mac(2), IPV4, secret).unwrap();
    world.air.send_data(owner, IFACE, MacAddr::BROADCAST, IPV4, secret).unwrap();
    world.run(ms(50));
    let got: Vec<_> = world.data.iter().map(|(r, d)| (*r, d.source, d.destination, &d.payload[..])).collect();
    assert_eq!(got.len(), 3);
    assert!(got.contains(&(owner, mac(2), mac(1), secret)));
    assert!(got.contains(&(client, mac(1), mac(2), secret)));
    assert!(got.contains(&(client, mac(1), MacAddr::BROADCAST, secret)));
    let on_air: Vec<_> = world.air.recorded().iter().filter(|f| f.kind() == 0x08).collect();
    assert_eq!(on_air.len(), 3);
    assert!(on_air.iter().all(|f| !f.frame.windows(secret.len()).any(|w| w == secret)));

    let Reply::Station(info) = world.ok(owner, Command::QueryStation { iface: IFACE, address: mac(2) }) else {
        panic!("no station")
    };
    assert!(info.rx_packets >= Some(3) && info.inactive_ms < Some(100));
}

#[test]
fn handshakes_survive_a_crowded_room() {
    for seed in 0..20 {
        let (mut world, owner, client) =
            group(seed, Settings { duplication: 0.1, reorder: 0.3, ..Settings::default() });
        world.associate(owner, client, 2437);
        world.air.set_settings(Settings::crowded());
        handshake(&mut world, owner, client);
    }
}

#[test]
fn with_another_key_nothing_passes() {
    let (mut world, owner, client) = group(1, Settings::default());
    world.associate(owner, client, 2437);
    handshake(&mut world, owner, client);
    world.ok(client, key(KeyKind::Pairwise(mac(1)), 0, &[9; 16], [0; 6]));
    world.air.send_data(client, IFACE, mac(1), IPV4, b"hello").unwrap();
    world.air.send_data(owner, IFACE, mac(2), IPV4, b"hello").unwrap();
    world.run(ms(50));
    assert!(world.data.is_empty());
}

#[test]
fn stations_talk_to_each_other_unless_isolated() {
    for isolate in [false, true] {
        let mut world = World::new(1, Settings::default());
        let owner = world.radio(1, Profile::P2pDevice, InterfaceKind::P2pGo);
        world.ok(owner, Command::ReceiveFrames { iface: IFACE, kinds: vec![FrameKind::ApMlme] });
        let ap = AccessPoint { isolate, ..access_point(mac(1), 2437) };
        world.ok(owner, Command::StartAp { iface: IFACE, ap });
        world.ok(owner, key(KeyKind::Group, 1, &[0x61; 16], [0; 6]));
        for n in [2, 3] {
            let client = world.radio(n, Profile::NoP2pDevice, InterfaceKind::Station);
            world.associate(owner, client, 2437);
            world.ok(client, key(KeyKind::Pairwise(mac(1)), 0, &[n; 16], [0; 6]));
            world.ok(client, key(KeyKind::Group, 1, &[0x61; 16], [0; 6]));
            world.ok(client, Command::SetAuthorized { iface: IFACE, address: mac(1), authorized: true });
            world.ok(owner, key(KeyKind::Pairwise(mac(n)), 0, &[n; 16], [0; 6]));
            world.ok(owner, Command::SetAuthorized { iface: IFACE, address: mac(n), authorized: true });
        }
        let (first, second) = (RadioId(1), RadioId(2));
        world.air.send_data(first, IFACE, mac(3), IPV4, b"to my neighbour").unwrap();
        world.air.send_data(first, IFACE, MacAddr::BROADCAST, IPV4, b"to all").unwrap();
        world.run(ms(50));
        let at = |radio: RadioId| world.data.iter().filter(|(r, _)| *r == radio).count();
        assert_eq!((at(owner), at(first), at(second)), (1, 0, if isolate { 0 } else { 2 }));
    }
}

#[test]
fn authentication_gives_up_after_three_tries_and_forgets_the_network() {
    let (mut world, owner, client) = group(1, Settings::default());
    assert_eq!(world.scan(client, 2437).len(), 1);
    world.air.set_link(client, owner, Link::OUT_OF_RANGE);
    let authenticate = Command::Authenticate { iface: IFACE, bssid: mac(1), frequency: 2437, ssid: SSID.to_vec() };
    world.ok(client, authenticate.clone());
    world.wait(client, |e| matches!(e, Event::Authenticated { status: None, .. }).then_some(()));
    let attempts = world.air.recorded().iter().filter(|f| f.kind() == 0xb0).count();
    assert_eq!(attempts, 3 * 5);
    assert_eq!(world.errno(client, authenticate), 2);
}

#[test]
fn scan_results_grow_old() {
    let (mut world, owner, client) = group(1, Settings::default());
    assert_eq!(world.scan(client, 2437).len(), 1);
    world.ok(owner, Command::StopAp { iface: IFACE });
    world.run(Duration::from_secs(29));
    assert_eq!(world.scan(client, 2412).iter().map(|bss| bss.age_ms / 1000).collect::<Vec<_>>(), [29]);
    world.run(Duration::from_secs(2));
    let authenticate = Command::Authenticate { iface: IFACE, bssid: mac(1), frequency: 2437, ssid: SSID.to_vec() };
    assert_eq!(world.errno(client, authenticate), 2);
    assert!(world.scan(client, 2412).is_empty());
}

#[test]
fn beacons_carry_a_timestamp_and_a_tim() {
    let (mut world, _, client) = group(1, Settings::default());
    world.run(ms(1000));
    let bss = &world.scan(client, 2437)[0];
    assert!(bss.tsf > 1_000_000 && bss.beacon_interval == 100 && bss.capability == 0x11);
    let tim = [5, 4, 0, 2, 0, 0];
    assert!(bss.beacon.windows(tim.len()).any(|w| w == tim));
    assert!(bss.beacon.ends_with(&RSNE));
    let beacons: Vec<_> = world.air.recorded().iter().filter(|f| f.kind() == 0x80).map(|f| f.at).collect();
    assert!(beacons.windows(2).all(|w| (w[1] - w[0]).abs_diff(Duration::from_micros(102_400)) < ms(1)));
}

#[test]
fn a_client_notices_that_its_owner_is_gone() {
    let (mut world, owner, client) = group(1, Settings::default());
    world.associate(owner, client, 2437);
    world.run(ms(3000));
    assert!(!world.events.iter().any(|(_, _, e)| matches!(e, Event::Disconnected { .. })));
    let gone = world.air.now();
    world.air.unplug(owner);
    let reason = world.wait(client, |e| match e {
        Event::Disconnected { reason, local: true, .. } => Some(*reason),
        _ => None,
    });
    assert_eq!(reason, 4);
    assert!((ms(1000)..ms(1500)).contains(&(world.air.now() - gone)));
}

#[test]
fn either_side_can_end_it() {
    let (mut world, owner, client) = group(1, Settings::default());
    world.associate(owner, client, 2437);
    world.tell(owner, transmit(None, management(0xc0, mac(2), mac(1), mac(1), &[8, 0])));
    let reason = world.wait(client, |e| match e {
        Event::Disconnected { reason, local: false, .. } => Some(*reason),
        _ => None,
    });
    assert_eq!(reason, 8);
    world.ok(owner, Command::RemoveStation { iface: IFACE, address: mac(2), reason: 8, deauthenticate: false });

    world.associate(owner, client, 2437);
    world.ok(client, Command::Disconnect { iface: IFACE, bssid: mac(1), reason: 3 });
    world.wait(client, |e| matches!(e, Event::Disconnected { reason: 3, local: true, .. }).then_some(()));
    let deauthentication = world.received(owner, 0xc0);
    assert_eq!(deauthentication[24..], [3, 0]);
}

#[test]
fn a_forgotten_station_is_reported_when_it_sends() {
    let (mut world, owner, client) = group(1, Settings::default());
    world.associate(owner, client, 2437);
    handshake(&mut world, owner, client);
    world.ok(owner, Command::RemoveStation { iface: IFACE, address: mac(2), reason: 4, deauthenticate: false });
    world.air.send_data(client, IFACE, mac(1), IPV4, b"still here").unwrap();
    let address = world.wait(owner, |e| match e {
        Event::UnexpectedFrame { address, .. } => Some(*address),
        _ => None,
    });
    assert_eq!(address, mac(2));
    assert!(world.data.is_empty());
}

#[test]
fn a_silent_station_can_be_probed() {
    let (mut world, owner, client) = group(1, Settings::default());
    world.associate(owner, client, 2437);
    let probe = |world: &mut World| {
        world.ok(owner, Command::ProbeStation { iface: IFACE, address: mac(2) });
        world.wait(owner, |e| match e {
            Event::StationProbed { acked, .. } => Some(*acked),
            _ => None,
        })
    };
    assert!(probe(&mut world));
    world.air.unplug(client);
    assert!(!probe(&mut world));
}

#[test]
fn a_client_follows_a_channel_switch() {
    let (mut world, owner, client) = group(1, Settings::default());
    world.associate(owner, client, 2437);
    handshake(&mut world, owner, client);
    let after = access_point(mac(1), 2412).beacon;
    let during = Beacon { tail: [&RSNE[..], &[37, 3, 0, 1, 5]].concat(), ..after.clone() };
    let counter_offset = u16::try_from(RSNE.len() + 4).unwrap();
    let switch = ChannelSwitch {
        channel: Channel::ht20(2412),
        count: 5,
        block_transmission: false,
        during,
        counter_offset,
        after,
    };
    world.ok(owner, Command::SwitchChannel { iface: IFACE, switch });
    for radio in [owner, client] {
        let frequency = world.wait(radio, |e| match e {
            Event::ChannelSwitched { channel, .. } => Some(channel.frequency),
            _ => None,
        });
        assert_eq!(frequency, 2412);
    }
    world.run(ms(300));
    world.air.record();
    world.air.send_data(client, IFACE, mac(1), IPV4, b"over here").unwrap();
    world.run(ms(20));
    assert_eq!(world.data.len(), 1);
    assert!(world.air.recorded().iter().all(|f| f.frequency == 2412));
}

#[test]
fn with_one_channel_an_owner_is_deaf_while_it_is_elsewhere_and_its_frames_wait() {
    let mut world = World::new(1, Settings::default());
    let owner = world.radio(1, Profile::OneChannel, InterfaceKind::P2pGo);
    let client = world.radio(2, Profile::NoP2pDevice, InterfaceKind::Station);
    world.start_ap(owner, 2437);
    world.associate(owner, client, 2437);
    let stay = world.tell(owner, listen(2412, 500));
    world.wait(owner, |e| matches!(e, Event::RemainStarted { .. }).then_some(()));
    world.air.record();
    let probe = transmit(None, management(0xd0, mac(1), mac(2), mac(1), &P2P_PREFIX));
    let lost = world.tell(client, probe);
    assert_eq!(world.sent(client, lost), SendStatus::NotAcked);
    let waits = world.tell(owner, transmit(None, action(mac(2), mac(1))));
    world.wait(owner, |e| matches!(e, Event::RemainEnded { id } if *id == stay).then_some(()));
    assert!(!world.air.recorded().iter().any(|f| f.kind() == 0x80), "no beacons");
    assert_eq!(world.sent(owner, waits), SendStatus::Acked);
}

/// The owner's first EAPOL frame follows its association response at once, and the reports of the two may change places.
#[test]
fn eapol_may_come_before_the_association_is_reported() {
    let early = (0..40).filter(|seed| {
        let (mut world, owner, client) = group(*seed, Settings { reorder: 0.5, ..Settings::default() });
        world.associate_with(owner, client, 2437, Some(vec![2, 3, 0, 0]));
        let is_eapol = |e: &Event| matches!(e, Event::Eapol { encrypted: Some(false), .. });
        let came = world.events.iter().any(|(_, radio, e)| *radio == client && is_eapol(e));
        if !came {
            world.wait(client, |e| is_eapol(e).then_some(()));
        }
        came
    });
    let early = early.count();
    assert!((1..40).contains(&early), "{early}");
}

//! What a kernel refuses, with the error numbers of Linux.

mod world;

use radio::*;
use virtual_air::*;
use world::*;

const ENOENT: i32 = 2;
const EBUSY: i32 = 16;
const EEXIST: i32 = 17;
const ENODEV: i32 = 19;
const EINVAL: i32 = 22;
const ENOLINK: i32 = 67;
const EOPNOTSUPP: i32 = 95;
const ENETDOWN: i32 = 100;
const ENOTCONN: i32 = 107;
const EALREADY: i32 = 114;

fn pairwise(address: ieee80211_ies::MacAddr) -> Command {
    let key = Key {
        kind: KeyKind::Pairwise(address),
        index: 0,
        cipher: Cipher::Ccmp128,
        material: Secret::new(vec![1; 16]),
        receive_sequence: [0; 6],
    };
    Command::InstallKey { iface: IFACE, key }
}

#[test]
fn on_a_station_interface() {
    let mut world = World::new(1, Settings::default());
    let radio = world.air.add_radio(RadioSettings::new(mac(1), Profile::NoP2pDevice));
    let unknown = Command::RemainOnChannel { iface: InterfaceId(9), frequency: 2412, duration_ms: 100 };
    assert_eq!(world.errno(radio, unknown), ENODEV);
    assert_eq!(world.errno(radio, listen(2412, 100)), ENETDOWN);
    world.ok(radio, Command::SetInterfaceUp { iface: IFACE, up: true });
    assert_eq!(world.errno(radio, listen(2412, 9)), EINVAL);
    assert_eq!(world.errno(radio, listen(2412, 5001)), EINVAL);
    assert_eq!(world.errno(radio, listen(2413, 100)), EINVAL);
    let authenticate = Command::Authenticate { iface: IFACE, bssid: mac(2), frequency: 2412, ssid: SSID.to_vec() };
    assert_eq!(world.errno(radio, authenticate), ENOENT, "no scan result");
    let disconnect = Command::Disconnect { iface: IFACE, bssid: mac(2), reason: 3 };
    assert_eq!(world.errno(radio, disconnect), ENOTCONN);
    let eapol = Command::SendEapol { iface: IFACE, destination: mac(2), pdu: vec![1, 1, 0, 0], encrypt: false };
    assert_eq!(world.errno(radio, eapol), ENOTCONN);
    assert_eq!(world.errno(radio, pairwise(mac(2))), ENOLINK);
    assert_eq!(world.errno(radio, transmit(None, action(mac(2), mac(1)))), EINVAL, "no channel");
    assert_eq!(world.errno(radio, transmit(Some(2412), action(mac(2), mac(9)))), EINVAL, "not our address");
    assert_eq!(world.errno(radio, transmit(Some(2412), vec![0xd0; 20])), EINVAL, "no frame");
    let start_ap = Command::StartAp { iface: IFACE, ap: access_point(mac(1), 2412) };
    assert_eq!(world.errno(radio, start_ap), EOPNOTSUPP);
    assert_eq!(world.errno(radio, Command::ReceiveFrames { iface: IFACE, kinds: vec![FrameKind::ApMlme] }), EINVAL);
    let association = Association { bssid: mac(2), frequency: 2412, ssid: SSID.to_vec(), elements: vec![], rsn: false };
    let connection = Connection { association, privacy: false };
    assert_eq!(world.errno(radio, Command::Connect { iface: IFACE, connection }), EOPNOTSUPP);
    assert_eq!(world.errno(radio, Command::CancelRemain { iface: IFACE, remain: CommandId(77) }), ENOENT);
    assert_eq!(world.errno(radio, Command::RemoveInterface { iface: IFACE }), EOPNOTSUPP);
}

#[test]
fn of_scans() {
    let mut world = World::new(1, Settings::default());
    let radio = world.radio(1, Profile::NoP2pDevice, InterfaceKind::Station);
    let scan = |scan| Command::Scan { iface: IFACE, scan };
    assert_eq!(world.errno(radio, scan(ScanRequest { ssids: vec![vec![]; 5], ..ScanRequest::default() })), EINVAL);
    assert_eq!(world.errno(radio, scan(ScanRequest { frequencies: vec![2413], ..ScanRequest::default() })), EINVAL);
    assert_eq!(world.errno(radio, Command::AbortScan { iface: IFACE }), ENOENT);
    world.ok(radio, scan(ScanRequest::default()));
    assert_eq!(world.errno(radio, scan(ScanRequest::default())), EBUSY);
    world.ok(radio, Command::AbortScan { iface: IFACE });
    world.wait(radio, |e| matches!(e, Event::ScanDone { aborted: true, .. }).then_some(()));
    world.ok(radio, scan(ScanRequest::default()));
}

#[test]
fn of_interfaces() {
    let mut world = World::new(1, Settings::default());
    let radio = world.radio(1, Profile::OneChannel, InterfaceKind::Station);
    let create = |n, kind, name: &str| Command::CreateInterface {
        iface: InterfaceId(n),
        kind,
        name: name.into(),
        address: None,
    };
    assert_eq!(world.errno(radio, create(1, InterfaceKind::Monitor, "mon0")), EOPNOTSUPP);
    assert_eq!(world.errno(radio, create(1, InterfaceKind::P2pGo, "wlan0")), EEXIST);
    assert_eq!(world.errno(radio, create(1, InterfaceKind::P2pGo, "a-name-too-long-")), EINVAL);
    let made = world.ok(radio, create(1, InterfaceKind::P2pDevice, "p2p-dev-wlan0"));
    assert!(matches!(made, Reply::Interface { address, .. } if address != mac(1)));
    assert_eq!(world.errno(radio, create(2, InterfaceKind::P2pDevice, "p2p-dev-2")), EBUSY);
    world.ok(radio, create(2, InterfaceKind::P2pGo, "p2p-0"));
    world.ok(radio, create(3, InterfaceKind::P2pClient, "p2p-1"));
    assert_eq!(world.errno(radio, create(4, InterfaceKind::P2pClient, "p2p-2")), EBUSY);
    let Reply::Interface { address: device, .. } = made else { panic!("no address") };
    let device_action = |from, body: &[u8]| Command::Transmit {
        iface: InterfaceId(1),
        transmission: Transmission {
            frequency: Some(2412),
            frame: management(0xd0, mac(2), from, mac(2), body),
            wait_ms: 100,
            no_cck: true,
            no_ack: false,
        },
    };
    assert_eq!(world.errno(radio, device_action(mac(1), &P2P_PREFIX)), EINVAL, "not its address");
    assert_eq!(world.errno(radio, device_action(device, &[0x7f, 0x50])), EOPNOTSUPP, "not a public action frame");
    world.ok(radio, device_action(device, &P2P_PREFIX));

    // Two networks on two channels are one too many.
    world.ok(radio, Command::StartAp { iface: InterfaceId(2), ap: access_point(mac(1), 2437) });
    let owner = world.radio(7, Profile::P2pDevice, InterfaceKind::P2pGo);
    world.start_ap(owner, 2412);
    assert_eq!(world.scan(radio, 2412).len(), 1);
    let authenticate = Command::Authenticate { iface: IFACE, bssid: mac(7), frequency: 2412, ssid: SSID.to_vec() };
    assert_eq!(world.errno(radio, authenticate), EBUSY);
}

#[test]
fn of_access_points() {
    let mut world = World::new(1, Settings::default());
    let radio = world.radio(1, Profile::P2pDevice, InterfaceKind::P2pGo);
    let station = |n, associated, authorized| StationParameters {
        address: mac(n),
        flags: StationFlags { authenticated: true, associated, authorized, ..StationFlags::default() },
        rates: None,
    };
    let add = |station| Command::AddStation { iface: IFACE, station };
    assert_eq!(world.errno(radio, add(station(5, false, false))), ENOENT, "not running");
    let radar = Command::StartAp { iface: IFACE, ap: access_point(mac(1), 5260) };
    assert_eq!(world.errno(radio, radar), EINVAL);
    world.start_ap(radio, 2437);
    assert_eq!(world.errno(radio, Command::StartAp { iface: IFACE, ap: access_point(mac(1), 2437) }), EALREADY);
    assert_eq!(world.errno(radio, add(station(5, false, true))), EINVAL, "authorized before it has associated");
    world.ok(radio, add(station(5, false, false)));
    assert_eq!(world.errno(radio, add(station(5, false, false))), EEXIST);
    assert_eq!(world.errno(radio, Command::SetStation { iface: IFACE, station: station(6, true, false) }), ENOENT);
    assert_eq!(world.errno(radio, pairwise(mac(5))), ENOENT, "not associated");
    world.ok(radio, Command::SetStation { iface: IFACE, station: station(5, true, false) });
    world.ok(radio, pairwise(mac(5)));
    assert_eq!(world.errno(radio, Command::QueryStation { iface: IFACE, address: mac(6) }), ENOENT);
    assert_eq!(world.errno(radio, Command::ProbeStation { iface: IFACE, address: mac(6) }), ENOLINK);
    let remove = |n| Command::RemoveStation { iface: IFACE, address: mac(n), reason: 3, deauthenticate: true };
    assert_eq!(world.errno(radio, remove(6)), ENOENT);
    world.ok(radio, remove(5));
    let vendor = management(0xd0, mac(5), mac(1), mac(1), &[0x7f, 0x50, 0x6f, 0x9a, 9, 0]);
    assert_eq!(world.errno(radio, transmit(None, vendor)), ENOLINK, "P2P action frames go to stations only");
    world.ok(radio, Command::StopAp { iface: IFACE });
    assert_eq!(world.errno(radio, Command::StopAp { iface: IFACE }), ENOENT);
}

#[test]
fn a_change_of_kind_forgets_registrations() {
    let mut world = World::new(1, Settings::default());
    let a = world.radio(1, Profile::NoP2pDevice, InterfaceKind::Station);
    let b = world.radio(2, Profile::NoP2pDevice, InterfaceKind::Station);
    let kinds = vec![FrameKind::Action(P2P_PREFIX.to_vec())];
    world.ok(a, Command::ReceiveFrames { iface: IFACE, kinds });
    for kind in [InterfaceKind::P2pClient, InterfaceKind::Station] {
        world.ok(a, Command::SetInterfaceKind { iface: IFACE, kind });
    }
    world.ok(a, listen(2412, 1000));
    world.wait(a, |e| matches!(e, Event::RemainStarted { .. }).then_some(()));
    let sent = world.tell(b, transmit(Some(2412), action(mac(1), mac(2))));
    assert_eq!(world.sent(b, sent), SendStatus::Acked);
    world.run(ms(20));
    assert!(!world.events.iter().any(|(_, _, e)| matches!(e, Event::Received { .. })));
}

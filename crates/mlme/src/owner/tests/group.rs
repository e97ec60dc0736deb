//! What the group says of itself: beacons, probe responses, channel switches, its begin and its end.

use super::*;
use ieee80211_ies::bss::Interworking;
use ieee80211_ies::p2p::{self, Attribute, Status};
use ieee80211_ies::{OUI_MICROSOFT, emit_element, emit_vendor_elements, id, vht};
use radio::{ChannelInfo as Info, FrameKind};

/// The beacon of a group that Debian's wpa_supplicant 2.10 owned on mac80211_hwsim, channel 153, after formation
/// (`ieee80211-ies/tests/data/formation.pcap`, the second beacon).
const WPA_SUPPLICANT: &str =
    "80000000ffffffffffff020000000000020000000000000020e042a5df6006006400110000094449524543542d4746
    01088c129824b048606c030199 050400020000 30140100000fac040100000fac040100000fac020c00 3b027c00
    2d1a7c001bffff000000000000000000000100000000000000000000 3d1699000000000000000000000000000000000000000000
    7f080400400000000040 dd180050f2020101810003a4000027a4000042435e0062322f00
    dd490050f204104a000110104400010210410001011012000200041053000233881049000e00372a0001200106ffffffffffff
    1011000844657669636520301054000800010050f2040001 dd0d506f9a0a00000600111c440032
    dd12506f9a09020200256b030600020000000000";

fn element<'a>(elements: Elements<'a>, id: u8) -> &'a [u8] {
    elements.find(id).unwrap_or_else(|| panic!("element {id}")).body
}

#[test]
fn the_beacon_is_that_of_wpa_supplicant() {
    let theirs = hex(WPA_SUPPLICANT);
    let theirs = Frame::parse(&theirs).unwrap();
    let channel = Channel::ht20(5765);
    let mut world = World::new(config(channel));
    let wsc = Elements::new(theirs.body.elements().bytes()).vendor([0x00, 0x50, 0xf2], 4).unwrap().unwrap();
    let mut wsc_element = Vec::new();
    emit_vendor_elements(OUI_MICROSOFT, 4, &wsc, &mut wsc_element);
    world.owner.set_wsc(wsc_element, Vec::new(), Vec::new());
    world.owner.set_group_formation(true);
    world.owner.start(world.now);
    world.said();

    // The radio puts a TIM between the two parts.
    let ours = [world.beacon.head.clone(), world.beacon.tail.clone()].concat();
    let ours = Frame::parse(&ours).unwrap();
    assert_eq!(ours.header.destination, MacAddr::BROADCAST);
    let (
        Body::Beacon { interval, capability, elements: a, .. },
        Body::Beacon { interval: i, capability: c, elements: b, .. },
    ) = (ours.body, theirs.body)
    else {
        panic!()
    };
    assert_eq!((interval, capability), (i, c));
    for id in [id::SSID, id::SUPPORTED_RATES, id::DSSS_PARAMETER_SET, id::HT_OPERATION] {
        assert_eq!(element(a, id), element(b, id), "element {id}");
    }
    // No RSN capabilities (they announce 16 replay counters); no 40 MHz bits at 20 MHz, no Greenfield.
    assert_eq!(element(a, id::RSN)[..18], element(b, id::RSN)[..18]);
    assert_eq!(element(a, id::HT_CAPABILITIES)[2..], element(b, id::HT_CAPABILITIES)[2..]);
    assert_eq!(element(a, id::HT_CAPABILITIES)[..2], [0x2c, 0x00]);
    // WMM but for the number of the parameter set; the WSC and the P2P element.
    let wmm = |elements: Elements<'_>| elements.vendor([0x00, 0x50, 0xf2], 2).unwrap().unwrap().bytes()[3..].to_vec();
    assert_eq!(wmm(a), wmm(b));
    assert_eq!(a.vendor([0x00, 0x50, 0xf2], 4).unwrap(), b.vendor([0x00, 0x50, 0xf2], 4).unwrap());
    assert_eq!(a.p2p().unwrap(), b.p2p().unwrap());
    let order: Vec<u8> = a.iter().map(|element| element.id).collect();
    assert_eq!(order, [0, 1, 3, 48, 45, 61, 221, 221, 221]);
    assert_eq!(world.beacon.head.last(), Some(&153), "the head ends before the TIM");
}

#[test]
fn the_beacon_of_a_2_ghz_group_octet_by_octet() {
    let world = World::started();
    let head = b"\x80\0\0\0\xff\xff\xff\xff\xff\xff\x02\0\0\0\0\0\x02\0\0\0\0\0\0\0\
        \0\0\0\0\0\0\0\0\x64\0\x11\x04\x00\x09DIRECT-GF\x01\x08\x8c\x12\x98\x24\xb0\x48\x60\x6c\x03\x01\x06";
    assert_eq!(world.beacon.head, head);
    let tail = [
        &b"\x2a\x01\x00"[..],
        RSN,
        b"\x2d\x1a\x2c\x00\x1b\xff\xff\0\0\0\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\0\0\0",
        b"\x3d\x16\x06\x00\x00\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        b"\xdd\x18\x00\x50\xf2\x02\x01\x01\x80\x00\x03\xa4\0\0\x27\xa4\0\0\x42\x43\x5e\0\x62\x32\x2f\0",
        WSC,
        b"\xdd\x12\x50\x6f\x9a\x09\x02\x02\x00\x25\x2b\x03\x06\x00\x02\0\0\0\0\0",
    ]
    .concat();
    assert_eq!(world.beacon.tail, tail);
    assert_eq!(world.owner.rsn_element(), RSN);
    assert!(world.beacon.probe_response.is_empty() && world.beacon.association_response_elements.is_empty());
}

#[test]
fn a_wide_group_has_vht() {
    let world = World::started_with(config(WIDE));
    let tail = Elements::new(&world.beacon.tail);
    assert_eq!(tail.find(id::ERP), None);
    // Width and short GI of 40 MHz; the secondary channel below 40, and any width.
    assert_eq!(element(tail, id::HT_CAPABILITIES)[..2], [0x6e, 0x00]);
    assert_eq!(element(tail, id::HT_OPERATION)[..3], [40, 0x07, 0x00]);
    assert_eq!(
        tail.get::<vht::Operation>().unwrap().unwrap(),
        vht::Operation { width: 1, centre_0: 42, centre_1: 0, basic_mcs: 0xfffc }
    );
    let capabilities = tail.get::<vht::Capabilities>().unwrap().unwrap();
    // Of hwsim's not 160 MHz, nor its short GI.
    assert_eq!(capabilities.information, 0x0380_04b2);
    assert_eq!(element(tail, id::EXTENDED_CAPABILITIES), [0, 0, 0, 0, 0, 0, 0, 0x40]);

    let whole = Channel { frequency: 5180, width: Width::Mhz160, centre: 5250 };
    let world = World::started_with(config(whole));
    let tail = Elements::new(&world.beacon.tail);
    let operation = tail.get::<vht::Operation>().unwrap().unwrap();
    assert_eq!((operation.width, operation.centre_0, operation.centre_1), (1, 42, 50));

    let plain = World::started_with(config(Channel::no_ht(5180)));
    let tail = Elements::new(&plain.beacon.tail);
    assert!(tail.find(id::HT_CAPABILITIES).is_none() && tail.find(id::VHT_CAPABILITIES).is_none());
}

#[test]
fn the_kind_of_network_is_announced() {
    let mut c = config(Channel::ht20(2412));
    c.interworking = Some(Interworking { access_network: 0x12, venue: Some([2, 8]), hessid: None });
    let world = World::started_with(c);
    let tail = Elements::new(&world.beacon.tail);
    assert_eq!(element(tail, id::INTERWORKING), [0x12, 2, 8]);
    // Bit 31 and no more octets than it takes.
    assert_eq!(element(tail, id::EXTENDED_CAPABILITIES), [0, 0, 0, 0x80]);
}

#[test]
fn the_country_is_announced_with_its_channels() {
    let mut c = config(Channel::ht20(5180));
    c.country = Some(*b"DE");
    let info =
        |frequency, disabled, max_power_dbm| Info { frequency, disabled, max_power_dbm, ..c.bands[0].channels[0] };
    c.bands[1].channels = vec![
        info(5180, false, 20),
        info(5200, false, 20),
        info(5220, true, 20),
        info(5240, false, 20),
        info(5745, false, 14),
        info(5765, false, 14),
    ];
    let world = World::started_with(c);
    assert_eq!(element(Elements::new(&world.beacon.tail), id::COUNTRY), b"DE \x24\x02\x14\x30\x01\x14\x95\x02\x0e");
}

#[test]
fn a_start_asks_for_frames_and_forbids_old_rates_first() {
    let mut owner = Owner::new(config(Channel::ht20(2437)));
    owner.start(ms(0));
    let commands: Vec<(Token, Command)> = core::iter::from_fn(|| owner.poll_output())
        .map(|output| match output {
            Output::Command(token, command) => (token, command),
            Output::Event(event) => panic!("{event:?}"),
        })
        .collect();
    let [
        (receive, Command::ReceiveFrames { kinds, .. }),
        (_, Command::ForbidCck { .. }),
        (start, Command::StartAp { ap, .. }),
    ] = &commands[..]
    else {
        panic!("{commands:?}")
    };
    assert!(kinds.contains(&FrameKind::ProbeRequest) && kinds.contains(&FrameKind::ApMlme));
    for prefix in
        [&b"\x04\x09\x50\x6f\x9a\x09"[..], b"\x7f\x50\x6f\x9a\x09", b"\x04\x0a", b"\x04\x0b", b"\x04\x0c", b"\x04\x0d"]
    {
        assert!(kinds.contains(&FrameKind::Action(prefix.to_vec())));
    }
    assert_eq!(
        (ap.ssid.as_slice(), ap.channel, ap.beacon_interval, ap.dtim_period),
        (SSID, Channel::ht20(2437), 100, 2)
    );
    // An access point that hears nothing is none.
    owner.handle_done(ms(1), *receive, Err(refused(95)));
    owner.handle_done(ms(2), *start, Ok(Reply::Ok));
    assert!(matches!(owner.poll_output(), Some(Output::Command(_, Command::StopAp { .. }))));
    assert!(matches!(owner.poll_output(), Some(Output::Event(Event::StartFailed(refused))) if refused.errno == 95));
    assert!(!owner.is_running());

    // It may be tried again.
    owner.start(ms(3));
    let start = core::iter::from_fn(|| owner.poll_output())
        .find_map(|output| match output {
            Output::Command(token, Command::StartAp { .. }) => Some(token),
            _ => None,
        })
        .unwrap();
    owner.handle_done(ms(4), start, Err(refused(16)));
    assert!(matches!(owner.poll_output(), Some(Output::Event(Event::StartFailed(refused))) if refused.errno == 16));
}

#[test]
fn the_beacon_changes_when_it_has_to() {
    let mut world = World::started();
    world.owner.set_wsc(WSC.to_vec(), WSC.to_vec(), WSC.to_vec());
    world.owner.set_group_formation(false);
    assert_eq!(world.said(), [], "nothing has changed");
    world.owner.set_group_formation(true);
    assert_eq!(world.said(), [Said::UpdateBeacon]);
    let group = |world: &World| Elements::new(&world.beacon.tail).p2p().unwrap().unwrap().capability().unwrap().group;
    assert_eq!(group(&world), 0x6b);
    world.owner.set_wsc(Vec::new(), WSC.to_vec(), WSC.to_vec());
    assert_eq!(world.said(), [Said::UpdateBeacon]);
    assert_eq!(Elements::new(&world.beacon.tail).vendor([0, 0x50, 0xf2], 4).unwrap(), None);
    world.owner.set_wsc(Vec::new(), Vec::new(), WSC.to_vec());
    assert_eq!(world.said(), [], "beacons say nothing of it");

    // A client changes nothing, a station without HT does, and so does the last place.
    world.associate(station(1), &rsn_request(1));
    world.associate(station(2), &without(id::HT_CAPABILITIES, &rsn_request(2)));
    assert_eq!(element(Elements::new(&world.beacon.tail), id::HT_OPERATION)[2], 3);
    world.owner.deauthenticate(world.now, station(2), reason(3));
    assert!(world.said().contains(&Said::UpdateBeacon));
    assert_eq!(element(Elements::new(&world.beacon.tail), id::HT_OPERATION)[2], 0);
}

/// A probe request from `station(9)` with these elements.
fn probe(world: &mut World, elements: &[u8]) -> Vec<Said> {
    let body = Body::ProbeRequest { elements: Elements::new(elements) };
    world.receive(&Frame::new(MacAddr::BROADCAST, station(9), MacAddr::BROADCAST, body));
    world.said()
}

fn ssid(ssid: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    emit_element(id::SSID, ssid, &mut out);
    out.extend_from_slice(b"\x01\x04\x0c\x12\x18\x24");
    out
}

fn p2p_probe(attributes: &[Attribute]) -> Vec<u8> {
    let mut out = ssid(b"DIRECT-");
    p2p::emit(attributes, &mut out);
    out
}

#[test]
fn probe_requests_that_are_answered_and_others() {
    let mut world = World::started();
    world.associate(station(1), &rsn_request(1));
    let answer = [Said::ProbeResponse(station(9))];
    let id = |address| Attribute::DeviceId(address);
    let types = |wanted: &[DeviceType]| {
        let mut wsc = Vec::new();
        wanted.iter().for_each(|wanted| {
            wsc.extend_from_slice(b"\x10\x6a\x00\x08");
            wsc.extend_from_slice(&wanted.0);
        });
        let mut out = p2p_probe(&[]);
        emit_vendor_elements(OUI_MICROSOFT, 4, &wsc, &mut out);
        out
    };
    let cases: [(&str, Vec<u8>, bool); 14] = [
        ("any network", ssid(b""), true),
        ("this network", ssid(SSID), true),
        ("another network", ssid(b"DIRECT-xy"), false),
        ("P2P devices", p2p_probe(&[]), true),
        ("the same without a P2P element", ssid(b"DIRECT-"), false),
        ("no SSID", b"\x01\x01\x0c".to_vec(), false),
        ("an SSID too long", ssid(&[b'a'; 33]), false),
        ("802.11b only", [&b"\x00\x00\x01\x04\x02\x04\x0b\x16"[..]].concat(), false),
        ("the owner", p2p_probe(&[id(OWN)]), true),
        ("its client", p2p_probe(&[id(device(1))]), true),
        ("somebody else", p2p_probe(&[id(device(7))]), false),
        ("a malformed P2P element", [ssid(b"DIRECT-"), b"\xdd\x06\x50\x6f\x9a\x09\x02\x09".to_vec()].concat(), false),
        ("computers and telephones", types(&[DeviceType::wfa(7, 1), DeviceType::wfa(10, 5)]), true),
        ("cameras", types(&[DeviceType::wfa(4, 1)]), false),
    ];
    for (what, request, answered) in cases {
        let said: Vec<Said> =
            probe(&mut world, &request).into_iter().filter(|said| !matches!(said, Said::Event(_))).collect();
        assert_eq!(said, &answer[..usize::from(answered)], "{what}");
    }
    // Meant for somebody else.
    let wildcard = ssid(b"");
    let body = Body::ProbeRequest { elements: Elements::new(&wildcard) };
    world.receive(&Frame::new(station(3), station(9), MacAddr::BROADCAST, body));
    world.receive(&Frame::new(MacAddr::BROADCAST, station(9), station(3), body));
    assert_eq!(world.said(), []);
    world.receive(&Frame::new(OWN, station(9), OWN, body));
    let [answer] = answer;
    let told = Said::Event(Event::ProbeRequestAnswered { source: station(9), signal_dbm: -40 });
    assert_eq!(world.said(), [answer, told]);
}

#[test]
fn the_probe_response_names_the_clients() {
    let mut world = World::started();
    probe(&mut world, &ssid(SSID));
    assert_eq!(world.last_frame().body.elements().p2p().unwrap().unwrap().group_info(), None);
    world.associate(station(1), &rsn_request(1));
    world.associate(station(2), &[common(), RSN.to_vec()].concat());
    probe(&mut world, &ssid(SSID));
    let Body::ProbeResponse { interval: 100, capability: 0x0411, elements, .. } = world.last_frame().body else {
        panic!()
    };
    let p2p = elements.p2p().unwrap().unwrap();
    assert_eq!(p2p.device_info().unwrap().name.as_bytes(), b"Device 0");
    assert_eq!(p2p.capability().unwrap(), p2p::Capability { device: 0x25, group: 0x2b });
    let clients: Vec<_> = p2p.group_info().unwrap().clients().collect();
    assert_eq!(clients.len(), 1, "the other is a legacy station");
    assert_eq!((clients[0].device_address, clients[0].interface_address), (device(1), station(1)));
    assert_eq!(clients[0].secondary.iter().collect::<Vec<_>>(), [DeviceType::wfa(8, 2)]);
    // What stands before the vendors' elements is the beacon's.
    let own = |elements: &[u8]| without(id::VENDOR_SPECIFIC, elements);
    assert_eq!(own(elements.bytes()), own(&[&world.beacon.head[36..], &world.beacon.tail[..]].concat()));
    let order: Vec<u8> = elements.iter().map(|element| element.id).collect();
    assert_eq!(order, [0, 1, 3, 42, 48, 45, 61, 221, 221, 221]);
}

#[test]
fn a_probe_response_stays_within_a_frame() {
    let mut world = World::started();
    for n in 0..40 {
        world.associate(station(n), &rsn_request(n));
    }
    assert_eq!(world.owner.stations().count(), 40);
    probe(&mut world, &ssid(SSID));
    let frame = world.frames.last().unwrap();
    assert!(frame.len() < 2304);
    let p2p = elements_of(frame).p2p().unwrap().unwrap();
    assert!(p2p.group_info().unwrap().clients().count() > 15);
}

#[test]
fn probe_requests_with_wsc_reach_the_registrar() {
    let mut world = World::started();
    let said = probe(&mut world, &[ssid(b"another"), WSC.to_vec()].concat());
    let event =
        Event::ProbeRequest { source: station(9), signal_dbm: -40, wsc: WSC[6..].to_vec(), p2p_wildcard: false };
    assert_eq!(said, [Said::Event(event)]);
}

#[test]
fn drivers_that_answer_by_themselves_are_given_the_words() {
    let mut c = config(Channel::ht20(2437));
    c.probe_response_offload = true;
    let mut world = World::started_with(c);
    let template = Frame::parse(&world.beacon.probe_response).unwrap();
    assert_eq!(template.body.elements().p2p().unwrap().unwrap().device_info().unwrap().address, OWN);
    assert_eq!(probe(&mut world, &ssid(SSID)), []);
    // ath10k delivers what asks for P2P or WSC, and nobody but us answers that.
    let said = probe(&mut world, &[ssid(SSID), WSC.to_vec()].concat());
    assert!(said.iter().any(|said| matches!(said, Said::ProbeResponse(_))), "{said:?}");
    c = config(Channel::ht20(2437));
    (c.probe_response_offload, c.device_ap_sme) = (true, true);
    let mut world = World::started_with(c);
    let said = probe(&mut world, &[ssid(SSID), WSC.to_vec()].concat());
    assert!(!said.iter().any(|said| matches!(said, Said::ProbeResponse(_))), "{said:?}");
}

#[test]
fn a_channel_switch_is_announced_and_followed() {
    let mut world = World::started();
    let to = Channel { frequency: 5180, width: Width::Mhz80, centre: 5210 };
    world.owner.switch_channel(world.now, to, 7, false);
    world.owner.switch_channel(world.now, Channel::ht20(2412), 7, false);
    assert_eq!(world.said(), [Said::Switch, Said::Event(Event::ChannelSwitchBegun(to))], "one at a time");
    let (during, after) = (world.frames[0].clone(), world.frames[1].clone());
    let elements = Elements::new(&during);
    // Another band: its operating class says which.
    assert_eq!(element(elements, id::EXTENDED_CHANNEL_SWITCH_ANNOUNCEMENT), [0, 128, 36, 7]);
    assert!(elements.find(id::CHANNEL_SWITCH_ANNOUNCEMENT).is_none());
    assert_eq!(element(elements, id::SECONDARY_CHANNEL_OFFSET), [1]);
    assert_eq!(element(elements, 196), [194, 3, 1, 42, 0]);
    assert_eq!(element(elements, id::HT_OPERATION)[0], 6, "still here");
    assert_eq!(element(Elements::new(&after), id::HT_OPERATION)[0], 36);
    assert!(Elements::new(&after).find(id::EXTENDED_CHANNEL_SWITCH_ANNOUNCEMENT).is_none());

    // Until then the beacon is left alone.
    world.owner.set_group_formation(true);
    assert_eq!(world.said(), []);
    let event = radio::Event::ChannelSwitched { iface: IFACE, channel: to };
    assert!(world.owner.handle_event(world.now, &event));
    assert_eq!(world.owner.config().channel, to);
    assert_eq!(world.said(), [Said::Event(Event::ChannelSwitched(to)), Said::UpdateBeacon]);
}

#[test]
fn where_the_counter_of_a_channel_switch_is() {
    let mut world = World::started();
    world.owner.switch_channel(world.now, Channel::ht20(5180), 8, true);
    let Some(Output::Command(token, Command::SwitchChannel { switch, .. })) = world.owner.poll_output() else {
        panic!()
    };
    assert_eq!(switch.during.tail[usize::from(switch.counter_offset)], 8);
    assert!(switch.block_transmission);
    world.owner.handle_done(world.now, token, Err(refused(95)));
    world.said();
    world.owner.switch_channel(world.now, Channel::ht20(2412), 9, false);
    let Some(Output::Command(token, Command::SwitchChannel { switch, .. })) = world.owner.poll_output() else {
        panic!()
    };
    assert_eq!(switch.during.tail[usize::from(switch.counter_offset)], 9);
    assert!(!switch.block_transmission);
    let elements = Elements::new(&switch.during.tail);
    assert_eq!(element(elements, id::CHANNEL_SWITCH_ANNOUNCEMENT), [0, 1, 9]);
    world.owner.handle_done(world.now, token, Err(refused(95)));
    assert_eq!(world.said(), [Said::Event(Event::ChannelSwitchFailed(refused(95)))]);
    assert_eq!(world.owner.config().channel, Channel::ht20(2437));
    // A radio that accepts and then never says so does not keep the beacon as it is for ever.
    world.owner.switch_channel(world.now, Channel::ht20(2412), 9, false);
    world.owner.set_group_formation(true);
    assert_eq!(world.said(), [Said::Switch, Said::Event(Event::ChannelSwitchBegun(Channel::ht20(2412)))]);
    world.wait();
    assert_eq!(world.said(), [Said::UpdateBeacon]);
}

#[test]
fn presence_cannot_be_had() {
    let mut world = World::started();
    world.associate(station(1), &rsn_request(1));
    let presence = |world: &mut World, from: MacAddr, attributes: &[Attribute]| {
        let mut elements = Vec::new();
        p2p::emit(attributes, &mut elements);
        let subtype = P2pSubtype::PRESENCE_REQUEST;
        let elements = Elements::new(&elements);
        world.frame(from, Body::Action(Action::P2p { subtype, dialog_token: 7, elements }));
        world.said()
    };
    let notice = Attribute::NoticeOfAbsence(p2p::NoticeOfAbsenceBuf::default());
    let said = [Said::Action(station(1), P2pSubtype::PRESENCE_RESPONSE)];
    for (attributes, status) in [(&[notice][..], Status::UNABLE_TO_ACCOMMODATE), (&[], Status::INVALID_PARAMETERS)] {
        assert_eq!(presence(&mut world, station(1), attributes), said);
        let Body::Action(Action::P2p { dialog_token: 7, elements, .. }) = world.last_frame().body else { panic!() };
        let p2p = elements.p2p().unwrap().unwrap();
        assert_eq!(p2p.status(), Some(status));
        assert_eq!(p2p.notice_of_absence().unwrap().descriptors().count(), 0);
    }
    assert_eq!(presence(&mut world, station(2), &[]), [], "not a member");
}

#[test]
fn a_sleeping_client_is_woken_for_others() {
    let mut world = World::started();
    world.associate(station(1), &rsn_request(1));
    let outcome = |device, status| Said::Event(Event::Discoverability { device, status });
    let request = Said::Action(station(1), P2pSubtype::GO_DISCOVERABILITY_REQUEST);
    world.owner.device_discoverability(world.now, device(1));
    assert_eq!(world.said(), [request.clone(), outcome(device(1), Status::SUCCESS)]);
    world.fate = not_acked;
    world.owner.device_discoverability(world.now, device(1));
    assert_eq!(world.said(), [request, outcome(device(1), Status::UNABLE_TO_ACCOMMODATE)]);
    world.owner.device_discoverability(world.now, device(2));
    assert_eq!(world.said(), [outcome(device(2), Status::UNABLE_TO_ACCOMMODATE)]);
}

#[test]
fn the_end_is_told_to_each_and_to_all() {
    let mut world = World::started();
    world.associate(station(1), &rsn_request(1));
    world.associate(station(2), &rsn_request(2));
    world.frame(station(3), OPEN);
    world.said();
    world.fate = undecided;
    world.owner.stop(world.now);
    world.owner.stop(world.now);
    let farewell = |to| Said::Deauthentication(to, 3);
    assert_eq!(
        world.said(),
        [
            farewell(station(1)),
            left(1, LeftCause::Stopped),
            farewell(station(2)),
            left(2, LeftCause::Stopped),
            farewell(MacAddr::BROADCAST)
        ]
    );
    world.sent(SendStatus::Acked);
    world.sent(SendStatus::NotAcked);
    assert_eq!(world.said(), []);
    world.sent(SendStatus::Unknown);
    assert_eq!(world.said(), [Said::StopAp, Said::Event(Event::Stopped)]);
    assert_eq!(world.owner.poll_timeout(), None);
    world.frame(station(1), OPEN);
    assert_eq!(world.said(), [], "off the air");

    // A radio that never sends them is waited for no longer than two DTIM intervals.
    let mut world = World::started();
    world.fate = undecided;
    world.owner.stop(world.now);
    world.said();
    assert_eq!(world.wait(), Duration::from_micros(4 * 102_400));
    assert_eq!(world.said(), [Said::StopAp, Said::Event(Event::Stopped)]);

    // And a group can begin again.
    world.owner.start(world.now);
    assert_eq!(world.said(), [Said::StartAp, Said::Event(Event::Started)]);
}

#[test]
fn a_stop_before_the_start_is_done() {
    let mut owner = Owner::new(config(Channel::ht20(2437)));
    owner.start(ms(0));
    owner.stop(ms(1));
    let mut tokens = Vec::new();
    while let Some(Output::Command(token, _)) = owner.poll_output() {
        tokens.push(token);
    }
    tokens.into_iter().for_each(|token| owner.handle_done(ms(2), token, Ok(Reply::Ok)));
    assert!(matches!(owner.poll_output(), Some(Output::Event(Event::Stopped))));
    assert!(owner.poll_output().is_none());
    owner.stop(ms(3));
    assert!(matches!(owner.poll_output(), Some(Output::Event(Event::Stopped))));
}

#[test]
fn an_access_point_that_the_radio_stops_is_over() {
    let mut world = World::started();
    world.associate(station(1), &rsn_request(1));
    assert!(world.owner.handle_event(world.now, &radio::Event::ApStopped { iface: IFACE }));
    assert_eq!(world.said(), [left(1, LeftCause::Stopped), Said::Event(Event::Stopped)]);
    assert!(!world.owner.is_running());
}

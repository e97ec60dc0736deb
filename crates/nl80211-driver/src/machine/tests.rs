//! A scripted kernel: what it is asked is looked at, and it answers in the orders that a real one does.

use super::*;
use crate::frames;
use crate::fuzzing::opened;
use crate::link::Change;
use crate::nl80211 as nl;
use crate::request::{Request, Set};
use proptest::prelude::*;
use radio::{Association, FrameKind, InterfaceKind, Neighbour, ScanRequest, SendStatus, Transmission};

const FAMILY: u16 = 28;
const WIPHY: u32 = 3;
const IFINDEX: u32 = 5;
const WDEV: u64 = 0x3_0000_0001;
const BASE: InterfaceId = InterfaceId::BASE;
const US: MacAddr = MacAddr([2, 0, 0, 0, 0, 1]);
const OWNER: MacAddr = MacAddr([2, 0, 0, 0, 0, 9]);
const ACTION: [u8; 6] = [4, 9, 0x50, 0x6f, 0x9a, 9];

/// A machine and the kernel that it speaks with.
struct Kernel {
    machine: Machine,
}

/// A request as the kernel sees it.
#[derive(Debug)]
struct Asked {
    socket: SocketId,
    sequence: u32,
    command: u8,
    bytes: Vec<u8>,
}

impl Asked {
    fn attributes(&self) -> netlink::Attributes<'_> {
        let message = netlink::messages(&self.bytes).next().expect("a message");
        message.generic().expect("a generic netlink message").1
    }
}

impl Kernel {
    fn new() -> Self {
        Self::with(opened())
    }

    fn with(opened: Opened) -> Self {
        let mut kernel = Self { machine: Machine::new(opened) };
        kernel.outputs();
        kernel
    }

    fn outputs(&mut self) -> Vec<Output> {
        std::iter::from_fn(|| self.machine.poll_output()).collect()
    }

    fn command(&mut self, id: u64, command: Command) {
        self.machine.command(CommandId(id), command);
    }

    /// What is asked and what is reported.
    fn drain(&mut self) -> (Vec<Asked>, Vec<Event>) {
        let (mut asked, mut events) = (Vec::new(), Vec::new());
        for output in self.outputs() {
            match output {
                Output::Send(socket, bytes) => {
                    let message = netlink::messages(&bytes).next().expect("a message");
                    let command = if socket == SocketId::Route { 0 } else { message.generic().expect("generic").0 };
                    asked.push(Asked { socket, sequence: message.sequence, command, bytes: bytes.to_vec() });
                }
                Output::Event(event) => events.push(event),
                _ => {}
            }
        }
        (asked, events)
    }

    /// The one request that is asked.
    fn asked(&mut self) -> Asked {
        let (mut asked, events) = self.drain();
        assert_eq!(events, []);
        assert_eq!(asked.len(), 1, "{asked:?}");
        asked.remove(0)
    }

    fn events(&mut self) -> Vec<Event> {
        let (asked, events) = self.drain();
        assert!(asked.is_empty(), "{asked:?}");
        events
    }

    fn message(&mut self, socket: SocketId, sequence: u32, command: u8, attributes: Set) {
        let bytes = Request::plain(command).encode(FAMILY, sequence, attributes).expect("it fits");
        self.machine.received(socket, Duration::from_secs(60), &bytes);
    }

    fn answer(&mut self, to: &Asked, attributes: Set) {
        self.message(to.socket, to.sequence, to.command, attributes);
    }

    fn report(&mut self, command: u8, attributes: Set) {
        let attributes = attributes.u32(nl::NL80211_ATTR_WIPHY, WIPHY).u32(nl::NL80211_ATTR_IFINDEX, IFINDEX);
        self.message(SocketId::Control, 0, command, attributes);
    }

    /// Acknowledges a request, or refuses it with an explanation; `attributes` of the acknowledgement.
    fn acknowledge(&mut self, to: &Asked, errno: i32, attributes: &[u8]) {
        let mut payload = (-errno).to_ne_bytes().to_vec();
        payload.extend([0; 16]);
        payload.extend(attributes);
        let mut bytes = u32::try_from(16 + payload.len()).expect("short").to_ne_bytes().to_vec();
        bytes.extend(2u16.to_ne_bytes());
        bytes.extend((0x100u16 | if attributes.is_empty() { 0 } else { 0x200 }).to_ne_bytes());
        bytes.extend(to.sequence.to_ne_bytes());
        bytes.extend([0; 4]);
        bytes.extend(payload);
        self.machine.received(to.socket, Duration::ZERO, &bytes);
    }

    fn ok(&mut self, to: &Asked) {
        self.acknowledge(to, 0, &[]);
    }

    fn carry_out(&mut self, id: u64, command: Command) {
        self.command(id, command);
        let asked = self.asked();
        self.ok(&asked);
        assert_eq!(self.events(), [done(id)]);
    }
}

fn done(id: u64) -> Event {
    Event::Done { id: CommandId(id), result: Ok(Reply::Ok) }
}

fn refused(id: u64, errno: i32, text: &str) -> Event {
    Event::Done { id: CommandId(id), result: Err(Refused { errno, text: text.to_owned() }) }
}

fn sent(id: u64, status: SendStatus) -> Event {
    Event::Sent { id: CommandId(id), status }
}

fn cookie(value: u64) -> Set {
    Set::default().u64(nl::NL80211_ATTR_COOKIE, value)
}

fn transmit() -> Command {
    let transmission =
        Transmission { frequency: Some(2412), frame: vec![0xd0; 30], wait_ms: 3, no_cck: true, no_ack: false };
    Command::Transmit { iface: BASE, transmission }
}

fn associate(by_ssid: &[u8]) -> Command {
    let association =
        Association { bssid: OWNER, frequency: 2412, ssid: by_ssid.to_vec(), elements: Vec::new(), rsn: true };
    Command::Associate { iface: BASE, association }
}

/// A management frame of the owner's with that body.
fn frame_of_owner(body: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x10, 0, 0, 0];
    for address in [US, OWNER, OWNER] {
        frame.extend(address.octets());
    }
    frame.extend([0, 0]);
    frame.extend(body);
    frame
}

fn connect(kernel: &mut Kernel) {
    kernel.carry_out(900, associate(b"DIRECT-xy"));
    let response = frame_of_owner(&[1, 4, 0, 0, 1, 0xc0]);
    kernel.report(nl::NL80211_CMD_ASSOCIATE, Set::default().bytes(nl::NL80211_ATTR_FRAME, &response));
    let event = Event::Associated { iface: BASE, bssid: OWNER, status: Some(0), elements: Vec::new() };
    assert_eq!(kernel.events(), [event]);
}

#[test]
fn a_status_that_overtakes_its_cookie_is_held() {
    let mut kernel = Kernel::new();
    kernel.command(1, transmit());
    let asked = kernel.asked();
    assert_eq!(asked.command, nl::NL80211_CMD_FRAME);
    // A wait shorter than the kernel takes is lengthened to what it takes.
    assert_eq!(asked.attributes().u32(nl::NL80211_ATTR_DURATION), Some(frames::MIN_REMAIN_MS));
    assert!(asked.attributes().flag(nl::NL80211_ATTR_OFFCHANNEL_TX_OK));
    kernel.report(nl::NL80211_CMD_FRAME_TX_STATUS, cookie(77).flag(nl::NL80211_ATTR_ACK, true));
    kernel.report(nl::NL80211_CMD_FRAME_WAIT_CANCEL, cookie(77));
    // Another one's.
    kernel.report(nl::NL80211_CMD_FRAME_TX_STATUS, cookie(78));
    kernel.answer(&asked, cookie(77));
    assert_eq!(kernel.events(), []);
    kernel.ok(&asked);
    let over = Event::WaitEnded { id: CommandId(1) };
    assert_eq!(kernel.events(), [done(1), sent(1, SendStatus::Acked), over]);
    // Once is enough.
    kernel.report(nl::NL80211_CMD_FRAME_TX_STATUS, cookie(77));
    assert_eq!(kernel.events(), []);
}

#[test]
fn a_driver_that_is_known_to_lie_is_not_believed() {
    let mut kernel = Kernel::new();
    kernel.machine.name_driver("mt7996e");
    for (id, acked, expected) in [(1, true, SendStatus::Unknown), (2, false, SendStatus::NotAcked)] {
        kernel.command(id, transmit());
        let asked = kernel.asked();
        kernel.answer(&asked, cookie(70 + id));
        kernel.ok(&asked);
        assert_eq!(kernel.events(), [done(id)]);
        kernel.report(nl::NL80211_CMD_FRAME_TX_STATUS, cookie(70 + id).flag(nl::NL80211_ATTR_ACK, acked));
        assert_eq!(kernel.events(), [sent(id, expected)]);
        kernel.report(nl::NL80211_CMD_FRAME_WAIT_CANCEL, cookie(70 + id));
        kernel.events();
    }
}

#[test]
fn a_stay_that_begins_before_its_cookie_is_known_begins_after_the_command() {
    let mut kernel = Kernel::new();
    kernel.command(1, Command::RemainOnChannel { iface: BASE, frequency: 2412, duration_ms: 60_000 });
    let asked = kernel.asked();
    assert_eq!(asked.attributes().u32(nl::NL80211_ATTR_DURATION), Some(5000));
    kernel.report(nl::NL80211_CMD_REMAIN_ON_CHANNEL, cookie(5));
    kernel.answer(&asked, cookie(5));
    kernel.ok(&asked);
    assert_eq!(kernel.events(), [done(1), Event::RemainStarted { id: CommandId(1) }]);
    kernel.command(2, Command::CancelRemain { iface: BASE, remain: CommandId(1) });
    let asked = kernel.asked();
    assert_eq!(asked.attributes().u64(nl::NL80211_ATTR_COOKIE), Some(5));
    kernel.report(nl::NL80211_CMD_CANCEL_REMAIN_ON_CHANNEL, cookie(5));
    kernel.ok(&asked);
    assert_eq!(kernel.events(), [Event::RemainEnded { id: CommandId(1) }, done(2)]);
}

#[test]
fn a_refusal_says_what_the_kernel_says() {
    let mut kernel = Kernel::new();
    kernel.command(1, Command::ReceiveFrames { iface: BASE, kinds: vec![FrameKind::Action(ACTION.to_vec())] });
    let asked = kernel.asked();
    assert_eq!((asked.socket, asked.command), (SocketId::Frames, nl::NL80211_CMD_REGISTER_FRAME));
    kernel.acknowledge(&asked, libc::EALREADY, b"\x0c\0\x01\0in use\0\0");
    assert_eq!(kernel.events(), [refused(1, libc::EALREADY, "EALREADY: in use")]);
}

#[test]
fn frames_come_unasked_and_only_those_that_are_wanted() {
    let mut kernel = Kernel::new();
    kernel.carry_out(1, Command::ReceiveFrames { iface: BASE, kinds: vec![FrameKind::Action(ACTION.to_vec())] });
    let frame = |first: u8| {
        let mut frame = frame_of_owner(&ACTION);
        frame[0] = first;
        frame
    };
    for first in [0xd0, 0xb0] {
        let attributes = Set::default()
            .u64(nl::NL80211_ATTR_WDEV, WDEV)
            .u32(nl::NL80211_ATTR_WIPHY_FREQ, 2412)
            .u32(nl::NL80211_ATTR_RX_SIGNAL_DBM, (-40i32).cast_unsigned())
            .bytes(nl::NL80211_ATTR_FRAME, &frame(first));
        kernel.message(SocketId::Frames, 0, nl::NL80211_CMD_FRAME, attributes);
    }
    let received = Event::Received { iface: BASE, frequency: 2412, signal_dbm: -40, frame: frame(0xd0) };
    assert_eq!(kernel.events(), [received]);
}

#[test]
fn the_socket_for_probe_requests_lives_as_long_as_they_are_wanted() {
    let mut kernel = Kernel::new();
    let socket = SocketId::Probes(BASE);
    kernel.command(1, Command::ReceiveFrames { iface: BASE, kinds: vec![FrameKind::ProbeRequest] });
    let outputs = kernel.outputs();
    assert_eq!(outputs[0], Output::Open(socket, Protocol::Generic(Vec::new())));
    assert!(matches!(&outputs[1], Output::Send(on, _) if *on == socket));
    kernel.machine.failed(socket, libc::EMFILE);
    let outputs = kernel.outputs();
    assert_eq!(outputs[0], Output::Close(socket));
    assert!(matches!(&outputs[1], Output::Event(Event::Done { result: Err(r), .. }) if r.errno == libc::EMFILE));

    kernel.command(2, Command::ReceiveFrames { iface: BASE, kinds: vec![FrameKind::ProbeRequest] });
    let asked = kernel.asked();
    kernel.ok(&asked);
    assert_eq!(kernel.events(), [done(2)]);
    kernel.command(3, Command::ReceiveFrames { iface: BASE, kinds: Vec::new() });
    assert_eq!(kernel.outputs(), [Output::Close(socket), Output::Event(done(3))]);
}

#[test]
fn a_change_of_kind_registers_again() {
    let mut kernel = Kernel::new();
    kernel.carry_out(1, Command::ReceiveFrames { iface: BASE, kinds: vec![FrameKind::Action(ACTION.to_vec())] });
    kernel.command(2, Command::SetInterfaceKind { iface: BASE, kind: InterfaceKind::P2pGo });
    let set = kernel.asked();
    assert_eq!(set.attributes().u32(nl::NL80211_ATTR_IFTYPE), Some(nl::NL80211_IFTYPE_P2P_GO));
    // It cannot be done while it is up.
    kernel.acknowledge(&set, libc::EBUSY, &[]);
    let lower = kernel.asked();
    assert_eq!(lower.bytes, link::change(IFINDEX, Change::Up(false), lower.sequence));
    kernel.ok(&lower);
    let set = kernel.asked();
    assert_eq!(set.command, nl::NL80211_CMD_SET_INTERFACE);
    kernel.ok(&set);
    let raise = kernel.asked();
    assert_eq!(raise.bytes, link::change(IFINDEX, Change::Up(true), raise.sequence));
    kernel.ok(&raise);
    let register = kernel.asked();
    assert_eq!(register.attributes().get(nl::NL80211_ATTR_FRAME_MATCH), Some(&ACTION[..]));
    kernel.ok(&register);
    assert_eq!(kernel.events(), [done(2)]);
}

#[test]
fn a_change_to_the_kind_that_it_has_leaves_the_registrations() {
    let mut kernel = Kernel::new();
    let wanted = Command::ReceiveFrames { iface: BASE, kinds: vec![FrameKind::Action(ACTION.to_vec())] };
    kernel.carry_out(1, wanted.clone());
    kernel.command(2, Command::SetInterfaceKind { iface: BASE, kind: InterfaceKind::Station });
    let set = kernel.asked();
    kernel.ok(&set);
    let register = kernel.asked();
    assert_eq!(register.attributes().get(nl::NL80211_ATTR_FRAME_MATCH), Some(&ACTION[..]));
    // `cfg80211_change_iface` in the kernel's util.c drops them where the kind changes, and only there.
    kernel.acknowledge(&register, libc::EALREADY, &[]);
    assert_eq!(kernel.events(), [done(2)]);
    // Nothing has to be asked for again.
    kernel.command(3, wanted);
    assert_eq!(kernel.events(), [done(3)]);
}

#[test]
fn a_failed_change_of_kind_leaves_the_interface_up() {
    let mut kernel = Kernel::new();
    kernel.command(2, Command::SetInterfaceKind { iface: BASE, kind: InterfaceKind::P2pGo });
    for errno in [libc::EBUSY, 0, libc::EINVAL] {
        let asked = kernel.asked();
        kernel.acknowledge(&asked, errno, &[]);
    }
    let raise = kernel.asked();
    assert_eq!(raise.bytes, link::change(IFINDEX, Change::Up(true), raise.sequence));
    kernel.ok(&raise);
    assert_eq!(kernel.events(), [refused(2, libc::EINVAL, "EINVAL")]);
}

#[test]
fn commands_to_one_interface_wait_for_each_other() {
    let mut kernel = Kernel::new();
    kernel.command(1, transmit());
    kernel.command(2, Command::AbortScan { iface: BASE });
    kernel.command(3, Command::SetCountry { country: *b"DE" });
    let (asked, _) = kernel.drain();
    let commands: Vec<u8> = asked.iter().map(|a| a.command).collect();
    assert_eq!(commands, [nl::NL80211_CMD_FRAME, nl::NL80211_CMD_REQ_SET_REG]);
    kernel.acknowledge(&asked[0], libc::EBUSY, &[]);
    let (next, events) = kernel.drain();
    assert_eq!(events, [refused(1, libc::EBUSY, "EBUSY")]);
    assert_eq!(next[0].command, nl::NL80211_CMD_ABORT_SCAN);
}

fn eapol(pdu: &[u8]) -> Set {
    Set::default()
        .mac(nl::NL80211_ATTR_MAC, OWNER)
        .u16(nl::NL80211_ATTR_CONTROL_PORT_ETHERTYPE, 0x888e)
        .flag(nl::NL80211_ATTR_CONTROL_PORT_NO_ENCRYPT, true)
        .bytes(nl::NL80211_ATTR_FRAME, pdu)
}

#[test]
fn eapol_is_held_until_the_connection_is_reported() {
    let mut kernel = Kernel::new();
    kernel.command(1, associate(b"DIRECT-xy"));
    let asked = kernel.asked();
    let attributes = asked.attributes();
    assert!(attributes.flag(nl::NL80211_ATTR_CONTROL_PORT) && attributes.flag(nl::NL80211_ATTR_SOCKET_OWNER));
    assert_eq!(attributes.u32(nl::NL80211_ATTR_CIPHER_SUITE_GROUP), Some(0x000f_ac04));
    kernel.ok(&asked);
    assert_eq!(kernel.events(), [done(1)]);
    for n in 0..20 {
        kernel.report(nl::NL80211_CMD_CONTROL_PORT_FRAME, eapol(&[2, 3, 0, n]));
    }
    assert_eq!(kernel.events(), []);
    let response = frame_of_owner(&[1, 4, 0, 0, 1, 0xc0, 0xdd, 1, 9]);
    kernel.report(nl::NL80211_CMD_ASSOCIATE, Set::default().bytes(nl::NL80211_ATTR_FRAME, &response));
    let events = kernel.events();
    let elements = vec![0xdd, 1, 9];
    assert_eq!(events[0], Event::Associated { iface: BASE, bssid: OWNER, status: Some(0), elements });
    let pdu = vec![2, 3, 0, 0];
    assert_eq!(events[1], Event::Eapol { iface: BASE, source: OWNER, pdu, encrypted: Some(false) });
    assert_eq!(events.len(), 1 + table::MAX_HELD);
    // The kernel repeats the report as a connection; that says nothing new.
    kernel.report(nl::NL80211_CMD_CONNECT, Set::default().mac(nl::NL80211_ATTR_MAC, OWNER));
    assert_eq!(kernel.events(), []);
}

#[test]
fn eapol_of_a_failed_association_is_dropped() {
    let mut kernel = Kernel::new();
    kernel.carry_out(1, associate(b"DIRECT-xy"));
    kernel.report(nl::NL80211_CMD_CONTROL_PORT_FRAME, eapol(&[2, 3, 0, 0]));
    let attributes = Set::default().flag(nl::NL80211_ATTR_TIMED_OUT, true).mac(nl::NL80211_ATTR_MAC, OWNER);
    kernel.report(nl::NL80211_CMD_ASSOCIATE, attributes);
    let event = Event::Associated { iface: BASE, bssid: OWNER, status: None, elements: Vec::new() };
    assert_eq!(kernel.events(), [event]);
}

#[test]
fn the_cookie_of_eapol_is_in_the_acknowledgement() {
    let mut kernel = Kernel::new();
    connect(&mut kernel);
    kernel.command(1, Command::SendEapol { iface: BASE, destination: OWNER, pdu: vec![2, 3, 0, 0], encrypt: false });
    let asked = kernel.asked();
    assert!(asked.attributes().flag(nl::NL80211_ATTR_CONTROL_PORT_NO_ENCRYPT));
    kernel.report(nl::NL80211_CMD_CONTROL_PORT_FRAME_TX_STATUS, cookie(9).flag(nl::NL80211_ATTR_ACK, true));
    kernel.acknowledge(&asked, 0, &[12, 0, 3, 0, 9, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(kernel.events(), [done(1), sent(1, SendStatus::Acked)]);
}

#[test]
fn eapol_too_early_is_refused_in_the_kernels_words() {
    let mut kernel = Kernel::new();
    kernel.command(1, Command::SendEapol { iface: BASE, destination: OWNER, pdu: vec![2, 3, 0, 0], encrypt: false });
    let asked = kernel.asked();
    kernel.acknowledge(&asked, libc::ENOTCONN, &[]);
    assert_eq!(kernel.events(), [refused(1, libc::ENOTCONN, "ENOTCONN")]);
}

#[test]
fn without_control_port_eapol_takes_the_packet_socket() {
    let mut opened = opened();
    opened.capabilities.control_port = false;
    opened.features.packet_status = false;
    let mut kernel = Kernel::with(opened);
    let socket = SocketId::Packet(BASE);
    kernel.command(1, associate(b"DIRECT-xy"));
    let outputs = kernel.outputs();
    assert_eq!(outputs[0], Output::Open(socket, Protocol::Eapol(IFINDEX)));
    let Output::Send(on, bytes) = &outputs[1] else { panic!("{outputs:?}") };
    let message = netlink::messages(bytes).next().unwrap();
    let (command, attributes) = message.generic().unwrap();
    assert!(attributes.flag(nl::NL80211_ATTR_CONTROL_PORT));
    assert!(!attributes.flag(nl::NL80211_ATTR_CONTROL_PORT_OVER_NL80211));
    let asked = Asked { socket: *on, sequence: message.sequence, command, bytes: bytes.to_vec() };
    kernel.ok(&asked);
    kernel.machine.packet_received(socket, OWNER, &[2, 0, 0, 0]);
    assert_eq!(kernel.events(), [done(1)]);
    let response = frame_of_owner(&[1, 4, 0, 0, 1, 0xc0]);
    kernel.report(nl::NL80211_CMD_ASSOCIATE, Set::default().bytes(nl::NL80211_ATTR_FRAME, &response));
    let pdu = vec![2, 0, 0, 0];
    assert_eq!(kernel.events()[1], Event::Eapol { iface: BASE, source: OWNER, pdu, encrypted: None });

    let pdu = vec![2, 3, 0, 0];
    kernel.command(2, Command::SendEapol { iface: BASE, destination: OWNER, pdu: pdu.clone(), encrypt: true });
    assert_eq!(kernel.outputs(), [Output::SendPacket(socket, OWNER, pdu)]);
    kernel.machine.packet_sent(socket, Ok(()));
    assert_eq!(kernel.events(), [done(2), sent(2, SendStatus::Unknown)]);

    let deauthentication = frame_of_owner(&[7, 0]);
    kernel.report(nl::NL80211_CMD_DEAUTHENTICATE, Set::default().bytes(nl::NL80211_ATTR_FRAME, &deauthentication));
    let disconnected = Event::Disconnected { iface: BASE, bssid: OWNER, reason: 7, local: false };
    assert_eq!(kernel.outputs(), [Output::Event(disconnected), Output::Close(socket)]);
}

#[test]
fn the_error_queue_tells_what_became_of_eapol() {
    let mut opened = opened();
    opened.capabilities.control_port = false;
    opened.features.packet_status = true;
    let mut kernel = Kernel::with(opened);
    let socket = SocketId::Packet(BASE);
    kernel.carry_out(1, associate(b"DIRECT-xy"));
    let send = |kernel: &mut Kernel, id, pdu: &[u8]| {
        let command = Command::SendEapol { iface: BASE, destination: OWNER, pdu: pdu.to_vec(), encrypt: true };
        kernel.command(id, command);
        kernel.machine.packet_sent(socket, Ok(()));
    };
    let came_back = |to: MacAddr, pdu: &[u8]| [&to.octets()[..], &[2; 6], &[0x88, 0x8e], pdu].concat();
    send(&mut kernel, 2, &[2, 3, 0, 1, 7]);
    send(&mut kernel, 3, &[2, 3, 0, 1, 8]);
    assert_eq!(kernel.events(), [done(2), done(3)]);
    kernel.machine.packet_status(socket, &came_back(OWNER, &[2, 3, 0, 1, 8]), false);
    kernel.machine.packet_status(socket, &came_back(OWNER, &[2, 3, 0, 1, 9]), true);
    kernel.machine.packet_status(socket, &[1, 2, 3], true);
    assert_eq!(kernel.events(), [sent(3, SendStatus::NotAcked)]);
    kernel.machine.packet_status(socket, &came_back(OWNER, &[2, 3, 0, 1, 7]), true);
    assert_eq!(kernel.events(), [sent(2, SendStatus::Acked)]);
    // What the kernel has dropped without a word does not fill the table.
    for id in 10..30 {
        send(&mut kernel, id, &[2, 3, 0, 1, id as u8]);
    }
    let unknown = kernel.events().into_iter().filter(|e| matches!(e, Event::Sent { status: SendStatus::Unknown, .. }));
    assert_eq!(unknown.count(), 12);
}

#[test]
fn the_end_of_a_connection_is_reported_once() {
    for command in [nl::NL80211_CMD_DEAUTHENTICATE, nl::NL80211_CMD_DISASSOCIATE] {
        let mut kernel = Kernel::new();
        connect(&mut kernel);
        let mut frame = frame_of_owner(&[3, 0]);
        frame[10..16].copy_from_slice(&US.octets());
        kernel.report(command, Set::default().bytes(nl::NL80211_ATTR_FRAME, &frame));
        kernel.report(nl::NL80211_CMD_DISCONNECT, Set::default().u16(nl::NL80211_ATTR_REASON_CODE, 3));
        let disconnected = Event::Disconnected { iface: BASE, bssid: OWNER, reason: 3, local: true };
        // The interface is nobody's now: it is looked at, for it may become another program's.
        let (asked, events) = kernel.drain();
        assert_eq!(asked.iter().map(|a| a.command).collect::<Vec<_>>(), [nl::NL80211_CMD_GET_INTERFACE]);
        assert_eq!(events, [disconnected]);
    }
}

#[test]
fn a_scan_ends_with_what_was_seen() {
    let mut kernel = Kernel::new();
    let scan = ScanRequest { ssids: vec![Vec::new()], frequencies: vec![2412], no_cck: true, ..ScanRequest::default() };
    kernel.carry_out(1, Command::Scan { iface: BASE, scan });
    kernel.report(nl::NL80211_CMD_NEW_SCAN_RESULTS, Set::default());
    let dump = kernel.asked();
    assert_eq!(dump.command, nl::NL80211_CMD_GET_SCAN);
    // Another one's scan meanwhile: its dump must wait.
    kernel.report(nl::NL80211_CMD_SCAN_ABORTED, Set::default());
    let bss = Set::default()
        .mac(nl::NL80211_BSS_BSSID, OWNER)
        .u32(nl::NL80211_BSS_FREQUENCY, 2412)
        .u32(nl::NL80211_BSS_SIGNAL_MBM, (-4200i32).cast_unsigned())
        .u64(nl::NL80211_BSS_LAST_SEEN_BOOTTIME, 59_500_000_000)
        .u32(nl::NL80211_BSS_SEEN_MS_AGO, 9)
        .bytes(nl::NL80211_BSS_INFORMATION_ELEMENTS, &[0, 1, b'x']);
    kernel.answer(&dump, Set::default().nest(nl::NL80211_ATTR_BSS, bss));
    kernel.ok(&dump);
    let (asked, events) = kernel.drain();
    let [Event::ScanDone { id: Some(CommandId(1)), aborted: false, seen }] = events.as_slice() else {
        panic!("{events:?}")
    };
    let bss = &seen[0];
    assert_eq!((bss.bssid, bss.frequency, bss.signal_dbm, bss.age_ms), (OWNER, 2412, -42, 500));
    assert_eq!((&bss.beacon[..], &bss.probe_response[..]), (&[0, 1, b'x'][..], &[][..]));
    kernel.ok(&asked[0]);
    assert_eq!(kernel.events(), [Event::ScanDone { id: None, aborted: true, seen: Vec::new() }]);
}

#[test]
fn a_dump_that_changed_meanwhile_is_asked_again() {
    let mut kernel = Kernel::new();
    kernel.report(nl::NL80211_CMD_NEW_SCAN_RESULTS, Set::default());
    for _ in 1..DUMP_TRIES {
        let dump = kernel.asked();
        let mut bytes = Request::plain(dump.command).encode(FAMILY, dump.sequence, Set::default()).unwrap().to_vec();
        bytes[6] |= 0x10; // NLM_F_DUMP_INTR
        kernel.machine.received(dump.socket, Duration::ZERO, &bytes);
        kernel.ok(&dump);
    }
    let dump = kernel.asked();
    kernel.ok(&dump);
    assert_eq!(kernel.events(), [Event::ScanDone { id: None, aborted: false, seen: Vec::new() }]);
}

#[test]
fn after_an_overrun_everything_under_way_is_accounted_for() {
    let mut kernel = Kernel::new();
    connect(&mut kernel);
    kernel.carry_out(1, Command::Scan { iface: BASE, scan: ScanRequest::default() });
    kernel.command(2, transmit());
    let asked = kernel.asked();
    kernel.answer(&asked, cookie(7));
    kernel.ok(&asked);
    kernel.command(3, Command::RemainOnChannel { iface: BASE, frequency: 2412, duration_ms: 100 });
    assert_eq!(kernel.drain().1, [done(2)]);
    // The answer to the stay is among what is lost.
    kernel.machine.overrun(SocketId::Control);
    // Answers would be lost until the socket is empty, so nothing is asked before.
    kernel.command(4, Command::SetCountry { country: *b"DE" });
    assert!(kernel.outputs().is_empty());
    kernel.machine.drained(SocketId::Control);
    let (asked, _) = kernel.drain();
    let [marker, country] = asked.as_slice() else { panic!("{asked:?}") };
    kernel.ok(marker);
    let (questions, events) = kernel.drain();
    assert!(!events.iter().any(|e| matches!(e, Event::Done { id: CommandId(4), .. })), "not lost");
    kernel.ok(country);
    assert_eq!(kernel.events(), [done(4)]);
    assert_eq!(events[0], refused(3, libc::ENOBUFS, "ENOBUFS: the kernel's answer was lost"));
    assert_eq!(events[1], sent(2, SendStatus::Unknown));
    let commands: Vec<u8> = questions.iter().map(|q| q.command).collect();
    let expected = [
        nl::NL80211_CMD_FRAME_WAIT_CANCEL,
        nl::NL80211_CMD_ABORT_SCAN,
        nl::NL80211_CMD_GET_STATION,
        nl::NL80211_CMD_GET_INTERFACE,
    ];
    assert_eq!(commands, expected);
    // The wait and the scan are over, the connection is gone, the interface has another name.
    for question in &questions[..3] {
        kernel.acknowledge(question, libc::ENOENT, &[]);
    }
    let info = Set::default()
        .u32(nl::NL80211_ATTR_WIPHY, WIPHY)
        .u64(nl::NL80211_ATTR_WDEV, WDEV)
        .u32(nl::NL80211_ATTR_IFINDEX, IFINDEX)
        .text(nl::NL80211_ATTR_IFNAME, "wifi0");
    kernel.answer(&questions[3], info);
    kernel.ok(&questions[3]);
    let (dumps, events) = kernel.drain();
    let expected = [
        Event::WaitEnded { id: CommandId(2) },
        Event::Disconnected { iface: BASE, bssid: OWNER, reason: 0, local: false },
        Event::InterfaceRenamed { iface: BASE, name: "wifi0".to_owned() },
        Event::Overrun,
    ];
    assert_eq!(events, expected);
    kernel.ok(&dumps[0]);
    let over = Event::ScanDone { id: Some(CommandId(1)), aborted: false, seen: Vec::new() };
    assert_eq!(kernel.events(), [over]);
}

#[test]
fn a_p2p_device_is_made_started_and_named_by_its_wireless_device() {
    let mut kernel = Kernel::new();
    let iface = InterfaceId(4);
    let name = "p2p-dev-wlan0".to_owned();
    let kind = InterfaceKind::P2pDevice;
    kernel.command(1, Command::CreateInterface { iface, kind, name: name.clone(), address: None });
    let new = kernel.asked();
    assert_eq!(new.attributes().u32(nl::NL80211_ATTR_WIPHY), Some(WIPHY));
    let address = MacAddr([0x42, 0, 0, 0, 0, 1]);
    let info = Set::default()
        .u32(nl::NL80211_ATTR_WIPHY, WIPHY)
        .u64(nl::NL80211_ATTR_WDEV, 0x3_0000_0002)
        .u32(nl::NL80211_ATTR_IFTYPE, nl::NL80211_IFTYPE_P2P_DEVICE)
        .mac(nl::NL80211_ATTR_MAC, address);
    kernel.answer(&new, info);
    kernel.ok(&new);
    let start = kernel.asked();
    assert_eq!(start.command, nl::NL80211_CMD_START_P2P_DEVICE);
    assert_eq!(start.attributes().u64(nl::NL80211_ATTR_WDEV), Some(0x3_0000_0002));
    assert_eq!(start.attributes().u32(nl::NL80211_ATTR_IFINDEX), None);
    kernel.ok(&start);
    let describe = kernel.asked();
    kernel.acknowledge(&describe, libc::EOPNOTSUPP, &[]);
    let made = Event::Done { id: CommandId(1), result: Ok(Reply::Interface { name, address }) };
    assert_eq!(kernel.events(), [made]);
}

#[test]
fn an_interface_that_cannot_be_raised_is_removed_again() {
    let mut kernel = Kernel::new();
    let iface = InterfaceId(4);
    let create = Command::CreateInterface { iface, kind: InterfaceKind::P2pGo, name: "p2p".to_owned(), address: None };
    kernel.command(1, create);
    let new = kernel.asked();
    let info = Set::default()
        .u32(nl::NL80211_ATTR_WIPHY, WIPHY)
        .u64(nl::NL80211_ATTR_WDEV, 0x3_0000_0002)
        .u32(nl::NL80211_ATTR_IFINDEX, 8)
        .text(nl::NL80211_ATTR_IFNAME, "p2p");
    kernel.answer(&new, info);
    kernel.ok(&new);
    let raise = kernel.asked();
    kernel.acknowledge(&raise, libc::ERFKILL, &[]);
    let remove = kernel.asked();
    assert_eq!(remove.command, nl::NL80211_CMD_DEL_INTERFACE);
    let gone = Set::default().u32(nl::NL80211_ATTR_WIPHY, WIPHY).u64(nl::NL80211_ATTR_WDEV, 0x3_0000_0002);
    kernel.message(SocketId::Control, 0, nl::NL80211_CMD_DEL_INTERFACE, gone);
    kernel.ok(&remove);
    assert_eq!(kernel.events(), [refused(1, libc::ERFKILL, "ERFKILL")]);
    kernel.command(2, Command::AbortScan { iface });
    assert_eq!(kernel.events(), [refused(2, libc::ENODEV, "ENODEV: there is no such interface")]);
}

#[test]
fn an_interface_that_another_removes_while_it_is_made_is_not_made() {
    let mut kernel = Kernel::new();
    let iface = InterfaceId(4);
    let create = Command::CreateInterface { iface, kind: InterfaceKind::P2pGo, name: "p2p".to_owned(), address: None };
    kernel.command(1, create);
    let new = kernel.asked();
    let info = Set::default()
        .u32(nl::NL80211_ATTR_WIPHY, WIPHY)
        .u64(nl::NL80211_ATTR_WDEV, 0x3_0000_0002)
        .u32(nl::NL80211_ATTR_IFINDEX, 8);
    kernel.answer(&new, info);
    kernel.ok(&new);
    let raise = kernel.asked();
    let gone = Set::default().u32(nl::NL80211_ATTR_WIPHY, WIPHY).u64(nl::NL80211_ATTR_WDEV, 0x3_0000_0002);
    kernel.message(SocketId::Control, 0, nl::NL80211_CMD_DEL_INTERFACE, gone);
    kernel.ok(&raise);
    assert_eq!(kernel.events(), [refused(1, libc::ENODEV, "ENODEV: somebody has removed it meanwhile")]);
    assert!(kernel.machine.interface(iface).is_none());
}

#[test]
fn what_is_under_way_ends_with_its_interface() {
    let mut kernel = Kernel::new();
    kernel.carry_out(1, Command::Scan { iface: BASE, scan: ScanRequest::default() });
    kernel.command(2, transmit());
    let asked = kernel.asked();
    kernel.answer(&asked, cookie(7));
    kernel.ok(&asked);
    assert_eq!(kernel.events(), [done(2)]);
    kernel.report(nl::NL80211_CMD_DEL_INTERFACE, Set::default());
    let expected = [
        sent(2, SendStatus::Unknown),
        Event::WaitEnded { id: CommandId(2) },
        Event::ScanDone { id: Some(CommandId(1)), aborted: true, seen: Vec::new() },
        Event::InterfaceGone { iface: BASE },
    ];
    let (asked, events) = kernel.drain();
    assert_eq!(asked.iter().map(|a| a.command).collect::<Vec<_>>(), [nl::NL80211_CMD_GET_INTERFACE]);
    assert_eq!(events, expected);
}

#[test]
fn without_offchannel_transmission_a_stay_is_asked_for_first() {
    let mut opened = opened();
    opened.capabilities.offchannel_transmit = false;
    opened.features.offchannel_flag = false;
    let mut kernel = Kernel::with(opened);
    kernel.command(1, transmit());
    let stay = kernel.asked();
    assert_eq!(stay.command, nl::NL80211_CMD_REMAIN_ON_CHANNEL);
    kernel.answer(&stay, cookie(5));
    kernel.ok(&stay);
    assert_eq!(kernel.events(), [done(1)]);
    kernel.report(nl::NL80211_CMD_REMAIN_ON_CHANNEL, cookie(5));
    let frame = kernel.asked();
    assert_eq!(frame.command, nl::NL80211_CMD_FRAME);
    assert!(!frame.attributes().flag(nl::NL80211_ATTR_OFFCHANNEL_TX_OK));
    kernel.report(nl::NL80211_CMD_FRAME_TX_STATUS, cookie(6).flag(nl::NL80211_ATTR_ACK, true));
    kernel.answer(&frame, cookie(6));
    kernel.ok(&frame);
    assert_eq!(kernel.events(), [sent(1, SendStatus::Acked)]);
    kernel.command(2, Command::CancelWait { iface: BASE, transmission: CommandId(1) });
    let cancel = kernel.asked();
    assert_eq!(cancel.attributes().u64(nl::NL80211_ATTR_COOKIE), Some(5));
    kernel.report(nl::NL80211_CMD_CANCEL_REMAIN_ON_CHANNEL, cookie(5));
    kernel.ok(&cancel);
    assert_eq!(kernel.events(), [Event::WaitEnded { id: CommandId(1) }, done(2)]);
}

#[test]
fn an_owner_sends_on_its_own_channel_without_leaving_it() {
    let mut kernel = Kernel::new();
    if let Some(interface) = kernel.machine.interface_mut(BASE) {
        interface.kind = InterfaceKind::P2pGo;
        interface.ap = Some(radio::Channel::ht20(2412));
    }
    kernel.command(1, transmit());
    let asked = kernel.asked();
    assert!(!asked.attributes().flag(nl::NL80211_ATTR_OFFCHANNEL_TX_OK));
    assert!(!asked.attributes().flag(nl::NL80211_ATTR_DURATION));
}

#[test]
fn key_material_is_in_the_message_only() {
    let mut kernel = Kernel::new();
    let material: Vec<u8> = (1..=16).collect();
    let key = radio::Key {
        kind: radio::KeyKind::Pairwise(OWNER),
        index: 0,
        cipher: radio::Cipher::Ccmp128,
        material: radio::Secret::new(material.clone()),
        receive_sequence: [1, 0, 0, 0, 0, 0],
    };
    kernel.command(1, Command::InstallKey { iface: BASE, key: key.clone() });
    let asked = kernel.asked();
    let written = asked.attributes().nested(nl::NL80211_ATTR_KEY);
    assert_eq!(written.get(nl::NL80211_KEY_DATA), Some(&material[..]));
    assert_eq!(written.get(nl::NL80211_KEY_SEQ), Some(&[1, 0, 0, 0, 0, 0][..]));
    assert_eq!(asked.attributes().mac(nl::NL80211_ATTR_MAC), Some(OWNER));
    let printed = format!("{:?}", crate::keys::install(BASE, &key));
    assert!(!printed.contains("1, 2, 3, 4"), "{printed}");
    kernel.ok(&asked);
    kernel.events();
    kernel.command(2, Command::InstallKey { iface: BASE, key });
    assert!(!format!("{:?}", kernel.outputs()).contains("1, 2, 3, 4"));
}

#[test]
fn what_cannot_be_sent_is_refused_and_no_more_than_that() {
    let mut kernel = Kernel::new();
    kernel.command(1, transmit());
    kernel.command(2, Command::SetCountry { country: *b"DE" });
    let (asked, _) = kernel.drain();
    kernel.machine.not_sent(&asked[0].bytes, libc::ENOBUFS);
    assert_eq!(kernel.events(), [refused(1, libc::ENOBUFS, "ENOBUFS: the request could not be sent")]);
    kernel.ok(&asked[1]);
    assert_eq!(kernel.events(), [done(2)]);
}

#[test]
fn a_flood_of_commands_is_refused() {
    let mut kernel = Kernel::new();
    for id in 0..=MAX_QUEUED as u64 {
        kernel.command(id, Command::AbortScan { iface: BASE });
    }
    let (asked, events) = kernel.drain();
    assert_eq!(asked.len(), 1);
    assert_eq!(events, [refused(MAX_QUEUED as u64, libc::ENOBUFS, "ENOBUFS: too many commands wait")]);
}

fn any_command() -> impl Strategy<Value = Command> {
    let iface = (0u32..3).prop_map(InterfaceId);
    (iface, 0u8..12, any::<u64>()).prop_map(|(iface, which, number)| match which {
        0 => transmit(),
        1 => Command::RemainOnChannel { iface, frequency: 2412, duration_ms: 10 },
        2 => Command::CancelRemain { iface, remain: CommandId(number % 8) },
        3 => Command::Scan { iface, scan: ScanRequest::default() },
        4 => associate(b"DIRECT-xy"),
        5 => Command::SetInterfaceKind { iface, kind: InterfaceKind::P2pGo },
        6 => Command::CreateInterface { iface, kind: InterfaceKind::P2pDevice, name: "p".to_owned(), address: None },
        7 => Command::RemoveInterface { iface },
        8 => Command::ReceiveFrames { iface, kinds: vec![FrameKind::ApMlme, FrameKind::ProbeRequest] },
        9 => Command::SendEapol { iface, destination: OWNER, pdu: vec![0; 4], encrypt: true },
        10 => Command::CancelWait { iface, transmission: CommandId(number % 8) },
        _ => Command::Disconnect { iface, bssid: OWNER, reason: 3 },
    })
}

/// One thing that happens to a machine.
#[derive(Clone, Debug)]
enum Step {
    Command(Box<Command>),
    /// A request under way is answered with these octets as attributes, then acknowledged or refused.
    Answer(usize, Vec<u8>, bool),
    Report(u8, Vec<u8>),
    Overrun,
    Drained,
}

fn any_step() -> impl Strategy<Value = Step> {
    let bytes = || proptest::collection::vec(any::<u8>(), 0..64);
    prop_oneof![
        4 => any_command().prop_map(|command| Step::Command(Box::new(command))),
        6 => (any::<usize>(), bytes(), any::<bool>()).prop_map(|(n, b, ok)| Step::Answer(n, b, ok)),
        3 => (any::<u8>(), bytes()).prop_map(|(command, b)| Step::Report(command, b)),
        1 => Just(Step::Overrun),
        1 => Just(Step::Drained),
    ]
}

/// A netlink message with any octets as attributes.
fn message(kind: u16, sequence: u32, payload: &[u8]) -> Vec<u8> {
    let mut bytes = u32::try_from(16 + payload.len()).expect("short").to_ne_bytes().to_vec();
    bytes.extend(kind.to_ne_bytes());
    bytes.extend([0, 0]);
    bytes.extend(sequence.to_ne_bytes());
    bytes.extend([0; 4]);
    bytes.extend(payload);
    bytes
}

proptest! {
    #[test]
    fn no_bytes_make_the_machine_panic(
        datagrams in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..128), 0..16)
    ) {
        let mut kernel = Kernel::new();
        kernel.command(1, transmit());
        for datagram in datagrams {
            for socket in [SocketId::Control, SocketId::Route, SocketId::Frames] {
                kernel.machine.received(socket, Duration::ZERO, &datagram);
            }
        }
        kernel.outputs();
    }

    /// Whatever the kernel says, every command that it has answered ends once, and no transmission ends twice.
    #[test]
    fn every_command_ends_once(steps in proptest::collection::vec(any_step(), 0..40)) {
        let mut kernel = Kernel::new();
        let mut asked: Vec<Asked> = Vec::new();
        let mut commands = 0;
        let (mut dones, mut sents) = (Vec::new(), Vec::new());
        let mut take = |kernel: &mut Kernel, asked: &mut Vec<Asked>| {
            let (more, events) = kernel.drain();
            asked.extend(more);
            for event in events {
                match event {
                    Event::Done { id, .. } => dones.push(id),
                    Event::Sent { id, .. } => sents.push(id),
                    _ => {}
                }
            }
        };
        for step in steps {
            match step {
                Step::Command(command) => {
                    kernel.command(commands, *command);
                    commands += 1;
                }
                Step::Answer(which, mut bytes, ok) if !asked.is_empty() => {
                    let asked = asked.remove(which % asked.len());
                    bytes.splice(0..0, [asked.command, 1, 0, 0, 12, 0, 88, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
                    kernel.machine.received(asked.socket, Duration::ZERO, &message(FAMILY, asked.sequence, &bytes));
                    kernel.acknowledge(&asked, if ok { 0 } else { libc::EBUSY }, &[]);
                }
                Step::Answer(..) => {}
                Step::Report(command, mut bytes) => {
                    bytes.splice(0..0, [command, 1, 0, 0, 8, 0, 3, 0, 5, 0, 0, 0, 12, 0, 88, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
                    kernel.machine.received(SocketId::Control, Duration::ZERO, &message(FAMILY, 0, &bytes));
                }
                Step::Overrun => kernel.machine.overrun(SocketId::Control),
                Step::Drained => kernel.machine.drained(SocketId::Control),
            }
            take(&mut kernel, &mut asked);
        }
        kernel.machine.drained(SocketId::Control);
        take(&mut kernel, &mut asked);
        for _ in 0..10_000 {
            let Some(next) = asked.pop() else { break };
            kernel.acknowledge(&next, libc::EBUSY, &[]);
            take(&mut kernel, &mut asked);
        }
        prop_assert!(asked.is_empty());
        dones.sort_unstable();
        prop_assert_eq!(dones, (0..commands).map(CommandId).collect::<Vec<_>>());
        let transmissions = sents.len();
        sents.sort_unstable();
        sents.dedup();
        prop_assert_eq!(sents.len(), transmissions);
    }
}

/// An interface of the radio in the answer to a dump: `wlan0` itself, or one that is not ours.
fn described(base: bool, frequency: Option<u32>, ssid: &[u8]) -> Set {
    let (wdev, name) = if base { (opened().base.wdev, "wlan0") } else { (99, "wlan9") };
    let set = Set::default()
        .u32(nl::NL80211_ATTR_WIPHY, opened().wiphy)
        .u64(nl::NL80211_ATTR_WDEV, wdev)
        .u32(nl::NL80211_ATTR_IFINDEX, if base { opened().base.ifindex.unwrap_or(0) } else { 77 })
        .text(nl::NL80211_ATTR_IFNAME, name)
        .u32(nl::NL80211_ATTR_IFTYPE, nl::NL80211_IFTYPE_STATION)
        .mac(nl::NL80211_ATTR_MAC, OWNER);
    let set = frequency.into_iter().fold(set, |set, frequency| set.u32(nl::NL80211_ATTR_WIPHY_FREQ, frequency));
    if ssid.is_empty() { set } else { set.bytes(nl::NL80211_ATTR_SSID, ssid) }
}

fn neighbour(base: bool, frequency: u32) -> Neighbour {
    let name = if base { "wlan0" } else { "wlan9" };
    Neighbour { name: name.into(), kind: InterfaceKind::Station, frequency, base }
}

#[test]
fn what_others_bring_onto_a_channel_is_looked_at_and_told_once() {
    let mut kernel = Kernel::new();
    let foreign = || Set::default().u32(nl::NL80211_ATTR_WIPHY, opened().wiphy).u32(nl::NL80211_ATTR_IFINDEX, 77);
    let on = |f| Event::Neighbours(vec![neighbour(true, 2437), neighbour(false, f)]);
    let script = [(nl::NL80211_CMD_CONNECT, 2437, Some(on(2437))), (nl::NL80211_CMD_ROAM, 2437, None)];
    for (command, frequency, expected) in script.into_iter().chain([(nl::NL80211_CMD_ROAM, 5180, Some(on(5180)))]) {
        kernel.message(SocketId::Control, 0, command, foreign());
        let dump = kernel.asked();
        assert_eq!(dump.command, nl::NL80211_CMD_GET_INTERFACE);
        kernel.answer(&dump, described(true, Some(2437), b""));
        kernel.answer(&dump, described(false, Some(frequency), b"home"));
        kernel.ok(&dump);
        assert_eq!(kernel.events(), Vec::from_iter(expected));
    }
    let announced = foreign()
        .u32(nl::NL80211_ATTR_WIPHY_FREQ, 2412)
        .u32(nl::NL80211_ATTR_CHANNEL_WIDTH, nl::NL80211_CHAN_WIDTH_20)
        .u32(nl::NL80211_ATTR_CH_SWITCH_COUNT, 5);
    kernel.message(SocketId::Control, 0, nl::NL80211_CMD_CH_SWITCH_STARTED_NOTIFY, announced);
    let channel = radio::Channel::ht20(2412);
    assert_eq!(kernel.events(), [Event::NeighbourSwitches { name: "wlan9".into(), channel, count: 5 }]);
    for _ in 0..3 {
        kernel.message(SocketId::Control, 0, nl::NL80211_CMD_DISCONNECT, foreign());
    }
    let first = kernel.asked();
    kernel.answer(&first, described(true, None, b""));
    kernel.ok(&first);
    let (again, events) = kernel.drain();
    assert_eq!(events, [Event::Neighbours(Vec::new())]);
    assert_eq!(again.len(), 1, "reports that came during a look lead to one more");
}

#[test]
fn a_channel_of_an_idle_interface_of_a_driver_with_its_own_sme_says_nothing() {
    let mut opened = opened();
    opened.capabilities.authenticate = false;
    let mut kernel = Kernel::with(opened);
    for (ssid, expected) in [(&b""[..], vec![]), (b"home", vec![Event::Neighbours(vec![neighbour(true, 2437)])])] {
        kernel.report(nl::NL80211_CMD_CONNECT, Set::default());
        let dump = kernel.asked();
        kernel.answer(&dump, described(true, Some(2437), ssid));
        kernel.ok(&dump);
        assert_eq!(kernel.events(), expected);
    }
}

#[test]
fn a_driver_that_never_says_what_became_of_frames_costs_no_transmission() {
    let mut kernel = Kernel::new();
    for n in 0..100 {
        kernel.command(n, transmit());
        let (asked, events) = kernel.drain();
        let oldest = n.checked_sub(64).map(|oldest| sent(oldest, SendStatus::Unknown));
        assert_eq!(events, Vec::from_iter(oldest), "{n}");
        let [asked] = &asked[..] else { panic!("{asked:?}") };
        kernel.answer(asked, cookie(n));
        kernel.ok(asked);
        assert_eq!(kernel.events(), [done(n)]);
    }
}

//! The join against a scripted radio.

use super::*;
use crate::{Output, Token};
use core::time::Duration;
use ieee80211_ies::MacAddr;
use ieee80211_ies::frame::{ReasonCode, StatusCode};
use proptest::prelude::*;
use radio::{Bss, Channel, Command, InterfaceId, Refused, Reply};
use std::string::String;
use std::vec;
use std::vec::Vec;

const IFACE: InterfaceId = InterfaceId(3);
const OWNER: MacAddr = MacAddr([2, 0, 0, 0, 1, 0]);
const SSID: &[u8] = b"DIRECT-ab";
const WSC: &[u8] = b"\xdd\x05\x00\x50\xf2\x04\x01";
const RSN: &[u8] = b"\x30\x14\x01\x00\x00\x0f\xac\x04\x01\x00\x00\x0f\xac\x04\x01\x00\x00\x0f\xac\x02\x00\x00";
const P2P: &[u8] = b"\xdd\x04\x50\x6f\x9a\x09";
const EXTRA: &[u8] = b"\xdd\x04\x01\x02\x03\x04";

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn config(sme: Sme) -> JoinConfig {
    JoinConfig { iface: IFACE, bssid: Some(OWNER), ssid: SSID.to_vec(), frequency: 2437, sme }
}

fn bss(bssid: MacAddr, ssid: &[u8], age_ms: u32) -> Bss {
    let mut elements = vec![0, ssid.len() as u8];
    elements.extend_from_slice(ssid);
    elements.extend_from_slice(RSN);
    Bss {
        bssid,
        frequency: 2437,
        signal_dbm: -40,
        age_ms,
        tsf: 0,
        beacon_interval: 100,
        capability: 0x11,
        probe_response: elements.clone(),
        beacon: elements,
    }
}

/// What came out, in words short enough to be compared.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Said {
    Scan,
    Authenticate,
    /// Elements, and whether the RSN element is to be acted on.
    Associate(Vec<u8>, bool),
    Connect(Vec<u8>, bool),
    Disconnect(u16),
    Authorize,
    Associated,
    Failed(Phase, Cause),
    Disconnected(u16, bool),
}

struct Script {
    join: Join,
    now: Duration,
    last: Option<Token>,
}

impl Script {
    fn new(sme: Sme) -> Self {
        Self { join: Join::new(config(sme)), now: ms(1000), last: None }
    }

    fn join(&mut self, mode: Mode) {
        self.join.join(self.now, mode, P2P.to_vec(), Vec::new(), self.now + ms(5000));
    }

    /// Drains; the radio carries out every command without a word.
    fn said(&mut self) -> Vec<Said> {
        let mut said = Vec::new();
        while let Some(output) = self.join.poll_output() {
            said.push(match output {
                Output::Event(Event::NeedScan { frequency, bssid, ssid }) => {
                    assert_eq!((frequency, bssid, ssid.as_slice()), (2437, Some(OWNER), SSID));
                    Said::Scan
                }
                Output::Event(Event::Associated(association)) => {
                    assert_eq!(association.bssid, OWNER);
                    assert_eq!(association.rsn.as_deref(), Some(RSN));
                    assert_eq!(association.frequency, 2437);
                    assert_eq!(association.response, b"\x01\x01\x8c");
                    Said::Associated
                }
                Output::Event(Event::Failed { phase, cause }) => Said::Failed(phase, cause),
                Output::Event(Event::Disconnected { reason, local }) => Said::Disconnected(reason.0, local),
                Output::Command(token, command) => {
                    assert_eq!(command.interface(), Some(IFACE));
                    self.last = Some(token);
                    match command {
                        Command::Authenticate { bssid, frequency, ssid, .. } => {
                            assert_eq!((bssid, frequency, ssid.as_slice()), (OWNER, 2437, SSID));
                            Said::Authenticate
                        }
                        Command::Associate { association, .. } => {
                            Said::Associate(association.elements, association.rsn)
                        }
                        Command::Connect { connection, .. } => {
                            let association = connection.association;
                            assert_eq!((association.bssid, association.frequency), (OWNER, 2437));
                            Said::Connect(association.elements, association.rsn)
                        }
                        Command::Disconnect { reason, bssid, .. } => {
                            assert_eq!(bssid, OWNER);
                            Said::Disconnect(reason)
                        }
                        Command::SetAuthorized { address: OWNER, authorized: true, .. } => Said::Authorize,
                        other => panic!("{other:?}"),
                    }
                }
            });
        }
        said
    }

    fn refuse(&mut self, errno: i32) {
        let token = self.last.expect("a command");
        self.join.handle_done(self.now, token, Err(refusal(errno)));
    }

    fn done(&mut self) {
        let token = self.last.expect("a command");
        self.join.handle_done(self.now, token, Ok(Reply::Ok));
    }

    fn found(&mut self) {
        self.join.bss_found(self.now, &bss(OWNER, SSID, 5));
    }

    fn authenticated(&mut self, status: Option<u16>) {
        let event = radio::Event::Authenticated { iface: IFACE, bssid: OWNER, status };
        assert!(self.join.handle_event(self.now, &event));
    }

    fn associated(&mut self, status: Option<u16>) {
        let elements = b"\x01\x01\x8c".to_vec();
        let event = radio::Event::Associated { iface: IFACE, bssid: OWNER, status, elements };
        assert!(self.join.handle_event(self.now, &event));
    }

    fn disconnected(&mut self, reason: u16, local: bool) {
        let event = radio::Event::Disconnected { iface: IFACE, bssid: OWNER, reason, local };
        assert!(self.join.handle_event(self.now, &event));
    }

    /// Lets the next timer run out; says after how long.
    fn wait(&mut self) -> Duration {
        let at = self.join.poll_timeout().expect("a timer");
        let waited = at - self.now;
        self.now = at;
        self.join.handle_timeout(at);
        waited
    }

    /// All the way to the first association.
    fn provision(&mut self) {
        self.join(Mode::Wsc(WSC.to_vec()));
        self.found();
        self.authenticated(Some(0));
        self.associated(Some(0));
        assert_eq!(self.said().last(), Some(&Said::Associated));
    }
}

fn refusal(errno: i32) -> Refused {
    Refused { errno, text: String::from("E") }
}

fn wsc_request() -> Said {
    Said::Associate([WSC, P2P].concat(), false)
}

fn rsn_request() -> Said {
    Said::Associate([RSN, P2P].concat(), true)
}

#[test]
fn a_group_is_joined_with_one_scan_and_the_data_connection_without() {
    let mut s = Script::new(Sme::Userspace);
    s.join(Mode::Wsc(WSC.to_vec()));
    assert_eq!(s.said(), [Said::Scan]);
    s.now += ms(30);
    s.found();
    assert_eq!(s.said(), [Said::Authenticate]);
    s.done();
    s.authenticated(Some(0));
    assert_eq!(s.said(), [wsc_request()]);
    s.done();
    s.associated(Some(0));
    assert_eq!(s.said(), [Said::Associated]);
    assert!(s.join.is_associated());
    assert_eq!(s.join.poll_timeout(), None);

    // WSC has taken long, and the owner ends it.
    s.now += ms(60_000);
    s.disconnected(23, false);
    assert_eq!(s.said(), [Said::Disconnected(23, false)]);
    s.join(Mode::Rsn(RSN.to_vec()));
    assert_eq!(s.said(), [Said::Authenticate], "the kernel's entry is fresh");
    s.authenticated(Some(0));
    assert_eq!(s.said(), [rsn_request()]);
    s.associated(Some(0));
    s.join.authorize(s.now);
    assert_eq!(s.said(), [Said::Associated, Said::Authorize]);
}

#[test]
fn a_new_join_gives_the_old_association_up_and_hears_nothing_of_it() {
    let mut s = Script::new(Sme::Userspace);
    s.provision();
    s.join(Mode::Rsn(RSN.to_vec()));
    // In this order: the kernel refuses to authenticate with whom it is connected to.
    assert_eq!(s.said(), [Said::Disconnect(3), Said::Authenticate]);
    s.disconnected(3, true);
    s.authenticated(Some(0));
    s.disconnected(3, true);
    s.associated(Some(0));
    assert_eq!(s.said(), [rsn_request(), Said::Associated]);
    // The same word is true now.
    s.disconnected(4, true);
    assert_eq!(s.said(), [Said::Disconnected(4, true)]);
}

#[test]
fn what_a_scan_has_seen_before_is_used() {
    let mut s = Script::new(Sme::Userspace);
    s.found();
    s.join.join(s.now, Mode::Wsc(WSC.to_vec()), P2P.to_vec(), EXTRA.to_vec(), s.now + ms(1000));
    assert_eq!(s.said(), [Said::Authenticate]);
    s.authenticated(Some(0));
    assert_eq!(s.said(), [Said::Associate([WSC, P2P, EXTRA].concat(), false)]);

    // But not for ever.
    let mut s = Script::new(Sme::Userspace);
    s.found();
    s.now += ms(11_000);
    s.join(Mode::Wsc(WSC.to_vec()));
    assert_eq!(s.said(), [Said::Scan]);
    s.join.bss_found(s.now, &bss(OWNER, SSID, 11_000));
    s.join.bss_found(s.now, &bss(OWNER, b"DIRECT-xy", 5));
    s.join.bss_found(s.now, &bss(MacAddr([2, 0, 0, 0, 9, 9]), SSID, 5));
    assert_eq!(s.said(), [], "old, of another group, of another owner");
    s.found();
    assert_eq!(s.said(), [Said::Authenticate]);
}

#[test]
fn without_a_bssid_the_ssid_decides() {
    let mut join = Join::new(JoinConfig { bssid: None, ..config(Sme::Userspace) });
    assert_eq!(join.bssid(), None);
    join.join(ms(0), Mode::Wsc(WSC.to_vec()), Vec::new(), Vec::new(), ms(1000));
    assert!(matches!(join.poll_output(), Some(Output::Event(Event::NeedScan { bssid: None, .. }))));
    join.bss_found(ms(10), &bss(MacAddr([3, 0, 0, 0, 0, 0]), SSID, 0));
    assert!(join.poll_output().is_none(), "a group address is nobody's");
    let elsewhere = Bss { frequency: 5180, ..bss(MacAddr([2, 0, 0, 0, 7, 7]), SSID, 0) };
    join.bss_found(ms(20), &elsewhere);
    let Some(Output::Command(_, Command::Authenticate { bssid, frequency, .. })) = join.poll_output() else { panic!() };
    assert_eq!((bssid, frequency), (MacAddr([2, 0, 0, 0, 7, 7]), 5180));
}

#[test]
fn without_an_ssid_the_bssid_decides() {
    let mut join = Join::new(JoinConfig { ssid: Vec::new(), ..config(Sme::Userspace) });
    join.join(ms(0), Mode::Wsc(WSC.to_vec()), Vec::new(), Vec::new(), ms(1000));
    assert!(matches!(join.poll_output(), Some(Output::Event(Event::NeedScan { ssid, .. })) if ssid.is_empty()));
    join.bss_found(ms(10), &bss(OWNER, b"", 0));
    join.bss_found(ms(10), &bss(MacAddr([2, 0, 0, 0, 9, 9]), SSID, 0));
    assert!(join.poll_output().is_none(), "hidden; somebody else's");
    join.bss_found(ms(20), &bss(OWNER, SSID, 0));
    let Some(Output::Command(_, Command::Authenticate { ssid, .. })) = join.poll_output() else { panic!() };
    assert_eq!(ssid, SSID);
    join.authenticated(ms(30), OWNER, Some(0));
    let Some(Output::Command(_, Command::Associate { association, .. })) = join.poll_output() else { panic!() };
    assert_eq!(association.ssid, SSID);
}

#[test]
fn an_owner_that_is_not_there_yet_is_looked_for_without_long_pauses() {
    let mut s = Script::new(Sme::Userspace);
    s.join(Mode::Wsc(WSC.to_vec()));
    let mut pauses = Vec::new();
    for _ in 0..7 {
        assert_eq!(s.said(), [Said::Scan]);
        s.now += ms(30);
        s.join.scan_failed(s.now);
        assert_eq!(s.said(), []);
        pauses.push(s.wait().as_millis());
    }
    assert_eq!(pauses, [20, 40, 60, 80, 100, 100, 100]);
    assert_eq!(s.said(), [Said::Scan]);
    s.join.scan_failed(s.now);
    // Another scan, such as that of a search, may find it during a pause.
    s.found();
    assert_eq!(s.said(), [Said::Authenticate]);
}

#[test]
fn an_owner_that_never_comes_fails_the_join_at_its_deadline() {
    let mut s = Script::new(Sme::Userspace);
    s.join(Mode::Wsc(WSC.to_vec()));
    let end = s.now + ms(5000);
    while s.now < end {
        if s.said() == [Said::Scan] {
            s.join.scan_failed(s.now);
        }
        s.wait();
    }
    assert_eq!(s.now, end);
    assert_eq!(s.said(), [Said::Failed(Phase::Scan, Cause::NotFound)]);
    assert_eq!(s.join.poll_timeout(), None);
    s.found();
    s.authenticated(Some(0));
    assert_eq!(s.said(), [], "it is over");
}

#[test]
fn the_deadline_stops_what_the_radio_is_doing() {
    let mut s = Script::new(Sme::Userspace);
    s.join.join(s.now, Mode::Wsc(WSC.to_vec()), Vec::new(), Vec::new(), s.now + ms(300));
    s.found();
    s.said();
    assert_eq!(s.wait(), ms(300));
    assert_eq!(s.said(), [Said::Disconnect(3), Said::Failed(Phase::Authentication, Cause::NoAnswer)]);
}

#[test]
fn a_bss_that_the_kernel_has_forgotten_is_looked_for_at_once() {
    let mut s = Script::new(Sme::Userspace);
    s.found();
    s.join(Mode::Wsc(WSC.to_vec()));
    assert_eq!(s.said(), [Said::Authenticate]);
    s.refuse(crate::errno::ENOENT);
    assert_eq!(s.said(), [Said::Scan]);
    s.found();
    assert_eq!(s.said(), [Said::Authenticate]);
    // So is one whose channel has been forbidden meanwhile.
    s.refuse(crate::errno::EINVAL);
    assert_eq!(s.said(), [Said::Scan]);
}

#[test]
fn an_owner_that_does_not_answer_is_scanned_for_again() {
    let mut s = Script::new(Sme::Userspace);
    s.join(Mode::Wsc(WSC.to_vec()));
    s.found();
    s.said();
    // Three tries of the kernel have gone by; it drops the entry of the BSS.
    s.now += ms(600);
    s.authenticated(None);
    assert_eq!(s.said(), [Said::Scan]);
    s.found();
    s.authenticated(Some(0));
    assert_eq!(s.said(), [Said::Authenticate, wsc_request()]);
    s.associated(None);
    assert_eq!(s.said(), [Said::Scan]);
    s.found();
    s.authenticated(Some(0));
    s.associated(Some(0));
    assert_eq!(s.said(), [Said::Authenticate, wsc_request(), Said::Associated]);
}

#[test]
fn silence_is_not_borne_for_ever() {
    let mut s = Script::new(Sme::Userspace);
    s.join.join(s.now, Mode::Wsc(WSC.to_vec()), Vec::new(), Vec::new(), s.now + ms(600_000));
    let mut tries = 0;
    let said = loop {
        s.found();
        s.said();
        s.authenticated(None);
        tries += 1;
        let said = s.said();
        if said != [Said::Scan] {
            break said;
        }
    };
    assert_eq!(said, [Said::Failed(Phase::Authentication, Cause::NoAnswer)]);
    assert_eq!(tries, 10);
}

#[test]
fn a_refusal_is_tried_again_after_a_pause_and_told_in_the_end() {
    let mut s = Script::new(Sme::Userspace);
    s.join(Mode::Wsc(WSC.to_vec()));
    s.found();
    s.said();
    let mut pauses = Vec::new();
    for _ in 0..7 {
        s.authenticated(Some(0));
        s.associated(Some(17));
        assert_eq!(s.said(), [wsc_request()]);
        pauses.push(s.wait().as_millis());
        assert_eq!(s.said(), [Said::Authenticate], "the entry of the BSS is still there");
    }
    assert_eq!(pauses, [20, 40, 60, 80, 100, 100, 100]);
    s.authenticated(Some(13));
    assert_eq!(s.said(), [Said::Failed(Phase::Authentication, Cause::Status(StatusCode(13)))]);
}

#[test]
fn an_association_broken_off_by_the_owner_is_tried_again() {
    let mut s = Script::new(Sme::Userspace);
    s.provision();
    s.join(Mode::Rsn(RSN.to_vec()));
    s.authenticated(Some(0));
    s.said();
    // The deauthentication that ends WSC comes late: the kernel drops the association under way without another word.
    s.disconnected(23, false);
    assert_eq!(s.wait(), ms(20));
    assert_eq!(s.said(), [Said::Authenticate]);
    s.authenticated(Some(0));
    s.associated(Some(0));
    assert_eq!(s.said(), [rsn_request(), Said::Associated]);
}

#[test]
fn a_kernel_that_is_still_connected_is_disconnected() {
    let mut s = Script::new(Sme::Userspace);
    s.found();
    s.join(Mode::Rsn(RSN.to_vec()));
    s.said();
    s.refuse(crate::errno::EALREADY);
    assert_eq!(s.said(), [Said::Disconnect(3)]);
    s.wait();
    assert_eq!(s.said(), [Said::Authenticate]);
}

#[test]
fn a_radio_that_refuses_everything_is_named_in_the_failure() {
    let mut s = Script::new(Sme::Userspace);
    s.found();
    s.join(Mode::Rsn(RSN.to_vec()));
    for _ in 0..7 {
        assert_eq!(s.said(), [Said::Authenticate]);
        s.refuse(1);
        s.wait();
    }
    assert_eq!(s.said(), [Said::Authenticate]);
    s.refuse(1);
    assert_eq!(s.said(), [Said::Failed(Phase::Authentication, Cause::Radio(refusal(1)))]);
}

#[test]
fn a_radio_that_says_nothing_is_stopped() {
    let mut s = Script::new(Sme::Userspace);
    s.join.join(s.now, Mode::Wsc(WSC.to_vec()), Vec::new(), Vec::new(), s.now + ms(60_000));
    s.found();
    s.said();
    assert_eq!(s.wait(), ms(5000));
    assert_eq!(s.said(), [Said::Disconnect(3), Said::Scan]);
}

#[test]
fn words_about_others_and_at_the_wrong_time_change_nothing() {
    let mut s = Script::new(Sme::Userspace);
    let stranger = MacAddr([2, 0, 0, 0, 9, 9]);
    s.authenticated(Some(0));
    s.associated(Some(0));
    s.disconnected(3, false);
    s.join.leave(s.now, ReasonCode(3));
    assert_eq!(s.said(), []);
    s.join(Mode::Wsc(WSC.to_vec()));
    s.found();
    s.said();
    s.join.authenticated(s.now, stranger, Some(0));
    s.associated(Some(0));
    s.join.handle_done(s.now, Token(77), Err(refusal(1)));
    let elsewhere = radio::Event::Authenticated { iface: InterfaceId(9), bssid: OWNER, status: Some(0) };
    assert!(!s.join.handle_event(s.now, &elsewhere));
    assert_eq!(s.said(), []);
    s.authenticated(Some(0));
    assert_eq!(s.said(), [wsc_request()]);
    s.join.associated(s.now, stranger, Some(0), b"");
    s.join.disconnected(s.now, stranger, 1, false);
    assert_eq!(s.said(), []);
}

#[test]
fn leaving_ends_in_one_word() {
    let mut s = Script::new(Sme::Userspace);
    s.provision();
    s.join.leave(s.now, ReasonCode(8));
    s.join.leave(s.now, ReasonCode(8));
    assert_eq!(s.said(), [Said::Disconnect(8)]);
    s.disconnected(8, true);
    assert_eq!(s.said(), []);
    s.done();
    assert_eq!(s.said(), [Said::Disconnected(8, true)]);
    s.disconnected(8, true);
    assert_eq!(s.said(), []);

    // Whatever is under way, and whatever the radio thinks of it.
    s.join(Mode::Rsn(RSN.to_vec()));
    s.join.leave(s.now, ReasonCode(3));
    assert_eq!(s.said(), [Said::Authenticate, Said::Disconnect(3)]);
    s.authenticated(Some(0));
    s.refuse(107);
    assert_eq!(s.said(), [Said::Disconnected(3, true)]);
    assert_eq!(s.join.poll_timeout(), None);

    // A join right behind it.
    s.provision();
    s.join.leave(s.now, ReasonCode(3));
    s.join(Mode::Rsn(RSN.to_vec()));
    assert_eq!(s.said(), [Said::Disconnect(3), Said::Disconnected(3, true), Said::Authenticate]);
}

#[test]
fn a_driver_with_its_own_sme_connects() {
    let mut s = Script::new(Sme::Driver);
    let connected = |s: &mut Script, bssid, status| {
        let elements = b"\x01\x01\x8c".to_vec();
        let event = radio::Event::Connected { iface: IFACE, bssid, status, elements };
        assert!(s.join.handle_event(s.now, &event));
    };
    s.join(Mode::Wsc(WSC.to_vec()));
    assert_eq!(s.said(), [Said::Scan]);
    s.found();
    assert_eq!(s.said(), [Said::Connect([WSC, P2P].concat(), false)]);
    connected(&mut s, MacAddr::ZERO, None);
    assert_eq!(s.said(), [Said::Scan]);
    s.found();
    s.said();
    connected(&mut s, OWNER, Some(1));
    s.wait();
    assert_eq!(s.said(), [Said::Connect([WSC, P2P].concat(), false)]);
    connected(&mut s, OWNER, Some(0));
    assert_eq!(s.said(), [Said::Associated]);
    s.join(Mode::Rsn(RSN.to_vec()));
    assert_eq!(s.said(), [Said::Disconnect(3), Said::Connect([RSN, P2P].concat(), true)]);
}

#[test]
fn the_channel_follows_the_owner() {
    let mut s = Script::new(Sme::Userspace);
    s.provision();
    let event = radio::Event::ChannelSwitched { iface: IFACE, channel: Channel::ht20(2462) };
    assert!(s.join.handle_event(s.now, &event));
    assert_eq!(s.join.config().frequency, 2462);
    s.join.join(s.now, Mode::Rsn(RSN.to_vec()), Vec::new(), Vec::new(), s.now + ms(100));
    let frequencies: Vec<u32> = core::iter::from_fn(|| s.join.poll_output())
        .filter_map(|output| match output {
            Output::Command(_, Command::Authenticate { frequency, .. }) => Some(frequency),
            _ => None,
        })
        .collect();
    assert_eq!(frequencies, [2462]);
}

/// One thing that may happen at any time.
#[derive(Clone, Debug)]
enum Happening {
    Join(bool),
    Leave,
    Found(u32, bool),
    ScanFailed,
    Done(Option<i32>),
    Authenticated(Option<u16>),
    Associated(Option<u16>, Vec<u8>),
    Disconnected(bool),
    Time(u64),
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        any::<bool>().prop_map(Happening::Join),
        Just(Happening::Leave),
        (0..20_000u32, any::<bool>()).prop_map(|(age, ours)| Happening::Found(age, ours)),
        Just(Happening::ScanFailed),
        prop_oneof![Just(None), Just(Some(2)), Just(Some(114)), Just(Some(1))].prop_map(Happening::Done),
        prop_oneof![Just(None), Just(Some(0)), Just(Some(17))].prop_map(Happening::Authenticated),
        (prop_oneof![Just(None), Just(Some(0)), Just(Some(17))], proptest::collection::vec(any::<u8>(), 0..20))
            .prop_map(|(status, elements)| Happening::Associated(status, elements)),
        any::<bool>().prop_map(Happening::Disconnected),
        (0..400u64).prop_map(Happening::Time),
    ]
}

proptest! {
    /// Whatever happens in whatever order: between two associations there is a word that the first has ended or a join that
    /// replaced it, and a join comes to an end at its deadline.
    #[test]
    fn any_order_of_happenings(happenings in proptest::collection::vec(happening(), 1..80), driver: bool) {
        let mut join = Join::new(config(if driver { Sme::Driver } else { Sme::Userspace }));
        let (mut now, mut last, mut up, mut deadline) = (ms(0), None, false, ms(0));
        for happening in happenings {
            let joined = matches!(happening, Happening::Join(_));
            match happening {
                Happening::Join(rsn) => {
                    deadline = now + ms(1000);
                    let mode = if rsn { Mode::Rsn(RSN.to_vec()) } else { Mode::Wsc(WSC.to_vec()) };
                    join.join(now, mode, P2P.to_vec(), Vec::new(), deadline);
                }
                Happening::Leave => join.leave(now, ReasonCode(3)),
                Happening::Found(age, ours) => {
                    let bssid = if ours { OWNER } else { MacAddr([2, 0, 0, 0, 9, 9]) };
                    join.bss_found(now, &bss(bssid, SSID, age));
                }
                Happening::ScanFailed => join.scan_failed(now),
                Happening::Done(errno) => if let Some(token) = last {
                    join.handle_done(now, token, errno.map_or(Ok(Reply::Ok), |errno| Err(refusal(errno))));
                },
                Happening::Authenticated(status) => join.authenticated(now, OWNER, status),
                Happening::Associated(status, elements) => join.associated(now, OWNER, status, &elements),
                Happening::Disconnected(local) => join.disconnected(now, OWNER, 3, local),
                Happening::Time(step) => {
                    now += ms(step);
                    if join.poll_timeout().is_some_and(|at| at <= now) {
                        join.handle_timeout(now);
                        prop_assert!(join.poll_timeout().is_none_or(|at| at > now));
                    }
                }
            }
            up &= !joined;
            let mut count = 0;
            while let Some(output) = join.poll_output() {
                count += 1;
                prop_assert!(count < 10);
                match output {
                    Output::Command(token, _) => last = Some(token),
                    Output::Event(Event::Associated(_)) => {
                        prop_assert!(!up);
                        up = true;
                    }
                    Output::Event(Event::Disconnected { .. } | Event::Failed { .. }) => up = false,
                    Output::Event(Event::NeedScan { .. }) => {}
                }
            }
            prop_assert_eq!(up && join.is_associated(), join.is_associated());
        }
        // No join outlives its deadline.
        now = now.max(deadline);
        join.handle_timeout(now);
        prop_assert_eq!(join.poll_timeout(), None);
    }
}

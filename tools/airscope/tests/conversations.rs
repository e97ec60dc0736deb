//! Captures of wpa_supplicant in the lab, and conversations made up where those have none.

use std::path::{Path, PathBuf};
use std::time::Duration;

use airscope::args::Arguments;
use airscope::capture::{LinkType, Packet};
use airscope::conversation::{Conversation, Outcome, Phase, Side};
use airscope::follow::{Follower, MAX_OPEN, News};
use airscope::run::{RunError, run};
use clap::Parser;
use eapol::{Akm, KeyFrameRepr, KeyInformation, Nonce, Psk, crypto};
use ieee80211_ies::frame::{Action, AuthenticationAlgorithm, Body, Frame, P2pPublicSubtype, ReasonCode, StatusCode};
use ieee80211_ies::p2p::{self, Attribute, Capability, DeviceInfoBuf, GroupOwnerIntent, Status};
use ieee80211_ies::wsc::{self as wsc_attributes, ConfigMethods, DeviceType};
use ieee80211_ies::{Elements, KnownElement, MacAddr, emit_element, id, rsn};
use proptest::prelude::*;

const FORMATION: &str = "../../crates/ieee80211-ies/tests/data/formation.pcap";
const FORMATION_KEY: &str = "QyFHFG80";

/// What the program writes, and how it ends.
fn airscope(arguments: &[&str]) -> (String, Result<(), RunError>) {
    let arguments = Arguments::try_parse_from(["airscope"].iter().chain(arguments)).unwrap();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let done = run(&arguments, &mut out, &mut err);
    (String::from_utf8(out).unwrap(), done)
}

fn told(arguments: &[&str]) -> String {
    let (out, done) = airscope(arguments);
    done.unwrap();
    out
}

/// A file that goes with the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("airscope-{}-{name}", std::process::id())))
    }

    fn with(name: &str, content: &[u8]) -> Self {
        let scratch = Self::new(name);
        std::fs::write(&scratch.0, content).unwrap();
        scratch
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn a_formation_by_wpa_supplicant() {
    let text = told(&[FORMATION]);
    let wanted = [
        "Conversation 1: Device 1 [02:00:00:00:01:00] and Device 0 [02:00:00:00:00:00]",
        "Agreed: Device 0 owns the group DIRECT-GF, channel 44 (5220 MHz), persistent, by push button",
        "Result: connected after 1.100 s",
        "Service Discovery Request       all services",
        "Provision Discovery Response    agreed: push button",
        "GO Negotiation Request          intent 9; by push button",
        "GO Negotiation Confirmation     success",
        "DIRECT-GF; to be provisioned by WSC",
        "M1 ",
        "M8",
        "WSC_Done",
        "EAPOL-Key 4 of 4",
        "P2P Presence Response           unable to accommodate the request",
        "P2P Invitation Request          to take up a persistent group",
    ];
    let mut rest = text.as_str();
    for line in wanted {
        let at = rest.find(line).unwrap_or_else(|| panic!("{line:?} is not where it should be in\n{text}"));
        rest = &rest[at..];
    }
    assert!(!text.contains("MIC"), "nobody gave a key");
}

#[test]
fn the_right_key_and_a_wrong_one() {
    let text = told(&["--passphrase", FORMATION_KEY, FORMATION]);
    for number in 2..=4 {
        let line = text.lines().find(|line| line.contains(&format!("EAPOL-Key {number} of 4"))).unwrap();
        assert!(line.contains("MIC right"), "{line}");
    }
    let psk = Psk::from_passphrase(FORMATION_KEY.as_bytes(), b"DIRECT-GF").unwrap();
    let hex: String = psk.expose().iter().map(|octet| format!("{octet:02x}")).collect();
    assert_eq!(told(&["--psk", &hex, FORMATION]), text);
    let file = Scratch::with("key", format!("{FORMATION_KEY}\n").as_bytes());
    assert_eq!(told(&["--passphrase-file", file.path(), FORMATION]), text);

    let text = told(&["--passphrase", "QyFHFG81", FORMATION]);
    assert_eq!(text.matches("MIC WRONG").count(), 3, "{text}");
    let (_, done) = airscope(&["--passphrase", "short", FORMATION]);
    assert_eq!(done.unwrap_err().code(), 2);
}

#[test]
fn truncated_foreign_and_missing_files() {
    let whole = std::fs::read(FORMATION).unwrap();
    let file = Scratch::with("truncated.pcap", &whole[..whole.len() - 7]);
    let (text, done) = airscope(&[file.path()]);
    let error = done.unwrap_err();
    assert!(text.contains("GO Negotiation Confirmation"), "what was read is shown");
    assert_eq!(error.code(), 4);
    assert!(error.to_string().contains("the capture is truncated"), "{error}");
    let (json, _) = airscope(&["--json", file.path()]);
    let last: serde_json::Value = serde_json::from_str(json.lines().last().unwrap()).unwrap();
    assert!(last["trouble"].as_str().unwrap().contains("truncated"));

    let (text, done) = airscope(&["Cargo.toml"]);
    let error = done.unwrap_err();
    assert_eq!((text.as_str(), error.code()), ("", 3));
    assert!(error.to_string().contains("this is not a capture"), "{error}");
    assert_eq!(airscope(&["no such file"]).1.unwrap_err().code(), 1);

    // A capture of something else is read, and said to be of no use.
    let mut ethernet = whole;
    ethernet[20..24].copy_from_slice(&1_u32.to_le_bytes());
    let file = Scratch::with("ethernet.pcap", &ethernet);
    assert!(told(&[file.path()]).contains("The capture has no 802.11 frames (its link type is 1"));
}

#[test]
fn only_one_device() {
    for device in ["device 1", "02:00:00:00:01:00", "DEVICE"] {
        assert!(told(&["-d", device, FORMATION]).contains("conversations shown: 1"), "{device}");
    }
    for device in ["Device 2", "02:00:00:00:02:00"] {
        assert!(told(&["-d", device, FORMATION]).contains("conversations shown: 0"), "{device}");
    }
}

#[test]
fn charts_and_json_say_the_same() {
    let (svg, html) = (Scratch::new("chart.svg"), Scratch::new("page.html"));
    let json = told(&["--json", "--svg", svg.path(), "--html", html.path(), FORMATION]);
    let mut lines = json.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let conversation = lines.next().unwrap();
    assert_eq!(conversation["result"], "connected after 1.100 s");
    assert_eq!(conversation["conversation"]["agreed"]["owner"], "second");
    let steps = conversation["conversation"]["steps"].as_array().unwrap();
    assert_eq!(lines.next().unwrap()["read"]["packets"], 56);
    for file in [&svg, &html] {
        let text = std::fs::read_to_string(&file.0).unwrap();
        assert_eq!(text.matches("<path class").count(), steps.len(), "an arrow for each step");
        assert!(text.contains("GO Negotiation Confirmation") && text.contains("connected after 1.100 s"));
        assert!(!text.contains("<script") && !text.contains("src=") && !text.contains("href="), "self-contained");
        is_well_formed(&text);
    }
}

/// Every element that is opened is closed, in its order (but for those of HTML that are not).
fn is_well_formed(text: &str) {
    let mut open = Vec::new();
    for tag in text.split('<').skip(1) {
        let tag = tag.split('>').next().unwrap();
        let name = tag.split([' ', '/']).find(|part| !part.is_empty()).unwrap();
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "{tag}");
        } else if !tag.ends_with('/') && !tag.starts_with('!') && name != "meta" {
            open.push(name);
        }
    }
    assert_eq!(open, [""; 0]);
}

const OWNER: MacAddr = MacAddr([2, 0, 0, 0, 0, 1]);
const CLIENT: MacAddr = MacAddr([2, 0, 0, 0, 0, 2]);
const OWNER_INTERFACE: MacAddr = MacAddr([6, 0, 0, 0, 0, 1]);
const CLIENT_INTERFACE: MacAddr = MacAddr([6, 0, 0, 0, 0, 2]);
const SSID: &[u8] = b"DIRECT-ab";

/// The air, made up.
struct Air {
    follower: Follower,
    now: Duration,
    sequence: u16,
}

impl Air {
    fn new(passphrase: Option<&str>) -> Self {
        let secret = passphrase.map(|text| airscope::keys::Secret::passphrase(text).unwrap());
        let follower = Follower::new(secret.map(airscope::keys::Keys::new), false, false);
        Self { follower, now: Duration::ZERO, sequence: 0 }
    }

    fn packet(&mut self, data: &[u8]) {
        self.now += Duration::from_millis(10);
        self.follower.packet(&Packet { time: self.now, link: LinkType::Ieee80211, data });
    }

    fn frame(&mut self, from: MacAddr, to: MacAddr, bssid: MacAddr, body: Body<'_>) {
        let mut frame = Frame::new(to, from, bssid, body);
        self.sequence += 1;
        frame.header.sequence = self.sequence << 4;
        self.packet(&frame.to_vec());
    }

    fn action(&mut self, from: MacAddr, to: MacAddr, subtype: P2pPublicSubtype, attributes: &[Attribute]) {
        let mut elements = Vec::new();
        p2p::emit(attributes, &mut elements);
        let action = Action::P2pPublic { subtype, dialog_token: 1, elements: Elements::new(&elements) };
        self.frame(from, to, to, Body::Action(action));
    }

    fn eapol(&mut self, from: MacAddr, to: MacAddr, pdu: &[u8]) {
        let bits: [u8; 2] = if from == OWNER_INTERFACE { [0x08, 0x02] } else { [0x08, 0x01] };
        self.sequence += 1;
        let mut data = [&bits[..], &[0, 0], &to.0, &from.0, &[9; 6], &(self.sequence << 4).to_le_bytes()].concat();
        data.extend(b"\xaa\xaa\x03\0\0\0\x88\x8e");
        data.extend(pdu);
        self.packet(&data);
    }

    /// GO negotiation between the two, and the client's association.
    fn until_association(&mut self) {
        let intended = |address| Attribute::IntendedInterfaceAddress(address);
        let request = [intent(14), info(OWNER, b"Owner"), intended(OWNER_INTERFACE)];
        self.action(OWNER, CLIENT, P2pPublicSubtype::GO_NEGOTIATION_REQUEST, &request);
        let success = Attribute::Status(Status::SUCCESS);
        let response = [success.clone(), intent(1), info(CLIENT, b"Client"), intended(CLIENT_INTERFACE)];
        self.action(CLIENT, OWNER, P2pPublicSubtype::GO_NEGOTIATION_RESPONSE, &response);
        self.action(OWNER, CLIENT, P2pPublicSubtype::GO_NEGOTIATION_CONFIRMATION, &[success]);
        let (owner, client) = (OWNER_INTERFACE, CLIENT_INTERFACE);
        for (from, to, transaction) in [(client, owner, 1), (owner, client, 2)] {
            let body = Body::Authentication {
                algorithm: AuthenticationAlgorithm::OPEN_SYSTEM,
                transaction,
                status: StatusCode::SUCCESS,
                elements: Elements::new(&[]),
            };
            self.frame(from, to, owner, body);
        }
        let mut elements = Vec::new();
        emit_element(id::SSID, SSID, &mut elements);
        let elements = Elements::new(&elements);
        self.frame(client, owner, owner, Body::AssociationRequest { capability: 0, listen_interval: 1, elements });
        self.associated(StatusCode::SUCCESS);
    }

    fn associated(&mut self, status: StatusCode) {
        let body = Body::AssociationResponse { capability: 0, status, aid: 1, elements: Elements::new(&[]) };
        self.frame(OWNER_INTERFACE, CLIENT_INTERFACE, OWNER_INTERFACE, body);
    }

    fn deauthenticated(&mut self, from: MacAddr, to: MacAddr, reason: ReasonCode) {
        self.frame(from, to, OWNER_INTERFACE, Body::Deauthentication { reason, elements: Elements::new(&[]) });
    }

    fn end(mut self) -> Vec<Conversation> {
        self.follower.finish();
        let ended = self.follower.news().into_iter().map(|news| match news {
            News::Ended(conversation) => *conversation,
            News::Said(..) => panic!("not live"),
        });
        ended.collect()
    }

    fn only(self) -> Conversation {
        let mut all = self.end();
        assert_eq!(all.len(), 1);
        all.remove(0)
    }
}

fn intent(intent: u8) -> Attribute {
    Attribute::GroupOwnerIntent(GroupOwnerIntent { intent, tie_breaker: false })
}

fn info(address: MacAddr, name: &[u8]) -> Attribute {
    Attribute::DeviceInfo(DeviceInfoBuf {
        address,
        config_methods: ConfigMethods::PUSH_BUTTON,
        primary: DeviceType::wfa(10, 5),
        secondary: Vec::new(),
        name: p2p::DeviceName::truncated(name),
    })
}

const ANONCE: Nonce = [1; 32];
const SNONCE: Nonce = [2; 32];

/// Message 1 to 4 of the handshake, under this passphrase.
fn key_message(number: u8, passphrase: &str) -> Vec<u8> {
    const PAIRWISE: u16 = 2 | KeyInformation::PAIRWISE;
    let (info, nonce, key_data) = match number {
        1 => (PAIRWISE | KeyInformation::ACK, ANONCE, vec![]),
        2 => (PAIRWISE | KeyInformation::MIC, SNONCE, vec![48, 0]),
        3 => (PAIRWISE | KeyInformation::ACK | KeyInformation::MIC | KeyInformation::INSTALL, ANONCE, vec![0; 24]),
        _ => (PAIRWISE | KeyInformation::MIC | KeyInformation::SECURE, [0; 32], vec![]),
    };
    let frame = KeyFrameRepr { protocol_version: 2, info: KeyInformation(info), nonce, key_data, ..Default::default() };
    if number == 1 {
        return frame.emit();
    }
    let psk = Psk::from_passphrase(passphrase.as_bytes(), SSID).unwrap();
    let ptk = crypto::derive_ptk(Akm::Psk, &psk, OWNER_INTERFACE, CLIENT_INTERFACE, &ANONCE, &SNONCE);
    frame.emit_signed(Akm::Psk, &ptk.kck)
}

#[test]
fn interface_addresses_belong_to_their_devices() {
    let mut air = Air::new(None);
    air.until_association();
    let conversation = air.only();
    assert_eq!(conversation.devices[0].interfaces, [OWNER_INTERFACE]);
    assert!(conversation.devices[1].is("06:00:00:00:00:02") && conversation.devices[1].is("client"));
    assert_eq!(conversation.agreed.owner, Some(Side::First));
    assert_eq!(conversation.outcome, Outcome::Agreed { phase: Phase::Association });
}

#[test]
fn refused_in_negotiation() {
    let mut air = Air::new(None);
    air.action(OWNER, CLIENT, P2pPublicSubtype::GO_NEGOTIATION_REQUEST, &[intent(14), info(OWNER, b"Owner")]);
    let refusal = [Attribute::Status(Status::REJECTED_BY_USER), intent(0), info(CLIENT, b"Client")];
    air.action(CLIENT, OWNER, P2pPublicSubtype::GO_NEGOTIATION_RESPONSE, &refusal);
    assert_eq!(air.only().verdict(), "failed in GO negotiation: Client said: rejected by the user");
}

#[test]
fn nobody_answers() {
    let mut air = Air::new(None);
    for _ in 0..9 {
        air.action(OWNER, CLIENT, P2pPublicSubtype::GO_NEGOTIATION_REQUEST, &[intent(7), info(OWNER, b"Owner")]);
    }
    let conversation = air.only();
    assert_eq!(conversation.verdict(), "no answer: GO Negotiation Request of Owner (GO negotiation)");
    assert_eq!((conversation.steps.len(), conversation.steps[0].times), (1, 9));
}

#[test]
fn the_user_does_not_agree() {
    let mut air = Air::new(None);
    air.action(OWNER, CLIENT, P2pPublicSubtype::GO_NEGOTIATION_REQUEST, &[intent(7), info(OWNER, b"Owner")]);
    let later = [Attribute::Status(Status::INFORMATION_UNAVAILABLE), info(CLIENT, b"Client")];
    air.action(CLIENT, OWNER, P2pPublicSubtype::GO_NEGOTIATION_RESPONSE, &later);
    assert_eq!(air.only().verdict(), "the user of Client has not agreed (GO negotiation)");
}

#[test]
fn refused_in_association() {
    let mut air = Air::new(None);
    air.until_association();
    air.associated(StatusCode::NO_MORE_STATIONS);
    let verdict = air.only().verdict();
    assert_eq!(verdict, "failed in association: Owner said: the access point cannot handle more stations");
}

#[test]
fn two_keys_that_differ() {
    let mut air = Air::new(Some("the owner's key"));
    air.until_association();
    for _ in 0..4 {
        air.eapol(OWNER_INTERFACE, CLIENT_INTERFACE, &key_message(1, ""));
        air.eapol(CLIENT_INTERFACE, OWNER_INTERFACE, &key_message(2, "the client's key"));
    }
    air.deauthenticated(OWNER_INTERFACE, CLIENT_INTERFACE, ReasonCode::FOUR_WAY_HANDSHAKE_TIMEOUT);
    let conversation = air.only();
    assert_eq!(conversation.steps.iter().filter_map(|step| step.mic_right).collect::<Vec<_>>(), [false]);
    assert_eq!(
        conversation.verdict(),
        "failed in 4-way handshake: the client's key is another than the one given (reason 15: 4-way handshake timed out)"
    );
}

/// SAE has a 4-way handshake like any other; its PMK is nobody's passphrase.
#[test]
fn a_method_that_cannot_be_checked() {
    let mut air = Air::new(Some("passphrase"));
    air.until_association();
    air.eapol(OWNER_INTERFACE, CLIENT_INTERFACE, &key_message(1, ""));
    let akms = [rsn::akm::SAE.0];
    let mut key_data = Vec::new();
    rsn::Rsn { akms: rsn::Suites::new(&akms), ..rsn::wpa2_psk_ccmp() }.emit(&mut key_data);
    let info = KeyInformation(KeyInformation::PAIRWISE | KeyInformation::MIC);
    let second = KeyFrameRepr { protocol_version: 2, info, nonce: SNONCE, key_data, ..Default::default() };
    air.eapol(CLIENT_INTERFACE, OWNER_INTERFACE, &second.emit());
    let conversation = air.only();
    let step = conversation.steps.last().unwrap();
    assert_eq!(step.mic_right, None);
    assert_eq!(
        step.detail, "by SAE (WPA3): no passphrase or PSK tells its keys, so that the MICs are not checked",
        "{conversation:?}"
    );
}

/// The handshake of PSK-SHA256, whose keys the passphrase does give.
#[test]
fn the_other_method_of_a_passphrase() {
    let mut air = Air::new(Some("passphrase"));
    air.until_association();
    air.eapol(OWNER_INTERFACE, CLIENT_INTERFACE, &key_message(1, ""));
    let akms = [rsn::akm::PSK_SHA256.0];
    let mut key_data = Vec::new();
    rsn::Rsn { akms: rsn::Suites::new(&akms), ..rsn::wpa2_psk_ccmp() }.emit(&mut key_data);
    let info = KeyInformation(3 | KeyInformation::PAIRWISE | KeyInformation::MIC);
    let second = KeyFrameRepr { protocol_version: 2, info, nonce: SNONCE, key_data, ..Default::default() };
    let psk = Psk::from_passphrase(b"passphrase", SSID).unwrap();
    let ptk = crypto::derive_ptk(Akm::PskSha256, &psk, OWNER_INTERFACE, CLIENT_INTERFACE, &ANONCE, &SNONCE);
    air.eapol(CLIENT_INTERFACE, OWNER_INTERFACE, &second.emit_signed(Akm::PskSha256, &ptk.kck));
    assert_eq!(air.only().steps.last().unwrap().mic_right, Some(true));
}

/// An EAP-WSC packet in its EAPOL PDU (WSC 2.0 §7.7).
fn eap_wsc(response: bool, identifier: u8, op: u8, flags: u8, data: &[u8]) -> Vec<u8> {
    let mut eap = vec![1 + u8::from(response), identifier, 0, 0, 254, 0, 0x37, 0x2a, 0, 0, 0, 1, op, flags];
    eap.extend(data);
    let length = (eap.len() as u16).to_be_bytes();
    eap[2..4].copy_from_slice(&length);
    [&[2, 0][..], &length, &eap].concat()
}

/// M1 in three fragments, whose message type is in the last; the second is said twice.
#[test]
fn messages_in_fragments() {
    const MSG: u8 = 4;
    const FRAG_ACK: u8 = 6;
    const MORE: u8 = 1;
    const LENGTH: u8 = 2;
    let mut message = Vec::new();
    wsc_attributes::Writer::new(&mut message)
        .version()
        .manufacturer(&[b'm'; 60])
        .message_type(wsc_attributes::MessageType::M1)
        .device_password_id(wsc_attributes::DevicePasswordId::PUSH_BUTTON);
    let total = (message.len() as u16).to_be_bytes();
    let (first, rest) = message.split_at(30);
    let (second, third) = rest.split_at(30);
    let mut air = Air::new(None);
    air.until_association();
    let (client, owner) = (CLIENT_INTERFACE, OWNER_INTERFACE);
    air.eapol(client, owner, &eap_wsc(true, 7, MSG, MORE | LENGTH, &[&total, first].concat()));
    air.eapol(owner, client, &eap_wsc(false, 8, FRAG_ACK, 0, &[]));
    air.eapol(client, owner, &eap_wsc(true, 8, MSG, MORE, second));
    air.eapol(client, owner, &eap_wsc(true, 8, MSG, MORE, second));
    air.eapol(owner, client, &eap_wsc(false, 9, FRAG_ACK, 0, &[]));
    air.eapol(client, owner, &eap_wsc(true, 9, MSG, 0, third));
    // A fragment whose beginning nobody heard.
    air.eapol(client, owner, &eap_wsc(true, 10, MSG, MORE, third));
    let conversation = air.only();
    let said: Vec<_> = conversation.steps.iter().filter(|step| step.phase == Phase::Provisioning).collect();
    let said: Vec<_> = said.iter().map(|step| (step.what.as_str(), step.detail.as_str())).collect();
    let of = format!("30 octets of {}", message.len());
    assert_eq!(
        said,
        [
            ("fragment 1", of.as_str()),
            ("WSC_FRAG_ACK", ""),
            ("fragment 2", "30 octets"),
            ("a fragment again", "30 octets"),
            ("WSC_FRAG_ACK", ""),
            ("M1", "by push button; in 3 fragments"),
            ("a fragment that does not fit", "a first fragment without the message length"),
        ]
    );
}

#[test]
fn a_client_that_is_silent_in_the_handshake() {
    let mut air = Air::new(None);
    air.until_association();
    for _ in 0..4 {
        air.eapol(OWNER_INTERFACE, CLIENT_INTERFACE, &key_message(1, ""));
    }
    air.deauthenticated(OWNER_INTERFACE, CLIENT_INTERFACE, ReasonCode::FOUR_WAY_HANDSHAKE_TIMEOUT);
    let verdict = air.only().verdict();
    assert!(
        verdict.starts_with("failed in 4-way handshake: the client did not answer message 1 (reason 15"),
        "{verdict}"
    );
}

#[test]
fn connected_and_gone_and_back() {
    let mut air = Air::new(Some("the group's key"));
    for _ in 0..2 {
        air.until_association();
        for number in [1, 2, 3, 4] {
            let (from, to) =
                if number % 2 == 1 { (OWNER_INTERFACE, CLIENT_INTERFACE) } else { (CLIENT_INTERFACE, OWNER_INTERFACE) };
            air.eapol(from, to, &key_message(number, "the group's key"));
        }
        // The owner says goodbye to everybody.
        air.deauthenticated(OWNER_INTERFACE, MacAddr::BROADCAST, ReasonCode::LEAVING_NETWORK_DEAUTH);
    }
    let all = air.end();
    assert_eq!(all.len(), 2);
    for conversation in all {
        assert_eq!(conversation.steps.iter().filter_map(|step| step.mic_right).collect::<Vec<_>>(), [true; 3]);
        assert_eq!(conversation.agreed.ssid.as_deref(), Some("DIRECT-ab"));
        let verdict = conversation.verdict();
        assert!(verdict.ends_with("ended by Owner: reason 3: the sender leaves the network"), "{verdict}");
    }
}

#[test]
fn names_from_the_air_steer_nothing() {
    let mut air = Air::new(None);
    let name = "<script>\x1b[2J\u{202e}\"'&".as_bytes();
    let request = [intent(7), info(OWNER, name), Attribute::Capability(Capability::default())];
    air.action(OWNER, CLIENT, P2pPublicSubtype::GO_NEGOTIATION_REQUEST, &request);
    let conversation = air.only();
    let text = airscope::render::text::conversation(&conversation);
    assert!(!text.contains(|c: char| c.is_control() && c != '\n') && !text.contains('\u{202e}'), "{text:?}");
    let counts = airscope::follow::Counts::default();
    let all = [conversation];
    let page = airscope::render::html::page(name_of_file(), &all, counts, Some("<b>"));
    let chart = airscope::render::chart::file(&all);
    for markup in [page, chart] {
        assert!(!markup.contains("<script") && !markup.contains("<b>\n") && !markup.contains('\x1b'), "{markup}");
        is_well_formed(&markup);
    }
    let json = airscope::render::json::conversation(&all[0]);
    assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok() && !json.contains('\u{202e}'));
}

fn name_of_file() -> &'static str {
    "</title><script>x"
}

#[test]
fn memory_is_bounded() {
    let mut air = Air::new(None);
    for number in 0..20_000_u32 {
        let [_, b, c, d] = number.to_be_bytes();
        let (one, other) = (MacAddr([2, 1, 0, b, c, d]), MacAddr([2, 2, 0, b, c, d]));
        air.action(one, other, P2pPublicSubtype::GO_NEGOTIATION_REQUEST, &[intent(7), info(one, b"x")]);
        assert!(air.follower.devices().len() <= airscope::devices::MAX_DEVICES + 2);
    }
    let told = air.follower.news().len();
    assert!(told >= 20_000 - 2 * MAX_OPEN, "{told} conversations were told to make room");
    // One conversation without end.
    for number in 0..10_000_u32 {
        air.action(OWNER, CLIENT, P2pPublicSubtype(9 + number as u8 % 200), &[intent(7)]);
    }
    let last = air.end().pop().unwrap();
    assert!(last.steps.len() <= airscope::conversation::MAX_STEPS && last.left_out > 0);
}

/// The two messages of the group-key handshake go encrypted; they can be told where the key was given.
#[test]
fn a_new_group_key() {
    for passphrase in ["the group's key", "another key"] {
        let mut air = Air::new(Some(passphrase));
        air.until_association();
        for (number, from, to) in [
            (1, OWNER_INTERFACE, CLIENT_INTERFACE),
            (2, CLIENT_INTERFACE, OWNER_INTERFACE),
            (3, OWNER_INTERFACE, CLIENT_INTERFACE),
            (4, CLIENT_INTERFACE, OWNER_INTERFACE),
        ] {
            air.eapol(from, to, &key_message(number, "the group's key"));
        }
        let psk = Psk::from_passphrase(b"the group's key", SSID).unwrap();
        let ptk = crypto::derive_ptk(Akm::Psk, &psk, OWNER_INTERFACE, CLIENT_INTERFACE, &ANONCE, &SNONCE);
        for (from, to, bits, ack) in [
            (OWNER_INTERFACE, CLIENT_INTERFACE, 0x4208_u16, KeyInformation::ACK),
            (CLIENT_INTERFACE, OWNER_INTERFACE, 0x4108, 0),
        ] {
            let info = KeyInformation(2 | KeyInformation::MIC | KeyInformation::SECURE | ack);
            let pdu = KeyFrameRepr { protocol_version: 2, info, ..Default::default() }.emit_signed(Akm::Psk, &ptk.kck);
            let header = [&bits.to_le_bytes()[..], &[0, 0], &to.0, &from.0, &[9; 6], &[0, 0x10]].concat();
            let body = [b"\xaa\xaa\x03\0\0\0\x88\x8e".as_slice(), &pdu].concat();
            air.packet(&virtual_air::seal_ccmp(ptk.tk.expose(), &header, 1, &body).unwrap());
        }
        let conversation = air.only();
        assert_eq!((conversation.data_frames, &conversation.outcome), ([1, 1], &Outcome::Connected));
        let group: Vec<_> = conversation.steps.iter().filter(|step| step.phase == Phase::Connected).collect();
        if passphrase == "the group's key" {
            let said: Vec<_> = group.iter().map(|step| (step.what.as_str(), step.mic_right)).collect();
            assert_eq!(said, [("EAPOL-Key group 1 of 2", Some(true)), ("EAPOL-Key group 2 of 2", Some(true))]);
            assert_eq!(group[0].detail, "encrypted");
        } else {
            assert!(group.is_empty());
            let third = conversation.steps.iter().find(|step| step.what == "EAPOL-Key 3 of 4").unwrap();
            assert_eq!(third.detail, "the owner took message 2: the key given is not this group's");
        }
    }
}

fn recorded() -> Vec<Vec<u8>> {
    let file = std::fs::read(Path::new(FORMATION)).unwrap();
    let (mut frames, mut at) = (Vec::new(), 24);
    while at < file.len() {
        let len = u32::from_le_bytes(file[at + 8..at + 12].try_into().unwrap()) as usize;
        frames.push(file[at + 16..at + 16 + len].to_vec());
        at += 16 + len;
    }
    frames
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn damaged_and_shuffled_frames_do_no_harm(
        order in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>(), 0..4_u8), 1..120),
    ) {
        let frames = recorded();
        let mut air = Air::new(Some(FORMATION_KEY));
        for (frame, place, value, how) in order {
            let mut frame = frame.get(&frames).clone();
            let place = place.index(frame.len());
            match how {
                0 => frame[place] = value,
                1 => frame.truncate(place),
                _ => {}
            }
            air.packet(&frame);
        }
        for conversation in air.end() {
            let text = airscope::render::text::conversation(&conversation);
            prop_assert!(!text.contains(|c: char| c.is_control() && c != '\n'));
            is_well_formed(&airscope::render::chart::file(&[conversation]));
        }
    }
}

/// All procedures of wpa_supplicant; names of groups and keys differ from recording to recording.
#[test]
fn every_procedure_by_wpa_supplicant() {
    const PROCEDURES: &str = "../../crates/ieee80211-ies/tests/data/procedures.pcapng";
    let keys = std::fs::read_to_string("../../crates/ieee80211-ies/tests/data/procedures.keys").unwrap();
    let (group, passphrase) = keys.lines().next().unwrap().split_once(' ').unwrap();
    let text = told(&["--passphrase", passphrase, PROCEDURES]);
    for wanted in [
        &format!("Device 0 owns the group {group}"),
        "Service Discovery Response      Bonjour",
        "P2PS: ",
        "Wi-Fi Display: ",
        "P2P Invitation Request          into a running group",
        "P2P Invitation Request          to take up a persistent group",
        "MIC right",
        "ended by",
        "failed in provisioning (WSC): Device 0 said: device password authentication failure (the second half of the PIN)",
        "for a session of P2PS; success",
        "Device 2",
    ] {
        assert!(text.contains(wanted), "{wanted:?} is not in\n{text}");
    }
    let of_the_third = told(&["--device", "Device 2", PROCEDURES]);
    assert!(
        of_the_third.contains("conversations shown: 1") && of_the_third.contains("connected after"),
        "{of_the_third}"
    );
}

//! Known answers for event lines that no session of the other tests shows.

mod common;

use common::{OWN, PEER, group, peer};
use p2p_core::{Event as P2pEvent, Invited, Method};
use p2pd::config::{ConfigFile, Settings};
use p2pd::events::{Context, DEBUG, INFO, Known, Line, Scope, lines};
use p2pd::interface::Interface;
use radio::{Channel, Refused, Width};
use wifi_direct::api::{Cause, EnrolleeSeen, Event, GroupEvent, GroupId, Phase, Role};

fn told(role: Role, event: &Event) -> Vec<Line> {
    told_of(role, false, event)
}

fn told_of(role: Role, started: bool, event: &Event) -> Vec<Line> {
    let interface = Interface::new("wlan0", ConfigFile::default(), Settings::default());
    let groups = [Known { id: GroupId(4), interface: String::from("p2p-wlan0-4"), role: Some(role), started }];
    let context = Context { pin: || Some(String::from("12345670")), ..Context::new(&interface, &groups) };
    lines(&context, event)
}

#[track_caller]
fn device(event: Event, text: &str) {
    let lines = told(Role::Owner, &event);
    let told = lines.iter().filter(|l| l.level >= INFO);
    let shown: Vec<_> = told.map(|l| (&l.scope, l.level, l.text.as_str())).collect();
    assert_eq!(shown, [(&Scope::Device, 3, text)]);
}

#[track_caller]
fn in_group(role: Role, event: GroupEvent, texts: &[&str]) {
    let lines = told(role, &Event::Group { group: GroupId(4), event });
    let own = Scope::Interface(String::from("p2p-wlan0-4"));
    let shown: Vec<_> = lines.iter().filter(|l| l.scope == own).map(|l| l.text.as_str()).collect();
    assert_eq!(shown, texts);
}

#[test]
fn a_found_device_with_everything() {
    let mut p = peer();
    p.source = OWN;
    p.name = b"It's\x07 \xf0\x9f\x93\xba\xff".to_vec();
    p.group_capability = 0x9;
    p.wfd = vec![0, 0, 6, 0x00, 0x11, 0x1c, 0x44, 0x00, 0x32, 1, 0, 1, 9];
    p.vendor_elements = vec![0xdd, 0];
    device(
        Event::P2p(P2pEvent::DeviceFound { peer: Box::new(p), new: false }),
        "P2P-DEVICE-FOUND 02:00:00:00:00:01 p2p_dev_addr=11:22:33:44:55:66 pri_dev_type=10-0050F204-5 \
         name='It's_ 📺\u{fffd}' config_methods=0x1108 dev_capab=0x25 group_capab=0x9 wfd_dev_info=0x00111c440032 \
         vendor_elems=1 new=0 pcea_cap_info=0x0 bootstrap_methods=0x0 pasn_type=0x0",
    );
    // Cut off in the middle of a sub-element: it tells nothing.
    let mut p = peer();
    p.wfd = vec![0, 0, 6, 0, 0x11];
    let event = Event::P2p(P2pEvent::DeviceFound { peer: Box::new(p), new: true });
    assert!(!told(Role::Owner, &event)[0].text.contains("wfd_dev_info"));
    device(Event::P2p(P2pEvent::DeviceLost { address: PEER }), "P2P-DEVICE-LOST p2p_dev_addr=11:22:33:44:55:66");
}

/// CVE-2014-3686, CVE-2016-4476: what a peer sends makes no further line and no command of a shell or a terminal.
#[test]
fn a_name_meant_to_do_harm_stays_within_its_line() {
    let mut p = peer();
    p.name = b"x'\nP2P-GROUP-STARTED wlan0 GO $(reboot)\x1b[2J\x7f\x00y".to_vec();
    let lines = told(Role::Owner, &Event::P2p(P2pEvent::DeviceFound { peer: Box::new(p), new: true }));
    let [line] = &lines[..] else { panic!("{lines:?}") };
    assert!(!line.text.chars().any(char::is_control), "{:?}", line.text);
    assert!(line.text.contains("name='x'_P2P-GROUP-STARTED wlan0 GO $(reboot)_[2J_'"), "{}", line.text);
}

#[test]
fn provision_discovery_with_pins() {
    let asked = |method, group| Event::P2p(P2pEvent::ProvisionRequested { peer: Box::new(peer()), method, group });
    let tail = "p2p_dev_addr=11:22:33:44:55:66 pri_dev_type=10-0050F204-5 name='Test device2' config_methods=0x1108 \
                dev_capab=0x25 group_capab=0x0";
    device(
        asked(Method::Display, Some(4)),
        &format!("P2P-PROV-DISC-SHOW-PIN 11:22:33:44:55:66 12345670 {tail} group=p2p-wlan0-4"),
    );
    device(asked(Method::Keypad, None), &format!("P2P-PROV-DISC-ENTER-PIN 11:22:33:44:55:66 {tail}"));
    device(
        Event::P2p(P2pEvent::ProvisionAnswered { peer: PEER, method: Method::Display, peer_is_owner: Some(false) }),
        "P2P-PROV-DISC-SHOW-PIN 11:22:33:44:55:66 12345670 peer_go=0",
    );
}

#[test]
fn secrets_are_not_logged() {
    for role in [Role::Owner, Role::Client] {
        let lines = told(role, &Event::GroupStarted(group("p2p-wlan0-4", role)));
        let logged = lines[0].logged.as_deref().expect("a line for the log");
        let secret = if role == Role::Owner { "CLgJ3w4j" } else { "5757" };
        assert!(lines[0].text.contains(secret) && !logged.contains(secret), "{logged}");
        assert!(!format!("{:?}", lines[0]).contains(secret));
        assert!(logged.ends_with(if role == Role::Owner {
            " freq=5240 go_dev_addr=02:00:00:00:00:01"
        } else {
            " freq=5240 go_dev_addr=11:22:33:44:55:66"
        }));
    }
}

#[test]
fn wps_and_channels() {
    let seen = EnrolleeSeen {
        address: PEER,
        uuid: [0x48, 0x41, 0x89, 0xfc, 0x75, 0x8a, 0x51, 0x3e, 0xbd, 0x71, 0x8d, 0x1a, 0x51, 0x77, 0x5c, 0x6c],
        device_type: [0; 8],
        config_methods: 0x3148,
        device_password_id: 4,
        request_type: 1,
        name: b"Test device2".to_vec(),
    };
    in_group(
        Role::Owner,
        GroupEvent::WpsEnrolleeSeen(seen),
        &["WPS-ENROLLEE-SEEN 11:22:33:44:55:66 484189fc-758a-513e-bd71-8d1a51775c6c 0-00000000-0 0x3148 4 1 \
           [Test device2]"],
    );
    let switched =
        GroupEvent::ChannelSwitched { channel: Channel { frequency: 5180, width: Width::Mhz80, centre: 5210 } };
    let switch = "CTRL-EVENT-CHANNEL-SWITCH freq=5180 ht_enabled=1 ch_offset=1 ch_width=80 MHz cf1=5210 cf2=0";
    let of_the_access_point = format!("{switch} dfs=0");
    in_group(Role::Client, switched.clone(), &[switch]);
    in_group(Role::Owner, switched, &[switch, &of_the_access_point, "AP-CSA-FINISHED freq=5180 dfs=0"]);
    in_group(Role::Owner, GroupEvent::WpsTimeout, &["WPS-TIMEOUT "]);
    in_group(Role::Client, GroupEvent::WpsTimeout, &["WPS-TIMEOUT Requested operation timed out"]);
    in_group(Role::Client, GroupEvent::WpsPinActive, &["WPS-PIN-ACTIVE "]);
    in_group(Role::Client, GroupEvent::WpsOverlap, &["WPS-OVERLAP-DETECTED "]);
    in_group(
        Role::Client,
        GroupEvent::AssociationRejected { bssid: PEER, status: Some(17) },
        &["CTRL-EVENT-ASSOC-REJECT bssid=11:22:33:44:55:66 status_code=17"],
    );
    in_group(
        Role::Owner,
        GroupEvent::StationConnected { address: PEER, device: None, ip: Some([10, 0, 0, 2]) },
        &["AP-STA-CONNECTED 11:22:33:44:55:66 ip_addr=10.0.0.2"],
    );
    in_group(Role::Owner, GroupEvent::ApDisabled, &["AP-DISABLED "]);
    in_group(
        Role::Client,
        GroupEvent::HandshakeFailed { peer: PEER },
        &["WPA: 4-Way Handshake failed - pre-shared key may be incorrect"],
    );
}

#[test]
fn a_failure_of_wps_is_told_on_the_p2p_interface_too() {
    let failed = Event::Group { group: GroupId(4), event: GroupEvent::WpsFail { message: 8, config_error: 18 } };
    let scopes = |role, started| -> Vec<(Scope, String)> {
        told_of(role, started, &failed).into_iter().map(|l| (l.scope, l.text)).collect()
    };
    let text = String::from("WPS-FAIL msg=8 config_error=18");
    let own = |name: &str| (Scope::Interface(name.to_owned()), text.clone());
    for (role, started) in [(Role::Owner, false), (Role::Client, false), (Role::Client, true)] {
        assert_eq!(scopes(role, started), [own("p2p-wlan0-4"), own("wlan0")]);
    }
    // One who joins later is the group's own affair.
    assert_eq!(scopes(Role::Owner, true), [own("p2p-wlan0-4")]);
}

#[test]
fn causes_that_have_a_word_and_those_that_have_none() {
    let removed = |cause, formed| Event::GroupRemoved {
        group: GroupId(4),
        interface: String::from("p2p-wlan0-4"),
        role: Role::Owner,
        cause,
        formed,
    };
    let refused = Cause::Radio { what: "start", refused: Refused { errno: 16, text: String::from("EBUSY") } };
    device(removed(refused.clone(), false), "P2P-GROUP-REMOVED p2p-wlan0-4 GO reason=FORMATION_FAILED");
    device(removed(refused, true), "P2P-GROUP-REMOVED p2p-wlan0-4 GO reason=UNAVAILABLE");
    device(removed(Cause::Protocol("x"), true), "P2P-GROUP-REMOVED p2p-wlan0-4 GO");
    device(
        Event::FormationFailure { phase: Phase::Interface, cause: Cause::ChannelConflict },
        "P2P-GROUP-FORMATION-FAILURE reason=FREQ_CONFLICT",
    );
    let change = Event::Regulatory { country: String::from("JP"), initiator: "USER", kind: "COUNTRY" };
    assert_eq!(told(Role::Owner, &change)[0].text, "CTRL-EVENT-REGDOM-CHANGE init=USER type=COUNTRY alpha2=JP");
    let change = Event::Regulatory { country: String::from("00"), initiator: "CORE", kind: "WORLD" };
    assert_eq!(told(Role::Owner, &change)[0].text, "CTRL-EVENT-REGDOM-CHANGE init=CORE type=WORLD");
}

#[test]
fn words_that_nothing_else_shows() {
    device(Event::FallbackEnabled, "P2P-FALLBACK-TO-GO-NEG-ENABLED ");
    device(Event::FallbackToNegotiation { reason: "GO-not-found" }, "P2P-FALLBACK-TO-GO-NEG reason=GO-not-found");
    in_group(
        Role::Client,
        GroupEvent::WpsM2d { device_password_id: 0, config_error: 15 },
        &["WPS-M2D dev_password_id=0 config_error=15"],
    );
    let enrollee = wsc::Device { uuid: [0x8a; 16], address: PEER, ..wsc::Device::default() };
    let head = "WPS-PIN-NEEDED 8a8a8a8a-8a8a-8a8a-8a8a-8a8a8a8a8a8a 11:22:33:44:55:66";
    in_group(
        Role::Owner,
        GroupEvent::WpsPinNeeded(Box::new(enrollee.clone())),
        &[&format!("{head} [|||||0-00000000-0]")],
    );
    let named = wsc::Device {
        device_name: ieee80211_ies::Octets::new(b"My\nphone").expect("short enough"),
        model_number: ieee80211_ies::Octets::new(b"7").expect("short enough"),
        primary_device_type: ieee80211_ies::wsc::DeviceType::wfa(10, 5),
        ..enrollee
    };
    in_group(
        Role::Owner,
        GroupEvent::WpsPinNeeded(Box::new(named)),
        &[&format!("{head} [My_phone|||7||10-0050F204-5]")],
    );
    let switched = Channel { frequency: 2437, width: Width::Ht20, centre: 2437 };
    in_group(
        Role::Owner,
        GroupEvent::ChannelSwitchStarted { channel: switched },
        &["CTRL-EVENT-STARTED-CHANNEL-SWITCH freq=2437 ht_enabled=1 ch_offset=0 ch_width=20 MHz cf1=2437 cf2=0"],
    );
    in_group(
        Role::Client,
        GroupEvent::PresenceResponse { source: PEER, status: 5, notice: vec![1, 0] },
        &["P2P-PRESENCE-RESPONSE src=11:22:33:44:55:66 status=5 noa=0100"],
    );
    let sent = |status| Event::FrameSent {
        group: Some(GroupId(4)),
        frequency: 2412,
        destination: PEER,
        source: OWN,
        bssid: PEER,
        status,
    };
    for (status, word) in [(Some(radio::SendStatus::NotAcked), "NO_ACK"), (None, "FAILED")] {
        let lines = told(Role::Owner, &sent(status));
        assert_eq!(lines[0].scope, Scope::Interface(String::from("p2p-wlan0-4")));
        assert_eq!(
            lines[0].text,
            format!(
                "MGMT-TX-STATUS freq=2412 dst=11:22:33:44:55:66 src=02:00:00:00:00:01 bssid=11:22:33:44:55:66 result={word}"
            )
        );
    }
}

#[test]
fn those_who_ask_for_more_are_told_where_and_why_a_connection_failed() {
    let cause = Cause::Radio { what: "a \"scan\"", refused: Refused { errno: 16, text: String::from("EBUSY\n") } };
    let failed = Event::ConnectFailed { peer: PEER, phase: Phase::Association, cause };
    let text = "P2P-CONNECT-FAILED phase=association reason=\"the radio refused a \\\"scan\\\": EBUSY\\n (errno 16)\"";
    let expected = Line { level: DEBUG, ..Line::new(Scope::Device, text) };
    assert_eq!(told(Role::Client, &failed), [expected]);
    let lines = told(Role::Client, &Event::FormationFailure { phase: Phase::Wsc, cause: Cause::Overlap });
    let shown: Vec<_> = lines.iter().map(|l| (l.level, l.text.as_str())).collect();
    let more = "P2P-CONNECT-FAILED phase=wsc reason=\"push-button session overlap\"";
    assert_eq!(shown, [(DEBUG, more), (INFO, "P2P-GROUP-FORMATION-FAILURE ")]);
}

/// The order of wpa_supplicant: what begins within the report of an association comes before its last line.
#[test]
fn an_association_with_a_key_and_one_for_wps() {
    let subnet = "CTRL-EVENT-SUBNET-STATUS-UPDATE status=0";
    let associated = |keyed| GroupEvent::Associated { bssid: PEER, keyed };
    in_group(Role::Client, associated(true), &["Associated with 11:22:33:44:55:66", subnet]);
    in_group(Role::Client, associated(false), &["Associated with 11:22:33:44:55:66"]);
    in_group(
        Role::Client,
        GroupEvent::EapStarted(None),
        &[
            "CTRL-EVENT-EAP-STARTED EAP authentication started",
            "CTRL-EVENT-EAP-STATUS status='started' parameter=''",
            subnet,
        ],
    );
    for (push_button, authorized, text) in [
        (true, false, "WPS-AP-AVAILABLE-PBC "),
        (false, true, "WPS-AP-AVAILABLE-AUTH "),
        (false, false, "WPS-AP-AVAILABLE-PIN "),
    ] {
        in_group(Role::Client, GroupEvent::WpsApAvailable { push_button, authorized }, &[text]);
    }
    in_group(Role::Client, GroupEvent::WpsApSeen, &["WPS-AP-AVAILABLE "]);
}

#[test]
fn an_owner_that_falls_silent() {
    let gone = |local| GroupEvent::Disconnected { bssid: PEER, reason: 4, local };
    let text = "CTRL-EVENT-DISCONNECTED bssid=11:22:33:44:55:66 reason=4";
    let lost = format!("{text} locally_generated=1");
    in_group(Role::Client, gone(true), &["CTRL-EVENT-BEACON-LOSS ", &lost]);
    in_group(Role::Client, gone(false), &[text]);
    in_group(Role::Owner, gone(true), &[&lost]);
}

/// The BSSID is that of the response, which only an owner's has.
#[test]
fn results_of_invitations() {
    let invited = |owner, bssid| Invited {
        peer: PEER,
        persistent: Some(3),
        owner,
        ssid: b"DIRECT-ab".to_vec(),
        owner_address: if owner { OWN } else { PEER },
        bssid,
        frequency: None,
        channels: p2p_core::ChannelSet::default(),
    };
    let result = |status, owner, bssid, text: &str| {
        device(Event::P2p(P2pEvent::InvitationResult { status, invited: invited(owner, bssid) }), text);
    };
    let tail = "ssid=\"DIRECT-ab\" go_dev_addr=";
    result(None, true, Some(OWN), "P2P-INVITATION-RESULT status=-1 ");
    result(Some(1), true, Some(OWN), "P2P-INVITATION-RESULT status=1 ");
    result(Some(0), true, Some(OWN), &format!("P2P-INVITATION-RESULT status=0 {tail}{OWN}"));
    result(Some(0), false, Some(PEER), &format!("P2P-INVITATION-RESULT status=0 {PEER} {tail}{PEER}"));
}

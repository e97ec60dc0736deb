//! Events of a daemon, read from its lines.

use crate::fields::{around_name, number, quoted, word};
use crate::group::{Group, Role};
use crate::peer::Peer;

/// An event with its level, as a monitor receives it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Told {
    /// The daemon's level: 3 for most, 2 for what only those hear who ask for more.
    pub level: u8,
    /// The text behind the level.
    pub text: String,
    /// What it says.
    pub event: Event,
}

/// What an event says, as far as people care.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// A device was found, or has said something new of itself.
    Found(Box<Peer>),
    /// A device has not been heard for a while.
    Lost {
        /// Its device address.
        address: String,
    },
    /// The search has ended.
    FindStopped,
    /// A device wants to negotiate, and waits for our user.
    Asked {
        /// Its device address.
        peer: String,
        /// WSC device password id: 4 push button, 1 its user has typed our PIN, 5 it shows a PIN.
        password_id: i64,
    },
    /// Who owns the group has been agreed.
    Agreed {
        /// Whether we do.
        owner: bool,
        /// Its channel, MHz.
        frequency: i64,
    },
    /// The negotiation failed; P2P status, or -1.
    Refused {
        /// The status.
        status: i64,
    },
    /// A PIN is to be shown to our user.
    ShowPin {
        /// The device that it is for.
        peer: String,
        /// The PIN.
        pin: String,
        /// The group of ours that the device wants to join.
        group: Option<String>,
    },
    /// Our user is to type the PIN that the device shows.
    EnterPin {
        /// The device.
        peer: String,
        /// The group of ours that it wants to join.
        group: Option<String>,
    },
    /// A device asks for a push-button connection.
    Button {
        /// The device.
        peer: String,
        /// The group of ours that it wants to join.
        group: Option<String>,
    },
    /// A device has agreed to the method that we have announced.
    Announced {
        /// The device.
        peer: String,
    },
    /// A device did not agree to the method.
    NotAnnounced {
        /// `1` time-out, `2` rejected, `3` the join timed out, `4` unknown to it.
        status: String,
    },
    /// Both sides know the group's key.
    Formed,
    /// The group could not be formed.
    NotFormed,
    /// A group runs.
    Started(Group),
    /// A group has ended.
    Ended {
        /// Its interface.
        interface: String,
        /// wpa_supplicant's word for the reason.
        reason: Option<String>,
    },
    /// A device invites us.
    Invited {
        /// Who.
        source: String,
        /// Into this stored group of ours.
        saved: Option<i64>,
        /// Into the group of this owner.
        owner: Option<String>,
    },
    /// An invitation was accepted without asking.
    InvitationAccepted {
        /// Whose.
        source: String,
    },
    /// Our invitation was answered; P2P status, or -1.
    InvitationResult {
        /// The status.
        status: i64,
    },
    /// A group's interface looks for its owner.
    Associating,
    /// A group's interface is associated.
    Associated,
    /// The key is being handed over.
    Wps,
    /// It was handed over.
    WpsDone,
    /// It was not.
    WpsFailed {
        /// WSC message number as wpa_supplicant counts them.
        message: i64,
        /// WSC configuration error.
        error: i64,
    },
    /// More than one device has its button pressed.
    WpsOverlap,
    /// Nobody pressed the other button in time.
    WpsTimeout,
    /// A device is in a group that we own.
    Joined {
        /// Its interface address.
        address: String,
        /// Its device address.
        device: Option<String>,
    },
    /// A device has left a group that we own.
    Left {
        /// Its interface address.
        address: String,
        /// Its device address.
        device: Option<String>,
    },
    /// The peer owns no group: it is negotiated with instead.
    Fallback,
    /// The key of a stored group is refused.
    WrongKey,
    /// The 4-way handshake failed.
    HandshakeFailed,
    /// p2pd alone: in which phase a connection failed, and why.
    Failed {
        /// p2pd's word for the phase.
        phase: String,
        /// The reason, for people.
        reason: String,
    },
    /// p2pd alone: why it has refused a request.
    RequestRefused {
        /// The reason, for people.
        reason: String,
    },
    /// The daemon ends.
    Terminating,
    /// Something else.
    Other,
}

impl Told {
    /// Reads a datagram that a monitor has received; `None` for what is no event.
    pub fn parse(datagram: &str) -> Option<Self> {
        // A monitor of the global socket is told the interface in front.
        let rest = match datagram.strip_prefix("IFNAME=") {
            Some(rest) => rest.split_once(' ')?.1,
            None => datagram,
        };
        let (level, text) = rest.strip_prefix('<')?.split_once('>')?;
        Some(Self { level: level.parse().ok()?, text: text.to_owned(), event: parse(text).unwrap_or(Event::Other) })
    }
}

fn parse(text: &str) -> Option<Event> {
    let (name, rest) = text.split_once(' ').unwrap_or((text, ""));
    let first = || rest.split(' ').next().unwrap_or_default().to_owned();
    let second = || rest.split(' ').nth(1).map(str::to_owned);
    let field = |key: &str| word(rest, key).map(str::to_owned);
    // The group stands behind the name that the device has chosen.
    let group = || word(around_name(rest).2, "group").map(str::to_owned);
    Some(match name {
        "P2P-DEVICE-FOUND" => Event::Found(Box::new(Peer::from_event(rest)?)),
        "P2P-DEVICE-LOST" => Event::Lost { address: field("p2p_dev_addr")? },
        "P2P-FIND-STOPPED" => Event::FindStopped,
        "P2P-GO-NEG-REQUEST" => Event::Asked { peer: first(), password_id: number(rest, "dev_passwd_id")? },
        "P2P-GO-NEG-SUCCESS" => Event::Agreed { owner: word(rest, "role")? == "GO", frequency: number(rest, "freq")? },
        "P2P-GO-NEG-FAILURE" => Event::Refused { status: number(rest, "status")? },
        "P2P-PROV-DISC-SHOW-PIN" => Event::ShowPin { peer: first(), pin: second()?, group: group() },
        "P2P-PROV-DISC-ENTER-PIN" => Event::EnterPin { peer: first(), group: group() },
        "P2P-PROV-DISC-PBC-REQ" => Event::Button { peer: first(), group: group() },
        "P2P-PROV-DISC-PBC-RESP" => Event::Announced { peer: first() },
        "P2P-PROV-DISC-FAILURE" => Event::NotAnnounced { status: field("status").unwrap_or_default() },
        "P2P-GROUP-FORMATION-SUCCESS" => Event::Formed,
        "P2P-GROUP-FORMATION-FAILURE" => Event::NotFormed,
        "P2P-GROUP-STARTED" => Event::Started(started(rest)?),
        "P2P-GROUP-REMOVED" => Event::Ended { interface: first(), reason: field("reason") },
        "P2P-INVITATION-RECEIVED" => {
            Event::Invited { source: field("sa")?, saved: number(rest, "persistent"), owner: field("go_dev_addr") }
        }
        "P2P-INVITATION-ACCEPTED" => Event::InvitationAccepted { source: field("sa")? },
        "P2P-INVITATION-RESULT" => Event::InvitationResult { status: number(rest, "status")? },
        "Trying" => Event::Associating,
        "Associated" => Event::Associated,
        "CTRL-EVENT-EAP-STARTED" => Event::Wps,
        "WPS-SUCCESS" | "WPS-REG-SUCCESS" => Event::WpsDone,
        "WPS-FAIL" => Event::WpsFailed {
            message: number(rest, "msg").unwrap_or_default(),
            error: number(rest, "config_error").unwrap_or_default(),
        },
        "WPS-OVERLAP-DETECTED" => Event::WpsOverlap,
        "WPS-TIMEOUT" => Event::WpsTimeout,
        "AP-STA-CONNECTED" => Event::Joined { address: first(), device: field("p2p_dev_addr") },
        "AP-STA-DISCONNECTED" => Event::Left { address: first(), device: field("p2p_dev_addr") },
        "P2P-FALLBACK-TO-GO-NEG" => Event::Fallback,
        "P2P-PERSISTENT-PSK-FAIL" => Event::WrongKey,
        "WPA:" if rest.starts_with("4-Way Handshake failed") => Event::HandshakeFailed,
        "P2P-CONNECT-FAILED" => {
            let reason = quoted(rest, "reason").map(|(reason, _)| reason.to_owned()).unwrap_or_default();
            Event::Failed { phase: field("phase")?, reason }
        }
        "CTRL-REQUEST-REFUSED" => Event::RequestRefused { reason: quoted(rest, "reason")?.0.to_owned() },
        "CTRL-EVENT-TERMINATING" => Event::Terminating,
        _ => return None,
    })
}

/// `ifname role ssid="…" freq=… (psk=…|passphrase="…") go_dev_addr=… [[PERSISTENT]] [ip_addr=…]`
fn started(rest: &str) -> Option<Group> {
    let (head, _) = rest.split_once(" ssid=\"")?;
    let (interface, role) = head.split_once(' ')?;
    let (ssid, behind) = quoted(rest, "ssid")?;
    let passphrase = quoted(behind, "passphrase");
    let tail = passphrase.map_or(behind, |(_, tail)| tail);
    Some(Group {
        interface: interface.to_owned(),
        role: if role == "GO" { Role::Owner } else { Role::Client },
        ssid: crate::fields::ssid(ssid),
        frequency: number(behind, "freq")?,
        passphrase: passphrase.map(|(text, _)| text.to_owned()),
        owner: word(tail, "go_dev_addr").map(str::to_owned),
        persistent: tail.split(' ').any(|w| w == "[PERSISTENT]"),
        ip: word(tail, "ip_addr").map(str::to_owned),
        members: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn event(text: &str) -> Event {
        Told::parse(&format!("<3>{text}")).expect("an event").event
    }

    #[test]
    fn a_group_that_has_started_is_read_with_its_key() {
        let text = "P2P-GROUP-STARTED p2p-wlan0-0 GO ssid=\"DIRECT-v6 go_dev_addr=no\" freq=2412 \
                    passphrase=\"a b\" go_dev_addr=02:00:00:00:01:00 [PERSISTENT]";
        let Event::Started(group) = event(text) else { panic!("{text}") };
        assert_eq!((group.interface.as_str(), group.role, group.frequency), ("p2p-wlan0-0", Role::Owner, 2412));
        assert_eq!(group.ssid, "DIRECT-v6 go_dev_addr=no");
        assert_eq!(group.passphrase.as_deref(), Some("a b"));
        assert_eq!((group.owner.as_deref(), group.persistent), (Some("02:00:00:00:01:00"), true));
        let client = "P2P-GROUP-STARTED p2p0 client ssid=\"D\" freq=5240 psk=57 go_dev_addr=11:22:33:44:55:66";
        let Event::Started(group) = event(client) else { panic!("{client}") };
        assert_eq!((group.role, group.passphrase), (Role::Client, None));
    }

    #[test]
    fn a_request_is_read_with_the_group_it_is_for() {
        let tail = "p2p_dev_addr=A pri_dev_type=1-0050F204-1 name='x group=evil' config_methods=0x80 dev_capab=0x25 \
                    group_capab=0x0";
        assert_eq!(
            event(&format!("P2P-PROV-DISC-SHOW-PIN 02:00:00:00:01:00 12345670 {tail}")),
            Event::ShowPin { peer: "02:00:00:00:01:00".into(), pin: "12345670".into(), group: None }
        );
        assert_eq!(
            event(&format!("P2P-PROV-DISC-PBC-REQ A {tail} group=p2p0")),
            Event::Button { peer: "A".into(), group: Some("p2p0".into()) }
        );
    }

    #[test]
    fn the_daemon_s_own_word_of_a_failure() {
        let told = Told::parse("<2>P2P-CONNECT-FAILED p2p_dev_addr=A phase=wsc reason=\"WSC failed at M4\"").unwrap();
        assert_eq!(told.level, 2);
        assert_eq!(told.event, Event::Failed { phase: "wsc".into(), reason: "WSC failed at M4".into() });
    }

    #[test]
    fn what_is_no_event_is_none() {
        assert_eq!(Told::parse("OK\n"), None);
        assert_eq!(Told::parse("<x>P2P"), None);
        let told = Told::parse("IFNAME=p2p0 <3>CTRL-EVENT-SCAN-STARTED ").expect("an event");
        assert_eq!((told.text.as_str(), told.event), ("CTRL-EVENT-SCAN-STARTED ", Event::Other));
        assert_eq!(event("P2P-GO-NEG-FAILURE status=x"), Event::Other);
    }

    proptest! {
        #[test]
        fn no_line_makes_reading_panic(text in any::<String>(), name in "(P2P|WPS|CTRL)-[A-Z-]{0,30}") {
            Told::parse(&text);
            Told::parse(&format!("<3>{name} {text}"));
            Told::parse(&format!("<3>P2P-GROUP-STARTED {text}"));
            Told::parse(&format!("<3>P2P-DEVICE-FOUND {text}"));
        }
    }
}

//! A connection being made, followed by its events: in which phase it is, how it ends.

use crate::event::Event;
use crate::group::Group;
use crate::peer::channel;
use crate::reasons;
use std::fmt;

/// Where a status should be when there was no answer.
const NO_ANSWER: i64 = -1;

/// The phases of a connection, in their order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Phase {
    /// Looking for the device.
    Search,
    /// Telling the device how we would connect.
    Announcement,
    /// Inviting the device.
    Invitation,
    /// Agreeing who owns the group, and on which channel.
    Negotiation,
    /// Making the network interface; the owner starts the group.
    Interface,
    /// The client comes to the owner.
    Association,
    /// The owner hands the key over: button or PIN.
    Key,
    /// Both prove that they have the key.
    Handshake,
}

impl Phase {
    /// What is done in it.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Search => "looking for the device",
            Self::Announcement => "asking the device",
            Self::Invitation => "inviting the device",
            Self::Negotiation => "agreeing who owns the group",
            Self::Interface => "starting the group",
            Self::Association => "coming to the owner",
            Self::Key => "handing over the key",
            Self::Handshake => "proving the key",
        }
    }

    /// Its word for programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Search => "search",
            Self::Announcement => "announcement",
            Self::Invitation => "invitation",
            Self::Negotiation => "negotiation",
            Self::Interface => "interface",
            Self::Association => "association",
            Self::Key => "key",
            Self::Handshake => "handshake",
        }
    }

    /// The phase that p2pd calls so.
    fn from_daemon(word: &str) -> Option<Self> {
        Some(match word {
            "search" => Self::Search,
            "provision-discovery" => Self::Announcement,
            "negotiation" => Self::Negotiation,
            "invitation" => Self::Invitation,
            "interface" => Self::Interface,
            "association" => Self::Association,
            "wsc" => Self::Key,
            "handshake" | "running" => Self::Handshake,
            _ => return None,
        })
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.in_words())
    }
}

/// Why and where a connection ended without a group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// Where.
    pub phase: Phase,
    /// Why, in words.
    pub reason: String,
    /// What the user may do about it; empty when there is nothing to say.
    pub hint: &'static str,
}

/// What an event means to a connection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Progress {
    /// It has come so far.
    Phase(Phase, String),
    /// It has come to a group.
    Done(Group),
    /// It has failed.
    Failed(Failure),
}

/// A connection under way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attempt {
    phase: Phase,
    /// What the daemon or WSC has already said of the failure that is about to be reported.
    known: Option<(Phase, String)>,
    /// The interface of the group that is forming is not known; others' groups are told by having run before.
    running: Vec<String>,
}

impl Attempt {
    /// A connection that begins in this phase. `running` are the interfaces of the groups that run already.
    pub fn new(phase: Phase, running: Vec<String>) -> Self {
        Self { phase, known: None, running }
    }

    /// How far it has come.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// Takes an event; `None` when it means nothing to the connection.
    pub fn event(&mut self, event: &Event) -> Option<Progress> {
        match event {
            Event::Agreed { owner, frequency } => {
                let part = if *owner { "this device owns the group" } else { "the other device owns the group" };
                self.reach(Phase::Interface, format!("{part}, {}", channel(*frequency)))
            }
            Event::Fallback => {
                self.phase = Phase::Search;
                self.reach(Phase::Negotiation, String::from("it owns no group after all"))
            }
            Event::Announced { .. } => self.reach(Phase::Negotiation, String::from("it is willing")),
            Event::InvitationResult { status: 0 } => {
                self.reach(Phase::Interface, String::from("it has accepted the invitation"))
            }
            Event::InvitationResult { status } => self.fail(Phase::Invitation, reasons::status(*status)),
            Event::Associating => self.reach(Phase::Association, String::new()),
            Event::Associated | Event::Wps => self.reach(Phase::Key, String::new()),
            Event::WpsDone | Event::Formed => self.reach(Phase::Handshake, String::new()),
            Event::Refused { status: NO_ANSWER } => {
                self.known = None;
                let reason = "no answer: its user has not agreed in time, or it has gone";
                self.fail(Phase::Negotiation, reason.to_owned())
            }
            Event::Refused { status } => self.fail(Phase::Negotiation, reasons::status(*status)),
            Event::NotAnnounced { status } => self.fail(Phase::Announcement, reasons::announcement(status)),
            Event::Failed { phase, reason } => {
                let phase = Phase::from_daemon(phase).unwrap_or(self.phase);
                // The protocol's own event, in which the daemon ends the matter, follows; this one says more.
                self.known.get_or_insert((phase, reason.clone()));
                None
            }
            Event::WpsFailed { message, error } => {
                // In better words than the daemon's own.
                self.known = Some((Phase::Key, reasons::wps(*message, *error)));
                None
            }
            Event::WpsOverlap => self.note("another device's button is pressed, too"),
            Event::WpsTimeout => self.note("the button was not pressed in time"),
            Event::WrongKey | Event::HandshakeFailed => {
                self.known.get_or_insert((Phase::Handshake, String::from("the key is wrong")));
                None
            }
            Event::NotFormed => self.fail(self.phase, String::from("the group could not be formed")),
            Event::Ended { interface, reason } if !self.running.contains(interface) => {
                self.fail(self.phase, reasons::removal(reason.as_deref()))
            }
            Event::Ended { interface, .. } => {
                self.running.retain(|i| i != interface);
                None
            }
            Event::Started(group) if !self.running.contains(&group.interface) => Some(Progress::Done(group.clone())),
            Event::Terminating => self.fail(self.phase, String::from("the daemon has ended")),
            _ => None,
        }
    }

    /// What to say when it has taken too long.
    pub fn timed_out(&self) -> Failure {
        let reason = match self.phase {
            Phase::Search => "the device was not found in time",
            Phase::Negotiation => "the other device's user has not agreed in time",
            _ => "it has taken too long",
        };
        self.failure(self.phase, reason.to_owned())
    }

    fn note(&mut self, reason: &str) -> Option<Progress> {
        self.known.get_or_insert((Phase::Key, reason.to_owned()));
        None
    }

    fn reach(&mut self, phase: Phase, text: String) -> Option<Progress> {
        if phase <= self.phase {
            return None;
        }
        self.phase = phase;
        Some(Progress::Phase(phase, text))
    }

    fn fail(&mut self, phase: Phase, reason: String) -> Option<Progress> {
        let (phase, reason) = self.known.take().unwrap_or((phase, reason));
        Some(Progress::Failed(self.failure(phase, reason)))
    }

    fn failure(&self, phase: Phase, reason: String) -> Failure {
        let hint = match phase {
            Phase::Search => "Is Wi-Fi Direct open on the other device? Its screen for it often has to be shown.",
            Phase::Announcement | Phase::Negotiation | Phase::Invitation => {
                "The other device's user has to agree: look at its screen, and try again."
            }
            Phase::Key => {
                "Both sides have to use the same way: the button on both, or one shows the PIN that the other types."
            }
            _ => "",
        };
        Failure { phase, reason, hint }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Told;

    fn run(attempt: &mut Attempt, lines: &str) -> Vec<Progress> {
        let events = lines.lines().map(|l| Told::parse(&format!("<3>{}", l.trim_start())).expect("an event").event);
        events.filter_map(|e| attempt.event(&e)).collect()
    }

    const STARTED: &str =
        "P2P-GROUP-STARTED p2p0 client ssid=\"DIRECT-Eb\" freq=5240 psk=57 go_dev_addr=11:22:33:44:55:66";

    #[test]
    fn a_connection_passes_its_phases_once_each() {
        let mut attempt = Attempt::new(Phase::Negotiation, vec![]);
        let passed = run(
            &mut attempt,
            &format!(
                "P2P-FIND-STOPPED \nP2P-GO-NEG-SUCCESS role=client freq=5240 ht40=0\n\
                 Trying to associate with 11:22:33:44:55:66 (SSID='DIRECT-Eb' freq=5240 MHz)\n\
                 Associated with 11:22:33:44:55:66\nCTRL-EVENT-EAP-STARTED EAP authentication started\nWPS-SUCCESS \n\
                 P2P-GROUP-FORMATION-SUCCESS \nTrying to associate with 11:22:33:44:55:66\n{STARTED}"
            ),
        );
        let phases: Vec<Phase> =
            passed.iter().filter_map(|p| if let Progress::Phase(phase, _) = p { Some(*phase) } else { None }).collect();
        assert_eq!(phases, [Phase::Interface, Phase::Association, Phase::Key, Phase::Handshake]);
        assert!(matches!(passed.last(), Some(Progress::Done(group)) if group.interface == "p2p0"), "{passed:?}");
    }

    #[test]
    fn a_failure_names_its_phase_and_the_best_known_reason() {
        let fails = |lines: &str| {
            let mut attempt = Attempt::new(Phase::Negotiation, vec![]);
            match run(&mut attempt, lines).pop() {
                Some(Progress::Failed(failure)) => (failure.phase, failure.reason),
                other => panic!("{lines}: {other:?}"),
            }
        };
        assert_eq!(
            fails("P2P-GO-NEG-FAILURE status=11"),
            (Phase::Negotiation, "the other device's user has refused".into())
        );
        assert_eq!(
            fails("P2P-CONNECT-FAILED phase=negotiation reason=\"no answer\"\nP2P-GO-NEG-FAILURE status=-1"),
            (Phase::Negotiation, "no answer: its user has not agreed in time, or it has gone".into())
        );
        assert_eq!(
            fails(
                "P2P-CONNECT-FAILED phase=wsc reason=\"WSC failed at message 8, configuration error 18\"\n\
                 WPS-FAIL msg=8 config_error=18\nP2P-GROUP-FORMATION-FAILURE "
            ),
            (Phase::Key, "the PIN is wrong (message M4)".into())
        );
        assert_eq!(
            fails("P2P-GO-NEG-SUCCESS role=GO freq=2412\nWPS-FAIL msg=8 config_error=18\nP2P-GROUP-FORMATION-FAILURE "),
            (Phase::Key, "the PIN is wrong (message M4)".into())
        );
        assert_eq!(
            fails(
                "P2P-CONNECT-FAILED p2p_dev_addr=A phase=association reason=\"no answer\"\nP2P-GROUP-FORMATION-FAILURE "
            ),
            (Phase::Association, "no answer".into())
        );
        assert_eq!(
            fails("P2P-GROUP-REMOVED p2p0 client reason=FORMATION_FAILED"),
            (Phase::Negotiation, "the group could not be formed".into())
        );
    }

    #[test]
    fn groups_that_run_already_are_not_its_own() {
        let mut attempt = Attempt::new(Phase::Negotiation, vec!["p2p0".into()]);
        assert_eq!(run(&mut attempt, &format!("{STARTED}\nP2P-GROUP-REMOVED p2p0 client reason=IDLE")), []);
        assert_eq!(run(&mut attempt, STARTED).len(), 1);
        assert_eq!(attempt.timed_out().phase, Phase::Negotiation);
    }
}

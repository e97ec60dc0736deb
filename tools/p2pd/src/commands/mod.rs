//! Commands: their table, and how a request finds its entry.

mod args;
mod frames;
mod link;
mod mib;
mod network;
mod p2p;
mod peer;
pub(crate) mod scan;
mod set;
mod station;
mod stations;
mod status;
mod table;
mod wps;

pub use table::{COMMANDS, claims, documentation};

use crate::backend::Radio;
use crate::events::{DEBUG, Line, Scope};
use crate::interface::Interface;
use ieee80211_ies::{MacAddr, escape};
use wifi_direct::api::{Error, GroupId, GroupInfo, Reply, Request};

/// Accepted.
pub const OK: &str = "OK\n";
/// Refused.
pub const FAIL: &str = "FAIL\n";
/// Not a command.
pub const UNKNOWN: &str = "UNKNOWN COMMAND\n";
/// Longest reply, octets (section 4.2 of the contract).
pub const MAX_REPLY: usize = 4096;

/// The interface of a group that is to be there, or gone, when a command is answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Awaited {
    /// It is being made; the command fails where the radio has none to give.
    Made(GroupId),
    /// It is being given back.
    Gone(GroupId),
}

/// What a command has to work with.
pub struct Session<'a> {
    /// The radio.
    pub radio: &'a mut dyn Radio,
    /// Its interface here.
    pub interface: &'a mut Interface,
    /// The P2P device address of the daemon; the interface's own, unless P2P is another one's.
    pub p2p_address: Option<MacAddr>,
    /// The interface that was addressed: the base one, or a group's.
    pub on: &'a str,
    /// Event lines that the command brings about by itself.
    pub told: Vec<Line>,
    /// Groups whose interface the command has the radio make or give back: there is no answer before that has been done.
    pub awaited: Vec<Awaited>,
}

impl Session<'_> {
    /// The group on the addressed interface.
    fn group(&self) -> Option<GroupInfo> {
        self.radio.groups().into_iter().find(|g| g.interface == self.on)
    }

    /// Tells monitors of the addressed interface.
    fn tell(&mut self, text: String) {
        let scope = Scope::Interface(self.on.to_owned());
        self.told.push(Line::new(scope, text));
    }

    /// Asks the radio; a refusal is logged with its reason.
    fn ask(&mut self, request: Request) -> Result<(), Error> {
        match self.radio.request(request) {
            Ok(reply) => {
                if let Reply::Interface(group) = reply {
                    self.awaited.push(Awaited::Made(group));
                }
                Ok(())
            }
            Err(error) => {
                self.say_why(&error.to_string());
                Err(error)
            }
        }
    }

    /// Logs why a command is refused, and tells those monitors of its socket that ask for more.
    fn say_why(&mut self, reason: &str) {
        tracing::info!("{}: refused: {reason}", self.on);
        let text = format!("CTRL-REQUEST-REFUSED reason=\"{}\"", escape::ssid(reason.as_bytes()));
        self.told.push(Line { level: DEBUG, ..Line::new(Scope::Socket(self.on.to_owned()), text) });
    }

    /// Asks the radio and words the result.
    fn ask_ok(&mut self, request: Request) -> String {
        word(self.ask(request))
    }

    /// Gives the radio the settings as they are now.
    fn configure(&mut self) -> Result<(), Error> {
        let config = self.interface.device_config();
        self.ask(Request::Configure(Box::new(config)))
    }
}

/// Whether a command shows what the radio knows of stations: it is asked first ([`Request::QueryStations`]).
pub fn shows_stations(text: &str) -> bool {
    matches!(text.split(' ').next(), Some("STA" | "STA-FIRST" | "STA-NEXT" | "SIGNAL_POLL" | "PKTCNT_POLL"))
}

/// The reply to a request without an answer of its own.
fn word(result: Result<(), Error>) -> String {
    match result {
        Ok(()) => OK.to_owned(),
        Err(_) => FAIL.to_owned(),
    }
}

/// Says why a command is refused, and refuses it.
fn refuse(session: &mut Session<'_>, reason: &str) -> String {
    session.say_why(reason);
    FAIL.to_owned()
}

/// Whether a command stands without arguments, with them, or either.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Arguments {
    /// Only without.
    None,
    /// Either.
    Optional,
    /// Only with.
    Required,
}

/// Whether the global socket hands a command on to the P2P interface.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Forwarded {
    /// It does not.
    No,
    /// The bare word only.
    Word,
    /// With arguments only.
    Prefix,
    /// Either.
    Both,
}

/// What becomes of a command.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Support {
    /// It works; the text says how far, where not wholly.
    Works(&'static str),
    /// It is answered with `FAIL`; the text says why.
    Refused(&'static str),
}

/// Carries out a command; what it is given is the text after the command and a blank.
pub type Run = fn(&mut Session<'_>, &str) -> String;

/// An entry of the table.
pub struct Command {
    /// Its word.
    pub name: &'static str,
    /// How it is written.
    pub arguments: Arguments,
    /// What the global socket does with it.
    pub forwarded: Forwarded,
    /// How far it is supported.
    pub support: Support,
    /// The tests and scenarios that show that it works.
    pub shown: &'static str,
    /// What carries it out.
    pub run: Run,
}

/// Finds the entry for a request.
fn find(request: &str) -> Option<(&'static Command, Option<&str>)> {
    let (name, arguments) = match request.split_once(' ') {
        Some((name, arguments)) => (name, Some(arguments)),
        None => (request, None),
    };
    let command = COMMANDS.iter().find(|c| c.name == name)?;
    let fits = match command.arguments {
        Arguments::None => arguments.is_none(),
        Arguments::Required => arguments.is_some(),
        Arguments::Optional => true,
    };
    fits.then_some((command, arguments))
}

/// Answers a request to an interface.
pub fn interface_command(session: &mut Session<'_>, request: &str) -> String {
    // wpa_supplicant looks at no more of it, and a program may ask for more of its status than we tell apart.
    let found = find(request).or_else(|| find("STATUS").filter(|_| request.starts_with("STATUS")));
    let Some((command, arguments)) = found else {
        return UNKNOWN.to_owned();
    };
    if (session.interface.settings.disabled || session.interface.station_only) && needs_p2p(command.name) {
        return refuse(session, "P2P is disabled");
    }
    let mut reply = (command.run)(session, arguments.unwrap_or_default());
    if reply.starts_with('<') || reply.starts_with("IFNAME=") {
        // Programs that hear events on the same socket would take the value for one, and wait for the reply.
        return refuse(session, "the value looks like an event");
    }
    cut(&mut reply, MAX_REPLY);
    reply
}

/// Whether the global socket hands this request on to the P2P interface.
pub fn is_forwarded(request: &str) -> bool {
    find(request).is_some_and(|(command, arguments)| match command.forwarded {
        Forwarded::No => false,
        Forwarded::Word => arguments.is_none(),
        Forwarded::Prefix => arguments.is_some(),
        Forwarded::Both => true,
    })
}

/// Whether the interface that does P2P answers a request, whichever it was sent to.
pub fn is_for_p2p(request: &str) -> bool {
    request.starts_with("P2P_")
}

/// Commands that fail while P2P is disabled.
fn needs_p2p(name: &str) -> bool {
    name.starts_with("P2P_")
        && !matches!(
            name,
            "P2P_STOP_FIND" | "P2P_FLUSH" | "P2P_SET" | "P2P_GROUP_REMOVE" | "P2P_REMOVE_CLIENT" | "P2P_SERVICE_FLUSH"
        )
}

/// Shortens a reply to whole characters within a bound.
pub fn cut(reply: &mut String, bound: usize) {
    if reply.len() > bound {
        let at = (0..=bound).rev().find(|at| reply.is_char_boundary(*at)).unwrap_or(0);
        reply.truncate(at);
    }
}

//! The commands, each over the control sockets alone.

mod accept;
mod connect;
mod find;
mod groups;
mod invite;
mod monitor;
mod radio;
mod saved;

use crate::args::{Cli, Command};
use crate::attempt::{Attempt, Progress};
use crate::control::{Control, ControlError, Monitor, Place};
use crate::event::{Event, Told};
use crate::group::Group;
use crate::peer::Peer;
use crate::shell::{Shell, Stop};
use crate::text::Json;
use std::future::Future;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Most devices, stations and networks that a daemon is asked about: its own tables are smaller.
const MAX_LISTED: usize = 512;

/// Does what the command line says; its exit code. `interrupt` ends it early, in order.
pub async fn run(cli: &Cli, shell: &mut Shell<'_>, interrupt: impl Future<Output = ()>) -> u8 {
    if let Command::Radio { ifname, record } = &cli.command {
        let result = radio::run(shell, ifname.as_deref(), record.as_deref()).await;
        return shell.end(result);
    }
    let mut interrupt = std::pin::pin!(interrupt);
    let opened = tokio::select! {
        opened = Session::open(cli) => opened,
        () = &mut interrupt => Err(Stop::Interrupted),
    };
    let session = match opened {
        Ok(session) => session,
        Err(stop) => return shell.end(Err(stop)),
    };
    let result = tokio::select! {
        result = session.run(&cli.command, shell) => result,
        () = interrupt => Err(Stop::Interrupted),
    };
    let result = session.tidy(&cli.command, result, shell).await;
    shell.end(result)
}

/// A connection to a daemon.
struct Session {
    place: Place,
    control: Control,
    monitor: Monitor,
}

impl Session {
    async fn open(cli: &Cli) -> Result<Self, Stop> {
        let place = Place::find(cli.global.path.as_deref(), cli.global.interface.as_deref())?;
        let control = Control::connect(&place, &place.interface)?;
        let monitor = Monitor::attach(&place, &place.interface).await?;
        Ok(Self { place, control, monitor })
    }

    async fn run(&self, command: &Command, shell: &mut Shell<'_>) -> Result<(), Stop> {
        match command {
            Command::Find { seconds, social } => find::run(self, shell, *seconds, *social).await,
            Command::Connect(connect) => connect::run(self, shell, connect).await,
            Command::Accept(accept) => accept::run(self, shell, accept).await,
            Command::Create { persistent, freq } => groups::create(self, shell, *persistent, *freq).await,
            Command::Invite { device, group, saved, timeout } => {
                invite::run(self, shell, device, group.as_deref(), saved.as_deref(), *timeout).await
            }
            Command::Groups => groups::list(self, shell).await,
            Command::Leave { group, all } => groups::leave(self, shell, group.as_deref(), *all).await,
            Command::Saved => saved::list(self, shell).await,
            Command::Forget { group, .. } => saved::forget(self, shell, group.as_deref()).await,
            Command::Monitor { raw, seconds } => monitor::run(self, shell, *raw, *seconds).await,
            // Those need no daemon and have been done before.
            Command::Radio { .. } | Command::Completions { .. } | Command::Man => Ok(()),
        }
    }

    /// Ends what a command that has ended early has begun.
    async fn tidy(&self, command: &Command, result: Result<(), Stop>, shell: &mut Shell<'_>) -> Result<(), Stop> {
        let begun = matches!(result, Err(Stop::Interrupted | Stop::TimedOut(_) | Stop::NotFound(_) | Stop::Output(_)));
        let requests: &[&str] = match command {
            Command::Find { .. } => &["P2P_STOP_FIND"],
            Command::Connect(_) | Command::Accept(_) | Command::Invite { .. } if begun => {
                &["P2P_CANCEL", "P2P_STOP_FIND"]
            }
            _ => &[],
        };
        for request in requests {
            // Refused when there is nothing to end, which is as good.
            let _ = self.control.ask(request).await;
        }
        match (command, result) {
            // Ctrl-C is how these end; `^C` stands on the line.
            (Command::Find { .. } | Command::Monitor { .. }, Err(Stop::Interrupted)) => match shell.size() {
                Some(_) => shell.say(""),
                None => Ok(()),
            },
            (_, result) => result,
        }
    }

    /// Asks for something that must be accepted; `what` is for the message when it is not.
    async fn accepted(&self, request: &str, what: &str) -> Result<(), Stop> {
        self.control.accepts(request).await?.map_err(|reply| self.refused(what, &reply))
    }

    /// A refusal in words.
    fn refused(&self, what: &str, reply: &str) -> Stop {
        let why = match reply {
            "FAIL-CHANNEL-UNAVAILABLE" => "that channel may not be used now: leave --freq out, or try another one",
            "FAIL-CHANNEL-UNSUPPORTED" => "the radio has no such channel: leave --freq out, or try another one",
            "FAIL-INVALID-PIN" => "the PIN is wrong",
            "FAIL-PBC-OVERLAP" => "another device's button is pressed, too: wait two minutes and try again",
            "UNKNOWN COMMAND" => "it does not know that command",
            _ => match self.monitor.refusal() {
                Some(reason) => return Stop::Refused(format!("{what}: {reason}")),
                None => "it does not say why, but its log may (wpa_supplicant has it with -d)",
            },
        };
        Stop::Refused(format!("{what}: {why}"))
    }

    /// Whether the daemon is p2pd.
    async fn is_p2pd(&self) -> Result<bool, ControlError> {
        Ok(self.control.ask("GET version").await?.starts_with("p2pd "))
    }

    /// One device of the daemon's table.
    async fn peer(&self, address: &str) -> Result<Option<Peer>, ControlError> {
        Ok(Peer::from_reply(&self.control.ask(&format!("P2P_PEER {address}")).await?))
    }

    /// All devices of the daemon's table.
    async fn peers(&self) -> Result<Vec<Peer>, ControlError> {
        let mut all: Vec<Peer> = Vec::new();
        let mut next = self.peer("FIRST").await?;
        while let Some(peer) = next.take() {
            if all.len() >= MAX_LISTED || all.iter().any(|p| p.address == peer.address) {
                break;
            }
            next = self.peer(&format!("NEXT-{}", peer.address)).await?;
            all.push(peer);
        }
        Ok(all)
    }

    /// The device that the user means, if the daemon knows it already.
    async fn known(&self, device: &str) -> Result<Option<Peer>, Stop> {
        let mut meant: Vec<Peer> = self.peers().await?.into_iter().filter(|p| p.is_called(device)).collect();
        if meant.len() > 1 {
            let addresses: Vec<&str> = meant.iter().map(|p| p.address.as_str()).collect();
            let text =
                format!("several devices are called {device}: name one by its address ({})", addresses.join(", "));
            return Err(Stop::NotFound(text));
        }
        Ok(meant.pop())
    }

    /// The interfaces of the groups that run.
    async fn running(&self) -> Vec<String> {
        self.groups().await.into_iter().map(|g| g.interface).collect()
    }

    /// The groups that run.
    async fn groups(&self) -> Vec<Group> {
        let mut all = Vec::new();
        for interface in self.place.interfaces() {
            // A socket that a dead daemon has left is no group.
            let Ok(control) = Control::connect(&self.place, &interface) else { continue };
            let Ok(status) = control.ask("STATUS").await else { continue };
            all.extend(Group::from_status(&interface, &status));
        }
        all
    }
}

/// A limit on the time of a command.
#[derive(Clone, Copy)]
struct Limit(Instant);

impl Limit {
    fn within(time: Duration) -> Self {
        Self(Instant::now() + time)
    }

    fn is_over(self) -> bool {
        Instant::now() >= self.0
    }

    /// The next event, or `None` when the time is over.
    async fn next(self, monitor: &Monitor) -> Result<Option<Told>, Stop> {
        match timeout_at(self.0, monitor.next()).await {
            Ok(told) => Ok(Some(told?)),
            Err(_) => Ok(None),
        }
    }
}

/// Follows a connection to its end, telling each phase.
async fn follow(shell: &mut Shell<'_>, monitor: &Monitor, mut attempt: Attempt, limit: Limit) -> Result<Group, Stop> {
    loop {
        let Some(told) = limit.next(monitor).await? else {
            return Err(Stop::TimedOut(attempt.timed_out()));
        };
        match attempt.event(&told.event) {
            Some(Progress::Phase(phase, text)) => {
                let colon = if text.is_empty() { "" } else { ": " };
                let value = Json::Object(vec![("phase", Json::text(phase.word())), ("text", Json::text(&*text))]);
                shell.tell(&format!("  {phase}{colon}{text}"), &value)?;
            }
            Some(Progress::Done(group)) => return Ok(group),
            Some(Progress::Failed(failure)) => return Err(Stop::Failed(failure)),
            None => {
                if let Event::ShowPin { pin, .. } = &told.event {
                    shell.say(&format!("  type this PIN on the other device: {pin}"))?;
                }
            }
        }
    }
}

/// Tells of the group that a command has led to.
fn tell_group(shell: &mut Shell<'_>, group: &Group) -> Result<(), Stop> {
    shell.tell(&format!("Connected: {}", group.in_words()), &Json::Object(vec![("group", group.json())]))?;
    if let Some(passphrase) = &group.passphrase {
        shell.say(&format!("Others can join {} with the passphrase {passphrase}", group.ssid))?;
    }
    Ok(())
}

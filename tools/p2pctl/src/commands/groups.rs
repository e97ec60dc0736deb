//! `p2pctl groups`, `create`, `leave`: groups that run.

use super::{Limit, MAX_LISTED, Session, follow};
use crate::attempt::{Attempt, Phase};
use crate::control::Control;
use crate::event::Event;
use crate::group::{Group, Role, station};
use crate::peer::channel;
use crate::reasons;
use crate::shell::{Shell, Stop};
use crate::text::Json;
use std::time::Duration;

/// How long a group may take to end, its clients being told.
const END_WITHIN: Duration = Duration::from_secs(10);
/// How long a group that needs nobody else may take to start.
const START_WITHIN: Duration = Duration::from_secs(30);

pub(super) async fn list(session: &Session, shell: &mut Shell<'_>) -> Result<(), Stop> {
    let mut groups = session.groups().await;
    for group in groups.iter_mut().filter(|g| g.role == Role::Owner) {
        let control = Control::connect(&session.place, &group.interface)?;
        group.members = members(&control).await?;
        let passphrase = control.ask("P2P_GET_PASSPHRASE").await?;
        group.passphrase = (!passphrase.starts_with("FAIL")).then_some(passphrase);
    }
    for group in &groups {
        shell.give(&group.json())?;
    }
    if groups.is_empty() {
        return shell.say("No group runs here.");
    }
    let rows: Vec<Vec<String>> = groups
        .iter()
        .map(|g| {
            let members = match g.role {
                Role::Owner if g.members.is_empty() => String::from("nobody yet"),
                Role::Owner => g.members.join(" "),
                Role::Client => String::from("-"),
            };
            let passphrase = g.passphrase.clone().unwrap_or_else(|| String::from("-"));
            vec![g.interface.clone(), g.role.word().into(), g.ssid.clone(), channel(g.frequency), passphrase, members]
        })
        .collect();
    shell.table(&["INTERFACE", "ROLE", "SSID", "CHANNEL", "PASSPHRASE", "CLIENTS"], &rows)
}

/// The clients of a group that we own: their device addresses, or those of their interfaces.
async fn members(control: &Control) -> Result<Vec<String>, Stop> {
    let mut all = Vec::new();
    let mut reply = control.ask("STA-FIRST").await?;
    while let Some((address, device)) = station(&reply) {
        if all.len() >= MAX_LISTED {
            break;
        }
        all.push(device.unwrap_or(address).to_owned());
        let next = format!("STA-NEXT {address}");
        reply = control.ask(&next).await?;
    }
    Ok(all)
}

pub(super) async fn create(
    session: &Session,
    shell: &mut Shell<'_>,
    persistent: bool,
    freq: Option<u32>,
) -> Result<(), Stop> {
    let limit = Limit::within(START_WITHIN);
    let monitor = &session.monitor;
    let running = session.running().await;
    let mut request = String::from("P2P_GROUP_ADD");
    if persistent {
        request.push_str(" persistent");
    }
    if let Some(mhz) = freq {
        request.push_str(&format!(" freq={mhz}"));
    }
    session.accepted(&request, "to own a group").await?;
    let group = follow(shell, monitor, Attempt::new(Phase::Interface, running), limit).await?;
    shell.tell(&format!("Started: {}", group.in_words()), &Json::Object(vec![("group", group.json())]))?;
    let passphrase = group.passphrase.unwrap_or_default();
    shell.say(&format!("Others can join {} with the passphrase {passphrase}", group.ssid))
}

/// The group that the user means.
pub(super) fn one<'a>(groups: &'a [Group], wanted: Option<&str>) -> Result<&'a Group, Stop> {
    let meant: Vec<&Group> = match wanted {
        Some(wanted) => groups.iter().filter(|g| g.interface == wanted || g.ssid == wanted).collect(),
        None => groups.iter().collect(),
    };
    match (meant.as_slice(), wanted) {
        ([only], _) => Ok(only),
        ([], Some(wanted)) => Err(Stop::NotFound(format!("no group runs here that is called {wanted}"))),
        ([], None) => Err(Stop::NotFound(String::from("no group runs here"))),
        (several, _) => {
            let names: Vec<&str> = several.iter().map(|g| g.interface.as_str()).collect();
            Err(Stop::NotFound(format!("several groups run here, name one by its interface: {}", names.join(", "))))
        }
    }
}

pub(super) async fn leave(
    session: &Session,
    shell: &mut Shell<'_>,
    wanted: Option<&str>,
    all: bool,
) -> Result<(), Stop> {
    let monitor = &session.monitor;
    let groups = session.groups().await;
    if all && groups.is_empty() {
        return shell.say("No group runs here.");
    }
    let leaving: Vec<&Group> = if all { groups.iter().collect() } else { vec![one(&groups, wanted)?] };
    for group in leaving {
        let limit = Limit::within(END_WITHIN);
        session.accepted(&format!("P2P_GROUP_REMOVE {}", group.interface), "to leave the group").await?;
        loop {
            let Some(told) = limit.next(monitor).await? else {
                return Err(Stop::Other(format!("{} has not ended in time", group.interface)));
            };
            if let Event::Ended { interface, reason } = told.event
                && interface == group.interface
            {
                let value = Json::Object(vec![
                    ("ended", Json::text(interface)),
                    ("ssid", Json::text(&*group.ssid)),
                    ("reason", Json::maybe(reason.as_deref())),
                ]);
                let why = reasons::removal(reason.as_deref());
                shell.tell(&format!("{} on {} has ended: {why}", group.ssid, group.interface), &value)?;
                break;
            }
        }
    }
    Ok(())
}

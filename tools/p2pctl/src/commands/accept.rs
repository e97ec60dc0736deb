//! `p2pctl accept`: let a device in that asks.

use super::connect::wishes;
use super::{Limit, Session, follow, tell_group};
use crate::args::{Accept, pin};
use crate::attempt::{Attempt, Failure, Phase};
use crate::control::{Control, Monitor};
use crate::event::Event;
use crate::peer::Peer;
use crate::shell::{Shell, Stop};
use crate::text::Json;

/// Longest that a daemon listens in one go, s.
const MAX_LISTEN: u64 = 3600;
/// WSC device password ids (WSC 2.0 Table 38): the asking device's user has typed a PIN that we have shown; it shows one
/// itself; its button was pressed.
const TYPED_THERE: i64 = 1;
const BUTTON: i64 = 4;
const SHOWN_THERE: i64 = 5;
/// A PIN, and it does not say whose.
const SOME_PIN: i64 = 0;

/// How a device wants to come in.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Way {
    Button,
    /// We show this PIN.
    Show(String),
    /// It shows a PIN.
    Type,
}

/// What a device asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Wish {
    /// A group of two.
    Connect(Way),
    /// To be let into the group on this interface.
    Enter(String, Way),
    /// That we come back to this stored group.
    Return(i64),
    /// That we join the group of this owner.
    Join(String),
}

pub(super) async fn run(session: &Session, shell: &mut Shell<'_>, accept: &Accept) -> Result<(), Stop> {
    let limit = Limit::within(accept.terms.timeout);
    if accept.device.is_none() && !accept.yes && (shell.ask.is_none() || shell.json) {
        let text = "name the device, or accept the first that asks with --yes: there is nobody here to be asked";
        return Err(Stop::Other(text.to_owned()));
    }
    let monitor = &session.monitor;
    let running = session.running().await;
    listen(session, accept).await?;
    shell.tell("Waiting for a device that asks", &Json::Object(vec![("phase", Json::text("waiting"))]))?;
    let mut shown: Option<(String, String)> = None;
    while let Some(told) = limit.next(monitor).await? {
        let request = match told.event {
            Event::Asked { peer, password_id } => {
                let way = match password_id {
                    BUTTON => Way::Button,
                    SHOWN_THERE | SOME_PIN => Way::Type,
                    // It can only have been typed there if it was shown here.
                    TYPED_THERE => match shown.take() {
                        Some((to, pin)) if to == peer => Way::Show(pin),
                        _ => continue,
                    },
                    _ => Way::Button,
                };
                Some((peer, Wish::Connect(way)))
            }
            Event::Button { peer, group } => Some((peer, enter(group, Way::Button))),
            Event::EnterPin { peer, group } => Some((peer, enter(group, Way::Type))),
            Event::ShowPin { peer, pin, group } => {
                shown = Some((peer.clone(), pin.clone()));
                Some((peer, enter(group, Way::Show(pin))))
            }
            Event::Invited { source, saved: Some(id), .. } => Some((source, Wish::Return(id))),
            Event::Invited { source, owner, .. } => {
                let owner = owner.unwrap_or_else(|| source.clone());
                Some((source, Wish::Join(owner)))
            }
            Event::Started(group) if !running.contains(&group.interface) => return tell_group(shell, &group),
            Event::Terminating => return Err(Stop::Other(String::from("the daemon has ended"))),
            // The daemon's listening has an end; ours has its own.
            Event::FindStopped => {
                listen(session, accept).await?;
                None
            }
            _ => None,
        };
        let Some((address, wish)) = request else { continue };
        let peer = session.peer(&address).await?.unwrap_or(Peer { address, ..Peer::default() });
        if accept.device.as_deref().is_some_and(|device| !peer.is_called(device)) {
            continue;
        }
        if !asked(shell, accept, &peer, &wish).await? {
            // Told to the device when it asks again; refused for one that is unknown, which changes nothing.
            let _ = session.control.ask(&format!("P2P_REJECT {}", peer.address)).await?;
            continue;
        }
        return admit(session, shell, monitor, accept, &peer, wish, running, limit).await;
    }
    let reason = String::from("no device has asked in time");
    let hint =
        "One side has to ask: `p2pctl connect` there, or choose this device in its list of Wi-Fi Direct devices.";
    Err(Stop::TimedOut(Failure { phase: Phase::Search, reason, hint }))
}

fn enter(group: Option<String>, way: Way) -> Wish {
    match group {
        Some(interface) => Wish::Enter(interface, way),
        None => Wish::Connect(way),
    }
}

async fn listen(session: &Session, accept: &Accept) -> Result<(), Stop> {
    let seconds = accept.terms.timeout.as_secs().min(MAX_LISTEN);
    session.accepted(&format!("P2P_LISTEN {seconds}"), "to be found").await
}

/// Whether the user wants that device in.
async fn asked(shell: &mut Shell<'_>, accept: &Accept, peer: &Peer, wish: &Wish) -> Result<bool, Stop> {
    let how = match wish {
        Wish::Connect(Way::Button) => "wants to connect by push button",
        Wish::Connect(_) => "wants to connect with a PIN",
        Wish::Enter(..) => "wants to join the group of this device",
        Wish::Return(_) => "invites this device back into a stored group",
        Wish::Join(_) => "invites this device into its group",
    };
    let text = format!("{} ({}, {}) {how}", peer.call(), peer.kind(), peer.address);
    let value = Json::Object(vec![("asked", peer.json()), ("text", Json::text(how))]);
    shell.tell(&text, &value)?;
    if accept.yes || accept.device.is_some() {
        return Ok(true);
    }
    let answer = shell.question("Accept? [Y/n] ").await?;
    Ok(answer.is_none_or(|answer| matches!(answer.trim().to_lowercase().as_str(), "" | "y" | "yes")))
}

#[expect(clippy::too_many_arguments, reason = "all of one command's state")]
async fn admit(
    session: &Session,
    shell: &mut Shell<'_>,
    monitor: &Monitor,
    accept: &Accept,
    peer: &Peer,
    wish: Wish,
    running: Vec<String>,
    limit: Limit,
) -> Result<(), Stop> {
    let what = format!("to let {} in", peer.call());
    let wishes = wishes(&accept.terms);
    let phase = match wish {
        Wish::Connect(way) => {
            let way = match way {
                Way::Button => String::from("pbc"),
                Way::Show(pin) => format!("{} display", shown(shell, pin)?),
                Way::Type => format!("{} keypad", typed(shell, accept).await?),
            };
            session.accepted(&format!("P2P_CONNECT {} {way}{wishes}", peer.address), &what).await?;
            Phase::Negotiation
        }
        Wish::Join(owner) => {
            session.accepted(&format!("P2P_CONNECT {owner} pbc join"), &what).await?;
            Phase::Invitation
        }
        Wish::Return(id) => {
            session.accepted(&format!("P2P_GROUP_ADD persistent={id}"), &what).await?;
            Phase::Invitation
        }
        Wish::Enter(interface, way) => {
            let request = match way {
                Way::Button => format!("WPS_PBC p2p_dev_addr={}", peer.address),
                Way::Show(pin) => format!("WPS_PIN any {}", shown(shell, pin)?),
                Way::Type => format!("WPS_PIN any {}", typed(shell, accept).await?),
            };
            let control = Control::connect(&session.place, &interface)?;
            let reply = control.ask(&request).await?;
            if reply.starts_with("FAIL") {
                return Err(session.refused(&what, reply.trim_end()));
            }
            return joined(shell, monitor, peer, limit).await;
        }
    };
    let group = follow(shell, monitor, Attempt::new(phase, running), limit).await?;
    tell_group(shell, &group)
}

fn shown(shell: &mut Shell<'_>, pin: String) -> Result<String, Stop> {
    let value = Json::Object(vec![("show_pin", Json::text(&*pin))]);
    shell.tell(&format!("  type this PIN on the other device: {pin}"), &value)?;
    Ok(pin)
}

async fn typed(shell: &mut Shell<'_>, accept: &Accept) -> Result<String, Stop> {
    if let Some(pin) = &accept.terms.pin {
        return Ok(pin.clone());
    }
    loop {
        let Some(answer) = shell.question("PIN that the other device shows: ").await? else {
            return Err(Stop::Other(String::from("the other device shows a PIN: give it with --pin")));
        };
        // Devices show it in groups.
        let digits: String = answer.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
        match pin(&digits) {
            Ok(pin) => return Ok(pin),
            Err(wrong) => shell.say(&format!("  {wrong}; type it again"))?,
        }
    }
}

/// Waits until the device is in our group.
async fn joined(shell: &mut Shell<'_>, monitor: &Monitor, peer: &Peer, limit: Limit) -> Result<(), Stop> {
    while let Some(told) = limit.next(monitor).await? {
        if let Event::Joined { address, device } = told.event
            && device.as_deref().is_none_or(|d| d.eq_ignore_ascii_case(&peer.address))
        {
            let value = Json::Object(vec![("joined", Json::text(device.unwrap_or(address)))]);
            return shell.tell(&format!("{} is in the group", peer.call()), &value);
        }
    }
    let reason = format!("{} has not come", peer.call());
    Err(Stop::TimedOut(Failure { phase: Phase::Key, reason, hint: "" }))
}

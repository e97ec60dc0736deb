//! `p2pctl invite`: a device into a group of ours.

use super::connect::find;
use super::{Limit, Session, follow, tell_group};
use crate::attempt::{Attempt, Failure, Phase, Progress};
use crate::event::Event;
use crate::peer::Peer;
use crate::reasons;
use crate::shell::{Shell, Stop};
use crate::text::Json;
use std::time::Duration;

/// P2P status 1, information is currently unavailable (Wi-Fi P2P v1.7 Table 9): an invited device asks its user.
const USER_IS_ASKED: i64 = 1;

pub(super) async fn run(
    session: &Session,
    shell: &mut Shell<'_>,
    device: &str,
    group: Option<&str>,
    saved: Option<&str>,
    timeout: Duration,
) -> Result<(), Stop> {
    let limit = Limit::within(timeout);
    let monitor = &session.monitor;
    let peer = find(session, shell, monitor, device, limit).await?;
    let groups = session.groups().await;
    let stored = match saved {
        Some(wanted) => Some(super::saved::one(session, wanted).await?.id),
        None if group.is_none() && groups.is_empty() => match peer.saved {
            Some(id) => Some(id),
            None => {
                let text = format!("no group runs here, and none is stored that {} is in", peer.call());
                return Err(Stop::NotFound(text));
            }
        },
        None => None,
    };
    let what = format!("to invite {}", peer.call());
    if let Some(id) = stored {
        shell.say(&format!("Inviting {} back into a stored group", peer.call()))?;
        let running = groups.into_iter().map(|g| g.interface).collect();
        return back(session, shell, &peer, id, running, limit).await;
    }
    let group = super::groups::one(&groups, group)?;
    shell.say(&format!("Inviting {} into {}", peer.call(), group.ssid))?;
    session.accepted(&format!("P2P_INVITE group={} peer={}", group.interface, peer.address), &what).await?;
    while let Some(told) = limit.next(monitor).await? {
        match told.event {
            Event::InvitationResult { status: 0 } => {
                let value = Json::Object(vec![("invitation", Json::text("accepted"))]);
                return shell.tell(&format!("{} has accepted", peer.call()), &value);
            }
            // Its user has been asked; it joins by itself when that user agrees.
            Event::InvitationResult { status: USER_IS_ASKED } => {
                let value = Json::Object(vec![("invitation", Json::text("delivered"))]);
                return shell.tell(&format!("{} has the invitation, its user is being asked", peer.call()), &value);
            }
            Event::InvitationResult { status } => {
                let failure = Failure { phase: Phase::Invitation, reason: reasons::status(status), hint: "" };
                return Err(Stop::Failed(failure));
            }
            _ => {}
        }
    }
    let reason = String::from("no answer");
    Err(Stop::TimedOut(Failure { phase: Phase::Invitation, reason, hint: "" }))
}

/// Invites a device back into a stored group.
async fn back(
    session: &Session,
    shell: &mut Shell<'_>,
    peer: &Peer,
    id: i64,
    running: Vec<String>,
    limit: Limit,
) -> Result<(), Stop> {
    let what = format!("to invite {}", peer.call());
    session.accepted(&format!("P2P_INVITE persistent={id} peer={}", peer.address), &what).await?;
    let mut attempt = Attempt::new(Phase::Search, running);
    loop {
        let Some(told) = limit.next(&session.monitor).await? else {
            return Err(Stop::TimedOut(attempt.timed_out()));
        };
        match told.event {
            // It asks its user, who takes the group up by himself: so do we.
            Event::InvitationResult { status: USER_IS_ASKED } => {
                let value = Json::Object(vec![("invitation", Json::text("delivered"))]);
                shell.tell("  it has the invitation, its user is being asked", &value)?;
                session.accepted(&format!("P2P_GROUP_ADD persistent={id}"), "to take up the stored group").await?;
                break;
            }
            event => {
                let over = matches!(event, Event::InvitationResult { .. });
                match attempt.event(&event) {
                    Some(Progress::Failed(failure)) => return Err(Stop::Failed(failure)),
                    _ if over => break,
                    _ => {}
                }
            }
        }
    }
    let group = follow(shell, &session.monitor, attempt, limit).await?;
    tell_group(shell, &group)
}

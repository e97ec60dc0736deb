//! `p2pctl monitor`: what happens, as it happens.

use super::{Limit, Session};
use crate::event::Event;
use crate::peer::{Peer, channel};
use crate::reasons;
use crate::shell::{Shell, Stop};
use crate::text::Json;
use std::time::Duration;

/// Far more than anybody watches: a year.
const FOREVER: Duration = Duration::from_secs(365 * 24 * 3600);
/// Events below this level are p2pd's own.
const INFO: u8 = 3;

pub(super) async fn run(
    session: &Session,
    shell: &mut Shell<'_>,
    raw: bool,
    seconds: Option<Duration>,
) -> Result<(), Stop> {
    let monitor = &session.monitor;
    let limit = Limit::within(seconds.unwrap_or(FOREVER));
    while let Some(told) = limit.next(monitor).await? {
        let value =
            Json::Object(vec![("level", Json::Number(told.level.into())), ("event", Json::text(told.text.trim_end()))]);
        shell.give(&value)?;
        if raw {
            if told.level >= INFO {
                shell.say(&told.text)?;
            }
        } else if let Some(text) = in_words(&told.event) {
            shell.say(&text)?;
        }
        if told.event == Event::Terminating {
            break;
        }
    }
    Ok(())
}

/// An event in a sentence; `None` for those that are of no use to people.
fn in_words(event: &Event) -> Option<String> {
    let device = |peer: &Peer| format!("{} ({}, {})", peer.call(), peer.kind(), peer.address);
    Some(match event {
        Event::Found(peer) => format!("found {}: {}", device(peer), peer.offers()),
        Event::Lost { address } => format!("lost {address}"),
        Event::FindStopped => String::from("the search has ended"),
        Event::Asked { peer, .. } => format!("{peer} wants to connect (p2pctl accept)"),
        Event::Button { peer, .. } => format!("{peer} wants to connect by push button (p2pctl accept)"),
        Event::ShowPin { peer, pin, .. } => format!("{peer} wants to connect with this PIN: {pin}"),
        Event::EnterPin { peer, .. } => format!("{peer} wants to connect with the PIN that it shows"),
        Event::Announced { peer } => format!("{peer} is willing"),
        Event::NotAnnounced { status } => format!("the device was asked in vain: {}", reasons::announcement(status)),
        Event::Agreed { owner, frequency } => {
            let part = if *owner { "this device owns the group" } else { "the other device owns the group" };
            format!("agreed: {part}, {}", channel(*frequency))
        }
        Event::Refused { status } => format!("the negotiation has failed: {}", reasons::status(*status)),
        Event::Formed => String::from("the key was handed over"),
        Event::NotFormed => String::from("the group could not be formed"),
        Event::Started(group) => format!("a group runs: {}", group.in_words()),
        Event::Ended { interface, reason } => {
            format!("the group on {interface} has ended: {}", reasons::removal(reason.as_deref()))
        }
        Event::Invited { source, .. } => format!("{source} invites this device (p2pctl accept)"),
        Event::InvitationAccepted { source } => format!("the invitation of {source} was accepted"),
        Event::InvitationResult { status } => format!("the invitation was answered: {}", reasons::status(*status)),
        Event::WpsFailed { message, error } => {
            format!("the key was not handed over: {}", reasons::wps(*message, *error))
        }
        Event::WpsOverlap => String::from("several devices have their button pressed"),
        Event::WpsTimeout => String::from("the button was not pressed in time"),
        Event::Joined { address, device } => format!("{} has joined", device.as_ref().unwrap_or(address)),
        Event::Left { address, device } => format!("{} has left", device.as_ref().unwrap_or(address)),
        Event::Fallback => String::from("the device owns no group after all, it is negotiated with"),
        Event::WrongKey | Event::HandshakeFailed => String::from("the key is wrong"),
        Event::Failed { phase, reason } => format!("the connection has failed ({phase}): {reason}"),
        Event::RequestRefused { reason } => format!("the daemon has refused a request: {reason}"),
        Event::Terminating => String::from("the daemon has ended"),
        Event::Associating | Event::Associated | Event::Wps | Event::WpsDone | Event::Other => return None,
    })
}

//! `p2pctl find`: who is there.

use super::{Limit, Session};
use crate::event::Event;
use crate::shell::{Shell, Stop};
use crate::table;
use crate::text::{Json, cut};
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

/// How long it looks when nobody watches.
const UNWATCHED: Duration = Duration::from_secs(10);
/// How often the table is brought up to date: signals change without an event.
const REFRESH: Duration = Duration::from_secs(1);
/// Far more than anybody looks: a year.
const FOREVER: Duration = Duration::from_secs(365 * 24 * 3600);

pub(super) async fn run(
    session: &Session,
    shell: &mut Shell<'_>,
    seconds: Option<Duration>,
    social: bool,
) -> Result<(), Stop> {
    let monitor = &session.monitor;
    let limit = Limit::within(seconds.unwrap_or(if shell.size().is_some() { FOREVER } else { UNWATCHED }));
    let kind = if social { " type=social" } else { "" };
    session.accepted(&format!("P2P_FIND{kind}"), "to search").await?;
    let mut refresh = interval(REFRESH);
    refresh.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut drawn = 0;
    let mut ended_by_others = false;
    loop {
        tokio::select! {
            told = limit.next(monitor) => {
                let Some(told) = told? else { break };
                match told.event {
                    Event::Found(found) => {
                        let peer = session.peer(&found.address).await?.unwrap_or(*found);
                        shell.give(&Json::Object(vec![("found", peer.json())]))?;
                    }
                    Event::Lost { address } => {
                        shell.give(&Json::Object(vec![("lost", Json::text(address))]))?;
                    }
                    Event::FindStopped => {
                        ended_by_others = !limit.is_over();
                        break;
                    }
                    Event::Terminating => return Err(Stop::Other(String::from("the daemon has ended"))),
                    _ => continue,
                }
                if shell.size().is_some() {
                    drawn = draw(session, shell, drawn).await?;
                }
            }
            _ = refresh.tick(), if shell.size().is_some() => drawn = draw(session, shell, drawn).await?,
        }
    }
    if shell.size().is_none() {
        let peers = session.peers().await?;
        let text = table::peers(&peers, shell.space());
        shell.print(&text)?;
    }
    if ended_by_others {
        shell.say("The search has ended: another program has ended it, or has begun a connection.")?;
    }
    Ok(())
}

/// Draws the table over the one before, which had so many lines.
async fn draw(session: &Session, shell: &mut Shell<'_>, before: usize) -> Result<usize, Stop> {
    let Some(size) = shell.size() else { return Ok(0) };
    let peers = session.peers().await?;
    let text = table::peers(&peers, shell.space());
    // What has scrolled away cannot be written over: the cursor needs a line, the last one here another.
    let most = size.lines.saturating_sub(2);
    let (all, mut drawn) = (text.lines().count(), text.lines().take(most).collect::<Vec<_>>());
    let hidden = if all > most { ", not all shown: the window is too small" } else { "" };
    let last = format!("{} found{hidden}; Ctrl-C ends the search", peers.len());
    drawn.push(cut(&last, size.columns));
    // Up to where the last table began (CUU), and away with it (ED).
    let over = if before == 0 { String::new() } else { format!("\x1b[{before}A\x1b[J") };
    shell.print(&format!("{over}{}\n", drawn.join("\n")))?;
    Ok(drawn.len())
}

//! `p2pctl find`: who is there.

use super::{Limit, Session};
use crate::event::Event;
use crate::shell::{Shell, Stop};
use crate::table;
use crate::text::Json;
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
    let monitor = session.monitor().await?;
    let limit = Limit::within(seconds.unwrap_or(if shell.live { FOREVER } else { UNWATCHED }));
    let kind = if social { " type=social" } else { "" };
    session.accepted(&format!("P2P_FIND{kind}"), "to search").await?;
    let mut refresh = interval(REFRESH);
    refresh.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut drawn = 0;
    loop {
        tokio::select! {
            told = limit.next(&monitor) => {
                let Some(told) = told? else { break };
                match told.event {
                    Event::Found(found) => {
                        let peer = session.peer(&found.address).await?.unwrap_or(*found);
                        shell.give(&Json::Object(vec![("found", peer.json())]))?;
                    }
                    Event::Lost { address } => {
                        shell.give(&Json::Object(vec![("lost", Json::text(address))]))?;
                    }
                    // A connection of somebody else's has ended it.
                    Event::FindStopped => break,
                    Event::Terminating => return Err(Stop::Other(String::from("the daemon has ended"))),
                    _ => continue,
                }
                if shell.live {
                    drawn = draw(session, shell, drawn).await?;
                }
            }
            _ = refresh.tick(), if shell.live => drawn = draw(session, shell, drawn).await?,
        }
    }
    if !shell.live {
        let peers = session.peers().await?;
        shell.print(&table::peers(&peers))?;
    }
    Ok(())
}

/// Draws the table over the one before, which had so many lines.
async fn draw(session: &Session, shell: &mut Shell<'_>, before: usize) -> Result<usize, Stop> {
    let peers = session.peers().await?;
    let mut text = table::peers(&peers);
    text.push_str(&format!("{} found; Ctrl-C ends the search\n", peers.len()));
    let lines = text.lines().count();
    // Up to where the last table began (CUU), and away with it (ED).
    let over = if before == 0 { String::new() } else { format!("\x1b[{before}A\x1b[J") };
    shell.print(&format!("{over}{text}"))?;
    Ok(lines)
}

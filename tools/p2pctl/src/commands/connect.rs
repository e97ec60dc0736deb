//! `p2pctl connect`: to a device, whatever that takes.

use super::{Limit, Session, follow, tell_group};
use crate::args::{Connect, Terms};
use crate::attempt::{Attempt, Failure, Phase};
use crate::control::Monitor;
use crate::event::Event;
use crate::fields::is_address;
use crate::peer::Peer;
use crate::shell::{Shell, Stop};
use crate::text::Json;

pub(super) async fn run(session: &Session, shell: &mut Shell<'_>, connect: &Connect) -> Result<(), Stop> {
    let terms = &connect.terms;
    let limit = Limit::within(terms.timeout);
    let monitor = &session.monitor;
    let running = session.running().await;
    let peer = find(session, shell, monitor, &connect.device, limit).await?;
    let decides = terms.go || terms.client;
    let join = connect.join || (peer.owns_group() && !decides);
    // It may own a group by now. p2pd looks for it quickly; wpa_supplicant would scan all channels five times.
    let look = !join && !decides && !peer.is_fresh() && session.is_p2pd().await?;

    let (way, advice) = match &terms.pin {
        Some(pin) => (format!("{pin} keypad"), "with the PIN that it shows"),
        None if connect.show_pin => (String::from("pin display"), "with a PIN"),
        None => (String::from("pbc"), "by push button: it has to be pressed there, too"),
    };
    let mut request = format!("P2P_CONNECT {} {way}", peer.address);
    if join {
        request.push_str(" join");
    } else if look {
        request.push_str(" auto");
    }
    request.push_str(&wishes(terms));
    if let Some(mhz) = connect.freq {
        request.push_str(&format!(" freq={mhz}"));
    }
    let doing = if join { "Joining the group of" } else { "Connecting to" };
    shell.say(&format!("{doing} {} {advice}", peer.call()))?;
    let reply = session.control.ask(&request).await?;
    match reply.trim_end() {
        "OK" => {}
        pin if connect.show_pin && pin.bytes().all(|b| b.is_ascii_digit()) && !pin.is_empty() => {
            let value = Json::Object(vec![("show_pin", Json::text(pin))]);
            shell.tell(&format!("  type this PIN on the other device: {pin}"), &value)?;
        }
        refusal => return Err(session.refused(&format!("to connect to {}", peer.call()), refusal)),
    }
    let phase = if join { Phase::Search } else { Phase::Negotiation };
    let group = follow(shell, monitor, Attempt::new(phase, running), limit).await?;
    tell_group(shell, &group)
}

/// The words for who owns the group, and whether it is stored.
pub(super) fn wishes(terms: &Terms) -> String {
    let intent = match (terms.go, terms.client) {
        (true, _) => " go_intent=15",
        (_, true) => " go_intent=0",
        _ => "",
    };
    format!("{intent}{}", if terms.persistent { " persistent" } else { "" })
}

/// The device that the user means, searched for when it is not known.
pub(super) async fn find(
    session: &Session,
    shell: &mut Shell<'_>,
    monitor: &Monitor,
    device: &str,
    limit: Limit,
) -> Result<Peer, Stop> {
    if let Some(peer) = session.known(device).await?.filter(|p| !p.barely_known) {
        return Ok(peer);
    }
    let value = Json::Object(vec![("phase", Json::text(Phase::Search.word())), ("text", Json::text(device))]);
    shell.tell(&format!("Looking for {device}"), &value)?;
    session.accepted("P2P_FIND", "to search").await?;
    while let Some(told) = limit.next(monitor).await? {
        match told.event {
            Event::Found(found) if found.is_called(device) => {
                return Ok(session.peer(&found.address).await?.unwrap_or(*found));
            }
            Event::FindStopped => session.accepted("P2P_FIND", "to search").await?,
            Event::Terminating => return Err(Stop::Other(String::from("the daemon has ended"))),
            _ => {}
        }
    }
    let what = if is_address(device) { "has this address" } else { "is called so" };
    let others = match session.peers().await?.len() {
        0 => String::from("no other was"),
        1 => String::from("one other was"),
        others => format!("{others} others were"),
    };
    let reason = format!("no device that {what} was found: {device} ({others})");
    let hint = "`p2pctl find` shows who is there. The other device has to have Wi-Fi Direct open.";
    Err(Stop::TimedOut(Failure { phase: Phase::Search, reason, hint }))
}

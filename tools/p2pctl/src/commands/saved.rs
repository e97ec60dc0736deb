//! `p2pctl saved` and `forget`: stored groups.

use super::{MAX_LISTED, Session};
use crate::fields::is_address;
use crate::group::{Role, Saved};
use crate::shell::{Shell, Stop};
use crate::text::Json;

/// `mode` of a network block that stores a group which we own.
const OWNER: &str = "3";

/// All of them, with our part and the other devices.
async fn all(session: &Session) -> Result<Vec<Saved>, Stop> {
    let mut all = Saved::list(&session.control.ask("LIST_NETWORKS").await?);
    all.truncate(MAX_LISTED);
    for saved in &mut all {
        let mode = session.control.ask(&format!("GET_NETWORK {} mode", saved.id)).await?;
        let owner = mode.trim_end() == OWNER;
        saved.role = Some(if owner { Role::Owner } else { Role::Client });
        if owner {
            let clients = session.control.ask(&format!("GET_NETWORK {} p2p_client_list", saved.id)).await?;
            saved.devices = clients.split_whitespace().filter(|c| is_address(c)).map(str::to_owned).collect();
        }
    }
    Ok(all)
}

/// The stored group that the user means.
pub(super) async fn one(session: &Session, wanted: &str) -> Result<Saved, Stop> {
    let all = all(session).await?;
    let mut meant: Vec<Saved> = all.into_iter().filter(|s| s.id.to_string() == wanted || s.ssid == wanted).collect();
    match (meant.pop(), meant.is_empty()) {
        (Some(only), true) => Ok(only),
        (Some(_), false) => Err(Stop::NotFound(format!("several stored groups are called {wanted}: use the number"))),
        (None, _) => Err(Stop::NotFound(format!("no stored group is called {wanted}"))),
    }
}

pub(super) async fn list(session: &Session, shell: &mut Shell<'_>) -> Result<(), Stop> {
    let all = all(session).await?;
    for saved in &all {
        shell.give(&saved.json())?;
    }
    if all.is_empty() {
        return shell.say("No group is stored. `p2pctl connect DEVICE --persistent` makes one that is.");
    }
    let rows: Vec<Vec<String>> = all
        .iter()
        .map(|s| {
            let role = s.role.map_or("-", Role::word);
            let devices = if s.devices.is_empty() { String::from("-") } else { s.devices.join(" ") };
            vec![s.id.to_string(), s.ssid.clone(), role.to_owned(), devices]
        })
        .collect();
    shell.table(&["ID", "SSID", "ROLE", "WITH"], &rows)
}

pub(super) async fn forget(session: &Session, shell: &mut Shell<'_>, wanted: Option<&str>) -> Result<(), Stop> {
    let forgotten = match wanted {
        Some(wanted) => vec![one(session, wanted).await?],
        None => all(session).await?,
    };
    for saved in &forgotten {
        session.accepted(&format!("REMOVE_NETWORK {}", saved.id), "to forget the group").await?;
        shell.tell(&format!("{} is forgotten", saved.ssid), &Json::Object(vec![("forgotten", saved.json())]))?;
    }
    let written = session.control.accepts("SAVE_CONFIG").await?;
    if !forgotten.is_empty() && written.is_err() {
        shell.say(
            "The daemon does not write its configuration file (update_config=1 is not in it): with its next start \
                   they are back, if they are in the file.",
        )?;
    }
    Ok(())
}

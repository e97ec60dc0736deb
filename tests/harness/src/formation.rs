//! The steps that most scenarios share: discovery, formation, proof and end of a group of two.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::control::Event;
use crate::group::{Group, Role};
use crate::lab::Lab;
use crate::station::{Program, Station};
use crate::transcript::note;

/// How long two searching devices may take to find each other.
pub const FOUND_WITHIN: Duration = Duration::from_secs(30);
/// How long a formation may take, from the second user's consent.
pub const FORMED_WITHIN: Duration = Duration::from_secs(60);
/// How long it may take with wpa_supplicant, which may lose one negotiation and needs up to a minute to notice.
const FORMED_WITH_THEIRS_WITHIN: Duration = Duration::from_secs(180);
/// How long a group may take to end.
pub const REMOVED_WITHIN: Duration = Duration::from_secs(10);

/// How long one side is looked at before the other.
const TURN: Duration = Duration::from_millis(50);
/// How often wpa_supplicant's user tries again in one formation.
const TRIES_OF_THEIRS: u32 = 3;

/// Both search until each has reported the other.
pub fn discover(a: &mut Station, b: &mut Station) -> Result<()> {
    let (first, second) = (a.address()?, b.address()?);
    for station in [&mut *a, &mut *b] {
        station.control().forget();
        station.ok("P2P_FIND")?;
    }
    found(a, &second, b.name())?;
    found(b, &first, a.name())?;
    Ok(())
}

/// Waits until a device is reported, and checks what is said of it.
pub fn found(searcher: &mut Station, address: &str, name: &str) -> Result<Event> {
    let pattern =
        format!("^P2P-DEVICE-FOUND \\S+ p2p_dev_addr={address} pri_dev_type=\\S+ name='{name}' config_methods=0x");
    searcher.control().expect(&pattern, FOUND_WITHIN)
}

/// What a user says when connecting.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wish<'a> {
    /// The group owner intent; the daemon's default when absent.
    pub intent: Option<u8>,
    /// Further words of the command.
    pub more: &'a str,
}

impl Wish<'_> {
    /// To be owner by all means.
    pub const OWNER: Self = Self { intent: Some(15), more: "" };
    /// To be client by all means.
    pub const CLIENT: Self = Self { intent: Some(0), more: "" };

    /// Demands that the device became what its user insisted on.
    pub fn check(&self, group: &Group) -> Result<()> {
        let role = match self.intent {
            Some(15) => Role::Owner,
            Some(0) => Role::Client,
            _ => return Ok(()),
        };
        ensure!(group.role == role, "wished {self:?}, became {:?}", group.role);
        Ok(())
    }

    /// The command for a push-button connection.
    pub fn push_button(&self, peer: &str) -> String {
        self.command(peer, "pbc")
    }

    /// The command with this method.
    pub fn command(&self, peer: &str, method: &str) -> String {
        let intent = self.intent.map(|intent| format!(" go_intent={intent}")).unwrap_or_default();
        let blank = if self.more.is_empty() { "" } else { " " };
        format!("P2P_CONNECT {peer} {method}{intent}{blank}{}", self.more)
    }
}

/// Forms a group by push button. `first` connects at once, `second` after `delay`; both know each other already.
pub fn form(
    (first, first_wish): (&mut Station, Wish<'_>),
    (second, second_wish): (&mut Station, Wish<'_>),
    delay: Duration,
) -> Result<(Group, Group)> {
    let (one, two) = (first.address()?, second.address()?);
    for station in [&mut *first, &mut *second] {
        station.control().forget();
    }
    let commands = [first_wish.push_button(&two), second_wish.push_button(&one)];
    let [first_command, second_command] = &commands;
    first.ok(first_command)?;
    if !delay.is_zero() {
        thread::sleep(delay);
    }
    second.ok(second_command)?;
    let groups = agreed([(first, first_command), (second, second_command)])?;
    check_pair(first, &groups.0, second, &groups.1)?;
    first_wish.check(&groups.0)?;
    second_wish.check(&groups.1)?;
    Ok(groups)
}

/// Waits until both sides, each with the command that it was given, have agreed and started the group.
///
/// wpa_supplicant loses a negotiation now and then when its own request is under way as the peer's arrives: it cannot
/// send its response then, and gives up. Its user may try again; ours must not need to.
pub fn agreed(mut sides: [(&mut Station, &String); 2]) -> Result<(Group, Group)> {
    let mut results: [Option<Event>; 2] = [None, None];
    let mut again = 0;
    let theirs = sides.iter().any(|(station, _)| station.program() == Program::Theirs);
    let end = Instant::now() + if theirs { FORMED_WITH_THEIRS_WITHIN } else { FORMED_WITHIN };
    while results.iter().any(Option::is_none) {
        for ((station, command), result) in sides.iter_mut().zip(&mut results) {
            if result.is_some() {
                continue;
            }
            let left = end.saturating_duration_since(Instant::now());
            let pattern = "^P2P-GO-NEG-(SUCCESS|FAILURE) ";
            let control = station.control();
            let event =
                if left.is_zero() { Some(control.expect(pattern, left)?) } else { control.wait(pattern, TURN)? };
            match event {
                Some(event) if event.text.starts_with("P2P-GO-NEG-FAILURE status=-1") => {
                    again += 1;
                    let theirs = station.program() == Program::Theirs;
                    ensure!(theirs && again <= TRIES_OF_THEIRS, "{}: {}", station.name(), event.text);
                    note(station.name(), "its user tries again");
                    station.ok(command)?;
                }
                other => *result = other,
            }
        }
    }
    let [(first, _), (second, _)] = sides;
    let [Some(one), Some(two)] = results else { bail!("no result") };
    Ok((formed(first, &one)?, formed(second, &two)?))
}

/// Waits through the events of one side of a formation, in their order, after its negotiation ended so.
fn formed(station: &mut Station, agreed: &Event) -> Result<Group> {
    ensure!(agreed.text.starts_with("P2P-GO-NEG-SUCCESS role="), "{}: {}", station.name(), agreed.text);
    let control = station.control();
    control.expect("^P2P-GROUP-FORMATION-SUCCESS", FORMED_WITHIN)?;
    let group = started(station)?;
    let role = if group.role == Role::Owner { "GO" } else { "client" };
    ensure!(
        agreed.field("role") == Some(role) && agreed.field("freq") == Some(&group.frequency.to_string()),
        "{}: negotiated {:?}, started {group:?}",
        station.name(),
        agreed.text
    );
    Ok(group)
}

/// Waits for the start of a group.
pub fn started(station: &mut Station) -> Result<Group> {
    let event = station.control().expect("^P2P-GROUP-(STARTED|FORMATION-FAILURE|REMOVED)", FORMED_WITHIN)?;
    Group::from_event(&event).with_context(|| station.name().to_owned())
}

/// Demands that two stations are the owner and the client of one group.
pub fn check_pair(a: &mut Station, group_a: &Group, b: &mut Station, group_b: &Group) -> Result<()> {
    group_a.check_same(group_b)?;
    ensure!(group_a.role != group_b.role, "no owner: {group_a:?}");
    let owner = if group_a.role == Role::Owner { a.address()? } else { b.address()? };
    ensure!(group_a.owner == owner, "the owner is {owner}, the event says {}", group_a.owner);
    for (station, group) in [(a, group_a), (b, group_b)] {
        let status = station.group_control(group)?.request("STATUS")?;
        for line in [format!("ssid={}", group.ssid), format!("freq={}", group.frequency), "wpa_state=COMPLETED".into()]
        {
            ensure!(status.lines().any(|l| l == line), "{}: no {line:?} in {status:?}", station.name());
        }
    }
    Ok(())
}

/// Which member ends a group of two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ends {
    /// The owner; the client is told.
    Owner,
    /// The client, and the owner after it.
    Client,
}

/// Ends a group of two, checks both sides' events, and that nothing is left behind.
pub fn dissolve(a: (&mut Station, &Group), b: (&mut Station, &Group), ends: Ends) -> Result<()> {
    let ((owner, owned), (client, joined)) = if a.1.role == Role::Owner { (a, b) } else { (b, a) };
    for station in [&mut *owner, &mut *client] {
        station.control().forget();
    }
    match ends {
        Ends::Owner => {
            owner.ok(&format!("P2P_GROUP_REMOVE {}", owned.interface))?;
            removed(owner, owned, "REQUESTED")?;
            removed(client, joined, "GO_ENDING_SESSION")?;
        }
        Ends::Client => {
            let mut watched = owner.group_control(owned)?;
            client.ok(&format!("P2P_GROUP_REMOVE {}", joined.interface))?;
            removed(client, joined, "REQUESTED")?;
            watched.expect("^AP-STA-DISCONNECTED ", REMOVED_WITHIN)?;
            owner.ok(&format!("P2P_GROUP_REMOVE {}", owned.interface))?;
            removed(owner, owned, "REQUESTED")?;
        }
    }
    owner.check_nothing_left()?;
    client.check_nothing_left()
}

/// Waits until a group is reported as ended, for this reason.
pub fn removed(station: &mut Station, group: &Group, reason: &str) -> Result<()> {
    let role = if group.role == Role::Owner { "GO" } else { "client" };
    let pattern = format!("^P2P-GROUP-REMOVED {} {role} reason={reason}$", group.interface);
    station.control().expect(&pattern, REMOVED_WITHIN)?;
    Ok(())
}

/// Discovery, formation, traffic, end: the whole life of a group of two.
pub fn whole_life(
    lab: &mut Lab,
    (first, first_wish): (&mut Station, Wish<'_>),
    (second, second_wish): (&mut Station, Wish<'_>),
    delay: Duration,
    ends: Ends,
) -> Result<()> {
    discover(first, second)?;
    let (one, two) = form((first, first_wish), (second, second_wish), delay)?;
    lab.check_traffic(&[(first, &one), (second, &two)])?;
    dissolve((first, &one), (second, &two), ends)
}

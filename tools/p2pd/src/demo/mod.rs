//! `p2pd demo`: two devices form a group on a simulated medium and pass data through it.

mod frames;

use crate::config::{ConfigFile, Settings as FileSettings};
use crate::events::{self, Context, Known, Scope};
use crate::interface::Interface;
use frames::Names;
use std::io::Write;
use std::ops::ControlFlow;
use std::process::ExitCode;
use std::time::Duration;
use wifi_direct::api::{Event, GroupInfo, Role};
use wifi_direct::simulation::{DeviceId, Meeting, OnAir, Profile, Settings, World};

/// What the two are called.
const NAMES: [&str; 2] = ["phone", "television"];

/// How long data may take through the group.
const DATA_LIMIT: Duration = Duration::from_secs(1);

/// How often it is sent until it has arrived.
const DATA_REPEAT: Duration = Duration::from_millis(20);

/// From the end of the handshake until the owner's radio has opened the client's port: a command's time, generously.
const PORT: Duration = Duration::from_millis(10);

/// Each direction's data.
const MESSAGES: [&[u8]; 2] = [b"hello from the phone", b"hello from the television"];

/// Runs it with everything random drawn from `seed`.
pub fn run(seed: u64) -> ExitCode {
    match demonstrate(seed, &mut std::io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("p2pd: demo: {reason}");
            ExitCode::FAILURE
        }
    }
}

/// Tells the whole run to `out`.
///
/// # Errors
/// What did not work, or why it could not be written.
pub fn demonstrate(seed: u64, out: &mut impl Write) -> Result<(), String> {
    let mut world = World::new(seed, Settings::default());
    let devices = NAMES.map(|name| world.add(World::config(name), Profile::P2pDevice));
    let mut screens = Vec::new();
    for name in NAMES {
        screens.push(Screen::new(name)?);
    }
    say(
        out,
        format_args!("Two devices on a simulated medium, seed {seed}; time is virtual. What each tells its user:\n"),
    )?;

    let mut written = Ok(());
    let outcome = Meeting::push_button(devices[0], devices[1]).run(&mut world, |world, by, event| {
        if let Some(screen) = screens.get_mut(by.0)
            && written.is_ok()
        {
            written = screen.show(world.now(), event, out);
        }
    });
    written?;
    if let Some((by, phase, cause)) = outcome.failed {
        return Err(format!("{}: connection failed in {phase:?}: {cause}", NAMES[by.0]));
    }
    let found = outcome.found.ok_or("the devices did not find each other")?;
    let formed = outcome.formed.ok_or("no group in time")?;
    let groups = devices.map(|id| world.group(id));
    let [Some(first), Some(second)] = groups else { return Err("the group is not there".into()) };

    // The group's interfaces carry data once the owner has the last key frame of the handshake too.
    let open = world.run_until(DATA_LIMIT, |world| {
        let owner = devices.iter().filter_map(|id| world.group(*id)).find(|g| g.role == Role::Owner);
        owner.is_some_and(|g| g.stations.iter().any(|s| s.authorized))
    });
    if !open {
        return Err("the owner has no authorized station".into());
    }
    world.run_for(PORT);
    for (from, to, text) in [(0, 1, MESSAGES[0]), (1, 0, MESSAGES[1])] {
        let ends: [&GroupInfo; 2] = [&first, &second];
        deliver(&mut world, (devices[from], ends[from]), (devices[to], ends[to]), text)
            .map_err(|reason| format!("data of {}: {reason}", NAMES[from]))?;
        let shown = String::from_utf8_lossy(text);
        say(out, format_args!("{:>11.6} {:<10} received \"{shown}\"", world.now().as_secs_f64(), NAMES[to]))?;
    }
    let encrypted = world.air().recorded().iter().filter(|f| frames::carries_encrypted_data(f)).count();
    if encrypted < MESSAGES.len() {
        return Err("data went through the air in the clear".into());
    }

    let mut names = Names::default();
    for (name, (id, info)) in NAMES.iter().zip(devices.iter().zip([&first, &second])) {
        names.add(world.address(*id), name);
        names.add(info.address, &format!("{name} {}", info.interface));
    }
    say(out, format_args!("\nWhat went through the air (repetitions, searches and beacons folded):\n"))?;
    let recorded: &[OnAir] = world.air().recorded();
    frames::list(recorded, &names, out).map_err(|error| error.to_string())?;
    say(
        out,
        format_args!(
            "\nFound each other in {:.3} s, group on both sides {:.3} s after the request, {} frames sent.",
            found.as_secs_f64(),
            formed.as_secs_f64(),
            recorded.len()
        ),
    )
}

/// Sends data until it has arrived: what a device has told its user its radio may yet have to carry out.
fn deliver(
    world: &mut World,
    (from, sender): (DeviceId, &GroupInfo),
    (to, receiver): (DeviceId, &GroupInfo),
    text: &[u8],
) -> Result<(), String> {
    let limit = world.now() + DATA_LIMIT;
    let mut refusal = None;
    while world.now() < limit {
        refusal = world.send(from, sender.id, receiver.address, text).err();
        world.run(world.now() + DATA_REPEAT, |_, _, _| ControlFlow::Continue(()));
        if let Some(data) = world.receive(to) {
            // Those that went out before the first arrived are the same.
            while world.receive(to).is_some() {}
            return if data.payload == text { Ok(()) } else { Err("arrived changed".into()) };
        }
    }
    Err(refusal.map_or_else(|| String::from("did not arrive"), |refused| refused.to_string()))
}

fn say(out: &mut impl Write, text: std::fmt::Arguments<'_>) -> Result<(), String> {
    writeln!(out, "{text}").map_err(|error| error.to_string())
}

/// Shows one device's events as its daemon would.
struct Screen {
    name: &'static str,
    interface: Interface,
    groups: Vec<Known>,
}

impl Screen {
    fn new(name: &'static str) -> Result<Self, String> {
        let file = ConfigFile::parse("").map_err(|(line, error)| format!("line {line}: {error}"))?;
        let settings = FileSettings::from_file(&file).map_err(|(line, error)| format!("line {line}: {error}"))?;
        let mut interface = Interface::new("wlan0", file, settings);
        interface.p2p_device_name = Some(String::from("p2p-dev-wlan0"));
        Ok(Self { name, interface, groups: Vec::new() })
    }

    fn show(&mut self, at: Duration, event: &Event, out: &mut impl Write) -> Result<(), String> {
        match event {
            Event::InterfaceAdded { group, interface, .. } => {
                self.groups.push(Known { id: *group, interface: interface.clone(), role: None, started: false });
            }
            Event::GroupStarted(info) => {
                self.groups.iter_mut().filter(|g| g.id == info.id).for_each(|g| g.role = Some(info.role));
            }
            Event::P2p(p2p_core::Event::NegotiationSucceeded(negotiated)) => {
                let role = if negotiated.owner { Role::Owner } else { Role::Client };
                self.groups.iter_mut().for_each(|g| g.role = Some(role));
            }
            // A search is dozens of scans.
            Event::ScanStarted | Event::ScanResults => return Ok(()),
            _ => {}
        }
        let context = Context { interface: &self.interface, groups: &self.groups, pin: || None };
        for line in events::lines(&context, event) {
            let place = match &line.scope {
                Scope::Device => "",
                Scope::Interface(name) | Scope::Socket(name) => name,
                Scope::DeviceCopy => continue,
            };
            let gap = if place.is_empty() { "" } else { ": " };
            let (time, name) = (at.as_secs_f64(), self.name);
            say(out, format_args!("{time:>11.6} {name:<10} {place}{gap}<{}>{}", line.level, line.text))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::demonstrate;

    fn told(seed: u64) -> String {
        let mut out = Vec::new();
        demonstrate(seed, &mut out).expect("the demo works");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn tells_events_and_frames_from_find_to_data() {
        let text = told(1);
        let mut rest = text.as_str();
        for expected in [
            "P2P-DEVICE-FOUND ",
            "P2P-GO-NEG-REQUEST ",
            "P2P-GO-NEG-SUCCESS ",
            "WPS-SUCCESS",
            "P2P-GROUP-STARTED ",
            "received \"hello from the television\"",
            "Probe Request",
            "GO Negotiation Request (intent 7",
            "GO Negotiation Confirmation",
            "WSC M1",
            "WSC M8",
            "EAPOL-Key message 1 of 4",
            "EAPOL-Key message 4 of 4",
            "encrypted data",
        ] {
            let at = rest.find(expected).unwrap_or_else(|| panic!("{expected:?} comes, in order, in:\n{text}"));
            rest = &rest[at + expected.len()..];
        }
    }

    #[test]
    fn is_the_same_for_the_same_seed() {
        assert_eq!(told(7), told(7));
        assert_ne!(told(7), told(8));
    }
}

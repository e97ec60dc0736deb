//! What is measured: discovery, formation, and finding an owner that already runs, in radio time. Every boot measures the
//! daemon and wpa_supplicant one after the other, so that both are compared in the same machine.

use std::fmt::Write as _;
use std::fs;
use std::net::Ipv4Addr;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use harness::formation::{FORMED_WITHIN, FOUND_WITHIN, Wish};
use harness::nl80211::Nl80211;
use harness::rtnetlink;
use harness::{Group, Kind, Lab, Program, Scenario, Station, traffic};

use crate::draw::Draw;
use crate::pairing;

/// The file of a boot's samples, one a line: who, what, and the seconds that it took or [`FAILED`].
pub const SAMPLES_FILE: &str = "samples";
/// Stands for the seconds of what did not come about.
pub const FAILED: &str = "failed";

const OURS: [Program; 2] = [Program::Ours, Program::Ours];
const THEIRS: [Program; 2] = [Program::Theirs, Program::Theirs];
const MIXED: [[Program; 2]; 3] = [[Program::Ours, Program::Theirs], [Program::Theirs, Program::Ours], THEIRS];
/// The channels on which devices listen.
const SOCIAL: [u8; 3] = [1, 6, 11];
/// How often an echo is asked for until the group carries it.
const ECHO_PERIOD: Duration = Duration::from_millis(20);
/// How long a group may take to end.
const ENDED_WITHIN: Duration = Duration::from_secs(5);
/// Between two trials.
const REST: Duration = Duration::from_millis(500);
/// What the kernel needs at most to take over a country.
const COUNTRY_SETTLES: Duration = Duration::from_millis(500);
/// Real time that a boot may take: a pair of wpa_supplicants needs up to a minute of radio time for one trial.
const LIMIT: Duration = Duration::from_secs(1800);

/// Owners in the world domain: social channels, and others of 2.4 GHz; at 5 GHz nobody may start there.
const WORLD: (&str, &[u32]) = ("00", &[2412, 2437, 2462, 2422, 2432, 2447, 2452]);
/// Owners in a country that has both 5 GHz bands: 17 channels beside the social ones are open to an owner.
const COUNTRY: (&str, &[u32]) = ("US", &[2412, 2437, 2462, 2422, 2447, 5180, 5200, 5220, 5240, 5745, 5765, 5805, 5825]);

/// What a boot has measured so far.
#[derive(Default)]
struct Samples(String);

impl Samples {
    fn add(&mut self, who: &str, what: &str, took: Result<Duration>) {
        let value =
            took.map_or_else(|error| format!("{FAILED} {error:#}"), |took| format!("{:.4}", took.as_secs_f64()));
        let _ = writeln!(self.0, "{who} {what} {}", value.replace('\n', " "));
    }

    fn save(&self, lab: &Lab) -> Result<()> {
        fs::write(lab.directory().join(SAMPLES_FILE), &self.0).context(SAMPLES_FILE)
    }
}

/// Whether the owner is the first of the pair by its user's will, or whoever the devices agree on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    First,
    Either,
}

/// Finds and forms as often as the settings say with each of the pairs.
fn formations(lab: &mut Lab, kind: Kind, pairs: &[[Program; 2]], owner: Owner, loss: f64) -> Result<()> {
    let medium = (loss > 0.0).then(|| lab.medium()).transpose()?;
    if let Some(medium) = &medium {
        medium.lose_at_random(loss, lab.settings.seed);
    }
    let mut samples = Samples::default();
    for (number, &programs) in pairs.iter().enumerate() {
        let who = pairing::name(programs);
        // The same pauses for every pair.
        let mut draw = Draw(lab.settings.seed);
        let mut a = lab.station(&format!("a{number}"), programs[0], kind, "")?;
        let mut b = lab.station(&format!("b{number}"), programs[1], kind, "")?;
        for trial in 0..u64::from(lab.settings.rounds) {
            let pair = trial + lab.settings.seed;
            for (station, channel) in [(&mut a, pair % 3), (&mut b, pair / 3 % 3)] {
                station.ok("P2P_STOP_FIND")?;
                station.ok("P2P_FLUSH")?;
                station.ok(&format!("P2P_SET listen_channel {}", SOCIAL[channel as usize]))?;
                station.control().forget();
            }
            let found = find(&mut a, &mut b, &mut draw);
            let is_found = found.is_ok();
            samples.add(&who, "find", found);
            if is_found {
                let formed = form(lab, &mut a, &mut b, owner, &mut draw);
                samples.add(&who, "form", formed);
            }
            end(&mut [&mut a, &mut b])?;
        }
        a.stop()?;
        b.stop()?;
    }
    samples.save(lab)
}

/// From the second search until each has reported the other.
fn find(a: &mut Station, b: &mut Station, draw: &mut Draw) -> Result<Duration> {
    let (one, two) = (a.address()?, b.address()?);
    a.ok("P2P_FIND")?;
    draw.pause();
    let start = Instant::now();
    b.ok("P2P_FIND")?;
    for (station, peer) in [(a, two), (b, one)] {
        station.control().expect(&format!("^P2P-DEVICE-FOUND \\S+ p2p_dev_addr={peer}"), FOUND_WITHIN)?;
    }
    Ok(start.elapsed())
}

/// From the second user's consent until both have started the group and an echo went both ways.
fn form(lab: &mut Lab, a: &mut Station, b: &mut Station, owner: Owner, draw: &mut Draw) -> Result<Duration> {
    let (one, two) = (a.address()?, b.address()?);
    let wishes = if owner == Owner::First { [Wish::OWNER, Wish::CLIENT] } else { [Wish::default(); 2] };
    a.ok(&wishes[0].push_button(&two))?;
    draw.pause();
    let start = Instant::now();
    b.ok(&wishes[1].push_button(&one))?;
    let groups = [started(a)?, started(b)?];
    let addresses = lab.number(&[(a, &groups[0]), (b, &groups[1])])?;
    // What is measured ends with a frame each way; to ask for addresses would take broadcasts, which are lost on a bad medium
    // and repeated after a second.
    acquaint(a, &groups[0], addresses[1], &hardware_address(b, &groups[1])?)?;
    acquaint(b, &groups[1], addresses[0], &hardware_address(a, &groups[0])?)?;
    traffic::reach(a.namespace(), addresses[1], ECHO_PERIOD, FORMED_WITHIN)?;
    traffic::reach(b.namespace(), addresses[0], ECHO_PERIOD, FORMED_WITHIN)?;
    Ok(start.elapsed())
}

fn hardware_address(station: &Station, group: &Group) -> Result<Vec<u8>> {
    let interfaces = station.interfaces()?;
    let found = interfaces.into_iter().find(|each| each.name.as_deref() == Some(group.interface.as_str()));
    Ok(found.with_context(|| format!("{}: no {}", station.name(), group.interface))?.address)
}

fn acquaint(station: &Station, group: &Group, neighbour: Ipv4Addr, hardware: &[u8]) -> Result<()> {
    station.namespace().run(|| rtnetlink::add_neighbour(&group.interface, neighbour, hardware))
}

fn started(station: &mut Station) -> Result<Group> {
    let event = station
        .control()
        .expect("^P2P-GROUP-STARTED|^P2P-GO-NEG-FAILURE|^P2P-GROUP-FORMATION-FAILURE", FORMED_WITHIN)?;
    ensure!(event.text.starts_with("P2P-GROUP-STARTED"), "{}: {}", station.name(), event.text);
    Group::from_event(&event)
}

/// Ends whatever the stations are in. One may be there without a group, so that no answer is demanded.
fn end(stations: &mut [&mut Station]) -> Result<()> {
    for station in &mut *stations {
        station.control().request("P2P_CANCEL")?;
        station.control().request("P2P_GROUP_REMOVE *")?;
    }
    for station in stations {
        station.control().wait("^P2P-GROUP-REMOVED", ENDED_WITHIN)?;
    }
    thread::sleep(REST);
    Ok(())
}

/// From a search until an owner that already runs is reported, channel by channel in random order; a group a trial.
fn owners(lab: &mut Lab, kind: Kind, (country, channels): (&str, &[u32])) -> Result<()> {
    if country != WORLD.0 {
        Nl80211::open()?.set_country(country)?;
        thread::sleep(COUNTRY_SETTLES);
    }
    let mut samples = Samples::default();
    for (number, programs) in [OURS, THEIRS].into_iter().enumerate() {
        let who = pairing::name(programs);
        let mut draw = Draw(lab.settings.seed);
        let mut owner = lab.station(&format!("a{number}"), programs[0], kind, "")?;
        let mut searcher = lab.station(&format!("b{number}"), programs[1], kind, "")?;
        let mut order = channels.repeat(lab.settings.rounds as usize);
        draw.shuffle(&mut order);
        for channel in order {
            let took = find_owner(&mut owner, &mut searcher, channel, &mut draw);
            samples.add(&who, &format!("{channel} MHz"), took);
            searcher.ok("P2P_STOP_FIND")?;
            end(&mut [&mut owner])?;
        }
        owner.stop()?;
        searcher.stop()?;
    }
    samples.save(lab)
}

fn find_owner(owner: &mut Station, searcher: &mut Station, channel: u32, draw: &mut Draw) -> Result<Duration> {
    let address = owner.address()?;
    owner.control().forget();
    owner.ok(&format!("P2P_GROUP_ADD freq={channel}"))?;
    started(owner)?;
    searcher.ok("P2P_FLUSH")?;
    searcher.ok("BSS_FLUSH 0")?;
    draw.pause();
    searcher.control().forget();
    let start = Instant::now();
    searcher.ok("P2P_FIND")?;
    searcher.control().expect(&format!("^P2P-DEVICE-FOUND .*p2p_dev_addr={address}"), FOUND_WITHIN)?;
    Ok(start.elapsed())
}

/// What can be measured.
pub fn benches() -> Vec<Scenario> {
    let mut list = Vec::new();
    for kind in Kind::ALL {
        let add = |list: &mut Vec<Scenario>, name: &str, inside: fn(&mut Lab, Kind) -> Result<()>| {
            let scenario = Scenario::new(format!("{name}::{}", kind.name()), move |lab| inside(lab, kind));
            list.push(scenario.within(LIMIT));
        };
        add(&mut list, "bench::pairs", |lab, kind| formations(lab, kind, &[OURS, THEIRS], Owner::Either, 0.0));
        add(&mut list, "bench::mixed", |lab, kind| formations(lab, kind, &MIXED, Owner::First, 0.0));
        add(&mut list, "bench::loss-30", |lab, kind| formations(lab, kind, &[OURS, THEIRS], Owner::Either, 0.3));
        add(&mut list, "bench::loss-60", |lab, kind| formations(lab, kind, &[OURS, THEIRS], Owner::Either, 0.6));
        add(&mut list, "bench::owner-world", |lab, kind| owners(lab, kind, WORLD));
        add(&mut list, "bench::owner-country", |lab, kind| owners(lab, kind, COUNTRY));
    }
    list
}

//! What is measured: discovery and formation, one sample a boot, in radio time.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use harness::formation::{FORMED_WITHIN, FOUND_WITHIN, Wish};
use harness::{Group, Kind, Lab, Program, Scenario, Station, traffic};

use crate::pairing;

/// The file of a sample: a line with a name and seconds for each thing measured.
pub const SAMPLE_FILE: &str = "sample";
/// The channels on which devices listen.
const SOCIAL: [u8; 3] = [1, 6, 11];
/// How often an echo is asked for until the group carries it.
const ECHO_PERIOD: Duration = Duration::from_millis(20);

/// Numbers that vary with the seed (SplitMix64).
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let word = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ word >> 31
    }

    /// A pause of up to a second, as between two people.
    fn pause(&mut self) {
        thread::sleep(Duration::from_millis(self.next() % 1000));
    }

    fn listen_channel(&mut self) -> u8 {
        SOCIAL[(self.next() % 3) as usize]
    }
}

/// "find": from the second search until each has reported the other. "form": from the second consent until both have
/// started the group and an echo went both ways.
fn measure(lab: &mut Lab, programs: [Program; 2], kind: Kind) -> Result<()> {
    let mut draw = Draw(lab.settings.seed);
    let config = |channel| format!("p2p_listen_reg_class=81\np2p_listen_channel={channel}");
    let mut a = lab.station("a", programs[0], kind, &config(draw.listen_channel()))?;
    let mut b = lab.station("b", programs[1], kind, &config(draw.listen_channel()))?;
    let (one, two) = (a.address()?, b.address()?);

    a.ok("P2P_FIND")?;
    draw.pause();
    let start = Instant::now();
    b.ok("P2P_FIND")?;
    let found = |station: &mut Station, peer: &str| {
        station.control().expect(&format!("^P2P-DEVICE-FOUND \\S+ p2p_dev_addr={peer}"), FOUND_WITHIN)
    };
    found(&mut a, &two)?;
    found(&mut b, &one)?;
    let find = start.elapsed();

    a.ok(&Wish::OWNER.push_button(&two))?;
    draw.pause();
    let start = Instant::now();
    b.ok(&Wish::CLIENT.push_button(&one))?;
    let groups = [started(&mut a)?, started(&mut b)?];
    let addresses = lab.number(&[(&a, &groups[0]), (&b, &groups[1])])?;
    traffic::reach(a.namespace(), addresses[1], ECHO_PERIOD, FORMED_WITHIN)?;
    traffic::reach(b.namespace(), addresses[0], ECHO_PERIOD, FORMED_WITHIN)?;
    let form = start.elapsed();

    let text = format!("find {:.4}\nform {:.4}\n", find.as_secs_f64(), form.as_secs_f64());
    fs::write(lab.directory().join(SAMPLE_FILE), text)?;
    Ok(())
}

fn started(station: &mut Station) -> Result<Group> {
    let event = station
        .control()
        .expect("^P2P-GROUP-STARTED|^P2P-GO-NEG-FAILURE|^P2P-GROUP-FORMATION-FAILURE", FORMED_WITHIN)?;
    ensure!(event.text.starts_with("P2P-GROUP-STARTED"), "{}: {}", station.name(), event.text);
    Group::from_event(&event)
}

/// What can be measured: every pairing, the first as the owner, on every kind of radio.
pub fn benches() -> Vec<Scenario> {
    let mut list = Vec::new();
    for programs in pairing::ALL {
        for kind in Kind::ALL {
            let name = format!("bench::formation::{}::{}", pairing::name(programs), kind.name());
            list.push(Scenario::new(name, move |lab| measure(lab, programs, kind)));
        }
    }
    list
}

//! Push-button formation, N times in a row: every pairing, either side as the initiator and as the owner, on every kind
//! of radio.

use std::time::Duration;

use anyhow::{Context, Result};
use harness::formation::{Ends, Wish, whole_life};
use harness::{Kind, Lab, Program, Scenario};

use crate::pairing;

/// What a formation is made of.
#[derive(Clone, Copy)]
struct Case {
    /// The programs of the two stations: the first one initiates.
    programs: [Program; 2],
    /// Whether the initiator wants to be owner.
    initiator_owns: bool,
    kind: Kind,
    /// Added to both configurations.
    config: &'static str,
}

impl Case {
    fn run(self, lab: &mut Lab) -> Result<()> {
        let mut a = lab.station("a", self.programs[0], self.kind, self.config)?;
        let mut b = lab.station("b", self.programs[1], self.kind, self.config)?;
        let (first, second) =
            if self.initiator_owns { (Wish::OWNER, Wish::CLIENT) } else { (Wish::CLIENT, Wish::OWNER) };
        // Two of theirs only show that the harness is right.
        let rounds = if self.programs == [Program::Theirs; 2] { 2 } else { lab.settings.rounds };
        for round in 0..rounds {
            // The second user takes longer from round to round, up to the length of two listen phases.
            let delay = Duration::from_millis(150 * u64::from(round % 5));
            let ends = if round % 2 == 0 { Ends::Owner } else { Ends::Client };
            whole_life(lab, (&mut a, first), (&mut b, second), delay, ends)
                .with_context(|| format!("round {}", round + 1))?;
        }
        a.stop()?;
        b.stop()?;
        a.check_nothing_left()?;
        b.check_nothing_left()
    }
}

pub(crate) fn scenarios() -> Vec<Scenario> {
    let mut list = Vec::new();
    for programs in pairing::ALL {
        for initiator_owns in [true, false] {
            let role = if initiator_owns { "initiator-owns" } else { "responder-owns" };
            for kind in Kind::ALL {
                let case = Case { programs, initiator_owns, kind, config: "" };
                let name = format!("pbc::{}::{role}::{}", pairing::name(programs), kind.name());
                list.push(Scenario::new(name, move |lab| case.run(lab)));
            }
            let case = Case { programs, initiator_owns, kind: Kind::Plain, config: "p2p_no_group_iface=1" };
            let name = format!("pbc::{}::{role}::no-group-interface", pairing::name(programs));
            list.push(Scenario::new(name, move |lab| case.run(lab)));
        }
    }
    list
}

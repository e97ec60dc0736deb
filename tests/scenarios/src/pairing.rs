//! Who meets whom.

use harness::Program::{self, Ours, Theirs};
use harness::{Kind, Lab, Scenario, Station};

use anyhow::Result;

/// Every pairing; the first of a pair acts first. The last one checks the harness itself.
pub(crate) const ALL: [[Program; 2]; 4] = [[Ours, Ours], [Ours, Theirs], [Theirs, Ours], [Theirs, Theirs]];

/// The pairing's name in the name of a scenario.
pub(crate) fn name([first, second]: [Program; 2]) -> String {
    format!("{}-{}", first.name(), second.name())
}

/// A scenario of two running stations.
pub(crate) type Run = fn(&mut Lab, Station, Station) -> Result<()>;

/// Two stations, `a` and `b`, of these programs, whose configuration has these lines.
pub(crate) fn stations(lab: &mut Lab, programs: [Program; 2], kind: Kind, config: &str) -> Result<(Station, Station)> {
    Ok((lab.station("a", programs[0], kind, config)?, lab.station("b", programs[1], kind, config)?))
}

/// One scenario for every pairing, with the stations running.
pub(crate) fn each(
    topic: &str,
    kind: Kind,
    scenario: impl Fn(&mut Lab, Station, Station) -> Result<()> + Copy + Send + Sync + 'static,
) -> Vec<Scenario> {
    each_with(topic, kind, "", scenario)
}

/// The same, with lines for their configuration.
pub(crate) fn each_with(
    topic: &str,
    kind: Kind,
    config: &'static str,
    scenario: impl Fn(&mut Lab, Station, Station) -> Result<()> + Copy + Send + Sync + 'static,
) -> Vec<Scenario> {
    let one = |programs| {
        Scenario::new(format!("{topic}::{}", name(programs)), move |lab| {
            let (a, b) = stations(lab, programs, kind, config)?;
            scenario(lab, a, b)
        })
    };
    ALL.into_iter().map(one).collect()
}

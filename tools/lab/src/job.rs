//! What the machine is to do, handed in as a file: the kernel's command line is too short and too quirky for it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use harness::hwsim::Kind;
use harness::lab::Settings;

/// Name of the job's file in the directory that host and machine share.
const FILE: &str = "job";

/// What to run inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Job {
    /// Radios and a program of the user's.
    Command(CommandJob),
    /// A scenario, by its name.
    Scenario { name: String, settings: Settings },
}

/// A program to run among radios.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CommandJob {
    /// What each radio is.
    pub(crate) radios: Vec<Kind>,
    /// Whether each radio gets a network namespace of its own.
    pub(crate) namespaces: bool,
    /// Whether the air is recorded.
    pub(crate) capture: bool,
    /// Where the program starts.
    pub(crate) directory: PathBuf,
    /// The program and its arguments.
    pub(crate) arguments: Vec<String>,
}

impl Job {
    fn to_text(&self) -> String {
        let mut records = Vec::new();
        match self {
            Self::Command(job) => {
                records.extend(job.radios.iter().map(|kind| format!("radio {}", kind.name())));
                records.push(format!("namespaces {}", job.namespaces));
                records.push(format!("capture {}", job.capture));
                records.push(format!("directory {}", job.directory.display()));
                records.extend(job.arguments.iter().map(|argument| format!("argument {argument}")));
            }
            Self::Scenario { name, settings } => {
                records.push(format!("scenario {name}"));
                records.push(format!("p2pd {}", settings.p2pd.display()));
                records.push(format!("rounds {}", settings.rounds));
                records.push(format!("seed {}", settings.seed));
            }
        }
        // A zero octet ends a record: the only one that no argument holds.
        records.iter().map(|record| format!("{record}\0")).collect()
    }

    fn from_text(text: &str) -> Result<Self> {
        let mut command = CommandJob {
            radios: Vec::new(),
            namespaces: false,
            capture: false,
            directory: PathBuf::new(),
            arguments: Vec::new(),
        };
        let mut settings = Settings { p2pd: PathBuf::new(), rounds: 0, seed: 0 };
        let mut scenario = None;
        for record in text.split_terminator('\0') {
            let (key, value) = record.split_once(' ').with_context(|| format!("odd record {record:?}"))?;
            match key {
                "radio" => command.radios.push(Kind::from_name(value).with_context(|| format!("no kind {value}"))?),
                "namespaces" => command.namespaces = value.parse()?,
                "capture" => command.capture = value.parse()?,
                "directory" => command.directory = value.into(),
                "argument" => command.arguments.push(value.to_owned()),
                "scenario" => scenario = Some(value.to_owned()),
                "p2pd" => settings.p2pd = value.into(),
                "rounds" => settings.rounds = value.parse()?,
                "seed" => settings.seed = value.parse()?,
                _ => bail!("odd record {record:?}"),
            }
        }
        Ok(scenario.map_or(Self::Command(command), |name| Self::Scenario { name, settings }))
    }

    /// Writes the job for the machine to read.
    pub(crate) fn write(&self, shared: &Path) -> Result<()> {
        let path = shared.join(FILE);
        fs::write(&path, self.to_text()).with_context(|| path.display().to_string())
    }

    /// Reads what [`Job::write`] wrote.
    pub(crate) fn read(shared: &Path) -> Result<Self> {
        let path = shared.join(FILE);
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        Self::from_text(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_read_as_it_was_written() {
        let command = Job::Command(CommandJob {
            radios: vec![Kind::Plain, Kind::Qca],
            namespaces: true,
            capture: false,
            directory: "/srv".into(),
            arguments: vec!["sh".into(), "-c".into(), "echo 'a b'\necho".into()],
        });
        let settings = Settings { p2pd: "/bin/p2pd".into(), rounds: 5, seed: 7 };
        let scenario = Job::Scenario { name: "pbc::x".into(), settings };
        for job in [command, scenario] {
            assert_eq!(Job::from_text(&job.to_text()).unwrap(), job);
        }
        assert!(Job::from_text("nonsense\0").is_err());
    }
}

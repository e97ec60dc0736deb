//! What the machine is to do, handed in as a file: the kernel's command line is too short and too quirky for it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use harness::hwsim::Kind;

/// Name of the job's file in the directory that host and machine share.
const FILE: &str = "job";

/// What to run inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Job {
    /// Radios and a program of the user's.
    Command(CommandJob),
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
    /// Writes the job for the machine to read.
    pub(crate) fn write(&self, shared: &Path) -> Result<()> {
        let mut records = Vec::new();
        match self {
            Self::Command(job) => {
                records.extend(job.radios.iter().map(|kind| format!("radio {}", kind.name())));
                records.push(format!("namespaces {}", job.namespaces));
                records.push(format!("capture {}", job.capture));
                records.push(format!("directory {}", job.directory.display()));
                records.extend(job.arguments.iter().map(|argument| format!("argument {argument}")));
            }
        }
        // A zero octet ends a record: the only one that no argument holds.
        let text: String = records.iter().map(|record| format!("{record}\0")).collect();
        let path = shared.join(FILE);
        fs::write(&path, text).with_context(|| path.display().to_string())
    }

    /// Reads what [`Job::write`] wrote.
    pub(crate) fn read(shared: &Path) -> Result<Self> {
        let path = shared.join(FILE);
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let mut job = CommandJob {
            radios: Vec::new(),
            namespaces: false,
            capture: false,
            directory: PathBuf::new(),
            arguments: Vec::new(),
        };
        for record in text.split_terminator('\0') {
            let (key, value) = record.split_once(' ').with_context(|| format!("odd record {record:?}"))?;
            match key {
                "radio" => job.radios.push(Kind::from_name(value).with_context(|| format!("no kind {value}"))?),
                "namespaces" => job.namespaces = value == "true",
                "capture" => job.capture = value == "true",
                "directory" => job.directory = value.into(),
                "argument" => job.arguments.push(value.to_owned()),
                _ => bail!("odd record {record:?}"),
            }
        }
        Ok(Self::Command(job))
    }
}

//! Runs programs and scenarios on the kernel's own nl80211 with simulated radios, in user-mode Linux.
#![forbid(unsafe_code)]

mod bench;
mod boot;
mod init;
mod job;
mod kernel;
mod run;
mod test;
mod vm;
mod walkthrough;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::job::Job;

#[derive(Parser)]
#[command(about, version)]
struct Arguments {
    #[command(subcommand)]
    command: Word,
}

#[derive(Subcommand)]
enum Word {
    Boot(boot::Boot),
    Run(run::Run),
    Bench(bench::Bench),
    Test(test::Test),
    Walkthrough(walkthrough::Walkthrough),
    /// Build the user-mode kernel, unless it is there already, and print its path
    Kernel,
    #[command(name = init::GUEST, hide = true)]
    Guest,
    #[command(name = vm::INIT, hide = true)]
    Init {
        shared: PathBuf,
        /// The kernel adds words of its own.
        _kernel: Vec<String>,
    },
    #[command(name = vm::GUARD, hide = true)]
    Guard {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<String>,
    },
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(code) => ExitCode::from(u8::try_from(code).unwrap_or(255)),
        Err(error) => {
            eprintln!("lab: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(word: Word) -> Result<i32> {
    match word {
        Word::Boot(boot) => {
            vm::stop_machines_when_interrupted()?;
            boot.run(&kernel::find_or_build()?)
        }
        Word::Run(run) => {
            vm::stop_machines_when_interrupted()?;
            run.run(kernel::find_or_build)
        }
        Word::Bench(bench) => {
            vm::stop_machines_when_interrupted()?;
            bench.run(kernel::find_or_build)
        }
        Word::Test(test) => test.run(),
        Word::Walkthrough(walkthrough) => {
            vm::stop_machines_when_interrupted()?;
            walkthrough.run(kernel::find_or_build)
        }
        Word::Kernel => {
            println!("{}", kernel::find_or_build()?.display());
            Ok(0)
        }
        Word::Guest => match Job::read(Path::new(init::SHARED))? {
            Job::Command(job) => boot::inside(&job),
            Job::Scenario { name, settings } => run::inside(&name, settings),
        },
        Word::Init { shared, .. } => init::run(&shared).map(|()| 1),
        Word::Guard { command } => vm::guard_machine(&command).map(|()| 1),
    }
}

//! `lab run`: scenarios, each in a machine of its own, reported as by a test runner.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use harness::lab::{Lab, Settings};
use harness::scenario::Scenario;

use crate::init::SHARED;
use crate::job::Job;
use crate::vm::{End, Machine, Scratch};

/// What the machine's console showed: kernel messages and the scenario's failure.
const CONSOLE_FILE: &str = "console.log";
/// Why the scenario failed.
const FAILURE_FILE: &str = "failure";
/// Lines of the console shown when a machine ended without saying why.
const CONSOLE_TAIL: usize = 20;

/// Run scenarios: all, or those whose name contains one of the filters
#[derive(Args)]
pub(crate) struct Run {
    /// Parts of the names of the scenarios to run
    filters: Vec<String>,
    /// Only name the scenarios
    #[arg(long)]
    list: bool,
    /// How many machines run at once
    #[arg(long, default_value_t = thread::available_parallelism().map_or(2, usize::from))]
    jobs: usize,
    /// Keep logs and recordings of scenarios that passed, too
    #[arg(long)]
    keep: bool,
    /// Leave out the scenarios whose name contains this
    #[arg(long, value_name = "PART")]
    skip: Vec<String>,
    /// How often a scenario repeats what it repeats
    #[arg(long, default_value_t = 20)]
    rounds: u32,
    /// What varies between runs of one scenario
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The daemon under test [default: the p2pd beside this program]
    #[arg(long, value_name = "FILE")]
    p2pd: Option<PathBuf>,
    /// Where logs and recordings go
    #[arg(long, value_name = "DIRECTORY", default_value = "lab-results")]
    results: PathBuf,
}

impl Run {
    /// Runs the scenarios; the exit code.
    pub(crate) fn run(self, kernel: impl FnOnce() -> Result<PathBuf>) -> Result<i32> {
        let chosen: Vec<Scenario> =
            scenarios::all().into_iter().filter(|scenario| self.wants(&scenario.name)).collect();
        if self.list {
            for scenario in &chosen {
                println!("{}", scenario.name);
            }
            return Ok(0);
        }
        if chosen.is_empty() {
            bail!("no scenario is called so; `lab run --list` names them");
        }
        let settings = Settings { p2pd: daemon(self.p2pd)?, rounds: self.rounds, seed: self.seed };
        fs::create_dir_all(&self.results).with_context(|| self.results.display().to_string())?;
        let batch = Batch {
            kernel: kernel()?,
            results: self.results.canonicalize()?,
            keep: self.keep,
            settings,
            scenarios: chosen,
        };
        let started = Instant::now();
        let failed = batch.run(self.jobs.max(1))?;
        println!();
        for (name, reason) in &failed {
            println!("failed: {name}\n    {reason}\n    logs: {}", batch.results.join(directory_name(name)).display());
        }
        println!("{} scenarios in {:.0} s", batch.scenarios.len(), started.elapsed().as_secs_f64());
        println!("{} passed, {} failed", batch.scenarios.len() - failed.len(), failed.len());
        Ok(i32::from(!failed.is_empty()))
    }

    fn wants(&self, name: &str) -> bool {
        let chosen = self.filters.is_empty() || self.filters.iter().any(|filter| name.contains(filter));
        chosen && !self.skip.iter().any(|part| name.contains(part))
    }
}

/// The daemon under test: the one that was named, or the one beside this program.
pub(crate) fn daemon(named: Option<PathBuf>) -> Result<PathBuf> {
    let path = match named {
        Some(path) => path,
        None => std::env::current_exe()?.with_file_name("p2pd"),
    };
    std::path::absolute(&path).with_context(|| path.display().to_string())
}

/// Scenarios under way.
struct Batch {
    kernel: PathBuf,
    results: PathBuf,
    keep: bool,
    settings: Settings,
    scenarios: Vec<Scenario>,
}

impl Batch {
    /// Runs all scenarios; names and reasons of those that failed.
    fn run(&self, jobs: usize) -> Result<Vec<(String, String)>> {
        let next = AtomicUsize::new(0);
        let failed = Mutex::new(Vec::new());
        thread::scope(|scope| {
            for _ in 0..jobs.min(self.scenarios.len()) {
                scope.spawn(|| {
                    while let Some(scenario) = self.scenarios.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let started = Instant::now();
                        let outcome = self.run_one(scenario);
                        let word = if outcome.is_ok() { "ok" } else { "FAILED" };
                        println!("{:<60} {word} ({:.1} s)", scenario.name, started.elapsed().as_secs_f64());
                        if let (Err(error), Ok(mut list)) = (outcome, failed.lock()) {
                            list.push((scenario.name.clone(), format!("{error:#}")));
                        }
                    }
                });
            }
        });
        failed.into_inner().map_err(|_| anyhow::anyhow!("a worker panicked"))
    }

    fn run_one(&self, scenario: &Scenario) -> Result<()> {
        let scratch = Scratch::new(&self.results, &directory_name(&scenario.name))?;
        let outcome = boot(&self.kernel, scenario, &self.settings, scratch.path());
        if outcome.is_err() || self.keep {
            let directory = scratch.keep();
            if let Err(error) = &outcome {
                fs::write(directory.join(FAILURE_FILE), format!("{error:#}\n"))?;
            }
        }
        outcome
    }
}

/// Runs one scenario in a machine that shares this directory with the host.
pub(crate) fn boot(kernel: &Path, scenario: &Scenario, settings: &Settings, shared: &Path) -> Result<()> {
    let console = shared.join(CONSOLE_FILE);
    let machine = Machine { kernel, shared, limit: scenario.limit, console: File::create(&console)?.into() };
    let job = Job::Scenario { name: scenario.name.clone(), settings: settings.clone() };
    match machine.run(&job)? {
        End::Exited(0) => scenario.check(shared),
        End::Exited(_) => {
            let reason = fs::read_to_string(shared.join(FAILURE_FILE)).unwrap_or_else(|_| tail(&console));
            bail!("{}", reason.trim_end())
        }
        End::TimedOut => bail!("stopped after {:?} of real time\n    {}", scenario.limit, tail(&console)),
        End::Died => bail!("the machine died\n    {}", tail(&console)),
    }
}

fn directory_name(scenario: &str) -> String {
    scenario.replace("::", ".")
}

fn tail(console: &Path) -> String {
    let text = fs::read_to_string(console).unwrap_or_default();
    let lines: Vec<_> = text.lines().collect();
    lines.get(lines.len().saturating_sub(CONSOLE_TAIL)..).unwrap_or_default().join("\n    ")
}

/// Inside the machine: runs the scenario of that name; the exit code.
pub(crate) fn inside(name: &str, settings: Settings) -> Result<i32> {
    let shared = Path::new(SHARED);
    let list: Vec<Scenario> = scenarios::all().into_iter().chain(scenarios::benches()).collect();
    let found: Vec<_> = list.iter().filter(|scenario| scenario.name == name).collect();
    ensure!(found.len() == 1, "{} scenarios are called {name}", found.len());
    let scenario = found.first().context("no scenario")?;
    let mut lab = Lab::new(shared, settings)?;
    let outcome = scenario.run(&mut lab);
    let took: Duration = lab.now();
    lab.settle();
    match outcome {
        Ok(()) => {
            println!("passed after {:.3} s of radio time", took.as_secs_f64());
            Ok(0)
        }
        Err(error) => {
            let text = format!("{error:#}\n    at {:.3} s of radio time", took.as_secs_f64());
            fs::write(shared.join(FAILURE_FILE), &text)?;
            println!("failed: {text}");
            Ok(1)
        }
    }
}

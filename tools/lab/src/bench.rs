//! `lab bench`: how long discovery and formation take, in radio time, pooled over boots.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use anyhow::{Context, Result, bail};
use clap::Args;
use harness::lab::Settings;
use harness::scenario::Scenario;

use crate::run::{boot, daemon};
use crate::vm::Scratch;

/// Measure discovery and formation, one boot a sample
#[derive(Args)]
pub(crate) struct Bench {
    /// Parts of the names of what to measure
    filters: Vec<String>,
    /// Only name what can be measured
    #[arg(long)]
    list: bool,
    /// How many samples of each
    #[arg(long, default_value_t = 27)]
    boots: u64,
    /// The first sample's seed: listen channels and the users' pauses follow from it
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many machines run at once
    #[arg(long, default_value_t = thread::available_parallelism().map_or(2, usize::from))]
    jobs: usize,
    /// The daemon under test [default: the p2pd beside this program]
    #[arg(long, value_name = "FILE")]
    p2pd: Option<PathBuf>,
    /// Print every sample
    #[arg(long)]
    samples: bool,
}

/// What one boot measured.
struct Sample {
    find: f64,
    form: f64,
}

impl Bench {
    /// Measures; the exit code.
    pub(crate) fn run(self, kernel: impl FnOnce() -> Result<PathBuf>) -> Result<i32> {
        let wanted = |scenario: &Scenario| {
            self.filters.is_empty() || self.filters.iter().any(|filter| scenario.name.contains(filter))
        };
        let chosen: Vec<Scenario> = scenarios::benches().into_iter().filter(wanted).collect();
        if self.list {
            for scenario in &chosen {
                println!("{}", scenario.name);
            }
            return Ok(0);
        }
        if chosen.is_empty() {
            bail!("nothing is called so; `lab bench --list` names what can be measured");
        }
        let kernel = kernel()?;
        let p2pd = daemon(self.p2pd.clone())?;
        let mut failures = 0;
        for scenario in &chosen {
            let (samples, failed) = self.measure(&kernel, &p2pd, scenario)?;
            println!("{}", scenario.name);
            println!("    find {}", summary(samples.iter().map(|sample| sample.find).collect()));
            println!("    form {}", summary(samples.iter().map(|sample| sample.form).collect()));
            println!("    failures {failed} of {}", self.boots);
            failures += failed;
        }
        Ok(i32::from(failures > 0))
    }

    /// All samples of one thing, and the number of boots that failed.
    fn measure(&self, kernel: &Path, p2pd: &Path, scenario: &Scenario) -> Result<(Vec<Sample>, u64)> {
        let next = AtomicU64::new(0);
        let results = Mutex::new((Vec::new(), 0));
        let base = std::env::temp_dir();
        thread::scope(|scope| {
            for _ in 0..self.jobs.max(1) {
                scope.spawn(|| {
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= self.boots {
                            return;
                        }
                        let settings = Settings { p2pd: p2pd.to_owned(), rounds: 1, seed: self.seed + number };
                        let sample = sample(kernel, scenario, &settings, &base);
                        let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
                        match sample {
                            Ok(sample) => {
                                if self.samples {
                                    println!("seed {} find {:.3} form {:.3}", settings.seed, sample.find, sample.form);
                                }
                                results.0.push(sample);
                            }
                            Err(error) => {
                                println!("seed {} failed: {error:#}", settings.seed);
                                results.1 += 1;
                            }
                        }
                    }
                });
            }
        });
        Ok(results.into_inner().unwrap_or_else(PoisonError::into_inner))
    }
}

fn sample(kernel: &Path, scenario: &Scenario, settings: &Settings, base: &Path) -> Result<Sample> {
    let scratch = Scratch::new(base, &format!("lab-{}-{}", std::process::id(), settings.seed))?;
    boot(kernel, scenario, settings, scratch.path())?;
    let text = fs::read_to_string(scratch.path().join(scenarios::SAMPLE_FILE)).context("no sample")?;
    let value = |name: &str| -> Result<f64> {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.with_context(|| format!("no {name} in the sample"))?.parse().context("not a number")
    };
    Ok(Sample { find: value("find")?, form: value("form")? })
}

/// Median, extremes and the 95th percentile, in seconds.
fn summary(mut values: Vec<f64>) -> String {
    values.sort_by(f64::total_cmp);
    let at = |share: f64| values.get(((values.len().saturating_sub(1)) as f64 * share).round() as usize).copied();
    match (at(0.5), at(0.0), at(0.95), at(1.0)) {
        (Some(median), Some(least), Some(late), Some(most)) => {
            format!("median {median:.3} s (min {least:.3}, p95 {late:.3}, max {most:.3}, n={})", values.len())
        }
        _ => "no sample".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_names_the_middle_and_the_ends() {
        let text = summary(vec![3.0, 1.0, 2.0]);
        assert_eq!(text, "median 2.000 s (min 1.000, p95 3.000, max 3.000, n=3)");
        assert_eq!(summary(Vec::new()), "no sample");
    }
}

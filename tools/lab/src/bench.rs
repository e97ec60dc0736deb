//! `lab bench`: how long discovery and formation take, in radio time, of our daemon and of wpa_supplicant in the same boot,
//! pooled over boots, as Markdown tables.

use std::collections::BTreeMap;
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

/// What the others are compared with.
const REFERENCE: &str = "theirs-theirs";

/// Measure discovery and formation beside wpa_supplicant's, in radio time
#[derive(Args)]
pub(crate) struct Bench {
    /// Parts of the names of what to measure [default: everything]
    filters: Vec<String>,
    /// Only name what can be measured
    #[arg(long)]
    list: bool,
    /// How many machines are booted for each
    #[arg(long, default_value_t = 3)]
    boots: u64,
    /// How often each pair of devices does it in one boot (of a channel's owner: how often on each channel)
    #[arg(long, default_value_t = 9)]
    trials: u32,
    /// The first boot's seed: listen channels and the users' pauses follow from it
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
    /// Keep every boot's logs and recording here, to see what a slow one did
    #[arg(long, value_name = "DIRECTORY")]
    keep: Option<PathBuf>,
}

/// What was measured of one thing that one pair does.
#[derive(Default, Debug, PartialEq)]
struct Figures {
    /// Seconds.
    took: Vec<f64>,
    failed: usize,
}

/// By what was measured, then by who.
type Results = BTreeMap<String, BTreeMap<String, Figures>>;

impl Bench {
    /// Measures; the exit code, which is not zero when a boot failed or a trial of our own pair did.
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
        let mut bad = false;
        for scenario in &chosen {
            let (results, lost) = self.measure(&kernel, &p2pd, scenario)?;
            println!("\n{}: {} boots, {} trials each, seed {}", scenario.name, self.boots, self.trials, self.seed);
            if lost > 0 {
                println!("{lost} boots failed");
            }
            println!("\n{}", table(&results));
            let failed = |each: &BTreeMap<String, Figures>| each.get("ours-ours").is_some_and(|it| it.failed > 0);
            bad |= lost > 0 || results.values().any(failed);
        }
        Ok(i32::from(bad))
    }

    /// All samples of one thing, and the number of boots that failed.
    fn measure(&self, kernel: &Path, p2pd: &Path, scenario: &Scenario) -> Result<(Results, u64)> {
        let next = AtomicU64::new(0);
        let pooled = Mutex::new((Results::new(), 0));
        let base = std::env::temp_dir();
        thread::scope(|scope| {
            for _ in 0..self.jobs.max(1) {
                scope.spawn(|| {
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= self.boots {
                            return;
                        }
                        // Every boot goes on where the one before it stopped in the order of listen channels.
                        let seed = self.seed + number * u64::from(self.trials);
                        let settings = Settings { p2pd: p2pd.to_owned(), rounds: self.trials, seed };
                        let text = self.samples(kernel, scenario, &settings, &base);
                        let mut pooled = pooled.lock().unwrap_or_else(PoisonError::into_inner);
                        match text {
                            Ok(text) => {
                                if self.samples {
                                    print!("seed {seed}\n{text}");
                                }
                                for line in text.lines().filter(|line| line.contains(scenarios::FAILED)) {
                                    println!("seed {seed}: {line}");
                                }
                                add(&mut pooled.0, &text);
                            }
                            Err(error) => {
                                println!("seed {seed}: {error:#}");
                                pooled.1 += 1;
                            }
                        }
                    }
                });
            }
        });
        Ok(pooled.into_inner().unwrap_or_else(PoisonError::into_inner))
    }
    /// What one boot has measured.
    fn samples(&self, kernel: &Path, scenario: &Scenario, settings: &Settings, base: &Path) -> Result<String> {
        let name = format!("{}.{}", scenario.name.replace("::", "."), settings.seed);
        let (directory, _scratch) = match &self.keep {
            Some(keep) => (keep.join(name), None),
            None => {
                let scratch = Scratch::new(base, &format!("lab-{}-{}", std::process::id(), settings.seed))?;
                (scratch.path().to_owned(), Some(scratch))
            }
        };
        fs::create_dir_all(&directory).with_context(|| directory.display().to_string())?;
        boot(kernel, scenario, settings, &directory)?;
        fs::read_to_string(directory.join(scenarios::SAMPLES_FILE)).context("no samples")
    }
}

/// Takes in the lines of a boot: who, what, seconds; what is made of two words ends in a unit.
fn add(results: &mut Results, text: &str) {
    for line in text.lines() {
        let Some((who, rest)) = line.split_once(' ') else { continue };
        let (what, value) = match rest.split_once(" MHz ") {
            Some((channel, value)) => (format!("{channel} MHz"), value),
            None => match rest.split_once(' ') {
                Some((what, value)) => (what.to_owned(), value),
                None => continue,
            },
        };
        let figures = results.entry(what).or_default().entry(who.to_owned()).or_default();
        match value.parse() {
            Ok(seconds) => figures.took.push(seconds),
            Err(_) => figures.failed += 1,
        }
    }
}

/// A row for everything and everybody; the last column says how many times longer wpa_supplicant's pair takes in the median.
fn table(results: &Results) -> String {
    let mut out = String::from("| what | who | trials | failed | median s | p95 s | max s | theirs : this |\n");
    out += "|---|---|---:|---:|---:|---:|---:|---:|\n";
    for (what, by_who) in results {
        let reference = by_who.get(REFERENCE).and_then(|it| share(&it.took, 0.5));
        for (who, figures) in by_who {
            let cell = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |it| format!("{it:.3}"));
            let median = share(&figures.took, 0.5);
            let ratio = reference.zip(median).filter(|_| who != REFERENCE);
            let ratio = ratio.map_or_else(String::new, |(theirs, this)| format!("{:.1}", theirs / this));
            out += &format!(
                "| {what} | {who} | {} | {} | {} | {} | {} | {ratio} |\n",
                figures.took.len() + figures.failed,
                figures.failed,
                cell(median),
                cell(share(&figures.took, 0.95)),
                cell(share(&figures.took, 1.0)),
            );
        }
    }
    out
}

/// The value below which this share of all lies.
fn share(values: &[f64], share: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get((sorted.len().saturating_sub(1) as f64 * share).round() as usize).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boots_are_pooled_and_compared() {
        let mut results = Results::new();
        add(&mut results, "ours-ours find 0.2\ntheirs-theirs find 5\ntheirs-theirs find failed a: no event\n");
        add(&mut results, "ours-ours find 0.4\nours-ours find 0.3\nours-ours 2412 MHz 0.1\n");
        let table = table(&results);
        let rows: Vec<&str> = table.lines().skip(2).collect();
        assert_eq!(
            rows,
            [
                "| 2412 MHz | ours-ours | 1 | 0 | 0.100 | 0.100 | 0.100 |  |",
                "| find | ours-ours | 3 | 0 | 0.300 | 0.400 | 0.400 | 16.7 |",
                "| find | theirs-theirs | 2 | 1 | 5.000 | 5.000 | 5.000 |  |",
            ]
        );
    }
}

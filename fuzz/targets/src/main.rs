//! Runs targets on stable Rust: `cargo run --release -p fuzz-targets -- help`.

use fuzz_targets::mutate::{Random, mutate};
use fuzz_targets::{TARGETS, Target, corpus, find, seeds};
use std::collections::HashSet;
use std::error::Error;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::{Duration, Instant};

const HELP: &str = "\
fuzz-targets list                            all targets
fuzz-targets seeds CAPTURE...                writes first inputs made of captures (libpcap, 802.11 without radiotap)
fuzz-targets replay TARGET [FILE...]         runs the committed inputs, or these files
fuzz-targets run TARGET|all [SECONDS [SEED]] mutates inputs and runs them; what fails is stored in fuzz/corpus";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        ["list"] => {
            list();
            Ok(true)
        }
        ["seeds", ref captures @ ..] if !captures.is_empty() => {
            seeds::write(captures).map_err(Into::into).map(|count| {
                println!("{count} inputs");
                true
            })
        }
        ["replay", target, ref files @ ..] => replay(target, files),
        ["run", target] => run_all(target, "10", "1"),
        ["run", target, seconds] => run_all(target, seconds, "1"),
        ["run", target, seconds, seed] => run_all(target, seconds, seed),
        _ => Err(HELP.into()),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

fn list() {
    for Target { name, what, dictionary, .. } in TARGETS {
        println!("{name:<15} {what} (dictionary {dictionary})");
    }
}

fn targets(name: &str) -> Result<Vec<&'static Target>, Box<dyn Error>> {
    if name == "all" {
        return Ok(TARGETS.iter().collect());
    }
    Ok(vec![find(name).ok_or_else(|| format!("no target {name}; see `list`"))?])
}

fn survives(target: &Target, input: &[u8]) -> bool {
    catch_unwind(AssertUnwindSafe(|| (target.run)(input))).is_ok()
}

fn replay(name: &str, files: &[&str]) -> Result<bool, Box<dyn Error>> {
    let mut sound = true;
    for target in targets(name)? {
        let inputs = if files.is_empty() {
            corpus::load(target.name)?
        } else {
            files.iter().map(|file| Ok((file.to_string(), std::fs::read(file)?))).collect::<std::io::Result<_>>()?
        };
        for (file, input) in &inputs {
            if !survives(target, input) {
                eprintln!("{}: {file} fails", target.name);
                sound = false;
            }
        }
        println!("{:<15} {} inputs", target.name, inputs.len());
    }
    Ok(sound)
}

fn run_all(name: &str, seconds: &str, seed: &str) -> Result<bool, Box<dyn Error>> {
    let (time, seed) = (Duration::from_secs(seconds.parse()?), seed.parse()?);
    let mut sound = true;
    for target in targets(name)? {
        sound &= run(target, time, seed)?;
    }
    Ok(sound)
}

fn run(target: &Target, time: Duration, seed: u64) -> Result<bool, Box<dyn Error>> {
    let inputs: Vec<Vec<u8>> = corpus::load(target.name)?.into_iter().map(|(_, input)| input).collect();
    let dictionary = if target.dictionary == "none" { Vec::new() } else { corpus::dictionary(target.dictionary)? };
    let mut random = Random::new(seed);
    let mut failures = HashSet::new();
    let (began, mut runs) = (Instant::now(), 0_u64);
    while began.elapsed() < time {
        let input = mutate(&mut random, &inputs, &dictionary, target.max_len);
        runs += 1;
        if !survives(target, &input) && failures.insert(corpus::hash(&input)) {
            eprintln!("{}: stored {}", target.name, corpus::store(target.name, "failure-", &input)?.display());
        }
    }
    let per_second = runs as f64 / began.elapsed().as_secs_f64();
    println!("{:<15} {runs:>10} runs {per_second:>10.0}/s {} failures", target.name, failures.len());
    Ok(failures.is_empty())
}

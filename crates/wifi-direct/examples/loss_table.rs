//! Forms groups on a simulated air with more and more loss, and writes Markdown tables of how often that succeeds and how long
//! it takes: first with each attempt to send lost at that rate and repeated by the radio as radios do, then without repetitions,
//! so that whole frames are lost at that rate and the protocols have to help themselves.
//!
//!     cargo run --release -p wifi-direct --example loss_table [seeds [loss in percent]...]

use std::time::Duration;
use wifi_direct::simulation::{Meeting, Outcome, Profile, Settings, World};

fn main() {
    let mut arguments = std::env::args().skip(1).filter_map(|a| a.parse::<u64>().ok());
    let seeds = arguments.next().unwrap_or(1000);
    let mut losses: Vec<u64> = arguments.collect();
    if losses.is_empty() {
        losses = vec![0, 10, 20, 30];
    }
    for (lost, retries) in [("attempts lost", Settings::default().retries), ("frames lost", 0)] {
        println!("| {lost} | formed | find: median | p95 | max | form: median | p95 | max |");
        println!("|---:|---:|---:|---:|---:|---:|---:|---:|");
        for percent in &losses {
            table_row(seeds, *percent, retries);
        }
        println!();
    }
}

fn table_row(seeds: u64, percent: u64, retries: u32) {
    let outcomes: Vec<Outcome> = (0..seeds).map(|seed| run(seed, percent, retries)).collect();
    for (seed, outcome) in outcomes.iter().enumerate().filter(|(_, o)| o.formed.is_none()) {
        eprintln!("{percent} % loss, {retries} repetitions, seed {seed}: {outcome:?}");
    }
    let formed = outcomes.iter().filter(|o| o.formed.is_some()).count();
    let find = times(outcomes.iter().filter_map(|o| o.found));
    let form = times(outcomes.iter().filter_map(|o| o.formed));
    println!("| {percent} % | {formed} of {seeds} | {find} | {form} |");
}

/// One formation. Acknowledgements are lost at a tenth of the frames' rate.
fn run(seed: u64, percent: u64, retries: u32) -> Outcome {
    let loss = percent as f64 / 100.0;
    let settings = Settings { loss, ack_loss: loss / 10.0, retries, ..Settings::default() };
    let mut world = World::new(seed, settings);
    let left = world.add(World::config("left"), Profile::P2pDevice);
    let right = world.add(World::config("right"), Profile::P2pDevice);
    Meeting::push_button(left, right).run(&mut world, |_, _, _| {})
}

/// Median, 95th percentile and greatest of some times.
fn times(all: impl Iterator<Item = Duration>) -> String {
    let mut all: Vec<Duration> = all.collect();
    all.sort();
    let at =
        |part: usize| all.get((all.len() * part / 100).min(all.len().saturating_sub(1))).copied().unwrap_or_default();
    format!("{:.3} s | {:.3} s | {:.3} s", at(50).as_secs_f64(), at(95).as_secs_f64(), at(100).as_secs_f64())
}

//! Runs clusters of three workers and a broker in one thread, in simulated time, while things break.
//!
//! ```text
//! windlass-simulation 17         one seed: prints all that happens
//! windlass-simulation 0..1000    many seeds, two at a time; prints the end of what happened in those that fail
//! ```
//!
//! Each seed has a process of its own: with one thread and with chance from the seed it does the same each time.

mod broker;
mod chance;
mod cluster;
mod faults;
mod journal;
mod many;
mod net;
mod operator;
mod peers;
mod run;
mod sink;
mod source;
mod stage;
mod worker;

use std::process::ExitCode;

fn main() -> ExitCode {
    let argument = std::env::args().nth(1).unwrap_or_default();
    if let Some((first, last)) = argument.split_once("..") {
        return match (first.parse(), last.parse()) {
            (Ok(first), Ok(last)) => many::run(&(first..last)),
            _ => usage(),
        };
    }
    let Ok(seed) = argument.parse() else {
        return usage();
    };
    chance::seed(seed);
    if let Ok(filter) = std::env::var("WINDLASS_SIMULATION_LOG") {
        tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(std::io::stderr)
            .without_time()
            .init();
    }
    match cluster::run(seed, true) {
        Ok(failures) if failures.is_empty() => ExitCode::SUCCESS,
        Ok(failures) => {
            println!("seed {seed}: {} failures", failures.len());
            ExitCode::FAILURE
        }
        Err(error) => {
            println!("seed {seed}: BROKEN: {error}");
            ExitCode::FAILURE
        }
    }
}

fn usage() -> ExitCode {
    eprintln!("usage: windlass-simulation SEED | FIRST..LAST");
    ExitCode::from(2)
}

//! Many seeds, each in a process of its own.

use std::ops::Range;
use std::process::{Command, ExitCode};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

/// Runs the seeds, as many at a time as there are cores; prints those that fail.
pub(crate) fn run(seeds: &Range<u64>) -> ExitCode {
    let (next, failed) = (AtomicU64::new(seeds.start), Mutex::new(Vec::new()));
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        return;
                    }
                    if let Some(what) = one(seed) {
                        println!("seed {seed} failed; the end of what happened:\n{what}");
                        failed.lock().expect("no thread panics with it").push(seed);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().expect("no thread panics with it");
    println!("{} seeds, failed: {failed:?}", seeds.end - seeds.start);
    if failed.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// The end of what a seed that fails prints.
fn one(seed: u64) -> Option<String> {
    let program = std::env::current_exe().expect("a program knows where it is");
    let output = Command::new(program).arg(seed.to_string()).output();
    let output = match output {
        Ok(output) if output.status.success() => return None,
        Ok(output) => output,
        Err(error) => return Some(format!("it cannot be started: {error}")),
    };
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<_> = text.lines().collect();
    let broken = lines.iter().filter(|line| line.contains("BROKEN"));
    let tail = &lines[lines.len().saturating_sub(TAIL)..];
    let all: Vec<_> = broken.chain(tail).copied().collect();
    Some(all.join("\n"))
}

const TAIL: usize = 40;

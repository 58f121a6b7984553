//! A file that grows by itself.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tracing::warn;

/// Makes the file, unless there is one, with a first line.
pub(super) fn begin(path: &Path) -> io::Result<()> {
    if path.exists() {
        Ok(())
    } else {
        append(path, 0, 1)
    }
}

/// Appends numbered lines to the file for as long as it is polled, and goes on counting where the file ended.
pub(super) async fn write(path: PathBuf) {
    let mut number =
        std::fs::read(&path).map_or(0, |text| text.iter().filter(|b| **b == b'\n').count());
    let mut pace = tokio::time::interval(PACE);
    loop {
        pace.tick().await;
        if let Err(error) = append(&path, number, number + BATCH) {
            warn!(%error, file = %path.display(), "cannot write the demo file");
            return;
        }
        number += BATCH;
    }
}

fn append(path: &Path, from: usize, to: usize) -> io::Result<()> {
    let lines: String = (from..to)
        .map(|n| format!("line {n}: the quick brown fox jumps over the lazy dog\n"))
        .collect();
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)?
        .write_all(lines.as_bytes())
}

const PACE: Duration = Duration::from_millis(100);
const BATCH: usize = 10;

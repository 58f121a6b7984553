//! What flows, once a second.

use std::fs::File;
use std::io::{self, IsTerminal, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::Instant;

/// Counts the lines of both files.
pub(super) struct Progress {
    input: Count,
    output: Count,
}

struct Count {
    path: PathBuf,
    bytes: u64,
    lines: u64,
}

impl Progress {
    pub(super) fn new(input: &Path, output: &Path) -> Self {
        let count = |path: &Path| Count {
            path: path.to_owned(),
            bytes: 0,
            lines: 0,
        };
        Progress {
            input: count(input),
            output: count(output),
        }
    }

    /// Prints a line a second; on a terminal it stays in place.
    pub(super) async fn show(mut self) {
        let terminal = io::stdout().is_terminal();
        // Between two turns of the demo, not together with one.
        tokio::time::sleep(OFFSET).await;
        self.output.update();
        let (mut before, mut begin) = (self.output.lines, Instant::now());
        loop {
            tokio::time::sleep(INTERVAL).await;
            self.input.update();
            self.output.update();
            let rate =
                (self.output.lines.saturating_sub(before)) as f64 / begin.elapsed().as_secs_f64();
            (before, begin) = (self.output.lines, Instant::now());
            let (read, written) = (self.input.lines, self.output.lines);
            let line = format!(
                "{read} lines in, {written} lines out, {rate:.0} lines/s, lag {}",
                read.saturating_sub(written)
            );
            let mut out = io::stdout().lock();
            let shown = if terminal {
                write!(out, "\r{line:<70}")
            } else {
                writeln!(out, "{line}")
            };
            if shown.and_then(|()| out.flush()).is_err() {
                return;
            }
        }
    }
}

impl Count {
    /// Counts what came since the last time; a file that is gone or shorter is counted anew.
    fn update(&mut self) {
        let Ok(mut file) = File::open(&self.path) else {
            return;
        };
        if file.metadata().is_ok_and(|meta| meta.len() < self.bytes) {
            (self.bytes, self.lines) = (0, 0);
        }
        if file.seek(SeekFrom::Start(self.bytes)).is_err() {
            return;
        }
        let mut chunk = vec![0; CHUNK];
        while let Ok(read @ 1..) = file.read(&mut chunk) {
            self.bytes += read as u64;
            self.lines += chunk[..read].iter().filter(|b| **b == b'\n').count() as u64;
        }
    }
}

const OFFSET: Duration = Duration::from_millis(50);
const INTERVAL: Duration = Duration::from_secs(1);
const CHUNK: usize = 64 * 1024;

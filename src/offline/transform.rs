//! `windlass transform`

use std::io::{self, BufRead, BufWriter, Write};
use std::path::Path;

use windlass_engine::offline::{Outcome, Runner, Sample};

use super::{block_on, bundled, files, show};
use crate::failure::Failure;

/// Runs the records of standard input, one JSON object a line, through a connector, and shows their way.
pub(crate) fn run(connector: &Path, worker: Option<&Path>, as_json: bool) -> Result<(), Failure> {
    let connector = files::connector(connector)?;
    let worker = worker.map(files::worker).transpose()?;
    let mut runner = Runner::new(&bundled(), connector, worker.as_ref())
        .map_err(|error| Failure::config(error.to_string()))?;
    let failed = block_on(records(&mut runner, as_json))??;
    match failed {
        0 => Ok(()),
        1 => Err(Failure::usage("a record failed")),
        count => Err(Failure::usage(format!("{count} records failed"))),
    }
}

/// How many records failed.
async fn records(runner: &mut Runner, as_json: bool) -> Result<usize, Failure> {
    let unread = |error: io::Error| Failure::start(format!("standard input: {error}"));
    let unwritten = |error: io::Error| Failure::start(format!("standard output: {error}"));
    let mut out = BufWriter::new(io::stdout().lock());
    let (mut number, mut failed) = (0, 0);
    for (line, text) in (1..).zip(io::stdin().lock().lines()) {
        let text = text.map_err(unread)?;
        if text.trim().is_empty() {
            continue;
        }
        number += 1;
        let sample = Sample::parse(&text)
            .map_err(|error| Failure::usage(format!("standard input, line {line}: {error}")))?;
        let run = runner.run(&sample).await;
        if matches!(run.outcome, Outcome::Failed { .. }) {
            failed += 1;
        }
        if as_json {
            writeln!(out, "{}", run.to_json()).map_err(unwritten)?;
        } else {
            show::run(&mut out, number, &run).map_err(unwritten)?;
        }
    }
    out.flush().map_err(unwritten)?;
    Ok(failed)
}

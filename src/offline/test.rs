//! `windlass test`

use std::path::Path;

use windlass_api::Props;
use windlass_engine::offline::{CaseFile, ConfigSource, Verdict};

use super::{block_on, bundled, files};
use crate::failure::Failure;

/// Runs the cases of a file.
pub(crate) fn run(path: &Path) -> Result<(), Failure> {
    let bytes = files::read(path, "cases")?;
    let wrong = |error: String| Failure::config(format!("{}: {error}", path.display()));
    let text = String::from_utf8(bytes).map_err(|error| wrong(error.to_string()))?;
    let cases = CaseFile::parse(&text).map_err(|error| wrong(error.to_string()))?;
    let beside = path.parent().unwrap_or(Path::new("."));
    let connector = props(&cases.connector, beside, files::connector)?;
    let worker = match &cases.worker {
        Some(worker) => Some(props(worker, beside, files::worker)?),
        None => None,
    };
    let reports = block_on(cases.run(&bundled(), connector, worker.as_ref()))?
        .map_err(|error| wrong(error.to_string()))?;
    let mut failed = 0;
    for report in &reports {
        match &report.verdict {
            Verdict::Passed => println!("ok    {}", report.name),
            Verdict::Failed(lines) => {
                failed += 1;
                println!("FAIL  {}", report.name);
                for line in lines {
                    println!("      {line}");
                }
            }
        }
    }
    println!("{} passed, {failed} failed", reports.len() - failed);
    if failed > 0 {
        return Err(Failure::usage(format!(
            "{}: {failed} of {} cases failed",
            path.display(),
            reports.len()
        )));
    }
    Ok(())
}

fn props(
    source: &ConfigSource,
    beside: &Path,
    read: fn(&Path) -> Result<Props, Failure>,
) -> Result<Props, Failure> {
    match source {
        ConfigSource::Here(props) => Ok(props.clone()),
        ConfigSource::File(name) => read(&beside.join(name)),
    }
}

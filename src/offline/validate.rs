//! `windlass validate`

use std::path::Path;

use windlass_engine::offline::{Check, check};

use super::{block_on, bundled, files};
use crate::failure::Failure;

/// Checks a connector's configuration and says what is wrong with it.
pub(crate) fn run(path: &Path, worker: Option<&Path>) -> Result<(), Failure> {
    let connector = files::connector(path)?;
    let worker = worker.map(files::worker).transpose()?;
    let checked = block_on(check(&bundled(), &connector, worker.as_ref()))?;
    let Check { infos, unknown } =
        checked.map_err(|error| Failure::usage(format!("{}: {error}", path.display())))?;
    for key in &unknown {
        let hint = key
            .hint
            .as_ref()
            .map_or_else(String::new, |hint| format!(": {hint}"));
        println!("warning  {} is read by nobody{hint}", key.key);
    }
    let mut errors = 0;
    for value in infos
        .configs
        .iter()
        .filter_map(|config| config.value.as_ref())
    {
        for error in &value.errors {
            errors += 1;
            println!("error    {}: {error}", value.name);
        }
    }
    if errors > 0 {
        let plural = if errors == 1 { "error" } else { "errors" };
        return Err(Failure::usage(format!(
            "{}: {errors} {plural}",
            path.display()
        )));
    }
    println!("{} is valid", path.display());
    Ok(())
}

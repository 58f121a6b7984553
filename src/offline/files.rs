//! Reading configuration files.

use std::path::Path;

use windlass_api::Props;
use windlass_engine::properties;
use windlass_rest::CreateRequest;

use crate::failure::Failure;

/// A connector's configuration: properties or JSON, as `windlass standalone` takes them.
pub(super) fn connector(path: &Path) -> Result<Props, Failure> {
    let bytes = read(path, "connector configuration")?;
    let request = CreateRequest::from_file(&path.to_string_lossy(), &bytes);
    Ok(request.map_err(|e| Failure::config(e.to_string()))?.config)
}

/// A worker's configuration.
pub(super) fn worker(path: &Path) -> Result<Props, Failure> {
    let bytes = read(path, "worker configuration")?;
    let what = path.display();
    properties::parse(&bytes)
        .map_err(|error| Failure::config(format!("worker configuration {what}: {error}")))
}

pub(super) fn read(path: &Path, what: &str) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| {
        Failure::config(format!(
            "cannot read the {what} {}: {error}",
            path.display()
        ))
    })
}

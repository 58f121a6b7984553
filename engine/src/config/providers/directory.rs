//! DirectoryConfigProvider

use std::collections::{BTreeMap, BTreeSet};

use windlass_api::{ConnectError, Result};
use windlass_client::config::Secret;

use super::allowed_paths::AllowedPaths;
use super::{ConfigProvider, Provided};

/// Reads the files of a directory: their names are the keys, their whole text the values (KIP-632).
#[derive(Debug)]
pub(super) struct DirectoryConfigProvider {
    pub(super) allowed: AllowedPaths,
}

impl ConfigProvider for DirectoryConfigProvider {
    fn provide(&self, path: &str, keys: &BTreeSet<&str>) -> Result<Provided> {
        if path.is_empty() {
            return Ok(Provided::default());
        }
        let Some(directory) = self.allowed.permit(path) else {
            tracing::warn!("the path {path} is not allowed to be accessed");
            return Ok(Provided::default());
        };
        if !directory.is_dir() {
            tracing::warn!("the path {path} is not a directory");
            return Ok(Provided::default());
        }
        let mut values = BTreeMap::new();
        // A key is the name of a file and never a way out of the directory.
        for key in keys.iter().filter(|key| !key.contains('/')) {
            let file = directory.join(key);
            if !file.is_file() {
                continue;
            }
            let text = std::fs::read_to_string(&file).map_err(|error| {
                let file = file.display();
                tracing::error!("cannot read file {file} for property {key}: {error}");
                ConnectError::config(format!("Could not read file {file} for property {key}"))
            })?;
            values.insert((*key).to_owned(), Secret::new(text));
        }
        Ok(values.into())
    }
}

//! FileConfigProvider

use std::collections::{BTreeMap, BTreeSet};

use windlass_api::{ConnectError, Result};
use windlass_client::config::Secret;

use super::allowed_paths::AllowedPaths;
use super::{ConfigProvider, Provided};
use crate::properties;

/// Reads keys of Java properties files.
#[derive(Debug)]
pub(super) struct FileConfigProvider {
    pub(super) allowed: AllowedPaths,
}

impl ConfigProvider for FileConfigProvider {
    fn provide(&self, path: &str, keys: &BTreeSet<&str>) -> Result<Provided> {
        if path.is_empty() {
            return Ok(Provided::default());
        }
        let Some(file) = self.allowed.permit(path) else {
            tracing::warn!("the path {path} is not allowed to be accessed");
            return Ok(Provided::default());
        };
        let unreadable = |why: &dyn std::fmt::Display| {
            tracing::error!("cannot read properties from file {path}: {why}");
            ConnectError::config(format!("Could not read properties from file {path}"))
        };
        let bytes = std::fs::read(file).map_err(|error| unreadable(&error))?;
        // Java reads connector files as Latin-1, but these as UTF-8 and nothing else.
        std::str::from_utf8(&bytes).map_err(|error| unreadable(&error))?;
        let props = properties::parse(&bytes).map_err(|error| unreadable(&error))?;
        let value =
            |key: &&str| Some(((*key).to_owned(), Secret::new(props.get(*key)?.as_deref()?)));
        let values: BTreeMap<_, _> = keys.iter().filter_map(value).collect();
        Ok(values.into())
    }
}

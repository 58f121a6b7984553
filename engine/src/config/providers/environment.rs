//! EnvVarConfigProvider

use std::collections::{BTreeMap, BTreeSet};

use windlass_api::{ConnectError, JavaRegex, Result};
use windlass_client::config::Secret;

use super::{ConfigProvider, Provided};

/// Reads environment variables (KIP-887).
#[derive(Debug)]
pub(super) struct EnvVarConfigProvider {
    /// `allowlist.pattern`, which the whole name has to match.
    allowed: Option<JavaRegex>,
}

impl EnvVarConfigProvider {
    /// # Errors
    /// When the pattern is none.
    pub(super) fn new(pattern: Option<&str>) -> Result<Self> {
        let allowed = pattern.map(JavaRegex::new).transpose();
        let allowed =
            allowed.map_err(|error| ConnectError::config(format!("allowlist.pattern: {error}")))?;
        Ok(EnvVarConfigProvider { allowed })
    }
}

impl ConfigProvider for EnvVarConfigProvider {
    fn provide(&self, path: &str, keys: &BTreeSet<&str>) -> Result<Provided> {
        if !path.is_empty() {
            return Err(ConnectError::config(format!(
                "Path is not supported for EnvVarConfigProvider, invalid value '{path}'"
            )));
        }
        let allowed = |key: &str| match &self.allowed {
            // A pattern that backtracks too far matches nothing.
            Some(pattern) => pattern.matches(key).unwrap_or(false),
            None => true,
        };
        let value = |key: &&str| {
            // The operating system refuses such names, and Rust panics on some of them.
            let name = Some(*key)
                .filter(|key| !key.is_empty() && !key.contains(['=', '\0']) && allowed(key))?;
            Some((name.to_owned(), Secret::new(std::env::var(name).ok()?)))
        };
        let values: BTreeMap<_, _> = keys.iter().filter_map(value).collect();
        Ok(values.into())
    }
}

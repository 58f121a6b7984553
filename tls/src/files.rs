//! Noticing that a file has changed.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::TlsSettings;
use crate::settings::{KeySource, TrustSource};

/// What the files of some settings looked like when they were read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Stamps(Vec<(PathBuf, Option<(SystemTime, u64)>)>);

impl Stamps {
    /// Looks at the files; one that cannot be looked at is remembered as such.
    pub(crate) fn of(settings: &TlsSettings) -> Self {
        let keys = match &settings.keys {
            Some(KeySource::Pem { path, .. } | KeySource::Store { path, .. }) => Some(path),
            _ => None,
        };
        let trust = match &settings.trust {
            Some(TrustSource::Pem(path) | TrustSource::Store { path, .. }) => Some(path),
            _ => None,
        };
        let paths = keys.into_iter().chain(trust);
        Self(paths.map(|path| (path.clone(), stamp(path))).collect())
    }
}

fn stamp(path: &Path) -> Option<(SystemTime, u64)> {
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

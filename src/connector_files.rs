//! Connectors that are kept as files in a directory (`connectors.directory`).

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tracing::{error, info, warn};
use windlass_api::Props;
use windlass_engine::herder::{Herder, HerderError};
use windlass_rest::CreateRequest;

/// Applies the files of a directory, when the worker starts and whenever one changes.
///
/// It looks once a second: mounted configuration changes by symbolic links, of which no notice is given about the files.
/// A file whose connector has the same configuration already is left alone; a connector whose file is deleted stays. Only
/// the leader can write configurations, so what is to be applied waits on the others until they see it stored, or lead.
pub(crate) struct ConnectorFiles {
    directory: PathBuf,
    herder: Herder,
    seen: BTreeMap<PathBuf, Stamp>,
    /// Connectors by file.
    names: BTreeMap<PathBuf, String>,
    pending: BTreeMap<PathBuf, CreateRequest>,
    readable: bool,
}

/// What tells one content of a file from the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    bytes: u64,
}

/// What the files of a directory say.
pub(crate) struct Wanted {
    /// By path, sorted.
    pub(crate) requests: Vec<(PathBuf, CreateRequest)>,
    /// What is wrong with the others.
    pub(crate) faults: Vec<String>,
}

impl ConnectorFiles {
    pub(crate) fn new(directory: PathBuf, herder: Herder) -> Self {
        ConnectorFiles {
            directory,
            herder,
            seen: BTreeMap::new(),
            names: BTreeMap::new(),
            pending: BTreeMap::new(),
            readable: true,
        }
    }

    /// Follows the directory for ever.
    pub(crate) async fn follow(mut self) {
        loop {
            self.look().await;
            self.apply().await;
            tokio::time::sleep(PERIOD).await;
        }
    }

    /// Reads the files that have changed since the last look.
    async fn look(&mut self) {
        let directory = self.directory.clone();
        let listed = tokio::task::spawn_blocking(move || stamps(&directory)).await;
        let stamps = match listed.unwrap_or_else(|e| Err(io::Error::other(e))) {
            Ok(stamps) => stamps,
            Err(error) => {
                if std::mem::take(&mut self.readable) {
                    let directory = self.directory.display();
                    error!(%directory, %error, "the directory of connector files cannot be read");
                }
                return;
            }
        };
        self.readable = true;
        for gone in self.seen.keys().filter(|path| !stamps.contains_key(*path)) {
            self.pending.remove(gone);
            if let Some(connector) = self.names.remove(gone) {
                info!(connector, file = %gone.display(), "connector file deleted; its connector stays");
            }
        }
        let changed = stamps
            .iter()
            .filter(|(path, stamp)| self.seen.get(*path) != Some(stamp));
        let changed: Vec<PathBuf> = changed.map(|(path, _)| path.clone()).collect();
        self.seen = stamps;
        for path in changed {
            self.pending.remove(&path);
            match read(&path) {
                Ok(request) => self.want(path, request),
                Err(fault) => error!(file = %path.display(), "connector file not applied: {fault}"),
            }
        }
    }

    fn want(&mut self, path: PathBuf, request: CreateRequest) {
        let twin = self
            .names
            .iter()
            .find(|(other, name)| **name == request.name && **other != path);
        if let Some((other, _)) = twin {
            let (file, other) = (path.display(), other.display());
            error!(connector = request.name, %file, %other, "connector file not applied: another one has the same name");
            return;
        }
        self.names.insert(path.clone(), request.name.clone());
        self.pending.insert(path, request);
    }

    async fn apply(&mut self) {
        for (path, request) in std::mem::take(&mut self.pending) {
            let (connector, file) = (request.name.clone(), path.display().to_string());
            match put(&self.herder, request.clone()).await {
                Ok(Done::Unchanged) => {}
                Ok(Done::Created) => info!(connector, file, "connector created from its file"),
                Ok(Done::Changed) => info!(connector, file, "connector changed by its file"),
                // The leader may have the file too; if not, this worker may lead one day.
                Err(HerderError::Elsewhere { .. } | HerderError::Conflict(_)) => {
                    self.pending.insert(path, request);
                }
                Err(error @ HerderError::BadRequest(_)) => {
                    error!(connector, file, %error, "connector file not applied");
                }
                Err(error) => {
                    warn!(connector, file, %error, "connector file not applied yet");
                    self.pending.insert(path, request);
                }
            }
        }
    }
}

enum Done {
    Unchanged,
    Created,
    Changed,
}

async fn put(herder: &Herder, request: CreateRequest) -> Result<Done, HerderError> {
    let CreateRequest {
        name,
        config,
        target,
    } = request;
    match herder.connector_config(&name) {
        Ok(stored) if *stored == config => Ok(Done::Unchanged),
        Ok(_) => {
            herder.put_connector_config(&name, config).await?;
            Ok(Done::Changed)
        }
        Err(_) => {
            herder.create_connector(&name, config, target).await?;
            Ok(Done::Created)
        }
    }
}

/// Reads all files of a directory.
///
/// # Errors
/// When the directory cannot be read.
pub(crate) fn wanted(directory: &Path) -> io::Result<Wanted> {
    let mut wanted = Wanted {
        requests: Vec::new(),
        faults: Vec::new(),
    };
    let mut names = BTreeSet::new();
    for path in stamps(directory)?.into_keys() {
        match read(&path) {
            Ok(request) if names.insert(request.name.clone()) => {
                wanted.requests.push((path, request));
            }
            Ok(request) => {
                let (path, name) = (path.display(), request.name);
                wanted
                    .faults
                    .push(format!("{path}: another file has the name \"{name}\" too"));
            }
            Err(fault) => wanted.faults.push(fault),
        }
    }
    Ok(wanted)
}

/// One line for each key in which a file differs from what is stored; values, which may be secrets, are not shown.
pub(crate) fn difference(stored: &Props, wanted: &Props) -> Vec<String> {
    let keys: BTreeSet<&String> = stored.keys().chain(wanted.keys()).collect();
    let line = |key: &String| match (stored.get(key), wanted.get(key)) {
        (None, Some(_)) => Some(format!("+ {key}")),
        (Some(_), None) => Some(format!("- {key}")),
        (old, new) if old != new => Some(format!("~ {key}")),
        _ => None,
    };
    keys.into_iter().filter_map(line).collect()
}

fn read(path: &Path) -> Result<CreateRequest, String> {
    let shown = path.display();
    let bytes = std::fs::read(path).map_err(|e| format!("{shown} cannot be read: {e}"))?;
    CreateRequest::from_file(&path.to_string_lossy(), &bytes).map_err(|e| e.to_string())
}

/// The connector files of a directory; hidden ones, which editors and mounts leave behind, are none.
fn stamps(directory: &Path) -> io::Result<BTreeMap<PathBuf, Stamp>> {
    let mut stamps = BTreeMap::new();
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        let hidden = path
            .file_name()
            .is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
        let known = path
            .extension()
            .is_some_and(|ext| ext == "json" || ext == "properties");
        // A file that went away meanwhile is none.
        let Ok(meta) = std::fs::metadata(&path) else {
            continue;
        };
        if known && !hidden && meta.is_file() {
            let stamp = Stamp {
                modified: meta.modified().ok(),
                bytes: meta.len(),
            };
            stamps.insert(path, stamp);
        }
    }
    Ok(stamps)
}

const PERIOD: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_is_named_and_stops_no_other_file() {
        let dir = std::env::temp_dir().join(format!("windlass-files-{}", std::process::id()));
        std::fs::create_dir_all(&dir).expect("a directory");
        for (name, text) in [
            ("a.properties", "name=a\nconnector.class=X\n"),
            ("b.json", "{\"name\": \"b\""),
            ("c.json", "{\"name\": \"a\", \"config\": {}}"),
            (".d.json", "hidden"),
            ("notes.txt", "no connector"),
        ] {
            std::fs::write(dir.join(name), text).expect("a file");
        }
        let wanted = wanted(&dir).expect("readable");
        std::fs::remove_dir_all(&dir).expect("ours");
        let names: Vec<_> = wanted
            .requests
            .iter()
            .map(|(_, r)| r.name.as_str())
            .collect();
        assert_eq!(names, ["a"]);
        assert_eq!(wanted.faults.len(), 2, "{:?}", wanted.faults);
        assert!(wanted.faults[0].contains("b.json") && wanted.faults[1].contains("c.json"));
    }

    #[test]
    fn differences_show_keys_only() {
        let props = |entries: &[(&str, &str)]| -> Props {
            let entry = |(k, v): &(&str, &str)| ((*k).to_owned(), Some((*v).to_owned()));
            entries.iter().map(entry).collect()
        };
        let stored = props(&[("a", "1"), ("b", "2"), ("password", "x")]);
        let wanted = props(&[("b", "2"), ("c", "3"), ("password", "y")]);
        assert_eq!(difference(&stored, &wanted), ["- a", "+ c", "~ password"]);
    }
}

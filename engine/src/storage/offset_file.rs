//! Source offsets in a file that Java reads too (ST-005).

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use tokio::sync::{mpsc, oneshot};

use crate::java_map;

/// What to store: keys with their values, `None` to forget a key.
pub type OffsetEntries = Vec<(Vec<u8>, Option<Vec<u8>>)>;

type Entries = BTreeMap<Vec<u8>, Vec<u8>>;

/// The offsets file of a standalone worker (`offset.storage.file.filename`), read once and rewritten with each change.
///
/// Where Java overwrites the file in place, this writes beside it and renames: a crash or a full disk leaves the last
/// committed offsets readable. What is not in the file is not returned by reads either.
#[derive(Clone, Debug)]
pub struct FileOffsetStore {
    path: Arc<Path>,
    /// What the file holds.
    entries: Arc<RwLock<Entries>>,
    writes: mpsc::UnboundedSender<Pending>,
}

struct Pending {
    entries: OffsetEntries,
    done: oneshot::Sender<Result<(), OffsetFileError>>,
}

/// The offsets file cannot be read or written.
#[derive(Clone, Debug, thiserror::Error)]
#[error("cannot {action} offsets file {}: {reason}", .path.display())]
pub struct OffsetFileError {
    action: &'static str,
    path: Arc<Path>,
    reason: Arc<str>,
}

impl FileOffsetStore {
    /// Reads the file; a missing or an empty one is fine. Writes go on on the runtime of the caller until the last clone
    /// is dropped.
    ///
    /// # Errors
    /// When the file cannot be read or is no map that Java wrote.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, OffsetFileError> {
        let path: Arc<Path> = Arc::from(path.into());
        let failed = |reason: String| OffsetFileError {
            action: "read",
            path: Arc::clone(&path),
            reason: Arc::from(reason),
        };
        let entries = match fs::read(&path) {
            Ok(bytes) if bytes.is_empty() => Entries::new(),
            Ok(bytes) => java_map::read(&bytes).map_err(|e| failed(e.to_string()))?,
            Err(e) if e.kind() == io::ErrorKind::NotFound => Entries::new(),
            Err(e) => return Err(failed(e.to_string())),
        };
        let (writes, queue) = mpsc::unbounded_channel();
        let entries = Arc::new(RwLock::new(entries));
        tokio::spawn(write_all(Arc::clone(&path), Arc::clone(&entries), queue));
        Ok(FileOffsetStore {
            path,
            entries,
            writes,
        })
    }

    /// The stored value of a key.
    pub fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        read(&self.entries).get(key).cloned()
    }

    /// The stored keys that begin with these bytes, with their values.
    pub fn with_prefix(&self, prefix: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
        let entries = read(&self.entries);
        let from = entries
            .range(prefix.to_vec()..)
            .take_while(|(key, _)| key.starts_with(prefix));
        from.map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    }

    /// Stores all entries or none; returns when they are on disk. Requests made meanwhile share one write. The write
    /// goes on when the future is dropped.
    ///
    /// # Errors
    /// When the file cannot be written; what it held before is still there.
    pub async fn set(&self, entries: OffsetEntries) -> Result<(), OffsetFileError> {
        let (done, answer) = oneshot::channel();
        let closed = || OffsetFileError {
            action: "write",
            path: Arc::clone(&self.path),
            reason: Arc::from("the worker has stopped"),
        };
        self.writes
            .send(Pending { entries, done })
            .map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }
}

async fn write_all(
    path: Arc<Path>,
    entries: Arc<RwLock<Entries>>,
    mut queue: mpsc::UnboundedReceiver<Pending>,
) {
    while let Some(first) = queue.recv().await {
        let mut next = read(&entries).clone();
        let mut waiting = Vec::new();
        let mut write = Some(first);
        while let Some(Pending { entries, done }) = write {
            for (key, value) in entries {
                match value {
                    Some(value) => next.insert(key, value),
                    None => next.remove(&key),
                };
            }
            waiting.push(done);
            write = queue.try_recv().ok();
        }
        let target = Arc::clone(&path);
        let written = tokio::task::spawn_blocking(move || {
            replace(&target, &java_map::write(&next)).map(|()| next)
        })
        .await;
        let result = match written {
            Ok(Ok(next)) => {
                *entries.write().unwrap_or_else(PoisonError::into_inner) = next;
                Ok(())
            }
            Ok(Err(e)) => Err(e.to_string()),
            Err(e) => Err(e.to_string()),
        };
        let result = result.map_err(|reason| OffsetFileError {
            action: "write",
            path: Arc::clone(&path),
            reason: Arc::from(reason),
        });
        for done in waiting {
            let _ = done.send(result.clone());
        }
    }
}

/// Replaces the content of a file in one step, as far as the file system allows.
fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".tmp");
    let beside = PathBuf::from(beside);
    match write_beside(&beside, path, content) {
        // Only the file itself may be written, or it is a mount point: do as Java does.
        Err(e)
            if matches!(
                e.kind(),
                io::ErrorKind::PermissionDenied | io::ErrorKind::ResourceBusy
            ) =>
        {
            write_synced(path, content)
        }
        Err(e) => {
            let _ = fs::remove_file(&beside);
            Err(e)
        }
        Ok(()) => Ok(()),
    }
}

fn write_beside(beside: &Path, path: &Path, content: &[u8]) -> io::Result<()> {
    write_synced(beside, content)?;
    fs::rename(beside, path)?;
    match path.parent().filter(|dir| !dir.as_os_str().is_empty()) {
        Some(dir) => File::open(dir)?.sync_all(),
        None => File::open(".")?.sync_all(),
    }
}

fn write_synced(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(content)?;
    file.sync_all()
}

fn read(entries: &RwLock<Entries>) -> RwLockReadGuard<'_, Entries> {
    entries.read().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(key: &str, value: &str) -> (Vec<u8>, Option<Vec<u8>>) {
        (key.into(), Some(value.into()))
    }

    #[tokio::test]
    async fn what_was_set_is_read_by_the_next_worker() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("offsets");
        let store = FileOffsetStore::open(&path).unwrap();
        store
            .set(vec![entry("a1", "1"), entry("a2", "2"), entry("b", "3")])
            .await
            .unwrap();
        store
            .set(vec![entry("a1", "4"), ("a2".into(), None)])
            .await
            .unwrap();
        let again = FileOffsetStore::open(&path).unwrap();
        assert_eq!(again.with_prefix(b"a"), [(b"a1".to_vec(), b"4".to_vec())]);
        assert_eq!(
            (again.get(b"b"), again.get(b"a2")),
            (Some(b"3".to_vec()), None)
        );
    }

    #[tokio::test]
    async fn a_write_that_fails_names_the_path_and_loses_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("offsets");
        let store = FileOffsetStore::open(&path).unwrap();
        store.set(vec![entry("a", "1")]).await.unwrap();
        // A directory in the way of the temporary file stands for a disk that takes no more.
        let obstacle = dir.path().join("offsets.tmp");
        fs::create_dir(&obstacle).unwrap();
        let error = store.set(vec![entry("a", "2")]).await.unwrap_err();
        assert!(
            error.to_string().contains(path.to_str().unwrap()),
            "{error}"
        );
        assert_eq!(store.get(b"a"), Some(b"1".to_vec()));
        assert_eq!(
            FileOffsetStore::open(&path).unwrap().get(b"a"),
            Some(b"1".to_vec())
        );
        fs::remove_dir(&obstacle).unwrap();
        store.set(vec![entry("a", "2")]).await.unwrap();
        assert_eq!(
            FileOffsetStore::open(&path).unwrap().get(b"a"),
            Some(b"2".to_vec())
        );
    }

    #[tokio::test]
    async fn a_missing_or_empty_file_is_fine_and_garbage_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("offsets");
        assert!(FileOffsetStore::open(&path).is_ok());
        fs::write(&path, "").unwrap();
        assert!(FileOffsetStore::open(&path).is_ok());
        fs::write(&path, "garbage").unwrap();
        assert!(FileOffsetStore::open(&path).is_err());
    }
}

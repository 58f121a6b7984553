//! What the broker must remember beside records: topics, committed offsets, transactions.
//!
//! A file of change sets, appended to and now and then rewritten. Each set is applied as a whole or, when a crash tore
//! it, not at all:
//!
//! ```text
//! length u32 | crc32c u32 | ( removed u8 | key length u32 | key | value length u32 | value )*
//! ```

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use bytes::{Buf, BufMut};
use windlass_wire::crc::crc32c;

use crate::error::{Error, Result};

/// Keys and values that survive a restart; of no effect for a broker in memory.
#[derive(Debug, Default)]
pub(crate) struct Journal(Option<Stored>);

/// Changes that are applied together.
#[derive(Debug, Default)]
pub(crate) struct Changes(Vec<(Vec<u8>, Option<Vec<u8>>)>);

impl Changes {
    pub(crate) fn put(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.0.push((key, Some(value)));
    }

    pub(crate) fn remove(&mut self, key: Vec<u8>) {
        self.0.push((key, None));
    }
}

impl Journal {
    /// A journal that forgets.
    pub(crate) fn in_memory() -> Journal {
        Journal(None)
    }

    /// Reads the journal at `path`, created when missing. A torn change set at its end is cut off.
    pub(crate) fn open(path: PathBuf) -> Result<Journal> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path);
        let file = file.map_err(Error::storage("open", &path))?;
        let bytes = fs::read(&path).map_err(Error::storage("read", &path))?;
        let mut stored = Stored {
            file,
            path,
            length: 0,
            live: 0,
            entries: BTreeMap::new(),
        };
        let mut rest = &bytes[..];
        while let Some(changes) = take_set(&mut rest) {
            stored.apply(changes);
        }
        stored.length = (bytes.len() - rest.len()) as u64;
        if !rest.is_empty() {
            tracing::warn!(path = %stored.path.display(), bytes = rest.len(), "cut a torn change set off the journal");
            stored
                .file
                .set_len(stored.length)
                .map_err(Error::storage("truncate", &stored.path))?;
        }
        Ok(Journal(Some(stored)))
    }

    /// Everything stored, by key.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.0.iter().flat_map(|stored| {
            stored
                .entries
                .iter()
                .map(|(key, value)| (&key[..], &value[..]))
        })
    }

    /// Stores all changes, or none when it fails.
    pub(crate) fn write(&mut self, changes: Changes) -> Result<()> {
        let Some(stored) = &mut self.0 else {
            return Ok(());
        };
        if changes.0.is_empty() {
            return Ok(());
        }
        stored.append(&changes)?;
        stored.apply(changes);
        match stored.length > REWRITE_ABOVE && stored.length / 4 > stored.live {
            true => stored.rewrite(),
            false => Ok(()),
        }
    }

    /// Brings everything to disk.
    pub(crate) fn sync(&self) -> Result<()> {
        match &self.0 {
            Some(stored) => stored
                .file
                .sync_all()
                .map_err(Error::storage("sync", &stored.path)),
            None => Ok(()),
        }
    }
}

#[derive(Debug)]
struct Stored {
    file: File,
    path: PathBuf,
    /// Bytes of the file that hold whole change sets.
    length: u64,
    /// Bytes of `entries`, about.
    live: u64,
    entries: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl Stored {
    fn append(&mut self, changes: &Changes) -> Result<()> {
        let set = encode_set(
            changes
                .0
                .iter()
                .map(|(key, value)| (&key[..], value.as_deref())),
        );
        if let Err(error) = self.file.write_all_at(&set, self.length) {
            // Half a set would be cut off at the next start; better now, while later sets may follow it.
            let _ = self.file.set_len(self.length);
            return Err(Error::storage("append to", &self.path)(error));
        }
        self.length += set.len() as u64;
        Ok(())
    }

    fn apply(&mut self, changes: Changes) {
        for (key, value) in changes.0 {
            let size = key.len() as u64;
            let before = match value {
                Some(value) => {
                    self.live += size + value.len() as u64;
                    self.entries.insert(key, value)
                }
                None => self.entries.remove(&key),
            };
            if let Some(before) = before {
                self.live = self.live.saturating_sub(size + before.len() as u64);
            }
        }
    }

    /// Writes the entries alone to a new file that then takes the place of the old.
    fn rewrite(&mut self) -> Result<()> {
        let path = self.path.with_extension("new");
        let set = encode_set(
            self.entries
                .iter()
                .map(|(key, value)| (&key[..], Some(&value[..]))),
        );
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(&path);
        let file = file.map_err(Error::storage("create", &path))?;
        file.write_all_at(&set, 0)
            .map_err(Error::storage("write", &path))?;
        file.sync_all().map_err(Error::storage("sync", &path))?;
        fs::rename(&path, &self.path).map_err(Error::storage("replace", &self.path))?;
        self.file = file;
        self.length = set.len() as u64;
        Ok(())
    }
}

fn encode_set<'a>(changes: impl Iterator<Item = (&'a [u8], Option<&'a [u8]>)>) -> Vec<u8> {
    let mut set = vec![0; SET_HEADER];
    for (key, value) in changes {
        set.put_u8(u8::from(value.is_none()));
        for part in [key, value.unwrap_or_default()] {
            set.put_u32(part.len() as u32);
            set.put_slice(part);
        }
    }
    let length = (set.len() - SET_HEADER) as u32;
    let crc = crc32c(&set[SET_HEADER..]);
    set[..4].copy_from_slice(&length.to_be_bytes());
    set[4..SET_HEADER].copy_from_slice(&crc.to_be_bytes());
    set
}

/// The next whole set, taken off `rest`; `None`, and `rest` as it was, when there is none.
fn take_set(rest: &mut &[u8]) -> Option<Changes> {
    let mut bytes = *rest;
    let length = bytes.try_get_u32().ok()? as usize;
    let crc = bytes.try_get_u32().ok()?;
    let (mut body, after) = bytes.split_at_checked(length)?;
    if crc32c(body) != crc {
        return None;
    }
    let mut changes = Changes::default();
    while !body.is_empty() {
        let removed = body.try_get_u8().ok()? != 0;
        let key = take_part(&mut body)?;
        let value = take_part(&mut body)?;
        changes.0.push((key, (!removed).then_some(value)));
    }
    *rest = after;
    Some(changes)
}

fn take_part(body: &mut &[u8]) -> Option<Vec<u8>> {
    let length = body.try_get_u32().ok()? as usize;
    let (part, rest) = body.split_at_checked(length)?;
    *body = rest;
    Some(part.to_vec())
}

/// Name of the journal within the storage directory.
pub(crate) fn path(directory: &Path) -> PathBuf {
    directory.join("state.journal")
}

/// Bytes of length and CRC.
const SET_HEADER: usize = 8;
/// A journal shorter than this is never rewritten.
const REWRITE_ABOVE: u64 = 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn put(journal: &mut Journal, key: &str, value: &str) {
        let mut changes = Changes::default();
        changes.put(key.into(), value.into());
        journal.write(changes).unwrap();
    }

    fn entries(journal: &Journal) -> Vec<(String, String)> {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        journal
            .entries()
            .map(|(key, value)| (text(key), text(value)))
            .collect()
    }

    #[test]
    fn what_was_written_is_there_after_opening_again() {
        let directory = tempfile::tempdir().unwrap();
        let mut journal = Journal::open(path(directory.path())).unwrap();
        put(&mut journal, "a", "1");
        put(&mut journal, "b", "2");
        put(&mut journal, "a", "3");
        let mut changes = Changes::default();
        changes.remove(b"b".to_vec());
        changes.put(b"c".to_vec(), b"".to_vec());
        journal.write(changes).unwrap();
        let journal = Journal::open(path(directory.path())).unwrap();
        assert_eq!(
            entries(&journal),
            [("a".into(), "3".into()), ("c".into(), String::new())]
        );
    }

    #[test]
    fn a_torn_set_is_cut_off_wherever_it_tore() {
        let directory = tempfile::tempdir().unwrap();
        let path = path(directory.path());
        let mut journal = Journal::open(path.clone()).unwrap();
        put(&mut journal, "a", "1");
        let whole = fs::metadata(&path).unwrap().len();
        put(&mut journal, "a", "2");
        let bytes = fs::read(&path).unwrap();
        for end in whole as usize..bytes.len() {
            fs::write(&path, &bytes[..end]).unwrap();
            let mut journal = Journal::open(path.clone()).unwrap();
            assert_eq!(entries(&journal), [("a".into(), "1".into())]);
            put(&mut journal, "z", "9");
            let journal = Journal::open(path.clone()).unwrap();
            assert_eq!(entries(&journal).len(), 2);
        }
    }

    #[test]
    fn rewriting_keeps_the_entries_and_bounds_the_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = path(directory.path());
        let mut journal = Journal::open(path.clone()).unwrap();
        let value = "v".repeat(10_000);
        for turn in 0..1000 {
            put(&mut journal, &format!("key-{}", turn % 3), &value);
        }
        assert!(fs::metadata(&path).unwrap().len() < 2 * REWRITE_ABOVE);
        assert_eq!(entries(&Journal::open(path).unwrap()).len(), 3);
    }
}

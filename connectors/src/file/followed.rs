//! The file a source reads: waiting for it, resuming in it, and following it through truncation and rotation.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use tracing::{info, warn};
use windlass_api::{ConnectError, Result};

use super::lines::Lines;
use super::position;
use super::tail::{Change, Tail};
use super::watch::Watch;

/// A path whose file is read line by line for as long as the task runs.
pub(super) struct FollowedFile {
    path: PathBuf,
    watch: Watch,
    /// `None` until the file is there.
    tail: Option<Tail>,
    /// The file that took the place of the one in `tail`, of which every line was given out.
    next: Option<File>,
    /// How much to read at once: grows while the file has more, so that an idle task holds little memory.
    chunk: usize,
    warned: bool,
}

/// What one attempt to read gave.
#[derive(Debug, PartialEq)]
pub(super) enum Progress {
    /// More bytes, maybe more lines.
    Read,
    /// Reading starts again from the beginning of a file; lines not taken are gone.
    Restarted,
    /// Nothing: wait for [`FollowedFile::changed`].
    AtEnd,
}

impl FollowedFile {
    pub(super) fn new(path: PathBuf) -> Self {
        let watch = Watch::new(&path);
        FollowedFile {
            path,
            watch,
            tail: None,
            next: None,
            chunk: MIN_CHUNK,
            warned: false,
        }
    }

    /// Whether the file was found and opened.
    pub(super) fn is_open(&self) -> bool {
        self.tail.is_some()
    }

    /// Opens the file and goes to a stored position. Answers the position to count on from, or `None` when there is no
    /// file yet.
    pub(super) fn open(&mut self, stored: i64) -> Result<Option<i64>> {
        let file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.await_creation();
                return Ok(None);
            }
            Err(error) => return Err(self.failed("open", error)),
        };
        if file.metadata().is_ok_and(|meta| meta.is_dir()) {
            return Err(ConnectError::connect(format!(
                "cannot read {}: it is a directory",
                self.path.display()
            )));
        }
        let byte = position::byte_of(&file, stored)
            .map_err(|e| self.failed("find the stored position in", e))?;
        if byte.is_none() {
            warn!(
                file = %self.path.display(), position = stored,
                "file is shorter than its stored position: reading from its start"
            );
        }
        self.watch.follow(&self.path);
        self.tail = Some(Tail::new(file, byte.unwrap_or(0)).map_err(|e| self.failed("open", e))?);
        Ok(Some(if byte.is_some() { stored } else { 0 }))
    }

    /// Appends what there is to `lines`, of which all ready ones were taken.
    pub(super) fn read(&mut self, lines: &mut Lines) -> Result<Progress> {
        self.read_on(lines).map_err(|e| self.failed("read", e))
    }

    /// Waits until another attempt is worth it. Cancel safe.
    pub(super) async fn changed(&mut self) {
        self.chunk = MIN_CHUNK;
        self.watch.changed().await;
    }

    fn read_on(&mut self, lines: &mut Lines) -> io::Result<Progress> {
        let Some(tail) = &mut self.tail else {
            return Ok(Progress::AtEnd);
        };
        if let Some(file) = self.next.take() {
            info!(file = %self.path.display(), "file was replaced: reading the new one from its start");
            *tail = Tail::new(file, 0)?;
            self.watch.forget_older();
            return Ok(Progress::Restarted);
        }
        if tail.is_rewritten()? {
            return Ok(self.restart(lines));
        }
        if fill(tail, lines, &mut self.chunk)? {
            return Ok(Progress::Read);
        }
        match tail.change(&self.path)? {
            Change::None => return Ok(Progress::AtEnd),
            Change::Truncated => return Ok(self.restart(lines)),
            Change::Replaced | Change::Rotated(_) => {}
        }
        // From here on data in either file wakes the task; what came before is seen by looking again.
        self.watch.follow(&self.path);
        let Change::Rotated(file) = tail.change(&self.path)? else {
            return Ok(Progress::AtEnd);
        };
        // The writer has gone on to the new file: what it wrote to the old one until then is there now.
        if !fill(tail, lines, &mut self.chunk)? {
            lines.finish();
            self.next = Some(file);
        }
        Ok(Progress::Read)
    }

    fn restart(&mut self, lines: &mut Lines) -> Progress {
        info!(file = %self.path.display(), "file was truncated: reading it from its start");
        lines.clear();
        if let Some(tail) = &mut self.tail {
            tail.rewind();
        }
        Progress::Restarted
    }

    fn await_creation(&mut self) {
        if !self.warned {
            warn!(file = %self.path.display(), "could not find the file to read: waiting for it to be created");
            self.warned = true;
        }
        // The directory may have come to be meanwhile, and the file with it: it is looked for again within a second.
        if self.watch.is_blind() {
            self.watch = Watch::new(&self.path);
        }
    }

    fn failed(&self, what: &str, error: io::Error) -> ConnectError {
        ConnectError::connect(format!("cannot {what} {}: {error}", self.path.display()))
            .caused_by(error)
    }
}

/// Whether the path names a FIFO or a device, which cannot be followed and whose opening may block.
pub(super) fn is_stream(path: &Path) -> bool {
    path.metadata()
        .is_ok_and(|meta| !meta.is_file() && !meta.is_dir())
}

/// Reads once; `false` at the end of the file.
fn fill(tail: &mut Tail, lines: &mut Lines, chunk: &mut usize) -> io::Result<bool> {
    let read = tail.read(lines.buffer(*chunk))?;
    lines.appended();
    if read >= *chunk {
        *chunk = (*chunk * 4).min(MAX_CHUNK);
    }
    Ok(read > 0)
}

const MIN_CHUNK: usize = 8 * 1024;
/// Enough that the system call costs little beside the lines, little enough to stay in the cache.
const MAX_CHUNK: usize = 128 * 1024;

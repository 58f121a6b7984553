//! Following a file that grows, is truncated, and is replaced.

use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// A file open for reading, and how far it was read.
///
/// Reads go straight to the kernel from the data thread: what was just appended is in the page cache, and a hop to
/// another thread would cost more than the copy. A disk that hangs hangs this thread; the watchdog reports it.
pub(super) struct Tail {
    file: File,
    /// The next byte to read.
    at: u64,
    /// The bytes before `at` as they were read, at most [`HISTORY_BYTES`].
    history: Vec<u8>,
    /// Whether the last read found nothing.
    at_end: bool,
    device: u64,
    inode: u64,
}

/// What became of a file that has nothing more to read.
pub(super) enum Change {
    /// It is still the one, and as long as it was.
    None,
    /// It is shorter than what was read.
    Truncated,
    /// The path names another file, still empty: the old one may get more.
    Replaced,
    /// The path names another file, which holds data.
    Rotated(File),
}

impl Tail {
    /// Reads on from a byte of the file.
    pub(super) fn new(file: File, at: u64) -> io::Result<Self> {
        let meta = file.metadata()?;
        Ok(Tail {
            device: meta.dev(),
            inode: meta.ino(),
            file,
            at,
            history: Vec::new(),
            at_end: false,
        })
    }

    /// Appends what there is, up to the spare capacity of `buffer`; 0 at the end of the file.
    pub(super) fn read(&mut self, buffer: &mut Vec<u8>) -> io::Result<usize> {
        let read = pread(&self.file, buffer, self.at)?;
        self.at += read as u64;
        self.at_end = read == 0;
        self.remember(&buffer[buffer.len() - read..]);
        Ok(read)
    }

    /// Whether other bytes stand before the position than were read there: the file was truncated, and has grown beyond
    /// the position before anybody looked. Asks the file only after its end was reached.
    pub(super) fn is_rewritten(&self) -> io::Result<bool> {
        if !self.at_end || self.history.is_empty() {
            return Ok(false);
        }
        let mut now = Vec::with_capacity(self.history.len());
        let read = pread(&self.file, &mut now, self.at - self.history.len() as u64)?;
        Ok(read >= self.history.len() && !now.starts_with(&self.history))
    }

    /// Looks, at the end of the file, for what became of it.
    pub(super) fn change(&self, path: &Path) -> io::Result<Change> {
        if self.file.metadata()?.len() < self.at {
            return Ok(Change::Truncated);
        }
        let meta = match path.metadata() {
            Ok(meta) => meta,
            // Gone, or for a moment out of reach: the open file is read on.
            Err(_) => return Ok(Change::None),
        };
        if (meta.dev(), meta.ino()) == (self.device, self.inode) {
            return Ok(Change::None);
        }
        if meta.len() == 0 {
            return Ok(Change::Replaced);
        }
        match File::open(path) {
            Ok(file) => Ok(Change::Rotated(file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Change::None),
            Err(error) => Err(error),
        }
    }

    /// Reads from the start again.
    pub(super) fn rewind(&mut self) {
        self.at = 0;
        self.history.clear();
    }

    fn remember(&mut self, read: &[u8]) {
        let new = &read[read.len().saturating_sub(HISTORY_BYTES)..];
        let kept = HISTORY_BYTES - new.len();
        self.history
            .drain(..self.history.len().saturating_sub(kept));
        self.history.extend_from_slice(new);
    }
}

/// Appends bytes of the file to `buffer`, up to its spare capacity.
fn pread(file: &File, buffer: &mut Vec<u8>, at: u64) -> io::Result<usize> {
    loop {
        match rustix::io::pread(file, rustix::buffer::spare_capacity(buffer), at) {
            Err(rustix::io::Errno::INTR) => {}
            read => return Ok(read?),
        }
    }
}

/// Enough to tell one log line from another by its time.
const HISTORY_BYTES: usize = 64;

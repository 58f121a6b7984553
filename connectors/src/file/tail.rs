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
        })
    }

    /// Appends what there is, up to the spare capacity of `buffer`; 0 at the end of the file.
    pub(super) fn read(&mut self, buffer: &mut Vec<u8>) -> io::Result<usize> {
        loop {
            match rustix::io::pread(&self.file, rustix::buffer::spare_capacity(buffer), self.at) {
                Ok(read) => {
                    self.at += read as u64;
                    return Ok(read);
                }
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
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
    }
}

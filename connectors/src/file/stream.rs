//! Input that can only be read on: standard input, a FIFO, a terminal.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

use tokio::sync::mpsc;

/// Chunks of bytes that a thread of its own reads: opening and reading such an input may block for ever, which no
/// runtime thread can afford. After a stop the thread ends with the next data that arrives.
pub(super) struct Stream {
    chunks: mpsc::Receiver<io::Result<Vec<u8>>>,
}

impl Stream {
    /// Standard input.
    pub(super) fn stdin() -> io::Result<Self> {
        Self::spawn(|| Ok(io::stdin()))
    }

    /// A FIFO or a device.
    pub(super) fn open(path: PathBuf) -> io::Result<Self> {
        Self::spawn(move || File::open(path))
    }

    /// The next bytes, `None` after the end. Cancel safe.
    pub(super) async fn next(&mut self) -> Option<io::Result<Vec<u8>>> {
        self.chunks.recv().await
    }

    fn spawn<R: Read>(open: impl FnOnce() -> io::Result<R> + Send + 'static) -> io::Result<Self> {
        let (sender, chunks) = mpsc::channel(CHUNKS_AHEAD);
        std::thread::Builder::new()
            .name("file-source-input".to_owned())
            .spawn(move || {
                let mut chunk = vec![0; CHUNK];
                let mut input = match open() {
                    Ok(input) => input,
                    Err(error) => {
                        let _ = sender.blocking_send(Err(error));
                        return;
                    }
                };
                loop {
                    let read = match input.read(&mut chunk) {
                        Ok(0) => return,
                        Ok(read) => Ok(chunk[..read].to_vec()),
                        Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                        Err(error) => Err(error),
                    };
                    if read.is_err() | sender.blocking_send(read).is_err() {
                        return;
                    }
                }
            })?;
        Ok(Stream { chunks })
    }
}

const CHUNK: usize = 64 * 1024;
const CHUNKS_AHEAD: usize = 4;

//! FileStreamSink: the task.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::io::AsyncWriteExt;
use windlass_api::{ConnectError, Props, Result, SinkRecord, SinkTask, SinkTaskContext};

use super::config;

/// Appends the text of each value, and a line feed, to a file or standard output.
///
/// A batch is one write. It reaches the operating system before `put` returns, as with Java's unbuffered `PrintStream`;
/// as there, `flush` has nothing left to do and does not ask the disk: a crash of the machine, but none of the worker,
/// can lose what was committed.
#[derive(Default)]
pub struct FileStreamSinkTask {
    output: Option<Output>,
    /// Kept from batch to batch.
    text: Vec<u8>,
}

enum Output {
    /// Written on the data thread: the data goes to the page cache, and a hop to another thread would cost more than the
    /// copy. A disk that hangs hangs this thread; the watchdog reports it.
    File { file: File, name: String },
    /// Standard output, a FIFO or a device, which may block for as long as it likes: written by tokio's blocking threads.
    Stream(tokio::fs::File),
}

#[async_trait]
impl SinkTask for FileStreamSinkTask {
    fn may_block(&self) -> bool {
        false
    }

    async fn start(&mut self, _context: Arc<dyn SinkTaskContext>, props: Props) -> Result<()> {
        self.output = Some(match config::sink_file(&props)? {
            Some(name) => Output::open(&name).await.map_err(|e| {
                ConnectError::connect(format!(
                    "Couldn't find or create file '{name}' for FileStreamSinkTask"
                ))
                .caused_by(e)
            })?,
            None => Output::stdout().map_err(|e| {
                ConnectError::connect(format!("cannot write to standard output: {e}")).caused_by(e)
            })?,
        });
        Ok(())
    }

    async fn put(&mut self, records: &[SinkRecord]) -> Result<()> {
        if records.is_empty() {
            return Ok(());
        }
        let output = self
            .output
            .as_mut()
            .ok_or_else(|| ConnectError::connect("the task was not started"))?;
        self.text.clear();
        for record in records {
            // What `String.valueOf` gives.
            record.value.push_text(&mut self.text);
            self.text.push(b'\n');
        }
        output.write(&self.text).await?;
        if self.text.capacity() > KEPT_BYTES {
            self.text = Vec::new();
        }
        Ok(())
    }

    async fn stop(&mut self) -> Result<()> {
        self.output = None;
        Ok(())
    }
}

impl Output {
    async fn open(name: &str) -> io::Result<Self> {
        let path = Path::new(name);
        if path
            .metadata()
            .is_ok_and(|meta| !meta.is_file() && !meta.is_dir())
        {
            return Ok(Output::Stream(
                tokio::fs::OpenOptions::new()
                    .append(true)
                    .open(path)
                    .await?,
            ));
        }
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Output::File {
            file,
            name: name.to_owned(),
        })
    }

    fn stdout() -> io::Result<Self> {
        let stdout = File::from(io::stdout().as_fd().try_clone_to_owned()?);
        Ok(Output::Stream(tokio::fs::File::from_std(stdout)))
    }

    async fn write(&mut self, text: &[u8]) -> Result<()> {
        match self {
            Output::File { file, name } => append(file, text).map_err(|error| {
                // A full disk or an exceeded quota may be cleared: the batch comes again.
                ConnectError::retriable(format!(
                    "cannot write {} bytes to {name}: {error}",
                    text.len()
                ))
                .caused_by(error)
            }),
            Output::Stream(stream) => write_through(stream, text).await,
        }
    }
}

/// Appends all or nothing: what a failed write has left is taken back, so that the batch can come again.
fn append(file: &mut File, text: &[u8]) -> io::Result<()> {
    let mut written = 0;
    while written < text.len() {
        match file.write(&text[written..]) {
            Ok(0) => return Err(take_back(file, written, io::ErrorKind::WriteZero.into())),
            Ok(n) => written += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(take_back(file, written, error)),
        }
    }
    Ok(())
}

fn take_back(file: &File, written: usize, error: io::Error) -> io::Error {
    if written > 0
        && let Ok(meta) = file.metadata()
    {
        // Best effort: where it fails the lines written so far come twice, which at-least-once delivery allows.
        let _ = file.set_len(meta.len().saturating_sub(written as u64));
    }
    error
}

async fn write_through(output: &mut (impl AsyncWriteExt + Unpin), text: &[u8]) -> Result<()> {
    let failed = |e: io::Error| {
        ConnectError::connect(format!("cannot write to the output: {e}")).caused_by(e)
    };
    output.write_all(text).await.map_err(failed)?;
    output.flush().await.map_err(failed)
}

/// A buffer that one large batch made larger than this is not kept.
const KEPT_BYTES: usize = 1024 * 1024;

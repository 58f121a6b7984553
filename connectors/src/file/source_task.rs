//! FileStreamSource: the task.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use windlass_api::{
    ConnectError, Headers, OffsetMap, OffsetStorageReader, Props, Record, Result, Schema,
    SourceOffset, SourcePartition, SourceRecord, SourceTask, SourceTaskContext, Text, Value,
    wall_clock_millis,
};

use super::config::SourceConfig;
use super::followed::{FollowedFile, Progress, is_stream};
use super::lines::Lines;
use super::stream::Stream;

/// Reads one file, or standard input, line by line.
#[derive(Default)]
pub struct FileStreamSourceTask(Option<Reading>);

/// What a started task holds.
struct Reading {
    topic: Arc<str>,
    batch_size: usize,
    offsets: Arc<dyn OffsetStorageReader>,
    partition: SourcePartition,
    /// UTF-16 units up to the last line given out, as Java's task counts.
    position: i64,
    lines: Lines,
    input: Input,
}

enum Input {
    /// Not looked at yet.
    Unopened(PathBuf),
    File(Box<FollowedFile>),
    /// A FIFO or a device, or (where `tracked` is false, for it has no name to store a position for) standard input.
    Stream {
        stream: Stream,
        tracked: bool,
    },
}

#[async_trait]
impl SourceTask for FileStreamSourceTask {
    fn may_block(&self) -> bool {
        false
    }

    async fn start(&mut self, context: SourceTaskContext, props: Props) -> Result<()> {
        let config = SourceConfig::parse(&props)?;
        let (input, filename) = match (config.path(), &config.file) {
            (Some(path), Some(file)) => (
                Input::Unopened(path),
                Value::String(Text::from(file.as_str())),
            ),
            _ => {
                let stream = Stream::stdin().map_err(|e| unreadable("standard input", e))?;
                (
                    Input::Stream {
                        stream,
                        tracked: false,
                    },
                    Value::Null,
                )
            }
        };
        self.0 = Some(Reading {
            topic: Arc::from(config.topic),
            batch_size: config.batch_size,
            offsets: context.offsets,
            partition: SourcePartition::new(OffsetMap::from([(
                FILENAME_FIELD.to_owned(),
                filename,
            )])),
            position: 0,
            lines: Lines::default(),
            input,
        });
        Ok(())
    }

    async fn poll(&mut self, records: &mut Vec<SourceRecord>) -> Result<()> {
        let reading = self
            .0
            .as_mut()
            .ok_or_else(|| ConnectError::connect("the task was not started"))?;
        reading.poll(records).await
    }

    async fn stop(&mut self) -> Result<()> {
        self.0 = None;
        Ok(())
    }
}

impl Reading {
    /// Nothing is awaited while records or lines are in hand: dropping the future at an await loses nothing.
    async fn poll(&mut self, records: &mut Vec<SourceRecord>) -> Result<()> {
        let mut bytes = 0;
        loop {
            bytes += self.take(records, MAX_BATCH_BYTES - bytes);
            let done = records.len() >= self.batch_size || bytes >= MAX_BATCH_BYTES;
            match &mut self.input {
                _ if done => return Ok(()),
                Input::Unopened(path) if is_stream(path) => {
                    let stream = Stream::open(path.clone())
                        .map_err(|e| unreadable(&path.to_string_lossy(), e))?;
                    self.input = Input::Stream {
                        stream,
                        tracked: true,
                    };
                }
                Input::Unopened(path) => {
                    self.input = Input::File(Box::new(FollowedFile::new(std::mem::take(path))));
                }
                Input::File(file) if !file.is_open() => {
                    let stored = stored_position(&*self.offsets, &self.partition).await?;
                    match file.open(stored)? {
                        Some(position) => self.position = position,
                        None => file.changed().await,
                    }
                }
                Input::File(file) => match file.read(&mut self.lines)? {
                    Progress::Read => {}
                    Progress::Restarted => self.position = 0,
                    Progress::AtEnd if !records.is_empty() => return Ok(()),
                    Progress::AtEnd => {
                        self.lines.shrink();
                        file.changed().await;
                    }
                },
                Input::Stream { .. } if !records.is_empty() => return Ok(()),
                Input::Stream { stream, .. } => {
                    let chunk = match stream.next().await {
                        Some(chunk) => chunk.map_err(|e| unreadable("input", e))?,
                        // As in Java, the end of the input is not the end of the task.
                        None => std::future::pending().await,
                    };
                    self.lines.buffer(chunk.len()).extend_from_slice(&chunk);
                    self.lines.appended();
                }
            }
        }
    }

    /// Makes records of ready lines, up to the batch size; answers their bytes.
    fn take(&mut self, records: &mut Vec<SourceRecord>, max_bytes: usize) -> usize {
        if self.lines.is_empty() {
            return 0;
        }
        let timestamp = Some(wall_clock_millis());
        let tracked = !matches!(self.input, Input::Stream { tracked: false, .. });
        let mut bytes = 0;
        let lines = self.lines.take(self.batch_size - records.len(), max_bytes);
        records.extend(lines.map(|(line, units)| {
            self.position += units;
            bytes += line.len();
            SourceRecord {
                record: Record {
                    topic: self.topic.clone(),
                    partition: None,
                    key_schema: None,
                    key: Value::Null,
                    value_schema: Some(Schema::STRING),
                    value: Value::String(line),
                    timestamp,
                    headers: Headers::new(),
                },
                source_partition: self.partition.clone(),
                source_offset: if tracked {
                    SourceOffset::position(POSITION_FIELD, self.position)
                } else {
                    untracked()
                },
            }
        }));
        bytes
    }
}

/// The offset of what has no name to store one for.
#[cold]
fn untracked() -> SourceOffset {
    SourceOffset::Map(Arc::new(OffsetMap::from([(
        POSITION_FIELD.to_owned(),
        Value::Null,
    )])))
}

async fn stored_position(
    offsets: &dyn OffsetStorageReader,
    partition: &SourcePartition,
) -> Result<i64> {
    let stored = offsets.offset(partition).await?;
    match stored
        .as_ref()
        .and_then(|offset| offset.get(POSITION_FIELD))
    {
        None | Some(Value::Null) => Ok(0),
        Some(Value::Int64(position)) => Ok(*position),
        Some(_) => Err(ConnectError::connect(
            "Offset position is the incorrect type",
        )),
    }
}

fn unreadable(what: &str, error: std::io::Error) -> ConnectError {
    ConnectError::connect(format!("cannot read {what}: {error}")).caused_by(error)
}

/// The entry of a source partition that names the file.
pub(super) const FILENAME_FIELD: &str = "filename";
/// The entry of a source offset that counts what was read.
pub(super) const POSITION_FIELD: &str = "position";

/// Long lines make smaller batches than `batch.size`: memory is bounded by bytes.
const MAX_BATCH_BYTES: usize = 1024 * 1024;

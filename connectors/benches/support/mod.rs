//! What the benches of the file connectors share.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use windlass_api::{
    OffsetMap, OffsetStorageReader, Props, Result, SinkOffsets, SinkTaskContext, SourcePartition,
    TopicPartition,
};

pub(crate) const LINES: usize = 100_000;

pub(crate) fn write_lines(path: &Path, text: &str) {
    let mut file = BufWriter::new(File::create(path).expect("file"));
    for n in 0..LINES {
        match text {
            "ascii" => writeln!(file, "{n:099}"),
            _ => writeln!(file, "é{n:097}"),
        }
        .expect("write");
    }
    file.flush().expect("write");
}

pub(crate) fn props(path: &Path) -> Props {
    let entries = [("file", path.to_str()), ("topic", Some("lines"))];
    entries
        .into_iter()
        .map(|(k, v)| (k.to_owned(), v.map(str::to_owned)))
        .collect()
}

pub(crate) fn runtime() -> Runtime {
    Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("runtime")
}

/// A context in which nothing was stored and nothing is asked for.
pub(crate) struct Nothing;

#[async_trait::async_trait]
impl OffsetStorageReader for Nothing {
    async fn offsets(&self, partitions: &[SourcePartition]) -> Result<Vec<Option<OffsetMap>>> {
        Ok(vec![None; partitions.len()])
    }
}

impl SinkTaskContext for Nothing {
    fn rewind(&self, _offsets: SinkOffsets) {}

    fn timeout(&self, _timeout: Duration) {}

    fn assignment(&self) -> Vec<TopicPartition> {
        Vec::new()
    }

    fn pause(&self, _partitions: &[TopicPartition]) -> Result<()> {
        Ok(())
    }

    fn resume(&self, _partitions: &[TopicPartition]) -> Result<()> {
        Ok(())
    }

    fn request_commit(&self) {}
}

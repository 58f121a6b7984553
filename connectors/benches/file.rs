//! What a line costs in the file connectors, without Kafka: ns per line is the time of a run divided by `LINES`.

use std::fs::File;
use std::future::Future;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use divan::Bencher;
use divan::counter::ItemsCount;
use tokio::runtime::{Builder, Runtime};
use windlass_api::{
    OffsetMap, OffsetStorageReader, Props, Result, SinkOffsets, SinkRecord, SinkTask,
    SinkTaskContext, SourcePartition, SourceRecord, SourceTask, SourceTaskContext, TimestampType,
    TopicPartition,
};
use windlass_connectors::file::{FileStreamSinkTask, FileStreamSourceTask};

const LINES: usize = 100_000;

fn main() {
    divan::main();
}

/// Polls a file of 100-byte lines to its end, dropping each batch.
#[divan::bench(args = ["ascii", "utf8"])]
fn source_poll(bencher: Bencher<'_, '_>, text: &str) {
    let directory = tempfile::tempdir().expect("directory");
    let path = directory.path().join("lines");
    write_lines(&path, text);
    let runtime = runtime();
    bencher
        .counter(ItemsCount::new(LINES))
        .bench_local(|| runtime.block_on(read(&path)));
}

/// Puts batches of 500 lines of 100 bytes into a file.
#[divan::bench]
fn sink_put(bencher: Bencher<'_, '_>) {
    let directory = tempfile::tempdir().expect("directory");
    let path = directory.path().join("lines");
    write_lines(&path, "ascii");
    let runtime = runtime();
    let records: Vec<SinkRecord> = runtime
        .block_on(read(&path))
        .into_iter()
        .map(sink_record)
        .collect();
    let out = directory.path().join("out");
    bencher.counter(ItemsCount::new(LINES)).bench_local(|| {
        runtime.block_on(async {
            let _ = std::fs::remove_file(&out);
            let mut task = FileStreamSinkTask::default();
            task.start(Arc::new(Nothing), props(&out))
                .await
                .expect("start");
            for n in 0..LINES / 500 {
                let from = n * 500 % records.len();
                let batch = &records[from..records.len().min(from + 500)];
                task.put(batch).await.expect("put");
            }
        });
    });
}

/// Reads the file; answers the last batch.
fn read(path: &Path) -> impl Future<Output = Vec<SourceRecord>> {
    let props = props(path);
    async move {
        let mut task = FileStreamSourceTask::default();
        let context = SourceTaskContext {
            offsets: Arc::new(Nothing),
        };
        task.start(context, props).await.expect("start");
        let mut records = Vec::new();
        let mut lines = 0;
        while lines < LINES {
            records.clear();
            task.poll(&mut records).await.expect("poll");
            lines += records.len();
        }
        records
    }
}

fn sink_record(record: SourceRecord) -> SinkRecord {
    SinkRecord {
        original_topic: record.topic.clone(),
        record: record.record,
        kafka_offset: 0,
        timestamp_type: TimestampType::CreateTime,
        original_partition: 0,
    }
}

fn write_lines(path: &Path, text: &str) {
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

fn props(path: &Path) -> Props {
    let entries = [("file", path.to_str()), ("topic", Some("lines"))];
    entries
        .into_iter()
        .map(|(k, v)| (k.to_owned(), v.map(str::to_owned)))
        .collect()
}

fn runtime() -> Runtime {
    Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("runtime")
}

/// A context in which nothing was stored and nothing is asked for.
struct Nothing;

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

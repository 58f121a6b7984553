//! What a line costs in the file connectors, without Kafka: ns per line is the time of a run divided by `LINES`.

mod support;

use std::future::Future;
use std::path::Path;
use std::sync::Arc;

use divan::Bencher;
use divan::counter::ItemsCount;
use support::{LINES, Nothing, props, runtime, write_lines};
use windlass_api::{
    SinkRecord, SinkTask, SourceRecord, SourceTask, SourceTaskContext, TimestampType,
};
use windlass_connectors::file::{FileStreamSinkTask, FileStreamSourceTask};

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
            transactions: None,
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

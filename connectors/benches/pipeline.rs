//! The whole way of a record without a network: `cargo bench -p windlass-connectors --bench pipeline`.
//!
//! A file is read, transformed, converted and made into record batches with their CRC; or record batches are checked,
//! converted and written to a file. ns per record is the time of a run divided by `LINES`. What a worker adds is the client's
//! bookkeeping per batch and the kernel's socket.

mod support;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use divan::Bencher;
use divan::counter::ItemsCount;
use support::{LINES, Nothing, props, runtime, write_lines};
use tempfile::TempDir;
use windlass_api::{
    Converter, Encoded, Props, Record, RecordMut, SchemaAndValue, SinkRecord, SinkTask, SourceTask,
    SourceTaskContext, TimestampType, Transform, Verdict,
};
use windlass_connectors::file::{FileStreamSinkTask, FileStreamSourceTask};
use windlass_converters::{JsonConverter, StringConverter};
use windlass_wire::batch::{Batch, BatchBuilder, BatchOptions, no_headers};
use windlass_wire::compression::Codecs;

fn main() {
    divan::main();
}

/// The default of `batch.size`, and what a tuned producer takes.
#[divan::bench(args = [16_384, 524_288])]
fn source_string(bencher: Bencher<'_, '_>, batch_size: usize) {
    source(bencher, Way::new(string(), batch_size));
}

#[divan::bench]
fn source_json(bencher: Bencher<'_, '_>) {
    source(bencher, Way::new(json("true"), 16_384));
}

/// HoistField, InsertField twice, and JSON without schemas.
#[divan::bench]
fn source_smt(bencher: Bencher<'_, '_>) {
    let mut way = Way::new(json("false"), 16_384);
    way.transforms = vec![
        transform("HoistField$Value", &[("field", "line")]),
        transform(
            "InsertField$Value",
            &[("static.field", "origin"), ("static.value", "bench")],
        ),
        transform("InsertField$Value", &[("timestamp.field", "at")]),
    ];
    source(bencher, way);
}

#[divan::bench]
fn sink_string(bencher: Bencher<'_, '_>) {
    sink(bencher, string);
}

#[divan::bench]
fn sink_json(bencher: Bencher<'_, '_>) {
    sink(bencher, || json("true"));
}

fn source(bencher: Bencher<'_, '_>, mut way: Way) {
    let lines = Lines::new();
    let runtime = runtime();
    bencher.counter(ItemsCount::new(LINES)).bench_local(|| {
        runtime.block_on(way.read(&lines.path, |batch, builder| builder.reuse(batch)));
    });
}

fn sink(bencher: Bencher<'_, '_>, converter: fn() -> Box<dyn Converter>) {
    let lines = Lines::new();
    let runtime = runtime();
    let mut batches = Vec::new();
    let mut way = Way::new(converter(), 1_000_000);
    runtime.block_on(way.read(&lines.path, |batch, _| batches.push(Bytes::from(batch))));
    let out = lines.directory.path().join("out");
    let mut converter = converter();
    bencher.counter(ItemsCount::new(LINES)).bench_local(|| {
        let _ = std::fs::remove_file(&out);
        runtime.block_on(write(&batches, &mut *converter, &out));
    });
}

/// What happens to records on their way from a file into batches.
struct Way {
    transforms: Vec<Box<dyn Transform>>,
    converter: Box<dyn Converter>,
    batch_size: usize,
    codecs: Codecs,
}

impl Way {
    fn new(converter: Box<dyn Converter>, batch_size: usize) -> Self {
        Way {
            transforms: Vec::new(),
            converter,
            batch_size,
            codecs: Codecs::new(),
        }
    }

    async fn read(&mut self, path: &Path, mut done: impl FnMut(Vec<u8>, &mut BatchBuilder)) {
        let mut task = FileStreamSourceTask::default();
        let context = SourceTaskContext {
            offsets: Arc::new(Nothing),
            transactions: None,
        };
        task.start(context, props(path)).await.expect("start");
        let mut builder = BatchBuilder::new();
        let (mut records, mut text, mut count) = (Vec::new(), Vec::new(), 0);
        while count < LINES {
            records.clear();
            task.poll(&mut records).await.expect("poll");
            count += records.len();
            for record in &mut records {
                for transform in &mut self.transforms {
                    let verdict = transform.apply(&mut RecordMut::Source(record));
                    assert_eq!(verdict.expect("transformed"), Verdict::Keep);
                }
                self.append(record, &mut text, &mut builder);
                if builder.len() >= self.batch_size {
                    done(self.finish(&mut builder), &mut builder);
                }
            }
        }
        done(self.finish(&mut builder), &mut builder);
    }

    fn append(&mut self, record: &Record, text: &mut Vec<u8>, builder: &mut BatchBuilder) {
        text.clear();
        let schema = record.value_schema.as_ref();
        let encoded = self
            .converter
            .from_connect_data(&record.topic, schema, &record.value, text);
        let value = match encoded.expect("converted") {
            Encoded::Null => None,
            Encoded::Borrowed(bytes) => Some(bytes),
            Encoded::Appended => Some(&text[..]),
        };
        let timestamp = record.timestamp.expect("a time");
        builder
            .append(timestamp, None, value, no_headers())
            .expect("batches are small");
    }

    fn finish(&mut self, builder: &mut BatchBuilder) -> Vec<u8> {
        builder
            .finish(&BatchOptions::default(), &mut self.codecs)
            .expect("there are records")
    }
}

async fn write(batches: &[Bytes], converter: &mut dyn Converter, out: &Path) {
    let topic: Arc<str> = Arc::from("lines");
    let mut codecs = Codecs::new();
    let mut task = FileStreamSinkTask::default();
    task.start(Arc::new(Nothing), props(out))
        .await
        .expect("start");
    let mut records = Vec::new();
    for batch in batches {
        let batch = Batch::parse(batch.clone()).expect("just built");
        let set = batch.open(&mut codecs, 1 << 24).expect("just built");
        for fetched in set.records() {
            let fetched = fetched.expect("just built");
            let bytes = fetched.value.map(|value| set.payload().slice_ref(value));
            let SchemaAndValue { schema, value } =
                converter.to_connect_data(&topic, bytes).expect("converted");
            let mut record = Record::new(Arc::clone(&topic));
            record.value_schema = schema;
            record.value = value;
            records.push(SinkRecord {
                record,
                kafka_offset: fetched.offset,
                timestamp_type: TimestampType::CreateTime,
                original_topic: Arc::clone(&topic),
                original_partition: 0,
            });
        }
        task.put(&records).await.expect("put");
        records.clear();
    }
}

fn string() -> Box<dyn Converter> {
    configured(Box::<StringConverter>::default(), &[])
}

fn json(schemas: &str) -> Box<dyn Converter> {
    configured(
        Box::<JsonConverter>::default(),
        &[("schemas.enable", schemas)],
    )
}

fn configured(mut converter: Box<dyn Converter>, pairs: &[(&str, &str)]) -> Box<dyn Converter> {
    converter
        .configure(&settings(pairs), false)
        .expect("configured");
    converter
}

fn transform(class: &str, pairs: &[(&str, &str)]) -> Box<dyn Transform> {
    let class = format!("org.apache.kafka.connect.transforms.{class}");
    let known = windlass_transforms::transforms();
    let found = known.iter().find(|known| known.class == class);
    let mut transform = (found.expect("a class").new)();
    transform.configure(&settings(pairs)).expect("configured");
    transform
}

fn settings(pairs: &[(&str, &str)]) -> Props {
    pairs
        .iter()
        .map(|(key, value)| ((*key).to_owned(), Some((*value).to_owned())))
        .collect()
}

/// A file of 100-byte lines.
struct Lines {
    directory: TempDir,
    path: PathBuf,
}

impl Lines {
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("directory");
        let path = directory.path().join("lines");
        write_lines(&path, "ascii");
        Lines { directory, path }
    }
}

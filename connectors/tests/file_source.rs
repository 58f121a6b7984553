//! FileStreamSource: Java's vectors, and what it does better.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use base64::Engine as _;
use serde_json::Value as Json;
use stored::Stored;
use windlass_api::{OffsetMap, Props, Schema, SourceRecord, SourceTask, SourceTaskContext, Value};
use windlass_connectors::file::FileStreamSourceTask;

mod stored {
    use windlass_api::{OffsetMap, OffsetStorageReader, Result, SourcePartition};

    /// Answers with the same offset for every partition.
    pub(crate) struct Stored(pub(crate) Option<OffsetMap>);

    #[async_trait::async_trait]
    impl OffsetStorageReader for Stored {
        async fn offsets(&self, partitions: &[SourcePartition]) -> Result<Vec<Option<OffsetMap>>> {
            Ok(vec![self.0.clone(); partitions.len()])
        }
    }
}

/// A task over a file in a directory of its own.
struct Rig {
    _directory: tempfile::TempDir,
    path: PathBuf,
    task: FileStreamSourceTask,
}

impl Rig {
    async fn start(config: &[(&str, &str)], position: Option<Value>) -> Self {
        let directory = tempfile::tempdir().expect("directory");
        let path = directory.path().join("input.txt");
        Self::start_at(directory, path, config, position).await
    }

    async fn start_at(
        directory: tempfile::TempDir,
        path: PathBuf,
        config: &[(&str, &str)],
        position: Option<Value>,
    ) -> Self {
        let mut props = Props::new();
        props.insert("file".to_owned(), path.to_str().map(str::to_owned));
        for (key, value) in config {
            props.insert((*key).to_owned(), Some((*value).to_owned()));
        }
        let stored = position.map(|p| OffsetMap::from([("position".to_owned(), p)]));
        let mut task = FileStreamSourceTask::default();
        let context = SourceTaskContext {
            offsets: Arc::new(Stored(stored)),
            transactions: None,
        };
        task.start(context, props).await.expect("start");
        Rig {
            _directory: directory,
            path,
            task,
        }
    }

    fn append(&self, bytes: &[u8]) {
        append(&self.path, bytes);
    }

    /// One poll; `None` when it has nothing to give at once.
    async fn poll_now(&mut self) -> windlass_api::Result<Option<Vec<SourceRecord>>> {
        let mut records = Vec::new();
        let polled = tokio::time::timeout(Duration::from_millis(20), self.task.poll(&mut records));
        match polled.await {
            Ok(result) => result.map(|()| Some(records)),
            Err(_) => {
                assert!(records.is_empty(), "a poll that waits holds records back");
                Ok(None)
            }
        }
    }

    /// Polls until there are `count` lines, and answers them with their positions.
    async fn lines(&mut self, count: usize) -> Vec<(String, i64)> {
        let mut lines = Vec::new();
        while lines.len() < count {
            let mut records = Vec::new();
            tokio::time::timeout(Duration::from_secs(10), self.task.poll(&mut records))
                .await
                .unwrap_or_else(|_| panic!("only {lines:?} within 10 s"))
                .expect("poll");
            lines.extend(records.iter().map(line));
        }
        lines
    }
}

fn append(path: &Path, bytes: &[u8]) {
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .expect("open");
    file.write_all(bytes).expect("write");
}

fn line(record: &SourceRecord) -> (String, i64) {
    let text = match &record.value {
        Value::String(text) => text.to_string(),
        other => panic!("not a string: {other:?}"),
    };
    let offset = record.source_offset.to_map().expect("an offset");
    match offset["position"] {
        Value::Int64(position) => (text, position),
        ref other => panic!("not a position: {other:?}"),
    }
}

fn owned(lines: &[(&str, i64)]) -> Vec<(String, i64)> {
    lines
        .iter()
        .map(|(text, position)| ((*text).to_owned(), *position))
        .collect()
}

#[tokio::test]
async fn polls_as_java() {
    let vectors = include_str!("../../tests/golden/data/file.jsonl");
    let mut count = 0;
    for vector in vectors.lines() {
        let vector: Json = serde_json::from_str(vector).expect("JSON");
        if vector["op"] == "FileStreamSourceTask.poll" {
            check_polls(&vector).await;
            count += 1;
        }
    }
    assert!(count >= 12, "only {count} vectors");
}

async fn check_polls(vector: &Json) {
    let id = vector["id"].as_str().expect("id");
    let config: Vec<(&str, &str)> = (vector["args"]["config"].as_object().expect("config").iter())
        .map(|(k, v)| (k.as_str(), v.as_str().expect("text")))
        .collect();
    let stored = vector["args"]["offset"]
        .as_object()
        .map(|offset| match offset["t"].as_str() {
            Some("int64") => Value::Int64(offset["v"].as_i64().expect("number")),
            Some("int32") => Value::Int32(offset["v"].as_i64().expect("number") as i32),
            _ => Value::Null,
        });
    let mut rig = Rig::start(&config, stored).await;
    rig.append(b"");
    let steps = vector["args"]["steps"].as_array().expect("steps");
    for (step, wanted) in steps.iter().zip(vector["out"].as_array().expect("out")) {
        rig.append(&bytes(&step["append"]));
        match (rig.poll_now().await, wanted) {
            (Ok(None), Json::Null) => {}
            (Ok(Some(records)), Json::Array(wanted)) => check_records(id, &rig, &records, wanted),
            (Err(error), Json::Object(wanted)) => {
                assert_eq!(error.kind(), windlass_api::ErrorKind::Connect, "{id}");
                assert_eq!(error.message(), wanted["error"]["message"], "{id}");
            }
            (got, wanted) => panic!("{id}: wanted {wanted}, got {got:?}"),
        }
    }
}

fn check_records(id: &str, rig: &Rig, records: &[SourceRecord], wanted: &[Json]) {
    assert_eq!(records.len(), wanted.len(), "{id}");
    for (record, wanted) in records.iter().zip(wanted) {
        assert_eq!(
            &*record.topic,
            wanted["topic"].as_str().expect("topic"),
            "{id}"
        );
        assert_eq!(
            (record.partition, &record.key, &record.key_schema),
            (None, &Value::Null, &None)
        );
        assert_eq!(record.value_schema, Some(Schema::STRING), "{id}");
        assert!(
            record.headers.is_empty() && record.timestamp.is_some(),
            "{id}"
        );
        let (text, position) = line(record);
        assert_eq!(
            text,
            wanted["value"]["value"]["v"].as_str().expect("text"),
            "{id}"
        );
        assert_eq!(position, wanted["sourceOffset"]["position"]["v"], "{id}");
        let partition = record.source_partition.entries().expect("a partition");
        let name = Value::String(rig.path.to_str().expect("UTF-8").into());
        assert_eq!(
            partition,
            &OffsetMap::from([("filename".to_owned(), name)]),
            "{id}"
        );
    }
}

fn bytes(spelling: &Json) -> Vec<u8> {
    if let Some(text) = spelling["utf8"].as_str() {
        return text.as_bytes().to_vec();
    }
    let Some(text) = spelling["base64"].as_str() else {
        return Vec::new();
    };
    base64::engine::general_purpose::STANDARD
        .decode(text)
        .expect("base64")
}

#[tokio::test]
async fn a_missing_file_is_waited_for() {
    let mut rig = Rig::start(&[("topic", "t")], None).await;
    assert!(rig.poll_now().await.expect("poll").is_none());
    let (path, writer) = (rig.path.clone(), std::time::Duration::from_millis(30));
    let created = tokio::spawn(async move {
        tokio::time::sleep(writer).await;
        append(&path, b"first\n");
    });
    assert_eq!(rig.lines(1).await, owned(&[("first", 6)]));
    created.await.expect("writer");
}

#[tokio::test]
async fn a_missing_directory_is_waited_for() {
    let directory = tempfile::tempdir().expect("directory");
    let path = directory.path().join("later").join("input.txt");
    let mut rig = Rig::start_at(directory, path.clone(), &[("topic", "t")], None).await;
    assert!(rig.poll_now().await.expect("poll").is_none());
    std::fs::create_dir(path.parent().expect("parent")).expect("mkdir");
    append(&path, b"first\n");
    assert_eq!(rig.lines(1).await, owned(&[("first", 6)]));
}

#[tokio::test]
async fn appended_lines_are_seen_long_before_java_would_look() {
    let mut rig = Rig::start(&[("topic", "t")], None).await;
    rig.append(b"0\n");
    rig.lines(1).await;
    let mut slowest = Duration::ZERO;
    for n in 1..=20 {
        let path = rig.path.clone();
        let writer = tokio::task::spawn_blocking(move || {
            std::thread::sleep(Duration::from_millis(5));
            append(&path, format!("{n}\n").as_bytes());
            std::time::Instant::now()
        });
        assert_eq!(rig.lines(1).await[0].0, n.to_string());
        let seen = std::time::Instant::now();
        slowest = slowest.max(seen.saturating_duration_since(writer.await.expect("writer")));
    }
    assert!(
        slowest < Duration::from_millis(500),
        "a line was seen after {slowest:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn an_idle_task_does_not_wake_up() {
    let mut rig = Rig::start(&[("topic", "t")], None).await;
    rig.append(b"a\n");
    rig.lines(1).await;
    let mut records = Vec::new();
    let (begin, hour) = (Instant::now(), Duration::from_secs(3600));
    let mut polled_at = Vec::new();
    let poll = rig.task.poll(&mut records);
    tokio::pin!(poll);
    // With the clock paused, any timer of the task would ring before the hour is over.
    let watched = std::future::poll_fn(|cx| {
        polled_at.push(begin.elapsed());
        poll.as_mut().poll(cx)
    });
    tokio::time::timeout(hour, watched)
        .await
        .expect_err("there is nothing to poll");
    polled_at.retain(|at| !at.is_zero() && *at < hour);
    assert!(polled_at.is_empty(), "woke up at {polled_at:?}");
}

#[tokio::test]
async fn a_truncated_file_is_read_from_its_start() {
    let mut rig = Rig::start(&[("topic", "t")], None).await;
    rig.append(b"one\ntwo\npart");
    assert_eq!(rig.lines(2).await, owned(&[("one", 4), ("two", 8)]));
    assert!(rig.poll_now().await.expect("poll").is_none());
    File::create(&rig.path).expect("truncate");
    rig.append(b"new\n");
    assert_eq!(rig.lines(1).await, owned(&[("new", 4)]));
    rig.append(b"more\n");
    assert_eq!(rig.lines(1).await, owned(&[("more", 9)]));
}

#[tokio::test]
async fn a_truncated_file_that_grew_unseen_is_read_from_its_start() {
    let mut rig = Rig::start(&[("topic", "t")], None).await;
    rig.append(b"one\ntwo\n");
    rig.lines(2).await;
    assert!(rig.poll_now().await.expect("poll").is_none());
    std::fs::write(&rig.path, b"another first line\nand more\n").expect("rewrite");
    let wanted = owned(&[("another first line", 19), ("and more", 28)]);
    assert_eq!(rig.lines(2).await, wanted);
}

#[tokio::test]
async fn a_rotated_file_is_read_to_its_end_before_the_new_one() {
    let mut rig = Rig::start(&[("topic", "t")], None).await;
    rig.append(b"one\n");
    rig.lines(1).await;
    let old = rig.path.with_extension("1");
    std::fs::rename(&rig.path, &old).expect("rename");
    File::create(&rig.path).expect("create");
    // The writer still has the old file open for a while.
    append(&old, b"two\n");
    assert_eq!(rig.lines(1).await, owned(&[("two", 8)]));
    append(&old, b"three\nunterminated");
    rig.append(b"first\n");
    assert_eq!(
        rig.lines(3).await,
        owned(&[("three", 14), ("unterminated", 27), ("first", 6)])
    );
    rig.append(b"second\n");
    assert_eq!(rig.lines(1).await, owned(&[("second", 13)]));
}

#[tokio::test]
async fn a_deleted_and_recreated_file_is_read_from_its_start() {
    let mut rig = Rig::start(&[("topic", "t")], None).await;
    rig.append(b"one\n");
    rig.lines(1).await;
    for round in 0..5 {
        std::fs::remove_file(&rig.path).expect("remove");
        assert!(rig.poll_now().await.expect("poll").is_none());
        rig.append(format!("round {round}\n").as_bytes());
        assert_eq!(rig.lines(1).await, owned(&[(&format!("round {round}"), 8)]));
    }
}

#[tokio::test]
async fn a_position_beyond_the_end_starts_over() {
    let mut rig = Rig::start(&[("topic", "t")], Some(Value::Int64(1000))).await;
    rig.append(b"one\n");
    assert_eq!(rig.lines(1).await, owned(&[("one", 4)]));
}

#[tokio::test]
async fn reading_resumes_after_text_that_is_not_ascii() {
    let text = "é\n日本\n😀\nend\n".as_bytes();
    let mut first = Rig::start(&[("topic", "t"), ("batch.size", "1")], None).await;
    first.append(text);
    for (_, position) in first.lines(4).await {
        let mut second = Rig::start(&[("topic", "t")], Some(Value::Int64(position))).await;
        second.append(text);
        second.append(b"last\n");
        let lines = second.lines(1).await;
        let rest: Vec<&str> = lines.iter().map(|(text, _)| text.as_str()).collect();
        let all = ["é", "日本", "😀", "end", "last"];
        assert_eq!(rest, all[all.len() - rest.len()..], "from {position}");
        assert_eq!(
            lines.last().map(|(_, position)| *position),
            Some(17),
            "from {position}"
        );
    }
}

#[tokio::test]
async fn a_directory_is_refused() {
    let directory = tempfile::tempdir().expect("directory");
    let path = directory.path().to_owned();
    let mut rig = Rig::start_at(directory, path, &[("topic", "t")], None).await;
    let error = rig.poll_now().await.expect_err("a directory has no lines");
    assert!(error.message().contains("it is a directory"), "{error}");
}

#[tokio::test]
async fn many_lines_in_large_chunks_come_out_as_they_went_in() {
    let mut rig = Rig::start(&[("topic", "t")], None).await;
    let text: String = (0..50_000)
        .map(|n| format!("{n} {}\n", "x".repeat(n % 97)))
        .collect();
    rig.append(text.as_bytes());
    let lines = rig.lines(50_000).await;
    let joined: String = lines
        .iter()
        .flat_map(|(line, _)| [line.as_str(), "\n"])
        .collect();
    assert!(joined == text);
    assert_eq!(
        lines.last().map(|(_, position)| *position),
        Some(text.len() as i64)
    );
}

//! FileStreamSink: Java's vectors, and what it does when it cannot write.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use windlass_api::{
    ErrorKind, Props, Result, SinkOffsets, SinkRecord, SinkTask, SinkTaskContext, TopicPartition,
};
use windlass_connectors::file::FileStreamSinkTask;

struct Context;

impl SinkTaskContext for Context {
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

async fn start(path: &Path) -> Result<FileStreamSinkTask> {
    let file = path.to_str().map(str::to_owned);
    let mut task = FileStreamSinkTask::default();
    task.start(Arc::new(Context), Props::from([("file".to_owned(), file)]))
        .await?;
    Ok(task)
}

fn record(text: &str) -> SinkRecord {
    let json = serde_json::json!({
        "topic": "t", "partition": 0, "timestamp": 1, "headers": [], "offset": 0,
        "key": {"schema": null, "value": {"t": "null"}},
        "value": {"schema": null, "value": {"t": "string", "v": text}},
    });
    windlass_golden::sink_record(&json)
}

#[tokio::test]
async fn puts_as_java() {
    let directory = tempfile::tempdir().expect("directory");
    let mut report = windlass_golden::Report::new();
    let cases = windlass_golden::cases("data/file.jsonl");
    for (n, case) in cases
        .iter()
        .filter(|case| case.op() == "FileStreamSinkTask.put")
        .enumerate()
    {
        let records = case["args"]["records"].as_array().expect("records");
        let records: Vec<_> = records.iter().map(windlass_golden::sink_record).collect();
        let path = directory.path().join(n.to_string());
        let mut task = start(&path).await.expect("start");
        task.put(&records).await.expect("put");
        let mut written = std::fs::read_to_string(&path).expect("output");
        if case.is_tagged("java-identity-hash") {
            let at = written.find('@').expect("an identity hash") + 1;
            written.replace_range(at..written.len() - 1, "HASH");
        }
        let wanted = case["out"].as_str().expect("text");
        let same = written == wanted;
        report.check(
            case,
            same.then_some(())
                .ok_or(format!("wanted {wanted:?}, wrote {written:?}")),
        );
    }
    report.finish();
}

#[tokio::test]
async fn appends_to_what_is_there() {
    let directory = tempfile::tempdir().expect("directory");
    let path = directory.path().join("out");
    std::fs::write(&path, "before\n").expect("write");
    for text in ["a", "b"] {
        let mut task = start(&path).await.expect("start");
        task.put(&[record(text)]).await.expect("put");
        task.stop().await.expect("stop");
    }
    assert_eq!(
        std::fs::read_to_string(&path).expect("read"),
        "before\na\nb\n"
    );
}

#[tokio::test]
async fn a_missing_directory_fails_the_task_in_javas_words() {
    let error = start(Path::new("/no/such/out.txt"))
        .await
        .err()
        .expect("an error");
    assert_eq!(error.kind(), ErrorKind::Connect);
    assert_eq!(
        error.message(),
        "Couldn't find or create file '/no/such/out.txt' for FileStreamSinkTask"
    );
}

#[tokio::test]
async fn a_full_device_brings_the_batch_again() {
    // A device is written as a stream: its error is not worth a retry of ours, but it is an error.
    let mut task = start(Path::new("/dev/full")).await.expect("start");
    let error = task.put(&[record("a")]).await.expect_err("no space left");
    assert!(error.message().contains("cannot write"), "{error}");
}

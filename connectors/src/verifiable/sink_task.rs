//! VerifiableSink: the task.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value as Json;
use windlass_api::{
    Props, Result, SinkOffsets, SinkRecord, SinkTask, SinkTaskContext, TopicPartition,
    wall_clock_millis,
};

use super::line::{Lines, json};
use crate::numbered::{ID, Numbers, text};

/// Prints a line for each record that it gets, and another one when the record was flushed.
#[derive(Default)]
pub struct VerifiableSinkTask {
    name: String,
    id: i32,
    unflushed: BTreeMap<TopicPartition, Vec<Received>>,
    lines: Lines,
}

/// A record of which was told; why Jackson could not, where it could not.
struct Received {
    key: Result<Json, String>,
    value: Result<Json, String>,
    offset: i64,
}

#[async_trait]
impl SinkTask for VerifiableSinkTask {
    async fn start(&mut self, _context: Arc<dyn SinkTaskContext>, props: Props) -> Result<()> {
        // Java's message names the source here too.
        let numbers = Numbers {
            props: &props,
            task: "VerifiableSourceTask",
        };
        self.name = text(&props, "name").unwrap_or_default().to_owned();
        self.id = numbers.integer(ID)?;
        Ok(())
    }

    async fn put(&mut self, records: &[SinkRecord]) -> Result<()> {
        let now = wall_clock_millis();
        for record in records {
            let received = Received {
                key: json(&record.key, "task"),
                value: json(&record.value, "seqno"),
                offset: record.kafka_offset,
            };
            let partition = TopicPartition {
                topic: Arc::clone(&record.topic),
                partition: record.original_partition,
            };
            tell(
                &mut self.lines,
                &self.name,
                self.id,
                &partition,
                now,
                &received,
                false,
            );
            self.unflushed.entry(partition).or_default().push(received);
        }
        if !records.is_empty() {
            self.lines.print();
        }
        Ok(())
    }

    async fn flush(&mut self, offsets: &SinkOffsets) -> Result<()> {
        let now = wall_clock_millis();
        for partition in offsets.keys() {
            for received in self.unflushed.remove(partition).unwrap_or_default() {
                tell(
                    &mut self.lines,
                    &self.name,
                    self.id,
                    partition,
                    now,
                    &received,
                    true,
                );
            }
        }
        self.lines.print();
        Ok(())
    }
}

fn tell(
    lines: &mut Lines,
    name: &str,
    id: i32,
    partition: &TopicPartition,
    now: i64,
    received: &Received,
    flushed: bool,
) {
    let (key, value) = match (&received.key, &received.value) {
        (Ok(key), Ok(value)) => (key.clone(), value.clone()),
        (Err(why), _) | (_, Err(why)) => return lines.bad(why),
    };
    let members = [
        ("task", key),
        ("seqno", value),
        ("offset", Json::from(received.offset)),
        ("time_ms", Json::from(now)),
        ("name", Json::from(name)),
        ("topic", Json::from(&*partition.topic)),
        ("sinkTask", Json::from(id)),
        ("flushed", Json::from(true)),
    ];
    let end = members.len() - usize::from(!flushed);
    lines.add(&members[..end]);
}

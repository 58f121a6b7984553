//! VerifiableSource: the task.

use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use serde_json::Value as Json;
use tracing::info;
use windlass_api::{
    Props, RecordMetadata, Result, Schema, SourcePartition, SourceRecord, SourceTask,
    SourceTaskContext, Struct, Value, wall_clock_millis,
};

use super::line::{Lines, json};
use crate::numbered::{ID, Numbers, is_true, text};
use crate::pace::Pace;
use crate::seqno;

/// Makes records that count up from where its last run was committed, and prints a line when one is made and another
/// when Kafka has it.
pub struct VerifiableSourceTask {
    name: String,
    id: i32,
    topic: Arc<str>,
    partition: SourcePartition,
    seqno: i64,
    pace: Pace,
    complete: bool,
    lines: Lines,
}

impl Default for VerifiableSourceTask {
    fn default() -> Self {
        VerifiableSourceTask {
            name: String::new(),
            id: 0,
            topic: Arc::from(""),
            partition: SourcePartition::default(),
            seqno: 0,
            pace: Pace::new(0),
            complete: false,
            lines: Lines::default(),
        }
    }
}

#[async_trait]
impl SourceTask for VerifiableSourceTask {
    async fn start(&mut self, context: SourceTaskContext, props: Props) -> Result<()> {
        let numbers = Numbers {
            props: &props,
            task: "VerifiableSourceTask",
        };
        self.name = text(&props, "name").unwrap_or_default().to_owned();
        self.id = numbers.integer(ID)?;
        self.topic = Arc::from(text(&props, "topic").unwrap_or_default());
        let throughput = numbers.integer("throughput")?;
        self.partition = seqno::partition(self.id);
        self.seqno = seqno::next(&*context.offsets, &self.partition).await?;
        self.pace = Pace::new(throughput);
        self.complete = is_true(&props, "complete.record.data");
        info!(
            connector = self.name,
            task = self.id,
            topic = &*self.topic,
            seqno = self.seqno,
            "numbered records begin"
        );
        Ok(())
    }

    async fn poll(&mut self, records: &mut Vec<SourceRecord>) -> Result<()> {
        let due = self.pace.due(MAX_BATCH).await;
        let now = wall_clock_millis();
        for _ in 0..due {
            self.lines.add(&[
                ("task", Json::from(self.id)),
                ("seqno", Json::from(self.seqno)),
                ("time_ms", Json::from(now)),
                ("name", Json::from(self.name.as_str())),
                ("topic", Json::from(&*self.topic)),
            ]);
            records.push(self.record(now)?);
            self.seqno += 1;
        }
        self.lines.print();
        self.pace.pass(due);
        Ok(())
    }

    fn wants_commit_record(&self) -> bool {
        true
    }

    async fn commit_record(
        &mut self,
        record: SourceRecord,
        _metadata: Option<RecordMetadata>,
    ) -> Result<()> {
        match json(&record.record.value, "seqno") {
            Ok(seqno) => self.lines.add(&[
                ("committed", Json::from(true)),
                ("task", Json::from(self.id)),
                ("seqno", seqno),
                ("time_ms", Json::from(wall_clock_millis())),
                ("name", Json::from(self.name.as_str())),
                ("topic", Json::from(&*self.topic)),
            ]),
            Err(why) => self.lines.bad(&why),
        }
        self.lines.print();
        Ok(())
    }
}

impl VerifiableSourceTask {
    fn record(&self, now: i64) -> Result<SourceRecord> {
        let offset = seqno::offset(self.seqno);
        let record = SourceRecord::new(&self.partition, offset, Arc::clone(&self.topic))
            .with_key(Schema::INT32, self.id);
        if !self.complete {
            return Ok(record.with_value(Schema::INT64, self.seqno));
        }
        let values = vec![
            Value::String(self.name.as_str().into()),
            Value::Int32(self.id),
            Value::String((&*self.topic).into()),
            Value::Int64(now),
            Value::Int64(self.seqno),
        ];
        let value = Struct::from_values(COMPLETE.clone(), values)?;
        Ok(record.with_value(COMPLETE.clone(), value))
    }
}

/// The value of a record with `complete.record.data`.
static COMPLETE: LazyLock<Schema> = LazyLock::new(|| {
    let schema = Schema::structure()
        .field("name", Schema::STRING)
        .field("task", Schema::INT32)
        .field("topic", Schema::STRING)
        .field("time_ms", Schema::INT64)
        .field("seqno", Schema::INT64);
    schema.build().expect("different fields")
});

/// Java makes one record a call; here a call makes as many as the pace is behind, up to this.
const MAX_BATCH: u64 = 200;

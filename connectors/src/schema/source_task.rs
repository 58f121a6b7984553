//! SchemaSource: the task.

use std::io::Write;
use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use tracing::info;
use windlass_api::{
    Props, Result, Schema, SchemaBuilder, SourcePartition, SourceRecord, SourceTask,
    SourceTaskContext, Struct, Type, Value,
};

use crate::numbered::{ID, Numbers, is_true, text};
use crate::pace::Pace;
use crate::seqno;

/// Makes a number of structs that count up from where its last run was committed, then waits.
pub struct SchemaSourceTask {
    id: i32,
    topic: Arc<str>,
    partition: SourcePartition,
    seqno: i64,
    count: i64,
    max_count: i64,
    two_schemas: bool,
    partitions: i64,
    pace: Pace,
}

impl Default for SchemaSourceTask {
    fn default() -> Self {
        SchemaSourceTask {
            id: 0,
            topic: Arc::from(""),
            partition: SourcePartition::default(),
            seqno: 0,
            count: 0,
            max_count: 0,
            two_schemas: false,
            partitions: 1,
            pace: Pace::new(0),
        }
    }
}

#[async_trait]
impl SourceTask for SchemaSourceTask {
    async fn start(&mut self, context: SourceTaskContext, props: Props) -> Result<()> {
        let numbers = Numbers {
            props: &props,
            task: "SchemaSourceTask",
        };
        self.id = numbers.integer(ID)?;
        self.topic = Arc::from(text(&props, "topic").unwrap_or_default());
        self.max_count = numbers.integer("num.messages")?;
        self.two_schemas = is_true(&props, "multiple.schema");
        self.partitions = match text(&props, PARTITIONS) {
            Some(_) => i64::from(numbers.integer::<i32>(PARTITIONS)?),
            None => 1,
        };
        let throughput = numbers.integer("throughput")?;
        self.partition = seqno::partition(self.id);
        self.seqno = seqno::next(&*context.offsets, &self.partition).await?;
        self.count = 0;
        self.pace = Pace::new(throughput);
        info!(
            connector = text(&props, "name"),
            task = self.id,
            topic = &*self.topic,
            seqno = self.seqno,
            "structs begin"
        );
        Ok(())
    }

    async fn poll(&mut self, records: &mut Vec<SourceRecord>) -> Result<()> {
        let left = u64::try_from(self.max_count - self.count).unwrap_or(0);
        if left == 0 {
            return std::future::pending().await;
        }
        let due = self.pace.due(left.min(MAX_BATCH)).await;
        let mut lines = String::new();
        for _ in 0..due {
            records.push(self.record()?);
            lines.push_str(&format!(
                "{{\"task\": {}, \"seqno\": {}}}\n",
                self.id, self.seqno
            ));
            self.seqno += 1;
            self.count += 1;
        }
        let _ = std::io::stdout().lock().write_all(lines.as_bytes());
        self.pace.pass(due);
        Ok(())
    }
}

impl SchemaSourceTask {
    fn record(&self) -> Result<SourceRecord> {
        // Java divides by zero too, with an ArithmeticException.
        let partition = self.seqno.checked_rem(self.partitions).ok_or_else(|| {
            windlass_api::ConnectError::new(windlass_api::ErrorKind::Internal, "/ by zero")
        })?;
        let second = self.two_schemas && self.count % 2 == 1;
        let mut values = vec![
            Value::Boolean(true),
            Value::Int32(12),
            Value::Int64(12),
            Value::Float32(12.2),
            Value::Float64(12.2),
            // Less than a count of 32 bits.
            Value::Int32(i32::try_from(partition).unwrap_or(0)),
        ];
        if second {
            values.push(Value::String("def".into()));
        }
        values.extend([Value::Int32(self.id), Value::Int64(self.seqno)]);
        let schema = if second { &SECOND } else { &FIRST };
        let value = Struct::from_values(Schema::clone(schema), values)?;
        let offset = seqno::offset(self.seqno);
        let mut record = SourceRecord::new(&self.partition, offset, Arc::clone(&self.topic))
            .with_key(Schema::STRING, "key")
            .with_value(Schema::clone(schema), value);
        // As Java's, each task writes the topic partition of its own number.
        record.record.partition = Some(self.id);
        Ok(record)
    }
}

static FIRST: LazyLock<Schema> = LazyLock::new(|| schema(1, false));
static SECOND: LazyLock<Schema> = LazyLock::new(|| schema(2, true));

fn schema(version: i32, text: bool) -> Schema {
    let mut schema = Schema::structure()
        .version(version)
        .name("record")
        .field("boolean", Schema::BOOLEAN)
        .field("int", Schema::INT32)
        .field("long", Schema::INT64)
        .field("float", Schema::FLOAT32)
        .field("double", Schema::FLOAT64)
        .field("partitioning", Schema::INT32);
    if text {
        let field = SchemaBuilder::new(Type::String).default_value("abc");
        schema = schema.field("string", field.build().expect("a text fits"));
    }
    let schema = schema
        .field("id", Schema::INT32)
        .field("seqno", Schema::INT64);
    schema.build().expect("different fields")
}

const PARTITIONS: &str = "partition.count";
/// Java makes one record a call; here a call makes as many as the pace is behind, up to this.
const MAX_BATCH: u64 = 200;

//! What a connector author sees: the data model, configuration definitions, and the contracts of connectors,
//! converters, transforms and predicates.
//!
//! Nothing here knows Kafka's protocol or an async runtime.
//!
//! # A connector
//!
//! A connector makes configurations for tasks, and the tasks copy the data. Here is all of one that counts:
//!
//! ```
//! use std::sync::Arc;
//! use std::time::Duration;
//!
//! use windlass_api::*;
//!
//! /// Writes the numbers from 0 on to a topic, and goes on where it was when it is started again.
//! #[derive(Default)]
//! struct Counter(Props);
//!
//! #[async_trait]
//! impl SourceConnector for Counter {
//!     fn config(&self) -> ConfigDef {
//!         ConfigDef::new().define(ConfigKey::new("topic", Kind::String).documentation("Where the numbers go."))
//!     }
//!
//!     fn version(&self) -> &str {
//!         "1.0.0"
//!     }
//!
//!     async fn start(&mut self, _: SourceConnectorContext, props: Props) -> Result<()> {
//!         self.0 = props;
//!         Ok(())
//!     }
//!
//!     async fn task_configs(&mut self, _max_tasks: usize) -> Result<Vec<Props>> {
//!         Ok(vec![self.0.clone()])
//!     }
//!
//!     fn task_class(&self) -> &'static str {
//!         "org.acme.CounterTask"
//!     }
//!
//!     fn new_task(&self) -> Box<dyn SourceTask> {
//!         Box::new(CounterTask::default())
//!     }
//! }
//!
//! #[derive(Default)]
//! struct CounterTask {
//!     topic: Arc<str>,
//!     source: SourcePartition,
//!     next: i64,
//! }
//!
//! #[async_trait]
//! impl SourceTask for CounterTask {
//!     async fn start(&mut self, context: SourceTaskContext, props: Props) -> Result<()> {
//!         self.topic = Counter::default().config().parse(&props)?.get::<&str>("topic")?.into();
//!         self.source = SourcePartition::named("counter", "main");
//!         let stored = context.offsets.offset(&self.source).await?;
//!         self.next = stored.and_then(|offset| offset.get("next")?.as_integer()).unwrap_or(0);
//!         Ok(())
//!     }
//!
//!     async fn poll(&mut self, records: &mut Vec<SourceRecord>) -> Result<()> {
//!         // Dropped here, the future has changed nothing: the call can simply be made again.
//!         tokio::time::sleep(Duration::from_millis(1)).await;
//!         let offset = SourceOffset::position("next", self.next + 1);
//!         let record = SourceRecord::new(&self.source, offset, self.topic.clone());
//!         records.push(record.with_value(Schema::INT64, self.next));
//!         self.next += 1;
//!         Ok(())
//!     }
//! }
//!
//! /// Stands in for the runtime: the last run got as far as 7.
//! struct Stored;
//!
//! #[async_trait]
//! impl OffsetStorageReader for Stored {
//!     async fn offsets(&self, partitions: &[SourcePartition]) -> Result<Vec<Option<OffsetMap>>> {
//!         Ok(partitions.iter().map(|_| SourceOffset::position("next", 7).to_map()).collect())
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<()> {
//! let mut task = Counter::default().new_task();
//! let props = Props::from_iter([("topic".to_owned(), Some("numbers".to_owned()))]);
//! task.start(SourceTaskContext { offsets: Arc::new(Stored), transactions: None }, props).await?;
//!
//! let mut records = Vec::new();
//! task.poll(&mut records).await?;
//! task.poll(&mut records).await?;
//! assert_eq!(records.iter().map(|r| r.value.to_string()).collect::<Vec<_>>(), ["7", "8"]);
//! # Ok(())
//! # }
//! ```

pub mod calendar;
mod clock;
mod config;
mod connector;
mod converter;
pub mod decimal;
mod display;
mod error;
mod headers;
mod java_number;
pub mod java_order;
mod java_regex;
mod logical;
mod map;
pub mod number;
mod offset;
mod projector;
mod record;
mod schema;
mod schema_builder;
pub mod short;
mod sink;
mod source;
mod structure;
mod text;
mod transaction;
mod transform;
mod validate;
mod value;
pub mod values;

pub use async_trait::async_trait;
pub use clock::wall_clock_millis;
pub use config::{
    AnyClass, ClassNames, ConfigData, ConfigDef, ConfigKey, ConfigValue, FromConfig, Importance,
    Kind, ParsedConfig, Password, Recommender, Validator, Width, invalid_value, parse_type,
};
pub use connector::{ConnectorContext, ConnectorPlugin, NewConnector, Props, group_partitions};
pub use converter::{Converter, Encoded, HeaderConverter, SchemaAndValue};
pub use decimal::Decimal;
pub use error::{ConnectError, ErrorKind, Result};
pub use headers::{Header, Headers};
pub use java_regex::{JavaRegex, JavaReplacement};
pub use logical::{Logical, date, time, timestamp};
pub use map::MapValue;
pub use offset::{OffsetMap, SourceOffset, SourcePartition};
pub use projector::project;
pub use record::{Record, RecordMut, SinkRecord, SourceRecord, TimestampType};
pub use schema::{Field, Schema, SchemaDef, Type};
pub use schema_builder::SchemaBuilder;
pub use sink::{
    ErrantRecordReporter, Reported, SinkConnector, SinkOffsets, SinkTask, SinkTaskContext,
    TopicPartition,
};
pub use source::{
    ExactlyOnceSupport, OffsetStorageReader, RecordMetadata, SourceConnector,
    SourceConnectorContext, SourceTask, SourceTaskContext,
};
pub use structure::Struct;
pub use text::Text;
pub use transaction::{TransactionContext, TransactionRequests};
pub use transform::{Predicate, Transform, Verdict};
pub use value::Value;

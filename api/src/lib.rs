//! What a connector author sees: the data model, configuration definitions, and the contracts of connectors,
//! converters, transforms and predicates.
//!
//! Nothing here knows Kafka's protocol or an async runtime.

mod calendar;
mod clock;
mod config;
mod connector;
mod converter;
pub mod decimal;
mod display;
mod error;
mod headers;
mod java_regex;
mod logical;
mod map;
pub mod number;
mod offset;
mod projector;
mod record;
mod schema;
mod schema_builder;
mod sink;
mod source;
mod structure;
mod text;
mod transform;
mod validate;
mod value;
pub mod values;

pub use clock::wall_clock_millis;
pub use config::{
    AnyClass, ClassNames, ConfigData, ConfigDef, ConfigKey, ConfigValue, FromConfig, Importance,
    Kind, ParsedConfig, Password, Recommender, Validator, Width, invalid_value, parse_type,
};
pub use connector::{ConnectorContext, ConnectorPlugin, NewConnector, Props};
pub use converter::{Converter, Encoded, HeaderConverter, SchemaAndValue};
pub use decimal::Decimal;
pub use error::{ConnectError, ErrorKind, Result};
pub use headers::{Header, Headers};
pub use java_regex::JavaRegex;
pub use logical::{Logical, date, time, timestamp};
pub use map::MapValue;
pub use offset::{OffsetMap, SourceOffset, SourcePartition};
pub use projector::project;
pub use record::{Record, RecordMut, SinkRecord, SourceRecord, TimestampType};
pub use schema::{Field, Schema, SchemaDef, Type};
pub use schema_builder::SchemaBuilder;
pub use sink::{SinkConnector, SinkOffsets, SinkTask, SinkTaskContext, TopicPartition};
pub use source::{
    ExactlyOnceSupport, OffsetStorageReader, RecordMetadata, SourceConnector,
    SourceConnectorContext, SourceTask, SourceTaskContext,
};
pub use structure::Struct;
pub use text::Text;
pub use transform::{Predicate, Transform, Verdict};
pub use value::Value;

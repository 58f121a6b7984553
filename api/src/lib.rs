//! What a connector author sees: the data model, configuration definitions, and the contracts of connectors,
//! converters, transforms and predicates.
//!
//! Nothing here knows Kafka's protocol or an async runtime.

mod clock;
mod config;
mod connector;
mod converter;
mod error;
mod headers;
mod java_regex;
mod offset;
mod record;
mod schema;
mod sink;
mod source;
mod structure;
mod text;
mod transform;
mod value;

pub use clock::wall_clock_millis;
pub use config::{
    AnyClass, ClassNames, ConfigData, ConfigDef, ConfigKey, ConfigValue, FromConfig, Importance,
    Kind, ParsedConfig, Password, Recommender, Validator, Width, invalid_value, parse_type,
};
pub use connector::{ConnectorContext, ConnectorPlugin, NewConnector, Props};
pub use converter::{Converter, Encoded, HeaderConverter, SchemaAndValue};
pub use error::{ConnectError, ErrorKind, Result};
pub use headers::{Header, Headers};
pub use java_regex::JavaRegex;
pub use offset::{OffsetMap, SourceOffset, SourcePartition};
pub use record::{Record, RecordMut, SinkRecord, SourceRecord, TimestampType};
pub use schema::{Field, Schema, SchemaDef, Type};
pub use sink::{SinkConnector, SinkOffsets, SinkTask, SinkTaskContext, TopicPartition};
pub use source::{
    ExactlyOnceSupport, OffsetStorageReader, RecordMetadata, SourceConnector,
    SourceConnectorContext, SourceTask, SourceTaskContext,
};
pub use structure::Struct;
pub use text::Text;
pub use transform::{Predicate, Transform, Verdict};
pub use value::{Decimal, MapValue, Value};

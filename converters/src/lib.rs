//! Converters between Connect data and bytes.
//!
//! Each matches the Java class of its name, value for value and byte for byte. [`plugins`] lists them.

pub mod avro;
mod boolean;
mod byte_array;
mod charset;
pub mod config;
mod format;
mod json;
pub mod json_schema;
mod number;
mod plugin;
pub mod protobuf;
pub mod registry;
mod simple_header;
mod string;

pub use avro::{AvroConverter, AvroSchema};
pub use boolean::BooleanConverter;
pub use byte_array::ByteArrayConverter;
pub use json::JsonConverter;
pub use json_schema::JsonSchemaConverter;
pub use number::{
    DoubleConverter, FloatConverter, IntegerConverter, LongConverter, ShortConverter,
};
pub use plugin::{ConverterPlugin, plugins};
pub use protobuf::ProtobufConverter;
pub use simple_header::SimpleHeaderConverter;
pub use string::StringConverter;

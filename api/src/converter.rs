//! Converters between Connect data and bytes.

use async_trait::async_trait;
use bytes::Bytes;

use crate::{ConfigDef, Props, Result, Schema, Text, Value};

/// A schema, or none for schemaless data, with a value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SchemaAndValue {
    /// The schema; `None` for schemaless data.
    pub schema: Option<Schema>,
    /// The value.
    pub value: Value,
}

impl SchemaAndValue {
    /// A value with its schema, or schemaless with `None`.
    pub fn new(schema: impl Into<Option<Schema>>, value: impl Into<Value>) -> Self {
        SchemaAndValue {
            schema: schema.into(),
            value: value.into(),
        }
    }
}

macro_rules! with_own_schema {
    ($($type:ty => $schema:ident),* $(,)?) => {$(
        /// With the plain required schema of the type.
        impl From<$type> for SchemaAndValue {
            fn from(value: $type) -> Self {
                SchemaAndValue::new(Schema::$schema, value)
            }
        }
    )*};
}

with_own_schema! {
    bool => BOOLEAN,
    i8 => INT8,
    i16 => INT16,
    i32 => INT32,
    i64 => INT64,
    f32 => FLOAT32,
    f64 => FLOAT64,
    Text => STRING,
    &str => STRING,
    String => STRING,
    Bytes => BYTES,
}

/// Where a conversion left its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoded<'v> {
    /// There are none: Kafka's null, a tombstone as a value.
    Null,
    /// The value already held them; nothing was copied.
    Borrowed(&'v [u8]),
    /// They were appended to the output buffer.
    Appended,
}

/// Converts keys or values. A task has its own instances and calls them from one place, hence `&mut self`.
///
/// # Life cycle
/// `configure` once, then conversions in record order, then drop. Conversions are plain calls on the hot path; one
/// that needs I/O (a schema registry) fails with [`ErrorKind::NeedsPreparation`](crate::ErrorKind::NeedsPreparation),
/// the runtime awaits [`prepare`](Converter::prepare) and repeats the call.
#[expect(clippy::wrong_self_convention, reason = "Java's method names")]
#[async_trait]
pub trait Converter: Send {
    /// The configuration keys, without the `key.converter.` or `value.converter.` prefix.
    fn config(&self) -> ConfigDef;

    /// Takes the configuration; `is_key` tells keys from values.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when a value is wrong.
    fn configure(&mut self, props: &Props, is_key: bool) -> Result<()>;

    /// Converts Connect data to bytes, appending to `out` or lending the value's own.
    ///
    /// On an error `out` may hold a part of the bytes; the caller truncates it.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) when the value does not fit its schema or the format.
    fn from_connect_data<'v>(
        &mut self,
        topic: &str,
        schema: Option<&Schema>,
        value: &'v Value,
        out: &mut Vec<u8>,
    ) -> Result<Encoded<'v>>;

    /// Converts bytes to Connect data, slicing text and bytes out of them where possible. `None` is Kafka's null.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) when the bytes are not of the format.
    fn to_connect_data(&mut self, topic: &str, bytes: Option<Bytes>) -> Result<SchemaAndValue>;

    /// Does the I/O that the last conversion asked for.
    ///
    /// # Errors
    /// What the I/O gave; retriable errors are retried by the runtime's tolerance.
    async fn prepare(&mut self) -> Result<()> {
        Ok(())
    }
}

/// Converts header values.
#[expect(clippy::wrong_self_convention, reason = "Java's method names")]
#[async_trait]
pub trait HeaderConverter: Send {
    /// The configuration keys, without the `header.converter.` prefix.
    fn config(&self) -> ConfigDef;

    /// Takes the configuration.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when a value is wrong.
    fn configure(&mut self, props: &Props) -> Result<()>;

    /// Converts a header's value to bytes, appending to `out` or lending the value's own.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) when the value does not fit its schema or the format.
    fn from_connect_header<'v>(
        &mut self,
        topic: &str,
        key: &str,
        schema: Option<&Schema>,
        value: &'v Value,
        out: &mut Vec<u8>,
    ) -> Result<Encoded<'v>>;

    /// Converts a header's bytes to Connect data. `None` is a null value.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) when the bytes are not of the format.
    fn to_connect_header(
        &mut self,
        topic: &str,
        key: &str,
        bytes: Option<Bytes>,
    ) -> Result<SchemaAndValue>;

    /// Does the I/O that the last conversion asked for.
    ///
    /// # Errors
    /// What the I/O gave.
    async fn prepare(&mut self) -> Result<()> {
        Ok(())
    }
}

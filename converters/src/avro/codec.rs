//! Schemas and values without a registry.

use bytes::Bytes;
use windlass_api::{Result, Schema, Value};

use super::config::Options;
use super::decode::Decoder;
use super::encode::{self, Encoder};
use super::schema::AvroSchema;
use super::{from_connect, to_connect};

impl AvroSchema {
    /// The Avro schema of values of a Connect schema, or of schemaless ones.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](windlass_api::ErrorKind::Data) when Avro has none like it: a name that it does not admit, two
    /// structs of one name.
    pub fn of(schema: Option<&Schema>, options: &Options) -> Result<Self> {
        from_connect::from_connect(options, schema)
    }
}

/// Writes values of one Connect schema as one Avro type.
#[derive(Debug)]
pub struct Writer(Encoder);

impl Writer {
    /// The plan to write values of a Connect schema by an Avro schema: the one made from it, or another one, where
    /// fields are found by name.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](windlass_api::ErrorKind::Data) when they do not fit.
    pub fn new(avro: &AvroSchema, schema: Option<&Schema>, options: &Options) -> Result<Self> {
        encode::compile(avro, options, schema).map(Writer)
    }

    /// Appends a value; gives false, and appends nothing, for null.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](windlass_api::ErrorKind::Data) when the value does not fit its schema; then a part of it may
    /// have been appended.
    pub fn write(&self, value: &Value, out: &mut Vec<u8>) -> Result<bool> {
        self.0.write_message(value, out)
    }
}

/// Reads values of one Avro schema.
#[derive(Debug)]
pub struct Reader {
    schema: Option<Schema>,
    decoder: Decoder,
}

impl Reader {
    /// The plan to read values of an Avro schema; `version` is that of the schema under its subject, which an attribute
    /// of the schema outranks.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](windlass_api::ErrorKind::Data) when Connect has no schema like it: one that contains itself,
    /// or a union with two branches of one name.
    pub fn new(avro: &AvroSchema, version: Option<i32>, options: &Options) -> Result<Self> {
        let (schema, decoder) = to_connect::to_connect(avro, options, version)?;
        Ok(Reader { schema, decoder })
    }

    /// The Connect schema of the values; `None` when they are schemaless.
    pub fn schema(&self) -> Option<&Schema> {
        self.schema.as_ref()
    }

    /// Reads a value, text and bytes as slices of the message.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](windlass_api::ErrorKind::Data) when the bytes are not of the schema.
    pub fn read(&self, bytes: Bytes) -> Result<Value> {
        self.decoder.read_message(bytes)
    }
}

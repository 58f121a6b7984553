//! `JsonConverter`: Connect data as JSON, in an envelope with its schema or plain.
//!
//! Reading goes straight from the message to Connect data: no tree is built, text is a slice of the message, and the
//! schema of an envelope is read once for each distinct text. Writing appends to the batch under construction; the
//! text of a schema is made once for each schema.

mod base64;
mod cache;
pub(crate) mod dialect;
pub(crate) mod encoding;
mod envelope;
pub(crate) mod error;
pub(crate) mod escape;
pub(crate) mod node;
mod number;
mod plain;
pub(crate) mod read;
pub(crate) mod scanner;
mod schema_reader;
mod schema_writer;
pub(crate) mod write;

use bytes::Bytes;
use windlass_api::{
    ConfigDef, ConnectError, Encoded, ErrorKind, Props, Result, Schema, SchemaAndValue, Text, Type,
    Value,
};

use self::cache::{ReadCache, WriteCache};
use self::dialect::Dialect;
use self::envelope::{Envelope, SCHEMA_FIRST, THEN_PAYLOAD};
use self::error::ReadResult;
use self::read::Reader;
use self::scanner::Scanner;
use self::write::Writer;
use crate::format::{Format, Role, converter};

/// Converts to and from JSON.
#[derive(Debug)]
pub struct JsonConverter {
    envelopes: bool,
    /// The schema of all messages that are read, instead of envelopes (KIP-1054).
    schema: Option<Schema>,
    writer: Writer,
    read_cache: ReadCache,
    write_cache: WriteCache,
}

impl JsonConverter {
    /// A converter with Java's defaults.
    pub fn new() -> Self {
        JsonConverter {
            envelopes: true,
            schema: None,
            writer: Writer {
                dialect: Dialect::Envelope,
                numeric_decimals: false,
                replace_null: true,
            },
            read_cache: ReadCache::new(DEFAULT_CACHE_SIZE),
            write_cache: WriteCache::new(DEFAULT_CACHE_SIZE),
        }
    }

    fn configure_as(&mut self, props: &Props, role: Role) -> Result<()> {
        let config = role.parse(&crate::config::json(), props)?;
        let cache_size = config
            .get::<i32>("schemas.cache.size")
            .map_err(null_pointer)?;
        let cache_size = usize::try_from(cache_size).unwrap_or(0);
        self.envelopes = config.get("schemas.enable").map_err(null_pointer)?;
        self.writer = Writer {
            dialect: Dialect::Envelope,
            numeric_decimals: config
                .get::<&str>("decimal.format")?
                .eq_ignore_ascii_case("NUMERIC"),
            replace_null: config
                .get("replace.null.with.default")
                .map_err(null_pointer)?,
        };
        self.read_cache = ReadCache::new(cache_size);
        self.write_cache = WriteCache::new(cache_size);
        let content = config
            .get::<Option<&str>>("schema.content")?
            .filter(|text| !text.trim().is_empty());
        self.schema = match content {
            Some(text) => schema_reader::read_schema(&Text::from(text), self.writer.replace_null)
                .map_err(|e| *e)?,
            None => None,
        };
        Ok(())
    }

    fn write<'v>(
        &mut self,
        schema: Option<&Schema>,
        value: &'v Value,
        out: &mut Vec<u8>,
    ) -> Result<Encoded<'v>> {
        if schema.is_none() && value.is_null() {
            return Ok(Encoded::Null);
        }
        if !self.envelopes {
            self.writer.push(out, schema, value)?;
            return Ok(Encoded::Appended);
        }
        match schema {
            None => out.extend_from_slice(b"{\"schema\":null,\"payload\":"),
            Some(schema) => self.push_envelope(schema, out)?,
        }
        self.writer.push(out, schema, value)?;
        out.push(b'}');
        Ok(Encoded::Appended)
    }

    /// Appends everything before the payload.
    fn push_envelope(&mut self, schema: &Schema, out: &mut Vec<u8>) -> Result<()> {
        if let Some(text) = self.write_cache.get(schema) {
            windlass_api::short::push(out, text);
            return Ok(());
        }
        let start = out.len();
        out.extend_from_slice(SCHEMA_FIRST);
        schema_writer::push_schema(out, self.writer, schema)?;
        out.extend_from_slice(THEN_PAYLOAD);
        self.write_cache.insert(schema, &out[start..]);
        Ok(())
    }

    fn read(&mut self, bytes: Option<Bytes>) -> ReadResult<SchemaAndValue> {
        let Some(bytes) = bytes else {
            return Ok(SchemaAndValue::default());
        };
        if self.envelopes && self.schema.is_none() {
            return match self.read_known(bytes)? {
                Ok(content) => Ok(content),
                Err(bytes) => self.read_envelope(bytes),
            };
        }
        let schema = self.schema.clone().filter(|_| self.envelopes);
        let text = match read_string(schema.as_ref(), bytes, 0, b"") {
            Ok(text) => {
                return Ok(SchemaAndValue {
                    schema,
                    value: Value::String(text),
                });
            }
            Err(bytes) => encoding::decode(bytes)?,
        };
        let mut reader = Reader::new(
            Dialect::Envelope,
            Scanner::new(&text),
            self.writer.replace_null,
        );
        let value = reader.value(schema.as_ref())?;
        Ok(SchemaAndValue { schema, value })
    }

    /// Reads an envelope that begins with the schema of one before and ends after the payload; gives others back.
    fn read_known(&mut self, bytes: Bytes) -> ReadResult<Result<SchemaAndValue, Bytes>> {
        let Some((schema, payload)) = self.split_known(&bytes) else {
            return Ok(Err(bytes));
        };
        let bytes = match read_string(schema.as_ref(), bytes, payload, b"}") {
            Ok(text) => {
                return Ok(Ok(SchemaAndValue {
                    schema,
                    value: Value::String(text),
                }));
            }
            Err(bytes) => bytes,
        };
        let Ok(text) = std::str::from_utf8(&bytes[payload..]) else {
            return Ok(Err(bytes));
        };
        let mut reader = Reader::new(
            Dialect::Envelope,
            Scanner::inside(&bytes, text),
            self.writer.replace_null,
        );
        let value = reader.value(schema.as_ref())?;
        let is_last = reader.scanner.ends_object();
        Ok(if is_last {
            Ok(SchemaAndValue { schema, value })
        } else {
            Err(bytes)
        })
    }

    /// The schema and the position of the payload, when the message begins with the schema of one before.
    fn split_known(&mut self, bytes: &[u8]) -> Option<(Option<Schema>, usize)> {
        let rest = bytes.strip_prefix(SCHEMA_FIRST)?;
        let (length, schema) = self.read_cache.at_start_of(rest)?;
        let rest = rest[length..].strip_prefix(THEN_PAYLOAD)?;
        Some((schema.clone(), bytes.len() - rest.len()))
    }

    fn read_envelope(&mut self, bytes: Bytes) -> ReadResult<SchemaAndValue> {
        let text = encoding::decode(bytes)?;
        let envelope = Envelope::find(&text)?;
        let schema_text = &text[envelope.schema];
        let schema = match self.read_cache.get(schema_text.as_bytes()) {
            Some(schema) => schema,
            None => {
                // From a copy: slices of the message would keep all of it alive.
                let schema =
                    schema_reader::read_schema(&Text::from(schema_text), self.writer.replace_null)?;
                self.read_cache.insert(schema_text.as_bytes(), &schema);
                schema
            }
        };
        let mut reader = Reader::new(
            Dialect::Envelope,
            Scanner::new(&text),
            self.writer.replace_null,
        );
        reader.scanner.seek_inside(envelope.payload);
        let value = reader.value(schema.as_ref())?;
        Ok(SchemaAndValue { schema, value })
    }
}

impl Default for JsonConverter {
    fn default() -> Self {
        Self::new()
    }
}

impl Format for JsonConverter {
    fn config_def(&self) -> ConfigDef {
        crate::config::json()
    }

    fn configure_as(&mut self, props: &Props, role: Role) -> Result<()> {
        self.configure_as(props, role)
    }

    fn write<'v>(
        &mut self,
        schema: Option<&Schema>,
        value: &'v Value,
        out: &mut Vec<u8>,
    ) -> Result<Encoded<'v>> {
        self.write(schema, value, out)
    }

    fn read(&mut self, bytes: Option<Bytes>) -> Result<SchemaAndValue> {
        self.read(bytes).map_err(|e| *e)
    }
}

converter!(JsonConverter);

/// Takes the text out of a message that ends with a plain string and what closes it; gives others back.
fn read_string(
    schema: Option<&Schema>,
    bytes: Bytes,
    start: usize,
    closing: &[u8],
) -> Result<Text, Bytes> {
    let is_plain = schema.is_none_or(|schema| schema.kind == Type::String && schema.name.is_none());
    match scanner::whole_string(&bytes, start, closing) {
        Some(part) if is_plain => Text::try_from_part(bytes, part),
        _ => Err(bytes),
    }
}

/// Java takes a null for a setting that has a default, and stumbles over it.
fn null_pointer(error: ConnectError) -> ConnectError {
    ConnectError::new(
        ErrorKind::Internal,
        "a null was given for a setting that has a default",
    )
    .caused_by(error)
}

const DEFAULT_CACHE_SIZE: usize = 1000;

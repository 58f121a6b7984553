//! Values as JSON, by their schema.

use bytes::Bytes;
use windlass_api::{Result, Schema, Value};

use super::options::Options;
use crate::json::dialect::Dialect;
use crate::json::encoding;
use crate::json::error::ReadResult;
use crate::json::read::Reader;
use crate::json::scanner::{Kind, Scanner};
use crate::json::write::Writer;

/// Appends a value as JSON.
///
/// # Errors
/// [`ErrorKind::Data`](windlass_api::ErrorKind::Data) when it does not fit its schema.
pub fn write_json(
    out: &mut Vec<u8>,
    schema: &Schema,
    value: &Value,
    options: &Options,
) -> Result<()> {
    let writer = Writer {
        dialect: Dialect::JsonSchema,
        numeric_decimals: options.numeric_decimals,
        replace_null: !options.ignore_default_for_nullables,
    };
    writer.push(out, Some(schema), value)
}

/// Reads a value of a schema; text and bytes are slices of the message where possible.
///
/// # Errors
/// [`ErrorKind::Data`](windlass_api::ErrorKind::Data) when the bytes are no JSON, or not what the schema demands.
pub fn read_json(bytes: Bytes, schema: &Schema) -> Result<Value> {
    read(bytes, schema).map_err(|e| *e)
}

fn read(bytes: Bytes, schema: &Schema) -> ReadResult<Value> {
    let text = encoding::decode(bytes)?;
    let mut reader = Reader::new(Dialect::JsonSchema, Scanner::new(&text), true);
    if reader.scanner.peek()? == Kind::Missing {
        return Err(reader.scanner.expected("a value"));
    }
    reader.typed(schema)
}

//! `ByteArrayConverter`: bytes as they are.

use bytes::Bytes;
use windlass_api::{
    ConfigDef, ConnectError, Encoded, Props, Result, Schema, SchemaAndValue, Type, Value,
};

use crate::format::{Format, Role, converter};

/// Passes bytes through, both ways without a copy.
#[derive(Clone, Copy, Debug, Default)]
pub struct ByteArrayConverter;

impl Format for ByteArrayConverter {
    fn config_def(&self) -> ConfigDef {
        crate::config::none()
    }

    fn configure_as(&mut self, _props: &Props, _role: Role) -> Result<()> {
        Ok(())
    }

    fn write<'v>(
        &mut self,
        schema: Option<&Schema>,
        value: &'v Value,
        _out: &mut Vec<u8>,
    ) -> Result<Encoded<'v>> {
        check_type("ByteArrayConverter", schema, Type::Bytes)?;
        match value {
            Value::Null => Ok(Encoded::Null),
            Value::Bytes(bytes) => Ok(Encoded::Borrowed(bytes)),
            other => Err(incompatible("ByteArrayConverter", other)),
        }
    }

    fn read(&mut self, bytes: Option<Bytes>) -> Result<SchemaAndValue> {
        Ok(SchemaAndValue {
            schema: Some(Schema::OPTIONAL_BYTES),
            value: bytes.into(),
        })
    }
}

converter!(ByteArrayConverter);

/// Refuses a schema of another type.
pub(crate) fn check_type(converter: &str, schema: Option<&Schema>, expected: Type) -> Result<()> {
    match schema {
        Some(schema) if schema.kind != expected => Err(ConnectError::data(format!(
            "Invalid schema type for {converter}: {}",
            schema.kind
        ))),
        _ => Ok(()),
    }
}

/// The error of a value of another type.
pub(crate) fn incompatible(converter: &str, value: &Value) -> ConnectError {
    let class = value.java_class();
    ConnectError::data(format!(
        "{converter} is not compatible with objects of type class {class}"
    ))
}

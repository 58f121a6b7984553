//! `BooleanConverter`: one byte, 0 or 1.

use bytes::Bytes;
use windlass_api::{
    ConfigDef, ConnectError, Encoded, ErrorKind, Props, Result, Schema, SchemaAndValue, Type, Value,
};

use crate::byte_array::{check_type, incompatible};
use crate::format::{Format, Role, converter};

/// Converts booleans to and from one byte.
#[derive(Clone, Copy, Debug, Default)]
pub struct BooleanConverter;

impl Format for BooleanConverter {
    fn config_def(&self) -> ConfigDef {
        crate::config::plain()
    }

    fn configure_as(&mut self, props: &Props, role: Role) -> Result<()> {
        role.parse(&self.config_def(), props).map(|_| ())
    }

    fn write<'v>(
        &mut self,
        schema: Option<&Schema>,
        value: &'v Value,
        _out: &mut Vec<u8>,
    ) -> Result<Encoded<'v>> {
        check_type("BooleanConverter", schema, Type::Boolean)?;
        match value {
            Value::Null => Ok(Encoded::Null),
            Value::Boolean(v) => Ok(Encoded::Borrowed(if *v { &[1] } else { &[0] })),
            other => Err(incompatible("BooleanConverter", other)),
        }
    }

    fn read(&mut self, bytes: Option<Bytes>) -> Result<SchemaAndValue> {
        let value = match bytes.as_deref() {
            None => Value::Null,
            Some([0]) => Value::Boolean(false),
            Some([1]) => Value::Boolean(true),
            Some(other) => {
                let found = format!("expected one byte, 0 or 1, found {} bytes", other.len());
                let cause = ConnectError::new(ErrorKind::Serialization, found);
                return Err(ConnectError::data("Failed to deserialize boolean: ").caused_by(cause));
            }
        };
        Ok(SchemaAndValue {
            schema: Some(Schema::OPTIONAL_BOOLEAN),
            value,
        })
    }
}

converter!(BooleanConverter);

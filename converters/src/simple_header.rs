//! `SimpleHeaderConverter`: headers as text from which the type is inferred.

use bytes::Bytes;
use windlass_api::{
    ConfigDef, Encoded, HeaderConverter, Props, Result, Schema, SchemaAndValue, Value, values,
};

use crate::charset::Charset;

/// Writes header values as text, and infers their type when it reads them back. The worker's default.
#[derive(Clone, Copy, Debug, Default)]
pub struct SimpleHeaderConverter;

#[async_trait::async_trait]
impl HeaderConverter for SimpleHeaderConverter {
    fn config(&self) -> ConfigDef {
        crate::config::none()
    }

    fn configure(&mut self, _props: &Props) -> Result<()> {
        Ok(())
    }

    fn from_connect_header<'v>(
        &mut self,
        _topic: &str,
        _key: &str,
        _schema: Option<&Schema>,
        value: &'v Value,
        out: &mut Vec<u8>,
    ) -> Result<Encoded<'v>> {
        match value {
            Value::Null => Ok(Encoded::Null),
            Value::String(text) => Ok(Encoded::Borrowed(text.as_bytes())),
            other => {
                out.extend_from_slice(values::to_text(other).as_bytes());
                Ok(Encoded::Appended)
            }
        }
    }

    fn to_connect_header(
        &mut self,
        _topic: &str,
        _key: &str,
        bytes: Option<Bytes>,
    ) -> Result<SchemaAndValue> {
        let Some(bytes) = bytes else {
            return Ok(SchemaAndValue::default());
        };
        Ok(values::parse_string(&Charset::Utf8.decode(bytes)).unwrap_or_default())
    }
}

//! `StringConverter`: text in a charset.

use bytes::Bytes;
use windlass_api::{
    ConfigDef, ConnectError, Encoded, ErrorKind, Props, Result, Schema, SchemaAndValue, Value,
};

use crate::charset::Charset;
use crate::format::{Format, Role, converter};

/// Writes any value as its text, and reads text. UTF-8 passes without a copy, both ways.
#[derive(Clone, Copy, Debug, Default)]
pub struct StringConverter {
    write_charset: Charset,
    read_charset: Charset,
}

impl Format for StringConverter {
    fn config_def(&self) -> ConfigDef {
        crate::config::string()
    }

    fn configure_as(&mut self, props: &Props, role: Role) -> Result<()> {
        let config = role.parse(&self.config_def(), props)?;
        let encoding = config.get::<Option<&str>>("converter.encoding")?;
        // Java hands its configuration on to Kafka's serializers, whose own keys come first.
        let prefix = if role == Role::Key { "key" } else { "value" };
        let of = |kind: &str| {
            let own = props
                .get(&format!("{prefix}.{kind}.encoding"))
                .and_then(Option::as_deref);
            own.or(encoding).map_or(Ok(Charset::Utf8), charset)
        };
        self.write_charset = of("serializer")?;
        self.read_charset = of("deserializer")?;
        Ok(())
    }

    fn write<'v>(
        &mut self,
        _schema: Option<&Schema>,
        value: &'v Value,
        out: &mut Vec<u8>,
    ) -> Result<Encoded<'v>> {
        match value {
            Value::Null => return Ok(Encoded::Null),
            Value::String(text) if self.write_charset == Charset::Utf8 => {
                return Ok(Encoded::Borrowed(text.as_bytes()));
            }
            Value::String(text) => self.write_charset.encode(text, out),
            other if self.write_charset == Charset::Utf8 => other.push_text(out),
            other => self.write_charset.encode(&other.to_string(), out),
        }
        Ok(Encoded::Appended)
    }

    fn read(&mut self, bytes: Option<Bytes>) -> Result<SchemaAndValue> {
        let value = bytes.map(|bytes| self.read_charset.decode(bytes)).into();
        Ok(SchemaAndValue {
            schema: Some(Schema::OPTIONAL_STRING),
            value,
        })
    }
}

converter!(StringConverter);

fn charset(name: &str) -> Result<Charset> {
    Charset::of(name).ok_or_else(|| {
        ConnectError::new(
            ErrorKind::Serialization,
            format!("Unsupported encoding {name}"),
        )
    })
}

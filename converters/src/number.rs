//! Number converters: numbers in big-endian bytes, as Kafka's serializers write them.

use bytes::Bytes;
use windlass_api::{
    ConfigDef, ConnectError, Encoded, ErrorKind, Props, Result, Schema, SchemaAndValue, Value,
};

use crate::format::{Format, Role, converter};

macro_rules! number_converters {
    ($($(#[$doc:meta])* $converter:ident: $number:ty, $variant:ident, $schema:ident, $name:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default)]
        pub struct $converter;

        impl Format for $converter {
            fn config_def(&self) -> ConfigDef {
                crate::config::plain()
            }

            fn configure_as(&mut self, props: &Props, role: Role) -> Result<()> {
                role.parse(&self.config_def(), props).map(|_| ())
            }

            fn write<'v>(
                &mut self,
                _schema: Option<&Schema>,
                value: &'v Value,
                out: &mut Vec<u8>,
            ) -> Result<Encoded<'v>> {
                match value {
                    Value::Null => Ok(Encoded::Null),
                    Value::$variant(v) => {
                        out.extend_from_slice(&v.to_be_bytes());
                        Ok(Encoded::Appended)
                    }
                    other => Err(unserializable($name, other)),
                }
            }

            fn read(&mut self, bytes: Option<Bytes>) -> Result<SchemaAndValue> {
                let value = match bytes {
                    None => Value::Null,
                    Some(bytes) => match <[u8; size_of::<$number>()]>::try_from(&bytes[..]) {
                        Ok(bytes) => Value::$variant(<$number>::from_be_bytes(bytes)),
                        Err(_) => return Err(wrong_length($name, size_of::<$number>(), bytes.len())),
                    },
                };
                Ok(SchemaAndValue { schema: Some(Schema::$schema), value })
            }
        }

        converter!($converter);
    )*};
}

number_converters! {
    /// Converts `int16` to and from two bytes.
    ShortConverter: i16, Int16, OPTIONAL_INT16, "short";
    /// Converts `int32` to and from four bytes.
    IntegerConverter: i32, Int32, OPTIONAL_INT32, "integer";
    /// Converts `int64` to and from eight bytes.
    LongConverter: i64, Int64, OPTIONAL_INT64, "long";
    /// Converts `float32` to and from four bytes.
    FloatConverter: f32, Float32, OPTIONAL_FLOAT32, "float";
    /// Converts `float64` to and from eight bytes.
    DoubleConverter: f64, Float64, OPTIONAL_FLOAT64, "double";
}

fn unserializable(name: &str, value: &Value) -> ConnectError {
    let class = value.java_class();
    ConnectError::data(format!(
        "Failed to serialize to {name} (was class {class}): "
    ))
}

fn wrong_length(name: &str, expected: usize, found: usize) -> ConnectError {
    let message = format!("expected {expected} bytes, found {found}");
    let cause = ConnectError::new(ErrorKind::Serialization, message);
    ConnectError::data(format!("Failed to deserialize {name}: ")).caused_by(cause)
}

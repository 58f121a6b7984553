//! What the bundled converters share: each converts keys, values and headers alike.

use bytes::Bytes;
use windlass_api::{
    ConfigDef, Encoded, ParsedConfig, Props, Result, Schema, SchemaAndValue, Value,
};

/// What a converter converts; the worker tells it by `converter.type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Key,
    Value,
    Header,
}

impl Role {
    /// Parses a configuration to which the role was added.
    pub(crate) fn parse(self, def: &ConfigDef, props: &Props) -> Result<ParsedConfig> {
        let role = match self {
            Role::Key => "key",
            Role::Value => "value",
            Role::Header => "header",
        };
        let mut props = props.clone();
        props.insert("converter.type".to_owned(), Some(role.to_owned()));
        def.parse(&props)
    }
}

/// A converter of anything: [`converter!`] makes it one of keys, values and headers.
pub(crate) trait Format {
    fn config_def(&self) -> ConfigDef;

    fn configure_as(&mut self, props: &Props, role: Role) -> Result<()>;

    fn write<'v>(
        &mut self,
        schema: Option<&Schema>,
        value: &'v Value,
        out: &mut Vec<u8>,
    ) -> Result<Encoded<'v>>;

    fn read(&mut self, bytes: Option<Bytes>) -> Result<SchemaAndValue>;
}

/// Implements [`Converter`](windlass_api::Converter) and [`HeaderConverter`](windlass_api::HeaderConverter) by
/// [`Format`].
macro_rules! converter {
    ($converter:ty) => {
        #[async_trait::async_trait]
        impl windlass_api::Converter for $converter {
            fn config(&self) -> windlass_api::ConfigDef {
                self.config_def()
            }

            fn configure(
                &mut self,
                props: &windlass_api::Props,
                is_key: bool,
            ) -> windlass_api::Result<()> {
                let role = if is_key {
                    $crate::format::Role::Key
                } else {
                    $crate::format::Role::Value
                };
                $crate::format::Format::configure_as(self, props, role)
            }

            fn from_connect_data<'v>(
                &mut self,
                _topic: &str,
                schema: Option<&windlass_api::Schema>,
                value: &'v windlass_api::Value,
                out: &mut Vec<u8>,
            ) -> windlass_api::Result<windlass_api::Encoded<'v>> {
                $crate::format::Format::write(self, schema, value, out)
            }

            fn to_connect_data(
                &mut self,
                _topic: &str,
                bytes: Option<bytes::Bytes>,
            ) -> windlass_api::Result<windlass_api::SchemaAndValue> {
                $crate::format::Format::read(self, bytes)
            }
        }

        #[async_trait::async_trait]
        impl windlass_api::HeaderConverter for $converter {
            fn config(&self) -> windlass_api::ConfigDef {
                self.config_def()
            }

            fn configure(&mut self, props: &windlass_api::Props) -> windlass_api::Result<()> {
                $crate::format::Format::configure_as(self, props, $crate::format::Role::Header)
            }

            fn from_connect_header<'v>(
                &mut self,
                _topic: &str,
                _key: &str,
                schema: Option<&windlass_api::Schema>,
                value: &'v windlass_api::Value,
                out: &mut Vec<u8>,
            ) -> windlass_api::Result<windlass_api::Encoded<'v>> {
                $crate::format::Format::write(self, schema, value, out)
            }

            fn to_connect_header(
                &mut self,
                _topic: &str,
                _key: &str,
                bytes: Option<bytes::Bytes>,
            ) -> windlass_api::Result<windlass_api::SchemaAndValue> {
                $crate::format::Format::read(self, bytes)
            }
        }
    };
}

pub(crate) use converter;

//! The converter: mapping and data, with the schema in a registry.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use windlass_api::{
    ConfigDef, ConnectError, Converter, Encoded, Props, Result, Schema, SchemaAndValue, Value,
};

use super::options::{self, Options};
use super::union::is_union;
use super::{from_json_schema, read_json, to_json_schema, write_json};
use crate::registry::{
    IdCache, NewSchema, PlanCache, RegistryConfig, Resolver, SchemaFormat, about, config, frame,
};

/// Converts to and from JSON whose schema, a JSON Schema, is kept in a registry.
#[derive(Debug, Default)]
pub struct JsonSchemaConverter {
    options: Options,
    registry: Option<Registry>,
}

/// What a configured converter has.
#[derive(Debug)]
struct Registry {
    resolver: Resolver,
    /// The ids to write under.
    ids: PlanCache<i32>,
    /// The Connect schemas of what was read.
    schemas: IdCache<Schema>,
}

#[async_trait]
impl Converter for JsonSchemaConverter {
    fn config(&self) -> ConfigDef {
        options::define(config::define(ConfigDef::new()))
    }

    fn configure(&mut self, props: &Props, is_key: bool) -> Result<()> {
        let parsed = self.config().parse(props)?;
        self.options = Options::from_config(&parsed)?;
        let config = RegistryConfig::new(&parsed, props)?;
        let capacity = self.options.cache_size;
        self.registry = Some(Registry {
            resolver: Resolver::new(config, SchemaFormat::Json, is_key),
            ids: PlanCache::new(capacity),
            schemas: IdCache::new(capacity),
        });
        if parsed.get("json.fail.invalid.schema")? {
            tracing::warn!(
                "json.fail.invalid.schema is not supported: messages are not checked against their schema"
            );
        }
        Ok(())
    }

    fn from_connect_data<'v>(
        &mut self,
        topic: &str,
        schema: Option<&Schema>,
        value: &'v Value,
        out: &mut Vec<u8>,
    ) -> Result<Encoded<'v>> {
        let Some(schema) = schema else {
            return if value.is_null() {
                Ok(Encoded::Null)
            } else {
                Err(ConnectError::data(
                    "JsonSchemaConverter: expected a value with a schema, found one without",
                ))
            };
        };
        if value.is_null() && !schema.optional && !self.has_default(schema) {
            return Ok(Encoded::Null);
        }
        self.write(topic, schema, value, out).map_err(|e| {
            about(e, || {
                format!(
                    "Converting Kafka Connect data to byte[] failed due to serialization error of topic {topic}: "
                )
            })
        })?;
        Ok(Encoded::Appended)
    }

    fn to_connect_data(&mut self, topic: &str, bytes: Option<Bytes>) -> Result<SchemaAndValue> {
        let Some(bytes) = bytes else {
            return Ok(SchemaAndValue::default());
        };
        self.read(topic, &bytes).map_err(|e| {
            about(e, || {
                format!(
                    "Converting byte[] to Kafka Connect data failed due to serialization error of topic {topic}: "
                )
            })
        })
    }

    async fn prepare(&mut self) -> Result<()> {
        if let Some(registry) = &mut self.registry {
            registry.resolver.prepare().await;
        }
        Ok(())
    }
}

impl JsonSchemaConverter {
    fn write(
        &mut self,
        topic: &str,
        schema: &Schema,
        value: &Value,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        let options = self.options;
        let id = self.registry()?.id(topic, schema, &options)?;
        frame::push(out, id);
        write_json(out, schema, value, &options)
    }

    fn read(&mut self, topic: &str, bytes: &Bytes) -> Result<SchemaAndValue> {
        let (id, payload) = frame::split(bytes)?;
        let options = self.options;
        let schema = self.registry()?.schema(topic, id, &options)?;
        Ok(SchemaAndValue {
            value: read_json(payload, &schema)?,
            schema: Some(schema),
        })
    }

    fn has_default(&self, schema: &Schema) -> bool {
        schema.default.is_some() && !self.options.ignore_default_for_nullables
    }

    fn registry(&mut self) -> Result<&mut Registry> {
        self.registry
            .as_mut()
            .ok_or_else(|| ConnectError::connect("JsonSchemaConverter: it was not configured"))
    }
}

impl Registry {
    /// The id under which values of a schema are written.
    fn id(&mut self, topic: &str, schema: &Schema, options: &Options) -> Result<i32> {
        if let Some(id) = self.ids.get(topic, Some(schema)) {
            return Ok(**id);
        }
        // What has alternatives has no title, and so no name.
        let name = schema
            .name
            .as_ref()
            .filter(|_| !schema.optional && !is_union(schema));
        let subject = self
            .resolver
            .subject(topic, name.map(|name| name.as_str()))?;
        let new = NewSchema {
            format: SchemaFormat::Json,
            text: to_json_schema(schema, options)?,
            references: Vec::new(),
        };
        let written = self.resolver.written(&subject, &new)?;
        self.ids
            .insert(topic, Some(schema), Arc::new(written.id), written.expires);
        Ok(written.id)
    }

    /// The Connect schema of what was written under an id.
    fn schema(&mut self, topic: &str, id: i32, options: &Options) -> Result<Schema> {
        if let Some(schema) = self.schemas.get(topic, id) {
            return Ok(Schema::clone(schema));
        }
        let stored = self.resolver.schema(id)?;
        let references = stored.named_references();
        let plain = from_json_schema(&stored.text, &references, None, options)?;
        let subject = self.resolver.subject(topic, plain.name.as_deref())?;
        let schema = match self.resolver.version(&subject, id)? {
            None => plain,
            version => from_json_schema(&stored.text, &references, version, options)?,
        };
        self.schemas.insert(topic, id, Arc::new(schema.clone()));
        Ok(schema)
    }
}

//! `AvroConverter`: Connect data as Avro, its schemas in a registry.
//!
//! A schema is converted once. What remains for a record is to find the plan made then, by the identity of the Connect
//! schema or by the id in the message, and to follow it: values go straight between Connect's data and Avro's binary
//! form, text and bytes read are slices of the message.

mod anything;
mod codec;
mod config;
mod decode;
mod default;
mod encode;
mod from_connect;
mod names;
mod schema;
mod to_connect;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use bytes::Bytes;
use windlass_api::{
    ConfigDef, ConnectError, Converter, Encoded, ErrorKind, Props, Result, Schema, SchemaAndValue,
    Value, async_trait,
};

pub use self::codec::{Reader, Writer};
pub use self::config::Options;
pub use self::schema::AvroSchema;

use crate::registry::{
    self, IdCache, NewSchema, PlanCache, RegistryConfig, Resolver, SchemaFormat, StoredSchema,
    Written, about, frame,
};

/// Converts to and from Avro, in the wire format of Confluent's schema registry.
#[derive(Debug)]
pub struct AvroConverter {
    config: Options,
    /// None until it is configured.
    resolver: Option<Resolver>,
    writers: PlanCache<(i32, Writer)>,
    readers: IdCache<Reader>,
}

impl AvroConverter {
    /// A converter that is still to be configured.
    pub fn new() -> Self {
        AvroConverter {
            config: Options::default(),
            resolver: None,
            writers: PlanCache::new(1),
            readers: IdCache::new(1),
        }
    }

    fn resolver(&mut self) -> Result<&mut Resolver> {
        self.resolver.as_mut().ok_or_else(|| {
            ConnectError::new(
                ErrorKind::Internal,
                "AvroConverter is used before it is configured",
            )
        })
    }

    fn writer(&mut self, topic: &str, schema: Option<&Schema>) -> Result<Arc<(i32, Writer)>> {
        if let Some(writer) = self.writers.get(topic, schema) {
            return Ok(Arc::clone(writer));
        }
        let config = self.config;
        let own = AvroSchema::of(schema, &config)?;
        let resolver = self.resolver()?;
        let subject = resolver.subject(topic, Some(&own.name()))?;
        let new = NewSchema {
            format: SchemaFormat::Avro,
            text: own.to_string(),
            references: Vec::new(),
        };
        let written = resolver.written(&subject, &new)?;
        let is_strict = resolver.config().checks_compatibility();
        let writer = writer(&config, &own, schema, &written, is_strict)?;
        let writer = Arc::new((written.id, writer));
        self.writers
            .insert(topic, schema, Arc::clone(&writer), written.expires);
        Ok(writer)
    }

    fn reader(&mut self, topic: &str, id: i32) -> Result<Arc<Reader>> {
        if let Some(reader) = self.readers.get(topic, id) {
            return Ok(Arc::clone(reader));
        }
        let config = self.config;
        let resolver = self.resolver()?;
        let stored = resolver.schema(id)?;
        let avro = parse(&stored)?;
        let subject = resolver.subject(topic, Some(&avro.name()))?;
        let version = resolver.version(&subject, id)?;
        let reader = Arc::new(Reader::new(&avro, version, &config)?);
        self.readers.insert(topic, id, Arc::clone(&reader));
        Ok(reader)
    }

    fn read(&mut self, topic: &str, message: &Bytes) -> Result<SchemaAndValue> {
        let (id, payload) = frame::split(message)?;
        let reader = self.reader(topic, id)?;
        Ok(SchemaAndValue {
            value: reader.read(payload)?,
            schema: reader.schema().cloned(),
        })
    }
}

impl Default for AvroConverter {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Converter for AvroConverter {
    fn config(&self) -> ConfigDef {
        config::definition()
    }

    fn configure(&mut self, props: &Props, is_key: bool) -> Result<()> {
        let parsed = config::definition().parse(props)?;
        self.config = Options::new(&parsed)?;
        let capacity = registry::config::cached_schemas(&parsed)?;
        self.writers = PlanCache::new(capacity);
        self.readers = IdCache::new(capacity);
        let registry = RegistryConfig::new(&parsed, props)?;
        self.resolver = Some(Resolver::new(registry, SchemaFormat::Avro, is_key));
        Ok(())
    }

    fn from_connect_data<'v>(
        &mut self,
        topic: &str,
        schema: Option<&Schema>,
        value: &'v Value,
        out: &mut Vec<u8>,
    ) -> Result<Encoded<'v>> {
        if value.is_null() {
            return match schema {
                Some(schema) if !schema.optional => Err(ConnectError::data(
                    "Found null value for non-optional schema",
                )),
                _ => Ok(Encoded::Null),
            };
        }
        let writer = self.writer(topic, schema).map_err(|e| {
            about(e, || {
                format!("Failed to serialize Avro data from topic {topic}:")
            })
        })?;
        let start = out.len();
        let (id, writer) = &*writer;
        frame::push(out, *id);
        if writer.write(value, out)? {
            return Ok(Encoded::Appended);
        }
        out.truncate(start);
        Ok(Encoded::Null)
    }

    fn to_connect_data(&mut self, topic: &str, bytes: Option<Bytes>) -> Result<SchemaAndValue> {
        let Some(message) = bytes else {
            return Ok(SchemaAndValue::default());
        };
        self.read(topic, &message).map_err(|e| {
            about(e, || {
                format!("Failed to deserialize data for topic {topic} to Avro: ")
            })
        })
    }

    async fn prepare(&mut self) -> Result<()> {
        self.resolver()?.prepare().await;
        Ok(())
    }
}

/// By the schema of the values, or by the one that the registry prescribes.
fn writer(
    config: &Options,
    own: &AvroSchema,
    schema: Option<&Schema>,
    written: &Written,
    is_strict: bool,
) -> Result<Writer> {
    let Some(stored) = &written.schema else {
        return Writer::new(own, schema, config);
    };
    let target = parse(stored)?;
    if is_strict && let Err(reason) = target.can_read(own) {
        return Err(ConnectError::data(format!(
            "the schema of id {} cannot read what the schema of the value writes: {reason}; set \
             latest.compatibility.strict=false (id.compatibility.strict=false with use.schema.id) to disable this check",
            written.id
        )));
    }
    Writer::new(&target, schema, config)
}

fn parse(stored: &StoredSchema) -> Result<AvroSchema> {
    AvroSchema::parse(
        &stored.text,
        stored.references.iter().map(|r| r.text.as_str()),
    )
}

//! The converter: plans and data, with the schema in a registry.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use windlass_api::{
    ConfigDef, ConnectError, Converter, Encoded, Props, Result, Schema, SchemaAndValue, Value,
};

use super::options::{self, Options};
use super::{Decoder, Encoder, ProtoFile, indexes, to_proto};
use crate::registry::{
    IdCache, NewSchema, PlanCache, RegistryConfig, Resolver, SchemaFormat, StoredSchema, about,
    config, frame,
};

/// Converts to and from Protobuf, with the schema in a registry.
#[derive(Debug, Default)]
pub struct ProtobufConverter {
    options: Options,
    registry: Option<Registry>,
}

/// What a configured converter has.
#[derive(Debug)]
struct Registry {
    resolver: Resolver,
    writers: PlanCache<Writer>,
    readers: IdCache<Readers>,
}

/// The readers of one file's messages, by their paths: few of them are what records are.
type Readers = Vec<(Vec<i32>, Arc<Decoder>)>;

/// How values of a schema are written.
#[derive(Debug)]
struct Writer {
    /// The id and the path of the message.
    prefix: Vec<u8>,
    encoder: Encoder,
}

#[async_trait]
impl Converter for ProtobufConverter {
    fn config(&self) -> ConfigDef {
        options::define(config::define(ConfigDef::new()))
    }

    fn configure(&mut self, props: &Props, is_key: bool) -> Result<()> {
        let parsed = self.config().parse(props)?;
        self.options = Options::from_config(&parsed)?;
        let config = RegistryConfig::new(&parsed, props)?;
        let capacity = self.options.cache_size;
        self.registry = Some(Registry {
            resolver: Resolver::new(config, SchemaFormat::Protobuf, is_key),
            writers: PlanCache::new(capacity),
            readers: IdCache::new(capacity),
        });
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
            return Ok(Encoded::Null);
        }
        let Some(schema) = schema else {
            return Err(ConnectError::data(
                "ProtobufConverter: expected a value with a schema, found one without",
            ));
        };
        self.write(topic, schema, value, out).map_err(|e| {
            about(e, || {
                format!("Failed to serialize Protobuf data from topic {topic}:")
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
                format!("Failed to deserialize data for topic {topic} to Protobuf:")
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

impl ProtobufConverter {
    fn write(
        &mut self,
        topic: &str,
        schema: &Schema,
        value: &Value,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        let options = self.options;
        let writer = self.registry()?.writer(topic, schema, &options)?;
        out.extend_from_slice(&writer.prefix);
        writer.encoder.push(out, value)
    }

    fn read(&mut self, topic: &str, bytes: &Bytes) -> Result<SchemaAndValue> {
        let (id, mut payload) = frame::split(bytes)?;
        let path = indexes::split(&mut payload)?;
        let options = self.options;
        let reader = self.registry()?.reader(topic, id, &path, &options)?;
        Ok(SchemaAndValue {
            value: reader.read(&payload)?,
            schema: Some(reader.schema().clone()),
        })
    }

    fn registry(&mut self) -> Result<&mut Registry> {
        self.registry
            .as_mut()
            .ok_or_else(|| ConnectError::connect("ProtobufConverter: it was not configured"))
    }
}

impl Registry {
    fn writer(&mut self, topic: &str, schema: &Schema, options: &Options) -> Result<Arc<Writer>> {
        if let Some(writer) = self.writers.get(topic, Some(schema)) {
            return Ok(Arc::clone(writer));
        }
        let proto = to_proto(schema, options)?;
        let subject = self.resolver.subject(topic, Some(&proto.message))?;
        let new = NewSchema {
            format: SchemaFormat::Protobuf,
            text: proto.text,
            references: Vec::new(),
        };
        let written = self.resolver.written(&subject, &new)?;
        let file = match &written.schema {
            Some(stored) => compile(stored)?,
            None => ProtoFile::compile(&new.text, &[])?,
        };
        let (message, path) = file.message_named(&proto.message)?;
        let mut prefix = Vec::with_capacity(frame::LENGTH + 1);
        frame::push(&mut prefix, written.id);
        indexes::push(&mut prefix, &path);
        let encoder = Encoder::new(schema, &message, options)?;
        let writer = Arc::new(Writer { prefix, encoder });
        self.writers
            .insert(topic, Some(schema), Arc::clone(&writer), written.expires);
        Ok(writer)
    }

    fn reader(
        &mut self,
        topic: &str,
        id: i32,
        path: &[i32],
        options: &Options,
    ) -> Result<Arc<Decoder>> {
        let known = self.readers.get(topic, id).map(Arc::clone);
        let found = known.iter().flat_map(|readers| readers.iter());
        if let Some((_, reader)) = found.into_iter().find(|(known, _)| known == path) {
            return Ok(Arc::clone(reader));
        }
        let stored = self.resolver.schema(id)?;
        let message = compile(&stored)?.message_at(path)?;
        let subject = self.resolver.subject(topic, Some(message.full_name()))?;
        let version = self.resolver.version(&subject, id)?;
        let reader = Arc::new(Decoder::new(&message, version, options)?);
        let mut readers = known.map(|known| known.to_vec()).unwrap_or_default();
        readers.push((path.to_vec(), Arc::clone(&reader)));
        self.readers.insert(topic, id, Arc::new(readers));
        Ok(reader)
    }
}

fn compile(stored: &StoredSchema) -> Result<ProtoFile> {
    ProtoFile::compile(&stored.text, &stored.named_references())
}

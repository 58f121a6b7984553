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
    Bounded, NewSchema, PlanCache, RegistryConfig, Resolver, SchemaFormat, StoredSchema, config,
    frame,
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
    /// By id and path of the message.
    readers: Bounded<(i32, Vec<i32>), Arc<Decoder>>,
    /// The last of them: records of one topic have few.
    last: Option<(i32, Vec<i32>, Arc<Decoder>)>,
}

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
            readers: Bounded::new(capacity),
            last: None,
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
        let options = self.options;
        let writer = self.registry()?.writer(topic, schema, &options)?;
        out.extend_from_slice(&writer.prefix);
        writer.encoder.push(out, value)?;
        Ok(Encoded::Appended)
    }

    fn to_connect_data(&mut self, _topic: &str, bytes: Option<Bytes>) -> Result<SchemaAndValue> {
        let Some(bytes) = bytes else {
            return Ok(SchemaAndValue::default());
        };
        let (id, mut payload) = frame::split(&bytes)?;
        let path = indexes::split(&mut payload)?;
        let options = self.options;
        let reader = self.registry()?.reader(id, path, &options)?;
        Ok(SchemaAndValue {
            value: reader.read(&payload)?,
            schema: Some(reader.schema().clone()),
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

    fn reader(&mut self, id: i32, path: Vec<i32>, options: &Options) -> Result<Arc<Decoder>> {
        if let Some((last, last_path, reader)) = &self.last
            && *last == id
            && *last_path == path
        {
            return Ok(Arc::clone(reader));
        }
        let key = (id, path);
        let reader = match self.readers.get(&key) {
            Some(reader) => Arc::clone(reader),
            None => {
                let stored = self.resolver.schema(id)?;
                let message = compile(&stored)?.message_at(&key.1)?;
                let reader = Arc::new(Decoder::new(&message, stored.version, options)?);
                self.readers.insert(key.clone(), Arc::clone(&reader));
                reader
            }
        };
        self.last = Some((key.0, key.1, Arc::clone(&reader)));
        Ok(reader)
    }
}

fn compile(stored: &StoredSchema) -> Result<ProtoFile> {
    let references: Vec<_> = stored
        .references
        .iter()
        .map(|reference| (reference.name.clone(), reference.text.clone()))
        .collect();
    ProtoFile::compile(&stored.text, &references)
}

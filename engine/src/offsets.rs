//! Source offsets as bytes, and reading them.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value as Json;
use windlass_api::{
    ConnectError, OffsetMap, OffsetStorageReader, Result, SourcePartition, Text, Value,
};

use crate::storage::offsets::OffsetStore;

/// Turns source partitions and offsets into the bytes that Java stores, and back: `["CONNECTOR",PARTITION]` for keys and the
/// offset for values, in schemaless JSON.
pub(crate) struct OffsetCodec {
    connector: String,
}

impl OffsetCodec {
    pub(crate) fn new(connector: &str) -> Self {
        OffsetCodec {
            connector: connector.to_owned(),
        }
    }

    /// The key of a partition.
    ///
    /// # Errors
    /// When the partition holds what is no primitive.
    pub(crate) fn key(&self, partition: &SourcePartition) -> Result<Vec<u8>> {
        let partition = partition
            .entries()
            .map(object)
            .transpose()?
            .unwrap_or(Json::Null);
        Ok(
            Json::Array(vec![Json::String(self.connector.clone()), partition])
                .to_string()
                .into_bytes(),
        )
    }

    /// The value of an offset; `None` stores nothing and forgets what was stored.
    ///
    /// # Errors
    /// When the offset holds what is no primitive.
    pub(crate) fn value(&self, offset: Option<&OffsetMap>) -> Result<Option<Vec<u8>>> {
        offset
            .map(|entries| Ok(object(entries)?.to_string().into_bytes()))
            .transpose()
    }

    /// What all keys of this connector begin with.
    pub(crate) fn prefix(&self) -> Vec<u8> {
        format!("[{},", Json::String(self.connector.clone())).into_bytes()
    }

    /// The partition of a stored key; `None` for Java's null partition.
    ///
    /// # Errors
    /// When the bytes are no such key.
    pub(crate) fn partition(&self, key: &[u8]) -> Result<Option<OffsetMap>> {
        match decode(key)? {
            Json::Array(mut parts) if parts.len() == 2 => entries(parts.swap_remove(1)),
            other => Err(unexpected("an array of connector and partition", &other)),
        }
    }

    /// The offset of a stored value.
    ///
    /// # Errors
    /// When the bytes are no such value.
    pub(crate) fn offset(&self, value: &[u8]) -> Result<Option<OffsetMap>> {
        entries(decode(value)?)
    }
}

/// Reads the committed offsets of one connector.
pub(crate) struct OffsetReader {
    store: OffsetStore,
    codec: OffsetCodec,
}

impl OffsetReader {
    pub(crate) fn new(store: OffsetStore, codec: OffsetCodec) -> Arc<Self> {
        Arc::new(OffsetReader { store, codec })
    }
}

#[async_trait]
impl OffsetStorageReader for OffsetReader {
    async fn offsets(&self, partitions: &[SourcePartition]) -> Result<Vec<Option<OffsetMap>>> {
        let keys = partitions.iter().map(|partition| self.codec.key(partition));
        let keys: Vec<_> = keys.collect::<Result<_>>()?;
        let stored = self.store.get(&keys).await;
        let stored = stored.map_err(|error| ConnectError::connect(error.to_string()))?;
        let read = |value: Option<Vec<u8>>| match value {
            Some(value) => self.codec.offset(&value),
            None => Ok(None),
        };
        stored.into_iter().map(read).collect()
    }
}

/// Offsets are flat: what is stored must come back the same from JSON (`OffsetUtils.validateFormat`).
fn object(entries: &OffsetMap) -> Result<Json> {
    let entry = |(key, value): (&String, &Value)| {
        let value = match value {
            Value::Null => Json::Null,
            Value::Boolean(b) => Json::from(*b),
            Value::Int8(n) => Json::from(*n),
            Value::Int16(n) => Json::from(*n),
            Value::Int32(n) => Json::from(*n),
            Value::Int64(n) => Json::from(*n),
            Value::Float32(n) => Json::from(*n),
            Value::Float64(n) => Json::from(*n),
            Value::String(text) => Json::from(text.as_str()),
            _ => {
                let text = format!(
                    "Offsets may only contain primitive types as values, but field {key} does not"
                );
                return Err(ConnectError::data(text));
            }
        };
        Ok((key.clone(), value))
    };
    entries
        .iter()
        .map(entry)
        .collect::<Result<_>>()
        .map(Json::Object)
}

fn entries(object: Json) -> Result<Option<OffsetMap>> {
    let entry = |(key, value): (String, Json)| {
        let value = match value {
            Json::Null => Value::Null,
            Json::Bool(b) => Value::Boolean(b),
            Json::Number(n) => match n.as_i64() {
                Some(n) => Value::Int64(n),
                None => Value::Float64(n.as_f64().unwrap_or(f64::NAN)),
            },
            Json::String(text) => Value::String(Text::from(text)),
            other => return Err(unexpected("a primitive", &other)),
        };
        Ok((key, value))
    };
    match object {
        Json::Null => Ok(None),
        Json::Object(members) => members
            .into_iter()
            .map(entry)
            .collect::<Result<_>>()
            .map(Some),
        other => Err(unexpected("an object", &other)),
    }
}

fn decode(bytes: &[u8]) -> Result<Json> {
    serde_json::from_slice(bytes)
        .map_err(|error| ConnectError::data(format!("stored source offset is no JSON: {error}")))
}

fn unexpected(expected: &str, found: &Json) -> ConnectError {
    ConnectError::data(format!(
        "stored source offset: expected {expected}, found {found}"
    ))
}

#[cfg(test)]
mod tests {
    use windlass_api::SourceOffset;

    use super::*;

    #[test]
    fn bytes_are_those_of_java() {
        let codec = OffsetCodec::new("file \"src\"");
        let partition =
            OffsetMap::from([("filename".to_owned(), Value::String(Text::from("/tmp/in")))]);
        let key = codec.key(&SourcePartition::new(partition.clone())).unwrap();
        assert_eq!(
            String::from_utf8_lossy(&key),
            r#"["file \"src\"",{"filename":"/tmp/in"}]"#
        );
        assert!(key.starts_with(&codec.prefix()));
        assert_eq!(codec.partition(&key).unwrap(), Some(partition));
        assert_eq!(
            codec.key(&SourcePartition::default()).unwrap(),
            br#"["file \"src\"",null]"#
        );
        let offset = SourceOffset::position("position", 7).to_map();
        let value = codec.value(offset.as_ref()).unwrap().unwrap();
        assert_eq!(String::from_utf8_lossy(&value), r#"{"position":7}"#);
        assert_eq!(codec.offset(&value).unwrap(), offset);
    }

    #[test]
    fn what_is_no_offset_is_an_error() {
        let codec = OffsetCodec::new("c");
        assert!(codec.offset(b"{").is_err());
        assert!(codec.offset(b"[1]").is_err());
        assert!(codec.offset(br#"{"a":[1]}"#).is_err());
        assert!(codec.partition(br#"["c"]"#).is_err());
        let nested = OffsetMap::from([("a".to_owned(), Value::Array(Vec::new()))]);
        assert!(codec.value(Some(&nested)).is_err());
    }
}

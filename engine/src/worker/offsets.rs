//! Committed offsets of connectors, as users see and change them (KIP-875).

use std::sync::Arc;

use windlass_api::{ConnectError, Props, Result, SourcePartition};

use super::{Worker, isolated};
use crate::herder::{ConnectorOffset, ConnectorType, HerderError};
use crate::offsets::OffsetCodec;
use crate::plugins::Connector;
use crate::storage::config::ConnectorEntry;
use crate::storage::offset_file::OffsetEntries;

impl Worker {
    /// The committed offsets of a connector.
    pub(crate) async fn connector_offsets(
        &self,
        entry: &ConnectorEntry,
    ) -> Result<Vec<ConnectorOffset>, HerderError> {
        let config = self.resolve(&entry.config).await.map_err(internal)?.props;
        match entry.kind {
            Some(ConnectorType::Source) => self
                .source_offsets(&entry.name, &config)
                .await
                .map_err(internal),
            _ => self.sink_offsets(&entry.name, &config).await,
        }
    }

    /// Changes the committed offsets of a stopped source, or removes all of them; answers whether the connector knows
    /// its offsets.
    pub(crate) async fn alter_source_offsets(
        &self,
        name: &str,
        config: Arc<Props>,
        changes: Option<Vec<ConnectorOffset>>,
    ) -> Result<bool, HerderError> {
        let changes = match changes {
            Some(changes) => changes,
            None => {
                let stored = self.source_offsets(name, &config).await.map_err(internal)?;
                stored
                    .into_iter()
                    .map(|offset| ConnectorOffset {
                        offset: None,
                        ..offset
                    })
                    .collect()
            }
        };
        let (_, connector) = self.connector(&config).map_err(internal)?;
        let Connector::Source(mut connector) = connector else {
            return Err(HerderError::Internal(format!(
                "connector {name} is no source"
            )));
        };
        let asked: Vec<_> = changes
            .iter()
            .map(|c| (c.partition.clone(), c.offset.clone()))
            .collect();
        let store = self.offset_store(name, &config).map_err(internal)?;
        let kept = Arc::clone(&config);
        let knows = isolated(&self.data, async move {
            connector.alter_offsets(&config, &asked).await
        });
        let knows = knows.await.map_err(internal)?;
        let entries = encode(name, &changes).map_err(internal)?;
        if !entries.is_empty() && self.writes_transactions() {
            let stored = self.store_in_transaction(name, &kept, entries).await;
            stored.map_err(internal)?;
        } else if !entries.is_empty() {
            store
                .set(entries)
                .await
                .map_err(|e| HerderError::Internal(e.to_string()))?;
        }
        Ok(knows)
    }

    async fn source_offsets(&self, name: &str, config: &Props) -> Result<Vec<ConnectorOffset>> {
        let codec = OffsetCodec::new(name);
        let store = self.offset_store(name, config)?;
        let stored = store.with_prefix(&codec.prefix()).await;
        let stored = stored.map_err(|error| ConnectError::connect(error.to_string()))?;
        let decode = |(key, value): (Vec<u8>, Vec<u8>)| {
            Ok(ConnectorOffset {
                partition: codec.partition(&key)?,
                offset: codec.offset(&value)?,
            })
        };
        stored.into_iter().map(decode).collect()
    }
}

fn encode(name: &str, changes: &[ConnectorOffset]) -> Result<OffsetEntries> {
    let codec = OffsetCodec::new(name);
    let entry = |change: &ConnectorOffset| {
        let partition = change
            .partition
            .clone()
            .map_or_else(SourcePartition::default, SourcePartition::new);
        let key = codec.key(&partition)?;
        Ok((key, codec.value(change.offset.as_ref())?))
    };
    changes.iter().map(entry).collect()
}

#[expect(clippy::needless_pass_by_value, reason = "made for map_err")]
fn internal(error: windlass_api::ConnectError) -> HerderError {
    HerderError::Internal(error.message().to_owned())
}

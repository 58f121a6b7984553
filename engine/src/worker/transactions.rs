//! The transactional ids of a worker's source tasks.

use std::sync::Arc;

use windlass_api::{ConnectError, Props, Result, TransactionContext};
use windlass_client::config::{AdminConfig, ProducerConfig};
use windlass_client::{Admin, Producer};

use super::{Worker, client_config};
use crate::config::{ConnectorConfig, TransactionBoundary};
use crate::herder::{HerderError, TaskGuard};
use crate::status::{TaskId, TaskNumber};
use crate::storage::offset_file::OffsetEntries;
use crate::task::{Ends, TransactionParts, commit_transaction};

impl Worker {
    /// Whether its source tasks write in transactions.
    pub(crate) fn writes_transactions(&self) -> bool {
        self.exactly_once.is_enabled()
    }

    /// What a source task needs for its transactions, and what it may say about them itself.
    ///
    /// # Errors
    /// When the connector's configuration is wrong.
    pub(super) fn transaction_parts(
        &self,
        guard: TaskGuard,
        connector: &ConnectorConfig,
    ) -> Result<(TransactionParts, Option<TransactionContext>)> {
        let (ends, context) = match connector.transaction_boundary()? {
            TransactionBoundary::Poll => (Ends::Poll, None),
            TransactionBoundary::Interval => {
                let interval = connector.transaction_interval()?;
                let interval = interval.unwrap_or(self.config.offset_flush_interval);
                (Ends::Interval(interval), None)
            }
            TransactionBoundary::Connector => {
                let context = TransactionContext::default();
                (Ends::Asked(context.clone()), Some(context))
            }
        };
        Ok((TransactionParts { guard, ends }, context))
    }

    /// The producer settings of a source task that writes in transactions (EO-004).
    ///
    /// # Errors
    /// When the connector's client settings are wrong.
    pub(super) fn transactional_producer(
        &self,
        id: &TaskId,
        connector: &Props,
    ) -> Result<ProducerConfig> {
        let client_id = format!("connector-producer-{id}");
        let mut properties = client_config::producer(&self.config, connector, client_id);
        let own = transactional_id(&self.group_id, &id.connector, id.task);
        for (key, value) in [("enable.idempotence", "true"), ("transactional.id", &own)] {
            let given = properties.insert(key.to_owned(), value.to_owned());
            if let Some(given) = given.filter(|given| !given.eq_ignore_ascii_case(value)) {
                let TaskId { connector, task } = id;
                tracing::warn!(
                    %connector, task,
                    "{key}={given} is ignored: exactly-once delivery needs {value}"
                );
            }
        }
        let parsed = ProducerConfig::parse(&properties);
        let parsed = parsed.map_err(|error| ConnectError::config(error.to_string()))?;
        super::build::warn_unknown(id, "producer", &parsed.unknown);
        Ok(parsed.config)
    }

    /// Fences the first `count` tasks of a connector, wherever they run.
    ///
    /// # Errors
    /// When one of them cannot be fenced.
    pub(crate) async fn fence_tasks(
        &self,
        name: &str,
        config: &Arc<Props>,
        count: usize,
    ) -> Result<(), HerderError> {
        let resolved = self.resolve(config).await;
        let config = resolved
            .map_err(|error| HerderError::Internal(error.message().to_owned()))?
            .props;
        let client_id = format!("connector-worker-adminclient-{name}");
        let properties = client_config::admin(&self.config, &config, client_id);
        let parsed = AdminConfig::parse(&properties);
        let parsed = parsed.map_err(|error| HerderError::Internal(error.to_string()))?;
        let admin = Admin::new(self.clusters.cluster(&parsed.config.client));
        let ids = (0..).take(count);
        let ids: Vec<Arc<str>> = ids
            .map(|task| transactional_id(&self.group_id, name, task).into())
            .collect();
        for (id, fenced) in admin.fence_producers(&ids).await {
            fenced.map_err(|error| {
                HerderError::Internal(format!("transactional id {id} cannot be fenced: {error}"))
            })?;
        }
        Ok(())
    }

    /// Stores offsets of a connector without tasks, under the transactional id of its first (EO-022).
    pub(super) async fn store_in_transaction(
        &self,
        name: &str,
        config: &Props,
        entries: OffsetEntries,
    ) -> Result<()> {
        let id = TaskId {
            connector: Arc::from(name),
            task: 0,
        };
        let settings = self.transactional_producer(&id, config)?;
        let cluster = self.clusters.cluster(&settings.client);
        let mut producer = Producer::new(cluster, settings);
        let failed = |error: &dyn std::fmt::Display| ConnectError::connect(error.to_string());
        let offsets = self.offset_store(name, config)?.for_transactions().await;
        let offsets = offsets.map_err(|error| failed(&error))?;
        let limit = self.config.offset_flush_timeout.max(STORE_TIMEOUT);
        let store = async {
            producer.init_transactions().await?;
            commit_transaction(&mut producer, offsets.as_ref(), entries).await
        };
        match tokio::time::timeout(limit, store).await {
            Ok(stored) => stored.map_err(|error| failed(&error)),
            Err(_) => Err(failed(&"storing offsets in a transaction took too long")),
        }
    }
}

/// As Java's `Worker.taskTransactionalId`: workers of both kinds fence each other's tasks.
fn transactional_id(group: &str, connector: &str, task: TaskNumber) -> String {
    format!("{group}-{connector}-{task}")
}

const STORE_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(30);

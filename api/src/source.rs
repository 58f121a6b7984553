//! The contract of source connectors.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    ConfigDef, ConfigValue, ConnectorContext, OffsetMap, Props, Result, SourcePartition,
    SourceRecord, TransactionContext,
};

/// Decides which tasks copy data from a source into Kafka; itself it copies nothing.
#[async_trait]
pub trait SourceConnector: Send {
    /// The connector's own configuration keys.
    fn config(&self) -> ConfigDef;

    /// The version shown by REST.
    fn version(&self) -> &str;

    /// Checks a configuration beyond what [`config`](Self::config) says.
    async fn validate(&mut self, props: &Props) -> Result<Vec<ConfigValue>> {
        Ok(self.config().validate(props))
    }

    /// Starts the connector with its full configuration.
    async fn start(&mut self, context: SourceConnectorContext, props: Props) -> Result<()>;

    /// One configuration per task, at most `max_tasks`.
    async fn task_configs(&mut self, max_tasks: usize) -> Result<Vec<Props>>;

    /// The Java name of the task class, stored in task configurations under `task.class`.
    fn task_class(&self) -> &'static str;

    /// A task that has not been started. Called on any worker, also where the connector does not run.
    fn new_task(&self) -> Box<dyn SourceTask>;

    /// Checks offsets that a user wants to set through REST (KIP-875), and sets them where the connector keeps its
    /// own. Each entry is a source partition with its new offset, `None` for one to forget; integers are `int64`.
    ///
    /// Answers whether the connector knows its offsets: `false` makes the runtime warn that the source may keep
    /// offsets of its own. Called on a connector that was not started.
    ///
    /// # Errors
    /// The offsets are refused as a whole.
    async fn alter_offsets(
        &mut self,
        props: &Props,
        offsets: &[(Option<OffsetMap>, Option<OffsetMap>)],
    ) -> Result<bool> {
        let _ = (props, offsets);
        Ok(false)
    }

    /// Whether exactly-once delivery works with this configuration (KIP-618); `None` when it is not known.
    fn exactly_once_support(&self, props: &Props) -> Option<ExactlyOnceSupport> {
        let _ = props;
        None
    }

    /// Whether its tasks can say where their transactions end (`transaction.boundary=connector`).
    fn can_define_transaction_boundaries(&self, props: &Props) -> bool {
        let _ = props;
        false
    }

    /// Stops the connector.
    async fn stop(&mut self) -> Result<()> {
        Ok(())
    }
}

/// Whether a source connector can deliver each record exactly once with a given configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExactlyOnceSupport {
    /// It can.
    Supported,
    /// It cannot.
    Unsupported,
}

/// What the runtime offers a source connector.
#[derive(Clone)]
pub struct SourceConnectorContext {
    /// Ask for new task configurations, or fail the connector.
    pub connector: Arc<dyn ConnectorContext>,
    /// Committed source offsets.
    pub offsets: Arc<dyn OffsetStorageReader>,
}

/// Copies data from a part of a source into Kafka.
///
/// # Life cycle
/// `start`, then `poll` again and again, with `commit` after each flush of offsets, then `stop`. All calls come from
/// one place, one at a time.
#[async_trait]
pub trait SourceTask: Send {
    /// Starts the task with its configuration.
    async fn start(&mut self, context: SourceTaskContext, props: Props) -> Result<()>;

    /// Waits for data and appends records to `records`, which comes in empty and keeps its capacity.
    ///
    /// The runtime drops the future when the task is paused or stopped, and after a while when the task is owed a call
    /// of `commit` or `commit_record` (that while doubles each time, so that a poll that takes long gets to its end). It
    /// must be **cancel safe**, that is, what it has appended is delivered, and what it has not appended must come
    /// again with the next call. It should return as soon as there is something, and wait (not spin) while there is
    /// nothing.
    ///
    /// # Errors
    /// A retriable error makes an empty turn; any other fails the task.
    async fn poll(&mut self, records: &mut Vec<SourceRecord>) -> Result<()>;

    /// Whether a call may block its thread (`std::thread::sleep`, a synchronous driver). Others go on while it does, for
    /// which each turn of the task costs some microseconds; a task that only awaits says `false` and saves them.
    fn may_block(&self) -> bool {
        true
    }

    /// Called after each successful flush of offsets, also when there was nothing new. Errors are logged.
    async fn commit(&mut self) -> Result<()> {
        Ok(())
    }

    /// Whether [`commit_record`](Self::commit_record) is wanted; the runtime then keeps each record until its ack.
    fn wants_commit_record(&self) -> bool {
        false
    }

    /// Called in order for each record that Kafka has acknowledged, or, with no metadata, that was dropped. Errors are
    /// logged.
    async fn commit_record(
        &mut self,
        record: SourceRecord,
        metadata: Option<RecordMetadata>,
    ) -> Result<()> {
        let _ = (record, metadata);
        Ok(())
    }

    /// Stops the task; no call follows.
    async fn stop(&mut self) -> Result<()> {
        Ok(())
    }
}

/// Where Kafka stored a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordMetadata {
    /// The topic.
    pub topic: Arc<str>,
    /// The partition.
    pub partition: i32,
    /// The offset; -1 with `acks=0`.
    pub offset: i64,
    /// Milliseconds since the epoch.
    pub timestamp: i64,
}

/// What the runtime offers a source task.
#[derive(Clone)]
pub struct SourceTaskContext {
    /// Committed source offsets.
    pub offsets: Arc<dyn OffsetStorageReader>,
    /// To end transactions with; only with `transaction.boundary=connector` on a worker with exactly-once delivery.
    pub transactions: Option<TransactionContext>,
}

/// Reads committed source offsets.
#[async_trait]
pub trait OffsetStorageReader: Send + Sync {
    /// The committed offset of each partition, `None` where there is none, in the order asked.
    ///
    /// Integers come back as `int64` and floats as `float64`: they have been through JSON.
    async fn offsets(&self, partitions: &[SourcePartition]) -> Result<Vec<Option<OffsetMap>>>;

    /// The committed offset of one partition.
    async fn offset(&self, partition: &SourcePartition) -> Result<Option<OffsetMap>> {
        Ok(self
            .offsets(std::slice::from_ref(partition))
            .await?
            .pop()
            .flatten())
    }
}

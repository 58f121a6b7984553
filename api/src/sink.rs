//! The contract of sink connectors.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::{ConfigDef, ConfigValue, ConnectError, ConnectorContext, Props, Result, SinkRecord};

/// A topic and a partition.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicPartition {
    /// The topic.
    pub topic: Arc<str>,
    /// The partition.
    pub partition: i32,
}

/// The offset from which reading goes on, by partition: one more than the last record.
pub type SinkOffsets = BTreeMap<TopicPartition, i64>;

/// Decides which tasks copy data from Kafka into a sink; itself it copies nothing.
#[async_trait]
pub trait SinkConnector: Send {
    /// The connector's own configuration keys.
    fn config(&self) -> ConfigDef;

    /// The version shown by REST.
    fn version(&self) -> &str;

    /// Checks a configuration beyond what [`config`](Self::config) says.
    async fn validate(&mut self, props: &Props) -> Result<Vec<ConfigValue>> {
        Ok(self.config().validate(props))
    }

    /// Starts the connector with its full configuration.
    async fn start(&mut self, context: Arc<dyn ConnectorContext>, props: Props) -> Result<()>;

    /// One configuration per task, at most `max_tasks`.
    async fn task_configs(&mut self, max_tasks: usize) -> Result<Vec<Props>>;

    /// The Java name of the task class, stored in task configurations under `task.class`.
    fn task_class(&self) -> &'static str;

    /// A task that has not been started. Called on any worker, also where the connector does not run.
    fn new_task(&self) -> Box<dyn SinkTask>;

    /// Checks offsets that a user wants to set through REST (KIP-875), and sets them where the connector keeps its
    /// own. Each entry is a partition with its new offset, `None` for one to forget.
    ///
    /// Answers whether the connector knows its offsets: `false` makes the runtime warn that the sink may keep offsets
    /// of its own. Called on a connector that was not started.
    ///
    /// # Errors
    /// The offsets are refused as a whole.
    async fn alter_offsets(
        &mut self,
        props: &Props,
        offsets: &[(TopicPartition, Option<i64>)],
    ) -> Result<bool> {
        let _ = (props, offsets);
        Ok(false)
    }

    /// Stops the connector.
    async fn stop(&mut self) -> Result<()> {
        Ok(())
    }
}

/// Copies records from Kafka into a sink.
///
/// # Life cycle
/// `start`; `open` for each set of partitions it gets; then `put` with batches, also empty ones; `pre_commit` before
/// offsets are committed; `close` for partitions it loses; `stop`. All calls come from one place, one at a time.
#[async_trait]
pub trait SinkTask: Send {
    /// Starts the task with its configuration.
    async fn start(&mut self, context: Arc<dyn SinkTaskContext>, props: Props) -> Result<()>;

    /// Called with partitions newly assigned, before their first record.
    async fn open(&mut self, partitions: &[TopicPartition]) -> Result<()> {
        let _ = partitions;
        Ok(())
    }

    /// Takes a batch. What it must keep it clones: text and bytes share the fetched buffer.
    ///
    /// # Errors
    /// A retriable error brings the same batch again; any other fails the task.
    async fn put(&mut self, records: &[SinkRecord]) -> Result<()>;

    /// Whether a call may block its thread; see [`SourceTask::may_block`](crate::SourceTask::may_block).
    fn may_block(&self) -> bool {
        true
    }

    /// Makes everything put so far durable in the sink.
    async fn flush(&mut self, offsets: &SinkOffsets) -> Result<()> {
        let _ = offsets;
        Ok(())
    }

    /// The offsets that may be committed: after a flush, all that were delivered. A task that tracks its own progress
    /// returns fewer, or none.
    ///
    /// # Errors
    /// Rewinds to the last commit and goes on.
    async fn pre_commit(&mut self, offsets: SinkOffsets) -> Result<SinkOffsets> {
        self.flush(&offsets).await?;
        Ok(offsets)
    }

    /// Called with partitions that go away, after their last commit.
    async fn close(&mut self, partitions: &[TopicPartition]) -> Result<()> {
        let _ = partitions;
        Ok(())
    }

    /// Stops the task; no call follows.
    async fn stop(&mut self) -> Result<()> {
        Ok(())
    }
}

/// What the runtime offers a sink task. Requests take effect before the next batch.
pub trait SinkTaskContext: Send + Sync {
    /// Reads on from these offsets.
    fn rewind(&self, offsets: SinkOffsets);

    /// How long to wait before a batch is put again after a retriable error.
    fn timeout(&self, timeout: Duration);

    /// The partitions this task has.
    fn assignment(&self) -> Vec<TopicPartition>;

    /// Stops fetching these partitions.
    ///
    /// # Errors
    /// [`ErrorKind::IllegalWorkerState`](crate::ErrorKind::IllegalWorkerState) for a partition it does not have.
    fn pause(&self, partitions: &[TopicPartition]) -> Result<()>;

    /// Fetches these partitions again.
    ///
    /// # Errors
    /// [`ErrorKind::IllegalWorkerState`](crate::ErrorKind::IllegalWorkerState) for a partition it does not have.
    fn resume(&self, partitions: &[TopicPartition]) -> Result<()>;

    /// Commits offsets before the next batch.
    fn request_commit(&self);

    /// Takes records that the task cannot process; `None` unless the connector has a dead letter queue or logs errors.
    /// Records of the last few batches are reported with the bytes they came in, so a task asks for it when it starts.
    fn errant_record_reporter(&self) -> Option<Arc<dyn ErrantRecordReporter>> {
        None
    }
}

/// Takes records that a sink task cannot process, so that it can go on with the others (KIP-610).
pub trait ErrantRecordReporter: Send + Sync {
    /// Reports a record. It is as good as processed then: its offset is committed once the report is written.
    ///
    /// # Errors
    /// `errors.tolerance` is `none`: the task must fail, and does even if it hides the error.
    fn report(&self, record: &SinkRecord, error: ConnectError) -> Result<Reported>;
}

/// Ends when a report is written. It is written also when nobody waits.
pub type Reported = Pin<Box<dyn Future<Output = Result<()>> + Send>>;

//! What a sink task may ask of the runtime.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use windlass_api::{
    ConnectError, ErrantRecordReporter, ErrorKind, Result, SinkOffsets, SinkTaskContext,
    TopicPartition,
};

use super::errant::ErrantReporter;

/// Requests of a sink task, kept until its loop takes them.
#[derive(Debug)]
pub(super) struct Context {
    requests: Mutex<Requests>,
    errant: Option<Arc<ErrantReporter>>,
}

#[derive(Debug, Default)]
pub(super) struct Requests {
    /// Where to read on.
    pub(super) rewind: SinkOffsets,
    /// How long to wait before the next try.
    pub(super) timeout: Option<Duration>,
    /// What the task does not want to read; survives rebalances for partitions it keeps.
    pub(super) paused: BTreeSet<TopicPartition>,
    /// Whether `paused` changed since it was applied.
    pub(super) pauses_changed: bool,
    pub(super) commit: bool,
    pub(super) assignment: Vec<TopicPartition>,
}

impl Context {
    pub(super) fn new(errant: Option<Arc<ErrantReporter>>) -> Self {
        Context {
            requests: Mutex::default(),
            errant,
        }
    }

    /// Held for a look-up or a change, never across an await.
    pub(super) fn requests(&self) -> MutexGuard<'_, Requests> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SinkTaskContext for Context {
    fn rewind(&self, offsets: SinkOffsets) {
        self.requests().rewind.extend(offsets);
    }

    fn timeout(&self, timeout: Duration) {
        self.requests().timeout = Some(timeout);
    }

    fn assignment(&self) -> Vec<TopicPartition> {
        self.requests().assignment.clone()
    }

    fn pause(&self, partitions: &[TopicPartition]) -> Result<()> {
        let mut requests = self.requests();
        requests.check(partitions, "pause")?;
        requests.paused.extend(partitions.iter().cloned());
        requests.pauses_changed = true;
        Ok(())
    }

    fn resume(&self, partitions: &[TopicPartition]) -> Result<()> {
        let mut requests = self.requests();
        requests.check(partitions, "resume")?;
        requests
            .paused
            .retain(|paused| !partitions.contains(paused));
        requests.pauses_changed = true;
        Ok(())
    }

    fn request_commit(&self) {
        self.requests().commit = true;
    }

    fn errant_record_reporter(&self) -> Option<Arc<dyn ErrantRecordReporter>> {
        let errant = self.errant.as_ref()?;
        errant.wanted();
        Some(Arc::clone(errant) as _)
    }
}

impl Requests {
    fn check(&self, partitions: &[TopicPartition], what: &str) -> Result<()> {
        if partitions
            .iter()
            .all(|partition| self.assignment.contains(partition))
        {
            return Ok(());
        }
        let text =
            format!("SinkTasks may not {what} partitions that are not currently assigned to them.");
        Err(ConnectError::new(ErrorKind::IllegalWorkerState, text))
    }
}

//! MockSink: the task.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::time::{Duration, Instant};
use windlass_api::{Props, Result, SinkRecord, SinkTask, SinkTaskContext};

use super::failure::{failure, task_failure};

/// Drops its records, and fails when it is due.
#[derive(Default)]
pub struct MockSinkTask {
    context: Option<Arc<dyn SinkTaskContext>>,
    fails_at: Option<Instant>,
}

#[async_trait]
impl SinkTask for MockSinkTask {
    async fn start(&mut self, context: Arc<dyn SinkTaskContext>, props: Props) -> Result<()> {
        self.fails_at = task_failure(&props)?;
        self.context = Some(context);
        self.ask_to_be_called();
        Ok(())
    }

    async fn put(&mut self, _records: &[SinkRecord]) -> Result<()> {
        if self.fails_at.is_some_and(|at| at < Instant::now()) {
            return Err(failure());
        }
        self.ask_to_be_called();
        Ok(())
    }
}

impl MockSinkTask {
    /// There may be no records at all.
    fn ask_to_be_called(&self) {
        if let (Some(context), Some(at)) = (&self.context, self.fails_at) {
            let left = at.saturating_duration_since(Instant::now());
            context.timeout(left.min(MOST));
        }
    }
}

const MOST: Duration = Duration::from_millis(250);

//! MockSource: the task.

use async_trait::async_trait;
use tokio::time::Instant;
use windlass_api::{Props, Result, SourceRecord, SourceTask, SourceTaskContext};

use super::failure::{failure, task_failure};

/// Has no records, and fails when it is due.
#[derive(Default)]
pub struct MockSourceTask {
    fails_at: Option<Instant>,
}

#[async_trait]
impl SourceTask for MockSourceTask {
    async fn start(&mut self, _context: SourceTaskContext, props: Props) -> Result<()> {
        self.fails_at = task_failure(&props)?;
        Ok(())
    }

    async fn poll(&mut self, _records: &mut Vec<SourceRecord>) -> Result<()> {
        match self.fails_at {
            Some(at) => tokio::time::sleep_until(at).await,
            None => std::future::pending().await,
        }
        Err(failure())
    }
}

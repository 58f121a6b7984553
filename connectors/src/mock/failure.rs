//! When to fail.

use std::sync::Arc;

use tokio::task::JoinHandle;
use tokio::time::{Duration, Instant};
use windlass_api::{ConnectError, ConnectorContext, ErrorKind, Props, Result};

use crate::numbered::text;

/// The connector's failure, of which it will speak when it is due. Forgotten when dropped.
#[derive(Default)]
pub(super) struct ConnectorFailure(Option<JoinHandle<()>>);

impl ConnectorFailure {
    /// Starts the while, if the configuration wants the connector to fail.
    pub(super) fn plan(props: &Props, context: Arc<dyn ConnectorContext>) -> Result<Self> {
        let Some(at) = due(props, "connector-failure")? else {
            return Ok(ConnectorFailure(None));
        };
        Ok(ConnectorFailure(Some(tokio::spawn(async move {
            tokio::time::sleep_until(at).await;
            context.raise_error(failure());
        }))))
    }
}

impl Drop for ConnectorFailure {
    fn drop(&mut self) {
        if let Some(waiting) = self.0.take() {
            waiting.abort();
        }
    }
}

/// When the task is to fail; `None` for never.
pub(super) fn task_failure(props: &Props) -> Result<Option<Instant>> {
    due(props, "task-failure")
}

/// Java throws a `RuntimeException` without a message.
pub(super) fn failure() -> ConnectError {
    ConnectError::new(ErrorKind::Internal, "")
}

fn due(props: &Props, mode: &str) -> Result<Option<Instant>> {
    if text(props, "mock_mode") != Some(mode) {
        return Ok(None);
    }
    let delay = match text(props, "delay_ms") {
        None => DEFAULT_DELAY,
        Some(text) => {
            let wrong = || {
                let message = format!("For input string: \"{text}\"");
                ConnectError::new(ErrorKind::Internal, message)
            };
            let millis: i64 = text.parse().map_err(|_| wrong())?;
            // A delay that the clock cannot hold is as good as a century.
            Duration::from_millis(u64::try_from(millis).unwrap_or(0)).min(CENTURY)
        }
    };
    Ok(Some(Instant::now() + delay))
}

const DEFAULT_DELAY: Duration = Duration::from_secs(15);
const CENTURY: Duration = Duration::from_secs(100 * 365 * 86_400);

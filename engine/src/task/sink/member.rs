//! A consumer that always leaves its group.

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use windlass_client::Consumer;

/// The consumer of a sink task. However the task ends, by an error, a panic or being given up, the consumer leaves its
/// group: other members need not wait for the session timeout to get its partitions.
pub(super) struct Member {
    /// `None` once it leaves.
    consumer: Option<Consumer>,
    runtime: Handle,
}

impl Member {
    /// `runtime` is where it leaves if nobody waits for it.
    pub(super) fn new(consumer: Consumer, runtime: Handle) -> Self {
        Member {
            consumer: Some(consumer),
            runtime,
        }
    }

    /// Leaves the group. Returns after a while even if the group does not answer.
    pub(super) async fn close(mut self) {
        if let Some(leaving) = self.leave() {
            // Late or lost: the session timeout ends the membership.
            let _ = tokio::time::timeout(CLOSE_TIMEOUT, leaving).await;
        }
    }

    fn leave(&mut self) -> Option<JoinHandle<()>> {
        let consumer = self.consumer.take()?;
        Some(
            self.runtime
                .spawn(async move { consumer.close(true).await }),
        )
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        drop(self.leave());
    }
}

impl Deref for Member {
    type Target = Consumer;

    fn deref(&self) -> &Consumer {
        self.consumer
            .as_ref()
            .expect("only close and drop, which consume the member, take the consumer")
    }
}

impl DerefMut for Member {
    fn deref_mut(&mut self) -> &mut Consumer {
        self.consumer
            .as_mut()
            .expect("only close and drop, which consume the member, take the consumer")
    }
}

/// Shorter than the default of `task.shutdown.graceful.timeout.ms`.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

//! What others wait for must go on whatever its asker does.

use tokio::task::JoinHandle;

use crate::error::ClientError;
use crate::net::Pending;

/// Does it in a task of its own, which ends when nobody waits for it any more.
///
/// Futures of this crate are polled when their owner has time: a producer's while its task looks after it, a fetch's
/// while its consumer polls. One that holds a lock others wait for would hold it as long as its owner is busy, for ever
/// if that is with waiting for the same lock.
pub(super) async fn apart<T: Send + 'static>(
    work: Pending<'static, Result<T, ClientError>>,
) -> Result<T, ClientError> {
    let mut task = AbortOnDrop(tokio::spawn(work));
    // It is neither aborted while somebody waits nor does it panic; its runtime may end under it.
    (&mut task.0).await.unwrap_or(Err(ClientError::Closed))
}

struct AbortOnDrop<T>(JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

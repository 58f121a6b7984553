//! The dead letter queue: a topic for records that could not be processed (KIP-298).

mod letter;
mod open;
mod pending;
mod writer;

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};
use windlass_api::{ConnectError, Result, TopicPartition};

pub(crate) use self::letter::Letter;
pub(crate) use self::open::DeadLetterParts;
use self::pending::Pending;

/// Sends records to the dead letter queue of a task. They are written by a task of their own, so that nobody has to wait; it
/// ends with the last handle.
#[derive(Clone, Debug)]
pub(crate) struct DeadLetters {
    letters: mpsc::UnboundedSender<(Letter, oneshot::Sender<Result<(), Unwritten>>)>,
    pending: Arc<Pending>,
    context_headers: bool,
}

/// Why a letter was not written.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Unwritten(Arc<str>);

/// The end of the writing of a letter.
pub(crate) type Written = oneshot::Receiver<Result<(), Unwritten>>;

impl DeadLetters {
    /// Whether headers tell what went wrong.
    pub(crate) fn context_headers(&self) -> bool {
        self.context_headers
    }

    /// Sends a letter.
    pub(crate) fn send(&self, letter: Letter) -> Written {
        self.pending.begin(letter.place.as_ref());
        let (done, written) = oneshot::channel();
        // The writer lives as long as the handles.
        let _ = self.letters.send((letter, done));
        written
    }

    /// Whether letters are not written yet.
    pub(crate) fn are_pending(&self) -> bool {
        self.pending.count() > 0
    }

    /// Whether so many letters are unwritten that others have to wait.
    pub(crate) fn are_many(&self) -> bool {
        self.pending.count() >= MOST_PENDING
    }

    /// Waits until few letters are unwritten: what they hold stays in memory.
    pub(crate) async fn room(&self) {
        self.pending.until(|open| open.count() < MOST_PENDING).await;
    }

    /// Waits until all letters are written, or have failed.
    pub(crate) async fn all_written(&self) {
        self.pending.until(|open| open.count() == 0).await;
    }

    /// Waits until the letters from these partitions are written.
    ///
    /// # Errors
    /// When one that a task reported could not be written: the offset behind it must not be committed.
    pub(crate) async fn written(&self, partitions: &[TopicPartition]) -> Result<()> {
        self.pending
            .until(|open| !partitions.iter().any(|partition| open.has(partition)))
            .await;
        match self.pending.take_failure(partitions) {
            Some(error) => {
                let text = format!("a report of an errant record was not written: {error}");
                Err(ConnectError::connect(text))
            }
            None => Ok(()),
        }
    }

    /// Nobody waits for letters from these partitions any more.
    pub(crate) fn forget(&self, partitions: &[TopicPartition]) {
        self.pending.forget(partitions);
    }
}

/// As many records as one poll gives.
const MOST_PENDING: usize = 500;

//! Committing consumed offsets.

use std::collections::BTreeMap;

use tokio::time::Instant;
use windlass_api::{Result, SinkOffsets, TopicPartition};
use windlass_client::OffsetAndMetadata;
use windlass_client::consumer::CommitHandle;

use super::{SinkLoop, api_partition, client_partition};
use crate::invariants::Invariant;
use crate::status::TaskId;
use crate::task::kafka;
use crate::task::watchdog::Call;
use crate::trace::chain;

/// An asynchronous commit under way.
pub(super) struct Committing {
    offsets: SinkOffsets,
    handle: CommitHandle,
    /// After this it counts as failed and its answer is ignored (SK-009).
    deadline: Instant,
    begun: Instant,
    /// Bytes read before it.
    bytes: u64,
}

/// What came of asking the task what to commit.
enum PreCommit {
    Offsets(SinkOffsets),
    /// There is nothing new.
    Nothing,
    /// The task failed; reading goes on where it was last committed.
    Failed,
}

impl SinkLoop {
    /// Takes the answer of the last commit, and begins the next when it is due or the task asked for it.
    pub(super) async fn maybe_commit(&mut self) -> Result<()> {
        self.check_commit();
        let now = Instant::now();
        let asked = self.context.requests().commit;
        if self.committing.is_some() || !(asked || now >= self.next_commit) {
            return Ok(());
        }
        self.context.requests().commit = false;
        self.next_commit = now + self.common.flush_interval;
        let partitions = self.assignment();
        if !self.reports_written(&partitions).await? {
            return Ok(());
        }
        self.common.metrics.commit_begins();
        self.note_lags();
        let bytes = self.unflushed;
        match self.pre_commit(&partitions).await? {
            PreCommit::Offsets(offsets) => {
                self.check_commit_allowed(&offsets);
                let handle = self.consumer.commit_async(client_offsets(&offsets));
                let deadline = now + self.common.flush_timeout;
                self.committing = Some(Committing {
                    offsets,
                    handle,
                    deadline,
                    begun: now,
                    bytes,
                });
            }
            nothing => {
                // As in Java a commit of nothing is one, too.
                let success = matches!(nothing, PreCommit::Nothing);
                let metrics = &self.common.metrics;
                metrics.committed(success, now.elapsed());
                metrics.commit_completed(self.offsets.uncommitted());
                // What was rolled back is read again, and counted again.
                self.flushed(bytes);
            }
        }
        Ok(())
    }

    /// Commits what may be of these partitions and waits for it, for they go away. The task hears `close` whatever
    /// comes of it (B-089).
    ///
    /// # Errors
    /// That of `close`.
    pub(super) async fn commit_and_close(&mut self, partitions: &[TopicPartition]) -> Result<()> {
        // An older commit must not overtake this one; its answer is of no use any more.
        self.committing = None;
        match self.reports_written(partitions).await {
            Ok(true) => {}
            Ok(false) => return self.close(partitions).await,
            Err(error) => {
                let closed = self.close(partitions).await;
                return closed.and(Err(error));
            }
        }
        let offered = self.offsets.delivered(partitions);
        let commit = if offered.is_empty() {
            Ok(offered)
        } else {
            self.ask_pre_commit(offered).await
        };
        let closed = self.close(partitions).await;
        let TaskId { connector, task } = &self.common.id;
        match commit {
            Ok(given) => {
                if let Some(offsets) = self.offsets.committable(partitions, given) {
                    self.check_commit_allowed(&offsets);
                    let begun = Instant::now();
                    let committed = self.consumer.commit_sync(client_offsets(&offsets)).await;
                    self.common
                        .metrics
                        .committed(committed.is_ok(), begun.elapsed());
                    match committed {
                        Ok(()) => self.commit_succeeded(&offsets),
                        Err(error) => {
                            tracing::error!(%connector, task, %error, "offsets could not be committed on close");
                        }
                    }
                }
            }
            Err(error) => {
                tracing::warn!(%connector, task, error = chain(&error), "pre_commit failed on close; nothing is committed");
            }
        }
        closed
    }

    /// Tells the task that partitions go away.
    pub(super) async fn close(&mut self, partitions: &[TopicPartition]) -> Result<()> {
        let _call = self.common.watched.enter(Call::Close);
        self.task.close(partitions).await
    }

    /// The partitions this task has.
    pub(super) fn assignment(&self) -> Vec<TopicPartition> {
        self.consumer
            .assignment()
            .iter()
            .map(api_partition)
            .collect()
    }

    /// Waits for the dead letters of these partitions, for an offset says that the records before it are dealt with (B-093).
    /// False when they are not written in time.
    ///
    /// # Errors
    /// When a record that the task reported could not be written.
    async fn reports_written(&mut self, partitions: &[TopicPartition]) -> Result<bool> {
        let Some(letters) = self.common.tolerance.reporter().dead_letters().cloned() else {
            return Ok(true);
        };
        let written = letters.written(partitions);
        match tokio::time::timeout(self.common.flush_timeout, written).await {
            Ok(written) => written.map(|()| true),
            Err(_) => {
                let TaskId { connector, task } = &self.common.id;
                tracing::warn!(%connector, task, "the dead letter queue does not answer: no offsets are committed");
                Ok(false)
            }
        }
    }

    /// What to commit. A failing `pre_commit` rewinds to the last commit and does not fail the task (B-085).
    async fn pre_commit(&mut self, partitions: &[TopicPartition]) -> Result<PreCommit> {
        let offered = self.offsets.delivered(partitions);
        if offered.is_empty() {
            return Ok(PreCommit::Nothing);
        }
        match self.ask_pre_commit(offered).await {
            Ok(given) if given.is_empty() => Ok(PreCommit::Nothing),
            Ok(given) => {
                let offsets = self.offsets.committable(partitions, given);
                Ok(offsets.map_or(PreCommit::Nothing, PreCommit::Offsets))
            }
            Err(error) => {
                let TaskId { connector, task } = &self.common.id;
                tracing::error!(
                    %connector, task, error = chain(&error),
                    "pre_commit failed: reading again from the last committed offsets"
                );
                for (partition, offset) in self.offsets.roll_back() {
                    self.consumer
                        .seek(&client_partition(partition), *offset)
                        .map_err(kafka)?;
                }
                Ok(PreCommit::Failed)
            }
        }
    }

    async fn ask_pre_commit(&mut self, offered: SinkOffsets) -> Result<SinkOffsets> {
        let _call = self.common.watched.enter(Call::PreCommit);
        let given = self.task.pre_commit(offered.clone()).await?;
        self.asked = offered;
        Ok(given)
    }

    fn check_commit_allowed(&self, offsets: &SinkOffsets) {
        let id = &self.common.id;
        let within = |of: &SinkOffsets| {
            let mut offsets = offsets.iter();
            // What stays as it was committed is in no question.
            offsets.all(|(partition, offset)| {
                of.get(partition).is_some_and(|most| offset <= most)
                    || self.offsets.is_committed(partition, *offset)
            })
        };
        Invariant::CommitAfterFlush.holds(within(&self.asked), || {
            format!("{id} commits {offsets:?}, asked was about {:?}", self.asked)
        });
        Invariant::CommitAfterPut.holds(self.offsets.are_delivered(offsets), || {
            format!("{id} commits {offsets:?}, which its task has not taken")
        });
    }

    fn check_commit(&mut self) {
        let Some(committing) = &mut self.committing else {
            return;
        };
        let TaskId { connector, task } = &self.common.id;
        let metrics = &self.common.metrics;
        match committing.handle.try_result() {
            Some(Ok(())) => {
                metrics.committed(true, committing.begun.elapsed());
                let offsets = std::mem::take(&mut committing.offsets);
                let bytes = committing.bytes;
                self.commit_succeeded(&offsets);
                self.flushed(bytes);
            }
            Some(Err(error)) => {
                metrics.committed(false, committing.begun.elapsed());
                metrics.commit_completed(self.offsets.uncommitted());
                tracing::error!(%connector, task, %error, "offsets could not be committed; the next commit tries again");
            }
            None if Instant::now() >= committing.deadline => {
                metrics.committed(false, committing.begun.elapsed());
                metrics.commit_skipped();
                tracing::warn!(%connector, task, "commit of offsets timed out; the next commit tries again");
            }
            None => return,
        }
        self.committing = None;
        self.commit_again();
    }

    fn commit_succeeded(&mut self, offsets: &SinkOffsets) {
        self.offsets.committed(offsets);
        let metrics = &self.common.metrics;
        metrics.commit_completed(self.offsets.uncommitted());
    }

    /// Tells the metrics how far behind the ends of its partitions this task is.
    fn note_lags(&self) {
        for partition in self.consumer.assignment() {
            if let Some(lag) = self.consumer.lag(&partition) {
                self.common.metrics.lag(&api_partition(&partition), lag);
            }
        }
    }
}

fn client_offsets(
    offsets: &SinkOffsets,
) -> BTreeMap<windlass_client::TopicPartition, OffsetAndMetadata> {
    let entries = offsets.iter();
    entries
        .map(|(partition, offset)| (client_partition(partition), OffsetAndMetadata::new(*offset)))
        .collect()
}

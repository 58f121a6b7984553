//! The loop of a source task.

mod commit;
mod delivery;
mod encode;
mod hold;
mod send;
mod topics;
mod transaction;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use windlass_api::{Result, SourceRecord, SourceTask, SourceTaskContext};
use windlass_client::producer::Producer;

use self::commit::OffsetCommitter;
use self::delivery::Delivery;
pub(crate) use self::encode::Encoding;
pub(crate) use self::topics::Topics;
use self::transaction::Transactions;
use self::transaction::or_never;
pub(crate) use self::transaction::{Ends, TransactionParts, commit as commit_transaction};
use super::watchdog::Call;
use super::{Control, TaskParts};
use crate::offsets::OffsetCodec;
use crate::status::{State, TaskId};
use crate::storage::offsets::OffsetStore;
use crate::trace::chain;

/// What a source task is made of.
pub(crate) struct SourceParts {
    pub(crate) common: TaskParts,
    pub(crate) task: Box<dyn SourceTask>,
    pub(crate) context: SourceTaskContext,
    pub(crate) producer: Producer,
    /// `None` where each record is delivered at least once.
    pub(crate) transactions: Option<TransactionParts>,
    pub(crate) encoding: Encoding,
    /// `None` leaves topics to the broker.
    pub(crate) topics: Option<Topics>,
    pub(crate) offsets: OffsetStore,
    pub(crate) codec: OffsetCodec,
}

/// Polls, transforms, converts, sends and commits, all in one place (`WorkerSourceTask`).
pub(crate) struct SourceLoop {
    parts: TaskParts,
    task: Box<dyn SourceTask>,
    encoding: Encoding,
    topics: Option<Topics>,
    delivery: Delivery,
    /// What the last poll gave.
    batch: Vec<SourceRecord>,
    /// How many records of the batch were sent or dropped.
    sent: usize,
    /// How many were dropped, and how many bytes appended, that the metrics do not know of yet.
    dropped: u64,
    appended: u64,
    /// Records sent since the last transaction ended.
    in_transaction: u64,
    /// How many may be before a transaction ends; all of the batch where that does not matter.
    until: usize,
    transactions: Option<Transactions>,
    /// Whether the next record was transformed already.
    transformed: bool,
    /// The next record before its transforms, where it may be needed again.
    original: Option<SourceRecord>,
    keeps_originals: bool,
    /// How long a poll may go on while the task is owed a call; it doubles with each poll that is cut short, so that
    /// a poll that takes long gets to its end.
    patience: Duration,
}

impl SourceLoop {
    /// Runs the task until it is told to stop.
    ///
    /// # Errors
    /// What made the task fail.
    pub(crate) async fn run(parts: SourceParts) -> Result<()> {
        let SourceParts {
            mut common,
            task,
            context,
            producer,
            transactions,
            encoding,
            topics,
            offsets,
            codec,
        } = parts;
        if !common.wait_until_wanted().await {
            return Ok(());
        }
        common.open_dead_letters().await?;
        let (interval, timeout) = (common.flush_interval, common.flush_timeout);
        let (transactions, committer) = match transactions {
            Some(parts) => (Some(Transactions::new(parts, offsets, codec)), None),
            None => {
                let metrics = Arc::clone(&common.metrics);
                let committer = OffsetCommitter::new(metrics, offsets, codec, interval, timeout);
                (None, Some(committer))
            }
        };
        let delivery = Delivery::new(producer, committer, task.wants_commit_record());
        let mut source = SourceLoop {
            keeps_originals: encoding.has_transforms()
                && (delivery.keeps_records() || common.tolerance.wants_originals()),
            parts: common,
            task,
            encoding,
            topics,
            delivery,
            batch: Vec::new(),
            sent: 0,
            dropped: 0,
            appended: 0,
            in_transaction: 0,
            until: 0,
            transactions,
            transformed: false,
            original: None,
            patience: PATIENCE,
        };
        let result = source.start_and_execute(context).await;
        source.stop().await;
        result
    }

    async fn start_and_execute(&mut self, context: SourceTaskContext) -> Result<()> {
        if !self.take_over().await? {
            return Ok(());
        }
        let props = self.parts.take_props();
        let call = self.parts.watched.enter(Call::Start);
        self.task.start(context, props).await?;
        drop(call);
        self.parts.started();
        let mut result = self.execute().await;
        if result.is_ok() {
            result = self.end_last().await;
        }
        if self.transactions.is_some() && result.is_err() {
            self.give_up().await;
        }
        // Also after a failure: what was acknowledged is stored (B-061).
        self.delivery.finish(&mut self.parts).await;
        self.pay_calls().await;
        result
    }

    async fn execute(&mut self) -> Result<()> {
        loop {
            if let Some(error) = self.delivery.take_failure() {
                return Err(error);
            }
            let control = *self.parts.control.borrow_and_update();
            match control {
                Control::Stop => return Ok(()),
                Control::Pause => {
                    self.end_last().await?;
                    self.park().await;
                }
                Control::Run if self.sent < self.until => self.send().await?,
                Control::Run => {
                    if !self.end_part().await? {
                        continue;
                    }
                    self.batch.clear();
                    self.sent = 0;
                    if self.dropped > 0 {
                        self.parts
                            .metrics
                            .settled(0, std::mem::take(&mut self.dropped));
                    }
                    self.pay_calls().await;
                    if self.parts.pace.is_free() || self.hold_back().await {
                        self.poll().await?;
                    }
                    self.note_requests();
                    self.until = self.part_end();
                }
            }
        }
    }

    /// Waits for records, and meanwhile does what acks and timers ask for.
    async fn poll(&mut self) -> Result<()> {
        let SourceLoop {
            parts,
            task,
            delivery,
            batch,
            patience,
            transactions,
            ..
        } = self;
        delivery.take_acks(parts);
        let mut poll = task.poll(batch);
        let mut control = parts.control.clone();
        let begun = Instant::now();
        let due = delivery.producer.in_transaction();
        let due = transactions.as_ref().filter(|_| due).and_then(|t| t.due());
        let mut idle = false;
        let polled = loop {
            let owes = delivery.owes_calls();
            tokio::select! {
                biased;
                _ = control.changed() => break None,
                () = delivery.drive(parts) => {
                    if delivery.has_failed() {
                        break None;
                    }
                }
                result = &mut poll => break Some(result),
                () = tokio::time::sleep_until(begun + *patience), if owes => {
                    *patience = patience.saturating_mul(2);
                    break None;
                }
                () = or_never(due.map(tokio::time::sleep_until)) => break None,
                // Nothing came at once: no use in waiting for more before sending.
                () = std::future::ready(()), if !idle => {
                    idle = true;
                    delivery.producer.send_ready(true);
                }
            }
        };
        drop(poll);
        if !batch.is_empty() {
            parts.metrics.polled(batch.len(), begun.elapsed());
            parts.pace.took(batch.len() as u64, 0);
        }
        match polled {
            Some(Ok(())) => *patience = PATIENCE,
            Some(Err(error)) if error.is_retriable() => {
                let TaskId { connector, task } = &parts.id;
                tracing::warn!(%connector, task, error = chain(&error), "poll failed; trying again");
                tokio::time::sleep(RETRY_PAUSE).await;
            }
            Some(Err(error)) => return Err(error),
            None => {}
        }
        Ok(())
    }

    /// Does not poll until it is told something else. Acks and flushes go on.
    async fn park(&mut self) {
        self.parts.reporter.state(State::Paused);
        self.delivery.producer.send_ready(true);
        while *self.parts.control.borrow_and_update() == Control::Pause
            && !self.delivery.has_failed()
        {
            self.pay_calls().await;
            let mut control = self.parts.control.clone();
            tokio::select! {
                biased;
                _ = control.changed() => {}
                () = self.delivery.drive(&mut self.parts) => {}
            }
        }
        if *self.parts.control.borrow() == Control::Run {
            self.parts.reporter.state(State::Running);
        }
    }

    /// Calls `commit_record` and `commit` where the task is owed them. Their errors are only logged (B-056).
    async fn pay_calls(&mut self) {
        let TaskId { connector, task } = self.parts.id.clone();
        while let Some((record, metadata)) = self.delivery.take_record() {
            let _call = self.parts.watched.enter(Call::CommitRecord);
            if let Err(error) = self.task.commit_record(record, metadata).await {
                tracing::error!(%connector, task, error = chain(&error), "commit_record failed");
            }
        }
        if self.delivery.take_commit() {
            let _call = self.parts.watched.enter(Call::Commit);
            if let Err(error) = self.task.commit().await {
                tracing::error!(%connector, task, error = chain(&error), "commit failed");
            }
        }
    }

    async fn stop(mut self) {
        self.parts.stopping();
        let TaskId { connector, task } = self.parts.id.clone();
        let call = self.parts.watched.enter(Call::Stop);
        if let Err(error) = self.task.stop().await {
            tracing::error!(%connector, task, error = chain(&error), "task failed while it stopped");
        }
        drop(call);
        self.delivery.producer.close(CLOSE_TIMEOUT).await;
    }
}

/// How long a poll may go on at first while the task is owed a call.
const PATIENCE: Duration = Duration::from_millis(100);

/// Between polls that fail; Java's loop spins.
const RETRY_PAUSE: Duration = Duration::from_millis(100);

/// As Java's `closeProducer`; what can be acknowledged was waited for before.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(30);

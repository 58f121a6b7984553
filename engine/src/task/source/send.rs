//! Handing a batch of records to the producer.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use windlass_api::{ConnectError, ErrorKind, Result, Verdict};
use windlass_client::producer::AppendError;

use super::SourceLoop;
use crate::pipeline::{Original, Stage, StageError};
use crate::status::TaskId;
use crate::task::kafka;

/// Why sending stopped before the end of the batch.
enum Blocked {
    /// Nothing is left.
    No,
    /// The topic was not looked at yet: it may have to be created.
    Topic(Arc<str>),
    Metadata(Arc<str>),
    Room,
    Preparation(Stage),
    /// The next try of a record that failed is not due.
    Retry(Duration),
    /// Records that failed are on their way to the dead letter queue, and the next must not overtake them: its offset
    /// covers theirs.
    DeadLetters,
}

impl SourceLoop {
    /// Sends what is left of the batch, as far as the producer has room; waits when it has none. Returns early when the
    /// task is told something; what is left then stays (B-060).
    pub(super) async fn send(&mut self) -> Result<()> {
        self.begin()?;
        let blocked = self.fill()?;
        self.delivery.producer.send_ready(false);
        let held = self.delivery.producer.buffered_bytes();
        let appended = std::mem::take(&mut self.appended);
        self.parts.metrics.appended(appended, held);
        self.parts.pace.took(0, appended);
        let result = match blocked {
            Blocked::No => return Ok(()),
            Blocked::Preparation(stage) => return self.prepare(stage).await,
            Blocked::Retry(delay) => {
                self.wait(tokio::time::sleep(delay)).await;
                return Ok(());
            }
            Blocked::DeadLetters => {
                let reporter = Arc::clone(self.parts.tolerance.reporter());
                if let Some(letters) = reporter.dead_letters() {
                    self.wait(letters.all_written()).await;
                }
                return Ok(());
            }
            Blocked::Topic(topic) => self.ensure_topic(topic).await,
            Blocked::Metadata(topic) => tokio::select! {
                biased;
                _ = self.parts.control.changed() => Ok(()),
                ready = self.delivery.producer.ready(&topic) => ready.map_err(kafka),
            },
            Blocked::Room => tokio::select! {
                biased;
                _ = self.parts.control.changed() => Ok(()),
                room = self.delivery.producer.wait_for_room() => room.map_err(kafka),
            },
        };
        self.delivery.take_acks(&mut self.parts);
        match result {
            Err(error) if error.is_retriable() => {
                let TaskId { connector, task } = &self.parts.id;
                tracing::warn!(%connector, task, %error, "records could not be sent; trying again");
                tokio::time::sleep(SEND_FAILED_BACKOFF).await;
                Ok(())
            }
            other => other,
        }
    }

    /// Waits, unless the task is told something. Acks and flushes go on.
    async fn wait(&mut self, until: impl Future<Output = ()>) {
        let mut control = self.parts.control.clone();
        let told_or_over = async {
            tokio::select! {
                _ = control.changed() => {}
                () = until => {}
            }
        };
        self.delivery
            .drive_until(&mut self.parts, told_or_over)
            .await;
    }

    async fn prepare(&mut self, stage: Stage) -> Result<()> {
        let prepared = tokio::select! {
            biased;
            _ = self.parts.control.changed() => return Ok(()),
            prepared = self.encoding.prepare(stage) => prepared,
        };
        match prepared {
            Ok(()) => Ok(()),
            Err(error) => match self.failed(stage.failed()(error))? {
                Blocked::Retry(delay) => {
                    self.wait(tokio::time::sleep(delay)).await;
                    Ok(())
                }
                _ => Ok(()),
            },
        }
    }

    /// The record at hand failed: it is tried again later, or skipped.
    fn failed(&mut self, failure: StageError) -> Result<Blocked> {
        let Some(record) = self.batch.get_mut(self.sent) else {
            return Ok(Blocked::No);
        };
        if let Some(delay) = self.parts.tolerance.retry(&failure) {
            if let (false, Some(original)) = (self.transformed, self.original.take()) {
                *record = original;
            }
            return Ok(Blocked::Retry(delay));
        }
        let class = self.encoding.class(failure.stage);
        let original = Original::Source(self.original.as_ref().unwrap_or(record));
        self.parts.tolerance.give_up(failure, class, original)?;
        self.drop_record();
        Ok(if self.parts.tolerance.has_many_dead_letters() {
            Blocked::DeadLetters
        } else {
            Blocked::No
        })
    }

    /// Appends records until one has to wait. The one that waits has been transformed already and is not again.
    fn fill(&mut self) -> Result<Blocked> {
        while self.sent < self.until
            && let Some(record) = self.batch.get_mut(self.sent)
        {
            if !self.transformed {
                if self.keeps_originals {
                    self.original = Some(record.clone());
                }
                match self.encoding.transform(record) {
                    Ok(Verdict::Keep) => self.transformed = true,
                    Ok(Verdict::Drop) => {
                        self.drop_record();
                        continue;
                    }
                    Err(failure) => match self.failed(failure)? {
                        Blocked::No => continue,
                        blocked => return Ok(blocked),
                    },
                }
            }
            let topic = &record.record.topic;
            if let Some(topics) = &self.topics
                && !topics.knows(topic)
            {
                return Ok(Blocked::Topic(Arc::clone(topic)));
            }
            let timestamp = checked_timestamp(record.record.timestamp)?;
            let bytes = match self.encoding.encode(&record.record) {
                Ok(bytes) => bytes,
                Err(failure) if failure.error.kind() == ErrorKind::NeedsPreparation => {
                    return Ok(Blocked::Preparation(failure.stage));
                }
                Err(failure) => match self.failed(failure)? {
                    Blocked::No => continue,
                    blocked => return Ok(blocked),
                },
            };
            if self.parts.tolerance.has_dead_letters() {
                return Ok(Blocked::DeadLetters);
            }
            let size = bytes.size();
            let append = self.delivery.producer.try_append(
                topic,
                record.record.partition,
                timestamp,
                bytes.key,
                bytes.value,
                bytes.headers(),
            );
            match append {
                Ok(append) => {
                    if append.new_batch
                        && let Some(transactions) = &self.transactions
                        && transactions.holds_offsets(topic)
                    {
                        return Err(ConnectError::connect(OWN_OFFSETS));
                    }
                    let offset = std::mem::take(&mut record.source_offset);
                    let original = if self.delivery.keeps_records() {
                        self.original.take().or_else(|| {
                            let mut original = record.clone();
                            original.source_offset = offset.clone();
                            Some(original)
                        })
                    } else {
                        None
                    };
                    self.delivery
                        .appended(append, &record.source_partition, offset, original);
                    self.appended += size;
                    self.in_transaction += 1;
                    self.advance();
                }
                Err(AppendError::NeedsMetadata) => return Ok(Blocked::Metadata(Arc::clone(topic))),
                Err(AppendError::BufferFull) => return Ok(Blocked::Room),
                Err(AppendError::Fatal(error)) => {
                    let text = "Unrecoverable exception trying to send";
                    return Err(ConnectError::connect(text).caused_by(kafka(error)));
                }
                Err(refused) => {
                    let error = ConnectError::connect(refused.to_string());
                    let original = Original::Source(self.original.as_ref().unwrap_or(record));
                    self.parts.tolerance.skip_unsent(error, 1, original)?;
                    self.drop_record();
                }
            }
        }
        Ok(Blocked::No)
    }

    fn drop_record(&mut self) {
        self.dropped += 1;
        if self.delivery.keeps_records() {
            let original = self
                .original
                .take()
                .or_else(|| self.batch.get(self.sent).cloned());
            self.delivery.dropped(original);
        }
        self.advance();
    }

    fn advance(&mut self) {
        self.sent += 1;
        self.transformed = false;
        self.original = None;
        self.parts.tolerance.settled();
    }

    async fn ensure_topic(&mut self, topic: Arc<str>) -> Result<()> {
        let Some(topics) = &mut self.topics else {
            return Ok(());
        };
        tokio::select! {
            biased;
            _ = self.parts.control.changed() => Ok(()),
            ensured = topics.ensure(&topic) => ensured,
        }
    }
}

/// Java takes -1 as no timestamp and refuses other negative ones (B-059).
fn checked_timestamp(timestamp: Option<i64>) -> Result<Option<i64>> {
    match timestamp {
        Some(-1) => Ok(None),
        Some(negative @ ..0) => {
            let text = format!("Invalid record timestamp {negative}");
            Err(ConnectError::new(ErrorKind::Internal, text))
        }
        other => Ok(other),
    }
}

/// What it read of itself would wait for the end of its own transaction (EO-012).
const OWN_OFFSETS: &str =
    "Source tasks may not produce to their own offsets topics when exactly-once support is enabled";

/// `SEND_FAILED_BACKOFF_MS`
const SEND_FAILED_BACKOFF: Duration = Duration::from_millis(100);

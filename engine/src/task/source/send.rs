//! Handing a batch of records to the producer.

use std::sync::Arc;
use std::time::Duration;

use windlass_api::{ConnectError, ErrorKind, Result, Verdict};
use windlass_client::producer::AppendError;

use super::SourceLoop;
use crate::pipeline::Stage;
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
}

impl SourceLoop {
    /// Sends what is left of the batch, as far as the producer has room; waits when it has none. Returns early when the
    /// task is told something; what is left then stays (B-060).
    pub(super) async fn send(&mut self) -> Result<()> {
        let blocked = self.fill()?;
        self.delivery.producer.send_ready(false);
        let result = match blocked {
            Blocked::No => return Ok(()),
            Blocked::Preparation(stage) => return self.encoding.prepare(stage).await,
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

    /// Appends records until one has to wait. The one that waits has been transformed already and is not again.
    fn fill(&mut self) -> Result<Blocked> {
        while let Some(record) = self.batch.get_mut(self.sent) {
            if !self.transformed {
                if self.delivery.keeps_records() && self.encoding.has_transforms() {
                    self.original = Some(record.clone());
                }
                match self.encoding.transform(record) {
                    Ok(Verdict::Keep) => self.transformed = true,
                    Ok(Verdict::Drop) => {
                        self.drop_record();
                        continue;
                    }
                    Err(failure) => {
                        let place = format_args!("{:?}", record.source_offset);
                        self.parts.tolerance.skip(failure, place)?;
                        self.drop_record();
                        continue;
                    }
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
                Err(failure) => {
                    let place = format_args!("{:?}", record.source_offset);
                    self.parts.tolerance.skip(failure, place)?;
                    self.drop_record();
                    continue;
                }
            };
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
                    let place = format_args!("{:?}", record.source_offset);
                    self.parts.tolerance.skip_unsent(
                        Stage::KafkaProduce.failed()(error),
                        1,
                        place,
                    )?;
                    self.drop_record();
                }
            }
        }
        Ok(Blocked::No)
    }

    fn drop_record(&mut self) {
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

/// `SEND_FAILED_BACKOFF_MS`
const SEND_FAILED_BACKOFF: Duration = Duration::from_millis(100);

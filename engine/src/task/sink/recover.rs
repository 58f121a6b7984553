//! Records that could not be converted or transformed.

use std::sync::Arc;

use windlass_api::{ErrorKind, Result, TopicPartition};
use windlass_client::consumer::{self, Fetched};

use super::SinkLoop;
use crate::pipeline::{Original, StageError};
use crate::task::kafka;

impl SinkLoop {
    /// Tries a record that failed again, until it succeeds or is given up. False when the task was told something
    /// meanwhile: the record is neither then.
    ///
    /// # Errors
    /// When the record is given up and must not be skipped.
    pub(super) async fn recover(
        &mut self,
        mut failure: StageError,
        topic: &Arc<str>,
        partition: i32,
        record: &consumer::Record<'_>,
    ) -> Result<bool> {
        loop {
            let again = if failure.error.kind() == ErrorKind::NeedsPreparation {
                tokio::select! {
                    biased;
                    _ = self.common.control.changed() => return Ok(false),
                    prepared = self.conversion.converters.prepare(failure.stage) => match prepared {
                        Ok(()) => true,
                        Err(error) => {
                            failure.error = error;
                            false
                        }
                    }
                }
            } else {
                false
            };
            if !again {
                let Some(delay) = self.common.tolerance.retry(&failure) else {
                    self.give_up(failure, topic, partition, record).await?;
                    return Ok(true);
                };
                tokio::select! {
                    biased;
                    _ = self.common.control.changed() => return Ok(false),
                    () = tokio::time::sleep(delay) => {}
                }
            }
            let batch = &mut self.batch;
            match self.conversion.convert(topic, partition, record, batch) {
                Ok(()) => {
                    self.common.tolerance.settled();
                    return Ok(true);
                }
                Err(next) => failure = next,
            }
        }
    }

    async fn give_up(
        &mut self,
        failure: StageError,
        topic: &Arc<str>,
        partition: i32,
        record: &consumer::Record<'_>,
    ) -> Result<()> {
        let class = self.conversion.class(failure.stage);
        let original = Original::Consumed {
            topic,
            partition,
            record,
        };
        let tolerance = &mut self.common.tolerance;
        tolerance.give_up(failure, class, original)?;
        if let Some(letters) = tolerance.reporter().dead_letters().cloned() {
            letters.room().await;
        }
        Ok(())
    }

    /// Leaves what was fetched, from this record of this partition on, to the next poll.
    pub(super) fn leave_rest(
        &mut self,
        fetched: &Fetched,
        index: usize,
        offset: i64,
    ) -> Result<()> {
        self.common.tolerance.settled();
        for (at, part) in fetched.partitions().iter().enumerate().skip(index) {
            let first = match part.records().next() {
                _ if at == index => offset,
                Some(record) => record.map_err(kafka)?.offset,
                None => continue,
            };
            self.consumer
                .seek(part.topic_partition(), first)
                .map_err(kafka)?;
            if at == index {
                let tp = TopicPartition {
                    topic: Arc::clone(&part.topic_partition().topic),
                    partition: part.topic_partition().partition,
                };
                self.offsets.fetched(tp, offset);
            }
        }
        Ok(())
    }
}

//! The way of a record into its batch.

use std::sync::Arc;

use tokio::time::Instant;

use super::batch::Batch;
use super::outcome::{Append, AppendError, BatchId};
use super::partitioner::keyed;
use super::topics::At;
use super::{Producer, Urge};
use crate::clock::wall_ms;
use crate::error::ClientError;

impl Producer {
    /// Copies a record into the open batch of its partition.
    ///
    /// Without `partition`, a record with a key goes where Java's producer would send it (murmur2 of the key), one
    /// without sticks to one partition until the batch there is complete. Without `timestamp` it is now. `headers` is
    /// walked twice. Consecutive records with the same `Arc` as topic are cheapest. Call [`Producer::send_ready`] after
    /// a run of appends.
    ///
    /// # Errors
    /// See [`AppendError`].
    #[inline]
    pub fn try_append<'h, H>(
        &mut self,
        topic: &Arc<str>,
        partition: Option<i32>,
        timestamp: Option<i64>,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: H,
    ) -> Result<Append, AppendError>
    where
        H: IntoIterator<Item = (&'h [u8], Option<&'h [u8]>)>,
        H::IntoIter: Clone,
    {
        let headers = headers.into_iter();
        let size = size_bound(key, value, headers.clone());
        if size > self.settings.max_request.min(self.settings.memory) || self.ended.is_some() {
            self.refuse(size)?;
        }
        let topic = self.locate(topic)?;
        let timestamp = timestamp.unwrap_or_else(|| self.now());
        let partition = self.choose(topic, partition, key)?;
        if let Some(append) = self.extend(
            At {
                topic,
                index: index(partition),
            },
            size,
            timestamp,
            key,
            value,
            headers.clone(),
        )? {
            return Ok(append);
        }
        // The open batch was complete: records that stick to a partition may go elsewhere now.
        let sticks = self.topics.topic(topic).sticky.current() == Some(partition);
        let partition = if sticks {
            self.choose(topic, None, None)?
        } else {
            partition
        };
        let at = At {
            topic,
            index: index(partition),
        };
        self.begin(at, size)?;
        let appended = self.extend(at, size, timestamp, key, value, headers)?;
        appended.ok_or(AppendError::BufferFull)
    }

    /// Appends to the open batch. `None` when there is none, or when it is complete and was closed.
    #[inline]
    fn extend<'h, H>(
        &mut self,
        at: At,
        size: usize,
        timestamp: i64,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: H,
    ) -> Result<Option<Append>, AppendError>
    where
        H: Iterator<Item = (&'h [u8], Option<&'h [u8]>)> + Clone,
    {
        let queue = self.topics.queue(at);
        let Some(batch) = &mut queue.open else {
            return Ok(None);
        };
        if batch.len() + size > batch.charged && !self.memory.has_room(growth(batch, size)) {
            if batch.count > 0 {
                queue.close();
            }
            return Err(self.starve(size));
        }
        let appended = batch.append(queue.limit, timestamp, key, value, headers);
        if !appended.map_err(|error| Self::unwritable(&error))? {
            queue.close();
            return Ok(None);
        }
        let capacity = batch.capacity();
        if capacity != batch.charged {
            self.memory.recharge(batch.charged, capacity);
            batch.charged = capacity;
        }
        let (id, index) = (batch.place.id, batch.count - 1);
        self.unacked += 1;
        self.urge = Urge::None;
        if self.topics.topic(at.topic).sticky.current() == Some(partition(at.index)) {
            self.topics.topic(at.topic).sticky.wrote(size);
        }
        Ok(Some(Append {
            batch: id,
            index,
            partition: partition(at.index),
            new_batch: index == 0,
        }))
    }

    /// Opens a batch for a record of `size` bytes, if the memory allows.
    #[cold]
    fn begin(&mut self, at: At, size: usize) -> Result<(), AppendError> {
        if self.transaction.as_ref().is_some_and(|t| !t.is_open()) {
            let text = "records of a transactional producer need an open transaction";
            return Err(ClientError::State(text.to_owned()).into());
        }
        let queue = self.topics.queue(at);
        let expected = queue
            .expected
            .min(queue.limit)
            .max(FIRST_BATCH.min(queue.limit));
        let needed = expected.max(size) + SLACK;
        if !self.memory.has_room(needed) {
            return Err(self.starve(needed));
        }
        let now = Instant::now();
        let builder = self.memory.take(needed);
        let queue = self.topics.queue(at);
        queue.open = Some(Batch::new(BatchId(self.next_batch), now, builder));
        self.next_batch += 1;
        self.active.insert(at);
        self.last_used = Some(now);
        Ok(())
    }

    #[inline]
    fn locate(&mut self, topic: &Arc<str>) -> Result<usize, AppendError> {
        match self.topics.find(topic) {
            Some(index) => Ok(index),
            None => self.learn(topic),
        }
    }

    /// The cluster handle may know a topic already that is new to this producer.
    #[cold]
    fn learn(&mut self, topic: &Arc<str>) -> Result<usize, AppendError> {
        let known = self
            .cluster
            .known_topic(topic)
            .ok_or(AppendError::NeedsMetadata)?;
        self.topics
            .learn(&known, self.settings.batch_limit, &self.backoff);
        self.topics.find(topic).ok_or(AppendError::NeedsMetadata)
    }

    #[inline]
    fn choose(
        &mut self,
        topic: usize,
        partition: Option<i32>,
        key: Option<&[u8]>,
    ) -> Result<i32, AppendError> {
        let topic = self.topics.topic(topic);
        match (partition, key) {
            (Some(partition), _) if (0..topic.count).contains(&partition) => Ok(partition),
            (Some(partition), _) => Err(AppendError::NoSuchPartition {
                partition,
                count: topic.count,
            }),
            (None, Some(key)) if !self.settings.ignore_keys => Ok(keyed(key, topic.count)),
            _ => {
                let (available, queues) = (&topic.available, &topic.queues);
                let complete = topic
                    .sticky
                    .current()
                    .is_none_or(|at| queues[index(at)].open.is_none());
                let load = available
                    .iter()
                    .map(|partition| (*partition, queues[index(*partition)].load()));
                Ok(topic.sticky.partition(
                    self.settings.sticky_bytes,
                    complete,
                    load,
                    &mut self.rng,
                ))
            }
        }
    }

    /// The wall clock, read again every few records: within one run of appends a millisecond more or less says nothing.
    #[inline]
    fn now(&mut self) -> i64 {
        if self.clock.1 == 0 {
            self.clock = (wall_ms(), RECORDS_PER_CLOCK_READ);
        }
        self.clock.1 -= 1;
        self.clock.0
    }

    #[cold]
    fn starve(&mut self, needed: usize) -> AppendError {
        self.starved = needed;
        self.send_due(Instant::now());
        AppendError::BufferFull
    }

    #[cold]
    fn refuse(&self, size: usize) -> Result<(), AppendError> {
        if let Some(ended) = &self.ended {
            return Err(AppendError::Fatal(ended.clone()));
        }
        let (max, key) = if size > self.settings.max_request {
            (self.settings.max_request, "max.request.size")
        } else {
            (self.settings.memory, "buffer.memory")
        };
        Err(AppendError::TooLarge { size, max, key })
    }

    #[cold]
    fn unwritable(error: &windlass_wire::WireError) -> AppendError {
        AppendError::Fatal(ClientError::Protocol {
            peer: "record".into(),
            what: error.to_string(),
        })
    }
}

/// What Java's producer takes a record for when it compares with `max.request.size`: batch header and record overhead
/// at their largest, and the record's own bytes.
#[inline]
fn size_bound<'h>(
    key: Option<&[u8]>,
    value: Option<&[u8]>,
    headers: impl Iterator<Item = (&'h [u8], Option<&'h [u8]>)>,
) -> usize {
    let bytes = |part: Option<&[u8]>| 5 + part.map_or(0, <[u8]>::len);
    let headers: usize = headers
        .map(|(name, value)| bytes(Some(name)) + bytes(value))
        .sum();
    BATCH_OVERHEAD + RECORD_OVERHEAD + bytes(key) + bytes(value) + headers
}

/// What a batch's buffer will grow by for a record of `size` bytes: buffers grow by doubling.
#[cold]
fn growth(batch: &Batch, size: usize) -> usize {
    (batch.charged * 2)
        .max(batch.len() + size)
        .saturating_sub(batch.charged)
}

fn index(partition: i32) -> usize {
    usize::try_from(partition).unwrap_or(0)
}

fn partition(index: usize) -> i32 {
    i32::try_from(index).unwrap_or(i32::MAX)
}

const BATCH_OVERHEAD: usize = 61;
const RECORD_OVERHEAD: usize = 21;
/// The builder wants a little more than it writes.
const SLACK: usize = 64;
/// The first batch of a partition begins with this much; the next ones with what the last one came to.
const FIRST_BATCH: usize = 16 * 1024;
const RECORDS_PER_CLOCK_READ: u32 = 64;

//! Writing records: batched by partition, sent pipelined, acknowledged by batch.
//!
//! A [`Producer`] belongs to one task and has no task, lock or channel per record: [`Producer::try_append`] copies a
//! record straight into the batch that will go to the socket. Everything that takes time (connections, answers, timers)
//! is driven by whoever awaits one of its futures; a task that waits for anything else does so beside
//! [`Producer::next_ack`]:
//!
//! ```ignore
//! tokio::select! {
//!     records = source.poll() => { /* try_append each, then send_ready(false) */ }
//!     ack = producer.next_ack() => { /* mark ack.batch */ }
//! }
//! ```
#![allow(clippy::unimplemented, clippy::unused_async)]

mod outcome;

use std::sync::Arc;
use std::time::Duration;

use crate::cluster::Cluster;
use crate::config::ProducerConfig;
use crate::error::ClientError;

pub use outcome::{Ack, Append, AppendError, BatchId, Written};

/// A producer to one cluster. See the [module](self) for how it is driven.
#[derive(Debug)]
pub struct Producer {
    cluster: Cluster,
}

impl Producer {
    /// A producer on `cluster`. Nothing is connected yet.
    pub fn new(cluster: Cluster, _config: ProducerConfig) -> Self {
        Self { cluster }
    }

    /// Copies a record into the open batch of its partition.
    ///
    /// Without `partition`, a record with a key goes where Java's producer would send it (murmur2 of the key), one
    /// without sticks to one partition until the batch there is complete. Without `timestamp` it is now. `headers` is
    /// walked twice. Consecutive records with the same `Arc` as topic are cheapest. Call [`Producer::send_ready`] after
    /// a run of appends.
    ///
    /// # Errors
    /// See [`AppendError`].
    pub fn try_append<'h, H>(
        &mut self,
        _topic: &Arc<str>,
        _partition: Option<i32>,
        _timestamp: Option<i64>,
        _key: Option<&[u8]>,
        _value: Option<&[u8]>,
        _headers: H,
    ) -> Result<Append, AppendError>
    where
        H: IntoIterator<Item = (&'h [u8], Option<&'h [u8]>)>,
        H::IntoIter: Clone,
    {
        unimplemented!()
    }

    /// Waits until the partitions of `topic` are known, for at most `max.block.ms`. Cancel-safe; drives the producer.
    ///
    /// # Errors
    /// The topic does not exist, or no broker can be reached.
    pub async fn ready(&mut self, _topic: &Arc<str>) -> Result<(), ClientError> {
        self.cluster.controller().await.map(drop)
    }

    /// Waits until some of the buffer is free, for at most `max.block.ms`. Cancel-safe; drives the producer.
    ///
    /// # Errors
    /// Nothing became free in time.
    pub async fn wait_for_room(&mut self) -> Result<(), ClientError> {
        unimplemented!()
    }

    /// Sends what is ready: full batches, those whose `linger.ms` is over and, when the caller says that its input is
    /// idle, also those that only wait for more (unless the user set `linger.ms`). Never waits.
    pub fn send_ready(&mut self, _idle: bool) {}

    /// The next batch that came to its end. Drives the producer; cancel-safe. Waits for ever while nothing is in flight.
    pub async fn next_ack(&mut self) -> Ack {
        std::future::pending().await
    }

    /// The next batch that came to its end, if it is known already.
    pub fn try_next_ack(&mut self) -> Option<Ack> {
        None
    }

    /// How many records were appended whose acks were not handed out yet.
    pub fn in_flight(&self) -> usize {
        0
    }

    /// Sends everything and waits until every batch came to its end; their acks are then handed out by
    /// [`Producer::try_next_ack`]. Cancel-safe.
    pub async fn flush(&mut self) {}

    /// As [`Producer::flush`] for at most `timeout`; what is unfinished then fails. Nothing can be appended afterwards.
    pub async fn close(&mut self, _timeout: Duration) {}
}

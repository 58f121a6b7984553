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
//!
//! | file | what it decides |
//! |---|---|
//! | `append` | where a record goes, when a batch is complete |
//! | `queue` | order, sequences and retries of one partition |
//! | `verdict` | what follows from a broker's answer |
//! | `drive` | when anything is due |
//! | `send` | which batches make one request, and what its answer says |
//! | `memory` | `buffer.memory` |
//! | `transaction` | what is written together or not at all |

mod append;
mod batch;
mod drive;
mod memory;
mod outcome;
mod partitioner;
mod queue;
mod send;
mod settings;
mod tasks;
mod topics;
pub(crate) mod transaction;
mod verdict;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, Sleep};

use crate::backoff::Backoff;
use crate::cluster::{Cluster, Lane};
use crate::config::ProducerConfig;
use crate::connection::Answer;
use crate::error::ClientError;
use crate::metadata::{Metadata, NodeId};

pub use outcome::{Ack, Append, AppendError, BatchId, Written};
pub use transaction::GroupMember;

use memory::Memory;
use queue::Identity;
use send::{Node, Sent};
use settings::Settings;
use tasks::Event;
use topics::{At, Topics};
use transaction::Transaction;

/// A producer to one cluster. See the [module](self) for how it is driven.
#[derive(Debug)]
pub struct Producer {
    cluster: Cluster,
    settings: Settings,
    topics: Topics,
    memory: Memory,
    rng: fastrand::Rng,
    backoff: Backoff,
    next_batch: u64,
    /// The wall clock as last read, and for how many more records it will do.
    clock: (i64, u32),
    urge: Urge,
    /// Bytes that an append found no room for; 0 when nobody waits for room.
    starved: usize,
    /// Partitions with an open, waiting or unanswered batch.
    active: BTreeSet<At>,
    /// Partition to begin the next request with.
    turn: usize,
    nodes: BTreeMap<NodeId, Node>,
    sent: BTreeMap<u64, Sent>,
    next_mark: u64,
    answers: Mailbox<(u64, Answer)>,
    events: Mailbox<Event>,
    metadata: Arc<Metadata>,
    refreshing: Refreshing,
    identity: Option<Identity>,
    identifying: bool,
    /// `None` without `transactional.id`.
    transaction: Option<Transaction>,
    timer: Option<Pin<Box<Sleep>>>,
    /// When something was last appended or answered.
    last_used: Option<Instant>,
    acks: VecDeque<Ack>,
    unacked: usize,
    /// Why nothing can be appended any more.
    ended: Option<ClientError>,
}

/// Both ends of a queue: others send, the producer receives.
type Mailbox<T> = (mpsc::UnboundedSender<T>, mpsc::UnboundedReceiver<T>);

/// How eagerly open batches are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Urge {
    /// More is coming: wait for `linger.ms` or a full batch.
    None,
    /// The input is idle: waiting would gain nothing.
    Idle,
    /// Send everything.
    Flush,
}

/// The state of metadata refreshes.
#[derive(Debug, Default)]
struct Refreshing {
    wanted: bool,
    running: bool,
    not_before: Option<Instant>,
}

impl Producer {
    /// A producer on `cluster`. Nothing is connected yet.
    #[allow(
        clippy::needless_pass_by_value,
        reason = "a producer owns its settings"
    )]
    pub fn new(cluster: Cluster, config: ProducerConfig) -> Self {
        let settings = Settings::new(&config);
        let transaction = config
            .transactional_id
            .as_deref()
            .map(|id| Transaction::new(&cluster, id, config.transaction_timeout));
        Self {
            memory: Memory::new(settings.memory),
            rng: cluster.rng(),
            backoff: Backoff::new(config.client.retry_backoff, config.client.retry_backoff_max),
            topics: Topics::default(),
            next_batch: 0,
            clock: (0, 0),
            urge: Urge::None,
            starved: 0,
            active: BTreeSet::new(),
            turn: 0,
            nodes: BTreeMap::new(),
            sent: BTreeMap::new(),
            next_mark: 0,
            answers: mpsc::unbounded_channel(),
            events: mpsc::unbounded_channel(),
            metadata: cluster.metadata(),
            refreshing: Refreshing::default(),
            identity: None,
            identifying: false,
            transaction,
            timer: None,
            last_used: None,
            acks: VecDeque::new(),
            unacked: 0,
            ended: None,
            settings,
            cluster,
        }
    }

    /// Waits until the partitions of `topic` are known, for at most `max.block.ms`. Cancel-safe; drives the producer.
    ///
    /// # Errors
    /// The topic does not exist, or no broker can be reached.
    pub async fn ready(&mut self, topic: &Arc<str>) -> Result<(), ClientError> {
        if self.topics.find(topic).is_some() {
            return Ok(());
        }
        let cluster = self.cluster.clone();
        let mut lookup = pin!(cluster.topic(topic, true, self.settings.max_block));
        let found = poll_fn(|context| {
            self.poll_drive(context);
            lookup.as_mut().poll(context)
        })
        .await?;
        self.topics
            .learn(&found, self.settings.batch_limit, &self.backoff);
        Ok(())
    }

    /// Waits until there is room for the record that [`Producer::try_append`] had none for, for at most `max.block.ms`.
    /// Cancel-safe; drives the producer.
    ///
    /// # Errors
    /// Nothing became free in time.
    pub async fn wait_for_room(&mut self) -> Result<(), ClientError> {
        let (needed, limit) = (self.starved, self.settings.max_block);
        let room = poll_fn(|context| {
            self.poll_drive(context);
            if self.memory.has_room(self.starved) || self.ended.is_some() {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        });
        let result = tokio::time::timeout(limit, room).await;
        self.starved = 0;
        result.map_err(|_| ClientError::Timeout {
            what: format!("allocating {needed} bytes within max.block.ms"),
            after: limit,
        })
    }

    /// Sends what is ready: full batches, those whose `linger.ms` is over and, when the caller says that its input is
    /// idle, also those that only wait for more (unless the user set `linger.ms`). Never waits.
    pub fn send_ready(&mut self, idle: bool) {
        self.clock.1 = 0;
        if idle && self.urge == Urge::None {
            self.urge = Urge::Idle;
        }
        self.send_due(Instant::now());
    }

    /// The next batch that came to its end. Drives the producer; cancel-safe. Waits for ever while nothing is in flight.
    pub async fn next_ack(&mut self) -> Ack {
        let ack = poll_fn(|context| {
            if self.acks.is_empty() {
                self.poll_drive(context);
            }
            self.acks.pop_front().map_or(Poll::Pending, Poll::Ready)
        })
        .await;
        self.unacked -= ack.count as usize;
        ack
    }

    /// The next batch that came to its end, if it is known already.
    pub fn try_next_ack(&mut self) -> Option<Ack> {
        if self.acks.is_empty() {
            self.take_answers();
        }
        let ack = self.acks.pop_front()?;
        self.unacked -= ack.count as usize;
        Some(ack)
    }

    /// The lane of its Produce requests.
    fn lane(&self) -> Lane {
        self.transaction
            .as_ref()
            .map_or(Lane::Produce, Transaction::lane)
    }

    /// How many records were appended whose acks were not handed out yet.
    pub fn in_flight(&self) -> usize {
        self.unacked
    }

    /// Whether the records of a partition are written in the order in which they were appended, whatever fails.
    pub fn keeps_order(&self) -> bool {
        self.settings.idempotent || self.settings.max_in_flight == 1
    }

    /// Bytes that batches hold, at most `buffer.memory`.
    pub fn buffered_bytes(&self) -> usize {
        self.memory.used()
    }

    /// Sends everything and waits until every batch came to its end; their acks are then handed out by
    /// [`Producer::try_next_ack`]. Cancel-safe.
    pub async fn flush(&mut self) {
        self.urge = Urge::Flush;
        poll_fn(|context| {
            self.poll_drive(context);
            if self.active.is_empty() {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
        self.urge = Urge::None;
    }

    /// As [`Producer::flush`] for at most `timeout`; what is unfinished then fails. Nothing can be appended afterwards.
    pub async fn close(&mut self, timeout: Duration) {
        if tokio::time::timeout(timeout, self.flush()).await.is_err() {
            let what = "delivering the last records before closing".to_owned();
            self.fail_all(&ClientError::Timeout {
                what,
                after: timeout,
            });
        }
        self.ended.get_or_insert(ClientError::Closed);
        self.memory.shrink();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_producer_and_its_futures_may_move_between_threads() {
        fn is_send<T: Send>(_: &T) {}
        fn check(producer: &mut Producer, topic: &Arc<str>) {
            is_send(producer);
            is_send(&producer.ready(topic));
            is_send(&producer.wait_for_room());
            is_send(&producer.next_ack());
            is_send(&producer.flush());
            is_send(&producer.init_transactions());
            is_send(&producer.commit_transaction());
            is_send(&producer.abort_transaction());
            is_send(&producer.close(Duration::ZERO));
        }
        let config = crate::config::ClientConfig::for_servers("localhost:9092").unwrap();
        let cluster = Cluster::new(&config, crate::cluster::Env::default());
        let properties = [("bootstrap.servers".to_owned(), "localhost:9092".to_owned())].into();
        let mut producer =
            Producer::new(cluster, ProducerConfig::parse(&properties).unwrap().config);
        check(&mut producer, &"t".into());
    }
}

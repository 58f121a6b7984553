//! A compacted topic as a shared log: read to its end, then followed, and written to (Java's KafkaBasedLog).

mod work;

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::TopicPartition;
use crate::cluster::{Cluster, Lane};
use crate::config::{ConsumerConfig, IsolationLevel, OffsetReset, ProducerConfig};
use crate::consumer::{Consumer, Record};
use crate::error::ClientError;
use crate::offsets::{self, OffsetQuery};
use crate::producer::Producer;

use work::Work;

/// Which topic, and how it is read and written.
#[derive(Clone, Debug)]
pub struct CompactedTopicConfig {
    /// The topic. It must exist.
    pub topic: Arc<str>,
    /// How it is read. Group and reset policy are not used: it is always read from its beginning.
    pub consumer: ConsumerConfig,
    /// How it is written; `None` for a log that is only read.
    pub producer: Option<ProducerConfig>,
}

/// A handle to the log. What is in it is told to a callback, record by record, partition by partition in the order of the
/// log, by one task. Clones share that task; it ends when the last one is dropped, or with [`CompactedTopic::stop`].
#[derive(Clone, Debug)]
pub struct CompactedTopic {
    commands: mpsc::UnboundedSender<Command>,
    partitions: i32,
    topic: Arc<str>,
    task: Arc<std::sync::Mutex<Option<JoinHandle<()>>>>,
}

#[derive(Debug)]
enum Command {
    ReadToEnd(oneshot::Sender<Result<(), ClientError>>),
    Write {
        record: NewRecord,
        told: oneshot::Sender<Result<(), ClientError>>,
    },
    Flush(oneshot::Sender<()>),
    Stop,
}

/// A record to be written.
#[derive(Clone, Debug)]
pub struct NewRecord {
    /// The partition; by the key's hash if there is none.
    pub partition: Option<i32>,
    /// The key: what the topic is compacted by.
    pub key: Bytes,
    /// The value; `None` deletes the key.
    pub value: Option<Bytes>,
}

/// Resolves when a write is acknowledged, or has failed for good. The write goes on when it is dropped.
#[derive(Debug)]
pub struct Write {
    answer: oneshot::Receiver<Result<(), ClientError>>,
}

impl Future for Write {
    type Output = Result<(), ClientError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.answer)
            .poll(cx)
            .map(|r| r.unwrap_or(Err(ClientError::Closed)))
    }
}

/// What is told of the log: a record and its partition, or why reading failed. After a failure reading goes on.
pub trait Consumed: Send + 'static {
    /// Takes the next record of a partition.
    fn record(&mut self, partition: &TopicPartition, record: &Record<'_>);
    /// Reading failed; it is tried again.
    fn failed(&mut self, error: ClientError);
}

impl CompactedTopic {
    /// Reads the log to its end and follows it from then on, on `runtime`. When this returns, `consumed` has been told
    /// everything that was in the log when it was called.
    ///
    /// # Errors
    /// When the topic does not exist within `default.api.timeout.ms`, or cannot be read.
    pub async fn start(
        cluster: &Cluster,
        config: CompactedTopicConfig,
        consumed: impl Consumed,
        runtime: &Handle,
    ) -> Result<Self, ClientError> {
        let limit = config.consumer.client.api_timeout;
        let topic = cluster.topic(&config.topic, false, limit).await?;
        let partitions: Vec<TopicPartition> = (0..topic.partition_count())
            .map(|p| TopicPartition::new(config.topic.clone(), p))
            .collect();
        let reading = ConsumerConfig {
            group_id: None,
            offset_reset: OffsetReset::Earliest,
            ..config.consumer
        };
        let mut consumer = Consumer::new(cluster.clone(), reading)?;
        consumer.assign(&partitions)?;
        let producer = config
            .producer
            .map(|config| Producer::new(cluster.clone(), config));
        let (commands, queue) = mpsc::unbounded_channel();
        let ends = Ends {
            cluster: cluster.clone(),
            partitions,
        };
        let work = Work::new(
            consumer,
            producer,
            config.topic.clone(),
            ends,
            Box::new(consumed),
        );
        let task = runtime.spawn(work.run(queue));
        let log = Self {
            commands,
            partitions: topic.partition_count(),
            topic: config.topic,
            task: Arc::new(std::sync::Mutex::new(Some(task))),
        };
        log.read_to_end().await?;
        tracing::info!(topic = &*log.topic, "read to its end");
        Ok(log)
    }

    /// Waits until everything that was in the log when this was called has been told: also what others wrote.
    ///
    /// # Errors
    /// When the ends of the partitions cannot be found within `default.api.timeout.ms`.
    pub async fn read_to_end(&self) -> Result<(), ClientError> {
        let (told, answer) = oneshot::channel();
        self.commands
            .send(Command::ReadToEnd(told))
            .map_err(|_| ClientError::Closed)?;
        answer.await.unwrap_or(Err(ClientError::Closed))
    }

    /// Writes a record. Writes keep the order of the calls; what is written comes back through the log like everybody's.
    pub fn write(&self, record: NewRecord) -> Write {
        let (told, answer) = oneshot::channel();
        // A task that is gone drops `told`, which the future reports.
        let _ = self.commands.send(Command::Write { record, told });
        Write { answer }
    }

    /// Waits until every write so far is acknowledged or has failed.
    pub async fn flush(&self) {
        let (told, answer) = oneshot::channel();
        if self.commands.send(Command::Flush(told)).is_ok() {
            let _ = answer.await;
        }
    }

    /// How many partitions the topic has.
    pub fn partitions(&self) -> i32 {
        self.partitions
    }

    /// The topic's name.
    pub fn topic(&self) -> &Arc<str> {
        &self.topic
    }

    /// Finishes the writes and ends. Every handle is of no use afterwards.
    pub async fn stop(&self) {
        let _ = self.commands.send(Command::Stop);
        let task = self
            .task
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .take();
        if let Some(task) = task {
            let _ = task.await;
        }
    }
}

/// Finds where the partitions end now.
#[derive(Debug)]
struct Ends {
    cluster: Cluster,
    partitions: Vec<TopicPartition>,
}

impl Ends {
    /// The end of each partition, open transactions included: what was committed behind the beginning of an open one is
    /// read only after that one, and must not be missed (as Java, which asks its admin client).
    async fn find(&self) -> Result<BTreeMap<TopicPartition, i64>, ClientError> {
        let limit = self.cluster.config().api_timeout;
        let mut ends = BTreeMap::new();
        for tp in &self.partitions {
            let attempt = || self.find_one(tp);
            ends.insert(
                tp.clone(),
                self.cluster
                    .retry(&format!("looking up the end of {tp}"), limit, attempt)
                    .await?,
            );
        }
        Ok(ends)
    }

    async fn find_one(&self, tp: &TopicPartition) -> Result<i64, ClientError> {
        let limit = self.cluster.config().api_timeout;
        let (node, epoch) = self.cluster.leader(&tp.topic, tp.partition, limit).await?;
        let asked = [(tp.clone(), epoch, OffsetQuery::Latest)];
        let found = offsets::list_offsets(
            &self.cluster,
            Lane::Shared.into(),
            node,
            &asked,
            IsolationLevel::ReadUncommitted,
        )
        .await;
        let found = found.and_then(|mut found| match found.remove(tp) {
            Some(Ok(listed)) => Ok(listed.offset.unwrap_or(0)),
            Some(Err(code)) => Err(ClientError::broker(format!("end of {tp}"), code)),
            None => Err(ClientError::Protocol {
                peer: format!("broker {node}").into(),
                what: format!("no answer about {tp}"),
            }),
        });
        if found.is_err() {
            // The leader may have moved.
            self.cluster
                .refresh(crate::cluster::Topics::Named(std::slice::from_ref(
                    &tp.topic,
                )))
                .await?;
        }
        found
    }
}

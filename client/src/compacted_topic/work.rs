//! The task behind a compacted topic.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::{Command, Consumed, Ends, NewRecord};
use crate::TopicPartition;
use crate::consumer::{Consumer, Event};
use crate::error::ClientError;
use crate::producer::{Ack, AppendError, BatchId, Producer};

type Told = oneshot::Sender<Result<(), ClientError>>;

pub(super) struct Work {
    consumer: Consumer,
    producer: Option<Producer>,
    topic: Arc<str>,
    ends: Ends,
    consumed: Box<dyn Consumed>,
    /// Who waits for which offsets to be told.
    readers: VecDeque<(BTreeMap<TopicPartition, i64>, Told)>,
    writes: BTreeMap<BatchId, Vec<Told>>,
}

enum Woken {
    Command(Option<Command>),
    Polled(Result<Event, ClientError>),
    Acked(Ack),
}

impl Work {
    pub(super) fn new(
        consumer: Consumer,
        producer: Option<Producer>,
        topic: Arc<str>,
        ends: Ends,
        consumed: Box<dyn Consumed>,
    ) -> Self {
        Self {
            consumer,
            producer,
            topic,
            ends,
            consumed,
            readers: VecDeque::new(),
            writes: BTreeMap::new(),
        }
    }

    pub(super) async fn run(mut self, mut commands: mpsc::UnboundedReceiver<Command>) {
        loop {
            // A poll that passes only the markers of transactions tells nothing, but may bring a reader to its end.
            let patience = if self.readers.is_empty() {
                POLL
            } else {
                POLL_FOR_READERS
            };
            let woken = tokio::select! {
                biased;
                command = commands.recv() => Woken::Command(command),
                ack = next_ack(&mut self.producer) => Woken::Acked(ack),
                event = self.consumer.poll(patience) => Woken::Polled(event),
            };
            match woken {
                Woken::Command(None | Some(Command::Stop)) => break,
                Woken::Command(Some(command)) => {
                    self.obey(command).await;
                    // Everything that waits goes out together.
                    while let Ok(command) = commands.try_recv() {
                        if matches!(command, Command::Stop) {
                            self.finish().await;
                            return;
                        }
                        self.obey(command).await;
                    }
                    if let Some(producer) = &mut self.producer {
                        producer.send_ready(true);
                    }
                }
                Woken::Acked(ack) => self.acked(ack),
                Woken::Polled(event) => self.polled(event).await,
            }
        }
        self.finish().await;
    }

    async fn obey(&mut self, command: Command) {
        match command {
            Command::ReadToEnd(told) => match self.ends.find().await {
                Ok(ends) => {
                    self.readers.push_back((ends, told));
                    self.tell_readers();
                }
                Err(error) => tell(told, Err(error)),
            },
            Command::Write { record, told } => self.write(record, told).await,
            Command::Flush(told) => {
                self.flush().await;
                // Nobody may wait any more.
                let _ = told.send(());
            }
            Command::Stop => {}
        }
    }

    async fn write(&mut self, record: NewRecord, told: Told) {
        let Some(producer) = &mut self.producer else {
            let what = format!("writing to {}, which is only read here", self.topic);
            return tell(told, Err(crate::config::ConfigError::Conflict(what).into()));
        };
        let appended = loop {
            let none = windlass_wire::batch::no_headers();
            let (key, value) = (Some(&record.key[..]), record.value.as_deref());
            match producer.try_append(&self.topic, record.partition, None, key, value, none) {
                Ok(appended) => break Ok(appended.batch),
                Err(AppendError::NeedsMetadata) => {
                    if let Err(error) = producer.ready(&self.topic).await {
                        break Err(error);
                    }
                }
                Err(AppendError::BufferFull) => {
                    if let Err(error) = producer.wait_for_room().await {
                        break Err(error);
                    }
                }
                Err(AppendError::Fatal(error)) => break Err(error),
                Err(error) => {
                    break Err(crate::config::ConfigError::Conflict(error.to_string()).into());
                }
            }
        };
        match appended {
            Ok(batch) => self.writes.entry(batch).or_default().push(told),
            Err(error) => tell(told, Err(error)),
        }
    }

    async fn flush(&mut self) {
        if let Some(producer) = &mut self.producer {
            producer.flush().await;
        }
        while let Some(ack) = self.producer.as_mut().and_then(Producer::try_next_ack) {
            self.acked(ack);
        }
    }

    fn acked(&mut self, ack: Ack) {
        let result = ack.result.map(drop);
        for told in self.writes.remove(&ack.batch).into_iter().flatten() {
            tell(told, result.clone());
        }
    }

    async fn polled(&mut self, event: Result<Event, ClientError>) {
        match event {
            Ok(Event::Records(fetched)) => {
                for partition in &fetched {
                    for record in partition.records() {
                        match record {
                            Ok(record) => {
                                self.consumed.record(partition.topic_partition(), &record);
                            }
                            Err(error) => self.consumed.failed(error),
                        }
                    }
                }
            }
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(topic = &*self.topic, "reading failed: {error}");
                self.consumed.failed(error);
                tokio::time::sleep(AFTER_FAILURE).await;
            }
        }
        self.tell_readers();
    }

    fn tell_readers(&mut self) {
        while let Some((ends, _)) = self.readers.front() {
            let reached = |(tp, end): (&TopicPartition, &i64)| {
                *end == 0
                    || self
                        .consumer
                        .known_position(tp)
                        .is_some_and(|position| position >= *end)
            };
            if !ends.iter().all(reached) {
                return;
            }
            if let Some((_, told)) = self.readers.pop_front() {
                tell(told, Ok(()));
            }
        }
    }

    async fn finish(mut self) {
        self.flush().await;
        if let Some(producer) = &mut self.producer {
            producer.close(CLOSE).await;
        }
        self.consumer.close(false).await;
    }
}

async fn next_ack(producer: &mut Option<Producer>) -> Ack {
    match producer {
        Some(producer) => producer.next_ack().await,
        None => std::future::pending().await,
    }
}

/// Whoever asked may be gone.
fn tell(told: Told, result: Result<(), ClientError>) {
    let _ = told.send(result);
}

const POLL: Duration = Duration::from_secs(60);
const POLL_FOR_READERS: Duration = Duration::from_millis(20);
const AFTER_FAILURE: Duration = Duration::from_secs(1);
const CLOSE: Duration = Duration::from_secs(30);

//! The loop of a sink task.

mod commit;
mod context;
mod convert;
mod errant;
mod hold;
mod member;
mod offsets;
mod rebalance;
mod recover;

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::Instant;
use windlass_api::{
    ConnectError, Result, SinkOffsets, SinkRecord, SinkTask, SinkTaskContext, TopicPartition,
};
use windlass_client::consumer::{Consumer, Event, Fetched, Subscription};

use self::commit::Committing;
use self::context::Context;
pub(crate) use self::convert::Conversion;
use self::errant::ErrantReporter;
use self::member::Member;
use self::offsets::Offsets;
use super::kafka;
use super::parts::{NotedTopics, TaskParts};
use super::watchdog::Call;
use crate::status::{State, TaskId};
use crate::task::Control;
use crate::trace::{Located, chain};

/// What a sink task is made of.
pub(crate) struct SinkParts {
    pub(crate) common: TaskParts,
    pub(crate) task: Box<dyn SinkTask>,
    pub(crate) subscription: Subscription,
    pub(crate) consumer: Consumer,
    /// Where heartbeats run.
    pub(crate) control_runtime: Handle,
    pub(crate) conversion: Conversion,
}

/// Consumes, converts, puts and commits, all in one place (`WorkerSinkTask`).
pub(crate) struct SinkLoop {
    common: TaskParts,
    task: Box<dyn SinkTask>,
    consumer: Member,
    conversion: Conversion,
    topics: NotedTopics,
    context: Arc<Context>,
    /// `None` where the task cannot report records.
    errant: Option<Arc<ErrantReporter>>,
    offsets: Offsets,
    /// The offsets that `pre_commit` was last asked about.
    asked: SinkOffsets,
    /// Records that `put` has not taken.
    batch: Vec<SinkRecord>,
    /// `put` asked for another try: everything is paused meanwhile (B-080).
    redelivering: bool,
    /// Users paused the connector.
    paused: bool,
    /// Since when the connector's limits forbid reading.
    held: Option<Instant>,
    /// Bytes that were read and are not known to be committed.
    unflushed: u64,
    committing: Option<Committing>,
    next_commit: Instant,
}

impl SinkLoop {
    /// Runs the task until it is told to stop.
    ///
    /// # Errors
    /// What made the task fail.
    pub(crate) async fn run(parts: SinkParts) -> Result<()> {
        let SinkParts {
            mut common,
            task,
            subscription,
            mut consumer,
            control_runtime,
            conversion,
        } = parts;
        if !common.wait_until_wanted().await {
            return Ok(());
        }
        common.open_dead_letters().await?;
        consumer.subscribe(subscription).map_err(kafka)?;
        let errant = ErrantReporter::new(&common.tolerance);
        let context = Arc::new(Context::new(errant.clone()));
        let mut sink = SinkLoop {
            next_commit: Instant::now() + common.flush_interval,
            common,
            task,
            consumer: Member::new(consumer, control_runtime),
            conversion,
            topics: NotedTopics::default(),
            context,
            errant,
            offsets: Offsets::default(),
            asked: SinkOffsets::new(),
            batch: Vec::new(),
            redelivering: false,
            paused: false,
            held: None,
            unflushed: 0,
            committing: None,
        };
        let result = sink.start_and_execute().await;
        sink.stop().await;
        result
    }

    async fn start_and_execute(&mut self) -> Result<()> {
        let context = Arc::clone(&self.context) as Arc<dyn SinkTaskContext>;
        let props = self.common.take_props();
        let call = self.common.watched.enter(Call::Start);
        self.task.start(context, props).await?;
        drop(call);
        self.common.started();
        let result = self.execute().await;
        // Also after a failure: what was delivered before it is committed (SK-007).
        let closed = self.close_all().await;
        result.and(closed)
    }

    async fn execute(&mut self) -> Result<()> {
        loop {
            let control = *self.common.control.borrow_and_update();
            match control {
                Control::Stop => return Ok(()),
                Control::Pause if !self.paused => self.pause()?,
                Control::Run if self.paused => self.resume()?,
                Control::Pause | Control::Run => {}
            }
            self.maybe_commit().await?;
            self.apply_requests()?;
            self.apply_limits()?;
            let timeout = self.poll_timeout();
            let event = tokio::select! {
                biased;
                _ = self.common.control.changed() => continue,
                event = self.consumer.poll(timeout) => event.map_err(kafka)?,
            };
            match event {
                Event::Records(fetched) => {
                    self.convert(&fetched).await?;
                    if let Some(errant) = &self.errant {
                        errant.keep(fetched);
                    }
                    self.deliver().await?;
                }
                Event::Idle => self.deliver().await?,
                Event::Assigned(partitions) => self.assigned(&partitions).await?,
                Event::Revoked(partitions) => self.removed(&partitions, Loss::Revoked).await?,
                Event::Lost(partitions) => self.removed(&partitions, Loss::Lost).await?,
            }
        }
    }

    /// Puts the batch at hand. One that `put` wants again later stays, and nothing more is read meanwhile.
    async fn deliver(&mut self) -> Result<()> {
        let call = self.common.watched.enter(Call::Put);
        let begun = Instant::now();
        let mut result = self.task.put(&self.batch).await;
        drop(call);
        if let Some(errant) = &self.errant {
            // Also when the task swallowed what the report answered (B-094).
            result = result.and_then(|()| errant.check());
        }
        match result {
            Ok(()) => {
                self.offsets.put();
                let uncommitted = self.offsets.uncommitted();
                let metrics = &self.common.metrics;
                metrics.put(self.batch.len(), begun.elapsed(), uncommitted);
                self.batch.clear();
                if std::mem::take(&mut self.redelivering) && !self.paused {
                    self.resume_all()?;
                }
                Ok(())
            }
            Err(error) if error.is_retriable() => {
                let TaskId { connector, task } = &self.common.id;
                tracing::warn!(%connector, task, error = chain(&error), "put failed; the same records are put again later");
                self.redelivering = true;
                self.pause_all()
            }
            Err(error) => {
                let text = "Exiting WorkerSinkTask due to unrecoverable exception.";
                let first = self.batch.first().map_or_else(String::new, |record| {
                    let (topic, partition) = (&record.original_topic, record.original_partition);
                    format!(
                        ", the first of them {topic}-{partition}@{}",
                        record.kafka_offset
                    )
                });
                let place = format!("stage TASK_PUT of {} records{first}", self.batch.len());
                Err(ConnectError::connect(text).caused_by(Located { place, error }))
            }
        }
    }

    async fn convert(&mut self, fetched: &Fetched) -> Result<()> {
        let (mut records, mut bytes) = (0, 0);
        for (index, part) in fetched.partitions().iter().enumerate() {
            let (topic, partition) = (
                &part.topic_partition().topic,
                part.topic_partition().partition,
            );
            self.common.note_topic(topic, &mut self.topics);
            for record in part.records() {
                let record = record.map_err(kafka)?;
                let size = |part: Option<&[u8]>| part.map_or(0, <[u8]>::len) as u64;
                records += 1;
                bytes += size(record.key) + size(record.value);
                let batch = &mut self.batch;
                if let Err(failure) = self.conversion.convert(topic, partition, &record, batch)
                    && !self.recover(failure, topic, partition, &record).await?
                {
                    // The record comes again.
                    self.has_read(records - 1, bytes);
                    return self.leave_rest(fetched, index, record.offset);
                }
            }
            let tp = TopicPartition {
                topic: Arc::clone(topic),
                partition,
            };
            if let Some(lag) = self.consumer.lag(part.topic_partition()) {
                self.common.metrics.lag(&tp, lag);
            }
            self.offsets.fetched(tp, part.next_offset());
        }
        self.has_read(records, bytes);
        Ok(())
    }

    /// Seeks and pauses as the task asked.
    fn apply_requests(&mut self) -> Result<()> {
        let (rewind, pauses_changed) = {
            let mut requests = self.context.requests();
            (
                std::mem::take(&mut requests.rewind),
                std::mem::take(&mut requests.pauses_changed),
            )
        };
        for (partition, offset) in rewind {
            if self.offsets.is_assigned(&partition) {
                self.consumer
                    .seek(&client_partition(&partition), offset)
                    .map_err(kafka)?;
                self.offsets.rewound(&partition, offset);
            }
        }
        if pauses_changed && !self.paused && !self.redelivering {
            self.resume_all()?;
        }
        Ok(())
    }

    fn poll_timeout(&mut self) -> Duration {
        let until_commit = self.next_commit.saturating_duration_since(Instant::now());
        let asked = self.context.requests().timeout.take();
        let timeout = self
            .held_timeout()
            .map_or(until_commit, |held| held.min(until_commit));
        asked.map_or(timeout, |asked| asked.min(timeout))
    }

    fn pause(&mut self) -> Result<()> {
        self.paused = true;
        self.pause_all()?;
        // As Java: what was done is committed early (B-088).
        self.context.requests().commit = true;
        self.common.reporter.state(State::Paused);
        Ok(())
    }

    fn resume(&mut self) -> Result<()> {
        self.paused = false;
        if !self.redelivering {
            self.resume_all()?;
        }
        self.common.reporter.state(State::Running);
        Ok(())
    }

    fn pause_all(&mut self) -> Result<()> {
        let all = self.consumer.assignment();
        self.consumer.pause(&all).map_err(kafka)
    }

    /// Reads all partitions but those the task paused itself.
    fn resume_all(&mut self) -> Result<()> {
        if self.held.is_some() {
            return Ok(());
        }
        let all = self.consumer.assignment();
        let (paused, wanted): (Vec<_>, Vec<_>) = {
            let requests = self.context.requests();
            all.into_iter()
                .partition(|partition| requests.paused.contains(&api_partition(partition)))
        };
        self.consumer.pause(&paused).map_err(kafka)?;
        self.consumer.resume(&wanted).map_err(kafka)
    }

    async fn stop(mut self) {
        self.common.stopping();
        let TaskId { connector, task } = self.common.id.clone();
        let call = self.common.watched.enter(Call::Stop);
        if let Err(error) = self.task.stop().await {
            tracing::error!(%connector, task, error = chain(&error), "task failed while it stopped");
        }
        drop(call);
        self.consumer.close().await;
    }
}

/// How partitions went away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Loss {
    /// They are still this task's until the next poll.
    Revoked,
    /// They may be another's already: nothing may be committed.
    Lost,
}

fn client_partition(partition: &TopicPartition) -> windlass_client::TopicPartition {
    windlass_client::TopicPartition::new(Arc::clone(&partition.topic), partition.partition)
}

fn api_partition(partition: &windlass_client::TopicPartition) -> TopicPartition {
    TopicPartition {
        topic: Arc::clone(&partition.topic),
        partition: partition.partition,
    }
}

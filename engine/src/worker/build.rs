//! Making tasks out of configurations.

use std::sync::Arc;

use tokio::sync::watch;
use windlass_api::{ConnectError, Props, Result, SinkTask, SourceTask, SourceTaskContext};
use windlass_client::admin::Admin;
use windlass_client::config::{AdminConfig, ConfigError, ConsumerConfig, ProducerConfig};
use windlass_client::{Consumer, Producer, Subscription};

use super::{StatusReporter, TaskHandle, Worker, client_config};
use crate::config::{ConnectorConfig, TopicSelection};
use crate::herder::TaskGuard;
use crate::metrics::TaskMetrics;
use crate::offsets::OffsetCodec;
use crate::pipeline::dead_letters::DeadLetterParts;
use crate::pipeline::{Converters, Tolerance, Transforms, build_converters, build_transforms};
use crate::plugins::{Connector, PluginInfo};
use crate::status::TaskId;
use crate::task::{
    Control, HandOver, OnFailure, Pace, SinkConversion, SinkLoop, SinkParts, SourceEncoding,
    SourceLoop, SourceParts, TaskParts, TopicCreation, Topics, metered,
};

/// What a task is made of.
enum Task {
    Source(Box<SourceParts>),
    Sink(Box<SinkParts>),
}

/// One run of a task.
struct Run {
    id: TaskId,
    props: Props,
    control: watch::Receiver<Control>,
    reporter: StatusReporter,
    metrics: Arc<TaskMetrics>,
    guard: TaskGuard,
}

impl Worker {
    /// Starts a task of a connector whose configuration is resolved, as is the task's. One that gives no task, or could
    /// not be resolved, gives a task that has failed.
    pub(crate) fn start_task(
        &self,
        id: TaskId,
        configs: Result<(Arc<Props>, Arc<Props>)>,
        control: Control,
        guard: TaskGuard,
        failed: Option<OnFailure>,
    ) -> TaskHandle {
        let plugin = configs.and_then(|(connector, task)| {
            let (info, plugin) = self.connector(&connector)?;
            Ok((info, (plugin, connector, task)))
        });
        let version = plugin
            .as_ref()
            .ok()
            .map(|(info, _)| Arc::from(info.version));
        let (metrics, shown) = self.metrics.task(&id);
        let reporter = self.task_reporter(id.clone(), version).shown(shown);
        let (told, control) = watch::channel(control);
        let made = plugin.and_then(|(info, (plugin, connector, task))| {
            let run = Run {
                id: id.clone(),
                props: Arc::unwrap_or_clone(task),
                control,
                reporter: reporter.clone(),
                metrics: Arc::clone(&metrics),
                guard,
            };
            self.make(run, info, plugin, &connector)
        });
        self.metrics.task_startups.record(made.is_ok());
        let may_block = made.as_ref().is_ok_and(|made| match made {
            Task::Source(parts) => parts.task.may_block(),
            Task::Sink(parts) => parts.task.may_block(),
        });
        let run = async move {
            match made? {
                Task::Source(parts) => SourceLoop::run(*parts).await,
                Task::Sink(parts) => SinkLoop::run(*parts).await,
            }
        };
        let run = HandOver::new(metered(metrics, run), may_block);
        TaskHandle::spawn(
            &self.data,
            self.lease.clone(),
            id,
            reporter,
            told,
            failed,
            run,
        )
    }

    fn make(
        &self,
        run: Run,
        info: PluginInfo,
        plugin: Connector,
        connector: &Props,
    ) -> Result<Task> {
        let Run {
            id,
            props,
            control,
            reporter,
            metrics,
            guard,
        } = run;
        let kind = plugin.kind();
        let connector = ConnectorConfig::new(&self.plugins, kind, connector.clone())?;
        let details = self.task_details(kind, info, plugin.task_class(), &connector)?;
        let _ = metrics.details.set(details);
        let stored = self.configs.connector(&id.connector);
        let tasks = stored.map_or(1, |entry| entry.tasks.len());
        let common = TaskParts {
            props,
            control,
            reporter,
            tolerance: Tolerance::new(
                id.clone(),
                connector.errors()?,
                self.clusters.rng(&id.to_string()),
                Arc::clone(&metrics.errors),
            ),
            dead_letters: self.dead_letters(&id, &connector)?,
            topic_tracking: self
                .config
                .topic_tracking_enable
                .then(|| Arc::clone(&self.statuses)),
            pace: Pace::new(connector.limits(), tasks),
            flush_interval: self.config.offset_flush_interval,
            flush_timeout: self.config.offset_flush_timeout,
            watched: self.watchdog.watch(&id),
            metrics,
            id,
        };
        Ok(match plugin {
            Connector::Source(c) => Task::Source(Box::new(self.source(
                common,
                c.new_task(),
                &connector,
                guard,
            )?)),
            Connector::Sink(c) => {
                Task::Sink(Box::new(self.sink(common, c.new_task(), &connector)?))
            }
        })
    }

    fn source(
        &self,
        common: TaskParts,
        task: Box<dyn SourceTask>,
        connector: &ConnectorConfig,
        guard: TaskGuard,
    ) -> Result<SourceParts> {
        let id = &common.id;
        let (transactions, context, producer) = if self.writes_transactions() {
            let (parts, context) = self.transaction_parts(guard, connector)?;
            let producer = self.transactional_producer(id, connector.props())?;
            (Some(parts), context, producer)
        } else {
            (None, None, self.plain_producer(id, connector.props())?)
        };
        let cluster = self.clusters.cluster(&producer.client);
        Ok(SourceParts {
            task,
            context: SourceTaskContext {
                offsets: self.offset_reader(&id.connector, connector.props())?,
                transactions: context,
            },
            producer: Producer::new(cluster, producer),
            transactions,
            encoding: SourceEncoding::new(self.converters(connector)?, self.transforms(connector)?),
            topics: self.topics(id, connector.props())?,
            offsets: self.offset_store(&id.connector, connector.props())?,
            codec: OffsetCodec::new(&id.connector),
            common,
        })
    }

    fn plain_producer(&self, id: &TaskId, connector: &Props) -> Result<ProducerConfig> {
        let client_id = format!("connector-producer-{id}");
        let properties = client_config::producer(&self.config, connector, client_id);
        let parsed = ProducerConfig::parse(&properties).map_err(wrong)?;
        warn_unknown(id, "producer", &parsed.unknown);
        Ok(parsed.config)
    }

    fn sink(
        &self,
        common: TaskParts,
        task: Box<dyn SinkTask>,
        connector: &ConnectorConfig,
    ) -> Result<SinkParts> {
        let id = &common.id;
        let properties = client_config::consumer(&self.config, connector.props(), id);
        let parsed = ConsumerConfig::parse(&properties).map_err(wrong)?;
        warn_unknown(id, "consumer", &parsed.unknown);
        let cluster = self.clusters.cluster(&parsed.config.client);
        let consumer = Consumer::new(cluster, parsed.config)
            .map_err(|e| ConnectError::config(e.to_string()))?;
        let (converters, transforms) = (self.converters(connector)?, self.transforms(connector)?);
        Ok(SinkParts {
            task,
            subscription: subscription(connector)?,
            consumer: consumer.heartbeats_on(self.control.clone()),
            control_runtime: self.control.clone(),
            conversion: SinkConversion {
                converters,
                transforms,
            },
            common,
        })
    }

    fn converters(&self, connector: &ConnectorConfig) -> Result<Converters> {
        build_converters(&self.plugins, connector, &self.config)
    }

    fn transforms(&self, connector: &ConnectorConfig) -> Result<Transforms> {
        build_transforms(&self.plugins, connector)
    }

    /// Where a connector's bad records go (EH-010, EH-013).
    fn dead_letters(
        &self,
        id: &TaskId,
        connector: &ConnectorConfig,
    ) -> Result<Option<Box<DeadLetterParts>>> {
        let Some(queue) = connector.dead_letter_queue()? else {
            return Ok(None);
        };
        let name = format!("connector-dlq-producer-{id}");
        let properties = client_config::producer(&self.config, connector.props(), name);
        let producer = ProducerConfig::parse(&properties).map_err(wrong)?;
        warn_unknown(id, "producer", &producer.unknown);
        let name = format!("connector-dlq-adminclient-{id}");
        let properties = client_config::admin(&self.config, connector.props(), name);
        let admin = AdminConfig::parse(&properties).map_err(wrong)?;
        let cluster = self.clusters.cluster(&producer.config.client);
        Ok(Some(Box::new(DeadLetterParts {
            task: id.clone(),
            queue,
            admin: Admin::new(self.clusters.cluster(&admin.config.client)),
            producer: Producer::new(cluster, producer.config),
            converters: self.converters(connector)?,
        })))
    }

    /// The topics that a source creates itself (SR-017).
    fn topics(&self, id: &TaskId, connector: &Props) -> Result<Option<Topics>> {
        if !self.config.topic_creation_enable {
            return Ok(None);
        }
        let Some(creation) = TopicCreation::new(connector)? else {
            return Ok(None);
        };
        let client_id = format!("connector-adminclient-{id}");
        let properties = client_config::admin(&self.config, connector, client_id);
        let parsed = AdminConfig::parse(&properties).map_err(wrong)?;
        Ok(Some(Topics::new(
            creation,
            Admin::new(self.clusters.cluster(&parsed.config.client)),
        )))
    }
}

/// What a sink reads: `topics`, or the topics whose whole name matches `topics.regex`.
fn subscription(connector: &ConnectorConfig) -> Result<Subscription> {
    Ok(match connector.topics()? {
        TopicSelection::Names(topics) => Subscription::Topics(topics),
        // A pattern that backtracks too far matches nothing.
        TopicSelection::Pattern(regex) => {
            Subscription::Pattern(Box::new(move |topic| regex.matches(topic).unwrap_or(false)))
        }
    })
}

#[expect(clippy::needless_pass_by_value, reason = "made for map_err")]
fn wrong(error: ConfigError) -> ConnectError {
    ConnectError::config(error.to_string())
}

pub(super) fn warn_unknown(id: &TaskId, client: &str, unknown: &[String]) {
    let TaskId { connector, task } = id;
    for key in unknown {
        tracing::warn!(%connector, task, "the {client} does not know the key {key:?}");
    }
}

//! Making tasks out of configurations.

use std::sync::Arc;

use tokio::sync::watch;
use windlass_api::{ConnectError, Props, Result, SinkTask, SourceTask, SourceTaskContext};
use windlass_client::admin::Admin;
use windlass_client::config::{AdminConfig, ConfigError, ConsumerConfig, ProducerConfig};
use windlass_client::{Consumer, Producer, Subscription};

use super::{StatusReporter, TaskHandle, Worker, client_config, plugin};
use crate::config::{ConnectorConfig, ConverterRole, TopicSelection};
use crate::herder::ConnectorType;
use crate::offsets::OffsetCodec;
use crate::pipeline::{Converters, Tolerance, TransformStage, Transforms};
use crate::plugins::Connector;
use crate::status::TaskId;
use crate::storage::config::ConnectorEntry;
use crate::task::{
    Control, SinkConversion, SinkLoop, SinkParts, SourceEncoding, SourceLoop, SourceParts,
    TaskParts, TopicCreation, Topics,
};

/// What a task is made of.
enum Task {
    Source(Box<SourceParts>),
    Sink(Box<SinkParts>),
}

impl Worker {
    /// Starts a task. A configuration that gives no task gives a task that has failed.
    pub(crate) fn start_task(
        &self,
        id: TaskId,
        entry: &ConnectorEntry,
        config: &Props,
        control: Control,
    ) -> TaskHandle {
        let plugin = self.connector(&entry.config);
        let version = plugin
            .as_ref()
            .ok()
            .map(|(info, _)| Arc::from(info.version));
        let reporter = self.task_reporter(id.clone(), version);
        let (told, control) = watch::channel(control);
        let made = plugin.and_then(|(_, connector)| {
            self.make(
                &id,
                connector,
                entry,
                config.clone(),
                control,
                reporter.clone(),
            )
        });
        TaskHandle::spawn(&self.data, id, reporter, told, async move {
            match made? {
                Task::Source(parts) => SourceLoop::run(*parts).await,
                Task::Sink(parts) => SinkLoop::run(*parts).await,
            }
        })
    }

    fn make(
        &self,
        id: &TaskId,
        plugin: Connector,
        entry: &ConnectorEntry,
        props: Props,
        control: watch::Receiver<Control>,
        reporter: StatusReporter,
    ) -> Result<Task> {
        let kind = match plugin {
            Connector::Source(_) => ConnectorType::Source,
            Connector::Sink(_) => ConnectorType::Sink,
        };
        let connector = ConnectorConfig::new(&self.plugins, kind, Props::clone(&entry.config))?;
        let common = TaskParts {
            id: id.clone(),
            props,
            control,
            reporter,
            tolerance: Tolerance::new(id.clone(), connector.errors()?),
            topic_tracking: self
                .config
                .topic_tracking_enable
                .then(|| Arc::clone(&self.statuses)),
            flush_interval: self.config.offset_flush_interval,
            flush_timeout: self.config.offset_flush_timeout,
            watched: self.watchdog.watch(id),
        };
        Ok(match plugin {
            Connector::Source(c) => {
                Task::Source(Box::new(self.source(common, c.new_task(), &connector)?))
            }
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
    ) -> Result<SourceParts> {
        let id = &common.id;
        let properties = client_config::producer(&self.config, connector.props(), id);
        let parsed = ProducerConfig::parse(&properties).map_err(wrong)?;
        warn_unknown(id, "producer", &parsed.unknown);
        let cluster = self.clusters.cluster(&parsed.config.client);
        Ok(SourceParts {
            task,
            context: SourceTaskContext {
                offsets: self.offset_reader(&id.connector),
            },
            producer: Producer::new(cluster, parsed.config),
            encoding: SourceEncoding::new(self.converters(connector)?, self.transforms(connector)?),
            topics: self.topics(id, connector.props())?,
            offsets: self.offsets.clone(),
            codec: OffsetCodec::new(&id.connector),
            common,
        })
    }

    fn sink(
        &self,
        common: TaskParts,
        task: Box<dyn SinkTask>,
        connector: &ConnectorConfig,
    ) -> Result<SinkParts> {
        let id = &common.id;
        if connector.dead_letter_queue()?.is_some() {
            let text = "errors.deadletterqueue.topic.name is not supported by this release of Windlass: records that \
                        fail would be lost instead of written there";
            return Err(ConnectError::config(text));
        }
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

    /// A connector's converters, or the worker's where it has none of its own.
    fn converters(&self, connector: &ConnectorConfig) -> Result<Converters> {
        let data = |role, is_key| {
            let choice = connector.converter(role, &self.config)?;
            let (class, versions) = (&choice.plugin.class, &choice.plugin.versions);
            let mut converter = self.plugins.converter(class, versions).map_err(plugin)?;
            converter.configure(&choice.props, is_key)?;
            Ok::<_, ConnectError>(converter)
        };
        let choice = connector.converter(ConverterRole::Header, &self.config)?;
        let (class, versions) = (&choice.plugin.class, &choice.plugin.versions);
        let mut header = self
            .plugins
            .header_converter(class, versions)
            .map_err(plugin)?;
        header.configure(&choice.props)?;
        Ok(Converters {
            key: data(ConverterRole::Key, true)?,
            value: data(ConverterRole::Value, false)?,
            header,
        })
    }

    fn transforms(&self, connector: &ConnectorConfig) -> Result<Transforms> {
        let stage = |stage: &crate::config::TransformStage| {
            let mut transform = self
                .plugins
                .transform(&stage.plugin.class)
                .map_err(plugin)?;
            transform.configure(&stage.props)?;
            let predicate = match &stage.predicate {
                Some(guard) => {
                    let mut predicate = self
                        .plugins
                        .predicate(&guard.plugin.class)
                        .map_err(plugin)?;
                    predicate.configure(&guard.props)?;
                    Some((predicate, guard.negate))
                }
                None => None,
            };
            Ok(TransformStage {
                transform,
                predicate,
            })
        };
        Ok(Transforms::new(
            connector
                .transforms()
                .iter()
                .map(stage)
                .collect::<Result<_>>()?,
        ))
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

fn warn_unknown(id: &TaskId, client: &str, unknown: &[String]) {
    let TaskId { connector, task } = id;
    for key in unknown {
        tracing::warn!(%connector, task, "the {client} does not know the key {key:?}");
    }
}

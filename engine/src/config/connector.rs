//! What the runtime reads of a connector's configuration.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use windlass_api::{
    ConfigDef, ConnectError, JavaRegex, ParsedConfig, Props, Result, invalid_value,
};

use super::clients::Client;
use super::definition::dead_letter_keys;
use super::definition::{sink_keys, source_keys};
use super::enrich::{aliases, enrich};
use super::limits::Limits;
use super::topics;
use super::worker::{PluginChoice, Secrets, WorkerConfig, choice, with_prefix};
use crate::herder::ConnectorType;
use crate::plugins::{Plugins, VersionRange};

/// A connector's configuration with the keys that the runtime reads, parsed and checked (`ConnectorConfig`).
#[derive(Clone, Debug)]
pub struct ConnectorConfig {
    /// The keys as written.
    props: Secrets,
    values: ParsedConfig,
    dead_letters: ParsedConfig,
    limits: Limits,
    aliases: Vec<TransformStage>,
}

/// How a converter is made: its class and its part of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConverterChoice {
    /// The class and versions.
    pub plugin: PluginChoice,
    /// The keys under the converter's prefix, without it, and `converter.type`.
    pub props: Props,
}

/// What a converter converts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConverterRole {
    /// Keys.
    Key,
    /// Values.
    Value,
    /// Header values.
    Header,
}

/// `errors.*`: what to do about records that fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorPolicy {
    /// `errors.retry.timeout`; `None` tries again for as long as it takes.
    pub retry_timeout: Option<Duration>,
    /// `errors.retry.delay.max.ms`
    pub retry_delay_max: Duration,
    /// Whether records that fail are skipped (`errors.tolerance=all`).
    pub tolerate_all: bool,
    /// `errors.log.enable`
    pub log: bool,
    /// `errors.log.include.messages`
    pub log_details: bool,
}

/// The topics of a sink.
#[derive(Clone, Debug)]
pub enum TopicSelection {
    /// `topics`
    Names(Vec<String>),
    /// `topics.regex`
    Pattern(Arc<JavaRegex>),
}

/// Where records that fail are written to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetterQueue {
    /// `errors.deadletterqueue.topic.name`
    pub topic: String,
    /// `errors.deadletterqueue.topic.replication.factor`
    pub replication_factor: i16,
    /// `errors.deadletterqueue.context.headers.enable`
    pub context_headers: bool,
}

/// One transform of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransformStage {
    /// Its alias.
    pub alias: String,
    /// Its class and versions.
    pub plugin: PluginChoice,
    /// Its keys without their prefix.
    pub props: Props,
    /// The condition on records that it sees.
    pub predicate: Option<PredicateStage>,
}

/// The condition of a transform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PredicateStage {
    /// Its alias.
    pub alias: String,
    /// Its class and versions.
    pub plugin: PluginChoice,
    /// Its keys without their prefix.
    pub props: Props,
    /// Whether the condition is turned around.
    pub negate: bool,
}

/// Where the transactions of an exactly-once source end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransactionBoundary {
    /// With each poll.
    Poll,
    /// At an interval.
    Interval,
    /// Where the connector says.
    Connector,
}

impl ConnectorConfig {
    /// Reads the configuration of a connector of that type.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](windlass_api::ErrorKind::Config) with the first key that is missing or wrong.
    pub fn new(plugins: &Arc<Plugins>, kind: ConnectorType, props: Props) -> Result<Self> {
        let mut def = match kind {
            ConnectorType::Source => source_keys(plugins),
            ConnectorType::Sink => sink_keys(plugins),
        };
        enrich(&mut def, plugins, &props);
        let values = def.parse_with(&props, &**plugins)?;
        if kind == ConnectorType::Sink {
            topics::validate(&props)?;
        }
        let aliases = stages(&def, &values, &props, plugins)?;
        Ok(ConnectorConfig {
            dead_letters: dead_letter_keys(ConfigDef::new()).parse(&props)?,
            limits: Limits::new(&props)?,
            props: Secrets(props),
            values,
            aliases,
        })
    }

    /// The keys as written.
    pub fn props(&self) -> &Props {
        &self.props.0
    }

    /// `name`
    pub fn name(&self) -> Result<&str> {
        self.values.get("name")
    }

    /// `connector.class` and `connector.plugin.version`
    pub fn class(&self) -> Result<PluginChoice> {
        let versions: Option<&str> = self.values.get("connector.plugin.version")?;
        let versions = VersionRange::parse(versions)
            .map_err(|error| ConnectError::config(error.to_string()))?;
        Ok(PluginChoice {
            class: self.values.get("connector.class")?,
            versions,
        })
    }

    /// `tasks.max`
    pub fn tasks_max(&self) -> Result<usize> {
        let tasks: i32 = self.values.get("tasks.max")?;
        Ok(usize::try_from(tasks).unwrap_or(1))
    }

    /// `tasks.max.enforce`: whether more tasks than `tasks.max` fail the connector.
    pub fn tasks_max_enforce(&self) -> Result<bool> {
        self.values.get("tasks.max.enforce")
    }

    /// Whether a changed value of a configuration provider restarts the connector (`config.action.reload`).
    pub fn restart_on_reload(&self) -> Result<bool> {
        Ok(self.values.get::<&str>("config.action.reload")? == "restart")
    }

    /// The converter of the connector's own, with the connector's keys for it, or that of the worker with the worker's keys:
    /// the two never mix (CV-017).
    pub fn converter(&self, role: ConverterRole, worker: &WorkerConfig) -> Result<ConverterChoice> {
        let (key, kind) = match role {
            ConverterRole::Key => ("key.converter", "key"),
            ConverterRole::Value => ("value.converter", "value"),
            ConverterRole::Header => ("header.converter", "header"),
        };
        let own: Option<&str> = self.values.get(key)?;
        let (plugin, scope) = match (own, role) {
            (Some(_), _) => (choice(&self.values, key)?, self.props()),
            (None, ConverterRole::Key) => (worker.key_converter.clone(), worker.props()),
            (None, ConverterRole::Value) => (worker.value_converter.clone(), worker.props()),
            (None, ConverterRole::Header) => (worker.header_converter.clone(), worker.props()),
        };
        let mut props = under(scope, &format!("{key}."));
        props.insert("converter.type".to_owned(), Some(kind.to_owned()));
        Ok(ConverterChoice { plugin, props })
    }

    /// `errors.*`
    pub fn errors(&self) -> Result<ErrorPolicy> {
        let timeout: i64 = self.values.get("errors.retry.timeout")?;
        let delay: i64 = self.values.get("errors.retry.delay.max.ms")?;
        Ok(ErrorPolicy {
            retry_timeout: u64::try_from(timeout).ok().map(Duration::from_millis),
            retry_delay_max: Duration::from_millis(u64::try_from(delay).unwrap_or_default()),
            tolerate_all: self.values.get::<&str>("errors.tolerance")? == "all",
            log: self.values.get("errors.log.enable")?,
            log_details: self.values.get("errors.log.include.messages")?,
        })
    }

    /// How much the connector may take in.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// The transforms that records go through, in order.
    pub fn transforms(&self) -> &[TransformStage] {
        &self.aliases
    }

    /// What the connector overrides of a client's settings.
    pub fn client_overrides(&self, client: Client) -> BTreeMap<String, String> {
        with_prefix(self.props(), client.override_prefix())
    }

    /// A sink's topics.
    pub fn topics(&self) -> Result<TopicSelection> {
        match self.values.get::<&str>("topics.regex")? {
            "" => Ok(TopicSelection::Names(self.values.get("topics")?)),
            pattern => Ok(TopicSelection::Pattern(Arc::new(JavaRegex::new(pattern)?))),
        }
    }

    /// Where bad records go, if anywhere.
    pub fn dead_letter_queue(&self) -> Result<Option<DeadLetterQueue>> {
        let topic: String = self.dead_letters.get("errors.deadletterqueue.topic.name")?;
        if topic.is_empty() {
            return Ok(None);
        }
        Ok(Some(DeadLetterQueue {
            topic,
            replication_factor: self
                .dead_letters
                .get("errors.deadletterqueue.topic.replication.factor")?,
            context_headers: self
                .dead_letters
                .get("errors.deadletterqueue.context.headers.enable")?,
        }))
    }

    /// Whether a source may only start when it gives exactly-once delivery (`exactly.once.support=required`).
    pub fn exactly_once_required(&self) -> Result<bool> {
        Ok(self
            .values
            .get::<&str>("exactly.once.support")?
            .eq_ignore_ascii_case("required"))
    }

    /// Where a source's transactions end.
    pub fn transaction_boundary(&self) -> Result<TransactionBoundary> {
        let boundary: &str = self.values.get("transaction.boundary")?;
        Ok(match boundary.to_ascii_lowercase().as_str() {
            "interval" => TransactionBoundary::Interval,
            "connector" => TransactionBoundary::Connector,
            _ => TransactionBoundary::Poll,
        })
    }

    /// The interval of a source's transactions; `None` for that of the worker's offset flush.
    pub fn transaction_interval(&self) -> Result<Option<Duration>> {
        let millis: Option<i64> = self.values.get("transaction.boundary.interval.ms")?;
        Ok(millis
            .and_then(|millis| u64::try_from(millis).ok())
            .map(Duration::from_millis))
    }

    /// The offsets topic of a source's own.
    pub fn offsets_topic(&self) -> Result<Option<&str>> {
        self.values.get("offsets.storage.topic")
    }
}

/// The transforms with their predicates. `def` holds the keys of every alias whose class there is.
fn stages(
    def: &ConfigDef,
    values: &ParsedConfig,
    props: &Props,
    plugins: &Plugins,
) -> Result<Vec<TransformStage>> {
    let declared = aliases(props, "predicates", plugins);
    let mut stages = Vec::new();
    for alias in aliases(props, "transforms", plugins) {
        let prefix = format!("transforms.{alias}.");
        refuse_spaces(props, &prefix, "Transformation")?;
        let plugin = plugin(values, &prefix)?;
        // `Boolean.parseBoolean` of the text as written: " true " is a valid false.
        let negate = text(props, &format!("{prefix}negate"));
        let negate = negate.is_some_and(|text| text.eq_ignore_ascii_case("true"));
        let guard: Option<&str> = match def.key(&format!("{prefix}predicate")) {
            Some(_) => values.get(&format!("{prefix}predicate"))?,
            None => None,
        };
        let predicate = match guard {
            Some(guard) if !declared.contains(guard) => {
                // Java's kind; its text is of a key that it did not find.
                return Err(ConnectError::connect(format!(
                    "Invalid value {guard} for configuration {prefix}predicate: there is no predicate {guard} in predicates"
                )));
            }
            Some(guard) => {
                let prefix = format!("predicates.{guard}.");
                refuse_spaces(props, &prefix, "Predicate")?;
                let props = under(props, &prefix);
                Some(PredicateStage {
                    alias: guard.to_owned(),
                    plugin: self::plugin(values, &prefix)?,
                    props,
                    negate,
                })
            }
            None => None,
        };
        stages.push(TransformStage {
            alias,
            plugin,
            props: under(props, &prefix),
            predicate,
        });
    }
    Ok(stages)
}

/// A class with spaces around it passes validation, and yet has no configuration for Java, which looks for it as written.
fn refuse_spaces(props: &Props, prefix: &str, interface: &str) -> Result<()> {
    let key = format!("{prefix}type");
    match text(props, &key) {
        Some(class) if class.trim() != class => Err(invalid_value(
            &key,
            class,
            format_args!("Error getting config definition from {interface}: {class}"),
        )),
        _ => Ok(()),
    }
}

/// The keys under a prefix, without it, nulls included.
fn under(props: &Props, prefix: &str) -> Props {
    let own = props
        .iter()
        .filter_map(|(key, value)| Some((key.strip_prefix(prefix)?.to_owned(), value.clone())));
    own.collect()
}

fn plugin(values: &ParsedConfig, prefix: &str) -> Result<PluginChoice> {
    let versions: Option<&str> = values.get(&format!("{prefix}plugin.version"))?;
    let versions =
        VersionRange::parse(versions).map_err(|error| ConnectError::config(error.to_string()))?;
    Ok(PluginChoice {
        class: values.get(&format!("{prefix}type"))?,
        versions,
    })
}

fn text<'p>(props: &'p Props, key: &str) -> Option<&'p str> {
    props.get(key)?.as_deref()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::StandaloneConfig;

    fn props(pairs: &[(&str, &str)]) -> Props {
        pairs
            .iter()
            .map(|(k, v)| (k.to_string(), Some(v.to_string())))
            .collect()
    }

    fn worker(plugins: &Plugins) -> WorkerConfig {
        let worker = props(&[
            ("bootstrap.servers", "a:1"),
            ("key.converter", "Json"),
            ("value.converter", "JsonConverter"),
            ("key.converter.schemas.enable", "false"),
            ("value.converter.schemas.enable", "false"),
            ("offset.storage.file.filename", "f"),
        ]);
        StandaloneConfig::new(worker, plugins).unwrap().worker
    }

    fn config(kind: ConnectorType, more: &[(&str, &str)]) -> Result<ConnectorConfig> {
        let plugins = Arc::new(Plugins::new([]));
        let mut all = props(&[("name", "c"), ("connector.class", "X")]);
        all.extend(props(more));
        ConnectorConfig::new(&plugins, kind, all)
    }

    #[test]
    fn converters_keep_their_scope() {
        let plugins = Plugins::new([]);
        let worker = worker(&plugins);
        let config = config(
            ConnectorType::Source,
            &[
                (
                    "value.converter",
                    "org.apache.kafka.connect.json.JsonConverter",
                ),
                ("value.converter.decimal.format", "numeric"),
                ("key.converter.decimal.format", "numeric"),
            ],
        )
        .unwrap();
        let key = config.converter(ConverterRole::Key, &worker).unwrap();
        assert_eq!(
            key.plugin.class,
            "org.apache.kafka.connect.json.JsonConverter"
        );
        assert_eq!(
            key.props,
            props(&[("schemas.enable", "false"), ("converter.type", "key")])
        );
        let value = config.converter(ConverterRole::Value, &worker).unwrap();
        assert_eq!(
            value.props,
            props(&[("decimal.format", "numeric"), ("converter.type", "value")])
        );
        let header = config.converter(ConverterRole::Header, &worker).unwrap();
        assert_eq!(
            header.plugin.class,
            "org.apache.kafka.connect.storage.SimpleHeaderConverter"
        );
    }

    #[test]
    fn sinks() {
        let sink = config(
            ConnectorType::Sink,
            &[
                ("topics", " a , b"),
                ("errors.tolerance", "all"),
                ("errors.retry.timeout", "-1"),
                ("errors.deadletterqueue.topic.name", "dlq"),
                ("consumer.override.max.poll.records", "5"),
                ("tasks.max", "3"),
            ],
        )
        .unwrap();
        assert!(
            matches!(sink.topics().unwrap(), TopicSelection::Names(names) if names == ["a", "b"])
        );
        let errors = sink.errors().unwrap();
        assert!(errors.tolerate_all && errors.retry_timeout.is_none());
        assert_eq!(
            sink.dead_letter_queue()
                .unwrap()
                .unwrap()
                .replication_factor,
            3
        );
        assert_eq!(
            sink.client_overrides(Client::Consumer)["max.poll.records"],
            "5"
        );
        assert_eq!(sink.tasks_max().unwrap(), 3);
        assert!(sink.tasks_max_enforce().unwrap() && sink.restart_on_reload().unwrap());
        let regex = config(ConnectorType::Sink, &[("topics.regex", r"orders\.\w+")]).unwrap();
        let TopicSelection::Pattern(pattern) = regex.topics().unwrap() else {
            panic!("no pattern")
        };
        assert!(
            pattern.matches("orders.x1").unwrap() && !pattern.matches("orders.\u{e9}").unwrap()
        );
        assert!(config(ConnectorType::Sink, &[]).is_err());
        assert!(
            config(
                ConnectorType::Sink,
                &[("topics", "a"), ("topics.regex", "a")]
            )
            .is_err()
        );
    }

    #[test]
    fn sources() {
        let source = config(
            ConnectorType::Source,
            &[("transaction.boundary", "INTERVAL")],
        )
        .unwrap();
        assert_eq!(
            source.transaction_boundary().unwrap(),
            TransactionBoundary::Interval
        );
        assert!(
            !source.exactly_once_required().unwrap() && source.offsets_topic().unwrap().is_none()
        );
        let error = config(ConnectorType::Source, &[("tasks.max", "0")]).unwrap_err();
        assert_eq!(
            error.message(),
            "Invalid value 0 for configuration tasks.max: Value must be at least 1"
        );
    }

    #[test]
    fn transforms_with_predicates() {
        let source = config(
            ConnectorType::Source,
            &[
                ("transforms", "route"),
                ("transforms.route.type", "RegexRouter"),
                ("transforms.route.regex", "(.*)"),
                ("transforms.route.replacement", "x-$1"),
                ("transforms.route.predicate", "p"),
                ("transforms.route.negate", "true"),
                ("predicates", "p"),
                ("predicates.p.type", "RecordIsTombstone"),
            ],
        )
        .unwrap();
        let [stage] = source.transforms() else {
            panic!("one transform")
        };
        assert_eq!(
            stage.plugin.class,
            "org.apache.kafka.connect.transforms.RegexRouter"
        );
        assert_eq!(stage.props["replacement"].as_deref(), Some("x-$1"));
        assert!(
            stage
                .predicate
                .as_ref()
                .is_some_and(|predicate| predicate.negate && predicate.alias == "p")
        );
        for wrong in [
            &[("transforms", "r")][..],
            &[("transforms", "r"), ("transforms.r.type", "Nope")],
            &[
                ("transforms", "r"),
                ("transforms.r.type", "java.lang.String"),
            ],
            &[
                ("transforms", "r"),
                ("transforms.r.type", "Filter"),
                ("transforms.r.predicate", "p"),
            ],
            &[
                ("transforms", "r"),
                ("transforms.r.type", "Filter"),
                ("transforms.r.negate", "true"),
            ],
        ] {
            assert!(config(ConnectorType::Source, wrong).is_err(), "{wrong:?}");
        }
    }
}

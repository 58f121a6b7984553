//! Settings of topics and brokers.

use std::collections::BTreeMap;

use kafka_protocol::messages::describe_configs_request::DescribeConfigsResource;
use kafka_protocol::messages::describe_configs_response::DescribeConfigsResourceResult;
use kafka_protocol::messages::incremental_alter_configs_request::{
    AlterConfigsResource, AlterableConfig,
};
use kafka_protocol::messages::{
    DescribeConfigsRequest, DescribeConfigsResponse, IncrementalAlterConfigsRequest,
    IncrementalAlterConfigsResponse,
};

use super::{Admin, Each, any_retriable, outcome, text};
use crate::cluster::Lane;
use crate::error::ClientError;

/// What has settings.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    /// A topic.
    Topic(String),
    /// A broker.
    Broker(i32),
}

/// One setting as a broker tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigEntry {
    /// Its value; `None` for a secret, and for a setting that is null.
    pub value: Option<String>,
    /// Where the value comes from.
    pub source: ConfigSource,
    /// Whether its value is kept secret.
    pub sensitive: bool,
    /// Whether it cannot be altered.
    pub read_only: bool,
}

/// Where a setting's value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfigSource {
    /// Set on the topic.
    Topic,
    /// Set on the broker while it runs.
    DynamicBroker,
    /// Set for all brokers while they run.
    DynamicDefaultBroker,
    /// The broker's properties file.
    StaticBroker,
    /// Kafka's default.
    Default,
    /// Of another kind, by its number.
    Other(i8),
}

/// A change to one setting (KIP-339).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Alteration {
    /// Gives it a value.
    Set(String),
    /// Takes the value away: the default holds again.
    Delete,
    /// Adds to a list.
    Append(String),
    /// Takes out of a list.
    Subtract(String),
}

impl Admin {
    /// The settings of topics and brokers, all of them or (if `keys` are given) these.
    ///
    /// # Errors
    /// No broker could be reached. Failures of single resources are in their outcomes.
    pub async fn describe_configs(
        &self,
        resources: &[Resource],
        keys: Option<&[&str]>,
    ) -> Result<Each<Resource, BTreeMap<String, ConfigEntry>>, ClientError> {
        let mut all = BTreeMap::new();
        for (node, resources) in by_node(resources.iter()) {
            let asked = |resource: &&Resource| {
                let (kind, name) = resource.on_wire();
                DescribeConfigsResource::default()
                    .with_resource_type(kind)
                    .with_resource_name(text(&name))
                    .with_configuration_keys(
                        keys.map(|keys| keys.iter().map(|key| text(key)).collect()),
                    )
            };
            let request = DescribeConfigsRequest::default()
                .with_resources(resources.iter().map(asked).collect());
            let answer: DescribeConfigsResponse = self
                .cluster
                .retry("describing configs", self.limit(), || async {
                    let answer = match node {
                        Some(node) => self.cluster.send(Lane::Shared, node, &request).await?,
                        None => self.cluster.send_any(Lane::Shared, &request).await?,
                    };
                    let codes = answer.results.iter().map(|told| told.error_code);
                    any_retriable("describing configs", codes)?;
                    Ok(answer)
                })
                .await?;
            for told in &answer.results {
                let Some(resource) = Resource::from_wire(told.resource_type, &told.resource_name)
                else {
                    continue;
                };
                let what = || format!("describing the configuration of {resource}");
                let result = outcome(what, told.error_code, told.error_message.as_ref());
                let entries = || {
                    told.configs
                        .iter()
                        .map(|entry| (entry.name.to_string(), entry.into()))
                        .collect()
                };
                all.insert(resource.clone(), result.map(|()| entries()));
            }
        }
        Ok(all)
    }

    /// Changes settings, leaving those not named as they are.
    ///
    /// # Errors
    /// No broker could be reached. `INVALID_CONFIG` and the like are in the outcome of each resource.
    pub async fn alter_configs(
        &self,
        changes: &BTreeMap<Resource, BTreeMap<String, Alteration>>,
        validate_only: bool,
    ) -> Result<Each<Resource, ()>, ClientError> {
        let mut all = BTreeMap::new();
        for (node, resources) in by_node(changes.keys()) {
            let asked = |resource: &&Resource| {
                let (kind, name) = resource.on_wire();
                let configs = changes.get(*resource).into_iter().flatten().map(alterable);
                AlterConfigsResource::default()
                    .with_resource_type(kind)
                    .with_resource_name(text(&name))
                    .with_configs(configs.collect())
            };
            let request = IncrementalAlterConfigsRequest::default()
                .with_resources(resources.iter().map(asked).collect())
                .with_validate_only(validate_only);
            let check = |answer: &IncrementalAlterConfigsResponse| {
                any_retriable(
                    "altering configs",
                    answer.responses.iter().map(|told| told.error_code),
                )
            };
            let answer = match node {
                Some(node) => self.cluster.send(Lane::Shared, node, &request).await?,
                None => {
                    self.to_controller::<IncrementalAlterConfigsRequest, _>(
                        "altering configs",
                        |_| &request,
                        check,
                    )
                    .await?
                }
            };
            for told in &answer.responses {
                let Some(resource) = Resource::from_wire(told.resource_type, &told.resource_name)
                else {
                    continue;
                };
                let what = || format!("altering the configuration of {resource}");
                all.insert(
                    resource.clone(),
                    outcome(what, told.error_code, told.error_message.as_ref()),
                );
            }
        }
        Ok(all)
    }
}

impl Resource {
    fn on_wire(&self) -> (i8, String) {
        match self {
            Self::Topic(name) => (TOPIC, name.clone()),
            Self::Broker(id) => (BROKER, id.to_string()),
        }
    }

    fn from_wire(kind: i8, name: &str) -> Option<Self> {
        match kind {
            TOPIC => Some(Self::Topic(name.to_owned())),
            BROKER => name.parse().ok().map(Self::Broker),
            _ => None,
        }
    }
}

impl std::fmt::Display for Resource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Topic(name) => write!(f, "topic \"{name}\""),
            Self::Broker(id) => write!(f, "broker {id}"),
        }
    }
}

impl From<&DescribeConfigsResourceResult> for ConfigEntry {
    fn from(told: &DescribeConfigsResourceResult) -> Self {
        Self {
            value: told.value.as_ref().map(ToString::to_string),
            source: match told.config_source {
                1 => ConfigSource::Topic,
                2 => ConfigSource::DynamicBroker,
                3 => ConfigSource::DynamicDefaultBroker,
                4 => ConfigSource::StaticBroker,
                5 => ConfigSource::Default,
                other => ConfigSource::Other(other),
            },
            sensitive: told.is_sensitive,
            read_only: told.read_only,
        }
    }
}

/// A broker's own settings are asked of that broker; everything else of any.
fn by_node<'a>(
    resources: impl Iterator<Item = &'a Resource>,
) -> BTreeMap<Option<i32>, Vec<&'a Resource>> {
    let mut nodes = BTreeMap::<_, Vec<_>>::new();
    for resource in resources {
        let node = match resource {
            Resource::Topic(_) => None,
            Resource::Broker(id) => Some(*id),
        };
        nodes.entry(node).or_default().push(resource);
    }
    nodes
}

fn alterable((name, change): (&String, &Alteration)) -> AlterableConfig {
    let (operation, value) = match change {
        Alteration::Set(value) => (0, Some(value)),
        Alteration::Delete => (1, None),
        Alteration::Append(value) => (2, Some(value)),
        Alteration::Subtract(value) => (3, Some(value)),
    };
    AlterableConfig::default()
        .with_name(text(name))
        .with_config_operation(operation)
        .with_value(value.map(|value| text(value)))
}

const TOPIC: i8 = 2;
const BROKER: i8 = 4;

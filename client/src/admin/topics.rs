//! Topics: create, describe, delete, more partitions.

use std::collections::BTreeMap;
use std::sync::Arc;

use kafka_protocol::messages::create_partitions_request::CreatePartitionsTopic;
use kafka_protocol::messages::create_topics_request::{CreatableTopic, CreatableTopicConfig};
use kafka_protocol::messages::create_topics_response::CreatableTopicResult;
use kafka_protocol::messages::delete_topics_request::DeleteTopicState;
use kafka_protocol::messages::{
    BrokerId, CreatePartitionsRequest, CreatePartitionsResponse, CreateTopicsRequest,
    CreateTopicsResponse, DeleteTopicsRequest, DeleteTopicsResponse, TopicName,
};

use super::{Admin, Each, not_controller, outcome, shared, text};
use crate::cluster::Topics;
use crate::error::ClientError;
use crate::metadata::Topic;

/// A topic to create.
#[derive(Debug, Clone, Default)]
pub struct NewTopic {
    /// Its name.
    pub name: String,
    /// How many partitions; `None` takes the broker's `num.partitions`.
    pub partitions: Option<i32>,
    /// How many replicas of each; `None` takes the broker's `default.replication.factor`.
    pub replication_factor: Option<i16>,
    /// Its settings, as `cleanup.policy`.
    pub configs: BTreeMap<String, String>,
}

/// A topic that was created (or would have been).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreatedTopic {
    /// How many partitions it has; `None` when the broker is too old to tell.
    pub partitions: Option<i32>,
    /// How many replicas of each; `None` when the broker is too old to tell.
    pub replication_factor: Option<i16>,
}

impl Admin {
    /// Creates topics; with `validate_only` the broker only says whether it would.
    ///
    /// # Errors
    /// No controller could be reached. `TOPIC_ALREADY_EXISTS` and the like are in the outcome of each topic.
    pub async fn create_topics(
        &self,
        topics: &[NewTopic],
        validate_only: bool,
    ) -> Result<Each<String, CreatedTopic>, ClientError> {
        let request = CreateTopicsRequest::default()
            .with_topics(topics.iter().map(creatable).collect())
            .with_timeout_ms(self.broker_limit_ms())
            .with_validate_only(validate_only);
        let check = |answer: &CreateTopicsResponse| {
            not_controller(
                "creating topics",
                answer.topics.iter().map(|topic| topic.error_code),
            )
        };
        let answer = self
            .to_controller::<CreateTopicsRequest, _>("creating topics", |_| &request, check)
            .await?;
        let told = |topic: &CreatableTopicResult| {
            let name = topic.name.to_string();
            let what = || format!("creating topic \"{name}\"");
            let result = outcome(what, topic.error_code, topic.error_message.as_ref()).map(|()| {
                CreatedTopic {
                    partitions: (topic.num_partitions > 0).then_some(topic.num_partitions),
                    replication_factor: (topic.replication_factor > 0)
                        .then_some(topic.replication_factor),
                }
            });
            (name.clone(), result)
        };
        Ok(answer.topics.iter().map(told).collect())
    }

    /// Deletes topics.
    ///
    /// # Errors
    /// No controller could be reached. `UNKNOWN_TOPIC_OR_PARTITION` and the like are in the outcome of each topic.
    pub async fn delete_topics(&self, topics: &[String]) -> Result<Each<String, ()>, ClientError> {
        let name = |topic: &String| TopicName(text(topic));
        // Names alone until version 5, names or ids since.
        let state = |topic: &String| DeleteTopicState::default().with_name(Some(name(topic)));
        let limit = self.broker_limit_ms();
        let build = |version| {
            let request = DeleteTopicsRequest::default().with_timeout_ms(limit);
            if version >= 6 {
                request.with_topics(topics.iter().map(state).collect())
            } else {
                request.with_topic_names(topics.iter().map(name).collect())
            }
        };
        let check = |answer: &DeleteTopicsResponse| {
            not_controller(
                "deleting topics",
                answer.responses.iter().map(|topic| topic.error_code),
            )
        };
        let answer = self
            .to_controller::<DeleteTopicsRequest, _>("deleting topics", build, check)
            .await?;
        let told = answer.responses.iter().map(|topic| {
            let name = topic
                .name
                .as_ref()
                .map(|name| name.0.to_string())
                .unwrap_or_default();
            let what = || format!("deleting topic \"{name}\"");
            (
                name.clone(),
                outcome(what, topic.error_code, topic.error_message.as_ref()),
            )
        });
        Ok(told.collect())
    }

    /// Describes topics by what a broker says now.
    ///
    /// # Errors
    /// No broker could be reached. A topic that does not exist is an error in its outcome.
    pub async fn describe_topics(
        &self,
        topics: &[String],
    ) -> Result<Each<String, Arc<Topic>>, ClientError> {
        let names: Vec<Arc<str>> = topics.iter().map(|name| name.as_str().into()).collect();
        let limit = self.limit();
        let metadata = self
            .cluster
            .retry("describing topics", limit, || {
                self.cluster.refresh(Topics::Named(&names))
            })
            .await?;
        let described = topics.iter().map(|name| {
            let found = metadata.topic(name).cloned();
            (
                name.clone(),
                found.ok_or_else(|| self.cluster.missing(name)),
            )
        });
        Ok(described.collect())
    }

    /// Every topic of the cluster, Kafka's own included, in alphabetical order.
    ///
    /// # Errors
    /// No broker could be reached.
    pub async fn list_topics(&self) -> Result<Vec<Arc<Topic>>, ClientError> {
        let limit = self.limit();
        let metadata = self
            .cluster
            .retry("listing topics", limit, || {
                self.cluster.refresh(Topics::All)
            })
            .await?;
        Ok(metadata.topics().cloned().collect())
    }

    /// Gives topics more partitions, so that each has as many as asked for.
    ///
    /// # Errors
    /// No controller could be reached. `INVALID_PARTITIONS` and the like are in the outcome of each topic.
    pub async fn create_partitions(
        &self,
        counts: &BTreeMap<String, i32>,
        validate_only: bool,
    ) -> Result<Each<String, ()>, ClientError> {
        let topic = |(name, count): (&String, &i32)| {
            CreatePartitionsTopic::default()
                .with_name(TopicName(text(name)))
                .with_count(*count)
                .with_assignments(None)
        };
        let request = CreatePartitionsRequest::default()
            .with_topics(counts.iter().map(topic).collect())
            .with_timeout_ms(self.broker_limit_ms())
            .with_validate_only(validate_only);
        let check = |answer: &CreatePartitionsResponse| {
            not_controller(
                "creating partitions",
                answer.results.iter().map(|topic| topic.error_code),
            )
        };
        let answer = self
            .to_controller::<CreatePartitionsRequest, _>("creating partitions", |_| &request, check)
            .await?;
        let told = answer.results.iter().map(|topic| {
            let name = shared(&topic.name.0).to_string();
            let what = || format!("adding partitions to topic \"{name}\"");
            (
                name.clone(),
                outcome(what, topic.error_code, topic.error_message.as_ref()),
            )
        });
        Ok(told.collect())
    }

    /// Ids of the brokers that are alive.
    ///
    /// # Errors
    /// No broker could be reached.
    pub(super) async fn brokers(&self) -> Result<Vec<BrokerId>, ClientError> {
        let limit = self.limit();
        let metadata = self
            .cluster
            .retry("listing brokers", limit, || {
                self.cluster.refresh(Topics::None)
            })
            .await?;
        Ok(metadata.brokers.keys().map(|id| BrokerId(*id)).collect())
    }
}

/// `-1` stands for the broker's own default (KIP-464).
fn creatable(topic: &NewTopic) -> CreatableTopic {
    let config = |(name, value): (&String, &String)| {
        CreatableTopicConfig::default()
            .with_name(text(name))
            .with_value(Some(text(value)))
    };
    CreatableTopic::default()
        .with_name(TopicName(text(&topic.name)))
        .with_num_partitions(topic.partitions.unwrap_or(-1))
        .with_replication_factor(topic.replication_factor.unwrap_or(-1))
        .with_configs(topic.configs.iter().map(config).collect())
}

//! The topics in which a cluster keeps its state: created as they must be, or checked and refused.

use std::time::Duration;

use tokio::time::Instant;
use windlass_client::ClientError;
use windlass_client::admin::{Admin, NewTopic, Resource};

use crate::config::StorageTopic;

/// Why a topic cannot hold a cluster's state.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TopicError {
    /// It could not be looked up or created.
    #[error("cannot {action} topic \"{topic}\" ({key}): {error}")]
    Broker {
        /// What was tried.
        action: &'static str,
        /// The topic.
        topic: String,
        /// The key that names it.
        key: &'static str,
        /// What the broker said.
        error: Box<ClientError>,
    },
    /// It is not compacted: configurations, offsets or statuses would be lost in time.
    #[error(
        "topic \"{topic}\" ({key}) has cleanup.policy={policy}, expected compact: what is kept in it would be lost in \
         time; change the policy or name another topic"
    )]
    Policy {
        /// The topic.
        topic: String,
        /// The key that names it.
        key: &'static str,
        /// The policy it has.
        policy: String,
    },
    /// The config topic's records are only in order within one partition.
    #[error(
        "topic \"{topic}\" ({key}) has {partitions} partitions, expected 1: configurations must stay in order"
    )]
    Partitions {
        /// The topic.
        topic: String,
        /// The key that names it.
        key: &'static str,
        /// How many it has.
        partitions: i32,
    },
}

/// Creates a topic unless it exists, and checks one that does (DI-057, DI-058).
///
/// # Errors
/// [`TopicError`]; while there are too few brokers, or none answers, creation is tried again for
/// `default.api.timeout.ms`.
pub(crate) async fn prepare(admin: &Admin, topic: &StorageTopic) -> Result<(), TopicError> {
    let wanted = NewTopic {
        name: topic.name.clone(),
        partitions: topic.partitions,
        replication_factor: topic.replication_factor,
        configs: topic
            .settings
            .clone()
            .into_iter()
            .chain([(POLICY.to_owned(), COMPACT.to_owned())])
            .collect(),
    };
    let give_up_at = Instant::now() + admin.cluster().config().api_timeout;
    while let Err(error) = create(admin, &wanted).await {
        if is(&error, TOPIC_ALREADY_EXISTS) {
            return check(admin, topic).await;
        }
        let may_pass = is(&error, INVALID_REPLICATION_FACTOR) || error.is_retriable();
        if !may_pass || Instant::now() >= give_up_at {
            return Err(TopicError::Broker {
                action: "create",
                topic: topic.name.clone(),
                key: topic.key,
                error: Box::new(error),
            });
        }
        tracing::warn!(topic = topic.name, %error, "the topic cannot be created yet");
        tokio::time::sleep(PAUSE).await;
    }
    tracing::info!(topic = topic.name, "topic created");
    Ok(())
}

async fn create(admin: &Admin, wanted: &NewTopic) -> Result<(), ClientError> {
    let mut created = admin
        .create_topics(std::slice::from_ref(wanted), false)
        .await?;
    created
        .remove(&wanted.name)
        .map_or(Ok(()), |one| one.map(drop))
}

async fn check(admin: &Admin, topic: &StorageTopic) -> Result<(), TopicError> {
    let resource = Resource::Topic(topic.name.clone());
    let found = admin
        .describe_configs(std::slice::from_ref(&resource), Some(&[POLICY]))
        .await
        .and_then(|mut all| {
            all.remove(&resource)
                .unwrap_or_else(|| Ok(Default::default()))
        });
    match found {
        Ok(settings) => {
            let policy = settings.get(POLICY).and_then(|entry| entry.value.clone());
            if let Some(policy) = policy.filter(|policy| policy != COMPACT) {
                return Err(TopicError::Policy {
                    topic: topic.name.clone(),
                    key: topic.key,
                    policy,
                });
            }
        }
        // An old broker, or no right to ask: Java goes on too.
        Err(error) => {
            tracing::warn!(topic = topic.name, %error, "whether the topic is compacted could not be looked up");
        }
    }
    Ok(())
}

/// Refuses a config topic with several partitions (DI-056).
pub(crate) fn check_single(topic: &StorageTopic, partitions: i32) -> Result<(), TopicError> {
    if partitions == 1 {
        return Ok(());
    }
    Err(TopicError::Partitions {
        topic: topic.name.clone(),
        key: topic.key,
        partitions,
    })
}

fn is(error: &ClientError, code: i16) -> bool {
    error.code().is_some_and(|found| found.code() == code)
}

const POLICY: &str = "cleanup.policy";
const COMPACT: &str = "compact";
const PAUSE: Duration = Duration::from_secs(1);

const TOPIC_ALREADY_EXISTS: i16 = 36;
const INVALID_REPLICATION_FACTOR: i16 = 38;

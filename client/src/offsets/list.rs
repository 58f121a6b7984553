//! Where partitions begin and end, and where in them a time is.

use std::sync::Arc;

use kafka_protocol::messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic};
use kafka_protocol::messages::{BrokerId, ListOffsetsRequest};
use windlass_wire::ErrorCode;

use super::{PerPartition, by_topic, epoch, topic_name};
use crate::TopicPartition;
use crate::cluster::{Call, Cluster};
use crate::config::IsolationLevel;
use crate::error::ClientError;
use crate::metadata::NodeId;

/// Which offset is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OffsetQuery {
    /// Of the first record.
    Earliest,
    /// Behind the last record that the isolation level shows.
    Latest,
    /// Of the first record not older than this, in milliseconds since the epoch.
    Since(i64),
}

/// An offset found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    /// The offset; `None` when no record is that young.
    pub(crate) offset: Option<i64>,
    /// The leader epoch of the record there.
    pub(crate) leader_epoch: Option<i32>,
}

/// Asks a leader. `partitions` come with the leader epoch of our metadata.
///
/// # Errors
/// When the broker does not answer. Failures of single partitions are in the answer.
pub(crate) async fn list_offsets(
    cluster: &Cluster,
    call: Call,
    node: NodeId,
    partitions: &[(TopicPartition, i32, OffsetQuery)],
    isolation: IsolationLevel,
) -> Result<PerPartition<Listed>, ClientError> {
    let build = |version| request(partitions, isolation, version);
    let (_, answer) = cluster
        .send_with::<ListOffsetsRequest, _>(call, node, build)
        .await?;
    let mut found = PerPartition::new();
    for topic in &answer.topics {
        let name: Arc<str> = Arc::from(topic.name.as_str());
        for p in &topic.partitions {
            let listed = ErrorCode::check(p.error_code).map(|()| Listed {
                offset: (p.offset >= 0).then_some(p.offset),
                leader_epoch: epoch(p.leader_epoch),
            });
            found.insert(TopicPartition::new(name.clone(), p.partition_index), listed);
        }
    }
    Ok(found)
}

fn request(
    partitions: &[(TopicPartition, i32, OffsetQuery)],
    isolation: IsolationLevel,
    version: i16,
) -> ListOffsetsRequest {
    let topics = by_topic(
        partitions
            .iter()
            .map(|(tp, epoch, query)| (tp, (*epoch, *query))),
    );
    let topics = topics.into_iter().map(|(topic, list)| {
        let partitions = list.into_iter().map(|(number, (epoch, query))| {
            ListOffsetsPartition::default()
                .with_partition_index(number)
                .with_current_leader_epoch(if version >= 4 { epoch } else { -1 })
                .with_timestamp(query.timestamp())
        });
        ListOffsetsTopic::default()
            .with_name(topic_name(topic))
            .with_partitions(partitions.collect())
    });
    let request = ListOffsetsRequest::default()
        .with_replica_id(BrokerId(-1))
        .with_topics(topics.collect());
    if version >= 2 {
        request.with_isolation_level(isolation.code())
    } else {
        request
    }
}

impl OffsetQuery {
    fn timestamp(self) -> i64 {
        match self {
            Self::Earliest => -2,
            Self::Latest => -1,
            Self::Since(time) => time,
        }
    }
}

impl IsolationLevel {
    /// Its number on the wire.
    pub(crate) fn code(self) -> i8 {
        i8::from(self == Self::ReadCommitted)
    }
}

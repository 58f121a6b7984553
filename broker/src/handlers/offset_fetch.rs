//! OffsetFetch: what groups have committed; one group up to version 7, several from version 8 on.

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::offset_fetch_request::OffsetFetchRequestGroup;
use kafka_protocol::messages::offset_fetch_response::{
    OffsetFetchResponseGroup, OffsetFetchResponsePartition, OffsetFetchResponsePartitions,
    OffsetFetchResponseTopic, OffsetFetchResponseTopics,
};
use kafka_protocol::messages::{OffsetFetchRequest, OffsetFetchResponse};

use super::{Call, text, topic_name};
use crate::group::{Committed, TopicPartition};

pub(crate) async fn handle(call: &Call<'_>, request: OffsetFetchRequest) -> OffsetFetchResponse {
    let stable = request.require_stable;
    if call.version >= 8 {
        let groups = request
            .groups
            .iter()
            .map(|group| of_group(call, group, stable))
            .collect();
        return OffsetFetchResponse::default().with_groups(groups);
    }
    let asked = request.topics.as_ref().map(|topics| {
        let all = topics
            .iter()
            .map(|topic| (topic.name.to_string(), topic.partition_indexes.clone()));
        all.collect()
    });
    let topics = look(call, &request.group_id, asked, stable)
        .into_iter()
        .map(|(name, partitions)| {
            let partition = |row: Row| {
                OffsetFetchResponsePartition::default()
                    .with_partition_index(row.partition)
                    .with_committed_offset(row.committed.offset)
                    .with_committed_leader_epoch(row.committed.leader_epoch)
                    .with_metadata(Some(text(&row.committed.metadata)))
                    .with_error_code(row.code)
            };
            OffsetFetchResponseTopic::default()
                .with_name(topic_name(&name))
                .with_partitions(partitions.into_iter().map(partition).collect())
        });
    OffsetFetchResponse::default().with_topics(topics.collect())
}

pub(crate) fn refuse(request: &OffsetFetchRequest, error: ResponseError) -> OffsetFetchResponse {
    let group = |group: &OffsetFetchRequestGroup| {
        OffsetFetchResponseGroup::default()
            .with_group_id(group.group_id.clone())
            .with_error_code(error.code())
    };
    let response = OffsetFetchResponse::default();
    match request.groups.is_empty() {
        false => response.with_groups(request.groups.iter().map(group).collect()),
        true => response.with_error_code(error.code()),
    }
}

fn of_group(
    call: &Call<'_>,
    group: &OffsetFetchRequestGroup,
    stable: bool,
) -> OffsetFetchResponseGroup {
    let asked = group.topics.as_ref().map(|topics| {
        let all = topics
            .iter()
            .map(|topic| (topic.name.to_string(), topic.partition_indexes.clone()));
        all.collect()
    });
    let topics =
        look(call, &group.group_id, asked, stable)
            .into_iter()
            .map(|(name, partitions)| {
                let partition = |row: Row| {
                    OffsetFetchResponsePartitions::default()
                        .with_partition_index(row.partition)
                        .with_committed_offset(row.committed.offset)
                        .with_committed_leader_epoch(row.committed.leader_epoch)
                        .with_metadata(Some(text(&row.committed.metadata)))
                        .with_error_code(row.code)
                };
                OffsetFetchResponseTopics::default()
                    .with_name(topic_name(&name))
                    .with_partitions(partitions.into_iter().map(partition).collect())
            });
    OffsetFetchResponseGroup::default()
        .with_group_id(group.group_id.clone())
        .with_topics(topics.collect())
}

struct Row {
    partition: i32,
    committed: Committed,
    code: i16,
}

/// Rows by topic: of the partitions asked for, or of all with a committed offset. With `stable`, an offset that an
/// open transaction will change is an error worth a retry (KIP-447).
fn look(
    call: &Call<'_>,
    group: &str,
    asked: Option<Vec<(String, Vec<i32>)>>,
    stable: bool,
) -> Vec<(String, Vec<Row>)> {
    let all = |group: &str| {
        let mut topics: Vec<(String, Vec<i32>)> = Vec::new();
        call.node.groups.with(group, |held| {
            for ((topic, partition), _) in held.offsets.all() {
                match topics.last_mut() {
                    Some((last, partitions)) if last == topic => partitions.push(*partition),
                    _ => topics.push((topic.clone(), vec![*partition])),
                }
            }
        });
        topics
    };
    let asked = asked.unwrap_or_else(|| all(group));
    let row = |at: TopicPartition| {
        let (committed, unstable) = call
            .node
            .groups
            .with(group, |held| {
                (
                    held.offsets.committed(&at).cloned(),
                    stable && held.offsets.is_unstable(&at),
                )
            })
            .unwrap_or_default();
        let none = || Committed {
            offset: -1,
            leader_epoch: -1,
            metadata: String::new(),
        };
        match unstable {
            true => Row {
                partition: at.1,
                committed: none(),
                code: ResponseError::UnstableOffsetCommit.code(),
            },
            false => Row {
                partition: at.1,
                committed: committed.unwrap_or_else(none),
                code: 0,
            },
        }
    };
    let topic = |(name, partitions): (String, Vec<i32>)| {
        let rows = partitions
            .into_iter()
            .map(|partition| row((name.clone(), partition)))
            .collect();
        (name, rows)
    };
    asked.into_iter().map(topic).collect()
}

//! Offsets: of groups and of logs.

use std::collections::BTreeMap;

use kafka_protocol::messages::offset_commit_request::{
    OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};
use kafka_protocol::messages::offset_delete_request::{
    OffsetDeleteRequestPartition, OffsetDeleteRequestTopic,
};
use kafka_protocol::messages::offset_fetch_request::OffsetFetchRequestGroup;
use kafka_protocol::messages::{
    GroupId, OffsetCommitRequest, OffsetCommitResponse, OffsetDeleteRequest, OffsetDeleteResponse,
    OffsetFetchRequest, OffsetFetchResponse,
};

use super::{Admin, Each, any_retriable, outcome, text};
use crate::cluster::{Call, Lane};
use crate::config::IsolationLevel;
use crate::error::ClientError;
use crate::offsets::{OffsetQuery, by_topic, list_offsets, topic_name};
use crate::{OffsetAndMetadata, TopicPartition};

/// Which offset of a log is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OffsetAt {
    /// The first.
    Earliest,
    /// The one the next record will get (with read_committed: the last stable offset).
    Latest,
    /// The first record not older than this, in milliseconds since the epoch.
    Time(i64),
}

impl Admin {
    /// Everything a group has committed. A group that does not exist has committed nothing.
    ///
    /// # Errors
    /// Its coordinator could not be reached, or refuses.
    pub async fn list_group_offsets(
        &self,
        group: &str,
    ) -> Result<BTreeMap<TopicPartition, OffsetAndMetadata>, ClientError> {
        let what = format!("listing the offsets of group \"{group}\"");
        let build = |version| {
            let id = GroupId(text(group));
            if version >= 8 {
                let asked = OffsetFetchRequestGroup::default()
                    .with_group_id(id)
                    .with_topics(None);
                OffsetFetchRequest::default().with_groups(vec![asked])
            } else {
                OffsetFetchRequest::default()
                    .with_group_id(id)
                    .with_topics(None)
            }
        };
        let check = |answer: &OffsetFetchResponse| {
            outcome(|| what.clone(), answer.error_code, None)?;
            answer
                .groups
                .iter()
                .try_for_each(|told| outcome(|| what.clone(), told.error_code, None))
        };
        let answer = self.to_coordinator(&what, group, build, check).await?;
        Ok(told_offsets(&answer))
    }

    /// Sets offsets of a group that has no members.
    ///
    /// # Errors
    /// Its coordinator could not be reached. `UNKNOWN_MEMBER_ID` (the group has members) and the like are in the outcome
    /// of each partition.
    pub async fn alter_group_offsets(
        &self,
        group: &str,
        offsets: &BTreeMap<TopicPartition, OffsetAndMetadata>,
    ) -> Result<Each<TopicPartition, ()>, ClientError> {
        let what = format!("altering the offsets of group \"{group}\"");
        let build = |_| commit_request(group, offsets);
        let check = |answer: &OffsetCommitResponse| {
            let partitions = answer.topics.iter().flat_map(|topic| &topic.partitions);
            any_retriable(&what, partitions.map(|told| told.error_code))
        };
        let answer = self.to_coordinator(&what, group, build, check).await?;
        let mut all = BTreeMap::new();
        for topic in &answer.topics {
            for told in &topic.partitions {
                let tp = TopicPartition::new(topic.name.0.as_str(), told.partition_index);
                let what = || format!("{what}: {tp}");
                all.insert(tp.clone(), outcome(what, told.error_code, None));
            }
        }
        Ok(all)
    }

    /// Deletes offsets of a group for partitions of topics that none of its members is subscribed to.
    ///
    /// # Errors
    /// Its coordinator could not be reached, or refuses as a whole (`GROUP_ID_NOT_FOUND`).
    pub async fn delete_group_offsets(
        &self,
        group: &str,
        partitions: &[TopicPartition],
    ) -> Result<Each<TopicPartition, ()>, ClientError> {
        let what = format!("deleting offsets of group \"{group}\"");
        let build = |_| {
            let topics = by_topic(partitions.iter().map(|tp| (tp, ())))
                .into_iter()
                .map(|(topic, list)| {
                    let asked = |(partition, ())| {
                        OffsetDeleteRequestPartition::default().with_partition_index(partition)
                    };
                    OffsetDeleteRequestTopic::default()
                        .with_name(topic_name(topic))
                        .with_partitions(list.into_iter().map(asked).collect())
                });
            OffsetDeleteRequest::default()
                .with_group_id(GroupId(text(group)))
                .with_topics(topics.collect())
        };
        let check =
            |answer: &OffsetDeleteResponse| outcome(|| what.clone(), answer.error_code, None);
        let answer = self.to_coordinator(&what, group, build, check).await?;
        let mut all = BTreeMap::new();
        for topic in &answer.topics {
            for told in &topic.partitions {
                let tp = TopicPartition::new(topic.name.0.as_str(), told.partition_index);
                let what = || format!("{what}: {tp}");
                all.insert(tp.clone(), outcome(what, told.error_code, None));
            }
        }
        Ok(all)
    }

    /// Offsets of logs; `None` where no record is that young.
    ///
    /// # Errors
    /// A leader could not be found or reached. Failures of single partitions are in their outcomes.
    pub async fn list_offsets(
        &self,
        partitions: &BTreeMap<TopicPartition, OffsetAt>,
        isolation: IsolationLevel,
    ) -> Result<Each<TopicPartition, Option<i64>>, ClientError> {
        let mut by_leader = BTreeMap::<_, Vec<_>>::new();
        for (tp, at) in partitions {
            let (leader, epoch) = self
                .cluster
                .leader(&tp.topic, tp.partition, self.limit())
                .await?;
            let query = match at {
                OffsetAt::Earliest => OffsetQuery::Earliest,
                OffsetAt::Latest => OffsetQuery::Latest,
                OffsetAt::Time(ms) => OffsetQuery::Since(*ms),
            };
            by_leader
                .entry(leader)
                .or_default()
                .push((tp.clone(), epoch, query));
        }
        let mut all = BTreeMap::new();
        for (leader, asked) in by_leader {
            let call = Call::from(Lane::Shared);
            let found = self
                .cluster
                .retry("listing offsets", self.limit(), || {
                    list_offsets(&self.cluster, call, leader, &asked, isolation)
                })
                .await?;
            for (tp, listed) in found {
                let what = format!("listing the offset of {tp}");
                let listed = listed
                    .map(|listed| listed.offset)
                    .map_err(|code| ClientError::broker(what, code));
                all.insert(tp, listed);
            }
        }
        Ok(all)
    }
}

fn told_offsets(answer: &OffsetFetchResponse) -> BTreeMap<TopicPartition, OffsetAndMetadata> {
    let mut found = BTreeMap::new();
    let mut keep =
        |topic: &str, partition: i32, offset: i64, epoch: i32, metadata: Option<String>| {
            if offset >= 0 {
                let leader_epoch = (epoch >= 0).then_some(epoch);
                let metadata = metadata.unwrap_or_default();
                found.insert(
                    TopicPartition::new(topic, partition),
                    OffsetAndMetadata {
                        offset,
                        leader_epoch,
                        metadata,
                    },
                );
            }
        };
    for topic in &answer.topics {
        for told in &topic.partitions {
            let metadata = told.metadata.as_ref().map(ToString::to_string);
            keep(
                &topic.name,
                told.partition_index,
                told.committed_offset,
                told.committed_leader_epoch,
                metadata,
            );
        }
    }
    for topic in answer.groups.iter().flat_map(|group| &group.topics) {
        for told in &topic.partitions {
            let metadata = told.metadata.as_ref().map(ToString::to_string);
            keep(
                &topic.name,
                told.partition_index,
                told.committed_offset,
                told.committed_leader_epoch,
                metadata,
            );
        }
    }
    found
}

/// Without a member and generation: what a broker takes only while the group has no members.
fn commit_request(
    group: &str,
    offsets: &BTreeMap<TopicPartition, OffsetAndMetadata>,
) -> OffsetCommitRequest {
    let topics = by_topic(offsets.iter()).into_iter().map(|(topic, list)| {
        let committed = |(partition, offset): (i32, &OffsetAndMetadata)| {
            OffsetCommitRequestPartition::default()
                .with_partition_index(partition)
                .with_committed_offset(offset.offset)
                .with_committed_leader_epoch(offset.leader_epoch.unwrap_or(-1))
                .with_committed_metadata(Some(text(&offset.metadata)))
        };
        OffsetCommitRequestTopic::default()
            .with_name(topic_name(topic))
            .with_partitions(list.into_iter().map(committed).collect())
    });
    OffsetCommitRequest::default()
        .with_group_id(GroupId(text(group)))
        .with_generation_id_or_member_epoch(-1)
        .with_topics(topics.collect())
}

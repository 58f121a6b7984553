//! Deleting the oldest records.

use std::collections::BTreeMap;

use kafka_protocol::messages::DeleteRecordsRequest;
use kafka_protocol::messages::delete_records_request::{
    DeleteRecordsPartition, DeleteRecordsTopic,
};

use super::{Admin, Each, outcome};
use crate::TopicPartition;
use crate::cluster::Lane;
use crate::error::ClientError;
use crate::offsets::{by_topic, topic_name};

impl Admin {
    /// Deletes all records before these offsets (`-1`: every record there is); the outcome is the first offset left.
    ///
    /// # Errors
    /// A leader could not be found or reached. Failures of single partitions are in their outcomes.
    pub async fn delete_records(
        &self,
        before: &BTreeMap<TopicPartition, i64>,
    ) -> Result<Each<TopicPartition, i64>, ClientError> {
        let mut by_leader = BTreeMap::<_, Vec<_>>::new();
        for (tp, offset) in before {
            let (leader, _) = self
                .cluster
                .leader(&tp.topic, tp.partition, self.limit())
                .await?;
            by_leader.entry(leader).or_default().push((tp, *offset));
        }
        let mut all = BTreeMap::new();
        for (leader, partitions) in by_leader {
            let topics = by_topic(partitions).into_iter().map(|(topic, list)| {
                let asked = |(partition, offset)| {
                    DeleteRecordsPartition::default()
                        .with_partition_index(partition)
                        .with_offset(offset)
                };
                DeleteRecordsTopic::default()
                    .with_name(topic_name(topic))
                    .with_partitions(list.into_iter().map(asked).collect())
            });
            let request = DeleteRecordsRequest::default()
                .with_topics(topics.collect())
                .with_timeout_ms(self.broker_limit_ms());
            let answer = self.cluster.send(Lane::Shared, leader, &request).await?;
            for topic in &answer.topics {
                for told in &topic.partitions {
                    let tp = TopicPartition::new(topic.name.0.as_str(), told.partition_index);
                    let what = || format!("deleting records of {tp}");
                    let result = outcome(what, told.error_code, None).map(|()| told.low_watermark);
                    all.insert(tp.clone(), result);
                }
            }
        }
        Ok(all)
    }
}

//! DescribeLogDirs: how large each partition is.

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::describe_log_dirs_response::{
    DescribeLogDirsPartition, DescribeLogDirsResult, DescribeLogDirsTopic,
};
use kafka_protocol::messages::{DescribeLogDirsRequest, DescribeLogDirsResponse};

use super::{Call, text, topic_name};
use crate::config::Storage;
use crate::topics::Topic;

pub(crate) async fn handle(
    call: &Call<'_>,
    request: DescribeLogDirsRequest,
) -> DescribeLogDirsResponse {
    let wanted = |topic: &Topic, index: i32| {
        request.topics.as_ref().is_none_or(|topics| {
            topics
                .iter()
                .any(|asked| **asked.topic == *topic.name && asked.partitions.contains(&index))
        })
    };
    let describe = |topic: &Topic| {
        let partitions = topic.partitions();
        let partitions = (0..)
            .zip(&partitions)
            .filter(|(index, _)| wanted(topic, *index));
        let partitions: Vec<_> = partitions
            .map(|(index, partition)| {
                DescribeLogDirsPartition::default()
                    .with_partition_index(index)
                    .with_partition_size(partition.size() as i64)
            })
            .collect();
        DescribeLogDirsTopic::default()
            .with_name(topic_name(&topic.name))
            .with_partitions(partitions)
    };
    let topics = call.node.topics.all();
    let topics = topics
        .iter()
        .map(|topic| describe(topic))
        .filter(|topic| !topic.partitions.is_empty());
    let directory = match &call.node.config.storage {
        Storage::Memory => "memory".to_owned(),
        Storage::Directory(path) => path.display().to_string(),
    };
    let result = DescribeLogDirsResult::default()
        .with_log_dir(text(&directory))
        .with_topics(topics.collect())
        .with_total_bytes(-1)
        .with_usable_bytes(-1);
    DescribeLogDirsResponse::default().with_results(vec![result])
}

pub(crate) fn refuse(
    _request: &DescribeLogDirsRequest,
    error: ResponseError,
) -> DescribeLogDirsResponse {
    DescribeLogDirsResponse::default().with_error_code(error.code())
}

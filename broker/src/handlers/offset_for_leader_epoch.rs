//! OffsetForLeaderEpoch: there has been but one leader, so its epoch ends where the log does.

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::offset_for_leader_epoch_request::{
    OffsetForLeaderPartition, OffsetForLeaderTopic,
};
use kafka_protocol::messages::offset_for_leader_epoch_response::{
    EpochEndOffset, OffsetForLeaderTopicResult,
};
use kafka_protocol::messages::{OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse};

use super::Call;

pub(crate) async fn handle(
    call: &Call<'_>,
    request: OffsetForLeaderEpochRequest,
) -> OffsetForLeaderEpochResponse {
    answer(&request, |topic, asked| {
        let topic = call
            .node
            .topics
            .by_name(topic)
            .ok_or(ResponseError::UnknownTopicOrPartition)?;
        let partition = topic
            .partition(asked.partition)
            .ok_or(ResponseError::UnknownTopicOrPartition)?;
        Ok(match asked.leader_epoch {
            0 => (0, partition.marks().end),
            _ => (-1, -1),
        })
    })
}

pub(crate) fn refuse(
    request: &OffsetForLeaderEpochRequest,
    error: ResponseError,
) -> OffsetForLeaderEpochResponse {
    answer(request, |_, _| Err(error))
}

/// `look` gives the epoch and where it ends, -1 for both where there was no such epoch.
fn answer(
    request: &OffsetForLeaderEpochRequest,
    look: impl Fn(&str, &OffsetForLeaderPartition) -> Result<(i32, i64), ResponseError>,
) -> OffsetForLeaderEpochResponse {
    let topic = |topic: &OffsetForLeaderTopic| {
        let partition = |asked: &OffsetForLeaderPartition| {
            let answer = EpochEndOffset::default().with_partition(asked.partition);
            match look(&topic.topic, asked) {
                Ok((epoch, end)) => answer.with_leader_epoch(epoch).with_end_offset(end),
                Err(error) => answer
                    .with_error_code(error.code())
                    .with_leader_epoch(-1)
                    .with_end_offset(-1),
            }
        };
        OffsetForLeaderTopicResult::default()
            .with_topic(topic.topic.clone())
            .with_partitions(topic.partitions.iter().map(partition).collect())
    };
    OffsetForLeaderEpochResponse::default().with_topics(request.topics.iter().map(topic).collect())
}

//! ListOffsets: where a partition begins, ends, or passes a time.

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic};
use kafka_protocol::messages::list_offsets_response::{
    ListOffsetsPartitionResponse, ListOffsetsTopicResponse,
};
use kafka_protocol::messages::{ListOffsetsRequest, ListOffsetsResponse};

use super::Call;
use crate::error::Error;

pub(crate) async fn handle(call: &Call<'_>, request: ListOffsetsRequest) -> ListOffsetsResponse {
    let committed = request.isolation_level == 1;
    // The epoch of the one leader there has been, in versions that have room for it.
    let epoch = if call.version >= 4 { 0 } else { -1 };
    answer(&request, epoch, |topic, partition| {
        look(call, &topic.name, partition, committed)
    })
}

pub(crate) fn refuse(request: &ListOffsetsRequest, error: ResponseError) -> ListOffsetsResponse {
    answer(request, -1, |_, _| Err(error))
}

/// Offset and timestamp; -1 for both where there is no such record.
fn look(
    call: &Call<'_>,
    topic: &str,
    asked: &ListOffsetsPartition,
    committed: bool,
) -> Result<(i64, i64), ResponseError> {
    let topic = call
        .node
        .topics
        .by_name(topic)
        .ok_or(ResponseError::UnknownTopicOrPartition)?;
    let partition = topic
        .partition(asked.partition_index)
        .ok_or(ResponseError::UnknownTopicOrPartition)?;
    if asked.current_leader_epoch > 0 {
        return Err(ResponseError::UnknownLeaderEpoch);
    }
    let marks = partition.marks();
    let limit = if committed {
        marks.last_stable
    } else {
        marks.end
    };
    let found = match asked.timestamp {
        LATEST => return Ok((limit, -1)),
        EARLIEST | EARLIEST_LOCAL => return Ok((marks.start, -1)),
        LATEST_TIERED => None,
        MAX_TIMESTAMP => partition.offset_of_max_time().map_err(Error::answer)?,
        timestamp => partition.offset_at_time(timestamp).map_err(Error::answer)?,
    };
    Ok(found
        .filter(|(offset, _)| *offset < limit)
        .unwrap_or((-1, -1)))
}

fn answer(
    request: &ListOffsetsRequest,
    epoch: i32,
    look: impl Fn(&ListOffsetsTopic, &ListOffsetsPartition) -> Result<(i64, i64), ResponseError>,
) -> ListOffsetsResponse {
    let topic = |topic: &ListOffsetsTopic| {
        let partition = |asked: &ListOffsetsPartition| {
            let answer =
                ListOffsetsPartitionResponse::default().with_partition_index(asked.partition_index);
            match look(topic, asked) {
                Ok((offset, timestamp)) => answer
                    .with_offset(offset)
                    .with_timestamp(timestamp)
                    .with_leader_epoch(if offset < 0 { -1 } else { epoch }),
                Err(error) => answer
                    .with_error_code(error.code())
                    .with_offset(-1)
                    .with_timestamp(-1),
            }
        };
        ListOffsetsTopicResponse::default()
            .with_name(topic.name.clone())
            .with_partitions(topic.partitions.iter().map(partition).collect())
    };
    ListOffsetsResponse::default().with_topics(request.topics.iter().map(topic).collect())
}

const LATEST: i64 = -1;
const EARLIEST: i64 = -2;
const MAX_TIMESTAMP: i64 = -3;
const EARLIEST_LOCAL: i64 = -4;
const LATEST_TIERED: i64 = -5;

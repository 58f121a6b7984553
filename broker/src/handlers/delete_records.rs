//! DeleteRecords: a partition's beginning moves up.

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::delete_records_request::{
    DeleteRecordsPartition, DeleteRecordsTopic,
};
use kafka_protocol::messages::delete_records_response::{
    DeleteRecordsPartitionResult, DeleteRecordsTopicResult,
};
use kafka_protocol::messages::{DeleteRecordsRequest, DeleteRecordsResponse};

use super::Call;
use crate::error::Error;
use crate::store::Entry;

pub(crate) async fn handle(
    call: &Call<'_>,
    request: DeleteRecordsRequest,
) -> DeleteRecordsResponse {
    answer(&request, |topic, asked| delete(call, topic, asked))
}

pub(crate) fn refuse(
    request: &DeleteRecordsRequest,
    error: ResponseError,
) -> DeleteRecordsResponse {
    answer(request, |_, _| Err(error))
}

/// The new beginning.
fn delete(
    call: &Call<'_>,
    name: &str,
    asked: &DeleteRecordsPartition,
) -> Result<i64, ResponseError> {
    let topic = call
        .node
        .topics
        .by_name(name)
        .ok_or(ResponseError::UnknownTopicOrPartition)?;
    let partition = topic
        .partition(asked.partition_index)
        .ok_or(ResponseError::UnknownTopicOrPartition)?;
    if !topic.rules().delete {
        return Err(ResponseError::PolicyViolation);
    }
    let start = partition
        .delete_before(asked.offset)
        .map_err(Error::answer)?
        .ok_or(ResponseError::OffsetOutOfRange)?;
    let entry = Entry::LogStart {
        topic: topic.name.clone(),
        partition: asked.partition_index,
        start,
    };
    call.node.store.put([entry]).map_err(Error::answer)?;
    Ok(start)
}

fn answer(
    request: &DeleteRecordsRequest,
    delete: impl Fn(&str, &DeleteRecordsPartition) -> Result<i64, ResponseError>,
) -> DeleteRecordsResponse {
    let topic = |topic: &DeleteRecordsTopic| {
        let partition = |asked: &DeleteRecordsPartition| {
            let answer =
                DeleteRecordsPartitionResult::default().with_partition_index(asked.partition_index);
            match delete(&topic.name, asked) {
                Ok(start) => answer.with_low_watermark(start),
                Err(error) => answer.with_low_watermark(-1).with_error_code(error.code()),
            }
        };
        DeleteRecordsTopicResult::default()
            .with_name(topic.name.clone())
            .with_partitions(topic.partitions.iter().map(partition).collect())
    };
    DeleteRecordsResponse::default().with_topics(request.topics.iter().map(topic).collect())
}

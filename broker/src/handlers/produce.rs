//! Produce: batches are appended, each to its partition.

use bytes::Bytes;
use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::produce_request::TopicProduceData;
use kafka_protocol::messages::produce_response::{PartitionProduceResponse, TopicProduceResponse};
use kafka_protocol::messages::{ProduceRequest, ProduceResponse};
use windlass_wire::batch::BatchHeader;

use super::{Call, find_topic, text};
use crate::partition::{Appended, Refused};
use crate::topics::Topic;
use crate::transactions::ProducerEpoch;
use crate::wall_clock;

pub(crate) async fn handle(call: &Call<'_>, request: ProduceRequest) -> ProduceResponse {
    let now = wall_clock::now_ms();
    let transactional_id = request.transactional_id.as_deref().map(|id| &**id);
    let acks_known = matches!(request.acks, -1..=1);
    let mut responses = Vec::new();
    for data in request.topic_data {
        let topic = find_topic(call, &data.name, data.topic_id);
        let mut partitions = Vec::new();
        for partition in data.partition_data {
            let appended = match &topic {
                _ if !acks_known => Err(ResponseError::InvalidRequiredAcks.into()),
                Ok(topic) => {
                    let records = partition.records.unwrap_or_default();
                    append(call, topic, partition.index, transactional_id, records, now)
                }
                Err(error) => Err((*error).into()),
            };
            partitions.push(answer(partition.index, appended));
        }
        responses.push(response(&data.name, data.topic_id, partitions));
    }
    ProduceResponse::default().with_responses(responses)
}

pub(crate) fn refuse(request: &ProduceRequest, error: ResponseError) -> ProduceResponse {
    let topic = |data: &TopicProduceData| {
        let partitions = data.partition_data.iter();
        let partitions = partitions
            .map(|partition| answer(partition.index, Err(error.into())))
            .collect();
        response(&data.name, data.topic_id, partitions)
    };
    ProduceResponse::default().with_responses(request.topic_data.iter().map(topic).collect())
}

fn append(
    call: &Call<'_>,
    topic: &Topic,
    index: i32,
    transactional_id: Option<&str>,
    records: Bytes,
    now: i64,
) -> Result<Appended, Refused> {
    let partition = topic
        .partition(index)
        .ok_or(ResponseError::UnknownTopicOrPartition)?;
    if let Ok(header) = BatchHeader::parse(&records, 0)
        && header.attributes.is_transactional()
    {
        let id = transactional_id.ok_or(ResponseError::InvalidRecord)?;
        let producer = ProducerEpoch {
            id: header.producer.id,
            epoch: header.producer.epoch,
        };
        call.node
            .transactions
            .may_write(id, producer, &(topic.name.clone(), index))?;
    }
    partition.produce(records, &topic.rules(), now)
}

fn answer(index: i32, appended: Result<Appended, Refused>) -> PartitionProduceResponse {
    let answer = PartitionProduceResponse::default().with_index(index);
    match appended {
        Ok(appended) => answer
            .with_base_offset(appended.base_offset)
            .with_log_append_time_ms(appended.log_append_time)
            .with_log_start_offset(appended.log_start),
        Err(refused) => answer
            .with_error_code(refused.error.code())
            .with_error_message(refused.message.as_deref().map(text))
            .with_base_offset(-1)
            .with_log_append_time_ms(-1)
            .with_log_start_offset(-1),
    }
}

fn response(
    name: &kafka_protocol::messages::TopicName,
    id: uuid::Uuid,
    partitions: Vec<PartitionProduceResponse>,
) -> TopicProduceResponse {
    TopicProduceResponse::default()
        .with_name(name.clone())
        .with_topic_id(id)
        .with_partition_responses(partitions)
}

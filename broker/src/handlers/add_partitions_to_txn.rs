//! AddPartitionsToTxn, in the versions of clients: those from 4 on are spoken between brokers.

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::add_partitions_to_txn_request::AddPartitionsToTxnTopic;
use kafka_protocol::messages::add_partitions_to_txn_response::{
    AddPartitionsToTxnPartitionResult, AddPartitionsToTxnTopicResult,
};
use kafka_protocol::messages::{AddPartitionsToTxnRequest, AddPartitionsToTxnResponse};

use super::Call;
use crate::transactions::ProducerEpoch;

pub(crate) async fn handle(
    call: &Call<'_>,
    request: AddPartitionsToTxnRequest,
) -> AddPartitionsToTxnResponse {
    let topics = &request.v3_and_below_topics;
    let exists = |topic: &str, partition| {
        call.node
            .topics
            .by_name(topic)
            .is_some_and(|topic| topic.partition(partition).is_some())
    };
    let partitions = topics.iter().flat_map(|topic| {
        topic
            .partitions
            .iter()
            .map(|partition| (topic.name.to_string(), *partition))
    });
    let partitions: Vec<(String, i32)> = partitions.collect();
    if !partitions
        .iter()
        .all(|(topic, partition)| exists(topic, *partition))
    {
        return answer(&request, |topic, partition| {
            match exists(topic, partition) {
                true => ResponseError::OperationNotAttempted.code(),
                false => ResponseError::UnknownTopicOrPartition.code(),
            }
        });
    }
    let producer = ProducerEpoch {
        id: *request.v3_and_below_producer_id,
        epoch: request.v3_and_below_producer_epoch,
    };
    let added = call.node.transactions.add(
        &request.v3_and_below_transactional_id,
        producer,
        partitions,
        None,
    );
    let code = super::code(added.map_err(|error| super::end_txn::for_version(error, call.version)));
    answer(&request, |_, _| code)
}

pub(crate) fn refuse(
    request: &AddPartitionsToTxnRequest,
    error: ResponseError,
) -> AddPartitionsToTxnResponse {
    answer(request, |_, _| error.code())
}

fn answer(
    request: &AddPartitionsToTxnRequest,
    code: impl Fn(&str, i32) -> i16,
) -> AddPartitionsToTxnResponse {
    let topic = |topic: &AddPartitionsToTxnTopic| {
        let partition = |index: &i32| {
            AddPartitionsToTxnPartitionResult::default()
                .with_partition_index(*index)
                .with_partition_error_code(code(&topic.name, *index))
        };
        AddPartitionsToTxnTopicResult::default()
            .with_name(topic.name.clone())
            .with_results_by_partition(topic.partitions.iter().map(partition).collect())
    };
    let topics = request.v3_and_below_topics.iter().map(topic).collect();
    AddPartitionsToTxnResponse::default().with_results_by_topic_v3_and_below(topics)
}

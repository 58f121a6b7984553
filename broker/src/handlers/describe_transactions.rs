//! DescribeTransactions.

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::describe_transactions_response::{TopicData, TransactionState};
use kafka_protocol::messages::{
    DescribeTransactionsRequest, DescribeTransactionsResponse, ProducerId, TransactionalId,
};

use super::{Call, text, topic_name};
use crate::transactions::{Phase, Transaction};
use crate::wall_clock;

pub(crate) async fn handle(
    call: &Call<'_>,
    request: DescribeTransactionsRequest,
) -> DescribeTransactionsResponse {
    let all = call.node.transactions.all();
    let describe = |id: &TransactionalId| match all.iter().find(|(known, _)| **known == ***id) {
        Some((_, transaction)) => described(id, transaction),
        None => failed(id, ResponseError::TransactionalIdNotFound),
    };
    let rows = request.transactional_ids.iter().map(describe).collect();
    DescribeTransactionsResponse::default().with_transaction_states(rows)
}

pub(crate) fn refuse(
    request: &DescribeTransactionsRequest,
    error: ResponseError,
) -> DescribeTransactionsResponse {
    let rows = request
        .transactional_ids
        .iter()
        .map(|id| failed(id, error))
        .collect();
    DescribeTransactionsResponse::default().with_transaction_states(rows)
}

fn described(id: &TransactionalId, transaction: &Transaction) -> TransactionState {
    let mut topics: Vec<TopicData> = Vec::new();
    for (topic, partition) in &transaction.partitions {
        match topics.last_mut() {
            Some(last) if **last.topic == **topic => last.partitions.push(*partition),
            _ => topics.push(
                TopicData::default()
                    .with_topic(topic_name(topic))
                    .with_partitions(vec![*partition]),
            ),
        }
    }
    let open = transaction
        .began
        .filter(|_| transaction.phase == Phase::Open);
    let start = open.map_or(-1, |began| {
        wall_clock::now_ms() - began.elapsed().as_millis() as i64
    });
    TransactionState::default()
        .with_transactional_id(id.clone())
        .with_transaction_state(text(transaction.phase.name()))
        .with_transaction_timeout_ms(transaction.timeout_ms)
        .with_transaction_start_time_ms(start)
        .with_producer_id(ProducerId(transaction.producer_id))
        .with_producer_epoch(transaction.epoch)
        .with_topics(topics)
}

fn failed(id: &TransactionalId, error: ResponseError) -> TransactionState {
    TransactionState::default()
        .with_transactional_id(id.clone())
        .with_error_code(error.code())
}

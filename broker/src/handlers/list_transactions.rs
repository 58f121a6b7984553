//! ListTransactions.

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::list_transactions_response::TransactionState;
use kafka_protocol::messages::{
    ListTransactionsRequest, ListTransactionsResponse, ProducerId, TransactionalId,
};
use kafka_protocol::protocol::StrBytes;

use super::{Call, text};
use crate::transactions::{Phase, Transaction};

pub(crate) async fn handle(
    call: &Call<'_>,
    request: ListTransactionsRequest,
) -> ListTransactionsResponse {
    let known = |state: &&StrBytes| {
        (0..)
            .map_while(Phase::from_number)
            .any(|phase| ***state == *phase.name())
    };
    let unknown = request
        .state_filters
        .iter()
        .filter(|state| !known(state))
        .cloned()
        .collect();
    let wanted = |transaction: &Transaction| {
        let (states, producers) = (&request.state_filters, &request.producer_id_filters);
        let age = transaction
            .began
            .filter(|_| transaction.phase == Phase::Open)
            .map(|began| began.elapsed().as_millis());
        (states.is_empty()
            || states
                .iter()
                .any(|state| **state == *transaction.phase.name()))
            && (producers.is_empty() || producers.contains(&ProducerId(transaction.producer_id)))
            && (request.duration_filter < 0
                || age
                    .is_some_and(|age| age > u128::try_from(request.duration_filter).unwrap_or(0)))
    };
    let rows = call
        .node
        .transactions
        .all()
        .into_iter()
        .filter(|(_, transaction)| wanted(transaction));
    let row = |(id, transaction): (String, Transaction)| {
        TransactionState::default()
            .with_transactional_id(TransactionalId(text(&id)))
            .with_producer_id(ProducerId(transaction.producer_id))
            .with_transaction_state(text(transaction.phase.name()))
    };
    ListTransactionsResponse::default()
        .with_unknown_state_filters(unknown)
        .with_transaction_states(rows.map(row).collect())
}

pub(crate) fn refuse(
    _request: &ListTransactionsRequest,
    error: ResponseError,
) -> ListTransactionsResponse {
    ListTransactionsResponse::default().with_error_code(error.code())
}

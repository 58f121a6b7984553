//! AddOffsetsToTxn: the transaction will commit offsets of a group.

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::{AddOffsetsToTxnRequest, AddOffsetsToTxnResponse};

use super::Call;
use super::end_txn::for_version;
use crate::transactions::ProducerEpoch;

pub(crate) async fn handle(
    call: &Call<'_>,
    request: AddOffsetsToTxnRequest,
) -> AddOffsetsToTxnResponse {
    let producer = ProducerEpoch {
        id: *request.producer_id,
        epoch: request.producer_epoch,
    };
    let transactions = &call.node.transactions;
    let added = transactions.add(
        &request.transactional_id,
        producer,
        [],
        Some(&request.group_id),
    );
    let code = super::code(added.map_err(|error| for_version(error, call.version)));
    AddOffsetsToTxnResponse::default().with_error_code(code)
}

pub(crate) fn refuse(
    _request: &AddOffsetsToTxnRequest,
    error: ResponseError,
) -> AddOffsetsToTxnResponse {
    AddOffsetsToTxnResponse::default().with_error_code(error.code())
}

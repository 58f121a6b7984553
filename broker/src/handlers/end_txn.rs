//! EndTxn: commit or abort.

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::{EndTxnRequest, EndTxnResponse};

use super::Call;
use crate::transactions::ProducerEpoch;

pub(crate) async fn handle(call: &Call<'_>, request: EndTxnRequest) -> EndTxnResponse {
    let producer = ProducerEpoch {
        id: *request.producer_id,
        epoch: request.producer_epoch,
    };
    let ended = call
        .node
        .transactions
        .end(&request.transactional_id, producer, request.committed);
    let code = super::code(ended.map_err(|error| for_version(error, call.version)));
    EndTxnResponse::default().with_error_code(code)
}

pub(crate) fn refuse(_request: &EndTxnRequest, error: ResponseError) -> EndTxnResponse {
    EndTxnResponse::default().with_error_code(error.code())
}

/// Before version 2 of the transaction APIs a fenced producer was told that its epoch is invalid.
pub(super) fn for_version(error: ResponseError, version: i16) -> ResponseError {
    match error {
        ResponseError::ProducerFenced if version < 2 => ResponseError::InvalidProducerEpoch,
        other => other,
    }
}

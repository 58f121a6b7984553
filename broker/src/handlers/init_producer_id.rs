//! InitProducerId: who a producer is, and that nobody before it is it any more.

use std::time::Duration;

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::{InitProducerIdRequest, InitProducerIdResponse, ProducerId};

use super::Call;
use crate::error::Error;
use crate::transactions::ProducerEpoch;

pub(crate) async fn handle(
    call: &Call<'_>,
    request: InitProducerIdRequest,
) -> InitProducerIdResponse {
    match init(call, &request) {
        Ok(producer) => InitProducerIdResponse::default()
            .with_producer_id(ProducerId(producer.id))
            .with_producer_epoch(producer.epoch),
        Err(error) => refuse(&request, error),
    }
}

pub(crate) fn refuse(
    _request: &InitProducerIdRequest,
    error: ResponseError,
) -> InitProducerIdResponse {
    InitProducerIdResponse::default()
        .with_error_code(error.code())
        .with_producer_id(ProducerId(-1))
        .with_producer_epoch(-1)
}

fn init(call: &Call<'_>, request: &InitProducerIdRequest) -> Result<ProducerEpoch, ResponseError> {
    let transactions = &call.node.transactions;
    let Some(transactional_id) = &request.transactional_id else {
        return transactions.new_producer().map_err(Error::answer);
    };
    if transactional_id.is_empty() {
        return Err(ResponseError::InvalidRequest);
    }
    let timeout = request.transaction_timeout_ms;
    let most = call.node.config.transaction_max_timeout;
    if timeout <= 0 || Duration::from_millis(timeout as u64) > most {
        return Err(ResponseError::InvalidTransactionTimeout);
    }
    let current = ProducerEpoch {
        id: *request.producer_id,
        epoch: request.producer_epoch,
    };
    transactions.init(
        transactional_id,
        timeout,
        (current.id >= 0).then_some(current),
    )
}

//! FindCoordinator: it is this node.

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::find_coordinator_response::Coordinator;
use kafka_protocol::messages::{BrokerId, FindCoordinatorRequest, FindCoordinatorResponse};
use kafka_protocol::protocol::StrBytes;

use super::{Call, text};
use crate::node::NODE_ID;

pub(crate) async fn handle(
    call: &Call<'_>,
    request: FindCoordinatorRequest,
) -> FindCoordinatorResponse {
    if !matches!(request.key_type, GROUP | TRANSACTION) {
        return refuse(&request, ResponseError::InvalidRequest);
    }
    let (host, port) = &call.node.advertised;
    let (host, port) = (text(host), i32::from(*port));
    let coordinator = |key: &StrBytes| {
        Coordinator::default()
            .with_key(key.clone())
            .with_node_id(BrokerId(NODE_ID))
            .with_host(host.clone())
            .with_port(port)
    };
    let coordinators = request.coordinator_keys.iter().map(coordinator).collect();
    // One coordinator up to version 3, a list from version 4 on.
    let response = FindCoordinatorResponse::default();
    match call.version {
        4.. => response.with_coordinators(coordinators),
        _ => response
            .with_node_id(BrokerId(NODE_ID))
            .with_host(host)
            .with_port(port),
    }
}

pub(crate) fn refuse(
    request: &FindCoordinatorRequest,
    error: ResponseError,
) -> FindCoordinatorResponse {
    let failed = |key: &StrBytes| {
        Coordinator::default()
            .with_key(key.clone())
            .with_node_id(BrokerId(-1))
            .with_port(-1)
            .with_error_code(error.code())
            .with_error_message(Some(text(&error.to_string())))
    };
    let response = FindCoordinatorResponse::default();
    match request.coordinator_keys.is_empty() {
        false => response.with_coordinators(request.coordinator_keys.iter().map(failed).collect()),
        true => response
            .with_error_code(error.code())
            .with_node_id(BrokerId(-1))
            .with_port(-1),
    }
}

const GROUP: i8 = 0;
const TRANSACTION: i8 = 1;

//! Heartbeat.

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::{HeartbeatRequest, HeartbeatResponse};

use super::{Call, code};
use crate::group::Committer;

pub(crate) async fn handle(call: &Call<'_>, request: HeartbeatRequest) -> HeartbeatResponse {
    let who = Committer {
        member_id: &request.member_id,
        instance_id: request.group_instance_id.as_deref(),
        generation: request.generation_id,
    };
    let beat = call.node.groups.heartbeat(&request.group_id, who);
    HeartbeatResponse::default().with_error_code(code(beat))
}

pub(crate) fn refuse(_request: &HeartbeatRequest, error: ResponseError) -> HeartbeatResponse {
    HeartbeatResponse::default().with_error_code(error.code())
}

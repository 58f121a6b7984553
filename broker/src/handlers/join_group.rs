//! JoinGroup.

use std::time::Duration;

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::join_group_response::JoinGroupResponseMember;
use kafka_protocol::messages::{JoinGroupRequest, JoinGroupResponse};
use kafka_protocol::protocol::StrBytes;

use super::{Call, text};
use crate::group::{Join, JoinAnswer};

pub(crate) async fn handle(call: &Call<'_>, request: JoinGroupRequest) -> JoinGroupResponse {
    if request.group_id.is_empty() {
        return refuse(&request, ResponseError::InvalidGroupId);
    }
    let millis = |millis: i32| Duration::from_millis(u64::try_from(millis).unwrap_or(0));
    let session_timeout = millis(request.session_timeout_ms);
    let config = &call.node.config;
    if !(config.group_min_session_timeout..=config.group_max_session_timeout)
        .contains(&session_timeout)
    {
        return refuse(&request, ResponseError::InvalidSessionTimeout);
    }
    let instance_id = request.group_instance_id.as_deref().map(str::to_owned);
    let prefix = instance_id.as_deref().unwrap_or(call.client_id);
    let join = Join {
        member_id: request.member_id.to_string(),
        new_member_id: format!("{prefix}-{}", call.node.new_uuid()),
        instance_id,
        client_id: call.client_id.to_owned(),
        client_host: call.client_host.to_owned(),
        session_timeout,
        // Version 0 has one timeout for both.
        rebalance_timeout: if call.version == 0 {
            session_timeout
        } else {
            millis(request.rebalance_timeout_ms)
        },
        protocol_type: request.protocol_type.to_string(),
        protocols: request
            .protocols
            .iter()
            .map(|one| (one.name.to_string(), one.metadata.clone()))
            .collect(),
        id_required: call.version >= 4,
        may_skip_assignment: call.version >= 9,
    };
    response(
        call.version,
        call.node.groups.join(&request.group_id, join).await,
    )
}

pub(crate) fn refuse(request: &JoinGroupRequest, error: ResponseError) -> JoinGroupResponse {
    // Null is allowed from version 7 on; an empty text is understood by all.
    JoinGroupResponse::default()
        .with_error_code(error.code())
        .with_generation_id(-1)
        .with_protocol_name(Some(StrBytes::new()))
        .with_member_id(request.member_id.clone())
}

fn response(version: i16, answer: JoinAnswer) -> JoinGroupResponse {
    let member = |(id, instance, metadata): (String, Option<String>, bytes::Bytes)| {
        JoinGroupResponseMember::default()
            .with_member_id(id.into())
            .with_group_instance_id(instance.as_deref().map(text))
            .with_metadata(metadata)
    };
    let protocol = answer.protocol.as_deref().map(text);
    let protocol = if version < 7 {
        Some(protocol.unwrap_or_default())
    } else {
        protocol
    };
    JoinGroupResponse::default()
        .with_error_code(answer.error.map_or(0, |error| error.code()))
        .with_generation_id(answer.generation)
        .with_protocol_type(answer.protocol_type.as_deref().map(text))
        .with_protocol_name(protocol)
        .with_leader(text(&answer.leader))
        .with_skip_assignment(answer.skip_assignment)
        .with_member_id(text(&answer.member_id))
        .with_members(answer.members.into_iter().map(member).collect())
}

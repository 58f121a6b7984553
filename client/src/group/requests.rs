//! What a member asks its coordinator, in each version's shape.

use bytes::Bytes;
use kafka_protocol::messages::join_group_request::JoinGroupRequestProtocol;
use kafka_protocol::messages::leave_group_request::MemberIdentity;
use kafka_protocol::messages::sync_group_request::SyncGroupRequestAssignment;
use kafka_protocol::messages::{
    GroupId, HeartbeatRequest, JoinGroupRequest, LeaveGroupRequest, SyncGroupRequest,
};
use kafka_protocol::protocol::StrBytes;

use super::GroupConfig;

/// Who the member is to the coordinator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    /// Empty before the coordinator gave one.
    pub(super) member_id: String,
    /// -1 outside of a generation.
    pub(super) generation: i32,
}

pub(super) fn join(
    config: &GroupConfig,
    who: &Identity,
    protocols: &[(String, Bytes)],
    reason: &str,
    version: i16,
) -> JoinGroupRequest {
    let protocols = protocols.iter().map(|(name, metadata)| {
        JoinGroupRequestProtocol::default()
            .with_name(text(name))
            .with_metadata(metadata.clone())
    });
    let mut request = JoinGroupRequest::default()
        .with_group_id(group(config))
        .with_session_timeout_ms(millis(config.session_timeout))
        .with_member_id(text(&who.member_id))
        .with_protocol_type(text(&config.protocol_type))
        .with_protocols(protocols.collect());
    if version >= 1 {
        request = request.with_rebalance_timeout_ms(millis(config.rebalance_timeout));
    }
    if version >= 5 {
        request = request.with_group_instance_id(config.instance_id.as_deref().map(text));
    }
    if version >= 8 {
        request = request.with_reason(Some(text(short(reason))));
    }
    request
}

pub(super) fn sync(
    config: &GroupConfig,
    who: &Identity,
    protocol: &str,
    assignments: &[(String, Bytes)],
    version: i16,
) -> SyncGroupRequest {
    let assignments = assignments.iter().map(|(id, assignment)| {
        SyncGroupRequestAssignment::default()
            .with_member_id(text(id))
            .with_assignment(assignment.clone())
    });
    let mut request = SyncGroupRequest::default()
        .with_group_id(group(config))
        .with_generation_id(who.generation)
        .with_member_id(text(&who.member_id))
        .with_assignments(assignments.collect());
    if version >= 3 {
        request = request.with_group_instance_id(config.instance_id.as_deref().map(text));
    }
    if version >= 5 {
        request = request
            .with_protocol_type(Some(text(&config.protocol_type)))
            .with_protocol_name(Some(text(protocol)));
    }
    request
}

pub(super) fn heartbeat(config: &GroupConfig, who: &Identity, version: i16) -> HeartbeatRequest {
    let request = HeartbeatRequest::default()
        .with_group_id(group(config))
        .with_generation_id(who.generation)
        .with_member_id(text(&who.member_id));
    if version >= 3 {
        request.with_group_instance_id(config.instance_id.as_deref().map(text))
    } else {
        request
    }
}

pub(super) fn leave(
    config: &GroupConfig,
    who: &Identity,
    reason: &str,
    version: i16,
) -> LeaveGroupRequest {
    let request = LeaveGroupRequest::default().with_group_id(group(config));
    if version < 3 {
        return request.with_member_id(text(&who.member_id));
    }
    let mut member = MemberIdentity::default().with_member_id(text(&who.member_id));
    if version >= 5 {
        member = member.with_reason(Some(text(short(reason))));
    }
    request.with_members(vec![member])
}

fn group(config: &GroupConfig) -> GroupId {
    GroupId(text(&config.group_id))
}

fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

/// Brokers refuse reasons above 255 characters.
fn short(reason: &str) -> &str {
    let end = reason
        .char_indices()
        .nth(255)
        .map_or(reason.len(), |(at, _)| at);
    &reason[..end]
}

fn millis(duration: std::time::Duration) -> i32 {
    i32::try_from(duration.as_millis()).unwrap_or(i32::MAX)
}

//! LeaveGroup: one member up to version 2, several from version 3 on.

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::leave_group_request::MemberIdentity;
use kafka_protocol::messages::leave_group_response::MemberResponse;
use kafka_protocol::messages::{LeaveGroupRequest, LeaveGroupResponse};

use super::{Call, text};

pub(crate) async fn handle(call: &Call<'_>, request: LeaveGroupRequest) -> LeaveGroupResponse {
    let leave =
        |id: &str, instance: Option<&str>| call.node.groups.leave(&request.group_id, id, instance);
    if call.version < 3 {
        let left = leave(&request.member_id, None);
        return LeaveGroupResponse::default().with_error_code(super::code(left.map(|_| ())));
    }
    let member = |member: &MemberIdentity| {
        let left = leave(&member.member_id, member.group_instance_id.as_deref());
        let answer =
            MemberResponse::default().with_group_instance_id(member.group_instance_id.clone());
        match left {
            Ok(id) => answer.with_member_id(text(&id)),
            Err(error) => answer
                .with_member_id(member.member_id.clone())
                .with_error_code(error.code()),
        }
    };
    LeaveGroupResponse::default().with_members(request.members.iter().map(member).collect())
}

pub(crate) fn refuse(_request: &LeaveGroupRequest, error: ResponseError) -> LeaveGroupResponse {
    LeaveGroupResponse::default().with_error_code(error.code())
}

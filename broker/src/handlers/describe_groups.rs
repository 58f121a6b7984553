//! DescribeGroups.

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::describe_groups_response::{DescribedGroup, DescribedGroupMember};
use kafka_protocol::messages::{DescribeGroupsRequest, DescribeGroupsResponse, GroupId};

use super::{Call, GROUP_OPERATIONS, operations, text};
use crate::group::{Group, Member, State};

pub(crate) async fn handle(
    call: &Call<'_>,
    request: DescribeGroupsRequest,
) -> DescribeGroupsResponse {
    let describe = |id: &GroupId| {
        let described = call.node.groups.with(id, |held| describe(&held.group));
        let described = described.unwrap_or_else(|| unknown(call.version, id));
        let asked = request.include_authorized_operations;
        described
            .with_group_id(id.clone())
            .with_authorized_operations(operations(asked, GROUP_OPERATIONS))
    };
    DescribeGroupsResponse::default().with_groups(request.groups.iter().map(describe).collect())
}

pub(crate) fn refuse(
    request: &DescribeGroupsRequest,
    error: ResponseError,
) -> DescribeGroupsResponse {
    let failed = |id: &GroupId| {
        DescribedGroup::default()
            .with_group_id(id.clone())
            .with_error_code(error.code())
    };
    DescribeGroupsResponse::default().with_groups(request.groups.iter().map(failed).collect())
}

/// A group that is not there is dead; from version 6 on it is an error (KIP-1043).
fn unknown(version: i16, id: &str) -> DescribedGroup {
    let dead = DescribedGroup::default().with_group_state(text("Dead"));
    match version {
        6.. => dead
            .with_error_code(ResponseError::GroupIdNotFound.code())
            .with_error_message(Some(text(&format!("Group {id} not found.")))),
        _ => dead,
    }
}

fn describe<T>(group: &Group<T>) -> DescribedGroup {
    // Metadata and assignments belong to a generation; while it is being formed there is none.
    let stable = group.state() == State::Stable;
    let protocol = group.protocol().filter(|_| stable).unwrap_or_default();
    let member = |(id, member): (&String, &Member<T>)| {
        let described = DescribedGroupMember::default()
            .with_member_id(text(id))
            .with_group_instance_id(member.instance_id.as_deref().map(text))
            .with_client_id(text(&member.client_id))
            .with_client_host(text(&member.client_host));
        match stable {
            true => described
                .with_member_metadata(member.metadata(protocol).unwrap_or_default())
                .with_member_assignment(member.assignment.clone()),
            false => described,
        }
    };
    DescribedGroup::default()
        .with_group_state(text(group.state().name()))
        .with_protocol_type(text(group.protocol_type().unwrap_or_default()))
        .with_protocol_data(text(protocol))
        .with_members(group.members().map(member).collect())
}

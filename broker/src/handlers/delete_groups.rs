//! DeleteGroups.

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::delete_groups_response::DeletableGroupResult;
use kafka_protocol::messages::{DeleteGroupsRequest, DeleteGroupsResponse, GroupId};

use super::{Call, code};

pub(crate) async fn handle(call: &Call<'_>, request: DeleteGroupsRequest) -> DeleteGroupsResponse {
    answer(&request, |id| code(call.node.groups.delete(id)))
}

pub(crate) fn refuse(request: &DeleteGroupsRequest, error: ResponseError) -> DeleteGroupsResponse {
    answer(request, |_| error.code())
}

fn answer(request: &DeleteGroupsRequest, code: impl Fn(&str) -> i16) -> DeleteGroupsResponse {
    let row = |id: &GroupId| {
        DeletableGroupResult::default()
            .with_group_id(id.clone())
            .with_error_code(code(id))
    };
    DeleteGroupsResponse::default().with_results(request.groups_names.iter().map(row).collect())
}

//! ListGroups.

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::list_groups_response::ListedGroup;
use kafka_protocol::messages::{GroupId, ListGroupsRequest, ListGroupsResponse};

use super::{Call, text};

pub(crate) async fn handle(call: &Call<'_>, request: ListGroupsRequest) -> ListGroupsResponse {
    let named = |filter: &[kafka_protocol::protocol::StrBytes], name: &str| {
        filter.is_empty()
            || filter
                .iter()
                .any(|wanted| wanted.eq_ignore_ascii_case(name))
    };
    let list = |id: String| {
        let (state, protocol_type) = call.node.groups.with(&id, |held| {
            let group = &held.group;
            (
                group.state().name(),
                group.protocol_type().unwrap_or_default().to_owned(),
            )
        })?;
        let wanted = named(&request.states_filter, state) && named(&request.types_filter, CLASSIC);
        wanted.then(|| {
            ListedGroup::default()
                .with_group_id(GroupId(text(&id)))
                .with_protocol_type(text(&protocol_type))
                .with_group_state(text(state))
                .with_group_type(text(CLASSIC))
        })
    };
    let groups = call
        .node
        .groups
        .ids()
        .into_iter()
        .filter_map(list)
        .collect();
    ListGroupsResponse::default().with_groups(groups)
}

pub(crate) fn refuse(_request: &ListGroupsRequest, error: ResponseError) -> ListGroupsResponse {
    ListGroupsResponse::default().with_error_code(error.code())
}

/// The only type of group there is here.
const CLASSIC: &str = "classic";

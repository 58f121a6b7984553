//! Groups: list, describe, delete.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use kafka_protocol::messages::describe_groups_response::DescribedGroup;
use kafka_protocol::messages::{
    DeleteGroupsRequest, DeleteGroupsResponse, DescribeGroupsRequest, DescribeGroupsResponse,
    GroupId, ListGroupsRequest,
};

use super::{Admin, Each, any_retriable, outcome, shared, text};
use crate::cluster::Lane;
use crate::error::ClientError;

/// A group as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedGroup {
    /// Its id.
    pub id: Arc<str>,
    /// `consumer`, `connect` or whatever its members said; empty for a group that only has offsets.
    pub protocol_type: Arc<str>,
    /// `Stable`, `Empty` and so on; empty when the broker is too old to tell.
    pub state: Arc<str>,
}

/// A group and its members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupDescription {
    /// `Stable`, `Empty`, `Dead` and so on.
    pub state: Arc<str>,
    /// `consumer`, `connect` or whatever its members said.
    pub protocol_type: Arc<str>,
    /// The protocol (assignor) in use.
    pub protocol: Arc<str>,
    /// Its members.
    pub members: Vec<MemberDescription>,
}

/// A member of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberDescription {
    /// The id the coordinator gave it.
    pub id: Arc<str>,
    /// `group.instance.id` of a static member.
    pub instance_id: Option<Arc<str>>,
    /// Its `client.id`.
    pub client_id: Arc<str>,
    /// Where it connects from.
    pub host: Arc<str>,
    /// What it said of itself when it joined, in the format of its protocol type.
    pub metadata: Bytes,
    /// What it was assigned, in the format of its protocol type.
    pub assignment: Bytes,
}

impl Admin {
    /// Every group of the cluster, by id.
    ///
    /// # Errors
    /// A broker could not be reached: groups it coordinates would be missing.
    pub async fn list_groups(&self) -> Result<Vec<ListedGroup>, ClientError> {
        let mut groups = BTreeMap::new();
        for broker in self.brokers().await? {
            let request = ListGroupsRequest::default();
            let answer = self
                .cluster
                .retry("listing groups", self.limit(), || async {
                    let answer = self.cluster.send(Lane::Shared, broker.0, &request).await?;
                    outcome(|| "listing groups".to_owned(), answer.error_code, None)?;
                    Ok(answer)
                })
                .await?;
            for group in answer.groups {
                let listed = ListedGroup {
                    id: shared(&group.group_id.0),
                    protocol_type: shared(&group.protocol_type),
                    state: shared(&group.group_state),
                };
                groups.insert(Arc::clone(&listed.id), listed);
            }
        }
        Ok(groups.into_values().collect())
    }

    /// Describes a group. One that does not exist is described as `Dead`, as brokers do (since Kafka 4.0 some answer
    /// `GROUP_ID_NOT_FOUND`).
    ///
    /// # Errors
    /// Its coordinator could not be reached, or refuses.
    pub async fn describe_group(&self, group: &str) -> Result<GroupDescription, ClientError> {
        let what = format!("describing group \"{group}\"");
        let build = |_| DescribeGroupsRequest::default().with_groups(vec![GroupId(text(group))]);
        let check = |answer: &DescribeGroupsResponse| {
            answer.groups.iter().try_for_each(|told| {
                outcome(
                    || what.clone(),
                    told.error_code,
                    told.error_message.as_ref(),
                )
            })
        };
        let answer = self.to_coordinator(&what, group, build, check).await?;
        answer
            .groups
            .first()
            .map(described)
            .ok_or_else(|| ClientError::Protocol {
                peer: "coordinator".into(),
                what: format!("{what}: the answer does not speak of it"),
            })
    }

    /// Deletes groups, which must be empty, and their offsets.
    ///
    /// # Errors
    /// A coordinator could not be reached. `NON_EMPTY_GROUP` and the like are in the outcome of each group.
    pub async fn delete_groups(&self, groups: &[String]) -> Result<Each<String, ()>, ClientError> {
        let mut all = BTreeMap::new();
        for group in groups {
            let what = format!("deleting group \"{group}\"");
            let build =
                |_| DeleteGroupsRequest::default().with_groups_names(vec![GroupId(text(group))]);
            let check = |answer: &DeleteGroupsResponse| {
                any_retriable(&what, answer.results.iter().map(|told| told.error_code))
            };
            let answer = self.to_coordinator(&what, group, build, check).await?;
            for told in &answer.results {
                all.insert(
                    told.group_id.0.to_string(),
                    outcome(|| what.clone(), told.error_code, None),
                );
            }
        }
        Ok(all)
    }
}

fn described(told: &DescribedGroup) -> GroupDescription {
    let members = told.members.iter().map(|member| MemberDescription {
        id: shared(&member.member_id),
        instance_id: member.group_instance_id.as_ref().map(shared),
        client_id: shared(&member.client_id),
        host: shared(&member.client_host),
        metadata: member.member_metadata.clone(),
        assignment: member.member_assignment.clone(),
    });
    GroupDescription {
        state: shared(&told.group_state),
        protocol_type: shared(&told.protocol_type),
        protocol: shared(&told.protocol_data),
        members: members.collect(),
    }
}

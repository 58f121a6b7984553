//! One file per API: `handle` does what is asked, `refuse` is the answer that reports one error everywhere.

use std::sync::Arc;

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::TopicName;
use kafka_protocol::protocol::StrBytes;
use uuid::Uuid;

use crate::node::Node;
use crate::topics::Topic;

pub(crate) mod add_offsets_to_txn;
pub(crate) mod add_partitions_to_txn;
pub(crate) mod api_versions;
pub(crate) mod create_partitions;
pub(crate) mod create_topics;
pub(crate) mod delete_groups;
pub(crate) mod delete_records;
pub(crate) mod delete_topics;
pub(crate) mod describe_cluster;
pub(crate) mod describe_configs;
pub(crate) mod describe_groups;
pub(crate) mod describe_log_dirs;
pub(crate) mod describe_transactions;
pub(crate) mod end_txn;
pub(crate) mod fetch;
pub(crate) mod find_coordinator;
pub(crate) mod heartbeat;
pub(crate) mod incremental_alter_configs;
pub(crate) mod init_producer_id;
pub(crate) mod join_group;
pub(crate) mod leave_group;
pub(crate) mod list_groups;
pub(crate) mod list_offsets;
pub(crate) mod list_transactions;
pub(crate) mod metadata;
pub(crate) mod offset_commit;
pub(crate) mod offset_delete;
pub(crate) mod offset_fetch;
pub(crate) mod offset_for_leader_epoch;
pub(crate) mod produce;
pub(crate) mod sync_group;
pub(crate) mod txn_offset_commit;

/// What a handler knows beside the request itself.
pub(crate) struct Call<'a> {
    pub(crate) node: &'a Arc<Node>,
    /// The version the request came in and the answer goes out in.
    pub(crate) version: i16,
    /// What the client calls itself; empty when it does not.
    pub(crate) client_id: &'a str,
    /// Where the client is, as groups describe it: `/127.0.0.1`.
    pub(crate) client_host: &'a str,
}

/// An error's number, or that of success.
fn code(result: Result<(), ResponseError>) -> i16 {
    result.err().map_or(0, |error| error.code())
}

fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

fn topic_name(name: &str) -> TopicName {
    TopicName(text(name))
}

/// The topic of this id or, in versions without ids, of this name.
fn find_topic(call: &Call<'_>, name: &str, id: Uuid) -> Result<Arc<Topic>, ResponseError> {
    if id.is_nil() {
        call.node
            .topics
            .by_name(name)
            .ok_or(ResponseError::UnknownTopicOrPartition)
    } else {
        call.node
            .topics
            .by_id(id)
            .ok_or(ResponseError::UnknownTopicId)
    }
}

/// The bit set of what a client may do, where nothing is forbidden; `i32::MIN` where it did not ask.
fn operations(asked: bool, operations: &[u8]) -> i32 {
    if asked {
        operations
            .iter()
            .fold(0, |bits, operation| bits | 1 << operation)
    } else {
        i32::MIN
    }
}

/// Kafka's numbers of the operations on each kind of resource.
const TOPIC_OPERATIONS: &[u8] = &[3, 4, 5, 6, 7, 8, 10, 11];
const GROUP_OPERATIONS: &[u8] = &[3, 6, 8, 10, 11];
const CLUSTER_OPERATIONS: &[u8] = &[5, 7, 8, 9, 10, 11, 12];

//! The APIs this broker serves: key, messages, versions. The one place to add or cap one.

use bytes::{Bytes, BytesMut};
use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::{self, ApiKey};
use kafka_protocol::protocol::{Encodable, HeaderVersion, VersionRange};
use windlass_wire::message::decode_request;

use crate::handlers::{self, Call};

macro_rules! apis {
    ($($name:ident $request:ident $response:ident $min:literal ..= $max:literal $module:ident,)*) => {
        /// A decoded request of an API this broker serves.
        #[derive(Clone, Debug)]
        #[non_exhaustive]
        #[allow(missing_docs)]
        pub enum Request {
            $($name(messages::$request),)*
        }

        /// The answer to a [`Request`].
        #[derive(Clone, Debug)]
        #[non_exhaustive]
        #[allow(missing_docs)]
        pub enum Response {
            $($name(messages::$response),)*
        }

        /// Every API served and the versions it is served in, as advertised.
        pub(crate) const SERVED: &[(ApiKey, VersionRange)] = &[
            $((ApiKey::$name, VersionRange { min: $min, max: $max }),)*
        ];

        impl Request {
            /// Fails when the bytes are not a request of this API and version.
            pub(crate) fn decode(key: ApiKey, version: i16, body: Bytes) -> Result<Request, String> {
                match key {
                    $(ApiKey::$name => decode_request::<messages::$request>(version, body)
                        .map(Request::$name)
                        .map_err(|error| error.to_string()),)*
                    _ => Err(format!("{key:?} is not served")),
                }
            }

            /// The API this is a request of.
            pub fn key(&self) -> ApiKey {
                match self {
                    $(Request::$name(_) => ApiKey::$name,)*
                }
            }

            /// Does what is asked. May wait long: for members of a group, for records to fetch.
            pub(crate) async fn handle(self, call: &Call<'_>) -> Response {
                match self {
                    $(Request::$name(request) => Response::$name(handlers::$module::handle(call, request).await),)*
                }
            }

            /// The answer that reports `error` wherever this API can report one.
            pub(crate) fn refuse(&self, error: ResponseError) -> Response {
                match self {
                    $(Request::$name(request) => Response::$name(handlers::$module::refuse(request, error)),)*
                }
            }
        }

        impl Response {
            /// The version of the response header that goes before this answer.
            pub(crate) fn header_version(&self, version: i16) -> i16 {
                match self {
                    $(Response::$name(_) => messages::$response::header_version(version),)*
                }
            }

            /// Fails when the answer holds what `version` cannot express: a fault in a handler, or in a test's hook.
            pub(crate) fn encode(&self, version: i16, into: &mut BytesMut) -> Result<(), String> {
                match self {
                    $(Response::$name(response) => response.encode(into, version).map_err(|error| error.to_string()),)*
                }
            }
        }
    };
}

apis! {
    Produce ProduceRequest ProduceResponse 3..=13 produce,
    Fetch FetchRequest FetchResponse 4..=17 fetch,
    ListOffsets ListOffsetsRequest ListOffsetsResponse 1..=10 list_offsets,
    Metadata MetadataRequest MetadataResponse 0..=13 metadata,
    OffsetCommit OffsetCommitRequest OffsetCommitResponse 2..=9 offset_commit,
    OffsetFetch OffsetFetchRequest OffsetFetchResponse 1..=9 offset_fetch,
    FindCoordinator FindCoordinatorRequest FindCoordinatorResponse 0..=6 find_coordinator,
    JoinGroup JoinGroupRequest JoinGroupResponse 0..=9 join_group,
    Heartbeat HeartbeatRequest HeartbeatResponse 0..=4 heartbeat,
    LeaveGroup LeaveGroupRequest LeaveGroupResponse 0..=5 leave_group,
    SyncGroup SyncGroupRequest SyncGroupResponse 0..=5 sync_group,
    DescribeGroups DescribeGroupsRequest DescribeGroupsResponse 0..=6 describe_groups,
    ListGroups ListGroupsRequest ListGroupsResponse 0..=5 list_groups,
    ApiVersions ApiVersionsRequest ApiVersionsResponse 0..=4 api_versions,
    CreateTopics CreateTopicsRequest CreateTopicsResponse 2..=7 create_topics,
    DeleteTopics DeleteTopicsRequest DeleteTopicsResponse 1..=6 delete_topics,
    DeleteRecords DeleteRecordsRequest DeleteRecordsResponse 0..=2 delete_records,
    InitProducerId InitProducerIdRequest InitProducerIdResponse 0..=5 init_producer_id,
    OffsetForLeaderEpoch OffsetForLeaderEpochRequest OffsetForLeaderEpochResponse 2..=4 offset_for_leader_epoch,
    // From version 4 on it is spoken between brokers; EndTxn 5 and TxnOffsetCommit 5 need transaction.version=2.
    AddPartitionsToTxn AddPartitionsToTxnRequest AddPartitionsToTxnResponse 0..=3 add_partitions_to_txn,
    AddOffsetsToTxn AddOffsetsToTxnRequest AddOffsetsToTxnResponse 0..=4 add_offsets_to_txn,
    EndTxn EndTxnRequest EndTxnResponse 0..=4 end_txn,
    TxnOffsetCommit TxnOffsetCommitRequest TxnOffsetCommitResponse 0..=4 txn_offset_commit,
    DescribeConfigs DescribeConfigsRequest DescribeConfigsResponse 1..=4 describe_configs,
    DescribeLogDirs DescribeLogDirsRequest DescribeLogDirsResponse 1..=4 describe_log_dirs,
    CreatePartitions CreatePartitionsRequest CreatePartitionsResponse 0..=3 create_partitions,
    DeleteGroups DeleteGroupsRequest DeleteGroupsResponse 0..=2 delete_groups,
    IncrementalAlterConfigs IncrementalAlterConfigsRequest IncrementalAlterConfigsResponse 0..=1 incremental_alter_configs,
    OffsetDelete OffsetDeleteRequest OffsetDeleteResponse 0..=0 offset_delete,
    DescribeCluster DescribeClusterRequest DescribeClusterResponse 0..=2 describe_cluster,
    DescribeTransactions DescribeTransactionsRequest DescribeTransactionsResponse 0..=0 describe_transactions,
    ListTransactions ListTransactionsRequest ListTransactionsResponse 0..=1 list_transactions,
}

impl Request {
    /// False for a produce request with `acks=0`, which has no answer.
    pub(crate) fn expects_answer(&self) -> bool {
        !matches!(self, Request::Produce(request) if request.acks == 0)
    }
}

/// The versions served of an API; `None` when it is not served.
pub(crate) fn versions(key: ApiKey) -> Option<VersionRange> {
    SERVED
        .iter()
        .find(|(served, _)| *served == key)
        .map(|(_, versions)| *versions)
}

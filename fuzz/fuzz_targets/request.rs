//! The body of a request: API by the first byte, version by the second.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use windlass_wire::message::decode_request;
use windlass_wire::messages::*;

fuzz_target!(|data: &[u8]| {
    let [api, version, body @ ..] = data else { return };
    let (version, body) = (i16::from(version % 19), Bytes::copy_from_slice(body));
    macro_rules! decode {
        ($($request:ident)*) => {{
            let all = [$(|version, body| drop(decode_request::<$request>(version, body))),*];
            let decode: fn(i16, Bytes) = all[usize::from(*api) % all.len()];
            decode(version, body);
        }};
    }
    decode!(ProduceRequest FetchRequest MetadataRequest ListOffsetsRequest OffsetCommitRequest OffsetFetchRequest FindCoordinatorRequest
        JoinGroupRequest SyncGroupRequest DescribeGroupsRequest ListGroupsRequest ApiVersionsRequest CreateTopicsRequest DeleteTopicsRequest
        DescribeConfigsRequest IncrementalAlterConfigsRequest InitProducerIdRequest AddPartitionsToTxnRequest TxnOffsetCommitRequest
        DescribeClusterRequest CreatePartitionsRequest DeleteRecordsRequest LeaveGroupRequest);
});

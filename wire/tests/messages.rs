//! Frames, headers and messages: against kafka-protocol's own codec, hostile counts, zero copy.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use kafka_protocol::messages::fetch_response::{FetchableTopicResponse, PartitionData};
use kafka_protocol::messages::metadata_response::{
    MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
};
use kafka_protocol::messages::{
    ApiVersionsRequest, ApiVersionsResponse, BrokerId, FetchRequest, FetchResponse,
    MetadataRequest, MetadataResponse, ProduceRequest as TheirProduce, RequestHeader, TopicName,
};
use kafka_protocol::protocol::{Decodable, Encodable, StrBytes};
use proptest::prelude::*;
use windlass_wire::frame::{FrameDecoder, Outbox, RequestHead, correlation_id, response_body};
use windlass_wire::message::{decode_request, decode_response, encode_request, encode_response};
use windlass_wire::produce::{ProduceRequest, TopicBatches};
use windlass_wire::{ApiKey, WireError};

/// A frame's bytes without the size, which is checked.
fn unframed(frame: windlass_wire::frame::Frame) -> Bytes {
    let mut bytes = frame.into_bytes();
    let size = bytes.get_i32();
    assert_eq!(size as usize, bytes.len());
    bytes
}

fn topic(name: &str) -> TopicName {
    TopicName(StrBytes::from_string(name.to_owned()))
}

fn metadata(topics: usize, partitions: i32) -> MetadataResponse {
    let partition = |i| {
        MetadataResponsePartition::default()
            .with_partition_index(i)
            .with_leader_id(BrokerId(1))
            .with_replica_nodes(vec![BrokerId(1), BrokerId(2)])
    };
    MetadataResponse::default()
        .with_brokers(vec![
            MetadataResponseBroker::default()
                .with_node_id(BrokerId(i32::MAX))
                .with_host(StrBytes::from_static_str("::1"))
                .with_port(9092),
        ])
        .with_controller_id(BrokerId(2_000_000_000))
        .with_topics(
            (0..topics)
                .map(|i| {
                    MetadataResponseTopic::default()
                        .with_name(Some(topic(&format!("t{i}"))))
                        .with_partitions((0..partitions).map(partition).collect())
                })
                .collect(),
        )
}

#[test]
fn requests_carry_the_header_their_version_wants() {
    for version in 0..=13 {
        let frame = encode_request(
            7,
            Some("me"),
            version,
            &MetadataRequest::default().with_topics(Some(vec![])),
        )
        .unwrap();
        let bytes = unframed(frame);
        let mut theirs = bytes.clone();
        let header = RequestHeader::decode(
            &mut theirs,
            ApiKey::Metadata.request_header_version(version),
        )
        .unwrap();
        let (ours, body) = RequestHead::parse(bytes).unwrap();
        assert_eq!(body, theirs);
        assert_eq!(
            (ours.api, ours.version, ours.correlation_id),
            (ApiKey::Metadata, version, 7)
        );
        assert_eq!(ours.client_id, header.client_id);
        decode_request::<MetadataRequest>(version, body).unwrap();
    }
}

#[test]
fn the_answer_to_api_versions_never_has_tagged_fields_in_its_header() {
    let response = ApiVersionsResponse::default();
    for version in 0..=4 {
        let bytes = unframed(encode_response::<ApiVersionsRequest>(9, version, &response).unwrap());
        assert_eq!(correlation_id(&bytes).unwrap(), 9);
        let body = response_body(ApiKey::ApiVersions, version, bytes.clone()).unwrap();
        assert_eq!(body, bytes.slice(4..));
        assert_eq!(
            decode_response::<ApiVersionsRequest>(version, body).unwrap(),
            response
        );
    }
}

/// Numbers that look like hostile counts (node ids here, session ids in a fetch) come through unchanged.
#[test]
fn large_plain_numbers_are_no_counts() {
    for version in 0..=13 {
        let expected = {
            let mut encoded = BytesMut::new();
            metadata(3, 2).encode(&mut encoded, version).unwrap();
            MetadataResponse::decode(&mut encoded.freeze(), version).unwrap()
        };
        let body = response_body(
            ApiKey::Metadata,
            version,
            unframed(encode_response::<MetadataRequest>(1, version, &metadata(3, 2)).unwrap()),
        )
        .unwrap();
        assert_eq!(
            decode_response::<MetadataRequest>(version, body).unwrap(),
            expected,
            "v{version}"
        );
    }
}

#[test]
fn hostile_counts_are_refused_before_memory_is_reserved() {
    // v1: no throttle time; the first field is the count of brokers.
    for count in [i32::MAX, 100_000_000, 20_000] {
        let mut body = BytesMut::new();
        body.put_i32(count);
        body.put_bytes(0, 80);
        let error = decode_response::<MetadataRequest>(1, body.freeze()).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("Metadata v1 response at byte"),
            "{error}"
        );
    }
    // v9: throttle time, then the count as a varint.
    let mut body = BytesMut::new();
    body.put_i32(0);
    body.put_slice(&[0xff, 0xff, 0xff, 0xff, 0x0f]);
    body.put_bytes(0, 80);
    let error = decode_response::<MetadataRequest>(9, body.freeze()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "Metadata v9 response at byte 9 of 89: a compact count or length is larger than what is left of the message"
    );
}

/// A boolean of 0x80 and more reads as the first byte of a varint to one who cannot tell them apart: it must not hide the count behind it.
#[test]
fn a_boolean_cannot_hide_a_hostile_count() {
    // MetadataRequest v9: topics null, three booleans, tagged fields count.
    for hidden in [
        [0x80, 0x80, 0x80, 0x80, 0x0f],
        [0xff, 0xff, 0xff, 0xff, 0x7f],
    ] {
        let mut body = BytesMut::from(&[0x00, 0xff, 0xff, 0xff][..]);
        body.put_slice(&hidden);
        decode_request::<MetadataRequest>(9, body.freeze()).unwrap_err();
    }
}

#[test]
fn bytes_behind_a_message_are_an_error() {
    let mut body = BytesMut::new();
    metadata(1, 1).encode(&mut body, 12).unwrap();
    body.put_u8(0);
    let error = decode_response::<MetadataRequest>(12, body.freeze()).unwrap_err();
    assert!(
        error.to_string().ends_with("1 bytes behind the message"),
        "{error}"
    );
}

#[test]
fn fetched_records_are_slices_of_the_frame() {
    let records = Bytes::from(vec![7; 5000]);
    let response = FetchResponse::default().with_responses(vec![
        FetchableTopicResponse::default()
            .with_topic(topic("t"))
            .with_partitions(vec![
                PartitionData::default().with_records(Some(records.clone())),
            ]),
    ]);
    for version in 4..=12 {
        // The field came with version 7; a random number, it looks like a count.
        let session_id = if version >= 7 { 1_234_567_890 } else { 0 };
        let response = response.clone().with_session_id(session_id);
        let bytes = unframed(encode_response::<FetchRequest>(3, version, &response).unwrap());
        let body = response_body(ApiKey::Fetch, version, bytes.clone()).unwrap();
        let decoded = decode_response::<FetchRequest>(version, body).unwrap();
        let found = decoded.responses[0].partitions[0].records.clone().unwrap();
        assert_eq!(found, records);
        assert!(
            bytes.as_ptr_range().contains(&found.as_ptr()),
            "v{version} copies the records"
        );
        assert_eq!(decoded.session_id, session_id);
    }
}

#[test]
fn produce_is_what_kafka_protocol_would_write_without_the_copy() {
    let batch = Bytes::from(vec![1; 300]);
    let request = ProduceRequest {
        transactional_id: Some("tx"),
        acks: -1,
        timeout_ms: 30_000,
        topics: vec![
            TopicBatches {
                name: "a",
                partitions: vec![(0, batch.clone()), (3, Bytes::from_static(b"other"))],
            },
            TopicBatches {
                name: "a-much-longer-name",
                partitions: vec![(1, batch.clone())],
            },
        ],
    };
    for version in 3..=12 {
        for transactional_id in [Some("tx"), None] {
            let request = ProduceRequest {
                transactional_id,
                ..request.clone()
            };
            let frame = request.encode(5, Some("client"), version).unwrap();
            assert!(
                frame
                    .chunks()
                    .iter()
                    .any(|chunk| chunk.as_ptr() == batch.as_ptr()),
                "the batch was copied"
            );
            let (head, body) = RequestHead::parse(unframed(frame.clone())).unwrap();
            assert_eq!(
                (head.api, head.version, head.client_id.as_deref()),
                (ApiKey::Produce, version, Some("client"))
            );
            let theirs = decode_request::<TheirProduce>(version, body).unwrap();
            assert_eq!(theirs.topic_data.len(), 2);
            assert_eq!(
                encode_request(5, Some("client"), version, &theirs)
                    .unwrap()
                    .into_bytes(),
                frame.into_bytes(),
                "v{version}"
            );
        }
    }
    assert!(request.encode(5, None, 13).is_err());
}

#[test]
fn frames_come_out_whole_however_the_bytes_arrive() {
    let frames: Vec<Bytes> = (0..5)
        .map(|i| Bytes::from(vec![i; usize::from(i) * 10]))
        .collect();
    let mut stream = BytesMut::new();
    for frame in &frames {
        stream.put_i32(frame.len() as i32);
        stream.put_slice(frame);
    }
    for step in [1, 3, 7, 1000] {
        let (mut buffer, mut found) = (BytesMut::new(), Vec::new());
        let decoder = FrameDecoder::new(40);
        for chunk in stream.chunks(step) {
            buffer.extend_from_slice(chunk);
            while let Some(frame) = decoder.decode(&mut buffer).unwrap() {
                found.push(frame);
            }
            assert!(decoder.missing(&buffer).unwrap() > 0);
        }
        assert_eq!(found, frames);
    }
}

#[test]
fn a_frame_size_of_another_protocol_is_named() {
    let decoder = FrameDecoder::default();
    for start in [&b"HTTP/1.1 400"[..], &[0xff; 4]] {
        let error = decoder.decode(&mut BytesMut::from(start)).unwrap_err();
        assert!(
            matches!(
                error,
                WireError::FrameSize {
                    max: 104_857_600,
                    ..
                }
            ),
            "{error}"
        );
    }
}

#[test]
fn an_outbox_gives_all_chunks_in_order() {
    let request = ProduceRequest {
        acks: 1,
        topics: vec![TopicBatches {
            name: "t",
            partitions: vec![(0, Bytes::from(vec![5; 100]))],
        }],
        ..ProduceRequest::default()
    };
    let frames: Vec<_> = (0..3)
        .map(|i| request.encode(i, None, 9).unwrap())
        .collect();
    let expected: Vec<u8> = frames
        .iter()
        .flat_map(|frame| frame.clone().into_bytes())
        .collect();
    for step in [1, 13, 64, 10_000] {
        let mut outbox = Outbox::new();
        frames.iter().for_each(|frame| outbox.push(frame.clone()));
        let mut written = Vec::new();
        while outbox.has_remaining() {
            let mut slices = [std::io::IoSlice::new(&[]); 16];
            let used = outbox.chunks_vectored(&mut slices);
            let all: Vec<u8> = slices[..used]
                .iter()
                .flat_map(|slice| slice.to_vec())
                .collect();
            let n = step.min(all.len());
            written.extend_from_slice(&all[..n]);
            outbox.advance(n);
        }
        assert_eq!(written, expected);
    }
}

#[test]
fn request_headers_that_are_none_are_errors() {
    let cases: [(&[u8], &str); 4] = [
        (
            &[0, 3, 0],
            "request header at byte 0 is cut off: expected 8 bytes, found 3",
        ),
        (
            &[0x7f, 0, 0, 1, 0, 0, 0, 9, 0, 0],
            "request with unknown api key 32512 (version 1, correlation id 9)",
        ),
        (
            &[0, 3, 0, 1, 0, 0, 0, 9, 0, 5, b'a'],
            "client id at byte 10 is cut off: expected 5 bytes, found 1",
        ),
        (
            &[0, 3, 0, 1, 0, 0, 0, 9, 0xff, 0xfe],
            "client id at byte 8: expected a length of -1 or more, found -2",
        ),
    ];
    for (bytes, message) in cases {
        assert_eq!(
            RequestHead::parse(Bytes::copy_from_slice(bytes))
                .unwrap_err()
                .to_string(),
            message
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Cutting or changing a message gives an error or another message, never a panic.
    #[test]
    fn damaged_messages_are_survived(version in 0i16..=13, cut in 0usize..400, at in 0usize..400, byte: u8) {
        let mut body = BytesMut::new();
        metadata(4, 3).encode(&mut body, version).unwrap();
        let at = at % body.len();
        body[at] = byte;
        body.truncate(body.len().saturating_sub(cut));
        let _ = decode_response::<MetadataRequest>(version, body.freeze());
    }
}

//! A consumer while its broker misbehaves: the embedded broker, told to fail one request after the other.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use common::consumers::{collect, consumer};
use common::topics::{TestTopic, numbered, topic_name, unique};
use kafka_protocol::error::ResponseError as E;
use kafka_protocol::messages::FetchResponse;
use kafka_protocol::messages::fetch_response::{FetchableTopicResponse, PartitionData};
use tokio::time::Instant;
use windlass_broker::{Broker, BrokerConfig, Fault, Response};
use windlass_client::{ClientError, Event, OffsetAndMetadata, Subscription, TopicPartition};
use windlass_wire::ApiKey;

#[tokio::test]
async fn broken_connections_lose_nothing() {
    let faults = [
        Fault::DropBeforeHandling,
        Fault::DropAfterHandling,
        Fault::Truncate(10),
        Fault::DelayAnswer(Duration::from_millis(300)),
    ];
    for key in [
        ApiKey::FindCoordinator,
        ApiKey::JoinGroup,
        ApiKey::SyncGroup,
        ApiKey::Heartbeat,
        ApiKey::OffsetFetch,
        ApiKey::OffsetCommit,
        ApiKey::ListOffsets,
        ApiKey::Metadata,
        ApiKey::Fetch,
    ] {
        for fault in &faults {
            consume_through(key, &format!("{key:?} {fault:?}"), |_| fault.clone()).await;
        }
    }
}

#[tokio::test]
async fn errors_that_pass_lose_nothing() {
    for (key, codes) in [
        (
            ApiKey::FindCoordinator,
            &[E::CoordinatorNotAvailable, E::CoordinatorLoadInProgress][..],
        ),
        (
            ApiKey::JoinGroup,
            &[
                E::CoordinatorLoadInProgress,
                E::NotCoordinator,
                E::UnknownMemberId,
                E::RebalanceInProgress,
            ],
        ),
        (
            ApiKey::SyncGroup,
            &[
                E::RebalanceInProgress,
                E::NotCoordinator,
                E::UnknownMemberId,
                E::IllegalGeneration,
            ],
        ),
        (
            ApiKey::Heartbeat,
            &[
                E::RebalanceInProgress,
                E::NotCoordinator,
                E::UnknownMemberId,
                E::IllegalGeneration,
            ],
        ),
        (
            ApiKey::OffsetFetch,
            &[
                E::CoordinatorLoadInProgress,
                E::NotCoordinator,
                E::UnstableOffsetCommit,
            ],
        ),
        (
            ApiKey::OffsetCommit,
            &[
                E::CoordinatorLoadInProgress,
                E::NotCoordinator,
                E::RequestTimedOut,
            ],
        ),
        (
            ApiKey::ListOffsets,
            &[
                E::NotLeaderOrFollower,
                E::FencedLeaderEpoch,
                E::OffsetNotAvailable,
            ],
        ),
        (ApiKey::Metadata, &[E::LeaderNotAvailable]),
        (
            ApiKey::Fetch,
            &[
                E::NotLeaderOrFollower,
                E::FencedLeaderEpoch,
                E::UnknownTopicOrPartition,
                E::KafkaStorageError,
                E::UnknownLeaderEpoch,
            ],
        ),
    ] {
        for code in codes {
            let what = format!("{key:?} {code}");
            consume_through(key, &what, |topic| error_of(key, *code, topic)).await;
        }
    }
}

/// One member reads and commits two rounds of records while requests of one kind fail, twice.
async fn consume_through(key: ApiKey, what: &str, fault: impl Fn(&str) -> Fault) {
    let broker = Broker::start(BrokerConfig::default()).await.unwrap();
    let topic = TestTopic::new_at(&broker.address().to_string(), "faults", 2).await;
    let group = unique("faults");
    let settings = [
        ("group.id", group.as_str()),
        ("heartbeat.interval.ms", "50"),
        // A member whose answer got lost holds up its group until this is over.
        ("session.timeout.ms", "6000"),
        ("max.poll.records", "13"),
        ("retry.backoff.ms", "20"),
        ("fetch.max.wait.ms", "50"),
    ];
    let mut reader = consumer(&topic.cluster, &settings);
    reader
        .subscribe(Subscription::Topics(vec![topic.name.clone()]))
        .unwrap();
    broker.faults().on(key, fault(&topic.name), 1);
    let mut found = Vec::new();
    for round in 0..2 {
        for partition in 0..2 {
            topic
                .produce(
                    partition,
                    &numbered(&format!("p{partition}"), round * 50..round * 50 + 50),
                )
                .await;
        }
        let wanted = (round + 1) * 100;
        let deadline = Instant::now() + Duration::from_secs(30);
        let complete = |found: &[_]| found.iter().collect::<BTreeSet<_>>().len() == wanted;
        while !complete(&found) || broker.faults().seen(key) == 0 {
            assert!(
                Instant::now() < deadline,
                "{what}: {} of {wanted} records came",
                found.len()
            );
            let event = reader
                .poll(Duration::from_millis(100))
                .await
                .unwrap_or_else(|error| panic!("{what}: {error}"));
            collect(&event, &mut found);
            if let Event::Records(fetched) = &event {
                let offsets = fetched.into_iter().map(|p| {
                    (
                        p.topic_partition().clone(),
                        OffsetAndMetadata::new(p.next_offset()),
                    )
                });
                commit(&mut reader, offsets.collect(), what).await;
            }
        }
        broker.faults().on(key, fault(&topic.name), 1);
    }
    reader.close(true).await;
    broker.stop().await.unwrap();
}

/// An honest answer but for the error. In Fetch the error of the first partition: one of the whole answer is about the session.
fn error_of(key: ApiKey, code: E, topic: &str) -> Fault {
    if key != ApiKey::Fetch {
        return Fault::Error(code);
    }
    let partition = PartitionData::default()
        .with_partition_index(0)
        .with_error_code(code.code());
    let topic = FetchableTopicResponse::default()
        .with_topic(topic_name(topic))
        .with_partitions(vec![partition]);
    Fault::Answer(Box::new(Response::Fetch(
        FetchResponse::default().with_responses(vec![topic]),
    )))
}

/// A commit may be refused when the group has moved on; the records then come again.
async fn commit(
    reader: &mut windlass_client::Consumer,
    offsets: BTreeMap<TopicPartition, OffsetAndMetadata>,
    what: &str,
) {
    let Err(error) = reader.commit_sync(offsets).await else {
        return;
    };
    let moved_on = [
        E::UnknownMemberId,
        E::IllegalGeneration,
        E::RebalanceInProgress,
    ];
    let expected =
        matches!(&error, ClientError::Broker { code, .. } if moved_on.contains(&code.kind()));
    assert!(expected, "{what}: {error}");
}

#[tokio::test]
async fn errors_that_stay_are_told() {
    let broker = Broker::start(BrokerConfig::default()).await.unwrap();
    let topic = TestTopic::new_at(&broker.address().to_string(), "fatal", 1).await;
    topic.produce(0, &numbered("v", 0..5)).await;
    for (key, code) in [
        (ApiKey::JoinGroup, E::InconsistentGroupProtocol),
        (ApiKey::SyncGroup, E::GroupAuthorizationFailed),
        (ApiKey::OffsetFetch, E::GroupAuthorizationFailed),
        (ApiKey::ListOffsets, E::TopicAuthorizationFailed),
        (ApiKey::Fetch, E::TopicAuthorizationFailed),
    ] {
        let group = unique("fatal");
        let mut reader = consumer(
            &topic.cluster,
            &[("group.id", &group), ("session.timeout.ms", "6000")],
        );
        reader
            .subscribe(Subscription::Topics(vec![topic.name.clone()]))
            .unwrap();
        broker.faults().on(key, error_of(key, code, &topic.name), 1);
        let deadline = Instant::now() + Duration::from_secs(30);
        let error = loop {
            assert!(Instant::now() < deadline, "{key:?} {code:?} was not told");
            if let Err(error) = reader.poll(Duration::from_millis(100)).await {
                break error;
            }
        };
        let told = matches!(&error, ClientError::Broker { code: told, .. } if told.kind() == code);
        assert!(told, "{key:?}: {error}");
        // The caller may go on; the broker has no more complaint.
        let mut found = Vec::new();
        while found.len() < 5 {
            assert!(
                Instant::now() < deadline,
                "{key:?} {code:?}: nothing came afterwards"
            );
            collect(
                &reader.poll(Duration::from_millis(100)).await.unwrap(),
                &mut found,
            );
        }
        reader.close(true).await;
    }
    broker.stop().await.unwrap();
}

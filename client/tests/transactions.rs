//! Transactions: against a real Kafka (`transaction.version` 2), and against a broker that misbehaves on demand
//! (`transaction.version` 0, time is tokio's own).

mod common;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use common::consumers::{consumer, read};
use common::embedded::Embedded;
use common::plain;
use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::ApiKey;
use windlass_broker::{BrokerConfig, Fault};
use windlass_client::producer::{AppendError, GroupMember, Producer};
use windlass_client::{Admin, ClientError, Cluster, OffsetAndMetadata, TopicPartition};

async fn append(
    producer: &mut Producer,
    topic: &Arc<str>,
    partition: i32,
    value: &str,
) -> Result<(), AppendError> {
    loop {
        let (to, value) = (Some(partition), Some(value.as_bytes()));
        match producer.try_append(topic, to, None, None, value, std::iter::empty()) {
            Ok(_) => return Ok(()),
            Err(AppendError::NeedsMetadata) => producer.ready(topic).await.unwrap(),
            Err(AppendError::BufferFull) => producer.wait_for_room().await.unwrap(),
            Err(error) => return Err(error),
        }
    }
}

/// One transaction with these values, each to partition number % 2.
async fn write(producer: &mut Producer, topic: &Arc<str>, values: &[&str]) {
    producer.begin_transaction().unwrap();
    for (partition, value) in (0..).zip(values) {
        append(producer, topic, partition % 2, value).await.unwrap();
    }
}

/// What a reader of committed records sees up to `last`, sorted.
async fn committed(cluster: &Cluster, topic: &Arc<str>, count: usize) -> Vec<String> {
    let mut reader = consumer(cluster, &[("isolation.level", "read_committed")]);
    let partitions = [0, 1].map(|partition| TopicPartition::new(Arc::clone(topic), partition));
    reader.assign(&partitions).unwrap();
    let mut values: Vec<_> = read(&mut reader, count)
        .await
        .into_iter()
        .map(|(_, _, value)| value)
        .collect();
    values.sort();
    values
}

fn transactional(id: &str) -> Producer {
    plain::producer(&[("transactional.id", id)])
}

fn unique(name: &str) -> String {
    format!("tx-{name}-{:08x}", fastrand::u32(..))
}

#[tokio::test]
async fn what_is_committed_is_read_and_what_is_aborted_is_not() {
    let topic = plain::topic("transactions", 2).await;
    let mut producer = transactional(&unique("visible"));
    assert!(matches!(
        producer.begin_transaction(),
        Err(ClientError::State(_))
    ));
    producer.init_transactions().await.unwrap();
    assert!(append(&mut producer, &topic, 0, "outside").await.is_err());
    for round in 0..50 {
        let (kept, lost) = (format!("{round:02} kept"), format!("{round:02} lost"));
        write(&mut producer, &topic, &[&kept, &kept]).await;
        producer.commit_transaction().await.unwrap();
        write(&mut producer, &topic, &[&lost, &lost]).await;
        producer.abort_transaction().await.unwrap();
        // An empty one leaves nothing behind.
        producer.begin_transaction().unwrap();
        producer.commit_transaction().await.unwrap();
    }
    let values = committed(&plain::cluster(), &topic, 100).await;
    let expected = (0..100).map(|number| format!("{:02} kept", number / 2));
    assert_eq!(values, expected.collect::<Vec<_>>());
    let partition = TopicPartition::new(Arc::clone(&topic), 0);
    let mut plain = consumer(&plain::cluster(), &[]);
    plain.assign(&[partition]).unwrap();
    let all = read(&mut plain, 100).await;
    let last = all.last().map(|(_, offset, _)| *offset);
    assert_eq!(
        last,
        Some(198),
        "each transaction has a record and a marker"
    );
}

#[tokio::test]
async fn whoever_initialises_fences_whoever_did_before() {
    let topic = plain::topic("fenced", 2).await;
    let id = unique("fenced");
    let (mut first, mut second) = (transactional(&id), transactional(&id));
    first.init_transactions().await.unwrap();
    write(&mut first, &topic, &["zombie"]).await;
    first.flush().await;
    second.init_transactions().await.unwrap();
    let error = first.commit_transaction().await.unwrap_err();
    assert!(error.is_fenced(), "{error}");
    assert!(first.begin_transaction().is_err());
    write(&mut second, &topic, &["alive"]).await;
    second.commit_transaction().await.unwrap();
    // Before its next transaction, and by somebody who does not write.
    let admin = Admin::new(plain::cluster());
    let fenced = admin.fence_producers(&[Arc::from(id.as_str())]).await;
    assert!(fenced.values().all(Result::is_ok), "{fenced:?}");
    write(&mut second, &topic, &["late"]).await;
    let error = second.commit_transaction().await.unwrap_err();
    assert!(
        error
            .code()
            .is_some_and(|code| code == ResponseError::InvalidProducerEpoch
                || code == ResponseError::ProducerFenced),
        "{error}"
    );
    assert_eq!(committed(&plain::cluster(), &topic, 1).await, ["alive"]);
}

#[tokio::test]
async fn offsets_are_stored_with_the_transaction() {
    let topic = plain::topic("offsets", 2).await;
    let group = unique("group");
    let mut producer = transactional(&unique("offsets"));
    producer.init_transactions().await.unwrap();
    let member = GroupMember {
        group_id: Arc::from(group.as_str()),
        member: None,
        instance_id: None,
    };
    let partition = TopicPartition::new(Arc::clone(&topic), 0);
    let at = |offset| {
        let stored = OffsetAndMetadata {
            offset,
            leader_epoch: None,
            metadata: String::new(),
        };
        BTreeMap::from([(partition.clone(), stored)])
    };
    producer.begin_transaction().unwrap();
    producer.send_offsets(&member, &at(7)).await.unwrap();
    producer.commit_transaction().await.unwrap();
    producer.begin_transaction().unwrap();
    producer.send_offsets(&member, &at(9)).await.unwrap();
    producer.abort_transaction().await.unwrap();
    let admin = Admin::new(plain::cluster());
    let found = admin.list_group_offsets(&group).await.unwrap();
    let found: Vec<_> = found.values().map(|one| one.offset).collect();
    assert_eq!(found, [7]);
}

/// A broker that misbehaves, and a producer of it that has committed "first".
async fn embedded(settings: &[(&str, &str)]) -> (Embedded, Producer, Arc<str>) {
    let broker = Embedded::start(BrokerConfig {
        default_partitions: 2,
        ..BrokerConfig::default()
    });
    let mut all = vec![("transactional.id", "t")];
    all.extend(settings);
    let mut producer = broker.producer(&all);
    let topic: Arc<str> = "topic".into();
    producer.init_transactions().await.unwrap();
    write(&mut producer, &topic, &["first"]).await;
    producer.commit_transaction().await.unwrap();
    (broker, producer, topic)
}

#[tokio::test(start_paused = true)]
async fn the_epoch_is_raised_after_an_end_whose_answer_was_lost() {
    for fault in [Fault::DropAfterHandling, Fault::Silence] {
        let (broker, mut producer, topic) = embedded(&[]).await;
        let begun = broker.faults().seen(ApiKey::InitProducerId);
        broker.faults().on(ApiKey::EndTxn, fault, 1);
        write(&mut producer, &topic, &["second"]).await;
        producer.commit_transaction().await.unwrap();
        assert_eq!(broker.faults().seen(ApiKey::InitProducerId), begun + 1);
        write(&mut producer, &topic, &["third"]).await;
        producer.commit_transaction().await.unwrap();
        assert_eq!(
            broker.faults().seen(ApiKey::InitProducerId),
            begun + 1,
            "once is enough"
        );
        assert_eq!(
            committed(&broker.cluster(), &topic, 3).await,
            ["first", "second", "third"]
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_producer_that_does_not_know_its_transactions_end_does_nothing_more() {
    let settings = [("max.block.ms", "60000"), ("request.timeout.ms", "20000")];
    let (broker, mut producer, topic) = embedded(&settings).await;
    broker.faults().on(ApiKey::EndTxn, Fault::Silence, 10);
    write(&mut producer, &topic, &["second"]).await;
    let error = producer.commit_transaction().await.unwrap_err();
    assert!(matches!(error, ClientError::Indefinite { .. }), "{error}");
    broker.faults().clear();
    assert!(matches!(
        producer.begin_transaction(),
        Err(ClientError::State(_))
    ));
    assert!(append(&mut producer, &topic, 0, "torn").await.is_err());
    assert!(producer.abort_transaction().await.is_err());
    producer.init_transactions().await.unwrap();
    write(&mut producer, &topic, &["third"]).await;
    producer.commit_transaction().await.unwrap();
    assert_eq!(
        committed(&broker.cluster(), &topic, 2).await,
        ["first", "third"],
        "what was open has been aborted"
    );
}

#[tokio::test(start_paused = true)]
async fn a_commit_that_is_dropped_leaves_nothing_to_go_on_with() {
    let (broker, mut producer, topic) = embedded(&[]).await;
    broker.faults().on(ApiKey::EndTxn, Fault::Silence, 1);
    write(&mut producer, &topic, &["second"]).await;
    let commit = tokio::time::timeout(Duration::from_secs(1), producer.commit_transaction());
    assert!(commit.await.is_err());
    assert!(producer.begin_transaction().is_err());
    producer.init_transactions().await.unwrap();
    write(&mut producer, &topic, &["third"]).await;
    producer.commit_transaction().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_written_can_only_be_aborted() {
    for (api, code) in [
        (ApiKey::Produce, ResponseError::TopicAuthorizationFailed),
        (ApiKey::Produce, ResponseError::OutOfOrderSequenceNumber),
        (ApiKey::Produce, ResponseError::InvalidProducerEpoch),
        (
            ApiKey::AddPartitionsToTxn,
            ResponseError::TopicAuthorizationFailed,
        ),
    ] {
        let (broker, mut producer, topic) = embedded(&[]).await;
        let begun = broker.faults().seen(ApiKey::InitProducerId);
        broker.faults().on(api, Fault::Error(code), 1);
        write(&mut producer, &topic, &["lost", "lost"]).await;
        let error = producer.commit_transaction().await.unwrap_err();
        assert!(error.code().is_some_and(|found| found == code), "{error}");
        assert!(append(&mut producer, &topic, 0, "more").await.is_err());
        assert_eq!(producer.buffered_bytes(), 0);
        producer.abort_transaction().await.unwrap();
        assert_eq!(
            broker.faults().seen(ApiKey::InitProducerId),
            begun + 1,
            "{code:?}: what was sent under the old epoch may still arrive"
        );
        write(&mut producer, &topic, &["kept"]).await;
        producer.commit_transaction().await.unwrap();
        assert_eq!(
            committed(&broker.cluster(), &topic, 2).await,
            ["first", "kept"],
            "{code:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn fencing_is_told_apart_by_who_tells_it() {
    for (api, code) in [
        (ApiKey::EndTxn, ResponseError::InvalidProducerEpoch),
        (ApiKey::EndTxn, ResponseError::ProducerFenced),
        (
            ApiKey::AddPartitionsToTxn,
            ResponseError::InvalidProducerEpoch,
        ),
        (ApiKey::Produce, ResponseError::ProducerFenced),
    ] {
        let (broker, mut producer, topic) = embedded(&[]).await;
        broker.faults().on(api, Fault::Error(code), 1);
        write(&mut producer, &topic, &["zombie"]).await;
        let error = producer.commit_transaction().await.unwrap_err();
        assert!(error.is_fenced(), "{api:?} {code:?}: {error}");
        assert!(producer.abort_transaction().await.is_err());
        assert!(producer.begin_transaction().is_err());
    }
}

#[tokio::test(start_paused = true)]
async fn a_busy_or_moved_coordinator_is_waited_for() {
    let (broker, mut producer, topic) = embedded(&[]).await;
    for api in [ApiKey::AddPartitionsToTxn, ApiKey::EndTxn] {
        let faults = broker.faults();
        faults.on(api, Fault::Error(ResponseError::ConcurrentTransactions), 5);
        faults.on(api, Fault::Error(ResponseError::NotCoordinator), 2);
        faults.on(api, Fault::DropBeforeHandling, 1);
    }
    write(&mut producer, &topic, &["second", "third"]).await;
    producer.commit_transaction().await.unwrap();
    assert_eq!(
        committed(&broker.cluster(), &topic, 3).await,
        ["first", "second", "third"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_transaction_that_is_open_too_long_is_lost() {
    let (broker, mut producer, topic) = embedded(&[("transaction.timeout.ms", "1000")]).await;
    write(&mut producer, &topic, &["lost"]).await;
    producer.flush().await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    let error = producer.commit_transaction().await.unwrap_err();
    assert!(error.is_fenced(), "{error}");
    producer.init_transactions().await.unwrap();
    write(&mut producer, &topic, &["kept"]).await;
    producer.commit_transaction().await.unwrap();
    assert_eq!(
        committed(&broker.cluster(), &topic, 2).await,
        ["first", "kept"]
    );
}

//! The broker as a client sees it, request by request.

mod common;

use std::time::Duration;

use common::{
    Client, batch, batch_of, fetch_request, idempotent, produce_request, text, topic, values,
};
use kafka_protocol::messages::add_offsets_to_txn_request::AddOffsetsToTxnRequest;
use kafka_protocol::messages::add_partitions_to_txn_request::AddPartitionsToTxnTopic;
use kafka_protocol::messages::fetch_request::ForgottenTopic;
use kafka_protocol::messages::offset_commit_request::{
    OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};
use kafka_protocol::messages::offset_fetch_request::{
    OffsetFetchRequestGroup, OffsetFetchRequestTopics,
};
use kafka_protocol::messages::txn_offset_commit_request::{
    TxnOffsetCommitRequestPartition, TxnOffsetCommitRequestTopic,
};
use kafka_protocol::messages::*;
use tokio::time::{Instant, timeout};
use windlass_broker::{ApiKey, Broker, BrokerConfig, Fault, ResponseError, Storage};

async fn in_memory() -> Broker {
    Broker::open(config(Storage::Memory)).unwrap()
}

fn on_disk(directory: &std::path::Path) -> Broker {
    Broker::open(config(Storage::Directory(directory.to_owned()))).unwrap()
}

fn config(storage: Storage) -> BrokerConfig {
    BrokerConfig {
        storage,
        rng: fastrand::Rng::with_seed(7),
        // The records are of 1970: retention would delete them.
        housekeeping_interval: Duration::from_secs(24 * 3600),
        ..BrokerConfig::default()
    }
}

fn no_transactions() -> InitProducerIdRequest {
    InitProducerIdRequest::default().with_transactional_id(None)
}

#[tokio::test(start_paused = true)]
async fn a_fetch_waits_for_the_first_record() {
    let broker = in_memory().await;
    let mut producer = Client::connect(&broker);
    producer.create_topic("t", 2).await;
    let mut consumer = Client::connect(&broker);
    let waiting = tokio::spawn(async move {
        let start = Instant::now();
        let fetched = consumer
            .call(12, &fetch_request(&[("t", 0, 0), ("t", 1, 0)], 60_000))
            .await;
        (values(&fetched), start.elapsed())
    });
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(
        producer
            .produce("t", 1, batch(&["a", "b"]))
            .await
            .base_offset,
        0
    );
    let (values, waited) = waiting.await.unwrap();
    assert_eq!(values, ["a", "b"]);
    assert!(waited < Duration::from_secs(6), "{waited:?}");
    // With nothing to come it ends when it said it would.
    let start = Instant::now();
    let fetched = producer
        .call(12, &fetch_request(&[("t", 0, 0)], 3_000))
        .await;
    assert!(common::values(&fetched).is_empty());
    assert_eq!(start.elapsed().as_millis(), 3_000);
}

#[tokio::test(start_paused = true)]
async fn a_fetch_with_an_error_does_not_wait() {
    let broker = in_memory().await;
    let mut client = Client::connect(&broker);
    client.create_topic("t", 1).await;
    let start = Instant::now();
    for (place, error) in [
        (("t", 0, 5), ResponseError::OffsetOutOfRange),
        (("t", 1, 0), ResponseError::UnknownTopicOrPartition),
        (("none", 0, 0), ResponseError::UnknownTopicOrPartition),
    ] {
        let fetched = client.call(12, &fetch_request(&[place], 60_000)).await;
        assert_eq!(fetched.responses[0].partitions[0].error_code, error.code());
    }
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_session_tells_only_what_is_new() {
    let broker = in_memory().await;
    let mut client = Client::connect(&broker);
    client.create_topic("t", 3).await;
    let all = [("t", 0, 0), ("t", 1, 0), ("t", 2, 0)];
    let opened = client
        .call(12, &fetch_request(&all, 0).with_session_epoch(0))
        .await;
    assert_ne!(opened.session_id, 0);
    let told = |fetched: &FetchResponse| -> Vec<i32> {
        fetched
            .responses
            .iter()
            .flat_map(|topic| &topic.partitions)
            .map(|one| one.partition_index)
            .collect()
    };
    assert_eq!(told(&opened), [0, 1, 2]);
    let next = |epoch, changed: &[(&str, i32, i64)]| {
        fetch_request(changed, 0)
            .with_session_id(opened.session_id)
            .with_session_epoch(epoch)
    };
    let fetched = client.call(12, &next(1, &[])).await;
    assert!(told(&fetched).is_empty());
    client.produce("t", 1, batch(&["new"])).await;
    let fetched = client.call(12, &next(2, &[])).await;
    assert_eq!(
        (told(&fetched), values(&fetched)),
        (vec![1], vec!["new".to_owned()])
    );
    // It has read that, and wants to hear of partition 2 no more.
    let forgotten = ForgottenTopic::default()
        .with_topic(topic("t"))
        .with_partitions(vec![2]);
    let request = next(3, &[("t", 1, 1)]).with_forgotten_topics_data(vec![forgotten]);
    assert!(told(&client.call(12, &request).await).is_empty());
    client.produce("t", 2, batch(&["unheard"])).await;
    assert!(told(&client.call(12, &next(4, &[])).await).is_empty());
    let stale = client.call(12, &next(4, &[])).await;
    assert_eq!(
        stale.error_code,
        ResponseError::InvalidFetchSessionEpoch.code()
    );
    client.call(12, &next(-1, &[])).await;
    let closed = client.call(12, &next(5, &[])).await;
    assert_eq!(
        closed.error_code,
        ResponseError::FetchSessionIdNotFound.code()
    );
}

#[tokio::test]
async fn unknown_topics_are_created_if_asked_for() {
    let broker = in_memory().await;
    let mut client = Client::connect(&broker);
    let ask = |create| {
        let asked =
            metadata_request::MetadataRequestTopic::default().with_name(Some(topic("fresh")));
        MetadataRequest::default()
            .with_topics(Some(vec![asked]))
            .with_allow_auto_topic_creation(create)
    };
    let unknown = client.call(12, &ask(false)).await;
    assert_eq!(
        unknown.topics[0].error_code,
        ResponseError::UnknownTopicOrPartition.code()
    );
    let created = client.call(12, &ask(true)).await;
    assert_eq!(
        (
            created.topics[0].error_code,
            created.topics[0].partitions.len()
        ),
        (0, 1)
    );
    let by_id = metadata_request::MetadataRequestTopic::default()
        .with_name(None)
        .with_topic_id(created.topics[0].topic_id);
    let found = client
        .call(
            12,
            &MetadataRequest::default().with_topics(Some(vec![by_id])),
        )
        .await;
    assert_eq!(found.topics[0].name, Some(topic("fresh")));
    assert_eq!(
        client
            .call(12, &MetadataRequest::default().with_topics(None))
            .await
            .topics
            .len(),
        1
    );
    assert!(
        client
            .call(12, &MetadataRequest::default().with_topics(Some(vec![])))
            .await
            .topics
            .is_empty()
    );
}

#[tokio::test]
async fn a_broker_continues_where_it_was() {
    let directory = tempfile::tempdir().unwrap();
    let broker = on_disk(directory.path());
    let cluster = broker.cluster_id().to_owned();
    let mut client = Client::connect(&broker);
    client.create_topic("t", 2).await;
    client.produce("t", 1, batch(&["a", "b", "c"])).await;
    commit(&mut client, "g", 2).await;
    let first = client.call(4, &no_transactions()).await.producer_id;
    let id = topic_id(&mut client).await;
    let delete = delete_records_request::DeleteRecordsPartition::default()
        .with_partition_index(1)
        .with_offset(1);
    let delete = delete_records_request::DeleteRecordsTopic::default()
        .with_name(topic("t"))
        .with_partitions(vec![delete]);
    let deleted = client
        .call(
            2,
            &DeleteRecordsRequest::default().with_topics(vec![delete]),
        )
        .await;
    assert_eq!(deleted.topics[0].partitions[0].low_watermark, 1);
    let storage = Storage::Directory(directory.path().to_owned());
    let second = Broker::open(BrokerConfig {
        storage,
        ..BrokerConfig::default()
    });
    assert!(
        second
            .unwrap_err()
            .to_string()
            .contains("another broker is running on this directory")
    );
    broker.stop().await.unwrap();
    let broker = on_disk(directory.path());
    check_restarted(&broker, &cluster, id, first).await;
    broker.kill().await;
    let broker = on_disk(directory.path());
    check_restarted(&broker, &cluster, id, first).await;
}

async fn topic_id(client: &mut Client) -> uuid::Uuid {
    let found = client
        .call(12, &MetadataRequest::default().with_topics(None))
        .await;
    assert_eq!(
        (found.topics.len(), found.topics[0].partitions.len()),
        (1, 2)
    );
    found.topics[0].topic_id
}

async fn check_restarted(broker: &Broker, cluster: &str, id: uuid::Uuid, first: ProducerId) {
    assert_eq!(broker.cluster_id(), cluster);
    let mut client = Client::connect(broker);
    assert_eq!(topic_id(&mut client).await, id);
    assert_eq!(client.fetch("t", 1, 1).await, ["a", "b", "c"]);
    assert_eq!(committed(&mut client, "g").await, 2);
    assert!(client.call(4, &no_transactions()).await.producer_id > first);
    let deleted = client.call(12, &fetch_request(&[("t", 1, 0)], 0)).await;
    let deleted = &deleted.responses[0].partitions[0];
    assert_eq!(deleted.error_code, ResponseError::OffsetOutOfRange.code());
    assert_eq!((deleted.log_start_offset, deleted.high_watermark), (1, 3));
}

async fn commit(client: &mut Client, group: &str, offset: i64) {
    let partition = OffsetCommitRequestPartition::default()
        .with_partition_index(1)
        .with_committed_offset(offset);
    let asked = OffsetCommitRequestTopic::default()
        .with_name(topic("t"))
        .with_partitions(vec![partition]);
    let request = OffsetCommitRequest::default()
        .with_group_id(GroupId(text(group)))
        .with_generation_id_or_member_epoch(-1)
        .with_topics(vec![asked]);
    let done = client.call(8, &request).await;
    assert_eq!(done.topics[0].partitions[0].error_code, 0);
}

/// The committed offset of partition 1, or the error.
async fn committed(client: &mut Client, group: &str) -> i64 {
    let asked = OffsetFetchRequestTopics::default()
        .with_name(topic("t"))
        .with_partition_indexes(vec![1]);
    let asked = OffsetFetchRequestGroup::default()
        .with_group_id(GroupId(text(group)))
        .with_topics(Some(vec![asked]));
    let request = OffsetFetchRequest::default()
        .with_groups(vec![asked])
        .with_require_stable(true);
    let found = client.call(8, &request).await;
    let partition = &found.groups[0].topics[0].partitions[0];
    if partition.error_code == 0 {
        partition.committed_offset
    } else {
        -i64::from(partition.error_code)
    }
}

/// A transaction of one record to partition 0 and one offset of group `g`, ended or not.
async fn transact(
    client: &mut Client,
    value: &str,
    offset: i64,
    end: Option<bool>,
) -> InitProducerIdResponse {
    let id = || TransactionalId(text("tx"));
    let init = InitProducerIdRequest::default()
        .with_transactional_id(Some(id()))
        .with_transaction_timeout_ms(60_000);
    let me = client.call(4, &init).await;
    assert_eq!(me.error_code, 0);
    let add = AddPartitionsToTxnTopic::default()
        .with_name(topic("t"))
        .with_partitions(vec![0]);
    let add = AddPartitionsToTxnRequest::default()
        .with_v3_and_below_transactional_id(id())
        .with_v3_and_below_producer_id(me.producer_id)
        .with_v3_and_below_producer_epoch(me.producer_epoch)
        .with_v3_and_below_topics(vec![add]);
    let added = client.call(3, &add).await;
    assert_eq!(
        added.results_by_topic_v3_and_below[0].results_by_partition[0].partition_error_code,
        0
    );
    let record = batch_of(
        &[value],
        idempotent(*me.producer_id, me.producer_epoch, 0, true),
    );
    let produced = client
        .call(9, &produce_request("t", 0, record, Some("tx")))
        .await;
    assert_eq!(produced.responses[0].partition_responses[0].error_code, 0);
    let group = AddOffsetsToTxnRequest::default()
        .with_transactional_id(id())
        .with_producer_id(me.producer_id)
        .with_producer_epoch(me.producer_epoch)
        .with_group_id(GroupId(text("g")));
    assert_eq!(client.call(3, &group).await.error_code, 0);
    let partition = TxnOffsetCommitRequestPartition::default()
        .with_partition_index(1)
        .with_committed_offset(offset);
    let asked = TxnOffsetCommitRequestTopic::default()
        .with_name(topic("t"))
        .with_partitions(vec![partition]);
    let commit = TxnOffsetCommitRequest::default()
        .with_transactional_id(id())
        .with_group_id(GroupId(text("g")))
        .with_producer_id(me.producer_id)
        .with_producer_epoch(me.producer_epoch)
        .with_generation_id(-1)
        .with_topics(vec![asked]);
    assert_eq!(
        client.call(3, &commit).await.topics[0].partitions[0].error_code,
        0
    );
    if let Some(commit) = end {
        assert_eq!(client.call(3, &end_txn(&me, commit)).await.error_code, 0);
    }
    me
}

fn end_txn(me: &InitProducerIdResponse, commit: bool) -> EndTxnRequest {
    EndTxnRequest::default()
        .with_transactional_id(TransactionalId(text("tx")))
        .with_producer_id(me.producer_id)
        .with_producer_epoch(me.producer_epoch)
        .with_committed(commit)
}

async fn committed_values(client: &mut Client) -> Vec<String> {
    let request = fetch_request(&[("t", 0, 0)], 0).with_isolation_level(1);
    let fetched = client.call(12, &request).await;
    let aborted = fetched.responses[0].partitions[0]
        .aborted_transactions
        .clone()
        .unwrap_or_default();
    // One record per transaction: the aborted ones are those at the offsets told.
    let all = values(&fetched);
    let first: Vec<usize> = aborted
        .iter()
        .map(|aborted| aborted.first_offset as usize)
        .collect();
    // Each record is followed by its marker.
    all.into_iter()
        .enumerate()
        .filter(|(at, _)| !first.contains(&(at * 2)))
        .map(|(_, value)| value)
        .collect()
}

#[tokio::test]
async fn transactions_commit_records_and_offsets_together() {
    let directory = tempfile::tempdir().unwrap();
    let broker = on_disk(directory.path());
    let mut client = Client::connect(&broker);
    client.create_topic("t", 2).await;
    transact(&mut client, "one", 1, Some(true)).await;
    assert_eq!(
        (
            committed_values(&mut client).await,
            committed(&mut client, "g").await
        ),
        (vec!["one".to_owned()], 1)
    );
    transact(&mut client, "two", 2, Some(false)).await;
    assert_eq!(
        (
            committed_values(&mut client).await,
            committed(&mut client, "g").await
        ),
        (vec!["one".to_owned()], 1)
    );
    // Open when the broker dies, and committed by the one that comes after.
    let me = transact(&mut client, "three", 3, None).await;
    let unstable = -i64::from(ResponseError::UnstableOffsetCommit.code());
    assert_eq!(committed(&mut client, "g").await, unstable);
    broker.kill().await;
    let broker = on_disk(directory.path());
    let mut client = Client::connect(&broker);
    assert_eq!(
        (
            committed_values(&mut client).await,
            committed(&mut client, "g").await
        ),
        (vec!["one".to_owned()], unstable)
    );
    assert_eq!(client.call(3, &end_txn(&me, true)).await.error_code, 0);
    // The answer may have been lost: asking again is no error, changing one's mind is.
    assert_eq!(client.call(3, &end_txn(&me, true)).await.error_code, 0);
    assert_eq!(
        client.call(3, &end_txn(&me, false)).await.error_code,
        ResponseError::InvalidTxnState.code()
    );
    let all = vec!["one".to_owned(), "three".to_owned()];
    assert_eq!(
        (
            committed_values(&mut client).await,
            committed(&mut client, "g").await
        ),
        (all, 3)
    );
}

#[tokio::test]
async fn a_new_producer_fences_the_old_and_aborts_what_it_left() {
    let broker = in_memory().await;
    let mut client = Client::connect(&broker);
    client.create_topic("t", 2).await;
    let old = transact(&mut client, "old", 1, None).await;
    let new = transact(&mut client, "new", 2, Some(true)).await;
    assert_eq!(
        (new.producer_id, new.producer_epoch),
        (old.producer_id, old.producer_epoch + 1)
    );
    assert_eq!(
        client.call(3, &end_txn(&old, true)).await.error_code,
        ResponseError::ProducerFenced.code()
    );
    let zombie = batch_of(
        &["zombie"],
        idempotent(*old.producer_id, old.producer_epoch, 1, true),
    );
    let refused = client
        .call(9, &produce_request("t", 0, zombie, Some("tx")))
        .await;
    let code = refused.responses[0].partition_responses[0].error_code;
    assert_eq!(code, ResponseError::InvalidProducerEpoch.code());
    assert_eq!(
        (
            committed_values(&mut client).await,
            committed(&mut client, "g").await
        ),
        (vec!["new".to_owned()], 2)
    );
}

#[tokio::test(start_paused = true)]
async fn a_transaction_left_open_is_aborted_in_time() {
    let broker = in_memory().await;
    let mut client = Client::connect(&broker);
    client.create_topic("t", 2).await;
    let me = transact(&mut client, "late", 1, None).await;
    tokio::time::sleep(Duration::from_secs(61)).await;
    assert_eq!(
        client.call(3, &end_txn(&me, true)).await.error_code,
        ResponseError::ProducerFenced.code()
    );
    assert!(committed_values(&mut client).await.is_empty());
}

#[tokio::test]
async fn duplicates_are_answered_and_gaps_refused() {
    let broker = in_memory().await;
    let mut client = Client::connect(&broker);
    client.create_topic("t", 1).await;
    let next = |sequence| batch_of(&["a", "b"], idempotent(1, 0, sequence, false));
    assert_eq!(client.produce("t", 0, next(0)).await.base_offset, 0);
    assert_eq!(client.produce("t", 0, next(2)).await.base_offset, 2);
    let again = client.produce("t", 0, next(0)).await;
    assert_eq!((again.error_code, again.base_offset), (0, 0));
    let gap = client.produce("t", 0, next(6)).await;
    assert_eq!(
        gap.error_code,
        ResponseError::OutOfOrderSequenceNumber.code()
    );
    assert_eq!(client.fetch("t", 0, 0).await.len(), 4);
}

#[tokio::test(start_paused = true)]
async fn faults_do_what_they_say() {
    let broker = in_memory().await;
    let faults = broker.faults();
    let mut client = Client::connect(&broker);
    client.create_topic("t", 1).await;
    let produce = produce_request("t", 0, batch(&["v"]), None);

    faults.on(
        ApiKey::Produce,
        Fault::Error(ResponseError::NotLeaderOrFollower),
        2,
    );
    for expected in [6, 6, 0] {
        assert_eq!(
            client.call(9, &produce).await.responses[0].partition_responses[0].error_code,
            expected
        );
    }
    let start = Instant::now();
    faults.on(ApiKey::Produce, Fault::Delay(Duration::from_secs(9)), 1);
    client.call(9, &produce).await;
    assert_eq!(start.elapsed().as_secs(), 9);

    let end = |fetched: FetchResponse| fetched.responses[0].partitions[0].high_watermark;
    let look = fetch_request(&[("t", 0, 0)], 0);
    assert_eq!(end(client.call(12, &look).await), 2);
    faults.on(ApiKey::Produce, Fault::DropBeforeHandling, 1);
    assert!(client.try_call(9, &produce).await.is_none());
    let mut client = Client::connect(&broker);
    assert_eq!(end(client.call(12, &look).await), 2, "it was not handled");
    faults.on(ApiKey::Produce, Fault::DropAfterHandling, 1);
    assert!(client.try_call(9, &produce).await.is_none());
    let mut client = Client::connect(&broker);
    assert_eq!(end(client.call(12, &look).await), 3, "it was handled");
    faults.on(ApiKey::Produce, Fault::Truncate(7), 1);
    assert!(client.try_call(9, &produce).await.is_none());
    assert_eq!(client.received().len(), 7);

    let mut client = Client::connect(&broker);
    faults.on(ApiKey::Produce, Fault::Silence, 1);
    client.send(9, &produce).await;
    assert_eq!(
        end(client.call(12, &look).await),
        4,
        "the next request is answered"
    );
    let mut asked = 0;
    faults.hook(move |view| {
        asked += 1;
        (view.request.key() == ApiKey::Produce && asked > 1)
            .then_some(Fault::Error(ResponseError::NotEnoughReplicas))
    });
    assert_eq!(
        client.call(9, &produce).await.responses[0].partition_responses[0].error_code,
        0
    );
    assert_eq!(
        client.call(9, &produce).await.responses[0].partition_responses[0].error_code,
        19
    );
    faults.clear();
    assert_eq!(
        client.call(9, &produce).await.responses[0].partition_responses[0].error_code,
        0
    );
    assert_eq!(faults.seen(ApiKey::Produce), 11);
}

#[tokio::test]
async fn hostile_bytes_end_their_connection_and_no_other() {
    let broker = in_memory().await;
    let mut bystander = Client::connect(&broker);
    bystander.create_topic("t", 1).await;
    let closes = async |bytes: Vec<u8>| {
        let mut client = Client::connect(&broker);
        client.send_raw(&bytes).await;
        timeout(Duration::from_secs(10), client.receive_raw())
            .await
            .expect("still open")
            .is_none()
    };
    let frame = |body: &[u8]| [&(body.len() as i32).to_be_bytes()[..], body].concat();
    assert!(
        closes(i32::MAX.to_be_bytes().to_vec()).await,
        "a frame of 2 GiB"
    );
    assert!(
        closes((-1_i32).to_be_bytes().to_vec()).await,
        "a frame of negative length"
    );
    assert!(closes(frame(b"")).await, "an empty frame");
    assert!(closes(frame(&[0xff; 8])).await, "an unknown API");
    assert!(
        closes(frame(&[0, 3, 0x7f, 0xff, 0, 0, 0, 1, 0xff, 0xff])).await,
        "a version of the future"
    );
    // A metadata request of version 1 with two thousand million topics.
    let many = [
        &[0, 3, 0, 1, 0, 0, 0, 1, 0xff, 0xff][..],
        &i32::MAX.to_be_bytes(),
    ]
    .concat();
    assert!(closes(frame(&many)).await, "a count beyond the frame");
    // Every request, cut short anywhere.
    let whole =
        windlass_wire::message::encode_request(1, Some("x"), 12, &fetch_request(&[("t", 0, 0)], 0))
            .unwrap();
    let whole = whole.into_bytes().slice(4..);
    for end in 8..whole.len() {
        assert!(closes(frame(&whole[..end])).await, "cut at byte {end}");
    }
    assert_eq!(bystander.produce("t", 0, batch(&["v"])).await.error_code, 0);
}

#[tokio::test]
async fn a_newer_client_is_told_what_is_served() {
    let broker = in_memory().await;
    let mut client = Client::connect(&broker);
    // ApiVersions of version 99: answered in version 0, with the error and what is served.
    client
        .send_raw(&[0, 0, 0, 10, 0, 18, 0, 99, 0, 0, 0, 5, 0xff, 0xff])
        .await;
    let frame = client.receive_raw().await.unwrap();
    let body = windlass_wire::frame::response_body(ApiKey::ApiVersions, 0, frame).unwrap();
    let answer = windlass_wire::message::decode_response::<ApiVersionsRequest>(0, body).unwrap();
    assert_eq!(answer.error_code, ResponseError::UnsupportedVersion.code());
    assert!(
        answer
            .api_keys
            .iter()
            .any(|key| key.api_key == ApiKey::ApiVersions as i16 && key.max_version == 4)
    );
    assert_eq!(
        client
            .call(3, &ApiVersionsRequest::default())
            .await
            .error_code,
        0
    );
}

#[tokio::test]
async fn requests_sent_together_are_answered_in_order() {
    let broker = in_memory().await;
    let mut client = Client::connect(&broker);
    client.create_topic("t", 1).await;
    for value in ["0", "1", "2", "3", "4"] {
        client
            .send(9, &produce_request("t", 0, batch(&[value]), None))
            .await;
    }
    for expected in 0..5 {
        let answer = client.receive::<ProduceRequest>(9).await.unwrap();
        assert_eq!(
            answer.responses[0].partition_responses[0].base_offset,
            expected
        );
    }
    // acks=0 has no answer: the next one is that of the request after.
    client
        .send(
            9,
            &produce_request("t", 0, batch(&["5"]), None).with_acks(0),
        )
        .await;
    assert_eq!(client.fetch("t", 0, 5).await, ["5"]);
}

/// Clients of all ages: librdkafka asks for topics in version 4, an old tool for offsets in version 1.
#[tokio::test]
async fn every_version_served_is_answered() {
    let broker = in_memory().await;
    let mut client = Client::connect(&broker);
    client.create_topic("t", 2).await;
    client.produce("t", 0, batch(&["v"])).await;

    let partition = list_offsets_request::ListOffsetsPartition::default().with_timestamp(-1);
    let asked = list_offsets_request::ListOffsetsTopic::default()
        .with_name(topic("t"))
        .with_partitions(vec![partition]);
    for version in 1..=10 {
        let request = ListOffsetsRequest::default().with_topics(vec![asked.clone()]);
        assert_eq!(
            client.call(version, &request).await.topics[0].partitions[0].offset,
            1
        );
    }
    for version in 2..=7 {
        for (name, error) in [("t", ResponseError::TopicAlreadyExists.code()), ("new", 0)] {
            let name = if error == 0 {
                format!("new-{version}")
            } else {
                name.to_owned()
            };
            let asked = create_topics_request::CreatableTopic::default()
                .with_name(topic(&name))
                .with_num_partitions(1)
                .with_replication_factor(1);
            let created = client
                .call(
                    version,
                    &CreateTopicsRequest::default().with_topics(vec![asked]),
                )
                .await;
            assert_eq!(created.topics[0].error_code, error, "version {version}");
        }
    }
    for version in 4..=12 {
        let fetched = client
            .call(version, &fetch_request(&[("t", 0, 0)], 0))
            .await;
        assert_eq!(values(&fetched), ["v"]);
    }
    for version in 3..=12 {
        let produced = client
            .call(version, &produce_request("t", 1, batch(&["v"]), None))
            .await;
        assert_eq!(produced.responses[0].partition_responses[0].error_code, 0);
    }
    for version in 1..=13 {
        assert_eq!(
            client
                .call(version, &MetadataRequest::default().with_topics(None))
                .await
                .brokers
                .len(),
            1
        );
    }
    for version in 0..=6 {
        let key = text("g");
        let request = FindCoordinatorRequest::default();
        let request = match version {
            4.. => request.with_coordinator_keys(vec![key]),
            _ => request.with_key(key),
        };
        let found = client.call(version, &request).await;
        let node = found
            .coordinators
            .first()
            .map_or(found.node_id, |one| one.node_id);
        assert_eq!((found.error_code, node), (0, BrokerId(1)));
    }
}

#[tokio::test]
async fn groups_are_joined_and_left_in_every_version() {
    let broker = in_memory().await;
    let mut client = Client::connect(&broker);
    client.create_topic("t", 2).await;
    for version in 0..=9_i16 {
        let group = GroupId(text(&format!("g{version}")));
        let protocol =
            join_group_request::JoinGroupRequestProtocol::default().with_name(text("range"));
        let join = JoinGroupRequest::default()
            .with_group_id(group.clone())
            .with_session_timeout_ms(10_000)
            .with_rebalance_timeout_ms(if version == 0 { -1 } else { 10_000 })
            .with_protocol_type(text("consumer"))
            .with_protocols(vec![protocol]);
        let mut joined = client.call(version, &join).await;
        if version >= 4 {
            assert_eq!(joined.error_code, ResponseError::MemberIdRequired.code());
            joined = client
                .call(version, &join.with_member_id(joined.member_id))
                .await;
        }
        assert_eq!(
            (joined.error_code, joined.generation_id),
            (0, 1),
            "version {version}"
        );
        let me = joined.member_id;
        let assignment = sync_group_request::SyncGroupRequestAssignment::default()
            .with_member_id(me.clone())
            .with_assignment(bytes::Bytes::from_static(b"all"));
        let sync = SyncGroupRequest::default()
            .with_group_id(group.clone())
            .with_generation_id(1)
            .with_member_id(me.clone())
            .with_assignments(vec![assignment]);
        assert_eq!(client.call(version.min(5), &sync).await.assignment, "all");
        let beat = HeartbeatRequest::default()
            .with_group_id(group.clone())
            .with_generation_id(1)
            .with_member_id(me.clone());
        assert_eq!(client.call(version.min(4), &beat).await.error_code, 0);
        let partition = OffsetCommitRequestPartition::default().with_committed_offset(5);
        let asked = OffsetCommitRequestTopic::default()
            .with_name(topic("t"))
            .with_partitions(vec![partition]);
        let commit = OffsetCommitRequest::default()
            .with_group_id(group.clone())
            .with_generation_id_or_member_epoch(1)
            .with_member_id(me.clone())
            .with_topics(vec![asked]);
        assert_eq!(
            client.call(version.max(2), &commit).await.topics[0].partitions[0].error_code,
            0
        );
        let described = client
            .call(
                version.min(6),
                &DescribeGroupsRequest::default().with_groups(vec![group.clone()]),
            )
            .await;
        assert_eq!(
            (
                &*described.groups[0].group_state,
                described.groups[0].members.len()
            ),
            ("Stable", 1)
        );
        let listed = client
            .call(version.min(5), &ListGroupsRequest::default())
            .await;
        assert_eq!(listed.groups.len(), usize::from(version.unsigned_abs()) + 1);
        let leave = LeaveGroupRequest::default().with_group_id(group.clone());
        let leave = match version {
            3.. => leave.with_members(vec![
                leave_group_request::MemberIdentity::default().with_member_id(me),
            ]),
            _ => leave.with_member_id(me),
        };
        let left = client.call(version.min(5), &leave).await;
        assert!(left.error_code == 0 && left.members.iter().all(|member| member.error_code == 0));
    }
}

#[tokio::test(start_paused = true)]
async fn members_notice_nothing_of_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let broker = on_disk(directory.path());
    let mut client = Client::connect(&broker);
    client.create_topic("t", 2).await;
    let group = GroupId(text("g"));
    let protocol = join_group_request::JoinGroupRequestProtocol::default()
        .with_name(text("range"))
        .with_metadata(bytes::Bytes::from_static(b"subscription"));
    let join = JoinGroupRequest::default()
        .with_group_id(group.clone())
        .with_group_instance_id(Some(text("one")))
        .with_session_timeout_ms(10_000)
        .with_rebalance_timeout_ms(10_000)
        .with_protocol_type(text("consumer"))
        .with_protocols(vec![protocol]);
    let joined = client.call(9, &join).await;
    let me = joined.member_id.clone();
    let assignment = sync_group_request::SyncGroupRequestAssignment::default()
        .with_member_id(me.clone())
        .with_assignment(bytes::Bytes::from_static(b"all"));
    let sync = SyncGroupRequest::default()
        .with_group_id(group.clone())
        .with_generation_id(1)
        .with_member_id(me.clone())
        .with_group_instance_id(Some(text("one")))
        .with_assignments(vec![assignment]);
    assert_eq!(client.call(5, &sync).await.assignment, "all");
    let describe = DescribeGroupsRequest::default().with_groups(vec![group.clone()]);
    let before = client.call(5, &describe).await;
    assert_eq!(before.groups[0].members[0].member_assignment, "all");

    broker.kill().await;
    let broker = on_disk(directory.path());
    let mut client = Client::connect(&broker);
    assert_eq!(client.call(5, &describe).await, before);
    let beat = HeartbeatRequest::default()
        .with_group_id(group.clone())
        .with_generation_id(1)
        .with_member_id(me.clone())
        .with_group_instance_id(Some(text("one")));
    assert_eq!(client.call(4, &beat).await.error_code, 0);
    // One that does not come back is found dead in time, and that too is remembered.
    tokio::time::sleep(Duration::from_secs(11)).await;
    assert_eq!(
        client.call(4, &beat).await.error_code,
        ResponseError::UnknownMemberId.code()
    );
    broker.stop().await.unwrap();
    let broker = on_disk(directory.path());
    let mut client = Client::connect(&broker);
    assert_eq!(
        client.call(4, &beat).await.error_code,
        ResponseError::UnknownMemberId.code()
    );
}

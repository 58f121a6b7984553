//! The client against a broker that misbehaves on demand. Streams are in memory and time is tokio's own, paused: a timeout
//! of half a minute passes at once, and the same seed gives the same run.

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::embedded::Embedded;
use common::plain::Reader;
use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::{ApiKey, ListGroupsRequest};
use windlass_broker::{BrokerConfig, Fault};
use windlass_client::producer::{Ack, AppendError, Producer};
use windlass_client::{ClientError, Lane, Topics};

const TOPIC: &str = "faults";

fn broker(partitions: i32) -> Embedded {
    Embedded::start(BrokerConfig {
        default_partitions: partitions,
        ..BrokerConfig::default()
    })
}

/// Appends the numbers `from..to`, each to partition number % `partitions`, as a task does: in runs, looking at acks between.
async fn produce(
    producer: &mut Producer,
    topic: &Arc<str>,
    numbers: std::ops::Range<u32>,
    partitions: u32,
) -> Vec<Ack> {
    let mut acks = Vec::new();
    for number in numbers {
        loop {
            let partition = i32::try_from(number % partitions).unwrap();
            let value = number.to_be_bytes();
            match producer.try_append(
                topic,
                Some(partition),
                None,
                None,
                Some(&value),
                std::iter::empty(),
            ) {
                Ok(_) => break,
                Err(AppendError::NeedsMetadata) => producer.ready(topic).await.unwrap(),
                Err(AppendError::BufferFull) => producer.wait_for_room().await.unwrap(),
                Err(error) => panic!("{error}"),
            }
        }
        if number % 50 == 0 {
            producer.send_ready(false);
            acks.extend(std::iter::from_fn(|| producer.try_next_ack()));
            tokio::task::yield_now().await;
        }
    }
    producer.flush().await;
    acks.extend(std::iter::from_fn(|| producer.try_next_ack()));
    assert_eq!(producer.in_flight(), 0);
    acks
}

/// Every number is in its partition, once and in order.
async fn check(broker: &Embedded, topic: &Arc<str>, count: u32, partitions: u32) {
    for partition in 0..partitions {
        let reader = Reader::on(broker.cluster(), topic);
        let values = reader
            .values_to_end(i32::try_from(partition).unwrap())
            .await;
        let found: Vec<u32> = values
            .iter()
            .map(|value| u32::from_be_bytes(value[..].try_into().unwrap()))
            .collect();
        let expected: Vec<u32> = (0..count)
            .filter(|number| number % partitions == partition)
            .collect();
        assert_eq!(found, expected, "partition {partition}");
    }
}

fn all_written(acks: &[Ack], count: u32) {
    for ack in acks {
        assert!(ack.result.is_ok(), "{ack:?}");
    }
    assert_eq!(acks.iter().map(|ack| ack.count).sum::<u32>(), count);
}

#[tokio::test(start_paused = true)]
async fn no_duplicate_and_no_gap_under_random_faults() {
    for seed in 0..20u64 {
        let broker = broker(3);
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut left = 60;
        broker.faults().hook(move |view| {
            if view.request.key() != ApiKey::Produce || left == 0 || rng.u8(..) < 128 {
                return None;
            }
            left -= 1;
            Some(match rng.u8(..8) {
                0 => Fault::DropBeforeHandling,
                1 => Fault::DropAfterHandling,
                2 => Fault::Truncate(rng.usize(..40)),
                3 => Fault::Error(ResponseError::NotLeaderOrFollower),
                4 => Fault::Error(ResponseError::NotEnoughReplicas),
                5 => Fault::Silence,
                6 => Fault::Delay(Duration::from_millis(rng.u64(..2_000))),
                _ => Fault::DelayAnswer(Duration::from_millis(rng.u64(..40_000))),
            })
        });
        let mut producer =
            broker.producer(&[("batch.size", "300"), ("delivery.timeout.ms", "2147483647")]);
        let topic: Arc<str> = TOPIC.into();
        let acks = produce(&mut producer, &topic, 0..3_000, 3).await;
        all_written(&acks, 3_000);
        broker.faults().clear();
        check(&broker, &topic, 3_000, 3).await;
    }
}

#[tokio::test(start_paused = true)]
async fn one_in_flight_without_idempotence_keeps_the_order() {
    let broker = broker(1);
    let mut rng = fastrand::Rng::with_seed(9);
    broker.faults().hook(move |view| {
        let produce = view.request.key() == ApiKey::Produce && rng.u8(..) < 90;
        produce.then_some(Fault::Error(ResponseError::NotEnoughReplicas))
    });
    let settings = [
        ("enable.idempotence", "false"),
        ("max.in.flight.requests.per.connection", "1"),
        ("batch.size", "300"),
    ];
    let mut producer = broker.producer(&settings);
    let topic: Arc<str> = TOPIC.into();
    let acks = produce(&mut producer, &topic, 0..2_000, 1).await;
    all_written(&acks, 2_000);
    check(&broker, &topic, 2_000, 1).await;
}

#[tokio::test(start_paused = true)]
async fn a_broker_that_forgot_the_producer_gets_a_new_epoch() {
    for code in [
        ResponseError::UnknownProducerId,
        ResponseError::OutOfOrderSequenceNumber,
    ] {
        let broker = broker(1);
        let mut producer = broker.producer(&[("batch.size", "300")]);
        let topic: Arc<str> = TOPIC.into();
        produce(&mut producer, &topic, 0..500, 1).await;
        broker.faults().on(ApiKey::Produce, Fault::Error(code), 1);
        let acks = produce(&mut producer, &topic, 500..1_000, 1).await;
        all_written(&acks, 500);
        check(&broker, &topic, 1_000, 1).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_broker_that_comes_back_finds_the_producer_waiting() {
    let broker = broker(2);
    let mut producer = broker.producer(&[]);
    let topic: Arc<str> = TOPIC.into();
    produce(&mut producer, &topic, 0..100, 2).await;
    broker
        .faults()
        .on(ApiKey::Produce, Fault::DropBeforeHandling, 1);
    let stopped = broker.stop().await;
    let back = broker.clone();
    let later = async move {
        tokio::time::sleep(Duration::from_secs(30)).await;
        back.put_back(stopped);
    };
    let (acks, ()) = tokio::join!(produce(&mut producer, &topic, 100..200, 2), later);
    all_written(&acks, 100);
    check(&broker, &topic, 200, 2).await;
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_sent_expires_and_later_records_go_on() {
    let broker = broker(1);
    let settings = [
        ("delivery.timeout.ms", "40000"),
        ("request.timeout.ms", "5000"),
    ];
    let mut producer = broker.producer(&settings);
    let topic: Arc<str> = TOPIC.into();
    produce(&mut producer, &topic, 0..10, 1).await;
    broker
        .faults()
        .hook(|view| (view.request.key() == ApiKey::Produce).then_some(Fault::DropBeforeHandling));
    let begun = tokio::time::Instant::now();
    let acks = produce(&mut producer, &topic, 900..910, 1).await;
    let waited = begun.elapsed();
    assert!(acks.iter().all(|ack| ack.result.is_err()), "{acks:?}");
    assert_eq!(acks.iter().map(|ack| ack.count).sum::<u32>(), 10);
    assert!(
        waited >= Duration::from_secs(40) && waited < Duration::from_secs(50),
        "{waited:?}"
    );
    assert_eq!(producer.buffered_bytes(), 0);
    broker.faults().clear();
    let acks = produce(&mut producer, &topic, 10..20, 1).await;
    all_written(&acks, 10);
    check(&broker, &topic, 20, 1).await;
}

#[tokio::test(start_paused = true)]
async fn closing_in_time_fails_what_is_unfinished() {
    let broker = broker(1);
    let mut producer = broker.producer(&[]);
    let topic: Arc<str> = TOPIC.into();
    producer.ready(&topic).await.unwrap();
    broker.faults().on(ApiKey::Produce, Fault::Silence, 100);
    producer
        .try_append(&topic, None, None, None, Some(b"lost"), std::iter::empty())
        .unwrap();
    let begun = tokio::time::Instant::now();
    producer.close(Duration::from_secs(3)).await;
    assert_eq!(begun.elapsed().as_secs(), 3);
    let ack = producer.try_next_ack().unwrap();
    assert!(
        matches!(ack.result, Err(ClientError::Timeout { .. })),
        "{ack:?}"
    );
    let refused = producer.try_append(&topic, None, None, None, Some(b"late"), std::iter::empty());
    assert!(matches!(
        refused,
        Err(AppendError::Fatal(ClientError::Closed))
    ));
}

#[tokio::test(start_paused = true)]
async fn every_address_of_a_name_is_tried() {
    let broker = broker(1).with_dead_addresses(&["10.9.9.1", "10.9.9.2"]);
    broker.cluster().refresh(Topics::None).await.unwrap();
    let dialled: Vec<String> = broker
        .dialled
        .lock()
        .unwrap()
        .iter()
        .map(|address| address.ip().to_string())
        .collect();
    assert_eq!(dialled[..3], ["10.9.9.1", "10.9.9.2", "127.0.0.1"]);
}

#[tokio::test(start_paused = true)]
async fn a_silent_broker_fails_all_that_wait_with_one_cause() {
    let broker = broker(1);
    let cluster = broker.cluster();
    let node = cluster.controller().await.unwrap();
    broker.faults().on(ApiKey::ListGroups, Fault::Silence, 3);
    let request = ListGroupsRequest::default();
    let ask = || cluster.send(Lane::Shared, node, &request);
    let (first, second, third) = tokio::join!(ask(), ask(), ask());
    for result in [first, second, third] {
        let error = result.unwrap_err();
        assert!(error.is_retriable());
        let text = error.to_string();
        assert!(
            text.contains("no answer to ListGroups within 30000 ms"),
            "{text}"
        );
    }
    ask().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_heartbeat_lane_is_not_held_up_by_a_long_poll() {
    let broker = broker(1);
    let cluster = broker.cluster();
    let node = cluster.controller().await.unwrap();
    let lane = cluster.fetch_lane();
    broker
        .faults()
        .on(ApiKey::ListGroups, Fault::Delay(Duration::from_secs(20)), 1);
    let request = ListGroupsRequest::default();
    let begun = tokio::time::Instant::now();
    let slow = cluster.send(&lane, node, &request);
    let quick = async {
        tokio::time::sleep(Duration::from_millis(10)).await;
        cluster
            .send(&cluster.group_lane(), node, &request)
            .await
            .unwrap();
        begun.elapsed()
    };
    let (slow, quick) = tokio::join!(slow, quick);
    slow.unwrap();
    assert!(quick < Duration::from_secs(1), "{quick:?}");
    assert!(begun.elapsed() >= Duration::from_secs(20));
}

#[tokio::test(start_paused = true)]
async fn without_acks_the_buffer_is_bounded_by_what_the_socket_takes() {
    let broker = broker(1);
    let settings = [
        ("acks", "0"),
        ("buffer.memory", "100000"),
        ("batch.size", "10000"),
    ];
    let mut producer = broker.producer(&settings);
    let topic: Arc<str> = TOPIC.into();
    producer.ready(&topic).await.unwrap();
    broker
        .faults()
        .on(ApiKey::Produce, Fault::Delay(Duration::from_secs(20)), 1);
    let begun = tokio::time::Instant::now();
    for _ in 0..300 {
        while let Err(error) = producer.try_append(
            &topic,
            None,
            None,
            None,
            Some(&[0; 1_000]),
            std::iter::empty(),
        ) {
            assert!(matches!(error, AppendError::BufferFull), "{error}");
            producer.wait_for_room().await.unwrap();
        }
        assert!(producer.buffered_bytes() <= 100_000);
    }
    assert!(
        begun.elapsed() >= Duration::from_secs(20),
        "300 kB do not fit 100 kB and a stream of 64 kB"
    );
    producer.flush().await;
    assert_eq!(
        Reader::on(broker.cluster(), &topic)
            .values_to_end(0)
            .await
            .len(),
        300
    );
}

#[tokio::test(start_paused = true)]
async fn a_broker_may_send_the_client_back_to_bootstrap() {
    let broker = broker(1);
    let cluster = broker.cluster();
    cluster.refresh(Topics::None).await.unwrap();
    let dialled = broker.dialled.lock().unwrap().len();
    broker.faults().on(
        ApiKey::Metadata,
        Fault::Error(ResponseError::RebootstrapRequired),
        1,
    );
    assert!(
        cluster
            .refresh(Topics::None)
            .await
            .unwrap_err()
            .is_retriable()
    );
    assert!(cluster.metadata().brokers.is_empty());
    assert!(
        !cluster
            .refresh(Topics::None)
            .await
            .unwrap()
            .brokers
            .is_empty()
    );
    assert!(broker.dialled.lock().unwrap().len() > dialled);
}

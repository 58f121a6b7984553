//! The producer against a real Kafka.

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::plain::{self, Reader, producer, topic};
use windlass_client::producer::{AppendError, Producer};

async fn append(
    producer: &mut Producer,
    topic: &Arc<str>,
    partition: Option<i32>,
    key: Option<&[u8]>,
    value: &[u8],
) {
    loop {
        match producer.try_append(
            topic,
            partition,
            None,
            key,
            Some(value),
            [(&b"h"[..], Some(&b"1"[..])), (b"h", None)],
        ) {
            Ok(_) => return,
            Err(AppendError::NeedsMetadata) => producer.ready(topic).await.unwrap(),
            Err(AppendError::BufferFull) => producer.wait_for_room().await.unwrap(),
            Err(error) => panic!("{error}"),
        }
    }
}

#[tokio::test]
async fn records_arrive_in_order_and_acks_tell_their_offsets() {
    for compression in ["none", "gzip", "snappy", "lz4", "zstd"] {
        let topic = topic(&format!("order-{compression}"), 1).await;
        let mut producer = producer(&[("compression.type", compression)]);
        for i in 0..20_000u32 {
            append(
                &mut producer,
                &topic,
                None,
                None,
                format!("line {i}").as_bytes(),
            )
            .await;
            if i % 500 == 0 {
                producer.send_ready(false);
            }
        }
        producer.flush().await;
        let mut next = 0;
        while let Some(ack) = producer.try_next_ack() {
            assert_eq!(ack.result.unwrap().base_offset, Some(next));
            next += i64::from(ack.count);
        }
        assert_eq!(
            (next, producer.in_flight(), producer.buffered_bytes()),
            (20_000, 0, 0)
        );
        let values = Reader::new(&topic).values(0, 20_000).await;
        assert!(
            (0u32..)
                .zip(&values)
                .all(|(i, value)| *value == format!("line {i}").into_bytes()),
            "{compression}"
        );
    }
}

#[tokio::test]
async fn an_idle_input_is_sent_at_once() {
    let topic = topic("idle", 1).await;
    let mut producer = producer(&[]);
    append(&mut producer, &topic, None, None, b"first").await;
    producer.flush().await;
    producer.next_ack().await.result.unwrap();
    append(&mut producer, &topic, None, None, b"alone").await;
    let begun = tokio::time::Instant::now();
    producer.send_ready(true);
    producer.next_ack().await.result.unwrap();
    let eager = begun.elapsed();
    assert!(eager < Duration::from_secs(1), "{eager:?}");

    let mut patient = plain::producer(&[("linger.ms", "300")]);
    append(&mut patient, &topic, None, None, b"waits").await;
    let begun = tokio::time::Instant::now();
    patient.send_ready(true);
    patient.next_ack().await.result.unwrap();
    assert!(
        begun.elapsed() >= Duration::from_millis(290),
        "the user set linger.ms: {:?}",
        begun.elapsed()
    );
}

#[tokio::test]
async fn many_partitions_keep_their_orders_and_keys_their_partitions() {
    let topic = topic("keys", 7).await;
    let mut producer = producer(&[("batch.size", "2000")]);
    for i in 0..5_000u32 {
        let key = format!("key-{}", i % 100);
        append(
            &mut producer,
            &topic,
            None,
            Some(key.as_bytes()),
            &i.to_be_bytes(),
        )
        .await;
    }
    producer.flush().await;
    let mut seen = 0;
    while let Some(ack) = producer.try_next_ack() {
        ack.result.unwrap();
        seen += ack.count;
    }
    assert_eq!(seen, 5_000);
    let mut total = 0;
    for partition in 0..7 {
        let values = Reader::new(&topic).values_to_end(partition).await;
        let numbers: Vec<u32> = values
            .iter()
            .map(|value| u32::from_be_bytes(value[..].try_into().unwrap()))
            .collect();
        assert!(numbers.is_sorted(), "partition {partition}");
        for number in &numbers {
            let key = format!("key-{}", number % 100);
            let expected = windlass_wire::murmur2::partition_for_key(key.as_bytes(), 7);
            assert_eq!(expected, u32::try_from(partition).unwrap());
        }
        total += numbers.len();
    }
    assert_eq!(total, 5_000);
}

#[tokio::test]
async fn the_buffer_is_bounded_and_a_record_too_large_is_refused() {
    let topic = topic("bounds", 1).await;
    let mut producer = producer(&[
        ("buffer.memory", "100000"),
        ("max.request.size", "50000"),
        ("batch.size", "20000"),
    ]);
    producer.ready(&topic).await.unwrap();
    let refused = producer
        .try_append(
            &topic,
            None,
            None,
            None,
            Some(&[0; 60_000]),
            std::iter::empty(),
        )
        .unwrap_err();
    let text = refused.to_string();
    assert!(
        text.contains("larger than 50000, which is the value of the max.request.size"),
        "{text}"
    );
    let mut full = 0;
    for _ in 0..3_000 {
        loop {
            match producer.try_append(
                &topic,
                None,
                None,
                None,
                Some(&[7; 1_000]),
                std::iter::empty(),
            ) {
                Ok(_) => break,
                Err(AppendError::BufferFull) => {
                    full += 1;
                    producer.wait_for_room().await.unwrap();
                }
                Err(error) => panic!("{error}"),
            }
            assert!(producer.buffered_bytes() <= 100_000);
        }
    }
    producer.flush().await;
    assert!(full > 0, "3 MB went through 100 kB");
    assert_eq!(Reader::new(&topic).values_to_end(0).await.len(), 3_000);
}

#[tokio::test]
async fn a_batch_the_topic_takes_only_in_parts_is_split() {
    let topic = plain::topic_with("split", 1, &[("max.message.bytes", "10000")]).await;
    let mut producer = producer(&[]);
    for i in 0..1_000u32 {
        append(
            &mut producer,
            &topic,
            None,
            None,
            &[&i.to_be_bytes()[..], &[0; 100]].concat(),
        )
        .await;
    }
    producer.flush().await;
    let mut acked = 0;
    while let Some(ack) = producer.try_next_ack() {
        ack.result.unwrap();
        acked += ack.count;
    }
    assert_eq!(acked, 1_000);
    let values = Reader::new(&topic).values_to_end(0).await;
    let numbers: Vec<u32> = values
        .iter()
        .map(|value| u32::from_be_bytes(value[..4].try_into().unwrap()))
        .collect();
    assert_eq!(numbers, (0..1_000).collect::<Vec<u32>>());

    append(&mut producer, &topic, None, None, &[0; 20_000]).await;
    append(&mut producer, &topic, None, None, &[1; 10]).await;
    producer.flush().await;
    let results: Vec<_> = std::iter::from_fn(|| producer.try_next_ack())
        .map(|ack| ack.result)
        .collect();
    assert!(
        results.iter().any(|result| result
            .as_ref()
            .is_err_and(|error| error.to_string().contains("MESSAGE_TOO_LARGE"))),
        "{results:?}"
    );
    assert!(
        results.iter().any(Result::is_ok),
        "the small one is written: {results:?}"
    );
}

#[tokio::test]
async fn a_topic_that_cannot_be_is_an_error() {
    let mut producer = producer(&[("max.block.ms", "2000")]);
    let bad: Arc<str> = "no such topic, for it has blanks".into();
    assert!(matches!(
        producer.try_append(&bad, None, None, None, None, std::iter::empty()),
        Err(AppendError::NeedsMetadata)
    ));
    let error = producer.ready(&bad).await.unwrap_err();
    assert!(
        error.to_string().contains("INVALID_TOPIC_EXCEPTION"),
        "{error}"
    );
    let topic = topic("range", 2).await;
    producer.ready(&topic).await.unwrap();
    let error = producer
        .try_append(&topic, Some(2), None, None, None, std::iter::empty())
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "Invalid partition given with record: 2 is not in the range [0...2)."
    );
}

#[tokio::test]
async fn without_acks_everything_counts_as_written() {
    let topic = topic("acks0", 1).await;
    let mut producer = producer(&[("acks", "0")]);
    append(&mut producer, &topic, None, None, b"into the blue").await;
    producer.flush().await;
    let ack = producer.try_next_ack().unwrap();
    assert_eq!((ack.count, ack.result.unwrap().base_offset), (1, None));
    assert_eq!(
        Reader::new(&topic).values(0, 1).await,
        [b"into the blue".to_vec()]
    );
}

//! Consumers against a real Kafka, one at a time.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use common::consumers::{collect, consumer, read};
use common::topics::{TestTopic, numbered, unique};
use tokio::time::Instant;
use windlass_client::{ClientError, Event, OffsetAndMetadata, Subscription, TopicPartition};
use windlass_wire::compression::Compression;

#[tokio::test]
async fn reads_what_is_there_and_what_comes_in_steps_of_max_poll_records() {
    let topic = TestTopic::new("steps", 1).await;
    let values = numbered("v", 0..1000);
    topic.produce(0, &values[..700]).await;
    topic
        .produce_compressed(0, &values[700..], Compression::Zstd)
        .await;
    let mut reader = consumer(&topic.cluster, &[("max.poll.records", "300")]);
    reader
        .assign(&[TopicPartition::new(topic.name.as_str(), 0)])
        .unwrap();
    let mut found = Vec::new();
    let mut steps = Vec::new();
    while found.len() < 1000 {
        let event = reader.poll(Duration::from_secs(10)).await.unwrap();
        let before = found.len();
        collect(&event, &mut found);
        steps.push(found.len() - before);
        assert_eq!(
            reader
                .position(&TopicPartition::new(topic.name.as_str(), 0))
                .await
                .unwrap(),
            found.len() as i64
        );
    }
    steps.retain(|n| *n > 0);
    assert_eq!(steps.iter().max(), Some(&300));
    let expected: Vec<_> = values
        .iter()
        .enumerate()
        .map(|(n, v)| (0, n as i64, v.clone()))
        .collect();
    assert_eq!(found, expected);
    topic.produce(0, &["later".to_owned()]).await;
    assert_eq!(read(&mut reader, 1).await, [(0, 1000, "later".to_owned())]);
    reader.close(true).await;
    topic.delete().await;
}

#[tokio::test]
async fn seeks_pauses_and_resumes() {
    let topic = TestTopic::new("seek", 2).await;
    topic.produce(0, &numbered("a", 0..10)).await;
    topic.produce(1, &numbered("b", 0..10)).await;
    let (a, b) = (
        TopicPartition::new(topic.name.as_str(), 0),
        TopicPartition::new(topic.name.as_str(), 1),
    );
    let mut reader = consumer(&topic.cluster, &[]);
    reader.assign(&[a.clone(), b.clone()]).unwrap();
    reader.pause(std::slice::from_ref(&b)).unwrap();
    assert_eq!(reader.paused(), std::slice::from_ref(&b));
    reader.seek(&a, 4).unwrap();
    let found = read(&mut reader, 6).await;
    assert!(found.iter().all(|(partition, ..)| *partition == 0));
    assert_eq!(found[0], (0, 4, "a-4".to_owned()));
    reader.seek(&a, 9).unwrap();
    reader.resume(std::slice::from_ref(&b)).unwrap();
    let found: BTreeSet<_> = read(&mut reader, 11).await.into_iter().collect();
    assert_eq!(found.len(), 11);
    assert!(reader.seek(&a, -1).is_err() && reader.pause(&[TopicPartition::new("x", 0)]).is_err());
    topic.delete().await;
}

#[tokio::test]
async fn a_group_remembers_where_it_was() {
    let topic = TestTopic::new("commit", 3).await;
    for partition in 0..3 {
        topic.produce(partition, &numbered("v", 0..10)).await;
    }
    let group = unique("commit");
    let settings = [("group.id", group.as_str())];
    let mut reader = consumer(&topic.cluster, &settings);
    reader
        .subscribe(Subscription::Topics(vec![topic.name.clone()]))
        .unwrap();
    let event = reader.poll(Duration::from_secs(30)).await.unwrap();
    let Event::Assigned(partitions) = event else {
        panic!("{event:?}")
    };
    assert_eq!(
        partitions,
        (0..3)
            .map(|p| TopicPartition::new(topic.name.as_str(), p))
            .collect::<Vec<_>>()
    );
    assert_eq!(read(&mut reader, 30).await.len(), 30);
    let half = |offset: i64, metadata: &str| -> BTreeMap<_, _> {
        let at = OffsetAndMetadata {
            metadata: metadata.to_owned(),
            ..OffsetAndMetadata::new(offset)
        };
        partitions
            .iter()
            .map(|tp| (tp.clone(), at.clone()))
            .collect()
    };
    let first = reader.commit_async(half(3, ""));
    reader.commit_sync(half(7, "note")).await.unwrap();
    first.await.unwrap();
    let committed = reader.committed(&partitions).await.unwrap();
    assert!(
        committed.values().all(|c| c
            .as_ref()
            .is_some_and(|c| c.offset == 7 && c.metadata == "note")),
        "{committed:?}"
    );
    reader.close(true).await;

    let mut again = consumer(&topic.cluster, &settings);
    again
        .subscribe(Subscription::Topics(vec![topic.name.clone()]))
        .unwrap();
    let started = Instant::now();
    let found = read(&mut again, 9).await;
    assert!(
        started.elapsed() < Duration::from_secs(20),
        "the first one has left its group"
    );
    assert!(found.iter().all(|(_, offset, _)| *offset >= 7));
    again.close(true).await;
    topic.delete().await;
}

#[tokio::test]
async fn a_pattern_finds_topics_that_come_later() {
    let prefix = unique("pattern");
    let mut topic = TestTopic::new("pattern", 1).await;
    topic.name = format!("{prefix}-a");
    topic.create(1).await;
    topic.produce(0, &numbered("a", 0..3)).await;
    let settings = [
        ("group.id", prefix.as_str()),
        ("metadata.max.age.ms", "500"),
    ];
    let mut reader = consumer(&topic.cluster, &settings);
    let matching = prefix.clone();
    reader
        .subscribe(Subscription::Pattern(Box::new(move |name| {
            name.starts_with(&matching)
        })))
        .unwrap();
    assert_eq!(read(&mut reader, 3).await.len(), 3);
    topic.name = format!("{prefix}-b");
    topic.create(2).await;
    topic.produce(1, &numbered("b", 0..3)).await;
    let mut found = Vec::new();
    while !found.iter().any(|(_, _, value)| value == "b-2") {
        found.extend(read(&mut reader, 1).await);
    }
    assert_eq!(reader.assignment().len(), 3);
    reader.close(true).await;
    topic.delete().await;
}

#[tokio::test]
async fn out_of_range_follows_the_policy() {
    let topic = TestTopic::new("range", 1).await;
    topic.produce(0, &numbered("v", 0..10)).await;
    let tp = TopicPartition::new(topic.name.as_str(), 0);
    let mut reader = consumer(&topic.cluster, &[]);
    reader.assign(std::slice::from_ref(&tp)).unwrap();
    reader.seek(&tp, 1_000).unwrap();
    assert_eq!(read(&mut reader, 10).await[0].1, 0);

    let mut latest = consumer(&topic.cluster, &[("auto.offset.reset", "latest")]);
    latest.assign(std::slice::from_ref(&tp)).unwrap();
    assert_eq!(latest.position(&tp).await.unwrap(), 10);

    let mut strict = consumer(&topic.cluster, &[("auto.offset.reset", "none")]);
    strict.assign(std::slice::from_ref(&tp)).unwrap();
    let error = strict.poll(Duration::from_secs(10)).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "no offset is committed for {tp} and there is no reset policy: OFFSET_OUT_OF_RANGE"
        )
    );
    strict.seek(&tp, 1_000).unwrap();
    let error = loop {
        match strict.poll(Duration::from_secs(10)).await {
            Ok(event) => assert!(matches!(event, Event::Idle)),
            Err(error) => break error,
        }
    };
    assert!(matches!(&error, ClientError::Broker { .. }), "{error}");

    // The records are of 2023, so the last hour holds none of them.
    let mut young = consumer(&topic.cluster, &[("auto.offset.reset", "by_duration:PT1H")]);
    young.assign(std::slice::from_ref(&tp)).unwrap();
    assert_eq!(young.position(&tp).await.unwrap(), 10);
    let mut old = consumer(
        &topic.cluster,
        &[("auto.offset.reset", "by_duration:P9999D")],
    );
    old.assign(std::slice::from_ref(&tp)).unwrap();
    assert_eq!(old.position(&tp).await.unwrap(), 0);
    topic.delete().await;
}

#[tokio::test]
async fn polls_may_be_dropped_at_any_time() {
    let topic = TestTopic::new("cancel", 2).await;
    topic.produce(0, &numbered("a", 0..50)).await;
    topic.produce(1, &numbered("b", 0..50)).await;
    let group = unique("cancel");
    let mut reader = consumer(
        &topic.cluster,
        &[("group.id", &group), ("max.poll.records", "7")],
    );
    reader
        .subscribe(Subscription::Topics(vec![topic.name.clone()]))
        .unwrap();
    let mut found = Vec::new();
    let deadline = Instant::now() + Duration::from_secs(60);
    let mut patience = 0;
    while found.len() < 100 {
        assert!(Instant::now() < deadline, "{} records came", found.len());
        patience = (patience + 300) % 20_000;
        if let Ok(event) = tokio::time::timeout(
            Duration::from_micros(patience),
            reader.poll(Duration::from_secs(5)),
        )
        .await
        {
            collect(&event.unwrap(), &mut found);
        }
    }
    let distinct: BTreeSet<_> = found
        .iter()
        .map(|(partition, offset, _)| (*partition, *offset))
        .collect();
    assert_eq!(distinct.len(), 100, "nothing twice, nothing lost");
    reader.close(true).await;
    topic.delete().await;
}

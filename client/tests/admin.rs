//! The admin client against a real Kafka.

mod common;

use std::collections::BTreeMap;
use std::time::Duration;

use common::plain::cluster;
use tokio::time::Instant;
use windlass_client::admin::{Alteration, ConfigSource, NewTopic, OffsetAt, Resource};
use windlass_client::config::IsolationLevel;
use windlass_client::{Admin, OffsetAndMetadata, TopicPartition};

fn name(of: &str) -> String {
    format!("net-admin-{of}-{:08x}", fastrand::u32(..))
}

/// Brokers learn of a change some time after the controller has answered that it is made.
fn deadline() -> Instant {
    Instant::now() + Duration::from_secs(20)
}

async fn pause_until(deadline: Instant, awaited: &str) {
    assert!(Instant::now() < deadline, "waited 20 s for {awaited}");
    tokio::time::sleep(Duration::from_millis(50)).await;
}

#[tokio::test]
async fn topics_come_change_and_go() {
    let admin = Admin::new(cluster());
    let topic = name("topics");
    let new = NewTopic {
        name: topic.clone(),
        partitions: Some(2),
        replication_factor: Some(1),
        configs: BTreeMap::from([("cleanup.policy".to_owned(), "compact".to_owned())]),
    };
    let dry = admin
        .create_topics(std::slice::from_ref(&new), true)
        .await
        .unwrap();
    assert_eq!(dry[&topic].as_ref().unwrap().partitions, Some(2));
    let created = admin
        .create_topics(std::slice::from_ref(&new), false)
        .await
        .unwrap();
    assert_eq!(
        created[&topic].as_ref().unwrap().replication_factor,
        Some(1)
    );
    let again = admin.create_topics(&[new], false).await.unwrap();
    let error = again[&topic].as_ref().unwrap_err().to_string();
    assert!(
        error.starts_with(&format!("creating topic \"{topic}\": TOPIC_ALREADY_EXISTS")),
        "{error}"
    );

    let more = admin
        .create_partitions(&BTreeMap::from([(topic.clone(), 5)]), false)
        .await
        .unwrap();
    more[&topic].as_ref().unwrap();
    let fewer = admin
        .create_partitions(&BTreeMap::from([(topic.clone(), 1)]), false)
        .await
        .unwrap();
    assert!(
        fewer[&topic]
            .as_ref()
            .unwrap_err()
            .to_string()
            .contains("INVALID_PARTITIONS")
    );
    let names = [topic.clone(), "net-admin-nowhere".to_owned()];
    let deadline = deadline();
    let described = loop {
        let described = admin.describe_topics(&names).await.unwrap();
        if described[&topic]
            .as_ref()
            .is_ok_and(|topic| topic.partition_count() == 5)
        {
            break described;
        }
        pause_until(deadline, "five partitions").await;
    };
    assert!(
        described["net-admin-nowhere"]
            .as_ref()
            .unwrap_err()
            .to_string()
            .contains("UNKNOWN_TOPIC_OR_PARTITION")
    );
    let listed = admin.list_topics().await.unwrap();
    assert!(listed.iter().any(|listed| *listed.name == *topic));

    let deleted = admin
        .delete_topics(std::slice::from_ref(&topic))
        .await
        .unwrap();
    deleted[&topic].as_ref().unwrap();
    let deleted = admin
        .delete_topics(&["net-admin-nowhere".to_owned()])
        .await
        .unwrap();
    assert!(
        deleted["net-admin-nowhere"]
            .as_ref()
            .unwrap_err()
            .to_string()
            .contains("UNKNOWN_TOPIC_OR_PARTITION")
    );
}

#[tokio::test]
async fn settings_are_described_and_altered_one_by_one() {
    let admin = Admin::new(cluster());
    let topic = common::plain::topic_with("configs", 1, &[("cleanup.policy", "compact")]).await;
    let resource = Resource::Topic(topic.to_string());
    let configs = admin
        .describe_configs(std::slice::from_ref(&resource), None)
        .await
        .unwrap();
    let configs = configs[&resource].as_ref().unwrap();
    assert_eq!(configs["cleanup.policy"].value.as_deref(), Some("compact"));
    assert_eq!(configs["cleanup.policy"].source, ConfigSource::Topic);
    assert_ne!(configs["retention.ms"].source, ConfigSource::Topic);

    let change = BTreeMap::from([
        (
            "retention.ms".to_owned(),
            Alteration::Set("12345".to_owned()),
        ),
        (
            "cleanup.policy".to_owned(),
            Alteration::Append("delete".to_owned()),
        ),
    ]);
    let altered = admin
        .alter_configs(&BTreeMap::from([(resource.clone(), change)]), false)
        .await
        .unwrap();
    altered[&resource].as_ref().unwrap();
    let keys = ["retention.ms", "cleanup.policy"];
    let wanted = BTreeMap::from([
        ("retention.ms", "12345"),
        ("cleanup.policy", "compact,delete"),
    ]);
    let deadline = deadline();
    loop {
        let found = admin
            .describe_configs(std::slice::from_ref(&resource), Some(&keys))
            .await
            .unwrap();
        let found = found[&resource].as_ref().unwrap().iter();
        let found: BTreeMap<&str, &str> = found
            .map(|(key, entry)| (key.as_str(), entry.value.as_deref().unwrap_or_default()))
            .collect();
        if found == wanted {
            break;
        }
        pause_until(deadline, &format!("{wanted:?}, found {found:?}")).await;
    }
    let bad = BTreeMap::from([(
        "retention.ms".to_owned(),
        Alteration::Set("soon".to_owned()),
    )]);
    let refused = admin
        .alter_configs(&BTreeMap::from([(resource.clone(), bad)]), true)
        .await
        .unwrap();
    assert!(
        refused[&resource]
            .as_ref()
            .unwrap_err()
            .to_string()
            .contains("INVALID_CONFIG")
    );

    let broker = admin.describe_cluster().await.unwrap().brokers[0].id;
    let resource = Resource::Broker(broker);
    let configs = admin
        .describe_configs(std::slice::from_ref(&resource), None)
        .await
        .unwrap();
    assert!(
        configs[&resource]
            .as_ref()
            .unwrap()
            .contains_key("log.retention.hours")
    );
}

#[tokio::test]
async fn offsets_of_groups_are_set_listed_and_deleted() {
    let admin = Admin::new(cluster());
    let topic = common::plain::topic("offsets", 2).await;
    let group = name("group");
    let at = |partition| TopicPartition::new(topic.to_string(), partition);
    let offset = OffsetAndMetadata {
        offset: 7,
        leader_epoch: Some(0),
        metadata: "seven".to_owned(),
    };
    let wanted = BTreeMap::from([(at(0), offset.clone()), (at(1), OffsetAndMetadata::new(9))]);
    let altered = admin.alter_group_offsets(&group, &wanted).await.unwrap();
    assert!(altered.values().all(Result::is_ok), "{altered:?}");
    assert_eq!(admin.list_group_offsets(&group).await.unwrap(), wanted);
    assert!(
        admin
            .list_groups()
            .await
            .unwrap()
            .iter()
            .any(|listed| *listed.id == *group)
    );
    assert_eq!(&*admin.describe_group(&group).await.unwrap().state, "Empty");

    let deleted = admin.delete_group_offsets(&group, &[at(1)]).await.unwrap();
    deleted[&at(1)].as_ref().unwrap();
    assert_eq!(
        admin.list_group_offsets(&group).await.unwrap(),
        BTreeMap::from([(at(0), offset)])
    );
    let deleted = admin
        .delete_groups(std::slice::from_ref(&group))
        .await
        .unwrap();
    deleted[&group].as_ref().unwrap();
    assert!(admin.list_group_offsets(&group).await.unwrap().is_empty());
    let deleted = admin
        .delete_groups(std::slice::from_ref(&group))
        .await
        .unwrap();
    assert!(
        deleted[&group]
            .as_ref()
            .unwrap_err()
            .to_string()
            .contains("GROUP_ID_NOT_FOUND"),
        "{deleted:?}"
    );
}

#[tokio::test]
async fn records_are_deleted_up_to_an_offset() {
    let admin = Admin::new(cluster());
    let topic = common::plain::topic("records", 1).await;
    let mut producer = common::plain::producer(&[]);
    producer.ready(&topic).await.unwrap();
    for i in 0..10i64 {
        producer
            .try_append(
                &topic,
                Some(0),
                Some(1_000 * i),
                None,
                Some(b"v"),
                std::iter::empty(),
            )
            .unwrap();
    }
    producer.flush().await;
    let tp = TopicPartition::new(topic.to_string(), 0);
    let deleted = admin
        .delete_records(&BTreeMap::from([(tp.clone(), 4)]))
        .await
        .unwrap();
    assert_eq!(*deleted[&tp].as_ref().unwrap(), 4);
    for (at, expected) in [
        (OffsetAt::Earliest, Some(4)),
        (OffsetAt::Latest, Some(10)),
        (OffsetAt::Time(6_500), Some(7)),
        (OffsetAt::Time(99_000), None),
    ] {
        let asked = BTreeMap::from([(tp.clone(), at)]);
        let listed = admin
            .list_offsets(&asked, IsolationLevel::ReadUncommitted)
            .await
            .unwrap();
        assert_eq!(*listed[&tp].as_ref().unwrap(), expected, "{at:?}");
    }
}

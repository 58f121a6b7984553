//! Members of one group, ours and Java's, as they come and go.

mod common;

use std::collections::BTreeSet;
use std::time::Duration;

use bytes::Bytes;
use common::consumers::consumer;
use common::java::JavaConsumer;
use common::members::Member;
use common::topics::{TestTopic, cluster, numbered, unique};
use tokio::runtime::Handle;
use tokio::time::Instant;
use windlass_client::group::{GroupConfig, GroupEvent, GroupMember};
use windlass_client::{Event, Subscription};

const PARTITIONS: usize = 6;
const RANGE: &str = "org.apache.kafka.clients.consumer.RangeAssignor";
const COOPERATIVE: &str = "org.apache.kafka.clients.consumer.CooperativeStickyAssignor";

#[tokio::test]
async fn eager_members_share_and_take_over() {
    let (first, second) = share_and_take_over("eager", &format!("{RANGE},{COOPERATIVE}")).await;
    assert_eq!(
        first,
        [
            "+{0, 1, 2, 3, 4, 5}",
            "-{0, 1, 2, 3, 4, 5}",
            "+{0, 1, 2}",
            "-{0, 1, 2}",
            "+{0, 1, 2, 3, 4, 5}"
        ]
    );
    assert_eq!(second, ["+{3, 4, 5}"]);
}

#[tokio::test]
async fn cooperative_members_keep_what_they_need_not_give() {
    let (first, second) = share_and_take_over("cooperative", COOPERATIVE).await;
    assert_eq!(first, ["+{0, 1, 2, 3, 4, 5}", "-{3, 4, 5}", "+{3, 4, 5}"]);
    assert_eq!(second, ["+{3, 4, 5}"]);
}

/// One member, then two, then one again, while records come. Gives the events each saw.
async fn share_and_take_over(name: &str, assignors: &str) -> (Vec<String>, Vec<String>) {
    let topic = TestTopic::new(name, PARTITIONS as i32).await;
    let group = unique(name);
    // Ranges are given in the order of member ids, which begin with the client's id.
    let settings = |client_id| {
        [
            ("client.id", client_id),
            ("group.id", group.as_str()),
            ("partition.assignment.strategy", assignors),
            ("heartbeat.interval.ms", "200"),
        ]
    };
    let first = Member::start(&topic.name, &settings("first"));
    first.until_owning(PARTITIONS).await;
    fill(&topic, 0).await;
    first
        .until("the first records", |seen| seen.records.len() >= 60)
        .await;
    let second = Member::start(&topic.name, &settings("second"));
    second.until_owning(3).await;
    first.until_owning(3).await;
    fill(&topic, 1).await;
    second
        .until("its half", |seen| seen.records.len() >= 30)
        .await;
    first
        .until("its half", |seen| seen.records.len() >= 90)
        .await;
    let second = second.stop(true).await;
    first.until_owning(PARTITIONS).await;
    fill(&topic, 2).await;
    first
        .until("the last records", |seen| seen.records.len() >= 150)
        .await;
    let first = first.stop(true).await;
    let mut all = first.records.clone();
    all.extend(second.records);
    let distinct: BTreeSet<_> = all.iter().collect();
    assert_eq!(
        (distinct.len(), all.len()),
        (180, 180),
        "nothing lost, nothing twice"
    );
    topic.delete().await;
    (first.events, second.events)
}

#[tokio::test]
async fn a_java_consumer_joins_and_leaves_our_group() {
    for assignors in [RANGE, COOPERATIVE] {
        let topic = TestTopic::new("java", PARTITIONS as i32).await;
        let group = unique("java");
        let settings = [
            ("group.id", group.as_str()),
            ("partition.assignment.strategy", assignors),
            ("heartbeat.interval.ms", "200"),
        ];
        let ours = Member::start(&topic.name, &settings);
        ours.until_owning(PARTITIONS).await;
        let java = JavaConsumer::start(&topic.name, &group, assignors);
        ours.until_owning(3).await;
        fill(&topic, 0).await;
        ours.until("our half", |seen| seen.records.len() >= 30)
            .await;
        until_printed(&java, 30).await;
        let printed = java.stop();
        ours.until_owning(PARTITIONS).await;
        fill(&topic, 1).await;
        ours.until("all that came later", |seen| seen.records.len() >= 90)
            .await;
        let ours = ours.stop(true).await;
        check_all(&printed, &ours.records, 120);
        topic.delete().await;
    }
}

#[tokio::test]
async fn we_join_a_group_that_java_leads() {
    for assignors in [RANGE, COOPERATIVE] {
        let topic = TestTopic::new("javaled", PARTITIONS as i32).await;
        let group = unique("javaled");
        let java = JavaConsumer::start(&topic.name, &group, assignors);
        fill(&topic, 0).await;
        until_printed(&java, 60).await;
        let settings = [
            ("group.id", group.as_str()),
            ("partition.assignment.strategy", assignors),
            ("heartbeat.interval.ms", "200"),
        ];
        let ours = Member::start(&topic.name, &settings);
        ours.until_owning(3).await;
        fill(&topic, 1).await;
        ours.until("our half", |seen| seen.records.len() >= 30)
            .await;
        let ours = ours.stop(true).await;
        until_printed(&java, 90).await;
        fill(&topic, 2).await;
        until_printed(&java, 150).await;
        check_all(&java.stop(), &ours.records, 180);
        topic.delete().await;
    }
}

#[tokio::test]
async fn a_static_member_comes_back_unnoticed() {
    let topic = TestTopic::new("static", PARTITIONS as i32).await;
    let group = unique("static");
    let base = [
        ("group.id", group.as_str()),
        ("heartbeat.interval.ms", "200"),
        ("partition.assignment.strategy", RANGE),
    ];
    let named = |name| [base.as_slice(), &[("group.instance.id", name)]].concat();
    let stays = Member::start(&topic.name, &named("a"));
    let goes = Member::start(&topic.name, &named("b"));
    goes.until_owning(3).await;
    stays.until_owning(3).await;
    let events = stays.seen.lock().unwrap().events.clone();
    assert_eq!(goes.stop(true).await.assignment, BTreeSet::from([3, 4, 5]));
    fill(&topic, 0).await;
    let back = Member::start(&topic.name, &named("b"));
    back.until_owning(3).await;
    back.until("its half", |seen| seen.records.len() >= 30)
        .await;
    assert_eq!(
        stays.seen.lock().unwrap().events,
        events,
        "the other member saw no rebalance"
    );

    let double = Member::start(&topic.name, &named("b"));
    double.until_owning(3).await;
    back.until("being fenced", |seen| seen.failure.is_some())
        .await;
    let failure = back
        .seen
        .lock()
        .unwrap()
        .failure
        .clone()
        .unwrap()
        .to_string();
    assert!(failure.ends_with("FENCED_INSTANCE_ID"), "{failure}");
    stays.stop(true).await;
    double.stop(true).await;
    topic.delete().await;
}

#[tokio::test]
async fn who_does_not_poll_loses_its_place_and_gets_another() {
    let topic = TestTopic::new("stuck", PARTITIONS as i32).await;
    let group = unique("stuck");
    let settings = [
        ("group.id", group.as_str()),
        ("max.poll.interval.ms", "1500"),
        ("heartbeat.interval.ms", "200"),
    ];
    let mut stuck = consumer(&topic.cluster, &settings);
    stuck
        .subscribe(Subscription::Topics(vec![topic.name.clone()]))
        .unwrap();
    assert!(
        matches!(stuck.poll(Duration::from_secs(30)).await.unwrap(), Event::Assigned(p) if p.len() == PARTITIONS)
    );
    let busy = Member::start(&topic.name, &settings);
    busy.until_owning(PARTITIONS).await;
    assert!(
        matches!(stuck.poll(Duration::from_secs(30)).await.unwrap(), Event::Lost(p) if p.len() == PARTITIONS)
    );
    let deadline = Instant::now() + Duration::from_secs(30);
    while stuck.assignment().len() != 3 {
        assert!(Instant::now() < deadline, "{:?}", stuck.assignment());
        stuck.poll(Duration::from_millis(100)).await.unwrap();
    }
    stuck.close(true).await;
    busy.stop(true).await;
    topic.delete().await;
}

#[tokio::test]
async fn members_of_any_protocol_type_exchange_any_bytes() {
    let config = GroupConfig {
        group_id: unique("worker"),
        instance_id: None,
        protocol_type: "connect".to_owned(),
        session_timeout: Duration::from_secs(10),
        rebalance_timeout: Duration::from_secs(60),
        heartbeat_interval: Duration::from_millis(200),
    };
    let cluster = cluster();
    let protocols = |url: &'static str| {
        vec![
            ("sessioned".to_owned(), Bytes::from_static(url.as_bytes())),
            ("default".to_owned(), Bytes::from_static(b"\0\0")),
        ]
    };
    let mut leader = GroupMember::new(&cluster, config.clone(), &Handle::current());
    leader.join(protocols("http://one"), "first");
    let GroupEvent::Elected {
        protocol, members, ..
    } = leader.next().await
    else {
        panic!("alone, it leads")
    };
    assert_eq!(
        (protocol.as_str(), &members[0].metadata[..]),
        ("sessioned", &b"http://one"[..])
    );
    leader.sync(vec![(members[0].id.clone(), Bytes::from_static(b"all"))]);
    let GroupEvent::Assigned {
        generation,
        assignment,
    } = leader.next().await
    else {
        panic!("assigned")
    };
    assert_eq!(
        (
            &assignment[..],
            generation.leader_id == generation.member_id
        ),
        (&b"all"[..], true)
    );

    let mut follower = GroupMember::new(&cluster, config, &Handle::current());
    follower.join(protocols("http://two"), "second");
    assert!(matches!(leader.next().await, GroupEvent::RejoinNeeded));
    leader.join(protocols("http://one"), "again");
    let GroupEvent::Elected { members, .. } = leader.next().await else {
        panic!("it leads on")
    };
    assert_eq!(members.len(), 2);
    leader.sync(
        members
            .iter()
            .map(|m| (m.id.clone(), m.metadata.clone()))
            .collect(),
    );
    let GroupEvent::Assigned {
        assignment,
        generation,
    } = follower.next().await
    else {
        panic!("assigned")
    };
    assert_eq!((&assignment[..], generation.id), (&b"http://two"[..], 2));
    assert!(
        matches!(leader.next().await, GroupEvent::Assigned { assignment, .. } if assignment == "http://one")
    );
    follower.leave("done", Duration::from_secs(10)).await;
    assert!(matches!(leader.next().await, GroupEvent::RejoinNeeded));
    leader.leave("done", Duration::from_secs(10)).await;
}

/// Ten records to each partition.
async fn fill(topic: &TestTopic, round: usize) {
    for partition in 0..PARTITIONS {
        let values = numbered(&format!("p{partition}"), round * 10..round * 10 + 10);
        topic.produce(partition as i32, &values).await;
    }
}

async fn until_printed(java: &JavaConsumer, count: usize) {
    let deadline = Instant::now() + Duration::from_secs(180);
    while java.lines.lock().unwrap().len() < count {
        assert!(
            Instant::now() < deadline,
            "Java printed {} of {count}",
            java.lines.lock().unwrap().len()
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Together they have everything. Something may have come twice: Java commits what it prints only now and then.
fn check_all(printed: &[String], ours: &[(i32, i64, String)], count: usize) {
    let ours = ours.iter().map(|(_, _, value)| value);
    let distinct: BTreeSet<&String> = printed.iter().chain(ours).collect();
    assert_eq!(distinct.len(), count, "nothing lost");
}

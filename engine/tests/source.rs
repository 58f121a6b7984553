//! Source tasks: delivery, offsets, pause, failures.

mod support;

use std::time::Duration;

use support::{Behaviour, World, until, within};
use windlass_api::{OffsetMap, Value};
use windlass_broker::{ApiKey, Fault, ResponseError};
use windlass_engine::herder::ConnectorOffset;
use windlass_engine::status::{State, TargetState};

fn at(position: i64) -> Option<OffsetMap> {
    Some(OffsetMap::from([(
        "position".to_owned(),
        Value::Int64(position),
    )]))
}

async fn offset(world: &World, name: &str) -> Option<OffsetMap> {
    let offsets = world.herder.connector_offsets(name).await.unwrap();
    offsets.first().and_then(|offset| offset.offset.clone())
}

async fn until_offset(world: &World, name: &str, position: i64) {
    within(
        Duration::from_secs(30),
        &format!("offset {position}"),
        async {
            while offset(world, name).await != at(position) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        },
    )
    .await;
}

/// Reads a topic with a sink.
async fn until_delivered(world: &World, count: usize) {
    until(&format!("{count} records arrived"), || {
        world.script.sink.values().len() >= count
    })
    .await;
}

fn numbers(count: i64) -> Vec<String> {
    (0..count).map(|n| n.to_string()).collect()
}

#[tokio::test]
async fn records_arrive_in_order_and_their_offsets_survive_a_restart() {
    let mut world = World::start(&[]).await;
    world.create_source("src", &[]).await;
    world.create_sink("snk", "t", &[]).await;
    world.script.source.give_lines("t", 0, 5000);
    until_delivered(&world, 5000).await;
    assert_eq!(world.script.sink.values(), numbers(5000));
    until_offset(&world, "src", 4999).await;
    assert_eq!(world.herder.active_topics("src"), ["t".into()]);

    world.script.source.give_lines("t", 5000, 10);
    until_delivered(&world, 5010).await;
    // Stopping stores what the timer has not.
    world.restart_worker().await;
    world.create_source("src", &[]).await;
    world.until_task("src", State::Running).await;
    assert_eq!(*world.script.source.found.lock().unwrap(), [None, at(5009)]);
}

#[tokio::test]
async fn commit_record_comes_in_order_with_metadata_and_commit_after_each_flush() {
    let world = World::start(&[]).await;
    world.create_source("src", &[]).await;
    world.until_task("src", State::Running).await;
    // Nothing to store is a success too (B-050).
    until("commit without data", || {
        world.script.count("task.commit") > 0
    })
    .await;
    world.script.source.give_lines("t", 0, 300);
    until("all records came back", || {
        world.script.source.committed.lock().unwrap().len() == 300
    })
    .await;
    let committed = world.script.source.committed.lock().unwrap();
    for (n, (record, metadata)) in committed.iter().enumerate() {
        let metadata = metadata.as_ref().unwrap();
        assert_eq!(record.source_offset.to_map(), at(n as i64));
        assert_eq!((&*metadata.topic, metadata.offset), ("t", n as i64));
    }
}

#[tokio::test]
async fn errors_of_commit_are_only_logged_and_a_retriable_poll_goes_on() {
    let world = World::start(&[]).await;
    world.script.set("task.commit", Behaviour::Fail);
    world.script.set("task.commit_record", Behaviour::Fail);
    world.script.set("task.poll", Behaviour::Retry);
    world.create_source("src", &[]).await;
    until("poll was tried again", || {
        world.script.count("task.poll") > 2
    })
    .await;
    assert_eq!(world.task_state("src"), Some(State::Running));
    world.script.unset("task.poll");
    world.script.source.give_lines("t", 0, 10);
    until_offset(&world, "src", 9).await;
    until("commit was called", || {
        world.script.count("task.commit") > 1
    })
    .await;
    assert_eq!(world.task_state("src"), Some(State::Running));
}

#[tokio::test]
async fn a_failing_task_stores_what_was_acknowledged() {
    let world = World::start(&[("offset.flush.interval.ms", "3600000")]).await;
    world.create_source("src", &[]).await;
    world.script.source.give_lines("t", 0, 100);
    until("acknowledged", || {
        world.script.source.committed.lock().unwrap().len() == 100
    })
    .await;
    world.script.set("task.poll", Behaviour::Fail);
    world.script.source.give_lines("t", 100, 1);
    world.until_task("src", State::Failed).await;
    assert!(
        world
            .task_trace("src")
            .starts_with("org.apache.kafka.connect.errors.ConnectException: task.poll fails\n")
    );
    let stored = offset(&world, "src").await;
    assert!(stored == at(99) || stored == at(100), "{stored:?}");
    assert_eq!(world.script.count("task.stop"), 1);
}

#[tokio::test]
async fn paused_it_polls_no_more_and_resumed_it_goes_on() {
    let world = World::start(&[]).await;
    world.create_source("src", &[]).await;
    world.until_task("src", State::Running).await;
    world
        .herder
        .set_target_state("src", TargetState::Paused)
        .await
        .unwrap();
    world.until_task("src", State::Paused).await;
    let polls = world.script.count("task.poll");
    world.script.source.give_lines("t", 0, 10);
    let commits = world.script.count("task.commit");
    until("flushes go on", || {
        world.script.count("task.commit") > commits + 1
    })
    .await;
    assert_eq!(world.script.count("task.poll"), polls);
    world
        .herder
        .set_target_state("src", TargetState::Started)
        .await
        .unwrap();
    until_offset(&world, "src", 9).await;
    world.until_task("src", State::Running).await;
}

#[tokio::test]
async fn a_record_that_cannot_be_converted_fails_the_task_unless_tolerated() {
    let json = (
        "value.converter",
        "org.apache.kafka.connect.converters.LongConverter",
    );
    let world = World::start(&[]).await;
    world.create_source("strict", &[json]).await;
    world
        .script
        .source
        .give("t", [Value::Int64(1), Value::String("no number".into())]);
    world.until_task("strict", State::Failed).await;
    let trace = world.task_trace("strict");
    assert!(
        trace.starts_with("org.apache.kafka.connect.errors.ConnectException: Tolerance exceeded in error handler\n"),
        "{trace}"
    );
    assert!(
        trace.contains("\nCaused by: org.apache.kafka.connect.errors.DataException: "),
        "{trace}"
    );
    world.herder.delete_connector("strict").await.unwrap();

    world
        .create_source("lenient", &[json, ("errors.tolerance", "all")])
        .await;
    let before = world.script.source.committed.lock().unwrap().len();
    world.script.source.give(
        "t",
        [
            Value::Int64(1),
            Value::String("no number".into()),
            Value::Int64(2),
        ],
    );
    until("all came back", || {
        world.script.source.committed.lock().unwrap().len() == before + 3
    })
    .await;
    let committed = world.script.source.committed.lock().unwrap();
    let skipped = committed[before..]
        .iter()
        .filter(|(_, metadata)| metadata.is_none())
        .count();
    assert_eq!(skipped, 1);
    assert_eq!(world.task_state("lenient"), Some(State::Running));
}

#[tokio::test]
async fn a_broker_that_refuses_for_a_while_costs_nothing() {
    let world = World::start(&[]).await;
    world.create_source("src", &[]).await;
    world.create_sink("snk", "t", &[]).await;
    world.script.source.give_lines("t", 0, 10);
    until_delivered(&world, 10).await;
    let faults = world.broker.as_ref().unwrap().faults();
    faults.on(
        ApiKey::Produce,
        Fault::Error(ResponseError::NotLeaderOrFollower),
        3,
    );
    for n in 1..50 {
        world.script.source.give_lines("t", n * 10, 10);
    }
    until_delivered(&world, 500).await;
    assert_eq!(world.script.sink.values(), numbers(500));
    assert_eq!(world.task_state("src"), Some(State::Running));
}

#[tokio::test]
async fn an_offsets_file_that_cannot_be_written_loses_nothing() {
    let world = World::start(&[]).await;
    world.create_source("src", &[]).await;
    world.script.source.give_lines("t", 0, 10);
    until_offset(&world, "src", 9).await;
    let obstacle = world.dir.path().join("offsets.tmp");
    std::fs::create_dir(&obstacle).unwrap();
    let commits = world.script.count("task.commit");
    world.script.source.give_lines("t", 10, 10);
    until("delivered", || {
        world.script.source.committed.lock().unwrap().len() == 20
    })
    .await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(
        offset(&world, "src").await,
        at(9),
        "the last stored offset is readable"
    );
    assert!(
        world.script.count("task.commit") <= commits + 1,
        "no success is told"
    );
    std::fs::remove_dir(&obstacle).unwrap();
    until_offset(&world, "src", 19).await;
}

#[tokio::test]
async fn offsets_of_a_stopped_source_can_be_altered_and_reset() {
    let world = World::start(&[]).await;
    world.create_source("src", &[]).await;
    world.script.source.give_lines("t", 0, 10);
    until_offset(&world, "src", 9).await;
    let running = world
        .herder
        .reset_connector_offsets("src")
        .await
        .unwrap_err();
    assert_eq!(running.http_status(), 400);
    world
        .herder
        .set_target_state("src", TargetState::Stopped)
        .await
        .unwrap();
    let partition = support::partition();
    let change = ConnectorOffset {
        partition: partition.entries().cloned(),
        offset: at(4),
    };
    let message = world
        .herder
        .alter_connector_offsets("src", vec![change])
        .await
        .unwrap();
    assert_eq!(
        message,
        "The offsets for this connector have been altered successfully"
    );
    assert_eq!(offset(&world, "src").await, at(4));
    world.script.set("connector.alter_offsets", Behaviour::Fail);
    assert_eq!(
        world
            .herder
            .reset_connector_offsets("src")
            .await
            .unwrap_err()
            .http_status(),
        500
    );
    world.script.unset("connector.alter_offsets");
    let message = world.herder.reset_connector_offsets("src").await.unwrap();
    assert_eq!(
        message,
        "The offsets for this connector have been reset successfully"
    );
    assert_eq!(offset(&world, "src").await, None);
    world
        .herder
        .set_target_state("src", TargetState::Started)
        .await
        .unwrap();
    world.until_task("src", State::Running).await;
    assert_eq!(
        world.script.source.found.lock().unwrap().last(),
        Some(&None)
    );
}

#[tokio::test]
async fn a_task_that_blocks_its_thread_in_poll_is_given_up() {
    let world = World::start(&[]).await;
    world.create_source("src", &[]).await;
    world.until_task("src", State::Running).await;
    world.script.set("task.poll", Behaviour::Block);
    world.script.source.give_lines("t", 0, 1);
    until("poll blocks", || world.script.count("task.poll") > 1).await;
    within(
        Duration::from_secs(4),
        "the delete",
        world.herder.delete_connector("src"),
    )
    .await
    .unwrap();
    world.herder.ping().await.unwrap();
}

#[tokio::test]
async fn tasks_that_block_every_thread_there_is_hold_up_nobody() {
    let world = World::start(&[]).await;
    world.create_source("src", &[]).await;
    world.until_task("src", State::Running).await;
    world.script.source.give_lines("t", 0, 3);
    let delivered = || world.script.source.committed.lock().unwrap().len() == 3;
    until("lines are delivered", delivered).await;
    let polls = world.script.count("task.poll");
    world.script.set("task.poll", Behaviour::Block);
    let blocking = 2 * std::thread::available_parallelism().map_or(1, usize::from);
    for n in 0..blocking {
        world.create_source(&format!("blocks-{n}"), &[]).await;
    }
    until("all block", || {
        world.script.count("task.poll") >= polls + blocking
    })
    .await;
    world.create_sink("snk", "t", &[]).await;
    until("lines arrive", || world.script.sink.values().len() == 3).await;
}

#[tokio::test]
async fn topics_are_created_as_their_group_says() {
    let world = World::start(&[]).await;
    let groups = [
        ("topic.creation.default.partitions", "1"),
        ("topic.creation.default.replication.factor", "-1"),
        ("topic.creation.groups", "wide"),
        ("topic.creation.wide.include", "wide-.*"),
        ("topic.creation.wide.partitions", "7"),
    ];
    world.create_source("src", &groups).await;
    world.script.source.give_lines("wide-1", 0, 3);
    world.script.source.give_lines("narrow", 3, 3);
    world.script.source.give_lines("wide-1", 6, 3);
    until_offset(&world, "src", 8).await;
    let config = windlass_client::config::ClientConfig::for_servers(&world.address).unwrap();
    let cluster = windlass_client::Cluster::new(&config, windlass_client::Env::default());
    let admin = windlass_client::admin::Admin::new(cluster);
    let topics = admin.list_topics().await.unwrap();
    let shown: Vec<_> = topics
        .iter()
        .map(|t| (t.name.to_string(), t.partitions.len()))
        .collect();
    assert_eq!(shown, [("narrow".to_owned(), 1), ("wide-1".to_owned(), 7)]);
    let faults = world.broker.as_ref().unwrap().faults();
    faults.on(
        ApiKey::CreateTopics,
        Fault::Error(ResponseError::TopicAuthorizationFailed),
        1,
    );
    world.script.source.give_lines("wide-2", 9, 1);
    world.until_task("src", State::Failed).await;
    let trace = world.task_trace("src");
    assert!(
        trace.contains("Task failed to create new topic wide-2"),
        "{trace}"
    );
}

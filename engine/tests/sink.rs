//! Sink tasks: put, redelivery, commits, rebalances.

mod support;

use std::sync::Arc;
use std::time::Duration;

use support::{Behaviour, World, until, within};
use windlass_api::{SinkOffsets, TopicPartition, Value};
use windlass_engine::herder::ConnectorOffset;
use windlass_engine::status::{State, TargetState};

fn partition(topic: &str) -> TopicPartition {
    TopicPartition {
        topic: Arc::from(topic),
        partition: 0,
    }
}

/// A worker with records 0.. in topic `t`.
async fn world(count: i64) -> World {
    let world = World::start(&[]).await;
    world.create_source("src", &[]).await;
    give(&world, 0, count).await;
    world
}

async fn give(world: &World, from: i64, count: i64) {
    let committed = || world.script.source.committed.lock().unwrap().len();
    let before = committed();
    world.script.source.give_lines("t", from, count);
    until("records are in the topic", || {
        committed() == before + count as usize
    })
    .await;
}

async fn until_values(world: &World, count: usize) {
    until(&format!("{count} values"), || {
        world.script.sink.values().len() >= count
    })
    .await;
}

/// Waits until a sink created now would begin here.
async fn until_committed(world: &World, offset: i64) {
    within(
        Duration::from_secs(30),
        &format!("offset {offset} is committed"),
        async {
            loop {
                let offsets = world.herder.connector_offsets("snk").await.unwrap();
                let of = |o: &windlass_engine::herder::ConnectorOffset| {
                    o.offset
                        .as_ref()
                        .and_then(|o| o.get("kafka_offset").cloned())
                };
                if offsets.first().and_then(of) == Some(windlass_api::Value::Int64(offset)) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        },
    )
    .await;
}

#[tokio::test]
async fn puts_what_was_consumed_and_goes_on_after_a_restart() {
    let mut world = world(1200).await;
    world.create_sink("snk", "t", &[]).await;
    until_values(&world, 1200).await;
    assert!(
        world
            .script
            .sink
            .batches
            .lock()
            .unwrap()
            .iter()
            .all(|batch| batch.len() <= 500)
    );
    until_committed(&world, 1200).await;
    give(&world, 1200, 5).await;
    until_values(&world, 1205).await;
    assert_eq!(world.herder.active_topics("snk"), ["t".into()]);
    // Stopping commits what the timer has not.
    world.restart_worker().await;
    assert!(world.script.count("task.close") >= 1);
    world.script.sink.records.lock().unwrap().clear();
    world.create_source("src", &[]).await;
    world.create_sink("snk", "t", &[]).await;
    give(&world, 1205, 1).await;
    until_values(&world, 1).await;
    assert_eq!(world.script.sink.values(), ["1205"]);
    let record = world.script.sink.records.lock().unwrap()[0].clone();
    assert_eq!(
        (
            record.kafka_offset,
            &*record.original_topic,
            record.original_partition
        ),
        (1205, "t", 0)
    );
}

#[tokio::test]
async fn a_retriable_put_gets_the_same_records_again_and_no_others() {
    let world = world(10).await;
    world.script.set("task.put", Behaviour::Retry);
    world.create_sink("snk", "t", &[]).await;
    until("three tries", || world.script.count("task.put") >= 3).await;
    give(&world, 10, 10).await;
    world
        .script
        .sink
        .context()
        .timeout(Duration::from_millis(1));
    let tries = world.script.count("task.put");
    until("more tries", || world.script.count("task.put") > tries + 1).await;
    assert!(
        world
            .script
            .sink
            .batches
            .lock()
            .unwrap()
            .iter()
            .filter(|b| !b.is_empty())
            .all(|b| *b == (0..10).collect::<Vec<_>>())
    );
    assert_eq!(world.task_state("snk"), Some(State::Running));
    world.script.unset("task.put");
    until_values(&world, 20).await;
    let values: Vec<String> = (0..20).map(|n| n.to_string()).collect();
    assert_eq!(world.script.sink.values(), values);
    until_committed(&world, 20).await;
}

#[tokio::test]
async fn a_failing_put_fails_the_task_but_commits_what_came_before() {
    let world = world(10).await;
    world.create_sink("snk", "t", &[]).await;
    until_values(&world, 10).await;
    world.script.set("task.put", Behaviour::Fail);
    give(&world, 10, 5).await;
    world.until_task("snk", State::Failed).await;
    let trace = world.task_trace("snk");
    assert!(trace.starts_with(
        "org.apache.kafka.connect.errors.ConnectException: Exiting WorkerSinkTask due to unrecoverable exception.\n"
    ), "{trace}");
    assert!(
        trace.contains(
            "Caused by: org.apache.kafka.connect.errors.ConnectException: task.put fails"
        ),
        "{trace}"
    );
    assert_eq!(
        (
            world.script.count("task.close"),
            world.script.count("task.stop")
        ),
        (1, 1)
    );
    until_committed(&world, 10).await;
    world.script.unset("task.put");
    world.herder.restart_task("snk", 0).await.unwrap();
    until_values(&world, 15).await;
    assert_eq!(world.script.sink.values().len(), 15);
}

#[tokio::test]
async fn pre_commit_decides_and_when_it_fails_records_come_again() {
    let world = world(10).await;
    let seven = SinkOffsets::from([(partition("t"), 7), (partition("other"), 3)]);
    *world.script.sink.pre_commit.lock().unwrap() = Some(seven);
    world.create_sink("snk", "t", &[]).await;
    until_committed(&world, 7).await;
    assert_eq!(world.script.sink.values().len(), 10);
    world.script.set("task.pre_commit", Behaviour::Fail);
    until_values(&world, 13).await;
    world.script.unset("task.pre_commit");
    assert_eq!(world.script.sink.values()[10..13], ["7", "8", "9"]);
    assert_eq!(world.task_state("snk"), Some(State::Running));
}

#[tokio::test]
async fn the_task_can_rewind_pause_and_ask_for_a_commit() {
    let world = world(10).await;
    world.create_sink("snk", "t", &[]).await;
    until_values(&world, 10).await;
    let context = world.script.sink.context();
    assert_eq!(context.assignment(), [partition("t")]);
    context.rewind(SinkOffsets::from([(partition("t"), 8)]));
    until_values(&world, 12).await;
    assert_eq!(world.script.sink.values()[10..], ["8", "9"]);
    context.pause(&[partition("t")]).unwrap();
    assert!(context.pause(&[partition("other")]).is_err());
    let rounds = world.script.count("task.pre_commit");
    until("the pause has been applied", || {
        world.script.count("task.pre_commit") > rounds + 1
    })
    .await;
    give(&world, 10, 3).await;
    context.request_commit();
    let rounds = world.script.count("task.pre_commit");
    until("commits go on", || {
        world.script.count("task.pre_commit") > rounds + 1
    })
    .await;
    assert_eq!(world.script.sink.values().len(), 12, "paused");
    context.resume(&[partition("t")]).unwrap();
    until_values(&world, 15).await;
}

#[tokio::test]
async fn paused_by_the_user_it_stays_in_its_group_and_reads_nothing() {
    let world = world(5).await;
    world.create_sink("snk", "t", &[]).await;
    until_values(&world, 5).await;
    world
        .herder
        .set_target_state("snk", TargetState::Paused)
        .await
        .unwrap();
    world.until_task("snk", State::Paused).await;
    give(&world, 5, 5).await;
    until_committed(&world, 5).await;
    assert_eq!(world.script.sink.values().len(), 5);
    assert_eq!(
        world.script.count("task.close"),
        0,
        "it keeps its partitions"
    );
    world
        .herder
        .set_target_state("snk", TargetState::Started)
        .await
        .unwrap();
    until_values(&world, 10).await;
}

#[tokio::test]
async fn partitions_move_between_tasks_without_loss() {
    let world = world(10).await;
    world.create_sink("snk", "t", &[]).await;
    until_values(&world, 10).await;
    // Two tasks in one group: the one partition may move, and nothing is lost on the way.
    let more = [("topics", "t"), ("tasks.max", "2")];
    let config = support::config("snk", support::SINK_CLASS, &more);
    world
        .herder
        .put_connector_config("snk", config)
        .await
        .unwrap();
    give(&world, 10, 10).await;
    until_values(&world, 20).await;
    assert_eq!(
        world.script.sink.opened.lock().unwrap().len(),
        world.script.sink.closed.lock().unwrap().len() + 1
    );
    let values: Vec<String> = (0..20).map(|n| n.to_string()).collect();
    assert_eq!(world.script.sink.values(), values);
}

#[tokio::test]
async fn topics_by_regex_are_found_when_they_appear() {
    let world = World::start(&[("consumer.metadata.max.age.ms", "200")]).await;
    world.create_source("src", &[]).await;
    world
        .create("snk", support::SINK_CLASS, &[("topics.regex", "orders-.*")])
        .await
        .unwrap();
    world.until_task("snk", State::Running).await;
    world.script.source.give_lines("orders-1", 0, 3);
    world.script.source.give_lines("other", 0, 3);
    until_values(&world, 3).await;
    world.script.source.give_lines("orders-2", 3, 3);
    until_values(&world, 6).await;
    assert_eq!(
        world.herder.active_topics("snk"),
        ["orders-1".into(), "orders-2".into()]
    );
}

#[tokio::test]
async fn a_sink_that_is_given_up_commits_nothing() {
    let world = world(10).await;
    world.script.set("task.put", Behaviour::Hang);
    world.create_sink("snk", "t", &[]).await;
    until("put hangs", || world.script.count("task.put") == 1).await;
    within(
        Duration::from_secs(4),
        "the restart",
        world.herder.restart_task("snk", 0),
    )
    .await
    .unwrap();
    world.script.unset("task.put");
    world.herder.restart_task("snk", 0).await.unwrap();
    until_values(&world, 10).await;
    assert_eq!(world.script.sink.values()[0], "0");
}

#[tokio::test]
async fn offsets_of_a_stopped_sink_can_be_altered_and_reset() {
    let world = world(10).await;
    world.create_sink("snk", "t", &[]).await;
    until_committed(&world, 10).await;
    let change = |partition: Value, offset: Option<i64>| {
        let partition = [
            ("kafka_topic".to_owned(), Value::String("t".into())),
            ("kafka_partition".to_owned(), partition),
        ];
        let offset =
            offset.map(|offset| [("kafka_offset".to_owned(), Value::Int64(offset))].into());
        vec![ConnectorOffset {
            partition: Some(partition.into()),
            offset,
        }]
    };
    let alter = |changes| world.herder.alter_connector_offsets("snk", changes);
    let running = alter(change(Value::Int64(0), Some(4))).await.unwrap_err();
    assert_eq!(running.http_status(), 400);
    world
        .herder
        .set_target_state("snk", TargetState::Stopped)
        .await
        .unwrap();
    alter(change(Value::String("0".into()), Some(4)))
        .await
        .unwrap();
    until_committed(&world, 4).await;
    let bad = alter(change(Value::String("x".into()), Some(4)))
        .await
        .unwrap_err();
    assert_eq!(
        bad.to_string(),
        "Failed to parse the following Kafka partition value in the provided offsets: 'x'. Partition values for sink \
         connectors need to be integers."
    );
    let unknown = alter(change(Value::Int64(9), Some(4))).await.unwrap_err();
    assert_eq!(
        unknown.to_string(),
        "Failed to alter consumer group offsets for connector snk"
    );
    alter(change(Value::Int64(0), None)).await.unwrap();
    assert!(
        world
            .herder
            .connector_offsets("snk")
            .await
            .unwrap()
            .is_empty()
    );
    world.herder.reset_connector_offsets("snk").await.unwrap();
    world.script.sink.records.lock().unwrap().clear();
    world
        .herder
        .set_target_state("snk", TargetState::Started)
        .await
        .unwrap();
    until_values(&world, 10).await;
    assert_eq!(world.script.sink.values()[0], "0");
}

#[tokio::test]
async fn a_sink_that_panics_leaves_its_group() {
    let world = world(10).await;
    world.script.set("task.put", Behaviour::Panic);
    world.create_sink("snk", "t", &[]).await;
    world.until_task("snk", State::Failed).await;
    world.script.unset("task.put");
    let restart = async {
        world.herder.restart_task("snk", 0).await.unwrap();
        until_values(&world, 10).await;
    };
    within(Duration::from_secs(10), "the partitions come back", restart).await;
}

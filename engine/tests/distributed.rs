//! A worker of a cluster on an embedded broker. Several need REST servers to reach each other: `tests/distributed.rs` of the
//! workspace has them.

mod support;

use std::sync::Arc;
use std::time::Duration;

use support::{Behaviour, Cluster, SOURCE_CLASS, config, until, within};
use windlass_engine::herder::{HerderError, PutOutcome, RestartScope};
use windlass_engine::status::{State, TargetState};

#[tokio::test]
async fn one_worker_alone_does_everything() {
    let cluster = Cluster::start(1, &[]).await;
    let herder = cluster.leader().await;
    let created = cluster.create("c", &[("tasks.max", "2")]).await.unwrap();
    assert!(created.tasks.is_empty());
    cluster.until_running("c", 2).await;
    let again = cluster.create("c", &[]).await.unwrap_err();
    assert!(matches!(again, HerderError::AlreadyExists(_)));

    herder
        .set_target_state("c", TargetState::Paused)
        .await
        .unwrap();
    cluster.until_states("c", State::Paused, 2).await;
    herder
        .set_target_state("c", TargetState::Started)
        .await
        .unwrap();
    cluster.until_running("c", 2).await;

    let changed = config("c", SOURCE_CLASS, &[("tasks.max", "3")]);
    let changed = herder.put_connector_config("c", changed).await.unwrap();
    assert!(matches!(changed, PutOutcome::Updated(_)));
    cluster.until_running("c", 3).await;

    herder
        .set_target_state("c", TargetState::Stopped)
        .await
        .unwrap();
    cluster.until_states("c", State::Stopped, 0).await;
    let message = herder.reset_connector_offsets("c").await.unwrap();
    assert!(message.contains("reset successfully"), "{message}");
    herder
        .set_target_state("c", TargetState::Started)
        .await
        .unwrap();
    cluster.until_running("c", 3).await;

    herder.delete_connector("c").await.unwrap();
    until("nothing is left", || {
        herder.connectors().is_empty() && herder.connector_status("c").is_err()
    })
    .await;
    until("all tasks have stopped", || {
        cluster.script.count("task.stop") == cluster.script.count("task.start")
    })
    .await;
}

#[tokio::test]
async fn restarts_go_through_the_topic() {
    let cluster = Cluster::start(1, &[]).await;
    let herder = cluster.leader().await;
    cluster.create("c", &[("tasks.max", "2")]).await.unwrap();
    cluster.until_running("c", 2).await;
    let scope = RestartScope {
        only_failed: false,
        include_tasks: true,
    };
    let before = cluster.script.count("task.start");
    let plan = herder
        .restart_connector_and_tasks("c", scope)
        .await
        .unwrap();
    assert_eq!(plan.connector.state, State::Restarting);
    until("both tasks are started again", || {
        cluster.script.count("task.start") == before + 2
    })
    .await;
    cluster.until_running("c", 2).await;
    herder.restart_task("c", 1).await.unwrap();
    until("one task is started again", || {
        cluster.script.count("task.start") == before + 3
    })
    .await;
    let unknown = herder.restart_task("c", 7).await.unwrap_err();
    assert_eq!(
        (unknown.http_status(), unknown.to_string().as_str()),
        (404, "Unknown task: c-7")
    );
}

#[tokio::test]
async fn a_restarted_cluster_finds_everything_in_its_topics() {
    let mut cluster = Cluster::start(1, &[]).await;
    cluster.leader().await;
    cluster.create("c", &[("tasks.max", "2")]).await.unwrap();
    cluster.until_running("c", 2).await;
    cluster.stop(0).await;
    cluster.add().await;
    let herder = cluster.leader().await;
    assert_eq!(herder.connector_info("c").unwrap().tasks.len(), 2);
    cluster.until_running("c", 2).await;
}

#[tokio::test]
async fn a_hanging_connector_holds_up_nobody() {
    let cluster = Cluster::start(1, &[]).await;
    cluster.leader().await;
    cluster.script.set("connector.start", Behaviour::Hang);
    cluster.create("stuck", &[]).await.unwrap();
    until("the connector is being started", || {
        cluster.script.count("connector.start") == 1
    })
    .await;
    cluster.script.unset("connector.start");
    let created = within(
        Duration::from_secs(20),
        "another create",
        cluster.create("free", &[]),
    );
    created.await.unwrap();
    cluster.until_running("free", 1).await;
    let names = cluster.herders[0].connectors();
    assert_eq!(names, [Arc::from("free"), Arc::from("stuck")]);
}

//! The standalone herder: life and death of connectors.

mod support;

use std::time::{Duration, Instant};

use support::{Behaviour, SINK_CLASS, SOURCE_CLASS, World, config, props, until, within};
use windlass_engine::herder::{HerderError, PutOutcome, RestartScope};
use windlass_engine::status::{State, TargetState};

#[tokio::test]
async fn a_connector_is_created_once_and_deleted_once() {
    let world = World::start(&[]).await;
    let create = || world.create("c", SOURCE_CLASS, &[("tasks.max", "2")]);
    let (a, b, c) = tokio::join!(create(), create(), create());
    let results = [a, b, c];
    assert_eq!(results.iter().filter(|r| r.is_ok()).count(), 1);
    let refused = results.iter().find_map(|r| r.as_ref().err()).unwrap();
    assert_eq!(
        (refused.http_status(), refused.to_string().as_str()),
        (409, "Connector c already exists")
    );
    let info = world.herder.connector_info("c").unwrap();
    assert_eq!(info.tasks.len(), 2);
    assert_eq!(
        world.herder.task_infos("c").unwrap()[1].config["task.class"].as_deref(),
        Some("test.ScriptedSourceTask")
    );
    until("both tasks run", || {
        let running = |task| {
            world
                .herder
                .task_status("c", task)
                .is_ok_and(|s| s.state == State::Running)
        };
        running(0) && running(1)
    })
    .await;

    let delete = || world.herder.delete_connector("c");
    let (a, b) = tokio::join!(delete(), delete());
    assert_eq!([a, b].into_iter().filter(Result::is_ok).count(), 1);
    assert!(world.herder.connectors().is_empty());
    assert_eq!(
        world.herder.connector_status("c").unwrap_err().to_string(),
        "No status found for connector c"
    );
    assert_eq!(world.script.count("task.stop"), 2);
    assert_eq!(world.script.count("connector.stop"), 1);
    world.create("c", SOURCE_CLASS, &[]).await.unwrap();
}

#[tokio::test]
async fn missing_connectors_are_refused_in_javas_words() {
    let world = World::start(&[]).await;
    let herder = &world.herder;
    let shown = |error: HerderError| (error.http_status(), error.to_string());
    let pause = herder
        .set_target_state("none", TargetState::Paused)
        .await
        .unwrap_err();
    assert_eq!(shown(pause), (404, "Unknown connector none".to_owned()));
    let stop = herder
        .set_target_state("none", TargetState::Stopped)
        .await
        .unwrap_err();
    assert_eq!(
        shown(stop),
        (500, "No connector `none` configured".to_owned())
    );
    let delete = herder.delete_connector("none").await.unwrap_err();
    assert_eq!(shown(delete), (404, "Connector none not found".to_owned()));
    let restart = herder
        .restart_connector_and_tasks("none", RestartScope::default())
        .await
        .unwrap_err();
    assert_eq!(shown(restart), (404, "Unknown connector: none".to_owned()));
    world.create_source("c", &[]).await;
    let task = herder.restart_task("c", 5).await.unwrap_err();
    assert_eq!(shown(task), (404, "Task c-5 not found".to_owned()));
    assert!(herder.task_status("c", 5).is_err(), "no phantom task");
    let invalid = herder
        .create_connector("x", props(&[("name", "x")]), TargetState::Started)
        .await
        .unwrap_err();
    assert_eq!(invalid.http_status(), 400);
}

#[tokio::test]
async fn pause_resume_stop_as_users_see_them() {
    let world = World::start(&[]).await;
    let herder = &world.herder;
    world.create_source("c", &[]).await;
    world.until_task("c", State::Running).await;
    herder
        .set_target_state("c", TargetState::Paused)
        .await
        .unwrap();
    world.until_task("c", State::Paused).await;
    until("connector is paused", || {
        world.connector_state("c") == Some(State::Paused)
    })
    .await;
    herder.restart_connector("c").await.unwrap();
    assert_eq!(world.connector_state("c"), Some(State::Paused));
    herder
        .set_target_state("c", TargetState::Started)
        .await
        .unwrap();
    world.until_task("c", State::Running).await;

    herder
        .set_target_state("c", TargetState::Stopped)
        .await
        .unwrap();
    let status = herder.connector_status("c").unwrap();
    assert_eq!(
        (status.connector.state, status.tasks.len()),
        (State::Stopped, 0)
    );
    assert!(herder.connector_info("c").unwrap().tasks.is_empty());
    herder
        .set_target_state("c", TargetState::Paused)
        .await
        .unwrap();
    until("connector is paused", || {
        world.connector_state("c") == Some(State::Paused)
    })
    .await;
    assert!(herder.connector_status("c").unwrap().tasks.is_empty());
    herder
        .set_target_state("c", TargetState::Started)
        .await
        .unwrap();
    world.until_task("c", State::Running).await;
}

#[tokio::test]
async fn created_paused_or_stopped_a_connector_has_no_tasks() {
    let world = World::start(&[]).await;
    for (name, target, state) in [
        ("p", TargetState::Paused, State::Paused),
        ("s", TargetState::Stopped, State::Stopped),
    ] {
        let info = world
            .herder
            .create_connector(name, config(name, SOURCE_CLASS, &[]), target)
            .await
            .unwrap();
        assert!(info.tasks.is_empty());
        assert_eq!(world.connector_state(name), Some(state));
    }
    assert_eq!(world.script.count("connector.start"), 0);
    world
        .herder
        .set_target_state("p", TargetState::Started)
        .await
        .unwrap();
    world.until_task("p", State::Running).await;
}

#[tokio::test]
async fn a_new_configuration_restarts_tasks_even_when_theirs_is_the_same() {
    let world = World::start(&[]).await;
    world.create_source("c", &[]).await;
    world.until_task("c", State::Running).await;
    let put = |more: &'static [(&str, &str)]| {
        world
            .herder
            .put_connector_config("c", config("c", SOURCE_CLASS, more))
    };
    assert!(matches!(
        put(&[("errors.log.enable", "true")]).await.unwrap(),
        PutOutcome::Updated(_)
    ));
    until("the task started again", || {
        world.script.count("task.start") == 2
    })
    .await;
    put(&[("errors.log.enable", "true")]).await.unwrap();
    assert_eq!(world.script.count("connector.start"), 3);
    assert_eq!(
        world.script.count("task.stop"),
        1,
        "nothing changed for the tasks"
    );
    put(&[("tasks.max", "3")]).await.unwrap();
    assert_eq!(world.herder.connector_info("c").unwrap().tasks.len(), 3);
}

#[tokio::test]
async fn tasks_follow_when_the_connector_asks() {
    let world = World::start(&[]).await;
    world.create_source("c", &[]).await;
    until("configured", || {
        world.script.count("connector.task_configs") == 1
    })
    .await;
    let context = world.script.source.context.lock().unwrap().clone().unwrap();
    context.request_task_reconfiguration();
    until("asked again", || {
        world.script.count("connector.task_configs") == 2
    })
    .await;
    context.raise_error(windlass_api::ConnectError::connect("the source is gone"));
    until("connector has failed", || {
        world.connector_state("c") == Some(State::Failed)
    })
    .await;
    let trace = world
        .herder
        .connector_status("c")
        .unwrap()
        .connector
        .trace
        .unwrap();
    assert!(
        trace.starts_with(
            "org.apache.kafka.connect.errors.ConnectException: the source is gone\n\tat "
        ),
        "{trace}"
    );
    assert_eq!(
        world.task_state("c"),
        Some(State::Running),
        "its tasks go on"
    );
    world.herder.restart_connector("c").await.unwrap();
    assert_eq!(world.connector_state("c"), Some(State::Running));
    context.raise_error(windlass_api::ConnectError::connect("an old run's word"));
    world.herder.ping().await.unwrap();
    world.herder.restart_task("c", 0).await.unwrap();
    assert_eq!(world.connector_state("c"), Some(State::Running));
}

#[tokio::test]
async fn every_end_of_a_connector_or_task_is_seen() {
    let world = World::start(&[]).await;
    for (behaviour, reason) in [(Behaviour::Fail, "fails"), (Behaviour::Panic, "panics")] {
        world.script.set("connector.start", behaviour);
        let error = world.create("c", SOURCE_CLASS, &[]).await.unwrap_err();
        assert_eq!(
            (error.http_status(), error.to_string().as_str()),
            (500, "Failed to transition connector c to state STARTED")
        );
        let status = world.herder.connector_status("c").unwrap();
        assert_eq!(status.connector.state, State::Failed);
        assert!(status.connector.trace.unwrap().contains(reason));
        world.script.unset("connector.start");
        world.herder.delete_connector("c").await.unwrap();

        for call in ["task.start", "task.poll"] {
            world.script.set(call, behaviour);
            world.create_source("c", &[]).await;
            within(
                Duration::from_secs(1),
                "failure is seen",
                world.until_task("c", State::Failed),
            )
            .await;
            assert!(
                world.task_trace("c").contains(reason),
                "{}",
                world.task_trace("c")
            );
            assert_eq!(world.connector_state("c"), Some(State::Running));
            world.script.unset(call);
            let scope = RestartScope {
                only_failed: true,
                include_tasks: true,
            };
            let plan = world
                .herder
                .restart_connector_and_tasks("c", scope)
                .await
                .unwrap();
            assert_eq!(plan.connector.state, State::Running);
            assert_eq!(plan.tasks[0].1.state, State::Restarting);
            assert!(
                plan.tasks[0].1.trace.is_some(),
                "the plan keeps the old trace"
            );
            world.until_task("c", State::Running).await;
            world.herder.delete_connector("c").await.unwrap();
        }
    }
}

#[tokio::test]
async fn what_hangs_is_given_up_and_holds_up_nobody_else() {
    let world = World::start(&[]).await;
    for behaviour in [Behaviour::Hang, Behaviour::Block] {
        world.script.set("bad.start", behaviour);
        let herder = world.herder.clone();
        let hanging = tokio::spawn(async move {
            herder
                .create_connector(
                    "bad",
                    config("bad", SOURCE_CLASS, &[]),
                    TargetState::Started,
                )
                .await
        });
        until("the start hangs", || {
            world
                .script
                .calls()
                .last()
                .is_some_and(|c| c == "bad.start")
        })
        .await;
        let begun = Instant::now();
        world.create_source("good", &[]).await;
        world.until_task("good", State::Running).await;
        world.herder.ping().await.unwrap();
        assert!(
            begun.elapsed() < Duration::from_millis(500),
            "{:?}",
            begun.elapsed()
        );

        within(
            Duration::from_secs(3),
            "the delete",
            world.herder.delete_connector("bad"),
        )
        .await
        .unwrap();
        assert_eq!(hanging.await.unwrap().unwrap_err().http_status(), 500);
        assert!(world.herder.connector_status("bad").is_err());
        world.script.unset("bad.start");
        world.herder.delete_connector("good").await.unwrap();
    }
}

#[tokio::test]
async fn a_task_that_does_not_stop_is_given_up_and_replaced() {
    let world = World::start(&[]).await;
    world.create_source("c", &[]).await;
    world.until_task("c", State::Running).await;
    world.script.set("task.stop", Behaviour::Hang);
    within(
        Duration::from_secs(3),
        "the restart",
        world.herder.restart_task("c", 0),
    )
    .await
    .unwrap();
    world.script.unset("task.stop");
    world.until_task("c", State::Running).await;
    assert_eq!(world.script.count("task.start"), 2);
    world.script.set("task.stop", Behaviour::Hang);
    within(
        Duration::from_secs(4),
        "the shutdown",
        world.herder.shutdown(),
    )
    .await;
}

#[tokio::test]
async fn too_many_tasks_and_null_values_fail_the_connector() {
    let world = World::start(&[]).await;
    let mut with_null = config("n", SOURCE_CLASS, &[]);
    with_null.insert("file".to_owned(), None);
    let error = world
        .herder
        .create_connector("n", with_null, TargetState::Started)
        .await
        .unwrap_err();
    assert_eq!(
        (error.http_status(), error.to_string().as_str()),
        (
            500,
            "Non-string value found in original settings for key file: null"
        )
    );
    let status = world.herder.connector_status("n").unwrap().connector;
    assert_eq!((status.state, status.version), (State::Failed, None));
    assert!(
        status
            .trace
            .unwrap()
            .starts_with("java.lang.ClassCastException: Non-string value found")
    );
    world.create_sink("s", "t", &[]).await;
    assert_eq!(
        world.herder.connector_info("s").unwrap().config["connector.class"].as_deref(),
        Some(SINK_CLASS)
    );
}

#[tokio::test]
async fn a_worker_without_kafka_does_not_start() {
    let dir = tempfile::tempdir().unwrap();
    let plugins = std::sync::Arc::new(windlass_engine::plugins::Plugins::new([]));
    let props = props(&[
        ("bootstrap.servers", "127.0.0.1:1"),
        (
            "key.converter",
            "org.apache.kafka.connect.storage.StringConverter",
        ),
        (
            "value.converter",
            "org.apache.kafka.connect.storage.StringConverter",
        ),
        (
            "offset.storage.file.filename",
            dir.path().join("offsets").to_str().unwrap(),
        ),
        ("default.api.timeout.ms", "300"),
    ]);
    let options = windlass_engine::worker::WorkerOptions {
        config: windlass_engine::config::StandaloneConfig::new(props, &plugins).unwrap(),
        plugins,
        worker_id: "x:1".to_owned(),
        data: tokio::runtime::Handle::current(),
        env: windlass_client::Env::default(),
    };
    let Err(error) = windlass_engine::worker::start_standalone(options).await else {
        panic!("started without Kafka")
    };
    assert!(error.to_string().contains("127.0.0.1:1"), "{error}");
}

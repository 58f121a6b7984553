//! Records that cannot be processed: retries, tolerance, dead letter queues, reports of sink tasks.

mod support;

use std::time::Duration;

use support::{TRANSFORM_CLASS, World, dead_letters, failures, until, within};
use windlass_api::{Header, Headers, Schema, Text, Value};
use windlass_engine::status::{State, TargetState};

const DATA: &str = "org.apache.kafka.connect.errors.DataException";
const JSON: &str = "org.apache.kafka.connect.json.JsonConverter";

const QUEUE: [(&str, &str); 3] = [
    ("errors.deadletterqueue.topic.name", "dead"),
    ("errors.deadletterqueue.topic.replication.factor", "1"),
    ("errors.deadletterqueue.context.headers.enable", "true"),
];

/// A transform that fails on `2`.
fn failing(times: &'static str) -> Vec<(&'static str, &'static str)> {
    vec![
        ("transforms", "f"),
        ("transforms.f.type", TRANSFORM_CLASS),
        ("transforms.f.values", "2"),
        ("transforms.f.times", times),
    ]
}

/// A worker with records 0.. in topic `t`.
async fn world(count: i64) -> World {
    let world = World::start(&[]).await;
    world.create_source("src", &[]).await;
    world.script.source.give_lines("t", 0, count);
    until("records are in the topic", || {
        world.script.source.committed.lock().unwrap().len() == count as usize
    })
    .await;
    world
}

async fn until_values(world: &World, expected: &[&str]) {
    until(&format!("values {expected:?}"), || {
        world.script.sink.values() == expected
    })
    .await;
}

async fn until_committed(world: &World, offset: i64) {
    let what = format!("offset {offset} is committed");
    within(Duration::from_secs(30), &what, async {
        loop {
            let offsets = world.herder.connector_offsets("snk").await.unwrap();
            let committed = offsets.first().and_then(|o| o.offset.as_ref());
            if committed.and_then(|o| o.get("kafka_offset")) == Some(&Value::Int64(offset)) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_record_that_cannot_be_converted_goes_to_the_dead_letter_queue_as_it_came() {
    let world = World::start(&[]).await;
    world.create_source("src", &[]).await;
    let mut headers = Headers::new();
    headers.add(Header {
        key: Text::from("h"),
        schema: Some(Schema::STRING),
        value: "v".into(),
    });
    let text = |text: &str| Value::String(Text::from(text));
    world.script.source.give_with_headers(
        "t",
        [text("\"good\""), text("{bad"), text("7")],
        &headers,
    );
    let sink = [
        ("value.converter", JSON),
        ("value.converter.schemas.enable", "false"),
        ("errors.tolerance", "all"),
    ];
    world
        .create_sink("snk", "t", &[&sink[..], &QUEUE].concat())
        .await;
    until("good ones arrive", || {
        world.script.sink.records.lock().unwrap().len() == 2
    })
    .await;
    let letters = dead_letters(&world.address, "dead", 1).await;
    let [letter] = &letters[..] else {
        panic!("{letters:?}");
    };
    assert_eq!(
        (letter.key.as_deref(), letter.value.as_deref()),
        (None, Some("{bad"))
    );
    let taken = world.script.sink.records.lock().unwrap()[0].timestamp;
    assert!(taken.is_some_and(|taken| (taken - letter.timestamp).abs() < 60_000));
    let names: Vec<&str> = letter.headers.iter().map(|(name, _)| &**name).collect();
    assert_eq!(
        names,
        [
            "h",
            "topic",
            "partition",
            "offset",
            "connector.name",
            "task.id",
            "stage",
            "class.name",
            "exception.class.name",
            "exception.message",
            "exception.stacktrace",
        ]
    );
    let values: Vec<&str> = names.iter().map(|name| letter.header(name)).collect();
    assert_eq!(
        values[..9],
        [
            "v",
            "t",
            "0",
            "1",
            "snk",
            "0",
            "VALUE_CONVERTER",
            JSON,
            DATA
        ]
    );
    let first_line = format!("{DATA}: {}", values[9]);
    assert!(values[10].starts_with(&first_line), "{}", values[10]);
    until_committed(&world, 3).await;
    assert_eq!(world.task_state("snk"), Some(State::Running));
}

#[tokio::test]
async fn without_tolerance_the_task_fails_and_the_record_is_in_the_queue_still() {
    let world = world(4).await;
    let config = [failing("0"), QUEUE.to_vec()].concat();
    world.create_sink("snk", "t", &config).await;
    world.until_task("snk", State::Failed).await;
    let trace = world.task_trace("snk");
    assert!(
        trace.contains("Tolerance exceeded in error handler") && trace.contains("2 is bad"),
        "{trace}"
    );
    let letter = &dead_letters(&world.address, "dead", 1).await[0];
    assert_eq!(letter.value.as_deref(), Some("2"));
    assert_eq!(letter.header("stage"), "TRANSFORMATION");
    assert_eq!(letter.header("class.name"), TRANSFORM_CLASS);
    assert_eq!(letter.header("exception.message"), "2 is bad");
}

#[tokio::test]
async fn a_queue_that_cannot_be_created_fails_the_task() {
    let world = world(1).await;
    let queue = [("errors.deadletterqueue.topic.name", "in valid")];
    world.create_sink("snk", "t", &queue).await;
    world.until_task("snk", State::Failed).await;
    let trace = world.task_trace("snk");
    let text = "ConnectException: Could not initialize dead letter queue with topic=in valid";
    assert!(trace.contains(text), "{trace}");
    assert_eq!(world.script.count("task.start"), 1, "only the source's");
}

#[tokio::test]
async fn a_sink_tries_again_what_may_succeed_later() {
    let world = world(4).await;
    let retries = [
        ("errors.retry.timeout", "60000"),
        ("errors.retry.delay.max.ms", "1"),
    ];
    let config = [failing("3"), retries.to_vec()].concat();
    world.create_sink("snk", "t", &config).await;
    until_values(&world, &["0!", "1!", "2!", "3!"]).await;
    until_committed(&world, 4).await;
}

#[tokio::test]
async fn retries_end_with_their_timeout() {
    let world = world(4).await;
    let retries = [
        ("errors.retry.timeout", "50"),
        ("errors.retry.delay.max.ms", "1"),
        ("errors.tolerance", "all"),
    ];
    let config = [failing("-1"), retries.to_vec(), QUEUE.to_vec()].concat();
    world.create_sink("snk", "t", &config).await;
    until_values(&world, &["0!", "1!", "3!"]).await;
    let letter = &dead_letters(&world.address, "dead", 1).await[0];
    assert_eq!(
        letter.header("exception.class.name"),
        "org.apache.kafka.connect.errors.RetriableException"
    );
}

#[tokio::test]
async fn a_pause_or_stop_ends_the_wait_of_a_sink_and_loses_nothing() {
    let mut world = world(4).await;
    let retries = [
        ("errors.retry.timeout", "-1"),
        ("errors.retry.delay.max.ms", "3600000"),
        ("transforms.f.id", "sink"),
        ("errors.tolerance", "all"),
    ];
    let config = [failing("-1"), retries.to_vec()].concat();
    world.create_sink("snk", "t", &config).await;
    // The next tries come ever later; what was before them is delivered when the wait is cut short.
    until("a record fails", || failures("sink") > 0).await;
    let target = |state| world.herder.set_target_state("snk", state);
    target(TargetState::Paused).await.unwrap();
    world.until_task("snk", State::Paused).await;
    until_values(&world, &["0!", "1!"]).await;
    until_committed(&world, 2).await;
    target(TargetState::Started).await.unwrap();
    world.until_task("snk", State::Running).await;
    world.restart_worker().await;
    assert_eq!(world.script.sink.values(), ["0!", "1!"]);
    world.script.sink.records.lock().unwrap().clear();
    world.create_sink("snk", "t", &failing("1")[..0]).await;
    until_values(&world, &["2", "3"]).await;
}

#[tokio::test]
async fn a_source_tries_again_with_the_record_as_it_was() {
    let world = World::start(&[]).await;
    let retries = [
        ("errors.retry.timeout", "60000"),
        ("errors.retry.delay.max.ms", "1"),
    ];
    let config = [failing("3"), retries.to_vec()].concat();
    world.create_source("src", &config).await;
    world.create_sink("snk", "t", &[]).await;
    world.script.source.give_lines("t", 0, 4);
    until_values(&world, &["0!", "1!", "2!", "3!"]).await;
}

#[tokio::test]
async fn a_pause_or_stop_ends_the_wait_of_a_source() {
    let mut world = World::start(&[]).await;
    let retries = [
        ("errors.retry.timeout", "-1"),
        ("errors.retry.delay.max.ms", "3600000"),
    ];
    let config = [failing("-1"), retries.to_vec()].concat();
    world.create_source("src", &config).await;
    world.create_sink("snk", "t", &[]).await;
    world.script.source.give_lines("t", 0, 4);
    until_values(&world, &["0!", "1!"]).await;
    let paused = world.herder.set_target_state("src", TargetState::Paused);
    paused.await.unwrap();
    world.until_task("src", State::Paused).await;
    let started = world.herder.set_target_state("src", TargetState::Started);
    started.await.unwrap();
    world.until_task("src", State::Running).await;
    let stopping = std::time::Instant::now();
    world.restart_worker().await;
    assert!(stopping.elapsed() < Duration::from_secs(20));
    assert_eq!(world.script.sink.values(), ["0!", "1!"]);
}

#[tokio::test]
async fn a_source_has_a_dead_letter_queue_too() {
    let world = World::start(&[]).await;
    let config = [
        failing("0"),
        vec![("errors.tolerance", "all")],
        QUEUE.to_vec(),
    ]
    .concat();
    world.create_source("src", &config).await;
    world.create_sink("snk", "t", &[]).await;
    world.script.source.give_lines("t", 0, 4);
    until_values(&world, &["0!", "1!", "3!"]).await;
    let letter = &dead_letters(&world.address, "dead", 1).await[0];
    assert_eq!(letter.value.as_deref(), Some("2"));
    let header = |name| letter.header(name);
    assert_eq!(
        (header("topic"), header("stage"), header("class.name")),
        ("t", "TRANSFORMATION", TRANSFORM_CLASS)
    );
    assert_eq!(
        (header("source.partition"), header("source.offset")),
        (r#"{"file":"in"}"#, r#"{"position":2}"#)
    );
}

#[tokio::test]
async fn what_the_converter_of_a_source_refuses_is_written_as_json() {
    let world = World::start(&[]).await;
    let config = [
        (
            "value.converter",
            "org.apache.kafka.connect.converters.LongConverter",
        ),
        ("errors.tolerance", "all"),
    ];
    let config = [config.to_vec(), QUEUE.to_vec()].concat();
    world.create_source("src", &config).await;
    let array = Value::Array(vec![Value::Int64(1), Value::Null]);
    world.script.source.give("t", [array, Value::Int64(5)]);
    let letter = &dead_letters(&world.address, "dead", 1).await[0];
    assert_eq!(letter.value.as_deref(), Some("[1,null]"));
    assert_eq!(letter.header("stage"), "VALUE_CONVERTER");
}

#[tokio::test]
async fn a_sink_task_reports_records_with_the_bytes_they_came_in() {
    let world = world(4).await;
    *world.script.sink.errant.lock().unwrap() = vec!["1!".to_owned(), "3!".to_owned()];
    let config = [
        failing("0"),
        vec![("transforms.f.values", "none"), ("errors.tolerance", "all")],
        QUEUE.to_vec(),
    ]
    .concat();
    world.create_sink("snk", "t", &config).await;
    until_values(&world, &["0!", "2!"]).await;
    let letters = dead_letters(&world.address, "dead", 2).await;
    let values: Vec<_> = letters.iter().map(|l| l.value.as_deref()).collect();
    assert_eq!(values, [Some("1"), Some("3")]);
    assert_eq!(letters[0].header("stage"), "TASK_PUT");
    assert_eq!(
        letters[0].header("class.name"),
        "org.apache.kafka.connect.sink.SinkTask"
    );
    assert_eq!(letters[0].header("exception.message"), "1! is errant");
    assert_eq!(
        *world.script.sink.reported.lock().unwrap(),
        [Ok(()), Ok(())]
    );
    until_committed(&world, 4).await;
}

#[tokio::test]
async fn a_report_beyond_the_tolerance_fails_the_task_even_if_it_hides_that() {
    let world = world(4).await;
    *world.script.sink.errant.lock().unwrap() = vec!["2".to_owned()];
    let config = [("errors.log.enable", "true")];
    world.create_sink("snk", "t", &config).await;
    world.until_task("snk", State::Failed).await;
    let answers = world.script.sink.reported.lock().unwrap().clone();
    assert_eq!(
        answers,
        [Err("Tolerance exceeded in error handler".to_owned())]
    );
    assert!(world.task_trace("snk").contains("Tolerance exceeded"));
}

//! Faults under load, through the binary, on a real Kafka: nothing is lost and order is kept.

use std::path::Path;
use std::time::Duration;

use windlass_testkit::{
    Delivery, Kafka, Launch, PrivateBroker, append_lines, check_lines, wait_for,
};

#[test]
fn ten_kills_lose_nothing() {
    let kafka = Kafka::shared();
    let dir = tempfile::tempdir().expect("a directory");
    let launch = launch(dir.path(), kafka.address(), "kills");
    let input = dir.path().join("in");
    let output = dir.path().join("out");
    let step = lines_in_all(500_000) / 10;
    let mut lines = 0;
    let mut worker = launch.ready();
    for round in 1..=10 {
        append_lines(&input, lines, lines + step);
        lines += step;
        // Somewhere in the middle of the round's lines, at another place each time; by the length of the output, for
        // reading it would take longer than the worker needs for the rest.
        let moment = (lines - step + round * step * 94 / 1000) * LINE_BYTES;
        wait_for("lines to flow", Duration::from_secs(60), || {
            let length = std::fs::metadata(&output).map_or(0, |output| output.len());
            if length >= moment {
                Ok(())
            } else {
                Err(length)
            }
        });
        worker.process.kill();
        worker = launch.ready();
    }
    let seen = wait_for_all(&output, lines);
    println!("{lines} lines, 10 kills: {seen:?}");
    worker.stop();
}

#[test]
fn a_broker_restarted_twice_fails_no_task() {
    let dir = tempfile::tempdir().expect("a directory");
    let broker = PrivateBroker::start(&dir.path().join("kafka"));
    let input = dir.path().join("in");
    let output = dir.path().join("out");
    let worker = launch(dir.path(), &broker.address(), "restarts").ready();
    let step = lines_in_all(400_000) / 4;
    let mut lines = 0;
    for _ in 0..2 {
        append_lines(&input, lines, lines + step);
        lines += step;
        wait_for(
            "lines to flow",
            Duration::from_secs(60),
            || match check_lines(&output) {
                Ok(seen) if seen.delivered > lines - step => Ok(()),
                other => Err(other),
            },
        );
        broker.pause();
        append_lines(&input, lines, lines + step);
        lines += step;
        broker.resume();
    }
    let seen = wait_for_all(&output, lines);
    println!("{lines} lines, 2 broker restarts: {seen:?}");
    assert_eq!(
        (seen.repeated, seen.torn),
        (0, 0),
        "a broker's restart alone repeats nothing"
    );
    for name in ["restarts-source", "restarts-sink"] {
        let status = worker.status(name);
        assert_eq!(status["tasks"][0]["state"], "RUNNING", "{status}");
    }
    worker.stop();
}

/// `WINDLASS_TEST_LINES`, for a longer run.
fn lines_in_all(default: u64) -> u64 {
    std::env::var("WINDLASS_TEST_LINES")
        .map_or(default, |lines| lines.parse().expect("a number of lines"))
}

fn wait_for_all(output: &Path, lines: u64) -> Delivery {
    wait_for(
        "every line",
        Duration::from_secs(90),
        || match check_lines(output) {
            Ok(seen) if seen.delivered == lines => Ok(seen),
            other => Err(other),
        },
    )
}

fn launch(dir: &Path, kafka: &str, name: &str) -> Launch {
    let file = |name: &str| dir.join(name).to_str().expect("UTF-8").to_owned();
    let topic = format!("faults-{name}-{}", std::process::id());
    Launch::windlass(env!("CARGO_BIN_EXE_windlass"), dir, kafka)
        .connector(
            &format!("{name}-source"),
            &[
                ("connector.class", "FileStreamSource"),
                ("file", &file("in")),
                ("topic", &topic),
            ],
        )
        .connector(
            &format!("{name}-sink"),
            &[
                ("connector.class", "FileStreamSink"),
                ("file", &file("out")),
                ("topics", &topic),
                // A killed member is only missed after the session; the default is 45 s.
                ("consumer.override.session.timeout.ms", "6000"),
            ],
        )
}

/// What `append_lines` writes per line.
const LINE_BYTES: u64 = 101;

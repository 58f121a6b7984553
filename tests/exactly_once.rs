//! Exactly-once delivery of source connectors while workers are killed and frozen, judged by Kafka's own consumer.
//!
//! The short form is for every change. The long one is asked for with `WINDLASS_TEST_EOS_EVENTS=200`, the order of events
//! with `WINDLASS_TEST_SEED`.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use windlass_testkit::{Kafka, Launch, MixedGroup, Worker, append_lines, wait_for};

#[test]
fn no_line_is_lost_or_comes_twice_while_workers_die_and_freeze() {
    let cluster = Cluster::new("chaos");
    let launches = [0, 1, 2].map(|number| cluster.windlass(number));
    cluster.torment(&launches, events(6));
}

#[test]
fn java_workers_in_the_group_make_no_difference() {
    let cluster = Cluster::new("mixed");
    let launches = [cluster.windlass(0), cluster.java(1), cluster.windlass(2)];
    cluster.torment(&launches, events(4).min(20));
}

/// A group of workers, with one source connector for each of its files.
struct Cluster {
    group: MixedGroup,
    topic: String,
}

/// What was done to the workers.
#[derive(Debug, Default)]
struct Tally {
    kills: u32,
    freezes: u32,
    restarts: u32,
}

impl Cluster {
    fn new(name: &str) -> Self {
        let group = format!("eos-{name}-{:08x}", fastrand::u32(..));
        let topic = format!("{group}-lines");
        Kafka::shared().create_topic(&topic, 1);
        let group = MixedGroup::new(env!("CARGO_BIN_EXE_windlass"), group);
        let cluster = Cluster { group, topic };
        for (place, name) in (0..).zip(NAMES) {
            append_lines(&cluster.input(name), first(place), first(place) + 100);
        }
        cluster
    }

    /// Kills and freezes workers while lines come in; then lets all come to rest and counts.
    fn torment(&self, launches: &[Launch; 3], events: u32) {
        let seed = std::env::var("WINDLASS_TEST_SEED").ok();
        let seed = seed.and_then(|seed| seed.parse().ok()).unwrap_or(7);
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut workers = launches.each_ref().map(Launch::ready);
        for name in NAMES {
            self.create(&workers, name);
        }
        self.settle(&workers, &mut Tally::default());
        let writing = Writing::begin(NAMES.map(|name| self.input(name)));
        let mut tally = Tally::default();
        let mut frozen: BTreeMap<usize, Instant> = BTreeMap::new();
        for event in 0..events {
            let victim = rng.usize(..3);
            if rng.bool() {
                workers[victim].process.kill();
                frozen.remove(&victim);
                workers[victim] = launches[victim].start();
                tally.kills += 1;
            } else if let Entry::Vacant(place) = frozen.entry(victim) {
                // Every third is long enough for the group to give its work to others.
                let long = event % 3 == 0;
                let millis = if long { 7_500 } else { rng.u64(50..3_000) };
                workers[victim].process.freeze();
                place.insert(Instant::now() + Duration::from_millis(millis));
                tally.freezes += 1;
            }
            let until = Instant::now() + Duration::from_millis(rng.u64(200..2_500));
            while Instant::now() < until {
                thaw(&workers, &mut frozen, false);
                self.restart_failed(&workers, &frozen, &mut tally);
                thread::sleep(Duration::from_millis(50));
            }
        }
        thaw(&workers, &mut frozen, true);
        let written = writing.end();
        self.settle(&workers, &mut tally);
        let (lost, again) = self.count(written);
        println!(
            "{tally:?}: {written} lines each of {}: {lost} lost, {again} twice",
            NAMES.len()
        );
        assert_eq!(
            (lost, again),
            (0, 0),
            "lost and twice; seed {seed}, {tally:?}"
        );
        self.check_config_topic();
        for worker in workers {
            worker.stop();
        }
    }

    /// Waits until every line that was written is committed, restarting what has failed as an operator would.
    fn settle(&self, workers: &[Worker; 3], tally: &mut Tally) {
        for name in NAMES {
            let size = fs::metadata(self.input(name)).expect("input").len();
            wait_for("all lines to be committed", PATIENCE, || {
                self.restart_failed(workers, &BTreeMap::new(), tally);
                thread::sleep(Duration::from_millis(100));
                let path = format!("/connectors/{}/offsets", self.connector(name));
                let answers = workers.iter().map(|worker| worker.rest.get(&path));
                let stored = answers.filter_map(Result::ok).map(|answer| {
                    answer.json()["offsets"][0]["offset"]["position"]
                        .as_u64()
                        .unwrap_or(0)
                });
                let stored = stored.max().unwrap_or(0);
                if stored == size {
                    return Ok(());
                }
                let status = workers[0].status(&self.connector(name));
                Err(format!("{name}: {stored} of {size}: {status}"))
            });
        }
    }

    /// A task that was fenced by one that had to give up again stays failed until somebody restarts it, as in Java.
    fn restart_failed(
        &self,
        workers: &[Worker; 3],
        frozen: &BTreeMap<usize, Instant>,
        tally: &mut Tally,
    ) {
        // The leader may be one of the frozen, and a request to it would wait.
        if !frozen.is_empty() {
            return;
        }
        let worker = &workers[0];
        for name in NAMES {
            let connector = self.connector(name);
            let status = worker.status(&connector);
            let tasks = status["tasks"].as_array().cloned().unwrap_or_default();
            if tasks.iter().any(|task| task["state"] == "FAILED") {
                let path =
                    format!("/connectors/{connector}/restart?includeTasks=true&onlyFailed=true");
                if worker
                    .rest
                    .send("POST", &path, &Value::Null)
                    .is_ok_and(|answer| answer.status < 300)
                {
                    tally.restarts += 1;
                }
            }
        }
    }

    /// How many lines of `0..written` were not read, and how many were read again, by a reader of what is committed.
    fn count(&self, written: u64) -> (u64, u64) {
        let lines = consume(&self.topic, &[]);
        let (mut lost, mut again) = (0, 0);
        for (place, name) in NAMES.iter().enumerate() {
            let mut seen = BTreeSet::new();
            let mut last = None;
            let own = lines
                .lines()
                .filter(|line| line.starts_with(&format!("{place:02}")));
            for line in own {
                let number: u64 = line[2..20].parse().expect("a number");
                if !seen.insert(number) {
                    again += 1;
                } else {
                    assert!(last < Some(number), "{name}: {number} after {last:?}");
                    last = Some(number);
                }
            }
            lost += written - seen.len() as u64;
        }
        (lost, again)
    }

    /// What workers of both kinds agree on: each connector's tasks were counted before they ran.
    fn check_config_topic(&self) {
        let properties = ["--property", "print.key=true"];
        let records = consume(&format!("{}-config", self.group.name()), &properties);
        for name in NAMES {
            let wanted = format!(
                "tasks-fencing-{}\t{{\"task-count\":1}}",
                self.connector(name)
            );
            assert!(records.contains(&wanted), "{wanted} in\n{records}");
        }
    }

    fn create(&self, workers: &[Worker; 3], name: &str) {
        let config = json!({
            "connector.class": "org.apache.kafka.connect.file.FileStreamSourceConnector",
            "file": self.input(name).to_str().expect("UTF-8"), "topic": self.topic,
            "exactly.once.support": "required",
            "batch.size": "500",
        });
        let path = format!("/connectors/{}/config", self.connector(name));
        wait_for("the configuration to be taken", PATIENCE, || {
            let answer = workers[1].rest.send("PUT", &path, &config);
            match answer {
                Ok(answer) if answer.status < 300 => Ok(()),
                other => Err(format!("{other:?}")),
            }
        });
    }

    fn connector(&self, name: &str) -> String {
        format!("{}-{name}", self.group.name())
    }

    fn input(&self, name: &str) -> PathBuf {
        self.group.file(&format!("{name}.in"))
    }

    fn windlass(&self, number: usize) -> Launch {
        exactly_once(self.group.windlass(number))
    }

    fn java(&self, number: usize) -> Launch {
        exactly_once(self.group.java(number))
    }
}

/// Lines coming in to the files, as many to each.
struct Writing {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<u64>,
}

impl Writing {
    fn begin(files: [PathBuf; 3]) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stop);
        let thread = thread::spawn(move || {
            let mut next = 100;
            while !told.load(Ordering::Relaxed) {
                for (place, file) in (0..).zip(&files) {
                    append_lines(file, first(place) + next, first(place) + next + 20);
                }
                next += 20;
                thread::sleep(Duration::from_millis(40));
            }
            next
        });
        Writing { stop, thread }
    }

    fn end(self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().expect("the writer ends")
    }
}

fn thaw(workers: &[Worker; 3], frozen: &mut BTreeMap<usize, Instant>, all: bool) {
    frozen.retain(|number, until| {
        let stays = !all && Instant::now() < *until;
        if !stays {
            workers[*number].process.thaw();
        }
        stays
    });
}

/// The number of a file's first line: the two digits in front tell the file.
fn first(place: u64) -> u64 {
    place * 1_000_000_000_000_000_000
}

/// Everything in a topic that is committed, as Kafka's console consumer prints it.
fn consume(topic: &str, more: &[&str]) -> String {
    // Without a group: joining one may take longer than the patience.
    let arguments = [
        "--topic",
        topic,
        "--partition",
        "0",
        "--offset",
        "earliest",
        "--isolation-level",
        "read_committed",
        "--timeout-ms",
        "8000",
    ];
    let arguments = [&arguments[..], more].concat();
    Kafka::shared().tool(
        "org.apache.kafka.tools.consumer.ConsoleConsumer",
        &arguments,
    )
}

fn exactly_once(launch: Launch) -> Launch {
    launch
        .with("exactly.once.source.support", "enabled")
        .with("connector.client.config.override.policy", "All")
}

fn events(short: u32) -> u32 {
    let long = std::env::var("WINDLASS_TEST_EOS_EVENTS").ok();
    long.and_then(|long| long.parse().ok()).unwrap_or(short)
}

const NAMES: [&str; 3] = ["a", "b", "c"];
const PATIENCE: Duration = Duration::from_secs(120);

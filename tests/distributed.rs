//! Clusters of workers against the real Kafka: ours alone, and ours among Java's.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use windlass_testkit::{MixedGroup, Worker, wait_for};

#[test]
fn three_workers_survive_the_death_of_one() {
    let cluster = Files::new("kill");
    let mut workers: Vec<_> = (0..3).map(|i| cluster.group.windlass(i).ready()).collect();
    for name in ["a", "b", "c"] {
        // Whoever is asked passes it on to the leader.
        cluster.create(&workers[2], name);
    }
    wait_for("work on all three workers", PATIENCE, || {
        let places = cluster.places(&workers[0]);
        if places.len() == 3 {
            Ok(())
        } else {
            Err(places)
        }
    });
    workers[0].process.kill();
    let killed = Instant::now();
    let rest = &workers[1..];
    wait_for("the work of the dead worker on others", PATIENCE, || {
        let places = cluster.places(&rest[0]);
        let dead = workers[0].rest.address().to_string();
        if places.len() == 2 && !places.contains(&dead) {
            Ok(())
        } else {
            Err(places)
        }
    });
    println!("moved {} ms after the death", killed.elapsed().as_millis());
    cluster.append_and_expect(1, &rest[0]);
    let last = workers.pop().expect("a worker");
    last.stop();
    wait_for("all work on the last worker", PATIENCE, || {
        let places = cluster.places(&workers[1]);
        if places.len() == 1 {
            Ok(())
        } else {
            Err(places)
        }
    });
    cluster.append_and_expect(2, &workers[1]);
    workers.remove(1).stop();
}

#[test]
fn java_and_windlass_share_a_cluster_under_each_leader() {
    let cluster = Files::new("mixed");
    let launches = [
        cluster.group.java(0),
        cluster.group.windlass(1),
        cluster.group.java(2),
    ];
    let mut workers: Vec<Option<Worker>> = vec![None, None, None];
    // Who is there first leads; who leaves loses the lead to one of the others.
    for (turn, first) in [1usize, 0, 2].into_iter().enumerate() {
        for worker in workers.iter_mut().filter_map(Option::take) {
            worker.stop();
        }
        workers[first] = Some(launches[first].ready());
        for (i, launch) in launches.iter().enumerate() {
            if i != first {
                workers[i] = Some(launch.ready());
            }
        }
        let all: Vec<_> = workers.iter().flatten().collect();
        if turn == 0 {
            for (worker, name) in all.iter().zip(["a", "b", "c"]) {
                cluster.create(worker, name);
            }
        }
        wait_for("work on all three workers", PATIENCE, || {
            let places = cluster.places(all[1]);
            if places.len() == 3 {
                Ok(())
            } else {
                Err(places)
            }
        });
        // Changes through a worker that does not lead; what it runs goes through the leader too.
        for (worker, name) in all.iter().zip(["b", "c", "a"]) {
            cluster.touch(worker, name, turn);
        }
        cluster.append_and_expect(turn + 1, all[0]);
    }
    for worker in workers.into_iter().flatten() {
        worker.stop();
    }
}

#[test]
fn java_and_windlass_take_turns_on_the_same_topics() {
    let cluster = Files::new("turns");
    let launches = [cluster.group.java(0), cluster.group.windlass(1)];
    for turn in 0..4 {
        let worker = launches[turn % 2].ready();
        if turn == 0 {
            for name in ["a", "b", "c"] {
                cluster.create(&worker, name);
            }
        }
        cluster.append_and_expect(turn + 1, &worker);
        worker.stop();
        for name in ["a", "b", "c"] {
            let lines = fs::read_to_string(cluster.output(name)).expect("output");
            let wanted = fs::read_to_string(cluster.input(name)).expect("input");
            assert_eq!(lines, wanted, "after turn {turn}: each line once, in order");
        }
    }
}

/// The files and topics of a cluster: three pipes from a file through a topic to a file.
struct Files {
    group: MixedGroup,
}

impl Files {
    fn new(test: &str) -> Self {
        let name = format!("distributed-{test}-{:08x}", fastrand::u32(..));
        let group = MixedGroup::new(env!("CARGO_BIN_EXE_windlass"), name);
        for name in ["a", "b", "c"] {
            fs::write(group.file(&format!("{name}.in")), "").expect("input");
        }
        Files { group }
    }

    fn input(&self, name: &str) -> PathBuf {
        self.group.file(&format!("{name}.in"))
    }

    fn output(&self, name: &str) -> PathBuf {
        self.group.file(&format!("{name}.out"))
    }

    /// Makes a pipe.
    fn create(&self, worker: &Worker, name: &str) {
        let topic = format!("{}-{name}", self.group.name());
        let text = |path: PathBuf| path.to_str().expect("UTF-8").to_owned();
        let file = "org.apache.kafka.connect.file.FileStream";
        let source = json!({
            "connector.class": format!("{file}SourceConnector"),
            "file": text(self.input(name)), "topic": topic,
        });
        let sink = json!({
            "connector.class": format!("{file}SinkConnector"),
            "file": text(self.output(name)), "topics": topic,
        });
        for (end, config) in [("source", source), ("sink", sink)] {
            let path = format!("/connectors/{topic}-{end}/config");
            self.put(worker, &path, &config);
        }
    }

    /// Changes the configurations of a pipe in what does not matter.
    fn touch(&self, worker: &Worker, name: &str, turn: usize) {
        for end in ["source", "sink"] {
            let path = format!("/connectors/{}-{name}-{end}/config", self.group.name());
            let mut config = self.config(worker, &path);
            config["errors.log.enable"] = json!(turn.is_multiple_of(2).to_string());
            self.put(worker, &path, &config);
        }
    }

    /// Java answers reads with an error, too, while its group rebalances.
    fn config(&self, worker: &Worker, path: &str) -> Value {
        wait_for("the configuration", PATIENCE, || {
            let answer = worker.rest.get(path).expect("an answer");
            match answer.status {
                200 => Ok(answer.json()),
                _ => Err(answer.body),
            }
        })
    }

    /// Java answers 409 while its group rebalances.
    fn put(&self, worker: &Worker, path: &str, config: &Value) {
        wait_for("the configuration to be taken", PATIENCE, || {
            let answer = worker.rest.send("PUT", path, config).expect("an answer");
            match answer.status {
                200 | 201 => Ok(()),
                409 => Err(answer.body),
                status => panic!("{status}: {}", answer.body),
            }
        });
    }

    /// The workers on which anything runs, once everything runs; none before that.
    fn places(&self, worker: &Worker) -> BTreeSet<String> {
        let mut places = BTreeSet::new();
        for name in ["a", "b", "c"] {
            for end in ["source", "sink"] {
                let status = worker.status(&format!("{}-{name}-{end}", self.group.name()));
                let tasks = status["tasks"].as_array().cloned().unwrap_or_default();
                if tasks.len() != 1 {
                    return BTreeSet::new();
                }
                for part in tasks.iter().chain([&status["connector"]]) {
                    if part["state"] != "RUNNING" {
                        return BTreeSet::new();
                    }
                    places.extend(part["worker_id"].as_str().map(str::to_owned));
                }
            }
        }
        places
    }

    /// Appends lines to all inputs and waits until all lines so far are in the outputs, in order but for repetitions.
    fn append_and_expect(&self, turn: usize, worker: &Worker) {
        for name in ["a", "b", "c"] {
            let mut input = fs::OpenOptions::new()
                .append(true)
                .open(self.input(name))
                .expect("input");
            let lines: String = (0..500).map(|i| format!("{name} {turn} {i}\n")).collect();
            input.write_all(lines.as_bytes()).expect("lines");
        }
        for name in ["a", "b", "c"] {
            wait_for("all lines", PATIENCE, || {
                let missing = missing(&self.input(name), &self.output(name));
                match missing {
                    0 => Ok(()),
                    n => {
                        let status = worker.status(&format!("{}-{name}-sink", self.group.name()));
                        Err(format!("{n} lines of {name} are missing: {status}"))
                    }
                }
            });
        }
    }
}

fn missing(input: &Path, output: &Path) -> usize {
    let read = |path: &Path| fs::read_to_string(path).unwrap_or_default();
    let (wanted, found) = (read(input), read(output));
    let found: BTreeSet<&str> = found.lines().collect();
    wanted.lines().filter(|line| !found.contains(line)).count()
}

/// A JVM on a busy machine is slow.
const PATIENCE: Duration = Duration::from_secs(120);

//! How fast work is elsewhere when a worker is gone, and how often it moves when all are restarted.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::json;
use windlass_testkit::{Cluster, wait_for};

use super::cluster;

#[test]
fn work_moves_fast_and_seldom() {
    let mut cluster = cluster("failover", |launch| {
        launch.with("session.timeout.ms", &SESSION.as_millis().to_string())
    });
    cluster.start_all();
    for number in 0..CONNECTORS {
        let config = json!({
            "connector.class": "org.apache.kafka.connect.tools.MockSourceConnector",
        });
        cluster.put(&name(number), &config);
    }
    wait_for("work on all workers", PATIENCE, || settled(&cluster, 3));

    let before = tasks_by_worker(&cluster);
    let victim = (0..3).max_by_key(|n| before.get(&cluster.id(*n)).map_or(0, Vec::len));
    let victim = victim.expect("a worker");
    cluster.kill(victim);
    let begun = Instant::now();
    wait_for("the dead worker's tasks elsewhere", PATIENCE, || {
        settled(&cluster, 2)
    });
    let after_kill = begun.elapsed();
    cluster.start(victim);
    wait_for("work on all workers", PATIENCE, || settled(&cluster, 3));

    let leaving = cluster.worker(victim);
    leaving.process.terminate();
    let begun = Instant::now();
    let gone = cluster.id(victim);
    wait_for("the stopped worker's tasks elsewhere", PATIENCE, || {
        let tasks = tasks_by_worker_but(&cluster, &gone);
        if tasks.len() == 2 && tasks.values().map(Vec::len).sum::<usize>() == CONNECTORS {
            Ok(())
        } else {
            Err(tasks)
        }
    });
    let after_stop = begun.elapsed();
    cluster.wait_stopped(victim);
    cluster.start(victim);
    wait_for("work on all workers", PATIENCE, || settled(&cluster, 3));

    let before = starts(&cluster);
    for number in 0..3 {
        cluster.stop(number);
        wait_for("work on the others", PATIENCE, || settled(&cluster, 2));
        cluster.start(number);
        wait_for("work on all workers", PATIENCE, || settled(&cluster, 3));
    }
    let moves = starts(&cluster)
        .into_iter()
        .map(|(task, starts)| starts - before.get(&task).copied().unwrap_or(0));
    let most = moves.max().unwrap_or(0);

    println!(
        "kill -9: tasks elsewhere after {} ms (session {} ms, at most 1000 ms more)",
        after_kill.as_millis(),
        SESSION.as_millis()
    );
    println!(
        "clean stop: tasks elsewhere after {} ms (at most 1000)",
        after_stop.as_millis()
    );
    println!("rolling restart: a task moves {most} times (2 is the aim)");
    assert!(
        after_kill <= SESSION + Duration::from_secs(1),
        "{after_kill:?}"
    );
    assert!(after_stop <= Duration::from_secs(1), "{after_stop:?}");
    assert!(most <= 3, "{most}");
    cluster.stop_all();
}

/// Where the tasks run, when all do and on so many workers.
fn settled(cluster: &Cluster, workers: usize) -> Result<(), BTreeMap<String, Vec<String>>> {
    let tasks = tasks_by_worker(cluster);
    let all = tasks.values().map(Vec::len).sum::<usize>() == CONNECTORS;
    if all && tasks.len() == workers {
        Ok(())
    } else {
        Err(tasks)
    }
}

/// The tasks that are RUNNING, by worker; none that a dead worker had.
fn tasks_by_worker(cluster: &Cluster) -> BTreeMap<String, Vec<String>> {
    tasks_by_worker_but(cluster, "")
}

fn tasks_by_worker_but(cluster: &Cluster, gone: &str) -> BTreeMap<String, Vec<String>> {
    let alive: Vec<_> = cluster
        .alive()
        .map(|worker| worker.rest.address().to_string())
        .collect();
    let asked = cluster
        .alive()
        .find(|worker| worker.rest.address().to_string() != gone);
    let answer = asked.map(|worker| worker.rest.get("/connectors?expand=status"));
    let Some(Ok(answer)) = answer else {
        return BTreeMap::new();
    };
    let mut tasks: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, connector) in answer.json().as_object().into_iter().flatten() {
        for task in connector["status"]["tasks"]
            .as_array()
            .into_iter()
            .flatten()
        {
            let worker = task["worker_id"].as_str().unwrap_or_default();
            let runs = task["state"] == "RUNNING" && worker != gone;
            if runs && alive.iter().any(|id| id == worker) {
                tasks
                    .entry(worker.to_owned())
                    .or_default()
                    .push(name.clone());
            }
        }
    }
    tasks
}

/// How often each task was started, by all logs.
fn starts(cluster: &Cluster) -> BTreeMap<String, u64> {
    let mut starts = BTreeMap::new();
    for line in cluster
        .logs()
        .lines()
        .filter(|line| line.contains("task started"))
    {
        let task = (0..CONNECTORS)
            .map(name)
            .find(|name| line.contains(&format!("connector={name} ")));
        if let Some(task) = task {
            *starts.entry(task).or_insert(0) += 1;
        }
    }
    assert_eq!(starts.len(), CONNECTORS, "the log tells of every start");
    starts
}

fn name(number: usize) -> String {
    format!("idle-{number:02}")
}

const CONNECTORS: usize = 12;
const SESSION: Duration = Duration::from_secs(6);
const PATIENCE: Duration = Duration::from_secs(60);

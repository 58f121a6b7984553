//! A cluster of our workers.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::{Answer, Launch, Worker, wait_for};

/// Our workers in one group, by number, each with a directory of its own. All are killed when it is dropped.
#[derive(Debug)]
pub struct Cluster {
    directory: tempfile::TempDir,
    group: String,
    members: Vec<Member>,
}

#[derive(Debug)]
struct Member {
    launch: Launch,
    home: PathBuf,
    worker: Option<Worker>,
    frozen: bool,
}

impl Cluster {
    /// Prepares workers of a new group whose name begins with `name`; none is started.
    ///
    /// # Panics
    /// When their directories cannot be made.
    pub fn new(
        binary: &str,
        kafka: &str,
        name: &str,
        size: usize,
        with: impl Fn(Launch) -> Launch,
    ) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        // Unlike those of other runs, whose topics are still there.
        let unique = directory.path().file_name().expect("a name");
        let unique = unique.to_string_lossy().replace('.', "");
        let group = format!("{name}-{unique}");
        let member = |number: usize| {
            let home = directory.path().join(format!("worker-{number}"));
            std::fs::create_dir(&home).expect("a directory");
            let launch = Launch::windlass_distributed(binary, &home, kafka, &group)
                .with("offset.storage.partitions", "2")
                .with("status.storage.partitions", "1")
                .with("scheduled.rebalance.max.delay.ms", "0")
                .with("session.timeout.ms", "6000");
            Member {
                launch: with(launch),
                home,
                worker: None,
                frozen: false,
            }
        };
        let members = (0..size).map(member).collect();
        Cluster {
            directory,
            group,
            members,
        }
    }

    /// Starts all workers and waits until they are healthy.
    pub fn start_all(&mut self) {
        for member in &mut self.members {
            member.worker = Some(member.launch.start());
        }
        for number in 0..self.members.len() {
            self.wait_healthy(number);
        }
    }

    /// Starts a worker and waits until it is healthy.
    pub fn start(&mut self, number: usize) {
        let member = &mut self.members[number];
        member.worker = Some(member.launch.start());
        self.wait_healthy(number);
    }

    /// Stops a worker with SIGTERM and waits for its end.
    ///
    /// # Panics
    /// When it does not run or does not end well.
    pub fn stop(&mut self, number: usize) {
        let worker = self.members[number].worker.take();
        worker.expect("a running worker").stop();
    }

    /// Waits for the end of a worker that was sent SIGTERM.
    ///
    /// # Panics
    /// When it does not run or does not end well.
    pub fn wait_stopped(&mut self, number: usize) {
        let worker = self.members[number].worker.take();
        worker.expect("a running worker").wait_stopped();
    }

    /// Sends SIGTERM to all workers at once and waits for their end.
    pub fn stop_all(&mut self) {
        for member in &self.members {
            if let Some(worker) = &member.worker {
                worker.process.terminate();
            }
        }
        for member in &mut self.members {
            if let Some(worker) = member.worker.take() {
                worker.wait_stopped();
            }
        }
    }

    /// Kills a worker with SIGKILL.
    pub fn kill(&mut self, number: usize) {
        let member = &mut self.members[number];
        member.frozen = false;
        if let Some(mut worker) = member.worker.take() {
            worker.process.kill();
        }
    }

    /// Makes a worker stand still.
    pub fn freeze(&mut self, number: usize) {
        let member = &mut self.members[number];
        member.frozen = true;
        if let Some(worker) = &member.worker {
            worker.process.freeze();
        }
    }

    /// Lets a frozen worker go on.
    pub fn thaw(&mut self, number: usize) {
        let member = &mut self.members[number];
        member.frozen = false;
        if let Some(worker) = &member.worker {
            worker.process.thaw();
        }
    }

    /// A worker.
    ///
    /// # Panics
    /// When it does not run.
    pub fn worker(&self, number: usize) -> &Worker {
        let worker = &self.members[number].worker;
        worker.as_ref().expect("a running worker")
    }

    /// The workers that run and are not frozen.
    pub fn alive(&self) -> impl Iterator<Item = &Worker> {
        let alive = self.members.iter().filter(|member| !member.frozen);
        alive.filter_map(|member| member.worker.as_ref())
    }

    /// Any worker that runs.
    ///
    /// # Panics
    /// When none does.
    pub fn any(&self) -> &Worker {
        self.alive().next().expect("a running worker")
    }

    /// What the worker shows as its `worker_id`.
    pub fn id(&self, number: usize) -> String {
        self.members[number].launch.address().to_string()
    }

    /// The group, with which the names of the cluster's topics begin.
    pub fn group(&self) -> &str {
        &self.group
    }

    /// A file for the tests' own use.
    pub fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The directory of a worker.
    pub fn home(&self, number: usize) -> &Path {
        &self.members[number].home
    }

    /// All that a worker has written so far, in all its lives.
    pub fn log(&self, number: usize) -> String {
        let bytes = std::fs::read(self.home(number).join("worker.log")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The logs of all workers, one after the other.
    pub fn logs(&self) -> String {
        (0..self.members.len()).map(|n| self.log(n)).collect()
    }

    /// A request without a body to any worker, repeated while the answer is 409 or none.
    ///
    /// # Panics
    /// When it has no other answer for a minute.
    pub fn send(&self, method: &str, path: &str) -> Answer {
        self.insist(method, path, &Value::Null)
    }

    /// Creates a connector or gives it another configuration.
    ///
    /// # Panics
    /// When it is refused.
    pub fn put(&self, connector: &str, config: &Value) {
        let answer = self.insist("PUT", &format!("/connectors/{connector}/config"), config);
        assert!(matches!(answer.status, 200 | 201), "{answer:?}");
    }

    /// The status of a connector as any worker shows it.
    pub fn status(&self, connector: &str) -> Value {
        self.any().status(connector)
    }

    /// Waits until all workers that run show the connector and all its tasks, so many, in these states; for how long.
    ///
    /// # Panics
    /// When it does not come to that.
    pub fn wait_for_states(
        &self,
        connector: &str,
        states: (&str, &str),
        tasks: usize,
        patience: Duration,
    ) -> Duration {
        let begun = Instant::now();
        for worker in self.alive() {
            let what = format!("{connector} and {tasks} tasks to be {states:?}");
            wait_for(&what, patience, || {
                let status = worker.status(connector);
                let all = status["tasks"].as_array().cloned().unwrap_or_default();
                let good = status["connector"]["state"] == states.0
                    && all.len() == tasks
                    && all.iter().all(|task| task["state"] == states.1);
                if good { Ok(()) } else { Err(status) }
            });
        }
        begun.elapsed()
    }

    /// As [`wait_for_states`](Self::wait_for_states), all RUNNING.
    pub fn wait_running(&self, connector: &str, tasks: usize) -> Duration {
        self.wait_for_states(connector, ("RUNNING", "RUNNING"), tasks, PATIENCE)
    }

    fn insist(&self, method: &str, path: &str, body: &Value) -> Answer {
        let what = format!("{method} {path}");
        wait_for(&what, PATIENCE, || {
            match self.any().rest.send(method, path, body) {
                Ok(answer) if answer.status == 409 => Err(json!(answer.body)),
                Ok(answer) => Ok(answer),
                Err(error) => Err(json!(error.to_string())),
            }
        })
    }

    fn wait_healthy(&mut self, number: usize) {
        let worker = self.members[number].worker.as_mut().expect("a worker");
        worker.wait_healthy();
    }
}

const PATIENCE: Duration = Duration::from_secs(60);

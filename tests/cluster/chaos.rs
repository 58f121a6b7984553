//! Faults by chance under a flow of numbered records, and the figure of each beside its target.
//!
//! Three workers, a broker of their own and a proxy before it. `WINDLASS_CHAOS_SECONDS` is how long (20 where it is not
//! set), `WINDLASS_CHAOS_SEED` repeats a run's choices; its numbers are those of the list of faults in
//! `docs/operations.md`.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::Value;
use windlass_testkit::{Cluster, Kind, PrivateBroker, Proxy, Seqnos, told, wait_for};

use super::{BINARY, sink, source};

#[test]
fn chaos_loses_nothing() {
    let seconds = number("WINDLASS_CHAOS_SECONDS").unwrap_or(20);
    let seed = number("WINDLASS_CHAOS_SEED").unwrap_or_else(|| fastrand::u64(..1_000_000));
    println!("chaos for {seconds} s, WINDLASS_CHAOS_SEED={seed}");
    let mut chaos = Chaos::start(seed);
    let begun = Instant::now();
    // Each fault once in any case, then by chance.
    let mut faults = vec![
        Fault::Kill,
        Fault::Freeze,
        Fault::Stop,
        Fault::Cut,
        Fault::Delay,
    ];
    if seconds >= 60 {
        faults.push(Fault::Broker);
    }
    let mut queue = faults.clone();
    while begun.elapsed() < Duration::from_secs(seconds) {
        let fault = match queue.pop() {
            Some(fault) => fault,
            None => faults[chaos.rng.usize(..faults.len())],
        };
        chaos.inflict(fault);
    }
    chaos.finish();
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    Kill,
    Stop,
    Freeze,
    Broker,
    Cut,
    Delay,
}

impl Fault {
    fn row(self) -> (&'static str, &'static str) {
        match self {
            Fault::Kill => (
                "1 kill -9 of a worker",
                "all tasks elsewhere after 12 s at most",
            ),
            Fault::Stop => (
                "2 clean stop of a worker",
                "all tasks elsewhere after 2 s at most",
            ),
            Fault::Freeze => ("4 worker frozen by SIGSTOP", "0 lost"),
            Fault::Broker => (
                "6 broker restarted",
                "flow again 2 s after it is back at most",
            ),
            Fault::Cut => (
                "10 connections cut",
                "flow again after 1 s of back-off and what was waited for",
            ),
            Fault::Delay => ("10 slow connections", "0 lost"),
        }
    }
}

struct Chaos {
    rng: fastrand::Rng,
    cluster: Cluster,
    proxy: Proxy,
    broker: PrivateBroker,
    _data: tempfile::TempDir,
    /// How long each fault was felt.
    figures: BTreeMap<Fault, Vec<Duration>>,
}

impl Chaos {
    fn start(seed: u64) -> Self {
        let data = tempfile::tempdir().expect("a directory");
        let proxy = Proxy::listen();
        let advertised = format!("PLAINTEXT://{}", proxy.address());
        let broker =
            PrivateBroker::start_with(data.path(), &[("advertised.listeners", &advertised)]);
        proxy.forward_to(&broker.address());
        let mut cluster = Cluster::new(BINARY, &proxy.address(), "chaos", 3, |launch| {
            let json = "org.apache.kafka.connect.json.JsonConverter";
            launch
                .with("key.converter", json)
                .with("value.converter", json)
        });
        cluster.start_all();
        let topic = format!("{}-records", cluster.group());
        cluster.put("source", &source(&topic, 100));
        cluster.put("sink", &sink(&topic));
        let chaos = Chaos {
            rng: fastrand::Rng::with_seed(seed),
            cluster,
            proxy,
            broker,
            _data: data,
            figures: BTreeMap::new(),
        };
        chaos.wait_for_flow();
        chaos
    }

    fn inflict(&mut self, fault: Fault) {
        let victim = self.rng.usize(..3);
        let millis = |rng: &mut fastrand::Rng, range| Duration::from_millis(rng.u64(range));
        let mut begun = Instant::now();
        match fault {
            Fault::Kill => {
                self.cluster.kill(victim);
                self.wait_until_elsewhere(victim);
            }
            Fault::Stop => {
                self.cluster.worker(victim).process.terminate();
                self.wait_until_elsewhere(victim);
                self.cluster.wait_stopped(victim);
            }
            Fault::Freeze => {
                self.cluster.freeze(victim);
                std::thread::sleep(millis(&mut self.rng, 500..9_000));
                self.cluster.thaw(victim);
                begun = Instant::now();
                self.wait_for_flow();
            }
            Fault::Broker => {
                self.broker.pause();
                self.broker.resume();
                begun = Instant::now();
                self.wait_for_flow();
            }
            Fault::Cut => {
                self.proxy.cut();
                std::thread::sleep(millis(&mut self.rng, 0..2_000));
                self.proxy.heal();
                begun = Instant::now();
                self.wait_for_flow();
            }
            Fault::Delay => {
                self.proxy.delay(millis(&mut self.rng, 20..300));
                std::thread::sleep(Duration::from_secs(2));
                self.proxy.heal();
                begun = Instant::now();
                self.wait_for_flow();
            }
        }
        let felt = begun.elapsed();
        println!("{fault:?} of worker {victim}: {} ms", felt.as_millis());
        self.figures.entry(fault).or_default().push(felt);
        if matches!(fault, Fault::Kill | Fault::Stop) {
            self.cluster.start(victim);
            self.wait_for_flow();
        }
    }

    /// Heals everything, lets the flow come to its end, and prints what was found.
    fn finish(mut self) {
        for name in ["source", "sink"] {
            self.cluster.wait_running(name, 3);
        }
        self.cluster.send("PUT", "/connectors/source/stop");
        self.cluster
            .wait_for_states("source", ("STOPPED", ""), 0, PATIENCE);
        let sent = self.of("source", Kind::Committed);
        let flushed = wait_for("the sink to take everything", PATIENCE, || {
            let flushed = self.of("sink", Kind::Flushed);
            if flushed.largest() >= sent.largest() {
                Ok(flushed)
            } else {
                Err((flushed.largest(), sent.largest()))
            }
        });
        for (fault, felt) in &self.figures {
            let (row, target) = fault.row();
            let worst = felt.iter().max().map_or(0, Duration::as_millis);
            println!(
                "{row}: {} times, {worst} ms at worst ({target})",
                felt.len()
            );
        }
        println!(
            "{} records; lost {} (0); repeated {} by the source, {} by the sink (a commit interval for each fault)",
            sent.len(),
            flushed.missing() + sent.missing(),
            sent.repeated(),
            flushed.repeated()
        );
        assert_eq!((sent.missing(), flushed.missing()), (0, 0), "lost");
        self.cluster.stop_all();
    }

    fn of(&self, connector: &str, kind: Kind) -> Seqnos {
        Seqnos::of(&told(&self.cluster.logs(), connector), kind)
    }

    fn wait_until_elsewhere(&self, gone: usize) {
        let gone = self.cluster.id(gone);
        let asked = self
            .cluster
            .alive()
            .find(|worker| worker.rest.address().to_string() != gone);
        let asked = asked.expect("another worker");
        wait_for("all tasks elsewhere", PATIENCE, || {
            let statuses = ["source", "sink"].map(|name| asked.status(name));
            let good = |status: &Value| {
                let tasks = status["tasks"].as_array().cloned().unwrap_or_default();
                let runs =
                    |task: &Value| task["state"] == "RUNNING" && task["worker_id"] != gone.as_str();
                tasks.len() == 3 && tasks.iter().all(runs)
            };
            if statuses.iter().all(good) {
                Ok(())
            } else {
                Err(format!("{statuses:?}"))
            }
        });
    }

    /// Waits until records of every task get through that were not made before now.
    fn wait_for_flow(&self) {
        let before = self.of("source", Kind::Sent).largest();
        wait_for("records of every task", PATIENCE, || {
            let now = self.of("sink", Kind::Received).largest();
            let more = (0..3).all(|task| {
                now.get(&task)
                    .is_some_and(|now| before.get(&task).is_none_or(|old| now > old))
            });
            if more {
                Ok(())
            } else {
                Err(format!(
                    "{now:?} after {before:?}: {} {}",
                    self.cluster.status("source"),
                    self.cluster.status("sink")
                ))
            }
        });
    }
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().expect("a number"))
}

const PATIENCE: Duration = Duration::from_secs(120);

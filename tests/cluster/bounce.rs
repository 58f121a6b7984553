//! `test_bounce`: numbered records go on while workers are restarted.

use std::time::Duration;

use windlass_testkit::{Cluster, Kind, Seqnos, told, wait_for};

use super::{cluster, long, sink, source};

#[test]
fn bounces_under_the_eager_protocol() {
    bounces("eager", 0);
}

#[test]
fn bounces_under_the_compatible_protocol() {
    bounces("compatible", 1);
}

#[test]
fn bounces_under_the_sessioned_protocol() {
    bounces("sessioned", 2);
}

/// Clean ones first, which repeat nothing, then hard ones: of one worker, or in the long form of each three times.
fn bounces(protocol: &str, victim: usize) {
    let mut cluster = cluster(&format!("bounce-{protocol}"), |launch| {
        launch.with("connect.protocol", protocol)
    });
    cluster.start_all();
    let rounds = if long() { 3 } else { 1 };

    let clean = Flow::start(&cluster, "clean");
    for number in (0..3).cycle().take(3 * rounds) {
        cluster.stop(number);
        clean.expect_more(&cluster);
        cluster.start(number);
        clean.expect_more(&cluster);
    }
    let (sent, received) = clean.finish(&cluster);
    println!(
        "{protocol}, {} clean bounces: {} records, lost {}, repeated {} by the source and {} by the sink",
        3 * rounds,
        sent.len(),
        sent.missing() + received.missing(),
        sent.repeated(),
        received.repeated()
    );
    assert_eq!((sent.missing(), received.missing()), (0, 0), "lost");
    assert_eq!((sent.repeated(), received.repeated()), (0, 0), "repeated");

    let hard = Flow::start(&cluster, "hard");
    let victims = if long() {
        [0, 1, 2].repeat(rounds)
    } else {
        vec![victim]
    };
    for &number in &victims {
        cluster.kill(number);
        cluster.start(number);
        hard.expect_more(&cluster);
    }
    let (sent, received) = hard.finish(&cluster);
    println!(
        "{protocol}, {} hard bounces: {} records, lost {}, repeated {} by the source and {} by the sink",
        victims.len(),
        sent.len(),
        sent.missing() + received.missing(),
        sent.repeated(),
        received.repeated()
    );
    assert_eq!((sent.missing(), received.missing()), (0, 0), "lost");
    cluster.stop_all();
}

/// A source and a sink of numbered records.
struct Flow {
    source: String,
    sink: String,
}

impl Flow {
    fn start(cluster: &Cluster, name: &str) -> Self {
        let flow = Flow {
            source: format!("{name}-source"),
            sink: format!("{name}-sink"),
        };
        let topic = format!("{}-{name}", cluster.group());
        cluster.put(&flow.source, &source(&topic, 100));
        cluster.put(&flow.sink, &sink(&topic));
        cluster.wait_running(&flow.source, 3);
        cluster.wait_running(&flow.sink, 3);
        flow.expect_more(cluster);
        flow
    }

    /// Waits until every source task has more records in Kafka, and the sink has got them.
    fn expect_more(&self, cluster: &Cluster) {
        let largest = self.of(cluster, Kind::Sent).largest();
        wait_for("records of every task to flow", PATIENCE, || {
            let received = self.of(cluster, Kind::Received).largest();
            let more = (0..3).all(|task| {
                let before = largest.get(&task).copied().unwrap_or(-1);
                received.get(&task).is_some_and(|now| *now > before)
            });
            if more {
                Ok(())
            } else {
                let statuses = [&self.source, &self.sink].map(|name| cluster.status(name));
                Err(format!("{received:?} {statuses:?}"))
            }
        });
    }

    /// Ends the source, lets the sink take everything that was committed, and ends it: what was committed by the source
    /// and what was flushed by the sink.
    fn finish(&self, cluster: &Cluster) -> (Seqnos, Seqnos) {
        cluster.wait_running(&self.source, 3);
        cluster.send("PUT", &format!("/connectors/{}/stop", self.source));
        cluster.wait_for_states(&self.source, ("STOPPED", ""), 0, PATIENCE);
        let sent = self.of(cluster, Kind::Committed);
        let flushed = wait_for("the sink to take everything", PATIENCE, || {
            let flushed = self.of(cluster, Kind::Flushed);
            if flushed.largest() == sent.largest() {
                Ok(flushed)
            } else {
                Err((flushed.largest(), sent.largest()))
            }
        });
        for connector in [&self.source, &self.sink] {
            cluster.send("DELETE", &format!("/connectors/{connector}"));
        }
        (sent, flushed)
    }

    fn of(&self, cluster: &Cluster, kind: Kind) -> Seqnos {
        let connector = match kind {
            Kind::Sent | Kind::Committed => &self.source,
            Kind::Received | Kind::Flushed => &self.sink,
        };
        Seqnos::of(&told(&cluster.logs(), connector), kind)
    }
}

const PATIENCE: Duration = Duration::from_secs(90);

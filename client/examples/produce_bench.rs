//! Writes records to a topic as fast as one producer can, and says what it cost.
//!
//! `produce_bench BOOTSTRAP TOPIC RECORDS VALUE_BYTES [KEY=VALUE ...]`: further arguments are producer settings. The topic
//! must exist or the broker must create it.

use std::sync::Arc;
use std::time::Instant;

use windlass_client::config::{ProducerConfig, Properties};
use windlass_client::producer::{AppendError, Producer};
use windlass_client::{Cluster, Env};

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let runtime = runtime.expect("a runtime");
    runtime.block_on(async { tokio::spawn(run()).await.expect("the producer's task") });
}

async fn run() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [bootstrap, topic, records, bytes, settings @ ..] = arguments.as_slice() else {
        panic!("produce_bench BOOTSTRAP TOPIC RECORDS VALUE_BYTES [KEY=VALUE ...]");
    };
    let (records, bytes): (u64, usize) = (
        records.parse().expect("a number"),
        bytes.parse().expect("a number"),
    );
    let mut properties = Properties::from([("bootstrap.servers".to_owned(), bootstrap.clone())]);
    for setting in settings {
        let (key, value) = setting.split_once('=').expect("KEY=VALUE");
        properties.insert(key.to_owned(), value.to_owned());
    }
    let config = ProducerConfig::parse(&properties).expect("settings").config;
    let cluster = Cluster::new(&config.client, Env::default());
    let mut producer = Producer::new(cluster, config);
    let topic: Arc<str> = topic.as_str().into();
    producer.ready(&topic).await.expect("the topic");
    let value: Vec<u8> = (0..bytes)
        .map(|at| b'a' + u8::try_from(at % 26).unwrap_or(0))
        .collect();

    let (begun, cpu) = (Instant::now(), cpu_seconds());
    let (mut batches, mut acked, mut peak) = (0u64, 0u64, 0);
    for at in 0..records {
        loop {
            match producer.try_append(&topic, None, None, None, Some(&value), std::iter::empty()) {
                Ok(_) => break,
                Err(AppendError::BufferFull) => producer.wait_for_room().await.expect("room"),
                Err(error) => panic!("{error}"),
            }
        }
        // A source task hands over some thousand records, then looks at what was acknowledged.
        if at % 2000 == 0 {
            producer.send_ready(false);
            peak = peak.max(producer.buffered_bytes());
            while let Some(ack) = producer.try_next_ack() {
                batches += 1;
                acked += u64::from(ack.count);
                ack.result.expect("written");
            }
            tokio::task::yield_now().await;
        }
    }
    producer.flush().await;
    while let Some(ack) = producer.try_next_ack() {
        batches += 1;
        acked += u64::from(ack.count);
        ack.result.expect("written");
    }
    let (wall, cpu) = (begun.elapsed().as_secs_f64(), cpu_seconds() - cpu);
    assert_eq!(acked, records);
    let millions = records as f64 / 1e6;
    println!(
        "{records} records of {bytes} B: {wall:.2} s, {:.0} records/s, {:.3} CPU-s per million, {batches} batches, \
         buffer at most {peak} B, {}",
        records as f64 / wall,
        cpu / millions,
        peak_rss(),
    );
}

/// User and system time of this process.
fn cpu_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    let mut total: f64 = text
        .split(' ')
        .next()
        .and_then(|first| first.parse().ok())
        .unwrap_or(0.0);
    for task in std::fs::read_dir("/proc/self/task")
        .into_iter()
        .flatten()
        .flatten()
    {
        if task.file_name().to_str() != Some(&std::process::id().to_string()) {
            let text = std::fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
            total += text
                .split(' ')
                .next()
                .and_then(|first| first.parse::<f64>().ok())
                .unwrap_or(0.0);
        }
    }
    total / 1e9
}

fn peak_rss() -> String {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text
        .lines()
        .find(|line| line.starts_with("VmHWM"))
        .unwrap_or("VmHWM: unknown");
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

//! Reads a topic to its end and tells what that cost: `consume_bench SERVERS TOPIC RECORDS [KEY=VALUE ...]`.
//!
//! Every record is looked at (offset, key and value lengths), none is copied. CPU time is the process's, from
//! `/proc/self/stat`; peak memory from `/proc/self/status`.

use std::time::Duration;

use tokio::time::Instant;
use windlass_client::config::{ConsumerConfig, Properties};
use windlass_client::{Cluster, Consumer, Env, Event, TopicPartition, Topics};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let mut args = std::env::args().skip(1);
    let usage = "usage: consume_bench SERVERS TOPIC RECORDS [KEY=VALUE ...]";
    let (servers, topic, records) = (
        args.next().ok_or(usage)?,
        args.next().ok_or(usage)?,
        args.next().ok_or(usage)?,
    );
    let records: u64 = records.parse()?;
    let mut properties = Properties::from([
        ("bootstrap.servers".to_owned(), servers),
        ("auto.offset.reset".to_owned(), "earliest".to_owned()),
    ]);
    properties.extend(args.filter_map(|pair| {
        pair.split_once('=')
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
    }));
    let config = ConsumerConfig::parse(&properties)?.config;
    let cluster = Cluster::new(&config.client, Env::default());
    let metadata = cluster
        .refresh(Topics::Named(&[topic.as_str().into()]))
        .await?;
    let partitions = metadata
        .topic(&topic)
        .ok_or("no such topic")?
        .partition_count();
    let mut consumer = Consumer::new(cluster, config)?;
    consumer.assign(
        &(0..partitions)
            .map(|p| TopicPartition::new(topic.as_str(), p))
            .collect::<Vec<_>>(),
    )?;

    let (mut count, mut bytes, mut polls) = (0u64, 0u64, 0u64);
    let (started, cpu) = (Instant::now(), cpu_seconds()?);
    while count < records {
        let Event::Records(fetched) = consumer.poll(Duration::from_secs(30)).await? else {
            return Err("no records came".into());
        };
        polls += 1;
        for partition in &fetched {
            for record in partition.records() {
                let record = record?;
                count += 1;
                bytes += (record.key.map_or(0, <[u8]>::len) + record.value.map_or(0, <[u8]>::len))
                    as u64;
            }
        }
    }
    let (wall, cpu) = (started.elapsed().as_secs_f64(), cpu_seconds()? - cpu);
    let millions = count as f64 / 1e6;
    println!("{count} records, {bytes} bytes, {polls} polls: {wall:.2} s wall, {cpu:.2} s CPU");
    println!(
        "{:.3} CPU-s per million, {:.0} MB/s, peak {} kB",
        cpu / millions,
        bytes as f64 / 1e6 / wall,
        peak_kilobytes()?
    );
    Ok(())
}

/// User and system time of this process; the kernel counts in hundredths of a second.
fn cpu_seconds() -> Outcome<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat
        .rsplit_once(')')
        .ok_or("stat")?
        .1
        .split_whitespace()
        .collect();
    Ok((fields[11].parse::<f64>()? + fields[12].parse::<f64>()?) / 100.0)
}

fn peak_kilobytes() -> Outcome<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status
        .lines()
        .find(|l| l.starts_with("VmHWM:"))
        .ok_or("VmHWM")?;
    Ok(line.split_whitespace().nth(1).ok_or("VmHWM")?.parse()?)
}

//! Members of a consumer group that run on their own until told to stop.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use windlass_client::{
    ClientError, Consumer, Event, OffsetAndMetadata, Subscription, TopicPartition,
};

use super::consumers::{collect, consumer};
use super::topics::cluster;

/// What a member has seen so far.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) assignment: BTreeSet<i32>,
    /// `+[..]` assigned, `-[..]` revoked, `![..]` lost, in order.
    pub(crate) events: Vec<String>,
    pub(crate) records: Vec<(i32, i64, String)>,
    pub(crate) failure: Option<ClientError>,
}

/// A consumer that polls, commits what it is about to give back, and remembers what it saw.
pub(crate) struct Member {
    pub(crate) seen: Arc<Mutex<Seen>>,
    stop: oneshot::Sender<bool>,
    task: JoinHandle<()>,
}

impl Member {
    pub(crate) fn start(topic: &str, settings: &[(&str, &str)]) -> Self {
        let mut consumer = consumer(&cluster(), settings);
        consumer
            .subscribe(Subscription::Topics(vec![topic.to_owned()]))
            .unwrap();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(run(consumer, Arc::clone(&seen), stopped));
        Self { seen, stop, task }
    }

    /// Commits and closes.
    pub(crate) async fn stop(self, leave: bool) -> Seen {
        let _ = self.stop.send(leave);
        self.task.await.unwrap();
        std::mem::take(&mut *self.seen.lock().unwrap())
    }

    /// Waits until what was seen passes.
    pub(crate) async fn until(&self, what: &str, pass: impl Fn(&Seen) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while !pass(&self.seen.lock().unwrap()) {
            assert!(
                Instant::now() < deadline,
                "{what}: {:?}",
                self.seen.lock().unwrap()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub(crate) async fn until_owning(&self, count: usize) {
        self.until(&format!("{count} partitions"), |seen| {
            seen.assignment.len() == count
        })
        .await;
    }
}

async fn run(mut consumer: Consumer, seen: Arc<Mutex<Seen>>, mut stopped: oneshot::Receiver<bool>) {
    let mut consumed: BTreeMap<TopicPartition, OffsetAndMetadata> = BTreeMap::new();
    loop {
        let event = tokio::select! {
            leave = &mut stopped => {
                consumer.commit_sync(consumed).await.unwrap();
                consumer.close(leave.unwrap_or(true)).await;
                return;
            }
            event = consumer.poll(Duration::from_millis(100)) => event,
        };
        let event = match event {
            Ok(event) => event,
            Err(error) => {
                seen.lock().unwrap().failure = Some(error);
                return;
            }
        };
        match &event {
            Event::Records(fetched) => {
                for p in fetched {
                    consumed.insert(
                        p.topic_partition().clone(),
                        OffsetAndMetadata::new(p.next_offset()),
                    );
                }
                collect(&event, &mut seen.lock().unwrap().records);
            }
            Event::Revoked(partitions) => {
                let given: BTreeMap<_, _> = partitions
                    .iter()
                    .filter_map(|tp| consumed.remove_entry(tp))
                    .collect();
                consumer.commit_sync(given).await.unwrap();
                note(&seen, '-', partitions);
            }
            Event::Lost(partitions) => {
                consumed.retain(|tp, _| !partitions.contains(tp));
                note(&seen, '!', partitions);
            }
            Event::Assigned(partitions) => note(&seen, '+', partitions),
            Event::Idle => {}
        }
    }
}

fn note(seen: &Mutex<Seen>, sign: char, partitions: &[TopicPartition]) {
    let mut seen = seen.lock().unwrap();
    let numbers: BTreeSet<i32> = partitions.iter().map(|tp| tp.partition).collect();
    seen.events.push(format!("{sign}{numbers:?}"));
    match sign {
        '+' => {
            assert!(
                seen.assignment.is_disjoint(&numbers),
                "assigned twice: {seen:?}"
            );
            seen.assignment.extend(numbers);
        }
        _ => {
            assert!(
                seen.assignment.is_superset(&numbers),
                "taken what was not there: {seen:?}"
            );
            seen.assignment.retain(|n| !numbers.contains(n));
        }
    }
}

//! Records that the sink task itself reports (KIP-610).

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use windlass_api::{ConnectError, ErrantRecordReporter, Reported, Result, SinkRecord};
use windlass_client::consumer::{self, Fetched};

use crate::pipeline::{Failure, Original, Reporter, Stage, Tolerance};

/// Takes the reports of one task (`WorkerErrantRecordReporter`).
#[derive(Debug)]
pub(super) struct ErrantReporter {
    reporter: Arc<Reporter>,
    tolerate_all: bool,
    /// Whether the task asked for it: only then is anything kept.
    wanted: AtomicBool,
    /// A report exceeded the tolerance.
    exceeded: AtomicBool,
    /// The bytes of the latest records, newest last.
    fetched: Mutex<VecDeque<Fetched>>,
}

impl ErrantReporter {
    /// `None` where reports go nowhere.
    pub(super) fn new(tolerance: &Tolerance) -> Option<Arc<Self>> {
        tolerance.takes_reports().then(|| {
            Arc::new(ErrantReporter {
                reporter: Arc::clone(tolerance.reporter()),
                tolerate_all: tolerance.tolerates_all(),
                wanted: AtomicBool::new(false),
                exceeded: AtomicBool::new(false),
                fetched: Mutex::default(),
            })
        })
    }

    /// The task asked for the reporter.
    pub(super) fn wanted(&self) {
        self.wanted.store(true, Ordering::Relaxed);
    }

    /// Keeps what was fetched for reports of its records, for a while.
    pub(super) fn keep(&self, new: Fetched) {
        if self.wanted.load(Ordering::Relaxed) && self.reporter.dead_letters().is_some() {
            let mut fetched = self.fetched.lock().unwrap_or_else(PoisonError::into_inner);
            if fetched.len() == KEPT {
                fetched.pop_front();
            }
            fetched.push_back(new);
        }
    }

    /// Fails when a report exceeded the tolerance, whatever the task made of it.
    pub(super) fn check(&self) -> Result<()> {
        if self.exceeded.load(Ordering::Relaxed) {
            return Err(ConnectError::connect(EXCEEDED));
        }
        Ok(())
    }
}

impl ErrantRecordReporter for ErrantReporter {
    fn report(&self, record: &SinkRecord, error: ConnectError) -> Result<Reported> {
        let counters = self.reporter.counters();
        counters.error_now();
        counters.failures.add(1);
        let failure = Failure {
            stage: Stage::TaskPut,
            class: SINK_TASK,
            error: &error,
        };
        let fetched = self.fetched.lock().unwrap_or_else(PoisonError::into_inner);
        let consumed = consumed(&fetched, record);
        let original = match &consumed {
            Some(consumed) => Original::Consumed {
                topic: &record.original_topic,
                partition: record.original_partition,
                record: consumed,
            },
            None => Original::Sink(record),
        };
        let written = self.reporter.report(failure, original);
        drop(fetched);
        if !self.tolerate_all {
            counters.errors.add(1);
            self.exceeded.store(true, Ordering::Relaxed);
            return Err(ConnectError::connect(EXCEEDED).caused_by(error));
        }
        Ok(Box::pin(async move {
            match written {
                Some(written) => match written.await {
                    Ok(Ok(())) => Ok(()),
                    Ok(Err(error)) => Err(ConnectError::connect(error.to_string())),
                    Err(_) => Err(ConnectError::connect("the dead letter queue is closed")),
                },
                None => Ok(()),
            }
        }))
    }
}

/// The record as it was consumed, if that is still at hand.
fn consumed<'f>(
    fetched: &'f VecDeque<Fetched>,
    record: &SinkRecord,
) -> Option<consumer::Record<'f>> {
    let parts = fetched.iter().rev().flat_map(Fetched::partitions);
    let mut of_partition = parts.filter(|part| {
        let of = part.topic_partition();
        of.partition == record.original_partition && of.topic == record.original_topic
    });
    of_partition.find_map(|part| {
        let mut records = part.records().map_while(|record| record.ok());
        records.find(|consumed| consumed.offset == record.kafka_offset)
    })
}

const EXCEEDED: &str = "Tolerance exceeded in error handler";
const SINK_TASK: &str = "org.apache.kafka.connect.sink.SinkTask";

/// How many polls' records are kept for reports.
const KEPT: usize = 4;

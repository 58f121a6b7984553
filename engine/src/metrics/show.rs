//! The figures of connectors and tasks as text.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::task::{TaskView, float};
use super::text::{Family, Text, labels};
use super::{Metrics, Startups, TaskDetails, TaskMetrics};
use crate::herder::ConnectorType;
use crate::invariants::Invariant;
use crate::pipeline::ErrorCounters;
use crate::status::State;

/// One figure of every task, or of every task of a type.
struct TaskFigure {
    family: Family,
    of: fn(&TaskView) -> f64,
}

/// A task as it is shown.
struct Row {
    task: Arc<TaskMetrics>,
    view: TaskView,
    labels: String,
}

impl Metrics {
    pub(crate) fn write(&self, text: &mut Text) {
        let (connectors, tasks) = self.running();
        text.single(CONNECTOR_COUNT, float(connectors.len() as u64));
        text.single(TASK_COUNT, float(tasks.len() as u64));
        self.connector_startups.write(text, &CONNECTOR_STARTUPS);
        self.task_startups.write(text, &TASK_STARTUPS);
        text.family(RESTARTS);
        for (reason, count) in [
            ("request", &self.restarts.requested),
            ("automatic", &self.restarts.automatic),
        ] {
            text.sample(
                RESTARTS,
                &labels(&[("reason", reason)]),
                float(count.value()),
            );
        }
        text.family(VIOLATIONS);
        for invariant in Invariant::ALL {
            let labels = labels(&[("invariant", invariant.name())]);
            text.sample(VIOLATIONS, &labels, float(invariant.violations()));
        }
        text.family(CONNECTOR_STATUS);
        for connector in &connectors {
            let status = connector.state().as_str().to_ascii_lowercase();
            let labels = labels(&[("connector", &connector.name), ("status", &status)]);
            text.sample(CONNECTOR_STATUS, &labels, 1.0);
        }
        text.family(CONNECTOR_INFO);
        for connector in &connectors {
            let Some(details) = connector.details.get() else {
                continue;
            };
            let labels = labels(&[
                ("connector", &connector.name),
                ("connector_class", details.class),
                ("connector_type", details.kind.as_str()),
                ("connector_version", &details.version),
            ]);
            text.sample(CONNECTOR_INFO, &labels, 1.0);
        }
        let rows: Vec<Row> = tasks.into_iter().map(Row::new).collect();
        write_task_counts(text, &rows);
        write_tasks(text, &rows);
        self.group.write(text, self.sampling);
    }
}

impl Startups {
    fn write(&self, text: &mut Text, families: &[Family; 5]) {
        let (succeeded, failed) = (float(self.succeeded.value()), float(self.failed.value()));
        let attempts = succeeded + failed;
        let share = |part: f64| if attempts > 0.0 { part / attempts } else { 0.0 };
        let values = [attempts, succeeded, share(succeeded), failed, share(failed)];
        for (family, value) in families.iter().zip(values) {
            text.single(*family, value);
        }
    }
}

impl Row {
    fn new(task: Arc<TaskMetrics>) -> Self {
        let number = task.id.task.to_string();
        Row {
            view: task.view(),
            labels: labels(&[("connector", &task.id.connector), ("task", &number)]),
            task,
        }
    }

    fn kind(&self) -> Option<ConnectorType> {
        self.task.details.get().map(|details| details.kind)
    }

    /// The labels with more behind them.
    fn with(&self, more: &[(&str, &str)]) -> String {
        let mut all = self.labels.clone();
        all.pop();
        all.push(',');
        all.push_str(labels(more).trim_start_matches('{'));
        all
    }
}

/// The tasks of each connector on this worker, by state.
fn write_task_counts(text: &mut Text, rows: &[Row]) {
    let mut counts: BTreeMap<&str, BTreeMap<&str, u64>> = BTreeMap::new();
    for row in rows {
        let of = counts.entry(&row.task.id.connector).or_default();
        *of.entry(row.view.state.as_str()).or_default() += 1;
    }
    text.family(TOTAL_TASKS);
    for (connector, states) in &counts {
        let labels = labels(&[("connector", connector)]);
        text.sample(TOTAL_TASKS, &labels, float(states.values().sum()));
    }
    for (family, state) in TASKS_BY_STATE {
        text.family(family);
        for (connector, states) in &counts {
            let count = states.get(state.as_str()).copied().unwrap_or_default();
            text.sample(family, &labels(&[("connector", connector)]), float(count));
        }
    }
}

fn write_tasks(text: &mut Text, rows: &[Row]) {
    text.family(TASK_STATUS);
    for row in rows {
        let status = row.view.state.as_str().to_ascii_lowercase();
        text.sample(TASK_STATUS, &row.with(&[("status", &status)]), 1.0);
    }
    text.family(TASK_INFO);
    for row in rows {
        if let Some(details) = row.task.details.get() {
            let info: Vec<_> = details.info.iter().map(|(n, v)| (*n, &**v)).collect();
            text.sample(TASK_INFO, &row.with(&info), 1.0);
        }
    }
    write_chain(text, rows, TRANSFORM_INFO, "transform", |d| &d.transforms);
    write_chain(text, rows, PREDICATE_INFO, "predicate", |d| &d.predicates);
    let all = |_: Option<ConnectorType>| true;
    write_figures(text, rows, TASK_FIGURES, all);
    let source = |kind| kind == Some(ConnectorType::Source);
    write_figures(text, rows, SOURCE_FIGURES, source);
    let sink = |kind| kind == Some(ConnectorType::Sink);
    write_figures(text, rows, SINK_FIGURES, sink);
    text.family(LAG);
    for row in rows {
        for (partition, lag) in &row.view.lags {
            let number = partition.partition.to_string();
            let labels = row.with(&[("topic", &partition.topic), ("partition", &number)]);
            #[expect(clippy::cast_precision_loss, reason = "metrics are floats")]
            text.sample(LAG, &labels, *lag as f64);
        }
    }
    for (family, of) in ERRORS {
        text.family(*family);
        for row in rows {
            text.sample(*family, &row.labels, float(of(&row.task.errors)));
        }
    }
}

fn write_figures(
    text: &mut Text,
    rows: &[Row],
    figures: &[TaskFigure],
    of_kind: impl Fn(Option<ConnectorType>) -> bool,
) {
    for figure in figures {
        text.family(figure.family);
        for row in rows.iter().filter(|row| of_kind(row.kind())) {
            text.sample(figure.family, &row.labels, (figure.of)(&row.view));
        }
    }
}

fn write_chain(
    text: &mut Text,
    rows: &[Row],
    family: Family,
    what: &str,
    of: fn(&TaskDetails) -> &Vec<[Box<str>; 3]>,
) {
    text.family(family);
    let (class_label, version_label) = (format!("{what}_class"), format!("{what}_version"));
    for row in rows {
        let Some(details) = row.task.details.get() else {
            continue;
        };
        for [alias, class, version] in of(details) {
            let labels = [
                (what, &**alias),
                (&*class_label, class),
                (&*version_label, version),
            ];
            text.sample(family, &row.with(&labels), 1.0);
        }
    }
}

const fn counter(name: &'static str, help: &'static str, of: fn(&TaskView) -> f64) -> TaskFigure {
    TaskFigure {
        family: Family::counter(name, help),
        of,
    }
}

const fn gauge(name: &'static str, help: &'static str, of: fn(&TaskView) -> f64) -> TaskFigure {
    TaskFigure {
        family: Family::gauge(name, help),
        of,
    }
}

fn zero_if_none(value: f64) -> f64 {
    if value.is_nan() { 0.0 } else { value }
}

const CONNECTOR_COUNT: Family = Family::gauge(
    "kafka_connect_worker_connector_count",
    "Connectors that run on this worker.",
);
const TASK_COUNT: Family = Family::gauge(
    "kafka_connect_worker_task_count",
    "Tasks that run on this worker.",
);
const RESTARTS: Family = Family::counter(
    "windlass_restarts_total",
    "Restarts of connectors and tasks on this worker, by who wanted them.",
);
const VIOLATIONS: Family = Family::counter(
    "windlass_invariant_violations_total",
    "Bugs of the worker that it found itself, each also an error in its log; expected to be 0.",
);
const CONNECTOR_STATUS: Family = Family::gauge(
    "kafka_connect_connector_status",
    "The state of the connector, in the label.",
);
const CONNECTOR_INFO: Family =
    Family::gauge("kafka_connect_connector_info", "What the connector is.");
const TASK_STATUS: Family = Family::gauge(
    "kafka_connect_connector_task_status",
    "The state of the task, in the label.",
);
const TASK_INFO: Family = Family::gauge(
    "kafka_connect_connector_task_info",
    "What the task is made of.",
);
const TRANSFORM_INFO: Family = Family::gauge(
    "kafka_connect_connector_transform_info",
    "The transforms of the task.",
);
const PREDICATE_INFO: Family = Family::gauge(
    "kafka_connect_connector_predicate_info",
    "The predicates of the task.",
);
const LAG: Family = Family::gauge(
    "windlass_sink_lag_records",
    "Records of the partition that the task has not read, as of the last answer.",
);

const CONNECTOR_STARTUPS: [Family; 5] = [
    Family::counter(
        "kafka_connect_worker_connector_startup_attempts_total",
        "Starts of connectors.",
    ),
    Family::counter(
        "kafka_connect_worker_connector_startup_success_total",
        "Starts of connectors that succeeded.",
    ),
    Family::gauge(
        "kafka_connect_worker_connector_startup_success_percentage",
        "The share of them, 0 to 1.",
    ),
    Family::counter(
        "kafka_connect_worker_connector_startup_failure_total",
        "Starts of connectors that failed.",
    ),
    Family::gauge(
        "kafka_connect_worker_connector_startup_failure_percentage",
        "The share of them, 0 to 1.",
    ),
];

const TASK_STARTUPS: [Family; 5] = [
    Family::counter(
        "kafka_connect_worker_task_startup_attempts_total",
        "Starts of tasks.",
    ),
    Family::counter(
        "kafka_connect_worker_task_startup_success_total",
        "Starts of tasks that succeeded.",
    ),
    Family::gauge(
        "kafka_connect_worker_task_startup_success_percentage",
        "The share of them, 0 to 1.",
    ),
    Family::counter(
        "kafka_connect_worker_task_startup_failure_total",
        "Starts of tasks that failed.",
    ),
    Family::gauge(
        "kafka_connect_worker_task_startup_failure_percentage",
        "The share of them, 0 to 1.",
    ),
];

const TOTAL_TASKS: Family = Family::gauge(
    "kafka_connect_worker_connector_total_task_count",
    "Tasks of the connector on this worker.",
);

#[rustfmt::skip]
const TASKS_BY_STATE: [(Family, State); 6] = [
    (Family::gauge("kafka_connect_worker_connector_running_task_count", "Those that run."), State::Running),
    (Family::gauge("kafka_connect_worker_connector_paused_task_count", "Those that are paused."), State::Paused),
    (Family::gauge("kafka_connect_worker_connector_failed_task_count", "Those that failed."), State::Failed),
    (Family::gauge("kafka_connect_worker_connector_unassigned_task_count", "Those that have not started or have ended."), State::Unassigned),
    (Family::gauge("kafka_connect_worker_connector_destroyed_task_count", "Those that are destroyed."), State::Destroyed),
    (Family::gauge("kafka_connect_worker_connector_restarting_task_count", "Those about to restart."), State::Restarting),
];

#[rustfmt::skip]
const TASK_FIGURES: &[TaskFigure] = &[
    gauge("kafka_connect_connector_task_running_ratio", "The share of time running.", |v| v.running_ratio),
    gauge("kafka_connect_connector_task_pause_ratio", "The share of time paused.", |v| v.pause_ratio),
    gauge("kafka_connect_connector_task_offset_commit_max_time_ms", "The longest commit of offsets lately.", |v| v.commit_millis.max),
    gauge("kafka_connect_connector_task_offset_commit_avg_time_ms", "The mean time of commits lately.", |v| v.commit_millis.mean),
    gauge("kafka_connect_connector_task_offset_commit_failure_percentage", "The share of commits that failed lately, 0 to 1.", |v| zero_if_none(v.commit_failure)),
    gauge("kafka_connect_connector_task_offset_commit_success_percentage", "The share of commits that succeeded lately, 0 to 1.", |v| zero_if_none(1.0 - v.commit_failure)),
    gauge("kafka_connect_connector_task_batch_size_max", "The largest batch lately.", |v| v.batch_size.max),
    gauge("kafka_connect_connector_task_batch_size_avg", "The mean size of batches lately.", |v| v.batch_size.mean),
    counter("windlass_task_cpu_seconds_total", "Processor time of the task's turns.", |v| v.cpu_seconds),
    counter("windlass_task_bytes_total", "Bytes of keys and values that were written to Kafka, or read.", |v| float(v.totals.bytes)),
    gauge("windlass_task_in_flight_bytes", "Bytes that a source's producer holds, or that a sink has read since its last commit.", |v| float(v.totals.in_flight)),
    counter("windlass_task_held_back_seconds_total", "Time for which the connector's own limits held the task back.", |v| float(v.totals.held_back) / 1e3),
];

#[rustfmt::skip]
const SOURCE_FIGURES: &[TaskFigure] = &[
    gauge("kafka_connect_source_task_source_record_poll_rate", "Records polled per second lately.", |v| v.taken.rate),
    counter("kafka_connect_source_task_source_record_poll_total", "Records polled.", |v| float(v.totals.taken)),
    gauge("kafka_connect_source_task_source_record_write_rate", "Records written per second lately.", |v| v.given.rate),
    counter("kafka_connect_source_task_source_record_write_total", "Records written to Kafka and acknowledged.", |v| float(v.totals.given)),
    gauge("kafka_connect_source_task_poll_batch_max_time_ms", "The longest poll lately that gave records.", |v| v.call_millis.max),
    gauge("kafka_connect_source_task_poll_batch_avg_time_ms", "The mean time of those polls.", |v| v.call_millis.mean),
    gauge("kafka_connect_source_task_source_record_active_count", "Records polled and not yet acknowledged.", |v| float(v.totals.active)),
    gauge("kafka_connect_source_task_source_record_active_count_max", "The most of them lately.", |v| v.active.max),
    gauge("kafka_connect_source_task_source_record_active_count_avg", "The mean of them lately.", |v| v.active.mean),
    gauge("kafka_connect_source_task_transaction_size_min", "Records of the smallest transaction lately; NaN without exactly-once delivery.", |v| v.transaction_size.min),
    gauge("kafka_connect_source_task_transaction_size_max", "Records of the largest transaction lately.", |v| v.transaction_size.max),
    gauge("kafka_connect_source_task_transaction_size_avg", "The mean of them.", |v| v.transaction_size.mean),
];

#[rustfmt::skip]
const SINK_FIGURES: &[TaskFigure] = &[
    gauge("kafka_connect_sink_task_sink_record_read_rate", "Records read per second lately.", |v| v.taken.rate),
    counter("kafka_connect_sink_task_sink_record_read_total", "Records read.", |v| float(v.totals.taken)),
    gauge("kafka_connect_sink_task_sink_record_send_rate", "Records put per second lately.", |v| v.given.rate),
    counter("kafka_connect_sink_task_sink_record_send_total", "Records that the task took.", |v| float(v.totals.given)),
    gauge("kafka_connect_sink_task_partition_count", "Partitions of the task.", |v| float(v.totals.partitions)),
    gauge("kafka_connect_sink_task_offset_commit_seq_no", "The number of the last commit.", |v| float(v.totals.commit_sequence)),
    gauge("kafka_connect_sink_task_offset_commit_completion_rate", "Commits answered per second lately.", |v| v.completions.rate),
    counter("kafka_connect_sink_task_offset_commit_completion_total", "Commits answered.", |v| float(v.totals.completions)),
    gauge("kafka_connect_sink_task_offset_commit_skip_rate", "Commits answered too late per second lately.", |v| v.skips.rate),
    counter("kafka_connect_sink_task_offset_commit_skip_total", "Commits answered too late.", |v| float(v.totals.skips)),
    gauge("kafka_connect_sink_task_put_batch_max_time_ms", "The longest put lately.", |v| v.call_millis.max),
    gauge("kafka_connect_sink_task_put_batch_avg_time_ms", "The mean time of puts lately.", |v| v.call_millis.mean),
    gauge("kafka_connect_sink_task_sink_record_active_count", "Records read whose offsets are not committed.", |v| float(v.totals.active)),
    gauge("kafka_connect_sink_task_sink_record_active_count_max", "The most of them lately.", |v| v.active.max),
    gauge("kafka_connect_sink_task_sink_record_active_count_avg", "The mean of them lately.", |v| v.active.mean),
];

type ErrorFigure = (Family, fn(&ErrorCounters) -> u64);

#[rustfmt::skip]
const ERRORS: &[ErrorFigure] = &[
    (Family::counter("kafka_connect_task_error_total_record_failures", "Failed tries, repeated ones included."), |e| e.failures.value()),
    (Family::counter("kafka_connect_task_error_total_record_errors", "Operations that failed for good."), |e| e.errors.value()),
    (Family::counter("kafka_connect_task_error_total_records_skipped", "Records skipped because of errors."), |e| e.skipped.value()),
    (Family::counter("kafka_connect_task_error_total_retries", "Operations tried again."), |e| e.retries.value()),
    (Family::counter("kafka_connect_task_error_total_errors_logged", "Errors logged."), |e| e.logged.value()),
    (Family::counter("kafka_connect_task_error_deadletterqueue_produce_requests", "Records for the dead letter queue."), |e| e.dead_letters.value()),
    (Family::counter("kafka_connect_task_error_deadletterqueue_produce_failures", "Those that could not be written."), |e| e.lost_letters.value()),
    (Family::gauge("kafka_connect_task_error_last_error_timestamp", "Of the last error, in milliseconds since the epoch."), ErrorCounters::last_error),
];

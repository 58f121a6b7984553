//! What happens in a simulation, and what must never happen.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Shared by everything that is simulated; all of it runs in one thread.
#[derive(Debug)]
pub(crate) struct Journal {
    state: Mutex<State>,
    /// Whether each line is printed at once.
    prints: bool,
}

#[derive(Debug, Default)]
struct State {
    now: Duration,
    lines: Vec<String>,
    broken: Vec<String>,
    quiet: bool,
    instances: u64,
    running: BTreeMap<Task, BTreeMap<u64, Instance>>,
    /// The committed offset that the last task of a source was started with.
    begun_at: BTreeMap<String, i64>,
    /// How far the newest run of each source has come, and which run that is.
    positions: BTreeMap<String, (u64, i64)>,
    /// What Kafka acknowledged: the values by topic, partition and offset.
    acknowledged: BTreeMap<Place, String>,
    /// What sinks have flushed.
    flushed: BTreeMap<Place, String>,
}

/// A topic, a partition and an offset.
pub(crate) type Place = (String, i32, i64);
/// A connector and the number of a task.
pub(crate) type Task = (String, usize);

/// A task that runs.
#[derive(Clone, Debug)]
pub(crate) struct Instance {
    pub(crate) host: String,
    /// The revision of the connector's configuration.
    pub(crate) revision: i64,
    /// How many tasks its task set has.
    pub(crate) of: usize,
    since: Duration,
}

impl Journal {
    pub(crate) fn new(prints: bool) -> Self {
        Journal {
            state: Mutex::default(),
            prints,
        }
    }

    /// What time it is.
    pub(crate) fn tick(&self, now: Duration) {
        self.lock().now = now;
    }

    pub(crate) fn now(&self) -> Duration {
        self.lock().now
    }

    pub(crate) fn note(&self, what: impl AsRef<str>) {
        self.write(&mut self.lock(), what.as_ref());
    }

    /// Something happened that must not.
    pub(crate) fn broken(&self, what: impl AsRef<str>) {
        let mut state = self.lock();
        let line = format!("BROKEN: {}", what.as_ref());
        self.write(&mut state, &line);
        state.broken.push(what.as_ref().to_owned());
    }

    pub(crate) fn failures(&self) -> Vec<String> {
        self.lock().broken.clone()
    }

    /// Has the sources end their data.
    pub(crate) fn be_quiet(&self) {
        self.lock().quiet = true;
    }

    pub(crate) fn is_quiet(&self) -> bool {
        self.lock().quiet
    }

    /// A task begins to run; answers the number of this run.
    pub(crate) fn begin(&self, task: &Task, host: &str, revision: i64, of: usize) -> u64 {
        let mut state = self.lock();
        state.instances += 1;
        let (number, since) = (state.instances, state.now);
        let others: Vec<_> = state
            .running
            .get(task)
            .into_iter()
            .flat_map(BTreeMap::values)
            .cloned()
            .collect();
        let instance = Instance {
            host: host.to_owned(),
            revision,
            of,
            since,
        };
        let runs = state.running.entry(task.clone()).or_default();
        runs.insert(number, instance);
        let line = format!(
            "{}-{} of {of} runs on {host}, revision {revision}",
            task.0, task.1
        );
        self.write(&mut state, &line);
        drop(state);
        for other in others.iter().filter(|other| other.host == host) {
            self.broken(format!(
                "{}-{} runs twice on {}",
                task.0, task.1, other.host
            ));
        }
        number
    }

    /// A run of a task has ended: it stopped, or its worker died.
    pub(crate) fn end(&self, task: &Task, number: u64) {
        let mut state = self.lock();
        let now = state.now;
        let Some(runs) = state.running.get_mut(task) else {
            return;
        };
        let Some(ended) = runs.remove(&number) else {
            return;
        };
        let overlap = runs
            .values()
            .map(|other| now.saturating_sub(other.since.max(ended.since)))
            .max();
        let line = format!("{}-{} no longer runs on {}", task.0, task.1, ended.host);
        self.write(&mut state, &line);
        drop(state);
        if let Some(overlap) = overlap.filter(|overlap| *overlap > OVERLAP) {
            self.broken(format!(
                "{}-{} ran on two workers for {overlap:?}",
                task.0, task.1
            ));
        }
    }

    /// What runs, task by task.
    pub(crate) fn running(&self) -> BTreeMap<Task, Vec<Instance>> {
        let state = self.lock();
        let runs = state.running.iter().filter(|(_, runs)| !runs.is_empty());
        runs.map(|(task, runs)| (task.clone(), runs.values().cloned().collect()))
            .collect()
    }

    /// A source task begins at a committed offset. One before that of an earlier run is no fault: a worker that was cut off
    /// may have stored its last offset late, and its successor its own after that.
    pub(crate) fn begins_at(&self, source: &str, offset: i64) {
        let mut state = self.lock();
        let before = state.begun_at.insert(source.to_owned(), offset);
        let again = before.filter(|before| offset < *before);
        let again = again.map_or(String::new(), |before| format!(", after {before}"));
        self.write(&mut state, &format!("{source} begins at {offset}{again}"));
    }

    /// A run of a source goes on at this number; numbers that an older run gave out beyond it come again.
    pub(crate) fn position(&self, source: &str, run: u64, next: i64) {
        let mut state = self.lock();
        let position = state.positions.entry(source.to_owned()).or_default();
        if position.0 <= run {
            *position = (run, next);
        }
    }

    /// Kafka has acknowledged a record.
    pub(crate) fn acknowledged(&self, place: Place, value: &str) {
        let mut state = self.lock();
        state.acknowledged.insert(place, value.to_owned());
    }

    /// A sink has a record for good.
    pub(crate) fn flushed(&self, place: &Place, value: &str) {
        let mut state = self.lock();
        let before = state.flushed.insert(place.clone(), value.to_owned());
        drop(state);
        if let Some(before) = before.filter(|before| before != value) {
            self.broken(format!("{place:?} was {before} and is {value}"));
        }
    }

    /// What keeps the data from being whole: acknowledged records that no sink has, and numbers of a source that are
    /// in no record.
    pub(crate) fn missing(&self) -> Vec<String> {
        let state = self.lock();
        let mut missing = Vec::new();
        for (place, value) in &state.acknowledged {
            if missing.len() < SHOWN && state.flushed.get(place) != Some(value) {
                missing.push(format!(
                    "{value} was acknowledged at {place:?}, and no sink has it"
                ));
            }
        }
        let mut sources: BTreeMap<&str, BTreeSet<i64>> = BTreeMap::new();
        for value in state.flushed.values() {
            let (source, number) = value.split_once(':').unwrap_or((value, "-1"));
            let number = number.parse().unwrap_or(-1);
            sources.entry(source).or_default().insert(number);
        }
        let runs = state.running.values().flat_map(BTreeMap::keys);
        let runs: BTreeSet<_> = runs.copied().collect();
        // What a task gave out that was taken away since comes again when there is such a task again.
        let positions = state.positions.iter();
        for (source, (_, next)) in positions.filter(|(_, (run, _))| runs.contains(run)) {
            let numbers = sources.remove(source.as_str()).unwrap_or_default();
            let lost = (0..*next).find(|number| !numbers.contains(number));
            missing.extend(lost.map(|number| format!("{source}:{number} is in no record")));
        }
        missing
    }

    /// How many records were acknowledged and flushed.
    pub(crate) fn records(&self) -> (usize, usize) {
        let state = self.lock();
        (state.acknowledged.len(), state.flushed.len())
    }

    fn write(&self, state: &mut State, what: &str) {
        let line = format!("{:>8.3} {what}", state.now.as_secs_f64());
        if self.prints {
            println!("{line}");
        }
        state.lines.push(line);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many missing records are listed.
const SHOWN: usize = 5;
/// How long a task may run on two workers: the one that was cut off sees the end of its session by its own clock, looks
/// at it once a second, and gives the task `offset.flush.timeout.ms` to come to its end.
const OVERLAP: Duration = Duration::from_secs(4);

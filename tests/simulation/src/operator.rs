//! The user: creates and changes connectors while things break, and remembers what it was promised.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{sleep, timeout};
use windlass_api::Props;
use windlass_engine::herder::{Herder, HerderError, RestartScope};
use windlass_engine::status::{State, TargetState};

use crate::journal::Journal;
use crate::run::{REVISION, number};
use crate::stage::{Phase, Stage};
use crate::worker::{Workers, url};
use crate::{sink, source};

/// See the module.
pub(crate) struct Operator {
    pub(crate) journal: Arc<Journal>,
    pub(crate) workers: Arc<Workers>,
    pub(crate) stage: Arc<Stage>,
    pub(crate) rng: fastrand::Rng,
    pub(crate) connectors: BTreeMap<&'static str, Promised>,
}

/// What is known of a connector: the last answer that was a yes, and what came without an answer since the beginning.
#[derive(Debug, Default)]
pub(crate) struct Promised {
    /// The last revision that was written, answered or not.
    written: i64,
    config: Option<i64>,
    perhaps_config: Vec<Option<i64>>,
    target: TargetState,
    perhaps_target: Vec<TargetState>,
}

/// What may be done to a connector.
#[derive(Clone, Copy, Debug)]
enum Operation {
    Put,
    Delete,
    Target(TargetState),
    RestartConnector,
    Restart,
}

/// What came of it.
enum Outcome {
    Done,
    Refused(String),
    /// It may have been done, or be done later.
    Unknown(String),
}

impl Operator {
    pub(crate) fn new(
        journal: Arc<Journal>,
        workers: Arc<Workers>,
        stage: Arc<Stage>,
        rng: fastrand::Rng,
    ) -> Self {
        let connectors = ["s0", "s1", "k0"].map(|name| (name, Promised::default()));
        Operator {
            journal,
            workers,
            stage,
            rng,
            connectors: BTreeMap::from(connectors),
        }
    }

    /// The whole story of a run.
    pub(crate) async fn work(mut self) {
        self.create_all().await;
        if !self
            .wait_for("everything runs before the faults", PATIENCE)
            .await
        {
            return;
        }
        self.stage.enter(Phase::Faults);
        while self.stage.is_in(Phase::Faults) {
            sleep(Duration::from_millis(self.rng.u64(500..4000))).await;
            let names: Vec<_> = self.connectors.keys().copied().collect();
            let name = names[self.rng.usize(..names.len())];
            let operation = self.choose(name);
            self.operate(name, operation).await;
        }
        // From here on nothing is in the way.
        self.check_promises().await;
        self.create_all().await;
        for name in ["s0", "s1", "k0"] {
            self.until_done(name, Operation::Target(TargetState::Started))
                .await;
        }
        if !self
            .wait_for("everything runs after the faults", PATIENCE)
            .await
        {
            return;
        }
        self.journal.be_quiet();
        self.wait_for_data().await;
        self.wait_for("everything still runs at the end", PATIENCE)
            .await;
    }

    fn choose(&mut self, name: &str) -> Operation {
        match self.rng.u32(..12) {
            0..4 => Operation::Put,
            4 if name == "s1" => Operation::Delete,
            4..6 => Operation::Target(TargetState::Paused),
            6..8 => Operation::Target(TargetState::Started),
            8 => Operation::Target(TargetState::Stopped),
            9 => Operation::RestartConnector,
            _ => Operation::Restart,
        }
    }

    async fn create_all(&mut self) {
        for name in ["s0", "s1", "k0"] {
            if self.connectors[name].config.is_none() {
                self.until_done(name, Operation::Put).await;
            }
        }
    }

    async fn until_done(&mut self, name: &'static str, operation: Operation) {
        for _ in 0..100 {
            if self.operate(name, operation).await {
                return;
            }
            sleep(Duration::from_millis(500)).await;
        }
        self.journal
            .broken(format!("{operation:?} of {name} is never done"));
    }

    /// Does it on any worker, or where that one points to.
    async fn operate(&mut self, name: &'static str, operation: Operation) -> bool {
        let workers = self.workers.all();
        if workers.is_empty() {
            return false;
        }
        let mut host = {
            let hosts: Vec<_> = workers.keys().cloned().collect();
            hosts[self.rng.usize(..hosts.len())].clone()
        };
        let promised = self.connectors.entry(name).or_default();
        promised.written += 1;
        let (revision, tasks) = (promised.written, self.rng.usize(1..4));
        let mut outcome = Outcome::Refused("nobody leads".to_owned());
        for _ in 0..HOPS {
            let Some(herder) = workers.get(&host) else {
                break;
            };
            let doing = attempt(herder, name, operation, revision, tasks);
            match timeout(ANSWER, doing).await {
                Err(_) => outcome = Outcome::Unknown("no answer".to_owned()),
                Ok(Ok(())) => outcome = Outcome::Done,
                Ok(Err(HerderError::Elsewhere { url: Some(there) })) => {
                    let found = workers.keys().find(|host| *url(host) == *there);
                    outcome = Outcome::Refused(format!("is at {there}"));
                    if let Some(found) = found {
                        host = found.clone();
                        continue;
                    }
                }
                Ok(Err(HerderError::Internal(why))) => outcome = Outcome::Unknown(why),
                Ok(Err(error)) => outcome = Outcome::Refused(error.to_string()),
            }
            break;
        }
        self.note(name, operation, revision, &host, outcome)
    }

    fn note(
        &mut self,
        name: &'static str,
        operation: Operation,
        revision: i64,
        host: &str,
        outcome: Outcome,
    ) -> bool {
        let (text, done) = match outcome {
            Outcome::Done => ("done".to_owned(), Some(true)),
            Outcome::Refused(why) => (format!("refused: {why}"), Some(false)),
            Outcome::Unknown(why) => (format!("unknown: {why}"), None),
        };
        self.journal.note(format!(
            "operator: {operation:?} {name} revision {revision} on {host}: {text}"
        ));
        let promised = self.connectors.entry(name).or_default();
        let config = match operation {
            Operation::Put => Some(Some(revision)),
            Operation::Delete => Some(None),
            _ => None,
        };
        match (done, config) {
            (Some(true), Some(config)) => {
                if config.is_none() || promised.config.is_none() {
                    promised.target = TargetState::Started;
                }
                promised.config = config;
            }
            (None, Some(config)) => {
                promised.perhaps_config.push(config);
                // Deleted and made again, it would start.
                promised.perhaps_target.push(TargetState::Started);
            }
            _ => {}
        }
        if let Operation::Target(target) = operation {
            match done {
                Some(true) => promised.target = target,
                None => promised.perhaps_target.push(target),
                Some(false) => {}
            }
        }
        done == Some(true)
    }

    /// After the faults each worker must know what was promised.
    async fn check_promises(&mut self) {
        let mut wrong = Vec::new();
        for _ in 0..PATIENCE.as_secs() {
            wrong = self.broken_promises();
            if wrong.is_empty() {
                break;
            }
            sleep(Duration::from_secs(1)).await;
        }
        for what in wrong {
            self.journal.broken(what);
        }
        // What is there now is the truth to go on from.
        for (name, promised) in &mut self.connectors {
            let herder = self.workers.all().into_values().next();
            promised.config = herder.and_then(|herder| revision(&herder, name));
        }
    }

    fn broken_promises(&self) -> Vec<String> {
        let workers = self.workers.all();
        let mut wrong = Vec::new();
        if workers.len() < WORKERS {
            wrong.push(format!("only {} workers are there", workers.len()));
        }
        for (host, herder) in &workers {
            for (name, promised) in &self.connectors {
                let config = revision(herder, name);
                if config != promised.config && !promised.perhaps_config.contains(&config) {
                    let wanted = promised.config;
                    wrong.push(format!(
                        "{host} knows revision {config:?} of {name}, promised was {wanted:?}"
                    ));
                }
                let Ok(status) = herder.connector_status(name) else {
                    continue;
                };
                let states = std::iter::once(&promised.target).chain(&promised.perhaps_target);
                let mut states = states.map(|target| state_of(*target));
                if config.is_some() && !states.any(|state| state == status.connector.state) {
                    let (state, wanted) = (status.connector.state, promised.target);
                    wrong.push(format!(
                        "{name} is {state} on {host}, promised was {wanted:?}"
                    ));
                }
            }
        }
        wrong
    }

    /// Waits until all that is configured runs, once.
    async fn wait_for(&mut self, what: &str, patience: Duration) -> bool {
        let begun = self.journal.now();
        let mut why = String::new();
        while self.journal.now() - begun < patience {
            match self.unsettled() {
                None => {
                    self.journal.note(what);
                    return true;
                }
                Some(reason) => why = reason,
            }
            sleep(Duration::from_millis(500)).await;
        }
        self.journal
            .broken(format!("not within {patience:?}: {what}: {why}"));
        false
    }

    fn unsettled(&self) -> Option<String> {
        let workers = self.workers.all();
        if workers.len() < WORKERS {
            return Some(format!("only {} workers are there", workers.len()));
        }
        let running = self.journal.running();
        let mut wanted = 0;
        for (host, herder) in &workers {
            wanted = 0;
            for name in self.connectors.keys() {
                let Ok(tasks) = herder.task_infos(name) else {
                    return Some(format!("{host} knows no {name}"));
                };
                let Ok(status) = herder.connector_status(name) else {
                    return Some(format!("{host} knows no status of {name}"));
                };
                if status.connector.state != State::Running {
                    return Some(format!(
                        "{name} is {} on {host}: {:?}",
                        status.connector.state, status.connector.trace
                    ));
                }
                if tasks.is_empty() {
                    return Some(format!("{name} has no tasks on {host}"));
                }
                for (task, info) in tasks.iter().enumerate() {
                    wanted += 1;
                    let state = i32::try_from(task)
                        .ok()
                        .and_then(|task| herder.task_status(name, task).ok());
                    if state
                        .as_ref()
                        .is_none_or(|status| status.state != State::Running)
                    {
                        return Some(format!("{} is {state:?} on {host}", info.id));
                    }
                    let runs = running.get(&((*name).to_owned(), task)).map(Vec::as_slice);
                    let [run] = runs.unwrap_or_default() else {
                        return Some(format!("{} runs {runs:?}", info.id));
                    };
                    let stored = number::<i64>(&info.config, REVISION).ok();
                    let of = tasks.len();
                    if stored != revision(herder, name)
                        || stored != Some(run.revision)
                        || run.of != of
                    {
                        return Some(format!(
                            "{} of {of} runs as {run:?}, stored is {stored:?}",
                            info.id
                        ));
                    }
                }
            }
        }
        (running.len() != wanted).then(|| format!("{} tasks run, not {wanted}", running.len()))
    }

    async fn wait_for_data(&mut self) {
        let mut missing = Vec::new();
        let begun = self.journal.now();
        while self.journal.now() - begun < PATIENCE {
            sleep(Duration::from_secs(1)).await;
            missing = self.journal.missing();
            if missing.is_empty() {
                let (acknowledged, flushed) = self.journal.records();
                self.journal.note(format!(
                    "{acknowledged} records acknowledged, {flushed} flushed, none is missing"
                ));
                return;
            }
        }
        for what in missing {
            self.journal.broken(what);
        }
    }
}

async fn attempt(
    herder: &Herder,
    name: &str,
    operation: Operation,
    revision: i64,
    tasks: usize,
) -> Result<(), HerderError> {
    match operation {
        Operation::Put => {
            let config = config(name, revision, tasks);
            herder.put_connector_config(name, config).await.map(drop)
        }
        Operation::Delete => herder.delete_connector(name).await,
        Operation::Target(target) => herder.set_target_state(name, target).await,
        Operation::RestartConnector => herder.restart_connector(name).await,
        Operation::Restart => {
            let scope = RestartScope {
                only_failed: false,
                include_tasks: true,
            };
            herder
                .restart_connector_and_tasks(name, scope)
                .await
                .map(drop)
        }
    }
}

fn config(name: &str, revision: i64, tasks: usize) -> Props {
    let class = if name.starts_with('s') {
        source::CLASS
    } else {
        sink::CLASS
    };
    let mut config = vec![
        ("name", name.to_owned()),
        ("connector.class", class.to_owned()),
        ("tasks.max", tasks.to_string()),
        (REVISION, revision.to_string()),
    ];
    if name.starts_with('s') {
        config.push(("topic", format!("data-{name}")));
    } else {
        config.push(("topics", "data-s0,data-s1".to_owned()));
    }
    let prop = |(key, value): (&str, String)| (key.to_owned(), Some(value));
    config.into_iter().map(prop).collect()
}

fn revision(herder: &Herder, name: &str) -> Option<i64> {
    number(&*herder.connector_config(name).ok()?, REVISION).ok()
}

fn state_of(target: TargetState) -> State {
    match target {
        TargetState::Started => State::Running,
        TargetState::Paused => State::Paused,
        TargetState::Stopped => State::Stopped,
    }
}

/// How many workers there are.
pub(crate) const WORKERS: usize = 3;
/// Within this everything must be as it was, once nothing is broken any more.
const PATIENCE: Duration = Duration::from_secs(90);
const ANSWER: Duration = Duration::from_secs(15);
const HOPS: usize = 4;

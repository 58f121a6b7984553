//! The connector's tasks.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use windlass_api::{ConnectError, ErrorKind, Props};

use super::ConnectorLoop;
use crate::config::providers::gave_up;
use crate::herder::message::{Message, Request};
use crate::herder::{HerderError, TaskGuard};
use crate::invariants::Invariant;
use crate::status::{TargetState, TaskId, TaskNumber};
use crate::task::{Control, OnFailure};
use crate::trace::chain;
use crate::worker::{Worker, isolated};

impl ConnectorLoop {
    /// Asks a running connector for task configurations and runs them, if they or the connector's own configuration
    /// are new: converters and transforms are in the latter (B-030).
    pub(super) async fn update_tasks(&mut self) -> Result<(), HerderError> {
        let Some(entry) = self.entry() else {
            return Ok(());
        };
        let wanted = match self.task_configs().await {
            Ok(Some(wanted)) => wanted,
            Ok(None) => return Ok(()),
            Err(error) => return Err(self.unconfigurable(error)),
        };
        let Wanted {
            resolved,
            mut tasks,
        } = wanted;
        Worker::conceal(&entry.config, &mut tasks);
        self.unconfigured = 0;
        let applied = entry.applied.as_deref() == Some(&*entry.config);
        let same = self.same_values(&entry.config, resolved);
        if applied && entry.tasks == tasks && same {
            return Ok(());
        }
        if self.shared {
            self.tell_herder(tasks, !same);
            return Ok(());
        }
        self.stop_tasks().await;
        self.worker.configs().update(&self.name, |stored| {
            stored.tasks = tasks;
            stored.applied = Some(Arc::clone(&entry.config));
        });
        let count = self.entry().map_or(0, |entry| entry.tasks.len());
        tracing::info!(connector = %self.name, tasks = count, "tasks configured");
        for task in (0..).take(count) {
            self.start_task(task).await;
        }
        Ok(())
    }

    /// Starts a task that has a configuration and does not run.
    pub(super) async fn start_task(&mut self, task: TaskNumber) {
        let Some(entry) = self.entry() else { return };
        let config = usize::try_from(task)
            .ok()
            .and_then(|task| entry.tasks.get(task));
        let Some(config) = config else { return };
        let configs = self.resolve_both(&entry.config, config).await;
        let id = TaskId {
            connector: Arc::clone(&self.name),
            task,
        };
        let control = if entry.target == TargetState::Paused {
            Control::Pause
        } else {
            Control::Run
        };
        Invariant::WholeTaskSet.holds(!self.shared || entry.applied.is_some(), || {
            format!("{id} starts, and no set of tasks was committed")
        });
        Invariant::OneRunPerTask.holds(!self.tasks.contains_key(&task), || {
            format!("{id} starts, and its last run has not ended")
        });
        let guard = TaskGuard {
            id: id.clone(),
            generation: entry.generation,
            herder: self.herder.clone(),
        };
        *self.task_runs.entry(task).or_default() += 1;
        let comeback = self.comeback(&entry, Some(task));
        let failed =
            comeback.map(|comeback| -> OnFailure { Box::new(|| comeback.after_failure()) });
        let worker = Arc::clone(&self.worker);
        let handle = worker.start_task(id, configs, control, guard, failed);
        self.tasks.insert(task, handle);
    }

    /// Stops all tasks and forgets their statuses. Together they have the graceful timeout.
    pub(super) async fn stop_tasks(&mut self) {
        let numbers: Vec<_> = self.tasks.keys().copied().collect();
        self.stop_these_tasks(&numbers).await;
        for task in numbers {
            let id = TaskId {
                connector: Arc::clone(&self.name),
                task,
            };
            self.worker.statuses().remove_task(&id);
        }
    }

    /// Stops some tasks. Together they have the graceful timeout (SR-012).
    pub(super) async fn stop_these_tasks(&mut self, numbers: &[TaskNumber]) {
        let stopping: Vec<_> = numbers
            .iter()
            .filter_map(|task| self.tasks.remove(task))
            .collect();
        for task in &stopping {
            task.set(Control::Stop);
        }
        let deadline = Instant::now() + self.worker.graceful_timeout();
        for task in stopping {
            task.join(deadline).await;
        }
    }

    /// Drops tasks that others may run by now.
    pub(super) async fn abandon_these_tasks(&mut self, numbers: &[TaskNumber]) {
        let deadline = Instant::now() + self.worker.graceful_timeout();
        for task in numbers {
            if let Some(task) = self.tasks.remove(task) {
                task.abandon(deadline).await;
            }
        }
    }

    /// What a task of the connector is configured with.
    async fn resolve_both(
        &mut self,
        connector: &Arc<Props>,
        task: &Arc<Props>,
    ) -> Result<(Arc<Props>, Arc<Props>), ConnectError> {
        let worker = Arc::clone(&self.worker);
        let both = async {
            let connector = worker.resolve(connector).await?.props;
            Ok((connector, worker.resolve_task(task).await?.props))
        };
        let resolved = self.patiently("reading of config providers", both).await;
        resolved.unwrap_or_else(|| Err(gave_up()))
    }

    /// Whether the references of a configuration stand for what they stood for when tasks were made of it last. If not, the
    /// tasks are made anew although what is stored is the same.
    fn same_values(&mut self, config: &Arc<Props>, resolved: Arc<Props>) -> bool {
        let before = self.applied.replace((Arc::clone(config), resolved));
        match (before, &self.applied) {
            (Some((raw, before)), Some((_, now))) => raw != *config || before == *now,
            _ => true,
        }
    }

    fn tell_herder(&self, tasks: Vec<Arc<Props>>, anew: bool) {
        if let Some(herder) = self.herder.upgrade() {
            let name = Arc::clone(&self.name);
            let _ = herder.send(Request::Tasks { name, tasks, anew });
        }
    }

    /// The connector did not say which tasks it wants. In a cluster it is asked again, unless it asks for too many
    /// (B-032).
    fn unconfigurable(&mut self, error: Unconfigured) -> HerderError {
        let Unconfigured { error, hopeless } = error;
        if hopeless || !self.shared {
            self.connector_failed(&error);
        } else {
            tracing::error!(
                connector = %self.name, error = chain(&error),
                "the connector could not say which tasks it wants; it is asked again"
            );
            self.ask_again();
        }
        HerderError::Internal(error.message().to_owned())
    }

    /// Asks the connector for its tasks again, later each time.
    pub(super) fn ask_again(&mut self) {
        let pause = FIRST_PAUSE * 2u32.saturating_pow(self.unconfigured.min(8));
        self.unconfigured += 1;
        let (own, run) = (self.own.clone(), self.run);
        tokio::spawn(async move {
            tokio::time::sleep(pause.min(LAST_PAUSE)).await;
            if let Some(own) = own.upgrade() {
                let _ = own.send(Message::Reconfigure { run });
            }
        });
    }

    /// What the connector wants; `None` when it does not run.
    async fn task_configs(&mut self) -> Result<Option<Wanted>, Unconfigured> {
        let running = self.running.as_mut().filter(|running| !running.failed);
        let instance = running
            .and_then(|running| Some((running.instance.take()?, Arc::clone(&running.config))));
        let Some((mut instance, resolved)) = instance else {
            return Ok(None);
        };
        let config = &*resolved;
        let max = tasks_max(config).map_err(Unconfigured::now)?;
        let task_class = instance.task_class();
        let call = isolated(self.worker.data(), async move {
            instance
                .task_configs(max)
                .await
                .map(|configs| (instance, configs))
        });
        let (instance, configs) = match self.patiently("task_configs of the connector", call).await
        {
            Some(result) => result.map_err(Unconfigured::now)?,
            None => {
                let text = "task_configs did not return and was given up";
                return Err(Unconfigured::now(ConnectError::connect(text)));
            }
        };
        if let Some(running) = &mut self.running {
            running.instance = Some(instance);
        }
        if configs.len() > max && enforce_tasks_max(config) {
            return Err(Unconfigured {
                error: too_many_tasks(&self.name, configs.len(), max),
                hopeless: true,
            });
        }
        let tasks = configs.into_iter();
        let tasks = tasks.map(|props| Arc::new(complete(props, task_class, config)));
        Ok(Some(Wanted {
            tasks: tasks.collect(),
            resolved,
        }))
    }
}

/// The tasks that a connector wants.
struct Wanted {
    tasks: Vec<Arc<Props>>,
    /// The configuration that the connector runs with.
    resolved: Arc<Props>,
}

/// Why a connector did not say which tasks it wants.
struct Unconfigured {
    error: ConnectError,
    /// Asking again would not help.
    hopeless: bool,
}

impl Unconfigured {
    fn now(error: ConnectError) -> Self {
        Unconfigured {
            error,
            hopeless: false,
        }
    }
}

/// Adds what the runtime keeps in task configurations.
fn complete(mut props: Props, task_class: &str, config: &Props) -> Props {
    props.insert("task.class".to_owned(), Some(task_class.to_owned()));
    for key in ["topics", "topics.regex"] {
        if let Some(value) = config.get(key) {
            props.insert(key.to_owned(), value.clone());
        }
    }
    props
}

fn tasks_max(config: &Props) -> Result<usize, ConnectError> {
    let Some(Some(text)) = config.get("tasks.max") else {
        return Ok(1);
    };
    text.trim().parse().map_err(|_| {
        let message =
            format!("Invalid value {text} for configuration tasks.max: Not a number of type INT");
        ConnectError::config(message)
    })
}

fn enforce_tasks_max(config: &Props) -> bool {
    let value = config
        .get("tasks.max.enforce")
        .and_then(|value| value.as_deref());
    !value.is_some_and(|value| value.trim().eq_ignore_ascii_case("false"))
}

fn too_many_tasks(name: &str, tasks: usize, max: usize) -> ConnectError {
    let message = format!(
        "The connector {name} has generated {tasks} tasks, which is greater than {max}, the maximum number of tasks it \
         is configured to create. This behaviour should be considered a bug and is disallowed. If necessary, it can be \
         permitted by reconfiguring the connector with 'tasks.max.enforce' set to false; however, this option will be \
         removed in a future release of Kafka Connect."
    );
    ConnectError::new(ErrorKind::Connect, message)
}

const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LAST_PAUSE: Duration = Duration::from_secs(60);

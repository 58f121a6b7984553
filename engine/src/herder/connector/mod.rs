//! One connector: its configuration, its connector object, its tasks.

mod comeback;
mod configure;
mod context;
mod lifecycle;
mod local;
mod offsets;
mod reload;
pub(super) mod restart;
mod tasks;

use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;
use windlass_api::Props;

use self::comeback::{Comeback, Failures};
use self::lifecycle::Running;
use self::reload::Reload;
use super::message::{Command, Message, Request, answer};
use crate::config::RestartPolicy;
use crate::status::{TargetState, TaskNumber};
use crate::storage::config::ConnectorEntry;
use crate::task::TaskHandle;
use crate::worker::Worker;

/// Does, one after the other, what is to be done with one connector and its tasks.
///
/// Calls into the connector may hang. While one does, a request that needs it to end gives it the graceful timeout and
/// then gives the connector object up; nothing but this connector waits for it.
pub(super) struct ConnectorLoop {
    name: Arc<str>,
    worker: Arc<Worker>,
    herder: mpsc::WeakUnboundedSender<Request>,
    mailbox: mpsc::UnboundedReceiver<Message>,
    own: mpsc::WeakUnboundedSender<Message>,
    /// What came while a call into the connector was awaited.
    deferred: VecDeque<Message>,
    handled: u64,
    /// Counts the starts of the connector object, so that a word of an earlier one is known as such.
    run: u64,
    running: Option<Running>,
    tasks: BTreeMap<TaskNumber, TaskHandle>,
    /// The configuration that tasks were made of last, and what it stood for.
    applied: Option<(Arc<Props>, Arc<Props>)>,
    /// By the path of the provider whose values get too old.
    reloads: BTreeMap<String, Reload>,
    /// Counts the starts of each task, and how often each and the connector object failed.
    task_runs: BTreeMap<TaskNumber, u64>,
    failures: BTreeMap<Option<TaskNumber>, Failures>,
    begun: Instant,
    /// Whether other workers run parts of it: then this one does not decide which tasks there are.
    shared: bool,
    /// How often in a row it could not say which tasks it wants.
    unconfigured: u32,
}

impl ConnectorLoop {
    pub(super) fn spawn(
        name: Arc<str>,
        worker: Arc<Worker>,
        herder: mpsc::WeakUnboundedSender<Request>,
        shared: bool,
    ) -> mpsc::UnboundedSender<Message> {
        let (sender, mailbox) = mpsc::unbounded_channel();
        let connector = ConnectorLoop {
            name,
            worker,
            herder,
            mailbox,
            own: sender.downgrade(),
            deferred: VecDeque::new(),
            handled: 0,
            run: 0,
            running: None,
            tasks: BTreeMap::new(),
            applied: None,
            reloads: BTreeMap::new(),
            task_runs: BTreeMap::new(),
            failures: BTreeMap::new(),
            begun: Instant::now(),
            shared,
            unconfigured: 0,
        };
        tokio::spawn(connector.run());
        sender
    }

    async fn run(mut self) {
        loop {
            let message = match self.deferred.pop_front() {
                Some(message) => Some(message),
                None => self.mailbox.recv().await,
            };
            match message {
                Some(Message::Command(command)) => {
                    self.handled += 1;
                    self.obey(command).await;
                }
                Some(Message::Reconfigure { run }) if run == self.run => {
                    // Failures are in the connector's status.
                    let _ = self.update_tasks().await;
                }
                Some(Message::Failed { run, error }) if run == self.run => {
                    self.connector_failed(&error);
                }
                Some(Message::Reload) => self.reload().await,
                Some(Message::Reconfigure { .. } | Message::Failed { .. }) => {}
                Some(Message::Again { task, run }) => self.start_again(task, run).await,
                Some(Message::Local(local)) => self.obey_local(local).await,
                Some(Message::Shutdown(reply)) => {
                    self.stop_all().await;
                    let _ = reply.send(());
                    return;
                }
                None => return self.stop_all().await,
            }
            if self.entry().is_none() {
                self.tell_idle();
            }
        }
    }

    async fn obey(&mut self, command: Command) {
        let creates = matches!(command, Command::Create { .. } | Command::Put { .. });
        if !creates && self.entry().is_none() {
            return command.refuse_unknown(&self.name);
        }
        match command {
            Command::Create {
                config,
                target,
                reply,
            } => {
                let result = self.create(config, target).await;
                answer(reply, result);
            }
            Command::Put { config, reply } => {
                let result = self.put(config).await;
                answer(reply, result);
            }
            Command::Delete { reply } => {
                self.delete().await;
                answer(reply, Ok(()));
            }
            Command::SetTarget {
                target: TargetState::Stopped,
                reply,
            } => {
                self.release().await;
                answer(reply, Ok(()));
            }
            Command::SetTarget { target, reply } => {
                // As in Java the answer does not wait for the change.
                answer(reply, Ok(()));
                self.set_target(target).await;
            }
            Command::RestartConnector { reply } => {
                let result = self.restart_connector().await;
                answer(reply, result);
            }
            Command::Restart { scope, reply } => self.restart(scope, reply).await,
            Command::RestartTask { task, reply } => {
                let result = self.restart_task(task).await;
                answer(reply, result);
            }
            Command::AlterOffsets { offsets, reply } => {
                let result = self.alter_offsets(Some(offsets)).await;
                answer(reply, result);
            }
            Command::ResetOffsets { reply } => {
                let result = self.alter_offsets(None).await;
                answer(reply, result);
            }
        }
    }

    /// Waits for a call into the connector; `None` when it had to be given up.
    async fn patiently<T>(&mut self, what: &str, call: impl Future<Output = T>) -> Option<T> {
        let mut call = pin!(call);
        let begun = Instant::now();
        let mut next_warning = begun + HANGING;
        let mut deadline = None;
        loop {
            let wake = deadline.map_or(next_warning, |at: Instant| at.min(next_warning));
            tokio::select! {
                biased;
                result = &mut call => return Some(result),
                Some(message) = self.mailbox.recv() => {
                    if ends_calls(&message) && deadline.is_none() {
                        deadline = Some(Instant::now() + self.worker.graceful_timeout());
                    }
                    self.deferred.push_back(message);
                }
                () = tokio::time::sleep_until(wake) => {
                    let seconds = begun.elapsed().as_secs();
                    if deadline.is_some_and(|at| at <= wake) {
                        tracing::error!(connector = %self.name, "{what} did not return in {seconds} s: giving it up");
                        return None;
                    }
                    tracing::warn!(connector = %self.name, "{what} has not returned for {seconds} s");
                    next_warning += HANGING;
                }
            }
        }
    }

    /// What the connector wants done when this run fails; `None` for nothing.
    fn comeback(&mut self, entry: &ConnectorEntry, task: Option<TaskNumber>) -> Option<Comeback> {
        let policy = match RestartPolicy::new(&entry.config) {
            Ok(policy) => policy?,
            Err(error) => {
                tracing::error!(connector = %self.name, %error, "no automatic restarts");
                return None;
            }
        };
        let (run, begun) = match task {
            None => (self.run, self.begun),
            Some(task) => {
                let run = self.task_runs.get(&task).copied().unwrap_or(0);
                (run, Instant::now())
            }
        };
        Some(Comeback {
            policy,
            failures: self.failures.entry(task).or_default().clone(),
            task,
            run,
            begun,
            own: self.own.clone(),
            connector: Arc::clone(&self.name),
            worker: Arc::clone(&self.worker),
        })
    }

    fn entry(&self) -> Option<Arc<ConnectorEntry>> {
        self.worker.configs().connector(&self.name)
    }

    fn tell_idle(&self) {
        if self.deferred.is_empty()
            && let Some(herder) = self.herder.upgrade()
        {
            let _ = herder.send(Request::Idle {
                name: Arc::clone(&self.name),
                handled: self.handled,
            });
        }
    }

    async fn stop_all(&mut self) {
        self.stop_tasks().await;
        self.stop_connector().await;
    }
}

fn ends_calls(message: &Message) -> bool {
    match message {
        Message::Command(command) => command.ends_calls(),
        Message::Shutdown(_) | Message::Local(_) => true,
        Message::Reconfigure { .. }
        | Message::Failed { .. }
        | Message::Reload
        | Message::Again { .. } => false,
    }
}

/// After this long a call is reported as hanging, and again each time it has passed.
const HANGING: Duration = Duration::from_secs(20);

//! Starting and stopping what runs here.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use super::DistributedHerder;
use crate::group::Work;
use crate::herder::connector::ConnectorLoop;
use crate::herder::message::{Local, Message};
use crate::invariants::Invariant;
use crate::status::TaskNumber;

impl DistributedHerder {
    /// Starts what was assigned and does not run yet. Nothing waits for it.
    pub(super) fn start_assigned(&mut self) {
        let new = self.assigned.without(&self.started);
        for (name, (connector, tasks)) in by_connector(&new) {
            let _ = self
                .local(&name)
                .send(Message::Local(Local::Start { connector, tasks }));
        }
        self.started.add(&new);
        let extra = self.started.without(&self.assigned);
        Invariant::WorkIsAssigned.holds(extra.is_empty(), || format!("{extra:?} runs as well"));
    }

    /// Stops what the leader took away, and says so to others before the group goes on (B-042).
    pub(super) async fn take_away(&mut self, work: &Work) {
        if work.is_empty() {
            return;
        }
        self.stop(work).await;
        self.assigned.remove(work);
        for name in work.names() {
            // Not before the tasks have ended, or late records would bring them back (B-041).
            if self.parts.worker.configs().connector(&name).is_none() {
                self.parts.worker.statuses().reset_topics(&name);
            }
        }
        let flushed = async {
            self.parts.worker.statuses().flush().await;
            Ok(())
        };
        // Cut off, this worker has other things to do than to say what nobody hears.
        let _ = self.unless_cut_off(flushed).await;
    }

    /// Stops work of this worker, all of it at once; what does not stop in time is given up.
    pub(super) async fn stop(&mut self, work: &Work) {
        self.stop_work(work, false).await;
    }

    /// Stops work that others may run by now.
    pub(super) async fn stop_silently(&mut self, work: &Work) {
        self.stop_work(work, true).await;
    }

    async fn stop_work(&mut self, work: &Work, silently: bool) {
        let running = work.common(&self.started);
        let mut stopping = Vec::new();
        for (name, (connector, tasks)) in by_connector(&running) {
            let (done, stopped) = oneshot::channel();
            let _ = self.local(&name).send(Message::Local(Local::Stop {
                connector,
                tasks,
                silently,
                done,
            }));
            stopping.push(stopped);
        }
        for stopped in stopping {
            // The sender is dropped when all has ended.
            let _ = stopped.await;
            self.parts.member.alive();
        }
        self.started.remove(&running);
        let left = self.started.names();
        self.locals.retain(|name, _| left.contains(name));
    }

    /// The loop of a connector that runs here, or will.
    pub(super) fn local(&mut self, name: &Arc<str>) -> &mpsc::UnboundedSender<Message> {
        self.locals.entry(Arc::clone(name)).or_insert_with(|| {
            let worker = Arc::clone(&self.parts.worker);
            ConnectorLoop::spawn(Arc::clone(name), worker, self.own.clone(), true)
        })
    }
}

fn by_connector(work: &Work) -> BTreeMap<Arc<str>, (bool, Vec<TaskNumber>)> {
    let mut parts: BTreeMap<Arc<str>, (bool, Vec<TaskNumber>)> = BTreeMap::new();
    for name in &work.connectors {
        parts.entry(Arc::clone(name)).or_default().0 = true;
    }
    for id in &work.tasks {
        parts
            .entry(Arc::clone(&id.connector))
            .or_default()
            .1
            .push(id.task);
    }
    parts
}

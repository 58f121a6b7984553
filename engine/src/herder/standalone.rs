//! The herder of a standalone worker: one actor that knows every connector and waits for none.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use super::connector::ConnectorLoop;
use super::handle::Herder;
use super::message::{Command, Message, Request, answer, unknown};
use crate::worker::Worker;

/// Routes requests to the loops of the connectors. It never waits for one, so that a connector that hangs holds up
/// nobody but itself.
pub(crate) struct StandaloneHerder {
    worker: Arc<Worker>,
    requests: mpsc::UnboundedReceiver<Request>,
    /// For loops that have something to tell; weak, lest the herder keep itself alive.
    own: mpsc::WeakUnboundedSender<Request>,
    connectors: BTreeMap<Arc<str>, Mailbox>,
}

struct Mailbox {
    sender: mpsc::UnboundedSender<Message>,
    sent: u64,
}

impl StandaloneHerder {
    /// Starts the herder on the runtime of the caller. It ends with [`Herder::shutdown`] or with its last handle.
    pub(crate) fn spawn(worker: Arc<Worker>) -> Herder {
        let (sender, requests) = mpsc::unbounded_channel();
        let herder = StandaloneHerder {
            worker: Arc::clone(&worker),
            requests,
            own: sender.downgrade(),
            connectors: BTreeMap::new(),
        };
        tokio::spawn(herder.run());
        Herder::new(sender, worker)
    }

    async fn run(mut self) {
        while let Some(request) = self.requests.recv().await {
            match request {
                Request::Ping(reply) => drop(reply.send(())),
                Request::Connector { name, command } => self.route(name, command),
                Request::Internal(request) => request.refuse_standalone(),
                // Connectors here decide about their tasks themselves, and REST sets levels itself.
                // Tasks of a standalone worker have no guard.
                Request::Tasks { .. } | Request::Fenced { .. } => {}
                Request::Fence { reply, .. } | Request::Verify { reply, .. } => {
                    answer(reply, Ok(()));
                }
                Request::LoggerLevel { reply, .. } => answer(reply, Ok(())),
                Request::Idle { name, handled } => self.forget(&name, handled),
                Request::Offsets { name, reply } => {
                    let worker = Arc::clone(&self.worker);
                    tokio::spawn(async move {
                        let result = match worker.configs().connector(&name) {
                            Some(entry) => worker.connector_offsets(&entry).await,
                            None => Err(unknown(&name)),
                        };
                        answer(reply, result);
                    });
                }
                Request::Shutdown(reply) => {
                    self.shutdown().await;
                    let _ = reply.send(());
                    return;
                }
            }
        }
        self.shutdown().await;
    }

    fn route(&mut self, name: Arc<str>, command: Command) {
        let creates = matches!(command, Command::Create { .. } | Command::Put { .. });
        if !creates && !self.connectors.contains_key(&name) {
            return command.refuse_unknown(&name);
        }
        let mailbox = self.connectors.entry(Arc::clone(&name)).or_insert_with(|| {
            let sender =
                ConnectorLoop::spawn(name, Arc::clone(&self.worker), self.own.clone(), false);
            Mailbox { sender, sent: 0 }
        });
        mailbox.sent += 1;
        // The loop ends after its mailbox only; were it gone, the reply's drop would tell the caller.
        let _ = mailbox.sender.send(Message::Command(command));
    }

    /// Drops the loop of a deleted connector, unless something was sent to it meanwhile.
    fn forget(&mut self, name: &str, handled: u64) {
        if self
            .connectors
            .get(name)
            .is_some_and(|mailbox| mailbox.sent == handled)
        {
            self.connectors.remove(name);
        }
    }

    /// Stops all connectors at once; each has the graceful timeout.
    async fn shutdown(&mut self) {
        let stopping: Vec<_> = self
            .connectors
            .values()
            .map(|mailbox| {
                let (reply, done) = oneshot::channel();
                let _ = mailbox.sender.send(Message::Shutdown(reply));
                done
            })
            .collect();
        for done in stopping {
            let _ = done.await;
        }
    }
}

//! What a connector object may ask of the runtime.

use tokio::sync::mpsc;
use windlass_api::{ConnectError, ConnectorContext};

use crate::herder::message::Message;

/// The context of one run of a connector object.
pub(super) struct Context {
    pub(super) own: mpsc::WeakUnboundedSender<Message>,
    pub(super) run: u64,
}

impl ConnectorContext for Context {
    fn request_task_reconfiguration(&self) {
        self.tell(Message::Reconfigure { run: self.run });
    }

    fn raise_error(&self, error: ConnectError) {
        self.tell(Message::Failed {
            run: self.run,
            error,
        });
    }
}

impl Context {
    fn tell(&self, message: Message) {
        if let Some(own) = self.own.upgrade() {
            let _ = own.send(message);
        }
    }
}

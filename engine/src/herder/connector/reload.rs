//! Reading secrets again when they have become too old, and restarting the connector with new ones
//! (`WorkerConfigTransformer`).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use windlass_api::Props;

use super::ConnectorLoop;
use crate::herder::message::Message;
use crate::trace::chain;

/// A look at the secrets that is due later; dropped, it is none.
#[derive(Debug)]
pub(super) struct Reload(JoinHandle<()>);

impl ConnectorLoop {
    /// Has values read again when those of their path will be too old; unless `config.action.reload` is `none`.
    pub(super) fn schedule_reloads(&mut self, config: &Props, ttls: BTreeMap<String, Duration>) {
        let action = config
            .get("config.action.reload")
            .and_then(Option::as_deref);
        if action.is_some_and(|action| action.trim().eq_ignore_ascii_case("none")) {
            self.reloads.clear();
            return;
        }
        for (path, ttl) in ttls {
            self.schedule_reload(path, ttl);
        }
    }

    /// Restarts the connector, then its tasks, when what its references stand for has changed. What cannot be read now may be
    /// in a moment: until then what runs goes on with what it has.
    pub(super) async fn reload(&mut self) {
        let config = self
            .running
            .as_ref()
            .filter(|running| running.instance.is_some());
        let (Some(entry), Some(config)) = (self.entry(), config.map(|r| Arc::clone(&r.config)))
        else {
            return;
        };
        match self.resolve(&entry.config).await {
            Ok(now) if now == config => {}
            Ok(_) => {
                tracing::info!(connector = %self.name, "secrets have changed: the connector is restarted");
                self.stop_connector().await;
                self.start_and_configure().await;
            }
            Err(error) => {
                tracing::warn!(connector = %self.name, error = chain(&error), "secrets cannot be read again; they will be");
                self.schedule_reload(String::new(), RETRY);
            }
        }
    }

    fn schedule_reload(&mut self, path: String, ttl: Duration) {
        let own = self.own.clone();
        let due = tokio::spawn(async move {
            tokio::time::sleep(ttl).await;
            if let Some(own) = own.upgrade() {
                let _ = own.send(Message::Reload);
            }
        });
        self.reloads.insert(path, Reload(due));
    }
}

impl Drop for Reload {
    fn drop(&mut self) {
        self.0.abort();
    }
}

const RETRY: Duration = Duration::from_secs(5);

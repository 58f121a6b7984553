//! Replacing references in configurations of connectors and tasks.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use windlass_api::{Props, Result};

use super::Worker;
use crate::config::providers::{gave_up, put_references_back};
use crate::config::{Resolved, secrets};

/// A configuration as connectors and tasks get it.
pub(crate) struct Ready {
    pub(crate) props: Arc<Props>,
    /// How long the values of a path are good for, where that is limited.
    pub(crate) ttls: BTreeMap<String, Duration>,
}

impl Worker {
    /// The configuration of a connector, references replaced; its secrets are hidden from now on. Providers read files: they
    /// are asked on a thread that may wait.
    ///
    /// # Errors
    /// When a provider cannot read what there is.
    pub(crate) async fn resolve(&self, config: &Arc<Props>) -> Result<Ready> {
        let ready = self.resolve_task(config).await?;
        if let Ok((_, connector)) = self.connector(&ready.props) {
            secrets::hide(&self.plugins, &connector.config(), &ready.props);
        }
        Ok(ready)
    }

    /// The same for the configuration of a task.
    pub(crate) async fn resolve_task(&self, config: &Arc<Props>) -> Result<Ready> {
        let providers = self.config.providers();
        if !providers.concern(config) {
            return Ok(Ready {
                props: Arc::clone(config),
                ttls: BTreeMap::new(),
            });
        }
        let (providers, config) = (Arc::clone(providers), Arc::clone(config));
        let reading = self.data.spawn_blocking(move || providers.resolve(&config));
        let Resolved { props, ttls } = reading.await.map_err(|_| gave_up())??;
        Ok(Ready {
            props: Arc::new(props),
            ttls,
        })
    }

    /// Puts references back into configurations of tasks, which are stored and shown.
    pub(crate) fn conceal(connector: &Props, tasks: &mut [Arc<Props>]) {
        for task in tasks {
            put_references_back(connector, Arc::make_mut(task));
        }
    }
}

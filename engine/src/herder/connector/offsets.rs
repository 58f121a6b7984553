//! Changing committed offsets (KIP-875).

use std::sync::Arc;

use super::ConnectorLoop;
use crate::herder::message::unknown;
use crate::herder::{ConnectorOffset, ConnectorType, HerderError};
use crate::status::TargetState;

impl ConnectorLoop {
    /// Changes committed offsets, or removes all of them; answers with Java's message.
    pub(super) async fn alter_offsets(
        &mut self,
        changes: Option<Vec<ConnectorOffset>>,
    ) -> Result<String, HerderError> {
        let entry = self.entry().ok_or_else(|| unknown(&self.name))?;
        if entry.target != TargetState::Stopped {
            return Err(HerderError::BadRequest(format!(
                "Connectors must be in the STOPPED state before their offsets can be modified. This can be done for the \
                 specified connector by issuing a 'PUT' request to the '/connectors/{}/stop' endpoint",
                self.name
            )));
        }
        let what = if changes.is_some() {
            "altered"
        } else {
            "reset"
        };
        let (worker, name) = (Arc::clone(&self.worker), Arc::clone(&self.name));
        let altered = async move {
            let resolved = worker.resolve(&entry.config).await;
            let resolved = resolved.map_err(|e| HerderError::Internal(e.message().to_owned()));
            let config = resolved?.props;
            match entry.kind {
                Some(ConnectorType::Source) => {
                    worker.alter_source_offsets(&name, config, changes).await
                }
                _ => worker.alter_sink_offsets(&name, config, changes).await,
            }
        };
        let knows = self
            .patiently("alter_offsets of the connector", altered)
            .await
            .unwrap_or_else(|| {
                Err(HerderError::Internal(
                    "alter_offsets did not return and was given up".to_owned(),
                ))
            })?;
        tracing::info!(connector = %self.name, "offsets {what}");
        Ok(if knows {
            format!("The offsets for this connector have been {what} successfully")
        } else {
            format!(
                "The Connect framework-managed offsets for this connector have been {what} successfully. However, if \
                 this connector manages offsets externally, they will need to be manually {what} in the system that the \
                 connector uses."
            )
        })
    }
}

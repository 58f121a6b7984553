//! The cluster itself.

use std::sync::Arc;

use super::Admin;
use crate::cluster::Topics;
use crate::error::ClientError;
use crate::metadata::{Broker, NodeId};

/// What a cluster is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterDescription {
    /// Its id.
    pub id: Option<Arc<str>>,
    /// The broker that takes controller requests.
    pub controller: Option<NodeId>,
    /// The brokers that are alive, by id.
    pub brokers: Vec<Broker>,
}

impl Admin {
    /// Describes the cluster as a broker sees it now (by Metadata, which every broker answers).
    ///
    /// # Errors
    /// No broker could be reached.
    pub async fn describe_cluster(&self) -> Result<ClusterDescription, ClientError> {
        let limit = self.limit();
        let metadata = self
            .cluster
            .retry("describing the cluster", limit, || {
                self.cluster.refresh(Topics::None)
            })
            .await?;
        Ok(ClusterDescription {
            id: metadata.cluster_id.clone(),
            controller: metadata.controller,
            brokers: metadata.brokers.values().cloned().collect(),
        })
    }
}

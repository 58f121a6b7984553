//! What all connections share: the one node of the cluster.

use crate::config::BrokerConfig;
use crate::error::Result;
use crate::faults::Faults;

/// The one node of the cluster, shared by all connections.

#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) config: BrokerConfig,
    pub(crate) cluster_id: String,
    /// Host and port told to clients.
    pub(crate) advertised: (String, u16),
    pub(crate) faults: Faults,
}

impl Node {
    pub(crate) fn open(mut config: BrokerConfig, advertised: (String, u16)) -> Result<Node> {
        let cluster_id = format!("{:016x}", config.rng.u64(..));
        Ok(Node {
            config,
            cluster_id,
            advertised,
            faults: Faults::default(),
        })
    }

    /// Brings everything to disk.
    pub(crate) fn close(&self) -> Result<()> {
        Ok(())
    }
}

//! Producers: fence them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Admin, Each};
use crate::cluster::Lane;
use crate::producer::transaction::TransactionCoordinator;

impl Admin {
    /// Fences every producer that uses one of these transactional ids and aborts what it left open (Java's
    /// `Admin.fenceProducers`): nothing it sends afterwards is taken.
    pub async fn fence_producers(&self, ids: &[Arc<str>]) -> Each<Arc<str>, ()> {
        let mut all = BTreeMap::new();
        for id in ids {
            let coordinator = TransactionCoordinator {
                cluster: self.cluster.clone(),
                lane: Lane::Shared,
                id: Arc::clone(id),
                limit: self.limit(),
            };
            let fenced = coordinator.init(self.broker_limit_ms(), None).await;
            all.insert(Arc::clone(id), fenced.map(drop));
        }
        all
    }
}

